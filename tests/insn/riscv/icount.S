//: rv64 -cpu max modes=interp-icount,icount noqemu
//: rv32 -cpu max32 modes=interp-icount,icount noqemu
/* SPDX-License-Identifier: BSD-2-Clause */
/* Under -icount the counters are exact: each instruction is one, also across blocks, calls, faults and loads from devices. */
#include "macros.h"
/* minstret when it is read: with everything before it */
.macro BEGIN
    csrr s2, minstret
.endm
.macro END n
    csrr s3, minstret
    sub s3, s3, s2
    CHECK_EQ(s3, \n + 1)
.endm
    START
    BEGIN
    END 0
    BEGIN
    nop
    nop
    nop
    END 3
    BEGIN
    li a0, 100
1:  addi a0, a0, -1
    bnez a0, 1b
    END 201
    BEGIN
    beqz x0, 1f
    nop
1:  j 2f
    nop
2:  END 2
    BEGIN
    call 3f
    END 4
    BEGIN
    fence.i
    csrrw a0, sscratch, a1
    END 2
    li a1, CLINT + 0xbff8
    BEGIN
    lw a0, 0(a1)
    nop
    lw a0, 0(a1)
    END 3
    BEGIN
    li a0, 1000
4:  lw a2, 0(a1)
    addi a0, a0, -1
    bnez a0, 4b
    END 3001
    /* cycle counts the same, and both start where they are written */
    csrr s2, mcycle
    nop
    csrr s3, mcycle
    sub s3, s3, s2
    CHECK_EQ(s3, 2)
    csrw minstret, x0
    csrr a0, minstret
    CHECK_EQ(a0, 0)
    csrr a0, mcycle
    li a0, 1000
    csrw mcycle, a0
    csrr a0, mcycle
    CHECK_EQ(a0, 1000)
    /* an instruction that traps is not retired: ecall, its handler up to mret, and then */
    csrr s4, minstret
    EXPECT_TRAP(11, 0, ecall)
    csrr s5, minstret
    csrr s6, minstret
    EXPECT_TRAP(11, 0, ecall)
    csrr s7, minstret
    sub s5, s5, s4
    sub s7, s7, s6
    CHECK_EQ_REG(s5, s7)
    /* inhibited, it stands */
    li a0, 4
    csrw mcountinhibit, a0
    csrr s2, minstret
    nop
    csrr s3, minstret
    sub s3, s3, s2
    CHECK_EQ(s3, 0)
    csrw mcountinhibit, x0
    /* the write that inhibits is counted still, and the one that lets it run again is not */
    .macro INHIBIT counter, bit
    csrw \counter, x0
    csrwi mcountinhibit, \bit
    csrr s2, \counter
    csrw mcountinhibit, x0
    csrr s3, \counter
    nop
    csrr s4, \counter
    CHECK_EQ(s2, 1)
    CHECK_EQ(s3, 1)
    CHECK_EQ(s4, 3)
    csrsi mcountinhibit, \bit
    csrr s2, \counter
    li a0, 100
    csrw \counter, a0
    csrr s3, \counter
    csrci mcountinhibit, \bit
    csrr s4, \counter
    CHECK_EQ(s3, 100)
    CHECK_EQ(s4, 100)
    .endm
    INHIBIT minstret, 4
    INHIBIT mcycle, 1
    /* a write that lets it run as it did takes nothing away */
    csrr s2, minstret
    csrr s4, mcycle
    csrw mcountinhibit, x0
    li a0, 1
    csrw mcountinhibit, a0
    csrr s3, minstret
    sub s3, s3, s2
    CHECK_EQ(s3, 5)
    csrw mcountinhibit, x0
    PASS
3:  nop
    ret
