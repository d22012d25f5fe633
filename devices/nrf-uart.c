/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nRF51's UART. Manual: "nRF51 Series Reference Manual" v3.0.1, chapter 29; binding: nordic,nrf-uart.
 * Characters come as fast as the baud rate lets them, since programs' own buffers are small; output is sent at once.
 * Not modelled: pins, flow control's lines, parity and framing errors.
 */
#include <inttypes.h>

#include "chardev.h"
#include "nrf.h"
#include "uart.h"

enum {
    STARTRX = 0x000, STOPRX = 0x004, STARTTX = 0x008, STOPTX = 0x00c, SUSPEND = 0x01c,
    CTS = 0x100, NCTS = 0x104, RXDRDY = 0x108, TXDRDY = 0x11c, ERROR = 0x124, RXTO = 0x144,
    INTEN = 0x300, ERRORSRC = 0x480, ENABLE = 0x500, PSELRTS = 0x508, PSELRXD = 0x514, RXD = 0x518, TXD = 0x51c,
    BAUDRATE = 0x524, CONFIG = 0x56c,
};
enum { ERRORSRC_OVERRUN = 1, ENABLED = 4 };
#define EVENTS (NRF_EVENT(CTS) | NRF_EVENT(NCTS) | NRF_EVENT(RXDRDY) | NRF_EVENT(TXDRDY) | NRF_EVENT(ERROR) |          \
                NRF_EVENT(RXTO))
#define FIFO_SIZE 6
#define MIN_BAUD 1200

struct nrf_uart {
    struct device dev;
    struct chardev *chardev;

    struct nrf_events events;
    uint8_t rx[FIFO_SIZE], rx_head, rx_count;
    bool rx_on, tx_on;
    bool tx_full;          /* the host takes no more for now: the character under way waits */
    uint8_t errorsrc, enable;
    uint32_t psel[4], baudrate, config, shorts;
    struct timer rx_busy;  /* a character is on the line */
};

static bool receives(const struct nrf_uart *s)
{
    return s->rx_on && s->enable == ENABLED;
}

static void update_irq(struct nrf_uart *s)
{
    device_irq(&s->dev, 0, nrf_events_irq(&s->events));
}

/* -- Host -- */

static size_t host_can_read(void *opaque)
{
    struct nrf_uart *s = opaque;

    return receives(s) && s->rx_count < FIFO_SIZE && !timer_pending(&s->rx_busy);
}

/* Of start bit, eight bits and stop bit. BAUDRATE counts 16 MHz / 2^32. */
static int64_t character_ns(const struct nrf_uart *s)
{
    uint64_t bits_per_second = (s->baudrate * UINT64_C(16000000)) >> 32;

    return 10 * INT64_C(1000000000) / (int64_t)MAX(bits_per_second, MIN_BAUD);
}

static void rx_done(void *opaque)
{
    struct nrf_uart *s = opaque;

    if (s->chardev)
        chardev_accept_input(s->chardev);
}

static void host_read(void *opaque, const uint8_t *buf, size_t len)
{
    struct nrf_uart *s = opaque;

    for (; len && s->rx_count < FIFO_SIZE; len--)
        s->rx[(s->rx_head + s->rx_count++) % FIFO_SIZE] = *buf++;
    s->events.set |= NRF_EVENT(RXDRDY);
    timer_set(&s->rx_busy, clock_now() + character_ns(s));
    update_irq(s);
}

static void host_event(void *opaque, enum chardev_event e)
{
    struct nrf_uart *s = opaque;

    if (e == CHARDEV_ROOM && s->tx_full) {
        s->tx_full = false;
        s->events.set |= NRF_EVENT(TXDRDY);
        update_irq(s);
    }
}

static void transmit(struct nrf_uart *s, uint8_t byte)
{
    if (!s->tx_on || s->enable != ENABLED) {
        device_guest_error(&s->dev, "output while the transmitter is not started");
        return;
    }
    if (s->chardev) {
        chardev_write(s->chardev, &byte, 1);
        s->tx_full = !chardev_room(s->chardev);
    }
    if (!s->tx_full)
        s->events.set |= NRF_EVENT(TXDRDY);
}

/* Another character behind it is ready, too. */
static uint8_t receive(struct nrf_uart *s)
{
    uint8_t c = s->rx[s->rx_head];

    if (!s->rx_count)
        return 0;
    s->rx_head = (s->rx_head + 1) % FIFO_SIZE;
    if (--s->rx_count)
        s->events.set |= NRF_EVENT(RXDRDY);
    if (s->chardev)
        chardev_accept_input(s->chardev);
    return c;
}

/* -- Registers -- */

static uint64_t uart_read(void *opaque, uint64_t offset, unsigned size)
{
    struct nrf_uart *s = opaque;
    uint64_t v;

    if (nrf_events_read(&s->events, offset, EVENTS, &v))
        return v;
    if (offset >= PSELRTS && offset <= PSELRXD)
        return s->psel[(offset - PSELRTS) / 4];
    switch (offset) {
    case NRF_SHORTS: return s->shorts;
    case INTEN: return s->events.inten;
    case ERRORSRC: return s->errorsrc;
    case ENABLE: return s->enable;
    case RXD:
        v = receive(s);
        update_irq(s);
        return v;
    case TXD: return 0;
    case BAUDRATE: return s->baudrate;
    case CONFIG: return s->config;
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void start_task(struct nrf_uart *s, uint64_t offset)
{
    switch (offset) {
    case STARTRX:
        s->rx_on = true;
        if (s->chardev)
            chardev_accept_input(s->chardev);
        break;
    case STOPRX:
        s->rx_on = false;
        s->events.set |= NRF_EVENT(RXTO);
        break;
    case STARTTX: s->tx_on = true; break;
    case STOPTX: s->tx_on = false; break;
    case SUSPEND: s->rx_on = s->tx_on = false; break;
    }
}

static void write_register(struct nrf_uart *s, uint64_t offset, uint32_t value)
{
    switch (offset) {
    case STARTRX: case STOPRX: case STARTTX: case STOPTX: case SUSPEND:
        if (value & 1)
            start_task(s, offset);
        break;
    case NRF_SHORTS: s->shorts = value & 0x18; break;
    case INTEN: s->events.inten = value & EVENTS; break;
    case ERRORSRC: s->errorsrc &= ~value; break;
    case ENABLE:
        s->enable = value & 7;
        if (receives(s) && s->chardev)
            chardev_accept_input(s->chardev);
        break;
    case TXD: transmit(s, value); break;
    case BAUDRATE: s->baudrate = value; break;
    case CONFIG: s->config = value & 0xf; break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
    }
}

static void uart_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct nrf_uart *s = opaque;

    if (offset >= PSELRTS && offset <= PSELRXD)
        s->psel[(offset - PSELRTS) / 4] = value;
    else if (!nrf_events_write(&s->events, offset, EVENTS, value))
        write_register(s, offset, value);
    update_irq(s);
}

static const struct io_ops uart_ops = { .read = uart_read, .write = uart_write, .min_size = 4, .max_size = 4 };

/* -- Life -- */

static bool uart_realize(struct device *d, GError **err)
{
    struct nrf_uart *s = container_of(d, struct nrf_uart, dev);
    const struct chardev_client client = { .can_read = host_can_read, .read = host_read, .event = host_event,
                                           .opaque = s };

    timer_init(&s->rx_busy, rx_done, s, &d->lock);
    if (!uart_line_attach(d, s->chardev, client, err))
        return false;
    device_add_io(d, "nrf-uart", &uart_ops, NRF_REGION_BYTES);
    return true;
}

static void uart_unrealize(struct device *d)
{
    struct nrf_uart *s = container_of(d, struct nrf_uart, dev);

    timer_cancel(&s->rx_busy);
    uart_line_detach(s->chardev, s);
}

static void uart_reset(struct device *d)
{
    update_irq(container_of(d, struct nrf_uart, dev));
}

static const struct property uart_props[] = {
    PROP_NAMES("chardev", struct nrf_uart, chardev, chardev_prop, "host end of the line"),
    PROP_END,
};

static const struct state_row uart_fields[] = {
    FIELD_STRUCT(struct nrf_uart, events, &nrf_events_table),
    FIELD_ARRAY(struct nrf_uart, rx, 0),
    FIELD(struct nrf_uart, rx_head, 0),
    FIELD(struct nrf_uart, rx_count, 0),
    FIELD(struct nrf_uart, rx_on, 0),
    FIELD(struct nrf_uart, tx_on, 0),
    FIELD_KEEP(struct nrf_uart, tx_full), /* the host's end is not reset */
    FIELD(struct nrf_uart, errorsrc, 0),
    FIELD(struct nrf_uart, enable, 0),
    FIELD_ARRAY(struct nrf_uart, psel, UINT32_MAX),
    FIELD(struct nrf_uart, baudrate, 0x04000000),
    FIELD(struct nrf_uart, config, 0),
    FIELD(struct nrf_uart, shorts, 0),
    FIELD_TIMER(struct nrf_uart, rx_busy),
    FIELD_END,
};

static bool uart_loaded(void *obj, unsigned version, GError **err)
{
    const struct nrf_uart *s = obj;

    if (s->rx_head < FIFO_SIZE && s->rx_count <= FIFO_SIZE)
        return true;
    fail(err, "the receiver has %u characters from %u on", s->rx_count, s->rx_head);
    return false;
}

static void uart_resume(void *obj, bool loaded)
{
    struct nrf_uart *s = obj;

    uart_line_resume(s->chardev, host_event, s);
}

static const struct state_table uart_state = {
    STATE_OF(struct nrf_uart),
    .version = 1,
    .rows = uart_fields,
    .loaded = uart_loaded,
    .resume = uart_resume,
};

static const char *const uart_compatible[] = { "nordic,nrf-uart", NULL };

const struct device_type nrf_uart_type = {
    .name = "nrf51_soc.uart",
    .desc = "nRF51 UART",
    .compatible = uart_compatible,
    .size = sizeof(struct nrf_uart),
    .props = uart_props,
    .state = &uart_state,
    .realize = uart_realize,
    .unrealize = uart_unrealize,
    .reset = uart_reset,
};
