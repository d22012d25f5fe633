/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * qcow2 images, versions 2 and 3 (docs/interop/qcow2 of QEMU is the manual). Private to block/qcow2-*.c.
 *
 * What is on the disk after a crash. Tables are changed in memory, in slices of clusters, and written by qcow2_commit()
 * in this order, with a flush between:
 *   1. data that was written to new clusters, refcounts that went up; blocks of refcounts before the table that has
 * them;
 *   2. entries of L2 and L1 tables;
 *   3. refcounts that went down, which is only noted here, so that they belong to the next commit.
 * So a cluster that an entry on the disk names is never free there, whatever part of 1 to 3 was lost, and holds what
 * was
 * written to it. What can be left is a cluster that nobody names. With lazy refcounts 1 has no refcounts, and the image
 * is
 * marked as dirty instead, so that they are counted anew when it is opened.
 *
 * Locks. commit_lock, then lock; both are taken on workers, before those of nodes below. lock is held for look-ups and
 * changes in memory, and dropped while data are read and written. Meanwhile
 *  - a range of clusters that gets new places is in `allocating`, and other writes to it wait;
 *  - a cluster that is given up can still be read by one who looked it up before: it becomes free when all requests
 * that
 *    began before have ended (`epoch`).
 */
#ifndef MYNAH_BLOCK_QCOW2_H
#define MYNAH_BLOCK_QCOW2_H

#include <inttypes.h>
#include <string.h>

#include "format.h"

/* -- The image -- */

#define QCOW2_MAGIC 0x514649fb
#define QCOW2_COPIED (UINT64_C(1) << 63)
#define QCOW2_COMPRESSED (UINT64_C(1) << 62)
#define QCOW2_ZERO UINT64_C(1)
#define QCOW2_OFFSET UINT64_C(0x00fffffffffffe00)  /* of L1 and L2 entries */
#define QCOW2_RT_OFFSET UINT64_C(0xfffffffffffffe00) /* of the refcount table's */

enum { QCOW2_INCOMPAT_DIRTY = 1, QCOW2_INCOMPAT_CORRUPT = 2, QCOW2_INCOMPAT_DATA_FILE = 4,
       QCOW2_INCOMPAT_COMPRESSION = 8,
       QCOW2_INCOMPAT_EXT_L2 = 16 };
enum { QCOW2_COMPAT_LAZY = 1 };
enum { QCOW2_AUTOCLEAR_BITMAPS = 1, QCOW2_AUTOCLEAR_RAW_DATA = 2 };
enum { QCOW2_EXT_END = 0, QCOW2_EXT_BACKING = 0xe2792aca, QCOW2_EXT_FEATURES = 0x6803f857,
       QCOW2_EXT_BITMAPS = 0x23852875,
       QCOW2_EXT_CRYPTO = 0x0537be77, QCOW2_EXT_DATA_FILE = 0x44415441 };

/* Offsets in the header, which is big-endian. */
enum {
    H_MAGIC = 0, H_VERSION = 4, H_BACKING_OFFSET = 8, H_BACKING_SIZE = 16, H_CLUSTER_BITS = 20,
    H_SIZE = 24, H_CRYPT = 32, H_L1_SIZE = 36, H_L1_OFFSET = 40, H_RT_OFFSET = 48, H_RT_CLUSTERS = 56, H_SNAPSHOTS = 60,
    H_SNAPSHOTS_OFFSET = 64,
    H_V2_LENGTH = 72, H_INCOMPAT = 72, H_COMPAT = 80, H_AUTOCLEAR = 88, H_REFCOUNT_ORDER = 96, H_LENGTH = 100,
    H_COMPRESSION = 104, H_V3_LENGTH = 112,
};

/* Bounds that QEMU has too. */
#define QCOW2_MAX_L1 (32 * MiB)       /* bytes of an L1 table */
#define QCOW2_MAX_RT (8 * MiB)        /* bytes of the refcount table */
#define QCOW2_MAX_SNAPSHOTS 65536
#define QCOW2_MAX_SNAPSHOT_TABLE (64 * MiB)
#define QCOW2_MAX_BACKING 1023

static inline uint16_t get16(const void *p) { uint16_t v; memcpy(&v, p, 2); return GUINT16_FROM_BE(v); }
static inline uint32_t get32(const void *p) { uint32_t v; memcpy(&v, p, 4); return GUINT32_FROM_BE(v); }
static inline uint64_t get64(const void *p) { uint64_t v; memcpy(&v, p, 8); return GUINT64_FROM_BE(v); }
static inline void put16(void *p, uint16_t v) { v = GUINT16_TO_BE(v); memcpy(p, &v, 2); }
static inline void put32(void *p, uint32_t v) { v = GUINT32_TO_BE(v); memcpy(p, &v, 4); }
static inline void put64(void *p, uint64_t v) { v = GUINT64_TO_BE(v); memcpy(p, &v, 8); }

/* Entry i of a block of refcounts of 1 << order bits. */
uint64_t refcount_get(const uint8_t *block, unsigned order, uint64_t i);
void refcount_set(uint8_t *block, unsigned order, uint64_t i, uint64_t value);

/* -- Slices of tables -- */

/* Part of a table in memory, as it is on the disk. */
struct slice {
    uint64_t offset;
    uint8_t *data;
    bool dirty;
    bool writing; /* a commit writes a copy of it: not to be forgotten */
    GList link;   /* in the cache's list by use */
};

struct slice_cache {
    GHashTable *by_offset; /* of struct slice */
    GQueue by_use;         /* the last used first */
    unsigned max, dirty;
};

/* -- The node -- */

struct qcow2_snapshot {
    struct image_snapshot s;
    uint64_t l1_offset;
    uint32_t l1_size;
    uint8_t *extra; /* beyond what we know, kept */
    uint32_t extra_len;
};

/* A range of clusters that gets new places. */
struct allocating {
    uint64_t start, end;
    struct allocating *next;
};

/* Clusters given up, from offset on. */
struct given_up {
    uint64_t offset, clusters;
    bool discard; /* the file's space too */
};

struct qcow2 {
    struct block *b, *file;
    unsigned version, cluster_bits, l2_bits, refcount_order, header_length;
    uint64_t cluster_size;
    bool extended; /* L2 entries of 16 bytes: 32 subclusters a cluster */
    unsigned sub_bits; /* log2 of a subcluster's size; a cluster's without */
    unsigned slice_size;
    uint64_t incompat, compat, autoclear;
    bool zstd;
    bool inspect;
    bool bitmaps; uint64_t bitmap_dir_offset, bitmap_dir_size; unsigned bitmap_count;

    GMutex commit_lock, lock;
    /* Under lock. */
    uint64_t *l1;          /* host order */
    uint32_t l1_size;
    uint64_t l1_offset;
    uint8_t *l1_dirty;     /* a byte each L1_PART entries */
    bool any_l1_dirty;
    uint64_t *rt;
    uint64_t rt_size;      /* entries */
    uint64_t rt_offset;
    uint8_t *rt_dirty;
    bool any_rt_dirty;
    struct slice_cache l2, refs;
    GHashTable *meta;      /* numbers of the clusters with tables: data must not be written there */
    uint64_t free_hint;    /* no cluster before this one is free */
    uint64_t fresh;        /* byte offset: nothing of the file from here on was ever written */
    uint64_t packing;      /* byte offset: where the next compressed cluster goes, 0: to a new one */
    struct allocating *allocating;
    GCond allocated;
    unsigned epoch;        /* parity of requests that begin now */
    unsigned active[2];
    GArray *given_up;      /* of struct given_up: since the last commit began */
    GArray *freed[2];      /* the same, of which no entry on the disk knows: since the epoch turned, and before that */
    bool failed;           /* found to be corrupt while it was used: nothing goes any more */
    bool marked_dirty;     /* on the disk */

    struct qcow2_snapshot *snapshots;
    unsigned nb_snapshots;
    uint64_t snapshots_offset, snapshots_bytes;

    GMutex inflate_lock;   /* last of all: the last cluster that was decompressed */
    uint64_t inflated_entry;
    uint8_t *inflated;
};
#define L1_PART 64 /* entries of L1 and refcount table written at once: a sector */

/* Clusters that bytes take. */
static inline uint64_t qcow2_clusters(const struct qcow2 *q, uint64_t bytes)
{
    return (bytes >> q->cluster_bits) + !!(bytes & (q->cluster_size - 1));
}
static inline uint64_t qcow2_in_cluster(const struct qcow2 *q, uint64_t offset)
{
    return offset & (q->cluster_size - 1);
}
static inline unsigned qcow2_entry_size(const struct qcow2 *q)
{
    return q->extended ? 16 : 8;
}
/* Bytes of the disk that an L2 table maps. */
static inline unsigned qcow2_l1_shift(const struct qcow2 *q)
{
    return q->cluster_bits + q->l2_bits;
}

/* -- qcow2-cache.c: lock is held for these, but where they say else -- */

/* A slice, for the holder of the lock until it drops it or calls qcow2_trim(). NULL with *ret -errno. */
struct slice *qcow2_slice(struct qcow2 *q, struct slice_cache *c, uint64_t offset, int *ret);
void qcow2_slice_dirty(struct qcow2 *q, struct slice_cache *c, struct slice *s);
/* Forget the slices of a cluster. */
void qcow2_slice_drop(struct qcow2 *q, uint64_t cluster_offset);
void qcow2_cache_init(struct qcow2 *q);
void qcow2_cache_fini(struct qcow2 *q);
/* Forget everything that is not dirty; after a change of tables behind the caches. */
void qcow2_cache_clear(struct qcow2 *q);
/* Keep the caches within their bounds. True if they are too full of what has to be written: the caller is to commit. */
bool qcow2_trim(struct qcow2 *q);
/* Write what is dirty, in order, with a flush at the end. Neither lock is held. */
int qcow2_commit(struct qcow2 *q);
/* The same, with commit_lock held. */
int qcow2_commit_locked(struct qcow2 *q);
/* Note that an entry of L1 or of the refcount table was changed. */
void qcow2_l1_changed(struct qcow2 *q, uint64_t i);
void qcow2_rt_changed(struct qcow2 *q, uint64_t i);
/* The image is found to be corrupt: say so once, mark it, and return -EIO. */
int qcow2_corrupt(struct qcow2 *q, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* -- qcow2-refs.c: lock is held -- */

/* Refcount of a cluster by its number; -errno. */
int qcow2_refcount(struct qcow2 *q, uint64_t cluster, uint64_t *value);
/* Add to it (delta 1 or -1). What becomes 0 is free at once. */
int qcow2_refcount_add(struct qcow2 *q, uint64_t cluster, int delta);
/*
 * Up to *n contiguous free clusters, with refcount 1 then: *n and *offset are what there is. -EAGAIN: the refcount
 * table
 * is to grow first (qcow2_grow_table()), where room is not only free but unknown.
 */
int qcow2_alloc(struct qcow2 *q, uint64_t *n, uint64_t *offset);
/* The same for exactly n, growing the table by itself; commit_lock is held too. */
int qcow2_alloc_all(struct qcow2 *q, uint64_t n, uint64_t *offset);
/* Take commit_lock and lock (neither is held) and let the table grow, if it still has `seen` entries. */
int qcow2_grow_table(struct qcow2 *q, uint64_t seen);
/* What was allocated is not needed after all, and nobody has seen it. */
void qcow2_unalloc(struct qcow2 *q, uint64_t offset, uint64_t n);
/* Clusters that no entry names any more: free after the next commit, when nobody reads them any more. */
void qcow2_give_up(struct qcow2 *q, uint64_t offset, uint64_t clusters, bool discard);
/* What an L2 entry names. */
void qcow2_give_up_entry(struct qcow2 *q, uint64_t entry, bool discard);
/* Of a commit, at its end: what was given up before it and nobody reads is free. */
void qcow2_free_given_up(struct qcow2 *q);
/* The host's range of a compressed cluster's entry. */
void qcow2_compressed_range(const struct qcow2 *q, uint64_t entry, uint64_t *offset, uint64_t *len);
/* True if a range of the file overlaps a table, for which qcow2_corrupt() was called. */
bool qcow2_overlaps(struct qcow2 *q, uint64_t offset, uint64_t len);
/* Mark as dirty on the disk, if refcounts are lazy, before the first change. */
int qcow2_before_change(struct qcow2 *q);

/* -- qcow2-map.c: lock is held -- */

/* What a range of the disk is made of. */
enum map_type { MAP_NONE, MAP_ZERO, MAP_DATA, MAP_COMPRESSED };
struct map {
    enum map_type type;   /* of the subcluster */
    uint64_t host;        /* of the byte asked for; 0 if there is none. MAP_COMPRESSED: the entry */
    bool host_there;      /* the cluster has a place, whatever its type */
    bool copied;          /* which is nobody else's */
    uint64_t entry, bits; /* bits: of subclusters, 0 without */
};
/* Of one byte. */
int qcow2_map(struct qcow2 *q, uint64_t offset, struct map *m);
/* Of a run of at most *len bytes which begins there and is alike (MAP_DATA: contiguous); *len is its length then. */
int qcow2_map_run(struct qcow2 *q, uint64_t offset, uint64_t *len, struct map *m);
/*
 * Set the entry of a cluster, whose table is made, or made the disk's own, if it has to. What it named before is not
 * touched. -EAGAIN as qcow2_alloc().
 */
int qcow2_set_entry(struct qcow2 *q, uint64_t offset, uint64_t entry, uint64_t bits);
/* Have the table that qcow2_set_entry() will want. */
int qcow2_need_table(struct qcow2 *q, uint64_t offset);
/*
 * Call fn for each entry of a table at table; it may change *entry and *bits. Stops at what is not 0, and returns it.
 */
typedef int qcow2_entry_fn(struct qcow2 *q, void *opaque, uint64_t index, uint64_t *entry, uint64_t *bits);
int qcow2_each_entry(struct qcow2 *q, uint64_t table, qcow2_entry_fn *fn, void *opaque);

/* -- qcow2-io.c: neither lock is held -- */

/* Also of what lies beyond the disk's end, where machine state is. */
int qcow2_read_at(struct qcow2 *q, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len);
int qcow2_write_at(struct qcow2 *q, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len);
int qcow2_zero_at(struct qcow2 *q, uint64_t offset, uint64_t len, bool unmap);
/* Give up whole clusters; as if they had never been written where full, else they read as zeroes. */
int qcow2_discard_at(struct qcow2 *q, uint64_t offset, uint64_t len, bool full);
int qcow2_copy_up(struct block *b, uint64_t offset, uint64_t len);
int qcow2_write_compressed(struct block *b, uint64_t offset, const void *buf, size_t len);
int qcow2_status(struct block *b, uint64_t offset, uint64_t len, struct extent *e);

/* -- qcow2-compress.c -- */

/* Compress a cluster: bytes in out (of the cluster's size), or -ENOTSUP if it gets no smaller. */
ssize_t qcow2_deflate(const struct qcow2 *q, uint8_t *out, const uint8_t *in);
int qcow2_inflate(const struct qcow2 *q, uint8_t *out, const uint8_t *in, size_t len);

/* -- qcow2-snapshot.c -- */

extern const struct snapshot_ops qcow2_snapshot_ops;
int qcow2_read_snapshots(struct qcow2 *q, uint32_t count, GError **err);
void qcow2_free_snapshots(struct qcow2 *q);
/* Read an L1 table of a snapshot (host order, l1_size entries, to be freed). NULL with *ret. */
uint64_t *qcow2_read_l1(struct qcow2 *q, uint64_t offset, uint32_t size, int *ret);
/* Set QCOW2_COPIED in the active tables where a refcount is 1, and only there. Both locks are held. */
int qcow2_update_copied(struct qcow2 *q);

/* -- qcow2-check.c, qcow2-resize.c, qcow2.c -- */

/*
 * Write extensions and the backing name (NULL: none) from `at` on into the first cluster, of room bytes. False: no
 * room.
 */
bool qcow2_put_extensions(uint8_t *h, size_t at, size_t room, bool features_too, const char *backing,
                          const char *format);

int qcow2_check(struct block *b, struct block_check *c, unsigned fix, GError **err);
int qcow2_resize(struct block *b, uint64_t size, GError **err);
/* Make the L1 table have `size` entries, at least as many as now, in a new place. Neither lock is held. */
int qcow2_grow_l1(struct qcow2 *q, uint64_t size);
int qcow2_set_backing(struct block *b, const char *file, const char *format, GError **err);
/* Write part of the header from the node's fields, with a flush before and after. */
int qcow2_write_features(struct qcow2 *q);
int qcow2_write_l1_place(struct qcow2 *q, uint64_t offset, uint32_t size);
/* Build meta anew. */
int qcow2_find_meta(struct qcow2 *q);

#endif
