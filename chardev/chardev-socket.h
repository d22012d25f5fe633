/* SPDX-License-Identifier: BSD-2-Clause */
/* What the two files of sockets share: one's state, its addresses. Main loop only. */
#ifndef MYNAH_CHARDEV_SOCKET_H
#define MYNAH_CHARDEV_SOCKET_H

#include "chardev-int.h"

#define SOCKET_LISTENERS 4 /* addresses of one name */

struct listener {
    int fd;
    guint watch; /* 0: not waiting for a peer */
};

struct socket {
    char *path, *host, *port; /* path: Unix; else TCP; neither: fd= */
    bool abstract, server, nodelay, telnet;
    int family;          /* AF_UNSPEC, AF_INET, AF_INET6 */
    unsigned to;         /* server: last port to try; 0: only port */
    uint64_t reconnect_ms;
    struct listener listeners[SOCKET_LISTENERS];
    unsigned nlisteners;
    int fd;
    char *made;          /* the absolute path that we made, to be removed; NULL: none */
    guint timer;         /* until the next attempt to connect */
    char *address;       /* for "info chardev" */
    enum { TN_DATA, TN_IAC, TN_OPTION, TN_SB, TN_SB_IAC } telnet_state;
};

/* -- chardev-socket-address.c -- */

/* One more descriptor that listens; there are at most SOCKET_LISTENERS. */
void socket_add_listener(struct socket *s, int fd);
/* Wait for no peer, since one is there. */
void socket_stop_watching(struct socket *s);
void socket_close_listeners(struct socket *s);
/* A socket at s->path: connected, or listening for a server. -1 with a message. */
int socket_open_unix(struct socket *s, GError **err);
/* Listeners at every address of s->host, at s->port or a later one up to s->to. False with a message. */
bool socket_listen_tcp(struct socket *s, GError **err);
/* Connected to s->host and s->port. -1 with a message. */
int socket_connect_tcp(const struct socket *s, GError **err);
/* "127.0.0.1:4444" of a socket's own or other end into out; "" for Unix sockets. */
void socket_end_name(int fd, bool peer, char *out, size_t size);
/* Say on standard error which listeners reach beyond this machine. */
void socket_tell_reach(const struct chardev *c, const struct socket *s);

#endif
