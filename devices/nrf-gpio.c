/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nRF51's pins. Manual: "nRF51 Series Reference Manual" v3.0.1, chapter 14; binding: nordic,nrf-gpio. A gpio specifier
 * of a node that drives a pin is its number and flags; pins that nobody drives are what their pull resistors make of
 * them, else low. Not modelled: what the outputs lead to, drive strength, SENSE.
 */
#include <inttypes.h>

#include "device.h"

enum {
    OUT = 0x504, OUTSET = 0x508, OUTCLR = 0x50c, IN = 0x510, DIRECTION = 0x514, DIRSET = 0x518, DIRCLR = 0x51c,
    PIN_CNF = 0x700, REGION_BYTES = 0x1000,
};
#define PINS 32
#define CNF_DIR 1u
#define CNF_INPUT 2u /* the input buffer is disconnected */
#define CNF_PULL_SHIFT 2
#define CNF_MASK 0x3070fu
#define DT_ACTIVE_LOW 1

enum { PULL_NONE, PULL_DOWN, PULL_UP = 3 };

struct nrf_gpio {
    struct device dev;
    uint32_t inputs;   /* the wires */
    uint32_t driven;   /* pins that have one: wiring, not state */
    uint32_t inverted; /* of them */
    uint32_t out, cnf[PINS];
};

static uint32_t direction(const struct nrf_gpio *s)
{
    uint32_t v = 0;

    for (unsigned n = 0; n < PINS; n++)
        v |= (s->cnf[n] & CNF_DIR) << n;
    return v;
}

static uint32_t pins(const struct nrf_gpio *s)
{
    uint32_t v = 0, outputs = direction(s);

    for (unsigned n = 0; n < PINS; n++) {
        bool pulled = (s->cnf[n] >> CNF_PULL_SHIFT & 3) == PULL_UP;
        bool level = s->driven >> n & 1 ? (s->inputs ^ s->inverted) >> n & 1 : pulled;
        if (outputs >> n & 1)
            level = s->out >> n & 1;
        if (!(s->cnf[n] & CNF_INPUT))
            v |= (uint32_t)level << n;
    }
    return v;
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
    case IN: return pins(s);
    case DIRECTION: case DIRSET: case DIRCLR: return direction(s);
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void gpio_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct nrf_gpio *s = opaque;

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

static const struct io_ops gpio_ops = { .read = gpio_read, .write = gpio_write, .min_size = 4, .max_size = 4 };

static void pin_set(void *opaque, unsigned n, bool level)
{
    struct nrf_gpio *s = opaque;

    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&s->dev.lock);
    s->inputs = with_bits(s->inputs, n, 1, level);
    g_mutex_unlock(&s->dev.lock);
    lock_order_leave(LOCK_CONTROLLER);
}

static bool gpio_irq_in(struct device *d, const uint32_t *cells, unsigned ncells, struct irq *line)
{
    struct nrf_gpio *s = container_of(d, struct nrf_gpio, dev);

    if (ncells < 1 || cells[0] >= PINS)
        return false;
    s->driven |= 1u << cells[0];
    if (ncells > 1 && (cells[1] & DT_ACTIVE_LOW))
        s->inverted |= 1u << cells[0];
    *line = (struct irq){ .set = pin_set, .opaque = s, .n = cells[0] };
    return true;
}

static bool gpio_realize(struct device *d, GError **err)
{
    device_add_io(d, "nrf-gpio", &gpio_ops, REGION_BYTES);
    return true;
}

static const struct state_row gpio_fields[] = {
    FIELD_KEEP(struct nrf_gpio, inputs), /* others' to drive */
    FIELD_NONE(struct nrf_gpio, driven, "wiring"),
    FIELD_NONE(struct nrf_gpio, inverted, "wiring"),
    FIELD(struct nrf_gpio, out, 0),
    FIELD_ARRAY(struct nrf_gpio, cnf, CNF_INPUT),
    FIELD_END,
};

static const struct state_table gpio_state = {
    STATE_OF(struct nrf_gpio),
    .version = 1,
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
    .irq_in = gpio_irq_in,
};
