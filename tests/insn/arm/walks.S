//: a64
//: a32
//: t32
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Walks through pages by a register that moves, by a base and an index, shifted or not, by both, up and down, often enough to be
 * made fast: the sums that they must come to.
 */
#include "macros.h"

#define WORDS 8192
#define TIMES 12

#ifdef __aarch64__

/* TIMES walks of so many turns: x0 area, x1 index, x4 sum, x5 end of what x1 counts. */
.macro walk first, end, body
    mov x6, #TIMES
    mov x4, #0
1:  ldr x0, =area
    ldr x1, =\first
    ldr x5, =\end
    movi v1.2d, #0
    movi v2.2d, #0
2:  \body
    cmp x1, x5
    b.ne 2b
    subs x6, x6, #1
    b.ne 1b
.endm

START
    mov w2, #7
    walk 0, WORDS, "str w2, [x0, x1, lsl #2]; add w2, w2, #3; add x1, x1, #1"
    EXPECT(x2, 7 + 3 * WORDS * TIMES)
    /* The last time word i became that number less 3 * (WORDS - i). */
#define FIRST (7 + 3 * WORDS * (TIMES - 1))
#define SUM (WORDS * FIRST + 3 * (WORDS * (WORDS - 1) / 2))
    walk 0, WORDS, "ldr w3, [x0, x1, lsl #2]; add x1, x1, #1; add x4, x4, x3"
    EXPECT(x4, TIMES * SUM)
    walk WORDS - 1, -1, "ldr w3, [x0, x1, lsl #2]; sub x1, x1, #1; add x4, x4, x3"
    EXPECT(x4, TIMES * SUM)
    walk 0, 4 * WORDS, "ldr w3, [x0, x1]; add x1, x1, #4; add x4, x4, x3"
    EXPECT(x4, TIMES * SUM)
    walk 0, 2 * WORDS, "ldr w3, [x0, x1]; add x1, x1, #2; add x0, x0, #2; add x4, x4, x3"
    EXPECT(x4, TIMES * SUM)
    walk 0, WORDS, "ldr w3, [x0], #4; add x1, x1, #1; add x4, x4, x3"
    EXPECT(x4, TIMES * SUM)
    /* Half as many, each with its neighbour. */
    walk 0, WORDS / 2, "ldr x3, [x0, x1, lsl #3]; add x4, x4, w3, uxtw; add x1, x1, #1; add x4, x4, x3, lsr #32"
    EXPECT(x4, TIMES * SUM)
    walk 0, WORDS / 2, "ldp w3, w7, [x0], #8; add x4, x4, x3; add x1, x1, #1; add x4, x4, x7"
    EXPECT(x4, TIMES * SUM)
    /* By vectors: two sums of which each is reduced once. */
    walk 0, 4 * WORDS, "ldr q0, [x0, x1]; uaddw v1.2d, v1.2d, v0.2s; add x1, x1, #16; uaddw2 v2.2d, v2.2d, v0.4s"
    add v1.2d, v1.2d, v2.2d
    addp d1, v1.2d
    fmov x4, d1
    EXPECT(x4, SUM)
    walk 0, WORDS / 8, "ldp q0, q3, [x0], #32; uaddw v1.2d, v1.2d, v0.2s; add x1, x1, #1; uaddw2 v1.2d, v1.2d, v0.4s; uaddw v2.2d, v2.2d, v3.2s; uaddw2 v2.2d, v2.2d, v3.4s"
    add v1.2d, v1.2d, v2.2d
    addp d1, v1.2d
    fmov x4, d1
    EXPECT(x4, SUM)
    /* Copies, by vectors and floats, which are read behind them. */
    ldr x8, =copy
    walk 0, 4 * WORDS, "ldr q0, [x0, x1]; str q0, [x8, x1]; add x1, x1, #16"
    walk 0, 4 * WORDS, "ldr w3, [x8, x1]; add x1, x1, #4; add x4, x4, x3"
    EXPECT(x4, TIMES * SUM)
    walk 0, WORDS / 2, "ldr d0, [x0, x1, lsl #3]; fadd d0, d0, d0; fmov d3, #0.5; fmul d0, d0, d3; add x9, x8, #24; str d0, [x9, x1, lsl #3]; add x1, x1, #1"
    walk 0, 4 * WORDS, "add x9, x8, #24; ldr w3, [x9, x1]; add x1, x1, #4; add x4, x4, x3"
    EXPECT(x4, TIMES * SUM)
    PASS

#else

.macro walk first, end, body
    mov r6, #TIMES
    mov r4, #0
1:  ldr r0, =area
    ldr r1, =\first
    ldr r5, =\end
2:  \body
    cmp r1, r5
    bne 2b
    subs r6, r6, #1
    bne 1b
.endm

START
    mov r2, #7
    walk 0, WORDS, "str r2, [r0, r1, lsl #2]; add r2, r2, #3; add r1, r1, #1"
    EXPECT(r2, 7 + 3 * WORDS * TIMES)
#define FIRST (7 + 3 * WORDS * (TIMES - 1))
#define SUM (WORDS * FIRST + 3 * (WORDS * (WORDS - 1) / 2))
    walk 0, WORDS, "ldr r3, [r0, r1, lsl #2]; add r1, r1, #1; add r4, r4, r3"
    EXPECT(r4, (TIMES * SUM) & 0xffffffff)
    walk WORDS - 1, -1, "ldr r3, [r0, r1, lsl #2]; sub r1, r1, #1; add r4, r4, r3"
    EXPECT(r4, (TIMES * SUM) & 0xffffffff)
    walk 0, WORDS, "ldr r3, [r0], #4; add r1, r1, #1; add r4, r4, r3"
    EXPECT(r4, (TIMES * SUM) & 0xffffffff)
    walk 0, 2 * WORDS, "ldr r3, [r0, r1]; add r1, r1, #2; add r0, r0, #2; add r4, r4, r3"
    EXPECT(r4, (TIMES * SUM) & 0xffffffff)
    /* The sum of base and index goes around 2^32. */
    walk 0x90000000, 0x90000000 + 4 * WORDS, "sub r7, r0, #0x90000000; ldr r3, [r7, r1]; add r1, r1, #4; add r4, r4, r3"
    EXPECT(r4, (TIMES * SUM) & 0xffffffff)
    walk 0, WORDS / 2, "ldrd r2, r3, [r0], #8; add r4, r4, r2; add r1, r1, #1; add r4, r4, r3"
    EXPECT(r4, (TIMES * SUM) & 0xffffffff)
    /* LDM and LDRD want alignment, by themselves. */
    walk 0, WORDS / 4, "ldm r0!, {r2, r3, r7, r8}; add r4, r4, r2; add r1, r1, #1; add r4, r4, r3; add r4, r4, r7; add r4, r4, r8"
    EXPECT(r4, (TIMES * SUM) & 0xffffffff)
    walk 0, WORDS / 2, "add r8, r0, #0x8000; ldmdb r8, {r2, r3}; sub r0, r0, #8; add r4, r4, r2; add r1, r1, #1; add r4, r4, r3"
    EXPECT(r4, (TIMES * SUM) & 0xffffffff)
    ldr r7, =copy
    walk 0, WORDS / 2, "vldr d0, [r0]; add r0, r0, #8; vstr d0, [r7]; add r7, r7, #8; add r1, r1, #1; tst r1, #0x7f; it eq; subeq r7, r7, #0x400"
    ldr r7, =copy
    walk 0, 256, "ldr r3, [r7, r1, lsl #2]; add r1, r1, #1; add r4, r4, r3"
    EXPECT(r4, (TIMES * (256 * (FIRST + 3 * (WORDS - 256)) + 3 * 256 * 255 / 2)) & 0xffffffff)
    PASS

#endif
    .ltorg

    .bss
    .balign 4096
    .space 2040
area:
    .space 4 * WORDS
    .balign 4096
    .space 1032
copy:
    .space 4 * WORDS + 24
