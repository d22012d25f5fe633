/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The "vmdk" node: VMware's disk images in one file, sparse (also written) or stream-optimised (read), without parents.
 * Little-endian. Not there: images of several files, which are described by a text of its own.
 */
#include "blockmap.h"

#include <stdlib.h>
#include <zlib.h>

/* The header of a sparse extent, packed. */
enum { H_VERSION = 4, H_FLAGS = 8, H_CAPACITY = 12, H_GRAIN = 20, H_DESC = 28, H_DESC_SIZE = 36, H_GTES = 44,
    H_RGD = 48,
       H_GD = 56, H_OVERHEAD = 64, H_UNCLEAN = 72, H_CHECK = 73, H_COMPRESS = 77, H_BYTES = 512 };
enum { FLAG_CHECK = 1, FLAG_REDUNDANT = 2, FLAG_ZERO_GRAINS = 4, FLAG_COMPRESSED = 0x10000, FLAG_MARKERS = 0x20000 };
#define AT_END UINT64_MAX /* of the directory: the header to believe is in the last but one sector */
#define SECTOR UINT64_C(512)
#define GTES 512          /* entries of a grain table */
#define ZERO_GRAIN 1
#define MAX_DESC (20 * SECTOR)

/* -- Reading -- */

/* A compressed grain: its first sector, the length, a zlib stream. */
static int inflate_grain(struct blockmap *m, uint64_t host, uint8_t *out)
{
    uint8_t head[12];
    uLongf n = m->unit;
    int r = node_pread(m->file, host, head, sizeof(head));
    uint32_t len = le32(head + 8);

    if (r < 0)
        return r;
    if (len > 2 * m->unit + 64 || host + 12 + len > m->file->size)
        return -EIO;
    g_autofree uint8_t *in = g_malloc(len + 1);
    if ((r = node_pread(m->file, host + 12, in, len)) < 0)
        return r;
    memset(out, 0, m->unit); /* the disk's last one may be short */
    return uncompress(out, &n, in, len) == Z_OK ? 0 : -EIO;
}

/* -- Writing -- */

static int place(struct blockmap *m, uint64_t i, uint64_t *host)
{
    const uint32_t tables[] = { m->grain_tables[i / GTES], m->grain_tables2 ? m->grain_tables2[i / GTES] : 0 };
    uint8_t entry[4];

    if (!tables[0] || m->end / SECTOR > UINT32_MAX - m->unit / SECTOR)
        return -ENOTSUP;
    *host = m->end;
    put_le32(entry, *host / SECTOR);
    int r = node_zeroes(m->file, *host, m->unit, true);
    if (r == 0 && m->file->driver->resize && m->file->size < *host + m->unit)
        r = m->file->driver->resize(m->file, *host + m->unit, NULL);
    for (unsigned k = 2; k-- > 0 && r == 0;)
        if (tables[k])
            r = node_pwrite(m->file, tables[k] * SECTOR + i % GTES * 4, entry, 4);
    if (r == 0)
        m->end += m->unit;
    return r;
}

/* -- Opening -- */

/* The text in the image: of one file, and without a parent. */
static bool description_ok(struct blockmap *m, const uint8_t *h, GError **err)
{
    uint64_t at = le64(h + H_DESC) * SECTOR, len = MIN(le64(h + H_DESC_SIZE), MAX_DESC / SECTOR) * SECTOR;
    g_autofree char *text = g_malloc0(len + 1);

    if (!at || !len)
        return true;
    if (at > m->file->size || node_pread(m->file, at, text, len) < 0) {
        fail(err, "'%s': the description is cut off", m->file->filename);
        return false;
    }
    const char *parent = strstr(text, "parentCID="), *type = strstr(text, "createType=\"");
    if (parent && !g_str_has_prefix(parent + 10, "ffffffff")) {
        fail(err, "'%s': a vmdk image with a parent, which mynah does not have", m->file->filename);
        return false;
    }
    if (type && !g_str_has_prefix(type + 12, "monolithicSparse\"") && !g_str_has_prefix(type + 12,
                                                                                        "streamOptimized\"")) {
        fail(err, "'%s': a vmdk image of type %.30s; expected monolithicSparse or streamOptimized", m->file->filename,
             type + 12);
        return false;
    }
    return true;
}

/* Places of the grain tables, in sectors; to be freed. NULL with a message. */
static uint32_t *read_directory(struct blockmap *m, uint64_t sector, uint64_t entries, GError **err)
{
    g_autofree uint8_t *buf = g_malloc(entries * 4 + 4);

    if (sector > m->file->size / SECTOR || entries * 4 > m->file->size - sector * SECTOR ||
        node_pread(m->file, sector * SECTOR, buf, entries * 4) < 0) {
        fail(err, "'%s': the grain directory is cut off", m->file->filename);
        return NULL;
    }
    uint32_t *out = g_new(uint32_t, entries + 1);
    for (uint64_t i = 0; i < entries; i++)
        out[i] = le32(buf + 4 * i);
    return out;
}

static bool read_grains(struct blockmap *m, bool zero_grains, bool compressed, GError **err)
{
    uint8_t table[GTES * 4];

    for (uint64_t i = 0; i < m->entries; i++) {
        uint64_t at = m->grain_tables[i / GTES] * SECTOR;
        if (!at) {
            i += GTES - 1;
            continue;
        }
        if (i % GTES == 0 && (at > m->file->size || node_pread(m->file, at, table, sizeof(table)) < 0)) {
            fail(err, "'%s': a grain table is cut off", m->file->filename);
            return false;
        }
        uint32_t e = le32(table + i % GTES * 4);
        if (!e || (e == ZERO_GRAIN && zero_grains))
            continue;
        m->hosts[i] = e * SECTOR | (compressed ? BLOCKMAP_COMPRESSED : 0);
        m->end = MAX(m->end, e * SECTOR + m->unit);
    }
    return true;
}

static bool header_ok(struct blockmap *m, const uint8_t *h, GError **err)
{
    uint64_t grain = le64(h + H_GRAIN), capacity = le64(h + H_CAPACITY);

    if (memcmp(h, "KDMV", 4))
        fail(err, memcmp(h, "# Disk Desc", 11) ? "'%s': not a vmdk image"
                  : "'%s': a vmdk image of several files, which mynah does not have", m->file->filename);
    else if (le32(h + H_VERSION) < 1 || le32(h + H_VERSION) > 3)
        fail(err, "'%s': vmdk of version %u; expected 1 to 3", m->file->filename, le32(h + H_VERSION));
    else if (!grain || grain & (grain - 1) || grain > 2 * MiB / SECTOR || le32(h + H_GTES) != GTES)
        fail(err, "'%s': grains or grain tables of an impossible size", m->file->filename);
    else if (le32(h + H_FLAGS) & FLAG_COMPRESSED && (h[H_COMPRESS] | h[H_COMPRESS + 1] << 8) != 1)
        fail(err, "'%s': an unknown compression", m->file->filename);
    else if (capacity > INT64_MAX / SECTOR - grain)
        fail(err, "'%s': the disk is too large", m->file->filename);
    else
        return true;
    return false;
}

static bool open_vmdk(struct blockmap *m, GError **err)
{
    uint8_t *h = m->header;
    int r = node_pread(m->file, 0, h, H_BYTES);

    if (r == 0 && header_ok(m, h, NULL) && le64(h + H_GD) == AT_END && m->file->size > 2 * SECTOR)
        r = node_pread(m->file, m->file->size - 2 * SECTOR, h, H_BYTES);
    if (r < 0) {
        fail(err, "'%s': %s", m->file->filename, g_strerror(-r));
        return false;
    }
    if (!header_ok(m, h, err) || !description_ok(m, h, err))
        return false;
    uint32_t flags = le32(h + H_FLAGS);
    uint64_t unit = le64(h + H_GRAIN) * SECTOR, capacity = le64(h + H_CAPACITY) * SECTOR,
        grains = (capacity + unit - 1) / unit;
    bool compressed = flags & FLAG_COMPRESSED;
    if (!blockmap_table(m, unit, grains, err))
        return false;
    uint64_t tables = (grains + GTES - 1) / GTES;
    if (!(m->grain_tables = read_directory(m, le64(h + H_GD), tables, err)))
        return false;
    if (flags & FLAG_REDUNDANT && !compressed && !(m->grain_tables2 = read_directory(m, le64(h + H_RGD), tables, err)))
        return false;
    m->b->size = capacity;
    m->end = MAX(m->file->size, le64(h + H_OVERHEAD) < m->file->size / SECTOR ? le64(h + H_OVERHEAD) * SECTOR : 0);
    m->end = (m->end + unit - 1) / unit * unit;
    m->inflate = inflate_grain;
    m->place = compressed ? NULL : place;
    return read_grains(m, flags & FLAG_ZERO_GRAINS, compressed, err);
}

static const struct block_driver driver_vmdk = { .name = "vmdk", BLOCKMAP_DRIVER };

struct block *vmdk_open(struct block *child, const char *node, const struct node_options *no, GError **err)
{
    return blockmap_open(&driver_vmdk, child, node, no, open_vmdk, err);
}

/* -- Creation -- */

static char *describe(const struct block *file, uint64_t size, uint32_t cid)
{
    g_autofree char *name = g_path_get_basename(file->filename);
    uint64_t cylinders = MIN(size / SECTOR / (16 * 63), 16383);

    return g_strdup_printf("# Disk DescriptorFile\nversion=1\nCID=%08x\nparentCID=ffffffff\n"
                           "createType=\"monolithicSparse\"\n\n# Extent description\nRW %" PRIu64 " SPARSE \"%s\"\n\n"
                           "# The Disk Data Base\n#DDB\n\nddb.virtualHWVersion = \"4\"\n"
                           "ddb.geometry.cylinders = \"%" PRIu64 "\"\nddb.geometry.heads = \"16\"\n"
                           "ddb.geometry.sectors = \"63\"\nddb.adapterType = \"ide\"\n", cid, size / SECTOR, name,
                               cylinders);
}

/* A directory and its tables, which follow it, from a sector on: of zero entries. */
static int write_directory(struct block *file, uint64_t sector, uint64_t tables, uint64_t directory_sectors)
{
    g_autofree uint8_t *buf = g_malloc0(directory_sectors * SECTOR);

    for (uint64_t i = 0; i < tables; i++)
        put_le32(buf + 4 * i, sector + directory_sectors + i * (GTES * 4 / SECTOR));
    return node_pwrite(file, sector * SECTOR, buf, directory_sectors * SECTOR);
}

int vmdk_create(struct block *file, const struct block_create *c, GError **err)
{
    uint64_t grain = 128, grains = (c->size / SECTOR + grain - 1) / grain, tables = (grains + GTES - 1) / GTES;
    uint64_t directory = (tables * 4 + SECTOR - 1) / SECTOR, all = directory + tables * (GTES * 4 / SECTOR);
    uint64_t description = 20, rgd = 1 + description, gd = rgd + all, overhead = (gd + all + grain - 1) / grain * grain;
    g_autofree char *text = describe(file, c->size, g_random_int());
    uint8_t h[H_BYTES] = "KDMV";

    if (grains > BLOCKMAP_MAX || strlen(text) >= description * SECTOR) {
        fail(err, "The image size is too large");
        return -EFBIG;
    }
    put_le32(h + H_VERSION, 1);
    put_le32(h + H_FLAGS, FLAG_CHECK | FLAG_REDUNDANT);
    put_le64(h + H_CAPACITY, c->size / SECTOR);
    put_le64(h + H_GRAIN, grain);
    put_le64(h + H_DESC, 1);
    put_le64(h + H_DESC_SIZE, description);
    put_le32(h + H_GTES, GTES);
    put_le64(h + H_RGD, rgd);
    put_le64(h + H_GD, gd);
    put_le64(h + H_OVERHEAD, overhead);
    memcpy(h + H_CHECK, "\n \r\n", 4); /* damaged by who takes it for a text */
    int r = file->driver->resize(file, overhead * SECTOR, err);
    if (r < 0)
        return r;
    r = write_directory(file, rgd, tables, directory);
    r = r < 0 ? r : write_directory(file, gd, tables, directory);
    r = r < 0 ? r : node_pwrite(file, SECTOR, text, strlen(text));
    r = r < 0 ? r : node_pwrite(file, 0, h, sizeof(h));
    r = r < 0 ? r : node_flush(file);
    if (r < 0)
        fail(err, "%s", g_strerror(-r));
    return r;
}
