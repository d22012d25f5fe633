//: rv64 -cpu max
//: rv32 -cpu max32
/* SPDX-License-Identifier: BSD-2-Clause */
/* Code that is written while it is in use, with fence.i: another block, the running one, in a loop, compressed, across pages. */
#include "macros.h"
/* addi a0, a0, n */
#define ADDI(n) (0x00050513 | (n) << 20)
    START
    /* A function whose instruction is replaced, called in turns. */
    li s2, 0
    li s3, 0
1:  la s4, patched
    lw t0, 0(s4)
    li t1, 1 << 20
    add t0, t0, t1 /* the immediate goes up by one */
    sw t0, 0(s4)
    fence.i
    li a0, 0
    call patched
    add s3, s3, a0
    addi s2, s2, 1
    li t0, 100
    bne s2, t0, 1b
    CHECK_EQ(s3, 5050)
    /* Only a byte of it, and by a store that is wider and not aligned. */
    la s4, patched
    li t0, ADDI(7)
    sw t0, 0(s4)
    fence.i
    li a0, 0
    call patched
    CHECK_EQ(a0, 7)
    li t0, 0
    sb t0, 3(s4)
    fence.i
    li a0, 0
    call patched
    CHECK_EQ(a0, 7 & 15)
    lhu t1, 0(s4)
    li t2, 0x5 | 9 << 4
    sh t1, 0(s4)
    sh t2, 2(s4)
    fence.i
    li a0, 0
    call patched
    CHECK_EQ(a0, 9)
    /* The block that runs writes what it is about to run. */
    li s2, 10
    li a0, 0
2:  la s4, 3f
    li t0, ADDI(1)
    slli t1, s2, 20
    add t0, t0, t1
    sw t0, 0(s4)
    fence.i
3:  addi a0, a0, 1000
    addi s2, s2, -1
    bnez s2, 2b
    CHECK_EQ(a0, 55 + 10)
    /* A hot loop is changed from within after 1000 turns, back after 2000. */
    li s2, 0
    li a0, 0
    la s4, 5f
4:  addi s2, s2, 1
    li t0, 1000
    bne s2, t0, 6f
    li t0, ADDI(3)
    sw t0, 0(s4)
    fence.i
6:  li t0, 2000
    bne s2, t0, 5f
    li t0, ADDI(1)
    sw t0, 0(s4)
    fence.i
5:  addi a0, a0, 1
    li t0, 3000
    bne s2, t0, 4b
    CHECK_EQ(a0, 999 + 3 * 1000 + 1001)
    /* A code generator: the same place gets another function each time, executed through a register. */
    la s4, room
    li s2, 0
    li s3, 0
7:  li t0, ADDI(0)
    slli t1, s2, 20
    add t0, t0, t1
    sw t0, 0(s4)
    li t0, 0x00008067 /* ret */
    sw t0, 4(s4)
    fence.i
    li a0, 0
    jalr s4
    add s3, s3, a0
    addi s2, s2, 1
    li t0, 64
    bne s2, t0, 7b
    CHECK_EQ(s3, 63 * 32)
    /* An instruction that lies across two pages, one half replaced at a time. */
    la s4, across
    li a0, 0
    jalr s4
    CHECK_EQ(a0, 5)
    li t0, 0x0065
    sh t0, 2(s4) /* second page: addi a0, a0, 6 */
    fence.i
    li a0, 0
    jalr s4
    CHECK_EQ(a0, 6)
    li t0, 0x0593 /* first page: addi a1, a0, 6 */
    sh t0, 0(s4)
    fence.i
    li a0, 10
    jalr s4
    CHECK_EQ(a0, 10)
    CHECK_EQ(a1, 16)
    /* Data beside code: stores to a page with code are seen by loads. */
    la s4, patched
    li s2, 500
8:  sw s2, 16(s4)
    lw a0, 16(s4)
    CHECK_EQ_REG(a0, s2)
    li a0, 0
    call patched
    CHECK_EQ(a0, 9)
    addi s2, s2, -1
    bnez s2, 8b
    PASS
    .balign 16
patched:
    addi a0, a0, 0
    ret
    .skip 32
room: .skip 64
    .option rvc
    .balign 4096
    .skip 4094
    .option norvc
across:
    addi a0, a0, 5
    ret
