/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernels' runtime for arm64-virt: page tables, console, end of the run. */
#include "bench.h"

#define RAM 0x40000000ul
#define MAPPED (96ul << 20)
#define PL011 ((volatile uint32_t *)0x9000000)

#define TABLE 3ul
#define PAGE (3ul | 1ul << 10 | 3ul << 8 | 1ul << 2) /* access flag, inner shareable, Normal */
#define DEVICE_BLOCK (1ul | 1ul << 10 | 3ul << 53)

static uint64_t root[512] __attribute__((aligned(4096))), high[512] __attribute__((aligned(4096)));
static uint64_t ram_tables[MAPPED >> 21][512] __attribute__((aligned(4096)));

/* Identity: RAM by 4 KiB pages, devices below 1 GiB by one block. The address for TTBR0. */
uint64_t make_page_tables(void)
{
    root[0] = DEVICE_BLOCK;
    root[RAM >> 30] = (uintptr_t)high | TABLE;
    for (uint64_t i = 0; i < MAPPED >> 21; i++) {
        high[i] = (uintptr_t)ram_tables[i] | TABLE;
        for (uint64_t k = 0; k < 512; k++)
            ram_tables[i][k] = (RAM + (i << 21) + (k << 12)) | PAGE;
    }
    return (uintptr_t)root;
}

void print(const char *s)
{
    while (*s)
        *PL011 = (uint8_t)*s++;
}

/* PSCI SYSTEM_OFF */
void finish(void)
{
    register uint64_t x0 __asm__("x0") = 0x84000008;
    for (;;)
        __asm__ volatile("hvc #0" : "+r"(x0)::"memory");
}
