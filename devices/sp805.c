/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ARM's watchdog: its counter comes to 0 once for an interrupt, and if that is not cleared a second time for a reset,
 * which -watchdog-action stands for. Manuals: ARM DDI 0270, "Watchdog Module (SP805)"; DDI 0479, 4.3 (the Cortex-M
 * System Design Kit's, and a Stellaris'; they differ in their identities); bindings: arm,sp805, arm,cmsdk-watchdog,
 * ti,stellaris-watchdog. Not modelled: the integration test registers.
 */
#include <inttypes.h>

#include "device.h"
#include "dt.h"
#include "life.h"

enum { LOAD = 0x00, VALUE = 0x04, CONTROL = 0x08, INTCLR = 0x0c, RIS = 0x10, MIS = 0x14, TEST = 0x418, LOCK = 0xc00,
       ITCR = 0xf00, ITOP = 0xf04, PID4 = 0xfd0, REGION_BYTES = 0x1000 };
enum { INTEN = 1, RESEN = 2 };
#define UNLOCK 0x1acce551u

enum { CMSDK, SP805, STELLARIS };
static const uint8_t ids[][12] = {
    [CMSDK] = { 0x04, 0, 0, 0, 0x24, 0xb8, 0x1b, 0, 0x0d, 0xf0, 0x05, 0xb1 },
    [SP805] = { 0, 0, 0, 0, 0x05, 0x18, 0x14, 0, 0x0d, 0xf0, 0x05, 0xb1 },
    [STELLARIS] = { 0, 0, 0, 0, 0x05, 0x18, 0x18, 0x01, 0x0d, 0xf0, 0x05, 0xb1 },
};

struct sp805 {
    struct device dev;
    uint32_t clock_frequency;
    uint8_t kind;
    uint32_t load, value; /* value: at that tick, or while it stands */
    uint64_t tick;
    uint8_t control;
    bool ris, locked;
    struct timer timer;   /* armed while it counts */
};

static void arm(struct sp805 *s)
{
    if (s->control & INTEN)
        timer_set(&s->timer, clock_ticks_to_ns(s->tick + s->value, s->clock_frequency));
    else
        timer_cancel(&s->timer);
    device_irq(&s->dev, 0, s->ris && (s->control & INTEN));
}

/* The counter as it is now; 0 is the timer's to see. */
static void catch_up(struct sp805 *s)
{
    uint64_t now = clock_ticks(s->clock_frequency);

    if (s->control & INTEN)
        s->value -= MIN(now - s->tick, s->value);
    s->tick = now;
}

static void begin(struct sp805 *s)
{
    s->value = s->load;
    s->tick = clock_ticks(s->clock_frequency);
}

static void fired(void *opaque)
{
    struct sp805 *s = opaque;

    if (s->ris && (s->control & RESEN)) {
        watchdog_expired();
        return;
    }
    s->ris = true;
    begin(s);
    s->value = MAX(s->value, 1); /* a load of 0 does not keep the host busy */
    arm(s);
}

static uint64_t sp805_read(void *opaque, uint64_t offset, unsigned size)
{
    struct sp805 *s = opaque;

    if (offset >= PID4)
        return ids[s->kind][(offset - PID4) / 4];
    switch (offset) {
    case LOAD: return s->load;
    case VALUE:
        catch_up(s);
        return s->value;
    case CONTROL: return s->control;
    case RIS: return s->ris;
    case MIS: return s->ris && (s->control & INTEN);
    case TEST: return 0;
    case LOCK: return s->locked;
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void write_control(struct sp805 *s, uint8_t value)
{
    if (s->kind == STELLARIS) /* once on, it stays so */
        value |= s->control & INTEN;
    if (value & ~s->control & INTEN)
        begin(s);
    s->control = value & (INTEN | RESEN);
}

static void sp805_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct sp805 *s = opaque;

    if (offset == LOCK) {
        s->locked = value != UNLOCK;
        return;
    }
    if (s->locked) {
        device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write while it is locked", offset);
        return;
    }
    catch_up(s);
    switch (offset) {
    case LOAD:
        s->load = value;
        begin(s);
        break;
    case CONTROL: write_control(s, value); break;
    case INTCLR:
        s->ris = false;
        begin(s);
        break;
    case TEST: break;
    case ITCR: case ITOP: log_to(LOG_UNIMP, "%s: integration test\n", s->dev.type->name); break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
    }
    arm(s);
}

static const struct io_ops sp805_ops = { .read = sp805_read, .write = sp805_write, .min_size = 4, .max_size = 4 };

static bool sp805_from_dt(struct device *d, const void *fdt, int node, GError **err)
{
    struct sp805 *s = container_of(d, struct sp805, dev);

    s->kind = dt_compatible(fdt, node, "arm,sp805") ? SP805
              : dt_compatible(fdt, node, "ti,stellaris-watchdog") ? STELLARIS : CMSDK;
    return true;
}

static bool sp805_realize(struct device *d, GError **err)
{
    struct sp805 *s = container_of(d, struct sp805, dev);

    if (s->clock_frequency == 0) {
        fail(err, "%s: clock-frequency=0: expected a frequency in Hz", d->id);
        return false;
    }
    timer_init(&s->timer, fired, s, &d->lock);
    device_add_io(d, "cmsdk-apb-watchdog", &sp805_ops, REGION_BYTES);
    return true;
}

static void sp805_unrealize(struct device *d)
{
    timer_cancel(&container_of(d, struct sp805, dev)->timer);
}

static void sp805_reset(struct device *d)
{
    arm(container_of(d, struct sp805, dev));
}

static const struct property sp805_props[] = {
    PROP_NAMED("clock-frequency", struct sp805, clock_frequency, U32, 25000000, "clock-frequency", "Hz"),
    PROP_END,
};

static const struct state_row sp805_fields[] = {
    FIELD_SAME(struct sp805, kind),
    FIELD(struct sp805, load, UINT32_MAX),
    FIELD(struct sp805, value, UINT32_MAX),
    FIELD_KEEP(struct sp805, tick), /* of the clock, which goes on */
    FIELD(struct sp805, control, 0),
    FIELD(struct sp805, ris, 0),
    FIELD(struct sp805, locked, 0),
    FIELD_TIMER(struct sp805, timer),
    FIELD_END,
};

static const struct state_table sp805_state = { STATE_OF(struct sp805), .version = 1, .rows = sp805_fields };

static const char *const sp805_compatible[] = { "arm,sp805", "arm,cmsdk-watchdog", "ti,stellaris-watchdog", NULL };

const struct device_type sp805_type = {
    .name = "cmsdk-apb-watchdog",
    .desc = "ARM SP805 or CMSDK watchdog",
    .compatible = sp805_compatible,
    .size = sizeof(struct sp805),
    .props = sp805_props,
    .state = &sp805_state,
    .realize = sp805_realize,
    .unrealize = sp805_unrealize,
    .reset = sp805_reset,
    .from_dt = sp805_from_dt,
};
