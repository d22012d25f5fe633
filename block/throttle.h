/* SPDX-License-Identifier: BSD-2-Clause */
/* Limits of a drive's rate: leaky buckets, as QEMU's throttling has them. Private to block/. */
#ifndef MYNAH_BLOCK_THROTTLE_H
#define MYNAH_BLOCK_THROTTLE_H

#include "opts.h"

enum throttle_what { THROTTLE_BPS, THROTTLE_BPS_RD, THROTTLE_BPS_WR, THROTTLE_IOPS, THROTTLE_IOPS_RD, THROTTLE_IOPS_WR,
                     THROTTLE_COUNT };

/* Bytes or requests a second. */
struct throttle_bucket {
    uint64_t avg;    /* 0: no limit */
    uint64_t max;    /* for a burst; 0: what avg lets through in a tenth of a second */
    uint64_t length; /* of a burst at max, in seconds: 1 or more */
    double level;    /* of what went through, above avg */
};

struct throttle {
    struct throttle_bucket buckets[THROTTLE_COUNT];
    uint64_t iops_size; /* a request of more bytes counts as several; 0: it does not */
    int64_t last;       /* us of the monotonic clock: when level was right */
};

/* bps, iops_rd_max, throttling.bps-total ... of a drive. False with a message. *any: one was given. */
bool throttle_take(struct throttle *t, struct opts *o, bool *any, GError **err);
/* Count a request that comes at `now` (us): how many us it has to wait. */
int64_t throttle_account(struct throttle *t, bool write, uint64_t bytes, int64_t now);

#endif
