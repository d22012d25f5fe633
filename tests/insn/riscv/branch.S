//: rv64 -cpu max
//: rv32 -cpu max32
//: rv64 -cpu rv64i,zicsr=on,m=on -DNO_FP -DNO_C
//: rv32 -cpu rv32i,zicsr=on,m=on -DNO_FP -DNO_C
/* SPDX-License-Identifier: BSD-2-Clause */
/* Branches, jumps, lui and auipc; targets that are not aligned. */
#include "macros.h"

#if XLEN == 64
#define MIN 0x8000000000000000
#define MAX 0x7fffffffffffffff
#else
#define MIN 0x80000000
#define MAX 0x7fffffff
#endif

/* BRANCH op, a, b, taken: with pinned and other registers, forward and backward, from memory and as constants. */
.macro BRANCH op, a, b, taken
    .pushsection .data
    .balign 8
1003: XWORD \a, \b
    .popsection
    la t0, 1003b
    LX a1, 0(t0)
    LX a2, XBYTES(t0)
    li a6, 0
    li a3, \taken
    la tp, 5f
    .pushsection .rodata
5:  .asciz "\op"
    .popsection
    li a0, 1
    \op a1, a2, 6f
    li a0, 0
6:  MATCH 1
    mv t4, a1
    mv t5, a2
    li a0, 1
    \op t4, t5, 6f
    li a0, 0
6:  MATCH 2
    j 7f
6:  li a0, 1
    j 8f
7:  \op a1, t5, 6b
    li a0, 0
8:  MATCH 3
    li a1, \a
    li a2, \b
    li a0, 1
    \op a1, a2, 6f
    li a0, 0
6:  MATCH 4
.endm
/* a < b, signed or not as the operation says */
.macro BRANCHES a, b, eq, lt, ltu
    BRANCH beq, \a, \b, \eq
    BRANCH bne, \a, \b, 1-\eq
    BRANCH blt, \a, \b, \lt
    BRANCH bge, \a, \b, 1-\lt
    BRANCH bltu, \a, \b, \ltu
    BRANCH bgeu, \a, \b, 1-\ltu
.endm

    START
    BRANCHES 0, 0, 1, 0, 0
    BRANCHES 0, 1, 0, 1, 1
    BRANCHES 1, 0, 0, 0, 0
    BRANCHES -1, 0, 0, 1, 0
    BRANCHES 0, -1, 0, 0, 1
    BRANCHES -1, -1, 1, 0, 0
    BRANCHES MIN, MAX, 0, 1, 0
    BRANCHES MAX, MIN, 0, 0, 1
    BRANCHES MIN, -1, 0, 1, 1
    BRANCHES MIN, MIN, 1, 0, 0
#if XLEN == 64
    BRANCHES 0x100000000, 0, 0, 0, 0
    BRANCHES 0x80000000, 0x7fffffff, 0, 0, 0
    BRANCHES 0xffffffff, -1, 0, 0, 1
#endif
    /* the same register, and x0 */
    li a1, 5
    bne a1, a1, 1f
    blt a1, a1, 1f
    bltu x0, x0, 1f
    bge x0, a1, 1f
    beq a1, a1, 2f
1:  FAIL
2:
    /* a loop, with its exit in the middle */
    li a0, 0
    li a1, 1000
1:  add a0, a0, a1
    addi a1, a1, -1
    beqz a1, 2f
    j 1b
2:  CHECK_EQ(a0, 500500)

    /* lui, auipc */
    lui a0, 0x80000
#if XLEN == 64
    CHECK_EQ(a0, 0xffffffff80000000)
#else
    CHECK_EQ(a0, 0x80000000)
#endif
    lui t3, 0x7ffff
    CHECK_EQ(t3, 0x7ffff000)
    lui a0, 0xfffff
    CHECK_EQ(a0, -4096)
    lui x0, 0x12345
    CHECK_EQ(x0, 0)
1:  auipc a0, 0
    la a1, 1b
    CHECK_EQ_REG(a0, a1)
2:  auipc t3, 0xfffff
    la a1, 2b - 4096
    CHECK_EQ_REG(t3, a1)
3:  auipc a0, 0x7ffff
    la a1, 3b
    li a2, 0x7ffff000
    add a1, a1, a2
    CHECK_EQ_REG(a0, a1)

    /* jal: link, both directions, other link registers */
    jal ra, 2f
1:  FAIL
3:  la a1, 4f
    CHECK_EQ_REG(t5, a1)
    j 5f
2:  la a1, 1b
    CHECK_EQ_REG(ra, a1)
    jal t5, 3b
4:  FAIL
5:
    /* jalr: offset, bit 0, the link register as target, x0 */
    la a1, 2f
    jalr ra, -16(a1)
1:  FAIL
    j 4f /* here */
    nop
    nop
    nop
2:  FAIL
4:  la a2, 1b
    CHECK_EQ_REG(ra, a2)
    la a1, 6f + 1
    jalr t3, 0(a1)
4:  FAIL
6:  la a2, 4b
    CHECK_EQ_REG(t3, a2)
    la a0, 7f
    jalr a0, 0(a0)
4:  FAIL
7:  la a2, 4b
    CHECK_EQ_REG(a0, a2)
    la t4, 8f - 1
    jalr x0, 2(t4)
    FAIL
8:
    /* calls and returns, recursion: fib(15) */
    li a0, 15
    call fib
    CHECK_EQ(a0, 610)
    /* an indirect jump whose target changes */
    li s2, 300
    li s3, 0
    la s4, 1f
    la s5, 2f
3:  mv t0, s4
    mv s4, s5
    mv s5, t0
    jr t0
1:  addi s3, s3, 1
    j 4f
2:  addi s3, s3, 3
4:  addi s2, s2, -1
    bnez s2, 3b
    CHECK_EQ(s3, 600)

#ifdef NO_C
    /* Targets must be aligned to 4; the jump traps, not the target, and links nothing. */
    li ra, 77
    la a1, 6f + 10
    EXPECT_TRAP_TVAL_REG(0, a1, .4byte 0x00a000ef) /* jal ra, .+10 */
    CHECK_EQ(ra, 77)
    la t3, 1f
    addi a1, t3, 2
    EXPECT_TRAP_TVAL_REG(0, a1, jalr ra, 2(t3))
    CHECK_EQ(ra, 77)
    EXPECT_TRAP_TVAL_REG(0, a1, jalr ra, 3(t3))
    CHECK_EQ(ra, 77)
    li a2, 0
    li s2, 1
    la a1, 6f + 6
    EXPECT_TRAP_TVAL_REG(0, a1, .4byte 0x00c91363) /* bne s2, a2, .+6 */
    li s2, 0
    .4byte 0x00c91363 /* not taken: no trap */
1:
#endif
    PASS

fib:
    li t0, 2
    bge a0, t0, 1f
    ret
1:  addi sp, sp, -4*XBYTES
    SX ra, 0(sp)
    SX s0, XBYTES(sp)
    SX s1, 2*XBYTES(sp)
    mv s0, a0
    addi a0, a0, -1
    call fib
    mv s1, a0
    addi a0, s0, -2
    call fib
    add a0, a0, s1
    LX ra, 0(sp)
    LX s0, XBYTES(sp)
    LX s1, 2*XBYTES(sp)
    addi sp, sp, 4*XBYTES
    ret
