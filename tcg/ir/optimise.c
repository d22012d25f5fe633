/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the builders cannot see as they go: blocks nobody reaches, values nobody uses, stores to guest
 * registers and locals that are overwritten before anything can observe them. One pass backwards marks
 * what lives, one forwards closes the gaps. After it, blocks are numbered in op order.
 */
#include "ir-internal.h"

#include <string.h>

struct live {
    bool op[IR_MAX_OPS];
    bool block[IR_MAX_BLOCKS];
    bool reg_dead[IR_MAX_REGS];     /* overwritten later in the block before anything observes it */
    bool local_dead[IR_MAX_LOCALS];
    bool local_read[IR_MAX_LOCALS]; /* anywhere in the unit */
};

static void mark_blocks(const struct ir_unit *u, struct live *l)
{
    uint16_t stack[IR_MAX_BLOCKS];
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
        return !l->reg_dead[o->imm];
    case IR_PUTL:
        return l->local_read[o->imm] && !l->local_dead[o->imm];
    case IR_CALL:
        return ir_op_helper(o)->flags & (IR_H_WRITES | IR_H_TRAPS | IR_H_STATE);
    default:
        return !(ir_op_flags(o->op) & IR_PURE);
    }
}

/* True if guest registers are seen by the op other than by name: an exception, a helper, another unit or block. */
static bool observes_registers(const struct ir_op *o)
{
    if (o->op == IR_CALL) {
        return ir_op_helper(o)->flags & (IR_H_READS | IR_H_WRITES | IR_H_TRAPS);
    }
    return ir_op_flags(o->op) & (IR_MAYTRAP | IR_TERM);
}

/* The op lives: what it reads lives, what it overwrites was dead before. */
static void mark_op(const struct ir_unit *u, struct live *l, const struct ir_op *o)
{
    if (observes_registers(o)) {
        memset(l->reg_dead, 0, u->arch->nregs);
    }
    switch (o->op) {
    case IR_GET:
        l->reg_dead[o->imm] = false;
        break;
    case IR_PUT:
        l->reg_dead[o->imm] = true;
        break;
    case IR_GETL:
        l->local_dead[o->imm] = false;
        break;
    case IR_PUTL:
        l->local_dead[o->imm] = true;
        break;
    }
    for (unsigned i = 0, n = ir_nargs(o); i < n; i++) {
        l->op[o->arg[i]] = true;
    }
}

static void mark_ops(const struct ir_unit *u, struct live *l, const struct ir_block *b)
{
    memset(l->reg_dead, 0, u->arch->nregs);
    memset(l->local_dead, 0, sizeof(l->local_dead));
    for (uint32_t i = b->end; i-- > b->first;) {
        const struct ir_op *o = &u->ops[i];
        l->op[i] |= has_effect(o, l);
        if (l->op[i]) {
            mark_op(u, l, o);
        }
    }
}

/* New numbers of the blocks, in op order; [0, *n) of order are the old numbers. */
static void number_blocks(const struct ir_unit *u, const struct live *l, uint16_t *number, uint16_t *order, unsigned *n)
{
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
    if (o->op == IR_BR) {
        o->aux = number[o->aux];
    } else if (o->op == IR_BRCC) {
        o->aux = ir_brcc_aux(number[o->aux & 0xffff], number[o->aux >> 16]);
    }
}

/* Move what lives together. */
static void compact(struct ir_unit *u, const struct live *l)
{
    uint16_t number[IR_MAX_BLOCKS], order[IR_MAX_BLOCKS];
    struct ir_block blocks[IR_MAX_BLOCKS];
    ir_val value[IR_MAX_OPS];
    uint32_t to = 1;
    unsigned n;

    number_blocks(u, l, number, order, &n);
    u->ninsns = 0;
    for (unsigned k = 0; k < n; k++) {
        struct ir_block b = u->blocks[order[k]];
        uint32_t first = to;
        for (uint32_t i = b.first; i < b.end; i++) {
            if (l->op[i]) {
                value[i] = to;
                u->ops[to] = u->ops[i];
                u->ninsns += u->ops[to].op == IR_INSN;
                renumber_op(&u->ops[to++], value, number);
            }
        }
        blocks[k] = (struct ir_block){first, to, b.cold};
    }
    memcpy(u->blocks, blocks, n * sizeof(blocks[0]));
    u->nblocks = n;
    u->nops = to;
}

void ir_optimise(struct ir_unit *u)
{
    struct live l;

    ir_debug_verify(u, "as built");
    memset(l.op, 0, u->nops);
    memset(l.block, 0, u->nblocks);
    memset(l.local_read, 0, sizeof(l.local_read));
    mark_blocks(u, &l);
    for (uint32_t i = 1; i < u->nops; i++) {
        if (u->ops[i].op == IR_GETL) {
            l.local_read[u->ops[i].imm] = true;
        }
    }
    for (unsigned b = 0; b < u->nblocks; b++) {
        if (l.block[b]) {
            mark_ops(u, &l, &u->blocks[b]);
        }
    }
    compact(u, &l);
    ir_debug_verify(u, "after optimisation");
}
