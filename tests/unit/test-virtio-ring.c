/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtqueues against a model of a driver, kind and hostile. */
#include "tests/virtio-rig.h"

/* A device that leaves everything to the test. */
struct toy {
    struct virtio v;
    unsigned kicks;
};

static void toy_notify(struct virtio *v, struct virtq *q)
{
    ((struct toy *)v)->kicks++;
}

static const struct virtio_ops toy_ops = { .notify = toy_notify };
static const struct property toy_props[] = { VIRTIO_PROPS, PROP_END };

static bool toy_realize(struct device *d, GError **err)
{
    struct toy *t = (struct toy *)d;

    g_assert_true(virtio_init(&t->v, &toy_ops, 42, 0, 0, err));
    virtio_add_queue(&t->v, 64);
    return true;
}

static const struct device_type toy_type = {
    .name = "toy", .size = sizeof(struct toy), .props = toy_props, .realize = toy_realize, .reset = virtio_device_reset,
};

#define INDIRECT VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC)
#define EVENT VIRTIO_BIT(VIRTIO_F_EVENT_IDX)
#define PACKED VIRTIO_BIT(VIRTIO_F_RING_PACKED)

static struct virtq *start(struct virtio_rig *f, struct drv *d, bool legacy, uint64_t want, uint16_t num)
{
    virtio_rig_init(f, legacy);
    struct device *dev = virtio_rig_device(f, &toy_type, f->mmio);
    virtio_rig_set(dev, "packed", "on");
    virtio_rig_plug(f, dev);
    uint64_t features = negotiate(f, want);
    g_assert_cmphex(features & want, ==, want);
    drv_setup(d, f, 0, num, features);
    driver_ok(f);
    g_assert_false(((struct virtio *)dev)->broken);
    return virtio_queue((struct virtio *)dev, 0);
}

static void fill(struct virtio_rig *f, gpa a, size_t n, uint8_t seed)
{
    uint8_t *p = guest_ptr(f, a);

    for (size_t i = 0; i < n; i++)
        p[i] = seed + i * 7;
}

/* One buffer of two pieces out and two in: contents and lengths arrive. */
static void check_round_trip(struct virtio_rig *f, struct drv *d, struct virtq *q, bool indirect)
{
    gpa a = guest_alloc(f, 4096, 8);
    struct seg s[] = { { a, 16, false }, { a + 100, 50, false }, { a + 1000, 7, true }, { a + 2000, 500, true } };
    uint8_t got[66], reply[507];
    uint16_t id;
    uint32_t len;

    fill(f, a, 16, 1);
    fill(f, a + 100, 50, 99);
    uint16_t want = indirect ? drv_add_indirect(d, s, 4) : drv_add(d, s, 4);
    drv_kick(d);
    struct virtq_elem *e = virtq_pop(q);
    g_assert_nonnull(e);
    g_assert_cmpuint(e->out_len, ==, 66);
    g_assert_cmpuint(e->in_len, ==, 507);
    g_assert_cmpuint(iov_read(e->out, e->nout, 0, got, sizeof(got)), ==, 66);
    g_assert_cmpmem(got, 16, guest_ptr(f, a), 16);
    g_assert_cmpmem(got + 16, 50, guest_ptr(f, a + 100), 50);
    memset(reply, 0x5a, sizeof(reply));
    g_assert_cmpuint(iov_write(e->in, e->nin, 0, reply, 20), ==, 20);
    g_assert_false(drv_used(d, &id, &len));
    virtq_push(q, e, 20);
    g_assert_true(drv_used(d, &id, &len));
    g_assert_cmpuint(id, ==, want);
    g_assert_cmpuint(len, ==, 20);
    g_assert_cmpmem(guest_ptr(f, a + 1000), 7, reply, 7);
    g_assert_cmpmem(guest_ptr(f, a + 2000), 13, reply, 13);
    g_assert_cmphex(*(uint8_t *)guest_ptr(f, a + 2013), ==, 0);
    g_assert_null(virtq_pop(q));
    g_assert_true(virtq_empty(q));
}

static void round_trips(gconstpointer data)
{
    uint64_t want = *(const uint64_t *)data;

    for (unsigned legacy = 0; legacy < 2; legacy++) {
        struct virtio_rig f;
        struct drv d;
        if (legacy && (want & PACKED))
            continue;
        struct virtq *q = start(&f, &d, legacy, want, 16);
        for (unsigned i = 0; i < 100; i++) /* several laps, and the 16-bit positions of wraps */
            check_round_trip(&f, &d, q, (want & INDIRECT) && i % 3 == 0);
        g_assert_false(q->v->broken);
    }
}

/* Buffers given back in another order than they came, several at a time, over the index's wrap at 65536. */
static void out_of_order(gconstpointer data)
{
    struct virtio_rig f;
    struct drv d;
    struct virtq *q = start(&f, &d, false, *(const uint64_t *)data, 8);
    gpa a = guest_alloc(&f, 64, 8);
    struct seg s = { a, 64, true };

    for (unsigned lap = 0; lap < 20000; lap++) {
        struct virtq_elem *e[4];
        uint16_t ids[4], id;
        uint32_t len, written[4] = { 4, 3, 2, 1 };
        for (unsigned i = 0; i < 4; i++) {
            ids[i] = drv_add(&d, &s, 1);
            e[i] = virtq_pop(q);
            g_assert_nonnull(e[i]);
            g_assert_cmpuint(e[i]->id, ==, ids[i]);
        }
        struct virtq_elem *back[4] = { e[3], e[1], e[0], e[2] };
        virtq_push_many(q, back, written, 4);
        for (unsigned i = 0; i < 4; i++) {
            static const unsigned order[4] = { 3, 1, 0, 2 };
            g_assert_true(drv_used(&d, &id, &len));
            g_assert_cmpuint(id, ==, ids[order[i]]);
            g_assert_cmpuint(len, ==, written[i]);
        }
        g_assert_false(drv_used(&d, &id, &len));
    }
}

static void unpop(gconstpointer data)
{
    struct virtio_rig f;
    struct drv d;
    struct virtq *q = start(&f, &d, false, *(const uint64_t *)data, 8);
    gpa a = guest_alloc(&f, 64, 8);
    struct seg s[3] = { { a, 8, true }, { a + 8, 8, true }, { a + 16, 8, true } };

    for (unsigned lap = 0; lap < 50; lap++) {
        uint16_t first = drv_add(&d, s, 3), second = drv_add(&d, s, 2), id;
        uint32_t len;
        struct virtq_elem *e = virtq_pop(q), *e2 = virtq_pop(q);
        virtq_unpop(q, e2);
        virtq_unpop(q, e);
        e = virtq_pop(q);
        g_assert_cmpuint(e->id, ==, first);
        g_assert_cmpuint(e->in_len, ==, 24);
        e2 = virtq_pop(q);
        g_assert_cmpuint(e2->id, ==, second);
        virtq_push(q, e, 1);
        virtq_push(q, e2, 1);
        g_assert_true(drv_used(&d, &id, &len) && id == first);
        g_assert_true(drv_used(&d, &id, &len) && id == second);
    }
}

/* -- Interrupts and notifications -- */

static void use_one(struct virtio_rig *f, struct drv *d, struct virtq *q)
{
    struct seg s = { RAM_BASE, 8, true };
    uint16_t id;
    uint32_t len;

    drv_add(d, &s, 1);
    virtq_push(q, virtq_pop(q), 0);
    virtq_interrupt(q);
    g_assert_true(drv_used(d, &id, &len));
}

static bool took_irq(struct virtio_rig *f)
{
    bool level = f->irq_level;

    g_assert_cmphex(rd(f, 0x60), ==, level ? 1 : 0);
    wr(f, 0x64, 1);
    g_assert_false(f->irq_level);
    return level;
}

static void interrupts_split(void)
{
    struct virtio_rig f;
    struct drv d;
    struct virtq *q = start(&f, &d, false, 0, 8);

    use_one(&f, &d, q);
    g_assert_true(took_irq(&f));
    put16(&f, d.driver, 1); /* VIRTQ_AVAIL_F_NO_INTERRUPT */
    use_one(&f, &d, q);
    g_assert_false(took_irq(&f));
    put16(&f, d.driver, 0);
    use_one(&f, &d, q);
    g_assert_true(took_irq(&f));
    virtq_want_notify(q, false);
    g_assert_cmphex(get16(&f, d.device), ==, 1);
    virtq_want_notify(q, true);
    g_assert_cmphex(get16(&f, d.device), ==, 0);
}

static void interrupts_event_split(void)
{
    struct virtio_rig f;
    struct drv d;
    struct virtq *q = start(&f, &d, false, EVENT, 8);
    unsigned taken = 0;

    for (unsigned i = 0; i < 70000; i++) { /* every tenth, across the wrap */
        uint16_t next = i / 10 * 10 + 9;
        put16(&f, d.driver + 4 + 2 * d.num, next);
        use_one(&f, &d, q);
        bool took = took_irq(&f);
        g_assert_true(took == (i % 10 == 9));
        taken += took;
    }
    g_assert_cmpuint(taken, ==, 7000);
    g_assert_cmpuint(get16(&f, d.device + 4 + 8 * d.num), ==, (uint16_t)70000); /* avail_event follows */
    virtq_want_notify(q, false);
    use_one(&f, &d, q);
    g_assert_cmpuint(get16(&f, d.device + 4 + 8 * d.num), ==, (uint16_t)70000);
    virtq_want_notify(q, true);
    g_assert_cmpuint(get16(&f, d.device + 4 + 8 * d.num), ==, (uint16_t)70001);
}

static void interrupts_packed(void)
{
    struct virtio_rig f;
    struct drv d;
    struct virtq *q = start(&f, &d, false, PACKED | EVENT, 7);

    use_one(&f, &d, q);
    g_assert_true(took_irq(&f));
    put16(&f, d.driver + 2, 1); /* disable */
    use_one(&f, &d, q);
    g_assert_false(took_irq(&f));
    put16(&f, d.driver + 2, 2); /* at a descriptor: always the one 3 ahead */
    for (unsigned i = 2; i < 500; i++) {
        unsigned at = i / 5 * 5 + 3;
        put16(&f, d.driver, at % 7 | (at / 7 % 2 ? 0 : 1 << 15));
        use_one(&f, &d, q);
        g_assert_true(took_irq(&f) == (i % 5 == 3));
    }
    virtq_want_notify(q, false);
    g_assert_cmphex(get16(&f, d.device + 2), ==, 1);
    virtq_want_notify(q, true);
    g_assert_cmphex(get16(&f, d.device + 2), ==, 2);
    g_assert_cmphex(get16(&f, d.device), ==, 500 % 7 | (500 / 7 % 2 ? 0 : 1 << 15));
}

/* -- Hostile drivers: the device asks for a reset, and works after it -- */

/* After the deed: nothing is popped, NEEDS_RESET shows, a reset heals. */
static void expect_broken(struct virtio_rig *f, struct virtq *q)
{
    g_assert_null(virtq_pop(q));
    g_assert_true(q->v->broken);
    g_assert_true(virtq_empty(q));
    if (!f->legacy) {
        g_assert_cmphex(rd(f, 0x70) & 0x40, ==, 0x40);
        g_assert_cmphex(rd(f, 0x60) & 2, ==, 2);
    }
    unsigned kicks = ((struct toy *)q->v)->kicks;
    wr(f, 0x50, 0);
    g_assert_cmpuint(((struct toy *)q->v)->kicks, ==, kicks);
    struct drv d;
    uint64_t features = negotiate(f, UINT64_MAX & ~PACKED);
    drv_setup(&d, f, 0, 8, features);
    driver_ok(f);
    g_assert_cmphex(rd(f, 0x70) & 0x40, ==, 0);
    check_round_trip(f, &d, q, false);
}

static void loop(void)
{
    struct virtio_rig f;
    struct drv d;
    struct seg s[2] = { { RAM_BASE, 8, false }, { RAM_BASE, 8, false } };
    struct virtq *q = start(&f, &d, false, 0, 8);

    drv_add(&d, s, 2);
    put_desc(&f, d.desc + 16, RAM_BASE, 8, 1, 0); /* 0 -> 1 -> 0 */
    expect_broken(&f, q);
    q = start(&f, &d, true, 0, 8);
    drv_add(&d, s, 1);
    put_desc(&f, d.desc, RAM_BASE, 8, 1, 0); /* 0 -> 0 */
    expect_broken(&f, q);
}

static void bad_descriptors(gconstpointer data)
{
    uint64_t want = *(const uint64_t *)data;
    static const struct seg bad[] = {
        { 0x1000, 8, false },                        /* no RAM there */
        { MMIO_BASE, 8, true },                      /* a device's registers */
        { RAM_BASE + RAM_SIZE - 4, 8, true },        /* over the end */
        { UINT64_MAX - 3, 8, false },                /* around the end of the address space */
        { RAM_BASE, UINT32_MAX, true },
        { RAM_BASE - 8, 16, true },
    };
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        for (unsigned indirect = 0; indirect < 2; indirect++) {
            struct virtio_rig f;
            struct drv d;
            struct virtq *q = start(&f, &d, false, want | INDIRECT, 8);
            if (indirect)
                drv_add_indirect(&d, &bad[i], 1);
            else
                drv_add(&d, &bad[i], 1);
            expect_broken(&f, q);
        }
    }
}

static void wrong_order(void)
{
    struct virtio_rig f;
    struct drv d;
    struct seg s[2] = { { RAM_BASE, 8, true }, { RAM_BASE, 8, false } };
    struct virtq *q = start(&f, &d, false, 0, 8);

    drv_add(&d, s, 2);
    expect_broken(&f, q);
}

static void index_jump(void)
{
    struct virtio_rig f;
    struct drv d;
    struct virtq *q = start(&f, &d, false, 0, 8);

    put16(&f, d.driver + 2, 9);
    expect_broken(&f, q);
    q = start(&f, &d, false, 0, 8);
    put16(&f, d.driver + 4, 8); /* head beyond the ring */
    put16(&f, d.driver + 2, 1);
    expect_broken(&f, q);
    q = start(&f, &d, false, 0, 8);
    put_desc(&f, d.desc, RAM_BASE, 8, 1, 77); /* next beyond the ring */
    put16(&f, d.driver + 2, 1);
    expect_broken(&f, q);
}

static void bad_tables(gconstpointer data)
{
    uint64_t want = *(const uint64_t *)data;
    bool packed = want & PACKED;
    static const struct { uint64_t at; uint32_t len; uint16_t inner; } bad[] = {
        { 0, 0, 0 },            /* empty */
        { 0, 24, 0 },           /* one and a half */
        { 0x1000, 16, 0 },      /* nowhere */
        { 0, 16, 4 },           /* a table in a table */
        { RAM_BASE, UINT32_MAX & ~15, 0 },
    };
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        struct virtio_rig f;
        struct drv d;
        struct virtq *q = start(&f, &d, false, want | INDIRECT, 8);
        gpa table = guest_alloc(&f, 64, 16);
        struct seg s = { bad[i].at ? bad[i].at : table, bad[i].len, false };
        if (i == 4) /* a chain of zero-length pieces through a table as large as RAM */
            s.len = (RAM_SIZE - 4096) & ~15;
        put_desc(&f, table, RAM_BASE, 8, packed ? 0 : bad[i].inner, packed ? bad[i].inner : 0);
        if (packed) {
            drv_add_packed(&d, &s, 1, 4);
        } else {
            put_desc(&f, d.desc, s.addr, s.len, 4, 0);
            put16(&f, d.driver + 2, 1);
        }
        if (i == 4 && !packed) { /* a loop in it: 0 -> 1 -> 0 ... */
            put_desc(&f, RAM_BASE, 0, 0, 1, 1);
            put_desc(&f, RAM_BASE + 16, 0, 0, 1, 0);
        }
        expect_broken(&f, q);
    }
}

static void table_not_accepted(void)
{
    struct virtio_rig f;
    struct drv d;
    struct virtq *q = start(&f, &d, false, 0, 8);
    struct seg s = { RAM_BASE, 8, false };

    drv_add_indirect(&d, &s, 1);
    expect_broken(&f, q);
}

static void endless_packed(void)
{
    struct virtio_rig f;
    struct drv d;
    struct virtq *q = start(&f, &d, false, PACKED, 8);

    for (unsigned i = 0; i < 8; i++)
        put_desc(&f, d.desc + 16 * i, RAM_BASE, 1, 0, 1 << 7 | 1);
    expect_broken(&f, q);
}

/* More buffers in flight than the ring has slots: the driver offers one again that it has not got back. */
static void too_many(void)
{
    struct virtio_rig f;
    struct drv d;
    struct virtq_elem *e;
    struct virtq *q = start(&f, &d, false, 0, 8);

    put_desc(&f, d.desc, RAM_BASE, 8, 0, 0);
    for (unsigned i = 0; i < 8; i++) {
        put16(&f, d.driver + 2, i + 1);
        e = virtq_pop(q);
        g_assert_nonnull(e);
        virtq_forget(e);
    }
    put16(&f, d.driver + 2, 9);
    expect_broken(&f, q);
}

static void bad_areas(void)
{
    static const struct { uint64_t desc, driver, device; uint32_t num; } bad[] = {
        { 0x1000, RAM_BASE, RAM_BASE, 8 },
        { RAM_BASE, RAM_BASE + RAM_SIZE - 2, RAM_BASE, 8 },
        { RAM_BASE, RAM_BASE, MMIO_BASE, 8 },
        { RAM_BASE, RAM_BASE, UINT64_MAX - 3, 8 },
        { UINT64_MAX - 15, RAM_BASE, RAM_BASE, 8 },
        { RAM_BASE + RAM_SIZE - 16 * 1023, RAM_BASE, RAM_BASE, 1024 },
    };
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        struct virtio_rig f;
        struct drv d;
        struct virtq *q = start(&f, &d, false, 0, 8);
        negotiate(&f, 0);
        drv_layout(&d, &f, 0, 8, 0);
        d.desc = bad[i].desc;
        d.driver = bad[i].driver;
        d.device = bad[i].device;
        d.num = bad[i].num;
        wr(&f, 0x30, 0);
        drv_enable(&d);
        driver_ok(&f);
        g_assert_cmpuint(rd(&f, 0x44), ==, 0);
        g_assert_true(q->v->broken);
        expect_broken(&f, q);
    }
}

/* Sizes and addresses that the standard forbids and QEMU serves: the ring works, all the way around. */
static void odd_layouts(void)
{
    static const struct { unsigned desc, driver, device; uint32_t num, expect; } odd[] = {
        { 8, 0, 0, 8, 8 },       { 1, 3, 5, 8, 8 },        { 0, 0, 0, 7, 7 },           { 0, 0, 0, 1, 1 },
        { 0, 0, 0, 1024, 1024 }, { 0, 0, 0, 0, 256 },      { 0, 0, 0, 1025, 256 },      { 0, 0, 0, 0x10008, 256 },
        { 0, 0, 0, UINT32_MAX, 256 },
    };
    for (unsigned i = 0; i < ARRAY_SIZE(odd); i++) {
        struct virtio_rig f;
        struct drv d;
        struct virtq *q = start(&f, &d, false, 0, 8);
        negotiate(&f, 0);
        drv_layout(&d, &f, 0, 1024, 0);
        d.desc += odd[i].desc;
        d.driver += odd[i].driver;
        d.device += odd[i].device;
        d.num = odd[i].expect;
        wr(&f, 0x30, 0);
        drv_enable(&d);
        wr(&f, 0x44, 0);
        q->set.num = 256;
        wr(&f, 0x38, odd[i].num);
        wr(&f, 0x44, 1);
        driver_ok(&f);
        g_assert_cmpuint(q->at.num, ==, odd[i].expect);
        for (unsigned n = 0; n < 2u * d.num + 1; n++) {
            struct seg s = { RAM_BASE + 0x1000, 8, true };
            uint16_t id = drv_add(&d, &s, 1);
            struct virtq_elem *e = virtq_pop(q);
            g_assert_nonnull(e);
            virtq_push(q, e, 4);
            g_assert_cmpuint(drv_wait(&d, id), ==, 4);
        }
    }
}

/* QueueReady without an address, and once more with one. */
static void late_address(void)
{
    struct virtio_rig f;
    struct drv d;
    struct virtq *q = start(&f, &d, false, 0, 8);

    negotiate(&f, 0);
    wr(&f, 0x30, 0);
    wr(&f, 0x44, 1);
    g_assert_cmpuint(rd(&f, 0x44), ==, 0);
    drv_setup(&d, &f, 0, 8, 0);
    driver_ok(&f);
    struct seg s = { RAM_BASE + 0x1000, 8, true };
    uint16_t id = drv_add(&d, &s, 1);
    virtq_push(q, virtq_pop(q), 8);
    g_assert_cmpuint(drv_wait(&d, id), ==, 8);
}

/* What a driver may do while buffers are out. */
enum turn { STOP, STOP_START, MOVE, SHRINK, KIND, RESET, TURNS };

static void do_turn(struct virtio_rig *f, struct drv *d, enum turn t)
{
    gpa end = RAM_BASE + RAM_SIZE;

    wr(f, 0x30, 0);
    switch (t) {
    case STOP:
    case STOP_START:
        wr(f, 0x44, 0);
        if (t == STOP_START)
            wr(f, 0x44, 1);
        break;
    case MOVE: /* without stopping it */
        drv_setup(d, f, 0, 8, d->packed ? PACKED : 0);
        break;
    case SHRINK: /* where a bigger ring would leave the memory */
        d->num = 1;
        d->desc = end - 16;
        d->driver = end - 0x1000;
        d->device = end - 0x2000;
        drv_enable(d);
        break;
    case KIND: /* and the same ring */
        wr(f, 0x70, 3);
        wr(f, 0x24, 1);
        wr(f, 0x20, 1 | (d->packed ? 0 : 4));
        wr(f, 0x70, 15);
        break;
    case RESET:
        wr(f, 0x70, 0);
        break;
    case TURNS:
        break;
    }
}

/* Buffers that come back after a turn reach no ring; the memory of the run that is over stays as it was. */
static void turns(gconstpointer data)
{
    uint64_t want = *(const uint64_t *)data;

    for (enum turn t = 0; t < TURNS; t++) {
        struct virtio_rig f;
        struct drv d;
        struct virtq_elem *e[6];
        struct virtq *q = start(&f, &d, false, want, 8);
        for (unsigned i = 0; i < ARRAY_SIZE(e); i++) {
            struct seg s = { RAM_BASE + 0x1000, 8, true };
            drv_add(&d, &s, 1);
            e[i] = virtq_pop(q);
            g_assert_nonnull(e[i]);
        }
        g_assert_cmpuint(q->v->taken, ==, ARRAY_SIZE(e));
        do_turn(&f, &d, t);
        g_autofree uint8_t *before = g_memdup2(f.ram->host, RAM_SIZE);
        bool live = t == KIND; /* the ring is what it was when it started */
        for (unsigned i = 0; i < ARRAY_SIZE(e); i++)
            g_assert_true(virtq_live(e[i]) == live);
        uint32_t written[2] = { 8, 8 };
        virtq_unpop(q, e[5]);
        virtq_push(q, e[0], 8);
        virtq_push_many(q, &e[1], written, 2);
        virtq_forget(e[3]);
        virtq_push(q, e[4], 8);
        virtq_interrupt(q);
        g_assert_cmpuint(q->v->taken, ==, 0);
        g_assert_true((memcmp(before, f.ram->host, RAM_SIZE) != 0) == live);
        g_assert_cmpuint(q->inuse, ==, live);
        /* All that is left of it is gone after a reset. */
        negotiate(&f, want);
        memset(guest_ptr(&f, RAM_BASE), 0, RAM_SIZE);
        drv_setup(&d, &f, 0, 8, want);
        driver_ok(&f);
        struct seg s = { RAM_BASE + 0x1000, 8, true };
        uint16_t id = drv_add(&d, &s, 1);
        virtq_push(q, virtq_pop(q), 8);
        g_assert_cmpuint(drv_wait(&d, id), ==, 8);
    }
}

/* A ring that was stopped, and one elsewhere, go on where the last one was. */
static void going_on(gconstpointer data)
{
    uint64_t want = *(const uint64_t *)data;
    struct virtio_rig f;
    struct drv d, moved;
    struct virtq *q = start(&f, &d, false, want, 8);

    for (unsigned i = 0; i < 30; i++) {
        struct seg s = { RAM_BASE + 0x1000, 8, true };
        uint16_t id = drv_add(&d, &s, 1);
        virtq_push(q, virtq_pop(q), 8);
        g_assert_cmpuint(drv_wait(&d, id), ==, 8);
        if (i % 3 == 0)
            wr(&f, 0x44, 0);
        if (i % 3 == 1) {
            drv_layout(&moved, &f, 0, 8, want);
            memcpy(guest_ptr(&f, moved.desc), guest_ptr(&f, d.desc), 16 * 8);
            memcpy(guest_ptr(&f, moved.driver), guest_ptr(&f, d.driver), 6 + 2 * 8);
            memcpy(guest_ptr(&f, moved.device), guest_ptr(&f, d.device), 6 + 8 * 8);
            d.desc = moved.desc;
            d.driver = moved.driver;
            d.device = moved.device;
        }
        drv_enable(&d);
        g_assert_null(virtq_pop(q));
        g_assert_false(q->v->broken);
    }
}

/* The same ring started twice goes on. */
static void ready_twice(void)
{
    struct virtio_rig f;
    struct drv d;
    struct virtq *q = start(&f, &d, false, 0, 8);
    struct seg s = { RAM_BASE + 0x1000, 8, true };
    uint16_t id = drv_add(&d, &s, 1);
    struct virtq_elem *e = virtq_pop(q);

    wr(&f, 0x44, 1);
    g_assert_true(virtq_live(e));
    virtq_push(q, e, 8);
    g_assert_cmpuint(drv_wait(&d, id), ==, 8);
}

/* A packed queue that runs stays one: a split ring would need more memory than was mapped. */
static void refeature(void)
{
    struct virtio_rig f;
    struct drv d;
    struct virtq *q = start(&f, &d, false, PACKED, 8);

    negotiate(&f, PACKED);
    drv_layout(&d, &f, 0, 8, PACKED);
    d.driver = RAM_BASE + RAM_SIZE - 8;
    d.device = RAM_BASE + RAM_SIZE - 4;
    drv_enable(&d);
    do_turn(&f, &d, KIND);
    g_assert_false(virtio_has(q->v, VIRTIO_F_RING_PACKED));
    for (unsigned i = 0; i < 20; i++) {
        struct seg s = { RAM_BASE + 0x1000, 8, true };
        uint16_t id = drv_add(&d, &s, 1);
        virtq_want_notify(q, i & 1);
        virtq_push(q, virtq_pop(q), 8);
        virtq_interrupt(q);
        g_assert_cmpuint(drv_wait(&d, id), ==, 8);
    }
}

/* Random bytes as rings: nothing must crash, and a reset must heal. */
static void noise(gconstpointer data)
{
    struct virtio_rig f;
    struct drv d;
    uint64_t want = *(const uint64_t *)data;
    struct virtq *q = start(&f, &d, false, want, 16);
    GRand *r = g_rand_new_with_seed(4711);

    for (unsigned round = 0; round < 3000; round++) {
        struct virtq_elem *e;
        for (unsigned i = 0; i < 16; i++) {
            gpa addr = RAM_BASE + (gpa)g_rand_int_range(r, 0, RAM_SIZE);
            uint16_t last = g_rand_int_range(r, 0, 65536);
            if (g_rand_int_range(r, 0, 4) == 0)
                addr = g_rand_int(r);
            put_desc(&f, d.desc + 16 * i, addr, g_rand_int(r) >> g_rand_int_range(r, 0, 32),
                     g_rand_int_range(r, 0, 8), want & PACKED ? last & 0x8087 : last % 18);
            put16(&f, d.driver + 4 + 2 * i, g_rand_int_range(r, 0, 17));
        }
        put16(&f, d.driver + 2, get16(&f, d.driver + 2) + g_rand_int_range(r, 0, 16));
        while ((e = virtq_pop(q))) {
            g_assert_cmpuint(e->nin + e->nout, <=, VIRTQ_MAX_PIECES);
            virtq_push(q, e, 0);
            virtq_interrupt(q);
        }
        if (q->v->broken) {
            negotiate(&f, want);
            memset(guest_ptr(&f, d.driver), 0, 6 + 2 * 16);
            drv_enable(&d);
            driver_ok(&f);
        }
    }
    g_rand_free(r);
}

int main(int argc, char **argv)
{
    static const uint64_t split = 0, split_ie = INDIRECT | EVENT;
    static const uint64_t packed = PACKED, packed_ie = PACKED | INDIRECT | EVENT;

    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/ring/split", &split, round_trips);
    g_test_add_data_func("/ring/split-indirect-event", &split_ie, round_trips);
    g_test_add_data_func("/ring/packed", &packed, round_trips);
    g_test_add_data_func("/ring/packed-indirect-event", &packed_ie, round_trips);
    g_test_add_data_func("/ring/order/split", &split, out_of_order);
    g_test_add_data_func("/ring/order/packed", &packed, out_of_order);
    g_test_add_data_func("/ring/unpop/split", &split, unpop);
    g_test_add_data_func("/ring/unpop/packed", &packed, unpop);
    g_test_add_func("/ring/interrupts/split", interrupts_split);
    g_test_add_func("/ring/interrupts/event-split", interrupts_event_split);
    g_test_add_func("/ring/interrupts/packed", interrupts_packed);
    g_test_add_func("/ring/hostile/loop", loop);
    g_test_add_data_func("/ring/hostile/descriptors/split", &split, bad_descriptors);
    g_test_add_data_func("/ring/hostile/descriptors/packed", &packed, bad_descriptors);
    g_test_add_func("/ring/hostile/order", wrong_order);
    g_test_add_func("/ring/hostile/index", index_jump);
    g_test_add_data_func("/ring/hostile/tables/split", &split, bad_tables);
    g_test_add_data_func("/ring/hostile/tables/packed", &packed, bad_tables);
    g_test_add_func("/ring/hostile/not-accepted", table_not_accepted);
    g_test_add_func("/ring/hostile/endless-packed", endless_packed);
    g_test_add_func("/ring/hostile/too-many", too_many);
    g_test_add_func("/ring/hostile/areas", bad_areas);
    g_test_add_func("/ring/odd/layouts", odd_layouts);
    g_test_add_func("/ring/odd/late-address", late_address);
    g_test_add_func("/ring/odd/ready-twice", ready_twice);
    g_test_add_data_func("/ring/odd/going-on/split", &split, going_on);
    g_test_add_data_func("/ring/odd/going-on/packed", &packed, going_on);
    g_test_add_data_func("/ring/turns/split", &split, turns);
    g_test_add_data_func("/ring/turns/packed", &packed, turns);
    g_test_add_func("/ring/turns/refeature", refeature);
    g_test_add_data_func("/ring/hostile/noise/split", &split_ie, noise);
    g_test_add_data_func("/ring/hostile/noise/packed", &packed_ie, noise);
    return g_test_run();
}
