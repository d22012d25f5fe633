/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest that gives memory back when it is asked to: the device that asks it, and who wants it to. One a machine. */
#ifndef MYNAH_BALLOON_H
#define MYNAH_BALLOON_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "types.h"

/* What a guest tells of its memory, in the order of the standard's tags. */
enum balloon_stat {
    BALLOON_SWAP_IN, BALLOON_SWAP_OUT, BALLOON_MAJOR_FAULTS, BALLOON_MINOR_FAULTS, BALLOON_FREE, BALLOON_TOTAL,
    BALLOON_AVAILABLE, BALLOON_CACHES, BALLOON_HUGE_PAGES, BALLOON_HUGE_FAILURES, BALLOON_STATS
};
#define BALLOON_NO_STAT UINT64_MAX /* the guest did not tell */

/* The device's end. Main loop, no lock is held. */
struct balloon {
    const char *id; /* the device's, or NULL */
    /* The guest is to have so many bytes. */
    void (*set)(void *opaque, uint64_t bytes);
    uint64_t (*actual)(void *opaque);
    /* Ask the guest for its statistics each so many seconds; 0: never. */
    void (*poll)(void *opaque, uint32_t seconds);
    /* The last it told, and when: seconds of the host's clock, 0: it has not. Returns the seconds of poll(). */
    uint32_t (*stats)(void *opaque, uint64_t stats[BALLOON_STATS], int64_t *when);
    void *opaque;
};

/* The struct stays the device's. False with a message: there is one already. */
bool balloon_add(const struct balloon *b, GError **err);
/* Nothing if it is another's. */
void balloon_remove(const struct balloon *b);
/* The machine's, or NULL with a message of code BALLOON_NONE. */
const struct balloon *balloon_find(GError **err);
#define BALLOON_NONE 2
/* Called, on the main loop, when the guest has changed what it has. One listener. */
extern void (*balloon_changed)(uint64_t actual);

#endif
