/* SPDX-License-Identifier: BSD-2-Clause */
/* Disks of blocks with a table of their places. */
#include "blockmap.h"

bool blockmap_table(struct blockmap *m, uint64_t unit, uint64_t entries, GError **err)
{
    if (entries > BLOCKMAP_MAX || !unit || unit % BLOCK_SECTOR || entries > INT64_MAX / unit) {
        fail(err, "'%s': the table of the disk's blocks is too large", m->file->filename);
        return false;
    }
    m->unit = unit;
    m->entries = entries;
    m->hosts = g_new(uint64_t, entries + 1);
    for (uint64_t i = 0; i <= entries; i++)
        m->hosts[i] = BLOCKMAP_NONE;
    return true;
}

/* -- Reading -- */

static int read_compressed(struct blockmap *m, uint64_t host, uint64_t in, const struct iovec *iov, unsigned niov)
{
    int r = 0;

    g_mutex_lock(&m->inflate_lock);
    if (!m->inflated || m->inflated_host != host) {
        m->inflated = m->inflated ? m->inflated : g_malloc(m->unit);
        m->inflated_host = BLOCKMAP_NONE;
        r = m->inflate(m, host & ~BLOCKMAP_COMPRESSED, m->inflated);
        if (r == 0)
            m->inflated_host = host;
    }
    if (r == 0)
        iov_scatter(iov, niov, m->inflated + in);
    g_mutex_unlock(&m->inflate_lock);
    return r;
}

static int read_part(struct blockmap *m, uint64_t host, uint64_t in, const struct iovec *iov, unsigned niov, size_t len)
{
    if (host == BLOCKMAP_NONE) {
        iov_zero(iov, niov, 0, len);
        return 0;
    }
    if (host & BLOCKMAP_COMPRESSED)
        return read_compressed(m, host, in, iov, niov);
    if (host >= m->file->size)
        return -EIO; /* the file was cut off */
    return node_read(m->file, host + in, iov, niov, len);
}

static uint64_t host_of(struct blockmap *m, uint64_t i)
{
    g_mutex_lock(&m->lock);
    uint64_t host = i < m->entries ? m->hosts[i] : BLOCKMAP_NONE;
    g_mutex_unlock(&m->lock);
    return host;
}

int blockmap_read(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len)
{
    struct blockmap *m = b->state;
    g_autofree struct iovec *part = g_new(struct iovec, niov);

    for (size_t done = 0; done < len;) {
        uint64_t at = offset + done, in = at % m->unit;
        size_t n = MIN(len - done, m->unit - in);
        unsigned pieces = iov_part(part, iov, niov, done, n);
        int r = read_part(m, host_of(m, at / m->unit), in, part, pieces, n);
        if (r < 0)
            return r;
        done += n;
    }
    return 0;
}

/* -- Writing -- */

/* Where a block is, after it was given a place if it had none. -ENOTSUP where it can't be written. */
static int need(struct blockmap *m, uint64_t i, uint64_t *host)
{
    int r = m->before_change ? m->before_change(m) : 0;

    if (r < 0)
        return r;
    g_mutex_lock(&m->lock);
    *host = m->hosts[i];
    if (*host == BLOCKMAP_NONE) {
        r = m->place ? m->place(m, i, host) : -ENOTSUP;
        if (r == 0)
            m->hosts[i] = *host;
    } else if (*host & BLOCKMAP_COMPRESSED) {
        r = -ENOTSUP;
    } else if (*host >= m->file->size) {
        r = -EIO;
    }
    g_mutex_unlock(&m->lock);
    return r;
}

int blockmap_write(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len)
{
    struct blockmap *m = b->state;
    g_autofree struct iovec *part = g_new(struct iovec, niov);

    for (size_t done = 0; done < len;) {
        uint64_t at = offset + done, in = at % m->unit, host;
        size_t n = MIN(len - done, m->unit - in);
        unsigned pieces = iov_part(part, iov, niov, done, n);
        int r = need(m, at / m->unit, &host);
        if (r == 0)
            r = node_write(m->file, host + in, part, pieces, n);
        if (r < 0)
            return r;
        done += n;
    }
    return 0;
}

int blockmap_flush(struct block *b)
{
    return b->read_only ? 0 : node_flush(b->child);
}

/* What is not there is zero already. */
int blockmap_zeroes(struct block *b, uint64_t offset, uint64_t len, bool unmap)
{
    struct blockmap *m = b->state;
    int r = 0;

    while (len > 0 && r == 0) {
        uint64_t in = offset % m->unit, n = MIN(len, m->unit - in), host = host_of(m, offset / m->unit);
        if (host != BLOCKMAP_NONE && m->before_change)
            r = m->before_change(m);
        if (host != BLOCKMAP_NONE && r == 0)
            r = host & BLOCKMAP_COMPRESSED ? -EPERM : node_zeroes(m->file, host + in, n, unmap);
        offset += n;
        len -= n;
    }
    return r;
}

int blockmap_status(struct block *b, uint64_t offset, uint64_t len, struct extent *e)
{
    struct blockmap *m = b->state;
    uint64_t i = offset / m->unit, in = offset % m->unit, first = host_of(m, i), n = m->unit - in;
    bool none = first == BLOCKMAP_NONE, compressed = !none && first & BLOCKMAP_COMPRESSED;

    for (i++; n < len && !compressed; i++, n += m->unit)
        if (host_of(m, i) != (none ? BLOCKMAP_NONE : first + in + n))
            break;
    *e = (struct extent){ EXTENT_ALLOCATED | (none ? EXTENT_ZERO : EXTENT_DATA), MIN(n, len), 0 };
    if (compressed) {
        e->flags |= EXTENT_COMPRESSED;
    } else if (!none) {
        e->flags |= EXTENT_HOST;
        e->host = first + in;
    }
    return 0;
}

/* -- The node -- */

void blockmap_info(struct block *b, struct image_info *i)
{
    struct blockmap *m = b->state;

    *i = (struct image_info){ .cluster_size = m->entries > 1 ? m->unit : 0 };
}

void blockmap_close(struct block *b)
{
    struct blockmap *m = b->state;

    g_free(m->hosts);
    g_free(m->inflated);
    g_free(m->grain_tables);
    g_free(m->grain_tables2);
    g_mutex_clear(&m->lock);
    g_mutex_clear(&m->inflate_lock);
    g_free(m);
}

struct block *blockmap_open(const struct block_driver *driver, struct block *child, const char *node,
                            const struct node_options *no, bool (*open)(struct blockmap *m, GError **err), GError **err)
{
    struct block *b = NULL;

    if (!no->read_only && child->read_only && !no->auto_read_only)
        fail(err, "%s: node '%s' is read-only; expected read-only=on", driver->name, child->node);
    else
        b = block_node_new(driver, node, no, err);
    if (!b) {
        block_node_unref(child);
        return NULL;
    }
    block_node_set_child(b, child);
    b->read_only |= child->read_only;
    struct blockmap *m = g_new0(struct blockmap, 1);
    b->state = m;
    m->b = b;
    m->file = child;
    m->inflated_host = BLOCKMAP_NONE;
    if (!open(m, err))
        goto failed;
    if (b->size > m->entries * m->unit || b->size % BLOCK_SECTOR) {
        fail(err, "'%s': the disk's size is wrong", b->filename);
        goto failed;
    }
    if (!b->read_only && !m->place) {
        fail(err, "'%s': mynah only reads images of this kind; expected readonly=on", b->filename);
        goto failed;
    }
    return b;
failed:
    block_node_unref(b);
    return NULL;
}

void blockmap_moved(struct block *b)
{
    ((struct blockmap *)b->state)->b = b;
}
