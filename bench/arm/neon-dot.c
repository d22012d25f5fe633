/* SPDX-License-Identifier: BSD-2-Clause */
/* Advanced SIMD: dot products of 16-bit numbers, by widening multiply-accumulate. */
#include <arm_neon.h>

#include "bench.h"

#define N 16384

static int16_t a[N], b[N];

uint64_t bench(void)
{
    uint32_t seed = 3;
    uint64_t sum = 0;

    for (int i = 0; i < N; i++) {
        a[i] = random_next(&seed);
        b[i] = random_next(&seed);
    }
    for (int pass = 0; pass < 40000; pass++) {
        int32x4_t low = vdupq_n_s32(0), high = low;
        for (int i = 0; i < N; i += 8) {
            int16x8_t x = vld1q_s16(a + i), y = vld1q_s16(b + i);
            low = vmlal_s16(low, vget_low_s16(x), vget_low_s16(y));
            high = vmlal_high_s16(high, x, y);
        }
        sum += (uint32_t)vaddvq_s32(vaddq_s32(low, high));
        a[pass & (N - 1)] ^= 1;
    }
    return sum;
}
