//: rv64 -cpu rv64i,zicsr=on -DNO_FP -DM
//: rv32 -cpu rv32i,zicsr=on -DNO_FP -DM
//: rv64 -cpu rv64i,u=on -DNO_FP -DMU noqemu
//: rv32 -cpu rv32i,u=on -DNO_FP -DMU noqemu
//: rv64 -cpu rv64i,s=on -DNO_FP -DMSU noqemu
//: rv32 -cpu rv32i,s=on -DNO_FP -DMSU noqemu
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Harts with M mode alone, M and U, and all three: what mstatus.MPP can be and becomes, which CSRs and instructions are
 * there, wfi, who traps to whom.
 */
#include "macros.h"
#define MPP 0x1800
#define MPRV 0x20000
#define TVM 0x100000
#define TW 0x200000
#define TSR 0x400000
#define MIE 8
#define MPIE 0x80
/* csrrs a0, csr, x0 */
#define READ(csr) (csr) << 20 | 0x2573

/* MPP written as prv reads as that or stays M. */
.macro MPP_KEEPS prv, there
    li t0, MPP
    csrs mstatus, t0
    csrc mstatus, t0 /* U */
    csrs mstatus, t0 /* M */
    csrr t1, mstatus
    not t0, t0
    and t1, t1, t0
    li t2, (\prv) << 11
    or t1, t1, t2
    csrw mstatus, t1
    csrr a0, mstatus
    srli a0, a0, 11
    andi a0, a0, 3
.if \there
    CHECK_EQ(a0, \prv)
.else
    CHECK_EQ(a0, PRV_M)
.endif
.endm
.macro BITS_THERE bits
    li t0, \bits
    csrs mstatus, t0
    csrr a0, mstatus
    and a0, a0, t0
    CHECK_EQ(a0, \bits)
    csrc mstatus, t0
.endm
.macro BITS_ZERO bits
    li t0, \bits
    csrs mstatus, t0
    csrr a0, mstatus
    and a0, a0, t0
    CHECK_EQ(a0, 0)
.endm
.macro ILLEGAL_IN prv, encoding
    ON_TRAP(7f)
    ENTER(\prv, 6f)
6:  .4byte \encoding
    FAIL
7:  CHECK_TRAP(2, 6b, \encoding)
    CHECK_TRAP_FROM(\prv)
.endm
.macro CALL_FROM prv
    ON_TRAP(7f)
    ENTER(\prv, 6f)
6:  ecall
    FAIL
7:  CHECK_TRAP(8 + \prv, 6b, 0)
    CHECK_TRAP_FROM(\prv)
.endm
#define WFI 0x10500073

    START
    /* misa says which, in letters 18 and 20. */
    csrr a0, misa
    srli a0, a0, 18
    andi a0, a0, 5
#if defined(M)
    CHECK_EQ(a0, 0)
#elif defined(MU)
    CHECK_EQ(a0, 4)
#else
    CHECK_EQ(a0, 5)
#endif
    MPP_KEEPS PRV_M, 1
    MPP_KEEPS 2, 0
    EXPECT_TRAP(11, 0, ecall)

#if defined(M)
    MPP_KEEPS PRV_S, 0
#ifndef QEMU /* lets all of mstatus be set, but for MPP */
    MPP_KEEPS PRV_U, 0
    BITS_ZERO MPRV | TW | TVM | TSR | 0xc0122 /* MXR, SUM, SPP, SPIE, SIE */
    EXPECT_ILLEGAL(READ(0x302)) /* medeleg */
    EXPECT_ILLEGAL(READ(0x303))
#endif
    EXPECT_ILLEGAL(READ(0x306)) /* mcounteren */
    EXPECT_ILLEGAL(READ(0x30a)) /* menvcfg */
    /* mret: to M mode again, MPIE to MIE */
    li t0, MPIE
    csrs mstatus, t0
    li t0, MIE
    csrc mstatus, t0
    la t0, 1f
    csrw mepc, t0
    li t0, MPP
    csrs mstatus, t0
    mret
    FAIL
1:  csrr a0, mstatus
    andi a0, a0, MIE | MPIE
    CHECK_EQ(a0, MIE | MPIE)
#ifndef QEMU
    csrr a0, mstatus
    li t0, MPP
    and a0, a0, t0
    CHECK_EQ(a0, MPP) /* the least mode is M */
#endif
    csrci mstatus, MIE
#else
    MPP_KEEPS PRV_U, 1
    BITS_THERE MPRV | TW
    CALL_FROM PRV_U
    csrr a0, mcounteren
    csrr a0, menvcfg
    ILLEGAL_IN PRV_U, READ(0x300)
    ILLEGAL_IN PRV_U, READ(0x340)
    ILLEGAL_IN PRV_U, 0x30200073 /* mret */
    /* mret: MPP becomes the least mode */
    ON_TRAP(1f)
    ENTER(PRV_U, 2f)
2:  ecall
1:  csrr a0, mstatus
    li t0, MPP
    and a0, a0, t0
    CHECK_EQ(a0, 0)
    /* MPRV goes with it, and stays with one to M mode */
    li t0, MPRV
    csrs mstatus, t0
    ON_TRAP(1f)
    ENTER(PRV_U, 2f)
2:  ecall
1:  la t6, trap_area
    LX a0, TRAP_STATUS(t6)
    li t0, MPRV
    and a0, a0, t0
    CHECK_EQ(a0, 0)
    csrs mstatus, t0
    ENTER(PRV_M, 2f)
2:  csrr a0, mstatus
    and a0, a0, t0
    CHECK_EQ(a0, MPRV)
    csrc mstatus, t0
    ILLEGAL_IN PRV_U, 0x10200073 /* sret */
    ILLEGAL_IN PRV_U, 0x12000073 /* sfence.vma */
    ILLEGAL_IN PRV_U, READ(0x100)
    ILLEGAL_IN PRV_U, READ(0x180)
    li t0, TW
    csrs mstatus, t0
    ILLEGAL_IN PRV_U, WFI
    csrc mstatus, t0
#endif
#if defined(MU)
    MPP_KEEPS PRV_S, 0
    BITS_ZERO TVM | TSR | 0xc0122
    EXPECT_ILLEGAL(READ(0x302))
    /* U mode may wait, for the timer: M mode's interrupts come whatever MIE says. */
    li a1, CLINT + 0x4000
    li a2, CLINT + 0xbff8
    lw t0, 0(a2)
    li t1, 20000 /* 2 ms */
    add t0, t0, t1
    lw t1, 4(a2)
    sw t0, 0(a1)
    sw t1, 4(a1)
    li t0, 0x80
    csrw mie, t0
    ON_TRAP(1f)
    ENTER(PRV_U, 2f)
2:  wfi
    j 2b
1:  la t6, trap_area
    LX a0, TRAP_CAUSE(t6)
    li t1, 1 << (XLEN - 1)
    sub a0, a0, t1
    CHECK_EQ(a0, 7)
    CHECK_TRAP_FROM(PRV_U)
    csrw mie, x0
    li t0, -1
    sw t0, 4(a1)
    la t6, trap_area /* when and where it came is chance */
    SX x0, TRAP_EPC(t6)
    li t0, 0
    li t1, 0
#endif
#if defined(M) || defined(MU)
    /* No S mode: neither its registers nor its instructions. */
    .irp csr, 0x100, 0x104, 0x105, 0x106, 0x10a, 0x140, 0x141, 0x142, 0x143, 0x144, 0x180, 0x14d, 0x10c
    EXPECT_ILLEGAL(READ(\csr))
    .endr
    EXPECT_ILLEGAL(0x10200073)
#ifndef QEMU /* has the fence, and its interrupts */
    EXPECT_ILLEGAL(0x12000073)
    li t0, -1
    csrw mie, t0
    csrr a0, mie
    andi a0, a0, 0x222
    CHECK_EQ(a0, 0)
    csrw mie, x0
    csrw mip, t0
    csrr a0, mip
    andi a0, a0, 0x222
    CHECK_EQ(a0, 0)
#endif
#endif
#if defined(MSU)
    MPP_KEEPS PRV_S, 1
    BITS_THERE MPRV | TW | TVM | TSR
    CALL_FROM PRV_S
    ILLEGAL_IN PRV_S, READ(0x300)
    ILLEGAL_IN PRV_S, 0x30200073
    /* U mode may not wait where S mode could. */
    ILLEGAL_IN PRV_U, WFI
    /* no paging, nothing was asked for */
    li t0, 8 << 28 << (XLEN - 32)
    csrw satp, t0
    csrr a0, satp
    CHECK_EQ(a0, 0)
#endif
    /* wfi in M mode with something pending, enabled, and not taken */
    li t0, CLINT
    li t1, 1
    sw t1, 0(t0)
    csrwi mie, 8
    csrci mstatus, MIE
    wfi
    sw x0, 0(t0)
    csrw mie, x0
    PASS
