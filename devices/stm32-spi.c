/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * STM32's SPI (F1, F2, F4), as a master. Manual: RM0090, chapter 28; binding: st,stm32-spi. A frame is exchanged at
 * once when it is written. Not modelled: slaves, I2S, CRC, one-line modes, NSS as a pin.
 */
#include <inttypes.h>

#include "spi.h"
#include "stm32-dma.h"

enum { CR1 = 0x00, CR2 = 0x04, SR = 0x08, DR = 0x0c, CRCPR = 0x10, RXCRCR = 0x14, TXCRCR = 0x18, I2SCFGR = 0x1c,
       I2SPR = 0x20, REGION_BYTES = 0x400 };
enum { CR1_MSTR = 4, CR1_SPE = 0x40, CR1_LSBFIRST = 0x80, CR1_DFF = 0x800 };
enum { CR2_RXDMAEN = 1, CR2_TXDMAEN = 2, CR2_ERRIE = 0x20, CR2_RXNEIE = 0x40, CR2_TXEIE = 0x80 };
enum { SR_RXNE = 1, SR_TXE = 2, SR_OVR = 0x40 };

struct stm32_spi {
    struct device dev;
    struct spi_bus bus;
    uint16_t cr1, cr2, sr, dr, crcpr, i2scfgr, i2spr;
};

static void update_irq(struct stm32_spi *s)
{
    device_irq(&s->dev, 0, ((s->sr & SR_RXNE) && (s->cr2 & CR2_RXNEIE)) || ((s->sr & SR_TXE) && (s->cr2 & CR2_TXEIE)) ||
                               ((s->sr & SR_OVR) && (s->cr2 & CR2_ERRIE)));
    stm32_dma_wake(&s->dev);
}

static void exchange(struct stm32_spi *s, uint16_t out)
{
    uint16_t in = 0;

    if (!(s->cr1 & CR1_SPE)) {
        device_guest_error(&s->dev, "a frame while it is off");
        return;
    }
    if (!(s->cr1 & CR1_MSTR))
        log_to(LOG_UNIMP, "%s: slaves are not modelled\n", s->dev.type->name);
    bool high_first = !(s->cr1 & CR1_LSBFIRST);
    if (s->cr1 & CR1_DFF) {
        unsigned first = high_first ? 8 : 0;
        in = spi_transfer(&s->bus, out >> first) << first;
        in |= spi_transfer(&s->bus, out >> (8 - first)) << (8 - first);
    } else {
        in = spi_transfer(&s->bus, out);
    }
    if (s->sr & SR_RXNE)
        s->sr |= SR_OVR;
    else
        s->dr = in;
    s->sr |= SR_RXNE | SR_TXE;
}

static uint64_t spi_read(void *opaque, uint64_t offset, unsigned size)
{
    struct stm32_spi *s = opaque;
    uint16_t v;

    switch (offset) {
    case CR1: return s->cr1;
    case CR2: return s->cr2;
    case SR: return s->sr;
    case DR:
        v = s->dr;
        s->sr &= ~(SR_RXNE | SR_OVR);
        update_irq(s);
        return v;
    case CRCPR: return s->crcpr;
    case RXCRCR: case TXCRCR: return 0;
    case I2SCFGR: return s->i2scfgr;
    case I2SPR: return s->i2spr;
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void spi_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct stm32_spi *s = opaque;

    switch (offset) {
    case CR1: s->cr1 = value; break;
    case CR2: s->cr2 = value & 0xf7; break;
    case SR: break; /* of what can be cleared there is only CRCERR */
    case DR: exchange(s, value); break;
    case CRCPR: s->crcpr = value; break;
    case I2SCFGR: s->i2scfgr = value & 0xfbf; break;
    case I2SPR: s->i2spr = value & 0x3ff; break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
    }
    update_irq(s);
}

static const struct io_ops spi_ops = { .read = spi_read, .write = spi_write, .min_size = 1, .max_size = 4 };

static bool spi_dma_ready(struct device *d, bool write)
{
    const struct stm32_spi *s = container_of(d, struct stm32_spi, dev);

    return write ? (s->cr2 & CR2_TXDMAEN) && (s->cr1 & CR1_SPE) && !(s->cr2 & CR2_RXDMAEN && s->sr & SR_RXNE)
                 : (s->cr2 & CR2_RXDMAEN) && (s->sr & SR_RXNE);
}

static bool spi_realize(struct device *d, GError **err)
{
    spi_bus_init(&container_of(d, struct stm32_spi, dev)->bus);
    device_add_io(d, "stm32-spi", &spi_ops, REGION_BYTES);
    return true;
}

static void spi_unrealize(struct device *d)
{
    spi_bus_fini(&container_of(d, struct stm32_spi, dev)->bus);
}

static void spi_reset(struct device *d)
{
    update_irq(container_of(d, struct stm32_spi, dev));
}

static const struct state_row spi_fields[] = {
    FIELD_NONE(struct stm32_spi, bus, "wiring"),
    FIELD(struct stm32_spi, cr1, 0),
    FIELD(struct stm32_spi, cr2, 0),
    FIELD(struct stm32_spi, sr, SR_TXE),
    FIELD(struct stm32_spi, dr, 0),
    FIELD(struct stm32_spi, crcpr, 7),
    FIELD(struct stm32_spi, i2scfgr, 0),
    FIELD(struct stm32_spi, i2spr, 2),
    FIELD_END,
};

static const struct state_table spi_state = {
    STATE_OF(struct stm32_spi),
    .version = 1,
    .rows = spi_fields,
};

static const char *const spi_compatible[] = { "st,stm32-spi", NULL };

const struct device_type stm32_spi_type = {
    .name = "stm32f2xx-spi",
    .desc = "STM32 SPI (F1, F2, F4)",
    .compatible = spi_compatible,
    .provides_bus = &spi_bus_type,
    .bus_offset = offsetof(struct stm32_spi, bus),
    .size = sizeof(struct stm32_spi),
    .state = &spi_state,
    .realize = spi_realize,
    .unrealize = spi_unrealize,
    .reset = spi_reset,
    .dma_ready = spi_dma_ready,
};
