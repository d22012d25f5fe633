/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * qcow2 on a node in memory that keeps what was flushed, and of what was written since loses any part at a crash: random
 * requests against a plain copy of the disk, crashes, snapshots, sizes, images that are wrong.
 */
#include <string.h>

#include "block/format.h"
#include "block/qcow2.h"
#include "tests/lossy-node.h"

/* -- Images -- */

static struct block *open_on(struct block *file, bool inspect, bool discard)
{
    const struct node_options no = { .write_cache = true, .inspect = inspect, .discard = discard };
    GError *err = NULL;
    struct block *b = qcow2_open(file, NULL, &no, &err);

    g_assert_no_error(err);
    return b;
}

static struct block *make(const struct block_create *c)
{
    struct block *file = lossy_node_new(NULL);
    GError *err = NULL;

    g_assert_cmpint(qcow2_create(file, c, &err), ==, 0);
    g_assert_no_error(err);
    return open_on(file, false, true);
}

static const struct block_create shapes[] = {
    { .size = 2 * MiB, .cluster_size = 512 },
    { .size = 2 * MiB, .cluster_size = 512, .refcount_bits = 1 },
    { .size = 4 * MiB, .cluster_size = 4096, .refcount_bits = 64, .lazy_refcounts = true },
    { .size = 4 * MiB, .cluster_size = 4096, .version = 2 },
    { .size = 8 * MiB, .cluster_size = 65536 },
    { .size = 8 * MiB, .cluster_size = 65536, .extended_l2 = true, .refcount_bits = 8 },
    { .size = 8 * MiB - 512, .cluster_size = 16384, .extended_l2 = true, .lazy_refcounts = true, .zstd = true },
    { .size = 9 * MiB + 512, .cluster_size = 2 * MiB, .zstd = true },
};

static void check_fine(struct block *b, bool leaks_ok)
{
    struct block_check c = { .out = g_string_new(NULL) };

    g_assert_cmpint(qcow2_check(b, &c, 0, NULL), ==, 0);
    if (c.corruptions || (c.leaks && !leaks_ok))
        g_test_message("%s", c.out->str);
    g_assert_cmpuint(c.corruptions, ==, 0);
    if (!leaks_ok)
        g_assert_cmpuint(c.leaks, ==, 0);
    g_string_free(c.out, TRUE);
}

/* -- Random requests -- */

struct disk {
    struct block *b;
    uint8_t *is, *buf;
};

static void one_request(struct disk *d)
{
    uint64_t sectors = d->b->size / 512, at = g_test_rand_int_range(0, sectors);
    uint64_t max = g_test_rand_int_range(0, 12) ? 40 : 3000;
    uint64_t n = g_test_rand_int_range(1, max);
    int r = 0;

    n = MIN(n, sectors - at) * 512;
    at *= 512;
    switch (g_test_rand_int_range(0, 12)) {
    case 0:
    case 1:
        memset(d->is + at, 0, n);
        r = node_zeroes(d->b, at, n, g_test_rand_int_range(0, 2));
        break;
    case 2:
        r = node_discard(d->b, at, n); /* it is zero or as it was, a cluster each */
        g_assert_cmpint(node_pread(d->b, at, d->buf, n), ==, 0);
        for (uint64_t i = 0; i < n; i++)
            g_assert_true(d->buf[i] == 0 || d->buf[i] == d->is[at + i]);
        memcpy(d->is + at, d->buf, n);
        break;
    case 3:
        r = node_flush(d->b);
        break;
    case 4:
    case 5:
        r = node_pread(d->b, at, d->buf, n);
        g_assert_cmpmem(d->buf, n, d->is + at, n);
        break;
    default:
        memset(d->is + at, g_test_rand_int_range(0, 256), n);
        r = node_pwrite(d->b, at, d->is + at, n);
    }
    g_assert_cmpint(r, ==, 0);
}

static void test_random(gconstpointer shape)
{
    struct block *b = make(shape), *file = b->child;
    struct disk d = { b, g_malloc0(b->size), g_malloc(b->size) };

    for (unsigned i = 0; i < 400; i++)
        one_request(&d);
    g_assert_cmpint(node_pread(b, 0, d.buf, b->size), ==, 0);
    g_assert_cmpmem(d.buf, b->size, d.is, b->size);
    /* Closed and opened again it is the same, and nothing is left over. */
    file->refs++;
    block_node_unref(b);
    b = open_on(file, false, false);
    check_fine(b, false);
    g_assert_cmpint(node_pread(b, 0, d.buf, b->size), ==, 0);
    g_assert_cmpmem(d.buf, b->size, d.is, b->size);
    block_node_unref(b);
    g_free(d.is);
    g_free(d.buf);
}

/* -- Crashes -- */

/*
 * The disk's sectors each hold the number of the write that wrote them. After a crash, one has a number that is at
 * least
 * that at the last flush, and was written there.
 */
static void test_crash(gconstpointer shape)
{
    const struct block_create *c = shape;

    for (unsigned round = 0; round < 25; round++) {
        struct block *b = make(c), *file = b->child;
        uint64_t sectors = b->size / 512;
        g_autofree uint32_t *now = g_new0(uint32_t, sectors), *flushed = g_new0(uint32_t, sectors);
        uint32_t sector[128];
        unsigned writes = g_test_rand_int_range(1, 250), last = 0;
        for (unsigned i = 1; i <= writes; i++) {
            uint64_t at = g_test_rand_int_range(0, sectors), n = g_test_rand_int_range(1, 20);
            n = MIN(n, sectors - at);
            bool zero = g_test_rand_int_range(0, 8) == 0;
            for (unsigned k = 0; k < 128; k++)
                sector[k] = i;
            for (uint64_t k = 0; k < n; k++, last = i) {
                now[at + k] = i;
                if (!zero)
                    g_assert_cmpint(node_pwrite(b, (at + k) * 512, sector, 512), ==, 0);
            }
            if (zero) { /* as number 0: whatever came before may be there, or this */
                g_assert_cmpint(node_zeroes(b, at * 512, n * 512, true), ==, 0);
                for (uint64_t k = 0; k < n; k++)
                    now[at + k] = flushed[at + k] = 0;
            }
            if (g_test_rand_int_range(0, 12) == 0) {
                g_assert_cmpint(node_flush(b), ==, 0);
                memcpy(flushed, now, sectors * sizeof(*now));
            }
        }
        GByteArray *left = lossy_node_crash(file, round % 3);
        struct block *after = open_on(lossy_node_new(left), false, false); /* mends what lazy refcounts leave */
        check_fine(after, true);
        for (uint64_t s = 0; s < sectors; s++) {
            g_assert_cmpint(node_pread(after, s * 512, sector, 512), ==, 0);
            if (sector[0] > last || (sector[0] < flushed[s] && sector[0] != 0) ||
                (flushed[s] && sector[0] == 0 && now[s]))
                g_error("round %u: sector %u has write %u; flushed was %u, written %u", round, (unsigned)s, sector[0],
                        flushed[s], now[s]);
        }
        block_node_unref(after);
        block_node_unref(b);
    }
}

/* -- Snapshots -- */

static void test_snapshots(gconstpointer shape)
{
    struct block *b = make(shape), *file = b->child;
    const struct snapshot_ops *ops = b->driver->snapshots;
    struct disk d = { b, g_malloc0(b->size), g_malloc(b->size) };
    struct image_snapshot s = { .name = (char *)"one", .vm_size = 300000, .icount = UINT64_MAX };
    g_autofree uint8_t *one = NULL, *state = g_malloc(s.vm_size), *state_read = g_malloc(s.vm_size);
    bool narrow = ((const struct block_create *)shape)->refcount_bits == 1;

    for (unsigned i = 0; i < 100; i++)
        one_request(&d);
    one = g_memdup2(d.is, b->size);
    for (unsigned i = 0; i < s.vm_size; i++)
        state[i] = i * 7 + i / 256;
    g_assert_cmpint(ops->write_state(b, 0, state, s.vm_size), ==, 0);
    if (narrow) { /* nothing can be shared */
        g_assert_cmpint(ops->create(b, &s, NULL), ==, -EINVAL);
        check_fine(b, true);
        goto end;
    }
    g_assert_cmpint(ops->create(b, &s, NULL), ==, 0);
    check_fine(b, false);
    for (unsigned i = 0; i < 100; i++)
        one_request(&d);
    s.name = (char *)"two";
    s.vm_size = 0;
    g_assert_cmpint(ops->create(b, &s, NULL), ==, 0);
    for (unsigned i = 0; i < 100; i++)
        one_request(&d);
    check_fine(b, false);
    g_assert_cmpint(ops->read_state(b, snapshot_find(b, "one"), 0, state_read, 300000), ==, 0);
    g_assert_cmpmem(state, 300000, state_read, 300000);
    g_assert_cmpint(node_pread(b, 0, d.buf, b->size), ==, 0);
    g_assert_cmpmem(d.buf, b->size, d.is, b->size);
    g_assert_cmpint(ops->load(b, snapshot_find(b, "1"), NULL), ==, 0);
    g_assert_cmpint(node_pread(b, 0, d.buf, b->size), ==, 0);
    g_assert_cmpmem(d.buf, b->size, one, b->size);
    memcpy(d.is, one, b->size);
    for (unsigned i = 0; i < 50; i++)
        one_request(&d);
    check_fine(b, false);
    g_assert_cmpint(ops->remove(b, snapshot_find(b, "two"), NULL), ==, 0);
    check_fine(b, false);
    file->refs++;
    block_node_unref(b);
    d.b = b = open_on(file, false, false);
    g_assert_cmpuint(ops->count(b), ==, 1);
    g_assert_cmpint(ops->remove(b, 0, NULL), ==, 0);
    check_fine(b, false);
    g_assert_cmpint(node_pread(b, 0, d.buf, b->size), ==, 0);
    g_assert_cmpmem(d.buf, b->size, d.is, b->size);
end:
    block_node_unref(b);
    g_free(d.is);
    g_free(d.buf);
}

/* -- Sizes -- */

/* Tables that need several blocks of refcounts at once, which are small with these clusters. */
static void test_large_tables(void)
{
    struct block_create c = { .size = 1 * MiB, .cluster_size = 512, .refcount_bits = 64 };
    struct block *b = make(&c), *file = b->child;
    uint8_t ones[4096], buf[4096];

    memset(ones, 1, sizeof(ones));
    for (unsigned i = 1; i < 8; i++) {
        g_assert_cmpint(qcow2_resize(b, i * 2 * GiB, NULL), ==, 0);
        g_assert_cmpint(node_pwrite(b, i * 2 * GiB - 4096, ones, 4096), ==, 0);
        check_fine(b, false);
    }
    file->refs++;
    block_node_unref(b);
    b = open_on(file, false, false);
    for (unsigned i = 1; i < 8; i++) {
        g_assert_cmpint(node_pread(b, i * 2 * GiB - 4096, buf, 4096), ==, 0);
        g_assert_cmpmem(buf, 4096, ones, 4096);
    }
    check_fine(b, false);
    block_node_unref(b);
}

static void test_resize(void)
{
    struct block_create c = { .size = 1 * MiB, .cluster_size = 512 };
    struct block *b = make(&c);
    uint8_t ones[4096], buf[4096];

    memset(ones, 1, sizeof(ones));
    g_assert_cmpint(node_pwrite(b, MiB - 4096, ones, 4096), ==, 0);
    g_assert_cmpint(qcow2_resize(b, 100 * MiB, NULL), ==, 0);
    g_assert_cmpint(node_pwrite(b, 100 * MiB - 4096, ones, 4096), ==, 0);
    g_assert_cmpint(node_pread(b, MiB - 4096, buf, 4096), ==, 0);
    g_assert_cmpmem(buf, 4096, ones, 4096);
    g_assert_cmpint(qcow2_resize(b, MiB - 1024, NULL), ==, 0);
    g_assert_cmpint(qcow2_resize(b, 2 * MiB, NULL), ==, 0);
    g_assert_cmpint(node_pread(b, MiB - 4096, buf, 4096), ==, 0);
    g_assert_cmpmem(buf, 3072, ones, 3072);
    g_assert_true(buf[3072] == 0 && buf[4095] == 0);
    check_fine(b, false);
    block_node_unref(b);
}

/* What comes from the backing node is copied, and nothing else changes. */
static void test_copy_up(gconstpointer shape)
{
    const struct block_create *c = shape;
    struct block *b = make(shape), *backing = make(shape);
    struct disk d = { backing, g_malloc0(b->size), g_malloc(b->size) };

    for (unsigned i = 0; i < 60; i++)
        one_request(&d);
    block_node_set_backing(b, backing);
    d.b = b;
    for (unsigned i = 0; i < 60; i++)
        one_request(&d);
    for (unsigned i = 0; i < 40; i++) {
        uint64_t at = g_test_rand_int_range(0, c->size / 512) * UINT64_C(512), n = c->size - at;
        n = i == 39 ? c->size : MIN(n, 200 * KiB);
        g_assert_cmpint(b->driver->copy_up(b, i == 39 ? 0 : at, n), ==, 0);
        g_assert_cmpint(node_pread(b, 0, d.buf, b->size), ==, 0);
        g_assert_cmpmem(d.buf, b->size, d.is, b->size);
    }
    block_node_set_backing(b, NULL);
    g_assert_cmpint(node_pread(b, 0, d.buf, b->size), ==, 0);
    g_assert_cmpmem(d.buf, b->size, d.is, b->size);
    check_fine(b, false);
    block_node_unref(b);
    g_free(d.is);
    g_free(d.buf);
}

static void test_compressed(gconstpointer shape)
{
    struct block *b = make(shape), *file = b->child;
    struct image_info i;
    b->driver->info(b, &i);
    g_autofree uint8_t *cluster = g_malloc(i.cluster_size), *buf = g_malloc(i.cluster_size);
    uint64_t n = b->size / i.cluster_size;

    for (uint64_t k = 0; k < n; k++) {
        memset(cluster, k + 1, i.cluster_size);
        memcpy(cluster, &k, sizeof(k));
        int r = b->driver->write_compressed(b, k * i.cluster_size, cluster, i.cluster_size);
        g_assert_cmpint(r, ==, 0);
    }
    file->refs++;
    block_node_unref(b);
    b = open_on(file, false, false);
    check_fine(b, false);
    for (uint64_t k = 0; k < n; k++) {
        g_assert_cmpint(node_pread(b, k * i.cluster_size, buf, i.cluster_size), ==, 0);
        memset(cluster, k + 1, i.cluster_size);
        memcpy(cluster, &k, sizeof(k));
        g_assert_cmpmem(buf, i.cluster_size, cluster, i.cluster_size);
        g_assert_cmpint(node_pwrite(b, k * i.cluster_size + 512 * (k % (i.cluster_size / 512)), &k, 1), ==, 0);
    }
    check_fine(b, true);
    block_node_unref(b);
}

/* -- What is wrong -- */

/* A good image, changed: bytes of the header at `at`. */
static char *refusal(size_t at, uint64_t value, unsigned bytes)
{
    struct block_create c = { .size = 1 * MiB };
    struct block *b = make(&c), *file = b->child;
    const struct node_options no = { .write_cache = true };
    GError *err = NULL;
    uint8_t be[8];

    file->refs++;
    block_node_unref(b);
    put64(be, value);
    g_assert_cmpint(node_pwrite(file, at, be + 8 - bytes, bytes), ==, 0);
    b = qcow2_open(file, NULL, &no, &err);
    if (b)
        block_node_unref(b);
    char *message = err ? g_strdup(err->message) : NULL;
    g_clear_error(&err);
    return message;
}

static void test_refused(void)
{
    static const struct {
        size_t at;
        uint64_t value;
        unsigned bytes;
        const char *says;
    } cases[] = {
        { H_MAGIC, 0, 4, "not a qcow2 image" },
        { H_VERSION, 4, 4, "version 4" },
        { H_CLUSTER_BITS, 8, 4, "clusters of 2^8 bytes" },
        { H_CLUSTER_BITS, 63, 4, "clusters of 2^63 bytes" },
        { H_SIZE, INT64_MAX, 8, "too large" },
        { H_SIZE, UINT64_C(1) << 50, 8, "L1 table is too small" },
        { H_CRYPT, 1, 4, "encrypted" },
        { H_L1_SIZE, 0x7fffffff, 4, "L1 table is too large" },
        { H_L1_OFFSET, UINT64_C(1) << 40, 8, "cut off" },
        { H_L1_OFFSET, 513, 8, "not aligned" },
        { H_RT_OFFSET, UINT64_C(1) << 63, 8, "cut off" },
        { H_RT_CLUSTERS, 0, 4, "no refcount table" },
        { H_RT_CLUSTERS, 0xffffffff, 4, "too large" },
        { H_SNAPSHOTS, 0xffffffff, 4, "table of snapshots" },
        { H_SNAPSHOTS, 3, 4, "snapshot 1 is wrong" },
        { H_BACKING_OFFSET, UINT64_C(1) << 60, 8, "backing file's name" },
        { H_INCOMPAT, 4, 8, "external data file" },
        { H_INCOMPAT, UINT64_C(1) << 40 | 4, 8, "external data file, bit 40" },
        { H_INCOMPAT, 2, 8, "marked as corrupt" },
        { H_REFCOUNT_ORDER, 7, 4, "more than 64 bits" },
        { H_LENGTH, 0x7fffffff, 4, "impossible length" },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *message = refusal(cases[i].at, cases[i].value, cases[i].bytes);
        g_assert_nonnull(message);
        if (!strstr(message, cases[i].says))
            g_error("case %u: '%s', expected '%s'", i, message, cases[i].says);
    }
}

/* An L2 entry that leads to the L1 table: it reads, a write fails and marks the image, a repair makes it usable. */
static void test_overlap(void)
{
    struct block_create c = { .size = 1 * MiB };
    struct block *b = make(&c), *file = b->child;
    struct block_check k = { 0 };
    uint8_t be[8], buf[512] = "data";

    g_assert_cmpint(node_pwrite(b, 0, buf, 512), ==, 0);
    file->refs++;
    struct qcow2 *q = b->state;
    uint64_t table = q->l1[0] & QCOW2_OFFSET;
    block_node_unref(b);
    b = open_on(file, false, false);
    q = b->state;
    put64(be, q->l1_offset | QCOW2_COPIED);
    file->refs++;
    block_node_unref(b);
    g_assert_cmpint(node_pwrite(file, table, be, 8), ==, 0);
    b = open_on(file, false, false);
    g_assert_cmpint(node_pread(b, 0, buf, 512), ==, 0);
    g_assert_cmpint(node_pwrite(b, 0, buf, 512), ==, -EIO);
    g_assert_cmpint(node_pread(b, 0, buf, 512), ==, -EIO);
    file->refs++;
    block_node_unref(b);
    b = open_on(file, true, false);
    g_assert_cmpint(qcow2_check(b, &k, 0, NULL), ==, 0);
    g_assert_cmpuint(k.corruptions, >, 0);
    k = (struct block_check){ 0 };
    g_assert_cmpint(qcow2_check(b, &k, CHECK_FIX_ERRORS | CHECK_FIX_LEAKS, NULL), ==, 0);
    file->refs++;
    block_node_unref(b);
    b = open_on(file, false, false);
    check_fine(b, false);
    g_assert_cmpint(node_pwrite(b, 0, buf, 512), ==, 0);
    block_node_unref(b);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        GTestDataFunc fn;
    } tests[] = {
        { "random", test_random }, { "crash", test_crash }, { "snapshots", test_snapshots },
        { "compressed", test_compressed }, { "copy-up", test_copy_up },
    };

    g_test_init(&argc, &argv, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(shapes); i++) {
        for (unsigned k = 0; k < G_N_ELEMENTS(tests); k++) {
            g_autofree char *name = g_strdup_printf("/qcow2/%s/%u", tests[k].name, i);
            g_test_add_data_func(name, &shapes[i], tests[k].fn);
        }
    }
    g_test_add_func("/qcow2/large-tables", test_large_tables);
    g_test_add_func("/qcow2/resize", test_resize);
    g_test_add_func("/qcow2/refused", test_refused);
    g_test_add_func("/qcow2/overlap", test_overlap);
    return g_test_run();
}
