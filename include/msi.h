/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An interrupt file: what an incoming-MSI controller keeps for one CPU at one privilege level, as that CPU reaches it
 * through registers of its own. Registers are numbered as in the RISC-V AIA's xiselect, 0x70 to 0xff.
 */
#ifndef MYNAH_MSI_H
#define MYNAH_MSI_H

#include "types.h"

/* Any thread. They take the controller's lock: the caller holds no lock that comes before it, nor the CPU's. */
struct msi_file_ops {
    /* Registers as wide as the CPU's (32 or 64 bits); those that don't exist read as zero. */
    uint64_t (*read)(void *opaque, unsigned n, unsigned reg, unsigned width);
    /* Only the bits of mask change, in one step. */
    void (*write)(void *opaque, unsigned n, unsigned reg, unsigned width, uint64_t value, uint64_t mask);
    /* The identity of the first interrupt that is pending and enabled and passes the threshold; 0: none. */
    unsigned (*top)(void *opaque, unsigned n);
    /* An identity that top() returned is no longer pending. */
    void (*claim)(void *opaque, unsigned n, unsigned identity);
};

struct msi_file {
    const struct msi_file_ops *ops; /* NULL: there is none */
    void *opaque;                   /* the controller */
    unsigned n;                     /* which of its files */
};

#endif
