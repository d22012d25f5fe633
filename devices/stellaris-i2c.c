/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * I2C interface of a Stellaris, as a master. Manual: "Stellaris LM3S6965 Microcontroller Data Sheet", chapter 14;
 * binding: ti,stellaris-i2c. Bytes are transferred at once. Not modelled: the slave (its registers are logged), lost
 * arbitration.
 */
#include <inttypes.h>

#include "i2c.h"

enum { MSA = 0x00, MCS = 0x04, MDR = 0x08, MTPR = 0x0c, MIMR = 0x10, MRIS = 0x14, MMIS = 0x18, MICR = 0x1c, MCR = 0x20,
       REGION_BYTES = 0x1000 };
enum { RUN = 1, START = 2, STOP = 4, ACK = 8 };
enum { ERROR = 2, ADRACK = 4, DATACK = 8, IDLE = 0x20, BUSBSY = 0x40 };
enum { MCR_MFE = 0x10, MCR_MASK = 0x31 };

struct stellaris_i2c {
    struct device dev;
    struct i2c_bus bus;
    uint8_t msa, mdr, mtpr, mcr, status;
    bool imr, ris;
};

static void update_irq(struct stellaris_i2c *s)
{
    device_irq(&s->dev, 0, s->ris && s->imr);
}

static void run(struct stellaris_i2c *s, unsigned what)
{
    bool reads = s->msa & 1;

    if (!(s->mcr & MCR_MFE)) {
        device_guest_error(&s->dev, "a transfer while the master is off");
        return;
    }
    s->status = 0;
    if ((what & START) && !i2c_start(&s->bus, s->msa >> 1, reads))
        s->status = ERROR | ADRACK;
    if (!s->status && (what & RUN)) {
        if (reads)
            s->mdr = i2c_read(&s->bus);
        else if (!i2c_write(&s->bus, s->mdr))
            s->status = ERROR | DATACK;
    }
    if (what & STOP)
        i2c_stop(&s->bus);
    s->status |= what & STOP ? IDLE : BUSBSY;
    s->ris = true;
}

static uint64_t i2c_reg_read(void *opaque, uint64_t offset, unsigned size)
{
    struct stellaris_i2c *s = opaque;

    switch (offset) {
    case MSA: return s->msa;
    case MCS: return s->status;
    case MDR: return s->mdr;
    case MTPR: return s->mtpr;
    case MIMR: return s->imr;
    case MRIS: return s->ris;
    case MMIS: return s->ris && s->imr;
    case MICR: return 0;
    case MCR: return s->mcr;
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void i2c_reg_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct stellaris_i2c *s = opaque;

    switch (offset) {
    case MSA: s->msa = value; break;
    case MCS: run(s, value); break;
    case MDR: s->mdr = value; break;
    case MTPR: s->mtpr = value; break;
    case MIMR: s->imr = value & 1; break;
    case MICR: s->ris = s->ris && !(value & 1); break;
    case MCR: s->mcr = value & MCR_MASK; break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
    }
    update_irq(s);
}

static const struct io_ops i2c_ops = { .read = i2c_reg_read, .write = i2c_reg_write, .min_size = 4, .max_size = 4 };

static bool i2c_realize(struct device *d, GError **err)
{
    i2c_bus_init(&container_of(d, struct stellaris_i2c, dev)->bus);
    device_add_io(d, "stellaris-i2c", &i2c_ops, REGION_BYTES);
    return true;
}

static void i2c_unrealize(struct device *d)
{
    i2c_bus_fini(&container_of(d, struct stellaris_i2c, dev)->bus);
}

static void i2c_reset(struct device *d)
{
    update_irq(container_of(d, struct stellaris_i2c, dev));
}

static const struct state_row i2c_fields[] = {
    FIELD_STRUCT(struct stellaris_i2c, bus, &i2c_bus_table),
    FIELD(struct stellaris_i2c, msa, 0),
    FIELD(struct stellaris_i2c, mdr, 0),
    FIELD(struct stellaris_i2c, mtpr, 1),
    FIELD(struct stellaris_i2c, mcr, 0),
    FIELD(struct stellaris_i2c, status, IDLE),
    FIELD(struct stellaris_i2c, imr, 0),
    FIELD(struct stellaris_i2c, ris, 0),
    FIELD_END,
};

static const struct state_table i2c_state = {
    STATE_OF(struct stellaris_i2c),
    .version = 1,
    .rows = i2c_fields,
};

static const char *const i2c_compatible[] = { "ti,stellaris-i2c", NULL };

const struct device_type stellaris_i2c_type = {
    .name = "stellaris-i2c",
    .desc = "Stellaris I2C interface",
    .compatible = i2c_compatible,
    .provides_bus = &i2c_bus_type,
    .bus_offset = offsetof(struct stellaris_i2c, bus),
    .size = sizeof(struct stellaris_i2c),
    .state = &i2c_state,
    .realize = i2c_realize,
    .unrealize = i2c_unrealize,
    .reset = i2c_reset,
};
