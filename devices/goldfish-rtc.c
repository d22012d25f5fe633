/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Goldfish real-time clock: nanoseconds since the epoch and one alarm. Manual: Android's
 * "Goldfish virtual hardware", section "Goldfish RTC"; binding: google,goldfish-rtc.
 */
#include <inttypes.h>

#include "device.h"

enum {
    TIME_LOW = 0x00, /* reading latches TIME_HIGH */
    TIME_HIGH = 0x04,
    ALARM_LOW = 0x08, /* writing sets the alarm */
    ALARM_HIGH = 0x0c,
    IRQ_ENABLED = 0x10,
    CLEAR_ALARM = 0x14,
    ALARM_STATUS = 0x18,
    CLEAR_INTERRUPT = 0x1c,
    REGION_BYTES = 0x24,
};

struct goldfish_rtc {
    struct device dev;
    uint64_t offset; /* the guest set its clock: to add to the machine's */
    uint64_t alarm;
    uint32_t time_high, alarm_high;
    uint8_t alarm_running, irq_enabled, irq_pending;
    struct timer timer;
};

static uint64_t rtc_now(const struct goldfish_rtc *s)
{
    return clock_rtc_ns() + s->offset;
}

static void update_irq(struct goldfish_rtc *s)
{
    device_irq(&s->dev, 0, s->irq_enabled && s->irq_pending);
}

/* Raise the alarm if it is due, else come back when it may be. */
static void check_alarm(struct goldfish_rtc *s)
{
    uint64_t now = rtc_now(s);
    int64_t at;

    timer_cancel(&s->timer);
    if (!s->alarm_running)
        return;
    if (now >= s->alarm) {
        s->alarm_running = 0;
        s->irq_pending = 1;
        update_irq(s);
    } else if (s->alarm - now <= INT64_MAX && !__builtin_add_overflow(clock_now(), (int64_t)(s->alarm - now), &at)) {
        timer_set(&s->timer, at);
    }
}

static void alarm_fired(void *opaque)
{
    check_alarm(opaque);
}

static void set_time(struct goldfish_rtc *s, unsigned shift, uint32_t half)
{
    uint64_t now = rtc_now(s);

    s->offset += with_bits(now, shift, 32, half) - now;
    check_alarm(s);
}

static uint64_t read_register(struct goldfish_rtc *s, uint64_t offset)
{
    uint64_t now;

    switch (offset) {
    case TIME_LOW:
        now = rtc_now(s);
        s->time_high = now >> 32;
        return (uint32_t)now;
    case TIME_HIGH: return s->time_high;
    case ALARM_LOW: return (uint32_t)s->alarm;
    case ALARM_HIGH: return s->alarm >> 32;
    case IRQ_ENABLED: return s->irq_enabled;
    case ALARM_STATUS: return s->alarm_running;
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void write_register(struct goldfish_rtc *s, uint64_t offset, uint64_t value)
{
    switch (offset) {
    case TIME_LOW: set_time(s, 0, value); return;
    case TIME_HIGH: set_time(s, 32, value); return;
    case ALARM_LOW:
        s->alarm = (uint64_t)s->alarm_high << 32 | (uint32_t)value;
        s->alarm_running = 1;
        check_alarm(s);
        return;
    case ALARM_HIGH: s->alarm_high = value; return;
    case IRQ_ENABLED:
        s->irq_enabled = value & 1;
        update_irq(s);
        return;
    case CLEAR_ALARM:
        s->alarm_running = 0;
        timer_cancel(&s->timer);
        return;
    case CLEAR_INTERRUPT:
        s->irq_pending = 0;
        update_irq(s);
        return;
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset);
}

/* QEMU takes 64 bits as two registers, the lower one first, and so do guests. */
static uint64_t goldfish_rtc_read(void *opaque, uint64_t offset, unsigned size)
{
    uint64_t low = read_register(opaque, offset);

    return size == 8 ? read_register(opaque, offset + 4) << 32 | low : low;
}

static void goldfish_rtc_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    write_register(opaque, offset, (uint32_t)value);
    if (size == 8)
        write_register(opaque, offset + 4, value >> 32);
}

static const struct io_ops goldfish_rtc_ops = { goldfish_rtc_read, goldfish_rtc_write, 4, 8, true, false };

static bool goldfish_rtc_realize(struct device *d, GError **err)
{
    struct goldfish_rtc *s = container_of(d, struct goldfish_rtc, dev);

    timer_init(&s->timer, alarm_fired, s, &d->lock);
    device_add_io(d, "goldfish_rtc", &goldfish_rtc_ops, REGION_BYTES);
    return true;
}

static void goldfish_rtc_unrealize(struct device *d)
{
    timer_cancel(&container_of(d, struct goldfish_rtc, dev)->timer);
}

static void goldfish_rtc_reset(struct device *d)
{
    struct goldfish_rtc *s = container_of(d, struct goldfish_rtc, dev);

    update_irq(s);
}

/*
 * The host's date may have moved against virtual time since the snapshot was made. Where it can't have, nothing is due.
 */
static void alarm_anew(void *obj, bool loaded)
{
    struct goldfish_rtc *s = obj;

    if (s->alarm_running && !clock_rtc_repeats())
        check_alarm(s);
}

static const struct state_row goldfish_rtc_fields[] = {
    FIELD_KEEP(struct goldfish_rtc, offset),
    FIELD(struct goldfish_rtc, alarm, 0),
    FIELD(struct goldfish_rtc, time_high, 0),
    FIELD(struct goldfish_rtc, alarm_high, 0),
    FIELD(struct goldfish_rtc, alarm_running, 0),
    FIELD(struct goldfish_rtc, irq_enabled, 0),
    FIELD(struct goldfish_rtc, irq_pending, 0),
    FIELD_TIMER(struct goldfish_rtc, timer),
    FIELD_END,
};

static const struct state_table goldfish_rtc_state = {
    STATE_OF(struct goldfish_rtc),
    .version = 1,
    .rows = goldfish_rtc_fields,
    .resume = alarm_anew,
};

static const char *const goldfish_rtc_compatible[] = { "google,goldfish-rtc", NULL };

const struct device_type goldfish_rtc_type = {
    .name = "goldfish_rtc",
    .desc = "Goldfish real-time clock",
    .compatible = goldfish_rtc_compatible,
    .size = sizeof(struct goldfish_rtc),
    .state = &goldfish_rtc_state,
    .realize = goldfish_rtc_realize,
    .unrealize = goldfish_rtc_unrealize,
    .reset = goldfish_rtc_reset,
};
