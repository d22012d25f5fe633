//: a64
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads and stores of A64: signed, unprivileged, ordered and exclusive ones, atomics, compare and swap, structures of
 * vectors. And sums that integer.S has not.
 */
#include "macros.h"

/* The memory is as ever, with x1 and x20 at its middle; x2 is 8, x3 has a value to be stored. */
.macro fresh
    ldr x20, =memory + 16
    ldr x21, =0xdeadbeef00000000
    str x21, [x20, #-8]
    ldr x21, =0x01234567abcdef89
    str x21, [x20]
    ldr x21, =0xffff800180018001
    str x21, [x20, #8]
    ldr x21, =0x2222222222222222
    stp x21, x21, [x20, #16]
    ldr x21, =0x80018001ff800189
    str x21, [x20, #32]
    mov x1, x20
    mov x2, #8
    ldr x3, =0x8f0000007f6e5d4c
.endm

.macro loads value, line, insn:vararg
    fresh
    \insn
    expect x0, \value, \line
.endm
.macro stored value, line, insn:vararg
    fresh
    \insn
    ldr x22, [x20]
    expect x22, \value, \line
.endm
.macro stored2 value, line, first, second
    fresh
    \first
    \second
    ldr x22, [x20]
    expect x22, \value, \line
.endm
#define LOADED(value, ...) loads value, __LINE__, __VA_ARGS__
#define STORED(value, ...) stored value, __LINE__, __VA_ARGS__
#define STORED2(value, first, second) stored2 value, __LINE__, first, second

START
    /* Signed loads, by every addressing. */
    LOADED(0xffffffffffffffef, ldrsb x0, [x1, #1])
    LOADED(1, ldrsb w0, [x1, x2])
    LOADED(0x2222, ldrsh x0, [x1, x2, lsl #1])
    LOADED(0xffffffffff800189, ldrsw x0, [x1, x2, lsl #2])
    LOADED(0xffffffff80018001, ldrsw x0, [x1, w2, sxtw])
    LOADED(0xffffabcd, ldrsh w0, [x1, #2])
    LOADED(0xffffffffdeadbeef, ldursw x0, [x1, #-4])
    LOADED(0x1234567, ldrsw x0, [x1, #4]!)
    sub x21, x1, x20
    EXPECT(x21, 4)
    LOADED(0xffffffffffffff89, ldrsb x0, [x1], #-8)
    sub x21, x1, x20
    EXPECT(x21, -8)
    LOADED(0xfffffffffedcba98, ldrsw x0, literal)
    LOADED(0xffffffffabcdef89, ldpsw x0, x3, [x1])
    EXPECT(x3, 0x1234567)
    LOADED(0xffffffffffff8001, ldpsw x3, x0, [x1, #8]!)
    sub x21, x1, x20
    EXPECT(x21, 8)
    /* As EL0: here the same. */
    LOADED(0x0101234567abcdef, ldtr x0, [x1, #1])
    LOADED(0xde, ldtrb w0, [x1, #-1])
    LOADED(0xffffff89, ldtrsb w0, [x1])
    LOADED(0xffffffffffffef89, ldtrsh x0, [x1])
    LOADED(0xffffffffabcdef89, ldtrsw x0, [x1])
    /* Ordered. */
    LOADED(0x01234567abcdef89, ldar x0, [x1])
    LOADED(0x89, ldarb w0, [x1])
    LOADED(0xabcdef89, ldlar w0, [x1])
    LOADED(0xabcdef89, ldapr w0, [x1])
    LOADED(0xef89, ldaprh w0, [x1])
    LOADED(0xdeadbeef00000000, ldapur x0, [x1, #-8])
    LOADED(0xffffffffffffffef, ldapursb x0, [x1, #1])
    LOADED(0xffffffffabcdef89, ldapursw x0, [x1])
    STORED(0x012345677f6e5d4c, stlr w3, [x1])
    STORED(0x01234567abcd5d4c, stlrh w3, [x1])
    STORED(0x8f0000007f6e5d4c, stllr x3, [x1])
    STORED(0x7f6e5d4cabcdef89, stlur w3, [x1, #4])
    STORED(0x01234567abcdef4c, stlurb w3, [x1])
    STORED(0x012345677f6e5d4c, sttr w3, [x1])
    STORED(0x4c234567abcdef89, sttrb w3, [x1, #7])
    /* Exclusive: the status, what was read, what was not. */
    STORED(0x01234567abcdef89, ldxr x0, [x1])
    EXPECT(x0, 0x01234567abcdef89)
    STORED2(0x012345677f6e5d4c, "ldxr w0, [x1]", "stxr w4, w3, [x1]")
    EXPECT(x4, 0)
    STORED2(0x01234567abcdef4c, "ldaxrb w0, [x1]", "stlxrb w4, w3, [x1]")
    EXPECT(x0, 0x89)
    STORED2(0x01234567abcdef89, "ldxr x0, [x1]", "clrex")
    STORED(0x01234567abcdef89, stxr w4, x3, [x1])
    EXPECT(x4, 1)
    STORED2(0xabcdef897f6e5d4c, "ldxp w0, w5, [x1]", "stxp w4, w3, w0, [x1]")
    EXPECT(x4, 0)
    EXPECT(x5, 0x01234567)
    STORED2(0x8f0000007f6e5d4c, "ldaxp x0, x5, [x1]", "stlxp w4, x3, x0, [x1]")
    EXPECT(x5, 0xffff800180018001)
    ldr x5, [x1, #8]
    EXPECT(x5, 0x01234567abcdef89)
    /* Atomics: what was there, and what is. */
    STORED(0x902345682b3c4cd5, ldadd x3, x0, [x1])
    EXPECT(x0, 0x01234567abcdef89)
    STORED(0x01234567abcdefd5, ldaddb w3, w0, [x1])
    STORED(0x012345678081a281, ldclr w3, w0, [x1])
    STORED(0x01234567d4a3b2c5, ldeor w3, w0, [x1])
    STORED(0x01234567ffefffcd, ldset w3, w0, [x1])
    STORED(0x012345677f6e5d4c, ldsmax w3, w0, [x1])
    STORED(0x01234567abcdef89, ldsmin w3, w0, [x1])
    STORED(0x01234567abcdef89, ldumax w3, w0, [x1])
    STORED(0x012345677f6e5d4c, ldumin w3, w0, [x1])
    STORED(0x01234567abcdef89, ldsmax x3, x0, [x1])
    STORED(0x8f0000007f6e5d4c, ldumax x3, x0, [x1])
    STORED(0x01234567abcd5d4c, swph w3, w0, [x1])
    EXPECT(x0, 0xef89)
    STORED(0x8f0000007f6e5d4c, swpal x3, x0, [x1])
    ldr x0, =0xffffffffabcdef89
    STORED(0x012345677f6e5d4c, cas w0, w3, [x1])
    EXPECT(x0, 0xabcdef89)
    mov x0, #5
    STORED(0x01234567abcdef89, casalb w0, w3, [x1])
    EXPECT(x0, 0x89)
    ldr x4, =0x01234567abcdef89
    ldr x5, =0xffff800180018001
    mov x6, #6
    mov x7, #7
    STORED(6, casp x4, x5, x6, x7, [x1])
    ldr x0, [x1, #8]
    EXPECT(x0, 7)
    mov x4, #1
    STORED(0x01234567abcdef89, casp w4, w5, w6, w7, [x1])
    EXPECT(x4, 0xabcdef89)
    EXPECT(x5, 0x01234567)
    /* Vector registers. */
    STORED(0x01234567abcdef89, ldr q0, [x1])
    EXPECT_V(0, 0xffff800180018001, 0x01234567abcdef89)
    STORED(0x01234567abcdef89, ldr h0, [x1, #2]!)
    EXPECT_V(0, 0, 0xabcd)
    sub x21, x1, x20
    EXPECT(x21, 2)
    STORED(0x01234567abcdef89, ldr b0, [x1], #1)
    EXPECT_V(0, 0, 0x89)
    sub x21, x1, x20
    EXPECT(x21, 1)
    movi v1.16b, #0x77
    STORED(0x7777777777777777, stp s1, s1, [x1], #8)
    sub x21, x1, x20
    EXPECT(x21, 8)
    STORED(0x77774567abcdef89, str h1, [x1, #6])
    STORED(0x01234567abcd7789, stur b1, [x1, #1])
    STORED(0x01234567abcdef89, ld1 {v0.8b}, [x1])
    EXPECT_V(0, 0, 0x01234567abcdef89)
    STORED(0x01234567abcdef89, ld2 {v0.8b, v1.8b}, [x1], #16)
    EXPECT_V(0, 0, 0xff0101012367cd89)
    EXPECT_V(1, 0, 0xff8080800145abef)
    sub x21, x1, x20
    EXPECT(x21, 16)
    STORED(0x01234567abcdef89, ld4 {v2.4h, v3.4h, v4.4h, v5.4h}, [x1])
    EXPECT_V(2, 0, 0x222222228001ef89)
    EXPECT_V(5, 0, 0x22222222ffff0123)
    STORED(0x01234567abcdef89, ld1r {v0.4s}, [x1], #4)
    EXPECT_V(0, 0xabcdef89abcdef89, 0xabcdef89abcdef89)
    sub x21, x1, x20
    EXPECT(x21, 4)
    movi v0.2d, #0
    movi v1.2d, #0
    STORED(0x01234567abcdef89, ld2 {v0.h, v1.h}[3], [x1])
    EXPECT_V(0, 0, 0xef89000000000000)
    EXPECT_V(1, 0, 0xabcd000000000000)
    STORED(0x01234567abcdef89, ld1 {v0.b}[15], [x1], #1)
    EXPECT_V(0, 0x8900000000000000, 0xef89000000000000)
    STORED(0x01234567abcdabcd, st1 {v1.h}[3], [x1])
    movi v0.8b, #1
    movi v1.8b, #2
    movi v2.8b, #3
    STORED(0x0201030201030201, st3 {v0.8b, v1.8b, v2.8b}, [x1])
    ldr x0, [x1, #16]
    EXPECT(x0, 0x0302010302010302)

    /* What integer.S has not: sums of carries and of extended registers, with and without flags. */
    ldr x1, =0xffffffff80000000
    mov x2, #-128
    msr nzcv, xzr
    adc x0, x1, x2
    EXPECT(x0, 0xffffffff7fffff80)
    msr nzcv, xzr
    sbc w0, w1, w2
    EXPECT(x0, 0x8000007f)
    ldr x4, =0x20000000
    msr nzcv, x4
    adc w0, w1, w2
    EXPECT(x0, 0x7fffff81)
    msr nzcv, x4
    sbc x0, x1, x2
    EXPECT(x0, 0xffffffff80000080)
    sub x0, x1, w2, uxtb
    EXPECT(x0, 0xffffffff7fffff80)
    adds w0, w1, w2, sxtb
    mrs x4, nzcv
    EXPECT(x0, 0x7fffff80)
    EXPECT(x4, 0x30000000)
    subs x0, x1, w2, uxth #2
    mrs x4, nzcv
    EXPECT(x0, 0xffffffff7ffc0200)
    EXPECT(x4, 0xa0000000)
    adds w0, w1, #1, lsl #12
    mrs x4, nzcv
    EXPECT(x0, 0x80001000)
    EXPECT(x4, 0x80000000)
    prfm pldl1keep, [x1]
    prfum pldl1keep, [x1, #-1]
    prfm pldl1keep, literal
    ldr s0, literal
    EXPECT_V(0, 0, 0xfedcba98)
    ldr d0, literal
    EXPECT_V(0, 0, 0x01234567fedcba98)
    ldr q0, literal
    EXPECT_V(0, 0x1122334455667788, 0x01234567fedcba98)
    prfm pstl3strm, [x1, x2]
    PASS
    .balign 8
literal: .word 0xfedcba98, 0x01234567, 0x55667788, 0x11223344
    .data
    .balign 16
memory: .space 64
