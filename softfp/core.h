/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all of softfp is made of: a format's description, a number taken apart, rounding and putting
 * together again, and the NaN rules of each class. An operation is written once, as an inline function
 * of the format; a macro at the end of each file makes softfp.h's functions of it.
 * (IEEE 754-2019; RISC-V unprivileged ISA, "F" and "D"; Arm ARM, shared/functions/float; Intel SDM
 * volume 1, 4.8 and 11.5.)
 */
#ifndef MYNAH_SOFTFP_CORE_H
#define MYNAH_SOFTFP_CORE_H

#include "ir.h"
#include "softfp.h"

typedef unsigned __int128 u128;

#define FP_INLINE static inline __attribute__((always_inline))

/* -- Formats -- */

struct fp_format {
    uint8_t width;
    uint8_t mant; /* stored bits of the significand */
};

#define FP_F16 ((struct fp_format){ 16, 10 })
#define FP_F32 ((struct fp_format){ 32, 23 })
#define FP_F64 ((struct fp_format){ 64, 52 })
#define FP_BF16 ((struct fp_format){ 16, 7 })

FP_INLINE unsigned fmt_max_exp(struct fp_format f)
{
    return (1u << (f.width - 1 - f.mant)) - 1;
}

FP_INLINE int fmt_bias(struct fp_format f)
{
    return fmt_max_exp(f) >> 1;
}

FP_INLINE uint64_t fmt_sign(struct fp_format f, bool sign)
{
    return (uint64_t)sign << (f.width - 1);
}

FP_INLINE uint64_t fmt_zero(struct fp_format f, bool sign)
{
    return fmt_sign(f, sign);
}

FP_INLINE uint64_t fmt_inf(struct fp_format f, bool sign)
{
    return fmt_sign(f, sign) | (uint64_t)fmt_max_exp(f) << f.mant;
}

/* The bit of the significand that makes a NaN quiet. */
FP_INLINE uint64_t fmt_quiet(struct fp_format f)
{
    return UINT64_C(1) << (f.mant - 1);
}

FP_INLINE uint64_t fmt_magnitude(struct fp_format f, uint64_t v)
{
    return v & (fmt_sign(f, true) - 1);
}

FP_INLINE bool fmt_is_negative(struct fp_format f, uint64_t v)
{
    return v >> (f.width - 1) & 1;
}

FP_INLINE bool fmt_is_nan(struct fp_format f, uint64_t v)
{
    return fmt_magnitude(f, v) > fmt_inf(f, false);
}

FP_INLINE bool fmt_is_snan(struct fp_format f, uint64_t v)
{
    return fmt_is_nan(f, v) && !(v & fmt_quiet(f));
}

FP_INLINE bool fmt_is_denormal(struct fp_format f, uint64_t v)
{
    return fmt_magnitude(f, v) - 1 < (UINT64_C(1) << f.mant) - 1;
}

/* -- A number taken apart -- */

/* NaNs last, so that kind >= KIND_NAN tests for one. */
enum fp_kind { KIND_ZERO, KIND_FINITE, KIND_INF, KIND_NAN };

/* Bit of the leading one in fp_num.frac: leaves one bit above for carries. */
#define FRAC_TOP 62

struct fp_num {
    uint64_t frac; /* KIND_FINITE: the significand, in [2^FRAC_TOP, 2^(FRAC_TOP + 1)) */
    int exp;       /* KIND_FINITE: the value is frac * 2^(exp - FRAC_TOP) */
    uint8_t kind;
    bool sign;
    bool denormal; /* was encoded as a denormal number (and not flushed) */
};

FP_INLINE void fp_raise(struct fp_env *e, unsigned flags)
{
    e->flags |= flags;
}

/* v, or a zero of its sign if it is denormal and denormal operands count as zero. */
FP_INLINE uint64_t fp_flush_operand(struct fp_format f, uint64_t v, struct fp_env *e)
{
    if (likely(!e->flush_in) || !fmt_is_denormal(f, v))
        return v;
    if (e->cls == IR_FP_ARM && f.width != 16) /* FPUnpackBase: FZ16 flushes silently */
        fp_raise(e, FP_ID);
    return fmt_zero(f, fmt_is_negative(f, v));
}

FP_INLINE struct fp_num fp_unpack(struct fp_format f, uint64_t v, struct fp_env *e)
{
    uint64_t mant = v & ((UINT64_C(1) << f.mant) - 1);
    unsigned exp = v >> f.mant & fmt_max_exp(f);
    struct fp_num n = {
        .frac = UINT64_C(1) << FRAC_TOP | mant << (FRAC_TOP - f.mant),
        .exp = (int)exp - fmt_bias(f),
        .kind = KIND_FINITE,
        .sign = fmt_is_negative(f, v),
    };

    if (likely(exp - 1 < fmt_max_exp(f) - 1))
        return n;
    if (exp != 0) {
        n.kind = mant ? KIND_NAN : KIND_INF;
    } else if (fmt_magnitude(f, fp_flush_operand(f, v, e)) == 0) {
        n.kind = KIND_ZERO;
    } else {
        int shift = __builtin_clzll(mant) - (63 - FRAC_TOP);
        n.frac = mant << shift;
        n.exp = 1 - fmt_bias(f) - (shift - (FRAC_TOP - f.mant));
        n.denormal = true;
    }
    return n;
}

/* x86 reports denormal operands of operations that are neither invalid nor have a NaN operand. */
FP_INLINE void fp_note_denormal(struct fp_env *e, bool denormal)
{
    if (unlikely(denormal) && e->cls == IR_FP_X86)
        fp_raise(e, FP_ID);
}

/* -- NaNs -- */

FP_INLINE uint64_t fp_default_nan(struct fp_format f, const struct fp_env *e)
{
    return fmt_inf(f, e->cls == IR_FP_X86) | fmt_quiet(f);
}

/* Do the NaN operands leave no trace in NaN results? */
FP_INLINE bool fp_no_payload(const struct fp_env *e)
{
    return e->cls == IR_FP_RISCV || e->default_nan;
}

/* The result of an invalid operation without NaN operands. */
uint64_t fp_invalid(struct fp_format f, struct fp_env *e);
/* The result of an operation some of whose operands are NaNs; the operands in the order that the class prefers. */
uint64_t fp_nan1(struct fp_format f, uint64_t a, struct fp_env *e);
uint64_t fp_nan2(struct fp_format f, uint64_t a, uint64_t b, struct fp_env *e);
uint64_t fp_nan3(struct fp_format f, uint64_t a, uint64_t b, uint64_t c, struct fp_env *e);

/* -- Rounding -- */

/* x >> n; a one shifted out sticks in the last bit. Any n. */
FP_INLINE uint64_t shift_right_jam(uint64_t x, unsigned n)
{
    if (n == 0)
        return x;
    if (n > 63)
        return x != 0;
    return x >> n | ((x << (64 - n)) != 0);
}

FP_INLINE u128 shift_right_jam128(u128 x, unsigned n)
{
    if (n == 0)
        return x;
    if (n > 127)
        return x != 0;
    return x >> n | ((x << (128 - n)) != 0);
}

/*
 * What to add to a magnitude whose bits under `mask` are to be rounded away (but see fp_clear_tie).
 * Zero exactly if numbers of that sign are truncated.
 */
FP_INLINE uint64_t fp_increment(unsigned rm, bool sign, uint64_t mask)
{
    switch (rm) {
    case IR_RTZ:
        return 0;
    case IR_RDN:
        return sign ? mask : 0;
    case IR_RUP:
        return sign ? 0 : mask;
    default: /* RNE, RMM */
        return mask - (mask >> 1);
    }
}

/* The rounded magnitude, made even if `rest` (the bits that were rounded away) was a tie in RNE. */
FP_INLINE uint64_t fp_clear_tie(unsigned rm, uint64_t rounded, uint64_t rest, uint64_t mask)
{
    return rounded & ~(uint64_t)(rest == mask - (mask >> 1) && rm == IR_RNE);
}

/* Underflow with flushing: a zero. */
FP_INLINE uint64_t fp_flush_result(struct fp_format f, bool sign, struct fp_env *e)
{
    fp_raise(e, e->cls == IR_FP_X86 ? FP_UF | FP_NX : FP_UF);
    return fmt_zero(f, sign);
}

/*
 * The number frac * 2^(exp - FRAC_TOP), frac in [2^FRAC_TOP, 2^(FRAC_TOP + 1)) and its last bit sticky,
 * rounded to the format, with the flags that this raises. |exp| < 2^13.
 */
FP_INLINE uint64_t fp_round_pack(struct fp_format f, bool sign, int exp, uint64_t frac, struct fp_env *e)
{
    const unsigned drop = FRAC_TOP - f.mant;
    const uint64_t mask = (UINT64_C(1) << drop) - 1;
    uint64_t inc = fp_increment(e->rm, sign, mask);
    bool tiny = false;

    exp += fmt_bias(f);
    if (unlikely(exp <= 0)) {
        /* Tiny after rounding: still below the least normal number if rounded with unbounded exponent. */
        tiny = e->cls == IR_FP_ARM || exp < 0 || frac + inc < UINT64_C(1) << (FRAC_TOP + 1);
        if (tiny && e->flush_out)
            return fp_flush_result(f, sign, e);
        frac = shift_right_jam(frac, 1 - exp);
        exp = 1;
    }

    uint64_t rest = frac & mask;
    /* The leading one (or its carry) increments the exponent field. */
    uint64_t v = ((uint64_t)(exp - 1) << f.mant) + fp_clear_tie(e->rm, (frac + inc) >> drop, rest, mask);
    if (rest)
        fp_raise(e, tiny ? FP_NX | FP_UF : FP_NX);
    if (unlikely(v >= fmt_inf(f, false))) {
        fp_raise(e, FP_OF | FP_NX);
        v = fmt_inf(f, false) - (inc == 0);
    }
    return fmt_sign(f, sign) | v;
}

/* As fp_round_pack, of frac * 2^(exp - FRAC_TOP) with any frac but 0 (bit 63 may be set). */
FP_INLINE uint64_t fp_normalise_pack(struct fp_format f, bool sign, int exp, uint64_t frac, struct fp_env *e)
{
    int shift = __builtin_clzll(frac) - (63 - FRAC_TOP);

    frac = shift < 0 ? shift_right_jam(frac, 1) : frac << shift;
    return fp_round_pack(f, sign, exp - shift, frac, e);
}

/* The sign of an exact zero that is the sum of numbers of opposite signs. */
FP_INLINE bool fp_cancelled_sign(const struct fp_env *e)
{
    return e->rm == IR_RDN;
}

#endif
