/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls and recursion. */
#include "bench.h"

static __attribute__((noinline)) uint64_t fib(uint64_t n)
{
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

uint64_t bench(void)
{
    return fib(39);
}
