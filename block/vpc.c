/* SPDX-License-Identifier: BSD-2-Clause */
/* The "vpc" node: Virtual PC's disk images (.vhd), fixed and dynamic, without parents. Big-endian. */
#include "blockmap.h"

#include "qcow2.h" /* get32() and its like */

/* The footer, in a fixed image the last sector, in a dynamic one that and the first. */
enum { F_FEATURES = 8, F_VERSION = 12, F_DATA = 16, F_TIME = 24, F_CREATOR = 28, F_CREATOR_VERSION = 32, F_OS = 36,
       F_ORIGINAL_SIZE = 40, F_SIZE = 48, F_CYLINDERS = 56, F_HEADS = 58, F_SECTORS = 59, F_TYPE = 60, F_CHECKSUM = 64,
       F_UUID = 68, F_BYTES = 512 };
/* A dynamic image's header. */
enum { D_DATA = 8, D_TABLE = 16, D_VERSION = 24, D_ENTRIES = 28, D_BLOCK_SIZE = 32, D_CHECKSUM = 36, D_BYTES = 1024 };
enum { TYPE_FIXED = 2, TYPE_DYNAMIC = 3, TYPE_DIFFERENCING = 4 };
#define BLOCK (2 * MiB) /* of images that are made here */
#define MAX_BLOCK (256 * MiB)
#define NONE 0xffffffffu

static uint32_t checksum(const uint8_t *p, unsigned bytes, unsigned field)
{
    uint32_t sum = 0;

    for (unsigned i = 0; i < bytes; i++)
        if (i < field || i >= field + 4)
            sum += p[i];
    return ~sum;
}

/* Bytes before a block's data that say which of its sectors are there. */
static uint64_t bitmap_bytes(uint64_t block)
{
    return (block / BLOCK_SECTOR / 8 + BLOCK_SECTOR - 1) / BLOCK_SECTOR * BLOCK_SECTOR;
}

/* The footer moves to the new end first: one is always there. */
static int place(struct blockmap *m, uint64_t i, uint64_t *host)
{
    uint64_t bitmap = bitmap_bytes(m->unit);
    g_autofree uint8_t *ones = g_malloc(bitmap);
    uint8_t entry[4];

    memset(ones, 0xff, bitmap);
    put32(entry, m->end / BLOCK_SECTOR);
    int r = node_pwrite(m->file, m->end + bitmap + m->unit, m->header, F_BYTES);
    if (r == 0)
        r = node_pwrite(m->file, m->end, ones, bitmap);
    if (r == 0) /* the former footer was in it */
        r = node_zeroes(m->file, m->end + bitmap, m->unit, true);
    if (r == 0)
        r = node_pwrite(m->file, m->table + 4 * i, entry, 4);
    if (r < 0)
        return r;
    *host = m->end + bitmap;
    m->end += bitmap + m->unit;
    return 0;
}

/* In place: for fixed images, whose one block is there. */
static int place_nothing(struct blockmap *m, uint64_t i, uint64_t *host)
{
    return -EIO;
}

/* Some programs mean the geometry and some the size. */
static uint64_t disk_size(const uint8_t *f)
{
    static const char *const by_size[] = { "win ", "qem2", "d2v ", "tap", "vs  ", "wa\0" };
    uint64_t chs = (uint64_t)get16(f + F_CYLINDERS) * f[F_HEADS] * f[F_SECTORS] * BLOCK_SECTOR,
        size = get64(f + F_SIZE);

    for (unsigned i = 0; i < ARRAY_SIZE(by_size); i++)
        if (!memcmp(f + F_CREATOR, by_size[i], i == 3 || i == 5 ? 3 : 4))
            return size;
    return get16(f + F_CYLINDERS) == 65535 || !chs ? size : chs;
}

static bool open_dynamic(struct blockmap *m, GError **err)
{
    uint64_t at = get64(m->header + F_DATA);
    uint8_t d[D_BYTES];
    int r = at > m->file->size ? -EIO : node_pread(m->file, at, d, sizeof(d));

    if (r < 0 || memcmp(d, "cxsparse", 8) || get32(d + D_CHECKSUM) != checksum(d, D_BYTES, D_CHECKSUM)) {
        fail(err, "'%s': the header of the dynamic vpc image is wrong", m->file->filename);
        return false;
    }
    uint64_t entries = get32(d + D_ENTRIES), block = get32(d + D_BLOCK_SIZE);
    m->table = get64(d + D_TABLE);
    if (block > MAX_BLOCK || m->table > m->file->size || entries * 4 > m->file->size - m->table) {
        fail(err, "'%s': the table of blocks is too large or cut off", m->file->filename);
        return false;
    }
    if (!blockmap_table(m, block, entries, err))
        return false;
    g_autofree uint8_t *bat = g_malloc(entries * 4 + 4);
    if ((r = node_pread(m->file, m->table, bat, entries * 4)) < 0) {
        fail(err, "'%s': %s", m->file->filename, g_strerror(-r));
        return false;
    }
    m->end = (m->table + entries * 4 + BLOCK_SECTOR - 1) / BLOCK_SECTOR * BLOCK_SECTOR;
    for (uint64_t i = 0; i < entries; i++) {
        uint32_t e = get32(bat + 4 * i);
        if (e == NONE)
            continue;
        m->hosts[i] = e * UINT64_C(512) + bitmap_bytes(block);
        m->end = MAX(m->end, m->hosts[i] + block);
    }
    m->place = place;
    return true;
}

static bool open_vpc(struct blockmap *m, GError **err)
{
    uint64_t last = m->file->size - F_BYTES;
    int r = m->file->size < F_BYTES ? -EIO : node_pread(m->file, 0, m->header, F_BYTES);

    if (r == 0 && memcmp(m->header, "conectix", 8)) /* a fixed one, or the copy is damaged */
        r = node_pread(m->file, last, m->header, F_BYTES);
    if (r < 0 || memcmp(m->header, "conectix", 8) ||
        get32(m->header + F_CHECKSUM) != checksum(m->header, F_BYTES, F_CHECKSUM)) {
        fail(err, "'%s': not a vpc image", m->file->filename);
        return false;
    }
    m->b->size = disk_size(m->header);
    if (m->b->size > INT64_MAX - MiB || m->b->size % BLOCK_SECTOR) {
        fail(err, "'%s': the disk's size is wrong", m->file->filename);
        return false;
    }
    switch (get32(m->header + F_TYPE)) {
    case TYPE_DYNAMIC:
        return open_dynamic(m, err);
    case TYPE_FIXED:
        if (m->b->size > last) {
            fail(err, "'%s': the image is cut off", m->file->filename);
            return false;
        }
        if (!blockmap_table(m, MAX(m->b->size, BLOCK_SECTOR), 1, err))
            return false;
        m->hosts[0] = 0;
        m->place = place_nothing;
        return true;
    }
    fail(err, "'%s': a vpc image of type %u; expected fixed or dynamic", m->file->filename, get32(m->header + F_TYPE));
    return false;
}

static const struct block_driver driver_vpc = { .name = "vpc", BLOCKMAP_DRIVER };

struct block *vpc_open(struct block *child, const char *node, const struct node_options *no, GError **err)
{
    return blockmap_open(&driver_vpc, child, node, no, open_vpc, err);
}

/* -- Creation -- */

/* The specification's geometry for a size. */
static void set_geometry(uint8_t *f, uint64_t size)
{
    uint64_t total = MIN(size / BLOCK_SECTOR, UINT64_C(65535) * 16 * 255), times;
    unsigned sectors = 255, heads = 16;

    if (total < 65535 * 16 * 63) {
        sectors = 17;
        times = total / sectors;
        heads = MAX((times + 1023) / 1024, 4);
        if (times >= heads * 1024 || heads > 16) {
            sectors = 31;
            heads = 16;
            times = total / sectors;
        }
        if (times >= heads * 1024)
            sectors = 63;
    }
    times = total / sectors;
    put16(f + F_CYLINDERS, times / heads);
    f[F_HEADS] = heads;
    f[F_SECTORS] = sectors;
}

int vpc_create(struct block *file, const struct block_create *c, GError **err)
{
    uint64_t blocks = (c->size + BLOCK - 1) / BLOCK, table = (blocks * 4 + 511) / 512 * 512;
    uint64_t at = F_BYTES + D_BYTES;

    if (c->size > UINT64_C(2040) * GiB) {
        fail(err, "The image size is too large for the format: expected at most 2040 GiB");
        return -EFBIG;
    }
    g_autofree uint8_t *h = g_malloc0(at + table + F_BYTES);
    uint8_t *d = h + F_BYTES;
    memcpy(h, "conectix", 8);
    put32(h + F_FEATURES, 2);
    put32(h + F_VERSION, 0x10000);
    put64(h + F_DATA, F_BYTES);
    put32(h + F_TIME, g_get_real_time() / 1000000 - 946684800); /* since 2000 */
    memcpy(h + F_CREATOR, "qem2", 4); /* QEMU's, for an image whose size counts and not its geometry */
    put32(h + F_CREATOR_VERSION, 0x50003);
    memcpy(h + F_OS, "Wi2k", 4);
    put64(h + F_ORIGINAL_SIZE, c->size);
    put64(h + F_SIZE, c->size);
    set_geometry(h, c->size);
    put32(h + F_TYPE, TYPE_DYNAMIC);
    for (unsigned i = 0; i < 16; i += 4)
        put32(h + F_UUID + i, g_random_int());
    put32(h + F_CHECKSUM, checksum(h, F_BYTES, F_CHECKSUM));
    memcpy(d, "cxsparse", 8);
    put64(d + D_DATA, UINT64_MAX);
    put64(d + D_TABLE, at);
    put32(d + D_VERSION, 0x10000);
    put32(d + D_ENTRIES, blocks);
    put32(d + D_BLOCK_SIZE, BLOCK);
    put32(d + D_CHECKSUM, checksum(d, D_BYTES, D_CHECKSUM));
    memset(h + at, 0xff, table);
    memcpy(h + at + table, h, F_BYTES);
    int r = node_pwrite(file, 0, h, at + table + F_BYTES);
    r = r < 0 ? r : node_flush(file);
    if (r < 0)
        fail(err, "%s", g_strerror(-r));
    return r;
}
