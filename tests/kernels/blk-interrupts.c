/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk as a course's kernel drives it: a free list of descriptors, chains of three, as many requests as fit, and an
 * interrupt when one is done. Of the features it knows those in word 0. Over either interface; with -DHARTS=n, n harts
 * use the disk at once.
 */
#include "virtio.h"

#ifndef HARTS
#define HARTS 1
#endif
#define NUM 8
#define PAGE 4096

/* Word 0 of the features: what it does not want. */
#define BLK_RO (1u << 5)
#define BLK_SCSI (1u << 7)
#define BLK_CONFIG_WCE (1u << 11)
#define BLK_MQ (1u << 12)
#define ANY_LAYOUT (1u << 27)
#define INDIRECT_DESC (1u << 28)
#define EVENT_IDX (1u << 29)

/* With the legacy interface the driver's area follows the descriptors, and the third is not used. */
static uint8_t pages[3][PAGE] __attribute__((aligned(PAGE)));

static struct {
    word base;
    unsigned irq;
    struct desc *desc;
    struct avail *avail;
    struct used *used;
    bool free[NUM];
    uint16_t used_idx; /* looked at so far */
    /* Of the request whose chain begins at that descriptor. */
    struct {
        struct blk_header header;
        uint8_t status;
        bool done;
    } request[NUM];
    uint32_t lock;
} disk;

#define R(r) MMIO32(disk.base + (r))

static void acquire(void)
{
    interrupts_off();
    lock(&disk.lock);
}

static void release(void)
{
    unlock(&disk.lock);
    interrupts_on(1 << IRQ_EXTERNAL);
}

static void set_rings(void)
{
    disk.desc = (void *)pages[0];
    R(QUEUE_SEL) = 0;
    check(R(QUEUE_NUM_MAX) >= NUM);
    if (R(VERSION) == 1) {
        check(R(QUEUE_PFN) == 0);
        R(GUEST_PAGE_SIZE) = PAGE;
        R(QUEUE_NUM) = NUM;
        R(QUEUE_PFN) = (word)pages / PAGE;
        disk.avail = (void *)(pages[0] + NUM * sizeof(struct desc));
        disk.used = (void *)pages[1];
        return;
    }
    disk.avail = (void *)pages[1];
    disk.used = (void *)pages[2];
    check(R(QUEUE_READY) == 0);
    R(QUEUE_NUM) = NUM;
    R(QUEUE_DESC) = (word)disk.desc;
    R(QUEUE_DESC + 4) = (uint64_t)(word)disk.desc >> 32;
    R(QUEUE_DRIVER) = (word)disk.avail;
    R(QUEUE_DRIVER + 4) = (uint64_t)(word)disk.avail >> 32;
    R(QUEUE_DEVICE) = (word)disk.used;
    R(QUEUE_DEVICE + 4) = (uint64_t)(word)disk.used >> 32;
    R(QUEUE_READY) = 1;
}

static void disk_init(void)
{
    uint32_t status = 0;

    for (unsigned i = 0; i < 8 && !disk.base; i++)
        if (MMIO32(VIRTIO(i) + DEVICE_ID) == BLK_DEVICE) {
            disk.base = VIRTIO(i);
            disk.irq = VIRTIO_IRQ(i);
        }
    if (!disk.base)
        panic("no disk");
    R(STATUS) = status;
    R(STATUS) = status |= ACKNOWLEDGE;
    R(STATUS) = status |= DRIVER;
    uint32_t features = R(DEVICE_FEATURES);
    features &= ~(BLK_RO | BLK_SCSI | BLK_CONFIG_WCE | BLK_MQ | ANY_LAYOUT | INDIRECT_DESC | EVENT_IDX);
    R(DRIVER_FEATURES) = features;
    R(STATUS) = status |= FEATURES_OK;
    status = R(STATUS);
    if (!(status & FEATURES_OK))
        panic("features refused");
    set_rings();
    for (unsigned i = 0; i < NUM; i++)
        disk.free[i] = true;
    R(STATUS) = status |= DRIVER_OK;
}

/* -- Descriptors; the lock is held -- */

static bool take_three(unsigned *d)
{
    unsigned n = 0;

    for (unsigned i = 0; i < NUM && n < 3; i++)
        if (disk.free[i])
            d[n++] = i;
    for (unsigned i = 0; n == 3 && i < 3; i++)
        disk.free[d[i]] = false;
    return n == 3;
}

static void give_back(unsigned first)
{
    for (unsigned i = first;; i = disk.desc[i].next) {
        check(!disk.free[i]);
        disk.free[i] = true;
        if (!(disk.desc[i].flags & NEXT))
            return;
    }
}

/* -- Requests -- */

/* The lock is held; others get it meanwhile, the interrupt too. */
static void wait_a_little(void)
{
    unlock(&disk.lock);
#if HARTS == 1
    wfi(); /* wakes though interrupts are off: what has come is taken afterwards */
#endif
    interrupts_on(1 << IRQ_EXTERNAL);
    acquire();
}

static void disk_rw(void *buf, uint64_t sector, bool write)
{
    unsigned d[3];

    acquire();
    while (!take_three(d))
        wait_a_little();
    unsigned first = d[0];
    disk.request[first].header = (struct blk_header){ write ? BLK_WRITE : BLK_READ, 0, sector };
    disk.request[first].status = 0xff;
    disk.request[first].done = false;
    disk.desc[first] = (struct desc){ (word)&disk.request[first].header, sizeof(struct blk_header), NEXT, d[1] };
    disk.desc[d[1]] = (struct desc){ (word)buf, SECTOR, NEXT | (write ? 0 : WRITE), d[2] };
    disk.desc[d[2]] = (struct desc){ (word)&disk.request[first].status, 1, WRITE, 0 };
    disk.avail->ring[disk.avail->idx % NUM] = first;
    fence();
    disk.avail->idx++;
    fence();
    R(QUEUE_NOTIFY) = 0;
    while (!disk.request[first].done)
        wait_a_little();
    give_back(first);
    release();
}

word trap(word cause, word epc, word tval)
{
    if (cause != (INTERRUPT | IRQ_EXTERNAL))
        panic("trap: cause %x epc %x tval %x", cause, epc, tval);
    unsigned irq = plic_claim();
    if (!irq)
        return epc; /* another hart was faster */
    check(irq == disk.irq);
    lock(&disk.lock);
    R(INTERRUPT_ACK) = R(INTERRUPT_STATUS) & 3;
    fence();
    while (disk.used_idx != *(volatile uint16_t *)&disk.used->idx) {
        fence();
        unsigned id = disk.used->ring[disk.used_idx % NUM].id;
        if (disk.request[id].status != 0)
            panic("status %u", (word)disk.request[id].status);
        disk.request[id].done = true;
        disk.used_idx++;
    }
    unlock(&disk.lock);
    plic_complete(irq);
    return epc;
}

/* Each hart has its sectors. */
static void work(word h)
{
    static uint32_t buf[HARTS][SECTOR / 4];
    uint32_t *b = buf[h];

    for (unsigned n = 0; n < 60; n++) {
        uint32_t sector = h * 100 + n;
        disk_rw(b, sector, false);
        check(b[0] == sector);
        for (unsigned i = 0; i < SECTOR / 4; i++)
            b[i] = sector * 1000 + i;
        disk_rw(b, sector, true);
        memset(b, 0, SECTOR);
        disk_rw(b, sector, false);
        for (unsigned i = 0; i < SECTOR / 4; i++)
            check(b[i] == sector * 1000 + i);
    }
}

void kmain(word h)
{
    static uint32_t start, all;

    if (h == 0)
        disk_init();
    meet(&start, HARTS);
    plic_enable(disk.irq);
    interrupts_on(1 << IRQ_EXTERNAL);
    work(h);
    meet(&all, HARTS);
    passed("%u requests", (word)disk.used_idx);
}
