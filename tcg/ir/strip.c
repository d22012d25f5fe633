/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loops that walk through memory. Where each access of a turn is off a register that a turn moves by a constant, or a base
 * and an index that it moves so, it is known for how many turns all of them stay in their pages. The loop is made a second
 * time for so many turns, without tests of pages, alignment and requests; the last turns before a page's end and a page
 * without an entry are the ordinary copy's. Most loops of a program turn a few times only, which is all that is looked for
 * at first. A loop is a chain of blocks here: each goes on to the next, or leaves.
 *
 *     begin:  the pages' checks for a few turns; to fast, or for so many to the ordinary chain
 *     strip:  checks of several pages for each stream, and with that always the same number of turns; to fast, else on to
 *     page:   the pages' checks, and the number of turns; begin if these are few; else on to
 *     fast:   the chain, some turns of a short one, under those checks; at its end fast again, or strip after the last
 *     chain:  the chain; at its end chain again, or strip after the last of the few
 *
 * Where a turn moves far, a page has too few turns for what their number costs: there is no page, and begin is strip.
 */
#include <string.h>

#include "ir-internal.h"

#define LOOPS_MAX 8       /* of a unit */
#define CHAIN_MAX 8       /* blocks of a loop */
#define STREAMS_MAX 4     /* of a loop */
#define SPAN_MAX 512      /* bytes that a stream accesses in a turn */
#define STEP_MAX 1024     /* bytes that it moves */
#define STEP_FAR 64       /* with more, its turns in a page are not counted */
#define FIRST_TURNS 8     /* what is looked for when the loop begins; most loops of a program end before */
#define FAST_TURNS_MIN 4  /* fewer are not worth it */
#define TURNS_MAX 4096    /* without a look at requests */
#define FAR_TURNS 32      /* of the ordinary chain of a loop with far steps until its pages are looked at again */
#define UNROLL_LOG 2
#define UNROLL (1 << UNROLL_LOG) /* turns of a short chain between two looks whether they are over; divides those above */
#define UNROLL_OPS_MAX 48 /* of such a chain */
#define RECIPROCAL_BITS 24
#define ORDINARY_RARE 3   /* log of the turns for one of the ordinary chain, as most are */

#define NO_REG UINT16_MAX
#define SCALE_MAX 3

/*
 * A value that is made of registers as they are at the turn's begin: base + (reg << scale) + offset. narrow: the sum of
 * 32 bits, zero-extended.
 */
struct sum {
    bool known, narrow;
    uint8_t scale;
    uint16_t reg, base; /* base: NO_REG, or as it is */
    int64_t offset;
};

/* Accesses off one sum. low and high: the bytes accessed, from its value at the turn's begin without its offset. */
struct stream {
    struct sum at;
    int64_t low, high, step;
    uint8_t align;  /* log2 of what the address must be a multiple of, and is in each turn if it is in one */
    bool store;
    unsigned check; /* local: the check's value */
};

struct strip {
    unsigned nblocks, block[CHAIN_MAX]; /* the chain */
    struct stream stream[STREAMS_MAX];
    unsigned nstreams;
    unsigned counter;                   /* a register that a turn moves by step: it tells the turns */
    enum ir_type counter_type;
    int64_t step;
    unsigned limit;                     /* local: its value after the last turn of this copy */
    /* Blocks of the new unit. */
    unsigned begin, strip, page, fast[UNROLL][CHAIN_MAX], fast_end, ordinary, ordinary_end;
    unsigned unroll;                    /* copies of the chain in fast */
    bool far;                           /* a step is more than STEP_FAR: begin is strip, and there is no page */
};

struct strips {
    struct ir_unit *u;
    struct strip strip[LOOPS_MAX];
    unsigned n;
    bool at_start;                    /* one of them begins the unit */
    struct sum *value;                /* of each op of the chain that is looked at */
    struct sum reg[IR_MAX_REGS];      /* now, in that chain */
    uint8_t *stream_of;               /* each access of a strip: its stream + 1 */
    uint32_t *preds;                  /* of each block: how many ... */
    uint16_t *pred;                   /* ... and one of them */
    ir_val *renamed;                  /* values as the new unit has them */
    uint16_t *number;                 /* blocks as it has them */
};

/* -- Chains -- */

static unsigned successors(const struct ir_unit *u, unsigned b, unsigned to[2])
{
    const struct ir_op *o = &u->ops[u->blocks[b].end - 1];

    if (ir_jumps_back(u, o)) {
        to[0] = 0;
        return 1;
    }
    return ir_successors(o, to);
}

static void count_preds(struct strips *s)
{
    unsigned to[2];

    memset(s->preds, 0, s->u->nblocks * sizeof(s->preds[0]));
    for (unsigned b = 0; b < s->u->nblocks; b++) {
        for (unsigned k = 0, n = successors(s->u, b, to); k < n; k++) {
            s->preds[to[k]]++;
            s->pred[to[k]] = b;
        }
    }
}

/* The number + 1 of the only block that branches back to head; 0: there is none, or more than one. */
static unsigned tail_of(const struct strips *s, unsigned head)
{
    unsigned tail = 0, to[2];

    for (unsigned b = head; b < s->u->nblocks; b++) {
        for (unsigned k = 0, n = successors(s->u, b, to); k < n; k++) {
            if (to[k] == head) {
                if (tail) {
                    return 0;
                }
                tail = b + 1;
            }
        }
    }
    return tail;
}

/* The chain from head to tail, found from its end: each block but the head is reached from one. False: it is none. */
static bool find_chain(const struct strips *s, struct strip *l, unsigned head, unsigned tail)
{
    unsigned n = 1;

    for (unsigned b = tail; b != head; b = s->pred[b], n++) {
        if (n == CHAIN_MAX || s->preds[b] != 1 || s->pred[b] >= b || s->pred[b] < head || s->u->blocks[b].cold) {
            return false;
        }
    }
    l->nblocks = n;
    for (unsigned b = tail; n-- > 0; b = s->pred[b]) {
        l->block[n] = b;
    }
    return true;
}

/* -- One turn -- */

static const struct sum unknown;

/* The guest's sums wrap around. */
static int64_t wrapping_add(int64_t a, int64_t b)
{
    return (uint64_t)a + (uint64_t)b;
}

/* The sum's low 32 bits. */
static struct sum narrowed(struct sum v)
{
    v.narrow = true;
    return v;
}

/* Two sums of one register each, one of which is not shifted. */
static struct sum add_sums(struct sum a, struct sum b)
{
    if (a.scale) {
        struct sum t = a;
        a = b;
        b = t;
    }
    if (!a.known || !b.known || a.base != NO_REG || b.base != NO_REG || a.scale || a.narrow != b.narrow) {
        return unknown;
    }
    b.base = a.reg;
    b.offset = wrapping_add(b.offset, a.offset);
    return b;
}

static struct sum sum_of_op(const struct strips *s, const struct ir_op *o)
{
    const struct ir_op *b = &s->u->ops[o->arg[1]];
    struct sum v = s->value[o->arg[0]];

    if (o->op == IR_GET && (o->type == IR_I64 || o->type == IR_I32)) {
        v = s->reg[o->imm];
        return o->type == IR_I32 ? narrowed(v) : v;
    }
    if (o->op == IR_ZX || o->op == IR_TRUNC) {
        return narrowed(v);
    }
    if (!v.known || (o->op != IR_ADD && o->op != IR_SHL) || v.narrow != (o->type == IR_I32)) {
        return unknown;
    }
    if (o->op == IR_SHL) {
        if (b->op != IR_CONST || v.base != NO_REG || b->imm < 0 || b->imm > SCALE_MAX - v.scale) {
            return unknown;
        }
        v.scale += b->imm;
        v.offset = (uint64_t)v.offset << b->imm;
    } else if (b->op == IR_CONST) {
        v.offset = wrapping_add(v.offset, b->imm);
    } else {
        v = add_sums(v, s->value[o->arg[1]]);
    }
    v.offset = v.narrow ? (int32_t)v.offset : v.offset;
    return v;
}

static bool is_access(const struct ir_op *o)
{
    return o->op == IR_LD || o->op == IR_ST;
}

/* Nothing that could change what is mapped, or be seen by others in an order. */
static bool is_allowed(const struct ir_op *o)
{
    if (is_access(o)) {
        return o->type != IR_V256 &&
               !(o->aux & (IR_MEM_BE | IR_MEM_ATOMIC | IR_MEM_ACQUIRE | IR_MEM_RELEASE | IR_MEM_LR)) &&
               !(o->aux >> IR_MEM_CTX_SHIFT & 7);
    }
    return !(ir_op_flags(o->op) & IR_MAYTRAP) && o->op != IR_CALL && o->op != IR_FENCE &&
           o->op != IR_STS && o->op != IR_PAGECHK;
}

static bool same_place(const struct sum *a, const struct sum *b)
{
    return a->reg == b->reg && a->base == b->base && a->scale == b->scale && a->narrow == b->narrow;
}

/* The stream that the access becomes part of. False: there are too many, or it is in none. */
static bool add_access(struct strips *s, struct strip *l, uint32_t i)
{
    const struct ir_op *o = &s->u->ops[i];
    struct sum v = s->value[o->arg[0]];
    unsigned size = o->aux & IR_MEM_SIZE, align = o->aux & IR_MEM_ALIGNED ? 0 : __builtin_ctz(ir_mem_align(o->aux));
    int64_t at = wrapping_add(v.offset, o->imm), end = wrapping_add(at, 1 << size);
    struct stream *t = l->stream;

    if (!v.known || (v.narrow && o->imm) || at < -SPAN_MAX || at > (1 << 20) || end > (1 << 20) ||
        at & ((1 << align) - 1)) {
        return false;
    }
    for (; t < l->stream + l->nstreams; t++) {
        if (same_place(&t->at, &v) && MAX(t->high, end) - MIN(t->low, at) <= SPAN_MAX) {
            break;
        }
    }
    if (t == l->stream + STREAMS_MAX) {
        return false;
    }
    if (t == l->stream + l->nstreams) {
        *t = (struct stream){.at = v, .low = at, .high = end};
        t->at.offset = 0;
        l->nstreams++;
    }
    t->low = MIN(t->low, at);
    t->high = MAX(t->high, end);
    t->align = MAX(t->align, align);
    t->store |= o->op == IR_ST;
    s->stream_of[i] = t - l->stream + 1;
    return true;
}

static bool follow_block(struct strips *s, struct strip *l, const struct ir_block *b)
{
    for (uint32_t i = b->first; i < b->end; i++) {
        const struct ir_op *o = &s->u->ops[i];
        s->value[i] = sum_of_op(s, o);
        if (!is_allowed(o) || (is_access(o) && !add_access(s, l, i))) {
            return false;
        }
        if (o->op == IR_PUT) {
            s->reg[o->imm] = ir_is_int(o->type) ? s->value[o->arg[0]] : unknown;
        }
    }
    return true;
}

/* By how much a turn moves the register. False: it is not known, or too much. */
static bool step_of(const struct strips *s, unsigned r, int64_t *step)
{
    const struct sum *end = &s->reg[r];

    *step = end->offset;
    return end->known && end->reg == r && end->base == NO_REG && !end->scale && *step >= -STEP_MAX && *step <= STEP_MAX;
}

static bool find_counter(const struct strips *s, struct strip *l)
{
    for (unsigned r = 0; r < s->u->arch->nregs; r++) {
        if (step_of(s, r, &l->step) && l->step) {
            l->counter = r;
            l->counter_type = s->reg[r].narrow ? IR_I32 : IR_I64;
            return true;
        }
    }
    return false;
}

static bool find_step(const struct strips *s, struct stream *t)
{
    int64_t base = 0;

    if (!step_of(s, t->at.reg, &t->step) || (t->at.base != NO_REG && !step_of(s, t->at.base, &base)) ||
        (!t->at.narrow && (s->reg[t->at.reg].narrow || (t->at.base != NO_REG && s->reg[t->at.base].narrow)))) {
        return false;
    }
    t->step = t->step * (1 << t->at.scale) + base;
    t->low &= -(INT64_C(1) << t->align);
    t->high = -(-t->high & -(INT64_C(1) << t->align));
    return t->step >= -STEP_MAX && t->step <= STEP_MAX && !(t->step & ((1 << t->align) - 1));
}

static bool follow_turn(struct strips *s, struct strip *l)
{
    for (unsigned r = 0; r < s->u->arch->nregs; r++) {
        unsigned type = s->u->regs[r].type;
        s->reg[r] = (struct sum){.known = ir_is_int(type), .narrow = type == IR_I32, .reg = r, .base = NO_REG};
    }
    for (unsigned k = 0; k < l->nblocks; k++) {
        if (!follow_block(s, l, &s->u->blocks[l->block[k]])) {
            return false;
        }
    }
    for (struct stream *t = l->stream; t < l->stream + l->nstreams; t++) {
        if (!find_step(s, t)) {
            return false;
        }
        l->far |= t->step > STEP_FAR || t->step < -STEP_FAR;
    }
    for (struct stream *t = l->stream; t < l->stream + l->nstreams; t++) {
        if (l->far && t->at.narrow && s->u->va_mask != UINT32_MAX) {
            return false; /* behind the last page of 32 bits comes the first one, but another lies beside it */
        }
    }
    return l->nstreams && find_counter(s, l);
}

static void forget_accesses(struct strips *s, const struct strip *l)
{
    for (unsigned k = 0; k < l->nblocks; k++) {
        const struct ir_block *b = &s->u->blocks[l->block[k]];
        memset(s->stream_of + b->first, 0, b->end - b->first);
    }
}

static void find_strips(struct strips *s)
{
    for (unsigned head = 0; head < s->u->nblocks && s->n < LOOPS_MAX; head++) {
        struct strip *l = &s->strip[s->n];
        unsigned tail = s->u->ops[s->u->blocks[head].first].op == IR_INSN ? tail_of(s, head) : 0;
        *l = (struct strip){.nblocks = 0};
        if (!tail || !find_chain(s, l, head, tail - 1)) {
            continue;
        }
        if (follow_turn(s, l)) {
            s->n++;
            s->at_start |= head == 0;
        } else {
            forget_accesses(s, l);
        }
    }
}

static unsigned ops_of(const struct ir_unit *u, const struct strip *l)
{
    unsigned n = 0;

    for (unsigned k = 0; k < l->nblocks; k++) {
        const struct ir_block *b = &u->blocks[l->block[k]];
        n += b->end - b->first;
    }
    return n;
}

/* How many copies of each chain, as far as there is room. */
static void choose_unrolling(struct strips *s)
{
    unsigned ops = IR_MAX_OPS - 3 * s->u->nops, blocks = IR_MAX_BLOCKS - s->u->nblocks - LOOPS_MAX * (CHAIN_MAX + 5);

    for (struct strip *l = s->strip; l < s->strip + s->n; l++) {
        unsigned more_ops = UNROLL * ops_of(s->u, l), more_blocks = (UNROLL - 1) * l->nblocks;
        l->unroll = more_ops <= UNROLL * UNROLL_OPS_MAX && more_ops <= ops && more_blocks <= blocks ? UNROLL : 1;
        ops -= l->unroll > 1 ? more_ops : 0;
        blocks -= l->unroll > 1 ? more_blocks : 0;
    }
}

/* -- The new unit -- */

/* Copy the block, whose branches go where s->number says. fast: its accesses are under the strip's checks. */
static void copy_block(struct strips *s, const struct ir_op *ops, const struct ir_block *b, const struct strip *fast)
{
    ir_val check[STREAMS_MAX] = {0}; /* the value, once it is there */

    for (uint32_t i = b->first; i < b->end; i++) {
        struct ir_op o = ops[i];
        for (unsigned k = 0, n = ir_nargs(&o); k < n; k++) {
            o.arg[k] = s->renamed[o.arg[k]];
        }
        if (s->at_start && ir_jumps_back(s->u, &o)) {
            o = (struct ir_op){.op = IR_BR};
        }
        ir_renumber_blocks(&o, s->number);
        if (fast && s->stream_of[i]) {
            unsigned k = s->stream_of[i] - 1;
            check[k] = check[k] ? check[k] : ir_get_local(s->u, fast->stream[k].check);
            ir_put_under_check(&o, check[k]);
            o.aux |= IR_MEM_SURE;
        }
        s->renamed[i] = ir_append(s->u, o);
    }
}

/* The guest instruction that the loop begins with. */
static void begin_insn(struct strips *s, const struct ir_op *ops, const struct ir_block *head)
{
    ir_append(s->u, ops[head->first]);
}

static ir_val const64(struct ir_unit *u, int64_t v)
{
    return ir_const(u, IR_I64, v);
}

/* Where the stream is now, plus *offset, which becomes what an access is to add to that. */
static ir_val address_of(struct ir_unit *u, const struct stream *t, int64_t *offset)
{
    enum ir_type type = t->at.narrow ? IR_I32 : IR_I64;
    ir_val va = ir_get(u, t->at.reg, type);

    if (t->at.scale) {
        va = ir_op2(u, IR_SHL, va, ir_const(u, type, t->at.scale));
    }
    if (t->at.base != NO_REG) {
        va = ir_op2(u, IR_ADD, ir_get(u, t->at.base, type), va);
    }
    if (t->at.narrow) {
        va = ir_convert(u, IR_ZX, IR_I64, ir_op2(u, IR_ADD, va, ir_const(u, IR_I32, (int32_t)*offset)));
        *offset = 0;
    }
    return va;
}

/* a / n, rounded down, for an a of less than a page's size. */
static ir_val divide(struct ir_unit *u, ir_val a, int64_t n)
{
    if (!(n & (n - 1))) {
        return ir_op2(u, IR_SAR, a, const64(u, __builtin_ctzll(n)));
    }
    ir_val by = const64(u, RECIPROCAL_BITS); /* in this order with every compiler */
    return ir_op2(u, IR_SAR, ir_op2(u, IR_MUL, a, const64(u, (1 << RECIPROCAL_BITS) / n + 1)), by);
}

static ir_val one_more(struct ir_unit *u, ir_val a)
{
    return ir_op2(u, IR_ADD, a, const64(u, 1));
}

/* A check of so many bytes of the stream for accesses that can't fail. flags: IR_CHECK_AHEAD, IR_CHECK_BEFORE. */
static ir_val sure_check(struct ir_unit *u, const struct stream *t, ir_val va, int64_t imm, uint32_t length,
                         uint32_t flags)
{
    return ir_append(u, (struct ir_op){.op = IR_PAGECHK, .type = IR_I64, .arg = {va},
                                       .aux = length | (t->store ? IR_CHECK_STORE : 0) | IR_CHECK_SURE | flags |
                                              (uint32_t)t->align << IR_CHECK_ALIGN_SHIFT,
                                       .imm = imm});
}

/*
 * The turns for which the stream stays in its page, at most max; 0 or less: not in this one. Its check's value goes to
 * its local.
 */
static ir_val turns_of(struct ir_unit *u, const struct stream *t, ir_val max)
{
    int64_t low = t->low;
    ir_val va = address_of(u, t, &low);
    va = ir_op2(u, IR_ADD, va, const64(u, low));
    ir_val check = sure_check(u, t, va, 0, 1, 0);
    ir_val at = ir_op2(u, IR_AND, va, const64(u, PAGE_SIZE - 1)), n;
    ir_val room = ir_op2(u, IR_SUB, const64(u, PAGE_SIZE - (t->high - t->low)), at); /* behind its bytes */

    ir_put_local(u, t->check, check);
    if (t->step >= 0) {
        n = one_more(u, divide(u, room, t->step ? t->step : 1));
    } else { /* what is before them, if there is none that are in the next page */
        n = one_more(u, divide(u, at, -t->step));
        n = ir_select(u, IR_LT, room, const64(u, 0), const64(u, 0), n);
    }
    max = ir_select(u, IR_LT, n, max, n, max);
    return ir_select(u, IR_EQ, check, const64(u, 0), const64(u, 0), max);
}

/* The end of a turn, which begins again in that copy unless its turns are over. */
static void make_turn(struct ir_unit *u, const struct strip *l, unsigned end, unsigned again)
{
    ir_val at, limit;

    ir_place_block(u, end);
    at = ir_get(u, l->counter, l->counter_type);
    limit = ir_get_local(u, l->limit);
    ir_append(u, (struct ir_op){.op = IR_BRCC, .type = l->counter_type, .sub = IR_NE, .sub2 = IR_COUNTED,
                                .aux = ir_brcc_aux(again, l->strip), .arg = {at, limit}});
}

/* After so many turns from here the counter has the limit's value. */
static void set_limit(struct ir_unit *u, const struct strip *l, ir_val turns)
{
    ir_val way = ir_op2(u, IR_MUL, turns, const64(u, l->step));

    if (l->counter_type == IR_I32) {
        way = ir_convert(u, IR_TRUNC, IR_I32, way);
    }
    ir_put_local(u, l->limit, ir_op2(u, IR_ADD, ir_get(u, l->counter, l->counter_type), way));
}

/* Whether the stream stays in its page for the first turns: its check's value, which goes to its local. */
static ir_val check_first_turns(struct ir_unit *u, const struct stream *t)
{
    int64_t way = t->step * (FIRST_TURNS - 1), low = t->low + MIN(way, 0), length = t->high + MAX(way, 0) - low;
    ir_val va = address_of(u, t, &low);
    ir_val check = sure_check(u, t, va, low, length, 0);

    ir_put_local(u, t->check, check);
    return check;
}

static void make_begin(struct strips *s, const struct strip *l)
{
    struct ir_unit *u = s->u;
    ir_val all = check_first_turns(u, &l->stream[0]), none = const64(u, 0);

    for (unsigned k = 1; k < l->nstreams; k++) {
        all = ir_select(u, IR_EQ, check_first_turns(u, &l->stream[k]), none, none, all);
    }
    set_limit(u, l, const64(u, FIRST_TURNS));
    ir_brcc(u, IR_EQ, all, none, l->ordinary, l->fast[0][0]);
}

#define BESIDE_BYTES ((int64_t)IR_CHECK_PAGES * PAGE_SIZE)

/* Turns for which the stream stays in the page that is checked and those beside it, wherever in that it begins. */
static int64_t turns_beside(const struct stream *t)
{
    return t->step ? (BESIDE_BYTES - (t->high - t->low)) / ABS(t->step) + 1 : TURNS_MAX;
}

/* Whether it may stay there: its check's value, which goes to its local. */
static ir_val check_beside(struct ir_unit *u, const struct stream *t)
{
    int64_t from = t->step < 0 ? t->high - (1 << t->align) : t->low;
    ir_val va = address_of(u, t, &from);
    ir_val check = sure_check(u, t, va, from, t->step ? 1 : t->high - t->low,
                              t->step > 0 ? IR_CHECK_AHEAD : t->step ? IR_CHECK_BEFORE : 0);

    ir_put_local(u, t->check, check);
    return check;
}

static void make_strip(struct strips *s, const struct strip *l)
{
    struct ir_unit *u = s->u;
    ir_val all = check_beside(u, &l->stream[0]), none = const64(u, 0), n;
    int64_t turns = MIN(turns_beside(&l->stream[0]), TURNS_MAX);

    for (unsigned k = 1; k < l->nstreams; k++) {
        all = ir_select(u, IR_EQ, check_beside(u, &l->stream[k]), none, none, all);
        turns = MIN(turns, turns_beside(&l->stream[k]));
    }
    n = const64(u, turns & -(int64_t)l->unroll);
    set_limit(u, l, l->far ? ir_select(u, IR_EQ, all, none, const64(u, FAR_TURNS), n) : n);
    ir_brcc(u, IR_EQ, all, none, l->far ? l->ordinary : l->page, l->fast[0][0]);
}

static void make_page(struct strips *s, const struct strip *l)
{
    struct ir_unit *u = s->u;
    ir_val n = const64(u, TURNS_MAX);

    for (unsigned k = 0; k < l->nstreams; k++) {
        n = turns_of(u, &l->stream[k], n);
    }
    n = ir_op2(u, IR_AND, n, const64(u, -(int64_t)l->unroll));
    set_limit(u, l, n);
    ir_brcc(u, IR_LT, n, const64(u, FAST_TURNS_MIN), l->begin, l->fast[0][0]);
}

static void make_fast(struct strips *s, const struct strip *l, const struct ir_op *ops, const struct ir_block *blocks)
{
    struct ir_unit *u = s->u;
    uint16_t other[CHAIN_MAX];

    if (!l->far) {
        ir_place_block(u, l->begin);
        begin_insn(s, ops, &blocks[l->block[0]]);
        make_begin(s, l);
        ir_place_block(u, l->page);
        begin_insn(s, ops, &blocks[l->block[0]]);
        make_page(s, l);
    }
    ir_place_block(u, l->strip);
    begin_insn(s, ops, &blocks[l->block[0]]);
    make_strip(s, l);
    for (unsigned k = 0; k < l->nblocks; k++) {
        other[k] = s->number[l->block[k]];
    }
    for (unsigned turn = 0; turn < l->unroll; turn++) {
        for (unsigned k = 0; k < l->nblocks; k++) {
            s->number[l->block[k]] = k ? l->fast[turn][k] : turn + 1 < l->unroll ? l->fast[turn + 1][0] : l->fast_end;
        }
        for (unsigned k = 0; k < l->nblocks; k++) {
            ir_place_block(u, l->fast[turn][k]);
            copy_block(s, ops, &blocks[l->block[k]], l);
        }
    }
    for (unsigned k = 0; k < l->nblocks; k++) {
        s->number[l->block[k]] = other[k];
    }
    make_turn(u, l, l->fast_end, l->fast[0][0]);
}

static void number_blocks(struct strips *s, const struct ir_block *blocks, unsigned nblocks)
{
    for (unsigned b = 0; b < nblocks; b++) {
        s->number[b] = ir_new_block(s->u, blocks[b].cold);
        s->u->blocks[s->number[b]].rare = blocks[b].rare;
    }
    for (struct strip *l = s->strip; l < s->strip + s->n; l++) {
        l->strip = ir_new_block(s->u, false);
        l->begin = l->far ? l->strip : ir_new_block(s->u, false);
        l->page = l->far ? 0 : ir_new_block(s->u, false);
        l->fast_end = ir_new_block(s->u, false);
        l->ordinary_end = ir_new_block(s->u, false);
        for (unsigned k = 0; k < l->nblocks * l->unroll; k++) {
            unsigned copy = ir_new_block(s->u, false);
            s->u->blocks[copy].rare = l->unroll > 1 ? UNROLL_LOG : 0;
            l->fast[k / l->nblocks][k % l->nblocks] = copy;
        }
        for (unsigned k = 0; k < l->nblocks; k++) {
            s->u->blocks[s->number[l->block[k]]].rare += ORDINARY_RARE;
        }
        l->ordinary = s->number[l->block[0]];
        s->number[l->block[0]] = l->begin; /* for who comes from elsewhere */
        l->limit = ir_new_local(s->u, l->counter_type);
        for (unsigned k = 0; k < l->nstreams; k++) {
            l->stream[k].check = ir_new_local(s->u, IR_I64);
        }
    }
}

_Static_assert(FIRST_TURNS % UNROLL == 0 && FAST_TURNS_MIN % UNROLL == 0, "whole rounds of the fast copy");

/* The loop that the block is in, or NULL. */
static const struct strip *strip_of(const struct strips *s, unsigned b)
{
    for (const struct strip *l = s->strip; l < s->strip + s->n; l++) {
        for (unsigned k = 0; k < l->nblocks; k++) {
            if (l->block[k] == b) {
                return l;
            }
        }
    }
    return NULL;
}

static void copy_ordinary(struct strips *s, const struct strip *l, const struct ir_op *ops,
                          const struct ir_block *blocks, unsigned b)
{
    bool is_head = l && b == l->block[0], is_tail = l && b == l->block[l->nblocks - 1];

    if (is_head) {
        make_fast(s, l, ops, blocks);
    }
    ir_place_block(s->u, is_head ? l->ordinary : s->number[b]);
    if (is_tail) {
        s->number[l->block[0]] = l->ordinary_end;
    }
    copy_block(s, ops, &blocks[b], NULL);
    if (is_tail) {
        s->number[l->block[0]] = l->begin;
        make_turn(s->u, l, l->ordinary_end, l->ordinary);
    }
}

bool ir_strip_loops(struct ir_unit *u)
{
    struct strips s = {.u = u};
    ir_rotate_loops(u);
    unsigned nblocks = u->nblocks;
    uint32_t nops = u->nops, ninsns = u->ninsns;
    bool found;

    if (3 * nops > IR_MAX_OPS || nblocks > IR_MAX_BLOCKS / 4) {
        return false;
    }
    s.value = g_new(struct sum, nops);
    s.stream_of = g_new0(uint8_t, nops);
    s.renamed = g_new0(ir_val, nops);
    s.preds = g_new(uint32_t, nblocks);
    s.number = g_new(uint16_t, nblocks);
    s.pred = g_new0(uint16_t, nblocks);
    s.value[0].known = false;
    count_preds(&s);
    find_strips(&s);
    found = s.n;
    if (found) {
        choose_unrolling(&s);
        g_autofree struct ir_op *ops = g_memdup2(u->ops, nops * sizeof(ops[0]));
        g_autofree struct ir_block *blocks = g_memdup2(u->blocks, nblocks * sizeof(blocks[0]));
        ir_begin_again(u);
        number_blocks(&s, blocks, nblocks);
        ir_br(u, s.number[0]);
        for (unsigned b = 0; b < nblocks; b++) {
            copy_ordinary(&s, strip_of(&s, b), ops, blocks, b);
        }
        ir_optimise(u);
        u->ninsns = ninsns;
    }
    g_free(s.value);
    g_free(s.stream_of);
    g_free(s.renamed);
    g_free(s.preds);
    g_free(s.number);
    g_free(s.pred);
    return found;
}
