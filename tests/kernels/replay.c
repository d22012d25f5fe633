/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest whose course hangs on when things come from outside: it says how often it looked until the disk was done, how
 * many timer interrupts there were before each character, and after how many instructions. The end is a '.'. With
 * -DHARTS=n the other harts count under one lock until then.
 */
#include "virtio.h"

#ifndef HARTS
#define HARTS 1
#endif
#define NUM 8
#define PAGE 4096
#define MTIME (*(volatile uint64_t *)(CLINT + 0xbff8))
#define MTIMECMP (*(volatile uint64_t *)(CLINT + 0x4000))
#define PERIOD 5000 /* of the timer: 0.5 ms */
#define RHR MMIO8(UART)
#define IER MMIO8(UART + 1)
#define LSR MMIO8(UART + 5)

static struct {
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
} queue __attribute__((aligned(PAGE)));

static struct {
    struct blk_header header;
    uint32_t data[SECTOR / 4];
    uint8_t status;
} request;

static word base;
static char typed[256];
static volatile unsigned ntyped, ticks;
static volatile bool over;
static uint32_t count_lock, started, ended;
static volatile unsigned counted;

static void disk_init(void)
{
    for (unsigned i = 0; i < 8 && !base; i++)
        if (MMIO32(VIRTIO(i) + DEVICE_ID) == BLK_DEVICE)
            base = VIRTIO(i);
    if (!base || MMIO32(base + VERSION) != 2)
        panic("no disk");
    for (unsigned s = ACKNOWLEDGE; s <= FEATURES_OK; s = s == DRIVER ? FEATURES_OK : s * 2)
        MMIO32(base + STATUS) |= s;
    MMIO32(base + QUEUE_NUM) = NUM;
    MMIO32(base + QUEUE_DESC) = (word)queue.desc;
    MMIO32(base + QUEUE_DRIVER) = (word)&queue.avail;
    MMIO32(base + QUEUE_DEVICE) = (word)&queue.used;
    MMIO32(base + QUEUE_READY) = 1;
    MMIO32(base + STATUS) |= DRIVER_OK;
}

/* How often the ring was looked at. */
static unsigned disk(uint64_t sector, uint32_t type)
{
    uint16_t done = queue.avail.idx + 1;
    unsigned looks = 0;

    request.header = (struct blk_header){ .type = type, .sector = sector };
    queue.desc[0] = (struct desc){ (word)&request.header, sizeof(request.header), NEXT, 1 };
    queue.desc[1] = (struct desc){ (word)request.data, SECTOR, NEXT | (type == BLK_READ ? WRITE : 0), 2 };
    queue.desc[2] = (struct desc){ (word)&request.status, 1, WRITE, 0 };
    queue.avail.ring[queue.avail.idx % NUM] = 0;
    fence();
    queue.avail.idx = done;
    fence();
    MMIO32(base + QUEUE_NOTIFY) = 0;
    while (*(volatile uint16_t *)&queue.used.idx != done)
        looks++;
    fence();
    check(request.status == 0);
    return looks;
}

word trap(word cause, word epc, word tval)
{
    if (cause == (INTERRUPT | IRQ_TIMER)) {
        ticks++;
        MTIMECMP += PERIOD;
        return epc;
    }
    if (cause != (INTERRUPT | IRQ_EXTERNAL))
        panic("trap: cause %x epc %x tval %x", cause, epc, tval);
    unsigned irq = plic_claim();
    while ((LSR & 1) && ntyped < sizeof(typed))
        typed[ntyped++] = RHR;
    if (irq)
        plic_complete(irq);
    return epc;
}

static word instructions(void)
{
    word v;

    __asm__ volatile("csrr %0, minstret" : "=r"(v));
    return v;
}

static void boot_hart(void)
{
    unsigned looks = 0, said = 0;
    uint32_t sum = 0;

    MTIMECMP = MTIME + PERIOD;
    plic_enable(UART_IRQ);
    IER = 1;
    interrupts_on(1 << IRQ_EXTERNAL | 1 << IRQ_TIMER);
    for (unsigned n = 0; n < 40; n++) {
        looks += disk(n, BLK_READ);
        sum = sum * 31 + request.data[0] + request.data[1];
        request.data[1] = looks;
        looks += disk(n, BLK_WRITE);
    }
    print("disk: %u looks, sum %x, %u ticks, %u instructions\n", (word)looks, (word)sum, (word)ticks, instructions());
    while (!over) {
        while (said == ntyped)
            wfi();
        char c = typed[said++];
        over = c == '.' || said == sizeof(typed);
        print("'%c' after %u ticks, %u instructions, %u counted\n", c, (word)ticks, instructions(), (word)counted);
    }
}

void kmain(word h)
{
    if (h == 0)
        disk_init();
    meet(&started, HARTS);
    if (h == 0)
        boot_hart();
    while (!over) {
        lock(&count_lock);
        counted++;
        unlock(&count_lock);
    }
    meet(&ended, HARTS);
    passed("%u characters, %u counted", (word)ntyped, (word)counted);
}
