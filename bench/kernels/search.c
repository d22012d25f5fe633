/* SPDX-License-Identifier: BSD-2-Clause */
/* Strings: length, comparison and search, byte by byte. */
#include "bench.h"

#define SIZE 65536

static char text[SIZE + 1];

static size_t length(const char *s)
{
    const char *p = s;

    while (*p)
        p++;
    return p - s;
}

static const char *find(const char *s, const char *what)
{
    for (; *s; s++) {
        size_t i = 0;
        while (what[i] && s[i] == what[i])
            i++;
        if (!what[i])
            return s;
    }
    return NULL;
}

uint64_t bench(void)
{
    static const char *const words[] = {"abcde", "zzzy", "hgfed", "qrst", "mnmnm"};
    uint32_t seed = 11;
    uint64_t sum = 0;

    for (int i = 0; i < SIZE; i++)
        text[i] = 'a' + random_next(&seed) % 26;
    for (int pass = 0; pass < 1500; pass++) {
        for (unsigned w = 0; w < sizeof(words) / sizeof(words[0]); w++) {
            const char *at = find(text, words[w]);
            sum += at ? at - text : 0;
        }
        text[pass * 40] ^= 1;
        sum += length(text);
    }
    return sum;
}
