//: rv64 -cpu max
//: rv32 -cpu max32
/* SPDX-License-Identifier: BSD-2-Clause */
/* Zcb, Zcmop, Zimop. The assembler knows none of these: encodings, on a0 (x10) and a1 (x11). */
#include "macros.h"
#define H(v) .2byte v; .2byte 1 /* c.nop */
#define A0 (2 << 7)
#define A1_2 (3 << 2)
#define A0_2 (2 << 2)
    .data
    .balign 8
bytes: .byte 0x81, 0x92, 0xa3, 0x74
    .bss
    .balign 8
area: .skip 16

    START
    la a0, bytes
    mv s2, a0
    H(0x8000 | A0 | A1_2)              /* c.lbu a1, 0(a0) */
    CHECK_EQ(a1, 0x81)
    H(0x8000 | A0 | A1_2 | 0x40)       /* c.lbu a1, 1(a0) */
    CHECK_EQ(a1, 0x92)
    H(0x8000 | A0 | A1_2 | 0x20)       /* c.lbu a1, 2(a0) */
    CHECK_EQ(a1, 0xa3)
    H(0x8000 | A0 | A1_2 | 0x60)       /* c.lbu a1, 3(a0) */
    CHECK_EQ(a1, 0x74)
    H(0x8400 | A0 | A1_2)              /* c.lhu a1, 0(a0) */
    CHECK_EQ(a1, 0x9281)
    H(0x8400 | A0 | A1_2 | 0x20)       /* c.lhu a1, 2(a0) */
    CHECK_EQ(a1, 0x74a3)
    H(0x8440 | A0 | A1_2)              /* c.lh a1, 0(a0) */
    CHECK_EQ(a1, 0x9281 - 0x10000)
    H(0x8440 | A0 | A1_2 | 0x20)       /* c.lh a1, 2(a0) */
    CHECK_EQ(a1, 0x74a3)
    la a0, area
    sw x0, 0(a0)
    li a1, 0x12345678
    H(0x8800 | A0 | A1_2 | 0x60)       /* c.sb a1, 3(a0) */
    lw a2, 0(a0)
    CHECK_EQ(a2, 0x78000000)
    H(0x8800 | A0 | A1_2 | 0x40)       /* c.sb a1, 1(a0) */
    lw a2, 0(a0)
    CHECK_EQ(a2, 0x78007800)
    H(0x8c00 | A0 | A1_2 | 0x20)       /* c.sh a1, 2(a0) */
    lw a2, 0(a0)
    CHECK_EQ(a2, 0x56787800)
    H(0x8c00 | A0 | A1_2)              /* c.sh a1, 0(a0) */
    lw a2, 0(a0)
    CHECK_EQ(a2, 0x56785678)
    li a0, -0x1235
    H(0x9c61 | A0)                     /* c.zext.b a0 */
    CHECK_EQ(a0, 0xcb)
    H(0x9c65 | A0)                     /* c.sext.b a0 */
    CHECK_EQ(a0, -0x35)
    H(0x9c69 | A0)                     /* c.zext.h a0 */
    CHECK_EQ(a0, 0xffcb)
    H(0x9c6d | A0)                     /* c.sext.h a0 */
    CHECK_EQ(a0, -0x35)
#if XLEN == 64
    H(0x9c71 | A0)                     /* c.zext.w a0 */
    CHECK_EQ(a0, 0xffffffcb)
#else
    EXPECT_ILLEGAL16(0x9c71 | 2 << 7)
#endif
    li a0, 0x1234
    H(0x9c75 | A0)                     /* c.not a0 */
    CHECK_EQ(a0, -0x1235)
    li a1, -7
    H(0x9c41 | A0 | A1_2)              /* c.mul a0, a1 */
    CHECK_EQ(a0, 0x1235 * 7)
    EXPECT_ILLEGAL16(0x9c79 | 2 << 7)
    EXPECT_ILLEGAL16(0x9c7d | 2 << 7)
    /* c.mop.1 to c.mop.15: nothing */
    li ra, 9
    li a5, 10
    H(0x6081)
    H(0x6181)
    H(0x6281)
    H(0x6381)
    H(0x6481)
    H(0x6581)
    H(0x6681)
    H(0x6781)
    CHECK_EQ(ra, 9)
    CHECK_EQ(a5, 10)
    /* mop.r.n, mop.rr.n: rd becomes 0 */
.macro MOPR n
    li a0, 77
    li t3, 78
    .4byte 0x81c04073 | (\n & 3) << 20 | (\n >> 2 & 3) << 26 | (\n >> 4) << 30 | 10 << 7 | 11 << 15
    CHECK_EQ(a0, 0)
    .4byte 0x81c04073 | (\n & 3) << 20 | (\n >> 2 & 3) << 26 | (\n >> 4) << 30 | 28 << 7 | 28 << 15
    CHECK_EQ(t3, 0)
    CHECK_EQ(a1, -7)
.endm
    .set i, 0
    .rept 32
    MOPR i
    .set i, i + 1
    .endr
.macro MOPRR n
    li a0, 77
    .4byte 0x82004073 | (\n & 3) << 26 | (\n >> 2) << 30 | 10 << 7 | 11 << 15 | 12 << 20
    CHECK_EQ(a0, 0)
    .4byte 0x82004073 | (\n & 3) << 26 | (\n >> 2) << 30 | 11 << 15 | 12 << 20
    CHECK_EQ(a1, -7)
.endm
    .set i, 0
    .rept 8
    MOPRR i
    .set i, i + 1
    .endr
    PASS
