/* SPDX-License-Identifier: BSD-2-Clause */
/* The generic timer: counters, and the timers whose outputs go to the interrupt controller. Manual: chapter D12. */
#include "cpus.h"
#include "lock-order.h"
#include "machine.h"
#include "sysreg.h"

#define CTL_ENABLE 1u
#define CTL_IMASK 2u
#define CTL_ISTATUS 4u

uint64_t arm_count(const struct arm_cpu *a)
{
    uint64_t offset = a->cpu.machine ? __atomic_load_n(&a->cpu.machine->time_offset, __ATOMIC_RELAXED) : 0;
    return clock_ticks(a->config.cntfrq) + offset;
}

/* The virtual offset counts for EL1 and EL0, and not for a host at EL2. */
static uint64_t read_offset(const struct arm_cpu *a)
{
    if (!arm_has(a, ARMF_el2))
        return 0;
    bool host = a->hcr & HCR_E2H && (a->el == 2 || (a->el == 0 && (a->hcr & HCR_TGE)));
    return host ? 0 : a->cntvoff;
}

uint64_t arm_virtual_count(const struct arm_cpu *a)
{
    return arm_count(a) - read_offset(a);
}

static uint64_t offset_of(const struct arm_cpu *a, enum arm_timer_kind k)
{
    return k == ARM_TIMER_VIRT && arm_has(a, ARMF_el2) ? a->cntvoff : 0;
}

static bool due(const struct arm_cpu *a, enum arm_timer_kind k, uint64_t now)
{
    return (int64_t)(now - offset_of(a, k) - a->timers[k].cval) >= 0;
}

/* Drive the output and the host's timer. Called with timer_lock held. */
static void sync_locked(struct arm_cpu *a, enum arm_timer_kind k)
{
    struct arm_timer *t = &a->timers[k];
    uint64_t now = arm_count(a), ticks = clock_ticks(a->config.cntfrq), at;
    bool on = t->ctl & CTL_ENABLE, is_due = on && due(a, k, now);
    bool never = __builtin_add_overflow(ticks, t->cval + offset_of(a, k) - now, &at);
    int64_t deadline = on && !is_due && !never ? clock_ticks_to_ns(at, a->config.cntfrq) : INT64_MAX;
    if (deadline == INT64_MAX)
        timer_cancel(&t->timer);
    else
        timer_set(&t->timer, deadline);
    irq_set(&a->out[ARM_OUT_TIMER + k], is_due && !(t->ctl & CTL_IMASK));
}

/* On the timer's thread; the lock is held. */
static void fired(void *opaque)
{
    struct arm_timer *t = opaque;
    sync_locked(t->owner, t - t->owner->timers);
}

static void lock(struct arm_cpu *a)
{
    lock_order_enter(LOCK_DEVICE);
    g_mutex_lock(&a->timer_lock);
}

static void unlock(struct arm_cpu *a)
{
    g_mutex_unlock(&a->timer_lock);
    lock_order_leave(LOCK_DEVICE);
}

uint64_t arm_timer_ctl(struct arm_cpu *a, enum arm_timer_kind k)
{
    uint64_t ctl = a->timers[k].ctl;
    return ctl | ((ctl & CTL_ENABLE) && due(a, k, arm_count(a)) ? CTL_ISTATUS : 0);
}

void arm_timer_set_ctl(struct arm_cpu *a, enum arm_timer_kind k, uint64_t ctl)
{
    lock(a);
    a->timers[k].ctl = ctl & (CTL_ENABLE | CTL_IMASK);
    sync_locked(a, k);
    unlock(a);
}

void arm_timer_set_cval(struct arm_cpu *a, enum arm_timer_kind k, uint64_t cval)
{
    lock(a);
    a->timers[k].cval = cval;
    sync_locked(a, k);
    unlock(a);
}

/* TVAL is seen with the offset of who reads: E2H's host has none. */
static uint64_t view_offset(const struct arm_cpu *a, enum arm_timer_kind k)
{
    return k == ARM_TIMER_VIRT ? read_offset(a) : 0;
}

uint64_t arm_timer_tval(struct arm_cpu *a, enum arm_timer_kind k)
{
    return (uint32_t)(a->timers[k].cval - (arm_count(a) - view_offset(a, k)));
}

void arm_timer_set_tval(struct arm_cpu *a, enum arm_timer_kind k, uint64_t tval)
{
    arm_timer_set_cval(a, k, arm_count(a) - view_offset(a, k) + (uint64_t)(int32_t)tval);
}

void arm_set_cntvoff(struct arm_cpu *a, uint64_t value)
{
    lock(a);
    a->cntvoff = value;
    sync_locked(a, ARM_TIMER_VIRT);
    unlock(a);
}

void arm_timers_sync(struct arm_cpu *a)
{
    lock(a);
    for (unsigned k = 0; k < ARM_TIMERS; k++)
        sync_locked(a, k);
    unlock(a);
}

/* Any thread; the lock of a device that sets the time may be held, which ours comes behind. */
void arm_time_changed(struct cpu *cpu)
{
    struct arm_cpu *a = arm_cpu(cpu);
    g_mutex_lock(&a->timer_lock);
    for (unsigned k = 0; k < ARM_TIMERS; k++)
        sync_locked(a, k);
    g_mutex_unlock(&a->timer_lock);
}

void arm_timers_reset(struct arm_cpu *a)
{
    arm_timers_sync(a);
}

void arm_timers_init(struct arm_cpu *a)
{
    g_mutex_init(&a->timer_lock);
    for (unsigned k = 0; k < ARM_TIMERS; k++) {
        a->timers[k].owner = a;
        timer_init(&a->timers[k].timer, fired, &a->timers[k], &a->timer_lock);
    }
}
