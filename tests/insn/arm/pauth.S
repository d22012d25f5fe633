//: a64 el1
//: a64 -cpu max,has_el2=off,has_el3=off,pauth-qarma5=on -DQARMA=5 el1
//: a64 -cpu max,has_el2=off,has_el3=off,pauth-qarma3=on -DQARMA=3 el1
//: a64 -cpu max,has_el2=off,has_el3=off,pauth=off -DOFF el1
/* SPDX-License-Identifier: BSD-2-Clause */
/* Pointer authentication at EL1: codes of both QARMAs, what a wrong one does, hints, branches, loads, enables. */
#include "macros.h"
#define ENIA (1 << 31)
#define ENIB (1 << 30)
#define ENDA (1 << 27)
#define ENDB (1 << 13)

START
    adr x0, vectors
    msr vbar_el1, x0
    isb
#ifdef OFF
    /* Hints do nothing, the others are undefined. */
    mov x30, #42
    mov x17, #43
    paciasp
    autibsp
    xpaclri
    pacia1716
    EXPECT(x17, 43)
    mov x20, #0
    adr x21, 1f
    paciza x0
1:  EXPECT(x20, 0)
    adr x21, 1f
    xpaci x0
1:  EXPECT(x20, 0)
    PASS
#else
    mrs x0, id_aa64isar1_el1
    mrs x1, id_aa64isar2_el1
#if QARMA == 5
    ubfx x0, x0, #4, #4
#elif QARMA == 3
    ubfx x0, x1, #12, #4
#else
    ubfx x0, x0, #8, #4
#endif
    EXPECT(x0, 5) /* codes are mixed in, faults, of combined instructions too */

    ldr x1, =0xec2802d4e0a488e9
    ldr x2, =0x84be85ce9804e94b
    msr APGAKeyLo_EL1, x1
    msr APGAKeyHi_EL1, x2
    msr APIAKeyLo_EL1, x1
    msr APIAKeyHi_EL1, x2
    msr APDBKeyLo_EL1, x2
    msr APDBKeyHi_EL1, x1
    isb
    ldr x3, =0xfb623599da6c8127
    ldr x4, =0x477d469dec0b8762
    pacga x5, x3, x4
#if QARMA == 5
    EXPECT(x5, 0x5a133bda00000000)
#elif QARMA == 3
    EXPECT(x5, 0x6062de1e00000000)
#else
    pacga x6, x3, x4
    cmp x5, x6
    cset x6, eq
    EXPECT(x6, 1)
    lsl x5, x5, #32
    EXPECT(x5, 0)
#endif

    /* Not enabled: nothing happens. */
    ldr x7, =0x0000123456789abc
    mov x8, x7
    pacia x8, x4
    EXPECT(x8, 0x0000123456789abc)
    autda x8, x4
    EXPECT(x8, 0x0000123456789abc)

    /* 48 bits of addresses in both halves, the top byte ignored in the low one. */
    ldr x0, =(16 | 16 << 16 | 1 << 37)
    msr tcr_el1, x0
    mrs x0, sctlr_el1
    ldr x1, =(ENIA | ENDB)
    orr x0, x0, x1
    msr sctlr_el1, x0
    isb
    mov x8, x7
    pacia x8, x4
    and x9, x8, #0xff80ffffffffffff /* not bits 48 to 54 */
    EXPECT(x9, 0x0000123456789abc)
    mov x10, x8
    xpaci x10
    EXPECT(x10, 0x0000123456789abc)
    mov x10, x8
    autia x10, x4
    EXPECT(x10, 0x0000123456789abc)
    ldr x10, =0xab00000000000000
    orr x10, x10, x7 /* a tag stays */
    pacia x10, x4
    autia x10, x4
    EXPECT(x10, 0xab00123456789abc)
    /* In the high half the code takes the top byte, too. */
    ldr x11, =0xffff923456789abc
    mov x12, x11
    pacdb x12, x4
    tst x12, #(1 << 55)
    cset x13, ne
    EXPECT(x13, 1)
    autdb x12, x4
    EXPECT(x12, 0xffff923456789abc)
    /* PACIB is still off. */
    mov x12, x7
    pacib x12, x4
    EXPECT(x12, 0x0000123456789abc)

    /* A wrong modifier: a fault, ISS says data and key B. */
    mov x10, x8
    adr x21, 1f
    autiza x10
1:  EXPECT(x20, 0x1c << 26 | 1 << 25)
    EXPECT(x22, 0)
    mov x10, x12
    ldr x10, =0xffff923456789abc
    pacdb x10, x4
    adr x21, 1f
    autdzb x10
1:  EXPECT(x20, 0x1c << 26 | 1 << 25 | 3)

    /* Hints: by SP, by zero, x17 with x16. */
    mov sp, x4
    mov x30, x7
    paciasp
    mov x14, x30
    autiasp
    EXPECT(x30, 0x0000123456789abc)
    cmp x14, x8 /* SP was the same modifier */
    cset x14, eq
    EXPECT(x14, 1)
    mov x16, x4
    mov x17, x7
    pacia1716
    cmp x17, x8
    cset x14, eq
    EXPECT(x14, 1)
    autia1716
    EXPECT(x17, 0x0000123456789abc)
    mov x30, x7
    paciaz
    xpaclri
    EXPECT(x30, 0x0000123456789abc)

    /* Branches and returns; one with a wrong code faults at itself. */
    adr x15, 1f
    pacia x15, x4
    braa x15, x4
    EXPECT(x4, 0)
1:  adr x15, 1f
    paciza x15
    blraaz x15
2:  EXPECT(x4, 0)
1:  adr x0, 2b
    cmp x0, x30
    cset x14, eq
    EXPECT(x14, 1)
    adr x15, 1f
    paciza x15
    braaz x15
    EXPECT(x4, 0)
1:  adr x15, 1f
    pacia x15, x4
    blraa x15, x4
2:  EXPECT(x4, 0)
1:  adr x0, 2b
    cmp x0, x30
    cset x14, eq
    EXPECT(x14, 1)
    adr x30, 1f
    paciasp
    retaa
    EXPECT(x4, 0)
1:  adr x15, 1f
    adr x21, 1f
    eor x15, x15, #(1 << 50)
    mov x22, #0
    braa x15, x4
1:  EXPECT(x20, 0x1c << 26 | 1 << 25)
    /* ERETAA */
    adr x0, 1f
    pacia x0, x4
    msr elr_el1, x0
    mov x1, #0x3c5
    msr spsr_el1, x1
    eretaa
    EXPECT(x4, 0)
1:
    /* A load by an authenticated base, with the plain base written back. */
    adr x0, word
    sub x0, x0, #16
    mov x1, x0
    pacdzb x1
    ldrab x2, [x1, #16]
    EXPECT(x2, 0x0123456789abcdef)
    ldrab x2, [x1, #16]!
    EXPECT(x2, 0x0123456789abcdef)
    adr x0, word
    cmp x0, x1
    cset x14, eq
    EXPECT(x14, 1)
    PASS
    .balign 8
word: .quad 0x0123456789abcdef
#endif

/* x20 = ESR, and on at x21 */
    .balign 2048
vectors:
    .space 0x200
    mrs x20, esr_el1
    lsr x23, x20, #26
    cbnz x23, 1f
    mov x20, #0
1:  msr elr_el1, x21
    eret
    .ltorg
