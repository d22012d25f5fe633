/* SPDX-License-Identifier: BSD-2-Clause */
/* A64: Advanced SIMD on integers. Manual: DDI 0487, C3.6 and C7.2. */
#include "trans-a64.h"

/* -- Registers and parts of them -- */

static ir_val zero(struct translator *t)
{
    return vop(t, IR_VDUP, IR_LANE_64, 0, const64(t, 0), 0);
}

ir_val vector_const(struct translator *t, uint64_t low, uint64_t high)
{
    if (!high && low)
        return vop(t, IR_VSCALAR, IR_LANE_64, 0, const64(t, low), 0);
    ir_val v = vop(t, IR_VDUP, IR_LANE_64, 0, const64(t, low), 0);
    return low == high ? v : vop(t, IR_VSET, IR_LANE_64, 1, v, const64(t, high));
}

static ir_val get_lane(struct translator *t, unsigned size, unsigned index, ir_val v)
{
    return ir_vector(t->u, IR_VGET, size == 3 ? IR_I64 : IR_I32, size, index, v, 0, 0);
}

static ir_val repeat(struct translator *t, unsigned size, unsigned index, ir_val v)
{
    return vop(t, IR_VDUP, size, 0, get_lane(t, size, index, v), 0);
}

/* D in the low half, S in the lowest lane. */
ir_val get_v_part(struct translator *t, unsigned n)
{
    ir_val v = get_v(t, v_register(n));
    if (n >= VREG_S(0))
        return repeat(t, IR_LANE_32, v_part(n), v);
    return v_part(n) ? vop(t, IR_VZIPH, IR_LANE_64, 0, v, v) : v;
}

void set_v_part(struct translator *t, unsigned n, ir_val v)
{
    unsigned reg = v_register(n);
    ir_val old = get_v(t, reg);
    if (n >= VREG_S(0))
        v = vop(t, IR_VSET, IR_LANE_32, v_part(n), old, get_lane(t, IR_LANE_32, 0, v));
    else if (v_part(n))
        v = vop(t, IR_VZIPL, IR_LANE_64, 0, old, v);
    else
        v = vop(t, IR_VZIPL, IR_LANE_64, 0, v, vop(t, IR_VZIPH, IR_LANE_64, 0, old, old));
    set_v(t, reg, v);
}

ir_val repeat_lane(struct translator *t, unsigned size, unsigned n, unsigned index)
{
    return repeat(t, size, index, get_v(t, n));
}

ir_val get_repeated(struct translator *t, unsigned q, unsigned size, unsigned n)
{
    ir_val v = get_v(t, n);
    return q == 1 ? v : q == 0 ? vop(t, IR_VZIPL, IR_LANE_64, 0, v, v) : repeat(t, size, 0, v);
}

void set_part(struct translator *t, unsigned q, unsigned size, unsigned n, ir_val v)
{
    if (n < VREG_D(0) && (q == 0 || (q == 2 && size == 3)))
        v = vop(t, IR_VSCALAR, IR_LANE_64, 0, get_lane(t, 3, 0, v), 0);
    else if (q == 2)
        v = vop(t, IR_VSCALAR, IR_LANE_32, 0, get_lane(t, size, 0, v), 0);
    set_v(t, n, v);
}

/* Lanes of 64 bits are two or none, but in D registers. */
static bool lanes_valid(const struct a64_args *a)
{
    return a->sz != 3 || a->q || a->rd >= VREG_D(0);
}

/* The low half of v becomes a half of the register: the low one, the high one being cleared, or the high one. */
static void set_half(struct translator *t, const struct a64_args *a, ir_val v)
{
    if (a->q == 1)
        set_v(t, a->rd, vop(t, IR_VZIPL, IR_LANE_64, 0, get_v(t, a->rd), v));
    else
        set_part(t, a->q, a->sz, a->rd, v);
}

/* -- QC -- */

/* Set QC if the vectors differ. */
static void set_qc(struct translator *t, ir_val a, ir_val b)
{
    struct ir_unit *u = t->u;
    const uint32_t qc = offsetof(struct arm_cpu, qc);
    ir_val differ = vop(t, IR_VXOR, 0, 0, a, b);
    ir_val any = ir_op2(u, IR_OR, get_lane(t, 3, 0, differ), get_lane(t, 3, 1, differ));
    ir_store_state(u, IR_MEM_64, qc, ir_op2(u, IR_OR, ir_load_state(u, IR_I64, IR_MEM_64, qc), any));
}

/* -- Shapes -- */

/* d = op(n, m) */
static bool op_vv(struct translator *t, const struct a64_args *a, enum ir_opcode op)
{
    if (!lanes_valid(a))
        return false;
    if (!fp_trapped(t))
        set_part(t, a->q, a->sz, a->rd, vop(t, op, a->sz, 0, get_v(t, a->rn), get_v(t, a->rm)));
    return true;
}

/* d = op(n) */
static bool op_v(struct translator *t, const struct a64_args *a, enum ir_opcode op)
{
    if (!lanes_valid(a))
        return false;
    if (!fp_trapped(t))
        set_part(t, a->q, a->sz, a->rd, vop(t, op, a->sz, 0, get_v(t, a->rn), 0));
    return true;
}

static ir_val call2(struct translator *t, enum simd_op op, unsigned size, bool u, ir_val x, ir_val y)
{
    return ir_call(t->u, &arm_helper_simd2, IR_V128, x, y, const64(t, simd_desc(op, size, u)), 0);
}

/* d = op(n, m) by the helper. */
static bool lanes_vv(struct translator *t, const struct a64_args *a, enum simd_op op, bool u)
{
    if (!lanes_valid(a))
        return false;
    if (!fp_trapped(t))
        set_part(t, a->q, a->sz, a->rd, call2(t, op, a->sz, u, get_repeated(t, a->q, a->sz, a->rn),
                                              get_repeated(t, a->q, a->sz, a->rm)));
    return true;
}

static bool lanes_v(struct translator *t, const struct a64_args *a, enum simd_op op, bool u)
{
    if (!lanes_valid(a))
        return false;
    if (!fp_trapped(t)) {
        ir_val x = get_repeated(t, a->q, a->sz, a->rn);
        set_part(t, a->q, a->sz, a->rd, call2(t, op, a->sz, u, x, x));
    }
    return true;
}

/* -- Copies -- */

/* imm5 of these: the lane's size and index. */
static unsigned copy_size(const struct a64_args *a)
{
    return __builtin_ctz(a->imm | 32);
}

bool a64_dup_elem(struct translator *t, const struct a64_args *a)
{
    unsigned size = copy_size(a);
    if (size > 3 || (size == 3 && !a->q))
        return false;
    if (fp_trapped(t))
        return true;
    set_part(t, a->q, size, a->rd, repeat_lane(t, size, a->rn, a->imm >> (size + 1)));
    return true;
}

bool a64_dup_gen(struct translator *t, const struct a64_args *a)
{
    unsigned size = copy_size(a);
    if (size > 3 || (size == 3 && !a->q))
        return false;
    if (!fp_trapped(t))
        set_part(t, a->q, size, a->rd, vop(t, IR_VDUP, size, 0, get_r(t, size == 3, a->rn), 0));
    return true;
}

bool a64_umov(struct translator *t, const struct a64_args *a)
{
    unsigned size = copy_size(a);
    if (size > 3 || (size == 3) != a->q)
        return false;
    if (!fp_trapped(t))
        set_r(t, a->rd, get_lane(t, size, a->imm >> (size + 1), get_v(t, a->rn)));
    return true;
}

bool a64_smov(struct translator *t, const struct a64_args *a)
{
    unsigned size = copy_size(a);
    if (size > 2 || (size == 2 && !a->q))
        return false;
    if (fp_trapped(t))
        return true;
    ir_val v = get_lane(t, size, a->imm >> (size + 1), get_v(t, a->rn));
    if (size < 2)
        v = ir_op1(t->u, size ? IR_SEXT16 : IR_SEXT8, v);
    set_r(t, a->rd, a->q ? ir_convert(t->u, IR_SX, IR_I64, v) : v);
    return true;
}

bool a64_ins_gen(struct translator *t, const struct a64_args *a)
{
    unsigned size = copy_size(a);
    if (size > 3)
        return false;
    if (!fp_trapped(t))
        set_v(t, a->rd, vop(t, IR_VSET, size, a->imm >> (size + 1), get_v(t, a->rd), get_r(t, size == 3, a->rn)));
    return true;
}

bool a64_ins_elem(struct translator *t, const struct a64_args *a)
{
    unsigned size = copy_size(a);
    if (size > 3)
        return false;
    if (!fp_trapped(t))
        set_v(t, a->rd, vop(t, IR_VSET, size, a->imm >> (size + 1), get_v(t, a->rd),
                            get_lane(t, size, a->idx >> size, get_v(t, a->rn))));
    return true;
}

/* -- Permutations -- */

/* Table registers one after the other; an index beyond the IR's table gives 0, which makes the parts or-able. */
bool a64_tbl(struct translator *t, const struct a64_args *a)
{
    if (fp_trapped(t))
        return true;
    ir_val index = get_v(t, a->rm), r = 0;
    for (unsigned i = 0; i <= a->idx; i++) {
        ir_val sub = i ? vop(t, IR_VSUB, IR_LANE_8, 0, index, vector_const(t, i * 0x1010101010101010, i * 0x1010101010101010))
                       : index;
        ir_val part = vop(t, IR_VTBL, 0, 0, get_v(t, (a->rn + i) & 31), sub);
        r = r ? vop(t, IR_VOR, 0, 0, r, part) : part;
    }
    if (a->op) {
        uint64_t last = (16 * (a->idx + 1) - 1) * UINT64_C(0x0101010101010101);
        ir_val beyond = vop(t, IR_VCMPGTU, IR_LANE_8, 0, index, vector_const(t, last, last));
        r = vop(t, IR_VOR, 0, 0, r, vop(t, IR_VAND, 0, 0, get_v(t, a->rd), beyond));
    }
    set_part(t, a->q, 0, a->rd, r);
    return true;
}

enum { UZP1 = 1, TRN1 = 2, ZIP1 = 3, UZP2 = 5, TRN2 = 6, ZIP2 = 7 };

static ir_val uzp(struct translator *t, unsigned size, bool odd, ir_val x, ir_val y)
{
    return vop(t, odd ? IR_VUZPO : IR_VUZPE, size, 0, x, y);
}

bool a64_zip(struct translator *t, const struct a64_args *a)
{
    if (!lanes_valid(a))
        return false;
    if (fp_trapped(t))
        return true;
    ir_val x = get_v(t, a->rn), y = get_v(t, a->rm), r = 0;
    bool second = a->op & 4;
    switch (a->op) {
    case UZP1:
    case UZP2:
        if (!a->q)
            x = y = vop(t, IR_VZIPL, IR_LANE_64, 0, x, y);
        r = uzp(t, a->sz, second, x, y);
        break;
    case TRN1:
    case TRN2:
        r = vop(t, IR_VZIPL, a->sz, 0, uzp(t, a->sz, second, x, x), uzp(t, a->sz, second, y, y));
        break;
    case ZIP1:
    case ZIP2:
        r = vop(t, second && a->q ? IR_VZIPH : IR_VZIPL, a->sz, 0, x, y);
        if (second && !a->q)
            r = vop(t, IR_VZIPH, IR_LANE_64, 0, r, r);
        break;
    }
    set_part(t, a->q, a->sz, a->rd, r);
    return true;
}

bool a64_ext(struct translator *t, const struct a64_args *a)
{
    if (!a->q && a->imm >= 8)
        return false;
    if (fp_trapped(t))
        return true;
    ir_val x = get_v(t, a->rn), y = get_v(t, a->rm);
    if (!a->q)
        x = y = vop(t, IR_VZIPL, IR_LANE_64, 0, x, y);
    set_part(t, a->q, 0, a->rd, a->imm ? vop(t, IR_VEXT, 0, a->imm, x, y) : x);
    return true;
}

/* -- Immediates -- */

static uint64_t repeated(uint64_t v, unsigned size)
{
    v &= size == 3 ? ~UINT64_C(0) : (UINT64_C(1) << (8u << size)) - 1;
    for (; size < 3; size++)
        v |= v << (8u << size);
    return v;
}

/* FP constants of eight bits; exponent bits of the format: 5, 8, 11. */
static uint64_t fp_immediate(unsigned imm, unsigned exponent, unsigned fraction)
{
    uint64_t sign = imm >> 7, top = imm >> 6 & 1, low = bits(imm, 4, 2);
    uint64_t e = (top ? 0 : UINT64_C(1) << (exponent - 1)) | (top ? ((UINT64_C(1) << (exponent - 3)) - 1) << 2 : 0) | low;
    return sign << (exponent + fraction) | e << fraction | (uint64_t)(imm & 15) << (fraction - 4);
}

/* AdvSIMDExpandImm() */
static uint64_t expand_immediate(unsigned op, unsigned cmode, uint64_t imm)
{
    unsigned shift = 8 * bits(cmode, 1, 2);
    if (cmode < 8)
        return repeated(imm << shift, 2);
    if (cmode < 12)
        return repeated(imm << (shift & 8), 1);
    if (cmode < 14)
        return repeated(cmode & 1 ? imm << 16 | 0xffff : imm << 8 | 0xff, 2);
    if (cmode == 15)
        return op ? fp_immediate(imm, 11, 52) : repeated(fp_immediate(imm, 8, 23), 2);
    if (!op)
        return repeated(imm, 0);
    uint64_t v = 0;
    for (unsigned i = 0; i < 8; i++)
        v |= imm >> i & 1 ? UINT64_C(0xff) << (8 * i) : 0;
    return v;
}

bool a64_movi(struct translator *t, const struct a64_args *a)
{
    uint64_t v = expand_immediate(a->op, a->opt, a->imm);
    bool combines = a->opt < 12 && (a->opt & 1);
    if (a->opt == 15 && a->op && !a->q)
        return false;
    if (fp_trapped(t))
        return true;
    if (combines) { /* ORR, BIC */
        ir_val d = get_v(t, a->rd), imm = vector_const(t, v, v);
        set_part(t, a->q, 0, a->rd, vop(t, a->op ? IR_VANDN : IR_VOR, 0, 0, d, imm));
        return true;
    }
    if (a->op && a->opt < 14)
        v = ~v;
    set_v(t, a->rd, vector_const(t, v, a->q ? v : 0));
    return true;
}

bool a64_fmov_vh(struct translator *t, const struct a64_args *a)
{
    uint64_t v = repeated(fp_immediate(a->imm, 5, 10), 1);
    if (!fp_trapped(t))
        set_v(t, a->rd, vector_const(t, v, a->q ? v : 0));
    return true;
}

bool a64_fmov_imm(struct translator *t, const struct a64_args *a)
{
    uint64_t v = a->sz == 0 ? fp_immediate(a->imm, 8, 23) : a->sz == 1 ? fp_immediate(a->imm, 11, 52)
                                                                       : fp_immediate(a->imm, 5, 10);
    if (a->sz == 3 && !t->config->has[ARMF_fp16])
        return false;
    if (!fp_trapped(t))
        set_v(t, a->rd, vector_const(t, v, 0));
    return true;
}

/* -- Three of the same -- */

A64(hadd, lanes_vv(t, a, SIMD_HADD, a->u))
A64(rhadd, lanes_vv(t, a, SIMD_RHADD, a->u))
A64(hsub, lanes_vv(t, a, SIMD_HSUB, a->u))
A64(shl_v, lanes_vv(t, a, SIMD_SHL, a->u))
A64(qshl_v, lanes_vv(t, a, SIMD_QSHL, a->u))
A64(rshl_v, lanes_vv(t, a, SIMD_RSHL, a->u))
A64(qrshl_v, lanes_vv(t, a, SIMD_QRSHL, a->u))
A64(pmul, lanes_vv(t, a, SIMD_PMUL, true))
A64(qdmulh, lanes_vv(t, a, a->u ? SIMD_QRDMULH : SIMD_QDMULH, false))
A64(max_v, op_vv(t, a, a->u ? IR_VMAXU : IR_VMAXS))
A64(min_v, op_vv(t, a, a->u ? IR_VMINU : IR_VMINS))
A64(add_v, op_vv(t, a, IR_VADD))
A64(sub_v, op_vv(t, a, IR_VSUB))
A64(cmeq, op_vv(t, a, IR_VCMPEQ))
A64(cmgt, op_vv(t, a, a->u ? IR_VCMPGTU : IR_VCMPGTS))
A64(mul_v, op_vv(t, a, IR_VMUL))

static bool saturating(struct translator *t, const struct a64_args *a, enum ir_opcode op, enum ir_opcode plain)
{
    if (!lanes_valid(a))
        return false;
    if (fp_trapped(t))
        return true;
    ir_val x = get_repeated(t, a->q, a->sz, a->rn), y = get_repeated(t, a->q, a->sz, a->rm);
    ir_val r = vop(t, op, a->sz, 0, x, y);
    set_qc(t, r, vop(t, plain, a->sz, 0, x, y));
    set_part(t, a->q, a->sz, a->rd, r);
    return true;
}

A64(qadd, saturating(t, a, a->u ? IR_VADDU : IR_VADDS, IR_VADD))
A64(qsub, saturating(t, a, a->u ? IR_VSUBU : IR_VSUBS, IR_VSUB))

bool a64_logic_v(struct translator *t, const struct a64_args *a)
{
    struct ir_unit *u = t->u;
    if (fp_trapped(t))
        return true;
    ir_val x = get_v(t, a->rn), y = get_v(t, a->rm), d, r;
    if (!a->u) {
        static const uint8_t ops[] = {IR_VAND, IR_VANDN, IR_VOR, IR_VOR};
        r = vop(t, ops[a->op], 0, 0, x, a->op == 3 ? vop(t, IR_VNOT, 0, 0, y, 0) : y);
    } else if (a->op == 0) {
        r = vop(t, IR_VXOR, 0, 0, x, y);
    } else { /* BSL, BIT, BIF: what selects is d, m, m */
        d = get_v(t, a->rd);
        r = a->op == 1 ? ir_vector(u, IR_VSEL, IR_V128, 0, 0, d, x, y)
            : a->op == 2 ? ir_vector(u, IR_VSEL, IR_V128, 0, 0, y, x, d) : ir_vector(u, IR_VSEL, IR_V128, 0, 0, y, d, x);
    }
    set_part(t, a->q, 0, a->rd, r);
    return true;
}

/* n >= m: not m > n */
bool a64_cmge(struct translator *t, const struct a64_args *a)
{
    if (!lanes_valid(a))
        return false;
    if (fp_trapped(t))
        return true;
    ir_val less = vop(t, a->u ? IR_VCMPGTU : IR_VCMPGTS, a->sz, 0, get_v(t, a->rm), get_v(t, a->rn));
    set_part(t, a->q, a->sz, a->rd, vop(t, IR_VNOT, 0, 0, less, 0));
    return true;
}

bool a64_cmtst(struct translator *t, const struct a64_args *a)
{
    if (!lanes_valid(a))
        return false;
    if (fp_trapped(t))
        return true;
    ir_val both = vop(t, IR_VAND, 0, 0, get_v(t, a->rn), get_v(t, a->rm));
    set_part(t, a->q, a->sz, a->rd, vop(t, IR_VNOT, 0, 0, vop(t, IR_VCMPEQ, a->sz, 0, both, zero(t)), 0));
    return true;
}

static ir_val difference(struct translator *t, const struct a64_args *a, unsigned size, ir_val x, ir_val y)
{
    return vop(t, IR_VSUB, size, 0, vop(t, a->u ? IR_VMAXU : IR_VMAXS, size, 0, x, y),
               vop(t, a->u ? IR_VMINU : IR_VMINS, size, 0, x, y));
}

static bool absolute_difference(struct translator *t, const struct a64_args *a, bool accumulate)
{
    if (fp_trapped(t))
        return true;
    ir_val r = difference(t, a, a->sz, get_v(t, a->rn), get_v(t, a->rm));
    set_part(t, a->q, a->sz, a->rd, accumulate ? vop(t, IR_VADD, a->sz, 0, get_v(t, a->rd), r) : r);
    return true;
}

A64(abd, absolute_difference(t, a, false))
A64(aba, absolute_difference(t, a, true))

/* d + x * y or d - x * y */
static bool multiply_accumulate(struct translator *t, const struct a64_args *a, ir_val x, ir_val y, bool sub)
{
    ir_val product = vop(t, IR_VMUL, a->sz, 0, x, y);
    set_part(t, a->q, a->sz, a->rd, vop(t, sub ? IR_VSUB : IR_VADD, a->sz, 0, get_v(t, a->rd), product));
    return true;
}

A64(mla, fp_trapped(t) || multiply_accumulate(t, a, get_v(t, a->rn), get_v(t, a->rm), a->u))

/* Of neighbours in n, then in m. */
static bool pairwise(struct translator *t, const struct a64_args *a, enum ir_opcode op)
{
    if (!lanes_valid(a))
        return false;
    if (fp_trapped(t))
        return true;
    ir_val x = get_v(t, a->rn), y = get_v(t, a->rm);
    if (!a->q)
        x = y = vop(t, IR_VZIPL, IR_LANE_64, 0, x, y);
    set_part(t, a->q, a->sz, a->rd, vop(t, op, a->sz, 0, uzp(t, a->sz, false, x, y), uzp(t, a->sz, true, x, y)));
    return true;
}

A64(addp, pairwise(t, a, IR_VADD))
A64(maxp, pairwise(t, a, a->u ? IR_VMAXU : IR_VMAXS))
A64(minp, pairwise(t, a, a->u ? IR_VMINU : IR_VMINS))

bool a64_addp_s(struct translator *t, const struct a64_args *a)
{
    if (fp_trapped(t))
        return true;
    ir_val v = get_v(t, a->rn);
    set_part(t, 2, 3, a->rd, vop(t, IR_VADD, IR_LANE_64, 0, v, vop(t, IR_VZIPH, IR_LANE_64, 0, v, v)));
    return true;
}

/* -- Two registers -- */

/* Bytes within groups of 2^group in the opposite order of units of 2^size: by a table of byte numbers. */
static bool reverse(struct translator *t, const struct a64_args *a, unsigned group)
{
    uint8_t index[16];
    uint64_t q[2];
    unsigned flip = (1u << group) - (1u << a->sz);
    if (a->sz >= group)
        return false;
    if (fp_trapped(t))
        return true;
    for (unsigned i = 0; i < 16; i++)
        index[i] = i ^ flip;
    memcpy(q, index, 16);
    set_part(t, a->q, 0, a->rd, vop(t, IR_VTBL, 0, 0, get_v(t, a->rn), vector_const(t, GUINT64_FROM_LE(q[0]), GUINT64_FROM_LE(q[1]))));
    return true;
}

A64(rev64_v, reverse(t, a, 3))
A64(rev32_v, reverse(t, a, 2))
A64(rev16_v, reverse(t, a, 1))
A64(cls_v, lanes_v(t, a, SIMD_CLS, false))
A64(clz_v, lanes_v(t, a, SIMD_CLZ, true))
A64(rbit_v, lanes_v(t, a, SIMD_RBIT, true))
A64(qabs, lanes_v(t, a, SIMD_QABS, false))
A64(qneg, lanes_v(t, a, SIMD_QNEG, false))
A64(not_v, op_v(t, a, IR_VNOT))
A64(abs_v, op_v(t, a, IR_VABS))
A64(neg_v, op_v(t, a, IR_VNEG))

/* Bits of each nibble from a table. */
bool a64_cnt(struct translator *t, const struct a64_args *a)
{
    if (fp_trapped(t))
        return true;
    ir_val counts = vector_const(t, 0x0302020102010100, 0x0403030203020201);
    ir_val mask = vector_const(t, 0x0f0f0f0f0f0f0f0f, 0x0f0f0f0f0f0f0f0f), v = get_v(t, a->rn);
    ir_val low = vop(t, IR_VTBL, 0, 0, counts, vop(t, IR_VAND, 0, 0, v, mask));
    ir_val high = vop(t, IR_VTBL, 0, 0, counts, vop(t, IR_VSHRI, IR_LANE_8, 4, v, 0));
    set_part(t, a->q, 0, a->rd, vop(t, IR_VADD, IR_LANE_8, 0, low, high));
    return true;
}

/* The manual has d as the first operand here. */
bool a64_suqadd(struct translator *t, const struct a64_args *a)
{
    bool u = bits(t->insn, 29, 1);
    if (!lanes_valid(a))
        return false;
    if (!fp_trapped(t))
        set_part(t, a->q, a->sz, a->rd, call2(t, SIMD_QACC, a->sz, u, get_repeated(t, a->q, a->sz, a->rd),
                                              get_repeated(t, a->q, a->sz, a->rn)));
    return true;
}

/* Comparisons with 0. */
static bool compare_zero(struct translator *t, const struct a64_args *a, enum ir_opcode op, bool swapped, bool invert)
{
    if (!lanes_valid(a))
        return false;
    if (fp_trapped(t))
        return true;
    ir_val x = get_v(t, a->rn), y = zero(t), r = vop(t, op, a->sz, 0, swapped ? y : x, swapped ? x : y);
    set_part(t, a->q, a->sz, a->rd, invert ? vop(t, IR_VNOT, 0, 0, r, 0) : r);
    return true;
}

A64(cmgt0, compare_zero(t, a, IR_VCMPGTS, false, false))
A64(cmge0, compare_zero(t, a, IR_VCMPGTS, true, true))
A64(cmeq0, compare_zero(t, a, IR_VCMPEQ, false, false))
A64(cmle0, compare_zero(t, a, IR_VCMPGTS, false, true))
A64(cmlt0, compare_zero(t, a, IR_VCMPGTS, true, false))

/* Sums of neighbours, twice as wide: the even lanes extended in place, and the odd ones. */
static ir_val long_pairs(struct translator *t, const struct a64_args *a, ir_val v)
{
    unsigned wide = a->sz + 1, half = 8u << a->sz;
    enum ir_opcode op = a->u ? IR_VSHRI : IR_VSARI;
    ir_val even = vop(t, op, wide, half, vop(t, IR_VSHLI, wide, half, v, 0), 0);
    return vop(t, IR_VADD, wide, 0, even, vop(t, op, wide, half, v, 0));
}

static bool add_long_pairs(struct translator *t, const struct a64_args *a, bool accumulate)
{
    if (fp_trapped(t))
        return true;
    ir_val r = long_pairs(t, a, get_v(t, a->rn));
    set_part(t, a->q, a->sz, a->rd, accumulate ? vop(t, IR_VADD, a->sz + 1, 0, get_v(t, a->rd), r) : r);
    return true;
}

A64(addlp, add_long_pairs(t, a, false))
A64(adalp, add_long_pairs(t, a, true))

/* -- Across lanes: those that are not there count as 0, or repeat others -- */

static void set_scalar(struct translator *t, unsigned n, ir_val v, bool wide)
{
    set_v(t, n, vop(t, IR_VSCALAR, wide ? IR_LANE_64 : IR_LANE_32, 0, v, 0));
}

static ir_val low_part(struct translator *t, const struct a64_args *a)
{
    ir_val v = get_v(t, a->rn);
    return a->q ? v : vop(t, IR_VSCALAR, IR_LANE_64, 0, get_lane(t, 3, 0, v), 0);
}

static bool across_valid(const struct a64_args *a)
{
    return a->sz != 2 || a->q;
}

bool a64_addv(struct translator *t, const struct a64_args *a)
{
    if (!across_valid(a))
        return false;
    if (!fp_trapped(t))
        set_scalar(t, a->rd, ir_vector(t->u, IR_VSUM, IR_I32, a->sz, 0, low_part(t, a), 0, 0), false);
    return true;
}

bool a64_addlv(struct translator *t, const struct a64_args *a)
{
    bool wide = a->sz == 2;
    if (!across_valid(a))
        return false;
    if (fp_trapped(t))
        return true;
    ir_val pairs = long_pairs(t, a, low_part(t, a));
    set_scalar(t, a->rd, ir_vector(t->u, IR_VSUM, wide ? IR_I64 : IR_I32, a->sz + 1, 0, pairs, 0, 0), wide);
    return true;
}

/* Halves against each other until one lane is left. */
static bool reduce(struct translator *t, const struct a64_args *a, enum ir_opcode op)
{
    if (!across_valid(a))
        return false;
    if (fp_trapped(t))
        return true;
    ir_val v = get_repeated(t, a->q, a->sz, a->rn);
    for (unsigned bytes = 8; bytes >= 1u << a->sz; bytes /= 2)
        v = vop(t, op, a->sz, 0, v, vop(t, IR_VEXT, 0, bytes, v, v));
    set_part(t, 2, a->sz, a->rd, v);
    return true;
}

A64(maxv, reduce(t, a, a->u ? IR_VMAXU : IR_VMAXS))
A64(minv, reduce(t, a, a->u ? IR_VMINU : IR_VMINS))

/* -- Long, wide and narrow -- */

static ir_val widen(struct translator *t, const struct a64_args *a, ir_val v)
{
    return vop(t, a->u ? IR_VWIDENU : IR_VWIDENS, a->sz, a->q == 1, v, 0);
}

static bool add_sub_long(struct translator *t, const struct a64_args *a, enum ir_opcode op, bool first_wide)
{
    if (fp_trapped(t))
        return true;
    ir_val x = get_v(t, a->rn), y = widen(t, a, get_v(t, a->rm));
    set_v(t, a->rd, vop(t, op, a->sz + 1, 0, first_wide ? x : widen(t, a, x), y));
    return true;
}

A64(addl, add_sub_long(t, a, IR_VADD, false))
A64(subl, add_sub_long(t, a, IR_VSUB, false))
A64(addw, add_sub_long(t, a, IR_VADD, true))
A64(subw, add_sub_long(t, a, IR_VSUB, true))

static void accumulate_long(struct translator *t, const struct a64_args *a, ir_val r, enum ir_opcode op)
{
    set_v(t, a->rd, op == IR_NOP ? r : vop(t, op, a->sz + 1, 0, get_v(t, a->rd), r));
}

static bool multiply_long(struct translator *t, const struct a64_args *a, ir_val y, enum ir_opcode op)
{
    accumulate_long(t, a, vop(t, a->u ? IR_VMULLU : IR_VMULLS, a->sz, a->q == 1, get_v(t, a->rn), y), op);
    return true;
}

A64(mull, fp_trapped(t) || multiply_long(t, a, get_v(t, a->rm), IR_NOP))
A64(mlal, fp_trapped(t) || multiply_long(t, a, get_v(t, a->rm), IR_VADD))
A64(mlsl, fp_trapped(t) || multiply_long(t, a, get_v(t, a->rm), IR_VSUB))

static bool difference_long(struct translator *t, const struct a64_args *a, enum ir_opcode op)
{
    if (fp_trapped(t))
        return true;
    ir_val x = widen(t, a, get_v(t, a->rn)), y = widen(t, a, get_v(t, a->rm));
    ir_val r = vop(t, IR_VSUB, a->sz + 1, 0, x, y), narrow = difference(t, a, a->sz, get_v(t, a->rn), get_v(t, a->rm));
    if (a->sz < 2)
        r = difference(t, a, a->sz + 1, x, y);
    else /* there may be no minimum of 64-bit lanes: what the difference is without a sign, extended */
        r = vop(t, IR_VWIDENU, a->sz, a->q == 1, narrow, 0);
    accumulate_long(t, a, r, op);
    return true;
}

A64(abdl, difference_long(t, a, IR_NOP))
A64(abal, difference_long(t, a, IR_VADD))

/* The high halves of sums or differences, rounded with U. */
static bool add_sub_narrow(struct translator *t, const struct a64_args *a, enum ir_opcode op)
{
    unsigned wide = a->sz + 1, half = 8u << a->sz;
    if (fp_trapped(t))
        return true;
    ir_val v = vop(t, op, wide, 0, get_v(t, a->rn), get_v(t, a->rm));
    if (a->u) {
        uint64_t round = repeated(UINT64_C(1) << (half - 1), wide);
        v = vop(t, IR_VADD, wide, 0, v, vector_const(t, round, round));
    }
    v = vop(t, IR_VSHRI, wide, half, v, 0);
    set_half(t, a, vop(t, IR_VNARROW, wide, 0, v, v));
    return true;
}

A64(addhn, add_sub_narrow(t, a, IR_VADD))
A64(subhn, add_sub_narrow(t, a, IR_VSUB))

bool a64_xtn(struct translator *t, const struct a64_args *a)
{
    if (fp_trapped(t))
        return true;
    ir_val v = get_v(t, a->rn);
    set_half(t, a, vop(t, IR_VNARROW, a->sz + 1, 0, v, v));
    return true;
}

/* Wide lanes shifted right by n, rounded or not; what rounds is added behind the shift, where nothing overflows. */
static ir_val shift_wide(struct translator *t, unsigned size, bool u, bool round, unsigned n, ir_val v)
{
    enum ir_opcode op = u ? IR_VSHRI : IR_VSARI;
    uint64_t one = repeated(1, size);
    if (!n)
        return v;
    ir_val r = vop(t, op, size, n, v, 0);
    if (!round)
        return r;
    ir_val last = n == 1 ? v : vop(t, op, size, n - 1, v, 0);
    return vop(t, IR_VADD, size, 0, r, vop(t, IR_VAND, 0, 0, last, vector_const(t, one, one)));
}

/* Saturated to half the width, size: QC is set where that is another number. */
static ir_val saturated(struct translator *t, unsigned size, bool u, bool to_u, ir_val v)
{
    unsigned wide = size + 1;
    if (u) {
        uint64_t most = repeated((UINT64_C(1) << (8u << size)) - 1, wide);
        ir_val least = vop(t, IR_VMINU, wide, 0, v, vector_const(t, most, most));
        set_qc(t, v, least);
        return vop(t, IR_VNARROW, wide, 0, least, least);
    }
    ir_val r = vop(t, to_u ? IR_VNARROWSU : IR_VNARROWS, wide, 0, v, v);
    set_qc(t, v, vop(t, to_u ? IR_VWIDENU : IR_VWIDENS, size, 0, r, 0));
    return r;
}

/* size: of the result. */
static bool narrow(struct translator *t, const struct a64_args *a, unsigned size, bool u, bool to_u, bool round, unsigned n)
{
    struct a64_args of_size = *a;
    if (fp_trapped(t))
        return true;
    ir_val v = a->q == 2 ? repeat_lane(t, size + 1, a->rn, 0) : get_v(t, a->rn);
    v = shift_wide(t, size + 1, u, round, n, v);
    of_size.sz = size;
    set_half(t, &of_size, saturated(t, size, u, to_u, v));
    return true;
}

A64(qxtn, narrow(t, a, a->sz, a->u, a->u, false, 0))
A64(sqxtun, narrow(t, a, a->sz, false, true, false, 0))

bool a64_shll(struct translator *t, const struct a64_args *a)
{
    if (fp_trapped(t))
        return true;
    ir_val v = vop(t, IR_VWIDENU, a->sz, a->q == 1, get_v(t, a->rn), 0);
    set_v(t, a->rd, vop(t, IR_VSHLI, a->sz + 1, 8u << a->sz, v, 0));
    return true;
}

static ir_val doubled_product(struct translator *t, const struct a64_args *a, ir_val y)
{
    uint64_t desc = a->sz << 8 | (a->q == 1) << 12;
    ir_val x = a->q == 2 ? repeat_lane(t, a->sz, a->rn, 0) : get_v(t, a->rn);
    return ir_call(t->u, &arm_helper_simd_qdmull, IR_V128, x, y, const64(t, desc), 0);
}

/* sign: 0 the product itself, 1 added to d, -1 subtracted, which saturates again. */
static bool saturating_long(struct translator *t, const struct a64_args *a, ir_val y, int sign)
{
    ir_val r = doubled_product(t, a, y);
    unsigned wide = a->sz + 1;
    if (sign) {
        ir_val d = get_repeated(t, a->q == 2 ? 2 : 1, wide, a->rd);
        ir_val sum = vop(t, sign > 0 ? IR_VADDS : IR_VSUBS, wide, 0, d, r);
        set_qc(t, sum, vop(t, sign > 0 ? IR_VADD : IR_VSUB, wide, 0, d, r));
        r = sum;
    }
    set_part(t, a->q == 2 ? 2 : 1, wide, a->rd, r);
    return true;
}

static ir_val second_doubled(struct translator *t, const struct a64_args *a)
{
    return a->q == 2 ? repeat_lane(t, a->sz, a->rm, 0) : get_v(t, a->rm);
}

A64(sqdmull, fp_trapped(t) || saturating_long(t, a, second_doubled(t, a), 0))
A64(sqdmlal, fp_trapped(t) || saturating_long(t, a, second_doubled(t, a), 1))
A64(sqdmlsl, fp_trapped(t) || saturating_long(t, a, second_doubled(t, a), -1))

bool a64_pmull(struct translator *t, const struct a64_args *a)
{
    uint64_t desc = a->sz << 8 | a->q << 12;
    if (!fp_trapped(t))
        set_v(t, a->rd, ir_call(t->u, &arm_helper_simd_pmull, IR_V128, get_v(t, a->rn), get_v(t, a->rm), const64(t, desc), 0));
    return true;
}

/* -- Three of the same, extra -- */

static bool rounding_accumulate(struct translator *t, const struct a64_args *a, ir_val y)
{
    const struct ir_helper *h = a->sz == 1 ? (a->op ? &arm_helper_sqrdmlsh_h : &arm_helper_sqrdmlah_h)
                                           : (a->op ? &arm_helper_sqrdmlsh_s : &arm_helper_sqrdmlah_s);
    ir_val d = get_repeated(t, a->q, a->sz, a->rd), x = get_repeated(t, a->q, a->sz, a->rn);
    set_part(t, a->q, a->sz, a->rd, ir_call(t->u, h, IR_V128, d, x, y, 0));
    return true;
}

A64(sqrdmlah, fp_trapped(t) || rounding_accumulate(t, a, get_repeated(t, a->q, a->sz, a->rm)))

static bool dot(struct translator *t, const struct a64_args *a, ir_val y)
{
    const struct ir_helper *h = a->u ? &arm_helper_udot : &arm_helper_sdot;
    set_part(t, a->q, 2, a->rd, ir_call(t->u, h, IR_V128, get_v(t, a->rd), get_v(t, a->rn), y, 0));
    return true;
}

A64(dot, fp_trapped(t) || dot(t, a, get_v(t, a->rm)))

/* -- By element: of 16-bit lanes only the registers 0 to 15 -- */

unsigned element_register(const struct a64_args *a, unsigned size)
{
    return size == 1 ? a->rm & 15 : a->rm;
}

/* idx is the pair H:L; of 16-bit lanes M is the lowest bit of the index. */
unsigned element_index(const struct a64_args *a, unsigned size)
{
    return size == 1 ? a->idx << 1 | a->rm >> 4 : size == 2 ? a->idx : a->idx >> 1;
}

static ir_val element(struct translator *t, const struct a64_args *a)
{
    return repeat_lane(t, a->sz, element_register(a, a->sz), element_index(a, a->sz));
}

bool a64_mul_e(struct translator *t, const struct a64_args *a)
{
    if (!fp_trapped(t))
        set_part(t, a->q, a->sz, a->rd, vop(t, IR_VMUL, a->sz, 0, get_v(t, a->rn), element(t, a)));
    return true;
}

A64(mla_e, fp_trapped(t) || multiply_accumulate(t, a, get_v(t, a->rn), element(t, a), a->op))
A64(mull_e, fp_trapped(t) || multiply_long(t, a, element(t, a), IR_NOP))
A64(mlal_e, fp_trapped(t) || multiply_long(t, a, element(t, a), a->op ? IR_VSUB : IR_VADD))
A64(sqdmull_e, fp_trapped(t) || saturating_long(t, a, element(t, a), 0))
A64(sqdmlal_e, fp_trapped(t) || saturating_long(t, a, element(t, a), a->op ? -1 : 1))
A64(sqrdmlah_e, fp_trapped(t) || rounding_accumulate(t, a, element(t, a)))

bool a64_qdmulh_e(struct translator *t, const struct a64_args *a)
{
    enum simd_op op = a->op ? SIMD_QRDMULH : SIMD_QDMULH;
    if (!fp_trapped(t))
        set_part(t, a->q, a->sz, a->rd,
                 call2(t, op, a->sz, false, get_repeated(t, a->q, a->sz, a->rn), element(t, a)));
    return true;
}

A64(dot_e, fp_trapped(t) || dot(t, a, repeat_lane(t, 2, a->rm, a->idx)))

/* -- Shifts by an immediate -- */

unsigned shift_size(const struct a64_args *a)
{
    return 31 - __builtin_clz(a->sh);
}

unsigned shift_right_count(const struct a64_args *a)
{
    return (16u << shift_size(a)) - (a->sh << 3 | (unsigned)a->imm);
}

unsigned shift_left_count(const struct a64_args *a)
{
    return (a->sh << 3 | (unsigned)a->imm) - (8u << shift_size(a));
}

/* Scalars have 64 bits, unless they saturate; vectors of 64-bit lanes two. */
static bool shift_valid(const struct a64_args *a, bool any_scalar)
{
    unsigned size = shift_size(a);
    return a->q == 2 ? any_scalar || size == 3 : size != 3 || a->q || a->rd >= VREG_D(0);
}

/* By 1 to the width. */
static ir_val shift_right_by(struct translator *t, bool u, unsigned size, ir_val v, unsigned n)
{
    unsigned width = 8u << size;
    if (u)
        return n == width ? zero(t) : vop(t, IR_VSHRI, size, n, v, 0);
    return vop(t, IR_VSARI, size, MIN(n, width - 1), v, 0);
}

static bool shift_right(struct translator *t, const struct a64_args *a, bool accumulate, bool round)
{
    unsigned size = shift_size(a), n = shift_right_count(a);
    if (!shift_valid(a, false))
        return false;
    if (fp_trapped(t))
        return true;
    ir_val v = get_v(t, a->rn), r;
    if (round) {
        uint64_t by = repeated(-n & 0xff, 0);
        r = call2(t, SIMD_RSHL, size, a->u, v, vector_const(t, by, by));
    } else {
        r = shift_right_by(t, a->u, size, v, n);
    }
    set_part(t, a->q, size, a->rd, accumulate ? vop(t, IR_VADD, size, 0, get_v(t, a->rd), r) : r);
    return true;
}

A64(sshr, shift_right(t, a, false, false))
A64(ssra, shift_right(t, a, true, false))
A64(srshr, shift_right(t, a, false, true))
A64(srsra, shift_right(t, a, true, true))

bool a64_shl_i(struct translator *t, const struct a64_args *a)
{
    unsigned size = shift_size(a);
    if (!shift_valid(a, false))
        return false;
    if (!fp_trapped(t))
        set_part(t, a->q, size, a->rd, vop(t, IR_VSHLI, size, shift_left_count(a), get_v(t, a->rn), 0));
    return true;
}

/* The register with those bits of each lane replaced that the shifted value has. */
static bool shift_insert(struct translator *t, const struct a64_args *a, bool left)
{
    unsigned size = shift_size(a), width = 8u << size, n = left ? shift_left_count(a) : shift_right_count(a);
    uint64_t all = size == 3 ? ~UINT64_C(0) : (UINT64_C(1) << width) - 1;
    if (!shift_valid(a, false))
        return false;
    if (fp_trapped(t))
        return true;
    uint64_t mask = repeated(left ? all << n : n == width ? 0 : all >> n, size);
    ir_val v = get_v(t, a->rn), shifted = left ? vop(t, IR_VSHLI, size, n, v, 0) : shift_right_by(t, true, size, v, n);
    ir_val kept = vop(t, IR_VANDN, 0, 0, get_v(t, a->rd), vector_const(t, mask, mask));
    set_part(t, a->q, size, a->rd, vop(t, IR_VOR, 0, 0, kept, shifted));
    return true;
}

A64(sri, shift_insert(t, a, false))
A64(sli, shift_insert(t, a, true))

static bool shift_saturate(struct translator *t, const struct a64_args *a, enum simd_op op, bool u)
{
    unsigned size = shift_size(a);
    uint64_t by = repeated(shift_left_count(a), size);
    if (!shift_valid(a, true))
        return false;
    if (!fp_trapped(t))
        set_part(t, a->q, size, a->rd,
                 call2(t, op, size, u, get_repeated(t, a->q, size, a->rn), vector_const(t, by, by)));
    return true;
}

A64(qshl_i, shift_saturate(t, a, SIMD_QSHL, a->u))
A64(sqshlu, shift_saturate(t, a, SIMD_QSHLU, false))

bool a64_shll_i(struct translator *t, const struct a64_args *a)
{
    unsigned size = shift_size(a), n = shift_left_count(a);
    if (size == 3)
        return false;
    if (fp_trapped(t))
        return true;
    ir_val v = vop(t, a->u ? IR_VWIDENU : IR_VWIDENS, size, a->q, get_v(t, a->rn), 0);
    set_v(t, a->rd, n ? vop(t, IR_VSHLI, size + 1, n, v, 0) : v);
    return true;
}

bool a64_shrn(struct translator *t, const struct a64_args *a)
{
    unsigned size = shift_size(a), n = shift_right_count(a);
    if (size == 3)
        return false;
    if (fp_trapped(t))
        return true;
    ir_val v = get_v(t, a->rn);
    if (a->op) {
        uint64_t round = repeated(UINT64_C(1) << (n - 1), size + 1);
        v = vop(t, IR_VADD, size + 1, 0, v, vector_const(t, round, round));
    }
    v = vop(t, IR_VSHRI, size + 1, n, v, 0);
    set_half(t, a, vop(t, IR_VNARROW, size + 1, 0, v, v));
    return true;
}

static bool shift_narrow(struct translator *t, const struct a64_args *a, bool u, bool to_u)
{
    unsigned size = shift_size(a);
    return size != 3 && narrow(t, a, size, u, to_u, a->op, shift_right_count(a));
}

A64(qshrn, shift_narrow(t, a, a->u, a->u))
A64(sqshrun, shift_narrow(t, a, false, true))
