/* SPDX-License-Identifier: BSD-2-Clause */
/* Conversions between formats and to, from and through integers (IEEE 754, 5.4.1, 5.4.2, 5.8 and 5.9). */
#include "core.h"

/* -- Between formats -- */

/* Half precision has flush bits of its own (ARM FZ16) or none (x86), which conversions ignore. */
FP_INLINE bool may_flush(struct fp_format f)
{
    return f.width > 16 || f.mant == FP_BF16.mant;
}

/* A NaN moved to another format, keeping the upper bits of its payload. */
FP_INLINE uint64_t convert_nan(struct fp_format from, struct fp_format to, uint64_t v, struct fp_env *e)
{
    if (fmt_is_snan(from, v))
        fp_raise(e, FP_NV);
    if (fp_no_payload(e))
        return fp_default_nan(to, e);
    uint64_t payload = (v & ((UINT64_C(1) << from.mant) - 1)) << (FRAC_TOP - from.mant) >> (FRAC_TOP - to.mant);
    return fmt_inf(to, fmt_is_negative(from, v)) | payload | fmt_quiet(to);
}

FP_INLINE uint64_t convert(struct fp_format from, struct fp_format to, uint64_t v, struct fp_env *env)
{
    struct fp_env e = *env;
    e.flush_in &= may_flush(from);
    e.flush_out &= may_flush(to);

    struct fp_num n = fp_unpack(from, v, &e);
    uint64_t result;
    switch (n.kind) {
    case KIND_FINITE:
        /* F16C's VCVTPH2PS does not report denormals; AVX512-FP16's VCVTSH2SD does. */
        fp_note_denormal(&e, n.denormal && !(from.width == 16 && to.width == 32));
        result = fp_round_pack(to, n.sign, n.exp, n.frac, &e);
        break;
    case KIND_NAN:
        result = convert_nan(from, to, v, &e);
        break;
    case KIND_INF:
        result = fmt_inf(to, n.sign);
        break;
    default:
        result = fmt_zero(to, n.sign);
        break;
    }
    env->flags = e.flags;
    return result;
}

uint32_t fp16_to_32(uint16_t a, struct fp_env *e)
{
    return convert(FP_F16, FP_F32, a, e);
}

uint64_t fp16_to_64(uint16_t a, struct fp_env *e)
{
    return convert(FP_F16, FP_F64, a, e);
}

uint16_t fp32_to_16(uint32_t a, struct fp_env *e)
{
    return convert(FP_F32, FP_F16, a, e);
}

uint64_t fp32_to_64(uint32_t a, struct fp_env *e)
{
    return convert(FP_F32, FP_F64, a, e);
}

uint16_t fp64_to_16(uint64_t a, struct fp_env *e)
{
    return convert(FP_F64, FP_F16, a, e);
}

uint32_t fp64_to_32(uint64_t a, struct fp_env *e)
{
    return convert(FP_F64, FP_F32, a, e);
}

uint32_t fp_bf16_to_32(uint16_t a, struct fp_env *e)
{
    return convert(FP_BF16, FP_F32, a, e);
}

uint16_t fp_32_to_bf16(uint32_t a, struct fp_env *e)
{
    return convert(FP_F32, FP_BF16, a, e);
}

/* -- To integers -- */

/* The finite n's magnitude, less than 2^63, rounded to an integer; *inexact: it was none. */
FP_INLINE uint64_t round_magnitude(struct fp_num n, unsigned rm, bool *inexact)
{
    unsigned shift = FRAC_TOP - n.exp;

    if (shift == 0) {
        *inexact = false;
        return n.frac;
    }
    /* The fraction, its point above bit 63; beyond 64 places all that matters is that it is less than half. */
    uint64_t whole = shift > 63 ? 0 : n.frac >> shift;
    uint64_t rest = shift > 64 ? 1 : n.frac << (64 - shift);
    uint64_t increment = fp_increment(rm, n.sign, UINT64_MAX);
    *inexact = rest != 0;
    whole += rest + increment < rest;
    return fp_clear_tie(rm, whole, rest, UINT64_MAX);
}

/* What invalid conversions give: of a NaN, or of a number beyond the integers' range. */
FP_INLINE uint64_t invalid_integer(unsigned width, bool is_signed, bool nan, bool sign, const struct fp_env *e)
{
    uint64_t max = UINT64_MAX >> (64 - width + is_signed);
    uint64_t min = is_signed ? ~max : 0;

    switch (e->cls) {
    case IR_FP_RISCV:
        return sign && !nan ? min : max;
    case IR_FP_ARM:
        return nan ? 0 : sign ? min : max;
    default: /* x86's integer indefinite */
        return is_signed ? min : max;
    }
}

FP_INLINE uint64_t to_int(struct fp_format f, uint64_t v, unsigned width, bool is_signed, struct fp_env *e)
{
    struct fp_num n = fp_unpack(f, v, e);
    bool inexact = false;

    if (n.kind == KIND_ZERO)
        return 0;
    if (n.kind == KIND_FINITE && n.exp <= 63) {
        uint64_t magnitude = n.exp == 63 ? n.frac << 1 : round_magnitude(n, e->rm, &inexact);
        uint64_t limit = UINT64_MAX >> (64 - width + is_signed);
        if (n.sign)
            limit = is_signed ? limit + 1 : 0;
        if (likely(magnitude <= limit)) {
            if (inexact)
                fp_raise(e, FP_NX);
            return n.sign ? -magnitude : magnitude;
        }
    }
    fp_raise(e, FP_NV);
    return invalid_integer(width, is_signed, n.kind == KIND_NAN, n.sign, e);
}

uint64_t fp64_to_int_mod(uint64_t a, struct fp_env *e)
{
    struct fp_num n = fp_unpack(FP_F64, a, e);
    bool inexact = false;
    uint64_t v = 0;

    if (n.kind == KIND_ZERO)
        return 0;
    bool fits = n.kind == KIND_FINITE && n.exp < 32;
    if (n.kind == KIND_FINITE) {
        if (n.exp <= FRAC_TOP)
            v = round_magnitude(n, IR_RTZ, &inexact);
        else if (n.exp - FRAC_TOP < 32)
            v = n.frac << (n.exp - FRAC_TOP);
        fits = fits && v <= (uint64_t)INT32_MAX + n.sign;
    }
    if (!fits)
        fp_raise(e, FP_NV);
    else if (inexact)
        fp_raise(e, FP_NX);
    return sign_extend(n.sign ? -v : v, 32);
}

/* -- From integers -- */

FP_INLINE uint64_t from_int(struct fp_format f, uint64_t v, unsigned width, bool is_signed, struct fp_env *e)
{
    v = is_signed ? (uint64_t)sign_extend(v, width) : v & UINT64_MAX >> (64 - width);

    bool sign = is_signed && v >> 63;
    if (v == 0)
        return fmt_zero(f, false);
    return fp_normalise_pack(f, sign, FRAC_TOP, sign ? -v : v, e);
}

/* -- To an integer in the same format -- */

FP_INLINE uint64_t round_integral(struct fp_format f, uint64_t v, bool exact, struct fp_env *e)
{
    struct fp_num n = fp_unpack(f, v, e);

    if (n.kind == KIND_NAN)
        return fp_nan1(f, v, e);
    if (n.kind == KIND_ZERO)
        return fmt_zero(f, n.sign);
    if (n.kind == KIND_INF || n.exp >= f.mant)
        return v;

    bool inexact;
    uint64_t magnitude = round_magnitude(n, e->rm, &inexact);
    if (inexact && exact)
        fp_raise(e, FP_NX);
    if (magnitude == 0)
        return fmt_zero(f, n.sign);
    return fp_normalise_pack(f, n.sign, FRAC_TOP, magnitude, e);
}

/* -- Constants of RISC-V's fli -- */

/* As bfloat16, which all of them fit. Number 1, the least normal number, depends on the format. */
static const uint16_t fli_table[32] = {
    0xbf80, 0,      0x3780, 0x3800, 0x3b80, 0x3c00, 0x3d80, 0x3e00, /* -1, -, 2^-16, 2^-15, 2^-8, 2^-7, 1/16, 1/8 */
    0x3e80, 0x3ea0, 0x3ec0, 0x3ee0, 0x3f00, 0x3f20, 0x3f40, 0x3f60, /* 1/4 ... 7/16 by 1/16, 1/2 ... 7/8 by 1/8 */
    0x3f80, 0x3fa0, 0x3fc0, 0x3fe0, 0x4000, 0x4020, 0x4040, 0x4080, /* 1 ... 1.75 by 1/4, 2, 2.5, 3, 4 */
    0x4100, 0x4180, 0x4300, 0x4380, 0x4700, 0x4780, 0x7f80, 0x7fc0, /* 8, 16, 2^7, 2^8, 2^15, 2^16, inf, NaN */
};

FP_INLINE uint64_t fli(struct fp_format f, unsigned i)
{
    struct fp_env e = { .rm = IR_RNE, .cls = IR_FP_RISCV };

    i %= ARRAY_SIZE(fli_table);
    return i == 1 ? UINT64_C(1) << f.mant : convert(FP_BF16, f, fli_table[i], &e);
}

#define CONVERT(w, u, f)                                                                                               \
    uint64_t fp##w##_to_int(u a, unsigned width, bool is_signed, struct fp_env *e)                                     \
    {                                                                                                                  \
        return to_int(f, a, width, is_signed, e);                                                                      \
    }                                                                                                                  \
    u fp##w##_from_int(uint64_t v, unsigned width, bool is_signed, struct fp_env *e)                                   \
    {                                                                                                                  \
        return from_int(f, v, width, is_signed, e);                                                                    \
    }                                                                                                                  \
    u fp##w##_round(u a, bool exact, struct fp_env *e)                                                                 \
    {                                                                                                                  \
        return round_integral(f, a, exact, e);                                                                         \
    }                                                                                                                  \
    u fp##w##_fli(unsigned i)                                                                                          \
    {                                                                                                                  \
        return fli(f, i);                                                                                              \
    }

CONVERT(16, uint16_t, FP_F16)
CONVERT(32, uint32_t, FP_F32)
CONVERT(64, uint64_t, FP_F64)
