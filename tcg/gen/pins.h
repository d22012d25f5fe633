/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which guest registers a back end keeps in host registers ("pins" there): for all code of an architecture, and for a
 * unit with a loop, which may have locals there, too. The host's registers are data that the back end gives.
 */
#ifndef MYNAH_TCG_GEN_PINS_H
#define MYNAH_TCG_GEN_PINS_H

#include "ir.h"

#define GEN_HOST_REGS 32 /* of a host, of all kinds */
#define GEN_NOREG 0xff

/* What can be pinned: guest registers by their numbers, and the first of the unit's locals behind them. */
#define GEN_LOCALS 64
#define GEN_LOCAL(n) (IR_MAX_REGS + (n))
#define GEN_HOMES GEN_LOCAL(GEN_LOCALS)

/* The host's registers that guest registers can be in, by number, in the order in which the heaviest get them. */
struct gen_regs {
    uint8_t ints[GEN_HOST_REGS], nints; /* for I32 and I64 */
    uint8_t fps[GEN_HOST_REGS], nfps;   /* for F64 */
};

struct gen_pins {
    uint8_t host_of[GEN_HOMES];     /* guest register or GEN_LOCAL() -> host register or GEN_NOREG */
    int16_t home_of[GEN_HOST_REGS]; /* and back, or -1 */
    uint32_t pinned;                /* set of host registers */
};

/* The host register of the unit's local n, or GEN_NOREG. */
static inline unsigned gen_host_of_local(const struct gen_pins *pins, unsigned n)
{
    return n < GEN_LOCALS ? pins->host_of[GEN_LOCAL(n)] : GEN_NOREG;
}

/* The pins that all units with this table of n guest registers meet at: its heaviest. */
void gen_pins_by_weight(struct gen_pins *pins, const struct guest_reg *guest, unsigned n, const struct gen_regs *regs);
/* The blocks that a block's last op branches to; their number. */
unsigned gen_branches(const struct ir_op *o, unsigned to[2]);
/* depth[b] = loops that block b is in, at most GEN_DEPTH_MAX; nblocks of them. False: there is no loop. */
#define GEN_DEPTH_MAX 4
#define GEN_TURNS_LOG 3 /* a loop is taken to turn so often, by powers of two */
bool gen_find_loops(const struct ir_unit *u, uint8_t *depth);
/*
 * Exchange pins for registers and locals that the unit's loops, as gen_find_loops() has found them, use more, where that is
 * worth the exchange at entry and exits. The set of host registers that have something else now.
 */
uint32_t gen_pins_for_loop(struct gen_pins *pins, const struct ir_unit *u, const struct gen_regs *regs,
                           const uint8_t *depth);

#endif
