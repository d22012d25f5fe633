/* SPDX-License-Identifier: BSD-2-Clause */
/* Units as the interpreter keeps them. */
#include "ir-internal.h"

struct ir_code *ir_code_new(const struct ir_unit *u)
{
    struct ir_code *c = g_new(struct ir_code, 1);

    *c = (struct ir_code){
        .pc = u->pc,
        .va_mask = u->va_mask,
        .ops = g_memdup2(u->ops, u->nops * sizeof(u->ops[0])),
        .blocks = g_memdup2(u->blocks, u->nblocks * sizeof(u->blocks[0])),
        .nops = u->nops,
        .nblocks = u->nblocks,
        .nlocals = u->nlocals,
        .ninsns = u->ninsns,
    };
    for (uint32_t i = 0; i < c->nops && !c->vectors; i++) {
        c->vectors = ir_has_vector(&c->ops[i]);
    }
    return c;
}

void ir_code_free(struct ir_code *c)
{
    if (c) {
        g_free(c->ops);
        g_free(c->blocks);
        g_free(c);
    }
}
