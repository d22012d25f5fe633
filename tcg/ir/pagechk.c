/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page checks: what an access under one must fulfil, and the pass that gives accesses of a block, off the same base, one
 * check of their page for all. ir.h says what a check is and how long it holds.
 */
#include <string.h>

#include "ir-internal.h"

/* -- Addresses -- */

/* base + offset; of an I32 base the sum of 32 bits, zero-extended. Base 0: the offset alone. */
struct sum {
    ir_val base;
    uint64_t offset;
};

/* The address v + disp. */
static struct sum sum_of(const struct ir_unit *u, ir_val v, int64_t disp)
{
    const struct ir_op *ops = u->ops;
    struct sum s = {v, disp};

    if (disp == 0 && ops[v].op == IR_ZX) {
        s.base = ops[v].arg[0];
    }
    bool narrow = ops[s.base].type == IR_I32;
    while (ops[s.base].op == IR_ADD && ops[ops[s.base].arg[1]].op == IR_CONST) {
        s.offset += ops[ops[s.base].arg[1]].imm;
        s.base = ops[s.base].arg[0];
    }
    if (narrow) {
        s.offset = (int32_t)s.offset;
    } else if (ops[s.base].op == IR_CONST) {
        s.offset += ops[s.base].imm;
        s.base = 0;
    }
    return s;
}

static struct sum address_of(const struct ir_unit *u, const struct ir_op *o)
{
    return sum_of(u, o->arg[0], o->imm);
}

/* How far the access is from its check's address. False: they are not off the same base. */
static bool distance_of(const struct ir_unit *u, const struct ir_op *o, const struct ir_op *check, uint64_t *distance)
{
    struct sum a = address_of(u, o), c = address_of(u, check);

    if (a.base != c.base) { /* one may be a sum of 32 bits, from which the other goes on in 64 */
        a = (struct sum){o->arg[0], o->imm};
        c = (struct sum){check->arg[0], check->imm};
    }
    *distance = a.offset - c.offset;
    return a.base == c.base;
}

static unsigned size_of(const struct ir_op *o)
{
    return 1u << (o->aux & IR_MEM_SIZE);
}

/* What the address must be a multiple of, or the access is none for a fast path. */
static unsigned align_of(const struct ir_op *o)
{
    return o->aux & IR_MEM_ATOMIC ? size_of(o) : ir_mem_align(o->aux);
}

/* -- The rule -- */

/* No check from before the op holds behind it. */
static bool ends_checks(const struct ir_op *o)
{
    return o->op == IR_CALL && (ir_op_helper(o)->flags & (IR_H_WRITES | IR_H_TRAPS | IR_H_STATE));
}

/* Why the check, which holds, is none for the access, or NULL. */
static const char *check_access(const struct ir_unit *u, const struct ir_op *o, const struct ir_op *check)
{
    uint64_t at;
    bool same = distance_of(u, o, check, &at);
    unsigned size = size_of(o), length = check->aux & IR_CHECK_LENGTH;

    if (o->op == IR_STH && !(check->aux & IR_CHECK_STORE)) {
        return "a store under a check for loads";
    }
    if ((o->aux >> IR_MEM_CTX_SHIFT & 7) != (check->aux >> IR_CHECK_CTX_SHIFT & 7)) {
        return "an access and its check are of different contexts";
    }
    if (!same || at >= length || size > length - at) {
        return "an access outside its check";
    }
    if (1u << (check->aux >> IR_CHECK_ALIGN_SHIFT & 7) < align_of(o) || (at & (align_of(o) - 1))) {
        return "an access's alignment is not checked";
    }
    return NULL;
}

unsigned ir_check_distance(const struct ir_unit *u, uint32_t i)
{
    uint64_t at;

    distance_of(u, &u->ops[i], &u->ops[ir_check_of(&u->ops[i])], &at);
    return at;
}

const char *ir_check_checks(const struct ir_unit *u, uint32_t *at)
{
    for (uint32_t b = 0; b < u->nblocks; b++) {
        uint32_t from = u->blocks[b].first; /* checks hold since here */
        for (*at = from; *at < u->blocks[b].end; (*at)++) {
            const struct ir_op *o = &u->ops[*at];
            if (ends_checks(o)) {
                from = *at;
            } else if (ir_is_checked(o->op) && !(o->aux & IR_MEM_SURE)) {
                ir_val check = ir_check_of(o);
                if (u->ops[check].op != IR_PAGECHK || check < from) {
                    return "an access under no check that holds";
                }
                const char *why = check_access(u, o, &u->ops[check]);
                if (why) {
                    return why;
                }
            }
        }
    }
    return NULL;
}

/* -- The pass -- */

/*
 * In host instructions, a check costs five, and an access under one two instead of five, or of four where the alignment is
 * known, or of six where it is often none: from two on it is less work, or from three.
 */
#define CHECK_COST 5
#define SPAN_MAX 240  /* bytes from the first to the last: those that cross a page take the long way */
#define GROUPS_MAX 64 /* of a unit */
#define OPEN_MAX 4    /* at one place */
#define AHEAD 8       /* ops that are looked at for how an address is used */

/* Accesses off one base. */
struct group {
    ir_val base;
    unsigned ctx;
    uint32_t first;       /* its first access */
    uint64_t offset;      /* of that */
    int64_t low, high;    /* the bytes accessed, from there */
    unsigned saves;       /* by its accesses; the check costs CHECK_COST */
    unsigned align;       /* that strict accesses ask for ... */
    uint64_t misfit;      /* ... and bits of their distances from the first that break it */
    bool store, chased;
    bool wide;            /* the base is a sum of 32 bits, zero-extended */
    ir_val check;         /* once it is made */
};

struct merge {
    struct ir_unit *u;
    struct group group[GROUPS_MAX];
    unsigned n;
    struct group *open[OPEN_MAX]; /* latest first; NULL: no more */
    uint8_t *group_of;            /* of each op, + 1 */
};

static bool is_candidate(const struct ir_op *o)
{
    return (o->op == IR_LD || o->op == IR_ST) && !ir_is_vector(o->type) &&
           !(o->aux & (IR_MEM_BE | IR_MEM_ACQUIRE | IR_MEM_RELEASE | IR_MEM_LR | IR_MEM_ALONE));
}

static bool extend(struct group *g, const struct ir_op *o, uint64_t offset)
{
    int64_t at = offset - g->offset;
    unsigned size = size_of(o);

    if (at < -SPAN_MAX || at > SPAN_MAX || MAX(g->high, at + size) - MIN(g->low, at) > SPAN_MAX) {
        return false;
    }
    g->low = MIN(g->low, at);
    g->high = MAX(g->high, at + size);
    g->store |= o->op == IR_ST;
    g->chased |= (o->aux & IR_MEM_CHASED) != 0;
    g->saves += o->aux & IR_MEM_ODD ? 4 : o->aux & IR_MEM_ALIGNED || size == 1 ? 2 : 3;
    g->align = MAX(g->align, align_of(o));
    g->misfit |= at & (align_of(o) - 1);
    return true;
}

/* The open group that the access belongs to becomes the latest. NULL: none. */
static struct group *find_group(struct merge *m, const struct ir_op *o, struct sum s)
{
    for (unsigned i = 0; i < OPEN_MAX && m->open[i]; i++) {
        struct group *g = m->open[i];
        if (g->base == s.base && g->ctx == (o->aux >> IR_MEM_CTX_SHIFT & 7) && extend(g, o, s.offset)) {
            memmove(m->open + 1, m->open, i * sizeof(m->open[0]));
            return m->open[0] = g;
        }
    }
    return NULL;
}

/* The access is at a sum of 32 bits, and one of the next at a distance from that as it is zero-extended. */
static bool goes_on_wide(const struct ir_unit *u, uint32_t i)
{
    const struct ir_op *o = &u->ops[i];

    if (o->imm || u->ops[o->arg[0]].op != IR_ZX) {
        return false;
    }
    for (uint32_t k = i + 1; k < u->nops && k <= i + AHEAD && !(ir_op_flags(u->ops[k].op) & IR_TERM); k++) {
        if (is_candidate(&u->ops[k]) && u->ops[k].arg[0] == o->arg[0]) {
            return u->ops[k].imm;
        }
    }
    return false;
}

static void add_access(struct merge *m, uint32_t i)
{
    const struct ir_op *o = &m->u->ops[i];
    struct sum s = address_of(m->u, o);
    struct group *g = find_group(m, o, s);
    bool wide = !g && goes_on_wide(m->u, i);

    if (wide) {
        s = (struct sum){o->arg[0], 0};
        g = find_group(m, o, s);
    }
    if (!g) {
        if (m->n == GROUPS_MAX) {
            return;
        }
        g = &m->group[m->n++];
        *g = (struct group){.base = s.base, .ctx = o->aux >> IR_MEM_CTX_SHIFT & 7, .first = i, .offset = s.offset,
                            .align = 1, .wide = wide};
        extend(g, o, s.offset);
        memmove(m->open + 1, m->open, (OPEN_MAX - 1) * sizeof(m->open[0]));
        m->open[0] = g;
    }
    m->group_of[i] = g - m->group + 1;
}

static void find_groups(struct merge *m)
{
    const struct ir_unit *u = m->u;

    for (uint32_t b = 0; b < u->nblocks; b++) {
        memset(m->open, 0, sizeof(m->open));
        for (uint32_t i = u->blocks[b].first; i < u->blocks[b].end; i++) {
            if (is_candidate(&u->ops[i])) {
                add_access(m, i);
            } else if (ends_checks(&u->ops[i])) {
                memset(m->open, 0, sizeof(m->open));
            }
        }
    }
}

static bool pays(const struct merge *m, const struct group *g)
{
    int64_t imm = m->u->ops[g->first].imm;

    return g->saves > CHECK_COST && !g->misfit && imm + g->low - 16 >= INT32_MIN && imm + g->high <= INT32_MAX;
}

/* -- The new unit -- */

/* The group's check, before its first access. */
static ir_val add_check(struct ir_unit *u, const struct group *g, const struct ir_op *first)
{
    int64_t low = g->low & -(int64_t)g->align, imm = first->imm + low;
    ir_val v = first->arg[0];

    if (low && u->ops[v].op == IR_ZX && first->imm == 0 && !g->wide) { /* a sum of 32 bits */
        ir_val n = ir_append(u, (struct ir_op){.op = IR_CONST, .type = IR_I32, .imm = low});
        n = ir_append(u, (struct ir_op){.op = IR_ADD, .type = IR_I32, .arg = {u->ops[v].arg[0], n}});
        v = ir_append(u, (struct ir_op){.op = IR_ZX, .type = IR_I64, .arg = {n}});
        imm = 0;
    }
    return ir_append(u, (struct ir_op){
                            .op = IR_PAGECHK,
                            .type = IR_I64,
                            .aux = (uint32_t)(g->high - low) | (g->store ? IR_CHECK_STORE : 0) |
                                   (g->chased ? IR_CHECK_CHASED : 0) |
                                   __builtin_ctz(g->align) << IR_CHECK_ALIGN_SHIFT | g->ctx << IR_CHECK_CTX_SHIFT,
                            .imm = imm,
                            .arg = {v},
                        });
}

void ir_put_under_check(struct ir_op *o, ir_val check)
{
    o->aux &= ~(IR_MEM_ALIGNED | IR_MEM_ODD | IR_MEM_CHASED | IR_MEM_ALONE);
    if (o->op == IR_LD) {
        o->op = IR_LDH;
        o->arg[1] = check;
    } else {
        o->op = IR_STH;
        o->arg[2] = check;
    }
}

/* ops: the unit as it was; value: room for the new numbers of its values. */
static void rebuild(struct merge *m, const struct ir_op *ops, ir_val *value)
{
    struct ir_unit *u = m->u;

    u->nops = 1;
    value[0] = 0;
    for (uint32_t b = 0; b < u->nblocks; b++) {
        uint32_t from = u->blocks[b].first, end = u->blocks[b].end;
        ir_open_block(u, b);
        for (uint32_t i = from; i < end; i++) {
            struct group *g = m->group_of[i] ? &m->group[m->group_of[i] - 1] : NULL;
            struct ir_op o = ops[i];
            for (unsigned k = 0, n = ir_nargs(&o); k < n; k++) {
                o.arg[k] = value[o.arg[k]];
            }
            if (g && g->saves) {
                g->check = i == g->first ? add_check(u, g, &o) : g->check;
                ir_put_under_check(&o, g->check);
            }
            value[i] = ir_append(u, o);
        }
    }
}

void ir_merge_checks(struct ir_unit *u)
{
    struct merge m = {.u = u};
    size_t bytes = u->nops * sizeof(u->ops[0]);
    struct ir_op *ops = ir_scratch(u, bytes + u->nops * (sizeof(ir_val) + 1));
    ir_val *value = (ir_val *)(ops + u->nops);
    bool any = false;

    m.group_of = (uint8_t *)(value + u->nops);
    memset(m.group_of, 0, u->nops);
    find_groups(&m);
    for (unsigned i = 0; i < m.n; i++) {
        m.group[i].saves = pays(&m, &m.group[i]) ? m.group[i].saves : 0;
        any |= m.group[i].saves;
    }
    if (any && u->nops + 4 * m.n <= IR_MAX_OPS) {
        memcpy(ops, u->ops, bytes);
        rebuild(&m, ops, value);
        ir_debug_verify(u, "with merged checks");
    }
}
