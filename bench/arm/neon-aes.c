/* SPDX-License-Identifier: BSD-2-Clause */
/* AES-128 by the instructions for it: blocks in counter mode, with keys that are not expanded. */
#include <arm_neon.h>

#include "bench.h"

uint64_t bench(void)
{
    uint8x16_t key[11], sum = vdupq_n_u8(0);
    uint32_t seed = 13;

    for (int k = 0; k < 11; k++) {
        uint8_t bytes[16];
        for (int i = 0; i < 16; i++)
            bytes[i] = random_next(&seed);
        key[k] = vld1q_u8(bytes);
    }
    for (uint64_t n = 0; n < 3000000; n++) {
        uint8x16_t v = vreinterpretq_u8_u64(vcombine_u64(vcreate_u64(n), vcreate_u64(~n)));
        for (int k = 0; k < 9; k++)
            v = vaesmcq_u8(vaeseq_u8(v, key[k]));
        sum = veorq_u8(sum, veorq_u8(vaeseq_u8(v, key[9]), key[10]));
    }
    return vgetq_lane_u64(vreinterpretq_u64_u8(sum), 0) ^ vgetq_lane_u64(vreinterpretq_u64_u8(sum), 1);
}
