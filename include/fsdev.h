/* SPDX-License-Identifier: BSD-2-Clause */
/* -fsdev: folders of the host for guests, and how their owners and modes are kept. */
#ifndef MYNAH_FSDEV_H
#define MYNAH_FSDEV_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

struct machine;
struct opts;
struct prop_object;

enum fsdev_model {
    FSDEV_NONE,         /* as the program may; owners that it can't set are left */
    FSDEV_PASSTHROUGH,  /* as the guest says: for a program that is root */
    FSDEV_MAPPED_XATTR, /* in extended attributes, user.virtfs.* */
    FSDEV_MAPPED_FILE,  /* in files of a folder .virtfs_metadata beside */
};

struct fsdev {
    char *id;
    int root; /* O_PATH, of the folder */
    enum fsdev_model model;
    bool readonly;
    mode_t fmode, dmode; /* of files and folders of the mapped models */
};

/* -fsdev TYPE,id=ID,...; takes all keys of o (implied key "type") or fails. Before the machine runs. */
bool fsdev_add(struct opts *o, GError **err);
/* -virtfs: the same and the device for it, which fsdev_make_devices() makes. */
bool fsdev_add_virtfs(struct opts *o, GError **err);
/* After machine_new(). False with a message. */
bool fsdev_make_devices(struct machine *m, GError **err);
/* NULL if there is none. */
struct fsdev *fsdev_find(const char *id);
extern const struct prop_object fsdev_prop;

#endif
