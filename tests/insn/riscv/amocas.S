//: rv64 -cpu max
//: rv32 -cpu max32
//: rv64 -cpu rv64i,zacas=on,zicsr=on -DNO_FP -DNO_ZABHA noqemu
/* SPDX-License-Identifier: BSD-2-Clause */
/* Zacas: amocas.w, .d and .q, register pairs, alignment; with Zabha .b and .h too. */
#include "macros.h"
#define F3_B 0
#define F3_H 1
#define F3_W 2
#define F3_D 3
#define F3_Q 4
/* aqrl: 0 to 3 */
.macro AMOCAS f3, aqrl, rd, rs2, rs1
    .insn r 0x2f, \f3, 0x14 | \aqrl, \rd, \rs1, \rs2
.endm

/* The instruction at an address. */
.macro lwu_ rd, rs
#if XLEN == 64
    lwu \rd, 0(\rs)
#else
    lw \rd, 0(\rs)
#endif
.endm

    .bss
    .balign 64
area: .skip 256

    START
    la s2, area
    /* words: equal, not equal, sign of rd, upper halves do not count */
    li a1, 0x89abcdef
    li a2, 0x12345678
    sw a1, 0(s2)
    sw a1, 4(s2)
    mv a0, a1
    AMOCAS F3_W, 0, a0, a2, s2
#if XLEN == 64
    CHECK_EQ(a0, 0xffffffff89abcdef)
#else
    CHECK_EQ(a0, 0x89abcdef)
#endif
    lw a0, 0(s2)
    CHECK_EQ(a0, 0x12345678)
    lw a0, 4(s2)
    sub a0, a0, a1
#if XLEN == 64
    sext.w a0, a0
#endif
    CHECK_EQ(a0, 0)
    li t3, 0x12345679
    li t4, 0x55
    AMOCAS F3_W, 3, t3, t4, s2
    CHECK_EQ(t3, 0x12345678)
    lw a0, 0(s2)
    CHECK_EQ(a0, 0x12345678)
    mv a3, a2
    AMOCAS F3_W, 1, a3, a3, s2 /* rd is rs2 */
    CHECK_EQ(a3, 0x12345678)
    mv a3, s2
    AMOCAS F3_W, 2, a3, t4, a3 /* rd is rs1: not equal */
    CHECK_EQ(a3, 0x12345678)
    lw a0, 0(s2)
    CHECK_EQ(a0, 0x12345678)
#ifndef QEMU /* 10.0 writes x0 */
    sw x0, 0(s2)
    AMOCAS F3_W, 0, x0, t4, s2 /* x0 compares as 0, and is not written */
    CHECK_EQ(x0, 0)
    lw a0, 0(s2)
    CHECK_EQ(a0, 0x55)
    AMOCAS F3_W, 0, x0, a2, s2
    lw a0, 0(s2)
    CHECK_EQ(a0, 0x55)
#endif
#ifndef NO_ZABHA
    /* bytes and halfwords: only they are compared, written and seen, with their sign; neighbours stay */
    li a1, 0x80c1d2f3
    sw a1, 0(s2)
    addi s3, s2, 3
    li a0, 0x12345680
    li a2, 0x5678907f
    AMOCAS F3_B, 0, a0, a2, s3
    CHECK_EQ(a0, -0x80)
    lw a0, 0(s2)
    CHECK_EQ(a0, 0x7fc1d2f3)
    li a0, 0x80
    AMOCAS F3_B, 3, a0, a2, s2
    CHECK_EQ(a0, -0x0d)
    lw a0, 0(s2)
    CHECK_EQ(a0, 0x7fc1d2f3)
    addi s3, s2, 2
    li a0, 0x7fc1
    li a2, 0x12348765
    AMOCAS F3_H, 1, a0, a2, s3
    CHECK_EQ(a0, 0x7fc1)
    lwu_ a0, s2
    CHECK_EQ(a0, 0x8765d2f3)
    mv a0, a2
    AMOCAS F3_H, 2, a0, x0, s3
    CHECK_EQ(a0, -0x789b)
    lw a0, 0(s2)
    CHECK_EQ(a0, 0xd2f3)
#ifndef QEMU
    addi s3, s2, 1
    EXPECT_TRAP_TVAL_REG(6, s3, AMOCAS F3_H, 0, a0, a2, s3)
#endif
#endif
    addi s3, s2, 2
#ifndef QEMU /* says it was a load */
    EXPECT_TRAP_TVAL_REG(6, s3, AMOCAS F3_W, 0, a0, a2, s3)
#endif
#if XLEN == 64
    li a0, 0xffffffff00000055
    li a2, 0xdeadbeef80000000
    sd x0, 0(s2)
    li a1, 0x55
    sw a1, 0(s2)
    AMOCAS F3_W, 0, a0, a2, s2
    CHECK_EQ(a0, 0x55)
    ld a0, 0(s2)
    CHECK_EQ(a0, 0x80000000)
    /* doublewords */
    li a1, 0x8123456789abcdef
    sd a1, 8(s2)
    sd a1, 16(s2)
    addi s3, s2, 8
    mv a0, a1
    AMOCAS F3_D, 0, a0, a2, s3
    CHECK_EQ_REG(a0, a1)
    ld a0, 0(s3)
    CHECK_EQ_REG(a0, a2)
    ld a0, 8(s3)
    CHECK_EQ_REG(a0, a1)
    li t3, 0xdeadbeef80000001
    AMOCAS F3_D, 3, t3, a1, s3
    CHECK_EQ_REG(t3, a2)
    ld a0, 0(s3)
    CHECK_EQ_REG(a0, a2)
#ifndef QEMU
    sd x0, 0(s3)
    AMOCAS F3_D, 0, x0, a1, s3
    ld a0, 0(s3)
    CHECK_EQ_REG(a0, a1)
#endif
    addi s3, s2, 4
#ifndef QEMU /* says it was a load */
    EXPECT_TRAP_TVAL_REG(6, s3, AMOCAS F3_D, 0, a0, a2, s3)
#endif
#define PAIR F3_Q
#define PAIR_BYTES 16
#define P0 0x0123456789abcdef
#define P1 0xfedcba9876543210
#define N0 0x1111111111111111
#define N1 0x2222222222222222
#else
#define PAIR F3_D
#define PAIR_BYTES 8
#define P0 0x89abcdef
#define P1 0xfedcba98
#define N0 0x11111111
#define N1 0x22222222
#endif
.macro SET_PAIR
    li t0, P0
    li t1, P1
    SX t0, 0(s3)
    SX t1, XBYTES(s3)
.endm
.macro CHECK_PAIR v0, v1
    LX a4, 0(s3)
    CHECK_EQ(a4, \v0)
    LX a4, XBYTES(s3)
    CHECK_EQ(a4, \v1)
    LX a4, PAIR_BYTES(s3)
    CHECK_EQ(a4, 0x77)
.endm
    /* pairs: equal; the low half differs; the high half differs */
    addi s3, s2, 64
    li t0, 0x77
    SX t0, PAIR_BYTES(s3)
    SET_PAIR
    li a0, P0
    li a1, P1
    li a2, N0
    li a3, N1
    AMOCAS PAIR, 0, a0, a2, s3
    CHECK_PAIR N0, N1
    CHECK_EQ(a0, P0)
    CHECK_EQ(a1, P1)
    SET_PAIR
    li a2, N0
    li a3, N1
    li t3, P0 + 1
    li t4, P1
    AMOCAS PAIR, 3, t3, a2, s3
    CHECK_EQ(t3, P0)
    CHECK_EQ(t4, P1)
    CHECK_PAIR P0, P1
    li a0, P0
    li a1, P1 - 1
    AMOCAS PAIR, 1, a0, a2, s3
    CHECK_EQ(a0, P0)
    CHECK_EQ(a1, P1)
    CHECK_PAIR P0, P1
    /* rd x0: compares with 0, writes nothing, x1 stays; rs2 x0: stores 0, and not x1 */
    li ra, 5
    SX x0, 0(s3)
    SX x0, XBYTES(s3)
    AMOCAS PAIR, 0, x0, a2, s3
    CHECK_PAIR N0, N1
    CHECK_EQ(ra, 5)
    li a0, N0
    li a1, N1
    AMOCAS PAIR, 0, a0, x0, s3
    CHECK_EQ(a1, N1)
    CHECK_PAIR 0, 0
    /* rd is rs2 */
    SET_PAIR
    li a0, P0
    li a1, P1
    AMOCAS PAIR, 2, a0, a0, s3
    CHECK_PAIR P0, P1
    /* odd registers do not exist as pairs */
    ON_TRAP(1f)
2:  AMOCAS PAIR, 0, a1, a2, s3
    FAIL
1:  la s4, 2b
    lwu_ s5, s4
    CHECK_TRAP_TVAL_REG(2, 2b, s5)
    ON_TRAP(1f)
2:  AMOCAS PAIR, 0, a0, a3, s3
    FAIL
1:  la s4, 2b
    lwu_ s5, s4
    CHECK_TRAP_TVAL_REG(2, 2b, s5)
    addi s3, s3, PAIR_BYTES / 2
#ifndef QEMU /* says it was a load */
    EXPECT_TRAP_TVAL_REG(6, s3, AMOCAS PAIR, 0, a0, a2, s3)
#endif
    /* a word's amocas of a pair's width does not exist on RV32 */
#if XLEN == 32
    ON_TRAP(1f)
2:  AMOCAS F3_Q, 0, a0, a2, s3
    FAIL
1:  la s4, 2b
    lwu_ s5, s4
    CHECK_TRAP_TVAL_REG(2, 2b, s5)
#endif
    PASS
