/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What formats of images tell and do beyond reading and writing: creation, checks, snapshots. Private to block/, img/.
 */
#ifndef MYNAH_BLOCK_FORMAT_H
#define MYNAH_BLOCK_FORMAT_H

#include "node.h"

/* -- Checks -- */

enum check_fix { CHECK_FIX_LEAKS = 1, CHECK_FIX_ERRORS = 2 };

struct block_check {
    uint64_t corruptions, leaks, errors; /* that are there now; errors: of the check itself */
    uint64_t corruptions_fixed, leaks_fixed;
    uint64_t total_clusters, allocated, fragmented, compressed;
    uint64_t end_offset; /* where what is used of the file ends */
    GString *out;        /* a line for each finding, appended to; NULL: not wanted */
};

/* -- What an image is -- */

struct image_snapshot {
    char *id, *name;
    uint64_t vm_size;    /* bytes of machine state */
    uint64_t disk_size;
    uint32_t date_sec, date_nsec;
    uint64_t clock;      /* ns of virtual time */
    uint64_t icount;     /* UINT64_MAX: not known */
};

struct image_info {
    uint64_t cluster_size;  /* 0: the format has none */
    bool dirty, corrupt;
    bool has_specific;      /* the rest is qcow2's */
    const char *compat, *compression;
    bool lazy_refcounts, extended_l2;
    unsigned refcount_bits;
};

/* -- Internal snapshots: while no request is under way -- */

struct snapshot_ops {
    unsigned (*count)(struct block *b);
    const struct image_snapshot *(*get)(struct block *b, unsigned i);
    /* Keep the disk as it is now, with the s->vm_size bytes of machine state written before. s->id is made here. */
    int (*create)(struct block *b, const struct image_snapshot *s, GError **err);
    /* Make the disk that of a snapshot. */
    int (*load)(struct block *b, unsigned i, GError **err);
    int (*remove)(struct block *b, unsigned i, GError **err);
    /* Machine state, from its beginning: what the next create() keeps; that of snapshot i. */
    int (*write_state)(struct block *b, uint64_t offset, const void *buf, size_t len);
    int (*read_state)(struct block *b, unsigned i, uint64_t offset, void *buf, size_t len);
    /* Have a read-only node show the disk of a snapshot, until it is closed. */
    int (*view)(struct block *b, unsigned i, GError **err);
};
/* The snapshot with this name, or else this id: its place, or -1. */
int snapshot_find(struct block *b, const char *name_or_id);

/* -- Creation -- */

struct block_create {
    uint64_t size;             /* bytes, a multiple of BLOCK_SECTOR */
    const char *backing_file, *backing_format; /* noted in the image, not looked at; NULL: none */
    uint64_t cluster_size;     /* 0: the format's usual one */
    unsigned version;          /* qcow2's: 2, 3; 0: 3 */
    unsigned refcount_bits;    /* 0: 16 */
    bool lazy_refcounts, extended_l2, zstd;
    uint64_t log_size, block_size; /* vhdx's; 0: 1 MiB; by the disk's size */
    bool fixed, not_present;       /* vhdx's: all blocks are there; those that are not are not said to be zero */
    enum { PREALLOC_OFF, PREALLOC_METADATA, PREALLOC_FALLOC, PREALLOC_FULL } prealloc;
};

/*
 * A new image by name: what was there is gone. 0 or -errno with a message.
 */
int image_create(const char *filename, const char *format, const struct block_create *c, GError **err);
/* A new image in an empty protocol node, c->prealloc left to be done. 0 or -errno with a message. */
int qcow2_create(struct block *file, const struct block_create *c, GError **err);
int vdi_create(struct block *file, const struct block_create *c, GError **err);
int vhdx_create(struct block *file, const struct block_create *c, GError **err);
int vmdk_create(struct block *file, const struct block_create *c, GError **err);
int vpc_create(struct block *file, const struct block_create *c, GError **err);
/* Give all clusters of a range a place of their own, without writing anything there. */
int qcow2_allocate(struct block *b, uint64_t offset, uint64_t len);

/*
 * Open an image by name with what lies behind it: format NULL: by its looks (*probed_raw, if not NULL, says whether
 * that
 * gave raw). backing: open its chain too. NULL with a message.
 */
struct block *image_open(const char *filename, const char *format, const struct node_options *no, const char *node,
                         bool backing, bool *probed_raw, GError **err);
/* The name of a backing file as it is to be opened: relative to the image that names it. To be freed. */
char *backing_path(const char *image, const char *backing);
/* Open the chain behind b, of which its image says the names. False with a message. */
bool open_backing(struct block *b, const struct node_options *no, GError **err);
/* The names of the formats that there are, NULL at the end. */
extern const char *const format_names[];
/* A format on child by its name (NULL with a message: not one of ours). Takes over child. */
struct block *format_open(const char *format, struct block *child, const char *node, const struct node_options *no,
                          bool probed, GError **err);

#endif
