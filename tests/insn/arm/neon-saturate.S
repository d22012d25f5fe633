//: a32
//: t32
//: a32 -cpu cortex-a15
//: t32 -cpu cortex-a7
/* SPDX-License-Identifier: BSD-2-Clause */
/* Advanced SIMD of AArch32 on integers: saturation and QC, rounding, shifts beyond the width, halves of Q registers. */
#include "macros.h"

START
    control 0
    /* Sums that fit leave QC alone; one lane that does not sets it. */
    set_d 0, 0x7f000000, 0x0000807e
    set_d 1, 0x01000000, 0x0000ff01
    vqadd.s8 d2, d0, d1
    EXPECT_D(2, 0x7f000000, 0x0000807f)
    EXPECT_FLAGS(QC)
    control 0
    vadd.i8 d2, d0, d1
    EXPECT_D(2, 0x80000000, 0x00007f7f)
    vhadd.s8 d2, d0, d1
    EXPECT_D(2, 0x40000000, 0x0000bf3f)
    vrhadd.u8 d2, d0, d1
    EXPECT_D(2, 0x40000000, 0x0000c040)
    EXPECT_FLAGS(0)
    vqsub.u8 d2, d1, d0
    EXPECT_D(2, 0x00000000, 0x00007f00)
    EXPECT_FLAGS(QC)
    control 0
    /* 64-bit lanes in D registers. */
    set_d 3, 0x7fffffff, 0xffffffff
    set_d 4, 0, 1
    vqadd.s64 d5, d3, d4
    EXPECT_D(5, 0x7fffffff, 0xffffffff)
    EXPECT_FLAGS(QC)
    control 0
    vqadd.u64 d5, d3, d4
    EXPECT_D(5, 0x80000000, 0)
    EXPECT_FLAGS(0)

    /* Shifts by a register: by the lowest byte of a lane, signed. The value is the first operand. */
    set_d 0, 0x80000000, 0x40000001
    set_d 1, 0xffffffff, 0x12345601
    vshl.s32 d2, d0, d1
    EXPECT_D(2, 0xc0000000, 0x80000002)
    set_d 1, 0x000000e0, 0x00000020
    vshl.u32 d2, d0, d1
    EXPECT_D(2, 0, 0)
    vshl.s32 d2, d0, d1
    EXPECT_D(2, 0xffffffff, 0)
    vrshl.u32 d2, d0, d1 /* by -32 the highest bit is what rounds */
    EXPECT_D(2, 1, 0)
    set_d 1, 1, 1
    vqshl.s32 d2, d0, d1
    EXPECT_D(2, 0x80000000, 0x7fffffff)
    EXPECT_FLAGS(QC)
    control 0
    vqshl.u32 d2, d0, d1
    EXPECT_D(2, 0xffffffff, 0x80000002)
    EXPECT_FLAGS(QC)
    control 0
    vqshlu.s32 d2, d0, #1
    EXPECT_D(2, 0, 0x80000002)
    EXPECT_FLAGS(QC)
    control 0

    /* By an immediate: the width itself to the right; what is inserted leaves the rest. */
    vshr.s32 d2, d0, #32
    EXPECT_D(2, 0xffffffff, 0)
    vshr.u32 d2, d0, #32
    EXPECT_D(2, 0, 0)
    vrshr.s32 d2, d0, #32
    EXPECT_D(2, 0, 0)
    set_d 2, 0x11111111, 0x22222222
    vsri.32 d2, d0, #4
    EXPECT_D(2, 0x18000000, 0x24000000)
    vsli.32 d2, d0, #28
    EXPECT_D(2, 0x08000000, 0x14000000)
    vshr.u64 d2, d0, #64
    EXPECT_D(2, 0, 0)

    /* Narrow with and without saturation; the source is Q4, d8 and d9. */
    set_d 8, 0x00000080, 0xffffff7f
    set_d 9, 0x00010000, 0x0000007f
    vmovn.i32 d2, q4
    EXPECT_D(2, 0x0000007f, 0x0080ff7f)
    vqmovn.s32 d2, q4
    EXPECT_D(2, 0x7fff007f, 0x0080ff7f)
    EXPECT_FLAGS(QC)
    control 0
    vqmovun.s32 d2, q4
    EXPECT_D(2, 0xffff007f, 0x00800000)
    EXPECT_FLAGS(QC)
    control 0
    vqmovn.u32 d2, q4
    EXPECT_D(2, 0xffff007f, 0x0080ffff)
    EXPECT_FLAGS(QC)
    control 0
    vqrshrn.s32 d2, q4, #8
    EXPECT_D(2, 0x01000000, 0x0001ffff)
    EXPECT_FLAGS(0)
    vqrshrun.s32 d2, q4, #8
    EXPECT_D(2, 0x01000000, 0x00010000)
    EXPECT_FLAGS(QC)
    control 0

    /* Doubled products: the most negative squared is the one that saturates. */
    set_d 0, 0x80008000, 0x7fff0002
    set_d 1, 0x80000001, 0x7fff0003
    vqdmulh.s16 d2, d0, d1
    EXPECT_D(2, 0x7fffffff, 0x7ffe0000)
    EXPECT_FLAGS(QC)
    control 0
    vqrdmulh.s16 d2, d0, d1
    EXPECT_D(2, 0x7fffffff, 0x7ffe0000)
    control 0
    vqdmull.s16 q1, d0, d1
    EXPECT_D(2, 0x7ffe0002, 0x0000000c)
    EXPECT_D(3, 0x7fffffff, 0xffff0000)
    EXPECT_FLAGS(QC)
    control 0
    vqdmlal.s16 q1, d0, d1[0]
    EXPECT_D(2, 0x7fffffff, 0x00000018)
    EXPECT_FLAGS(QC)
    control 0
    /* A scalar of an odd D register, lane 3. */
    set_d 7, 0x00050000, 0
    vmul.i16 d2, d0, d7[3]
    EXPECT_D(2, 0x80008000, 0x7ffb000a)
    vmull.u16 q1, d0, d7[3]
    EXPECT_D(2, 0x00027ffb, 0x0000000a)
    EXPECT_D(3, 0x00028000, 0x00028000)

    /* Absolute values and negation of the most negative. */
    set_d 0, 0x80000000, 0xffffffff
    vabs.s32 d2, d0
    EXPECT_D(2, 0x80000000, 1)
    EXPECT_FLAGS(0)
    vqabs.s32 d2, d0
    EXPECT_D(2, 0x7fffffff, 1)
    EXPECT_FLAGS(QC)
    control 0
    vqneg.s32 d2, d0
    EXPECT_D(2, 0x7fffffff, 1)
    EXPECT_FLAGS(QC)
    control 0

    /* Pairs, long; a D register leaves its neighbour alone. */
    set_d 10, 0x11111111, 0x22222222
    set_d 11, 0x33333333, 0x44444444
    set_d 0, 0x00ff00ff, 0x80017fff
    set_d 1, 0x00010002, 0x00030004
    vpadd.i16 d11, d0, d1
    EXPECT_D(11, 0x00030007, 0x01fe0000)
    EXPECT_D(10, 0x11111111, 0x22222222)
    vpaddl.s16 d10, d0
    EXPECT_D(10, 0x000001fe, 0)
    EXPECT_D(11, 0x00030007, 0x01fe0000)
    vpmax.s16 d10, d0, d1
    EXPECT_D(10, 0x00020004, 0x00ff7fff)
    vabdl.u16 q5, d0, d1
    EXPECT_D(10, 0x00007ffe, 0x00007ffb)
    EXPECT_D(11, 0x000000fe, 0x000000fd)

    /* Permutations change both registers. */
    set_d 0, 0x07060504, 0x03020100
    set_d 1, 0x17161514, 0x13121110
    vzip.8 d0, d1
    EXPECT_D(0, 0x13031202, 0x11011000)
    EXPECT_D(1, 0x17071606, 0x15051404)
    vuzp.8 d0, d1
    EXPECT_D(0, 0x07060504, 0x03020100)
    EXPECT_D(1, 0x17161514, 0x13121110)
    vtrn.16 d0, d1
    EXPECT_D(0, 0x15140504, 0x11100100)
    EXPECT_D(1, 0x17160706, 0x13120302)
    vswp d0, d1
    EXPECT_D(0, 0x17160706, 0x13120302)
    vext.8 d2, d0, d1, #3
    EXPECT_D(2, 0x10010017, 0x16070613)
    vrev32.8 d2, d0
    EXPECT_D(2, 0x06071617, 0x02031213)
    /* Tables: beyond the last VTBL gives 0, VTBX keeps. */
    set_d 3, 0xff181710, 0x0f080700
    set_d 4, 0xaaaaaaaa, 0xaaaaaaaa
    vtbl.8 d2, {d0, d1}, d3
    EXPECT_D(2, 0x00000000, 0x15001702)
    vtbx.8 d4, {d0}, d3
    EXPECT_D(4, 0xaaaaaaaa, 0xaaaa1702)

    /* Immediates. */
    vmov.i64 d2, #0xff00ff0000ffff00
    EXPECT_D(2, 0xff00ff00, 0x00ffff00)
    vmvn.i32 d2, #0x1200
    EXPECT_D(2, 0xffffedff, 0xffffedff)
    vorr.i16 d2, #0x1200
    EXPECT_D(2, 0xffffffff, 0xffffffff)
    vbic.i32 d2, #0xff000000
    EXPECT_D(2, 0x00ffffff, 0x00ffffff)
    vmov.f32 d2, #-1.5
    EXPECT_D(2, 0xbfc00000, 0xbfc00000)
    /* Moves of lanes, with sign and without; duplicates. */
    set_d 5, 0x80ff7f01, 0xfffe0203
    vmov.s8 r0, d5[7]
    EXPECT(r0, 0xffffff80)
    vmov.u8 r0, d5[6]
    EXPECT(r0, 0xff)
    vmov.s16 r0, d5[1]
    EXPECT(r0, 0xfffffffe)
    mov r0, #0x5a
    vmov.8 d5[3], r0
    EXPECT_D(5, 0x80ff7f01, 0x5afe0203)
    vdup.16 q1, d5[3]
    EXPECT_D(2, 0x80ff80ff, 0x80ff80ff)
    EXPECT_D(3, 0x80ff80ff, 0x80ff80ff)
    vdup.8 d2, r0
    EXPECT_D(2, 0x5a5a5a5a, 0x5a5a5a5a)
    PASS
