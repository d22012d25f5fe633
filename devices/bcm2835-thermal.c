/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The temperature sensor of a BCM2835, which is always at 25 degrees. Manual: none is public; Linux's driver of
 * brcm,bcm2835-thermal. Not modelled: the interrupt and the reset when it is too hot.
 */
#include "device.h"

enum { TSENSCTL = 0x00, TSENSSTAT = 0x04, REGION_BYTES = 0x08 };
enum { STAT_VALID = 0x400 };
enum { READING = 719 }; /* 25 degrees: (412000 - 25000) / 538 */

struct bcm2835_thermal {
    struct device dev;
    uint32_t ctl;
};

static uint64_t bcm2835_thermal_read(void *opaque, uint64_t offset, unsigned size)
{
    struct bcm2835_thermal *s = opaque;

    return offset == TSENSCTL ? s->ctl : STAT_VALID | READING;
}

static void bcm2835_thermal_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct bcm2835_thermal *s = opaque;

    if (offset == TSENSCTL)
        s->ctl = value;
    else
        device_guest_error(&s->dev, "the reading is read-only");
}

static const struct io_ops bcm2835_thermal_ops = {
    .read = bcm2835_thermal_read, .write = bcm2835_thermal_write, .min_size = 4, .max_size = 4
};

static bool bcm2835_thermal_realize(struct device *d, GError **err)
{
    device_add_io(d, "bcm2835-thermal", &bcm2835_thermal_ops, REGION_BYTES);
    return true;
}

static const struct state_row bcm2835_thermal_fields[] = {
    FIELD(struct bcm2835_thermal, ctl, 0),
    FIELD_END,
};

static const struct state_table bcm2835_thermal_state = {
    STATE_OF(struct bcm2835_thermal),
    .version = 1,
    .rows = bcm2835_thermal_fields,
};

static const char *const bcm2835_thermal_compatible[] = {
    "brcm,bcm2835-thermal", "brcm,bcm2836-thermal", "brcm,bcm2837-thermal", NULL,
};

const struct device_type bcm2835_thermal_type = {
    .name = "bcm2835-thermal",
    .desc = "BCM2835 temperature sensor",
    .compatible = bcm2835_thermal_compatible,
    .size = sizeof(struct bcm2835_thermal),
    .state = &bcm2835_thermal_state,
    .realize = bcm2835_thermal_realize,
};
