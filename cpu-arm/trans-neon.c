/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AArch32's Advanced SIMD, rows of neon.decode: what registers the fields are, and the instructions that A64 has not or
 * not so. All others are A64's functions. Manual: DDI 0487, F6.1.
 */
#include "trans-a32.h"
#include "trans-neon.h"

/* -- Registers -- */

/* A Q register is named by the first of its D registers. */
static bool q_register(uint8_t *n)
{
    if (*n & 1)
        return false;
    *n /= 2;
    return true;
}

static bool d_or_q(uint8_t *n, bool q)
{
    if (q)
        return q_register(n);
    *n = VREG_D(*n);
    return true;
}

static bool all_d_or_q(struct a64_args *a, bool d, bool n, bool m)
{
    return d_or_q(&a->rd, d) && d_or_q(&a->rn, n) && d_or_q(&a->rm, m);
}

static void s_register(uint8_t *n)
{
    *n = VREG_S((*n & 15) << 1 | *n >> 4);
}

/* The scalar: M and the highest bits of Vm are its index. It becomes a lane of a V register, as A64 has them. */
static void scalar(struct a64_args *a)
{
    unsigned m = a->rm >> 4, vm = a->rm & 15;
    if (a->sz == 1 || a->sz == FP_HALF) {
        unsigned lane = (vm & 1) * 4 + (m << 1 | vm >> 3);
        a->rm = (vm & 7) / 2 | (lane & 1) << 4;
        a->idx = lane >> 1;
    } else {
        a->rm = vm / 2;
        a->idx = (vm & 1) * 2 + m;
    }
}

/* Numbers of the row's form become registers; false: there are none such. */
static bool registers(struct a64_args *a)
{
    switch (a->cond) {
    case NEON_SAME: return all_d_or_q(a, a->q, a->q, a->q);
    case NEON_LONG: return all_d_or_q(a, true, false, false);
    case NEON_WIDE: return all_d_or_q(a, true, true, false);
    case NEON_NARROW: return all_d_or_q(a, false, true, true);
    case NEON_D: return all_d_or_q(a, false, false, false);
    case NEON_SCALAR:
        scalar(a);
        return d_or_q(&a->rd, a->q) && d_or_q(&a->rn, a->q);
    case NEON_SCALAR_LONG:
        scalar(a);
        return d_or_q(&a->rd, true) && d_or_q(&a->rn, false);
    case NEON_INDEXED: return d_or_q(&a->rd, a->q) && d_or_q(&a->rn, a->q);
    case NEON_S:
        s_register(&a->rd);
        s_register(&a->rn);
        s_register(&a->rm);
        return true;
    case NEON_S_D:
        s_register(&a->rd);
        return d_or_q(&a->rn, false);
    default: return true; /* NEON_RAW */
    }
}

bool neon_encoding(const struct translator *t, uint32_t *insn)
{
    uint32_t v = t->insn;
    bool data = (v >> 24 & 0xef) == 0xef, memory = v >> 24 == 0xf9, extension = v >> 25 == 0x7e || v >> 24 == 0xfe;
    *insn = v;
    if (!t->t32)
        return v >> 28 == 15;
    if (data) /* 111U1111 is A32's 1111001U */
        *insn = 0xf2000000 | (v >> 28 & 1) << 24 | (v & 0xffffff);
    else if (memory)
        *insn = 0xf4000000 | (v & 0xffffff);
    return data || memory || extension;
}

bool neon_trans(struct translator *t, const struct a64_insn *insn, const struct a64_args *args)
{
    struct a64_args a = *args;
    if (!registers(&a))
        return false;
    t->fp_standard = a.cond != NEON_S && a.cond != NEON_D && a.cond != NEON_S_D;
    bool valid = insn->trans(t, &a);
    t->fp_standard = false;
    return valid;
}

/* -- Permutations: both registers are results -- */

static void set_both(struct translator *t, const struct a64_args *a, ir_val d, ir_val m)
{
    set_v(t, a->rd, d);
    set_v(t, a->rn, m);
}

bool a64_neon_swp(struct translator *t, const struct a64_args *a)
{
    if (fp_trapped(t))
        return true;
    ir_val d = get_v(t, a->rd), m = get_v(t, a->rn);
    set_both(t, a, m, d);
    return true;
}

static ir_val transposed(struct translator *t, unsigned size, enum ir_opcode part, ir_val x, ir_val y)
{
    return vop(t, IR_VZIPL, size, 0, vop(t, part, size, 0, x, x), vop(t, part, size, 0, y, y));
}

bool a64_neon_trn(struct translator *t, const struct a64_args *a)
{
    if (fp_trapped(t))
        return true;
    ir_val x = get_v(t, a->rd), y = get_v(t, a->rn);
    set_both(t, a, transposed(t, a->sz, IR_VUZPE, x, y), transposed(t, a->sz, IR_VUZPO, x, y));
    return true;
}

bool a64_neon_uzp(struct translator *t, const struct a64_args *a)
{
    if (!a->q && a->sz == 2)
        return false;
    if (fp_trapped(t))
        return true;
    ir_val x = get_v(t, a->rd), y = get_v(t, a->rn);
    if (!a->q)
        x = y = vop(t, IR_VZIPL, IR_LANE_64, 0, x, y);
    set_both(t, a, vop(t, IR_VUZPE, a->sz, 0, x, y), vop(t, IR_VUZPO, a->sz, 0, x, y));
    return true;
}

bool a64_neon_zip(struct translator *t, const struct a64_args *a)
{
    if (!a->q && a->sz == 2)
        return false;
    if (fp_trapped(t))
        return true;
    ir_val x = get_v(t, a->rd), y = get_v(t, a->rn), low = vop(t, IR_VZIPL, a->sz, 0, x, y);
    set_both(t, a, low, a->q ? vop(t, IR_VZIPH, a->sz, 0, x, y) : vop(t, IR_VZIPH, IR_LANE_64, 0, low, low));
    return true;
}

/* A table of one to four D registers, in pairs; an index beyond the IR's table gives 0. */
bool a64_neon_tbl(struct translator *t, const struct a64_args *a)
{
    unsigned n = a->idx + 1;
    uint64_t last = (8 * n - 1) * UINT64_C(0x0101010101010101), second = UINT64_C(0x1010101010101010);
    if (a->rn + n > 32)
        return false;
    if (fp_trapped(t))
        return true;
    ir_val index = get_v(t, VREG_D(a->rm)), r = 0, part;
    for (unsigned i = 0; i < n; i += 2) {
        ir_val low = get_v(t, VREG_D(a->rn + i));
        ir_val high = i + 1 < n ? get_v(t, VREG_D(a->rn + i + 1)) : vector_const(t, 0, 0);
        ir_val sub = i ? vop(t, IR_VSUB, IR_LANE_8, 0, index, vector_const(t, second, second)) : index;
        part = vop(t, IR_VTBL, 0, 0, vop(t, IR_VZIPL, IR_LANE_64, 0, low, high), sub);
        r = r ? vop(t, IR_VOR, 0, 0, r, part) : part;
    }
    if (a->op) {
        ir_val beyond = vop(t, IR_VCMPGTU, IR_LANE_8, 0, index, vector_const(t, last, last));
        r = vop(t, IR_VOR, 0, 0, r, vop(t, IR_VAND, 0, 0, get_v(t, VREG_D(a->rd)), beyond));
    }
    set_v(t, VREG_D(a->rd), r);
    return true;
}

bool a64_neon_dup(struct translator *t, const struct a64_args *a)
{
    unsigned size = __builtin_ctz(a->imm | 16), index = (a->rn & 1) * (8u >> size) + (a->imm >> (size + 1));
    uint8_t d = a->rd;
    if (size > 2 || !d_or_q(&d, a->q))
        return false;
    if (!fp_trapped(t))
        set_v(t, d, repeat_lane(t, size, a->rn / 2, index));
    return true;
}

/* -- By element -- */

bool a64_neon_dot_e(struct translator *t, const struct a64_args *a)
{
    struct a64_args of = *a;
    of.rm = (a->rm & 15) / 2;
    of.idx = (a->rm & 1) * 2 + (a->rm >> 4);
    return a64_dot_e(t, &of);
}

/* Pairs of halves: two in each D register, Vm of which there are 16. */
bool a64_neon_cmla_e(struct translator *t, const struct a64_args *a)
{
    struct a64_args of = *a;
    unsigned index = a->sz == 1 ? (a->rm & 1) * 2 + (a->rm >> 4) : a->rm & 1;
    of.rm = a->sz == 1 ? (a->rm & 15) / 2 : a->rm / 2;
    return simd_complex_element(t, &of, index);
}

/* -- Fixed point: sh has the bits below the one that says the width -- */

static struct a64_args fixed_args(const struct a64_args *a)
{
    struct a64_args of = *a;
    of.sh = a->sz == FP_HALF ? 2 | a->sh : 4 | a->sh;
    return of;
}

bool a64_neon_cvtf_vfix(struct translator *t, const struct a64_args *a)
{
    struct a64_args of = fixed_args(a);
    return a64_cvtf_vfix(t, &of);
}

bool a64_neon_fcvtz_vfix(struct translator *t, const struct a64_args *a)
{
    struct a64_args of = fixed_args(a);
    return a64_fcvtz_vfix(t, &of);
}

/* -- Armv8's scalars -- */

bool a64_neon_sel(struct translator *t, const struct a64_args *a)
{
    static const uint8_t conditions[] = { 0, 6, 10, 12 }; /* EQ, VS, GE, GT */
    struct a64_args of = *a;
    of.cond = conditions[a->opt];
    return a64_fcsel(t, &of);
}

bool a64_neon_maxnm_s(struct translator *t, const struct a64_args *a)
{
    struct a64_args of = *a;
    of.op = 2 | a->op;
    return a64_fmaxmin_s(t, &of);
}

/* opt: A, N, P, M */
bool a64_neon_rint_s(struct translator *t, const struct a64_args *a)
{
    static const uint8_t modes[] = { 4, 0, 1, 2 };
    struct a64_args of = *a;
    of.op = modes[a->opt];
    return a64_frint_s(t, &of);
}

bool a64_neon_cvt_s(struct translator *t, const struct a64_args *a)
{
    struct a64_args of = *a;
    of.u = !a->op;
    of.sf = false;
    of.opt = a->opt - 1;
    return a->opt ? a64_fcvt_int(t, &of) : a64_fcvta_int(t, &of);
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

bool a64_neon_movx(struct translator *t, const struct a64_args *a)
{
    if (!fp_trapped(t))
        set_s(t, a->rd, op2i(t, IR_SHR, get_s(t, a->rn), 16));
    return true;
}

bool a64_neon_ins(struct translator *t, const struct a64_args *a)
{
    if (!fp_trapped(t))
        set_s(t, a->rd, op2(t, IR_OR, op2i(t, IR_AND, get_s(t, a->rd), 0xffff), op2i(t, IR_SHL, get_s(t, a->rn), 16)));
    return true;
}

/* -- Loads and stores of structures -- */

/* The base afterwards: unchanged with PC, by the bytes of the access with SP, else by Rm. */
static void step_base(struct translator *t, const struct a64_args *a, ir_val base, unsigned bytes)
{
    if (a->rm == 13)
        put32(t, a->rn, op2i(t, IR_ADD, base, bytes));
    else if (a->rm != 15)
        put32(t, a->rn, op2(t, IR_ADD, base, get32(t, a->rm)));
}

/* By type: registers of an element, how far apart, how many times that. */
static const struct shape {
    uint8_t elements, apart, repeat;
} shapes[16] = {
    [0] = { 4, 1, 1 }, [1] = { 4, 2, 1 }, [2] = { 1, 0, 4 }, [3] = { 2, 2, 2 }, [4] = { 3, 1, 1 }, [5] = { 3, 2, 1 },
    [6] = { 1, 0, 3 }, [7] = { 1, 0, 1 }, [8] = { 2, 1, 1 }, [9] = { 2, 2, 1 }, [10] = { 1, 0, 2 },
};

/* opt: 0 no alignment, else 1 << (2 + opt) bytes */
static bool alignment_valid(const struct shape *s, const struct a64_args *a)
{
    unsigned registers = s->elements * s->repeat;
    if (registers == 3 || registers == 1)
        return a->opt < 2;
    return registers == 4 || a->opt != 3;
}

bool a64_neon_ldst_multi(struct translator *t, const struct a64_args *a)
{
    const struct shape *s = &shapes[a->op];
    struct simd_map m = { .size = a->sz, .align = a->opt ? 4u << a->opt : 0 };
    if (!s->elements || !alignment_valid(s, a) || (a->sz == 3 && s->elements > 1) || a->rn == 15 ||
        a->rd + (s->elements - 1) * s->apart + s->repeat > 32)
        return false;
    if (fp_trapped(t))
        return true;
    for (unsigned r = 0; r < s->repeat; r++) {
        for (unsigned e = 0; e < s->elements; e++) {
            uint8_t where[8];
            for (unsigned b = 0; b < 8; b++)
                where[b] = r * 8 * s->elements + (((b >> a->sz) * s->elements + e) << a->sz) + (b & ((1u << a->sz) - 1));
            simd_map_add(&m, VREG_D(a->rd + r + e * s->apart), where, 8);
        }
    }
    ir_val base = get32(t, a->rn);
    simd_map_access(t, &m, a->bit, address(t, base));
    step_base(t, a, base, m.bytes);
    return true;
}

/* imm: index, spacing and alignment by size. False: reserved. */
struct lanes {
    unsigned size, index, apart, align;
};

static bool one_lane(const struct a64_args *a, struct lanes *l)
{
    unsigned n = a->op + 1, low = a->imm & ((1u << (a->sz + 1)) - 1), align = low & (a->sz == 2 ? 3 : 1);
    l->size = a->sz;
    l->index = a->imm >> (a->sz + 1);
    l->apart = a->sz && (low >> a->sz & 1) ? 2 : 1;
    l->align = 0;
    if (n == 1 && l->apart == 2) /* a bit that must be 0 */
        return false;
    switch (n) {
    case 1:
        if (a->sz == 2 ? align == 1 || align == 2 : a->sz == 0 && align)
            return false;
        l->align = align ? 1u << a->sz : 0;
        return true;
    case 2:
        l->align = align & 1 ? 2u << a->sz : 0;
        return a->sz != 2 || !(align & 2);
    case 3:
        return !align;
    default:
        if (a->sz == 2) {
            l->align = align ? 4u << align : 0;
            return align != 3;
        }
        l->align = align ? 4u << a->sz : 0;
        return true;
    }
}

/* To all lanes: imm is size, T, alignment. */
static bool all_lanes(const struct a64_args *a, struct lanes *l)
{
    unsigned n = a->op + 1, size = a->imm >> 2, two = a->imm >> 1 & 1, align = a->imm & 1;
    l->size = size;
    l->index = 0;
    l->apart = n > 1 && two ? 2 : 1;
    l->align = align ? n << size : 0;
    if (size == 3) { /* VLD4 of words, aligned to 16 */
        l->size = 2;
        l->align = 16;
        return n == 4 && align;
    }
    if (n == 1)
        return size || !align;
    if (n == 4 && size == 2 && align)
        l->align = 8;
    return n != 3 || !align;
}

bool a64_neon_ldst_single(struct translator *t, const struct a64_args *a)
{
    struct lanes l;
    bool all = a->sz == 3;
    unsigned n = a->op + 1;
    if ((all && !a->bit) || !(all ? all_lanes(a, &l) : one_lane(a, &l)) || a->rn == 15)
        return false;
    unsigned registers = all && n == 1 ? 1u + (a->imm >> 1 & 1) : n;
    if (a->rd + (registers - 1) * l.apart > 31)
        return false;
    if (fp_trapped(t))
        return true;
    ir_val base = get32(t, a->rn), addr = address(t, base), v[4];
    simd_check_alignment(t, addr, l.align, !a->bit);
    for (unsigned r = 0; a->bit && r < n; r++)
        v[r] = ir_load(t->u, IR_I32, memop_of(t, l.size), addr, r << l.size);
    for (unsigned r = 0; r < registers; r++) {
        unsigned d = a->rd + r * l.apart, lane = (d & 1) * (8u >> l.size) + l.index;
        if (all)
            set_v(t, VREG_D(d), vop(t, IR_VDUP, l.size, 0, v[n == 1 ? 0 : r], 0));
        else if (a->bit)
            set_v(t, d / 2, vop(t, IR_VSET, l.size, lane, get_v(t, d / 2), v[r]));
        else
            ir_store(t->u, memop_of(t, l.size), addr, r << l.size,
                     ir_vector(t->u, IR_VGET, IR_I32, l.size, lane, get_v(t, d / 2), 0, 0));
    }
    step_base(t, a, base, n << l.size);
    return true;
}
