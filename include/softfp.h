/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IEEE 754-2019 arithmetic in integers, for what the host FPU cannot give with the guest's bits, and
 * the reference for what it can. Values are passed as their bits (binary16 and binary32 zero-extended).
 */
#ifndef MYNAH_SOFTFP_H
#define MYNAH_SOFTFP_H

#include "types.h"

/* Exception flags; bits as RISC-V's fflags. */
enum {
    FP_NX = 1,
    FP_UF = 2,
    FP_OF = 4,
    FP_DZ = 8,
    FP_NV = 16,
    FP_ID = 32, /* a denormal operand: was used (x86 DE), was flushed (ARM IDC); never with RISC-V */
};

/* What fpN_class() answers: RISC-V fclass's mask. */
enum {
    FP_CLASS_NEG_INF = 1 << 0,
    FP_CLASS_NEG_NORMAL = 1 << 1,
    FP_CLASS_NEG_SUBNORMAL = 1 << 2,
    FP_CLASS_NEG_ZERO = 1 << 3,
    FP_CLASS_POS_ZERO = 1 << 4,
    FP_CLASS_POS_SUBNORMAL = 1 << 5,
    FP_CLASS_POS_NORMAL = 1 << 6,
    FP_CLASS_POS_INF = 1 << 7,
    FP_CLASS_SNAN = 1 << 8,
    FP_CLASS_QNAN = 1 << 9,
};

/* The environment of an operation. rm and cls as enum ir_rm (never DYN in effect) and enum ir_fp_class of ir.h. */
struct fp_env {
    uint8_t rm;    /* rounding mode: 0 RNE, 1 RTZ, 2 RDN, 3 RUP, 4 RMM */
    uint8_t flags; /* sticky FP_* */
    uint8_t cls;   /* whose NaN, tininess, min/max and conversion rules: 0 RISC-V, 1 ARM, 2 x86 */
    bool default_nan; /* ARM FPCR.DN: NaN results are the default NaN */
    bool flush_out;   /* ARM FPCR.FZ, x86 FTZ: tiny results become zero */
    bool flush_in;    /* ARM FPCR.FZ, x86 DAZ: denormal operands count as zero */
};

#define FP_DECLARE(w, u)                                                                                               \
    u fp##w##_add(u a, u b, struct fp_env *e);                                                                         \
    u fp##w##_sub(u a, u b, struct fp_env *e);                                                                         \
    u fp##w##_mul(u a, u b, struct fp_env *e);                                                                         \
    u fp##w##_div(u a, u b, struct fp_env *e);                                                                         \
    u fp##w##_sqrt(u a, struct fp_env *e);                                                                             \
    /*                                                                                                                 \
     * a * b + c, rounded once; neg: IR_FMA_NEG_*. Of several NaNs x86 gives the first in this order, where a and b    \
     * are operands 1 and 3 of VFMADD132, 2 and 1 of VFMADD213, 2 and 3 of VFMADD231                                   \
     */                                                                                                                \
    u fp##w##_fma(u a, u b, u c, unsigned neg, struct fp_env *e);                                                      \
    /* RISC-V: minimumNumber/maximumNumber of 2019; ARM: minimum/maximum; x86: MINSD/MAXSD */                          \
    u fp##w##_min(u a, u b, struct fp_env *e);                                                                         \
    u fp##w##_max(u a, u b, struct fp_env *e);                                                                         \
    /* minimum/maximum of 2019, RISC-V Zfa fminm/fmaxm: a NaN operand gives a NaN */                                   \
    u fp##w##_minm(u a, u b, struct fp_env *e);                                                                        \
    u fp##w##_maxm(u a, u b, struct fp_env *e);                                                                        \
    /* RISC-V as min/max; else minNum/maxNum of 2008, ARM FMINNM/FMAXNM */                                             \
    u fp##w##_minnum(u a, u b, struct fp_env *e);                                                                      \
    u fp##w##_maxnum(u a, u b, struct fp_env *e);                                                                      \
    /* fcc as enum ir_fcc; 1 or 0, or flags. RISC-V Zfa fleq/fltq are IR_FLEQ/IR_FLTQ */                                         \
    unsigned fp##w##_cmp(u a, u b, unsigned fcc, struct fp_env *e);                                                    \
    /* FP_CLASS_* */                                                                                                   \
    unsigned fp##w##_class(u a);                                                                                       \
    /*                                                                                                                 \
     * Integers of width 32 or 64. The result is in the low bits, extended by its signedness (so RISC-V's              \
     * fcvt.wu must sign-extend it); from_int looks at the low width bits.                                             \
     */                                                                                                                \
    uint64_t fp##w##_to_int(u a, unsigned width, bool is_signed, struct fp_env *e);                                    \
    u fp##w##_from_int(uint64_t v, unsigned width, bool is_signed, struct fp_env *e);                                  \
    /* To an integer in the same format; exact: raise NX when it was none. RISC-V froundnx is exact, fround not */     \
    u fp##w##_round(u a, bool exact, struct fp_env *e);                                                                \
    /* RISC-V fli: constant i, 0 <= i < 32 */                                                                          \
    u fp##w##_fli(unsigned i);

FP_DECLARE(16, uint16_t)
FP_DECLARE(32, uint32_t)
FP_DECLARE(64, uint64_t)
#undef FP_DECLARE

/* Between formats. flush_in and flush_out apply to binary32 and binary64 only here, as on ARM and x86. */
uint32_t fp16_to_32(uint16_t a, struct fp_env *e);
uint64_t fp16_to_64(uint16_t a, struct fp_env *e);
uint16_t fp32_to_16(uint32_t a, struct fp_env *e);
uint64_t fp32_to_64(uint32_t a, struct fp_env *e);
uint16_t fp64_to_16(uint64_t a, struct fp_env *e);
uint32_t fp64_to_32(uint64_t a, struct fp_env *e);
/*
 * RISC-V fcvtmod.w.d: toward zero, modulo 2^32, sign-extended; 0 for NaN and infinity. Raises what
 * fp64_to_int() to 32 signed bits would.
 */
uint64_t fp64_to_int_mod(uint64_t a, struct fp_env *e);
/* binary32 of the bfloat16 a, and back. */
uint32_t fp_bf16_to_32(uint16_t a, struct fp_env *e);
uint16_t fp_32_to_bf16(uint32_t a, struct fp_env *e);

#endif
