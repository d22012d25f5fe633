/* SPDX-License-Identifier: BSD-2-Clause */
/* A pointer chase through 32 MiB: the caches' and the TLB's misses. */
#include "bench.h"

#define N (32u << 20 >> 6)
static struct line {
    struct line *next;
    uint64_t pad[7];
} lines[N];

uint64_t bench(void)
{
    uint32_t seed = 7;
    for (unsigned i = 0; i < N; i++)
        lines[i].next = &lines[i];
    for (unsigned i = N - 1; i > 0; i--) { /* one cycle: Sattolo's shuffle */
        unsigned k = ((uint64_t)random_next(&seed) << 8 ^ random_next(&seed)) % i;
        struct line *t = lines[i].next;
        lines[i].next = lines[k].next;
        lines[k].next = t;
    }
    struct line *p = lines;
    for (unsigned i = 0; i < 8000000; i++)
        p = p->next;
    return p - lines;
}
