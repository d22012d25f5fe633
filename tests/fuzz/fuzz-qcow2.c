/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * qcow2 images that are wrong. An input takes one of a few good images, changes numbers in its tables or anywhere,
 * perhaps
 * cuts it off, and has the node do things with it: requests, snapshots, sizes, checks. Whatever the image says, each of
 * them ends, with an error perhaps. After a repair that says it was one, a check finds nothing.
 */
#include <string.h>

#include "block/format.h"
#include "block/qcow2.h"
#include "fuzz.h"

const char fuzz_name[] = "qcow2";
const unsigned fuzz_runs = 1500;
const size_t fuzz_max_size = 512;

static const struct block_create shapes[] = {
    { .size = 256 * KiB, .cluster_size = 512 },
    { .size = 512 * KiB, .cluster_size = 512, .refcount_bits = 2, .lazy_refcounts = true },
    { .size = 1 * MiB, .cluster_size = 4096, .version = 2 },
    { .size = 1 * MiB, .cluster_size = 16384, .extended_l2 = true, .zstd = true },
};

struct image {
    GByteArray *bytes;
    uint64_t tables[6]; /* where something interesting is */
};
static struct image images[G_N_ELEMENTS(shapes)];
#define MAX_REQUEST (256 * KiB)
static uint8_t buf[MAX_REQUEST];

static struct block *open_file(const char *path, bool inspect, bool read_only)
{
    const struct node_options no = { .write_cache = true, .discard = true, .inspect = inspect, .read_only = read_only };

    return image_open(path, "qcow2", &no, NULL, false, NULL, NULL);
}

/* An image with data, zeroes, compressed clusters and a snapshot with machine state. */
static void make_image(struct image *im, const struct block_create *c)
{
    const char *path = fuzz_file(0, "", 0);
    struct image_snapshot s = { .name = (char *)"s", .vm_size = 1000, .icount = UINT64_MAX };
    char *contents;
    gsize len;

    g_assert_cmpint(image_create(path, "qcow2", c, NULL), ==, 0);
    struct block *b = open_file(path, false, false);
    g_assert_nonnull(b);
    memset(buf, 7, sizeof(buf));
    for (uint64_t at = 0; at < c->size; at += 100 * KiB)
        g_assert_cmpint(node_pwrite(b, at, buf, MIN(20 * KiB, c->size - at)), ==, 0);
    b->driver->write_compressed(b, 64 * KiB, buf, c->cluster_size);
    b->driver->write_compressed(b, 80 * KiB, buf, c->cluster_size);
    g_assert_cmpint(b->driver->snapshots->write_state(b, 0, buf, 1000), ==, 0);
    g_assert_cmpint(b->driver->snapshots->create(b, &s, NULL), ==, 0);
    g_assert_cmpint(node_pwrite(b, 0, buf, 3 * KiB), ==, 0);
    g_assert_cmpint(node_zeroes(b, 128 * KiB, 32 * KiB, true), ==, 0);
    g_assert_cmpint(node_flush(b), ==, 0);
    const struct qcow2 *q = b->state;
    im->tables[0] = 0;
    im->tables[1] = q->l1_offset;
    im->tables[2] = q->rt_offset;
    im->tables[3] = q->rt[0];
    im->tables[4] = q->l1[0] & QCOW2_OFFSET;
    im->tables[5] = q->snapshots_offset;
    block_node_unref(b);
    g_assert_true(g_file_get_contents(path, &contents, &len, NULL));
    im->bytes = g_byte_array_new_take((uint8_t *)contents, len);
}

void fuzz_init(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(shapes); i++)
        make_image(&images[i], &shapes[i]);
}

static void damage(struct fuzz *f, GByteArray *bytes, const struct image *im)
{
    for (unsigned n = fuzz_u8(f) % 8; n > 0; n--) {
        uint8_t where = fuzz_u8(f), width = 1 << fuzz_u8(f) % 4;
        uint64_t at = where % 8 < 6 ? im->tables[where % 8] + (fuzz_u8(f) % 128) * (where & 8 ? 8 : 4) : fuzz_u32(f);
        uint64_t value = fuzz_u8(f) % 4 ? fuzz_number(f) : im->tables[fuzz_u8(f) % 6] | QCOW2_COPIED;
        uint8_t be[8];
        put64(be, value);
        at %= bytes->len - 8;
        memcpy(bytes->data + at, be + 8 - width, width);
    }
    if (fuzz_u8(f) == 1)
        g_byte_array_set_size(bytes, fuzz_u32(f) % bytes->len);
}

static void use_snapshots(struct fuzz *f, struct block *b)
{
    const struct snapshot_ops *ops = b->driver->snapshots;
    struct image_snapshot s = { .name = (char *)"t", .icount = UINT64_MAX };
    unsigned i = fuzz_u8(f);

    if (ops->count(b) == 0)
        return;
    i %= ops->count(b);
    switch (fuzz_u8(f) % 4) {
    case 0:
        ops->load(b, i, NULL);
        break;
    case 1:
        ops->remove(b, i, NULL);
        break;
    case 2:
        ops->create(b, &s, NULL);
        break;
    default:
        ops->read_state(b, i, 0, buf, MIN(ops->get(b, i)->vm_size, sizeof(buf)));
    }
}

static void check(struct block *b, unsigned fix)
{
    struct block_check c = { 0 }, again = { 0 };

    if (qcow2_check(b, &c, fix, NULL) < 0 || fix != (CHECK_FIX_ERRORS | CHECK_FIX_LEAKS) || c.corruptions + c.errors)
        return;
    g_assert_cmpint(qcow2_check(b, &again, 0, NULL), ==, 0);
    g_assert_cmpuint(again.corruptions, ==, 0);
}

static void use(struct fuzz *f, struct block *b)
{
    uint64_t at = fuzz_u8(f) % 4 ? fuzz_u32(f) : fuzz_number(f), len = 1 + fuzz_u32(f) % MAX_REQUEST;
    struct extent e;

    at = b->size ? at % b->size : 0;
    len = MIN(len, b->size - at);
    switch (fuzz_u8(f) % 9) {
    case 0:
    case 1:
        node_pread(b, at, buf, len);
        break;
    case 2:
    case 3:
        if (!b->read_only)
            node_pwrite(b, at, buf, len);
        break;
    case 4:
        if (!b->read_only)
            node_zeroes(b, at, len, len & 1);
        break;
    case 5:
        if (!b->read_only)
            node_discard(b, at, len);
        break;
    case 6:
        if (len)
            node_status(b, at, b->size - at, &e);
        node_flush(b);
        break;
    case 7:
        if (!b->read_only)
            use_snapshots(f, b);
        break;
    default:
        if (!b->read_only && at < 64 * MiB)
            b->driver->resize(b, at / 512 * 512, NULL);
    }
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct fuzz f = { data, size };
    const struct image *im = &images[fuzz_u8(&f) % G_N_ELEMENTS(images)];
    uint8_t how = fuzz_u8(&f);
    GByteArray *bytes = g_byte_array_new();

    g_byte_array_append(bytes, im->bytes->data, im->bytes->len);
    damage(&f, bytes, im);
    const char *path = fuzz_file(0, bytes->data, bytes->len);
    g_byte_array_unref(bytes);
    struct block *b = open_file(path, how & 1, how & 2);
    if (!b)
        return;
    if (how & 1)
        check(b, how & 2 ? 0 : how >> 2 & 3);
    else
        for (unsigned i = 0; i < 20 && f.left; i++)
            use(&f, b);
    block_node_unref(b);
}
