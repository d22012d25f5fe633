/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * softfp against an exact reference on any host: results are computed as fixed-point numbers wide enough
 * for every value of every format, then rounded once. All five rounding modes, tininess before (ARM) and
 * after rounding, every format. What has no number (NaNs, infinities) has tables of cases.
 */
#include "softfp-values.h"

static const struct format F16 = { 16, 10 }, F32 = { 32, 23 }, F64 = { 64, 52 }, BF16 = { 16, 7 };

static int bias(struct format f)
{
    return max_exp(f) / 2;
}

/* -- Exact numbers -- */

/* Bit POINT has the value 1: room for products of two binary64 numbers, and two's complement. */
#define WORDS 70
#define POINT 2240

struct exact {
    uint64_t w[WORDS];
};

/* x += m * 2^pos, or -= if negative; pos counts from bit 0. */
static void exact_add(struct exact *x, unsigned __int128 m, unsigned pos, bool negative)
{
    uint64_t part[3] = { (uint64_t)m << pos % 64,
                         (uint64_t)(pos % 64 ? m >> (64 - pos % 64) : m >> 64),
                         pos % 64 ? (uint64_t)(m >> 64) >> (64 - pos % 64) : 0 };
    unsigned __int128 carry = negative;

    for (unsigned i = pos / 64; i < WORDS; i++) {
        unsigned j = i - pos / 64;
        uint64_t term = j < 3 ? part[j] : 0;
        carry += (unsigned __int128)x->w[i] + (negative ? ~term : term);
        x->w[i] = carry;
        carry >>= 64;
    }
}

/* Makes x its magnitude; was it negative? */
static bool exact_abs(struct exact *x)
{
    bool negative = x->w[WORDS - 1] >> 63;
    bool carry = true;

    for (unsigned i = 0; negative && i < WORDS; i++) {
        x->w[i] = ~x->w[i] + carry;
        carry = carry && x->w[i] == 0;
    }
    return negative;
}

/* The exponent of x's leading one; INT_MIN for zero. */
static int exact_log2(const struct exact *x)
{
    for (unsigned i = WORDS; i-- > 0;)
        if (x->w[i])
            return (int)(64 * i) + 63 - __builtin_clzll(x->w[i]) - POINT;
    return INT_MIN;
}

static bool exact_bit(const struct exact *x, int exp)
{
    unsigned pos = exp + POINT;
    return x->w[pos / 64] >> pos % 64 & 1;
}

/* Is there a one below 2^exp? */
static bool exact_any_below(const struct exact *x, int exp)
{
    unsigned pos = exp + POINT;

    for (unsigned i = 0; i < pos / 64; i++)
        if (x->w[i])
            return true;
    return x->w[pos / 64] & ((UINT64_C(1) << pos % 64) - 1);
}

/* x / 2^exp as an integer, which must fit 64 bits, rounded. */
static uint64_t exact_round(const struct exact *x, int exp, bool negative, unsigned rm, bool *inexact)
{
    unsigned pos = exp + POINT;
    uint64_t n = x->w[pos / 64] >> pos % 64;
    bool half = exact_bit(x, exp - 1), below = exact_any_below(x, exp - 1);

    if (pos % 64 && pos / 64 + 1 < WORDS)
        n |= x->w[pos / 64 + 1] << (64 - pos % 64);
    *inexact = half || below;
    switch (rm) {
    case IR_RNE:
        return n + (half && (below || n & 1));
    case IR_RMM:
        return n + half;
    case IR_RDN:
        return n + (negative && *inexact);
    case IR_RUP:
        return n + (!negative && *inexact);
    default:
        return n;
    }
}

/* A finite number's significand, as an integer, and the exponent of its last bit. */
static uint64_t fraction(struct format f, uint64_t v, int *last)
{
    uint64_t exp = v >> f.mant & max_exp(f), mant = v & ((UINT64_C(1) << f.mant) - 1);

    *last = (int)MAX(exp, 1) - bias(f) - (int)f.mant;
    return exp ? mant | UINT64_C(1) << f.mant : mant;
}

static void exact_add_value(struct exact *x, struct format f, uint64_t v)
{
    int last;
    uint64_t m = fraction(f, v, &last);
    exact_add(x, m, last + POINT, is_negative(f, v));
}

/* -- Expected results -- */

struct outcome {
    uint64_t v;
    unsigned flags;
};

/* The magnitude x (not zero) rounded to f. */
static struct outcome expect_rounded(const struct exact *x, bool negative, struct format f, const struct fp_env *e)
{
    int log = exact_log2(x), least = 1 - bias(f);
    bool inexact, ignored;
    uint64_t whole = UINT64_C(1) << (f.mant + 1);
    int exp = MAX(log, least);
    uint64_t n = exact_round(x, exp - (int)f.mant, negative, e->rm, &inexact);
    uint64_t sign = negative ? sign_bit(f) : 0;
    bool tiny = log < least;

    if (e->cls != IR_FP_ARM && log == least - 1)
        tiny = exact_round(x, log - (int)f.mant, negative, e->rm, &ignored) < whole;
    if (n == whole) {
        n >>= 1;
        exp++;
    }
    if (exp > bias(f)) {
        bool to_inf = e->rm == IR_RNE || e->rm == IR_RMM || e->rm == (negative ? IR_RDN : IR_RUP);
        return (struct outcome){ sign | (infinity(f) - !to_inf), FP_OF | FP_NX };
    }
    uint64_t field = n >> f.mant ? (uint64_t)(exp + bias(f)) : 0;
    uint64_t v = sign | field << f.mant | (n & ((UINT64_C(1) << f.mant) - 1));
    return (struct outcome){ v, inexact ? FP_NX | (tiny ? FP_UF : 0) : 0 };
}

/* The sum x rounded to f; the sign of an exact zero is that of its terms, if they agree. */
static struct outcome expect_sum(struct exact *x, bool sign1, bool sign2, struct format f, const struct fp_env *e)
{
    bool negative = exact_abs(x);

    if (exact_log2(x) == INT_MIN) {
        bool minus = sign1 == sign2 ? sign1 : e->rm == IR_RDN;
        return (struct outcome){ minus ? sign_bit(f) : 0, 0 };
    }
    return expect_rounded(x, negative, f, e);
}

static struct outcome expect_add(struct format f, uint64_t a, uint64_t b, const struct fp_env *e)
{
    struct exact x = { 0 };

    exact_add_value(&x, f, a);
    exact_add_value(&x, f, b);
    return expect_sum(&x, is_negative(f, a), is_negative(f, b), f, e);
}

/* a * b + c, or just a * b with c NULL. */
static struct outcome expect_fma(struct format f, uint64_t a, uint64_t b, const uint64_t *c, const struct fp_env *e)
{
    struct exact x = { 0 };
    int last_a, last_b;
    uint64_t ma = fraction(f, a, &last_a), mb = fraction(f, b, &last_b);
    bool sign = is_negative(f, a) != is_negative(f, b);

    exact_add(&x, (unsigned __int128)ma * mb, last_a + last_b + POINT, sign);
    if (c)
        exact_add_value(&x, f, *c);
    return expect_sum(&x, sign, c ? is_negative(f, *c) : sign, f, e);
}

/* a / b by long division, neither zero: at least 70 quotient bits, then a one for the rest. */
static struct outcome expect_div(struct format f, uint64_t a, uint64_t b, const struct fp_env *e)
{
    struct exact x = { 0 };
    int last_a, last_b;
    uint64_t rest = fraction(f, a, &last_a), mb = fraction(f, b, &last_b);

    for (; !(rest >> 52); last_a--)
        rest <<= 1;
    unsigned __int128 q = rest / mb;
    rest %= mb;
    for (unsigned i = 0; i < 70; i++) {
        rest <<= 1;
        q = q << 1 | (rest >= mb);
        rest -= rest >= mb ? mb : 0;
    }
    exact_add(&x, q << 1 | (rest != 0), last_a - last_b - 71 + POINT, false);
    return expect_rounded(&x, is_negative(f, a) != is_negative(f, b), f, e);
}

/* The root of a > 0 by digits: the greatest r with r^2 <= m * 2^2k, then a one for the rest. */
static struct outcome expect_sqrt(struct format f, uint64_t a, const struct fp_env *e)
{
    struct exact x = { 0 };
    int last;
    unsigned __int128 m = fraction(f, a, &last), r = 0;

    if (last & 1) {
        m <<= 1;
        last--;
    }
    while (!(m >> 124)) {
        m <<= 2;
        last -= 2;
    }
    for (int i = 63; i >= 0; i--) {
        unsigned __int128 t = r | (unsigned __int128)1 << i;
        if (t * t <= m)
            r = t;
    }
    exact_add(&x, r << 1 | (r * r != m), last / 2 - 1 + POINT, false);
    return expect_rounded(&x, false, f, e);
}

/* -- Operations under test -- */

enum op { ADD, SUB, MUL, DIV, SQRT, FMA, OPS };
static const char *const op_names[] = { "add", "sub", "mul", "div", "sqrt", "fma" };

#define RUN(w)                                                                                                         \
    static uint64_t run##w(enum op op, const uint64_t v[3], struct fp_env *e)                                          \
    {                                                                                                                  \
        switch (op) {                                                                                                  \
        case ADD:                                                                                                      \
            return fp##w##_add(v[0], v[1], e);                                                                         \
        case SUB:                                                                                                      \
            return fp##w##_sub(v[0], v[1], e);                                                                         \
        case MUL:                                                                                                      \
            return fp##w##_mul(v[0], v[1], e);                                                                         \
        case DIV:                                                                                                      \
            return fp##w##_div(v[0], v[1], e);                                                                         \
        case SQRT:                                                                                                     \
            return fp##w##_sqrt(v[0], e);                                                                              \
        default:                                                                                                       \
            return fp##w##_fma(v[0], v[1], v[2], 0, e);                                                                \
        }                                                                                                              \
    }
RUN(16)
RUN(32)
RUN(64)

static uint64_t run(struct format f, enum op op, const uint64_t v[3], struct fp_env *e)
{
    return f.width == 16 ? run16(op, v, e) : f.width == 32 ? run32(op, v, e) : run64(op, v, e);
}

/* Is the exact result a number? (The rest is in the tables below, and compared with the host.) */
static bool has_number(struct format f, enum op op, const uint64_t v[3])
{
    static const unsigned operands[] = { 2, 2, 2, 2, 1, 3 };

    for (unsigned i = 0; i < operands[op]; i++)
        if (is_nan(f, v[i]) || is_inf(f, v[i]))
            return false;
    if (op == DIV)
        return !is_zero(f, v[0]) && !is_zero(f, v[1]);
    return op != SQRT || (!is_zero(f, v[0]) && !is_negative(f, v[0]));
}

static struct outcome expect(struct format f, enum op op, const uint64_t v[3], const struct fp_env *e)
{
    switch (op) {
    case ADD:
        return expect_add(f, v[0], v[1], e);
    case SUB:
        return expect_add(f, v[0], v[1] ^ sign_bit(f), e);
    case MUL:
        return expect_fma(f, v[0], v[1], NULL, e);
    case DIV:
        return expect_div(f, v[0], v[1], e);
    case SQRT:
        return expect_sqrt(f, v[0], e);
    default:
        return expect_fma(f, v[0], v[1], &v[2], e);
    }
}

static unsigned failures; /* of the running test */

static void compare(const char *what, struct format f, const struct fp_env *e, const uint64_t v[3], struct outcome want,
                    uint64_t got)
{
    if (want.v == got && want.flags == e->flags)
        return;
    g_test_fail();
    if (failures++ < 10)
        g_test_message("f%u %s class %u rm %u (%#" PRIx64 ", %#" PRIx64 ", %#" PRIx64 "): want %#" PRIx64
                       " flags %#x, got %#" PRIx64 " flags %#x",
                       f.width, what, e->cls, e->rm, v[0], v[1], v[2], want.v, want.flags, got, e->flags);
}

static void check_op(struct format f, enum op op, const uint64_t v[3])
{
    if (!has_number(f, op, v))
        return;
    for (unsigned cls = IR_FP_RISCV; cls <= IR_FP_ARM; cls++) {
        for (unsigned rm = IR_RNE; rm <= IR_RMM; rm++) {
            struct fp_env e = { .rm = rm, .cls = cls };
            uint64_t got = run(f, op, v, &e);
            compare(op_names[op], f, &e, v, expect(f, op, v, &e), got);
        }
    }
}

/* -- Tests: arithmetic -- */

static void test_arith(gconstpointer data)
{
    const struct format f = *(const struct format *)data;
    GArray *values = edge_values(f, true);
    const uint64_t *edge = (const uint64_t *)(void *)values->data;

    failures = 0;
    for (unsigned i = 0; i < values->len; i++)
        for (unsigned j = 0; j < values->len; j++)
            for (enum op op = ADD; op <= SQRT; op++)
                check_op(f, op, (uint64_t[]){ edge[i], edge[j], 0 });
    for (unsigned long n = random_cases(4000); n-- > 0;)
        for (enum op op = ADD; op < OPS; op++)
            check_op(f, op, (uint64_t[]){ random_value(f), random_value(f), random_value(f) });
    g_array_unref(values);
}

/*
 * Results at the edge of the subnormal range, where ARM (tininess before rounding) and RISC-V (after) raise UF
 * differently: products just below the least normal number, and fused products that the addend brings there.
 */
static void test_tininess(gconstpointer data)
{
    const struct format f = *(const struct format *)data;
    uint64_t one = (uint64_t)bias(f) << f.mant, least = UINT64_C(1) << f.mant;
    unsigned differ = 0;

    failures = 0;
    for (unsigned i = 0; i < 12 * 24; i++) {
        uint64_t v[] = { least + i % 12, one - 1 - i / 12, (uint64_t[]){ 0, 1, sign_bit(f) | 1 }[i % 3] };
        struct fp_env arm = { .cls = IR_FP_ARM }, riscv = { .cls = IR_FP_RISCV };
        check_op(f, MUL, v);
        check_op(f, FMA, v);
        run(f, MUL, v, &arm);
        run(f, MUL, v, &riscv);
        differ += arm.flags != riscv.flags;
    }
    g_assert_cmpuint(differ, >, 0);
}

/* (1 + 2^-1) * least subnormal etc. lie half-way: away from zero with RMM, to even with RNE. */
static void test_ties(void)
{
    struct fp_env rne = { .rm = IR_RNE }, rmm = { .rm = IR_RMM };

    g_assert_cmphex(fp64_mul(5, UINT64_C(0x3fe0000000000000), &rne), ==, 2);
    g_assert_cmphex(fp64_mul(5, UINT64_C(0x3fe0000000000000), &rmm), ==, 3);
    g_assert_cmphex(fp32_add(0x4b800000, 0xbf800000 ^ 0x80000000, &rne), ==, 0x4b800000); /* 2^24 + 1 */
    g_assert_cmphex(fp32_add(0x4b800000, 0x3f800000, &rmm), ==, 0x4b800001);
    g_assert_cmphex(fp16_add(0x6800, 0x3c00, &rne), ==, 0x6800); /* 2^11 + 1 */
    g_assert_cmphex(fp16_add(0x6800, 0x3c00, &rmm), ==, 0x6801);
}

/* -- Tests: conversions -- */

static uint64_t convert(struct format from, struct format to, uint64_t v, struct fp_env *e)
{
    if (from.mant == BF16.mant)
        return fp_bf16_to_32(v, e);
    if (to.mant == BF16.mant)
        return fp_32_to_bf16(v, e);
    if (from.width == 16)
        return to.width == 32 ? fp16_to_32(v, e) : fp16_to_64(v, e);
    if (from.width == 32)
        return to.width == 16 ? fp32_to_16(v, e) : fp32_to_64(v, e);
    return to.width == 16 ? fp64_to_16(v, e) : fp64_to_32(v, e);
}

static void check_convert(struct format from, struct format to, uint64_t v)
{
    if (is_nan(from, v) || is_inf(from, v))
        return;
    for (unsigned cls = IR_FP_RISCV; cls <= IR_FP_ARM; cls++) {
        for (unsigned rm = IR_RNE; rm <= IR_RMM; rm++) {
            struct fp_env e = { .rm = rm, .cls = cls };
            struct exact x = { 0 };
            uint64_t got = convert(from, to, v, &e);
            exact_add_value(&x, from, v);
            compare("convert", from, &e, (uint64_t[]){ v, to.width, 0 },
                    expect_sum(&x, is_negative(from, v), is_negative(from, v), to, &e), got);
        }
    }
}

static void test_widen(void)
{
    failures = 0;
    for (uint64_t v = 0; v < 0x10000; v++) {
        struct fp_env e = { 0 };
        if (is_nan(F16, v) || is_inf(F16, v))
            continue;
        /* There and back is the identity, without flags. */
        g_assert_cmphex(fp32_to_16(fp16_to_32(v, &e), &e), ==, v);
        g_assert_cmphex(fp64_to_16(fp16_to_64(v, &e), &e), ==, v);
        g_assert_cmphex(fp32_to_64(fp16_to_32(v, &e), &e), ==, fp16_to_64(v, &e));
        g_assert_cmphex(e.flags, ==, 0);
        if (v % 16 == 0 || v % 0x8000 < 0x800) {
            check_convert(F16, F32, v);
            check_convert(F16, F64, v);
        }
        if (!is_nan(BF16, v) && !is_inf(BF16, v))
            g_assert_cmphex(fp_bf16_to_32(v, &e), ==, v << 16);
    }
}

/* To each half-precision number, the points midway to its neighbours, and what lies just beside these. */
static void test_narrow(void)
{
    failures = 0;
    for (uint64_t v = 0; v < 0x10000; v += 3) {
        struct fp_env e = { 0 };
        if (is_nan(F16, v) || is_inf(F16, v))
            continue;
        uint32_t middle32 = fp16_to_32(v, &e) + (1u << 12);
        uint64_t middle64 = fp16_to_64(v, &e) + (UINT64_C(1) << 41);
        for (int d = -1; d <= 1; d++) {
            check_convert(F32, F16, middle32 + d);
            check_convert(F64, F16, middle64 + d);
        }
    }
    for (unsigned long n = random_cases(20000); n-- > 0;) {
        check_convert(F64, F32, random_value(F64));
        check_convert(F32, F16, random_value(F32));
        check_convert(F32, BF16, random_value(F32));
    }
}

static uint64_t to_int(struct format f, uint64_t v, unsigned width, bool is_signed, struct fp_env *e)
{
    return f.width == 16   ? fp16_to_int(v, width, is_signed, e)
           : f.width == 32 ? fp32_to_int(v, width, is_signed, e)
                           : fp64_to_int(v, width, is_signed, e);
}

static uint64_t from_int(struct format f, uint64_t v, unsigned width, bool is_signed, struct fp_env *e)
{
    return f.width == 16   ? fp16_from_int(v, width, is_signed, e)
           : f.width == 32 ? fp32_from_int(v, width, is_signed, e)
                           : fp64_from_int(v, width, is_signed, e);
}

/* The finite v as an integer: saturated (RISC-V and ARM agree on numbers). */
static struct outcome expect_int(struct format f, uint64_t v, unsigned width, bool is_signed, unsigned rm)
{
    struct exact x = { 0 };
    bool inexact, negative = is_negative(f, v);
    uint64_t max = UINT64_MAX >> (64 - width + is_signed), limit = negative ? (is_signed ? max + 1 : 0) : max;

    exact_add_value(&x, f, v);
    exact_abs(&x);
    uint64_t n = exact_round(&x, 0, negative, rm, &inexact);
    if (exact_log2(&x) >= 64 || n > limit)
        return (struct outcome){ negative ? -limit : limit, FP_NV };
    return (struct outcome){ negative ? -n : n, inexact ? FP_NX : 0 };
}

static void check_to_int(struct format f, uint64_t v)
{
    if (is_nan(f, v) || is_inf(f, v))
        return;
    for (unsigned i = 0; i < 4 * 5 * 2; i++) {
        unsigned width = i & 1 ? 64 : 32;
        bool is_signed = i & 2;
        struct fp_env e = { .rm = i / 4 % 5, .cls = i / 20 };
        uint64_t got = to_int(f, v, width, is_signed, &e);
        compare("to_int", f, &e, (uint64_t[]){ v, width, is_signed }, expect_int(f, v, width, is_signed, e.rm), got);
    }
}

static void check_round(struct format f, uint64_t v)
{
    for (unsigned i = 0; i < 2 * 5 && !is_nan(f, v) && !is_inf(f, v); i++) {
        bool exact = i & 1, inexact;
        struct fp_env e = { .rm = i / 2 }, rounding = { .rm = IR_RTZ };
        uint64_t got = f.width == 16   ? fp16_round(v, exact, &e)
                       : f.width == 32 ? fp32_round(v, exact, &e)
                                       : fp64_round(v, exact, &e);
        struct outcome want = { v, 0 };
        struct exact x = { 0 }, whole = { 0 };
        bool negative = is_negative(f, v);

        exact_add_value(&x, f, v);
        exact_abs(&x);
        if (exact_log2(&x) < (int)f.mant) {
            exact_add(&whole, exact_round(&x, 0, negative, e.rm, &inexact), POINT, negative);
            want = expect_sum(&whole, negative, negative, f, &rounding);
            want.flags = exact && inexact ? FP_NX : 0;
        }
        compare("round", f, &e, (uint64_t[]){ v, exact, 0 }, want, got);
    }
}

static void test_integers(gconstpointer data)
{
    const struct format f = *(const struct format *)data;
    GArray *values = edge_values(f, false);

    failures = 0;
    for (unsigned i = 0; i < values->len; i++) {
        check_to_int(f, g_array_index(values, uint64_t, i));
        check_round(f, g_array_index(values, uint64_t, i));
    }
    g_array_unref(values);
    for (unsigned long n = random_cases(3000); n-- > 0;) {
        uint64_t v = random_value(f), integer = random_bits() >> random_below(64);
        check_to_int(f, v);
        check_round(f, v);
        for (unsigned i = 0; i < 4 * 5; i++) {
            unsigned width = i & 1 ? 64 : 32;
            bool is_signed = i & 2, negative = is_signed && integer >> (width - 1) & 1;
            struct fp_env e = { .rm = i / 4 };
            struct exact x = { 0 };
            uint64_t got = from_int(f, integer, width, is_signed, &e);
            uint64_t magnitude = (negative ? -integer : integer) & UINT64_MAX >> (64 - width);
            exact_add(&x, magnitude, POINT, negative);
            compare("from_int", f, &e, (uint64_t[]){ integer, width, is_signed }, expect_sum(&x, false, false, f, &e),
                    got);
        }
    }
}

/* fcvtmod.w.d: the low 32 bits of the truncated number, and fcvt.w.d's flags. */
static void test_modular(void)
{
    GArray *values = edge_values(F64, false);

    failures = 0;
    for (unsigned long i = 0; i < values->len + random_cases(20000); i++) {
        uint64_t v = i < values->len ? g_array_index(values, uint64_t, i) : random_value(F64);
        struct fp_env e = { .rm = IR_RNE }, saturating = { .rm = IR_RTZ };
        struct outcome want = { 0, 0 };
        uint64_t got = fp64_to_int_mod(v, &e);

        if (!is_nan(F64, v) && !is_inf(F64, v)) {
            struct exact x = { 0 };
            exact_add_value(&x, F64, v);
            bool negative = exact_abs(&x);
            uint32_t low = x.w[POINT / 64];
            want.v = (int64_t)(int32_t)(negative ? -low : low);
        }
        fp64_to_int(v, 32, true, &saturating);
        want.flags = saturating.flags;
        compare("to_int_mod", F64, &e, (uint64_t[]){ v, 0, 0 }, want, got);
    }
    g_array_unref(values);
}

/* -- Tests: comparisons, minima, maxima, classes -- */

/* The sign of a - b decides. */
static void test_compare(void)
{
    GArray *values = edge_values(F16, false);

    for (unsigned i = 0; i < values->len; i++) {
        for (unsigned j = 0; j < values->len; j++) {
            uint64_t a = g_array_index(values, uint64_t, i), b = g_array_index(values, uint64_t, j);
            bool nan = is_nan(F16, a) || is_nan(F16, b), snan = is_snan(F16, a) || is_snan(F16, b);
            /* Infinity fits the exact numbers as the next power of two. */
            struct exact x = { 0 };
            exact_add_value(&x, F16, a);
            exact_add_value(&x, F16, b ^ 0x8000);
            bool negative = exact_abs(&x), zero = exact_log2(&x) == INT_MIN;
            bool eq = !nan && zero, lt = !nan && negative;

            struct { enum ir_fcc cc; bool want, signals; } cases[] = {
                { IR_FEQ, eq, snan },      { IR_FLT, lt, nan },        { IR_FLE, lt || eq, nan },
                { IR_FLTQ, lt, snan }, { IR_FLEQ, lt || eq, snan },
            };
            for (unsigned k = 0; k < G_N_ELEMENTS(cases); k++) {
                struct fp_env e = { 0 };
                g_assert_cmpuint(fp16_cmp(a, b, cases[k].cc, &e), ==, cases[k].want);
                g_assert_cmphex(e.flags, ==, cases[k].signals ? FP_NV : 0);
            }

            struct fp_env e = { 0 };
            bool a_less = lt || (eq && is_negative(F16, a)); /* -0 < +0 */
            uint64_t number = is_nan(F16, a) ? b : a;
            uint64_t either = is_nan(F16, number) ? 0x7e00 : number;
            g_assert_cmphex(fp16_min(a, b, &e), ==, nan ? either : a_less ? a : b);
            g_assert_cmphex(fp16_max(a, b, &e), ==, nan ? either : a_less ? b : a);
            g_assert_cmphex(e.flags, ==, snan ? FP_NV : 0);
            e.flags = 0;
            g_assert_cmphex(fp16_minm(a, b, &e), ==, nan ? 0x7e00 : a_less ? a : b);
            g_assert_cmphex(fp16_maxm(a, b, &e), ==, nan ? 0x7e00 : a_less ? b : a);
            g_assert_cmphex(e.flags, ==, snan ? FP_NV : 0);
        }
    }
    g_array_unref(values);
}

static void test_class(void)
{
    static const struct { uint64_t v16, v32, v64; unsigned mask; } cases[] = {
        { 0xfc00, 0xff800000, UINT64_C(0xfff0000000000000), 1 << 0 },
        { 0xfbff, 0xff7fffff, UINT64_C(0xffefffffffffffff), 1 << 1 },
        { 0x8400, 0x80800000, UINT64_C(0x8010000000000000), 1 << 1 },
        { 0x83ff, 0x807fffff, UINT64_C(0x800fffffffffffff), 1 << 2 },
        { 0x8001, 0x80000001, UINT64_C(0x8000000000000001), 1 << 2 },
        { 0x8000, 0x80000000, UINT64_C(0x8000000000000000), 1 << 3 },
        { 0x0000, 0x00000000, UINT64_C(0x0000000000000000), 1 << 4 },
        { 0x0001, 0x00000001, UINT64_C(0x0000000000000001), 1 << 5 },
        { 0x0400, 0x00800000, UINT64_C(0x0010000000000000), 1 << 6 },
        { 0x7c00, 0x7f800000, UINT64_C(0x7ff0000000000000), 1 << 7 },
        { 0x7c01, 0x7f800001, UINT64_C(0x7ff0000000000001), 1 << 8 },
        { 0xfdff, 0xffbfffff, UINT64_C(0xfff7ffffffffffff), 1 << 8 },
        { 0x7e00, 0x7fc00000, UINT64_C(0x7ff8000000000000), 1 << 9 },
        { 0xffff, 0xffffffff, UINT64_C(0xffffffffffffffff), 1 << 9 },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_assert_cmphex(fp16_class(cases[i].v16), ==, cases[i].mask);
        g_assert_cmphex(fp32_class(cases[i].v32), ==, cases[i].mask);
        g_assert_cmphex(fp64_class(cases[i].v64), ==, cases[i].mask);
    }
}

/* -- Tests: NaNs and infinities of each class -- */

#define QNAN1 0x7fc00011u
#define QNAN2 0xffc00022u
#define SNAN1 0x7f800011u
#define SNAN2 0xff800022u
#define QUIET(v) ((v) | 0x00400000u)
#define INF 0x7f800000u
#define ONE 0x3f800000u
#define DEFAULT 0x7fc00000u
#define INDEFINITE 0xffc00000u

static void test_nans(void)
{
    static const struct {
        enum op op;
        uint64_t v[3];
        uint32_t riscv, arm, x86;
        unsigned flags, x86_flags;
    } cases[] = {
        { ADD, { QNAN1, ONE }, DEFAULT, QNAN1, QNAN1, 0, 0 },
        { ADD, { ONE, SNAN2 }, DEFAULT, QUIET(SNAN2), QUIET(SNAN2), FP_NV, FP_NV },
        { SUB, { ONE, QNAN2 }, DEFAULT, QNAN2, QNAN2, 0, 0 },
        { MUL, { QNAN1, SNAN2 }, DEFAULT, QUIET(SNAN2), QNAN1, FP_NV, FP_NV },
        { DIV, { QNAN2, QNAN1 }, DEFAULT, QNAN2, QNAN2, 0, 0 },
        { ADD, { INF, INF | 0x80000000 }, DEFAULT, DEFAULT, INDEFINITE, FP_NV, FP_NV },
        { SUB, { INF, INF }, DEFAULT, DEFAULT, INDEFINITE, FP_NV, FP_NV },
        { MUL, { INF, 0 }, DEFAULT, DEFAULT, INDEFINITE, FP_NV, FP_NV },
        { DIV, { 0, 0 }, DEFAULT, DEFAULT, INDEFINITE, FP_NV, FP_NV },
        { DIV, { INF, INF }, DEFAULT, DEFAULT, INDEFINITE, FP_NV, FP_NV },
        { DIV, { ONE, 0x80000000 }, 0xff800000, 0xff800000, 0xff800000, FP_DZ, FP_DZ },
        { DIV, { INF, 0 }, INF, INF, INF, 0, 0 },
        { DIV, { ONE, INF }, 0, 0, 0, 0, 0 },
        { SQRT, { ONE | 0x80000000 }, DEFAULT, DEFAULT, INDEFINITE, FP_NV, FP_NV },
        { SQRT, { 0x80000000 }, 0x80000000, 0x80000000, 0x80000000, 0, 0 },
        { SQRT, { INF }, INF, INF, INF, 0, 0 },
        { SQRT, { SNAN1 }, DEFAULT, QUIET(SNAN1), QUIET(SNAN1), FP_NV, FP_NV },
        { FMA, { QNAN1, ONE, QNAN2 }, DEFAULT, QNAN2, QNAN1, 0, 0 },
        { FMA, { SNAN1, ONE, QNAN2 }, DEFAULT, QUIET(SNAN1), QUIET(SNAN1), FP_NV, FP_NV },
        { FMA, { INF, 0, ONE }, DEFAULT, DEFAULT, INDEFINITE, FP_NV, FP_NV },
        { FMA, { INF, 0, QNAN1 }, DEFAULT, DEFAULT, QNAN1, FP_NV, 0 },
        { FMA, { 0, INF, SNAN1 }, DEFAULT, QUIET(SNAN1), QUIET(SNAN1), FP_NV, FP_NV },
        { FMA, { INF, ONE, INF | 0x80000000 }, DEFAULT, DEFAULT, INDEFINITE, FP_NV, FP_NV },
        { FMA, { INF, ONE, INF }, INF, INF, INF, 0, 0 },
    };

    failures = 0;
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        for (unsigned cls = IR_FP_RISCV; cls <= IR_FP_X86; cls++) {
            struct fp_env e = { .cls = cls };
            uint32_t want[] = { cases[i].riscv, cases[i].arm, cases[i].x86 };
            uint64_t got = run(F32, cases[i].op, cases[i].v, &e);
            unsigned flags = cls == IR_FP_X86 ? cases[i].x86_flags : cases[i].flags;
            compare(op_names[cases[i].op], F32, &e, cases[i].v, (struct outcome){ want[cls], flags }, got);
        }
        struct fp_env dn = { .cls = IR_FP_ARM, .default_nan = true };
        uint64_t got = run(F32, cases[i].op, cases[i].v, &dn);
        g_assert_cmphex(got, ==, is_nan(F32, cases[i].arm) ? DEFAULT : cases[i].arm);
        g_assert_cmphex(dn.flags, ==, cases[i].flags);
    }
}

static void test_arm(void)
{
    struct fp_env e = { .cls = IR_FP_ARM };

    /* FMSUB negates its first operand, FNMADD the addend too, even if NaN. */
    g_assert_cmphex(fp32_fma(QNAN1, ONE, ONE, IR_FMA_NEG_PRODUCT, &e), ==, QNAN1 ^ 0x80000000);
    g_assert_cmphex(fp32_fma(ONE, ONE, QNAN1, IR_FMA_NEG_ADDEND, &e), ==, QNAN1 ^ 0x80000000);
    g_assert_cmphex(e.flags, ==, 0);

    /* FMIN gives the NaN, FMINNM the number; both the quieted signalling NaN. */
    g_assert_cmphex(fp32_min(ONE, QNAN1, &e), ==, QNAN1);
    g_assert_cmphex(fp32_minnum(ONE, QNAN1, &e), ==, ONE);
    g_assert_cmphex(fp32_maxnum(QNAN1, ONE, &e), ==, ONE);
    g_assert_cmphex(fp32_minnum(0, 0x80000000, &e), ==, 0x80000000);
    g_assert_cmphex(e.flags, ==, 0);
    g_assert_cmphex(fp32_maxnum(SNAN1, ONE, &e), ==, QUIET(SNAN1));
    g_assert_cmphex(e.flags, ==, FP_NV);

    /* Conversions: NaN is 0, numbers saturate; payloads keep their upper bits. */
    e.flags = 0;
    g_assert_cmphex(fp32_to_int(QNAN1, 32, true, &e), ==, 0);
    g_assert_cmphex(fp32_to_int(INF, 64, true, &e), ==, INT64_MAX);
    g_assert_cmphex(fp32_to_int(0xbf800000, 32, false, &e), ==, 0);
    g_assert_cmphex(e.flags, ==, FP_NV);
    e.flags = 0;
    g_assert_cmphex(fp32_to_64(0xffc12345, &e), ==, UINT64_C(0xfff82468a0000000));
    g_assert_cmphex(fp64_to_32(UINT64_C(0xfff82468a0000000), &e), ==, 0xffc12345);
    g_assert_cmphex(e.flags, ==, 0);
    g_assert_cmphex(fp64_to_16(UINT64_C(0x7ff1000000000000), &e), ==, 0x7e40);
    g_assert_cmphex(e.flags, ==, FP_NV);
}

/* FPCR.FZ: results are flushed before rounding, without Inexact; operands raise IDC, but not in half precision. */
static void test_arm_flush(void)
{
    struct fp_env e = { .cls = IR_FP_ARM, .flush_in = true, .flush_out = true };
    const uint64_t below_least[] = { 0x00800000, 0x3f7fffff }; /* rounds to the least normal number */

    g_assert_cmphex(fp32_mul(below_least[0], below_least[1], &e), ==, 0);
    g_assert_cmphex(e.flags, ==, FP_UF);
    e.flags = 0;
    g_assert_cmphex(fp32_add(0x80000001, 0x80000000, &e), ==, 0x80000000);
    g_assert_cmphex(e.flags, ==, FP_ID);
    e.flags = 0;
    g_assert_cmpuint(fp32_cmp(1, 0, IR_FEQ, &e), ==, 1);
    g_assert_cmphex(e.flags, ==, FP_ID);
    e.flags = 0;
    g_assert_cmphex(fp16_add(1, 1, &e), ==, 0);
    g_assert_cmphex(e.flags, ==, 0);
    /* Conversions flush neither operands nor results of half precision. */
    g_assert_cmphex(fp16_to_32(1, &e), ==, 0x33800000);
    g_assert_cmphex(fp32_to_16(0x33800000, &e), ==, 1);
    g_assert_cmphex(e.flags, ==, 0);
    g_assert_cmphex(fp64_to_32(UINT64_C(0x3800000000000000), &e), ==, 0); /* 2^-127 */
    g_assert_cmphex(e.flags, ==, FP_UF);
}

/* Invalid conversions to integers: what each class answers. */
static void test_invalid_integers(void)
{
    static const struct {
        uint32_t v;
        unsigned width;
        bool is_signed;
        uint64_t want[3];
    } cases[] = {
#define MIN32 UINT64_C(0xffffffff80000000)
#define MIN64 UINT64_C(0x8000000000000000)
        { 0x7fc00000, 32, true, { INT32_MAX, 0, MIN32 } },  { 0xffc00000, 32, true, { INT32_MAX, 0, MIN32 } },
        { 0x7f800001, 64, true, { INT64_MAX, 0, MIN64 } },  { 0xffc00000, 32, false, { UINT32_MAX, 0, UINT32_MAX } },
        { 0xff800000, 32, true, { MIN32, MIN32, MIN32 } },  { 0x7f800000, 32, true, { INT32_MAX, INT32_MAX, MIN32 } },
        { 0xff800000, 64, true, { MIN64, MIN64, MIN64 } },  { 0x7f800000, 64, true, { INT64_MAX, INT64_MAX, MIN64 } },
        { 0xff800000, 64, false, { 0, 0, UINT64_MAX } },    { 0xbf800000, 32, false, { 0, 0, UINT32_MAX } },
        { 0x4f800000, 32, false, { UINT32_MAX, UINT32_MAX, UINT32_MAX } },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        for (unsigned cls = IR_FP_RISCV; cls <= IR_FP_X86; cls++) {
            struct fp_env e = { .cls = cls };
            g_assert_cmphex(fp32_to_int(cases[i].v, cases[i].width, cases[i].is_signed, &e), ==, cases[i].want[cls]);
            g_assert_cmphex(e.flags, ==, FP_NV);
        }
    }
}

/* -- Tests: constants of fli -- */

static void test_fli(void)
{
    /* Numerator and power of two of constants 2 to 29. */
    static const struct { int n, exp; } values[] = {
        { 1, -16 }, { 1, -15 }, { 1, -8 }, { 1, -7 }, { 1, -4 }, { 1, -3 }, { 4, -4 }, { 5, -4 }, { 6, -4 }, { 7, -4 },
        { 4, -3 },  { 5, -3 },  { 6, -3 }, { 7, -3 }, { 4, -2 }, { 5, -2 }, { 6, -2 }, { 7, -2 }, { 4, -1 }, { 5, -1 },
        { 6, -1 },  { 4, 0 },   { 8, 0 },  { 16, 0 }, { 1, 7 },  { 1, 8 },  { 1, 15 }, { 1, 16 },
    };
    struct fp_env e = { 0 };

    for (unsigned i = 0; i < G_N_ELEMENTS(values); i++) {
        struct exact x = { 0 };
        exact_add(&x, values[i].n, values[i].exp + POINT, false);
        g_assert_cmphex(fp16_fli(i + 2), ==, expect_rounded(&x, false, F16, &e).v);
        g_assert_cmphex(fp32_fli(i + 2), ==, expect_rounded(&x, false, F32, &e).v);
        g_assert_cmphex(fp64_fli(i + 2), ==, expect_rounded(&x, false, F64, &e).v);
    }
    static const struct { unsigned i; uint64_t v16, v32, v64; } specials[] = {
        { 0, 0xbc00, 0xbf800000, UINT64_C(0xbff0000000000000) },
        { 1, 0x0400, 0x00800000, UINT64_C(0x0010000000000000) },
        { 29, 0x7c00, 0x47800000, UINT64_C(0x40f0000000000000) },
        { 30, 0x7c00, 0x7f800000, UINT64_C(0x7ff0000000000000) },
        { 31, 0x7e00, 0x7fc00000, UINT64_C(0x7ff8000000000000) },
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(specials); i++) {
        g_assert_cmphex(fp16_fli(specials[i].i), ==, specials[i].v16);
        g_assert_cmphex(fp32_fli(specials[i].i), ==, specials[i].v32);
        g_assert_cmphex(fp64_fli(specials[i].i), ==, specials[i].v64);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/softfp/arith/f16", &F16, test_arith);
    g_test_add_data_func("/softfp/arith/f32", &F32, test_arith);
    g_test_add_data_func("/softfp/arith/f64", &F64, test_arith);
    g_test_add_data_func("/softfp/tininess/f16", &F16, test_tininess);
    g_test_add_data_func("/softfp/tininess/f32", &F32, test_tininess);
    g_test_add_data_func("/softfp/tininess/f64", &F64, test_tininess);
    g_test_add_func("/softfp/ties", test_ties);
    g_test_add_func("/softfp/convert/widen", test_widen);
    g_test_add_func("/softfp/convert/narrow", test_narrow);
    g_test_add_data_func("/softfp/integers/f16", &F16, test_integers);
    g_test_add_data_func("/softfp/integers/f32", &F32, test_integers);
    g_test_add_data_func("/softfp/integers/f64", &F64, test_integers);
    g_test_add_func("/softfp/integers/modular", test_modular);
    g_test_add_func("/softfp/integers/invalid", test_invalid_integers);
    g_test_add_func("/softfp/compare", test_compare);
    g_test_add_func("/softfp/class", test_class);
    g_test_add_func("/softfp/nans", test_nans);
    g_test_add_func("/softfp/arm", test_arm);
    g_test_add_func("/softfp/arm/flush", test_arm_flush);
    g_test_add_func("/softfp/fli", test_fli);
    return g_test_run();
}
