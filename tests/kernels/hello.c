/* SPDX-License-Identifier: BSD-2-Clause */
/* The first program: every hart says hello, in turn; -DHARTS=n of them. */
#include "kernel.h"

#ifndef HARTS
#define HARTS 1
#endif

void kmain(word h)
{
    static uint32_t turn, all;

    while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != h)
        ;
    print("hello from hart %u\n", h);
    __atomic_store_n(&turn, h + 1, __ATOMIC_RELEASE);
    meet(&all, HARTS);
    passed("%u harts", (word)HARTS);
}
