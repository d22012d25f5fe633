//: rv64 -cpu max
//: rv32 -cpu max32
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fences, hints and prefetches, which change no register; cache-block operations and wrs with their privileges;
 * Svinval.
 */
#include "macros.h"
#ifdef QEMU /* writes 0 where it finds out late */
#define HELPER_TVAL(insn) 0
#else
#define HELPER_TVAL(insn) insn
#endif
    .bss
    .balign 4096
area: .skip 8192

    START
    li a0, 1
    fence
    fence rw, w
    .4byte 0x8330000f /* fence.tso */
    .4byte 0x0000000f /* fence of nothing */
    .4byte 0xfff0f00f & ~0x7000 | 0x0000 /* reserved fm, rs1 and rd */
    fence.i
    .4byte 0xfff5950f /* fence.i with its unused fields set */
    .4byte 0x0100000f /* pause */
    .4byte 0x00200033 /* ntl.p1 */
    .4byte 0x00300033 /* ntl.pall */
    .4byte 0x00400033 /* ntl.s1 */
    .4byte 0x00500033 /* ntl.all */
    prefetch.i 0(a0)
    prefetch.r -2048(x0)
    prefetch.w 2016(a0)
    ori x0, a0, 7
    lui x0, 5
    CHECK_EQ(a0, 1)

    /* cbo.zero clears the block that the address lies in. */
    la s2, area
    li s3, 0
1:  add t0, s2, s3
    li t1, -1
    sw t1, 0(t0)
    addi s3, s3, 4
    li t0, 256
    bne s3, t0, 1b
    addi a1, s2, 64 + 13
    cbo.zero (a1)
    lw a0, 60(s2)
    CHECK_EQ(a0, -1)
    lw a0, 64(s2)
    CHECK_EQ(a0, 0)
    lw a0, 124(s2)
    CHECK_EQ(a0, 0)
    lw a0, 128(s2)
    CHECK_EQ(a0, -1)
    addi t4, s2, 255
    cbo.zero (t4)
    lw a0, 188(s2)
    CHECK_EQ(a0, -1)
    lw a0, 192(s2)
    CHECK_EQ(a0, 0)
    cbo.clean (a1)
    cbo.flush (t4)
    cbo.inval (s2)
    lw a0, 128(s2)
    CHECK_EQ(a0, -1)
    li s4, 0x8000040
    EXPECT_TRAP(7, 0x8000040, cbo.zero (s4))
#ifndef QEMU /* it tells the block's address, and looks at no more than the byte */
    li s4, 0x8000051
    EXPECT_TRAP(7, 0x8000051, cbo.zero (s4))
    /* PMP takes a word of the block away: no operation on the block is allowed, and mtval is what the register has. */
    addi t0, s2, 64 + 4
    srli t0, t0, 2
    csrw pmpaddr1, t0
    li t0, 0x9000 /* entry 1: L, NA4, no permission */
    csrw pmpcfg0, t0
    addi s4, s2, 64 + 16
    li t1, -1
    sw t1, 0(s4)
    sw t1, 0(s2)
    EXPECT_TRAP_TVAL_REG(7, s4, cbo.zero (s4))
    EXPECT_TRAP_TVAL_REG(7, s4, cbo.clean (s4))
    EXPECT_TRAP_TVAL_REG(7, s4, cbo.flush (s4))
    EXPECT_TRAP_TVAL_REG(7, s4, cbo.inval (s4))
    lw a0, 0(s4)
    CHECK_EQ(a0, -1)
    addi s4, s2, 16
    cbo.clean (s4)
    cbo.zero (s4)
    lw a0, 0(s2)
    CHECK_EQ(a0, 0)
#endif

    /* In S and U mode by leave of menvcfg and senvcfg. */
    li t0, -1
    csrw pmpaddr0, t0
    li t0, 0x1f
    csrw pmpcfg0, t0
#define IN(prv, ...) ON_TRAP(7f); ENTER(prv, 6f); 6: __VA_ARGS__; ecall; 7:
#define CBIE_INVAL 0x30
#define CBCFE 0x40
#define CBZE 0x80
    csrw 0x30a, x0 /* menvcfg */
    csrw 0x10a, x0 /* senvcfg */
    la a1, area
    ON_TRAP(1f)
    ENTER(PRV_S, 2f)
2:  cbo.zero (a1)
    FAIL
1:  li s5, HELPER_TVAL(0x0045a00f)
    CHECK_TRAP_TVAL_REG(2, 2b, s5)
    CHECK_TRAP_FROM(PRV_S)
    ON_TRAP(1f)
    ENTER(PRV_S, 2f)
2:  cbo.clean (a1)
    FAIL
1:  li s5, HELPER_TVAL(0x0015a00f)
    CHECK_TRAP_TVAL_REG(2, 2b, s5)
    ON_TRAP(1f)
    ENTER(PRV_S, 2f)
2:  cbo.inval (a1)
    FAIL
1:  li s5, HELPER_TVAL(0x0005a00f)
    CHECK_TRAP_TVAL_REG(2, 2b, s5)
    li t0, CBIE_INVAL | CBCFE | CBZE
    csrw 0x30a, t0
    IN(PRV_S, cbo.zero (a1); cbo.clean (a1); cbo.flush (a1); cbo.inval (a1))
    la t6, trap_area
    LX a0, TRAP_CAUSE(t6)
    CHECK_EQ(a0, 9)
    ON_TRAP(1f)
    ENTER(PRV_U, 2f)
2:  cbo.flush (a1)
    FAIL
1:  li s5, HELPER_TVAL(0x0025a00f)
    CHECK_TRAP_TVAL_REG(2, 2b, s5)
    CHECK_TRAP_FROM(PRV_U)
    li t0, CBIE_INVAL | CBCFE | CBZE
    csrw 0x10a, t0
    IN(PRV_U, cbo.zero (a1); cbo.clean (a1); cbo.flush (a1); cbo.inval (a1))
    la t6, trap_area
    LX a0, TRAP_CAUSE(t6)
    CHECK_EQ(a0, 8)
    csrw 0x30a, x0
    ON_TRAP(1f)
    ENTER(PRV_U, 2f)
2:  cbo.zero (a1)
    FAIL
1:  li s5, HELPER_TVAL(0x0045a00f)
    CHECK_TRAP_TVAL_REG(2, 2b, s5)

    /* wrs.nto and wrs.sto end without an interrupt where there is no reservation, and may end at any time. */
    wrs.sto
    lr.w a0, (s2)
    sc.w a0, x0, (s2)
    wrs.nto
    wrs.sto
    /* every mode may; mstatus.TW limits wrs.nto only */
    IN(PRV_S, lr.w a0, (s2); wrs.sto; lr.w a0, (s2); wrs.nto)
    la t6, trap_area
    LX a0, TRAP_CAUSE(t6)
    CHECK_EQ(a0, 9)
    IN(PRV_U, lr.w a0, (s2); wrs.sto; lr.w a0, (s2); wrs.nto)
    la t6, trap_area
    LX a0, TRAP_CAUSE(t6)
    CHECK_EQ(a0, 8)
    li t0, 0x200000
    csrs mstatus, t0
    IN(PRV_U, lr.w a0, (s2); wrs.sto)
    la t6, trap_area
    LX a0, TRAP_CAUSE(t6)
    CHECK_EQ(a0, 8)
    li t0, 0x200000
    csrc mstatus, t0
    /* Svinval: legal in M and S, not in U */
    .4byte 0x16000073 /* sinval.vma x0, x0 */
    .4byte 0x18000073 /* sfence.w.inval */
    .4byte 0x18100073 /* sfence.inval.ir */
    ON_TRAP(1f)
    ENTER(PRV_U, 2f)
2:  .4byte 0x16000073
    FAIL
1:  CHECK_TRAP(2, 2b, 0x16000073)
#ifndef QEMU /* allows it */
    ON_TRAP(1f)
    ENTER(PRV_U, 2f)
2:  .4byte 0x18000073
    FAIL
1:  CHECK_TRAP(2, 2b, 0x18000073)
#endif
    PASS
