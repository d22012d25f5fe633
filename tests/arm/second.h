/* SPDX-License-Identifier: BSD-2-Clause */
/* The second CPU of a program at EL1, or in Supervisor mode: PSCI starts it in second(), on a stack of its own. */
#ifndef TEST_ARM_SECOND_H
#define TEST_ARM_SECOND_H

#include "board.h"

char second_stack[1024] __attribute__((aligned(16)));
void second_entry(void);
/* The program's. It does not return. */
void second(void);

#ifdef A32
__asm__(".text\n.arm\nsecond_entry: ldr sp, =second_stack + 1024\n b second\n.ltorg\n");
#else
__asm__(".text\nsecond_entry: adrp x0, second_stack + 1024\n add sp, x0, :lo12:second_stack + 1024\n b second\n");
#endif

/* CPU_ON's answer. */
static ulong start_second(void)
{
#ifdef A32
    register ulong r0 __asm__("r0") = 0x84000003, r1 __asm__("r1") = 1, r2 __asm__("r2") = (ulong)second_entry;
    register ulong r3 __asm__("r3") = 0;
    __asm__ volatile(".arch_extension virt\n hvc #0" : "+r"(r0) : "r"(r1), "r"(r2), "r"(r3) : "memory");
#else
    register ulong r0 __asm__("x0") = 0xc4000003, r1 __asm__("x1") = 1, r2 __asm__("x2") = (ulong)second_entry;
    register ulong r3 __asm__("x3") = 0;
    __asm__ volatile("hvc #0" : "+r"(r0) : "r"(r1), "r"(r2), "r"(r3) : "memory");
#endif
    return r0;
}

#endif
