/* SPDX-License-Identifier: BSD-2-Clause */
/* Products summed in a wider format: FHM, I8MM, BF16, of A64 and AArch32. Manual: DDI 0487, C7.2 and F6.1. */
#include "trans-neon.h"

static bool three(struct translator *t, const struct a64_args *a, const struct ir_helper *h, ir_val x, ir_val y)
{
    set_part(t, a->q, 2, a->rd, ir_call(t->u, h, IR_V128, get_repeated(t, a->q, 2, a->rd), x, y, 0));
    return true;
}

/* -- FMLAL: halves of the part that the instruction takes, repeated -- */

static ir_val part(struct translator *t, const struct a64_args *a, unsigned n)
{
    if (!a->q)
        return repeat_lane(t, 2, n, a->u);
    ir_val v = get_v(t, n);
    return a->u ? vop(t, IR_VZIPH, IR_LANE_64, 0, v, v) : v;
}

static bool multiply(struct translator *t, const struct a64_args *a, ir_val x, ir_val y)
{
    if (a->op)
        x = vop(t, IR_VXOR, 0, 0, x, vector_const(t, 0x8000800080008000, 0x8000800080008000));
    return three(t, a, t->fp_standard ? &arm_helper_fmlal_standard : &arm_helper_fmlal, x, y);
}

A64(fmlal, fp_trapped(t) || multiply(t, a, part(t, a, a->rn), part(t, a, a->rm)))
static ir_val element(struct translator *t, const struct a64_args *a)
{
    return repeat_lane(t, 1, element_register(a, 1), element_index(a, 1));
}

A64(fmlal_e, fp_trapped(t) || multiply(t, a, part(t, a, a->rn), element(t, a)))

/* AArch32's: d is Q or D, n and m are D or S. */
static bool wide_registers(struct a64_args *a, uint8_t *n)
{
    if (a->q && (a->rd & 1))
        return false;
    a->rd = a->q ? a->rd / 2 : VREG_D(a->rd);
    *n = a->q ? VREG_D(*n) : VREG_S((*n & 15) << 1 | *n >> 4);
    a->u = 0;
    return true;
}

bool a64_neon_fmlal(struct translator *t, const struct a64_args *a)
{
    struct a64_args of = *a;
    if (!wide_registers(&of, &of.rn))
        return false;
    of.rm = a->q ? VREG_D(a->rm) : VREG_S((a->rm & 15) << 1 | a->rm >> 4);
    return a64_fmlal(t, &of);
}

bool a64_neon_fmlal_e(struct translator *t, const struct a64_args *a)
{
    struct a64_args of = *a;
    unsigned m = a->rm >> 4, vm = a->rm & 15;
    unsigned lane = a->q ? (vm & 1) * 4 + (m << 1 | vm >> 3) : ((vm << 1 & 6) | m) * 2 % 8 + (vm >> 3);
    if (!wide_registers(&of, &of.rn))
        return false;
    unsigned reg = a->q ? (vm & 7) / 2 : ((vm & 7) << 1 | m) / 4;
    return fp_trapped(t) || multiply(t, &of, part(t, &of, of.rn), repeat_lane(t, 1, reg, lane));
}

/* -- Bytes -- */

bool a64_mmla(struct translator *t, const struct a64_args *a)
{
    struct a64_args of = *a;
    of.q = 1;
    return fp_trapped(t) || three(t, &of, a->op ? &arm_helper_usmmla : a->u ? &arm_helper_ummla : &arm_helper_smmla,
                                  get_v(t, a->rn), get_v(t, a->rm));
}

A64(usdot, fp_trapped(t) || three(t, a, &arm_helper_usdot, get_v(t, a->rn), get_v(t, a->rm)))

/* op: n is the signed one. */
static bool dot_element(struct translator *t, const struct a64_args *a, ir_val y)
{
    ir_val x = get_v(t, a->rn);
    return three(t, a, &arm_helper_usdot, a->op ? y : x, a->op ? x : y);
}

A64(usdot_e, fp_trapped(t) || dot_element(t, a, repeat_lane(t, 2, a->rm, a->idx)))

/* Vm of a D register and M, which of its words. */
static ir_val word_of_d(struct translator *t, const struct a64_args *a)
{
    return repeat_lane(t, 2, (a->rm & 15) / 2, (a->rm & 1) * 2 + (a->rm >> 4));
}

A64(neon_usdot_e, fp_trapped(t) || dot_element(t, a, word_of_d(t, a)))

/* -- bfloat16 -- */

A64(bfdot, fp_trapped(t) || three(t, a, &arm_helper_bfdot, get_v(t, a->rn), get_v(t, a->rm)))
A64(bfdot_e, fp_trapped(t) || three(t, a, &arm_helper_bfdot, get_v(t, a->rn), repeat_lane(t, 2, a->rm, a->idx)))
A64(neon_bfdot_e, fp_trapped(t) || three(t, a, &arm_helper_bfdot, get_v(t, a->rn), word_of_d(t, a)))

bool a64_bfmmla(struct translator *t, const struct a64_args *a)
{
    struct a64_args of = *a;
    of.q = 1;
    return fp_trapped(t) || three(t, &of, &arm_helper_bfmmla, get_v(t, a->rn), get_v(t, a->rm));
}

/* op: the odd lanes. */
static bool bf_multiply(struct translator *t, const struct a64_args *a, ir_val y)
{
    struct a64_args of = *a;
    const struct ir_helper *h = t->fp_standard ? (a->op ? &arm_helper_bfmlalt_standard : &arm_helper_bfmlalb_standard)
                                               : a->op ? &arm_helper_bfmlalt : &arm_helper_bfmlalb;
    of.q = 1;
    return three(t, &of, h, get_v(t, a->rn), y);
}

A64(bfmlal, fp_trapped(t) || bf_multiply(t, a, get_v(t, a->rm)))
A64(bfmlal_e, fp_trapped(t) || bf_multiply(t, a, element(t, a)))

bool a64_neon_bfmlal_e(struct translator *t, const struct a64_args *a)
{
    unsigned m = a->rm >> 4, vm = a->rm & 15;
    return fp_trapped(t) || bf_multiply(t, a, repeat_lane(t, 1, (vm & 7) / 2, (vm & 1) * 4 + (m << 1 | vm >> 3)));
}

static ir_val to_bfloat(struct translator *t, ir_val v)
{
    return ir_call(t->u, &arm_helper_bfcvt, IR_V128, v, const64(t, t->fp_standard ? FP_STANDARD : 0), 0, 0);
}

bool a64_bfcvt(struct translator *t, const struct a64_args *a)
{
    if (fp_trapped(t))
        return true;
    set_part(t, 2, 1, a->rd, to_bfloat(t, repeat_lane(t, 2, a->rn, 0)));
    return true;
}

bool a64_bfcvtn(struct translator *t, const struct a64_args *a)
{
    if (fp_trapped(t))
        return true;
    ir_val v = to_bfloat(t, get_v(t, a->rn));
    if (a->q)
        set_v(t, a->rd, vop(t, IR_VZIPL, IR_LANE_64, 0, get_v(t, a->rd), v));
    else
        set_part(t, 0, 0, a->rd, v);
    return true;
}
