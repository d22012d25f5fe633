/* SPDX-License-Identifier: BSD-2-Clause */
/* -object: things with a name that devices and machines use. Main loop only. */
#ifndef MYNAH_OBJECT_H
#define MYNAH_OBJECT_H

#include <glib.h>

#include "types.h"

struct opts;

/* One, at the begin of its kind's struct. */
struct object {
    const struct object_kind *kind;
    char *id;
};

/* A kind. What has to be freed of a struct is the kind's; the struct itself is not. */
struct object_kind {
    const char *name, *help;
    size_t size; /* of its struct, zero at first */
    /* Take the properties: nothing is done yet. False with a message. NULL: it has none. */
    bool (*take)(struct object *obj, struct opts *o, GError **err);
    /* See that they fit, and open what has nothing to do with others. False with a message. NULL: they do. */
    bool (*make)(struct object *obj, GError **err);
    /* Connect it to others, once the host's ends, such as -netdev, are there. False with a message. NULL: it stands alone. */
    bool (*complete)(struct object *obj, GError **err);
    /* Undo what the functions above did, as far as they got. NULL: nothing. */
    void (*clear)(struct object *obj);
    bool stays; /* it may be in use: object_remove() refuses it */
};

/* One more kind; before the first object. It lives on. */
void object_kind_add(const struct object_kind *kind);

/* -object; takes all keys of o or fails with a message. */
bool object_add(struct opts *o, GError **err);
/* Complete the objects that there are; those made later are at once. False with a message. */
bool object_complete_all(GError **err);
/* Remove one of a kind that does not stay. False with a message. */
bool object_remove(const char *id, GError **err);
/* The one of this id, or NULL. */
struct object *object_find(const char *id);
/* For -object help. */
void object_list(GString *out);

/*
 * The descriptor that a source of random bytes is read from, -1 for the host's generator (rng-builtin). False with a
 * message if id is no such object.
 */
bool object_rng(const char *id, int *fd, GError **err);

#endif
