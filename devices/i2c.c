/* SPDX-License-Identifier: BSD-2-Clause */
/* I2C: the bus, and who on it is spoken to. */
#include "i2c.h"

#include "opts.h"

static struct i2c_bus *bus_of(struct device *controller)
{
    return (struct i2c_bus *)((char *)controller + controller->type->bus_offset);
}

void i2c_bus_init(struct i2c_bus *b)
{
    b->devices = g_ptr_array_new();
}

void i2c_bus_fini(struct i2c_bus *b)
{
    g_clear_pointer(&b->devices, g_ptr_array_unref);
}

static struct i2c_device *find(const struct i2c_bus *b, uint8_t address)
{
    for (guint i = 0; i < b->devices->len; i++) {
        struct i2c_device *d = g_ptr_array_index(b->devices, i);
        if (d->address == address)
            return d;
    }
    return NULL;
}

/* -- Transfers -- */

bool i2c_start(struct i2c_bus *b, uint8_t address, bool read)
{
    struct i2c_device *d = find(b, address);

    b->current = d && (!d->ops->start || d->ops->start(d, read)) ? address : I2C_NOBODY;
    return b->current != I2C_NOBODY;
}

bool i2c_write(struct i2c_bus *b, uint8_t byte)
{
    struct i2c_device *d = find(b, b->current);

    return d && d->ops->write(d, byte);
}

/* Where nobody answers nobody pulls the line down. */
uint8_t i2c_read(struct i2c_bus *b)
{
    struct i2c_device *d = find(b, b->current);

    return d ? d->ops->read(d) : 0xff;
}

void i2c_stop(struct i2c_bus *b)
{
    struct i2c_device *d = find(b, b->current);

    if (d && d->ops->stop)
        d->ops->stop(d);
    b->current = I2C_NOBODY;
}

static const struct state_row bus_fields[] = {
    FIELD_NONE(struct i2c_bus, devices, "wiring"),
    FIELD(struct i2c_bus, current, I2C_NOBODY),
    FIELD_END,
};

const struct state_table i2c_bus_table = { STATE_OF(struct i2c_bus), .version = 1, .rows = bus_fields };

/* -- The bus -- */

static bool i2c_address(struct device *bus, struct device *d, GError **err)
{
    struct i2c_device *i = container_of(d, struct i2c_device, dev);

    if (i->address >= 0x80)
        fail(err, "address=0x%x: expected 7 bits", i->address);
    else if (find(bus_of(bus), i->address))
        fail(err, "address=0x%x is in use", i->address);
    else
        return true;
    return false;
}

static void i2c_plug(struct device *bus, struct device *d)
{
    g_ptr_array_add(bus_of(bus)->devices, container_of(d, struct i2c_device, dev));
}

static void i2c_unplug(struct device *bus, struct device *d)
{
    g_ptr_array_remove(bus_of(bus)->devices, container_of(d, struct i2c_device, dev));
}

const struct bus_type i2c_bus_type = {
    .name = "i2c-bus",
    .root_name = "i2c-bus",
    .slots = 112,
    .in_trees = true,
    .address = i2c_address,
    .plug = i2c_plug,
    .unplug = i2c_unplug,
};
