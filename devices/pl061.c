/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ARM PrimeCell GPIO: eight pins that may interrupt. Manual: ARM DDI 0190, "PrimeCell General Purpose Input/Output
 * (PL061) Technical Reference Manual"; binding: arm,pl061. A gpio specifier of a node that drives a pin is its number
 * and flags; pins that nobody drives are low. Not modelled: hardware control (GPIOAFSEL is only kept).
 */
#include <inttypes.h>

#include "device.h"

enum {
    GPIODATA = 0x000, /* to 0x3fc: address bits 9:2 say which pins are meant */
    GPIODIR = 0x400, GPIOIS = 0x404, GPIOIBE = 0x408, GPIOIEV = 0x40c, GPIOIE = 0x410, GPIORIS = 0x414, GPIOMIS = 0x418,
    GPIOIC = 0x41c, GPIOAFSEL = 0x420, GPIOPERIPHID0 = 0xfe0, REGION_BYTES = 0x1000,
};
#define PINS 8
#define DT_ACTIVE_LOW 1

static const uint8_t ids[] = { 0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

struct pl061 {
    struct device dev;
    uint8_t inputs;   /* the wires */
    uint8_t inverted; /* of them: wiring, not state */
    uint8_t data;     /* what was written for outputs */
    uint8_t seen;     /* the pins, when edges were last looked for */
    uint8_t dir, is, ibe, iev, ie, afsel;
    struct irq outputs[PINS]; /* where pins lead to: wiring, not state */
    uint8_t outputs_inverted; /* of them: wiring, not state */
    uint8_t edges;    /* raw interrupts of edge-triggered pins */
};

static uint8_t pins(const struct pl061 *s)
{
    return ((s->inputs ^ s->inverted) & ~s->dir) | (s->data & s->dir);
}

static uint8_t raw(const struct pl061 *s)
{
    return (s->is & ~(pins(s) ^ s->iev)) | (~s->is & s->edges);
}

/* Pins, directions or what interrupts have changed. */
static void update(struct pl061 *s)
{
    uint8_t now = pins(s), changed = now ^ s->seen;

    s->edges |= changed & ~s->is & ~s->dir & (s->ibe | ~(now ^ s->iev));
    s->seen = now;
    device_irq(&s->dev, 0, raw(s) & s->ie);
    for (unsigned i = 0; i < PINS; i++)
        if (s->outputs[i].set)
            irq_set(&s->outputs[i], ((s->data & s->dir) ^ s->outputs_inverted) >> i & 1);
}

static void pin_set(void *opaque, unsigned n, bool level)
{
    struct pl061 *s = opaque;

    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&s->dev.lock);
    s->inputs = with_bits(s->inputs, n, 1, level);
    update(s);
    g_mutex_unlock(&s->dev.lock);
    lock_order_leave(LOCK_CONTROLLER);
}

static uint64_t pl061_read(void *opaque, uint64_t offset, unsigned size)
{
    struct pl061 *s = opaque;

    if (offset < GPIODIR)
        return pins(s) & offset >> 2;
    if (offset >= GPIOPERIPHID0)
        return ids[(offset - GPIOPERIPHID0) / 4];
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
    struct pl061 *s = container_of(d, struct pl061, dev);

    if (ncells < 1 || cells[0] >= PINS)
        return false;
    s->inverted = with_bits(s->inverted, cells[0], 1, ncells > 1 && (cells[1] & DT_ACTIVE_LOW));
    *line = (struct irq){ .set = pin_set, .opaque = s, .n = cells[0] };
    return true;
}

static bool pl061_pin_out(struct device *d, const uint32_t *cells, unsigned ncells, const struct irq *line)
{
    struct pl061 *s = container_of(d, struct pl061, dev);

    if (ncells < 1 || cells[0] >= PINS)
        return false;
    s->outputs_inverted = with_bits(s->outputs_inverted, cells[0], 1, ncells > 1 && (cells[1] & DT_ACTIVE_LOW));
    s->outputs[cells[0]] = *line;
    return true;
}

static bool pl061_realize(struct device *d, GError **err)
{
    device_add_io(d, "pl061", &pl061_ops, REGION_BYTES);
    return true;
}

static void pl061_reset(struct device *d)
{
    struct pl061 *s = container_of(d, struct pl061, dev);

    s->seen = pins(s);
    device_irq(d, 0, false);
}

static const struct state_row pl061_fields[] = {
    FIELD_KEEP(struct pl061, inputs),
    FIELD_SAME(struct pl061, inverted),
    FIELD_NONE(struct pl061, outputs, "wiring"),
    FIELD_SAME(struct pl061, outputs_inverted),
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
    .version = 1,
    .rows = pl061_fields,
};

static const char *const pl061_compatible[] = { "arm,pl061", NULL };

const struct device_type pl061_type = {
    .name = "pl061",
    .desc = "ARM PL061 GPIO",
    .compatible = pl061_compatible,
    .size = sizeof(struct pl061),
    .state = &pl061_state,
    .realize = pl061_realize,
    .reset = pl061_reset,
    .irq_in = pl061_irq_in,
    .pin_out = pl061_pin_out,
};
