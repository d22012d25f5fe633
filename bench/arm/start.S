/* SPDX-License-Identifier: BSD-2-Clause */
/* Bare-metal start on arm64-virt at EL1: page tables, then main() with the MMU on. */
    .section .text.start, "ax"
    .globl _start
_start:
    mov x0, #3 << 20 /* CPACR_EL1.FPEN */
    msr cpacr_el1, x0
    isb
    ldr x0, =stack_top
    mov sp, x0
    ldr x0, =__bss_start
    ldr x1, =__bss_end
1:  cmp x0, x1
    b.hs 2f
    str xzr, [x0], #8
    b 1b
2:  bl make_page_tables
    msr ttbr0_el1, x0
    mov x0, #0xff00 /* attribute 0: device, 1: Normal, write-back */
    msr mair_el1, x0
    ldr x0, =(25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23 | 2 << 32) /* T0SZ, cacheable, EPD1, 40 bits */
    msr tcr_el1, x0
    ldr x0, =vectors
    msr vbar_el1, x0
    isb
    tlbi vmalle1
    dsb sy
    mrs x0, sctlr_el1
    ldr x1, =(1 | 1 << 2 | 1 << 12) /* M, C, I */
    orr x0, x0, x1
    msr sctlr_el1, x0
    isb
    bl main
    bl finish
1:  wfi
    b 1b

    /* SVC returns, any other exception ends the run. */
    .align 11
vectors:
    .rept 4
    .align 7
    bl finish
    .endr
    .align 7
    msr tpidr_el1, x0
    mrs x0, esr_el1
    lsr x0, x0, #26
    cmp x0, #0x15
    b.ne finish
    mrs x0, tpidr_el1
    eret
    .rept 11
    .align 7
    bl finish
    .endr

    .bss
    .align 12
stack:
    .space 262144
stack_top:
