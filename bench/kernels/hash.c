/* SPDX-License-Identifier: BSD-2-Clause */
/* A hash table with open addressing and a multiplicative hash: insertion and look-up. */
#include "bench.h"

#define BITS 16

static struct {
    uint64_t key, value;
} table[1 << BITS];

static unsigned place(uint64_t key)
{
    unsigned i = key * 0x9e3779b97f4a7c15u >> (64 - BITS);

    while (table[i].key && table[i].key != key)
        i = (i + 1) & ((1u << BITS) - 1);
    return i;
}

uint64_t bench(void)
{
    uint32_t seed = 5;
    uint64_t sum = 0;

    for (int n = 0; n < 60000000; n++) {
        uint64_t key = 1 + (random_next(&seed) & 0x7fff) * 977;
        unsigned i = place(key);
        table[i].key = key;
        sum += table[i].value++;
    }
    return sum;
}
