/* SPDX-License-Identifier: BSD-2-Clause */
/* -object: things with a name that devices and machines use. */
#ifndef MYNAH_OBJECT_H
#define MYNAH_OBJECT_H

#include <glib.h>

#include "types.h"

struct opts;

/* -object; takes all keys of o or fails with a message. */
bool object_add(struct opts *o, GError **err);
/* For -object help. */
void object_list(GString *out);

/*
 * The descriptor that a source of random bytes is read from, -1 for the host's generator (rng-builtin). False with a
 * message if id is no such object.
 */
bool object_rng(const char *id, int *fd, GError **err);
/* The size of a memory back end. False with a message if id is none. */
bool object_memory(const char *id, uint64_t *size, GError **err);

/* The netdev= of the nth filter-replay; NULL if there are fewer. */
const char *object_filter(unsigned n);

#endif
