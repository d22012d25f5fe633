/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page checks: what an access under one must fulfil. ir.h says what a check is and how long it holds.
 */
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

static unsigned size_of(const struct ir_op *o)
{
    return 1u << (o->aux & IR_MEM_SIZE);
}

/* The address must be a multiple of the size, or the access is none for a fast path. */
static bool is_strict(const struct ir_op *o)
{
    return o->aux & (IR_MEM_ALIGN | IR_MEM_ATOMIC);
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
    struct sum a = address_of(u, o), c = address_of(u, check);
    uint64_t at = a.offset - c.offset;
    unsigned size = size_of(o), length = check->aux & IR_CHECK_LENGTH;

    if (o->op == IR_STH && !(check->aux & IR_CHECK_STORE)) {
        return "a store under a check for loads";
    }
    if ((o->aux >> IR_MEM_CTX_SHIFT & 7) != (check->aux >> IR_CHECK_CTX_SHIFT & 7)) {
        return "an access and its check are of different contexts";
    }
    if (a.base != c.base || at >= length || size > length - at) {
        return "an access outside its check";
    }
    if (is_strict(o) && (1u << (check->aux >> IR_CHECK_ALIGN_SHIFT & 7) < size || (at & (size - 1)))) {
        return "an access's alignment is not checked";
    }
    return NULL;
}

const char *ir_check_checks(const struct ir_unit *u, uint32_t *at)
{
    for (uint32_t b = 0; b < u->nblocks; b++) {
        uint32_t from = u->blocks[b].first; /* checks hold since here */
        for (*at = from; *at < u->blocks[b].end; (*at)++) {
            const struct ir_op *o = &u->ops[*at];
            if (ends_checks(o)) {
                from = *at;
            } else if (ir_is_checked(o->op)) {
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
