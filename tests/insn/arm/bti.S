//: a64 el1
/* SPDX-License-Identifier: BSD-2-Clause */
/* Landing pads in a guarded page: what each accepts, from guarded and other pages; PSTATE.BTYPE in exceptions. */
#include "macros.h"
#define GUARDED (1 << 50)
#define BRANCH_TARGET (0x0d << 26 | 1 << 25)

/* An indirect branch of a kind in x5 to that place: x20 = 0, or ESR. */
.macro try kind, target
    mov x20, #0
    adr x21, 5f
    adr x17, \target
    adr x16, \kind
    br x16
    b .
5:
.endm

START
    adr x0, vectors
    msr vbar_el1, x0
    /* Blocks of 2 MB: devices; RAM's first block by pages, of which those from guarded on are guarded. */
    ldr x0, =level1
    ldr x1, =0x401 /* AF, block */
    str x1, [x0]
    ldr x1, =level2
    orr x1, x1, #3
    str x1, [x0, #16]
    ldr x0, =level2
    ldr x1, =level3
    orr x1, x1, #3
    str x1, [x0]
    ldr x0, =level3
    ldr x1, =0x80000707 /* AF, inner shareable, attribute 1 */
    mov x2, #512
    ldr x3, =guarded
    ldr x4, =guarded_end
    mov x6, #GUARDED
1:  and x7, x1, #0xfffff000
    orr x8, x1, x6
    cmp x7, x3
    csel x9, x8, x1, hs
    cmp x7, x4
    csel x9, x9, x1, lo
    str x9, [x0], #8
    add x1, x1, #4096
    subs x2, x2, #1
    b.ne 1b
    ldr x0, =level1
    msr ttbr0_el1, x0
    ldr x0, =(25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23)
    msr tcr_el1, x0
    mov x0, #0xff00
    msr mair_el1, x0
    isb
    mrs x0, sctlr_el1
    orr x0, x0, #1
    msr sctlr_el1, x0
    isb
    /* A guarded page is met; from the next exception return on branches count. */
    adr x30, 1f
    ldr x0, =pad_jc
    br x0
1:  svc #0
    ldr x0, =test
    br x0

/* From a page that is not guarded BR counts as by X16. */
plain_br:
    br x17
plain_br_other:
    mov x5, x17
    br x5
plain_blr:
    mov x30, x21
    blr x17

    .section .text.guarded, "ax"
    .balign 4096
guarded:
pad_none:
    ret x21
pad_bti:
    bti
    ret x21
pad_c:
    bti c
    ret x21
pad_j:
    bti j
    ret x21
pad_jc:
    bti jc
    ret
pad_jc_on:
    bti jc
    ret x21
pad_pac:
    paciasp
    ret x21
br_16:
    bti j
    mov x16, x17
    br x16
br_other:
    bti j
    mov x5, x17
    br x5
call:
    bti j
    blr x17
    ret x21
return:
    bti j
    ret x17
test:
    bti j
    /* Behind RET nothing is looked at. */
    try return, pad_none
    EXPECT(x20, 0)
    /* BR by X16 or X17: all but none and BTI alone. */
    try br_16, pad_none
    EXPECT(x20, BRANCH_TARGET | 1)
    EXPECT(x22, 1 << 10)
    try br_16, pad_bti
    EXPECT(x20, BRANCH_TARGET | 1)
    try br_16, pad_c
    EXPECT(x20, 0)
    try br_16, pad_j
    EXPECT(x20, 0)
    try br_16, pad_jc_on
    EXPECT(x20, 0)
    try br_16, pad_pac
    EXPECT(x20, 0)
    /* BR by another: J. PACIASP as long as SCTLR_EL1.BT1 is clear. */
    try br_other, pad_none
    EXPECT(x20, BRANCH_TARGET | 3)
    EXPECT(x22, 3 << 10)
    try br_other, pad_c
    EXPECT(x20, BRANCH_TARGET | 3)
    try br_other, pad_j
    EXPECT(x20, 0)
    try br_other, pad_jc_on
    EXPECT(x20, 0)
    try br_other, pad_pac
    EXPECT(x20, 0)
    mrs x0, sctlr_el1
    orr x0, x0, #(1 << 36)
    msr sctlr_el1, x0
    isb
    try br_other, pad_pac
    EXPECT(x20, BRANCH_TARGET | 3)
    try br_16, pad_pac
    EXPECT(x20, 0)
    /* BLR: C */
    try call, pad_none
    EXPECT(x20, BRANCH_TARGET | 2)
    try call, pad_j
    EXPECT(x20, BRANCH_TARGET | 2)
    try call, pad_c
    EXPECT(x20, 0)
    try call, pad_pac
    EXPECT(x20, 0)
    /* An exception at a landing pad's branch target saves BTYPE, and its return restores that. */
    ldr x0, =plain
    br x0

    .balign 4096
guarded_end:
    .text
plain:
    mov x20, #0
    adr x21, 1f
    ldr x17, =pad_c
    b plain_br_other
1:  EXPECT(x20, 0)
    adr x21, 1f
    ldr x17, =pad_none
    b plain_br
1:  EXPECT(x20, BRANCH_TARGET | 1)
    mov x20, #0
    adr x21, 1f
    ldr x17, =pad_j
    b plain_blr
1:  EXPECT(x20, BRANCH_TARGET | 2)
    /* ERET with BTYPE in SPSR. */
    mov x20, #0
    adr x21, 1f
    ldr x0, =pad_c
    msr elr_el1, x0
    mov x0, #(0x3c5 | 3 << 10)
    msr spsr_el1, x0
    eret
1:  EXPECT(x20, BRANCH_TARGET | 3)
    PASS

/* x20 = ESR but of SVC, x22 = SPSR's BTYPE, and on at x21; behind SVC on. */
    .balign 2048
vectors:
    .space 0x200
    mrs x20, esr_el1
    mrs x22, spsr_el1
    and x22, x22, #(3 << 10)
    lsr x23, x20, #26
    cmp x23, #0x15
    b.eq 1f
    msr elr_el1, x21
    mov x23, #0x3c5
    msr spsr_el1, x23
1:  eret
    .ltorg

    .bss
    .balign 4096
level1: .space 4096
level2: .space 4096
level3: .space 4096
