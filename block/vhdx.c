/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The "vhdx" node: Hyper-V's disk images, fixed and dynamic, without parents. Little-endian. The table of blocks is
 * changed through the log (vhdx-log.c), in a flush: until then only memory has the places of new blocks.
 */
#include "vhdx.h"

enum { STATE_NOT_PRESENT = 0, STATE_ZERO = 2, STATE_UNMAPPED = 3, STATE_UNMAPPED_OLD = 5, STATE_PRESENT = 6 };
#define TABLE_BYTES (64 * KiB)
#define ROW 32          /* of the table of regions and of metadata */
#define MAX_ROWS 2047
#define BAT_OFFSET UINT64_C(0xfffffffffff00000)
#define BAT_PER_SECTOR (VHDX_SECTOR / 8)
#define MAX_SIZE (UINT64_C(64) * 1024 * GiB)
enum { R_AT = 16, R_BYTES = 24, R_FLAGS = 28, REGION_REQUIRED = 1, REGIONS_COUNT = 8, REGIONS_FIRST = 16 };
enum { M_AT = 16, M_BYTES = 20, M_FLAGS = 24, M_REQUIRED = 4, M_VIRTUAL_DISK = 2, METADATA_COUNT = 10 };
enum { PARAMETERS_FIXED = 1, PARAMETERS_PARENT = 2 };

/* As they are in the file. */
static const uint8_t guid_bat[16] = "\x66\x77\xc2\x2d\x23\xf6\x00\x42\x9d\x64\x11\x5e\x9b\xfd\x4a\x08";
static const uint8_t guid_metadata[16] = "\x06\xa2\x7c\x8b\x90\x47\x9a\x4b\xb8\xfe\x57\x5f\x05\x0f\x88\x6e";
enum { PARAMETERS, SIZE, ID, SECTOR_SIZE, PHYSICAL_SIZE, ITEMS };
static const struct {
    uint8_t guid[16];
    uint32_t bytes, flags;
} items[ITEMS] = {
    [PARAMETERS] = { "\x37\x67\xa1\xca\x36\xfa\x43\x4d\xb3\xb6\x33\xf0\xaa\x44\xe7\x6b", 8, M_REQUIRED },
    [SIZE] = { "\x24\x42\xa5\x2f\x1b\xcd\x76\x48\xb2\x11\x5d\xbe\xd8\x3b\xf4\xb8", 8, M_REQUIRED | M_VIRTUAL_DISK },
    [ID] = { "\xab\x12\xca\xbe\xe6\xb2\x23\x45\x93\xef\xc3\x09\xe0\x00\xc7\x46", 16, M_REQUIRED | M_VIRTUAL_DISK },
    [SECTOR_SIZE] = { "\x1d\xbf\x41\x81\x6f\xa9\x09\x47\xba\x47\xf2\x33\xa8\xfa\xab\x5f", 4,
                      M_REQUIRED | M_VIRTUAL_DISK },
    [PHYSICAL_SIZE] = { "\xc7\x48\xa3\xcd\x5d\x44\x71\x44\x9c\xc9\xe9\x88\x52\x51\xc5\x56", 4,
                        M_REQUIRED | M_VIRTUAL_DISK },
};

static uint64_t round_up(uint64_t n, uint64_t to)
{
    return (n + to - 1) / to * to;
}

/* -- Regions and metadata -- */

static const struct vhdx_region *region(const struct vhdx *v, guint i)
{
    return &g_array_index(v->regions, struct vhdx_region, i);
}

/* A region that is none of the others'. */
static bool add_region(struct vhdx *v, uint64_t at, uint64_t bytes, GError **err)
{
    struct vhdx_region new = { at, bytes };
    guint i = 0;

    if (at % MiB || bytes % MiB || !bytes || (at < MiB && v->regions->len) || at > v->file->size ||
        bytes > v->file->size - at) {
        fail(err, "'%s': a region of the vhdx image is cut off, or where it can't be", v->file->filename);
        return false;
    }
    for (; i < v->regions->len; i++) {
        const struct vhdx_region *r = region(v, i);
        if (at < r->at + r->bytes && r->at < at + bytes) {
            fail(err, "'%s': two regions of the vhdx image overlap", v->file->filename);
            return false;
        }
        if (r->at > at)
            break;
    }
    g_array_insert_val(v->regions, i, new);
    return true;
}

static bool regions_ok(uint8_t *t)
{
    return !memcmp(t, "regi", 4) && vhdx_sum(t, TABLE_BYTES) == le32(t + 4) &&
           le32(t + REGIONS_COUNT) <= MAX_ROWS;
}

/* The table of regions, of which those that can't be done without are known: where the BAT and the metadata are. */
static bool read_regions(struct vhdx *v, struct vhdx_region *bat, struct vhdx_region *metadata, GError **err)
{
    g_autofree uint8_t *t = g_malloc(TABLE_BYTES);

    v->regions = g_array_new(FALSE, FALSE, sizeof(struct vhdx_region));
    if ((node_pread(v->file, VHDX_REGIONS, t, TABLE_BYTES) < 0 || !regions_ok(t)) &&
        (node_pread(v->file, VHDX_REGIONS2, t, TABLE_BYTES) < 0 || !regions_ok(t))) {
        fail(err, "'%s': the vhdx image has no table of regions that can be trusted", v->file->filename);
        return false;
    }
    if (!add_region(v, 0, MiB, err) || (v->log_bytes && !add_region(v, v->log, v->log_bytes, err)))
        return false;
    for (uint32_t i = 0; i < le32(t + REGIONS_COUNT); i++) {
        const uint8_t *row = t + REGIONS_FIRST + i * ROW;
        struct vhdx_region r = { le64(row + R_AT), le32(row + R_BYTES) };
        struct vhdx_region *known = !memcmp(row, guid_bat, 16) ? bat
                                    : !memcmp(row, guid_metadata, 16) ? metadata : NULL;
        if (!known && le32(row + R_FLAGS) & REGION_REQUIRED) {
            fail(err, "'%s': the vhdx image has a region that mynah does not know, and that is needed",
                 v->file->filename);
            return false;
        }
        if (!add_region(v, r.at, r.bytes, err))
            return false;
        if (known && known->bytes) {
            fail(err, "'%s': the vhdx image has two tables of blocks or metadata", v->file->filename);
            return false;
        }
        if (known)
            *known = r;
    }
    if (!bat->bytes || !metadata->bytes)
        fail(err, "'%s': the vhdx image has no table of blocks or no metadata", v->file->filename);
    return bat->bytes && metadata->bytes;
}

/* What the metadata say, all of which is there. */
static bool read_metadata(struct vhdx *v, const struct vhdx_region *in, uint8_t out[ITEMS][16], GError **err)
{
    g_autofree uint8_t *t = g_malloc(TABLE_BYTES);
    unsigned found = 0, rows;

    if (node_pread(v->file, in->at, t, TABLE_BYTES) < 0 || memcmp(t, "metadata", 8) ||
        (rows = t[METADATA_COUNT] | t[METADATA_COUNT + 1] << 8) > MAX_ROWS)
        goto wrong;
    for (unsigned i = 1; i <= rows; i++) {
        const uint8_t *row = t + i * ROW;
        uint64_t at = le32(row + M_AT), bytes = le32(row + M_BYTES);
        unsigned k = 0;
        while (k < ITEMS && memcmp(row, items[k].guid, 16))
            k++;
        if (k == ITEMS && le32(row + M_FLAGS) & M_REQUIRED && !(found & 1 << PARAMETERS &&
                                                               le32(out[PARAMETERS] + 4) & PARAMETERS_PARENT)) {
            fail(err, "'%s': the vhdx image has metadata that mynah does not know, and that are needed",
                 v->file->filename);
            return false;
        }
        if (k == ITEMS)
            continue;
        if (found & 1 << k || bytes != items[k].bytes || at < TABLE_BYTES || at + bytes > in->bytes ||
            node_pread(v->file, in->at + at, out[k], bytes) < 0)
            goto wrong;
        found |= 1 << k;
    }
    if ((found | 1 << ID) == (1 << ITEMS) - 1)
        return true;
wrong:
    fail(err, "'%s': the vhdx image's metadata are wrong", v->file->filename);
    return false;
}

/* -- The table of blocks -- */

/* Row of a block: after each chunk of them there is a row for bitmaps, which only images with parents use. */
static uint64_t row_of(const struct vhdx *v, uint64_t block)
{
    return block + block / v->ratio;
}

static bool read_table(struct blockmap *m, const struct vhdx_region *bat, GError **err)
{
    struct vhdx *v = m->vhdx;
    uint64_t rows = m->entries ? row_of(v, m->entries - 1) + 1 : 0, i = 0;
    g_autofree uint8_t *t = g_malloc(MiB);
    int r = 0;

    if (bat->bytes / 8 < rows) {
        fail(err, "'%s': the table of blocks is too small", m->file->filename);
        return false;
    }
    v->bat = bat->at;
    v->bat_sectors = round_up(rows * 8, VHDX_SECTOR) / VHDX_SECTOR;
    v->dirty = g_malloc0(v->bat_sectors + 1);
    for (uint64_t at = 0; at < rows && r == 0; at += MiB / 8) {
        r = node_pread(m->file, v->bat + at * 8, t, MiB);
        for (; r == 0 && i < m->entries && row_of(v, i) < at + MiB / 8; i++) {
            uint64_t e = le64(t + 8 * (row_of(v, i) - at)), host = e & BAT_OFFSET;
            if ((e & 7) == STATE_PRESENT && host <= INT64_MAX - m->unit) {
                m->hosts[i] = host;
                m->end = MAX(m->end, host + m->unit);
            } else if ((e & 7) > STATE_UNMAPPED && (e & 7) != STATE_UNMAPPED_OLD) {
                v->bad_entries++;
            }
        }
    }
    if (r < 0)
        fail(err, "'%s': the table of blocks cannot be read: %s", m->file->filename, g_strerror(-r));
    return r == 0;
}

static int compare_hosts(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* How many blocks are where they can't be; a line for each kind of that is added to out. */
static uint64_t find_errors(struct blockmap *m, GString *out)
{
    const struct vhdx *v = m->vhdx;
    g_autofree uint64_t *s = g_new(uint64_t, m->entries + 1);
    uint64_t n = 0, overlaps = 0, beyond = 0;
    bool sorted = true;

    g_mutex_lock(&m->lock);
    for (uint64_t i = 0; i < m->entries; i++) {
        if (m->hosts[i] == BLOCKMAP_NONE)
            continue;
        /* QEMU's fixed images end where the disk does, and not its last block. */
        beyond += m->hosts[i] + MIN(m->unit, m->b->size - i * m->unit) > m->file->size;
        sorted &= !n || s[n - 1] <= m->hosts[i];
        s[n++] = m->hosts[i];
    }
    g_mutex_unlock(&m->lock);
    if (!sorted)
        qsort(s, n, sizeof(*s), compare_hosts);
    guint k = 0;
    for (uint64_t i = 0; i < n; i++) {
        while (k < v->regions->len && region(v, k)->at + region(v, k)->bytes <= s[i])
            k++;
        overlaps += (i > 0 && s[i] < s[i - 1] + m->unit) ||
            (k < v->regions->len && region(v, k)->at < s[i] + m->unit);
    }
    if (v->bad_entries)
        g_string_append_printf(out, "%" PRIu64 " entries of the table of blocks make no sense\n", v->bad_entries);
    if (overlaps)
        g_string_append_printf(out, "%" PRIu64 " blocks overlap others or tables\n", overlaps);
    if (beyond)
        g_string_append_printf(out, "%" PRIu64 " blocks are beyond the file's end, which was cut off\n", beyond);
    return v->bad_entries + overlaps + beyond;
}

/* -- Writing -- */

/* The headers say that the image is another now, before it is. */
static int before_change(struct blockmap *m)
{
    struct vhdx *v = m->vhdx;
    int r = 0;

    if (__atomic_load_n(&v->changed, __ATOMIC_ACQUIRE))
        return 0;
    g_mutex_lock(&v->log_lock);
    if (!v->changed) {
        vhdx_guid(v->header + VHDX_H_FILE_GUID);
        vhdx_guid(v->header + VHDX_H_DATA_GUID);
        memset(v->header + VHDX_H_LOG_GUID, 0, 16);
        r = vhdx_write_header(v);
        __atomic_store_n(&v->changed, r == 0, __ATOMIC_RELEASE);
    }
    g_mutex_unlock(&v->log_lock);
    return r;
}

/* The file becomes larger, with zeroes; the table is changed by a flush. */
static int place(struct blockmap *m, uint64_t i, uint64_t *host)
{
    struct vhdx *v = m->vhdx;
    int (*resize)(struct block *b, uint64_t size, GError **err) = m->file->driver->resize;
    int r = m->end > INT64_MAX - m->unit || !resize ? -ENOSPC : resize(m->file, m->end + m->unit, NULL);

    if (r < 0)
        return r;
    *host = m->end;
    m->end += m->unit;
    v->dirty[row_of(v, i) / BAT_PER_SECTOR] = 1;
    return 0;
}

/* Blocks that have a row in a sector of the BAT get it. */
static void fill_rows(const struct blockmap *m, uint64_t sector, uint8_t *out)
{
    const struct vhdx *v = m->vhdx;

    for (unsigned k = 0; k < BAT_PER_SECTOR; k++) {
        uint64_t row = sector * BAT_PER_SECTOR + k, block = row - row / (v->ratio + 1);
        if (row % (v->ratio + 1) != v->ratio && block < m->entries && m->hosts[block] != BLOCKMAP_NONE)
            put_le64(out + 8 * k, m->hosts[block] | STATE_PRESENT);
    }
}

/* Up to an entry of sectors of the table that are not as the file has them. */
static int collect(struct blockmap *m, uint64_t *sectors, unsigned *n)
{
    struct vhdx *v = m->vhdx;
    int r = 0;

    *n = 0;
    g_mutex_lock(&m->lock);
    for (uint64_t i = 0; i < v->bat_sectors && *n < VHDX_ENTRY_MAX; i++) {
        if (v->dirty[i])
            sectors[(*n)++] = i;
        v->dirty[i] = 0;
    }
    g_mutex_unlock(&m->lock);
    if (*n && !v->sector)
        v->sector = g_malloc(VHDX_ENTRY_MAX * VHDX_SECTOR);
    for (unsigned i = 0; i < *n && r == 0; i++) {
        v->sector_at[i] = v->bat + sectors[i] * VHDX_SECTOR;
        r = node_pread(m->file, v->sector_at[i], v->sector[i], VHDX_SECTOR);
    }
    g_mutex_lock(&m->lock);
    for (unsigned i = 0; i < *n && r == 0; i++)
        fill_rows(m, sectors[i], v->sector[i]);
    g_mutex_unlock(&m->lock);
    return r;
}

/* The table says where all blocks are, or the log does: safely, as is all that was written before. *n: 0 if it did. */
static int write_table(struct blockmap *m, unsigned *n)
{
    struct vhdx *v = m->vhdx;
    uint64_t sectors[VHDX_ENTRY_MAX];
    unsigned all = 0;
    int r = vhdx_log_settle(v);

    for (*n = 1; r == 0 && *n; all += *n) {
        if ((r = collect(m, sectors, n)) == 0 && *n) {
            v->sectors = *n;
            r = vhdx_log_commit(v);
        }
        g_mutex_lock(&m->lock);
        for (unsigned i = 0; i < *n && r < 0; i++)
            v->dirty[sectors[i]] = 1;
        g_mutex_unlock(&m->lock);
    }
    *n = all;
    return r;
}

static int flush(struct block *b)
{
    struct blockmap *m = b->state;
    unsigned n;

    if (b->read_only)
        return 0;
    g_mutex_lock(&m->vhdx->log_lock);
    int r = write_table(m, &n);
    g_mutex_unlock(&m->vhdx->log_lock);
    return r < 0 || n ? r : node_flush(m->file);
}

/* -- The node -- */

static void close_vhdx(struct block *b)
{
    struct blockmap *m = b->state;
    struct vhdx *v = m->vhdx;
    unsigned n;

    if (v) {
        if (v->changed && write_table(m, &n) == 0 && v->log_open)
            vhdx_log_close(v); /* if that fails, it is put in place again as it is opened */
        if (v->regions)
            g_array_unref(v->regions);
        g_free(v->dirty);
        g_free(v->sector);
        g_mutex_clear(&v->log_lock);
        g_free(v);
    }
    blockmap_close(b);
}

static int check(struct block *b, struct block_check *c, unsigned fix, GError **err)
{
    struct blockmap *m = b->state;
    g_autoptr(GString) found = g_string_new(NULL);

    c->corruptions = find_errors(m, found);
    c->corruptions_fixed = m->vhdx->replayed;
    m->vhdx->replayed = false; /* it is told of once */
    if (c->out)
        g_string_append(c->out, found->str);
    return 0;
}

static void info(struct block *b, struct image_info *i)
{
    *i = (struct image_info){ .cluster_size = ((struct blockmap *)b->state)->unit };
}

static bool sizes_ok(struct blockmap *m, const uint8_t metadata[ITEMS][16], GError **err)
{
    uint64_t unit = le32(metadata[PARAMETERS]), bytes = le64(metadata[SIZE]), logical = le32(metadata[SECTOR_SIZE]);

    if (le32(metadata[PARAMETERS] + 4) & PARAMETERS_PARENT)
        fail(err, "'%s': a vhdx image with a parent, which mynah does not have", m->file->filename);
    else if (unit < MiB || unit > 256 * MiB || unit & (unit - 1) || (logical != 512 && logical != 4096) ||
             bytes % logical || bytes > MAX_SIZE)
        fail(err, "'%s': blocks, sectors or a disk of an impossible size", m->file->filename);
    else
        return true;
    return false;
}

static bool open_image(struct blockmap *m, bool inspect, GError **err)
{
    struct vhdx *v = m->vhdx = g_new0(struct vhdx, 1);
    struct vhdx_region bat = { 0 }, meta = { 0 };
    uint8_t head[8], metadata[ITEMS][16];

    g_mutex_init(&v->log_lock);
    v->file = m->file;
    if (node_pread(m->file, 0, head, 8) < 0 || memcmp(head, "vhdxfile", 8)) {
        fail(err, "'%s': not a vhdx image", m->file->filename);
        return false;
    }
    if (!vhdx_read_header(v, err) || (!m->b->read_only && !vhdx_log_ok(v, err)) ||
        !vhdx_replay(v, m->b->read_only, err) || !read_regions(v, &bat, &meta, err) ||
        !read_metadata(v, &meta, metadata, err) || !sizes_ok(m, metadata, err))
        return false;
    uint64_t unit = le32(metadata[PARAMETERS]);
    m->b->size = le64(metadata[SIZE]);
    v->ratio = ((uint64_t)le32(metadata[SECTOR_SIZE]) << 23) / unit;
    if (!blockmap_table(m, unit, (m->b->size + unit - 1) / unit, err) || !read_table(m, &bat, err))
        return false;
    g_autoptr(GString) found = g_string_new(NULL);
    if (find_errors(m, found) && !inspect) {
        g_string_truncate(found, strcspn(found->str, "\n"));
        fail(err, "'%s': the vhdx image is broken: %s", m->file->filename, found->str);
        return false;
    }
    m->end = MAX(m->end, round_up(m->file->size, MiB));
    m->place = place;
    m->before_change = before_change;
    return true;
}

static bool open_vhdx(struct blockmap *m, GError **err)
{
    return open_image(m, false, err);
}

static bool open_to_inspect(struct blockmap *m, GError **err)
{
    return open_image(m, true, err);
}

static const struct block_driver driver_vhdx = {
    .name = "vhdx", .read = blockmap_read, .write = blockmap_write, .write_zeroes = blockmap_zeroes,
    .status = blockmap_status, .moved = blockmap_moved, .flush = flush, .check = check, .info = info,
    .close = close_vhdx
};

struct block *vhdx_open(struct block *child, const char *node, const struct node_options *no, GError **err)
{
    return blockmap_open(&driver_vhdx, child, node, no, no->inspect ? open_to_inspect : open_vhdx, err);
}

/* -- Creation -- */

/* Larger blocks for larger disks, as QEMU has them. */
static uint64_t block_bytes(const struct block_create *c)
{
    if (c->block_size)
        return MIN(round_up(c->block_size, MiB), 256 * MiB);
    return c->size > UINT64_C(32) * 1024 * GiB ? 64 * MiB : c->size > UINT64_C(100) * GiB ? 32 * MiB
           : c->size > GiB ? 16 * MiB : 8 * MiB;
}

static int write_headers(struct block *file, uint32_t log_bytes)
{
    static const char creator[] = "mynah";
    uint8_t id[64] = "vhdxfile";
    struct vhdx v = { .file = file, .header = "head", .current = 1 };

    for (unsigned i = 0; creator[i]; i++)
        id[8 + 2 * i] = creator[i];
    vhdx_guid(v.header + VHDX_H_FILE_GUID);
    vhdx_guid(v.header + VHDX_H_DATA_GUID);
    v.header[VHDX_H_VERSION] = 1;
    put_le32(v.header + VHDX_H_LOG_BYTES, log_bytes);
    put_le64(v.header + VHDX_H_LOG, MiB);
    int r = node_pwrite(file, 0, id, sizeof(id));
    return r < 0 ? r : vhdx_write_header(&v);
}

static int write_regions(struct block *file, const struct vhdx_region *bat, const struct vhdx_region *meta)
{
    g_autofree uint8_t *t = g_malloc0(TABLE_BYTES);

    memcpy(t, "regi", 4);
    put_le32(t + REGIONS_COUNT, 2);
    for (unsigned i = 0; i < 2; i++) {
        uint8_t *row = t + REGIONS_FIRST + i * ROW;
        memcpy(row, i ? guid_metadata : guid_bat, 16);
        put_le64(row + R_AT, i ? meta->at : bat->at);
        put_le32(row + R_BYTES, i ? meta->bytes : bat->bytes);
        put_le32(row + R_FLAGS, REGION_REQUIRED);
    }
    vhdx_seal(t, TABLE_BYTES);
    int r = node_pwrite(file, VHDX_REGIONS, t, TABLE_BYTES);
    return r < 0 ? r : node_pwrite(file, VHDX_REGIONS2, t, TABLE_BYTES);
}

static int write_metadata(struct block *file, uint64_t at, const struct block_create *c, uint64_t unit)
{
    g_autofree uint8_t *t = g_malloc0(TABLE_BYTES + VHDX_SECTOR);
    uint8_t *item[ITEMS];
    uint32_t next = TABLE_BYTES;

    memcpy(t, "metadata", 8);
    t[METADATA_COUNT] = ITEMS;
    for (unsigned i = 0; i < ITEMS; i++) {
        uint8_t *row = t + (i + 1) * ROW;
        memcpy(row, items[i].guid, 16);
        put_le32(row + M_AT, next);
        put_le32(row + M_BYTES, items[i].bytes);
        put_le32(row + M_FLAGS, items[i].flags);
        item[i] = t + next;
        next += items[i].bytes;
    }
    put_le32(item[PARAMETERS], unit);
    put_le32(item[PARAMETERS] + 4, c->fixed ? PARAMETERS_FIXED : 0);
    put_le64(item[SIZE], c->size);
    vhdx_guid(item[ID]);
    put_le32(item[SECTOR_SIZE], BLOCK_SECTOR);
    put_le32(item[PHYSICAL_SIZE], BLOCK_SECTOR);
    return node_pwrite(file, at, t, TABLE_BYTES + VHDX_SECTOR);
}

static int write_bat(struct block *file, uint64_t bat, uint64_t data, const struct block_create *c, uint64_t unit)
{
    g_autofree uint8_t *t = g_malloc(MiB);
    uint64_t ratio = ((uint64_t)BLOCK_SECTOR << 23) / unit, blocks = (c->size + unit - 1) / unit, done = 0;
    int r = 0;

    for (uint64_t row = 0; done < blocks && r == 0; row += MiB / 8) {
        memset(t, 0, MiB);
        for (uint64_t i = row; i < row + MiB / 8 && done < blocks; i++) {
            if (i % (ratio + 1) == ratio)
                continue;
            put_le64(t + 8 * (i - row), c->fixed ? (data + done * unit) | STATE_PRESENT
                                        : c->not_present ? STATE_NOT_PRESENT : STATE_ZERO);
            done++;
        }
        r = node_pwrite(file, bat + row * 8, t, MiB);
    }
    return r;
}

int vhdx_create(struct block *file, const struct block_create *c, GError **err)
{
    uint64_t log = MAX(round_up(MIN(c->log_size, 8 * GiB), MiB), MiB), unit = block_bytes(c);
    uint64_t ratio = ((uint64_t)BLOCK_SECTOR << 23) / unit, blocks = (MIN(c->size, MAX_SIZE) + unit - 1) / unit;

    if (c->size > MAX_SIZE)
        fail(err, "Image size too large; max of 64TB");
    else if (blocks > BLOCKMAP_MAX)
        fail(err, "Image size too large for blocks of this size");
    else if (log > UINT32_MAX)
        fail(err, "Log size must be smaller than 4 GB");
    else if (unit & (unit - 1))
        fail(err, "Block size must be a power of two");
    if (c->size > MAX_SIZE || blocks > BLOCKMAP_MAX || log > UINT32_MAX || unit & (unit - 1))
        return -EINVAL;
    struct vhdx_region bat = { MiB + log, MAX(round_up((blocks + blocks / ratio) * 8, MiB), MiB) };
    struct vhdx_region meta = { bat.at + bat.bytes, MiB };
    uint64_t data = meta.at + meta.bytes;
    int r = file->driver->resize(file, data + (c->fixed ? blocks * unit : 0), err);
    if (r < 0)
        return r;
    r = write_bat(file, bat.at, data, c, unit);
    r = r < 0 ? r : write_metadata(file, meta.at, c, unit);
    r = r < 0 ? r : write_regions(file, &bat, &meta);
    r = r < 0 ? r : write_headers(file, log);
    if (r < 0)
        fail(err, "%s", g_strerror(-r));
    return r;
}
