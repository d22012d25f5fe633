/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SiFive's UART. Manual: "SiFive FU540-C000 Manual" v1p0, chapter 13; binding: sifive,uart0. Not modelled: the time a
 * character takes; so the transmitter's FIFO is empty unless the host's end is full.
 */
#include <inttypes.h>

#include "chardev.h"
#include "device.h"
#include "uart.h"

enum { TXDATA = 0x00, RXDATA = 0x04, TXCTRL = 0x08, RXCTRL = 0x0c, IE = 0x10, IP = 0x14, DIV = 0x18,
       REGION_BYTES = 0x1000 };
enum { CTRL_ENABLE = 1, CTRL_COUNT_SHIFT = 16, TXCTRL_MASK = 0x70003, RXCTRL_MASK = 0x70001 };
enum { INT_TX = 1, INT_RX = 2 };
#define NO_ROOM (UINT32_C(1) << 31) /* txdata: the FIFO is full; rxdata: it is empty */
#define FIFO 8

struct sifive_uart {
    struct device dev;
    struct chardev *chardev;
    uint32_t txctrl, rxctrl, ie, div;
    uint8_t rx[FIFO];
    uint8_t rx_count, tx_count; /* tx_count: characters that wait for the host's end */
    uint8_t tx[FIFO];
};

static unsigned watermark(uint32_t ctrl)
{
    return ctrl >> CTRL_COUNT_SHIFT & 7;
}

static uint32_t pending(const struct sifive_uart *s)
{
    return (s->tx_count < watermark(s->txctrl) ? INT_TX : 0) | (s->rx_count > watermark(s->rxctrl) ? INT_RX : 0);
}

static void update_irq(struct sifive_uart *s)
{
    device_irq(&s->dev, 0, pending(s) & s->ie);
}

/* -- Host -- */

static size_t host_can_read(void *opaque)
{
    struct sifive_uart *s = opaque;

    return s->rxctrl & CTRL_ENABLE ? FIFO - s->rx_count : 0;
}

static void host_read(void *opaque, const uint8_t *buf, size_t len)
{
    struct sifive_uart *s = opaque;

    for (; len && s->rx_count < FIFO; len--)
        s->rx[s->rx_count++] = *buf++;
    update_irq(s);
}

/* Send what waits while there is room. */
static void send(struct sifive_uart *s)
{
    unsigned n = 0;

    while (n < s->tx_count && (!s->chardev || chardev_room(s->chardev))) {
        if (s->chardev)
            chardev_write(s->chardev, &s->tx[n], 1);
        n++;
    }
    s->tx_count -= n;
    for (unsigned i = 0; i < s->tx_count; i++)
        s->tx[i] = s->tx[i + n];
}

static void host_event(void *opaque, enum chardev_event e)
{
    struct sifive_uart *s = opaque;

    if (e != CHARDEV_ROOM)
        return;
    if (s->txctrl & CTRL_ENABLE)
        send(s);
    update_irq(s);
}

/* -- Registers -- */

static uint32_t receive(struct sifive_uart *s)
{
    if (!s->rx_count)
        return NO_ROOM;
    uint8_t byte = s->rx[0];
    s->rx_count--;
    for (unsigned i = 0; i < s->rx_count; i++)
        s->rx[i] = s->rx[i + 1];
    if (s->chardev)
        chardev_accept_input(s->chardev);
    return byte;
}

static uint64_t uart_read(void *opaque, uint64_t offset, unsigned size)
{
    struct sifive_uart *s = opaque;
    uint32_t v;

    switch (offset) {
    case TXDATA: return s->tx_count == FIFO ? NO_ROOM : 0;
    case RXDATA:
        v = receive(s);
        update_irq(s);
        return v;
    case TXCTRL: return s->txctrl;
    case RXCTRL: return s->rxctrl;
    case IE: return s->ie;
    case IP: return pending(s);
    case DIV: return s->div;
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void uart_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct sifive_uart *s = opaque;

    switch (offset) {
    case TXDATA:
        if (s->tx_count < FIFO)
            s->tx[s->tx_count++] = value;
        break;
    case TXCTRL: s->txctrl = value & TXCTRL_MASK; break;
    case RXCTRL:
        s->rxctrl = value & RXCTRL_MASK;
        if ((s->rxctrl & CTRL_ENABLE) && s->chardev)
            chardev_accept_input(s->chardev);
        break;
    case IE: s->ie = value & (INT_TX | INT_RX); break;
    case DIV: s->div = value & 0xffff; break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
    }
    if (s->txctrl & CTRL_ENABLE)
        send(s);
    update_irq(s);
}

static const struct io_ops uart_ops = { .read = uart_read, .write = uart_write, .min_size = 4, .max_size = 4 };

/* -- Life -- */

static bool uart_realize(struct device *d, GError **err)
{
    struct sifive_uart *s = container_of(d, struct sifive_uart, dev);
    const struct chardev_client client = { .can_read = host_can_read, .read = host_read, .event = host_event,
                                           .opaque = s };

    if (!uart_line_attach(d, s->chardev, client, err))
        return false;
    device_add_io(d, "sifive-uart", &uart_ops, REGION_BYTES);
    return true;
}

static void uart_unrealize(struct device *d)
{
    struct sifive_uart *s = container_of(d, struct sifive_uart, dev);

    uart_line_detach(s->chardev, s);
}

static void uart_reset(struct device *d)
{
    update_irq(container_of(d, struct sifive_uart, dev));
}

static const struct property uart_props[] = {
    PROP_NAMES("chardev", struct sifive_uart, chardev, chardev_prop, "host end of the line"),
    PROP_END,
};

static const struct state_row uart_fields[] = {
    FIELD(struct sifive_uart, txctrl, 0),
    FIELD(struct sifive_uart, rxctrl, 0),
    FIELD(struct sifive_uart, ie, 0),
    FIELD(struct sifive_uart, div, 0),
    FIELD_ARRAY(struct sifive_uart, rx, 0),
    FIELD_ARRAY(struct sifive_uart, tx, 0),
    FIELD(struct sifive_uart, rx_count, 0),
    FIELD(struct sifive_uart, tx_count, 0),
    FIELD_END,
};

static bool uart_loaded(void *obj, unsigned version, GError **err)
{
    const struct sifive_uart *s = obj;

    if (s->rx_count <= FIFO && s->tx_count <= FIFO)
        return true;
    fail(err, "more than %u characters in a FIFO", FIFO);
    return false;
}

static void uart_resume(void *obj, bool loaded)
{
    struct sifive_uart *s = obj;

    uart_line_resume(s->chardev, host_event, s);
}

static const struct state_table uart_state = {
    STATE_OF(struct sifive_uart),
    .version = 1,
    .rows = uart_fields,
    .loaded = uart_loaded,
    .resume = uart_resume,
};

static const char *const uart_compatible[] = { "sifive,uart0", NULL };

const struct device_type sifive_uart_type = {
    .name = "riscv.sifive.uart",
    .desc = "SiFive UART",
    .compatible = uart_compatible,
    .size = sizeof(struct sifive_uart),
    .props = uart_props,
    .state = &uart_state,
    .realize = uart_realize,
    .unrealize = uart_unrealize,
    .reset = uart_reset,
};
