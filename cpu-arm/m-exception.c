/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions of M-profile: entry and return with their stack frames, faults and what becomes of them, lockup. Manual:
 * DDI 0403, B1.5, "Armv7-M exception model"; DDI 0553, B3, for the two security states.
 */
#include "m.h"

#include <inttypes.h>

#include "cpu-exec.h"
#include "cpus.h"
#include "log.h"
#include "symbols.h"

#define FRAME_SIZE 0x20u
#define FP_FRAME_SIZE 0x68u
#define FP_ALL_FRAME_SIZE 0xa8u /* with S16 to S31 */
#define CALLEE_FRAME_SIZE 0x28u /* R4 to R11, behind what says that they are */
#define SIGNATURE 0xfefa125au   /* that; bit 0 as EXC_RETURN.FType, 1 without FP */
#define V8_EXC_RETURN 0xffffff80u
#define LOCKUP_PC 0xfffffffeu

static const char *const names[] = {
    [EXC_RESET] = "Reset", [EXC_NMI] = "NMI", [EXC_HARDFAULT] = "HardFault", [EXC_MEMMANAGE] = "MemManage",
    [EXC_BUSFAULT] = "BusFault", [EXC_USAGEFAULT] = "UsageFault", [EXC_SECUREFAULT] = "SecureFault",
    [EXC_SVCALL] = "SVCall", [EXC_DEBUGMON] = "DebugMonitor", [EXC_PENDSV] = "PendSV", [EXC_SYSTICK] = "SysTick",
};

static const char *state_name(const struct armm_cpu *m, bool secure)
{
    return !armm_has_security(m) ? "" : secure ? "secure " : "non-secure ";
}

static void log_entry(const struct armm_cpu *m, unsigned slot)
{
    unsigned n = slot % SLOT_SECURE;
    bool to = armm_slot_secure(m, slot);
    g_autofree char *where = symbol_text(" ", m->arm.cpu.pc, true);
    log_printf("cpu %u: %sexception %u", m->arm.cpu.index, state_name(m, to), n);
    if (n < EXC_IRQ)
        log_printf(" (%s)", names[n] ? names[n] : "reserved");
    else
        log_printf(" (interrupt %u)", n - EXC_IRQ);
    log_printf(" at 0x%08" PRIx64 "%s, from %s%s %u, CFSR 0x%08x HFSR 0x%08x MMFAR 0x%08x BFAR 0x%08x",
               m->arm.cpu.pc, where ? where : "", state_name(m, m->secure),
               m->exception ? "exception" : "thread, CONTROL",
               m->exception ? m->exception : armm_control(m, m->secure), m->cfsr[to], m->hfsr, m->mmfar[to], m->bfar);
    if (armm_has_security(m))
        log_printf(" SFSR 0x%02x SFAR 0x%08x", m->sfsr, m->sfar);
    log_printf("\n");
}

/* -- What faults become -- */

static void lock_up(struct armm_cpu *m, enum armm_exception n)
{
    if (!m->lockup)
        g_printerr("mynah: cpu %u: lockup: %s at 0x%08" PRIx64
                   " in the handler of exception %u (CFSR 0x%08x HFSR 0x%08x)\n",
                   m->arm.cpu.index, names[n], m->arm.cpu.pc, m->exception, m->cfsr[m->secure], m->hfsr);
    m->lockup = 1;
    m->arm.cpu.pc = LOCKUP_PC;
    cpu_set_halted(&m->arm.cpu, true);
    cpu_kick(&m->arm.cpu);
}

void armm_pend_fault_of(struct armm_cpu *m, enum armm_exception n, bool secure, uint32_t cfsr)
{
    int now = armm_execution_priority(m);
    unsigned slot = armm_slot(m, n, secure);
    bool to = armm_slot_secure(m, slot);
    if (armm_is_v7(m)) {
        m->cfsr[secure] |= cfsr & ~CFSR_BUS;
        m->cfsr[armm_top(m)] |= cfsr & CFSR_BUS;
    }
    if (n != EXC_HARDFAULT && (!armm_bit(m->enabled, slot) || armm_group(m, slot) >= now)) {
        if (armm_is_v7(m))
            m->hfsr |= n == EXC_DEBUGMON ? HFSR_DEBUGEVT : HFSR_FORCED;
        n = EXC_HARDFAULT;
    }
    /* HardFault is the secure state's alone, unless AIRCR leaves it to the other as well. */
    if (n == EXC_HARDFAULT)
        slot = armm_slot(m, n, armm_has_security(m) && (to || !(m->aircr & AIRCR_BFHFNMINS)));
    if (n == EXC_HARDFAULT && now <= armm_group(m, slot))
        lock_up(m, n);
    else
        armm_set_pending(m, slot);
}

void armm_pend_fault(struct armm_cpu *m, enum armm_exception n, uint32_t cfsr)
{
    armm_pend_fault_of(m, n, m->secure, cfsr);
}

void armm_pend_secure_fault(struct armm_cpu *m, uint32_t sfsr)
{
    m->sfsr |= armm_is_v7(m) ? sfsr : 0;
    armm_pend_fault_of(m, EXC_SECUREFAULT, true, 0);
}

void armm_pend_access(struct armm_cpu *m, const struct mmu_fault *fault, bool secure, uint32_t memmanage, uint32_t bus,
                      uint32_t sfsr)
{
    if (fault->source == MMU_FAULT_WALK && fault->kind == ARMM_FAULT_SECURE)
        armm_pend_secure_fault(m, sfsr);
    else if (fault->source != MMU_FAULT_WALK || fault->kind == ARMM_FAULT_PPB)
        armm_pend_fault_of(m, EXC_BUSFAULT, secure, bus);
    else
        armm_pend_fault_of(m, EXC_MEMMANAGE, secure, memmanage);
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

bool armm_ignores_limit(const struct armm_cpu *m, bool secure)
{
    return !armm_is_v8(m) || ((m->ccr[secure] & CCR_STKOFHFNMIGN) && armm_execution_priority(m) < 0);
}

/* At the priority of what runs the exception could be taken. */
static bool could_take(const struct armm_cpu *m, unsigned n, int now)
{
    unsigned slot = armm_slot(m, n, m->secure);
    return armm_bit(m->enabled, slot) && now > armm_group(m, slot);
}

/* FPCCR's bits that each state has of its own. */
#define FPCCR_BANKED                                                                                                   \
    (FPCCR_LSPACT | FPCCR_USER | FPCCR_THREAD | FPCCR_MMRDY | FPCCR_UFRDY | FPCCR_SPLIMVIOL | FPCCR_ASPEN)

/* Where FP's part of the frame goes once an FP instruction comes. */
void armm_note_lazy(struct armm_cpu *m, uint32_t at, bool limit)
{
    int now = armm_execution_priority(m);
    bool s = m->secure;
    uint32_t v = FPCCR_LSPACT;
    v |= could_take(m, EXC_MEMMANAGE, now) ? FPCCR_MMRDY : 0;
    v |= could_take(m, EXC_BUSFAULT, now) ? FPCCR_BFRDY : 0;
    v |= could_take(m, EXC_DEBUGMON, now) ? FPCCR_MONRDY : 0;
    v |= now > armm_group(m, armm_slot(m, EXC_HARDFAULT, armm_has_security(m))) ? FPCCR_HFRDY : 0;
    v |= m->exception ? 0 : FPCCR_THREAD;
    v |= armm_privileged(m) ? 0 : FPCCR_USER;
    if (armm_is_v8(m)) {
        v |= could_take(m, EXC_USAGEFAULT, now) ? FPCCR_UFRDY : 0;
        v |= armm_has_security(m) && could_take(m, EXC_SECUREFAULT, now) ? FPCCR_SFRDY : 0;
        v |= limit && m->limit && at < m->limit ? FPCCR_SPLIMVIOL : 0;
        v |= s ? FPCCR_S : 0;
    }
    const uint32_t kept = FPCCR_ASPEN | FPCCR_LSPEN | FPCCR_LSPENS | FPCCR_CLRONRET | FPCCR_CLRONRETS | FPCCR_TS;
    unsigned top = armm_top(m);
    m->fpccr[top] = (m->fpccr[top] & (kept | (top != s ? FPCCR_BANKED : 0))) | (v & ~FPCCR_BANKED);
    m->fpccr[s] = (m->fpccr[s] & (~FPCCR_BANKED | FPCCR_ASPEN)) | (v & FPCCR_BANKED);
    m->fpcar[s] = at & (armm_is_v8(m) ? ~7u : ~0u);
}

static bool saves_all(const struct armm_cpu *m, bool secure)
{
    return secure && (m->fpccr[1] & FPCCR_TS);
}

/* FP's part of the frame, now or later. False: a fault is pending. */
static bool push_fp(struct armm_cpu *m, struct frame *f)
{
    unsigned top = armm_top(m);
    bool s = m->secure, all = saves_all(m, s);
    if (armm_has_security(m) && (m->fpccr[m->fpccr[top] & FPCCR_S ? 1 : 0] & FPCCR_LSPACT)) {
        armm_pend_secure_fault(m, SFSR_LSERR);
        return false;
    }
    if (armm_has_security(m) && !s && !(m->nsacr & NSACR_CP10)) {
        armm_pend_fault_of(m, EXC_USAGEFAULT, true, CFSR_NOCP);
        return false;
    }
    if (m->fpccr[top] & FPCCR_LSPEN) {
        armm_note_lazy(m, f->at + FRAME_SIZE, true);
        return true;
    }
    if (armm_is_v8(m) && !armm_fp_enabled(m, s, armm_privileged(m))) {
        armm_pend_fault(m, EXC_USAGEFAULT, CFSR_NOCP);
        return false;
    }
    f->failed = !armm_fp_save(m, &f->key, f->at + FRAME_SIZE, all, &f->fault);
    if (armm_is_v8(m) && !f->failed)
        armm_fp_clear(m, all);
    return true;
}

/* The frame of the interrupted code, below its stack pointer. */
static void push_frame(struct armm_cpu *m)
{
    struct arm_cpu *a = &m->arm;
    bool fp = m->fpca, s = m->secure;
    unsigned size = !fp ? FRAME_SIZE : saves_all(m, s) ? FP_ALL_FRAME_SIZE : FP_FRAME_SIZE;
    uint32_t sp = a->x[13], xpsr = armm_xpsr(m) & ~XPSR_ALIGN;
    bool align = (fp || (m->ccr[s] & CCR_STKALIGN)) && (sp & 4);
    struct frame f = { .key = a->data_key, .at = (sp - size) & (align ? ~7u : ~3u) };
    if (m->limit && (f.at < m->limit || f.at > sp)) {
        a->x[13] = m->limit;
        armm_pend_fault(m, EXC_USAGEFAULT, CFSR_STKOF);
        return;
    }
    for (unsigned i = 0; i < 4; i++)
        push(m, &f, 4 * i, a->x[i]);
    push(m, &f, 0x10, a->x[12]);
    push(m, &f, 0x14, a->x[14]);
    push(m, &f, 0x18, a->cpu.pc);
    push(m, &f, 0x1c, xpsr | (align ? XPSR_ALIGN : 0) | (s && m->sfpa ? XPSR_SFPA : 0));
    bool ok = !fp || f.failed || push_fp(m, &f);
    a->x[13] = f.at;
    if (ok && f.failed)
        armm_pend_access(m, &f.fault, s, CFSR_MSTKERR, CFSR_STKERR, SFSR_AUVIOL);
}

/* -- Armv8-M's EXC_RETURN, and what secure code leaves to itself -- */

static uint32_t signature(const struct armm_cpu *m, uint32_t exc_return)
{
    return SIGNATURE | (!armm_has(m, ARMF_fp) || (exc_return & EXC_RETURN_FTYPE) ? 1 : 0);
}

/*
 * R4 to R11 of secure code that a non-secure handler interrupts go to its stack, too: the current one, or of another
 * handler that this one follows that of EXC_RETURN. False: a fault is pending.
 */
static bool push_callee(struct armm_cpu *m, uint32_t exc_return, bool chained)
{
    struct arm_cpu *a = &m->arm;
    bool thread = exc_return & EXC_RETURN_MODE, psp = thread && (exc_return & EXC_RETURN_SPSEL);
    unsigned which = chained ? ARMM_SP(1, psp) : m->spsel;
    bool unprivileged = chained ? thread && (m->control[1] & CONTROL_NPRIV) : !armm_privileged(m);
    uint32_t limit = armm_ignores_limit(m, true) ? 0 : m->sp_limit[which];
    struct frame f = { .key = armm_key(true, unprivileged, armm_mpu_off(m, true)),
                       .at = armm_sp(m, which) - CALLEE_FRAME_SIZE };
    if (limit && f.at < limit) {
        armm_set_sp(m, which, limit);
        armm_pend_fault_of(m, EXC_USAGEFAULT, true, CFSR_STKOF);
        return false;
    }
    push(m, &f, 0, signature(m, exc_return));
    for (unsigned i = 0; i < 8; i++)
        push(m, &f, 8 + 4 * i, a->x[4 + i]);
    armm_set_sp(m, which, f.at);
    if (f.failed)
        armm_pend_access(m, &f.fault, true, CFSR_MSTKERR, CFSR_STKERR, SFSR_AUVIOL);
    return !f.failed;
}

/*
 * EXC_RETURN of a handler of the state to, with R4 to R11 on the stack where they have to be. False: that can't be, and
 * a fault is pending.
 */
static bool adjust_return(struct armm_cpu *m, uint32_t *exc_return, bool to, bool chained)
{
    uint32_t v = *exc_return;
    bool ok = true, saved = chained && !(v & EXC_RETURN_ES); /* a non-secure handler was there before */
    if (armm_has_security(m) && (v & EXC_RETURN_S)) {
        if (to) {
            v &= saved ? ~EXC_RETURN_DCRS : ~0u;
        } else {
            ok = !(v & EXC_RETURN_DCRS) || saved || push_callee(m, v, chained);
            v |= EXC_RETURN_DCRS;
        }
    }
    v &= ~(EXC_RETURN_ES | EXC_RETURN_SPSEL);
    v |= (to ? EXC_RETURN_ES : 0) | (m->control[to] & CONTROL_SPSEL ? EXC_RETURN_SPSEL : 0);
    if (ok)
        *exc_return = v;
    return ok;
}

/* A non-secure handler must not see what secure code had in registers. */
static void hide_registers(struct armm_cpu *m, uint32_t exc_return)
{
    struct arm_cpu *a = &m->arm;
    for (unsigned i = 0; i <= 12; i++)
        if (i < 4 || i == 12 || (exc_return & EXC_RETURN_S))
            a->x[i] = 0;
    arm_set_nzcv(a, 0);
    a->cpsr_q = a->cpsr_ge = 0;
}

/* -- Entry -- */

/* The handler of a slot; false: its vector can't be read. */
static bool read_vector(struct armm_cpu *m, unsigned n, bool to, uint32_t *entry)
{
    const struct mmu_key key = armm_key(to, false, true);
    uint32_t at = m->vtor[to] + 4 * n, first = 0, last = UINT32_MAX;
    struct mmu_fault fault;
    uint64_t v;
    if (to && armm_attribute(m, at, false, &first, &last).ns)
        return false;
    if (!mmu_try_load(&m->arm.cpu, &key, at, IR_MEM_32 | IR_MEM_ALIGN, &v, &fault))
        return false;
    *entry = v;
    return true;
}

/*
 * What is pending with the highest priority, the handler that its vector names, and EXC_RETURN for it. Where the vector
 * can't be read that is a HardFault, in its place; the exception stays pending. False: lockup.
 */
static bool choose(struct armm_cpu *m, uint32_t *exc_return, bool chained, unsigned *slot, uint32_t *entry)
{
    int group;
    for (;;) {
        *slot = armm_next(m, &group);
        bool to = armm_slot_secure(m, *slot);
        unsigned n = *slot % SLOT_SECURE;
        if (armm_is_v8(m) && !adjust_return(m, exc_return, to, chained)) {
            if (m->lockup)
                return false;
            *slot = armm_next(m, &group); /* that fault, or still what is above it: what could not be saved is lost */
            to = armm_slot_secure(m, *slot);
            n = *slot % SLOT_SECURE;
            *exc_return |= to ? 0 : EXC_RETURN_DCRS;
            *exc_return = (*exc_return & ~(EXC_RETURN_ES | EXC_RETURN_SPSEL)) | (to ? EXC_RETURN_ES : 0) |
                          (m->control[to] & CONTROL_SPSEL ? EXC_RETURN_SPSEL : 0);
        }
        if (read_vector(m, n, to, entry))
            return true;
        m->hfsr |= armm_is_v7(m) ? HFSR_VECTTBL | HFSR_FORCED : 0;
        if (n == EXC_HARDFAULT || n == EXC_NMI)
            lock_up(m, EXC_HARDFAULT);
        else
            armm_pend_fault_of(m, EXC_HARDFAULT, to, 0);
        if (m->lockup)
            return false;
        chained = true;
    }
}

/* Into the handler of what is pending with the highest priority; the frame is there. chained: behind another's. */
static void enter(struct armm_cpu *m, uint32_t exc_return, bool chained)
{
    struct arm_cpu *a = &m->arm;
    unsigned slot;
    uint32_t entry = 0;
    if (!choose(m, &exc_return, chained, &slot, &entry)) {
        armm_update_state(m);
        return;
    }
    bool to = armm_slot_secure(m, slot);
    if (log_on(LOG_INT))
        log_entry(m, slot);
    if (armm_has_security(m) && !to)
        hide_registers(m, exc_return);
    m->exception = slot % SLOT_SECURE;
    armm_set_secure(m, to);
    m->control[to] &= ~CONTROL_SPSEL;
    m->fpca = m->sfpa = 0;
    armm_clear_pending(m, slot);
    armm_activate(m, slot);
    a->x[14] = exc_return;
    a->itstate = 0;
    a->excl_addr = ~UINT64_C(0);
    __atomic_store_n(&m->event, 1, __ATOMIC_SEQ_CST);
    a->thumb = entry & 1;
    a->cpu.pc = entry & ~1u;
    armm_update_state(m);
    armm_check(m);
}

/*
 * 0xfffffff1: handler mode; 0xfffffff9: thread, MSP; 0xfffffffd: thread, PSP; bit 4 is clear if FP's part is there. Of
 * Armv8-M, what of it enter() can't tell.
 */
static uint32_t exc_return_of(const struct armm_cpu *m)
{
    uint32_t fp = m->fpca ? 0 : EXC_RETURN_FTYPE;
    if (armm_is_v8(m))
        return V8_EXC_RETURN | (m->secure ? EXC_RETURN_S : 0) | EXC_RETURN_DCRS | fp |
               (m->exception ? 0 : EXC_RETURN_MODE);
    return (m->exception ? 0xffffffe1u : m->control[0] & CONTROL_SPSEL ? 0xffffffedu : 0xffffffe9u) | fp;
}

bool armm_take_pending(struct armm_cpu *m)
{
    int group;
    if (!armm_next(m, &group) || group >= armm_execution_priority(m))
        return false;
    uint32_t exc_return = exc_return_of(m);
    m->lockup = 0; /* an NMI leaves it */
    push_frame(m);
    if (!m->lockup)
        enter(m, exc_return, false);
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

/* The address of what a MemManage, BusFault or SecureFault was for. */
static void note_address(struct armm_cpu *m, const struct mmu_fault *fault)
{
    bool walk = fault->source == MMU_FAULT_WALK;
    if (walk && fault->kind == ARMM_FAULT_SECURE)
        m->sfar = fault->va;
    else if (!walk || fault->kind == ARMM_FAULT_PPB)
        m->bfar = fault->va;
    else
        m->mmfar[m->secure] = fault->va;
}

/* CCR.BFHFNMIGN: handlers of NMI and HardFault, and code under FAULTMASK, go on behind accesses that are bus errors. */
static bool ignores_bus_error(const struct armm_cpu *m, const struct mmu_fault *fault)
{
    bool bus = fault->source != MMU_FAULT_WALK || fault->kind == ARMM_FAULT_PPB;
    return bus && (m->ccr[armm_top(m)] & CCR_BFHFNMIGN) && armm_execution_priority(m) < 0;
}

/* The current instruction has been all that it will be. */
static void step_over(struct armm_cpu *m)
{
    struct arm_cpu *a = &m->arm;
    struct mmu_fault fault;
    uint64_t first = 0;
    mmu_try_load(&a->cpu, &a->data_key, a->cpu.pc, IR_MEM_16, &first, &fault);
    a->cpu.pc += first >> 11 < 0x1d ? 2 : 4;
    a->itstate = a->itstate & 7 ? (a->itstate & 0xe0) | (a->itstate << 1 & 0x1f) : 0;
    armm_update_state(m);
}

void armm_raise_fault(struct cpu *cpu, const struct mmu_fault *fault, unsigned memop)
{
    struct armm_cpu *m = armm_cpu(cpu);
    bool s = m->secure, crosses = fault->source == MMU_FAULT_WALK && fault->kind == ARMM_FAULT_SECURE;
    if (fault->source == MMU_FAULT_ALIGN) {
        armm_pend_fault(m, EXC_USAGEFAULT, CFSR_UNALIGNED);
    } else if (fault->access == MMU_FETCH && crosses && !s) {
        armm_enter_secure(m);
        if (m->secure)
            return;
    } else if (fault->access == MMU_FETCH) {
        armm_pend_access(m, fault, s, CFSR_IACCVIOL, CFSR_IBUSERR, SFSR_INVTRAN);
    } else if (ignores_bus_error(m, fault)) {
        note_address(m, fault);
        m->cfsr[armm_top(m)] |= CFSR_PRECISERR | CFSR_BFARVALID;
        step_over(m);
        return;
    } else {
        note_address(m, fault);
        armm_pend_access(m, fault, s, CFSR_DACCVIOL | CFSR_MMARVALID, CFSR_PRECISERR | CFSR_BFARVALID,
                         SFSR_AUVIOL | SFSR_SFARVALID);
    }
    armm_take_pending(m);
}

/* -- Return -- */

/* What is wrong with a return from the current exception, 0: nothing. */
static uint32_t check_return_v7(const struct armm_cpu *m, uint32_t exc_return)
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
        return active != 1 && !(m->ccr[0] & CCR_NONBASETHRDENA) ? CFSR_INVPC : 0;
    default:
        return CFSR_INVPC;
    }
}

/* What the manual leaves open is a fault, too. */
static uint32_t check_return_v8(const struct armm_cpu *m, uint32_t exc_return, unsigned slot)
{
    bool of = armm_has_security(m) && (exc_return & EXC_RETURN_ES);
    if (of != armm_slot_secure(m, slot))
        return CFSR_INVPC;
    if ((exc_return & V8_EXC_RETURN) != V8_EXC_RETURN || (exc_return & 2) || !armm_bit(m->active, slot))
        return CFSR_INVPC;
    if (!armm_has_security(m) && (exc_return & (EXC_RETURN_S | EXC_RETURN_ES | EXC_RETURN_DCRS)) != EXC_RETURN_DCRS)
        return CFSR_INVPC;
    return !(exc_return & EXC_RETURN_FTYPE) && !armm_has(m, ARMF_fp) ? CFSR_INVPC : 0;
}

/*
 * The handler that returns is done. Its state's FAULTMASK ends with it, but for NMI's; with two states, not where a
 * handler of fixed priority is active.
 */
static void deactivate(struct armm_cpu *m, unsigned slot)
{
    if (m->exception != EXC_NMI && (!armm_has_security(m) || armm_raw_priority(m) >= 0))
        m->faultmask[armm_slot_secure(m, slot)] = 0;
    if (armm_bit(m->active, slot))
        armm_deactivate(m, slot);
}

/* Another exception in the place of the return: the frame stays as it is. */
static void chain(struct armm_cpu *m, uint32_t exc_return)
{
    if (m->lockup)
        armm_update_state(m);
    else
        enter(m, exc_return, true);
}

/* FPCCR.CLRONRET: a handler's FP registers go with it. False: they are not its own, and a fault is pending. */
static bool clear_on_return(struct armm_cpu *m)
{
    unsigned top = armm_top(m);
    if (!armm_is_v8(m) || !(m->fpccr[top] & FPCCR_CLRONRET) || !m->fpca)
        return true;
    if (m->fpccr[top] & FPCCR_LSPACT) {
        armm_pend_secure_fault(m, SFSR_LSERR);
        return false;
    }
    armm_fp_clear(m, false);
    return true;
}

/* FP's part of a frame. False: it is not to be had, and a fault is pending. */
static bool pop_fp(struct armm_cpu *m, struct frame *f, bool secure, bool privileged)
{
    bool all = saves_all(m, secure);
    if (armm_has_security(m) && !secure && (m->fpccr[1] & FPCCR_LSPACT)) {
        armm_pend_secure_fault(m, SFSR_LSERR);
        return false;
    }
    if (m->fpccr[secure] & FPCCR_LSPACT) /* it was never written: the registers are as they were */
        return true;
    if (armm_is_v8(m) && !armm_fp_enabled(m, secure, privileged)) {
        armm_pend_fault_of(m, EXC_USAGEFAULT, secure, CFSR_NOCP);
        return false;
    }
    if (armm_has_security(m) && !secure && !(m->nsacr & NSACR_CP10)) {
        armm_pend_fault_of(m, EXC_USAGEFAULT, true, CFSR_NOCP);
        return false;
    }
    f->failed = !armm_fp_restore(m, &f->key, f->at + FRAME_SIZE, all, &f->fault);
    return true;
}

/* The frame at the stack pointer becomes the state, but for *xpsr. False: it can't, and the fault is pending. */
static bool pop_frame(struct armm_cpu *m, uint32_t exc_return, uint32_t *xpsr)
{
    struct arm_cpu *a = &m->arm;
    bool thread = exc_return & EXC_RETURN_MODE, fp = !(exc_return & EXC_RETURN_FTYPE);
    bool s = armm_has_security(m) && (exc_return & EXC_RETURN_S);
    bool unprivileged = thread && (m->control[s] & CONTROL_NPRIV);
    bool psp = armm_is_v8(m) ? thread && (m->control[s] & CONTROL_SPSEL) : !!(exc_return & EXC_RETURN_SPSEL);
    unsigned which = ARMM_SP(s, psp);
    struct frame f = { .key = armm_key(s, unprivileged, armm_mpu_off(m, s)), .at = armm_sp(m, which) };
    bool callee = s && (!(exc_return & EXC_RETURN_ES) || !(exc_return & EXC_RETURN_DCRS));
    uint32_t r[8], high[8];
    if (callee) {
        if (pop(m, &f, 0) != signature(m, exc_return) && !f.failed) {
            armm_pend_secure_fault(m, SFSR_INVIS);
            return false;
        }
        for (unsigned i = 0; i < 8; i++)
            high[i] = pop(m, &f, 8 + 4 * i);
        f.at += CALLEE_FRAME_SIZE;
    }
    for (unsigned i = 0; i < 8; i++)
        r[i] = pop(m, &f, 4 * i);
    bool wrong_mode = thread == !!(r[7] & XPSR_IPSR); /* the frame is of another mode than EXC_RETURN says */
    if (!f.failed && wrong_mode && armm_is_v8(m)) {
        armm_pend_fault_of(m, EXC_USAGEFAULT, s, CFSR_INVPC);
        return false;
    }
    if (!f.failed && fp && !pop_fp(m, &f, s, !unprivileged))
        return false;
    if (f.failed) {
        armm_pend_access(m, &f.fault, s, CFSR_MUNSTKERR, CFSR_UNSTKERR, SFSR_AUVIOL);
        return false;
    }
    if (wrong_mode) {
        armm_pend_fault(m, EXC_USAGEFAULT, CFSR_INVPC);
        return false;
    }
    m->fpccr[s] &= fp ? ~FPCCR_LSPACT : ~0u;
    for (unsigned i = 0; i < 8 && callee; i++)
        a->x[4 + i] = high[i];
    for (unsigned i = 0; i < 4; i++)
        a->x[i] = r[i];
    a->x[12] = r[4];
    a->x[14] = r[5];
    a->cpu.pc = r[6] & ~1u;
    *xpsr = r[7];
    uint32_t sp = f.at + (!fp ? FRAME_SIZE : saves_all(m, s) ? FP_ALL_FRAME_SIZE : FP_FRAME_SIZE);
    if ((r[7] & XPSR_ALIGN) && (fp || (m->ccr[s] & CCR_STKALIGN)))
        sp |= 4;
    armm_set_sp(m, which, sp);
    return true;
}

/* The handler is over, and its frame is the state. */
static void resume(struct armm_cpu *m, uint32_t exc_return, uint32_t xpsr)
{
    struct arm_cpu *a = &m->arm;
    bool thread = exc_return & EXC_RETURN_MODE, s = armm_has_security(m) && (exc_return & EXC_RETURN_S);
    m->exception = thread ? 0 : xpsr & XPSR_IPSR;
    armm_set_xpsr(m, xpsr);
    armm_set_secure(m, s);
    m->fpca = !(exc_return & EXC_RETURN_FTYPE);
    m->sfpa = s && (xpsr & XPSR_SFPA) ? 1 : 0;
    __atomic_store_n(&m->event, 1, __ATOMIC_SEQ_CST);
    armm_update_state(m);
    armm_check(m);
    if (thread && (m->scr[s] & SCR_SLEEPONEXIT) && !armm_has_work(&a->cpu)) {
        cpu_set_halted(&a->cpu, true);
        cpu_kick(&a->cpu); /* to the loop, which sees that */
    }
}

void armm_exception_return(struct armm_cpu *m, uint32_t exc_return)
{
    struct arm_cpu *a = &m->arm;
    bool v8 = armm_is_v8(m), thread = exc_return & EXC_RETURN_MODE;
    bool of = armm_has_security(m) && (exc_return & EXC_RETURN_ES), secure_wrong = false;
    uint32_t xpsr;
    int group;
    if (log_on(LOG_INT))
        log_printf("cpu %u: return from %sexception %u by 0x%08x\n", a->cpu.index, state_name(m, m->secure),
                   m->exception, exc_return);
    if (armm_has_security(m) && !m->secure && (of || !(exc_return & EXC_RETURN_DCRS))) { /* it pretends to be secure */
        secure_wrong = true;
        exc_return &= ~EXC_RETURN_ES;
        of = false;
    }
    unsigned slot = armm_slot(m, m->exception, of);
    uint32_t wrong = v8 ? check_return_v8(m, exc_return, slot) : check_return_v7(m, exc_return);
    deactivate(m, slot);
    a->excl_addr = ~UINT64_C(0);
    if (v8 ? !secure_wrong : thread)
        m->control[of] = (m->control[of] & ~CONTROL_SPSEL) | (exc_return & EXC_RETURN_SPSEL ? CONTROL_SPSEL : 0);
    if (!clear_on_return(m)) {
        chain(m, exc_return);
        return;
    }
    if (secure_wrong || wrong) { /* a fault instead, in whose LR is what was tried */
        if (secure_wrong)
            armm_pend_secure_fault(m, SFSR_INVER);
        else
            armm_pend_fault(m, EXC_USAGEFAULT, wrong);
        chain(m, exc_return);
        return;
    }
    /* What would interrupt at once takes over the frame. */
    bool at_once = armm_next(m, &group) && group < armm_execution_priority(m);
    if (at_once || !pop_frame(m, exc_return, &xpsr))
        chain(m, exc_return);
    else
        resume(m, exc_return, xpsr);
}
