/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the host's memory under a guest's RAM comes from: -object memory-backend-*, -mem-path. */
#ifndef MYNAH_RAM_SOURCE_H
#define MYNAH_RAM_SOURCE_H

#include <glib.h>

#include "types.h"

struct ram_source {
    uint64_t size; /* bytes, whole pages; 0: as many as are wanted */
    int fd;        /* mapped from offset on; -1: anonymous memory */
    uint64_t offset;
    bool share;    /* writes reach fd, and others that have it mapped */
    bool merge, dump, reserve;
    bool prealloc; /* by so many threads */
    unsigned threads;
    unsigned policy; /* enum ram_policy, for the host's NUMA nodes */
    uint64_t nodes;  /* a bit each */
};

enum ram_policy { RAM_POLICY_DEFAULT, RAM_POLICY_PREFERRED, RAM_POLICY_BIND, RAM_POLICY_INTERLEAVE }; /* of mbind(2) */

/*
 * Map size bytes at host, where a place without access is. name is for messages. False with a message; what is at host
 * is the caller's to unmap either way.
 */
bool ram_source_map(const struct ram_source *s, const char *name, uint8_t *host, uint64_t size, GError **err);

/* A new source for -mem-path PATH (NULL: anonymous memory) and -mem-prealloc. NULL with a message. It lives on. */
struct ram_source *ram_source_new(const char *path, bool prealloc, GError **err);

/* Make the kinds of objects memory-backend-... Before the first object. */
void ram_source_add_kinds(void);
/* That of an object; NULL with a message if id is none. */
const struct ram_source *ram_source_find(const char *id, GError **err);

#endif
