/* SPDX-License-Identifier: BSD-2-Clause */
/* Comparisons, minima and maxima, classification (IEEE 754, 5.7.2, 5.11 and 9.6). */
#include "core.h"

/* -- Comparison -- */

/* Numbers' bits as integers of the same order, except that -0 comes before +0. */
FP_INLINE int64_t order_key(struct fp_format f, uint64_t v)
{
    int64_t magnitude = fmt_magnitude(f, v);
    return fmt_is_negative(f, v) ? -1 - magnitude : magnitude;
}

FP_INLINE bool both_zero(struct fp_format f, uint64_t a, uint64_t b)
{
    return fmt_magnitude(f, a | b) == 0;
}

FP_INLINE unsigned cmp(struct fp_format f, uint64_t a, uint64_t b, unsigned fcc, struct fp_env *e)
{
    a = fp_flush_operand(f, a, e);
    b = fp_flush_operand(f, b, e);
    if (unlikely(fmt_is_nan(f, a) || fmt_is_nan(f, b))) {
        bool quiet = fcc == IR_FEQ || fcc == IR_FLTQ || fcc == IR_FLEQ || fcc == IR_FNZCVQ;
        if (!quiet || fmt_is_snan(f, a) || fmt_is_snan(f, b))
            fp_raise(e, FP_NV);
        return fcc >= IR_FNZCV ? 3u << 28 : 0;
    }
    fp_note_denormal(e, fmt_is_denormal(f, a) || fmt_is_denormal(f, b));

    bool equal = a == b || both_zero(f, a, b);
    switch (fcc) {
    case IR_FEQ:
        return equal;
    case IR_FLT:
    case IR_FLTQ:
        return !equal && order_key(f, a) < order_key(f, b);
    case IR_FNZCV:
    case IR_FNZCVQ:
        return (equal ? 6u : order_key(f, a) < order_key(f, b) ? 8u : 2u) << 28;
    default: /* IR_FLE, IR_FLEQ */
        return equal || order_key(f, a) < order_key(f, b);
    }
}

/* -- Minimum and maximum -- */

/* The lesser or greater of two numbers, -0 being less than +0. */
FP_INLINE uint64_t extreme(struct fp_format f, uint64_t a, uint64_t b, bool max)
{
    return (order_key(f, a) < order_key(f, b)) != max ? a : b;
}

/* minimum and maximum of IEEE 754-2019: a NaN operand makes a NaN. */
FP_INLINE uint64_t extreme_or_nan(struct fp_format f, uint64_t a, uint64_t b, bool max, struct fp_env *e)
{
    a = fp_flush_operand(f, a, e);
    b = fp_flush_operand(f, b, e);
    if (fmt_is_nan(f, a) || fmt_is_nan(f, b))
        return fp_nan2(f, a, b, e);
    fp_note_denormal(e, fmt_is_denormal(f, a) || fmt_is_denormal(f, b));
    return extreme(f, a, b, max);
}

/*
 * The number, if just one operand is a NaN. For a signalling NaN, minimumNumber of 2019 (RISC-V) gives
 * the number too, minNum of 2008 (ARM FMINNM) a NaN.
 */
FP_INLINE uint64_t extreme_number(struct fp_format f, uint64_t a, uint64_t b, bool max, struct fp_env *e)
{
    bool nan_a = fmt_is_nan(f, a), nan_b = fmt_is_nan(f, b);
    bool signalling = fmt_is_snan(f, a) || fmt_is_snan(f, b);

    if (nan_a == nan_b || (signalling && e->cls != IR_FP_RISCV))
        return extreme_or_nan(f, a, b, max, e);
    if (signalling)
        fp_raise(e, FP_NV);
    return fp_flush_operand(f, nan_a ? b : a, e);
}

/* MINSD, MAXSD: a < b ? a : b, so the second operand of two zeros and when there is any NaN (then invalid). */
FP_INLINE uint64_t extreme_x86(struct fp_format f, uint64_t a, uint64_t b, bool max, struct fp_env *e)
{
    a = fp_flush_operand(f, a, e);
    b = fp_flush_operand(f, b, e);
    if (fmt_is_nan(f, a) || fmt_is_nan(f, b)) {
        fp_raise(e, FP_NV);
        return b;
    }
    fp_note_denormal(e, fmt_is_denormal(f, a) || fmt_is_denormal(f, b));
    return both_zero(f, a, b) ? b : extreme(f, a, b, max);
}

FP_INLINE uint64_t min_max(struct fp_format f, uint64_t a, uint64_t b, bool max, struct fp_env *e)
{
    switch (e->cls) {
    case IR_FP_RISCV:
        return extreme_number(f, a, b, max, e);
    case IR_FP_ARM:
        return extreme_or_nan(f, a, b, max, e);
    default:
        return extreme_x86(f, a, b, max, e);
    }
}

/* -- Classification -- */

FP_INLINE unsigned classify(struct fp_format f, uint64_t v)
{
    uint64_t magnitude = fmt_magnitude(f, v);
    bool sign = fmt_is_negative(f, v);

    if (fmt_is_nan(f, v))
        return v & fmt_quiet(f) ? FP_CLASS_QNAN : FP_CLASS_SNAN;
    if (magnitude == fmt_inf(f, false))
        return sign ? FP_CLASS_NEG_INF : FP_CLASS_POS_INF;
    if (magnitude == 0)
        return sign ? FP_CLASS_NEG_ZERO : FP_CLASS_POS_ZERO;
    if (fmt_is_denormal(f, v))
        return sign ? FP_CLASS_NEG_SUBNORMAL : FP_CLASS_POS_SUBNORMAL;
    return sign ? FP_CLASS_NEG_NORMAL : FP_CLASS_POS_NORMAL;
}

#define COMPARE(w, u, f)                                                                                               \
    unsigned fp##w##_cmp(u a, u b, unsigned fcc, struct fp_env *e)                                                     \
    {                                                                                                                  \
        return cmp(f, a, b, fcc, e);                                                                                   \
    }                                                                                                                  \
    u fp##w##_min(u a, u b, struct fp_env *e)                                                                          \
    {                                                                                                                  \
        return min_max(f, a, b, false, e);                                                                             \
    }                                                                                                                  \
    u fp##w##_max(u a, u b, struct fp_env *e)                                                                          \
    {                                                                                                                  \
        return min_max(f, a, b, true, e);                                                                              \
    }                                                                                                                  \
    u fp##w##_minm(u a, u b, struct fp_env *e)                                                                         \
    {                                                                                                                  \
        return extreme_or_nan(f, a, b, false, e);                                                                      \
    }                                                                                                                  \
    u fp##w##_maxm(u a, u b, struct fp_env *e)                                                                         \
    {                                                                                                                  \
        return extreme_or_nan(f, a, b, true, e);                                                                       \
    }                                                                                                                  \
    u fp##w##_minnum(u a, u b, struct fp_env *e)                                                                       \
    {                                                                                                                  \
        return extreme_number(f, a, b, false, e);                                                                      \
    }                                                                                                                  \
    u fp##w##_maxnum(u a, u b, struct fp_env *e)                                                                       \
    {                                                                                                                  \
        return extreme_number(f, a, b, true, e);                                                                       \
    }                                                                                                                  \
    unsigned fp##w##_class(u a)                                                                                        \
    {                                                                                                                  \
        return classify(f, a);                                                                                         \
    }

COMPARE(16, uint16_t, FP_F16)
COMPARE(32, uint32_t, FP_F32)
COMPARE(64, uint64_t, FP_F64)
