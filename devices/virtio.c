/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio: device status, features, configuration space and queues, as far as no transport or device type matters.
 * Manual: Virtual I/O Device (VIRTIO) 1.2, chapters 2 and 3, with the legacy interface.
 */
#include "virtio.h"

#include <inttypes.h>
#include <string.h>

#include "input.h"

#define LEGACY_ALIGN 4096 /* of the device area, until the driver says otherwise */
/* Features that the other interface does not show. */
#define LEGACY_ONLY (VIRTIO_BIT(VIRTIO_F_NOTIFY_ON_EMPTY) | VIRTIO_BIT(VIRTIO_F_ANY_LAYOUT))

/* -- Making one -- */

static uint64_t common_features(const struct virtio *v)
{
    uint64_t f = 0;

    if (v->indirect_desc)
        f |= VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC);
    if (v->event_idx)
        f |= VIRTIO_BIT(VIRTIO_F_EVENT_IDX);
    if (v->bus->interfaces & VIRTIO_LEGACY) {
        if (v->notify_on_empty)
            f |= VIRTIO_BIT(VIRTIO_F_NOTIFY_ON_EMPTY);
        if (v->any_layout)
            f |= VIRTIO_BIT(VIRTIO_F_ANY_LAYOUT);
    }
    if (!(v->bus->interfaces & VIRTIO_MODERN))
        return f;
    f |= VIRTIO_BIT(VIRTIO_F_VERSION_1);
    if (v->packed)
        f |= VIRTIO_BIT(VIRTIO_F_RING_PACKED);
    if (v->iommu_platform)
        f |= VIRTIO_BIT(VIRTIO_F_ACCESS_PLATFORM);
    return f;
}

bool virtio_init(struct virtio *v, const struct virtio_ops *ops, enum virtio_id id, uint64_t features,
                 unsigned config_len, GError **err)
{
    struct virtio_bus *bus = v->dev.parent ? device_bus(&v->dev) : NULL;

    if (!bus || bus->vdev) {
        fail(err, bus ? "%s: its virtio-bus already has a device" : "%s: expected a virtio-bus to plug into",
             v->dev.type->name);
        return false;
    }
    v->ops = ops;
    v->bus = bus;
    v->id = id;
    v->config_len = config_len;
    v->offered = features | common_features(v);
    if (!(bus->interfaces & VIRTIO_MODERN))
        v->offered &= UINT32_MAX;
    return true;
}

/* What a driver finds. */
static void forget_settings(struct virtq *q)
{
    q->set = (struct virtq_layout){ .num = q->max };
    q->align = LEGACY_ALIGN;
    virtq_rewind(q);
}

void virtio_add_queue(struct virtio *v, uint16_t max)
{
    v->queues = g_renew(struct virtq, v->queues, v->nqueues + 1);
    v->queues[v->nqueues] = (struct virtq){ .v = v, .index = v->nqueues, .max = max };
    forget_settings(&v->queues[v->nqueues++]);
}

static void set_device(struct device *d, struct virtio *v)
{
    struct virtio_bus *bus = device_bus(d);

    g_mutex_lock(&d->parent->lock);
    g_mutex_lock(&d->lock); /* of requests that end meanwhile: isr_changed() looks at vdev */
    bus->vdev = v;
    g_mutex_unlock(&d->lock);
    g_mutex_unlock(&d->parent->lock);
}

static void plug(struct device *bus, struct device *d)
{
    struct virtio_bus *b = device_bus(d);

    set_device(d, (struct virtio *)d);
    if (b->plugged)
        b->plugged(b);
}

static void unplug(struct device *bus, struct device *d)
{
    set_device(d, NULL);
}

/* Drivers find what is there when they start, and transports of this kind can't tell them of more. */
const struct bus_type virtio_bus_type = { .name = "virtio-bus", .slots = 1, .plug = plug, .unplug = unplug };

void virtio_fini(struct virtio *v)
{
    g_mutex_lock(&v->dev.lock);
    for (unsigned i = 0; i < v->nqueues; i++)
        virtq_stop(&v->queues[i]);
    while (v->taken > 0)
        g_cond_wait(&v->all_back, &v->dev.lock);
    g_clear_pointer(&v->queues, g_free);
    v->nqueues = 0;
    g_mutex_unlock(&v->dev.lock);
}

/* -- Reset and errors -- */

void virtio_reset(struct virtio *v)
{
    for (unsigned i = 0; i < v->nqueues; i++) {
        virtq_stop(&v->queues[i]);
        forget_settings(&v->queues[i]);
    }
    if (v->ops->reset)
        v->ops->reset(v);
    v->status = 0;
    v->isr = 0;
    v->features = v->driver_features = 0;
    v->broken = false;
    v->bus->isr_changed(v->bus, 0, NULL);
}

void virtio_device_reset(struct device *d)
{
    virtio_reset((struct virtio *)d);
}

/* Of q, or of the configuration space: NULL. */
static void raise_cause(struct virtio *v, uint8_t isr, const struct virtq *q)
{
    v->isr |= isr;
    v->bus->isr_changed(v->bus, isr, q);
}

void virtio_raise_queue(struct virtq *q)
{
    raise_cause(q->v, VIRTIO_ISR_QUEUE, q);
}

void virtio_ack(struct virtio *v, uint8_t isr)
{
    v->isr &= ~isr;
    v->bus->isr_changed(v->bus, 0, NULL);
}

void virtio_config_changed(struct virtio *v)
{
    v->generation++;
    if (v->status & VIRTIO_DRIVER_OK)
        raise_cause(v, VIRTIO_ISR_CONFIG, NULL);
}

void virtio_error(struct virtio *v, const char *fmt, ...)
{
    if (v->broken)
        return;
    v->broken = true;
    if (log_on(LOG_GUEST_ERRORS)) {
        va_list args;
        va_start(args, fmt);
        g_autofree char *text = g_strdup_vprintf(fmt, args);
        va_end(args);
        device_guest_error(&v->dev, "%s; the device stops until it is reset", text);
    }
    if (virtio_has(v, VIRTIO_F_VERSION_1)) {
        v->status |= VIRTIO_NEEDS_RESET;
        virtio_config_changed(v);
    }
}

/* -- Status and features -- */

/* Of what is offered, what the driver's interface shows. */
static uint64_t visible(const struct virtio *v)
{
    return v->offered & (v->bus->legacy ? UINT32_MAX : ~LEGACY_ONLY);
}

uint32_t virtio_offered(const struct virtio *v, uint32_t sel)
{
    return sel > 1 ? 0 : visible(v) >> (32 * sel);
}

/* What the driver asks for takes effect: running queues are what they are, but all else may change. */
static void take_features(struct virtio *v)
{
    uint64_t f = v->driver_features;

    if (f & ~visible(v))
        device_guest_error(&v->dev, "features 0x%" PRIx64 " were not offered", f & ~visible(v));
    v->features = f & visible(v);
}

void virtio_set_features(struct virtio *v, uint32_t sel, uint32_t value)
{
    if (v->status & VIRTIO_FEATURES_OK) {
        device_guest_error(&v->dev, "features written after they were settled");
        return;
    }
    if (sel > 1) {
        if (value)
            device_guest_error(&v->dev, "feature word %" PRIu32 " written: there is none", sel);
        return;
    }
    v->driver_features = with_bits(v->driver_features, 32 * sel, 32, value);
    if (v->bus->legacy) /* at once */
        take_features(v);
}

/* The driver is believed to know what it does: where it breaks the rules, it is served as far as QEMU does. */
void virtio_set_status(struct virtio *v, uint8_t status)
{
    uint8_t old = v->status;

    if (status == 0) {
        virtio_reset(v);
        return;
    }
    if (old & ~status & ~VIRTIO_NEEDS_RESET)
        device_guest_error(&v->dev, "status bits 0x%x cleared without a reset", old & ~status);
    if (!v->bus->legacy && (status & VIRTIO_FEATURES_OK) && !(old & VIRTIO_FEATURES_OK)) {
        take_features(v);
        if (!virtio_has(v, VIRTIO_F_VERSION_1))
            device_guest_error(&v->dev, "VIRTIO_F_VERSION_1 was not accepted");
    }
    if (!v->bus->legacy && (status & ~old & VIRTIO_DRIVER_OK) && !(status & VIRTIO_FEATURES_OK))
        device_guest_error(&v->dev, "DRIVER_OK without FEATURES_OK");
    v->status = status | (old & VIRTIO_NEEDS_RESET);
    if (!(status & VIRTIO_DRIVER_OK) || (old & VIRTIO_DRIVER_OK))
        return;
    if (v->broken) { /* its queues could not be started: now the driver may hear of it */
        if (virtio_has(v, VIRTIO_F_VERSION_1))
            raise_cause(v, VIRTIO_ISR_CONFIG, NULL);
        return;
    }
    if (v->ops->started)
        v->ops->started(v);
    for (unsigned i = 0; i < v->nqueues; i++) /* buffers may have come before */
        if (v->queues[i].ready)
            virtio_notify(v, i);
}

/* -- State -- */

static const struct state_row virtio_fields[] = {
    FIELD_NONE(struct virtio, ops, "the device type's"),
    FIELD_NONE(struct virtio, bus, "wiring"),
    FIELD_SAME(struct virtio, id),
    FIELD_SAME(struct virtio, offered),
    FIELD(struct virtio, features, 0),
    FIELD(struct virtio, driver_features, 0),
    FIELD(struct virtio, status, 0),
    FIELD(struct virtio, isr, 0),
    FIELD(struct virtio, broken, 0),
    FIELD_KEEP(struct virtio, generation),
    FIELD_NONE(struct virtio, taken, "all buffers are back before the rows are read"),
    FIELD_NONE(struct virtio, all_back, "a condition variable"),
    FIELD_SAME(struct virtio, nqueues),
    FIELD_STRUCT_LIST(struct virtio, queues, nqueues, &virtq_table), /* which virtio_reset() stops */
    FIELD_SAME(struct virtio, config_len),
    FIELD_KEEP_ARRAY(struct virtio, config),
    FIELD_END,
};

const struct state_table virtio_table = {
    STATE_OF(struct virtio),
    .version = 2,
    .rows = virtio_fields,
};

/*
 * Requests that are under way are carried out; what a device type holds back it has given back by now. In a recording
 * or replay the log says when they end: who saves the machine has seen to it (input_settle()), who only looks finds
 * them under way in both.
 */
void virtio_settle(void *obj)
{
    struct virtio *v = obj;

    while (v->taken > 0 && !input_ordered())
        g_cond_wait(&v->all_back, &v->dev.lock);
}

bool virtio_loaded(void *obj, unsigned version, GError **err)
{
    struct virtio *v = obj;

    if (v->features & ~v->offered) {
        fail(err, "features 0x%" PRIx64 " are not offered", v->features & ~v->offered);
        return false;
    }
    for (unsigned i = 0; i < v->nqueues; i++)
        if (!virtq_loaded(&v->queues[i], err))
            return false;
    return true;
}

/* -- Queues -- */

struct virtq *virtio_queue(struct virtio *v, unsigned index)
{
    return index < v->nqueues ? &v->queues[index] : NULL;
}

void virtio_notify(struct virtio *v, unsigned index)
{
    struct virtq *q = virtio_queue(v, index);

    if (!q) {
        device_guest_error(&v->dev, "notification for queue %u: there are %u", index, v->nqueues);
        return;
    }
    if (!q->ready) {
        device_guest_error(&v->dev, "notification for queue %u, which is not in use", index);
        return;
    }
    if (!v->bus->legacy && !(v->status & VIRTIO_DRIVER_OK)) /* legacy drivers may */
        device_guest_error(&v->dev, "notification for queue %u before DRIVER_OK", index);
    if (!v->broken)
        v->ops->notify(v, q);
}

void virtio_place_legacy(struct virtq *q, gpa desc)
{
    struct virtq_layout *l = &q->set;

    l->desc = desc;
    if (desc == 0) /* yet */
        return;
    l->driver = desc + 16 * l->num;
    l->device = (l->driver + 6 + 2 * l->num + q->align - 1) & -(uint64_t)q->align;
    virtq_start(q);
}

void virtio_set_num(struct virtq *q, uint32_t num)
{
    if (num == 0 || num > VIRTQ_MAX_SIZE)
        device_guest_error(&q->v->dev, "queue %u: size %" PRIu32 " ignored: expected 1 to %u", q->index, num,
                           VIRTQ_MAX_SIZE);
    else
        q->set.num = num;
}

/* -- Configuration space -- */

uint64_t virtio_config_read(struct virtio *v, uint64_t offset, unsigned size)
{
    uint64_t value = 0;

    if (size > 8 || offset >= v->config_len || size > v->config_len - offset) {
        device_guest_error(&v->dev, "configuration read of %u bytes at 0x%" PRIx64 ": it has %u", size, offset,
                           v->config_len);
        return UINT64_MAX;
    }
    if (v->ops->config_read)
        v->ops->config_read(v);
    memcpy(&value, v->config + offset, size);
    return GUINT64_FROM_LE(value);
}

void virtio_config_write(struct virtio *v, uint64_t offset, uint64_t value, unsigned size)
{
    uint64_t le = GUINT64_TO_LE(value);

    if (size > 8 || offset >= v->config_len || size > v->config_len - offset || !v->ops->config_written) {
        device_guest_error(&v->dev, "configuration write of %u bytes at 0x%" PRIx64 " ignored", size, offset);
        return;
    }
    memcpy(v->config + offset, &le, size);
    v->ops->config_written(v, offset, size);
}
