/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SysTick: a counter of 24 bits that goes down from RELOAD to zero and begins again. It is computed from the clock; a
 * timer waits for the next zero only. Manual: DDI 0403, B3.3. Not modelled: a reference clock; both sources are the
 * core's.
 */
#include "m.h"

#include "lock-order.h"

enum { CSR = 0x0, RVR = 0x4, CVR = 0x8, CALIB = 0xc };
enum { ENABLE = 1, TICKINT = 2, CLKSOURCE = 4, COUNTFLAG = 1 << 16 };
#define COUNTER_MASK 0xffffffu
#define CALIB_NOREF (1u << 31)

static void lock(struct armm_cpu *m)
{
    lock_order_enter(LOCK_DEVICE);
    g_mutex_lock(&m->systick.lock);
}

static void unlock(struct armm_cpu *m)
{
    g_mutex_unlock(&m->systick.lock);
    lock_order_leave(LOCK_DEVICE);
}

/* It counts: with RELOAD zero it stays at zero once it gets there. */
static bool counts(const struct armm_systick *s)
{
    return (s->csr & ENABLE) && s->zero != UINT64_MAX;
}

static void arm_timer(struct armm_cpu *m)
{
    struct armm_systick *s = &m->systick;
    if (counts(s))
        timer_set(&s->timer, clock_ticks_to_ns(s->zero, m->hz));
    else
        timer_cancel(&s->timer);
}

/* Zeros that are past by now have happened. The lock is held. */
static void catch_up(struct armm_cpu *m)
{
    struct armm_systick *s = &m->systick;
    uint64_t now = clock_ticks(m->hz);
    if (!counts(s) || now < s->zero)
        return;
    s->csr |= COUNTFLAG;
    if (s->csr & TICKINT)
        armm_set_pending(m, EXC_SYSTICK);
    if (s->rvr) {
        uint64_t period = (uint64_t)s->rvr + 1;
        s->zero += ((now - s->zero) / period + 1) * period;
    } else {
        s->zero = UINT64_MAX;
        s->held = 0;
    }
}

static uint32_t counter(const struct armm_cpu *m)
{
    const struct armm_systick *s = &m->systick;
    uint64_t now = clock_ticks(m->hz), left = s->zero - now;
    if (!counts(s))
        return s->held;
    return left > s->rvr && left > s->held ? 0 : left; /* the tick before the reload shows zero */
}

/* Begin to count at v, which 0 makes a reload at the next tick. */
static void start(struct armm_cpu *m, uint32_t v)
{
    struct armm_systick *s = &m->systick;
    s->held = v;
    if (v)
        s->zero = clock_ticks(m->hz) + v;
    else
        s->zero = s->rvr ? clock_ticks(m->hz) + s->rvr + 1 : UINT64_MAX;
}

static void fired(void *opaque)
{
    struct armm_cpu *m = opaque;
    catch_up(m);
    arm_timer(m);
}

uint32_t armm_systick_read(struct armm_cpu *m, unsigned offset)
{
    struct armm_systick *s = &m->systick;
    uint32_t v = 0;
    lock(m);
    catch_up(m);
    switch (offset) {
    case CSR:
        v = s->csr;
        s->csr &= ~COUNTFLAG;
        break;
    case RVR: v = s->rvr; break;
    case CVR: v = counter(m); break;
    case CALIB: v = CALIB_NOREF; break;
    }
    arm_timer(m);
    unlock(m);
    return v;
}

static void write_csr(struct armm_cpu *m, uint32_t value)
{
    struct armm_systick *s = &m->systick;
    bool was = s->csr & ENABLE, on = value & ENABLE;
    if (was && !on)
        s->held = counter(m);
    s->csr = (s->csr & COUNTFLAG) | (value & (ENABLE | TICKINT)) | CLKSOURCE;
    if (!was && on)
        start(m, s->held);
}

void armm_systick_write(struct armm_cpu *m, unsigned offset, uint32_t value)
{
    struct armm_systick *s = &m->systick;
    lock(m);
    catch_up(m);
    switch (offset) {
    case CSR:
        write_csr(m, value);
        break;
    case RVR:
        s->rvr = value & COUNTER_MASK;
        if ((s->csr & ENABLE) && s->zero == UINT64_MAX) /* it stood at zero for want of a value */
            start(m, 0);
        break;
    case CVR:
        s->held = 0;
        s->csr &= ~COUNTFLAG;
        if (s->csr & ENABLE)
            start(m, 0);
        break;
    }
    arm_timer(m);
    unlock(m);
}

void armm_systick_init(struct armm_cpu *m)
{
    g_mutex_init(&m->systick.lock);
    timer_init(&m->systick.timer, fired, m, &m->systick.lock);
}

void armm_systick_reset(struct armm_cpu *m)
{
    lock(m);
    timer_cancel(&m->systick.timer);
    m->systick.csr = CLKSOURCE;
    m->systick.rvr = m->systick.held = 0;
    m->systick.zero = UINT64_MAX;
    unlock(m);
}

void armm_systick_fini(struct armm_cpu *m)
{
    timer_cancel(&m->systick.timer);
    g_mutex_clear(&m->systick.lock);
}
