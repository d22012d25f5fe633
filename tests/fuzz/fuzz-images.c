/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vdi, vhdx, vmdk and vpc images that are wrong: a good one, or a vhdx image whose log is not yet in place, with
 * numbers changed where headers and tables are, is opened, checked, read and written. Each request ends, with an error
 * perhaps.
 */
#include <string.h>

#include "block/vhdx.h"
#include "fuzz.h"

const char fuzz_name[] = "images";
const unsigned fuzz_runs = 1500;
const size_t fuzz_max_size = 512;

enum { VDI, VMDK, VPC, VHDX, VHDX_LOG };
static const char *const formats[] = { "vdi", "vmdk", "vpc", "vhdx", "vhdx" };
static GByteArray *images[G_N_ELEMENTS(formats)];
#define MAX_REQUEST (256 * KiB)
static uint8_t buf[MAX_REQUEST];

static struct block *open_file(const char *path, const char *format, bool read_only, bool inspect)
{
    const struct node_options no = { .write_cache = true, .read_only = read_only, .inspect = inspect };

    return image_open(path, format, &no, NULL, false, NULL, NULL);
}

static void put_le(uint8_t *p, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        p[i] = v >> 8 * i;
}

void fuzz_init(void)
{
    const struct block_create c = { .size = 3 * MiB, .block_size = MiB };
    char *contents;
    gsize len;

    memset(buf, 7, sizeof(buf));
    for (unsigned i = 0; i < G_N_ELEMENTS(formats); i++) {
        const char *path = fuzz_file(0, "", 0);
        g_assert_cmpint(image_create(path, formats[i], &c, NULL), ==, 0);
        struct block *b = open_file(path, formats[i], false, false);
        g_assert_nonnull(b);
        g_assert_cmpint(node_pwrite(b, 100 * KiB, buf, 100 * KiB), ==, 0);
        g_assert_cmpint(node_flush(b), ==, 0);
        if (i != VHDX_LOG)
            block_node_unref(b);
        g_assert_true(g_file_get_contents(path, &contents, &len, NULL));
        if (i == VHDX_LOG)
            block_node_unref(b);
        images[i] = g_byte_array_new_take((uint8_t *)contents, len);
    }
}

static void damage(struct fuzz *f, GByteArray *bytes)
{
    static const uint32_t at[] = { 0, 512, 1024, 1536, 64 * KiB, 128 * KiB, 192 * KiB, MiB, MiB + 4 * KiB, 2 * MiB,
                                   3 * MiB, 3 * MiB + 64 * KiB, 10752 };
    const unsigned places = G_N_ELEMENTS(at);

    for (unsigned n = fuzz_u8(f) % 8; n > 0; n--) {
        uint8_t where = fuzz_u8(f), width = 1 << fuzz_u8(f) % 4;
        uint64_t offset = where < 4 * places ? at[where % places] : where & 1 ? 0 : bytes->len - 512;
        offset += fuzz_u8(f) * (where & 2 ? 4 : 1);
        put_le(bytes->data + MIN(offset, bytes->len - 8), fuzz_number(f), width);
    }
    if (fuzz_u8(f) == 1)
        g_byte_array_set_size(bytes, fuzz_u32(f) % bytes->len);
}

/* vpc's sums are right again, else nothing behind them is reached. */
static void sum(uint8_t *p, unsigned bytes, unsigned field)
{
    uint32_t n = 0;

    for (unsigned i = 0; i < bytes; i++)
        n += i < field || i >= field + 4 ? p[i] : 0;
    for (unsigned i = 0; i < 4; i++)
        p[field + i] = ~n >> (24 - 8 * i);
}

/* So are vhdx's, also those of the log's first entry. */
static void seal(GByteArray *bytes)
{
    uint8_t *log = bytes->data + MiB;

    if (bytes->len < 2 * MiB)
        return;
    vhdx_seal(bytes->data + VHDX_HEADER1, VHDX_H_BYTES);
    vhdx_seal(bytes->data + VHDX_HEADER2, VHDX_H_BYTES);
    vhdx_seal(bytes->data + VHDX_REGIONS, 64 * KiB);
    if (le32(log + 8) >= 64 && le32(log + 8) <= MiB)
        vhdx_seal(log, le32(log + 8));
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct fuzz f = { data, size };
    unsigned format = fuzz_u8(&f) % G_N_ELEMENTS(formats);
    uint8_t how = fuzz_u8(&f);
    GByteArray *bytes = g_byte_array_new();

    g_byte_array_append(bytes, images[format]->data, images[format]->len);
    damage(&f, bytes);
    if (format >= VHDX)
        seal(bytes);
    if (format == VPC && bytes->len > 4096) {
        sum(bytes->data, 512, 64);
        sum(bytes->data + 512, 1024, 36);
    }
    const char *path = fuzz_file(0, bytes->data, bytes->len);
    g_byte_array_unref(bytes);
    struct block *b = open_file(path, formats[format], how & 1, how & 2);
    struct block_check check = { 0 };
    if (b && b->driver->check)
        b->driver->check(b, &check, 0, NULL);
    for (unsigned i = 0; b && b->size && i < 10; i++) {
        uint64_t at = (fuzz_u8(&f) % 4 ? fuzz_u32(&f) : fuzz_number(&f)) % b->size;
        uint64_t len = 1 + fuzz_u32(&f) % MAX_REQUEST;
        len = MIN(len, b->size - at);
        struct extent e;
        switch (fuzz_u8(&f) % 4) {
        case 0:
            if (!b->read_only)
                node_pwrite(b, at, buf, len);
            break;
        case 1:
            if (!b->read_only)
                node_zeroes(b, at, len, true);
            break;
        case 2:
            node_status(b, at, len, &e);
            break;
        default:
            node_pread(b, at, buf, len);
        }
    }
    if (b)
        block_node_unref(b);
}
