/* SPDX-License-Identifier: BSD-2-Clause */
/* AArch32's Advanced SIMD: from an encoding to its row of neon.decode, and what the row's form is. */
#ifndef MYNAH_ARM_TRANS_NEON_H
#define MYNAH_ARM_TRANS_NEON_H

#include "cpu-arm/neon.h"
#include "trans-a64.h"

/* The values of form in neon.decode, which says what they are. */
enum neon_form {
    NEON_SAME, NEON_LONG, NEON_WIDE, NEON_NARROW, NEON_RAW, NEON_SCALAR, NEON_SCALAR_LONG, NEON_S, NEON_D, NEON_INDEXED,
    NEON_S_D,
};

/* In trans-fp.c, of trans-a32-vfp.c's rows: a->op as that of VMLA, VMLS, VNMLS, VNMLA; VCVTR; VJCVT. */
bool a64_neon_chain(struct translator *t, const struct a64_args *a);
bool a64_neon_cvtr(struct translator *t, const struct a64_args *a);
bool a64_neon_jcvt(struct translator *t, const struct a64_args *a);

/* Whether t->insn, of 32 bits, is of Advanced SIMD's encoding space; *insn is its encoding as A32. */
bool neon_encoding(const struct translator *t, uint32_t *insn);
/* Make the IR. False, with nothing built, if the instruction is undefined after all. */
bool neon_trans(struct translator *t, const struct a64_insn *insn, const struct a64_args *args);

#endif
