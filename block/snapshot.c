/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The layer of -snapshot: writes go to an unlinked temporary file ($TMPDIR, else /var/tmp), the node
 * below is only read. The file has the image's layout; a bitmap says which clusters are in it.
 */
#include "node.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLUSTER (4 * KiB)
#define COMMIT_CHUNK (64 * KiB) /* written to the image at once */

struct snapshot {
    int fd;
    /* Of the bitmap and what it says: writers exclude readers. Workers take it, holding none; under it one below. */
    GRWLock lock;
    uint8_t *present; /* a bit a cluster; zero pages of it cost no memory */
};

static bool is_present(const struct snapshot *s, uint64_t cluster)
{
    return s->present[cluster / 8] >> (cluster % 8) & 1;
}

static int copy_out(int fd, void *buf, size_t len, uint64_t offset)
{
    for (char *p = buf; len > 0;) {
        ssize_t n = pread(fd, p, len, offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0) { /* the file's end within a cluster */
            memset(p, 0, len);
            break;
        }
        p += n;
        offset += n;
        len -= n;
    }
    return 0;
}

static int copy_in(int fd, const void *buf, size_t len, uint64_t offset)
{
    for (const char *p = buf; len > 0;) {
        ssize_t n = pwrite(fd, p, len, offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -ENOSPC;
        p += n;
        offset += n;
        len -= n;
    }
    return 0;
}

/* One contiguous buffer: runs of clusters that lie in the same file. */
static int read_run(struct block *b, uint64_t offset, uint8_t *buf, size_t len)
{
    struct snapshot *s = b->state;
    while (len > 0) {
        bool here = is_present(s, offset / CLUSTER);
        uint64_t end = offset - offset % CLUSTER + CLUSTER;
        while (end < offset + len && is_present(s, end / CLUSTER) == here)
            end += CLUSTER;
        size_t n = MIN(len, end - offset);
        struct iovec iov = { buf, n };
        int r = here ? copy_out(s->fd, buf, n, offset) : node_read(b->child, offset, &iov, 1, n);
        if (r < 0)
            return r;
        offset += n;
        buf += n;
        len -= n;
    }
    return 0;
}

static int snapshot_read(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len)
{
    struct snapshot *s = b->state;
    int r = 0;
    g_rw_lock_reader_lock(&s->lock);
    for (unsigned i = 0; i < niov && r == 0; i++) {
        r = read_run(b, offset, iov[i].iov_base, iov[i].iov_len);
        offset += iov[i].iov_len;
    }
    g_rw_lock_reader_unlock(&s->lock);
    return r;
}

/* Bring the cluster at offset into the file before part of it is written. */
static int fetch_cluster(struct block *b, uint64_t offset)
{
    struct snapshot *s = b->state;
    uint8_t buf[CLUSTER];
    uint64_t start = offset - offset % CLUSTER;
    size_t n = MIN(CLUSTER, b->size - start);
    struct iovec iov = { buf, n };
    if (is_present(s, start / CLUSTER))
        return 0;
    int r = node_read(b->child, start, &iov, 1, n);
    return r < 0 ? r : copy_in(s->fd, buf, n, start);
}

static int write_run(struct block *b, uint64_t offset, const uint8_t *buf, size_t len)
{
    struct snapshot *s = b->state;
    uint64_t end = offset + len;
    int r = 0;
    if (len == 0)
        return 0;
    if (offset % CLUSTER)
        r = fetch_cluster(b, offset);
    if (r == 0 && end % CLUSTER && end != b->size)
        r = fetch_cluster(b, end);
    if (r == 0)
        r = copy_in(s->fd, buf, len, offset);
    if (r < 0)
        return r;
    for (uint64_t c = offset / CLUSTER; c * CLUSTER < end; c++)
        s->present[c / 8] |= 1 << (c % 8);
    return 0;
}

static int snapshot_write(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len)
{
    struct snapshot *s = b->state;
    int r = 0;
    g_rw_lock_writer_lock(&s->lock);
    for (unsigned i = 0; i < niov && r == 0; i++) {
        r = write_run(b, offset, iov[i].iov_base, iov[i].iov_len);
        offset += iov[i].iov_len;
    }
    g_rw_lock_writer_unlock(&s->lock);
    return r;
}

/* Data where it is here, else what is known of the image below. */
static int snapshot_status(struct block *b, uint64_t offset, uint64_t len, struct extent *e)
{
    struct snapshot *s = b->state;
    uint64_t end = offset + len, at = offset;

    g_rw_lock_reader_lock(&s->lock);
    bool here = is_present(s, offset / CLUSTER);
    while (at < end && is_present(s, at / CLUSTER) == here)
        at = at - at % CLUSTER + CLUSTER;
    g_rw_lock_reader_unlock(&s->lock);
    *e = (struct extent){ EXTENT_ALLOCATED | EXTENT_DATA, MIN(at, end) - offset, 0 };
    return here ? 0 : chain_status(b->child, NULL, offset, e->len, e, NULL);
}

/* -- Commit -- */

/* Write the clusters that are here, in runs, to the image. */
static int copy_to_image(struct block *b)
{
    struct snapshot *s = b->state;
    struct block *image = b->child;
    g_autofree uint8_t *buf = g_malloc(COMMIT_CHUNK);
    int r = 0;
    for (uint64_t at = 0; at < b->size && r == 0;) {
        uint64_t end = at;
        while (end < b->size && end - at < COMMIT_CHUNK && is_present(s, end / CLUSTER))
            end += CLUSTER;
        if (end == at) { /* nothing in the bitmap's byte: on to the next one */
            at += at % (8 * CLUSTER) == 0 && !s->present[at / CLUSTER / 8] ? 8 * CLUSTER : CLUSTER;
            continue;
        }
        struct iovec iov = { buf, MIN(end, b->size) - at };
        r = copy_out(s->fd, buf, iov.iov_len, at);
        if (r == 0)
            r = node_write(image, at, &iov, 1, iov.iov_len);
        at = end;
    }
    return r == 0 ? node_flush(image) : r;
}

/* Requests wait meanwhile. After a failure the layer stays as it was. */
static int snapshot_commit(struct block *b)
{
    struct snapshot *s = b->state;
    const struct block_driver *below = b->child->driver;
    g_rw_lock_writer_lock(&s->lock);
    int r = below->set_writable ? below->set_writable(b->child, true) : -ENOTSUP;
    if (r == 0) {
        r = copy_to_image(b);
        below->set_writable(b->child, false);
    }
    if (r == 0) {
        memset(s->present, 0, b->size / CLUSTER / 8 + 1);
        if (ftruncate(s->fd, 0)) {
            /* then the file keeps its space */
        }
    }
    g_rw_lock_writer_unlock(&s->lock);
    return r;
}

static void snapshot_close(struct block *b)
{
    struct snapshot *s = b->state;
    close(s->fd);
    free(s->present);
    g_rw_lock_clear(&s->lock);
    g_free(s);
}

/* Nothing here outlives the program, so there is nothing to flush. */
static const struct block_driver driver_snapshot = {
    .name = "snapshot",
    .read = snapshot_read,
    .write = snapshot_write,
    .status = snapshot_status,
    .close = snapshot_close,
    .commit = snapshot_commit,
};

static int open_temporary(GError **err)
{
    const char *dir = g_getenv("TMPDIR") ? g_getenv("TMPDIR") : "/var/tmp";
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) { /* not every file system has unnamed files */
        g_autofree char *name = g_strdup_printf("%s/mynah-XXXXXX", dir);
        fd = mkostemp(name, O_CLOEXEC);
        if (fd >= 0)
            unlink(name);
    }
    if (fd < 0)
        fail(err, "-snapshot: cannot make a temporary file in '%s': %s", dir, g_strerror(errno));
    return fd;
}

struct block *snapshot_open(struct block *child, const struct node_options *no, GError **err)
{
    struct node_options writable = *no;
    writable.read_only = false;
    int fd = open_temporary(err);
    struct block *b = fd < 0 ? NULL : block_node_new(&driver_snapshot, NULL, &writable, err);
    if (!b) {
        if (fd >= 0)
            close(fd);
        block_node_unref(child);
        return NULL;
    }
    struct snapshot *s = g_new0(struct snapshot, 1);
    s->fd = fd;
    s->present = calloc(child->size / CLUSTER / 8 + 1, 1);
    if (!s->present)
        g_error("-snapshot: no memory for the map of a drive of %" G_GUINT64_FORMAT " bytes", child->size);
    g_rw_lock_init(&s->lock);
    b->state = s;
    b->size = child->size;
    block_node_set_child(b, child);
    return b;
}
