/* SPDX-License-Identifier: BSD-2-Clause */
/* XXH64. Names are those of its specification ("xxHash fast digest algorithm", version 0.1.1). */
#include "hash64.h"

#include <glib.h>
#include <string.h>

#define PRIME_1 UINT64_C(0x9e3779b185ebca87)
#define PRIME_2 UINT64_C(0xc2b2ae3d27d4eb4f)
#define PRIME_3 UINT64_C(0x165667b19e3779f9)
#define PRIME_4 UINT64_C(0x85ebca77c2b2ae63)
#define PRIME_5 UINT64_C(0x27d4eb2f165667c5)
#define STRIPE 32

static uint64_t rotate(uint64_t v, unsigned n)
{
    return v << n | v >> (64 - n);
}

static uint64_t read64(const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, 8);
    return GUINT64_FROM_LE(v);
}

static uint32_t read32(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, 4);
    return GUINT32_FROM_LE(v);
}

static uint64_t mix(uint64_t acc, uint64_t lane)
{
    return rotate(acc + lane * PRIME_2, 31) * PRIME_1;
}

void hash64_init(struct hash64 *h, uint64_t seed)
{
    *h = (struct hash64){ .lane = { seed + PRIME_1 + PRIME_2, seed + PRIME_2, seed, seed - PRIME_1 } };
}

static void add_stripes(struct hash64 *h, const uint8_t *p, size_t stripes)
{
    uint64_t a = h->lane[0], b = h->lane[1], c = h->lane[2], d = h->lane[3];

    for (; stripes--; p += STRIPE) {
        a = mix(a, read64(p));
        b = mix(b, read64(p + 8));
        c = mix(c, read64(p + 16));
        d = mix(d, read64(p + 24));
    }
    h->lane[0] = a;
    h->lane[1] = b;
    h->lane[2] = c;
    h->lane[3] = d;
}

void hash64_add(struct hash64 *h, const void *data, size_t len)
{
    const uint8_t *p = data;
    size_t have = h->total % STRIPE;

    h->total += len;
    if (have + len < STRIPE) {
        memcpy(h->rest + have, p, len);
        return;
    }
    if (have) {
        memcpy(h->rest + have, p, STRIPE - have);
        add_stripes(h, h->rest, 1);
        p += STRIPE - have;
        len -= STRIPE - have;
    }
    add_stripes(h, p, len / STRIPE);
    memcpy(h->rest, p + len / STRIPE * STRIPE, len % STRIPE);
}

uint64_t hash64_value(const struct hash64 *h)
{
    const uint8_t *p = h->rest;
    size_t left = h->total % STRIPE;
    uint64_t v = h->lane[2] + PRIME_5; /* of less than a stripe: lane 2 still is the seed */

    if (h->total >= STRIPE) {
        v = rotate(h->lane[0], 1) + rotate(h->lane[1], 7) + rotate(h->lane[2], 12) + rotate(h->lane[3], 18);
        for (unsigned i = 0; i < 4; i++)
            v = (v ^ mix(0, h->lane[i])) * PRIME_1 + PRIME_4;
    }
    v += h->total;
    for (; left >= 8; left -= 8, p += 8)
        v = rotate(v ^ mix(0, read64(p)), 27) * PRIME_1 + PRIME_4;
    for (; left >= 4; left -= 4, p += 4)
        v = rotate(v ^ read32(p) * PRIME_1, 23) * PRIME_2 + PRIME_3;
    for (; left; left--, p++)
        v = rotate(v ^ *p * PRIME_5, 11) * PRIME_1;
    v = (v ^ v >> 33) * PRIME_2;
    v = (v ^ v >> 29) * PRIME_3;
    return v ^ v >> 32;
}

uint64_t hash64_of(const void *data, size_t len)
{
    struct hash64 h;

    hash64_init(&h, 0);
    hash64_add(&h, data, len);
    return hash64_value(&h);
}
