/* SPDX-License-Identifier: BSD-2-Clause */
/* What helpers of running guest code ask of the accelerator. */
#include "accel.h"
#include "cpu-exec.h"
#include "vcpu.h"

void cpu_sync_pc(struct cpu *cpu)
{
    accel->sync_pc(cpu);
}

void cpu_loop_exit(struct cpu *cpu)
{
    accel->loop_exit(cpu);
    __builtin_unreachable();
}

void cpu_end_insn(struct cpu *cpu)
{
    cpu_sync_pc(cpu);
    cpu_loop_exit(cpu);
}
