/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which guest registers a back end keeps in host registers ("pins" there): for all code of an architecture, and for a
 * unit with a loop. The host's registers are data that the back end gives.
 */
#ifndef MYNAH_TCG_GEN_PINS_H
#define MYNAH_TCG_GEN_PINS_H

#include "ir.h"

#define GEN_HOST_REGS 32 /* of a host, of all kinds */
#define GEN_NOREG 0xff

/* The host's registers that guest registers can be in, by number, in the order in which the heaviest get them. */
struct gen_regs {
    uint8_t ints[GEN_HOST_REGS], nints; /* for I32 and I64 */
    uint8_t fps[GEN_HOST_REGS], nfps;   /* for F64 */
};

struct gen_pins {
    uint8_t host_of[IR_MAX_REGS];    /* guest register -> host register or GEN_NOREG */
    int16_t guest_of[GEN_HOST_REGS]; /* and back, or -1 */
    uint32_t pinned;                 /* set of host registers */
};

/* The pins that all units of the architecture meet at: the heaviest registers of its table. */
void gen_pins_by_weight(struct gen_pins *pins, const struct cpu_arch *arch, const struct gen_regs *regs);
/* The blocks that a block's last op branches to; their number. */
unsigned gen_branches(const struct ir_op *o, unsigned to[2]);
/* depth[b] = loops that block b is in, at most GEN_DEPTH_MAX; nblocks of them. False: there is no loop. */
#define GEN_DEPTH_MAX 4
bool gen_find_loops(const struct ir_unit *u, uint8_t *depth);
/*
 * Exchange pins for registers that the unit's loops, as gen_find_loops() has found them, use more, where that is worth
 * the exchange at entry and exits. The set of host registers that have another guest register now.
 */
uint32_t gen_pins_for_loop(struct gen_pins *pins, const struct ir_unit *u, const struct gen_regs *regs,
                           const uint8_t *depth);

#endif
