/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * N, Z, C and V in translated code, of all states: what they are of is put to arm_cpu.flags (see enum arm_flags), and
 * conditions are computed of that. Which kind is there is mostly known while translating; where it is not, at the start
 * of a unit, it is looked at.
 */
#include "trans.h"

/* log2 of the bytes, for ir_flags(). */
static unsigned size_of(unsigned what)
{
    return what & 1 ? 2 : 3;
}

static ir_val row(struct translator *t, unsigned reg, unsigned what)
{
    return ir_get(t->u, reg, what & 1 ? IR_I32 : IR_I64);
}

/* -- Setting -- */

/* Members of arm_cpu.flags that a kind, whole, does not use. */
static uint32_t unused_by(unsigned what)
{
    enum { A = 1, B = 2, IN = 4, NZ = 8, C = 16 };
    return what == ARM_FLAGS_PACKED ? A | B | IN | NZ | C
         : what == ARM_FLAGS_LOGIC32 || what == ARM_FLAGS_LOGIC64 ? B | IN | NZ | C
         : what >= ARM_FLAGS_ADC32 ? NZ | C : IN | NZ | C;
}

_Static_assert(ARMREG_FLAGS_B == ARMREG_FLAGS_A + 1 && ARMREG_FLAGS_IN == ARMREG_FLAGS_A + 2 &&
               ARMREG_FLAGS_NZ == ARMREG_FLAGS_A + 3 && ARMREG_FLAGS_C == ARMREG_FLAGS_A + 4, "the set's order");

static void put_kind(struct translator *t, unsigned what)
{
    ir_discard(t->u, ARMREG_FLAGS_A, unused_by(what));
    struct known_flags *k = &t->known;
    if (!k->kind || k->what != what)
        ir_put(t->u, ARMREG_FLAGS_KIND, const32(t, what));
    *k = (struct known_flags){ .kind = true, .what = what };
}

void set_flags(struct translator *t, enum ir_flag_kind kind, bool sf, ir_val a, ir_val b, ir_val carry)
{
    struct ir_unit *u = t->u;
    unsigned what = kind == IR_FLAG_ADD ? ARM_FLAGS_ADD32 : kind == IR_FLAG_SUBN ? ARM_FLAGS_SUB32
                  : kind == IR_FLAG_LOGIC ? ARM_FLAGS_LOGIC32 : kind == IR_FLAG_ADC ? ARM_FLAGS_ADC32 : ARM_FLAGS_SBC32;
    ir_put(u, ARMREG_FLAGS_A, a);
    if (kind != IR_FLAG_LOGIC)
        ir_put(u, ARMREG_FLAGS_B, b);
    if (carry)
        ir_put(u, ARMREG_FLAGS_IN, carry);
    put_kind(t, what + sf);
    if (kind != IR_FLAG_LOGIC && u->ops[b].op == IR_CONST) {
        t->known.b_is_const = true;
        t->known.b = u->ops[b].imm;
    }
}

void set_nz(struct translator *t, ir_val r, ir_val carry)
{
    struct ir_unit *u = t->u;
    struct known_flags *k = &t->known;
    unsigned set = ARM_FLAGS_NZ | (carry ? ARM_FLAGS_C : 0), what = k->what | set;
    ir_put(u, ARMREG_FLAGS_NZ, r);
    if (carry)
        ir_put(u, ARMREG_FLAGS_C, carry);
    if (what != k->what)
        ir_put(u, ARMREG_FLAGS_KIND, k->kind ? const32(t, what)
                                             : ir_op2(u, IR_OR, ir_get(u, ARMREG_FLAGS_KIND, IR_I32), const32(t, set)));
    k->what = what;
    k->both = false;
}

void set_nzcv(struct translator *t, ir_val packed)
{
    ir_put(t->u, ARMREG_NZCV, packed);
    put_kind(t, ARM_FLAGS_PACKED);
}

void set_flags_or_nzcv(struct translator *t, ir_val holds, enum ir_flag_kind kind, bool sf, ir_val a, ir_val b,
                       unsigned nzcv)
{
    struct ir_unit *u = t->u;
    unsigned what = (kind == IR_FLAG_ADD ? ARM_FLAGS_ADD32 : ARM_FLAGS_SUB32) + sf;
    ir_put(u, ARMREG_FLAGS_A, a);
    ir_put(u, ARMREG_FLAGS_B, b);
    ir_put(u, ARMREG_NZCV, const32(t, (uint32_t)nzcv << 28));
    ir_put(u, ARMREG_FLAGS_KIND, ir_select(u, IR_NE, holds, const32(t, 0), const32(t, what), const32(t, ARM_FLAGS_PACKED)));
    t->known = (struct known_flags){
        .both = true, .holds = holds, .nzcv = nzcv, .block = u->current,
        .then = ir_flags(u, kind, size_of(what), a, b, ir_const(u, x_type(sf), 0)),
    };
}

/* -- Reading -- */

/* Known: what, without what is separate. */
static ir_val whole_flags(struct translator *t)
{
    static const uint8_t kinds[] = {
        [ARM_FLAGS_ADD32] = IR_FLAG_ADD, [ARM_FLAGS_ADD64] = IR_FLAG_ADD, [ARM_FLAGS_SUB32] = IR_FLAG_SUBN,
        [ARM_FLAGS_SUB64] = IR_FLAG_SUBN, [ARM_FLAGS_LOGIC32] = IR_FLAG_LOGIC, [ARM_FLAGS_LOGIC64] = IR_FLAG_LOGIC,
        [ARM_FLAGS_ADC32] = IR_FLAG_ADC, [ARM_FLAGS_ADC64] = IR_FLAG_ADC, [ARM_FLAGS_SBC32] = IR_FLAG_SBCN,
        [ARM_FLAGS_SBC64] = IR_FLAG_SBCN,
    };
    struct ir_unit *u = t->u;
    unsigned what = t->known.what & ARM_FLAGS_WHAT, type = what & 1 ? IR_I32 : IR_I64;
    if (what == ARM_FLAGS_PACKED)
        return ir_flags(u, IR_FLAG_NZCV, 2, ir_get(u, ARMREG_NZCV, IR_I32), const32(t, 0), const32(t, 0));
    ir_val zero = ir_const(u, type, 0), a = row(t, ARMREG_FLAGS_A, what);
    if (kinds[what] == IR_FLAG_LOGIC)
        return ir_flags(u, IR_FLAG_LOGIC, size_of(what), a, zero, zero);
    ir_val b = t->known.b_is_const ? ir_const(u, type, t->known.b) : row(t, ARMREG_FLAGS_B, what);
    bool carry = kinds[what] == IR_FLAG_ADC || kinds[what] == IR_FLAG_SBCN;
    return ir_flags(u, kinds[what], size_of(what), a, b, carry ? row(t, ARMREG_FLAGS_IN, what) : zero);
}

/* The flags become packed in an own register, whatever they are; those of a comparison without a call. */
static void make_known(struct translator *t)
{
    struct ir_unit *u = t->u;
    ir_val kind = ir_get(u, ARMREG_FLAGS_KIND, IR_I32);
    unsigned local = ir_new_local(u, IR_I32), join = ir_new_block(u, false);
    for (unsigned what = ARM_FLAGS_SUB32; what <= (t->mode & ARMKEY_A32 ? ARM_FLAGS_SUB32 : ARM_FLAGS_SUB64); what++) {
        unsigned is = ir_new_block(u, false), other = ir_new_block(u, what == ARM_FLAGS_SUB64 || (t->mode & ARMKEY_A32));
        ir_brcc(u, IR_EQ, kind, const32(t, what), is, other);
        ir_place_block(u, is);
        t->known = (struct known_flags){ .kind = true, .what = what };
        ir_put_local(u, local, ir_flag_pack(u, IR_LAYOUT_NZCV, IR_I32, whole_flags(t)));
        ir_br(u, join);
        ir_place_block(u, other);
    }
    ir_put_local(u, local, ir_convert(u, IR_TRUNC, IR_I32, ir_call(u, &arm_helper_nzcv, IR_I64, 0, 0, 0, 0)));
    ir_br(u, join);
    ir_place_block(u, join);
    forget_flags(t);
    set_nzcv(t, ir_get_local(u, local));
}

static bool of_result(enum ir_flag_cc cc)
{
    return cc == IR_FLAG_Z || cc == IR_FLAG_NZ || cc == IR_FLAG_S || cc == IR_FLAG_NS;
}

/* Behind set_flags_or_nzcv(), in its block: *cc, which becomes one of the result's. */
static ir_val chosen(struct translator *t, enum ir_flag_cc *cc)
{
    const struct known_flags *k = &t->known;
    ir_val zero = const32(t, 0);
    bool otherwise = ir_eval_flag_cc(*cc, ir_eval_flags(IR_FLAG_NZCV, 2, (uint32_t)k->nzcv << 28, 0, 0));
    ir_val both = ir_op2(t->u, IR_AND, k->holds, ir_flag_setcc(t->u, *cc ^ otherwise, IR_I32, k->then));
    *cc = otherwise ? IR_FLAG_Z : IR_FLAG_NZ; /* not those of k->then: they are the opposite */
    return ir_flags(t->u, IR_FLAG_LOGIC, 2, both, zero, zero);
}

ir_val get_flags(struct translator *t, enum ir_flag_cc *cc)
{
    struct ir_unit *u = t->u;
    const struct known_flags *k = &t->known;
    ir_val zero = const32(t, 0);
    if (k->both && k->block == u->current)
        return chosen(t, cc);
    if ((k->what & ARM_FLAGS_NZ) && of_result(*cc))
        return ir_flags(u, IR_FLAG_LOGIC, 2, ir_get(u, ARMREG_FLAGS_NZ, IR_I32), zero, zero);
    if ((k->what & ARM_FLAGS_C) && (*cc == IR_FLAG_C || *cc == IR_FLAG_NC))
        return ir_flags(u, IR_FLAG_LOGIC, 2, zero, zero, ir_get(u, ARMREG_FLAGS_C, IR_I32));
    if (!k->kind)
        make_known(t);
    ir_val f = whole_flags(t);
    if (!(k->what & (ARM_FLAGS_NZ | ARM_FLAGS_C)))
        return f;
    ir_val v = ir_flag_setcc(u, IR_FLAG_O, IR_I32, f);
    ir_val c = k->what & ARM_FLAGS_C ? ir_get(u, ARMREG_FLAGS_C, IR_I32) : ir_flag_setcc(u, IR_FLAG_C, IR_I32, f);
    return ir_flags(u, IR_FLAG_LOGIC, 2, ir_get(u, ARMREG_FLAGS_NZ, IR_I32), v, c);
}

ir_val flag_setcc(struct translator *t, enum ir_flag_cc cc, enum ir_type type)
{
    ir_val f = get_flags(t, &cc);
    return ir_flag_setcc(t->u, cc, type, f);
}

ir_val flag_select(struct translator *t, unsigned cond, ir_val x, ir_val y)
{
    enum ir_flag_cc cc = flag_condition(cond);
    ir_val f = get_flags(t, &cc);
    return ir_flag_select(t->u, cc, f, x, y);
}

void flag_branch(struct translator *t, unsigned cond, unsigned if_true, unsigned if_false)
{
    enum ir_flag_cc cc = flag_condition(cond);
    ir_val f = get_flags(t, &cc);
    ir_brflag(t->u, cc, f, if_true, if_false);
}

ir_val packed_flags(struct translator *t)
{
    return ir_convert(t->u, IR_TRUNC, IR_I32, ir_call(t->u, &arm_helper_nzcv, IR_I64, 0, 0, 0, 0));
}

ir_val carry_if_used(struct translator *t)
{
    if (t->known.kind || (t->known.what & ARM_FLAGS_C))
        return flag_setcc(t, IR_FLAG_C, IR_I32);
    return ir_bits_get(t->u, false, packed_flags(t), 29, 1);
}

void flags_known(struct translator *t, unsigned cond)
{
    enum ir_flag_cc cc = flag_condition(cond);
    if (!t->known.kind && !(of_result(cc) && (t->known.what & ARM_FLAGS_NZ)) &&
        !((cc & ~1u) == IR_FLAG_C && (t->known.what & ARM_FLAGS_C)) && !(t->known.both && t->known.block == t->u->current))
        make_known(t);
}

void join_flags(struct translator *t, const struct known_flags *other)
{
    struct known_flags *k = &t->known, now = { .what = k->what & other->what & (ARM_FLAGS_NZ | ARM_FLAGS_C) };
    if (k->kind && other->kind && k->what == other->what) {
        now.kind = true;
        now.what = k->what;
        now.b_is_const = k->b_is_const && other->b_is_const && k->b == other->b;
        now.b = k->b;
    }
    *k = now;
}

enum ir_flag_cc flag_condition(unsigned cond)
{
    static const uint8_t cc[14] = {
        IR_FLAG_Z, IR_FLAG_NZ, IR_FLAG_C, IR_FLAG_NC, IR_FLAG_S, IR_FLAG_NS, IR_FLAG_O, IR_FLAG_NO,
        IR_FLAG_HI, IR_FLAG_LS, IR_FLAG_GE, IR_FLAG_L, IR_FLAG_G, IR_FLAG_LE,
    };
    return cc[cond];
}
