/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio-pci: the transport by a PCI function, and the devices that come with one (virtio-blk-pci and others). VIRTIO
 * 1.2, section 4.1, with the legacy interface of 4.1.4.10. Layout of BARs and capabilities as in QEMU: BAR 0 the legacy
 * registers, BAR 1 MSI-X, BAR 4 the others. Shared memory regions and queue reset are not modelled.
 */
#include <inttypes.h>
#include <string.h>

#include "devices/pci/pci.h"
#include "virtio.h"

#define VENDOR 0x1af4
#define TRANSITIONAL_ID 0x1000u
#define MODERN_ID 0x1040
#define MODERN_SUBSYSTEM 0x1100
#define NO_VECTOR 0xffff
#define MAX_QUEUES 72 /* more than any device type has */

enum { BAR_LEGACY = 0, BAR_MSIX = 1, BAR_MODERN = 4 };

/* Parts of the modern BAR, a page each. */
enum modern_part { PART_COMMON, PART_ISR, PART_DEVICE, PART_NOTIFY, PARTS };
#define PART_BYTES 0x1000
#define NOTIFY_STEP 4 /* bytes from one queue's place for notifications to the next */

/* The capabilities that say where these are: VIRTIO 1.2, 4.1.4. */
enum { CFG_COMMON = 1, CFG_NOTIFY = 2, CFG_ISR = 3, CFG_DEVICE = 4, CFG_PCI = 5 };
#define CAP_BYTES 16
#define CAP_NOTIFY_BYTES 20 /* with the step */
#define CAP_PCI_BYTES 20    /* with the data */
enum { CAP_LEN = 2, CAP_TYPE = 3, CAP_BAR = 4, CAP_OFFSET = 8, CAP_LENGTH = 12, CAP_DATA = 16 };

/* Common configuration, 4.1.4.3. */
enum {
    C_DEVICE_FEATURE_SELECT = 0x00,
    C_DEVICE_FEATURE = 0x04,
    C_DRIVER_FEATURE_SELECT = 0x08,
    C_DRIVER_FEATURE = 0x0c,
    C_CONFIG_MSIX_VECTOR = 0x10,
    C_NUM_QUEUES = 0x12,
    C_DEVICE_STATUS = 0x14,
    C_CONFIG_GENERATION = 0x15,
    C_QUEUE_SELECT = 0x16,
    C_QUEUE_SIZE = 0x18,
    C_QUEUE_MSIX_VECTOR = 0x1a,
    C_QUEUE_ENABLE = 0x1c,
    C_QUEUE_NOTIFY_OFF = 0x1e,
    C_QUEUE_DESC = 0x20,
    C_QUEUE_DRIVER = 0x28,
    C_QUEUE_DEVICE = 0x30,
};

/* Legacy registers, 4.1.4.10. */
enum {
    L_DEVICE_FEATURES = 0x00,
    L_DRIVER_FEATURES = 0x04,
    L_QUEUE_ADDRESS = 0x08,
    L_QUEUE_SIZE = 0x0c,
    L_QUEUE_SELECT = 0x0e,
    L_QUEUE_NOTIFY = 0x10,
    L_DEVICE_STATUS = 0x12,
    L_ISR_STATUS = 0x13,
    L_CONFIG_VECTOR = 0x14, /* these two while MSI-X is enabled only: else the device's configuration begins here */
    L_QUEUE_VECTOR = 0x16,
    L_CONFIG_WITH_MSIX = 0x18,
};
#define LEGACY_PAGE 4096

/* The devices that come with one. */
extern const struct device_type virtio_9p_device_type, virtio_balloon_device_type, virtio_blk_device_type,
    virtio_keyboard_device_type,
    virtio_mouse_device_type, virtio_net_device_type, virtio_rng_device_type, virtio_scsi_device_type,
    virtio_serial_device_type, virtio_tablet_device_type,
    virtio_vsock_device_type, virtio_gpu_device_type;

struct virtio_pci {
    struct device dev;
    struct pci_function pci;
    struct virtio_bus bus;
    unsigned cfg_cap; /* offset of the capability of type CFG_PCI; 0: there is none */
    /* The following under the lock of bus.vdev. */
    uint32_t device_sel, driver_sel;
    uint16_t queue_sel;
    uint16_t config_vector, queue_vector[MAX_QUEUES];
    /* Properties. */
    char *disable_legacy; /* on, off, auto */
    bool disable_modern;
    uint32_t vectors;     /* UINT32_MAX: as many as the device type has use for */
    uint32_t class_code;  /* 0: the type's */
};

/* -- Interrupts; the lock of bus.vdev is held -- */

static void isr_changed(struct virtio_bus *b, uint8_t raised, const struct virtq *q)
{
    struct virtio_pci *s = container_of(b, struct virtio_pci, bus);
    bool messages = pci_msix_enabled(&s->pci);
    uint16_t vector = q ? s->queue_vector[q->index] : s->config_vector;

    pci_set_intx(&s->pci, !messages && b->vdev && b->vdev->isr);
    if (raised && messages && vector != NO_VECTOR)
        pci_msix_notify(&s->pci, vector);
}

static void forget_vectors(struct virtio_pci *s)
{
    s->config_vector = NO_VECTOR;
    for (unsigned i = 0; i < MAX_QUEUES; i++)
        s->queue_vector[i] = NO_VECTOR;
}

/* What a driver that asks for a vector gets. */
static uint16_t take_vector(const struct virtio_pci *s, uint32_t value)
{
    return value < s->pci.msix.n ? value : NO_VECTOR;
}

static uint8_t read_isr(struct virtio *v)
{
    uint8_t isr = v->isr;

    virtio_ack(v, isr);
    return isr;
}

/* -- Common configuration -- */

static struct virtq *selected(const struct virtio_pci *s)
{
    return virtio_queue(s->bus.vdev, s->queue_sel);
}

static uint32_t read_common(struct virtio_pci *s, uint64_t offset)
{
    struct virtio *v = s->bus.vdev;
    const struct virtq *q = selected(s);

    switch (offset) {
    case C_DEVICE_FEATURE_SELECT:
        return s->device_sel;
    case C_DEVICE_FEATURE:
        return virtio_offered(v, s->device_sel);
    case C_DRIVER_FEATURE_SELECT:
        return s->driver_sel;
    case C_DRIVER_FEATURE:
        return s->driver_sel > 1 ? 0 : v->driver_features >> (32 * s->driver_sel);
    case C_CONFIG_MSIX_VECTOR:
        return s->config_vector;
    case C_NUM_QUEUES:
        return v->nqueues;
    case C_DEVICE_STATUS:
        return v->status;
    case C_CONFIG_GENERATION:
        return v->generation & 0xff;
    case C_QUEUE_SELECT:
        return s->queue_sel;
    case C_QUEUE_SIZE:
        return q ? q->set.num : 0;
    case C_QUEUE_MSIX_VECTOR:
        return q ? s->queue_vector[q->index] : NO_VECTOR;
    case C_QUEUE_ENABLE:
        return q && q->ready;
    case C_QUEUE_NOTIFY_OFF:
        return q ? q->index : 0;
    case C_QUEUE_DESC:
    case C_QUEUE_DESC + 4:
        return q ? q->set.desc >> (offset & 4) * 8 : 0;
    case C_QUEUE_DRIVER:
    case C_QUEUE_DRIVER + 4:
        return q ? q->set.driver >> (offset & 4) * 8 : 0;
    case C_QUEUE_DEVICE:
    case C_QUEUE_DEVICE + 4:
        return q ? q->set.device >> (offset & 4) * 8 : 0;
    default:
        return 0;
    }
}

static void write_queue(struct virtio_pci *s, uint64_t offset, uint32_t value)
{
    struct virtq *q = selected(s);
    unsigned half = (offset & 4) * 8;

    if (!q) {
        device_guest_error(&s->dev, "write of 0x%" PRIx64 " for queue %u, which does not exist", offset, s->queue_sel);
        return;
    }
    switch (offset) {
    case C_QUEUE_SIZE:
        virtio_set_num(q, value);
        break;
    case C_QUEUE_MSIX_VECTOR:
        s->queue_vector[q->index] = take_vector(s, value);
        break;
    case C_QUEUE_ENABLE:
        if (value == 1)
            virtq_start(q);
        break;
    case C_QUEUE_DESC:
    case C_QUEUE_DESC + 4:
        q->set.desc = with_bits(q->set.desc, half, 32, value);
        break;
    case C_QUEUE_DRIVER:
    case C_QUEUE_DRIVER + 4:
        q->set.driver = with_bits(q->set.driver, half, 32, value);
        break;
    case C_QUEUE_DEVICE:
    case C_QUEUE_DEVICE + 4:
        q->set.device = with_bits(q->set.device, half, 32, value);
        break;
    }
}

static void set_status(struct virtio_pci *s, uint8_t status)
{
    virtio_set_status(s->bus.vdev, status);
    if (status == 0)
        forget_vectors(s);
}

static void write_common(struct virtio_pci *s, uint64_t offset, uint32_t value)
{
    switch (offset) {
    case C_DEVICE_FEATURE_SELECT:
        s->device_sel = value;
        break;
    case C_DRIVER_FEATURE_SELECT:
        s->driver_sel = value;
        break;
    case C_DRIVER_FEATURE:
        virtio_set_features(s->bus.vdev, s->driver_sel, value);
        break;
    case C_CONFIG_MSIX_VECTOR:
        s->config_vector = take_vector(s, value);
        break;
    case C_DEVICE_STATUS:
        set_status(s, value);
        break;
    case C_QUEUE_SELECT:
        s->queue_sel = value;
        break;
    case C_QUEUE_SIZE:
    case C_QUEUE_MSIX_VECTOR:
    case C_QUEUE_ENABLE:
    case C_QUEUE_DESC ... C_QUEUE_DEVICE + 4:
        write_queue(s, offset, value);
        break;
    default:
        device_guest_error(&s->dev, "write of common configuration 0x%" PRIx64 ": no register to write", offset);
        break;
    }
}

/* -- The modern BAR -- */

static uint64_t modern_read(void *opaque, uint64_t offset, unsigned size)
{
    struct virtio_pci *s = opaque;
    struct virtio *v = s->bus.vdev;
    uint64_t value = 0;

    if (!v)
        return 0;
    g_mutex_lock(&v->dev.lock);
    s->bus.legacy = false;
    switch (offset / PART_BYTES) {
    case PART_COMMON:
        value = read_common(s, offset % PART_BYTES);
        break;
    case PART_ISR:
        value = read_isr(v);
        break;
    case PART_DEVICE:
        value = virtio_config_read(v, offset % PART_BYTES, size);
        break;
    default: /* notifications are written */
        break;
    }
    g_mutex_unlock(&v->dev.lock);
    return value;
}

static void modern_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct virtio_pci *s = opaque;
    struct virtio *v = s->bus.vdev;

    if (!v)
        return;
    g_mutex_lock(&v->dev.lock);
    s->bus.legacy = false;
    switch (offset / PART_BYTES) {
    case PART_COMMON:
        write_common(s, offset % PART_BYTES, value);
        break;
    case PART_DEVICE:
        virtio_config_write(v, offset % PART_BYTES, value, size);
        break;
    case PART_NOTIFY:
        virtio_notify(v, offset % PART_BYTES / NOTIFY_STEP);
        break;
    default: /* the ISR is read */
        break;
    }
    g_mutex_unlock(&v->dev.lock);
}

static const struct io_ops modern_ops = { .read = modern_read, .write = modern_write, .min_size = 1, .max_size = 4 };

/* -- The legacy BAR -- */

static uint64_t legacy_config_at(struct virtio_pci *s)
{
    return pci_msix_enabled(&s->pci) ? L_CONFIG_WITH_MSIX : L_CONFIG_VECTOR;
}

static uint32_t read_legacy(struct virtio_pci *s, uint64_t offset)
{
    struct virtio *v = s->bus.vdev;
    const struct virtq *q = selected(s);

    switch (offset) {
    case L_DEVICE_FEATURES:
        return virtio_offered(v, 0);
    case L_DRIVER_FEATURES:
        return v->driver_features;
    case L_QUEUE_ADDRESS:
        return q ? q->set.desc / LEGACY_PAGE : 0;
    case L_QUEUE_SIZE:
        return q ? q->max : 0;
    case L_QUEUE_SELECT:
        return s->queue_sel;
    case L_DEVICE_STATUS:
        return v->status;
    case L_ISR_STATUS:
        return read_isr(v);
    case L_CONFIG_VECTOR:
        return s->config_vector;
    case L_QUEUE_VECTOR:
        return q ? s->queue_vector[q->index] : NO_VECTOR;
    default:
        return UINT32_MAX;
    }
}

static void write_legacy(struct virtio_pci *s, uint64_t offset, uint32_t value)
{
    struct virtio *v = s->bus.vdev;
    struct virtq *q = selected(s);

    switch (offset) {
    case L_DRIVER_FEATURES:
        virtio_set_features(v, 0, value);
        break;
    case L_QUEUE_ADDRESS:
        if (value == 0) {
            virtio_reset(v);
            forget_vectors(s);
        } else if (q) {
            virtio_place_legacy(q, (uint64_t)value * LEGACY_PAGE);
        }
        break;
    case L_QUEUE_SELECT:
        s->queue_sel = value;
        break;
    case L_QUEUE_NOTIFY:
        virtio_notify(v, value);
        break;
    case L_DEVICE_STATUS:
        set_status(s, value);
        if (value == (VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER)) /* old drivers rely on firmware for it, and there is none */
            pci_enable_master(&s->pci);
        break;
    case L_CONFIG_VECTOR:
        s->config_vector = take_vector(s, value);
        break;
    case L_QUEUE_VECTOR:
        if (q)
            s->queue_vector[q->index] = take_vector(s, value);
        break;
    default:
        device_guest_error(&s->dev, "write of legacy register 0x%" PRIx64 ": no register to write", offset);
        break;
    }
}

static uint64_t legacy_read(void *opaque, uint64_t offset, unsigned size)
{
    struct virtio_pci *s = opaque;
    struct virtio *v = s->bus.vdev;
    uint64_t config = legacy_config_at(s);

    if (!v)
        return UINT64_MAX;
    g_mutex_lock(&v->dev.lock);
    s->bus.legacy = true;
    uint64_t value = offset < config ? read_legacy(s, offset) : virtio_config_read(v, offset - config, size);
    g_mutex_unlock(&v->dev.lock);
    return value;
}

static void legacy_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct virtio_pci *s = opaque;
    struct virtio *v = s->bus.vdev;
    uint64_t config = legacy_config_at(s);

    if (!v)
        return;
    g_mutex_lock(&v->dev.lock);
    s->bus.legacy = true;
    if (offset < config)
        write_legacy(s, offset, value);
    else
        virtio_config_write(v, offset - config, value, size);
    g_mutex_unlock(&v->dev.lock);
}

static const struct io_ops legacy_ops = { .read = legacy_read, .write = legacy_write, .min_size = 1, .max_size = 4 };

/* -- The window in the configuration space, 4.1.4.9: for firmware that has not mapped the BARs -- */

/* The access that the capability describes; false if it is none of the modern BAR. */
static bool described_access(const struct virtio_pci *s, unsigned offset, unsigned size, uint32_t *at, uint32_t *len)
{
    unsigned cap = s->cfg_cap;

    if (!cap || offset >= cap + CAP_DATA + 4 || offset + size <= cap + CAP_DATA)
        return false;
    *at = pci_get32(&s->pci, cap + CAP_OFFSET);
    *len = pci_get32(&s->pci, cap + CAP_LENGTH);
    return s->pci.config[cap + CAP_BAR] == BAR_MODERN && (*len == 1 || *len == 2 || *len == 4) && *at % *len == 0 &&
           *at < PARTS * PART_BYTES;
}

static void config_read(struct pci_function *f, unsigned offset, unsigned size)
{
    struct virtio_pci *s = container_of(f, struct virtio_pci, pci);
    uint32_t at, len;

    if (described_access(s, offset, size, &at, &len))
        pci_put32(f->config + s->cfg_cap + CAP_DATA, modern_read(s, at, len));
}

/* Without the bus the device stops, as in QEMU; with it, it looks at what has come meanwhile. */
static void command_written(struct virtio_pci *s, struct virtio *v)
{
    if (!s->pci.master) {
        v->status &= ~VIRTIO_DRIVER_OK;
        return;
    }
    for (unsigned i = 0; i < v->nqueues; i++)
        if (v->queues[i].ready && (v->status & VIRTIO_DRIVER_OK))
            virtio_notify(v, i);
}

static void config_written(struct pci_function *f, unsigned offset, unsigned size)
{
    struct virtio_pci *s = container_of(f, struct virtio_pci, pci);
    struct virtio *v = s->bus.vdev;
    uint32_t at, len;

    if (v) {
        g_mutex_lock(&v->dev.lock);
        isr_changed(&s->bus, 0, NULL); /* messages may have been switched on or off, in whose place the pin is */
        if (pci_overlaps(offset, size, PCI_COMMAND, PCI_COMMAND + 2))
            command_written(s, v);
        g_mutex_unlock(&v->dev.lock);
    }
    if (described_access(s, offset, size, &at, &len))
        modern_write(s, at, pci_get32(f, s->cfg_cap + CAP_DATA) & (UINT32_MAX >> (32 - 8 * len)), len);
}

static const struct pci_ops pci_ops = { .config_read = config_read, .config_written = config_written };

/* -- The device -- */

static unsigned add_cap(struct virtio_pci *s, uint8_t type, unsigned bytes, uint32_t offset, uint32_t length)
{
    uint8_t *c = s->pci.config;
    unsigned at = pci_add_capability(&s->pci, PCI_CAP_VENDOR, bytes);

    c[at + CAP_LEN] = bytes;
    c[at + CAP_TYPE] = type;
    c[at + CAP_BAR] = type == CFG_PCI ? 0 : BAR_MODERN;
    pci_put32(c + at + CAP_OFFSET, offset);
    pci_put32(c + at + CAP_LENGTH, length);
    return at;
}

static void add_modern(struct virtio_pci *s)
{
    unsigned notify;
    uint8_t *w = s->pci.writable;

    struct region *r = device_add_io(&s->dev, "virtio-pci", &modern_ops, PARTS * PART_BYTES);
    pci_add_bar(&s->pci, BAR_MODERN, PCI_BAR_MEMORY_64 | PCI_BAR_PREFETCH, r);
    add_cap(s, CFG_COMMON, CAP_BYTES, PART_COMMON * PART_BYTES, PART_BYTES);
    add_cap(s, CFG_ISR, CAP_BYTES, PART_ISR * PART_BYTES, PART_BYTES);
    add_cap(s, CFG_DEVICE, CAP_BYTES, PART_DEVICE * PART_BYTES, PART_BYTES);
    notify = add_cap(s, CFG_NOTIFY, CAP_NOTIFY_BYTES, PART_NOTIFY * PART_BYTES, PART_BYTES);
    pci_put32(s->pci.config + notify + CAP_DATA, NOTIFY_STEP);
    s->cfg_cap = add_cap(s, CFG_PCI, CAP_PCI_BYTES, 0, 0);
    w[s->cfg_cap + CAP_BAR] = 0xff;
    memset(w + s->cfg_cap + CAP_OFFSET, 0xff, 12);
}

static unsigned wanted_vectors(const struct virtio_pci *s, const struct virtio *v)
{
    if (s->vectors != UINT32_MAX)
        return s->vectors;
    switch (v->id) {
    case VIRTIO_ID_CONSOLE:
    case VIRTIO_ID_BALLOON:
    case VIRTIO_ID_INPUT:
    case VIRTIO_ID_9P:
        return 2;
    default:
        return v->nqueues + 1;
    }
}

static uint64_t power_of_two_from(uint64_t n)
{
    uint64_t p = 1;

    while (p < n)
        p *= 2;
    return p;
}

/* Device types by virtio's id: the class, and those with an old number of their own: 4.1.2.1. */
static const struct {
    uint32_t class_code;
    uint8_t old_id; /* from TRANSITIONAL_ID on */
} kinds[] = {
    [VIRTIO_ID_NET] = { 0x020000, 0 },     [VIRTIO_ID_BLOCK] = { 0x010000, 1 }, [VIRTIO_ID_BALLOON] = { 0x00ff00, 2 },
    [VIRTIO_ID_CONSOLE] = { 0x078000, 3 }, [VIRTIO_ID_SCSI] = { 0x010000, 4 },  [VIRTIO_ID_RNG] = { 0x00ff00, 5 },
    [VIRTIO_ID_9P] = { 0x000200, 9 },      [VIRTIO_ID_GPU] = { 0x038000, 0 },   [VIRTIO_ID_INPUT] = { 0x098000, 0 },
    [VIRTIO_ID_VSOCK] = { 0x078000, 0 },
};

static uint32_t class_of(const struct virtio_pci *s, uint32_t id)
{
    const struct device_type *inner = s->dev.type->inner;

    if (s->class_code)
        return s->class_code << 8;
    if (inner == &virtio_keyboard_device_type)
        return 0x090000;
    return inner == &virtio_mouse_device_type ? 0x090200 : kinds[id].class_code;
}

/* The virtio device is there: the function becomes what it is. */
static void plugged(struct virtio_bus *b)
{
    struct virtio_pci *s = container_of(b, struct virtio_pci, bus);
    const struct virtio *v = b->vdev;
    uint8_t *c = s->pci.config;
    bool legacy = b->interfaces & VIRTIO_LEGACY;
    uint32_t class_code = class_of(s, v->id);
    unsigned vectors = wanted_vectors(s, v);

    pci_put16(c + PCI_DEVICE_ID, legacy ? TRANSITIONAL_ID + kinds[v->id].old_id : MODERN_ID + v->id);
    pci_put16(c + PCI_SUBSYSTEM_ID, legacy ? v->id : MODERN_SUBSYSTEM);
    c[PCI_REVISION_ID] = !legacy;
    c[PCI_CLASS_PROG] = class_code;
    pci_put16(c + PCI_CLASS_DEVICE, class_code >> 8);
    if (legacy)
        pci_add_bar(&s->pci, BAR_LEGACY, PCI_BAR_IO,
                    device_add_io(&s->dev, "virtio-pci-legacy", &legacy_ops,
                                  power_of_two_from(L_CONFIG_WITH_MSIX + v->config_len)));
    if (s->pci.bus->one_device) { /* a link */
        pci_add_express(&s->pci, PCIE_TYPE_ENDPOINT, 0);
        pci_add_function_reset(&s->pci);
        pci_add_power(&s->pci);
    }
    if (b->interfaces & VIRTIO_MODERN)
        add_modern(s);
    if (vectors)
        pci_msix_init(&s->pci, BAR_MSIX, vectors);
}

static bool choose_interfaces(struct virtio_pci *s, GError **err)
{
    const struct pci_bus *bus = pci_bus_of(&s->dev, err);
    const char *off = s->disable_legacy ? s->disable_legacy : "auto";
    bool legacy;

    if (!bus)
        return false;
    if (!strcmp(off, "auto"))
        legacy = !bus->one_device; /* links are for express devices */
    else if (!parse_bool(off, &legacy)) {
        fail(err, "device %s: disable-legacy=%s: expected on, off or auto", s->dev.type->name, off);
        return false;
    } else
        legacy = !legacy;
    if (!legacy && s->disable_modern) {
        fail(err, "device cannot work as neither modern nor legacy mode is enabled");
        return false;
    }
    s->bus.interfaces = (legacy ? VIRTIO_LEGACY : 0) | (s->disable_modern ? 0 : VIRTIO_MODERN);
    s->bus.legacy = s->disable_modern;
    return true;
}

static bool realize(struct device *d, GError **err)
{
    static const struct pci_id id = { .vendor = VENDOR, .subsystem_vendor = VENDOR, .pin = true };
    struct virtio_pci *s = (struct virtio_pci *)d;

    if (s->vectors != UINT32_MAX && s->vectors > 2048) {
        fail(err, "device %s: vectors=%" PRIu32 ": expected at most 2048", d->type->name, s->vectors);
        return false;
    }
    if (!choose_interfaces(s, err) || !pci_init(&s->pci, d, &id, &pci_ops, err))
        return false;
    s->bus.isr_changed = isr_changed;
    s->bus.plugged = plugged;
    forget_vectors(s);
    return true;
}

static bool realize_as(struct device *d, const char *disable_legacy, GError **err)
{
    struct virtio_pci *s = (struct virtio_pci *)d;

    g_free(s->disable_legacy);
    s->disable_legacy = g_strdup(disable_legacy);
    s->disable_modern = false;
    return realize(d, err);
}

static bool realize_transitional(struct device *d, GError **err)
{
    return realize_as(d, "off", err);
}

static bool realize_non_transitional(struct device *d, GError **err)
{
    return realize_as(d, "on", err);
}

static void unrealize(struct device *d)
{
    pci_fini(&((struct virtio_pci *)d)->pci);
}

static void reset(struct device *d)
{
    struct virtio_pci *s = (struct virtio_pci *)d;

    forget_vectors(s);
    pci_reset(&s->pci);
}

static bool loaded(void *obj, unsigned version, GError **err)
{
    struct virtio_pci *s = obj;

    for (unsigned i = 0; i < MAX_QUEUES; i++)
        s->queue_vector[i] = take_vector(s, s->queue_vector[i]);
    s->config_vector = take_vector(s, s->config_vector);
    return pci_loaded(&s->pci, err);
}

static const struct property props[] = {
    PCI_PROPS(struct virtio_pci, pci),
    PROP_NAMED("disable-legacy", struct virtio_pci, disable_legacy, STRING, 0, NULL,
               "no legacy interface: on, off or auto (on, but for the host's own bus)"),
    PROP_NAMED("disable-modern", struct virtio_pci, disable_modern, BOOL, 0, NULL, "the legacy interface only"),
    PROP_NAMED("vectors", struct virtio_pci, vectors, U32, UINT32_MAX, NULL,
               "of MSI-X (0: none; default: as many as there is use for)"),
    PROP_NAMED("class", struct virtio_pci, class_code, U32, 0, NULL, "class and subclass (0: the device's)"),
    PROP_END,
};

static const struct state_row fields[] = {
    PCI_FIELDS(struct virtio_pci, pci),
    FIELD_NONE(struct virtio_pci, bus, "wiring"),
    FIELD_NONE(struct virtio_pci, cfg_cap, "constant"),
    FIELD(struct virtio_pci, device_sel, 0),
    FIELD(struct virtio_pci, driver_sel, 0),
    FIELD(struct virtio_pci, queue_sel, 0),
    FIELD_KEEP(struct virtio_pci, config_vector), /* forget_vectors() */
    FIELD_KEEP_ARRAY(struct virtio_pci, queue_vector),
    FIELD_END,
};

static const struct state_table state = {
    STATE_OF(struct virtio_pci),
    .version = 1,
    .rows = fields,
    .loaded = loaded,
};

#define VIRTIO_PCI(ident, inner_, name_, alias_, desc_, realize_)                                                      \
    const struct device_type ident##_type = {                                                                          \
        .name = name_, .alias = alias_, .desc = desc_, .bus = &pci_bus_type, .provides_bus = &virtio_bus_type,         \
        .bus_offset = offsetof(struct virtio_pci, bus), .inner = &inner_, .size = sizeof(struct virtio_pci),           \
        .props = props, .state = &state, .realize = realize_, .reset = reset, .unrealize = unrealize,                  \
    }
#define VIRTIO_PCI_TYPES(kind, text, desc)                                                                             \
    VIRTIO_PCI(virtio_##kind##_pci, virtio_##kind##_device_type, "virtio-" text "-pci", "virtio-" text,                \
               desc " on PCI", realize);                                                                               \
    VIRTIO_PCI(virtio_##kind##_pci_transitional, virtio_##kind##_device_type, "virtio-" text "-pci-transitional",      \
               NULL, desc " on PCI, with the old interface", realize_transitional);                                    \
    VIRTIO_PCI(virtio_##kind##_pci_non_transitional, virtio_##kind##_device_type,                                      \
               "virtio-" text "-pci-non-transitional", NULL, desc " on PCI, without the old interface",                \
               realize_non_transitional)
/* Without an old interface at all. */
#define VIRTIO_PCI_MODERN(kind, text, desc)                                                                            \
    VIRTIO_PCI(virtio_##kind##_pci, virtio_##kind##_device_type, "virtio-" text "-pci", "virtio-" text,                \
               desc " on PCI", realize_non_transitional)
VIRTIO_PCI_TYPES(9p, "9p", "virtio file system (9P) of a folder of the host");
VIRTIO_PCI_TYPES(balloon, "balloon", "virtio memory balloon");
VIRTIO_PCI_TYPES(blk, "blk", "virtio disk");
VIRTIO_PCI_TYPES(net, "net", "virtio network card");
VIRTIO_PCI_TYPES(rng, "rng", "virtio source of random numbers");
VIRTIO_PCI_MODERN(keyboard, "keyboard", "virtio keyboard");
VIRTIO_PCI_MODERN(mouse, "mouse", "virtio mouse");
VIRTIO_PCI_MODERN(tablet, "tablet", "virtio tablet");
VIRTIO_PCI_TYPES(scsi, "scsi", "virtio SCSI host adapter");
VIRTIO_PCI_TYPES(serial, "serial", "virtio consoles and byte channels (a bus of ports)");
VIRTIO_PCI_MODERN(vsock, "vsock", "virtio sockets between the guest and the host's programs");
VIRTIO_PCI_MODERN(gpu, "gpu", "virtio display adapter");
