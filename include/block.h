/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Block devices' host end: a graph of named nodes (-blockdev, -drive) that reads and writes images,
 * asynchronously on worker threads or at once. Offsets and lengths are in bytes.
 */
#ifndef MYNAH_BLOCK_H
#define MYNAH_BLOCK_H

#include <glib.h>
#include <sys/uio.h>

#include "types.h"

struct block;
struct drive_default;
struct machine;
struct opts;
struct prop_object;
struct snapshot_disks;

/* What block_size() is a multiple of, and a guest's smallest transfer. */
#define BLOCK_SECTOR 512

/* -drive if=. */
enum block_if { BLOCK_IF_NONE, BLOCK_IF_VIRTIO, BLOCK_IF_PFLASH, BLOCK_IF_SD, BLOCK_IF_MTD, BLOCK_IF_IDE, BLOCK_IF_SCSI,
                BLOCK_IF_FLOPPY, BLOCK_IF_COUNT };

/* -- Command line and monitor; main loop only -- */

/* -snapshot: drives added from now on write to a temporary file that is gone at exit. */
void block_set_snapshot(bool on);
/* -drive; takes all keys of o or fails. default_if is what a drive without if= gets. */
bool block_add_drive(struct opts *o, enum block_if default_if, GError **err);
/* -blockdev; takes all keys of o or fails. */
bool block_add_blockdev(struct opts *o, GError **err);
/* blockdev-del: forget a node of -blockdev that nothing uses. False with a message. */
bool block_remove_blockdev(const char *node, GError **err);
/* Create the device of every drive whose interface means one: the board's rows, defaults.h. After machine_new(). */
bool block_make_devices(struct machine *m, const struct drive_default *rows, GError **err);
/* False naming a drive that asked for a device (if= other than none) and got none. After all devices are made. */
bool block_check_unused(const struct drive_default *rows, GError **err);
/* What the images of all drives and nodes are, for a recording: lines for replay_begin(). */
void block_identify(GString *out);
/* Text of "info block", of one drive or node or (NULL) of all; verbose adds sizes and the graph below. */
void block_info(GString *out, bool verbose, const struct block *only);
/*
 * Write what a drive with snapshot=on has collected to its image; id "all": of every such drive. False with a message.
 */
bool block_commit(const char *id, GError **err);
/* Wait until no request of any node is under way (callbacks may still be running). */
void block_drain_all(void);
/* Drain, flush and close everything. At exit. */
void block_close_all(void);

/* A guest's request that failed, for those who watch; strings live as long as the call. */
struct block_error {
    const char *device, *node;
    enum { BLOCK_ERROR_REPORT, BLOCK_ERROR_IGNORE, BLOCK_ERROR_STOP } action; /* what is done, by rerror=, werror= */
    bool write;
    int error; /* a positive errno */
};
/* fn is called for each on the main loop; for BLOCK_ERROR_STOP it is to stop the machine. Before devices run. */
void block_on_error(void (*fn)(const struct block_error *e));
/* The machine goes on: requests that stopped it are tried again. Main loop. */
void block_retry(void);

/* -- Devices -- */

/* The node a device property names: a drive's id or a node name; NULL if there is none. */
struct block *block_find(const char *name);
extern const struct prop_object block_prop;
/* The drive of an interface with index (-drive index=, or unit=), NULL if there is none. */
struct block *block_drive(enum block_if type, unsigned index);
/*
 * Become the user of a node; user (copied) is what "info block" shows. False if another uses it, or if
 * it is read-only and need_write. Undone by block_release().
 */
bool block_claim(struct block *b, const char *user, bool need_write, GError **err);
void block_release(struct block *b);

/* True if name is the node's or its file's. */
bool block_is_named(const struct block *b, const char *name);
/* Drive id or node name, for messages. */
const char *block_name(const struct block *b);
uint64_t block_size(const struct block *b);
bool block_read_only(const struct block *b);
/* Cache mode asked for: false: each write must be followed by a flush (cache=writethrough, directsync). */
bool block_write_cache(const struct block *b);

/*
 * A finished request: 0 or -errno. Always runs without any lock: on a worker thread, possibly before the call that
 * started the request returns, or, for a node that is claimed, where inputs are taken under -icount (input.h).
 */
typedef void block_done(void *opaque, int ret);

enum block_flags {
    BLOCK_FUA = 1,       /* write: on stable storage when done */
    BLOCK_MAY_UNMAP = 2, /* write zeroes: the space may be given back */
};

/*
 * Start a request. The range must lie within block_size(), else done is told -EINVAL; a write to a read-only node gives
 * -EACCES. iov and what it points to stay valid until done. The caller may hold locks that done takes.
 * Requests under way at the same time finish in any order.
 */
void block_read(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, block_done *done,
                void *opaque);
void block_write(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, unsigned flags,
                 block_done *done, void *opaque);
/* All writes done before are on stable storage. */
void block_flush(struct block *b, block_done *done, void *opaque);
/* The contents of the range no longer matter (a hint). */
void block_discard(struct block *b, uint64_t offset, uint64_t len, block_done *done, void *opaque);
void block_write_zeroes(struct block *b, uint64_t offset, uint64_t len, unsigned flags, block_done *done, void *opaque);

/* The same at once, on the caller's thread: 0 or -errno. */
int block_read_sync(struct block *b, uint64_t offset, void *buf, size_t len);
int block_write_sync(struct block *b, uint64_t offset, const void *buf, size_t len);
int block_flush_sync(struct block *b);

/* Bytes from offset on that are known to read as zero without looking at them; 0: not known. */
uint64_t block_hole(struct block *b, uint64_t offset);

/* The disks of a snapshot: snapshot.h. */
extern const struct snapshot_disks block_disks;

/*
 * Wait until none of b's requests touches the file or memory any more. Callbacks may still be on their way, so the
 * caller may hold locks that they take; it tells old callbacks from new ones by itself.
 */
void block_drain(struct block *b);

#endif
