/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loops that are entered in their middle, as compilers make of loops whose last step the first turn is to be without: the
 * code of that step lies before the head, and the loop jumps back to it. It is placed behind the block that jumps to it,
 * and then jumps back to the head itself.
 *
 *      entry:  ...; to head                    entry:  ...; to head
 *      step:   ...; to head                    head:   ...
 *      head:   ...                             end:    ...; to step, or on
 *      end:    ...; back to step, or on        step:   ...; back to head
 */
#include <string.h>

#include "ir-internal.h"

#define STEP 3 /* in the place of the count of those a block is reached from: it is placed with another one */

static bool begins_insn(const struct ir_unit *u, unsigned b)
{
    return b == u->nblocks || u->ops[u->blocks[b].first].op == IR_INSN;
}

/* Of each block, by how many and by which it is reached. */
static void find_preds(const struct ir_unit *u, uint8_t *preds, uint16_t *pred)
{
    unsigned to[2];

    memset(preds, 0, u->nblocks);
    for (unsigned b = 0; b < u->nblocks; b++) {
        for (unsigned k = 0, n = ir_successors(&u->ops[u->blocks[b].end - 1], to); k < n; k++) {
            preds[to[k]] += preds[to[k]] < 2;
            pred[to[k]] = b;
        }
    }
}

/*
 * The block is such a step, and end the loop's: nobody else comes to it, and ops behind either place keep the instruction
 * that they belong to.
 */
static bool is_step(const struct ir_unit *u, unsigned b, unsigned end)
{
    const struct ir_op *last = &u->ops[u->blocks[b].end - 1];

    return end > b && last->op == IR_BR && last->aux > b && last->aux <= end && begins_insn(u, b) &&
           begins_insn(u, last->aux) && begins_insn(u, b + 1) && begins_insn(u, end + 1);
}

/* Place the blocks in this order. No value is used in another block than its own. */
static void reorder(struct ir_unit *u, const uint16_t *order, uint16_t *number)
{
    g_autofree struct ir_op *ops = g_memdup2(u->ops, u->nops * sizeof(ops[0]));
    g_autofree struct ir_block *blocks = g_memdup2(u->blocks, u->nblocks * sizeof(blocks[0]));
    uint32_t to = 1;

    for (unsigned k = 0; k < u->nblocks; k++) {
        number[order[k]] = k;
    }
    for (unsigned k = 0; k < u->nblocks; k++) {
        struct ir_block b = blocks[order[k]];
        int32_t delta = (int32_t)to - (int32_t)b.first;
        u->blocks[k] = (struct ir_block){.first = to, .end = b.end + delta, .cold = b.cold, .rare = b.rare};
        for (uint32_t i = b.first; i < b.end; i++) {
            struct ir_op o = ops[i];
            for (unsigned a = 0, n = ir_nargs(&o); a < n; a++) {
                o.arg[a] += o.arg[a] ? delta : 0;
            }
            ir_renumber_blocks(&o, number);
            u->ops[to++] = o;
        }
    }
}

void ir_rotate_loops(struct ir_unit *u)
{
    g_autofree uint16_t *tables = g_new0(uint16_t, 4 * u->nblocks);
    uint16_t *pred = tables, *step = pred + u->nblocks, *order = step + u->nblocks, *number = order + u->nblocks;
    g_autofree uint8_t *preds = g_new(uint8_t, u->nblocks);
    unsigned n = 0;
    bool any = false;

    find_preds(u, preds, pred);
    for (unsigned b = 1; b < u->nblocks; b++) {
        if (preds[b] == 1 && !step[pred[b]] && is_step(u, b, pred[b])) {
            step[pred[b]] = b;
            preds[b] = STEP;
            any = true;
        }
    }
    if (!any) {
        return;
    }
    for (unsigned b = 0; b < u->nblocks; b++) {
        if (preds[b] == STEP) {
            continue;
        }
        order[n++] = b;
        for (unsigned at = step[b]; at; at = step[at]) {
            order[n++] = at;
        }
    }
    g_assert(n == u->nblocks); /* a step's only predecessor lies behind it: such chains end */
    reorder(u, order, number);
    ir_debug_verify(u, "with loops rotated");
}
