/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside a vhdx image: its headers and its log (vhdx-log.c), by which its tables are changed. Private to block/vhdx*.c
 * and tests.
 */
#ifndef MYNAH_BLOCK_VHDX_H
#define MYNAH_BLOCK_VHDX_H

#include "blockmap.h"

enum { VHDX_HEADER1 = 64 * KiB, VHDX_HEADER2 = 128 * KiB, VHDX_REGIONS = 192 * KiB, VHDX_REGIONS2 = 256 * KiB };
/* A header; all sums are at 4. */
enum { VHDX_H_SEQUENCE = 8, VHDX_H_FILE_GUID = 16, VHDX_H_DATA_GUID = 32, VHDX_H_LOG_GUID = 48, VHDX_H_LOG_VERSION = 64,
       VHDX_H_VERSION = 66, VHDX_H_LOG_BYTES = 68, VHDX_H_LOG = 72, VHDX_H_BYTES = 4096 };
#define VHDX_SECTOR 4096 /* the log's, and what it changes at once */
#define VHDX_ENTRY_MAX 126 /* sectors that one entry of the log changes: one sector has the descriptors of so many */

struct vhdx {
    struct block *file;
    uint8_t header[VHDX_H_BYTES]; /* the one that counts */
    unsigned current;             /* the place it is in: 0 or 1 */
    bool replayed;                /* there was something in the log */
    uint64_t log;                 /* bytes into the file */
    uint32_t log_bytes;

    GMutex log_lock; /* of what follows and the header; taken before that of the blockmap */
    int changed;     /* the headers say so; also read without the lock, as an atomic */
    bool log_open;   /* the headers say that there is something in the log */
    uint32_t log_next;
    uint64_t sequence; /* of the next entry */
    /*
     * Sectors of the file to be changed, and what they will have. Those of an entry which is in the log stay until they
     * are written in place.
     */
    unsigned sectors;
    uint64_t sector_at[VHDX_ENTRY_MAX];
    uint8_t (*sector)[VHDX_SECTOR]; /* NULL until needed */

    uint64_t bat, ratio;   /* of vhdx.c: where the BAT is; payload blocks for each entry of bitmaps in it */
    uint8_t *dirty;        /* by sector of the BAT: blocks have places that it doesn't say; under the blockmap's lock */
    uint64_t bat_sectors;
    uint64_t bad_entries;  /* that can't be understood */
    GArray *regions;       /* of struct vhdx_region, by offset */
};
struct vhdx_region { uint64_t at, bytes; };

/* CRC-32C. */
uint32_t vhdx_crc(const uint8_t *p, size_t n);
/* The same of what has its sum at 4, as if that were 0; and put it there. */
uint32_t vhdx_sum(uint8_t *p, size_t n);
void vhdx_seal(uint8_t *p, size_t n);
/* A new one, as it is in files. */
void vhdx_guid(uint8_t *guid);

/* The header that counts, and from it where the log is. False with a message. */
bool vhdx_read_header(struct vhdx *v, GError **err);
/* The log is where it may be, and all there. False with a message. */
bool vhdx_log_ok(const struct vhdx *v, GError **err);
/* v->header, with the next number, in both places, one after the other. */
int vhdx_write_header(struct vhdx *v);
/*
 * What is in the log is put in place; then it is empty. read_only: that is an error, and nothing is written. False
 * with a message.
 */
bool vhdx_replay(struct vhdx *v, bool read_only, GError **err);
/*
 * Change v->sectors in one step: a crash leaves all of them as they were or as they will be. What was written before is
 * flushed before. An error leaves them as they were, or in the log: then vhdx_log_settle() goes on.
 */
int vhdx_log_commit(struct vhdx *v);
/* Put in place what is in the log and is not yet there. */
int vhdx_log_settle(struct vhdx *v);
/* Nothing in the log is needed any more: the headers say so. */
int vhdx_log_close(struct vhdx *v);

#endif
