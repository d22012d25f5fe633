/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * NXP's UARTs: that of Kinetis K (and Vybrid), whose registers are bytes, and the LPUART of i.MX RT, whose registers
 * are words. Manuals: "K64 Sub-Family Reference Manual" (K64P144M120SF5RM), chapter 52; "i.MX RT1060 Processor Reference
 * Manual" (IMXRT1060RM), chapter 49. Bindings: nxp,kinetis-uart, fsl,vf610-lpuart; nxp,lpuart.
 *
 * Their FIFOs hold one character, and say so. Not modelled: the time a character takes, parity, addresses, breaks, LIN,
 * infrared and smartcard modes, modem lines, DMA.
 */
#include <inttypes.h>
#include <string.h>

#include "chardev.h"
#include "device.h"
#include "uart.h"

/* What both have: LPUART's STAT and CTRL have a byte's flags and their enables at 16 bits more. */
enum { TDRE = 0x80, TC = 0x40, RDRF = 0x20, IDLE = 0x10, OVERRUN = 0x08 };
enum { TIE = TDRE, TCIE = TC, RIE = RDRF, ILIE = IDLE, TE = 0x08, RE = 0x04 };

struct nxp_uart {
    struct device dev;
    struct chardev *chardev;
    uint8_t flags;   /* TDRE to OVERRUN */
    uint8_t enables; /* TIE to RE */
    bool overrun_enable;
    bool armed;      /* Kinetis': the flags have been read, so that the data's read clears them */
    uint8_t rdr;
    uint32_t reg[0x40 / 4]; /* those that keep what is written: Kinetis' 0x40 bytes, or LPUART's words */
};

static void update_irqs(struct nxp_uart *s)
{
    bool error = s->overrun_enable && (s->flags & OVERRUN), status = s->flags & s->enables & (TDRE | TC | RDRF | IDLE);

    device_irq(&s->dev, 0, status || (error && s->dev.nirqs < 2));
    device_irq(&s->dev, 1, error);
}

/* -- Host -- */

static size_t host_can_read(void *opaque)
{
    struct nxp_uart *s = opaque;

    return (s->enables & RE) && !(s->flags & RDRF);
}

static void host_read(void *opaque, const uint8_t *buf, size_t len)
{
    struct nxp_uart *s = opaque;

    if (!len)
        return;
    s->rdr = *buf;
    s->flags |= RDRF;
    s->armed = false;
    update_irqs(s);
}

static void host_event(void *opaque, enum chardev_event e)
{
    struct nxp_uart *s = opaque;

    if (e == CHARDEV_ROOM)
        s->flags |= TDRE | TC;
    update_irqs(s);
}

static void transmit(struct nxp_uart *s, uint8_t byte)
{
    if (!(s->enables & TE)) {
        device_guest_error(&s->dev, "output while the transmitter is disabled");
        return;
    }
    if (s->chardev) {
        chardev_write(s->chardev, &byte, 1);
        if (!chardev_room(s->chardev)) {
            s->flags &= ~(TDRE | TC);
            return;
        }
    }
    s->flags |= TDRE | TC;
}

static uint8_t receive(struct nxp_uart *s)
{
    s->flags &= ~RDRF;
    if (s->chardev)
        chardev_accept_input(s->chardev);
    return s->rdr;
}

static void set_enables(struct nxp_uart *s, uint8_t enables)
{
    s->enables = enables & (TIE | TCIE | RIE | ILIE | TE | RE);
    if ((s->enables & RE) && s->chardev)
        chardev_accept_input(s->chardev);
}

/* -- Kinetis: registers of a byte -- */

enum { BDH = 0x0, BDL = 0x1, C1 = 0x2, C2 = 0x3, S1 = 0x4, S2 = 0x5, C3 = 0x6, D = 0x7, MA1 = 0x8, C5 = 0xb, ED = 0xc,
       PFIFO = 0x10, CFIFO = 0x11, SFIFO = 0x12, TWFIFO = 0x13, TCFIFO = 0x14, RWFIFO = 0x15, RCFIFO = 0x16,
       KINETIS_LAST = 0x1f, KINETIS_BYTES = 0x1000 };
#define C3_ORIE 0x08
#define PFIFO_ENABLES 0x88
#define SFIFO_TXEMPT 0x80
#define SFIFO_RXEMPT 0x40

static uint8_t kept_byte(const struct nxp_uart *s, unsigned offset)
{
    return bits(s->reg[offset / 4], 8 * (offset % 4), 8);
}

static uint64_t kinetis_read(void *opaque, uint64_t offset, unsigned size)
{
    struct nxp_uart *s = opaque;

    switch (offset) {
    case C2: return s->enables;
    case S1:
        s->armed = true;
        return s->flags;
    case D:
        if (s->armed)
            s->flags &= ~(OVERRUN | IDLE);
        s->armed = false;
        receive(s);
        update_irqs(s);
        return s->rdr;
    case SFIFO: return SFIFO_TXEMPT | (s->flags & RDRF ? 0 : SFIFO_RXEMPT);
    case TCFIFO: return !(s->flags & TDRE);
    case RCFIFO: return !!(s->flags & RDRF);
    case ED: return 0;
    }
    if (offset <= KINETIS_LAST)
        return kept_byte(s, offset);
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void kinetis_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct nxp_uart *s = opaque;

    switch (offset) {
    case C2: set_enables(s, value); break;
    case D: transmit(s, value); break;
    case S1: case ED: case SFIFO: case TCFIFO: case RCFIFO: break; /* flags clear by sequences, none by a write */
    default:
        if (offset > KINETIS_LAST) {
            device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset);
            return;
        }
        if (offset == PFIFO)
            value &= PFIFO_ENABLES;
        if (offset == CFIFO)
            value &= 7; /* flushes are done at once */
        if (offset == C3)
            s->overrun_enable = value & C3_ORIE;
        s->reg[offset / 4] = with_bits(s->reg[offset / 4], 8 * (offset % 4), 8, value);
    }
    update_irqs(s);
}

static const struct io_ops kinetis_ops = { .read = kinetis_read, .write = kinetis_write, .min_size = 1, .max_size = 1 };

/* -- LPUART: registers of a word -- */

enum { VERID = 0x0, PARAM = 0x4, GLOBAL = 0x8, PINCFG = 0xc, BAUD = 0x10, STAT = 0x14, CTRL = 0x18, DATA = 0x1c,
       MATCH = 0x20, MODIR = 0x24, FIFO = 0x28, WATER = 0x2c, LPUART_BYTES = 0x1000 };
#define GLOBAL_RST 2u
#define CTRL_ORIE (1u << 27)
#define CTRL_FLAGS 0xfc0000u
#define DATA_RXEMPT 0x1000u
#define FIFO_ENABLES 0x88u
#define FIFO_TXEMPT (1u << 23)
#define FIFO_RXEMPT (1u << 22)
#define BAUD_RESET 0x0f000004u

static uint32_t *word(struct nxp_uart *s, unsigned offset)
{
    return &s->reg[offset / 4];
}

static uint64_t lpuart_read(void *opaque, uint64_t offset, unsigned size)
{
    struct nxp_uart *s = opaque;
    bool full = s->flags & RDRF;

    switch (offset) {
    case VERID: return 0x04010003;
    case PARAM: return 0; /* FIFOs of one */
    case STAT: return (uint32_t)s->flags << 16 | *word(s, STAT);
    case CTRL: return (uint32_t)s->enables << 16 | *word(s, CTRL);
    case DATA:
        if (!full)
            return DATA_RXEMPT | s->rdr;
        receive(s);
        update_irqs(s);
        return s->rdr;
    case FIFO: return *word(s, FIFO) | FIFO_TXEMPT | (full ? 0 : FIFO_RXEMPT);
    case WATER: return *word(s, WATER) | (full ? 1u << 24 : 0) | (s->flags & TDRE ? 0 : 1u << 8);
    case GLOBAL: case PINCFG: case BAUD: case MATCH: case MODIR: return *word(s, offset);
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void lpuart_initial(struct nxp_uart *s)
{
    uint32_t global = *word(s, GLOBAL);

    memset(s->reg, 0, sizeof(s->reg));
    *word(s, GLOBAL) = global;
    *word(s, BAUD) = BAUD_RESET;
    s->flags = TDRE | TC;
    s->enables = 0;
    s->overrun_enable = false;
}

static void lpuart_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct nxp_uart *s = opaque;

    if ((*word(s, GLOBAL) & GLOBAL_RST) && offset != GLOBAL)
        return; /* it is held in reset */
    switch (offset) {
    case GLOBAL:
        *word(s, GLOBAL) = value & GLOBAL_RST;
        if (value & GLOBAL_RST)
            lpuart_initial(s);
        break;
    case PINCFG: *word(s, PINCFG) = value & 3; break;
    case BAUD: *word(s, BAUD) = value; break;
    case STAT:
        s->flags &= ~(value >> 16 & (IDLE | OVERRUN));
        *word(s, STAT) = value & 0x3e000000;
        break;
    case CTRL:
        s->overrun_enable = value & CTRL_ORIE;
        *word(s, CTRL) = value & ~CTRL_FLAGS;
        set_enables(s, value >> 16);
        break;
    case DATA: transmit(s, value); break;
    case MATCH: *word(s, MATCH) = value & 0x3ff03ff; break;
    case MODIR: *word(s, MODIR) = value & 0x70f3f; break;
    case FIFO: *word(s, FIFO) = value & (FIFO_ENABLES | 0x1f00); break; /* flushes are done at once */
    case WATER: *word(s, WATER) = value & 0x30003; break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
    }
    update_irqs(s);
}

static const struct io_ops lpuart_ops = { .read = lpuart_read, .write = lpuart_write, .min_size = 4, .max_size = 4 };

/* -- Life -- */

static bool attach(struct nxp_uart *s, GError **err)
{
    const struct chardev_client client = { .can_read = host_can_read, .read = host_read, .event = host_event,
                                           .opaque = s };

    return uart_line_attach(&s->dev, s->chardev, client, err);
}

static bool kinetis_realize(struct device *d, GError **err)
{
    if (!attach(container_of(d, struct nxp_uart, dev), err))
        return false;
    device_add_io(d, "kinetis-uart", &kinetis_ops, KINETIS_BYTES);
    return true;
}

static bool lpuart_realize(struct device *d, GError **err)
{
    if (!attach(container_of(d, struct nxp_uart, dev), err))
        return false;
    device_add_io(d, "lpuart", &lpuart_ops, LPUART_BYTES);
    return true;
}

static void unrealize(struct device *d)
{
    struct nxp_uart *s = container_of(d, struct nxp_uart, dev);

    uart_line_detach(s->chardev, s);
}

static void kinetis_reset(struct device *d)
{
    struct nxp_uart *s = container_of(d, struct nxp_uart, dev);

    s->reg[BDL / 4] = 4u << 8 * BDL;
    s->reg[RWFIFO / 4] = 1u << 8 * (RWFIFO % 4);
    update_irqs(s);
}

static void lpuart_reset(struct device *d)
{
    struct nxp_uart *s = container_of(d, struct nxp_uart, dev);

    lpuart_initial(s);
    update_irqs(s);
}

static const struct property uart_props[] = {
    PROP_NAMES("chardev", struct nxp_uart, chardev, chardev_prop, "host end of the line"),
    PROP_END,
};

static const struct state_row uart_fields[] = {
    FIELD(struct nxp_uart, flags, TDRE | TC),
    FIELD(struct nxp_uart, enables, 0),
    FIELD(struct nxp_uart, overrun_enable, 0),
    FIELD(struct nxp_uart, armed, 0),
    FIELD(struct nxp_uart, rdr, 0),
    FIELD_ARRAY(struct nxp_uart, reg, 0),
    FIELD_END,
};

static void uart_resume(void *obj, bool loaded)
{
    struct nxp_uart *s = obj;

    uart_line_resume(s->chardev, host_event, s);
}

static const struct state_table uart_state = {
    STATE_OF(struct nxp_uart),
    .version = 1,
    .rows = uart_fields,
    .resume = uart_resume,
};

static const char *const kinetis_compatible[] = { "nxp,kinetis-uart", "fsl,vf610-lpuart", NULL };

const struct device_type kinetis_uart_type = {
    .name = "kinetis-uart",
    .desc = "NXP Kinetis UART",
    .compatible = kinetis_compatible,
    .size = sizeof(struct nxp_uart),
    .props = uart_props,
    .state = &uart_state,
    .realize = kinetis_realize,
    .unrealize = unrealize,
    .reset = kinetis_reset,
};

static const char *const lpuart_compatible[] = { "nxp,lpuart", "nxp,imx-lpuart", "nxp,kinetis-lpuart",
                                                 "fsl,imx7ulp-lpuart", "fsl,imxrt1050-lpuart", NULL };

const struct device_type lpuart_type = {
    .name = "lpuart",
    .desc = "NXP LPUART (i.MX RT)",
    .compatible = lpuart_compatible,
    .size = sizeof(struct nxp_uart),
    .props = uart_props,
    .state = &uart_state,
    .realize = lpuart_realize,
    .unrealize = unrealize,
    .reset = lpuart_reset,
};
