/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtqueues, split and packed: VIRTIO 1.2, sections 2.7 and 2.8. Everything in the ring is the guest's and may change
 * under our feet: each descriptor is read once, chains are bounded, and an address is used only as a piece of RAM that
 * was found for it.
 */
#include "virtio.h"

#include <inttypes.h>
#include <string.h>

enum { DESC_NEXT = 1, DESC_WRITE = 2, DESC_INDIRECT = 4, DESC_AVAIL = 1 << 7, DESC_USED = 1 << 15 };
enum { AVAIL_NO_INTERRUPT = 1, USED_NO_NOTIFY = 1 };                 /* split, without event index */
enum { EVENT_ENABLE = 0, EVENT_DISABLE = 1, EVENT_DESC = 2 };        /* packed */
#define MAX_CHAIN_BYTES (UINT64_C(1) << 32)

/* A descriptor of either kind: of a split ring next, of a packed one id. */
struct desc {
    uint64_t addr;
    uint32_t len;
    uint16_t flags, next, id;
};

/* -- Ring memory: little-endian, shared with running CPUs -- */

/* Drivers that do not align their rings are on their own as to tearing, not as to order. */
static bool aligned(const uint8_t *p, unsigned size)
{
    return ((uintptr_t)p & (size - 1)) == 0;
}

static uint16_t load16(const uint8_t *p)
{
    uint16_t v;

    if (aligned(p, 2))
        return GUINT16_FROM_LE(__atomic_load_n((const uint16_t *)p, __ATOMIC_ACQUIRE));
    memcpy(&v, p, 2);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return GUINT16_FROM_LE(v);
}

static void store16(uint8_t *p, uint16_t v)
{
    v = GUINT16_TO_LE(v);
    if (aligned(p, 2)) {
        __atomic_store_n((uint16_t *)p, v, __ATOMIC_RELEASE);
    } else {
        __atomic_thread_fence(__ATOMIC_RELEASE);
        memcpy(p, &v, 2);
    }
    bus_ram_written(p, 2);
}

static void store32(uint8_t *p, uint32_t v)
{
    v = GUINT32_TO_LE(v);
    if (aligned(p, 4)) {
        __atomic_store_n((uint32_t *)p, v, __ATOMIC_RELEASE);
    } else {
        __atomic_thread_fence(__ATOMIC_RELEASE);
        memcpy(p, &v, 4);
    }
    bus_ram_written(p, 4);
}

/* Split rings: available flags, idx, ring[num], used_event; used flags, idx, { id, len }[num], avail_event. */
static uint8_t *used_event(const struct virtq *q)
{
    return q->driver_host + 4 + 2 * q->at.num;
}

static uint8_t *avail_event(const struct virtq *q)
{
    return q->device_host + 4 + 8 * q->at.num;
}

/* May change during a run: there is room for the events in any case. */
static bool has_event_idx(const struct virtq *q)
{
    return virtio_has(q->v, VIRTIO_F_EVENT_IDX);
}

/* Split descriptors have flags, next where packed ones have id, flags. */
static struct desc decode_desc(const uint8_t raw[16], bool packed)
{
    struct desc d;
    uint64_t addr;
    uint32_t len;
    uint16_t a, b;

    memcpy(&addr, raw, 8);
    memcpy(&len, raw + 8, 4);
    memcpy(&a, raw + 12, 2);
    memcpy(&b, raw + 14, 2);
    __asm__ volatile("" : : : "memory"); /* what was checked is what is used: the compiler must not read it again */
    d.addr = GUINT64_FROM_LE(addr);
    d.len = GUINT32_FROM_LE(len);
    d.flags = GUINT16_FROM_LE(packed ? b : a);
    d.next = d.id = GUINT16_FROM_LE(packed ? a : b);
    return d;
}

/* -- Start and stop -- */

/* Rings may be placed before the device may reach them: virtq_pop() finds out. */
static uint8_t *find_area(const struct virtq *q, gpa addr, uint64_t size)
{
    size_t len = size;
    uint8_t *host = q->v->dev.dma.as ? dma_map(q->v->dev.dma.as, addr, &len) : NULL;

    return host && len >= size ? host : NULL;
}

static uint8_t *map_area(struct virtq *q, const char *what, gpa addr, uint64_t size, unsigned align)
{
    uint8_t *host = find_area(q, addr, size);

    if (host) {
        if (addr % align)
            device_guest_error(&q->v->dev, "queue %u: %s area at 0x%" PRIx64 " is not aligned to %u", q->index, what,
                               addr, align);
        return host;
    }
    virtio_error(q->v, "queue %u: %s area at 0x%" PRIx64 " (%" PRIu64 " bytes): expected RAM", q->index, what, addr,
                 size);
    return NULL;
}

static bool same_layout(const struct virtq_layout *a, const struct virtq_layout *b)
{
    return a->num == b->num && a->desc == b->desc && a->driver == b->driver && a->device == b->device;
}

void virtq_rewind(struct virtq *q)
{
    q->next = q->used = 0;
    q->next_wrap = q->used_wrap = true;
}

bool virtq_start(struct virtq *q)
{
    bool packed = virtio_has(q->v, VIRTIO_F_RING_PACKED);
    unsigned num = q->set.num;

    if (q->ready && q->packed == packed && same_layout(&q->at, &q->set))
        return true;
    virtq_stop(q);
    if (q->set.desc == 0) { /* no fault of the device's, as in QEMU: the driver may still set it */
        device_guest_error(&q->v->dev, "queue %u: started without an address", q->index);
        return false;
    }
    if (!packed && (num & (num - 1)))
        device_guest_error(&q->v->dev, "queue %u: size %u is no power of two", q->index, num);
    if (q->packed != packed || (packed && MAX(q->next, q->used) >= num))
        virtq_rewind(q);
    q->at = q->set;
    q->packed = packed;
    q->desc_host = map_area(q, "descriptor", q->at.desc, 16 * num, 16);
    q->driver_host = map_area(q, "driver", q->at.driver, packed ? 4 : 6 + 2 * num, packed ? 4 : 2);
    q->device_host = map_area(q, "device", q->at.device, packed ? 4 : 6 + 8 * num, 4);
    if (!q->desc_host || !q->driver_host || !q->device_host)
        return false;
    q->event_off = false;
    q->unsignalled = 0;
    q->ready = true;
    return true;
}

void virtq_stop(struct virtq *q)
{
    if (!q->ready)
        return;
    q->ready = false;
    q->run++;
    q->inuse = 0;
    q->desc_host = q->driver_host = q->device_host = NULL;
    if (q->v->ops->queue_stopped)
        q->v->ops->queue_stopped(q->v, q);
}

/* -- State. virtio_reset() is what resets it -- */

static const struct state_row layout_fields[] = {
    FIELD_KEEP(struct virtq_layout, num),
    FIELD_KEEP(struct virtq_layout, desc),
    FIELD_KEEP(struct virtq_layout, driver),
    FIELD_KEEP(struct virtq_layout, device),
    FIELD_END,
};

static const struct state_table layout_table = {
    STATE_OF(struct virtq_layout),
    .version = 1,
    .rows = layout_fields,
};

static const struct state_row virtq_fields[] = {
    FIELD_NONE(struct virtq, v, "wiring"),
    FIELD_NONE(struct virtq, index, "wiring"),
    FIELD_SAME(struct virtq, max),
    FIELD_STRUCT(struct virtq, set, &layout_table),
    FIELD_KEEP(struct virtq, align),
    FIELD_KEEP(struct virtq, ready),
    FIELD_NONE(struct virtq, run, "of buffers that are out, and none is"),
    FIELD_STRUCT(struct virtq, at, &layout_table),
    FIELD_KEEP(struct virtq, packed),
    FIELD_NONE(struct virtq, desc_host, "mapped anew"),
    FIELD_NONE(struct virtq, driver_host, "mapped anew"),
    FIELD_NONE(struct virtq, device_host, "mapped anew"),
    FIELD_KEEP(struct virtq, next),
    FIELD_KEEP(struct virtq, used),
    FIELD_KEEP(struct virtq, next_wrap),
    FIELD_KEEP(struct virtq, used_wrap),
    FIELD_KEEP(struct virtq, event_off),
    FIELD_KEEP(struct virtq, unsignalled),
    FIELD_NONE(struct virtq, inuse, "no buffer is out"),
    FIELD_END,
};

const struct state_table virtq_table = {
    STATE_OF(struct virtq),
    .version = 1,
    .rows = virtq_fields,
};

bool virtq_loaded(struct virtq *q, GError **err)
{
    unsigned num = q->at.num;

    q->run++;
    q->inuse = 0;
    q->desc_host = q->driver_host = q->device_host = NULL;
    if (q->set.num < 1 || q->set.num > VIRTQ_MAX_SIZE || q->align == 0 || (q->align & (q->align - 1)) ||
        (q->ready && (num < 1 || num > VIRTQ_MAX_SIZE || (q->packed && MAX(q->next, q->used) >= num)))) {
        fail(err, "queue %u: there is no such ring", q->index);
        return false;
    }
    if (!q->ready)
        return true;
    q->desc_host = find_area(q, q->at.desc, 16 * num);
    q->driver_host = find_area(q, q->at.driver, q->packed ? 4 : 6 + 2 * num);
    q->device_host = find_area(q, q->at.device, q->packed ? 4 : 6 + 8 * num);
    if (q->desc_host && q->driver_host && q->device_host)
        return true;
    fail(err, "queue %u: the ring is not in RAM", q->index);
    return false;
}

/* -- Collecting a chain's pieces -- */

struct chain {
    struct virtq *q;
    unsigned nout, nin;
    uint64_t out_len, in_len;
    struct iovec pieces[VIRTQ_MAX_PIECES]; /* out, then in: the order the rules prescribe */
};

/* The pieces are left as they are: 16 KiB. */
static void chain_init(struct chain *c, struct virtq *q)
{
    c->q = q;
    c->nout = c->nin = 0;
    c->out_len = c->in_len = 0;
}

/* Add a descriptor's memory. False after virtio_error(). */
static bool add_buffer(struct chain *c, const struct desc *d)
{
    bool in = d->flags & DESC_WRITE;
    uint64_t addr = d->addr, left = d->len;
    struct virtio *v = c->q->v;

    if (!in && c->nin > 0) {
        virtio_error(v, "queue %u: a descriptor to read follows one to write", c->q->index);
        return false;
    }
    if (c->in_len + c->out_len + left > MAX_CHAIN_BYTES || (left > 0 && addr + (left - 1) < addr)) {
        virtio_error(v, "queue %u: descriptor of 0x%" PRIx64 " bytes at 0x%" PRIx64 ": too long", c->q->index, left,
                     addr);
        return false;
    }
    *(in ? &c->in_len : &c->out_len) += left;
    while (left > 0) {
        size_t len = left;
        uint8_t *host = device_dma_map(&v->dev, addr, &len);
        if (!host || len == 0) {
            virtio_error(v, "queue %u: descriptor's address 0x%" PRIx64 " is not RAM", c->q->index, addr);
            return false;
        }
        if (c->nout + c->nin == VIRTQ_MAX_PIECES) {
            virtio_error(v, "queue %u: a buffer of more than %u pieces", c->q->index, VIRTQ_MAX_PIECES);
            return false;
        }
        c->pieces[c->nout + c->nin] = (struct iovec){ host, len };
        (*(in ? &c->nin : &c->nout))++;
        addr += len;
        left -= len;
    }
    return true;
}

/* Read descriptor i of an indirect table. False after virtio_error(). */
static bool read_indirect(struct virtq *q, gpa table, unsigned i, struct desc *d)
{
    uint8_t raw[16];

    if (!device_dma_read(&q->v->dev, table + 16 * (uint64_t)i, raw, sizeof(raw))) {
        virtio_error(q->v, "queue %u: indirect table at 0x%" PRIx64 " is not in RAM", q->index, table);
        return false;
    }
    *d = decode_desc(raw, q->packed);
    if (d->flags & DESC_INDIRECT) {
        virtio_error(q->v, "queue %u: an indirect table within an indirect table", q->index);
        return false;
    }
    return true;
}

static bool add_indirect(struct chain *c, const struct desc *table)
{
    struct virtq *q = c->q;
    unsigned n = table->len / 16, i = 0, count = 0;
    struct desc d;

    if (!virtio_has(q->v, VIRTIO_F_INDIRECT_DESC) || table->len % 16 || n == 0 ||
        (q->packed ? n > VIRTQ_MAX_PIECES : table->flags & DESC_NEXT)) {
        virtio_error(q->v, "queue %u: an indirect descriptor that is not accepted, has %" PRIu32 " bytes or a follower",
                     q->index, table->len);
        return false;
    }
    for (;;) {
        if (!read_indirect(q, table->addr, i, &d) || !add_buffer(c, &d))
            return false;
        if (q->packed) { /* a packed table is used from end to end */
            if (++i == n)
                return true;
            continue;
        }
        if (!(d.flags & DESC_NEXT))
            return true;
        i = d.next;
        if (i >= n || ++count >= MIN(n, VIRTQ_MAX_PIECES)) {
            virtio_error(q->v, "queue %u: indirect chain loops or leaves its table (%u of %u)", q->index, i, n);
            return false;
        }
    }
}

static struct virtq_elem *make_elem(const struct chain *c, uint16_t id, uint16_t slots)
{
    unsigned n = c->nout + c->nin;
    struct virtq_elem *e = g_malloc(sizeof(*e) + n * sizeof(struct iovec));

    memcpy(e->pieces, c->pieces, n * sizeof(struct iovec));
    e->q = c->q;
    e->run = c->q->run;
    e->id = id;
    e->slots = slots;
    e->nout = c->nout;
    e->nin = c->nin;
    e->out = e->pieces;
    e->in = e->pieces + c->nout;
    e->out_len = c->out_len;
    e->in_len = c->in_len;
    return e;
}

/* -- Split rings -- */

/* How many buffers wait; 0 after virtio_error() too. */
static unsigned split_waiting(struct virtq *q)
{
    uint16_t n = load16(q->driver_host + 2) - q->next;

    if (n > q->at.num) {
        virtio_error(q->v, "queue %u: available index jumps by %u in a ring of %u", q->index, n, q->at.num);
        return 0;
    }
    return n;
}

static struct virtq_elem *split_pop(struct virtq *q)
{
    struct chain c;
    unsigned count = 0;

    chain_init(&c, q);
    if (split_waiting(q) == 0)
        return NULL;
    uint16_t head = load16(q->driver_host + 4 + 2 * (q->next % q->at.num)), i = head;
    for (;;) {
        if (i >= q->at.num || count++ >= q->at.num) {
            virtio_error(q->v, "queue %u: chain from %u loops or leaves the ring (%u of %u)", q->index, head, i,
                         q->at.num);
            return NULL;
        }
        struct desc d = decode_desc(q->desc_host + 16 * i, false);
        if (d.flags & DESC_INDIRECT) {
            if (!add_indirect(&c, &d))
                return NULL;
            break;
        }
        if (!add_buffer(&c, &d))
            return NULL;
        if (!(d.flags & DESC_NEXT))
            break;
        i = d.next;
    }
    q->next++;
    if (has_event_idx(q) && !q->event_off)
        store16(avail_event(q), q->next);
    return make_elem(&c, head, 1);
}

static void split_push(struct virtq *q, struct virtq_elem **elems, const uint32_t *written, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        uint8_t *slot = q->device_host + 4 + 8 * ((uint16_t)(q->used + i) % q->at.num);
        store32(slot, elems[i]->id);
        store32(slot + 4, written[i]);
    }
    q->used += n;
    q->unsignalled += n;
    store16(q->device_host + 2, q->used);
}

static bool split_wants_interrupt(struct virtq *q)
{
    if (virtio_has(q->v, VIRTIO_F_NOTIFY_ON_EMPTY) && q->inuse == 0 && split_waiting(q) == 0)
        return true;
    if (!has_event_idx(q))
        return !(load16(q->driver_host) & AVAIL_NO_INTERRUPT);
    return (uint16_t)(q->used - load16(used_event(q)) - 1) < q->unsignalled;
}

/* -- Packed rings -- */

static bool packed_available(const struct virtq *q)
{
    uint16_t flags = load16(q->desc_host + 16 * q->next + 14);

    return !!(flags & DESC_AVAIL) == q->next_wrap && !!(flags & DESC_USED) != q->next_wrap;
}

/* Move a slot and its wrap counter by n <= num, forward or backward. */
static void packed_step(const struct virtq *q, uint16_t *slot, bool *wrap, int n)
{
    int to = *slot + n;

    if (to >= q->at.num || to < 0) {
        to += to < 0 ? q->at.num : -q->at.num;
        *wrap = !*wrap;
    }
    *slot = to;
}

static struct virtq_elem *packed_pop(struct virtq *q)
{
    struct chain c;
    uint16_t slot = q->next, slots = 0;
    bool wrap = q->next_wrap;
    struct desc d;

    chain_init(&c, q);
    if (!packed_available(q))
        return NULL;
    do {
        if (slots++ == q->at.num) {
            virtio_error(q->v, "queue %u: a chain longer than the ring", q->index);
            return NULL;
        }
        d = decode_desc(q->desc_host + 16 * slot, true);
        packed_step(q, &slot, &wrap, 1);
        if (!(d.flags & DESC_INDIRECT ? add_indirect(&c, &d) : add_buffer(&c, &d)))
            return NULL;
    } while ((d.flags & DESC_NEXT) && !(d.flags & DESC_INDIRECT));
    q->next = slot;
    q->next_wrap = wrap;
    if (has_event_idx(q) && !q->event_off)
        store16(q->device_host, q->next | q->next_wrap << 15);
    return make_elem(&c, d.id, slots);
}

static uint16_t packed_used_flags(const struct virtq *q, bool written)
{
    return (q->used_wrap ? DESC_AVAIL | DESC_USED : 0) | (written ? DESC_WRITE : 0);
}

static void packed_push(struct virtq *q, struct virtq_elem **elems, const uint32_t *written, unsigned n)
{
    uint8_t *first = q->desc_host + 16 * q->used;
    uint16_t first_flags = packed_used_flags(q, written[0]);

    for (unsigned i = 0; i < n; i++) {
        uint8_t *slot = q->desc_host + 16 * q->used;
        store32(slot + 8, written[i]);
        store16(slot + 12, elems[i]->id);
        if (i > 0)
            store16(slot + 14, packed_used_flags(q, written[i]));
        q->unsignalled += elems[i]->slots;
        packed_step(q, &q->used, &q->used_wrap, elems[i]->slots);
    }
    store16(first + 14, first_flags); /* the driver sees them all from here */
}

static bool packed_wants_interrupt(struct virtq *q)
{
    uint16_t flags = load16(q->driver_host + 2) & 3;

    if (flags != EVENT_DESC || !has_event_idx(q))
        return flags != EVENT_DISABLE;
    /* Positions in a ring of both laps. */
    uint16_t event = load16(q->driver_host);
    unsigned laps = 2 * q->at.num, pos = q->used + (q->used_wrap ? 0 : q->at.num);
    unsigned at = (event & 0x7fff) % q->at.num + (event >> 15 ? 0 : q->at.num);

    return (pos + 2 * laps - at - 1) % laps < q->unsignalled;
}

/* -- Both -- */

bool virtq_empty(struct virtq *q)
{
    return !q->ready || q->v->broken || !device_dma_enabled(&q->v->dev) || (q->packed ? !packed_available(q) : split_waiting(q) == 0);
}

struct virtq_elem *virtq_pop(struct virtq *q)
{
    struct virtq_elem *e;

    if (!q->ready || q->v->broken || !device_dma_enabled(&q->v->dev))
        return NULL;
    if (q->inuse >= q->at.num) {
        if (!virtq_empty(q))
            virtio_error(q->v, "queue %u: more buffers than the ring has slots", q->index);
        return NULL;
    }
    e = q->packed ? packed_pop(q) : split_pop(q);
    if (e) {
        q->inuse++;
        q->v->taken++;
    }
    return e;
}

bool virtq_live(const struct virtq_elem *e)
{
    return e->q->ready && e->run == e->q->run;
}

static void free_elem(struct virtq_elem *e)
{
    struct virtio *v = e->q->v;

    if (--v->taken == 0)
        g_cond_broadcast(&v->all_back);
    g_free(e);
}

/* Code the guest had in a buffer must not run from an old translation. */
static void buffer_written(const struct virtq_elem *e, size_t written)
{
    for (unsigned i = 0; i < e->nin && written > 0; i++) {
        size_t n = MIN(written, e->in[i].iov_len);
        bus_ram_written(e->in[i].iov_base, n);
        written -= n;
    }
}

void virtq_push_many(struct virtq *q, struct virtq_elem **elems, const uint32_t *written, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        buffer_written(elems[i], written[i]);
    if (n > 0 && virtq_live(elems[0]) && !q->v->broken) {
        if (!device_dma_enabled(&q->v->dev))
            device_guest_error(&q->v->dev, "queue %u: %u buffers end while the device may not write", q->index, n);
        else if (q->packed)
            packed_push(q, elems, written, n);
        else
            split_push(q, elems, written, n);
        q->inuse -= n;
    }
    for (unsigned i = 0; i < n; i++)
        free_elem(elems[i]);
}

void virtq_push(struct virtq *q, struct virtq_elem *e, uint32_t written)
{
    virtq_push_many(q, &e, &written, 1);
}

void virtq_unpop(struct virtq *q, struct virtq_elem *e)
{
    if (virtq_live(e)) {
        if (q->packed)
            packed_step(q, &q->next, &q->next_wrap, -(int)e->slots);
        else
            q->next--;
        q->inuse--;
    }
    free_elem(e);
}

void virtq_forget(struct virtq_elem *e)
{
    buffer_written(e, e->in_len);
    free_elem(e);
}

void virtq_interrupt(struct virtq *q)
{
    if (!q->ready || q->v->broken || !device_dma_enabled(&q->v->dev))
        return;
    /* What was pushed must be seen before we look whether the driver wants to know. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    bool wanted = q->packed ? packed_wants_interrupt(q) : split_wants_interrupt(q);
    q->unsignalled = 0;
    if (wanted)
        virtio_raise_queue(q);
}

void virtq_want_notify(struct virtq *q, bool on)
{
    q->event_off = !on;
    if (!q->ready || q->v->broken || !device_dma_enabled(&q->v->dev))
        return;
    if (q->packed) {
        if (on && has_event_idx(q))
            store16(q->device_host, q->next | q->next_wrap << 15);
        store16(q->device_host + 2, !on ? EVENT_DISABLE : has_event_idx(q) ? EVENT_DESC : EVENT_ENABLE);
    } else if (has_event_idx(q)) {
        if (on)
            store16(avail_event(q), q->next);
    } else {
        store16(q->device_host, on ? 0 : USED_NO_NOTIFY);
    }
    /* Whoever switches on looks at the ring next: not before the driver can see it. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
