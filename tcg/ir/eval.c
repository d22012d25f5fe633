/* SPDX-License-Identifier: BSD-2-Clause */
/* The one evaluation of each op: see ir-eval.h. FP is softfp's. */
#include "ir-eval.h"
#include "ir-internal.h"
#include "softfp.h"

/* -- Integers -- */

uint64_t ir_eval1(enum ir_opcode op, enum ir_type t, uint64_t a)
{
    switch (op) {
#define X(OP, fn)                                                                                                      \
    case IR_##OP:                                                                                                      \
        return t == IR_I64 ? eval64_##fn(a) : eval32_##fn(a);
        IR_EVAL1_OPS(X)
#undef X
    default:
        g_assert_not_reached();
    }
}

uint64_t ir_eval2(enum ir_opcode op, enum ir_type t, uint64_t a, uint64_t b)
{
    switch (op) {
#define X(OP, fn)                                                                                                      \
    case IR_##OP:                                                                                                      \
        return t == IR_I64 ? eval64_##fn(a, b) : eval32_##fn(a, b);
        IR_EVAL2_OPS(X)
#undef X
    default:
        g_assert_not_reached();
    }
}

/* -- Floating point -- */

enum { DESC_TYPE = 8, DESC_SRC = 12, DESC_CLASS = 16, DESC_RM = 18, DESC_SUB = 21 };

uint32_t ir_fp_desc(const struct ir_op *o, enum ir_type src)
{
    unsigned rm = o->op == IR_FCMP ? IR_RDYN : o->sub2;
    unsigned sub = o->op == IR_FCMP ? o->sub >> 2 : o->op == IR_FMA ? o->aux : 0;

    return o->op | o->type << DESC_TYPE | src << DESC_SRC | (o->sub & 3) << DESC_CLASS | rm << DESC_RM |
           sub << DESC_SUB;
}

enum ir_type ir_fp_desc_type(uint32_t desc)
{
    return desc >> DESC_TYPE & 15;
}

static uint64_t arith32(enum ir_opcode op, uint32_t a, uint32_t b, uint32_t c, unsigned neg, struct fp_env *e)
{
    switch (op) {
    case IR_FADD:
        return fp32_add(a, b, e);
    case IR_FSUB:
        return fp32_sub(a, b, e);
    case IR_FMUL:
        return fp32_mul(a, b, e);
    case IR_FDIV:
        return fp32_div(a, b, e);
    case IR_FSQRT:
        return fp32_sqrt(a, e);
    case IR_FMA:
        return fp32_fma(a, b, c, neg, e);
    case IR_FMIN:
        return fp32_min(a, b, e);
    default:
        return fp32_max(a, b, e);
    }
}

static uint64_t arith64(enum ir_opcode op, uint64_t a, uint64_t b, uint64_t c, unsigned neg, struct fp_env *e)
{
    switch (op) {
    case IR_FADD:
        return fp64_add(a, b, e);
    case IR_FSUB:
        return fp64_sub(a, b, e);
    case IR_FMUL:
        return fp64_mul(a, b, e);
    case IR_FDIV:
        return fp64_div(a, b, e);
    case IR_FSQRT:
        return fp64_sqrt(a, e);
    case IR_FMA:
        return fp64_fma(a, b, c, neg, e);
    case IR_FMIN:
        return fp64_min(a, b, e);
    default:
        return fp64_max(a, b, e);
    }
}

static uint64_t convert(enum ir_opcode op, enum ir_type type, enum ir_type src, uint64_t a, struct fp_env *e)
{
    bool is_signed = op == IR_F2S || op == IR_S2F;
    uint64_t v;

    switch (op) {
    case IR_F2S:
    case IR_F2U:
        v = src == IR_F32 ? fp32_to_int(a, ir_type_bits(type), is_signed, e)
                          : fp64_to_int(a, ir_type_bits(type), is_signed, e);
        return type == IR_I32 ? (uint32_t)v : v;
    case IR_F2F:
        return src == IR_F32 ? fp32_to_64(a, e) : fp64_to_32(a, e);
    default:
        if (src == IR_I32) {
            a = is_signed ? (uint64_t)(int32_t)a : (uint32_t)a;
        }
        return type == IR_F32 ? fp32_from_int(a, ir_type_bits(src), is_signed, e)
                              : fp64_from_int(a, ir_type_bits(src), is_signed, e);
    }
}

uint64_t ir_eval_fp(struct fp_env *e, uint32_t desc, uint64_t a, uint64_t b, uint64_t c)
{
    enum ir_opcode op = desc & 0xff;
    enum ir_type type = ir_fp_desc_type(desc), src = desc >> DESC_SRC & 15;
    unsigned rm = desc >> DESC_RM & 7, sub = desc >> DESC_SUB & 7;
    uint8_t old_rm = e->rm, old_class = e->cls;
    uint64_t v;

    e->cls = desc >> DESC_CLASS & 3;
    if (rm != IR_RDYN) {
        e->rm = rm;
    }
    switch (op) {
    case IR_FCMP:
        v = src == IR_F32 ? fp32_cmp(a, b, sub, e) : fp64_cmp(a, b, sub, e);
        break;
    case IR_F2S:
    case IR_F2U:
    case IR_S2F:
    case IR_U2F:
    case IR_F2F:
        v = convert(op, type, src, a, e);
        break;
    default:
        v = type == IR_F32 ? arith32(op, a, b, c, sub, e) : arith64(op, a, b, c, sub, e);
        break;
    }
    e->rm = old_rm;
    e->cls = old_class;
    return v;
}
