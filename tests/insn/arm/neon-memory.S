//: a32
//: t32
/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads and stores of structures, of VFP registers; what the base becomes. Alignment faults are neon-align's. */
#include "macros.h"

START
    ldr sp, =stack
    ldr r0, =bytes
    vld1.8 {d0}, [r0]
    EXPECT_D(0, 0x07060504, 0x03020100)
    vld1.16 {d0-d2}, [r0]!
    EXPECT_D(2, 0x17161514, 0x13121110)
    ldr r1, =bytes
    sub r1, r0, r1
    EXPECT(r1, 24)
    ldr r0, =bytes + 1
    mov r2, #3
    vld1.32 {d3-d6}, [r0], r2
    EXPECT_D(3, 0x08070605, 0x04030201)
    EXPECT_D(6, 0x201f1e1d, 0x1c1b1a19)
    ldr r1, =bytes
    sub r1, r0, r1
    EXPECT(r1, 4)

    ldr r0, =bytes
    vld2.8 {d0, d1}, [r0]
    EXPECT_D(0, 0x0e0c0a08, 0x06040200)
    EXPECT_D(1, 0x0f0d0b09, 0x07050301)
    vld2.16 {d3, d5}, [r0]
    EXPECT_D(3, 0x0d0c0908, 0x05040100)
    EXPECT_D(5, 0x0f0e0b0a, 0x07060302)
    vld2.32 {d0-d3}, [r0]
    EXPECT_D(0, 0x0b0a0908, 0x03020100)
    EXPECT_D(1, 0x1b1a1918, 0x13121110)
    EXPECT_D(2, 0x0f0e0d0c, 0x07060504)
    EXPECT_D(3, 0x1f1e1d1c, 0x17161514)
    vld3.8 {d1, d3, d5}, [r0]
    EXPECT_D(1, 0x15120f0c, 0x09060300)
    EXPECT_D(3, 0x1613100d, 0x0a070401)
    EXPECT_D(5, 0x1714110e, 0x0b080502)
    vld4.16 {d16-d19}, [r0]
    vmov d0, d16
    EXPECT_D(0, 0x19181110, 0x09080100)
    vmov d0, d19
    EXPECT_D(0, 0x1f1e1716, 0x0f0e0706)

    /* What was loaded is stored. */
    ldr r1, =room
    vst4.16 {d16-d19}, [r1]
    vld1.8 {d0-d3}, [r1]
    EXPECT_D(0, 0x07060504, 0x03020100)
    EXPECT_D(3, 0x1f1e1d1c, 0x1b1a1918)
    vld3.8 {d1, d3, d5}, [r0]
    vst3.8 {d1, d3, d5}, [r1]!
    vst2.8 {d16, d17}, [r1]
    ldr r1, =room
    vld1.8 {d0-d3}, [r1]
    EXPECT_D(2, 0x17161514, 0x13121110)
    EXPECT_D(3, 0x0b090a08, 0x03010200)

    /* One lane, and all of them. */
    vmov.i8 d0, #0
    vmov.i8 d1, #0
    vmov.i8 d2, #0
    add r2, r0, #5
    vld1.8 {d0[7]}, [r2]
    EXPECT_D(0, 0x05000000, 0)
    vld3.16 {d0[1], d1[1], d2[1]}, [r2]!
    EXPECT_D(0, 0x05000000, 0x06050000)
    EXPECT_D(2, 0, 0x0a090000)
    ldr r1, =bytes + 11
    mov r3, #0
    cmp r1, r2
    it eq
    moveq r3, #1
    EXPECT(r3, 1)
    vld2.32 {d0[1], d2[1]}, [r0]
    EXPECT_D(0, 0x03020100, 0x06050000)
    EXPECT_D(2, 0x07060504, 0x0a090000)
    vld1.16 {d0[], d1[]}, [r0]
    EXPECT_D(0, 0x01000100, 0x01000100)
    EXPECT_D(1, 0x01000100, 0x01000100)
    vld4.8 {d0[], d2[], d4[], d6[]}, [r0]
    EXPECT_D(6, 0x03030303, 0x03030303)
    ldr r1, =room
    vst1.32 {d2[1]}, [r1]
    ldr r3, [r1]
    EXPECT(r3, 0x01010101)
    vld1.8 {d0-d1}, [r0]
    vst2.8 {d0[1], d1[1]}, [r1]
    ldrh r3, [r1]
    EXPECT(r3, 0x0901)

    /* VFP: multiple, both ways; a word at an address that is no multiple of 8. */
    add r2, r0, #4
    vldmia r2!, {d8-d11}
    EXPECT_D(8, 0x0b0a0908, 0x07060504)
    EXPECT_D(11, 0x23222120, 0x1f1e1d1c)
    vstmdb r1!, {d8-d11}
    vldr d0, [r1, #24]
    EXPECT_D(0, 0x23222120, 0x1f1e1d1c)
    vldmia r0, {s1-s3}
    vmov r3, s3
    EXPECT(r3, 0x0b0a0908)
    vldr s2, [r0, #8]
    vmov r3, s2
    EXPECT(r3, 0x0b0a0908)
    vpush {d0-d3}
    vpop {d4-d7}
    EXPECT_D(4, 0x03020100, 0x1f1e1d1c)
    /* Relative to the PC, rounded down to a multiple of 4. */
    vldr d0, literal
    EXPECT_D(0, 0x89abcdef, 0x01234567)
    PASS
    .balign 8
literal: .word 0x01234567, 0x89abcdef
    .data
    .balign 16
bytes:
    .irp high, 0, 1, 2, 3
    .irp low, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    .byte \high * 16 + \low
    .endr
    .endr
    .space 128
room: .space 128
    .space 256
stack:
