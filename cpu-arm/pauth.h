/* SPDX-License-Identifier: BSD-2-Clause */
/* Pointer authentication: keys, levels, and the helpers of its instructions. */
#ifndef MYNAH_ARM_PAUTH_H
#define MYNAH_ARM_PAUTH_H

#include "arm.h"

/* Indexes in arm_cpu.apkey. */
enum { PAUTH_IA, PAUTH_IB, PAUTH_DA, PAUTH_DB, PAUTH_GA };

/* arm_config.pauth_level: the value of ID_AA64ISAR1_EL1.API and the like. */
enum { PAUTH_NONE, PAUTH_1, PAUTH_ENHANCED, PAUTH_2, PAUTH_FPAC, PAUTH_FPAC_COMBINED };

#define PAUTH_COMBINED 4u /* of a branch, load or return, in arm_helper_aut's key */

/* QARMA-64 of 3 rounds with sigma 1, or 5 with sigma 2; high and low: the key's halves. */
uint64_t arm_qarma(uint64_t data, uint64_t tweak, uint64_t high, uint64_t low, unsigned rounds);

/* The bits of a pointer to data or code in the lower or upper half that a code takes at the current level, and bit 55 between. */
uint64_t arm_pauth_mask(const struct arm_cpu *a, bool data, bool upper);

extern const struct ir_helper arm_helper_pac;   /* (pointer, modifier, key): with a code. TRAPS */
extern const struct ir_helper arm_helper_aut;   /* (pointer, modifier, key | PAUTH_COMBINED): authenticated. TRAPS */
extern const struct ir_helper arm_helper_pacga; /* (value, modifier): a code in the high half. TRAPS */
extern const struct ir_helper arm_helper_xpac;  /* (pointer, is data): without a code */

#endif
