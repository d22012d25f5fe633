/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernels' runtime: page tables, console, end of the run. */
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

void print_number(uint64_t v)
{
    char buf[24], *p = buf + sizeof(buf);

    *--p = 0;
    do {
        *--p = '0' + v % 10;
        v /= 10;
    } while (v);
    print(p);
}

void finish(void)
{
    *TEST_DEVICE = 0x5555;
    for (;;)
        ;
}

void *memcpy(void *d, const void *s, size_t n)
{
    uint8_t *to = d;
    const uint8_t *from = s;

    if (!(((uintptr_t)to | (uintptr_t)from) & 7)) {
        for (; n >= 8; n -= 8, to += 8, from += 8)
            *(uint64_t *)to = *(const uint64_t *)from;
    }
    while (n--)
        *to++ = *from++;
    return d;
}

void *memset(void *d, int c, size_t n)
{
    uint8_t *to = d;

    while (n--)
        *to++ = c;
    return d;
}

int main(void)
{
    uint64_t result = bench();

    print("result ");
    print_number(result);
    print("\n");
    return 0;
}
