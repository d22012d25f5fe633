/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernels' runtime: what is the same on all machines. */
#include "bench.h"

void print_number(uint64_t v)
{
    char buf[24], *p = buf + sizeof(buf);

    *--p = 0;
    do {
        *--p = '0' + v % 10;
        v /= 10;
    } while (v);
    print(p);
}

void *memcpy(void *d, const void *s, size_t n)
{
    uint8_t *to = d;
    const uint8_t *from = s;

    if (!(((uintptr_t)to | (uintptr_t)from) & 7)) {
        for (; n >= 8; n -= 8, to += 8, from += 8)
            *(uint64_t *)to = *(const uint64_t *)from;
    }
    while (n--)
        *to++ = *from++;
    return d;
}

void *memset(void *d, int c, size_t n)
{
    uint8_t *to = d;

    while (n--)
        *to++ = c;
    return d;
}

int main(void)
{
    uint64_t result = bench();

    print("result ");
    print_number(result);
    print("\n");
    return 0;
}
