/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the virtio tests stand on: a machine of nothing but RAM and one virtio-mmio window, and a model of a driver with
 * its rings, split or packed, that knows nothing of the device's code.
 */
#ifndef MYNAH_VIRTIO_RIG_H
#define MYNAH_VIRTIO_RIG_H

#include "devices/virtio.h"
#include "machine.h"

#define RAM_BASE 0x80000000ull
#define RAM_SIZE (16 * MiB)
#define MMIO_BASE 0x10001000ull

extern const struct device_type virtio_mmio_type;

struct virtio_rig {
    struct machine machine;
    struct ram_block *ram;
    struct region ram_region;
    struct device *mmio;
    struct device *dev;  /* in the slot */
    struct irq irq;
    bool irq_level;
    unsigned irq_raises; /* edges up */
    bool legacy;
    gpa heap;            /* next free byte of RAM */
};

/* The host's pointer to guest memory. */
void *guest_ptr(struct virtio_rig *f, gpa addr);
/* Zeroed guest memory. */
gpa guest_alloc(struct virtio_rig *f, size_t size, size_t align);
/* A device with its properties at their defaults, not realized; under parent, or NULL. Stays until the program ends. */
struct device *virtio_rig_device(struct virtio_rig *f, const struct device_type *t, struct device *parent);
/* Set a property, as -device NAME=VALUE does. */
void virtio_rig_set(struct device *d, const char *name, const char *value);
/* Of nothing but RAM and an empty slot of version 1 or 2. */
void virtio_rig_init(struct virtio_rig *f, bool legacy);
/* Plug in a device made by virtio_rig_device(f, type, f->mmio). */
void virtio_rig_plug(struct virtio_rig *f, struct device *d);
/* Plug in a device made with a parent, and unplug it again. */
void virtio_rig_realize(struct device *d);
void virtio_rig_unrealize(struct device *d);
/* The registers of the slot. */
uint32_t rd(struct virtio_rig *f, unsigned offset);
void wr(struct virtio_rig *f, unsigned offset, uint32_t v);
/* From reset to FEATURES_OK with the features that both want; returns them. */
uint64_t negotiate(struct virtio_rig *f, uint64_t want);
void driver_ok(struct virtio_rig *f);

/* -- A driver's queue -- */

struct seg {
    gpa addr;
    uint32_t len;
    bool in;
};

struct drv {
    struct virtio_rig *f;
    unsigned index;
    uint16_t num;
    bool packed, event_idx;
    gpa desc, driver, device;
    uint16_t next, last_used;  /* split: free-running; packed: slots */
    bool wrap, used_wrap;      /* packed */
    uint16_t free_slots;       /* packed */
    uint16_t slots[1024];      /* of a buffer, by id; 0: id is free */
    bool busy[1024];           /* split: descriptor in use */
};

/* Indexes and flags: a device's threads see what was written before, and we what they wrote. */
void put16(struct virtio_rig *f, gpa a, uint16_t v);
uint16_t get16(struct virtio_rig *f, gpa a);
uint32_t get32(struct virtio_rig *f, gpa a);
/* A descriptor's 16 bytes: a and b are flags, next (split) or id, flags (packed). */
void put_desc(struct virtio_rig *f, gpa at, gpa addr, uint32_t len, uint16_t a, uint16_t b);
/* Memory for a queue. */
void drv_layout(struct drv *d, struct virtio_rig *f, unsigned index, uint16_t num, uint64_t features);
/* Tell the device. */
void drv_enable(struct drv *d);
/* Both. */
void drv_setup(struct drv *d, struct virtio_rig *f, unsigned index, uint16_t num, uint64_t features);
/* Make a buffer available; returns what drv_used() will name it by. */
uint16_t drv_add(struct drv *d, const struct seg *s, unsigned n);
/* The same through an indirect table. */
uint16_t drv_add_indirect(struct drv *d, const struct seg *s, unsigned n);
/* A buffer in a packed ring, with further flags of its descriptors. */
uint16_t drv_add_packed(struct drv *d, const struct seg *s, unsigned n, uint16_t extra);
/* The next buffer the device has used. */
bool drv_used(struct drv *d, uint16_t *id, uint32_t *len);
void drv_kick(struct drv *d);
/* Run the main loop until the device has used a buffer; fails after ten seconds (patience.h). */
uint32_t drv_wait(struct drv *d, uint16_t want);

#endif
