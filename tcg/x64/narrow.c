/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers that a unit with a loop keeps narrow. RISC-V's 32-bit operations extend their results by sign, and what comes
 * next often looks at the low halves only, turn after turn. Such a register's host register has the low half right and
 * anything in the high one, and whoever may look at the guest's state extends it: the unit's exits, and the slow paths that
 * call out of it.
 *
 * That can be where the register's value is known to be an extended one, whichever way was taken there: then extending it
 * once more is harmless, and it need not be known which way that was. Where it is not known, nobody must look: a block that
 * goes on to where somebody does settles the register at its end, if that is rarer than what is saved.
 */
#include "compile.h"

#include <string.h>

/* -- Blocks -- */

/* The value has the same bit in all places from 31 up. */
static bool is_extended(const struct x64 *c, ir_val v)
{
    const struct ir_op *o = &c->ops[v];

    switch (o->op) {
    case IR_CONST:
        return o->imm == (int32_t)o->imm;
    case IR_SX:
    case IR_SEXT8:
    case IR_SEXT16:
    case IR_SEXT32:
    case IR_ZEXT8:
    case IR_ZEXT16:
    case IR_SETCC:
        return true;
    case IR_LD:
    case IR_LDH:
        return (o->aux & IR_MEM_SIZE) < IR_MEM_32 || ((o->aux & IR_MEM_SIZE) == IR_MEM_32 && (o->aux & IR_MEM_SIGNED));
    default:
        return false;
    }
}

bool x64_is_narrow_put(const struct x64 *c, const struct ir_op *put)
{
    unsigned p = c->pins.host_of[put->imm];

    return p != NOREG && (c->narrow & REG_BIT(p)) && put->type == IR_I64 && !put->sub &&
           (c->ops[put->arg[0]].op == IR_SX || c->ops[put->arg[0]].op == IR_SEXT32);
}

static void find_puts(const struct x64 *c, struct flow *flow)
{
    for (unsigned b = 0; b < c->u->nblocks; b++) {
        struct flow *f = &flow[b];
        *f = (struct flow){.seen = f->seen, .settle = f->settle};
        for (unsigned i = c->u->blocks[b].first; i < c->u->blocks[b].end; i++) {
            const struct ir_op *o = &c->ops[i];
            unsigned p = o->op == IR_PUT ? c->pins.host_of[o->imm] : NOREG;
            if (p == NOREG || o->sub) { /* there is another one behind a late one */
                continue;
            }
            uint32_t bit = REG_BIT(p), extended = o->type == IR_I64 && is_extended(c, o->arg[0]) ? bit : 0;
            f->put |= bit;
            f->extended = (f->extended & ~bit) | extended;
            f->narrow = (f->narrow & ~bit) | (x64_is_narrow_put(c, o) && !c->high[o->arg[0]] ? bit : 0);
        }
    }
}

/* Where the block ends: registers whose values are known to be extended, and those that may be narrow. */
static void find_end(const struct flow *f, uint32_t *extended, uint32_t *narrow)
{
    *extended = (f->in_extended & ~f->put) | f->extended;
    *narrow = ((f->in_narrow & ~f->put) | f->narrow) & ~(f->settle & *extended);
}

/* What holds where each block begins. The unit begins with nothing known. */
static void follow(const struct x64 *c, struct flow *flow)
{
    bool changed;

    for (unsigned b = 1; b < c->u->nblocks; b++) {
        flow[b].in_extended = ~0u;
    }
    do {
        changed = false;
        for (unsigned b = 0; b < c->u->nblocks; b++) {
            uint32_t extended, narrow;
            unsigned to[2];
            find_end(&flow[b], &extended, &narrow);
            for (unsigned k = 0, n = gen_branches(&c->ops[c->u->blocks[b].end - 1], to); k < n; k++) {
                struct flow *t = &flow[to[k]];
                changed |= (t->in_extended & ~extended) || (narrow & ~t->in_narrow);
                t->in_extended &= extended;
                t->in_narrow |= narrow;
            }
        }
    } while (changed);
}

/* -- Choice -- */

/* Registers that could be: a loop puts extended values there. None if the unit calls helpers, which see registers. */
static uint32_t candidates(const struct x64 *c)
{
    uint32_t set = 0;

    for (unsigned b = 0; b < c->u->nblocks; b++) {
        for (unsigned i = c->u->blocks[b].first; i < c->u->blocks[b].end; i++) {
            const struct ir_op *o = &c->ops[i];
            if (o->op == IR_CALL) {
                return 0;
            }
            unsigned p = o->op == IR_PUT ? c->pins.host_of[o->imm] : NOREG;
            if (p != NOREG && c->depth[b] && !o->sub && o->type == IR_I64 && c->ops[o->arg[0]].op == IR_SX) {
                set |= REG_BIT(p);
            }
        }
    }
    return set;
}

/* Registers whose high half something looks at that another block has put there. */
static uint32_t looked_at(const struct x64 *c)
{
    uint32_t set = 0;

    for (unsigned b = 0; b < c->u->nblocks; b++) {
        uint32_t put = 0;
        for (unsigned i = c->u->blocks[b].first; i < c->u->blocks[b].end; i++) {
            const struct ir_op *o = &c->ops[i];
            unsigned p = o->op == IR_PUT || o->op == IR_GET ? c->pins.host_of[o->imm] : NOREG;
            if (p != NOREG && o->op == IR_PUT) {
                put |= REG_BIT(p);
            } else if (p != NOREG && o->type == IR_I64 && c->high[i]) {
                set |= REG_BIT(p) & ~put;
            }
        }
    }
    return set;
}

/* Someone may look at the guest's state here: a slow path, or an exit, as those of requests at branches back. */
static bool may_be_seen(const struct x64 *c, unsigned b, const struct ir_op *o)
{
    unsigned to[2];

    if (!(ir_op_flags(o->op) & IR_TERM)) {
        return ir_op_flags(o->op) & (IR_MAYTRAP | IR_LATE);
    }
    unsigned n = gen_branches(o, to);
    for (unsigned k = 0; k < n; k++) {
        if (c->u->blocks[to[k]].first <= c->u->blocks[b].first) {
            return true;
        }
    }
    return n == 0;
}

/* Of each block, the registers that may be seen from its begin on before a PUT. */
static void find_seen(const struct x64 *c, struct flow *flow)
{
    bool changed;

    for (unsigned b = 0; b < c->u->nblocks; b++) {
        uint32_t put = 0;
        flow[b].seen = flow[b].settle = 0;
        for (unsigned i = c->u->blocks[b].first; i < c->u->blocks[b].end; i++) {
            const struct ir_op *o = &c->ops[i];
            if (o->op == IR_PUT && c->pins.host_of[o->imm] != NOREG) {
                put |= REG_BIT(c->pins.host_of[o->imm]);
            } else if (may_be_seen(c, b, o)) {
                flow[b].seen |= ~put;
            }
        }
        flow[b].put = put;
    }
    do {
        changed = false;
        for (unsigned b = c->u->nblocks; b-- > 0;) {
            unsigned to[2];
            for (unsigned k = 0, n = gen_branches(&c->ops[c->u->blocks[b].end - 1], to); k < n; k++) {
                uint32_t seen = flow[to[k]].seen & ~flow[b].put;
                changed |= seen & ~flow[b].seen;
                flow[b].seen |= seen;
            }
        }
    } while (changed);
}

/*
 * Registers that may be narrow where a block begins, and may be anything else, and are seen: the blocks before it settle
 * them. True: one settles more than before. Else in *not those for which that does not do.
 */
static bool settle(const struct x64 *c, struct flow *flow, uint32_t *not)
{
    uint32_t more = 0, stuck = 0;

    for (unsigned b = 0; b < c->u->nblocks; b++) {
        uint32_t extended, narrow;
        unsigned to[2];
        find_end(&flow[b], &extended, &narrow);
        for (unsigned k = 0, n = gen_branches(&c->ops[c->u->blocks[b].end - 1], to); k < n; k++) {
            uint32_t mixed = narrow & ~flow[to[k]].in_extended & flow[to[k]].seen;
            stuck |= mixed & ~extended;
            more |= mixed & extended;
            flow[b].settle |= mixed & extended;
        }
    }
    *not |= more ? 0 : stuck;
    return more;
}

/* Registers that are settled as often as their extension is saved. */
static uint32_t not_worth_it(const struct x64 *c, const struct flow *flow)
{
    uint32_t set = 0;

    for (uint32_t s = c->narrow; s; s &= s - 1) {
        uint32_t bit = s & -s;
        int64_t gain = 0;
        for (unsigned b = 0; b < c->u->nblocks; b++) {
            int once = !!(flow[b].narrow & bit) - !!(flow[b].settle & bit);
            gain += once * (INT64_C(1) << (GEN_TURNS_LOG * c->depth[b]));
        }
        set |= gain <= 0 ? bit : 0;
    }
    return set;
}

void x64_choose_narrow(struct x64 *c)
{
    c->raw = 0;
    c->narrow = c->loops ? candidates(c) : 0;
    x64_find_high(c);
    if (c->narrow) {
        find_seen(c, c->flow);
    }
    while (c->narrow) {
        uint32_t not = looked_at(c);
        do {
            find_puts(c, c->flow);
            follow(c, c->flow);
        } while (settle(c, c->flow, &not));
        not |= not_worth_it(c, c->flow);
        if (!(c->narrow & not)) {
            break;
        }
        c->narrow &= ~not;
        x64_find_high(c);
    }
}

/* -- Use -- */

void x64_begin_narrow(struct x64 *c, unsigned b)
{
    c->raw = c->narrow ? c->flow[b].in_narrow & c->flow[b].in_extended : 0;
}

void x64_end_narrow(struct x64 *c, unsigned b)
{
    if (c->narrow) {
        x64_extend_narrow(c, c->raw & c->flow[b].settle);
        c->raw &= ~c->flow[b].settle;
    }
}

void x64_note_narrow(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned p = c->pins.host_of[o->imm];

    if (p == NOREG || c->v[c->i].late) {
        return;
    }
    uint32_t bit = REG_BIT(p);
    c->raw = (c->raw & ~bit) | (x64_is_narrow_put(c, o) && !c->high[o->arg[0]] ? bit : 0);
}

void x64_extend_narrow(struct x64 *c, uint32_t set)
{
    for (uint32_t s = set; s; s &= s - 1) {
        unsigned p = __builtin_ctz(s);
        emit_rr(&c->e, OP_MOVSXD, p, p);
    }
}
