/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The UART of ARM's Cortex-M System Design Kit. Manual: DDI 0479, "Cortex-M System Design Kit TRM", 4.3 (APB UART);
 * binding: arm,cmsdk-uart. Outputs: receive, transmit, overrun of either.
 * Not modelled: the time a character takes; the high-speed test mode.
 */
#include <inttypes.h>

#include "chardev.h"
#include "device.h"
#include "uart.h"

enum { DATA = 0x00, STATE = 0x04, CTRL = 0x08, INTSTATUS = 0x0c, BAUDDIV = 0x10, PID4 = 0xfd0, REGION_BYTES = 0x1000 };
enum { STATE_TXFULL = 1, STATE_RXFULL = 2, STATE_TXOVERRUN = 4, STATE_RXOVERRUN = 8 };
enum { CTRL_TX_EN = 1, CTRL_RX_EN = 2, CTRL_MASK = 0x7f };
/* Bits of INTSTATUS, and two higher in CTRL those that enable them. */
enum { INT_TX = 1, INT_RX = 2, INT_TXO = 4, INT_RXO = 8 };
enum { OUT_RX, OUT_TX, OUT_OVERRUN };

static const uint8_t ids[12] = { 0x04, 0, 0, 0, 0x21, 0xb8, 0x1b, 0, 0x0d, 0xf0, 0x05, 0xb1 };

struct cmsdk_uart {
    struct device dev;
    struct chardev *chardev;
    uint8_t state, ctrl, intstatus, rxbuf;
    uint32_t bauddiv;
};

static void update_irq(struct cmsdk_uart *s)
{
    device_irq(&s->dev, OUT_RX, s->intstatus & INT_RX);
    device_irq(&s->dev, OUT_TX, s->intstatus & INT_TX);
    device_irq(&s->dev, OUT_OVERRUN, s->intstatus & (INT_TXO | INT_RXO));
}

static void notify(struct cmsdk_uart *s, uint8_t what)
{
    s->intstatus |= what & s->ctrl >> 2;
    update_irq(s);
}

/* -- Host -- */

static size_t host_can_read(void *opaque)
{
    struct cmsdk_uart *s = opaque;

    return (s->ctrl & CTRL_RX_EN) && !(s->state & STATE_RXFULL);
}

static void host_read(void *opaque, const uint8_t *buf, size_t len)
{
    struct cmsdk_uart *s = opaque;

    if (!len)
        return;
    s->rxbuf = *buf;
    s->state |= STATE_RXFULL;
    notify(s, INT_RX);
}

static void host_event(void *opaque, enum chardev_event e)
{
    struct cmsdk_uart *s = opaque;

    if (e == CHARDEV_ROOM && (s->state & STATE_TXFULL)) {
        s->state &= ~STATE_TXFULL;
        notify(s, INT_TX);
    }
}

static void transmit(struct cmsdk_uart *s, uint8_t byte)
{
    if (!(s->ctrl & CTRL_TX_EN)) {
        device_guest_error(&s->dev, "output while the transmitter is disabled");
        return;
    }
    if (s->state & STATE_TXFULL) {
        s->state |= STATE_TXOVERRUN;
        notify(s, INT_TXO);
        return;
    }
    if (s->chardev) {
        chardev_write(s->chardev, &byte, 1);
        s->state |= chardev_room(s->chardev) ? 0 : STATE_TXFULL;
    }
    if (!(s->state & STATE_TXFULL))
        notify(s, INT_TX);
}

static uint8_t receive(struct cmsdk_uart *s)
{
    if (!(s->state & STATE_RXFULL))
        return s->rxbuf;
    s->state &= ~STATE_RXFULL;
    if (s->chardev)
        chardev_accept_input(s->chardev);
    return s->rxbuf;
}

/* -- Registers -- */

static uint64_t uart_read(void *opaque, uint64_t offset, unsigned size)
{
    struct cmsdk_uart *s = opaque;

    switch (offset) {
    case DATA: return receive(s);
    case STATE: return s->state;
    case CTRL: return s->ctrl;
    case INTSTATUS: return s->intstatus;
    case BAUDDIV: return s->bauddiv;
    }
    if (offset >= PID4)
        return ids[(offset - PID4) / 4];
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void uart_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct cmsdk_uart *s = opaque;

    switch (offset) {
    case DATA: transmit(s, value); break;
    case STATE: s->state &= ~(value & (STATE_TXOVERRUN | STATE_RXOVERRUN)); break;
    case CTRL:
        s->ctrl = value & CTRL_MASK;
        if ((s->ctrl & CTRL_RX_EN) && s->chardev)
            chardev_accept_input(s->chardev);
        break;
    case INTSTATUS: s->intstatus &= ~value; break;
    case BAUDDIV: s->bauddiv = value & 0xfffff; break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
    }
    update_irq(s);
}

static const struct io_ops uart_ops = { .read = uart_read, .write = uart_write, .min_size = 4, .max_size = 4 };

/* -- Life -- */

static bool uart_realize(struct device *d, GError **err)
{
    struct cmsdk_uart *s = container_of(d, struct cmsdk_uart, dev);
    const struct chardev_client client = { .can_read = host_can_read, .read = host_read, .event = host_event,
                                           .opaque = s };

    if (!uart_line_attach(d, s->chardev, client, err))
        return false;
    device_add_io(d, "cmsdk-uart", &uart_ops, REGION_BYTES);
    return true;
}

static void uart_unrealize(struct device *d)
{
    struct cmsdk_uart *s = container_of(d, struct cmsdk_uart, dev);

    uart_line_detach(s->chardev, s);
}

static void uart_reset(struct device *d)
{
    update_irq(container_of(d, struct cmsdk_uart, dev));
}

static const struct property uart_props[] = {
    PROP_NAMES("chardev", struct cmsdk_uart, chardev, chardev_prop, "host end of the line"),
    PROP_END,
};

static const struct state_row uart_fields[] = {
    FIELD(struct cmsdk_uart, state, 0),
    FIELD(struct cmsdk_uart, ctrl, 0),
    FIELD(struct cmsdk_uart, intstatus, 0),
    FIELD(struct cmsdk_uart, rxbuf, 0),
    FIELD(struct cmsdk_uart, bauddiv, 0),
    FIELD_END,
};

static void uart_resume(void *obj, bool loaded)
{
    struct cmsdk_uart *s = obj;

    uart_line_resume(s->chardev, host_event, s);
}

static const struct state_table uart_state = {
    STATE_OF(struct cmsdk_uart),
    .version = 1,
    .rows = uart_fields,
    .resume = uart_resume,
};

static const char *const uart_compatible[] = { "arm,cmsdk-uart", NULL };

const struct device_type cmsdk_uart_type = {
    .name = "cmsdk-apb-uart",
    .desc = "CMSDK UART",
    .compatible = uart_compatible,
    .size = sizeof(struct cmsdk_uart),
    .props = uart_props,
    .state = &uart_state,
    .realize = uart_realize,
    .unrealize = uart_unrealize,
    .reset = uart_reset,
};
