/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AArch32: modes with their banked registers, CPSR, exceptions to EL1, EL2's Hyp mode and EL3's Monitor mode. Manual:
 * DDI 0487, chapter G1. Not modelled: EL2 and EL3 in AArch32 of CPUs that have AArch64.
 */
#include "aarch32.h"

#include <inttypes.h>

#include "cpu-exec.h"
#include "cpus.h"
#include "log.h"
#include "semihost.h"
#include "symbols.h"
#include "sysreg.h"
#include "trans-a32.h"

/* Which of arm_cpu.x a register of AArch32 is. */
const uint8_t arm_a32_slot[15] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14 };

static uint32_t get_reg(const struct arm_cpu *a, unsigned n)
{
    return a->x[arm_a32_slot[n]];
}

static void set_reg(struct arm_cpu *a, unsigned n, uint32_t v)
{
    a->x[arm_a32_slot[n]] = v;
}

/* -- Banks -- */

enum { BANK_USR, BANK_FIQ, BANK_IRQ, BANK_SVC, BANK_ABT, BANK_UND, BANK_HYP, BANK_MON };

static bool mode_exists(const struct arm_cpu *a, unsigned mode)
{
    if (mode == MODE_HYP)
        return arm_has(a, ARMF_el2) && a->config.a32_only;
    if (mode == MODE_MON)
        return arm_a32_has_el3(a);
    return mode == MODE_USR || mode == MODE_FIQ || mode == MODE_IRQ || mode == MODE_SVC || mode == MODE_ABT ||
           mode == MODE_UND || mode == MODE_SYS;
}

const char *arm_a32_mode_name(uint32_t cpsr)
{
    static const char *const names[16] = {
        "usr", "fiq", "irq", "svc", "???", "???", "mon", "abt", "???", "???", "hyp", "und", "???", "???", "???", "sys",
    };
    return names[cpsr & 15];
}

static unsigned bank_of(unsigned mode)
{
    switch (mode) {
    case MODE_FIQ: return BANK_FIQ;
    case MODE_IRQ: return BANK_IRQ;
    case MODE_SVC: return BANK_SVC;
    case MODE_ABT: return BANK_ABT;
    case MODE_UND: return BANK_UND;
    case MODE_HYP: return BANK_HYP;
    case MODE_MON: return BANK_MON;
    default: return BANK_USR;
    }
}

/* The mode's SPSR, NULL: it has none. */
static uint64_t *spsr_of(struct arm_cpu *a, unsigned mode)
{
    switch (mode) {
    case MODE_FIQ: return &a->spsr_fiq;
    case MODE_IRQ: return &a->spsr_irq;
    case MODE_SVC: return &a->spsr[1];
    case MODE_ABT: return &a->spsr_abt;
    case MODE_UND: return &a->spsr_und;
    case MODE_HYP: return &a->spsr[2];
    case MODE_MON: return &a->spsr[3];
    default: return NULL;
    }
}

static unsigned current_mode(const struct arm_cpu *a)
{
    return a->pstate & A32_M;
}

/* What the mode's bank has goes to arm_cpu.bank_*, or comes from there. */
static void store_banks(struct arm_cpu *a)
{
    unsigned bank = bank_of(current_mode(a));
    a->bank_sp[bank] = get_reg(a, 13);
    a->bank_lr[bank == BANK_HYP ? BANK_USR : bank] = get_reg(a, 14);
    for (unsigned i = 0; i < 5; i++)
        a->bank_high[bank == BANK_FIQ][i] = get_reg(a, 8 + i);
}

static void load_banks(struct arm_cpu *a)
{
    unsigned bank = bank_of(current_mode(a));
    set_reg(a, 13, a->bank_sp[bank]);
    set_reg(a, 14, a->bank_lr[bank == BANK_HYP ? BANK_USR : bank]);
    for (unsigned i = 0; i < 5; i++)
        set_reg(a, 8 + i, a->bank_high[bank == BANK_FIQ][i]);
}

/* Banks as AArch64 sees them, from X13 on; R8 to R12 of FIQ mode are X24 to X28. */
static const uint8_t x_sp[] = { [BANK_USR] = 13, [BANK_HYP] = 15, [BANK_IRQ] = 17, [BANK_SVC] = 19, [BANK_ABT] = 21,
                                [BANK_UND] = 23, [BANK_FIQ] = 29 };
static const uint8_t x_lr[] = { [BANK_USR] = 14, [BANK_IRQ] = 16, [BANK_SVC] = 18, [BANK_ABT] = 20, [BANK_UND] = 22,
                                [BANK_FIQ] = 30 };

unsigned arm_a32_x(const struct arm_cpu *a, unsigned n)
{
    unsigned bank = bank_of(current_mode(a));
    if (n == 13)
        return x_sp[bank];
    if (n == 14)
        return x_lr[bank == BANK_HYP ? BANK_USR : bank];
    return n >= 8 && n <= 12 && bank == BANK_FIQ ? n + 16 : n;
}

void arm_a32_leave(struct arm_cpu *a)
{
    uint64_t x[31];
    store_banks(a);
    for (unsigned i = 0; i < 8; i++)
        x[i] = get_reg(a, i);
    for (unsigned i = 0; i < 5; i++) {
        x[8 + i] = a->bank_high[0][i];
        x[24 + i] = a->bank_high[1][i];
    }
    for (unsigned b = 0; b < ARRAY_SIZE(x_sp); b++)
        x[x_sp[b]] = a->bank_sp[b];
    for (unsigned b = 0; b < ARRAY_SIZE(x_lr); b++)
        x[x_lr[b]] = a->bank_lr[b];
    memcpy(a->x, x, sizeof(x));
}

void arm_a32_enter(struct arm_cpu *a, uint32_t cpsr)
{
    uint32_t low[8];
    for (unsigned i = 0; i < 8; i++)
        low[i] = a->x[i];
    for (unsigned i = 0; i < 5; i++) {
        a->bank_high[0][i] = a->x[8 + i];
        a->bank_high[1][i] = a->x[24 + i];
    }
    for (unsigned b = 0; b < ARRAY_SIZE(x_sp); b++)
        a->bank_sp[b] = a->x[x_sp[b]];
    for (unsigned b = 0; b < ARRAY_SIZE(x_lr); b++)
        a->bank_lr[b] = a->x[x_lr[b]];
    for (unsigned i = 0; i < 8; i++)
        set_reg(a, i, low[i]);
    a->pstate = PSTATE_NRW | (cpsr & A32_M);
    load_banks(a);
    arm_cpsr_write(a, cpsr);
}

/* -- CPSR -- */

#define CPSR_ELSEWHERE (PSTATE_NZCV | A32_T | A32_GE | A32_Q | A32_J | A32_IT_LOW | A32_IT_HIGH)

uint32_t arm_cpsr_read(const struct arm_cpu *a)
{
    return a->pstate | arm_nzcv(a) | (a->thumb ? A32_T : 0) | (uint32_t)a->cpsr_ge << 16 | (a->cpsr_q ? A32_Q : 0) |
           (uint32_t)(a->itstate & 3) << 25 | (uint32_t)(a->itstate >> 2) << 10;
}

unsigned arm_a32_level(uint32_t cpsr)
{
    unsigned mode = cpsr & A32_M;
    return mode == MODE_USR ? 0 : mode == MODE_HYP ? 2 : 1;
}

void arm_cpsr_write(struct arm_cpu *a, uint32_t cpsr)
{
    if ((cpsr ^ a->pstate) & A32_M) {
        store_banks(a);
        a->pstate = (a->pstate & ~A32_M) | (cpsr & A32_M);
        load_banks(a);
    }
    a->el = arm_a32_level(cpsr);
    a->pstate = (cpsr & ~CPSR_ELSEWHERE) | PSTATE_NRW;
    arm_set_nzcv(a, cpsr);
    a->thumb = cpsr & A32_T ? 1 : 0;
    a->cpsr_ge = bits(cpsr, 16, 4);
    a->cpsr_q = cpsr & A32_Q ? 1 : 0;
    a->itstate = bits(cpsr, 25, 2) | bits(cpsr, 10, 6) << 2;
}

bool arm_cpsr_legal(const struct arm_cpu *a, uint32_t cpsr)
{
    return (cpsr & PSTATE_NRW) && mode_exists(a, cpsr & A32_M) && arm_has(a, ARMF_aarch32);
}

/* The mode exists in this state; Monitor mode is the secure one's, and Hyp mode the other's, where SCR.NS says so. */
static bool mode_is_open(const struct arm_cpu *a, unsigned mode)
{
    if (!mode_exists(a, mode))
        return false;
    if (mode == MODE_MON)
        return arm_secure(a);
    return mode != MODE_HYP || a->el == 2 || (arm_in_monitor(a) && (a->scr & SCR_NS));
}

/* What a program may change of its own status, and what a return may. */
static uint32_t valid_bits(const struct arm_cpu *a)
{
    uint32_t mask = PSTATE_NZCV | A32_M | PSTATE_F | PSTATE_I | A32_T;
    mask |= arm_has(a, ARMF_v5) ? A32_Q : 0;
    mask |= arm_has(a, ARMF_v6) ? A32_GE | A32_E | PSTATE_A : 0;
    mask |= arm_has(a, ARMF_v7) ? A32_IT_LOW | A32_IT_HIGH : 0;
    mask |= arm_has(a, ARMF_v8) ? PSTATE_IL : 0;
    mask |= arm_has(a, ARMF_pan) ? PSTATE_PAN : 0;
    /* Until the Virtualization Extensions SCR kept masks from the non-secure state. */
    if (arm_a32_has_el3(a) && !arm_secure(a) && !arm_has(a, ARMF_v8) && !arm_has(a, ARMF_el2))
        mask &= ~((a->scr & SCR_AW ? 0 : PSTATE_A) | (a->scr & SCR_FW ? 0 : PSTATE_F));
    return mask;
}

void arm_a32_write_status(struct arm_cpu *a, uint32_t value, uint32_t mask)
{
    mask &= valid_bits(a) & ~(A32_T | A32_IT_LOW | A32_IT_HIGH | PSTATE_IL);
    if (!a->el)
        mask &= PSTATE_NZCV | A32_Q | A32_GE | A32_E;
    unsigned mode = value & A32_M;
    /* Only exceptions and their returns lead to and from Hyp mode. */
    bool hyp = mode != current_mode(a) && (mode == MODE_HYP || current_mode(a) == MODE_HYP);
    if ((mask & A32_M) && (!mode_is_open(a, mode) || hyp)) {
        mask &= ~A32_M; /* v8: an illegal change; before, unpredictable */
        if (arm_has(a, ARMF_v8))
            a->pstate |= PSTATE_IL;
    }
    arm_cpsr_write(a, (arm_cpsr_read(a) & ~mask) | (value & mask));
}

/* -- Levels -- */

bool arm_level_is_a32(const struct arm_cpu *a, unsigned el)
{
    if (!arm_has(a, ARMF_aarch64))
        return true;
    if (!arm_has(a, ARMF_aarch32) || el >= 2)
        return false;
    if (el >= a->el && !arm_in_a32(a))
        return false; /* whoever is in AArch64 has no AArch32 above, nor is in it */
    if (el == a->el)
        return true;
    if (arm_el2_enabled(a))
        return !(a->hcr & HCR_RW);
    return arm_has(a, ARMF_el3) && !(a->scr & SCR_RW);
}

void arm_a32_reset(struct arm_cpu *a)
{
    memset(a->bank_sp, 0, sizeof(a->bank_sp));
    memset(a->bank_lr, 0, sizeof(a->bank_lr));
    a->pstate = PSTATE_NRW | MODE_SVC;
    bool hyp = arm_has(a, ARMF_el2) && !arm_has(a, ARMF_el3);
    arm_cpsr_write(a, (hyp ? MODE_HYP : MODE_SVC) | PSTATE_A | PSTATE_I | PSTATE_F);
    a->sctlr[1] = arm_has(a, ARMF_v7) ? 0x00c50078 : 0x00000078;
    if (arm_has(a, ARMF_v6) && !arm_has(a, ARMF_v7))
        a->sctlr[1] = 0x00050078;
    a->other.sctlr = a->sctlr[1];
    a->sctlr[2] = 0x30c50830; /* HSCTLR */
    a->scr = 0;
    a->cpacr = arm_has(a, ARMF_v6) ? 0 : 0xf00000; /* without CPACR all may */
}

void arm_a32_start_at(struct arm_cpu *a, unsigned el)
{
    if (arm_a32_has_el3(a) && el < 3) { /* what firmware would have left */
        arm_a32_set_ns(a, true);
        a->scr |= arm_has(a, ARMF_el2) ? SCR_HCE : 0;
        a->nsacr = 0xc00;
    }
    if (el < 3)
        arm_cpsr_write(a, (arm_cpsr_read(a) & ~A32_M) | (el == 2 ? MODE_HYP : MODE_SVC));
    arm_update_state(a);
}

/* -- Exceptions -- */

struct a32_entry {
    uint8_t mode, offset;
    int8_t lr;         /* what the link register is ahead of the PC */
    uint32_t masks;
};

static struct a32_entry entry_of(const struct arm_cpu *a, enum arm_vector v, uint64_t esr)
{
    static const uint32_t abort = PSTATE_I | PSTATE_A;
    if (v == ARM_VECTOR_IRQ)
        return (struct a32_entry){ MODE_IRQ, 0x18, 4, abort };
    if (v == ARM_VECTOR_FIQ)
        return (struct a32_entry){ MODE_FIQ, 0x1c, 4, abort | PSTATE_F };
    if (v == ARM_VECTOR_SERROR)
        return (struct a32_entry){ MODE_ABT, 0x10, 8, abort };
    switch (esr >> 26) {
    case EC_SVC32:
        return (struct a32_entry){ MODE_SVC, 0x08, 0, PSTATE_I };
    case EC_IABT:
    case EC_IABT_LOWER:
    case EC_PC_ALIGN:
    case EC_BREAKPOINT:
        return (struct a32_entry){ MODE_ABT, 0x0c, 4, abort };
    case EC_DABT:
    case EC_DABT_LOWER:
    case EC_WATCHPOINT:
    case EC_WATCHPOINT_LOWER:
        return (struct a32_entry){ MODE_ABT, 0x10, 8, abort };
    default:
        return (struct a32_entry){ MODE_UND, 0x04, a->thumb ? 2 : 4, PSTATE_I };
    }
}

static void log_exception(const struct arm_cpu *a, const struct a32_entry *e)
{
    g_autofree char *where = symbol_text(" ", a->cpu.pc, true);
    log_printf("cpu %u: exception 0x%02x at 0x%" PRIx64 "%s, CPSR 0x%08x, DFSR 0x%" PRIx64 " IFSR 0x%" PRIx64
               " FAR 0x%" PRIx64 "\n", a->cpu.index, e->offset, a->cpu.pc, where ? where : "", arm_cpsr_read(a),
               a->esr[1], a->ifsr32, a->far[1]);
}

/* To Hyp mode: whatever comes from below by one vector, but for interrupts. */
static unsigned hyp_offset(const struct arm_cpu *a, enum arm_vector v, uint64_t esr)
{
    if (v == ARM_VECTOR_IRQ || v == ARM_VECTOR_FIQ)
        return v == ARM_VECTOR_IRQ ? 0x18 : 0x1c;
    if (v == ARM_VECTOR_SERROR)
        return 0x10;
    if (a->el != 2)
        return 0x14;
    switch (esr >> 26) {
    case EC_HVC32:
    case EC_SVC32: return 0x08;
    case EC_IABT:
    case EC_PC_ALIGN:
    case EC_BREAKPOINT: return 0x0c;
    case EC_DABT:
    case EC_WATCHPOINT: return 0x10;
    default: return 0x04;
    }
}

static void take_hyp_exception(struct arm_cpu *a, enum arm_vector v, uint64_t esr)
{
    uint32_t old = arm_cpsr_read(a);
    struct a32_entry e = { MODE_HYP, hyp_offset(a, v, esr), 0, PSTATE_A | PSTATE_I | PSTATE_F };
    if (log_on(LOG_INT))
        log_exception(a, &e);
    if (v == ARM_VECTOR_SYNC || v == ARM_VECTOR_SERROR)
        a->esr[2] = esr;
    uint32_t cpsr = e.mode | PSTATE_NRW | e.masks | (old & (PSTATE_NZCV | A32_Q | A32_GE));
    cpsr |= (a->sctlr[2] & 1u << 30 ? A32_T : 0) | (a->sctlr[2] & 1u << 25 ? A32_E : 0);
    a->elr[2] = (uint32_t)a->cpu.pc;
    arm_cpsr_write(a, cpsr);
    a->spsr[2] = old;
    a->excl_addr = ~UINT64_C(0);
    a->cpu.pc = (uint32_t)a->vbar[2] + e.offset;
    arm_update_state(a);
}

/* The same of Monitor mode, which SMC leads to. */
static struct a32_entry monitor_entry_of(const struct arm_cpu *a, enum arm_vector v, uint64_t esr)
{
    struct a32_entry e = entry_of(a, v, esr);
    if (v == ARM_VECTOR_SYNC && esr >> 26 == EC_SMC32)
        e = (struct a32_entry){ .offset = 0x08 };
    e.mode = MODE_MON;
    e.masks = PSTATE_A | PSTATE_I | PSTATE_F;
    return e;
}

void arm_a32_take_exception(struct arm_cpu *a, enum arm_vector v, unsigned to_el, uint64_t esr)
{
    if (to_el == 2) {
        take_hyp_exception(a, v, esr);
        return;
    }
    bool to_monitor = to_el == 3, from_secure = arm_secure(a);
    struct a32_entry e = to_monitor ? monitor_entry_of(a, v, esr) : entry_of(a, v, esr);
    uint32_t old = arm_cpsr_read(a);
    if (log_on(LOG_INT))
        log_exception(a, &e);
    if (v == ARM_VECTOR_SERROR)
        arm_a32_set_fault(a, to_el, false, false, 0x11, 0, 0);
    if (v == ARM_VECTOR_SYNC && esr >> 26 == EC_BREAKPOINT)
        arm_a32_set_fault(a, to_el, true, false, 0x22, 0, a->far[1] >> 32);
    if (v == ARM_VECTOR_SYNC && esr >> 26 == EC_PC_ALIGN)
        arm_a32_set_fault(a, to_el, true, false, 0x21, 0, a->cpu.pc);
    if (arm_in_monitor(a)) /* a handler is in the secure state */
        arm_a32_set_ns(a, false);
    uint32_t sctlr = arm_a32_sctlr(a, to_monitor || from_secure);
    uint32_t kept = PSTATE_NZCV | A32_Q | A32_GE | PSTATE_A | PSTATE_F | PSTATE_PAN;
    uint32_t cpsr = e.mode | PSTATE_NRW | e.masks | (old & kept);
    cpsr |= (sctlr & 1u << 30 ? A32_T : 0) | (sctlr & 1u << 25 ? A32_E : 0);
    if (to_monitor && !from_secure)
        cpsr &= ~PSTATE_PAN;
    else if (arm_has(a, ARMF_pan) && !(sctlr & 1u << 23 /* SPAN */))
        cpsr |= PSTATE_PAN;
    if (!arm_has(a, ARMF_v6))
        cpsr &= ~(PSTATE_A | A32_E);
    arm_cpsr_write(a, cpsr);
    *spsr_of(a, e.mode) = old;
    set_reg(a, 14, a->cpu.pc + e.lr);
    a->excl_addr = ~UINT64_C(0);
    uint32_t base = sctlr & 1u << 13 ? 0xffff0000u : (uint32_t)a->vbar[1];
    if (to_monitor)
        base = a->vbar[3]; /* MVBAR */
    a->cpu.pc = base + e.offset;
    arm_update_state(a);
}

/* -- Faults -- */

/* A status of the long format as the short one has it. */
static unsigned short_status(unsigned status)
{
    switch (status) {
    case 0x05: return 0x05; /* translation, section */
    case 0x06: case 0x07: return 0x07;
    case 0x09: return 0x03; /* access flag */
    case 0x0a: case 0x0b: return 0x06;
    case 0x0d: return 0x0d; /* permission */
    case 0x0e: case 0x0f: return 0x0f;
    case 0x10: return 0x08; /* external */
    case 0x11: return 0x406;
    case 0x15: return 0x0c; /* ... on a walk */
    case 0x16: case 0x17: return 0x0e;
    case 0x21: return 0x01; /* alignment */
    case 0x22: return 0x02; /* debug */
    case 0x3d: return 0x09; /* domain */
    case 0x3e: return 0x0b;
    default: return 0x05;
    }
}

void arm_a32_set_fault(struct arm_cpu *a, unsigned to_el, bool fetch, bool write, unsigned status, unsigned domain,
                       uint32_t va)
{
    /* Monitor mode, whichever way it is come to, has the secure state's registers. */
    bool other = (a->scr & SCR_NS) && arm_a32_has_el3(a) && (to_el == 3 || arm_in_monitor(a));
    uint64_t tcr = other ? a->other.tcr : a->tcr[1];
    uint64_t *far = other ? &a->other.far : &a->far[1];
    bool lpae = arm_has(a, ARMF_lpae) && (tcr >> 31 & 1);
    uint32_t fsr = lpae ? 1u << 9 | status : short_status(status) | (fetch ? 0 : domain << 4);
    if (fetch) {
        *(other ? &a->other.ifsr : &a->ifsr32) = fsr;
        *far = (*far & UINT32_MAX) | (uint64_t)va << 32;
    } else {
        *(other ? &a->other.dfsr : &a->esr[1]) = fsr | (write && arm_has(a, ARMF_v6) ? 1u << 11 : 0);
        *far = (*far & ~(uint64_t)UINT32_MAX) | va;
    }
}

/* -- Helpers: keys, calls, returns -- */

static uint64_t helper_a32_key(struct cpu *cpu)
{
    arm_update_key(arm_cpu(cpu));
    return 0;
}

static uint64_t helper_a32_bx(struct cpu *cpu, uint64_t target)
{
    struct arm_cpu *a = arm_cpu(cpu);
    a->thumb = target & 1;
    cpu->pc = target & ~UINT64_C(1);
    arm_update_key(a);
    return 0;
}

static uint64_t helper_a32_svc(struct cpu *cpu, uint64_t imm, uint64_t length)
{
    struct arm_cpu *a = arm_cpu(cpu);
    arm_take_exception(a, ARM_VECTOR_SYNC, arm_exception_level(a, 1),
                       arm_syndrome(EC_SVC32, imm & 0xffff) & ~(length == 2 ? ESR_IL : 0));
    return 0;
}

static void __attribute__((noreturn)) undefined_before(struct arm_cpu *a, uint64_t length)
{
    a->cpu.pc -= length;
    arm_take_exception(a, ARM_VECTOR_SYNC, arm_exception_level(a, 1), arm_syndrome(EC_UNKNOWN, 0));
    cpu_loop_exit(&a->cpu);
}

/* To EL2 where it is AArch64; cpu->pc is the next instruction. */
static uint64_t helper_a32_hvc(struct cpu *cpu, uint64_t imm, uint64_t length)
{
    struct arm_cpu *a = arm_cpu(cpu);
    if (a->psci_conduit == ARM_CONDUIT_HVC && arm_psci_call(a))
        return 0;
    bool works = arm_has(a, ARMF_el3) ? a->scr & SCR_HCE : !(a->hcr & HCR_HCD);
    if (!arm_has(a, ARMF_el2) || !works || arm_secure(a))
        undefined_before(a, length);
    arm_take_exception(a, ARM_VECTOR_SYNC, 2, arm_syndrome(EC_HVC32, imm));
    return 0;
}

static uint64_t helper_a32_smc(struct cpu *cpu, uint64_t imm, uint64_t length)
{
    struct arm_cpu *a = arm_cpu(cpu);
    if (a->el == 1 && arm_el2_enabled(a) && (a->hcr & HCR_TSC)) {
        cpu->pc -= length;
        arm_take_exception(a, ARM_VECTOR_SYNC, 2, arm_syndrome(EC_SMC32, 1u << 24 | 0xe << 20));
        return 0;
    }
    if (a->psci_conduit == ARM_CONDUIT_SMC && arm_psci_call(a))
        return 0;
    if (!arm_has(a, ARMF_el3) || ((a->scr & SCR_SMD) && !(arm_a32_has_el3(a) && arm_secure(a))))
        undefined_before(a, length);
    arm_take_exception(a, ARM_VECTOR_SYNC, 3, arm_syndrome(EC_SMC32, 0));
    return 0;
}

/* With the Multiprocessing Extensions SWP is there if SCTLR.SW says so, in Hyp mode too, whose register lacks the bit. */
static uint64_t helper_a32_swp(struct cpu *cpu)
{
    struct arm_cpu *a = arm_cpu(cpu);
    if (!(arm_a32_sctlr(a, arm_secure(a)) & SCTLR_SW))
        arm_undefined(a);
    return 0;
}

static uint64_t helper_a32_bkpt(struct cpu *cpu, uint64_t imm)
{
    struct arm_cpu *a = arm_cpu(cpu);
    unsigned to = arm_debug_level(a);
    if (arm_level_is_a32(a, to))
        arm_debug_abort(a, to, MOE_BKPT);
    arm_raise(a, to, arm_syndrome(EC_BKPT32, imm & 0xffff));
}

/* A call of semihosting, as for A64: sys-helpers.c. */
static uint64_t helper_a32_semihost(struct cpu *cpu, uint64_t length)
{
    struct arm_cpu *a = arm_cpu(cpu);
    struct semihost_call c = { .cpu = cpu, .width = 4, .op = get_reg(a, 0), .arg = get_reg(a, 1),
                               .sp = get_reg(a, 13) };
    cpu_sync_pc(cpu);
    if (semihost_call(&c)) {
        set_reg(a, 0, c.result);
        cpu->pc += length;
        a->itstate = a->itstate & 7 ? (a->itstate & 0xe0) | (a->itstate << 1 & 0x1f) : 0;
    }
    return 0;
}

/* A return to the state of cpsr. What it may not be becomes an illegal state. */
static uint64_t helper_a32_return(struct cpu *cpu, uint64_t pc, uint64_t cpsr)
{
    struct arm_cpu *a = arm_cpu(cpu);
    uint32_t kept = PSTATE_A | PSTATE_F; /* where they can't be written */
    uint32_t valid = valid_bits(a), to = (cpsr & valid) | (a->pstate & kept & ~valid) | PSTATE_NRW;
    bool hyp = current_mode(a) == MODE_HYP;
    if (hyp) /* ERET: there is no other return */
        pc = a->elr[2];
    if (!mode_is_open(a, to & A32_M))
        to = (to & ~A32_M) | current_mode(a) | (arm_has(a, ARMF_v8) ? PSTATE_IL : 0);
    a->excl_addr = ~UINT64_C(0);
    arm_send_event_local(a);
    arm_cpsr_write(a, to);
    cpu->pc = (uint32_t)pc & (a->thumb ? ~1u : ~3u);
    arm_update_state(a);
    arm_check_interrupts(a);
    return 0;
}

/* -- Helpers: status -- */

static uint64_t helper_a32_cpsr(struct cpu *cpu)
{
    struct arm_cpu *a = arm_cpu(cpu);
    uint32_t v = arm_cpsr_read(a) & ~(A32_T | A32_IT_LOW | A32_IT_HIGH | A32_J | PSTATE_SS | PSTATE_IL);
    return a->el ? v : v & (PSTATE_NZCV | A32_Q | A32_GE | A32_E | A32_M | PSTATE_A | PSTATE_I | PSTATE_F);
}

static uint64_t *current_spsr(struct arm_cpu *a)
{
    uint64_t *s = spsr_of(a, current_mode(a));
    if (!s)
        arm_undefined(a);
    return s;
}

static uint64_t helper_a32_spsr(struct cpu *cpu)
{
    return (uint32_t)*current_spsr(arm_cpu(cpu));
}

static uint64_t helper_a32_set_spsr(struct cpu *cpu, uint64_t value, uint64_t mask)
{
    uint64_t *s = current_spsr(arm_cpu(cpu));
    *s = (*s & ~mask) | (value & mask);
    return 0;
}

static uint64_t helper_a32_set_cpsr(struct cpu *cpu, uint64_t value, uint64_t mask)
{
    struct arm_cpu *a = arm_cpu(cpu);
    uint32_t old = a->pstate;
    arm_a32_write_status(a, value, mask);
    if ((old ^ a->pstate) & (A32_M | PSTATE_PAN))
        arm_update_regimes(a);
    arm_check_interrupts(a);
    return 0;
}

/* -- Helpers: banked registers -- */

/* Monitor mode is named in the secure state; where EL3 is AArch64 that is EL3's to hear of. */
static void need_el3(struct arm_cpu *a)
{
    if (arm_has(a, ARMF_el3) && !arm_a32_has_el3(a) && arm_secure(a))
        arm_raise(a, 3, arm_syndrome(EC_UNKNOWN, 0));
}

static uint64_t helper_a32_bank_sp(struct cpu *cpu, uint64_t mode)
{
    struct arm_cpu *a = arm_cpu(cpu);
    if (mode == MODE_MON)
        need_el3(a);
    if (!mode_is_open(a, mode) || current_mode(a) == MODE_USR || mode == MODE_HYP)
        arm_undefined(a);
    return bank_of(mode) == bank_of(current_mode(a)) ? get_reg(a, 13) : a->bank_sp[bank_of(mode)];
}

static uint64_t helper_a32_set_bank_sp(struct cpu *cpu, uint64_t mode, uint64_t value)
{
    struct arm_cpu *a = arm_cpu(cpu);
    if (bank_of(mode) == bank_of(current_mode(a)))
        set_reg(a, 13, value);
    else
        a->bank_sp[bank_of(mode)] = value;
    return 0;
}

/* User mode's register n: of the current mode's where that is not banked. NULL: it is in x. */
static uint32_t *user_reg(struct arm_cpu *a, unsigned n)
{
    unsigned bank = bank_of(current_mode(a));
    if (n < 8 || bank == BANK_USR || (bank == BANK_HYP && n == 14) || (n < 13 && bank != BANK_FIQ))
        return NULL;
    return n < 13 ? &a->bank_high[0][n - 8] : n == 13 ? &a->bank_sp[BANK_USR] : &a->bank_lr[BANK_USR];
}

static uint64_t helper_a32_user_reg(struct cpu *cpu, uint64_t n)
{
    struct arm_cpu *a = arm_cpu(cpu);
    const uint32_t *r = user_reg(a, n);
    return r ? *r : get_reg(a, n);
}

static uint64_t helper_a32_set_user_reg(struct cpu *cpu, uint64_t n, uint64_t value)
{
    struct arm_cpu *a = arm_cpu(cpu);
    uint32_t *r = user_reg(a, n);
    if (r)
        *r = value;
    else
        set_reg(a, n, value);
    return 0;
}

static bool hyp_is_open(const struct arm_cpu *a)
{
    return mode_exists(a, MODE_HYP) && mode_is_open(a, MODE_HYP);
}

/* The register that SYSm names; *in_x: it is the current mode's, that number. NULL and no *in_x: none. */
static uint32_t *banked(struct arm_cpu *a, unsigned sysm, unsigned *in_x)
{
    static const uint8_t banks[] = { BANK_IRQ, BANK_SVC, BANK_ABT, BANK_UND };
    unsigned bank, n;
    *in_x = 0;
    if (sysm < 7) {
        bank = BANK_USR;
        n = 8 + sysm;
    } else if (sysm >= 8 && sysm < 15) {
        bank = BANK_FIQ;
        n = sysm;
    } else if (sysm >= 16 && sysm < 24) {
        bank = banks[(sysm - 16) / 2];
        n = sysm & 1 ? 13 : 14;
    } else if (sysm == 28 || sysm == 29) {
        need_el3(a);
        if (!mode_is_open(a, MODE_MON))
            return NULL;
        bank = BANK_MON;
        n = sysm & 1 ? 13 : 14;
    } else if (sysm == 31 && hyp_is_open(a) && a->el != 2) { /* Monitor mode's to see */
        bank = BANK_HYP;
        n = 13;
    } else {
        return NULL;
    }
    unsigned now = bank_of(current_mode(a));
    if (now == BANK_HYP && bank == BANK_USR && n == 14) /* the same */
        now = BANK_USR;
    if (n < 13 ? (bank == BANK_FIQ) == (now == BANK_FIQ) : bank == now) {
        *in_x = n;
        return NULL;
    }
    return n < 13 ? &a->bank_high[bank == BANK_FIQ][n - 8] : n == 13 ? &a->bank_sp[bank] : &a->bank_lr[bank];
}

static uint64_t *banked_spsr(struct arm_cpu *a, unsigned sysm)
{
    switch (sysm) {
    case 14: return &a->spsr_fiq;
    case 16: return &a->spsr_irq;
    case 18: return &a->spsr[1];
    case 20: return &a->spsr_abt;
    case 22: return &a->spsr_und;
    case 28:
        need_el3(a);
        if (mode_is_open(a, MODE_MON))
            return &a->spsr[3];
        break;
    case 30:
        if (hyp_is_open(a))
            return &a->spsr[2];
        break;
    }
    arm_undefined(a);
}

#define BANKED_ELR_HYP 30

static uint64_t helper_a32_banked(struct cpu *cpu, uint64_t name)
{
    struct arm_cpu *a = arm_cpu(cpu);
    unsigned n;
    if (name & 32)
        return (uint32_t)*banked_spsr(a, name & 31);
    if (name == BANKED_ELR_HYP && hyp_is_open(a))
        return (uint32_t)a->elr[2];
    const uint32_t *r = banked(a, name, &n);
    if (!r && !n)
        arm_undefined(a);
    return r ? *r : get_reg(a, n);
}

static uint64_t helper_a32_set_banked(struct cpu *cpu, uint64_t name, uint64_t value)
{
    struct arm_cpu *a = arm_cpu(cpu);
    unsigned n;
    if (name & 32) {
        *banked_spsr(a, name & 31) = value;
        return 0;
    }
    if (name == BANKED_ELR_HYP && hyp_is_open(a)) {
        a->elr[2] = (uint32_t)value;
        return 0;
    }
    uint32_t *r = banked(a, name, &n);
    if (!r && !n)
        arm_undefined(a);
    if (r)
        *r = value;
    else
        set_reg(a, n, value);
    return 0;
}

/* -- Helpers: waiting; SCTLR.nTWI, nTWE -- */

static void wait_trapped(struct arm_cpu *a, uint64_t sctlr_bit, uint64_t hcr_bit, uint64_t scr_bit, unsigned iss)
{
    if (a->el == 0 && arm_has(a, ARMF_v8) && !(a->sctlr[1] & sctlr_bit))
        arm_raise(a, arm_exception_level(a, 1), arm_syndrome(EC_WFX, 1u << 24 | 0xe << 20 | iss));
    if (a->el < 2 && arm_el2_enabled(a) && (a->hcr & hcr_bit))
        arm_raise(a, 2, arm_syndrome(EC_WFX, 1u << 24 | 0xe << 20 | iss));
    if (arm_has(a, ARMF_el3) && arm_has(a, ARMF_v8) && !arm_in_monitor(a) && (a->scr & scr_bit))
        arm_raise(a, 3, arm_syndrome(EC_WFX, 1u << 24 | 0xe << 20 | iss));
}

static uint64_t helper_a32_wfi(struct cpu *cpu, uint64_t length)
{
    struct arm_cpu *a = arm_cpu(cpu);
    if (!arm_has_work(cpu))
        wait_trapped(a, SCTLR_NTWI, HCR_TWI, SCR_TWI, 0);
    cpu_sync_pc(cpu);
    cpu->pc += length;
    a->for_event = false;
    cpu_set_halted(cpu, !arm_has_work(cpu));
    return 0;
}

static uint64_t helper_a32_wfe(struct cpu *cpu, uint64_t length)
{
    struct arm_cpu *a = arm_cpu(cpu);
    bool taken = arm_event_taken(a);
    if (!taken)
        wait_trapped(a, SCTLR_NTWE, HCR_TWE, SCR_TWE, 1);
    cpu_sync_pc(cpu);
    cpu->pc += length;
    if (!taken)
        arm_wait_for_event(a);
    return 0;
}

/* -- Helpers: coprocessors -- */

static uint64_t helper_a32_mrc(struct cpu *cpu, uint64_t row, uint64_t insn)
{
    return arm_cp_read(arm_cpu(cpu), (const struct arm_sysreg *)(uintptr_t)row, insn);
}

static uint64_t helper_a32_mcr(struct cpu *cpu, uint64_t row, uint64_t value, uint64_t insn)
{
    arm_cp_write(arm_cpu(cpu), (const struct arm_sysreg *)(uintptr_t)row, value, insn);
    return 0;
}

/* -- FPSCR -- */

uint32_t arm_fpscr_read(struct arm_cpu *a)
{
    return a->fpcr | arm_fpsr_read(a) | a->fpscr_nzcv;
}

void arm_fpscr_write(struct arm_cpu *a, uint32_t value)
{
    a->fpscr_nzcv = value & PSTATE_NZCV;
    arm_fpsr_write(a, value);
    arm_fpcr_write(a, value);
}

/* -- Helpers: VFP's status registers, by the number that VMRS has; FPEXC.EN counts for FPSCR only -- */

static void check_fp_access(struct arm_cpu *a, uint64_t n)
{
    if (n != 1 && arm_fp_access_level(a) == 1)
        arm_undefined(a);
}

/* EL2 sees who identifies the FPU: FPSID, MVFR0 to MVFR2. */
static void check_fp_id(struct arm_cpu *a, unsigned n, unsigned rt)
{
    uint64_t trap = n == 0 ? HCR_TID0 : n >= 5 && n <= 7 ? HCR_TID3 : 0;
    if (a->el == 1 && arm_el2_enabled(a) && (a->hcr & trap))
        arm_raise(a, 2, arm_syndrome(EC_FP_ID, 1u << 24 | 0xe << 20 | 7u << 14 | n << 10 |
                                              arm_a32_syndrome_register(a, rt) << 5 | 1));
}

static uint64_t helper_a32_vmrs(struct cpu *cpu, uint64_t n, uint64_t rt)
{
    struct arm_cpu *a = arm_cpu(cpu);
    check_fp_access(a, n);
    check_fp_id(a, n, rt);
    switch (n) {
    case 0: return (uint32_t)a->config.fpsid;
    case 1: return arm_fpscr_read(a);
    case 5: return (uint32_t)a->config.id[3][2]; /* MVFR2 */
    case 6: return (uint32_t)a->config.id[3][1]; /* MVFR1 */
    case 7: return (uint32_t)a->config.id[3][0]; /* MVFR0 */
    case 8: return (uint32_t)a->fpexc32; /* FPINST and FPINST2, of VFPv2: nothing is left to support code */
    default: return 0;
    }
}

static uint64_t helper_a32_vmsr(struct cpu *cpu, uint64_t n, uint64_t value)
{
    struct arm_cpu *a = arm_cpu(cpu);
    check_fp_access(a, n);
    if (n == 1)
        arm_fpscr_write(a, value);
    else if (n == 8)
        a->fpexc32 = value & 1u << 30;
    return 0;
}

#define LEVEL (IR_H_READS | IR_H_WRITES | IR_H_TRAPS | IR_H_STATE)

ARM_HELPER(a32_key, 0, false, IR_H_STATE);
ARM_HELPER(a32_bx, 1, false, IR_H_STATE);
ARM_HELPER(a32_svc, 2, false, LEVEL);
ARM_HELPER(a32_hvc, 2, false, LEVEL);
ARM_HELPER(a32_smc, 2, false, LEVEL);
ARM_HELPER(a32_swp, 0, false, IR_H_TRAPS | IR_H_STATE);
ARM_HELPER(a32_bkpt, 1, false, IR_H_TRAPS | IR_H_STATE);
ARM_HELPER(a32_semihost, 1, false, LEVEL);
ARM_HELPER(a32_return, 2, false, LEVEL);
ARM_HELPER(a32_cpsr, 0, true, IR_H_READS | IR_H_STATE);
ARM_HELPER(a32_spsr, 0, true, IR_H_TRAPS | IR_H_STATE);
ARM_HELPER(a32_set_cpsr, 2, false, LEVEL);
ARM_HELPER(a32_set_spsr, 2, false, IR_H_TRAPS | IR_H_STATE);
ARM_HELPER(a32_bank_sp, 1, true, IR_H_READS | IR_H_TRAPS | IR_H_STATE);
ARM_HELPER(a32_set_bank_sp, 2, false, LEVEL);
ARM_HELPER(a32_user_reg, 1, true, IR_H_READS | IR_H_STATE);
ARM_HELPER(a32_set_user_reg, 2, false, LEVEL);
ARM_HELPER(a32_banked, 1, true, IR_H_READS | IR_H_TRAPS | IR_H_STATE);
ARM_HELPER(a32_set_banked, 2, false, LEVEL);
ARM_HELPER(a32_wfi, 1, false, IR_H_TRAPS | IR_H_STATE);
ARM_HELPER(a32_wfe, 1, false, IR_H_TRAPS | IR_H_STATE);
ARM_HELPER(a32_mrc, 2, true, LEVEL);
ARM_HELPER(a32_mcr, 3, false, LEVEL);

ARM_HELPER(a32_vmrs, 2, true, IR_H_TRAPS | IR_H_STATE);
ARM_HELPER(a32_vmsr, 2, false, IR_H_TRAPS | IR_H_STATE);

const struct ir_helper *const arm_a32_helpers[] = {
    &arm_helper_a32_vmrs, &arm_helper_a32_vmsr,
    &arm_helper_a32_key, &arm_helper_a32_bx, &arm_helper_a32_svc, &arm_helper_a32_hvc, &arm_helper_a32_smc,
    &arm_helper_a32_swp, &arm_helper_a32_bkpt, &arm_helper_a32_return, &arm_helper_a32_cpsr, &arm_helper_a32_spsr,
    &arm_helper_a32_set_cpsr,
    &arm_helper_a32_set_spsr, &arm_helper_a32_bank_sp, &arm_helper_a32_set_bank_sp, &arm_helper_a32_user_reg,
    &arm_helper_a32_set_user_reg, &arm_helper_a32_banked, &arm_helper_a32_set_banked, &arm_helper_a32_wfi,
    &arm_helper_a32_wfe, &arm_helper_a32_mrc, &arm_helper_a32_mcr, &arm_helper_a32_semihost, NULL,
};
