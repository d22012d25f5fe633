//: a32 -DV8
//: t32 -DV8
//: a32 -cpu cortex-a15
//: t32 -cpu cortex-a7
//: m -cpu cortex-m4 -march=armv7e-m
//: m -cpu cortex-m33 -march=armv8-m.main+dsp
/* SPDX-License-Identifier: BSD-2-Clause */
/* Integers of A32 and T32: shifts and the carry out of them, saturation and Q, halves and bytes in parallel and GE, products. */
#include "macros.h"

/* Bits of APSR, and what tests look at. */
#define N 0x80000000
#define Z 0x40000000
#define C 0x20000000
#define V 0x10000000
#define Q 0x08000000
#define GE(n) ((n) << 16)
#define ALL (N | Z | C | V | Q | GE(15))

.macro flags value /* APSR becomes that */
    constant r8, \value
    msr APSR_nzcvqg, r8
.endm

.macro expect_flags_are value, line
    mrs r8, apsr
    constant r12, ALL
    and r8, r8, r12
    expect r8, \value, \line
.endm
#define FLAGS(value) expect_flags_are value, __LINE__

/* c - a / r2 * r2 in the quotient's register */
.macro modulo op, a, c
    \op r0, \a, r2
    mls r0, r0, r2, \c
.endm

/* insn with r1 = a and r2 = b, r0 the result, under flags f; result and flags behind it. */
.macro try a, b, f, result, after, line, insn:vararg
    constant r0, 0x5aa55aa5
    constant r1, \a
    constant r2, \b
    flags \f
    \insn
    mrs r3, apsr
    expect r0, \result, \line
    constant r12, ALL
    and r3, r3, r12
    expect r3, \after, \line
.endm
#define TRY(a, b, f, result, after, ...) try a, b, f, result, after, __LINE__, __VA_ARGS__

START
    /* Sums and differences. */
    TRY(0x7fffffff, 1, 0, 0x80000000, N | V, adds r0, r1, r2)
    TRY(0xffffffff, 1, 0, 0, Z | C, adds r0, r1, r2)
    TRY(0x80000000, 0x80000000, 0, 0, Z | C | V, adds r0, r1, r2)
    TRY(0xffffffff, 0, C, 0, Z | C, adcs r0, r1, r2)
    TRY(0x7fffffff, 0, C, 0x80000000, N | V, adcs r0, r1, r2)
    TRY(0xffffffff, 0xffffffff, C, 0xffffffff, N | C, adcs r0, r1, r2)
    TRY(0, 1, 0, 0xffffffff, N, subs r0, r1, r2)
    TRY(0x80000000, 1, 0, 0x7fffffff, C | V, subs r0, r1, r2)
    TRY(5, 5, 0, 0, Z | C, subs r0, r1, r2)
    TRY(5, 5, 0, 0xffffffff, N, sbcs r0, r1, r2)
    TRY(5, 5, C, 0, Z | C, sbcs r0, r1, r2)
    TRY(0x80000000, 0, 0, 0x7fffffff, C | V, sbcs r0, r1, r2)
    TRY(1, 3, 0, 2, C, rsbs r0, r1, r2)
    TRY(0, 0, 0, 0, Z | C, rsbs r0, r1, #0)
    TRY(0x80000000, 0, 0, 0x80000000, N | V, rsbs r0, r1, #0)
    TRY(7, 7, Q | GE(5), 0x5aa55aa5, Z | C | Q | GE(5), cmp r1, r2)
    TRY(1, 0xffffffff, Q, 0x5aa55aa5, Z | C | Q, cmn r1, r2)
#ifndef __thumb__
    TRY(5, 5, 0, 0xffffffff, N, rscs r0, r1, r2)
    TRY(5, 7, C, 2, C, rscs r0, r1, r2)
#endif

    /* The carry out of a shift; V stays. */
    TRY(0x80000001, 0, V, 2, C | V, movs r0, r1, lsl #1)
    TRY(0x80000001, 0, C | V, 0x80000001, N | C | V, movs r0, r1)
    TRY(0x80000001, 0, V, 0x40000000, C | V, movs r0, r1, lsr #1)
    TRY(0x80000001, 0, V, 0, Z | C | V, movs r0, r1, lsr #32)
    TRY(0x40000001, 0, C, 0, Z, movs r0, r1, lsr #32)
    TRY(0x80000001, 0, 0, 0xffffffff, N | C, movs r0, r1, asr #32)
    TRY(0x7fffffff, 0, C, 0, Z, movs r0, r1, asr #32)
    TRY(0x80000001, 0, 0, 0xc0000000, N | C, movs r0, r1, ror #1)
    TRY(0x80000001, 0, 0, 0x40000000, C, movs r0, r1, rrx)
    TRY(0x80000000, 0, C, 0xc0000000, N, movs r0, r1, rrx)
    TRY(1, 0, C, 0x80000000, N | C, movs r0, r1, rrx)
    TRY(0x80000001, 0, 0, 0, Z | C, ands r0, r2, r1, lsl #1)
    TRY(0xf0, 0x0f, C, 0, Z | C, ands r0, r1, r2)
    TRY(0x80000001, 0xff, 0, 0x800000ff, N, orrs r0, r2, r1)
    /* By registers: of more than 32 bits, and of none. */
    TRY(0x80000001, 0, C, 0x80000001, N | C, movs r0, r1, lsl r2)
    TRY(0x80000001, 32, 0, 0, Z | C, movs r0, r1, lsl r2)
    TRY(0x80000001, 33, C, 0, Z, movs r0, r1, lsl r2)
    TRY(0x80000001, 32, 0, 0, Z | C, movs r0, r1, lsr r2)
    TRY(0x80000001, 33, C, 0, Z, movs r0, r1, lsr r2)
    TRY(0x80000001, 255, 0, 0xffffffff, N | C, movs r0, r1, asr r2)
    TRY(0x40000001, 40, C, 0, Z, movs r0, r1, asr r2)
    TRY(0x80000001, 32, 0, 0x80000001, N | C, movs r0, r1, ror r2)
    TRY(0x80000001, 33, 0, 0xc0000000, N | C, movs r0, r1, ror r2)
    TRY(0x80000001, 0x100, C, 0x80000001, N | C, movs r0, r1, lsl r2)
    TRY(0x80000001, 0x101, 0, 2, C, movs r0, r1, lsl r2)
    /* Constants: one that is rotated has its top bit as the carry. */
    TRY(0, 0, C, 0x12, C, movs r0, #0x12)
    TRY(0, 0, 0, 0x80000000, N | C, movs r0, #0x80000000)
    TRY(0, 0, C, 0x40000000, 0, movs r0, #0x40000000)
    TRY(0xff, 0, C, 0xf, 0, bics r0, r1, #0x7f0)
    TRY(0xffffffff, 0, 0, 0xff000000, N | C, ands r0, r1, #0xff000000)

    /* Saturation: Q stays once it is set. */
    TRY(0x7fffffff, 1, 0, 0x7fffffff, Q, qadd r0, r1, r2)
    TRY(0x80000000, 0xffffffff, 0, 0x80000000, Q, qadd r0, r1, r2)
    TRY(5, 6, Q, 11, Q, qadd r0, r1, r2)
    TRY(0x80000000, 1, 0, 0x80000000, Q, qsub r0, r1, r2)
    TRY(0, 0x80000000, 0, 0x7fffffff, Q, qsub r0, r1, r2)
    TRY(1, 0x40000000, 0, 0x7fffffff, Q, qdadd r0, r1, r2)
    TRY(0x80000000, 0x40000000, 0, 0xffffffff, Q, qdadd r0, r1, r2) /* the doubling alone */
    TRY(0, 0xc0000000, 0, 0x7fffffff, Q, qdsub r0, r1, r2)
    TRY(200, 0, 0, 127, Q, ssat r0, #8, r1)
    TRY(0xffffff00, 0, 0, 0xffffff80, Q, ssat r0, #8, r1)
    TRY(0x100, 0, 0, 0x200, 0, ssat r0, #16, r1, lsl #1)
    TRY(0x80000000, 0, 0, 0xffffffff, Q, ssat r0, #1, r1, asr #4)
    TRY(0xffffffff, 0, 0, 0, Q, usat r0, #8, r1)
    TRY(0x1ff, 0, 0, 0xff, Q, usat r0, #8, r1)
    TRY(0x1ff, 0, 0, 0x1f, 0, usat r0, #8, r1, asr #4)
    TRY(0x1ff, 0, 0, 0, Q, usat r0, #0, r1)
    TRY(0x00ffff00, 0, 0, 0x007fff80, Q, ssat16 r0, #8, r1)
    TRY(0x01008000, 0, 0, 0x00ff0000, Q, usat16 r0, #8, r1)

    /* In parallel: no Q; GE of those that do not saturate. */
    TRY(0x7fff8000, 0x0001ffff, 0, 0x80007fff, GE(12), sadd16 r0, r1, r2)
    TRY(0x7fff8000, 0x0001ffff, GE(3), 0x7fff8000, GE(3), qadd16 r0, r1, r2)
    TRY(0xffff0001, 0x0001ffff, 0, 0x00000000, GE(15), uadd16 r0, r1, r2)
    TRY(0xffff0001, 0x0001fffe, 0, 0xffffffff, 0, uqadd16 r0, r1, r2)
    TRY(0xffff0001, 0x0001fffe, 0, 0x80007fff, 0, uhadd16 r0, r1, r2)
    TRY(0x7fff8000, 0x0001ffff, 0, 0x4000bfff, 0, shadd16 r0, r1, r2)
    TRY(0x00010000, 0x00020000, GE(15), 0xffff0000, GE(3), usub16 r0, r1, r2)
    TRY(0x00010000, 0x00020000, GE(15), 0x00000000, GE(15), uqsub16 r0, r1, r2)
    TRY(0x80000000, 0x00010001, 0, 0x7fffffff, 0, ssub16 r0, r1, r2)
    TRY(0x7f80ff01, 0x0180ff7f, 0, 0x8000fe80, GE(9), sadd8 r0, r1, r2)
    TRY(0x7f80ff01, 0x0180ff7f, 0, 0x7f80fe7f, 0, qadd8 r0, r1, r2)
    TRY(0xff80ff01, 0x01800102, 0, 0x00000003, GE(14), uadd8 r0, r1, r2)
    TRY(0x01020304, 0x02020205, 0, 0xff0001ff, GE(6), usub8 r0, r1, r2)
    TRY(0x01020304, 0x02020205, 0, 0x00000100, 0, uqsub8 r0, r1, r2)
    TRY(0x00010002, 0x00030004, 0, 0x0005ffff, GE(12), sasx r0, r1, r2)
    TRY(0x00010002, 0x00030004, 0, 0xfffd0005, GE(3), ssax r0, r1, r2)
    TRY(0x11223344, 0x55667788, GE(5), 0x11663388, GE(5), sel r0, r2, r1)

    /* Products. */
    TRY(0x80000000, 0x80000000, 0, 0x40000000, 0, smmul r0, r1, r2)
    TRY(0x00000003, 0x40000000, 0, 0, 0, smmul r0, r1, r2)
    TRY(0x00000003, 0x40000000, 0, 1, 0, smmulr r0, r1, r2)
    TRY(0x80008000, 0x80008000, 0, 0x80000000, Q, smuad r0, r1, r2)
    TRY(0x00020003, 0x00040005, 0, 7, 0, smusd r0, r2, r1)
    TRY(0x00020003, 0x00040005, 0, 0x16, 0, smuadx r0, r1, r2)
    TRY(0x80008000, 0x80008000, 0, 0x40000000, 0, smulbb r0, r1, r2)
    TRY(0xffff0002, 0x00030004, 0, 0xfffffffd, 0, smultt r0, r1, r2)
    TRY(0xffff0002, 0x00030004, 0, 6, 0, smulbt r0, r1, r2)
    TRY(0x7fffffff, 0x00020000, 0, 0xffff, 0, smulwt r0, r1, r2)
    constant r4, 0x7fffffff
    TRY(0x00010001, 0x00010001, 0, 0x80000001, Q, smlad r0, r1, r2, r4)
    TRY(1, 1, 0, 0x80000000, Q, smlabb r0, r1, r2, r4)
    TRY(0x10000, 0x10000, 0, 0x80000000, Q, smlawt r0, r1, r2, r4)
    TRY(0x01020304, 0x04030201, 0, 8, 0, usad8 r0, r1, r2)
    TRY(0x01020304, 0x04030201, 0, 0x80000007, 0, usada8 r0, r1, r2, r4)
    TRY(0xffffffff, 0xffffffff, 0, 1, 0, mul r0, r1, r2)
    TRY(3, 5, 0, 0x8000000e, 0, mla r0, r1, r2, r4)
    TRY(3, 5, 0, 0x7ffffff0, 0, mls r0, r1, r2, r4)
    .macro long_products insn, a, b, low0, high0, low, high
    constant r0, \low0
    constant r3, \high0
    constant r1, \a
    constant r2, \b
    \insn r0, r3, r1, r2
    EXPECT(r0, \low)
    EXPECT(r3, \high)
    .endm
    long_products umull, 0xffffffff, 0xffffffff, 0, 0, 1, 0xfffffffe
    long_products smull, 0xffffffff, 0xffffffff, 0, 0, 1, 0
    long_products smull, 0x80000000, 0x7fffffff, 0, 0, 0x80000000, 0xc0000000
    long_products umlal, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0, 0xfffffffe
    long_products smlal, 0xffffffff, 2, 1, 0, 0xffffffff, 0xffffffff
    long_products umaal, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff
    long_products smlald, 0x80008000, 0x80008000, 0, 0, 0x80000000, 0
    long_products smlsld, 0x00010002, 0x00030004, 0, 0, 5, 0
    long_products smlalbb, 0x8000, 0x8000, 0xffffffff, 0, 0x3fffffff, 1
    long_products smlaltb, 0xffff0000, 1, 0, 0, 0xffffffff, 0xffffffff

    TRY(0x80000000, 0x80000000, 0, 0xbfffffff, 0, smmla r0, r1, r2, r4)
    TRY(0x80000000, 0x80000000, 0, 0x3fffffff, 0, smmls r0, r1, r2, r4)
    TRY(1, 0x40000000, 0, 0x7ffffffe, 0, smmls r0, r1, r2, r4)
    TRY(1, 0x40000000, 0, 0x7fffffff, 0, smmlsr r0, r1, r2, r4)

    /* Division truncates; by zero it is zero. */
    TRY(0xfffffff9, 2, 0, 0xfffffffd, 0, sdiv r0, r1, r2)
    TRY(0x80000000, 0xffffffff, 0, 0x80000000, 0, sdiv r0, r1, r2)
    TRY(7, 0, 0, 0, 0, sdiv r0, r1, r2)
    TRY(0xfffffff9, 2, 0, 0x7ffffffc, 0, udiv r0, r1, r2)
    TRY(7, 0, 0, 0, 0, udiv r0, r1, r2)

    /* What compilers make of remainders: a quotient, and the product that is given its register. */
    TRY(0xfffffff9, 2, 0, 0xffffffff, 0, modulo sdiv, r1, r1)
    TRY(0x80000000, 0xffffffff, 0, 0, 0, modulo sdiv, r1, r1)
    TRY(7, 0, 0, 7, 0, modulo sdiv, r1, r1)
    TRY(0xfffffff9, 2, 0, 1, 0, modulo udiv, r1, r1)
    TRY(7, 0, 0, 7, 0, modulo udiv, r1, r1)
    TRY(7, 2, 0, 0xfffffffc, 0, modulo udiv, r1, r2)

    /* Bits and bytes. */
    TRY(0x00012345, 0, 0, 15, 0, clz r0, r1)
    TRY(0, 0, 0, 32, 0, clz r0, r1)
    TRY(0x12345678, 0, 0, 0x1e6a2c48, 0, rbit r0, r1)
    TRY(0x12345678, 0, 0, 0x78563412, 0, rev r0, r1)
    TRY(0x12345678, 0, 0, 0x34127856, 0, rev16 r0, r1)
    TRY(0x12345680, 0, 0, 0xffff8056, 0, revsh r0, r1)
    TRY(0x12345678, 0, 0, 0x45, 0, ubfx r0, r1, #12, #8)
    TRY(0x12345698, 0, 0, 0xfffffff9, 0, sbfx r0, r1, #4, #4)
    TRY(0x80000000, 0, 0, 0xffffffff, 0, sbfx r0, r1, #31, #1)
    TRY(0x12345678, 0, 0, 0x5aa678a5, 0, bfi r0, r1, #8, #12)
    TRY(0x12345678, 0, 0, 0x5aa000a5, 0, bfc r0, #8, #12)
    TRY(0x12345688, 1, 0, 0xffffff89, 0, sxtab r0, r2, r1)
    TRY(0x12345688, 1, 0, 0x89, 0, uxtab r0, r2, r1)
    TRY(0x12345688, 0xffffffff, 0, 0x33, 0, uxtab r0, r2, r1, ror #16)
    TRY(0x12348888, 1, 0, 0xffff8889, 0, sxtah r0, r2, r1)
    TRY(0x12348888, 0, 0, 0xffff8812, 0, sxth r0, r1, ror #24)
    TRY(0x12348888, 0, 0, 0x3488, 0, uxth r0, r1, ror #8)
    TRY(0x12348188, 0, 0, 0xffffff81, 0, sxtb r0, r1, ror #8)
    TRY(0x12348188, 0, 0, 0x12, 0, uxtb r0, r1, ror #24)
    TRY(0x12348888, 1, 0, 0x3489, 0, uxtah r0, r2, r1, ror #8)
    TRY(0x80ff7f01, 0x00010001, 0, 0x00000002, 0, sxtab16 r0, r2, r1)
    TRY(0x80ff7f01, 0, 0, 0x00ff0001, 0, uxtb16 r0, r1)
    TRY(0x11112222, 0x33334444, 0, 0x33332222, 0, pkhbt r0, r1, r2)
    TRY(0x11112222, 0x33334444, 0, 0x11113333, 0, pkhtb r0, r1, r2, asr #16)

#ifndef __thumb__
    /* Comparisons with what a register shifts. */
    constant r4, 4
    TRY(0x10, 1, 0, 0x5aa55aa5, Z | C, cmp r1, r2, lsl r4)
    TRY(0xfffffff0, 1, Q, 0x5aa55aa5, Z | C | Q, cmn r1, r2, lsl r4)
    constant r4, 32
    TRY(5, 1, 0, 0x5aa55aa5, Z | C, tst r1, r2, lsl r4)
    TRY(0x80000000, 1, C | V, 0x5aa55aa5, N | V, teq r1, r2, lsr r4)
#endif
#ifdef V8
    .arch_extension crc
    /* The check values of "123456789", before the last inversion: of two words, a half of none and a byte. */
    constant r1, 0xffffffff
    constant r2, 0x34333231
    constant r3, 0x38373635
    movs r4, #0x39
    crc32w r0, r1, r2
    crc32w r0, r0, r3
    crc32b r0, r0, r4
    EXPECT(r0, 0x340bc6d9)
    crc32cw r0, r1, r2
    crc32ch r0, r0, r3
    lsr r3, r3, #16
    crc32ch r0, r0, r3
    crc32cb r0, r0, r4
    EXPECT(r0, 0x1cf96d7c)
#endif
    PASS
