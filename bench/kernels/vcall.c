/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls through function pointers that change from call to call. */
#include "bench.h"

struct shape {
    uint64_t (*area)(const struct shape *s);
    uint64_t w, h;
};
static __attribute__((noinline)) uint64_t square(const struct shape *s) { return s->w * s->w; }
static __attribute__((noinline)) uint64_t rectangle(const struct shape *s) { return s->w * s->h; }
static __attribute__((noinline)) uint64_t triangle(const struct shape *s) { return s->w * s->h / 2; }
static __attribute__((noinline)) uint64_t line(const struct shape *s) { return s->w + s->h; }

static struct shape shapes[1024];

uint64_t bench(void)
{
    static uint64_t (*const kinds[])(const struct shape *) = { square, rectangle, triangle, line };
    uint32_t seed = 5;
    uint64_t sum = 0;
    for (int i = 0; i < 1024; i++)
        shapes[i] = (struct shape){ kinds[random_next(&seed) & 3], random_next(&seed) & 255, random_next(&seed) & 255 };
    for (int round = 0; round < 60000; round++)
        for (int i = 0; i < 1024; i++)
            sum += shapes[i].area(&shapes[i]);
    return sum;
}
