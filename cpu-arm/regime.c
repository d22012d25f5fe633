/* SPDX-License-Identifier: BSD-2-Clause */
/* What follows from the state: the mode that translations are made for, the regimes of accesses, the FP environment. */
#include "aarch32.h"
#include "regime.h"
#include "cpu-exec.h"

/* -- Which SCTLR and TCR count at a level -- */

static bool host_el0(const struct arm_cpu *a)
{
    return a->el == 0 && arm_el2_enabled(a) && (a->hcr & HCR_E2H) && (a->hcr & HCR_TGE);
}

unsigned arm_regime_level(const struct arm_cpu *a)
{
    return a->el ? a->el : host_el0(a) ? 2 : 1;
}

/* -- Traps of FP -- */

/* FPEN; only_el0: what 1 of it does, counts. */
static bool fpen_traps(uint64_t control, bool only_el0)
{
    unsigned fpen = bits(control, 20, 2);
    return fpen == 0 || fpen == 2 || (fpen == 1 && only_el0);
}

unsigned arm_fp_access_level(const struct arm_cpu *a)
{
    bool el2 = arm_el2_enabled(a), vhe = el2 && (a->hcr & HCR_E2H), host = vhe && (a->hcr & HCR_TGE);
    bool closed = arm_a32_fp_closed(a);
    if (a->el <= 1 && !host && (fpen_traps(a->cpacr, a->el == 0) || closed))
        return a->el == 0 && el2 && (a->hcr & HCR_TGE) ? 2 : 1;
    if (el2 && a->el <= 2) {
        if (closed || (vhe ? fpen_traps(a->cptr[2], a->el == 0 && host) : a->cptr[2] >> 10 & 1))
            return 2;
    }
    return arm_has(a, ARMF_el3) && (a->cptr[3] >> 10 & 1) ? 3 : 0;
}

/* The level that FP and SIMD instructions trap to, 0: none. */
static unsigned fp_trap_level(const struct arm_cpu *a)
{
    if (arm_in_a32(a) && !(a->fpexc32 & 1u << 30 /* EN */) && arm_level_is_a32(a, 1))
        return 1;
    return arm_fp_access_level(a);
}

/* -- Software step -- */

/* Debug exceptions are enabled at a level with these masks, and MDSCR_EL1.SS asks for steps. */
bool arm_step_enabled_at(const struct arm_cpu *a, unsigned el, uint64_t pstate)
{
    /* AArch32 has no software step. */
    return (a->mdscr & 1) && !arm_level_is_a32(a, arm_debug_target(a)) && arm_debug_enabled_at(a, el, pstate);
}

/* -- The mode -- */

#define FPCR_VECTOR 0x370000u /* LEN, STRIDE */

static uint32_t fp_mode(const struct arm_cpu *a)
{
    uint32_t f = a->fpcr, mode = 0;
    static const uint8_t rounding[4] = { IR_RNE, IR_RUP, IR_RDN, IR_RTZ };
    mode |= rounding[bits(f, 22, 2)] << ARMKEY_FPRM_SHIFT;
    mode |= f & 1u << 19 ? ARMKEY_FZ16 : 0;
    mode |= f & 1u << 24 ? ARMKEY_FZ : 0;
    mode |= f & 1u << 25 ? ARMKEY_DN : 0;
    mode |= f & 1u << 26 ? ARMKEY_AHP : 0;
    return mode;
}

/* Which halves ignore the top byte of instruction addresses: bit 0 the low one. */
static unsigned tbi_of_instructions(const struct arm_cpu *a, bool two, uint64_t tcr)
{
    unsigned tbi = two ? bits(tcr, 37, 2) : (tcr >> 20 & 1) * 3, tbid = two ? bits(tcr, 51, 2) : (tcr >> 29 & 1) * 3;
    return arm_has(a, ARMF_pauth) ? tbi & ~tbid : tbi;
}

void arm_update_key(struct arm_cpu *a)
{
    if (a->update_key) {
        a->update_key(a);
        return;
    }
    unsigned level = arm_regime_level(a);
    bool host2 = level == 2 && (a->hcr & HCR_E2H), two = level == 1 || host2;
    uint64_t sctlr = level == 1 ? arm_a32_sctlr(a, arm_secure(a)) : a->sctlr[level], tcr = a->tcr[level];
    uint32_t mode = a->el | (sctlr & 2 ? ARMKEY_ALIGN : 0);
    mode |= sctlr >> (a->el ? 3 : 4) & 1 ? ARMKEY_SP_ALIGN : 0;
    mode |= (two ? ARMKEY_TWO_RANGES : 0) | tbi_of_instructions(a, two, tcr) << ARMKEY_TBI_SHIFT;
    mode |= a->pstate & PSTATE_IL ? ARMKEY_ILLEGAL : 0;
    bool a32 = arm_in_a32(a);
    mode |= a32 ? ARMKEY_A32 : a->pstate & PSTATE_SP ? ARMKEY_SPSEL : 0;
    mode |= a->el == 2 && (a->hcr & HCR_E2H) ? ARMKEY_E2H : 0;
    mode |= a->el < 2 && arm_el2_enabled(a) && ((a->hcr & HCR_TRAPS) || (a32 && a->hstr)) ? ARMKEY_HCR_TRAPS : 0;
    if (unlikely(a->mdscr & 1) && arm_step_enabled_at(a, a->el, a->pstate))
        mode |= a->pstate & PSTATE_SS ? ARMKEY_SS : ARMKEY_SS_PENDING;
    mode |= fp_trap_level(a) << ARMKEY_FP_SHIFT;
    mode |= (a32 ? a->pstate & A32_E : sctlr >> (a->el ? 25 : 24) & 1) ? ARMKEY_BE : 0;
    if (arm_has(a, ARMF_bti)) {
        mode |= sctlr >> (a->el ? 36 : 35) & 1 ? ARMKEY_BT : 0;
        mode |= a->guarded >> a->el & 1 ? ARMKEY_GUARDED : 0;
    }
    if (arm_has(a, ARMF_pauth))
        mode |= ((sctlr >> 31 & 1) | (sctlr >> 30 & 1) << 1 | (sctlr >> 27 & 1) << 2 | (sctlr >> 13 & 1) << 3)
                << ARMKEY_PAC_SHIFT;
    mode |= (a->el == 1 || (a->el == 2 && host2 && (a->hcr & HCR_TGE))) && !(a->pstate & PSTATE_UAO) ? ARMKEY_UNPRIV : 0;
    mode |= a->el || sctlr >> 14 & 1 ? ARMKEY_DZE : 0;
    unsigned second = a32 ? (a->thumb ? ARMKEY_T32 : 0) | a->itstate << ARMKEY_IT_SHIFT : 0;
    second |= a->fpcr & FPCR_VECTOR; /* LEN and STRIDE are at the same places */
    second |= arm_breakpoints_armed(a) ? ARMKEY_BREAKPOINTS : 0;
    second |= arm_in_monitor(a) ? ARMKEY_MONITOR : 0;
    cpu_set_mode(&a->cpu, mode | fp_mode(a), second);
}

/* -- The regimes -- */

void arm_update_state(struct arm_cpu *a)
{
    if (unlikely(a->pm_filtered)) /* the level may be another */
        arm_pm_sync(a);
    arm_update_key(a);
    arm_update_regimes(a);
}

/* -- FPCR, FPSR -- */

#define FPCR_MASK 0x07ff9f00u /* AHP, DN, FZ, RMode, FZ16, trap enables; Stride and Len are AArch32's */
#define FPSR_QC (1u << 27)

void arm_fpcr_write(struct arm_cpu *a, uint64_t value)
{
    static const uint8_t rounding[4] = { IR_RNE, IR_RUP, IR_RDN, IR_RTZ };
    uint32_t mask = 0x07c00000u | (arm_has(a, ARMF_fp16) ? 1u << 19 : 0) |
                    (arm_has(a, ARMF_fpshvec) ? FPCR_VECTOR : 0); /* traps of exceptions are not implemented */
    fp_flags_sync(&a->cpu);
    a->fpcr = value & mask & FPCR_MASK;
    a->cpu.fp.default_nan = value >> 25 & 1;
    a->cpu.fp.flush_in = a->cpu.fp.flush_out = value >> 24 & 1;
    fp_rounding_set(&a->cpu, rounding[bits(a->fpcr, 22, 2)]);
    arm_update_key(a);
}

/* Where FPSR has a flag of softfp's. */
static const struct {
    uint8_t flag, bit;
} fpsr_bits[] = { { FP_NV, 0 }, { FP_DZ, 1 }, { FP_OF, 2 }, { FP_UF, 3 }, { FP_NX, 4 }, { FP_ID, 7 } };

uint64_t arm_fpsr_read(struct arm_cpu *a)
{
    uint64_t v = a->qc ? FPSR_QC : 0;
    fp_flags_sync(&a->cpu);
    for (unsigned i = 0; i < ARRAY_SIZE(fpsr_bits); i++)
        v |= a->cpu.fp.flags & fpsr_bits[i].flag ? 1u << fpsr_bits[i].bit : 0;
    return v;
}

void arm_fpsr_write(struct arm_cpu *a, uint64_t value)
{
    unsigned flags = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(fpsr_bits); i++)
        flags |= value >> fpsr_bits[i].bit & 1 ? fpsr_bits[i].flag : 0;
    a->qc = value & FPSR_QC ? 1 : 0;
    fp_flags_set(&a->cpu, flags);
}
