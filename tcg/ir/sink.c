/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Puts that only one way out of a block needs. Where a block branches, and on one way a register is put again before
 * anybody looks at it, what the block puts there is put on the other way only, in a block between, out of line: so a
 * loop's flags are made where it is left. The value must be had there without keeping it: a constant, or what another
 * register has.
 */
#include <string.h>

#include "ir-internal.h"

#define REGS_MAX 32    /* that are looked at: those put most at the ends of blocks are few */
#define PUTS_MAX 8     /* of a block */

/* What the block does to registers, as sets of their numbers. */
struct flow {
    uint32_t seen;  /* looked at before it is put */
    uint32_t kept;  /* neither looked at nor put */
    uint32_t live;  /* where it begins somebody may look at it later */
};

/* A put that leaves its block. */
struct sunk {
    uint32_t op;
    int from;      /* register that has the value; -1: a constant */
    uint8_t edge;  /* that it goes to: 0, 1; 2: none */
};

struct sink {
    struct ir_unit *u;
    unsigned nregs;
    int8_t *number; /* of each register, or -1 */
    struct flow *flow;
};

/* -- Who looks at what -- */

/* Guest registers are seen by the op; accesses that cannot fail see none. */
static bool observes(const struct ir_op *o)
{
    return ir_observes_registers(o) && !(ir_is_checked(o->op) && (o->aux & IR_MEM_SURE));
}

/* The branch to block t lets an engine leave the unit. */
static bool may_leave(const struct ir_op *branch, unsigned b, unsigned t)
{
    return t <= b && !(branch->op == IR_BRCC && branch->sub2 == IR_COUNTED);
}

static void find_flow(struct sink *s, unsigned b)
{
    const struct ir_block *blk = &s->u->blocks[b];
    struct flow f = {.kept = ~0u};
    unsigned to[2];

    for (uint32_t i = blk->first; i < blk->end; i++) {
        const struct ir_op *o = &s->u->ops[i];
        int n = o->op == IR_GET || o->op == IR_PUT ? s->number[o->imm] : -1;
        if (n >= 0) {
            f.seen |= o->op == IR_GET ? f.kept & UINT32_C(1) << n : 0;
            f.kept &= ~(UINT32_C(1) << n);
        } else if (observes(o) && !ir_successors(o, to)) {
            f.seen |= f.kept;
            f.kept = 0;
        }
    }
    f.live = f.seen;
    s->flow[b] = f;
}

/* What is live behind the block on its way number k. */
static uint32_t live_on(const struct sink *s, unsigned b, unsigned k)
{
    const struct ir_op *o = &s->u->ops[s->u->blocks[b].end - 1];
    unsigned to[2];

    ir_successors(o, to);
    return may_leave(o, b, to[k]) ? ~0u : s->flow[to[k]].live;
}

static void find_live(struct sink *s)
{
    unsigned to[2];
    bool changed;

    for (unsigned b = 0; b < s->u->nblocks; b++) {
        find_flow(s, b);
    }
    do {
        changed = false;
        for (unsigned b = s->u->nblocks; b-- > 0;) {
            unsigned n = ir_successors(&s->u->ops[s->u->blocks[b].end - 1], to);
            uint32_t live = s->flow[b].live;
            for (unsigned k = 0; k < n; k++) {
                live |= live_on(s, b, k) & s->flow[b].kept;
            }
            changed |= live != s->flow[b].live;
            s->flow[b].live = live;
        }
    } while (changed);
}

/* -- What can go -- */

/* The last put of a block before anybody may look: its candidates, latest first. */
static unsigned last_puts(const struct sink *s, const struct ir_block *b, uint32_t put[PUTS_MAX])
{
    uint32_t done = 0; /* looked at, or put, further on */
    unsigned n = 0, to[2];

    if (ir_successors(&s->u->ops[b->end - 1], to) != 2) {
        return 0;
    }
    for (uint32_t i = b->end - 1; i-- > b->first && n < PUTS_MAX;) {
        const struct ir_op *o = &s->u->ops[i];
        int k = o->op == IR_GET || o->op == IR_PUT ? s->number[o->imm] : -1;
        if (observes(o)) {
            break;
        }
        if (k >= 0 && o->op == IR_PUT && !(done >> k & 1) && ir_is_int(o->type)) {
            put[n++] = i;
        }
        done |= k >= 0 ? UINT32_C(1) << k : 0;
    }
    return n;
}

/* A register, not the put's own nor of the set except, that holds its value where the block ends; -1: none. */
static int holder_of(const struct sink *s, const struct ir_block *b, const struct ir_op *put, uint32_t except)
{
    const struct ir_op *ops = s->u->ops;
    int holder = -1;

    for (uint32_t i = b->first; i < b->end; i++) {
        const struct ir_op *o = &ops[i];
        bool is_put = o->op == IR_PUT;
        if (o->op == IR_CALL && (ir_op_helper(o)->flags & IR_H_WRITES)) {
            holder = -1;
        }
        if (!is_put && o->op != IR_GET) {
            continue;
        }
        bool same = (is_put ? o->arg[0] : i) == put->arg[0] && o->type == put->type;
        int k = s->number[o->imm];
        if (same && o->imm != put->imm && (k < 0 || !(except >> k & 1))) {
            holder = o->imm;
        } else if (is_put && o->imm == holder) {
            holder = -1;
        }
    }
    return holder;
}

/* The block's puts that go to one of its ways only. */
static unsigned find_sunk(const struct sink *s, unsigned b, struct sunk sunk[PUTS_MAX])
{
    const struct ir_block *blk = &s->u->blocks[b];
    uint32_t put[PUTS_MAX], gone = 0, needed = 0;
    unsigned n = last_puts(s, blk, put), nsunk = 0, to[2];
    const struct ir_op *branch = &s->u->ops[blk->end - 1];

    ir_successors(branch, to);
    for (unsigned i = 0; i < n; i++) {
        const struct ir_op *o = &s->u->ops[put[i]];
        unsigned k = s->number[o->imm];
        bool live[2] = {live_on(s, b, 0) >> k & 1, live_on(s, b, 1) >> k & 1};
        unsigned edge = live[0] ? 0 : live[1] ? 1 : 2;
        bool is_const = s->u->ops[o->arg[0]].op == IR_CONST;
        if ((live[0] && live[1]) || (needed >> k & 1) || (edge < 2 && may_leave(branch, b, to[edge]))) {
            continue;
        }
        int from = is_const || edge == 2 ? -1 : holder_of(s, blk, o, gone | UINT32_C(1) << k);
        if (from < 0 && !is_const && edge < 2) {
            continue;
        }
        gone |= UINT32_C(1) << k;
        needed |= from >= 0 && s->number[from] >= 0 ? UINT32_C(1) << s->number[from] : 0;
        sunk[nsunk++] = (struct sunk){.op = put[i], .from = from, .edge = edge};
    }
    return nsunk;
}

/* Registers that are put last in blocks that branch get numbers. */
static void number_registers(struct sink *s)
{
    const struct ir_unit *u = s->u;
    unsigned to[2];

    memset(s->number, -1, u->arch->nregs);
    for (unsigned b = 0; b < u->nblocks; b++) {
        if (ir_successors(&u->ops[u->blocks[b].end - 1], to) != 2) {
            continue;
        }
        for (uint32_t i = u->blocks[b].end - 1; i-- > u->blocks[b].first && !observes(&u->ops[i]);) {
            const struct ir_op *o = &u->ops[i];
            if (o->op == IR_PUT && ir_is_int(o->type) && s->number[o->imm] < 0 && s->nregs < REGS_MAX) {
                s->number[o->imm] = s->nregs++;
            }
        }
    }
}

/* -- The new unit -- */

/* The block's way: its puts, then where it went. */
static void make_way(struct sink *s, const struct ir_op *ops, unsigned block, const struct sunk *sunk, unsigned n,
                     unsigned edge, unsigned to)
{
    struct ir_unit *u = s->u;

    ir_open_block(u, block);
    for (unsigned i = 0; i < n; i++) {
        const struct ir_op *put = &ops[sunk[i].op];
        if (sunk[i].edge != edge) {
            continue;
        }
        struct ir_op v = {.op = IR_GET, .type = put->type, .imm = sunk[i].from};
        if (sunk[i].from < 0) {
            v = ops[put->arg[0]];
        }
        struct ir_op o = *put;
        o.arg[0] = ir_append(u, v);
        ir_append(u, o);
    }
    ir_append(u, (struct ir_op){.op = IR_BR, .aux = to});
}

/* The block without what leaves it, then the ways that have something to do. */
static void copy_block(struct sink *s, const struct ir_op *ops, ir_val *value, unsigned b, const struct sunk *sunk,
                       unsigned n)
{
    struct ir_unit *u = s->u;
    uint32_t first = u->blocks[b].first, end = u->blocks[b].end;
    unsigned to[2], way[2] = {0};

    ir_open_block(u, b);
    for (uint32_t i = first; i < end; i++) {
        struct ir_op o = ops[i];
        bool gone = false;
        for (unsigned k = 0; k < n; k++) {
            gone |= sunk[k].op == i;
        }
        if (gone) {
            continue;
        }
        for (unsigned k = 0, nargs = ir_nargs(&o); k < nargs; k++) {
            o.arg[k] = value[o.arg[k]];
        }
        if (i == end - 1 && n) {
            ir_successors(&o, to);
            for (unsigned k = 0; k < n; k++) {
                unsigned e = sunk[k].edge;
                way[e & 1] = e == 2 || way[e] ? way[e & 1] : ir_new_block(u, true);
            }
            o.aux = ir_brcc_aux(way[0] ? way[0] : to[0], way[1] ? way[1] : to[1]);
        }
        value[i] = ir_append(u, o);
    }
    for (unsigned e = 0; e < 2; e++) {
        if (way[e]) {
            make_way(s, ops, way[e], sunk, n, e, to[e]);
        }
    }
}

bool ir_sink_puts(struct ir_unit *u)
{
    struct sink s = {.u = u};
    unsigned nblocks = u->nblocks, all = 0;

    s.number = g_new(int8_t, u->arch->nregs);
    number_registers(&s);
    if (s.nregs) {
        g_autofree struct sunk(*sunk)[PUTS_MAX] = g_malloc(nblocks * sizeof(*sunk));
        g_autofree unsigned *n = g_new(unsigned, nblocks);
        s.flow = g_new(struct flow, nblocks);
        find_live(&s);
        for (unsigned b = 0; b < nblocks; b++) {
            n[b] = find_sunk(&s, b, sunk[b]);
            all += n[b];
        }
        if (u->nops + 3 * all > IR_MAX_OPS || nblocks + 2 * all > IR_MAX_BLOCKS) {
            all = 0;
        }
        if (all) {
            g_autofree struct ir_op *ops = g_memdup2(u->ops, u->nops * sizeof(ops[0]));
            g_autofree ir_val *value = g_new0(ir_val, u->nops);
            u->nops = 1;
            for (unsigned b = 0; b < nblocks; b++) {
                copy_block(&s, ops, value, b, sunk[b], n[b]);
            }
            ir_optimise(u);
        }
        g_free(s.flow);
    }
    g_free(s.number);
    return all;
}
