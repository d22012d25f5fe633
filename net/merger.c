/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP over IPv4 without options and over IPv6 without extension headers; segments with data and no flag but ACK and
 * PSH.
 */
#include "merger.h"

#include <string.h>

#include "offload.h"

enum { ETHERNET = 14, IP4_BYTES = 20, IP6_BYTES = 40, TCP_BYTES = 20, IP_TCP = 6 };
enum { TCP_ACK = 0x10, TCP_PSH = 0x08 };

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

/* Where TCP begins in a segment that can be merged, and which kind it is; 0 in others. */
static size_t find_tcp(const uint8_t *f, size_t len, unsigned *takes)
{
    const uint8_t *ip = f + ETHERNET;

    if (len > ETHERNET + IP4_BYTES && get16(f + 12) == 0x0800 && ip[0] == 0x45 && ip[9] == IP_TCP &&
        !(get16(ip + 6) & 0x3fff) && get16(ip + 2) == len - ETHERNET) {
        *takes = NET_TAKES_SUM | NET_TAKES_TCP4;
        return ETHERNET + IP4_BYTES;
    }
    if (len > ETHERNET + IP6_BYTES && get16(f + 12) == 0x86dd && ip[6] == IP_TCP &&
        get16(ip + 4) == len - ETHERNET - IP6_BYTES) {
        *takes = NET_TAKES_SUM | NET_TAKES_TCP6;
        return ETHERNET + IP6_BYTES;
    }
    return 0;
}

/* It goes on where the gathered ones end, and says all else alike. */
static bool continues(const struct merger *m, const uint8_t *f, size_t len, size_t headers, size_t tcp)
{
    const uint8_t *ip = f + ETHERNET, *mine = m->frame + ETHERNET;
    bool v4 = tcp == ETHERNET + IP4_BYTES;
    size_t data = len - headers, so_far = m->len - m->headers;

    return headers == m->headers && data <= m->size && so_far == m->size * m->segments &&
           m->len + data <= ETHERNET + 65535 && !(m->frame[tcp + 13] & TCP_PSH) && !memcmp(f, m->frame, ETHERNET) &&
           /* IPv4: version, TOS; flags; TTL; addresses. IPv6: version, class, flow; hop limit; addresses. */
           !memcmp(ip, mine, v4 ? 2 : 4) && (!v4 || !memcmp(ip + 6, mine + 6, 2)) &&
           !memcmp(ip + (v4 ? 8 : 6), mine + (v4 ? 8 : 6), 2) &&
           !memcmp(ip + (v4 ? 12 : 8), mine + (v4 ? 12 : 8), v4 ? 8 : 32) &&
           get32(f + tcp + 4) == (uint32_t)(get32(m->frame + tcp + 4) + so_far) &&
           !memcmp(f + tcp, m->frame + tcp, 4) &&
           !memcmp(f + tcp + 8, m->frame + tcp + 8, 5) && /* acknowledged up to; bytes of the header */
           !memcmp(f + tcp + 20, m->frame + tcp + 20, headers - tcp - 20);
}

void merger_flush(struct merger *m, struct netdev *n)
{
    const struct net_offload valid = { .flags = NET_SUM_VALID };
    unsigned takes = 0;

    if (!m->len)
        return;
    if (m->segments == 1) {
        net_deliver_offload(n, &valid, m->frame, m->len);
    } else {
        size_t tcp = find_tcp(m->frame, m->headers + m->size, &takes);
        bool v4 = takes & NET_TAKES_TCP4;
        uint8_t *ip = m->frame + ETHERNET;
        const struct net_offload o = { .flags = NET_SUM_NEEDED, .gso = v4 ? NET_GSO_TCP4 : NET_GSO_TCP6,
                                       .headers = m->headers, .size = m->size, .start = tcp, .at = 16 };
        if (v4) {
            put16(ip + 2, m->len - ETHERNET);
            put16(ip + 10, 0);
            put16(ip + 10, ~offload_sum(0, ip, IP4_BYTES));
        } else {
            put16(ip + 4, m->len - ETHERNET - IP6_BYTES);
        }
        /* In TCP's checksum: the sum of the pseudo header. */
        put16(m->frame + tcp + 16, offload_sum(IP_TCP + (m->len - tcp), ip + (v4 ? 12 : 8), v4 ? 8 : 32));
        net_deliver_offload(n, &o, m->frame, m->len);
    }
    m->len = 0;
}

void merger_add(struct merger *m, struct netdev *n, const uint8_t *frame, size_t len)
{
    const struct net_offload valid = { .flags = NET_SUM_VALID };
    unsigned takes = 0, taken = net_offloads_taken(n);
    size_t tcp = find_tcp(frame, len, &takes), headers = 0;

    if (tcp && !(takes & ~taken) && tcp + TCP_BYTES <= len && (frame[tcp + 13] & ~TCP_PSH) == TCP_ACK)
        headers = tcp + (frame[tcp + 12] >> 4) * 4u;
    if (headers < tcp + TCP_BYTES || headers >= len || len > sizeof(m->frame)) { /* none to be merged */
        merger_flush(m, n);
        net_deliver_offload(n, taken & NET_TAKES_SUM ? &valid : &(struct net_offload){ 0 }, frame, len);
        return;
    }
    if (m->len && continues(m, frame, len, headers, tcp)) {
        memcpy(m->frame + m->len, frame + headers, len - headers);
        m->frame[tcp + 13] |= frame[tcp + 13] & TCP_PSH;
        memcpy(m->frame + tcp + 14, frame + tcp + 14, 2); /* the newest window */
        m->len += len - headers;
        m->segments++;
        return;
    }
    merger_flush(m, n);
    memcpy(m->frame, frame, len);
    m->len = len;
    m->headers = headers;
    m->size = len - headers;
    m->segments = 1;
}
