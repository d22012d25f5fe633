//: rv64 -cpu max,zama16b=off -DSV=39
//: rv32 -cpu max32,zama16b=off -DSV=32
//: rv64 -cpu rv64,c=off -DSV=39 -DNO_C
//: rv32 -cpu rv32,c=off -DSV=32 -DNO_C
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Delegation of exceptions: each of them, from U and from S mode, goes to S mode if its bit in medeleg is set, alone,
 * and to M mode if all others are; with its cause, epc, tval and the mode it came from. M mode's own never go down.
 */
#include "macros.h"
#include "paging.h"
#define VA(i) (TEST_VA + (i) * 4096)
#define ABSENT VA(0)  /* not mapped */
#define NOTHING VA(1) /* mapped, to where nothing is */
#define GOOD VA(2)
#define ILLEGAL 0x0000007b
#define FROM_U 1
#define FROM_S 2
/* tval is the address in s3, a number, or the instruction's own address */
#define TVAL_S3 0
#define TVAL_ILLEGAL 1
#define TVAL_ZERO 2
#define TVAL_PC 3
#define TVAL_TARGET 4
    .bss
    .balign 4096
page: .skip 4096
/* A row, and its instruction. */
.macro EXCEPTION cause, va, tval, from, insn:vararg
    .word \cause, \va, \tval, \from
    .pushsection .text
    .balign 4
    \insn
    .popsection
.endm
    .text
    .balign 4
attempts:
    .data
    .balign 4
rows:
#ifdef NO_C
    EXCEPTION 0, GOOD, TVAL_TARGET, FROM_U | FROM_S, .4byte 0x0060006f /* j .+6 */
#endif
    EXCEPTION 1, NOTHING, TVAL_S3, FROM_U | FROM_S, jr s3
    EXCEPTION 2, GOOD, TVAL_ILLEGAL, FROM_U | FROM_S, .4byte ILLEGAL
    EXCEPTION 3, GOOD, TVAL_PC, FROM_U | FROM_S, ebreak
    EXCEPTION 4, GOOD + 2, TVAL_S3, FROM_U | FROM_S, lr.w a0, (s3)
    EXCEPTION 5, NOTHING + 5, TVAL_S3, FROM_U | FROM_S, lw a0, (s3)
#ifndef QEMU /* says it was a load */
    EXCEPTION 6, GOOD + 1, TVAL_S3, FROM_U | FROM_S, amoadd.w a0, a0, (s3)
#endif
    EXCEPTION 7, NOTHING + 12, TVAL_S3, FROM_U | FROM_S, sh a0, (s3)
    EXCEPTION 7, NOTHING + 8, TVAL_S3, FROM_U | FROM_S, amoswap.w a0, a0, (s3)
    EXCEPTION 8, GOOD, TVAL_ZERO, FROM_U, ecall
    EXCEPTION 9, GOOD, TVAL_ZERO, FROM_S, ecall
    EXCEPTION 12, ABSENT + 4, TVAL_S3, FROM_U | FROM_S, jr s3
    EXCEPTION 13, ABSENT + 4095, TVAL_S3, FROM_U | FROM_S, lbu a0, (s3)
    EXCEPTION 13, ABSENT + 8, TVAL_S3, FROM_U | FROM_S, flw fa0, (s3)
    EXCEPTION 15, ABSENT + 16, TVAL_S3, FROM_U | FROM_S, sw a0, (s3)
    EXCEPTION 15, ABSENT + 20, TVAL_S3, FROM_U | FROM_S, amomax.w a0, a0, (s3)
rows_end:

    START
    PAGING_ON
    la t0, s_entry
    csrw stvec, t0
    /* Bits of the causes that S mode can have; not of M's own calls. */
    li t0, -1
    csrw medeleg, t0
    csrr a0, medeleg
#ifdef QEMU /* more can be set */
    li t0, 0x4b3ff
    and a0, a0, t0
#endif
    CHECK_EQ(a0, 0x4b3ff)
    la tp, name
    la s2, rows
    la s4, attempts
next_row:
    li s5, FROM_U
next_mode:
    lw t0, 12(s2)
    and t0, t0, s5
    beqz t0, skip_mode
    /* The pages are U mode's or S mode's. */
    li s6, 0
    addi t0, s5, -FROM_U
    bnez t0, 1f
    li s6, PTE_U
1:  MAP 0, page, 0
    la t1, l0
    li t0, (0x8000000 >> 2) | PTE_RWX
    or t0, t0, s6
    SX t0, PTE_OF(1)(t1)
    PTE t0, page, PTE_RWX
    or t0, t0, s6
    SX t0, PTE_OF(2)(t1)
    sfence.vma
    lw s3, 4(s2)
    /* s7: its pc */
    mv s7, s4
    beqz s6, 1f
    li t0, UCODE
    add s7, s7, t0
1:  lw s8, 0(s2) /* the cause */
    li t0, 1
    sll s9, t0, s8
    csrw medeleg, s9
    li a7, 0
    ON_TRAP(from_s)
    call enter
from_s:
    li a4, 1 /* S mode has it */
    mv a0, a7
    li a3, 1
    call report_row
    mv a0, s10
    mv a3, s8
    call report_row
    mv a0, s11
    call expected_epc
    call report_row
    mv a0, a5
    call expected_tval
    call report_row
    srli a0, gp, 8 /* SPP, SPIE, SIE */
    andi a0, a0, 1
    srli a3, s5, 1
    call report_row
    andi a0, gp, 0x22
    li a3, 0x20
    call report_row
    la t6, trap_area
    LX a0, TRAP_STATUS(t6)
    srli a0, a0, 11
    andi a0, a0, 3
    li a3, PRV_S
    call report_row
    /* all but it */
    not t0, s9
    csrw medeleg, t0
    li a7, 0
    ON_TRAP(from_m)
    call enter
from_m:
    li a4, 2 /* M mode has it */
    mv a0, a7
    li a3, 0
    call report_row
    la t6, trap_area
    LX a0, TRAP_CAUSE(t6)
    mv a3, s8
    call report_row
    LX a0, TRAP_EPC(t6)
    call expected_epc
    call report_row
    LX a0, TRAP_TVAL(t6)
    call expected_tval
    call report_row
    LX a0, TRAP_STATUS(t6)
    srli a0, a0, 11
    andi a0, a0, 3
    srli a3, s5, 1
    call report_row
skip_mode:
    addi s5, s5, 1
    li t0, FROM_S
    bgeu t0, s5, next_mode
    addi s4, s4, 4
    addi s2, s2, 16
    la t0, rows_end
    bne s2, t0, next_row

    /* M mode's own */
    li t0, -1
    csrw medeleg, t0
    EXPECT_TRAP(11, 0, ecall)
    EXPECT_ILLEGAL(ILLEGAL)
    li s3, 0x8000002
    EXPECT_TRAP(5, 0x8000002, lw a0, 0(s3))
    EXPECT_TRAP(7, 0x8000002, sb a0, 0(s3))
    EXPECT_TRAP(4, 0x8000002, lr.w a0, (s3))
#ifndef QEMU
    EXPECT_TRAP(6, 0x8000002, amoadd.w a0, a0, (s3))
#endif
    CHECK_TRAP_FROM(PRV_M)
    ON_TRAP(1f)
    jr s3
1:  la t6, trap_area
    LX a0, TRAP_CAUSE(t6)
#ifdef NO_C
    CHECK_EQ(a0, 0)
#else
    CHECK_EQ(a0, 1)
#endif
    li t0, MPRV | 0x1800 /* with another mode's rights, still M mode's */
    csrc mstatus, t0
    li s3, ABSENT
    ON_TRAP(1f)
    li t0, MPRV | 0x800
    csrs mstatus, t0
2:  lw a0, 0(s3)
    FAIL
1:  CHECK_TRAP(13, 2b, ABSENT)
    CHECK_TRAP_FROM(PRV_M)
    PASS

/* Go to s7 in the mode s5 says, with S mode's interrupts on, so that SPIE shows. */
enter:
    li t0, 0x1800
    csrc mstatus, t0
    li t0, 2
    csrs mstatus, t0
    andi t0, s5, FROM_S
    slli t0, t0, 10
    csrs mstatus, t0
    csrw mepc, s7
    mret

/* S mode: what it was, then on to M mode by an exception that is not delegated. */
    .balign 4
s_entry:
    li a7, 1
    csrr s10, scause
    csrr s11, sepc
    csrr a5, stval
    csrr gp, sstatus
    addi t0, s10, -2
    beqz t0, 1f
    .4byte ILLEGAL
1:  ecall

/* The row's values, in a3. */
expected_epc:
    mv a3, s7
    li t0, 1
    beq s8, t0, 1f
    li t0, 12
    bne s8, t0, 2f
1:  mv a3, s3
2:  ret
expected_tval:
    lw t0, 8(s2)
    mv a3, s3
    beqz t0, 2f
    li a3, ILLEGAL
    addi t0, t0, -1
    beqz t0, 2f
    li a3, 0
    addi t0, t0, -1
    beqz t0, 2f
    mv a3, s7
    addi t0, t0, -1
    beqz t0, 2f
    addi a3, s7, 6
2:  ret
/* a0 must be a3; a4 says in which mode. */
report_row:
    mv a1, s8
    mv a2, s5
    la t6, trap_area
    beq a0, a3, 1f
    j fail_row
1:  ret
    .section .rodata
name: .asciz "exception, from U (1) or S (2)"
