/* SPDX-License-Identifier: BSD-2-Clause */
/* Products of integer matrices, row by column. */
#include "bench.h"

#define N 96

static int32_t a[N][N], b[N][N], c[N][N];

uint64_t bench(void)
{
    uint32_t seed = 3;
    uint64_t sum = 0;

    for (int i = 0; i < N * N; i++) {
        a[i / N][i % N] = random_next(&seed) % 1000;
        b[i / N][i % N] = random_next(&seed) % 1000;
    }
    for (int pass = 0; pass < 600; pass++) {
        for (int i = 0; i < N; i++) {
            for (int k = 0; k < N; k++) {
                int32_t s = 0;
                for (int j = 0; j < N; j++)
                    s += a[i][j] * b[j][k];
                c[i][k] = s;
            }
        }
        a[pass % N][0] ^= c[0][pass % N];
        sum += c[pass % N][0];
    }
    return sum;
}
