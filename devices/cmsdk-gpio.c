/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GPIO port of ARM's Cortex-M System Design Kit: 16 pins that may interrupt. Manual: DDI 0479, 3.2; binding:
 * arm,cmsdk-gpio. Output 0 is the combined interrupt, 1 + N pin N's. Not modelled: alternate functions, which are kept.
 */
#include <inttypes.h>

#include "pins.h"

enum { DATA = 0x00, DATAOUT = 0x04, OUTENSET = 0x10, OUTENCLR = 0x14, ALTFUNCSET = 0x18, ALTFUNCCLR = 0x1c,
       INTENSET = 0x20, INTENCLR = 0x24, INTTYPESET = 0x28, INTTYPECLR = 0x2c, INTPOLSET = 0x30, INTPOLCLR = 0x34,
       INTSTATUS = 0x38, MASKLOWBYTE = 0x400, MASKHIGHBYTE = 0x800, MASKS_END = 0xc00, PID4 = 0xfd0,
       REGION_BYTES = 0x1000 };
#define PINS 16

static const uint8_t ids[12] = { 0x04, 0, 0, 0, 0x20, 0xb8, 0x1b, 0, 0x0d, 0xf0, 0x05, 0xb1 };

/* Registers of a bit a pin, with an address to set bits and one to clear them. */
enum { OUTEN, ALTFUNC, INTEN, INTTYPE, INTPOL, SETS };

struct cmsdk_gpio {
    struct device dev;
    struct pins pins;
    uint16_t out, set[SETS], status;
    uint16_t seen; /* the pins, when edges were last looked for */
};

static void update(struct cmsdk_gpio *s)
{
    pins_drive(&s->pins, s->out, s->set[OUTEN], 0);
    uint16_t now = pins_levels(&s->pins), active = ~(now ^ s->set[INTPOL]), edges = (now ^ s->seen) & active;
    uint16_t on = s->set[INTEN];

    s->seen = now;
    s->status |= on & (s->set[INTTYPE] ? (edges & s->set[INTTYPE]) | (active & ~s->set[INTTYPE]) : active);
    for (unsigned n = 0; n < PINS; n++)
        device_irq(&s->dev, 1 + n, s->status >> n & 1);
    device_irq(&s->dev, 0, s->status);
}

static void pins_changed(struct device *d)
{
    update(container_of(d, struct cmsdk_gpio, dev));
}

/* Offsets of MASKLOWBYTE and MASKHIGHBYTE say which pins are meant. */
static uint16_t masked_pins(uint64_t offset)
{
    return offset < MASKHIGHBYTE ? (offset - MASKLOWBYTE) / 4 : (offset - MASKHIGHBYTE) / 4 << 8;
}

static uint64_t gpio_read(void *opaque, uint64_t offset, unsigned size)
{
    struct cmsdk_gpio *s = opaque;

    if (offset >= OUTENSET && offset < INTSTATUS)
        return s->set[(offset - OUTENSET) / 8];
    if (offset >= MASKLOWBYTE && offset < MASKS_END)
        return pins_levels(&s->pins) & masked_pins(offset);
    if (offset >= PID4)
        return ids[(offset - PID4) / 4];
    switch (offset) {
    case DATA: return pins_levels(&s->pins);
    case DATAOUT: return s->out;
    case INTSTATUS: return s->status;
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void gpio_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct cmsdk_gpio *s = opaque;

    if (offset >= OUTENSET && offset < INTSTATUS) {
        uint16_t *set = &s->set[(offset - OUTENSET) / 8];
        *set = offset & 4 ? *set & ~value : *set | value;
    } else if (offset >= MASKLOWBYTE && offset < MASKS_END) {
        s->out = (s->out & ~masked_pins(offset)) | (value & masked_pins(offset));
    } else if (offset == DATA || offset == DATAOUT) {
        s->out = value;
    } else if (offset == INTSTATUS) {
        s->status &= ~value;
    } else {
        device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset);
    }
    update(s);
}

static const struct io_ops gpio_ops = { .read = gpio_read, .write = gpio_write, .min_size = 4, .max_size = 4 };

static bool gpio_irq_in(struct device *d, const uint32_t *cells, unsigned ncells, struct irq *line)
{
    return pins_irq_in(&container_of(d, struct cmsdk_gpio, dev)->pins, d, PINS, cells, ncells, line);
}

static bool gpio_pin_out(struct device *d, const uint32_t *cells, unsigned ncells, const struct irq *line)
{
    return pins_pin_out(&container_of(d, struct cmsdk_gpio, dev)->pins, PINS, cells, ncells, line);
}

static bool gpio_from_dt(struct device *d, const void *fdt, int node, GError **err)
{
    pins_from_dt(&container_of(d, struct cmsdk_gpio, dev)->pins, fdt, node);
    return true;
}

static bool gpio_realize(struct device *d, GError **err)
{
    g_autofree char *prefix = pins_prefix(d);

    pins_init(&container_of(d, struct cmsdk_gpio, dev)->pins, d, PINS, prefix, pins_changed);
    device_add_io(d, "cmsdk-gpio", &gpio_ops, REGION_BYTES);
    return true;
}

static void gpio_unrealize(struct device *d)
{
    pins_fini(&container_of(d, struct cmsdk_gpio, dev)->pins);
}

static void gpio_reset(struct device *d)
{
    struct cmsdk_gpio *s = container_of(d, struct cmsdk_gpio, dev);

    s->seen = pins_levels(&s->pins);
    update(s);
}

static const struct state_row gpio_fields[] = {
    FIELD_STRUCT(struct cmsdk_gpio, pins, &pins_table),
    FIELD(struct cmsdk_gpio, out, 0),
    FIELD_ARRAY(struct cmsdk_gpio, set, 0),
    FIELD(struct cmsdk_gpio, status, 0),
    FIELD(struct cmsdk_gpio, seen, 0),
    FIELD_END,
};

static const struct state_table gpio_state = { STATE_OF(struct cmsdk_gpio), .version = 1, .rows = gpio_fields };

static const char *const gpio_compatible[] = { "arm,cmsdk-gpio", NULL };

const struct device_type cmsdk_gpio_type = {
    .name = "cmsdk-gpio",
    .desc = "CMSDK GPIO port",
    .compatible = gpio_compatible,
    .size = sizeof(struct cmsdk_gpio),
    .state = &gpio_state,
    .realize = gpio_realize,
    .unrealize = gpio_unrealize,
    .reset = gpio_reset,
    .from_dt = gpio_from_dt,
    .irq_in = gpio_irq_in,
    .pin_out = gpio_pin_out,
};
