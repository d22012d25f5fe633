/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The timer of ARM's Cortex-M System Design Kit: 32 bits, counts down from RELOAD and begins again. Manual: DDI 0479,
 * 4.1 (APB timer); binding: arm,cmsdk-timer. The counter is computed from the clock; a host timer waits for its next
 * zero.
 * Not modelled: the external input as a clock or an enable; with it the counter stands still.
 */
#include <inttypes.h>

#include "device.h"

enum { CTRL = 0x0, VALUE = 0x4, RELOAD = 0x8, INTSTATUS = 0xc, PID4 = 0xfd0, REGION_BYTES = 0x1000 };
enum { CTRL_EN = 1, CTRL_SELEXT = 6, CTRL_IRQEN = 8, CTRL_MASK = 0xf };

static const uint8_t ids[12] = { 0x04, 0, 0, 0, 0x22, 0xb8, 0x1b, 0, 0x0d, 0xf0, 0x05, 0xb1 };

struct cmsdk_timer {
    struct device dev;
    uint32_t clock_frequency;
    uint32_t reload;
    uint8_t ctrl, intstatus;
    uint32_t value;  /* at that tick, or while it stands */
    uint64_t tick;
    struct timer timer;
};

static bool counts(const struct cmsdk_timer *s)
{
    return (s->ctrl & (CTRL_EN | CTRL_SELEXT)) == CTRL_EN && (s->value || s->reload);
}

/* Ticks until the counter gets from 1 to 0: at 0 it reloads first. */
static uint64_t until_zero(const struct cmsdk_timer *s)
{
    return s->value ? s->value : (uint64_t)s->reload + 1;
}

static void catch_up(struct cmsdk_timer *s)
{
    uint64_t now = clock_ticks(s->clock_frequency), steps = now - s->tick, period = (uint64_t)s->reload + 1;

    s->tick = now;
    if (!counts(s))
        return;
    if (steps < until_zero(s)) {
        s->value = s->value ? s->value - steps : steps ? s->reload + 1 - steps : 0;
        return;
    }
    steps -= until_zero(s);
    s->intstatus |= s->ctrl & CTRL_IRQEN ? 1 : 0;
    steps %= period;
    s->value = s->reload && steps ? period - steps : 0;
}

static void update(struct cmsdk_timer *s)
{
    device_irq(&s->dev, 0, s->intstatus);
    if (counts(s) && (s->ctrl & CTRL_IRQEN) && !s->intstatus)
        timer_set(&s->timer, clock_ticks_to_ns(s->tick + until_zero(s), s->clock_frequency));
    else
        timer_cancel(&s->timer);
}

static void fired(void *opaque)
{
    struct cmsdk_timer *s = opaque;

    catch_up(s);
    update(s);
}

static uint64_t timer_read(void *opaque, uint64_t offset, unsigned size)
{
    struct cmsdk_timer *s = opaque;

    catch_up(s);
    update(s);
    switch (offset) {
    case CTRL: return s->ctrl;
    case VALUE: return s->value;
    case RELOAD: return s->reload;
    case INTSTATUS: return s->intstatus;
    }
    if (offset >= PID4)
        return ids[(offset - PID4) / 4];
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void timer_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct cmsdk_timer *s = opaque;

    catch_up(s);
    switch (offset) {
    case CTRL:
        s->ctrl = value & CTRL_MASK;
        if (value & CTRL_SELEXT)
            log_to(LOG_UNIMP, "%s: the external input is not modelled\n", s->dev.type->name);
        break;
    case VALUE: s->value = value; break;
    case RELOAD:
        s->reload = value;
        s->value = value;
        break;
    case INTSTATUS: s->intstatus &= ~value; break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
    }
    update(s);
}

static const struct io_ops timer_ops = { .read = timer_read, .write = timer_write, .min_size = 4, .max_size = 4 };

static bool timer_realize(struct device *d, GError **err)
{
    struct cmsdk_timer *s = container_of(d, struct cmsdk_timer, dev);

    if (s->clock_frequency == 0) {
        fail(err, "%s: clock-frequency=0: expected a frequency in Hz", d->id);
        return false;
    }
    timer_init(&s->timer, fired, s, &d->lock);
    device_add_io(d, "cmsdk-timer", &timer_ops, REGION_BYTES);
    return true;
}

static void timer_unrealize(struct device *d)
{
    timer_cancel(&container_of(d, struct cmsdk_timer, dev)->timer);
}

static void timer_reset(struct device *d)
{
    device_irq(d, 0, false);
}

static const struct property timer_props[] = {
    PROP_NAMED("clock-frequency", struct cmsdk_timer, clock_frequency, U32, 25000000, "clock-frequency", "Hz"),
    PROP_END,
};

static const struct state_row timer_fields[] = {
    FIELD(struct cmsdk_timer, reload, 0),
    FIELD(struct cmsdk_timer, ctrl, 0),
    FIELD(struct cmsdk_timer, intstatus, 0),
    FIELD(struct cmsdk_timer, value, 0),
    FIELD_KEEP(struct cmsdk_timer, tick), /* of the clock, which goes on */
    FIELD_TIMER(struct cmsdk_timer, timer),
    FIELD_END,
};

static const struct state_table timer_state = {
    STATE_OF(struct cmsdk_timer),
    .version = 1,
    .rows = timer_fields,
};

static const char *const timer_compatible[] = { "arm,cmsdk-timer", NULL };

const struct device_type cmsdk_timer_type = {
    .name = "cmsdk-apb-timer",
    .desc = "CMSDK timer",
    .compatible = timer_compatible,
    .size = sizeof(struct cmsdk_timer),
    .props = timer_props,
    .state = &timer_state,
    .realize = timer_realize,
    .unrealize = timer_unrealize,
    .reset = timer_reset,
};
