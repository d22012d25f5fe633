/* SPDX-License-Identifier: BSD-2-Clause */
/* Walks of tables in AArch32's short-descriptor format. */
#ifndef MYNAH_ARM_MMU_A32_H
#define MYNAH_ARM_MMU_A32_H

#include "regime.h"

struct arm_short_walk {
    struct arm_cpu *a;
    const struct arm_regime *r;
    uint64_t root; /* TTBR0 */
    uint32_t va;
    enum mmu_access access;
    bool debug, unpriv, pan;
    bool secure; /* the regime is the secure state's */
    /* Read a descriptor; false: a fault, which it has noted. */
    bool (*read)(void *opaque, gpa addr, uint32_t *desc, unsigned level);
    void *opaque;
    /* Out, where it fails and read did not: as in ISS, with 0x3d and 0x3e of domains. */
    uint8_t status;
    uint8_t level; /* of the fault, or of the leaf */
    uint8_t domain;
};

bool arm_walk_short(struct arm_short_walk *w, struct mmu_page *page);

#endif
