//: t32
//: t32 -cpu cortex-a7
//: m -cpu cortex-m0 -march=armv6s-m
//: m -cpu cortex-m3 -march=armv7-m
//: m -cpu cortex-m23 -march=armv8-m.base
//: m -cpu cortex-m33 -march=armv8-m.main
/* SPDX-License-Identifier: BSD-2-Clause */
/* T32's encodings of 16 bits: what sets the flags, loads and stores by their bases, the stack pointer. */
#include "macros.h"

#define N 0x80000000
#define Z 0x40000000
#define C 0x20000000
#define V 0x10000000

/* insn with r1 = a and r2 = b, under flags f; r0 and the flags behind it. */
.macro try a, b, f, result, after, line, insn:vararg
    constant r0, 0x5aa55aa5
    constant r1, \a
    constant r2, \b
    constant r8, \f
    msr APSR_nzcvq, r8
    \insn
    mrs r3, apsr
    expect r0, \result, \line
    lsrs r3, r3, #28
    expect r3, ((\after) >> 28), \line
.endm
#define TRY(a, b, f, result, after, ...) try a, b, f, result, after, __LINE__, __VA_ARGS__
#define SAME 0x5aa55aa5

/* The memory is as ever, r1 at its middle, r2 = 4. */
.macro loads value, line, insn:vararg
    place_of r1, memory + 16
    constant r2, 0xabcdef89
    str r2, [r1]
    constant r2, 0x81234567
    str r2, [r1, #4]
    movs r2, #4
    constant r3, 0x7f6e5d4c
    \insn
    expect r0, \value, \line
.endm
#define LOADED(value, ...) loads value, __LINE__, __VA_ARGS__
.macro stored value, line, insn:vararg
    movs r0, #0
    loads 0, \line, \insn
    ldr r0, [r1]
    expect r0, \value, \line
.endm
#define STORED(value, ...) stored value, __LINE__, __VA_ARGS__

START
    TRY(0x7fffffff, 0, 0, 0x80000006, N | V, adds r0, r1, #7)
    TRY(3, 0, 0, 0xfffffffc, N, subs r0, r1, #7)
    TRY(7, 0, 0, 0, Z | C, subs r0, r1, #7)
    TRY(0xffffffff, 2, 0, 1, C, adds r0, r1, r2)
    TRY(0x80000000, 1, 0, 0x7fffffff, C | V, subs r0, r1, r2)
    TRY(0, 0, C | V, 200, C | V, movs r0, #200)
    TRY(0, 0, 0, 0x5aa55ba4, 0, adds r0, #255)
    TRY(0, 0, 0, 0x5aa559a6, C, subs r0, #255)
    TRY(0xff, 0, C | V, 0xa5, C | V, ands r0, r1)
    TRY(SAME, 0, C, 0, Z | C, eors r0, r1)
    TRY(0x80000000, 0, V, 0xdaa55aa5, N | V, orrs r0, r1)
    TRY(0xff, 0, C, 0x5aa55a00, C, bics r0, r1)
    TRY(0x7fffffff, 0, C | V, 0x80000000, N | C | V, mvns r0, r1)
    TRY(0x5a, 0, Z | C | V, SAME, Z | C | V, tst r1, r2)
    TRY(0x80, 0x180, C | Z, SAME, C, tst r1, r2)
    TRY(4, 0, C, 0xaa55aa50, N | C, lsls r0, r1)
    TRY(32, 0, C, 0, Z | C, lsls r0, r1)
    TRY(0x100, 0, C, SAME, C, lsls r0, r1)
    TRY(1, 0, 0, 0x2d52ad52, C, lsrs r0, r1)
    TRY(33, 0, C, 0, Z, lsrs r0, r1)
    TRY(2, 0, C, 0x16a956a9, 0, asrs r0, r1)
    TRY(40, 0, C, 0, Z, asrs r0, r1)
    TRY(4, 0, C, 0x55aa55aa, 0, rors r0, r1)
    TRY(1, 0, 0, 0xad52ad52, N | C, rors r0, r1)
    TRY(0xffffffff, 0, C, SAME, C, adcs r0, r1)
    TRY(0xffffffff, 0, 0, 0x5aa55aa4, C, adcs r0, r1)
    TRY(SAME, 0, 0, 0xffffffff, N, sbcs r0, r1)
    TRY(SAME, 0, C, 0, Z | C, sbcs r0, r1)
    TRY(1, 0, C, 0xffffffff, N, rsbs r0, r1, #0)
    TRY(3, 0, C | V, 0x0ff00fef, C | V, muls r0, r1, r0)
    TRY(0x80000000, 0x80000000, 0, SAME, Z | C | V, cmn r1, r2)
    TRY(5, 6, C | V, SAME, N, cmp r1, r2)
    TRY(5, 6, N | Z | C | V, 0x5aa55aaa, N | Z | C | V, add r0, r1)
    TRY(0xff80, 0, V, 0xffffff80, V, sxth r0, r1)
    TRY(0xff80, 0, N, 0xffffff80, N, sxtb r0, r1)
    TRY(0xabcdff80, 0, N, 0xff80, N, uxth r0, r1)
    TRY(0xabcdff80, 0, N, 0x80, N, uxtb r0, r1)

    LOADED(0x81234567, ldr r0, [r1, r2])
    LOADED(0x4567, ldrh r0, [r1, r2])
    LOADED(0x67, ldrb r0, [r1, r2])
    LOADED(0x67, ldrsb r0, [r1, r2])
    LOADED(0x4567, ldrsh r0, [r1, r2])
    LOADED(0x81234567, ldr r0, [r1, #4])
    LOADED(0x8123, ldrh r0, [r1, #6])
    LOADED(0x81, ldrb r0, [r1, #7])
    movs r0, #0
    STORED(0x7f6e5d4c, str r3, [r1])
    STORED(0xabcd5d4c, strh r3, [r1])
    STORED(0xab4cef89, strb r3, [r1, #2])
    STORED(0xabcdef89, str r3, [r1, r2])
    ldr r0, [r1, #4]
    EXPECT(r0, 0x7f6e5d4c)
    STORED(0xabcdef89, strh r3, [r1, r2])
    ldr r0, [r1, #4]
    EXPECT(r0, 0x81235d4c)
    STORED(0xabcdef89, strb r3, [r1, r2])
    ldr r0, [r1, #4]
    EXPECT(r0, 0x8123454c)
    movs r2, #7
    ldrsb r0, [r1, r2]
    EXPECT(r0, 0xffffff81)
    movs r2, #6
    ldrsh r0, [r1, r2]
    EXPECT(r0, 0xffff8123)

    /* The stack. */
    place_of r1, memory + 32
    mov sp, r1
    movs r0, #3
    movs r2, #5
    push {r0, r2}
    mov r3, sp
    subs r3, r1, r3
    EXPECT(r3, 8)
    ldr r3, [sp, #4]
    EXPECT(r3, 5)
    str r1, [sp, #4]
    add r3, sp, #4
    ldr r3, [r3]
    subs r3, r3, r1
    EXPECT(r3, 0)
    sub sp, #16
    add r3, sp, #24
    subs r3, r3, r1
    EXPECT(r3, 0)
    add sp, #16
    pop {r3, r4}
    EXPECT(r3, 3)
    subs r4, r4, r1
    EXPECT(r4, 0)
    mov r3, sp
    subs r3, r3, r1
    EXPECT(r3, 0)
    /* Multiples; one with its base in the list does not write it back. */
    place_of r1, memory
    movs r0, #1
    movs r2, #2
    stmia r1!, {r0, r2}
    subs r1, #8
    ldmia r1!, {r3, r4}
    EXPECT(r3, 1)
    EXPECT(r4, 2)
    subs r1, #8
    ldmia r1, {r1, r2}
    EXPECT(r1, 1)
    EXPECT(r2, 2)
    PASS
    .data
    .balign 16
memory: .space 64
