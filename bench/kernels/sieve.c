/* SPDX-License-Identifier: BSD-2-Clause */
/* The sieve of Eratosthenes over bytes. */
#include "bench.h"

#define LIMIT 1000000

static uint8_t composite[LIMIT + 1];

uint64_t bench(void)
{
    uint64_t primes = 0;

    for (int pass = 0; pass < 150; pass++) {
        memset(composite, 0, sizeof(composite));
        for (uint32_t i = 2; i <= LIMIT; i++) {
            if (composite[i])
                continue;
            primes += i ^ pass;
            for (uint64_t k = (uint64_t)i * i; k <= LIMIT; k += i)
                composite[k] = 1;
        }
    }
    return primes;
}
