/* SPDX-License-Identifier: BSD-2-Clause */
/* The one evaluation of each op: see ir-eval.h. FP is softfp's. */
#include "ir-eval.h"
#include "ir-internal.h"
#include "softfp.h"

#include <string.h>

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

uint64_t ir_eval3(enum ir_opcode op, enum ir_type t, uint64_t a, uint64_t b, uint64_t c)
{
    switch (op) {
#define X(OP, fn)                                                                                                      \
    case IR_##OP:                                                                                                      \
        return t == IR_I64 ? eval64_##fn(a, b, c) : eval32_##fn(a, b, c);
        IR_EVAL3_OPS(X)
#undef X
    default:
        g_assert_not_reached();
    }
}

uint64_t ir_eval_bits(enum ir_opcode op, enum ir_type t, uint64_t a, uint64_t b, uint32_t aux)
{
    unsigned first = aux & 0xff, length = aux >> 8;
    uint64_t mask = UINT64_MAX >> (64 - length), v = a >> first & mask;

    if (op == IR_BFI) {
        v = (a & ~(mask << first)) | (b & mask) << first;
    } else if (op == IR_SBFX) {
        v = (uint64_t)sign_extend(v, length);
    }
    return t == IR_I32 ? (uint32_t)v : v;
}

/* desc: op, type << 8, aux << 16 */
uint64_t ir_eval_desc(const struct ir_op *o)
{
    return o->op | o->type << 8 | (uint64_t)o->aux << 16;
}

uint64_t ir_eval(uint64_t desc, uint64_t a, uint64_t b, uint64_t c)
{
    enum ir_opcode op = desc & 0xff;
    enum ir_type t = desc >> 8 & 0xff;

    if (t == IR_I32) {
        a = (uint32_t)a;
        b = (uint32_t)b;
        c = (uint32_t)c;
    }
    if (strchr(ir_op_info[op].fields, 'Q')) {
        return ir_eval_bits(op, t, a, b, desc >> 16);
    }
    switch (ir_op_nargs(op)) {
    case 1:
        return ir_eval1(op, t, a);
    case 2:
        return ir_eval2(op, t, a, b);
    default:
        return ir_eval3(op, t, a, b, c);
    }
}

/* -- Flags -- */

enum { CF = 1, PF = 4, AF = 0x10, ZF = 0x40, SF = 0x80, VF = 0x800 };

/* Z, S and P of a result of n bits. */
static uint32_t result_flags(uint64_t r, unsigned n)
{
    return (r << (64 - n) == 0 ? ZF : 0) | (r >> (n - 1) & 1 ? SF : 0) | (__builtin_parity(r & 0xff) ? 0 : PF);
}

/* Of a + b + c, in n bits. */
static uint32_t add_flags(uint64_t a, uint64_t b, unsigned c, unsigned n)
{
    unsigned __int128 wide = (unsigned __int128)a + b + c;
    uint64_t r = (uint64_t)wide;

    return result_flags(r, n) | ((wide >> n) & 1 ? CF : 0) | ((a ^ b ^ r) & 0x10 ? AF : 0) |
           (((a ^ r) & (b ^ r)) >> (n - 1) & 1 ? VF : 0);
}

/* Of a - b - c: C and A are borrows. */
static uint32_t sub_flags(uint64_t a, uint64_t b, unsigned c, unsigned n)
{
    uint64_t mask = UINT64_MAX >> (64 - n);

    return add_flags(a, ~b & mask, !c, n) ^ (CF | AF);
}

static uint32_t shift_flags(enum ir_flag_kind kind, uint64_t a, unsigned count, unsigned c, unsigned n)
{
    uint64_t out, r;
    int64_t s = sign_extend(a, n);

    if (kind == IR_FLAG_SHL) {
        r = a << count;
        out = count == 0 ? c : count <= n ? a >> (n - count) : 0;
        return result_flags(r, n) | (out & 1 ? CF : 0) | ((r >> (n - 1) ^ out) & 1 ? VF : 0);
    }
    r = kind == IR_FLAG_SAR ? (uint64_t)(s >> count) : a >> count;
    out = count == 0 ? c : kind == IR_FLAG_SAR ? (uint64_t)(s >> (count - 1)) : a >> (count - 1);
    return result_flags(r, n) | (out & 1 ? CF : 0) | (kind == IR_FLAG_SHR && s < 0 ? VF : 0);
}

uint32_t ir_eval_flags(enum ir_flag_kind kind, unsigned size, uint64_t a, uint64_t b, uint64_t c)
{
    unsigned n = 8u << size, carry = c & 1;
    uint32_t kept = carry ? CF : 0;

    if (kind == IR_FLAG_X86) {
        return a & (CF | PF | AF | ZF | SF | VF);
    }
    if (kind == IR_FLAG_NZCV) {
        return (a >> 31 & 1 ? SF : 0) | (a >> 30 & 1 ? ZF : 0) | (a >> 29 & 1 ? CF : 0) | (a >> 28 & 1 ? VF : 0);
    }
    a &= UINT64_MAX >> (64 - n);
    b &= UINT64_MAX >> (64 - n);
    switch (kind) {
    case IR_FLAG_ADD:
        return add_flags(a, b, 0, n);
    case IR_FLAG_ADC:
        return add_flags(a, b, carry, n);
    case IR_FLAG_SUB:
        return sub_flags(a, b, 0, n);
    case IR_FLAG_SBB:
        return sub_flags(a, b, carry, n);
    case IR_FLAG_SUBN:
        return sub_flags(a, b, 0, n) ^ CF;
    case IR_FLAG_SBCN:
        return sub_flags(a, b, !carry, n) ^ CF;
    case IR_FLAG_INC:
        return (add_flags(a, b, 0, n) & ~CF) | kept;
    case IR_FLAG_DEC:
        return (sub_flags(a, b, 0, n) & ~CF) | kept;
    case IR_FLAG_LOGIC:
        return result_flags(a, n) | kept | (b & 1 ? VF : 0);
    default:
        return shift_flags(kind, a, b & 63, carry, n);
    }
}

bool ir_eval_flag_cc(enum ir_flag_cc cc, uint32_t f)
{
    bool s_not_v = !(f & SF) != !(f & VF), v;

    switch (cc & ~1u) {
    case IR_FLAG_O:
        v = f & VF;
        break;
    case IR_FLAG_C:
        v = f & CF;
        break;
    case IR_FLAG_Z:
        v = f & ZF;
        break;
    case IR_FLAG_BE:
        v = f & (CF | ZF);
        break;
    case IR_FLAG_S:
        v = f & SF;
        break;
    case IR_FLAG_P:
        v = f & PF;
        break;
    case IR_FLAG_L:
        v = s_not_v;
        break;
    case IR_FLAG_LE:
        v = s_not_v || (f & ZF);
        break;
    case IR_FLAG_AUX:
        v = f & AF;
        break;
    default: /* HI */
        v = (f & CF) && !(f & ZF);
        break;
    }
    return v != (cc & 1);
}

uint32_t ir_eval_flag_pack(enum ir_flag_layout layout, uint32_t f)
{
    if (layout == IR_LAYOUT_X86) {
        return f;
    }
    return (f & SF ? 1u << 31 : 0) | (f & ZF ? 1u << 30 : 0) | (f & CF ? 1u << 29 : 0) | (f & VF ? 1u << 28 : 0);
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
    struct fp_env old = *e;
    uint64_t v;

    e->cls = desc >> DESC_CLASS & 3;
    if (e->cls == IR_FP_ARM_DENORMAL) {
        e->cls = IR_FP_ARM;
        e->flush_in = e->flush_out = false;
    }
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
    old.flags = e->flags;
    *e = old;
    return v;
}
