//: a64
//: a64 el1 noqemu -DEL1=1
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Short functions called in loops that turn often enough to be made fast: before and behind the loop, with their own ideas of
 * where to return to, changed while the loop turns, with exceptions in their middle.
 */
#include "macros.h"

#define TURNS 300

    .text
/* Functions that lie before the loops. */
    .balign 256
add_3:
    add x0, x0, #3
    ret
link: /* sees the link */
    add x0, x0, x30
    sub x0, x0, x3
    ret
elsewhere: /* x9 */
    mov x30, x9
    add x0, x0, #1
    ret
by_other: /* returns by another register */
    mov x10, x30
    add x0, x0, #2
    ret x10
smaller: /* compares */
    ldr x4, [x5]
    cmp x4, x0
    csinc x0, x0, x0, lo
    ret
patched:
    add x0, x0, #1
    ret

START
    /* Before the loop. */
    mov x0, #0
    mov x1, #TURNS
1:  bl add_3
    subs x1, x1, #1
    b.ne 1b
    EXPECT(x0, 3 * TURNS)

    /* Behind it, and both. */
    mov x0, #0
    mov x1, #TURNS
1:  bl add_5
    bl add_3
    bl add_5
    subs x1, x1, #1
    b.ne 1b
    EXPECT(x0, 13 * TURNS)

    /* x30 is what the call made it, for the function and behind it. */
    mov x0, #0
    mov x1, #TURNS
    adr x3, 2f
1:  bl link
2:  cmp x30, x3
    cinc x0, x0, ne
    subs x1, x1, #1
    b.ne 1b
    EXPECT(x0, 0)

    /* A function that returns elsewhere. */
    mov x0, #0
    mov x1, #TURNS
    adr x9, 2f
1:  bl elsewhere
    add x0, x0, #1000
2:  subs x1, x1, #1
    b.ne 1b
    EXPECT(x0, TURNS)

    mov x0, #0
    mov x1, #TURNS
1:  bl by_other
    subs x1, x1, #1
    b.ne 1b
    EXPECT(x0, 2 * TURNS)

    /* Flags of the function and its loads. */
    mov x0, #0
    mov x1, #TURNS
    adr x5, limit
1:  bl smaller
    cinc x0, x0, hs
    subs x1, x1, #1
    b.ne 1b
    EXPECT(x0, 102)

    /* A call of what calls. */
    mov x0, #0
    mov x1, #TURNS
1:  bl outer
    subs x1, x1, #1
    b.ne 1b
    EXPECT(x0, 9 * TURNS)

    /* The function changes between loops, and while one turns: it adds 1, 8, 15 and 22, in the end each turn another number. */
    mov x0, #0
    mov x2, #4
    adr x5, patched
    ldr w6, patched
    mov w7, #7 << 10
1:  mov x1, #TURNS
2:  bl patched
    subs x1, x1, #1
    b.ne 2b
    bl change
    subs x2, x2, #1
    b.ne 1b
    EXPECT(x0, (1 + 8 + 15 + 22) * TURNS)
    mov x0, #0
    mov x1, #100
1:  bl patched
    bl change
    subs x1, x1, #1
    b.ne 1b
    EXPECT(x0, 29 * 100 + 7 * 99 * 50)

#ifdef EL1
    /* Every load of the function is undefined memory: the handler sees where, and goes on behind it. */
    adr x0, vectors
    msr vbar_el1, x0
    isb
    mov x0, #0
    mov x1, #TURNS
    mov x5, #0x700000000
    adr x7, 2f
    adr x8, 3f
1:  bl 4f
2:  subs x1, x1, #1
    b.ne 1b
    b 5f
4:  add x0, x0, #1
3:  ldr x4, [x5]
    add x0, x0, #1
    ret
5:  EXPECT(x0, TURNS * (2 + 16))
#endif
    PASS

change:
    add w6, w6, w7
    str w6, [x5]
    dc cvau, x5
    dsb ish
    ic ivau, x5
    dsb ish
    isb
    ret
add_5:
    add x0, x0, #5
    ret
outer:
    mov x11, x30
    bl add_3
    add x0, x0, #6
    ret x11
    .balign 8
limit:
    .quad 100

#ifdef EL1
    .balign 2048
vectors:
    .space 0x200
    mrs x10, elr_el1
    cmp x10, x8
    b.ne 1f
    cmp x30, x7
    b.ne 1f
    add x0, x0, #16
1:  add x10, x10, #4
    msr elr_el1, x10
    eret
#endif
