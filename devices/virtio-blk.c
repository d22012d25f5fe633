/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio-blk: a disk. VIRTIO 1.2, section 5.2: read, write, flush, get-id, discard, write-zeroes; several queues.
 * Requests run on the block layer's threads. Secure erase, zones and lifetime are not modelled.
 */
#include <inttypes.h>
#include <string.h>

#include "block.h"
#include "virtio.h"

enum {
    F_SIZE_MAX = 1,
    F_SEG_MAX = 2,
    F_GEOMETRY = 4,
    F_RO = 5,
    F_BLK_SIZE = 6,
    F_FLUSH = 9,
    F_TOPOLOGY = 10,
    F_CONFIG_WCE = 11,
    F_MQ = 12,
    F_DISCARD = 13,
    F_WRITE_ZEROES = 14,
};
enum { T_IN = 0, T_OUT = 1, T_FLUSH = 4, T_GET_ID = 8, T_DISCARD = 11, T_WRITE_ZEROES = 13 };
enum { S_OK = 0, S_IOERR = 1, S_UNSUPP = 2 };
enum { ZEROES_UNMAP = 1 };
#define ID_BYTES 20
#define SECTOR BLOCK_SECTOR
#define MAX_RANGE_SECTORS 0x3fffff /* of one discard or write-zeroes: as QEMU's */

/* Offsets in the configuration space. */
enum {
    C_CAPACITY = 0,
    C_SEG_MAX = 12,
    C_GEOMETRY = 16,
    C_BLK_SIZE = 20,
    C_PHYSICAL_EXP = 24,
    C_MIN_IO = 26,
    C_OPT_IO = 28,
    C_WCE = 32,
    C_NUM_QUEUES = 34,
    C_MAX_DISCARD_SECTORS = 36,
    C_MAX_DISCARD_SEG = 40,
    C_DISCARD_ALIGN = 44,
    C_MAX_ZEROES_SECTORS = 48,
    C_MAX_ZEROES_SEG = 52,
    C_ZEROES_MAY_UNMAP = 56,
    C_BYTES = 60,
};

struct virtio_blk {
    struct virtio v;
    struct block *drive;
    char *serial;
    uint32_t logical_block_size, physical_block_size, min_io_size, opt_io_size, cyls, heads, secs;
    uint16_t num_queues, queue_size;
    uint32_t bootindex;
    char *write_cache;
    bool discard, write_zeroes, config_wce, share_rw, request_merging;
    bool wce; /* the guest sees a write cache: otherwise each write is followed by a flush */
};

/* The write cache that the guest sees at first. */
static bool cached(const struct virtio_blk *s)
{
    if (s->write_cache && strcmp(s->write_cache, "auto"))
        return !strcmp(s->write_cache, "on");
    return block_write_cache(s->drive);
}

/* A request under way. */
struct blk_request {
    struct virtio_blk *s;
    struct virtq *q;
    struct virtq_elem *elem;
    uint32_t written; /* bytes of the in pieces when it succeeds, without the status */
    struct iovec *iov; /* data, without header and status */
    unsigned niov;
};

static void put16(struct virtio_blk *s, unsigned offset, uint16_t value)
{
    value = GUINT16_TO_LE(value);
    memcpy(s->v.config + offset, &value, 2);
}

static void put32(struct virtio_blk *s, unsigned offset, uint32_t value)
{
    value = GUINT32_TO_LE(value);
    memcpy(s->v.config + offset, &value, 4);
}

/* -- The end of a request -- */

static void free_request(struct blk_request *r)
{
    g_free(r->iov);
    g_free(r);
}

/* Lock held. Frees r. */
static void finish(struct blk_request *r, uint8_t status)
{
    struct virtq_elem *e = r->elem;

    iov_write(e->in, e->nin, e->in_len - 1, &status, 1);
    /* A read that fails may have brought some bytes: all count as written, for the sake of what was there. */
    virtq_push(r->q, e, r->written + 1);
    virtq_interrupt(r->q);
    free_request(r);
}

static void request_done(void *opaque, int ret)
{
    struct blk_request *r = opaque;
    struct virtio_blk *s = r->s;

    g_mutex_lock(&s->v.dev.lock);
    if (virtq_live(r->elem)) {
        finish(r, ret < 0 ? S_IOERR : S_OK);
    } else {
        virtq_forget(r->elem);
        free_request(r);
    }
    g_mutex_unlock(&s->v.dev.lock);
}

/* -- Kinds of requests; lock held -- */

/* The range is whole blocks within the disk. */
static bool range_ok(struct virtio_blk *s, uint64_t sector, uint64_t bytes)
{
    uint64_t size = block_size(s->drive), offset = sector * SECTOR;

    if (sector <= size / SECTOR && offset % s->logical_block_size == 0 && bytes % s->logical_block_size == 0 &&
        bytes <= size - offset)
        return true;
    device_guest_error(&s->v.dev, "request of %" PRIu64 " bytes at sector %" PRIu64 ": expected blocks of a disk of %"
                       PRIu64 " sectors", bytes, sector, size / SECTOR);
    return false;
}

static void start_transfer(struct virtio_blk *s, struct blk_request *r, bool write, uint64_t sector)
{
    struct virtq_elem *e = r->elem;
    const struct iovec *pieces = write ? e->out : e->in;
    unsigned n = write ? e->nout : e->nin;
    size_t skip = write ? 16 : 0, bytes = write ? e->out_len - 16 : e->in_len - 1;

    if (!range_ok(s, sector, bytes) || (write && block_read_only(s->drive))) {
        finish(r, S_IOERR);
        return;
    }
    r->iov = g_new(struct iovec, n);
    r->niov = iov_window(r->iov, pieces, n, skip, bytes);
    if (write) {
        block_write(s->drive, sector * SECTOR, r->iov, r->niov, s->wce ? 0 : BLOCK_FUA, request_done, r);
    } else {
        r->written = bytes;
        block_read(s->drive, sector * SECTOR, r->iov, r->niov, request_done, r);
    }
}

/* Discard and write-zeroes: one range, as the configuration says. */
static void start_range(struct virtio_blk *s, struct blk_request *r, bool zeroes)
{
    struct { uint64_t sector; uint32_t sectors, flags; } range;
    struct virtq_elem *e = r->elem;

    G_STATIC_ASSERT(sizeof(range) == 16);
    if (e->out_len != 32 || iov_read(e->out, e->nout, 16, &range, 16) != 16 ||
        !(zeroes ? s->write_zeroes : s->discard)) {
        finish(r, S_UNSUPP);
        return;
    }
    uint64_t sector = GUINT64_FROM_LE(range.sector);
    uint32_t sectors = GUINT32_FROM_LE(range.sectors), flags = GUINT32_FROM_LE(range.flags);
    if (flags & ~(zeroes ? ZEROES_UNMAP : 0)) {
        finish(r, S_UNSUPP);
        return;
    }
    if (sectors > MAX_RANGE_SECTORS || !range_ok(s, sector, (uint64_t)sectors * SECTOR) || block_read_only(s->drive)) {
        finish(r, S_IOERR);
        return;
    }
    if (zeroes)
        block_write_zeroes(s->drive, sector * SECTOR, (uint64_t)sectors * SECTOR,
                           (flags & ZEROES_UNMAP ? BLOCK_MAY_UNMAP : 0) | (s->wce ? 0 : BLOCK_FUA), request_done, r);
    else
        block_discard(s->drive, sector * SECTOR, (uint64_t)sectors * SECTOR, request_done, r);
}

static void get_id(struct virtio_blk *s, struct blk_request *r)
{
    char id[ID_BYTES] = "";

    memcpy(id, s->serial ? s->serial : "", s->serial ? MIN(strlen(s->serial), ID_BYTES) : 0);
    r->written = iov_write(r->elem->in, r->elem->nin, 0, id, MIN(ID_BYTES, r->elem->in_len - 1));
    finish(r, S_OK);
}

/* Takes the element over, or leaves it to its fate with a broken device. */
static bool start_request(struct virtio_blk *s, struct virtq *q, struct virtq_elem *e)
{
    struct { uint32_t type, ioprio; uint64_t sector; } header;

    if (iov_read(e->out, e->nout, 0, &header, 16) != 16 || e->in_len == 0) {
        virtio_error(&s->v, "request of %zu bytes out, %zu in: no room for header and status", e->out_len, e->in_len);
        virtq_forget(e);
        return false;
    }
    struct blk_request *r = g_new0(struct blk_request, 1);
    r->s = s;
    r->q = q;
    r->elem = e;
    switch (GUINT32_FROM_LE(header.type)) {
    case T_IN:
        start_transfer(s, r, false, GUINT64_FROM_LE(header.sector));
        break;
    case T_OUT:
        start_transfer(s, r, true, GUINT64_FROM_LE(header.sector));
        break;
    case T_FLUSH:
        block_flush(s->drive, request_done, r);
        break;
    case T_GET_ID:
        get_id(s, r);
        break;
    case T_DISCARD:
        start_range(s, r, false);
        break;
    case T_WRITE_ZEROES:
        start_range(s, r, true);
        break;
    default:
        finish(r, S_UNSUPP);
        break;
    }
    return true;
}

static void notify(struct virtio *v, struct virtq *q)
{
    struct virtio_blk *s = (struct virtio_blk *)v;
    struct virtq_elem *e;

    do {
        virtq_want_notify(q, false);
        while ((e = virtq_pop(q)))
            if (!start_request(s, q, e))
                return;
        virtq_want_notify(q, true);
    } while (!virtq_empty(q));
}

/* -- Configuration -- */

static void fill_config(struct virtio_blk *s)
{
    uint8_t *c = s->v.config;
    uint64_t sectors = block_size(s->drive) / SECTOR, capacity = GUINT64_TO_LE(sectors);
    uint32_t block_sectors = s->logical_block_size / SECTOR;

    memset(c, 0, C_BYTES);
    memcpy(c + C_CAPACITY, &capacity, 8);
    put32(s, C_SEG_MAX, s->queue_size - 2);
    put16(s, C_GEOMETRY, s->cyls ? s->cyls : MIN(sectors / (16 * 63), 16383));
    c[C_GEOMETRY + 2] = s->heads ? s->heads : 16;
    c[C_GEOMETRY + 3] = s->secs ? s->secs : 63;
    put32(s, C_BLK_SIZE, s->logical_block_size);
    c[C_PHYSICAL_EXP] = g_bit_storage(s->physical_block_size / s->logical_block_size) - 1;
    put16(s, C_MIN_IO, s->min_io_size / s->logical_block_size);
    put32(s, C_OPT_IO, s->opt_io_size / s->logical_block_size);
    c[C_WCE] = s->wce;
    put16(s, C_NUM_QUEUES, s->num_queues);
    put32(s, C_MAX_DISCARD_SECTORS, MAX_RANGE_SECTORS);
    put32(s, C_MAX_DISCARD_SEG, 1);
    put32(s, C_DISCARD_ALIGN, block_sectors);
    put32(s, C_MAX_ZEROES_SECTORS, MAX_RANGE_SECTORS);
    put32(s, C_MAX_ZEROES_SEG, 1);
    c[C_ZEROES_MAY_UNMAP] = 1;
}

static void config_written(struct virtio *v, unsigned offset, unsigned size)
{
    struct virtio_blk *s = (struct virtio_blk *)v;

    if (offset == C_WCE && size == 1 && virtio_has(v, F_CONFIG_WCE))
        s->wce = v->config[C_WCE] & 1;
    else
        device_guest_error(&v->dev, "configuration write of %u bytes at 0x%x: only the cache mode can be written",
                           size, offset);
    fill_config(s);
}

/* A driver that never flushes must not be promised a write cache. */
static void started(struct virtio *v)
{
    struct virtio_blk *s = (struct virtio_blk *)v;

    if (!virtio_has(v, F_CONFIG_WCE))
        s->wce = virtio_has(v, F_FLUSH) && cached(s);
    fill_config(s);
}

/* What is under way is carried out, but nobody hears of it. */
static void queue_stopped(struct virtio *v, struct virtq *q)
{
    block_drain(((struct virtio_blk *)v)->drive);
}

static void reset(struct virtio *v)
{
    struct virtio_blk *s = (struct virtio_blk *)v;

    s->wce = cached(s);
    fill_config(s);
}

static const struct virtio_ops ops = {
    .notify = notify,
    .config_written = config_written,
    .started = started,
    .queue_stopped = queue_stopped,
    .reset = reset,
};

/* -- The device -- */

static bool power_of_two(uint32_t n, uint32_t min, uint32_t max)
{
    return n >= min && n <= max && (n & (n - 1)) == 0;
}

static bool check_props(struct virtio_blk *s, GError **err)
{
    if (!s->drive)
        fail(err, "virtio-blk-device: drive: expected the id of a -drive or node");
    else if (!power_of_two(s->logical_block_size, SECTOR, 32768))
        fail(err, "virtio-blk-device: logical_block_size=%u: expected a power of two from 512 to 32768",
             s->logical_block_size);
    else if (!power_of_two(s->physical_block_size, SECTOR, 2 * MiB))
        fail(err, "virtio-blk-device: physical_block_size=%u: expected a power of two from 512 to 2097152",
             s->physical_block_size);
    else if (s->physical_block_size < s->logical_block_size)
        fail(err, "virtio-blk-device: physical_block_size=%u: expected at least logical_block_size (%u)",
             s->physical_block_size, s->logical_block_size);
    else if (s->write_cache && strcmp(s->write_cache, "on") && strcmp(s->write_cache, "off") &&
             strcmp(s->write_cache, "auto"))
        fail(err, "virtio-blk-device: write-cache=%s: expected on, off or auto", s->write_cache);
    else if (s->num_queues < 1 || s->num_queues > 64)
        fail(err, "virtio-blk-device: num-queues=%u: expected 1 to 64", s->num_queues);
    else if (!power_of_two(s->queue_size, 4, VIRTQ_MAX_SIZE))
        fail(err, "virtio-blk-device: queue-size=%u: expected a power of two from 4 to %u", s->queue_size,
             VIRTQ_MAX_SIZE);
    else if (s->cyls > 65535 || s->heads > 255 || s->secs > 255)
        fail(err, "virtio-blk-device: cyls,heads,secs=%u,%u,%u: expected at most 65535,255,255", s->cyls, s->heads,
             s->secs);
    else
        return true;
    return false;
}

static uint64_t features(const struct virtio_blk *s)
{
    uint64_t f = VIRTIO_BIT(F_SEG_MAX) | VIRTIO_BIT(F_GEOMETRY) | VIRTIO_BIT(F_BLK_SIZE) | VIRTIO_BIT(F_FLUSH) |
                 VIRTIO_BIT(F_TOPOLOGY);

    if (block_read_only(s->drive))
        return f | VIRTIO_BIT(F_RO);
    if (s->config_wce)
        f |= VIRTIO_BIT(F_CONFIG_WCE);
    if (s->num_queues > 1)
        f |= VIRTIO_BIT(F_MQ);
    if (s->discard)
        f |= VIRTIO_BIT(F_DISCARD);
    if (s->write_zeroes)
        f |= VIRTIO_BIT(F_WRITE_ZEROES);
    return f;
}

static bool realize(struct device *d, GError **err)
{
    struct virtio_blk *s = (struct virtio_blk *)d;

    if (!check_props(s, err) || !block_claim(s->drive, d->id ? d->id : d->type->name, false, err))
        return false;
    if (!virtio_init(&s->v, &ops, VIRTIO_ID_BLOCK, features(s), C_BYTES, err)) {
        block_release(s->drive);
        return false;
    }
    for (unsigned i = 0; i < s->num_queues; i++)
        virtio_add_queue(&s->v, s->queue_size);
    s->wce = cached(s);
    fill_config(s);
    return true;
}

static void unrealize(struct device *d)
{
    struct virtio_blk *s = (struct virtio_blk *)d;

    virtio_fini(&s->v);
    block_release(s->drive);
}

#define BLK(n, member, kind, d, help) PROP_NAMED(n, struct virtio_blk, member, kind, d, NULL, help)
static const struct property props[] = {
    PROP_NAMES("drive", struct virtio_blk, drive, block_prop, "the drive or node"),
    BLK("serial", serial, STRING, 0, "what get-id tells, at most 20 characters"),
    BLK("logical_block_size", logical_block_size, U32, 512, "smallest transfer in bytes"),
    BLK("physical_block_size", physical_block_size, U32, 512, "best transfer in bytes"),
    BLK("min_io_size", min_io_size, U32, 0, "in bytes"),
    BLK("opt_io_size", opt_io_size, U32, 0, "in bytes"),
    BLK("cyls", cyls, U32, 0, "geometry: cylinders (0: from the size)"),
    BLK("heads", heads, U32, 0, "geometry: heads (0: 16)"),
    BLK("secs", secs, U32, 0, "geometry: sectors a track (0: 63)"),
    BLK("num-queues", num_queues, U16, 1, "request queues"),
    BLK("queue-size", queue_size, U16, 256, "slots of each"),
    BLK("config-wce", config_wce, BOOL, 1, "the guest may switch the write cache"),
    BLK("write-cache", write_cache, STRING, 0, "the cache the guest sees: on, off or auto (as the drive's cache=)"),
    BLK("bootindex", bootindex, U32, UINT32_MAX, "its place among what firmware boots from, 0 first (default: none)"),
    BLK("share-rw", share_rw, BOOL, 0, "accepted: what others may do is said by file.locking of the drive"),
    BLK("request-merging", request_merging, BOOL, 1, "accepted, without effect"),
    BLK("discard", discard, BOOL, 1, "offer discard"),
    BLK("write-zeroes", write_zeroes, BOOL, 1, "offer write-zeroes"),
    VIRTIO_PROPS,
    PROP_END,
};

static const struct state_row fields[] = {
    VIRTIO_FIELDS(struct virtio_blk),
    FIELD_KEEP(struct virtio_blk, wce), /* reset() chooses it */
    FIELD_END,
};

static void settle(void *obj)
{
    struct virtio_blk *s = obj;

    block_drain(s->drive); /* so that what waits in its queue is not waited for by way of the workers */
    virtio_settle(&s->v);
}

static bool loaded(void *obj, unsigned version, GError **err)
{
    fill_config(obj);
    return virtio_loaded(obj, version, err);
}

static void identity(const void *obj, GString *out)
{
    g_string_append_printf(out, "bytes=%" PRIu64 ",read-only=%d", block_size(((const struct virtio_blk *)obj)->drive),
                           block_read_only(((const struct virtio_blk *)obj)->drive));
}

static const struct state_table state = {
    STATE_OF(struct virtio_blk),
    .version = 1,
    .rows = fields,
    .settle = settle,
    .loaded = loaded,
    .identity = identity,
};

const struct device_type virtio_blk_device_type = {
    .name = "virtio-blk-device",
    .desc = "virtio disk",
    .bus = &virtio_bus_type,
    .size = sizeof(struct virtio_blk),
    .props = props,
    .state = &state,
    .realize = realize,
    .reset = virtio_device_reset,
    .unrealize = unrealize,
};
