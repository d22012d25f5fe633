/* SPDX-License-Identifier: BSD-2-Clause */
/* Advanced SIMD: a 3 x 3 filter (1 2 1, 2 4 2, 1 2 1) over an image of bytes, rounded and narrowed. */
#include <arm_neon.h>

#include "bench.h"

#define WIDTH 512
#define HEIGHT 256

static uint8_t image[2][HEIGHT][WIDTH];

static uint16x8_t row(const uint8_t *p)
{
    return vaddq_u16(vaddl_u8(vld1_u8(p - 1), vld1_u8(p + 1)), vshll_n_u8(vld1_u8(p), 1));
}

uint64_t bench(void)
{
    uint32_t seed = 5;
    uint64_t sum = 0;

    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            image[0][y][x] = image[1][y][x] = random_next(&seed);
    for (int pass = 0; pass < 1000; pass++) {
        uint8_t(*from)[WIDTH] = image[pass & 1], (*to)[WIDTH] = image[!(pass & 1)];
        for (int y = 1; y < HEIGHT - 1; y++) {
            for (int x = 8; x < WIDTH - 8; x += 8) {
                uint16x8_t v = vaddq_u16(row(&from[y - 1][x]), row(&from[y + 1][x]));
                v = vaddq_u16(v, vshlq_n_u16(row(&from[y][x]), 1));
                vst1_u8(&to[y][x], vqrshrn_n_u16(v, 4));
            }
        }
        sum = sum * 31 + to[HEIGHT / 2][WIDTH / 2];
    }
    return sum;
}
