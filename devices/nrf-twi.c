/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nRF51's two-wire interface, an I2C master. Manual: "nRF51 Series Reference Manual" v3.0.1, chapter 28. Bytes are
 * transferred at once. Not modelled: pins, other masters.
 */
#include <inttypes.h>

#include "i2c.h"
#include "nrf.h"

enum {
    STARTRX = 0x000, STARTTX = 0x008, STOP = 0x014, SUSPEND = 0x01c, RESUME = 0x020,
    STOPPED = 0x104, RXDREADY = 0x108, TXDSENT = 0x11c, ERROR = 0x124, BB = 0x138, SUSPENDED = 0x148,
    INTEN = 0x300, ERRORSRC = 0x4c4, ENABLE = 0x500, PSELSCL = 0x508, PSELSDA = 0x50c, RXD = 0x518, TXD = 0x51c,
    FREQUENCY = 0x524, ADDRESS = 0x588,
};
enum { SHORT_BB_SUSPEND = 1, SHORT_BB_STOP = 2, ERRORSRC_ANACK = 2, ENABLED = 5 };
#define EVENTS (NRF_EVENT(STOPPED) | NRF_EVENT(RXDREADY) | NRF_EVENT(TXDSENT) | NRF_EVENT(ERROR) | NRF_EVENT(BB) |     \
                NRF_EVENT(SUSPENDED))

enum { IDLE, SENDING, RECEIVING };

struct nrf_twi {
    struct device dev;
    struct i2c_bus bus;
    struct nrf_events events;
    uint8_t errorsrc, enable, shorts, rxd, address;
    uint32_t psel[2], frequency;
    uint8_t state;      /* of the transfer */
    bool suspended;
    bool waiting;       /* a byte comes once the last one is read */
};

/* -- Transfers -- */

static void stop(struct nrf_twi *s)
{
    i2c_stop(&s->bus);
    s->state = IDLE;
    s->waiting = s->suspended = false;
    s->events.set |= NRF_EVENT(STOPPED);
}

static void not_acknowledged(struct nrf_twi *s)
{
    s->errorsrc |= ERRORSRC_ANACK;
    s->events.set |= NRF_EVENT(ERROR);
}

/* A byte ends: the shorts say what follows. */
static void boundary(struct nrf_twi *s)
{
    s->events.set |= NRF_EVENT(BB);
    if (s->shorts & SHORT_BB_STOP) {
        stop(s);
    } else if (s->shorts & SHORT_BB_SUSPEND) {
        s->suspended = true;
        s->events.set |= NRF_EVENT(SUSPENDED);
    }
}

static void receive(struct nrf_twi *s)
{
    if (s->state != RECEIVING || s->suspended || !s->waiting)
        return;
    s->waiting = false;
    s->rxd = i2c_read(&s->bus);
    s->events.set |= NRF_EVENT(RXDREADY);
    boundary(s);
}

static void send(struct nrf_twi *s, uint8_t byte)
{
    if (s->state != SENDING || s->enable != ENABLED) {
        device_guest_error(&s->dev, "a byte is sent while nothing is started");
        return;
    }
    if (!i2c_write(&s->bus, byte)) {
        not_acknowledged(s);
        return;
    }
    s->events.set |= NRF_EVENT(TXDSENT);
    boundary(s);
}

static void start_task(struct nrf_twi *s, uint64_t offset)
{
    if (s->enable != ENABLED)
        return;
    switch (offset) {
    case STARTRX:
        s->state = RECEIVING;
        s->suspended = false;
        s->waiting = i2c_start(&s->bus, s->address, true);
        if (!s->waiting)
            not_acknowledged(s);
        receive(s);
        break;
    case STARTTX:
        s->state = SENDING;
        s->suspended = false;
        i2c_start(&s->bus, s->address, false); /* that nobody answers shows with the first byte */
        break;
    case STOP: stop(s); break;
    case SUSPEND:
        s->suspended = true;
        s->events.set |= NRF_EVENT(SUSPENDED);
        break;
    case RESUME:
        s->suspended = false;
        receive(s);
        break;
    }
}

/* -- Registers -- */

static uint64_t twi_read(void *opaque, uint64_t offset, unsigned size)
{
    struct nrf_twi *s = opaque;
    uint64_t v;

    if (nrf_events_read(&s->events, offset, EVENTS, &v))
        return v;
    switch (offset) {
    case NRF_SHORTS: return s->shorts;
    case INTEN: return s->events.inten;
    case ERRORSRC: return s->errorsrc;
    case ENABLE: return s->enable;
    case PSELSCL: case PSELSDA: return s->psel[offset == PSELSDA];
    case RXD:
        v = s->rxd;
        s->waiting = s->state == RECEIVING;
        receive(s);
        device_irq(&s->dev, 0, nrf_events_irq(&s->events));
        return v;
    case TXD: return 0;
    case FREQUENCY: return s->frequency;
    case ADDRESS: return s->address;
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void write_register(struct nrf_twi *s, uint64_t offset, uint32_t value)
{
    switch (offset) {
    case STARTRX: case STARTTX: case STOP: case SUSPEND: case RESUME:
        if (value & 1)
            start_task(s, offset);
        break;
    case NRF_SHORTS: s->shorts = value & (SHORT_BB_SUSPEND | SHORT_BB_STOP); break;
    case INTEN: s->events.inten = value & EVENTS; break;
    case ERRORSRC: s->errorsrc &= ~value; break;
    case ENABLE: s->enable = value & 7; break;
    case PSELSCL: case PSELSDA: s->psel[offset == PSELSDA] = value; break;
    case TXD: send(s, value); break;
    case FREQUENCY: s->frequency = value; break;
    case ADDRESS: s->address = value & 0x7f; break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
    }
}

static void twi_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct nrf_twi *s = opaque;

    if (!nrf_events_write(&s->events, offset, EVENTS, value))
        write_register(s, offset, value);
    device_irq(&s->dev, 0, nrf_events_irq(&s->events));
}

static const struct io_ops twi_ops = { .read = twi_read, .write = twi_write, .min_size = 4, .max_size = 4 };

static bool twi_realize(struct device *d, GError **err)
{
    i2c_bus_init(&container_of(d, struct nrf_twi, dev)->bus);
    device_add_io(d, "nrf-twi", &twi_ops, NRF_REGION_BYTES);
    return true;
}

static void twi_unrealize(struct device *d)
{
    i2c_bus_fini(&container_of(d, struct nrf_twi, dev)->bus);
}

static void twi_reset(struct device *d)
{
    device_irq(d, 0, false);
}

static const struct state_row twi_fields[] = {
    FIELD_STRUCT(struct nrf_twi, bus, &i2c_bus_table),
    FIELD_STRUCT(struct nrf_twi, events, &nrf_events_table),
    FIELD(struct nrf_twi, errorsrc, 0),
    FIELD(struct nrf_twi, enable, 0),
    FIELD(struct nrf_twi, shorts, 0),
    FIELD(struct nrf_twi, rxd, 0),
    FIELD(struct nrf_twi, address, 0),
    FIELD_ARRAY(struct nrf_twi, psel, UINT32_MAX),
    FIELD(struct nrf_twi, frequency, 0x04000000),
    FIELD(struct nrf_twi, state, IDLE),
    FIELD(struct nrf_twi, suspended, 0),
    FIELD(struct nrf_twi, waiting, 0),
    FIELD_END,
};

static const struct state_table twi_state = {
    STATE_OF(struct nrf_twi),
    .version = 2,
    .rows = twi_fields,
};

static const char *const twi_compatible[] = { "nordic,nrf-twi", NULL };

const struct device_type nrf_twi_type = {
    .name = "microbit.i2c",
    .desc = "nRF51 two-wire interface",
    .provides_bus = &i2c_bus_type,
    .bus_offset = offsetof(struct nrf_twi, bus),
    .compatible = twi_compatible,
    .size = sizeof(struct nrf_twi),
    .state = &twi_state,
    .realize = twi_realize,
    .unrealize = twi_unrealize,
    .reset = twi_reset,
};
