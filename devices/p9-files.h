/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files below the folder of an -fsdev. A file is known by a descriptor that its parent's led to, name by name, no link
 * ever followed: a client can't leave the folder, whatever it renames meanwhile. Functions return 0 or -errno.
 */
#ifndef MYNAH_P9_FILES_H
#define MYNAH_P9_FILES_H

#include <sys/stat.h>

#include "fsdev.h"

/* A file that some client's handle means. Counted references. */
struct p9_node {
    unsigned refs;
    int fd; /* O_PATH */
    struct p9_node *parent; /* where it was found; NULL: it is the folder itself */
    char *name;
};

/* Owner and mode of something new. */
struct p9_owner {
    uid_t uid;
    gid_t gid;
    mode_t mode; /* with the type */
    dev_t rdev;
};

/* How many there may be in all, each with a descriptor: beyond, none is found any more. */
extern unsigned p9_max_nodes;
struct p9_node *p9_root(const struct fsdev *f, int *error);
struct p9_node *p9_ref(struct p9_node *n);
void p9_unref(struct p9_node *n);
/* True if a name can be one in a folder: no path, nor what is ours. */
bool p9_name_ok(const struct fsdev *f, const char *name);
/* The file of this name in a folder; "..": where the folder was found, or the folder itself if it is the first. */
struct p9_node *p9_walk(const struct fsdev *f, struct p9_node *dir, const char *name, int *error);
/* Owner, mode and so on, as the model has them. */
int p9_stat(const struct fsdev *f, const struct p9_node *n, struct stat *st);
/* A descriptor to read or write what is no link and no device. flags: O_ACCMODE, O_TRUNC, O_APPEND, O_SYNC, O_DSYNC. */
int p9_open(const struct p9_node *n, int flags);
/* A path by which the system calls that want one find the file. */
void p9_path(const struct p9_node *n, char path[32]);

/* New things in a folder. target: of a link. *made (may be NULL) is the new one. */
int p9_make(const struct fsdev *f, struct p9_node *dir, const char *name, const struct p9_owner *o, const char *target,
            struct p9_node **made);
int p9_link(const struct fsdev *f, struct p9_node *dir, const char *name, const struct p9_node *old);
int p9_unlink(const struct fsdev *f, struct p9_node *dir, const char *name, bool folder);
int p9_rename(const struct fsdev *f, struct p9_node *from, const char *old, struct p9_node *to, const char *name);
/* What a link says: bytes without an end, as many as fit. Or -errno. */
ssize_t p9_readlink(const struct fsdev *f, const struct p9_node *n, char *to, size_t size);
int p9_chmod(const struct fsdev *f, const struct p9_node *n, mode_t mode);
/* -1: it stays. */
int p9_chown(const struct fsdev *f, const struct p9_node *n, uid_t uid, gid_t gid);

#endif
