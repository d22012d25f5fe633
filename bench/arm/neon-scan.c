/* SPDX-License-Identifier: BSD-2-Clause */
/* Advanced SIMD: a byte is searched for, 16 at a time, as memchr() does. */
#include <arm_neon.h>

#include "bench.h"

#define SIZE 65536

static uint8_t text[SIZE + 16];

static size_t find(const uint8_t *p, uint8_t byte)
{
    uint8x16_t what = vdupq_n_u8(byte);
    for (size_t i = 0;; i += 16) {
        uint8x16_t equal = vceqq_u8(vld1q_u8(p + i), what);
        uint64_t bits = vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(equal), 4)), 0);
        if (bits)
            return i + __builtin_ctzll(bits) / 4;
    }
}

uint64_t bench(void)
{
    uint32_t seed = 11;
    uint64_t sum = 0;

    for (int i = 0; i < SIZE; i++)
        text[i] = 'a' + random_next(&seed) % 26;
    memset(text + SIZE, '!', 16);
    for (int pass = 0; pass < 60000; pass++) {
        sum += find(text, '!') + find(text + pass % 6000, 'q');
        text[pass * 16 & (SIZE - 1)] = 'Q';
    }
    return sum;
}
