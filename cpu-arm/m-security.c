/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Security Extension: which addresses are whose (SAU, IDAU), and the ways between the states that are no
 * exceptions: SG, BXNS, BLXNS and the return from that, TT. Manual: DDI 0553, B8, "The Armv8-M Protected Memory
 * System"; B3.
 */
#include "m.h"

#include "cpu-exec.h"
#include "cpus.h"

enum { SAU_CTRL = 0x0, SAU_TYPE = 0x4, SAU_RNR = 0x8, SAU_RBAR = 0xc, SAU_RLAR = 0x10, SFSR = 0x14, SFAR = 0x18 };
#define SAU_ENABLE 1u
#define SAU_ALLNS 2u
#define RLAR_ENABLE 1u
#define RLAR_NSC 2u

#define SG 0xe97fu /* both halves of it */

/* -- Attribution -- */

static void narrow(uint32_t va, uint32_t from, uint32_t to, uint32_t *first, uint32_t *last)
{
    if (va < from) {
        *last = MIN(*last, from - 1);
    } else if (va > to) {
        *first = MAX(*first, to + 1);
    } else {
        *first = MAX(*first, from);
        *last = MIN(*last, to);
    }
}

/* Addresses of what is in the CPU: each state has its own there, or sees nothing. */
static bool in_core(uint32_t va)
{
    static const uint32_t pages[] = { 0xe0000, 0xe0001, 0xe0002, 0xe000e, 0xe002e, 0xe0040, 0xe0041, 0xe0042, 0xe00ff };
    for (unsigned i = 0; i < ARRAY_SIZE(pages); i++)
        if (va >> 12 == pages[i])
            return true;
    return false;
}

/* An address in several regions is secure. */
static void ask_sau(const struct armm_cpu *m, uint32_t va, struct armm_attribution *a, uint32_t *first, uint32_t *last)
{
    unsigned hits = 0;
    if (!(m->sau_ctrl & SAU_ENABLE)) {
        a->ns = m->sau_ctrl & SAU_ALLNS;
        return;
    }
    for (unsigned i = 0; i < m->model->sau_regions; i++) {
        uint32_t from = m->sau_rbar[i] & ~31u, to = m->sau_rlar[i] | 31u;
        if (!(m->sau_rlar[i] & RLAR_ENABLE) || from > to)
            continue;
        narrow(va, from, to, first, last);
        if (va < from || va > to)
            continue;
        hits++;
        a->sau = i;
        a->nsc = m->sau_rlar[i] & RLAR_NSC;
        a->ns = !a->nsc;
    }
    if (hits > 1) {
        a->sau = -1;
        a->ns = a->nsc = false;
    }
}

/* What is secure for the board stays so; what of that may be called is for the board to say, too. */
static void ask_idau(const struct armm_cpu *m, uint32_t va, struct armm_attribution *a)
{
    unsigned region = va >> 28, callable = __atomic_load_n(&m->idau_nsc, __ATOMIC_SEQ_CST);
    if (!m->idau)
        return;
    a->idau = region;
    if (!(region & 1))
        return;
    bool nsc = (region == 1 && (callable & 1)) || (region == 3 && (callable & 2));
    if (a->ns || (a->nsc && !nsc)) {
        a->ns = false;
        a->nsc = nsc;
    }
}

struct armm_attribution armm_attribute(const struct armm_cpu *m, uint32_t va, bool fetch, uint32_t *first,
                                       uint32_t *last)
{
    struct armm_attribution a = { .ns = !armm_has_security(m), .sau = -1, .idau = -1 };
    if (a.ns || (fetch && va >> 28 == 15))
        return a;
    if (in_core(va) || (va >> 28 == 14 && (fetch || m->idau))) {
        a.exempt = true;
        return a;
    }
    ask_sau(m, va, &a, first, last);
    ask_idau(m, va, &a);
    return a;
}

void armm_set_idau_nsc(struct armm_cpu *m, unsigned bit, bool on)
{
    if (on)
        __atomic_fetch_or(&m->idau_nsc, 1u << bit, __ATOMIC_SEQ_CST);
    else
        __atomic_fetch_and(&m->idau_nsc, ~(1u << bit), __ATOMIC_SEQ_CST);
}

/* -- Registers, from 0xe000edd0 on, the secure state's -- */

uint32_t armm_sau_read(struct armm_cpu *m, unsigned offset)
{
    bool there = m->sau_rnr < m->model->sau_regions;
    switch (offset) {
    case SAU_CTRL: return m->sau_ctrl;
    case SAU_TYPE: return m->model->sau_regions;
    case SAU_RNR: return m->sau_rnr;
    case SAU_RBAR: return there ? m->sau_rbar[m->sau_rnr] : 0;
    case SAU_RLAR: return there ? m->sau_rlar[m->sau_rnr] : 0;
    case SFSR: return m->sfsr;
    case SFAR: return m->sfar;
    default: return 0;
    }
}

void armm_sau_write(struct armm_cpu *m, unsigned offset, uint32_t value)
{
    bool there = m->sau_rnr < m->model->sau_regions;
    switch (offset) {
    case SAU_CTRL: m->sau_ctrl = value & (SAU_ENABLE | SAU_ALLNS); break;
    case SAU_RNR: m->sau_rnr = value & 0xff; return;
    case SAU_RBAR:
        if (there)
            m->sau_rbar[m->sau_rnr] = value & ~31u;
        break;
    case SAU_RLAR:
        if (there)
            m->sau_rlar[m->sau_rnr] = value & ~0x1cu;
        break;
    case SFSR: m->sfsr &= ~value; return;
    case SFAR: m->sfar = value; return;
    default: return;
    }
    mmu_flush(&m->arm.cpu, NULL, NULL);
    armm_update_state(m);
}

/* -- Into the secure state -- */

static bool fetch_half(struct armm_cpu *m, uint32_t at, uint32_t *half, struct mmu_fault *fault)
{
    const struct mmu_key key = armm_key(true, !armm_privileged(m), armm_mpu_off(m, true));
    struct mmu_page page;
    uint64_t v;
    if (!armm_walk(&m->arm.cpu, &key, at, MMU_FETCH, false, &page, fault) ||
        !mmu_try_load(&m->arm.cpu, &key, at, IR_MEM_16, &v, fault))
        return false;
    *half = v;
    return true;
}

void armm_enter_secure(struct armm_cpu *m)
{
    struct arm_cpu *a = &m->arm;
    uint32_t pc = a->cpu.pc, first = 0, last = UINT32_MAX, low = 0, high = 0;
    struct armm_attribution at = armm_attribute(m, pc, true, &first, &last);
    struct mmu_fault fault = { .source = MMU_FAULT_WALK };
    if (!at.nsc || !a->thumb) {
        armm_pend_secure_fault(m, SFSR_INVEP);
        return;
    }
    if (!fetch_half(m, pc, &low, &fault) || !fetch_half(m, pc + 2, &high, &fault)) {
        armm_pend_access(m, &fault, true, CFSR_IACCVIOL, CFSR_IBUSERR, SFSR_INVEP);
        return;
    }
    if (low != SG || high != SG) {
        armm_pend_secure_fault(m, SFSR_INVEP);
        return;
    }
    a->x[14] &= ~UINT64_C(1);
    a->cpu.pc = pc + 4;
    a->itstate = 0;
    m->sfpa = 0;
    armm_set_secure(m, true);
    armm_update_state(m);
    armm_check(m);
}

/* -- Into the non-secure state, and back -- */

static void go_non_secure(struct armm_cpu *m, uint32_t target)
{
    m->arm.thumb = 1;
    m->arm.cpu.pc = target & ~1u;
    m->sfpa = 0;
    armm_set_secure(m, false);
    armm_update_state(m);
    armm_check(m);
}

/* Where BLXNS returns to, and what the state was, is on the secure stack. */
static bool push_return(struct armm_cpu *m, uint32_t next)
{
    struct arm_cpu *a = &m->arm;
    uint32_t sp = a->x[13] - 8, state = m->exception | (m->sfpa ? XPSR_SFPA : 0);
    struct mmu_fault fault;
    if (m->limit && sp < m->limit)
        armm_raise(m, EXC_USAGEFAULT, CFSR_STKOF);
    if (!mmu_try_store(&a->cpu, &a->data_key, sp, next, IR_MEM_32 | IR_MEM_ALIGN, &fault) ||
        !mmu_try_store(&a->cpu, &a->data_key, sp + 4, state, IR_MEM_32 | IR_MEM_ALIGN, &fault)) {
        armm_raise_fault(&a->cpu, &fault, IR_MEM_32 | IR_MEM_ALIGN);
        return false;
    }
    a->x[13] = sp;
    a->x[14] = FNC_RETURN | 1;
    if (m->exception)
        m->exception = 1; /* the other state does not see which */
    return true;
}

static uint64_t helper_bxns(struct cpu *cpu, uint64_t target, uint64_t next)
{
    struct armm_cpu *m = armm_cpu(cpu);
    cpu_sync_pc(cpu);
    if (!m->secure)
        armm_raise(m, EXC_USAGEFAULT, CFSR_UNDEFINSTR);
    if (!next && target >= EXC_RETURN_MIN && m->exception) {
        armm_exception_return(m, target);
    } else if (!next && (target & ~UINT64_C(1)) == FNC_RETURN) {
        armm_function_return(m);
    } else if (target & 1) { /* it stays in the secure state */
        m->arm.x[14] = next ? next : m->arm.x[14];
        cpu->pc = target & ~UINT64_C(1);
        armm_update_key(m);
    } else if (!next || push_return(m, next)) {
        go_non_secure(m, target);
    }
    return 0;
}

void armm_function_return(struct armm_cpu *m)
{
    struct arm_cpu *a = &m->arm;
    unsigned which = ARMM_SP(1, !m->exception && (m->control[1] & CONTROL_SPSEL));
    bool unprivileged = !m->exception && (m->control[1] & CONTROL_NPRIV);
    const struct mmu_key key = armm_key(true, unprivileged, armm_mpu_off(m, true));
    uint32_t sp = armm_sp(m, which);
    uint64_t pc = 0, state = 0;
    struct mmu_fault fault;
    a->itstate = 0;
    if (!mmu_try_load(&a->cpu, &key, sp, IR_MEM_32 | IR_MEM_ALIGN, &pc, &fault) ||
        !mmu_try_load(&a->cpu, &key, sp + 4, IR_MEM_32 | IR_MEM_ALIGN, &state, &fault)) {
        armm_pend_access(m, &fault, true, CFSR_MUNSTKERR, CFSR_UNSTKERR, SFSR_AUVIOL);
        armm_take_pending(m);
        return;
    }
    unsigned exception = state & XPSR_IPSR;
    if (m->exception ? m->exception != 1 || !exception : exception) {
        armm_pend_fault_of(m, EXC_USAGEFAULT, true, CFSR_INVPC);
        armm_take_pending(m);
        return;
    }
    armm_set_sp(m, which, sp + 8);
    m->exception = exception;
    m->sfpa = state & XPSR_SFPA ? 1 : 0;
    a->thumb = pc & 1;
    a->cpu.pc = pc & ~UINT64_C(1);
    armm_set_secure(m, true);
    armm_update_state(m);
    armm_check(m);
}

/* -- TT -- */

static uint64_t helper_tt(struct cpu *cpu, uint64_t address, uint64_t kind)
{
    struct armm_cpu *m = armm_cpu(cpu);
    bool alternate = kind & 2, unprivileged = kind & 1;
    if (alternate && !m->secure)
        armm_raise(m, EXC_USAGEFAULT, CFSR_UNDEFINSTR);
    bool secure = m->secure && !alternate;
    bool user = unprivileged || (!m->exception && (m->control[secure] & CONTROL_NPRIV));
    uint32_t v = 0, first = 0, last = UINT32_MAX;
    if (armm_privileged(m) || alternate) {
        int region;
        unsigned prot = armm_mpu_prot(m, secure, user, address, &region);
        v |= region >= 0 ? (uint32_t)region | 1u << 16 : 0;
        v |= (prot >> MMU_READ & 1) << 18 | (prot >> MMU_WRITE & 1) << 19;
    }
    if (!m->secure)
        return v;
    struct armm_attribution a = armm_attribute(m, address, false, &first, &last);
    bool ns = a.exempt ? !m->secure : a.ns;
    v |= a.sau >= 0 ? (uint32_t)a.sau << 8 | 1u << 17 : 0;
    v |= a.idau >= 0 ? (uint32_t)a.idau << 24 | 1u << 23 : 0;
    return v | (ns ? (v >> 18 & 3) << 20 : 1u << 22);
}

#define ANY (IR_H_READS | IR_H_WRITES | IR_H_TRAPS | IR_H_STATE)
const struct ir_helper armm_helper_bxns = {
    .name = "armm_bxns", .fn = helper_bxns, .nargs = 2, .flags = ANY,
};
const struct ir_helper armm_helper_tt = {
    .name = "armm_tt", .fn = helper_tt, .nargs = 2, .result = true, .flags = IR_H_TRAPS | IR_H_STATE,
};
