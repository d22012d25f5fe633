/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Disks as snapshots have them: the contents of each node that a device uses and can write, whatever lies below it; or
 * internal snapshots of their images.
 */
#include "format.h"

#include <fcntl.h>
#include <unistd.h>

#include "snapshot.h"

static void *disk_next(void *disk)
{
    bool found = !disk;

    for (guint i = 0; block_nodes && i < block_nodes->len; i++) {
        struct block *b = g_ptr_array_index(block_nodes, i);
        if (found && b->user && !b->read_only)
            return b;
        found |= b == disk;
    }
    return NULL;
}

static const char *disk_name(void *disk)
{
    return block_name(disk);
}

static uint64_t disk_size(void *disk)
{
    return block_size(disk);
}

static uint64_t disk_hole(void *disk, uint64_t offset)
{
    return block_hole(disk, offset);
}

static int disk_read(void *disk, uint64_t offset, void *buf, size_t len)
{
    return block_read_sync(disk, offset, buf, len);
}

static int disk_write(void *disk, uint64_t offset, const void *buf, size_t len)
{
    return block_write_sync(disk, offset, buf, len);
}

static int disk_flush(void *disk)
{
    return block_flush_sync(disk);
}

/* -- Internal snapshots -- */

#define STATE_CHUNK (1 * MiB) /* of the machine's state, copied at once */

static bool can_hold(GError **err)
{
    struct block *b = NULL;
    bool any = false;

    while ((b = disk_next(b))) {
        if (!b->driver->snapshots) {
            fail(err, "Device '%s' is writable but does not support snapshots", block_name(b));
            return false;
        }
        any = true;
    }
    return any;
}

/*
 * Copy a file to the state of b, or, where from is not -1, that of its snapshot `from` to a file. False with a message.
 */
static bool copy_state(struct block *b, const char *path, uint64_t bytes, int from, GError **err)
{
    const struct snapshot_ops *ops = b->driver->snapshots;
    bool in = from < 0;
    int fd = open(path, (in ? O_RDONLY : O_WRONLY | O_TRUNC) | O_CLOEXEC), r = fd < 0 ? -errno : 0;
    g_autofree uint8_t *buf = g_malloc(STATE_CHUNK);

    for (uint64_t at = 0; at < bytes && r == 0;) {
        size_t n = MIN(bytes - at, STATE_CHUNK);
        if (in) {
            ssize_t got = pread(fd, buf, n, at);
            n = MAX(got, 0);
            r = got <= 0 ? (got < 0 ? -errno : -EIO) : ops->write_state(b, at, buf, n);
        } else {
            r = ops->read_state(b, from, at, buf, n);
            if (r == 0 && pwrite(fd, buf, n, at) != (ssize_t)n)
                r = errno ? -errno : -EIO;
        }
        at += n;
    }
    if (fd >= 0)
        close(fd);
    if (r < 0)
        fail(err, "drive '%s': the machine's state cannot be %s: %s", block_name(b), in ? "written" : "read",
             g_strerror(-r));
    return r == 0;
}

static bool remove_tag(const char *tag, GError **err)
{
    struct block *b = NULL;
    int i;

    while ((b = disk_next(b)))
        while ((i = snapshot_find(b, tag)) >= 0)
            if (b->driver->snapshots->remove(b, i, err) < 0)
                return false;
    return true;
}

static bool keep(const struct snapshot_info *info, const char *path, GError **err)
{
    struct block *b = NULL, *first = disk_next(NULL);
    struct image_snapshot s = { .name = info->tag, .vm_size = info->bytes, .date_sec = info->date,
                                .clock = MAX(info->clock, 0), .icount = info->icount ? info->icount : UINT64_MAX };

    block_drain_all();
    if (!remove_tag(info->tag, err) || !copy_state(first, path, info->bytes, -1, err))
        return false;
    while ((b = disk_next(b))) {
        if (b->driver->snapshots->create(b, &s, err) < 0) {
            remove_tag(info->tag, NULL); /* of the disks before */
            return false;
        }
        s.vm_size = 0;
    }
    return true;
}

/* The disk with the machine's state of a tag, and its place there; NULL. */
static struct block *with_state(const char *tag, int *i)
{
    struct block *b = NULL;

    while ((b = disk_next(b)))
        if ((*i = snapshot_find(b, tag)) >= 0 && b->driver->snapshots->get(b, *i)->vm_size > 0)
            return b;
    return NULL;
}

static bool exists(const char *tag)
{
    int i;

    return with_state(tag, &i) != NULL;
}

static bool fetch(const char *tag, const char *path, GError **err)
{
    int i;
    struct block *b = with_state(tag, &i), *other = NULL;

    if (!b) {
        fail(err, "snapshot '%s' does not exist", tag);
        return false;
    }
    while ((other = disk_next(other)))
        if (snapshot_find(other, tag) < 0) {
            fail(err, "drive '%s' has no snapshot '%s'", block_name(other), tag);
            return false;
        }
    block_drain_all();
    return copy_state(b, path, b->driver->snapshots->get(b, i)->vm_size, i, err);
}

static bool restore(const char *tag, GError **err)
{
    struct block *b = NULL;

    block_drain_all();
    while ((b = disk_next(b)))
        if (b->driver->snapshots->load(b, snapshot_find(b, tag), err) < 0)
            return false;
    return true;
}

static void each_tag(void (*fn)(const struct snapshot_info *info, void *opaque), void *opaque)
{
    struct block *b = disk_next(NULL);

    for (unsigned i = 0; b && i < b->driver->snapshots->count(b); i++) {
        const struct image_snapshot *s = b->driver->snapshots->get(b, i);
        struct snapshot_info info = { .tag = s->name, .date = s->date_sec, .clock = s->clock, .bytes = s->vm_size,
                                      .icount = s->icount == UINT64_MAX ? 0 : s->icount, .disks = true };
        fn(&info, opaque);
    }
}

const struct snapshot_disks block_disks = {
    .next = disk_next,
    .name = disk_name,
    .size = disk_size,
    .hole = disk_hole,
    .read = disk_read,
    .write = disk_write,
    .flush = disk_flush,
    .can_hold = can_hold,
    .keep = keep,
    .fetch = fetch,
    .restore = restore,
    .remove = remove_tag,
    .exists = exists,
    .foreach = each_tag,
};
