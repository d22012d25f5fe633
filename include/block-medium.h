/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Media that can be taken out of a drive and changed: by its device's tray if it has one (scsi-cd, ide-cd), else, of a
 * drive that no device has, at once. Main loop only, but for block_tray_moved().
 */
#ifndef MYNAH_BLOCK_MEDIUM_H
#define MYNAH_BLOCK_MEDIUM_H

#include <glib.h>

#include "types.h"

struct block;
struct opts;

/* A device's tray. lock() takes the lock under which it submits requests; the others are called under that. */
struct block_tray {
    void (*lock)(void *opaque);
    void (*unlock)(void *opaque);
    bool (*is_locked)(const void *opaque); /* by the guest */
    bool (*is_open)(const void *opaque);
    void (*ask)(void *opaque, bool force); /* the guest is to let go of a locked medium; force: it has to */
    void (*move)(void *opaque, bool open);
};

/*
 * Become the user, as block_claim(), of b (NULL: of an empty drive of the device's own) with a tray. The node, which
 * keeps to the device whatever is put into it; NULL with a message. Undone by block_release().
 */
struct block *block_claim_tray(struct block *b, const char *user, const struct block_tray *tray, void *opaque,
                               GError **err);
/* There is a medium, in whichever position the tray is. */
bool block_inserted(const struct block *b);
/* The guest moved the tray. Any thread, any lock held. */
void block_tray_moved(struct block *b, bool open);

struct block_tray_event {
    const char *device, *id; /* the drive's name, or ""; the device's */
    bool open;
};
/* fn is told, on the main loop, of every tray that moved; strings live as long as the call. Before devices run. */
void block_on_tray(void (*fn)(const struct block_tray_event *e));

/* The drive of this name, or the one of the device with this id: one of them is NULL. NULL with a message. */
struct block *block_find_medium(const char *device, const char *id, GError **err);
/* Open the tray. False with a message, also where the guest has to open it first. */
bool block_open_tray(struct block *b, bool force, GError **err);
bool block_close_tray(struct block *b, GError **err);
/* The tray, if there is one, is open: take out what is in it, if anything is. */
bool block_remove_medium(struct block *b, GError **err);
/* The same, and put this node of -blockdev in, which nobody uses. */
bool block_insert_medium(struct block *b, const char *node, GError **err);
/* Open the tray and take the medium out. */
bool block_eject(struct block *b, bool force, GError **err);

struct block_medium {
    const char *file, *format; /* format NULL: by its looks */
    enum { MEDIUM_RETAIN, MEDIUM_READ_ONLY, MEDIUM_READ_WRITE } mode; /* retain: as the one before */
    bool force;
};
/* Have another medium in it, whatever there was, and the tray closed. False with a message: all is as it was. */
bool block_change_medium(struct block *b, const struct block_medium *m, GError **err);

/* "retain", "read-only" or "read-write" into m->mode. False with a message. */
bool block_medium_mode(const char *name, struct block_medium *m, GError **err);

/* A drive or node that a device or nobody has; strings live as long as the call. */
struct block_drive_info {
    const char *device;                /* the drive's name, or "" */
    const char *user;                  /* the device; NULL: none */
    const char *node, *file, *format;  /* of what is in it; node NULL: nothing is */
    uint64_t bytes;
    bool read_only, removable, has_tray, locked, open;
};
void block_foreach_drive(void (*fn)(const struct block_drive_info *d, void *opaque), void *opaque);

/* Forget a drive, with what is in it, that no device uses. False with a message. */
bool block_remove_drive(const char *id, GError **err);

#endif
