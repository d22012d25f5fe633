/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checksums and segments of what a card left undone: TCP and UDP over IPv4 and IPv6, with VLAN tags. The headers are
 * the guest's or a peer's: nothing is used before it is known to lie in the frame.
 */
#include "offload.h"

#include <string.h>

enum { ETHERNET = 14, TAG = 4, IP4_BYTES = 20, IP6_BYTES = 40, TCP_BYTES = 20, UDP_BYTES = 8, FRAGMENT_BYTES = 8 };
enum { TYPE_IP4 = 0x0800, TYPE_IP6 = 0x86dd, TYPE_VLAN = 0x8100, TYPE_QINQ = 0x88a8 };
enum { IP_TCP = 6, IP_UDP = 17, IP_FRAGMENT = 44 };
enum { TCP_FIN = 0x01, TCP_PSH = 0x08, TCP_CWR = 0x80 };
#define MORE_FRAGMENTS 0x2000

/* Where the parts of a frame are that is to be cut. */
struct parts {
    bool ip6;
    size_t ip, l4, data; /* offsets */
    size_t len;
};

/* -- The header in front of frames -- */

static void put16_le(uint8_t *p, uint16_t v)
{
    p[0] = v;
    p[1] = v >> 8;
}

static uint16_t get16_le(const uint8_t *p)
{
    return p[0] | p[1] << 8;
}

void offload_put(uint8_t bytes[OFFLOAD_BYTES], const struct net_offload *o)
{
    bytes[0] = o->flags;
    bytes[1] = o->gso;
    put16_le(bytes + 2, o->headers);
    put16_le(bytes + 4, o->size);
    put16_le(bytes + 6, o->start);
    put16_le(bytes + 8, o->at);
}

struct net_offload offload_get(const uint8_t bytes[OFFLOAD_BYTES])
{
    return (struct net_offload){ .flags = bytes[0], .gso = bytes[1], .headers = get16_le(bytes + 2),
                                 .size = get16_le(bytes + 4), .start = get16_le(bytes + 6),
                                 .at = get16_le(bytes + 8) };
}

/* -- Sums -- */

static uint16_t get16(const uint8_t *p)
{
    return p[0] << 8 | p[1];
}

static void put16(uint8_t *p, uint16_t v)
{
    p[0] = v >> 8;
    p[1] = v;
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static uint16_t fold(uint64_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

uint16_t offload_sum(uint32_t sum, const uint8_t *p, size_t len)
{
    uint64_t total = 0;
    uint32_t words[4];

    /* The order of bytes does not matter to the sum but for the order of the result: RFC 1071. */
    for (; len >= sizeof(words); p += sizeof(words), len -= sizeof(words)) {
        memcpy(words, p, sizeof(words));
        total += (uint64_t)words[0] + words[1] + words[2] + words[3];
    }
    uint64_t s = sum + (uint64_t)GUINT16_FROM_BE(fold(total));
    for (; len >= 2; p += 2, len -= 2)
        s += get16(p);
    return fold(s + (len ? p[0] << 8 : 0));
}

/* Put what makes the sum of all from start on right into the place of the sum; so says the header. */
static bool finish_sum(const struct net_offload *o, uint8_t *frame, size_t len)
{
    if ((size_t)o->start + o->at + 2 > len)
        return false;
    uint16_t sum = ~offload_sum(0, frame + o->start, len - o->start);
    put16(frame + o->start + o->at, sum ? sum : 0xffff); /* UDP's 0 means that there is none */
    return true;
}

/* The checksum of the TCP or UDP segment of n bytes at l4. */
static void put_sum(const struct parts *p, uint8_t *frame, uint8_t protocol, size_t n)
{
    uint8_t *l4 = frame + p->l4, *place = l4 + (protocol == IP_TCP ? 16 : 6);
    const uint8_t *addresses = frame + p->ip + (p->ip6 ? 8 : 12);

    put16(place, 0);
    uint32_t sum = offload_sum(protocol + (n & 0xffff) + (n >> 16), addresses, p->ip6 ? 32 : 8);
    uint16_t v = ~offload_sum(sum, l4, n);
    put16(place, v ? v : 0xffff);
}

static void put_ip4_sum(uint8_t *ip)
{
    size_t n = (ip[0] & 15) * 4;

    put16(ip + 10, 0);
    put16(ip + 10, ~offload_sum(0, ip, n));
}

/* -- Segments -- */

/* Find the headers; the transport's begins where its checksum does. False if they are not what is said. */
static bool find_parts(const struct net_offload *o, const uint8_t *frame, size_t len, struct parts *p)
{
    size_t type = ETHERNET - 2;

    while (type + 2 + TAG <= len && (get16(frame + type) == TYPE_VLAN || get16(frame + type) == TYPE_QINQ))
        type += TAG;
    p->len = len;
    p->ip = type + 2;
    p->l4 = o->start;
    if (p->ip + IP4_BYTES > len)
        return false;
    p->ip6 = get16(frame + type) == TYPE_IP6;
    if (p->ip6 ? p->l4 < p->ip + IP6_BYTES
               : get16(frame + type) != TYPE_IP4 || p->l4 != p->ip + (frame[p->ip] & 15) * 4u ||
                     p->l4 < p->ip + IP4_BYTES)
        return false;
    if (p->l4 + UDP_BYTES > len)
        return false;
    p->data = p->l4 + UDP_BYTES;
    if ((o->gso & ~NET_GSO_ECN) != NET_GSO_TCP4 && (o->gso & ~NET_GSO_ECN) != NET_GSO_TCP6)
        return true;
    if (p->l4 + TCP_BYTES > len)
        return false;
    p->data = p->l4 + (frame[p->l4 + 12] >> 4) * 4u;
    return p->data >= p->l4 + TCP_BYTES && p->data <= len;
}

/* The IP header of a frame that ends after n bytes, the one of this number. */
static void fit_ip(const struct parts *p, uint8_t *frame, size_t n, unsigned number)
{
    uint8_t *ip = frame + p->ip;

    if (p->ip6) {
        put16(ip + 4, n - p->ip - IP6_BYTES);
        return;
    }
    put16(ip + 2, n - p->ip);
    put16(ip + 4, get16(ip + 4) + number);
    put_ip4_sum(ip);
}

/* TCP or UDP (with USO) in segments of size bytes. */
static bool cut(const struct parts *p, uint8_t protocol, size_t size, const uint8_t *frame, offload_emit *emit,
                void *opaque)
{
    g_autofree uint8_t *out = g_malloc(p->data + MIN(size, p->len - p->data));
    size_t at = p->data;
    unsigned number = 0;

    do {
        size_t n = MIN(size, p->len - at);
        uint8_t *l4 = out + p->l4;
        memcpy(out, frame, p->data);
        memcpy(out + p->data, frame + at, n);
        fit_ip(p, out, p->data + n, number);
        if (protocol == IP_TCP) {
            uint32_t sequence = get32(l4 + 4) + (at - p->data);
            put16(l4 + 4, sequence >> 16);
            put16(l4 + 6, sequence);
            if (at + n < p->len)
                l4[13] &= ~(TCP_FIN | TCP_PSH);
            if (number > 0)
                l4[13] &= ~TCP_CWR;
        } else {
            put16(l4 + 4, UDP_BYTES + n);
        }
        put_sum(p, out, protocol, p->data - p->l4 + n);
        if (!emit(opaque, out, p->data + n))
            return false;
        at += n;
        number++;
    } while (at < p->len);
    return true;
}

/* UFO: a datagram as fragments of IP, each of size bytes but the last. Its own checksum is done. */
static bool fragment(const struct parts *p, size_t size, const uint8_t *frame, offload_emit *emit, void *opaque)
{
    size_t head = p->l4 + (p->ip6 ? FRAGMENT_BYTES : 0), offset = 0, all = p->len - p->l4;

    size &= ~(size_t)7;
    if (size == 0 || (p->ip6 && p->l4 != p->ip + IP6_BYTES)) /* extension headers have their own idea of the place */
        return true;
    g_autofree uint8_t *out = g_malloc(head + MIN(size, all));
    do {
        size_t n = MIN(size, all - offset);
        bool more = offset + n < all;
        memcpy(out, frame, p->l4);
        memcpy(out + head, frame + p->l4 + offset, n);
        if (p->ip6) {
            uint8_t *f = out + p->l4;
            f[0] = out[p->ip + 6];
            f[1] = 0;
            put16(f + 2, offset | more);
            memcpy(f + 4, frame + p->l4, 4); /* an identification: the ports', like any other */
            out[p->ip + 6] = IP_FRAGMENT;
        } else {
            put16(out + p->ip + 6, offset / 8 | (more ? MORE_FRAGMENTS : 0));
        }
        fit_ip(p, out, head + n, 0);
        if (!emit(opaque, out, head + n))
            return false;
        offset += n;
    } while (offset < all);
    return true;
}

bool offload_finish(const struct net_offload *o, bool whole, uint8_t *frame, size_t len, offload_emit *emit,
                    void *opaque)
{
    const uint8_t kind = o->gso & ~NET_GSO_ECN;
    struct parts p;

    if (kind == NET_GSO_NONE || (kind == NET_GSO_UDP && whole))
        return ((o->flags & NET_SUM_NEEDED) && !finish_sum(o, frame, len)) || emit(opaque, frame, len);
    if (!(o->flags & NET_SUM_NEEDED) || o->size == 0 || !find_parts(o, frame, len, &p))
        return true;
    const size_t size = whole ? len : o->size;
    switch (kind) {
    case NET_GSO_TCP4:
    case NET_GSO_TCP6:
        return p.ip6 != (kind == NET_GSO_TCP6) || cut(&p, IP_TCP, size, frame, emit, opaque);
    case NET_GSO_UDP_L4: /* each is a datagram of its own, whoever takes it */
        return cut(&p, IP_UDP, o->size, frame, emit, opaque);
    case NET_GSO_UDP:
        put_sum(&p, frame, IP_UDP, len - p.l4);
        return fragment(&p, size, frame, emit, opaque);
    default:
        return true;
    }
}
