/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A loop that takes a way for the first time when it has long been made one unit: it lies behind the loop and jumps
 * back.
 */
#include "rig.h"

#define TURNS 200000ul

void trap(struct frame *f)
{
    unexpected(f);
}

int main(uint64_t hart)
{
    uint64_t i = 0, sum = 0, half = TURNS / 2, t;

    __asm__ volatile("j 1f\n"
                     ".balign 4096\n"
                     "1: sltu %[t], %[i], %[half]\n"
                     "beqz %[t], 3f\n"
                     "2: addi %[i], %[i], 1\n"
                     "bne %[i], %[end], 1b\n"
                     "j 4f\n"
                     ".balign 256\n"
                     "3: add %[sum], %[sum], %[i]\n"
                     "j 2b\n"
                     "4:"
                     : [i] "+r"(i), [sum] "+r"(sum), [t] "=&r"(t)
                     : [half] "r"(half), [end] "r"(TURNS));
    expect(sum == (TURNS - 1) * TURNS / 2 - (half - 1) * half / 2, "sum", sum);
    passed("turns", TURNS);
}
