//: rv64 -cpu max
//: rv32 -cpu max32
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mtvec and stvec: the modes and addresses they take; where each interrupt and exception goes in either mode.
 */
#include "macros.h"
#if XLEN == 64
#define INTERRUPT (1 << 63)
#else
#define INTERRUPT (1 << 31)
#endif
#ifndef QEMU /* there it takes a device and its controller */
#define EXTERNAL (FINISHER + 0x10)
#endif
#define MIE 8
#define MPIE 0x80
#define M_SOFT 3
#define M_TIMER 7
#define M_EXTERNAL 11

    START
    li t0, -1
    csrw pmpaddr0, t0
    li t0, 0x1f
    csrw pmpcfg0, t0
    la s2, m_vectors
    la s3, s_vectors
    csrr s4, mtvec

    /* Direct and vectored, at any multiple of four; the reserved modes are not kept. */
.macro TVEC csr, base
    .irp offset, 0, 4, 8, 64
    addi t0, \base, \offset
    csrw \csr, t0
    csrr a0, \csr
    CHECK_EQ_REG(a0, t0)
    addi t0, \base, \offset + 1
    csrw \csr, t0
    csrr a0, \csr
    CHECK_EQ_REG(a0, t0)
    .endr
    .irp mode, 2, 3
    addi t0, \base, \mode
    csrw \csr, t0
    csrr a0, \csr
    andi a0, a0, 2
    CHECK_EQ(a0, 0)
    .endr
.endm
    TVEC mtvec, s2
    TVEC stvec, s3

    /* M mode: all interrupts are pending, one at a time enabled. s1 tells which entry was come by. */
    li t0, 0x2222
    csrw mip, t0
    li t1, 1
    li t0, CLINT
    sw t1, 0(t0)
    li t0, CLINT + 0x4000
    sw x0, 0(t0)
    sw x0, 4(t0)
#ifndef QEMU
    li t0, EXTERNAL
    sw t1, 0(t0)
#endif
    li t1, 1 << M_SOFT | 1 << M_TIMER
1:  csrr a0, mip
    and a0, a0, t1
    bne a0, t1, 1b
.macro M_INTERRUPT n, vectored
    addi t0, s2, \vectored
    csrw mtvec, t0
    li t0, 1 << \n
    csrw mie, t0
    la s5, 7f
    csrsi mstatus, MIE
    nop
    nop
    FAIL
7:  addi a0, s2, 4 + 4 * \n * \vectored
    CHECK_EQ_REG(s1, a0)
    csrr a0, mcause
    CHECK_EQ(a0, INTERRUPT | \n)
    csrw mie, x0
    csrr a0, mstatus
    andi a0, a0, MIE | MPIE
    CHECK_EQ(a0, MPIE)
.endm
    .irp n, 1, 3, 5, 7, 9, 13
    M_INTERRUPT \n, 0
    M_INTERRUPT \n, 1
    .endr
#ifndef QEMU
    M_INTERRUPT M_EXTERNAL, 0
    M_INTERRUPT M_EXTERNAL, 1
#endif
    /* exceptions: always the base */
.macro M_EXCEPTION cause, insn:vararg
    .irp vectored, 0, 1
    addi t0, s2, \vectored
    csrw mtvec, t0
    la s5, 7f
    \insn
    FAIL
7:  addi a0, s2, 4
    CHECK_EQ_REG(s1, a0)
    csrr a0, mcause
    CHECK_EQ(a0, \cause)
    .endr
.endm
    li s6, 0x8000000
    M_EXCEPTION 2, .4byte 0x0000007b
    M_EXCEPTION 3, ebreak
    M_EXCEPTION 5, lw a0, 0(s6)
    M_EXCEPTION 7, sw a0, 0(s6)
    M_EXCEPTION 11, ecall
    csrw mtvec, s4

    /* S mode: the same from U mode. The way back is an ecall of S mode, which is not delegated. */
    li t0, 0x2222
    csrw mideleg, t0
    li t0, 1 << 8 | 1 << 2 | 1 << 5
    csrw medeleg, t0
.macro S_INTERRUPT n, vectored
    addi t0, s3, \vectored
    csrw stvec, t0
    li t0, 1 << \n
    csrw mie, t0
    ON_TRAP(7f)
    ENTER(PRV_U, 6f)
6:  nop
    FAIL
7:  csrw mie, x0
    addi a0, s3, 4 + 4 * \n * \vectored
    CHECK_EQ_REG(s1, a0)
    csrr a0, scause
    CHECK_EQ(a0, INTERRUPT | \n)
    CHECK_TRAP_FROM(PRV_S)
.endm
    .irp n, 1, 5, 9, 13
    S_INTERRUPT \n, 0
    S_INTERRUPT \n, 1
    .endr
.macro S_EXCEPTION cause, insn:vararg
    .irp vectored, 0, 1
    addi t0, s3, \vectored
    csrw stvec, t0
    ON_TRAP(7f)
    ENTER(PRV_U, 6f)
6:  \insn
    FAIL
7:  addi a0, s3, 4
    CHECK_EQ_REG(s1, a0)
    csrr a0, scause
    CHECK_EQ(a0, \cause)
    .endr
.endm
    S_EXCEPTION 8, ecall
    S_EXCEPTION 2, .4byte 0x0000007b
    S_EXCEPTION 5, lw a0, 0(s6)
    PASS

    .balign 256
m_vectors:
    .rept 16
    jal s1, m_taken
    .endr
m_taken: /* on at s5, in M mode, with interrupts off */
    csrw mepc, s5
    li t0, 0x1800
    csrs mstatus, t0
    jr s5
    .balign 256
s_vectors:
    .rept 16
    jal s1, s_taken
    .endr
s_taken:
    ecall
