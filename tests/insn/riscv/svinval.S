//: rv64 -cpu max -DSV=39
//: rv64 -cpu max -DSV=57
//: rv32 -cpu max32 -DSV=32
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Svinval: stores to the tables, sfence.w.inval, sinval.vma in its four forms, sfence.inval.ir do what sfence.vma does,
 * for data and for code. Who may: not U mode; S mode under TVM has the fences, but not sinval.vma.
 */
#include "macros.h"
#include "paging.h"
#define SFENCE_W_INVAL .4byte 0x18000073
#define SFENCE_INVAL_IR .4byte 0x18100073
/* sinval.vma, with rs1 s3 or x0 and rs2 s4 or x0 */
#define SINVAL_ALL .4byte 0x16000073
#define SINVAL_VA .4byte 0x16098073
#define SINVAL_ASID .4byte 0x17400073
#define SINVAL_VA_ASID .4byte 0x17498073
#if XLEN == 64
#define ASID_SHIFT 44
#else
#define ASID_SHIFT 22
#endif
#define TVM 0x100000
    .bss
    .balign 4096
page1: .skip 4096
page2: .skip 4096

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
7:
#ifdef QEMU /* any tval where it finds out late */
    la t6, trap_area
    LX t5, TRAP_TVAL(t6)
    CHECK_TRAP_TVAL_REG(2, 6b, t5)
#else
    CHECK_TRAP(2, 6b, \encoding)
#endif
    CHECK_TRAP_FROM(\prv)
.endm
/* In S mode: the page at s3 becomes one frame and the other, with that instruction between the fences. */
.macro TURNS sinval:vararg
    li s5, 20
1:  RUN_OK(PRV_S, SX s6, 0(s2); SFENCE_W_INVAL; \sinval; SFENCE_INVAL_IR; lw s8, 64(s3); sw s5, 128(s3))
    CHECK_EQ(s8, 1)
    RUN_OK(PRV_S, jr s3)
    CHECK_EQ(a0, 1)
    RUN_OK(PRV_S, SX s7, 0(s2); SFENCE_W_INVAL; \sinval; SFENCE_INVAL_IR; lw s8, 64(s3); lw s9, 128(s3))
    CHECK_EQ(s8, 2)
    CHECK_EQ(s9, 0) /* what was stored is on the other */
    RUN_OK(PRV_S, jr s3)
    CHECK_EQ(a0, 2)
    addi s5, s5, -1
    bnez s5, 1b
.endm

    START
    PAGING_ON
    csrr t0, satp
    li s4, 5
    li t1, 5 << ASID_SHIFT
    or t0, t0, t1
    csrw satp, t0
    li t2, 0x00000073 /* ecall */
    la t0, page1
    li t1, 0x00100513 /* li a0, 1 */
    sw t1, 0(t0)
    sw t2, 4(t0)
    li t1, 1
    sw t1, 64(t0)
    la t0, page2
    li t1, 0x00200513 /* li a0, 2 */
    sw t1, 0(t0)
    sw t2, 4(t0)
    li t1, 2
    sw t1, 64(t0)
    fence.i
    la s2, l0 /* the entry, in S mode's RAM */
    PTE s6, page1, PTE_RWX
    PTE s7, page2, PTE_RWX
    li s3, TEST_VA
    SX s6, 0(s2)
    sfence.vma
    TURNS SINVAL_ALL
    TURNS SINVAL_VA
    TURNS SINVAL_ASID
    TURNS SINVAL_VA_ASID
    /* a page that goes */
    RUN_OK(PRV_S, SX x0, 0(s2); SFENCE_W_INVAL; SINVAL_VA; SFENCE_INVAL_IR)
    RUN_FAULT(PRV_S, 13, s3, lw a0, 0(s3))
    RUN_FAULT(PRV_S, 15, s3, sw a0, 0(s3))
    csrw satp, x0

    .irp insn, 0x16000073, 0x16098073, 0x17400073, 0x17498073, 0x18000073, 0x18100073
    .4byte \insn /* M mode */
    LEGAL PRV_S, \insn
    .endr
    ILLEGAL PRV_U, 0x16000073
    ILLEGAL PRV_U, 0x17498073
#ifndef QEMU /* allows these */
    ILLEGAL PRV_U, 0x18000073
    ILLEGAL PRV_U, 0x18100073
#endif
    li t0, TVM
    csrs mstatus, t0
    .4byte 0x17498073
    ILLEGAL PRV_S, 0x16000073
    ILLEGAL PRV_S, 0x16098073
    ILLEGAL PRV_S, 0x17498073
    LEGAL PRV_S, 0x18000073
    LEGAL PRV_S, 0x18100073
    li t0, TVM
    csrc mstatus, t0
    /* their unused fields are not free */
    EXPECT_ILLEGAL(0x18000073 | 1 << 7)
    EXPECT_ILLEGAL(0x18100073 | 1 << 15)
    EXPECT_ILLEGAL(0x16000073 | 1 << 7)
    EXPECT_ILLEGAL(0x18200073)
    PASS
