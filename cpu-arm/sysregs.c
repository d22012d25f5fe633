/* SPDX-License-Identifier: BSD-2-Clause */
/* System registers. Manual: chapter D19, "AArch64 System Register Descriptions". */
#include "arm.h"

void arm_sysregs_reset(struct arm_cpu *a)
{
    unsigned el = arm_has(a, ARMF_el3) ? 3 : arm_has(a, ARMF_el2) ? 2 : 1;
    state_reset(&arm_state, a);
    for (unsigned i = 1; i < 4; i++)
        a->sctlr[i] = i == 1 ? 0x00c50838 : 0x30c50830;
    a->el = el;
    a->pstate = PSTATE_DAIF | el << PSTATE_EL_SHIFT | PSTATE_SP;
    a->vpidr = a->config.id[0][0];
    a->vmpidr = a->mpidr;
    a->cntfrq = a->config.cntfrq;
    arm_fpcr_write(a, 0);
    arm_fpsr_write(a, 0);
}
