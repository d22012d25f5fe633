/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * F, D, Zfh, Zfhmin, Zfa. Single and double precision are IR ops; half precision and what IR has no op
 * for are helpers on softfp, which take and return whole registers. FP registers are F64 in the IR,
 * narrower values NaN-boxed in them.
 */
#include "trans.h"

#define CLASS IR_FP_RISCV

/* -- Access -- */

static ir_val get_d(struct translator *t, unsigned n)
{
    return ir_get(t->u, RVREG_F(n), IR_F64);
}

static void set_d(struct translator *t, unsigned n, ir_val v)
{
    ir_put(t->u, RVREG_F(n), v);
}

static ir_val get_s(struct translator *t, unsigned n)
{
    return ir_convert(t->u, IR_FUNBOX, IR_F32, get_d(t, n));
}

static void set_s(struct translator *t, unsigned n, ir_val v)
{
    set_d(t, n, ir_convert(t->u, IR_FBOX, IR_F64, v));
}

/* The register's 64 bits as I64. */
static ir_val get_bits(struct translator *t, unsigned n)
{
    return ir_convert(t->u, IR_BITS, IR_I64, get_d(t, n));
}

static void set_bits(struct translator *t, unsigned n, ir_val v)
{
    set_d(t, n, ir_convert(t->u, IR_FROMBITS, IR_F64, v));
}

/* Set to the low half-precision value of v: the bits above become ones. */
static void set_h_bits(struct translator *t, unsigned n, ir_val v)
{
    set_bits(t, n, ir_op2(t->u, IR_OR, v, const64(t, ~UINT64_C(0xffff))));
}

/* A value of a format that has IR ops. */
static ir_val get_f(struct translator *t, unsigned n, enum fp_format f)
{
    return f == FP_D ? get_d(t, n) : get_s(t, n);
}

static void set_f(struct translator *t, unsigned n, enum fp_format f, ir_val v)
{
    if (f == FP_D)
        set_d(t, n, v);
    else
        set_s(t, n, v);
}

/* -- State -- */

/* True if FP instructions exist now. Asked before anything is built. */
static bool fp_on(const struct translator *t)
{
    return t->fs != RVFS_OFF;
}

/*
 * For instructions that change FP registers or flags: the first one sets mstatus.FS, and then the unit is left, since
 * the key changes.
 */
static bool fp_write(struct translator *t)
{
    if (!fp_on(t))
        return false;
    if (t->fs != RVFS_DIRTY) {
        ir_call(t->u, &riscv_helper_fs_dirty, IR_VOID, 0, 0, 0, 0);
        t->fs = RVFS_DIRTY;
        t->key_changed = true;
    }
    return true;
}

/* The rounding mode of an instruction's rm field; false if it is reserved or frm is. */
static bool rounding(const struct translator *t, unsigned rm, enum ir_rm *out)
{
    if (rm == 5 || rm == 6 || (rm == 7 && t->frm == RVFRM_INVALID))
        return false;
    *out = rm == 7 && t->frm == RVFRM_RMM ? IR_RMM : (enum ir_rm)rm;
    return true;
}

/* rounding() and fp_write() */
static bool fp_arith(struct translator *t, unsigned rm, enum ir_rm *out)
{
    return rounding(t, rm, out) && fp_write(t);
}

/* -- Loads, stores, moves of bits -- */

bool trans_flw(struct translator *t, const struct riscv_args *a)
{
    if (!fp_write(t))
        return false;
    set_s(t, a->rd, load_at(t, IR_F32, IR_MEM_32, a->rs1, a->imm));
    return true;
}

bool trans_fld(struct translator *t, const struct riscv_args *a)
{
    if (!fp_write(t))
        return false;
    set_d(t, a->rd, load_at(t, IR_F64, IR_MEM_64, a->rs1, a->imm));
    return true;
}

bool trans_flh(struct translator *t, const struct riscv_args *a)
{
    if (!fp_write(t))
        return false;
    set_h_bits(t, a->rd, load_at(t, IR_I64, IR_MEM_16, a->rs1, a->imm));
    return true;
}

/* Narrow stores and moves take the low bits, NaN-boxed or not. */
static bool store_bits(struct translator *t, const struct riscv_args *a, unsigned memop)
{
    if (!fp_on(t))
        return false;
    store_at(t, memop, a->rs1, a->imm, get_bits(t, a->rs2));
    return true;
}

TRANS(fsw, store_bits(t, a, IR_MEM_32))
TRANS(fsh, store_bits(t, a, IR_MEM_16))

bool trans_fsd(struct translator *t, const struct riscv_args *a)
{
    if (!fp_on(t))
        return false;
    store_at(t, IR_MEM_64, a->rs1, a->imm, get_d(t, a->rs2));
    return true;
}

bool trans_fmv_x_w(struct translator *t, const struct riscv_args *a)
{
    if (!fp_on(t))
        return false;
    set_w(t, a->rd, ir_convert(t->u, IR_TRUNC, IR_I32, get_bits(t, a->rs1)));
    return true;
}

bool trans_fmv_x_d(struct translator *t, const struct riscv_args *a)
{
    if (!fp_on(t))
        return false;
    set_x(t, a->rd, get_bits(t, a->rs1));
    return true;
}

bool trans_fmv_x_h(struct translator *t, const struct riscv_args *a)
{
    if (!fp_on(t))
        return false;
    set_x64(t, a->rd, ir_op1(t->u, IR_SEXT16, get_bits(t, a->rs1)));
    return true;
}

/* Zfa, RV32: the high half. */
bool trans_fmvh_x_d(struct translator *t, const struct riscv_args *a)
{
    if (!fp_on(t))
        return false;
    set_x64(t, a->rd, ir_op2(t->u, IR_SHR, get_bits(t, a->rs1), const64(t, 32)));
    return true;
}

bool trans_fmv_w_x(struct translator *t, const struct riscv_args *a)
{
    if (!fp_write(t))
        return false;
    set_s(t, a->rd, ir_convert(t->u, IR_FROMBITS, IR_F32, get_w(t, a->rs1)));
    return true;
}

bool trans_fmv_d_x(struct translator *t, const struct riscv_args *a)
{
    if (!fp_write(t))
        return false;
    set_bits(t, a->rd, get_x(t, a->rs1));
    return true;
}

bool trans_fmv_h_x(struct translator *t, const struct riscv_args *a)
{
    if (!fp_write(t))
        return false;
    set_h_bits(t, a->rd, get_x64(t, a->rs1));
    return true;
}

/* Zfa, RV32: both halves. */
bool trans_fmvp_d_x(struct translator *t, const struct riscv_args *a)
{
    if (!fp_write(t))
        return false;
    ir_val high = ir_op2(t->u, IR_SHL, get_x64(t, a->rs2), const64(t, 32));
    set_bits(t, a->rd, ir_op2(t->u, IR_OR, get_x64(t, a->rs1), high));
    return true;
}

/* -- Arithmetic in single and double precision -- */

static bool arith(struct translator *t, const struct riscv_args *a, enum fp_format f, enum ir_opcode op)
{
    enum ir_rm rm;
    if (!fp_arith(t, a->rm, &rm))
        return false;
    ir_val x = get_f(t, a->rs1, f);
    set_f(t, a->rd, f, ir_fp(t->u, op, CLASS, rm, x, op == IR_FSQRT ? 0 : get_f(t, a->rs2, f)));
    return true;
}

static bool fused(struct translator *t, const struct riscv_args *a, enum fp_format f, unsigned neg)
{
    enum ir_rm rm;
    if (!fp_arith(t, a->rm, &rm))
        return false;
    ir_val x = get_f(t, a->rs1, f), y = get_f(t, a->rs2, f), z = get_f(t, a->rs3, f);
    set_f(t, a->rd, f, ir_fp_fma(t->u, CLASS, rm, neg, x, y, z));
    return true;
}

static bool minmax(struct translator *t, const struct riscv_args *a, enum fp_format f, enum ir_opcode op)
{
    if (!fp_write(t))
        return false;
    ir_val x = get_f(t, a->rs1, f), y = get_f(t, a->rs2, f);
    set_f(t, a->rd, f, ir_fp(t->u, op, CLASS, IR_RNE, x, y));
    return true;
}

static bool compare(struct translator *t, const struct riscv_args *a, enum fp_format f, enum ir_fcc cc)
{
    if (!fp_write(t))
        return false;
    ir_val x = get_f(t, a->rs1, f), y = get_f(t, a->rs2, f);
    set_x(t, a->rd, ir_fp_cmp(t->u, cc, CLASS, t->xl, x, y));
    return true;
}

/* fsgnj, fsgnjn, fsgnjx, which with equal operands are fmv, fneg, fabs */
static bool sign(struct translator *t, const struct riscv_args *a, enum fp_format f, bool negate, bool exor)
{
    struct ir_unit *u = t->u;
    if (!fp_write(t))
        return false;
    ir_val x = get_f(t, a->rs1, f), v = x;
    if (a->rs1 != a->rs2) {
        ir_val y = get_f(t, a->rs2, f);
        v = ir_op2(u, exor ? IR_FSGNX : IR_FSGN, x, negate ? ir_op1(u, IR_FNEG, y) : y);
    } else if (negate || exor) {
        v = ir_op1(u, negate ? IR_FNEG : IR_FABS, x);
    }
    set_f(t, a->rd, f, v);
    return true;
}

#define NEG_BOTH (IR_FMA_NEG_PRODUCT | IR_FMA_NEG_ADDEND)

#define TRANS_FORMAT(suffix, f)                                                                                        \
    TRANS(fadd_##suffix, arith(t, a, f, IR_FADD))                                                                      \
    TRANS(fsub_##suffix, arith(t, a, f, IR_FSUB))                                                                      \
    TRANS(fmul_##suffix, arith(t, a, f, IR_FMUL))                                                                      \
    TRANS(fdiv_##suffix, arith(t, a, f, IR_FDIV))                                                                      \
    TRANS(fsqrt_##suffix, arith(t, a, f, IR_FSQRT))                                                                    \
    TRANS(fmadd_##suffix, fused(t, a, f, 0))                                                                           \
    TRANS(fmsub_##suffix, fused(t, a, f, IR_FMA_NEG_ADDEND))                                                           \
    TRANS(fnmsub_##suffix, fused(t, a, f, IR_FMA_NEG_PRODUCT))                                                         \
    TRANS(fnmadd_##suffix, fused(t, a, f, NEG_BOTH))                                                                   \
    TRANS(fmin_##suffix, minmax(t, a, f, IR_FMIN))                                                                     \
    TRANS(fmax_##suffix, minmax(t, a, f, IR_FMAX))                                                                     \
    TRANS(feq_##suffix, compare(t, a, f, IR_FEQ))                                                                      \
    TRANS(flt_##suffix, compare(t, a, f, IR_FLT))                                                                      \
    TRANS(fle_##suffix, compare(t, a, f, IR_FLE))                                                                      \
    TRANS(fltq_##suffix, compare(t, a, f, IR_FLTQ))                                                                    \
    TRANS(fleq_##suffix, compare(t, a, f, IR_FLEQ))                                                                    \
    TRANS(fsgnj_##suffix, sign(t, a, f, false, false))                                                                 \
    TRANS(fsgnjn_##suffix, sign(t, a, f, true, false))                                                                 \
    TRANS(fsgnjx_##suffix, sign(t, a, f, false, true))

TRANS_FORMAT(s, FP_S)
TRANS_FORMAT(d, FP_D)

/* -- Conversions -- */

/* To an integer of type; 32-bit results are sign-extended, unsigned ones too. */
static bool to_int(struct translator *t, const struct riscv_args *a, enum fp_format f, enum ir_opcode op,
                   enum ir_type type)
{
    enum ir_rm rm;
    if (!fp_arith(t, a->rm, &rm))
        return false;
    ir_val v = ir_fp_convert(t->u, op, CLASS, rm, type, get_f(t, a->rs1, f));
    if (type == IR_I32)
        set_w(t, a->rd, v);
    else
        set_x(t, a->rd, v);
    return true;
}

static bool from_int(struct translator *t, const struct riscv_args *a, enum fp_format f, enum ir_opcode op,
                     enum ir_type type)
{
    enum ir_rm rm;
    if (!fp_arith(t, a->rm, &rm))
        return false;
    ir_val v = type == IR_I32 ? get_w(t, a->rs1) : get_x(t, a->rs1);
    set_f(t, a->rd, f, ir_fp_convert(t->u, op, CLASS, rm, f == FP_D ? IR_F64 : IR_F32, v));
    return true;
}

TRANS(fcvt_w_s, to_int(t, a, FP_S, IR_F2S, IR_I32))
TRANS(fcvt_wu_s, to_int(t, a, FP_S, IR_F2U, IR_I32))
TRANS(fcvt_l_s, to_int(t, a, FP_S, IR_F2S, IR_I64))
TRANS(fcvt_lu_s, to_int(t, a, FP_S, IR_F2U, IR_I64))
TRANS(fcvt_w_d, to_int(t, a, FP_D, IR_F2S, IR_I32))
TRANS(fcvt_wu_d, to_int(t, a, FP_D, IR_F2U, IR_I32))
TRANS(fcvt_l_d, to_int(t, a, FP_D, IR_F2S, IR_I64))
TRANS(fcvt_lu_d, to_int(t, a, FP_D, IR_F2U, IR_I64))
TRANS(fcvt_s_w, from_int(t, a, FP_S, IR_S2F, IR_I32))
TRANS(fcvt_s_wu, from_int(t, a, FP_S, IR_U2F, IR_I32))
TRANS(fcvt_s_l, from_int(t, a, FP_S, IR_S2F, IR_I64))
TRANS(fcvt_s_lu, from_int(t, a, FP_S, IR_U2F, IR_I64))
TRANS(fcvt_d_w, from_int(t, a, FP_D, IR_S2F, IR_I32))
TRANS(fcvt_d_wu, from_int(t, a, FP_D, IR_U2F, IR_I32))
TRANS(fcvt_d_l, from_int(t, a, FP_D, IR_S2F, IR_I64))
TRANS(fcvt_d_lu, from_int(t, a, FP_D, IR_U2F, IR_I64))

bool trans_fcvt_s_d(struct translator *t, const struct riscv_args *a)
{
    enum ir_rm rm;
    if (!fp_arith(t, a->rm, &rm))
        return false;
    set_s(t, a->rd, ir_fp_convert(t->u, IR_F2F, CLASS, rm, IR_F32, get_d(t, a->rs1)));
    return true;
}

bool trans_fcvt_d_s(struct translator *t, const struct riscv_args *a)
{
    enum ir_rm rm;
    if (!fp_arith(t, a->rm, &rm))
        return false;
    set_d(t, a->rd, ir_fp_convert(t->u, IR_F2F, CLASS, rm, IR_F64, get_s(t, a->rs1)));
    return true;
}

/* -- By helpers: whole registers in and out -- */

/* fd = h(fs1, fs2) */
static bool call_ff(struct translator *t, const struct riscv_args *a, const struct ir_helper *h)
{
    if (!fp_write(t))
        return false;
    set_bits(t, a->rd, ir_call(t->u, h, IR_I64, get_bits(t, a->rs1), get_bits(t, a->rs2), 0, 0));
    return true;
}

/* fd = h(fs1, fs2, rm) */
static bool call_ffr(struct translator *t, const struct riscv_args *a, const struct ir_helper *h)
{
    enum ir_rm rm;
    if (!fp_arith(t, a->rm, &rm))
        return false;
    set_bits(t, a->rd, ir_call(t->u, h, IR_I64, get_bits(t, a->rs1), get_bits(t, a->rs2), const64(t, rm), 0));
    return true;
}

/* fd = h(fs1, rm) */
static bool call_fr(struct translator *t, const struct riscv_args *a, const struct ir_helper *h)
{
    enum ir_rm rm;
    if (!fp_arith(t, a->rm, &rm))
        return false;
    set_bits(t, a->rd, ir_call(t->u, h, IR_I64, get_bits(t, a->rs1), const64(t, rm), 0, 0));
    return true;
}

/* rd = h(fs1), without effect on the FP state */
static bool call_class(struct translator *t, const struct riscv_args *a, const struct ir_helper *h)
{
    if (!fp_on(t))
        return false;
    set_x64(t, a->rd, ir_call(t->u, h, IR_I64, get_bits(t, a->rs1), 0, 0, 0));
    return true;
}

/* fd = a constant */
static bool load_constant(struct translator *t, const struct riscv_args *a, uint64_t boxed)
{
    if (!fp_write(t))
        return false;
    set_bits(t, a->rd, const64(t, boxed));
    return true;
}

#define BOX_S(v) ((v) | UINT64_C(0xffffffff00000000))
#define BOX_H(v) ((v) | UINT64_C(0xffffffffffff0000))

TRANS(fclass_s, call_class(t, a, &riscv_helper_fclass_s))
TRANS(fclass_d, call_class(t, a, &riscv_helper_fclass_d))
TRANS(fclass_h, call_class(t, a, &riscv_helper_fclass_h))
TRANS(fli_s, load_constant(t, a, BOX_S(fp32_fli(a->uimm))))
TRANS(fli_d, load_constant(t, a, fp64_fli(a->uimm)))
TRANS(fli_h, load_constant(t, a, BOX_H(fp16_fli(a->uimm))))
TRANS(fminm_s, call_ff(t, a, &riscv_helper_fminm_s))
TRANS(fmaxm_s, call_ff(t, a, &riscv_helper_fmaxm_s))
TRANS(fminm_d, call_ff(t, a, &riscv_helper_fminm_d))
TRANS(fmaxm_d, call_ff(t, a, &riscv_helper_fmaxm_d))
TRANS(fminm_h, call_ff(t, a, &riscv_helper_fminm_h))
TRANS(fmaxm_h, call_ff(t, a, &riscv_helper_fmaxm_h))
TRANS(fround_s, call_fr(t, a, &riscv_helper_fround_s))
TRANS(fround_d, call_fr(t, a, &riscv_helper_fround_d))
TRANS(fround_h, call_fr(t, a, &riscv_helper_fround_h))
TRANS(froundnx_s, call_fr(t, a, &riscv_helper_froundnx_s))
TRANS(froundnx_d, call_fr(t, a, &riscv_helper_froundnx_d))
TRANS(froundnx_h, call_fr(t, a, &riscv_helper_froundnx_h))

bool trans_fcvtmod_w_d(struct translator *t, const struct riscv_args *a)
{
    if (!fp_write(t))
        return false;
    set_x64(t, a->rd, ir_call(t->u, &riscv_helper_fcvtmod, IR_I64, get_bits(t, a->rs1), 0, 0, 0));
    return true;
}

/* -- Half precision -- */

TRANS(fadd_h, call_ffr(t, a, &riscv_helper_fadd_h))
TRANS(fsub_h, call_ffr(t, a, &riscv_helper_fsub_h))
TRANS(fmul_h, call_ffr(t, a, &riscv_helper_fmul_h))
TRANS(fdiv_h, call_ffr(t, a, &riscv_helper_fdiv_h))
TRANS(fsqrt_h, call_fr(t, a, &riscv_helper_fsqrt_h))
TRANS(fmin_h, call_ff(t, a, &riscv_helper_fmin_h))
TRANS(fmax_h, call_ff(t, a, &riscv_helper_fmax_h))
TRANS(fcvt_s_h, call_fr(t, a, &riscv_helper_fcvt_s_h))
TRANS(fcvt_d_h, call_fr(t, a, &riscv_helper_fcvt_d_h))
TRANS(fcvt_h_s, call_fr(t, a, &riscv_helper_fcvt_h_s))
TRANS(fcvt_h_d, call_fr(t, a, &riscv_helper_fcvt_h_d))

static bool fma_h(struct translator *t, const struct riscv_args *a, unsigned neg)
{
    enum ir_rm rm;
    if (!fp_arith(t, a->rm, &rm))
        return false;
    ir_val v = ir_call(t->u, &riscv_helper_fma_h, IR_I64, get_bits(t, a->rs1), get_bits(t, a->rs2),
                       get_bits(t, a->rs3), const64(t, rm | neg << 8));
    set_bits(t, a->rd, v);
    return true;
}

TRANS(fmadd_h, fma_h(t, a, 0))
TRANS(fmsub_h, fma_h(t, a, IR_FMA_NEG_ADDEND))
TRANS(fnmsub_h, fma_h(t, a, IR_FMA_NEG_PRODUCT))
TRANS(fnmadd_h, fma_h(t, a, NEG_BOTH))

static bool compare_h(struct translator *t, const struct riscv_args *a, enum ir_fcc cc)
{
    if (!fp_write(t))
        return false;
    set_x64(t, a->rd, ir_call(t->u, &riscv_helper_fcmp_h, IR_I64, get_bits(t, a->rs1), get_bits(t, a->rs2),
                              const64(t, cc), 0));
    return true;
}

TRANS(feq_h, compare_h(t, a, IR_FEQ))
TRANS(flt_h, compare_h(t, a, IR_FLT))
TRANS(fle_h, compare_h(t, a, IR_FLE))
TRANS(fltq_h, compare_h(t, a, IR_FLTQ))
TRANS(fleq_h, compare_h(t, a, IR_FLEQ))

/* kind: width | signed << 8 */
static bool to_int_h(struct translator *t, const struct riscv_args *a, unsigned kind)
{
    enum ir_rm rm;
    if (!fp_arith(t, a->rm, &rm))
        return false;
    set_x64(t, a->rd,
            ir_call(t->u, &riscv_helper_f2i_h, IR_I64, get_bits(t, a->rs1), const64(t, rm), const64(t, kind), 0));
    return true;
}

static bool from_int_h(struct translator *t, const struct riscv_args *a, unsigned kind)
{
    enum ir_rm rm;
    if (!fp_arith(t, a->rm, &rm))
        return false;
    set_bits(t, a->rd,
             ir_call(t->u, &riscv_helper_i2f_h, IR_I64, get_x64(t, a->rs1), const64(t, rm), const64(t, kind), 0));
    return true;
}

TRANS(fcvt_w_h, to_int_h(t, a, 32 | FP_INT_SIGNED))
TRANS(fcvt_wu_h, to_int_h(t, a, 32))
TRANS(fcvt_l_h, to_int_h(t, a, 64 | FP_INT_SIGNED))
TRANS(fcvt_lu_h, to_int_h(t, a, 64))
TRANS(fcvt_h_w, from_int_h(t, a, 32 | FP_INT_SIGNED))
TRANS(fcvt_h_wu, from_int_h(t, a, 32))
TRANS(fcvt_h_l, from_int_h(t, a, 64 | FP_INT_SIGNED))
TRANS(fcvt_h_lu, from_int_h(t, a, 64))

/* The sign bit is bit 15; the others are those of fs1 unboxed. */
static bool sign_h(struct translator *t, const struct riscv_args *a, enum fp_sign kind)
{
    if (!fp_write(t))
        return false;
    set_bits(t, a->rd, ir_call(t->u, &riscv_helper_fsgnj_h, IR_I64, get_bits(t, a->rs1), get_bits(t, a->rs2),
                               const64(t, kind), 0));
    return true;
}

TRANS(fsgnj_h, sign_h(t, a, FP_SIGN_COPY))
TRANS(fsgnjn_h, sign_h(t, a, FP_SIGN_NEGATE))
TRANS(fsgnjx_h, sign_h(t, a, FP_SIGN_XOR))
