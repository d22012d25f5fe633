/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory protection controller of ARM's SIE-200: each block of a memory is secure accesses' or others', as its
 * bit in a table says. Manual: DDI 0571, chapter 3.5, "AHB5 TrustZone memory protection controller". The memory is
 * this device's: the node's further ranges of "reg" are where it is seen, a second time for secure accesses as a
 * rule.
 *
 * What a block refuses reads as zero and ignores writes, and interrupts; with CTRL.SEC_RESP it is a bus error instead,
 * and neither noted nor an interrupt. Not modelled: CTRL's gating of accesses while the table changes.
 */
#include <inttypes.h>
#include <libfdt.h>

#include "device.h"
#include "dt.h"

enum { CTRL = 0x0, BLK_MAX = 0x10, BLK_CFG = 0x14, BLK_IDX = 0x18, BLK_LUT = 0x1c, INT_STAT = 0x20, INT_CLEAR = 0x24,
       INT_EN = 0x28, INT_INFO1 = 0x2c, INT_INFO2 = 0x30, INT_SET = 0x34, PID4 = 0xfd0, REGION_BYTES = 0x1000 };
#define CTRL_SEC_RESP 0x10u
#define CTRL_AUTOINC 0x100u
#define CTRL_LOCK 0x80000000u
#define INFO2_NONSEC (1u << 17) /* whose access it was */
#define INFO2_CFG_NS (1u << 18) /* whose block */

#define BLOCK_SHIFT 12 /* blocks of 4 KiB, as the engine's pages */
#define MAX_BLOCKS 8192u
#define MAX_PLACES 2

static const uint8_t ids[12] = { 0x04, 0, 0, 0, 0x60, 0xb8, 0x1b, 0, 0x0d, 0xf0, 0x05, 0xb1 };

/* Where the memory is seen; the regions lie over and under that of the memory. */
struct place {
    struct sie200_mpc *mpc;
    gpa base;
    struct region refused, error; /* what is not given, quietly or not */
};

struct sie200_mpc {
    struct device dev;
    uint64_t bytes;
    unsigned blocks;
    struct ram_block *ram;
    struct place places[MAX_PLACES];
    unsigned nplaces;
    struct region *runs;     /* so many as there may be, of which those that are used are mapped */
    unsigned nruns;
    uint32_t lut[MAX_BLOCKS / 32]; /* a bit a block: it is not the secure accesses' */
    uint32_t ctrl, idx, info1, info2;
    uint8_t stat, enabled;
};

/* -- The memory as it is seen -- */

static bool is_ns(const struct sie200_mpc *s, unsigned block)
{
    return s->lut[block / 32] >> (block % 32) & 1;
}

static void map_run(struct sie200_mpc *s, unsigned from, unsigned to)
{
    struct region *r = &s->runs[s->nruns++];
    uint64_t start = (uint64_t)from << BLOCK_SHIFT, end = MIN((uint64_t)to << BLOCK_SHIFT, s->bytes);
    gpa state = is_ns(s, from) ? 0 : BUS_SECURE;

    *r = (struct region){ .name = s->ram->name, .kind = REGION_RAM, .size = end - start, .host = s->ram->host + start,
                          .ram = s->ram };
    for (unsigned i = 0; i < s->nplaces; i++)
        address_space_map(s->dev.dma.as, r, (s->places[i].base + start) | state, 1);
}

static void map_all(struct sie200_mpc *s)
{
    unsigned from = 0;

    for (unsigned i = 1; i <= s->blocks; i++) {
        if (i < s->blocks && is_ns(s, i) == is_ns(s, from))
            continue;
        map_run(s, from, i);
        from = i;
    }
    for (unsigned i = 0; i < s->nplaces; i++) {
        struct place *p = &s->places[i];
        struct region *r = s->ctrl & CTRL_SEC_RESP ? &p->error : &p->refused;
        address_space_map(s->dev.dma.as, r, p->base, 0);
        address_space_map(s->dev.dma.as, r, p->base | BUS_SECURE, 0);
    }
}

static void unmap_all(struct sie200_mpc *s)
{
    for (unsigned i = 0; i < s->nruns; i++)
        address_space_unmap(s->dev.dma.as, &s->runs[i]);
    s->nruns = 0;
    for (unsigned i = 0; i < s->nplaces; i++) {
        address_space_unmap(s->dev.dma.as, &s->places[i].refused);
        address_space_unmap(s->dev.dma.as, &s->places[i].error);
    }
}

static void remap(struct sie200_mpc *s)
{
    unmap_all(s);
    map_all(s);
}

/* -- What is refused -- */

static void update_irq(struct sie200_mpc *s)
{
    device_irq(&s->dev, 0, s->stat & s->enabled);
}

static void refuse(struct place *p, uint64_t offset)
{
    struct sie200_mpc *s = p->mpc;
    bool secure = device_access_is_secure(&s->dev);

    device_guest_error(&s->dev, "%ssecure access to 0x%" PRIx64 " refused", secure ? "" : "non-", p->base + offset);
    if (s->stat)
        return; /* the first one is kept */
    s->stat = 1;
    s->info1 = p->base + offset;
    s->info2 = (secure ? 0 : INFO2_NONSEC) | (secure ? INFO2_CFG_NS : 0);
    update_irq(s);
}

static uint64_t refused_read(void *opaque, uint64_t offset, unsigned size)
{
    refuse(opaque, offset);
    return 0;
}

static void refused_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    refuse(opaque, offset);
}

static const struct io_ops refused_ops = { .read = refused_read, .write = refused_write, .min_size = 1, .max_size = 8 };
static const struct io_ops error_ops = { 0 }; /* a bus error for each access */

/* -- Registers -- */

static uint64_t mpc_read(void *opaque, uint64_t offset, unsigned size)
{
    struct sie200_mpc *s = opaque;
    uint32_t v;

    switch (offset) {
    case CTRL: return s->ctrl;
    case BLK_MAX: return (s->blocks + 31) / 32 - 1;
    case BLK_CFG: return BLOCK_SHIFT - 5;
    case BLK_IDX: return s->idx;
    case BLK_LUT:
        v = s->lut[s->idx];
        if (s->ctrl & CTRL_AUTOINC)
            s->idx = (s->idx + 1) % ((s->blocks + 31) / 32);
        return v;
    case INT_STAT: return s->stat;
    case INT_EN: return s->enabled;
    case INT_INFO1: return s->info1;
    case INT_INFO2: return s->info2;
    }
    if (offset >= PID4)
        return ids[(offset - PID4) / 4];
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void write_lut(struct sie200_mpc *s, uint32_t value)
{
    uint32_t old = s->lut[s->idx];

    s->lut[s->idx] = value;
    if (s->ctrl & CTRL_AUTOINC)
        s->idx = (s->idx + 1) % ((s->blocks + 31) / 32);
    if (old != value)
        remap(s);
}

static void mpc_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct sie200_mpc *s = opaque;
    uint32_t old = s->ctrl;

    if ((s->ctrl & CTRL_LOCK) && offset != INT_CLEAR && offset != BLK_IDX) {
        device_guest_error(&s->dev, "offset 0x%" PRIx64 ": written while locked", offset);
        return;
    }
    switch (offset) {
    case CTRL:
        s->ctrl = value & (CTRL_SEC_RESP | CTRL_AUTOINC | CTRL_LOCK);
        if ((old ^ s->ctrl) & CTRL_SEC_RESP)
            remap(s);
        break;
    case BLK_IDX: s->idx = value % ((s->blocks + 31) / 32); break;
    case BLK_LUT: write_lut(s, value); break;
    case INT_CLEAR: s->stat &= ~value; break;
    case INT_EN: s->enabled = value & 1; break;
    case INT_SET: s->stat |= value & 1; break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
    }
    update_irq(s);
}

static const struct io_ops mpc_ops = { .read = mpc_read, .write = mpc_write, .min_size = 4, .max_size = 4 };

/* -- Life -- */

static bool mpc_from_dt(struct device *d, const void *fdt, int node, GError **err)
{
    struct sie200_mpc *s = container_of(d, struct sie200_mpc, dev);
    gpa base;
    uint64_t size;

    for (unsigned i = 0; i < MAX_PLACES && dt_reg(fdt, node, 1 + i, &base, &size); i++) {
        s->places[s->nplaces++] = (struct place){ .mpc = s, .base = base };
        s->bytes = i ? MIN(s->bytes, size) : size;
    }
    s->blocks = (s->bytes + (1u << BLOCK_SHIFT) - 1) >> BLOCK_SHIFT;
    if (s->nplaces && s->bytes && s->blocks <= MAX_BLOCKS)
        return true;
    fail(err, "device tree: %s: expected the memory's range in reg, of at most %u MiB", d->id,
         MAX_BLOCKS >> (20 - BLOCK_SHIFT));
    return false;
}

static bool mpc_realize(struct device *d, GError **err)
{
    struct sie200_mpc *s = container_of(d, struct sie200_mpc, dev);

    s->ram = ram_block_new(d->id, s->bytes, err);
    if (!s->ram)
        return false;
    s->runs = g_new0(struct region, s->blocks);
    for (unsigned i = 0; i < s->nplaces; i++) {
        struct place *p = &s->places[i];
        p->refused = (struct region){ .name = "mpc-refused", .kind = REGION_IO, .size = s->bytes, .ops = &refused_ops,
                                      .opaque = p, .lock = &d->lock };
        p->error = (struct region){ .name = "mpc-error", .kind = REGION_IO, .size = s->bytes, .ops = &error_ops };
    }
    device_add_io(d, "mpc", &mpc_ops, REGION_BYTES);
    map_all(s);
    return true;
}

static void mpc_unrealize(struct device *d)
{
    struct sie200_mpc *s = container_of(d, struct sie200_mpc, dev);

    unmap_all(s);
    g_free(s->runs);
    ram_block_free(s->ram);
}

static void mpc_reset(struct device *d)
{
    struct sie200_mpc *s = container_of(d, struct sie200_mpc, dev);

    remap(s);
    device_irq(d, 0, false);
}

static bool mpc_loaded(void *obj, unsigned version, GError **err)
{
    struct sie200_mpc *s = obj;

    if (s->idx >= (s->blocks + 31) / 32) {
        fail(err, "%s: BLK_IDX is out of range", s->dev.id);
        return false;
    }
    remap(s);
    return true;
}

static const struct state_row mpc_fields[] = {
    FIELD_SAME(struct sie200_mpc, bytes),
    FIELD_SAME(struct sie200_mpc, blocks),
    FIELD_NONE(struct sie200_mpc, ram, "memory, which snapshots have by itself"),
    FIELD_NONE(struct sie200_mpc, places, "wiring"),
    FIELD_NONE(struct sie200_mpc, nplaces, "wiring"),
    FIELD_NONE(struct sie200_mpc, runs, "follows from lut"),
    FIELD_NONE(struct sie200_mpc, nruns, "follows from lut"),
    FIELD_ARRAY(struct sie200_mpc, lut, 0),
    FIELD(struct sie200_mpc, ctrl, CTRL_AUTOINC),
    FIELD(struct sie200_mpc, idx, 0),
    FIELD(struct sie200_mpc, info1, 0),
    FIELD(struct sie200_mpc, info2, 0),
    FIELD(struct sie200_mpc, stat, 0),
    FIELD(struct sie200_mpc, enabled, 0),
    FIELD_END,
};

static const struct state_table mpc_state = {
    STATE_OF(struct sie200_mpc),
    .version = 1,
    .rows = mpc_fields,
    .loaded = mpc_loaded,
};

static const char *const mpc_compatible[] = { "arm,sie200-mpc", NULL };

const struct device_type sie200_mpc_type = {
    .name = "tz-mpc",
    .desc = "SIE-200 memory protection controller",
    .compatible = mpc_compatible,
    .size = sizeof(struct sie200_mpc),
    .state = &mpc_state,
    .from_dt = mpc_from_dt,
    .realize = mpc_realize,
    .unrealize = mpc_unrealize,
    .reset = mpc_reset,
};
