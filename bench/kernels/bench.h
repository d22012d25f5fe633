/* SPDX-License-Identifier: BSD-2-Clause */
/* What a kernel has: no libc, memory that is mapped by 4 KiB pages, a console. */
#ifndef BENCH_H
#define BENCH_H
#include <stddef.h>
#include <stdint.h>

/* The kernel: does its work and returns a checksum, which is printed. */
uint64_t bench(void);

void *memcpy(void *d, const void *s, size_t n);
void *memset(void *d, int c, size_t n);
void print(const char *s);
void print_number(uint64_t v);

/* How often a kernel of FP does what it does: without instructions for it that takes ten to twenty times as long. */
#ifdef __SOFTFP__
#define FP_TIMES(n) ((n) / 16)
#else
#define FP_TIMES(n) (n)
#endif

static inline uint32_t random_next(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}
#endif
