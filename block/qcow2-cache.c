/* SPDX-License-Identifier: BSD-2-Clause */
/* qcow2: slices of tables in memory, and the order in which they are written. */
#include "qcow2.h"

#include "log.h"

#define L2_BYTES (16 * MiB) /* of slices that are kept: maps 128 GiB with clusters of 64 KiB */
#define REFS_BYTES (4 * MiB)
#define MAX_SLICE (16 * KiB)

/* -- Slices -- */

static void cache_init(struct slice_cache *c, unsigned max)
{
    c->by_offset = g_hash_table_new(g_int64_hash, g_int64_equal);
    g_queue_init(&c->by_use);
    c->max = max;
}

void qcow2_cache_init(struct qcow2 *q)
{
    q->slice_size = MIN(q->cluster_size, MAX_SLICE);
    cache_init(&q->l2, L2_BYTES / q->slice_size);
    cache_init(&q->refs, REFS_BYTES / q->slice_size);
}

static void forget(struct slice_cache *c, struct slice *s)
{
    g_hash_table_remove(c->by_offset, &s->offset);
    g_queue_unlink(&c->by_use, &s->link);
    c->dirty -= s->dirty;
    g_free(s->data);
    g_free(s);
}

static void cache_fini(struct slice_cache *c)
{
    while (c->by_use.head)
        forget(c, c->by_use.head->data);
    g_clear_pointer(&c->by_offset, g_hash_table_destroy);
}

void qcow2_cache_fini(struct qcow2 *q)
{
    cache_fini(&q->l2);
    cache_fini(&q->refs);
}

static void drop_clean(struct slice_cache *c, unsigned keep)
{
    for (GList *l = c->by_use.tail, *prev; l && c->by_use.length > keep; l = prev) {
        struct slice *s = l->data;
        prev = l->prev;
        if (!s->dirty && !s->writing)
            forget(c, s);
    }
}

void qcow2_cache_clear(struct qcow2 *q)
{
    drop_clean(&q->l2, 0);
    drop_clean(&q->refs, 0);
}

bool qcow2_trim(struct qcow2 *q)
{
    if (q->l2.by_use.length > q->l2.max)
        drop_clean(&q->l2, q->l2.max - q->l2.max / 8);
    if (q->refs.by_use.length > q->refs.max)
        drop_clean(&q->refs, q->refs.max - q->refs.max / 8);
    return q->l2.dirty > q->l2.max / 2 || q->refs.dirty > q->refs.max / 2;
}

struct slice *qcow2_slice(struct qcow2 *q, struct slice_cache *c, uint64_t offset, int *ret)
{
    struct slice *s = g_hash_table_lookup(c->by_offset, &offset);

    if (s) {
        if (&s->link != c->by_use.head) {
            g_queue_unlink(&c->by_use, &s->link);
            g_queue_push_head_link(&c->by_use, &s->link);
        }
        return s;
    }
    s = g_new0(struct slice, 1);
    s->offset = offset;
    s->data = g_malloc(q->slice_size);
    *ret = node_pread(q->file, offset, s->data, q->slice_size);
    if (*ret < 0) {
        g_free(s->data);
        g_free(s);
        return NULL;
    }
    s->link.data = s;
    g_hash_table_insert(c->by_offset, &s->offset, s);
    g_queue_push_head_link(&c->by_use, &s->link);
    return s;
}

void qcow2_slice_dirty(struct qcow2 *q, struct slice_cache *c, struct slice *s)
{
    c->dirty += !s->dirty;
    s->dirty = true;
}

void qcow2_slice_drop(struct qcow2 *q, uint64_t cluster_offset)
{
    struct slice_cache *const caches[] = { &q->l2, &q->refs };

    for (unsigned i = 0; i < ARRAY_SIZE(caches); i++)
        for (uint64_t at = cluster_offset; at < cluster_offset + q->cluster_size; at += q->slice_size) {
            struct slice *s = g_hash_table_lookup(caches[i]->by_offset, &at);
            if (s)
                forget(caches[i], s);
        }
}

void qcow2_l1_changed(struct qcow2 *q, uint64_t i)
{
    q->l1_dirty[i / L1_PART] = 1;
    q->any_l1_dirty = true;
}

void qcow2_rt_changed(struct qcow2 *q, uint64_t i)
{
    q->rt_dirty[i / L1_PART] = 1;
    q->any_rt_dirty = true;
}

/* -- Commits -- */

/* What is to be written: bytes and where. */
struct copy {
    uint64_t offset;
    size_t len;
    uint8_t *data;
    struct slice *of; /* NULL: part of a table that is in memory as a whole */
};

static void clear_copy(gpointer p)
{
    g_free(((struct copy *)p)->data);
}

static GArray *new_copies(void)
{
    GArray *a = g_array_new(FALSE, FALSE, sizeof(struct copy));

    g_array_set_clear_func(a, clear_copy);
    return a;
}

static GArray *copy_slices(struct qcow2 *q, struct slice_cache *c)
{
    GArray *a = new_copies();

    for (GList *l = c->by_use.head; l && c->dirty > 0; l = l->next) {
        struct slice *s = l->data;
        if (!s->dirty)
            continue;
        struct copy copy = { s->offset, q->slice_size, g_memdup2(s->data, q->slice_size), s };
        g_array_append_val(a, copy);
        s->dirty = false;
        s->writing = true;
        c->dirty--;
    }
    return a;
}

static GArray *copy_table(const uint64_t *table, uint64_t size, uint64_t offset, uint8_t *dirty, bool *any)
{
    GArray *a = new_copies();

    for (uint64_t i = 0; *any && i < size; i += L1_PART) {
        if (!dirty[i / L1_PART])
            continue;
        size_t n = MIN(L1_PART, size - i);
        struct copy copy = { offset + i * 8, n * 8, g_malloc(n * 8), NULL };
        for (size_t k = 0; k < n; k++)
            put64(copy.data + k * 8, table[i + k]);
        g_array_append_val(a, copy);
        dirty[i / L1_PART] = 0;
    }
    *any = false;
    return a;
}

static int write_copies(struct qcow2 *q, const GArray *a)
{
    int r = 0;

    for (guint i = 0; i < a->len && r == 0; i++) {
        const struct copy *c = &g_array_index(a, struct copy, i);
        r = node_pwrite(q->file, c->offset, c->data, c->len);
    }
    return r;
}

/* The slices' copies are written, or, if not, to be written again. */
static void end_slices(struct qcow2 *q, struct slice_cache *c, const GArray *a, bool written)
{
    for (guint i = 0; i < a->len; i++) {
        struct slice *s = g_array_index(a, struct copy, i).of;
        s->writing = false;
        if (!written)
            qcow2_slice_dirty(q, c, s);
    }
}

static void end_table(const GArray *a, uint64_t offset, uint8_t *dirty, bool *any, bool written)
{
    for (guint i = 0; i < a->len && !written; i++) {
        dirty[(g_array_index(a, struct copy, i).offset - offset) / 8 / L1_PART] = 1;
        *any = true;
    }
}

/*
 * The file has all allocated clusters, so that one who finds less knows that it was cut off. Under the lock: nobody
 * gets
 * a cluster meanwhile, and writes, behind the end that is set here.
 */
static int extend_file(struct qcow2 *q)
{
    struct block *f = q->file;

    return q->b->read_only || q->fresh <= f->size || !f->driver->resize ? 0 : f->driver->resize(f, q->fresh, NULL);
}

/* A commit's parts, copied at one moment. */
struct commit {
    GArray *refs, *rt, *l2, *l1;
};

static int write_commit(struct qcow2 *q, const struct commit *c)
{
    bool l2 = c->l2->len > 0 || c->l1->len > 0;
    int r = write_copies(q, c->refs);

    if (r == 0 && c->rt->len > 0) {
        r = node_flush(q->file);
        r = r < 0 ? r : write_copies(q, c->rt);
    }
    if (r == 0)
        r = node_flush(q->file);
    if (r < 0 || !l2)
        return r;
    r = write_copies(q, c->l2);
    if (r == 0)
        r = write_copies(q, c->l1);
    return r < 0 ? r : node_flush(q->file);
}

int qcow2_commit_locked(struct qcow2 *q)
{
    struct commit c;

    g_mutex_lock(&q->lock);
    bool lazy = q->marked_dirty && q->refs.dirty < q->refs.max / 4;
    c.refs = lazy ? new_copies() : copy_slices(q, &q->refs);
    c.rt = lazy ? new_copies() : copy_table(q->rt, q->rt_size, q->rt_offset, q->rt_dirty, &q->any_rt_dirty);
    c.l2 = copy_slices(q, &q->l2);
    c.l1 = copy_table(q->l1, q->l1_size, q->l1_offset, q->l1_dirty, &q->any_l1_dirty);
    int r = extend_file(q);
    GArray *given_up = q->given_up; /* later ones are named by entries that are not in this commit */
    q->given_up = g_array_new(FALSE, FALSE, sizeof(struct given_up));
    g_mutex_unlock(&q->lock);

    if (r == 0)
        r = write_commit(q, &c);

    g_mutex_lock(&q->lock);
    end_slices(q, &q->refs, c.refs, r == 0);
    end_table(c.rt, q->rt_offset, q->rt_dirty, &q->any_rt_dirty, r == 0);
    end_slices(q, &q->l2, c.l2, r == 0);
    end_table(c.l1, q->l1_offset, q->l1_dirty, &q->any_l1_dirty, r == 0);
    GArray *to = r == 0 ? q->freed[0] : q->given_up;
    if (given_up->len > 0)
        g_array_append_vals(to, given_up->data, given_up->len);
    g_array_unref(given_up);
    if (r == 0)
        qcow2_free_given_up(q);
    g_mutex_unlock(&q->lock);
    g_array_unref(c.refs);
    g_array_unref(c.rt);
    g_array_unref(c.l2);
    g_array_unref(c.l1);
    return r;
}

int qcow2_commit(struct qcow2 *q)
{
    g_mutex_lock(&q->commit_lock);
    int r = q->failed ? -EIO : qcow2_commit_locked(q);
    g_mutex_unlock(&q->commit_lock);
    return r;
}

int qcow2_corrupt(struct qcow2 *q, const char *fmt, ...)
{
    va_list args;

    if (q->failed)
        return -EIO;
    va_start(args, fmt);
    g_autofree char *what = g_strdup_vprintf(fmt, args);
    va_end(args);
    if (!q->inspect)
        log_printf("mynah: '%s': the image is corrupt: %s\n", q->b->filename, what);
    if (q->b->read_only || q->inspect)
        return -EIO;
    q->failed = true;
    if (q->version >= 3) {
        q->incompat |= QCOW2_INCOMPAT_CORRUPT;
        qcow2_write_features(q);
    }
    return -EIO;
}
