/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio-balloon: memory that the guest gives back when it is asked to, or as it comes free; statistics. VIRTIO 1.2,
 * section 5.5. What is given back reads as zero until the guest takes it again. Not modelled: hints of free pages,
 * poisoned pages.
 */
#include <inttypes.h>
#include <string.h>

#include "balloon.h"
#include "input.h"
#include "virtio.h"

enum { F_STATS = 1, F_DEFLATE_ON_OOM = 2, F_REPORTING = 5 };
enum { Q_INFLATE, Q_DEFLATE };
enum { C_PAGES = 0, C_ACTUAL = 4, C_BYTES = 8 };
#define PAGE_SHIFT 12 /* of the device's pages */
#define STAT_BYTES 10 /* a tag and a number */
#define MAX_STATS 64  /* looked at in one buffer */

enum input_code { INPUT_PAGES, INPUT_POLL };

struct virtio_balloon {
    struct virtio v;
    uint32_t pages;  /* that the guest is to give */
    uint32_t actual; /* that it says it has given */
    uint32_t poll;   /* seconds between questions for statistics; 0: none is asked */
    struct timer timer;
    uint64_t stats[BALLOON_STATS];
    int64_t told;    /* the host's time of the last, in seconds; 0: never */
    unsigned stats_queue, report_queue; /* 0: there is none */
    guint news_source;
    struct balloon balloon;
    struct input_source input;
    /* Properties. */
    bool deflate_on_oom, free_page_reporting;
};

static void put32(struct virtio_balloon *s, unsigned offset, uint32_t value)
{
    value = GUINT32_TO_LE(value);
    memcpy(s->v.config + offset, &value, 4);
}

static void fill_config(struct virtio_balloon *s)
{
    put32(s, C_PAGES, s->pages);
    put32(s, C_ACTUAL, s->actual);
}

/* -- Memory; lock held -- */

/* len bytes at host, of whole pages of the host's, read as zero now and take no memory. */
static void give_back(uint8_t *host, size_t len)
{
    struct ram_block *b = ram_block_of(host);

    if (!b || (host - b->host) % PAGE_SIZE || len % PAGE_SIZE)
        return;
    ram_clear(b, host - b->host, host - b->host + len);
    bus_ram_written(host, len);
}

static void inflate(struct virtio_balloon *s, const struct virtq_elem *e)
{
    uint32_t pfn;

    for (size_t at = 0; iov_read(e->out, e->nout, at, &pfn, 4) == 4; at += 4) {
        gpa addr = (gpa)GUINT32_FROM_LE(pfn) << PAGE_SHIFT;
        size_t len = 1 << PAGE_SHIFT;
        uint8_t *host = device_dma_map(&s->v.dev, addr, &len);
        if (host && len == 1 << PAGE_SHIFT)
            give_back(host, len);
        else
            device_guest_error(&s->v.dev, "page 0x%" PRIx64 " given back: it is not RAM", addr);
    }
}

static void take_stats(struct virtio_balloon *s, const struct virtq_elem *e)
{
    uint8_t raw[STAT_BYTES];
    uint16_t tag;
    uint64_t value;

    for (unsigned i = 0; i < BALLOON_STATS; i++)
        s->stats[i] = BALLOON_NO_STAT;
    for (unsigned i = 0; i < MAX_STATS && iov_read(e->out, e->nout, i * STAT_BYTES, raw, STAT_BYTES) == STAT_BYTES; i++) {
        memcpy(&tag, raw, 2);
        memcpy(&value, raw + 2, 8);
        if (GUINT16_FROM_LE(tag) < BALLOON_STATS)
            s->stats[GUINT16_FROM_LE(tag)] = GUINT64_FROM_LE(value);
    }
    s->told = g_get_real_time() / G_USEC_PER_SEC;
}

static void notify(struct virtio *v, struct virtq *q)
{
    struct virtio_balloon *s = (struct virtio_balloon *)v;
    struct virtq_elem *e;

    if (s->stats_queue && q->index == s->stats_queue) { /* the buffer stays with us until it is to be filled anew */
        if ((e = virtq_pop(q))) {
            take_stats(s, e);
            virtq_unpop(q, e);
        }
        return;
    }
    while ((e = virtq_pop(q))) {
        if (q->index == Q_INFLATE)
            inflate(s, e);
        for (unsigned i = 0; s->report_queue && q->index == s->report_queue && i < e->nin; i++)
            give_back(e->in[i].iov_base, e->in[i].iov_len);
        virtq_push(q, e, 0);
    }
    virtq_interrupt(q);
}

/* -- Statistics -- */

static void arm(struct virtio_balloon *s)
{
    if (s->poll)
        timer_set(&s->timer, clock_now() + s->poll * INT64_C(1000000000));
    else
        timer_cancel(&s->timer);
}

static void ask(void *opaque)
{
    struct virtio_balloon *s = opaque;
    struct virtq *q = virtio_queue(&s->v, s->stats_queue);
    struct virtq_elem *e = virtio_running(&s->v) ? virtq_pop(q) : NULL;

    if (e) {
        virtq_push(q, e, 0);
        virtq_interrupt(q);
    }
    arm(s);
}

/* -- The host's side -- */

static void take_input(void *opaque, struct input *in)
{
    struct virtio_balloon *s = opaque;
    uint32_t value = 0;

    if (in->len != sizeof(value))
        return;
    memcpy(&value, in->data, sizeof(value));
    lock_order_enter(LOCK_DEVICE);
    g_mutex_lock(&s->v.dev.lock);
    if (in->code == INPUT_PAGES) {
        s->pages = value;
        fill_config(s);
        virtio_config_changed(&s->v);
    } else {
        s->poll = value;
        arm(s);
    }
    g_mutex_unlock(&s->v.dev.lock);
    lock_order_leave(LOCK_DEVICE);
}

static uint64_t ram_size(const struct virtio_balloon *s)
{
    return device_ram_size(&s->v.dev);
}

static void set(void *opaque, uint64_t bytes)
{
    struct virtio_balloon *s = opaque;
    uint64_t pages = (ram_size(s) - MIN(bytes, ram_size(s))) >> PAGE_SHIFT;
    uint32_t value = MIN(pages, UINT32_MAX);

    input_post(&s->input, INPUT_PAGES, &value, sizeof(value));
}

static void set_poll(void *opaque, uint32_t seconds)
{
    input_post(&((struct virtio_balloon *)opaque)->input, INPUT_POLL, &seconds, sizeof(seconds));
}

static uint64_t actual_locked(const struct virtio_balloon *s)
{
    uint64_t given = (uint64_t)s->actual << PAGE_SHIFT;

    return ram_size(s) - MIN(given, ram_size(s));
}

static uint64_t actual(void *opaque)
{
    struct virtio_balloon *s = opaque;

    g_mutex_lock(&s->v.dev.lock);
    uint64_t bytes = actual_locked(s);
    g_mutex_unlock(&s->v.dev.lock);
    return bytes;
}

static uint32_t stats(void *opaque, uint64_t to[BALLOON_STATS], int64_t *when)
{
    struct virtio_balloon *s = opaque;

    g_mutex_lock(&s->v.dev.lock);
    memcpy(to, s->stats, sizeof(s->stats));
    *when = s->told;
    uint32_t poll = s->poll;
    g_mutex_unlock(&s->v.dev.lock);
    return poll;
}

static gboolean tell_change(gpointer opaque)
{
    struct virtio_balloon *s = opaque;

    g_mutex_lock(&s->v.dev.lock);
    s->news_source = 0;
    uint64_t bytes = actual_locked(s);
    g_mutex_unlock(&s->v.dev.lock);
    if (balloon_changed)
        balloon_changed(bytes);
    return G_SOURCE_REMOVE;
}

static void config_written(struct virtio *v, unsigned offset, unsigned size)
{
    struct virtio_balloon *s = (struct virtio_balloon *)v;
    uint32_t value, old = s->actual;

    memcpy(&value, v->config + C_ACTUAL, 4);
    s->actual = GUINT32_FROM_LE(value);
    fill_config(s); /* the number that is asked for is not the guest's to write */
    if (s->actual != old && !s->news_source)
        s->news_source = g_idle_add(tell_change, s);
}

static void reset(struct virtio *v)
{
    struct virtio_balloon *s = (struct virtio_balloon *)v;

    fill_config(s); /* the guest says anew what it has given */
}

static const struct virtio_ops ops = { .notify = notify, .config_written = config_written, .reset = reset };

/* -- The device -- */

static uint64_t features(const struct virtio_balloon *s)
{
    return VIRTIO_BIT(F_STATS) | (s->deflate_on_oom ? VIRTIO_BIT(F_DEFLATE_ON_OOM) : 0) |
           (s->free_page_reporting ? VIRTIO_BIT(F_REPORTING) : 0);
}

static bool realize(struct device *d, GError **err)
{
    struct virtio_balloon *s = (struct virtio_balloon *)d;
    const char *id = d->id ? d->id : d->parent ? d->parent->id : NULL;

    s->balloon = (struct balloon){ .id = id, .set = set, .actual = actual, .poll = set_poll, .stats = stats, .opaque = s };
    if (!virtio_init(&s->v, &ops, VIRTIO_ID_BALLOON, features(s), C_BYTES, err) || !balloon_add(&s->balloon, err))
        return false;
    virtio_add_queue(&s->v, 128);
    virtio_add_queue(&s->v, 128);
    s->stats_queue = s->v.nqueues;
    virtio_add_queue(&s->v, 128);
    if (s->free_page_reporting) {
        s->report_queue = s->v.nqueues;
        virtio_add_queue(&s->v, 32);
    }
    for (unsigned i = 0; i < BALLOON_STATS; i++)
        s->stats[i] = BALLOON_NO_STAT;
    timer_init(&s->timer, ask, s, &d->lock);
    input_source_add(&s->input, take_input, s, "balloon");
    return true;
}

static void unrealize(struct device *d)
{
    struct virtio_balloon *s = (struct virtio_balloon *)d;

    balloon_remove(&s->balloon);
    virtio_fini(&s->v);
    input_source_remove(&s->input);
    g_mutex_lock(&d->lock);
    timer_cancel(&s->timer);
    if (s->news_source)
        g_source_remove(s->news_source);
    g_mutex_unlock(&d->lock);
}

static const struct property props[] = {
    PROP_NAMED("deflate-on-oom", struct virtio_balloon, deflate_on_oom, BOOL, 0, NULL,
               "the guest may take memory back before it runs out of it"),
    PROP_NAMED("free-page-reporting", struct virtio_balloon, free_page_reporting, BOOL, 0, NULL,
               "the guest gives back what it has no use for, unasked"),
    VIRTIO_PROPS,
    PROP_END,
};

static const struct state_row fields[] = {
    VIRTIO_FIELDS(struct virtio_balloon),
    FIELD_KEEP(struct virtio_balloon, pages), /* it is asked for until another number is */
    FIELD(struct virtio_balloon, actual, 0),
    FIELD_KEEP(struct virtio_balloon, poll),
    FIELD_KEEP_TIMER(struct virtio_balloon, timer),
    FIELD_NONE(struct virtio_balloon, stats, "what the guest told; it tells again"),
    FIELD_NONE(struct virtio_balloon, told, "the host's time"),
    FIELD_NONE(struct virtio_balloon, stats_queue, "constant"),
    FIELD_NONE(struct virtio_balloon, report_queue, "constant"),
    FIELD_NONE(struct virtio_balloon, news_source, "the host's affair"),
    FIELD_NONE(struct virtio_balloon, balloon, "wiring"),
    FIELD_NONE(struct virtio_balloon, input, "wiring"),
    FIELD_END,
};

static bool loaded(void *obj, unsigned version, GError **err)
{
    fill_config(obj);
    return virtio_loaded(obj, version, err);
}

static const struct state_table state = {
    STATE_OF(struct virtio_balloon),
    .version = 1,
    .rows = fields,
    .settle = virtio_settle,
    .loaded = loaded,
};

const struct device_type virtio_balloon_device_type = {
    .name = "virtio-balloon-device",
    .desc = "virtio memory balloon",
    .bus = &virtio_bus_type,
    .size = sizeof(struct virtio_balloon),
    .props = props,
    .state = &state,
    .realize = realize,
    .reset = virtio_device_reset,
    .unrealize = unrealize,
};
