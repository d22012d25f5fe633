/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * STM32's USART, as F1, F2 and F4 have it. Manual: RM0090, "STM32F405/415 ... reference manual", chapter 30; binding:
 * st,stm32-usart. Not modelled: the time a character takes, synchronous mode, LIN, smartcard and IrDA modes, parity,
 * flow control's lines.
 */
#include <inttypes.h>

#include "chardev.h"
#include "device.h"
#include "stm32-dma.h"
#include "uart.h"

enum { SR = 0x00, DR = 0x04, BRR = 0x08, CR1 = 0x0c, CR2 = 0x10, CR3 = 0x14, GTPR = 0x18, REGION_BYTES = 0x400 };
/* SR's bits 4 to 7 are enabled by the same ones of CR1. */
enum { SR_ORE = 8, SR_RXNE = 0x20, SR_TC = 0x40, SR_TXE = 0x80 };
enum { CR1_RE = 4, CR1_TE = 8, CR1_RXNEIE = 0x20, CR1_UE = 0x2000, CR3_DMAR = 0x40, CR3_DMAT = 0x80 };

struct stm32_usart {
    struct device dev;
    struct chardev *chardev;
    uint16_t sr, brr, cr1, cr2, cr3, gtpr;
    uint8_t rdr;
};

static bool receives(const struct stm32_usart *s)
{
    return (s->cr1 & (CR1_UE | CR1_RE)) == (CR1_UE | CR1_RE);
}

static void update_irq(struct stm32_usart *s)
{
    uint16_t waiting = s->sr & s->cr1 & (SR_RXNE | SR_TC | SR_TXE);
    bool overrun = (s->sr & SR_ORE) && (s->cr1 & CR1_RXNEIE);

    device_irq(&s->dev, 0, waiting || overrun);
    stm32_dma_wake(&s->dev);
}

static bool usart_dma_ready(struct device *d, bool write)
{
    const struct stm32_usart *s = container_of(d, struct stm32_usart, dev);

    return write ? (s->cr3 & CR3_DMAT) && (s->sr & SR_TXE) : (s->cr3 & CR3_DMAR) && (s->sr & SR_RXNE);
}

/* -- Host -- */

static size_t host_can_read(void *opaque)
{
    struct stm32_usart *s = opaque;

    return receives(s) && !(s->sr & SR_RXNE);
}

static void host_read(void *opaque, const uint8_t *buf, size_t len)
{
    struct stm32_usart *s = opaque;

    if (!len)
        return;
    s->rdr = *buf;
    s->sr |= SR_RXNE;
    update_irq(s);
}

static void host_event(void *opaque, enum chardev_event e)
{
    struct stm32_usart *s = opaque;

    if (e == CHARDEV_ROOM && !(s->sr & SR_TXE))
        s->sr |= SR_TXE | SR_TC;
    update_irq(s);
}

static void transmit(struct stm32_usart *s, uint8_t byte)
{
    if ((s->cr1 & (CR1_UE | CR1_TE)) != (CR1_UE | CR1_TE)) {
        device_guest_error(&s->dev, "output while the transmitter is disabled");
        return;
    }
    if (s->chardev) {
        chardev_write(s->chardev, &byte, 1);
        if (!chardev_room(s->chardev)) {
            s->sr &= ~(SR_TXE | SR_TC);
            return;
        }
    }
    s->sr |= SR_TXE | SR_TC;
}

static uint8_t receive(struct stm32_usart *s)
{
    s->sr &= ~(SR_RXNE | SR_ORE);
    if (s->chardev)
        chardev_accept_input(s->chardev);
    return s->rdr;
}

/* -- Registers -- */

static uint64_t usart_read(void *opaque, uint64_t offset, unsigned size)
{
    struct stm32_usart *s = opaque;
    uint8_t byte;

    switch (offset) {
    case SR: return s->sr;
    case DR:
        byte = receive(s);
        update_irq(s);
        return byte;
    case BRR: return s->brr;
    case CR1: return s->cr1;
    case CR2: return s->cr2;
    case CR3: return s->cr3;
    case GTPR: return s->gtpr;
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void usart_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct stm32_usart *s = opaque;

    switch (offset) {
    case SR: s->sr &= value | ~(uint64_t)(SR_RXNE | SR_TC); break; /* a zero clears these */
    case DR: transmit(s, value); break;
    case BRR: s->brr = value; break;
    case CR1:
        s->cr1 = value & 0xbfff;
        if (receives(s) && s->chardev)
            chardev_accept_input(s->chardev);
        break;
    case CR2: s->cr2 = value & 0x7f6f; break;
    case CR3: s->cr3 = value & 0xfff; break;
    case GTPR: s->gtpr = value; break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
    }
    update_irq(s);
}

/* Programs write characters by bytes, half-words and words. */
static const struct io_ops usart_ops = { .read = usart_read, .write = usart_write, .min_size = 1, .max_size = 4 };

/* -- Life -- */

static bool usart_realize(struct device *d, GError **err)
{
    struct stm32_usart *s = container_of(d, struct stm32_usart, dev);
    const struct chardev_client client = { .can_read = host_can_read, .read = host_read, .event = host_event,
                                           .opaque = s };

    if (!uart_line_attach(d, s->chardev, client, err))
        return false;
    device_add_io(d, "stm32-usart", &usart_ops, REGION_BYTES);
    return true;
}

static void usart_unrealize(struct device *d)
{
    struct stm32_usart *s = container_of(d, struct stm32_usart, dev);

    uart_line_detach(s->chardev, s);
}

static void usart_reset(struct device *d)
{
    update_irq(container_of(d, struct stm32_usart, dev));
}

static const struct property usart_props[] = {
    PROP_NAMES("chardev", struct stm32_usart, chardev, chardev_prop, "host end of the line"),
    PROP_END,
};

static const struct state_row usart_fields[] = {
    FIELD(struct stm32_usart, sr, SR_TXE | SR_TC),
    FIELD(struct stm32_usart, brr, 0),
    FIELD(struct stm32_usart, cr1, 0),
    FIELD(struct stm32_usart, cr2, 0),
    FIELD(struct stm32_usart, cr3, 0),
    FIELD(struct stm32_usart, gtpr, 0),
    FIELD(struct stm32_usart, rdr, 0),
    FIELD_END,
};

static void usart_resume(void *obj, bool loaded)
{
    struct stm32_usart *s = obj;

    uart_line_resume(s->chardev, host_event, s);
}

static const struct state_table usart_state = {
    STATE_OF(struct stm32_usart),
    .version = 1,
    .rows = usart_fields,
    .resume = usart_resume,
};

static const char *const usart_compatible[] = { "st,stm32-usart", "st,stm32-uart", NULL };

const struct device_type stm32_usart_type = {
    .name = "stm32f2xx-usart",
    .desc = "STM32 USART (F1, F2, F4)",
    .compatible = usart_compatible,
    .size = sizeof(struct stm32_usart),
    .props = usart_props,
    .state = &usart_state,
    .realize = usart_realize,
    .unrealize = usart_unrealize,
    .reset = usart_reset,
    .dma_ready = usart_dma_ready,
};
