/* SPDX-License-Identifier: BSD-2-Clause */
/* The architectures of this program: one line each. */
#include "cpu.h"

extern const struct cpu_arch arm_arch, armm_arch, riscv_arch;

const struct cpu_arch *const cpu_archs[] = {
    &riscv_arch,
    &arm_arch,
    &armm_arch,
    NULL,
};
