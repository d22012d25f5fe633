/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A32 and T32: VFP's scalars, the same registers as A64's. Manual: DDI 0487, chapter F6. Not there: half precision,
 * fixed point, short vectors.
 */
#include "trans-a32.h"
#include "trans-a64.h"

#define CLASS IR_FP_ARM

/* -- Registers: sz as FP_SINGLE and FP_DOUBLE are; n as D:Vd -- */

static unsigned lane_of(unsigned sz, unsigned n, unsigned *reg)
{
    unsigned s = (n & 15) << 1 | n >> 4;
    *reg = sz ? n / 2 : s / 4;
    return sz ? n % 2 : s % 4;
}

static ir_val get_fp(struct translator *t, unsigned sz, unsigned n)
{
    unsigned reg, lane = lane_of(sz, n, &reg);
    return ir_vector(t->u, IR_VGET, sz ? IR_F64 : IR_F32, sz ? IR_LANE_F64 : IR_LANE_F32, lane, get_v(t, reg), 0, 0);
}

static void put_fp(struct translator *t, unsigned sz, unsigned n, ir_val v)
{
    unsigned reg, lane = lane_of(sz, n, &reg);
    set_v(t, reg, ir_vector(t->u, IR_VSET, IR_V128, sz ? IR_LANE_F64 : IR_LANE_F32, lane, get_v(t, reg), v, 0));
}

static ir_val bits_of(struct translator *t, unsigned sz, ir_val v)
{
    ir_val b = ir_convert(t->u, IR_BITS, sz ? IR_I64 : IR_I32, v);
    return sz ? b : address(t, b);
}

static ir_val of_bits(struct translator *t, unsigned sz, ir_val v)
{
    return ir_convert(t->u, IR_FROMBITS, sz ? IR_F64 : IR_F32, sz ? v : ir_convert(t->u, IR_TRUNC, IR_I32, v));
}

/* -- Arithmetic -- */

static ir_val fp(struct translator *t, enum ir_opcode op, ir_val a, ir_val b)
{
    return ir_fp(t->u, op, CLASS, IR_RDYN, a, b);
}

/* The product is rounded before the sum. */
static ir_val chained(struct translator *t, unsigned op, ir_val d, ir_val product)
{
    if (op == 1 || op == 3)
        product = ir_op1(t->u, IR_FNEG, product);
    return fp(t, IR_FADD, op & 2 ? ir_op1(t->u, IR_FNEG, d) : d, product);
}

bool a32_vfp3(struct translator *t, const struct a32_args *a)
{
    struct ir_unit *u = t->u;
    if (a->op == 9)
        return false;
    if (fp_trapped(t))
        return true;
    ir_val n = get_fp(t, a->sz, a->rn), m = get_fp(t, a->sz, a->rm), r;
    ir_val d = a->op < 4 || a->op > 8 ? get_fp(t, a->sz, a->rd) : 0;
    switch (a->op) {
    case 0: case 1: case 2: case 3:
        r = chained(t, a->op, d, fp(t, IR_FMUL, n, m));
        break;
    case 4: r = fp(t, IR_FMUL, n, m); break;
    case 5: r = ir_op1(u, IR_FNEG, fp(t, IR_FMUL, n, m)); break;
    case 6: r = fp(t, IR_FADD, n, m); break;
    case 7: r = fp(t, IR_FSUB, n, m); break;
    case 8: r = fp(t, IR_FDIV, n, m); break;
    default: {
        unsigned neg = (a->op & 1 ? IR_FMA_NEG_PRODUCT : 0) | (a->op < 12 ? IR_FMA_NEG_ADDEND : 0);
        r = ir_fp_fma(u, CLASS, IR_RDYN, neg, n, m, d);
    }
    }
    put_fp(t, a->sz, a->rd, r);
    return true;
}

static void compare(struct translator *t, const struct a32_args *a, bool zero, bool signalling)
{
    ir_val y = zero ? const64(t, 0) : bits_of(t, a->sz, get_fp(t, a->sz, a->rm));
    ir_val r = ir_call(t->u, &arm_helper_fp_compare, IR_I64, bits_of(t, a->sz, get_fp(t, a->sz, a->rd)), y,
                       const64(t, a->sz << 8 | signalling), 0);
    ir_store_state(t->u, IR_MEM_32, STATE(fpscr_nzcv), ir_convert(t->u, IR_TRUNC, IR_I32, r));
}

static void to_int(struct translator *t, const struct a32_args *a, bool is_signed, enum ir_rm rm)
{
    ir_val r = ir_fp_convert(t->u, is_signed ? IR_F2S : IR_F2U, CLASS, rm, IR_I32, get_fp(t, a->sz, a->rm));
    put_fp(t, 0, a->rd, ir_convert(t->u, IR_FROMBITS, IR_F32, r));
}

/* op: the manual's opc2 and the bit behind it. */
bool a32_vfp2(struct translator *t, const struct a32_args *a)
{
    struct ir_unit *u = t->u;
    static const uint32_t there = 1u << 0 | 1u << 1 | 1u << 2 | 1u << 3 | 1u << 8 | 1u << 9 | 1u << 10 | 1u << 11 |
                                  1u << 15 | 1u << 16 | 1u << 17 | 3u << 24 | 3u << 26;
    if (!(there >> a->op & 1))
        return false;
    if (fp_trapped(t))
        return true;
    switch (a->op) {
    case 0: put_fp(t, a->sz, a->rd, get_fp(t, a->sz, a->rm)); break;
    case 1: put_fp(t, a->sz, a->rd, ir_op1(u, IR_FABS, get_fp(t, a->sz, a->rm))); break;
    case 2: put_fp(t, a->sz, a->rd, ir_op1(u, IR_FNEG, get_fp(t, a->sz, a->rm))); break;
    case 3: put_fp(t, a->sz, a->rd, fp(t, IR_FSQRT, get_fp(t, a->sz, a->rm), 0)); break;
    case 8: case 9: case 10: case 11:
        compare(t, a, a->op >= 10, a->op & 1);
        break;
    case 15: /* to the other precision */
        put_fp(t, !a->sz, a->rd,
               ir_fp_convert(u, IR_F2F, CLASS, IR_RDYN, a->sz ? IR_F32 : IR_F64, get_fp(t, a->sz, a->rm)));
        break;
    case 16: case 17: {
        ir_val v = ir_convert(u, IR_BITS, IR_I32, get_fp(t, 0, a->rm));
        put_fp(t, a->sz, a->rd,
               ir_fp_convert(u, a->op & 1 ? IR_S2F : IR_U2F, CLASS, IR_RDYN, a->sz ? IR_F64 : IR_F32, v));
        break;
    }
    default:
        to_int(t, a, a->op >= 26, a->op & 1 ? IR_RTZ : IR_RDYN);
    }
    return true;
}

bool a32_vmov_imm(struct translator *t, const struct a32_args *a)
{
    uint64_t sign = a->imm >> 7, exponent = bits(a->imm, 6, 1), low = bits(a->imm, 0, 6);
    uint64_t v = a->sz ? sign << 63 | (exponent ? 0xffull : 0x100ull) << 54 | low << 48
                       : sign << 31 | (exponent ? 0x1full : 0x20ull) << 25 | low << 19;
    if (!fp_trapped(t))
        put_fp(t, a->sz, a->rd, of_bits(t, a->sz, const64(t, v)));
    return true;
}

/* -- Moves to and from general registers -- */

bool a32_vmov_one(struct translator *t, const struct a32_args *a)
{
    if (a->rd == 15)
        return false;
    if (fp_trapped(t))
        return true;
    unsigned n = a->rn;
    if (a->s)
        put32(t, a->rd, ir_convert(t->u, IR_BITS, IR_I32, get_fp(t, 0, n)));
    else
        put_fp(t, 0, n, ir_convert(t->u, IR_FROMBITS, IR_F32, get32(t, a->rd)));
    return true;
}

bool a32_vmov_lane(struct translator *t, const struct a32_args *a)
{
    struct ir_unit *u = t->u;
    unsigned d = a->rn, lane = d % 2 * 2 + a->x;
    if (a->rd == 15)
        return false;
    if (fp_trapped(t))
        return true;
    if (a->s)
        put32(t, a->rd, ir_vector(u, IR_VGET, IR_I32, IR_LANE_32, lane, get_v(t, d / 2), 0, 0));
    else
        set_v(t, d / 2, ir_vector(u, IR_VSET, IR_V128, IR_LANE_32, lane, get_v(t, d / 2), get32(t, a->rd), 0));
    return true;
}

/* A doubleword, or two successive singles. */
bool a32_vmov_two(struct translator *t, const struct a32_args *a)
{
    struct ir_unit *u = t->u;
    if (a->rd == 15 || a->ra == 15)
        return false;
    if (fp_trapped(t))
        return true;
    unsigned s = (a->rm & 15) << 1 | a->rm >> 4;
    for (unsigned i = 0; i < 2; i++) {
        unsigned lane = a->sz ? a->rm % 2 * 2 + i : (s + i) % 4, reg = a->sz ? a->rm / 2 : (s + i) / 4 % 8;
        unsigned r = i ? a->ra : a->rd;
        if (a->s)
            put32(t, r, ir_vector(u, IR_VGET, IR_I32, IR_LANE_32, lane, get_v(t, reg), 0, 0));
        else
            set_v(t, reg, ir_vector(u, IR_VSET, IR_V128, IR_LANE_32, lane, get_v(t, reg), get32(t, r), 0));
    }
    return true;
}

/* -- Loads and stores -- */

static void access_fp(struct translator *t, bool load, unsigned sz, unsigned n, ir_val addr, int32_t disp)
{
    struct ir_unit *u = t->u;
    unsigned memop = memop_of(t, IR_MEM_32) | IR_MEM_ALIGN, reg, lane = lane_of(sz, n, &reg);
    for (unsigned i = 0; i <= sz; i++) { /* words: a double needs no more alignment */
        unsigned at = sz ? lane * 2 + (t->order ? !i : i) : lane;
        if (load)
            set_v(t, reg, ir_vector(u, IR_VSET, IR_V128, IR_LANE_32, at, get_v(t, reg),
                                    ir_load(u, IR_I32, memop, addr, disp + 4 * i), 0));
        else
            ir_store(u, memop, addr, disp + 4 * i, ir_vector(u, IR_VGET, IR_I32, IR_LANE_32, at, get_v(t, reg), 0, 0));
    }
}

bool a32_vldr(struct translator *t, const struct a32_args *a)
{
    if (fp_trapped(t))
        return true;
    ir_val base = a->rn == 15 ? ir_pc(t->u, IR_I32, pc_ahead(t) & ~3u) : get32(t, a->rn);
    access_fp(t, a->s, a->sz, a->rd, address(t, op2i(t, IR_ADD, base, a->x ? 4 * a->imm : -4 * a->imm)), 0);
    return true;
}

bool a32_vldm(struct translator *t, const struct a32_args *a)
{
    unsigned n = a->sz ? a->imm / 2 : a->imm, first = a->sz ? a->rd : (a->rd & 15u) << 1 | a->rd >> 4;
    if (!n || first + n > 32 || (a->sz && n > 16) || (a->rn == 15 && (a->puw || t->t32)))
        return false;
    if (fp_trapped(t))
        return true;
    ir_val base = get32(t, a->rn), moved = op2i(t, IR_ADD, base, a->y == 2 ? 4 * a->imm : -4 * a->imm);
    ir_val addr = address(t, a->y == 2 ? base : moved);
    for (unsigned i = 0; i < n; i++) {
        unsigned r = first + i;
        access_fp(t, a->s, a->sz, a->sz ? r : r >> 1 | (r & 1) << 4, addr, (a->sz ? 8 : 4) * i);
    }
    if (a->puw)
        put32(t, a->rn, moved);
    return true;
}

/* -- Status -- */

/* FPSID, MVFR and FPEXC can be read where FP is not enabled. */
bool a32_vmrs(struct translator *t, const struct a32_args *a)
{
    struct ir_unit *u = t->u;
    bool status = a->op == 1;
    if (!status && (!t->el || (a->op != 0 && (a->op < 5 || a->op > 8))))
        return false;
    if (status && fp_trapped(t))
        return true;
    if (!a->s) {
        if (a->rd == 15)
            return false;
        ir_call(u, &arm_helper_a32_vmsr, IR_VOID, const64(t, a->op), address(t, get32(t, a->rd)), 0, 0);
        a32_exit_next(t);
        return true;
    }
    if (a->rd == 15 && status) {
        set_nzcv(t, ir_load_state(u, IR_I32, IR_MEM_32, STATE(fpscr_nzcv)));
        return true;
    }
    if (a->rd == 15)
        return false;
    ir_val v = ir_call(u, &arm_helper_a32_vmrs, IR_I64, const64(t, a->op), 0, 0, 0);
    put32(t, a->rd, ir_convert(u, IR_TRUNC, IR_I32, v));
    return true;
}
