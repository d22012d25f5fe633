/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio devices with hostile rings. An input picks a device, a version of the interface and features; its queues are
 * set up as a driver would, and the rings filled with descriptors from the input. Then come notifications, more
 * descriptors, configuration writes, resets, host input and time.
 */
#include <string.h>

#include "bench.h"
#include "devices/virtio.h"

const char fuzz_name[] = "virtio";
const unsigned fuzz_runs = 1500;
const size_t fuzz_max_size = 2048;

#define MMIO UINT64_C(0x100000000)
#define QUEUES 6
/* Layout in RAM, a queue: descriptors, driver's area, device's area, an indirect table; then what buffers point to. */
#define QUEUE_BYTES 0x4000
#define BUFFERS (QUEUES * QUEUE_BYTES)

/* The last four but one by bit 6 of the first byte, the last by bit 7. */
static const char *const names[] = { "virtio-blk-device",     "virtio-net-device",      "virtio-rng-device",
                                     "virtio-serial-device",  "virtio-balloon-device",  "virtio-keyboard-device",
                                     "virtio-tablet-device",  "virtio-scsi-device",
                                     "virtio-gpu-device" };

struct driver {
    bool legacy, packed;
    uint16_t num[QUEUES];  /* slots */
    uint16_t next[QUEUES]; /* to fill */
};

void fuzz_init(void)
{
    bench_init();
}

static void wr(unsigned reg, uint32_t v)
{
    bus_write(bench.as, MMIO + reg, 4, v);
}

static uint32_t rd(unsigned reg)
{
    uint64_t v = 0;

    bus_read(bench.as, MMIO + reg, 4, &v);
    return v;
}

static gpa queue_at(unsigned q, unsigned part)
{
    return BENCH_RAM + q * QUEUE_BYTES + part * 0x1000;
}

static void poke(gpa at, uint64_t v, unsigned size)
{
    v = GUINT64_TO_LE(v);
    dma_write(bench.as, at, &v, size);
}

/* -- The driver's side -- */

static void set_queue(struct driver *d, unsigned q, uint16_t num)
{
    gpa desc = queue_at(q, 0), driver = queue_at(q, 1), device = queue_at(q, 2);

    d->num[q] = num ? num : 1;
    wr(0x30, q);
    wr(0x38, num);
    if (d->legacy) {
        wr(0x28, 4096);
        wr(0x3c, 4096);
        wr(0x40, desc / 4096);
        return;
    }
    wr(0x80, desc);
    wr(0x90, driver);
    wr(0xa0, device);
    wr(0x44, 1);
}

static void start(struct driver *d, struct fuzz *f)
{
    uint64_t want = ~fuzz_u64(f); /* zeros: everything */

    memset(d->next, 0, sizeof(d->next));
    wr(0x70, 1);
    wr(0x70, 3);
    for (unsigned sel = 0; sel < 2; sel++) {
        wr(0x14, sel);
        uint64_t offered = rd(0x10);
        uint32_t taken = offered & (want >> (32 * sel));
        if (sel)
            taken |= 1; /* VIRTIO_F_VERSION_1 */
        if (sel)
            d->packed = !d->legacy && (taken & 4);
        wr(0x24, sel);
        wr(0x20, taken);
    }
    if (!d->legacy)
        wr(0x70, 11);
    for (unsigned q = 0; q < QUEUES; q++) {
        uint8_t bits = fuzz_u8(f);
        set_queue(d, q, bits < 0xf0 ? 1u << (bits & 7) : fuzz_u16(f));
    }
    wr(0x70, d->legacy ? 7 : 15);
}

/* Where a buffer may be: mostly in its own memory, sometimes in rings, ROM-less space, or across the end of RAM. */
static gpa buffer_address(struct fuzz *f)
{
    uint8_t how = fuzz_u8(f);

    if (how < 200)
        return BENCH_RAM + BUFFERS + (gpa)how * 0x200;
    if (how < 220)
        return queue_at(how % QUEUES, how % 3) + fuzz_u8(f);
    if (how < 240)
        return BENCH_RAM + BENCH_RAM_SIZE - fuzz_u8(f);
    return fuzz_number(f);
}

/* Eight to sixteen bytes of a request's header: what the device finds in its buffers. */
static void fill_buffer(gpa at, struct fuzz *f)
{
    size_t len = 16;
    const uint8_t *p = fuzz_bytes(f, &len);

    dma_write(bench.as, at, p, len);
}

static void put_desc(gpa at, struct fuzz *f, uint16_t flags, uint16_t next, bool packed, uint16_t id)
{
    uint8_t how = fuzz_u8(f);
    gpa addr = buffer_address(f);
    uint32_t len = how & 0x40 ? fuzz_number(f) : how & 0x80 ? 512u * (how & 15) : how & 63;

    if (how & 0x20)
        fill_buffer(addr, f);
    poke(at, addr, 8);
    poke(at + 8, len, 4);
    poke(at + 12, packed ? id : flags, 2);
    poke(at + 14, packed ? flags : next, 2);
}

/* Put a chain of descriptors into queue q. */
static void add_chain(struct driver *d, unsigned q, struct fuzz *f)
{
    uint8_t shape = fuzz_u8(f);
    unsigned n = 1 + (shape & 7), nout = shape >> 3 & 7;
    bool indirect = shape & 0x40, odd = shape & 0x80;
    uint16_t num = d->num[q];
    unsigned head = d->next[q] % num;
    gpa table = indirect ? queue_at(q, 3) : queue_at(q, 0);

    for (unsigned i = 0; i < n; i++) {
        unsigned slot = indirect ? i : (head + i) % num;
        uint16_t flags = (i >= nout ? 2 : 0) | (i + 1 < n ? 1 : 0), next = indirect ? i + 1 : (slot + 1) % num;
        if (odd && fuzz_u8(f) < 32) {
            flags ^= fuzz_u16(f);
            next = fuzz_u16(f);
        }
        if (d->packed && !indirect) { /* the wrap counter follows from the running number */
            bool wrap = !((d->next[q] + i) / num & 1);
            flags |= wrap ? 0x80 : 0x8000;
        }
        put_desc(table + 16 * slot, f, flags, next, d->packed, head);
    }
    if (indirect) {
        uint16_t flags = 4;
        if (d->packed)
            flags |= d->next[q] / num & 1 ? 0x8000 : 0x80;
        poke(queue_at(q, 0) + 16 * head, table, 8);
        poke(queue_at(q, 0) + 16 * head + 8, odd ? fuzz_u16(f) : 16 * n, 4);
        poke(queue_at(q, 0) + 16 * head + 12, d->packed ? head : flags, 2);
        poke(queue_at(q, 0) + 16 * head + 14, d->packed ? flags : 0, 2);
    }
    if (d->packed) {
        d->next[q] += indirect ? 1 : n;
        return;
    }
    /* Legacy rings follow the descriptors; new ones have their own page. */
    gpa avail = d->legacy ? queue_at(q, 0) + 16 * num : queue_at(q, 1);
    poke(avail + 4 + 2 * (d->next[q] % num), odd ? fuzz_u16(f) : head, 2);
    poke(avail + 2, ++d->next[q], 2);
}

/* -- One input -- */

static bool add_device(struct driver *d, struct fuzz *f)
{
    uint8_t what = fuzz_u8(f);
    uint8_t wires_and_version[] = { 1, what & 4 ? 0 : 0xb2 }; /* one; force-legacy at its default, or off */
    struct fuzz transport = { wires_and_version, sizeof(wires_and_version) }, none = { wires_and_version, 0 };

    d->legacy = what & 4;
    bench_add(device_type_find("virtio-mmio"), &transport);
    g_assert(rd(4) == (d->legacy ? 1 : 2) || rd(4) == 0);
    unsigned which = what & 128 ? 8 : (what & 3) + (what & 64 ? 4 : 0);
    if (!bench_add(device_type_find(names[which]), what & 8 ? f : &none))
        return false;
    if (which == 7)
        bench_add(device_type_find(what & 16 ? "scsi-cd" : "scsi-hd"), what & 8 ? f : &none);
    if (which == 3)
        for (unsigned i = 0; i < 2; i++)
            bench_add(device_type_find(what & 16 ? "virtconsole" : "virtserialport"), what & 8 ? f : &none);
    return true;
}

static void step(struct driver *d, struct fuzz *f)
{
    uint8_t op = fuzz_u8(f);
    unsigned q = op % QUEUES;

    if (op < 130) {
        add_chain(d, q, f);
        if (op & 1)
            wr(0x50, q);
    } else if (op < 190) {
        wr(0x50, q);
    } else if (op < 200) {
        poke(queue_at(q, op & 1), fuzz_u64(f), 8);
    } else if (op < 208) {
        wr(0x100 + 4 * fuzz_u8(f) % 0x100, fuzz_u32(f));
        rd(0x100 + 4 * (op & 15));
    } else if (op < 216) {
        wr(fuzz_u8(f) * 4 % 0x100, fuzz_number(f));
    } else if (op < 224) {
        size_t len = fuzz_u8(f) % 64;
        const uint8_t *p = fuzz_bytes(f, &len);
        bench_host_input(p, len);
    } else if (op < 232) {
        bench_advance(fuzz_number(f));
    } else if (op < 240) {
        fuzz_main_loop(4);
    } else if (op < 244) {
        set_queue(d, q, fuzz_u16(f));
    } else if (op < 248) {
        wr(0x70, 0);
        start(d, f);
    } else if (op < 252) {
        wr(0x64, rd(0x60));
    } else {
        g_usleep(op & 3); /* a drive's worker may finish meanwhile */
    }
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct fuzz f = { data, size };
    struct driver d = { 0 };

    bench_begin();
    if (add_device(&d, &f)) {
        start(&d, &f);
        for (unsigned steps = 0; f.left && steps < 200; steps++)
            step(&d, &f);
    }
    bench_end();
}
