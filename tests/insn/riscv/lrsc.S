//: rv64 -cpu max
//: rv32 -cpu max32
//: rv64 -cpu rv64i,zalrsc=on,zicsr=on -DNO_FP noqemu
/* SPDX-License-Identifier: BSD-2-Clause */
/* A: load-reserved and store-conditional. */
#include "macros.h"
#if XLEN == 64
#define W_LOADED 0xffffffff89abcdef
#else
#define W_LOADED 0x89abcdef
#endif
    .bss
    .balign 4096
area: .skip 8192

/* w|d, a value and what a load of it gives, another */
.macro RESERVATION w, old, loaded, new
    la s2, area
    la s3, area + 4096
    li a1, \old
    s\w a1, 0(s2)
    s\w a1, 0(s3)
    li a2, \new
    /* succeeds once */
    lr.\w a0, (s2)
    CHECK_EQ(a0, \loaded)
    sc.\w a0, a2, (s2)
    CHECK_EQ(a0, 0)
    l\w a0, 0(s2)
    CHECK_EQ_REG(a0, a2)
    sc.\w a0, a1, (s2)
    CHECK_EQ(a0, 1)
    l\w a0, 0(s2)
    CHECK_EQ_REG(a0, a2)
    /* elsewhere: fails, and takes the reservation along */
    s\w a1, 0(s2)
    lr.\w t3, (s2)
    sc.\w t4, a2, (s3)
    CHECK_EQ(t4, 1)
    l\w a0, 0(s3)
    CHECK_EQ(a0, \loaded)
    sc.\w t4, a2, (s2)
    CHECK_EQ(t4, 1)
    l\w a0, 0(s2)
    CHECK_EQ(a0, \loaded)
    /* the newer reservation counts */
    lr.\w\().aq a0, (s3)
    lr.\w\().aqrl a0, (s2)
    sc.\w\().rl a0, a2, (s2)
    CHECK_EQ(a0, 0)
    lr.\w a0, (s2)
    lr.\w a0, (s3)
    sc.\w\().aqrl a0, a2, (s2)
    CHECK_EQ(a0, 1)
    /* rd is rs1, rs2, x0 */
    s\w a1, 0(s2)
    mv a3, s2
    lr.\w a3, (a3)
    CHECK_EQ(a3, \loaded)
    mv a3, a2
    sc.\w a3, a3, (s2)
    CHECK_EQ(a3, 0)
    l\w a0, 0(s2)
    CHECK_EQ_REG(a0, a2)
    lr.\w x0, (s2)
    mv a3, s2
    sc.\w a3, a1, (a3)
    CHECK_EQ(a3, 0)
    l\w a0, 0(s2)
    CHECK_EQ(a0, \loaded)
    lr.\w a0, (s2)
    sc.\w x0, a2, (s2)
    l\w a0, 0(s2)
    CHECK_EQ_REG(a0, a2)
    /* another hart's or any atomic change of the value between makes the loop go round: counted to 1000 */
    li s4, 1000
    s\w x0, 0(s2)
1:  lr.\w a0, (s2)
    addi a0, a0, 1
    sc.\w a3, a0, (s2)
    bnez a3, 1b
    addi s4, s4, -1
    bnez s4, 1b
    l\w a0, 0(s2)
    CHECK_EQ(a0, 1000)
    /* not aligned */
    addi s5, s2, 2
    li a0, 9
    EXPECT_TRAP_TVAL_REG(4, s5, lr.\w a0, (s5))
#ifndef QEMU /* lets it fail */
    EXPECT_TRAP_TVAL_REG(6, s5, sc.\w a0, a1, (s5))
#endif
.endm

    START
    RESERVATION w, 0x89abcdef, W_LOADED, 0x12345678
#if XLEN == 64
    RESERVATION d, 0x8123456789abcdef, 0x8123456789abcdef, 0x123456789abcdef0
    /* the word's upper half is left alone */
    la s2, area
    li a1, -1
    sd a1, 0(s2)
    li a2, 0x7777777711111111
    lr.w a0, (s2)
    sc.w a0, a2, (s2)
    ld a0, 0(s2)
    CHECK_EQ(a0, 0xffffffff11111111)
    addi s2, s2, 4
    lr.w a0, (s2)
    CHECK_EQ(a0, -1)
    sc.w a0, a2, (s2)
    ld a0, -4(s2)
    CHECK_EQ(a0, 0x1111111111111111)
#endif
#if XLEN == 64 && !defined(QEMU) /* lets a smaller one succeed, which is as good */
    /* a store-conditional of another size than the reservation fails, and then stores nothing */
    la s2, area
    li a1, 0x100000005
    sd a1, 0(s2)
    li a2, 0x77
    lr.d a0, (s2)
    sc.w a3, a2, (s2)
    CHECK_EQ(a3, 1)
    ld a0, 0(s2)
    CHECK_EQ_REG(a0, a1)
    li a1, 5
    sd a1, 0(s2)
    lr.w a0, (s2)
    sc.d a3, a2, (s2)
    CHECK_EQ(a3, 1)
    ld a0, 0(s2)
    CHECK_EQ_REG(a0, a1)
    lr.d a0, (s2)
    sc.w a3, a2, (s2)
    CHECK_EQ(a3, 1)
    ld a0, 0(s2)
    CHECK_EQ_REG(a0, a1)
#endif
    li s2, 0x8000000 /* nothing is there */
    EXPECT_TRAP(5, 0x8000000, lr.w a0, (s2))
    PASS
