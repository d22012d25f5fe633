/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scalar floating point, A64's and AArch32's. Single and double precision are the IR's ops, half precision and what the IR lacks are
 * helpers. Manual: DDI 0487, C3.6.12 and on.
 */
#include "trans-neon.h"

#define CLASS IR_FP_ARM

/* -- Registers -- */

static bool is_single(unsigned n)
{
    return n >= VREG_S(0);
}

/* The register as a part of lanes of its V register, or the lowest lane. */
static ir_val get_part(struct translator *t, enum ir_type type, unsigned lane, unsigned n)
{
    return ir_vector(t->u, IR_VGET, type, lane, v_part(n), get_v(t, v_register(n)), 0, 0);
}

static void set_whole(struct translator *t, unsigned lane, unsigned n, ir_val v)
{
    unsigned reg = v_register(n);
    if (n < VREG_D(0))
        set_v(t, n, vop(t, IR_VSCALAR, lane, 0, v, 0));
    else
        set_v(t, reg, vop(t, IR_VSET, lane, v_part(n), get_v(t, reg), v));
}

/* A value of a format that has IR ops. */
static ir_val get_f(struct translator *t, unsigned format, unsigned n)
{
    bool sf = format == FP_DOUBLE;
    return get_part(t, sf ? IR_F64 : IR_F32, sf ? IR_LANE_F64 : IR_LANE_F32, n);
}

static void set_f(struct translator *t, unsigned format, unsigned n, ir_val v)
{
    set_whole(t, format == FP_DOUBLE ? IR_LANE_F64 : IR_LANE_F32, n, v);
}

/* Its bits, and what is above them, for helpers. */
static ir_val get_bits(struct translator *t, unsigned n)
{
    if (is_single(n))
        return ir_convert(t->u, IR_ZX, IR_I64, get_part(t, IR_I32, IR_LANE_32, n));
    return get_part(t, IR_I64, IR_LANE_64, n);
}

/* The low bits of the format, as I64. */
static ir_val get_exact_bits(struct translator *t, unsigned format, unsigned n)
{
    ir_val v = get_bits(t, n);
    return format == FP_DOUBLE ? v : ir_op1(t->u, format == FP_SINGLE ? IR_ZEXT32 : IR_ZEXT16, v);
}

static void set_bits(struct translator *t, unsigned n, ir_val v)
{
    if (is_single(n))
        set_whole(t, IR_LANE_32, n, ir_convert(t->u, IR_TRUNC, IR_I32, v));
    else
        set_whole(t, IR_LANE_64, n, v);
}

/* Integers are in general registers, of AArch32 in S registers. */
static ir_val get_int(struct translator *t, bool sf, unsigned n)
{
    return is_single(n) ? get_part(t, IR_I32, IR_LANE_32, n) : get_r(t, sf, n);
}

static void set_int(struct translator *t, unsigned n, ir_val v)
{
    if (is_single(n))
        set_whole(t, IR_LANE_32, n, v);
    else
        set_r(t, n, v);
}

static bool format_valid(const struct translator *t, unsigned format)
{
    return format != FP_HALF || t->config->has[ARMF_fp16];
}

/* -- Single and double precision on the host --

 * Without FZ: back ends have the host's instructions for that.
 */
#define HOST_CLASS IR_FP_ARM_DENORMAL

static bool on_host(const struct translator *t, unsigned format)
{
    return format != FP_HALF && !(t->mode & ARMKEY_FZ);
}

/* -- Shapes -- */

static bool by_helper2(struct translator *t, const struct a64_args *a, enum fp_op op)
{
    set_bits(t, a->rd, ir_call(t->u, &arm_helper_fp2, IR_I64, get_bits(t, a->rn), get_bits(t, a->rm),
                               const64(t, fp_desc(op, a->sz, IR_RDYN, 0)), 0));
    return true;
}

static bool by_helper1(struct translator *t, const struct a64_args *a, enum fp_op op, enum ir_rm rm, unsigned n)
{
    set_bits(t, a->rd, ir_call(t->u, &arm_helper_fp2, IR_I64, get_bits(t, a->rn), const64(t, 0),
                               const64(t, fp_desc(op, a->sz, rm, n)), 0));
    return true;
}

static bool arith(struct translator *t, const struct a64_args *a, enum ir_opcode op, enum fp_op half)
{
    if (!format_valid(t, a->sz))
        return false;
    if (fp_trapped(t))
        return true;
    if (!on_host(t, a->sz))
        return by_helper2(t, a, half);
    set_f(t, a->sz, a->rd, ir_fp(t->u, op, HOST_CLASS, IR_RDYN, get_f(t, a->sz, a->rn), get_f(t, a->sz, a->rm)));
    return true;
}

A64(fadd_s, arith(t, a, IR_FADD, FPOP_ADD))
A64(fsub_s, arith(t, a, IR_FSUB, FPOP_SUB))
A64(fmul_s, arith(t, a, IR_FMUL, FPOP_MUL))
A64(fdiv_s, arith(t, a, IR_FDIV, FPOP_DIV))

/* FMAX, FMIN, FMAXNM, FMINNM */
bool a64_fmaxmin_s(struct translator *t, const struct a64_args *a)
{
    static const uint8_t ops[] = {FPOP_MAX, FPOP_MIN, FPOP_MAXNM, FPOP_MINNM};
    if (!format_valid(t, a->sz))
        return false;
    return fp_trapped(t) || by_helper2(t, a, ops[a->op]);
}

bool a64_fnmul_s(struct translator *t, const struct a64_args *a)
{
    if (!format_valid(t, a->sz))
        return false;
    if (fp_trapped(t))
        return true;
    if (a->sz == FP_HALF) {
        by_helper2(t, a, FPOP_MUL);
        set_bits(t, a->rd, ir_op2(t->u, IR_XOR, get_bits(t, a->rd), const64(t, 0x8000)));
        return true;
    }
    ir_val r = ir_fp(t->u, IR_FMUL, on_host(t, a->sz) ? HOST_CLASS : CLASS, IR_RDYN, get_f(t, a->sz, a->rn), get_f(t, a->sz, a->rm));
    set_f(t, a->sz, a->rd, ir_op1(t->u, IR_FNEG, r));
    return true;
}

/* op negates the addend and the product, opt the product. */
bool a64_fmadd(struct translator *t, const struct a64_args *a)
{
    unsigned neg = (a->op != a->opt ? IR_FMA_NEG_PRODUCT : 0) | (a->op ? IR_FMA_NEG_ADDEND : 0);
    if (!format_valid(t, a->sz))
        return false;
    if (fp_trapped(t))
        return true;
    if (!on_host(t, a->sz)) {
        set_bits(t, a->rd, ir_call(t->u, &arm_helper_fma, IR_I64, get_exact_bits(t, a->sz, a->rn),
                                   get_exact_bits(t, a->sz, a->rm), get_exact_bits(t, a->sz, a->ra), const64(t, neg | a->sz << 8)));
        return true;
    }
    set_f(t, a->sz, a->rd, ir_fp_fma(t->u, HOST_CLASS, IR_RDYN, neg, get_f(t, a->sz, a->rn), get_f(t, a->sz, a->rm),
                                     get_f(t, a->sz, a->ra)));
    return true;
}

/* -- AArch32: d + n * m with two roundings; op: 1 and 3 negate the product, 2 and 3 d -- */

bool a64_neon_chain(struct translator *t, const struct a64_args *a)
{
    struct ir_unit *u = t->u;
    if (!format_valid(t, a->sz))
        return false;
    if (fp_trapped(t))
        return true;
    if (!on_host(t, a->sz)) {
        set_bits(t, a->rd, ir_call(u, &arm_helper_fp_chain, IR_I64, get_exact_bits(t, a->sz, a->rd),
                                   get_exact_bits(t, a->sz, a->rn), get_exact_bits(t, a->sz, a->rm),
                                   const64(t, a->op | a->sz << 8)));
        return true;
    }
    ir_val d = get_f(t, a->sz, a->rd);
    ir_val product = ir_fp(u, IR_FMUL, HOST_CLASS, IR_RDYN, get_f(t, a->sz, a->rn), get_f(t, a->sz, a->rm));
    set_f(t, a->sz, a->rd, ir_fp(u, IR_FADD, HOST_CLASS, IR_RDYN, a->op & 2 ? ir_op1(u, IR_FNEG, d) : d,
                                 a->op == 1 || a->op == 3 ? ir_op1(u, IR_FNEG, product) : product));
    return true;
}

/* -- One operand -- */

/* By an op of the format, or none; half precision has no ops: there op with by does it. */
static bool sign_changed(struct translator *t, const struct a64_args *a, enum ir_opcode fp_op, enum ir_opcode op,
                         unsigned by)
{
    if (!format_valid(t, a->sz))
        return false;
    if (fp_trapped(t))
        return true;
    if (a->sz == FP_HALF) {
        set_bits(t, a->rd, ir_op2(t->u, op, get_exact_bits(t, a->sz, a->rn), const64(t, by)));
    } else {
        ir_val v = get_f(t, a->sz, a->rn);
        set_f(t, a->sz, a->rd, fp_op ? ir_op1(t->u, fp_op, v) : v);
    }
    return true;
}

A64(fmov_s, sign_changed(t, a, 0, IR_OR, 0))
A64(fabs_s, sign_changed(t, a, IR_FABS, IR_AND, 0x7fff))
A64(fneg_s, sign_changed(t, a, IR_FNEG, IR_XOR, 0x8000))

bool a64_fsqrt_s(struct translator *t, const struct a64_args *a)
{
    if (!format_valid(t, a->sz))
        return false;
    if (fp_trapped(t))
        return true;
    if (!on_host(t, a->sz))
        return by_helper1(t, a, FPOP_SQRT, IR_RDYN, 0);
    set_f(t, a->sz, a->rd, ir_fp(t->u, IR_FSQRT, HOST_CLASS, IR_RDYN, get_f(t, a->sz, a->rn), 0));
    return true;
}

bool a64_fcvt_s(struct translator *t, const struct a64_args *a)
{
    if (a->opt == a->sz)
        return false;
    if (fp_trapped(t))
        return true;
    if (on_host(t, a->sz) && a->opt != FP_HALF) {
        set_f(t, a->opt, a->rd, ir_fp_convert(t->u, IR_F2F, HOST_CLASS, IR_RDYN, a->opt == FP_DOUBLE ? IR_F64 : IR_F32,
                                              get_f(t, a->sz, a->rn)));
        return true;
    }
    set_bits(t, a->rd, ir_call(t->u, &arm_helper_fp_convert, IR_I64, get_exact_bits(t, a->sz, a->rn),
                               const64(t, a->sz | a->opt << 4), 0, 0));
    return true;
}

/* FRINTN, P, M, Z, A, -, X, I */
bool a64_frint_s(struct translator *t, const struct a64_args *a)
{
    static const uint8_t modes[] = {IR_RNE, IR_RUP, IR_RDN, IR_RTZ, IR_RMM, 0, IR_RDYN, IR_RDYN};
    if (!format_valid(t, a->sz))
        return false;
    return fp_trapped(t) || by_helper1(t, a, a->op == 6 ? FPOP_RINTX : FPOP_RINT, modes[a->op], 0);
}

/* FRINT32Z, FRINT32X, FRINT64Z, FRINT64X */
A64(frint32_s, fp_trapped(t) || by_helper1(t, a, FPOP_RINT_WITHIN, a->op & 1 ? IR_RDYN : IR_RTZ, a->op & 2 ? 64 : 32))

/* -- Comparison, selection -- */

static ir_val compare_on_host(struct translator *t, const struct a64_args *a, bool with_zero, bool signalling)
{
    struct ir_unit *u = t->u;
    ir_val x = get_f(t, a->sz, a->rn), y;
    if (with_zero)
        y = ir_convert(u, IR_FROMBITS, a->sz == FP_DOUBLE ? IR_F64 : IR_F32, const_r(t, a->sz == FP_DOUBLE, 0));
    else
        y = get_f(t, a->sz, a->rm);
    return ir_fp_cmp(u, signalling ? IR_FNZCV : IR_FNZCVQ, IR_FP_RISCV, IR_I32, x, y);
}

static ir_val compare(struct translator *t, const struct a64_args *a, bool with_zero, bool signalling)
{
    if (on_host(t, a->sz))
        return compare_on_host(t, a, with_zero, signalling);
    ir_val y = with_zero ? const64(t, 0) : get_exact_bits(t, a->sz, a->rm);
    ir_val r = ir_call(t->u, &arm_helper_fp_compare, IR_I64, get_exact_bits(t, a->sz, a->rn), y,
                       const64(t, a->sz << 8 | signalling), 0);
    return ir_convert(t->u, IR_TRUNC, IR_I32, r);
}

/* op: signalling, with zero */
bool a64_fcmp(struct translator *t, const struct a64_args *a)
{
    if (!format_valid(t, a->sz))
        return false;
    if (fp_trapped(t))
        return true;
    ir_val nzcv = compare(t, a, a->op & 1, a->op & 2);
    if (a->rn >= VREG_D(0)) /* FPSCR's */
        ir_store_state(t->u, IR_MEM_32, offsetof(struct arm_cpu, fpscr_nzcv), nzcv);
    else
        set_nzcv(t, nzcv);
    return true;
}

/* It raises flags only where it compares. */
bool a64_fccmp(struct translator *t, const struct a64_args *a)
{
    struct ir_unit *u = t->u;
    if (!format_valid(t, a->sz))
        return false;
    if (fp_trapped(t))
        return true;
    if (a->cond >= 14) {
        set_nzcv(t, compare(t, a, false, a->op));
        return true;
    }
    unsigned holds = ir_new_block(u, false), fails = ir_new_block(u, false), done = ir_new_block(u, false);
    flag_branch(t, a->cond, holds, fails);
    struct known_flags before = t->known;
    ir_place_block(u, holds);
    set_nzcv(t, compare(t, a, false, a->op));
    ir_br(u, done);
    ir_place_block(u, fails);
    struct known_flags compared = t->known;
    t->known = before;
    set_nzcv(t, const32(t, (uint32_t)a->nzcv << 28));
    ir_br(u, done);
    ir_place_block(u, done);
    join_flags(t, &compared);
    return true;
}

bool a64_fcsel(struct translator *t, const struct a64_args *a)
{
    if (!format_valid(t, a->sz))
        return false;
    if (fp_trapped(t))
        return true;
    if (a->cond < 14)
        flags_known(t, a->cond);
    ir_val x = get_exact_bits(t, a->sz, a->rn), y = get_exact_bits(t, a->sz, a->rm);
    set_bits(t, a->rd, a->cond >= 14 ? x : flag_select(t, a->cond, x, y));
    return true;
}

/* -- To and from integers -- */

/* Of a NaN RISC-V's conversion gives the largest number: one that is that is made again. */
static bool to_int_on_host(struct translator *t, const struct a64_args *a, enum ir_rm rm)
{
    struct ir_unit *u = t->u;
    uint64_t desc = fp_desc(a->u ? FPOP_TO_U : FPOP_TO_S, a->sz, rm, 0) | (a->sf ? 64 : 32) << 24;
    unsigned cold = ir_new_block(u, true), done = ir_new_block(u, false);
    ir_val r = ir_fp_convert(u, a->u ? IR_F2U : IR_F2S, IR_FP_RISCV, rm, x_type(a->sf), get_f(t, a->sz, a->rn));
    ir_val saved = is_single(a->rd) && v_register(a->rd) == v_register(a->rn) ? get_bits(t, a->rn) : 0;
    set_int(t, a->rd, r);
    ir_brcc(u, IR_EQ, r, const_r(t, a->sf, a->u ? -1 : a->sf ? INT64_MAX : INT32_MAX), cold, done);
    ir_place_block(u, cold);
    r = ir_call(u, &arm_helper_fp_to_fixed, IR_I64, saved ? saved : get_bits(t, a->rn), const64(t, desc), 0, 0);
    set_int(t, a->rd, a->sf ? r : ir_convert(u, IR_TRUNC, IR_I32, r));
    ir_br(u, done);
    ir_place_block(u, done);
    return true;
}

static bool to_int(struct translator *t, const struct a64_args *a, enum ir_rm rm, unsigned fraction_bits)
{
    struct ir_unit *u = t->u;
    if (!format_valid(t, a->sz))
        return false;
    if (fp_trapped(t))
        return true;
    if (on_host(t, a->sz) && !fraction_bits && a->rd != 31)
        return to_int_on_host(t, a, rm);
    uint64_t desc = fp_desc(a->u ? FPOP_TO_U : FPOP_TO_S, a->sz, rm, fraction_bits) | (a->sf ? 64 : 32) << 24;
    ir_val r = ir_call(u, &arm_helper_fp_to_fixed, IR_I64, get_bits(t, a->rn), const64(t, desc), 0, 0);
    set_int(t, a->rd, a->sf ? r : ir_convert(u, IR_TRUNC, IR_I32, r));
    return true;
}

bool a64_fcvt_int(struct translator *t, const struct a64_args *a)
{
    static const uint8_t modes[] = {IR_RNE, IR_RUP, IR_RDN, IR_RTZ};
    return to_int(t, a, modes[a->opt], 0);
}

A64(fcvta_int, to_int(t, a, IR_RMM, 0))
A64(fcvtz_fix, (a->sf || a->imm >= 32) && to_int(t, a, IR_RTZ, 64 - a->imm))

static bool from_int(struct translator *t, const struct a64_args *a, unsigned fraction_bits)
{
    struct ir_unit *u = t->u;
    if (!format_valid(t, a->sz))
        return false;
    if (fp_trapped(t))
        return true;
    if (a->sz != FP_HALF && !fraction_bits) {
        set_f(t, a->sz, a->rd, ir_fp_convert(u, a->u ? IR_U2F : IR_S2F, IR_FP_RISCV, IR_RDYN,
                                             a->sz == FP_DOUBLE ? IR_F64 : IR_F32, get_int(t, a->sf, a->rn)));
        return true;
    }
    uint64_t desc = fp_desc(a->u ? FPOP_FROM_U : FPOP_FROM_S, a->sz, IR_RDYN, fraction_bits) | (a->sf ? 64 : 32) << 24;
    set_bits(t, a->rd, ir_call(u, &arm_helper_fp_from_fixed, IR_I64, is_single(a->rn) ? get_bits(t, a->rn) : get_x(t, a->rn),
                               const64(t, desc), 0, 0));
    return true;
}

A64(cvtf_int, from_int(t, a, 0))
A64(cvtf_fix, (a->sf || a->imm >= 32) && from_int(t, a, 64 - a->imm))

/* AArch32's VCVTR, and VJCVT, whose flags are FPSCR's. */
A64(neon_cvtr, to_int(t, a, IR_RDYN, 0))

bool a64_neon_jcvt(struct translator *t, const struct a64_args *a)
{
    struct ir_unit *u = t->u;
    if (fp_trapped(t))
        return true;
    ir_val r = ir_call(u, &arm_helper_fp_javascript, IR_I64, get_bits(t, a->rn), 0, 0, 0);
    set_int(t, a->rd, ir_convert(u, IR_TRUNC, IR_I32, r));
    ir_val z = ir_convert(u, IR_TRUNC, IR_I32, ir_op2(u, IR_SHR, r, const64(t, 32)));
    ir_store_state(u, IR_MEM_32, offsetof(struct arm_cpu, fpscr_nzcv), ir_op2(u, IR_SHL, z, const32(t, 30)));
    return true;
}

bool a64_fjcvtzs(struct translator *t, const struct a64_args *a)
{
    struct ir_unit *u = t->u;
    if (fp_trapped(t))
        return true;
    ir_val r = ir_call(u, &arm_helper_fp_javascript, IR_I64, get_bits(t, a->rn), 0, 0, 0);
    set_r(t, a->rd, ir_convert(u, IR_TRUNC, IR_I32, r));
    ir_val z = ir_convert(u, IR_TRUNC, IR_I32, ir_op2(u, IR_SHR, r, const64(t, 32)));
    set_nzcv(t, ir_op2(u, IR_SHL, z, const32(t, 30)));
    return true;
}

/* -- Moves of bits. opt: the high half of a 128-bit register -- */

static bool move_valid(const struct translator *t, const struct a64_args *a)
{
    if (a->opt)
        return a->sf && a->sz == 2;
    return a->sz == FP_HALF ? t->config->has[ARMF_fp16] : a->sz == (a->sf ? FP_DOUBLE : FP_SINGLE);
}

bool a64_fmov_to(struct translator *t, const struct a64_args *a)
{
    if (!move_valid(t, a))
        return false;
    if (fp_trapped(t))
        return true;
    if (a->opt)
        set_r(t, a->rd, ir_vector(t->u, IR_VGET, IR_I64, IR_LANE_64, 1, get_v(t, a->rn), 0, 0));
    else
        set_r(t, a->rd, get_exact_bits(t, a->sz, a->rn));
    return true;
}

bool a64_fmov_from(struct translator *t, const struct a64_args *a)
{
    if (!move_valid(t, a))
        return false;
    if (fp_trapped(t))
        return true;
    ir_val v = get_x(t, a->rn);
    if (a->opt)
        set_v(t, a->rd, vop(t, IR_VSET, IR_LANE_64, 1, get_v(t, a->rd), v));
    else
        set_bits(t, a->rd, a->sz == FP_DOUBLE ? v : ir_op1(t->u, a->sz == FP_SINGLE ? IR_ZEXT32 : IR_ZEXT16, v));
    return true;
}
