/* SPDX-License-Identifier: BSD-2-Clause */
/* Bare-metal start on arm-virt with a Cortex-A15: the FPU, page tables, then main() with the MMU on. */
    .syntax unified
    .arm
    .section .text.start, "ax"
    .globl _start
_start:
    ldr sp, =stack_top
    ldr r0, =0xf << 20 /* CPACR */
    mcr p15, 0, r0, c1, c0, 2
    isb
    mov r0, #1 << 30 /* FPEXC.EN */
    vmsr fpexc, r0
    ldr r0, =__bss_start
    ldr r1, =__bss_end
    mov r2, #0
1:  cmp r0, r1
    strlo r2, [r0], #4
    blo 1b
    blx make_page_tables
    mcr p15, 0, r0, c2, c0, 0 /* TTBR0 */
    mov r0, #0
    mcr p15, 0, r0, c2, c0, 2 /* TTBCR */
    mov r0, #1
    mcr p15, 0, r0, c3, c0, 0 /* DACR: domain 0 by its permissions */
    ldr r0, =vectors
    mcr p15, 0, r0, c12, c0, 0 /* VBAR */
    mcr p15, 0, r0, c8, c7, 0 /* TLBIALL */
    dsb
    mrc p15, 0, r0, c1, c0, 0
    ldr r1, =0x1805 /* I, Z, C, M */
    orr r0, r0, r1
    mcr p15, 0, r0, c1, c0, 0
    isb
    blx main
    blx finish
1:  wfi
    b 1b

    /* An exception ends the run. */
    .align 5
vectors:
    .rept 8
    b 2f
    .endr
2:  ldr sp, =stack_top
    blx finish

    .bss
    .align 12
stack:
    .space 262144
stack_top:
