/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio-net's hashes of frames, by which the guest has them steered to its queues (RSS) or which it is told: VIRTIO
 * 1.2, sections 5.1.6.4.3 and 5.1.6.5.7. The hash is Toeplitz's, as Microsoft's "RSS Hashing Functions" have it.
 */
#include <string.h>

#include "virtio-net.h"

enum { PROTOCOL_TCP = 6, PROTOCOL_UDP = 17 };
enum { V6_HOP_BY_HOP = 0, V6_ROUTING = 43, V6_FRAGMENT = 44, V6_AUTHENTICATION = 51, V6_OPTIONS = 60 };
enum { OPTION_PAD1 = 0, OPTION_HOME_ADDRESS = 0xc9 };
#define MAX_TAGS 2       /* of VLANs */
#define MAX_EXTENSIONS 8 /* headers of IPv6 that are looked behind */

struct packet {
    const uint8_t *source, *dest; /* addresses */
    const uint8_t *home, *final;  /* the same, or those that IPv6's extension headers have instead */
    unsigned bytes;               /* of an address */
    bool extended;                /* it has such headers */
    uint8_t protocol;             /* with ports; 0: another, or a fragment */
    const uint8_t *ports;
};

static uint16_t word(const uint8_t *p)
{
    return p[0] << 8 | p[1];
}

/* -- What a frame is -- */

static void find_ports(struct packet *p, uint8_t protocol, const uint8_t *at, const uint8_t *end)
{
    if ((protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP) && end - at >= 4) {
        p->protocol = protocol;
        p->ports = at;
    }
}

static bool parse_v4(struct packet *p, const uint8_t *ip, const uint8_t *end)
{
    unsigned head = (ip[0] & 15) * 4;

    if (end - ip < 20 || ip[0] >> 4 != 4 || head < 20 || head > end - ip)
        return false;
    p->bytes = 4;
    p->source = p->home = ip + 12;
    p->dest = p->final = ip + 16;
    if (!(word(ip + 6) & 0x3fff)) /* else a fragment */
        find_ports(p, ip[9], ip + head, end);
    return true;
}

/* A header of options, of n bytes: the home address. */
static void find_home(struct packet *p, const uint8_t *options, unsigned n)
{
    for (unsigned i = 2; i < n;) {
        if (options[i] == OPTION_PAD1) {
            i++;
            continue;
        }
        if (i + 2 > n || i + 2 + options[i + 1] > n)
            return;
        if (options[i] == OPTION_HOME_ADDRESS && options[i + 1] == 16)
            p->home = options + i + 2;
        i += 2 + options[i + 1];
    }
}

static bool parse_v6(struct packet *p, const uint8_t *ip, const uint8_t *end)
{
    if (end - ip < 40 || ip[0] >> 4 != 6)
        return false;
    uint8_t next = ip[6];
    const uint8_t *at = ip + 40;
    p->bytes = 16;
    p->source = p->home = ip + 8;
    p->dest = p->final = ip + 24;
    for (unsigned i = 0; i < MAX_EXTENSIONS; i++) {
        if (next != V6_HOP_BY_HOP && next != V6_ROUTING && next != V6_FRAGMENT && next != V6_AUTHENTICATION &&
            next != V6_OPTIONS) {
            find_ports(p, next, at, end);
            return true;
        }
        p->extended = true;
        if (end - at < 8)
            return true;
        unsigned n = next == V6_FRAGMENT ? 8 : next == V6_AUTHENTICATION ? (at[1] + 2) * 4 : (at[1] + 1) * 8;
        if (n > end - at || (next == V6_FRAGMENT && word(at + 2) & 0xfff9))
            return true; /* it ends here, or is a fragment */
        if (next == V6_ROUTING && at[2] == 2 && n == 24)
            p->final = at + 8;
        else if (next == V6_OPTIONS)
            find_home(p, at, n);
        next = at[0];
        at += n;
    }
    return true;
}

/* False: of neither version of IP. */
static bool parse(struct packet *p, const uint8_t *frame, size_t len)
{
    size_t at = 12;
    unsigned tags = 0;

    *p = (struct packet){ .bytes = 0 };
    while (tags++ < MAX_TAGS && at + 6 <= len && (word(frame + at) == 0x8100 || word(frame + at) == 0x88a8))
        at += 4;
    if (at + 3 > len)
        return false;
    switch (word(frame + at)) {
    case 0x0800:
        return parse_v4(p, frame + at + 2, frame + len);
    case 0x86dd:
        return parse_v6(p, frame + at + 2, frame + len);
    }
    return false;
}

/* -- The hash -- */

static uint32_t toeplitz(const uint8_t *key, const uint8_t *in, unsigned n)
{
    uint32_t window = (uint32_t)word(key) << 16 | word(key + 2), hash = 0;

    for (unsigned i = 0; i < n; i++)
        for (int bit = 7; bit >= 0; bit--) {
            if (in[i] >> bit & 1)
                hash ^= window;
            window = window << 1 | (key[i + 4] >> bit & 1);
        }
    return hash;
}

struct net_hash virtio_net_hash(const struct net_rss *r, const uint8_t *frame, size_t len)
{
    /* The first one that the driver wants and that the frame has counts. */
    static const struct {
        unsigned type, report, bytes;
        uint8_t protocol; /* 0: any */
        bool extended;
    } rows[] = {
        { NET_HASH_TCP_EX, 8, 16, PROTOCOL_TCP, true }, { NET_HASH_UDP_EX, 9, 16, PROTOCOL_UDP, true },
        { NET_HASH_IP_EX, 7, 16, 0, true },             { NET_HASH_TCPV6, 5, 16, PROTOCOL_TCP, false },
        { NET_HASH_UDPV6, 6, 16, PROTOCOL_UDP, false }, { NET_HASH_IPV6, 4, 16, 0, false },
        { NET_HASH_TCPV4, 2, 4, PROTOCOL_TCP, false },  { NET_HASH_UDPV4, 3, 4, PROTOCOL_UDP, false },
        { NET_HASH_IPV4, 1, 4, 0, false },
    };
    struct packet p;
    uint8_t in[36];

    if (!r->enabled || !parse(&p, frame, len))
        return (struct net_hash){ 0 };
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        if (!(r->types >> rows[i].type & 1) || rows[i].bytes != p.bytes || (rows[i].extended && !p.extended) ||
            (rows[i].protocol && rows[i].protocol != p.protocol))
            continue;
        memcpy(in, rows[i].extended ? p.home : p.source, p.bytes);
        memcpy(in + p.bytes, rows[i].extended ? p.final : p.dest, p.bytes);
        if (rows[i].protocol)
            memcpy(in + 2 * p.bytes, p.ports, 4);
        return (struct net_hash){ toeplitz(r->key, in, 2 * p.bytes + (rows[i].protocol ? 4 : 0)), rows[i].report };
    }
    return (struct net_hash){ 0 };
}

unsigned virtio_net_rss_pair(const struct virtio_net *s, const struct net_hash *h)
{
    return (h->report ? s->rss.table[h->value & s->rss.mask] : s->rss.unclassified) % s->pairs;
}

/* -- Commands -- */

static bool take(const struct virtq_elem *e, size_t *at, void *out, size_t n)
{
    if (iov_read(e->out, e->nout, *at, out, n) != n)
        return false;
    *at += n;
    return true;
}

static bool take16(const struct virtq_elem *e, size_t *at, uint16_t *out)
{
    bool ok = take(e, at, out, 2);

    *out = GUINT16_FROM_LE(*out);
    return ok;
}

/* The message in r; false: it is too short, or has what the device has no room for. */
static bool read_config(const struct virtio_net *s, const struct virtq_elem *e, size_t at, bool steers,
                        struct net_rss *r, uint16_t *pairs)
{
    uint16_t reserved;
    uint8_t key;

    if (!take(e, &at, &r->types, 4))
        return false;
    r->types = GUINT32_FROM_LE(r->types) & NET_HASH_TYPES;
    if (steers) {
        if (!take16(e, &at, &r->mask) || r->mask >= NET_RSS_TABLE || (r->mask & (r->mask + 1)) ||
            !take16(e, &at, &r->unclassified) || r->unclassified >= s->max_pairs)
            return false;
        for (unsigned i = 0; i <= r->mask; i++)
            if (!take16(e, &at, &r->table[i]))
                return false;
        if (!take16(e, &at, pairs) || *pairs < 1 || *pairs > s->max_pairs)
            return false;
    } else {
        for (unsigned i = 0; i < 4; i++)
            if (!take16(e, &at, &reserved))
                return false;
    }
    if (!take(e, &at, &key, 1) || key > NET_RSS_KEY || (!key && r->types) || !take(e, &at, r->key, key))
        return false;
    r->enabled = key > 0; /* as QEMU has it: without a key it is turned off */
    r->steers = steers && r->enabled;
    return true;
}

bool virtio_net_configure_rss(struct virtio_net *s, const struct virtq_elem *e, size_t at, bool steers)
{
    struct net_rss r = { 0 };
    uint16_t pairs = s->pairs;
    bool ok = read_config(s, e, at, steers, &r, &pairs);

    s->rss = ok ? r : (struct net_rss){ 0 };
    if (ok)
        s->pairs = pairs;
    return ok;
}
