//: rv64 -cpu max
//: rv32 -cpu max32
//: rv64 -cpu max,smstateen=off -DOFF
//: rv32 -cpu max32,smstateen=off -DOFF
//: rv64 -cpu rv64i,u=on,smstateen=on -DNO_FP -DNO_S noqemu
//: rv32 -cpu rv32i,u=on,smstateen=on -DNO_FP -DNO_S noqemu
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Smstateen: what mstateen's bits let S mode do, that U mode can do nothing of it and M mode all, and where the traps
 * go. Of the state that stateen registers guard this hart has senvcfg and what Ssaia adds (aia.S), so sstateen0 to 3 are
 * zero.
 */
#include "macros.h"
#ifdef QEMU /* what is found illegal late leaves any tval; and there is more state, in bits we have not */
#define CHECK_ILLEGAL(epc, insn) la t6, trap_area; LX t5, TRAP_TVAL(t6); CHECK_TRAP_TVAL_REG(2, epc, t5)
#define OURS(reg) li t0, SE | ENVCFG; and reg, reg, t0
#define AIA 0
#define LOW_WORD(reg) slli reg, reg, XLEN - 32 /* the upper ones can be set there */
#else
#define CHECK_ILLEGAL(epc, insn) CHECK_TRAP(2, epc, insn)
#define OURS(reg)
#define LOW_WORD(reg)
#endif
#define MSTATEEN 0x30c
#define SSTATEEN 0x10c
#define SENVCFG 0x10a
#define MENVCFG 0x30a
#define CBZE 0x80
#if XLEN == 64
#define MSTATEEN_HIGH MSTATEEN
#define SE (1 << 63)
#define ENVCFG (1 << 62)
#ifndef QEMU
#define AIA (3 << 59)
#endif
#else
#define MSTATEEN_HIGH 0x31c
#define SE (1 << 31)
#define ENVCFG (1 << 30)
#ifndef QEMU
#define AIA (3 << 27)
#endif
#endif
/* csrrs a0, csr, x0 and csrrw x0, csr, a1 */
#define READ(csr) (csr) << 20 | 0x2573
#define WRITE(csr) (csr) << 20 | 0x59073
    .bss
    .balign 64
block: .skip 64

/* The instruction, by its encoding, is legal in that mode. Clobbers t5, t6. */
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
7:  CHECK_ILLEGAL(6b, \encoding)
    CHECK_TRAP_FROM(\prv)
.endm
.macro SET_HIGH n, value
    li t0, \value
    csrw MSTATEEN_HIGH + \n, t0
.endm

    START
#ifndef NO_S /* and no PMP */
    li t0, -1
    csrw pmpaddr0, t0
    li t0, 0x1f
    csrw pmpcfg0, t0
#endif
    li a1, 0
#ifdef OFF
    /* No such registers; senvcfg is S mode's. */
    .set i, 0
    .rept 4
    EXPECT_ILLEGAL(READ(MSTATEEN + i))
    EXPECT_ILLEGAL(WRITE(MSTATEEN + i))
    EXPECT_ILLEGAL(READ(SSTATEEN + i))
    EXPECT_ILLEGAL(READ(0x31c + i))
    ILLEGAL PRV_S, READ(SSTATEEN + i)
    .set i, i + 1
    .endr
    LEGAL PRV_S, READ(SENVCFG)
    LEGAL PRV_S, WRITE(SENVCFG)
    ILLEGAL PRV_U, READ(SENVCFG)
#elif defined(NO_S)
    /* Without S mode there are the machine's registers, with nothing to guard. */
    .set i, 0
    .rept 4
    li t0, -1
    csrw MSTATEEN + i, t0
    csrr a0, MSTATEEN + i
    CHECK_EQ(a0, 0)
    EXPECT_ILLEGAL(READ(SSTATEEN + i))
    ILLEGAL PRV_U, READ(MSTATEEN + i)
#if XLEN == 32
    li t0, -1
    csrw MSTATEEN_HIGH + i, t0
    csrr a0, MSTATEEN_HIGH + i
    CHECK_EQ(a0, 0)
#endif
    .set i, i + 1
    .endr
    EXPECT_ILLEGAL(READ(SENVCFG))
#else
    /* Zero from reset. Which bits there are. */
    .set i, 0
    .rept 4
    csrr a0, MSTATEEN + i
    CHECK_EQ(a0, 0)
#if XLEN == 32
    csrr a0, MSTATEEN_HIGH + i
    CHECK_EQ(a0, 0)
#endif
    li t0, -1
    csrw MSTATEEN + i, t0
    csrw MSTATEEN_HIGH + i, t0
    csrr a0, MSTATEEN_HIGH + i
    OURS(a0)
.if i == 0
    CHECK_EQ(a0, SE | ENVCFG | AIA)
.else
    CHECK_EQ(a0, SE)
.endif
#if XLEN == 32
    csrr a0, MSTATEEN + i
    CHECK_EQ(a0, 0)
#endif
    /* M mode is free whatever they say. */
    csrr a0, SSTATEEN + i
    CHECK_EQ(a0, 0)
    li t0, -1
    csrw SSTATEEN + i, t0
    csrr a0, SSTATEEN + i
    LOW_WORD(a0)
    CHECK_EQ(a0, 0)
    SET_HIGH i, 0
    csrr a0, MSTATEEN_HIGH + i
    CHECK_EQ(a0, 0)
    csrr a0, SSTATEEN + i
    csrw SSTATEEN + i, t0
    .set i, i + 1
    .endr
    csrr a0, SENVCFG
    csrw SENVCFG, a0
#if XLEN == 64 && !defined(QEMU) /* has RV32's halves */
    EXPECT_ILLEGAL(READ(0x31c))
    EXPECT_ILLEGAL(READ(0x31f))
#endif
    EXPECT_ILLEGAL(READ(0x60c)) /* hstateen0: no hypervisor */
    EXPECT_ILLEGAL(READ(0x11c)) /* there is no sstateen0h */

    /* All clear: S mode is locked out of them, and of senvcfg. */
    .set i, 0
    .rept 4
    ILLEGAL PRV_S, READ(SSTATEEN + i)
    ILLEGAL PRV_S, WRITE(SSTATEEN + i)
    ILLEGAL PRV_S, READ(MSTATEEN + i)
    ILLEGAL PRV_U, READ(SSTATEEN + i)
    .set i, i + 1
    .endr
    ILLEGAL PRV_S, READ(SENVCFG)
    ILLEGAL PRV_S, WRITE(SENVCFG)
    LEGAL PRV_S, READ(0x106) /* scounteren: not of their business */

    /* Bit 63 of each is for its own sstateen, bit 62 of the first for senvcfg. */
    .set i, 0
    .rept 4
    SET_HIGH i, SE
    .set j, 0
    .rept 4
.if i == j
    LEGAL PRV_S, READ(SSTATEEN + j)
    LEGAL PRV_S, WRITE(SSTATEEN + j)
    ILLEGAL PRV_U, READ(SSTATEEN + j)
.else
    ILLEGAL PRV_S, READ(SSTATEEN + j)
.endif
    .set j, j + 1
    .endr
    ILLEGAL PRV_S, READ(SENVCFG)
    SET_HIGH i, 0
    .set i, i + 1
    .endr
    SET_HIGH 0, ENVCFG
    LEGAL PRV_S, READ(SENVCFG)
    LEGAL PRV_S, WRITE(SENVCFG)
    ILLEGAL PRV_S, READ(SSTATEEN)
    ILLEGAL PRV_U, READ(SENVCFG)
    ILLEGAL PRV_U, WRITE(SENVCFG)
    /* What S mode writes, all ones too, is zero; what it reads is. */
    SET_HIGH 0, SE
    li a1, -1
    LEGAL PRV_S, WRITE(SSTATEEN)
    li a0, 9
    LEGAL PRV_S, READ(SSTATEEN)
    LOW_WORD(a0)
    CHECK_EQ(a0, 0)

    /* The bit guards the register, not what it says: cbo.zero of U mode. */
    li t0, CBZE
    csrw MENVCFG, t0
    csrw SENVCFG, t0
    SET_HIGH 0, 0
    la a0, block
    LEGAL PRV_U, 0x0045200f /* cbo.zero (a0) */

    /* The trap is an illegal instruction like any other: S mode's if it is delegated. */
    la t0, s_entry
    csrw stvec, t0
    csrwi medeleg, 4
    ON_TRAP(1f)
    ENTER(PRV_S, 2f)
2:  .4byte READ(SSTATEEN)
    FAIL
s_entry:
    csrr s2, scause
    csrr s3, sepc
    csrr s4, stval
    csrr s5, sstatus
    ecall
1:  CHECK_EQ(s2, 2)
    la a0, 2b
    CHECK_EQ_REG(s3, a0)
#ifndef QEMU
    CHECK_EQ(s4, READ(SSTATEEN))
#endif
    andi s5, s5, 0x100 /* SPP: from S mode */
    CHECK_EQ(s5, 0x100)
    CHECK_TRAP_FROM(PRV_S)
    csrw medeleg, x0
#endif
    PASS
