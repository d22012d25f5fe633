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

static void lock(struct armm_systick *s)
{
    lock_order_enter(LOCK_DEVICE);
    g_mutex_lock(&s->lock);
}

static void unlock(struct armm_systick *s)
{
    g_mutex_unlock(&s->lock);
    lock_order_leave(LOCK_DEVICE);
}

/* It counts: with RELOAD zero it stays at zero once it gets there. */
static bool counts(const struct armm_systick *s)
{
    return (s->csr & ENABLE) && s->zero != UINT64_MAX;
}

static void arm_timer(struct armm_systick *s)
{
    if (counts(s))
        timer_set(&s->timer, clock_ticks_to_ns(s->zero, s->m->hz));
    else
        timer_cancel(&s->timer);
}

/* Zeros that are past by now have happened. The lock is held. */
static void catch_up(struct armm_systick *s)
{
    uint64_t now = clock_ticks(s->m->hz);
    if (!counts(s) || now < s->zero)
        return;
    s->csr |= COUNTFLAG;
    if (s->csr & TICKINT)
        armm_set_pending(s->m, armm_slot(s->m, EXC_SYSTICK, s->secure));
    if (s->rvr) {
        uint64_t period = (uint64_t)s->rvr + 1;
        s->zero += ((now - s->zero) / period + 1) * period;
    } else {
        s->zero = UINT64_MAX;
        s->held = 0;
    }
}

static uint32_t counter(const struct armm_systick *s)
{
    uint64_t now = clock_ticks(s->m->hz), left = s->zero - now;
    if (!counts(s))
        return s->held;
    return left > s->rvr && left > s->held ? 0 : left; /* the tick before the reload shows zero */
}

/* Begin to count at v, which 0 makes a reload at the next tick. */
static void start(struct armm_systick *s, uint32_t v)
{
    s->held = v;
    if (v)
        s->zero = clock_ticks(s->m->hz) + v;
    else
        s->zero = s->rvr ? clock_ticks(s->m->hz) + s->rvr + 1 : UINT64_MAX;
}

static void fired(void *opaque)
{
    catch_up(opaque);
    arm_timer(opaque);
}

uint32_t armm_systick_read(struct armm_cpu *m, bool secure, unsigned offset)
{
    struct armm_systick *s = &m->systick[secure];
    uint32_t v = 0;
    lock(s);
    catch_up(s);
    switch (offset) {
    case CSR:
        v = s->csr;
        s->csr &= ~COUNTFLAG;
        break;
    case RVR: v = s->rvr; break;
    case CVR: v = counter(s); break;
    case CALIB: v = CALIB_NOREF; break;
    }
    arm_timer(s);
    unlock(s);
    return v;
}

static void write_csr(struct armm_systick *s, uint32_t value)
{
    bool was = s->csr & ENABLE, on = value & ENABLE;
    if (was && !on)
        s->held = counter(s);
    s->csr = (s->csr & COUNTFLAG) | (value & (ENABLE | TICKINT)) | CLKSOURCE;
    if (!was && on)
        start(s, s->held);
}

void armm_systick_write(struct armm_cpu *m, bool secure, unsigned offset, uint32_t value)
{
    struct armm_systick *s = &m->systick[secure];
    lock(s);
    catch_up(s);
    switch (offset) {
    case CSR:
        write_csr(s, value);
        break;
    case RVR:
        s->rvr = value & COUNTER_MASK;
        if ((s->csr & ENABLE) && s->zero == UINT64_MAX) /* it stood at zero for want of a value */
            start(s, 0);
        break;
    case CVR:
        s->held = 0;
        s->csr &= ~COUNTFLAG;
        if (s->csr & ENABLE)
            start(s, 0);
        break;
    }
    arm_timer(s);
    unlock(s);
}

void armm_systick_init(struct armm_cpu *m)
{
    for (unsigned i = 0; i < 2; i++) {
        struct armm_systick *s = &m->systick[i];
        s->m = m;
        s->secure = i;
        g_mutex_init(&s->lock);
        timer_init(&s->timer, fired, s, &s->lock);
    }
}

void armm_systick_reset(struct armm_cpu *m)
{
    for (unsigned i = 0; i < 2; i++) {
        struct armm_systick *s = &m->systick[i];
        lock(s);
        timer_cancel(&s->timer);
        s->csr = CLKSOURCE;
        s->rvr = s->held = 0;
        s->zero = UINT64_MAX;
        unlock(s);
    }
}

void armm_systick_fini(struct armm_cpu *m)
{
    for (unsigned i = 0; i < 2; i++) {
        timer_cancel(&m->systick[i].timer);
        g_mutex_clear(&m->systick[i].lock);
    }
}
