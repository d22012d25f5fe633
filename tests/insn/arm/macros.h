/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of ARM instructions share. A test begins with START, ends with PASS, and in between EXPECT() and the
 * others compare registers with constants; what differs is reported by its line. They use x27 to x30, or r8 to r12.
 */
#define FINISHER 0x100000

#ifdef __aarch64__

.macro START
    .section .text.start, "ax"
    .globl _start
_start:
    b begin
    .balign 8
    .space 88 /* the report: line at 8, expected at 48, got at 56 */
    .text
begin:
.endm

.macro PASS
#ifdef QEMU
    mov x0, #0
    b leave
#endif
    ldr x27, =FINISHER
    ldr w28, =0x5555
    str w28, [x27]
    b .
.endm

.macro expect reg, value, line
    mov x28, \reg
    ldr x29, =\value
    cmp x28, x29
    b.eq 9f
    ldr x30, =\line
    b fail
9:
.endm

.macro expect_v n, high, low, line
    mov x28, v\n\().d[0]
    expect x28, \low, \line
    mov x28, v\n\().d[1]
    expect x28, \high, \line
.endm

/* v\n = high:low */
.macro numbers n, high, low
    ldr x1, =\high
    ldr x2, =\low
    mov v\n\().d[0], x2
    mov v\n\().d[1], x1
.endm
#define NUMBERS(n, high, low) numbers n, high, low
#define EXPECT(reg, value) expect reg, value, __LINE__
#define EXPECT_V(n, high, low) expect_v n, high, low, __LINE__

    .text
fail: /* x28 instead of x29, at line x30 */
    ldr x27, =0x80000000
    stp x29, x28, [x27, #48]
    str x30, [x27, #8]
#ifdef QEMU /* a process: write(1, report, 88), exit(1) */
    mov x0, #1
    mov x1, x27
    mov x2, #88
    mov x8, #64
    svc #0
    mov x0, #1
leave:
    mov x8, #93
    svc #0
#endif
    ldr x27, =FINISHER
    ldr w28, =0x13333
    str w28, [x27]
    b .
    .ltorg

#else

.syntax unified
#if __ARM_ARCH_PROFILE == 'M'
#define M_PROFILE
#else
.fpu crypto-neon-fp-armv8
#endif

/* ldr reg, =value, with the flags as they are; r7 is used where there is no movw. */
.macro constant reg, value
#if defined(__ARM_ARCH_6M__)
    ldr r7, 7f
    mov \reg, r7
    b 8f
    .balign 4
7:  .word \value
8:
#else
    movw \reg, #((\value) & 0xffff)
    movt \reg, #((\value) >> 16 & 0xffff)
#endif
.endm

/* The same of a symbol, and a number that is added. */
.macro place_of reg, symbol
#if defined(__ARM_ARCH_6M__)
    constant \reg, \symbol
#else
    movw \reg, #:lower16:\symbol
    movt \reg, #:upper16:\symbol
#endif
.endm

#ifdef M_PROFILE
/* The CPU begins in T32, without FP. */
.macro START
    .section .text.start, "ax"
    .globl _start
    .thumb
    .thumb_func
_start:
    bl begin
    .balign 8
    .space 88
    .text
    .thumb_func
begin:
#ifdef __ARM_FP
    ldr r0, =0xe000ed88 /* CPACR */
    ldr r1, =0xf << 20
    str r1, [r0]
    dsb
    isb
#endif
.endm
#else
/* The CPU begins in A32. */
.macro START
    .section .text.start, "ax"
    .globl _start
    .arm
_start:
    b 1f
    .balign 8
    .space 88
1:
#ifdef __thumb__
    blx begin
    .text
    .thumb
    .thumb_func
#else
    b begin
    .text
#endif
begin:
.endm
#endif

.macro PASS
#ifdef QEMU
    mov r0, #0
    b leave
#endif
    constant r0, FINISHER
    constant r1, 0x5555
    str r1, [r0]
    b .
    .ltorg
.endm

.macro expect reg, value, line
    mov r9, \reg
    constant r10, \value
    cmp r9, r10
    beq 9f
    constant r11, \line
    bl fail
9:
.endm

.macro expect_d n, high, low, line
    vmov r8, r12, d\n
    expect r12, \high, \line
    vmov r8, r12, d\n
    expect r8, \low, \line
.endm

/* FPSCR's flags: QC, IDC, IXC, UFC, OFC, DZC, IOC */
.macro expect_flags value, line
    vmrs r8, fpscr
    constant r12, 0x0800009f
    and r8, r8, r12
    expect r8, \value, \line
.endm

/* FPSCR becomes that. */
.macro control value
    constant r8, \value
    vmsr fpscr, r8
.endm

/* d\n = high:low */
.macro set_d n, high, low
    constant r8, \low
    constant r9, \high
    vmov d\n, r8, r9
.endm

.macro set_q_1 h1, l1, h0, l0
    set_d 2, \h0, \l0
    set_d 3, \h1, \l1
.endm
.macro set_q_2 h1, l1, h0, l0
    set_d 4, \h0, \l0
    set_d 5, \h1, \l1
.endm
.macro set_q_8 h1, l1, h0, l0
    set_d 16, \h0, \l0
    set_d 17, \h1, \l1
.endm
/* Q register n, of 1, 2 and 8 = four words, the highest first. */
#define SET(n, h1, l1, h0, l0) set_q_##n h1, l1, h0, l0
#define EXPECT(reg, value) expect reg, value, __LINE__
#define EXPECT_D(n, high, low) expect_d n, high, low, __LINE__
#define EXPECT_Q(n, h1, l1, h0, l0) expect_q n, h1, l1, h0, l0, __LINE__
#define EXPECT_FLAGS(value) expect_flags value, __LINE__

#define QC 0x08000000
#define IDC 0x80
#define IXC 0x10
#define UFC 0x08
#define OFC 0x04
#define DZC 0x02
#define IOC 0x01
#define FZ16 0x00080000
#define RUP 0x00400000
#define RDN 0x00800000
#define RTZ 0x00c00000
#define FZ 0x01000000
#define DN 0x02000000
#define AHP 0x04000000

    .text
    .type fail, %function
#ifdef __thumb__
    .thumb_func
#endif
fail: /* r9 instead of r10, at line r11 */
    mov r0, r9
    mov r1, r10
    mov r2, r11
    ldr r3, =0x80000000
    str r2, [r3, #8]
    str r1, [r3, #48]
    str r0, [r3, #56]
#ifdef QEMU
    mov r0, #1
    mov r1, r3
    mov r2, #88
    mov r7, #4
    svc #0
    mov r0, #1
leave:
    mov r7, #1
    svc #0
#endif
    ldr r3, =FINISHER
    ldr r2, =0x13333
    str r2, [r3]
    b .
    .ltorg

#endif
