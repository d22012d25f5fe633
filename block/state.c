/* SPDX-License-Identifier: BSD-2-Clause */
/* Disks as snapshots have them: the contents of each node that a device uses and can write, whatever lies below it. */
#include "node.h"

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

const struct snapshot_disks block_disks = {
    .next = disk_next,
    .name = disk_name,
    .size = disk_size,
    .hole = disk_hole,
    .read = disk_read,
    .write = disk_write,
    .flush = disk_flush,
};
