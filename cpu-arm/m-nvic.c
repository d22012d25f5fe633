/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which exception comes next: priorities, what is pending and active, lines from outside. Manual: DDI 0403, B1.5,
 * B3.4.
 */
#include "m.h"

#include "cpus.h"

/* -- Slots -- */

/* Those that each security state has of its own. */
static bool is_banked(unsigned n)
{
    return 1u << (n & 31) & (1u << EXC_HARDFAULT | 1u << EXC_MEMMANAGE | 1u << EXC_USAGEFAULT | 1u << EXC_SVCALL |
                             1u << EXC_PENDSV | 1u << EXC_SYSTICK) && n < EXC_IRQ;
}

unsigned armm_slot(const struct armm_cpu *m, unsigned n, bool secure)
{
    return secure && is_banked(n) ? SLOT_SECURE + n : n;
}

bool armm_slot_secure(const struct armm_cpu *m, unsigned slot)
{
    if (!armm_has_security(m) || slot >= SLOT_SECURE)
        return slot >= SLOT_SECURE;
    switch (slot) {
    case EXC_RESET: case EXC_SECUREFAULT: return true;
    case EXC_NMI: case EXC_BUSFAULT: return !(__atomic_load_n(&m->aircr, __ATOMIC_RELAXED) & AIRCR_BFHFNMINS);
    case EXC_DEBUGMON: return m->demcr & DEMCR_SDME;
    default: return slot >= EXC_IRQ && !armm_bit(m->itns, slot);
    }
}

/* -- Priorities -- */

#define LOWEST 256

/* AIRCR.PRIS puts all of the non-secure state's into the lower half. */
static int restricted(const struct armm_cpu *m, bool secure, int priority)
{
    return !secure && (m->aircr & AIRCR_PRIS) ? (priority >> 1) + 0x80 : priority;
}

static int group_of(const struct armm_cpu *m, bool secure, int priority)
{
    return restricted(m, secure, priority & (int)(0xff00u >> (7 - m->prigroup[secure]) & 0xff));
}

/* Below zero; 0: it is no fixed one. */
static int fixed_priority(const struct armm_cpu *m, unsigned slot)
{
    switch (slot) {
    case EXC_RESET: return armm_is_v8(m) ? -4 : -3;
    case EXC_NMI: return -2;
    case EXC_HARDFAULT: return -1;
    case SLOT_SECURE + EXC_HARDFAULT: return m->aircr & AIRCR_BFHFNMINS ? -3 : -1;
    default: return 0;
    }
}

int armm_priority(const struct armm_cpu *m, unsigned slot)
{
    int fixed = fixed_priority(m, slot);
    return fixed ? fixed : restricted(m, armm_slot_secure(m, slot), m->prio[slot]);
}

int armm_group(const struct armm_cpu *m, unsigned slot)
{
    int fixed = fixed_priority(m, slot);
    return fixed ? fixed : group_of(m, armm_slot_secure(m, slot), m->prio[slot]);
}

static int masked_priority(const struct armm_cpu *m, bool secure, bool primask)
{
    int lowest = LOWEST;
    if (m->basepri[secure])
        lowest = group_of(m, secure, m->basepri[secure]);
    if (primask)
        lowest = MIN(lowest, restricted(m, secure, 0));
    if (!m->faultmask[secure])
        return lowest;
    if (armm_has_security(m) && secure == !!(m->aircr & AIRCR_BFHFNMINS))
        return secure ? -3 : MIN(lowest, restricted(m, false, 0));
    return -1;
}

int armm_raw_priority(const struct armm_cpu *m)
{
    int lowest = LOWEST;
    for (unsigned w = 0; w < ARMM_WORDS; w++)
        for (uint32_t left = m->active[w]; left; left &= left - 1)
            lowest = MIN(lowest, armm_group(m, 32 * w + __builtin_ctz(left)));
    return lowest;
}

static int priority(const struct armm_cpu *m, bool primask_s, bool primask_ns)
{
    return MIN(armm_raw_priority(m), MIN(masked_priority(m, false, primask_ns), masked_priority(m, true, primask_s)));
}

int armm_execution_priority(const struct armm_cpu *m)
{
    return priority(m, m->primask[1], m->primask[0]);
}

/* Among equals the lowest number comes first, and the secure state's before the other's of that number. */
unsigned armm_next(const struct armm_cpu *m, int *group)
{
    unsigned best = 0;
    int priority = LOWEST;
    for (unsigned w = 0; w < ARMM_WORDS; w++) {
        uint32_t left = __atomic_load_n(&m->pending[w], __ATOMIC_SEQ_CST) & m->enabled[w];
        for (; left; left &= left - 1) {
            unsigned slot = 32 * w + __builtin_ctz(left);
            int p = armm_priority(m, slot);
            if (p < priority || (p == priority && slot - SLOT_SECURE <= best && slot >= SLOT_SECURE)) {
                priority = p;
                best = slot;
            }
        }
    }
    *group = best ? armm_group(m, best) : LOWEST;
    return best;
}

/* -- Pending and active -- */

bool armm_is_pending(const struct armm_cpu *m, unsigned slot)
{
    return __atomic_load_n(&m->pending[slot / 32], __ATOMIC_SEQ_CST) >> (slot % 32) & 1;
}

void armm_ask(struct armm_cpu *m)
{
    __atomic_store_n(&m->check, 1, __ATOMIC_SEQ_CST);
    cpu_kick(&m->arm.cpu);
}

void armm_set_pending(struct armm_cpu *m, unsigned slot)
{
    uint32_t bit = 1u << (slot % 32);
    if (__atomic_fetch_or(&m->pending[slot / 32], bit, __ATOMIC_SEQ_CST) & bit)
        return;
    /* A CPU that has set SEVONPEND and sees nothing pending then is told: SCR and pending are in one order. */
    if (__atomic_load_n(&m->scr[armm_slot_secure(m, slot)], __ATOMIC_SEQ_CST) & SCR_SEVONPEND)
        __atomic_store_n(&m->event, 1, __ATOMIC_SEQ_CST);
    armm_ask(m);
}

void armm_clear_pending(struct armm_cpu *m, unsigned slot)
{
    __atomic_fetch_and(&m->pending[slot / 32], ~(1u << (slot % 32)), __ATOMIC_SEQ_CST);
}

void armm_activate(struct armm_cpu *m, unsigned slot)
{
    m->active[slot / 32] |= 1u << (slot % 32);
}

/* A line that is still high makes it pending again. */
void armm_deactivate(struct armm_cpu *m, unsigned slot)
{
    m->active[slot / 32] &= ~(1u << (slot % 32));
    if (__atomic_load_n(&m->level[slot / 32], __ATOMIC_SEQ_CST) >> (slot % 32) & 1)
        armm_set_pending(m, slot);
}

void armm_check(struct armm_cpu *m)
{
    int group;
    if (armm_next(m, &group) && group < armm_execution_priority(m))
        armm_ask(m);
}

/* PRIMASK keeps nothing asleep. */
bool armm_has_work(struct cpu *cpu)
{
    struct armm_cpu *m = armm_cpu(cpu);
    int group;
    if (m->waits && __atomic_load_n(&m->event, __ATOMIC_SEQ_CST))
        return true;
    return armm_next(m, &group) && group < priority(m, false, false);
}

bool armm_take_interrupt(struct cpu *cpu)
{
    struct armm_cpu *m = armm_cpu(cpu);
    if (likely(!__atomic_load_n(&m->check, __ATOMIC_RELAXED)))
        return false;
    __atomic_store_n(&m->check, 0, __ATOMIC_SEQ_CST);
    uint32_t released_at = __atomic_exchange_n(&m->released_at, 0, __ATOMIC_SEQ_CST);
    if (unlikely(released_at))
        armm_begin(m, released_at & ~1u);
    if (unlikely(m->idau_seen != __atomic_load_n(&m->idau_nsc, __ATOMIC_SEQ_CST))) {
        m->idau_seen = __atomic_load_n(&m->idau_nsc, __ATOMIC_SEQ_CST);
        mmu_flush(cpu, NULL, NULL);
    }
    return armm_take_pending(m);
}

/* -- Lines -- */

static void line_input(void *opaque, unsigned n, bool level)
{
    struct armm_cpu *m = opaque;
    uint32_t bit = 1u << (n % 32);
    if (!level)
        __atomic_fetch_and(&m->level[n / 32], ~bit, __ATOMIC_SEQ_CST);
    else if (!(__atomic_fetch_or(&m->level[n / 32], bit, __ATOMIC_SEQ_CST) & bit))
        armm_set_pending(m, n);
}

static void line_pulse(void *opaque, unsigned n)
{
    armm_set_pending(opaque, n);
}

static void idau_input(void *opaque, unsigned bit, bool level)
{
    struct armm_cpu *m = opaque;
    armm_set_idau_nsc(m, bit, level);
    armm_ask(m);
}

/* The same of each CPU. */
static void lines_input(void *opaque, unsigned n, bool level)
{
    for (struct armm_cpu *m = opaque; m; m = m->next)
        line_input(m, n, level);
}

static void lines_pulse(void *opaque, unsigned n)
{
    for (struct armm_cpu *m = opaque; m; m = m->next)
        line_pulse(m, n);
}

static void idaus_input(void *opaque, unsigned bit, bool level)
{
    for (struct armm_cpu *m = opaque; m; m = m->next)
        idau_input(m, bit, level);
}

/*
 * The first cell is the interrupt; a second one, of Zephyr's trees, a priority that is the program's to set. From
 * ARMM_IDAU_NSC on are no interrupts but the IDAU's: which of its secure addresses may be called,
 * and ARMM_NMI. What the number has from ARMM_IRQ_CPU_SHIFT on is whose it is.
 */
bool armm_irq_in(struct cpu *cpu, const uint32_t *cells, unsigned ncells, struct irq *line)
{
    struct armm_cpu *m = armm_cpu(cpu);
    unsigned which = ncells ? cells[0] >> ARMM_IRQ_CPU_SHIFT : 0;
    uint32_t n = ncells ? cells[0] & ((1u << ARMM_IRQ_CPU_SHIFT) - 1) : UINT32_MAX;
    for (unsigned i = 1; i < which && m; i++)
        m = m->next;
    if (!m)
        return false;
    bool each = !which && m->next;
    if ((n & ~1u) == ARMM_IDAU_NSC && m->idau) {
        *line = (struct irq){ .set = each ? idaus_input : idau_input, .opaque = m, .n = n & 1 };
        return true;
    }
    if (n != ARMM_NMI && n >= m->nirqs)
        return false;
    *line = (struct irq){ .set = each ? lines_input : line_input, .pulse = each ? lines_pulse : line_pulse, .opaque = m,
                          .n = n == ARMM_NMI ? EXC_NMI : EXC_IRQ + n };
    return true;
}

/* -- Reset -- */

/* What has no enable bit is enabled; lines stay as they are driven. */
void armm_nvic_reset(struct armm_cpu *m)
{
    m->enabled[0] = 1u << EXC_NMI | 1u << EXC_HARDFAULT | 1u << EXC_SVCALL | 1u << EXC_PENDSV | 1u << EXC_SYSTICK;
    if (armm_has_security(m))
        m->enabled[SLOT_SECURE / 32] = m->enabled[0] & ~(1u << EXC_NMI);
    for (unsigned w = 0; w < ARMM_WORDS; w++)
        __atomic_store_n(&m->pending[w], __atomic_load_n(&m->level[w], __ATOMIC_SEQ_CST), __ATOMIC_SEQ_CST);
    armm_ask(m);
}
