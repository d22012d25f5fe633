/* SPDX-License-Identifier: BSD-2-Clause */
/* What drivers of virtio disks over virtio-mmio need: registers, rings and requests. */
#ifndef MYNAH_KERNELS_VIRTIO_H
#define MYNAH_KERNELS_VIRTIO_H

#include "kernel.h"

enum {
    MAGIC = 0x00,
    VERSION = 0x04,
    DEVICE_ID = 0x08,
    DEVICE_FEATURES = 0x10,
    DEVICE_FEATURES_SEL = 0x14,
    DRIVER_FEATURES = 0x20,
    DRIVER_FEATURES_SEL = 0x24,
    GUEST_PAGE_SIZE = 0x28,
    QUEUE_SEL = 0x30,
    QUEUE_NUM_MAX = 0x34,
    QUEUE_NUM = 0x38,
    QUEUE_ALIGN = 0x3c,
    QUEUE_PFN = 0x40,
    QUEUE_READY = 0x44,
    QUEUE_NOTIFY = 0x50,
    INTERRUPT_STATUS = 0x60,
    INTERRUPT_ACK = 0x64,
    STATUS = 0x70,
    QUEUE_DESC = 0x80,
    QUEUE_DRIVER = 0x90,
    QUEUE_DEVICE = 0xa0,
    CONFIG = 0x100,
};
enum { ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8, NEEDS_RESET = 0x40 };
enum { NEXT = 1, WRITE = 2 }; /* of a descriptor */
enum { BLK_READ = 0, BLK_WRITE = 1 };
#define BLK_DEVICE 2
#define SECTOR 512

struct desc {
    uint64_t addr;
    uint32_t len;
    uint16_t flags, next;
};

struct avail {
    uint16_t flags, idx, ring[];
};

struct used {
    uint16_t flags, idx;
    struct {
        uint32_t id, len;
    } ring[];
};

/* Before a request's data; after it comes a byte for the status. */
struct blk_header {
    uint32_t type, reserved;
    uint64_t sector;
};

#endif
