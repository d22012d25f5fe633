/* SPDX-License-Identifier: BSD-2-Clause */
#include "virtio-rig.h"

#include <string.h>

#include "patience.h"

static void virtio_rig_irq(void *opaque, unsigned n, bool level)
{
    struct virtio_rig *f = opaque;

    if (level && !f->irq_level)
        f->irq_raises++;
    f->irq_level = level;
}

void *guest_ptr(struct virtio_rig *f, gpa addr)
{
    g_assert_cmpuint(addr, >=, RAM_BASE);
    g_assert_cmpuint(addr, <, RAM_BASE + RAM_SIZE);
    return f->ram->host + (addr - RAM_BASE);
}

gpa guest_alloc(struct virtio_rig *f, size_t size, size_t align)
{
    gpa a = (f->heap + align - 1) / align * align;

    f->heap = a + size;
    g_assert_cmpuint(f->heap, <=, RAM_BASE + RAM_SIZE);
    return a;
}

/* What a rig makes lives until the program ends, and is reachable until then. */
static void *virtio_rig_keep(void *p)
{
    static GPtrArray *kept;

    if (!kept)
        kept = g_ptr_array_new();
    g_ptr_array_add(kept, p);
    return p;
}

struct device *virtio_rig_device(struct virtio_rig *f, const struct device_type *t, struct device *parent)
{
    struct device *d = virtio_rig_keep(device_new(t, &f->machine, NULL));

    d->parent = parent;
    return d;
}

void virtio_rig_set(struct device *d, const char *name, const char *value)
{
    g_autoptr(GError) err = NULL;

    device_set_prop(d, name, value, &err);
    g_assert_no_error(err);
}

void virtio_rig_init(struct virtio_rig *f, bool legacy)
{
    memset(f, 0, sizeof(*f));
    f->legacy = legacy;
    f->heap = RAM_BASE + 0x1000;
    f->machine.as = virtio_rig_keep(address_space_new("memory"));
    f->ram = ram_block_new("ram", RAM_SIZE, NULL);
    g_assert_nonnull(f->ram);
    f->ram_region = (struct region){ .name = "ram", .kind = REGION_RAM, .size = RAM_SIZE, .host = f->ram->host,
                                     .ram = f->ram };
    address_space_map(f->machine.as, &f->ram_region, RAM_BASE, 0);
    f->mmio = virtio_rig_device(f, &virtio_mmio_type, NULL);
    virtio_rig_set(f->mmio, "force-legacy", legacy ? "on" : "off");
    f->irq = (struct irq){ .set = virtio_rig_irq, .opaque = f, .n = 1 };
    f->mmio->irqs = &f->irq;
    f->mmio->nirqs = 1;
    g_assert_true(virtio_mmio_type.realize(f->mmio, NULL));
    address_space_map(f->machine.as, &f->mmio->regions[0], MMIO_BASE, 0);
}

void virtio_rig_plug(struct virtio_rig *f, struct device *d)
{
    virtio_rig_realize(d);
    f->dev = d;
}

/* As device_realize() and device_free() do, but for snapshots and memory. */
void virtio_rig_realize(struct device *d)
{
    const struct bus_type *bus = d->parent->type->provides_bus;
    GError *err = NULL;

    g_assert_true(!bus->address || bus->address(d->parent, d, &err));
    g_assert_no_error(err);
    g_assert_true(d->type->realize(d, &err));
    g_assert_no_error(err);
    bus->plug(d->parent, d);
}

void virtio_rig_unrealize(struct device *d)
{
    d->parent->type->provides_bus->unplug(d->parent, d);
    d->type->unrealize(d);
}

uint32_t rd(struct virtio_rig *f, unsigned offset)
{
    uint64_t v = 0xdead;

    g_assert_cmpint(bus_read(f->machine.as, MMIO_BASE + offset, 4, &v), ==, BUS_OK);
    return v;
}

void wr(struct virtio_rig *f, unsigned offset, uint32_t v)
{
    g_assert_cmpint(bus_write(f->machine.as, MMIO_BASE + offset, 4, v), ==, BUS_OK);
}

uint64_t negotiate(struct virtio_rig *f, uint64_t want)
{
    uint64_t features;

    wr(f, 0x70, 0);
    wr(f, 0x70, 1);
    wr(f, 0x70, 3);
    wr(f, 0x14, 0);
    features = rd(f, 0x10);
    wr(f, 0x14, 1);
    features |= (uint64_t)rd(f, 0x10) << 32;
    if (!f->legacy)
        want |= VIRTIO_BIT(VIRTIO_F_VERSION_1);
    features &= want;
    wr(f, 0x24, 0);
    wr(f, 0x20, features);
    if (!f->legacy) {
        wr(f, 0x24, 1);
        wr(f, 0x20, features >> 32);
        wr(f, 0x70, 3 | 8);
        g_assert_cmphex(rd(f, 0x70), ==, 3 | 8);
    }
    return features;
}

void driver_ok(struct virtio_rig *f)
{
    wr(f, 0x70, rd(f, 0x70) | 4);
}

void put16(struct virtio_rig *f, gpa a, uint16_t v)
{
    v = GUINT16_TO_LE(v);
    if (a % 2)
        memcpy(guest_ptr(f, a), &v, 2);
    else
        __atomic_store_n((uint16_t *)guest_ptr(f, a), v, __ATOMIC_RELEASE);
}

uint16_t get16(struct virtio_rig *f, gpa a)
{
    uint16_t v;

    if (a % 2)
        memcpy(&v, guest_ptr(f, a), 2);
    else
        v = __atomic_load_n((uint16_t *)guest_ptr(f, a), __ATOMIC_ACQUIRE);
    return GUINT16_FROM_LE(v);
}

uint32_t get32(struct virtio_rig *f, gpa a)
{
    uint32_t v;

    memcpy(&v, guest_ptr(f, a), 4);
    return GUINT32_FROM_LE(v);
}

void put_desc(struct virtio_rig *f, gpa at, gpa addr, uint32_t len, uint16_t a, uint16_t b)
{
    addr = GUINT64_TO_LE(addr);
    len = GUINT32_TO_LE(len);
    memcpy(guest_ptr(f, at), &addr, 8);
    memcpy((char *)guest_ptr(f, at) + 8, &len, 4);
    put16(f, at + 12, a);
    put16(f, at + 14, b);
}

void drv_layout(struct drv *d, struct virtio_rig *f, unsigned index, uint16_t num, uint64_t features)
{
    memset(d, 0, sizeof(*d));
    d->f = f;
    d->index = index;
    d->num = d->free_slots = num;
    d->packed = features & VIRTIO_BIT(VIRTIO_F_RING_PACKED);
    d->event_idx = features & VIRTIO_BIT(VIRTIO_F_EVENT_IDX);
    d->wrap = d->used_wrap = true;
    if (f->legacy) {
        d->desc = guest_alloc(f, 4096 * 8, 4096);
        d->driver = d->desc + 16 * num;
        d->device = (d->driver + 6 + 2 * num + 4095) / 4096 * 4096;
    } else {
        d->desc = guest_alloc(f, 16 * num, 16);
        d->driver = guest_alloc(f, 6 + 2 * num, 4);
        d->device = guest_alloc(f, 6 + 8 * num, 4);
    }
}

void drv_enable(struct drv *d)
{
    struct virtio_rig *f = d->f;

    wr(f, 0x30, d->index);
    wr(f, 0x38, d->num);
    if (f->legacy) {
        wr(f, 0x28, 4096);
        wr(f, 0x3c, 4096);
        wr(f, 0x40, d->desc / 4096);
        return;
    }
    wr(f, 0x80, d->desc);
    wr(f, 0x84, d->desc >> 32);
    wr(f, 0x90, d->driver);
    wr(f, 0x94, d->driver >> 32);
    wr(f, 0xa0, d->device);
    wr(f, 0xa4, d->device >> 32);
    wr(f, 0x44, 1);
}

void drv_setup(struct drv *d, struct virtio_rig *f, unsigned index, uint16_t num, uint64_t features)
{
    drv_layout(d, f, index, num, features);
    drv_enable(d);
}

/* The number of a free id (packed) or descriptor (split). */
static uint16_t drv_free(const struct drv *d)
{
    uint16_t i = 0;

    while (d->packed ? d->slots[i] != 0 : d->busy[i])
        g_assert_cmpuint(++i, <, d->num);
    return i;
}

/* Packed flags that make a descriptor available at the driver's wrap counter. */
static uint16_t avail_flags(bool wrap)
{
    return wrap ? 1 << 7 : 1 << 15;
}

static uint16_t drv_add_split(struct drv *d, const struct seg *s, unsigned n)
{
    uint16_t at[1024];

    for (unsigned i = 0; i < n; i++) {
        at[i] = drv_free(d);
        d->busy[at[i]] = true;
    }
    for (unsigned i = 0; i < n; i++)
        put_desc(d->f, d->desc + 16 * at[i], s[i].addr, s[i].len, (s[i].in ? 2 : 0) | (i + 1 < n ? 1 : 0),
                 i + 1 < n ? at[i + 1] : 0);
    d->slots[at[0]] = n;
    put16(d->f, d->driver + 4 + 2 * (d->next % d->num), at[0]);
    put16(d->f, d->driver + 2, ++d->next);
    return at[0];
}

uint16_t drv_add_packed(struct drv *d, const struct seg *s, unsigned n, uint16_t extra)
{
    uint16_t id = drv_free(d), first_slot = d->next, first_flags = 0;

    g_assert_cmpuint(d->free_slots, >=, n);
    for (unsigned i = 0; i < n; i++) {
        uint16_t flags = avail_flags(d->wrap) | (s[i].in ? 2 : 0) | (i + 1 < n ? 1 : 0) | extra;
        gpa at = d->desc + 16 * d->next;
        put_desc(d->f, at, s[i].addr, s[i].len, id, i ? flags : get16(d->f, at + 14));
        if (i == 0)
            first_flags = flags;
        if (++d->next == d->num) {
            d->next = 0;
            d->wrap = !d->wrap;
        }
    }
    put16(d->f, d->desc + 16 * first_slot + 14, first_flags);
    d->free_slots -= n;
    d->slots[id] = n;
    return id;
}

uint16_t drv_add(struct drv *d, const struct seg *s, unsigned n)
{
    return d->packed ? drv_add_packed(d, s, n, 0) : drv_add_split(d, s, n);
}

uint16_t drv_add_indirect(struct drv *d, const struct seg *s, unsigned n)
{
    gpa table = guest_alloc(d->f, 16 * n, 16);
    struct seg one = { table, 16 * n, false };

    for (unsigned i = 0; i < n; i++) {
        uint16_t flags = (s[i].in ? 2 : 0) | (!d->packed && i + 1 < n ? 1 : 0);
        put_desc(d->f, table + 16 * i, s[i].addr, s[i].len, d->packed ? 0 : flags, d->packed ? flags : i + 1);
    }
    if (d->packed)
        return drv_add_packed(d, &one, 1, 4);
    uint16_t head = drv_free(d);
    d->busy[head] = true;
    d->slots[head] = 1;
    put_desc(d->f, d->desc + 16 * head, table, 16 * n, 4, 0);
    put16(d->f, d->driver + 4 + 2 * (d->next % d->num), head);
    put16(d->f, d->driver + 2, ++d->next);
    return head;
}

bool drv_used(struct drv *d, uint16_t *id, uint32_t *len)
{
    struct virtio_rig *f = d->f;

    if (d->packed) {
        gpa at = d->desc + 16 * d->last_used;
        uint16_t flags = get16(f, at + 14);
        if (!!(flags & 1 << 7) != d->used_wrap || !!(flags & 1 << 15) != d->used_wrap)
            return false;
        *len = get32(f, at + 8);
        *id = get16(f, at + 12);
        g_assert_cmpuint(*id, <, d->num);
        g_assert_cmpuint(d->slots[*id], >, 0);
        d->last_used += d->slots[*id];
        d->free_slots += d->slots[*id];
        if (d->last_used >= d->num) {
            d->last_used -= d->num;
            d->used_wrap = !d->used_wrap;
        }
        d->slots[*id] = 0;
        return true;
    }
    if (get16(f, d->device + 2) == d->last_used)
        return false;
    gpa at = d->device + 4 + 8 * (d->last_used++ % d->num);
    g_assert_cmpuint(get32(f, at), <, d->num);
    *id = get32(f, at);
    *len = get32(f, at + 4);
    g_assert_cmpuint(d->slots[*id], >, 0);
    for (uint16_t i = *id;; i = get16(f, d->desc + 16 * i + 14)) {
        d->busy[i] = false;
        if (!(get16(f, d->desc + 16 * i + 12) & 1))
            break;
    }
    d->slots[*id] = 0;
    return true;
}

void drv_kick(struct drv *d)
{
    wr(d->f, 0x50, d->index);
}

uint32_t drv_wait(struct drv *d, uint16_t want)
{
    gint64 end = patience_end(10);
    uint16_t id;
    uint32_t len;

    while (!drv_used(d, &id, &len)) {
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        g_main_context_iteration(NULL, FALSE);
        g_usleep(100);
    }
    g_assert_cmpuint(id, ==, want);
    return len;
}

