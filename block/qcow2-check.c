/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * qcow2: counts anew what every cluster is used for, compares it with what the image says, and mends that. Each table
 * is
 * looked at once, however often it is named, so that an image which names itself is no trap.
 */
#include "qcow2.h"

#define MAX_CLUSTERS (UINT64_C(1) << 26) /* of a file: what is counted takes 256 MiB then */

struct counting {
    struct qcow2 *q;
    struct block_check *c;
    unsigned fix;
    uint32_t *counts;     /* a cluster each */
    uint64_t clusters;
    GHashTable *tables;   /* L2 tables, by cluster number: how often */
    uint64_t times;       /* that of the one which is being looked at */
    bool fixing;          /* entries that are wrong are changed */
    uint64_t last;        /* the cluster looked at last: for the number of fragments */
    bool active;          /* the table is the disk's now */
};

static void say(struct block_check *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(struct block_check *c, const char *fmt, ...)
{
    va_list args;

    if (!c->out || c->out->len > MiB)
        return;
    va_start(args, fmt);
    g_string_append_vprintf(c->out, fmt, args);
    va_end(args);
    g_string_append_c(c->out, '\n');
}

/* Count the clusters of a range of the file. False, as a corruption, where it is beyond the end. */
static bool count(struct counting *k, uint64_t offset, uint64_t bytes, uint64_t times)
{
    unsigned bits = k->q->cluster_bits;

    if (!bytes)
        return true;
    uint64_t first = offset >> bits, last = (offset + bytes - 1) >> bits;
    for (uint64_t c = first; c <= last; c++) {
        if (c >= k->clusters)
            return false;
        k->counts[c] = MIN(k->counts[c] + times, (uint64_t)UINT32_MAX);
    }
    k->c->end_offset = MAX(k->c->end_offset, (last + 1) << bits);
    return true;
}

static void wrong(struct counting *k, const char *what, uint64_t offset)
{
    k->c->corruptions++;
    say(k->c, "ERROR %s at offset %#" PRIx64, what, offset);
}

static void fixed(struct counting *k)
{
    k->c->corruptions--;
    k->c->corruptions_fixed++;
}

/* -- Tables -- */

static int count_entry(struct qcow2 *q, void *opaque, uint64_t index, uint64_t *entry, uint64_t *bits)
{
    struct counting *k = opaque;
    uint64_t offset = *entry & QCOW2_OFFSET, len;

    if (*entry & QCOW2_COMPRESSED) {
        qcow2_compressed_range(q, *entry, &offset, &len);
        k->c->compressed += k->active;
        k->c->allocated += k->active;
        k->c->fragmented += k->active;
        /* The last sector may be cut off where the file ends. */
        if (!count(k, offset, MIN(len, offset < q->file->size ? q->file->size - offset : len), k->times))
            wrong(k, "compressed cluster beyond the end of the file", offset);
        return 0;
    }
    if (!offset)
        return 0;
    if (qcow2_in_cluster(q, offset)) {
        wrong(k, "data cluster that is not aligned", offset);
        if (k->fixing) { /* nobody can say what it was: it reads as an error no more, but as zeroes */
            *entry = q->version >= 3 && !q->extended ? QCOW2_ZERO : 0;
            *bits = q->extended ? UINT64_C(0xffffffff) << 32 : 0;
            fixed(k);
        }
        return 0;
    }
    if (k->active) {
        k->c->allocated++;
        k->c->fragmented += k->last && k->last + q->cluster_size != offset;
        k->last = offset;
    }
    if (!count(k, offset, q->cluster_size, k->times))
        wrong(k, "data cluster beyond the end of the file", offset);
    return 0;
}

/* Note the tables of an L1 table. twice: that one is named twice is no error, as by the L1 tables of snapshots. */
static void note_tables(struct counting *k, const uint64_t *l1, uint64_t size, GHashTable *seen)
{
    struct qcow2 *q = k->q;

    for (uint64_t i = 0; i < size; i++) {
        uint64_t table = l1[i] & QCOW2_OFFSET, c = table >> q->cluster_bits;
        if (!table)
            continue;
        if (qcow2_in_cluster(q, table) || c >= k->clusters) {
            wrong(k, "L2 table that is not aligned or beyond the end of the file", table);
            continue;
        }
        if (!g_hash_table_add(seen, GSIZE_TO_POINTER(c)))
            wrong(k, "L2 table that is used twice", table);
        gpointer times = g_hash_table_lookup(k->tables, GSIZE_TO_POINTER(c));
        g_hash_table_insert(k->tables, GSIZE_TO_POINTER(c), GSIZE_TO_POINTER(GPOINTER_TO_SIZE(times) + 1));
    }
}

static int count_table(struct counting *k, uint64_t table, bool active)
{
    struct qcow2 *q = k->q;
    gpointer times = g_hash_table_lookup(k->tables, GSIZE_TO_POINTER(table >> q->cluster_bits));

    if (!times)
        return 0; /* it was looked at, or is wrong */
    g_hash_table_remove(k->tables, GSIZE_TO_POINTER(table >> q->cluster_bits));
    k->times = GPOINTER_TO_SIZE(times);
    k->active = active;
    k->last = 0;
    count(k, table, q->cluster_size, k->times);
    int r = qcow2_each_entry(q, table, count_entry, k);
    qcow2_trim(q);
    return r;
}

static int count_l1(struct counting *k, const uint64_t *l1, uint64_t size, bool active)
{
    int r = 0;

    for (uint64_t i = 0; i < size && r == 0; i++)
        if (l1[i] & QCOW2_OFFSET)
            r = count_table(k, l1[i] & QCOW2_OFFSET, active);
    return r;
}

static int note_l1(struct counting *k, const uint64_t *l1, uint64_t offset, uint64_t size)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

    if (!count(k, offset, size * 8, 1))
        wrong(k, "L1 table beyond the end of the file", offset);
    note_tables(k, l1, size, seen);
    return 0;
}

static int count_all_tables(struct counting *k)
{
    struct qcow2 *q = k->q;
    int r = note_l1(k, q->l1, q->l1_offset, q->l1_size);

    for (unsigned pass = 0; pass < 2 && r == 0; pass++) {
        if (pass)
            r = count_l1(k, q->l1, q->l1_size, true);
        for (unsigned i = 0; i < q->nb_snapshots && r == 0; i++) {
            const struct qcow2_snapshot *sn = &q->snapshots[i];
            g_autofree uint64_t *l1 = qcow2_read_l1(q, sn->l1_offset, sn->l1_size, &r);
            if (r == 0)
                r = pass ? count_l1(k, l1, sn->l1_size, false) : note_l1(k, l1, sn->l1_offset, sn->l1_size);
        }
    }
    return r;
}

/* What bitmaps take, which others have made. */
static void count_bitmaps(struct counting *k)
{
    struct qcow2 *q = k->q;
    uint64_t at = 0, size = q->bitmap_dir_size;

    if (!q->bitmaps || size > MiB || !count(k, q->bitmap_dir_offset, size, 1))
        return;
    g_autofree uint8_t *dir = g_malloc(size + 1);
    if (node_pread(q->file, q->bitmap_dir_offset, dir, size) < 0)
        return;
    for (unsigned i = 0; i < q->bitmap_count && at + 24 <= size; i++) {
        uint64_t table = get64(dir + at), entries = get32(dir + at + 8);
        uint64_t row = 24 + get16(dir + at + 18) + (uint64_t)get32(dir + at + 20);
        g_autofree uint8_t *t = entries <= MiB ? g_malloc(entries * 8 + 8) : NULL;
        if (t && count(k, table, entries * 8, 1) && node_pread(q->file, table, t, entries * 8) == 0)
            for (uint64_t n = 0; n < entries; n++)
                if (get64(t + 8 * n) & QCOW2_OFFSET)
                    count(k, get64(t + 8 * n) & QCOW2_OFFSET, q->cluster_size, 1);
        at += (row + 7) / 8 * 8;
    }
}

static uint64_t per_block(const struct qcow2 *q)
{
    return (q->cluster_size << 3) >> q->refcount_order;
}

/* The refcount table and its blocks. False if they can't be mended but must be made anew. */
static bool count_refcounts(struct counting *k)
{
    struct qcow2 *q = k->q;
    bool ok = count(k, q->rt_offset, q->rt_size * 8, 1);

    for (uint64_t i = 0; i < q->rt_size; i++) {
        uint64_t block = q->rt[i] & QCOW2_RT_OFFSET;
        if (!block)
            continue;
        if (qcow2_in_cluster(q, block) || !count(k, block, q->cluster_size, 1)) {
            wrong(k, "refcount block that is not aligned or beyond the end of the file", block);
            ok = false;
        } else if (k->counts[block >> q->cluster_bits] != 1) {
            wrong(k, "refcount block that is used for something else", block);
            ok = false;
        }
    }
    return ok;
}

/* -- Refcounts made anew -- */

static uint64_t max_refcount(const struct qcow2 *q)
{
    return q->refcount_order == 6 ? UINT64_MAX : (UINT64_C(1) << (1u << q->refcount_order)) - 1;
}

/* Blocks for all clusters and a table, behind the file's end. */
static int rebuild(struct counting *k)
{
    struct qcow2 *q = k->q;
    uint64_t start = MAX(k->clusters, q->fresh >> q->cluster_bits), blocks = 1, table = 1, end;

    for (;;) {
        end = start + blocks + table;
        uint64_t b = (end + per_block(q) - 1) / per_block(q), t = qcow2_clusters(q, b * 8);
        if (b <= blocks && t <= table)
            break;
        blocks = MAX(blocks, b);
        table = MAX(table, t);
    }
    g_autofree uint8_t *buf = g_malloc(q->cluster_size);
    uint64_t entries = (table << q->cluster_bits) / 8, *rt = g_new0(uint64_t, entries);
    int r = q->file->driver->resize ? q->file->driver->resize(q->file, end << q->cluster_bits, NULL) : 0;
    for (uint64_t i = 0; i < blocks && r == 0; i++) {
        memset(buf, 0, q->cluster_size);
        for (uint64_t n = 0; n < per_block(q); n++) {
            uint64_t c = i * per_block(q) + n;
            if (c < k->clusters ? k->counts[c] : c >= start && c < end)
                refcount_set(buf, q->refcount_order, n,
                             c < k->clusters ? MIN(k->counts[c], max_refcount(q)) : UINT64_C(1));
        }
        rt[i] = (start + i) << q->cluster_bits;
        r = node_pwrite(q->file, rt[i], buf, q->cluster_size);
    }
    for (uint64_t i = 0; i < entries && r == 0; i += q->cluster_size / 8) {
        for (uint64_t n = 0; n < q->cluster_size / 8; n++)
            put64(buf + 8 * n, rt[i + n]);
        r = node_pwrite(q->file, ((start + blocks) << q->cluster_bits) + i * 8, buf, q->cluster_size);
    }
    uint8_t place[12];
    put64(place, (start + blocks) << q->cluster_bits);
    put32(place + 8, table);
    if (r == 0)
        r = node_flush(q->file);
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
    q->rt_size = entries;
    q->rt_offset = get64(place);
    q->rt_dirty = g_malloc0(q->rt_size / L1_PART + 1);
    q->any_rt_dirty = false;
    q->fresh = MAX(q->fresh, end << q->cluster_bits);
    k->c->end_offset = end << q->cluster_bits;
    return 0;
}

/* -- Comparison -- */

/* Bring a refcount to what was counted, by steps of one: those are few. False: it can't be, or not so. */
static bool mend(struct qcow2 *q, uint64_t cluster, uint64_t is, uint64_t should)
{
    if (should > max_refcount(q) || (is > should ? is - should : should - is) > UINT16_MAX)
        return false;
    for (; is != should; is += is < should ? 1 : -1)
        if (qcow2_refcount_add(q, cluster, is < should ? 1 : -1) < 0)
            return false;
    return true;
}

static int compare(struct counting *k, bool *need_rebuild)
{
    struct qcow2 *q = k->q;
    uint64_t end = MIN(q->rt_size * per_block(q), UINT64_C(1) << (63 - q->cluster_bits));

    for (uint64_t c = 0; c < MAX(end, k->clusters); c++) {
        uint64_t is = 0, should = c < k->clusters ? k->counts[c] : 0;
        bool block = c / per_block(q) < q->rt_size && q->rt[c / per_block(q)] & QCOW2_RT_OFFSET;
        if (!block && c >= k->clusters) { /* on to the next block */
            c = (c / per_block(q) + 1) * per_block(q) - 1;
            continue;
        }
        if (block && qcow2_refcount(q, c, &is) < 0)
            return -EIO;
        if (c % per_block(q) == 0)
            qcow2_trim(q);
        if (is == should)
            continue;
        bool leak = is > should;
        say(k->c, "%s cluster %" PRIu64 " refcount=%" PRIu64 " reference=%" PRIu64,
            leak ? "Leaked" : "ERROR", c, is, should);
        bool want = k->fix & (leak ? CHECK_FIX_LEAKS : CHECK_FIX_ERRORS);
        bool done = want && block && mend(q, c, is, should);
        *need_rebuild |= want && !done;
        if (leak) {
            k->c->leaks += !done;
            k->c->leaks_fixed += done;
        } else {
            k->c->corruptions += !done;
            k->c->corruptions_fixed += done;
        }
    }
    return 0;
}

/* -- Who is alone -- */

static int copied_entry(struct qcow2 *q, void *opaque, uint64_t index, uint64_t *entry, uint64_t *bits)
{
    struct counting *k = opaque;
    uint64_t c = (*entry & QCOW2_OFFSET) >> q->cluster_bits;

    if (*entry & QCOW2_COMPRESSED ? !(*entry & QCOW2_COPIED) : !c || c >= k->clusters)
        return 0;
    bool alone = !(*entry & QCOW2_COMPRESSED) && k->counts[c] == 1;
    if (alone == !!(*entry & QCOW2_COPIED))
        return 0;
    wrong(k, "wrong COPIED flag of a cluster", *entry & QCOW2_OFFSET);
    if (k->fix & CHECK_FIX_ERRORS) {
        *entry ^= QCOW2_COPIED;
        fixed(k);
    }
    return 0;
}

static int check_copied(struct counting *k)
{
    struct qcow2 *q = k->q;
    int r = 0;

    for (uint32_t i = 0; i < q->l1_size && r == 0; i++) {
        uint64_t table = q->l1[i] & QCOW2_OFFSET, c = table >> q->cluster_bits;
        if (!table || qcow2_in_cluster(q, table) || c >= k->clusters)
            continue;
        if ((k->counts[c] == 1) != !!(q->l1[i] & QCOW2_COPIED)) {
            wrong(k, "wrong COPIED flag of an L2 table", table);
            if (k->fix & CHECK_FIX_ERRORS) {
                q->l1[i] ^= QCOW2_COPIED;
                qcow2_l1_changed(q, i);
                fixed(k);
            }
        }
        if (!g_hash_table_add(k->tables, GSIZE_TO_POINTER(c)))
            continue; /* named twice */
        r = qcow2_each_entry(q, table, copied_entry, k);
        qcow2_trim(q);
    }
    return r;
}

/* -- The whole -- */

static void count_disk(const struct qcow2 *q, struct block_check *c)
{
    c->total_clusters = qcow2_clusters(q, q->b->size);
}

static int check_locked(struct counting *k)
{
    struct qcow2 *q = k->q;
    bool need_rebuild = false;

    count(k, 0, q->cluster_size, 1);
    k->fixing = k->fix & CHECK_FIX_ERRORS;
    int r = count_all_tables(k);
    if (r < 0)
        return r;
    if (q->nb_snapshots && !count(k, q->snapshots_offset, q->snapshots_bytes, 1))
        wrong(k, "table of snapshots beyond the end of the file", q->snapshots_offset);
    count_bitmaps(k);
    uint64_t found = k->c->corruptions;
    g_autofree uint32_t *without =
        k->fix & CHECK_FIX_ERRORS ? g_memdup2(k->counts, k->clusters * sizeof(*without)) : NULL;
    need_rebuild = !count_refcounts(k) && k->fix & CHECK_FIX_ERRORS;
    if (!need_rebuild)
        r = compare(k, &need_rebuild);
    if (r == 0 && need_rebuild && k->fix & CHECK_FIX_ERRORS) {
        qcow2_cache_clear(q);
        memcpy(k->counts, without, k->clusters * sizeof(*without)); /* the old blocks are free then */
        r = rebuild(k);
        if (r == 0) {
            for (uint64_t c = 0; c < k->clusters; c++) /* those that are used more often than can be counted stay */
                found += k->counts[c] > max_refcount(q);
            k->c->corruptions_fixed += k->c->corruptions - MIN(found, k->c->corruptions);
            k->c->leaks_fixed += k->c->leaks;
            k->c->corruptions = found;
            k->c->leaks = 0;
        }
    }
    g_hash_table_remove_all(k->tables);
    return r < 0 ? r : check_copied(k);
}

/* What is not dirty any more, or not corrupt, is marked so. */
static int end_check(struct qcow2 *q, const struct block_check *c, unsigned fix)
{
    uint64_t was = q->incompat;
    int r = fix ? qcow2_commit_locked(q) : 0;

    if (r < 0 || !fix || c->corruptions + c->errors > 0)
        return r;
    if (fix & CHECK_FIX_ERRORS)
        q->incompat &= ~(uint64_t)QCOW2_INCOMPAT_CORRUPT;
    if ((fix & CHECK_FIX_ERRORS) && (fix & CHECK_FIX_LEAKS))
        q->incompat &= ~(uint64_t)QCOW2_INCOMPAT_DIRTY;
    q->marked_dirty = false;
    return q->incompat != was ? qcow2_write_features(q) : 0;
}

int qcow2_check(struct block *b, struct block_check *c, unsigned fix, GError **err)
{
    struct qcow2 *q = b->state;
    struct counting k = { .q = q, .c = c, .fix = fix, .clusters = qcow2_clusters(q, MAX(q->file->size, q->fresh)) };

    if (k.clusters > MAX_CLUSTERS || !(k.counts = g_try_new0(uint32_t, k.clusters + 1))) {
        fail(err, "'%s': the file is too large to be checked", b->filename);
        return -EFBIG;
    }
    k.tables = g_hash_table_new(NULL, NULL);
    count_disk(q, c);
    bool inspect = q->inspect;
    q->inspect = true; /* what is wrong is no surprise now */
    int r = 0;
    for (unsigned i = 0; i < 4 && r == 0 && !b->read_only; i++) /* until what was given up is free */
        r = qcow2_commit(q);
    g_mutex_lock(&q->commit_lock);
    g_mutex_lock(&q->lock);
    if (r == 0)
        r = check_locked(&k);
    if (fix)
        q->free_hint = 0;
    g_mutex_unlock(&q->lock);
    if (r == 0)
        r = end_check(q, c, fix);
    if (fix)
        qcow2_find_meta(q);
    g_mutex_unlock(&q->commit_lock);
    q->inspect = inspect;
    g_hash_table_destroy(k.tables);
    g_free(k.counts);
    if (r < 0)
        fail(err, "'%s': cannot be checked: %s", b->filename, g_strerror(-r));
    return r;
}
