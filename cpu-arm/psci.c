/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Firmware of ours: PSCI 1.1 (DEN 0022) and what SMCCC (DEN 0028) asks of it. For machines without their own at a higher
 * level. Not modelled: suspend to deeper states than a wait for an interrupt, migration.
 */
#include "arm.h"
#include "cpus.h"
#include "life.h"
#include "vcpu.h"

#define FN_64 0x40000000u
enum {
    PSCI_VERSION = 0x84000000, PSCI_CPU_SUSPEND, PSCI_CPU_OFF, PSCI_CPU_ON, PSCI_AFFINITY_INFO, PSCI_MIGRATE,
    PSCI_MIGRATE_INFO_TYPE, PSCI_MIGRATE_INFO_UP_CPU, PSCI_SYSTEM_OFF, PSCI_SYSTEM_RESET, PSCI_FEATURES,
    PSCI_SYSTEM_RESET2 = 0x84000012,
    SMCCC_VERSION = 0x80000000, SMCCC_ARCH_FEATURES = 0x80000001,
};
enum {
    PSCI_SUCCESS = 0, PSCI_NOT_SUPPORTED = -1, PSCI_INVALID_PARAMETERS = -2, PSCI_ALREADY_ON = -4, PSCI_ON_PENDING = -5,
    PSCI_INTERNAL_FAILURE = -6, PSCI_INVALID_ADDRESS = -9,
};
enum { POWER_ON, POWER_OFF, POWER_ON_PENDING };

static struct arm_cpu *cpu_by_affinity(const struct arm_cpu *a, uint64_t mpidr)
{
    for (unsigned i = 0; i < cpu_count; i++) {
        if (cpu_list[i]->arch == a->cpu.arch && !((arm_cpu(cpu_list[i])->mpidr ^ mpidr) & UINT64_C(0xff00ffffff)))
            return arm_cpu(cpu_list[i]);
    }
    return NULL;
}

bool arm_psci_is_off(const struct arm_cpu *a)
{
    return __atomic_load_n(&a->power, __ATOMIC_SEQ_CST) == POWER_OFF;
}

/* It starts at the highest level below EL3, whichever asks: EL1 does so for a kernel that has EL2 too. */
static int64_t cpu_on(struct arm_cpu *a, uint64_t mpidr, uint64_t entry, uint64_t context)
{
    struct arm_cpu *to = cpu_by_affinity(a, mpidr);
    uint8_t off = POWER_OFF;
    if (!to || mpidr & ~UINT64_C(0xff00ffffff))
        return PSCI_INVALID_PARAMETERS;
    if (entry & (to->config.a32_only ? 2 : 3))
        return PSCI_INVALID_ADDRESS;
    if (!__atomic_compare_exchange_n(&to->power, &off, POWER_ON_PENDING, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        return off == POWER_ON ? PSCI_ALREADY_ON : PSCI_ON_PENDING;
    to->start_pc = entry;
    to->start_x0 = context;
    to->start_el = arm_has(to, ARMF_el2) ? 2 : 1;
    __atomic_store_n(&to->start, true, __ATOMIC_SEQ_CST);
    cpu_power_on(&to->cpu);
    return PSCI_SUCCESS;
}

/* On the CPU's own thread, before it runs. */
void arm_psci_started(struct arm_cpu *a)
{
    __atomic_store_n(&a->start, false, __ATOMIC_SEQ_CST);
    uint64_t pc = a->start_pc, x0 = a->start_x0;
    unsigned el = a->start_el;
    a->cpu.arch->reset(&a->cpu);
    a->cpu.powered_off = false;
    arm_start_at(a, el);
    a->cpu.pc = pc;
    a->x[0] = x0;
    if (a->config.a32_only) { /* the lowest bit asks for T32 */
        a->thumb = pc & 1;
        a->cpu.pc = pc & ~UINT64_C(1);
        arm_update_key(a);
    }
    __atomic_store_n(&a->power, POWER_ON, __ATOMIC_SEQ_CST);
}

static void cpu_off(struct arm_cpu *a)
{
    __atomic_store_n(&a->power, POWER_OFF, __ATOMIC_SEQ_CST);
    a->cpu.powered_off = true;
    cpu_set_halted(&a->cpu, true); /* ends the turn */
}

static int64_t affinity_info(const struct arm_cpu *a, uint64_t mpidr, uint64_t level)
{
    struct arm_cpu *to = cpu_by_affinity(a, mpidr);
    if (level)
        return PSCI_INVALID_PARAMETERS;
    return to ? __atomic_load_n(&to->power, __ATOMIC_SEQ_CST) : PSCI_INVALID_PARAMETERS;
}

static bool is_function(uint32_t fn)
{
    switch (fn & ~FN_64) {
    case PSCI_VERSION: case PSCI_CPU_OFF: case PSCI_MIGRATE_INFO_TYPE: case PSCI_SYSTEM_OFF: case PSCI_SYSTEM_RESET:
    case PSCI_FEATURES:
        return !(fn & FN_64);
    case PSCI_CPU_SUSPEND: case PSCI_CPU_ON: case PSCI_AFFINITY_INFO: case PSCI_SYSTEM_RESET2:
        return true;
    default:
        return fn == SMCCC_VERSION;
    }
}

/* SMCCC_ARCH_FEATURES: of workarounds there are none. */
static int64_t arch_features(uint32_t fn)
{
    return fn == SMCCC_VERSION || fn == SMCCC_ARCH_FEATURES ? PSCI_SUCCESS : PSCI_NOT_SUPPORTED;
}

/* Standby: a wait for an interrupt, as its deepest state is. */
static int64_t cpu_suspend(struct arm_cpu *a)
{
    cpu_set_halted(&a->cpu, !arm_has_work(&a->cpu));
    return PSCI_SUCCESS;
}

bool arm_psci_call(struct arm_cpu *a)
{
    uint32_t fn = a->x[0];
    uint64_t mask = fn & FN_64 ? UINT64_MAX : UINT32_MAX;
    uint64_t x1 = a->x[1] & mask, x2 = a->x[2] & mask, x3 = a->x[3] & mask;
    int64_t r;
    if (fn == SMCCC_ARCH_FEATURES || fn == SMCCC_VERSION) {
        a->x[0] = fn == SMCCC_VERSION ? 0x10001 : (uint64_t)arch_features(x1);
        return true;
    }
    if (!is_function(fn)) { /* calls are answered, known or not */
        a->x[0] = (uint64_t)(int64_t)PSCI_NOT_SUPPORTED;
        return true;
    }
    switch (fn & ~FN_64) {
    case PSCI_VERSION: r = 0x10001; break;
    case PSCI_CPU_SUSPEND: r = cpu_suspend(a); break;
    case PSCI_CPU_OFF: cpu_off(a); r = PSCI_SUCCESS; break;
    case PSCI_CPU_ON: r = cpu_on(a, x1, x2, x3); break;
    case PSCI_AFFINITY_INFO: r = affinity_info(a, x1, x2); break;
    case PSCI_MIGRATE_INFO_TYPE: r = 2; break; /* nothing that would have to migrate */
    case PSCI_SYSTEM_OFF:
        request_shutdown(SHUTDOWN_GUEST, 0);
        r = PSCI_INTERNAL_FAILURE;
        cpu_set_halted(&a->cpu, true);
        break;
    case PSCI_SYSTEM_RESET:
    case PSCI_SYSTEM_RESET2: request_reset(SHUTDOWN_GUEST_RESET); r = PSCI_INTERNAL_FAILURE; break;
    default: r = is_function(x1) ? PSCI_SUCCESS : PSCI_NOT_SUPPORTED; break; /* PSCI_FEATURES */
    }
    a->x[0] = r;
    return true;
}
