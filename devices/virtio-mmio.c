/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio-mmio: the transport by a window of registers and one interrupt line. VIRTIO 1.2, sections 4.2.2 (version 2)
 * and 4.2.4 (version 1, the legacy interface, which is the default as in QEMU). Shared memory regions and queue reset
 * are not modelled.
 */
#include <inttypes.h>

#include "virtio.h"

enum {
    R_MAGIC = 0x000,
    R_VERSION = 0x004,
    R_DEVICE_ID = 0x008,
    R_VENDOR_ID = 0x00c,
    R_DEVICE_FEATURES = 0x010,
    R_DEVICE_FEATURES_SEL = 0x014,
    R_DRIVER_FEATURES = 0x020,
    R_DRIVER_FEATURES_SEL = 0x024,
    R_GUEST_PAGE_SIZE = 0x028, /* legacy */
    R_QUEUE_SEL = 0x030,
    R_QUEUE_NUM_MAX = 0x034,
    R_QUEUE_NUM = 0x038,
    R_QUEUE_ALIGN = 0x03c, /* legacy */
    R_QUEUE_PFN = 0x040,   /* legacy */
    R_QUEUE_READY = 0x044,
    R_QUEUE_NOTIFY = 0x050,
    R_INTERRUPT_STATUS = 0x060,
    R_INTERRUPT_ACK = 0x064,
    R_STATUS = 0x070,
    R_QUEUE_DESC_LOW = 0x080,
    R_QUEUE_DESC_HIGH = 0x084,
    R_QUEUE_DRIVER_LOW = 0x090,
    R_QUEUE_DRIVER_HIGH = 0x094,
    R_QUEUE_DEVICE_LOW = 0x0a0,
    R_QUEUE_DEVICE_HIGH = 0x0a4,
    R_SHM_SEL = 0x0ac,
    R_SHM_LEN_LOW = 0x0b0,
    R_SHM_BASE_HIGH = 0x0bc,
    R_CONFIG_GENERATION = 0x0fc,
    R_CONFIG = 0x100,
};
#define WINDOW 0x200
#define MAGIC 0x74726976  /* "virt" */
#define VENDOR 0x554d4551 /* what guests know from QEMU */

struct virtio_mmio {
    struct device dev;
    struct virtio_bus bus;
    uint32_t device_sel, driver_sel, queue_sel;
    uint32_t guest_page_size;
    bool force_legacy;
};

/* -- Queues -- */

/* The selected queue; NULL if there is none. */
static struct virtq *selected(struct virtio_mmio *s)
{
    return virtio_queue(s->bus.vdev, s->queue_sel);
}

/* Legacy: what QueuePFN counts in. As in QEMU: bytes if the driver never said, else the lowest bit of what it said. */
static uint32_t page_size(const struct virtio_mmio *s)
{
    return s->guest_page_size ? s->guest_page_size & -s->guest_page_size : 1;
}

static void set_pfn(struct virtio_mmio *s, struct virtq *q, uint32_t pfn)
{
    if (s->guest_page_size == 0)
        device_guest_error(&s->dev, "QueuePFN without GuestPageSize: taken for an address");
    virtio_place_legacy(q, (uint64_t)pfn * page_size(s));
}

static void set_align(struct virtio_mmio *s, struct virtq *q, uint32_t align)
{
    if (align == 0 || (align & (align - 1)))
        device_guest_error(&s->dev, "QueueAlign %" PRIu32 ": expected a power of two", align);
    if (align == 0)
        return;
    q->align = align;
    virtio_place_legacy(q, q->set.desc);
}

/* Registers of the selected queue. */
static void write_queue(struct virtio_mmio *s, uint64_t offset, uint32_t value)
{
    struct virtq *q = selected(s);

    if (offset == R_QUEUE_PFN && value == 0) { /* whichever queue is selected */
        virtio_reset(s->bus.vdev);
        return;
    }
    if (!q) {
        device_guest_error(&s->dev, "write of register 0x%" PRIx64 " for queue %" PRIu32 ", which does not exist",
                           offset, s->queue_sel);
        return;
    }
    switch (offset) {
    case R_QUEUE_NUM:
        virtio_set_num(q, value);
        if (s->force_legacy)
            virtio_place_legacy(q, q->set.desc);
        break;
    case R_QUEUE_ALIGN:
        set_align(s, q, value);
        break;
    case R_QUEUE_PFN:
        set_pfn(s, q, value);
        break;
    case R_QUEUE_READY:
        if (value)
            virtq_start(q);
        else
            virtq_stop(q);
        break;
    case R_QUEUE_DESC_LOW:
        q->set.desc = with_bits(q->set.desc, 0, 32, value);
        break;
    case R_QUEUE_DESC_HIGH:
        q->set.desc = with_bits(q->set.desc, 32, 32, value);
        break;
    case R_QUEUE_DRIVER_LOW:
        q->set.driver = with_bits(q->set.driver, 0, 32, value);
        break;
    case R_QUEUE_DRIVER_HIGH:
        q->set.driver = with_bits(q->set.driver, 32, 32, value);
        break;
    case R_QUEUE_DEVICE_LOW:
        q->set.device = with_bits(q->set.device, 0, 32, value);
        break;
    case R_QUEUE_DEVICE_HIGH:
        q->set.device = with_bits(q->set.device, 32, 32, value);
        break;
    }
    if (!s->force_legacy && offset != R_QUEUE_READY && q->ready)
        device_guest_error(&s->dev, "write of register 0x%" PRIx64 " for queue %" PRIu32 ", which is in use",
                           offset, s->queue_sel);
}

/* -- Registers; both locks are held -- */

/* Registers of one interface only; offset is known to be a register. */
static bool wrong_version(const struct virtio_mmio *s, uint64_t offset)
{
    switch (offset) {
    case R_GUEST_PAGE_SIZE:
    case R_QUEUE_ALIGN:
    case R_QUEUE_PFN:
        return !s->force_legacy;
    case R_QUEUE_READY:
    case R_QUEUE_DESC_LOW ... R_SHM_BASE_HIGH:
    case R_CONFIG_GENERATION:
        return s->force_legacy;
    default:
        return false;
    }
}

static uint32_t read_register(struct virtio_mmio *s, uint64_t offset)
{
    struct virtio *v = s->bus.vdev;
    struct virtq *q = selected(s);

    switch (wrong_version(s, offset) ? ~UINT64_C(0) : offset) {
    case R_DEVICE_ID:
        return v->id;
    case R_DEVICE_FEATURES:
        return s->force_legacy && s->device_sel ? 0 : virtio_offered(v, s->device_sel);
    case R_QUEUE_NUM_MAX:
        return q ? VIRTQ_MAX_SIZE : 0; /* whatever the device type suggests, as in QEMU */
    case R_QUEUE_PFN:
        return q ? q->set.desc / page_size(s) : 0;
    case R_QUEUE_READY:
        return q && q->ready;
    case R_INTERRUPT_STATUS:
        return v->isr;
    case R_STATUS:
        return v->status;
    case R_SHM_LEN_LOW ... R_SHM_BASE_HIGH:
        return UINT32_MAX; /* there is no such region */
    case R_CONFIG_GENERATION:
        return v->generation;
    default:
        device_guest_error(&s->dev, "read of 0x%" PRIx64 ": no register to read", offset);
        return 0;
    }
}

static void write_register(struct virtio_mmio *s, uint64_t offset, uint32_t value)
{
    struct virtio *v = s->bus.vdev;

    switch (wrong_version(s, offset) ? ~UINT64_C(0) : offset) {
    case R_DEVICE_FEATURES_SEL:
        s->device_sel = value;
        break;
    case R_DRIVER_FEATURES:
        virtio_set_features(v, s->driver_sel, value);
        break;
    case R_DRIVER_FEATURES_SEL:
        s->driver_sel = value;
        break;
    case R_GUEST_PAGE_SIZE:
        s->guest_page_size = value;
        break;
    case R_QUEUE_SEL:
        s->queue_sel = value;
        break;
    case R_QUEUE_NUM:
    case R_QUEUE_ALIGN:
    case R_QUEUE_PFN:
    case R_QUEUE_READY:
    case R_QUEUE_DESC_LOW:
    case R_QUEUE_DESC_HIGH:
    case R_QUEUE_DRIVER_LOW:
    case R_QUEUE_DRIVER_HIGH:
    case R_QUEUE_DEVICE_LOW:
    case R_QUEUE_DEVICE_HIGH:
        write_queue(s, offset, value);
        break;
    case R_QUEUE_NOTIFY:
        virtio_notify(v, value);
        break;
    case R_INTERRUPT_ACK:
        virtio_ack(v, value);
        break;
    case R_STATUS:
        virtio_set_status(v, value);
        break;
    case R_SHM_SEL:
        break;
    default:
        device_guest_error(&s->dev, "write of 0x%" PRIx64 ": no register to write", offset);
        break;
    }
}

static uint64_t mmio_read(void *opaque, uint64_t offset, unsigned size)
{
    struct virtio_mmio *s = opaque;
    struct virtio *v = s->bus.vdev;
    uint64_t value;

    if (offset == R_MAGIC && size == 4)
        return MAGIC;
    if (offset == R_VERSION && size == 4)
        return s->force_legacy ? 1 : 2;
    if (offset == R_VENDOR_ID && size == 4)
        return VENDOR;
    if (!v) /* an empty slot: device id 0 */
        return 0;
    if (offset < R_CONFIG && (size != 4 || offset % 4)) {
        device_guest_error(&s->dev, "read of %u bytes at 0x%" PRIx64 ": registers have 4", size, offset);
        return 0;
    }
    g_mutex_lock(&v->dev.lock);
    value = offset < R_CONFIG ? read_register(s, offset) : virtio_config_read(v, offset - R_CONFIG, size);
    g_mutex_unlock(&v->dev.lock);
    return value;
}

static void mmio_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct virtio_mmio *s = opaque;
    struct virtio *v = s->bus.vdev;

    if (!v) {
        device_guest_error(&s->dev, "write of 0x%" PRIx64 " in a slot without device", offset);
        return;
    }
    if (offset < R_CONFIG && (size != 4 || offset % 4)) {
        device_guest_error(&s->dev, "write of %u bytes at 0x%" PRIx64 ": registers have 4", size, offset);
        return;
    }
    g_mutex_lock(&v->dev.lock);
    if (offset < R_CONFIG)
        write_register(s, offset, value);
    else
        virtio_config_write(v, offset - R_CONFIG, value, size);
    g_mutex_unlock(&v->dev.lock);
}

static const struct io_ops mmio_ops = { .read = mmio_read, .write = mmio_write, .min_size = 1, .max_size = 4 };

/* -- The device -- */

static void isr_changed(struct virtio_bus *b, uint8_t raised, const struct virtq *q)
{
    struct virtio_mmio *s = container_of(b, struct virtio_mmio, bus);

    device_irq(&s->dev, 0, b->vdev && b->vdev->isr != 0);
}

static bool realize(struct device *d, GError **err)
{
    struct virtio_mmio *s = (struct virtio_mmio *)d;

    s->bus.legacy = s->force_legacy;
    s->bus.interfaces = s->force_legacy ? VIRTIO_LEGACY : VIRTIO_MODERN;
    s->bus.isr_changed = isr_changed;
    device_add_io(d, "virtio-mmio", &mmio_ops, WINDOW);
    return true;
}

static void describe(struct device *d, GString *out)
{
    struct virtio_mmio *s = (struct virtio_mmio *)d;
    struct virtio *v = s->bus.vdev;

    if (!v)
        return;
    g_mutex_lock(&v->dev.lock);
    g_string_append_printf(out, "%s: status 0x%x, features 0x%" PRIx64 " of 0x%" PRIx64 "%s\n", v->dev.type->name,
                           v->status, v->features, v->offered, v->broken ? ", broken" : "");
    for (unsigned i = 0; i < v->nqueues; i++) {
        const struct virtq *q = &v->queues[i];
        if (q->ready)
            g_string_append_printf(out, "  queue %u: %u slots at 0x%" PRIx64 ", next %u, used %u, in use %u\n", i,
                                   q->at.num, q->at.desc, q->next, q->used, q->inuse);
    }
    g_mutex_unlock(&v->dev.lock);
}

static const struct property props[] = {
    PROP_NAMED("force-legacy", struct virtio_mmio, force_legacy, BOOL, 1, NULL,
               "the legacy interface (version 1) instead of version 2"),
    PROP_END,
};

static const struct state_row fields[] = {
    FIELD(struct virtio_mmio, device_sel, 0),
    FIELD(struct virtio_mmio, driver_sel, 0),
    FIELD(struct virtio_mmio, queue_sel, 0),
    FIELD(struct virtio_mmio, guest_page_size, 0),
    FIELD_NONE(struct virtio_mmio, bus, "wiring"),
    FIELD_END,
};

static const struct state_table state = {
    STATE_OF(struct virtio_mmio),
    .version = 1,
    .rows = fields,
};

const struct device_type virtio_mmio_type = {
    .name = "virtio-mmio",
    .desc = "virtio transport by memory-mapped registers",
    .compatible = (const char *const[]){ "virtio,mmio", NULL },
    .provides_bus = &virtio_bus_type,
    .bus_offset = offsetof(struct virtio_mmio, bus),
    .size = sizeof(struct virtio_mmio),
    .props = props,
    .state = &state,
    .realize = realize,
    .describe = describe,
};
