/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ARM PrimeCell SSP, as a master of SPI. Manual: ARM DDI 0194, "PrimeCell Synchronous Serial Port (PL022) Technical
 * Reference Manual"; bindings: arm,pl022, ti,stellaris-ssi. A frame is exchanged at once when there is room for what
 * comes back. Not modelled: slaves, formats but SPI's, DMA (DMACR is kept).
 */
#include <inttypes.h>
#include <string.h>

#include "spi.h"

enum { CR0 = 0x00, CR1 = 0x04, DR = 0x08, SR = 0x0c, CPSR = 0x10, IMSC = 0x14, RIS = 0x18, MIS = 0x1c, ICR = 0x20,
       DMACR = 0x24, PERIPHID0 = 0xfe0, REGION_BYTES = 0x1000 };
enum { CR1_LBM = 1, CR1_SSE = 2, CR1_MS = 4 };
enum { SR_TFE = 1, SR_TNF = 2, SR_RNE = 4, SR_RFF = 8, SR_BSY = 0x10 };
enum { INT_ROR = 1, INT_RT = 2, INT_RX = 4, INT_TX = 8 };
#define FIFO 8

static const uint8_t ids[] = { 0x22, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

struct pl022 {
    struct device dev;
    struct spi_bus bus;
    uint16_t cr0, tx[FIFO], rx[FIFO];
    uint8_t cr1, cpsr, imsc, dmacr, latched;
    uint8_t ntx, nrx;
};

static uint8_t raw(const struct pl022 *s)
{
    return s->latched | (s->nrx >= FIFO / 2 ? INT_RX : 0) | (s->nrx ? INT_RT : 0) | (s->ntx <= FIFO / 2 ? INT_TX : 0);
}

static void update_irq(struct pl022 *s)
{
    device_irq(&s->dev, 0, raw(s) & s->imsc);
}

static uint16_t exchange(struct pl022 *s, uint16_t out)
{
    unsigned width = (s->cr0 & 15) + 1;
    uint16_t in;

    if (s->cr1 & CR1_LBM)
        return out;
    if (width > 8) {
        in = spi_transfer(&s->bus, out >> 8) << 8;
        return (in | spi_transfer(&s->bus, out)) & ((1u << width) - 1);
    }
    return spi_transfer(&s->bus, out) & ((1u << width) - 1);
}

static void go_on(struct pl022 *s)
{
    while ((s->cr1 & CR1_SSE) && s->ntx && s->nrx < FIFO) {
        s->rx[s->nrx++] = exchange(s, s->tx[0]);
        memmove(s->tx, s->tx + 1, --s->ntx * sizeof(s->tx[0]));
    }
    update_irq(s);
}

static uint16_t take(struct pl022 *s)
{
    uint16_t v = s->rx[0];

    if (!s->nrx)
        return 0;
    memmove(s->rx, s->rx + 1, --s->nrx * sizeof(s->rx[0]));
    return v;
}

static uint64_t pl022_read(void *opaque, uint64_t offset, unsigned size)
{
    struct pl022 *s = opaque;
    uint16_t v;

    switch (offset) {
    case CR0: return s->cr0;
    case CR1: return s->cr1;
    case DR:
        v = take(s);
        go_on(s);
        return v;
    case SR:
        return (s->ntx ? 0 : SR_TFE) | (s->ntx < FIFO ? SR_TNF : 0) | (s->nrx ? SR_RNE : 0) |
               (s->nrx == FIFO ? SR_RFF : 0) | (s->ntx ? SR_BSY : 0);
    case CPSR: return s->cpsr;
    case IMSC: return s->imsc;
    case RIS: return raw(s);
    case MIS: return raw(s) & s->imsc;
    case DMACR: return s->dmacr;
    }
    if (offset >= PERIPHID0)
        return ids[(offset - PERIPHID0) / 4];
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void pl022_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct pl022 *s = opaque;

    switch (offset) {
    case CR0: s->cr0 = value; break;
    case CR1:
        s->cr1 = value & 15;
        if ((value & (CR1_MS | CR1_SSE)) == (CR1_MS | CR1_SSE))
            log_to(LOG_UNIMP, "%s: slaves are not modelled\n", s->dev.type->name);
        break;
    case DR:
        if (s->ntx < FIFO)
            s->tx[s->ntx++] = value;
        else
            device_guest_error(&s->dev, "a frame that there is no room for");
        break;
    case CPSR: s->cpsr = value & 0xfe; break;
    case IMSC: s->imsc = value & 15; break;
    case ICR: s->latched &= ~value; break;
    case DMACR: s->dmacr = value & 3; break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
    }
    go_on(s);
}

static const struct io_ops pl022_ops = { .read = pl022_read, .write = pl022_write, .min_size = 2, .max_size = 4 };

static bool pl022_realize(struct device *d, GError **err)
{
    spi_bus_init(&container_of(d, struct pl022, dev)->bus);
    device_add_io(d, "pl022", &pl022_ops, REGION_BYTES);
    return true;
}

static void pl022_unrealize(struct device *d)
{
    spi_bus_fini(&container_of(d, struct pl022, dev)->bus);
}

static void pl022_reset(struct device *d)
{
    update_irq(container_of(d, struct pl022, dev));
}

static const struct state_row pl022_fields[] = {
    FIELD_NONE(struct pl022, bus, "wiring"),
    FIELD(struct pl022, cr0, 0),
    FIELD(struct pl022, cr1, 0),
    FIELD(struct pl022, cpsr, 0),
    FIELD(struct pl022, imsc, 0),
    FIELD(struct pl022, dmacr, 0),
    FIELD(struct pl022, latched, 0),
    FIELD(struct pl022, ntx, 0),
    FIELD(struct pl022, nrx, 0),
    FIELD_ARRAY(struct pl022, tx, 0),
    FIELD_ARRAY(struct pl022, rx, 0),
    FIELD_END,
};

static bool pl022_loaded(void *obj, unsigned version, GError **err)
{
    const struct pl022 *s = obj;

    if (s->ntx <= FIFO && s->nrx <= FIFO)
        return true;
    fail(err, "there are more frames than room");
    return false;
}

static const struct state_table pl022_state = {
    STATE_OF(struct pl022),
    .version = 1,
    .rows = pl022_fields,
    .loaded = pl022_loaded,
};

static const char *const pl022_compatible[] = { "arm,pl022", "ti,stellaris-ssi", NULL };

const struct device_type pl022_type = {
    .name = "pl022",
    .desc = "ARM PL022 SPI",
    .compatible = pl022_compatible,
    .provides_bus = &spi_bus_type,
    .bus_offset = offsetof(struct pl022, bus),
    .size = sizeof(struct pl022),
    .state = &pl022_state,
    .realize = pl022_realize,
    .unrealize = pl022_unrealize,
    .reset = pl022_reset,
};
