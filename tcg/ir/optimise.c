/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the builders cannot see as they go: blocks nobody reaches, values nobody uses, stores to guest
 * registers and locals that are overwritten before anything can observe them. One pass backwards marks
 * what lives, and which puts are late, one forwards closes the gaps. After it, blocks are numbered in op order.
 */
#include "ir-internal.h"

#include <string.h>

/* Tables in the unit's scratch memory. */
struct live {
    bool *op, *block;
    bool *local_dead;
    bool *local_read;               /* anywhere in the unit */
    ir_val *value;                  /* new numbers */
    ir_val *overwritten;            /* each register: by that op later in the block, and only LATE ops may see it; or 0 */
    ir_val late_op;                 /* nearest later LATE op of the block */
    uint16_t *number, *order;       /* of blocks */
    struct ir_block *blocks;        /* as they will be */
    bool crossing;                  /* a value is used in another block, or there are parameters */
};

static void mark_blocks(const struct ir_unit *u, struct live *l)
{
    uint16_t *stack = l->order; /* not in use yet */
    unsigned n = 0, to[2];

    l->block[0] = true;
    stack[n++] = 0;
    while (n) {
        const struct ir_op *term = &u->ops[u->blocks[stack[--n]].end - 1];
        for (unsigned i = 0, nto = ir_successors(term, to); i < nto; i++) {
            if (!l->block[to[i]]) {
                l->block[to[i]] = true;
                stack[n++] = to[i];
            }
        }
    }
}

/* True if the op is kept whether or not its value is used. */
static bool has_effect(const struct ir_op *o, const struct live *l)
{
    switch (o->op) {
    case IR_NOP:
    case IR_GET:
    case IR_LDS:
    case IR_GETL:
        return false;
    case IR_PUT:
        return !l->overwritten[o->imm] || l->late_op < l->overwritten[o->imm];
    case IR_PUTL:
        return l->local_read[o->imm] && !l->local_dead[o->imm];
    case IR_CALL:
        return ir_op_helper(o)->flags & (IR_H_WRITES | IR_H_TRAPS | IR_H_STATE);
    default:
        return !(ir_op_flags(o->op) & IR_PURE);
    }
}

/* Op i lives: what it reads lives, what it overwrites was dead before. */
static void mark_op(struct ir_unit *u, struct live *l, uint32_t i, uint32_t first)
{
    struct ir_op *o = &u->ops[i];

    if (ir_op_flags(o->op) & IR_LATE) {
        l->late_op = i;
    } else if (ir_observes_registers(o)) {
        memset(l->overwritten, 0, u->arch->nregs * sizeof(l->overwritten[0]));
    }
    switch (o->op) {
    case IR_GET:
        l->overwritten[o->imm] = 0;
        break;
    case IR_PUT:
        o->sub = l->overwritten[o->imm] && ir_is_int(o->type);
        l->overwritten[o->imm] = i;
        break;
    case IR_PARAM:
        l->crossing = true;
        break;
    case IR_GETL:
        l->local_dead[o->imm] = false;
        break;
    case IR_PUTL:
        l->local_dead[o->imm] = true;
        break;
    }
    for (unsigned k = 0, n = ir_nargs(o); k < n; k++) {
        l->op[o->arg[k]] = true;
        l->crossing |= o->arg[k] < first;
    }
}

static void mark_ops(struct ir_unit *u, struct live *l, const struct ir_block *b)
{
    memset(l->overwritten, 0, u->arch->nregs * sizeof(l->overwritten[0]));
    l->late_op = UINT32_MAX;
    memset(l->local_dead, 0, u->nlocals);
    for (uint32_t i = b->end; i-- > b->first;) {
        l->op[i] |= has_effect(&u->ops[i], l);
        if (l->op[i]) {
            mark_op(u, l, i, b->first);
        }
    }
}

/* New numbers of the blocks, in op order; [0, *n) of order are the old numbers. */
static void number_blocks(const struct ir_unit *u, const struct live *l, unsigned *n)
{
    uint16_t *number = l->number, *order = l->order;

    *n = 0;
    for (unsigned b = 0; b < u->nblocks; b++) {
        if (l->block[b]) {
            unsigned i = (*n)++;
            for (; i > 0 && u->blocks[order[i - 1]].first > u->blocks[b].first; i--) {
                order[i] = order[i - 1];
            }
            order[i] = b;
        }
    }
    for (unsigned i = 0; i < *n; i++) {
        number[order[i]] = i;
    }
}

static void renumber_op(struct ir_op *o, const ir_val *value, const uint16_t *number)
{
    for (unsigned i = 0, n = ir_nargs(o); i < n; i++) {
        o->arg[i] = value[o->arg[i]];
    }
    ir_renumber_blocks(o, number);
}

/* Move what lives together. */
static void compact(struct ir_unit *u, const struct live *l, unsigned n)
{
    ir_val *value = l->value;
    uint32_t to = 1;

    u->ninsns = 0;
    for (unsigned k = 0; k < n; k++) {
        struct ir_block b = u->blocks[l->order[k]];
        uint32_t first = to;
        for (uint32_t i = b.first; i < b.end; i++) {
            if (l->op[i]) {
                value[i] = to;
                u->ops[to] = u->ops[i];
                u->ninsns += u->ops[to].op == IR_INSN;
                renumber_op(&u->ops[to++], value, l->number);
            }
        }
        l->blocks[k] = (struct ir_block){first, to, b.cold, b.rare};
    }
    memcpy(u->blocks, l->blocks, n * sizeof(l->blocks[0]));
    u->nblocks = n;
    u->nops = to;
}

/* Tables for the unit; those of bool are cleared. */
static struct live tables(struct ir_unit *u)
{
    size_t bools = u->nops + u->nblocks + 2 * u->nlocals, values = u->nops + u->arch->nregs;
    size_t bytes = values * sizeof(ir_val) + u->nblocks * (sizeof(struct ir_block) + 2 * sizeof(uint16_t)) + bools;
    struct live l;

    /* The widest first, for their alignment. */
    l.value = ir_scratch(u, bytes);
    l.overwritten = l.value + u->nops;
    l.blocks = (struct ir_block *)(l.overwritten + u->arch->nregs);
    l.number = (uint16_t *)(l.blocks + u->nblocks);
    l.order = l.number + u->nblocks;
    l.op = (bool *)(l.order + u->nblocks);
    l.block = l.op + u->nops;
    l.local_dead = l.block + u->nblocks;
    l.local_read = l.local_dead + u->nlocals;
    memset(l.op, 0, bools);
    l.crossing = false;
    return l;
}

void ir_optimise(struct ir_unit *u)
{
    struct live l;
    unsigned n;

    ir_debug_verify(u, "as built");
    l = tables(u);
    mark_blocks(u, &l);
    for (uint32_t i = 1; i < u->nops; i++) {
        if (u->ops[i].op == IR_GETL) {
            l.local_read[u->ops[i].imm] = true;
        }
    }
    /* Backwards: whoever uses a value comes behind it. */
    number_blocks(u, &l, &n);
    for (unsigned k = n; k-- > 0;) {
        mark_ops(u, &l, &u->blocks[l.order[k]]);
    }
    compact(u, &l, n);
    if (l.crossing) {
        ir_localise(u);
    }
    ir_debug_verify(u, "after optimisation");
}
