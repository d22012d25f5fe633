/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * I2C: what is on a bus, and how controllers talk to it, a byte at a time and at once. The controller's lock guards
 * what is here. Manual: NXP UM10204, "I2C-bus specification and user manual". Not modelled: 10-bit addresses, clock
 * stretching, several masters.
 */
#ifndef DEVICES_I2C_H
#define DEVICES_I2C_H

#include "device.h"

struct i2c_device;

struct i2c_ops {
    /* It was addressed. False: it does not answer. May be NULL. */
    bool (*start)(struct i2c_device *d, bool read);
    /* A byte for it. False: it does not acknowledge. */
    bool (*write)(struct i2c_device *d, uint8_t byte);
    uint8_t (*read)(struct i2c_device *d);
    /* The transfer is over. May be NULL. */
    void (*stop)(struct i2c_device *d);
};

/* What a device on the bus begins with. */
struct i2c_device {
    struct device dev;
    const struct i2c_ops *ops; /* set in realize */
    uint8_t address;           /* 7 bits */
};
#define I2C_PROP_ADDRESS(type, first)                                                                                  \
    { .name = "address", .kind = PROP_U8, .offset = offsetof(type, i2c.address), .dflt = first, .dt_name = "reg",      \
      .help = "on the bus, 7 bits" }

#define I2C_NOBODY 0xff

/* What a controller has at its type's bus_offset. */
struct i2c_bus {
    GPtrArray *devices;         /* of struct i2c_device */
    uint8_t current;    /* the address of the one that is spoken to, or I2C_NOBODY */
};
extern const struct bus_type i2c_bus_type;
extern const struct state_table i2c_bus_table;

/* In realize and unrealize of the controller. */
void i2c_bus_init(struct i2c_bus *b);
void i2c_bus_fini(struct i2c_bus *b);
/* A start condition, or a repeated one, and the address. False: nobody answers. */
bool i2c_start(struct i2c_bus *b, uint8_t address, bool read);
/* False: it was not acknowledged. */
bool i2c_write(struct i2c_bus *b, uint8_t byte);
uint8_t i2c_read(struct i2c_bus *b);
void i2c_stop(struct i2c_bus *b);

#endif
