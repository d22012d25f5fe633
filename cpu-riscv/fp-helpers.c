/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FP helpers of the translator, on softfp: half precision, Zfa, fclass. Values are whole FP registers;
 * a narrow one that is not NaN-boxed counts as the canonical NaN. rm is enum ir_rm, IR_RDYN for frm.
 */
#include "trans.h"

static uint16_t unbox_h(uint64_t v)
{
    return v >= UINT64_C(0xffffffffffff0000) ? v : 0x7e00;
}

static uint32_t unbox_s(uint64_t v)
{
    return v >= UINT64_C(0xffffffff00000000) ? v : 0x7fc00000;
}

static uint64_t unbox_d(uint64_t v)
{
    return v;
}

static uint64_t box_h(uint16_t v)
{
    return v | UINT64_C(0xffffffffffff0000);
}

static uint64_t box_s(uint32_t v)
{
    return v | UINT64_C(0xffffffff00000000);
}

static uint64_t box_d(uint64_t v)
{
    return v;
}

static struct fp_env env(struct cpu *cpu, uint64_t rm)
{
    return (struct fp_env){.rm = rm == IR_RDYN ? riscv_cpu(cpu)->frm : rm, .cls = IR_FP_RISCV};
}

/* Keep the flags that an operation raised. */
static void raise_flags(struct cpu *cpu, const struct fp_env *e)
{
    cpu->fp.flags |= e->flags;
}

#define HELPER(name_, nargs_, flags_)                                                                                  \
    const struct ir_helper riscv_helper_##name_ = {                                                                    \
        .name = "riscv_" #name_, .fn = helper_##name_, .nargs = nargs_, .result = true, .flags = flags_};

/* uint64_t helper_NAME(cpu, params): compute with environment e, whose rounding mode is rm. */
#define FP_HELPER(name, nargs, rm, expr, ...)                                                                          \
    static uint64_t helper_##name(struct cpu *cpu, __VA_ARGS__)                                                        \
    {                                                                                                                  \
        struct fp_env e = env(cpu, rm);                                                                                \
        uint64_t v = expr;                                                                                             \
        raise_flags(cpu, &e);                                                                                          \
        return v;                                                                                                      \
    }                                                                                                                  \
    HELPER(name, nargs, IR_H_STATE)

/* -- Zfa and fclass in every format -- */

#define FORMAT(s, w)                                                                                                   \
    FP_HELPER(fminm_##s, 2, IR_RNE, box_##s(fp##w##_minm(unbox_##s(a), unbox_##s(b), &e)), uint64_t a, uint64_t b)     \
    FP_HELPER(fmaxm_##s, 2, IR_RNE, box_##s(fp##w##_maxm(unbox_##s(a), unbox_##s(b), &e)), uint64_t a, uint64_t b)     \
    FP_HELPER(fround_##s, 2, rm, box_##s(fp##w##_round(unbox_##s(a), false, &e)), uint64_t a, uint64_t rm)             \
    FP_HELPER(froundnx_##s, 2, rm, box_##s(fp##w##_round(unbox_##s(a), true, &e)), uint64_t a, uint64_t rm)            \
    static uint64_t helper_fclass_##s(struct cpu *cpu, uint64_t a)                                                     \
    {                                                                                                                  \
        return fp##w##_class(unbox_##s(a));                                                                            \
    }                                                                                                                  \
    HELPER(fclass_##s, 1, IR_H_PURE)

FORMAT(h, 16)
FORMAT(s, 32)
FORMAT(d, 64)

FP_HELPER(fcvtmod, 1, IR_RTZ, fp64_to_int_mod(a, &e), uint64_t a)

/* -- Half precision -- */

#define HALF2R(op)                                                                                                     \
    FP_HELPER(f##op##_h, 3, rm, box_h(fp16_##op(unbox_h(a), unbox_h(b), &e)), uint64_t a, uint64_t b, uint64_t rm)
#define HALF2(op) FP_HELPER(f##op##_h, 2, IR_RNE, box_h(fp16_##op(unbox_h(a), unbox_h(b), &e)), uint64_t a, uint64_t b)

HALF2R(add)
HALF2R(sub)
HALF2R(mul)
HALF2R(div)
HALF2(min)
HALF2(max)
FP_HELPER(fsqrt_h, 2, rm, box_h(fp16_sqrt(unbox_h(a), &e)), uint64_t a, uint64_t rm)
FP_HELPER(fma_h, 4, rm_neg & 0xff, box_h(fp16_fma(unbox_h(a), unbox_h(b), unbox_h(c), rm_neg >> 8, &e)), uint64_t a,
          uint64_t b, uint64_t c, uint64_t rm_neg)
FP_HELPER(fcmp_h, 3, IR_RNE, fp16_cmp(unbox_h(a), unbox_h(b), cc, &e), uint64_t a, uint64_t b, uint64_t cc)
FP_HELPER(fcvt_s_h, 2, rm, box_s(fp16_to_32(unbox_h(a), &e)), uint64_t a, uint64_t rm)
FP_HELPER(fcvt_d_h, 2, rm, fp16_to_64(unbox_h(a), &e), uint64_t a, uint64_t rm)
FP_HELPER(fcvt_h_s, 2, rm, box_h(fp32_to_16(unbox_s(a), &e)), uint64_t a, uint64_t rm)
FP_HELPER(fcvt_h_d, 2, rm, box_h(fp64_to_16(a, &e)), uint64_t a, uint64_t rm)

/* A 32-bit result is sign-extended, an unsigned one too. */
static uint64_t to_int(uint16_t a, uint64_t kind, struct fp_env *e)
{
    unsigned width = kind & 0xff;
    uint64_t v = fp16_to_int(a, width, kind & FP_INT_SIGNED, e);
    return width == 32 ? (uint64_t)(int32_t)v : v;
}

FP_HELPER(f2i_h, 3, rm, to_int(unbox_h(a), kind, &e), uint64_t a, uint64_t rm, uint64_t kind)
FP_HELPER(i2f_h, 3, rm, box_h(fp16_from_int(a, kind & 0xff, kind & FP_INT_SIGNED, &e)), uint64_t a, uint64_t rm,
          uint64_t kind)

static uint64_t helper_fsgnj_h(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t kind)
{
    uint16_t x = unbox_h(a), y = unbox_h(b);
    uint16_t sign = kind == FP_SIGN_COPY ? y : kind == FP_SIGN_NEGATE ? ~y : x ^ y;
    return box_h((x & 0x7fff) | (sign & 0x8000));
}
HELPER(fsgnj_h, 3, IR_H_PURE)
