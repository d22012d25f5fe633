/* SPDX-License-Identifier: BSD-2-Clause */
/* qcow2: from offsets of the disk to places in the file, by L1 and L2 tables. */
#include "qcow2.h"

static uint64_t l2_index(const struct qcow2 *q, uint64_t offset)
{
    return (offset >> q->cluster_bits) & ((UINT64_C(1) << q->l2_bits) - 1);
}

/* Entry `index` of a table: its slice and where in it. */
static uint8_t *entry_at(struct qcow2 *q, uint64_t table, uint64_t index, struct slice **s, int *ret)
{
    uint64_t at = index * qcow2_entry_size(q);

    *s = qcow2_slice(q, &q->l2, table + at / q->slice_size * q->slice_size, ret);
    return *s ? (*s)->data + at % q->slice_size : NULL;
}

/* The table of an offset, 0 if there is none. */
static int find_table(struct qcow2 *q, uint64_t offset, uint64_t *table)
{
    uint64_t i = offset >> qcow2_l1_shift(q);

    *table = i < q->l1_size ? q->l1[i] & QCOW2_OFFSET : 0;
    if (qcow2_in_cluster(q, *table))
        return qcow2_corrupt(q, "L2 table %" PRIu64 " at %#" PRIx64 " is not aligned", i, *table);
    if (*table >= q->file->size && *table >= q->fresh)
        return qcow2_corrupt(q, "L2 table %" PRIu64 " at %#" PRIx64 " is beyond the file's end", i,
                             *table);
    return 0;
}

static enum map_type sub_type(const struct qcow2 *q, uint64_t entry, uint64_t bits, unsigned sub)
{
    if (entry & QCOW2_COMPRESSED)
        return MAP_COMPRESSED;
    if (q->extended)
        return bits >> (32 + sub) & 1 ? MAP_ZERO : bits >> sub & 1 ? MAP_DATA : MAP_NONE;
    if (q->version >= 3 && entry & QCOW2_ZERO)
        return MAP_ZERO;
    return entry & QCOW2_OFFSET ? MAP_DATA : MAP_NONE;
}

/* Fill in m of the entry for the byte at offset. */
static int decode(struct qcow2 *q, uint64_t offset, const uint8_t *p, struct map *m)
{
    unsigned sub = qcow2_in_cluster(q, offset) >> q->sub_bits;
    uint64_t entry = get64(p), bits = q->extended ? get64(p + 8) : 0, host = entry & QCOW2_OFFSET;

    *m = (struct map){ .type = sub_type(q, entry, bits, sub), .entry = entry, .bits = bits };
    if (m->type == MAP_COMPRESSED) {
        m->host = entry;
        return bits ? qcow2_corrupt(q, "a compressed cluster has subclusters, for offset %#" PRIx64, offset) : 0;
    }
    if (q->extended && bits & bits >> 32 & UINT32_MAX)
        return qcow2_corrupt(q, "a subcluster is both zero and allocated, for offset %#" PRIx64, offset);
    if (host && qcow2_in_cluster(q, host))
        return qcow2_corrupt(q, "cluster at %#" PRIx64 " for offset %#" PRIx64 " is not aligned", host, offset);
    if (m->type == MAP_DATA && !host)
        return qcow2_corrupt(q, "allocated subclusters without a cluster, for offset %#" PRIx64, offset);
    m->host = host ? host + qcow2_in_cluster(q, offset) : 0;
    m->host_there = host != 0;
    m->copied = entry & QCOW2_COPIED;
    return 0;
}

int qcow2_map(struct qcow2 *q, uint64_t offset, struct map *m)
{
    uint64_t table;
    struct slice *s;
    int r = find_table(q, offset, &table);

    *m = (struct map){ .type = MAP_NONE };
    if (r < 0 || !table)
        return r;
    const uint8_t *p = entry_at(q, table, l2_index(q, offset), &s, &r);
    return p ? decode(q, offset, p, m) : r;
}

int qcow2_map_run(struct qcow2 *q, uint64_t offset, uint64_t *len, struct map *m)
{
    uint64_t table, unit = UINT64_C(1) << q->sub_bits;
    uint64_t left = (UINT64_C(1) << qcow2_l1_shift(q)) - (offset & ((UINT64_C(1) << qcow2_l1_shift(q)) - 1));
    uint64_t end = offset + MIN(*len, left), at = (offset | (unit - 1)) + 1;
    int r = find_table(q, offset, &table);

    *m = (struct map){ .type = MAP_NONE };
    if (r < 0)
        return r;
    if (!table) {
        *len = end - offset;
        return 0;
    }
    if ((r = qcow2_map(q, offset, m)) < 0)
        return r;
    if (m->type == MAP_COMPRESSED)
        at = (offset | (q->cluster_size - 1)) + 1;
    while (at < end && m->type != MAP_COMPRESSED) {
        struct map next;
        struct slice *s;
        const uint8_t *p = entry_at(q, table, l2_index(q, at), &s, &r);
        if (!p || decode(q, at, p, &next) < 0 || next.type != m->type)
            break; /* what is wrong there is found when it is asked for */
        if (m->type == MAP_DATA && next.host - m->host != at - offset)
            break;
        at += unit;
    }
    *len = MIN(at, end) - offset;
    return 0;
}

/* A cluster for a table. */
static int alloc_table(struct qcow2 *q, uint64_t *table)
{
    uint64_t one = 1;
    int r = qcow2_alloc(q, &one, table);

    if (r == 0 && qcow2_overlaps(q, *table, q->cluster_size))
        r = -EIO;
    return r;
}

/* Write the first contents of a table; it is not known of yet, so that the order does not matter. */
static int fill_table(struct qcow2 *q, uint64_t table, uint64_t from)
{
    g_autofree uint8_t *buf = NULL;
    int r;

    if (!from)
        return node_zeroes(q->file, table, q->cluster_size, false);
    buf = g_malloc(q->cluster_size);
    r = node_pread(q->file, from, buf, q->cluster_size);
    for (uint64_t i = 0; i < q->cluster_size / qcow2_entry_size(q) && r == 0; i++) {
        uint8_t *p = buf + i * qcow2_entry_size(q); /* what is shared is nobody's own */
        put64(p, get64(p) & ~QCOW2_COPIED);
    }
    return r < 0 ? r : node_pwrite(q->file, table, buf, q->cluster_size);
}

int qcow2_need_table(struct qcow2 *q, uint64_t offset)
{
    uint64_t i = offset >> qcow2_l1_shift(q), old, table;
    int r = find_table(q, offset, &old);

    if (r < 0)
        return r;
    if (i >= q->l1_size)
        return -EFBIG;
    if (old && q->l1[i] & QCOW2_COPIED)
        return 0;
    if ((r = alloc_table(q, &table)) < 0)
        return r;
    if ((r = fill_table(q, table, old)) < 0) {
        qcow2_unalloc(q, table, 1);
        return r;
    }
    qcow2_slice_drop(q, table);
    q->l1[i] = table | QCOW2_COPIED;
    qcow2_l1_changed(q, i);
    g_hash_table_add(q->meta, GSIZE_TO_POINTER(table >> q->cluster_bits));
    if (old)
        qcow2_give_up(q, old, 1, false);
    return 0;
}

int qcow2_set_entry(struct qcow2 *q, uint64_t offset, uint64_t entry, uint64_t bits)
{
    struct slice *s;
    int r = qcow2_need_table(q, offset);

    if (r < 0)
        return r;
    uint8_t *p = entry_at(q, q->l1[offset >> qcow2_l1_shift(q)] & QCOW2_OFFSET, l2_index(q, offset), &s, &r);
    if (!p)
        return r;
    put64(p, entry);
    if (q->extended)
        put64(p + 8, bits);
    qcow2_slice_dirty(q, &q->l2, s);
    return 0;
}

int qcow2_each_entry(struct qcow2 *q, uint64_t table, qcow2_entry_fn *fn, void *opaque)
{
    for (uint64_t i = 0; i < UINT64_C(1) << q->l2_bits; i++) {
        struct slice *s;
        int r = 0;
        uint8_t *p = entry_at(q, table, i, &s, &r);
        if (!p)
            return r;
        uint64_t entry = get64(p), bits = q->extended ? get64(p + 8) : 0, was = entry, had = bits;
        if (!entry && !bits)
            continue;
        if ((r = fn(q, opaque, i, &entry, &bits)) != 0)
            return r;
        if (entry == was && bits == had)
            continue;
        put64(p, entry);
        if (q->extended)
            put64(p + 8, bits);
        qcow2_slice_dirty(q, &q->l2, s);
    }
    return 0;
}
