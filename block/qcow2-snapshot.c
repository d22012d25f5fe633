/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * qcow2: internal snapshots. Each has an L1 table of its own; L2 tables and clusters are shared, and counted once for
 * each
 * L1 table that leads to them. No request is under way during any of this.
 */
#include "qcow2.h"

#define ROW_FIXED 40  /* of the snapshot table, without extra data and names */
#define EXTRA_KNOWN 24 /* size of the machine's state, of the disk, instruction count */

/* -- The table of snapshots -- */

void qcow2_free_snapshots(struct qcow2 *q)
{
    for (unsigned i = 0; i < q->nb_snapshots; i++) {
        g_free(q->snapshots[i].s.id);
        g_free(q->snapshots[i].s.name);
        g_free(q->snapshots[i].extra);
    }
    g_clear_pointer(&q->snapshots, g_free);
    q->nb_snapshots = 0;
}

/* Read len bytes of the table at *at, which goes on. False beyond its bound. */
static bool next_bytes(struct qcow2 *q, uint64_t *at, void *buf, uint64_t len)
{
    if (*at - q->snapshots_offset + len > QCOW2_MAX_SNAPSHOT_TABLE || *at + len > q->file->size ||
        node_pread(q->file, *at, buf, len) < 0)
        return false;
    *at += len;
    return true;
}

static bool read_row(struct qcow2 *q, uint64_t *at, struct qcow2_snapshot *sn)
{
    uint8_t row[ROW_FIXED], extra[EXTRA_KNOWN] = { 0 };

    if (!next_bytes(q, at, row, sizeof(row)))
        return false;
    uint16_t id_len = get16(row + 12), name_len = get16(row + 14);
    uint32_t extra_len = get32(row + 36), known = MIN(extra_len, EXTRA_KNOWN);
    sn->l1_offset = get64(row);
    sn->l1_size = get32(row + 8);
    sn->s.date_sec = get32(row + 16);
    sn->s.date_nsec = get32(row + 20);
    sn->s.clock = get64(row + 24);
    sn->s.vm_size = get32(row + 32);
    sn->s.disk_size = q->b->size;
    sn->s.icount = UINT64_MAX;
    sn->s.id = g_malloc0(id_len + 1);
    sn->s.name = g_malloc0(name_len + 1);
    if (extra_len > 64 * KiB || !next_bytes(q, at, extra, known))
        return false;
    sn->extra_len = extra_len - known;
    sn->extra = g_malloc(sn->extra_len + 1);
    if (!next_bytes(q, at, sn->extra, sn->extra_len) || !next_bytes(q, at, sn->s.id, id_len) ||
        !next_bytes(q, at, sn->s.name, name_len))
        return false;
    if (extra_len >= 8)
        sn->s.vm_size = get64(extra);
    if (extra_len >= 16)
        sn->s.disk_size = get64(extra + 8);
    if (extra_len >= 24)
        sn->s.icount = get64(extra + 16);
    *at = (*at + 7) & ~UINT64_C(7);
    return !qcow2_in_cluster(q, sn->l1_offset) && sn->l1_size * UINT64_C(8) <= QCOW2_MAX_L1 &&
           sn->l1_offset <= q->file->size && sn->l1_size * UINT64_C(8) <= q->file->size - sn->l1_offset;
}

int qcow2_read_snapshots(struct qcow2 *q, uint32_t count, GError **err)
{
    uint64_t at = q->snapshots_offset, tables = 0;

    if (count > QCOW2_MAX_SNAPSHOTS || (count && (qcow2_in_cluster(q, at) || at > q->file->size))) {
        fail(err, "'%s': the table of snapshots is wrong", q->b->filename);
        return -EINVAL;
    }
    q->snapshots = g_new0(struct qcow2_snapshot, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        q->nb_snapshots = i + 1;
        bool ok = read_row(q, &at, &q->snapshots[i]);
        tables += q->snapshots[i].l1_size * UINT64_C(8);
        if (!ok || tables > q->file->size) { /* they can't overlap */
            fail(err, "'%s': snapshot %u is wrong", q->b->filename, i + 1);
            return -EINVAL;
        }
    }
    q->snapshots_bytes = at - q->snapshots_offset;
    return 0;
}

static GByteArray *make_rows(const struct qcow2_snapshot *list, unsigned n)
{
    static const uint8_t zeroes[8];
    GByteArray *out = g_byte_array_new();

    for (unsigned i = 0; i < n; i++) {
        const struct qcow2_snapshot *sn = &list[i];
        uint8_t row[ROW_FIXED + EXTRA_KNOWN] = { 0 };
        put64(row, sn->l1_offset);
        put32(row + 8, sn->l1_size);
        put16(row + 12, strlen(sn->s.id));
        put16(row + 14, strlen(sn->s.name));
        put32(row + 16, sn->s.date_sec);
        put32(row + 20, sn->s.date_nsec);
        put64(row + 24, sn->s.clock);
        put32(row + 32, sn->s.vm_size > UINT32_MAX ? 0 : sn->s.vm_size);
        put32(row + 36, EXTRA_KNOWN + sn->extra_len);
        put64(row + 40, sn->s.vm_size);
        put64(row + 48, sn->s.disk_size);
        put64(row + 56, sn->s.icount);
        g_byte_array_append(out, row, sizeof(row));
        g_byte_array_append(out, sn->extra, sn->extra_len);
        g_byte_array_append(out, (const uint8_t *)sn->s.id, strlen(sn->s.id));
        g_byte_array_append(out, (const uint8_t *)sn->s.name, strlen(sn->s.name));
        g_byte_array_append(out, zeroes, -out->len & 7);
    }
    return out;
}

/*
 * Make the image's list this one, which is the node's then. Both locks are held. On failure the list is the caller's.
 */
static int write_list(struct qcow2 *q, struct qcow2_snapshot *list, unsigned n)
{
    g_autoptr(GByteArray) rows = make_rows(list, n);
    uint64_t old = q->snapshots_offset, old_clusters = q->nb_snapshots ? qcow2_clusters(q, q->snapshots_bytes) : 0;
    uint64_t at = 0, clusters = qcow2_clusters(q, rows->len);
    uint8_t place[12];
    int r = n ? qcow2_alloc_all(q, clusters, &at) : 0;

    if (r == 0 && n)
        r = node_pwrite(q->file, at, rows->data, rows->len);
    g_mutex_unlock(&q->lock);
    if (r == 0)
        r = qcow2_commit_locked(q);
    g_mutex_lock(&q->lock);
    put32(place, n);
    put64(place + 4, at);
    if (r == 0)
        r = node_pwrite(q->file, H_SNAPSHOTS, place, sizeof(place));
    if (r == 0)
        r = node_flush(q->file);
    if (r < 0)
        return r;
    if (old_clusters)
        qcow2_give_up(q, old, old_clusters, false);
    q->snapshots = list;
    q->nb_snapshots = n;
    q->snapshots_offset = at;
    q->snapshots_bytes = rows->len;
    return qcow2_find_meta(q);
}

/* -- Walks through an L1 table -- */

uint64_t *qcow2_read_l1(struct qcow2 *q, uint64_t offset, uint32_t size, int *ret)
{
    uint64_t *l1 = g_try_malloc(size * UINT64_C(8) + 8);

    *ret = l1 ? node_pread(q->file, offset, l1, size * UINT64_C(8)) : -ENOMEM;
    if (*ret < 0) {
        g_free(l1);
        return NULL;
    }
    for (uint32_t i = 0; i < size; i++)
        l1[i] = GUINT64_FROM_BE(l1[i]);
    return l1;
}

/* How far a walk that changes refcounts has come, so that it can be undone. */
struct walk {
    int delta;
    uint64_t done, limit; /* steps */
};

static int step(struct qcow2 *q, struct walk *w, uint64_t cluster)
{
    if (w->done == w->limit)
        return 1;
    int r = qcow2_refcount_add(q, cluster, w->delta);
    w->done += r == 0;
    return r;
}

static int count_entry(struct qcow2 *q, void *opaque, uint64_t index, uint64_t *entry, uint64_t *bits)
{
    uint64_t offset = *entry & QCOW2_OFFSET, len = q->cluster_size;
    int r = 0;

    if (*entry & QCOW2_COMPRESSED)
        qcow2_compressed_range(q, *entry, &offset, &len);
    else if (!offset)
        return 0;
    for (uint64_t c = offset >> q->cluster_bits; c <= (offset + len - 1) >> q->cluster_bits && r == 0; c++)
        r = step(q, opaque, c);
    return r;
}

/* Too much in the caches: both locks are held, and nobody else is there. */
static int make_room(struct qcow2 *q)
{
    if (!qcow2_trim(q))
        return 0;
    g_mutex_unlock(&q->lock);
    int r = qcow2_commit_locked(q);
    g_mutex_lock(&q->lock);
    return r;
}

static int walk_l1(struct qcow2 *q, const uint64_t *l1, uint32_t size, struct walk *w)
{
    int r = 0;

    for (uint32_t i = 0; i < size && r == 0; i++) {
        uint64_t table = l1[i] & QCOW2_OFFSET;
        if (!table)
            continue;
        if (qcow2_in_cluster(q, table))
            return qcow2_corrupt(q, "an L2 table is not aligned");
        r = qcow2_each_entry(q, table, count_entry, w);
        if (r == 0)
            r = step(q, w, table >> q->cluster_bits);
        if (r == 0)
            r = make_room(q);
    }
    return r;
}

/* Count everything an L1 table leads to once more, or not at all. */
static int count_up(struct qcow2 *q, const uint64_t *l1, uint32_t size)
{
    struct walk up = { .delta = 1, .limit = UINT64_MAX };
    int r = walk_l1(q, l1, size, &up);

    if (r < 0) {
        struct walk down = { .delta = -1, .limit = up.done };
        walk_l1(q, l1, size, &down);
    }
    return r;
}

static int count_down(struct qcow2 *q, const uint64_t *l1, uint32_t size)
{
    struct walk down = { .delta = -1, .limit = UINT64_MAX };

    return walk_l1(q, l1, size, &down);
}

static int copied_entry(struct qcow2 *q, void *opaque, uint64_t index, uint64_t *entry, uint64_t *bits)
{
    uint64_t value;

    if (*entry & QCOW2_COMPRESSED || !(*entry & QCOW2_OFFSET))
        return 0;
    int r = qcow2_refcount(q, (*entry & QCOW2_OFFSET) >> q->cluster_bits, &value);
    if (r == 0)
        *entry = (*entry & ~QCOW2_COPIED) | (value == 1 ? QCOW2_COPIED : 0);
    return r;
}

int qcow2_update_copied(struct qcow2 *q)
{
    int r = 0;

    for (uint32_t i = 0; i < q->l1_size && r == 0; i++) {
        uint64_t table = q->l1[i] & QCOW2_OFFSET, value;
        if (!table || qcow2_in_cluster(q, table))
            continue;
        r = qcow2_refcount(q, table >> q->cluster_bits, &value);
        uint64_t entry = table | (r == 0 && value == 1 ? QCOW2_COPIED : 0);
        if (r == 0 && entry != q->l1[i]) {
            q->l1[i] = entry;
            qcow2_l1_changed(q, i);
        }
        if (r == 0)
            r = qcow2_each_entry(q, table, copied_entry, NULL);
        if (r == 0)
            r = make_room(q);
    }
    return r;
}

/* -- Operations -- */

static unsigned snapshot_count(struct block *b)
{
    const struct qcow2 *q = b->state;
    return q->nb_snapshots;
}

static const struct image_snapshot *snapshot_get(struct block *b, unsigned i)
{
    const struct qcow2 *q = b->state;
    return &q->snapshots[i].s;
}

static char *new_id(const struct qcow2 *q)
{
    uint64_t max = 0;

    for (unsigned i = 0; i < q->nb_snapshots; i++)
        max = MAX(max, g_ascii_strtoull(q->snapshots[i].s.id, NULL, 10));
    return g_strdup_printf("%" PRIu64, max + 1);
}

/* Where machine state begins on the disk: behind what the disk's own size needs of L1. */
static uint64_t state_start(const struct qcow2 *q)
{
    unsigned shift = qcow2_l1_shift(q);

    return ((q->b->size >> shift) + !!(q->b->size & ((UINT64_C(1) << shift) - 1))) << shift;
}

static uint64_t state_room(const struct qcow2 *q)
{
    uint64_t end = (uint64_t)q->l1_size << qcow2_l1_shift(q), start = state_start(q);

    return end > start ? end - start : 0;
}

/* An L1 table in clusters of its own: its place, with everything it leads to counted by the caller. Both locks. */
static int write_l1(struct qcow2 *q, const uint64_t *l1, uint32_t size, uint64_t *at)
{
    uint64_t bytes = MAX(size * UINT64_C(8), 1);
    g_autofree uint8_t *buf = g_malloc0(qcow2_clusters(q, bytes) << q->cluster_bits);
    int r = qcow2_alloc_all(q, qcow2_clusters(q, bytes), at);

    for (uint32_t i = 0; i < size; i++)
        put64(buf + 8 * i, l1[i] & ~QCOW2_COPIED);
    return r < 0 ? r : node_pwrite(q->file, *at, buf, qcow2_clusters(q, bytes) << q->cluster_bits);
}

static int create_locked(struct qcow2 *q, struct qcow2_snapshot *sn)
{
    int r = qcow2_before_change(q);

    if (r == 0)
        r = count_up(q, q->l1, q->l1_size);
    if (r < 0)
        return r;
    r = qcow2_update_copied(q);
    if (r == 0)
        r = write_l1(q, q->l1, q->l1_size, &sn->l1_offset);
    sn->l1_size = q->l1_size;
    struct qcow2_snapshot *old = q->snapshots, *list = g_new0(struct qcow2_snapshot, q->nb_snapshots + 2);
    memcpy(list, old, q->nb_snapshots * sizeof(*list));
    list[q->nb_snapshots] = *sn;
    if (r == 0)
        r = write_list(q, list, q->nb_snapshots + 1);
    if (r < 0) {
        g_free(list);
        count_down(q, q->l1, q->l1_size);
        qcow2_update_copied(q);
    } else {
        g_free(old);
    }
    return r;
}

/* Begin and end an operation: commits around it, both locks in it. */
static int enter(struct qcow2 *q)
{
    int r = q->b->read_only ? -EROFS : qcow2_commit(q);

    g_mutex_lock(&q->commit_lock);
    g_mutex_lock(&q->lock);
    return r;
}

static int leave(struct qcow2 *q, int r, const char *what, GError **err)
{
    g_mutex_unlock(&q->lock);
    g_mutex_unlock(&q->commit_lock);
    for (unsigned i = 0; i < 3 && r == 0; i++)
        r = qcow2_commit(q);
    if (r < 0)
        fail(err, "'%s': cannot %s the snapshot: %s", q->b->filename, what,
             r == -EINVAL ? "its refcounts are not wide enough" : g_strerror(-r));
    return r;
}

static int snapshot_create(struct block *b, const struct image_snapshot *s, GError **err)
{
    struct qcow2 *q = b->state;
    struct qcow2_snapshot sn = { .s = *s };
    uint64_t start = state_start(q), used = qcow2_clusters(q, s->vm_size) << q->cluster_bits;
    int r = used && used < state_room(q) ? qcow2_discard_at(q, start + used, state_room(q) - used, true) : 0;

    if (!used && state_room(q))
        r = qcow2_discard_at(q, start, state_room(q), true);
    int e = enter(q);
    r = r < 0 ? r : e;
    sn.s.id = new_id(q);
    sn.s.name = g_strdup(s->name);
    sn.s.disk_size = b->size;
    if (r == 0 && q->nb_snapshots >= QCOW2_MAX_SNAPSHOTS)
        r = -EFBIG;
    if (r == 0)
        r = create_locked(q, &sn);
    if (r < 0) {
        g_free(sn.s.id);
        g_free(sn.s.name);
    }
    r = leave(q, r, "make", err);
    return r < 0 || !used ? r : qcow2_discard_at(q, start, used, true); /* the snapshot has it */
}

static int load_locked(struct qcow2 *q, const struct qcow2_snapshot *sn)
{
    unsigned shift = qcow2_l1_shift(q);
    uint32_t need = (sn->s.disk_size >> shift) + !!(sn->s.disk_size & ((UINT64_C(1) << shift) - 1));
    uint64_t at = 0, old = q->l1_offset;
    uint32_t size = MAX(need, sn->l1_size), old_size = q->l1_size;
    uint8_t place[24];
    int r;

    if (sn->s.disk_size > INT64_MAX - 2 * MiB || size * UINT64_C(8) > QCOW2_MAX_L1 || sn->s.disk_size % BLOCK_SECTOR)
        return -EFBIG;
    uint64_t *l1 = qcow2_read_l1(q, sn->l1_offset, sn->l1_size, &r), *was = q->l1;
    if (!l1)
        return r;
    l1 = g_renew(uint64_t, l1, size + 1);
    memset(l1 + sn->l1_size, 0, (size - sn->l1_size) * 8);
    r = qcow2_before_change(q);
    if (r == 0)
        r = count_up(q, l1, size);
    if (r == 0)
        r = write_l1(q, l1, size, &at);
    g_mutex_unlock(&q->lock);
    r = r < 0 ? r : qcow2_commit_locked(q);
    g_mutex_lock(&q->lock);
    put64(place, sn->s.disk_size);
    put32(place + 8, 0); /* no encryption */
    put32(place + 12, size);
    put64(place + 16, at);
    if (r == 0)
        r = node_pwrite(q->file, H_SIZE, place, sizeof(place));
    if (r == 0)
        r = node_flush(q->file);
    if (r < 0) {
        g_free(l1);
        return r;
    }
    q->l1 = l1;
    q->l1_size = size;
    q->l1_offset = at;
    g_free(q->l1_dirty);
    q->l1_dirty = g_malloc0(size / L1_PART + 1);
    q->any_l1_dirty = false;
    q->b->size = sn->s.disk_size;
    r = count_down(q, was, old_size);
    g_free(was);
    qcow2_give_up(q, old, qcow2_clusters(q, MAX(old_size * UINT64_C(8), 1)), false);
    qcow2_find_meta(q);
    return r < 0 ? r : qcow2_update_copied(q);
}

static int snapshot_load(struct block *b, unsigned i, GError **err)
{
    struct qcow2 *q = b->state;
    int r = enter(q);

    if (r == 0)
        r = load_locked(q, &q->snapshots[i]);
    return leave(q, r, "load", err);
}

static int remove_locked(struct qcow2 *q, unsigned i)
{
    struct qcow2_snapshot sn = q->snapshots[i], *old = q->snapshots;
    struct qcow2_snapshot *list = g_new0(struct qcow2_snapshot, q->nb_snapshots + 1);
    int r;
    g_autofree uint64_t *l1 = qcow2_read_l1(q, sn.l1_offset, sn.l1_size, &r);

    memcpy(list, old, i * sizeof(*list));
    memcpy(list + i, old + i + 1, (q->nb_snapshots - i - 1) * sizeof(*list));
    if (r == 0)
        r = qcow2_before_change(q);
    if (r == 0)
        r = write_list(q, list, q->nb_snapshots - 1);
    if (r < 0) {
        g_free(list);
        return r;
    }
    g_free(old);
    r = count_down(q, l1, sn.l1_size);
    qcow2_give_up(q, sn.l1_offset, qcow2_clusters(q, MAX(sn.l1_size * UINT64_C(8), 1)), false);
    g_free(sn.s.id);
    g_free(sn.s.name);
    g_free(sn.extra);
    return r < 0 ? r : qcow2_update_copied(q);
}

static int snapshot_remove(struct block *b, unsigned i, GError **err)
{
    struct qcow2 *q = b->state;
    int r = enter(q);

    if (r == 0)
        r = remove_locked(q, i);
    return leave(q, r, "delete", err);
}

/* -- Machine state -- */

/* Room in L1 up to a byte of the state. */
static int reserve_state(struct qcow2 *q, uint64_t bytes)
{
    unsigned shift = qcow2_l1_shift(q);
    uint64_t size = (state_start(q) + bytes + (UINT64_C(1) << shift) - 1) >> shift;

    return size <= q->l1_size ? 0 : qcow2_grow_l1(q, MAX(size, q->l1_size + UINT64_C(8)));
}

static int write_state(struct block *b, uint64_t offset, const void *buf, size_t len)
{
    struct qcow2 *q = b->state;
    struct iovec iov = { (void *)buf, len };
    int r = reserve_state(q, offset + len);

    return r < 0 ? r : qcow2_write_at(q, state_start(q) + offset, &iov, 1, len);
}

/* The snapshot's L1 table takes the disk's place for a moment, in memory only. */
static int read_state(struct block *b, unsigned i, uint64_t offset, void *buf, size_t len)
{
    struct qcow2 *q = b->state;
    const struct qcow2_snapshot *sn = &q->snapshots[i];
    struct iovec iov = { buf, len };
    uint64_t *l1 = q->l1, size = b->size;
    uint32_t l1_size = q->l1_size;
    int r;
    g_autofree uint64_t *other = qcow2_read_l1(q, sn->l1_offset, sn->l1_size, &r);

    if (!other)
        return r;
    q->l1 = other;
    q->l1_size = sn->l1_size;
    b->size = sn->s.disk_size;
    r = offset > state_room(q) || len > state_room(q) - offset
            ? -EIO : qcow2_read_at(q, state_start(q) + offset, &iov, 1, len);
    q->l1 = l1;
    q->l1_size = l1_size;
    b->size = size;
    return r;
}

static int snapshot_view(struct block *b, unsigned i, GError **err)
{
    struct qcow2 *q = b->state;
    const struct qcow2_snapshot *sn = &q->snapshots[i];
    int r = -EINVAL;
    uint64_t *l1 = b->read_only ? qcow2_read_l1(q, sn->l1_offset, sn->l1_size, &r) : NULL;

    if (!l1) {
        fail(err, "'%s': %s", b->filename, g_strerror(-r));
        return r;
    }
    g_free(q->l1);
    q->l1 = l1;
    q->l1_size = sn->l1_size;
    b->size = sn->s.disk_size;
    return 0;
}

int snapshot_find(struct block *b, const char *name)
{
    const struct snapshot_ops *ops = b->driver->snapshots;

    for (unsigned id = 0; ops && id < 2; id++)
        for (unsigned i = 0; i < ops->count(b); i++)
            if (!strcmp(id ? ops->get(b, i)->id : ops->get(b, i)->name, name))
                return i;
    return -1;
}

const struct snapshot_ops qcow2_snapshot_ops = {
    .count = snapshot_count,
    .get = snapshot_get,
    .create = snapshot_create,
    .load = snapshot_load,
    .remove = snapshot_remove,
    .write_state = write_state,
    .read_state = read_state,
    .view = snapshot_view,
};
