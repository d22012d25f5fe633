//: a64 el1
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Walks by accesses that must be aligned (SCTLR_EL1.A), often enough to be made fast, and then from an address that is no
 * multiple: each faults where it is.
 */
#include "macros.h"

#define WORDS 2048
#define TIMES 20
#define FAULT 0x96000021 /* a data abort at the same level, alignment */
#define WRITE 0x40

/* TIMES walks from the first address, then one from the crooked one: x20 to x22 = ESR, FAR, ELR; x14: the sum before. */
.macro walks first, crooked
    mov x9, #TIMES
1:  ldr x0, =\first
    mov x20, #0
    bl 2f
    mov x14, x4
    subs x9, x9, #1
    b.ne 1b
    EXPECT(x20, 0)
    ldr x0, =\crooked
    bl 2f
    b 3f
.endm

START
    adr x0, vectors
    msr vbar_el1, x0
    mrs x0, sctlr_el1
    orr x0, x0, #2
    msr sctlr_el1, x0
    isb
    ldr x0, =area
    mov x1, #0
1:  str w1, [x0, x1, lsl #2]
    add x1, x1, #1
    cmp x1, #WORDS
    b.ne 1b

    /* Up, with a byte beside that may lie anywhere. */
    walks area, area + 2
2:  mov x1, #0
    mov x4, #0
4:  ldrb w2, [x0, #1]
    add x1, x1, #1
    add x4, x4, w2, uxtw
5:  ldr w3, [x0], #4
    add x4, x4, x3
    cmp x1, #WORDS
    b.ne 4b
    ret
3:  EXPECT(x14, WORDS * (WORDS - 1) / 2 + 256 * 28)
    EXPECT(x20, FAULT)
    ldr x2, =area + 2
    sub x21, x21, x2
    EXPECT(x21, 0)
    EXPECT(x1, 1)
    adr x2, 5b
    sub x22, x22, x2
    EXPECT(x22, 0)

    /* Down, by stores of pairs. */
    walks area + 4 * WORDS, area + 4 * WORDS - 4
2:  mov x1, #0
    mov x4, #7
4:  add x1, x1, #1
    str x1, [x0, #-8]!
    add x4, x4, #2
    cmp x1, #WORDS / 2
    b.ne 4b
    ret
3:  EXPECT(x14, 7 + WORDS)
    EXPECT(x20, FAULT | WRITE)
    ldr x2, =area + 4 * WORDS - 12
    sub x21, x21, x2
    EXPECT(x21, 0)
    EXPECT(x4, 7)
    ldr x2, =area
    ldr x3, [x2]
    EXPECT(x3, WORDS / 2)
    ldr x3, [x2, #4 * WORDS - 8]
    EXPECT(x3, 1)

    PASS

    .balign 2048
vectors:
    .space 0x200
    mrs x20, esr_el1
    mrs x21, far_el1
    mrs x22, elr_el1
    msr elr_el1, x30
    eret
    .ltorg

    .bss
    .balign 4096
    .space 4096 - 512
area:
    .space 4 * WORDS
