/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions: where they go, entry and return; interrupts and their lines. Manual: chapter D1, "The AArch64 System Level
 * Programmers' Model".
 */
#include <inttypes.h>
#include <sched.h>
#include <string.h>

#include "aarch32.h"
#include "cpu-exec.h"
#include "cpus.h"
#include "log.h"
#include "regime.h"
#include "symbols.h"
#include "vcpu.h"

bool arm_secure(const struct arm_cpu *a)
{
    return arm_has(a, ARMF_el3) && (a->el == 3 || !(a->scr & SCR_NS) || arm_in_monitor(a));
}

bool arm_el2_enabled(const struct arm_cpu *a)
{
    return arm_has(a, ARMF_el2) && (!arm_has(a, ARMF_el3) || ((a->scr & (SCR_NS | SCR_EEL2)) && !arm_in_monitor(a)));
}

/* HCR_EL2 as it is in effect: zero where there is no EL2 in this security state. */
static uint64_t hcr(const struct arm_cpu *a)
{
    return arm_el2_enabled(a) ? a->hcr : 0;
}

/* -- PSTATE -- */

void arm_set_el(struct arm_cpu *a, unsigned el, bool spsel)
{
    a->sp_el[a->pstate & PSTATE_SP ? a->el : 0] = a->sp;
    a->el = el;
    a->pstate = (a->pstate & ~(PSTATE_SP | 3u << PSTATE_EL_SHIFT)) | el << PSTATE_EL_SHIFT | (spsel ? PSTATE_SP : 0);
    a->sp = a->sp_el[spsel ? el : 0];
}

uint32_t arm_nzcv(const struct arm_cpu *a)
{
    static const uint8_t of[] = {
        [ARM_FLAGS_ADD32] = IR_FLAG_ADD, [ARM_FLAGS_ADD64] = IR_FLAG_ADD, [ARM_FLAGS_SUB32] = IR_FLAG_SUBN,
        [ARM_FLAGS_SUB64] = IR_FLAG_SUBN, [ARM_FLAGS_LOGIC32] = IR_FLAG_LOGIC, [ARM_FLAGS_LOGIC64] = IR_FLAG_LOGIC,
        [ARM_FLAGS_ADC32] = IR_FLAG_ADC, [ARM_FLAGS_ADC64] = IR_FLAG_ADC, [ARM_FLAGS_SBC32] = IR_FLAG_SBCN,
        [ARM_FLAGS_SBC64] = IR_FLAG_SBCN,
    };
    unsigned kind = a->flags.kind, what = kind & ARM_FLAGS_WHAT;
    uint32_t f = a->nzcv;
    if (what != ARM_FLAGS_PACKED) {
        bool logic = of[what] == IR_FLAG_LOGIC;
        f = ir_eval_flag_pack(IR_LAYOUT_NZCV, ir_eval_flags(of[what], what & 1 ? 2 : 3, a->flags.a,
                                                            logic ? 0 : a->flags.b, logic ? 0 : a->flags.in));
    }
    if (kind & ARM_FLAGS_NZ)
        f = (f & 0x30000000) | (a->flags.nz & 0x80000000) | ((uint32_t)a->flags.nz ? 0 : 0x40000000);
    if (kind & ARM_FLAGS_C)
        f = (f & ~0x20000000u) | (uint32_t)(a->flags.c & 1) << 29;
    return f;
}

_Static_assert((ARM_FLAGS_ADD32 & 1) && (ARM_FLAGS_SUB32 & 1) && (ARM_FLAGS_LOGIC32 & 1) && (ARM_FLAGS_ADC32 & 1) &&
               (ARM_FLAGS_SBC32 & 1), "odd kinds have 32 bits");

void arm_set_nzcv(struct arm_cpu *a, uint32_t value)
{
    a->nzcv = value & PSTATE_NZCV;
    memset(&a->flags, 0, sizeof(a->flags));
}

uint64_t arm_pstate_read(const struct arm_cpu *a)
{
    if (arm_in_a32(a))
        return arm_cpsr_read(a);
    return a->pstate | arm_nzcv(a) | (uint64_t)a->btype << PSTATE_BTYPE_SHIFT;
}

void arm_pstate_write(struct arm_cpu *a, uint64_t spsr)
{
    if (spsr & PSTATE_NRW) {
        a->sp_el[a->pstate & PSTATE_SP ? a->el : 0] = a->sp;
        arm_a32_enter(a, spsr);
        return;
    }
    arm_set_el(a, bits(spsr, PSTATE_EL_SHIFT, 2), spsr & PSTATE_SP);
    a->pstate = spsr & ~(PSTATE_NZCV | 3u << PSTATE_BTYPE_SHIFT);
    arm_set_nzcv(a, spsr);
    a->btype = bits(spsr, PSTATE_BTYPE_SHIFT, 2);
    a->btype_pc = ARM_BTYPE_KNOWN;
}

/* -- Entry -- */

unsigned arm_exception_level(const struct arm_cpu *a, unsigned level)
{
    unsigned to = MAX(level, a->el);
    return to <= 1 && a->el == 0 && (hcr(a) & HCR_TGE) ? 2 : MAX(to, 1);
}

unsigned arm_debug_level(const struct arm_cpu *a)
{
    return MAX(a->el, arm_debug_target(a));
}

static void log_exception(const struct arm_cpu *a, enum arm_vector v, unsigned to_el, uint64_t esr)
{
    static const char *const names[] = { "exception", "IRQ", "FIQ", "SError" };
    g_autofree char *where = symbol_text(" ", a->cpu.pc, true);
    log_printf("cpu %u: %s at 0x%" PRIx64 "%s in EL%u, taken in EL%u", a->cpu.index, names[v], a->cpu.pc,
               where ? where : "", a->el, to_el);
    if (v == ARM_VECTOR_SYNC)
        log_printf(", ESR 0x%" PRIx64 " FAR 0x%" PRIx64, esr, a->far[to_el]);
    log_printf("\n");
}

/* PSTATE of a handler. */
static uint32_t handler_pstate(const struct arm_cpu *a, unsigned to_el)
{
    uint32_t pstate = PSTATE_DAIF | (a->pstate & (PSTATE_PAN | PSTATE_DIT));
    bool host_el2 = to_el == 2 && (a->hcr & HCR_E2H) && (a->hcr & HCR_TGE);
    if (arm_has(a, ARMF_pan) && (to_el == 1 || host_el2) && !(a->sctlr[to_el] & 1u << 23 /* SPAN */))
        pstate |= PSTATE_PAN;
    if (arm_has(a, ARMF_ssbs) && (a->sctlr[to_el] & UINT64_C(1) << 44 /* DSSBS */))
        pstate |= PSTATE_SSBS;
    return pstate;
}

void arm_take_exception(struct arm_cpu *a, enum arm_vector v, unsigned to_el, uint64_t esr)
{
    if (arm_level_is_a32(a, to_el)) {
        arm_a32_take_exception(a, v, to_el, esr);
        return;
    }
    if (log_on(LOG_INT))
        log_exception(a, v, to_el, esr);
    unsigned offset = v * 0x80;
    if (a->el < to_el)
        offset += arm_in_a32(a) ? 0x600 : 0x400; /* from a lower level */
    else if (a->pstate & PSTATE_SP)
        offset += 0x200;
    if (a->btype)
        a->btype = arm_btype(a);
    a->spsr[to_el] = arm_pstate_read(a);
    a->elr[to_el] = a->cpu.pc;
    if (v == ARM_VECTOR_SYNC || v == ARM_VECTOR_SERROR)
        a->esr[to_el] = esr;
    uint32_t pstate = handler_pstate(a, to_el);
    if (arm_in_a32(a)) {
        arm_a32_leave(a);
        a->el = to_el;
        a->sp = a->sp_el[to_el];
        arm_set_nzcv(a, 0);
    } else {
        arm_set_el(a, to_el, true);
    }
    a->pstate = pstate | to_el << PSTATE_EL_SHIFT | PSTATE_SP;
    a->btype = 0;
    a->excl_addr = ~UINT64_C(0);
    a->cpu.pc = a->vbar[to_el] + offset;
    arm_update_state(a);
}

void arm_raise(struct arm_cpu *a, unsigned to_el, uint64_t esr)
{
    cpu_sync_pc(&a->cpu);
    arm_take_exception(a, ARM_VECTOR_SYNC, to_el, esr);
    cpu_loop_exit(&a->cpu);
}

void arm_undefined(struct arm_cpu *a)
{
    arm_raise(a, arm_exception_level(a, 1), arm_syndrome(EC_UNKNOWN, 0));
}

/* -- Return -- */

/* SPSR names a state that this level may return to. */
static bool legal_return(const struct arm_cpu *a, uint64_t spsr)
{
    unsigned el = bits(spsr, PSTATE_EL_SHIFT, 2);
    if (spsr & PSTATE_NRW)
        return a->el && arm_cpsr_legal(a, spsr) &&
               ((spsr & A32_M) == MODE_USR ? arm_has(a, ARMF_aarch32) && !((hcr(a) & HCR_TGE) && a->el == 1)
                                           : a->el >= 2 && arm_level_is_a32(a, 1) && !(hcr(a) & HCR_TGE));
    if (spsr & 2 || el > a->el || (el == 0 && (spsr & PSTATE_SP)))
        return false;
    if (el == 2 && (!arm_has(a, ARMF_el2) || (arm_has(a, ARMF_el3) && !(a->scr & (SCR_NS | SCR_EEL2)))))
        return false;
    if (el < a->el && arm_level_is_a32(a, MAX(el, 1)))
        return false;
    return el != 1 || !(hcr(a) & HCR_TGE);
}

/* What a return address may be at a level. */
static gva return_address(const struct arm_cpu *a, gva pc)
{
    if (arm_in_a32(a))
        return (uint32_t)pc & (a->thumb ? ~1u : ~3u);
    unsigned tbi = bits(a->cpu.mode.word[0], ARMKEY_TBI_SHIFT, 2);
    bool ignored = tbi >> (pc >> 55 & 1) & 1;
    if (!ignored)
        return pc;
    return a->cpu.mode.word[0] & ARMKEY_TWO_RANGES ? (gva)sign_extend(pc, 56) : bits(pc, 0, 56);
}

void arm_eret(struct arm_cpu *a, uint64_t target)
{
    unsigned from = a->el;
    uint64_t spsr = a->spsr[from];
    a->excl_addr = ~UINT64_C(0);
    a->cpu.pc = target;
    if (legal_return(a, spsr)) {
        unsigned to = spsr & PSTATE_NRW ? (spsr & A32_M) != MODE_USR : bits(spsr, PSTATE_EL_SHIFT, 2);
        bool step = arm_step_enabled_at(a, to, spsr);
        uint32_t mask = PSTATE_DAIF | PSTATE_SP | 3u << PSTATE_EL_SHIFT | PSTATE_IL | PSTATE_NZCV |
                        (arm_has(a, ARMF_pan) ? PSTATE_PAN : 0) | (arm_has(a, ARMF_uao) ? PSTATE_UAO : 0) |
                        (arm_has(a, ARMF_dit) ? PSTATE_DIT : 0) | (arm_has(a, ARMF_ssbs) ? PSTATE_SSBS : 0) |
                        (arm_has(a, ARMF_bti) ? 3u << PSTATE_BTYPE_SHIFT : 0) | (step ? PSTATE_SS : 0);
        if (spsr & PSTATE_NRW)
            mask = ~(uint32_t)PSTATE_SS | (step ? PSTATE_SS : 0);
        arm_pstate_write(a, spsr & mask);
    } else { /* PSTATE stays but for these */
        arm_set_nzcv(a, spsr);
        a->pstate = (a->pstate & ~PSTATE_DAIF) | (spsr & PSTATE_DAIF) | PSTATE_IL;
    }
    arm_send_event_local(a);
    arm_update_state(a);
    a->cpu.pc = return_address(a, a->cpu.pc);
    arm_check_interrupts(a);
}

/* -- Interrupts -- */

/* Where a physical interrupt goes, and whether PSTATE masks it there. 0: masked. */
static unsigned interrupt_level(const struct arm_cpu *a, uint32_t scr_bit, uint32_t hcr_bit, uint32_t mask)
{
    unsigned to = 1;
    if (arm_has(a, ARMF_el3) && (a->scr & scr_bit))
        to = 3;
    else if (hcr(a) & (hcr_bit | HCR_TGE))
        to = 2;
    if (to < a->el)
        return 0;
    if (arm_a32_has_el3(a))
        return arm_a32_interrupt_masked(a, to, mask) ? 0 : to;
    if (to > a->el && !(to == 2 && a->el < 2 && (a->hcr & HCR_E2H) && (a->hcr & HCR_TGE) && a->el == 0))
        return to > 1 || !(a->pstate & mask) ? to : 0;
    return a->pstate & mask ? 0 : to;
}

uint32_t arm_lines(const struct arm_cpu *a)
{
    uint32_t lines = __atomic_load_n(&a->lines, __ATOMIC_SEQ_CST);
    if (likely(!(lines & (1u << ARM_GROUP1_S | 1u << ARM_GROUP1_NS))))
        return lines;
    bool secure = arm_secure(a), el3 = a->el == 3 && !arm_in_a32(a);
    if (lines & 1u << ARM_GROUP1_NS)
        lines |= secure ? 1u << ARM_FIQ : 1u << ARM_IRQ;
    if (lines & 1u << ARM_GROUP1_S)
        lines |= !secure || el3 ? 1u << ARM_FIQ : 1u << ARM_IRQ;
    return lines;
}

struct interrupt {
    int vector; /* -1: none */
    unsigned to;
};

static struct interrupt next_interrupt(const struct arm_cpu *a)
{
    uint32_t lines = arm_lines(a);
    uint64_t h = hcr(a);
    unsigned to;
    if (likely(!lines && !(h & (HCR_VF | HCR_VI | HCR_VSE))))
        return (struct interrupt){ .vector = -1 };
    if ((lines & 1u << ARM_FIQ) && (to = interrupt_level(a, SCR_FIQ, HCR_FMO, PSTATE_F)))
        return (struct interrupt){ ARM_VECTOR_FIQ, to };
    if ((lines & 1u << ARM_IRQ) && (to = interrupt_level(a, SCR_IRQ, HCR_IMO, PSTATE_I)))
        return (struct interrupt){ ARM_VECTOR_IRQ, to };
    if ((lines & 1u << ARM_SERROR) && (to = interrupt_level(a, SCR_EA, HCR_AMO, PSTATE_A)))
        return (struct interrupt){ ARM_VECTOR_SERROR, to };
    if (a->el > 1 || (h & HCR_TGE))
        return (struct interrupt){ .vector = -1 };
    if ((h & HCR_FMO) && ((lines & 1u << ARM_VFIQ) || (h & HCR_VF)) && !(a->pstate & PSTATE_F))
        return (struct interrupt){ ARM_VECTOR_FIQ, 1 };
    if ((h & HCR_IMO) && ((lines & 1u << ARM_VIRQ) || (h & HCR_VI)) && !(a->pstate & PSTATE_I))
        return (struct interrupt){ ARM_VECTOR_IRQ, 1 };
    if ((h & HCR_AMO) && (h & HCR_VSE) && !(a->pstate & PSTATE_A))
        return (struct interrupt){ ARM_VECTOR_SERROR, 1 };
    return (struct interrupt){ .vector = -1 };
}

void arm_check_interrupts(struct arm_cpu *a)
{
    if (unlikely(next_interrupt(a).vector >= 0))
        cpu_kick(&a->cpu);
}

/* Sampled by other threads while the CPU sleeps: masked ones wake it too, and a start by another CPU. */
bool arm_has_work(struct cpu *cpu)
{
    struct arm_cpu *a = arm_cpu(cpu);
    uint64_t h = hcr(a);
    uint32_t lines = arm_lines(a);
    if (unlikely(__atomic_load_n(&a->start, __ATOMIC_SEQ_CST) || __atomic_load_n(&a->pm_due, __ATOMIC_SEQ_CST)))
        return true;
    if (a->for_event && __atomic_load_n(&a->event, __ATOMIC_SEQ_CST))
        return true;
    return (lines & (1u << ARM_IRQ | 1u << ARM_FIQ | 1u << ARM_SERROR)) ||
           ((h & HCR_IMO) && ((lines & 1u << ARM_VIRQ) || (h & HCR_VI))) ||
           ((h & HCR_FMO) && ((lines & 1u << ARM_VFIQ) || (h & HCR_VF))) || ((h & HCR_AMO) && (h & HCR_VSE));
}

bool arm_take_interrupt(struct cpu *cpu)
{
    struct arm_cpu *a = arm_cpu(cpu);
    arm_tlbi_catch_up(a);
    if (unlikely(__atomic_load_n(&a->start, __ATOMIC_SEQ_CST)))
        arm_psci_started(a);
    if (unlikely(__atomic_load_n(&a->pm_due, __ATOMIC_SEQ_CST)))
        arm_pm_due(a);
    struct interrupt next = next_interrupt(a);
    if (likely(next.vector < 0))
        return false;
    if (next.vector == ARM_VECTOR_SERROR && next.to == 1 && (hcr(a) & HCR_VSE))
        a->hcr &= ~(uint64_t)HCR_VSE;
    arm_take_exception(a, next.vector, next.to, arm_syndrome(EC_SERROR, 0));
    return true;
}

/* Any thread. */
static void line_input(void *opaque, unsigned n, bool level)
{
    struct arm_cpu *a = opaque;
    uint32_t bit = 1u << n;
    if (!level)
        __atomic_fetch_and(&a->lines, ~bit, __ATOMIC_SEQ_CST);
    else if (!(__atomic_fetch_or(&a->lines, bit, __ATOMIC_SEQ_CST) & bit))
        cpu_kick(&a->cpu);
}

void arm_irq_line(struct arm_cpu *a, enum arm_line n, struct irq *line)
{
    *line = (struct irq){ .set = line_input, .opaque = a, .n = n };
}

/* -- Events -- */

bool arm_event_taken(struct arm_cpu *a)
{
    return __atomic_exchange_n(&a->event, 0, __ATOMIC_SEQ_CST);
}

#define EVNTEN 0x4u /* of CNTKCTL and CNTHCTL: the counter makes events */

/*
 * Between an exclusive load and its store the event may be another CPU's store to that address, which nobody tells of; and the
 * counter's events are many. The wait may end at any time: give another thread the host CPU, or another CPU the turn, and go on.
 * On a busy host CPUs that share a thread wait for each other only.
 */
void arm_wait_for_event(struct arm_cpu *a)
{
    bool counts = (a->cntkctl & EVNTEN) || (arm_has(a, ARMF_el2) && (a->cnthctl & EVNTEN));
    if (a->excl_addr == ~UINT64_C(0) && !counts) {
        a->for_event = true;
        cpu_set_halted(&a->cpu, !arm_has_work(&a->cpu));
    } else if (!cpu_yield(&a->cpu)) {
        sched_yield();
    }
}

void arm_send_event_local(struct arm_cpu *a)
{
    __atomic_store_n(&a->event, 1, __ATOMIC_SEQ_CST);
}

void arm_send_event(struct arm_cpu *a)
{
    for (unsigned i = 0; i < cpu_count; i++) {
        struct cpu *cpu = cpu_list[i];
        if (cpu->arch != a->cpu.arch)
            continue;
        arm_send_event_local(arm_cpu(cpu));
        if (__atomic_load_n(&cpu->halted, __ATOMIC_SEQ_CST))
            cpu_kick(cpu);
    }
}

/* -- Faults the engine finds -- */

#define FAULT_ON_WALK 0x14 /* an external abort there, with the level */

/* What a data abort's syndrome says besides the status. */
static uint32_t data_iss(const struct mmu_fault *fault, unsigned memop)
{
    bool write = fault->access == MMU_WRITE || (memop & IR_MEM_STORE);
    return write ? 1u << 6 : 0;
}

/* more: of the syndrome of a data abort that goes to AArch64, or to Hyp mode. */
static void take_abort(struct arm_cpu *a, const struct mmu_fault *fault, unsigned memop, uint32_t more)
{
    bool fetch = fault->access == MMU_FETCH;
    uint32_t status = fault->source == MMU_FAULT_ALIGN ? 0x21 : fault->source == MMU_FAULT_BUS ? 0x10 : fault->kind;
    bool stage2 = fault->source == MMU_FAULT_WALK && (fault->kind & ARM_FAULT_STAGE2);
    bool external = fault->source == MMU_FAULT_BUS ||
                    (fault->source == MMU_FAULT_WALK && (fault->kind & 0x3c) == FAULT_ON_WALK);
    unsigned to = stage2 ? 2 : arm_exception_level(a, 1);
    if (external && arm_has(a, ARMF_el3) && (a->scr & SCR_EA))
        to = 3;
    uint32_t iss = (status & 0x3f) | (fetch ? 0 : data_iss(fault, memop) | more);
    if (fault->source == MMU_FAULT_WALK && (fault->kind & ARM_FAULT_S1PTW))
        iss |= 1u << 7;
    if (arm_level_is_a32(a, to) && to != 2) {
        bool write = fault->access == MMU_WRITE || (memop & IR_MEM_STORE);
        arm_a32_set_fault(a, to, fetch, write, status & 0x3f, fault->source == MMU_FAULT_WALK ? fault->pa : 0, fault->va);
        arm_a32_take_exception(a, ARM_VECTOR_SYNC, to, arm_syndrome(fetch ? EC_IABT : EC_DABT, 0));
        return;
    }
    enum arm_ec ec = fetch ? EC_IABT_LOWER : EC_DABT_LOWER;
    if (a->el == to)
        ec++;
    if (arm_level_is_a32(a, to)) /* HDFAR, HIFAR */
        a->far[to] = fetch ? (a->far[to] & UINT32_MAX) | fault->va << 32
                           : (a->far[to] & ~(uint64_t)UINT32_MAX) | (uint32_t)fault->va;
    else
        a->far[to] = fault->va;
    bool narrow = false;
    if (stage2 && !fetch && !(fault->kind & ARM_FAULT_S1PTW))
        iss |= arm_access_iss(a, &narrow);
    if (stage2)
        a->hpfar = bits(fault->pa, 12, 36) << 4;
    arm_take_exception(a, ARM_VECTOR_SYNC, to, arm_syndrome(ec, iss) & ~(narrow ? ESR_IL : 0));
}

void arm_raise_fault(struct cpu *cpu, const struct mmu_fault *fault, unsigned memop)
{
    take_abort(arm_cpu(cpu), fault, memop, 0);
}

void arm_raise_at_fault(struct arm_cpu *a, const struct mmu_fault *fault)
{
    cpu_sync_pc(&a->cpu);
    take_abort(a, fault, 0, 1u << 8 /* CM */ | 1u << 6 /* WnR */);
    cpu_loop_exit(&a->cpu);
}
