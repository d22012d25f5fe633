//: t32 -cpu cortex-a15 noqemu
//: t32 -cpu cortex-a9 noqemu
/* SPDX-License-Identifier: BSD-2-Clause */
/* IT blocks: what is executed, flags, and exceptions in the middle, which leave ITSTATE to SPSR and go on from it. */
#include "macros.h"

#define IT_BITS 0x0600fc00 /* of a PSR: IT[1:0], IT[7:2] */

/* What exceptions note: r5 their vector, r6 SPSR, r7 CPSR in the handler. IT becomes that in SPSR, where r4 is not -1. */
START
    ldr r0, =vectors
    mcr p15, 0, r0, c12, c0, 0
    isb
    mov r4, #-1

    /* Then and else, of both outcomes. */
    .irp value, 0, 1
    mov r1, #\value
    mov r2, #0
    cmp r1, #0
    itete eq
    addeq r2, #1
    addne r2, #2
    addeq r2, #4
    addne r2, #8
    .if \value
    EXPECT(r2, 10)
    .else
    EXPECT(r2, 5)
    .endif
    .endr

    /* Narrow encodings set no flags in a block; comparisons do, and what follows looks at those. */
    mov r1, #0
    mov r2, #7
    cmp r1, #0
    itt eq
    subeq r2, r2, #8
    moveq r3, #1
    EXPECT(r2, 0xffffffff)
    EXPECT(r3, 1)
    cmp r1, #0
    ittt eq
    cmpeq r1, #1
    moveq r3, #2
    moveq r3, #3
    EXPECT(r3, 1)

    /* Every condition of both kinds, from NZCV. */
    .macro conditions nzcv, taken:vararg
    mov r0, #\nzcv << 28
    mov r2, #0
    .set bit, 1
    .irp cc, eq, ne, cs, cc, mi, pl, vs, vc, hi, ls, ge, lt, gt, le
    msr APSR_nzcvq, r0
    it \cc
    orr\cc r2, r2, #bit
    .set bit, bit << 1
    .endr
    .set expected, 0
    .irp n, \taken
    .set expected, expected | 1 << \n
    .endr
    EXPECT(r2, expected)
    .endm
    conditions 0, 1, 3, 5, 7, 9, 10, 12
    conditions 4, 0, 3, 5, 7, 9, 10, 13  /* Z */
    conditions 2, 1, 2, 5, 7, 8, 10, 12  /* C */
    conditions 6, 0, 2, 5, 7, 9, 10, 13
    conditions 8, 1, 3, 4, 7, 9, 11, 13  /* N */
    conditions 9, 1, 3, 4, 6, 9, 10, 12  /* N, V */
    conditions 1, 1, 3, 5, 6, 9, 11, 13  /* V */
    conditions 15, 0, 2, 4, 6, 9, 10, 13

    /* Branches end a block, also out of it. */
    mov r2, #0
    cmp r2, #0
    itt eq
    moveq r2, #1
    beq 1f
    mov r2, #2
1:  EXPECT(r2, 1)
    adr r3, 2f + 1
    cmp r2, #1
    it eq
    bxeq r3
    mov r2, #3
    .balign 4
2:  EXPECT(r2, 1)

    /* CPSR as a program reads it has neither. */
    cmp r2, #1
    itt eq
    mrseq r0, cpsr
    moveq r2, #0
    ldr r1, =IT_BITS | 0x20
    and r0, r0, r1
    EXPECT(r0, 0)

    /* A call: it returns to the next one, whose state SPSR has. */
    mov r1, #0
    mov r2, #0
    cmp r1, #0
    ittt eq
    addeq r2, #1
    svceq #1
    addeq r2, #2
    EXPECT(r5, 8)
    EXPECT(r2, 3)
    bl check_handler
    ldr r1, =IT_BITS | 0x20
    and r6, r6, r1
    EXPECT(r6, 0x820)
    /* One that is not executed is none. */
    mov r5, #0
    mov r2, #1
    cmp r2, #0
    itte eq
    svceq #1
    addeq r2, #4
    addne r2, #8
    EXPECT(r5, 0)
    EXPECT(r2, 9)

    /* Undefined: SPSR has the instruction's own; the handler passes over it. */
    mov r1, #0
    mov r2, #0
    ldr r4, =0x800
    cmp r1, #0
    itet eq
    addeq r2, #1
    udf #0 /* not executed: of the other condition */
    addeq r2, #2
    EXPECT(r2, 3)
    cmp r1, #0
    ittt eq
    addeq r2, #4
    udf #1
    addeq r2, #8
    EXPECT(r5, 4)
    EXPECT(r2, 15)
    bl check_handler
    ldr r1, =IT_BITS | 0x20
    and r6, r6, r1
    EXPECT(r6, 0x420)

    /* An abort: the instruction comes again, in its place of the block. */
    mov r4, #-1
    ldr r0, =data + 2
    mov r1, #0
    mov r2, #0
    cmp r1, #0
    itttt eq
    addeq r2, #1
    ldrdeq r10, r11, [r0] /* must be aligned; the handler does that */
    addeq r2, #2
    addeq r2, #4
    EXPECT(r5, 16)
    EXPECT(r2, 7)
    ldr r1, =IT_BITS | 0x20
    and r6, r6, r1
    EXPECT(r6, 0x04000020)
    mov r5, #0
    ldr r0, =data + 2
    cmp r1, #0
    it eq
    ldrdeq r10, r11, [r0]
    EXPECT(r5, 0)

    /* BKPT knows no conditions. */
    ldr r4, =0
    mov r2, #0
    cmp r2, #0
    .inst.n 0xbf1c /* itt ne */
    .inst.n 0xbe00 /* bkpt */
    .inst.n 0x3201 /* addne r2, #1 */
    EXPECT(r5, 12)
    PASS

/* In the handler the state is A32's, without IT. */
    .thumb_func
check_handler:
    ldr r1, =IT_BITS | 0x20
    and r7, r7, r1
    mov r3, lr
    EXPECT(r7, 0)
    bx r3
    .ltorg

    .arm
    .balign 32
vectors:
    b .
    b undefined
    b call
    b prefetch
    b data_abort
    b .
    b .
    b .

    .macro note vector
    mov r5, #\vector
    mrs r6, spsr
    mrs r7, cpsr
    .endm

undefined:
    note 4
    bic r8, r6, #0x0000fc00
    orr r8, r8, r4
    msr spsr_cxsf, r8
    movs pc, lr
call:
    note 8
    movs pc, lr
prefetch: /* BKPT: behind it, out of the block */
    note 12
    bic r8, r6, #0x0000fc00
    bic r8, r8, #0x06000000
    msr spsr_cxsf, r8
    subs pc, lr, #2
data_abort:
    note 16
    bic r0, r0, #7
    subs pc, lr, #8
    .ltorg

    .data
    .balign 8
data:
    .quad 0
