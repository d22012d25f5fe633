/* SPDX-License-Identifier: BSD-2-Clause */
/* A network back end as net.c sees it. Private to this folder. */
#ifndef MYNAH_NET_BACKEND_H
#define MYNAH_NET_BACKEND_H

#include "net.h"
#include "opts.h"

/* What a kind of back end provides; all on the main loop. */
struct net_backend {
    const char *name; /* of -netdev */
    /* Take the options, see by net_taken() that none is left, and start. NULL with a message. */
    void *(*open)(struct netdev *n, struct opts *o, GError **err);
    void (*send)(void *state, const uint8_t *frame, size_t len); /* to the host */
    /*
     * The same of what net_send_offload() got, in place of send. NULL: frames are finished first; with whole_frames
     * their checksums only.
     */
    void (*send_offload)(void *state, const struct net_offload *o, const uint8_t *frame, size_t len);
    bool whole_frames;
    unsigned (*gives)(void *state); /* enum net_takes. NULL: nothing */
    /* The card takes these now, as net_offloads_taken() says. Any thread, with the card's lock held. May be NULL. */
    void (*takes)(void *state, unsigned takes);
    void (*reopen)(void *state);                /* the guest is another than before: all connections end */
    void (*info)(void *state, GString *out);    /* "net=10.0.2.0,restrict=off" */
    void (*close)(void *state);
};

extern const struct net_backend net_user, net_tap, net_bridge, net_socket, net_stream, net_dgram, net_hubport;

/* A back end has taken its options: true if none is left and n's id is a new one; else false with a message. */
bool net_taken(const struct netdev *n, struct opts *o, GError **err);

/* One that sees all frames of a back end whose link is up. */
struct net_filter {
    /* Under a lock, on any thread: it calls nothing of net's. */
    void (*see)(struct net_filter *f, bool to_guest, const struct iovec *iov, unsigned niov);
    void (*info)(const struct net_filter *f, GString *out); /* "  - f: type=...\n" */
    void (*gone)(struct net_filter *f); /* the back end ends, and f is removed from it. Main loop */
};
void net_filter_add(struct netdev *n, struct net_filter *f);
void net_filter_remove(struct netdev *n, struct net_filter *f);

/*
 * From a back end, on the main loop (a hub's port: where frames are taken): a frame for the guest. Kept for a while if
 * there is no room; dropped beyond.
 */
void net_deliver(struct netdev *n, const uint8_t *frame, size_t len);

/* The same of a frame that leaves something to the card: allowed by net_offloads_taken(). */
void net_deliver_offload(struct netdev *n, const struct net_offload *o, const uint8_t *frame, size_t len);
/* What the card takes now, enum net_takes; it may be another the next moment, for which net.c sees. */
unsigned net_offloads_taken(const struct netdev *n);
/* Before net_taken(): take queues= of o, at most NET_MAX_QUEUES. False with a message. */
bool net_take_queues(struct netdev *n, struct opts *o, GError **err);

/* Open a back end for -nic or -net; id NULL: a generated one. NULL with a message. */
struct netdev *net_open_for_nic(const char *option, const char *type, const char *id, struct opts *o, GError **err);
const char *net_id(const struct netdev *n);

/* The state of a user back end by id (NULL: the first), or NULL with a message. */
void *net_user_state(const char *id, GError **err);
/* net_hostfwd_*() and "info usernet" on that state. */
bool user_hostfwd_add(void *state, const char *spec, GError **err);
bool user_hostfwd_remove(void *state, const char *spec, GError **err);
void user_connections(void *state, GString *out);

#endif
