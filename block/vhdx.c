/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The "vhdx" node: Hyper-V's disk images, fixed and dynamic, without parents; only read. An image that was not closed
 * has
 * changes in its log, and is refused. Little-endian.
 */
#include "blockmap.h"

enum { AT_HEADER1 = 64 * KiB, AT_HEADER2 = 128 * KiB, AT_REGIONS = 192 * KiB, AT_REGIONS2 = 256 * KiB };
enum { H_SEQUENCE = 8, H_LOG_GUID = 48, H_VERSION = 66, H_BYTES = 4096 };
enum { STATE_PRESENT = 6, STATE_PARTIAL = 7 };
#define TABLE_BYTES (64 * KiB)
#define ROW 32          /* of the table of regions and of metadata */
#define MAX_ROWS 2047
#define BAT_OFFSET UINT64_C(0xfffffffffff00000)

/* As they are in the file. */
static const uint8_t guid_bat[16] = "\x66\x77\xc2\x2d\x23\xf6\x00\x42\x9d\x64\x11\x5e\x9b\xfd\x4a\x08";
static const uint8_t guid_metadata[16] = "\x06\xa2\x7c\x8b\x90\x47\x9a\x4b\xb8\xfe\x57\x5f\x05\x0f\x88\x6e";
static const uint8_t guid_parameters[16] = "\x37\x67\xa1\xca\x36\xfa\x43\x4d\xb3\xb6\x33\xf0\xaa\x44\xe7\x6b";
static const uint8_t guid_size[16] = "\x24\x42\xa5\x2f\x1b\xcd\x76\x48\xb2\x11\x5d\xbe\xd8\x3b\xf4\xb8";
static const uint8_t guid_sector[16] = "\x1d\xbf\x41\x81\x6f\xa9\x09\x47\xba\x47\xf2\x33\xa8\xfa\xab\x5f";

/* A row of a table that begins with a signature, has its number of rows at `count`, and rows from `first` on. */
static const uint8_t *find_row(const uint8_t *t, unsigned count, unsigned first, const uint8_t *guid)
{
    unsigned rows = MIN(t[count] | t[count + 1] << 8, MAX_ROWS);

    for (unsigned i = 0; i < rows && first + (i + 1) * ROW <= TABLE_BYTES; i++)
        if (!memcmp(t + first + i * ROW, guid, 16))
            return t + first + i * ROW;
    return NULL;
}

/* The log of the header that counts. */
static bool log_is_empty(struct blockmap *m, GError **err)
{
    static const uint8_t none[16];
    uint8_t h[2][H_BYTES];
    const uint8_t *use = NULL;

    for (unsigned i = 0; i < 2; i++) {
        int r = node_pread(m->file, i ? AT_HEADER2 : AT_HEADER1, h[i], H_BYTES);
        if (r == 0 && !memcmp(h[i], "head", 4) && (!use || le64(h[i] + H_SEQUENCE) > le64(use + H_SEQUENCE)))
            use = h[i];
    }
    if (!use)
        fail(err, "'%s': the vhdx image has no header", m->file->filename);
    else if (use[H_VERSION] != 1)
        fail(err, "'%s': vhdx of version %u; expected 1", m->file->filename, use[H_VERSION]);
    else if (memcmp(use + H_LOG_GUID, none, 16))
        fail(err, "'%s': the vhdx image was not closed: what is in its log has to be put in place first, by a "
             "program that "
             "writes such images (qemu-img check -r all)", m->file->filename);
    else
        return true;
    return false;
}

/* What is in the metadata under a GUID: bytes of it, in out. */
static bool metadata(struct blockmap *m, uint64_t at, const uint8_t *table, const uint8_t *guid, void *out,
                     unsigned bytes)
{
    const uint8_t *row = find_row(table, 10, ROW, guid);

    return row && le32(row + 20) >= bytes && le32(row + 16) <= MiB && node_pread(m->file, at + le32(row + 16), out,
                                                                                 bytes) == 0;
}

static bool read_table(struct blockmap *m, uint64_t bat, uint64_t bat_bytes, uint64_t ratio, GError **err)
{
    uint64_t rows = m->entries ? m->entries + (m->entries - 1) / ratio : 0; /* with one for bitmaps after each chunk */

    if (bat_bytes / 8 < rows || bat > m->file->size || rows * 8 > m->file->size - bat) {
        fail(err, "'%s': the table of blocks is too small or cut off", m->file->filename);
        return false;
    }
    g_autofree uint8_t *t = g_malloc(rows * 8 + 8);
    int r = node_pread(m->file, bat, t, rows * 8);
    for (uint64_t i = 0; i < m->entries && r == 0; i++) {
        uint64_t e = le64(t + 8 * (i + i / ratio));
        if ((e & 7) == STATE_PARTIAL)
            r = -ENOTSUP;
        else if ((e & 7) == STATE_PRESENT)
            m->hosts[i] = (e & BAT_OFFSET) & INT64_MAX;
    }
    if (r < 0)
        fail(err, "'%s': the table of blocks cannot be read: %s", m->file->filename, g_strerror(-r));
    return r == 0;
}

static bool open_vhdx(struct blockmap *m, GError **err)
{
    g_autofree uint8_t *t = g_malloc(TABLE_BYTES);
    uint8_t head[8], parameters[8], size[8], sector[4];
    int r = node_pread(m->file, 0, head, 8);

    if (r < 0 || memcmp(head, "vhdxfile", 8)) {
        fail(err, "'%s': not a vhdx image", m->file->filename);
        return false;
    }
    if (!log_is_empty(m, err))
        return false;
    r = node_pread(m->file, AT_REGIONS, t, TABLE_BYTES);
    if (r == 0 && memcmp(t, "regi", 4))
        r = node_pread(m->file, AT_REGIONS2, t, TABLE_BYTES);
    const uint8_t *bat = r == 0 ? find_row(t, 8, 16, guid_bat) : NULL, *meta = r == 0 ? find_row(t, 8, 16,
                                                                                                 guid_metadata) : NULL;
    if (!bat || !meta) {
        fail(err, "'%s': the vhdx image has no table of blocks or no metadata", m->file->filename);
        return false;
    }
    uint64_t bat_at = le64(bat + 16), bat_bytes = le32(bat + 24), at = le64(meta + 16);
    if (at > INT64_MAX - MiB || node_pread(m->file, at, t, TABLE_BYTES) < 0 || memcmp(t, "metadata", 8) ||
        !metadata(m, at, t, guid_parameters, parameters, 8) || !metadata(m, at, t, guid_size, size, 8) ||
        !metadata(m, at, t, guid_sector, sector, 4)) {
        fail(err, "'%s': the vhdx image's metadata are wrong", m->file->filename);
        return false;
    }
    uint64_t unit = le32(parameters), bytes = le64(size), logical = le32(sector);
    if (le32(parameters + 4) & 2) {
        fail(err, "'%s': a vhdx image with a parent, which mynah does not have", m->file->filename);
        return false;
    }
    if (unit < MiB || unit > 256 * MiB || unit & (unit - 1) || (logical != 512 && logical != 4096) || bytes % 512 ||
        bytes > UINT64_C(64) * 1024 * GiB) {
        fail(err, "'%s': blocks, sectors or a disk of an impossible size", m->file->filename);
        return false;
    }
    m->b->size = bytes;
    return blockmap_table(m, unit, (bytes + unit - 1) / unit, err) &&
           read_table(m, bat_at, bat_bytes, (logical << 23) / unit, err);
}

static const struct block_driver driver_vhdx = { .name = "vhdx", BLOCKMAP_DRIVER };

struct block *vhdx_open(struct block *child, const char *node, const struct node_options *no, GError **err)
{
    return blockmap_open(&driver_vhdx, child, node, no, open_vhdx, err);
}
