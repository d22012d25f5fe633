/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * STM32's I2C interface (F1, F2, F4), as a master. Manual: RM0090, chapter 27; binding: st,stm32-i2c-v1
 * (st,stm32f4-i2c). Bytes are transferred at once. Output 0 is the event interrupt, 1 the error's. Not modelled:
 * slaves, SMBus, PEC, DMA, lost arbitration, 10-bit addresses.
 */
#include <inttypes.h>

#include "i2c.h"

enum { CR1 = 0x00, CR2 = 0x04, OAR1 = 0x08, OAR2 = 0x0c, DR = 0x10, SR1 = 0x14, SR2 = 0x18, CCR = 0x1c, TRISE = 0x20,
       FLTR = 0x24, REGION_BYTES = 0x400 };
enum { CR1_PE = 1, CR1_START = 0x100, CR1_STOP = 0x200, CR1_ACK = 0x400, CR1_POS = 0x800, CR1_SWRST = 0x8000,
       CR1_MASK = 0xbffb };
enum { CR2_ITERREN = 0x100, CR2_ITEVTEN = 0x200, CR2_ITBUFEN = 0x400, CR2_MASK = 0x1f3f };
enum { SR1_SB = 1, SR1_ADDR = 2, SR1_BTF = 4, SR1_RXNE = 0x40, SR1_TXE = 0x80, SR1_AF = 0x400, SR1_ERRORS = 0xdf00 };
enum { SR2_MSL = 1, SR2_BUSY = 2, SR2_TRA = 4 };

enum { IDLE, STARTED, ADDRESSED, SENDING, RECEIVING };

struct stm32_i2c {
    struct device dev;
    struct i2c_bus bus;
    uint16_t cr1, cr2, oar1, oar2, sr1, ccr, trise, fltr;
    uint8_t state;
    bool reads;          /* the transfer's direction */
    bool sr1_read;       /* since the address: a read of SR2 clears ADDR then */
    uint8_t dr, shift;   /* a byte that was received; one behind it */
    bool has_shift;
    bool nacked;         /* the last byte was not acknowledged: no more come */
};

static void update_irqs(struct stm32_i2c *s)
{
    uint16_t events = s->sr1 & (SR1_SB | SR1_ADDR | SR1_BTF);

    if (s->cr2 & CR2_ITBUFEN)
        events |= s->sr1 & (SR1_TXE | SR1_RXNE);
    device_irq(&s->dev, 0, events && (s->cr2 & CR2_ITEVTEN));
    device_irq(&s->dev, 1, (s->sr1 & SR1_ERRORS) && (s->cr2 & CR2_ITERREN));
}

/* -- Transfers -- */

/* Bytes come while there is room: one in DR, one behind it. With POS the bit ACK is the next byte's. */
static void receive(struct stm32_i2c *s)
{
    while (s->state == RECEIVING && !s->nacked && !s->has_shift) {
        bool first_of_two = (s->cr1 & CR1_POS) && !(s->sr1 & SR1_RXNE);
        s->nacked = !(s->cr1 & CR1_ACK) && !first_of_two;
        s->shift = i2c_read(&s->bus);
        s->has_shift = true;
        if (!(s->sr1 & SR1_RXNE)) {
            s->dr = s->shift;
            s->has_shift = false;
            s->sr1 |= SR1_RXNE;
        }
    }
    if (s->has_shift)
        s->sr1 |= SR1_BTF;
}

static void start(struct stm32_i2c *s)
{
    s->state = STARTED;
    s->sr1 = (s->sr1 & SR1_ERRORS) | SR1_SB;
    s->has_shift = s->nacked = false;
}

static void stop(struct stm32_i2c *s)
{
    if (s->state == IDLE)
        return;
    i2c_stop(&s->bus);
    s->state = IDLE;
    s->nacked = true;
    s->sr1 &= ~(SR1_SB | SR1_ADDR | SR1_TXE | (s->has_shift ? 0 : SR1_BTF));
}

static void address(struct stm32_i2c *s, uint8_t byte)
{
    s->reads = byte & 1;
    s->sr1 &= ~SR1_SB;
    s->sr1_read = false;
    if (i2c_start(&s->bus, byte >> 1, s->reads)) {
        s->state = ADDRESSED;
        s->sr1 |= SR1_ADDR;
    } else {
        s->state = SENDING; /* where nobody listens */
        s->sr1 |= SR1_AF;
    }
}

/* ADDR was seen, and is cleared. */
static void begin_data(struct stm32_i2c *s)
{
    s->sr1 &= ~SR1_ADDR;
    s->state = s->reads ? RECEIVING : SENDING;
    if (s->reads)
        receive(s);
    else
        s->sr1 |= SR1_TXE;
}

static void send(struct stm32_i2c *s, uint8_t byte)
{
    s->sr1 &= ~(SR1_TXE | SR1_BTF);
    if (i2c_write(&s->bus, byte))
        s->sr1 |= SR1_TXE | SR1_BTF;
    else
        s->sr1 |= SR1_AF;
}

static uint8_t take_byte(struct stm32_i2c *s)
{
    uint8_t byte = s->dr;

    s->sr1 &= ~(SR1_RXNE | SR1_BTF);
    if (s->has_shift) {
        s->dr = s->shift;
        s->has_shift = false;
        s->sr1 |= SR1_RXNE;
    }
    receive(s);
    return byte;
}

/* -- Registers -- */

static uint64_t read_sr2(struct stm32_i2c *s)
{
    if (s->sr1_read && (s->sr1 & SR1_ADDR))
        begin_data(s);
    if (s->state == IDLE)
        return 0;
    return SR2_MSL | SR2_BUSY | (s->reads ? 0 : SR2_TRA);
}

static uint64_t read_register(struct stm32_i2c *s, uint64_t offset)
{
    switch (offset) {
    case CR1: return s->cr1;
    case CR2: return s->cr2;
    case OAR1: return s->oar1;
    case OAR2: return s->oar2;
    case DR: return take_byte(s);
    case SR1: return s->sr1;
    case SR2: return read_sr2(s);
    case CCR: return s->ccr;
    case TRISE: return s->trise;
    case FLTR: return s->fltr;
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static uint64_t i2c_reg_read(void *opaque, uint64_t offset, unsigned size)
{
    struct stm32_i2c *s = opaque;
    uint64_t v = read_register(s, offset);

    s->sr1_read |= offset == SR1;
    update_irqs(s);
    return v;
}

static void write_cr1(struct stm32_i2c *s, uint16_t value)
{
    if (value & CR1_SWRST) {
        stop(s);
        s->sr1 = 0;
    }
    s->cr1 = value & CR1_MASK & ~(CR1_START | CR1_STOP);
    if (!(value & CR1_PE)) {
        stop(s);
        s->sr1 = 0;
        return;
    }
    if (value & CR1_STOP)
        stop(s);
    if (value & CR1_START)
        start(s);
    receive(s);
}

static void write_dr(struct stm32_i2c *s, uint8_t byte)
{
    switch (s->state) {
    case STARTED: address(s, byte); break;
    case SENDING: send(s, byte); break;
    default: device_guest_error(&s->dev, "a byte is sent while nothing is started"); break;
    }
}

static void i2c_reg_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct stm32_i2c *s = opaque;

    switch (offset) {
    case CR1: write_cr1(s, value); break;
    case CR2: s->cr2 = value & CR2_MASK; break;
    case OAR1: s->oar1 = value; break;
    case OAR2: s->oar2 = value & 0xff; break;
    case DR: write_dr(s, value); break;
    case SR1: s->sr1 &= value | ~SR1_ERRORS; break; /* a zero clears errors */
    case SR2: break;
    case CCR: s->ccr = value & 0xcfff; break;
    case TRISE: s->trise = value & 0x3f; break;
    case FLTR: s->fltr = value & 0x1f; break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
    }
    update_irqs(s);
}

static const struct io_ops i2c_ops = { .read = i2c_reg_read, .write = i2c_reg_write, .min_size = 2, .max_size = 4 };

/* -- Life -- */

static bool i2c_realize(struct device *d, GError **err)
{
    i2c_bus_init(&container_of(d, struct stm32_i2c, dev)->bus);
    device_add_io(d, "stm32-i2c", &i2c_ops, REGION_BYTES);
    return true;
}

static void i2c_unrealize(struct device *d)
{
    i2c_bus_fini(&container_of(d, struct stm32_i2c, dev)->bus);
}

static void i2c_reset(struct device *d)
{
    update_irqs(container_of(d, struct stm32_i2c, dev));
}

static const struct state_row i2c_fields[] = {
    FIELD_STRUCT(struct stm32_i2c, bus, &i2c_bus_table),
    FIELD(struct stm32_i2c, cr1, 0),
    FIELD(struct stm32_i2c, cr2, 0),
    FIELD(struct stm32_i2c, oar1, 0),
    FIELD(struct stm32_i2c, oar2, 0),
    FIELD(struct stm32_i2c, sr1, 0),
    FIELD(struct stm32_i2c, ccr, 0),
    FIELD(struct stm32_i2c, trise, 2),
    FIELD(struct stm32_i2c, fltr, 0),
    FIELD(struct stm32_i2c, state, IDLE),
    FIELD(struct stm32_i2c, reads, 0),
    FIELD(struct stm32_i2c, sr1_read, 0),
    FIELD(struct stm32_i2c, dr, 0),
    FIELD(struct stm32_i2c, shift, 0),
    FIELD(struct stm32_i2c, has_shift, 0),
    FIELD(struct stm32_i2c, nacked, 0),
    FIELD_END,
};

static const struct state_table i2c_state = {
    STATE_OF(struct stm32_i2c),
    .version = 1,
    .rows = i2c_fields,
};

static const char *const i2c_compatible[] = { "st,stm32-i2c-v1", "st,stm32f4-i2c", NULL };

const struct device_type stm32_i2c_type = {
    .name = "stm32-i2c",
    .desc = "STM32 I2C interface (F1, F2, F4)",
    .compatible = i2c_compatible,
    .provides_bus = &i2c_bus_type,
    .bus_offset = offsetof(struct stm32_i2c, bus),
    .size = sizeof(struct stm32_i2c),
    .state = &i2c_state,
    .realize = i2c_realize,
    .unrealize = i2c_unrealize,
    .reset = i2c_reset,
};
