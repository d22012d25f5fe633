/* SPDX-License-Identifier: BSD-2-Clause */
/* Copy, fill and sum of 256 KiB. */
#include "bench.h"

#define N (256u << 10)
static uint64_t a[N / 8], b[N / 8];

uint64_t bench(void)
{
    uint64_t sum = 0;
    for (unsigned round = 0; round < 12000; round++) {
        for (unsigned i = 0; i < N / 8; i++)
            a[i] = round + i;
        memcpy(b, a, N);
        for (unsigned i = 0; i < N / 8; i++)
            sum += b[i];
        uint8_t *bytes = (uint8_t *)a;
        for (unsigned i = 0; i < N; i += 16)
            bytes[i] = round;
    }
    return sum;
}
