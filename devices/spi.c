/* SPDX-License-Identifier: BSD-2-Clause */
/* SPI: the bus, and who on it is selected. */
#include "spi.h"

static struct spi_bus *bus_of(struct device *controller)
{
    return (struct spi_bus *)((char *)controller + controller->type->bus_offset);
}

void spi_bus_init(struct spi_bus *b)
{
    b->devices = g_ptr_array_new();
}

void spi_bus_fini(struct spi_bus *b)
{
    g_clear_pointer(&b->devices, g_ptr_array_unref);
}

uint8_t spi_transfer(struct spi_bus *b, uint8_t byte)
{
    uint8_t in = 0;

    for (guint i = 0; i < b->devices->len; i++) {
        struct spi_device *d = g_ptr_array_index(b->devices, i);
        if (d->selected(d))
            in |= d->transfer(d, byte);
    }
    return in;
}

static void spi_plug(struct device *bus, struct device *d)
{
    g_ptr_array_add(bus_of(bus)->devices, container_of(d, struct spi_device, dev));
}

static void spi_unplug(struct device *bus, struct device *d)
{
    g_ptr_array_remove(bus_of(bus)->devices, container_of(d, struct spi_device, dev));
}

const struct bus_type spi_bus_type = {
    .name = "SSI",
    .root_name = "ssi",
    .slots = 8,
    .in_trees = true,
    .plug = spi_plug,
    .unplug = spi_unplug,
};
