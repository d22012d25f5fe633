/* SPDX-License-Identifier: BSD-2-Clause */
/* Helpers of cryptographic instructions. Manual: DDI 0487, C7.2, and the standards of the algorithms. */
#include <string.h>

#include "sboxes.h"
#include "trans-a64.h"

/* -- Words: of vectors as the manual numbers them, the lowest first -- */

struct words {
    uint32_t w[4];
};

static struct words words(const struct ir_vec *v)
{
    return (struct words){{v->q[0], v->q[0] >> 32, v->q[1], v->q[1] >> 32}};
}

static void put_words(struct ir_vec *out, struct words v)
{
    *out = (struct ir_vec){.q = {v.w[0] | (uint64_t)v.w[1] << 32, v.w[2] | (uint64_t)v.w[3] << 32}};
}

static uint32_t rol(uint32_t v, unsigned n)
{
    return n ? v << n | v >> (32 - n) : v;
}

static uint32_t ror(uint32_t v, unsigned n)
{
    return rol(v, 32 - n);
}

static uint64_t ror64(uint64_t v, unsigned n)
{
    return n ? v >> n | v << (64 - n) : v;
}

static uint32_t choose(uint32_t x, uint32_t y, uint32_t z)
{
    return (x & y) | (~x & z);
}

static uint32_t majority(uint32_t x, uint32_t y, uint32_t z)
{
    return (x & y) | ((x | y) & z);
}

/* -- Shapes -- */

#define TWO(name)                                                                                                      \
    static void helper_##name(struct cpu *cpu, struct ir_vec *out, const struct ir_vec *d, const struct ir_vec *n)
#define THREE(name)                                                                                                    \
    static void helper_##name(struct cpu *cpu, struct ir_vec *out, const struct ir_vec *d, const struct ir_vec *n,     \
                              const struct ir_vec *m)

/* -- SHA-1 -- */

static void sha1_rounds(struct ir_vec *out, const struct ir_vec *d, const struct ir_vec *n, const struct ir_vec *m, unsigned f)
{
    struct words x = words(d), w = words(m);
    uint32_t y = n->q[0];
    for (unsigned e = 0; e < 4; e++) {
        uint32_t t = f == 0 ? choose(x.w[1], x.w[2], x.w[3]) : f == 1 ? x.w[1] ^ x.w[2] ^ x.w[3]
                                                                      : majority(x.w[1], x.w[2], x.w[3]);
        t += y + rol(x.w[0], 5) + w.w[e];
        y = x.w[3];
        x = (struct words){{t, x.w[0], rol(x.w[1], 30), x.w[2]}};
    }
    put_words(out, x);
}

THREE(sha1c)
{
    sha1_rounds(out, d, n, m, 0);
}

THREE(sha1p)
{
    sha1_rounds(out, d, n, m, 1);
}

THREE(sha1m)
{
    sha1_rounds(out, d, n, m, 2);
}

TWO(sha1su1)
{
    struct words x = words(d), y = words(n), r;
    for (unsigned i = 0; i < 4; i++)
        r.w[i] = rol(x.w[i] ^ (i < 3 ? y.w[i + 1] : 0), 1);
    r.w[3] ^= rol(r.w[0], 1);
    put_words(out, r);
}

/* -- SHA-256 -- */

static void sha256_rounds(struct ir_vec *out, const struct ir_vec *first, const struct ir_vec *second, const struct ir_vec *m,
                          bool part1)
{
    struct words x = words(first), y = words(second), w = words(m);
    for (unsigned e = 0; e < 4; e++) {
        uint32_t t = y.w[3] + (ror(y.w[0], 6) ^ ror(y.w[0], 11) ^ ror(y.w[0], 25)) + choose(y.w[0], y.w[1], y.w[2]) + w.w[e];
        uint32_t x3 = t + x.w[3];
        uint32_t y3 = t + (ror(x.w[0], 2) ^ ror(x.w[0], 13) ^ ror(x.w[0], 22)) + majority(x.w[0], x.w[1], x.w[2]);
        x = (struct words){{y3, x.w[0], x.w[1], x.w[2]}};
        y = (struct words){{x3, y.w[0], y.w[1], y.w[2]}};
    }
    put_words(out, part1 ? x : y);
}

THREE(sha256h)
{
    sha256_rounds(out, d, n, m, true);
}

THREE(sha256h2)
{
    sha256_rounds(out, n, d, m, false);
}

TWO(sha256su0)
{
    struct words x = words(d), y = words(n), r;
    for (unsigned i = 0; i < 4; i++) {
        uint32_t v = i < 3 ? x.w[i + 1] : y.w[0];
        r.w[i] = x.w[i] + (ror(v, 7) ^ ror(v, 18) ^ v >> 3);
    }
    put_words(out, r);
}

THREE(sha256su1)
{
    struct words x = words(d), y = words(n), z = words(m), r;
    for (unsigned i = 0; i < 4; i++) {
        uint32_t v = i < 2 ? z.w[i + 2] : r.w[i - 2];
        r.w[i] = x.w[i] + (i < 3 ? y.w[i + 1] : z.w[0]) + (ror(v, 17) ^ ror(v, 19) ^ v >> 10);
    }
    put_words(out, r);
}

/* -- SHA-512 -- */

static uint64_t sum1(uint64_t v)
{
    return ror64(v, 14) ^ ror64(v, 18) ^ ror64(v, 41);
}

static uint64_t sum0(uint64_t v)
{
    return ror64(v, 28) ^ ror64(v, 34) ^ ror64(v, 39);
}

THREE(sha512h)
{
    const uint64_t *x = n->q, *y = m->q, *w = d->q;
    uint64_t high = ((y[1] & x[0]) ^ (~y[1] & x[1])) + sum1(y[1]) + w[1];
    uint64_t t = high + y[0];
    uint64_t low = ((t & y[1]) ^ (~t & x[0])) + sum1(t) + w[0];
    *out = (struct ir_vec){.q = {low, high}};
}

THREE(sha512h2)
{
    const uint64_t *x = n->q, *y = m->q, *w = d->q;
    uint64_t high = ((x[0] & y[1]) ^ (x[0] & y[0]) ^ (y[1] & y[0])) + sum0(y[0]) + w[1];
    uint64_t low = ((high & y[0]) ^ (high & y[1]) ^ (y[1] & y[0])) + sum0(high) + w[0];
    *out = (struct ir_vec){.q = {low, high}};
}

TWO(sha512su0)
{
    const uint64_t a = d->q[1], b = n->q[0];
    *out = (struct ir_vec){.q = {d->q[0] + (ror64(a, 1) ^ ror64(a, 8) ^ a >> 7),
                                 d->q[1] + (ror64(b, 1) ^ ror64(b, 8) ^ b >> 7)}};
}

THREE(sha512su1)
{
    struct ir_vec r = {0};
    for (unsigned i = 0; i < 2; i++)
        r.q[i] = d->q[i] + m->q[i] + (ror64(n->q[i], 19) ^ ror64(n->q[i], 61) ^ n->q[i] >> 6);
    *out = r;
}

/* -- SM3 -- */

THREE(sm3ss1) /* d is a here */
{
    uint32_t v = rol(rol(n->q[1] >> 32, 12) + (uint32_t)(m->q[1] >> 32) + (uint32_t)(d->q[1] >> 32), 7);
    *out = (struct ir_vec){.q = {0, (uint64_t)v << 32}};
}

/* TT1A, TT1B, TT2A, TT2B; the element of m is in all its lanes. */
static void sm3_rounds(struct ir_vec *out, const struct ir_vec *d, const struct ir_vec *n, const struct ir_vec *m, unsigned op)
{
    struct words x = words(d), y = words(n);
    uint32_t t = op == 1 ? majority(x.w[3], x.w[1], x.w[2]) : op == 3 ? choose(x.w[3], x.w[2], x.w[1])
                                                                      : x.w[1] ^ x.w[2] ^ x.w[3];
    t += x.w[0] + (uint32_t)m->q[0] + (op < 2 ? y.w[3] ^ rol(x.w[3], 12) : y.w[3]);
    if (op >= 2)
        t ^= rol(t, 9) ^ rol(t, 17);
    put_words(out, (struct words){{x.w[1], rol(x.w[2], op < 2 ? 9 : 19), x.w[3], t}});
}

THREE(sm3tt1a)
{
    sm3_rounds(out, d, n, m, 0);
}

THREE(sm3tt1b)
{
    sm3_rounds(out, d, n, m, 1);
}

THREE(sm3tt2a)
{
    sm3_rounds(out, d, n, m, 2);
}

THREE(sm3tt2b)
{
    sm3_rounds(out, d, n, m, 3);
}

static uint32_t sm3_p1(uint32_t v)
{
    return v ^ rol(v, 15) ^ rol(v, 23);
}

THREE(sm3partw1)
{
    struct words x = words(d), y = words(n), z = words(m), r;
    for (unsigned i = 0; i < 4; i++)
        r.w[i] = sm3_p1(x.w[i] ^ y.w[i] ^ rol(i < 3 ? z.w[i + 1] : r.w[0], 15));
    put_words(out, r);
}

THREE(sm3partw2)
{
    struct words x = words(d), y = words(n), z = words(m), t;
    for (unsigned i = 0; i < 4; i++)
        t.w[i] = y.w[i] ^ rol(z.w[i], 7);
    for (unsigned i = 0; i < 4; i++)
        x.w[i] ^= t.w[i];
    x.w[3] ^= sm3_p1(rol(t.w[0], 15));
    put_words(out, x);
}

/* -- SM4 -- */

static uint32_t sm4_substitute(uint32_t v)
{
    uint32_t r = 0;
    for (unsigned i = 0; i < 32; i += 8)
        r |= (uint32_t)sm4_sbox[v >> i & 0xff] << i;
    return r;
}

static void sm4_rounds(struct ir_vec *out, const struct ir_vec *state, const struct ir_vec *keys, bool schedule)
{
    struct words x = words(state), k = words(keys);
    for (unsigned i = 0; i < 4; i++) {
        uint32_t v = sm4_substitute(x.w[3] ^ x.w[2] ^ x.w[1] ^ k.w[i]);
        v ^= schedule ? rol(v, 13) ^ rol(v, 23) : rol(v, 2) ^ rol(v, 10) ^ rol(v, 18) ^ rol(v, 24);
        x = (struct words){{x.w[1], x.w[2], x.w[3], v ^ x.w[0]}};
    }
    put_words(out, x);
}

TWO(sm4e)
{
    sm4_rounds(out, d, n, false);
}

TWO(sm4ekey)
{
    sm4_rounds(out, d, n, true);
}

#define VECTOR(name_, nargs_)                                                                                          \
    const struct ir_helper arm_helper_##name_ = {.name = "arm_" #name_, .fn = helper_##name_, .nargs = nargs_,        \
                                                 .result = true, .vectors = ((1 << nargs_) - 1) | IR_H_VECTOR};
#define H(name, nargs) VECTOR(name, nargs)
ARM_CRYPTO_HELPERS(H)
#undef H
