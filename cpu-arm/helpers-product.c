/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Helpers of products that are summed in a wider format: of half precision (FHM), bytes (I8MM) and bfloat16 (BF16).
 * Manual: FPMulAddH(), BFDotAdd(), BFMulAddH(), FPConvertBF() in DDI 0487, J1.3.
 */
#include <string.h>

#include "trans-a64.h"

static uint32_t word(const struct ir_vec *v, unsigned i)
{
    uint32_t r;
    memcpy(&r, (const uint8_t *)v->q + 4 * i, 4);
    return r;
}

static uint16_t half(const struct ir_vec *v, unsigned i)
{
    uint16_t r;
    memcpy(&r, (const uint8_t *)v->q + 2 * i, 2);
    return r;
}

static void set_word(struct ir_vec *v, unsigned i, uint32_t r)
{
    memcpy((uint8_t *)v->q + 4 * i, &r, 4);
}

/* -- FMLAL -- */

/* A half as a single by its bits: signalling NaNs stay such. */
static uint32_t widen_half(uint16_t v, bool flush)
{
    uint32_t sign = (uint32_t)(v & 0x8000) << 16, exponent = v >> 10 & 31, fraction = v & 0x3ff;
    if (exponent == 31)
        return sign | 0x7f800000 | fraction << 13;
    if (exponent)
        return sign | (exponent + 112) << 23 | fraction << 13;
    if (!fraction || flush)
        return sign;
    unsigned shift = __builtin_clz(fraction) - 21;
    return sign | (113 - shift) << 23 | (fraction << shift & 0x3ff) << 13;
}

static void multiply_halves(struct cpu *cpu, struct ir_vec *out, const struct ir_vec *d, const struct ir_vec *a,
                            const struct ir_vec *b, uint64_t desc)
{
    bool flush = arm_cpu(cpu)->fpcr >> 19 & 1;
    struct ir_vec r = {0};
    for (unsigned i = 0; i < 4; i++) {
        struct fp_env e = arm_fp_begin(cpu, FP_SINGLE, desc);
        set_word(&r, i, fp32_fma(widen_half(half(a, i), flush), widen_half(half(b, i), flush), word(d, i), 0, &e));
        cpu->fp.flags |= e.flags;
    }
    *out = r;
}

/* -- Bytes -- */

static int byte(const struct ir_vec *v, unsigned i, bool u)
{
    uint8_t b = ((const uint8_t *)v->q)[i];
    return u ? b : (int8_t)b;
}

/* Rows of eight bytes: each of a's with each of b's. */
static void matrix(struct ir_vec *out, const struct ir_vec *d, const struct ir_vec *a, const struct ir_vec *b, bool ua,
                   bool ub)
{
    struct ir_vec r = {0};
    for (unsigned i = 0; i < 4; i++) {
        uint32_t sum = word(d, i);
        for (unsigned k = 0; k < 8; k++)
            sum += byte(a, 8 * (i / 2) + k, ua) * byte(b, 8 * (i % 2) + k, ub);
        set_word(&r, i, sum);
    }
    *out = r;
}

static void dot(struct ir_vec *out, const struct ir_vec *d, const struct ir_vec *a, const struct ir_vec *b)
{
    struct ir_vec r = {0};
    for (unsigned i = 0; i < 4; i++) {
        uint32_t sum = word(d, i);
        for (unsigned k = 4 * i; k < 4 * i + 4; k++)
            sum += byte(a, k, true) * byte(b, k, false);
        set_word(&r, i, sum);
    }
    *out = r;
}

/* -- bfloat16: products and sums are rounded to odd, too large ones are infinite, and no flag is raised -- */

static uint32_t to_odd(uint32_t r, const struct fp_env *e)
{
    if (e->flags & FP_OF)
        return (r & 0x80000000) | 0x7f800000;
    return e->flags & FP_NX && r << 1 ? r | 1 : r;
}

static struct fp_env odd_env(void)
{
    return (struct fp_env){.rm = IR_RTZ, .cls = IR_FP_ARM, .default_nan = true, .flush_in = true, .flush_out = true};
}

static uint32_t odd_mul(uint32_t a, uint32_t b)
{
    struct fp_env e = odd_env();
    uint32_t r = fp32_mul(a, b, &e);
    return to_odd(r, &e);
}

static uint32_t odd_add(uint32_t a, uint32_t b)
{
    struct fp_env e = odd_env();
    uint32_t r = fp32_add(a, b, &e);
    return to_odd(r, &e);
}

/* sum + the products of two pairs */
static uint32_t add_pairs(uint32_t sum, uint32_t a, uint32_t b)
{
    return odd_add(sum, odd_add(odd_mul(a << 16, b << 16), odd_mul(a & 0xffff0000, b & 0xffff0000)));
}

static void bf_dot(struct ir_vec *out, const struct ir_vec *d, const struct ir_vec *a, const struct ir_vec *b)
{
    struct ir_vec r = {0};
    for (unsigned i = 0; i < 4; i++)
        set_word(&r, i, add_pairs(word(d, i), word(a, i), word(b, i)));
    *out = r;
}

static void bf_matrix(struct ir_vec *out, const struct ir_vec *d, const struct ir_vec *a, const struct ir_vec *b)
{
    struct ir_vec r = {0};
    for (unsigned i = 0; i < 4; i++) {
        uint32_t sum = word(d, i);
        for (unsigned k = 0; k < 2; k++)
            sum = add_pairs(sum, word(a, 2 * (i / 2) + k), word(b, 2 * (i % 2) + k));
        set_word(&r, i, sum);
    }
    *out = r;
}

/* Even or odd lanes, by FPCR's rules. */
static void bf_multiply(struct cpu *cpu, struct ir_vec *out, const struct ir_vec *d, const struct ir_vec *a,
                        const struct ir_vec *b, bool top, uint64_t desc)
{
    struct ir_vec r = {0};
    for (unsigned i = 0; i < 4; i++) {
        struct fp_env e = arm_fp_begin(cpu, FP_SINGLE, desc);
        uint32_t x = (uint32_t)half(a, 2 * i + top) << 16, y = (uint32_t)half(b, 2 * i + top) << 16;
        set_word(&r, i, fp32_fma(x, y, word(d, i), 0, &e));
        cpu->fp.flags |= e.flags;
    }
    *out = r;
}

/* A single rounded to its high half. */
static uint16_t to_bfloat(uint32_t v, struct fp_env *e)
{
    uint32_t sign = v & 0x80000000, magnitude = v & 0x7fffffff, low = v & 0xffff;
    if (magnitude > 0x7f800000) {
        e->flags |= v & 0x400000 ? 0 : FP_NV;
        return e->default_nan ? 0x7fc0 : v >> 16 | 0x40;
    }
    bool tiny = magnitude && magnitude < 0x800000;
    if (tiny && e->flush_in) {
        e->flags |= FP_ID;
        return sign >> 16;
    }
    uint32_t result = magnitude >> 16;
    bool up = e->rm == IR_RNE ? low > 0x8000 || (low == 0x8000 && (result & 1))
                              : low && (e->rm == IR_RUP ? !sign : e->rm == IR_RDN && sign);
    if (low && magnitude < 0x7f800000) {
        e->flags |= FP_NX | (tiny ? FP_UF : 0);
        result += up;
        if (result == 0x7f80)
            e->flags |= FP_OF;
    }
    return sign >> 16 | result;
}

static void helper_bfcvt(struct cpu *cpu, struct ir_vec *out, const struct ir_vec *v, uint64_t desc)
{
    struct fp_env e = arm_fp_begin(cpu, FP_SINGLE, desc);
    struct ir_vec r = {0};
    for (unsigned i = 0; i < 4; i++)
        r.q[0] |= (uint64_t)to_bfloat(word(v, i), &e) << 16 * i;
    cpu->fp.flags |= e.flags;
    *out = r;
}

#define THREE(name_, flags_, expr)                                                                                     \
    static void helper_##name_(struct cpu *cpu, struct ir_vec *out, const struct ir_vec *d, const struct ir_vec *a,    \
                               const struct ir_vec *b)                                                                 \
    {                                                                                                                  \
        expr;                                                                                                          \
    }                                                                                                                  \
    const struct ir_helper arm_helper_##name_ = {.name = "arm_" #name_, .fn = helper_##name_, .nargs = 3,              \
                                                 .result = true, .flags = flags_, .vectors = 7 | IR_H_VECTOR};
THREE(fmlal, IR_H_STATE, multiply_halves(cpu, out, d, a, b, 0))
THREE(fmlal_standard, IR_H_STATE, multiply_halves(cpu, out, d, a, b, FP_STANDARD))
THREE(smmla, IR_H_PURE, matrix(out, d, a, b, false, false))
THREE(ummla, IR_H_PURE, matrix(out, d, a, b, true, true))
THREE(usmmla, IR_H_PURE, matrix(out, d, a, b, true, false))
THREE(usdot, IR_H_PURE, dot(out, d, a, b))
THREE(bfdot, IR_H_PURE, bf_dot(out, d, a, b))
THREE(bfmmla, IR_H_PURE, bf_matrix(out, d, a, b))
THREE(bfmlalb, IR_H_STATE, bf_multiply(cpu, out, d, a, b, false, 0))
THREE(bfmlalt, IR_H_STATE, bf_multiply(cpu, out, d, a, b, true, 0))
THREE(bfmlalb_standard, IR_H_STATE, bf_multiply(cpu, out, d, a, b, false, FP_STANDARD))
THREE(bfmlalt_standard, IR_H_STATE, bf_multiply(cpu, out, d, a, b, true, FP_STANDARD))
const struct ir_helper arm_helper_bfcvt = {.name = "arm_bfcvt", .fn = helper_bfcvt, .nargs = 2, .result = true,
                                           .flags = IR_H_STATE, .vectors = 1 | IR_H_VECTOR};
