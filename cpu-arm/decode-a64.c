/* SPDX-License-Identifier: BSD-2-Clause */
/* From an A64 encoding to the function that translates it; the helpers of those functions. */
#include "trans-a64.h"

bool arm_decode_a64(struct translator *t)
{
    struct a64_args a;
    const struct a64_insn *insn = a64_decode(t->config->has, t->insn, &a);
    return insn ? insn->trans(t, &a) : arm_decode_system(t);
}

const struct ir_helper *const arm_trans_helpers[] = {
    &arm_helper_crc32,
    &arm_helper_crc32c,
    NULL,
};
