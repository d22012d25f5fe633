/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What virtio-net.c (frames, configuration), virtio-net-control.c (the control queue) and virtio-net-rss.c (hashes)
 * share.
 */
#ifndef MYNAH_VIRTIO_NET_H
#define MYNAH_VIRTIO_NET_H

#include "net.h"
#include "virtio.h"

enum virtio_net_feature {
    NET_F_CSUM = 0,
    NET_F_GUEST_CSUM = 1,
    NET_F_CTRL_GUEST_OFFLOADS = 2,
    NET_F_MTU = 3,
    NET_F_MAC = 5,
    NET_F_GSO = 6, /* of the legacy interface: any kind */
    NET_F_GUEST_TSO4 = 7,
    NET_F_GUEST_TSO6 = 8,
    NET_F_GUEST_ECN = 9,
    NET_F_GUEST_UFO = 10,
    NET_F_HOST_TSO4 = 11,
    NET_F_HOST_TSO6 = 12,
    NET_F_HOST_ECN = 13,
    NET_F_HOST_UFO = 14,
    NET_F_MRG_RXBUF = 15,
    NET_F_STATUS = 16,
    NET_F_CTRL_VQ = 17,
    NET_F_CTRL_RX = 18,
    NET_F_CTRL_VLAN = 19,
    NET_F_CTRL_RX_EXTRA = 20,
    NET_F_GUEST_ANNOUNCE = 21,
    NET_F_MQ = 22,
    NET_F_CTRL_MAC_ADDR = 23,
    NET_F_HOST_USO = 56,
    NET_F_HASH_REPORT = 57,
    NET_F_RSS = 60,
    NET_F_SPEED_DUPLEX = 63,
};

enum { NET_C_MAC = 0, NET_C_STATUS = 6, NET_C_MAX_PAIRS = 8, NET_C_MTU = 10, NET_C_SPEED = 12, NET_C_DUPLEX = 16,
       NET_C_RSS_KEY = 17, NET_C_RSS_TABLE = 18, NET_C_HASH_TYPES = 20, NET_C_BYTES = 24 };
enum { NET_S_LINK_UP = 1, NET_S_ANNOUNCE = 2 };

enum net_rx_mode { RX_PROMISC, RX_ALLMULTI, RX_ALLUNI, RX_NOMULTI, RX_NOUNI, RX_NOBCAST, RX_MODES };

#define NET_MAX_MACS 64      /* in a filter table; a longer one lets everything of its kind pass */
#define NET_VLANS 4096
#define NET_FLOWS 256

/* Bits of types of hashes. */
enum net_hash_type {
    NET_HASH_IPV4, NET_HASH_TCPV4, NET_HASH_UDPV4, NET_HASH_IPV6, NET_HASH_TCPV6, NET_HASH_UDPV6,
    NET_HASH_IP_EX, NET_HASH_TCP_EX, NET_HASH_UDP_EX, /* with what IPv6's extension headers say of addresses */
};
#define NET_HASH_TYPES 0x1ff /* all of them */
#define NET_RSS_KEY 40       /* bytes */
#define NET_RSS_TABLE 128    /* rows */

/* What the driver wants to know of frames, and how they get to its queues. */
struct net_rss {
    bool enabled;
    bool steers;     /* frames go where the table says, and not where their flow came from */
    uint32_t types;
    uint16_t mask;   /* rows of the table, a power of two, less one */
    uint16_t unclassified; /* pair for frames without a hash */
    uint16_t table[NET_RSS_TABLE]; /* of pairs */
    uint8_t key[NET_RSS_KEY];
};

/* As a header has them. */
struct net_hash {
    uint32_t value;
    uint16_t report; /* 0: there is none */
};

struct mac_table {
    unsigned n;
    bool overflow;
    uint8_t mac[NET_MAX_MACS][6];
};

struct virtio_net {
    struct virtio v;
    struct netdev *netdev;
    uint8_t mac[6];      /* property */
    uint8_t current_mac[6];
    /* Properties. */
    uint16_t rx_queue_size, tx_queue_size, host_mtu;
    uint32_t bootindex;
    uint32_t speed;      /* Mbit/s; UINT32_MAX: not told */
    char *duplex;        /* half, full or NULL */
    bool mrg_rxbuf, status, ctrl_vq, ctrl_rx, ctrl_rx_extra, ctrl_mac_addr, ctrl_vlan, ctrl_guest_offloads;
    bool csum, guest_csum, gso, guest_tso4, guest_tso6, guest_ecn, guest_ufo, host_tso4, host_tso6, host_ecn, host_ufo;
    bool host_uso, guest_announce, mq, rss_offered, hash_offered;

    unsigned max_pairs;  /* of receive and transmit queues, which the control queue follows; constant */
    uint16_t pairs;      /* that the driver uses */
    uint16_t status_now; /* NET_S_*: the status register */
    uint64_t offloads;   /* features GUEST_*: what the driver takes now */
    bool mode[RX_MODES];
    struct mac_table unicast, multicast;
    uint8_t vlans[NET_VLANS / 8];
    struct net_rss rss;
    uint8_t flows[NET_FLOWS]; /* by hash, the pair on which the flow was sent last: 5.1.6.5.6.1 */
};

/* The driver's features, or its control queue, have changed what it takes: tell the back end. */
void virtio_net_tell_offloads(struct virtio_net *s);
/* Take what is in the control queue. Lock held. */
void virtio_net_control(struct virtio_net *s, struct virtq *q);
/* Filters, modes and pairs as a driver finds them. */
void virtio_net_reset_control(struct virtio_net *s);
/* Whether modes and filters let a frame of at least 14 bytes pass. */
bool virtio_net_wanted(const struct virtio_net *s, const uint8_t *frame, size_t len);
/* Write status_now into the configuration space. */
void virtio_net_put_status(struct virtio_net *s);

/* The hash of a frame that the driver wants, if there is one. */
struct net_hash virtio_net_hash(const struct net_rss *r, const uint8_t *frame, size_t len);
/* Where s->rss steers a frame of this hash. */
unsigned virtio_net_rss_pair(const struct virtio_net *s, const struct net_hash *h);
/*
 * The commands RSS_CONFIG (steers) and HASH_CONFIG, of which the data begin at `at`. False if the driver wants what is
 * not there: then there are no hashes.
 */
bool virtio_net_configure_rss(struct virtio_net *s, const struct virtq_elem *e, size_t at, bool steers);

#endif
