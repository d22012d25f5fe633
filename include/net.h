/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Network back ends (-netdev, -nic) and the cable between one and a guest's network device. Frames
 * are Ethernet without FCS.
 */
#ifndef MYNAH_NET_H
#define MYNAH_NET_H

#include <glib.h>
#include <sys/uio.h>

#include "types.h"

struct netdev;
struct device;
struct nic_default;
struct machine;
struct opts;
struct prop_object;

#define NET_MAX_FRAME 65550 /* longer ones are dropped */
#define NET_MAX_QUEUES 32   /* of a card */

/* What is left to do of a frame, by whoever passes it on: the fields of virtio-net's header (VIRTIO 1.2, 5.1.6). */
struct net_offload {
    uint8_t flags;       /* enum net_offload_flag */
    uint8_t gso;         /* enum net_gso: it is to be cut into segments */
    uint16_t headers;    /* bytes of all headers: a hint */
    uint16_t size;       /* bytes of payload in a segment */
    uint16_t start, at;  /* the checksum covers all from start on, and lies at bytes behind that */
};
enum net_offload_flag {
    NET_SUM_NEEDED = 1, /* in the checksum's place is the sum of the pseudo header */
    NET_SUM_VALID = 2,  /* the checksum was seen to be right */
};
enum net_gso {
    NET_GSO_NONE = 0,
    NET_GSO_TCP4 = 1,
    NET_GSO_UDP = 3,    /* fragments of IP */
    NET_GSO_TCP6 = 4,
    NET_GSO_UDP_L4 = 5, /* datagrams */
    NET_GSO_ECN = 0x80, /* with TCP: CWR is for the first segment */
};
/* What a card takes of a back end, and a back end can give. */
enum net_takes {
    NET_TAKES_SUM = 1 << 0, /* NET_SUM_NEEDED and _VALID, which the others need too */
    NET_TAKES_TCP4 = 1 << 1,
    NET_TAKES_TCP6 = 1 << 2,
    NET_TAKES_ECN = 1 << 3,
    NET_TAKES_UDP = 1 << 4,
    NET_TAKES_UDP_L4 = 1 << 5,
};

/* -- Command line and monitor; main loop only -- */

/* -netdev TYPE,id=ID,...; takes all keys of o (implied key "type") or fails. */
bool net_add_netdev(struct opts *o, GError **err);
/* netdev_add and netdev_del are possible: false with a message. */
bool net_can_change(GError **err);
/* netdev_del: close the back end of this id, which no device uses. False with a message. */
bool net_remove(const char *id, GError **err);
/*
 * -nic TYPE,model=,mac=,...: a back end and the device for it, made by net_make_devices(). Implied key "type". models
 * are the board's rows (defaults.h), and are kept.
 */
bool net_add_nic(struct opts *o, const struct nic_default *models, GError **err);
/* -net none|nic|user: the old form; the nth nic is plugged to the first back ends given so. Implied key "type". */
bool net_add_legacy(struct opts *o, const struct nic_default *models, GError **err);
/*
 * In realize of a card that a board has, before net_attach_card(): its properties "netdev" and "mac" become what the next
 * -nic or -net nic of a row without a driver says. True, with nothing done, if there is none.
 */
bool net_plug_board_card(struct device *d, GError **err);
/* Create the devices -nic and -net ask for that boards have not made. After machine_new(), before the -device options. */
bool net_make_devices(struct machine *m, GError **err);
/* Tell of back ends that no device is connected to; after the last -device. */
void net_tell_unused(void);
/* Text of "info network", "info usernet". */
void net_info(GString *out);
void net_info_user(GString *out);
/* Monitor's hostfwd_add/hostfwd_remove: id NULL means the first user back end. spec as in hostfwd=. */
bool net_hostfwd_add(const char *id, const char *spec, GError **err);
bool net_hostfwd_remove(const char *id, const char *spec, GError **err);
/* Monitor's set_link: false if there is no such back end. */
bool net_set_link(const char *id, bool up);
/* Monitor's announce_self: guests that can tell the cable's others where they are. */
void net_announce_all(void);
/* Close all back ends. At exit. */
void net_close_all(void);

/* The types, a line each. */
void net_list(GString *out);
/* Make filter-dump and filter-replay kinds of objects (object.h). Before the first object. */
void net_add_object_kinds(void);

/* The peer of a back end on a connection. */
struct net_peer {
    const char *id;          /* of the back end */
    bool connected, ipv6;    /* it came; it went */
    const char *path;        /* of a Unix socket, or NULL */
    const char *host, *port; /* numbers; NULL: unknown */
};
/* Called when one comes or goes. NULL: nobody listens. */
extern void (*net_on_peer)(const struct net_peer *peer);

/* -- Devices -- */

/* The guest device's end. Callbacks run on the main loop with lock held (if not NULL). */
struct net_client {
    /* A frame for the guest. False: no room now; it is offered again after net_accept_input(). */
    bool (*receive)(void *opaque, const uint8_t *frame, size_t len);
    /* The same in place of receive, for one that has called net_take_offloads(). May be NULL. */
    bool (*receive_offload)(void *opaque, const struct net_offload *o, const uint8_t *frame, size_t len);
    /* After net_send() said false: there is room again. May be NULL. */
    void (*can_send)(void *opaque);
    /* The link went up or down. May be NULL. */
    void (*link_changed)(void *opaque, bool up);
    /* The others on the cable should hear where the guest is. May be NULL. */
    void (*announce)(void *opaque);
    void *opaque;
    GMutex *lock;
    char name[64]; /* for "info network": "virtio-net-device.0" */
    char info[96]; /* likewise: "model=virtio-net-device,macaddr=..." */
};

/* The back end of this id; NULL if there is none. */
struct netdev *net_find(const char *id);
/* A property of devices that names one. */
extern const struct prop_object net_prop;
/* Plug a device in. False if another is. The struct is copied. */
bool net_attach(struct netdev *n, const struct net_client *client, GError **err);
/*
 * The same of a card, whose name and info are made of its id (NULL: it has none), model and address here. n: NULL is no
 * back end, and fine. False also where the address is no card's.
 */
bool net_attach_card(struct netdev *n, struct net_client client, const char *id, const char *model,
                     const uint8_t mac[6], GError **err);
void net_detach(struct netdev *n, void *opaque);
/* Queue a copy of a frame to the host. False: the queue is full, nothing was taken, can_send() follows. Any thread. */
bool net_send(struct netdev *n, const struct iovec *iov, unsigned niov);
/*
 * The same of a frame of which the rest is left to the back end, which has it done by net/offload.c if it can't. o is
 * copied; what the headers do not bear out is dropped.
 */
bool net_send_offload(struct netdev *n, const struct net_offload *o, const struct iovec *iov, unsigned niov);
/* What the back end may leave to a card (enum net_takes). n may be NULL. */
unsigned net_gives(const struct netdev *n);
/* From now on the card takes these, which are among net_gives(); a new card takes none. Any thread, locks may be held. */
void net_take_offloads(struct netdev *n, unsigned takes);
/* How many pairs of queues a card has: queues= of the back end. n may be NULL. */
unsigned net_queues(const struct netdev *n);
/* The device has room for frames again. Any thread, locks may be held. */
void net_accept_input(struct netdev *n);
bool net_link_up(const struct netdev *n);

#endif
