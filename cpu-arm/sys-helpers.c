/* SPDX-License-Identifier: BSD-2-Clause */
/* System instructions as translated code calls them: who may, and then what they do. */
#include <string.h>

#include "cpu-exec.h"
#include "cpus.h"
#include "semihost.h"
#include "sysreg.h"
#include "trans.h"

/* -- Exceptions -- */

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

/* BRK goes where debug exceptions go. */
static uint64_t helper_brk(struct cpu *cpu, uint64_t imm)
{
    struct arm_cpu *a = arm_cpu(cpu);
    arm_raise(a, arm_debug_level(a), arm_syndrome(EC_BRK64, imm));
}

/* A call of semihosting: w0 is its number, x1 its parameter. Where it is not done the instruction comes again. */
static uint64_t helper_semihost(struct cpu *cpu)
{
    struct arm_cpu *a = arm_cpu(cpu);
    struct semihost_call c = { .cpu = cpu, .width = 8, .op = (uint32_t)a->x[0], .arg = a->x[1], .sp = a->sp };
    cpu_sync_pc(cpu);
    if (semihost_call(&c)) {
        a->x[0] = c.result;
        cpu->pc += 4;
    }
    return 0;
}

/* cpu->pc is the next instruction. */
static uint64_t helper_hvc(struct cpu *cpu, uint64_t imm)
{
    struct arm_cpu *a = arm_cpu(cpu);
    if (a->psci_conduit == ARM_CONDUIT_HVC && arm_psci_call(a))
        return 0;
    bool works = arm_has(a, ARMF_el3) ? a->scr & SCR_HCE : !(a->hcr & HCR_HCD);
    if (!arm_has(a, ARMF_el2) || !works || (arm_secure(a) && a->el < 3 && !(a->scr & SCR_EEL2))) {
        cpu->pc -= 4;
        arm_undefined(a);
    }
    arm_take_exception(a, ARM_VECTOR_SYNC, MAX(a->el, 2), arm_syndrome(EC_HVC64, imm));
    return 0;
}

/* The same; a trap to EL2 returns to the instruction itself. */
static uint64_t helper_smc(struct cpu *cpu, uint64_t imm)
{
    struct arm_cpu *a = arm_cpu(cpu);
    bool el3 = arm_has(a, ARMF_el3), trapped = a->el == 1 && arm_el2_enabled(a) && (a->hcr & HCR_TSC);
    if (!trapped && a->psci_conduit == ARM_CONDUIT_SMC && arm_psci_call(a))
        return 0;
    if (trapped) {
        cpu->pc -= 4;
        arm_raise(a, 2, arm_syndrome(EC_SMC64, imm));
    }
    if (!el3 || (a->scr & SCR_SMD)) {
        cpu->pc -= 4;
        arm_undefined(a);
    }
    arm_take_exception(a, ARM_VECTOR_SYNC, 3, arm_syndrome(EC_SMC64, imm));
    return 0;
}

static uint64_t helper_eret(struct cpu *cpu, uint64_t target)
{
    arm_eret(arm_cpu(cpu), target);
    return 0;
}

/* A guarded page's first instruction behind an indirect branch; accept: bit n is set if BTYPE n may come here. */
static uint64_t helper_bti(struct cpu *cpu, uint64_t accept, uint64_t pc)
{
    struct arm_cpu *a = arm_cpu(cpu);
    unsigned btype = arm_btype(a);
    if (!(accept >> btype & 1) && arm_guarded(a, pc))
        arm_raise(a, arm_exception_level(a, 1), arm_syndrome(EC_BTI, btype));
    a->btype = 0;
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

/* PSTATE.DAIF was written in place. */
static uint64_t helper_masks(struct cpu *cpu)
{
    struct arm_cpu *a = arm_cpu(cpu);
    arm_update_key(a);
    arm_check_interrupts(a);
    return 0;
}

/* PSTATE.PAN by an immediate. */
static uint64_t helper_pan(struct cpu *cpu, uint64_t set)
{
    struct arm_cpu *a = arm_cpu(cpu);
    a->pstate = set ? a->pstate | PSTATE_PAN : a->pstate & ~PSTATE_PAN;
    arm_update_regimes(a);
    return 0;
}

/* -- Waiting -- */

/* The level that WFI or WFE traps to, 0: none. */
static unsigned wait_trap(const struct arm_cpu *a, uint64_t sctlr_bit, uint64_t hcr_bit, uint64_t scr_bit)
{
    bool host = arm_el2_enabled(a) && (a->hcr & HCR_E2H) && (a->hcr & HCR_TGE);
    if (a->el == 0 && !(a->sctlr[host ? 2 : 1] & sctlr_bit))
        return arm_exception_level(a, 1);
    if (a->el < 2 && arm_el2_enabled(a) && !host && (a->hcr & hcr_bit))
        return 2;
    return a->el < 3 && arm_has(a, ARMF_el3) && (a->scr & scr_bit) ? 3 : 0;
}

static uint64_t helper_wfi(struct cpu *cpu)
{
    struct arm_cpu *a = arm_cpu(cpu);
    unsigned to = wait_trap(a, SCTLR_NTWI, HCR_TWI, SCR_TWI);
    if (arm_has_work(cpu))
        to = 0; /* it would not wait */
    if (to)
        arm_raise(a, to, arm_syndrome(EC_WFX, 1u << 24 | 0xe << 20));
    cpu_sync_pc(cpu);
    cpu->pc += 4;
    a->for_event = false;
    cpu_set_halted(cpu, !arm_has_work(cpu));
    return 0;
}

static uint64_t helper_wfe(struct cpu *cpu)
{
    struct arm_cpu *a = arm_cpu(cpu);
    bool taken = arm_event_taken(a);
    unsigned to = taken ? 0 : wait_trap(a, SCTLR_NTWE, HCR_TWE, SCR_TWE);
    if (to)
        arm_raise(a, to, arm_syndrome(EC_WFX, 1u << 24 | 0xe << 20 | 1));
    cpu_sync_pc(cpu);
    cpu->pc += 4;
    if (!taken)
        arm_wait_for_event(a);
    return 0;
}

static uint64_t helper_sev(struct cpu *cpu, uint64_t all)
{
    if (all)
        arm_send_event(arm_cpu(cpu));
    else
        arm_send_event_local(arm_cpu(cpu));
    return 0;
}

static uint64_t helper_yield(struct cpu *cpu)
{
    cpu_yield(cpu);
    return 0;
}

/* -- MSR, MRS, SYS: traps -- */

/* The syndrome of an access: as in the instruction, read in bit 0. */
static uint32_t access_syndrome(uint32_t insn)
{
    uint32_t iss = bits(insn, 19, 2) << 20 | bits(insn, 5, 3) << 17 | bits(insn, 16, 3) << 14 | bits(insn, 12, 4) << 10 |
                   (insn & 31) << 5 | bits(insn, 8, 4) << 1 | bits(insn, 21, 1);
    return arm_syndrome(EC_SYSREG, iss);
}

/* EL0 below a host's EL2, which stands in EL1's place. */
static bool is_host_el0(const struct arm_cpu *a)
{
    return a->el == 0 && arm_el2_enabled(a) && (a->hcr & HCR_E2H) && (a->hcr & HCR_TGE);
}

#define PMUSERENR_EN 1u
#define PMUSERENR_SW 2u
#define PMUSERENR_CR 4u
#define PMUSERENR_ER 8u

/* What PMUSERENR_EL0 opens one by one: to increment, to read the cycles, to choose and read the others. */
static bool pmu_closed_to_el0(const struct arm_cpu *a, uint16_t enc, bool write)
{
    unsigned crn = bits(enc, 7, 4), crm = bits(enc, 3, 4), op2 = enc & 7, open = PMUSERENR_EN;
    if (crn == 9 && crm == 14 && op2 == 0) /* PMUSERENR_EL0 */
        return false;
    if (crn == 9 && crm == 12 && op2 == 4)
        open |= PMUSERENR_SW;
    else if (crn == 9 && crm == 13 && op2 == 0 && !write)
        open |= PMUSERENR_CR;
    else if ((crn == 9 && crm == 12 && op2 == 5) || (crn == 9 && crm == 13 && op2 == 2 && !write) ||
             (crn == 14 && crm < 12 && !write))
        open |= PMUSERENR_ER;
    return !(a->pmuserenr & open);
}

bool arm_closed_to_el0(const struct arm_cpu *a, unsigned trap, uint16_t enc, bool write)
{
    bool host = is_host_el0(a);
    uint64_t sctlr = a->sctlr[host ? 2 : 1], cnt = host ? a->cnthctl : a->cntkctl;
    unsigned op2 = enc & 7;
    switch (trap) {
    case TRAP_ID2:
        return !(sctlr & SCTLR_UCT);
    case TRAP_DAIF:
        return !(sctlr & SCTLR_UMA);
    case TRAP_DEBUG:
    case TRAP_DEBUG_ROM:
        return a->mdscr >> 12 & 1;
    case TRAP_PMU:
        return pmu_closed_to_el0(a, enc, write);
    case TRAP_PCT: /* CNTFRQ with either */
        return !(cnt & (op2 == 0 ? 3 : 1));
    case TRAP_VCT:
        return !(cnt & 2);
    case TRAP_VTIMER:
        return !(cnt >> 8 & 1);
    case TRAP_PTIMER:
        return !(cnt >> 9 & 1);
    default:
        return false;
    }
}

/* The GIC's: SGIs are always EL2's to send where interrupts are its own; ICH_HCR_EL2 says of the others. */
bool arm_gic_trapped_to_el2(const struct arm_cpu *a, uint16_t enc)
{
    unsigned crn = bits(enc, 7, 4), crm = bits(enc, 3, 4), op2 = enc & 7;
    if (!a->gic.ops || a->el != 1)
        return false;
    bool sgi = crm == 11 && op2 >= 5, dir = crm == 11 && op2 == 1, group0 = crm == 8 || (crm == 12 && op2 == 6);
    bool common = crn == 4 || sgi || dir || (crm == 11 && op2 == 3) || (crm == 12 && op2 == 4);
    uint32_t traps = a->gic.ops->traps(a->gic.opaque, a->gic.n);
    if (sgi && (a->hcr & (HCR_IMO | HCR_FMO)))
        return true;
    if (crm == 12 && op2 == 5) /* ICC_SRE_EL1 */
        return false;
    return traps & ((common ? ICH_HCR_TC : group0 ? ICH_HCR_TALL0 : ICH_HCR_TALL1) | (dir ? ICH_HCR_TDIR : 0));
}

#define PMCR_EL0 ARM_SYSREG(3, 3, 9, 12, 0)

bool arm_trapped_to_el2(const struct arm_cpu *a, unsigned trap, uint16_t enc, bool write)
{
    bool e2h = a->hcr & HCR_E2H;
    if (is_host_el0(a))
        return false;
    switch (trap) {
    case TRAP_VM:
        return a->hcr & (write ? HCR_TVM : HCR_TRVM);
    case TRAP_ACTLR:
        return a->hcr & HCR_TACR;
    case TRAP_ID1:
        return a->hcr & HCR_TID1;
    case TRAP_ID2:
        return a->hcr & HCR_TID2;
    case TRAP_ID3:
        return a->hcr & HCR_TID3;
    case TRAP_CPACR:
        return a->cptr[2] >> 31 & 1;
    case TRAP_PMU:
        return a->mdcr[2] & (MDCR_TPM | (enc == PMCR_EL0 ? MDCR_TPMCR : 0));
    case TRAP_DEBUG:
        return a->mdcr[2] & (MDCR_TDE | 1u << 9);
    case TRAP_DEBUG_OS:
        return a->mdcr[2] & (MDCR_TDE | 1u << 10);
    case TRAP_DEBUG_ROM:
        return a->mdcr[2] & (MDCR_TDE | 1u << 11);
    case TRAP_PAUTH:
        return !(a->hcr & HCR_APK);
    case TRAP_PCT:
        return (enc & 7) == 1 && !(a->cnthctl >> (e2h ? 10 : 0) & 1);
    case TRAP_PTIMER:
        return !(a->cnthctl >> (e2h ? 11 : 1) & 1);
    case TRAP_GIC:
        return arm_gic_trapped_to_el2(a, enc);
    default:
        return false;
    }
}

/* EL3 wants the interrupts, of a group or all, for itself. */
static bool gic_trapped_to_el3(const struct arm_cpu *a, uint16_t enc)
{
    unsigned crn = bits(enc, 7, 4), crm = bits(enc, 3, 4), op2 = enc & 7;
    bool group0 = crn == 12 && (crm == 8 || (crm == 12 && op2 == 6));
    bool group1 = crn == 12 && (crm == 9 || (crm == 12 && (op2 <= 3 || op2 == 7)));
    if (!a->gic.ops || bits(enc, 11, 3) || (crn == 12 && crm == 12 && op2 == 5)) /* ICH_*; ICC_SRE_EL1 */
        return false;
    uint32_t taken = a->scr & (SCR_IRQ | SCR_FIQ);
    return group0 ? taken & SCR_FIQ : group1 ? taken & SCR_IRQ : taken == (SCR_IRQ | SCR_FIQ);
}

bool arm_trapped_to_el3(const struct arm_cpu *a, unsigned trap, uint16_t enc)
{
    switch (trap) {
    case TRAP_GIC:
        return gic_trapped_to_el3(a, enc) && !arm_gic_is_virtual(a, enc);
    case TRAP_CPACR:
        return a->cptr[3] >> 31 & 1;
    case TRAP_PMU:
        return a->mdcr[3] >> 6 & 1;
    case TRAP_DEBUG:
    case TRAP_SECURE_DEBUG:
        return a->mdcr[3] >> 9 & 1;
    case TRAP_DEBUG_OS:
        return a->mdcr[3] >> 10 & 1;
    case TRAP_PAUTH:
        return !(a->scr & SCR_APK);
    default:
        return false;
    }
}

static void check_access(struct arm_cpu *a, const struct arm_sysreg *r, uint32_t insn)
{
    bool write = !(insn >> 21 & 1);
    uint16_t enc = bits(insn, 5, 16);
    if (a->el == 0 && arm_closed_to_el0(a, r->trap, enc, write))
        arm_raise(a, arm_exception_level(a, 1), access_syndrome(insn));
    if (r->trap == TRAP_STIMER && (a->el == 2 || (a->el == 1 && !arm_secure(a))))
        arm_undefined(a);
    if (r->trap == TRAP_STIMER && a->el == 1 && !(a->scr & SCR_ST))
        arm_raise(a, 3, access_syndrome(insn));
    if (a->el < 2 && arm_el2_enabled(a) && arm_trapped_to_el2(a, r->trap, enc, write))
        arm_raise(a, 2, access_syndrome(insn));
    if (a->el < 3 && arm_has(a, ARMF_el3) && arm_trapped_to_el3(a, r->trap, enc))
        arm_raise(a, 3, access_syndrome(insn));
}

static uint64_t helper_mrs(struct cpu *cpu, uint64_t row, uint64_t insn)
{
    struct arm_cpu *a = arm_cpu(cpu);
    const struct arm_sysreg *r = (const struct arm_sysreg *)(uintptr_t)row;
    check_access(a, r, insn);
    return arm_sysreg_peek(a, r);
}

static uint64_t helper_msr(struct cpu *cpu, uint64_t row, uint64_t value, uint64_t insn)
{
    struct arm_cpu *a = arm_cpu(cpu);
    const struct arm_sysreg *r = (const struct arm_sysreg *)(uintptr_t)row;
    check_access(a, r, insn);
    if (r->write) {
        r->write(a, r, value);
    } else if (r->offset >= 0) {
        uint64_t *m = (uint64_t *)((char *)a + r->offset);
        *m = (*m & ~r->mask) | (value & r->mask);
    }
    return 0;
}

/* -- Caches -- */

/* HCR_EL2 and SCTLR_EL1 may keep EL0 or EL1 from it: hcr is the bit that traps EL1 and EL0 to EL2. */
static uint64_t helper_cache(struct cpu *cpu, uint64_t insn, uint64_t hcr)
{
    struct arm_cpu *a = arm_cpu(cpu);
    bool host = arm_el2_enabled(a) && (a->hcr & HCR_E2H) && (a->hcr & HCR_TGE);
    if (a->el == 0 && !(a->sctlr[host ? 2 : 1] & SCTLR_UCI))
        arm_raise(a, arm_exception_level(a, 1), access_syndrome(insn));
    if (a->el < 2 && arm_el2_enabled(a) && !(host && a->el == 0) && (a->hcr & hcr))
        arm_raise(a, 2, access_syndrome(insn));
    return 0;
}

/* DC ZVA is not permitted here: why. */
static uint64_t helper_no_zva(struct cpu *cpu, uint64_t insn)
{
    struct arm_cpu *a = arm_cpu(cpu);
    if (a->el == 0 && !(a->cpu.mode.word[0] & ARMKEY_DZE))
        arm_raise(a, arm_exception_level(a, 1), access_syndrome(insn));
    if (a->el < 2 && arm_el2_enabled(a) && (a->hcr & HCR_TDZ))
        arm_raise(a, 2, access_syndrome(insn));
    return 0;
}

/* -- Address translation -- */

static uint64_t helper_tlbi(struct cpu *cpu, uint64_t insn, uint64_t value)
{
    struct arm_cpu *a = arm_cpu(cpu);
    if (a->el == 1 && arm_el2_enabled(a) && (a->hcr & HCR_TTLB))
        arm_raise(a, 2, access_syndrome(insn));
    arm_tlbi(a, bits(insn, 5, 16), value);
    return 0;
}

static uint64_t helper_at(struct cpu *cpu, uint64_t insn, uint64_t va)
{
    arm_at(arm_cpu(cpu), bits(insn, 5, 16), va);
    return 0;
}

static uint64_t helper_nzcv(struct cpu *cpu)
{
    return arm_nzcv(arm_cpu(cpu));
}

/* TLBI to other CPUs are complete behind it; the caller leaves for the loop, at a safe point there. */
static uint64_t helper_dsb(struct cpu *cpu)
{
    arm_tlbi_wait(arm_cpu(cpu));
    return 0;
}

/* -- The helpers -- */

/* Levels change, and with them which SP is the guest's register. */
#define LEVEL (IR_H_READS | IR_H_WRITES | IR_H_TRAPS | IR_H_STATE)

ARM_HELPER(raise, 2, false, IR_H_TRAPS | IR_H_STATE);
ARM_HELPER(undefined, 0, false, IR_H_TRAPS | IR_H_STATE);
ARM_HELPER(pc_alignment, 0, false, IR_H_TRAPS | IR_H_STATE);
ARM_HELPER(svc, 1, false, LEVEL);
ARM_HELPER(hvc, 1, false, LEVEL);
ARM_HELPER(smc, 1, false, LEVEL);
ARM_HELPER(brk, 1, false, IR_H_TRAPS | IR_H_STATE);
ARM_HELPER(semihost, 0, false, LEVEL);
ARM_HELPER(eret, 1, false, LEVEL);
ARM_HELPER(bti, 2, false, IR_H_TRAPS | IR_H_STATE);
ARM_HELPER(step, 0, false, IR_H_TRAPS | IR_H_STATE);
ARM_HELPER(stepped, 0, false, IR_H_STATE);
ARM_HELPER(nzcv, 0, true, IR_H_READS);
ARM_HELPER(masks, 0, false, IR_H_STATE);
ARM_HELPER(pan, 1, false, IR_H_STATE);
ARM_HELPER(wfi, 0, false, IR_H_TRAPS | IR_H_STATE);
ARM_HELPER(wfe, 0, false, IR_H_TRAPS | IR_H_STATE);
ARM_HELPER(sev, 1, false, IR_H_STATE);
ARM_HELPER(yield, 0, false, IR_H_STATE);
ARM_HELPER(mrs, 2, true, LEVEL);
ARM_HELPER(msr, 3, false, LEVEL);
ARM_HELPER(cache, 2, false, IR_H_TRAPS | IR_H_STATE);
ARM_HELPER(no_zva, 1, false, IR_H_TRAPS | IR_H_STATE);
ARM_HELPER(tlbi, 2, false, IR_H_TRAPS | IR_H_STATE);
ARM_HELPER(at, 2, false, IR_H_TRAPS | IR_H_STATE);
ARM_HELPER(dsb, 0, false, IR_H_STATE);

const struct ir_helper *const arm_sys_helpers[] = {
    &arm_helper_raise, &arm_helper_undefined, &arm_helper_pc_alignment, &arm_helper_svc,   &arm_helper_hvc,
    &arm_helper_smc,   &arm_helper_brk,       &arm_helper_eret,         &arm_helper_bti, &arm_helper_step,
    &arm_helper_stepped, &arm_helper_masks,   &arm_helper_pan,          &arm_helper_wfi,   &arm_helper_wfe,
    &arm_helper_yield, &arm_helper_mrs,       &arm_helper_msr,          &arm_helper_cache, &arm_helper_no_zva,
    &arm_helper_tlbi,  &arm_helper_at,        &arm_helper_dsb,          &arm_helper_breakpoint,
    &arm_helper_semihost, &arm_helper_nzcv, &arm_helper_sev, NULL,
};
