/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SPI: what is on a bus, and how controllers exchange bytes with it. Chip selects are pins of the devices themselves
 * (cs-gpios of their nodes). The controller's lock guards what is here, and pins take it.
 */
#ifndef DEVICES_SPI_H
#define DEVICES_SPI_H

#include "device.h"

struct spi_device;

/* What a device on the bus begins with. */
struct spi_device {
    struct device dev;
    /* Set in realize. A byte for it, if it is selected, and the one that it gives; others let the line be. */
    uint8_t (*transfer)(struct spi_device *d, uint8_t byte);
    bool (*selected)(const struct spi_device *d);
};

/* What a controller has at its type's bus_offset. */
struct spi_bus {
    GPtrArray *devices; /* of struct spi_device */
};
extern const struct bus_type spi_bus_type;

/* In realize and unrealize of the controller. */
void spi_bus_init(struct spi_bus *b);
void spi_bus_fini(struct spi_bus *b);
/* Nobody drives the line: 0 as QEMU has it. */
uint8_t spi_transfer(struct spi_bus *b, uint8_t byte);

#endif
