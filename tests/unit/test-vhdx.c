/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vhdx: its sums, the log as other programs leave it and as it is written here, crashes and full disks at any moment,
 * what the headers say of changes, and images that are wrong.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "block/vhdx.h"
#include "tests/lossy-node.h"

static struct block *try_open(struct block *file, bool read_only, bool inspect, GError **err)
{
    const struct node_options no = { .write_cache = true, .read_only = read_only, .inspect = inspect };

    return vhdx_open(file, NULL, &no, err);
}

static struct block *open_on(struct block *file)
{
    GError *err = NULL;
    struct block *b = try_open(file, false, false, &err);

    g_assert_no_error(err);
    return b;
}

static struct block *make(const struct block_create *c)
{
    struct block *file = lossy_node_new(NULL);
    GError *err = NULL;

    g_assert_cmpint(vhdx_create(file, c, &err), ==, 0);
    g_assert_no_error(err);
    return open_on(file);
}

static void check_fine(struct block *b)
{
    struct block_check c = { .out = g_string_new(NULL) };

    g_assert_cmpint(b->driver->check(b, &c, 0, NULL), ==, 0);
    g_assert_cmpstr(c.out->str, ==, "");
    g_assert_cmpuint(c.corruptions + c.leaks + c.errors, ==, 0);
    g_string_free(c.out, TRUE);
}

static GByteArray *copy_bytes(const struct block *file)
{
    const GByteArray *now = lossy_node_bytes(file);

    return g_byte_array_append(g_byte_array_sized_new(now->len), now->data, now->len);
}

/* The published vectors of iSCSI's use of the same sum. */
static void test_crc(void)
{
    uint8_t b[32] = { 0 };

    g_assert_cmphex(vhdx_crc((const uint8_t *)"123456789", 9), ==, 0xe3069283);
    g_assert_cmphex(vhdx_crc(b, 32), ==, 0x8a9136aa);
    memset(b, 0xff, 32);
    g_assert_cmphex(vhdx_crc(b, 32), ==, 0x62a8ab43);
    for (unsigned i = 0; i < 32; i++)
        b[i] = i;
    g_assert_cmphex(vhdx_crc(b, 32), ==, 0x46dd794e);
}

/* -- Crashes -- */

static const struct block_create shapes[] = {
    { .size = 12 * MiB, .block_size = MiB },
    { .size = 3 * GiB, .block_size = MiB, .log_size = 2 * MiB },
    { .size = 12 * MiB + 512, .block_size = 2 * MiB, .not_present = true },
    { .size = 4 * MiB, .block_size = MiB, .fixed = true },
};
#define PLACES 16 /* of a disk that are written */

static uint64_t place_at(const struct block *b, unsigned i)
{
    return b->size / PLACES / 512 * 512 * i;
}

/* Each place has a number that is not older than at the last flush, and was written there; others are zero. */
static void check_places(struct block *b, const uint32_t *flushed, const uint32_t *now)
{
    uint32_t sector[256];

    for (unsigned i = 0; i < PLACES; i++) {
        g_assert_cmpint(node_pread(b, place_at(b, i), sector, 1024), ==, 0);
        for (unsigned k = 0; k < 128; k++)
            g_assert_cmpuint(sector[k], ==, sector[0]);
        for (unsigned k = 128; k < 256; k++)
            g_assert_cmpuint(sector[k], ==, 0);
        if (sector[0] < flushed[i] || sector[0] > now[i])
            g_error("place %u has %u; flushed was %u, written %u", i, sector[0], flushed[i], now[i]);
    }
}

static int put(struct block *b, unsigned place, uint32_t number)
{
    uint32_t sector[128];

    for (unsigned k = 0; k < 128; k++)
        sector[k] = number;
    return node_pwrite(b, place_at(b, place), sector, 512);
}

/* Disks go on after crashes with what they left. */
static void test_crash(gconstpointer shape)
{
    uint32_t now[PLACES], flushed[PLACES];

    for (unsigned round = 0; round < 6; round++) {
        struct block *b = make(shape);
        memset(now, 0, sizeof(now));
        for (unsigned life = 0; life < 4; life++) {
            memset(flushed, 0, sizeof(flushed));
            if (life > 0) { /* any of the former life may be there */
                uint32_t sector[128];
                for (unsigned i = 0; i < PLACES; i++) {
                    g_assert_cmpint(node_pread(b, place_at(b, i), sector, 512), ==, 0);
                    now[i] = sector[0];
                }
                g_assert_cmpint(node_flush(b), ==, 0);
                memcpy(flushed, now, sizeof(now));
            }
            for (unsigned n = g_test_rand_int_range(1, 30); n > 0; n--) {
                unsigned i = g_test_rand_int_range(0, PLACES);
                g_assert_cmpint(put(b, i, ++now[i]), ==, 0);
                if (g_test_rand_int_range(0, 4))
                    continue;
                g_assert_cmpint(node_flush(b), ==, 0);
                memcpy(flushed, now, sizeof(now));
            }
            struct block *after = open_on(lossy_node_new(lossy_node_crash(b->child, (round + life) % 4)));
            check_fine(after);
            check_places(after, flushed, now);
            block_node_unref(b);
            b = after;
        }
        block_node_unref(b);
    }
}

/* From some moment on nothing can be written; then it can again, or that was the end. */
static void test_full(gconstpointer shape)
{
    for (unsigned after = 0; after < 45; after += 1 + after / 16) {
        struct block *b = make(shape), *file = b->child;
        uint32_t now[PLACES] = { 0 }, flushed[PLACES] = { 0 };
        bool ok = true;
        g_assert_cmpint(put(b, 15, ++now[15]), ==, 0);
        g_assert_cmpint(node_flush(b), ==, 0);
        flushed[15] = 1;
        lossy_node_fail(file, after);
        for (unsigned i = 0; i < 12; i++) {
            now[i]++;
            ok &= put(b, i, now[i]) == 0;
            if (i % 4 == 3 && node_flush(b) == 0 && ok)
                memcpy(flushed, now, sizeof(now));
        }
        lossy_node_fail(file, UINT_MAX);
        struct block *end = open_on(lossy_node_new(lossy_node_crash(file, after % 4)));
        check_fine(end);
        check_places(end, flushed, now);
        block_node_unref(end);
        for (unsigned i = 6; i < PLACES; i++)
            g_assert_cmpint(put(b, i, ++now[i]), ==, 0);
        g_assert_cmpint(node_flush(b), ==, 0);
        for (unsigned i = 6; i < PLACES; i++)
            flushed[i] = now[i];
        end = open_on(lossy_node_new(lossy_node_crash(file, after % 4)));
        check_fine(end);
        check_places(end, flushed, now);
        block_node_unref(end);
        file->refs++;
        block_node_unref(b);
        b = open_on(file);
        check_places(b, flushed, now);
        block_node_unref(b);
    }
}

/* More of the table changes at once than an entry of the log has room for. */
static void test_large_table(void)
{
    const struct block_create c = { .size = 130 * (uint64_t)GiB, .block_size = MiB };
    const struct node_options no = { .write_cache = true };
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "mynah-vhdx-XXXXXX", NULL);
    uint8_t sector[512];

    g_close(g_mkstemp(path), NULL);
    g_assert_cmpint(image_create(path, "vhdx", &c, NULL), ==, 0);
    struct block *b = image_open(path, "vhdx", &no, NULL, false, NULL, NULL);
    for (uint64_t i = 0; i < 260; i++) {
        memset(sector, i + 1, 512);
        g_assert_cmpint(node_pwrite(b, i * 512 * MiB, sector, 512), ==, 0);
    }
    g_assert_cmpint(node_flush(b), ==, 0);
    g_assert_cmpuint(((struct blockmap *)b->state)->vhdx->sequence, ==, 4); /* three entries */
    block_node_unref(b);
    b = image_open(path, "vhdx", &no, NULL, false, NULL, NULL);
    check_fine(b);
    for (uint64_t i = 0; i < 260; i++) {
        g_assert_cmpint(node_pread(b, i * 512 * MiB, sector, 512), ==, 0);
        g_assert_cmpuint(sector[17], ==, (i + 1) % 256);
    }
    block_node_unref(b);
    g_unlink(path);
}

/* -- Headers -- */

/* The one that counts. */
static void get_header(const struct block *file, uint8_t *h)
{
    struct vhdx v = { .file = (struct block *)file };

    g_assert_true(vhdx_read_header(&v, NULL));
    memcpy(h, v.header, VHDX_H_BYTES);
}

static bool same(const uint8_t *a, const uint8_t *b, unsigned field)
{
    return !memcmp(a + field, b + field, 16);
}

static void test_headers(void)
{
    struct block *b = make(&shapes[0]), *file = b->child;
    uint8_t first[VHDX_H_BYTES], h[VHDX_H_BYTES], none[16] = { 0 }, byte = 1;

    get_header(file, first);
    g_assert_cmpint(node_pread(b, 0, h, 512), ==, 0);
    g_assert_cmpint(node_zeroes(b, 0, MiB, true), ==, 0); /* it is */
    g_assert_cmpint(node_flush(b), ==, 0);
    get_header(file, h);
    g_assert_cmpmem(h, sizeof(h), first, sizeof(first));
    /* The first write has other GUIDs, both headers say so, and there is nothing in the log. */
    g_assert_cmpint(node_pwrite(b, 5 * MiB, &byte, 1), ==, 0);
    get_header(file, h);
    g_assert_cmpuint(le64(h + VHDX_H_SEQUENCE), ==, le64(first + VHDX_H_SEQUENCE) + 2);
    g_assert_false(same(h, first, VHDX_H_FILE_GUID) || same(h, first, VHDX_H_DATA_GUID));
    g_assert_cmpmem(h + VHDX_H_LOG_GUID, 16, none, 16);
    memcpy(first, h, sizeof(h));
    /* Further ones and flushes change only that. */
    g_assert_cmpint(node_pwrite(b, 6 * MiB, &byte, 1), ==, 0);
    g_assert_cmpint(node_flush(b), ==, 0);
    get_header(file, h);
    g_assert_true(same(h, first, VHDX_H_FILE_GUID) && same(h, first, VHDX_H_DATA_GUID));
    g_assert_false(same(h, first, VHDX_H_LOG_GUID));
    uint64_t sequence = le64(h + VHDX_H_SEQUENCE);
    g_assert_cmpint(node_pwrite(b, 7 * MiB, &byte, 1), ==, 0);
    g_assert_cmpint(node_flush(b), ==, 0);
    get_header(file, h);
    g_assert_cmpuint(le64(h + VHDX_H_SEQUENCE), ==, sequence);
    GByteArray *open = copy_bytes(file);
    file->refs++;
    block_node_unref(b);
    get_header(file, h);
    g_assert_cmpmem(h + VHDX_H_LOG_GUID, 16, none, 16);
    g_assert_true(same(h, first, VHDX_H_DATA_GUID));
    block_node_unref(file);
    /* What is put in place from the log is another file, with the same disk. */
    file = lossy_node_new(open);
    file->refs++;
    block_node_unref(open_on(file));
    get_header(file, h);
    g_assert_true(same(h, first, VHDX_H_DATA_GUID));
    g_assert_false(same(h, first, VHDX_H_FILE_GUID));
    g_assert_cmpmem(h + VHDX_H_LOG_GUID, 16, none, 16);
    /* A header that was torn: the other one counts. */
    open = copy_bytes(file);
    block_node_unref(file);
    open->data[(le64(open->data + VHDX_HEADER1 + 8) > le64(open->data + VHDX_HEADER2 + 8) ? VHDX_HEADER1 : VHDX_HEADER2)
               + 100] ^= 1;
    b = open_on(lossy_node_new(open));
    g_assert_cmpint(node_pwrite(b, 8 * MiB, &byte, 1), ==, 0);
    get_header(b->child, h);
    g_assert_cmpuint(le64(h + VHDX_H_SEQUENCE), >, sequence);
    block_node_unref(b);
}

/* -- Logs of other programs -- */

#define LOG MiB /* where it is in images made here, and its size */
enum { SECTORS = LOG / VHDX_SECTOR };

struct change { /* a sector of these bytes, or zeroes */
    uint64_t at, zeroes;
    uint8_t fill;
};

/* An entry of two changes, at a sector of the log; the next one's sector. */
static unsigned put_entry(uint8_t *image, unsigned sector, unsigned tail, uint64_t sequence, uint64_t flushed,
                          uint64_t last, const struct change *c)
{
    unsigned n = 1 + !c[0].zeroes + !c[1].zeroes, data = 1;
    g_autofree uint8_t *e = g_malloc0(n * VHDX_SECTOR);

    memcpy(e, "loge", 4);
    put_le32(e + 8, n * VHDX_SECTOR);
    put_le32(e + 12, tail * VHDX_SECTOR);
    put_le64(e + 16, sequence);
    put_le32(e + 24, 2);
    memset(e + 32, 0x77, 16);
    put_le64(e + 48, flushed);
    put_le64(e + 56, last);
    for (unsigned i = 0; i < 2; i++) {
        uint8_t *d = e + 64 + 32 * i;
        memcpy(d, c[i].zeroes ? "zero" : "desc", 4);
        put_le64(d + 8, c[i].zeroes);
        put_le64(d + 16, c[i].at);
        put_le64(d + 24, sequence);
        if (c[i].zeroes)
            continue;
        memset(d + 4, c[i].fill, 12);
        uint8_t *s = e + VHDX_SECTOR * data++;
        memset(s, c[i].fill, VHDX_SECTOR);
        memcpy(s, "data", 4);
        put_le32(s + 4, sequence >> 32);
        put_le32(s + 4092, sequence);
    }
    vhdx_seal(e, n * VHDX_SECTOR);
    for (unsigned i = 0; i < n; i++)
        memcpy(image + LOG + (sector + i) % SECTORS * VHDX_SECTOR, e + i * VHDX_SECTOR, VHDX_SECTOR);
    return (sector + n) % SECTORS;
}

static const char *const log_errors[] = { NULL, "fit the file", "impossible size", "unknown version", "cut off" };
enum { NO_ERROR, NOT_FIT, TOO_LARGE, LOG_VERSION, CUT_OFF };

static const struct log_case {
    const char *name;
    unsigned first;       /* its sector */
    int tail[3];          /* of the three entries, by number; -1: another sector */
    uint64_t sequence[3];
    int torn;             /* entry, from 1 on */
    unsigned want;        /* entries whose changes are there, as bits */
    unsigned error;
    struct change extra;  /* instead of the last entry's second one */
    int64_t flushed, last; /* beyond the file's size */
} log_cases[] = {
    { .name = "all", .tail = { 0, 0, 0 }, .sequence = { 5, 6, 7 }, .want = 7 },
    { .name = "around", .first = SECTORS - 4, .tail = { 0, 0, 0 }, .sequence = { 5, 6, 7 }, .want = 7 },
    { .name = "tail", .tail = { 0, 0, 1 }, .sequence = { 5, 6, 7 }, .want = 6 },
    { .name = "large", .tail = { 0, 0, 0 }, .want = 7,
      .sequence = { UINT64_C(0xffffffff), UINT64_C(0x100000000), UINT64_C(0x100000001) } },
    { .name = "torn", .tail = { 0, 0, 1 }, .sequence = { 5, 6, 7 }, .torn = 3, .want = 3 },
    { .name = "torn-first", .first = 17, .tail = { 0, 1, 1 }, .sequence = { 5, 6, 7 }, .torn = 1, .want = 6 },
    { .name = "runs", .tail = { 0, 1, 2 }, .sequence = { 8, 9, 3 }, .want = 2 },
    { .name = "newer", .tail = { 0, 1, 2 }, .sequence = { 3, 9, 10 }, .want = 4 },
    { .name = "no-tail", .tail = { -1, -1, -1 }, .sequence = { 5, 6, 7 } },
    { .name = "other-tail", .tail = { 0, 0, -1 }, .sequence = { 5, 9, 10 }, .want = 1 },
    { .name = "grows", .tail = { 0, 0, 0 }, .sequence = { 5, 6, 7 }, .want = 7, .last = 3 * MiB },
    { .name = "zeroes", .tail = { 0, 0, 0 }, .sequence = { 5, 6, 7 }, .want = 7,
      .extra = { .at = 4 * MiB + 64 * KiB, .zeroes = 64 * KiB } },
    { .name = "grows-zeroes", .tail = { 2, 1, 2 }, .sequence = { 5, 6, 7 }, .want = 4, .last = 3 * MiB,
      .extra = { .at = 4 * MiB + 64 * KiB, .zeroes = 3 * MiB } },
    { .name = "cut", .tail = { 0, 0, 0 }, .sequence = { 5, 6, 7 }, .error = NOT_FIT, .flushed = MiB },
    { .name = "absurd", .tail = { 0, 0, 0 }, .sequence = { 5, 6, 7 }, .error = NOT_FIT, .last = INT64_MAX / 2 },
    { .name = "beyond", .tail = { 0, 0, 0 }, .sequence = { 5, 6, 7 }, .error = NOT_FIT,
      .extra = { .at = UINT64_C(1) << 50 } },
    { .name = "zeroes-beyond", .tail = { 0, 0, 0 }, .sequence = { 5, 6, 7 }, .error = NOT_FIT,
      .extra = { .at = 3 * MiB, .zeroes = UINT64_C(0) - 4096 } },
    { .name = "header", .tail = { 0, 0, 0 }, .sequence = { 5, 6, 7 }, .error = NOT_FIT,
      .extra = { .at = VHDX_HEADER2, .fill = 9 } },
    { .name = "log", .tail = { 0, 0, 0 }, .sequence = { 5, 6, 7 }, .error = NOT_FIT,
      .extra = { .at = LOG + MiB - 4096, .fill = 9 } },
    { .name = "log-zeroes", .tail = { 0, 0, 0 }, .sequence = { 5, 6, 7 }, .error = NOT_FIT,
      .extra = { .at = 512 * KiB, .zeroes = 4 * MiB } },
};

/* An image of one block, of 0x55, and its log of three entries; where the block is. */
static GByteArray *make_log(const struct log_case *c, uint64_t *host)
{
    const struct block_create k = { .size = MiB, .block_size = MiB, .fixed = true };
    struct block *b = make(&k), *file = b->child;
    g_autofree uint8_t *block = g_malloc(MiB);
    unsigned sector[4] = { c->first };
    struct extent e;

    memset(block, 0x55, MiB);
    g_assert_cmpint(node_pwrite(b, 0, block, MiB), ==, 0);
    g_assert_cmpint(node_status(b, 0, MiB, &e), ==, 0);
    *host = e.host;
    file->refs++;
    block_node_unref(b);
    GByteArray *a = copy_bytes(file);
    block_node_unref(file);
    for (unsigned pass = 0; pass < 2; pass++) /* the first one says where they are */
        for (unsigned i = 0; i < 3; i++) {
            struct change change[2] = { { .at = *host + 4096 * i, .fill = i + 1 },
                                        { .at = *host + 64 * KiB, .fill = i + 1 } };
            if (i == 2 && c->extra.at)
                change[1] = c->extra;
            sector[i + 1] = put_entry(a->data, sector[i], c->tail[i] < 0 ? 99 : sector[c->tail[i]], c->sequence[i],
                                      a->len + c->flushed, a->len + c->last, change);
        }
    if (c->torn)
        a->data[LOG + (sector[c->torn - 1] + 1) % SECTORS * VHDX_SECTOR + 1000] ^= 1;
    for (unsigned i = 0; i < 2; i++) {
        uint8_t *h = a->data + (i ? VHDX_HEADER2 : VHDX_HEADER1);
        memset(h + VHDX_H_LOG_GUID, 0x77, 16);
        vhdx_seal(h, VHDX_H_BYTES);
    }
    return a;
}

static void check_replayed(struct block *b, const struct log_case *c)
{
    uint8_t byte, want = 0x55;

    for (unsigned i = 0; i < 3; i++) {
        uint8_t there = c->want >> i & 1 ? i + 1 : 0x55;
        g_assert_cmpint(node_pread(b, 4096 * i + 9, &byte, 1), ==, 0);
        g_assert_cmpuint(byte, ==, there);
        g_assert_cmpint(node_pread(b, 4096 * i + 4095, &byte, 1), ==, 0);
        g_assert_cmpuint(byte, ==, there);
        if (c->want >> i & 1 && !(i == 2 && c->extra.at))
            want = i + 1;
    }
    g_assert_cmpint(node_pread(b, 64 * KiB + 1, &byte, 1), ==, 0);
    g_assert_cmpuint(byte, ==, c->want && c->extra.zeroes ? 0 : want);
}

static void test_replay(gconstpointer opaque)
{
    const struct log_case *c = opaque;
    GError *err = NULL;
    uint64_t host;
    g_autoptr(GByteArray) image = make_log(c, &host);
    struct block *file = lossy_node_new(g_byte_array_append(g_byte_array_new(), image->data, image->len));
    bool pending = c->want || c->error;

    /* Read-only nothing is changed, and nothing is read that may be wrong. */
    file->refs++;
    struct block *b = try_open(file, true, false, &err);
    g_assert_true((b == NULL) == pending);
    if (b)
        block_node_unref(b);
    else
        g_assert_nonnull(strstr(err->message, "check -r all"));
    g_clear_error(&err);
    g_assert_cmpmem(lossy_node_bytes(file)->data, lossy_node_bytes(file)->len, image->data, image->len);
    file->refs++;
    b = try_open(file, false, true, &err);
    if (c->error) {
        g_assert_null(b);
        g_assert_nonnull(strstr(err->message, log_errors[c->error]));
        g_clear_error(&err);
        g_assert_cmpmem(lossy_node_bytes(file)->data, lossy_node_bytes(file)->len, image->data, image->len);
        block_node_unref(file);
        return;
    }
    g_assert_no_error(err);
    check_replayed(b, c);
    struct block_check k = { 0 };
    g_assert_cmpint(b->driver->check(b, &k, 0, NULL), ==, 0);
    g_assert_cmpuint(k.corruptions, ==, 0);
    g_assert_cmpuint(k.corruptions_fixed, ==, pending);
    g_assert_cmpuint(file->size, ==, image->len + (c->want ? c->last : 0));
    block_node_unref(b);
    b = try_open(file, true, false, &err); /* now it can be */
    g_assert_no_error(err);
    check_replayed(b, c);
    block_node_unref(b);
}

/* -- Images that are wrong -- */

enum { SEAL_NOT, SEAL_HEADER, SEAL_REGIONS };
static const struct {
    uint64_t at, value;
    unsigned bytes, seal;
    const char *message;
} bad[] = {
    { 0, 0, 1, SEAL_NOT, "not a vhdx image" },
    { VHDX_HEADER1 + 66, 2, 2, SEAL_HEADER, "version 2" },
    { VHDX_HEADER1 + 66, 2, 2, SEAL_NOT, "no header" },
    { VHDX_HEADER1 + 68, 0, 4, SEAL_HEADER, "log is cut off" },
    { VHDX_HEADER1 + 68, 0xfff00000, 4, SEAL_HEADER, "log is cut off" },
    { VHDX_HEADER1 + 68, MiB + 4096, 4, SEAL_HEADER, "log is cut off" },
    { VHDX_HEADER1 + 72, 0, 8, SEAL_HEADER, "log is cut off" },
    { VHDX_HEADER1 + 72, UINT64_MAX << 20, 8, SEAL_HEADER, "log is cut off" },
    { VHDX_HEADER1 + 72, 2 * MiB, 8, SEAL_HEADER, "overlap" },
    { VHDX_REGIONS + 8, 2048, 4, SEAL_REGIONS, "regions that can be trusted" },
    { VHDX_REGIONS + 8, 1, 4, SEAL_REGIONS, "no table of blocks or no metadata" },
    { VHDX_REGIONS + 8, 3, 1, SEAL_NOT, "regions that can be trusted" },
    { VHDX_REGIONS + 16, 0, 1, SEAL_REGIONS, "does not know" },
    { VHDX_REGIONS + 32, 3 * MiB, 8, SEAL_REGIONS, "overlap" },
    { VHDX_REGIONS + 32, 0, 8, SEAL_REGIONS, "where it can't be" },
    { VHDX_REGIONS + 32, UINT64_MAX << 20, 8, SEAL_REGIONS, "where it can't be" },
    { VHDX_REGIONS + 40, 0xfff00000, 4, SEAL_REGIONS, "where it can't be" },
    { VHDX_REGIONS + 40, 512, 4, SEAL_REGIONS, "where it can't be" },
    { 3 * MiB, 0, 1, SEAL_NOT, "metadata are wrong" },
    { 3 * MiB + 10, 2048, 2, SEAL_NOT, "metadata are wrong" },
    { 3 * MiB + 10, 4, 2, SEAL_NOT, "metadata are wrong" },
    { 3 * MiB + 32, 0, 1, SEAL_NOT, "metadata that mynah does not know" },
    { 3 * MiB + 32 + 16, 0, 4, SEAL_NOT, "metadata are wrong" },
    { 3 * MiB + 32 + 16, 0xffffffff, 4, SEAL_NOT, "metadata are wrong" },
    { 3 * MiB + 32 + 20, 4, 4, SEAL_NOT, "metadata are wrong" },
    { 3 * MiB + 64 * KiB, 3 * MiB, 4, SEAL_NOT, "impossible size" },
    { 3 * MiB + 64 * KiB, 512 * MiB, 4, SEAL_NOT, "impossible size" },
    { 3 * MiB + 64 * KiB + 4, 2, 4, SEAL_NOT, "parent" },
    { 3 * MiB + 64 * KiB + 8, UINT64_MAX - 511, 8, SEAL_NOT, "impossible size" },
    { 3 * MiB + 64 * KiB + 8, UINT64_C(1) << 40, 8, SEAL_NOT, "too small" },
    { 3 * MiB + 64 * KiB + 8, UINT64_C(1) << 45, 8, SEAL_NOT, "too large" },
    { 3 * MiB + 64 * KiB + 8, 777, 8, SEAL_NOT, "impossible size" },
    { 3 * MiB + 64 * KiB + 32, 520, 4, SEAL_NOT, "impossible size" },
    { 2 * MiB, 6 * MiB | 6, 8, SEAL_NOT, "overlap" },
    { 2 * MiB, 6, 8, SEAL_NOT, "overlap" },
    { 2 * MiB, MiB | 6, 8, SEAL_NOT, "overlap" },
    { 2 * MiB, 100 * MiB | 6, 8, SEAL_NOT, "cut off" },
    { 2 * MiB, UINT64_MAX << 20 | 6, 8, SEAL_NOT, "make no sense" },
    { 2 * MiB, 4 * MiB | 7, 8, SEAL_NOT, "make no sense" },
    { 2 * MiB, 4, 8, SEAL_NOT, "make no sense" },
};

static GByteArray *make_bad(unsigned i)
{
    const struct block_create k = { .size = 5 * MiB, .block_size = MiB, .fixed = true };
    struct block *b = make(&k);
    GByteArray *a = copy_bytes(b->child);

    block_node_unref(b);
    for (unsigned copy = 0; copy < 2; copy++) { /* headers and tables of regions are there twice, 64 KiB apart */
        uint64_t at = bad[i].at + 64 * KiB * copy;
        if (copy && (bad[i].at < VHDX_HEADER1 || bad[i].at >= MiB))
            continue;
        for (unsigned n = 0; n < bad[i].bytes; n++)
            a->data[at + n] = bad[i].value >> 8 * n;
        if (bad[i].seal)
            vhdx_seal(a->data + at / (64 * KiB) * (64 * KiB), bad[i].seal == SEAL_HEADER ? VHDX_H_BYTES : 64 * KiB);
    }
    return a;
}

static void test_bad(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        GError *err = NULL;
        struct block *file = lossy_node_new(make_bad(i));
        bool entry = bad[i].at == 2 * MiB;
        file->refs++;
        struct block *b = try_open(file, false, false, &err);
        if (b || !strstr(err->message, bad[i].message))
            g_error("row %u: '%s', expected '%s'", i, b ? "no error" : err->message, bad[i].message);
        g_clear_error(&err);
        /* The table is looked at, and found wrong. */
        b = try_open(file, true, true, NULL);
        if (entry) {
            struct block_check c = { .out = g_string_new(NULL) };
            g_assert_nonnull(b);
            g_assert_cmpint(b->driver->check(b, &c, 0, NULL), ==, 0);
            g_assert_cmpuint(c.corruptions, >, 0);
            g_assert_nonnull(strstr(c.out->str, bad[i].message));
            g_string_free(c.out, TRUE);
        }
        if (b)
            block_node_unref(b);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/vhdx/crc", test_crc);
    for (unsigned i = 0; i < G_N_ELEMENTS(shapes); i++) {
        g_autofree char *crash = g_strdup_printf("/vhdx/crash/%u", i), *full = g_strdup_printf("/vhdx/full/%u", i);
        g_test_add_data_func(crash, &shapes[i], test_crash);
        if (i % 2 == 0)
            g_test_add_data_func(full, &shapes[i], test_full);
    }
    g_test_add_func("/vhdx/large-table", test_large_table);
    g_test_add_func("/vhdx/headers", test_headers);
    for (unsigned i = 0; i < G_N_ELEMENTS(log_cases); i++) {
        g_autofree char *name = g_strdup_printf("/vhdx/replay/%s", log_cases[i].name);
        g_test_add_data_func(name, &log_cases[i], test_replay);
    }
    g_test_add_func("/vhdx/bad", test_bad);
    return g_test_run();
}
