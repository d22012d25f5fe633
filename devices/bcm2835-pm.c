/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Power management of a BCM2835: watchdog, reset, power-off, power domains with their bridges. Manual: none is public;
 * bindings and drivers of brcm,bcm2835-pm and brcm,bcm2835-pm-wdt. A domain comes up, a bridge stops and goes on at once.
 */
#include <inttypes.h>

#include "device.h"
#include "life.h"

enum { PM_RSTC = 0x1c, PM_RSTS = 0x20, PM_WDOG = 0x24, PM_IMAGE = 0x108, PM_GRAFX = 0x10c, PM_PROC = 0x110,
       PM_BYTES = 0x114 };
enum { RSTC_WRCFG = 0x30, RSTC_FULL_RESET = 0x20, RSTC_RESET = 0x102 };
enum { RSTS_PARTITION = 0x555, RSTS_HAD_WATCHDOG = 0x20, RSTS_HAD_POWER_ON = 0x1000 }; /* partition 63: halt */
enum { WDOG_TICKS = 0xfffff };
enum { DOMAIN_POWER_UP = 1, DOMAIN_POWER_OK = 2, DOMAIN_REPAIR = 8, DOMAIN_REPAIRED = 16 };

/* Bridges between buses: a word each, then what they are. */
enum { ASB_ID = 0x20, ASB_BYTES = 0x24 };
enum { ASB_STOP = 1, ASB_STOPPED = 2, ASB_EMPTY = 4 };
#define BRIDGE_ID 0x62726467 /* "brdg" */

#define PASSWORD 0x5a /* in the top byte of what is written */
#define WDOG_HZ 65536
#define WORDS (PM_BYTES / 4)
#define BRIDGES (ASB_ID / 4)

struct bcm2835_pm {
    struct device dev;
    uint32_t regs[WORDS]; /* those without a meaning of their own, and domains: what was written */
    uint32_t rstc, rsts, wdog;
    uint32_t bridge[BRIDGES];
    struct timer timer; /* the watchdog */
};

/* -- Watchdog -- */

/* The guest's last words say whether it wants to be started again. */
static void expired(void *opaque)
{
    struct bcm2835_pm *s = opaque;

    s->rsts |= RSTS_HAD_WATCHDOG;
    if ((s->rsts & RSTS_PARTITION) == RSTS_PARTITION)
        request_shutdown(SHUTDOWN_GUEST, 0);
    else
        request_reset(SHUTDOWN_GUEST_RESET);
}

static void start_or_stop(struct bcm2835_pm *s)
{
    if ((s->rstc & RSTC_WRCFG) != RSTC_FULL_RESET)
        timer_cancel(&s->timer);
    else if (s->wdog == 0)
        expired(s);
    else
        timer_set(&s->timer, clock_now() + (int64_t)s->wdog * 1000000000 / WDOG_HZ);
}

static uint32_t ticks_left(const struct bcm2835_pm *s)
{
    int64_t left = timer_pending(&s->timer) ? s->timer.deadline - clock_now() : 0;

    return timer_pending(&s->timer) ? MAX(left, 0) * WDOG_HZ / 1000000000 : s->wdog;
}

/* -- Registers -- */

static uint32_t domain(uint32_t v)
{
    return (v & ~(uint32_t)(DOMAIN_POWER_OK | DOMAIN_REPAIRED)) | (v & DOMAIN_POWER_UP ? DOMAIN_POWER_OK : 0) |
           (v & DOMAIN_REPAIR ? DOMAIN_REPAIRED : 0);
}

static uint64_t pm_read(void *opaque, uint64_t offset, unsigned size)
{
    struct bcm2835_pm *s = opaque;

    switch (offset) {
    case PM_RSTC: return s->rstc;
    case PM_RSTS: return s->rsts;
    case PM_WDOG: return ticks_left(s);
    case PM_IMAGE: case PM_GRAFX: case PM_PROC: return domain(s->regs[offset / 4]);
    }
    return s->regs[offset / 4];
}

static void pm_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct bcm2835_pm *s = opaque;

    if (value >> 24 != PASSWORD) {
        device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write without the password", offset);
        return;
    }
    value &= 0xffffff;
    switch (offset) {
    case PM_RSTC:
        s->rstc = value;
        start_or_stop(s);
        break;
    case PM_RSTS: s->rsts = value; break;
    case PM_WDOG: s->wdog = value & WDOG_TICKS; break;
    default: s->regs[offset / 4] = value; break;
    }
}

static const struct io_ops pm_ops = { .read = pm_read, .write = pm_write, .min_size = 4, .max_size = 4 };

static uint64_t asb_read(void *opaque, uint64_t offset, unsigned size)
{
    struct bcm2835_pm *s = opaque;
    uint32_t v = offset < ASB_ID ? s->bridge[offset / 4] : BRIDGE_ID;

    return offset < ASB_ID && (v & ASB_STOP) ? v | ASB_STOPPED | ASB_EMPTY : v;
}

static void asb_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct bcm2835_pm *s = opaque;

    if (value >> 24 != PASSWORD || offset >= ASB_ID)
        device_guest_error(&s->dev, "bridge 0x%" PRIx64 ": write without the password, or of what is read-only", offset);
    else
        s->bridge[offset / 4] = value & 0xffffff & ~(ASB_STOPPED | ASB_EMPTY);
}

static const struct io_ops asb_ops = { .read = asb_read, .write = asb_write, .min_size = 4, .max_size = 4 };

/* -- Life -- */

static bool bcm2835_pm_realize(struct device *d, GError **err)
{
    struct bcm2835_pm *s = container_of(d, struct bcm2835_pm, dev);

    timer_init(&s->timer, expired, s, &d->lock);
    device_add_io(d, "bcm2835-powermgt", &pm_ops, PM_BYTES);
    device_add_io(d, "bcm2835-asb", &asb_ops, ASB_BYTES);
    return true;
}

static void bcm2835_pm_unrealize(struct device *d)
{
    timer_cancel(&container_of(d, struct bcm2835_pm, dev)->timer);
}

static const struct state_row bcm2835_pm_fields[] = {
    FIELD_ARRAY(struct bcm2835_pm, regs, 0),
    FIELD(struct bcm2835_pm, rstc, RSTC_RESET),
    FIELD(struct bcm2835_pm, rsts, RSTS_HAD_POWER_ON),
    FIELD(struct bcm2835_pm, wdog, 0),
    FIELD_ARRAY(struct bcm2835_pm, bridge, 0),
    FIELD_TIMER(struct bcm2835_pm, timer),
    FIELD_END,
};

static const struct state_table bcm2835_pm_state = {
    STATE_OF(struct bcm2835_pm),
    .version = 1,
    .rows = bcm2835_pm_fields,
};

static const char *const bcm2835_pm_compatible[] = { "brcm,bcm2835-pm", "brcm,bcm2835-pm-wdt", NULL };

const struct device_type bcm2835_pm_type = {
    .name = "bcm2835-powermgt",
    .desc = "BCM2835 power management and watchdog",
    .compatible = bcm2835_pm_compatible,
    .size = sizeof(struct bcm2835_pm),
    .state = &bcm2835_pm_state,
    .realize = bcm2835_pm_realize,
    .unrealize = bcm2835_pm_unrealize,
};
