/* SPDX-License-Identifier: BSD-2-Clause */
/* A64: data processing on general registers, flags, branches. Manual: DDI 0487, C3.4 and C3.5, C3.2. */
#include "trans-a64.h"

static unsigned width_of(bool sf)
{
    return sf ? 64 : 32;
}

/* -- Operands -- */

static ir_val shift_by(struct translator *t, bool sf, ir_val v, unsigned kind, unsigned amount)
{
    static const uint8_t ops[] = {IR_SHL, IR_SHR, IR_SAR, IR_ROTR};
    return amount ? ir_op2(t->u, ops[kind], v, const_r(t, sf, amount)) : v;
}

/* The shifted register operand of an instruction. */
static ir_val shifted(struct translator *t, const struct a64_args *a)
{
    return shift_by(t, a->sf, get_r(t, a->sf, a->rm), a->opt, a->imm);
}

/* A shift of a 32-bit register by 32 or more is undefined. */
static bool shift_valid(const struct a64_args *a)
{
    return a->sf || a->imm < 32;
}

ir_val extended(struct translator *t, bool sf, unsigned rm, unsigned opt, unsigned shift)
{
    static const uint8_t ops[8] = {IR_ZEXT8, IR_ZEXT16, IR_ZEXT32, 0, IR_SEXT8, IR_SEXT16, IR_SEXT32, 0};
    ir_val v = get_r(t, sf, rm);
    if (ops[opt] && (sf || (opt & 3) < 2))
        v = ir_op1(t->u, ops[opt], v);
    return shift_by(t, sf, v, 0, shift);
}

bool logical_immediate(bool sf, unsigned n, unsigned immr, unsigned imms, uint64_t *value)
{
    unsigned pattern = n << 6 | (~imms & 0x3f);
    if (pattern < 2 || (n && !sf))
        return false;
    unsigned len = 31 - __builtin_clz(pattern), size = 1u << len;
    unsigned ones = (imms & (size - 1)) + 1, rotation = immr & (size - 1);
    if (ones == size)
        return false;
    uint64_t element = (UINT64_C(1) << ones) - 1, all = size == 64 ? ~UINT64_C(0) : (UINT64_C(1) << size) - 1;
    if (rotation)
        element = (element >> rotation | element << (size - rotation)) & all;
    for (; size < 64; size *= 2)
        element |= element << size;
    *value = sf ? element : (uint32_t)element;
    return true;
}

/* -- Addition, subtraction -- */

static ir_val add_sub(struct translator *t, bool sub, ir_val x, ir_val y)
{
    return ir_op2(t->u, sub ? IR_SUB : IR_ADD, x, y);
}

/* rd = x + y or x - y, and the flags. */
static void add_sub_flags(struct translator *t, const struct a64_args *a, bool sub, ir_val x, ir_val y)
{
    if (a->rd != 31)
        set_r(t, a->rd, add_sub(t, sub, x, y));
    set_flags(t, sub ? IR_FLAG_SUBN : IR_FLAG_ADD, a->sf, x, y, 0);
}

static bool arith_imm(struct translator *t, const struct a64_args *a, bool sub, bool flags)
{
    ir_val x = get_r_sp(t, a->sf, a->rn), y = const_r(t, a->sf, a->imm << (a->sh ? 12 : 0));
    bool sp_aligned = t->sp_aligned && a->rn == 31 && a->rd == 31 && a->sf && !(a->imm & 15);
    if (flags) {
        add_sub_flags(t, a, sub, x, y);
    } else {
        set_r_sp(t, a->rd, add_sub(t, sub, x, y));
        t->sp_aligned |= sp_aligned;
    }
    return true;
}

A64(add_imm, arith_imm(t, a, false, false))
A64(adds_imm, arith_imm(t, a, false, true))
A64(sub_imm, arith_imm(t, a, true, false))
A64(subs_imm, arith_imm(t, a, true, true))

static bool arith_shift(struct translator *t, const struct a64_args *a, bool sub, bool flags)
{
    if (!shift_valid(a))
        return false;
    ir_val x = get_r(t, a->sf, a->rn), y = shifted(t, a);
    if (flags)
        add_sub_flags(t, a, sub, x, y);
    else
        set_r(t, a->rd, add_sub(t, sub, x, y));
    return true;
}

A64(add_shift, arith_shift(t, a, false, false))
A64(adds_shift, arith_shift(t, a, false, true))
A64(sub_shift, arith_shift(t, a, true, false))
A64(subs_shift, arith_shift(t, a, true, true))

static bool arith_ext(struct translator *t, const struct a64_args *a, bool sub, bool flags)
{
    ir_val x = get_r_sp(t, a->sf, a->rn), y = extended(t, a->sf, a->rm, a->opt, a->imm);
    if (flags)
        add_sub_flags(t, a, sub, x, y);
    else
        set_r_sp(t, a->rd, add_sub(t, sub, x, y));
    return true;
}

A64(add_ext, arith_ext(t, a, false, false))
A64(adds_ext, arith_ext(t, a, false, true))
A64(sub_ext, arith_ext(t, a, true, false))
A64(subs_ext, arith_ext(t, a, true, true))

static bool arith_carry(struct translator *t, const struct a64_args *a, bool sub, bool flags)
{
    struct ir_unit *u = t->u;
    ir_val carry = flag_setcc(t, IR_FLAG_C, x_type(a->sf)), x = get_r(t, a->sf, a->rn), y = get_r(t, a->sf, a->rm);
    ir_val r = sub ? ir_op3(u, IR_SBB, x, y, flag_setcc(t, IR_FLAG_NC, x_type(a->sf))) : ir_op3(u, IR_ADC, x, y, carry);
    set_r(t, a->rd, r);
    if (flags)
        set_flags(t, sub ? IR_FLAG_SBCN : IR_FLAG_ADC, a->sf, x, y, carry);
    return true;
}

A64(adc, arith_carry(t, a, false, false))
A64(adcs, arith_carry(t, a, false, true))
A64(sbc, arith_carry(t, a, true, false))
A64(sbcs, arith_carry(t, a, true, true))

/* -- Logic: C and V become 0 -- */

static void logic_flags(struct translator *t, bool sf, ir_val r)
{
    set_flags(t, IR_FLAG_LOGIC, sf, r, 0, 0);
}

static bool logic_imm(struct translator *t, const struct a64_args *a, enum ir_opcode op)
{
    uint64_t imm;
    if (!logical_immediate(a->sf, a->bit, a->immr, a->imms, &imm))
        return false;
    set_r_sp(t, a->rd, ir_op2(t->u, op, get_r(t, a->sf, a->rn), const_r(t, a->sf, imm)));
    return true;
}

A64(and_imm, logic_imm(t, a, IR_AND))
A64(orr_imm, logic_imm(t, a, IR_OR))
A64(eor_imm, logic_imm(t, a, IR_XOR))

bool a64_ands_imm(struct translator *t, const struct a64_args *a)
{
    uint64_t imm;
    if (!logical_immediate(a->sf, a->bit, a->immr, a->imms, &imm))
        return false;
    ir_val r = ir_op2(t->u, IR_AND, get_r(t, a->sf, a->rn), const_r(t, a->sf, imm));
    set_r(t, a->rd, r);
    logic_flags(t, a->sf, r);
    return true;
}

/* op(rn, shifted rm), which op asks to be inverted first. */
static ir_val logic_shifted(struct translator *t, const struct a64_args *a, enum ir_opcode op)
{
    ir_val x = get_r(t, a->sf, a->rn), y = shifted(t, a);
    if (a->op && op == IR_AND)
        return ir_op2(t->u, IR_ANDN, x, y);
    return ir_op2(t->u, op, x, a->op ? ir_op1(t->u, IR_NOT, y) : y);
}

static bool logic_shift(struct translator *t, const struct a64_args *a, enum ir_opcode op, bool flags)
{
    if (!shift_valid(a))
        return false;
    ir_val r = logic_shifted(t, a, op);
    set_r(t, a->rd, r);
    if (flags)
        logic_flags(t, a->sf, r);
    return true;
}

A64(and_shift, logic_shift(t, a, IR_AND, false))
A64(orr_shift, logic_shift(t, a, IR_OR, false))
A64(eor_shift, logic_shift(t, a, IR_XOR, false))
A64(ands_shift, logic_shift(t, a, IR_AND, true))

/* -- Moves, addresses, bitfields -- */

bool a64_adr(struct translator *t, const struct a64_args *a)
{
    set_r(t, a->rd, pc_const(t, t->pc + (int64_t)a->imm));
    return true;
}

bool a64_adrp(struct translator *t, const struct a64_args *a)
{
    set_r(t, a->rd, pc_const(t, (t->pc & ~UINT64_C(0xfff)) + (int64_t)a->imm * 4096));
    return true;
}

static bool move_wide(struct translator *t, const struct a64_args *a, bool invert)
{
    uint64_t v = (uint64_t)(uint16_t)a->imm << (16 * a->sh);
    if (!a->sf && a->sh >= 2)
        return false;
    set_r(t, a->rd, const_r(t, a->sf, a->sf ? (invert ? ~v : v) : (uint64_t)(int32_t)(invert ? ~v : v)));
    return true;
}

A64(movz, move_wide(t, a, false))
A64(movn, move_wide(t, a, true))

bool a64_movk(struct translator *t, const struct a64_args *a)
{
    if (!a->sf && a->sh >= 2)
        return false;
    set_r(t, a->rd, ir_bits_set(t->u, get_r(t, a->sf, a->rd), const_r(t, a->sf, (uint16_t)a->imm), 16 * a->sh, 16));
    return true;
}

static bool bitfield_valid(const struct a64_args *a)
{
    return a->bit == a->sf && (a->sf || ((a->immr | a->imms) & 0x20) == 0);
}

static bool bitfield_move(struct translator *t, const struct a64_args *a, bool is_signed)
{
    unsigned width = width_of(a->sf), r = a->immr, s = a->imms;
    if (!bitfield_valid(a))
        return false;
    ir_val v = get_r(t, a->sf, a->rn);
    if (s == width - 1)
        v = shift_by(t, a->sf, v, is_signed ? 2 : 1, r);
    else if (s >= r)
        v = ir_bits_get(t->u, is_signed, v, r, s - r + 1);
    else /* of a plain shift left the sign is shifted out */
        v = shift_by(t, a->sf, s + 1 == r ? v : ir_bits_get(t->u, is_signed, v, 0, s + 1), 0, width - r);
    set_r(t, a->rd, v);
    return true;
}

A64(sbfm, bitfield_move(t, a, true))
A64(ubfm, bitfield_move(t, a, false))

bool a64_bfm(struct translator *t, const struct a64_args *a)
{
    unsigned width = width_of(a->sf), r = a->immr, s = a->imms;
    if (!bitfield_valid(a))
        return false;
    ir_val v = get_r(t, a->sf, a->rn), d = get_r(t, a->sf, a->rd);
    if (s >= r)
        set_r(t, a->rd, ir_bits_set(t->u, d, shift_by(t, a->sf, v, 1, r), 0, s - r + 1));
    else
        set_r(t, a->rd, ir_bits_set(t->u, d, v, width - r, s + 1));
    return true;
}

bool a64_extr(struct translator *t, const struct a64_args *a)
{
    unsigned lsb = a->imms;
    if (a->bit != a->sf || (!a->sf && lsb >= 32))
        return false;
    ir_val high = get_r(t, a->sf, a->rn), low = get_r(t, a->sf, a->rm);
    if (a->rn == a->rm)
        low = shift_by(t, a->sf, low, 3, lsb);
    else if (lsb)
        low = ir_op2(t->u, IR_OR, shift_by(t, a->sf, low, 1, lsb), shift_by(t, a->sf, high, 0, width_of(a->sf) - lsb));
    set_r(t, a->rd, low);
    return true;
}

/* -- Flag manipulation -- */

/* The mask's bits of NZCV become those of the low four bits that v has at its top. */
static void replace_nzcv(struct translator *t, ir_val v, unsigned mask)
{
    struct ir_unit *u = t->u;
    ir_val old = packed_flags(t);
    set_nzcv(t, ir_op2(u, IR_OR, ir_op2(u, IR_AND, old, const32(t, ~mask & 0xf0000000)),
                       ir_op2(u, IR_AND, v, const32(t, mask))));
}

bool a64_rmif(struct translator *t, const struct a64_args *a)
{
    struct ir_unit *u = t->u;
    ir_val low = ir_convert(u, IR_TRUNC, IR_I32, shift_by(t, true, get_x(t, a->rn), 3, a->imm));
    replace_nzcv(t, shift_by(t, false, low, 0, 28), (unsigned)a->nzcv << 28);
    return true;
}

/* N, Z and V as of the low 8 or 16 bits, V being the overflow into them. */
bool a64_setf(struct translator *t, const struct a64_args *a)
{
    struct ir_unit *u = t->u;
    unsigned width = a->sz ? 16 : 8;
    ir_val top = shift_by(t, false, get_w(t, a->rn), 0, 32 - width);
    ir_val n = ir_op2(u, IR_AND, top, const32(t, 0x80000000));
    ir_val z = shift_by(t, false, ir_setcc(u, IR_EQ, IR_I32, top, const32(t, 0)), 0, 30);
    ir_val moved = shift_by(t, false, get_w(t, a->rn), 1, width - 1);
    ir_val v = ir_op2(u, IR_XOR, moved, shift_by(t, false, moved, 1, 1));
    v = shift_by(t, false, v, 0, 28);
    v = ir_op2(u, IR_AND, v, const32(t, 0x10000000));
    replace_nzcv(t, ir_op2(u, IR_OR, ir_op2(u, IR_OR, n, z), v), 0xd0000000);
    return true;
}

/* -- Conditions: 14 and 15 are always true -- */

static bool always(unsigned cond)
{
    return cond >= 14;
}

static bool conditional_compare(struct translator *t, const struct a64_args *a, bool immediate)
{
    enum ir_flag_kind kind = a->op ? IR_FLAG_SUBN : IR_FLAG_ADD;
    ir_val holds = always(a->cond) ? 0 : flag_setcc(t, flag_condition(a->cond), IR_I32);
    ir_val x = get_r(t, a->sf, a->rn), y = immediate ? const_r(t, a->sf, a->imm) : get_r(t, a->sf, a->rm);
    if (holds)
        set_flags_or_nzcv(t, holds, kind, a->sf, x, y, a->nzcv);
    else
        set_flags(t, kind, a->sf, x, y, 0);
    return true;
}

A64(ccmp_reg, conditional_compare(t, a, false))
A64(ccmp_imm, conditional_compare(t, a, true))

/* y: made of Rm by op, none: 0, IR_ADD: plus 1. */
static bool conditional_select(struct translator *t, const struct a64_args *a, enum ir_opcode op)
{
    if (!always(a->cond))
        flags_known(t, a->cond);
    ir_val x = get_r(t, a->sf, a->rn), y = get_r(t, a->sf, a->rm);
    if (op == IR_ADD)
        y = ir_op2(t->u, IR_ADD, y, const_r(t, a->sf, 1));
    else if (op)
        y = ir_op1(t->u, op, y);
    set_r(t, a->rd, always(a->cond) ? x : flag_select(t, a->cond, x, y));
    return true;
}

A64(csel, conditional_select(t, a, IR_NOP))

/* 1 if the condition does not hold: CSET, CSETM. */
static ir_val unless(struct translator *t, const struct a64_args *a)
{
    return flag_setcc(t, flag_condition(a->cond) ^ 1, x_type(a->sf));
}

static bool of_zero(const struct a64_args *a)
{
    return a->rn == 31 && a->rm == 31 && !always(a->cond);
}

bool a64_csinc(struct translator *t, const struct a64_args *a)
{
    if (of_zero(a)) {
        set_r(t, a->rd, unless(t, a));
        return true;
    }
    return conditional_select(t, a, IR_ADD);
}

bool a64_csinv(struct translator *t, const struct a64_args *a)
{
    if (of_zero(a)) {
        set_r(t, a->rd, ir_op1(t->u, IR_NEG, unless(t, a)));
        return true;
    }
    return conditional_select(t, a, IR_NOT);
}

A64(csneg, conditional_select(t, a, IR_NEG))

/* -- Multiplication, division -- */

/* A zero divisor gives zero; the IR's overflow is ours. */
static bool divide(struct translator *t, const struct a64_args *a, enum ir_opcode op)
{
    ir_val x = get_r(t, a->sf, a->rn), y = get_r(t, a->sf, a->rm), zero = const_r(t, a->sf, 0);
    set_r(t, a->rd, ir_select(t->u, IR_EQ, y, zero, zero, ir_op2(t->u, op, x, y)));
    return true;
}

A64(udiv, divide(t, a, IR_DIVU))
A64(sdiv, divide(t, a, IR_DIVS))

static bool is_zero(const struct ir_unit *u, ir_val v)
{
    return u->ops[v].op == IR_CONST && !u->ops[v].imm;
}

/* DIVU or DIVS of x by y, whose quotient q is as divide() makes it; 0: it is none. */
static unsigned division_of(const struct ir_unit *u, ir_val q, ir_val x, ir_val y)
{
    const struct ir_op *o = &u->ops[q];
    if (o->op == IR_SELECT && o->sub == IR_EQ && o->arg[0] == y && is_zero(u, o->arg[1]) && is_zero(u, o->arg[2]))
        o = &u->ops[o->arg[3]];
    return (o->op == IR_DIVU || o->op == IR_DIVS) && o->arg[0] == x && o->arg[1] == y ? o->op : 0;
}

ir_val multiply_subtract(struct translator *t, ir_val x, ir_val q, ir_val y)
{
    struct ir_unit *u = t->u;
    unsigned op = division_of(u, q, x, y);
    if (op)
        return ir_op2(u, op == IR_DIVU ? IR_REMU : IR_REMS, x, y);
    return ir_op2(u, IR_SUB, x, ir_op2(u, IR_MUL, q, y));
}

static bool multiply_add(struct translator *t, const struct a64_args *a, bool sf, ir_val x, ir_val y, bool sub)
{
    set_r(t, a->rd, add_sub(t, sub, get_r(t, sf, a->ra), ir_op2(t->u, IR_MUL, x, y)));
    return true;
}

A64(madd, multiply_add(t, a, a->sf, get_r(t, a->sf, a->rn), get_r(t, a->sf, a->rm), false))

bool a64_msub(struct translator *t, const struct a64_args *a)
{
    unsigned q = a->rd == a->rm ? a->rm : a->rn, y = a->rd == a->rm ? a->rn : a->rm;
    if (a->rd != q)
        return multiply_add(t, a, a->sf, get_r(t, a->sf, q), get_r(t, a->sf, y), true);
    set_r(t, a->rd, multiply_subtract(t, get_r(t, a->sf, a->ra), get_r(t, a->sf, q), get_r(t, a->sf, y)));
    return true;
}

/* The low half of a register, extended. */
static ir_val half(struct translator *t, const struct a64_args *a, unsigned n)
{
    return ir_op1(t->u, a->u ? IR_ZEXT32 : IR_SEXT32, get_x(t, n));
}

A64(maddl, multiply_add(t, a, true, half(t, a, a->rn), half(t, a, a->rm), false))
A64(msubl, multiply_add(t, a, true, half(t, a, a->rn), half(t, a, a->rm), true))

bool a64_mulh(struct translator *t, const struct a64_args *a)
{
    set_r(t, a->rd, ir_op2(t->u, a->u ? IR_MULHU : IR_MULHS, get_x(t, a->rn), get_x(t, a->rm)));
    return true;
}

/* -- Two and one operands -- */

/* The IR takes shift counts modulo the width, as these do. */
static bool op_rr(struct translator *t, const struct a64_args *a, enum ir_opcode op)
{
    set_r(t, a->rd, ir_op2(t->u, op, get_r(t, a->sf, a->rn), get_r(t, a->sf, a->rm)));
    return true;
}

A64(lslv, op_rr(t, a, IR_SHL))
A64(lsrv, op_rr(t, a, IR_SHR))
A64(asrv, op_rr(t, a, IR_SAR))
A64(rorv, op_rr(t, a, IR_ROTR))

static bool op_r(struct translator *t, const struct a64_args *a, enum ir_opcode op)
{
    set_r(t, a->rd, ir_op1(t->u, op, get_r(t, a->sf, a->rn)));
    return true;
}

A64(rbit, op_r(t, a, IR_BITREV))
A64(rev16, op_r(t, a, IR_BSWAP16))
A64(clz, op_r(t, a, IR_CLZ))

bool a64_rev32(struct translator *t, const struct a64_args *a)
{
    ir_val v = ir_op1(t->u, IR_BSWAP, get_r(t, a->sf, a->rn));
    set_r(t, a->rd, a->sf ? shift_by(t, true, v, 3, 32) : v);
    return true;
}

bool a64_rev64(struct translator *t, const struct a64_args *a)
{
    set_r(t, a->rd, ir_op1(t->u, IR_BSWAP, get_x(t, a->rn)));
    return true;
}

/* Bits that equal their neighbour above are clear in v ^ v >> 1, its top one too. */
bool a64_cls(struct translator *t, const struct a64_args *a)
{
    ir_val v = get_r(t, a->sf, a->rn), changes = ir_op2(t->u, IR_XOR, v, shift_by(t, a->sf, v, 2, 1));
    set_r(t, a->rd, ir_op2(t->u, IR_SUB, ir_op1(t->u, IR_CLZ, changes), const_r(t, a->sf, 1)));
    return true;
}

bool a64_crc32(struct translator *t, const struct a64_args *a)
{
    struct ir_unit *u = t->u;
    ir_val acc = ir_convert(u, IR_ZX, IR_I64, get_w(t, a->rn)), v = get_x(t, a->rm);
    ir_val r = ir_call(u, a->op ? &arm_helper_crc32c : &arm_helper_crc32, IR_I64, acc, v, const64(t, 1u << a->sz), 0);
    set_r(t, a->rd, ir_convert(u, IR_TRUNC, IR_I32, r));
    return true;
}

/* -- Branches -- */

A64(b, (exit_branch(t, t->pc + (int64_t)a->imm), t->ended = true))

bool a64_bl(struct translator *t, const struct a64_args *a)
{
    gva target = t->pc + (int64_t)a->imm;
    set_r(t, 30, pc_const(t, t->next));
    if (follow_call(t, target))
        return true;
    exit_branch(t, target);
    t->ended = true;
    return true;
}

/* Blocks for a conditional branch's two sides. */
struct sides {
    unsigned taken, not_taken;
    bool go_on;
};

/*
 * A forward branch's taken side leaves, out of line, and the unit goes on behind it, as long as its direct exits don't
 * run out: two more are kept for what ends it.
 */
static struct sides new_sides(struct translator *t, const struct a64_args *a)
{
    bool go_on = a->imm > 0 && t->jumps + 3 <= ARM_UNIT_JUMPS;
    unsigned taken = ir_new_block(t->u, go_on);
    return (struct sides){.taken = taken, .not_taken = ir_new_block(t->u, false), .go_on = go_on};
}

static bool place_sides(struct translator *t, const struct a64_args *a, const struct sides *s)
{
    ir_place_block(t->u, s->taken);
    exit_branch(t, t->pc + (int64_t)a->imm);
    ir_place_block(t->u, s->not_taken);
    if (!s->go_on) {
        exit_branch(t, t->next);
        t->ended = true;
    }
    return true;
}

bool a64_b_cond(struct translator *t, const struct a64_args *a)
{
    if (always(a->cond))
        return a64_b(t, a);
    flags_known(t, a->cond);
    struct sides s = new_sides(t, a);
    flag_branch(t, a->cond, s.taken, s.not_taken);
    return place_sides(t, a, &s);
}

bool a64_cbz(struct translator *t, const struct a64_args *a)
{
    ir_val v = get_r(t, a->sf, a->rn);
    struct sides s = new_sides(t, a);
    ir_brcc(t->u, a->op ? IR_NE : IR_EQ, v, const_r(t, a->sf, 0), s.taken, s.not_taken);
    return place_sides(t, a, &s);
}

bool a64_tbz(struct translator *t, const struct a64_args *a)
{
    bool sf = a->bit >= 32;
    ir_val v = get_r(t, sf, a->rn), zero = const_r(t, sf, 0);
    struct sides s = new_sides(t, a);
    if (a->bit == 63)
        ir_brcc(t->u, a->op ? IR_LT : IR_GE, v, zero, s.taken, s.not_taken);
    else
        ir_brcc(t->u, a->op ? IR_NE : IR_EQ, ir_op2(t->u, IR_AND, v, const_r(t, sf, INT64_C(1) << a->bit)), zero,
                s.taken, s.not_taken);
    return place_sides(t, a, &s);
}

/* PSTATE.BTYPE after a branch to a register: 0 of a return. */

bool a64_br(struct translator *t, const struct a64_args *a)
{
    exit_register(t, get_x(t, a->rn), a->rn == 16 || a->rn == 17 ? BTYPE_JUMP_IP : BTYPE_JUMP);
    return true;
}

bool a64_blr(struct translator *t, const struct a64_args *a)
{
    ir_val target = get_x(t, a->rn);
    set_r(t, 30, pc_const(t, t->next));
    exit_register(t, target, BTYPE_CALL);
    return true;
}

bool a64_ret(struct translator *t, const struct a64_args *a)
{
    ir_val to = get_x(t, a->rn);
    if (!follow_return(t, to))
        exit_register(t, to, BTYPE_RETURN);
    return true;
}
