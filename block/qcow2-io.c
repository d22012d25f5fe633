/* SPDX-License-Identifier: BSD-2-Clause */
/* qcow2: reads, writes, zeroes and discards. */
#include "qcow2.h"

#define ALLOC_CHUNK (4 * MiB) /* at most this much gets new places at once */
#define ZERO_ENTRIES UINT64_C(1024)     /* L2 entries changed before others get their turn */

/* -- The beginning and the end of a request -- */

static unsigned begin(struct qcow2 *q)
{
    g_mutex_lock(&q->lock);
    unsigned epoch = q->epoch;
    q->active[epoch]++;
    g_mutex_unlock(&q->lock);
    return epoch;
}

/* Commits what there is too much of. */
static int end(struct qcow2 *q, unsigned epoch)
{
    g_mutex_lock(&q->lock);
    q->active[epoch]--;
    bool full = qcow2_trim(q);
    g_mutex_unlock(&q->lock);
    return full && !q->b->read_only ? qcow2_commit(q) : 0;
}

/* -- Reading -- */

static int read_backing(struct qcow2 *q, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len)
{
    size_t n = !q->b->backing || offset >= q->b->size ? 0 : MIN(len, q->b->size - offset);

    if (n < len)
        iov_zero(iov, niov, n, len - n);
    if (n == 0)
        return 0;
    g_autofree struct iovec *part = g_new(struct iovec, niov);
    unsigned pieces = iov_part(part, iov, niov, 0, n);
    return node_read(q->b->backing, offset, part, pieces, n);
}

static int inflate_cluster(struct qcow2 *q, uint64_t entry)
{
    uint64_t offset, len;

    if (q->inflated && q->inflated_entry == entry)
        return 0;
    if (!q->inflated)
        q->inflated = g_malloc(q->cluster_size);
    q->inflated_entry = 0;
    qcow2_compressed_range(q, entry, &offset, &len);
    if (offset >= q->file->size)
        return -EIO;
    g_autofree uint8_t *in = g_malloc(len);
    int r = node_pread(q->file, offset, in, len);
    if (r == 0)
        r = qcow2_inflate(q, q->inflated, in, len);
    if (r == 0)
        q->inflated_entry = entry;
    return r;
}

static int read_compressed(struct qcow2 *q, uint64_t entry, uint64_t offset, const struct iovec *iov, unsigned niov,
                           size_t len)
{
    g_mutex_lock(&q->inflate_lock);
    int r = inflate_cluster(q, entry);
    const uint8_t *from = q->inflated + qcow2_in_cluster(q, offset);
    for (unsigned i = 0; i < niov && r == 0; from += iov[i++].iov_len)
        memcpy(iov[i].iov_base, from, iov[i].iov_len);
    g_mutex_unlock(&q->inflate_lock);
    return r;
}

/* A cluster that begins beyond the file's end was cut off, unless it was never written. */
static int read_data(struct qcow2 *q, uint64_t host, const struct iovec *iov, unsigned niov, size_t len)
{
    uint64_t start = host - qcow2_in_cluster(q, host);

    if (start >= q->file->size && start >= q->fresh)
        return -EIO;
    return node_read(q->file, host, iov, niov, len);
}

static int read_run(struct qcow2 *q, const struct map *m, uint64_t offset, const struct iovec *iov, unsigned niov,
                    size_t len)
{
    switch (m->type) {
    case MAP_ZERO:
        iov_zero(iov, niov, 0, len);
        return 0;
    case MAP_DATA:
        return read_data(q, m->host, iov, niov, len);
    case MAP_COMPRESSED:
        return read_compressed(q, m->host, offset, iov, niov, len);
    case MAP_NONE:
        break;
    }
    return read_backing(q, offset, iov, niov, len);
}

/* Of a request that has begun. */
static int read_begun(struct qcow2 *q, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len)
{
    g_autofree struct iovec *part = NULL;

    for (size_t done = 0; done < len;) {
        struct map m;
        uint64_t n = len - done;
        g_mutex_lock(&q->lock);
        int r = q->failed ? -EIO : qcow2_map_run(q, offset + done, &n, &m);
        g_mutex_unlock(&q->lock);
        if (r == 0 && n == len) {
            r = read_run(q, &m, offset, iov, niov, len);
        } else if (r == 0) {
            part = part ? part : g_new(struct iovec, niov);
            unsigned pieces = iov_part(part, iov, niov, done, n);
            r = read_run(q, &m, offset + done, part, pieces, n);
        }
        if (r < 0)
            return r;
        done += n;
    }
    return 0;
}

int qcow2_read_at(struct qcow2 *q, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len)
{
    unsigned epoch = begin(q);
    int r = read_begun(q, offset, iov, niov, len), e = end(q, epoch);

    return r < 0 ? r : e;
}

/* -- New places -- */

/* Wait, with the lock, until nobody gives clusters of the range new places. */
static void wait_allocating(struct qcow2 *q, uint64_t start, uint64_t end)
{
    for (struct allocating *a = q->allocating; a;) {
        if (a->start < end && start < a->end) {
            g_cond_wait(&q->allocated, &q->lock);
            a = q->allocating;
        } else {
            a = a->next;
        }
    }
}

static void begin_allocating(struct qcow2 *q, struct allocating *a)
{
    a->next = q->allocating;
    q->allocating = a;
}

static void end_allocating(struct qcow2 *q, struct allocating *a)
{
    for (struct allocating **p = &q->allocating; *p; p = &(*p)->next)
        if (*p == a) {
            *p = a->next;
            break;
        }
    g_cond_broadcast(&q->allocated);
}

/* A write of len bytes at offset that gets a place: all of [start, end) is written there. */
struct placing {
    struct allocating range;
    struct map was;       /* of the first cluster */
    uint64_t host;        /* of the cluster with offset */
    uint64_t clusters;
    bool reuse;           /* the cluster's own place; then it is one */
    bool fresh;           /* nothing was ever written there */
    uint64_t start, end;
};

/* True if what is there in the range reads as zeroes, as far as the tables tell. */
static bool zero_range(struct qcow2 *q, uint64_t start, uint64_t end)
{
    while (start < end) {
        struct map m;
        uint64_t n = end - start;
        if (qcow2_map_run(q, start, &n, &m) < 0 || m.type == MAP_DATA || m.type == MAP_COMPRESSED)
            return false;
        if (m.type == MAP_NONE && q->b->backing && start < q->b->backing->size)
            return false;
        start += n;
    }
    return true;
}

/* How many clusters from the first on want a new place as it does. */
static uint64_t count_alike(struct qcow2 *q, uint64_t offset, uint64_t len)
{
    uint64_t first = offset & ~(q->cluster_size - 1), at = first, last = MIN(offset + len, first + ALLOC_CHUNK);
    uint64_t l1_end = ((offset >> qcow2_l1_shift(q)) + 1) << qcow2_l1_shift(q);

    for (; at < last && at < l1_end; at += q->cluster_size) {
        struct map m;
        if (qcow2_map(q, at, &m) < 0 || (m.host_there && m.copied))
            break;
        if (at > first && q->extended && m.entry & ~QCOW2_COPIED)
            break; /* one by one, as they are copied as a whole */
    }
    return MAX((at - first) >> q->cluster_bits, 1);
}

/* Find a place. Lock held. */
static int place(struct qcow2 *q, uint64_t offset, uint64_t *len, struct placing *p)
{
    uint64_t first = offset & ~(q->cluster_size - 1), unit = q->cluster_size;
    int r = qcow2_before_change(q);

    if (r == 0)
        r = qcow2_need_table(q, offset);
    if (r == 0) /* a table of the disk's own may have other flags */
        r = qcow2_map(q, offset, &p->was);
    if (r < 0)
        return r;
    p->reuse = p->was.host_there && p->was.copied;
    p->clusters = p->reuse ? 1 : count_alike(q, offset, *len);
    uint64_t fresh = q->fresh;
    if (p->reuse)
        p->host = p->was.entry & QCOW2_OFFSET;
    else if ((r = qcow2_alloc(q, &p->clusters, &p->host)) < 0)
        return r;
    p->fresh = !p->reuse && p->host >= fresh;
    if (qcow2_overlaps(q, p->host, p->clusters << q->cluster_bits))
        return -EIO;
    *len = MIN(*len, (p->clusters << q->cluster_bits) - (offset - first));
    if (q->extended && (p->reuse || !(p->was.entry & (QCOW2_OFFSET | QCOW2_COMPRESSED))))
        unit = UINT64_C(1) << q->sub_bits;
    p->start = offset & ~(unit - 1);
    p->end = (offset + *len + unit - 1) & ~(unit - 1);
    p->range = (struct allocating){ first, first + (p->clusters << q->cluster_bits), NULL };
    return 0;
}

/* The bits of subclusters once [start, end) of the cluster at `at` has data. */
static uint64_t new_bits(const struct qcow2 *q, const struct placing *p, uint64_t at, uint64_t old)
{
    uint64_t start = MAX(p->start, at) - at, end = MIN(p->end, at + q->cluster_size) - at;
    uint64_t mask = 0;

    if (!q->extended)
        return 0;
    for (uint64_t i = start >> q->sub_bits; i < end >> q->sub_bits; i++)
        mask |= UINT64_C(1) << i;
    return (old | mask) & ~(mask << 32);
}

/* Enter the place in the tables. Lock held. */
static int enter(struct qcow2 *q, const struct placing *p)
{
    for (uint64_t k = 0; k < p->clusters; k++) {
        uint64_t at = p->range.start + (k << q->cluster_bits);
        struct map was;
        int r = qcow2_map(q, at, &was);
        if (r < 0)
            return r;
        r = qcow2_set_entry(q, at, (p->host + (k << q->cluster_bits)) | QCOW2_COPIED, new_bits(q, p, at, was.bits));
        if (r < 0)
            return r;
        if (!p->reuse)
            qcow2_give_up_entry(q, was.entry, false);
    }
    return 0;
}

/* Write [start, end): what is there before and behind the data, and the data. */
static int write_place(struct qcow2 *q, const struct placing *p, uint64_t offset, const struct iovec *data,
                       unsigned niov, size_t len, bool zero_around)
{
    size_t before = zero_around ? 0 : offset - p->start, behind = zero_around ? 0 : p->end - offset - len;
    uint64_t host = p->host + qcow2_in_cluster(q, offset) - before;
    g_autofree uint8_t *around = NULL;

    if (!before && !behind)
        return node_write(q->file, host, data, niov, len);
    around = g_malloc(before + behind);
    struct iovec head = { around, before }, tail = { around + before, behind };
    int r = before ? read_begun(q, p->start, &head, 1, before) : 0;
    if (r == 0 && behind)
        r = read_begun(q, offset + len, &tail, 1, behind);
    if (r < 0)
        return r;
    g_autofree struct iovec *all = g_new(struct iovec, niov + 2);
    unsigned n = 0;
    if (before)
        all[n++] = head;
    memcpy(all + n, data, niov * sizeof(*data));
    n += niov;
    if (behind)
        all[n++] = tail;
    return node_write(q->file, host, all, n, before + len + behind);
}

/* Lock held, and dropped meanwhile. *len becomes what was written. */
static int write_placed(struct qcow2 *q, uint64_t offset, const struct iovec *iov, unsigned niov, size_t skip,
                        uint64_t *len)
{
    struct placing p = { .host = 0 };
    g_autofree struct iovec *part = g_new(struct iovec, niov);
    int r = place(q, offset, len, &p);

    if (r < 0)
        return r;
    unsigned n = iov_part(part, iov, niov, skip, *len);
    bool zero_around = p.fresh && zero_range(q, p.start, offset) && zero_range(q, offset + *len, p.end);
    begin_allocating(q, &p.range);
    g_mutex_unlock(&q->lock);
    r = write_place(q, &p, offset, part, n, *len, zero_around);
    g_mutex_lock(&q->lock);
    if (r == 0)
        r = enter(q, &p);
    else if (!p.reuse)
        qcow2_unalloc(q, p.host, p.clusters);
    end_allocating(q, &p.range);
    return r;
}

/* -- Writing -- */

/* Lock held, and dropped while data are written. *len becomes what was written. */
static int write_some(struct qcow2 *q, uint64_t offset, const struct iovec *iov, unsigned niov, size_t skip,
                      uint64_t *len)
{
    uint64_t mask = q->cluster_size - 1, n;
    struct map m;

    *len = MIN(*len, ALLOC_CHUNK);
    wait_allocating(q, offset & ~mask, (offset + *len + mask) & ~mask);
    n = *len;
    int r = q->failed ? -EIO : qcow2_map_run(q, offset, &n, &m);
    if (r < 0)
        return r;
    if (m.type != MAP_DATA || !m.copied || !(q->l1[offset >> qcow2_l1_shift(q)] & QCOW2_COPIED))
        return write_placed(q, offset, iov, niov, skip, len);
    /* A run of data may go on into clusters of others': as far as all is ours. */
    for (uint64_t at = (offset | mask) + 1; at < offset + n; at += q->cluster_size) {
        struct map next;
        if (qcow2_map(q, at, &next) < 0 || !next.copied) {
            n = at - offset;
            break;
        }
    }
    *len = n;
    if (qcow2_overlaps(q, m.host, n))
        return -EIO;
    g_mutex_unlock(&q->lock);
    g_autofree struct iovec *part = g_new(struct iovec, niov);
    unsigned pieces = iov_part(part, iov, niov, skip, n);
    r = node_write(q->file, m.host, part, pieces, n);
    g_mutex_lock(&q->lock);
    return r;
}

/* Do what may want a larger refcount table until it does not. Lock held. */
static int grow_for(struct qcow2 *q, int r)
{
    if (r != -EAGAIN)
        return r;
    uint64_t seen = q->rt_size;
    g_mutex_unlock(&q->lock);
    r = qcow2_grow_table(q, seen);
    g_mutex_lock(&q->lock);
    return r;
}

int qcow2_write_at(struct qcow2 *q, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len)
{
    unsigned epoch = begin(q);
    int r = 0;

    for (size_t done = 0; done < len && r == 0;) {
        uint64_t n = len - done;
        g_mutex_lock(&q->lock);
        r = write_some(q, offset + done, iov, niov, done, &n);
        if (r == -EAGAIN)
            n = 0;
        r = grow_for(q, r);
        g_mutex_unlock(&q->lock);
        done += n;
    }
    int e = end(q, epoch);
    return r < 0 ? r : e;
}

/* One run of what the image does not have. Lock held, and dropped meanwhile. *len becomes what was looked at. */
static int copy_up_some(struct qcow2 *q, uint64_t offset, uint64_t *len)
{
    uint64_t mask = q->cluster_size - 1;
    struct placing p = { .host = 0 };
    struct map m;

    *len = MIN(*len, ALLOC_CHUNK);
    wait_allocating(q, offset & ~mask, (offset + *len + mask) & ~mask);
    int r = q->failed ? -EIO : qcow2_map_run(q, offset, len, &m);
    if (r < 0 || m.type != MAP_NONE)
        return r;
    if ((r = place(q, offset, len, &p)) < 0)
        return r;
    begin_allocating(q, &p.range);
    g_mutex_unlock(&q->lock);
    g_autofree uint8_t *buf = g_malloc(p.end - p.start);
    struct iovec iov = { buf, p.end - p.start };
    r = read_begun(q, p.start, &iov, 1, iov.iov_len);
    if (r == 0)
        r = node_write(q->file, p.host + (p.start - p.range.start), &iov, 1, iov.iov_len);
    g_mutex_lock(&q->lock);
    if (r == 0)
        r = enter(q, &p);
    else if (!p.reuse)
        qcow2_unalloc(q, p.host, p.clusters);
    end_allocating(q, &p.range);
    return r;
}

int qcow2_copy_up(struct block *b, uint64_t offset, uint64_t len)
{
    struct qcow2 *q = b->state;
    unsigned epoch = begin(q);
    int r = 0;

    for (uint64_t done = 0; done < len && r == 0 && b->backing;) {
        uint64_t n = len - done;
        g_mutex_lock(&q->lock);
        r = copy_up_some(q, offset + done, &n);
        if (r == -EAGAIN)
            n = 0;
        r = grow_for(q, r);
        g_mutex_unlock(&q->lock);
        done += n;
    }
    int e = end(q, epoch);
    return r < 0 ? r : e;
}

int qcow2_allocate(struct block *b, uint64_t offset, uint64_t len)
{
    struct qcow2 *q = b->state;
    int r = 0;

    while (len > 0 && r == 0) {
        struct placing p = { .host = 0 };
        uint64_t n = MIN(len, ALLOC_CHUNK);
        g_mutex_lock(&q->lock);
        r = place(q, offset, &n, &p);
        p.start = p.range.start;
        p.end = p.range.end;
        if (r == 0 && !p.reuse)
            r = enter(q, &p);
        if (r == -EAGAIN)
            n = 0;
        r = grow_for(q, r);
        bool full = qcow2_trim(q);
        g_mutex_unlock(&q->lock);
        if (full && r == 0)
            r = qcow2_commit(q);
        offset += n;
        len -= n;
    }
    return r < 0 ? r : qcow2_commit(q);
}

/* -- Zeroes and discards -- */

/* What an entry becomes. */
struct change {
    bool zero, unmap, full, discard;
};

/* Of a whole cluster. */
static int change_entry(struct qcow2 *q, uint64_t offset, const struct change *c)
{
    struct map m;
    int r = qcow2_map(q, offset, &m);

    if (r < 0)
        return r;
    bool backed = q->b->backing && offset < q->b->size;
    bool keep = c->zero && !c->unmap && m.host_there && m.copied && m.type != MAP_COMPRESSED;
    uint64_t entry = keep ? m.entry : 0, bits = 0;
    if (!c->full && (backed || m.entry || m.bits)) { /* it reads as zeroes from now on */
        if (q->extended)
            bits = UINT64_C(0xffffffff) << 32;
        else if (q->version >= 3)
            entry |= QCOW2_ZERO;
        else if (backed || keep)
            return -ENOTSUP;
    }
    if (entry == m.entry && bits == m.bits)
        return 0;
    r = qcow2_before_change(q);
    if (r == 0)
        r = qcow2_set_entry(q, offset, entry, bits);
    if (r == 0 && !keep)
        qcow2_give_up_entry(q, m.entry, c->discard);
    return r;
}

static int change_entries(struct qcow2 *q, uint64_t offset, uint64_t len, const struct change *c)
{
    int r = 0;

    while (len > 0 && r == 0) {
        uint64_t part = MIN(len, ZERO_ENTRIES << q->cluster_bits), at = offset;
        g_mutex_lock(&q->lock);
        if (q->failed)
            r = -EIO;
        wait_allocating(q, offset, offset + part);
        while (at < offset + part && r == 0) {
            uint64_t i = at >> qcow2_l1_shift(q);
            if ((c->full || !q->b->backing) && i < q->l1_size && !q->l1[i]) {
                at = (i + 1) << qcow2_l1_shift(q); /* nothing is there */
                continue;
            }
            r = change_entry(q, at, c);
            if (r == 0)
                at += q->cluster_size;
            else
                r = grow_for(q, r);
        }
        bool full = qcow2_trim(q);
        g_mutex_unlock(&q->lock);
        part = at - offset;
        offset += MIN(part, len);
        len -= MIN(part, len);
        if (full && r == 0)
            r = qcow2_commit(q);
    }
    return r;
}

/* Subclusters of one cluster, whole ones. Those of a compressed one, or of one that others share, are written. */
static int zero_subclusters(struct qcow2 *q, uint64_t offset, uint64_t len)
{
    struct map m;
    int r = 0;

    g_mutex_lock(&q->lock);
    wait_allocating(q, offset & ~(q->cluster_size - 1), (offset | (q->cluster_size - 1)) + 1);
    do {
        r = q->failed ? -EIO : qcow2_map(q, offset, &m);
        if (r == 0 && (m.type == MAP_COMPRESSED || (m.host_there && !m.copied)))
            r = -ENOTSUP;
        if (r == 0)
            r = qcow2_before_change(q);
        if (r < 0)
            break;
        uint64_t first = qcow2_in_cluster(q, offset) >> q->sub_bits, n = len >> q->sub_bits;
        uint64_t mask = ((UINT64_C(1) << n) - 1) << first;
        r = qcow2_set_entry(q, offset, m.entry, (m.bits & ~mask) | mask << 32);
    } while (r == -EAGAIN && (r = grow_for(q, r)) == 0);
    g_mutex_unlock(&q->lock);
    return r;
}

/* By writing; what is zero already is left. */
static int write_zero_bytes(struct qcow2 *q, uint64_t offset, uint64_t len)
{
    g_autofree uint8_t *zeroes = g_malloc0(MIN(len, 64 * KiB));
    int r = 0;

    g_mutex_lock(&q->lock);
    bool zero = zero_range(q, offset, offset + len);
    g_mutex_unlock(&q->lock);
    while (len > 0 && r == 0 && !zero) {
        struct iovec iov = { zeroes, MIN(len, 64 * KiB) };
        r = qcow2_write_at(q, offset, &iov, 1, iov.iov_len);
        offset += iov.iov_len;
        len -= iov.iov_len;
    }
    return r;
}

/* Within one cluster. */
static int zero_part(struct qcow2 *q, uint64_t offset, uint64_t len)
{
    uint64_t unit = UINT64_C(1) << q->sub_bits;
    uint64_t start = (offset + unit - 1) & ~(unit - 1), stop = (offset + len) & ~(unit - 1);

    if (len == 0)
        return 0;
    if (!q->extended || start >= stop)
        return write_zero_bytes(q, offset, len);
    int r = zero_subclusters(q, start, stop - start);
    if (r == -ENOTSUP)
        return write_zero_bytes(q, offset, len);
    if (r == 0 && start > offset)
        r = write_zero_bytes(q, offset, start - offset);
    if (r == 0 && stop < offset + len)
        r = write_zero_bytes(q, stop, offset + len - stop);
    return r;
}

/* The whole clusters of a range; the disk's last one is, if all that the disk has of it is in the range. */
static void whole_clusters(const struct qcow2 *q, uint64_t offset, uint64_t len, uint64_t *start, uint64_t *stop)
{
    uint64_t mask = q->cluster_size - 1, end = offset + len;

    *start = (offset + mask) & ~mask;
    *stop = end == q->b->size ? (end + mask) & ~mask : end & ~mask;
}

int qcow2_zero_at(struct qcow2 *q, uint64_t offset, uint64_t len, bool unmap)
{
    const struct change zero = { .zero = true, .unmap = unmap, .discard = unmap };
    uint64_t start, stop, end = offset + len;
    int r;

    whole_clusters(q, offset, len, &start, &stop);
    if (start >= stop) {
        uint64_t edge = MIN((offset | (q->cluster_size - 1)) + 1, end); /* may lie in two clusters */
        r = zero_part(q, offset, edge - offset);
        return r < 0 ? r : zero_part(q, edge, end - edge);
    }
    r = change_entries(q, start, stop - start, &zero);
    if (r == -ENOTSUP)
        r = write_zero_bytes(q, start, MIN(stop, end) - start);
    if (r == 0)
        r = zero_part(q, offset, start - offset);
    return r < 0 || stop >= end ? r : zero_part(q, stop, end - stop);
}

int qcow2_discard_at(struct qcow2 *q, uint64_t offset, uint64_t len, bool full)
{
    const struct change give_up = { .unmap = true, .full = full, .discard = true };
    uint64_t start, stop;

    whole_clusters(q, offset, len, &start, &stop);
    int r = start < stop ? change_entries(q, start, stop - start, &give_up) : 0;
    return r == -ENOTSUP ? 0 : r;
}

/* -- Compressed clusters -- */

/* Room for len compressed bytes: behind the last ones, or in new clusters. Lock held. */
static int place_compressed(struct qcow2 *q, uint64_t len, uint64_t *offset)
{
    uint64_t room = q->packing ? q->cluster_size - qcow2_in_cluster(q, q->packing) : 0, n, at = 0;

    if (q->refcount_order < 2)
        room = 0; /* a cluster can't be counted twice */
    if (room >= len) {
        int r = qcow2_refcount_add(q, q->packing >> q->cluster_bits, 1);
        if (r == 0) {
            *offset = q->packing;
            q->packing = qcow2_in_cluster(q, q->packing + len) ? q->packing + len : 0;
        }
        if (r != -EINVAL)
            return r;
    }
    n = 1;
    int r = qcow2_alloc(q, &n, &at);
    if (r < 0)
        return r;
    if (room > 0 && at == (q->packing | (q->cluster_size - 1)) + 1 &&
        qcow2_refcount_add(q, q->packing >> q->cluster_bits, 1) == 0)
        *offset = q->packing; /* across the border, as it is the next one */
    else
        *offset = at;
    q->packing = qcow2_in_cluster(q, *offset + len) ? *offset + len : 0;
    return 0;
}

static int enter_compressed(struct qcow2 *q, uint64_t offset, uint64_t at, uint64_t len)
{
    unsigned x = 62 - (q->cluster_bits - 8);
    uint64_t sectors = ((at + len - 1) >> 9) - (at >> 9);
    struct map was;
    int r = qcow2_map(q, offset, &was);

    if (r == 0)
        r = qcow2_set_entry(q, offset, at | QCOW2_COMPRESSED | sectors << x, 0);
    if (r == 0)
        qcow2_give_up_entry(q, was.entry, false);
    return r;
}

int qcow2_write_compressed(struct block *b, uint64_t offset, const void *buf, size_t len)
{
    struct qcow2 *q = b->state;
    g_autofree uint8_t *out = g_malloc(q->cluster_size), *padded = NULL;
    uint64_t at = 0;
    int r;

    if (qcow2_in_cluster(q, offset) || len > q->cluster_size)
        return -EINVAL;
    if (len < q->cluster_size) {
        padded = g_malloc0(q->cluster_size);
        memcpy(padded, buf, len);
    }
    ssize_t n = qcow2_deflate(q, out, padded ? padded : buf);
    if (n < 0)
        return n;
    unsigned epoch = begin(q);
    g_mutex_lock(&q->lock);
    do {
        r = qcow2_before_change(q);
        if (r == 0)
            r = qcow2_need_table(q, offset);
        if (r == 0)
            r = place_compressed(q, n, &at);
    } while (r == -EAGAIN && (r = grow_for(q, r)) == 0);
    if (r == 0 && qcow2_overlaps(q, at, n))
        r = -EIO;
    g_mutex_unlock(&q->lock);
    if (r == 0)
        r = node_pwrite(q->file, at, out, n);
    g_mutex_lock(&q->inflate_lock);
    q->inflated_entry = 0; /* it may be of what was there before */
    g_mutex_unlock(&q->inflate_lock);
    g_mutex_lock(&q->lock);
    if (r == 0)
        r = enter_compressed(q, offset, at, n);
    g_mutex_unlock(&q->lock);
    int e = end(q, epoch);
    return r < 0 ? r : e;
}

/* -- What is known -- */

int qcow2_status(struct block *b, uint64_t offset, uint64_t len, struct extent *e)
{
    static const unsigned flags[] = {
        [MAP_NONE] = 0,
        [MAP_ZERO] = EXTENT_ALLOCATED | EXTENT_ZERO,
        [MAP_DATA] = EXTENT_ALLOCATED | EXTENT_DATA | EXTENT_HOST,
        [MAP_COMPRESSED] = EXTENT_ALLOCATED | EXTENT_DATA | EXTENT_COMPRESSED,
    };
    struct qcow2 *q = b->state;
    struct map m;
    unsigned epoch = begin(q);

    g_mutex_lock(&q->lock);
    int r = q->failed ? -EIO : qcow2_map_run(q, offset, &len, &m);
    g_mutex_unlock(&q->lock);
    end(q, epoch);
    if (r < 0)
        return r;
    *e = (struct extent){ flags[m.type], len, m.type == MAP_DATA ? m.host : 0 };
    if (m.type == MAP_ZERO && m.host_there) {
        e->flags |= EXTENT_HOST;
        e->host = m.host;
    }
    return 0;
}
