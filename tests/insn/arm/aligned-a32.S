//: a32 -cpu cortex-a15 noqemu
//: t32 -cpu cortex-a7 noqemu
//: a32 -cpu cortex-a9 noqemu
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Walks along lists by accesses of 64 bits at words, which are no multiples of 8, often enough to be made fast; and then
 * to a node at no word: that access faults, where it is.
 */
#include "macros.h"

#define NODES 128
#define TIMES 400
#define SUM (NODES * (NODES - 1) / 2)
#define BYTES 16 /* of a node: the next one, a number */

/* The list is walked so often by the code at 5, with so many faults: r5; r6 becomes the address of the last. */
.macro walk line, times, faults
    ldr r1, =\times
    mov r5, #0
    mov r6, #0
    bl 5b
    expect r4, SUM, \line
    expect r5, \faults, \line
.endm

/* Code goes from the node at r0 to the next and adds its number to r4. */
.macro test line, code
    b 6f
5:  ldr r0, =list
    mov r4, #0
4:  \code
    cmp r0, #0
    bne 4b
    subs r1, r1, #1
    bne 5b
    bx lr
6:  walk \line, TIMES, 0
    .irp crooked, 2, 1, 3
    ldr r7, =list + BYTES * (NODES - 1)
    ldr r2, =list + \crooked
    str r2, [r7]
    walk \line, 1, 1
    ldr r2, =list + \crooked
    sub r6, r6, r2
    expect r6, 0, \line
    .endr
    mov r2, #0
    str r2, [r7]
    walk \line, 2, 0
.endm
#define TEST(code) test __LINE__, code

START
    ldr r0, =vectors
    mcr p15, 0, r0, c12, c0, 0
    mov r0, #0xf << 20 /* CPACR, FPEXC */
    mcr p15, 0, r0, c1, c0, 2
    isb
    mov r0, #1 << 30
    vmsr fpexc, r0
    ldr r0, =list
    mov r1, #0
1:  add r2, r0, #BYTES
    mov r3, r1
    strd r2, r3, [r0]
    mov r7, r0
    mov r0, r2
    add r1, r1, #1
    cmp r1, #NODES
    bne 1b
    mov r2, #0
    str r2, [r7]

    TEST("ldrd r2, r3, [r0]; add r4, r4, r3; mov r0, r2")
    TEST("vldr d7, [r0]; vmov r0, r3, d7; add r4, r4, r3")
    TEST("vldmia r0!, {d20}; vmov r0, r3, d20; add r4, r4, r3")
    TEST("ldr r2, [r0]; add r4, r4, r1; ldrd r2, r3, [r0]; strd r2, r3, [r0]; sub r4, r4, r1; add r4, r4, r3; mov r0, r2")
    PASS

    .arm
    .balign 32
vectors:
    b .
    b .
    b .
    b .
    b data_abort
    b .
    b .
    b .

/* The walk goes on at a node of 0. */
data_abort:
    add r5, r5, #1
    mrc p15, 0, r6, c6, c0, 0 /* DFAR */
    ldr r0, =none
    subs pc, lr, #8
    .ltorg

    .data
    .balign 8
    .word 0
list:
    .space BYTES * NODES
    .balign 8
none:
    .quad 0, 0
