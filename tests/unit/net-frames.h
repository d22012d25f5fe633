/* SPDX-License-Identifier: BSD-2-Clause */
/* Ethernet frames for the network tests: ARP, DHCP, UDP and TCP's SYN over IPv4, made and taken apart. */
#ifndef NET_FRAMES_H
#define NET_FRAMES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static const uint8_t test_mac[6] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 };

#define IP4(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

static inline void be16(uint8_t *p, uint16_t v)
{
    p[0] = v >> 8;
    p[1] = v;
}

static inline void be32(uint8_t *p, uint32_t v)
{
    be16(p, v >> 16);
    be16(p + 2, v);
}

static inline uint16_t from_be16(const uint8_t *p)
{
    return p[0] << 8 | p[1];
}

static inline uint32_t from_be32(const uint8_t *p)
{
    return (uint32_t)from_be16(p) << 16 | from_be16(p + 2);
}

static inline void ethernet(uint8_t *f, const uint8_t *to, uint16_t type)
{
    memset(f, 0xff, 6);
    if (to)
        memcpy(f, to, 6);
    memcpy(f + 6, test_mac, 6);
    be16(f + 12, type);
}

/* op 1: who has target?, 2: from is at test_mac. Returns the length. */
static inline size_t make_arp(uint8_t *f, uint16_t op, const uint8_t *to, uint32_t from, uint32_t target)
{
    static const uint8_t head[6] = { 0, 1, 8, 0, 6, 4 };

    memset(f, 0, 60);
    ethernet(f, to, 0x0806);
    memcpy(f + 14, head, 6);
    be16(f + 20, op);
    memcpy(f + 22, test_mac, 6);
    be32(f + 28, from);
    if (to)
        memcpy(f + 32, to, 6);
    be32(f + 38, target);
    return 60;
}

static inline uint16_t checksum(const uint8_t *p, size_t n)
{
    uint32_t sum = 0;

    for (size_t i = 0; i + 1 < n; i += 2)
        sum += from_be16(p + i);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return ~sum;
}

/* An UDP datagram (without UDP checksum). Returns the length. */
static inline size_t make_udp(uint8_t *f, const uint8_t *to, uint32_t from, uint16_t from_port, uint32_t dest,
                              uint16_t port, const void *data, size_t n)
{
    uint8_t *ip = f + 14, *udp = ip + 20;

    ethernet(f, to, 0x0800);
    memset(ip, 0, 28);
    ip[0] = 0x45;
    be16(ip + 2, 28 + n);
    ip[8] = 64;
    ip[9] = 17;
    be32(ip + 12, from);
    be32(ip + 16, dest);
    be16(ip + 10, checksum(ip, 20));
    be16(udp, from_port);
    be16(udp + 2, port);
    be16(udp + 4, 8 + n);
    memcpy(udp + 8, data, n);
    return 42 + n;
}

/* A DHCP discover. */
static inline size_t make_discover(uint8_t *f)
{
    static const uint8_t options[] = { 0x63, 0x82, 0x53, 0x63, 53, 1, 1, 255 };
    uint8_t m[300] = { 1, 1, 6, 0, 0x12, 0x34, 0x56, 0x78 };

    memcpy(m + 28, test_mac, 6);
    memcpy(m + 236, options, sizeof(options));
    return make_udp(f, NULL, 0, 68, 0xffffffff, 67, m, sizeof(m));
}

static inline bool is_arp(const uint8_t *f, size_t n, uint16_t op)
{
    return n >= 42 && from_be16(f + 12) == 0x0806 && from_be16(f + 20) == op;
}

/* An IPv4 frame of a protocol: 6 TCP, 17 UDP. */
static inline bool is_ip(const uint8_t *f, size_t n, uint8_t protocol)
{
    return n >= 42 && from_be16(f + 12) == 0x0800 && f[23] == protocol;
}

#endif
