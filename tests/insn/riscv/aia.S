//: rv64 -cpu max noqemu
//: rv32 -cpu max32 noqemu
//: rv64 -cpu max,smaia=off,ssaia=off -DOFF noqemu
//: rv32 -cpu max32,smaia=off,ssaia=off -DOFF noqemu
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Smaia and Ssaia without an IMSIC: which CSRs there are, what xiselect leads to, priority numbers and the order in
 * which interrupts are taken, mtopi and stopi, filtered and virtual interrupts, and Smstateen's bits for all that. QEMU
 * is left out: of equal priority numbers it takes the timer's first, and reset gives every interrupt one.
 */
#include "macros.h"
#define SIEH 0x114
#define SISELECT 0x150
#define SIREG 0x151
#define SIPH 0x154
#define STOPEI 0x15c
#define STOPI 0xdb0
#define MVIEN 0x308
#define MVIP 0x309
#define MIDELEGH 0x313
#define MIEH 0x314
#define MVIENH 0x318
#define MVIPH 0x319
#define MISELECT 0x350
#define MIREG 0x351
#define MIPH 0x354
#define MTOPEI 0x35c
#define MTOPI 0xfb0
#if XLEN == 64
#define INTERRUPT (1 << 63)
#define MSTATEEN_HIGH 0x30c
#define CSRIND (1 << 60)
#define AIA (1 << 59)
#define ALL_STATE (7 << 58)
#else
#define INTERRUPT (1 << 31)
#define MSTATEEN_HIGH 0x31c
#define CSRIND (1 << 28)
#define AIA (1 << 27)
#define ALL_STATE (7 << 26)
#endif
#define MIE 8
#define SIE 2
#define SSI 1
#define MSI 3
#define MTI 7
#define SEI 9
/* csrrs a0, csr, x0 and csrrw x0, csr, a1 */
#define READ(csr) (csr) << 20 | 0x2573
#define WRITE(csr) (csr) << 20 | 0x59073

.macro LEGAL prv, encoding
    ON_TRAP(7f)
    ENTER(\prv, 6f)
6:  .4byte \encoding
    ecall
7:  la t6, trap_area
    LX t5, TRAP_CAUSE(t6)
    CHECK_EQ(t5, 8 + \prv)
.endm
.macro ILLEGAL prv, encoding
    ON_TRAP(7f)
    ENTER(\prv, 6f)
6:  .4byte \encoding
    FAIL
7:  CHECK_TRAP(2, 6b, \encoding)
    CHECK_TRAP_FROM(\prv)
.endm
.macro SET_HIGH value
    li t0, \value
    csrw MSTATEEN_HIGH, t0
.endm
.macro WRITE_CSR csr, value
    li t0, \value
    csrw \csr, t0
.endm
.macro CHECK_CSR csr, value
    csrr a0, \csr
    CHECK_EQ(a0, \value)
.endm
.macro SELECTED_ILLEGAL select
    WRITE_CSR MISELECT, \select
    EXPECT_ILLEGAL(READ(MIREG))
    EXPECT_ILLEGAL(WRITE(MIREG))
    WRITE_CSR SISELECT, \select
    EXPECT_ILLEGAL(READ(SIREG))
    ILLEGAL PRV_S, READ(SIREG)
.endm
/* The interrupt that is taken in M mode is that. */
.macro TAKE cause
    ON_TRAP(7f)
    csrsi mstatus, MIE
    nop
    nop
    FAIL
7:  la t6, trap_area
    LX a0, TRAP_CAUSE(t6)
    CHECK_EQ(a0, INTERRUPT | \cause)
.endm

    START
    li t0, -1
    csrw pmpaddr0, t0
    li t0, 0x1f
    csrw pmpcfg0, t0
    li a1, 0
    SET_HIGH ALL_STATE
#ifdef OFF
    csrr a0, MSTATEEN_HIGH
    CHECK_EQ(a0, 0)
    .irp csr, MVIEN, MVIP, MIDELEGH, MIEH, MVIENH, MVIPH, MISELECT, MIREG, MIPH, MTOPEI, MTOPI, SIEH, SISELECT, SIREG, \
              SIPH, STOPEI, STOPI
    EXPECT_ILLEGAL(READ(\csr))
    .endr
#else
    /* Nobody has an interrupt file; the high halves are RV32's. */
    EXPECT_ILLEGAL(READ(MTOPEI))
    EXPECT_ILLEGAL(READ(STOPEI))
    EXPECT_ILLEGAL(WRITE(MTOPI))
    EXPECT_ILLEGAL(WRITE(STOPI))
    ILLEGAL PRV_U, READ(STOPI)
    ILLEGAL PRV_U, READ(SIREG)
    ILLEGAL PRV_S, READ(MTOPI)
    ILLEGAL PRV_S, READ(MVIEN)
    .irp csr, MIDELEGH, MIEH, MVIENH, MVIPH, MIPH, SIEH, SIPH
#if XLEN == 32
    csrr a0, \csr
    CHECK_EQ(a0, 0)
#else
    EXPECT_ILLEGAL(READ(\csr))
#endif
    .endr

    /* xiselect holds at least 8 bits, and most of them lead nowhere. */
    .irp select, 0, 0x30, 0x55, 0xaa, 0xff
    WRITE_CSR MISELECT, \select
    CHECK_CSR MISELECT, \select
    WRITE_CSR SISELECT, \select
    CHECK_CSR SISELECT, \select
    .endr
    .irp select, 0, 0x2f, 0x40, 0x6f, 0x70, 0x72, 0x80, 0xc0, 0xfe, 0xff
    SELECTED_ILLEGAL \select
    .endr
#if XLEN == 64
    SELECTED_ILLEGAL 0x31
    SELECTED_ILLEGAL 0x3f
#else
    WRITE_CSR MISELECT, 0x3f
    CHECK_CSR MIREG, 0
    WRITE_CSR SISELECT, 0x31
    LEGAL PRV_S, READ(SIREG)
#endif
    WRITE_CSR SISELECT, 0x3e
    LEGAL PRV_S, READ(SIREG)

    /* No numbers yet; reset may have given some. */
    .irp select, 0x30, 0x32, 0x34, 0x36, 0x38, 0x3a, 0x3c, 0x3e
    WRITE_CSR MISELECT, \select
    csrw MIREG, x0
    CHECK_CSR MIREG, 0
    WRITE_CSR SISELECT, \select
    csrw SIREG, x0
#if XLEN == 32
    WRITE_CSR MISELECT, \select + 1
    csrw MIREG, x0
    WRITE_CSR SISELECT, \select + 1
    csrw SIREG, x0
#endif
    .endr

    /* mtopi says which interrupt comes first, whether or not it can be taken. */
    csrw mie, x0
    csrw mip, x0
    csrw mideleg, x0
    csrw MVIEN, x0
    CHECK_CSR MTOPI, 0
    li t0, CLINT
    li t1, 1
    sw t1, 0(t0)
    li t0, CLINT + 0x4000
    sw x0, 0(t0)
    sw x0, 4(t0)
1:  csrr a0, mip
    andi a0, a0, 0x88
    li a3, 0x88
    bne a0, a3, 1b
    CHECK_CSR MTOPI, 0 /* none is enabled */
    WRITE_CSR mie, 0x80
    CHECK_CSR MTOPI, MTI << 16 | 255
    WRITE_CSR mie, 0x88
    CHECK_CSR MTOPI, MSI << 16 | 255
    TAKE MSI
    /* A number puts the timer before it, equal numbers leave it behind. */
#if XLEN == 64
#define NUMBERS 0x30
#define SHIFT 32
#else
#define NUMBERS 0x31
#define SHIFT 0
#endif
    WRITE_CSR MISELECT, NUMBERS
    li t0, 100 << (SHIFT + 24)
    csrw MIREG, t0
    csrr a0, MIREG
    CHECK_EQ_REG(a0, t0)
    CHECK_CSR MTOPI, MTI << 16 | 100
    TAKE MTI
    WRITE_CSR MISELECT, 0x30
    li t0, 100 << 24
    csrs MIREG, t0
    CHECK_CSR MTOPI, MSI << 16 | 100
    TAKE MSI
    li t0, 255 << 24
    csrs MIREG, t0
    CHECK_CSR MTOPI, MTI << 16 | 100
    TAKE MTI
    csrw MIREG, x0
    WRITE_CSR MISELECT, NUMBERS
    csrw MIREG, x0
    CHECK_CSR MTOPI, MSI << 16 | 255
    /* The numbers of an interrupt that does not exist, and of the external one, are zero. */
    WRITE_CSR MISELECT, 0x32
    li t0, -1
    csrw MIREG, t0
    csrr a0, MIREG
    srli a0, a0, 24
    andi a0, a0, 255
    CHECK_EQ(a0, 0)
    csrw MIREG, x0
    li t0, CLINT
    sw x0, 0(t0)
    li t0, CLINT + 0x4000
    li t1, -1
    sw t1, 4(t0)
1:  csrr a0, mip
    andi a0, a0, 0x88
    bnez a0, 1b
    csrw mie, x0

    /* mvip's bits 1, 5 and 9 are those that mip lets software write. */
    WRITE_CSR mip, 0x222
    CHECK_CSR MVIP, 0x222
    csrw MVIP, x0
    csrr a0, mip
    andi a0, a0, 0x222
    CHECK_EQ(a0, 0)

    /* Filtering: mideleg keeps an SSI from S mode, mvien lets it have another. */
    WRITE_CSR MVIEN, 2
    CHECK_CSR MVIEN, 2
    csrw MVIP, x0
    csrsi mip, 2
    CHECK_CSR sip, 0
    CHECK_CSR MVIP, 0
    csrsi mie, 2
    CHECK_CSR MTOPI, SSI << 16 | 255
    CHECK_CSR STOPI, 0
    csrci mip, 2
    csrci mie, 2
    csrsi MVIP, 2
    CHECK_CSR sip, 2
    csrr a0, mip
    andi a0, a0, 2
    CHECK_EQ(a0, 0)
    CHECK_CSR STOPI, 0
    csrsi sie, 2
    CHECK_CSR sie, 2
    csrr a0, mie
    andi a0, a0, 2
    CHECK_EQ(a0, 0)
    CHECK_CSR STOPI, SSI << 16 | 255
    CHECK_CSR MTOPI, 0
    wfi /* goes on: there is something pending for S mode */

    /* It traps to S mode, and S mode can clear it. */
    la t0, s_entry
    csrw stvec, t0
    csrsi mstatus, SIE
    ON_TRAP(1f)
    ENTER(PRV_S, 2f)
2:  nop
    FAIL
    .balign 4
s_entry:
    csrr s2, scause
    csrr s3, sepc
    csrci sip, 2
    csrr s4, sip
    csrr s5, STOPI
    ecall
1:  CHECK_EQ(s2, INTERRUPT | SSI)
    la a0, 2b
    CHECK_EQ_REG(s3, a0)
    CHECK_EQ(s4, 0)
    CHECK_EQ(s5, 0)
    csrw MVIEN, x0
    csrw sie, x0

    /* A local interrupt that is not wired to anything. Above SEI by default: 40; below: 16. */
#if XLEN == 64
    WRITE_CSR MVIEN, (1 << 40) | (1 << 16)
    WRITE_CSR MVIP, (1 << 40) | (1 << 16)
    WRITE_CSR sie, 1 << 16
    CHECK_CSR STOPI, 16 << 16 | 255
    WRITE_CSR sie, (1 << 40) | (1 << 16)
    CHECK_CSR STOPI, 40 << 16
#else
    WRITE_CSR MVIENH, 1 << 8
    WRITE_CSR MVIEN, 1 << 16
    WRITE_CSR MVIPH, 1 << 8
    WRITE_CSR MVIP, 1 << 16
    WRITE_CSR sie, 1 << 16
    CHECK_CSR STOPI, 16 << 16 | 255
    CHECK_CSR SIPH, 1 << 8
    WRITE_CSR SIEH, 1 << 8
    CHECK_CSR SIEH, 1 << 8
    CHECK_CSR STOPI, 40 << 16
    csrw SIEH, x0
    csrw MVIPH, x0
    csrw MVIENH, x0
#endif
    csrw sie, x0
    csrw MVIP, x0
    csrw MVIEN, x0

    /* SEI: mvien takes software's bit out of mip. */
    li s2, 0x200
    csrs mip, s2
    csrw MVIEN, s2
    csrr a0, mip
    and a0, a0, s2
    CHECK_EQ(a0, 0)
    CHECK_CSR sip, 0x200
    csrc sip, s2 /* S mode can't write it */
    CHECK_CSR MVIP, 0x200
    csrw MVIP, x0
    CHECK_CSR sip, 0
    csrw MVIEN, x0

    /* Smstateen: the window, and what is neither the window nor an interrupt file. */
    SET_HIGH 0
    WRITE_CSR SISELECT, 0x30
    ILLEGAL PRV_S, READ(SISELECT)
    ILLEGAL PRV_S, READ(SIREG)
    ILLEGAL PRV_S, READ(STOPI)
    LEGAL PRV_S, READ(0x104) /* sie */
    SET_HIGH CSRIND
    LEGAL PRV_S, READ(SISELECT)
    LEGAL PRV_S, WRITE(SISELECT)
    WRITE_CSR SISELECT, 0x30
    ILLEGAL PRV_S, READ(SIREG)
    ILLEGAL PRV_S, READ(STOPI)
    SET_HIGH AIA
    LEGAL PRV_S, READ(STOPI)
    ILLEGAL PRV_S, READ(SIREG)
    SET_HIGH CSRIND | AIA
    LEGAL PRV_S, READ(SIREG)
#if XLEN == 32
    LEGAL PRV_S, READ(SIPH)
    SET_HIGH CSRIND
    ILLEGAL PRV_S, READ(SIPH)
    ILLEGAL PRV_S, READ(SIEH)
#endif
#endif
    PASS
