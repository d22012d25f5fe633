/* SPDX-License-Identifier: BSD-2-Clause */
/* M-profile's FP context: who may use it, lazy preservation. Manual: DDI 0403, B1.5.7, "Stack alignment ... lazy". */
#include "m.h"

#include "cpu-exec.h"

#define FP_WORDS 16
#define FPDSCR_MASK 0x07c00000u /* AHP, DN, FZ, RMode */

bool armm_fp_enabled(const struct armm_cpu *m)
{
    unsigned access = bits(m->cpacr, 20, 2);
    return armm_has(m, ARMF_fp) && (access == 3 || (access == 1 && armm_privileged(m)));
}

bool armm_fp_needs_context(const struct armm_cpu *m)
{
    return armm_has(m, ARMF_fp) &&
           ((m->fpccr & FPCCR_LSPACT) || ((m->fpccr & FPCCR_ASPEN) && !(m->control & CONTROL_FPCA)));
}

uint32_t armm_fpscr(struct armm_cpu *m)
{
    return m->arm.fpcr | m->arm.fpscr_nzcv | arm_fpsr_read(&m->arm);
}

void armm_set_fpscr(struct armm_cpu *m, uint32_t value)
{
    m->arm.fpscr_nzcv = value & PSTATE_NZCV;
    arm_fpsr_write(&m->arm, value & 0x9f);
    arm_fpcr_write(&m->arm, value);
}

static uint32_t single(const struct armm_cpu *m, unsigned n)
{
    return m->arm.v[n / 4].q[n / 2 % 2] >> (n % 2 * 32);
}

static void set_single(struct armm_cpu *m, unsigned n, uint32_t v)
{
    uint64_t *q = &m->arm.v[n / 4].q[n / 2 % 2];
    *q = with_bits(*q, n % 2 * 32, 32, v);
}

bool armm_fp_save(struct armm_cpu *m, const struct mmu_key *key, uint32_t at, struct mmu_fault *fault)
{
    for (unsigned i = 0; i <= FP_WORDS; i++) {
        uint32_t v = i < FP_WORDS ? single(m, i) : armm_fpscr(m);
        if (!mmu_try_store(&m->arm.cpu, key, at + 4 * i, v, IR_MEM_32 | IR_MEM_ALIGN, fault))
            return false;
    }
    return true;
}

bool armm_fp_restore(struct armm_cpu *m, const struct mmu_key *key, uint32_t at, struct mmu_fault *fault)
{
    uint64_t v[FP_WORDS + 1];
    for (unsigned i = 0; i <= FP_WORDS; i++)
        if (!mmu_try_load(&m->arm.cpu, key, at + 4 * i, IR_MEM_32 | IR_MEM_ALIGN, &v[i], fault))
            return false;
    for (unsigned i = 0; i < FP_WORDS; i++)
        set_single(m, i, v[i]);
    armm_set_fpscr(m, v[FP_WORDS]);
    return true;
}

/* What was put off at an exception's entry: the registers go to the frame. The instruction has not begun. */
static void preserve(struct armm_cpu *m)
{
    struct mmu_fault fault;
    bool bypass = !(m->mpu_ctrl & MPU_CTRL_ENABLE) ||
                  (!(m->fpccr & FPCCR_HFRDY) && !(m->mpu_ctrl & MPU_CTRL_HFNMIENA));
    struct mmu_key key = armm_key(m->fpccr & FPCCR_USER, bypass);
    if (!armm_fp_save(m, &key, m->fpcar, &fault)) {
        uint32_t cfsr;
        enum armm_exception n = armm_fault_of(&fault, CFSR_MLSPERR, CFSR_LSPERR, &cfsr);
        armm_raise(m, n, cfsr);
    }
    m->fpccr &= ~FPCCR_LSPACT;
}

static uint64_t helper_fp_context(struct cpu *cpu)
{
    struct armm_cpu *m = armm_cpu(cpu);
    if (m->fpccr & FPCCR_LSPACT)
        preserve(m);
    if ((m->fpccr & FPCCR_ASPEN) && !(m->control & CONTROL_FPCA)) {
        armm_set_fpscr(m, m->fpdscr & FPDSCR_MASK);
        m->control |= CONTROL_FPCA;
    }
    armm_update_key(m);
    return 0;
}

const struct ir_helper armm_helper_fp_context = {
    .name = "armm_fp_context", .fn = helper_fp_context, .nargs = 0, .result = false,
    .flags = IR_H_READS | IR_H_WRITES | IR_H_TRAPS | IR_H_STATE,
};
