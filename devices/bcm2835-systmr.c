/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system timer of a BCM2835: microseconds, and four comparators with their lower half. Manual: Broadcom, "BCM2835 ARM
 * Peripherals", chapter 12; binding: brcm,bcm2835-system-timer.
 */
#include <inttypes.h>

#include "device.h"

enum { CS = 0x00, CLO = 0x04, CHI = 0x08, C0 = 0x0c, REGION_BYTES = 0x1c };

#define COMPARATORS 4
#define HZ 1000000
#define LATE_MAX (10 * HZ)

struct bcm2835_systmr {
    struct device dev;
    uint8_t cs; /* comparators that have matched */
    uint32_t compare[COMPARATORS];
    struct timer timer[COMPARATORS];
};

static void update_irq(struct bcm2835_systmr *s)
{
    for (unsigned i = 0; i < COMPARATORS; i++)
        device_irq(&s->dev, i, s->cs >> i & 1);
}

/* The next time at which the lower half is as the comparator says, and is not now. */
static uint64_t next_match(const struct bcm2835_systmr *s, unsigned i, uint64_t now)
{
    uint32_t ahead = s->compare[i] - (uint32_t)now;
    return now + (ahead ? ahead : UINT64_C(1) << 32);
}

static void arm(struct bcm2835_systmr *s, unsigned i, uint64_t at)
{
    timer_set(&s->timer[i], clock_ticks_to_ns(at, HZ));
}

/*
 * Guests read the counter, add to it and write the sum: the host may hold them back meanwhile. What has just gone by counts,
 * else the guest had no interrupt before the counter is round, in 71 minutes.
 */
static void arm_written(struct bcm2835_systmr *s, unsigned i)
{
    uint64_t now = clock_ticks(HZ);
    uint32_t late = (uint32_t)now - s->compare[i];
    arm(s, i, late <= LATE_MAX ? now : next_match(s, i, now));
}

static void matched(struct bcm2835_systmr *s, unsigned i)
{
    s->cs |= 1u << i;
    arm(s, i, next_match(s, i, clock_ticks(HZ)));
    update_irq(s);
}

#define MATCH(i) static void matched##i(void *opaque) { matched(opaque, i); }
MATCH(0)
MATCH(1)
MATCH(2)
MATCH(3)
#undef MATCH

static uint64_t bcm2835_systmr_read(void *opaque, uint64_t offset, unsigned size)
{
    struct bcm2835_systmr *s = opaque;

    switch (offset) {
    case CS: return s->cs;
    case CLO: return (uint32_t)clock_ticks(HZ);
    case CHI: return clock_ticks(HZ) >> 32;
    }
    return s->compare[(offset - C0) / 4];
}

static void bcm2835_systmr_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct bcm2835_systmr *s = opaque;

    if (offset >= C0) {
        s->compare[(offset - C0) / 4] = value;
        arm_written(s, (offset - C0) / 4);
    } else if (offset == CS) {
        s->cs &= ~value;
        update_irq(s);
    } else {
        device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to a read-only register", offset);
    }
}

static const struct io_ops bcm2835_systmr_ops = {
    .read = bcm2835_systmr_read, .write = bcm2835_systmr_write, .min_size = 4, .max_size = 4
};

static bool bcm2835_systmr_realize(struct device *d, GError **err)
{
    struct bcm2835_systmr *s = container_of(d, struct bcm2835_systmr, dev);
    void (*const fn[COMPARATORS])(void *opaque) = { matched0, matched1, matched2, matched3 };

    for (unsigned i = 0; i < COMPARATORS; i++)
        timer_init(&s->timer[i], fn[i], s, &d->lock);
    device_add_io(d, "bcm2835-sys-timer", &bcm2835_systmr_ops, REGION_BYTES);
    return true;
}

static void bcm2835_systmr_unrealize(struct device *d)
{
    struct bcm2835_systmr *s = container_of(d, struct bcm2835_systmr, dev);

    for (unsigned i = 0; i < COMPARATORS; i++)
        timer_cancel(&s->timer[i]);
}

static void bcm2835_systmr_reset(struct device *d)
{
    update_irq(container_of(d, struct bcm2835_systmr, dev));
}

static const struct state_row bcm2835_systmr_fields[] = {
    FIELD(struct bcm2835_systmr, cs, 0),
    FIELD_ARRAY(struct bcm2835_systmr, compare, 0),
    FIELD_TIMERS(struct bcm2835_systmr, timer),
    FIELD_END,
};

static const struct state_table bcm2835_systmr_state = {
    STATE_OF(struct bcm2835_systmr),
    .version = 1,
    .rows = bcm2835_systmr_fields,
};

static const char *const bcm2835_systmr_compatible[] = { "brcm,bcm2835-system-timer", NULL };

const struct device_type bcm2835_systmr_type = {
    .name = "bcm2835-sys-timer",
    .desc = "BCM2835 system timer",
    .compatible = bcm2835_systmr_compatible,
    .size = sizeof(struct bcm2835_systmr),
    .state = &bcm2835_systmr_state,
    .realize = bcm2835_systmr_realize,
    .unrealize = bcm2835_systmr_unrealize,
    .reset = bcm2835_systmr_reset,
};
