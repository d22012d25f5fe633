/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A GICv3 redistributor's LPIs. The configuration is read where an LPI becomes pending and where software says that it
 * has changed it; the pending table is read when LPIs are enabled and written when they no longer are, which software
 * may do (GICR_CTLR.CES). Memory that is not there holds zeros.
 */
#include "gic-lpi.h"

#include <inttypes.h>
#include <string.h>

#define ADDRESS_MASK UINT64_C(0x000ffffffffff000)
#define PEND_ADDRESS_MASK UINT64_C(0x000fffffffff0000)
#define PROPBASER_MASK UINT64_C(0x070fffffffffff9f)
#define PENDBASER_MASK UINT64_C(0x470fffffffff0f80)
#define IDBITS_MASK 0x1f
#define CONFIG_ENABLE 1
#define CONFIG_PRIORITY 0xfc

/* Numbers are below this. */
static uint32_t end_of(const struct gic_lpis *l)
{
    unsigned idbits = l->propbaser & IDBITS_MASK;

    return idbits < 13 ? 0 : idbits >= 15 ? GIC_LPI_END : 2u << idbits;
}

bool gic_lpis_has(const struct gic_lpis *l, uint32_t irq)
{
    return l->enabled && irq >= GIC_LPI_FIRST && irq < end_of(l);
}

/* -- The configuration -- */

/* The word's pending ones, against the best so far. */
static void compare_word(struct gic_lpis *l, struct device *dev, unsigned word, uint64_t pending)
{
    uint8_t config[64] = { 0 };
    gpa table = l->propbaser & ADDRESS_MASK;

    if (!device_dma_read(dev, table + word * 64, config, sizeof(config))) {
        device_guest_error(dev, "LPI configuration: nothing is at 0x%" PRIx64, table + word * 64);
        return;
    }
    for (; pending; pending &= pending - 1) {
        unsigned bit = __builtin_ctzll(pending), irq = GIC_LPI_FIRST + word * 64 + bit;
        uint8_t priority = config[bit] & CONFIG_PRIORITY;
        if ((config[bit] & CONFIG_ENABLE) &&
            (!l->best || priority < l->best_priority || (priority == l->best_priority && irq < l->best))) {
            l->best = irq;
            l->best_priority = priority;
        }
    }
}

void gic_lpis_update(struct gic_lpis *l, struct device *dev)
{
    l->best = 0;
    for (unsigned w = 0; l->enabled && w < GIC_LPI_WORDS; w++)
        if (l->pending[w])
            compare_word(l, dev, w, l->pending[w]);
}

/* -- The pending table -- */

static void load_pending(struct gic_lpis *l, struct device *dev)
{
    size_t len = (MAX(end_of(l), GIC_LPI_FIRST) - GIC_LPI_FIRST) / 8;
    gpa at = (l->pendbaser & PEND_ADDRESS_MASK) + GIC_LPI_FIRST / 8;

    memset(l->pending, 0, sizeof(l->pending));
    if (l->pendbaser & GIC_LPIS_PTZ)
        return;
    if (!device_dma_read(dev, at, l->pending, len)) {
        device_guest_error(dev, "LPI pending table: no memory of %zu bytes is at 0x%" PRIx64, len, at);
        memset(l->pending, 0, sizeof(l->pending));
    }
    for (unsigned w = 0; w < GIC_LPI_WORDS; w++)
        l->pending[w] = GUINT64_FROM_LE(l->pending[w]);
}

static void store_pending(struct gic_lpis *l, struct device *dev)
{
    size_t len = (MAX(end_of(l), GIC_LPI_FIRST) - GIC_LPI_FIRST) / 8;
    gpa at = (l->pendbaser & PEND_ADDRESS_MASK) + GIC_LPI_FIRST / 8;

    for (unsigned w = 0; w < GIC_LPI_WORDS; w++)
        l->pending[w] = GUINT64_TO_LE(l->pending[w]);
    if (!device_dma_write(dev, at, l->pending, len))
        device_guest_error(dev, "LPI pending table: no memory of %zu bytes is at 0x%" PRIx64, len, at);
    memset(l->pending, 0, sizeof(l->pending));
}

void gic_lpis_enable(struct gic_lpis *l, struct device *dev, bool on)
{
    if (on == l->enabled)
        return;
    if (on)
        load_pending(l, dev);
    else
        store_pending(l, dev);
    l->pendbaser &= ~GIC_LPIS_PTZ;
    l->enabled = on;
    gic_lpis_update(l, dev);
}

bool gic_lpis_set_propbaser(struct gic_lpis *l, uint64_t value)
{
    if (!l->enabled)
        l->propbaser = value & PROPBASER_MASK;
    return !l->enabled;
}

bool gic_lpis_set_pendbaser(struct gic_lpis *l, uint64_t value)
{
    if (!l->enabled)
        l->pendbaser = value & PENDBASER_MASK;
    return !l->enabled;
}

/* -- Pending ones -- */

bool gic_lpis_set(struct gic_lpis *l, struct device *dev, uint32_t irq, bool pending)
{
    unsigned w = (irq - GIC_LPI_FIRST) / 64;
    uint64_t bit = UINT64_C(1) << irq % 64;
    bool was = l->pending[w] & bit;

    if (pending) {
        l->pending[w] |= bit;
        compare_word(l, dev, w, bit);
    } else if (was) {
        l->pending[w] &= ~bit;
        if (irq == l->best)
            gic_lpis_update(l, dev);
    }
    return was;
}

void gic_lpis_move_all(struct gic_lpis *from, struct gic_lpis *to, struct device *dev)
{
    if (from == to)
        return;
    for (unsigned w = 0; w < GIC_LPI_WORDS; w++) {
        unsigned first = GIC_LPI_FIRST + 64 * w;
        to->pending[w] |= gic_lpis_has(to, first) ? from->pending[w] : 0;
        from->pending[w] = 0;
    }
    gic_lpis_update(from, dev);
    gic_lpis_update(to, dev);
}

/* -- State -- */

bool gic_lpis_loaded(const struct gic_lpis *l, GError **err)
{
    if (l->best && !gic_lpis_has(l, l->best)) {
        fail(err, "LPI %" PRIu32 " is pending, which there is not", l->best);
        return false;
    }
    for (unsigned w = 0; w < GIC_LPI_WORDS; w++) {
        if (l->pending[w] && !gic_lpis_has(l, GIC_LPI_FIRST + 64 * w)) {
            fail(err, "LPIs from %u on are pending, which there are not", GIC_LPI_FIRST + 64 * w);
            return false;
        }
    }
    return true;
}

static const struct state_row rows[] = {
    FIELD(struct gic_lpis, enabled, false),
    FIELD(struct gic_lpis, propbaser, 0),
    FIELD(struct gic_lpis, pendbaser, 0),
    FIELD_ARRAY(struct gic_lpis, pending, 0),
    FIELD(struct gic_lpis, best, 0),
    FIELD(struct gic_lpis, best_priority, 0),
    FIELD_END,
};

const struct state_table gic_lpis_state = { STATE_OF(struct gic_lpis), .version = 1, .rows = rows };
