/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A32 and T32: VFP, on the same registers as A64's and for the most part by its functions. Manual: DDI 0487, chapter F6;
 * of short vectors DDI 0406, appendix "VFP Vector Operation Support".
 */
#include "trans-a32.h"
#include "trans-neon.h"

/* -- Registers: sz of rows is 1 half, 2 single, 3 double precision; n is D:Vd -- */

enum { SZ_HALF = 1, SZ_SINGLE = 2, SZ_DOUBLE = 3 };

static unsigned format_of(unsigned sz)
{
    return sz == SZ_DOUBLE ? FP_DOUBLE : sz == SZ_SINGLE ? FP_SINGLE : FP_HALF;
}

static unsigned s_register(unsigned n)
{
    return VREG_S((n & 15) << 1 | n >> 4);
}

static unsigned fp_register(unsigned sz, unsigned n)
{
    return sz == SZ_DOUBLE ? VREG_D(n) : s_register(n);
}

/* Operands as A64's functions take them. */
static struct a64_args operands(const struct a32_args *a)
{
    return (struct a64_args){
        .sz = format_of(a->sz), .rd = fp_register(a->sz, a->rd), .rn = fp_register(a->sz, a->rn),
        .rm = fp_register(a->sz, a->rm),
    };
}

static ir_val get_s(struct translator *t, unsigned n)
{
    return ir_vector(t->u, IR_VGET, IR_I32, IR_LANE_32, v_part(n), get_v(t, v_register(n)), 0, 0);
}

static void set_s(struct translator *t, unsigned n, ir_val v)
{
    unsigned reg = v_register(n);
    set_v(t, reg, vop(t, IR_VSET, IR_LANE_32, v_part(n), get_v(t, reg), v));
}

static ir_val get_d(struct translator *t, unsigned n)
{
    return ir_vector(t->u, IR_VGET, IR_I64, IR_LANE_64, v_part(n), get_v(t, v_register(n)), 0, 0);
}

static void set_d(struct translator *t, unsigned n, ir_val v)
{
    unsigned reg = v_register(n);
    set_v(t, reg, vop(t, IR_VSET, IR_LANE_64, v_part(n), get_v(t, reg), v));
}

/* The bits of the format, as I64. */
static ir_val get_bits(struct translator *t, unsigned sz, unsigned n)
{
    if (sz == SZ_DOUBLE)
        return get_d(t, n);
    ir_val v = address(t, get_s(t, n));
    return sz == SZ_HALF ? ir_op1(t->u, IR_ZEXT16, v) : v;
}

static void set_bits(struct translator *t, unsigned sz, unsigned n, ir_val v)
{
    if (sz == SZ_DOUBLE)
        set_d(t, n, v);
    else
        set_s(t, n, ir_convert(t->u, IR_TRUNC, IR_I32, v));
}

/* VFPv2, and what else has no Advanced SIMD, has 16 doublewords. */
static bool has_double(const struct translator *t, unsigned n)
{
    return n < 16 || t->config->has[ARMF_asimd];
}

static bool has_register(const struct translator *t, unsigned sz, unsigned n)
{
    return sz != SZ_DOUBLE || has_double(t, n);
}

static bool is_vfpv2(const struct translator *t)
{
    return t->config->has[ARMF_a_profile] && !t->config->has[ARMF_v7];
}

/* -- Short vectors: FPSCR.LEN more than 1. A destination in the first bank is a scalar, and so is such an operand m -- */

/* Registers by number: 8 singles or 4 doublewords are a bank, in which vectors wrap around. */
static unsigned in_banks(unsigned sz, unsigned n)
{
    return sz == SZ_DOUBLE ? n : (n & 15) << 1 | n >> 4;
}

static unsigned next_in_bank(unsigned sz, unsigned n, unsigned step)
{
    unsigned bank = sz == SZ_DOUBLE ? 4 : 8, at = in_banks(sz, n);
    at = at / bank * bank + (at % bank + step) % bank;
    return sz == SZ_DOUBLE ? at : at >> 1 | (at & 1) << 4;
}

static bool in_first_bank(unsigned sz, unsigned n)
{
    return sz == SZ_DOUBLE ? (n & 15) < 4 : in_banks(sz, n) < 8;
}

/* fn for each element. */
static bool each_element(struct translator *t, const struct a32_args *a, bool monadic_imm,
                         bool (*fn)(struct translator *t, const struct a32_args *a))
{
    uint32_t mode = t->u->mode.word[1];
    unsigned n = bits(mode, ARMKEY_VECTOR_SHIFT, 3) + 1, step = bits(mode, ARMKEY_STRIDE_SHIFT, 2) == 3 ? 2 : 1;
    struct a32_args e = *a;
    if (!has_register(t, a->sz, a->rd) || !has_register(t, a->sz, a->rn) || !has_register(t, a->sz, a->rm))
        return false;
    if (likely(n == 1) || in_first_bank(a->sz, a->rd))
        return fn(t, a);
    bool scalar = in_first_bank(a->sz, a->rm);
    for (unsigned i = 0; i < n; i++) {
        if (!fn(t, &e))
            return false;
        if (t->ended) /* it traps */
            return true;
        e.rd = next_in_bank(a->sz, e.rd, step);
        e.rn = next_in_bank(a->sz, e.rn, step);
        if (!monadic_imm && !scalar)
            e.rm = next_in_bank(a->sz, e.rm, step);
    }
    return true;
}

/* -- Arithmetic -- */

static bool vfp3(struct translator *t, const struct a32_args *a)
{
    struct a64_args v = operands(a);
    if (a->op == 9 || (a->op >= 10 && !t->config->has[ARMF_fmac]))
        return false;
    switch (a->op) {
    case 0: case 1: case 2: case 3:
        v.op = a->op;
        return a64_neon_chain(t, &v);
    case 4: return a64_fmul_s(t, &v);
    case 5: return a64_fnmul_s(t, &v);
    case 6: return a64_fadd_s(t, &v);
    case 7: return a64_fsub_s(t, &v);
    case 8: return a64_fdiv_s(t, &v);
    default: /* VFNMS, VFNMA, VFMA, VFMS */
        v.ra = v.rd;
        v.op = a->op < 12;
        v.opt = v.op != (a->op & 1);
        return a64_fmadd(t, &v);
    }
}

bool a32_vfp3(struct translator *t, const struct a32_args *a)
{
    return each_element(t, a, false, vfp3);
}

/* VCVTB and VCVTT from half precision: the half that top says. */
static bool from_half(struct translator *t, const struct a32_args *a, bool top)
{
    struct a64_args v = operands(a);
    if (!t->config->has[ARMF_fphp] || a->sz == SZ_HALF || (a->sz == SZ_DOUBLE && !t->config->has[ARMF_fpv5]))
        return false;
    if (fp_trapped(t))
        return true;
    ir_val half = op2i(t, top ? IR_SHR : IR_AND, get_s(t, s_register(a->rm)), top ? 16 : 0xffff);
    set_bits(t, a->sz, v.rd, ir_call(t->u, &arm_helper_fp_convert, IR_I64, address(t, half), const64(t, FP_HALF | v.sz << 4),
                                     0, 0));
    return true;
}

/* VCVTB and VCVTT of a single to bfloat16 have half precision's size. */
static ir_val to_bfloat(struct translator *t, unsigned n)
{
    ir_val v = ir_call(t->u, &arm_helper_bfcvt, IR_V128, repeat_lane(t, 2, v_register(n), v_part(n)), const64(t, 0), 0, 0);
    return ir_vector(t->u, IR_VGET, IR_I32, IR_LANE_16, 0, v, 0, 0);
}

static bool to_half(struct translator *t, const struct a32_args *a, bool top)
{
    struct a64_args v = operands(a);
    if (a->sz == SZ_HALF) {
        if (!t->config->has[ARMF_bf16])
            return false;
        unsigned s = s_register(a->rd);
        if (!fp_trapped(t))
            set_s(t, s, ir_bits_set(t->u, get_s(t, s), to_bfloat(t, s_register(a->rm)), top ? 16 : 0, 16));
        return true;
    }
    if (!t->config->has[ARMF_fphp] || a->sz == SZ_HALF || (a->sz == SZ_DOUBLE && !t->config->has[ARMF_fpv5]))
        return false;
    if (fp_trapped(t))
        return true;
    unsigned d = s_register(a->rd);
    ir_val r = ir_call(t->u, &arm_helper_fp_convert, IR_I64, get_bits(t, a->sz, v.rm), const64(t, v.sz | FP_HALF << 4), 0, 0);
    r = ir_convert(t->u, IR_TRUNC, IR_I32, r);
    set_s(t, d, ir_bits_set(t->u, get_s(t, d), r, top ? 16 : 0, 16));
    return true;
}

/* To and from fixed point of 16 or 32 bits, in place. */
static bool fixed(struct translator *t, const struct a32_args *a, bool to, bool u, unsigned width)
{
    struct ir_unit *ir = t->u;
    struct a64_args v = operands(a);
    unsigned imm = (a->rm & 15) << 1 | a->rm >> 4;
    if (imm > width || (a->sz == SZ_HALF && !t->config->has[ARMF_fp16]))
        return false;
    if (fp_trapped(t))
        return true;
    uint64_t desc = fp_desc(to ? (u ? FPOP_TO_U : FPOP_TO_S) : u ? FPOP_FROM_U : FPOP_FROM_S, v.sz, to ? IR_RTZ : IR_RNE,
                            width - imm);
    if (to) {
        ir_val r = ir_call(ir, &arm_helper_fp_to_fixed_32, IR_I64, get_bits(t, a->sz, v.rd), const64(t, desc | width << 24),
                           0, 0);
        set_bits(t, a->sz, v.rd, u ? r : ir_op1(ir, width == 16 ? IR_SEXT16 : IR_SEXT32, r));
        return true;
    }
    ir_val x = a->sz == SZ_DOUBLE ? get_d(t, v.rd) : address(t, get_s(t, v.rd));
    x = ir_op1(ir, width == 16 ? (u ? IR_ZEXT16 : IR_SEXT16) : u ? IR_ZEXT32 : IR_SEXT32, x);
    set_bits(t, a->sz, v.rd, ir_call(ir, &arm_helper_fp_from_fixed, IR_I64, x, const64(t, desc | 32 << 24), 0, 0));
    return true;
}

/* op: the manual's opc2 and the bit behind it. */
static bool vfp2(struct translator *t, const struct a32_args *a)
{
    struct a64_args v = operands(a);
    bool fpv5 = t->config->has[ARMF_fpv5];
    v.rn = v.rm;
    switch (a->op) {
    case 0: return a->sz != SZ_HALF && a64_fmov_s(t, &v);
    case 1: return a64_fabs_s(t, &v);
    case 2: return a64_fneg_s(t, &v);
    case 3: return a64_fsqrt_s(t, &v);
    case 4: case 5: return from_half(t, a, a->op & 1);
    case 6: case 7: return to_half(t, a, a->op & 1);
    case 8: case 9: case 10: case 11: /* VCMP, VCMPE; with zero */
        v.op = (a->op & 1) << 1 | (a->op >= 10);
        v.rn = v.rd;
        return (a->op < 10 || !a->rm) && a64_fcmp(t, &v);
    case 12: case 13: case 14: { /* VRINTR, VRINTZ, VRINTX */
        static const uint8_t modes[] = { 7, 3, 6 };
        v.op = modes[a->op - 12];
        return fpv5 && a64_frint_s(t, &v);
    }
    case 15: /* to the other precision */
        v.opt = a->sz == SZ_DOUBLE ? FP_SINGLE : FP_DOUBLE;
        v.rd = fp_register(a->sz == SZ_DOUBLE ? SZ_SINGLE : SZ_DOUBLE, a->rd);
        return a->sz != SZ_HALF && a64_fcvt_s(t, &v);
    case 16: case 17:
        v.rn = s_register(a->rm);
        v.u = a->op == 16;
        return a64_cvtf_int(t, &v);
    case 19:
        v.rd = s_register(a->rd);
        return a->sz == SZ_DOUBLE && t->config->has[ARMF_jscvt] && a64_neon_jcvt(t, &v);
    case 20: case 21: case 22: case 23: return fixed(t, a, false, a->op & 2, a->op & 1 ? 32 : 16);
    case 24: case 25: case 26: case 27: /* VCVTR, VCVT */
        v.rd = s_register(a->rd);
        v.u = a->op < 26;
        v.opt = 3;
        return a->op & 1 ? a64_fcvt_int(t, &v) : a64_neon_cvtr(t, &v);
    case 28: case 29: case 30: case 31: return fixed(t, a, true, a->op & 2, a->op & 1 ? 32 : 16);
    default: return false;
    }
}

/* Of conversions one register alone is a doubleword, and none is a vector. */
bool a32_vfp2(struct translator *t, const struct a32_args *a)
{
    struct a32_args one = *a;
    one.rn = a->rd;
    if (a->op < 4)
        return each_element(t, &one, false, vfp2);
    bool fixed_point = (a->op >= 20 && a->op < 24) || a->op >= 28;
    if (fixed_point && is_vfpv2(t))
        return false;
    unsigned d = a->sz, m = a->sz;
    if (a->op == 15) /* to the other precision */
        d = a->sz == SZ_DOUBLE ? SZ_SINGLE : SZ_DOUBLE;
    else if (fixed_point || a->op == 4 || a->op == 5 || a->op == 16 || a->op == 17)
        m = SZ_SINGLE;
    else if (a->op == 6 || a->op == 7 || a->op >= 24)
        d = SZ_SINGLE;
    return has_register(t, d, a->rd) && has_register(t, m, a->rm) && vfp2(t, a);
}

static bool vmov_imm(struct translator *t, const struct a32_args *a)
{
    struct a64_args v = operands(a);
    v.imm = a->imm;
    return a64_fmov_imm(t, &v);
}

bool a32_vmov_imm(struct translator *t, const struct a32_args *a)
{
    struct a32_args one = *a;
    one.rn = one.rm = a->rd;
    return !is_vfpv2(t) && each_element(t, &one, true, vmov_imm);
}

/* -- Moves to and from general registers -- */

bool a32_vmov_one(struct translator *t, const struct a32_args *a)
{
    unsigned n = s_register(a->rn);
    if (a->rd == 15)
        return false;
    if (fp_trapped(t))
        return true;
    if (a->s)
        put32(t, a->rd, get_s(t, n));
    else
        set_s(t, n, get32(t, a->rd));
    return true;
}

bool a32_vmov_half(struct translator *t, const struct a32_args *a)
{
    unsigned n = s_register(a->rn);
    if (a->rd == 15)
        return false;
    if (fp_trapped(t))
        return true;
    if (a->s)
        put32(t, a->rd, op2i(t, IR_AND, get_s(t, n), 0xffff));
    else
        set_s(t, n, op2i(t, IR_AND, get32(t, a->rd), 0xffff));
    return true;
}

/* Of op, the manual's opc1 and opc2, come the size of a lane and its index. */
static bool lane_of(unsigned op, unsigned *size, unsigned *index)
{
    unsigned high = op >> 2 & 1;
    *size = op & 8 ? 0 : op & 1 ? 1 : 2;
    *index = *size == 0 ? high << 2 | (op & 3) : *size == 1 ? high << 1 | bits(op, 1, 1) : high;
    return *size < 2 || !(op & 2);
}

/* VDUP: op has B and Q, then 0 and E. */
static bool duplicate(struct translator *t, const struct a32_args *a)
{
    bool byte = a->op & 8, q = a->op & 4, half = a->op & 1;
    unsigned size = byte ? 0 : half ? 1 : 2;
    if ((a->op & 2) || (byte && half) || (q && (a->rn & 1)) || !t->config->has[ARMF_asimd])
        return false;
    if (!fp_trapped(t))
        set_v(t, q ? a->rn / 2 : VREG_D(a->rn), vop(t, IR_VDUP, size, 0, get32(t, a->rd), 0));
    return true;
}

/* x: of a move from a lane, that it is unsigned. */
bool a32_vmov_lane(struct translator *t, const struct a32_args *a)
{
    struct ir_unit *u = t->u;
    unsigned size, index;
    if (a->rd == 15)
        return false;
    if (!a->s && a->x)
        return duplicate(t, a);
    if (!has_double(t, a->rn) || !lane_of(a->op, &size, &index) || (size < 2 && !t->config->has[ARMF_asimd]) || (size == 2 && a->x))
        return false;
    if (fp_trapped(t))
        return true;
    index += (a->rn & 1) * (8u >> size);
    ir_val v = get_v(t, a->rn / 2);
    if (!a->s) {
        set_v(t, a->rn / 2, vop(t, IR_VSET, size, index, v, get32(t, a->rd)));
        return true;
    }
    ir_val r = ir_vector(u, IR_VGET, IR_I32, size, index, v, 0, 0);
    if (size < 2 && !a->x)
        r = ir_op1(u, size ? IR_SEXT16 : IR_SEXT8, r);
    put32(t, a->rd, r);
    return true;
}

/* A doubleword, or two successive singles. */
bool a32_vmov_two(struct translator *t, const struct a32_args *a)
{
    unsigned s = (a->rm & 15) << 1 | a->rm >> 4;
    if (a->rd == 15 || a->ra == 15 || (!a->sz && s == 31) || (a->s && a->rd == a->ra) || (a->sz && !has_double(t, a->rm)))
        return false;
    if (fp_trapped(t))
        return true;
    for (unsigned i = 0; i < 2; i++) {
        unsigned lane = a->sz ? a->rm % 2 * 2 + i : (s + i) % 4, reg = a->sz ? a->rm / 2 : (s + i) / 4;
        unsigned r = i ? a->ra : a->rd;
        if (a->s)
            put32(t, r, ir_vector(t->u, IR_VGET, IR_I32, IR_LANE_32, lane, get_v(t, reg), 0, 0));
        else
            set_v(t, reg, vop(t, IR_VSET, IR_LANE_32, lane, get_v(t, reg), get32(t, r)));
    }
    return true;
}

/* -- Loads and stores -- */

static void access_single(struct translator *t, bool load, unsigned n, ir_val addr, int32_t disp)
{
    unsigned memop = memop_of(t, IR_MEM_32) | IR_MEM_ALIGN, reg = v_register(n);
    if (load)
        set_v(t, reg, vop(t, IR_VSET, IR_LANE_F32, v_part(n), get_v(t, reg), ir_load(t->u, IR_F32, memop, addr, disp)));
    else
        ir_store(t->u, memop, addr, disp, ir_vector(t->u, IR_VGET, IR_F32, IR_LANE_F32, v_part(n), get_v(t, reg), 0, 0));
}

/* A double needs no more alignment than words. */
static void access_double(struct translator *t, bool load, unsigned n, ir_val addr)
{
    unsigned memop = memop_of(t, IR_MEM_64) | IR_MEM_ALIGN | IR_MEM_WORDS, part = v_part(VREG_D(n));
    unsigned reg = v_register(VREG_D(n));
    if (load)
        set_v(t, reg, vop(t, IR_VSET, IR_LANE_F64, part, get_v(t, reg), ir_load(t->u, IR_F64, memop, addr, 0)));
    else
        ir_store(t->u, memop, addr, 0, ir_vector(t->u, IR_VGET, IR_F64, IR_LANE_F64, part, get_v(t, reg), 0, 0));
}

static void access_half(struct translator *t, bool load, unsigned n, ir_val addr)
{
    unsigned memop = memop_of(t, IR_MEM_16) | IR_MEM_ALIGN;
    if (load)
        set_s(t, n, ir_load(t->u, IR_I32, memop, addr, 0));
    else
        ir_store(t->u, memop, addr, 0, get_s(t, n));
}

/* n doublewords, up to four registers of V at once. */
static void access_doubles(struct translator *t, bool load, unsigned first, unsigned n, ir_val addr)
{
    unsigned done = 0;
    if (n == 1) {
        access_double(t, load, first, addr);
        return;
    }
    simd_check_alignment(t, addr, 4, !load);
    while (done < n) {
        struct simd_map m = { .size = 3 };
        unsigned from = done;
        while (done < n && m.n < 4 && m.bytes < 64) {
            uint8_t where[8];
            for (unsigned b = 0; b < 8; b++)
                where[b] = m.bytes + b;
            simd_map_add(&m, VREG_D(first + done++), where, 8);
        }
        simd_map_words(t, &m, load, ir_op2(t->u, IR_ADD, addr, const64(t, 8 * from)));
    }
}

bool a32_vldr(struct translator *t, const struct a32_args *a)
{
    unsigned scale = a->sz == SZ_HALF ? 2 : 4, n = fp_register(a->sz, a->rd);
    if ((a->sz == SZ_HALF && !t->config->has[ARMF_fp16]) || !has_register(t, a->sz, a->rd))
        return false;
    if (fp_trapped(t))
        return true;
    ir_val base = a->rn == 15 ? ir_pc(t->u, IR_I32, pc_ahead(t) & ~3u) : get32(t, a->rn);
    ir_val addr = address(t, op2i(t, IR_ADD, base, a->x ? scale * a->imm : -scale * a->imm));
    if (a->sz == SZ_DOUBLE)
        access_double(t, a->s, a->rd, addr);
    else if (a->sz == SZ_SINGLE)
        access_single(t, a->s, n, addr, 0);
    else
        access_half(t, a->s, n, addr);
    return true;
}

bool a32_vldm(struct translator *t, const struct a32_args *a)
{
    unsigned n = a->sz ? a->imm / 2 : a->imm, first = a->sz ? a->rd : (a->rd & 15u) << 1 | a->rd >> 4;
    if (!n || first + n > 32 || (a->sz && !has_double(t, first + n - 1)) || (a->sz && n > 16) || (a->rn == 15 && (a->puw || t->t32)))
        return false;
    if (fp_trapped(t))
        return true;
    ir_val base = get32(t, a->rn), moved = op2i(t, IR_ADD, base, a->y == 2 ? 4 * a->imm : -4 * a->imm);
    ir_val addr = address(t, a->y == 2 ? base : moved);
    if (a->sz)
        access_doubles(t, a->s, first, n, addr);
    for (unsigned i = 0; !a->sz && i < n; i++)
        access_single(t, a->s, VREG_S(first + i), addr, 4 * i);
    if (a->puw)
        put32(t, a->rn, moved);
    return true;
}

/* -- Status -- */

/* FPSID, MVFR and FPEXC can be read where FP is not enabled, but higher levels may want to see it. */
bool a32_vmrs(struct translator *t, const struct a32_args *a)
{
    struct ir_unit *u = t->u;
    bool status = a->op == 1;
    bool instruction = a->op == 9 || a->op == 10;
    if (!status && (!t->el || (a->op != 0 && (a->op < 5 || a->op > 8) && !(instruction && is_vfpv2(t)))))
        return false;
    if ((a->op == 6 || a->op == 7) && t->config->has[ARMF_a_profile] && !t->config->has[ARMF_v6]) /* MVFR0, MVFR1 */
        return false;
    if ((status || bits(t->mode, ARMKEY_FP_SHIFT, 2) > 1) && fp_trapped(t))
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
    ir_val v = ir_call(u, &arm_helper_a32_vmrs, IR_I64, const64(t, a->op), const64(t, a->rd), 0, 0);
    put32(t, a->rd, ir_convert(u, IR_TRUNC, IR_I32, v));
    return true;
}
