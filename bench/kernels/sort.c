/* SPDX-License-Identifier: BSD-2-Clause */
/* Quicksort through a comparison function. */
#include "bench.h"

static uint32_t data[1 << 18];

static __attribute__((noinline)) int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void sort(uint32_t *v, long n, int (*cmp)(const void *, const void *))
{
    while (n > 12) {
        uint32_t pivot = v[n / 2];
        long i = 0, k = n - 1;
        while (i <= k) {
            while (cmp(&v[i], &pivot) < 0)
                i++;
            while (cmp(&v[k], &pivot) > 0)
                k--;
            if (i <= k) {
                uint32_t t = v[i];
                v[i++] = v[k];
                v[k--] = t;
            }
        }
        sort(v, k + 1, cmp);
        v += i;
        n -= i;
    }
    for (long i = 1; i < n; i++) {
        uint32_t t = v[i];
        long k = i;
        for (; k && cmp(&v[k - 1], &t) > 0; k--)
            v[k] = v[k - 1];
        v[k] = t;
    }
}

uint64_t bench(void)
{
    uint32_t seed = 1;
    uint64_t sum = 0;
    for (int round = 0; round < 16; round++) {
        for (unsigned i = 0; i < 1 << 18; i++)
            data[i] = random_next(&seed) << 8 ^ random_next(&seed);
        sort(data, 1 << 18, compare);
        sum += data[1 << 17];
    }
    return sum;
}
