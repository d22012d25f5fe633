/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What translated code of M-profile calls: special registers, exceptions, returns, waiting. Manuals: DDI 0403, B5.2;
 * DDI 0553, B3.
 */
#include "m.h"

#include <sched.h>

#include "cpu-exec.h"
#include "cpus.h"
#include "machine.h"
#include "semihost.h"
#include "trans-a32.h"

#define SEMIHOST_IMM 0xab /* BKPT's */

/* -- Exceptions -- */

static uint64_t helper_undefined(struct cpu *cpu)
{
    armm_raise(armm_cpu(cpu), EXC_USAGEFAULT, CFSR_UNDEFINSTR);
}

static uint64_t helper_fault(struct cpu *cpu, uint64_t cfsr)
{
    struct armm_cpu *m = armm_cpu(cpu);
    bool privileged = armm_privileged(m), nsacr = m->secure || !armm_has_security(m) || (m->nsacr & NSACR_CP10);
    /* What the secure state keeps for itself is its fault. */
    if (cfsr == CFSR_NOCP && !nsacr && armm_fp_enabled(m, false, privileged)) {
        cpu_sync_pc(cpu);
        armm_pend_fault_of(m, EXC_USAGEFAULT, true, cfsr);
        armm_take_pending(m);
        cpu_loop_exit(cpu);
    }
    armm_raise(m, EXC_USAGEFAULT, cfsr);
}

static uint64_t helper_svc(struct cpu *cpu)
{
    armm_call(armm_cpu(cpu), EXC_SVCALL);
    return 0;
}

/* A call of semihosting: r0 is its number, r1 its parameter. False: the instruction comes again. */
static bool call_host(struct armm_cpu *m)
{
    struct semihost_call c = { .cpu = &m->arm.cpu, .width = 4, .op = m->arm.x[0], .arg = m->arm.x[1],
                               .sp = m->arm.x[13] };
    if (!semihost_call(&c))
        return false;
    m->arm.x[0] = (uint32_t)c.result;
    return true;
}

/* No debugger is connected by the CPU's own registers. */
static uint64_t helper_bkpt(struct cpu *cpu, uint64_t imm, uint64_t length)
{
    struct armm_cpu *m = armm_cpu(cpu);
    if (imm == SEMIHOST_IMM && semihost_enabled(armm_privileged(m))) {
        cpu_sync_pc(cpu);
        if (call_host(m)) {
            cpu->pc += length;
            m->arm.itstate = m->arm.itstate & 7 ? (m->arm.itstate & 0xe0) | (m->arm.itstate << 1 & 0x1f) : 0;
        }
        return 0;
    }
    m->dfsr |= armm_is_v7(m) ? 2 : 0; /* BKPT */
    armm_raise(m, EXC_DEBUGMON, 0);
}

/* Bit 0 of the target is the instruction set; in handler mode the highest addresses are returns. */
static uint64_t helper_bx(struct cpu *cpu, uint64_t target)
{
    struct armm_cpu *m = armm_cpu(cpu);
    if (m->exception && target >= EXC_RETURN_MIN) {
        armm_exception_return(m, target);
        return 0;
    }
    if (armm_has_security(m) && (target & ~UINT64_C(1)) == FNC_RETURN) {
        armm_function_return(m);
        return 0;
    }
    m->arm.thumb = target & 1;
    cpu->pc = target & ~UINT64_C(1);
    armm_update_key(m);
    return 0;
}

/* -- Special registers, by SYSm -- */

enum {
    SYS_XPSR_LAST = 7, SYS_MSP = 8, SYS_PSP, SYS_MSPLIM, SYS_PSPLIM, SYS_PRIMASK = 16, SYS_BASEPRI, SYS_BASEPRI_MAX,
    SYS_FAULTMASK, SYS_CONTROL, SYS_SP = 24, SYS_NS = 0x80, /* with the others: the non-secure state's */
};

/* Numbers 0 to 7: bit 0 is IPSR, bit 1 EPSR, which reads as zero; APSR unless bit 2. */
static uint32_t read_xpsr(const struct armm_cpu *m, unsigned sysm)
{
    uint32_t v = armm_xpsr(m), mask = sysm & 1 ? XPSR_IPSR : 0;
    if (!(sysm & 4))
        mask |= PSTATE_NZCV | XPSR_Q | (armm_has(m, ARMF_dsp) ? XPSR_GE : 0);
    return v & mask;
}

/* The stack pointer that code of the state in the current mode has. */
static unsigned current_sp(const struct armm_cpu *m, bool secure)
{
    return ARMM_SP(secure, !m->exception && (m->control[secure] & CONTROL_SPSEL));
}

/* Of Armv8-M's baseline only the secure state has limits. */
static bool has_limits(const struct armm_cpu *m, bool secure)
{
    return armm_is_v8(m) && (armm_is_v7(m) || secure);
}

static uint64_t helper_mrs(struct cpu *cpu, uint64_t sysm)
{
    const struct armm_cpu *m = armm_cpu(cpu);
    bool s = m->secure && !(sysm & SYS_NS);
    if ((sysm & SYS_NS) && !m->secure)
        return 0;
    if (sysm <= SYS_XPSR_LAST)
        return read_xpsr(m, sysm & (armm_privileged(m) ? 7 : 6));
    sysm &= ~(uint64_t)SYS_NS;
    if (sysm == SYS_CONTROL)
        return armm_control(m, s) | (m->secure && m->sfpa ? CONTROL_SFPA : 0);
    if (!armm_privileged(m))
        return 0;
    switch (sysm) {
    case SYS_MSP: case SYS_PSP: return armm_sp(m, ARMM_SP(s, sysm - SYS_MSP));
    case SYS_MSPLIM: case SYS_PSPLIM: return has_limits(m, s) ? m->sp_limit[ARMM_SP(s, sysm - SYS_MSPLIM)] : 0;
    case SYS_PRIMASK: return m->primask[s];
    case SYS_BASEPRI: case SYS_BASEPRI_MAX: return m->basepri[s];
    case SYS_FAULTMASK: return m->faultmask[s];
    case SYS_SP: return s == m->secure ? 0 : armm_sp(m, current_sp(m, s));
    default: return 0;
    }
}

static void write_apsr(struct armm_cpu *m, unsigned mask, uint32_t v)
{
    if (mask & 2) {
        arm_set_nzcv(&m->arm, v);
        m->arm.cpsr_q = armm_is_v7(m) && (v & XPSR_Q) ? 1 : 0;
    }
    if ((mask & 1) && armm_has(m, ARMF_dsp))
        m->arm.cpsr_ge = bits(v, 16, 4);
}

/* SPSEL can be written in handler mode of Armv8-M, too. */
static void write_control(struct armm_cpu *m, bool secure, uint32_t v)
{
    uint32_t mask = m->model->user ? CONTROL_NPRIV : 0;
    if (!m->exception || armm_is_v8(m))
        mask |= CONTROL_SPSEL;
    m->control[secure] = (m->control[secure] & ~mask) | (v & mask);
    bool fp = armm_has(m, ARMF_fp) && (m->secure || !armm_has_security(m) || (m->nsacr & NSACR_CP10));
    if (fp)
        m->fpca = v & CONTROL_FPCA ? 1 : 0;
    if (fp && m->secure)
        m->sfpa = v & CONTROL_SFPA ? 1 : 0;
    armm_select_sp(m);
}

static void write_basepri(struct armm_cpu *m, bool secure, uint32_t v, bool only_raise)
{
    v &= (0xff00u >> m->prio_bits) & 0xff;
    if (!only_raise || (v && (!m->basepri[secure] || v < m->basepri[secure])))
        m->basepri[secure] = v;
}

/* The other state's current stack pointer, within its limit. */
static void write_sp_ns(struct armm_cpu *m, uint32_t v)
{
    unsigned which = current_sp(m, false);
    if (v < m->sp_limit[which] && !armm_ignores_limit(m, false))
        armm_raise(m, EXC_USAGEFAULT, CFSR_STKOF);
    armm_set_sp(m, which, v);
}

/* FAULTMASK can't be set where it would change nothing. */
static bool may_mask_faults(const struct armm_cpu *m)
{
    return armm_execution_priority(m) > -1;
}

/* What is not there, or not for unprivileged code, is ignored. */
static void write_privileged(struct armm_cpu *m, bool s, unsigned sysm, uint32_t v)
{
    bool v7 = armm_is_v7(m);
    switch (sysm) {
    case SYS_MSP: case SYS_PSP: armm_set_sp(m, ARMM_SP(s, sysm - SYS_MSP), v); break;
    case SYS_MSPLIM: case SYS_PSPLIM:
        if (has_limits(m, s))
            m->sp_limit[ARMM_SP(s, sysm - SYS_MSPLIM)] = v & ~7u;
        break;
    case SYS_PRIMASK: m->primask[s] = v & 1; break;
    case SYS_CONTROL: write_control(m, s, v); break;
    case SYS_BASEPRI: case SYS_BASEPRI_MAX:
        if (v7)
            write_basepri(m, s, v, sysm == SYS_BASEPRI_MAX);
        break;
    case SYS_FAULTMASK:
        if (v7 && (!(v & 1) || may_mask_faults(m)))
            m->faultmask[s] = v & 1;
        break;
    case SYS_SP:
        if (s != m->secure)
            write_sp_ns(m, v);
        break;
    }
}

static uint64_t helper_msr(struct cpu *cpu, uint64_t sysm, uint64_t mask, uint64_t v)
{
    struct armm_cpu *m = armm_cpu(cpu);
    bool ns = sysm & SYS_NS;
    if (sysm < 4) {
        write_apsr(m, mask, v);
    } else if (armm_privileged(m) && (!ns || m->secure)) {
        write_privileged(m, m->secure && !ns, sysm & ~(uint64_t)SYS_NS, v);
        armm_update_state(m);
        armm_check(m);
    }
    return 0;
}

static uint64_t helper_cps(struct cpu *cpu, uint64_t set, uint64_t primask, uint64_t faultmask)
{
    struct armm_cpu *m = armm_cpu(cpu);
    if (!armm_privileged(m))
        return 0;
    if (primask)
        m->primask[m->secure] = set;
    if (faultmask && armm_is_v7(m) && (!set || may_mask_faults(m)))
        m->faultmask[m->secure] = set;
    armm_update_state(m);
    armm_check(m);
    return 0;
}

/* -- Waiting -- */

static uint64_t helper_wait(struct cpu *cpu, uint64_t for_event, uint64_t length)
{
    struct armm_cpu *m = armm_cpu(cpu);
    cpu_sync_pc(cpu);
    cpu->pc += length;
    if (for_event && __atomic_exchange_n(&m->event, 0, __ATOMIC_SEQ_CST))
        return 0;
    m->waits = for_event;
    cpu_set_halted(cpu, !armm_has_work(cpu));
    return 0;
}

static uint64_t helper_sev(struct cpu *cpu)
{
    struct machine *board = cpu->machine;
    __atomic_store_n(&armm_cpu(cpu)->event, 1, __ATOMIC_SEQ_CST);
    for (unsigned i = 0; board && i < board->ncpus; i++) {
        if (board->cpus[i] == cpu || board->cpus[i]->arch != cpu->arch)
            continue;
        __atomic_store_n(&armm_cpu(board->cpus[i])->event, 1, __ATOMIC_SEQ_CST);
        cpu_kick(board->cpus[i]);
    }
    return 0;
}

#define M_HELPER(name_, nargs_, result_, flags_)                                                                       \
    const struct ir_helper armm_helper_##name_ = {                                                                     \
        .name = "armm_" #name_, .fn = helper_##name_, .nargs = nargs_, .result = result_, .flags = flags_ }
#define ANY (IR_H_READS | IR_H_WRITES | IR_H_TRAPS | IR_H_STATE)

M_HELPER(undefined, 0, false, IR_H_TRAPS | IR_H_STATE);
M_HELPER(fault, 1, false, IR_H_TRAPS | IR_H_STATE);
M_HELPER(svc, 0, false, ANY);
M_HELPER(bkpt, 2, false, ANY);
M_HELPER(bx, 1, false, ANY);
M_HELPER(mrs, 1, true, IR_H_READS | IR_H_STATE);
M_HELPER(msr, 3, false, ANY);
M_HELPER(cps, 3, false, ANY);
M_HELPER(wait, 2, false, IR_H_TRAPS | IR_H_STATE);
M_HELPER(sev, 0, false, IR_H_STATE);

const struct ir_helper *const armm_helpers[] = {
    &armm_helper_undefined, &armm_helper_fault, &armm_helper_svc, &armm_helper_bkpt, &armm_helper_bx, &armm_helper_mrs,
    &armm_helper_msr, &armm_helper_cps, &armm_helper_wait, &armm_helper_sev, &armm_helper_fp_context,
    &armm_helper_breakpoint, &armm_helper_bxns, &armm_helper_tt, &armm_helper_vlstm, NULL,
};
