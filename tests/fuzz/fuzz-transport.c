/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The life of a virtio device: what a driver may do to the transport, in any order. An input picks a device and a
 * version of the interface; then come accesses to any register, whole steps of a driver's, rings in all sorts of
 * places with chains that fit what the device takes them for, resets, and host ends that are full, bring something,
 * or finish what was begun at any time later. The rings' contents are fuzz-virtio's part.
 */
#include <string.h>

#include "bench.h"
#include "block.h"
#include "chardev.h"
#include "chardev/chardev-int.h"
#include "devices/virtio.h"
#include "net.h"

const char fuzz_name[] = "transport";
const unsigned fuzz_runs = 3000;
const size_t fuzz_max_size = 1024;

#define MMIO UINT64_C(0x100000000)
#define RAM_END (BENCH_RAM + BENCH_RAM_SIZE)
#define BUFFERS (BENCH_RAM + 0x20000)
#define MAX_HELD 64

/* The last four by bit 6 of the first byte. */
static const char *const names[] = { "virtio-blk-device",     "virtio-net-device",      "virtio-rng-device",
                                     "virtio-serial-device",  "virtio-balloon-device",  "virtio-keyboard-device",
                                     "virtio-tablet-device",  "virtio-scsi-device" };

static struct virtio_bus *transport;
static bool stuffed; /* host ends have no room */

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

static void poke(gpa at, uint64_t v, unsigned size)
{
    v = GUINT64_TO_LE(v);
    dma_write(bench.as, at, &v, size);
}

/* -- The disk's end: requests are held until they are released, one by one -- */

struct held {
    enum { READ, WRITE, FLUSH, DISCARD, ZEROES } kind;
    struct block *b;
    uint64_t offset, len;
    const struct iovec *iov;
    unsigned niov, flags;
    block_done *done;
    void *opaque;
};

static GQueue held; /* of struct held */
static bool holding;
static struct {
    GMutex lock;
    GCond none;
    unsigned n; /* requests released whose callbacks have not returned */
} released;

void __real_block_read(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, block_done *done,
                       void *opaque);
void __real_block_write(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, unsigned flags,
                        block_done *done, void *opaque);
void __real_block_flush(struct block *b, block_done *done, void *opaque);
void __real_block_discard(struct block *b, uint64_t offset, uint64_t len, block_done *done, void *opaque);
void __real_block_write_zeroes(struct block *b, uint64_t offset, uint64_t len, unsigned flags, block_done *done,
                               void *opaque);
void __real_block_drain(struct block *b);

static void pass_on(void *opaque, int ret)
{
    struct held *h = opaque;

    h->done(h->opaque, ret);
    g_free(h);
    g_mutex_lock(&released.lock);
    if (--released.n == 0)
        g_cond_signal(&released.none);
    g_mutex_unlock(&released.lock);
}

static void release(struct held *h)
{
    g_mutex_lock(&released.lock);
    released.n++;
    g_mutex_unlock(&released.lock);
    switch (h->kind) {
    case READ: __real_block_read(h->b, h->offset, h->iov, h->niov, pass_on, h); break;
    case WRITE: __real_block_write(h->b, h->offset, h->iov, h->niov, h->flags, pass_on, h); break;
    case FLUSH: __real_block_flush(h->b, pass_on, h); break;
    case DISCARD: __real_block_discard(h->b, h->offset, h->len, pass_on, h); break;
    case ZEROES: __real_block_write_zeroes(h->b, h->offset, h->len, h->flags, pass_on, h); break;
    }
}

static void release_all(void)
{
    while (!g_queue_is_empty(&held))
        release(g_queue_pop_head(&held));
}

static void wait_for_released(void)
{
    g_mutex_lock(&released.lock);
    while (released.n > 0)
        g_cond_wait(&released.none, &released.lock);
    g_mutex_unlock(&released.lock);
}

static void hold(struct held h)
{
    struct held *copy = g_memdup2(&h, sizeof(h));

    if (holding && g_queue_get_length(&held) < MAX_HELD)
        g_queue_push_tail(&held, copy);
    else
        release(copy);
}

void __wrap_block_read(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, block_done *done,
                       void *opaque);
void __wrap_block_write(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, unsigned flags,
                        block_done *done, void *opaque);
void __wrap_block_flush(struct block *b, block_done *done, void *opaque);
void __wrap_block_discard(struct block *b, uint64_t offset, uint64_t len, block_done *done, void *opaque);
void __wrap_block_write_zeroes(struct block *b, uint64_t offset, uint64_t len, unsigned flags, block_done *done,
                               void *opaque);
void __wrap_block_drain(struct block *b);

void __wrap_block_read(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, block_done *done,
                       void *opaque)
{
    hold((struct held){ .kind = READ, .b = b, .offset = offset, .iov = iov, .niov = niov, .done = done,
                        .opaque = opaque });
}

void __wrap_block_write(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, unsigned flags,
                        block_done *done, void *opaque)
{
    hold((struct held){ .kind = WRITE, .b = b, .offset = offset, .iov = iov, .niov = niov, .flags = flags, .done = done,
                        .opaque = opaque });
}

void __wrap_block_flush(struct block *b, block_done *done, void *opaque)
{
    hold((struct held){ .kind = FLUSH, .b = b, .done = done, .opaque = opaque });
}

void __wrap_block_discard(struct block *b, uint64_t offset, uint64_t len, block_done *done, void *opaque)
{
    hold((struct held){ .kind = DISCARD, .b = b, .offset = offset, .len = len, .done = done, .opaque = opaque });
}

void __wrap_block_write_zeroes(struct block *b, uint64_t offset, uint64_t len, unsigned flags, block_done *done,
                               void *opaque)
{
    hold((struct held){ .kind = ZEROES, .b = b, .offset = offset, .len = len, .flags = flags, .done = done,
                        .opaque = opaque });
}

void __wrap_block_drain(struct block *b)
{
    release_all();
    __real_block_drain(b);
}

/* -- The network's and the console's end -- */

static struct net_client card; /* opaque NULL: there is none */

bool __real_net_attach_card(struct netdev *n, struct net_client client, const char *id, const char *model,
                            const uint8_t mac[6], GError **err);
bool __wrap_net_attach_card(struct netdev *n, struct net_client client, const char *id, const char *model,
                            const uint8_t mac[6], GError **err);
void __real_net_detach(struct netdev *n, void *opaque);
void __wrap_net_detach(struct netdev *n, void *opaque);
bool __real_net_send_offload(struct netdev *n, const struct net_offload *o, const struct iovec *iov, unsigned niov);
bool __wrap_net_send_offload(struct netdev *n, const struct net_offload *o, const struct iovec *iov, unsigned niov);
size_t __real_chardev_room(struct chardev *c);
size_t __wrap_chardev_room(struct chardev *c);

bool __wrap_net_attach_card(struct netdev *n, struct net_client client, const char *id, const char *model,
                            const uint8_t mac[6], GError **err)
{
    if (!__real_net_attach_card(n, client, id, model, mac, err))
        return false;
    if (n) /* else it does not say when it goes */
        card = client;
    return true;
}

void __wrap_net_detach(struct netdev *n, void *opaque)
{
    card.opaque = NULL;
    __real_net_detach(n, opaque);
}

bool __wrap_net_send_offload(struct netdev *n, const struct net_offload *o, const struct iovec *iov, unsigned niov)
{
    return !stuffed && __real_net_send_offload(n, o, iov, niov);
}

size_t __wrap_chardev_room(struct chardev *c)
{
    return stuffed ? 0 : __real_chardev_room(c);
}

static void unstuff(void)
{
    stuffed = false;
    chardev_send_event(chardev_find(BENCH_CHARDEV), CHARDEV_ROOM);
    if (!card.opaque)
        return;
    g_mutex_lock(card.lock);
    card.can_send(card.opaque);
    g_mutex_unlock(card.lock);
}

static void frame(struct fuzz *f)
{
    static const uint16_t lengths[] = { 0, 13, 14, 60, 1514, 4000, 65535 };
    uint8_t how = fuzz_u8(f);
    size_t len = lengths[(how & 7) % ARRAY_SIZE(lengths)];

    if (!card.opaque)
        return;
    g_autofree uint8_t *p = g_malloc(len + 1);
    memset(p, how & 8 ? 0xff : how & 16 ? 1 : 0, len + 1);
    const struct net_offload o = { .flags = how >> 5, .gso = how >> 6, .size = 1000, .start = 34, .at = 16 };
    g_mutex_lock(card.lock);
    if (card.receive_offload)
        card.receive_offload(card.opaque, &o, p, len);
    else
        card.receive(card.opaque, p, len);
    g_mutex_unlock(card.lock);
}

static void host_input(struct fuzz *f)
{
    size_t len = fuzz_u8(f) % 64;
    const uint8_t *p = fuzz_bytes(f, &len);

    bench_host_input(p, len);
}

/* -- A driver's steps -- */

static struct virtio *device(void)
{
    return transport->vdev;
}

static bool is_legacy(void)
{
    return transport->legacy;
}

/* Mostly one that exists. */
static unsigned queue_index(uint8_t b)
{
    struct virtio *v = device();

    return !v || (b & 15) == 15 ? b : (b & 15) % v->nqueues;
}

/* The queue of that index if it exists. */
static struct virtq *queue(uint8_t b)
{
    return device() ? virtio_queue(device(), queue_index(b)) : NULL;
}

/* From reset on, or not; each part may be missing. */
static void negotiate(struct fuzz *f)
{
    uint8_t parts = ~fuzz_u8(f);
    uint64_t want = ~fuzz_u64(f); /* zeros: everything */

    if (parts & 1)
        wr(0x70, 0);
    if (parts & 2)
        wr(0x70, 3);
    for (unsigned sel = 0; (parts & 4) && sel < 2; sel++) {
        wr(0x14, sel);
        uint32_t offered = rd(0x10);
        wr(0x24, sel);
        wr(0x20, parts & 8 ? offered & (want >> (32 * sel)) : want >> (32 * sel));
    }
    if (parts & 16)
        wr(0x70, 11);
}

/* Where rings are: apart, at the end of memory with no room behind, or not in memory. */
static gpa ring_address(struct fuzz *f, unsigned part)
{
    static const uint16_t before_end[] = { 4, 8, 16, 20, 32, 64, 128, 6 + 8 * 8, 6 + 2 * 8, 16 * 8, 4096, 1, 2, 17 };
    uint8_t how = fuzz_u8(f);

    if (how < 128)
        return BENCH_RAM + (how & 7) * 0x4000 + part * 0x1000;
    if (how < 240)
        return RAM_END - before_end[how % ARRAY_SIZE(before_end)];
    return fuzz_number(f);
}

static void set_queue(struct fuzz *f)
{
    static const uint16_t sizes[] = { 8, 1, 2, 16, 64, 256, 1024, 7, 3, 0, 1025 };
    uint8_t q = fuzz_u8(f), num = fuzz_u8(f), parts = ~fuzz_u8(f);
    gpa a[3];

    wr(0x30, queue_index(q));
    if (parts & 1)
        wr(0x38, sizes[num % ARRAY_SIZE(sizes)]);
    if (is_legacy()) {
        if (parts & 2)
            wr(0x28, 4096);
        if (parts & 4)
            wr(0x3c, parts & 8 ? 4096 : fuzz_u16(f));
        if (parts & 16)
            wr(0x40, ring_address(f, 0) / (parts & 2 ? 4096 : 1));
        return;
    }
    if (parts & 2)
        wr(0x44, 0);
    for (unsigned i = 0; i < 3; i++) {
        a[i] = ring_address(f, i);
        if (parts & 4 << i) {
            wr(0x80 + 0x10 * i, a[i]);
            wr(0x84 + 0x10 * i, a[i] >> 32);
        }
    }
    if (parts & 0x20)
        wr(0x44, 1);
}

static gpa buffer(struct fuzz *f)
{
    return BUFFERS + (gpa)fuzz_u8(f) * 0x100;
}

/* A chain in the device's next slots, so that it takes it, whatever it takes the ring for. */
static void add_chain(struct fuzz *f)
{
    uint8_t which = fuzz_u8(f), shape = fuzz_u8(f);
    unsigned nout = shape & 3, n = nout + (shape >> 2 & 3);
    struct virtq *q = queue(which);
    unsigned ahead = which >> 6; /* chains of one slot that were put there and are not taken */

    if (!q || !q->ready || n == 0)
        return;
    unsigned num = q->at.num, slot = (q->next + ahead) % num;
    gpa header = buffer(f);
    poke(header, fuzz_u8(f), 4); /* the type of a disk's request, a control message */
    poke(header + 4, 0, 4);
    poke(header + 8, fuzz_u8(f) % 130, 8);
    for (unsigned i = 0; i < n; i++) {
        static const uint16_t lengths[] = { 1, 16, 512, 2, 8, 12, 1024, 0x4000 };
        unsigned at = (slot + i) % num;
        uint16_t flags = (i >= nout ? 2 : 0) | (i + 1 < n ? 1 : 0);
        uint32_t len = i == 0 && nout ? 16 : i + 1 == n && nout < n ? 1 : lengths[fuzz_u8(f) % ARRAY_SIZE(lengths)];
        if (!(shape & 0x80) && n == 1)
            len = lengths[fuzz_u8(f) % ARRAY_SIZE(lengths)];
        if (q->packed) {
            bool wrap = q->next_wrap ^ (q->next + ahead + i >= num);
            flags |= wrap ? 0x80 : 0x8000;
        }
        poke(q->at.desc + 16 * at, i == 0 ? header : buffer(f), 8);
        poke(q->at.desc + 16 * at + 8, len, 4);
        poke(q->at.desc + 16 * at + 12, q->packed ? slot : flags, 2);
        poke(q->at.desc + 16 * at + 14, q->packed ? flags : (at + 1) % num, 2);
    }
    if (!q->packed) {
        poke(q->at.driver + 4 + 2 * ((uint16_t)(q->next + ahead) % num), slot, 2);
        poke(q->at.driver + 2, (uint16_t)(q->next + ahead + 1), 2);
    }
    if (shape & 0x40)
        wr(0x50, q->index);
}

/* Flags and events of a ring. */
static void touch_ring(struct fuzz *f)
{
    uint8_t which = fuzz_u8(f);
    struct virtq *q = queue(which);
    gpa at[] = { q ? q->at.driver : 0, q ? q->at.driver + 4 + 2 * q->at.num : 0, q ? q->at.device : 0,
                 q ? q->at.desc : 0 };

    if (q)
        poke(at[which >> 4 & 3] + (which >> 6), fuzz_u16(f), 2);
}

static void any_register(struct fuzz *f)
{
    static const uint16_t regs[] = {
        0x10, 0x14, 0x20, 0x24, 0x28, 0x30, 0x34, 0x38, 0x3c, 0x40, 0x44, 0x50, 0x60, 0x64, 0x70, 0x80,
        0x84, 0x90, 0x94, 0xa0, 0xa4, 0xac, 0xb0, 0xb4, 0xb8, 0xbc, 0xc0, 0xfc, 0,    4,    8,    0xc,
    };
    uint8_t which = fuzz_u8(f), how = fuzz_u8(f);
    uint32_t v = how < 64 ? how : how < 96 ? BENCH_RAM + (how & 31) * 0x1000 : how < 128 ? RAM_END - (how & 31) * 4
               : how < 160 ? (BENCH_RAM >> 12) + (how & 31) : fuzz_u32(f);

    if (which & 0x20)
        rd(regs[which & 31]);
    else
        wr(regs[which & 31], v);
}

/* Any size, anywhere: most are the configuration space's. */
static void any_access(struct fuzz *f)
{
    uint8_t how = fuzz_u8(f);
    uint64_t v = fuzz_number(f), at = MMIO + (how & 0x80 ? fuzz_u8(f) : 0x100 + fuzz_u8(f) % 0x48);

    if (how & 4)
        bus_read(bench.as, at, 1u << (how & 3), &v);
    else
        bus_write(bench.as, at, 1u << (how & 3), v);
}

/* After a reset nobody touches memory any more, whoever finishes and whatever comes. */
static void reset_and_listen(struct fuzz *f)
{
    static uint8_t before[BENCH_RAM_SIZE];
    uint8_t how = fuzz_u8(f);

    if (!device())
        return;
    if (how & 1)
        device_reset(&device()->dev);
    else if ((how & 2) && is_legacy())
        wr(0x40, 0);
    else
        wr(0x70, 0);
    if (!(how & 2) || (how & 1))
        g_assert(rd(0x70) == 0 && rd(0x60) == 0 && g_queue_is_empty(&held));
    else
        wr(0x70, 0);
    memcpy(before, bench_ram->host, sizeof(before));
    wait_for_released();
    g_assert(device()->taken == 0);
    unstuff();
    host_input(f);
    frame(f);
    bench_advance(100000000);
    fuzz_main_loop(4);
    g_assert(!memcmp(before, bench_ram->host, sizeof(before)));
}

static void stop_queue(struct fuzz *f)
{
    wr(0x30, queue_index(fuzz_u8(f)));
    wr(0x44, 0);
}

static void describe(void)
{
    g_autoptr(GString) s = g_string_new("");

    for (guint i = 0; i < bench.devices->len; i++) {
        struct device *d = g_ptr_array_index(bench.devices, i);
        if (d->type->describe)
            d->type->describe(d, s);
    }
}

static void step(struct fuzz *f)
{
    uint8_t op = fuzz_u8(f);

    switch (op % 24) {
    case 0 ... 3: any_register(f); break;
    case 4: any_access(f); break;
    case 5: negotiate(f); break;
    case 6 ... 7: set_queue(f); break;
    case 8 ... 11: add_chain(f); break;
    case 12: touch_ring(f); break;
    case 13: wr(0x50, queue_index(op / 24)); break;
    case 14: wr(0x70, fuzz_u8(f)); break;
    case 15: holding = op / 24 % 2; break;
    case 16:
        if (!g_queue_is_empty(&held))
            release(g_queue_pop_nth(&held, op / 24 % g_queue_get_length(&held)));
        break;
    case 17: wait_for_released(); break;
    case 18:
        if (op / 24 % 2)
            stuffed = true;
        else
            unstuff();
        break;
    case 19: frame(f); break;
    case 20: host_input(f); break;
    case 21: op / 24 % 2 ? bench_advance(fuzz_number(f)) : fuzz_main_loop(4); break;
    case 22: reset_and_listen(f); break;
    case 23: op / 24 % 4 ? stop_queue(f) : op / 24 ? net_set_link(BENCH_NETDEV, op & 1) : describe(); break;
    }
}

/* -- One input -- */

void fuzz_init(void)
{
    bench_init();
}

static bool add_device(struct fuzz *f)
{
    uint8_t what = fuzz_u8(f);
    uint8_t wires_and_version[] = { 1, what & 4 ? 0 : 0xb2 }; /* one; force-legacy at its default, or off */
    struct fuzz wires = { wires_and_version, sizeof(wires_and_version) }, none = { wires_and_version, 0 };

    bench_add(device_type_find("virtio-mmio"), &wires);
    struct device *d = g_ptr_array_index(bench.devices, 0);
    transport = (struct virtio_bus *)((char *)d + d->type->bus_offset);
    unsigned which = (what & 3) + (what & 64 ? 4 : 0);
    if (!bench_add(device_type_find(names[which]), what & 8 ? f : &none))
        return false;
    if (which == 7)
        bench_add(device_type_find(what & 16 ? "scsi-cd" : "scsi-hd"), what & 8 ? f : &none);
    if (which == 3)
        for (unsigned i = 0; i < 2; i++)
            bench_add(device_type_find(what & 16 ? "virtconsole" : "virtserialport"), what & 8 ? f : &none);
    if (what & 32) /* packed rings are off by default */
        for (guint i = 1; i < bench.devices->len; i++)
            if (g_str_has_prefix(((struct device *)g_ptr_array_index(bench.devices, i))->type->name, "virtio"))
                ((struct virtio *)g_ptr_array_index(bench.devices, i))->offered |=
                    is_legacy() ? 0 : VIRTIO_BIT(VIRTIO_F_RING_PACKED);
    return true;
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct fuzz f = { data, size };

    bench_begin();
    holding = true;
    stuffed = false;
    if (add_device(&f))
        for (unsigned steps = 0; f.left && steps < 200; steps++)
            step(&f);
    /* The devices go with whatever is held. */
    wait_for_released();
    bench_end();
    net_set_link(BENCH_NETDEV, true);
    wait_for_released();
    g_assert(g_queue_is_empty(&held));
}
