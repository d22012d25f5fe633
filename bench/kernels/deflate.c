/* SPDX-License-Identifier: BSD-2-Clause */
/* How a compressor finds matches: a hash of three bytes, chains of earlier places, comparison byte by byte. */
#include "bench.h"

#define SIZE (256 * 1024)
#define WINDOW 32768
#define HASH_BITS 15
#define CHAIN 64
#define MATCH_MAX 258

static uint8_t text[SIZE + MATCH_MAX];
static uint16_t previous[WINDOW], head[1 << HASH_BITS];

/* Words of a small vocabulary, as text has them. */
static void make_text(void)
{
    uint32_t seed = 7;

    for (unsigned i = 0; i < SIZE;) {
        uint32_t word = random_next(&seed) % 600, length = 2 + word % 7;
        for (unsigned k = 0; k < length && i < SIZE; k++)
            text[i++] = 'a' + (word * (k + 3) + k) % 26;
        text[i++] = ' ';
    }
}

static unsigned longest(unsigned at, unsigned candidate)
{
    unsigned best = 2, limit = at > WINDOW ? at - WINDOW : 0;

    for (int n = 0; n < CHAIN && candidate > limit; n++) {
        const uint8_t *a = text + at, *b = text + candidate;
        if (a[best] == b[best] && a[best - 1] == b[best - 1] && a[0] == b[0]) {
            unsigned length = 1;
            while (length < MATCH_MAX && a[length] == b[length])
                length++;
            if (length > best)
                best = length;
        }
        unsigned next = previous[candidate % WINDOW] | (candidate & ~0xffffu);
        candidate = next < candidate ? next : next - 0x10000u < candidate ? next - 0x10000u : 0;
    }
    return best;
}

uint64_t bench(void)
{
    uint64_t matched = 0;

    make_text();
    for (int pass = 0; pass < 40; pass++) {
        memset(head, 0, sizeof(head));
        for (unsigned at = 1; at + MATCH_MAX < SIZE;) {
            unsigned hash = (text[at] << 10 ^ text[at + 1] << 5 ^ text[at + 2]) & ((1u << HASH_BITS) - 1);
            unsigned candidate = head[hash] | (at & ~0xffffu);
            if (candidate >= at)
                candidate = candidate >= 0x10000 ? candidate - 0x10000 : 0;
            unsigned length = candidate ? longest(at, candidate) : 2;
            previous[at % WINDOW] = head[hash];
            head[hash] = at;
            matched += length;
            at += length > 2 ? length : 1;
        }
    }
    return matched;
}
