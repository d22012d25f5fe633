/* SPDX-License-Identifier: BSD-2-Clause */
/* The "vdi" node: VirtualBox's disk images, dynamic and static, without parents. Little-endian. */
#include "blockmap.h"

#include <glib.h>

enum {
    H_SIGNATURE = 0x40, H_VERSION = 0x44, H_HEADER_SIZE = 0x48, H_TYPE = 0x4c, H_MAP = 0x154, H_DATA = 0x158,
    H_SECTOR_SIZE = 0x168, H_DISK_SIZE = 0x170, H_BLOCK_SIZE = 0x178, H_EXTRA = 0x17c, H_BLOCKS = 0x180,
    H_ALLOCATED = 0x184, H_UUID = 0x188, H_UUID_LINK = 0x1a8, H_UUID_PARENT = 0x1b8, H_BYTES = 512,
};
#define SIGNATURE 0xbeda107f
#define VERSION_1_1 0x00010001
#define BLOCK (1 * MiB) /* of all images there are */
enum { TYPE_DYNAMIC = 1, TYPE_STATIC = 2 };
#define ENTRY_NONE 0xffffffffu
#define ENTRY_ZERO 0xfffffffeu

static int place(struct blockmap *m, uint64_t i, uint64_t *host)
{
    uint8_t entry[4];
    uint32_t n = le32(m->header + H_ALLOCATED);

    *host = m->end;
    put_le32(entry, (*host - le32(m->header + H_DATA)) / BLOCK);
    int r = node_zeroes(m->file, *host, BLOCK, true); /* there may be something behind the last block */
    if (r == 0 && m->file->driver->resize && m->file->size < *host + BLOCK)
        r = m->file->driver->resize(m->file, *host + BLOCK, NULL);
    if (r == 0)
        r = node_pwrite(m->file, m->table + 4 * i, entry, 4);
    put_le32(entry, n + 1);
    if (r == 0)
        r = node_pwrite(m->file, H_ALLOCATED, entry, 4);
    if (r < 0)
        return r;
    put_le32(m->header + H_ALLOCATED, n + 1);
    m->end += BLOCK;
    return 0;
}

static bool header_ok(const struct blockmap *m, const uint8_t *h, GError **err)
{
    static const uint8_t none[16];
    uint32_t type = le32(h + H_TYPE);

    if (le32(h + H_SIGNATURE) != SIGNATURE)
        fail(err, "'%s': not a vdi image", m->file->filename);
    else if (le32(h + H_VERSION) != VERSION_1_1)
        fail(err, "'%s': vdi of version %#x; expected 1.1", m->file->filename, le32(h + H_VERSION));
    else if (type != TYPE_DYNAMIC && type != TYPE_STATIC)
        fail(err, "'%s': vdi of type %u; expected dynamic or static", m->file->filename, type);
    else if (le32(h + H_BLOCK_SIZE) != BLOCK || le32(h + H_EXTRA) || le32(h + H_SECTOR_SIZE) != BLOCK_SECTOR)
        fail(err, "'%s': a vdi image with other blocks than of 1 MiB", m->file->filename);
    else if (memcmp(h + H_UUID_LINK, none, 16) || memcmp(h + H_UUID_PARENT, none, 16))
        fail(err, "'%s': a vdi image with a parent, which mynah does not have", m->file->filename);
    else if (le32(h + H_MAP) % BLOCK_SECTOR || le32(h + H_DATA) % BLOCK_SECTOR)
        fail(err, "'%s': the vdi image's tables are not aligned", m->file->filename);
    else
        return true;
    return false;
}

static bool open_vdi(struct blockmap *m, GError **err)
{
    uint8_t *h = m->header;
    uint64_t blocks, data;
    int r = node_pread(m->file, 0, h, H_BYTES);

    if (r < 0) {
        fail(err, "'%s': %s", m->file->filename, g_strerror(-r));
        return false;
    }
    if (!header_ok(m, h, err) || !blockmap_table(m, BLOCK, blocks = le32(h + H_BLOCKS), err))
        return false;
    m->table = le32(h + H_MAP);
    data = m->end = le32(h + H_DATA);
    m->place = place;
    m->b->size = (le64(h + H_DISK_SIZE) + BLOCK_SECTOR - 1) / BLOCK_SECTOR * BLOCK_SECTOR;
    g_autofree uint8_t *map = g_malloc(4 * blocks + 4);
    r = m->table + 4 * blocks > m->file->size ? -EIO : node_pread(m->file, m->table, map, 4 * blocks);
    if (r < 0) {
        fail(err, "'%s': the table of blocks is cut off", m->file->filename);
        return false;
    }
    for (uint64_t i = 0; i < blocks; i++) {
        uint32_t e = le32(map + 4 * i);
        if (e >= ENTRY_ZERO)
            continue;
        m->hosts[i] = data + e * (uint64_t)BLOCK;
        m->end = MAX(m->end, m->hosts[i] + BLOCK);
    }
    return true;
}

static const struct block_driver driver_vdi = { .name = "vdi", BLOCKMAP_DRIVER };

struct block *vdi_open(struct block *child, const char *node, const struct node_options *no, GError **err)
{
    return blockmap_open(&driver_vdi, child, node, no, open_vdi, err);
}

int vdi_create(struct block *file, const struct block_create *c, GError **err)
{
    uint64_t blocks = (c->size + BLOCK - 1) / BLOCK, map = (blocks * 4 + 511) / 512 * 512;
    static const char text[] = "<<< mynah VM Virtual Disk Image >>>\n";

    if (blocks > BLOCKMAP_MAX) {
        fail(err, "The image size is too large");
        return -EFBIG;
    }
    g_autofree uint8_t *h = g_malloc0(H_BYTES + map);
    memcpy(h, text, sizeof(text));
    put_le32(h + H_SIGNATURE, SIGNATURE);
    put_le32(h + H_VERSION, VERSION_1_1);
    put_le32(h + H_HEADER_SIZE, 0x180);
    put_le32(h + H_TYPE, TYPE_DYNAMIC);
    put_le32(h + H_MAP, H_BYTES);
    put_le32(h + H_DATA, H_BYTES + map);
    put_le32(h + H_SECTOR_SIZE, BLOCK_SECTOR);
    put_le64(h + H_DISK_SIZE, c->size);
    put_le32(h + H_BLOCK_SIZE, BLOCK);
    put_le32(h + H_BLOCKS, blocks);
    for (unsigned i = 0; i < 32; i += 4) /* the image's, and that of its last change */
        put_le32(h + H_UUID + i, g_random_int());
    memset(h + H_BYTES, 0xff, blocks * 4);
    int r = node_pwrite(file, 0, h, H_BYTES + map);
    r = r < 0 ? r : node_flush(file);
    if (r < 0)
        fail(err, "%s", g_strerror(-r));
    return r;
}
