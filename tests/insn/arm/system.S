//: a32 -cpu cortex-a15,has_el2=on,has_el3=on noqemu
//: t32 -cpu cortex-a7,has_el2=on,has_el3=on noqemu
//: a32 -cpu max,aarch64=off,has_el2=off,has_el3=on -DV8 noqemu
//: t32 -cpu max,aarch64=off,has_el2=off,has_el3=on -DV8 noqemu
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What A32 and T32 have for systems: masks and modes, saved states, registers of other modes, exceptions that
 * instructions ask for, and their returns; big-endian data, coprocessor registers of 64 bits. It begins in Supervisor mode, secure.
 */
#include "macros.h"
#ifdef V8
    .arch armv8.5-a
#else
    .arch armv7ve
#endif
    .arch_extension sec
    .arch_extension virt

#define USR 0x10
#define FIQ 0x11
#define IRQ 0x12
#define SVC 0x13
#define MON 0x16
#define ABT 0x17
#define UND 0x1b
#define SYS 0x1f
#ifdef __thumb__
#define THUMB 0x20
#define LINK_UND 2
#else
#define THUMB 0
#define LINK_UND 4
#endif

/* CPSR & mask is value. */
.macro cpsr_is mask, value, line
    mrs r0, cpsr
    constant r3, \mask
    and r0, r0, r3
    expect r0, \value, \line
.endm
#define CPSR(mask, value) cpsr_is mask, value, __LINE__

/* The exception that insn is: its vector, its mode, by how much its link is behind insn; goes on with the next one. */
.macro exception vector, mode, link, line, insn
    mov r5, #0
    .balign 4
8:  \insn
7:
    expect r5, \vector, \line
    and r0, r6, #0x1f
    expect r0, SVC, \line
    and r0, r7, #0x1f
    expect r0, \mode, \line
    address r1, 8b
    sub r0, r4, r1
    expect r0, \link, \line
.endm
#define EXCEPTION(vector, mode, link, ...) exception vector, mode, link, __LINE__, __VA_ARGS__
.macro address reg, label
    movw \reg, #:lower16:\label
    movt \reg, #:upper16:\label
#ifdef __thumb__
    bic \reg, \reg, #1
#endif
.endm

START
    address r0, vectors
    mcr p15, 0, r0, c12, c0, 0
    mcr p15, 0, r0, c12, c0, 1 /* MVBAR */
    isb
    address r0, stack
    mov sp, r0
    CPSR(0x1df, 0x1c0 | SVC)

    /* Masks and modes. */
    cpsie a
    CPSR(0x1df, 0x0c0 | SVC)
    cpsie if
    CPSR(0x1df, SVC)
    cpsid if
    CPSR(0x1df, 0x0c0 | SVC)
    cpsid aif, #IRQ
    CPSR(0x1df, 0x1c0 | IRQ)
    mov r0, #0x55
    mov sp, r0
    cpsie a, #SYS
    CPSR(0x1df, 0x0c0 | SYS)
    mov r0, #0x66
    mov sp, r0
    cps #SVC
    CPSR(0x1df, 0x0c0 | SVC)
    mrs r0, sp_irq
    EXPECT(r0, 0x55)
    mrs r0, sp_usr
    EXPECT(r0, 0x66)

    /* The others' registers. */
    constant r0, 0x12345678
    msr lr_irq, r0
    msr r8_fiq, r0
    mvn r0, r0
    msr r8_usr, r0
    msr spsr_und, r0
    cps #IRQ
    mov r0, lr
    EXPECT(r0, 0x12345678)
    cps #UND
    mrs r0, spsr
    EXPECT(r0, 0xedcba987)
    cps #FIQ
    mov r0, r8
    mov r1, #0x77
    mov r8, r1
    cps #SVC
    EXPECT(r0, 0x12345678)
    mrs r0, r8_fiq
    EXPECT(r0, 0x77)
    mrs r0, spsr_und
    EXPECT(r0, 0xedcba987)
    constant r8, 0x5566
    mrs r0, r8_usr
    EXPECT(r0, 0x5566)

#ifndef __thumb__
    /* Constants for status registers, by fields. */
    constant r0, 0x20000013
    msr spsr_cxsf, r0
    msr spsr_f, #0xd0000000
    mrs r0, spsr
    EXPECT(r0, 0xd0000013)
    msr spsr_c, #0x1f
    mrs r0, spsr
    EXPECT(r0, 0xd000001f)
    msr cpsr_f, #0xf0000000
    CPSR(0xf80001df, 0xf00000c0 | SVC)
    msr cpsr_c, #0xd2
    CPSR(0x1df, 0x0c0 | IRQ)
    msr cpsr_c, #0xd3
#endif

    /* Exceptions. What is undefined: HVC in the secure state, HLT. */
    EXCEPTION(4, UND, LINK_UND, "hvc #0x1234")
    EXCEPTION(8, MON, 4, "smc #5")
#ifdef __thumb__
    EXCEPTION(8, SVC, 2, "svc #7")
    EXCEPTION(4, UND, LINK_UND, ".inst.n 0xba80") /* hlt #0 */
#else
    EXCEPTION(8, SVC, 4, "svc #7")
    EXCEPTION(4, UND, LINK_UND, ".inst 0xe1000070") /* hlt #0 */
#endif
    EXCEPTION(12, ABT, 4, "bkpt #9")

    /* Returns: ERET is SUBS PC, LR here, RFE's state comes from memory. Behind each SYS, and flags that show it. */
    .macro returned line
    cpsr_is 0xf80001df, (0x60000000 | SYS), \line
    cps #SVC
    .endm
#define RETURNED returned __LINE__
    constant r2, 0x60000000 | SYS | THUMB
    msr spsr_cxsf, r2
    address r0, 1f
    mov lr, r0
    eret
    b .
    .balign 4
1:  RETURNED
    msr spsr_cxsf, r2
    address r0, 1f + 8
    mov lr, r0
    subs pc, lr, #8
    b .
    .balign 4
1:  RETURNED
    address r0, 1f
    ldr r1, =memory
    str r0, [r1]
    str r2, [r1, #4]
    rfeia r1
    b .
    .balign 4
1:  RETURNED
    address r0, 1f
    ldr r1, =memory
    str r0, [r1]
    str r2, [r1, #4]
    add r1, r1, #8
    rfedb r1!
    b .
    .balign 4
1:  RETURNED
    ldr r0, =memory
    sub r0, r1, r0
    EXPECT(r0, 0)
    b 1f
    .ltorg
    .balign 4
1:
#ifndef __thumb__
    address r0, 1f
    ldr r1, =memory
    str r0, [r1, #4]
    str r2, [r1, #8]
    rfeib r1
    b .
1:  RETURNED
#endif
    /* SRS: LR and SPSR by another mode's stack pointer. */
    cps #UND
    ldr r0, =memory + 8
    mov sp, r0
    cps #SVC
    constant r0, 0x11223344
    mov lr, r0
    msr spsr_cxsf, r2
    srsdb sp!, #UND
    ldr r1, =memory
    mrs r0, sp_und
    sub r0, r0, r1
    EXPECT(r0, 0)
    ldr r0, [r1]
    EXPECT(r0, 0x11223344)
    ldr r0, [r1, #4]
    EXPECT(r0, 0x60000000 | SYS | THUMB)
    mov r0, #0
    str r0, [r1]
    srsia sp, #UND
    ldr r0, [r1]
    EXPECT(r0, 0x11223344)
    mrs r0, sp_und
    sub r0, r0, r1
    EXPECT(r0, 0)

    /* BXJ is BX. */
    address r0, 1f
#ifdef __thumb__
    orr r0, r0, #1
#endif
    bxj r0
    b .
    .balign 4
1:
    /* A register of 64 bits: PAR of the format of long descriptors. */
    constant r0, 0x00001b81
    constant r1, 0xff000012
    mcrr p15, 0, r0, r1, c7
    mov r0, #0
    mov r1, #0
    mrrc p15, 0, r0, r1, c7
    EXPECT(r0, 0x00001b81)

#if !defined(__thumb__) && !defined(V8)
    /* SWP, which SCTLR.SW allows: not at reset. */
    ldr r1, =memory
    EXCEPTION(4, UND, 4, ".inst 0xe1010092")
    EXCEPTION(4, UND, 4, ".inst 0xe1410092")
    ldr r1, =memory
    constant r0, 0x12345678
    str r0, [r1]
    mov r2, #0x99
    mrc p15, 0, r3, c1, c0, 0
    orr r3, r3, #1 << 10
    mcr p15, 0, r3, c1, c0, 0
    isb
    .inst 0xe1010092 /* swp r0, r2, [r1] */
    EXPECT(r0, 0x12345678)
    ldr r0, [r1]
    EXPECT(r0, 0x99)
    mov r2, #0xabc
    add r1, r1, #1
    .inst 0xe1410092 /* swpb */
    EXPECT(r0, 0)
    mrc p15, 0, r3, c1, c0, 0
    bic r3, r3, #1 << 10
    mcr p15, 0, r3, c1, c0, 0
    isb
    EXCEPTION(4, UND, 4, ".inst 0xe1010092")
    ldr r1, =memory + 1
    ldr r0, [r1, #-1]
    EXPECT(r0, 0xbc99)
#endif

    /* Big-endian data. */
    .arch armv7ve
    ldr r1, =memory
    constant r0, 0x12345678
    str r0, [r1]
    setend be
    ldr r2, [r1]
    ldrh r3, [r1]
    setend le
    EXPECT(r2, 0x78563412)
    EXPECT(r3, 0x7856)
#ifdef V8
    .arch armv8.5-a
    CPSR(0x00400000, 0)
    setpan #1
    CPSR(0x00400000, 0x00400000)
    setpan #0
#endif
    PASS

    .arm
    .macro note vector
    mov r5, #\vector
    mrs r6, spsr
    mrs r7, cpsr
    mov r4, lr
    .endm
    .balign 32
vectors: /* and Monitor mode's */
    b .
    b undefined
    b call
    b prefetch
    b .
    b .
    b .
    b .
undefined: /* a T32 instruction of 32 bits: one halfword more */
    note 4
    tst r6, #0x20
    beq 1f
    ldrh r1, [lr, #-2]
    lsr r1, r1, #11
    cmp r1, #0x1d
    addge lr, lr, #2
1:  movs pc, lr
call:
    note 8
    movs pc, lr
prefetch:
    note 12
    tst r6, #0x20
    subne lr, lr, #2
    movs pc, lr
    .ltorg

    .data
    .balign 8
memory: .space 64
stack:
