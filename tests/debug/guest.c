/* SPDX-License-Identifier: BSD-2-Clause */
/* What the debugger's tests run: memory to watch, calls, traps, a second hart, and an end without end. */
#include <stdint.h>

#if __riscv_xlen == 64
#define LOAD "ld"
#define STORE "sd"
#else
#define LOAD "lw"
#define STORE "sw"
#endif

volatile uint64_t watched, read_me = 0x1122334455667788, both, hart1_count, traps, loops;
volatile char text[] = "a string\n";

/* Two traps and returns from them. */
__attribute__((noinline)) void trap_twice(void)
{
    __asm__ volatile("ecall_here: ecall\n after_ecall: nop\n ecall\n" ::: "memory", "a0");
}

__attribute__((noinline)) uint64_t add_up(uint64_t n)
{
    uint64_t sum = 0;
    for (uint64_t i = 1; i <= n; i++)
        sum += i;
    return sum;
}

__attribute__((noinline)) uint64_t outer(uint64_t n)
{
    return add_up(n) + 1;
}

__attribute__((noinline)) void spin(void)
{
    for (;;)
        loops++;
}

void hart0(void)
{
    uint64_t x;

    watched = outer(10);
    x = read_me;
    both = x + 1;
    both = both + 1;
    trap_twice();
    spin();
}

__attribute__((noinline)) void hart1_step(void)
{
    hart1_count++;
}

void hart1(void)
{
    for (;;)
        hart1_step();
}

__asm__(".section .text.start\n"
        ".globl _start\n"
        "_start: la t0, trap_entry\n"
        "csrw mtvec, t0\n"
        "csrr a0, mhartid\n"
        "la sp, stacks\n"
        "addi t1, a0, 1\n"
        "slli t1, t1, 12\n"
        "add sp, sp, t1\n"
        "bnez a0, 1f\n"
        "call hart0\n"
        "1: call hart1\n"
        ".balign 4\n"
        "trap_entry: csrw mscratch, t0\n"
        "la t0, traps\n"
        "csrw mtval, t1\n"
        LOAD " t1, 0(t0)\n"
        "addi t1, t1, 1\n"
        STORE " t1, 0(t0)\n"
        "csrr t1, mepc\n"
        "addi t1, t1, 4\n"
        "csrw mepc, t1\n"
        "csrr t1, mtval\n"
        "csrr t0, mscratch\n"
        "trap_return: mret\n"
        ".bss\n"
        ".balign 16\n"
        "stacks: .space 16384\n"
        ".text\n");
