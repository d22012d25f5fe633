//: rv64 -cpu max
//: rv32 -cpu max32
/* SPDX-License-Identifier: BSD-2-Clause */
/* Exceptions of instructions: cause, epc, tval; every register as it was before, in the middle of a block too. */
#include "macros.h"
    .data
    .balign 16
third: .double 3.0
one:   .double 1.0
    .bss
    .balign 16
save: .skip 32 * 8
fsave: .skip 32 * 8

    START
    EXPECT_TRAP(11, 0, ecall)
    CHECK_TRAP_FROM(PRV_M)
    ON_TRAP(1f)
2:  ebreak
    FAIL
1:  la s11, trap_area
    LX a0, TRAP_CAUSE(s11)
    CHECK_EQ(a0, 3)
    LX a0, TRAP_EPC(s11)
    la a1, 2b
    CHECK_EQ_REG(a0, a1)
    /* not instructions */
    EXPECT_ILLEGAL(0xffffffff)
    EXPECT_ILLEGAL(0x0000007b) /* custom-3 */
    EXPECT_ILLEGAL(0x0000000b) /* custom-0 */
    EXPECT_ILLEGAL(0x00000077)
    EXPECT_ILLEGAL(0x00004073) /* f3 = 4, not a mop */
    EXPECT_ILLEGAL(0x40000013 + 0x1000) /* slli with a bit of srai */
    EXPECT_ILLEGAL(0x04000033) /* add with an unknown funct7 */
    EXPECT_ILLEGAL(0x00007003) /* load of width 7 */
    EXPECT_ILLEGAL(0x00004023) /* store of width 4 */
    EXPECT_ILLEGAL(0x00002063) /* branch 2 */
    EXPECT_ILLEGAL(0x00001067) /* jalr 1 */
    EXPECT_ILLEGAL(0x30200073 + 0x80) /* mret with rd */
    EXPECT_ILLEGAL(0x00200073) /* uret */
    EXPECT_ILLEGAL16(0x0000)
    EXPECT_ILLEGAL16(0x8000 + 0x1c00) /* 100 111 in quadrant 0 */
    EXPECT_ILLEGAL16(0x4002) /* c.lwsp to x0 */
    EXPECT_ILLEGAL16(0x8002) /* c.jr x0 */
    EXPECT_ILLEGAL16(0x6101 & ~0x7c | 0x0000) /* c.addi16sp 0 */
#if XLEN == 64
    EXPECT_ILLEGAL16(0x2001) /* c.addiw x0 */
    EXPECT_ILLEGAL16(0x6002) /* c.ldsp to x0 */
    EXPECT_ILLEGAL(0x0000405b)
#else
    EXPECT_ILLEGAL(0x0000001b) /* addiw */
    EXPECT_ILLEGAL(0x0000003b) /* addw */
    EXPECT_ILLEGAL(0x00003003) /* ld */
    EXPECT_ILLEGAL(0x00003023) /* sd */
    EXPECT_ILLEGAL(0x00006003) /* lwu */
    EXPECT_ILLEGAL(0x02001013) /* slli by 32 */
    EXPECT_ILLEGAL(0x02005013) /* srli by 32 */
    EXPECT_ILLEGAL(0x42005013) /* srai by 32 */
    EXPECT_ILLEGAL(0xc2200053) /* fcvt.l.d */
    EXPECT_ILLEGAL(0xe2000053) /* fmv.x.d */
    EXPECT_ILLEGAL16(0x9001 | 0x0c00) /* c.subw */
#endif

    /* Every register is written in the block before a load faults, and some after it in the program. */
    li t0, 0x8000000
    csrw sscratch, t0
    ON_TRAP(1f)
    j 2f
2:  csrr s0, sscratch
    li x1, 0x101
    li x2, -0x102
    li x3, 0x103
    li x4, -0x104
    li x5, 0x105
    li x6, -0x106
    li x7, 0x107
    li x9, 0x109
    li x10, -0x10a
    li x11, 0x10b
    li x12, -0x10c
    li x13, 0x10d
    li x14, -0x10e
    li x15, 0x10f
    li x16, -0x110
    li x17, 0x111
    li x18, -0x112
    li x19, 0x113
    li x20, -0x114
    li x21, 0x115
    li x22, -0x116
    li x23, 0x117
    li x24, -0x118
    li x25, 0x119
    li x26, -0x11a
    li x27, 0x11b
    li x28, -0x11c
    li x29, 0x11d
    li x30, -0x11e
    add x31, x28, x29
    addi x10, x10, 1
    mv x11, x12
3:  lw x12, 16(s0)
    addi x10, x10, 1
    addi x31, x31, 1
    li x1, 0
    FAIL
1:  csrw sscratch, x31 /* the handler's own business is done */
    la x31, save
    SX x1, 1*8(x31)
    SX x2, 2*8(x31)
    SX x3, 3*8(x31)
    SX x4, 4*8(x31)
    SX x5, 5*8(x31)
    SX x6, 6*8(x31)
    SX x7, 7*8(x31)
    SX x8, 8*8(x31)
    SX x9, 9*8(x31)
    SX x10, 10*8(x31)
    SX x11, 11*8(x31)
    SX x12, 12*8(x31)
    SX x13, 13*8(x31)
    SX x14, 14*8(x31)
    SX x15, 15*8(x31)
    SX x16, 16*8(x31)
    SX x17, 17*8(x31)
    SX x18, 18*8(x31)
    SX x19, 19*8(x31)
    SX x20, 20*8(x31)
    SX x21, 21*8(x31)
    SX x22, 22*8(x31)
    SX x23, 23*8(x31)
    SX x24, 24*8(x31)
    SX x25, 25*8(x31)
    SX x26, 26*8(x31)
    SX x27, 27*8(x31)
    SX x28, 28*8(x31)
    SX x29, 29*8(x31)
    SX x30, 30*8(x31)
    la sp, stack_top
    CHECK_TRAP(5, 3b, 0x8000010)
    csrr a0, sscratch
    CHECK_EQ(a0, -0x11c + 0x11d)
    la s2, save
.macro SAVED n, value
    LX a0, \n*8(s2)
    CHECK_EQ(a0, \value)
.endm
    SAVED 1, 0x101
    SAVED 2, -0x102
    SAVED 3, 0x103
    SAVED 4, -0x104
    SAVED 5, 0x105
    SAVED 6, -0x106
    SAVED 7, 0x107
    SAVED 8, 0x8000000
    SAVED 9, 0x109
    SAVED 10, -0x109
    SAVED 11, -0x10c
    SAVED 12, -0x10c
    SAVED 13, 0x10d
    SAVED 14, -0x10e
    SAVED 15, 0x10f
    SAVED 16, -0x110
    SAVED 17, 0x111
    SAVED 18, -0x112
    SAVED 19, 0x113
    SAVED 20, -0x114
    SAVED 21, 0x115
    SAVED 22, -0x116
    SAVED 23, 0x117
    SAVED 24, -0x118
    SAVED 25, 0x119
    SAVED 26, -0x11a
    SAVED 27, 0x11b
    SAVED 28, -0x11c
    SAVED 29, 0x11d
    SAVED 30, -0x11e

    /* The same for FP registers and flags, and a store that faults. */
    la s3, third
    li s4, 0x8000000
    la s5, fsave
    ON_TRAP(1f)
    fsflags x0
    fld fa0, 0(s3)
    fld fs0, 8(s3)
    li a0, 5
    fdiv.d fa1, fs0, fa0 /* inexact */
    fcvt.d.w ft11, a0
    fadd.d fs1, fa0, ft11
    fcvt.s.w fa5, a0
    fsub.d fa2, fa0, fa0
3:  fsd fs1, -8(s4)
    fdiv.d fa3, fa0, fa2 /* would divide by zero */
    fmv.d fs1, fa0
    FAIL
1:  frflags s6
    fsd fa1, 0(s5)
    fsd ft11, 8(s5)
    fsd fs1, 16(s5)
    fsd fa5, 24(s5)
    CHECK_TRAP(7, 3b, 0x7fffff8)
    CHECK_EQ(s6, 1)
.macro FSAVED at, low, high
    lw a0, \at(s5)
    li a3, \low
#if XLEN == 64
    sext.w a3, a3
#endif
    CHECK_EQ_REG(a0, a3)
    lw a0, \at+4(s5)
    li a3, \high
#if XLEN == 64
    sext.w a3, a3
#endif
    CHECK_EQ_REG(a0, a3)
.endm
    FSAVED 0, 0x55555555, 0x3fd55555
    FSAVED 8, 0, 0x40140000
    FSAVED 16, 0, 0x40200000
    FSAVED 24, 0x40a00000, 0xffffffff

    /* In a loop that is hot: the fault comes at the 1000th turn. */
    la s2, save
    li s3, 1000
    li s7, 0
    li s8, 0
    ON_TRAP(1f)
2:  addi s7, s7, 1
    bne s7, s3, 4f
    li s2, 0x8000000
4:  addi s8, s8, 3
3:  lbu a1, 1(s2)
    addi s8, s8, 4
    j 2b
1:  CHECK_TRAP(5, 3b, 0x8000001)
    CHECK_EQ(s7, 1000)
    CHECK_EQ(s8, 999 * 7 + 3)
    /* Traps at consecutive instructions, and one behind a call. */
    li s2, 0x8000000
    li s7, 0
5:  EXPECT_TRAP(7, 0x8000000, sw s7, 0(s2))
    EXPECT_TRAP(7, 0x8000000, sw s7, 0(s2))
    EXPECT_TRAP(5, 0x8000000, lw s7, 0(s2))
    addi s7, s7, 1
    li a0, 20
    bne s7, a0, 5b
    PASS
