/* SPDX-License-Identifier: BSD-2-Clause */
/* A descriptor that carries one frame in each read(2) and write(2): of a tap device or a datagram socket. Main loop. */
#ifndef MYNAH_NET_PACKETS_H
#define MYNAH_NET_PACKETS_H

#include <sys/socket.h>

#include "backend.h"

struct packets {
    struct netdev *n;
    int fd;        /* ours; -1: none, as in a replay */
    size_t header; /* bytes before each frame, of a tap device's: OFFLOAD_BYTES, then zeros; or none */
    guint watch;
};

/* From now on what comes from fd is the guest's. header is at most PACKETS_HEADER_MAX. */
void packets_start(struct packets *p, struct netdev *n, int fd, size_t header);
/*
 * One frame to it; lost if there is no room. With to (NULL: none), to that address. o: what the header says; NULL:
 * there is no header, or it says nothing.
 */
void packets_send(struct packets *p, const struct net_offload *o, const uint8_t *frame, size_t len,
                  const struct sockaddr *to, socklen_t to_len);
/* Close fd. */
void packets_stop(struct packets *p);

#define PACKETS_HEADER_MAX 64

#endif
