//: m -cpu cortex-m3 -march=armv7-m
//: m -cpu cortex-m7 -march=armv7e-m
//: m -cpu cortex-m33 -march=armv8-m.main
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads and stores of T32's 32-bit encodings on M-profile: each size and addressing, multiples, pairs, unprivileged
 * ones, unaligned ones; addresses by the PC. Manual: DDI 0403, chapter A7.7.
 */
#include "macros.h"

/* The memory is as ever, r1 in its middle, r2 = 4. */
.macro fresh
    place_of r1, memory + 16
    constant r3, 0xdeadbeef
    str.w r3, [r1, #-4]
    constant r3, 0xabcdef89
    str.w r3, [r1]
    constant r3, 0x81234567
    str.w r3, [r1, #4]
    constant r3, 0x80018001
    str.w r3, [r1, #8]
    movs r2, #4
    constant r3, 0x7f6e5d4c
    constant r4, 0x3b2a1908
.endm
/* r0 afterwards, and how far the base has gone. */
.macro loads value, by, line, insn:vararg
    fresh
    \insn
    expect r0, \value, \line
    place_of r5, memory + 16
    sub r5, r1, r5
    expect r5, \by, \line
.endm
.macro stored value, by, line, insn:vararg
    fresh
    \insn
    place_of r5, memory + 16
    ldr r0, [r5]
    sub r5, r1, r5
    expect r0, \value, \line
    expect r5, \by, \line
.endm
#define LOADED(value, by, ...) loads value, by, __LINE__, __VA_ARGS__
#define STORED(value, by, ...) stored value, by, __LINE__, __VA_ARGS__

START
    place_of r0, memory + 64
    mov sp, r0
    LOADED(0x81234567, 0, ldr.w r0, [r1, #4])
    LOADED(0x8123, 0, ldrh.w r0, [r1, #6])
    LOADED(0x89, 0, ldrb.w r0, [r1, #0])
    LOADED(0xffffef89, 0, ldrsh.w r0, [r1, #0])
    LOADED(0xffffff89, 0, ldrsb.w r0, [r1, #0])
    LOADED(0xdeadbeef, 0, ldr r0, [r1, #-4])
    LOADED(0xffffffde, 0, ldrsb r0, [r1, #-1])
    LOADED(0xffffdead, 0, ldrsh r0, [r1, #-2])
    LOADED(0xabcdef89, 4, ldr r0, [r1], #4)
    LOADED(0x81234567, 4, ldr r0, [r1, #4]!)
    LOADED(0xabcdef89, -8, ldr r0, [r1], #-8)
    LOADED(0xef89, 2, ldrh r0, [r1], #2)
    LOADED(0xffffffab, 3, ldrsb r0, [r1, #3]!)
    LOADED(0xffffabcd, 2, ldrsh r0, [r1, #2]!)
    LOADED(0x80018001, 0, ldr.w r0, [r1, r2, lsl #1])
    LOADED(0x67, 0, ldrb.w r0, [r1, r2])
    LOADED(0xffff8001, 0, ldrsh.w r0, [r1, r2, lsl #1])
    LOADED(0x01, 0, ldrsb.w r0, [r1, r2, lsl #1])
    LOADED(0x67abcdef, 0, ldr.w r0, [r1, #1]) /* unaligned */
    LOADED(0xcdef, 0, ldrh.w r0, [r1, #1])
    LOADED(0xabcdef89, 0, ldrt r0, [r1])
    LOADED(0x8123, 0, ldrht r0, [r1, #6])
    LOADED(0x67, 0, ldrbt r0, [r1, #4])
    LOADED(0xffffef89, 0, ldrsht r0, [r1])
    LOADED(0xffffff89, 0, ldrsbt r0, [r1])
    STORED(0x7f6e5d4c, 0, str.w r3, [r1, #0])
    STORED(0xabcd5d4c, 0, strh.w r3, [r1, #0])
    STORED(0xab4cef89, 0, strb.w r3, [r1, #2])
    STORED(0x7f6e5d4c, 4, str r3, [r1], #4)
    STORED(0xabcd5d4c, 2, strh r3, [r1], #2)
    STORED(0xabcdef4c, -1, strb r3, [r1], #-1)
    STORED(0x7f6e5d4c, 0, strt r3, [r1])
    STORED(0x4ccdef89, 0, strbt r3, [r1, #3])
    STORED(0x5d4cef89, 0, strht r3, [r1, #2])
    STORED(0x6e5d4c89, 0, str.w r3, [r1, #1])
    STORED(0xabcdef89, 4, str r3, [r1, #4]!)
    ldr r0, [r1]
    EXPECT(r0, 0x7f6e5d4c)
    mvn r5, #3
    str.w r4, [r1, r5]
    ldr r0, [r1, #-4]
    EXPECT(r0, 0x3b2a1908)

    /* Multiples and pairs. */
    LOADED(0xabcdef89, 8, ldmia.w r1!, {r0, r8})
    EXPECT(r8, 0x81234567)
    LOADED(0xdeadbeef, -4, ldmdb r1!, {r0})
    LOADED(0xdeadbeef, -4, ldmdb r1!, {r0})
    add r1, #12
    ldmdb r1, {r0, r8}
    EXPECT(r0, 0xabcdef89)
    EXPECT(r8, 0x81234567)
    STORED(0x7f6e5d4c, 8, stmia.w r1!, {r3, r4})
    STORED(0xabcdef89, -8, stmdb r1!, {r3, r4})
    ldr r0, [r1, #4]
    EXPECT(r0, 0x3b2a1908)
    LOADED(0xabcdef89, 0, ldrd r0, r8, [r1])
    EXPECT(r8, 0x81234567)
    LOADED(0x81234567, 4, ldrd r0, r8, [r1, #4]!)
    EXPECT(r8, 0x80018001)
    LOADED(0xabcdef89, 8, ldrd r0, r8, [r1], #8)
    LOADED(0xdeadbeef, 0, ldrd r0, r8, [r1, #-4])
    STORED(0x7f6e5d4c, 0, strd r3, r4, [r1])
    STORED(0x3b2a1908, -4, strd r3, r4, [r1, #-4]!)
    STORED(0x7f6e5d4c, 4, strd r3, r4, [r1], #4)

    /* By the PC and by the stack pointer; ADDW and SUBW. */
    .balign 4
    ldr.w r0, 1f
    ldrd r2, r3, 1f
    adr.w r4, 1f
    b.w 2f
    .balign 4
1:  .word 0x13579bdf, 0x02468ace
2:  EXPECT(r0, 0x13579bdf)
    EXPECT(r2, 0x13579bdf)
    EXPECT(r3, 0x02468ace)
    ldr r0, [r4]
    EXPECT(r0, 0x13579bdf)
    movw r1, #0x1000
    addw r0, r1, #0xfff
    EXPECT(r0, 0x1fff)
    subw r0, r1, #0xfff
    EXPECT(r0, 1)
    push.w {r0, r8}
    mov r8, #0
    pop.w {r2, r8}
    EXPECT(r2, 1)
    pld [r1]
    PASS

    .data
    .balign 16
memory: .space 96
