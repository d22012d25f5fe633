/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Block jobs: copies of a disk, or into one, that are made while the guest uses it. Main loop only, but for the last
 * two functions.
 */
#ifndef MYNAH_BLOCK_JOB_H
#define MYNAH_BLOCK_JOB_H

#include <glib.h>

#include "types.h"

struct block;
struct block_job;

enum block_job_type {
    BLOCK_JOB_STREAM, /* what lies behind the disk's image, into it */
    BLOCK_JOB_COMMIT, /* what an image has, into what lies behind it, which takes its place: a disk's when told to */
    BLOCK_JOB_MIRROR, /* the disk into another image, which follows it and takes its place when told to */
    BLOCK_JOB_BACKUP, /* the disk as it is when the job begins into another image */
};
enum block_job_sync { BLOCK_JOB_FULL, BLOCK_JOB_TOP, BLOCK_JOB_NONE };

struct block_job_wish {
    enum block_job_type type;
    const char *id; /* NULL: the disk's name */
    struct block *disk; /* a drive's or named node that no other has below it */
    const char *base; /* stream, commit: a file's or node's name behind it where it ends; NULL: the last, for stream all */
    /*
     * commit: a file's or node's name behind the disk, which with all from there down to base goes when its contents are
     * in base; NULL or the disk's: base takes the disk's place when told to.
     */
    const char *top;
    const char *note; /* stream, commit: base's name as the image above it has it from then on; NULL: its file's */
    /* mirror, backup: a node's name; or a file's, made of that format if create is set. */
    const char *target_node, *target, *format;
    bool create;
    enum block_job_sync sync;
    uint64_t speed; /* bytes a second; 0: no limit */
};

enum block_job_event { BLOCK_JOB_CREATED, BLOCK_JOB_READY, BLOCK_JOB_ENDED, BLOCK_JOB_CANCELLED, BLOCK_JOB_FAILED };

struct block_job_info {
    const char *id, *type;
    uint64_t len, offset, speed; /* bytes to copy and copied; bytes a second */
    bool paused, ready, busy;
    const char *error; /* of BLOCK_JOB_FAILED */
};

/* Begin. False with a message. */
bool block_job_start(const struct block_job_wish *w, GError **err);
/* Code of errors about a job that is not there. */
#define BLOCK_JOB_NOT_ACTIVE 3
/* The job of this id, or NULL. */
struct block_job *block_job_find(const char *id);
/* Let a job that is ready put its target in the disk's place and end. False with a message: it is not. */
bool block_job_complete(struct block_job *j, GError **err);
/* End it as soon as may be; a mirror that is ready leaves a copy of the disk as it is now, unless force is set. */
void block_job_cancel(struct block_job *j, bool force);
void block_job_pause(struct block_job *j, bool pause);
void block_job_set_speed(struct block_job *j, uint64_t speed);
void block_job_foreach(void (*fn)(const struct block_job_info *i, void *opaque), void *opaque);
/*
 * fn is told of what becomes of jobs; pause() has no guest code run until resume(). Before the first job.
 */
void block_jobs_listen(void (*fn)(enum block_job_event e, const struct block_job_info *i), void (*pause)(void),
                       void (*resume)(void));
/*
 * Keep the disk as it is now: its image is only read from here on, and lies behind a new one, file, which has what is
 * written. format NULL: qcow2; create: it is made, else it is there. False with a message.
 */
bool block_take_overlay(struct block *disk, const char *file, const char *format, bool create, GError **err);
/* Cancel all, and wait for their ends. At exit. */
void block_jobs_end(void);

/* A worker is about to write the range of the disk, and has. */
void block_job_before_write(struct block_job *j, uint64_t offset, uint64_t len);
void block_job_written(struct block_job *j, uint64_t offset, uint64_t len);

#endif
