/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system control space, from 0xe000e000 on: registers of the system, SysTick, the NVIC, the MPU, FP. Manual: DDI
 * 0403, B3.2 to B3.5; DDI 0419, B3; DDI 0553, D1.2. Words, but for priorities and fault status, which can be accessed
 * in parts.
 *
 * A CPU with two security states has it a second time, from 0xe002e000 on, where the secure state sees what the other
 * one does. So each function gets the state whose view it is; what only the secure state sees, or a CPU that has but
 * one, it sees if owns().
 *
 * A change of what code may do (CPACR, CCR, the MPU) is seen behind the next jump that is not direct, or an ISB.
 */
#include "m.h"

#include <inttypes.h>
#include <string.h>

#include "cpus.h"
#include "life.h"
#include "log.h"

enum {
    ICTR = 0x004, ACTLR = 0x008, SYSTICK = 0x010, SYSTICK_END = 0x020,
    ISER = 0x100, ICER = 0x180, ISPR = 0x200, ICPR = 0x280, IABR = 0x300, ITNS = 0x380, IPR = 0x400, IPR_END = 0x5f0,
    CPUID = 0xd00, ICSR = 0xd04, VTOR = 0xd08, AIRCR = 0xd0c, SCR = 0xd10, CCR = 0xd14, SHPR = 0xd18, SHCSR = 0xd24,
    CFSR = 0xd28, HFSR = 0xd2c, DFSR = 0xd30, MMFAR = 0xd34, BFAR = 0xd38, AFSR = 0xd3c, ID = 0xd40, ID_END = 0xd80,
    CPACR = 0xd88, NSACR = 0xd8c, MPU = 0xd90, MPU_END = 0xdbc, MPU_END_V8 = 0xdd0,
    SAU = 0xdd0, SAU_END = 0xdec, DHCSR = 0xdf0, DCRSR = 0xdf4, DCRDR = 0xdf8, DEMCR = 0xdfc,
    STIR = 0xf00, FPCCR = 0xf34, FPCAR = 0xf38, FPDSCR = 0xf3c, MVFR = 0xf40, MVFR_END = 0xf4c,
};

#define ICSR_NMIPENDSET (1u << 31)
#define ICSR_NMIPENDCLR (1u << 30)
#define ICSR_PENDSVSET (1u << 28)
#define ICSR_PENDSVCLR (1u << 27)
#define ICSR_PENDSTSET (1u << 26)
#define ICSR_PENDSTCLR (1u << 25)
#define ICSR_ISRPENDING (1u << 22)
#define ICSR_RETTOBASE (1u << 11)
#define AIRCR_VECTKEY 0xfa05u
#define AIRCR_VECTKEYSTAT 0x05fau
#define AIRCR_SYSRESETREQ 4u
#define AIRCR_VECTCLRACTIVE 2u

#define guest_error(m, fmt, ...) log_to(LOG_GUEST_ERRORS, "nvic: " fmt "\n", ##__VA_ARGS__)

/* -- Views -- */

/* The view of what there is once. */
static bool owns(const struct armm_cpu *m, bool s)
{
    return s || !armm_has_security(m);
}

/* ... of what belongs to NMI, BusFault and HardFault, which AIRCR may leave to the non-secure state. */
static bool owns_faults(const struct armm_cpu *m, bool s)
{
    return owns(m, s) || (m->aircr & AIRCR_BFHFNMINS);
}

static bool owns_irq(const struct armm_cpu *m, bool s, unsigned n)
{
    return owns(m, s) || armm_bit(m->itns, n);
}

/* -- Handlers' bits in SHCSR -- */

static const struct {
    uint8_t exception;
    int8_t active, pending, enabled; /* -1: has none */
    bool v8;
} handlers[] = {
    { EXC_MEMMANAGE, 0, 13, 16, false }, { EXC_BUSFAULT, 1, 14, 17, false }, { EXC_USAGEFAULT, 3, 12, 18, false },
    { EXC_SVCALL, 7, 15, -1, false }, { EXC_DEBUGMON, 8, -1, -1, false }, { EXC_PENDSV, 10, -1, -1, false },
    { EXC_SYSTICK, 11, -1, -1, false }, { EXC_HARDFAULT, 2, 21, -1, true }, { EXC_SECUREFAULT, 4, 20, 19, true },
    { EXC_NMI, 5, -1, -1, true },
};

static bool has_handler(const struct armm_cpu *m, bool s, unsigned i)
{
    switch (handlers[i].exception) {
    case EXC_SECUREFAULT: return s;
    case EXC_DEBUGMON: return !armm_has_security(m) || armm_slot_secure(m, EXC_DEBUGMON) == s || s;
    case EXC_BUSFAULT: case EXC_HARDFAULT: case EXC_NMI: return owns_faults(m, s) && (armm_is_v8(m) || !handlers[i].v8);
    default: return true;
    }
}

static void set_bit(uint32_t *map, unsigned n, bool on)
{
    __atomic_store_n(&map[n / 32], with_bits(map[n / 32], n % 32, 1, on), __ATOMIC_RELAXED);
}

static uint32_t read_shcsr(const struct armm_cpu *m, bool s)
{
    uint32_t v = 0;
    if (!armm_is_v7(m))
        return armm_is_pending(m, armm_slot(m, EXC_SVCALL, s)) << 15;
    for (unsigned i = 0; i < ARRAY_SIZE(handlers); i++) {
        unsigned slot = armm_slot(m, handlers[i].exception, s);
        if (!has_handler(m, s, i))
            continue;
        v |= (uint32_t)armm_bit(m->active, slot) << handlers[i].active;
        v |= handlers[i].pending >= 0 ? (uint32_t)armm_is_pending(m, slot) << handlers[i].pending : 0;
        v |= handlers[i].enabled >= 0 ? (uint32_t)armm_bit(m->enabled, slot) << handlers[i].enabled : 0;
    }
    return v;
}

static void put_pending(struct armm_cpu *m, unsigned slot, bool on)
{
    if (on)
        armm_set_pending(m, slot);
    else
        armm_clear_pending(m, slot);
}

static void write_shcsr(struct armm_cpu *m, bool s, uint32_t value)
{
    if (!armm_is_v7(m)) {
        put_pending(m, armm_slot(m, EXC_SVCALL, s), value >> 15 & 1);
        return;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(handlers); i++) {
        unsigned slot = armm_slot(m, handlers[i].exception, s);
        if (!has_handler(m, s, i))
            continue;
        if (!handlers[i].v8 || handlers[i].exception == EXC_SECUREFAULT)
            set_bit(m->active, slot, value >> handlers[i].active & 1);
        if (handlers[i].pending >= 0)
            put_pending(m, slot, value >> handlers[i].pending & 1);
        if (handlers[i].enabled >= 0)
            set_bit(m->enabled, slot, value >> handlers[i].enabled & 1);
    }
}

/* -- ICSR, AIRCR -- */

static uint32_t read_icsr(const struct armm_cpu *m, bool s)
{
    int group;
    unsigned active = 0, next = armm_next(m, &group) % SLOT_SECURE;
    uint32_t v = m->exception | next << 12;
    for (unsigned w = 0; w < ARMM_WORDS; w++) {
        active += __builtin_popcount(m->active[w]);
        if (w < SLOT_SECURE / 32 &&
            __atomic_load_n(&m->pending[w], __ATOMIC_SEQ_CST) & (w ? UINT32_MAX : ~0xffffu))
            v |= ICSR_ISRPENDING;
    }
    v |= active == 1 && m->exception && armm_is_v7(m) ? ICSR_RETTOBASE : 0;
    v |= armm_is_pending(m, armm_slot(m, EXC_SYSTICK, s)) ? ICSR_PENDSTSET : 0;
    v |= armm_is_pending(m, armm_slot(m, EXC_PENDSV, s)) ? ICSR_PENDSVSET : 0;
    return v | (owns_faults(m, s) && armm_is_pending(m, EXC_NMI) ? ICSR_NMIPENDSET : 0);
}

static void write_icsr(struct armm_cpu *m, bool s, uint32_t value)
{
    if ((value & ICSR_NMIPENDSET) && owns_faults(m, s))
        armm_set_pending(m, EXC_NMI);
    else if ((value & ICSR_NMIPENDCLR) && owns_faults(m, s) && armm_is_v8(m))
        armm_clear_pending(m, EXC_NMI);
    if (value & (ICSR_PENDSVSET | ICSR_PENDSVCLR))
        put_pending(m, armm_slot(m, EXC_PENDSV, s), value & ICSR_PENDSVSET);
    if (value & (ICSR_PENDSTSET | ICSR_PENDSTCLR))
        put_pending(m, armm_slot(m, EXC_SYSTICK, s), value & ICSR_PENDSTSET);
}

static uint32_t read_aircr(const struct armm_cpu *m, bool s)
{
    uint32_t shown = owns(m, s) ? m->aircr : m->aircr & AIRCR_BFHFNMINS;
    return AIRCR_VECTKEY << 16 | m->prigroup[s] << 8 | shown;
}

static void write_aircr(struct armm_cpu *m, bool s, uint32_t value)
{
    if (value >> 16 != AIRCR_VECTKEYSTAT) {
        guest_error(m, "AIRCR written without its key: 0x%08x", value);
        return;
    }
    if ((value & AIRCR_SYSRESETREQ) && (owns(m, s) || !(m->aircr & AIRCR_SYSRESETREQS)))
        request_reset(SHUTDOWN_GUEST_RESET);
    if ((value & AIRCR_VECTCLRACTIVE) && !armm_is_v8(m))
        guest_error(m, "AIRCR.VECTCLRACTIVE is for debuggers");
    if (armm_has_security(m) && s)
        __atomic_store_n(&m->aircr, value & (AIRCR_PRIS | AIRCR_BFHFNMINS | AIRCR_SYSRESETREQS), __ATOMIC_RELAXED);
    if (armm_is_v7(m))
        m->prigroup[s] = bits(value, 8, 3);
}

/* -- Interrupts -- */

/* Which word of slots' bits 32 interrupts are: they begin at bit 16. */
static uint32_t irq_word(const struct armm_cpu *m, const uint32_t *map, unsigned word)
{
    uint32_t low = __atomic_load_n(&map[word], __ATOMIC_SEQ_CST) >> 16;
    uint32_t high = word + 1 < SLOT_SECURE / 32 ? __atomic_load_n(&map[word + 1], __ATOMIC_SEQ_CST) << 16 : 0;
    return low | high;
}

static void each_irq(struct armm_cpu *m, bool s, unsigned word, uint32_t value,
                     void (*fn)(struct armm_cpu *m, unsigned n))
{
    for (; value; value &= value - 1) {
        unsigned irq = 32 * word + __builtin_ctz(value);
        if (irq < m->nirqs && owns_irq(m, s, EXC_IRQ + irq))
            fn(m, EXC_IRQ + irq);
    }
}

static void enable(struct armm_cpu *m, unsigned n)
{
    set_bit(m->enabled, n, true);
}

static void disable(struct armm_cpu *m, unsigned n)
{
    set_bit(m->enabled, n, false);
}

static void to_non_secure(struct armm_cpu *m, unsigned n)
{
    set_bit(m->itns, n, true);
}

static void to_secure(struct armm_cpu *m, unsigned n)
{
    set_bit(m->itns, n, false);
}

/* A line that is high stays pending. */
static void unpend(struct armm_cpu *m, unsigned n)
{
    armm_clear_pending(m, n);
    if (!armm_bit(m->active, n) && (__atomic_load_n(&m->level[n / 32], __ATOMIC_SEQ_CST) >> (n % 32) & 1))
        armm_set_pending(m, n);
}

static bool read_irqs(struct armm_cpu *m, bool s, unsigned offset, uint32_t *v)
{
    unsigned word = offset >> 2 & 15;
    uint32_t seen = owns(m, s) ? UINT32_MAX : irq_word(m, m->itns, word);
    switch (offset & ~0x3fu) {
    case ISER: case ICER: *v = irq_word(m, m->enabled, word) & seen; return true;
    case ISPR: case ICPR: *v = irq_word(m, m->pending, word) & seen; return true;
    case IABR: *v = irq_word(m, m->active, word) & seen; return true;
    case ITNS: *v = s ? irq_word(m, m->itns, word) : 0; return armm_has_security(m);
    default: return false;
    }
}

static bool write_irqs(struct armm_cpu *m, bool s, unsigned offset, uint32_t value)
{
    unsigned word = offset >> 2 & 15;
    switch (offset & ~0x3fu) {
    case ISER: each_irq(m, s, word, value, enable); return true;
    case ICER: each_irq(m, s, word, value, disable); return true;
    case ISPR: each_irq(m, s, word, value, armm_set_pending); return true;
    case ICPR: each_irq(m, s, word, value, unpend); return true;
    case IABR: return true;
    case ITNS:
        if (armm_has_security(m) && s) {
            each_irq(m, s, word, value, to_non_secure);
            each_irq(m, s, word, ~value, to_secure);
        }
        return armm_has_security(m);
    default: return false;
    }
}

/* -- Registers of bytes: priorities, from exception 4 (SHPR) and 16 (IPR) on -- */

static bool is_priority(const struct armm_cpu *m, unsigned offset, unsigned *n)
{
    if (offset >= IPR && offset < IPR_END)
        *n = EXC_IRQ + offset - IPR;
    else if (offset >= SHPR && offset < SHPR + 12)
        *n = 4 + offset - SHPR;
    else
        return false;
    return true;
}

static bool has_priority(const struct armm_cpu *m, bool s, unsigned n)
{
    static const uint32_t v6 = 1u << EXC_SVCALL | 1u << EXC_PENDSV | 1u << EXC_SYSTICK;
    static const uint32_t v7 = v6 | 1u << EXC_MEMMANAGE | 1u << EXC_BUSFAULT | 1u << EXC_USAGEFAULT |
                               1u << EXC_DEBUGMON;
    if (n >= EXC_IRQ)
        return n - EXC_IRQ < m->nirqs && owns_irq(m, s, n);
    if (n == EXC_SECUREFAULT)
        return s && armm_is_v7(m);
    if ((n == EXC_BUSFAULT && !owns_faults(m, s)) || (n == EXC_DEBUGMON && armm_slot_secure(m, n) && !s))
        return false;
    return (armm_is_v7(m) ? v7 : v6) >> n & 1;
}

static uint32_t read_priorities(const struct armm_cpu *m, bool s, unsigned n, unsigned size)
{
    uint32_t v = 0;
    for (unsigned i = 0; i < size; i++)
        if (has_priority(m, s, n + i))
            v |= (uint32_t)m->prio[armm_slot(m, n + i, s)] << (8 * i);
    return v;
}

static void write_priorities(struct armm_cpu *m, bool s, unsigned n, uint32_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        if (has_priority(m, s, n + i))
            m->prio[armm_slot(m, n + i, s)] = value >> (8 * i) & (0xff00u >> m->prio_bits) & 0xff;
    armm_check(m);
}

/* -- Faults' status -- */

static uint32_t read_cfsr(const struct armm_cpu *m, bool s)
{
    return (m->cfsr[s] & ~CFSR_BUS) | (owns_faults(m, s) ? m->cfsr[armm_top(m)] & CFSR_BUS : 0);
}

static void write_cfsr(struct armm_cpu *m, bool s, uint32_t value)
{
    m->cfsr[s] &= ~(value & ~CFSR_BUS);
    if (owns_faults(m, s))
        m->cfsr[armm_top(m)] &= ~(value & CFSR_BUS);
}

/* -- FP -- */

/* FPCCR's bits that each state has; that the other one sees, and may change. */
#define FPCCR_V7                                                                                                       \
    (FPCCR_ASPEN | FPCCR_LSPEN | FPCCR_MONRDY | FPCCR_BFRDY | FPCCR_MMRDY | FPCCR_HFRDY | FPCCR_THREAD | FPCCR_USER |  \
     FPCCR_LSPACT)
#define FPCCR_BOTH                                                                                                     \
    (FPCCR_ASPEN | FPCCR_UFRDY | FPCCR_SPLIMVIOL | FPCCR_MMRDY | FPCCR_THREAD | FPCCR_USER | FPCCR_LSPACT)
#define FPCCR_SEEN (FPCCR_LSPEN | FPCCR_CLRONRET | FPCCR_MONRDY)
#define FPCCR_SECURE_ONLY (FPCCR_LSPENS | FPCCR_CLRONRETS | FPCCR_TS | FPCCR_SFRDY | FPCCR_S)
#define FPCCR_FAULTS (FPCCR_BFRDY | FPCCR_HFRDY)

static uint32_t read_fpccr(const struct armm_cpu *m, bool s)
{
    unsigned top = armm_top(m);
    if (s == top)
        return m->fpccr[s];
    return (m->fpccr[s] & FPCCR_BOTH) | (m->fpccr[top] & (FPCCR_SEEN | (owns_faults(m, s) ? FPCCR_FAULTS : 0)));
}

static void write_fpccr(struct armm_cpu *m, bool s, uint32_t value)
{
    unsigned top = armm_top(m);
    uint32_t own = FPCCR_V7, once = 0;
    if (armm_is_v8(m)) {
        own = FPCCR_BOTH;
        once = FPCCR_SEEN | FPCCR_FAULTS | (armm_has_security(m) ? FPCCR_SECURE_ONLY : 0);
    }
    if (s != top) {
        once = owns_faults(m, s) ? FPCCR_SEEN | FPCCR_FAULTS : FPCCR_SEEN;
        once &= m->fpccr[top] & FPCCR_LSPENS ? ~FPCCR_LSPEN : ~0u;
        once &= m->fpccr[top] & FPCCR_CLRONRETS ? ~FPCCR_CLRONRET : ~0u;
    }
    if (!armm_has(m, ARMF_fp))
        return;
    m->fpccr[s] = (m->fpccr[s] & ~own) | (value & own);
    m->fpccr[top] = (m->fpccr[top] & ~once) | (value & once);
}

/* -- Registers of the main extension -- */

static bool read_v7(struct armm_cpu *m, bool s, unsigned offset, uint32_t *v)
{
    bool faults = owns_faults(m, s);
    switch (offset) {
    case ICTR: *v = (m->nirqs + 31) / 32 - 1; break;
    case CFSR: *v = read_cfsr(m, s); break;
    case HFSR: *v = faults ? m->hfsr : 0; break;
    case DFSR: *v = m->dfsr; break;
    case MMFAR: *v = m->mmfar[s]; break;
    case BFAR: *v = faults ? m->bfar : 0; break;
    case CPACR: *v = m->cpacr[s]; break;
    case NSACR: *v = m->nsacr; break;
    case DEMCR: *v = owns(m, s) ? m->demcr : m->demcr & ~DEMCR_SDME; break;
    case FPCCR: *v = read_fpccr(m, s); break;
    case FPCAR: *v = m->fpcar[s]; break;
    case FPDSCR: *v = m->fpdscr[s]; break;
    case AFSR: case DCRDR: case DCRSR: *v = 0; break;
    default: return false;
    }
    return true;
}

static void write_demcr(struct armm_cpu *m, bool s, uint32_t value)
{
    uint32_t sdme = armm_has_security(m) && s ? DEMCR_SDME : 0;
    m->demcr = (m->demcr & DEMCR_SDME & ~sdme) | (value & (DEMCR_TRCENA | DEMCR_MON_EN | 0x7f1 | sdme));
    armm_update_watchpoints(m); /* by TRCENA */
    set_bit(m->enabled, EXC_DEBUGMON, value & DEMCR_MON_EN);
    put_pending(m, EXC_DEBUGMON, value & DEMCR_MON_PEND);
}

static bool write_v7(struct armm_cpu *m, bool s, unsigned offset, uint32_t value)
{
    bool fp = armm_has(m, ARMF_fp), faults = owns_faults(m, s);
    switch (offset) {
    case CFSR: write_cfsr(m, s, value); break;
    case HFSR: m->hfsr &= faults ? ~value : ~0u; break;
    case DFSR: m->dfsr &= ~value; break;
    case MMFAR: m->mmfar[s] = value; break;
    case BFAR: m->bfar = faults ? value : m->bfar; break;
    case CPACR: m->cpacr[s] = fp ? value & 0xf00000 : 0; break;
    case NSACR:
        if (armm_has_security(m) && s)
            m->nsacr = fp ? value & 0xc00 : 0;
        break;
    case DEMCR: write_demcr(m, s, value); break;
    case FPCCR: write_fpccr(m, s, value); break;
    case FPCAR: m->fpcar[s] = fp ? value & ~7u : 0; break;
    case FPDSCR: m->fpdscr[s] = fp ? value & 0x07c00000 : 0; break;
    case STIR: each_irq(m, s, (value & 0x1ff) / 32, 1u << (value & 31), armm_set_pending); break;
    case ICTR: case AFSR: case DCRDR: case DCRSR: break;
    default: return false;
    }
    return true;
}

/* -- CCR, SCR -- */

static uint32_t read_ccr(const struct armm_cpu *m, bool s)
{
    return m->ccr[s] | (owns_faults(m, s) ? m->ccr[armm_top(m)] & CCR_BFHFNMIGN : 0);
}

static void write_ccr(struct armm_cpu *m, bool s, uint32_t value)
{
    uint32_t own = CCR_USERSETMPEND | CCR_UNALIGN_TRP | CCR_DIV_0_TRP;
    own |= armm_is_v8(m) ? CCR_STKOFHFNMIGN : CCR_NONBASETHRDENA | CCR_STKALIGN;
    if (!armm_is_v7(m))
        return;
    m->ccr[s] = (m->ccr[s] & ~own) | (value & own);
    uint32_t *once = &m->ccr[armm_top(m)];
    if (owns_faults(m, s))
        *once = (*once & ~CCR_BFHFNMIGN) | (value & CCR_BFHFNMIGN);
}

/* -- All of it, by words -- */

static unsigned mpu_end(const struct armm_cpu *m)
{
    return armm_is_v8(m) ? MPU_END_V8 : MPU_END;
}

static uint32_t read_word(struct armm_cpu *m, bool s, unsigned offset)
{
    uint32_t v = 0;
    if (offset >= SYSTICK && offset < SYSTICK_END)
        return armm_systick_read(m, s, offset - SYSTICK);
    if (offset >= MPU && offset < mpu_end(m))
        return armm_mpu_read(m, s, offset - MPU);
    if (offset >= SAU && offset < SAU_END && armm_has_security(m))
        return s ? armm_sau_read(m, offset - SAU) : 0;
    if (offset >= ID && offset < ID_END)
        return m->model->id[(offset - ID) / 4];
    if (offset >= MVFR && offset < MVFR_END)
        return m->model->mvfr[(offset - MVFR) / 4];
    if (read_irqs(m, s, offset, &v))
        return v;
    switch (offset) {
    case ACTLR: return m->actlr[s];
    case CPUID: return m->model->cpuid;
    case ICSR: return read_icsr(m, s);
    case VTOR: return m->vtor[s];
    case AIRCR: return read_aircr(m, s);
    case SCR: return m->scr[s];
    case CCR: return read_ccr(m, s);
    case SHCSR: return read_shcsr(m, s);
    case DHCSR: return m->dhcsr;
    }
    if (armm_is_v7(m) && read_v7(m, s, offset, &v))
        return v;
    guest_error(m, "no register to read at 0xe000e%03x", offset);
    return 0;
}

static void write_word(struct armm_cpu *m, bool s, unsigned offset, uint32_t value)
{
    if (offset >= SYSTICK && offset < SYSTICK_END) {
        armm_systick_write(m, s, offset - SYSTICK, value);
        return;
    }
    if (offset >= MPU && offset < mpu_end(m)) {
        armm_mpu_write(m, s, offset - MPU, value);
        return;
    }
    if (offset >= SAU && offset < SAU_END && armm_has_security(m)) {
        if (s)
            armm_sau_write(m, offset - SAU, value);
        return;
    }
    if (write_irqs(m, s, offset, value))
        return;
    switch (offset) {
    case ACTLR: m->actlr[s] = armm_is_v7(m) ? value & 7 : 0; return;
    case ICSR: write_icsr(m, s, value); return;
    case VTOR: m->vtor[s] = m->model->vtor ? value & ~0x7fu : 0; return;
    case AIRCR: write_aircr(m, s, value); return;
    case SCR: __atomic_store_n(&m->scr[s], value & 0x16, __ATOMIC_SEQ_CST); return;
    case CCR: write_ccr(m, s, value); return;
    case SHCSR: write_shcsr(m, s, value); return;
    case DHCSR: return;
    }
    if (!armm_is_v7(m) || !write_v7(m, s, offset, value))
        guest_error(m, "no register to write at 0xe000e%03x: 0x%x", offset, value);
}

static uint64_t view_read(struct armm_cpu *m, bool s, uint64_t offset, unsigned size)
{
    unsigned n;
    if (is_priority(m, offset, &n))
        return read_priorities(m, s, n, size);
    if (size == 4)
        return read_word(m, s, offset);
    if (armm_is_v7(m) && (offset & ~3u) == CFSR)
        return bits(read_cfsr(m, s), 8 * (offset & 3), 8 * size);
    guest_error(m, "a register at 0xe000e%03x read by %u bytes", (unsigned)offset, size);
    return bits(read_word(m, s, offset & ~3u), 8 * (offset & 3), 8 * size);
}

static void view_write(struct armm_cpu *m, bool s, uint64_t offset, uint64_t value, unsigned size)
{
    unsigned n;
    if (is_priority(m, offset, &n)) {
        write_priorities(m, s, n, value, size);
        return;
    }
    if (size != 4 && armm_is_v7(m) && (offset & ~3u) == CFSR) {
        write_word(m, s, CFSR, value << (8 * (offset & 3)));
        return;
    }
    if (size != 4 && offset != STIR) {
        guest_error(m, "a register at 0xe000e%03x written by %u bytes", (unsigned)offset, size);
        return;
    }
    write_word(m, s, offset, value);
    armm_update_state(m);
    armm_check(m);
}

static uint64_t scs_read(void *opaque, uint64_t offset, unsigned size)
{
    struct armm_cpu *m = armm_accessing(opaque);
    return view_read(m, m->secure, offset, size);
}

static void scs_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct armm_cpu *m = armm_accessing(opaque);
    view_write(m, m->secure, offset, value, size);
}

const struct io_ops armm_scs_ops = { .read = scs_read, .write = scs_write, .min_size = 1, .max_size = 4 };

/* The other state sees nothing there. */
static uint64_t scs_ns_read(void *opaque, uint64_t offset, unsigned size)
{
    struct armm_cpu *m = armm_accessing(opaque);
    return m->secure ? view_read(m, false, offset, size) : 0;
}

static void scs_ns_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct armm_cpu *m = armm_accessing(opaque);
    if (m->secure)
        view_write(m, false, offset, value, size);
}

const struct io_ops armm_scs_ns_ops = { .read = scs_ns_read, .write = scs_ns_write, .min_size = 1, .max_size = 4 };
