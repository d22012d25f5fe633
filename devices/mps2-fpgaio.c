/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The board's side of ARM's MPS2: two LEDs, two buttons, counters. Manual: "Application Note AN385" (DAI 0385), 4.2
 * "FPGA system control and I/O"; binding: arm,mps2-fpgaio. LEDs and buttons are pins of the monitor's: 0 and 1 LEDs, 8
 * and 9 buttons.
 */
#include <inttypes.h>

#include "pins.h"

enum { LED0 = 0x00, BUTTON = 0x08, CLK1HZ = 0x10, CLK100HZ = 0x14, COUNTER = 0x18, PRESCALE = 0x1c, PSCNTR = 0x20,
       SWITCH = 0x28, MISC = 0x4c, REGION_BYTES = 0x1000 };
enum { HZ = 25000000, FIRST_BUTTON = 8, PINS = 10 };

/* A counter of a clock that the program may set: what it is ahead of the machine's. */
struct mps2_fpgaio {
    struct device dev;
    struct pins pins;
    uint32_t led, prescale, misc;
    uint32_t clk1_ahead, clk100_ahead, counter_ahead;
};

static void pins_changed(struct device *d)
{
}

static uint32_t counter_ticks(const struct mps2_fpgaio *s)
{
    return clock_ticks(HZ) / ((uint64_t)s->prescale + 1);
}

static uint64_t fpgaio_read(void *opaque, uint64_t offset, unsigned size)
{
    struct mps2_fpgaio *s = opaque;

    switch (offset) {
    case LED0: return s->led;
    case BUTTON: return pins_levels(&s->pins) >> FIRST_BUTTON & 3;
    case CLK1HZ: return (uint32_t)clock_ticks(1) + s->clk1_ahead;
    case CLK100HZ: return (uint32_t)clock_ticks(100) + s->clk100_ahead;
    case COUNTER: return counter_ticks(s) + s->counter_ahead;
    case PRESCALE: return s->prescale;
    case PSCNTR: return s->prescale - clock_ticks(HZ) % ((uint64_t)s->prescale + 1);
    case SWITCH: return 0;
    case MISC: return s->misc;
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void fpgaio_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct mps2_fpgaio *s = opaque;
    uint32_t v = value;

    switch (offset) {
    case LED0:
        s->led = v & 3;
        pins_drive(&s->pins, s->led, 3, 0);
        break;
    case CLK1HZ: s->clk1_ahead = v - (uint32_t)clock_ticks(1); break;
    case CLK100HZ: s->clk100_ahead = v - (uint32_t)clock_ticks(100); break;
    case COUNTER: s->counter_ahead = v - counter_ticks(s); break;
    case PRESCALE:
        v = counter_ticks(s) + s->counter_ahead; /* goes on from there */
        s->prescale = value;
        s->counter_ahead = v - counter_ticks(s);
        break;
    case PSCNTR: break;
    case MISC: s->misc = v & 0x7f; break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
    }
}

static const struct io_ops fpgaio_ops = { .read = fpgaio_read, .write = fpgaio_write, .min_size = 4, .max_size = 4 };

static bool fpgaio_from_dt(struct device *d, const void *fdt, int node, GError **err)
{
    pins_from_dt(&container_of(d, struct mps2_fpgaio, dev)->pins, fdt, node);
    return true;
}

static bool fpgaio_realize(struct device *d, GError **err)
{
    g_autofree char *prefix = pins_prefix(d);

    pins_init(&container_of(d, struct mps2_fpgaio, dev)->pins, d, PINS, prefix, pins_changed);
    device_add_io(d, "mps2-fpgaio", &fpgaio_ops, REGION_BYTES);
    return true;
}

static void fpgaio_unrealize(struct device *d)
{
    pins_fini(&container_of(d, struct mps2_fpgaio, dev)->pins);
}

static void fpgaio_reset(struct device *d)
{
    pins_drive(&container_of(d, struct mps2_fpgaio, dev)->pins, 0, 3, 0);
}

static const struct state_row fpgaio_fields[] = {
    FIELD_STRUCT(struct mps2_fpgaio, pins, &pins_table),
    FIELD(struct mps2_fpgaio, led, 0),
    FIELD(struct mps2_fpgaio, prescale, 0),
    FIELD(struct mps2_fpgaio, misc, 0),
    FIELD(struct mps2_fpgaio, clk1_ahead, 0),
    FIELD(struct mps2_fpgaio, clk100_ahead, 0),
    FIELD(struct mps2_fpgaio, counter_ahead, 0),
    FIELD_END,
};

static const struct state_table fpgaio_state = { STATE_OF(struct mps2_fpgaio), .version = 1, .rows = fpgaio_fields };

static const char *const fpgaio_compatible[] = { "arm,mps2-fpgaio", NULL };

const struct device_type mps2_fpgaio_type = {
    .name = "mps2-fpgaio",
    .desc = "LEDs, buttons and counters of ARM's MPS2",
    .compatible = fpgaio_compatible,
    .size = sizeof(struct mps2_fpgaio),
    .state = &fpgaio_state,
    .realize = fpgaio_realize,
    .unrealize = fpgaio_unrealize,
    .reset = fpgaio_reset,
    .from_dt = fpgaio_from_dt,
};
