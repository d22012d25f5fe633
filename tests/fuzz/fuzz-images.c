/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vdi, vhdx, vmdk and vpc images that are wrong: a good one, or what the input has, with numbers changed where headers
 * and
 * tables are, is opened, read and written. Each request ends, with an error perhaps.
 */
#include <string.h>

#include "block/format.h"
#include "fuzz.h"

const char fuzz_name[] = "images";
const unsigned fuzz_runs = 1500;
const size_t fuzz_max_size = 512;

/* vhdx is not created here: its tables are made by hand, as far as a reader looks at them. */
static const char *const formats[] = { "vdi", "vmdk", "vpc", "vhdx" };
static GByteArray *images[G_N_ELEMENTS(formats)];
#define MAX_REQUEST (256 * KiB)
static uint8_t buf[MAX_REQUEST];

static struct block *open_file(const char *path, const char *format, bool read_only)
{
    const struct node_options no = { .write_cache = true, .read_only = read_only };

    return image_open(path, format, &no, NULL, false, NULL, NULL);
}

static void put_le(uint8_t *p, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        p[i] = v >> 8 * i;
}

static GByteArray *make_vhdx(void)
{
    static const char rows[5][16] = {
        "\x66\x77\xc2\x2d\x23\xf6\x00\x42\x9d\x64\x11\x5e\x9b\xfd\x4a\x08",
        "\x06\xa2\x7c\x8b\x90\x47\x9a\x4b\xb8\xfe\x57\x5f\x05\x0f\x88\x6e",
        "\x37\x67\xa1\xca\x36\xfa\x43\x4d\xb3\xb6\x33\xf0\xaa\x44\xe7\x6b",
        "\x24\x42\xa5\x2f\x1b\xcd\x76\x48\xb2\x11\x5d\xbe\xd8\x3b\xf4\xb8",
        "\x1d\xbf\x41\x81\x6f\xa9\x09\x47\xba\x47\xf2\x33\xa8\xfa\xab\x5f",
    };
    GByteArray *a = g_byte_array_new();
    uint8_t *p;

    g_byte_array_set_size(a, 3 * MiB);
    p = a->data;
    memset(p, 0, a->len);
    memcpy(p, "vhdxfile", 8);
    memcpy(p + 64 * KiB, "head", 4);
    p[64 * KiB + 66] = 1;
    memcpy(p + 192 * KiB, "regi", 4);
    p[192 * KiB + 8] = 2;
    for (unsigned i = 0; i < 2; i++) { /* the BAT at 1M, metadata at 320K */
        memcpy(p + 192 * KiB + 16 + 32 * i, rows[i], 16);
        put_le(p + 192 * KiB + 32 + 32 * i, i ? 320 * KiB : MiB, 8);
        put_le(p + 192 * KiB + 40 + 32 * i, i ? 512 * KiB : MiB, 4);
    }
    p += 320 * KiB;
    memcpy(p, "metadata", 8);
    p[10] = 3;
    for (unsigned i = 0; i < 3; i++) {
        memcpy(p + 32 + 32 * i, rows[2 + i], 16);
        put_le(p + 48 + 32 * i, 64 * KiB + 16 * i, 4);
        put_le(p + 52 + 32 * i, i == 2 ? 4 : 8, 4);
    }
    put_le(p + 64 * KiB, MiB, 4);
    put_le(p + 64 * KiB + 16, 2 * MiB, 8);
    put_le(p + 64 * KiB + 32, 512, 4);
    put_le(a->data + MiB, 2 * MiB | 6, 8);
    return a;
}

void fuzz_init(void)
{
    const struct block_create c = { .size = 3 * MiB };
    char *contents;
    gsize len;

    memset(buf, 7, sizeof(buf));
    for (unsigned i = 0; i < 3; i++) {
        const char *path = fuzz_file(0, "", 0);
        g_assert_cmpint(image_create(path, formats[i], &c, NULL), ==, 0);
        struct block *b = open_file(path, formats[i], false);
        g_assert_nonnull(b);
        g_assert_cmpint(node_pwrite(b, 100 * KiB, buf, 100 * KiB), ==, 0);
        block_node_unref(b);
        g_assert_true(g_file_get_contents(path, &contents, &len, NULL));
        images[i] = g_byte_array_new_take((uint8_t *)contents, len);
    }
    images[3] = make_vhdx();
    struct block *b = open_file(fuzz_file(0, images[3]->data, images[3]->len), "vhdx", true);
    g_assert_nonnull(b);
    block_node_unref(b);
}

static void damage(struct fuzz *f, GByteArray *bytes)
{
    static const uint32_t at[] = { 0, 512, 1024, 1536, 64 * KiB, 192 * KiB, 320 * KiB, 384 * KiB, 1 * MiB, 10752 };

    for (unsigned n = fuzz_u8(f) % 8; n > 0; n--) {
        uint8_t where = fuzz_u8(f), width = 1 << fuzz_u8(f) % 4;
        uint64_t offset = where < 10 ? at[where] : where & 1 ? 0 : bytes->len - 512;
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

void fuzz_one(const uint8_t *data, size_t size)
{
    struct fuzz f = { data, size };
    unsigned format = fuzz_u8(&f) % G_N_ELEMENTS(formats);
    uint8_t how = fuzz_u8(&f);
    GByteArray *bytes = g_byte_array_new();

    g_byte_array_append(bytes, images[format]->data, images[format]->len);
    damage(&f, bytes);
    if (format == 2 && bytes->len > 4096) {
        sum(bytes->data, 512, 64);
        sum(bytes->data + 512, 1024, 36);
    }
    const char *path = fuzz_file(0, bytes->data, bytes->len);
    g_byte_array_unref(bytes);
    struct block *b = open_file(path, formats[format], how & 1);
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
