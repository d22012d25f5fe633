// SPDX-License-Identifier: BSD-2-Clause
// Where the programs begin on each architecture, and where exceptions go: refused(). USER: unprivileged code calls.
        .section .start, "ax"
        .globl _start
#if defined(__riscv)
_start:
        la sp, stack_top
        la t0, trap
        csrw mtvec, t0
#ifdef USER
        li t0, -1 // all memory
        csrw pmpaddr0, t0
        li t0, 0x1f
        csrw pmpcfg0, t0
        li t0, 0x1800
        csrc mstatus, t0
        la t0, begin
        csrw mepc, t0
        mret
#endif
        j begin
        .balign 4
trap:   j refused
#elif defined(__aarch64__)
_start:
        adr x0, stack_top
        mov sp, x0
        adr x0, vectors
        msr vbar_el1, x0
#ifdef USER
        adr x0, stack_top - 256
        msr sp_el0, x0
        adr x0, begin
        msr elr_el1, x0
        msr spsr_el1, xzr
        eret
#endif
        b begin
        .balign 2048
vectors:
        .rept 16
        b refused
        .balign 128
        .endr
#elif __ARM_ARCH_PROFILE == 'M'
        .syntax unified
        .thumb
        .word stack_top, _start + 1, refused, refused
        .thumb_func
_start:
#ifdef USER
        movs r0, 1
        msr control, r0
        isb
#endif
        bl begin
#else
        .syntax unified
        .arm
        .balign 32
vectors:
        .rept 8
        b to_refused
        .endr
to_refused:
        ldr sp, =stack_top
        ldr r0, =refused
        bx r0
_start:
        ldr sp, =stack_top
        ldr r0, =vectors
        mcr p15, 0, r0, c12, c0, 0
#ifdef USER
        cps 16
        ldr sp, =stack_top - 256
#endif
        ldr r0, =begin
        bx r0
        .ltorg
#endif
