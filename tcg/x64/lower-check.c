/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page checks, and accesses under one. The value of a check is the page's entry: what it takes from guest to host
 * address. An access tests that it is not 0, or takes the slow path. Behind a slow
 * access, all values of checks that are still needed are made 0, wherever they are.
 */
#include "bus.h"
#include "compile.h"

#include <string.h>

#define LENGTH_MAX 256 /* a longer check fails, but for sure ones */

/* -- The check -- */

/* Out, by k->from[2], if the address is no multiple. u: a temporary. */
static void test_alignment(struct x64 *c, struct cold *k, unsigned u, unsigned base, int32_t disp, unsigned align)
{
    if (align > 1) {
        if (disp & (align - 1)) {
            x64_lea(c, u, base, disp);
        } else {
            u = base;
        }
        emit_rr(&c->e, OP_GROUP3, EXT_TEST, u);
        emit32(&c->e, align - 1);
        k->from[2] = emit_jcc(&c->e, CC_NE);
    }
}

/* Bytes that the check takes to be accessed: there is a constant for each multiple of 16. */
static unsigned length_of(const struct ir_op *check)
{
    return ((check->aux & IR_CHECK_LENGTH) + 15) & ~15u;
}

/* d = the flat table's entry for the bytes, or out. u: a temporary, if the check is sure or the entry is guessed. */
static void check_flat(struct x64 *c, struct cold *k, unsigned d, unsigned u, bool guess, unsigned base)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned n = guess ? u : d; /* the page's number */

    x64_page_and_offset(c, n, base, o->imm);
    if (length_of(o) > LENGTH_MAX) {
        emit_mov_ri(&c->e, u, (uint64_t)(PAGE_SIZE + 1 - (o->aux & IR_CHECK_LENGTH)) << (64 - PAGE_BITS));
        emit_rr(&c->e, OP_CMP | OP_W, d, u);
        k->from[1] = emit_jcc(&c->e, CC_AE);
    } else if ((o->aux & IR_CHECK_LENGTH) > 1) {
        emit_rip(&c->e, OP_CMP | OP_W, n, x64_k(c, KC_CHECK_END) + length_of(o) / 2 - 8, 0);
        k->from[1] = emit_jcc(&c->e, CC_AE);
    }
    if (!guess) {
        x64_flat_entry(c, d, o->aux >> IR_CHECK_CTX_SHIFT & 7, o->aux & IR_CHECK_STORE);
    } else {
        x64_guess_entry(c, k, d, u, x64_arg(c, 0), o->aux & IR_CHECK_STORE);
    }
}

/*
 * d = the flat table's entry for the byte's page, or out if those of the pages ahead of it, or before, differ. They lie
 * beside it, as the table turns at its end as addresses do. u: a temporary.
 */
static void check_pages(struct x64 *c, struct cold *k, unsigned d, unsigned u, unsigned base)
{
    const struct ir_op *o = &c->ops[c->i];
    struct x64_mem m = x64_entry_mem(u, o->aux & IR_CHECK_STORE);
    int way = o->aux & IR_CHECK_AHEAD ? 8 : -8;

    x64_page_and_offset(c, u, base, o->imm);
    emit_rm(&c->e, OP_MOV | OP_W, d, m);
    for (unsigned n = 0; n < IR_CHECK_PAGES; n++) {
        m.disp = (uint32_t)m.disp + way;
        emit_rm(&c->e, OP_CMP | OP_W, d, m);
        k->from[n] = emit_jcc(&c->e, CC_NE);
    }
}

/* The same of the tagged TLB. */
static void check_tagged(struct x64 *c, struct cold *k, unsigned d, unsigned u, unsigned base)
{
    const struct ir_op *o = &c->ops[c->i];

    x64_lea(c, d, base, o->imm);
    x64_lea(c, u, base, o->imm + length_of(o) - 1);
    emit_rr(&c->e, OP_XOR | OP_W, u, d);
    emit_shift_ri(&c->e, OP_W, EXT_SHR, u, PAGE_BITS);
    k->from[1] = emit_jcc(&c->e, CC_NE);
    x64_tagged_entry(c, k, d, u, base, o->imm, 1, o->aux >> IR_CHECK_CTX_SHIFT & 7, o->aux & IR_CHECK_STORE);
}

/* Out if what the check's value d gives for base + disp is no memory of the guest, but an alias of some. */
static void test_window(struct x64 *c, struct cold *k, unsigned d, unsigned u, unsigned base, int32_t disp)
{
    emit_rm(&c->e, OP_LEA | OP_W, u, mem_index(d, base, disp));
    emit_shift_ri(&c->e, OP_W, EXT_SHR, u, RAM_WINDOW_BITS);
    emit_alu_ri(&c->e, 0, EXT_CMP, u, RAM_WINDOW_BASE >> RAM_WINDOW_BITS);
    k->from[3] = emit_jcc(&c->e, CC_NE);
}

/* The value of the check is in use until its last access. False: there are too many. */
static bool remember_check(struct x64 *c)
{
    unsigned n = 0;

    for (unsigned i = 0; i < c->nchecks; i++) {
        if (c->v[c->check[i]].last > c->i) {
            c->check[n++] = c->check[i];
        }
    }
    c->nchecks = n;
    if (n == MAX_CHECKS) {
        return false;
    }
    c->check[c->nchecks++] = c->i;
    return true;
}

static void lower_pagechk(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned b = x64_use(c, x64_arg(c, 0)), d = x64_temp(c, REG_BIT(b)), u = NOREG;
    bool sure = o->aux & IR_CHECK_SURE, pages = o->aux & (IR_CHECK_AHEAD | IR_CHECK_BEFORE), guess = false;
    unsigned align = 1u << (o->aux >> IR_CHECK_ALIGN_SHIFT & 7);
    struct cold *k;

    if ((length_of(o) > LENGTH_MAX && !sure) || (pages && !flat_tables) || !remember_check(c)) {
        emit_rr(&c->e, OP_XOR, d, d);
        x64_set(c, d);
        return;
    }
    if (!flat_tables || align > 1 || sure) {
        u = x64_temp(c, REG_BIT(b) | REG_BIT(d));
    }
    if (flat_tables && !sure && (o->aux & IR_CHECK_CHASED) && !(o->aux >> IR_CHECK_CTX_SHIFT & 7)) {
        u = u == NOREG ? x64_free_temp(c, REG_BIT(b) | REG_BIT(d)) : u;
        guess = u != NOREG;
    }
    k = x64_cold(c, COLD_CHECK);
    test_alignment(c, k, u, b, o->imm, align);
    if (!flat_tables) {
        check_tagged(c, k, d, u, b);
    } else if (pages) {
        check_pages(c, k, d, u, b);
    } else {
        check_flat(c, k, d, u, guess, b);
    }
    if (sure) {
        test_window(c, k, d, u, b, o->imm);
    }
    k->reg[0] = d;
    k->back = emit_offset(&c->e);
    x64_set(c, d);
}

void x64_cold_check(struct x64 *c, const struct cold *k)
{
    if (k->guess) {
        x64_cold_guess(c, k, k->reg[0], c->ops[k->op].aux & IR_CHECK_STORE, k->back);
        for (unsigned n = 1; n < G_N_ELEMENTS(k->from); n++) {
            if (k->from[n]) { /* out, whatever the entry is */
                emit_fix(&c->e, k->from[n], emit_offset(&c->e));
            }
        }
    }
    emit_rr(&c->e, OP_XOR, k->reg[0], k->reg[0]);
    emit_fix(&c->e, emit_jmp(&c->e), k->back);
}

/* -- Accesses --
 *
 * Of accesses near each other, each check is tested by the first one under it. A slow access makes the values of all
 * checks 0. What follows it then is slow by its own test or, where it has none, since the slow path goes on with its slow
 * path, after a copy of what little code lies between the two.
 */

#define BETWEEN_MAX 64 /* bytes of that code */

/* The access before this one, if its slow path can go on behind what lies between: code that may be copied, and no check. */
static struct cold *find_leader(struct x64 *c)
{
    struct cold *k = &c->cold[c->ncold - 1]; /* there is one if c->follower */

    if (!c->follower || k->op != c->follower || c->e.nrelative != c->nrelative ||
        emit_offset(&c->e) - k->back > BETWEEN_MAX) {
        c->ntested = 0;
        return NULL;
    }
    return k;
}

static bool is_tested(const struct x64 *c, ir_val check)
{
    for (unsigned n = 0; n < c->ntested; n++) {
        if (c->tested[n] == check) {
            return true;
        }
    }
    return false;
}

void x64_cold_between(struct x64 *c, const struct cold *k)
{
    uint32_t n = k->follows - k->back;

    memcpy(c->e.p, c->e.start + k->back, n);
    c->e.p += n;
}

/* Test the check's value, which is in h, unless it has been; the slow path for what follows. */
static struct cold *begin_access(struct x64 *c, enum cold_kind kind, unsigned b, unsigned h, ir_val check)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned length = length_of(&c->ops[check]);
    struct cold *leader = find_leader(c), *k = x64_cold(c, kind);

    k->reg[0] = b;
    k->reg[1] = h;
    k->imm = o->imm;
    k->aux = o->aux;
    if (length <= LENGTH_MAX) {
        k->aux |= ir_check_distance(c->u, c->i) << SLOW_DISTANCE_SHIFT | (length - 1) << SLOW_LENGTH_SHIFT;
    }
    if (is_tested(c, check)) {
        leader->follows = emit_offset(&c->e);
    } else {
        emit_rr(&c->e, OP_TEST | OP_W, h, h);
        k->from[0] = emit_jcc(&c->e, CC_E);
        if (c->ntested < MAX_CHECKS) {
            c->tested[c->ntested++] = check;
        }
    }
    k->access = emit_offset(&c->e);
    c->follower = c->i;
    c->nrelative = c->e.nrelative;
    return k;
}

static void lower_ldh(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned b = x64_use(c, x64_arg(c, 0)), h = x64_use(c, x64_arg(c, 1)), d = x64_def(c, h, 0);
    struct cold *k;

    if (o->aux & IR_MEM_SURE) {
        x64_emit_load(c, o->aux, o->type, d, mem_index(h, b, o->imm));
        x64_set(c, d);
        return;
    }
    k = begin_access(c, COLD_LOAD, b, h, o->arg[1]);
    k->reg[2] = d;
    k->type = is_xmm(d) ? IR_F64 : o->type == IR_I32 || o->type == IR_F32 ? IR_I32 : IR_I64;
    x64_emit_load(c, o->aux, o->type, d, mem_index(h, b, o->imm));
    k->back = emit_offset(&c->e);
    x64_note_checks(c, k);
    x64_set(c, d);
}

static void lower_sth(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned size = 1u << (o->aux & IR_MEM_SIZE);
    struct src s = x64_store_value(c, x64_stored(c, c->i), size);
    unsigned b = x64_use(c, x64_arg(c, 0)), h = x64_use(c, x64_arg(c, 2));
    struct cold *k;

    if (o->aux & IR_MEM_SURE) {
        x64_emit_store(c, s, size, mem_index(h, b, o->imm));
        return;
    }
    k = begin_access(c, COLD_STORE, b, h, o->arg[2]);
    k->src = s;
    x64_emit_store(c, s, size, mem_index(h, b, o->imm));
    k->back = emit_offset(&c->e);
    x64_note_checks(c, k);
}

/* -- The end of validity -- */

static void note_place(struct x64 *c, struct cold *k, bool is_slot, unsigned n)
{
    if (c->nplaces == c->places_cap) {
        c->places_cap = MAX(2 * c->places_cap, 256);
        c->place = g_renew(struct check_place, c->place, c->places_cap);
    }
    c->place[c->nplaces++] = (struct check_place){is_slot, n};
    k->nplaces++;
}

void x64_note_checks(struct x64 *c, struct cold *k)
{
    k->places = c->nplaces;
    for (unsigned i = 0; i < c->nchecks; i++) {
        const struct value *v = &c->v[c->check[i]];
        if (v->last <= c->i) {
            continue;
        }
        if (v->reg != NOREG) {
            note_place(c, k, false, v->reg);
        }
        if (v->slot >= 0) {
            note_place(c, k, true, v->slot);
        }
    }
}

void x64_void_checks(struct x64 *c, const struct cold *k)
{
    for (unsigned i = 0; i < k->nplaces; i++) {
        const struct check_place *p = &c->place[k->places + i];
        if (p->is_slot) {
            emit_rm(&c->e, OP_MOV_STORE_IMM | OP_W, 0, mem_slot(p->n));
            emit32(&c->e, 0);
        } else {
            emit_rr(&c->e, OP_XOR, p->n, p->n);
        }
    }
}

void x64_lower_check(struct x64 *c)
{
    switch (c->ops[c->i].op) {
    case IR_PAGECHK:
        lower_pagechk(c);
        break;
    case IR_LDH:
        lower_ldh(c);
        break;
    default:
        lower_sth(c);
        break;
    }
}
