/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Floating point. Scalar SSE, AVX and FMA do the work; MXCSR holds the guest's rounding mode and gathers
 * its flags. What the host answers otherwise than the guest's class of rules demands goes out of line to
 * softfp: NaN results, conversions out of range, static rounding modes, other classes than RISC-V's and ARM's without
 * flushing.
 *
 * RISC-V's rules and SSE's agree but for: the one NaN of results (put in out of line), infinity times
 * zero plus a quiet NaN (invalid for RISC-V), conversions that saturate, minimum and maximum. ARM's differ in NaNs and in
 * that a result which rounding made the smallest normal number is an underflow.
 */
#include "compile.h"

/* Beside what ir_fp_desc() packs: of a fused multiply-add whose result is a NaN, only the flags that the host lacks. */
#define DESC_CHECK (1u << 31)

/* -- The op by softfp -- */

/* For a fused multiply-add with a NaN result: raise what a * b + (not a NaN) raises beyond the host; the NaN. */
static uint64_t fma_nan(unsigned type, uint64_t a, uint64_t b, struct fp_env *e)
{
    struct fp_env product = *e;
    uint64_t r;

    if (type == IR_F32) {
        r = fp32_mul(a, b, &product);
        e->flags |= (r & 0x7fffffff) > 0x7f800000 ? product.flags & FP_NV : 0;
        return 0x7fc00000;
    }
    r = fp64_mul(a, b, &product);
    e->flags |= (r & INT64_MAX) > UINT64_C(0x7ff0000000000000) ? product.flags & FP_NV : 0;
    return UINT64_C(0x7ff8000000000000);
}

uint64_t x64_fp_op(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t desc)
{
    struct fp_env *e = &cpu->fp;

    if (desc & DESC_CHECK) {
        return fma_nan(ir_fp_desc_type(desc), a, b, e);
    }
    return ir_eval_fp(e, desc, a, b, c);
}

static uint32_t fp_desc(const struct x64 *c, const struct ir_op *o)
{
    return ir_fp_desc(o, c->ops[o->arg[0]].type);
}

/* An argument of x64_fp_op() from wherever the value is. */
static void store_fp_arg(struct x64 *c, unsigned n, ir_val v)
{
    unsigned r = x64_use(c, v);

    emit_rm(&c->e, is_xmm(r) ? OP_MOVSD_STORE : OP_MOV_STORE | OP_W, r, mem_arg(n));
}

static void call_soft(struct x64 *c, uint32_t desc)
{
    emit_rm(&c->e, OP_MOV_STORE_IMM, 0, mem_arg(3));
    emit32(&c->e, desc);
    x64_call_thunk(c, THUNK_FP);
}

static void load_result(struct x64 *c, unsigned d)
{
    emit_rm(&c->e, is_xmm(d) ? OP_MOVSD : OP_MOV | OP_W, d, mem_arg(0));
}

/* The whole op by softfp. */
static void lower_soft(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned n = ir_op_nargs(o->op), d;

    for (unsigned k = 0; k < n; k++) {
        if (o->arg[k]) {
            store_fp_arg(c, k, x64_arg(c, k));
            c->locked = 0;
        }
    }
    call_soft(c, fp_desc(c, o));
    d = x64_def(c, NOREG, 0);
    load_result(c, d);
    x64_set(c, d);
}

/* -- Common forms -- */

static unsigned to_double(unsigned type)
{
    return type == IR_F64 ? OP_SS_TO_SD : 0;
}

/* An FP operand: a register, or the memory it is in if it is used no more. */
static struct src fp_src(struct x64 *c, ir_val v)
{
    return x64_src(c, v, OP_W);
}

/* d = op(a, s). Without AVX d must not be s's register, unless it is a's or the op commutes. */
static void fp_binary(struct x64 *c, unsigned op, unsigned d, unsigned a, struct src s)
{
    if (feature(c, X64_AVX)) {
        if (s.kind == SRC_MEM) {
            emit_vrm(&c->e, op, d, a, s.mem);
        } else {
            emit_vrr(&c->e, op, d, a, s.reg);
        }
    } else if (s.kind == SRC_REG && d == s.reg) {
        emit_rr(&c->e, op, d, a);
    } else {
        emit_mov_rr(&c->e, d, a);
        if (s.kind == SRC_MEM) {
            emit_rm(&c->e, op, d, s.mem);
        } else {
            emit_rr(&c->e, op, d, s.reg);
        }
    }
}

/* d = op(a, constant) */
static void fp_const(struct x64 *c, unsigned op, unsigned d, unsigned a, enum x64_const k)
{
    if (feature(c, X64_AVX)) {
        emit_vrip(&c->e, op, d, a, x64_k(c, k), 0);
    } else {
        emit_mov_rr(&c->e, d, a);
        emit_rip(&c->e, op, d, x64_k(c, k), 0);
    }
}

static struct src reg_src(unsigned r)
{
    return (struct src){.kind = SRC_REG, .reg = r};
}

static void ucomis(struct x64 *c, unsigned op, unsigned type, unsigned a, struct src s)
{
    op ^= to_double(type);
    if (s.kind == SRC_MEM) {
        emit_rm(&c->e, op, a, s.mem);
    } else {
        emit_rr(&c->e, op, a, s.reg);
    }
}

/* A NaN in d becomes the class's NaN, out of line; unless only ops that don't care use it. */
static void check_nan(struct x64 *c, unsigned d)
{
    unsigned type = c->ops[c->i].type;
    struct cold *k;

    if (!c->v[c->i].seen) {
        return;
    }
    k = x64_cold(c, COLD_FP_NAN);
    ucomis(c, OP_UCOMISS, type, d, reg_src(d));
    k->from[0] = emit_jcc(&c->e, CC_P);
    k->back = emit_offset(&c->e);
    k->reg[0] = d;
    k->type = type;
}

/* d = op(a) for the ops of one source: sqrt, conversions between formats. */
static void fp_unary(struct x64 *c, unsigned op, unsigned d, unsigned a)
{
    if (feature(c, X64_AVX)) {
        emit_vrr(&c->e, op, d, a, a);
    } else {
        emit_rr(&c->e, op, d, a);
    }
}

/* The second operand of an op that needs two more registers. */
static struct src frugal_src(struct x64 *c, ir_val v)
{
    unsigned r = c->v[v].reg;

    if (r != NOREG && (!(c->temps & REG_BIT(r)) || c->v[v].last <= c->i)) {
        return reg_src(x64_use(c, v));
    }
    return x64_stable(c, v, OP_W);
}

/* -- Arithmetic of ARM's rules: a result that may be another is made again by softfp, whose flags are a superset -- */

static bool is_arm(const struct ir_op *o)
{
    return (o->sub & 3) == IR_FP_ARM_DENORMAL;
}

/* The result may be the smallest normal number by rounding. */
static bool may_underflow(const struct ir_op *o)
{
    return o->op == IR_FMUL || o->op == IR_FDIV || o->op == IR_FMA || (o->op == IR_F2F && o->type == IR_F32);
}

/* Twice the bits of the smallest normal number, plus 1; twice those of infinity, plus 1. */
#define LEAST32 0x01000001
#define INFINITE32 0xff000001u

unsigned x64_fp_first(const struct x64 *c, const struct ir_op *o)
{
    bool may_swap = is_arm(o) && (o->op == IR_FADD || o->op == IR_FMUL);
    unsigned bits = ir_type_bits(o->type);

    if (o->op == IR_FMA) {
        return 2;
    }
    return may_swap && c->v[c->v[o->arg[0]].root].zero_from > bits && c->v[c->v[o->arg[1]].root].zero_from <= bits;
}

/* The result is in d; operands from where they are then: none of them is d. src2: fma's addend. */
static void check_arm(struct x64 *c, unsigned d, unsigned ra, struct src b, struct src addend)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned w = o->type == IR_F64 ? OP_W : 0;
    struct cold *k = x64_cold(c, COLD_FP);

    k->reg[0] = d;
    k->reg[1] = ra;
    k->src = b;
    k->src2 = addend;
    k->aux = fp_desc(c, o);
    k->type = o->op == IR_FMA;
    if (may_underflow(o)) {
        unsigned t = x64_temp(c, 0);
        emit_rr(&c->e, OP_MOVD_FROM | w, d, t);
        if (w) {
            const uint8_t *least = x64_k(c, KC_LEAST64);
            emit_rr(&c->e, OP_ADD | OP_W, t, t);
            emit_rip(&c->e, OP_SUB | OP_W, t, least, 0);
            emit_rip(&c->e, OP_CMP | OP_W, t, least + 8, 0);
        } else {
            struct x64_mem twice = mem_index(t, t, 0);
            twice.disp = -LEAST32;
            emit_rm(&c->e, OP_LEA, t, twice);
            emit_alu_ri(&c->e, 0, EXT_CMP, t, (int32_t)INFINITE32 - LEAST32);
        }
        k->from[0] = emit_jcc(&c->e, CC_AE);
        k->reg[2] = t;
        k->imm = w ? 3 : 2; /* zeros come there too */
    } else {
        ucomis(c, OP_UCOMISS, o->type, d, reg_src(d));
        k->from[0] = emit_jcc(&c->e, CC_P);
    }
    k->back = emit_offset(&c->e);
}

static uint32_t reg_set(struct src s)
{
    return s.kind == SRC_REG ? REG_BIT(s.reg) : 0;
}

static void lower_arm(struct x64 *c)
{
    static const uint16_t code[] = {
        [IR_FADD - IR_FADD] = OP_ADDSS, [IR_FSUB - IR_FADD] = OP_SUBSS, [IR_FMUL - IR_FADD] = OP_MULSS,
        [IR_FDIV - IR_FADD] = OP_DIVSS,
    };
    static const uint16_t fma[] = {OP_FMADD231SS, OP_FNMADD231SS, OP_FMSUB231SS, OP_FNMSUB231SS};
    const struct ir_op *o = &c->ops[c->i];
    struct src s, addend = {.kind = SRC_IMM};
    unsigned ra, d;

    if (o->op == IR_FMA) { /* there may be no register for it */
        ir_val v = x64_arg(c, 2);
        addend = c->temps & ALL_XMMS & ~TEMP_XMMS ? reg_src(x64_use(c, v)) : x64_stable(c, v, OP_W);
    }
    ra = x64_use(c, x64_arg(c, 0));
    if (o->op == IR_FSQRT || o->op == IR_F2F) {
        s = reg_src(ra);
        d = x64_def(c, NOREG, REG_BIT(ra));
        fp_unary(c, o->op == IR_FSQRT ? OP_SQRTSS ^ to_double(o->type) : o->type == IR_F64 ? OP_CVTSS2SD : OP_CVTSD2SS, d, ra);
    } else if (o->op == IR_FMA) {
        s = reg_src(x64_use(c, x64_arg(c, 1)));
        d = x64_def(c, NOREG, REG_BIT(ra) | reg_set(s) | reg_set(addend));
        x64_load_fp(c, d, addend);
        emit_vrr(&c->e, fma[o->aux & 3] | (o->type == IR_F64 ? OP_W : 0), d, ra, s.reg);
    } else {
        bool swap = x64_fp_first(c, o);
        s = swap ? reg_src(x64_use(c, x64_arg(c, 1))) : frugal_src(c, x64_arg(c, 1));
        d = x64_def(c, NOREG, REG_BIT(ra) | reg_set(s));
        fp_binary(c, code[o->op - IR_FADD] ^ to_double(o->type), d, swap ? s.reg : ra, swap ? reg_src(ra) : s);
    }
    check_arm(c, d, ra, s, addend);
    x64_set(c, d);
}

_Static_assert(IR_FMA_NEG_PRODUCT == 1 && IR_FMA_NEG_ADDEND == 2, "fma's order");

/* -- Arithmetic of RISC-V's rules -- */

static void lower_arith(struct x64 *c)
{
    static const uint16_t code[] = {
        [IR_FADD - IR_FADD] = OP_ADDSS, [IR_FSUB - IR_FADD] = OP_SUBSS, [IR_FMUL - IR_FADD] = OP_MULSS,
        [IR_FDIV - IR_FADD] = OP_DIVSS,
    };
    const struct ir_op *o = &c->ops[c->i];
    unsigned ra = x64_use(c, x64_arg(c, 0)), d;
    struct src s = fp_src(c, x64_arg(c, 1));
    uint32_t except = 0;

    if (s.kind == SRC_REG && s.reg != ra && !feature(c, X64_AVX) && (o->op == IR_FSUB || o->op == IR_FDIV)) {
        except = REG_BIT(s.reg);
    }
    d = x64_def(c, ra, except);
    fp_binary(c, code[o->op - IR_FADD] ^ to_double(o->type), d, ra, s);
    check_nan(c, d);
    x64_set(c, d);
}

static void lower_sqrt(struct x64 *c)
{
    unsigned ra = x64_use(c, x64_arg(c, 0)), d = x64_def(c, ra, 0);

    fp_unary(c, OP_SQRTSS ^ to_double(c->ops[c->i].type), d, ra);
    check_nan(c, d);
    x64_set(c, d);
}

static void lower_f2f(struct x64 *c)
{
    unsigned ra = x64_use(c, x64_arg(c, 0)), d = x64_def(c, ra, 0);

    fp_unary(c, c->ops[c->i].type == IR_F64 ? OP_CVTSS2SD : OP_CVTSD2SS, d, ra);
    check_nan(c, d);
    x64_set(c, d);
}

static void lower_fma(struct x64 *c)
{
    static const uint16_t code[] = {OP_FMADD231SS, OP_FNMADD231SS, OP_FMSUB231SS, OP_FNMSUB231SS};
    const struct ir_op *o = &c->ops[c->i];
    unsigned op = code[o->aux & 3] | (o->type == IR_F64 ? OP_W : 0), ra, rb, d;
    ir_val vc = x64_arg(c, 2);
    struct cold *k;

    ra = x64_use(c, x64_arg(c, 0));
    rb = x64_use(c, x64_arg(c, 1));
    /* The slow path needs both factors. */
    d = x64_def(c, c->v[vc].reg, REG_BIT(ra) | REG_BIT(rb));
    x64_copy(c, d, vc);
    emit_vrr(&c->e, op, d, ra, rb);
    k = x64_cold(c, COLD_FP);
    ucomis(c, OP_UCOMISS, o->type, d, reg_src(d));
    k->from[0] = emit_jcc(&c->e, CC_P);
    k->back = emit_offset(&c->e);
    k->reg[0] = d;
    k->reg[1] = ra;
    k->src = reg_src(rb);
    k->aux = fp_desc(c, o) | DESC_CHECK;
    x64_set(c, d);
}

/*
 * minNum(a, b) of numbers is both of MIN(a, b) and MIN(b, a), or-ed: they differ only for zeros, where
 * MIN gives its second operand. Maximum: and-ed. NaNs go to softfp.
 */
static void lower_minmax(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    bool min = o->op == IR_FMIN;
    unsigned op = (min ? OP_MINSS : OP_MAXSS) ^ to_double(o->type), ra, d, t;
    struct src s;
    struct cold *k;

    ra = x64_use(c, x64_arg(c, 0));
    s = frugal_src(c, x64_arg(c, 1));
    t = x64_temp_xmm(c, REG_BIT(ra) | (s.kind == SRC_REG ? REG_BIT(s.reg) : 0));
    d = x64_def(c, s.kind == SRC_REG ? s.reg : ra, REG_BIT(t) | (s.kind == SRC_REG && s.reg == ra ? 0 : REG_BIT(ra)));
    k = x64_cold(c, COLD_FP);
    ucomis(c, OP_UCOMISS, o->type, ra, s);
    k->from[0] = emit_jcc(&c->e, CC_P);
    k->reg[0] = d;
    k->reg[1] = ra;
    k->src = s;
    k->aux = fp_desc(c, o);
    /* t = op(a, b); d = op(b, a) */
    fp_binary(c, op, t, ra, s);
    if (s.kind == SRC_MEM) {
        emit_rm(&c->e, OP_MOVSD, d, s.mem);
    } else {
        emit_mov_rr(&c->e, d, s.reg);
    }
    fp_binary(c, op, d, d, reg_src(ra));
    fp_binary(c, min ? OP_ORPS : OP_ANDPS, d, d, reg_src(t));
    k->back = emit_offset(&c->e);
    x64_set(c, d);
}

/* ARM's flags: those of each result that the host's flags tell from the ones before it. Moves keep those. */
static void lower_nzcv(struct x64 *c, bool quiet)
{
    static const struct {
        uint8_t cc, nzcv;
    } results[] = {{CC_B, 8}, {CC_E, 6}, {CC_P, 3}};
    unsigned r = x64_use(c, x64_arg(c, 0)), t, d;
    struct src s = fp_src(c, x64_arg(c, 1));

    t = x64_temp(c, 0);
    d = x64_def(c, NOREG, REG_BIT(t));
    ucomis(c, quiet ? OP_UCOMISS : OP_COMISS, c->ops[c->i].sub2, r, s);
    emit_mov_ri(&c->e, d, 2u << 28);
    for (unsigned i = 0; i < G_N_ELEMENTS(results); i++) {
        emit_mov_ri(&c->e, t, (uint32_t)results[i].nzcv << 28);
        emit_rr(&c->e, OP_CMOV | results[i].cc, d, t);
    }
    x64_set(c, d);
}

static void lower_fcmp(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned fcc = o->sub >> 2, d, t, r;
    ir_val a = x64_arg(c, 0), b = x64_arg(c, 1);
    struct src s;

    if (fcc >= IR_FNZCV) {
        lower_nzcv(c, fcc == IR_FNZCVQ);
        return;
    }
    if (fcc == IR_FEQ) {
        r = x64_use(c, a);
        s = fp_src(c, b);
        t = x64_temp(c, 0);
        d = x64_def(c, NOREG, REG_BIT(t));
        ucomis(c, OP_UCOMISS, o->sub2, r, s);
        emit_rr(&c->e, OP_SET | CC_NP, 0, t);
        emit_rr(&c->e, OP_SET | CC_E, 0, d);
        emit_rr(&c->e, OP_AND, d, t);
    } else {
        /* b above a: false if they are unordered */
        r = x64_use(c, b);
        s = fp_src(c, a);
        d = x64_def(c, NOREG, 0);
        ucomis(c, fcc == IR_FLT || fcc == IR_FLE ? OP_COMISS : OP_UCOMISS, o->sub2, r, s);
        emit_rr(&c->e, OP_SET | (fcc == IR_FLT || fcc == IR_FLTQ ? CC_A : CC_AE), 0, d);
    }
    emit_rr(&c->e, OP_MOVZX8, d, d);
    x64_set(c, d);
}

/* -- Conversions with integers -- */

/* cvtsd2si: what does not fit gives the most negative number and raises invalid, as the guest's rules do. */
static void lower_f2s(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned w = width(o->type), src = c->ops[o->arg[0]].type, d;
    unsigned op = (o->sub2 == IR_RTZ ? OP_CVTTSS2SI : OP_CVTSS2SI) ^ to_double(src);
    unsigned ra = x64_use(c, x64_arg(c, 0));
    struct cold *k;

    d = x64_def(c, NOREG, 0);
    k = x64_cold(c, COLD_FP);
    emit_rr(&c->e, op | w, d, ra);
    emit_alu_ri(&c->e, w, EXT_CMP, d, 1);
    k->from[0] = emit_jcc(&c->e, CC_O);
    k->back = emit_offset(&c->e);
    k->reg[0] = d;
    k->reg[1] = ra;
    k->src = reg_src(ra);
    k->aux = fp_desc(c, o);
    x64_set(c, d);
}

/* Positive numbers below a limit fit the signed 64-bit conversion; compared as integers before it, so that no flag is raised. */
static void lower_f2u(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned src = c->ops[o->arg[0]].type, d, ra = x64_use(c, x64_arg(c, 0));
    unsigned op = (o->sub2 == IR_RTZ ? OP_CVTTSS2SI : OP_CVTSS2SI) ^ to_double(src), w = src == IR_F64 ? OP_W : 0;
    enum x64_const limit = o->type == IR_I32 ? (w ? KC_U32_LIMIT64 : KC_U32_LIMIT32) : (w ? KC_U64_LIMIT64 : KC_U64_LIMIT32);
    unsigned t = x64_temp(c, 0);
    struct cold *k;

    d = x64_def(c, t, 0);
    k = x64_cold(c, COLD_FP);
    emit_rr(&c->e, OP_MOVD_FROM | w, ra, t);
    emit_rip(&c->e, OP_CMP | w, t, x64_k(c, limit), 0);
    k->from[0] = emit_jcc(&c->e, CC_AE);
    emit_rr(&c->e, op | OP_W, d, ra);
    k->back = emit_offset(&c->e);
    k->reg[0] = d;
    k->reg[1] = ra;
    k->src = reg_src(ra);
    k->aux = fp_desc(c, o);
    x64_set(c, d);
}

/* d = FP of the 64- or 32-bit signed integer r */
static void cvtsi2s(struct x64 *c, unsigned type, unsigned w, unsigned d, unsigned r)
{
    unsigned op = (OP_CVTSI2SS ^ to_double(type)) | w;

    /* The instruction keeps d's upper part: break the dependency. */
    if (feature(c, X64_AVX)) {
        emit_vrr(&c->e, OP_XORPS, d, d, d);
        emit_vrr(&c->e, op, d, d, r);
    } else {
        emit_rr(&c->e, OP_XORPS, d, d);
        emit_rr(&c->e, op, d, r);
    }
}

static void lower_s2f(struct x64 *c)
{
    unsigned src = c->ops[c->ops[c->i].arg[0]].type, r = x64_use(c, x64_arg(c, 0)), d = x64_def(c, NOREG, 0);

    cvtsi2s(c, c->ops[c->i].type, width(src), d, r);
    x64_set(c, d);
}

static void lower_u2f(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    ir_val v = x64_arg(c, 0);
    unsigned r = x64_use(c, v), t, d;
    struct cold *k;

    if (c->ops[o->arg[0]].type == IR_I32) {
        if (!c->v[v].zx) {
            t = x64_temp(c, REG_BIT(r));
            emit_rr(&c->e, OP_MOV, t, r);
            r = t;
        }
        d = x64_def(c, NOREG, 0);
        cvtsi2s(c, o->type, OP_W, d, r);
        x64_set(c, d);
        return;
    }
    t = x64_temp(c, REG_BIT(r));
    d = x64_def(c, NOREG, 0);
    k = x64_cold(c, COLD_U2F);
    emit_rr(&c->e, OP_TEST | OP_W, r, r);
    k->from[0] = emit_jcc(&c->e, CC_S);
    cvtsi2s(c, o->type, OP_W, d, r);
    k->back = emit_offset(&c->e);
    k->reg[0] = d;
    k->reg[1] = r;
    k->reg[2] = t;
    k->type = o->type;
    x64_set(c, d);
}

/* Half of it with the lost bit or-ed in (so it rounds alike), twice. */
static void cold_u2f(struct x64 *c, const struct cold *k)
{
    unsigned t = k->reg[2], d = k->reg[0];

    emit_rm(&c->e, OP_MOV_STORE | OP_W, RBX, mem_arg(1));
    emit_mov_rr(&c->e, t, k->reg[1]);
    emit_mov_rr(&c->e, RBX, k->reg[1]);
    emit_alu_ri(&c->e, 0, EXT_AND, RBX, 1);
    emit_shift_ri(&c->e, OP_W, EXT_SHR, t, 1);
    emit_rr(&c->e, OP_OR | OP_W, t, RBX);
    emit_rm(&c->e, OP_MOV | OP_W, RBX, mem_arg(1));
    cvtsi2s(c, k->type, OP_W, d, t);
    emit_rr(&c->e, OP_ADDSS ^ to_double(k->type), d, d);
}

/* -- Bits -- */

static void lower_sign(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    bool wide = o->type == IR_F64;
    enum x64_const sign = wide ? KC_SIGN64 : KC_SIGN32;
    unsigned ra = x64_use(c, x64_arg(c, 0)), d;

    if (o->op == IR_FNEG || o->op == IR_FABS) {
        d = x64_def(c, ra, 0);
        if (o->op == IR_FNEG) {
            fp_const(c, OP_XORPS, d, ra, sign);
        } else {
            fp_const(c, OP_ANDPS, d, ra, wide ? KC_ABS64 : KC_ABS32);
        }
    } else {
        unsigned rb = x64_use(c, x64_arg(c, 1));
        d = x64_def(c, rb, REG_BIT(ra));
        if (o->op == IR_FSGN) {
            /* a ^ ((a ^ b) & sign) */
            fp_binary(c, OP_XORPS, d, ra, reg_src(rb));
            fp_const(c, OP_ANDPS, d, d, sign);
        } else {
            fp_const(c, OP_ANDPS, d, rb, sign);
        }
        fp_binary(c, OP_XORPS, d, d, reg_src(ra));
    }
    x64_set(c, d);
}

static void lower_fbox(struct x64 *c)
{
    unsigned ra = x64_use(c, x64_arg(c, 0)), d = x64_def(c, ra, 0);

    fp_const(c, OP_ORPS, d, ra, KC_BOX);
    x64_set(c, d);
}

static void lower_funbox(struct x64 *c)
{
    struct src s = fp_src(c, x64_arg(c, 0));
    unsigned t, d = x64_def(c, s.kind == SRC_REG ? s.reg : NOREG, 0);
    struct cold *k = x64_cold(c, COLD_UNBOX);

    if (s.kind == SRC_MEM) {
        struct x64_mem high = s.mem;
        high.disp += 4;
        emit_rm(&c->e, OP_MOVSS, d, s.mem);
        emit_alu_mi(&c->e, 0, EXT_CMP, high, -1);
    } else {
        t = x64_temp(c, 0);
        if (feature(c, X64_SSE41)) {
            emit_rr(&c->e, OP_PEXTRD, s.reg, t);
            emit8(&c->e, 1);
        } else {
            emit_rr(&c->e, OP_MOVD_FROM | OP_W, s.reg, t);
            emit_shift_ri(&c->e, OP_W, EXT_SHR, t, 32);
        }
        emit_mov_rr(&c->e, d, s.reg);
        emit_alu_ri(&c->e, 0, EXT_CMP, t, -1);
    }
    k->from[0] = emit_jcc(&c->e, CC_NE);
    k->back = emit_offset(&c->e);
    k->reg[0] = d;
    k->type = IR_F32;
    x64_set(c, d);
}

static void lower_bits(struct x64 *c)
{
    unsigned w = width(c->ops[c->i].type), d;
    struct src s = fp_src(c, x64_arg(c, 0));

    d = x64_def(c, NOREG, 0);
    if (s.kind == SRC_MEM) {
        emit_rm(&c->e, OP_MOV | w, d, s.mem);
    } else {
        emit_rr(&c->e, OP_MOVD_FROM | w, s.reg, d);
    }
    x64_set(c, d);
}

static void lower_frombits(struct x64 *c)
{
    unsigned type = c->ops[c->i].type, d;
    ir_val a = x64_arg(c, 0);
    struct src s;
    int64_t k;

    if (x64_const(c, a, OP_W, &k) && k == 0) {
        d = x64_def(c, NOREG, 0);
        emit_rr(&c->e, OP_XORPS, d, d);
        x64_set(c, d);
        return;
    }
    s = x64_src(c, a, OP_W);
    if (s.kind == SRC_IMM) {
        s = reg_src(x64_use(c, a));
    }
    d = x64_def(c, NOREG, 0);
    if (s.kind == SRC_MEM) {
        emit_rm(&c->e, type == IR_F64 ? OP_MOVSD : OP_MOVSS, d, s.mem);
    } else {
        emit_rr(&c->e, OP_MOVD_TO | (type == IR_F64 ? OP_W : 0), d, s.reg);
    }
    x64_set(c, d);
}

/* -- Choice -- */

/* The host's answer is the guest's, but for what the inline form checks. */
static bool inline_ok(const struct x64 *c, const struct ir_op *o)
{
    unsigned src = c->ops[o->arg[0]].type;

    if ((o->sub & 3) != IR_FP_RISCV) {
        return is_arm(o) && o->sub2 == IR_RDYN && (o->op <= IR_FSQRT || o->op == IR_F2F ||
                                                   (o->op == IR_FMA && feature(c, X64_FMA)));
    }
    switch (o->op) {
    case IR_FMIN:
    case IR_FMAX:
    case IR_FCMP:
        return true;
    case IR_F2S:
    case IR_F2U:
        return o->sub2 == IR_RDYN || o->sub2 == IR_RTZ;
    case IR_S2F:
    case IR_U2F:
        return o->sub2 == IR_RDYN || (src == IR_I32 && o->type == IR_F64);
    case IR_F2F:
        return o->sub2 == IR_RDYN || o->type == IR_F64;
    case IR_FMA:
        return o->sub2 == IR_RDYN && feature(c, X64_FMA);
    default:
        return o->sub2 == IR_RDYN;
    }
}

static void lower_rounding(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];

    if (!inline_ok(c, o)) {
        lower_soft(c);
        return;
    }
    if (is_arm(o)) {
        lower_arm(c);
        return;
    }
    switch (o->op) {
    case IR_FSQRT:
        lower_sqrt(c);
        break;
    case IR_FMA:
        lower_fma(c);
        break;
    case IR_FMIN:
    case IR_FMAX:
        lower_minmax(c);
        break;
    case IR_FCMP:
        lower_fcmp(c);
        break;
    case IR_F2S:
        lower_f2s(c);
        break;
    case IR_F2U:
        lower_f2u(c);
        break;
    case IR_S2F:
        lower_s2f(c);
        break;
    case IR_U2F:
        lower_u2f(c);
        break;
    case IR_F2F:
        lower_f2f(c);
        break;
    default:
        lower_arith(c);
        break;
    }
}

void x64_lower_fp(struct x64 *c)
{
    switch (c->ops[c->i].op) {
    case IR_FNEG:
    case IR_FABS:
    case IR_FSGN:
    case IR_FSGNX:
        lower_sign(c);
        break;
    case IR_FBOX:
        lower_fbox(c);
        break;
    case IR_FUNBOX:
        lower_funbox(c);
        break;
    case IR_BITS:
        lower_bits(c);
        break;
    case IR_FROMBITS:
        lower_frombits(c);
        break;
    default:
        lower_rounding(c);
        break;
    }
}

void x64_cold_fp(struct x64 *c, const struct cold *k)
{
    unsigned d = k->reg[0];

    switch (k->kind) {
    case COLD_FP_NAN:
    case COLD_UNBOX:
        emit_rip(&c->e, k->type == IR_F32 ? OP_MOVSS : OP_MOVSD, d, x64_k(c, k->type == IR_F32 ? KC_NAN32 : KC_NAN64), 0);
        break;
    case COLD_U2F:
        cold_u2f(c, k);
        break;
    default: /* COLD_FP */
        if (k->imm) {
            emit_rr(&c->e, OP_MOVD_FROM | (k->imm & 1 ? OP_W : 0), d, k->reg[2]);
            emit_rr(&c->e, OP_ADD | (k->imm & 1 ? OP_W : 0), k->reg[2], k->reg[2]);
            emit_fix(&c->e, emit_jcc(&c->e, CC_E), k->back);
        }
        emit_rm(&c->e, OP_MOVSD_STORE, k->reg[1], mem_arg(0));
        if (k->src.kind == SRC_MEM) {
            emit_rm(&c->e, OP_MOVSD, d, k->src.mem);
            emit_rm(&c->e, OP_MOVSD_STORE, d, mem_arg(1));
        } else {
            emit_rm(&c->e, OP_MOVSD_STORE, k->src.reg, mem_arg(1));
        }
        if (k->type && k->src2.kind == SRC_MEM) {
            emit_rm(&c->e, OP_MOVSD, d, k->src2.mem);
            emit_rm(&c->e, OP_MOVSD_STORE, d, mem_arg(2));
        } else if (k->type) {
            emit_rm(&c->e, OP_MOVSD_STORE, k->src2.reg, mem_arg(2));
        }
        call_soft(c, k->aux);
        load_result(c, d);
        break;
    }
    emit_fix(&c->e, emit_jmp(&c->e), k->back);
}
