/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which exception comes next: priorities, what is pending and active, lines from outside. Manual: DDI 0403, B1.5,
 * B3.4.
 */
#include "m.h"

#include "cpus.h"

/* -- Priorities -- */

int armm_priority(const struct armm_cpu *m, unsigned n)
{
    switch (n) {
    case EXC_RESET: return -3;
    case EXC_NMI: return -2;
    case EXC_HARDFAULT: return -1;
    default: return m->prio[n];
    }
}

int armm_group(const struct armm_cpu *m, int priority)
{
    return priority < 0 ? priority : priority & (int)(0xff00u >> (7 - m->prigroup) & 0xff);
}

int armm_execution_priority(const struct armm_cpu *m)
{
    int lowest = 256;
    for (unsigned w = 0; w < ARMM_WORDS; w++)
        for (uint32_t left = m->active[w]; left; left &= left - 1)
            lowest = MIN(lowest, armm_group(m, armm_priority(m, 32 * w + __builtin_ctz(left))));
    if (m->basepri)
        lowest = MIN(lowest, armm_group(m, m->basepri));
    if (m->primask)
        lowest = MIN(lowest, 0);
    return m->faultmask ? MIN(lowest, -1) : lowest;
}

unsigned armm_next(const struct armm_cpu *m, int *group)
{
    unsigned best = 0;
    int priority = 256;
    for (unsigned w = 0; w < ARMM_WORDS; w++) {
        uint32_t left = __atomic_load_n(&m->pending[w], __ATOMIC_SEQ_CST) & m->enabled[w];
        for (; left; left &= left - 1) {
            unsigned n = 32 * w + __builtin_ctz(left);
            int p = armm_priority(m, n);
            if (p < priority) {
                priority = p;
                best = n;
            }
        }
    }
    *group = armm_group(m, priority);
    return best;
}

/* -- Pending and active -- */

bool armm_is_pending(const struct armm_cpu *m, unsigned n)
{
    return __atomic_load_n(&m->pending[n / 32], __ATOMIC_SEQ_CST) >> (n % 32) & 1;
}

/* From any thread: the CPU looks at it before it goes on. */
static void ask(struct armm_cpu *m)
{
    __atomic_store_n(&m->check, 1, __ATOMIC_SEQ_CST);
    cpu_kick(&m->arm.cpu);
}

void armm_set_pending(struct armm_cpu *m, unsigned n)
{
    uint32_t bit = 1u << (n % 32);
    if (__atomic_fetch_or(&m->pending[n / 32], bit, __ATOMIC_SEQ_CST) & bit)
        return;
    if (m->scr & SCR_SEVONPEND)
        __atomic_store_n(&m->event, 1, __ATOMIC_SEQ_CST);
    ask(m);
}

void armm_clear_pending(struct armm_cpu *m, unsigned n)
{
    __atomic_fetch_and(&m->pending[n / 32], ~(1u << (n % 32)), __ATOMIC_SEQ_CST);
}

void armm_activate(struct armm_cpu *m, unsigned n)
{
    m->active[n / 32] |= 1u << (n % 32);
}

/* A line that is still high makes it pending again. */
void armm_deactivate(struct armm_cpu *m, unsigned n)
{
    m->active[n / 32] &= ~(1u << (n % 32));
    if (__atomic_load_n(&m->level[n / 32], __ATOMIC_SEQ_CST) >> (n % 32) & 1)
        armm_set_pending(m, n);
}

void armm_check(struct armm_cpu *m)
{
    int group;
    if (armm_next(m, &group) && group < armm_execution_priority(m))
        ask(m);
}

/* PRIMASK keeps nothing asleep. */
bool armm_has_work(struct cpu *cpu)
{
    struct armm_cpu *m = armm_cpu(cpu);
    int group;
    if (m->waits && __atomic_load_n(&m->event, __ATOMIC_SEQ_CST))
        return true;
    if (!armm_next(m, &group))
        return false;
    if (m->primask && !m->faultmask && group >= 0) {
        struct armm_cpu unmasked = *m;
        unmasked.primask = 0;
        return group < armm_execution_priority(&unmasked);
    }
    return group < armm_execution_priority(m);
}

bool armm_take_interrupt(struct cpu *cpu)
{
    struct armm_cpu *m = armm_cpu(cpu);
    if (likely(!__atomic_load_n(&m->check, __ATOMIC_RELAXED)))
        return false;
    __atomic_store_n(&m->check, 0, __ATOMIC_SEQ_CST);
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

/* The first cell is the interrupt; a second one, of Zephyr's trees, a priority that is the program's to set. */
bool armm_irq_in(struct cpu *cpu, const uint32_t *cells, unsigned ncells, struct irq *line)
{
    struct armm_cpu *m = armm_cpu(cpu);
    if (!ncells || cells[0] >= m->nirqs)
        return false;
    *line = (struct irq){ .set = line_input, .pulse = line_pulse, .opaque = m, .n = EXC_IRQ + cells[0] };
    return true;
}

/* -- Reset -- */

/* What has no enable bit is enabled; lines stay as they are driven. */
void armm_nvic_reset(struct armm_cpu *m)
{
    m->enabled[0] = 1u << EXC_NMI | 1u << EXC_HARDFAULT | 1u << EXC_SVCALL | 1u << EXC_PENDSV | 1u << EXC_SYSTICK;
    for (unsigned w = 0; w < ARMM_WORDS; w++)
        __atomic_store_n(&m->pending[w], __atomic_load_n(&m->level[w], __ATOMIC_SEQ_CST), __ATOMIC_SEQ_CST);
    ask(m);
}
