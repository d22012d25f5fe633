/* SPDX-License-Identifier: BSD-2-Clause */
/* M-profile's FP context: who may use it, lazy preservation. Manuals: DDI 0403, B1.5.7; DDI 0553, B3.24. */
#include "m.h"

#include "cpu-exec.h"

#define FP_WORDS 16
#define FPDSCR_MASK 0x07c00000u /* AHP, DN, FZ, RMode */

bool armm_fp_enabled(const struct armm_cpu *m, bool secure, bool privileged)
{
    unsigned access = bits(m->cpacr[secure], 20, 2);
    return armm_has(m, ARMF_fp) && (access == 3 || (access == 1 && privileged));
}

/* Whose FP registers are that a frame waits for, FPCCR.S. */
static bool owner(const struct armm_cpu *m)
{
    return armm_has_security(m) && (m->fpccr[1] & FPCCR_S);
}

/* The registers belong to nothing yet: they begin as FPDSCR says. */
static bool wants_context(const struct armm_cpu *m)
{
    return (m->fpccr[m->secure] & FPCCR_ASPEN) && (!m->fpca || (m->secure && !m->sfpa));
}

bool armm_fp_needs_context(const struct armm_cpu *m)
{
    if (!armm_has(m, ARMF_fp))
        return false;
    return (m->fpccr[owner(m)] & FPCCR_LSPACT) || wants_context(m) || (armm_has_security(m) && owner(m) != m->secure);
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

/* From a frame's FP part on, register i: FPSCR lies between S15 and S16. */
static uint32_t place_of(unsigned i)
{
    return 4 * i + (i >= FP_WORDS ? 8 : 0);
}

bool armm_fp_save(struct armm_cpu *m, const struct mmu_key *key, uint32_t at, bool all, struct mmu_fault *fault)
{
    struct cpu *cpu = &m->arm.cpu;
    for (unsigned i = 0; i < (all ? 2 : 1) * FP_WORDS; i++)
        if (!mmu_try_store(cpu, key, at + place_of(i), single(m, i), IR_MEM_32 | IR_MEM_ALIGN, fault))
            return false;
    return mmu_try_store(cpu, key, at + 4 * FP_WORDS, armm_fpscr(m), IR_MEM_32 | IR_MEM_ALIGN, fault);
}

bool armm_fp_restore(struct armm_cpu *m, const struct mmu_key *key, uint32_t at, bool all, struct mmu_fault *fault)
{
    struct cpu *cpu = &m->arm.cpu;
    uint64_t v[2 * FP_WORDS], fpscr;
    unsigned n = (all ? 2 : 1) * FP_WORDS;
    for (unsigned i = 0; i < n; i++)
        if (!mmu_try_load(cpu, key, at + place_of(i), IR_MEM_32 | IR_MEM_ALIGN, &v[i], fault))
            return false;
    if (!mmu_try_load(cpu, key, at + 4 * FP_WORDS, IR_MEM_32 | IR_MEM_ALIGN, &fpscr, fault))
        return false;
    for (unsigned i = 0; i < n; i++)
        set_single(m, i, v[i]);
    armm_set_fpscr(m, fpscr);
    return true;
}

void armm_fp_clear(struct armm_cpu *m, bool all)
{
    for (unsigned i = 0; i < (all ? 2 : 1) * FP_WORDS; i++)
        set_single(m, i, 0);
    armm_set_fpscr(m, 0);
}

/* Take the fault that is pending, at the instruction; if it can't be taken now, it is only pending. */
static void take_fault(struct armm_cpu *m)
{
    cpu_sync_pc(&m->arm.cpu);
    if (armm_take_pending(m) || m->lockup)
        cpu_loop_exit(&m->arm.cpu);
}

/* What was put off at an exception's entry: the registers go to the frame. The instruction has not begun. */
static void preserve(struct armm_cpu *m)
{
    struct mmu_fault fault;
    bool s = owner(m), privileged = !(m->fpccr[s] & FPCCR_USER), all = s && (m->fpccr[1] & FPCCR_TS);
    bool negative = !(m->fpccr[armm_top(m)] & FPCCR_HFRDY);
    bool bypass = !(m->mpu_ctrl[s] & MPU_CTRL_ENABLE) || (negative && !(m->mpu_ctrl[s] & MPU_CTRL_HFNMIENA));
    struct mmu_key key = armm_key(s, !privileged, bypass);
    if (armm_is_v8(m) && !armm_fp_enabled(m, s, privileged)) {
        armm_pend_fault_of(m, EXC_USAGEFAULT, s, CFSR_NOCP);
        take_fault(m);
    } else if (armm_has_security(m) && !s && !(m->nsacr & NSACR_CP10)) {
        armm_pend_fault_of(m, EXC_USAGEFAULT, true, CFSR_NOCP);
        take_fault(m);
    } else if (m->fpccr[s] & FPCCR_SPLIMVIOL) {
        armm_pend_fault_of(m, EXC_USAGEFAULT, s, CFSR_STKOF);
        take_fault(m);
    } else if (!armm_fp_save(m, &key, m->fpcar[s], all, &fault)) {
        armm_pend_access(m, &fault, s, CFSR_MLSPERR, CFSR_LSPERR, SFSR_LSPERR);
        take_fault(m);
    }
    m->fpccr[s] &= ~FPCCR_LSPACT;
    if (all)
        armm_fp_clear(m, true);
}

static uint64_t helper_fp_context(struct cpu *cpu)
{
    struct armm_cpu *m = armm_cpu(cpu);
    if (m->fpccr[owner(m)] & FPCCR_LSPACT)
        preserve(m);
    if (armm_has_security(m))
        m->fpccr[1] = (m->fpccr[1] & ~FPCCR_S) | (m->secure ? FPCCR_S : 0);
    if (wants_context(m)) {
        armm_set_fpscr(m, m->fpdscr[m->secure] & FPDSCR_MASK);
        m->fpca = 1;
        m->sfpa = m->secure;
    }
    armm_update_key(m);
    return 0;
}

/* VLSTM, VLLDM: secure code's FP registers, which it may have, are to survive a call of the other state. */
static uint64_t helper_vlstm(struct cpu *cpu, uint64_t address, uint64_t load)
{
    struct armm_cpu *m = armm_cpu(cpu);
    struct mmu_fault fault;
    bool all = m->fpccr[1] & FPCCR_TS, ok = true;
    if (!m->secure)
        armm_raise(m, EXC_USAGEFAULT, CFSR_UNDEFINSTR);
    if (!m->sfpa)
        return 0;
    if ((address & 7) && (!load || !(m->fpccr[1] & FPCCR_LSPACT)))
        armm_raise(m, EXC_USAGEFAULT, CFSR_UNALIGNED);
    if (load && (m->fpccr[1] & FPCCR_LSPACT)) {
        m->fpccr[1] &= ~FPCCR_LSPACT;
    } else if (load) {
        ok = armm_fp_restore(m, &m->arm.data_key, address, all, &fault);
    } else if (m->fpccr[1] & FPCCR_LSPACT) {
        cpu_sync_pc(cpu);
        armm_pend_secure_fault(m, SFSR_LSERR);
        armm_take_pending(m);
        cpu_loop_exit(cpu);
    } else if (m->fpccr[1] & FPCCR_LSPEN) {
        armm_note_lazy(m, address, false);
    } else {
        ok = armm_fp_save(m, &m->arm.data_key, address, all, &fault);
        if (ok)
            armm_fp_clear(m, all);
    }
    if (!ok) {
        cpu_sync_pc(cpu);
        armm_raise_fault(cpu, &fault, IR_MEM_32 | IR_MEM_ALIGN);
        cpu_loop_exit(cpu);
    }
    m->fpca = load;
    armm_update_key(m);
    return 0;
}

#define ANY (IR_H_READS | IR_H_WRITES | IR_H_TRAPS | IR_H_STATE)
const struct ir_helper armm_helper_fp_context = {
    .name = "armm_fp_context", .fn = helper_fp_context, .nargs = 0, .flags = ANY,
};
const struct ir_helper armm_helper_vlstm = {
    .name = "armm_vlstm", .fn = helper_vlstm, .nargs = 2, .flags = ANY,
};
