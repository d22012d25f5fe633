/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Floating point of vectors, and A64's scalars that have the same rows. Each lane raises flags, so that operands are
 * repeated where an instruction has fewer lanes than the IR's op. Manual: DDI 0487, C3.6.
 */
#include "trans-neon.h"

#define CLASS IR_FP_ARM

/* Log2 of a lane's bytes. */
static unsigned size_of(const struct a64_args *a)
{
    return a->sz == FP_DOUBLE ? 3 : a->sz == FP_SINGLE ? 2 : 1;
}

static unsigned fp_lane(const struct a64_args *a)
{
    return a->sz == FP_DOUBLE ? IR_LANE_F64 : IR_LANE_F32;
}

static bool lanes_valid(const struct a64_args *a)
{
    return a->sz != FP_DOUBLE || a->q;
}

static ir_val operand(struct translator *t, const struct a64_args *a, unsigned n)
{
    return get_repeated(t, a->q, size_of(a), n);
}

static bool set_result(struct translator *t, const struct a64_args *a, ir_val v)
{
    set_part(t, a->q, size_of(a), a->rd, v);
    return true;
}

static ir_val signs(struct translator *t, unsigned size)
{
    uint64_t v = size == 3 ? UINT64_C(1) << 63 : size == 2 ? 0x8000000080000000 : 0x8000800080008000;
    return vector_const(t, v, v);
}

static ir_val negated(struct translator *t, const struct a64_args *a, ir_val v)
{
    return vop(t, IR_VXOR, 0, 0, v, signs(t, size_of(a)));
}

/* -- Two operands -- */

static ir_val desc(struct translator *t, const struct a64_args *a, enum fp_op op, enum ir_rm rm, unsigned n)
{
    return const64(t, fp_desc(op, a->sz, rm, n) | (t->fp_standard ? FP_STANDARD : 0));
}

static ir_val call2(struct translator *t, const struct a64_args *a, enum fp_op op, ir_val x, ir_val y)
{
    return ir_call(t->u, &arm_helper_vfp2, IR_V128, x, y, desc(t, a, op, IR_RDYN, 0), 0);
}

static ir_val arith(struct translator *t, const struct a64_args *a, enum ir_opcode op, enum fp_op half, ir_val x, ir_val y)
{
    if (a->sz == FP_HALF || t->fp_standard)
        return call2(t, a, half, x, y);
    return ir_vector_fp(t->u, op, IR_V128, CLASS, IR_RDYN, 0, fp_lane(a), 0, x, y, 0);
}

static bool arith_vv(struct translator *t, const struct a64_args *a, enum ir_opcode op, enum fp_op half)
{
    if (!lanes_valid(a))
        return false;
    return fp_trapped(t) || set_result(t, a, arith(t, a, op, half, operand(t, a, a->rn), operand(t, a, a->rm)));
}

static bool helper_vv(struct translator *t, const struct a64_args *a, enum fp_op op)
{
    if (!lanes_valid(a))
        return false;
    return fp_trapped(t) || set_result(t, a, call2(t, a, op, operand(t, a, a->rn), operand(t, a, a->rm)));
}

A64(faddsub_v, arith_vv(t, a, a->op ? IR_VFSUB : IR_VFADD, a->op ? FPOP_SUB : FPOP_ADD))
A64(fmul_v, arith_vv(t, a, IR_VFMUL, FPOP_MUL))
A64(fdiv_v, arith_vv(t, a, IR_VFDIV, FPOP_DIV))
A64(fmaxnm_v, helper_vv(t, a, a->op ? FPOP_MINNM : FPOP_MAXNM))
A64(fmax_v, helper_vv(t, a, a->op ? FPOP_MIN : FPOP_MAX))
A64(fmulx, helper_vv(t, a, FPOP_MULX))
A64(frecps, helper_vv(t, a, a->op ? FPOP_RSQRTS : FPOP_RECPS))
A64(fabd, helper_vv(t, a, FPOP_ABD))
A64(fcmeq, helper_vv(t, a, FPOP_CMEQ))
A64(fcmge, helper_vv(t, a, a->op ? FPOP_CMGT : FPOP_CMGE))
A64(facge, helper_vv(t, a, a->op ? FPOP_ACGT : FPOP_ACGE))

/* -- Fused: d + x * y; x is negated for d - x * y -- */

static ir_val fused(struct translator *t, const struct a64_args *a, ir_val d, ir_val x, ir_val y)
{
    const struct ir_helper *h = !t->fp_standard ? &arm_helper_vfma_h
                                : a->sz == FP_HALF ? &arm_helper_vfma_standard_h : &arm_helper_vfma_standard_s;
    if (a->sz == FP_HALF || t->fp_standard)
        return ir_call(t->u, h, IR_V128, d, x, y, 0);
    return ir_vector_fp(t->u, IR_VFMA, IR_V128, CLASS, IR_RDYN, 0, fp_lane(a), 0, x, y, d);
}

static bool fused_multiply(struct translator *t, const struct a64_args *a, ir_val y)
{
    ir_val d = operand(t, a, a->rd), x = operand(t, a, a->rn);
    return set_result(t, a, fused(t, a, d, a->op ? negated(t, a, x) : x, y));
}

A64(fmla_v, lanes_valid(a) && (fp_trapped(t) || fused_multiply(t, a, operand(t, a, a->rm))))

/* -- AArch32's: the product is rounded before the sum, steps of reciprocals before their difference -- */

static bool chained(struct translator *t, const struct a64_args *a, ir_val y)
{
    ir_val d = operand(t, a, a->rd), product = arith(t, a, IR_VFMUL, FPOP_MUL, operand(t, a, a->rn), y);
    return set_result(t, a, arith(t, a, IR_VFADD, FPOP_ADD, d, a->op ? negated(t, a, product) : product));
}

A64(neon_fmla, fp_trapped(t) || chained(t, a, operand(t, a, a->rm)))
A64(neon_frecps, helper_vv(t, a, a->op ? FPOP_RSQRTS_32 : FPOP_RECPS_32))

/* -- Pairs -- */

static ir_val pair_low(struct translator *t, const struct a64_args *a, ir_val x, ir_val y, bool odd)
{
    return vop(t, odd ? IR_VUZPO : IR_VUZPE, size_of(a), 0, x, y);
}

static bool pairwise(struct translator *t, const struct a64_args *a, enum fp_op op)
{
    if (!lanes_valid(a))
        return false;
    if (fp_trapped(t))
        return true;
    ir_val x = get_v(t, a->rn), y = get_v(t, a->rm);
    if (!a->q)
        x = y = vop(t, IR_VZIPL, IR_LANE_64, 0, x, y);
    ir_val even = pair_low(t, a, x, y, false), odd = pair_low(t, a, x, y, true);
    return set_result(t, a, op == FPOP_ADD ? arith(t, a, IR_VFADD, FPOP_ADD, even, odd) : call2(t, a, op, even, odd));
}

A64(faddp, pairwise(t, a, FPOP_ADD))
A64(fmaxnmp, pairwise(t, a, a->op ? FPOP_MINNM : FPOP_MAXNM))
A64(fmaxp, pairwise(t, a, a->op ? FPOP_MIN : FPOP_MAX))

/* The lanes of a register into one. */
static bool reduce(struct translator *t, const struct a64_args *a, enum fp_op op, unsigned lanes)
{
    if (fp_trapped(t))
        return true;
    ir_val r = ir_call(t->u, &arm_helper_vfp_reduce, IR_I64, get_v(t, a->rn), const64(t, fp_desc(op, a->sz, IR_RDYN, lanes)),
                       0, 0);
    set_v(t, a->rd, vop(t, IR_VSCALAR, IR_LANE_64, 0, r, 0));
    return true;
}

A64(faddp_s, reduce(t, a, FPOP_ADD, 2))
A64(fmaxnmp_s, reduce(t, a, a->op ? FPOP_MINNM : FPOP_MAXNM, 2))
A64(fmaxp_s, reduce(t, a, a->op ? FPOP_MIN : FPOP_MAX, 2))

static unsigned lane_count(const struct a64_args *a)
{
    return (a->q ? 16 : 8) >> size_of(a);
}

A64(fmaxnmv, reduce(t, a, a->op ? FPOP_MINNM : FPOP_MAXNM, lane_count(a)))
A64(fmaxv, reduce(t, a, a->op ? FPOP_MIN : FPOP_MAX, lane_count(a)))

/* -- One operand -- */

static bool helper_v(struct translator *t, const struct a64_args *a, enum fp_op op, enum ir_rm rm, unsigned n)
{
    if (!lanes_valid(a))
        return false;
    if (fp_trapped(t))
        return true;
    ir_val x = operand(t, a, a->rn);
    return set_result(t, a, ir_call(t->u, &arm_helper_vfp2, IR_V128, x, x, desc(t, a, op, rm, n), 0));
}

A64(frintn_v, helper_v(t, a, FPOP_RINT, IR_RNE, 0))
A64(frintp_v, helper_v(t, a, FPOP_RINT, IR_RUP, 0))
A64(frintm_v, helper_v(t, a, FPOP_RINT, IR_RDN, 0))
A64(frintz_v, helper_v(t, a, FPOP_RINT, IR_RTZ, 0))
A64(frinta_v, helper_v(t, a, FPOP_RINT, IR_RMM, 0))
A64(frintx_v, helper_v(t, a, FPOP_RINTX, IR_RDYN, 0))
A64(frinti_v, helper_v(t, a, FPOP_RINT, IR_RDYN, 0))
A64(frint32_v, helper_v(t, a, FPOP_RINT_WITHIN, a->u ? IR_RDYN : IR_RTZ, a->op ? 64 : 32))
A64(frecpe, helper_v(t, a, FPOP_RECPE, IR_RDYN, 0))
A64(frsqrte, helper_v(t, a, FPOP_RSQRTE, IR_RDYN, 0))
A64(fsqrt_v, helper_v(t, a, FPOP_SQRT, IR_RDYN, 0))
A64(fcvtn_i, helper_v(t, a, a->u ? FPOP_TO_U : FPOP_TO_S, IR_RNE, 0))
A64(fcvtp_i, helper_v(t, a, a->u ? FPOP_TO_U : FPOP_TO_S, IR_RUP, 0))
A64(fcvtm_i, helper_v(t, a, a->u ? FPOP_TO_U : FPOP_TO_S, IR_RDN, 0))
A64(fcvtz_i, helper_v(t, a, a->u ? FPOP_TO_U : FPOP_TO_S, IR_RTZ, 0))
A64(fcvta_i, helper_v(t, a, a->u ? FPOP_TO_U : FPOP_TO_S, IR_RMM, 0))
A64(cvtf_v, helper_v(t, a, a->u ? FPOP_FROM_U : FPOP_FROM_S, IR_RDYN, 0))

bool a64_frecpx(struct translator *t, const struct a64_args *a)
{
    struct a64_args scalar = *a;
    scalar.q = 2;
    return helper_v(t, &scalar, FPOP_RECPX, IR_RDYN, 0);
}

static bool of_bits(struct translator *t, const struct a64_args *a, enum ir_opcode op)
{
    if (!lanes_valid(a))
        return false;
    return fp_trapped(t) || set_result(t, a, vop(t, op, 0, 0, get_v(t, a->rn), signs(t, size_of(a))));
}

A64(fabs_v, of_bits(t, a, IR_VANDN))
A64(fneg_v, of_bits(t, a, IR_VXOR))

/* With zero; swapped: zero first. */
static bool compare_zero(struct translator *t, const struct a64_args *a, enum fp_op op, bool swapped)
{
    if (!lanes_valid(a))
        return false;
    if (fp_trapped(t))
        return true;
    ir_val x = operand(t, a, a->rn), y = vector_const(t, 0, 0);
    return set_result(t, a, call2(t, a, op, swapped ? y : x, swapped ? x : y));
}

A64(fcmgt0, compare_zero(t, a, FPOP_CMGT, false))
A64(fcmge0, compare_zero(t, a, FPOP_CMGE, false))
A64(fcmeq0, compare_zero(t, a, FPOP_CMEQ, false))
A64(fcmle0, compare_zero(t, a, FPOP_CMGE, true))
A64(fcmlt0, compare_zero(t, a, FPOP_CMGT, true))

bool a64_urecpe(struct translator *t, const struct a64_args *a)
{
    if (!fp_trapped(t))
        set_part(t, a->q, 2, a->rd, ir_call(t->u, &arm_helper_vestimate, IR_V128, get_v(t, a->rn), const64(t, a->u), 0, 0));
    return true;
}

/* -- Between formats. sz: 0 half and single, 1 single and double -- */

bool a64_fcvtl(struct translator *t, const struct a64_args *a)
{
    if (fp_trapped(t))
        return true;
    ir_val v = get_v(t, a->rn);
    if (a->sz) {
        set_v(t, a->rd, ir_vector_fp(t->u, IR_VF2D, IR_V128, CLASS, IR_RDYN, 0, 0, a->q, v, 0, 0));
        return true;
    }
    if (a->q)
        v = vop(t, IR_VZIPH, IR_LANE_64, 0, v, v);
    set_v(t, a->rd, ir_call(t->u, &arm_helper_vh_to_s, IR_V128, v, desc(t, a, FPOP_ADD, IR_RDYN, 0), 0, 0));
    return true;
}

/* The low half of v becomes the low half of the register, the rest being cleared, or its high half. */
static bool set_half(struct translator *t, const struct a64_args *a, ir_val v)
{
    if (a->q)
        set_v(t, a->rd, vop(t, IR_VZIPL, IR_LANE_64, 0, get_v(t, a->rd), v));
    else
        set_part(t, 0, 0, a->rd, v);
    return true;
}

bool a64_fcvtn(struct translator *t, const struct a64_args *a)
{
    if (fp_trapped(t))
        return true;
    ir_val v = get_v(t, a->rn);
    if (a->sz)
        return set_half(t, a, ir_vector_fp(t->u, IR_VD2F, IR_V128, CLASS, IR_RDYN, 0, 0, 0, v, v, 0));
    return set_half(t, a, ir_call(t->u, &arm_helper_vs_to_h, IR_V128, v, desc(t, a, FPOP_ADD, IR_RDYN, 0), 0, 0));
}

/* Lane of doubles to single, rounded to odd, as I64. */
static ir_val to_odd(struct translator *t, const struct a64_args *a, unsigned lane)
{
    ir_val v = ir_vector(t->u, IR_VGET, IR_I64, IR_LANE_64, lane, get_v(t, a->rn), 0, 0);
    return ir_call(t->u, &arm_helper_fp_convert_odd, IR_I64, v, 0, 0, 0);
}

bool a64_fcvtxn(struct translator *t, const struct a64_args *a)
{
    struct ir_unit *u = t->u;
    if (fp_trapped(t))
        return true;
    ir_val r = to_odd(t, a, 0);
    if (a->q != 2)
        r = ir_op2(u, IR_OR, r, ir_op2(u, IR_SHL, to_odd(t, a, 1), const64(t, 32)));
    struct a64_args half = *a;
    half.q = a->q == 1;
    return set_half(t, &half, vop(t, IR_VSCALAR, IR_LANE_64, 0, r, 0));
}

/* -- Fixed point -- */

static bool fixed(struct translator *t, const struct a64_args *a, enum fp_op op, enum ir_rm rm)
{
    unsigned size = shift_size(a);
    struct a64_args of = *a;
    if (size == 0 || (size == 1 && !t->config->has[ARMF_fp16]))
        return false;
    of.sz = size == 3 ? FP_DOUBLE : size == 2 ? FP_SINGLE : FP_HALF;
    return helper_v(t, &of, op, rm, shift_right_count(a));
}

A64(cvtf_vfix, fixed(t, a, a->u ? FPOP_FROM_U : FPOP_FROM_S, IR_RDYN))
A64(fcvtz_vfix, fixed(t, a, a->u ? FPOP_TO_U : FPOP_TO_S, IR_RTZ))

/* -- By element -- */

static ir_val element(struct translator *t, const struct a64_args *a)
{
    unsigned size = size_of(a);
    return repeat_lane(t, size, element_register(a, size), element_index(a, size));
}

/* Of doubles there is no L. */
static bool element_valid(const struct a64_args *a)
{
    return lanes_valid(a) && (a->sz != FP_DOUBLE || !(a->idx & 1));
}

A64(neon_fmla_e, fp_trapped(t) || chained(t, a, element(t, a)))
A64(fmla_e, element_valid(a) && (fp_trapped(t) || fused_multiply(t, a, element(t, a))))
A64(fmul_e, element_valid(a) && (fp_trapped(t) ||
                                 set_result(t, a, arith(t, a, IR_VFMUL, FPOP_MUL, operand(t, a, a->rn), element(t, a)))))
A64(fmulx_e, element_valid(a) && (fp_trapped(t) ||
                                  set_result(t, a, call2(t, a, FPOP_MULX, operand(t, a, a->rn), element(t, a)))))

/* -- Complex numbers: lanes in pairs, the real part first. sz is log2 of a lane's bytes here -- */

static struct a64_args complex_args(const struct a64_args *a)
{
    struct a64_args of = *a;
    of.sz = a->sz == 3 ? FP_DOUBLE : a->sz == 2 ? FP_SINGLE : FP_HALF;
    return of;
}

static bool complex_valid(const struct translator *t, const struct a64_args *a)
{
    return (a->sz != 3 || a->q) && (a->sz != 1 || t->config->has[ARMF_fp16]);
}

/* Each pair's parts exchanged. */
static ir_val exchanged(struct translator *t, unsigned size, ir_val v)
{
    ir_val even = vop(t, IR_VUZPE, size, 0, v, v), odd = vop(t, IR_VUZPO, size, 0, v, v);
    return vop(t, IR_VZIPL, size, 0, odd, even);
}

/* Signs of the real (0) or imaginary (1) parts. */
static ir_val part_signs(struct translator *t, unsigned size, bool imaginary)
{
    static const uint64_t low[] = {0, 0x0000800000008000, 0x0000000080000000};
    if (size == 3)
        return vector_const(t, imaginary ? 0 : UINT64_C(1) << 63, imaginary ? UINT64_C(1) << 63 : 0);
    uint64_t v = low[size] << (imaginary ? 8u << size : 0);
    return vector_const(t, v, v);
}

bool a64_fcadd(struct translator *t, const struct a64_args *a)
{
    struct a64_args of = complex_args(a);
    if (!complex_valid(t, a))
        return false;
    if (fp_trapped(t))
        return true;
    ir_val x = operand(t, &of, a->rn), y = exchanged(t, a->sz, operand(t, &of, a->rm));
    y = vop(t, IR_VXOR, 0, 0, y, part_signs(t, a->sz, a->opt)); /* by 90 degrees the real part is subtracted */
    return set_result(t, &of, arith(t, &of, IR_VFADD, FPOP_ADD, x, y));
}

/* opt: 90 degrees each */
static bool complex_multiply(struct translator *t, const struct a64_args *a, ir_val y)
{
    struct a64_args of = complex_args(a);
    ir_val d = operand(t, &of, a->rd), x = operand(t, &of, a->rn);
    bool odd = a->opt & 1;
    ir_val part = vop(t, odd ? IR_VUZPO : IR_VUZPE, a->sz, 0, x, x);
    part = vop(t, IR_VZIPL, a->sz, 0, part, part);
    if (odd)
        y = exchanged(t, a->sz, y);
    if (a->opt == 2)
        y = negated(t, &of, y);
    else if (odd)
        y = vop(t, IR_VXOR, 0, 0, y, part_signs(t, a->sz, a->opt == 3));
    return set_result(t, &of, fused(t, &of, d, part, y));
}

bool a64_fcmla(struct translator *t, const struct a64_args *a)
{
    struct a64_args of = complex_args(a);
    if (!complex_valid(t, a))
        return false;
    return fp_trapped(t) || complex_multiply(t, a, operand(t, &of, a->rm));
}

/* By a pair of the V register rm. */
bool simd_complex_element(struct translator *t, const struct a64_args *a, unsigned index)
{
    return fp_trapped(t) || complex_multiply(t, a, repeat_lane(t, a->sz + 1, a->rm, index));
}

/* A pair of lanes: of singles M is a bit of the register, of halves too. */
bool a64_fcmla_e(struct translator *t, const struct a64_args *a)
{
    unsigned index = a->sz == 1 ? a->idx : a->idx >> 1;
    if (!complex_valid(t, a) || (a->sz == 2 && (!a->q || (a->idx & 1))) || (a->sz == 1 && !a->q && (a->idx & 2)))
        return false;
    return simd_complex_element(t, a, index);
}
