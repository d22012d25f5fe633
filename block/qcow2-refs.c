/* SPDX-License-Identifier: BSD-2-Clause */
/* qcow2: refcounts, and clusters that are taken and given up. */
#include "qcow2.h"

uint64_t refcount_get(const uint8_t *block, unsigned order, uint64_t i)
{
    switch (order) {
    case 3:
        return block[i];
    case 4:
        return get16(block + 2 * i);
    case 5:
        return get32(block + 4 * i);
    case 6:
        return get64(block + 8 * i);
    default: { /* several in a byte, the first one lowest */
        unsigned bit = (i << order) & 7;
        return block[(i << order) >> 3] >> bit & ((1u << (1u << order)) - 1);
    }
    }
}

void refcount_set(uint8_t *block, unsigned order, uint64_t i, uint64_t value)
{
    switch (order) {
    case 3:
        block[i] = value;
        break;
    case 4:
        put16(block + 2 * i, value);
        break;
    case 5:
        put32(block + 4 * i, value);
        break;
    case 6:
        put64(block + 8 * i, value);
        break;
    default: {
        unsigned bit = (i << order) & 7, mask = (1u << (1u << order)) - 1;
        uint8_t *p = block + ((i << order) >> 3);
        *p = (*p & ~(mask << bit)) | value << bit;
    }
    }
}

/* log2 of the refcounts in a block, and in a slice of it. */
static unsigned block_bits(const struct qcow2 *q)
{
    return q->cluster_bits + 3 - q->refcount_order;
}

static uint64_t slice_entries(const struct qcow2 *q)
{
    return ((uint64_t)q->slice_size << 3) >> q->refcount_order;
}

/* The slice with a cluster's refcount; NULL with *ret 0: there is no block for it, so it is 0. */
static struct slice *find(struct qcow2 *q, uint64_t cluster, uint64_t *index, int *ret)
{
    uint64_t i = cluster >> block_bits(q), in_block = cluster & ((UINT64_C(1) << block_bits(q)) - 1);

    *ret = 0;
    if (i >= q->rt_size || !(q->rt[i] & QCOW2_RT_OFFSET))
        return NULL;
    uint64_t block = q->rt[i] & QCOW2_RT_OFFSET;
    if (qcow2_in_cluster(q, block)) {
        *ret = qcow2_corrupt(q, "refcount block %" PRIu64 " at %#" PRIx64 " is not aligned", i, block);
        return NULL;
    }
    *index = in_block % slice_entries(q);
    return qcow2_slice(q, &q->refs, block + in_block / slice_entries(q) * q->slice_size, ret);
}

int qcow2_refcount(struct qcow2 *q, uint64_t cluster, uint64_t *value)
{
    uint64_t i = 0;
    int r;
    const struct slice *s = find(q, cluster, &i, &r);

    *value = s ? refcount_get(s->data, q->refcount_order, i) : 0;
    return r;
}

static uint64_t max_refcount(const struct qcow2 *q)
{
    return q->refcount_order == 6 ? UINT64_MAX : (UINT64_C(1) << (1u << q->refcount_order)) - 1;
}

int qcow2_refcount_add(struct qcow2 *q, uint64_t cluster, int delta)
{
    uint64_t i = 0;
    int r;
    struct slice *s = find(q, cluster, &i, &r);
    uint64_t now = s ? refcount_get(s->data, q->refcount_order, i) : 0;

    if (r < 0)
        return r;
    if (!s || (delta < 0 && now == 0))
        return qcow2_corrupt(q, "cluster %" PRIu64 " is in use with refcount 0", cluster);
    if (delta > 0 && now == max_refcount(q))
        return -EINVAL;
    refcount_set(s->data, q->refcount_order, i, now + delta);
    qcow2_slice_dirty(q, &q->refs, s);
    if (now + delta == 0) {
        q->free_hint = MIN(q->free_hint, cluster);
        if (q->packing >> q->cluster_bits == cluster)
            q->packing = 0;
    }
    return 0;
}

/* -- The table -- */

bool qcow2_overlaps(struct qcow2 *q, uint64_t offset, uint64_t len)
{
    for (uint64_t c = offset >> q->cluster_bits; len > 0 && c <= (offset + len - 1) >> q->cluster_bits; c++)
        if (g_hash_table_contains(q->meta, GSIZE_TO_POINTER(c))) {
            qcow2_corrupt(q, "data at %#" PRIx64 " would overwrite a table", c << q->cluster_bits);
            return true;
        }
    return false;
}

/* Make a free cluster the block that has its own refcount. */
static int make_block(struct qcow2 *q, uint64_t cluster)
{
    uint64_t offset = cluster << q->cluster_bits, i = 0;
    int r = qcow2_overlaps(q, offset, q->cluster_size) ? -EIO : node_zeroes(q->file, offset, q->cluster_size, false);

    if (r < 0)
        return r;
    qcow2_slice_drop(q, offset);
    q->rt[cluster >> block_bits(q)] = offset;
    struct slice *s = find(q, cluster, &i, &r);
    if (!s) {
        q->rt[cluster >> block_bits(q)] = 0;
        return r;
    }
    refcount_set(s->data, q->refcount_order, i, 1);
    qcow2_slice_dirty(q, &q->refs, s);
    qcow2_rt_changed(q, cluster >> block_bits(q));
    g_hash_table_add(q->meta, GSIZE_TO_POINTER(cluster));
    q->fresh = MAX(q->fresh, offset + q->cluster_size);
    return 0;
}

/* Take *n clusters from `first`, which is free, on, within its block. */
static int take(struct qcow2 *q, uint64_t first, uint64_t *n)
{
    uint64_t got = 0, end = ((first >> block_bits(q)) + 1) << block_bits(q);

    while (got < *n && first + got < end) {
        uint64_t i = 0;
        int r;
        struct slice *s = find(q, first + got, &i, &r);
        if (!s)
            return r < 0 ? r : -EIO;
        if (refcount_get(s->data, q->refcount_order, i) != 0)
            break;
        if (g_hash_table_contains(q->meta, GSIZE_TO_POINTER(first + got)))
            return qcow2_overlaps(q, (first + got) << q->cluster_bits, 1) ? -EIO : 0;
        refcount_set(s->data, q->refcount_order, i, 1);
        qcow2_slice_dirty(q, &q->refs, s);
        got++;
    }
    *n = got;
    return 0;
}

/* The first free cluster, by the hint. */
static int find_free(struct qcow2 *q, uint64_t *cluster)
{
    uint64_t c = q->free_hint, value;

    for (;; c++) {
        if (c >> (63 - q->cluster_bits))
            return -EFBIG;
        if (c >> block_bits(q) >= q->rt_size || !(q->rt[c >> block_bits(q)] & QCOW2_RT_OFFSET))
            break;
        int r = qcow2_refcount(q, c, &value);
        if (r < 0)
            return r;
        if (value == 0)
            break;
        if (c >> 16 > q->fresh >> q->cluster_bits >> 16) /* so much can't have been allocated and never written */
            return qcow2_corrupt(q, "clusters beyond the file's end are in use");
    }
    q->free_hint = *cluster = c;
    return 0;
}

int qcow2_alloc(struct qcow2 *q, uint64_t *n, uint64_t *offset)
{
    uint64_t c = 0;

    for (;;) {
        int r = find_free(q, &c);
        if (r < 0)
            return r;
        if (c >> block_bits(q) >= q->rt_size)
            return -EAGAIN;
        if (!(q->rt[c >> block_bits(q)] & QCOW2_RT_OFFSET)) {
            if ((r = make_block(q, c)) < 0)
                return r;
            continue;
        }
        if ((r = take(q, c, n)) < 0)
            return r;
        if (*n == 0) /* never: c was free */
            return -EIO;
        break;
    }
    q->free_hint = c + *n;
    *offset = c << q->cluster_bits;
    q->fresh = MAX(q->fresh, *offset + (*n << q->cluster_bits));
    return 0;
}

/* Blocks and a table behind all that the table knows, which cover themselves and half as much again as before. */
struct growth {
    uint64_t start, blocks, table, entries;
};

static struct growth plan_growth(const struct qcow2 *q)
{
    unsigned bb = block_bits(q);
    struct growth g = { .start = MAX(q->rt_size << bb, q->free_hint), .blocks = 1 };

    for (;;) { /* more of one needs more of the other: this ends, as a block covers many clusters */
        uint64_t end = g.start + g.blocks + g.table;
        uint64_t blocks = ((end - 1) >> bb) - (g.start >> bb) + 1;
        uint64_t entries = MAX(q->rt_size + q->rt_size / 2 + 1, ((end - 1) >> bb) + 1);
        uint64_t table = qcow2_clusters(q, entries * 8);
        if (blocks == g.blocks && table == g.table)
            break;
        g.blocks = MAX(g.blocks, blocks);
        g.table = MAX(g.table, table);
    }
    g.entries = (g.table << q->cluster_bits) / 8;
    return g;
}

static int write_growth(struct qcow2 *q, const struct growth *g, uint64_t *rt)
{
    unsigned bb = block_bits(q);
    g_autofree uint8_t *buf = g_malloc0(q->cluster_size);
    uint64_t end = g->start + g->blocks + g->table;
    int r = 0;

    for (uint64_t k = 0; k < g->blocks && r == 0; k++) {
        uint64_t base = ((g->start >> bb) + k) << bb;
        memset(buf, 0, q->cluster_size);
        for (uint64_t c = MAX(base, g->start); c < MIN(base + (UINT64_C(1) << bb), end); c++)
            refcount_set(buf, q->refcount_order, c - base, 1);
        r = node_pwrite(q->file, (g->start + k) << q->cluster_bits, buf, q->cluster_size);
        rt[(g->start >> bb) + k] = (g->start + k) << q->cluster_bits;
    }
    for (uint64_t i = 0; i < g->entries && r == 0; i += q->cluster_size / 8) {
        for (uint64_t k = 0; k < q->cluster_size / 8; k++)
            put64(buf + 8 * k, rt[i + k]);
        r = node_pwrite(q->file, ((g->start + g->blocks) << q->cluster_bits) + i * 8, buf, q->cluster_size);
    }
    return r < 0 ? r : node_flush(q->file);
}

/* Both locks are held; the caller has committed. */
static int grow(struct qcow2 *q)
{
    struct growth g = plan_growth(q);
    uint64_t old = q->rt_offset, old_clusters = qcow2_clusters(q, q->rt_size * 8);

    if (g.entries * 8 > QCOW2_MAX_RT || (g.start + g.blocks + g.table) >> (63 - q->cluster_bits))
        return -EFBIG;
    if (q->file->driver->resize && g.start << q->cluster_bits > q->file->size) {
        int r = q->file->driver->resize(q->file, g.start << q->cluster_bits, NULL);
        if (r < 0)
            return r;
    }
    uint64_t *rt = g_new0(uint64_t, g.entries);
    memcpy(rt, q->rt, q->rt_size * 8);
    int r = write_growth(q, &g, rt);
    uint8_t place[12];
    put64(place, (g.start + g.blocks) << q->cluster_bits);
    put32(place + 8, g.table);
    if (r == 0)
        r = node_pwrite(q->file, H_RT_OFFSET, place, sizeof(place));
    if (r == 0)
        r = node_flush(q->file);
    if (r < 0) {
        g_free(rt);
        return r;
    }
    g_free(q->rt);
    g_free(q->rt_dirty);
    q->rt = rt;
    q->rt_size = g.entries;
    q->rt_offset = get64(place);
    q->rt_dirty = g_malloc0(q->rt_size / L1_PART + 1);
    for (uint64_t c = g.start; c < g.start + g.blocks + g.table; c++)
        g_hash_table_add(q->meta, GSIZE_TO_POINTER(c));
    q->fresh = MAX(q->fresh, (g.start + g.blocks + g.table) << q->cluster_bits);
    for (uint64_t k = 0; k < old_clusters; k++)
        g_hash_table_remove(q->meta, GSIZE_TO_POINTER((old >> q->cluster_bits) + k));
    qcow2_give_up(q, old, old_clusters, false);
    return 0;
}

int qcow2_grow_table(struct qcow2 *q, uint64_t seen)
{
    g_mutex_lock(&q->commit_lock);
    int r = qcow2_commit_locked(q);
    g_mutex_lock(&q->lock);
    if (r == 0 && (q->any_rt_dirty || q->refs.dirty > 0)) {
        /* Lazy ones, or those of a moment ago: the table that is written would know of blocks that are not. */
        g_mutex_unlock(&q->lock);
        bool lazy = q->marked_dirty;
        q->marked_dirty = false;
        r = qcow2_commit_locked(q);
        q->marked_dirty = lazy;
        g_mutex_lock(&q->lock);
    }
    if (r == 0 && q->rt_size == seen)
        r = grow(q);
    g_mutex_unlock(&q->lock);
    g_mutex_unlock(&q->commit_lock);
    return r;
}

/* Have blocks for the refcounts of a range, which may lie in front of it. -EAGAIN: the table is to grow first. */
static int cover(struct qcow2 *q, uint64_t first, uint64_t n)
{
    for (uint64_t i = first >> block_bits(q); i <= (first + n - 1) >> block_bits(q); i++) {
        uint64_t one = 1, at;
        if (i >= q->rt_size)
            return -EAGAIN;
        if (q->rt[i] & QCOW2_RT_OFFSET)
            continue;
        int r = qcow2_alloc(q, &one, &at);
        if (r < 0)
            return r;
        if (q->rt[i] & QCOW2_RT_OFFSET) { /* it was made for that cluster itself */
            qcow2_unalloc(q, at, 1);
            continue;
        }
        r = qcow2_overlaps(q, at, q->cluster_size) ? -EIO : node_zeroes(q->file, at, q->cluster_size, false);
        if (r < 0)
            return r;
        qcow2_slice_drop(q, at);
        q->rt[i] = at;
        qcow2_rt_changed(q, i);
        g_hash_table_add(q->meta, GSIZE_TO_POINTER(at >> q->cluster_bits));
    }
    return 0;
}

/* Take n clusters where everything behind was never used. */
static int take_all(struct qcow2 *q, uint64_t first, uint64_t n)
{
    for (uint64_t got = 0; got < n;) {
        uint64_t part = n - got;
        int r = take(q, first + got, &part);
        if (r == 0 && part == 0)
            r = qcow2_corrupt(q, "clusters beyond the file's end are in use");
        if (r < 0)
            return r;
        got += part;
    }
    q->fresh = (first + n) << q->cluster_bits;
    return 0;
}

/* At the end of what is used: a run of any length is free there. */
int qcow2_alloc_all(struct qcow2 *q, uint64_t n, uint64_t *offset)
{
    uint64_t hint = q->free_hint, first;
    int r = n ? 0 : -EINVAL;

    while (r == 0) {
        first = q->free_hint = MAX(q->fresh, qcow2_clusters(q, q->file->size) << q->cluster_bits) >> q->cluster_bits;
        r = cover(q, first, n + (n >> block_bits(q)) + 8); /* with the blocks themselves */
        if (r == 0)
            break;
        if (r != -EAGAIN)
            return r;
        uint64_t seen = q->rt_size;
        g_mutex_unlock(&q->lock);
        g_mutex_unlock(&q->commit_lock);
        r = qcow2_grow_table(q, seen);
        g_mutex_lock(&q->commit_lock);
        g_mutex_lock(&q->lock);
    }
    if (r < 0)
        return r;
    first = MAX(first, q->fresh >> q->cluster_bits);
    r = take_all(q, first, n);
    q->free_hint = MIN(hint, q->free_hint);
    *offset = first << q->cluster_bits;
    return r;
}

/* -- Giving up -- */

void qcow2_unalloc(struct qcow2 *q, uint64_t offset, uint64_t n)
{
    for (uint64_t k = 0; k < n; k++)
        qcow2_refcount_add(q, (offset >> q->cluster_bits) + k, -1);
}

void qcow2_give_up(struct qcow2 *q, uint64_t offset, uint64_t clusters, bool discard)
{
    struct given_up g = { offset, clusters, discard }, *last = &g;

    if (q->given_up->len)
        last = &g_array_index(q->given_up, struct given_up, q->given_up->len - 1);
    if (last != &g && last->discard == discard && last->offset + (last->clusters << q->cluster_bits) == offset)
        last->clusters += clusters;
    else
        g_array_append_val(q->given_up, g);
}

void qcow2_compressed_range(const struct qcow2 *q, uint64_t entry, uint64_t *offset, uint64_t *len)
{
    unsigned x = 62 - (q->cluster_bits - 8);

    *offset = entry & ((UINT64_C(1) << x) - 1);
    *len = (((entry & ~(QCOW2_COPIED | QCOW2_COMPRESSED)) >> x) + 1) * 512 - (*offset & 511);
}

void qcow2_give_up_entry(struct qcow2 *q, uint64_t entry, bool discard)
{
    uint64_t offset = entry & QCOW2_OFFSET, len = q->cluster_size;

    if (entry & QCOW2_COMPRESSED)
        qcow2_compressed_range(q, entry, &offset, &len);
    else if (!offset)
        return;
    uint64_t first = offset >> q->cluster_bits, last = (offset + len - 1) >> q->cluster_bits;
    qcow2_give_up(q, first << q->cluster_bits, last - first + 1, discard && !(entry & QCOW2_COMPRESSED));
}

static void free_all(struct qcow2 *q, GArray *a)
{
    for (guint i = 0; i < a->len; i++) {
        const struct given_up *g = &g_array_index(a, struct given_up, i);
        for (uint64_t k = 0; k < g->clusters; k++) {
            uint64_t c = (g->offset >> q->cluster_bits) + k, value;
            if (qcow2_refcount_add(q, c, -1) < 0 || qcow2_refcount(q, c, &value) < 0 || value > 0)
                continue;
            qcow2_slice_drop(q, c << q->cluster_bits);
            if (g->discard)
                node_discard(q->file, c << q->cluster_bits, q->cluster_size);
        }
    }
    g_array_set_size(a, 0);
}

void qcow2_free_given_up(struct qcow2 *q)
{
    GArray *now = q->freed[0];

    if (q->active[!q->epoch] > 0 || (q->freed[0]->len == 0 && q->freed[1]->len == 0))
        return;
    free_all(q, q->freed[1]);
    q->freed[0] = q->freed[1];
    q->freed[1] = now;
    q->epoch = !q->epoch;
}

int qcow2_before_change(struct qcow2 *q)
{
    if (q->failed)
        return -EIO;
    if (q->marked_dirty || !(q->compat & QCOW2_COMPAT_LAZY))
        return 0;
    q->incompat |= QCOW2_INCOMPAT_DIRTY;
    int r = qcow2_write_features(q);
    if (r < 0)
        q->incompat &= ~(uint64_t)QCOW2_INCOMPAT_DIRTY;
    else
        q->marked_dirty = true;
    return r;
}
