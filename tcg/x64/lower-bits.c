/* SPDX-License-Identifier: BSD-2-Clause */
/* Carries, bit ranges, and the integer ops that have no code of their own: ir_eval() is called for them. */
#include "compile.h"

/* -- By ir_eval() -- */

static uint64_t eval(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t desc)
{
    return ir_eval(desc, a, b, c);
}

static void store_desc(struct x64 *c, uint64_t desc)
{
    emit_rm(&c->e, OP_MOV_STORE_IMM, 0, mem_arg(3));
    emit32(&c->e, desc);
    emit_rm(&c->e, OP_MOV_STORE_IMM, 0, mem_base(RSP, FRAME_ARG(3) + 4));
    emit32(&c->e, desc >> 32);
}

void x64_call_eval(struct x64 *c, const void *fn, unsigned n, const ir_val *args, uint64_t desc)
{
    for (unsigned i = 0; i < n; i++) {
        emit_rm(&c->e, OP_MOV_STORE | OP_W, x64_use(c, args[i]), mem_arg(i));
        c->locked = 0;
    }
    store_desc(c, desc);
    x64_clear_temps(c, ~0u);
    emit_mov_ri(&c->e, RAX, (uintptr_t)fn);
    x64_call_thunk(c, THUNK_CALL_PURE);
    x64_site_here(c);
}

static void lower_eval(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    ir_val args[3];
    unsigned n = ir_op_nargs(o->op);

    for (unsigned i = 0; i < n; i++) {
        args[i] = x64_arg(c, i);
    }
    x64_call_eval(c, eval, n, args, ir_eval_desc(o));
    x64_finish(c, RAX);
}

/* -- Carries -- */

static void emit_carry(struct x64 *c, unsigned w, unsigned d, struct src b)
{
    bool add = c->ops[c->i].op == IR_ADC;

    if (b.kind == SRC_IMM) {
        emit_alu_ri(&c->e, w, add ? EXT_ADC : EXT_SBB, d, b.imm);
    } else if (b.kind == SRC_REG) {
        emit_rr(&c->e, (add ? OP_ADC : OP_SBB) | w, d, b.reg);
    } else {
        emit_rm(&c->e, (add ? OP_ADC : OP_SBB) | w, d, b.mem);
    }
    x64_set(c, d);
}

/* The carry is made where it is used, in the host's flags, which moves keep. */
static void lower_own_carry(struct x64 *c)
{
    unsigned w = width(c->ops[c->i].type), d;
    struct src a = x64_stable(c, x64_arg(c, 0), w), b = x64_stable(c, x64_arg(c, 1), w);

    x64_make_carry(c, &c->ops[c->v[c->i].carry]);
    c->locked = 0;
    d = x64_def(c, NOREG, b.kind == SRC_REG ? REG_BIT(b.reg) : 0);
    x64_load_src(c, w, d, a);
    emit_carry(c, w, d, b);
}

/* d = a + b + c, a - b - c */
static void lower_carry(struct x64 *c)
{
    unsigned w = width(c->ops[c->i].type), d;
    struct src b = x64_stable(c, x64_arg(c, 1), w);
    uint32_t except = b.kind == SRC_REG ? REG_BIT(b.reg) : 0;
    unsigned carry = x64_use(c, x64_arg(c, 2));

    d = x64_def(c, NOREG, except | REG_BIT(carry));
    x64_copy(c, d, x64_arg(c, 0));
    emit_rr(&c->e, OP_BT_IMM, 4, carry);
    emit8(&c->e, 0);
    emit_carry(c, w, d, b);
}

/* -- Bit ranges -- */

static void lower_extract(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned w = width(o->type), bits = w ? 64 : 32, first = o->aux & 0xff, length = o->aux >> 8;
    unsigned a = x64_use(c, x64_arg(c, 0)), d = x64_def(c, a, 0), left = bits - first - length;

    emit_rr(&c->e, OP_MOV | w, d, a);
    if (left) {
        emit_shift_ri(&c->e, w, EXT_SHL, d, left);
    }
    if (length < bits) {
        emit_shift_ri(&c->e, w, o->op == IR_SBFX ? EXT_SAR : EXT_SHR, d, bits - length);
    }
    x64_set(c, d);
}

/* The range to the low end, out at the bottom as b's low bits come in at the top, and all back. */
static void lower_insert(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned w = width(o->type), bits = w ? 64 : 32, first = o->aux & 0xff, length = o->aux >> 8;
    unsigned a = x64_use(c, x64_arg(c, 0)), b = x64_use(c, x64_arg(c, 1)), d;

    d = x64_def(c, a == b ? NOREG : a, REG_BIT(b));
    if (length == bits) {
        emit_rr(&c->e, OP_MOV | w, d, b);
        x64_set(c, d);
        return;
    }
    emit_rr(&c->e, OP_MOV | w, d, a);
    if (first) {
        emit_shift_ri(&c->e, w, EXT_ROR, d, first);
    }
    emit_rr(&c->e, OP_SHRD_IMM | w, b, d);
    emit8(&c->e, length);
    if (first + length < bits) {
        emit_shift_ri(&c->e, w, EXT_ROL, d, first + length);
    }
    x64_set(c, d);
}

void x64_lower_bits(struct x64 *c)
{
    switch (c->ops[c->i].op) {
    case IR_ADC:
    case IR_SBB:
        (c->v[c->i].carry ? lower_own_carry : lower_carry)(c);
        break;
    case IR_UBFX:
    case IR_SBFX:
        lower_extract(c);
        break;
    case IR_BFI:
        lower_insert(c);
        break;
    default:
        lower_eval(c);
        break;
    }
}
