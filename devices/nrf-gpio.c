/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nRF51's pins. Manual: "nRF51 Series Reference Manual" v3.0.1, chapter 14; binding: nordic,nrf-gpio. Pins that
 * nobody drives are what their pull resistors make of them, else low. Not modelled: drive strength, SENSE.
 */
#include <inttypes.h>

#include "pins.h"

enum {
    OUT = 0x504, OUTSET = 0x508, OUTCLR = 0x50c, IN = 0x510, DIRECTION = 0x514, DIRSET = 0x518, DIRCLR = 0x51c,
    PIN_CNF = 0x700, REGION_BYTES = 0x1000,
};
#define PINS 32
#define CNF_DIR 1u
#define CNF_INPUT 2u /* the input buffer is disconnected */
#define CNF_PULL_SHIFT 2
#define CNF_MASK 0x3070fu

enum { PULL_NONE, PULL_DOWN, PULL_UP = 3 };

struct nrf_gpio {
    struct device dev;
    struct pins pins;
    uint32_t out, cnf[PINS];
};

static uint32_t direction(const struct nrf_gpio *s)
{
    uint32_t v = 0;

    for (unsigned n = 0; n < PINS; n++)
        v |= (s->cnf[n] & CNF_DIR) << n;
    return v;
}

/* What the guest sees: pins whose input buffer is connected. */
static uint32_t input(const struct nrf_gpio *s)
{
    uint32_t v = pins_levels(&s->pins);

    for (unsigned n = 0; n < PINS; n++)
        if (s->cnf[n] & CNF_INPUT)
            v &= ~(1u << n);
    return v;
}

static void drive(struct nrf_gpio *s)
{
    uint32_t pull_up = 0;

    for (unsigned n = 0; n < PINS; n++)
        pull_up |= (uint32_t)((s->cnf[n] >> CNF_PULL_SHIFT & 3) == PULL_UP) << n;
    pins_drive(&s->pins, s->out, direction(s), pull_up);
}

/* Nothing happens at a change by itself: SENSE is not modelled. */
static void pins_changed(struct device *d)
{
}

static void set_directions(struct nrf_gpio *s, uint32_t outputs)
{
    for (unsigned n = 0; n < PINS; n++)
        s->cnf[n] = (s->cnf[n] & ~CNF_DIR) | (outputs >> n & 1);
}

static uint64_t gpio_read(void *opaque, uint64_t offset, unsigned size)
{
    struct nrf_gpio *s = opaque;

    if (offset >= PIN_CNF && offset < PIN_CNF + 4 * PINS)
        return s->cnf[(offset - PIN_CNF) / 4];
    switch (offset) {
    case OUT: case OUTSET: case OUTCLR: return s->out;
    case IN: return input(s);
    case DIRECTION: case DIRSET: case DIRCLR: return direction(s);
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void write_register(struct nrf_gpio *s, uint64_t offset, uint32_t value)
{
    if (offset >= PIN_CNF && offset < PIN_CNF + 4 * PINS) {
        s->cnf[(offset - PIN_CNF) / 4] = value & CNF_MASK;
        return;
    }
    switch (offset) {
    case OUT: s->out = value; break;
    case OUTSET: s->out |= value; break;
    case OUTCLR: s->out &= ~value; break;
    case DIRECTION: set_directions(s, value); break;
    case DIRSET: set_directions(s, direction(s) | value); break;
    case DIRCLR: set_directions(s, direction(s) & ~value); break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
    }
}

static void gpio_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct nrf_gpio *s = opaque;

    write_register(s, offset, value);
    drive(s);
}

static const struct io_ops gpio_ops = { .read = gpio_read, .write = gpio_write, .min_size = 4, .max_size = 4 };

static bool gpio_irq_in(struct device *d, const uint32_t *cells, unsigned ncells, struct irq *line)
{
    return pins_irq_in(&container_of(d, struct nrf_gpio, dev)->pins, d, PINS, cells, ncells, line);
}

static bool gpio_pin_out(struct device *d, const uint32_t *cells, unsigned ncells, const struct irq *line)
{
    return pins_pin_out(&container_of(d, struct nrf_gpio, dev)->pins, PINS, cells, ncells, line);
}

static bool gpio_from_dt(struct device *d, const void *fdt, int node, GError **err)
{
    pins_from_dt(&container_of(d, struct nrf_gpio, dev)->pins, fdt, node);
    return true;
}

static bool gpio_realize(struct device *d, GError **err)
{
    pins_init(&container_of(d, struct nrf_gpio, dev)->pins, d, PINS, "P0.", pins_changed);
    device_add_io(d, "nrf-gpio", &gpio_ops, REGION_BYTES);
    return true;
}

static void gpio_unrealize(struct device *d)
{
    pins_fini(&container_of(d, struct nrf_gpio, dev)->pins);
}

static void gpio_reset(struct device *d)
{
    drive(container_of(d, struct nrf_gpio, dev));
}

static const struct state_row gpio_fields[] = {
    FIELD_STRUCT(struct nrf_gpio, pins, &pins_table),
    FIELD(struct nrf_gpio, out, 0),
    FIELD_ARRAY(struct nrf_gpio, cnf, CNF_INPUT),
    FIELD_END,
};

static const struct state_table gpio_state = {
    STATE_OF(struct nrf_gpio),
    .version = 2,
    .rows = gpio_fields,
};

static const char *const gpio_compatible[] = { "nordic,nrf-gpio", NULL };

const struct device_type nrf_gpio_type = {
    .name = "nrf51_soc.gpio",
    .desc = "nRF51 pins",
    .compatible = gpio_compatible,
    .size = sizeof(struct nrf_gpio),
    .state = &gpio_state,
    .realize = gpio_realize,
    .unrealize = gpio_unrealize,
    .reset = gpio_reset,
    .from_dt = gpio_from_dt,
    .irq_in = gpio_irq_in,
    .pin_out = gpio_pin_out,
};
