/* SPDX-License-Identifier: BSD-2-Clause */
/* MD5's compression of 64-byte blocks: additions, rotations by constants, loads of words and of a table. RFC 1321. */
#include "bench.h"

static const uint8_t shift[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
static uint32_t constant[64], block[16];

/* Stands in for the sine of the step's number: any words do for time. */
static void make_constants(void)
{
    uint32_t seed = 1;

    for (int i = 0; i < 64; i++)
        constant[i] = random_next(&seed) * 2654435761u;
}

static uint32_t mix(int round, uint32_t b, uint32_t c, uint32_t d)
{
    switch (round) {
    case 0: return d ^ (b & (c ^ d));
    case 1: return c ^ (d & (b ^ c));
    case 2: return b ^ c ^ d;
    default: return c ^ (b | ~d);
    }
}

static void compress(uint32_t state[4])
{
    static const uint8_t first[4] = {0, 1, 5, 0}, step[4] = {1, 5, 3, 7};
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];

    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 16; i++) {
            uint32_t sum = a + mix(round, b, c, d) + constant[16 * round + i] +
                           block[(first[round] + i * step[round]) & 15];
            int n = shift[round][i & 3];
            a = d;
            d = c;
            c = b;
            b += sum << n | sum >> (32 - n);
        }
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

uint64_t bench(void)
{
    uint32_t state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};

    make_constants();
    for (int i = 0; i < 2000000; i++) {
        block[i & 15] ^= state[i & 3];
        compress(state);
    }
    return (uint64_t)state[0] << 32 | state[1];
}
