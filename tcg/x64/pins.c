/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pinned registers of one unit. All units meet at the architecture's pins; one with a loop may keep the registers that
 * its loop uses in the place of others that it uses less. Then it exchanges them at its entry and its exits, and its calls
 * go through thunks of its own, so that whoever looks at the guest's state finds it complete.
 */
#include "compile.h"

#include <string.h>

#define TURNS_LOG 3  /* a loop is taken to turn so often, by powers of two ... */
#define DEPTH_MAX 4  /* ... and so deep nests are told apart */
#define GAIN_MIN 8   /* accesses to memory that an exchange must save, at the frequency of the entry: it costs four */

/* -- How often each guest register is used -- */

/* depth[b] = loops that block b is in. A branch back to t from b makes a loop of what lies between, in op order. */
static bool find_loops(const struct ir_unit *u, uint8_t *depth)
{
    bool any = false;

    memset(depth, 0, u->nblocks);
    for (unsigned b = 0; b < u->nblocks; b++) {
        const struct ir_op *o = &u->ops[u->blocks[b].end - 1];
        unsigned to[2] = {o->aux & 0xffff, o->aux >> 16}, n = o->op == IR_BR ? 1 : o->op == IR_BRCC ? 2 : 0;
        for (unsigned k = 0; k < n; k++) {
            if (to[k] > b) {
                continue;
            }
            any = true;
            for (unsigned i = to[k]; i <= b; i++) {
                depth[i] += depth[i] < DEPTH_MAX;
            }
        }
    }
    return any;
}

static void count_uses(const struct ir_unit *u, const uint8_t *depth, uint32_t *uses)
{
    memset(uses, 0, u->arch->nregs * sizeof(uses[0]));
    for (unsigned b = 0; b < u->nblocks; b++) {
        if (u->blocks[b].cold) {
            continue;
        }
        for (unsigned i = u->blocks[b].first; i < u->blocks[b].end; i++) {
            const struct ir_op *o = &u->ops[i];
            if (o->op == IR_GET || (o->op == IR_PUT && !o->sub)) {
                uses[o->imm] += 1u << (TURNS_LOG * depth[b]);
            }
        }
    }
}

/* -- Choice -- */

static bool fits(const struct cpu_arch *arch, unsigned guest, unsigned host)
{
    unsigned type = arch->regs[guest].type;

    return is_xmm(host) ? type == IR_F64 : type == IR_I64 || type == IR_I32;
}

/* The register without a pin that is used most, of those that fit where host is; -1: none is used. */
static int most_used(const struct x64 *c, const uint32_t *uses, unsigned host)
{
    int best = -1;

    for (unsigned g = 0; g < c->a->arch->nregs; g++) {
        if (c->pins.host_of[g] == NOREG && uses[g] && fits(c->a->arch, g, host) && (best < 0 || uses[g] > uses[best])) {
            best = g;
        }
    }
    return best;
}

/* The pinned register that is used least, of one kind; its host register. */
static unsigned least_used(const struct x64 *c, const uint32_t *uses, bool fp)
{
    unsigned best = NOREG;

    for (uint32_t s = c->pins.pinned & ~c->swapped; s; s &= s - 1) {
        unsigned r = __builtin_ctz(s);
        if (is_xmm(r) == fp && (best == NOREG || uses[c->pins.guest_of[r]] < uses[c->pins.guest_of[best]])) {
            best = r;
        }
    }
    return best;
}

static void exchange(struct x64 *c, unsigned host, unsigned guest)
{
    c->pins.host_of[c->pins.guest_of[host]] = NOREG;
    c->pins.host_of[guest] = host;
    c->pins.guest_of[host] = guest;
    c->swapped |= REG_BIT(host);
}

static void choose_kind(struct x64 *c, const uint32_t *uses, bool fp)
{
    for (;;) {
        unsigned host = least_used(c, uses, fp);
        int guest = host == NOREG ? -1 : most_used(c, uses, host);
        if (guest < 0 || uses[guest] < uses[c->pins.guest_of[host]] + GAIN_MIN) {
            return;
        }
        exchange(c, host, guest);
    }
}

/* Own pins that the unit changes, by itself or by a helper. */
static void find_written(struct x64 *c)
{
    for (unsigned i = 1; i < c->u->nops; i++) {
        const struct ir_op *o = &c->ops[i];
        if (o->op == IR_PUT && c->pins.host_of[o->imm] != NOREG) {
            c->written |= REG_BIT(c->pins.host_of[o->imm]);
        }
    }
    c->written &= c->swapped;
}

void x64_choose_pins(struct x64 *c)
{
    uint32_t uses[IR_MAX_REGS];

    c->pins = c->a->pins;
    c->swapped = c->written = 0;
    if ((c->u->key & KEY_ICOUNT) || !find_loops(c->u, c->depth)) {
        return; /* counted units leave at each turn */
    }
    count_uses(c->u, c->depth, uses);
    choose_kind(c, uses, false);
    choose_kind(c, uses, true);
    find_written(c);
}

/* -- Exchange -- */

void x64_enter_pins(struct x64 *c)
{
    x64_move_pins(&c->e, c->a->arch, &c->a->pins, c->swapped, true);
    x64_move_pins(&c->e, c->a->arch, &c->pins, c->swapped, false);
}

void x64_leave_pins(struct x64 *c)
{
    x64_move_pins(&c->e, c->a->arch, &c->pins, c->written, true);
    x64_move_pins(&c->e, c->a->arch, &c->a->pins, c->swapped, false);
}

/* -- Thunks -- */

void x64_call_thunk(struct x64 *c, enum x64_thunk thunk)
{
    if (!c->swapped) {
        emit_call_to(&c->e, c->a->thunk[thunk]);
        return;
    }
    emit8(&c->e, 0xe8);
    c->thunk_call[c->nthunk_calls].at = emit_offset(&c->e);
    c->thunk_call[c->nthunk_calls++].thunk = thunk;
    emit32(&c->e, 0);
}

bool x64_own_thunks(struct x64 *c)
{
    for (unsigned t = 0; t < THUNK_COUNT; t++) {
        uint32_t start = 0;
        for (unsigned i = 0; i < c->nthunk_calls; i++) {
            if (c->thunk_call[i].thunk != t) {
                continue;
            }
            if (!start) {
                if (!x64_has_room(c)) {
                    return false;
                }
                start = emit_offset(&c->e);
                x64_emit_thunk(&c->e, c->a->arch, &c->pins, t);
            }
            emit_fix(&c->e, c->thunk_call[i].at, start);
        }
    }
    return true;
}
