/* SPDX-License-Identifier: BSD-2-Clause */
/* Division of 64 and 32 bits: greatest common divisors, powers modulo a number, decimal digits. */
#include "bench.h"

static uint64_t gcd(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t r = a % b;
        a = b;
        b = r;
    }
    return a;
}

static uint64_t power(uint32_t base, uint32_t exponent, uint32_t modulus)
{
    uint64_t r = 1, b = base % modulus;

    for (; exponent; exponent >>= 1, b = b * b % modulus) {
        if (exponent & 1)
            r = r * b % modulus;
    }
    return r;
}

/* Without instructions for it, 64 bits take ten times as long. */
#if UINTPTR_MAX > UINT32_MAX
#define ROUNDS 1000000
#else
#define ROUNDS 100000
#endif

uint64_t bench(void)
{
    uint32_t seed = 13;
    uint64_t sum = 0;

    for (int n = 0; n < ROUNDS; n++) {
        uint64_t a = (uint64_t)random_next(&seed) << 40 | random_next(&seed), b = random_next(&seed) | 1;
        sum += gcd(a, b) + power(b, a | 1, 1000003);
        volatile uint64_t base = 10; /* no multiplication by the inverse */
        for (uint64_t v = a; v; v /= base)
            sum += v % base;
    }
    return sum;
}
