/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accesses far apart from each other under many address spaces: what the soft page tables take of the host's memory
 * must be bounded. Sv48 tables that lead everywhere to the same 2 MiB. With -DWAIT it waits at its end to be measured.
 */
#include "rig.h"

#ifndef SPACES
#define SPACES 2
#endif
#ifndef TOUCHED
#define TOUCHED (1 << 18) /* regions of 2 MiB in each */
#endif

static uint64_t root[512] __attribute__((aligned(4096))), middle[512] __attribute__((aligned(4096))),
    leaves[512] __attribute__((aligned(4096)));

void trap(struct frame *f)
{
    unexpected(f);
}

int main(uint64_t hart)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < 512; i++) {
        root[i] = (uint64_t)middle >> 2 | 1;
        middle[i] = (uint64_t)leaves >> 2 | 1;
        leaves[i] = 0x80000000 >> 2 | 0xcf;
    }
    csrw(pmpaddr0, -1);
    csrw(pmpcfg0, 0x1f);
    csrc(mstatus, MSTATUS_MPP);
    csrs(mstatus, MSTATUS_MPP_S);
    for (uint64_t space = 1; space <= SPACES; space++) {
        csrw(satp, 9ull << 60 | space << 44 | (uint64_t)root >> 12);
        for (uint64_t i = 0; i < TOUCHED; i++) {
            uint32_t v;
            __asm__ volatile("csrs mstatus, %2\n lw %0, 0(%1)\n csrc mstatus, %2"
                             : "=&r"(v)
                             : "r"(i << 21), "r"(MSTATUS_MPRV)
                             : "memory");
            sum += v;
        }
    }
    expect(sum == (uint64_t)SPACES * TOUCHED * *(uint32_t *)0x80000000, "sum", sum);
#ifdef WAIT
    print("passed: words read 2 MiB from each other: ");
    print_dec(SPACES * TOUCHED);
    print("\n");
    for (;;)
        __asm__ volatile("wfi");
#endif
    passed("words read 2 MiB from each other:", SPACES * TOUCHED);
}
