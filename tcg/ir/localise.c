/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values within their blocks, as back ends want them: what is used in another block than its own goes through a local,
 * or is made again there if it is a constant or flags; parameters of blocks are locals that branches set.
 *
 * A parameter has two: one that the ARGs write, read where its block begins, and if other blocks use it one more for
 * those, since an ARG is also executed when the branch goes elsewhere.
 */
#include <string.h>

#include "ir-internal.h"

/* What is known of an op of the unit as it was. */
struct place {
    uint32_t home;     /* local for other blocks, + 1; 0: none */
    uint32_t incoming; /* of a PARAM: local that the ARGs write */
    ir_val now;        /* its value in the new unit, in block now_in */
    uint32_t now_in;   /* + 1; 0: nowhere */
};

struct localise {
    struct ir_unit *u;
    struct ir_op *ops; /* as they were */
    struct ir_block *blocks;
    uint32_t *block_at; /* blocks by their first op, + 1 */
    uint32_t nops;
    struct place *place;
    uint32_t block, first; /* the block being made, and where it was */
};

/* -- What needs locals -- */

/* The value is used in a block that is not its own. */
static void need(struct localise *l, ir_val v)
{
    const struct ir_op *o = &l->ops[v];

    if (o->op == IR_FLAGDEF) {
        for (unsigned i = 0; i < 3; i++) {
            need(l, o->arg[i]);
        }
    } else if (o->op != IR_CONST && o->op != IR_PC && !l->place[v].home) {
        l->place[v].home = ir_new_local(l->u, o->type) + 1;
    }
}

static void find_needs(struct localise *l)
{
    uint32_t first = 0;

    for (uint32_t i = 1; i < l->nops; i++) {
        const struct ir_op *o = &l->ops[i];
        first = l->block_at[i] ? i : first;
        if (o->op == IR_PARAM) {
            l->place[i].incoming = ir_new_local(l->u, o->type);
        }
        for (unsigned k = 0, n = ir_nargs(o); k < n; k++) {
            if (o->arg[k] < first) {
                need(l, o->arg[k]);
            }
        }
    }
}

/* True if there is anything to do. */
static bool has_needs(const struct ir_unit *u, const uint32_t *block_at)
{
    uint32_t first = 0;

    for (uint32_t i = 1; i < u->nops; i++) {
        const struct ir_op *o = &u->ops[i];
        first = block_at[i] ? i : first;
        if (o->op == IR_PARAM) {
            return true;
        }
        for (unsigned k = 0, n = ir_nargs(o); k < n; k++) {
            if (o->arg[k] < first) {
                return true;
            }
        }
    }
    return false;
}

/* -- The new unit -- */

static ir_val add(struct localise *l, ir_val old, struct ir_op o)
{
    ir_val v = ir_append(l->u, o);

    l->place[old].now = v;
    l->place[old].now_in = l->block + 1;
    return v;
}

static void put_home(struct localise *l, ir_val old)
{
    const struct place *p = &l->place[old];

    if (p->home) {
        ir_append(l->u, (struct ir_op){.op = IR_PUTL, .type = l->ops[old].type, .imm = p->home - 1, .arg = {p->now}});
    }
}

/* The old value, in the block being made. */
static ir_val use(struct localise *l, ir_val old)
{
    struct ir_op o = l->ops[old];

    if (l->place[old].now_in == l->block + 1) {
        return l->place[old].now;
    }
    if (o.op == IR_FLAGDEF) {
        for (unsigned i = 0; i < 3; i++) {
            o.arg[i] = use(l, o.arg[i]);
        }
    } else if (o.op != IR_CONST && o.op != IR_PC) {
        o = (struct ir_op){.op = IR_GETL, .type = o.type, .imm = l->place[old].home - 1};
    }
    return add(l, old, o);
}

static void use_args(struct localise *l, struct ir_op *o)
{
    for (unsigned k = 0, n = ir_nargs(o); k < n; k++) {
        o->arg[k] = use(l, o->arg[k]);
    }
}

/* Parameters come behind the INSN, with which a loop's block must begin. Where the block goes on. */
static uint32_t begin_block(struct localise *l, uint32_t first, uint32_t end)
{
    uint32_t i = first;

    while (i < end && l->ops[i].op == IR_PARAM) {
        i++;
    }
    if (i > first && l->ops[i].op == IR_INSN) {
        ir_append(l->u, l->ops[i++]);
    }
    for (uint32_t p = first; p < i && l->ops[p].op == IR_PARAM; p++) {
        add(l, p, (struct ir_op){.op = IR_GETL, .type = l->ops[p].type, .imm = l->place[p].incoming});
        put_home(l, p);
    }
    return i;
}

static void copy_block(struct localise *l, uint32_t b)
{
    const struct ir_block *old = &l->blocks[b];
    bool args = false;

    l->block = b;
    ir_open_block(l->u, b);
    for (uint32_t i = begin_block(l, old->first, old->end); i < old->end; i++) {
        struct ir_op o = l->ops[i];
        if (o.op == IR_ARG && !args) {
            /* All that the branch needs is read before the first parameter is written. */
            for (uint32_t k = i; k < old->end; k++) {
                struct ir_op later = l->ops[k];
                use_args(l, &later);
            }
            args = true;
        }
        use_args(l, &o);
        if (o.op == IR_ARG) {
            const struct place *p = &l->place[l->blocks[o.aux].first + o.imm];
            o = (struct ir_op){.op = IR_PUTL, .type = o.type, .imm = p->incoming, .arg = {o.arg[0]}};
        }
        add(l, i, o);
        put_home(l, i);
    }
}

void ir_localise(struct ir_unit *u)
{
    struct localise l = {.u = u, .nops = u->nops};

    l.block_at = g_new0(uint32_t, u->nops);
    for (uint32_t b = 0; b < u->nblocks; b++) {
        if (u->blocks[b].end > u->blocks[b].first) {
            l.block_at[u->blocks[b].first] = b + 1;
        }
    }
    if (has_needs(u, l.block_at)) {
        l.ops = g_memdup2(u->ops, u->nops * sizeof(u->ops[0]));
        l.blocks = g_memdup2(u->blocks, u->nblocks * sizeof(u->blocks[0]));
        l.place = g_new0(struct place, u->nops);
        find_needs(&l);
        u->nops = 1;
        for (uint32_t i = 1; i < l.nops; i = l.blocks[l.block_at[i] - 1].end) {
            copy_block(&l, l.block_at[i] - 1);
        }
        g_free(l.ops);
        g_free(l.blocks);
        g_free(l.place);
        ir_debug_verify(u, "localised");
    }
    g_free(l.block_at);
}
