//: m -cpu cortex-m0plus -march=armv6s-m
//: m -cpu cortex-m3 -march=armv7-m
//: m -cpu cortex-m23 -march=armv8-m.base
//: m -cpu cortex-m33 -march=armv8-m.main
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What M-profile has for itself: special registers, CPS, hints, SVC, BKPT, barriers; of Armv8-M SG, TT, BXNS, BLXNS in
 * the secure state. Manuals: DDI 0403, B5; DDI 0419, B4; DDI 0553, C2.4.
 */
#include "macros.h"
#if __ARM_ARCH_ISA_THUMB >= 2
#define MAIN
#endif
#define ICSR 0xe000ed04
#define VTOR 0xe000ed08
#define PENDSVSET 0x10000000

/* A special register = value; it reads back as that. */
.macro special name, value, back, line
    constant r0, \value
    msr \name, r0
    mrs r1, \name
    expect r1, \back, \line
.endm
#define SPECIAL(name, value, back) special name, value, back, __LINE__
/* r5 is what the handler has found: the exception's number. A fault's instruction has r6 bytes. */
#define ENTERED(n, ...) movs r5, #0; movs r6, #2; __VA_ARGS__; EXPECT(r5, n)
#define UNDEFINED(insn) ENTERED(3, .inst.n insn)
#define UNDEFINED_WIDE(insn) movs r5, #0; movs r6, #4; .inst.w insn; EXPECT(r5, 3)

START
    place_of r0, stack
    mov sp, r0
    constant r0, VTOR
    place_of r1, vectors
    str r1, [r0]
    dsb
    isb
    dmb

    SPECIAL(primask, 1, 1)
    cpsie i
    mrs r0, primask
    EXPECT(r0, 0)
    cpsid i
    mrs r0, primask
    EXPECT(r0, 1)
    SPECIAL(primask, 0xfffffffe, 0)
    SPECIAL(psp, 0x20001003, 0x20001000)
    mrs r2, msp
    mov r1, sp
    subs r0, r1, r2
    EXPECT(r0, 0)
    constant r0, 0x50000000
    msr apsr_nzcvq, r0
    mrs r1, apsr
    EXPECT(r1, 0x50000000)
    mrs r0, ipsr
    EXPECT(r0, 0)
    mrs r0, epsr
    EXPECT(r0, 0)
    mrs r0, control
    movs r1, #3
    ands r0, r1
    EXPECT(r0, 0)
#ifdef MAIN
    cpsid f
    mrs r0, faultmask
    EXPECT(r0, 1)
    cpsie f
    mrs r0, faultmask
    EXPECT(r0, 0)
    SPECIAL(basepri, 0x140, 0x40)
    SPECIAL(basepri_max, 0x60, 0x40)
    SPECIAL(basepri_max, 0x20, 0x20)
    SPECIAL(basepri, 0, 0)
#endif

    nop
    yield
    sev
    wfe
#ifdef MAIN
    nop.w
    yield.w
    sev.w
    wfe.w
    dbg #3
#endif

    /* WFI goes on with what is pending but masked. */
    movs r5, #0
    cpsid i
    constant r0, ICSR
    constant r1, PENDSVSET
    str r1, [r0]
    wfi
#ifdef MAIN
    wfi.w
#endif
    EXPECT(r5, 0)
    cpsie i
    isb
    EXPECT(r5, 14)
    ENTERED(11, svc #0x12)
    ENTERED(3, bkpt #7)


    /* What is undefined here, and something else to A-profile: CPS of A, HLT, of T32's space for SIMD. */
    UNDEFINED(0xb664)
    UNDEFINED(0xb674)
    UNDEFINED(0xba81)
#ifdef MAIN
    UNDEFINED_WIDE(0xef000a00)
    UNDEFINED_WIDE(0xef000b50)
    UNDEFINED_WIDE(0xff000d40)
#endif

    /* Branches and what else is in no other test. */
    constant r1, 0x80000f12
    asrs r0, r1, #4
    EXPECT(r0, 0xf80000f1)
    lsrs r0, r1, #8
    EXPECT(r0, 0x0080000f)
    lsls r0, r1, #28
    EXPECT(r0, 0x20000000)
    rev r0, r1
    EXPECT(r0, 0x120f0080)
    rev16 r0, r1
    EXPECT(r0, 0x0080120f)
    constant r1, 0x00000080
    revsh r0, r1
    EXPECT(r0, 0xffff8000)
    .balign 4
    adr r0, 1f
    b 2f
    .balign 4
1:  .word 0x0badcafe
2:  ldr r0, [r0]
    EXPECT(r0, 0x0badcafe)
    place_of r1, inner + 1
    movs r4, #0
    blx r1
    EXPECT(r4, 1)
#if defined(MAIN) || __ARM_ARCH >= 8
    movs r0, #0
    cbnz r0, 1f
    cbz r0, 2f
1:  b .
2:  b.w 3f
    b .
3:
    /* Exclusives: a store that succeeds, one without its load. */
    place_of r1, data
    movs r2, #0
    str r2, [r1]
    str r2, [r1, #4]
    ldrex r0, [r1]
    movs r2, #7
    strex r3, r2, [r1]
    EXPECT(r3, 0)
    ldr r0, [r1]
    EXPECT(r0, 7)
    movs r2, #9
    strex r3, r2, [r1]
    EXPECT(r3, 1)
    ldrexb r0, [r1]
    clrex
    strexb r3, r2, [r1]
    EXPECT(r3, 1)
    ldrexb r0, [r1]
    EXPECT(r0, 7)
    strexb r3, r2, [r1]
    EXPECT(r3, 0)
    ldrexh r0, [r1]
    EXPECT(r0, 9)
    movs r2, #0xff
    strexh r3, r2, [r1]
    EXPECT(r3, 0)
    ldr r0, [r1]
    EXPECT(r0, 0xff)
    ldrex r0, [r1, #4]
    strex r3, r2, [r1, #4]
    EXPECT(r3, 0)
    ldr r0, [r1, #4]
    EXPECT(r0, 0xff)
    constant r2, 100
    constant r3, 0xfffffff9
    sdiv r0, r2, r3
    EXPECT(r0, 0xfffffff2)
    udiv r0, r3, r2
    EXPECT(r0, 0x028f5c28)
#endif
#ifdef MAIN
    cmp r0, r0
    ite eq
    moveq r0, #1
    movne r0, #2
    EXPECT(r0, 1)
    bne.w 1f
    beq.w 2f
1:  b .
2:  movs r0, #1
    .balign 4
    tbb [pc, r0]
8:  .byte (1b - 8b) / 2, (3f - 8b) / 2
3:  movs r0, #1
    .balign 4
    tbh [pc, r0, lsl #1]
8:  .short 0, (3f - 8b) / 2
    b .
3:
#endif

#if __ARM_ARCH >= 8
    place_of r1, data
    movs r2, #0x5a
    stl r2, [r1]
    lda r0, [r1]
    EXPECT(r0, 0x5a)
    stlb r2, [r1]
    ldab r0, [r1]
    EXPECT(r0, 0x5a)
    constant r2, 0x1234
    stlh r2, [r1]
    ldah r0, [r1]
    EXPECT(r0, 0x1234)
    ldaex r0, [r1]
    movs r2, #3
    stlex r3, r2, [r1]
    EXPECT(r3, 0)
    ldaexb r0, [r1]
    EXPECT(r0, 3)
    stlexb r3, r2, [r1]
    EXPECT(r3, 0)
    ldaexh r0, [r1]
    EXPECT(r0, 3)
    stlexh r3, r2, [r1]
    EXPECT(r3, 0)
#ifdef MAIN
    UNDEFINED_WIDE(0xe841f203) /* STREX of the PC, which is near TT */
    vlstm r1 /* without FP in use it does nothing */
    vlldm r1
    ldr r0, [r1]
    EXPECT(r0, 3)
#endif
    sg
    place_of r1, vectors
    tt r0, r1
    EXPECT(r0, 0x004c0000)
    ttt r0, r1
    EXPECT(r0, 0x004c0000)
    tta r0, r1
    EXPECT(r0, 0x004c0000)
    place_of r1, inner + 1 /* both stay in the secure state */
    movs r4, #0
    blxns r1
    EXPECT(r4, 1)
    place_of r1, 1f + 1
    bxns r1
    adds r4, #1
    .balign 4
1:  EXPECT(r4, 1)
    SPECIAL(msplim, 0x80000007, 0x80000000)
    SPECIAL(msplim, 0, 0)
#endif
    PASS

    .thumb_func
inner:
    adds r4, #1
    bx lr

    .thumb_func
handler: /* of a fault it steps over the instruction */
    mrs r5, ipsr
    cmp r5, #3
    bne 1f
    mov r0, sp
    ldr r1, [r0, #24]
    add r1, r6
    str r1, [r0, #24]
1:  bx lr
    .ltorg

    .balign 256
vectors:
    .word stack
    .rept 15
    .word handler
    .endr
    .bss
    .balign 8
data:
    .space 16
    .space 512
stack:
