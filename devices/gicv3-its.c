/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Interrupt Translation Service of a GICv3: a message's device and data, its event, become an LPI of a
 * redistributor. Manual: ARM IHI 0069, chapters 5 and 6; binding: arm,gic-v3-its, within the controller's node. Device,
 * collection and interrupt translation tables are in the guest's memory, made by its commands, and are looked up there
 * for each message; what their entries look like is our affair, their sizes are QEMU's. Commands are done within the
 * write that submits them. Not modelled: GICv4 (VMAPP and the like), MPAM, GITS_STATUSR.
 */
#include <inttypes.h>
#include <libfdt.h>

#include "device.h"
#include "dt.h"
#include "gic-lpi.h"

enum its_register {
    GITS_CTLR = 0x0000, GITS_IIDR = 0x0004, GITS_TYPER = 0x0008, GITS_MPAMIDR = 0x0010, GITS_CBASER = 0x0080,
    GITS_CWRITER = 0x0088, GITS_CREADR = 0x0090, GITS_BASER = 0x0100, GITS_BASER_END = 0x0140, GITS_ID = 0xffd0,
    GITS_CONTROL_END = 0x10000, GITS_TRANSLATER = 0x10040, GITS_BYTES = 0x20000,
};
enum { CTLR_ENABLED = 1 };
#define CTLR_QUIESCENT (1u << 31)
#define IIDR 0x43b
#define CREADR_STALLED 1
#define CWRITER_RETRY 1
#define QUEUE_OFFSET UINT64_C(0xfffe0)
#define BASER_VALID (UINT64_C(1) << 63)
#define BASER_INDIRECT (UINT64_C(1) << 62)
#define BASER_TYPE_SHIFT 56
#define BASER_ENTRY_SHIFT 48
#define BASER_FIXED (UINT64_C(7) << BASER_TYPE_SHIFT | UINT64_C(0x1f) << BASER_ENTRY_SHIFT)
#define BASER_PAGE_SHIFT 8
#define BASER_FIXED_OF(type) ((uint64_t)(type) << BASER_TYPE_SHIFT | (uint64_t)(ENTRY_BYTES - 1) << BASER_ENTRY_SHIFT)
#define BASER_64K (UINT64_C(2) << BASER_PAGE_SHIFT)
#define CBASER_MASK UINT64_C(0xf8fffffffffffcff)

/* Tables, by the number of their GITS_BASER. */
enum its_table { DEVICES, COLLECTIONS, TABLES };
#define ENTRY_BYTES 8 /* of both */
#define ITE_BYTES 12  /* QEMU's size: the first eight are what we need */
#define ID_BITS 16    /* of devices, events, collections and interrupts */
static const uint64_t table_fixed[TABLES] = { [DEVICES] = BASER_FIXED_OF(1), [COLLECTIONS] = BASER_FIXED_OF(4) };
#define TYPER_PHYSICAL 1
#define TYPER_CIL (UINT64_C(1) << 36)
#define TYPER                                                                                                          \
    (TYPER_PHYSICAL | (ITE_BYTES - 1) << 4 | (ID_BITS - 1) << 8 | (ID_BITS - 1) << 13 |                                \
     (uint64_t)(ID_BITS - 1) << 32 | TYPER_CIL)

static const uint8_t ids[] = { 0x44, 0, 0, 0, 0x94, 0xb4, 0x3b, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

enum its_command {
    MOVI = 0x01, INT = 0x03, CLEAR = 0x04, SYNC = 0x05, MAPD = 0x08, MAPC = 0x09, MAPTI = 0x0a, MAPI = 0x0b, INV = 0x0c,
    INVALL = 0x0d, MOVALL = 0x0e, DISCARD = 0x0f,
};
#define COMMAND_WORDS 4
#define COMMAND_BYTES 32
#define COMMAND_VALID (UINT64_C(1) << 63)

struct its {
    struct device dev;
    struct device *gic; /* wiring */
    bool enabled;
    uint64_t baser[TABLES];
    uint64_t cbaser, cwriter, creadr; /* offsets; creadr's bit 0: it has stalled */
};

/* -- Entries; the guest may have written anything to them -- */

struct device_entry {
    bool valid;
    uint8_t event_bits; /* less one */
    gpa itt;
};

struct event_entry {
    bool valid;
    uint16_t collection;
    uint32_t irq;
};

static bool read_word(struct its *s, gpa at, uint64_t *v)
{
    bool ok = device_dma_read(&s->dev, at, v, sizeof(*v));

    *v = ok ? GUINT64_FROM_LE(*v) : 0;
    return ok;
}

static bool write_word(struct its *s, gpa at, uint64_t v)
{
    v = GUINT64_TO_LE(v);
    return device_dma_write(&s->dev, at, &v, sizeof(v));
}

static unsigned page_shift(uint64_t baser)
{
    unsigned size = bits(baser, BASER_PAGE_SHIFT, 2);

    return size == 0 ? 12 : size == 1 ? 14 : 16;
}

/* Where an entry of a table is. False: there is no such entry, or no memory for it. */
static bool table_entry(struct its *s, enum its_table table, uint32_t n, gpa *at)
{
    uint64_t baser = s->baser[table], page = UINT64_C(1) << page_shift(baser), entries = page / ENTRY_BYTES, first;
    uint64_t pages = bits(baser, 0, 8) + 1;
    gpa base = bits(baser, 12, 36) << 12;

    if (page == 64 * KiB) /* bits 15 to 12 are the address's 51 to 48 */
        base = bits(baser, 16, 32) << 16 | bits(baser, 12, 4) << 48;
    if (!(baser & BASER_VALID) || n >> ID_BITS)
        return false;
    if (!(baser & BASER_INDIRECT)) {
        *at = base + (uint64_t)n * ENTRY_BYTES;
        return n < pages * entries;
    }
    if (n / entries >= pages * entries || !read_word(s, base + n / entries * ENTRY_BYTES, &first) ||
        !(first & COMMAND_VALID))
        return false;
    *at = (bits(first, 12, 40) << 12 & ~(page - 1)) + n % entries * ENTRY_BYTES;
    return true;
}

static bool get_device(struct its *s, uint32_t device, struct device_entry *e)
{
    uint64_t v;
    gpa at;

    if (!table_entry(s, DEVICES, device, &at) || !read_word(s, at, &v))
        return false;
    *e = (struct device_entry){ .valid = v & 1, .event_bits = bits(v, 1, 5), .itt = bits(v, 6, 44) << 8 };
    return true;
}

static bool put_device(struct its *s, uint32_t device, const struct device_entry *e)
{
    gpa at;

    return table_entry(s, DEVICES, device, &at) &&
           write_word(s, at, e->valid ? 1 | (uint64_t)e->event_bits << 1 | e->itt >> 8 << 6 : 0);
}

/* A collection's redistributor. False: it has none. */
static bool get_collection(struct its *s, uint32_t collection, unsigned *cpu)
{
    uint64_t v;
    gpa at;

    if (!table_entry(s, COLLECTIONS, collection, &at) || !read_word(s, at, &v))
        return false;
    *cpu = bits(v, 1, 16);
    return (v & 1) && *cpu < gicv3_redistributors(s->gic);
}

static bool put_collection(struct its *s, uint32_t collection, bool valid, unsigned cpu)
{
    gpa at;

    return table_entry(s, COLLECTIONS, collection, &at) && write_word(s, at, valid ? 1 | (uint64_t)cpu << 1 : 0);
}

/* Where an event's entry is: its device is mapped and has as many. */
static bool event_at(struct its *s, uint32_t device, uint32_t event, gpa *at)
{
    struct device_entry d;

    if (!get_device(s, device, &d) || !d.valid || event >> ID_BITS || (uint64_t)event >> (d.event_bits + 1))
        return false;
    *at = d.itt + (uint64_t)event * ITE_BYTES;
    return true;
}

static bool get_event(struct its *s, gpa at, struct event_entry *e)
{
    uint64_t v;
    bool ok = read_word(s, at, &v);

    *e = (struct event_entry){ .valid = v & 1, .irq = bits(v, 2, 24), .collection = bits(v, 32, 16) };
    return ok;
}

static bool put_event(struct its *s, gpa at, const struct event_entry *e)
{
    return write_word(s, at, e->valid ? 1 | (uint64_t)e->irq << 2 | (uint64_t)e->collection << 32 : 0);
}

/* An event that is mapped, and to whom. False: there is no such. */
static bool translate(struct its *s, uint32_t device, uint32_t event, struct event_entry *e, gpa *at, unsigned *cpu)
{
    return event_at(s, device, event, at) && get_event(s, *at, e) && e->valid && get_collection(s, e->collection, cpu);
}

/* -- Commands: false where one is wrong, and ignored -- */

/* Fields of a command's words. */
static uint32_t device_of(const uint64_t *c)
{
    return c[0] >> 32;
}

static uint32_t event_of(const uint64_t *c)
{
    return c[1];
}

static uint16_t collection_of(const uint64_t *c)
{
    return c[2];
}

static bool map_device(struct its *s, const uint64_t *c)
{
    const struct device_entry e = { .valid = c[2] & COMMAND_VALID, .event_bits = bits(c[1], 0, 5),
                                    .itt = bits(c[2], 8, 44) << 8 };

    return e.event_bits < ID_BITS && put_device(s, device_of(c), &e);
}

static bool map_collection(struct its *s, const uint64_t *c)
{
    uint64_t cpu = bits(c[2], 16, 35);
    bool valid = c[2] & COMMAND_VALID;

    return (!valid || cpu < gicv3_redistributors(s->gic)) && put_collection(s, collection_of(c), valid, cpu);
}

static bool map_event(struct its *s, const uint64_t *c, uint32_t irq)
{
    const struct event_entry e = { .valid = true, .irq = irq, .collection = collection_of(c) };
    gpa at, collection;

    return event_at(s, device_of(c), event_of(c), &at) && irq >= GIC_LPI_FIRST && irq < GIC_LPI_END &&
           table_entry(s, COLLECTIONS, e.collection, &collection) && put_event(s, at, &e);
}

static bool move_event(struct its *s, const uint64_t *c)
{
    struct event_entry e;
    unsigned from, to;
    gpa at;

    if (!translate(s, device_of(c), event_of(c), &e, &at, &from) || !get_collection(s, collection_of(c), &to))
        return false;
    e.collection = collection_of(c);
    if (from != to)
        gicv3_lpi_move(s->gic, from, to, e.irq);
    return put_event(s, at, &e);
}

static bool move_all(struct its *s, const uint64_t *c)
{
    uint64_t from = bits(c[2], 16, 35), to = bits(c[3], 16, 35);
    unsigned n = gicv3_redistributors(s->gic);

    if (from < n && to < n)
        gicv3_lpis_move_all(s->gic, from, to);
    return from < n && to < n;
}

static bool configuration_changed(struct its *s, const uint64_t *c)
{
    unsigned cpu;

    if (!get_collection(s, collection_of(c), &cpu))
        return false;
    gicv3_lpis_changed(s->gic, cpu);
    return true;
}

/* INT, CLEAR, INV, DISCARD: something happens to an event that is mapped. */
static bool act(struct its *s, enum its_command how, uint32_t device, uint32_t event)
{
    struct event_entry e;
    unsigned cpu;
    gpa at;

    if (!translate(s, device, event, &e, &at, &cpu))
        return false;
    log_to(LOG_INT, "%s: device 0x%" PRIx32 ", event %" PRIu32 ": LPI %" PRIu32 " of CPU %u\n", s->dev.type->name,
           device, event, e.irq, cpu);
    switch (how) {
    case INV: gicv3_lpis_changed(s->gic, cpu); return true;
    case DISCARD:
        e.valid = false;
        gicv3_lpi(s->gic, cpu, e.irq, false);
        return put_event(s, at, &e);
    default: gicv3_lpi(s->gic, cpu, e.irq, how == INT); return true;
    }
}

static bool execute(struct its *s, const uint64_t *c)
{
    unsigned command = c[0] & 0xff;

    switch (command) {
    case MAPD: return map_device(s, c);
    case MAPC: return map_collection(s, c);
    case MAPTI: return map_event(s, c, c[1] >> 32);
    case MAPI: return map_event(s, c, event_of(c));
    case MOVI: return move_event(s, c);
    case MOVALL: return move_all(s, c);
    case INVALL: return configuration_changed(s, c);
    case INV:
    case INT:
    case CLEAR:
    case DISCARD: return act(s, command, device_of(c), event_of(c));
    case SYNC: return true; /* there is nothing to wait for */
    default: return false;
    }
}

static const char *command_name(unsigned command)
{
    static const char *const names[] = {
        [MOVI] = "MOVI", [INT] = "INT", [CLEAR] = "CLEAR", [SYNC] = "SYNC", [MAPD] = "MAPD", [MAPC] = "MAPC",
        [MAPTI] = "MAPTI", [MAPI] = "MAPI", [INV] = "INV", [INVALL] = "INVALL", [MOVALL] = "MOVALL",
        [DISCARD] = "DISCARD",
    };

    return command < ARRAY_SIZE(names) && names[command] ? names[command] : "no command";
}

/* Do what is in the queue. */
static void run_queue(struct its *s)
{
    uint64_t size = (bits(s->cbaser, 0, 8) + 1) * 4 * KiB, c[COMMAND_WORDS];
    gpa base = bits(s->cbaser, 12, 40) << 12;

    if (!s->enabled || !(s->cbaser & BASER_VALID))
        return;
    if (s->cwriter >= size) {
        device_guest_error(&s->dev, "GITS_CWRITER=0x%" PRIx64 ": the queue has 0x%" PRIx64 " bytes", s->cwriter, size);
        return;
    }
    while (s->creadr != s->cwriter && !(s->creadr & CREADR_STALLED)) {
        if (!device_dma_read(&s->dev, base + s->creadr, c, sizeof(c))) {
            device_guest_error(&s->dev, "command queue: nothing is at 0x%" PRIx64, base + s->creadr);
            s->creadr |= CREADR_STALLED;
            return;
        }
        for (unsigned i = 0; i < COMMAND_WORDS; i++)
            c[i] = GUINT64_FROM_LE(c[i]);
        log_to(LOG_INT, "%s: %s 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 "\n", s->dev.type->name,
               command_name(c[0] & 0xff), c[0], c[1], c[2], c[3]);
        if (!execute(s, c))
            device_guest_error(&s->dev, "%s 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 " is ignored",
                               command_name(c[0] & 0xff), c[0], c[1], c[2], c[3]);
        s->creadr = (s->creadr + COMMAND_BYTES) % size;
    }
}

/* -- Registers -- */

/* The 64-bit register at offset. */
static uint64_t read_register(struct its *s, unsigned offset)
{
    switch (offset) {
    case GITS_CTLR: return (uint64_t)IIDR << 32 | CTLR_QUIESCENT | (s->enabled ? CTLR_ENABLED : 0);
    case GITS_TYPER: return TYPER;
    case GITS_MPAMIDR: return 0;
    case GITS_CBASER: return s->cbaser;
    case GITS_CWRITER: return s->cwriter;
    case GITS_CREADR: return s->creadr;
    }
    if (offset >= GITS_BASER && offset < GITS_BASER_END) {
        unsigned n = (offset - GITS_BASER) / 8;
        return n < TABLES ? s->baser[n] : 0;
    }
    if (offset >= GITS_ID && offset < GITS_CONTROL_END) {
        const uint8_t *id = &ids[(offset - GITS_ID) / 4];
        return id[0] | (uint64_t)id[1] << 32;
    }
    if (offset != (GITS_TRANSLATER & ~7))
        device_guest_error(&s->dev, "offset 0x%x: read of no readable register", offset);
    return 0;
}

/* The bits of mask of the 64-bit register at offset. */
static void write_register(struct its *s, unsigned offset, uint64_t value, uint64_t mask)
{
    unsigned n = (offset - GITS_BASER) / 8;
    bool base = offset == GITS_CBASER || (offset >= GITS_BASER && offset < GITS_BASER_END);

    if (base && s->enabled) {
        device_guest_error(&s->dev, "offset 0x%x: written while the ITS is enabled", offset);
    } else if (offset == GITS_CTLR && (mask & CTLR_ENABLED)) {
        s->enabled = value & CTLR_ENABLED;
        run_queue(s);
    } else if (offset == GITS_CBASER) {
        s->cbaser = (s->cbaser & ~mask) | (value & mask & CBASER_MASK);
        s->creadr = 0;
    } else if (offset == GITS_CWRITER) {
        s->cwriter = ((s->cwriter & ~mask) | (value & mask)) & QUEUE_OFFSET;
        if (value & mask & CWRITER_RETRY)
            s->creadr &= ~(uint64_t)CREADR_STALLED;
        run_queue(s);
    } else if (base && n < TABLES) {
        mask &= ~BASER_FIXED;
        s->baser[n] = (s->baser[n] & ~mask) | (value & mask);
    } else if (!base) {
        device_guest_error(&s->dev, "offset 0x%x: write to no writable register", offset);
    }
}

static uint64_t its_read(void *opaque, uint64_t offset, unsigned size)
{
    return read_register(opaque, offset & ~7) >> offset % 8 * 8;
}

static void its_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct its *s = opaque;
    uint32_t requester = 0; /* a CPU's */
    bool message = device_access_is_message(&s->dev, &requester);

    if (offset == GITS_TRANSLATER && size <= 4) {
        if (!s->enabled || !act(s, INT, requester, value))
            device_guest_error(&s->dev, "message of device 0x%" PRIx32 ", event %" PRIu64 ": %s", requester, value,
                               s->enabled ? "it is not mapped" : "the ITS is not enabled");
    } else if (message || size < 4) {
        device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write of %u bytes%s", offset, size,
                           message ? " by a device" : "");
    } else {
        write_register(s, offset & ~7, value << offset % 8 * 8, size == 8 ? UINT64_MAX : UINT64_C(0xffffffff) << offset % 8 * 8);
    }
}

static const struct io_ops its_ops = { .read = its_read, .write = its_write, .min_size = 2, .max_size = 8 };

/* -- Life -- */

struct search {
    int node;
    struct device *found;
};

static void take_gic(struct device *d, void *opaque)
{
    struct search *search = opaque;

    if (d->type == &gicv3_type && d->realized && (search->node < 0 || d->dt_node == search->node))
        search->found = d;
}

/* Its node is within the controller's. */
static bool from_dt(struct device *d, const void *fdt, int node, GError **err)
{
    struct search search = { .node = fdt_parent_offset(fdt, node) };

    device_foreach(d->machine, take_gic, &search);
    ((struct its *)d)->gic = search.found;
    return true;
}

static bool realize(struct device *d, GError **err)
{
    struct its *s = (struct its *)d;
    struct search any = { .node = -1 };

    if (!s->gic) { /* no tree says */
        device_foreach(d->machine, take_gic, &any);
        s->gic = any.found;
    }
    if (!s->gic) {
        fail(err, "%s: there is no GICv3", d->id);
        return false;
    }
    device_add_io(d, "control", &its_ops, GITS_BYTES)->msi = true;
    return true;
}

static void reset(struct device *d)
{
    struct its *s = (struct its *)d;

    for (unsigned i = 0; i < TABLES; i++)
        s->baser[i] = table_fixed[i] | BASER_64K;
}

static bool loaded(void *obj, unsigned version, GError **err)
{
    struct its *s = obj;

    if (s->cwriter & ~QUEUE_OFFSET || s->creadr & ~(QUEUE_OFFSET | CREADR_STALLED)) {
        fail(err, "the command queue is at 0x%" PRIx64 " and 0x%" PRIx64, s->creadr, s->cwriter);
        return false;
    }
    for (unsigned i = 0; i < TABLES; i++)
        s->baser[i] = (s->baser[i] & ~BASER_FIXED) | table_fixed[i];
    return true;
}

static const struct state_row fields[] = {
    FIELD_NONE(struct its, gic, "wiring"),
    FIELD(struct its, enabled, false),
    FIELD_ARRAY(struct its, baser, 0),
    FIELD(struct its, cbaser, 0),
    FIELD(struct its, cwriter, 0),
    FIELD(struct its, creadr, 0),
    FIELD_END,
};

static const struct state_table state = {
    STATE_OF(struct its),
    .version = 1,
    .rows = fields,
    .loaded = loaded,
};

const struct device_type gicv3_its_type = {
    .name = "arm-gicv3-its",
    .desc = "turns messages into interrupts of a GICv3",
    .compatible = (const char *const[]){ "arm,gic-v3-its", NULL },
    .size = sizeof(struct its),
    .state = &state,
    .from_dt = from_dt,
    .realize = realize,
    .reset = reset,
};
