/* SPDX-License-Identifier: BSD-2-Clause */
/* virtio-blk on a real file, through its registers and rings. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "block.h"
#include "tests/patience.h"
#include "tests/virtio-rig.h"

extern const struct device_type virtio_blk_device_type;

#define SECTORS 2048
enum { T_IN = 0, T_OUT = 1, T_FLUSH = 4, T_GET_ID = 8, T_DISCARD = 11, T_WRITE_ZEROES = 13 };

struct disk {
    struct virtio_rig f;
    struct drv d;
    char *file;
    uint64_t features;
};

static void disk_start(struct disk *k, uint64_t want)
{
    k->features = negotiate(&k->f, want);
    drv_setup(&k->d, &k->f, 0, 128, k->features);
    driver_ok(&k->f);
}

static void disk_open(struct disk *k, bool legacy, const char *drive_options)
{
    g_autofree uint8_t *data = g_malloc(SECTORS * 512);
    GError *err = NULL;
    int fd = g_file_open_tmp("mynah-test-XXXXXX.img", &k->file, NULL);

    for (unsigned i = 0; i < SECTORS * 512; i++)
        data[i] = i / 512 + i;
    g_assert_cmpint(write(fd, data, SECTORS * 512), ==, SECTORS * 512);
    close(fd);
    g_autofree char *arg = g_strdup_printf("file=%s,format=raw,if=none,id=hd%s", k->file, drive_options);
    struct opts *o = opts_parse(arg, NULL, &err);
    g_assert_true(block_add_drive(o, BLOCK_IF_VIRTIO, &err));
    opts_free(o);
    virtio_rig_init(&k->f, legacy);
    struct device *d = virtio_rig_device(&k->f, &virtio_blk_device_type, k->f.mmio);
    virtio_rig_set(d, "packed", "on");
    virtio_rig_set(d, "drive", "hd");
    virtio_rig_set(d, "serial", "mynah-serial-number-too-long");
    virtio_rig_plug(&k->f, d);
}

static void disk_close(struct disk *k, bool realized)
{
    if (realized)
        virtio_rig_unrealize(k->f.dev);
    block_close_all();
    g_unlink(k->file);
    g_free(k->file);
}

/* Make a request available; the status byte's address in *status. */
static uint16_t submit(struct disk *k, uint32_t type, uint64_t sector, const struct seg *data, unsigned n, gpa *status)
{
    struct virtio_rig *f = &k->f;
    gpa header = guest_alloc(f, 32, 16);
    struct seg s[34];
    uint32_t le = GUINT32_TO_LE(type);

    sector = GUINT64_TO_LE(sector);
    memcpy(guest_ptr(f, header), &le, 4);
    memcpy((char *)guest_ptr(f, header) + 8, &sector, 8);
    *status = header + 16;
    *(uint8_t *)guest_ptr(f, *status) = 0xff;
    s[0] = (struct seg){ header, 16, false };
    for (unsigned i = 0; i < n; i++)
        s[i + 1] = data[i];
    s[n + 1] = (struct seg){ *status, 1, true };
    return k->features & VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC) ? drv_add_indirect(&k->d, s, n + 2)
                                                            : drv_add(&k->d, s, n + 2);
}

/* One request to its end; returns the status, and the bytes written in *len. */
static uint8_t request(struct disk *k, uint32_t type, uint64_t sector, const struct seg *data, unsigned n,
                       uint32_t *len)
{
    gpa status;
    uint16_t id = submit(k, type, sector, data, n, &status);

    drv_kick(&k->d);
    uint32_t used = drv_wait(&k->d, id);
    if (len)
        *len = used;
    return *(uint8_t *)guest_ptr(&k->f, status);
}

static void check_data(struct disk *k, gpa a, uint64_t from, size_t n)
{
    const uint8_t *p = guest_ptr(&k->f, a);

    for (size_t i = 0; i < n; i++)
        g_assert_cmphex(p[i], ==, (uint8_t)((from + i) / 512 + from + i));
}

static uint8_t file_byte(const struct disk *k, off_t at)
{
    uint8_t b = 0;
    int fd = open(k->file, O_RDONLY);

    g_assert_cmpint(pread(fd, &b, 1, at), ==, 1);
    close(fd);
    return b;
}

struct mode {
    bool legacy;
    uint64_t want;
};

static void read_write(gconstpointer data)
{
    const struct mode *m = data;
    struct disk k;
    uint32_t len;

    disk_open(&k, m->legacy, "");
    disk_start(&k, m->want);
    g_assert_cmpuint(rd(&k.f, 0x100), ==, SECTORS);
    g_assert_cmpuint(rd(&k.f, 0x104), ==, 0);
    g_assert_cmpuint(rd(&k.f, 0x10c), ==, 254);
    g_assert_cmpuint(rd(&k.f, 0x114), ==, 512);
    gpa a = guest_alloc(&k.f, 8192, 512);
    struct seg in[3] = { { a, 512, true }, { a + 1024, 1024, true }, { a + 4096, 512, true } };
    g_assert_cmpuint(request(&k, T_IN, 100, in, 3, &len), ==, 0);
    g_assert_cmpuint(len, ==, 2049);
    check_data(&k, a, 100 * 512, 512);
    check_data(&k, a + 1024, 101 * 512, 1024);
    check_data(&k, a + 4096, 103 * 512, 512);
    g_mutex_lock(&k.f.dev->lock); /* the interrupt comes after the buffer, with the lock held */
    g_assert_true(k.f.irq_raises > 0);
    g_mutex_unlock(&k.f.dev->lock);

    struct seg out[2] = { { a, 300, false }, { a + 1000, 724, false } };
    memset(guest_ptr(&k.f, a), 0xaa, 300);
    memset(guest_ptr(&k.f, a + 1000), 0xbb, 724);
    g_assert_cmpuint(request(&k, T_OUT, 7, out, 2, &len), ==, 0);
    g_assert_cmpuint(len, ==, 1);
    g_assert_cmpuint(request(&k, T_FLUSH, 0, NULL, 0, &len), ==, 0);
    g_assert_cmphex(file_byte(&k, 7 * 512), ==, 0xaa);
    g_assert_cmphex(file_byte(&k, 7 * 512 + 299), ==, 0xaa);
    g_assert_cmphex(file_byte(&k, 7 * 512 + 300), ==, 0xbb);
    g_assert_cmphex(file_byte(&k, 9 * 512 - 1), ==, 0xbb);
    g_assert_cmphex(file_byte(&k, 9 * 512), ==, 9);

    struct seg id = { a, 20, true };
    g_assert_cmpuint(request(&k, T_GET_ID, 0, &id, 1, &len), ==, 0);
    g_assert_cmpmem(guest_ptr(&k.f, a), 20, "mynah-serial-number-too-long", 20);
    disk_close(&k, true);
}

/* The ring full of requests at once, several times: each buffer comes back once, with its own data. */
static void many(gconstpointer data)
{
    const struct mode *m = data;
    struct disk k;

    disk_open(&k, m->legacy, "");
    disk_start(&k, m->want);
    for (unsigned round = 0; round < 10; round++) {
        uint16_t ids[40];
        gpa at[40], status[40];
        bool seen[40] = { false };
        for (unsigned i = 0; i < 40; i++) {
            at[i] = guest_alloc(&k.f, 1024, 512);
            struct seg s = { at[i], 1024, true };
            ids[i] = submit(&k, T_IN, (i * 37 + round) % (SECTORS - 1), &s, 1, &status[i]);
        }
        drv_kick(&k.d);
        gint64 end = patience_end(10);
        for (unsigned back = 0; back < 40;) {
            uint16_t id;
            uint32_t len;
            if (!drv_used(&k.d, &id, &len)) {
                g_assert_cmpint(g_get_monotonic_time(), <, end);
                g_usleep(50);
                continue;
            }
            unsigned i = 0;
            while (ids[i] != id)
                g_assert_cmpuint(++i, <, 40);
            g_assert_false(seen[i]);
            seen[i] = true;
            back++;
            g_assert_cmpuint(len, ==, 1025);
            g_assert_cmpuint(*(uint8_t *)guest_ptr(&k.f, status[i]), ==, 0);
            check_data(&k, at[i], (i * 37 + round) % (SECTORS - 1) * 512, 1024);
        }
    }
    disk_close(&k, true);
}

static uint8_t range_request(struct disk *k, uint32_t type, uint64_t sector, uint32_t n, uint32_t flags)
{
    gpa a = guest_alloc(&k->f, 16, 16);
    struct seg s = { a, 16, false };
    struct { uint64_t sector; uint32_t n, flags; } range = { GUINT64_TO_LE(sector), GUINT32_TO_LE(n),
                                                           GUINT32_TO_LE(flags) };

    memcpy(guest_ptr(&k->f, a), &range, 16);
    return request(k, type, 0, &s, 1, NULL);
}

static void ranges(void)
{
    struct disk k;

    disk_open(&k, false, ",discard=unmap");
    disk_start(&k, UINT64_MAX & ~VIRTIO_BIT(VIRTIO_F_RING_PACKED));
    g_assert_cmpuint(range_request(&k, T_WRITE_ZEROES, 10, 5, 1), ==, 0);
    g_assert_cmphex(file_byte(&k, 10 * 512 - 1), ==, (uint8_t)(9 + 10 * 512 - 1));
    g_assert_cmphex(file_byte(&k, 10 * 512 + 3), ==, 0);
    g_assert_cmphex(file_byte(&k, 15 * 512 - 1), ==, 0);
    g_assert_cmphex(file_byte(&k, 15 * 512), ==, 15);
    g_assert_cmpuint(range_request(&k, T_DISCARD, 100, 8, 0), ==, 0);
    g_assert_cmpuint(range_request(&k, T_DISCARD, 100, 8, 1), ==, 2);
    g_assert_cmpuint(range_request(&k, T_WRITE_ZEROES, 100, 8, 2), ==, 2);
    g_assert_cmpuint(range_request(&k, T_WRITE_ZEROES, SECTORS - 1, 2, 0), ==, 1);
    g_assert_cmpuint(range_request(&k, T_DISCARD, UINT64_MAX, 1, 0), ==, 1);
    g_assert_cmpuint(range_request(&k, T_DISCARD, UINT64_C(1) << 55, 1, 0), ==, 1);
    g_assert_cmpuint(range_request(&k, T_WRITE_ZEROES, 0, UINT32_MAX, 0), ==, 1);
    disk_close(&k, true);
}

static void errors(void)
{
    struct disk k;
    uint32_t len;

    disk_open(&k, false, "");
    disk_start(&k, 0);
    gpa a = guest_alloc(&k.f, 4096, 512);
    struct seg in = { a, 1024, true }, odd = { a, 100, true };
    g_assert_cmpuint(request(&k, T_IN, SECTORS - 1, &in, 1, &len), ==, 1);
    g_assert_cmpuint(request(&k, T_IN, SECTORS, &in, 1, NULL), ==, 1);
    g_assert_cmpuint(request(&k, T_IN, UINT64_MAX / 512 + 1, &in, 1, NULL), ==, 1);
    g_assert_cmpuint(request(&k, T_IN, UINT64_MAX, &in, 1, NULL), ==, 1);
    g_assert_cmpuint(request(&k, T_IN, 0, &odd, 1, NULL), ==, 1);
    g_assert_cmpuint(request(&k, 99, 0, &in, 1, &len), ==, 2);
    g_assert_cmpuint(request(&k, T_IN, 3, &in, 1, NULL), ==, 0);

    /* No room for a status. */
    struct seg no_status = { a, 16, false };
    drv_add(&k.d, &no_status, 1);
    drv_kick(&k.d);
    g_assert_cmphex(rd(&k.f, 0x70) & 0x40, ==, 0x40);
    disk_start(&k, 0);
    struct seg short_header[2] = { { a, 15, false }, { a + 100, 1, true } };
    drv_add(&k.d, short_header, 2);
    drv_kick(&k.d);
    g_assert_cmphex(rd(&k.f, 0x70) & 0x40, ==, 0x40);
    disk_start(&k, 0);
    g_assert_cmpuint(request(&k, T_IN, 3, &in, 1, NULL), ==, 0);
    check_data(&k, a, 3 * 512, 1024);
    disk_close(&k, true);
}

static void read_only(void)
{
    struct disk k;

    disk_open(&k, false, ",readonly=on");
    disk_start(&k, UINT64_MAX & ~VIRTIO_BIT(VIRTIO_F_RING_PACKED));
    g_assert_true(k.features & VIRTIO_BIT(5));
    gpa a = guest_alloc(&k.f, 512, 512);
    struct seg out = { a, 512, false };
    g_assert_cmpuint(request(&k, T_OUT, 0, &out, 1, NULL), ==, 1);
    g_assert_cmphex(file_byte(&k, 1), ==, 1);
    disk_close(&k, true);
}

/* How requests under way lose their queue. */
enum loss { BY_RESET, BY_MACHINE_RESET, BY_STOP, BY_MOVE, BY_UNREALIZE, LOSSES };

static void lose(struct disk *k, enum loss how)
{
    switch (how) {
    case BY_RESET:
        wr(&k->f, 0x70, 0);
        break;
    case BY_MACHINE_RESET:
        g_mutex_lock(&k->f.dev->lock);
        k->f.dev->type->reset(k->f.dev);
        g_mutex_unlock(&k->f.dev->lock);
        break;
    case BY_STOP:
        wr(&k->f, 0x30, 0);
        wr(&k->f, 0x44, 0);
        break;
    case BY_MOVE: /* to a smaller ring at the end of memory, without stopping it */
        wr(&k->f, 0x30, 0);
        wr(&k->f, 0x38, 1);
        wr(&k->f, 0x80, RAM_BASE + RAM_SIZE - 16);
        wr(&k->f, 0x44, 1);
        break;
    case BY_UNREALIZE:
        virtio_rig_unrealize(k->f.dev);
        break;
    case LOSSES:
        break;
    }
}

/* Every kind of request is under way when its queue goes: none reaches the new ring, and memory is quiet after it. */
static void under_load(gconstpointer data)
{
    enum loss how = GPOINTER_TO_INT(data) & 0xff;
    bool packed = GPOINTER_TO_INT(data) & 0x100, snapshot = GPOINTER_TO_INT(data) & 0x200;
    static const uint32_t types[] = { T_IN, T_OUT, T_FLUSH, T_DISCARD, T_WRITE_ZEROES };
    uint64_t want = packed ? VIRTIO_BIT(VIRTIO_F_RING_PACKED) : 0;
    struct disk k;

    disk_open(&k, false, snapshot ? ",snapshot=on,discard=unmap" : ",discard=unmap");
    for (unsigned round = 0; round < (how == BY_UNREALIZE ? 1 : 30); round++) {
        uint16_t id;
        uint32_t len;
        gpa at[20], status[20];
        k.f.heap = RAM_BASE + 0x1000;
        memset(guest_ptr(&k.f, RAM_BASE), 0, 1 << 20);
        disk_start(&k, want);
        for (unsigned i = 0; i < 20; i++) {
            uint32_t type = types[i % ARRAY_SIZE(types)];
            at[i] = guest_alloc(&k.f, 4096, 512);
            struct seg s = { at[i], type == T_IN || type == T_OUT ? 4096 : 16, type == T_IN };
            submit(&k, type, i * 8, &s, type == T_FLUSH ? 0 : 1, &status[i]);
        }
        drv_kick(&k.d);
        lose(&k, how);
        memset(guest_ptr(&k.f, RAM_BASE), 0x77, RAM_SIZE);
        if (how == BY_UNREALIZE)
            break;
        k.f.heap = RAM_BASE + 0x100000;
        memset(guest_ptr(&k.f, k.f.heap), 0, 0x100000);
        disk_start(&k, want);
        g_assert_false(drv_used(&k.d, &id, &len));
        gpa a = guest_alloc(&k.f, 512, 512);
        struct seg s = { a, 512, true };
        g_assert_cmpuint(request(&k, T_IN, 1, &s, 1, NULL), ==, 0);
        for (unsigned i = 0; i < 0x100000; i++)
            g_assert_cmphex(*(uint8_t *)guest_ptr(&k.f, RAM_BASE + i), ==, 0x77);
    }
    if (how == BY_UNREALIZE) {
        for (unsigned i = 0; i < 0x100000; i++)
            g_assert_cmphex(*(uint8_t *)guest_ptr(&k.f, RAM_BASE + i), ==, 0x77);
        g_assert_cmpuint(((struct virtio *)k.f.dev)->taken, ==, 0);
    }
    disk_close(&k, how != BY_UNREALIZE);
}

static void cache_mode(void)
{
    struct disk k;

    disk_open(&k, false, "");
    disk_start(&k, UINT64_MAX & ~VIRTIO_BIT(VIRTIO_F_RING_PACKED));
    uint64_t v;
    g_assert_cmpint(bus_read(k.f.machine.as, MMIO_BASE + 0x120, 1, &v), ==, BUS_OK);
    g_assert_cmpuint(v, ==, 1);
    bus_write(k.f.machine.as, MMIO_BASE + 0x120, 1, 0);
    bus_read(k.f.machine.as, MMIO_BASE + 0x120, 1, &v);
    g_assert_cmpuint(v, ==, 0);
    wr(&k.f, 0x100, 12345); /* the capacity is not the driver's */
    g_assert_cmpuint(rd(&k.f, 0x100), ==, SECTORS);
    gpa a = guest_alloc(&k.f, 512, 512);
    struct seg out = { a, 512, false };
    g_assert_cmpuint(request(&k, T_OUT, 5, &out, 1, NULL), ==, 0);
    g_assert_cmphex(file_byte(&k, 5 * 512 + 9), ==, 0);
    disk_start(&k, 0); /* a driver that can't flush has no cache */
    bus_read(k.f.machine.as, MMIO_BASE + 0x120, 1, &v);
    g_assert_cmpuint(v, ==, 0);
    disk_close(&k, true);
}

int main(int argc, char **argv)
{
    static const struct mode legacy = { true, UINT32_MAX }, split = { false, 0 };
    static const struct mode split_all = { false, UINT64_MAX & ~(UINT64_C(1) << 34) };
    static const struct mode packed = { false, UINT64_MAX };

    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/blk/read-write/legacy", &legacy, read_write);
    g_test_add_data_func("/blk/read-write/split", &split, read_write);
    g_test_add_data_func("/blk/read-write/split-all", &split_all, read_write);
    g_test_add_data_func("/blk/read-write/packed", &packed, read_write);
    g_test_add_data_func("/blk/many/legacy", &legacy, many);
    g_test_add_data_func("/blk/many/split", &split, many);
    g_test_add_data_func("/blk/many/packed", &packed, many);
    g_test_add_func("/blk/ranges", ranges);
    g_test_add_func("/blk/errors", errors);
    g_test_add_func("/blk/read-only", read_only);
    for (unsigned how = 0; how < LOSSES; how++) {
        static const char *const names[] = { "reset", "machine-reset", "stop", "move", "unrealize" };
        for (unsigned bits = 0; bits < 4; bits++) {
            g_autofree char *name = g_strdup_printf("/blk/under-load/%s/%s%s", names[how],
                                                    bits & 1 ? "packed" : "split", bits & 2 ? "-snapshot" : "");
            g_test_add_data_func(name, GINT_TO_POINTER(how | bits << 8), under_load);
        }
    }
    g_test_add_func("/blk/cache-mode", cache_mode);
    return g_test_run();
}
