/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP segments that a back end makes one after the other become one frame, for a card that takes such: what the guest
 * does for a frame costs the more. Main loop.
 */
#ifndef MYNAH_NET_MERGER_H
#define MYNAH_NET_MERGER_H

#include "backend.h"

struct merger {
    size_t len;     /* of the frame that is being gathered; 0: none */
    size_t headers; /* of which its headers are */
    size_t size;    /* payload of each segment but the last */
    unsigned segments;
    uint8_t frame[NET_MAX_FRAME];
};

/* What comes out of it, as struct net_backend's gives says. */
#define MERGER_GIVES (NET_TAKES_SUM | NET_TAKES_TCP4 | NET_TAKES_TCP6)

/* A frame of the back end's own making, whose checksums are right: delivered now, or with others by the next flush. */
void merger_add(struct merger *m, struct netdev *n, const uint8_t *frame, size_t len);
/* Deliver what is there. Before the back end waits. */
void merger_flush(struct merger *m, struct netdev *n);

#endif
