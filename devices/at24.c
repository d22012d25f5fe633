/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An EEPROM on I2C: Atmel's AT24C and others like it, of up to 64 KiB. Manual: AT24C256's data sheet; binding:
 * atmel,24c02 ... 24c512, atmel,at24. It begins erased. Not modelled: the time that a write takes, write protection,
 * several addresses of one chip.
 */
#include <string.h>

#include "i2c.h"

#define MAX_BYTES (64 * KiB)

struct at24 {
    struct i2c_device i2c;
    uint32_t rom_size;
    uint32_t bytes;    /* the same, as snapshots have it */
    uint8_t *data;
    uint16_t at;       /* the byte that is next */
    uint8_t addressed; /* bytes of the address that this write has said */
};

static unsigned address_bytes(const struct at24 *s)
{
    return s->rom_size > 256 ? 2 : 1;
}

static bool at24_start(struct i2c_device *d, bool read)
{
    container_of(d, struct at24, i2c)->addressed = 0;
    return true;
}

static uint8_t at24_read(struct i2c_device *d)
{
    struct at24 *s = container_of(d, struct at24, i2c);
    uint8_t v = s->data[s->at];

    s->at = (s->at + 1) % s->rom_size;
    return v;
}

static bool at24_write(struct i2c_device *d, uint8_t byte)
{
    struct at24 *s = container_of(d, struct at24, i2c);

    if (s->addressed < address_bytes(s)) {
        s->at = (address_bytes(s) == 1 ? byte : s->addressed ? (s->at & 0xff00) | byte : byte << 8) % s->rom_size;
        s->addressed++;
        return true;
    }
    s->data[s->at] = byte;
    s->at = (s->at + 1) % s->rom_size;
    return true;
}

static const struct i2c_ops at24_ops = { .start = at24_start, .write = at24_write, .read = at24_read };

static bool at24_realize(struct device *d, GError **err)
{
    struct at24 *s = container_of(d, struct at24, i2c.dev);

    if (s->rom_size == 0 || s->rom_size > MAX_BYTES) {
        fail(err, "%s: rom-size=%u: expected 1 to %u", d->type->name, s->rom_size, (unsigned)MAX_BYTES);
        return false;
    }
    s->i2c.ops = &at24_ops;
    s->bytes = s->rom_size;
    s->data = g_malloc(s->bytes);
    memset(s->data, 0xff, s->bytes);
    return true;
}

static void at24_unrealize(struct device *d)
{
    g_free(container_of(d, struct at24, i2c.dev)->data);
}

static const struct property at24_props[] = {
    I2C_PROP_ADDRESS(struct at24, 0x50),
    PROP_NAMED("rom-size", struct at24, rom_size, U32, 32768, "size", "bytes"),
    PROP_END,
};

static const struct state_row at24_fields[] = {
    FIELD_NONE(struct at24, i2c, "the tree's"),
    FIELD_SAME(struct at24, bytes),
    FIELD_KEEP_LIST(struct at24, data, bytes),
    FIELD(struct at24, at, 0),
    FIELD(struct at24, addressed, 0),
    FIELD_END,
};

static const struct state_table at24_state = { STATE_OF(struct at24), .version = 1, .rows = at24_fields };

static const char *const at24_compatible[] = { "atmel,at24", "atmel,24c02", "atmel,24c32", "atmel,24c64",
                                               "atmel,24c128", "atmel,24c256", "atmel,24c512", NULL };

const struct device_type at24_type = {
    .name = "at24c-eeprom",
    .desc = "EEPROM on I2C",
    .compatible = at24_compatible,
    .bus = &i2c_bus_type,
    .size = sizeof(struct at24),
    .props = at24_props,
    .state = &at24_state,
    .realize = at24_realize,
    .unrealize = at24_unrealize,
};
