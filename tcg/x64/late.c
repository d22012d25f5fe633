/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Late state: a PUT that only LATE ops can see is no code on the fast path. Its value stays where it is, or is computed
 * from something that does, until the last of those ops; the cold path of each writes the register's memory, or the host
 * register it is pinned to, right before it calls the slow path, and puts back behind it what the compiler has there.
 */
#include "compile.h"

#define STEPS_MAX 3 /* ops that a cold path computes for a register */

/* -- Analysis, backwards -- */

/* Ops that x64_late_store() does in one register. */
static bool computable(struct x64 *c, ir_val v)
{
    const struct ir_op *o = &c->ops[v];
    int64_t k;

    switch (o->op) {
    case IR_PC:
    case IR_NEG:
    case IR_NOT:
    case IR_SX:
    case IR_ZX:
    case IR_SEXT8:
    case IR_SEXT16:
    case IR_SEXT32:
    case IR_ZEXT8:
    case IR_ZEXT16:
    case IR_ZEXT32:
        return true;
    case IR_ADD:
    case IR_SUB:
    case IR_AND:
    case IR_OR:
    case IR_XOR:
    case IR_SHL:
    case IR_SHR:
    case IR_SAR:
        return x64_const(c, c->v[o->arg[1]].root, width(o->type), &k) && k == (int32_t)k;
    default:
        return false;
    }
}

static void keep(struct x64 *c, ir_val v, uint32_t end)
{
    c->v[v].last = MAX(c->v[v].last, end);
}

bool x64_late_use(struct x64 *c, unsigned reg, ir_val v, uint32_t end)
{
    unsigned op = c->ops[v].op;

    /* A pinned register is where its value is best kept, unless nothing has to be computed for that. */
    if (c->pins.host_of[reg] != NOREG && op != IR_CONST && op != IR_GET && (c->v[v].uses || !computable(c, v))) {
        return false;
    }
    keep(c, v, end);
    return true;
}

bool x64_late_value(struct x64 *c, ir_val v)
{
    struct value *x = &c->v[v];

    if (x->steps == STEPS_MAX || !computable(c, v)) {
        return false;
    }
    x->late = true;
    if (c->ops[v].op != IR_PC) {
        ir_val a = c->v[c->ops[v].arg[0]].root;
        keep(c, a, x->last);
        c->v[a].steps = MAX(c->v[a].steps, x->steps + 1);
    }
    return true;
}

ir_val x64_late_source(const struct x64 *c, ir_val v)
{
    while (c->v[v].late && c->ops[v].op != IR_PC) {
        v = c->v[c->ops[v].arg[0]].root;
    }
    return v;
}

/* -- What is due -- */

void x64_late_over(struct x64 *c)
{
    for (unsigned k = 0; k < c->ndue; k++) {
        if (c->due[k].reg == c->ops[c->i].imm) {
            c->due[k] = c->due[--c->ndue];
            return;
        }
    }
}

void x64_late_put(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];

    c->due[c->ndue++] = (struct due){.reg = o->imm, .type = o->type, .value = x64_arg(c, 0)};
}

static struct src place(const struct x64 *c, ir_val v)
{
    const struct value *x = &c->v[v];

    if (x->reg != NOREG) {
        return (struct src){.kind = SRC_REG, .reg = x->reg};
    }
    if (x->slot >= 0) {
        return (struct src){.kind = SRC_MEM, .mem = mem_slot(x->slot)};
    }
    if (x->home >= 0) {
        return (struct src){.kind = SRC_MEM, .mem = x64_home(c, x->home)};
    }
    g_assert(c->ops[v].op == IR_CONST || x->late);
    return (struct src){.kind = SRC_IMM};
}

/* Something else that is in the place of the register is needed after the op. */
static bool occupied(const struct x64 *c, unsigned reg)
{
    unsigned p = c->pins.host_of[reg];
    ir_val v = p != NOREG ? c->in_reg[p] : c->in_home[reg];

    return v && c->v[v].last > c->i && (p != NOREG || c->v[v].home == (int)reg);
}

void x64_late_note(struct x64 *c, struct cold *k)
{
    if (c->nlate + c->ndue > c->late_cap) {
        c->late_cap = 2 * (c->nlate + c->ndue);
        c->late = g_renew(struct late, c->late, c->late_cap);
    }
    k->late = c->nlate;
    k->nlate = c->ndue;
    for (unsigned n = 0; n < c->ndue; n++) {
        const struct due *d = &c->due[n];
        c->late[c->nlate++] = (struct late){
            .due = *d,
            .from = place(c, x64_late_source(c, d->value)),
            .restore = occupied(c, d->reg),
        };
        if (c->pins.host_of[d->reg] != NOREG) {
            k->raw &= ~REG_BIT(c->pins.host_of[d->reg]); /* it has the whole value there */
        }
    }
}

/* -- Cold paths -- */

/* t = op(t) */
static void step(struct x64 *c, unsigned t, const struct ir_op *o)
{
    unsigned w = width(o->type);
    int64_t k = 0;

    x64_const(c, c->v[o->arg[1]].root, w, &k);
    switch (o->op) {
    case IR_ADD:
        emit_alu_ri(&c->e, w, EXT_ADD, t, k);
        break;
    case IR_SUB:
        emit_alu_ri(&c->e, w, EXT_SUB, t, k);
        break;
    case IR_AND:
        emit_alu_ri(&c->e, w, EXT_AND, t, k);
        break;
    case IR_OR:
        emit_alu_ri(&c->e, w, EXT_OR, t, k);
        break;
    case IR_XOR:
        emit_alu_ri(&c->e, w, EXT_XOR, t, k);
        break;
    case IR_SHL:
    case IR_SHR:
    case IR_SAR:
        k &= w ? 63 : 31;
        if (k) {
            emit_shift_ri(&c->e, w, o->op == IR_SHL ? EXT_SHL : o->op == IR_SHR ? EXT_SHR : EXT_SAR, t, k);
        }
        break;
    case IR_NEG:
    case IR_NOT:
        emit_rr(&c->e, OP_GROUP3 | w, o->op == IR_NEG ? EXT_NEG : EXT_NOT, t);
        break;
    case IR_SX:
    case IR_SEXT32:
        emit_rr(&c->e, OP_MOVSXD, t, t);
        break;
    case IR_SEXT8:
        emit_rr(&c->e, OP_MOVSX8 | w, t, t);
        break;
    case IR_SEXT16:
        emit_rr(&c->e, OP_MOVSX16 | w, t, t);
        break;
    case IR_ZEXT8:
        emit_rr(&c->e, OP_MOVZX8, t, t);
        break;
    case IR_ZEXT16:
        emit_rr(&c->e, OP_MOVZX16, t, t);
        break;
    default: /* ZX, ZEXT32 */
        emit_rr(&c->e, OP_MOV, t, t);
        break;
    }
}

/* t = v; what it is computed from is at from. */
static void compute(struct x64 *c, unsigned t, ir_val v, struct src from)
{
    const struct ir_op *o = &c->ops[v];

    if (o->op == IR_CONST) {
        emit_mov_ri(&c->e, t, o->imm);
    } else if (!c->v[v].late) {
        x64_load_src(c, OP_W, t, from);
    } else if (o->op != IR_PC) {
        compute(c, t, c->v[o->arg[0]].root, from);
        step(c, t, o);
    } else if (o->type == IR_I32) {
        x64_mov_pc32(c, t, o->imm);
    } else {
        x64_mov_pc(c, t, o->imm);
    }
}

static struct x64_mem late_mem(const struct late *l)
{
    return mem_base(RSP, FRAME_LATE(l->due.reg));
}

/* The operand is in the place of the register. */
static bool is_place_of(const struct x64 *c, struct src s, unsigned reg)
{
    unsigned p = c->pins.host_of[reg];

    if (p != NOREG) {
        return s.kind == SRC_REG && s.reg == p;
    }
    return s.kind == SRC_MEM && s.mem.base == RBP && s.mem.disp == x64_home(c, reg).disp;
}

/* Each may be written before the next is read, and nothing has to come back. */
static bool independent(const struct x64 *c, const struct late *first, const struct late *end)
{
    for (const struct late *l = first; l < end; l++) {
        if (l->restore) {
            return false;
        }
        for (const struct late *m = l + 1; m < end; m++) {
            if (is_place_of(c, m->from, l->due.reg)) {
                return false;
            }
        }
    }
    return true;
}

/* reg = what the guest register is to be. */
static void compute_whole(struct x64 *c, unsigned reg, const struct late *l)
{
    compute(c, reg, l->due.value, l->from);
    if (l->due.type == IR_I32) {
        emit_rr(&c->e, OP_MOV, reg, reg);
    }
}

static void store_directly(struct x64 *c, const struct late *l, unsigned t)
{
    unsigned p = c->pins.host_of[l->due.reg];

    if (p != NOREG) {
        compute_whole(c, p, l);
        return;
    }
    if (l->due.type == IR_I64 && l->from.kind == SRC_REG && !c->v[l->due.value].late) {
        t = l->from.reg;
    } else {
        compute_whole(c, t, l);
    }
    emit_rm(&c->e, OP_MOV_STORE | OP_W, t, x64_home(c, l->due.reg));
}

void x64_late_store(struct x64 *c, const struct cold *k, unsigned t)
{
    if (!k->nlate) /* there may be no array */
        return;
    const struct late *end = c->late + k->late + k->nlate;

    if (independent(c, end - k->nlate, end)) {
        for (const struct late *l = end - k->nlate; l < end; l++) {
            store_directly(c, l, t);
        }
        return;
    }
    /* All are read before the first is written: one may be in the place of another. */
    for (const struct late *l = end - k->nlate; l < end; l++) {
        compute_whole(c, t, l);
        emit_rm(&c->e, OP_MOV_STORE | OP_W, t, late_mem(l));
    }
    for (const struct late *l = end - k->nlate; l < end; l++) {
        unsigned p = c->pins.host_of[l->due.reg];
        if (p != NOREG) {
            emit_rm(&c->e, OP_XCHG | OP_W, p, late_mem(l));
            continue;
        }
        emit_rm(&c->e, OP_MOV | OP_W, t, late_mem(l));
        if (l->restore) {
            emit_rm(&c->e, OP_XCHG | OP_W, t, x64_home(c, l->due.reg));
            emit_rm(&c->e, OP_MOV_STORE | OP_W, t, late_mem(l));
        } else {
            emit_rm(&c->e, OP_MOV_STORE | OP_W, t, x64_home(c, l->due.reg));
        }
    }
}

void x64_late_restore(struct x64 *c, const struct cold *k, unsigned t)
{
    if (!k->nlate)
        return;
    const struct late *end = c->late + k->late + k->nlate;

    for (const struct late *l = end - k->nlate; l < end; l++) {
        unsigned p = c->pins.host_of[l->due.reg];
        if (!l->restore) {
            continue;
        }
        emit_rm(&c->e, OP_MOV | OP_W, p != NOREG ? p : t, late_mem(l));
        if (p == NOREG) {
            emit_rm(&c->e, OP_MOV_STORE | OP_W, t, x64_home(c, l->due.reg));
        }
    }
}
