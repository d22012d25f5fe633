/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GICv2m: a frame that turns messages into shared interrupts (SPIs) of the GIC whose node it is in. Manual: ARM, "Server
 * Base System Architecture" (DEN0029), appendix E. Its identification is QEMU's.
 */
#include <inttypes.h>

#include "device.h"
#include "dt.h"

enum gicv2m_register { MSI_TYPER = 0x008, MSI_SETSPI_NS = 0x040, MSI_IIDR = 0xfcc };
#define IIDR (0x51u << 20)
#define FRAME_BYTES 0x1000
#define SPI_FIRST 32 /* interrupt numbers of SPIs begin there */
#define SPI_END 1020
#define CELL_SPI 0
#define CELL_EDGE 1

struct gicv2m {
    struct device dev;
    /* Properties: interrupt numbers of SPIs. */
    uint32_t base_spi, num_spi;
};

static uint64_t frame_read(void *opaque, uint64_t offset, unsigned size)
{
    const struct gicv2m *s = opaque;

    switch (offset) {
    case MSI_TYPER:
        return s->base_spi << 16 | s->num_spi;
    case MSI_IIDR:
        return IIDR;
    default:
        return 0;
    }
}

static void frame_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct gicv2m *s = opaque;
    uint32_t spi = (value & 0x3ff) - s->base_spi;

    if (offset != MSI_SETSPI_NS) {
        device_guest_error(&s->dev, "write of 0x%" PRIx64 ": no register to write", offset);
    } else if (spi < s->num_spi) {
        device_irq(&s->dev, spi, true);
        device_irq(&s->dev, spi, false);
    } else {
        device_guest_error(&s->dev, "message for interrupt %" PRIu64 ": expected %" PRIu32 " to %" PRIu32, value,
                           s->base_spi, s->base_spi + s->num_spi - 1);
    }
}

static const struct io_ops frame_ops = { .read = frame_read, .write = frame_write, .min_size = 4, .max_size = 4 };

static bool spis_ok(uint32_t base, uint32_t num)
{
    return base >= SPI_FIRST && base < SPI_END && num > 0 && num <= SPI_END - base;
}

static bool parent_irq(const void *fdt, int node, unsigned i, uint32_t cells[3])
{
    uint32_t base = dt_prop_num(fdt, node, "arm,msi-base-spi", 80), num = dt_prop_num(fdt, node, "arm,msi-num-spis", 64);

    cells[0] = CELL_SPI;
    cells[1] = base - SPI_FIRST + i;
    cells[2] = CELL_EDGE;
    return spis_ok(base, num) && i < num;
}

static bool realize(struct device *d, GError **err)
{
    struct gicv2m *s = (struct gicv2m *)d;

    if (!spis_ok(s->base_spi, s->num_spi)) {
        fail(err, "%s: base-spi=%" PRIu32 ",num-spi=%" PRIu32 ": expected numbers from %u to %u", d->type->name,
             s->base_spi, s->num_spi, SPI_FIRST, SPI_END - 1);
        return false;
    }
    device_add_io(d, "gicv2m", &frame_ops, FRAME_BYTES)->msi = true;
    return true;
}

static const struct property props[] = {
    PROP_NAMED("base-spi", struct gicv2m, base_spi, U32, 80, "arm,msi-base-spi", "the first of its interrupts"),
    PROP_NAMED("num-spi", struct gicv2m, num_spi, U32, 64, "arm,msi-num-spis", "how many there are"),
    PROP_END,
};

static const struct state_row fields[] = { FIELD_END }; /* a message is an edge, and over */

static const struct state_table state = {
    STATE_OF(struct gicv2m),
    .version = 1,
    .rows = fields,
};

const struct device_type gicv2m_type = {
    .name = "arm-gicv2m",
    .desc = "takes messages for a GICv2",
    .compatible = (const char *const[]){ "arm,gic-v2m-frame", NULL },
    .size = sizeof(struct gicv2m),
    .props = props,
    .state = &state,
    .realize = realize,
    .parent_irq = parent_irq,
};
