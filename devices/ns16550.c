/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The 16550 UART with FIFOs. Manual: National Semiconductor, "PC16550D Universal Asynchronous
 * Receiver/Transmitter with FIFOs"; binding: serial/8250.
 * Until a guest has read IIR since reset, its transmitter interrupt comes once for each time the transmitter has become
 * empty, and is not held until IIR is read: drivers that never do that run on QEMU, where they get away with it.
 * Not modelled: the time a character takes (output is sent at once, input comes as fast as the guest
 * takes it; only the receive timeout follows the divisor), parity and framing errors, DMA mode.
 */
#include <inttypes.h>

#include "chardev.h"
#include "device.h"

/* Registers, by offset >> reg-shift. */
enum { RBR = 0, THR = 0, DLL = 0, IER = 1, DLM = 1, IIR = 2, FCR = 2, LCR = 3, MCR = 4, LSR = 5, MSR = 6, SCR = 7 };

enum { IER_RDA = 1, IER_THRE = 2, IER_RLS = 4, IER_MS = 8 };
enum { IIR_NONE = 1, IIR_MS = 0, IIR_THRE = 2, IIR_RDA = 4, IIR_RLS = 6, IIR_TIMEOUT = 12, IIR_FIFOS = 0xc0 };
enum { FCR_ENABLE = 1, FCR_CLEAR_RX = 2, FCR_CLEAR_TX = 4, FCR_KEPT = 0xc9 };
enum { LCR_DLAB = 0x80 };
enum { MCR_DTR = 1, MCR_RTS = 2, MCR_OUT1 = 4, MCR_OUT2 = 8, MCR_LOOP = 16, MCR_MASK = 0x1f };
enum { LSR_DR = 1, LSR_OE = 2, LSR_BI = 16, LSR_THRE = 32, LSR_TEMT = 64, LSR_ERRORS = 0x1e };
enum { MSR_TERI = 4, MSR_DELTAS = 0x0f, MSR_CTS = 16, MSR_DSR = 32, MSR_RI = 64, MSR_DCD = 128 };

#define FIFO_SIZE 16
#define MAX_TIMEOUT_NS 10000000 /* a slow divisor does not make typing slow */

struct ns16550 {
    struct device dev;
    struct chardev *chardev;
    uint8_t reg_shift;
    uint32_t clock_frequency;

    uint16_t divisor;
    uint8_t ier, fcr, lcr, mcr, lsr, msr, scr;
    uint8_t thre_pending;    /* THRE interrupt not yet acknowledged */
    uint8_t iir_read;        /* since reset */
    uint8_t thre_seen;       /* LSR has shown THRE since the interrupt; counts until IIR is read for the first time */
    uint8_t timeout_pending; /* characters wait below the trigger level */
    uint8_t rx[FIFO_SIZE], rx_head, rx_count;
    bool tx_full;            /* the host takes no more for now: the transmitter stays busy */
    struct timer timeout;
};

static unsigned trigger_level(const struct ns16550 *s)
{
    static const uint8_t level[] = { 1, 4, 8, 14 };

    return s->fcr & FCR_ENABLE ? level[s->fcr >> 6] : 1;
}

static unsigned fifo_limit(const struct ns16550 *s)
{
    return s->fcr & FCR_ENABLE ? FIFO_SIZE : 1;
}

/* The interrupt of the highest priority as IIR shows it. */
static uint8_t interrupt_id(const struct ns16550 *s)
{
    if ((s->ier & IER_RLS) && (s->lsr & LSR_ERRORS))
        return IIR_RLS;
    if ((s->ier & IER_RDA) && s->timeout_pending)
        return IIR_TIMEOUT;
    if ((s->ier & IER_RDA) && s->rx_count >= trigger_level(s))
        return IIR_RDA;
    if ((s->ier & IER_THRE) && s->thre_pending)
        return IIR_THRE;
    if ((s->ier & IER_MS) && (s->msr & MSR_DELTAS))
        return IIR_MS;
    return IIR_NONE;
}

static bool can_pulse(const struct ns16550 *s)
{
    return s->dev.nirqs && s->dev.irqs[0].pulse;
}

static void update_irq(struct ns16550 *s)
{
    uint8_t id = interrupt_id(s);

    if (id == IIR_THRE && !s->iir_read && (s->thre_seen || can_pulse(s)))
        device_irq(&s->dev, 0, (s->ier & IER_MS) && (s->msr & MSR_DELTAS));
    else
        device_irq(&s->dev, 0, id != IIR_NONE);
}

/* The transmitter is empty, or as soon as the host takes more: CHARDEV_ROOM. */
static void set_thre(struct ns16550 *s)
{
    s->thre_pending = !s->tx_full;
    s->thre_seen = 0;
    if (s->thre_pending && (s->ier & IER_THRE) && !s->iir_read && can_pulse(s))
        irq_pulse(&s->dev.irqs[0]);
}

/* -- Receiver -- */

/* Four characters of ten bits at the programmed rate. */
static int64_t timeout_ns(const struct ns16550 *s)
{
    uint64_t bit_clocks = UINT64_C(16) * (s->divisor ? s->divisor : 1);
    uint64_t ns = 40 * bit_clocks * 1000000000 / (s->clock_frequency ? s->clock_frequency : 1);

    return ns < MAX_TIMEOUT_NS ? ns : MAX_TIMEOUT_NS;
}

/* The FIFO was filled or drained: restart or stop the timeout. */
static void restart_timeout(struct ns16550 *s)
{
    s->timeout_pending = 0;
    if ((s->fcr & FCR_ENABLE) && s->rx_count)
        timer_set(&s->timeout, clock_now() + timeout_ns(s));
    else
        timer_cancel(&s->timeout);
}

static void timed_out(void *opaque)
{
    struct ns16550 *s = opaque;

    if (s->rx_count)
        s->timeout_pending = 1;
    update_irq(s);
}

static void push_rx(struct ns16550 *s, uint8_t byte)
{
    if (s->rx_count >= fifo_limit(s)) {
        s->lsr |= LSR_OE;
        if (s->fcr & FCR_ENABLE)
            return; /* the FIFO keeps what it has, the shift register is overwritten */
        s->rx_count = 0;
    }
    s->rx[(s->rx_head + s->rx_count++) % FIFO_SIZE] = byte;
    s->lsr |= LSR_DR;
}

static uint8_t pop_rx(struct ns16550 *s)
{
    uint8_t byte = s->rx[s->rx_head];

    if (!s->rx_count)
        return 0;
    s->rx_head = (s->rx_head + 1) % FIFO_SIZE;
    if (!--s->rx_count)
        s->lsr &= ~(LSR_DR | LSR_BI);
    restart_timeout(s);
    if (s->chardev)
        chardev_accept_input(s->chardev);
    return byte;
}

static void clear_rx(struct ns16550 *s)
{
    s->rx_count = 0;
    s->lsr &= ~(LSR_DR | LSR_BI);
    restart_timeout(s);
    if (s->chardev)
        chardev_accept_input(s->chardev);
}

static size_t host_can_read(void *opaque)
{
    struct ns16550 *s = opaque;

    return s->mcr & MCR_LOOP ? 0 : fifo_limit(s) - s->rx_count;
}

static void host_read(void *opaque, const uint8_t *buf, size_t len)
{
    struct ns16550 *s = opaque;

    while (len--)
        push_rx(s, *buf++);
    restart_timeout(s);
    update_irq(s);
}

static void host_event(void *opaque, enum chardev_event e)
{
    struct ns16550 *s = opaque;

    if (e == CHARDEV_ROOM && s->tx_full) {
        s->tx_full = false;
        set_thre(s);
        update_irq(s);
    }
    if (e != CHARDEV_BREAK || (s->mcr & MCR_LOOP))
        return;
    push_rx(s, 0);
    s->lsr |= LSR_BI;
    restart_timeout(s);
    update_irq(s);
}

/* -- Transmitter and modem lines -- */

static void transmit(struct ns16550 *s, uint8_t byte)
{
    if (s->mcr & MCR_LOOP) {
        push_rx(s, byte);
        restart_timeout(s);
    } else if (s->chardev) {
        chardev_write(s->chardev, &byte, 1);
        s->tx_full = !chardev_room(s->chardev);
    }
    set_thre(s);
}

/* The modem inputs: from MCR in loopback, else a modem that is always there. */
static uint8_t modem_lines(const struct ns16550 *s)
{
    if (!(s->mcr & MCR_LOOP))
        return MSR_CTS | MSR_DSR | MSR_DCD;
    return (s->mcr & MCR_RTS ? MSR_CTS : 0) | (s->mcr & MCR_DTR ? MSR_DSR : 0) | (s->mcr & MCR_OUT1 ? MSR_RI : 0) |
           (s->mcr & MCR_OUT2 ? MSR_DCD : 0);
}

static void update_modem(struct ns16550 *s)
{
    uint8_t old = s->msr & 0xf0, new = modem_lines(s), changed = old ^ new;

    /* DCTS, DDSR and DDCD on either edge, TERI only when RI ends. */
    uint8_t deltas = (changed & (MSR_CTS | MSR_DSR | MSR_DCD)) >> 4;
    if ((changed & MSR_RI) && !(new & MSR_RI))
        deltas |= MSR_TERI;
    s->msr = new | (s->msr & MSR_DELTAS) | deltas;
}

static void write_mcr(struct ns16550 *s, uint8_t v)
{
    bool left_loop = (s->mcr & MCR_LOOP) && !(v & MCR_LOOP);

    s->mcr = v & MCR_MASK;
    update_modem(s);
    if (left_loop && s->chardev)
        chardev_accept_input(s->chardev);
}

static void write_fcr(struct ns16550 *s, uint8_t v)
{
    bool toggled = (v ^ s->fcr) & FCR_ENABLE;

    s->fcr = v & FCR_ENABLE ? v & FCR_KEPT : 0;
    if (toggled || (v & FCR_CLEAR_RX))
        clear_rx(s);
    if (toggled || (v & FCR_CLEAR_TX))
        set_thre(s);
}

static void write_ier(struct ns16550 *s, uint8_t v)
{
    bool enabled = v & ~s->ier & IER_THRE;

    s->ier = v & 0x0f;
    if (enabled)
        set_thre(s);
}

/* -- Registers -- */

static uint8_t read_iir(struct ns16550 *s)
{
    uint8_t id = interrupt_id(s);

    if (id == IIR_THRE)
        s->thre_pending = 0;
    s->iir_read = 1;
    return id | (s->fcr & FCR_ENABLE ? IIR_FIFOS : 0);
}

static uint64_t ns16550_read(void *opaque, uint64_t offset, unsigned size)
{
    struct ns16550 *s = opaque;
    bool dlab = s->lcr & LCR_DLAB;
    uint8_t v = 0;

    switch (offset >> s->reg_shift) {
    case RBR: v = dlab ? s->divisor & 0xff : pop_rx(s); break;
    case IER: v = dlab ? s->divisor >> 8 : s->ier; break;
    case IIR: v = read_iir(s); break;
    case LCR: v = s->lcr; break;
    case MCR: v = s->mcr; break;
    case LSR:
        v = s->lsr | (s->tx_full ? 0 : LSR_THRE | LSR_TEMT);
        s->lsr &= ~LSR_ERRORS;
        if (v & LSR_THRE)
            s->thre_seen = 1;
        break;
    case MSR:
        v = s->msr;
        s->msr &= ~MSR_DELTAS;
        break;
    case SCR: v = s->scr; break;
    }
    update_irq(s);
    return v;
}

static void ns16550_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct ns16550 *s = opaque;
    bool dlab = s->lcr & LCR_DLAB;
    uint8_t v = value;

    switch (offset >> s->reg_shift) {
    case THR:
        if (dlab)
            s->divisor = (s->divisor & 0xff00) | v;
        else
            transmit(s, v);
        break;
    case IER:
        if (dlab)
            s->divisor = (s->divisor & 0xff) | v << 8;
        else
            write_ier(s, v);
        break;
    case FCR: write_fcr(s, v); break;
    case LCR: s->lcr = v; break;
    case MCR: write_mcr(s, v); break;
    case LSR:
    case MSR: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to a read-only register", offset); break;
    case SCR: s->scr = v; break;
    }
    update_irq(s);
}

static const struct io_ops ns16550_ops = { ns16550_read, ns16550_write, 1, 8, false, false };

static bool ns16550_realize(struct device *d, GError **err)
{
    struct ns16550 *s = container_of(d, struct ns16550, dev);
    const struct chardev_client client = { .can_read = host_can_read, .read = host_read, .event = host_event,
                                           .opaque = s, .lock = &d->lock, .guest = true };

    if (s->reg_shift > 3) {
        fail(err, "%s: reg-shift=%u: expected 0 to 3", d->id, s->reg_shift);
        return false;
    }
    timer_init(&s->timeout, timed_out, s, &d->lock);
    if (s->chardev && !chardev_attach(s->chardev, &client, err)) {
        g_prefix_error(err, "-serial: ");
        return false;
    }
    device_add_io(d, "serial", &ns16550_ops, UINT64_C(8) << s->reg_shift);
    return true;
}

static void ns16550_unrealize(struct device *d)
{
    struct ns16550 *s = container_of(d, struct ns16550, dev);

    timer_cancel(&s->timeout);
    if (s->chardev)
        chardev_detach(s->chardev, s);
}

static void ns16550_reset(struct device *d)
{
    struct ns16550 *s = container_of(d, struct ns16550, dev);

    update_irq(s);
}

static const struct property ns16550_props[] = {
    PROP_NAMES("chardev", struct ns16550, chardev, chardev_prop, "host end of the line"),
    PROP_NAMED("regshift", struct ns16550, reg_shift, U8, 0, "reg-shift", "registers are 2^N bytes apart"),
    PROP_NAMED("clock-frequency", struct ns16550, clock_frequency, U32, 1843200, "clock-frequency",
               "input clock in Hz"),
    PROP_END,
};

static const struct state_row ns16550_fields[] = {
    FIELD(struct ns16550, divisor, 12),
    FIELD(struct ns16550, ier, 0),
    FIELD(struct ns16550, fcr, 0),
    FIELD(struct ns16550, lcr, 0),
    FIELD(struct ns16550, mcr, MCR_OUT2),
    FIELD(struct ns16550, lsr, 0),
    FIELD(struct ns16550, msr, MSR_CTS | MSR_DSR | MSR_DCD),
    FIELD(struct ns16550, scr, 0),
    FIELD(struct ns16550, thre_pending, 0),
    FIELD(struct ns16550, iir_read, 0),
    FIELD(struct ns16550, thre_seen, 0),
    FIELD(struct ns16550, timeout_pending, 0),
    FIELD_ARRAY(struct ns16550, rx, 0),
    FIELD(struct ns16550, rx_head, 0),
    FIELD(struct ns16550, rx_count, 0),
    FIELD_KEEP(struct ns16550, tx_full), /* the host's end is not reset */
    FIELD_TIMER(struct ns16550, timeout),
    FIELD_END,
};

static bool ns16550_loaded(void *obj, unsigned version, GError **err)
{
    const struct ns16550 *s = obj;

    if (s->rx_head < FIFO_SIZE && s->rx_count <= fifo_limit(s))
        return true;
    fail(err, "the receiver has %u characters from %u on", s->rx_count, s->rx_head);
    return false;
}

/* The host's end may be another, with other ideas of who waits for whom. */
static void ns16550_resume(void *obj, bool loaded)
{
    struct ns16550 *s = obj;

    if (!s->chardev)
        return;
    if (chardev_room(s->chardev))
        host_event(s, CHARDEV_ROOM);
    chardev_accept_input(s->chardev);
}

static const struct state_table ns16550_state = {
    STATE_OF(struct ns16550),
    .version = 1,
    .rows = ns16550_fields,
    .loaded = ns16550_loaded,
    .resume = ns16550_resume,
};

static const char *const ns16550_compatible[] = { "ns16550a", "ns16550", NULL };

const struct device_type ns16550_type = {
    .name = "ns16550",
    .desc = "16550 UART",
    .compatible = ns16550_compatible,
    .size = sizeof(struct ns16550),
    .props = ns16550_props,
    .state = &ns16550_state,
    .realize = ns16550_realize,
    .unrealize = ns16550_unrealize,
    .reset = ns16550_reset,
};
