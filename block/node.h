/* SPDX-License-Identifier: BSD-2-Clause */
/* A node of the block graph, and what a driver of one provides. Private to this folder. */
#ifndef MYNAH_BLOCK_NODE_H
#define MYNAH_BLOCK_NODE_H

#include <errno.h>

#include "block.h"
#include "block-medium.h"
#include "input.h"
#include "opts.h"

/*
 * The graph. A node is one of
 *  - a protocol (file): bytes of the host;
 *  - a format (raw, qcow2): the disk that the bytes of its child mean. What its image does not have, it reads from its
 *    backing node, if it has one; that may be shorter, and is never written but by a commit;
 *  - a filter (snapshot): the disk of its child, changed on the way.
 * Requests enter at a node with a user (block.c: recorded, gated, given to a worker) and go down by calls on that
 * worker's thread. So a node below has no requests of its own: who has drained the top has drained all of it.
 */

/* What is known of a range of bytes, without reading it. */
enum extent_flags {
    EXTENT_ALLOCATED = 1,  /* the contents are this node's, not its backing node's */
    EXTENT_DATA = 2,       /* there is something to be read */
    EXTENT_ZERO = 4,       /* it reads as zeroes */
    EXTENT_HOST = 8,       /* the bytes lie as they are in the file at the bottom, from host on */
    EXTENT_COMPRESSED = 16,
};
struct extent {
    unsigned flags;
    uint64_t len, host;
};

/* What check finds, and what "info" tells, are the formats' affair: format.h. */
struct block_check;
struct throttle;
struct block_create;
struct image_info;

/*
 * A driver's operations run on worker threads, several at a time. They return 0 or -errno; ranges
 * have been checked against the node's size. Reads and writes are of the whole iov, len bytes. What is NULL in a
 * driver is not supported unless it says something else.
 */
struct block_driver {
    const char *name;
    /* A protocol: ranges beyond the size are no error, a write makes it larger. */
    bool protocol;
    int (*read)(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len);
    int (*write)(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len);
    /*
     * The descriptor of the file to or from which the whole transfer may go at once, by the kernel, and in *offset where:
     * aio=io_uring. -1: by read or write. NULL: never.
     */
    int (*transfer)(struct block *b, bool write, uint64_t *offset, const struct iovec *iov, unsigned niov, size_t len);
    int (*flush)(struct block *b);                                                 /* NULL: nothing to flush */
    int (*discard)(struct block *b, uint64_t offset, uint64_t len);                /* NULL: ignored */
    int (*write_zeroes)(struct block *b, uint64_t offset, uint64_t len, bool unmap); /* NULL: zeroes are written */
    /*
     * The largest range from offset on, of at most len bytes and at least 1, of which the same is known. NULL: all of
     * it is allocated data.
     */
    int (*status)(struct block *b, uint64_t offset, uint64_t len, struct extent *e);
    void (*close)(struct block *b); /* write what is not written, free state; children are closed by the caller */
    /*
     * These run while no request is under way and none begins. resize: to size bytes, a multiple of BLOCK_SECTOR; what
     * is new reads as zeroes.
     */
    int (*resize)(struct block *b, uint64_t size, GError **err);
    /* Look for what is wrong; fix: CHECK_FIX_*. -errno if it can't be looked at. */
    int (*check)(struct block *b, struct block_check *c, unsigned fix, GError **err);
    void (*info)(struct block *b, struct image_info *i);
    /* Note another backing file in the image; NULL: none. Does not change b->backing. */
    int (*set_backing)(struct block *b, const char *file, const char *format, GError **err);
    /*
     * One cluster, whole but at the disk's end, of a new image. -ENOTSUP: it can't be made smaller, write it plainly.
     */
    int (*write_compressed)(struct block *b, uint64_t offset, const void *buf, size_t len);
    /* Make allocated ranges backing's again: the layer is empty afterwards. */
    int (*make_empty)(struct block *b);
    /* Have the image allocate what it would read from its backing node in this range. NULL: it has none. */
    int (*copy_up)(struct block *b, uint64_t offset, uint64_t len);
    const struct snapshot_ops *snapshots; /* internal ones: format.h */
    /* Make a node that was opened read-only writable for a while, and read-only again. NULL: it can't be. */
    int (*set_writable)(struct block *b, bool on);
    /* The driver's state is b's now, and was another node's. NULL: it does not know its node. */
    void (*moved)(struct block *b);
    /* Write what a temporary layer holds to the node below, and begin it anew. NULL: it is none. */
    int (*commit)(struct block *b);
};

/* rerror=, werror=. */
enum on_error { ON_ERROR_REPORT, ON_ERROR_ENOSPC, ON_ERROR_IGNORE, ON_ERROR_STOP };
/* detect-zeroes=. */
enum detect_zeroes { DETECT_OFF, DETECT_ON, DETECT_UNMAP };

struct block {
    const struct block_driver *driver;
    char *node;      /* node name: given, or "#blockN" */
    char *filename;  /* of the file at the bottom */
    void *state;     /* the driver's */
    struct block *child; /* the node below, set by block_node_set_child(); NULL at the bottom */
    struct block *backing; /* a format's: set by block_node_set_backing() */
    char *backing_file, *backing_format; /* as the image names them; NULL: it does not */
    unsigned refs;   /* its maker's (the graph's, for a named node; a drive's), and 1 a parent beyond that */
    unsigned parents; /* nodes that have it as child or as backing */
    uint64_t size;   /* bytes, a multiple of BLOCK_SECTOR */
    bool read_only;
    bool discard;    /* discard=unmap: pass discards down */
    bool write_cache;
    bool no_flush;   /* cache=unsafe */
    enum detect_zeroes detect_zeroes;
    bool copy_on_read; /* what is read from behind it is kept */
    enum on_error on_read_error, on_write_error;
    struct throttle *throttle; /* NULL: no limits. Under the pool's lock */
    GQueue parked;   /* of struct request: failed, to be tried again when the machine goes on; under the pool's lock */
    bool of_blockdev; /* -blockdev's or blockdev-add's: it is there until blockdev-del */
    char *user;      /* the device, NULL: free */
    const struct block_tray *tray; /* of a device whose medium can be changed; NULL: another, or none */
    void *tray_opaque;
    bool of_device;  /* made for the device, and goes with it */
    struct block *place; /* what b was before a medium was put in; the two exchange again when that is taken out */
    struct input_source input; /* while it is claimed: the ends of its requests */
    GQueue asked;    /* of struct request: gated, with their end not taken; under the pool's lock */
    struct block_job *job; /* changed while nothing is under way; NULL: none */
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
    enum detect_zeroes detect_zeroes;
    bool read_only, discard, write_cache, no_flush, direct;
    bool uring;   /* file: aio=io_uring */
    bool locking; /* file: lock the image against other programs */
    bool auto_read_only; /* file: open read-only if it cannot be written */
    /* to be looked at and repaired: without what a format does at the first write, and though it is broken */
    bool inspect;
    bool force_share; /* file: read what others write */
};

/* A new node in the graph, without driver state; node NULL: a generated name. NULL if the name is taken or wrong. */
struct block *block_node_new(const struct block_driver *driver, const char *node, const struct node_options *no,
                             GError **err);
/* Put child below b; the reference becomes b's. */
void block_node_set_child(struct block *b, struct block *child);
/* Put backing (NULL: nothing) behind b; the reference becomes b's, and the one to the former is dropped. */
void block_node_set_backing(struct block *b, struct block *backing);
/* Exchange what two nodes are; who uses them, and how, stays. Nothing is under way in either. */
void block_node_exchange(struct block *a, struct block *b);
/* Drop a reference; the last one closes the node and drops its child's. */
void block_node_unref(struct block *b);

/* A file or host block device. */
struct block *file_open(const char *filename, const char *node, const struct node_options *no, GError **err);
/* An export of an NBD server: is_nbd(name). */
struct block *nbd_open(const char *name, const char *node, const struct node_options *no, GError **err);
/* True for "nbd:..." and NBD's URIs. */
bool is_nbd(const char *name);
/* A folder of the host as a disk that can be read: is_vvfat(name), or the folder's name. */
struct block *vvfat_open(const char *name, const char *node, const struct node_options *no, GError **err);
/* True for "fat:...". */
bool is_vvfat(const char *name);
/* What a name means: one of these; "file:" before a file's name is dropped. */
struct block *protocol_open(const char *name, const char *node, const struct node_options *no, GError **err);
/*
 * The bytes [offset, offset + size) of child (size 0: to its end). Takes over the caller's reference to child, also on
 * failure.
 */
struct block *raw_open(struct block *child, const char *node, const struct node_options *no, uint64_t offset,
                       uint64_t size, bool probed, GError **err);
/* A temporary copy-on-write layer on child, which is never written. Takes over the reference, also on failure. */
struct block *snapshot_open(struct block *child, const struct node_options *no, GError **err);

/*
 * A qcow2 image in child, without its backing node. Takes over the reference, also on failure. no->inspect: one that is
 * marked as corrupt is opened too.
 */
struct block *qcow2_open(struct block *child, const char *node, const struct node_options *no, GError **err);

/* The same for these: blockmap.h. */
struct block *vdi_open(struct block *child, const char *node, const struct node_options *no, GError **err);
struct block *vhdx_open(struct block *child, const char *node, const struct node_options *no, GError **err);
struct block *vmdk_open(struct block *child, const char *node, const struct node_options *no, GError **err);
struct block *vpc_open(struct block *child, const char *node, const struct node_options *no, GError **err);

/* A drive without a medium: it has no bytes. */
struct block *empty_open(const struct node_options *no);
/* As block_claim(), also of a drive without a medium. */
bool block_claim_node(struct block *b, const char *user, GError **err);
/* Its device leaves a node. */
void medium_released(struct block *b);
/* What "info block" and query-block tell of it. */
struct block_drive_info drive_info(struct block *b);
/* Forget a drive, and drop its reference to its root. */
void drive_free(struct drive *d);

/* The name of the image format whose magic number buf begins with, or NULL: raw. */
const char *format_probe(const uint8_t *buf, size_t len);

/*
 * Operations on another node, from a driver's or from one who has drained it: 0 or -errno. Reads beyond the node's end
 * give zeroes; other ranges are not checked. node_zeroes() writes zeroes if the driver has no better way.
 */
int node_read(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len);
int node_write(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len);
int node_pread(struct block *b, uint64_t offset, void *buf, size_t len);
int node_pwrite(struct block *b, uint64_t offset, const void *buf, size_t len);
int node_flush(struct block *b);
int node_discard(struct block *b, uint64_t offset, uint64_t len);
int node_zeroes(struct block *b, uint64_t offset, uint64_t len, bool unmap);
/* status of the driver's; a range with len 0 is an error of the caller's. */
int node_status(struct block *b, uint64_t offset, uint64_t len, struct extent *e);
/*
 * The same through the backing nodes down to below (not included; NULL: all): *depth, if not NULL, is at which it lies.
 * What nobody allocates is EXTENT_ZERO if below is NULL, else has no flags.
 */
int chain_status(struct block *b, const struct block *below, uint64_t offset, uint64_t len, struct extent *e,
                 unsigned *depth);

/* Total length of an iov. */
size_t iov_length(const struct iovec *iov, unsigned niov);
/* The part of an iov from skip on of len bytes, in out, which has room for niov: how many of it are used. */
unsigned iov_part(struct iovec *out, const struct iovec *iov, unsigned niov, size_t skip, size_t len);
/* Fill the part of an iov from skip on of len bytes with zeroes. */
void iov_zero(const struct iovec *iov, unsigned niov, size_t skip, size_t len);
/* Copy all of an iov to or from a buffer of its length. */
void iov_gather(uint8_t *to, const struct iovec *iov, unsigned niov);
void iov_scatter(const struct iovec *iov, unsigned niov, const uint8_t *from);
/* True if all bytes are zero. */
bool iov_is_zero(const struct iovec *iov, unsigned niov);

#endif
