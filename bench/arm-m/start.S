/* SPDX-License-Identifier: BSD-2-Clause */
/* Bare-metal start on a Cortex-M; code of Armv6-M. An exception ends the run. */
    .syntax unified
    .thumb
    .section .vectors, "a"
    .word stack_top
    .word _start + 1
    .rept 14
    .word finish
    .endr

    .text
    .globl _start
    .thumb_func
_start:
    ldr r0, =0xe000ed88 /* CPACR: the FPU, where there is one */
    ldr r1, =0xf << 20
    str r1, [r0]
    dsb
    isb
    ldr r0, =__bss_start
    ldr r1, =__bss_end
    movs r2, #0
1:  cmp r0, r1
    bhs 2f
    stmia r0!, {r2}
    b 1b
2:  bl main
    bl finish
