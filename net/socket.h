/* SPDX-License-Identifier: BSD-2-Clause */
/* What the back ends on sockets share: stream.c, dgram.c, and socket.c, which is one or the other. Main loop only. */
#ifndef MYNAH_NET_SOCKET_H
#define MYNAH_NET_SOCKET_H

#include "backend.h"

/* The number of an open socket of that type (SOCK_...); text NULL: not given. False with a message. */
bool net_socket_fd(const char *key, const char *text, int type, int *fd, GError **err);

/* A state of net_stream on the character device of back end "socket" that o describes. NULL with a message. */
void *stream_open_chardev(struct netdev *n, struct opts *o, GError **err);
/* A state of net_dgram: a group, or a peer with an own place. NULL with a message. */
void *dgram_open_socket(struct netdev *n, const char *mcast, const char *udp, const char *localaddr, GError **err);
/* Another, on a connected socket, which is its own then. NULL with a message. */
void *dgram_open_fd(struct netdev *n, int fd, GError **err);

#endif
