//: a64
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scalar floating point of A64 where rules meet: NaNs and FPCR.DN, denormals and FZ, FZ16, rounding, AHP, products with an
 * infinity, maximum of numbers, conversions that saturate, comparisons.
 */
#include "macros.h"

#define QC (1 << 27)
#define IDC 0x80
#define IXC 0x10
#define UFC 0x08
#define OFC 0x04
#define DZC 0x02
#define IOC 0x01
#define AHP (1 << 26)
#define DN (1 << 25)
#define FZ (1 << 24)
#define RP (1 << 22)
#define RM (2 << 22)
#define RZ (3 << 22)
#define FZ16 (1 << 19)

/* Doubles, singles, halves. */
#define D_QNAN 0x7ff8000000001234
#define D_SNAN 0x7ff4000000005678
#define D_SNAN_QUIET 0x7ffc000000005678
#define D_DEFAULT 0x7ff8000000000000
#define D_INF 0x7ff0000000000000
#define D_ONE 0x3ff0000000000000
#define D_MAX 0x7fefffffffffffff
#define D_MIN 0x0010000000000000 /* normal */
#define D_TINY 1
#define S_QNAN 0x7fc01234
#define S_SNAN 0x7fa05678
#define S_SNAN_QUIET 0x7fe05678
#define S_DEFAULT 0x7fc00000
#define S_INF 0x7f800000
#define S_ONE 0x3f800000
#define S_MAX 0x7f7fffff
#define S_MIN 0x00800000
#define S_TINY 1
#define NEG64 0x8000000000000000
#define NEG 0x80000000

/* insn on v1 = a, v2 = b, v3 = c, result in v0 (all of it) and FPSR; control: FPCR. */
.macro try control, a, b, c, result, flags, line, insn:vararg
    ldr x0, =\control
    msr fpcr, x0
    msr fpsr, xzr
    ldr x0, =\a
    fmov d1, x0
    ldr x0, =\b
    fmov d2, x0
    ldr x0, =\c
    fmov d3, x0
    \insn
    mrs x1, fpsr
    fmov x0, d0
    msr fpcr, xzr
    expect x0, \result, \line
    expect x1, \flags, \line
.endm
#define TRY2(control, a, b, result, flags, ...) try control, a, b, 0, result, flags, __LINE__, __VA_ARGS__
#define TRY3(control, a, b, c, result, flags, ...) try control, a, b, c, result, flags, __LINE__, __VA_ARGS__

/* The same to x2. */
.macro to_x control, a, result, flags, line, insn:vararg
    ldr x0, =\control
    msr fpcr, x0
    msr fpsr, xzr
    ldr x0, =\a
    fmov d1, x0
    \insn
    mrs x1, fpsr
    msr fpcr, xzr
    expect x2, \result, \line
    expect x1, \flags, \line
.endm
#define TO_X(control, a, result, flags, ...) to_x control, a, result, flags, __LINE__, __VA_ARGS__

.macro compare a, b, nzcv, flags, line, insn:vararg
    msr fpsr, xzr
    ldr x0, =\a
    fmov d1, x0
    ldr x0, =\b
    fmov d2, x0
    \insn
    mrs x1, nzcv
    mrs x2, fpsr
    expect x1, \nzcv << 28, \line
    expect x2, \flags, \line
.endm
#define COMPARE(a, b, nzcv, flags, ...) compare a, b, nzcv, flags, __LINE__, __VA_ARGS__

START
    /* NaNs: a signalling operand before a quiet one, the first before the second, quiet; by DN the default one. */
    TRY2(0, D_QNAN, D_ONE, D_QNAN, 0, fadd d0, d1, d2)
    TRY2(0, D_ONE, D_QNAN | NEG64, D_QNAN | NEG64, 0, fmul d0, d1, d2)
    TRY2(0, D_QNAN, D_SNAN, D_SNAN_QUIET, IOC, fdiv d0, d1, d2)
    TRY2(0, D_SNAN | NEG64, D_SNAN, D_SNAN_QUIET | NEG64, IOC, fsub d0, d1, d2)
    TRY2(0, D_QNAN, D_QNAN | NEG64, D_QNAN, 0, fsub d0, d1, d2)
    TRY2(DN, D_QNAN | NEG64, D_ONE, D_DEFAULT, 0, fadd d0, d1, d2)
    TRY2(DN, D_SNAN, D_ONE, D_DEFAULT, IOC, fadd d0, d1, d2)
    TRY2(0, S_QNAN, S_SNAN, S_SNAN_QUIET, IOC, fadd s0, s1, s2)
    TRY2(0, D_QNAN, 0, D_QNAN ^ NEG64, 0, fneg d0, d1) /* of sign only */
    TRY2(DN, D_SNAN | NEG64, 0, D_SNAN, 0, fabs d0, d1)
    TRY2(0, D_QNAN, D_ONE, D_QNAN ^ NEG64, 0, fnmul d0, d1, d2)
    TRY2(0, D_SNAN, 0, D_SNAN_QUIET, IOC, fsqrt d0, d1)
    /* Made of none. */
    TRY2(0, D_INF, D_INF | NEG64, D_DEFAULT, IOC, fadd d0, d1, d2)
    TRY2(0, D_INF, 0, D_DEFAULT, IOC, fmul d0, d1, d2)
    TRY2(0, 0, NEG64, D_DEFAULT, IOC, fdiv d0, d1, d2)
    TRY2(0, D_INF, D_INF, D_DEFAULT, IOC, fdiv d0, d1, d2)
    TRY2(0, D_ONE | NEG64, 0, D_DEFAULT, IOC, fsqrt d0, d1)
    TRY2(0, NEG64, 0, NEG64, 0, fsqrt d0, d1)
    TRY2(0, D_INF | NEG64, 0, D_DEFAULT, IOC, fsqrt d0, d1)
    TRY2(0, D_ONE, NEG64, D_INF | NEG64, DZC, fdiv d0, d1, d2)
    TRY2(0, 0, D_INF, 0, 0, fmul d0, d1, d1)
    TRY2(0, 0, D_INF, 0x4000000000000000, 0, fmulx d0, d1, d2)
    TRY2(0, NEG64, D_INF, 0xc000000000000000, 0, fmulx d0, d1, d2)

    /* d0 = d3 + d1 * d2: an infinity times zero is invalid, though the addend be a quiet NaN. */
    TRY3(0, D_INF, 0, D_QNAN, D_DEFAULT, IOC, fmadd d0, d1, d2, d3)
    TRY3(0, D_INF, 0, D_SNAN, D_SNAN_QUIET, IOC, fmadd d0, d1, d2, d3)
    TRY3(0, D_ONE, D_QNAN, D_SNAN, D_SNAN_QUIET, IOC, fmadd d0, d1, d2, d3)
    TRY3(0, D_QNAN, D_ONE, D_QNAN | NEG64, D_QNAN | NEG64, 0, fmadd d0, d1, d2, d3) /* the addend first */
    TRY3(0, D_QNAN, D_ONE, 0, D_QNAN ^ NEG64, 0, fmsub d0, d1, d2, d3)
    TRY3(0, D_ONE, D_ONE, D_QNAN, D_QNAN ^ NEG64, 0, fnmadd d0, d1, d2, d3)
    TRY3(0, D_INF, D_ONE, D_INF | NEG64, D_DEFAULT, IOC, fmadd d0, d1, d2, d3)
    TRY3(0, 0x3ff0000000000001, 0x3ff0000000000001, 0xbff0000000000002, 0x3970000000000000, 0, fmadd d0, d1, d2, d3)
    TRY3(0, S_MAX, 0x40000000, S_MAX | NEG, S_MAX, 0, fmadd s0, s1, s2, s3) /* no overflow in between */

    /* Denormals: operands and results. By FZ they are zeros of their sign. */
    TRY2(0, D_TINY, D_TINY, 2, 0, fadd d0, d1, d2)
    TRY2(FZ, D_TINY, D_TINY, 0, IDC, fadd d0, d1, d2)
    TRY2(FZ, D_TINY | NEG64, 0x4000000000000000, NEG64, IDC, fmul d0, d1, d2)
    TRY2(0, D_MIN, 0x3fe0000000000000, 0x0008000000000000, 0, fmul d0, d1, d2) /* exact: no underflow */
    TRY2(FZ, D_MIN, 0x3fe0000000000000, 0, UFC, fmul d0, d1, d2) /* not IXC */
    TRY2(FZ, D_MIN | NEG64, 0x3fe0000000000000, NEG64, UFC, fmul d0, d1, d2)
    TRY2(0, D_TINY, 0x3fe0000000000000, 0, UFC | IXC, fmul d0, d1, d2)
    TRY2(RP, D_TINY, 0x3fe0000000000000, 1, UFC | IXC, fmul d0, d1, d2)
    /* Tiny before rounding: an underflow though the result is normal; flushed. */
    TRY2(0, 0x3f7fffff, S_MIN, S_MIN, UFC | IXC, fmul s0, s1, s2)
    TRY2(FZ, 0x3f7fffff, S_MIN, 0, UFC, fmul s0, s1, s2)
    TRY2(FZ, D_TINY, D_SNAN, D_SNAN_QUIET, IOC | IDC, fadd d0, d1, d2)
    TRY2(FZ, D_TINY, 0, 0, IDC, fsqrt d0, d1)
    TRY2(FZ, D_ONE, D_TINY, D_INF, DZC | IDC, fdiv d0, d1, d2)
    TRY2(FZ, D_TINY, 0, D_TINY | NEG64, 0, fneg d0, d1)
    TRY2(FZ, D_TINY, D_TINY | NEG64, D_TINY, 0, fcsel d0, d1, d2, al)

    /* Rounding, and what an overflow gives. */
    TRY2(0, 0x3f800001, 0x33800000, 0x3f800002, IXC, fadd s0, s1, s2) /* a tie, to even */
    TRY2(RP, 0x3f800001, 0x33000000, 0x3f800002, IXC, fadd s0, s1, s2)
    TRY2(RM, 0x3f800001, 0x33c00000, 0x3f800001, IXC, fadd s0, s1, s2)
    TRY2(RM, 0xbf800001, 0xb3000000, 0xbf800002, IXC, fadd s0, s1, s2)
    TRY2(RZ, 0xbf800001, 0xb3c00000, 0xbf800001, IXC, fadd s0, s1, s2)
    TRY2(0, S_MAX, S_MAX, S_INF, OFC | IXC, fadd s0, s1, s2)
    TRY2(RZ, S_MAX, S_MAX, S_MAX, OFC | IXC, fadd s0, s1, s2)
    TRY2(RM, S_MAX, S_MAX, S_MAX, OFC | IXC, fadd s0, s1, s2)
    TRY2(RM, S_MAX | NEG, S_MAX | NEG, S_INF | NEG, OFC | IXC, fadd s0, s1, s2)
    TRY2(RM, D_ONE, D_ONE, NEG64, 0, fsub d0, d1, d2) /* x - x */
    TRY2(0, D_ONE, D_ONE, 0, 0, fsub d0, d1, d2)

    /* Maximum and minimum: of zeros by sign, of a number and a NaN. */
    TRY2(0, NEG64, 0, 0, 0, fmax d0, d1, d2)
    TRY2(0, 0, NEG64, NEG64, 0, fmin d0, d1, d2)
    TRY2(0, D_QNAN, D_ONE, D_QNAN, 0, fmax d0, d1, d2)
    TRY2(0, D_QNAN, D_ONE, D_ONE, 0, fmaxnm d0, d1, d2)
    TRY2(0, D_ONE, D_QNAN, D_ONE, 0, fminnm d0, d1, d2)
    TRY2(0, D_SNAN, D_ONE, D_SNAN_QUIET, IOC, fmaxnm d0, d1, d2)
    TRY2(0, D_QNAN, D_QNAN | NEG64, D_QNAN, 0, fminnm d0, d1, d2)
    TRY2(FZ, D_TINY, 0, 0, IDC, fmax d0, d1, d2)
    TRY2(FZ, D_TINY | NEG64, D_ONE, NEG64, IDC, fmin d0, d1, d2)

    /* Between formats: a NaN's top bits stay; halves of two kinds, FZ16. */
    TRY2(0, S_SNAN, 0, 0x7ffc0acf00000000, IOC, fcvt d0, s1)
    TRY2(0, D_QNAN | (0x1234 << 29), 0, 0x7fc01234, 0, fcvt s0, d1)
    TRY2(DN, S_QNAN | NEG, 0, D_DEFAULT, 0, fcvt d0, s1)
    TRY2(0, 0x7c01, 0, 0x7fc02000, IOC, fcvt s0, h1)
    TRY2(AHP, 0x7c01, 0, 0x47802000, 0, fcvt s0, h1) /* no NaNs and infinities */
    TRY2(AHP, S_INF, 0, 0x7fff, IOC, fcvt h0, s1)
    TRY2(AHP, S_QNAN | NEG, 0, 0x8000, IOC, fcvt h0, s1)
    TRY2(AHP, 0x47800000, 0, 0x7c00, 0, fcvt h0, s1)
    TRY2(0, 0x47800000, 0, 0x7c00, OFC | IXC, fcvt h0, s1)
    TRY2(RZ, 0x47800000, 0, 0x7bff, OFC | IXC, fcvt h0, s1)
    TRY2(FZ16, 1, 0, 0x33800000, 0, fcvt s0, h1) /* conversions do not look at it */
    TRY2(FZ16, 0x33800000, 0, 1, 0, fcvt h0, s1)
    TRY2(FZ, S_TINY, 0, 0, IDC, fcvt d0, s1)
    TRY2(0, S_TINY, 0, 0x36a0000000000000, 0, fcvt d0, s1)
    TRY2(FZ16, 1, 0x3c00, 0x3c00, 0, fadd h0, h1, h2) /* nor tells IDC of halves */
    TRY2(0, 1, 1, 2, 0, fadd h0, h1, h2)
    TRY2(FZ, 1, 1, 2, 0, fadd h0, h1, h2) /* FZ is not theirs */
    TRY2(FZ16, 0x0400, 0x3800, 0, UFC, fmul h0, h1, h2)
    TRY2(0, 0x7bff, 0x7bff, 0x7c00, OFC | IXC, fadd h0, h1, h2)
    TRY2(0, 0x7e12, 0x7d34, 0x7f34, IOC, fadd h0, h1, h2)

    /* To integers: truncated, of a direction, saturated; a NaN is zero. */
    TO_X(0, 0xbff8000000000000, -1, IXC, fcvtzs x2, d1)
    TO_X(0, 0xbff8000000000000, -2, IXC, fcvtms x2, d1)
    TO_X(0, 0xbff8000000000000, -2, IXC, fcvtns x2, d1)
    TO_X(0, 0x4004000000000000, 2, IXC, fcvtns x2, d1)
    TO_X(0, 0x4004000000000000, 3, IXC, fcvtas x2, d1)
    TO_X(RZ, 0x4004000000000000, 3, IXC, fcvtps x2, d1)
    TO_X(0, D_QNAN, 0, IOC, fcvtzs x2, d1)
    TO_X(0, D_INF, 0x7fffffffffffffff, IOC, fcvtzs x2, d1)
    TO_X(0, D_INF | NEG64, 0, IOC, fcvtzu x2, d1)
    TO_X(0, 0xbfe0000000000000, 0, IXC, fcvtzu x2, d1)
    TO_X(0, 0xbff0000000000000, 0, IOC, fcvtzu x2, d1)
    TO_X(0, 0x43e0000000000000, 0x7fffffffffffffff, IOC, fcvtzs x2, d1)
    TO_X(0, 0x43e0000000000000, 0x8000000000000000, 0, fcvtzu x2, d1)
    TO_X(0, 0xc3e0000000000000, 0x8000000000000000, 0, fcvtzs x2, d1)
    TO_X(0, 0x41e0000000000000, 0x7fffffff, IOC, fcvtzs w2, d1)
    TO_X(0, 0xc1e0000000200000, 0x80000000, IOC, fcvtzs w2, d1)
    TO_X(0, 0x3fe0000000000000, 8, 0, fcvtzs x2, d1, #4)
    TO_X(0, 0x7c00, 0x7fffffff, IOC, fcvtzs w2, h1)
    TO_X(FZ, D_TINY, 0, IDC, fcvtps x2, d1)
    TO_X(0, D_TINY, 1, IXC, fcvtps x2, d1)
    TO_X(0, 0x41f0000000100000, 1, IOC, fjcvtzs w2, d1)

    /* Of integers. */
    .macro of_x control, value, result, flags, line, insn:vararg
    ldr x2, =\value
    try \control, 0, 0, 0, \result, \flags, \line, \insn
    .endm
#define OF_X(control, value, result, flags, ...) of_x control, value, result, flags, __LINE__, __VA_ARGS__
    OF_X(0, -1, 0xbff0000000000000, 0, scvtf d0, x2)
    OF_X(0, -1, 0x43f0000000000000, IXC, ucvtf d0, x2)
    OF_X(RZ, -1, 0x43efffffffffffff, IXC, ucvtf d0, x2)
    OF_X(0, -1, 0x41efffffffe00000, 0, ucvtf d0, w2)
    OF_X(0, 0x1000001, 0x4b800000, IXC, scvtf s0, w2)
    OF_X(RP, 0x1000001, 0x4b800001, IXC, scvtf s0, w2)
    OF_X(0, 1, 0x3fb0000000000000, 0, scvtf d0, x2, #4)
    OF_X(0, 65520, 0x7c00, OFC | IXC, scvtf h0, w2)
    OF_X(RZ, 65520, 0x7bff, IXC, scvtf h0, w2)

    /* To integral values. */
    TRY2(0, 0x4004000000000000, 0, 0x4000000000000000, 0, frintn d0, d1)
    TRY2(0, 0x4004000000000000, 0, 0x4008000000000000, 0, frinta d0, d1)
    TRY2(0, 0xc004000000000000, 0, 0xc008000000000000, 0, frintm d0, d1)
    TRY2(RP, 0xc004000000000000, 0, 0xc000000000000000, 0, frinti d0, d1)
    TRY2(RP, 0xc004000000000000, 0, 0xc000000000000000, IXC, frintx d0, d1)
    TRY2(0, 0xbfe0000000000000, 0, NEG64, 0, frintz d0, d1)
    TRY2(0, D_SNAN, 0, D_SNAN_QUIET, IOC, frintx d0, d1)
    TRY2(FZ, D_TINY | NEG64, 0, NEG64, IDC, frintp d0, d1)
    TRY2(0, D_INF, 0, D_INF, 0, frintx d0, d1)

    /* Comparisons. */
    COMPARE(D_ONE, D_ONE, 6, 0, fcmp d1, d2)
    COMPARE(0, NEG64, 6, 0, fcmp d1, d2)
    COMPARE(D_ONE | NEG64, D_ONE, 8, 0, fcmp d1, d2)
    COMPARE(D_INF, D_MAX, 2, 0, fcmp d1, d2)
    COMPARE(D_QNAN, D_ONE, 3, 0, fcmp d1, d2)
    COMPARE(D_QNAN, D_ONE, 3, IOC, fcmpe d1, d2)
    COMPARE(D_ONE, D_SNAN, 3, IOC, fcmp d1, d2)
    COMPARE(D_TINY, 0, 2, 0, fcmp d1, #0.0)
    COMPARE(S_ONE, S_QNAN, 3, IOC, fcmpe s1, s2)
    ldr x0, =FZ
    msr fpcr, x0
    COMPARE(D_TINY, D_TINY | NEG64, 6, IDC, fcmp d1, d2)
    msr fpcr, xzr
    .macro condition nzcv, cc, otherwise, expected, line
    mov x0, #\nzcv << 28
    msr nzcv, x0
    fccmp d1, d2, #\otherwise, \cc
    mrs x1, nzcv
    expect x1, \expected << 28, \line
    .endm
    fmov d1, #1.0
    fmov d2, #2.0
    condition 4, eq, 5, 8, __LINE__
    condition 0, eq, 5, 5, __LINE__

    /* Estimates: 8 bits. */
    TRY2(0, S_ONE, 0, 0x3f7f8000, 0, frecpe s0, s1)
    TRY2(0, 0, 0, S_INF, DZC, frecpe s0, s1)
    TRY2(0, S_INF | NEG, 0, NEG, 0, frecpe s0, s1)
    TRY2(0, S_TINY, 0, S_INF, OFC | IXC, frecpe s0, s1)
    TRY2(RZ, S_TINY, 0, S_MAX, OFC | IXC, frecpe s0, s1)
    TRY2(0, S_ONE, 0, 0x3f7f8000, 0, frsqrte s0, s1)
    TRY2(0, S_ONE | NEG, 0, S_DEFAULT, IOC, frsqrte s0, s1)
    TRY2(0, NEG, 0, S_INF | NEG, DZC, frsqrte s0, s1)
    TRY2(0, S_INF, 0, 0x40000000, 0, frecps s0, s1, s2)
    TRY2(0, S_INF, 0, 0x3fc00000, 0, frsqrts s0, s1, s2)
    TRY2(0, 0x40400000, 0, 0x3f800000, 0, frecpx s0, s1)
    PASS
