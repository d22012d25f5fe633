/* SPDX-License-Identifier: BSD-2-Clause */
/* From an A64 encoding to the function that translates it. */
#include "trans.h"

bool arm_decode_a64(struct translator *t)
{
    return arm_decode_system(t);
}

const struct ir_helper *const arm_trans_helpers[] = { NULL };
