/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Drivers of a virtio disk that leave out, change the order of, or overdo what the specification demands of them, and
 * that QEMU serves all the same. Each reads sectors, often enough to go around its ring, and checks what came. The
 * disk's sector n begins with the number n in 32 bits.
 */
#include "virtio.h"

/* What a driver does differently. */
enum {
    NO_STATUS = 1 << 0,      /* never writes the status but to reset */
    NO_DRIVER_OK = 1 << 1,
    NO_FEATURES_OK = 1 << 2,
    NO_FEATURES = 1 << 3,    /* never writes features */
    NO_VERSION_1 = 1 << 4,   /* never looks at word 1 of the features */
    ALL_FEATURES = 1 << 5,   /* asks for what was not offered, in word 0 */
    NO_PAGE_SIZE = 1 << 6,   /* legacy: QueuePFN is an address */
    NO_ALIGN = 1 << 7,       /* legacy: QueueAlign 0 */
    NO_NUM = 1 << 8,         /* never writes QueueNum */
    NUM_LATE = 1 << 9,       /* writes it after the addresses */
    READY_TWICE = 1 << 10,   /* modern: sets QueueReady, then the addresses, then QueueReady again */
    LEGACY_OK = 1 << 11,     /* legacy: sets FEATURES_OK too */
    LATE_FEATURES = 1 << 12, /* writes features after the queue */
    UNALIGNED = 1 << 13,     /* modern: rings where they happen to lie */
    AGAIN = 1 << 14,         /* features once more, without a reset between */
    PAGE_64K = 1 << 15,      /* legacy: pages of 64 KiB */
    STATUS_AT_ONCE = 1 << 16, /* one write to the status, at the end */
};

struct odd {
    const char *name;
    unsigned num; /* slots */
    unsigned how;
    unsigned align; /* legacy: other than 4096 */
};

static const struct odd legacy[] = {
    /* The page size outlives a reset: these come first. */
    { "no GuestPageSize", 16, NO_PAGE_SIZE },
    { "no GuestPageSize, QueueAlign 0, FEATURES_OK", 16, NO_PAGE_SIZE | NO_ALIGN | LEGACY_OK },
    { "as it should be", 16, 0 },
    { "QueueAlign 0", 16, NO_ALIGN },
    { "QueueNum after QueuePFN", 16, NUM_LATE },
    { "QueueNum 12", 12, 0 },
    { "QueueNum 4", 4, 0 },
    { "QueueNum 1024", 1024, 0 },
    { "QueueNum 5 after QueuePFN", 5, NUM_LATE },
    { "no QueueNum", 0, NO_NUM },
    { "no DRIVER_OK", 16, NO_DRIVER_OK },
    { "no status", 16, NO_STATUS },
    { "status at once", 16, STATUS_AT_ONCE },
    { "no features", 16, NO_FEATURES },
    { "all features", 16, ALL_FEATURES },
    { "features after the queue", 16, LATE_FEATURES },
    { "QueueAlign 64", 16, 0, 64 },
    { "pages of 64 KiB", 16, PAGE_64K },
};

static const struct odd modern[] = {
    { "as it should be", 16, 0 },
    { "no VERSION_1", 16, NO_VERSION_1 },
    { "no FEATURES_OK", 16, NO_FEATURES_OK },
    { "no DRIVER_OK", 16, NO_DRIVER_OK },
    { "no status", 16, NO_STATUS },
    { "status at once", 16, STATUS_AT_ONCE },
    { "no features", 16, NO_FEATURES },
    { "all features", 16, ALL_FEATURES },
    { "features after the queue", 16, LATE_FEATURES },
    { "features twice", 16, AGAIN },
    { "QueueNum 12", 12, 0 },
    { "QueueNum 1024", 1024, 0 },
    { "no QueueNum", 0, NO_NUM },
    { "QueueNum after the addresses", 16, NUM_LATE },
    { "QueueReady before the addresses, then again", 16, READY_TWICE },
    { "rings that are not aligned", 16, UNALIGNED },
};

#define DEFAULT_NUM 256    /* the disk's queue-size */
#define PATIENCE 2000000000 /* ticks of the timer: 200 s, which it is never to come to */

static word base;
static uint8_t memory[0x30000] __attribute__((aligned(0x10000)));
static struct desc *desc;
static struct avail *avail;
static struct used *used;
static struct blk_header header;
static uint8_t data[SECTOR] __attribute__((aligned(SECTOR)));
static volatile uint8_t status;

static uint32_t rd(unsigned reg)
{
    return MMIO32(base + reg);
}

static void wr(unsigned reg, uint32_t v)
{
    MMIO32(base + reg) = v;
}

static void set_address(unsigned reg, const volatile void *p)
{
    wr(reg, (word)p);
    wr(reg + 4, (uint64_t)(word)p >> 32);
}

static void set_status(const struct odd *o, uint32_t v)
{
    if (!(o->how & (NO_STATUS | STATUS_AT_ONCE)))
        wr(STATUS, v);
}

static void set_features(const struct odd *o, bool is_legacy)
{
    if (o->how & NO_FEATURES)
        return;
    wr(DEVICE_FEATURES_SEL, 0);
    uint32_t f = rd(DEVICE_FEATURES) & ~(1u << 28 | 1u << 29);
    wr(DRIVER_FEATURES_SEL, 0);
    wr(DRIVER_FEATURES, o->how & ALL_FEATURES ? ~(1u << 28 | 1u << 29) : f);
    if (is_legacy || (o->how & NO_VERSION_1))
        return;
    wr(DRIVER_FEATURES_SEL, 1);
    wr(DRIVER_FEATURES, 1);
}

static void set_num(const struct odd *o)
{
    if (!(o->how & NO_NUM))
        wr(QUEUE_NUM, o->num);
}

static void legacy_queue(const struct odd *o, unsigned num)
{
    unsigned align = o->align ? o->align : 4096, page = o->how & PAGE_64K ? 0x10000 : 4096;

    if (!(o->how & NO_PAGE_SIZE))
        wr(GUEST_PAGE_SIZE, page);
    wr(QUEUE_ALIGN, o->how & NO_ALIGN ? 0 : align);
    if (!(o->how & NUM_LATE))
        set_num(o);
    wr(QUEUE_PFN, (word)memory / (o->how & NO_PAGE_SIZE ? 1 : page));
    if (o->how & NUM_LATE)
        set_num(o);
    desc = (void *)memory;
    avail = (void *)(memory + 16 * num);
    used = (void *)(memory + (16 * num + 6 + 2 * num + align - 1) / align * align);
}

static void modern_queue(const struct odd *o, unsigned num)
{
    unsigned shift = o->how & UNALIGNED ? 8 : 0;

    desc = (void *)(memory + shift);
    avail = (void *)(memory + 0x10000 + shift / 4);
    used = (void *)(memory + 0x20000 + shift / 2);
    if (!(o->how & NUM_LATE))
        set_num(o);
    if (o->how & READY_TWICE)
        wr(QUEUE_READY, 1);
    set_address(QUEUE_DESC, desc);
    set_address(QUEUE_DRIVER, avail);
    set_address(QUEUE_DEVICE, used);
    if (o->how & NUM_LATE)
        set_num(o);
    wr(QUEUE_READY, 1);
}

static bool set_up(const struct odd *o, bool is_legacy)
{
    uint32_t ok = is_legacy ? o->how & LEGACY_OK ? FEATURES_OK : 0 : o->how & NO_FEATURES_OK ? 0 : FEATURES_OK;
    uint32_t s = ACKNOWLEDGE | DRIVER;

    memset(memory, 0, sizeof(memory));
    wr(STATUS, 0);
    set_status(o, ACKNOWLEDGE);
    set_status(o, s);
    if (!(o->how & LATE_FEATURES))
        set_features(o, is_legacy);
    if (ok && !(o->how & LATE_FEATURES)) {
        set_status(o, s |= ok);
        if (!(o->how & (NO_STATUS | STATUS_AT_ONCE)) && rd(STATUS) != s)
            return false;
    }
    if (o->how & AGAIN) {
        set_status(o, s & ~ok);
        set_features(o, is_legacy);
        set_status(o, s);
    }
    wr(QUEUE_SEL, 0);
    unsigned num = o->how & NO_NUM ? DEFAULT_NUM : o->num;
    if (is_legacy)
        legacy_queue(o, num);
    else
        modern_queue(o, num);
    if (o->how & LATE_FEATURES)
        set_features(o, is_legacy);
    if (!(o->how & NO_DRIVER_OK))
        set_status(o, s | ok | DRIVER_OK);
    if (o->how & STATUS_AT_ONCE)
        wr(STATUS, s | ok | DRIVER_OK);
    return !(rd(STATUS) & NEEDS_RESET);
}

/* Read a sector with the nth request. */
static bool read_sector(unsigned num, uint16_t n, uint32_t sector)
{
    header = (struct blk_header){ .type = BLK_READ, .sector = sector };
    status = 0xff;
    memset(data, 0xee, SECTOR);
    desc[0] = (struct desc){ (word)&header, 16, NEXT, 1 };
    desc[1] = (struct desc){ (word)data, SECTOR, NEXT | WRITE, 2 };
    desc[2] = (struct desc){ (word)&status, 1, WRITE, 0 };
    avail->ring[n % num] = 0;
    fence();
    avail->idx = n + 1;
    fence();
    wr(QUEUE_NOTIFY, 0);
    uint32_t start = MMIO32(CLINT + 0xbff8);
    while (((volatile struct used *)used)->idx != (uint16_t)(n + 1))
        if (MMIO32(CLINT + 0xbff8) - start > PATIENCE)
            return false;
    fence();
    uint32_t first;
    memcpy(&first, data, 4);
    return status == 0 && used->ring[n % num].id == 0 && first == sector;
}

static bool serve(const struct odd *o, bool is_legacy)
{
    unsigned num = o->how & NO_NUM ? DEFAULT_NUM : o->num;

    if (!set_up(o, is_legacy))
        return false;
    for (unsigned n = 0; n < 3 * 16 + 1; n++)
        if (!read_sector(num, n, n * 7 % 100))
            return false;
    return true;
}

void kmain(word h)
{
    unsigned bad = 0, n = 0;

    if (h)
        return;
    for (unsigned i = 0; i < 8 && !base; i++)
        if (MMIO32(VIRTIO(i) + DEVICE_ID) == BLK_DEVICE)
            base = VIRTIO(i);
    check(base);
    bool is_legacy = rd(VERSION) == 1;
    n = is_legacy ? sizeof(legacy) / sizeof(legacy[0]) : sizeof(modern) / sizeof(modern[0]);
    for (unsigned i = 0; i < n; i++) {
        const struct odd *o = is_legacy ? &legacy[i] : &modern[i];
        bool ok = serve(o, is_legacy);
        print("%s: %s\n", o->name, ok ? "served" : "NOT SERVED");
        bad += !ok;
    }
    if (bad)
        panic("%u not served", (word)bad);
    passed("%u drivers", (word)n);
}
