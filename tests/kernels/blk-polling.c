/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk as first kernels drive it: one queue in one struct, one request at a time, and the processor looks at the ring
 * until the device is done. Over either interface; with -DHARTS=n, n harts take turns under a lock.
 */
#include "virtio.h"

#ifndef HARTS
#define HARTS 1
#endif
#define NUM 16
#define PAGE 4096

struct queue {
    struct desc desc[NUM];
    struct {
        uint16_t flags, idx, ring[NUM], event;
    } avail;
    struct {
        uint16_t flags, idx;
        struct {
            uint32_t id, len;
        } ring[NUM];
        uint16_t event;
    } used __attribute__((aligned(PAGE)));
    /* Not the device's. */
    uint16_t last_used;
} __attribute__((aligned(PAGE)));

struct request {
    struct blk_header header;
    uint8_t data[SECTOR];
    uint8_t status;
};

static struct queue queue;
static struct request request;
static word base;
static uint64_t capacity; /* sectors */
static uint32_t disk_lock;

static void legacy_queue(void)
{
    MMIO32(base + QUEUE_SEL) = 0;
    MMIO32(base + QUEUE_NUM) = NUM;
    MMIO32(base + QUEUE_ALIGN) = PAGE;
    MMIO32(base + GUEST_PAGE_SIZE) = PAGE;
    MMIO32(base + QUEUE_PFN) = (word)&queue / PAGE;
}

static void modern_queue(void)
{
    MMIO32(base + QUEUE_SEL) = 0;
    MMIO32(base + QUEUE_NUM) = NUM;
    MMIO32(base + QUEUE_DESC) = (word)queue.desc;
    MMIO32(base + QUEUE_DRIVER) = (word)&queue.avail;
    MMIO32(base + QUEUE_DEVICE) = (word)&queue.used;
    MMIO32(base + QUEUE_READY) = 1;
}

static void disk_init(void)
{
    for (unsigned i = 0; i < 8 && !base; i++)
        if (MMIO32(VIRTIO(i) + DEVICE_ID) == BLK_DEVICE)
            base = VIRTIO(i);
    if (!base || MMIO32(base + MAGIC) != 0x74726976)
        panic("no disk");
    MMIO32(base + STATUS) = 0;
    MMIO32(base + STATUS) |= ACKNOWLEDGE;
    MMIO32(base + STATUS) |= DRIVER;
    MMIO32(base + STATUS) |= FEATURES_OK;
    if (MMIO32(base + VERSION) == 1)
        legacy_queue();
    else
        modern_queue();
    MMIO32(base + STATUS) |= DRIVER_OK;
    capacity = MMIO32(base + CONFIG) | (uint64_t)MMIO32(base + CONFIG + 4) << 32;
}

static bool busy(void)
{
    return queue.last_used != *(volatile uint16_t *)&queue.used.idx;
}

static void disk(void *buf, uint64_t sector, uint32_t type)
{
    if (sector >= capacity)
        panic("sector %u of %u", (word)sector, (word)capacity);
    lock(&disk_lock);
    request.header = (struct blk_header){ .type = type, .sector = sector };
    if (type == BLK_WRITE)
        memcpy(request.data, buf, SECTOR);
    queue.desc[0] = (struct desc){ (word)&request.header, sizeof(request.header), NEXT, 1 };
    queue.desc[1] = (struct desc){ (word)request.data, SECTOR, NEXT | (type == BLK_READ ? WRITE : 0), 2 };
    queue.desc[2] = (struct desc){ (word)&request.status, 1, WRITE, 0 };
    queue.avail.ring[queue.avail.idx % NUM] = 0;
    fence();
    queue.avail.idx++;
    fence();
    MMIO32(base + QUEUE_NOTIFY) = 0;
    queue.last_used++;
    while (busy())
        ;
    fence();
    if (request.status != 0)
        panic("sector %u: status %u", (word)sector, (word)request.status);
    if (type == BLK_READ)
        memcpy(buf, request.data, SECTOR);
    unlock(&disk_lock);
}

/* Each hart has its sectors. */
static void work(word h)
{
    uint32_t buf[SECTOR / 4];

    for (unsigned n = 0; n < 40; n++) {
        uint32_t sector = h * 100 + n;
        disk(buf, sector, BLK_READ);
        check(buf[0] == sector);
        for (unsigned i = 0; i < SECTOR / 4; i++)
            buf[i] = sector * 1000 + i;
        disk(buf, sector, BLK_WRITE);
    }
    for (unsigned n = 0; n < 40; n++) {
        uint32_t sector = h * 100 + n;
        disk(buf, sector, BLK_READ);
        for (unsigned i = 0; i < SECTOR / 4; i++)
            check(buf[i] == sector * 1000 + i);
    }
}

void kmain(word h)
{
    static uint32_t start, all;

    if (h == 0)
        disk_init();
    meet(&start, HARTS);
    work(h);
    meet(&all, HARTS);
    passed("%u sectors", capacity < 1u << 31 ? (word)capacity : 0);
}
