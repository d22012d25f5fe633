/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads that wait for each other. In a walk along a list each address is what the last load brought, and the look-up of
 * its page's entry lies between the two. What does not hang on a load, as the addresses of a walk through an array, is
 * known long before.
 */
#include <string.h>

#include "ir-internal.h"

struct chase {
    bool *value;             /* of each op: it hangs on a load */
    bool reg[IR_MAX_REGS];   /* somewhere such a value is put there */
    bool *local;
    bool changed;            /* one of these is new */
};

static bool hangs_on_load(const struct chase *c, const struct ir_op *o)
{
    switch (o->op) {
    case IR_LD:
    case IR_AMO:
    case IR_CAS:
        return true;
    case IR_GET:
        return c->reg[o->imm];
    case IR_GETL:
        return c->local[o->imm];
    case IR_CALL:
        return false;
    default:
        for (unsigned k = 0, n = ir_nargs(o); k < n; k++) {
            if (c->value[o->arg[k]]) {
                return true;
            }
        }
        return false;
    }
}

static void note_put(struct chase *c, const struct ir_op *o)
{
    bool *at = o->op == IR_PUT ? &c->reg[o->imm] : o->op == IR_PUTL ? &c->local[o->imm] : NULL;

    if (at && c->value[o->arg[0]] && !*at) {
        *at = c->changed = true;
    }
}

void ir_find_chases(struct ir_unit *u)
{
    struct chase c;

    c.value = ir_scratch(u, u->nops + u->nlocals);
    c.local = c.value + u->nops;
    memset(c.value, 0, u->nops + u->nlocals);
    memset(c.reg, 0, sizeof(c.reg));
    do { /* until a turn brings nothing new */
        c.changed = false;
        for (uint32_t i = 1; i < u->nops; i++) {
            c.value[i] = hangs_on_load(&c, &u->ops[i]);
            note_put(&c, &u->ops[i]);
        }
    } while (c.changed);
    for (uint32_t i = 1; i < u->nops; i++) {
        struct ir_op *o = &u->ops[i];
        if (o->op == IR_LD && !ir_is_vector(o->type) && c.value[o->arg[0]]) {
            o->aux |= IR_MEM_CHASED;
        }
    }
}
