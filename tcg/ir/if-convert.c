/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * If-conversion: a branch around a few ops that only compute becomes a choice between values. Guests without
 * conditional moves have such branches for minimum, maximum, absolute value and the like; hosts guess them wrong as often
 * as right, and what is one block can be stripped and unrolled.
 *
 *      from:   ...; to one side or the other       from:   ...; both sides' ops, a select for each register that
 *      sides:  compute, put; both to join                  either puts; then join's ops, if nobody else goes there
 *
 * One side may be empty: the branch goes to join itself.
 */
#include <string.h>

#include "ir-internal.h"

#define OPS_MAX 4   /* of both sides, where the guest computes those of one */
#define PUTS_MAX 2  /* registers that a side puts: each costs a choice */
#define OPS_MORE 8  /* that the unit may grow by for a branch */

/* What a side leaves in registers. */
struct side {
    unsigned n;
    struct {
        unsigned reg;
        ir_val value; /* in the new unit */
    } put[PUTS_MAX];
};

/* Where a two-way branch goes to. side 0: to the join at once (block 0 is nobody's side). */
struct hammock {
    unsigned side[2], join;
};

struct convert {
    struct ir_unit *u;
    struct ir_op *ops; /* the unit as it was */
    struct ir_block *blocks;
    unsigned nblocks;
    uint32_t *preds;   /* of each block: how many */
    ir_val *renamed;   /* values in the new unit */
    bool *absorbed;    /* blocks that are part of another */
    ir_val known[IR_MAX_REGS]; /* what the block being made knows registers to hold, or 0 */
};

/* -- Finding them -- */

static void count_preds(struct convert *c)
{
    unsigned to[2];

    for (unsigned b = 0; b < c->nblocks; b++) {
        for (unsigned k = 0, n = ir_successors(&c->ops[c->blocks[b].end - 1], to); k < n; k++) {
            c->preds[to[k]]++;
        }
    }
}

/* A host computes it in a cycle or a few, and nobody can tell that it did. */
static bool is_cheap(const struct ir_op *o)
{
    switch (o->op) {
    case IR_DIVS:
    case IR_DIVU:
    case IR_REMS:
    case IR_REMU:
    case IR_DIVU2:
    case IR_REMU2:
    case IR_DIVS2:
    case IR_REMS2:
    case IR_BITREV:
        return false;
    default:
        return (ir_op_flags(o->op) & IR_PURE) && ir_is_int(o->type);
    }
}

/* A register as a whole, of integers. */
static bool is_plain_put(const struct ir_unit *u, const struct ir_op *o)
{
    return o->op == IR_PUT && ir_is_int(o->type) && o->type == u->regs[o->imm].type;
}

/* What it costs to compute block b always, where it can be a side of block from; above OPS_MAX: it can't. */
static unsigned cost_of_side(const struct convert *c, unsigned from, unsigned b)
{
    const struct ir_block *blk = &c->blocks[b];
    const struct ir_op *last = &c->ops[blk->end - 1];
    unsigned cost = 0, puts = 0;
    bool insn = false;

    if (b <= from || c->preds[b] != 1 || last->op != IR_BR || last->aux <= b) {
        return OPS_MAX + 1;
    }
    for (uint32_t i = blk->first; i + 1 < blk->end && cost <= OPS_MAX; i++) {
        const struct ir_op *o = &c->ops[i];
        if (is_plain_put(c->u, o)) {
            cost += ++puts > PUTS_MAX ? OPS_MAX + 1 : 0;
        } else if (o->op == IR_INSN) {
            insn = true;
        } else if (o->op != IR_CONST && !((o->op == IR_GET || o->op == IR_GETL) && ir_is_int(o->type))) {
            cost += is_cheap(o) ? 1 : OPS_MAX + 1;
        }
    }
    /* What comes behind must not be taken for part of an instruction before the branch. */
    return insn && c->ops[c->blocks[last->aux].first].op != IR_INSN ? OPS_MAX + 1 : cost;
}

static bool find_hammock(const struct convert *c, unsigned b, struct hammock *h)
{
    const struct ir_op *last = &c->ops[c->blocks[b].end - 1];
    unsigned to[2], cost[2];

    if (!ir_is_two_way(last->op) || (last->op == IR_BRCC && last->sub2 == IR_COUNTED)) {
        return false;
    }
    ir_successors(last, to);
    for (unsigned k = 0; k < 2; k++) {
        cost[k] = cost_of_side(c, b, to[k]);
        if (cost[k] <= OPS_MAX && c->ops[c->blocks[to[k]].end - 1].aux == to[!k]) {
            *h = (struct hammock){.join = to[!k]};
            h->side[k] = to[k];
            return true;
        }
    }
    if (cost[0] + cost[1] > OPS_MAX) {
        return false;
    }
    *h = (struct hammock){.side = {to[0], to[1]}, .join = c->ops[c->blocks[to[0]].end - 1].aux};
    return h->join == c->ops[c->blocks[to[1]].end - 1].aux;
}

/* -- The new unit -- */

static void copy_op(struct convert *c, uint32_t i)
{
    struct ir_op o = c->ops[i];

    if (o.op == IR_GET && c->known[o.imm] && c->u->ops[c->known[o.imm]].type == o.type) {
        c->renamed[i] = c->known[o.imm];
        return;
    }
    for (unsigned k = 0, n = ir_nargs(&o); k < n; k++) {
        o.arg[k] = c->renamed[o.arg[k]];
    }
    c->renamed[i] = ir_append(c->u, o);
    if (o.op == IR_GET) {
        c->known[o.imm] = c->renamed[i];
    } else if (o.op == IR_PUT) {
        c->known[o.imm] = o.arg[0];
    } else if (o.op == IR_CALL) {
        memset(c->known, 0, sizeof(c->known));
    }
}

static ir_val *find_put(struct side *s, unsigned reg)
{
    for (unsigned k = 0; k < s->n; k++) {
        if (s->put[k].reg == reg) {
            return &s->put[k].value;
        }
    }
    return NULL;
}

/* Compute what the side does, but put nothing. */
static struct side copy_side(struct convert *c, unsigned b)
{
    struct side s = {.n = 0};

    for (uint32_t i = c->blocks[b].first; b && i + 1 < c->blocks[b].end; i++) {
        const struct ir_op *o = &c->ops[i];
        ir_val *put = o->op == IR_GET || o->op == IR_PUT ? find_put(&s, o->imm) : NULL;
        if (o->op == IR_PUT) {
            if (!put) {
                s.put[s.n].reg = o->imm;
                put = &s.put[s.n++].value;
            }
            *put = c->renamed[o->arg[0]];
        } else if (put) {
            c->renamed[i] = o->type == c->u->ops[*put].type ? *put : ir_convert(c->u, IR_TRUNC, IR_I32, *put);
        } else if (o->op != IR_INSN) {
            copy_op(c, i);
        }
    }
    return s;
}

/* The register's value behind the branch. */
static void put_choice(struct convert *c, const struct ir_op *branch, struct side sides[2], unsigned reg)
{
    struct ir_unit *u = c->u;
    enum ir_type type = u->regs[reg].type;
    ir_val v[2], a = c->renamed[branch->arg[0]];

    for (unsigned k = 0; k < 2; k++) {
        ir_val *put = find_put(&sides[k], reg);
        v[k] = put ? *put : c->known[reg];
        if (!v[k] || u->ops[v[k]].type != type) {
            v[k] = ir_append(u, (struct ir_op){.op = IR_GET, .type = type, .imm = reg});
        }
    }
    a = branch->op == IR_BRCC ? ir_select(u, branch->sub, a, c->renamed[branch->arg[1]], v[0], v[1])
                              : ir_flag_select(u, branch->sub, a, v[0], v[1]);
    ir_append(u, (struct ir_op){.op = IR_PUT, .type = type, .imm = reg, .arg = {a}});
    c->known[reg] = a;
}

/* Both sides are computed before a register is put: they read what was there before the branch. */
static void convert_branch(struct convert *c, const struct ir_op *branch, const struct hammock *h)
{
    struct side sides[2];

    for (unsigned k = 0; k < 2; k++) {
        sides[k] = copy_side(c, h->side[k]);
        c->absorbed[h->side[k]] |= h->side[k] != 0;
    }
    for (unsigned k = 0; k < 2; k++) {
        for (unsigned n = 0; n < sides[k].n; n++) {
            if (!k || !find_put(&sides[0], sides[k].put[n].reg)) {
                put_choice(c, branch, sides, sides[k].put[n].reg);
            }
        }
    }
}

/* Copy the block, and after it the join of its branch if that is reached from there alone, and so on. */
static void copy_block(struct convert *c, unsigned b)
{
    struct hammock h;

    memset(c->known, 0, sizeof(c->known));
    for (;;) {
        uint32_t last = c->blocks[b].end - 1;
        for (uint32_t i = c->blocks[b].first; i < last; i++) {
            copy_op(c, i);
        }
        if (!find_hammock(c, b, &h)) {
            copy_op(c, last);
            return;
        }
        convert_branch(c, &c->ops[last], &h);
        if (c->preds[h.join] != 2) {
            ir_append(c->u, (struct ir_op){.op = IR_BR, .aux = h.join});
            return;
        }
        c->absorbed[h.join] = true;
        b = h.join;
    }
}

static bool any_hammock(const struct convert *c)
{
    struct hammock h;

    for (unsigned b = 0; b < c->nblocks; b++) {
        if (find_hammock(c, b, &h)) {
            return true;
        }
    }
    return false;
}

static void rebuild(struct convert *c)
{
    struct ir_unit *u = c->u;
    uint32_t ninsns = u->ninsns;

    ir_begin_again(u);
    for (unsigned b = 0; b < c->nblocks; b++) {
        unsigned copy = b ? ir_new_block(u, c->blocks[b].cold) : 0;
        u->blocks[copy].cold = c->blocks[b].cold;
        u->blocks[copy].rare = c->blocks[b].rare;
    }
    for (unsigned b = 0; b < c->nblocks; b++) {
        if (!c->absorbed[b]) {
            ir_open_block(u, b);
            copy_block(c, b);
        }
    }
    ir_optimise(u);
    u->ninsns = ninsns;
}

bool ir_convert_ifs(struct ir_unit *u)
{
    struct convert c = {.u = u, .nblocks = u->nblocks};
    bool any;

    if (u->nops + OPS_MORE * u->nblocks > IR_MAX_OPS) {
        return false;
    }
    c.ops = g_memdup2(u->ops, u->nops * sizeof(c.ops[0]));
    c.blocks = g_memdup2(u->blocks, u->nblocks * sizeof(c.blocks[0]));
    c.preds = g_new0(uint32_t, u->nblocks);
    c.renamed = g_new0(ir_val, u->nops);
    c.absorbed = g_new0(bool, u->nblocks);
    count_preds(&c);
    any = any_hammock(&c);
    if (any) {
        rebuild(&c);
    }
    g_free(c.ops);
    g_free(c.blocks);
    g_free(c.preds);
    g_free(c.renamed);
    g_free(c.absorbed);
    return any;
}
