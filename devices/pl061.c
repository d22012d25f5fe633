/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ARM PrimeCell GPIO: eight pins that may interrupt. Manual: ARM DDI 0190, "PrimeCell General Purpose Input/Output
 * (PL061) Technical Reference Manual"; bindings: arm,pl061, ti,stellaris-gpio (a
 * Stellaris', which has further registers). Pins that nobody drives are
 * low, or what their pull resistors make of them (a Stellaris'). Not modelled: hardware control (GPIOAFSEL is only
 * kept).
 */
#include <inttypes.h>

#include "dt.h"
#include "pins.h"

enum {
    GPIODATA = 0x000, /* to 0x3fc: address bits 9:2 say which pins are meant */
    GPIODIR = 0x400, GPIOIS = 0x404, GPIOIBE = 0x408, GPIOIEV = 0x40c, GPIOIE = 0x410, GPIORIS = 0x414, GPIOMIS = 0x418,
    GPIOIC = 0x41c, GPIOAFSEL = 0x420, GPIOPERIPHID0 = 0xfe0,
    GPIODR2R = 0x500, GPIOPUR = 0x510, GPIOLOCK = 0x520, GPIOAMSEL = 0x528, /* Stellaris */
    REGION_BYTES = 0x1000,
};
#define PINS 8
#define MORE ((GPIOAMSEL - GPIODR2R) / 4 + 1)

static const uint8_t ids[] = { 0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };
static const uint8_t stellaris_ids[] = { 0x61, 0x00, 0x18, 0x01, 0x0d, 0xf0, 0x05, 0xb1 };

struct pl061 {
    struct device dev;
    struct pins pins;
    bool stellaris;   /* that one's further registers */
    uint8_t data;     /* what was written for outputs */
    uint8_t seen;     /* the pins, when edges were last looked for */
    uint8_t dir, is, ibe, iev, ie, afsel;
    uint8_t edges;    /* raw interrupts of edge-triggered pins */
    uint32_t more[MORE]; /* Stellaris: from GPIODR2R on */
};

static uint8_t raw(const struct pl061 *s)
{
    return (s->is & ~(pins_levels(&s->pins) ^ s->iev)) | (~s->is & s->edges);
}

/* Pins, directions or what interrupts have changed. */
static void update(struct pl061 *s)
{
    pins_drive(&s->pins, s->data, s->dir, s->more[(GPIOPUR - GPIODR2R) / 4]);
    uint8_t now = pins_levels(&s->pins), changed = now ^ s->seen;

    s->edges |= changed & ~s->is & ~s->dir & (s->ibe | ~(now ^ s->iev));
    s->seen = now;
    device_irq(&s->dev, 0, raw(s) & s->ie);
}

static void pins_changed(struct device *d)
{
    update(container_of(d, struct pl061, dev));
}

/* -- What a Stellaris has more: kept, but for the lock, which only says that it is open -- */

static bool is_more(const struct pl061 *s, uint64_t offset)
{
    return s->stellaris && offset >= GPIODR2R && offset <= GPIOAMSEL;
}

static void write_more(struct pl061 *s, uint64_t offset, uint32_t value)
{
    if (offset == GPIOLOCK)
        value = value != 0x1acce551; /* 0: GPIOCR can be written */
    s->more[(offset - GPIODR2R) / 4] = value & 0xff;
}

static uint64_t pl061_read(void *opaque, uint64_t offset, unsigned size)
{
    struct pl061 *s = opaque;

    if (offset < GPIODIR)
        return pins_levels(&s->pins) & offset >> 2;
    if (is_more(s, offset))
        return s->more[(offset - GPIODR2R) / 4];
    if (offset >= GPIOPERIPHID0)
        return s->stellaris ? stellaris_ids[(offset - GPIOPERIPHID0) / 4] : ids[(offset - GPIOPERIPHID0) / 4];
    switch (offset) {
    case GPIODIR: return s->dir;
    case GPIOIS: return s->is;
    case GPIOIBE: return s->ibe;
    case GPIOIEV: return s->iev;
    case GPIOIE: return s->ie;
    case GPIORIS: return raw(s);
    case GPIOMIS: return raw(s) & s->ie;
    case GPIOAFSEL: return s->afsel;
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void pl061_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct pl061 *s = opaque;
    uint8_t mask = offset >> 2 & s->dir;

    if (offset < GPIODIR) {
        s->data = (s->data & ~mask) | (value & mask);
        update(s);
        return;
    }
    if (is_more(s, offset)) {
        write_more(s, offset, value);
        update(s);
        return;
    }
    switch (offset) {
    case GPIODIR: s->dir = value; break;
    case GPIOIS: s->is = value; break;
    case GPIOIBE: s->ibe = value; break;
    case GPIOIEV: s->iev = value; break;
    case GPIOIE: s->ie = value; break;
    case GPIOIC: s->edges &= ~value; break;
    case GPIOAFSEL: s->afsel = value; break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); return;
    }
    update(s);
}

static const struct io_ops pl061_ops = { .read = pl061_read, .write = pl061_write, .min_size = 4, .max_size = 4 };

static bool pl061_irq_in(struct device *d, const uint32_t *cells, unsigned ncells, struct irq *line)
{
    return pins_irq_in(&container_of(d, struct pl061, dev)->pins, d, PINS, cells, ncells, line);
}

static bool pl061_pin_out(struct device *d, const uint32_t *cells, unsigned ncells, const struct irq *line)
{
    return pins_pin_out(&container_of(d, struct pl061, dev)->pins, PINS, cells, ncells, line);
}

static bool pl061_from_dt(struct device *d, const void *fdt, int node, GError **err)
{
    struct pl061 *s = container_of(d, struct pl061, dev);

    s->stellaris = dt_compatible(fdt, node, "ti,stellaris-gpio");
    pins_from_dt(&s->pins, fdt, node);
    return true;
}

static bool pl061_realize(struct device *d, GError **err)
{
    g_autofree char *prefix = pins_prefix(d);

    pins_init(&container_of(d, struct pl061, dev)->pins, d, PINS, prefix, pins_changed);
    device_add_io(d, "pl061", &pl061_ops, REGION_BYTES);
    return true;
}

static void pl061_unrealize(struct device *d)
{
    pins_fini(&container_of(d, struct pl061, dev)->pins);
}

static void pl061_reset(struct device *d)
{
    struct pl061 *s = container_of(d, struct pl061, dev);

    s->more[0] = 0xff;                        /* GPIODR2R */
    s->more[(GPIOLOCK - GPIODR2R) / 4] = 1;
    pins_drive(&s->pins, 0, 0, 0);
    s->seen = pins_levels(&s->pins);
    device_irq(d, 0, false);
}

static const struct state_row pl061_fields[] = {
    FIELD_STRUCT(struct pl061, pins, &pins_table),
    FIELD_SAME(struct pl061, stellaris),
    FIELD_ARRAY(struct pl061, more, 0),
    FIELD(struct pl061, data, 0),
    FIELD(struct pl061, seen, 0),
    FIELD(struct pl061, dir, 0),
    FIELD(struct pl061, is, 0),
    FIELD(struct pl061, ibe, 0),
    FIELD(struct pl061, iev, 0),
    FIELD(struct pl061, ie, 0),
    FIELD(struct pl061, afsel, 0),
    FIELD(struct pl061, edges, 0),
    FIELD_END,
};

static const struct state_table pl061_state = {
    STATE_OF(struct pl061),
    .version = 2,
    .rows = pl061_fields,
};

static const char *const pl061_compatible[] = { "arm,pl061", "ti,stellaris-gpio", NULL };

const struct device_type pl061_type = {
    .name = "pl061",
    .desc = "ARM PL061 GPIO",
    .compatible = pl061_compatible,
    .size = sizeof(struct pl061),
    .state = &pl061_state,
    .realize = pl061_realize,
    .unrealize = pl061_unrealize,
    .reset = pl061_reset,
    .from_dt = pl061_from_dt,
    .irq_in = pl061_irq_in,
    .pin_out = pl061_pin_out,
};
