/* SPDX-License-Identifier: BSD-2-Clause */
/* Addition, subtraction, multiplication, division, square root and fused multiply-add (IEEE 754, 5.4.1). */
#include "core.h"

/* -- Addition -- */

/* a + b, both finite and not zero. */
FP_INLINE uint64_t add_finite(struct fp_format f, struct fp_num a, struct fp_num b, struct fp_env *e)
{
    if (a.exp < b.exp || (a.exp == b.exp && a.frac < b.frac)) {
        struct fp_num t = a;
        a = b;
        b = t;
    }
    uint64_t low = shift_right_jam(b.frac, a.exp - b.exp);
    uint64_t sum = a.sign == b.sign ? a.frac + low : a.frac - low;
    if (unlikely(sum == 0))
        return fmt_zero(f, fp_cancelled_sign(e));
    return fp_normalise_pack(f, a.sign, a.exp, sum, e);
}

/* a + b, or a - b. */
FP_INLINE uint64_t do_add(struct fp_format f, uint64_t va, uint64_t vb, bool subtract, struct fp_env *e)
{
    struct fp_num a = fp_unpack(f, va, e), b = fp_unpack(f, vb, e);

    b.sign ^= subtract;
    if (likely(a.kind == KIND_FINITE && b.kind == KIND_FINITE)) {
        fp_note_denormal(e, a.denormal | b.denormal);
        return add_finite(f, a, b, e);
    }
    if (a.kind == KIND_NAN || b.kind == KIND_NAN)
        return fp_nan2(f, va, vb, e);
    if (a.kind == KIND_INF && b.kind == KIND_INF && a.sign != b.sign)
        return fp_invalid(f, e);
    fp_note_denormal(e, a.denormal | b.denormal);
    if (a.kind == KIND_INF)
        return fmt_inf(f, a.sign);
    if (b.kind == KIND_INF)
        return fmt_inf(f, b.sign);
    if (a.kind == KIND_FINITE)
        return fp_round_pack(f, a.sign, a.exp, a.frac, e);
    if (b.kind == KIND_FINITE)
        return fp_round_pack(f, b.sign, b.exp, b.frac, e);
    return fmt_zero(f, a.sign == b.sign ? a.sign : fp_cancelled_sign(e));
}

/* -- Multiplication and division -- */

FP_INLINE uint64_t do_mul(struct fp_format f, uint64_t va, uint64_t vb, struct fp_env *e)
{
    struct fp_num a = fp_unpack(f, va, e), b = fp_unpack(f, vb, e);
    bool sign = a.sign ^ b.sign;

    if (likely(a.kind == KIND_FINITE && b.kind == KIND_FINITE)) {
        u128 product = (u128)a.frac * b.frac;
        fp_note_denormal(e, a.denormal | b.denormal);
        return fp_normalise_pack(f, sign, a.exp + b.exp, shift_right_jam128(product, FRAC_TOP), e);
    }
    if (a.kind == KIND_NAN || b.kind == KIND_NAN)
        return fp_nan2(f, va, vb, e);
    if ((a.kind == KIND_INF && b.kind == KIND_ZERO) || (a.kind == KIND_ZERO && b.kind == KIND_INF))
        return fp_invalid(f, e);
    fp_note_denormal(e, a.denormal | b.denormal);
    return a.kind == KIND_INF || b.kind == KIND_INF ? fmt_inf(f, sign) : fmt_zero(f, sign);
}

/* a / b, both finite and not zero. */
FP_INLINE uint64_t div_finite(struct fp_format f, bool sign, struct fp_num a, struct fp_num b, struct fp_env *e)
{
    int exp = a.exp - b.exp - (a.frac < b.frac);
    unsigned scale = a.frac < b.frac ? FRAC_TOP + 1 : FRAC_TOP;
    uint64_t quotient;

    if (f.mant < 30) { /* 64-bit division has enough quotient bits */
        uint64_t dividend = a.frac << (scale - FRAC_TOP), divisor = b.frac >> 32;
        quotient = dividend / divisor << (FRAC_TOP - 32);
        quotient |= dividend % divisor != 0;
    } else {
        u128 dividend = (u128)a.frac << scale;
        quotient = dividend / b.frac;
        quotient |= dividend != (u128)quotient * b.frac;
    }
    return fp_round_pack(f, sign, exp, quotient, e);
}

FP_INLINE uint64_t do_div(struct fp_format f, uint64_t va, uint64_t vb, struct fp_env *e)
{
    struct fp_num a = fp_unpack(f, va, e), b = fp_unpack(f, vb, e);
    bool sign = a.sign ^ b.sign;

    if (likely(a.kind == KIND_FINITE && b.kind == KIND_FINITE)) {
        fp_note_denormal(e, a.denormal | b.denormal);
        return div_finite(f, sign, a, b, e);
    }
    if (a.kind == KIND_NAN || b.kind == KIND_NAN)
        return fp_nan2(f, va, vb, e);
    if (a.kind == b.kind) /* 0 / 0, inf / inf */
        return fp_invalid(f, e);
    if (a.kind == KIND_FINITE && b.kind == KIND_ZERO) {
        fp_raise(e, FP_DZ);
        return fmt_inf(f, sign);
    }
    fp_note_denormal(e, a.denormal | b.denormal);
    return a.kind == KIND_INF || b.kind == KIND_ZERO ? fmt_inf(f, sign) : fmt_zero(f, sign);
}

/* -- Square root -- */

/*
 * floor(sqrt(n)) and the rest n - floor^2, from the root of the upper half and one division (Zimmermann,
 * "Karatsuba Square Root", 1999). One of n's top two bits must be set.
 */
static uint32_t isqrt16(uint32_t n, uint32_t *rest)
{
    uint32_t root = 0;

    for (uint32_t bit = UINT32_C(1) << 14; bit != 0; bit >>= 2) {
        uint32_t trial = root + bit;
        bool fits = n >= trial;
        n -= fits ? trial : 0;
        root = (root >> 1) + (fits ? bit : 0);
    }
    *rest = n;
    return root;
}

static uint32_t isqrt32(uint32_t n, uint32_t *rest)
{
    uint32_t r, s = isqrt16(n >> 16, &r);
    uint32_t t = r << 8 | (n >> 8 & 0xff);
    uint32_t q = t / (2 * s), u = t % (2 * s);
    int32_t d = (int32_t)(u << 8 | (n & 0xff)) - (int32_t)(q * q);

    s = (s << 8) + q;
    while (d < 0)
        d += 2 * s-- - 1;
    *rest = d;
    return s;
}

static uint64_t isqrt64(uint64_t n, uint64_t *rest)
{
    uint32_t upper_rest;
    uint64_t s = isqrt32(n >> 32, &upper_rest);
    uint64_t t = (uint64_t)upper_rest << 16 | (n >> 16 & 0xffff);
    uint64_t q = t / (2 * s), u = t % (2 * s);
    int64_t d = (int64_t)(u << 16 | (n & 0xffff)) - (int64_t)(q * q);

    s = (s << 16) + q;
    while (d < 0)
        d += 2 * s-- - 1;
    *rest = d;
    return s;
}

static uint64_t isqrt128(u128 n, u128 *rest)
{
    uint64_t upper_rest;
    u128 s = isqrt64(n >> 64, &upper_rest);
    u128 t = (u128)upper_rest << 32 | (uint32_t)(n >> 32);
    u128 q = t / (2 * s), u = t % (2 * s);
    __int128 d = (__int128)(u << 32 | (uint32_t)n) - (__int128)(q * q);

    s = (s << 32) + q;
    while (d < 0)
        d += 2 * (__int128)s-- - 1;
    *rest = d;
    return s;
}

FP_INLINE uint64_t do_sqrt(struct fp_format f, uint64_t va, struct fp_env *e)
{
    struct fp_num a = fp_unpack(f, va, e);

    if (a.kind == KIND_NAN)
        return fp_nan1(f, va, e);
    if (a.kind == KIND_ZERO)
        return fmt_zero(f, a.sign);
    if (a.sign)
        return fp_invalid(f, e);
    if (a.kind == KIND_INF)
        return fmt_inf(f, false);
    fp_note_denormal(e, a.denormal);

    /* The significand is scaled by an even power of two so that the root's leading one is in bit 31 or 63. */
    unsigned odd = a.exp & 1;
    uint64_t root;
    if (2 * (f.mant + 2) <= 64) {
        uint64_t rest, root32 = isqrt64(a.frac << odd, &rest);
        root = root32 << (FRAC_TOP - 31) | (rest != 0);
    } else {
        u128 rest;
        root = isqrt128((u128)a.frac << (FRAC_TOP + 2 + odd), &rest);
        root = shift_right_jam(root, 1) | (rest != 0);
    }
    return fp_round_pack(f, false, (a.exp - (int)odd) / 2, root, e);
}

/* -- Fused multiply-add -- */

/* Leading bit of the product and the addend while they are added. */
#define WIDE_TOP (2 * FRAC_TOP + 1)

/* product * 2^(exp - WIDE_TOP) + c, with the product's leading one in bit WIDE_TOP - 1 or WIDE_TOP. */
FP_INLINE uint64_t fma_finite(struct fp_format f, bool sign, int exp, u128 product, struct fp_num c, struct fp_env *e)
{
    u128 addend = (u128)c.frac << (WIDE_TOP - FRAC_TOP);
    u128 sum;

    if (!(product >> WIDE_TOP)) {
        product <<= 1;
        exp--;
    }
    if (exp < c.exp) {
        product = shift_right_jam128(product, c.exp - exp);
        exp = c.exp;
    } else {
        addend = shift_right_jam128(addend, exp - c.exp);
    }
    if (sign == c.sign) {
        sum = product + addend;
    } else if (product >= addend) {
        sum = product - addend;
    } else {
        sum = addend - product;
        sign = c.sign;
    }
    if (sum == 0)
        return fmt_zero(f, fp_cancelled_sign(e));

    int shift = sum >> 64 ? __builtin_clzll(sum >> 64) : 64 + __builtin_clzll((uint64_t)sum);
    sum <<= shift;
    uint64_t frac = (uint64_t)(sum >> 64) | ((uint64_t)sum != 0);
    return fp_round_pack(f, sign, exp + (127 - WIDE_TOP) - shift, shift_right_jam(frac, 1), e);
}

/* The NaN result of a * b + c. */
FP_INLINE uint64_t fma_nan(struct fp_format f, uint64_t a, uint64_t b, uint64_t c, struct fp_env *e)
{
    if (e->cls == IR_FP_ARM) /* FPMulAdd: the addend comes first */
        return fp_nan3(f, c, a, b, e);
    return fp_nan3(f, a, b, c, e);
}

FP_INLINE uint64_t do_fma(struct fp_format f, uint64_t va, uint64_t vb, uint64_t vc, unsigned neg, struct fp_env *e)
{
    struct fp_num a = fp_unpack(f, va, e), b = fp_unpack(f, vb, e), c = fp_unpack(f, vc, e);
    bool sign = a.sign ^ b.sign ^ !!(neg & IR_FMA_NEG_PRODUCT);
    bool zero_by_inf = (a.kind == KIND_ZERO && b.kind == KIND_INF) || (a.kind == KIND_INF && b.kind == KIND_ZERO);
    bool nan = a.kind == KIND_NAN || b.kind == KIND_NAN || c.kind == KIND_NAN;

    c.sign ^= !!(neg & IR_FMA_NEG_ADDEND);
    if (unlikely(nan)) {
        if (e->cls == IR_FP_ARM) { /* FMSUB and the others negate operands, NaNs too */
            va ^= fmt_sign(f, neg & IR_FMA_NEG_PRODUCT);
            vc ^= fmt_sign(f, neg & IR_FMA_NEG_ADDEND);
        }
        uint64_t v = fma_nan(f, va, vb, vc, e);
        /* 0 * inf + quiet NaN: x86 passes the NaN on, the others count the product as invalid. */
        if (zero_by_inf && e->cls != IR_FP_X86) {
            fp_raise(e, FP_NV);
            if (e->cls == IR_FP_ARM && !fmt_is_snan(f, vc))
                v = fp_default_nan(f, e);
        }
        return v;
    }
    if (zero_by_inf)
        return fp_invalid(f, e);
    if (a.kind == KIND_INF || b.kind == KIND_INF) {
        if (c.kind == KIND_INF && c.sign != sign)
            return fp_invalid(f, e);
        fp_note_denormal(e, a.denormal | b.denormal | c.denormal);
        return fmt_inf(f, sign);
    }
    fp_note_denormal(e, a.denormal | b.denormal | c.denormal);
    if (c.kind == KIND_INF)
        return fmt_inf(f, c.sign);
    if (a.kind == KIND_ZERO || b.kind == KIND_ZERO) {
        if (c.kind == KIND_ZERO)
            return fmt_zero(f, c.sign == sign ? sign : fp_cancelled_sign(e));
        return fp_round_pack(f, c.sign, c.exp, c.frac, e);
    }
    u128 product = (u128)a.frac * b.frac;
    if (c.kind == KIND_ZERO) {
        uint64_t frac = shift_right_jam128(product, FRAC_TOP);
        return fp_normalise_pack(f, sign, a.exp + b.exp, frac, e);
    }
    return fma_finite(f, sign, a.exp + b.exp + 1, product, c, e);
}

#define ARITH(w, u, f)                                                                                                 \
    u fp##w##_add(u a, u b, struct fp_env *e)                                                                          \
    {                                                                                                                  \
        return do_add(f, a, b, false, e);                                                                              \
    }                                                                                                                  \
    u fp##w##_sub(u a, u b, struct fp_env *e)                                                                          \
    {                                                                                                                  \
        return do_add(f, a, b, true, e);                                                                               \
    }                                                                                                                  \
    u fp##w##_mul(u a, u b, struct fp_env *e)                                                                          \
    {                                                                                                                  \
        return do_mul(f, a, b, e);                                                                                     \
    }                                                                                                                  \
    u fp##w##_div(u a, u b, struct fp_env *e)                                                                          \
    {                                                                                                                  \
        return do_div(f, a, b, e);                                                                                     \
    }                                                                                                                  \
    u fp##w##_sqrt(u a, struct fp_env *e)                                                                              \
    {                                                                                                                  \
        return do_sqrt(f, a, e);                                                                                       \
    }                                                                                                                  \
    u fp##w##_fma(u a, u b, u c, unsigned neg, struct fp_env *e)                                                       \
    {                                                                                                                  \
        return do_fma(f, a, b, c, neg, e);                                                                             \
    }

ARITH(16, uint16_t, FP_F16)
ARITH(32, uint32_t, FP_F32)
ARITH(64, uint64_t, FP_F64)
