/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ARM PrimeCell UART. Manual: ARM DDI 0183, "PrimeCell UART (PL011) Technical Reference Manual", r1p4; binding:
 * arm,pl011. Output 0 is UARTINTR; 1 to 5, where they are wired, are UARTRXINTR, UARTTXINTR, UARTRTINTR, UARTMSINTR and
 * UARTEINTR. A disabled UART sends and receives too, as in QEMU: firmware relies on it. Not modelled: the time a
 * character takes (output is sent at once, so the transmit FIFO is always empty; input comes as fast as the guest takes
 * it; only the receive timeout follows the divisor), parity and framing errors, IrDA, DMA.
 */
#include <inttypes.h>

#include "chardev.h"
#include "device.h"

enum {
    UARTDR = 0x00, UARTRSR = 0x04, UARTFR = 0x18, UARTILPR = 0x20, UARTIBRD = 0x24, UARTFBRD = 0x28, UARTLCR_H = 0x2c,
    UARTCR = 0x30, UARTIFLS = 0x34, UARTIMSC = 0x38, UARTRIS = 0x3c, UARTMIS = 0x40, UARTICR = 0x44, UARTDMACR = 0x48,
    UARTPERIPHID0 = 0xfe0, REGION_BYTES = 0x1000,
};

enum { DR_BE = 1 << 10, DR_OE = 1 << 11, RSR_OE = 1 << 3 };
enum { FR_CTS = 1, FR_DSR = 2, FR_DCD = 4, FR_TXFE = 0x80, FR_RXFF = 0x40, FR_TXFF = 0x20, FR_RXFE = 0x10, FR_BUSY = 8,
       FR_RI = 0x100 };
enum { LCR_BRK = 1, LCR_FEN = 0x10 };
enum { CR_UARTEN = 1, CR_LBE = 0x80, CR_TXE = 0x100, CR_RXE = 0x200, CR_DTR = 0x400, CR_RTS = 0x800, CR_OUT1 = 0x1000,
       CR_OUT2 = 0x2000, CR_MASK = 0xff87 };
/* Interrupts: RIS, MIS, IMSC and ICR have a bit for each. */
enum { INT_RI = 1, INT_CTS = 2, INT_DCD = 4, INT_DSR = 8, INT_RX = 0x10, INT_TX = 0x20, INT_RT = 0x40, INT_BE = 0x200,
       INT_OE = 0x400, INT_MS = 0xf, INT_ERRORS = 0x780, INT_ALL = 0x7ff };

#define FIFO_SIZE 16
#define RT_BITS 32              /* of silence, until the receive timeout */
#define MAX_TIMEOUT_NS 10000000 /* a slow divisor does not make typing slow */

static const uint8_t ids[] = { 0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };
static const uint16_t outputs[] = { INT_ALL, INT_RX, INT_TX, INT_RT, INT_MS, INT_ERRORS };

struct pl011 {
    struct device dev;
    struct chardev *chardev;
    uint32_t clock_frequency;

    uint16_t rx[FIFO_SIZE]; /* as UARTDR shows them */
    uint8_t rx_head, rx_count;
    bool overrun;  /* characters were lost behind the last one in the FIFO: the next one says so */
    uint8_t rsr, ilpr, lcr_h, ifls, dmacr, fbrd;
    uint16_t ibrd, cr, modem, imsc, ris;
    bool tx_full;  /* the host takes no more for now */
    struct timer timeout;
};

static unsigned fifo_limit(const struct pl011 *s)
{
    return s->lcr_h & LCR_FEN ? FIFO_SIZE : 1;
}

/* Characters that raise the receive interrupt. */
static unsigned trigger_level(const struct pl011 *s)
{
    static const uint8_t eighths[8] = { 1, 2, 4, 6, 7, 7, 7, 7 };

    return s->lcr_h & LCR_FEN ? FIFO_SIZE / 8 * eighths[s->ifls >> 3 & 7] : 1;
}

static void update_irq(struct pl011 *s)
{
    for (unsigned i = 0; i < ARRAY_SIZE(outputs); i++)
        device_irq(&s->dev, i, s->ris & s->imsc & outputs[i]);
}

/* -- Receiver -- */

static int64_t timeout_ns(const struct pl011 *s)
{
    uint64_t divisor = (uint64_t)s->ibrd << 6 | s->fbrd; /* in 64ths; a bit takes 16 clocks of it */
    uint64_t ns = RT_BITS * 16 * (divisor ? divisor : 64) * 1000000000 / 64 / s->clock_frequency;

    return ns < MAX_TIMEOUT_NS ? ns : MAX_TIMEOUT_NS;
}

/* The FIFO was filled or drained. */
static void restart_timeout(struct pl011 *s)
{
    if (s->rx_count)
        timer_set(&s->timeout, clock_now() + timeout_ns(s));
    else
        timer_cancel(&s->timeout);
}

static void timed_out(void *opaque)
{
    struct pl011 *s = opaque;

    if (s->rx_count)
        s->ris |= INT_RT;
    update_irq(s);
}

static void push_rx(struct pl011 *s, uint16_t c)
{
    if (s->rx_count == fifo_limit(s)) {
        s->overrun = true;
        s->ris |= INT_OE;
        return;
    }
    if (s->overrun)
        c |= DR_OE;
    s->overrun = false;
    s->rx[(s->rx_head + s->rx_count++) % FIFO_SIZE] = c;
    if (c & DR_BE)
        s->ris |= INT_BE;
    if (s->rx_count == trigger_level(s))
        s->ris |= INT_RX;
    restart_timeout(s);
}

static uint16_t pop_rx(struct pl011 *s)
{
    uint16_t c = s->rx[s->rx_head];

    if (!s->rx_count)
        return 0;
    s->rx_head = (s->rx_head + 1) % FIFO_SIZE;
    s->rx_count--;
    s->rsr = c >> 8 & 0xf;
    if (s->rx_count == 0)
        s->ris &= ~INT_RT;
    if (s->rx_count < trigger_level(s))
        s->ris &= ~INT_RX;
    restart_timeout(s);
    if (s->chardev)
        chardev_accept_input(s->chardev);
    return c;
}

static void clear_fifos(struct pl011 *s)
{
    s->rx_head = s->rx_count = 0;
    s->overrun = false;
    restart_timeout(s);
    if (s->chardev)
        chardev_accept_input(s->chardev);
}

static size_t host_can_read(void *opaque)
{
    struct pl011 *s = opaque;

    return s->cr & CR_LBE ? 0 : fifo_limit(s) - s->rx_count;
}

static void host_read(void *opaque, const uint8_t *buf, size_t len)
{
    struct pl011 *s = opaque;

    while (len--)
        push_rx(s, *buf++);
    update_irq(s);
}

static void host_event(void *opaque, enum chardev_event e)
{
    struct pl011 *s = opaque;

    if (e == CHARDEV_ROOM && s->tx_full) {
        s->tx_full = false;
        s->ris |= INT_TX;
    }
    if (e == CHARDEV_BREAK && !(s->cr & CR_LBE))
        push_rx(s, DR_BE);
    update_irq(s);
}

/* -- Transmitter and modem lines -- */

static void transmit(struct pl011 *s, uint8_t byte)
{
    if ((s->cr & (CR_UARTEN | CR_TXE)) != (CR_UARTEN | CR_TXE))
        device_guest_error(&s->dev, "output while the transmitter is disabled");
    if (s->cr & CR_LBE) {
        push_rx(s, byte);
    } else if (s->chardev) {
        chardev_write(s->chardev, &byte, 1);
        s->tx_full = !chardev_room(s->chardev);
    }
    if (!s->tx_full) /* it was full of one and is empty again */
        s->ris |= INT_TX;
}

/* The modem's inputs: with loopback UARTCR's outputs, else nothing is connected. */
static uint16_t modem_lines(const struct pl011 *s)
{
    if (!(s->cr & CR_LBE))
        return 0;
    return (s->cr & CR_RTS ? FR_CTS : 0) | (s->cr & CR_DTR ? FR_DSR : 0) | (s->cr & CR_OUT1 ? FR_DCD : 0) |
           (s->cr & CR_OUT2 ? FR_RI : 0);
}

static void write_cr(struct pl011 *s, uint16_t v)
{
    bool left_loop = (s->cr & CR_LBE) && !(v & CR_LBE);
    uint16_t changed;

    s->cr = v & CR_MASK;
    changed = s->modem ^ modem_lines(s);
    s->modem ^= changed;
    s->ris |= (changed & FR_RI ? INT_RI : 0) | (changed & FR_CTS ? INT_CTS : 0) | (changed & FR_DCD ? INT_DCD : 0) |
              (changed & FR_DSR ? INT_DSR : 0);
    if (left_loop && s->chardev)
        chardev_accept_input(s->chardev);
}

static void write_lcr_h(struct pl011 *s, uint8_t v)
{
    uint8_t changed = s->lcr_h ^ v;

    s->lcr_h = v;
    if (changed & LCR_FEN)
        clear_fifos(s);
    if ((changed & v & LCR_BRK) && (s->cr & CR_LBE))
        push_rx(s, DR_BE);
}

/* -- Registers -- */

static uint16_t flags(const struct pl011 *s)
{
    return s->modem | (s->tx_full ? FR_TXFF | FR_BUSY : FR_TXFE) | (s->rx_count ? 0 : FR_RXFE) |
           (s->rx_count == fifo_limit(s) ? FR_RXFF : 0);
}

static uint64_t pl011_read(void *opaque, uint64_t offset, unsigned size)
{
    struct pl011 *s = opaque;
    uint16_t v;

    switch (offset) {
    case UARTDR:
        v = pop_rx(s);
        update_irq(s);
        return v;
    case UARTRSR: return s->rsr;
    case UARTFR: return flags(s);
    case UARTILPR: return s->ilpr;
    case UARTIBRD: return s->ibrd;
    case UARTFBRD: return s->fbrd;
    case UARTLCR_H: return s->lcr_h;
    case UARTCR: return s->cr;
    case UARTIFLS: return s->ifls;
    case UARTIMSC: return s->imsc;
    case UARTRIS: return s->ris;
    case UARTMIS: return s->ris & s->imsc;
    case UARTDMACR: return s->dmacr;
    }
    if (offset >= UARTPERIPHID0)
        return ids[(offset - UARTPERIPHID0) / 4];
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void pl011_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct pl011 *s = opaque;

    switch (offset) {
    case UARTDR: transmit(s, value); break;
    case UARTRSR: s->rsr = 0; break; /* UARTECR */
    case UARTILPR: s->ilpr = value; break;
    case UARTIBRD: s->ibrd = value; break;
    case UARTFBRD: s->fbrd = value & 0x3f; break;
    case UARTLCR_H: write_lcr_h(s, value); break;
    case UARTCR: write_cr(s, value); break;
    case UARTIFLS: s->ifls = value & 0x3f; break;
    case UARTIMSC: s->imsc = value & INT_ALL; break;
    case UARTICR: s->ris &= ~value; break;
    case UARTDMACR:
        s->dmacr = value & 7;
        if (value & 3)
            log_to(LOG_UNIMP, "%s: DMA is not modelled\n", s->dev.type->name);
        break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
    }
    update_irq(s);
}

static const struct io_ops pl011_ops = { .read = pl011_read, .write = pl011_write, .min_size = 4, .max_size = 4 };

/* -- Life -- */

static bool pl011_realize(struct device *d, GError **err)
{
    struct pl011 *s = container_of(d, struct pl011, dev);
    const struct chardev_client client = { .can_read = host_can_read, .read = host_read, .event = host_event,
                                           .opaque = s, .lock = &d->lock, .guest = true };

    if (s->clock_frequency == 0) {
        fail(err, "%s: clock-frequency=0: expected a frequency in Hz", d->id);
        return false;
    }
    timer_init(&s->timeout, timed_out, s, &d->lock);
    if (s->chardev && !chardev_attach(s->chardev, &client, err)) {
        g_prefix_error(err, "-serial: ");
        return false;
    }
    device_add_io(d, "pl011", &pl011_ops, REGION_BYTES);
    return true;
}

static void pl011_unrealize(struct device *d)
{
    struct pl011 *s = container_of(d, struct pl011, dev);

    timer_cancel(&s->timeout);
    if (s->chardev)
        chardev_detach(s->chardev, s);
}

static void pl011_reset(struct device *d)
{
    update_irq(container_of(d, struct pl011, dev));
}

static const struct property pl011_props[] = {
    PROP_NAMES("chardev", struct pl011, chardev, chardev_prop, "host end of the line"),
    PROP_NAMED("clock-frequency", struct pl011, clock_frequency, U32, 24000000, "clock-frequency", "UARTCLK in Hz"),
    PROP_END,
};

static const struct state_row pl011_fields[] = {
    FIELD_ARRAY(struct pl011, rx, 0),
    FIELD(struct pl011, rx_head, 0),
    FIELD(struct pl011, rx_count, 0),
    FIELD(struct pl011, overrun, 0),
    FIELD(struct pl011, rsr, 0),
    FIELD(struct pl011, ilpr, 0),
    FIELD(struct pl011, lcr_h, 0),
    FIELD(struct pl011, ifls, 0x12),
    FIELD(struct pl011, dmacr, 0),
    FIELD(struct pl011, fbrd, 0),
    FIELD(struct pl011, ibrd, 0),
    FIELD(struct pl011, cr, CR_RXE | CR_TXE),
    FIELD(struct pl011, modem, 0),
    FIELD(struct pl011, imsc, 0),
    FIELD(struct pl011, ris, 0),
    FIELD_KEEP(struct pl011, tx_full), /* the host's end is not reset */
    FIELD_TIMER(struct pl011, timeout),
    FIELD_END,
};

static bool pl011_loaded(void *obj, unsigned version, GError **err)
{
    const struct pl011 *s = obj;

    if (s->rx_head < FIFO_SIZE && s->rx_count <= fifo_limit(s))
        return true;
    fail(err, "the receiver has %u characters from %u on", s->rx_count, s->rx_head);
    return false;
}

/* The host's end may be another, with other ideas of who waits for whom. */
static void pl011_resume(void *obj, bool loaded)
{
    struct pl011 *s = obj;

    if (!s->chardev)
        return;
    if (chardev_room(s->chardev))
        host_event(s, CHARDEV_ROOM);
    chardev_accept_input(s->chardev);
}

static const struct state_table pl011_state = {
    STATE_OF(struct pl011),
    .version = 1,
    .rows = pl011_fields,
    .loaded = pl011_loaded,
    .resume = pl011_resume,
};

static const char *const pl011_compatible[] = { "arm,pl011", "ti,stellaris-uart", "raspberrypi,pico-uart", NULL };

const struct device_type pl011_type = {
    .name = "pl011",
    .desc = "ARM PL011 UART",
    .compatible = pl011_compatible,
    .size = sizeof(struct pl011),
    .props = pl011_props,
    .state = &pl011_state,
    .realize = pl011_realize,
    .unrealize = pl011_unrealize,
    .reset = pl011_reset,
};
