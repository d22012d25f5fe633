/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The auxiliary peripherals of a BCM2835: their enables, and the mini-UART. Manual: Broadcom, "BCM2835 ARM Peripherals",
 * chapter 2, with its errata (bits 0 and 1 of AUX_MU_IER are swapped there); bindings: brcm,bcm2835-aux,
 * brcm,bcm2835-aux-uart. A disabled UART sends and receives too, as in QEMU.
 * Not modelled: the two SPI masters, the time a character takes, modem lines, breaks.
 */
#include <inttypes.h>

#include "chardev.h"
#include "device.h"

enum { AUX_IRQ = 0x00, AUX_ENABLES = 0x04, AUX_BYTES = 0x08 };
enum { AUX_UART = 1, AUX_ALL = 7 };

enum {
    MU_IO = 0x00, MU_IER = 0x04, MU_IIR = 0x08, MU_LCR = 0x0c, MU_MCR = 0x10, MU_LSR = 0x14, MU_MSR = 0x18,
    MU_SCRATCH = 0x1c, MU_CNTL = 0x20, MU_STAT = 0x24, MU_BAUD = 0x28, MU_BYTES = 0x40,
};
enum { IER_RX = 1, IER_TX = 2, IER_ALL = 0xf };
enum { IIR_NONE = 1, IIR_TX = 2, IIR_RX = 4, IIR_FIFOS = 0xc0, IIR_CLEAR_RX = 2 };
enum { LCR_DLAB = 0x80, LCR_MASK = 0xc3 };
enum { LSR_READY = 1, LSR_OVERRUN = 2, LSR_TX_EMPTY = 0x20, LSR_TX_IDLE = 0x40 };
enum { STAT_READY = 1, STAT_TX_SPACE = 2, STAT_RX_IDLE = 4, STAT_TX_IDLE = 8, STAT_OVERRUN = 0x10, STAT_TX_FULL = 0x20,
       STAT_TX_EMPTY = 0x100, STAT_TX_DONE = 0x200 };
enum { CNTL_RX = 1, CNTL_TX = 2 };

#define FIFO_SIZE 8

struct mini_uart {
    struct device dev;
    struct chardev *chardev;

    uint8_t rx[FIFO_SIZE], rx_head, rx_count;
    uint8_t ier, lcr, mcr, scratch, cntl;
    uint16_t baud;
    bool overrun; /* characters were lost since MU_LSR was read */
    bool tx_full; /* the host takes no more for now */
    bool level;   /* of the interrupt. Atomic: AUX_IRQ shows it */
};

/* -- Interrupt -- */

static uint8_t pending(const struct mini_uart *s)
{
    if ((s->ier & IER_RX) && s->rx_count)
        return IIR_RX;
    return (s->ier & IER_TX) && !s->tx_full ? IIR_TX : IIR_NONE;
}

static void update_irq(struct mini_uart *s)
{
    bool level = pending(s) != IIR_NONE;

    __atomic_store_n(&s->level, level, __ATOMIC_RELAXED);
    device_irq(&s->dev, 0, level);
}

/* -- Receiver and transmitter -- */

static void accept_input(struct mini_uart *s)
{
    if (s->chardev)
        chardev_accept_input(s->chardev);
}

static size_t host_can_read(void *opaque)
{
    struct mini_uart *s = opaque;

    return FIFO_SIZE - s->rx_count;
}

static void host_read(void *opaque, const uint8_t *buf, size_t len)
{
    struct mini_uart *s = opaque;

    for (; len; len--, buf++) {
        if (s->rx_count == FIFO_SIZE)
            s->overrun = true;
        else
            s->rx[(s->rx_head + s->rx_count++) % FIFO_SIZE] = *buf;
    }
    update_irq(s);
}

static void host_event(void *opaque, enum chardev_event e)
{
    struct mini_uart *s = opaque;

    if (e == CHARDEV_ROOM)
        s->tx_full = false;
    update_irq(s);
}

static uint8_t pop_rx(struct mini_uart *s)
{
    uint8_t c = s->rx[s->rx_head];

    if (!s->rx_count)
        return 0;
    s->rx_head = (s->rx_head + 1) % FIFO_SIZE;
    s->rx_count--;
    accept_input(s);
    return c;
}

static void transmit(struct mini_uart *s, uint8_t byte)
{
    if (!s->chardev)
        return;
    chardev_write(s->chardev, &byte, 1);
    s->tx_full = !chardev_room(s->chardev);
}

/* -- Registers -- */

static uint8_t line_status(struct mini_uart *s)
{
    uint8_t v = (s->rx_count ? LSR_READY : 0) | (s->overrun ? LSR_OVERRUN : 0) |
                (s->tx_full ? 0 : LSR_TX_EMPTY | LSR_TX_IDLE);

    s->overrun = false;
    return v;
}

static uint32_t extra_status(const struct mini_uart *s)
{
    return (s->rx_count ? STAT_READY : 0) | STAT_RX_IDLE | (s->overrun ? STAT_OVERRUN : 0) |
           (s->tx_full ? STAT_TX_FULL : STAT_TX_SPACE | STAT_TX_IDLE | STAT_TX_EMPTY | STAT_TX_DONE) |
           (uint32_t)s->rx_count << 16;
}

static uint64_t mini_uart_read(void *opaque, uint64_t offset, unsigned size)
{
    struct mini_uart *s = opaque;
    uint8_t byte;

    switch (offset) {
    case MU_IO:
        if (s->lcr & LCR_DLAB)
            return s->baud & 0xff;
        byte = pop_rx(s);
        update_irq(s);
        return byte;
    case MU_IER: return s->lcr & LCR_DLAB ? s->baud >> 8 : IIR_FIFOS | s->ier;
    case MU_IIR: return IIR_FIFOS | pending(s);
    case MU_LCR: return s->lcr;
    case MU_MCR: return s->mcr;
    case MU_LSR: return line_status(s);
    case MU_MSR: return 0;
    case MU_SCRATCH: return s->scratch;
    case MU_CNTL: return s->cntl;
    case MU_STAT: return extra_status(s);
    case MU_BAUD: return s->baud;
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no register", offset);
    return 0;
}

static void write_io(struct mini_uart *s, uint8_t value)
{
    if (s->lcr & LCR_DLAB)
        s->baud = with_bits(s->baud, 0, 8, value);
    else
        transmit(s, value);
}

static void write_ier(struct mini_uart *s, uint8_t value)
{
    if (s->lcr & LCR_DLAB)
        s->baud = with_bits(s->baud, 8, 8, value);
    else
        s->ier = value & IER_ALL;
}

static void write_iir(struct mini_uart *s, uint8_t value)
{
    if (!(value & IIR_CLEAR_RX))
        return;
    s->rx_count = 0;
    accept_input(s);
}

static void mini_uart_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct mini_uart *s = opaque;

    switch (offset) {
    case MU_IO: write_io(s, value); break;
    case MU_IER: write_ier(s, value); break;
    case MU_IIR: write_iir(s, value); break;
    case MU_LCR: s->lcr = value & LCR_MASK; break;
    case MU_MCR: s->mcr = value & 2; break;
    case MU_SCRATCH: s->scratch = value; break;
    case MU_CNTL: s->cntl = value; break;
    case MU_BAUD: s->baud = value; break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
    }
    update_irq(s);
}

static const struct io_ops mini_uart_ops = {
    .read = mini_uart_read, .write = mini_uart_write, .min_size = 4, .max_size = 4
};

/* -- Life -- */

static bool mini_uart_realize(struct device *d, GError **err)
{
    struct mini_uart *s = container_of(d, struct mini_uart, dev);
    const struct chardev_client client = { .can_read = host_can_read, .read = host_read, .event = host_event, .opaque = s,
                                           .lock = &d->lock, .guest = true };

    if (s->chardev && !chardev_attach(s->chardev, &client, err)) {
        g_prefix_error(err, "-serial: ");
        return false;
    }
    device_add_io(d, "bcm2835-aux-uart", &mini_uart_ops, MU_BYTES);
    return true;
}

static void mini_uart_unrealize(struct device *d)
{
    struct mini_uart *s = container_of(d, struct mini_uart, dev);

    if (s->chardev)
        chardev_detach(s->chardev, s);
}

static void mini_uart_reset(struct device *d)
{
    update_irq(container_of(d, struct mini_uart, dev));
}

static const struct property mini_uart_props[] = {
    PROP_NAMES("chardev", struct mini_uart, chardev, chardev_prop, "host end of the line"),
    PROP_END,
};

static const struct state_row mini_uart_fields[] = {
    FIELD_ARRAY(struct mini_uart, rx, 0),
    FIELD(struct mini_uart, rx_head, 0),
    FIELD(struct mini_uart, rx_count, 0),
    FIELD(struct mini_uart, ier, 0),
    FIELD(struct mini_uart, lcr, 0),
    FIELD(struct mini_uart, mcr, 0),
    FIELD(struct mini_uart, scratch, 0),
    FIELD(struct mini_uart, cntl, CNTL_RX | CNTL_TX),
    FIELD(struct mini_uart, baud, 0),
    FIELD(struct mini_uart, overrun, 0),
    FIELD_KEEP(struct mini_uart, tx_full), /* the host's end is not reset */
    FIELD(struct mini_uart, level, 0),
    FIELD_END,
};

static bool mini_uart_loaded(void *obj, unsigned version, GError **err)
{
    const struct mini_uart *s = obj;

    if (s->rx_head < FIFO_SIZE && s->rx_count <= FIFO_SIZE)
        return true;
    fail(err, "the receiver has %u characters from %u on", s->rx_count, s->rx_head);
    return false;
}

/* The host's end may be another, with other ideas of who waits for whom. */
static void mini_uart_resume(void *obj, bool loaded)
{
    struct mini_uart *s = obj;

    if (!s->chardev)
        return;
    if (chardev_room(s->chardev))
        host_event(s, CHARDEV_ROOM);
    accept_input(s);
}

static const struct state_table mini_uart_state = {
    STATE_OF(struct mini_uart),
    .version = 1,
    .rows = mini_uart_fields,
    .loaded = mini_uart_loaded,
    .resume = mini_uart_resume,
};

static const char *const mini_uart_compatible[] = { "brcm,bcm2835-aux-uart", NULL };

const struct device_type bcm2835_aux_uart_type = {
    .name = "bcm2835-aux-uart",
    .desc = "BCM2835 mini-UART",
    .compatible = mini_uart_compatible,
    .size = sizeof(struct mini_uart),
    .props = mini_uart_props,
    .state = &mini_uart_state,
    .realize = mini_uart_realize,
    .unrealize = mini_uart_unrealize,
    .reset = mini_uart_reset,
};

/* -- Enables -- */

struct aux {
    struct device dev;
    uint8_t enables; /* 1 as in QEMU: the UART's registers can be had at once */
};

static void look_at(struct device *d, void *opaque)
{
    if (d->type == &bcm2835_aux_uart_type)
        *(struct device **)opaque = d;
}

static bool uart_interrupts(const struct aux *s)
{
    struct device *d = NULL;

    device_foreach(s->dev.machine, look_at, &d);
    return d && __atomic_load_n(&container_of(d, struct mini_uart, dev)->level, __ATOMIC_RELAXED);
}

static uint64_t aux_read(void *opaque, uint64_t offset, unsigned size)
{
    struct aux *s = opaque;

    return offset == AUX_IRQ ? (uart_interrupts(s) ? AUX_UART : 0) : s->enables;
}

static void aux_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct aux *s = opaque;

    if (offset == AUX_ENABLES)
        s->enables = value & AUX_ALL;
    if (offset == AUX_ENABLES && (value & (AUX_ALL & ~AUX_UART)))
        log_to(LOG_UNIMP, "%s: the SPI masters are not modelled\n", s->dev.type->name);
}

static const struct io_ops aux_ops = { .read = aux_read, .write = aux_write, .min_size = 4, .max_size = 4 };

static bool aux_realize(struct device *d, GError **err)
{
    device_add_io(d, "bcm2835-aux", &aux_ops, AUX_BYTES);
    return true;
}

static const struct state_row aux_fields[] = {
    FIELD(struct aux, enables, AUX_UART),
    FIELD_END,
};

static const struct state_table aux_state = { STATE_OF(struct aux), .version = 1, .rows = aux_fields };

static const char *const aux_compatible[] = { "brcm,bcm2835-aux", NULL };

const struct device_type bcm2835_aux_type = {
    .name = "bcm2835-aux",
    .desc = "BCM2835 auxiliary peripherals' enables",
    .compatible = aux_compatible,
    .size = sizeof(struct aux),
    .state = &aux_state,
    .realize = aux_realize,
};
