/* SPDX-License-Identifier: BSD-2-Clause */
/* Advanced SIMD: y = a * x + y of singles, fused. */
#include <arm_neon.h>

#include "bench.h"

#define N 8192

static float x[N], y[N];

uint64_t bench(void)
{
    uint32_t seed = 7;
    uint64_t sum = 0;

    for (int i = 0; i < N; i++) {
        x[i] = (float)(random_next(&seed) % 1000) - 500;
        y[i] = (float)(random_next(&seed) % 1000) - 500;
    }
    for (int pass = 0; pass < 6000; pass++) {
        float32x4_t a = vdupq_n_f32(pass & 1 ? 0.75f : -0.5f);
        for (int i = 0; i < N; i += 8) {
            vst1q_f32(y + i, vfmaq_f32(vld1q_f32(y + i), vld1q_f32(x + i), a));
            vst1q_f32(y + i + 4, vfmaq_f32(vld1q_f32(y + i + 4), vld1q_f32(x + i + 4), a));
        }
    }
    for (int i = 0; i < N; i++)
        sum = sum * 31 + (uint64_t)(int64_t)(y[i] * 16);
    return sum;
}
