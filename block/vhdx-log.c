/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vhdx image's headers and log. Entries of the log have a header, descriptors and 4 KiB sectors of what is to be in
 * the file; they follow each other around the log, by numbers. Those from the tail that the last one names up to that
 * one are to be put in place when the image is opened. Of those that are written here each is its own tail: what the
 * former one changed is in place and flushed then.
 */
#include "vhdx.h"

static const char *const places[] = { "first", "second" };
static const unsigned header_at[] = { VHDX_HEADER1, VHDX_HEADER2 };

/* An entry. */
enum { E_BYTES = 8, E_TAIL = 12, E_SEQUENCE = 16, E_DESCRIPTORS = 24, E_GUID = 32, E_FLUSHED = 48, E_LAST = 56,
       E_HEAD = 64 };
/* A descriptor, of data or zeroes. */
enum { D_TRAILING = 4, D_LEADING = 8, D_ZEROES = 8, D_AT = 16, D_SEQUENCE = 24, D_BYTES = 32 };
/* A sector of data: between parts of the entry's number; the bytes in their place are in the descriptor. */
enum { S_HIGH = 4, S_DATA = 8, S_DATA_BYTES = 4084, S_LOW = 4092 };
#define MAX_ENTRY (64 * MiB)
#define MAX_FILE (UINT64_C(128) * 1024 * GiB)

/* -- Sums and GUIDs -- */

uint32_t vhdx_crc(const uint8_t *p, size_t n)
{
    static uint32_t table[256];
    static gsize made;
    uint32_t crc = UINT32_MAX;

    if (g_once_init_enter(&made)) {
        for (uint32_t i = 0; i < 256; i++) {
            table[i] = i;
            for (unsigned bit = 0; bit < 8; bit++)
                table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0x82f63b78 : 0);
        }
        g_once_init_leave(&made, 1);
    }
    for (size_t i = 0; i < n; i++)
        crc = crc >> 8 ^ table[(crc ^ p[i]) & 0xff];
    return ~crc;
}

uint32_t vhdx_sum(uint8_t *p, size_t n)
{
    uint32_t was = le32(p + 4), sum;

    put_le32(p + 4, 0);
    sum = vhdx_crc(p, n);
    put_le32(p + 4, was);
    return sum;
}

void vhdx_seal(uint8_t *p, size_t n)
{
    put_le32(p + 4, vhdx_sum(p, n));
}

void vhdx_guid(uint8_t *guid)
{
    for (unsigned i = 0; i < 16; i += 4)
        put_le32(guid + i, g_random_int());
    guid[7] = (guid[7] & 0x0f) | 0x40; /* a random one */
    guid[8] = (guid[8] & 0x3f) | 0x80;
}

static bool no_guid(const uint8_t *guid)
{
    static const uint8_t none[16];

    return !memcmp(guid, none, 16);
}

/* -- Headers -- */

bool vhdx_read_header(struct vhdx *v, GError **err)
{
    uint8_t h[2][VHDX_H_BYTES];
    bool ok[2];

    for (unsigned i = 0; i < 2; i++)
        ok[i] = header_at[i] < v->file->size && node_pread(v->file, header_at[i], h[i], VHDX_H_BYTES) == 0 &&
            !memcmp(h[i], "head", 4) && vhdx_sum(h[i], VHDX_H_BYTES) == le32(h[i] + 4);
    uint64_t first = le64(h[0] + VHDX_H_SEQUENCE), second = le64(h[1] + VHDX_H_SEQUENCE);
    if ((!ok[0] && !ok[1]) || (ok[0] && ok[1] && first == second && memcmp(h[0], h[1], VHDX_H_BYTES))) {
        fail(err, "'%s': the vhdx image has no header that can be trusted", v->file->filename);
        return false;
    }
    v->current = ok[1] && (!ok[0] || second > first);
    memcpy(v->header, h[v->current], VHDX_H_BYTES);
    unsigned version = v->header[VHDX_H_VERSION] | v->header[VHDX_H_VERSION + 1] << 8;
    if (version != 1) {
        fail(err, "'%s': vhdx of version %u in the %s header; expected 1", v->file->filename, version,
             places[v->current]);
        return false;
    }
    v->log = le64(v->header + VHDX_H_LOG);
    v->log_bytes = le32(v->header + VHDX_H_LOG_BYTES);
    return true;
}

bool vhdx_log_ok(const struct vhdx *v, GError **err)
{
    if (v->log_bytes && v->log >= MiB && !(v->log % MiB) && !(v->log_bytes % MiB) && v->log <= v->file->size &&
        v->log_bytes <= v->file->size - v->log)
        return true;
    fail(err, "'%s': the vhdx image's log is cut off, or where it can't be", v->file->filename);
    return false;
}

int vhdx_write_header(struct vhdx *v)
{
    int r = 0;

    for (unsigned i = 0; i < 2 && r == 0; i++) {
        put_le64(v->header + VHDX_H_SEQUENCE, le64(v->header + VHDX_H_SEQUENCE) + 1);
        vhdx_seal(v->header, VHDX_H_BYTES);
        r = node_pwrite(v->file, header_at[!v->current], v->header, VHDX_H_BYTES);
        if (r == 0)
            r = node_flush(v->file);
        if (r == 0)
            v->current = !v->current;
    }
    return r;
}

/* -- Reading the log -- */

struct entry {
    uint32_t at, bytes, tail, descriptors; /* at, tail: bytes into the log */
    uint64_t sequence, flushed, last;
};

struct reader {
    struct vhdx *v;
    uint8_t *buf; /* the entry that was read last */
    uint64_t left; /* bytes that are read yet: an image can have the same ones be looked at again and again */
};

/* Around the log's end. */
static int read_log(const struct vhdx *v, uint32_t at, uint8_t *buf, uint32_t bytes)
{
    uint32_t n = MIN(bytes, v->log_bytes - at);
    int r = node_pread(v->file, v->log + at, buf, n);

    return r < 0 || n == bytes ? r : node_pread(v->file, v->log, buf + n, bytes - n);
}

static uint32_t descriptor_sectors(uint32_t descriptors)
{
    return (E_HEAD + D_BYTES * (uint64_t)descriptors + VHDX_SECTOR - 1) / VHDX_SECTOR;
}

/* Descriptors, and the data that belong to them, are the entry's. */
static bool descriptors_ok(const uint8_t *buf, const struct entry *e)
{
    uint32_t sector = descriptor_sectors(e->descriptors);

    for (uint32_t i = 0; i < e->descriptors; i++) {
        const uint8_t *d = buf + E_HEAD + D_BYTES * (size_t)i;
        bool data = !memcmp(d, "desc", 4);
        if ((!data && memcmp(d, "zero", 4)) || le64(d + D_SEQUENCE) != e->sequence || le64(d + D_AT) % VHDX_SECTOR)
            return false;
        if (!data && le64(d + D_ZEROES) % VHDX_SECTOR)
            return false;
        if (!data)
            continue;
        const uint8_t *s = buf + VHDX_SECTOR * (size_t)sector;
        if (sector++ >= e->bytes / VHDX_SECTOR || memcmp(s, "data", 4) || le32(s + S_HIGH) != e->sequence >> 32 ||
            le32(s + S_LOW) != (uint32_t)e->sequence)
            return false;
    }
    return true;
}

/* The entry at a place of the log, in buf: 1 if there is one, 0 if not, or -errno. */
static int read_entry(struct reader *l, uint32_t at, struct entry *e)
{
    const struct vhdx *v = l->v;
    int r = read_log(v, at, l->buf, VHDX_SECTOR);

    if (r < 0)
        return r;
    *e = (struct entry){ .at = at, .bytes = le32(l->buf + E_BYTES), .tail = le32(l->buf + E_TAIL),
                         .descriptors = le32(l->buf + E_DESCRIPTORS), .sequence = le64(l->buf + E_SEQUENCE),
                         .flushed = le64(l->buf + E_FLUSHED), .last = le64(l->buf + E_LAST) };
    if (memcmp(l->buf, "loge", 4) || memcmp(l->buf + E_GUID, v->header + VHDX_H_LOG_GUID, 16) || !e->sequence ||
        !e->bytes || e->bytes % VHDX_SECTOR || e->bytes > v->log_bytes || e->tail % VHDX_SECTOR ||
        e->tail >= v->log_bytes || descriptor_sectors(e->descriptors) > e->bytes / VHDX_SECTOR)
        return 0;
    if (e->bytes > MAX_ENTRY || e->bytes > l->left)
        return -EFBIG;
    l->left -= e->bytes;
    l->buf = g_realloc(l->buf, e->bytes);
    if ((r = read_log(v, at, l->buf, e->bytes)) < 0)
        return r;
    return vhdx_sum(l->buf, e->bytes) == le32(l->buf + 4) && descriptors_ok(l->buf, e);
}

/*
 * The last entry of the run of entries with the highest numbers which has its own tail: 1, 0 if there is none, or
 * -errno.
 * A run that lacks its tail is the end of one that goes around the log's end, or was overwritten: so are its parts.
 */
static int find_last(struct reader *l, struct entry *last)
{
    const uint32_t log = l->v->log_bytes;
    g_autoptr(GArray) starts = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    uint64_t at = 0;
    int found = 0;

    while (at < log) {
        struct entry e, end = { 0 };
        uint64_t bytes = 0;
        bool whole = false;
        int r;
        g_array_set_size(starts, 0);
        while ((r = read_entry(l, (at + bytes) % log, &e)) > 0 && bytes + e.bytes <= log &&
               (!bytes || e.sequence == end.sequence + 1)) {
            g_array_append_val(starts, e.at);
            bytes += e.bytes;
            end = e;
            if (bytes == log)
                break;
        }
        if (r < 0)
            return r;
        for (guint i = 0; i < starts->len && !whole; i++)
            whole = g_array_index(starts, uint32_t, i) == end.tail;
        if (whole && (!found || end.sequence > last->sequence)) {
            *last = end;
            found = 1;
        }
        at += MAX(bytes, VHDX_SECTOR);
    }
    return found;
}

/* -- Replay -- */

/* Not where the log doesn't apply, nor beyond the file's end. */
static bool may_change(const struct vhdx *v, uint64_t at, uint64_t bytes, uint64_t end)
{
    return at >= VHDX_REGIONS && at <= end && bytes <= end - at &&
           (at + bytes <= v->log || at >= v->log + v->log_bytes);
}

/* An entry, which is in the reader's buf, is put in place; check: or only looked at. */
static int apply(struct reader *l, const struct entry *e, uint64_t size, bool check)
{
    struct vhdx *v = l->v;
    uint32_t sector = descriptor_sectors(e->descriptors);
    int r = 0;

    if (check && (e->flushed > size || e->last > MAX_FILE))
        return -EINVAL;
    for (uint32_t i = 0; i < e->descriptors && r == 0; i++) {
        uint8_t *d = l->buf + E_HEAD + D_BYTES * (size_t)i, *s = l->buf + VHDX_SECTOR * (size_t)sector;
        bool data = !memcmp(d, "desc", 4);
        uint64_t at = le64(d + D_AT), bytes = data ? VHDX_SECTOR : le64(d + D_ZEROES);
        sector += data;
        if (check) {
            r = may_change(v, at, bytes, MAX(size, e->last)) ? 0 : -EINVAL;
        } else if (data) {
            memcpy(s, d + D_LEADING, 8);
            memcpy(s + S_LOW, d + D_TRAILING, 4);
            r = node_pwrite(v->file, at, s, VHDX_SECTOR);
        } else if (at < v->file->size) { /* what the file doesn't have is zero once it has it */
            r = node_zeroes(v->file, at, MIN(bytes, v->file->size - at), true);
        }
    }
    return r;
}

/* All entries up to the last one. */
static int apply_all(struct reader *l, const struct entry *last, uint64_t size, bool check)
{
    uint32_t at = last->tail;

    for (;;) {
        struct entry e;
        int r = read_entry(l, at, &e);
        if (r > 0)
            r = apply(l, &e, size, check);
        else if (r == 0)
            r = -EINVAL;
        if (r < 0 || at == last->at)
            return r;
        at = (at + e.bytes) % l->v->log_bytes;
    }
}

static int replay(struct reader *l, const struct entry *last)
{
    struct vhdx *v = l->v;
    uint64_t size = v->file->size;
    int r = apply_all(l, last, size, true);

    r = r < 0 ? r : apply_all(l, last, size, false);
    if (r == 0 && v->file->size < last->last)
        r = v->file->driver->resize ? v->file->driver->resize(v->file, last->last, NULL) : -ENOSPC;
    r = r < 0 ? r : node_flush(v->file);
    if (r < 0)
        return r;
    memset(v->header + VHDX_H_LOG_GUID, 0, 16);
    vhdx_guid(v->header + VHDX_H_FILE_GUID);
    return vhdx_write_header(v);
}

bool vhdx_replay(struct vhdx *v, bool read_only, GError **err)
{
    struct entry last;

    if (no_guid(v->header + VHDX_H_LOG_GUID))
        return true;
    if (v->header[VHDX_H_LOG_VERSION] || v->header[VHDX_H_LOG_VERSION + 1]) {
        fail(err, "'%s': the vhdx image's log is of an unknown version", v->file->filename);
        return false;
    }
    if (!vhdx_log_ok(v, err))
        return false;
    struct reader l = { v, g_malloc(VHDX_SECTOR), 16 * (uint64_t)v->log_bytes };
    int r = find_last(&l, &last);
    /* A writer that came no further than to say that there is a log: as if it were empty. */
    if (r > 0 && read_only) {
        fail(err, "'%s': the vhdx image was not closed: what is in its log has to be put in place first, by opening "
             "it to be written, or by: mynah-img check -r all '%s'", v->file->filename, v->file->filename);
        r = -EPERM;
    } else if (r > 0) {
        r = replay(&l, &last);
        v->replayed = r == 0;
    }
    g_free(l.buf);
    if (r < 0 && r != -EPERM)
        fail(err, r == -EINVAL ? "'%s': the vhdx image's log doesn't fit the file, which may be cut off"
             : r == -EFBIG ? "'%s': the vhdx image's log has entries of an impossible size"
             : "'%s': what is in the vhdx image's log can't be put in place: %s", v->file->filename, g_strerror(-r));
    return r >= 0;
}

/* -- Writing the log -- */

/* An entry of v->sectors, as it is in the log. To be freed. */
static uint8_t *make_entry(struct vhdx *v, uint32_t bytes)
{
    uint8_t *e = g_malloc0(bytes);

    memcpy(e, "loge", 4);
    put_le32(e + E_BYTES, bytes);
    put_le32(e + E_TAIL, v->log_next);
    put_le64(e + E_SEQUENCE, v->sequence);
    put_le32(e + E_DESCRIPTORS, v->sectors);
    memcpy(e + E_GUID, v->header + VHDX_H_LOG_GUID, 16);
    put_le64(e + E_FLUSHED, v->file->size);
    put_le64(e + E_LAST, v->file->size);
    for (unsigned i = 0; i < v->sectors; i++) {
        uint8_t *d = e + E_HEAD + D_BYTES * i, *s = e + VHDX_SECTOR * (1 + i);
        memcpy(d, "desc", 4);
        memcpy(d + D_TRAILING, v->sector[i] + S_LOW, 4);
        memcpy(d + D_LEADING, v->sector[i], 8);
        put_le64(d + D_AT, v->sector_at[i]);
        put_le64(d + D_SEQUENCE, v->sequence);
        memcpy(s, "data", 4);
        put_le32(s + S_HIGH, v->sequence >> 32);
        memcpy(s + S_DATA, v->sector[i] + S_DATA, S_DATA_BYTES);
        put_le32(s + S_LOW, v->sequence);
    }
    vhdx_seal(e, bytes);
    return e;
}

/* The entry is in the log, safely, and the headers say that one is. It does not reach around to the former one. */
static int write_entry(struct vhdx *v)
{
    const uint32_t bytes = VHDX_SECTOR * (1 + v->sectors);
    uint32_t n = MIN(bytes, v->log_bytes - v->log_next);
    int r = node_flush(v->file); /* its blocks, and what the former entry changed */

    if (r < 0)
        return r;
    if (!v->log_open) {
        vhdx_guid(v->header + VHDX_H_LOG_GUID);
        v->log_next = 0;
        v->sequence = 1;
    }
    g_autofree uint8_t *e = make_entry(v, bytes);
    r = node_pwrite(v->file, v->log + v->log_next, e, n);
    if (r == 0 && n < bytes)
        r = node_pwrite(v->file, v->log, e + n, bytes - n);
    r = r < 0 ? r : node_flush(v->file);
    if (r == 0 && !v->log_open) {
        r = vhdx_write_header(v);
        v->log_open = r == 0;
    }
    if (r < 0)
        return r;
    v->log_next = (v->log_next + bytes) % v->log_bytes;
    v->sequence++;
    return 0;
}

int vhdx_log_settle(struct vhdx *v)
{
    int r = 0;

    for (unsigned i = 0; i < v->sectors && r == 0; i++)
        r = node_pwrite(v->file, v->sector_at[i], v->sector[i], VHDX_SECTOR);
    if (r == 0)
        v->sectors = 0;
    return r;
}

int vhdx_log_commit(struct vhdx *v)
{
    int r = write_entry(v);

    if (r == 0)
        return vhdx_log_settle(v);
    v->sectors = 0;
    return r;
}

int vhdx_log_close(struct vhdx *v)
{
    int r = node_flush(v->file);

    if (r < 0)
        return r;
    memset(v->header + VHDX_H_LOG_GUID, 0, 16);
    v->log_open = false;
    return vhdx_write_header(v);
}
