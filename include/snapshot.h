/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's state in files: snapshots by tag in a folder, and migration to and from a file. Main loop only. */
#ifndef MYNAH_SNAPSHOT_H
#define MYNAH_SNAPSHOT_H

#include <glib.h>

#include "types.h"

/* -- Streams -- */

/* What a stream's head says; strings are the struct's. */
struct snapshot_info {
    char *tag;           /* "" for a migration */
    int64_t date;        /* seconds since the epoch */
    int64_t clock;       /* virtual time, ns */
    uint64_t icount;     /* instructions, 0 without -icount */
    uint64_t bytes;      /* of the file */
    uint64_t objects;    /* bytes of state without memory and disks, before compression */
    bool disks;          /* contents of disks are in it */
    /* QMP's name of what the machine was doing when it was made: "running", "paused", "shutdown" ... */
    char *state;
    char *machine;       /* the rest: what it was made of, a line each */
};
void snapshot_info_clear(struct snapshot_info *i);
/* Read it. False with a message that does not name the file. */
bool snapshot_read_info(const char *path, struct snapshot_info *i, GError **err);

/*
 * Write the machine, which is stopped, to a new file that takes path's place when it is complete and on stable storage.
 * state: what info.state will be. False with a message: then path is as it was.
 */
bool snapshot_save(const char *path, const char *tag, bool disks, const char *state, GError **err);
/*
 * Read the machine, which is stopped, from a file. False with a message. *harmed says whether the machine can't go on:
 * only where the file or a disk failed in the middle, after the whole file had been checked.
 */
bool snapshot_load(const char *path, struct snapshot_info *i, bool *harmed, GError **err);

/* Disks, as whoever has them says; NULL: there are none. Those that can't be written are left out. */
struct snapshot_disks {
    void *(*next)(void *disk); /* the one after disk, the first after NULL; NULL at the end */
    const char *(*name)(void *disk);
    uint64_t (*size)(void *disk);
    /* Bytes from offset on that are known to read as zero; 0: it is not known. */
    uint64_t (*hole)(void *disk, uint64_t offset);
    int (*read)(void *disk, uint64_t offset, void *buf, size_t len); /* these: 0 or -errno */
    int (*write)(void *disk, uint64_t offset, const void *buf, size_t len);
    int (*flush)(void *disk);
    /*
     * Snapshots in the disks' own images, which have the machine's state, a file, in the first of them. can_hold: false,
     * with *err naming one that can't, or without a message if there is no disk. The others: false with a message.
     */
    bool (*can_hold)(GError **err);
    bool (*keep)(const struct snapshot_info *i, const char *path, GError **err); /* takes the place of one of i->tag */
    bool (*fetch)(const char *tag, const char *path, GError **err); /* the state into a file that is there */
    bool (*restore)(const char *tag, GError **err);                 /* the disks */
    bool (*remove)(const char *tag, GError **err);
    bool (*exists)(const char *tag);
    void (*foreach)(void (*fn)(const struct snapshot_info *info, void *opaque), void *opaque);
};
extern const struct snapshot_disks *snapshot_disks;

/* -- By tag: in the folder of -snapshot-dir, or without one in the images of the disks, if all of them can -- */

/* -snapshot-dir: where snapshots are; it must be there. */
bool snapshot_set_dir(const char *dir, GError **err);
/*
 * savevm (tag NULL: a name made of the date), loadvm, delvm: the machine is stopped meanwhile, and runs afterwards if
 * it did. False with a message.
 */
bool snapshot_savevm(const char *tag, GError **err);
bool snapshot_loadvm(const char *tag, GError **err);
bool snapshot_delvm(const char *tag, GError **err);
/* True if there is a snapshot of this tag. */
bool snapshot_exists(const char *tag);
/* Every snapshot by date: fn owns nothing of info. */
void snapshot_foreach(void (*fn)(const struct snapshot_info *info, void *opaque), void *opaque);

/* -- Migration -- */

enum migration_status { MIGRATION_NONE, MIGRATION_ACTIVE, MIGRATION_COMPLETED, MIGRATION_FAILED };
struct migration {
    enum migration_status status;
    bool incoming;      /* to this machine */
    int64_t total_ms;
    uint64_t bytes;     /* of the file */
    char *error;        /* MIGRATION_FAILED: why */
};
/* The last one, in or out. */
const struct migration *migration_last(void);
/* The names of the states as QMP has them; "none" for the first. */
const char *migration_status_name(enum migration_status s);

/*
 * migrate: to "file:PATH", with the machine stopped afterwards ("postmigrate"), also where it fails to be written, if
 * it did not run. later: return at once and do it from the main loop. False with a message.
 */
bool migration_start(const char *uri, bool later, GError **err);
/* -incoming: "file:PATH", or "defer" for migrate_incoming. Before the machine is made. False if it is neither. */
bool migration_set_incoming(const char *uri, GError **err);
/* True while a migration is awaited ("inmigrate"). */
bool migration_awaited(void);
/* The monitor's cont while one is awaited: the machine is to run afterwards, whatever -S said. */
void migration_go_on(void);
/* migrate_incoming: what -incoming defer waits for. False with a message; then another can be tried. */
bool migration_incoming(const char *uri, GError **err);
/* rrsnapshot=TAG: the machine, which has not run yet, as a recording begins with it. False with a message. */
bool snapshot_record(const char *tag, GError **err);
/* What -loadvm TAG (NULL: none) and -incoming want before the machine runs; *held is changed if it is not to run. */
bool snapshot_startup(const char *loadvm, bool *held, GError **err);

#endif
