/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Helpers of floating point, on softfp: what the IR has no op for, and all of half precision. Formats are numbered as the
 * type field of scalar instructions: 0 single, 1 double, 3 half precision. Manual: the functions of the same names in
 * DDI 0487, J1.3.
 */
#include <string.h>

#include "trans-a64.h"

static const struct format {
    unsigned fraction, exponent;
} formats[4] = {[FP_SINGLE] = {23, 8}, [FP_DOUBLE] = {52, 11}, [FP_HALF] = {10, 5}};

/* -- The environment: half precision is flushed by a bit of its own -- */

static struct fp_env begin(struct cpu *cpu, unsigned f)
{
    struct fp_env e = cpu->fp;
    e.flags = 0;
    e.cls = IR_FP_ARM;
    if (f == FP_HALF)
        e.flush_in = e.flush_out = arm_cpu(cpu)->fpcr >> 19 & 1;
    return e;
}

/* As desc says: by FPSCR's standard value, or as FPCR is. */
struct fp_env arm_fp_begin(struct cpu *cpu, unsigned f, uint64_t desc)
{
    struct fp_env e = begin(cpu, f);
    if (desc & FP_STANDARD) {
        e.rm = IR_RNE;
        e.default_nan = true;
        if (f != FP_HALF)
            e.flush_in = e.flush_out = true;
    }
    return e;
}

static uint64_t end(struct cpu *cpu, const struct fp_env *e, uint64_t v)
{
    cpu->fp.flags |= e->flags;
    return v;
}

/* -- Values -- */

static unsigned exponent_of(unsigned f, uint64_t v)
{
    return bits(v, formats[f].fraction, formats[f].exponent);
}

static uint64_t fraction_of(unsigned f, uint64_t v)
{
    return bits(v, 0, formats[f].fraction);
}

static unsigned max_exponent(unsigned f)
{
    return (1u << formats[f].exponent) - 1;
}

static bool sign_of(unsigned f, uint64_t v)
{
    return v >> (formats[f].fraction + formats[f].exponent) & 1;
}

static uint64_t pack(unsigned f, bool sign, uint64_t exponent, uint64_t fraction)
{
    return (uint64_t)sign << (formats[f].fraction + formats[f].exponent) | exponent << formats[f].fraction | fraction;
}

static bool is_nan(unsigned f, uint64_t v)
{
    return exponent_of(f, v) == max_exponent(f) && fraction_of(f, v);
}

static bool is_inf(unsigned f, uint64_t v)
{
    return exponent_of(f, v) == max_exponent(f) && !fraction_of(f, v);
}

static bool is_denormal(unsigned f, uint64_t v)
{
    return exponent_of(f, v) == 0 && fraction_of(f, v);
}

/* Zero, or flushed to it. */
static bool is_zero(unsigned f, uint64_t v, const struct fp_env *e)
{
    return exponent_of(f, v) == 0 && (e->flush_in || !fraction_of(f, v));
}

/* v as an operand: a denormal flushed, which half precision does not tell. */
static uint64_t unpack(unsigned f, uint64_t v, struct fp_env *e)
{
    if (!is_denormal(f, v) || !e->flush_in)
        return v;
    e->flags |= f == FP_HALF ? 0 : FP_ID;
    return pack(f, sign_of(f, v), 0, 0);
}

static uint64_t quiet(unsigned f, uint64_t v, struct fp_env *e)
{
    uint64_t top = UINT64_C(1) << (formats[f].fraction - 1);
    e->flags |= v & top ? 0 : FP_NV;
    return e->default_nan ? pack(f, false, max_exponent(f), top) : v | top;
}

static uint64_t invalid(unsigned f, struct fp_env *e)
{
    e->flags |= FP_NV;
    return pack(f, false, max_exponent(f), UINT64_C(1) << (formats[f].fraction - 1));
}

/* -- softfp by format -- */

#define BY_FORMAT(f, call32, call64, call16) ((f) == FP_SINGLE ? (call32) : (f) == FP_DOUBLE ? (call64) : (call16))
#define BINARY(name)                                                                                                   \
    static uint64_t do_##name(unsigned f, uint64_t a, uint64_t b, struct fp_env *e)                                    \
    {                                                                                                                  \
        return BY_FORMAT(f, fp32_##name(a, b, e), fp64_##name(a, b, e), fp16_##name(a, b, e));                         \
    }
BINARY(add)
BINARY(sub)
BINARY(mul)
BINARY(div)
BINARY(min)
BINARY(max)
BINARY(minnum)
BINARY(maxnum)

static uint64_t do_fma(unsigned f, uint64_t a, uint64_t b, uint64_t c, unsigned neg, struct fp_env *e)
{
    return BY_FORMAT(f, fp32_fma(a, b, c, neg, e), fp64_fma(a, b, c, neg, e), fp16_fma(a, b, c, neg, e));
}

static unsigned do_cmp(unsigned f, uint64_t a, uint64_t b, unsigned fcc, struct fp_env *e)
{
    return BY_FORMAT(f, fp32_cmp(a, b, fcc, e), fp64_cmp(a, b, fcc, e), fp16_cmp(a, b, fcc, e));
}

static uint64_t do_sqrt(unsigned f, uint64_t a, struct fp_env *e)
{
    return BY_FORMAT(f, fp32_sqrt(a, e), fp64_sqrt(a, e), fp16_sqrt(a, e));
}

static uint64_t do_round(unsigned f, uint64_t a, bool exact, struct fp_env *e)
{
    return BY_FORMAT(f, fp32_round(a, exact, e), fp64_round(a, exact, e), fp16_round(a, exact, e));
}

static uint64_t do_to_int(unsigned f, uint64_t a, unsigned width, bool is_signed, struct fp_env *e)
{
    return BY_FORMAT(f, fp32_to_int(a, width, is_signed, e), fp64_to_int(a, width, is_signed, e),
                     fp16_to_int(a, width, is_signed, e));
}

static uint64_t do_from_int(unsigned f, uint64_t v, unsigned width, bool is_signed, struct fp_env *e)
{
    return BY_FORMAT(f, fp32_from_int(v, width, is_signed, e), fp64_from_int(v, width, is_signed, e),
                     fp16_from_int(v, width, is_signed, e));
}

static uint64_t negate(unsigned f, uint64_t v)
{
    return v ^ pack(f, true, 0, 0);
}

static uint64_t absolute(unsigned f, uint64_t v)
{
    return v & ~pack(f, true, 0, 0);
}

/* -- Multiplication extended, and the steps of reciprocals -- */

/* Infinity times zero, with neither a NaN. */
static bool inf_times_zero(unsigned f, uint64_t a, uint64_t b, const struct fp_env *e)
{
    return (is_inf(f, a) && is_zero(f, b, e)) || (is_zero(f, a, e) && is_inf(f, b));
}

/* The numbers 2, 3 and 1.5 are of this form: exponent's bias plus one or nothing. */
static uint64_t number(unsigned f, bool sign, unsigned above_bias, bool half)
{
    return pack(f, sign, max_exponent(f) / 2 + above_bias, half ? UINT64_C(1) << (formats[f].fraction - 1) : 0);
}

static uint64_t mulx(unsigned f, uint64_t a, uint64_t b, struct fp_env *e)
{
    if (!inf_times_zero(f, a, b, e))
        return do_mul(f, a, b, e);
    unpack(f, a, e);
    unpack(f, b, e);
    return number(f, sign_of(f, a) != sign_of(f, b), 1, false);
}

static uint64_t recip_step(unsigned f, uint64_t a, uint64_t b, struct fp_env *e)
{
    a = negate(f, a);
    if (inf_times_zero(f, a, b, e)) {
        unpack(f, a, e);
        unpack(f, b, e);
        return number(f, false, 1, false);
    }
    return do_fma(f, a, b, number(f, false, 1, false), 0, e);
}

static uint64_t halved(unsigned f, uint64_t v)
{
    return v - pack(f, false, 1, 0);
}

/* (3 + a * b) / 2, rounded once: a factor is halved, which is exact but where the product does not count. */
static uint64_t rsqrt_step(unsigned f, uint64_t a, uint64_t b, struct fp_env *e)
{
    a = negate(f, a);
    if (inf_times_zero(f, a, b, e)) {
        unpack(f, a, e);
        unpack(f, b, e);
        return number(f, false, 0, true);
    }
    unsigned ea = exponent_of(f, a), eb = exponent_of(f, b), max = max_exponent(f);
    if (ea > 1 && ea < max)
        return do_fma(f, halved(f, a), b, number(f, false, 0, true), 0, e);
    if (eb > 1 && eb < max)
        return do_fma(f, a, halved(f, b), number(f, false, 0, true), 0, e);
    if (ea == max || eb == max) /* infinity or NaN */
        return do_fma(f, a, b, number(f, false, 1, true), 0, e);
    return halved(f, do_fma(f, a, b, number(f, false, 1, true), 0, e));
}

/* AArch32's: product and difference are rounded, and infinity times zero counts as zero. */
static uint64_t recip_step_32(unsigned f, uint64_t a, uint64_t b, struct fp_env *e)
{
    if (inf_times_zero(f, a, b, e)) {
        unpack(f, a, e);
        unpack(f, b, e);
        return number(f, false, 1, false);
    }
    return do_sub(f, number(f, false, 1, false), do_mul(f, a, b, e), e);
}

static uint64_t rsqrt_step_32(unsigned f, uint64_t a, uint64_t b, struct fp_env *e)
{
    if (inf_times_zero(f, a, b, e)) {
        unpack(f, a, e);
        unpack(f, b, e);
        return number(f, false, 0, true);
    }
    uint64_t difference = do_sub(f, number(f, false, 1, true), do_mul(f, a, b, e), e);
    return do_div(f, difference, number(f, false, 1, false), e);
}

/* -- Estimates -- */

static unsigned recip_estimate(unsigned a)
{
    return ((1u << 19) / (2 * a + 1) + 1) / 2;
}

static unsigned rsqrt_estimate(unsigned a)
{
    unsigned b = 512;
    a = a < 256 ? 2 * a + 1 : 2 * ((a & ~1u) + 1);
    while (a * (b + 1) * (b + 1) < 1u << 28)
        b++;
    return (b + 1) / 2;
}

/* The fraction as the manual has it: 52 bits, whatever the format. */
static uint64_t long_fraction(unsigned f, uint64_t v)
{
    return fraction_of(f, v) << (52 - formats[f].fraction);
}

#define FRACTION_TOP (UINT64_C(1) << 51)
#define FRACTION_MASK ((UINT64_C(1) << 52) - 1)

static uint64_t recpe(unsigned f, uint64_t v, struct fp_env *e)
{
    unsigned max = max_exponent(f), bias = max / 2;
    bool sign = sign_of(f, v);
    if (is_nan(f, v))
        return quiet(f, v, e);
    if (is_inf(f, v))
        return pack(f, sign, 0, 0);
    v = unpack(f, v, e);
    if (is_zero(f, v, e)) {
        e->flags |= FP_DZ;
        return pack(f, sign, max, 0);
    }
    int exponent = exponent_of(f, v);
    uint64_t fraction = long_fraction(f, v);
    if (exponent == 0 && fraction < UINT64_C(1) << 50) { /* the result would be too large */
        bool infinite = e->rm == IR_RNE || (e->rm == IR_RUP && !sign) || (e->rm == IR_RDN && sign);
        e->flags |= FP_OF | FP_NX;
        return infinite ? pack(f, sign, max, 0) : pack(f, sign, max - 1, (UINT64_C(1) << formats[f].fraction) - 1);
    }
    if (e->flush_out && exponent >= (int)(2 * bias - 1)) {
        e->flags |= FP_UF;
        return pack(f, sign, 0, 0);
    }
    if (exponent == 0 && !(fraction & FRACTION_TOP)) {
        exponent = -1;
        fraction = fraction << 2 & FRACTION_MASK;
    } else if (exponent == 0) {
        fraction = fraction << 1 & FRACTION_MASK;
    }
    int result = 2 * (int)bias - 1 - exponent;
    fraction = (uint64_t)(recip_estimate(256 | fraction >> 44) & 255) << 44;
    if (result == 0) {
        fraction = FRACTION_TOP | fraction >> 1;
    } else if (result == -1) {
        fraction = FRACTION_TOP >> 1 | fraction >> 2;
        result = 0;
    }
    return pack(f, sign, result, fraction >> (52 - formats[f].fraction));
}

static uint64_t rsqrte(unsigned f, uint64_t v, struct fp_env *e)
{
    int bias = max_exponent(f) / 2;
    if (is_nan(f, v))
        return quiet(f, v, e);
    v = unpack(f, v, e);
    if (is_zero(f, v, e)) {
        e->flags |= FP_DZ;
        return pack(f, sign_of(f, v), max_exponent(f), 0);
    }
    if (sign_of(f, v))
        return invalid(f, e);
    if (is_inf(f, v))
        return 0;
    int exponent = exponent_of(f, v);
    uint64_t fraction = long_fraction(f, v);
    if (exponent == 0) {
        for (; !(fraction & FRACTION_TOP); fraction <<= 1)
            exponent--;
        fraction = fraction << 1 & FRACTION_MASK;
    }
    unsigned estimate = rsqrt_estimate(exponent & 1 ? 128 | fraction >> 45 : 256 | fraction >> 44);
    int result = (3 * bias - 1 - exponent) >> 1;
    return pack(f, false, result, (uint64_t)(estimate & 255) << (formats[f].fraction - 8));
}

static uint64_t recpx(unsigned f, uint64_t v, struct fp_env *e)
{
    if (is_nan(f, v))
        return quiet(f, v, e);
    v = unpack(f, v, e);
    unsigned exponent = exponent_of(f, v), max = max_exponent(f);
    return pack(f, sign_of(f, v), exponent == 0 ? max - 1 : ~exponent & max, 0);
}

/* -- Conversions -- */

/* v * 2^n, exactly or so far beyond that it is as well. */
static uint64_t scaled(uint64_t v, unsigned n)
{
    unsigned exponent = exponent_of(FP_DOUBLE, v);
    if (exponent == 0 || exponent == 2047)
        return v;
    return exponent + n >= 2047 ? pack(FP_DOUBLE, sign_of(FP_DOUBLE, v), 2047, 0) : v + pack(FP_DOUBLE, false, n, 0);
}

/* The value as a double, exactly; a NaN stays one and raises nothing here. */
static uint64_t widened(unsigned f, uint64_t v, struct fp_env *e)
{
    struct fp_env quietly = {.cls = IR_FP_ARM};
    v = unpack(f, v, e);
    return f == FP_DOUBLE ? v : f == FP_SINGLE ? fp32_to_64(v, &quietly) : fp16_to_64(v, &quietly);
}

static uint64_t to_fixed(unsigned f, uint64_t v, unsigned width, bool u, unsigned fraction_bits, struct fp_env *e)
{
    if (!fraction_bits)
        return do_to_int(f, v, width, !u, e);
    v = scaled(widened(f, v, e), fraction_bits);
    e->flush_in = false;
    return fp64_to_int(v, width, !u, e);
}

/* v / 2^n as a double with its inexactness in its lowest bit, for a second rounding to half precision. */
static uint64_t odd_quotient(uint64_t v, unsigned width, bool u, unsigned n)
{
    struct fp_env e = {.rm = IR_RTZ, .cls = IR_FP_ARM};
    uint64_t d = fp64_from_int(v, width, !u, &e);
    if (e.flags & FP_NX)
        d |= 1;
    return d << 1 ? d - pack(FP_DOUBLE, false, n, 0) : d;
}

static uint64_t from_fixed(unsigned f, uint64_t v, unsigned width, bool u, unsigned fraction_bits, struct fp_env *e)
{
    if (!fraction_bits)
        return do_from_int(f, v, width, !u, e);
    if (f == FP_HALF) {
        uint64_t d = odd_quotient(v, width, u, fraction_bits);
        if (e->flush_out && d << 1 && exponent_of(FP_DOUBLE, d) < 1023 - 14) {
            e->flags |= FP_UF;
            return pack(FP_HALF, sign_of(FP_DOUBLE, d), 0, 0);
        }
        return fp64_to_16(d, e);
    }
    v = do_from_int(f, v, width, !u, e);
    return absolute(f, v) ? v - pack(f, false, fraction_bits, 0) : v;
}

/* Alternative half precision has numbers where the other has infinity and NaNs. */
static uint64_t alternative_to(unsigned f, uint64_t v, struct fp_env *e)
{
    bool sign = v >> 15 & 1;
    if ((v >> 10 & 31) != 31)
        return f == FP_SINGLE ? fp16_to_32(v, e) : fp16_to_64(v, e);
    return pack(f, sign, max_exponent(f) / 2 + 16, (v & 0x3ff) << (formats[f].fraction - 10));
}

static uint64_t to_alternative(unsigned f, uint64_t v, struct fp_env *e)
{
    bool sign = sign_of(f, v);
    if (is_nan(f, v) || is_inf(f, v)) {
        e->flags |= FP_NV;
        return sign << 15 | (is_nan(f, v) ? 0 : 0x7fff);
    }
    int exponent = exponent_of(f, v) - (int)(max_exponent(f) / 2);
    if (exponent < 16 - 1) {
        return f == FP_SINGLE ? fp32_to_16(v, e) : fp64_to_16(v, e);
    }
    /* With an exponent two less it is rounded as other numbers are; it may come out as one that is too large. */
    struct fp_env lower = *e;
    uint64_t moved = v - pack(f, false, exponent > 20 ? exponent - 18 : 2, 0);
    uint16_t r = f == FP_SINGLE ? fp32_to_16(moved, &lower) : fp64_to_16(moved, &lower);
    unsigned back = exponent > 20 ? 63 : (r >> 10 & 31) + 2;
    if (back > 31) {
        e->flags |= FP_NV;
        return sign << 15 | 0x7fff;
    }
    e->flags |= lower.flags;
    return sign << 15 | back << 10 | (r & 0x3ff);
}

static uint64_t convert(struct cpu *cpu, unsigned from, unsigned to, uint64_t v, uint64_t desc)
{
    bool alternative = arm_cpu(cpu)->fpcr >> 26 & 1;
    struct fp_env e = arm_fp_begin(cpu, FP_SINGLE, desc); /* half precision is not flushed */
    uint64_t r;
    if (from == FP_HALF)
        r = alternative ? alternative_to(to, v & 0xffff, &e) : to == FP_SINGLE ? fp16_to_32(v, &e) : fp16_to_64(v, &e);
    else if (to == FP_HALF)
        r = alternative ? to_alternative(from, unpack(from, v, &e), &e)
            : from == FP_SINGLE ? fp32_to_16(v, &e) : fp64_to_16(v, &e);
    else
        r = from == FP_SINGLE ? fp32_to_64(v, &e) : fp64_to_32(v, &e);
    return end(cpu, &e, r);
}

/* Double to single, rounded to odd. */
static uint64_t convert_odd(struct cpu *cpu, uint64_t v)
{
    struct fp_env e = begin(cpu, FP_DOUBLE);
    e.rm = IR_RTZ;
    uint32_t r = fp64_to_32(v, &e);
    r |= e.flags & FP_NX ? 1 : 0;
    return end(cpu, &e, r);
}

/* -- Rounding to integers of 32 or 64 bits in FP -- */

static uint64_t round_within(unsigned f, uint64_t v, unsigned width, struct fp_env *e)
{
    unsigned bias = max_exponent(f) / 2;
    uint64_t least = pack(f, true, bias + width - 1, 0);
    if (is_nan(f, v) || is_inf(f, v)) {
        e->flags |= FP_NV;
        return least;
    }
    struct fp_env once = *e;
    uint64_t r = do_round(f, v, true, &once);
    if (exponent_of(f, r) >= bias + width - 1 && r != least) {
        e->flags |= FP_NV;
        return least;
    }
    e->flags |= once.flags;
    return r;
}

/* -- The operations -- */

#define DESC_OP(d) ((d)&0xff)
#define DESC_FORMAT(d) ((d) >> 8 & 3)
#define DESC_RM(d) ((d) >> 12 & 7)
#define DESC_N(d) ((d) >> 16 & 0xff)

static uint64_t operate(struct cpu *cpu, uint64_t desc, uint64_t a, uint64_t b)
{
    unsigned op = DESC_OP(desc), f = DESC_FORMAT(desc), rm = DESC_RM(desc), n = DESC_N(desc);
    struct fp_env e = arm_fp_begin(cpu, f, desc);
    unsigned width = f == FP_DOUBLE ? 64 : f == FP_SINGLE ? 32 : 16;
    uint64_t r = 0, ones = width == 64 ? ~UINT64_C(0) : (UINT64_C(1) << width) - 1;
    if (rm != IR_RDYN)
        e.rm = rm;
    a &= ones;
    b &= ones;
    switch (op) {
    case FPOP_ADD: r = do_add(f, a, b, &e); break;
    case FPOP_SUB: r = do_sub(f, a, b, &e); break;
    case FPOP_MUL: r = do_mul(f, a, b, &e); break;
    case FPOP_DIV: r = do_div(f, a, b, &e); break;
    case FPOP_MAX: r = do_max(f, a, b, &e); break;
    case FPOP_MIN: r = do_min(f, a, b, &e); break;
    case FPOP_MAXNM: r = do_maxnum(f, a, b, &e); break;
    case FPOP_MINNM: r = do_minnum(f, a, b, &e); break;
    case FPOP_MULX: r = mulx(f, a, b, &e); break;
    case FPOP_RECPS: r = recip_step(f, a, b, &e); break;
    case FPOP_RSQRTS: r = rsqrt_step(f, a, b, &e); break;
    case FPOP_RECPS_32: r = recip_step_32(f, a, b, &e); break;
    case FPOP_RSQRTS_32: r = rsqrt_step_32(f, a, b, &e); break;
    case FPOP_ABD: r = absolute(f, do_sub(f, a, b, &e)); break;
    case FPOP_CMEQ: r = do_cmp(f, a, b, IR_FEQ, &e) ? ones : 0; break;
    case FPOP_CMGE: r = do_cmp(f, b, a, IR_FLE, &e) ? ones : 0; break;
    case FPOP_CMGT: r = do_cmp(f, b, a, IR_FLT, &e) ? ones : 0; break;
    case FPOP_ACGE: r = do_cmp(f, absolute(f, b), absolute(f, a), IR_FLE, &e) ? ones : 0; break;
    case FPOP_ACGT: r = do_cmp(f, absolute(f, b), absolute(f, a), IR_FLT, &e) ? ones : 0; break;
    case FPOP_SQRT: r = do_sqrt(f, a, &e); break;
    case FPOP_RINT: r = do_round(f, a, false, &e); break;
    case FPOP_RINTX: r = do_round(f, a, true, &e); break;
    case FPOP_RINT_WITHIN: r = round_within(f, a, n, &e); break;
    case FPOP_RECPE: r = recpe(f, a, &e); break;
    case FPOP_RSQRTE: r = rsqrte(f, a, &e); break;
    case FPOP_RECPX: r = recpx(f, a, &e); break;
    case FPOP_TO_S: r = to_fixed(f, a, width == 16 ? 32 : width, false, n, &e); break;
    case FPOP_TO_U: r = to_fixed(f, a, width == 16 ? 32 : width, true, n, &e); break;
    case FPOP_FROM_S: r = from_fixed(f, width == 16 ? (uint64_t)sign_extend(a, 16) : a, MAX(width, 32u), false, n, &e); break;
    case FPOP_FROM_U: r = from_fixed(f, a, MAX(width, 32u), true, n, &e); break;
    }
    if (width == 16 && op == FPOP_TO_S && (int32_t)r != (int16_t)r) { /* of lanes of 16 bits */
        e.flags = (e.flags & ~FP_NX) | FP_NV;
        r = (int32_t)r < 0 ? 0x8000 : 0x7fff;
    } else if (width == 16 && op == FPOP_TO_U && (uint32_t)r > 0xffff) {
        e.flags = (e.flags & ~FP_NX) | FP_NV;
        r = 0xffff;
    }
    return end(cpu, &e, r & ones);
}

static uint64_t helper_fp2(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t desc)
{
    return operate(cpu, desc, a, b);
}

static uint64_t get_lane(const struct ir_vec *v, unsigned bytes, unsigned i)
{
    uint64_t r = 0;
    memcpy(&r, (const uint8_t *)v->q + bytes * i, bytes);
    return r;
}

static unsigned lane_bytes(unsigned f)
{
    return f == FP_DOUBLE ? 8 : f == FP_SINGLE ? 4 : 2;
}

static void helper_vfp2(struct cpu *cpu, struct ir_vec *out, const struct ir_vec *a, const struct ir_vec *b, uint64_t desc)
{
    unsigned bytes = lane_bytes(DESC_FORMAT(desc));
    struct ir_vec r = {0};
    for (unsigned i = 0; i < 16 / bytes; i++) {
        uint64_t v = helper_fp2(cpu, get_lane(a, bytes, i), get_lane(b, bytes, i), desc);
        memcpy((uint8_t *)r.q + bytes * i, &v, bytes);
    }
    *out = r;
}

static void fused(struct cpu *cpu, struct ir_vec *out, const struct ir_vec *d, const struct ir_vec *a,
                  const struct ir_vec *b, uint64_t desc)
{
    unsigned f = DESC_FORMAT(desc), bytes = lane_bytes(f);
    struct ir_vec r = {0};
    for (unsigned i = 0; i < 16 / bytes; i++) {
        struct fp_env e = arm_fp_begin(cpu, f, desc);
        uint64_t v = do_fma(f, get_lane(a, bytes, i), get_lane(b, bytes, i), get_lane(d, bytes, i), 0, &e);
        v = end(cpu, &e, v);
        memcpy((uint8_t *)r.q + bytes * i, &v, bytes);
    }
    *out = r;
}

#define FUSED(name, desc)                                                                                              \
    static void helper_##name(struct cpu *cpu, struct ir_vec *out, const struct ir_vec *d, const struct ir_vec *a,     \
                              const struct ir_vec *b)                                                                  \
    {                                                                                                                  \
        fused(cpu, out, d, a, b, desc);                                                                                \
    }
FUSED(vfma_h, FP_HALF << 8)
FUSED(vfma_standard_h, FP_HALF << 8 | FP_STANDARD)
FUSED(vfma_standard_s, FP_SINGLE << 8 | FP_STANDARD)

/* desc: IR_FMA_NEG_*, the format in bits 8 and 9 */
static uint64_t helper_fma(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t desc)
{
    struct fp_env e = begin(cpu, DESC_FORMAT(desc));
    return end(cpu, &e, do_fma(DESC_FORMAT(desc), a, b, c, desc & 3, &e));
}

/* desc: 1 and 3 negate the product, 2 and 3 d; the format in bits 8 and 9 */
static uint64_t helper_fp_chain(struct cpu *cpu, uint64_t d, uint64_t a, uint64_t b, uint64_t desc)
{
    unsigned f = DESC_FORMAT(desc), op = desc & 3;
    struct fp_env e = begin(cpu, f);
    uint64_t product = do_mul(f, a, b, &e);
    if (op & 1)
        product = negate(f, product);
    return end(cpu, &e, do_add(f, op & 2 ? negate(f, d) : d, product, &e));
}

/* All lanes into one, halves first. */
static uint64_t reduce(struct cpu *cpu, const struct ir_vec *v, unsigned from, unsigned n, uint64_t desc)
{
    if (n == 1)
        return get_lane(v, lane_bytes(DESC_FORMAT(desc)), from);
    uint64_t low = reduce(cpu, v, from, n / 2, desc), high = reduce(cpu, v, from + n / 2, n / 2, desc);
    return helper_fp2(cpu, low, high, desc);
}

/* N of desc: how many lanes. */
static uint64_t helper_vfp_reduce(struct cpu *cpu, const struct ir_vec *v, uint64_t desc)
{
    return reduce(cpu, v, 0, DESC_N(desc), desc);
}

/* Formats from desc, to desc >> 4. */
static uint64_t helper_fp_convert(struct cpu *cpu, uint64_t v, uint64_t desc)
{
    return convert(cpu, desc & 3, desc >> 4 & 3, v, 0);
}

static uint64_t helper_fp_convert_odd(struct cpu *cpu, uint64_t v)
{
    return convert_odd(cpu, v);
}

/* Four halves in the low half to singles, and back. */
static void helper_vh_to_s(struct cpu *cpu, struct ir_vec *out, const struct ir_vec *a, uint64_t desc)
{
    struct ir_vec r = {0};
    for (unsigned i = 0; i < 4; i++)
        r.q[i / 2] |= convert(cpu, FP_HALF, FP_SINGLE, get_lane(a, 2, i), desc) << (32 * (i & 1));
    *out = r;
}

static void helper_vs_to_h(struct cpu *cpu, struct ir_vec *out, const struct ir_vec *a, uint64_t desc)
{
    struct ir_vec r = {0};
    for (unsigned i = 0; i < 4; i++)
        r.q[0] |= convert(cpu, FP_SINGLE, FP_HALF, get_lane(a, 4, i), desc) << (16 * i);
    *out = r;
}

/* Scalars to and from integers of any width: width of the integer in bits 24 and up. */
static uint64_t helper_fp_to_fixed(struct cpu *cpu, uint64_t v, uint64_t desc)
{
    unsigned f = DESC_FORMAT(desc);
    struct fp_env e = begin(cpu, f);
    e.rm = DESC_RM(desc) == IR_RDYN ? cpu->fp.rm : DESC_RM(desc);
    v = f == FP_HALF ? v & 0xffff : f == FP_SINGLE ? (uint32_t)v : v;
    return end(cpu, &e, to_fixed(f, v, desc >> 24, DESC_OP(desc) == FPOP_TO_U, DESC_N(desc), &e));
}

static uint64_t helper_fp_to_fixed_32(struct cpu *cpu, uint64_t v, uint64_t desc)
{
    bool u = DESC_OP(desc) == FPOP_TO_U;
    unsigned f = DESC_FORMAT(desc);
    if (desc >> 24 != 16)
        return helper_fp_to_fixed(cpu, v, desc);
    struct fp_env e = begin(cpu, f);
    e.rm = IR_RTZ;
    uint64_t wide = to_fixed(f, v, 32, u, DESC_N(desc), &e);
    int64_t r = u ? (int64_t)(uint32_t)wide : (int32_t)wide, max = u ? 0xffff : 0x7fff, min = u ? 0 : -0x8000;
    if (r > max || r < min) {
        e.flags = (e.flags & ~FP_NX) | FP_NV;
        r = r > max ? max : min;
    }
    return end(cpu, &e, r);
}

static uint64_t helper_fp_from_fixed(struct cpu *cpu, uint64_t v, uint64_t desc)
{
    unsigned f = DESC_FORMAT(desc);
    struct fp_env e = begin(cpu, f);
    e.rm = DESC_RM(desc) == IR_RDYN ? cpu->fp.rm : DESC_RM(desc);
    return end(cpu, &e, from_fixed(f, v, desc >> 24, DESC_OP(desc) == FPOP_FROM_U, DESC_N(desc), &e));
}

/* NZCV in bits 31 to 28 of comparing; desc: format << 8 | signalling. */
static uint64_t helper_fp_compare(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t desc)
{
    unsigned f = DESC_FORMAT(desc);
    struct fp_env e = begin(cpu, f);
    if (f == FP_HALF)
        a &= 0xffff, b &= 0xffff;
    return end(cpu, &e, do_cmp(f, a, b, desc & 1 ? IR_FNZCV : IR_FNZCVQ, &e));
}

/* FJCVTZS: the low 32 bits of the integer, and Z in bit 32 if the number was that integer. */
static uint64_t helper_fp_javascript(struct cpu *cpu, uint64_t v)
{
    struct fp_env e = begin(cpu, FP_DOUBLE);
    bool minus_zero = v == UINT64_C(1) << 63, flushed = e.flush_in && is_denormal(FP_DOUBLE, v);
    v = unpack(FP_DOUBLE, v, &e);
    e.flush_in = false;
    uint8_t before = e.flags;
    e.flags = 0;
    uint32_t r = fp64_to_int_mod(v, &e);
    bool z = !e.flags && !minus_zero && !flushed;
    e.flags |= before;
    return end(cpu, &e, r | (uint64_t)z << 32);
}

static uint64_t estimate32(uint32_t v, bool root)
{
    if (root)
        return v >> 30 ? (uint64_t)rsqrt_estimate(v >> 23) << 23 : UINT32_MAX;
    return v >> 31 ? (uint64_t)recip_estimate(v >> 23) << 23 : UINT32_MAX;
}

static void helper_vestimate(struct cpu *cpu, struct ir_vec *out, const struct ir_vec *a, uint64_t root)
{
    struct ir_vec r = {0};
    for (unsigned i = 0; i < 4; i++)
        r.q[i / 2] |= estimate32(get_lane(a, 4, i), root) << (32 * (i & 1));
    *out = r;
}

#define VECTOR(name_, nargs_, vectors_, flags_)                                                                        \
    const struct ir_helper arm_helper_##name_ = {.name = "arm_" #name_, .fn = helper_##name_, .nargs = nargs_,        \
                                                 .result = true, .flags = flags_, .vectors = vectors_}
ARM_HELPER(fp2, 3, true, IR_H_STATE);
ARM_HELPER(fma, 4, true, IR_H_STATE);
ARM_HELPER(fp_convert, 2, true, IR_H_STATE);
ARM_HELPER(fp_convert_odd, 1, true, IR_H_STATE);
ARM_HELPER(fp_to_fixed, 2, true, IR_H_STATE);
ARM_HELPER(fp_to_fixed_32, 2, true, IR_H_STATE);
ARM_HELPER(fp_chain, 4, true, IR_H_STATE);
ARM_HELPER(fp_from_fixed, 2, true, IR_H_STATE);
ARM_HELPER(fp_compare, 3, true, IR_H_STATE);
ARM_HELPER(fp_javascript, 1, true, IR_H_STATE);
VECTOR(vfp2, 3, 3 | IR_H_VECTOR, IR_H_STATE);
VECTOR(vfma_h, 3, 7 | IR_H_VECTOR, IR_H_STATE);
VECTOR(vfma_standard_h, 3, 7 | IR_H_VECTOR, IR_H_STATE);
VECTOR(vfma_standard_s, 3, 7 | IR_H_VECTOR, IR_H_STATE);
VECTOR(vfp_reduce, 2, 1, IR_H_STATE);
VECTOR(vh_to_s, 2, 1 | IR_H_VECTOR, IR_H_STATE);
VECTOR(vs_to_h, 2, 1 | IR_H_VECTOR, IR_H_STATE);
VECTOR(vestimate, 2, 1 | IR_H_VECTOR, IR_H_PURE);
