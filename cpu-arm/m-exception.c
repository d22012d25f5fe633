/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions of M-profile: entry and return with their stack frames, faults and what becomes of them, lockup. Manual:
 * DDI 0403, B1.5, "Armv7-M exception model".
 */
#include "m.h"

#include <inttypes.h>

#include "cpu-exec.h"
#include "cpus.h"
#include "log.h"
#include "symbols.h"

#define FRAME_SIZE 0x20u
#define FP_FRAME_SIZE 0x68u
#define LOCKUP_PC 0xfffffffeu

static const char *const names[] = {
    [EXC_RESET] = "Reset", [EXC_NMI] = "NMI", [EXC_HARDFAULT] = "HardFault", [EXC_MEMMANAGE] = "MemManage",
    [EXC_BUSFAULT] = "BusFault", [EXC_USAGEFAULT] = "UsageFault", [EXC_SVCALL] = "SVCall",
    [EXC_DEBUGMON] = "DebugMonitor", [EXC_PENDSV] = "PendSV", [EXC_SYSTICK] = "SysTick",
};

static void log_entry(const struct armm_cpu *m, unsigned n)
{
    g_autofree char *where = symbol_text(" ", m->arm.cpu.pc, true);
    log_printf("cpu %u: exception %u", m->arm.cpu.index, n);
    if (n < EXC_IRQ)
        log_printf(" (%s)", names[n] ? names[n] : "reserved");
    else
        log_printf(" (interrupt %u)", n - EXC_IRQ);
    log_printf(" at 0x%08" PRIx64 "%s, from %s %u, CFSR 0x%08x HFSR 0x%08x MMFAR 0x%08x BFAR 0x%08x\n", m->arm.cpu.pc,
               where ? where : "", m->exception ? "exception" : "thread, CONTROL",
               m->exception ? m->exception : m->control, m->cfsr, m->hfsr, m->mmfar, m->bfar);
}

/* -- What faults become -- */

static void lock_up(struct armm_cpu *m, enum armm_exception n)
{
    if (!m->lockup)
        g_printerr("mynah: cpu %u: lockup: %s at 0x%08" PRIx64 
                   " in the handler of exception %u (CFSR 0x%08x HFSR 0x%08x)\n",
                   m->arm.cpu.index, names[n], m->arm.cpu.pc, m->exception, m->cfsr, m->hfsr);
    m->lockup = 1;
    m->arm.cpu.pc = LOCKUP_PC;
    m->arm.cpu.halted = true;
    cpu_kick(&m->arm.cpu);
}

void armm_pend_fault(struct armm_cpu *m, enum armm_exception n, uint32_t cfsr)
{
    int now = armm_execution_priority(m);
    if (armm_is_v7(m))
        m->cfsr |= cfsr;
    if (n != EXC_HARDFAULT && (!armm_bit(m->enabled, n) || armm_group(m, armm_priority(m, n)) >= now)) {
        if (armm_is_v7(m))
            m->hfsr |= n == EXC_DEBUGMON ? HFSR_DEBUGEVT : HFSR_FORCED;
        n = EXC_HARDFAULT;
    }
    if (n == EXC_HARDFAULT && now <= -1)
        lock_up(m, n);
    else
        armm_set_pending(m, n);
}

enum armm_exception armm_fault_of(const struct mmu_fault *fault, uint32_t memmanage, uint32_t bus, uint32_t *cfsr)
{
    bool is_bus = fault->source != MMU_FAULT_WALK || fault->kind == ARMM_FAULT_PPB;
    *cfsr = is_bus ? bus : memmanage;
    return is_bus ? EXC_BUSFAULT : EXC_MEMMANAGE;
}

/* -- Frames -- */

struct frame {
    struct mmu_key key; /* whose accesses these are */
    uint32_t at;
    struct mmu_fault fault;
    bool failed;
};

static void push(struct armm_cpu *m, struct frame *f, unsigned offset, uint32_t v)
{
    f->failed |= !f->failed && !mmu_try_store(&m->arm.cpu, &f->key, f->at + offset, v, IR_MEM_32 | IR_MEM_ALIGN,
                                              &f->fault);
}

static uint32_t pop(struct armm_cpu *m, struct frame *f, unsigned offset)
{
    uint64_t v = 0;
    f->failed |= !f->failed && !mmu_try_load(&m->arm.cpu, &f->key, f->at + offset, IR_MEM_32 | IR_MEM_ALIGN, &v,
                                             &f->fault);
    return v;
}

/* Where FP's part of the frame goes once an FP instruction comes. */
static void note_lazy(struct armm_cpu *m, uint32_t at)
{
    int now = armm_execution_priority(m);
    uint32_t v = FPCCR_LSPACT;
    static const struct {
        uint8_t exception;
        uint32_t ready;
    } ready[] = { { EXC_MEMMANAGE, FPCCR_MMRDY }, { EXC_BUSFAULT, FPCCR_BFRDY }, { EXC_DEBUGMON, FPCCR_MONRDY } };
    for (unsigned i = 0; i < ARRAY_SIZE(ready); i++) {
        unsigned n = ready[i].exception;
        v |= armm_bit(m->enabled, n) && now > armm_group(m, armm_priority(m, n)) ? ready[i].ready : 0;
    }
    v |= now > -1 ? FPCCR_HFRDY : 0;
    v |= m->exception ? 0 : FPCCR_THREAD;
    v |= armm_privileged(m) ? 0 : FPCCR_USER;
    m->fpccr = (m->fpccr & (FPCCR_ASPEN | FPCCR_LSPEN)) | v;
    m->fpcar = at;
}

/* The frame of the interrupted code, below its stack pointer. */
static void push_frame(struct armm_cpu *m)
{
    struct arm_cpu *a = &m->arm;
    bool fp = m->control & CONTROL_FPCA;
    uint32_t sp = a->x[13], xpsr = armm_xpsr(m) & ~XPSR_ALIGN;
    bool align = (fp || (m->ccr & CCR_STKALIGN)) && (sp & 4);
    struct frame f = { .key = a->data_key, .at = (sp - (fp ? FP_FRAME_SIZE : FRAME_SIZE)) & (align ? ~7u : ~3u) };
    for (unsigned i = 0; i < 4; i++)
        push(m, &f, 4 * i, a->x[i]);
    push(m, &f, 0x10, a->x[12]);
    push(m, &f, 0x14, a->x[14]);
    push(m, &f, 0x18, a->cpu.pc);
    push(m, &f, 0x1c, xpsr | (align ? XPSR_ALIGN : 0));
    if (fp && (m->fpccr & FPCCR_LSPEN))
        note_lazy(m, f.at + FRAME_SIZE);
    else if (fp && !f.failed)
        f.failed = !armm_fp_save(m, &f.key, f.at + FRAME_SIZE, &f.fault);
    a->x[13] = f.at;
    if (f.failed) {
        uint32_t cfsr;
        enum armm_exception n = armm_fault_of(&f.fault, CFSR_MSTKERR, CFSR_STKERR, &cfsr);
        armm_pend_fault(m, n, cfsr);
    }
}

/* -- Entry -- */

/* Into the handler of what is pending with the highest priority; the frame is there. */
static void enter(struct armm_cpu *m, uint32_t exc_return)
{
    struct arm_cpu *a = &m->arm;
    int group;
    unsigned n = armm_next(m, &group);
    uint64_t entry = 0;
    struct mmu_fault fault;
    if (log_on(LOG_INT))
        log_entry(m, n);
    m->exception = n;
    armm_select_sp(m);
    armm_clear_pending(m, n);
    armm_activate(m, n);
    a->x[14] = exc_return;
    m->control &= ~CONTROL_FPCA;
    a->itstate = 0;
    a->excl_addr = ~UINT64_C(0);
    __atomic_store_n(&m->event, 1, __ATOMIC_SEQ_CST);
    m->lockup = 0;
    const struct mmu_key key = armm_key(false, true);
    if (!mmu_try_load(&a->cpu, &key, m->vtor + 4 * n, IR_MEM_32 | IR_MEM_ALIGN, &entry, &fault)) {
        m->hfsr |= armm_is_v7(m) ? HFSR_VECTTBL : 0;
        armm_pend_fault(m, EXC_HARDFAULT, 0);
        entry = 1;
    }
    if (!m->lockup) {
        a->thumb = entry & 1;
        a->cpu.pc = entry & ~UINT64_C(1);
    }
    armm_update_state(m);
    armm_check(m);
}

/* 0xfffffff1: handler mode; 0xfffffff9: thread, MSP; 0xfffffffd: thread, PSP; bit 4 is clear if FP's part is there. */
static uint32_t exc_return_of(const struct armm_cpu *m)
{
    uint32_t v = m->exception ? 0xfffffff1u : m->control & CONTROL_SPSEL ? 0xfffffffdu : 0xfffffff9u;
    return m->control & CONTROL_FPCA ? v & ~0x10u : v;
}

bool armm_take_pending(struct armm_cpu *m)
{
    int group;
    if (!armm_next(m, &group) || group >= armm_execution_priority(m))
        return false;
    uint32_t exc_return = exc_return_of(m);
    push_frame(m);
    if (!m->lockup)
        enter(m, exc_return);
    return true;
}

void armm_raise(struct armm_cpu *m, enum armm_exception n, uint32_t cfsr)
{
    cpu_sync_pc(&m->arm.cpu);
    armm_pend_fault(m, n, cfsr);
    armm_take_pending(m);
    cpu_loop_exit(&m->arm.cpu);
}

void armm_call(struct armm_cpu *m, enum armm_exception n)
{
    armm_pend_fault(m, n, 0);
    armm_take_pending(m);
}

void armm_raise_fault(struct cpu *cpu, const struct mmu_fault *fault, unsigned memop)
{
    struct armm_cpu *m = armm_cpu(cpu);
    bool fetch = fault->access == MMU_FETCH;
    uint32_t cfsr;
    enum armm_exception n;
    if (fault->source == MMU_FAULT_ALIGN) {
        n = EXC_USAGEFAULT;
        cfsr = CFSR_UNALIGNED;
    } else if (fetch) {
        n = armm_fault_of(fault, CFSR_IACCVIOL, CFSR_IBUSERR, &cfsr);
    } else {
        n = armm_fault_of(fault, CFSR_DACCVIOL | CFSR_MMARVALID, CFSR_PRECISERR | CFSR_BFARVALID, &cfsr);
        *(n == EXC_MEMMANAGE ? &m->mmfar : &m->bfar) = fault->va;
    }
    armm_pend_fault(m, n, cfsr);
    armm_take_pending(m);
}

/* -- Return -- */

/* What is wrong with a return from the current exception, 0: nothing. */
static uint32_t check_return(const struct armm_cpu *m, uint32_t exc_return)
{
    unsigned active = 0;
    for (unsigned i = 0; i < ARMM_WORDS; i++)
        active += __builtin_popcount(m->active[i]);
    if (!armm_bit(m->active, m->exception))
        return CFSR_INVPC;
    if ((exc_return & 0x0fffffe0u) != 0x0fffffe0u || (!(exc_return & 0x10) && !armm_has(m, ARMF_fp)))
        return CFSR_INVPC;
    switch (exc_return & 15) {
    case 1: /* to handler mode */
        return active == 1 ? CFSR_INVPC : 0;
    case 9:
    case 13:
        return active != 1 && !(m->ccr & CCR_NONBASETHRDENA) ? CFSR_INVPC : 0;
    default:
        return CFSR_INVPC;
    }
}

/* The handler that returns is done. FAULTMASK ends with it, but for NMI's. */
static void deactivate(struct armm_cpu *m)
{
    unsigned n = m->exception;
    if (armm_bit(m->active, n))
        armm_deactivate(m, n);
    if (n != EXC_NMI)
        m->faultmask = 0;
}

/* Another exception in the place of the return: the frame stays as it is. */
static void chain(struct armm_cpu *m, uint32_t exc_return)
{
    if (m->lockup)
        armm_update_state(m);
    else
        enter(m, exc_return);
}

/* The frame at the stack pointer becomes the state, but for *xpsr. False: it can't, and the fault is pending. */
static bool pop_frame(struct armm_cpu *m, uint32_t exc_return, uint32_t *xpsr)
{
    struct arm_cpu *a = &m->arm;
    bool thread = exc_return & 8, fp = !(exc_return & 0x10);
    bool unprivileged = thread && (m->control & CONTROL_NPRIV);
    uint32_t sp = armm_sp(m, exc_return >> 2 & 1);
    struct frame f = { .key = armm_key(unprivileged, armm_mpu_off(m)), .at = sp };
    uint32_t r[8];
    for (unsigned i = 0; i < 8; i++)
        r[i] = pop(m, &f, 4 * i);
    if (!f.failed && fp && !(m->fpccr & FPCCR_LSPACT))
        f.failed = !armm_fp_restore(m, &f.key, sp + FRAME_SIZE, &f.fault);
    if (f.failed) {
        uint32_t cfsr;
        enum armm_exception n = armm_fault_of(&f.fault, CFSR_MUNSTKERR, CFSR_UNSTKERR, &cfsr);
        armm_pend_fault(m, n, cfsr);
        return false;
    }
    if (thread == !!(r[7] & XPSR_IPSR)) { /* the frame is of another mode than EXC_RETURN says */
        armm_pend_fault(m, EXC_USAGEFAULT, CFSR_INVPC);
        return false;
    }
    m->fpccr &= fp ? ~FPCCR_LSPACT : ~0u;
    for (unsigned i = 0; i < 4; i++)
        a->x[i] = r[i];
    a->x[12] = r[4];
    a->x[14] = r[5];
    a->cpu.pc = r[6] & ~1u;
    *xpsr = r[7];
    sp += fp ? FP_FRAME_SIZE : FRAME_SIZE;
    if ((r[7] & XPSR_ALIGN) && (fp || (m->ccr & CCR_STKALIGN)))
        sp |= 4;
    armm_set_sp(m, exc_return >> 2 & 1, sp);
    return true;
}

void armm_exception_return(struct armm_cpu *m, uint32_t exc_return)
{
    struct arm_cpu *a = &m->arm;
    uint32_t wrong = check_return(m, exc_return), xpsr;
    int group;
    if (log_on(LOG_INT))
        log_printf("cpu %u: return from exception %u by 0x%08x\n", a->cpu.index, m->exception, exc_return);
    deactivate(m);
    a->excl_addr = ~UINT64_C(0);
    if (wrong) { /* a UsageFault instead, in whose LR is what was tried */
        armm_pend_fault(m, EXC_USAGEFAULT, wrong);
        chain(m, exc_return);
        return;
    }
    bool thread = exc_return & 8;
    if (thread)
        m->control = (m->control & ~CONTROL_SPSEL) | (exc_return & 4 ? CONTROL_SPSEL : 0);
    /* What would interrupt at once takes over the frame. */
    bool at_once = armm_next(m, &group) && group < armm_execution_priority(m);
    if (at_once || !pop_frame(m, exc_return, &xpsr)) {
        chain(m, exc_return);
        return;
    }
    m->exception = thread ? 0 : xpsr & XPSR_IPSR;
    armm_set_xpsr(m, xpsr);
    armm_select_sp(m);
    m->control = (m->control & ~CONTROL_FPCA) | (exc_return & 0x10 ? 0 : CONTROL_FPCA);
    __atomic_store_n(&m->event, 1, __ATOMIC_SEQ_CST);
    armm_update_state(m);
    armm_check(m);
    if (thread && (m->scr & SCR_SLEEPONEXIT) && !armm_has_work(&a->cpu)) {
        a->cpu.halted = true;
        cpu_kick(&a->cpu); /* to the loop, which sees that */
    }
}
