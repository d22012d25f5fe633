/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Temperature sensor TMP105 on I2C, and those that are like it (TMP75, LM75). Manual: Texas Instruments SBOS275,
 * "TMP105 digital temperature sensor"; bindings: ti,tmp105, ti,tmp75, national,lm75. The temperature is the monitor's
 * sensor to say. Not modelled: the alert pin; a conversion takes no time.
 */
#include <inttypes.h>

#include "i2c.h"
#include "panel.h"

enum { TEMPERATURE, CONFIG, T_LOW, T_HIGH, REGS };
enum { CONFIG_RESOLUTION_SHIFT = 5, CONFIG_ONE_SHOT = 0x80 };

struct tmp105 {
    struct i2c_device i2c;
    int32_t millidegrees;
    uint16_t limits[2]; /* T_LOW, T_HIGH */
    uint8_t config, pointer, at;
};

/* Sixteen bits: 1/256 of a degree, of which 9 to 12 are there. */
static uint16_t register_now(const struct tmp105 *s)
{
    unsigned missing = 7 - (s->config >> CONFIG_RESOLUTION_SHIFT & 3);

    switch (s->pointer) {
    case TEMPERATURE:
        return (uint16_t)(s->millidegrees * 256 / 1000 - (s->millidegrees < 0 && s->millidegrees * 256 % 1000)) &
               ~0u << missing;
    case CONFIG: return s->config << 8;
    default: return s->limits[s->pointer - T_LOW];
    }
}

static bool tmp105_start(struct i2c_device *d, bool read)
{
    container_of(d, struct tmp105, i2c)->at = 0;
    return true;
}

static uint8_t tmp105_read(struct i2c_device *d)
{
    struct tmp105 *s = container_of(d, struct tmp105, i2c);

    return s->at < 2 ? register_now(s) >> (s->at++ ? 0 : 8) : 0xff;
}

static bool tmp105_write(struct i2c_device *d, uint8_t byte)
{
    struct tmp105 *s = container_of(d, struct tmp105, i2c);

    if (s->at == 0)
        s->pointer = byte & 3;
    else if (s->pointer == CONFIG && s->at == 1)
        s->config = byte & ~CONFIG_ONE_SHOT;
    else if (s->pointer >= T_LOW && s->at <= 2)
        s->limits[s->pointer - T_LOW] = with_bits(s->limits[s->pointer - T_LOW], s->at == 1 ? 8 : 0, 8, byte) & 0xfff0;
    s->at = MIN(s->at + 1, 3);
    return true;
}

static const struct i2c_ops tmp105_ops = { .start = tmp105_start, .write = tmp105_write, .read = tmp105_read };

static int64_t get_temperature(void *opaque, unsigned n)
{
    return ((const struct tmp105 *)opaque)->millidegrees;
}

static void set_temperature(void *opaque, unsigned n, int64_t value)
{
    ((struct tmp105 *)opaque)->millidegrees = value;
}

static bool tmp105_realize(struct device *d, GError **err)
{
    struct tmp105 *s = container_of(d, struct tmp105, i2c.dev);

    s->i2c.ops = &tmp105_ops;
    panel_add_sensor(&(struct panel_sensor){ .device = d->id ? d->id : d->type->name, .what = "temperature",
                                             .unit = "m degrees C", .min = -128000, .max = 127999,
                                             .get = get_temperature, .set = set_temperature, .opaque = s,
                                             .lock = &d->parent->lock });
    return true;
}

static void tmp105_unrealize(struct device *d)
{
    panel_remove(container_of(d, struct tmp105, i2c.dev));
}

static void tmp105_reset(struct device *d)
{
    struct tmp105 *s = container_of(d, struct tmp105, i2c.dev);

    s->limits[0] = 0x4b00;
    s->limits[1] = 0x5000;
}

static const struct property tmp105_props[] = { I2C_PROP_ADDRESS(struct tmp105, 0x48), PROP_END };

static const struct state_row tmp105_fields[] = {
    FIELD_NONE(struct tmp105, i2c, "the tree's"),
    FIELD_KEEP(struct tmp105, millidegrees), /* the world's */
    FIELD_ARRAY(struct tmp105, limits, 0),
    FIELD(struct tmp105, config, 0),
    FIELD(struct tmp105, pointer, 0),
    FIELD(struct tmp105, at, 0),
    FIELD_END,
};

static const struct state_table tmp105_state = { STATE_OF(struct tmp105), .version = 1, .rows = tmp105_fields };

static const char *const tmp105_compatible[] = { "ti,tmp105", "ti,tmp75", "national,lm75", NULL };

const struct device_type tmp105_type = {
    .name = "tmp105",
    .desc = "TMP105 temperature sensor on I2C",
    .compatible = tmp105_compatible,
    .bus = &i2c_bus_type,
    .size = sizeof(struct tmp105),
    .props = tmp105_props,
    .state = &tmp105_state,
    .realize = tmp105_realize,
    .unrealize = tmp105_unrealize,
    .reset = tmp105_reset,
};
