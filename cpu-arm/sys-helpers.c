/* SPDX-License-Identifier: BSD-2-Clause */
/* System instructions as translated code calls them. */
#include "cpu-exec.h"
#include "trans.h"

static uint64_t helper_raise(struct cpu *cpu, uint64_t level, uint64_t esr)
{
    struct arm_cpu *a = arm_cpu(cpu);
    arm_raise(a, arm_exception_level(a, level), esr);
}

static uint64_t helper_undefined(struct cpu *cpu)
{
    arm_undefined(arm_cpu(cpu));
}

static uint64_t helper_pc_alignment(struct cpu *cpu)
{
    struct arm_cpu *a = arm_cpu(cpu);
    unsigned to = arm_exception_level(a, 1);
    cpu_sync_pc(cpu);
    a->far[to] = cpu->pc;
    arm_raise(a, to, arm_syndrome(EC_PC_ALIGN, 0));
}

static uint64_t helper_svc(struct cpu *cpu, uint64_t imm)
{
    struct arm_cpu *a = arm_cpu(cpu);
    arm_take_exception(a, ARM_VECTOR_SYNC, arm_exception_level(a, 1), arm_syndrome(EC_SVC64, imm));
    return 0;
}

static uint64_t helper_btype(struct cpu *cpu, uint64_t btype)
{
    struct arm_cpu *a = arm_cpu(cpu);
    a->btype = btype;
    arm_update_key(a);
    return 0;
}

static uint64_t helper_stepped(struct cpu *cpu)
{
    struct arm_cpu *a = arm_cpu(cpu);
    a->pstate &= ~PSTATE_SS;
    arm_update_key(a);
    return 0;
}

static uint64_t helper_step(struct cpu *cpu)
{
    struct arm_cpu *a = arm_cpu(cpu);
    unsigned to = arm_debug_level(a);
    arm_raise(a, to, arm_syndrome(a->el == to ? EC_STEP : EC_STEP_LOWER, 0x22));
}

ARM_HELPER(raise, 2, false, IR_H_TRAPS | IR_H_STATE);
ARM_HELPER(undefined, 0, false, IR_H_TRAPS | IR_H_STATE);
ARM_HELPER(pc_alignment, 0, false, IR_H_TRAPS | IR_H_STATE);
ARM_HELPER(svc, 1, false, IR_H_STATE);
ARM_HELPER(btype, 1, false, IR_H_STATE);
ARM_HELPER(step, 0, false, IR_H_TRAPS | IR_H_STATE);
ARM_HELPER(stepped, 0, false, IR_H_STATE);

const struct ir_helper *const arm_sys_helpers[] = {
    &arm_helper_raise, &arm_helper_undefined, &arm_helper_pc_alignment, &arm_helper_svc,
    &arm_helper_btype, &arm_helper_step,      &arm_helper_stepped,      NULL,
};
