/* SPDX-License-Identifier: BSD-2-Clause */
/* qcow2: a larger L1 table, another size of the disk. */
#include "qcow2.h"

int qcow2_grow_l1(struct qcow2 *q, uint64_t size)
{
    uint64_t bytes = size * 8, at = 0, clusters = qcow2_clusters(q, bytes);

    if (bytes > QCOW2_MAX_L1)
        return -EFBIG;
    g_autofree uint8_t *buf = g_malloc0(clusters << q->cluster_bits);
    g_mutex_lock(&q->commit_lock);
    g_mutex_lock(&q->lock);
    int r = qcow2_before_change(q);
    if (r == 0)
        r = qcow2_alloc_all(q, clusters, &at);
    g_mutex_unlock(&q->lock);
    r = r < 0 ? r : qcow2_commit_locked(q); /* refcounts, and what the old table is to have */
    g_mutex_lock(&q->lock);
    for (uint32_t i = 0; i < q->l1_size; i++)
        put64(buf + 8 * i, q->l1[i]);
    if (r == 0)
        r = node_pwrite(q->file, at, buf, clusters << q->cluster_bits);
    if (r == 0)
        r = qcow2_write_l1_place(q, at, size);
    if (r == 0) {
        qcow2_give_up(q, q->l1_offset, qcow2_clusters(q, MAX(q->l1_size * UINT64_C(8), 1)), false);
        q->l1 = g_renew(uint64_t, q->l1, size + 1);
        memset(q->l1 + q->l1_size, 0, (size - q->l1_size) * 8);
        g_free(q->l1_dirty);
        q->l1_dirty = g_malloc0(size / L1_PART + 1);
        q->any_l1_dirty = false;
        q->l1_size = size;
        q->l1_offset = at;
        qcow2_find_meta(q);
    }
    g_mutex_unlock(&q->lock);
    g_mutex_unlock(&q->commit_lock);
    return r;
}

static int write_size(struct qcow2 *q, uint64_t size)
{
    uint8_t buf[8];

    put64(buf, size);
    int r = qcow2_commit(q);
    if (r == 0)
        r = node_pwrite(q->file, H_SIZE, buf, sizeof(buf));
    return r < 0 ? r : node_flush(q->file);
}

int qcow2_resize(struct block *b, uint64_t size, GError **err)
{
    struct qcow2 *q = b->state;
    unsigned shift = qcow2_l1_shift(q);
    uint64_t old = b->size, need = (size >> shift) + !!(size & ((UINT64_C(1) << shift) - 1));
    int r = 0;

    if (b->read_only)
        r = -EROFS;
    else if (size > INT64_MAX - 2 * MiB || need * 8 > QCOW2_MAX_L1)
        r = -EFBIG;
    else if (need > q->l1_size)
        r = qcow2_grow_l1(q, need);
    if (r == 0 && size < old) { /* what is cut off would be there again when the disk grows */
        uint64_t edge = MIN((size + q->cluster_size - 1) & ~(q->cluster_size - 1), old);
        r = edge > size ? qcow2_zero_at(q, size, edge - size, false) : 0;
        if (r == 0 && edge < old)
            r = qcow2_discard_at(q, edge, old - edge, true);
    }
    if (r == 0)
        r = write_size(q, size);
    if (r == 0)
        b->size = size;
    if (r == 0 && size > old && b->backing && b->backing->size > old) {
        r = qcow2_zero_at(q, old, MIN(size, b->backing->size) - old, false);
        r = r < 0 ? r : qcow2_commit(q);
    }
    if (r < 0)
        fail(err, "'%s': cannot be resized: %s", b->filename, g_strerror(-r));
    return r;
}
