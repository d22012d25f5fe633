/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pinned registers of one unit. All units meet at the architecture's pins; one with a loop may keep the registers that
 * its loop uses in the place of others that it uses less. Then it exchanges them at its entry and its exits, and its calls
 * go through thunks of its own, so that whoever looks at the guest's state finds it complete.
 */
#include "compile.h"

/* -- Choice -- */

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
    c->pins = c->a->pins;
    c->vectors = false;
    for (unsigned i = 1; i < c->u->nops && !c->vectors; i++) {
        c->vectors = ir_has_vector(&c->u->ops[i]);
    }
    c->temps = TEMP_REGS;
    c->swapped = c->written = 0;
    c->loops = gen_find_loops(c->u, c->depth) && !(c->u->key & KEY_ICOUNT); /* counted units leave at each turn */
    if (c->loops) {
        c->swapped = gen_pins_for_loop(&c->pins, c->u, &x64_regs, c->depth);
        find_written(c);
    }
    if (c->vectors) {
        c->temps |= ALL_XMMS & ~c->pins.pinned;
    }
}

/* -- Exchange -- */

void x64_enter_pins(struct x64 *c)
{
    x64_move_pins(&c->e, c->a, &c->a->pins, c->swapped, true);
    x64_move_pins(&c->e, c->a, &c->pins, c->swapped, false);
}

void x64_leave_pins(struct x64 *c)
{
    x64_extend_narrow(c, c->raw);
    x64_move_pins(&c->e, c->a, &c->pins, c->written, true);
    x64_move_pins(&c->e, c->a, &c->a->pins, c->swapped, false);
}

/* -- Thunks -- */

void x64_call_thunk(struct x64 *c, enum x64_thunk thunk)
{
    if (thunk != THUNK_CALL_PURE && thunk != THUNK_FP) {
        x64_extend_narrow(c, c->raw);
    }
    if (!c->swapped) {
        emit_call_to(&c->e, c->a->thunk[c->vectors][thunk]);
        return;
    }
    c->thunk_call[c->nthunk_calls].at = emit_call(&c->e);
    c->thunk_call[c->nthunk_calls++].thunk = thunk;
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
                x64_emit_thunk(&c->e, c->a, &c->pins, t, c->vectors);
            }
            emit_fix(&c->e, c->thunk_call[i].at, start);
        }
    }
    return true;
}
