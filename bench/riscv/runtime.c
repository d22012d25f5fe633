/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernels' runtime for riscv64-virt: page tables, console, end of the run. */
#include "bench.h"

#define RAM 0x80000000ul
#define MAPPED (96ul << 20)
#define UART ((volatile uint8_t *)0x10000000)
#define TEST_DEVICE ((volatile uint32_t *)0x100000)

#define PTE_V 1ul
#define PTE_LEAF 0xcful /* D A X W R V */

static uint64_t root[512] __attribute__((aligned(4096)));
static uint64_t low[512] __attribute__((aligned(4096))), high[512] __attribute__((aligned(4096)));
static uint64_t ram_tables[MAPPED >> 21][512] __attribute__((aligned(4096)));

static uint64_t table(const void *t)
{
    return (uintptr_t)t >> 12 << 10 | PTE_V;
}

/* Identity: RAM by 4 KiB pages, devices below 1 GiB by 2 MiB ones. In M-mode, before anything else. */
uint64_t make_page_tables(void)
{
    root[0] = table(low);
    root[RAM >> 30] = table(high);
    for (uint64_t i = 0; i < 512; i++)
        low[i] = (i << 21) >> 12 << 10 | (PTE_LEAF & ~8ul);
    for (uint64_t i = 0; i < MAPPED >> 21; i++) {
        high[i] = table(ram_tables[i]);
        for (uint64_t k = 0; k < 512; k++)
            ram_tables[i][k] = (RAM + (i << 21) + (k << 12)) >> 12 << 10 | PTE_LEAF;
    }
    return 8ul << 60 | (uintptr_t)root >> 12;
}

void print(const char *s)
{
    while (*s)
        *UART = *s++;
}

void finish(void)
{
    *TEST_DEVICE = 0x5555;
    for (;;)
        ;
}
