/* SPDX-License-Identifier: BSD-2-Clause */
/* Operands for the tests of softfp: edge values of a format, and random ones that make trouble likely. */
#ifndef MYNAH_SOFTFP_VALUES_H
#define MYNAH_SOFTFP_VALUES_H

#include <glib.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ir.h"
#include "softfp.h"

struct format {
    unsigned width, mant;
};

static inline uint64_t sign_bit(struct format f)
{
    return UINT64_C(1) << (f.width - 1);
}

static inline uint64_t max_exp(struct format f)
{
    return (UINT64_C(1) << (f.width - 1 - f.mant)) - 1;
}

static inline uint64_t infinity(struct format f)
{
    return max_exp(f) << f.mant;
}

static inline uint64_t canonical_nan(struct format f)
{
    return infinity(f) | UINT64_C(1) << (f.mant - 1);
}

static inline bool is_nan(struct format f, uint64_t v)
{
    return (v & (sign_bit(f) - 1)) > infinity(f);
}

static inline bool is_snan(struct format f, uint64_t v)
{
    return is_nan(f, v) && !(v >> (f.mant - 1) & 1);
}

static inline bool is_inf(struct format f, uint64_t v)
{
    return (v & (sign_bit(f) - 1)) == infinity(f);
}

static inline bool is_zero(struct format f, uint64_t v)
{
    return (v & (sign_bit(f) - 1)) == 0;
}

static inline bool is_negative(struct format f, uint64_t v)
{
    return v & sign_bit(f);
}

/* Random cases per operation and mode: SOFTFP_CASES, else `normal`. */
static inline unsigned long random_cases(unsigned long normal)
{
    const char *s = getenv("SOFTFP_CASES");
    return s ? strtoul(s, NULL, 0) : normal;
}

/* xorshift64*: the same numbers in each run. */
static uint64_t random_state = UINT64_C(0x9e3779b97f4a7c15);

static inline uint64_t random_bits(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * UINT64_C(0x2545f4914f6cdd1d);
}

static inline uint64_t random_below(uint64_t n)
{
    return random_bits() % n;
}

/* A significand: uniform, or few bits, or nearly all ones, which make ties, carries and exact results. */
static inline uint64_t random_mant(struct format f)
{
    uint64_t r = random_bits(), mask = (UINT64_C(1) << f.mant) - 1;

    switch (random_below(4)) {
    case 0:
        return r & random_bits() & random_bits() & mask;
    case 1:
        return (r | random_bits() | random_bits()) & mask;
    case 2:
        return mask & ~(mask >> random_below(f.mant));
    default:
        return r & mask;
    }
}

/* Any number, infinity or NaN; exponents often of nearby numbers, so that operands interact. */
static inline uint64_t random_value(struct format f)
{
    uint64_t mant = random_mant(f), max = max_exp(f), bias = max / 2, exp;

    switch (random_below(8)) {
    case 0:
        exp = random_below(3); /* subnormal and just above */
        break;
    case 1:
        exp = max - random_below(3);
        break;
    case 2:
        exp = random_below(max + 1);
        break;
    case 3:
        exp = bias / 2 + random_below(4); /* products near underflow */
        break;
    case 4:
        exp = bias + bias / 2 + random_below(4); /* products near overflow */
        break;
    default:
        exp = bias - MIN(bias, f.mant) / 2 + random_below(f.mant + 4);
        break;
    }
    return (random_bits() & 1 ? sign_bit(f) : 0) | MIN(exp, max) << f.mant | mant;
}

/*
 * The edge values of f: each of some exponents with each of some significands, both signs. Infinity,
 * quiet and signalling NaNs are among them. With few, about 40 values. Free with g_array_unref.
 */
static inline GArray *edge_values(struct format f, bool few)
{
    GArray *values = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    uint64_t max = max_exp(f), bias = max / 2, mask = (UINT64_C(1) << f.mant) - 1, half = (mask >> 1) + 1;
    uint64_t exps[] = { 0, bias, max - 1, max, 1, bias - 1, 2, f.mant, f.mant + 1, bias / 2, bias / 2 + 1,
                        bias - f.mant, bias - f.mant - 1, bias + 1, bias + f.mant, bias + f.mant + 1, bias + bias / 2,
                        bias + 31, bias + 32, bias + 63, bias + 64, max - 2 };
    uint64_t mants[] = { 0, 1, mask, half, half - 1, half + 1, mask - 1, half >> 1, 2 };

    for (unsigned i = 0; i < (few ? 5 : G_N_ELEMENTS(exps)); i++) {
        for (unsigned j = 0; j < (few ? 4 : G_N_ELEMENTS(mants)); j++) {
            uint64_t v = exps[i] << f.mant | mants[j];
            if (exps[i] > max) /* the format has not this many, also where the subtraction wrapped */
                continue;
            g_array_append_val(values, v);
            v |= sign_bit(f);
            g_array_append_val(values, v);
        }
    }
    return values;
}

#endif
