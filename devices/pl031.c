/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ARM PrimeCell real-time clock: seconds, and a match that interrupts. Manual: ARM DDI 0224, "PrimeCell Real Time Clock
 * (PL031) Technical Reference Manual"; binding: arm,pl031. The counter begins with the date of -rtc, as in QEMU, and a
 * reset leaves it alone. Any write to RTCICR clears the interrupt, as in QEMU (editions of the manual differ).
 */
#include <inttypes.h>

#include "device.h"

enum {
    RTCDR = 0x00, RTCMR = 0x04, RTCLR = 0x08, RTCCR = 0x0c, RTCIMSC = 0x10, RTCRIS = 0x14, RTCMIS = 0x18, RTCICR = 0x1c,
    RTCPERIPHID0 = 0xfe0, REGION_BYTES = 0x1000,
};
#define SECOND INT64_C(1000000000)

static const uint8_t ids[] = { 0x31, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

struct pl031 {
    struct device dev;
    uint32_t offset; /* the guest set its clock: to add to the machine's */
    uint32_t lr, mr;
    bool im, is;
    struct timer timer;
};

static uint32_t now(const struct pl031 *s)
{
    return (uint32_t)(clock_rtc_ns() / SECOND) + s->offset;
}

static void update_irq(struct pl031 *s)
{
    device_irq(&s->dev, 0, s->is && s->im);
}

/* The counter or the match was set: interrupt if they are equal, else come back when they will be. */
static void set_alarm(struct pl031 *s)
{
    uint32_t left = s->mr - now(s);

    if (left) {
        timer_set(&s->timer, clock_now() + left * SECOND - clock_rtc_ns() % SECOND);
        return;
    }
    timer_cancel(&s->timer);
    s->is = true;
    update_irq(s);
}

/* The host's date may have moved against virtual time since the timer was set. */
static void alarm_fired(void *opaque)
{
    set_alarm(opaque);
}

static uint64_t pl031_read(void *opaque, uint64_t offset, unsigned size)
{
    struct pl031 *s = opaque;

    switch (offset) {
    case RTCDR: return now(s);
    case RTCMR: return s->mr;
    case RTCLR: return s->lr;
    case RTCCR: return 1;
    case RTCIMSC: return s->im;
    case RTCRIS: return s->is;
    case RTCMIS: return s->is && s->im;
    }
    if (offset >= RTCPERIPHID0)
        return ids[(offset - RTCPERIPHID0) / 4];
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void pl031_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct pl031 *s = opaque;

    switch (offset) {
    case RTCMR:
        s->mr = value;
        set_alarm(s);
        return;
    case RTCLR:
        s->lr = value;
        s->offset += (uint32_t)value - now(s);
        set_alarm(s);
        return;
    case RTCCR: return; /* it runs since reset and can't be stopped */
    case RTCIMSC: s->im = value & 1; break;
    case RTCICR: s->is = false; break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); return;
    }
    update_irq(s);
}

static const struct io_ops pl031_ops = { .read = pl031_read, .write = pl031_write, .min_size = 4, .max_size = 4 };

static bool pl031_realize(struct device *d, GError **err)
{
    struct pl031 *s = container_of(d, struct pl031, dev);

    timer_init(&s->timer, alarm_fired, s, &d->lock);
    device_add_io(d, "pl031", &pl031_ops, REGION_BYTES);
    return true;
}

static void pl031_unrealize(struct device *d)
{
    timer_cancel(&container_of(d, struct pl031, dev)->timer);
}

static void pl031_reset(struct device *d)
{
    update_irq(container_of(d, struct pl031, dev));
}

/* As in alarm_fired(). Where the date can't have moved, nothing is due. */
static void alarm_anew(void *obj, bool loaded)
{
    struct pl031 *s = obj;

    if (timer_pending(&s->timer) && !clock_rtc_repeats())
        set_alarm(s);
}

static const struct state_row pl031_fields[] = {
    FIELD_KEEP(struct pl031, offset),
    FIELD(struct pl031, lr, 0),
    FIELD(struct pl031, mr, 0),
    FIELD(struct pl031, im, 0),
    FIELD(struct pl031, is, 0),
    FIELD_TIMER(struct pl031, timer),
    FIELD_END,
};

static const struct state_table pl031_state = {
    STATE_OF(struct pl031),
    .version = 1,
    .rows = pl031_fields,
    .resume = alarm_anew,
};

static const char *const pl031_compatible[] = { "arm,pl031", NULL };

const struct device_type pl031_type = {
    .name = "pl031",
    .desc = "ARM PL031 real-time clock",
    .compatible = pl031_compatible,
    .size = sizeof(struct pl031),
    .state = &pl031_state,
    .realize = pl031_realize,
    .unrealize = pl031_unrealize,
    .reset = pl031_reset,
};
