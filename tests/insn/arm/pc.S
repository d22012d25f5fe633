//: a32
//: t32
//: a32 -cpu cortex-a15
//: t32 -cpu cortex-a7
/* SPDX-License-Identifier: BSD-2-Clause */
/* The PC as an operand, and what writes it: which of these go between A32 and T32. */
#include "macros.h"

START
#ifndef __thumb__
    /* Reads: 8 bytes ahead. */
1:  mov r0, pc
    adr r1, 1b
    sub r0, r0, r1
    EXPECT(r0, 8)
1:  add r0, pc, #4
    adr r1, 1b
    sub r0, r0, r1
    EXPECT(r0, 12)
1:  sub r0, pc, r0, lsr #32
    adr r1, 1b
    sub r0, r0, r1
    EXPECT(r0, 8)
    ldr r2, =buffer
1:  str pc, [r2]
    adr r1, 1b
    ldr r0, [r2]
    sub r0, r0, r1
    EXPECT(r0, 8)
    b 2f
    .word 0x12345678
2:  ldr r0, [pc, #-12]
    EXPECT(r0, 0x12345678)
    mov r1, #0
    ldr r0, [pc, r1]
    b 3f
    .word 0x23456789
3:  EXPECT(r0, 0x23456789)

    /* Writes; what is jumped over would be seen. */
    mov r4, #0
    adr r0, 1f
    mov pc, r0
    add r4, r4, #1
1:  mov r0, #4
    add pc, pc, r0 /* over two */
    add r4, r4, #1
    add r4, r4, #1
    cmp r4, #0
    mov r3, #1
    addeq pc, pc, r3, lsl #2 /* a table of branches */
    add r4, r4, #1
    add r4, r4, #1
    b 2f
    add r4, r4, #1
2:  EXPECT(r4, 0)
    sub pc, pc, #4 /* to the next one */
    cmp r4, #1
    addeq pc, pc, r3, lsl #2 /* not executed */
    add r4, r4, #1
    EXPECT(r4, 1)

    /* A link is the next instruction's address; BLX by LR reads it first. */
    adr r5, 1f
    bl 1f
1:  mov r0, lr
    sub r0, r0, r5
    EXPECT(r0, 0)
    adr lr, 1f
    adr r5, 2f
    blx lr
2:  b 3f
1:  sub r0, lr, r5
    EXPECT(r0, 0)
3:
    /* To T32 and back. */
    ldr r6, =to_thumb + 1
    mov r7, #0
    .macro round_trip go:vararg
    ldr lr, =9f
    \go
9:
    .endm
    round_trip bx r6
    EXPECT(r7, 1)
    round_trip mov pc, r6
    EXPECT(r7, 2)
    round_trip add pc, r6, #0
    EXPECT(r7, 3)
    str r6, [r2]
    round_trip ldr pc, [r2]
    EXPECT(r7, 4)
    round_trip ldm r2, {pc}
    EXPECT(r7, 5)
    mov r3, sp
    mov sp, r2
    round_trip pop {pc}
    EXPECT(r7, 6)
    sub r2, sp, #4
    mov sp, r3
    blx r6
    EXPECT(r7, 7)
    blx to_thumb
    EXPECT(r7, 8)
    eors r0, r0, r0
    ldrne pc, [r0] /* not executed */
    EXPECT(r7, 8)
    PASS

    .thumb
    .balign 4
    .thumb_func
to_thumb:
    adds r7, #1
    bx lr
#else
    /* Reads: 4 bytes ahead, of literals from an aligned address. */
    .balign 4
1:  mov r0, pc
    adr r1, 1b
    sub r0, r0, r1
    EXPECT(r0, 4)
    .balign 4
    nop
1:  add r0, pc, #8
    b 2f
    .balign 4
2:  ldr r1, =1b - 2
    sub r0, r0, r1
    EXPECT(r0, 12)
    ldr r2, =buffer
    .balign 4
    b.w 2f
    .word 0x12345678
2:  ldr.w r0, [pc, #-8]
    EXPECT(r0, 0x12345678)
    .balign 4
    b.w 2f
    .word 0x9abcdef0, 0x01020304
2:  ldrd r0, r1, [pc, #-12]
    EXPECT(r0, 0x9abcdef0)
    EXPECT(r1, 0x01020304)

    /* Writes that stay in T32 whatever the lowest bit is. */
    mov r4, #0
    ldr r0, =1f
    mov pc, r0
    adds r4, #1
1:  ldr r0, =1f + 1
    mov pc, r0
    adds r4, #1
1:  movs r0, #2
    .balign 4
    add pc, r0
    adds r4, #1
    adds r4, #1
    adds r4, #1
    EXPECT(r4, 1)
    /* Tables of branches. */
    mov r4, #0
    .irp n, 0, 1, 2
    movs r0, #\n
    ldr r1, =bytes
    .balign 4
    tbb [pc, r0]
8:  .byte (1f - 8b) / 2, (2f - 8b) / 2, (3f - 8b) / 2, 0
1:  adds r4, #1
2:  adds r4, #2
3:  adds r4, #4
    .endr
    EXPECT(r4, 7 + 6 + 4)
    /* A conditional branch of 32 bits, both ways. */
    cmp r0, #2
    bne.w 1f
    beq.w 2f
1:  b .
3:  b 4f
2:  cmp r0, #3
    bne.w 3b
    b .
4:
    movs r0, #1
    ldr r1, =halves
4:  tbh [r1, r0, lsl #1]
5:  b .
    .space 400
6:  cbz r0, 7f
    cbnz r0, 8f
7:  b .
8:  movs r0, #0
    cbnz r0, 1f
    cbz r0, 9f
1:  b .
9:
    nop.w
    yield.w
    /* Links have bit 0 set. */
    .balign 4
    adr.w r5, 1f
    bl 1f
1:  sub r0, lr, r5
    EXPECT(r0, 1)
    /* To A32 and back. */
    ldr r6, =to_arm
    mov r7, #0
    .macro round_trip go:vararg
    ldr lr, =9f + 1
    \go
    .balign 4
9:
    .endm
    round_trip bx r6
    EXPECT(r7, 1)
    str r6, [r2]
    round_trip ldr.w pc, [r2]
    EXPECT(r7, 2)
    mov r3, sp
    mov sp, r2
    round_trip pop {pc}
    EXPECT(r7, 3)
    mov sp, r3
    mov r8, r2
    str r6, [r2, #4]
    round_trip ldmia.w r8!, {r1, pc}
    EXPECT(r7, 4)
    sub r0, r8, r2
    EXPECT(r0, 8)
    blx r6
    EXPECT(r7, 5)
    .balign 4
    blx to_arm
    EXPECT(r7, 6)
    nop
    blx to_arm /* from a halfword between words */
    EXPECT(r7, 7)
    PASS

    .arm
    .balign 4
    .type to_arm, %function
to_arm:
    add r7, r7, #1
    bx lr
    .thumb
    .balign 4
bytes:
    .word 0
halves:
    .short 0, (6b - 5b) / 2
#endif

    .data
    .balign 8
buffer:
    .quad 0, 0
