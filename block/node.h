/* SPDX-License-Identifier: BSD-2-Clause */
/* A node of the block graph, and what a driver of one provides. Private to this folder. */
#ifndef MYNAH_BLOCK_NODE_H
#define MYNAH_BLOCK_NODE_H

#include <errno.h>

#include "block.h"
#include "input.h"
#include "opts.h"

/*
 * A driver's operations run on worker threads, several at a time. They return 0 or -errno; ranges
 * have been checked against the node's size. Reads and writes are of the whole iov, len bytes.
 */
struct block_driver {
    const char *name;
    int (*read)(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len);
    int (*write)(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len);
    int (*flush)(struct block *b);
    int (*discard)(struct block *b, uint64_t offset, uint64_t len);                /* NULL: ignored */
    int (*write_zeroes)(struct block *b, uint64_t offset, uint64_t len, bool unmap); /* NULL: zeroes are written */
    uint64_t (*hole)(struct block *b, uint64_t offset); /* block_hole(); may go beyond the end. NULL: not known */
    void (*close)(struct block *b); /* free state; the child is closed by the caller */
    /* Make a node that was opened read-only writable for a while, and read-only again. NULL: it can't be. */
    int (*set_writable)(struct block *b, bool on);
    /* Write what a temporary layer holds to the node below, and begin it anew. NULL: it is none. */
    int (*commit)(struct block *b);
};

struct block {
    const struct block_driver *driver;
    char *node;      /* node name: given, or "#blockN" */
    char *filename;  /* of the file at the bottom */
    void *state;     /* the driver's */
    struct block *child; /* the node below, set by block_node_set_child(); NULL at the bottom */
    unsigned refs;   /* its maker's (the graph's, for a named node; a drive's), and 1 a parent beyond that */
    unsigned parents; /* nodes that have it as child */
    uint64_t size;   /* bytes, a multiple of BLOCK_SECTOR */
    bool read_only;
    bool discard;    /* discard=unmap: pass discards down */
    bool write_cache;
    bool no_flush;   /* cache=unsafe */
    char *user;      /* the device, NULL: free */
    struct input_source input; /* while it is claimed: the ends of its requests */
    GQueue asked;    /* of struct request: gated, with their end not taken; under the pool's lock */
    struct drive *drive; /* the drive whose root this is, or NULL */
    GCond idle;        /* inflight became 0; with the pool's lock */
    unsigned inflight; /* requests queued or being carried out; under the pool's lock */
};

/* -drive. */
struct drive {
    char *id;
    enum block_if type;
    unsigned index;
    struct block *root;
    bool device_made; /* an interface with a device: its device exists or was asked for */
    char *serial;
};

extern GPtrArray *block_nodes, *block_drives; /* of struct block *, struct drive *; may be NULL while empty */

/* What all drivers share of a node's options. */
struct node_options {
    bool read_only, discard, write_cache, no_flush, direct;
    bool locking; /* file: lock the image against other programs */
    bool auto_read_only; /* file: open read-only if it cannot be written */
};

/* A new node in the graph, without driver state; node NULL: a generated name. NULL if the name is taken or wrong. */
struct block *block_node_new(const struct block_driver *driver, const char *node, const struct node_options *no,
                             GError **err);
/* Put child below b; the reference becomes b's. */
void block_node_set_child(struct block *b, struct block *child);
/* Drop a reference; the last one closes the node and drops its child's. */
void block_node_unref(struct block *b);

/* A file or host block device. */
struct block *file_open(const char *filename, const char *node, const struct node_options *no, GError **err);
/*
 * The bytes [offset, offset + size) of child (size 0: to its end). Takes over the caller's reference to child, also on
 * failure.
 */
struct block *raw_open(struct block *child, const char *node, const struct node_options *no, uint64_t offset,
                       uint64_t size, bool probed, GError **err);
/* A temporary copy-on-write layer on child, which is never written. Takes over the reference, also on failure. */
struct block *snapshot_open(struct block *child, const struct node_options *no, GError **err);

/* The name of the image format whose magic number buf begins with, or NULL: raw. */
const char *format_probe(const uint8_t *buf, size_t len);

/* Operations on a child, from a driver's. */
static inline int child_read(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len)
{
    return b->child->driver->read(b->child, offset, iov, niov, len);
}

/* Total length of an iov. */
size_t iov_length(const struct iovec *iov, unsigned niov);

#endif
