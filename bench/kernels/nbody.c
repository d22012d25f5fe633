/* SPDX-License-Identifier: BSD-2-Clause */
/* Five bodies' motion in double precision. */
#include "bench.h"

struct body {
    double x[3], v[3], mass;
};
static struct body bodies[5];

uint64_t bench(void)
{
    uint32_t seed = 11;
    for (int i = 0; i < 5; i++) {
        for (int d = 0; d < 3; d++) {
            bodies[i].x[d] = (random_next(&seed) & 0xffff) / 4096.0 - 8;
            bodies[i].v[d] = (random_next(&seed) & 0xffff) / 65536.0 - 0.5;
        }
        bodies[i].mass = i ? 0.01 * i : 39.0;
    }
    for (int step = 0; step < 1500000; step++) {
        for (int i = 0; i < 5; i++) {
            for (int k = i + 1; k < 5; k++) {
                double d[3], r2 = 0.001;
                for (int n = 0; n < 3; n++) {
                    d[n] = bodies[i].x[n] - bodies[k].x[n];
                    r2 += d[n] * d[n];
                }
                double mag = 0.001 / (r2 * __builtin_sqrt(r2));
                for (int n = 0; n < 3; n++) {
                    bodies[i].v[n] -= d[n] * bodies[k].mass * mag;
                    bodies[k].v[n] += d[n] * bodies[i].mass * mag;
                }
            }
        }
        for (int i = 0; i < 5; i++)
            for (int n = 0; n < 3; n++)
                bodies[i].x[n] += 0.001 * bodies[i].v[n];
    }
    return (uint64_t)(int64_t)(bodies[0].x[0] * 1e6);
}
