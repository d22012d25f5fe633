/* SPDX-License-Identifier: BSD-2-Clause */
/* What T32's translation asks of M-profile: translate-a32.c and trans-a32-*.c of trans-m.c. */
#ifndef MYNAH_ARM_TRANS_M_H
#define MYNAH_ARM_TRANS_M_H

#include "decode-a32.h"
#include "m.h"
#include "trans.h"

static inline bool is_m_profile(const struct translator *t)
{
    return t->config->has[ARMF_m_profile];
}

/* The instruction and its operands; NULL: it is undefined. */
const struct a32_insn *m_decode(const struct translator *t, struct a32_args *a);
/* Whether t->insn, which m_decode() does not know, may be of neon.decode's rows for FPv5: the registers exist. */
bool m_is_fpv5(const struct translator *t);
/* A UsageFault: the state is not T32. Ends the unit. */
void m_invalid_state(struct translator *t);
/* Branch to the block special if a branch to target is more than one to T32 code, else to plain. */
void m_branch_special(struct translator *t, ir_val target, unsigned special, unsigned plain);
/* Before SP becomes a value, and before the accesses that go with that: a UsageFault if it is below the limit. */
void m_check_sp(struct translator *t, ir_val sp);
/* fp_trapped() of M-profile. */
bool m_fp_trapped(struct translator *t);

#endif
