/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flags. A FLAGDEF has no code: whoever uses it makes the host's flags from what it is of, by the host operation that
 * sets them alike. What the host has no condition for is evaluated by ir_eval_flags().
 */
#include "compile.h"

/* -- By ir_eval_flags() -- */

/* desc: kind, size << 8, condition or layout << 16 */
static uint64_t eval_cc(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t desc)
{
    return ir_eval_flag_cc(desc >> 16, ir_eval_flags(desc & 0xff, desc >> 8 & 0xff, a, b, c));
}

static uint64_t eval_pack(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t desc)
{
    return ir_eval_flag_pack(desc >> 16, ir_eval_flags(desc & 0xff, desc >> 8 & 0xff, a, b, c));
}

static void call_eval(struct x64 *c, const void *fn, const struct ir_op *f, unsigned sub)
{
    ir_val args[3] = {c->v[f->arg[0]].root, c->v[f->arg[1]].root, c->v[f->arg[2]].root};

    x64_call_eval(c, fn, 3, args, f->sub | f->sub2 << 8 | sub << 16);
}

/* -- By the host's flags -- */

/* Host operations on 8 << size bits, and those of a register and a register. */
static unsigned sized(unsigned op, unsigned size)
{
    return size == 0 ? (op - 1) | OP_BYTE : size == 1 ? op | OP_66 : size == 3 ? op | OP_W : op;
}

/* The carry c, or not c, to the host's; registers are kept. */
static void load_carry(struct x64 *c, unsigned reg, bool invert)
{
    emit_rr(&c->e, OP_BT_IMM, 4, reg);
    emit8(&c->e, 0);
    if (invert) {
        emit8(&c->e, 0xf5); /* cmc */
    }
}

/* The condition where C is inverted; -1: the host has none. */
static int invert_carry(enum ir_flag_cc cc)
{
    switch (cc) {
    case IR_FLAG_C:
    case IR_FLAG_NC:
        return cc ^ 1;
    case IR_FLAG_HI: /* no borrow and not zero */
        return IR_FLAG_A;
    case IR_FLAG_LS:
        return IR_FLAG_BE;
    case IR_FLAG_BE:
    case IR_FLAG_A:
        return -1;
    default:
        return cc;
    }
}

/* The host's condition after the operation that flags of the kind are of; -1 if it has none. */
static int host_condition(const struct x64 *c, const struct ir_op *f, enum ir_flag_cc cc)
{
    bool of_result = cc == IR_FLAG_Z || cc == IR_FLAG_NZ || cc == IR_FLAG_S || cc == IR_FLAG_NS || cc == IR_FLAG_P ||
                     cc == IR_FLAG_NP;

    switch (f->sub) {
    case IR_FLAG_ADD:
    case IR_FLAG_ADC:
    case IR_FLAG_SUB:
    case IR_FLAG_SBB:
        return cc <= IR_FLAG_G ? (int)cc : -1;
    case IR_FLAG_SUBN:
    case IR_FLAG_SBCN:
        return cc == IR_FLAG_AUX || cc == IR_FLAG_NAUX ? -1 : invert_carry(cc);
    case IR_FLAG_INC:
    case IR_FLAG_DEC:
        return cc > IR_FLAG_G || (cc & ~1u) == IR_FLAG_C || (cc & ~1u) == IR_FLAG_BE ? -1 : (int)cc;
    case IR_FLAG_LOGIC:
        if (cc <= IR_FLAG_G && c->ops[f->arg[1]].op == IR_CONST && c->ops[f->arg[2]].op == IR_CONST &&
            !((c->ops[f->arg[1]].imm | c->ops[f->arg[2]].imm) & 1)) {
            return cc;
        }
        return of_result ? (int)cc : -1;
    default:
        return -1;
    }
}

/* Bits of a packed value one of which is set under the condition (or none: *none); 0: it is not so simple. */
static uint32_t packed_bits(enum ir_flag_kind kind, enum ir_flag_cc cc, bool *none)
{
    static const uint16_t x86[] = {
        [IR_FLAG_O] = 0x800, [IR_FLAG_C] = 1, [IR_FLAG_Z] = 0x40, [IR_FLAG_BE] = 0x41, [IR_FLAG_S] = 0x80,
        [IR_FLAG_P] = 4, [IR_FLAG_AUX] = 0x10, [IR_FLAG_LS] = 0,
    };
    static const uint8_t nzcv[] = {[IR_FLAG_O] = 1, [IR_FLAG_C] = 2, [IR_FLAG_Z] = 4, [IR_FLAG_BE] = 6, [IR_FLAG_S] = 8,
                                   [IR_FLAG_LS] = 0};

    *none = cc & 1;
    return kind == IR_FLAG_X86 ? x86[cc & ~1u] : kind == IR_FLAG_NZCV ? (uint32_t)nzcv[cc & ~1u] << 28 : 0;
}

/* A temporary with a's value, and the host's flags of the operation on it. */
static void operate(struct x64 *c, const struct ir_op *f)
{
    ir_val a = c->v[f->arg[0]].root, b = c->v[f->arg[1]].root, carry = c->v[f->arg[2]].root;
    unsigned size = f->sub2, ra, rb, rc, t;

    switch (f->sub) {
    case IR_FLAG_SUB:
    case IR_FLAG_SUBN:
        ra = x64_use(c, a);
        emit_rr(&c->e, sized(OP_CMP, size), ra, x64_use(c, b));
        return;
    case IR_FLAG_LOGIC:
        ra = x64_use(c, a);
        emit_rr(&c->e, size == 0 ? OP_TEST8 : sized(OP_TEST, size), ra, ra);
        return;
    default:
        break;
    }
    rb = x64_use(c, b);
    if (f->sub == IR_FLAG_ADC || f->sub == IR_FLAG_SBB || f->sub == IR_FLAG_SBCN) {
        rc = x64_use(c, carry);
        t = x64_temp(c, REG_BIT(rb) | REG_BIT(rc));
        x64_copy(c, t, a);
        load_carry(c, rc, f->sub == IR_FLAG_SBCN);
        emit_rr(&c->e, sized(f->sub == IR_FLAG_ADC ? OP_ADC : OP_SBB, size), t, rb);
    } else {
        t = x64_temp(c, REG_BIT(rb));
        x64_copy(c, t, a);
        emit_rr(&c->e, sized(f->sub == IR_FLAG_ADD || f->sub == IR_FLAG_INC ? OP_ADD : OP_SUB, size), t, rb);
    }
}

unsigned x64_flag_condition(struct x64 *c, enum ir_flag_cc cc, ir_val v)
{
    const struct ir_op *f = &c->ops[v];
    int host = host_condition(c, f, cc);
    bool none;
    uint32_t bits = packed_bits(f->sub, cc, &none);

    if (host >= 0) {
        operate(c, f);
        return host;
    }
    if (bits) {
        emit_rr(&c->e, OP_GROUP3, EXT_TEST, x64_use(c, c->v[f->arg[0]].root));
        emit32(&c->e, bits);
        return none ? CC_E : CC_NE;
    }
    call_eval(c, eval_cc, f, cc);
    emit_rr(&c->e, OP_TEST, RAX, RAX);
    return CC_NE;
}

bool x64_makes_carry(const struct x64 *c, const struct ir_op *o)
{
    if (o->op == IR_FLAGCC) {
        int cc = host_condition(c, &c->ops[o->arg[0]], o->sub);
        return cc == CC_B || cc == CC_AE;
    }
    if (o->op != IR_SETCC) {
        return false;
    }
    const struct ir_op *b = &c->ops[c->v[o->arg[1]].root];
    return o->sub == IR_LTU || o->sub == IR_GEU || (o->sub <= IR_NE && b->op == IR_CONST && b->imm == 0);
}

void x64_make_carry(struct x64 *c, const struct ir_op *o)
{
    bool invert;

    if (o->op == IR_FLAGCC) {
        invert = x64_flag_condition(c, o->sub, o->arg[0]) == CC_AE;
    } else if (o->sub <= IR_NE) { /* below 1 */
        emit_alu_ri(&c->e, width(o->sub2), EXT_CMP, x64_use(c, c->v[o->arg[0]].root), 1);
        invert = o->sub == IR_NE;
    } else {
        unsigned a = x64_use(c, c->v[o->arg[0]].root);
        emit_rr(&c->e, OP_CMP | width(o->sub2), a, x64_use(c, c->v[o->arg[1]].root));
        invert = o->sub == IR_GEU;
    }
    if (invert) {
        emit8(&c->e, 0xf5); /* cmc */
    }
}

/* -- Ops -- */

static void lower_flagcc(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned cc = x64_flag_condition(c, o->sub, o->arg[0]), d;

    c->locked = 0;
    d = x64_def(c, NOREG, 0);
    emit_rr(&c->e, OP_SET | cc, 0, d);
    emit_rr(&c->e, OP_MOVZX8, d, d);
    x64_set(c, d);
}

void x64_load_fp(struct x64 *c, unsigned reg, struct src s)
{
    if (s.kind == SRC_MEM) {
        emit_rm(&c->e, OP_MOVSD, reg, s.mem);
    } else {
        emit_mov_rr(&c->e, reg, s.reg);
    }
}

static uint32_t bit_of(struct src s)
{
    return s.kind == SRC_REG ? REG_BIT(s.reg) : 0;
}

/* The operands stay where they are while the condition is made; moves keep it. */
static void lower_flagsel(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned w = is_fp_type(o->type) ? OP_W : width(o->type), cc, d;
    struct src x = x64_stable(c, x64_arg(c, 1), w), y = x64_stable(c, x64_arg(c, 2), w);
    uint32_t skip;

    cc = x64_flag_condition(c, o->sub, o->arg[0]);
    c->locked = 0;
    bool in_place = x.kind == SRC_REG && y.kind != SRC_IMM && c->v[c->i].hint == x.reg;
    d = x64_def(c, NOREG, in_place ? 0 : bit_of(x) | bit_of(y));
    if (x.kind == SRC_REG && d == x.reg) { /* it stays there, or y comes instead */
        struct src t = x;
        x = y;
        y = t;
        cc ^= 1;
    }
    if (is_xmm(d)) {
        x64_load_fp(c, d, y);
        skip = emit_jcc8(&c->e, cc ^ 1);
        x64_load_fp(c, d, x);
        emit_fix8(&c->e, skip);
    } else {
        x64_load_src(c, w, d, y);
        if (x.kind == SRC_IMM) {
            skip = emit_jcc8(&c->e, cc ^ 1);
            x64_load_src(c, w, d, x);
            emit_fix8(&c->e, skip);
        } else if (x.kind == SRC_REG) {
            emit_rr(&c->e, OP_CMOV | cc | w, d, x.reg);
        } else {
            emit_rm(&c->e, OP_CMOV | cc | w, d, x.mem);
        }
    }
    x64_set(c, d);
}

/* The host's own flags register has the x86 layout, but for a carry that is no borrow: fine where that is to be inverted. */
static bool pushes(const struct x64 *c, const struct ir_op *f, unsigned layout)
{
    return f->sub <= IR_FLAG_SBB || (f->sub <= IR_FLAG_SBCN && layout == IR_LAYOUT_NZCV) ||
           (f->sub == IR_FLAG_LOGIC && host_condition(c, f, IR_FLAG_C) >= 0);
}

/*
 * V, C, Z and S from where x86 has them to bits 28 to 31, by the sum of d << 17, d << 24 and d << 29: what else that leads to
 * is below bit 26 or gone.
 */
static void x86_to_nzcv(struct x64 *c, unsigned d, bool invert)
{
    emit_alu_ri(&c->e, 0, EXT_AND, d, 0x8c1);
    emit_rr(&c->e, OP_IMUL_IMM, d, d);
    emit32(&c->e, 1u << 17 | 1u << 24 | 1u << 29);
    emit_alu_ri(&c->e, 0, EXT_AND, d, (int32_t)0xf0000000);
    if (invert) {
        emit_alu_ri(&c->e, 0, EXT_XOR, d, 1 << 29);
    }
}

static void lower_flagpack(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i], *f = &c->ops[o->arg[0]];
    unsigned d;

    if (!pushes(c, f, o->sub)) {
        call_eval(c, eval_pack, f, o->sub);
        x64_finish(c, RAX);
        return;
    }
    operate(c, f);
    c->locked = 0;
    d = x64_def(c, NOREG, 0);
    emit8(&c->e, 0x9c); /* pushfq */
    if (d >= 8) {
        emit8(&c->e, 0x41);
    }
    emit8(&c->e, 0x58 | (d & 7)); /* pop d */
    if (o->sub == IR_LAYOUT_NZCV) {
        x86_to_nzcv(c, d, f->sub == IR_FLAG_SUBN || f->sub == IR_FLAG_SBCN);
    } else {
        emit_alu_ri(&c->e, 0, EXT_AND, d, f->sub == IR_FLAG_LOGIC ? 0x8c5 : 0x8d5);
    }
    x64_set(c, d);
}

void x64_lower_flags(struct x64 *c)
{
    switch (c->ops[c->i].op) {
    case IR_FLAGCC:
        lower_flagcc(c);
        break;
    case IR_FLAGSEL:
        lower_flagsel(c);
        break;
    default:
        lower_flagpack(c);
        break;
    }
}
