/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Performance monitors: the cycle counter and event counters. Manual: DDI 0487, chapter D13. Events: SW_INCR,
 * CPU_CYCLES, and under -icount INST_RETIRED. A cycle is a nanosecond of the guest's time.
 *
 * Registers have what was counted up to the last arm_pm_sync(), which each access, and each change of level while a
 * counter has a filter, begins with.
 */
#include "clock.h"
#include "cpu-exec.h"
#include "cpus.h"
#include "lock-order.h"
#include "sysreg.h"

#define PMCR_E 1u
#define PMCR_P 2u
#define PMCR_C 4u
#define PMCR_D 8u
#define PMCR_DP 0x20u
#define PMCR_LC 0x40u
#define PMCR_WRITABLE (PMCR_E | PMCR_D | 0x10u | PMCR_DP | PMCR_LC)
#define MDCR_HPME 0x80u
#define MDCR_HPMD (1u << 17)
#define MDCR_SPME (1u << 17) /* of MDCR_EL3 */
#define CYCLES 31
enum { EVENT_SW_INCR = 0x00, EVENT_INST_RETIRED = 0x08, EVENT_CPU_CYCLES = 0x11 };

/* PMCR.N: event counters, up to ARM_PM_COUNTERS. */
static unsigned counters(const struct arm_cpu *a)
{
    return bits(a->config.pmcr, 11, 5);
}

static bool is_of_el2(const struct arm_cpu *a, unsigned n)
{
    return n != CYCLES && arm_has(a, ARMF_el2) && n >= bits(a->mdcr[2], 0, 5);
}

/* Event counters that the current level has: EL2 may have kept the last of them. */
static unsigned own_counters(const struct arm_cpu *a)
{
    return a->el < 2 && arm_el2_enabled(a) ? MIN(bits(a->mdcr[2], 0, 5), counters(a)) : counters(a);
}

/* As bits, with the cycle counter. */
static uint32_t accessible(const struct arm_cpu *a)
{
    return 1u << CYCLES | ((1u << own_counters(a)) - 1);
}

static unsigned event_of(const struct arm_cpu *a, unsigned n)
{
    return n == CYCLES ? EVENT_CPU_CYCLES : bits(a->pmevtyper[n], 0, 10);
}

static uint64_t *counter(struct arm_cpu *a, unsigned n)
{
    return n == CYCLES ? &a->pmccntr : &a->pmevcntr[n];
}

/* What an event has counted since the machine's begin. */
static uint64_t source(struct arm_cpu *a, unsigned event)
{
    switch (event) {
    case EVENT_CPU_CYCLES: return clock_ticks(1000000000);
    case EVENT_INST_RETIRED: return icount.on ? cpu_instret(&a->cpu) : 0;
    default: return 0;
    }
}

static bool filtered(const struct arm_cpu *a, unsigned n)
{
    uint64_t f = n == CYCLES ? a->pmccfiltr : a->pmevtyper[n];
    bool p = f >> 31 & 1, u = f >> 30 & 1, nsk = f >> 29 & 1, nsu = f >> 28 & 1, nsh = f >> 27 & 1, m = f >> 26 & 1;
    switch (a->el) {
    case 0: return arm_secure(a) ? u : u != nsu;
    case 1: return arm_secure(a) ? p : p != nsk;
    case 2: return !nsh;
    default: return m != p;
    }
}

/* PMCR.E, or for EL2's counters its own. */
static bool is_on(const struct arm_cpu *a, unsigned n)
{
    return is_of_el2(a, n) ? a->mdcr[2] & MDCR_HPME : a->pmcr & PMCR_E;
}

/* What happens here is not to be counted: in the secure state, and of EL1's counters in EL2, where that says so. */
static bool prohibited(const struct arm_cpu *a, unsigned n)
{
    bool secure = arm_secure(a) && !(a->mdcr[3] & MDCR_SPME);
    bool el2 = a->el == 2 && !is_of_el2(a, n) && (a->mdcr[2] & MDCR_HPMD) && bits(a->config.id[5][0], 8, 4) >= 4;
    return (secure || el2) && (n != CYCLES || (a->pmcr & PMCR_DP));
}

static bool counts(const struct arm_cpu *a, unsigned n)
{
    return is_on(a, n) && (a->pmcntenset >> n & 1) && !filtered(a, n) && !prohibited(a, n);
}

/* Overflows that interrupt. */
static bool has_overflow(const struct arm_cpu *a)
{
    uint32_t due = a->pmovsset & a->pmintenset;
    for (; due; due &= due - 1)
        if (is_on(a, __builtin_ctz(due)))
            return true;
    return false;
}

static uint64_t limit(const struct arm_cpu *a, unsigned n)
{
    return n == CYCLES && (a->pmcr & PMCR_LC) ? UINT64_MAX : UINT32_MAX;
}

static void add(struct arm_cpu *a, unsigned n, uint64_t by)
{
    uint64_t *v = counter(a, n), most = limit(a, n);
    if (by > most - (*v & most))
        a->pmovsset |= 1u << n;
    *v = (*v + by) & (n == CYCLES ? UINT64_MAX : UINT32_MAX);
}

/* The output, and the time at which a counter that may interrupt overflows. */
static void update_output(struct arm_cpu *a)
{
    uint64_t wanted = a->pmintenset & a->pm_counting & ~a->pmovsset, soonest = INT64_MAX;
    for (; unlikely(wanted); wanted &= wanted - 1) {
        unsigned n = __builtin_ctzll(wanted), event = event_of(a, n);
        uint64_t left = limit(a, n) - (*counter(a, n) & limit(a, n)) + 1;
        unsigned shift = event == EVENT_INST_RETIRED ? icount.shift : n == CYCLES && (a->pmcr & PMCR_D) ? 6 : 0;
        if (event != EVENT_SW_INCR && left && left < (UINT64_C(1) << 56))
            soonest = MIN(soonest, left << shift);
    }
    lock_order_enter(LOCK_DEVICE);
    g_mutex_lock(&a->timer_lock);
    if (soonest == INT64_MAX)
        timer_cancel(&a->pm_timer);
    else
        timer_set(&a->pm_timer, clock_ticks_to_ns(clock_ticks(1000000000) + soonest, 1000000000));
    irq_set(&a->out[ARM_OUT_PMU], has_overflow(a));
    g_mutex_unlock(&a->timer_lock);
    lock_order_leave(LOCK_DEVICE);
}

static void count(struct arm_cpu *a)
{
    uint32_t counting = 0;
    for (uint32_t m = a->pmcntenset; m; m &= m - 1) {
        unsigned n = __builtin_ctz(m), k = n == CYCLES ? ARM_PM_COUNTERS : n;
        uint64_t now = source(a, event_of(a, n));
        if (n == CYCLES && (a->pmcr & PMCR_D))
            now >>= 6;
        if (a->pm_counting >> n & 1)
            add(a, n, now - a->pm_last[k]);
        a->pm_last[k] = now;
        counting |= counts(a, n) ? 1u << n : 0;
    }
    a->pm_counting = counting;
}

void arm_pm_sync(struct arm_cpu *a)
{
    count(a);
    update_output(a);
}

/* After a change: which count now, and whether their filters matter. */
static void changed(struct arm_cpu *a)
{
    uint64_t filters = 0;
    for (uint32_t m = a->pmcntenset; m; m &= m - 1) {
        unsigned n = __builtin_ctz(m);
        if (is_on(a, n))
            filters |= (n == CYCLES ? a->pmccfiltr : a->pmevtyper[n]) & 0xfc000000;
    }
    a->pm_filtered = filters || (a->pmcntenset && (arm_has(a, ARMF_el2) || arm_has(a, ARMF_el3)));
    arm_pm_sync(a);
}

/* -- The timer: the CPU's thread does what is to be done -- */

static void fired(void *opaque)
{
    struct arm_cpu *a = opaque;
    __atomic_store_n(&a->pm_due, true, __ATOMIC_SEQ_CST);
    cpu_kick(&a->cpu);
}

void arm_pm_due(struct arm_cpu *a)
{
    __atomic_store_n(&a->pm_due, false, __ATOMIC_SEQ_CST);
    arm_pm_sync(a);
}

void arm_pm_init(struct arm_cpu *a)
{
    timer_init(&a->pm_timer, fired, a, &a->timer_lock);
}

/* -- Registers -- */

uint64_t arm_pm_read(struct arm_cpu *a, const struct arm_sysreg *r)
{
    unsigned crn = bits(r->enc, 7, 4), crm = bits(r->enc, 3, 4), op2 = r->enc & 7, n = (crm & 3) * 8 + op2;
    bool selected = crn == 9 && crm == 13;
    if (selected)
        n = a->pmselr & 31;
    if (crn == 9 && crm == 12)
        switch (op2) {
        case 0: return a->pmcr | with_bits(a->config.pmcr, 11, 5, own_counters(a));
        case 1: case 2: return a->pmcntenset & accessible(a);
        case 6: return 1u << EVENT_SW_INCR | 1u << EVENT_CPU_CYCLES | (icount.on ? 1u << EVENT_INST_RETIRED : 0);
        default: break;
        }
    arm_pm_sync(a);
    if (selected && op2 == 0)
        return a->pmccntr;
    if (crn == 9 && crm == 14 && op2 != 3)
        return a->pmintenset & accessible(a);
    if (crn == 9 && !selected)
        return a->pmovsset & accessible(a); /* PMOVSCLR, PMOVSSET */
    if (n != CYCLES && n >= own_counters(a))
        return 0;
    bool type = selected ? op2 == 1 : crm >= 12;
    if (type)
        return n == CYCLES ? a->pmccfiltr : a->pmevtyper[n];
    return n == CYCLES ? 0 : a->pmevcntr[n];
}

static void increment(struct arm_cpu *a, uint64_t which)
{
    for (unsigned n = 0; n < own_counters(a); n++)
        if ((which >> n & 1) && event_of(a, n) == EVENT_SW_INCR && counts(a, n))
            add(a, n, 1);
}

static void write_pmcr(struct arm_cpu *a, uint64_t value)
{
    if (value & PMCR_C)
        a->pmccntr = 0;
    for (unsigned n = 0; n < own_counters(a) && (value & PMCR_P); n++)
        a->pmevcntr[n] = 0;
    a->pmcr = value & PMCR_WRITABLE;
}

/* PMCNTEN*, PMOVS*, PMINTEN*: those that set and those that clear. */
static void change_bits(const struct arm_cpu *a, uint64_t *v, bool set, uint64_t value)
{
    value &= accessible(a);
    *v = set ? *v | value : *v & ~value;
}

static void write_counter(struct arm_cpu *a, unsigned n, bool type, uint64_t value)
{
    if (n == CYCLES && type)
        a->pmccfiltr = value & 0xfc000000;
    else if (n < own_counters(a) && type)
        a->pmevtyper[n] = value & 0xfc0003ff;
    else if (n < own_counters(a))
        a->pmevcntr[n] = (uint32_t)value;
}

void arm_pm_write(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    unsigned crn = bits(r->enc, 7, 4), crm = bits(r->enc, 3, 4), op2 = r->enc & 7, n = (crm & 3) * 8 + op2;
    count(a);
    if (crn == 14)
        write_counter(a, n, crm >= 12, value);
    else if (crm == 13 && op2 == 0)
        a->pmccntr = value;
    else if (crm == 13)
        write_counter(a, a->pmselr & 31, op2 == 1, value);
    else if (crm == 14)
        change_bits(a, op2 == 3 ? &a->pmovsset : &a->pmintenset, op2 != 2, value);
    else if (op2 == 0)
        write_pmcr(a, value);
    else if (op2 == 4)
        increment(a, value);
    else
        change_bits(a, op2 == 3 ? &a->pmovsset : &a->pmcntenset, op2 == 1, value);
    changed(a);
}

void arm_pm_write_mdcr(struct arm_cpu *a, unsigned el, uint64_t value)
{
    count(a);
    a->mdcr[el] = value;
    changed(a);
}

void arm_pm_loaded(struct arm_cpu *a)
{
    for (unsigned k = 0; k <= ARM_PM_COUNTERS; k++)
        a->pm_last[k] = source(a, event_of(a, k < ARM_PM_COUNTERS ? k : CYCLES)) >>
                        (k == ARM_PM_COUNTERS && (a->pmcr & PMCR_D) ? 6 : 0);
    changed(a);
}

/* Before a snapshot. */
void arm_pm_settle(struct arm_cpu *a)
{
    count(a);
}
