/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Traps: exceptions and interrupts, their delegation and return, and what follows from a change of
 * privilege: the translation key and the MMU regimes. Manual: volume II, machine level, "xRET",
 * "mcause", "mideleg", "mip and mie"; supervisor level, the same.
 */
#include <inttypes.h>

#include "cpu-exec.h"
#include "cpus.h"
#include "lock-order.h"
#include "log.h"
#include "machine.h"
#include "riscv.h"
#include "symbols.h"

/* -- State that follows from CSRs -- */

static unsigned key_frm(const struct riscv_cpu *r)
{
    if (r->frm < IR_RMM)
        return RVFRM_HOST;
    return r->frm == IR_RMM ? RVFRM_RMM : RVFRM_INVALID;
}

/* What menvcfg says for S-mode, and for U-mode what senvcfg says where there is S-mode. */
static bool envcfg_allows(const struct riscv_cpu *r, uint64_t bit)
{
    return r->priv == PRV_U && r->config.has[RVF_s] ? r->senvcfg & bit : r->menvcfg & bit;
}

bool riscv_lpe(const struct riscv_cpu *r)
{
    return r->priv == PRV_M ? r->mseccfg & MSECCFG_MLPE : envcfg_allows(r, ENVCFG_LPE);
}

bool riscv_sse(const struct riscv_cpu *r)
{
    return r->priv != PRV_M && (r->menvcfg & ENVCFG_SSE) && envcfg_allows(r, ENVCFG_SSE);
}

void riscv_update_key(struct riscv_cpu *r)
{
    static const uint8_t fs_key[4] = {RVFS_OFF, RVFS_CLEAN, RVFS_CLEAN, RVFS_DIRTY};
    uint32_t mode = r->priv | (r->config.xlen == 32 ? RVKEY_XL32 : 0) |
                   fs_key[bits(r->mstatus, MSTATUS_FS_SHIFT, 2)] << RVKEY_FS_SHIFT | key_frm(r) << RVKEY_FRM_SHIFT |
                   (r->config.has[RVF_zca] ? 0 : RVKEY_NOC) |
                   (riscv_lpe(r) ? RVKEY_LPE | (r->elp ? RVKEY_ELP : 0) : 0) | (riscv_sse(r) ? RVKEY_SSE : 0);
    cpu_set_mode(&r->cpu, mode, 0);
}

/*
 * The regime of a privilege; true if *k was another. modifiers: SUM and MXR where they apply to the access. S-mode
 * without them sees no user's page: it is the kernel, whose pages are global as a rule. In place, member by member:
 * copied whole behind that, the key would wait for its parts.
 */
static bool set_regime(const struct riscv_cpu *r, struct mmu_key *k, unsigned priv, uint32_t modifiers)
{
    unsigned paging = r->satp >> (r->config.xlen == 32 ? 31 : 60);
    bool bare = priv == PRV_M || paging == 0;
    uint64_t root = bare ? 0 : r->satp;
    uint32_t mode = bare ? priv : priv | modifiers;
    if (!bare && mode == PRV_S)
        mode |= MMU_GLOBAL | paging << RVMMU_PAGING_SHIFT;
    if (k->root == root && k->mode == mode)
        return false;
    k->root = root;
    k->mode = mode;
    return true;
}

static bool set_data_regime(struct riscv_cpu *r)
{
    unsigned priv = r->mstatus & MSTATUS_MPRV ? bits(r->mstatus, MSTATUS_MPP_SHIFT, 2) : r->priv;
    uint32_t modifiers = (priv == PRV_S && (r->mstatus & MSTATUS_SUM) ? RVMMU_SUM : 0) |
                         (r->mstatus & MSTATUS_MXR ? RVMMU_MXR : 0);
    return set_regime(r, &r->data_key, priv, modifiers);
}

void riscv_update_data_regime(struct riscv_cpu *r)
{
    if (!set_data_regime(r))
        return;
    r->resv_addr = ~UINT64_C(0); /* the address may be another's now */
    mmu_switch_data(&r->cpu, &r->data_key);
}

void riscv_update_state(struct riscv_cpu *r)
{
    riscv_update_key(r);
    bool data = set_data_regime(r), fetch = set_regime(r, &r->fetch_key, r->priv, 0);
    if (!data && !fetch)
        return;
    r->resv_addr = ~UINT64_C(0); /* the address may be another's now */
    mmu_switch(&r->cpu, &r->data_key, &r->fetch_key);
}

/* -- Pending interrupts -- */

uint64_t riscv_mip(struct riscv_cpu *r)
{
    uint64_t soft = __atomic_load_n(&r->mip_soft, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&r->menvcfg, __ATOMIC_RELAXED) & ENVCFG_STCE)
        soft &= ~(UINT64_C(1) << IRQ_STI);
    if (unlikely(__atomic_load_n(&r->mvien, __ATOMIC_RELAXED) & 1 << IRQ_SEI))
        soft &= ~(UINT64_C(1) << IRQ_SEI); /* then it is only mvip's */
    return soft | __atomic_load_n(&r->mip_lines, __ATOMIC_SEQ_CST) | __atomic_load_n(&r->mip_sstc, __ATOMIC_SEQ_CST);
}

uint64_t riscv_pending_m(struct riscv_cpu *r, uint64_t mip)
{
    return mip & r->mie & ~r->mideleg;
}

uint64_t riscv_pending_s(struct riscv_cpu *r, uint64_t mip)
{
    return (mip & r->mie & r->mideleg) | r->virtual_pending;
}

struct interrupt {
    int code; /* -1: none */
    bool to_s;
};

/* The interrupt to take now. By value: this is asked for each entry of a block, and needs no stack. */
static struct interrupt next_interrupt(struct riscv_cpu *r)
{
    uint64_t mip = riscv_mip(r);
    if (likely(!((mip & r->mie) | r->virtual_pending)))
        return (struct interrupt){ .code = -1 };
    uint64_t m = 0, s = 0;
    if (r->priv < PRV_M || (r->mstatus & MSTATUS_MIE))
        m = riscv_pending_m(r, mip);
    if (r->priv < PRV_S || (r->priv == PRV_S && (r->mstatus & MSTATUS_SIE)))
        s = riscv_pending_s(r, mip);
    return (struct interrupt){ .code = m | s ? (int)riscv_top_interrupt(r, m ? m : s, !m, NULL) : -1, .to_s = !m };
}

void riscv_check_interrupts(struct riscv_cpu *r)
{
    if (unlikely(next_interrupt(r).code >= 0))
        cpu_kick(&r->cpu);
}

/* Sampled by other threads while the hart sleeps. */
bool riscv_has_work(struct cpu *cpu)
{
    struct riscv_cpu *r = riscv_cpu(cpu);
    return (riscv_mip(r) & __atomic_load_n(&r->mie, __ATOMIC_SEQ_CST)) != 0 ||
           __atomic_load_n(&r->virtual_pending, __ATOMIC_SEQ_CST) != 0;
}

/* Change a bit of a part of mip. */
static void drive(struct riscv_cpu *r, uint64_t *part, unsigned n, bool level)
{
    uint64_t bit = UINT64_C(1) << n;
    if (!level)
        __atomic_fetch_and(part, ~bit, __ATOMIC_SEQ_CST);
    else if (!(__atomic_fetch_or(part, bit, __ATOMIC_SEQ_CST) & bit))
        cpu_kick(&r->cpu);
}

/* Any thread. SSIP belongs to software: a wire to it (ACLINT's SSWI) sets it, and only software clears it. */
static void irq_input(void *opaque, unsigned n, bool level)
{
    struct riscv_cpu *r = opaque;
    if (n != IRQ_SSI)
        drive(r, &r->mip_lines, n, level);
    else if (level)
        drive(r, &r->mip_soft, n, true);
}

void riscv_irq_line(struct riscv_cpu *r, unsigned mip_bit, struct irq *line)
{
    *line = (struct irq){.set = irq_input, .opaque = r, .n = mip_bit};
}

/* -- Time and Sstc -- */

static uint64_t time_offset(const struct riscv_cpu *r)
{
    return r->cpu.machine ? __atomic_load_n(&r->cpu.machine->time_offset, __ATOMIC_RELAXED) : 0;
}

uint64_t riscv_time(const struct riscv_cpu *r)
{
    return clock_ticks(r->time_hz) + time_offset(r);
}

static bool stimecmp_on(const struct riscv_cpu *r)
{
    return (__atomic_load_n(&r->menvcfg, __ATOMIC_RELAXED) & ENVCFG_STCE) && r->stimecmp_written;
}

bool riscv_stimecmp_due(const struct riscv_cpu *r, uint64_t now)
{
    return stimecmp_on(r) && now >= r->stimecmp;
}

/* Drive STIP and the timer for stimecmp. Called with stimer_lock held. */
static void stimer_sync_locked(struct riscv_cpu *r)
{
    uint64_t ticks = clock_ticks(r->time_hz), now = ticks + time_offset(r), at;
    bool on = stimecmp_on(r), due = riscv_stimecmp_due(r, now);
    bool never = __builtin_add_overflow(ticks, r->stimecmp - now, &at);
    int64_t deadline = on && !due && !never ? clock_ticks_to_ns(at, r->time_hz) : INT64_MAX;
    if (deadline == INT64_MAX)
        timer_cancel(&r->stimer);
    else
        timer_set(&r->stimer, deadline);
    drive(r, &r->mip_sstc, IRQ_STI, due);
}

/* On the timer's thread; the lock is held. */
static void stimer_fired(void *opaque)
{
    stimer_sync_locked(opaque);
}

void riscv_stimecmp_update(struct riscv_cpu *r, uint64_t stimecmp, bool written)
{
    if (!r->config.has[RVF_sstc])
        return;
    lock_order_enter(LOCK_CPU);
    g_mutex_lock(&r->stimer_lock);
    r->stimecmp = stimecmp;
    r->stimecmp_written = written;
    stimer_sync_locked(r);
    g_mutex_unlock(&r->stimer_lock);
    lock_order_leave(LOCK_CPU);
}

/* Or menvcfg.STCE has. No kick here: a change of STIP does that. */
void riscv_time_changed(struct cpu *cpu)
{
    struct riscv_cpu *r = riscv_cpu(cpu);
    if (r->config.has[RVF_sstc]) {
        lock_order_enter(LOCK_CPU);
        g_mutex_lock(&r->stimer_lock);
        stimer_sync_locked(r);
        g_mutex_unlock(&r->stimer_lock);
        lock_order_leave(LOCK_CPU);
    }
}

void riscv_stimer_init(struct riscv_cpu *r)
{
    g_mutex_init(&r->stimer_lock);
    timer_init(&r->stimer, stimer_fired, r, &r->stimer_lock);
}

/* -- Entry -- */

static const char *const exception_names[] = {
    [EXC_INSN_MISALIGNED] = "instruction address misaligned", [EXC_INSN_ACCESS] = "instruction access fault",
    [EXC_ILLEGAL] = "illegal instruction", [EXC_BREAKPOINT] = "breakpoint",
    [EXC_LOAD_MISALIGNED] = "load address misaligned", [EXC_LOAD_ACCESS] = "load access fault",
    [EXC_STORE_MISALIGNED] = "store address misaligned", [EXC_STORE_ACCESS] = "store access fault",
    [EXC_ECALL_U] = "ecall from U", [EXC_ECALL_S] = "ecall from S", [EXC_ECALL_M] = "ecall from M",
    [EXC_INSN_PAGE] = "instruction page fault", [EXC_LOAD_PAGE] = "load page fault",
    [EXC_STORE_PAGE] = "store page fault", [EXC_SOFTWARE_CHECK] = "software check",
};
static const char *const interrupt_names[] = {
    [IRQ_SSI] = "S software", [IRQ_MSI] = "M software", [IRQ_STI] = "S timer", [IRQ_MTI] = "M timer",
    [IRQ_SEI] = "S external", [IRQ_MEI] = "M external", [IRQ_LCOFI] = "counter overflow",
};

static void log_trap(const struct riscv_cpu *r, unsigned code, bool interrupt, bool to_s, uint64_t tval)
{
    const char *name = !interrupt                         ? exception_names[code]
                       : code < ARRAY_SIZE(interrupt_names) ? interrupt_names[code]
                                                          : NULL;
    g_autofree char *where = symbol_text(" ", r->cpu.pc, true);
    log_printf("hart %u: %s %u (%s) at 0x%" PRIx64 "%s in %c, tval 0x%" PRIx64 ", taken in %c\n", r->cpu.index,
               interrupt ? "interrupt" : "exception", code, name ? name : "local", r->cpu.pc, where ? where : "",
               "US?M"[r->priv], tval, to_s ? 'S' : 'M');
}

static uint64_t vector(uint64_t tvec, unsigned code, bool interrupt)
{
    return (tvec & ~UINT64_C(3)) + ((tvec & 1) && interrupt ? 4 * code : 0);
}

static void enter(struct riscv_cpu *r, unsigned code, bool interrupt, bool to_s, uint64_t tval)
{
    if (log_on(LOG_INT))
        log_trap(r, code, interrupt, to_s, tval);
    uint64_t cause = code | (interrupt ? UINT64_C(1) << (r->config.xlen - 1) : 0);
    uint64_t status = r->mstatus;
    if (to_s) {
        r->scause = cause;
        r->sepc = r->cpu.pc;
        r->stval = riscv_xlen_trunc(r, tval);
        status &= ~(MSTATUS_SPIE | MSTATUS_SPP | MSTATUS_SPELP);
        status |= r->elp ? MSTATUS_SPELP : 0;
        status |= (status & MSTATUS_SIE ? MSTATUS_SPIE : 0) | (r->priv == PRV_S ? MSTATUS_SPP : 0);
        status &= ~MSTATUS_SIE;
        r->priv = PRV_S;
    } else {
        r->mcause = cause;
        r->mepc = r->cpu.pc;
        r->mtval = riscv_xlen_trunc(r, tval);
        status &= ~(MSTATUS_MPIE | MSTATUS_MPP | MSTATUS_MPELP);
        status |= r->elp ? MSTATUS_MPELP : 0;
        status |= (status & MSTATUS_MIE ? MSTATUS_MPIE : 0) | (uint64_t)r->priv << MSTATUS_MPP_SHIFT;
        status &= ~MSTATUS_MIE;
        r->priv = PRV_M;
    }
    r->mstatus = status;
    r->elp = false;
    /* A handler that switches tasks must not let the next one's SC succeed on this reservation. */
    r->resv_addr = ~UINT64_C(0);
    r->cpu.pc = riscv_xlen_trunc(r, vector(to_s ? r->stvec : r->mtvec, code, interrupt));
    riscv_update_state(r);
}

void riscv_trap(struct riscv_cpu *r, unsigned cause, uint64_t tval)
{
    enter(r, cause, false, r->priv <= PRV_S && (r->medeleg >> cause & 1), tval);
}

void riscv_raise(struct riscv_cpu *r, unsigned cause, uint64_t tval)
{
    cpu_sync_pc(&r->cpu);
    riscv_trap(r, cause, tval);
    cpu_loop_exit(&r->cpu);
}

bool riscv_take_interrupt(struct cpu *cpu)
{
    struct riscv_cpu *r = riscv_cpu(cpu);
    struct interrupt next = next_interrupt(r);
    if (next.code < 0)
        return false;
    enter(r, next.code, true, next.to_s, 0);
    return true;
}

/* -- Faults the engine finds -- */

/* AMO loads report as stores. */
void riscv_raise_fault(struct cpu *cpu, const struct mmu_fault *fault, unsigned memop)
{
    static const uint8_t misaligned[3] = {
        [MMU_READ] = EXC_LOAD_MISALIGNED, [MMU_WRITE] = EXC_STORE_MISALIGNED, [MMU_FETCH] = EXC_INSN_MISALIGNED};
    static const uint8_t page[3] = {
        [MMU_READ] = EXC_LOAD_PAGE, [MMU_WRITE] = EXC_STORE_PAGE, [MMU_FETCH] = EXC_INSN_PAGE};
    static const uint8_t bad_access[3] = {
        [MMU_READ] = EXC_LOAD_ACCESS, [MMU_WRITE] = EXC_STORE_ACCESS, [MMU_FETCH] = EXC_INSN_ACCESS};
    const uint8_t *causes = fault->source == MMU_FAULT_ALIGN                                   ? misaligned
                            : fault->source == MMU_FAULT_WALK && fault->kind == RVFAULT_PAGE ? page
                                                                                               : bad_access;
    enum mmu_access access = fault->access == MMU_READ && (memop & IR_MEM_STORE) ? MMU_WRITE : fault->access;
    riscv_trap(riscv_cpu(cpu), causes[access], fault->va);
}

/* -- Return -- */

/* pelp: the saved expectation of a landing pad, which holds where they are enforced. */
static void leave(struct riscv_cpu *r, unsigned priv, uint64_t pc, uint64_t pelp)
{
    if (priv < PRV_M)
        r->mstatus &= ~MSTATUS_MPRV;
    r->priv = priv;
    r->elp = pelp && riscv_lpe(r);
    r->cpu.pc = pc & ~riscv_ialign_mask(r);
    riscv_update_state(r);
    riscv_check_interrupts(r);
}

bool riscv_mret(struct riscv_cpu *r)
{
    if (r->priv != PRV_M)
        return false;
    unsigned priv = bits(r->mstatus, MSTATUS_MPP_SHIFT, 2);
    uint64_t least = r->config.has[RVF_u] ? PRV_U : PRV_M, pelp = r->mstatus & MSTATUS_MPELP;
    r->mstatus = (r->mstatus & ~(MSTATUS_MIE | MSTATUS_MPP | MSTATUS_MPELP)) |
                 (r->mstatus & MSTATUS_MPIE ? MSTATUS_MIE : 0) |
                 MSTATUS_MPIE | least << MSTATUS_MPP_SHIFT;
    leave(r, priv, r->mepc, pelp);
    return true;
}

bool riscv_sret(struct riscv_cpu *r)
{
    if (!r->config.has[RVF_s] || r->priv < PRV_S || (r->priv == PRV_S && (r->mstatus & MSTATUS_TSR)))
        return false;
    unsigned priv = r->mstatus & MSTATUS_SPP ? PRV_S : PRV_U;
    uint64_t pelp = r->mstatus & MSTATUS_SPELP;
    r->mstatus = (r->mstatus & ~(MSTATUS_SIE | MSTATUS_SPP | MSTATUS_SPELP)) |
                 (r->mstatus & MSTATUS_SPIE ? MSTATUS_SIE : 0) |
                 MSTATUS_SPIE;
    leave(r, priv, r->sepc, pelp);
    return true;
}
