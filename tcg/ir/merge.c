/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Units of straight code made one unit with a loop. From the loop's head on the guest code is followed through the jumps
 * within its page, as far as it has been executed; what does not lead back to the head is left out, and an exit to
 * what is in the unit becomes a branch. The head is the lowest address.
 *
 * It is followed twice: first to find where blocks begin, then with each unit ending where another begins, so that
 * no guest instruction comes twice.
 */
#include <string.h>

#include "ir-internal.h"

#define MAX_PIECES 32

/* One of the units that are put together. */
struct piece {
    gva pc;
    struct ir_op *ops;
    struct ir_block *blocks;
    uint32_t nops, nblocks;
    uint8_t *locals;
    uint32_t nlocals;
    uint32_t guest_size, guest_before, ninsns;
    uint32_t to;     /* set of pieces that it jumps to */
    bool wanted;     /* the head is reached from it */
    unsigned base;   /* block in the new unit that its first one becomes */
};
_Static_assert(MAX_PIECES <= 32, "piece.to is a set");

struct merge {
    struct ir_unit *u;
    const struct ir_source *src;
    struct piece piece[MAX_PIECES];
    unsigned n;
    bool overflow; /* there are more */
};

/* -- Finding pieces -- */

static int find_piece(const struct merge *m, gva pc)
{
    for (unsigned i = 0; i < m->n; i++) {
        if (m->piece[i].pc == pc) {
            return i;
        }
    }
    return -1;
}

/* A block at pc may be part of the unit: in the head's page, all of its first instruction, and not before the head. */
static bool may_contain(const struct merge *m, gva pc)
{
    gva head = m->piece[0].pc;

    return !((pc ^ head) & PAGE_MASK) && pc >= head && (pc & ~PAGE_MASK) <= PAGE_SIZE - 4;
}

static void translate(struct merge *m, unsigned i, gva stop_before)
{
    m->src->translate(m->src->opaque, m->u, m->piece[i].pc, stop_before);
}

/* The unit just made jumps to what may be pieces. */
static void add_targets(struct merge *m)
{
    const struct ir_unit *u = m->u;

    for (uint32_t i = 1; i < u->nops; i++) {
        const struct ir_op *o = &u->ops[i];
        if (o->op != IR_EXIT_JUMP || !may_contain(m, o->imm) || find_piece(m, o->imm) >= 0 ||
            !m->src->executed(m->src->opaque, o->imm)) {
            continue;
        }
        if (m->n == MAX_PIECES) {
            m->overflow = true;
            return;
        }
        m->piece[m->n++].pc = o->imm;
    }
}

static gva next_head(const struct merge *m, gva pc)
{
    gva next = ~(gva)0;

    for (unsigned i = 0; i < m->n; i++) {
        if (m->piece[i].pc > pc && m->piece[i].pc < next) {
            next = m->piece[i].pc;
        }
    }
    return next;
}

static void keep(struct merge *m, unsigned i)
{
    const struct ir_unit *u = m->u;
    struct piece *p = &m->piece[i];

    p->ops = g_memdup2(u->ops, u->nops * sizeof(u->ops[0]));
    p->blocks = g_memdup2(u->blocks, u->nblocks * sizeof(u->blocks[0]));
    p->nops = u->nops;
    p->nblocks = u->nblocks;
    p->locals = g_memdup2(u->locals, u->nlocals * sizeof(u->locals[0]));
    p->nlocals = u->nlocals;
    p->guest_size = u->guest_size;
    p->guest_before = u->guest_before;
    p->ninsns = u->ninsns;
    for (uint32_t k = 1; k < u->nops; k++) {
        int t = u->ops[k].op == IR_EXIT_JUMP ? find_piece(m, u->ops[k].imm) : -1;
        if (t >= 0) {
            p->to |= UINT32_C(1) << t;
        }
    }
}

/* Which pieces the head is reached from. False: from itself alone, or not at all. */
static bool find_loop(struct merge *m)
{
    uint32_t wanted = 1;

    for (uint32_t before = 0; before != wanted;) {
        before = wanted;
        for (unsigned i = 0; i < m->n; i++) {
            wanted |= m->piece[i].to & wanted ? UINT32_C(1) << i : 0;
        }
    }
    for (unsigned i = 0; i < m->n; i++) {
        m->piece[i].wanted = wanted >> i & 1;
    }
    return wanted != 1;
}

/* In order of address. The head stays first. */
static int by_pc(const void *a, const void *b)
{
    const struct piece *p = a, *q = b;

    return p->pc < q->pc ? -1 : p->pc > q->pc;
}

static bool find_pieces(struct merge *m)
{
    for (unsigned i = 0; i < m->n; i++) {
        translate(m, i, ~(gva)0);
        add_targets(m);
        if (m->overflow) {
            return false;
        }
    }
    qsort(m->piece, m->n, sizeof(m->piece[0]), by_pc);
    for (unsigned i = 0; i < m->n; i++) {
        translate(m, i, next_head(m, m->piece[i].pc));
        keep(m, i);
    }
    return find_loop(m);
}

/* -- The new unit -- */

/* All blocks of what is wanted, in order. False: there is no room. */
static bool new_blocks(struct merge *m)
{
    uint32_t nops = 1, nblocks = 0;

    for (unsigned i = 0; i < m->n; i++) {
        struct piece *p = &m->piece[i];
        if (p->wanted) {
            p->base = nblocks;
            nblocks += p->nblocks;
            nops += p->nops;
        }
    }
    if (nops > IR_MAX_OPS || nblocks > IR_MAX_BLOCKS) {
        return false;
    }
    for (unsigned i = 0; i < m->n; i++) {
        const struct piece *p = &m->piece[i];
        for (unsigned b = 0; p->wanted && b < p->nblocks; b++) {
            if (p->base + b) { /* block 0 is there */
                ir_new_block(m->u, p->blocks[b].cold);
            }
        }
    }
    return true;
}

/* delta: how far its piece's ops move; locals: where its piece's locals begin. */
static void copy_op(struct merge *m, const struct piece *p, struct ir_op o, int32_t delta, unsigned locals)
{
    int target = o.op == IR_EXIT_JUMP ? find_piece(m, o.imm) : -1;

    for (unsigned k = 0, n = ir_nargs(&o); k < n; k++) {
        o.arg[k] += delta;
    }
    ir_shift_blocks(&o, p->base);
    if (o.op == IR_GETL || o.op == IR_PUTL) {
        o.imm += locals;
    } else if (target >= 0 && m->piece[target].wanted) {
        o = (struct ir_op){.op = IR_BR, .aux = m->piece[target].base};
    }
    ir_append(m->u, o);
}

static void copy_piece(struct merge *m, const struct piece *p)
{
    struct ir_unit *u = m->u;
    unsigned locals = u->nlocals;

    for (unsigned k = 0; k < p->nlocals; k++) {
        ir_new_local(u, p->locals[k]);
    }
    /* In the order of their ops: placed as they were. */
    for (uint32_t at = 1; at < p->nops;) {
        unsigned b = 0;
        while (b < p->nblocks && p->blocks[b].first != at) {
            b++;
        }
        g_assert(b < p->nblocks);
        ir_open_block(u, p->base + b);
        int32_t delta = (int32_t)u->nops - (int32_t)at;
        for (; at < p->blocks[b].end; at++) {
            copy_op(m, p, p->ops[at], delta, locals);
        }
    }
}

/* The block that a branch to b comes to in the end. */
static unsigned skip_jumps(const struct ir_unit *u, unsigned b)
{
    for (unsigned n = 0; n < 2; n++) {
        const struct ir_block *blk = &u->blocks[b];
        if (blk->end != blk->first + 1 || u->ops[blk->first].op != IR_BR) {
            break;
        }
        b = u->ops[blk->first].aux;
    }
    return b;
}

static void shorten_branches(struct ir_unit *u)
{
    for (unsigned b = 0; b < u->nblocks; b++) {
        struct ir_op *o = &u->ops[MAX(u->blocks[b].end, 1) - 1]; /* not placed: none */
        if (ir_is_two_way(o->op)) {
            o->aux = ir_brcc_aux(skip_jumps(u, o->aux & 0xffff), skip_jumps(u, o->aux >> 16));
        }
    }
}

static bool put_together(struct merge *m)
{
    struct ir_unit *u = m->u;
    const struct guest_reg *regs = u->regs;
    gva head = m->piece[0].pc, va_mask = u->va_mask;
    uint32_t guest_size = 0, guest_before = 0, ninsns = 0;

    ir_begin(u, u->arch);
    u->regs = regs;
    u->pc = head;
    u->va_mask = va_mask;
    if (!new_blocks(m)) {
        return false;
    }
    for (unsigned i = 0; i < m->n; i++) {
        const struct piece *p = &m->piece[i];
        if (p->wanted) {
            copy_piece(m, p);
            guest_size = MAX(guest_size, p->pc - head + p->guest_size);
            guest_before = MAX(guest_before, p->guest_before - MIN(p->guest_before, p->pc - head));
            ninsns += p->ninsns;
        }
    }
    shorten_branches(u);
    u->guest_size = guest_size;
    u->guest_before = guest_before;
    u->ninsns = ninsns;
    return guest_size < PAGE_SIZE; /* as struct tb has it */
}

bool ir_merge_loop(struct ir_unit *u, gva head, const struct ir_source *src)
{
    g_autofree struct merge *m = g_new0(struct merge, 1);
    bool done;

    m->u = u;
    m->src = src;
    m->piece[0].pc = head;
    m->n = 1;
    done = find_pieces(m) && put_together(m);
    for (unsigned i = 0; i < m->n; i++) {
        g_free(m->piece[i].ops);
        g_free(m->piece[i].blocks);
        g_free(m->piece[i].locals);
    }
    return done;
}
