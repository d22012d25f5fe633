/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio devices: what they share below any transport (virtio 1.2 and the legacy interface). A
 * device type's struct begins with struct virtio; its dev.lock guards everything here, queues
 * included, whoever calls. A transport's own lock, if it holds one, comes before it.
 */
#ifndef MYNAH_VIRTIO_H
#define MYNAH_VIRTIO_H

#include <sys/uio.h>

#include "device.h"
#include "iov.h"

struct virtio;

/* -- Numbers of the standard -- */

enum virtio_id {
    VIRTIO_ID_NET = 1,
    VIRTIO_ID_BLOCK = 2,
    VIRTIO_ID_CONSOLE = 3,
    VIRTIO_ID_RNG = 4,
    VIRTIO_ID_BALLOON = 5,
    VIRTIO_ID_SCSI = 8,
    VIRTIO_ID_9P = 9,
    VIRTIO_ID_GPU = 16,
    VIRTIO_ID_INPUT = 18,
    VIRTIO_ID_VSOCK = 19,
};

enum virtio_status {
    VIRTIO_ACKNOWLEDGE = 1,
    VIRTIO_DRIVER = 2,
    VIRTIO_DRIVER_OK = 4,
    VIRTIO_FEATURES_OK = 8,
    VIRTIO_NEEDS_RESET = 0x40,
    VIRTIO_FAILED = 0x80,
};

enum virtio_isr { VIRTIO_ISR_QUEUE = 1, VIRTIO_ISR_CONFIG = 2 };

/* Feature bits that are not a device type's own; 24, 27 and 30 are of the legacy interface. */
enum virtio_feature {
    VIRTIO_F_NOTIFY_ON_EMPTY = 24,
    VIRTIO_F_ANY_LAYOUT = 27,
    VIRTIO_F_INDIRECT_DESC = 28,
    VIRTIO_F_EVENT_IDX = 29,
    VIRTIO_F_BAD = 30,
    VIRTIO_F_VERSION_1 = 32,
    VIRTIO_F_ACCESS_PLATFORM = 33,
    VIRTIO_F_RING_PACKED = 34,
};
#define VIRTIO_BIT(f) (UINT64_C(1) << (f))

#define VIRTQ_MAX_SIZE 1024  /* slots of any ring */
#define VIRTQ_MAX_PIECES 1024 /* of one buffer: descriptors, or more where memory is not contiguous */
#define VIRTIO_MAX_CONFIG 192 /* bytes of configuration space */

/* -- Queues, virtio-ring.c -- */

/* Where a ring is. */
struct virtq_layout {
    uint16_t num;             /* slots */
    gpa desc, driver, device; /* descriptor, driver (available) and device (used) areas */
};

struct virtq {
    struct virtio *v;
    unsigned index;
    uint16_t max; /* slots that the device type suggests: num until the driver says otherwise */

    /* What the driver asks for: written by the transport at any time, taken over by virtq_start() only. */
    struct virtq_layout set;
    uint32_t align; /* legacy: of the device area */

    /*
     * A run is what is between virtq_start() and virtq_stop(). Its memory is what was mapped at the start, and nothing
     * that the driver does to registers, features or status meanwhile changes what the ring code takes it for.
     */
    bool ready;
    uint32_t run;            /* their number: a buffer belongs to the run that it was taken in */
    struct virtq_layout at;
    bool packed;
    uint8_t *desc_host, *driver_host, *device_host;
    uint16_t next;      /* to take: split: free-running index; packed: slot */
    uint16_t used;      /* to give back: likewise */
    bool next_wrap, used_wrap; /* packed: wrap counters */
    bool event_off;     /* the device asked not to be notified */
    uint32_t unsignalled; /* slots given back since the last interrupt was considered */
    unsigned inuse;     /* buffers taken and not given back */
};

/* A buffer taken from a queue: pieces the device reads, then pieces it writes. */
struct virtq_elem {
    struct virtq *q;
    uint32_t run;   /* of q, when it was taken */
    uint16_t id;    /* split: head descriptor; packed: buffer id */
    uint16_t slots; /* packed: of the ring */
    unsigned nout, nin;
    struct iovec *out, *in;
    size_t out_len, in_len;
    struct iovec pieces[];
};

/*
 * Map the ring that is set and start the queue, anew if it runs with another one. It goes on where it was if the ring
 * is of the same kind, as in QEMU. False if none is set, and after virtio_error() if it can't be mapped.
 */
bool virtq_start(struct virtq *q);
/* The next start is from the first slot. */
void virtq_rewind(struct virtq *q);
/* Afterwards no buffer of the queue's is touched any more, and those that come back are dropped. */
void virtq_stop(struct virtq *q);
/*
 * The next buffer, to be given back by virtq_push() or virtq_unpop(); NULL if there is none or the ring is broken
 * (virtio_error() was called).
 */
struct virtq_elem *virtq_pop(struct virtq *q);
/* After its rows were loaded: check them, and map the ring if it is in use. False with a message. */
bool virtq_loaded(struct virtq *q, GError **err);
extern const struct state_table virtq_table;
/* True if no buffer is waiting. */
bool virtq_empty(struct virtq *q);
/*
 * Give n buffers, all taken in the same run, back in one step; written[i] bytes were written to the in pieces of
 * elems[i]. Frees them. Of a run that is over nothing reaches the ring.
 */
void virtq_push_many(struct virtq *q, struct virtq_elem **elems, const uint32_t *written, unsigned n);
void virtq_push(struct virtq *q, struct virtq_elem *e, uint32_t written);
/* Undo the last pop. Frees the element. */
void virtq_unpop(struct virtq *q, struct virtq_elem *e);
/* The run it was taken in is not over: its memory may be touched, and what is pushed reaches the ring. */
bool virtq_live(const struct virtq_elem *e);
/* A buffer that is not given back: free it without touching the ring. */
void virtq_forget(struct virtq_elem *e);
/* Tell the driver of what was pushed, if it wants to know. */
void virtq_interrupt(struct virtq *q);
/* Whether the driver should notify us of new buffers: a hint. After switching on look at the ring once more. */
void virtq_want_notify(struct virtq *q, bool on);

/* -- Devices, virtio.c -- */

/* What a device type provides. Lock held. */
struct virtio_ops {
    /*
     * New buffers may be in q. It is ready and the device not broken, but DRIVER_OK may be missing: drivers use queues
     * before it, or never set it.
     */
    void (*notify)(struct virtio *v, struct virtq *q);
    /*
     * q stops: let go of the buffers that were taken from it. Once this returns nobody touches their memory; whoever
     * still holds one may give it back at any time. NULL where notify() keeps none.
     */
    void (*queue_stopped)(struct virtio *v, struct virtq *q);
    /* The driver wrote size bytes of v->config at offset. NULL: nothing is writable, and nothing is changed. */
    void (*config_written)(struct virtio *v, unsigned offset, unsigned size);
    /* Bring v->config up to date before a read. May be NULL. */
    void (*config_read)(struct virtio *v);
    /* The driver said DRIVER_OK. May be NULL. */
    void (*started)(struct virtio *v);
    /* Back to the state at first; the queues have been stopped. May be NULL. */
    void (*reset)(struct virtio *v);
};

/* What a transport offers: a slot for one device. */
extern const struct bus_type virtio_bus_type;
/* The interfaces that a transport offers. */
enum virtio_interface { VIRTIO_LEGACY = 1, VIRTIO_MODERN = 2 };
/* The transport's part: in the struct of the device that offers a slot, at its bus_offset. */
struct virtio_bus {
    struct virtio *vdev; /* the device plugged in, or NULL; set under the transport's lock and its own */
    unsigned interfaces; /* that it offers; constant */
    bool legacy;         /* the driver uses the legacy one; set under the lock of vdev */
    /* vdev was plugged in: what depends on it can be made. May be NULL. */
    void (*plugged)(struct virtio_bus *b);
    /*
     * v->isr changed. raised: it has new causes, those of q (or of the configuration space: NULL). The device's lock is
     * held, the transport's is not (or is, by the caller).
     */
    void (*isr_changed)(struct virtio_bus *b, uint8_t raised, const struct virtq *q);
};

struct virtio {
    struct device dev;
    const struct virtio_ops *ops;
    struct virtio_bus *bus;
    uint32_t id;             /* enum virtio_id */
    uint64_t offered;        /* features */
    uint64_t features;       /* those the driver took */
    uint64_t driver_features; /* as written, before FEATURES_OK (modern) */
    uint8_t status, isr;
    bool broken;             /* virtio_error(): nothing is processed until a reset */
    uint32_t generation;     /* of the configuration space */
    unsigned taken;          /* buffers that were taken and neither given back nor forgotten */
    GCond all_back;          /* taken became 0 */
    unsigned nqueues;
    struct virtq *queues;
    unsigned config_len;
    uint8_t config[VIRTIO_MAX_CONFIG];
    /* Properties. */
    bool indirect_desc, event_idx, notify_on_empty, any_layout, packed, iommu_platform;
};

/* Properties and fields that every virtio device's tables begin with. */
#define VIRTIO_PROPS                                                                                                   \
    PROP_NAMED("indirect_desc", struct virtio, indirect_desc, BOOL, 1, NULL, "offer indirect descriptors"),            \
    PROP_NAMED("event_idx", struct virtio, event_idx, BOOL, 1, NULL, "offer the event index"),                         \
    PROP_NAMED("notify_on_empty", struct virtio, notify_on_empty, BOOL, 1, NULL, "legacy: interrupt when empty"),      \
    PROP_NAMED("any_layout", struct virtio, any_layout, BOOL, 1, NULL, "legacy: offer free message layout"),           \
    PROP_NAMED("packed", struct virtio, packed, BOOL, 0, NULL, "offer packed rings"),                                  \
    PROP_NAMED("iommu_platform", struct virtio, iommu_platform, BOOL, 0, NULL, "offer VIRTIO_F_ACCESS_PLATFORM")
#define VIRTIO_FIELDS(type) FIELD_STRUCT(type, v, &virtio_table)
extern const struct state_table virtio_table;
/* Hooks of every such device's table, alone or called by its own. */
void virtio_settle(void *v);
bool virtio_loaded(void *v, unsigned version, GError **err);

/*
 * In realize: the device's nature. features are those of its type; its queues come next. False with a message if its
 * bus is taken.
 */
bool virtio_init(struct virtio *v, const struct virtio_ops *ops, enum virtio_id id, uint64_t features,
                 unsigned config_len, GError **err);
/*
 * One more queue of max slots (a power of two); its index is the order of the calls. The array moves: keep no pointers
 * within realize.
 */
void virtio_add_queue(struct virtio *v, uint16_t max);
/* In unrealize, lock not held: its queues stop, all buffers come back, and the queues are freed. */
void virtio_fini(struct virtio *v);
/* For device_type.reset. Lock held. */
void virtio_device_reset(struct device *d);

static inline bool virtio_has(const struct virtio *v, unsigned feature)
{
    return v->features >> feature & 1;
}
/* The driver has set the device going, and it works. */
static inline bool virtio_running(const struct virtio *v)
{
    return (v->status & VIRTIO_DRIVER_OK) && !v->broken;
}
/* The driver broke the rules beyond what a request's status can say: log, stop, ask for a reset. */
void virtio_error(struct virtio *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* v->config was changed by the device. */
void virtio_config_changed(struct virtio *v);
/* Buffers of q were used: the driver is interrupted. */
void virtio_raise_queue(struct virtq *q);

/* -- For transports. The device's lock is held. -- */

/* Half of the features that the driver's interface shows; sel 0: bits 0..31. */
uint32_t virtio_offered(const struct virtio *v, uint32_t sel);
void virtio_set_features(struct virtio *v, uint32_t sel, uint32_t value);
void virtio_set_status(struct virtio *v, uint8_t status);
void virtio_reset(struct virtio *v);
/* NULL if there is no such queue. */
struct virtq *virtio_queue(struct virtio *v, unsigned index);
/*
 * Legacy: the queue's first area lies at desc (0: nowhere yet), the others follow from it and the registers for size and
 * alignment, which may be written later: start the queue, or anew.
 */
void virtio_place_legacy(struct virtq *q, gpa desc);
/* The driver sets a queue's number of slots. */
void virtio_set_num(struct virtq *q, uint32_t num);
/* The driver's notification. */
void virtio_notify(struct virtio *v, unsigned index);
void virtio_ack(struct virtio *v, uint8_t isr);
uint64_t virtio_config_read(struct virtio *v, uint64_t offset, unsigned size);
void virtio_config_write(struct virtio *v, uint64_t offset, uint64_t value, unsigned size);

#endif
