/* SPDX-License-Identifier: BSD-2-Clause */
/* VFP and Advanced SIMD of AArch32 for random-a32.c. */
#ifndef TEST_INSN_RANDOM_NEON_H
#define TEST_INSN_RANDOM_NEON_H

#include <glib.h>

#include "cpu-arm/decode.h"

/* What an instruction is made with, and what was made. */
struct random_neon {
    bool t32;
    uint8_t base, index; /* general registers for addresses */
    uint8_t data[2];     /* and for data */
    uint32_t insn;       /* of 32 bits; T32's have the first halfword high */
    bool memory;         /* it accesses memory at base, and may move it by index, a multiple of 4 up to 255 */
};

void random_neon_make(GRand *rng, const struct arm_config *c, struct random_neon *n);
/* Rows: VFP's of a32.decode, then neon.decode. As those of random.h. */
int random_neon_row(const struct arm_config *c, bool t32, uint32_t insn);
const char *random_neon_row_name(unsigned row);
bool random_neon_row_expected(const struct arm_config *c, unsigned row);
bool random_is_vfp(const struct a32_insn *in);

#endif
