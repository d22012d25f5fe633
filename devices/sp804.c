/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ARM's dual timer: two counters that go down, of 16 or 32 bits. Manuals: ARM DDI 0271, "Dual-Timer Module (SP804)";
 * DDI 0479, 4.2 (the Cortex-M System Design Kit's, which differs in its identity); bindings: arm,sp804,
 * arm,cmsdk-dtimer. Output 0 is either's interrupt, 1 and 2 are each one's. Counters are computed from the clock. Not
 * modelled: clock enables, the integration test registers.
 */
#include <inttypes.h>

#include "device.h"
#include "dt.h"

enum { LOAD = 0x00, VALUE = 0x04, CONTROL = 0x08, INTCLR = 0x0c, RIS = 0x10, MIS = 0x14, BGLOAD = 0x18, SECOND = 0x20,
       REGISTERS_END = 0x40, ITCR = 0xf00, ITOP = 0xf04, PID4 = 0xfd0, REGION_BYTES = 0x1000 };
enum { ONE_SHOT = 1, SIZE_32 = 2, INT_ENABLE = 0x20, PERIODIC = 0x40, ENABLE = 0x80, CONTROL_MASK = 0xef };

static const uint8_t cmsdk_ids[12] = { 0x04, 0, 0, 0, 0x23, 0xb8, 0x1b, 0, 0x0d, 0xf0, 0x05, 0xb1 };
static const uint8_t sp804_ids[12] = { 0, 0, 0, 0, 0x04, 0x18, 0x14, 0, 0x0d, 0xf0, 0x05, 0xb1 };

struct counter {
    uint32_t load, control, value; /* value: at that tick, or while it stands */
    uint64_t tick;
    bool ris;
    struct timer timer;
};

struct sp804 {
    struct device dev;
    uint32_t clock_frequency;
    bool sp804;
    struct counter counter[2];
};

static uint32_t mask(const struct counter *c)
{
    return c->control & SIZE_32 ? UINT32_MAX : UINT16_MAX;
}

static uint64_t divider(const struct counter *c)
{
    static const uint16_t by[] = { 1, 16, 256, 256 };

    return by[c->control >> 2 & 3];
}

/* What it goes on with behind 0. */
static uint32_t reload(const struct counter *c)
{
    return (c->control & PERIODIC ? c->load : UINT32_MAX) & mask(c);
}

static void catch_up(struct sp804 *s, struct counter *c)
{
    uint64_t now = clock_ticks(s->clock_frequency), div = divider(c), steps = (now - c->tick) / div;
    uint32_t value = c->value & mask(c);

    if (!(c->control & ENABLE) || ((c->control & ONE_SHOT) && value == 0)) {
        c->tick = now;
        return;
    }
    c->tick += steps * div;
    if (value && steps >= value) /* it comes to 0 */
        c->ris = true;
    if (steps <= value) {
        c->value = value - steps;
    } else if (c->control & ONE_SHOT) {
        c->value = 0;
    } else {
        uint64_t period = (uint64_t)reload(c) + 1, behind = steps - value - 1;
        c->ris |= behind >= period - 1;
        c->value = reload(c) - behind % period;
    }
}

static void update(struct sp804 *s)
{
    bool any = false;

    for (unsigned i = 0; i < 2; i++) {
        struct counter *c = &s->counter[i];
        bool waiting = c->ris && (c->control & INT_ENABLE);
        uint64_t steps = c->value ? c->value : (uint64_t)reload(c) + 1;
        bool stands = (c->control & ONE_SHOT) && !c->value;
        device_irq(&s->dev, 1 + i, waiting);
        any |= waiting;
        if ((c->control & (ENABLE | INT_ENABLE)) == (ENABLE | INT_ENABLE) && !c->ris && !stands)
            timer_set(&c->timer, clock_ticks_to_ns(c->tick + steps * divider(c), s->clock_frequency));
        else
            timer_cancel(&c->timer);
    }
    device_irq(&s->dev, 0, any);
}

static void look(struct sp804 *s)
{
    catch_up(s, &s->counter[0]);
    catch_up(s, &s->counter[1]);
}

static void fired(void *opaque)
{
    look(opaque);
    update(opaque);
}

static uint64_t sp804_read(void *opaque, uint64_t offset, unsigned size)
{
    struct sp804 *s = opaque;
    const struct counter *c = &s->counter[offset / SECOND & 1];

    look(s);
    update(s);
    if (offset >= PID4)
        return s->sp804 ? sp804_ids[(offset - PID4) / 4] : cmsdk_ids[(offset - PID4) / 4];
    if (offset == ITCR)
        return 0;
    switch (offset < REGISTERS_END ? offset % SECOND : REGISTERS_END) {
    case LOAD: case BGLOAD: return c->load;
    case VALUE: return c->value & mask(c);
    case CONTROL: return c->control;
    case RIS: return c->ris;
    case MIS: return c->ris && (c->control & INT_ENABLE);
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void sp804_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct sp804 *s = opaque;
    struct counter *c = &s->counter[offset / SECOND & 1];

    look(s);
    switch (offset < REGISTERS_END ? offset % SECOND : offset) {
    case LOAD:
        c->load = c->value = value;
        c->tick = clock_ticks(s->clock_frequency);
        break;
    case BGLOAD: c->load = value; break;
    case CONTROL:
        if (value & ~c->control & ENABLE)
            c->tick = clock_ticks(s->clock_frequency);
        c->control = value & CONTROL_MASK;
        break;
    case INTCLR: c->ris = false; break;
    case ITCR: case ITOP: log_to(LOG_UNIMP, "%s: integration test\n", s->dev.type->name); break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
    }
    update(s);
}

static const struct io_ops sp804_ops = { .read = sp804_read, .write = sp804_write, .min_size = 4, .max_size = 4 };

static bool sp804_from_dt(struct device *d, const void *fdt, int node, GError **err)
{
    container_of(d, struct sp804, dev)->sp804 = dt_compatible(fdt, node, "arm,sp804");
    return true;
}

static bool sp804_realize(struct device *d, GError **err)
{
    struct sp804 *s = container_of(d, struct sp804, dev);

    if (s->clock_frequency == 0) {
        fail(err, "%s: clock-frequency=0: expected a frequency in Hz", d->id);
        return false;
    }
    for (unsigned i = 0; i < 2; i++)
        timer_init(&s->counter[i].timer, fired, s, &d->lock);
    device_add_io(d, "cmsdk-apb-dualtimer", &sp804_ops, REGION_BYTES);
    return true;
}

static void sp804_unrealize(struct device *d)
{
    struct sp804 *s = container_of(d, struct sp804, dev);

    for (unsigned i = 0; i < 2; i++)
        timer_cancel(&s->counter[i].timer);
}

static void sp804_reset(struct device *d)
{
    update(container_of(d, struct sp804, dev));
}

static const struct property sp804_props[] = {
    PROP_NAMED("clock-frequency", struct sp804, clock_frequency, U32, 25000000, "clock-frequency", "Hz"),
    PROP_END,
};

static const struct state_row counter_fields[] = {
    FIELD(struct counter, load, 0),
    FIELD(struct counter, control, INT_ENABLE),
    FIELD(struct counter, value, UINT32_MAX),
    FIELD_KEEP(struct counter, tick), /* of the clock, which goes on */
    FIELD(struct counter, ris, 0),
    FIELD_TIMER(struct counter, timer),
    FIELD_END,
};

static const struct state_table counter_state = { STATE_OF(struct counter), .version = 1, .rows = counter_fields };

static const struct state_row sp804_fields[] = {
    FIELD_SAME(struct sp804, sp804),
    FIELD_STRUCTS(struct sp804, counter, &counter_state),
    FIELD_END,
};

static const struct state_table sp804_state = { STATE_OF(struct sp804), .version = 1, .rows = sp804_fields };

static const char *const sp804_compatible[] = { "arm,sp804", "arm,cmsdk-dtimer", NULL };

const struct device_type sp804_type = {
    .name = "cmsdk-apb-dualtimer",
    .desc = "ARM SP804 or CMSDK dual timer",
    .compatible = sp804_compatible,
    .size = sizeof(struct sp804),
    .props = sp804_props,
    .state = &sp804_state,
    .realize = sp804_realize,
    .unrealize = sp804_unrealize,
    .reset = sp804_reset,
    .from_dt = sp804_from_dt,
};
