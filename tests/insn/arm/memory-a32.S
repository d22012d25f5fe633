//: a32 -DV8
//: t32 -DV8
//: a32 -cpu cortex-a15
//: t32 -cpu cortex-a7
//: a32 -cpu cortex-a8 -DSWP
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads and stores of A32 and T32: signed ones, pairs, multiples by each addressing, unprivileged, exclusive and
 * ordered ones, hints.
 */
#include "macros.h"
#ifdef V8
    .arch armv8-a
#else
    .arch armv7ve
    .arch_extension sec
#endif

/* The memory is as ever, with r1 and r6 in its middle; r2 is 4, r3 and r4 have values to be stored. */
.macro fresh
    movw r6, #:lower16:memory + 16
    movt r6, #:upper16:memory + 16
    constant r3, 0xdeadbeef
    str r3, [r6, #-4]
    constant r3, 0xabcdef89
    str r3, [r6]
    constant r3, 0x01234567
    str r3, [r6, #4]
    constant r3, 0x80018001
    str r3, [r6, #8]
    constant r3, 0xffff8001
    str r3, [r6, #12]
    mov r1, r6
    mov r2, #4
    mov r12, #4 /* of which T32 makes no narrow encodings */
    constant r3, 0x7f6e5d4c
    constant r4, 0x3b2a1908
.endm

.macro loads value, line, insn:vararg
    fresh
    \insn
    expect r0, \value, \line
.endm
.macro stored value, line, insn:vararg
    fresh
    \insn
    ldr r5, [r6]
    expect r5, \value, \line
.endm
.macro stored2 value, line, first, second
    fresh
    \first
    \second
    ldr r5, [r6]
    expect r5, \value, \line
.endm
#define LOADED(value, ...) loads value, __LINE__, __VA_ARGS__
#define STORED(value, ...) stored value, __LINE__, __VA_ARGS__
#define STORED2(value, first, second) stored2 value, __LINE__, first, second
/* The base has gone that far. */
#define MOVED(bytes) sub r5, r1, r6; expect r5, bytes, __LINE__

START
    /* By a constant, before and behind. */
    LOADED(0xffffff89, ldrsb r0, [r1])
    LOADED(0xffffffef, ldrsb r0, [r1, #1]!)
    MOVED(1)
    LOADED(0xffffffbe, ldrsb r0, [r1, #-3])
    LOADED(0xffffef89, ldrsh r0, [r1])
    LOADED(0x123, ldrsh r0, [r1, #6])
    LOADED(0xffffdead, ldrsh r0, [r1, #-2]!)
    MOVED(-2)
    LOADED(0xffffef89, ldrsh r0, [r1], #-8)
    MOVED(-8)
    LOADED(0xffffff89, ldrsb r0, [r1], #5)
    MOVED(5)
    LOADED(0xef89, ldrh r0, [r1], #2)
    MOVED(2)
    LOADED(0xffff8001, ldrsh r0, [r1, #8])
    LOADED(0x89, ldrb r0, [r1], #-1)
    MOVED(-1)
    STORED(0x7f6e5d4c, str r3, [r1], #12)
    MOVED(12)
    STORED(0xabcd5d4c, strh r3, [r1], #2)
    STORED(0xab4cef89, strb r3, [r1, #2]!)
    MOVED(2)
    /* Across words: of the bytes of both. */
    LOADED(0x67abcdef, ldr r0, [r1, #1])
    STORED(0x6e5d4c89, str r3, [r1, #1])
    /* By a register. */
    LOADED(0x01234567, ldr r0, [r1, r12])
    LOADED(0x80018001, ldr r0, [r1, r2, lsl #1])
    LOADED(0x67, ldrb r0, [r1, r12])
    LOADED(0x4567, ldrh r0, [r1, r12])
    LOADED(0x67, ldrsb r0, [r1, r12])
#ifdef __thumb__
    LOADED(0xffff8001, ldrsh r0, [r1, r12, lsl #1])
#else
    LOADED(0x4567, ldrsh r0, [r1, r12])
#endif
    LOADED(0x80018001, ldr r0, [r1, r2, lsl #1])
    STORED2(0x7f6e5d4c, "mov r12, #0", "str r3, [r1, r12]")
    STORED2(0xab4cef89, "mov r12, #2", "strb r3, [r1, r12]")
    STORED2(0x5d4cef89, "mov r12, #2", "strh r3, [r1, r12]")
#ifndef __thumb__
    LOADED(0x4567, ldrh r0, [r1, r2]!)
    MOVED(4)
    LOADED(0xffffef89, ldrsh r0, [r1], -r2)
    MOVED(-4)
    LOADED(0xffffff89, ldrsb r0, [r1], r2)
    LOADED(0xffffffef, ldrsb r0, [r1, -r2]) /* 0xef of 0xdeadbeef */
    STORED(0xabcd5d4c, strh r3, [r1], r2)
    MOVED(4)
    LOADED(0x80018001, ldr r0, [r1, r2, lsl #1]!)
    MOVED(8)
    LOADED(0xabcdef89, ldr r0, [r1], r2, lsr #1)
    MOVED(2)
    LOADED(0xabcdef89, ldr r0, [r1, r2, lsr #32])
    LOADED(0xabcdef89, ldr r0, [r1], -r2, asr #32)
    MOVED(0)
    fresh
    ldrd r2, r3, [r1], r12
    MOVED(4)
    fresh
    ldrd r4, r5, [r1, r2]!
    EXPECT(r4, 0x01234567)
    EXPECT(r5, 0x80018001)
    /* A register and its double to be stored, below the base. */
    STORED2(0x3b2a1908, "mov r5, r3", "strd r4, r5, [r1], -r2")
    MOVED(-4)
#endif
    /* Pairs. */
    LOADED(0x01234567, ldrd r0, r1, [r1, #4])
    LOADED(0xabcdef89, ldrd r0, r1, [r1])
    EXPECT(r1, 0x01234567)
    LOADED(0xdeadbeef, ldrd r0, r1, [r1, #-4])
    fresh
    ldrd r2, r3, [r1], #8
    EXPECT(r3, 0x01234567)
    MOVED(8)
    fresh
    ldrd r2, r3, [r1, #4]!
    EXPECT(r2, 0x01234567)
    MOVED(4)
    STORED2(0x3b2a1908, "mov r5, #0", "strd r4, r5, [r1]")
    STORED2(0, "mov r5, #0", "strd r4, r5, [r1, #-4]!")
    MOVED(-4)
    /* Multiples. */
    fresh
    ldmia r1, {r0, r2-r4}
    EXPECT(r0, 0xabcdef89)
    EXPECT(r2, 0x01234567)
    EXPECT(r4, 0xffff8001)
    MOVED(0)
    fresh
    ldmia r1!, {r0, r2, r7}
    EXPECT(r7, 0x80018001)
    MOVED(12)
    fresh
    ldmdb r1, {r0, r2}
    EXPECT(r2, 0xdeadbeef)
    fresh
    add r1, r1, #8
    ldmdb r1!, {r0, r2}
    EXPECT(r0, 0xabcdef89)
    EXPECT(r2, 0x01234567)
    MOVED(0)
    STORED(0x7f6e5d4c, stmia r1!, {r3, r4})
    MOVED(8)
    fresh
    add r1, r1, #8
    stmdb r1!, {r3, r4}
    MOVED(0)
    ldr r0, [r6]
    EXPECT(r0, 0x7f6e5d4c)
    ldr r0, [r6, #4]
    EXPECT(r0, 0x3b2a1908)
    fresh
    stmdb r1, {r3, r4}
    ldr r0, [r6, #-8]
    EXPECT(r0, 0x7f6e5d4c)
    MOVED(0)
#ifndef __thumb__
    LOADED(0x01234567, ldmib r1, {r0, r2})
    EXPECT(r2, 0x80018001)
    LOADED(0xdeadbeef, ldmda r1!, {r0, r2})
    EXPECT(r2, 0xabcdef89)
    MOVED(-8)
    STORED(0x3b2a1908, stmda r1, {r3, r4})
    STORED(0xabcdef89, stmib r1!, {r3, r4})
    MOVED(8)
    ldr r0, [r6, #4]
    EXPECT(r0, 0x7f6e5d4c)
#endif
    /* As EL0: here the same. */
#ifdef __thumb__
    LOADED(0x01234567, ldrt r0, [r1, #4])
    LOADED(0xffffff89, ldrsbt r0, [r1])
    STORED(0xabcd5d4c, strht r3, [r1])
#else
    LOADED(0xabcdef89, ldrt r0, [r1], #4)
    MOVED(4)
    LOADED(0xffffff89, ldrsbt r0, [r1], #4)
    STORED(0xabcd5d4c, strht r3, [r1], #-2)
    MOVED(-2)
#endif
    /* Exclusive: what was read, the status, what was stored or not. */
    LOADED(0xabcdef89, ldrex r0, [r1])
    STORED2(0x7f6e5d4c, "ldrex r0, [r1]", "strex r2, r3, [r1]")
    EXPECT(r2, 0)
    STORED2(0xabcdef89, "ldrex r0, [r1]; clrex", "strex r2, r3, [r1]")
    EXPECT(r2, 1)
    STORED2(0xabcdef4c, "ldrexb r0, [r1]", "strexb r2, r3, [r1]")
    EXPECT(r0, 0x89)
    EXPECT(r2, 0)
    STORED2(0xabcd5d4c, "ldrexh r0, [r1]", "strexh r2, r3, [r1]")
    EXPECT(r0, 0xef89)
    STORED2(0x3b2a1908, "mov r5, r3; ldrexd r2, r3, [r1]; mov r3, r5", "ldrexd r2, r3, [r1]; strexd r7, r4, r5, [r1]")
    EXPECT(r2, 0xabcdef89)
    EXPECT(r3, 0x01234567)
    EXPECT(r7, 0)
    ldr r5, [r6, #4]
    EXPECT(r5, 0x7f6e5d4c)
    STORED2(0xabcdef89, "clrex; mov r5, r3", "strexd r7, r4, r5, [r1]")
    EXPECT(r7, 1)
#ifdef __thumb__
    LOADED(0x01234567, ldrex r0, [r1, #4])
    strex r2, r3, [r1, #4]
    EXPECT(r2, 0)
    ldr r5, [r6, #4]
    EXPECT(r5, 0x7f6e5d4c)
#endif
#ifdef V8
    LOADED(0xabcdef89, lda r0, [r1])
    LOADED(0x89, ldab r0, [r1])
    LOADED(0xef89, ldah r0, [r1])
    STORED(0x7f6e5d4c, stl r3, [r1])
    STORED(0xabcdef4c, stlb r3, [r1])
    STORED(0xabcd5d4c, stlh r3, [r1])
    STORED2(0x7f6e5d4c, "ldaex r0, [r1]", "stlex r2, r3, [r1]")
    EXPECT(r2, 0)
    STORED2(0xabcdef4c, "ldaexb r0, [r1]", "stlexb r2, r3, [r1]")
    EXPECT(r0, 0x89)
    STORED2(0xabcd5d4c, "ldaexh r0, [r1]", "stlexh r2, r3, [r1]")
    EXPECT(r0, 0xef89)
    STORED2(0x3b2a1908, "mov r5, r3", "ldaexd r2, r3, [r1]; stlexd r7, r4, r5, [r1]")
    EXPECT(r3, 0x01234567)
    EXPECT(r7, 0)
#endif
#ifdef SWP /* without the Multiprocessing Extensions nothing turns it off */
    STORED(0x7f6e5d4c, .inst 0xe1010093) /* swp r0, r3, [r1] */
    EXPECT(r0, 0xabcdef89)
    STORED(0xabcdef4c, .inst 0xe1410093) /* swpb */
    EXPECT(r0, 0x89)
#endif
    /* Hints and barriers leave everything. */
    fresh
    pld [r1]
    pld [r1, r2]
    pli [r1]
    pli [r1, r2]
    pli [r1, #-8]
    dmb
    dsb
    isb
    EXPECT(r2, 4)
#ifdef V8
    .arch armv8.5-a
    sb
#endif
    PASS
    .data
    .balign 16
memory: .space 64
