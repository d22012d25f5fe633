//: a64
/* SPDX-License-Identifier: BSD-2-Clause */
/* Integers of A64: flags of both widths, shifts, extensions, bitfields, conditions, products, division, bits, CRCs, addresses. */
#include "macros.h"

#define N 0x80000000
#define Z 0x40000000
#define C 0x20000000
#define V 0x10000000

/* insn with x1 = a, x2 = b, x3 = c and these flags before; x0 and the flags behind it. */
.macro try a, b, c, f, result, after, line, insn:vararg
    ldr x0, =0x5aa55aa5a55aa55a
    ldr x1, =\a
    ldr x2, =\b
    ldr x3, =\c
    ldr x4, =\f
    msr nzcv, x4
    \insn
    mrs x4, nzcv
    expect x0, \result, \line
    expect x4, \after, \line
.endm
#define TRY(a, b, f, result, after, ...) try a, b, 0, f, result, after, __LINE__, __VA_ARGS__
/* c - a / b * b in the quotient's register */
.macro modulo op, q, a, b, c
    \op \q, \a, \b
    msub \q, \q, \b, \c
.endm
#define TRY3(a, b, c, result, ...) try a, b, c, 0, result, 0, __LINE__, __VA_ARGS__
#define SAME 0x5aa55aa5a55aa55a
#define MIN64 0x8000000000000000
#define MAX64 0x7fffffffffffffff

START
    /* Sums and differences. */
    TRY(MAX64, 1, 0, MIN64, N | V, adds x0, x1, x2)
    TRY(-1, 1, 0, 0, Z | C, adds x0, x1, x2)
    TRY(MIN64, MIN64, 0, 0, Z | C | V, adds x0, x1, x2)
    TRY(0x7fffffff, 1, 0, 0x80000000, N | V, adds w0, w1, w2)
    TRY(0xffffffff, 1, 0, 0, Z | C, adds w0, w1, w2)
    TRY(0x1ffffffff, 1, 0, 0x200000000, 0, adds x0, x1, x2)
    TRY(0, 1, 0, -1, N, subs x0, x1, x2)
    TRY(MIN64, 1, 0, MAX64, C | V, subs x0, x1, x2)
    TRY(5, 5, 0, 0, Z | C, subs w0, w1, w2)
    TRY(0, 0, 0, SAME, Z | C, cmp x1, x2)
    TRY(1, -1, 0, SAME, Z | C, cmn x1, x2)
    TRY(0, MIN64, 0, MIN64, N | V, negs x0, x2)
    TRY(-1, 0, C, 0, Z | C, adcs x0, x1, x2)
    TRY(MAX64, 0, C, MIN64, N | V, adcs x0, x1, x2)
    TRY(-1, -1, C, -1, N | C, adcs x0, x1, x2)
    TRY(0xffffffff, 0, C, 0, Z | C, adcs w0, w1, w2)
    TRY(5, 5, 0, -1, N, sbcs x0, x1, x2)
    TRY(5, 5, C, 0, Z | C, sbcs x0, x1, x2)
    TRY(0x80000000, 0, 0, 0x7fffffff, C | V, sbcs w0, w1, w2)
    TRY(3, 0, N | V, 0xfffffffffffffffc, N | V, mvn x0, x1)
    TRY(0x123, 0, 0, 0x1123, 0, add x0, x1, #1, lsl #12)
    TRY(0x1fff, 0, 0, 0xfff, C, subs x0, x1, #1, lsl #12)

    /* Extended and shifted operands. */
    TRY(0x100, 0xffffffffffffff80, 0, 0x180, 0, add x0, x1, w2, uxtb)
    TRY(0x100, 0xffffffffffffff80, 0, 0x80, 0, add x0, x1, w2, sxtb)
    TRY(0x100, 0x8000, 0, 0xffffffffffff0100, 0, add x0, x1, w2, sxth #1)
    TRY(0x100, 0xffffffff80000000, 0, 0x400000100, 0, add x0, x1, w2, uxtw #3)
    TRY(0x100, 0x80000000, 0, 0xfffffffc00000100, 0, add x0, x1, w2, sxtw #3)
    TRY(1, 0xf000000000000000, 0, 1, 0, add x0, x1, x2, lsl #4)
    TRY(1, MIN64, 0, 0, 0, add x0, x1, x2, asr #63)
    TRY(1, 0x80000000, 0, 0, 0, add w0, w1, w2, asr #31)
    TRY(0xff, 0x0f, C | V, 0xf0, 0, bics x0, x1, x2)
    TRY(0xff, MIN64, C, 0x40, C, and x0, x1, x2, lsr #57)
    TRY(0xff, 0xffff8000, 0, 0xfe, 0, and w0, w1, w2, asr #14)
    TRY(0xff, MIN64, 0, 0, Z, ands x0, x1, x2, ror #1)
    TRY(MIN64, 1, C, MIN64, N, ands x0, x1, x2, ror #1)
    TRY(0xff00, 0xf0f0, 0, 0xfffffffffffff00f, 0, eon x0, x1, x2)
    TRY(0xff00, 0xf0f0, 0, 0xffffff0f, 0, orn w0, w1, w2)
    TRY(0x123456789abcdef0, 0, 0, 0x1030507090b0d0f0, 0, and x0, x1, #0xf0f0f0f0f0f0f0f0)
    TRY(0, 0, 0, 0x5555555555555555, 0, orr x0, x1, #0x5555555555555555)
    TRY(-1, 0, 0, 0xfffffffe, 0, eor w0, w1, #1)

    /* Shifts by registers take the amount of their width. */
    TRY(1, 65, 0, 2, 0, lsl x0, x1, x2)
    TRY(1, 33, 0, 2, 0, lsl w0, w1, w2)
    TRY(0x80000000, 31, 0, 1, 0, lsr w0, w1, w2)
    TRY(0xffffffff80000000, 31, 0, 0xffffffff, 0, asr w0, w1, w2)
    TRY(1, 1, 0, MIN64, 0, ror x0, x1, x2)
    TRY(1, 1, 0, 0x80000000, 0, ror w0, w1, w2)
    TRY(0x1122334455667788, 0x99aabbccddeeff00, 0, 0x8899aabbccddeeff, 0, extr x0, x1, x2, #8)
    TRY(0x11223344, 0x55667788, 0, 0x44556677, 0, extr w0, w1, w2, #8)

    /* Bitfields. */
    TRY(0x123456789abcdef0, 0, 0, 0xef, 0, ubfx x0, x1, #4, #8)
    TRY(0x123456789abcdef0, 0, 0, 0xffffffffffffffef, 0, sbfx x0, x1, #4, #8)
    TRY(0x123456789abcdef0, 0, 0, 0xffffffef, 0, sbfx w0, w1, #4, #8)
    TRY(0xabc, 0, 0, 0xbc00, 0, ubfiz x0, x1, #8, #8)
    TRY(0xabc, 0, 0, 0xffffffffffffbc00, 0, sbfiz x0, x1, #8, #8)
    TRY(0xabc, 0, 0, 0x5aa55aa5a55abc5a, 0, bfi x0, x1, #8, #8)
    TRY(0xabcd, 0, 0, 0x5aa55aa5a55aa5bc, 0, bfxil x0, x1, #4, #8)
    TRY(0x80, 0, 0, 0xffffffffffffff80, 0, sxtb x0, w1)
    TRY(0x80000000, 0, 0, 0xffffffff80000000, 0, sxtw x0, w1)
    TRY(MIN64, 0, 0, -1, 0, asr x0, x1, #63)
    TRY(0, 0, 0, 0xffff1234ffffffff, 0, movn x0, #0xedcb, lsl #32)
    TRY(0, 0, 0, 0x5aa51234a55aa55a, 0, movk x0, #0x1234, lsl #32)
    TRY(0, 0, 0, 0x12340000, 0, movz w0, #0x1234, lsl #16)

    /* Conditions. */
    TRY(1, 2, Z, 1, Z, csel x0, x1, x2, eq)
    TRY(1, 2, 0, 2, 0, csel x0, x1, x2, eq)
    TRY(1, -1, 0, 0, 0, csinc x0, x1, x2, eq)
    TRY(1, 0xffffffff, 0, 0, 0, csinc w0, w1, w2, eq)
    TRY(1, 2, 0, -3, 0, csinv x0, x1, x2, mi)
    TRY(1, 2, 0, 0xfffffffe, 0, csneg w0, w1, w2, vs)
    TRY(0, 0, C | Z, 0, C | Z, cset x0, hi)
    TRY(0, 0, C, 1, C, cset x0, hi)
    TRY(0, 0, N | V, 1, N | V, cset x0, ge)
    TRY(0, 0, N, 1, N, cset x0, lt)
    TRY(0, 0, Z | N | V, 0, Z | N | V, cset x0, gt)
    TRY(0, 0, V, -1, V, csetm x0, le)
    TRY(1, 2, Z, SAME, N, ccmp x1, x2, #5, eq)
    TRY(1, 2, 0, SAME, Z | V, ccmp x1, x2, #5, eq)
    TRY(1, 0, C, SAME, 0, ccmn x1, #3, #0, cs)
    TRY(1, 0, C, SAME, N | C, ccmn w1, #3, #10, cc)

    /* Products; division truncates, by zero it is zero. */
    TRY3(3, 5, 7, 22, madd x0, x1, x2, x3)
    TRY3(3, 5, 7, -8, msub x0, x1, x2, x3)
    TRY3(3, 5, 7, 0xfffffff8, msub w0, w1, w2, w3)
    TRY3(-1, -1, 0, 0xfffffffffffffffe, umulh x0, x1, x2)
    TRY3(-1, -1, 0, 0, smulh x0, x1, x2)
    TRY3(MIN64, 2, 0, -1, smulh x0, x1, x2)
    TRY3(0xffffffff, 0xffffffff, 1, 0xfffffffe00000002, umaddl x0, w1, w2, x3)
    TRY3(0xffffffff, 2, 1, -1, smaddl x0, w1, w2, x3)
    TRY3(0xffffffff, 2, 1, 3, smsubl x0, w1, w2, x3)
    TRY3(0xffffffff, 2, 1, 0xfffffffe00000003, umsubl x0, w1, w2, x3)
    TRY3(-7, 2, 0, -3, sdiv x0, x1, x2)
    TRY3(MIN64, -1, 0, MIN64, sdiv x0, x1, x2)
    TRY3(0x80000000, 0xffffffff, 0, 0x80000000, sdiv w0, w1, w2)
    TRY3(7, 0, 0, 0, sdiv x0, x1, x2)
    TRY3(-7, 2, 0, 0x7ffffffffffffffc, udiv x0, x1, x2)
    TRY3(7, 0, 0, 0, udiv w0, w1, w2)

    /* What compilers make of remainders: a quotient, and the product that is given its register. */
    TRY3(-7, 2, 0, -1, modulo sdiv, x0, x1, x2, x1)
    TRY3(MIN64, -1, 0, 0, modulo sdiv, x0, x1, x2, x1)
    TRY3(7, 0, 0, 7, modulo sdiv, x0, x1, x2, x1)
    TRY3(0x80000000, 0x1ffffffff, 0, 0, modulo sdiv, w0, w1, w2, w1)
    TRY3(-7, 2, 0, 1, modulo udiv, x0, x1, x2, x1)
    TRY3(0x100000007, 0x100000003, 0, 1, modulo udiv, w0, w1, w2, w1)
    TRY3(0xffffffff80000000, 0, 0, 0x80000000, modulo udiv, w0, w1, w2, w1)
    TRY3(-7, 2, 5, 11, modulo sdiv, x0, x1, x2, x3)
    udiv x0, x2, x1
    udiv x4, x3, x2
    msub x0, x2, x4, x3
    EXPECT(x0, 1)
    msub x4, x2, x4, x3
    EXPECT(x4, 1)

    /* Bits. */
    TRY3(0x0000800000000000, 0, 0, 16, clz x0, x1)
    TRY3(0, 0, 0, 64, clz x0, x1)
    TRY3(0, 0, 0, 32, clz w0, w1)
    TRY3(0, 0, 0, 63, cls x0, x1)
    TRY3(0xffff000000000000, 0, 0, 15, cls x0, x1)
    TRY3(0x80000000, 0, 0, 0, cls w0, w1)
    TRY3(0x0123456789abcdef, 0, 0, 0xf7b3d591e6a2c480, rbit x0, x1)
    TRY3(0x0123456789abcdef, 0, 0, 0xefcdab8967452301, rev x0, x1)
    TRY3(0x0123456789abcdef, 0, 0, 0x67452301efcdab89, rev32 x0, x1)
    TRY3(0x0123456789abcdef, 0, 0, 0x23016745ab89efcd, rev16 x0, x1)
    TRY3(0x89abcdef, 0, 0, 0xefcdab89, rev w0, w1)
    /* The check values of "123456789", before the last inversion: of eight characters, then one. */
    mov w1, #0xffffffff
    ldr x2, =0x3837363534333231
    mov w3, #0x39
    crc32x w0, w1, x2
    crc32b w0, w0, w3
    EXPECT(x0, 0x340bc6d9)
    crc32cx w0, w1, x2
    crc32cb w0, w0, w3
    EXPECT(x0, 0x1cf96d7c)

    /* Flags by themselves. */
    TRY(0, 0, C, SAME, 0, cfinv)
    TRY(0x80, 0, C, SAME, N | V | C, setf8 w1)
    TRY(0xff00, 0, 0, SAME, Z | V, setf8 w1)
    TRY(0x18000, 0, 0, SAME, N, setf16 w1)
    TRY(0xa0, 0, C, SAME, N | C, rmif x1, #4, #8) /* N of bit 7 alone */

    /* Addresses. */
    adr x0, here
    adrp x1, here
    add x1, x1, :lo12:here
    sub x0, x0, x1
here:
    EXPECT(x0, 0)
    bl 1f
1:  adr x0, 1b
    sub x0, x0, x30
    EXPECT(x0, 0)
    mov x1, #1 << 40
    tbz x1, #40, 2f
    tbnz x1, #40, 3f
2:  b .
3:  cbz w1, 4f
    b .
4:  cbz x1, 2b
    PASS
