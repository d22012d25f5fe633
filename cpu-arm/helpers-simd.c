/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Helpers of integer SIMD instructions that the IR has no op for. Those of lanes take one operation for each lane, as
 * simd_desc() packs it; lanes are computed in 128 bits, so that nothing overflows before it is saturated or rounded.
 */
#include "trans-a64.h"

typedef __int128 wide;

/* -- Lanes -- */

static uint64_t lane_u(const struct ir_vec *v, unsigned size, unsigned i)
{
    const uint8_t *p = (const uint8_t *)v->q + (i << size);
    uint64_t r = 0;
    memcpy(&r, p, 1u << size);
    return r;
}

static int64_t lane_s(const struct ir_vec *v, unsigned size, unsigned i)
{
    return sign_extend(lane_u(v, size, i), 8u << size);
}

static void set_lane(struct ir_vec *v, unsigned size, unsigned i, uint64_t value)
{
    memcpy((uint8_t *)v->q + (i << size), &value, 1u << size);
}

static wide lane(const struct ir_vec *v, unsigned size, unsigned i, bool u)
{
    return u ? (wide)lane_u(v, size, i) : (wide)lane_s(v, size, i);
}

/* -- Saturation -- */

static uint64_t saturate(struct cpu *cpu, wide v, unsigned size, bool u)
{
    unsigned width = 8u << size;
    wide one = 1, max = u ? (one << width) - 1 : (one << (width - 1)) - 1, min = u ? 0 : -(one << (width - 1));
    if (v < min || v > max) {
        arm_cpu(cpu)->qc = 1;
        return v < min ? min : max;
    }
    return v;
}

/* -- Shifts by a signed amount, right if it is negative -- */

static wide shift_right(wide v, unsigned n, bool round)
{
    n = MIN(n, 65u);
    return n == 0 ? v : (v + (round ? (wide)1 << (n - 1) : 0)) >> n;
}

static uint64_t shift(struct cpu *cpu, wide v, int n, unsigned size, bool u, bool round, bool sat)
{
    int width = 8 << size;
    if (n < 0)
        return shift_right(v, -n, round);
    if (!sat)
        return n >= width ? 0 : (uint64_t)v << n;
    if (v == 0)
        return 0;
    if (n >= width)
        return saturate(cpu, v < 0 ? -((wide)1 << 100) : (wide)1 << 100, size, u);
    return saturate(cpu, v * ((wide)1 << n), size, u);
}

/* -- The operations of two operands -- */

static uint64_t polynomial(uint64_t a, uint64_t b)
{
    uint64_t r = 0;
    for (; b; b >>= 1, a <<= 1)
        r ^= b & 1 ? a : 0;
    return r;
}

static uint64_t reverse_bits(uint64_t v, unsigned width)
{
    uint64_t r = 0;
    for (unsigned i = 0; i < width; i++)
        r |= (v >> i & 1) << (width - 1 - i);
    return r;
}

static unsigned leading_zeros(uint64_t v, unsigned width)
{
    return v ? __builtin_clzll(v) - (64 - width) : width;
}

/* a is the element as u says, b signed, or as u says too. */
static uint64_t operate(struct cpu *cpu, enum simd_op op, wide a, wide b, unsigned size, bool u)
{
    unsigned width = 8u << size;
    switch (op) {
    case SIMD_HADD: return (a + b) >> 1;
    case SIMD_RHADD: return (a + b + 1) >> 1;
    case SIMD_HSUB: return (a - b) >> 1;
    case SIMD_SHL: return shift(cpu, a, (int8_t)b, size, u, false, false);
    case SIMD_QSHL: return shift(cpu, a, (int8_t)b, size, u, false, true);
    case SIMD_RSHL: return shift(cpu, a, (int8_t)b, size, u, true, false);
    case SIMD_QRSHL: return shift(cpu, a, (int8_t)b, size, u, true, true);
    case SIMD_QSHLU: return shift(cpu, a, (int8_t)b, size, true, false, true);
    case SIMD_PMUL: return polynomial(a, b);
    case SIMD_QDMULH: return saturate(cpu, (2 * a * b) >> width, size, false);
    case SIMD_QRDMULH: return saturate(cpu, (2 * a * b + ((wide)1 << (width - 1))) >> width, size, false);
    case SIMD_CLS: return leading_zeros((uint64_t)(a ^ a >> 1) & (UINT64_MAX >> (64 - width)), width) - 1;
    case SIMD_CLZ: return leading_zeros(a, width);
    case SIMD_RBIT: return reverse_bits(a, width);
    case SIMD_QABS: return saturate(cpu, a < 0 ? -a : a, size, false);
    case SIMD_QNEG: return saturate(cpu, -a, size, false);
    case SIMD_QACC: return saturate(cpu, a + b, size, u);
    }
    g_assert_not_reached();
}

/* The second operand's signedness: accumulation adds numbers of the other kind, shifts are by signed amounts. */
static bool second_unsigned(enum simd_op op, bool u)
{
    return op == SIMD_QACC ? !u : u;
}

static void helper_simd2(struct cpu *cpu, struct ir_vec *out, const struct ir_vec *a, const struct ir_vec *b,
                         uint64_t desc)
{
    unsigned size = bits(desc, 8, 2);
    bool u = desc >> 12 & 1;
    struct ir_vec r = {0};
    for (unsigned i = 0; i < 16u >> size; i++)
        set_lane(&r, size, i, operate(cpu, desc & 0xff, lane(a, size, i, u), lane(b, size, i, second_unsigned(desc & 0xff, u)),
                                      size, u));
    *out = r;
}

/* Products doubled, twice as wide, of the low or high half of the lanes. */
static void helper_simd_qdmull(struct cpu *cpu, struct ir_vec *out, const struct ir_vec *a, const struct ir_vec *b,
                               uint64_t desc)
{
    unsigned size = bits(desc, 8, 2), from = desc >> 12 & 1 ? 8u >> size : 0;
    struct ir_vec r = {0};
    for (unsigned i = 0; i < 8u >> size; i++)
        set_lane(&r, size + 1, i,
                 saturate(cpu, (wide)2 * lane_s(a, size, from + i) * lane_s(b, size, from + i), size + 1, false));
    *out = r;
}

static void helper_simd_pmull(struct cpu *cpu, struct ir_vec *out, const struct ir_vec *a, const struct ir_vec *b,
                              uint64_t desc)
{
    unsigned high = desc >> 12 & 1;
    struct ir_vec r = {0};
    if (bits(desc, 8, 2) == 0) {
        for (unsigned i = 0; i < 8; i++)
            set_lane(&r, 1, i, polynomial(lane_u(a, 0, 8 * high + i), lane_u(b, 0, 8 * high + i)));
    } else {
        uint64_t x = a->q[high], y = b->q[high];
        r.q[0] = polynomial(x, y);
        for (unsigned i = 1; i < 64; i++)
            r.q[1] ^= y >> i & 1 ? x >> (64 - i) : 0;
    }
    *out = r;
}

/* -- Of three operands: one helper a form -- */

static void rounding_multiply(struct cpu *cpu, struct ir_vec *out, const struct ir_vec *d, const struct ir_vec *a,
                              const struct ir_vec *b, unsigned size, bool sub)
{
    unsigned width = 8u << size;
    struct ir_vec r = {0};
    for (unsigned i = 0; i < 16u >> size; i++) {
        wide product = (wide)2 * lane_s(a, size, i) * lane_s(b, size, i), acc = (wide)lane_s(d, size, i) * ((wide)1 << width);
        acc += (sub ? -product : product) + ((wide)1 << (width - 1));
        set_lane(&r, size, i, saturate(cpu, acc >> width, size, false));
    }
    *out = r;
}

static void dot_product(struct ir_vec *out, const struct ir_vec *d, const struct ir_vec *a, const struct ir_vec *b, bool u)
{
    struct ir_vec r = {0};
    for (unsigned i = 0; i < 4; i++) {
        uint32_t sum = lane_u(d, 2, i);
        for (unsigned k = 4 * i; k < 4 * i + 4; k++)
            sum += u ? (uint32_t)(lane_u(a, 0, k) * lane_u(b, 0, k)) : (uint32_t)(lane_s(a, 0, k) * lane_s(b, 0, k));
        set_lane(&r, 2, i, sum);
    }
    *out = r;
}

#define THREE(name, expr)                                                                                              \
    static void helper_##name(struct cpu *cpu, struct ir_vec *out, const struct ir_vec *d, const struct ir_vec *a,     \
                              const struct ir_vec *b)                                                                  \
    {                                                                                                                  \
        expr;                                                                                                          \
    }
THREE(sqrdmlah_h, rounding_multiply(cpu, out, d, a, b, 1, false))
THREE(sqrdmlah_s, rounding_multiply(cpu, out, d, a, b, 2, false))
THREE(sqrdmlsh_h, rounding_multiply(cpu, out, d, a, b, 1, true))
THREE(sqrdmlsh_s, rounding_multiply(cpu, out, d, a, b, 2, true))
THREE(sdot, dot_product(out, d, a, b, false))
THREE(udot, dot_product(out, d, a, b, true))

#define VECTOR(name_, nargs_, vectors_, flags_)                                                                        \
    const struct ir_helper arm_helper_##name_ = {.name = "arm_" #name_, .fn = helper_##name_, .nargs = nargs_,        \
                                                 .result = true, .flags = flags_, .vectors = vectors_ | IR_H_VECTOR}
/* They may set QC. */
VECTOR(simd2, 3, 3, IR_H_STATE);
VECTOR(simd_qdmull, 3, 3, IR_H_STATE);
VECTOR(simd_pmull, 3, 3, IR_H_PURE);
VECTOR(sqrdmlah_h, 3, 7, IR_H_STATE);
VECTOR(sqrdmlah_s, 3, 7, IR_H_STATE);
VECTOR(sqrdmlsh_h, 3, 7, IR_H_STATE);
VECTOR(sqrdmlsh_s, 3, 7, IR_H_STATE);
VECTOR(sdot, 3, 7, IR_H_PURE);
VECTOR(udot, 3, 7, IR_H_PURE);
