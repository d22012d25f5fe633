/* SPDX-License-Identifier: BSD-2-Clause */
/* Which guest registers are in host registers: see pins.h. */
#include "pins.h"

#include <string.h>

#include "cpu.h"

#define GAIN_MIN 8  /* accesses to memory that an exchange must save, at the frequency of the entry: it costs four */

#define SPARE_FPS 4 /* FP registers without a pin that are left to a loop's values */

static bool fits(unsigned type, bool fp)
{
    return fp ? type == IR_F64 : type == IR_I64 || type == IR_I32;
}

/* In loops vectors that are registers have pins, too, and integers that are locals. */
static bool fits_loop(const struct ir_unit *u, unsigned home, bool fp)
{
    if (home >= GEN_LOCAL(0)) {
        return !fp && fits(u->locals[home - GEN_LOCAL(0)], false);
    }
    return fits(u->regs[home].type, fp) || (fp && u->regs[home].type == IR_V128);
}

static void pin(struct gen_pins *pins, unsigned host, unsigned home)
{
    pins->host_of[home] = host;
    pins->home_of[host] = home;
    pins->pinned |= UINT32_C(1) << host;
}

/* -- For all code -- */

/* The heaviest register of the kind that has no pin; -1: none has a weight. */
static int heaviest(const struct gen_pins *pins, const struct guest_reg *guest, unsigned n, bool fp)
{
    int best = -1;

    for (unsigned i = 0; i < n; i++) {
        const struct guest_reg *r = &guest[i];
        if (fits(r->type, fp) && r->weight && pins->host_of[i] == GEN_NOREG &&
            (best < 0 || r->weight > guest[best].weight)) {
            best = i;
        }
    }
    return best;
}

static void pin_heaviest(struct gen_pins *pins, const struct guest_reg *guest, unsigned n, const uint8_t *host,
                         unsigned nhost, bool fp)
{
    for (unsigned i = 0; i < nhost; i++) {
        int home = heaviest(pins, guest, n, fp);
        if (home >= 0) {
            pin(pins, host[i], home);
        }
    }
}

void gen_pins_by_weight(struct gen_pins *pins, const struct guest_reg *guest, unsigned n, const struct gen_regs *regs)
{
    memset(pins->host_of, GEN_NOREG, sizeof(pins->host_of));
    for (unsigned r = 0; r < GEN_HOST_REGS; r++) {
        pins->home_of[r] = -1;
    }
    pins->pinned = 0;
    pin_heaviest(pins, guest, n, regs->ints, regs->nints, false);
    pin_heaviest(pins, guest, n, regs->fps, regs->nfps, true);
}

/* -- For a loop -- */

unsigned gen_branches(const struct ir_op *o, unsigned to[2])
{
    to[0] = o->aux & 0xffff;
    to[1] = o->aux >> 16;
    return o->op == IR_BR ? 1 : o->op == IR_BRCC || o->op == IR_BRFLAG ? 2 : 0;
}

bool gen_find_loops(const struct ir_unit *u, uint8_t *depth)
{
    bool any = false;

    /* A branch back to t from b makes a loop of what lies between, in op order. */
    memset(depth, 0, u->nblocks);
    for (unsigned b = 0; b < u->nblocks; b++) {
        unsigned to[2], n = gen_branches(&u->ops[u->blocks[b].end - 1], to);
        for (unsigned k = 0; k < n; k++) {
            if (to[k] > b) {
                continue;
            }
            any = true;
            for (unsigned i = to[k]; i <= b; i++) {
                depth[i] += depth[i] < GEN_DEPTH_MAX;
            }
        }
    }
    return any;
}

static uint32_t turns(const struct ir_unit *u, const uint8_t *depth, unsigned b)
{
    unsigned log = GEN_TURNS_LOG * depth[b], rare = u->blocks[b].rare;

    return log > rare ? 1u << (log - rare) : 1;
}

static void count_uses(const struct ir_unit *u, const uint8_t *depth, uint32_t *uses)
{
    memset(uses, 0, GEN_HOMES * sizeof(uses[0]));
    for (unsigned b = 0; b < u->nblocks; b++) {
        if (u->blocks[b].cold) {
            continue;
        }
        for (unsigned i = u->blocks[b].first; i < u->blocks[b].end; i++) {
            const struct ir_op *o = &u->ops[i];
            if (o->op == IR_GET || (o->op == IR_PUT && !o->sub)) {
                uses[o->imm] += turns(u, depth, b);
            } else if ((o->op == IR_GETL || o->op == IR_PUTL) && o->imm < GEN_LOCALS) {
                uses[GEN_LOCAL(o->imm)] += turns(u, depth, b);
            }
        }
    }
}

/* The register or local of the kind without a pin that is used most; -1: none is used. */
static int most_used(const struct gen_pins *pins, const struct ir_unit *u, const uint32_t *uses, bool fp)
{
    int best = -1;

    for (unsigned h = 0; h < GEN_HOMES; h++) {
        if (uses[h] && pins->host_of[h] == GEN_NOREG && fits_loop(u, h, fp) && (best < 0 || uses[h] > uses[best])) {
            best = h;
        }
    }
    return best;
}

static uint32_t uses_of(const struct gen_pins *pins, const uint32_t *uses, unsigned host)
{
    return pins->pinned >> host & 1 ? uses[pins->home_of[host]] : 0;
}

/* Of n host registers not in the set, the one that is used least; the last SPARE_FPS stay without. */
static unsigned least_used(const struct gen_pins *pins, const uint32_t *uses, const uint8_t *host, unsigned n,
                           uint32_t except)
{
    unsigned best = GEN_NOREG;

    for (unsigned i = 0; i < n; i++) {
        unsigned r = host[i];
        bool may = pins->pinned >> r & 1 || i + SPARE_FPS < n;
        if (may && !(except >> r & 1) && (best == GEN_NOREG || uses_of(pins, uses, r) < uses_of(pins, uses, best))) {
            best = r;
        }
    }
    return best;
}

static uint32_t exchange(struct gen_pins *pins, const struct ir_unit *u, const uint32_t *uses, const uint8_t *hosts,
                         unsigned n, bool fp)
{
    uint32_t exchanged = 0;

    for (;;) {
        unsigned host = least_used(pins, uses, hosts, n, exchanged);
        int home = host == GEN_NOREG ? -1 : most_used(pins, u, uses, fp);
        if (home < 0 || uses[home] < uses_of(pins, uses, host) + GAIN_MIN) {
            return exchanged;
        }
        if (pins->pinned >> host & 1) {
            pins->host_of[pins->home_of[host]] = GEN_NOREG;
        }
        pin(pins, host, home);
        exchanged |= UINT32_C(1) << host;
    }
}

uint32_t gen_pins_for_loop(struct gen_pins *pins, const struct ir_unit *u, const struct gen_regs *regs,
                           const uint8_t *depth)
{
    uint32_t uses[GEN_HOMES];

    count_uses(u, depth, uses);
    return exchange(pins, u, uses, regs->ints, regs->nints, false) |
           exchange(pins, u, uses, regs->fps, regs->nfps, true);
}
