/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A32's and T32's media instructions on bytes and halfwords of a register: parallel addition and subtraction, SEL, sums
 * of differences, saturation. The parts are lanes of a vector, of which the low 32 bits count. Manual: DDI 0487,
 * chapter F5.
 */
#include "trans-a32.h"
#include "trans-neon.h"

/* -- Registers as vectors -- */

static ir_val get_parts(struct translator *t, unsigned n)
{
    return vop(t, IR_VSCALAR, IR_LANE_32, 0, get32(t, n), 0);
}

static ir_val parts_const(struct translator *t, uint32_t v)
{
    return vop(t, IR_VSCALAR, IR_LANE_32, 0, const32(t, v), 0);
}

static ir_val parts32(struct translator *t, ir_val v)
{
    return ir_vector(t->u, IR_VGET, IR_I32, IR_LANE_32, 0, v, 0, 0);
}

/* -- Parallel addition and subtraction -- */

enum { KIND_PLAIN = 1, KIND_SATURATED = 2, KIND_HALVED = 3, KIND_UNSIGNED = 4 };
enum { OP_ADD16, OP_ASX, OP_SAX, OP_SUB16, OP_ADD8, OP_SUB8 = 7 };

struct sums {
    ir_val sum, ge; /* ge, of plain ones: all ones where GE is set */
};

/* (x + y) / 2 and (x - y) / 2, rounded down. Signed numbers are made unsigned ones, which keeps differences. */
static ir_val halved(struct translator *t, bool is_unsigned, bool sub, unsigned lane, ir_val x, ir_val y)
{
    uint32_t tops = lane == IR_LANE_8 ? 0x80808080u : 0x80008000u, lowest = lane == IR_LANE_8 ? 0x01010101 : 0x00010001;
    if (!is_unsigned) {
        x = vop(t, IR_VXOR, 0, 0, x, parts_const(t, tops));
        y = vop(t, IR_VXOR, 0, 0, y, parts_const(t, tops));
    }
    /* Without what would be shifted into the next lane. */
    ir_val odd = vop(t, IR_VAND, 0, 0, vop(t, IR_VXOR, 0, 0, x, y), parts_const(t, ~lowest));
    odd = vop(t, IR_VSHRI, IR_LANE_32, 1, odd, 0);
    if (sub)
        return vop(t, IR_VSUB, lane, 0, odd, vop(t, IR_VANDN, 0, 0, y, x));
    ir_val r = vop(t, IR_VADD, lane, 0, odd, vop(t, IR_VAND, 0, 0, x, y));
    return is_unsigned ? r : vop(t, IR_VXOR, 0, 0, r, parts_const(t, tops));
}

static struct sums sums(struct translator *t, unsigned kind, bool sub, unsigned lane, ir_val x, ir_val y)
{
    bool is_unsigned = kind & KIND_UNSIGNED;
    if ((kind & 3) == KIND_HALVED)
        return (struct sums){ .sum = halved(t, is_unsigned, sub, lane, x, y) };
    ir_val saturated = 0;
    if (!is_unsigned)
        saturated = vop(t, sub ? IR_VSUBS : IR_VADDS, lane, 0, x, y);
    else if ((kind & 3) == KIND_SATURATED)
        saturated = vop(t, sub ? IR_VSUBU : IR_VADDU, lane, 0, x, y);
    if ((kind & 3) == KIND_SATURATED)
        return (struct sums){ .sum = saturated };
    struct sums s = { .sum = vop(t, sub ? IR_VSUB : IR_VADD, lane, 0, x, y) };
    if (!is_unsigned) /* the exact sum has the saturated one's sign */
        s.ge = vop(t, IR_VCMPGTS, lane, 0, saturated, vector_const(t, ~UINT64_C(0), ~UINT64_C(0)));
    else if (sub) /* no borrow */
        s.ge = vop(t, IR_VNOT, 0, 0, vop(t, IR_VCMPGTU, lane, 0, y, x), 0);
    else /* a carry */
        s.ge = vop(t, IR_VCMPGTU, lane, 0, x, s.sum);
    return s;
}

/* x: the kind; T32 counts from 0. */
bool a32_parallel(struct translator *t, const struct a32_args *a)
{
    struct ir_unit *u = t->u;
    unsigned kind = a->x + (t->t32 ? 1 : 0), lane = a->op >= OP_ADD8 ? IR_LANE_8 : IR_LANE_16;
    if (a->rd == 15 || a->rn == 15 || a->rm == 15 || a->op == 5 || a->op == 6)
        return false;
    ir_val x = get_parts(t, a->rn), y = get_parts(t, a->rm);
    struct sums s;
    if (a->op == OP_ASX || a->op == OP_SAX) {
        y = vop(t, IR_VSCALAR, IR_LANE_32, 0, op2i(t, IR_ROTR, get32(t, a->rm), 16), 0);
        struct sums add = sums(t, kind, false, lane, x, y), sub = sums(t, kind, true, lane, x, y);
        ir_val added = parts_const(t, a->op == OP_ASX ? 0xffff0000u : 0xffffu);
        s.sum = ir_vector(u, IR_VSEL, IR_V128, 0, 0, added, add.sum, sub.sum);
        s.ge = add.ge ? ir_vector(u, IR_VSEL, IR_V128, 0, 0, added, add.ge, sub.ge) : 0;
    } else {
        s = sums(t, kind, a->op == OP_SUB16 || a->op == OP_SUB8, lane, x, y);
    }
    if (s.ge) {
        ir_val ge = ir_vector(u, IR_VMSK, IR_I32, IR_LANE_8, 0, s.ge, 0, 0);
        ir_store_state(u, IR_MEM_8, STATE(cpsr_ge), op2i(t, IR_AND, ge, 15));
    }
    put32(t, a->rd, parts32(t, s.sum));
    return true;
}

/* Bytes of rn where GE is set, else of rm. */
bool a32_sel(struct translator *t, const struct a32_args *a)
{
    if (a->rd == 15 || a->rn == 15 || a->rm == 15)
        return false;
    /* Bit n of GE comes to bit 8 * n, and is multiplied by 255. */
    ir_val ge = ir_load_state(t->u, IR_I32, IR_MEM_8, STATE(cpsr_ge));
    ir_val ones = op2i(t, IR_AND, op2i(t, IR_MUL, ge, 0x00204081), 0x01010101);
    ir_val mask = op2(t, IR_SUB, op2i(t, IR_SHL, ones, 8), ones);
    ir_val n = get32(t, a->rn), m = get32(t, a->rm);
    put32(t, a->rd, op2(t, IR_OR, op2(t, IR_AND, n, mask), op2(t, IR_ANDN, m, mask)));
    return true;
}

/* -- The rest -- */

bool a32_usada8(struct translator *t, const struct a32_args *a)
{
    if (a->rd == 15 || a->rn == 15 || a->rm == 15)
        return false;
    ir_val n = get_parts(t, a->rn), m = get_parts(t, a->rm);
    ir_val d = vop(t, IR_VOR, 0, 0, vop(t, IR_VSUBU, IR_LANE_8, 0, n, m), vop(t, IR_VSUBU, IR_LANE_8, 0, m, n));
    /* As halfwords, whose sum has room. */
    d = vop(t, IR_VWIDENU, IR_LANE_8, 0, d, 0);
    ir_val r = ir_vector(t->u, IR_VSUM, IR_I32, IR_LANE_16, 0, d, 0, 0);
    put32(t, a->rd, a->ra == 15 ? r : op2(t, IR_ADD, r, get32(t, a->ra)));
    return true;
}

bool a32_sat16(struct translator *t, const struct a32_args *a)
{
    if (a->rd == 15 || a->rn == 15)
        return false;
    unsigned width = a->x ? a->imm : a->imm + 1;
    uint32_t max = (1u << (a->x ? width : width - 1)) - 1, min = a->x ? 0 : ~max & 0xffff;
    ir_val v = get_parts(t, a->rn);
    ir_val s = vop(t, IR_VMINS, IR_LANE_16, 0, v, parts_const(t, max << 16 | max));
    s = vop(t, IR_VMAXS, IR_LANE_16, 0, s, parts_const(t, min << 16 | min));
    ir_val r = parts32(t, s);
    a32_set_q(t, ir_setcc(t->u, IR_NE, IR_I32, r, get32(t, a->rn)));
    put32(t, a->rd, r);
    return true;
}
