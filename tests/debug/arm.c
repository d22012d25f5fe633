/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program that gdb's tests of ARM CPUs run, for A64, A32 and T32: a loop with a call, and a register of each kind.
 */
unsigned long numbers[8] = { 3, 1, 4, 1, 5, 9, 2, 6 };
volatile unsigned long sum;

__attribute__((noinline)) unsigned long add_up(unsigned long n)
{
    unsigned long total = 0;
    for (unsigned long i = 0; i < n; i++)
        total += numbers[i];
    return total;
}

__attribute__((noinline)) void outer(void)
{
    sum = add_up(8);
    __asm__ volatile("nop");
}

__attribute__((noinline)) void fp(void)
{
#ifdef __aarch64__
    __asm__ volatile("mov x9, #3 << 20\n msr cpacr_el1, x9\n isb\n fmov d3, #2.5" ::: "x9", "d3");
#else
    __asm__ volatile(".fpu neon-vfpv4\n mov r3, #0xf00000\n mcr p15, 0, r3, c1, c0, 2\n isb\n mov r3, #0x40000000\n"
                     "vmsr fpexc, r3\n vmov.f64 d3, #2.5" ::: "r3");
#endif
}

__attribute__((noreturn)) void main_loop(void)
{
    fp();
    for (;;)
        outer();
}

__asm__(".section .text.start, \"ax\"\n.globl _start\n.type _start, %function\n"
#ifdef __aarch64__
        "_start: adrp x0, stack\n add sp, x0, :lo12:stack\n b main_loop\n"
#else
        ".arm\n_start: ldr sp, =stack\n ldr r0, =main_loop\n bx r0\n.ltorg\n"
#endif
        ".bss\n.balign 16\n.skip 4096\nstack:\n.previous\n");
