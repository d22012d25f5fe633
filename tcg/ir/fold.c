/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The builders' folder: constants, identities and canonical forms of pure ops. A rule never makes an
 * older value live across more guest instructions than the op itself did, except where a branch or
 * select takes over the condition of a setcc: engines that keep guest registers in host registers
 * would have to copy it.
 */
#include "ir-eval.h"
#include "ir-internal.h"

/* -- Facts -- */

static const struct ir_op *op_of(const struct ir_unit *u, ir_val v)
{
    return &u->ops[v];
}

static bool wide(const struct ir_unit *u, ir_val v)
{
    return u->ops[v].type == IR_I64;
}

/* True if v is a constant; *c is its value, zero-extended. */
static bool get_const(const struct ir_unit *u, ir_val v, uint64_t *c)
{
    const struct ir_op *o = op_of(u, v);

    if (o->op != IR_CONST) {
        return false;
    }
    *c = o->type == IR_I32 ? (uint32_t)o->imm : (uint64_t)o->imm;
    return true;
}

/* The value is its low n bits, extended by *is_signed; the smallest such n that is easily known. */
static unsigned known_width(const struct ir_unit *u, ir_val v, bool *is_signed)
{
    const struct ir_op *o = op_of(u, v);
    unsigned bits = ir_type_bits(o->type);
    uint64_t c;

    *is_signed = false;
    switch (o->op) {
    case IR_SEXT8:
    case IR_SEXT16:
    case IR_SEXT32:
    case IR_SX:
        *is_signed = true;
        return o->op == IR_SEXT8 ? 8 : o->op == IR_SEXT16 ? 16 : 32;
    case IR_ZEXT8:
        return 8;
    case IR_ZEXT16:
        return 16;
    case IR_ZEXT32:
    case IR_ZX:
        return 32;
    case IR_SETCC:
        return 1;
    case IR_FCMP:
        return o->sub >> 2 >= IR_FNZCV ? 32 : 1;
    case IR_CLZ:
    case IR_CTZ:
    case IR_POPCNT:
        return 7;
    case IR_LD:
    case IR_LDS:
    case IR_AMO:
    case IR_CAS:
        *is_signed = o->aux & IR_MEM_SIGNED;
        return 8u << (o->aux & IR_MEM_SIZE);
    case IR_AND:
        return get_const(u, o->arg[1], &c) && c ? 64u - __builtin_clzll(c) : bits;
    case IR_SHR:
        return get_const(u, o->arg[1], &c) ? bits - (c & (bits - 1)) : bits;
    default:
        return bits;
    }
}

static bool is_sext_from(const struct ir_unit *u, ir_val v, unsigned n)
{
    bool is_signed;
    unsigned w = known_width(u, v, &is_signed);
    return is_signed ? w <= n : w < n;
}

static bool is_zext_from(const struct ir_unit *u, ir_val v, unsigned n)
{
    bool is_signed;
    return known_width(u, v, &is_signed) <= n && !is_signed;
}

/* -- One argument -- */

/* Bits that an extension op keeps, 0 if it is none. */
static unsigned ext_bits(enum ir_opcode op)
{
    switch (op) {
    case IR_SEXT8:
    case IR_ZEXT8:
        return 8;
    case IR_SEXT16:
    case IR_ZEXT16:
        return 16;
    case IR_SEXT32:
    case IR_ZEXT32:
        return 32;
    default:
        return 0;
    }
}

static ir_val fold_extension(struct ir_unit *u, enum ir_opcode op, ir_val a)
{
    bool is_signed = op == IR_SEXT8 || op == IR_SEXT16 || op == IR_SEXT32;
    unsigned n = ext_bits(op);
    const struct ir_op *in = op_of(u, a);

    if (is_signed ? is_sext_from(u, a, n) : is_zext_from(u, a, n)) {
        return a;
    }
    if (ext_bits(in->op) >= n) {
        return ir_op1(u, op, in->arg[0]);
    }
    return 0;
}

ir_val ir_fold1(struct ir_unit *u, enum ir_opcode op, ir_val a)
{
    uint64_t c;

    if (get_const(u, a, &c)) {
        return ir_const(u, op_of(u, a)->type, ir_eval1(op, op_of(u, a)->type, c));
    }
    if (ext_bits(op)) {
        return fold_extension(u, op, a);
    }
    if ((op == IR_NEG || op == IR_NOT || op == IR_BSWAP || op == IR_FNEG) && op_of(u, a)->op == op) {
        return op_of(u, a)->arg[0];
    }
    return 0;
}

/* -- Two arguments -- */

/* Arguments are the same value. */
static ir_val fold_same(struct ir_unit *u, enum ir_opcode op, ir_val a)
{
    switch (op) {
    case IR_SUB:
    case IR_XOR:
    case IR_ANDN:
        return ir_const(u, op_of(u, a)->type, 0);
    case IR_AND:
    case IR_OR:
    case IR_MINS:
    case IR_MAXS:
    case IR_MINU:
    case IR_MAXU:
    case IR_FSGN:
        return a;
    case IR_FSGNX:
        return ir_op1(u, IR_FABS, a);
    default:
        return 0;
    }
}

/* b is the constant 0. */
static ir_val fold_zero(struct ir_unit *u, enum ir_opcode op, ir_val a, ir_val zero)
{
    switch (op) {
    case IR_ADD:
    case IR_SUB:
    case IR_OR:
    case IR_XOR:
    case IR_ANDN:
    case IR_SHL:
    case IR_SHR:
    case IR_SAR:
    case IR_ROTL:
    case IR_ROTR:
    case IR_MAXU:
    case IR_REMS:
    case IR_REMU:
        return a;
    case IR_MUL:
    case IR_MULHS:
    case IR_MULHU:
    case IR_MULHSU:
    case IR_AND:
    case IR_MINU:
        return zero;
    case IR_DIVS:
    case IR_DIVU:
        return ir_const(u, op_of(u, a)->type, -1);
    default:
        return 0;
    }
}

/* b is the constant -1 (all ones). */
static ir_val fold_ones(struct ir_unit *u, enum ir_opcode op, ir_val a, ir_val ones)
{
    switch (op) {
    case IR_AND:
    case IR_MINU:
        return a;
    case IR_OR:
    case IR_MAXU:
        return ones;
    case IR_XOR:
        return ir_op1(u, IR_NOT, a);
    case IR_MUL:
    case IR_DIVS:
        return ir_op1(u, IR_NEG, a);
    case IR_ANDN:
    case IR_REMS:
        return ir_const(u, op_of(u, a)->type, 0);
    default:
        return 0;
    }
}

/* b is the constant 2^n. */
static ir_val fold_power(struct ir_unit *u, enum ir_opcode op, ir_val a, unsigned n)
{
    enum ir_type t = op_of(u, a)->type;

    switch (op) {
    case IR_MUL:
        return ir_op2(u, IR_SHL, a, ir_const(u, t, n));
    case IR_DIVU:
        return ir_op2(u, IR_SHR, a, ir_const(u, t, n));
    case IR_REMU:
        return ir_op2(u, IR_AND, a, ir_const(u, t, (UINT64_C(1) << n) - 1));
    case IR_MULHU:
        return n ? ir_op2(u, IR_SHR, a, ir_const(u, t, ir_type_bits(t) - n)) : ir_const(u, t, 0);
    case IR_DIVS:
        return n ? 0 : a;
    case IR_REMS:
        return n ? 0 : ir_const(u, t, 0);
    default:
        return 0;
    }
}

/* a shifted right by c, where a is something shifted left by c: its low bits extended. 0: by no such op. */
static ir_val fold_shifts(struct ir_unit *u, bool is_signed, ir_val a, unsigned c)
{
    const struct ir_op *in = op_of(u, a);
    unsigned bits = ir_type_bits(in->type);
    uint64_t left;

    if (in->op != IR_SHL || !get_const(u, in->arg[1], &left) || left != c) {
        return 0;
    }
    switch (bits - c) {
    case 8:
        return ir_op1(u, is_signed ? IR_SEXT8 : IR_ZEXT8, in->arg[0]);
    case 16:
        return ir_op1(u, is_signed ? IR_SEXT16 : IR_ZEXT16, in->arg[0]);
    case 32:
        return bits == 64 ? ir_op1(u, is_signed ? IR_SEXT32 : IR_ZEXT32, in->arg[0]) : 0;
    default:
        return 0;
    }
}

/* One value, or the low half of one. */
static bool same_value(const struct ir_unit *u, ir_val a, ir_val b)
{
    const struct ir_op *x = op_of(u, a), *y = op_of(u, b);
    return a == b || (x->op == IR_TRUNC && y->op == IR_TRUNC && x->type == y->type && x->arg[0] == y->arg[0]);
}

/* left | right, where both are shifts of one value that make a rotation, or such shifts of an I32 extended. 0: they are not. */
static ir_val fold_rotation(struct ir_unit *u, ir_val left, ir_val right)
{
    const struct ir_op *l = op_of(u, left), *r = op_of(u, right);
    enum ir_opcode extend = l->op;
    bool extended = (l->op == IR_SX || l->op == IR_ZX) && (r->op == IR_SX || r->op == IR_ZX);
    uint64_t nl, nr;

    if (extended) { /* the extension of what is shifted right is the same whichever: its sign is clear */
        l = op_of(u, l->arg[0]);
        r = op_of(u, r->arg[0]);
    }
    if (l->op != IR_SHL || r->op != IR_SHR || !same_value(u, l->arg[0], r->arg[0]) || !get_const(u, l->arg[1], &nl) ||
        !get_const(u, r->arg[1], &nr) || nl + nr != ir_type_bits(l->type)) {
        return 0;
    }
    ir_val v = ir_op2(u, IR_ROTL, l->arg[0], l->arg[1]);
    return extended ? ir_convert(u, extend, IR_I64, v) : v;
}

/* b is the constant c, none of the above. */
static ir_val fold_right_const(struct ir_unit *u, enum ir_opcode op, ir_val a, ir_val b, uint64_t c)
{
    enum ir_type t = op_of(u, a)->type;
    unsigned bits = ir_type_bits(t);

    switch (op) {
    case IR_AND:
        if (c == 0xff) {
            return ir_op1(u, IR_ZEXT8, a);
        }
        if (c == 0xffff) {
            return ir_op1(u, IR_ZEXT16, a);
        }
        return c == 0xffffffff && t == IR_I64 ? ir_op1(u, IR_ZEXT32, a) : 0;
    case IR_ANDN:
        return ir_op2(u, IR_AND, a, ir_const(u, t, ~c));
    case IR_SUB:
        return ir_op2(u, IR_ADD, a, ir_const(u, t, -c));
    case IR_SHR:
    case IR_SAR:
        if (c < bits) {
            return fold_shifts(u, op == IR_SAR, a, c);
        }
        /* fallthrough */
    case IR_SHL:
    case IR_ROTL:
    case IR_ROTR:
        return c >= bits ? ir_op2(u, op, a, ir_const(u, t, c & (bits - 1))) : 0;
    default:
        return 0;
    }
}

/* a is the constant c, b is not constant, op does not commute. */
static ir_val fold_left_const(struct ir_unit *u, enum ir_opcode op, ir_val a, ir_val b, uint64_t c)
{
    bool ones = c == (wide(u, a) ? UINT64_MAX : UINT32_MAX);

    switch (op) {
    case IR_SHL:
    case IR_SHR:
    case IR_ANDN:
    case IR_MULHSU:
        if (op == IR_ANDN && ones) {
            return ir_op1(u, IR_NOT, b);
        }
        return c == 0 ? a : 0;
    case IR_SAR:
    case IR_ROTL:
    case IR_ROTR:
        return c == 0 || ones ? a : 0;
    case IR_SUB:
        return c == 0 ? ir_op1(u, IR_NEG, b) : 0;
    case IR_REMS:
    case IR_REMU:
        return c == 0 ? a : 0;
    default:
        return 0;
    }
}

/* a is an address that moves by whole pages, b is c: what is known to move with it. */
static ir_val fold_moving(struct ir_unit *u, enum ir_opcode op, ir_val a, uint64_t c)
{
    enum ir_type t = op_of(u, a)->type;
    uint64_t pc = op_of(u, a)->imm, page_bits = t == IR_I32 ? (uint32_t)PAGE_MASK : PAGE_MASK;

    if (t == IR_I64 && u->va_mask != ~(gva)0)
        return 0; /* the sum need not be an address */
    switch (op) {
    case IR_ADD:
        return ir_pc(u, t, pc + c);
    case IR_SUB:
        return ir_pc(u, t, pc - c);
    case IR_AND:
        return (c & page_bits) == page_bits ? ir_pc(u, t, pc & c) : 0;
    default:
        return 0;
    }
}

ir_val ir_fold2(struct ir_unit *u, enum ir_opcode op, ir_val *ap, ir_val *bp)
{
    uint64_t ca, cb;
    ir_val v = 0;

    if (get_const(u, *ap, &ca)) {
        if (get_const(u, *bp, &cb)) {
            return ir_const(u, op_of(u, *ap)->type, ir_eval2(op, op_of(u, *ap)->type, ca, cb));
        }
        if (!(ir_op_flags(op) & IR_COMMUT)) {
            return fold_left_const(u, op, *ap, *bp, ca);
        }
        ir_val swap = *ap;
        *ap = *bp;
        *bp = swap;
    }
    if (*ap == *bp) {
        return fold_same(u, op, *ap);
    }
    if (op == IR_FSGN && op_of(u, *bp)->op == IR_FNEG && op_of(u, *bp)->arg[0] == *ap) {
        return *bp;
    }
    if (!get_const(u, *bp, &cb)) {
        if (op == IR_OR || op == IR_XOR || op == IR_ADD) {
            v = fold_rotation(u, *ap, *bp);
            v = v ? v : fold_rotation(u, *bp, *ap);
        }
        return v;
    }
    if (op_of(u, *ap)->op == IR_PC) {
        v = fold_moving(u, op, *ap, cb);
    }
    if (v) {
        return v;
    }
    if (cb == 0) {
        v = fold_zero(u, op, *ap, *bp);
    } else if (cb == (wide(u, *ap) ? UINT64_MAX : UINT32_MAX)) {
        v = fold_ones(u, op, *ap, *bp);
    } else if ((cb & (cb - 1)) == 0) {
        v = fold_power(u, op, *ap, __builtin_ctzll(cb));
    }
    return v ? v : fold_right_const(u, op, *ap, *bp, cb);
}

/* -- Three arguments, bit ranges -- */

ir_val ir_fold3(struct ir_unit *u, enum ir_opcode op, ir_val a, ir_val b, ir_val c)
{
    enum ir_type t = op_of(u, a)->type;
    uint64_t ca, cb, cc;

    if (!get_const(u, c, &cc)) {
        return 0;
    }
    if (get_const(u, a, &ca) && get_const(u, b, &cb)) {
        return ir_const(u, t, ir_eval3(op, t, ca, cb, cc));
    }
    switch (op) {
    case IR_ADC:
        return cc & 1 ? 0 : ir_op2(u, IR_ADD, a, b);
    case IR_SBB:
        return cc & 1 ? 0 : ir_op2(u, IR_SUB, a, b);
    default:
        return 0;
    }
}

ir_val ir_fold_bits(struct ir_unit *u, enum ir_opcode op, ir_val a, ir_val b, unsigned first, unsigned length)
{
    enum ir_type t = op_of(u, a)->type;
    unsigned bits = ir_type_bits(t);
    uint64_t ca, cb = 0;

    if (get_const(u, a, &ca) && (op != IR_BFI || get_const(u, b, &cb))) {
        return ir_const(u, t, ir_eval_bits(op, t, ca, cb, ir_bits_aux(first, length)));
    }
    if (length == bits) {
        return op == IR_BFI ? b : a;
    }
    if (op == IR_BFI) {
        return 0;
    }
    if (first + length == bits) {
        return ir_op2(u, op == IR_SBFX ? IR_SAR : IR_SHR, a, ir_const(u, t, first));
    }
    if (first == 0 && op == IR_UBFX) {
        return ir_op2(u, IR_AND, a, ir_const(u, t, (int64_t)(UINT64_MAX >> (64 - length))));
    }
    if (first == 0 && (length == 8 || length == 16 || length == 32)) {
        return ir_op1(u, length == 8 ? IR_SEXT8 : length == 16 ? IR_SEXT16 : IR_SEXT32, a);
    }
    return 0;
}

/* -- Conversions between types -- */

/* I64 of an I32 by sx or zx. */
static ir_val fold_widen(struct ir_unit *u, bool is_signed, ir_val a)
{
    const struct ir_op *in = op_of(u, a);

    if (in->op == IR_TRUNC) {
        return ir_op1(u, is_signed ? IR_SEXT32 : IR_ZEXT32, in->arg[0]);
    }
    return is_signed && is_zext_from(u, a, 31) ? ir_convert(u, IR_ZX, IR_I64, a) : 0;
}

ir_val ir_fold_convert(struct ir_unit *u, enum ir_opcode op, enum ir_type t, ir_val a)
{
    const struct ir_op *in = op_of(u, a);
    uint64_t c;

    if (get_const(u, a, &c) && ir_is_int(t)) {
        return ir_const(u, t, op == IR_ZX ? (int64_t)c : op == IR_SX ? (int32_t)c : (int64_t)c);
    }
    switch (op) {
    case IR_TRUNC:
        if (in->op == IR_SX || in->op == IR_ZX) {
            return in->arg[0];
        }
        return in->op == IR_SEXT32 || in->op == IR_ZEXT32 ? ir_convert(u, op, t, in->arg[0]) : 0;
    case IR_SX:
    case IR_ZX:
        if (op == IR_ZX && in->op == IR_PC && u->va_mask == UINT32_MAX) {
            return ir_pc(u, IR_I64, in->imm);
        }
        return fold_widen(u, op == IR_SX, a);
    case IR_BITS:
        return in->op == IR_FROMBITS ? in->arg[0] : 0;
    case IR_FROMBITS:
        return in->op == IR_BITS ? in->arg[0] : 0;
    case IR_FUNBOX:
        return in->op == IR_FBOX ? in->arg[0] : 0;
    default:
        return 0;
    }
}

/* -- Conditions -- */

/* The condition of b, a. */
static enum ir_cc swap_cc(enum ir_cc cc)
{
    static const uint8_t swapped[] = {
        [IR_EQ] = IR_EQ,   [IR_NE] = IR_NE,   [IR_LT] = IR_GT,   [IR_GE] = IR_LE,   [IR_LE] = IR_GE,
        [IR_GT] = IR_LT,   [IR_LTU] = IR_GTU, [IR_GEU] = IR_LEU, [IR_LEU] = IR_GEU, [IR_GTU] = IR_LTU,
    };
    return swapped[cc];
}

_Static_assert((IR_EQ ^ 1) == IR_NE && (IR_LT ^ 1) == IR_GE && (IR_LE ^ 1) == IR_GT && (IR_LTU ^ 1) == IR_GEU &&
                   (IR_LEU ^ 1) == IR_GTU,
               "a condition's inverse differs in bit 0");

/* Compare with the constant c: known outcome or a simpler condition. */
static int fold_cc_const(struct ir_unit *u, enum ir_cc *cc, ir_val a, ir_val *b, uint64_t c)
{
    enum ir_type t = op_of(u, a)->type;
    uint64_t ones = t == IR_I64 ? UINT64_MAX : UINT32_MAX;

    if ((c == 0 && (*cc == IR_LTU || *cc == IR_GEU)) || (c == ones && (*cc == IR_GTU || *cc == IR_LEU))) {
        return *cc == IR_GEU || *cc == IR_LEU;
    }
    if ((c == 1 && (*cc == IR_LTU || *cc == IR_GEU)) || (c == 0 && (*cc == IR_LEU || *cc == IR_GTU))) {
        *cc = *cc == IR_LTU || *cc == IR_LEU ? IR_EQ : IR_NE;
        *b = ir_const(u, t, 0);
    }
    return -1;
}

int ir_fold_cc(struct ir_unit *u, enum ir_cc *cc, ir_val *a, ir_val *b)
{
    uint64_t ca, cb;

    for (;;) {
        if (get_const(u, *a, &ca)) {
            if (get_const(u, *b, &cb)) {
                return wide(u, *a) ? eval64_cc(*cc, ca, cb) : eval32_cc(*cc, ca, cb);
            }
            ir_val swap = *a;
            *a = *b;
            *b = swap;
            *cc = swap_cc(*cc);
        }
        if (*a == *b) {
            return *cc == IR_EQ || *cc == IR_GE || *cc == IR_LE || *cc == IR_GEU || *cc == IR_LEU;
        }
        if (!get_const(u, *b, &cb)) {
            return -1;
        }
        int known = fold_cc_const(u, cc, *a, b, cb);
        const struct ir_op *in = op_of(u, *a);
        if (known >= 0 || in->op != IR_SETCC || !get_const(u, *b, &cb) || cb != 0 || *cc > IR_NE) {
            return known;
        }
        *cc = *cc == IR_NE ? in->sub : in->sub ^ 1;
        *b = in->arg[1];
        *a = in->arg[0];
    }
}

/* -- Vectors -- */

ir_val ir_fold_lane(struct ir_unit *u, enum ir_opcode op, unsigned lane, int64_t imm, ir_val *a)
{
    const struct ir_op *v = op_of(u, *a);

    if (v->op != IR_VSET || v->aux != lane || v->imm != imm) {
        return 0;
    }
    if (op == IR_VSET) { /* what is put over counts no more */
        *a = v->arg[0];
    }
    return op == IR_VGET && lane >= IR_LANE_32 ? v->arg[1] : 0; /* smaller lanes are a part of it */
}

/* -- Flags -- */

bool ir_fold_known_flags(struct ir_unit *u, ir_val f, uint32_t *flags)
{
    const struct ir_op *o = op_of(u, f);
    uint64_t a, b, c;

    if (!get_const(u, o->arg[0], &a) || !get_const(u, o->arg[1], &b) || !get_const(u, o->arg[2], &c)) {
        return false;
    }
    *flags = ir_eval_flags(o->sub, o->sub2, a, b, c);
    return true;
}

/* The condition of a comparison of whole values that the flags' condition is after a - b; false if there is none. */
static bool plain_cc(enum ir_flag_kind kind, enum ir_flag_cc cond, enum ir_cc *cc)
{
    bool borrow = kind == IR_FLAG_SUB;

    switch (cond) {
    case IR_FLAG_C:
    case IR_FLAG_NC:
        *cc = (cond == IR_FLAG_C) == borrow ? IR_LTU : IR_GEU;
        return true;
    case IR_FLAG_Z:
    case IR_FLAG_NZ:
        *cc = cond == IR_FLAG_Z ? IR_EQ : IR_NE;
        return true;
    case IR_FLAG_BE:
    case IR_FLAG_A:
        *cc = cond == IR_FLAG_BE ? (borrow ? IR_LEU : IR_GEU) : (borrow ? IR_GTU : IR_LTU);
        return true;
    case IR_FLAG_L:
    case IR_FLAG_GE:
        *cc = cond == IR_FLAG_L ? IR_LT : IR_GE;
        return true;
    case IR_FLAG_LE:
    case IR_FLAG_G:
        *cc = cond == IR_FLAG_LE ? IR_LE : IR_GT;
        return true;
    case IR_FLAG_HI: /* C, if no borrow, and not equal; a borrow tells that already */
    case IR_FLAG_LS:
        *cc = cond == IR_FLAG_HI ? (borrow ? IR_LTU : IR_GTU) : (borrow ? IR_GEU : IR_LEU);
        return true;
    default:
        return false;
    }
}

/* A comparison with 0 for the condition of flags packed as NZCV; false if it has none. */
static bool packed_cc(struct ir_unit *u, enum ir_flag_cc cond, ir_val f, enum ir_cc *cc, ir_val *a)
{
    enum ir_type t = op_of(u, f)->type;
    bool opposite = cond & 1;
    uint32_t bit = 0;

    switch (cond & ~1u) {
    case IR_FLAG_O:
        bit = 1u << 28;
        break;
    case IR_FLAG_C:
        bit = 1u << 29;
        break;
    case IR_FLAG_Z:
        bit = 1u << 30;
        break;
    case IR_FLAG_BE:
        bit = 3u << 29;
        break;
    case IR_FLAG_S:
        bit = 1u << 31;
        break;
    case IR_FLAG_HI: /* C where Z is, and not Z */
        f = ir_op2(u, IR_ANDN, ir_op2(u, IR_SHL, f, ir_const(u, t, 1)), f);
        bit = 1u << 30;
        break;
    case IR_FLAG_L:
    case IR_FLAG_LE: { /* V, and Z, where N is */
        ir_val differ = ir_op2(u, IR_XOR, f, ir_op2(u, IR_SHL, f, ir_const(u, t, 3)));
        f = (cond & ~1u) == IR_FLAG_LE ? ir_op2(u, IR_OR, differ, ir_op2(u, IR_SHL, f, ir_const(u, t, 1))) : differ;
        bit = 1u << 31;
        break;
    }
    default:
        return false;
    }
    *a = ir_op2(u, IR_AND, f, ir_const(u, t, t == IR_I32 ? (int32_t)bit : (int64_t)bit));
    *cc = opposite ? IR_EQ : IR_NE;
    return true;
}

int ir_fold_flags(struct ir_unit *u, enum ir_flag_cc cond, ir_val f, enum ir_cc *cc, ir_val *a, ir_val *b)
{
    struct ir_op o = *op_of(u, f);
    uint32_t flags;
    uint64_t k;

    *a = *b = 0;
    if (ir_fold_known_flags(u, f, &flags)) {
        return ir_eval_flag_cc(cond, flags);
    }
    if (o.sub == IR_FLAG_NZCV && packed_cc(u, cond, o.arg[0], cc, a)) {
        *b = ir_const(u, op_of(u, *a)->type, 0);
        return -1;
    }
    if (o.sub2 < 2) {
        return -1; /* the values have more bits than the comparison */
    }
    if ((o.sub == IR_FLAG_SUB || o.sub == IR_FLAG_SUBN) && plain_cc(o.sub, cond, cc)) {
        *a = o.arg[0];
        *b = o.arg[1];
    } else if ((o.sub == IR_FLAG_SUB || o.sub == IR_FLAG_SUBN) && (cond == IR_FLAG_S || cond == IR_FLAG_NS)) {
        *a = ir_op2(u, IR_SUB, o.arg[0], o.arg[1]);
        *b = ir_const(u, op_of(u, o.arg[0])->type, 0);
        *cc = cond == IR_FLAG_S ? IR_LT : IR_GE;
    } else if (o.sub == IR_FLAG_LOGIC &&
               (cond == IR_FLAG_Z || cond == IR_FLAG_NZ || cond == IR_FLAG_S || cond == IR_FLAG_NS)) {
        *a = o.arg[0];
        *b = ir_const(u, op_of(u, o.arg[0])->type, 0);
        *cc = cond == IR_FLAG_Z ? IR_EQ : cond == IR_FLAG_NZ ? IR_NE : cond == IR_FLAG_S ? IR_LT : IR_GE;
    } else if (o.sub == IR_FLAG_LOGIC && (cond == IR_FLAG_C || cond == IR_FLAG_NC) && get_const(u, o.arg[2], &k)) {
        return (k & 1) == (cond == IR_FLAG_C);
    } else if (o.sub == IR_FLAG_LOGIC &&
               (cond == IR_FLAG_C || cond == IR_FLAG_NC || cond == IR_FLAG_O || cond == IR_FLAG_NO)) {
        enum ir_type type = op_of(u, o.arg[0])->type;
        bool carry = cond == IR_FLAG_C || cond == IR_FLAG_NC;
        *a = ir_op2(u, IR_AND, o.arg[carry ? 2 : 1], ir_const(u, type, 1));
        *b = ir_const(u, type, 0);
        *cc = cond == IR_FLAG_C || cond == IR_FLAG_O ? IR_NE : IR_EQ;
    }
    return -1;
}
