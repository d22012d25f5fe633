/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What vdi, vpc, vmdk and vhdx have in common: a disk of blocks of one size, and a table that says where in the file
 * each
 * is. The table is in memory as a whole; it does not shrink, and blocks don't move. Private to block/.
 */
#ifndef MYNAH_BLOCK_BLOCKMAP_H
#define MYNAH_BLOCK_BLOCKMAP_H

#include <inttypes.h>
#include <string.h>

#include "format.h"

#define BLOCKMAP_NONE UINT64_MAX        /* it was never written: zeroes */
#define BLOCKMAP_COMPRESSED (UINT64_C(1) << 63)
#define BLOCKMAP_MAX (UINT64_C(1) << 24) /* entries: 128 MiB of memory */

struct blockmap {
    struct block *b, *file;
    uint64_t unit;     /* bytes of a block */
    uint64_t entries;
    uint64_t *hosts;   /* bytes into the file, or BLOCKMAP_NONE */
    uint64_t end;      /* where the next block goes */
    GMutex lock;       /* of hosts and end; taken by workers, before those of the file. Held while a block is placed */
    /*
     * Give a block, which is BLOCKMAP_NONE, a place at end, and write what says so; hosts[i] is set by the caller.
     * NULL:
     * the format is only read. Its contents are zeroes then. 0 or -errno.
     */
    int (*place)(struct blockmap *m, uint64_t i, uint64_t *host);
    /* Read a BLOCKMAP_COMPRESSED block, unit bytes. */
    int (*inflate)(struct blockmap *m, uint64_t host, uint8_t *out);
    /* Before a request changes anything in the file, on any worker. NULL: nothing is to be done. 0 or -errno. */
    int (*before_change)(struct blockmap *m);
    uint8_t *inflated; /* the last one, and which; under inflate_lock */
    uint64_t inflated_host;
    GMutex inflate_lock;
    uint64_t table, table2; /* of the format: where in the file it is, and a copy of it */
    unsigned header_bytes;
    uint8_t header[1024];   /* of the format, as it is in the file */
    uint32_t *grain_tables, *grain_tables2;
    struct vhdx *vhdx;
};

/*
 * A node of a format on child, whose name and open are these: open reads the header, and fills in b->size and all of m
 * but
 * file, b, lock. Takes over child, also on failure.
 */
struct block *blockmap_open(const struct block_driver *driver, struct block *child, const char *node,
                            const struct node_options *no, bool (*open)(struct blockmap *m, GError **err),
                                GError **err);
/* The table for so many blocks of unit bytes, all BLOCKMAP_NONE. False with a message if they are too many. */
bool blockmap_table(struct blockmap *m, uint64_t unit, uint64_t entries, GError **err);

/* A driver's operations. */
int blockmap_read(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len);
int blockmap_write(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len);
int blockmap_flush(struct block *b);
int blockmap_zeroes(struct block *b, uint64_t offset, uint64_t len, bool unmap);
int blockmap_status(struct block *b, uint64_t offset, uint64_t len, struct extent *e);
void blockmap_info(struct block *b, struct image_info *i);
void blockmap_close(struct block *b);
void blockmap_moved(struct block *b);
#define BLOCKMAP_DRIVER .read = blockmap_read, .write = blockmap_write, .flush = blockmap_flush, \
    .write_zeroes = blockmap_zeroes, .status = blockmap_status, .info = blockmap_info, .close = blockmap_close, \
    .moved = blockmap_moved

static inline uint32_t le32(const void *p) { uint32_t v; memcpy(&v, p, 4); return GUINT32_FROM_LE(v); }
static inline uint64_t le64(const void *p) { uint64_t v; memcpy(&v, p, 8); return GUINT64_FROM_LE(v); }
static inline void put_le32(void *p, uint32_t v) { v = GUINT32_TO_LE(v); memcpy(p, &v, 4); }
static inline void put_le64(void *p, uint64_t v) { v = GUINT64_TO_LE(v); memcpy(p, &v, 8); }

#endif
