/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * softfp against the host's SSE, FMA, F16C and AVX-512 instructions: results and flags, in the four
 * rounding modes that MXCSR has. Class x86 must agree in every bit, with FTZ and DAZ too; class RISC-V
 * in all but the documented differences. Instructions the host lacks are skipped.
 */
#include "softfp-values.h"

#ifdef __x86_64__

#include <cpuid.h>
#include <immintrin.h>

/* -- One instruction of the host -- */

#define MXCSR_RESET 0x1f80u
#define MXCSR_FTZ 0x8000u
#define MXCSR_DAZ 0x0040u

static const uint32_t mxcsr_reset = MXCSR_RESET;

typedef uint64_t host_fn(uint64_t a, uint64_t b, uint64_t c, uint32_t *mxcsr);
typedef uint64_t soft_fn(uint64_t a, uint64_t b, uint64_t c, struct fp_env *e);

/* Runs `insn`, in which %[x], %[y], %[z] are vector registers with a, b, c; the result is in %[x]. */
#define HOST_XMM(name, insn)                                                                                           \
    static uint64_t name(uint64_t a, uint64_t b, uint64_t c, uint32_t *mxcsr)                                          \
    {                                                                                                                  \
        __m128i x = _mm_cvtsi64_si128(a), y = _mm_cvtsi64_si128(b), z = _mm_cvtsi64_si128(c);                          \
        asm volatile("ldmxcsr %[csr]\n\t" insn "\n\tstmxcsr %[csr]\n\tldmxcsr %[reset]"                                \
                     : [x] "+x"(x), [csr] "+m"(*mxcsr)                                                                 \
                     : [y] "x"(y), [z] "x"(z), [reset] "m"(mxcsr_reset));                                              \
        return _mm_cvtsi128_si64(x);                                                                                   \
    }

/* The same with the result in the integer register %[r] (%k[r] for 32 bits). */
#define HOST_TO_GPR(name, insn)                                                                                        \
    static uint64_t name(uint64_t a, uint64_t b, uint64_t c, uint32_t *mxcsr)                                          \
    {                                                                                                                  \
        __m128i x = _mm_cvtsi64_si128(a);                                                                              \
        uint64_t r;                                                                                                    \
        asm volatile("ldmxcsr %[csr]\n\t" insn "\n\tstmxcsr %[csr]\n\tldmxcsr %[reset]"                                \
                     : [r] "=r"(r), [csr] "+m"(*mxcsr)                                                                 \
                     : [x] "x"(x), [reset] "m"(mxcsr_reset));                                                          \
        return r;                                                                                                      \
    }

/* The same from the integer register %[r]. */
#define HOST_FROM_GPR(name, insn)                                                                                      \
    static uint64_t name(uint64_t a, uint64_t b, uint64_t c, uint32_t *mxcsr)                                          \
    {                                                                                                                  \
        __m128i x = _mm_setzero_si128();                                                                               \
        asm volatile("ldmxcsr %[csr]\n\t" insn "\n\tstmxcsr %[csr]\n\tldmxcsr %[reset]"                                \
                     : [x] "+x"(x), [csr] "+m"(*mxcsr)                                                                 \
                     : [r] "r"(a), [reset] "m"(mxcsr_reset));                                                          \
        return _mm_cvtsi128_si64(x);                                                                                   \
    }

#define SOFT(name, expr)                                                                                               \
    static uint64_t name(uint64_t a, uint64_t b, uint64_t c, struct fp_env *e)                                         \
    {                                                                                                                  \
        return expr;                                                                                                   \
    }

#define X2 " %[y], %[x]"
#define V2 " %[y], %[x], %[x]"

#define SSE_OPERATIONS(w, s)                                                                                           \
    HOST_XMM(host##w##_add, "add" s X2)                                                                                \
    HOST_XMM(host##w##_sub, "sub" s X2)                                                                                \
    HOST_XMM(host##w##_mul, "mul" s X2)                                                                                \
    HOST_XMM(host##w##_div, "div" s X2)                                                                                \
    HOST_XMM(host##w##_min, "min" s X2)                                                                                \
    HOST_XMM(host##w##_max, "max" s X2)                                                                                \
    HOST_XMM(host##w##_sqrt, "sqrt" s " %[x], %[x]")                                                                   \
    HOST_XMM(host##w##_eq, "cmpeq" s X2)                                                                               \
    HOST_XMM(host##w##_lt, "cmplt" s X2)                                                                               \
    HOST_XMM(host##w##_le, "cmple" s X2)                                                                               \
    HOST_XMM(host##w##_ltq, "vcmplt_oq" s V2)                                                                          \
    HOST_XMM(host##w##_leq, "vcmple_oq" s V2)                                                                          \
    HOST_XMM(host##w##_round, "round" s " $12, %[x], %[x]")                                                            \
    HOST_XMM(host##w##_roundx, "round" s " $4, %[x], %[x]")                                                            \
    HOST_XMM(host##w##_fma0, "vfmadd132" s " %[y], %[z], %[x]")                                                        \
    HOST_XMM(host##w##_fma1, "vfnmadd132" s " %[y], %[z], %[x]")                                                       \
    HOST_XMM(host##w##_fma2, "vfmsub132" s " %[y], %[z], %[x]")                                                        \
    HOST_XMM(host##w##_fma3, "vfnmsub132" s " %[y], %[z], %[x]")                                                       \
    HOST_TO_GPR(host##w##_to_s32, "cvt" s "2si %[x], %k[r]")                                                           \
    HOST_TO_GPR(host##w##_to_s64, "cvt" s "2si %[x], %q[r]")                                                           \
    HOST_TO_GPR(host##w##_to_u32, "vcvt" s "2usi %[x], %k[r]")                                                         \
    HOST_TO_GPR(host##w##_to_u64, "vcvt" s "2usi %[x], %q[r]")                                                         \
    HOST_FROM_GPR(host##w##_from_s32, "cvtsi2" s "l %k[r], %[x]")                                                      \
    HOST_FROM_GPR(host##w##_from_s64, "cvtsi2" s "q %q[r], %[x]")                                                      \
    HOST_FROM_GPR(host##w##_from_u32, "vcvtusi2" s "l %k[r], %[x], %[x]")                                              \
    HOST_FROM_GPR(host##w##_from_u64, "vcvtusi2" s "q %q[r], %[x], %[x]")

#define SOFT_OPERATIONS(w)                                                                                             \
    SOFT(soft##w##_add, fp##w##_add(a, b, e))                                                                          \
    SOFT(soft##w##_sub, fp##w##_sub(a, b, e))                                                                          \
    SOFT(soft##w##_mul, fp##w##_mul(a, b, e))                                                                          \
    SOFT(soft##w##_div, fp##w##_div(a, b, e))                                                                          \
    SOFT(soft##w##_min, fp##w##_min(a, b, e))                                                                          \
    SOFT(soft##w##_max, fp##w##_max(a, b, e))                                                                          \
    SOFT(soft##w##_sqrt, fp##w##_sqrt(a, e))                                                                           \
    SOFT(soft##w##_round, fp##w##_round(a, false, e))                                                                  \
    SOFT(soft##w##_roundx, fp##w##_round(a, true, e))                                                                  \
    SOFT(soft##w##_fma0, fp##w##_fma(a, b, c, 0, e))                                                                   \
    SOFT(soft##w##_fma1, fp##w##_fma(a, b, c, IR_FMA_NEG_PRODUCT, e))                                                  \
    SOFT(soft##w##_fma2, fp##w##_fma(a, b, c, IR_FMA_NEG_ADDEND, e))                                                   \
    SOFT(soft##w##_fma3, fp##w##_fma(a, b, c, IR_FMA_NEG_PRODUCT | IR_FMA_NEG_ADDEND, e))                              \
    SOFT(soft##w##_to_s32, fp##w##_to_int(a, 32, true, e))                                                             \
    SOFT(soft##w##_to_s64, fp##w##_to_int(a, 64, true, e))                                                             \
    SOFT(soft##w##_to_u32, fp##w##_to_int(a, 32, false, e))                                                            \
    SOFT(soft##w##_to_u64, fp##w##_to_int(a, 64, false, e))                                                            \
    SOFT(soft##w##_from_s32, fp##w##_from_int(a, 32, true, e))                                                         \
    SOFT(soft##w##_from_s64, fp##w##_from_int(a, 64, true, e))                                                         \
    SOFT(soft##w##_from_u32, fp##w##_from_int(a, 32, false, e))                                                        \
    SOFT(soft##w##_from_u64, fp##w##_from_int(a, 64, false, e))

#define SOFT_COMPARISONS(w)                                                                                            \
    SOFT(soft##w##_eq, fp##w##_cmp(a, b, IR_FEQ, e))                                                                   \
    SOFT(soft##w##_lt, fp##w##_cmp(a, b, IR_FLT, e))                                                                   \
    SOFT(soft##w##_le, fp##w##_cmp(a, b, IR_FLE, e))                                                                   \
    SOFT(soft##w##_ltq, fp##w##_cmp(a, b, IR_FLTQ, e))                                                                 \
    SOFT(soft##w##_leq, fp##w##_cmp(a, b, IR_FLEQ, e))

SSE_OPERATIONS(32, "ss")
SSE_OPERATIONS(64, "sd")
SOFT_OPERATIONS(16)
SOFT_OPERATIONS(32)
SOFT_OPERATIONS(64)
SOFT_COMPARISONS(32)
SOFT_COMPARISONS(64)

/* AVX512-FP16 has the arithmetic in half precision. */
HOST_XMM(host16_add, "vaddsh" V2)
HOST_XMM(host16_sub, "vsubsh" V2)
HOST_XMM(host16_mul, "vmulsh" V2)
HOST_XMM(host16_div, "vdivsh" V2)
HOST_XMM(host16_min, "vminsh" V2)
HOST_XMM(host16_max, "vmaxsh" V2)
HOST_XMM(host16_sqrt, "vsqrtsh %[x], %[x], %[x]")
HOST_XMM(host16_fma0, "vfmadd132sh %[y], %[z], %[x]")
HOST_XMM(host16_fma1, "vfnmadd132sh %[y], %[z], %[x]")
HOST_XMM(host16_fma2, "vfmsub132sh %[y], %[z], %[x]")
HOST_XMM(host16_fma3, "vfnmsub132sh %[y], %[z], %[x]")
HOST_XMM(host16_round, "vrndscalesh $12, %[x], %[x], %[x]")
HOST_XMM(host16_roundx, "vrndscalesh $4, %[x], %[x], %[x]")
HOST_TO_GPR(host16_to_s32, "vcvtsh2si %[x], %k[r]")
HOST_TO_GPR(host16_to_s64, "vcvtsh2si %[x], %q[r]")
HOST_TO_GPR(host16_to_u32, "vcvtsh2usi %[x], %k[r]")
HOST_TO_GPR(host16_to_u64, "vcvtsh2usi %[x], %q[r]")
HOST_FROM_GPR(host16_from_s32, "vcvtsi2shl %k[r], %[x], %[x]")
HOST_FROM_GPR(host16_from_s64, "vcvtsi2shq %q[r], %[x], %[x]")
HOST_FROM_GPR(host16_from_u32, "vcvtusi2shl %k[r], %[x], %[x]")
HOST_FROM_GPR(host16_from_u64, "vcvtusi2shq %q[r], %[x], %[x]")

HOST_XMM(host32_to_64, "cvtss2sd %[x], %[x]")
HOST_XMM(host64_to_32, "cvtsd2ss %[x], %[x]")
HOST_XMM(host16_to_32, "vcvtph2ps %[x], %[x]")
HOST_XMM(host32_to_16, "vcvtps2ph $4, %[x], %[x]")
HOST_XMM(host16_to_64, "vcvtsh2sd %[x], %[x], %[x]")
HOST_XMM(host64_to_16, "vcvtsd2sh %[x], %[x], %[x]")
SOFT(soft32_to_64, fp32_to_64(a, e))
SOFT(soft64_to_32, fp64_to_32(a, e))
SOFT(soft16_to_32, fp16_to_32(a, e))
SOFT(soft32_to_16, fp32_to_16(a, e))
SOFT(soft16_to_64, fp16_to_64(a, e))
SOFT(soft64_to_16, fp64_to_16(a, e))

enum need { SSE, AVX, FMA, F16C, AVX512, FP16 };

static bool host_has(enum need need)
{
    unsigned a, b, c, d;

    switch (need) {
    case AVX:
        return __builtin_cpu_supports("avx");
    case FMA:
        return __builtin_cpu_supports("fma");
    case F16C:
        return __builtin_cpu_supports("avx") && __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C);
    case AVX512:
        return __builtin_cpu_supports("avx512f");
    case FP16:
        return __builtin_cpu_supports("avx512f") && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d >> 23 & 1);
    default:
        return __builtin_cpu_supports("sse4.1"); /* roundsd */
    }
}

/* What an operation's results are; to_int also says which operations follow a class's own conversion rules. */
enum kind { ARITH, MIN_MAX, COMPARE, FUSED, TO_INT, FROM_INT, CONVERT };

static const struct op {
    const char *name;
    enum kind kind;
    unsigned operands;
    struct format from;
    unsigned result_bits;
    enum need need;
    host_fn *host;
    soft_fn *soft;
} ops[] = {
#define F16 { 16, 10 }
#define F32 { 32, 23 }
#define F64 { 64, 52 }
#define OP(w, name, kind, operands, result, need)                                                                      \
    { "f" #w "/" #name, kind, operands, F##w, result, need, host##w##_##name, soft##w##_##name }
#define OPS(w, sse, fma, avx512)                                                                                       \
    OP(w, add, ARITH, 2, w, sse), OP(w, sub, ARITH, 2, w, sse), OP(w, mul, ARITH, 2, w, sse),                          \
        OP(w, div, ARITH, 2, w, sse), OP(w, sqrt, ARITH, 1, w, sse), OP(w, min, MIN_MAX, 2, w, sse),                   \
        OP(w, max, MIN_MAX, 2, w, sse), OP(w, round, ARITH, 1, w, sse), OP(w, roundx, ARITH, 1, w, sse),               \
        OP(w, fma0, FUSED, 3, w, fma), OP(w, fma1, FUSED, 3, w, fma), OP(w, fma2, FUSED, 3, w, fma),                   \
        OP(w, fma3, FUSED, 3, w, fma), OP(w, to_s32, TO_INT, 1, 32, sse), OP(w, to_s64, TO_INT, 1, 64, sse),           \
        OP(w, to_u32, TO_INT, 1, 32, avx512), OP(w, to_u64, TO_INT, 1, 64, avx512),                                    \
        OP(w, from_s32, FROM_INT, 1, w, sse), OP(w, from_s64, FROM_INT, 1, w, sse),                                    \
        OP(w, from_u32, FROM_INT, 1, w, avx512), OP(w, from_u64, FROM_INT, 1, w, avx512)
#define CMPS(w)                                                                                                        \
    OP(w, eq, COMPARE, 2, 1, SSE), OP(w, lt, COMPARE, 2, 1, SSE), OP(w, le, COMPARE, 2, 1, SSE),                       \
        OP(w, ltq, COMPARE, 2, 1, AVX), OP(w, leq, COMPARE, 2, 1, AVX)

    OPS(32, SSE, FMA, AVX512),
    CMPS(32),
    OPS(64, SSE, FMA, AVX512),
    CMPS(64),
    OPS(16, FP16, FP16, FP16),
    OP(32, to_64, CONVERT, 1, 64, SSE),
    OP(64, to_32, CONVERT, 1, 32, SSE),
    OP(16, to_32, CONVERT, 1, 32, F16C),
    OP(32, to_16, CONVERT, 1, 16, F16C),
    OP(16, to_64, CONVERT, 1, 64, FP16),
    OP(64, to_16, CONVERT, 1, 16, FP16),
};

/* -- Expectations -- */

struct outcome {
    uint64_t v;
    unsigned flags;
};

static uint64_t low_bits(uint64_t v, unsigned n)
{
    return v & UINT64_MAX >> (64 - n);
}

static struct outcome run_host(const struct op *op, unsigned rm, uint32_t modes, const uint64_t v[3])
{
    static const uint32_t rounding[] = { [IR_RNE] = 0, [IR_RTZ] = 3, [IR_RDN] = 1, [IR_RUP] = 2 };
    uint32_t mxcsr = MXCSR_RESET | rounding[rm] << 13 | modes;
    uint64_t result = op->host(v[0], v[1], v[2], &mxcsr);
    static const uint8_t flag_of[] = { FP_NV, FP_ID, FP_DZ, FP_OF, FP_UF, FP_NX };
    unsigned flags = 0;

    for (unsigned i = 0; i < G_N_ELEMENTS(flag_of); i++)
        flags |= mxcsr >> i & 1 ? flag_of[i] : 0;
    return (struct outcome){ low_bits(result, op->result_bits), flags };
}

static struct outcome run_soft(const struct op *op, enum ir_fp_class cls, unsigned rm, uint32_t modes,
                               const uint64_t v[3])
{
    struct fp_env e = { .rm = rm, .cls = cls, .flush_in = modes & MXCSR_DAZ, .flush_out = modes & MXCSR_FTZ };
    uint64_t result = op->soft(v[0], v[1], v[2], &e);
    return (struct outcome){ low_bits(result, op->result_bits), e.flags };
}

static struct format result_format(const struct op *op)
{
    switch (op->result_bits) {
    case 16:
        return (struct format)F16;
    case 32:
        return (struct format)F32;
    default:
        return (struct format)F64;
    }
}

/* RISC-V's minimum or maximum, from x86's. */
static struct outcome riscv_min_max(const struct op *op, const uint64_t v[3], struct outcome x86)
{
    struct format f = op->from;
    bool nan_a = is_nan(f, v[0]), nan_b = is_nan(f, v[1]);
    unsigned flags = is_snan(f, v[0]) || is_snan(f, v[1]) ? FP_NV : 0;
    bool max = strstr(op->name, "max");

    if (nan_a && nan_b)
        return (struct outcome){ canonical_nan(f), flags };
    if (nan_a || nan_b)
        return (struct outcome){ nan_a ? v[1] : v[0], flags };
    if (is_zero(f, v[0]) && is_zero(f, v[1]))
        return (struct outcome){ max ? v[0] & v[1] : v[0] | v[1], 0 };
    return (struct outcome){ x86.v, 0 };
}

/* RISC-V's integer for an invalid conversion. */
static uint64_t riscv_invalid_integer(const struct op *op, uint64_t v)
{
    bool is_signed = strstr(op->name, "_s");
    uint64_t max = UINT64_MAX >> (64 - op->result_bits + is_signed);

    if (is_nan(op->from, v) || !is_negative(op->from, v))
        return max;
    return is_signed ? max + 1 : 0;
}

/* What class RISC-V must give where the host gave x86. */
static struct outcome riscv_from_x86(const struct op *op, const uint64_t v[3], struct outcome x86)
{
    struct format f = op->from;
    struct outcome o = { x86.v, x86.flags & ~FP_ID };

    switch (op->kind) {
    case MIN_MAX:
        return riscv_min_max(op, v, x86);
    case TO_INT:
        if (x86.flags & FP_NV)
            o.v = riscv_invalid_integer(op, v[0]);
        return o;
    case FUSED:
        if ((is_zero(f, v[0]) && is_inf(f, v[1])) || (is_inf(f, v[0]) && is_zero(f, v[1])))
            o.flags |= FP_NV;
        break;
    case COMPARE:
        return o;
    default:
        break;
    }
    if (is_nan(result_format(op), o.v))
        o.v = canonical_nan(result_format(op));
    return o;
}

/* -- Driver -- */

static bool report(const struct op *op, const char *cls, unsigned rm, uint32_t modes, const uint64_t v[3],
                   struct outcome want, struct outcome got)
{
    if (want.v == got.v && want.flags == got.flags)
        return true;
    g_test_message("%s %s rm=%u mxcsr|=%#x (%#" PRIx64 ", %#" PRIx64 ", %#" PRIx64 "): want %#" PRIx64
                   " flags %#x, got %#" PRIx64 " flags %#x",
                   op->name, cls, rm, modes, v[0], v[1], v[2], want.v, want.flags, got.v, got.flags);
    return false;
}

static bool check(const struct op *op, unsigned rm, uint32_t modes, const uint64_t v[3])
{
    struct outcome host = run_host(op, rm, modes, v);
    bool ok = report(op, "x86", rm, modes, v, host, run_soft(op, IR_FP_X86, rm, modes, v));

    if (modes == 0)
        ok &= report(op, "riscv", rm, modes, v, riscv_from_x86(op, v, host), run_soft(op, IR_FP_RISCV, rm, modes, v));
    return ok;
}

#define MAX_REPORTS 10

/* All tuples of edge values (of integers with interesting widths for FROM_INT). */
static unsigned check_edges(const struct op *op, GArray *values, unsigned rm, uint32_t modes)
{
    const uint64_t *e = (const uint64_t *)(void *)values->data;
    unsigned n = values->len, bad = 0;

    for (unsigned i = 0; i < n; i++)
        for (unsigned j = 0; j < (op->operands > 1 ? n : 1); j++)
            for (unsigned k = 0; k < (op->operands > 2 ? n : 1); k++)
                if (!check(op, rm, modes, (uint64_t[]){ e[i], e[j], e[k] }) && ++bad == MAX_REPORTS)
                    return bad;
    return bad;
}

static unsigned check_random(const struct op *op, unsigned rm, uint32_t modes, unsigned long cases)
{
    unsigned bad = 0;

    while (cases-- > 0 && bad < MAX_REPORTS) {
        uint64_t v[3];
        for (unsigned i = 0; i < 3; i++)
            v[i] = op->kind == FROM_INT ? random_bits() >> random_below(64) : random_value(op->from);
        bad += !check(op, rm, modes, v);
    }
    return bad;
}

static GArray *edge_integers(void)
{
    GArray *values = g_array_new(FALSE, FALSE, sizeof(uint64_t));

    for (unsigned bit = 0; bit < 64; bit++) {
        for (int d = -2; d <= 2; d++) {
            uint64_t v = (UINT64_C(1) << bit) + d;
            g_array_append_val(values, v);
            v = -v;
            g_array_append_val(values, v);
        }
    }
    return values;
}

static void test_op(gconstpointer data)
{
    const struct op *op = data;
    static const uint32_t flushing[] = { MXCSR_FTZ, MXCSR_DAZ, MXCSR_FTZ | MXCSR_DAZ };
    GArray *many = op->kind == FROM_INT ? edge_integers() : edge_values(op->from, op->operands == 3);
    GArray *few = op->kind == FROM_INT ? edge_integers() : edge_values(op->from, true);
    unsigned bad = 0;

    for (unsigned rm = IR_RNE; rm <= IR_RUP; rm++) {
        bad += check_edges(op, many, rm, 0);
        bad += check_random(op, rm, 0, random_cases(5000));
        /* AVX512-FP16 ignores FTZ and DAZ, and a frontend would not set flush_* for it. */
        for (unsigned i = 0; i < G_N_ELEMENTS(flushing) && op->from.width != 16 && op->need != FP16; i++) {
            if (op->operands < 3 || rm == IR_RNE)
                bad += check_edges(op, few, rm, flushing[i]);
            bad += check_random(op, rm, flushing[i], random_cases(5000) / 4);
        }
    }
    g_array_unref(many);
    g_array_unref(few);
    if (bad)
        g_test_fail();
}

/* Half precision is small enough for all of it. */
static void test_half_unary(gconstpointer data)
{
    const struct op *op = data;
    unsigned bad = 0;

    for (unsigned rm = IR_RNE; rm <= IR_RUP; rm++)
        for (uint64_t v = 0; v < 0x10000 && bad < MAX_REPORTS; v++)
            bad += !check(op, rm, 0, (uint64_t[]){ v, 0, 0 });
    if (bad)
        g_test_fail();
}

static void test_skipped(gconstpointer data)
{
    g_test_skip("the host's CPU lacks the instruction");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(ops); i++) {
        const struct op *op = &ops[i];
        g_autofree char *path = g_strdup_printf("/softfp-host/%s", op->name);
        bool all = op->from.width == 16 && op->operands == 1 && op->kind != FROM_INT;
        g_test_add_data_func(path, op, !host_has(op->need) ? test_skipped : all ? test_half_unary : test_op);
    }
    return g_test_run();
}

#else

static void test_none(void)
{
    g_test_skip("the host is no x86-64");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/softfp-host/none", test_none);
    return g_test_run();
}

#endif
