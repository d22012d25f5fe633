/* SPDX-License-Identifier: BSD-2-Clause */
/* Solving linear equations by elimination, in double precision unless linpackf.c says another. */
#include "bench.h"

#ifndef real
#define real double
#endif

#define N 100
static real a[N][N], b[N];

uint64_t bench(void)
{
    uint32_t seed = 13;
    real sum = 0;
    for (int round = 0; round < FP_TIMES(700); round++) {
        for (int i = 0; i < N; i++) {
            b[i] = 0;
            for (int k = 0; k < N; k++)
                b[i] += a[i][k] = (real)(random_next(&seed) & 0xffff) / 32768 - 1;
            a[i][i] += 2;
        }
        for (int p = 0; p < N - 1; p++)
            for (int i = p + 1; i < N; i++) {
                real f = a[i][p] / a[p][p];
                for (int k = p; k < N; k++)
                    a[i][k] -= f * a[p][k];
                b[i] -= f * b[p];
            }
        for (int i = N - 1; i >= 0; i--) {
            for (int k = i + 1; k < N; k++)
                b[i] -= a[i][k] * b[k];
            b[i] /= a[i][i];
        }
        sum += b[0];
    }
    return (uint64_t)(int64_t)(sum * 1000);
}
