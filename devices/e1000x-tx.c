/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Transmit rings of e1000 and e1000e: legacy, context and data descriptors, checksums, VLAN tags, segments. Not
 * modelled: delays of interrupts.
 */
#include <inttypes.h>
#include <string.h>

#include "e1000x.h"

#define DESCRIPTOR 16 /* bytes */
enum { TX_DONE = 0x01 };
enum { TX_END = 0x01, TX_CHECKSUM = 0x04 /* legacy */, TX_SEGMENT = 0x04, TX_REPORT = 0x08, TX_EXTENDED = 0x20,
       TX_VLAN = 0x40 };
enum { TX_TYPE = 0xf << 20 }; /* kinds of extended ones: 0 is a context */
enum { CONTEXT_TCP = 0x01, CONTEXT_IPV4 = 0x02 };
enum { OPTION_IP = 0x01, OPTION_TRANSPORT = 0x02 }; /* checksums that are wanted */
enum { TCTL_ENABLE = 0x02 };

/* The Internet's checksum of a part, into it. */
static void put_checksum(uint8_t *p, size_t len, unsigned start, unsigned at, unsigned end)
{
    uint32_t sum = 0;

    end = end && end + 1u < len ? end + 1 : len;
    if (start >= end || at + 2 > len)
        return;
    for (unsigned i = start; i < end; i++)
        sum += (i - start) & 1 ? p[i] : p[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    put16_be(p + at, ~sum);
}

/* Headers of a segment of n bytes, of which the data begin at sofar of the packet's. */
static void adapt_headers(const struct e1000_tx *t, uint8_t *p, size_t n, uint32_t sofar, bool last)
{
    unsigned length_at = t->ip_start + (t->flags & CONTEXT_IPV4 ? 2 : 4);
    uint16_t len = n - t->start;

    if (t->ip_start + 8u > t->header || t->start + 8u > t->header ||
        (t->flags & CONTEXT_TCP && t->start + 14u > t->header))
        return; /* they are no headers */
    put16_be(p + length_at, n - t->ip_start - (t->flags & CONTEXT_IPV4 ? 0 : 40));
    if (t->flags & CONTEXT_IPV4)
        put16_be(p + t->ip_start + 4, get16_be(p + t->ip_start + 4) + t->segment);
    if (t->flags & CONTEXT_TCP) {
        uint8_t *tcp = p + t->start;
        uint32_t sequence = ((uint32_t)get16_be(tcp + 4) << 16 | get16_be(tcp + 6)) + sofar;
        put16_be(tcp + 4, sequence >> 16);
        put16_be(tcp + 6, sequence);
        if (!last)
            tcp[13] &= ~9; /* PSH, FIN */
    } else {
        put16_be(p + t->start + 4, len);
    }
    if ((t->options & OPTION_TRANSPORT) && t->at + 2u <= n) { /* the pseudo header lacks the length */
        uint32_t sum = get16_be(p + t->at) + len;
        put16_be(p + t->at, (sum & 0xffff) + (sum >> 16));
    }
}

/* The sums that the descriptors ask for, into a frame. Once: what they cover has room for them. */
static void put_checksums(const struct e1000_tx *t, uint8_t *p, size_t len)
{
    if (t->options & OPTION_TRANSPORT)
        put_checksum(p, len, t->start, t->at, t->end);
    if (t->options & OPTION_IP)
        put_checksum(p, len, t->ip_start, t->ip_at, t->ip_end);
}

/* False: the back end is full. */
static bool send_frame(struct e1000x *s, const struct e1000_tx *t, uint8_t *p, size_t len)
{
    uint8_t tag[4];
    struct iovec iov[3] = { { p, len } };
    unsigned n = 1;

    if (t->vlan && len >= 14) {
        put16_be(tag, *e1000_reg(s, R_VET));
        put16_be(tag + 2, t->tag);
        iov[0].iov_len = 12;
        iov[1] = (struct iovec){ tag, sizeof(tag) };
        iov[2] = (struct iovec){ p + 12, len - 12 };
        n = 3;
    }
    if (len < 14 || len > NET_MAX_FRAME - 4)
        return true;
    if (s->nic.netdev && !net_send(s->nic.netdev, iov, n))
        return false;
    e1000_count(s, true, p, len + (t->vlan ? 4 : 0));
    return true;
}

static bool is_cut(const struct e1000_tx *t)
{
    return t->segmented && t->mss > 0 && t->size > t->header;
}

/* The packet is whole. False: it waits for room, and goes on from there. */
static bool send_packet(struct e1000x *s, struct e1000_tx *t)
{
    g_autofree uint8_t *frame = NULL;

    if (!is_cut(t))
        return send_frame(s, t, t->data, t->size);
    frame = g_malloc(t->header + t->mss);
    for (uint32_t at = t->header + t->segment * t->mss; at < t->size; at = t->header + t->segment * t->mss) {
        size_t n = MIN(t->size - at, t->mss);
        memcpy(frame, t->data, t->header);
        memcpy(frame + t->header, t->data + at, n);
        adapt_headers(t, frame, t->header + n, at - t->header, at + n == t->size);
        put_checksums(t, frame, t->header + n);
        if (!send_frame(s, t, frame, t->header + n))
            return false;
        t->segment++;
    }
    return true;
}

static void take_context(struct e1000_tx *t, const uint8_t *d)
{
    t->ip_start = d[0];
    t->ip_at = d[1];
    t->ip_end = get16(d + 2);
    t->start = d[4];
    t->at = d[5];
    t->end = get16(d + 6);
    t->flags = d[11];
    t->header = d[13];
    t->mss = get16(d + 14);
}

static void gather(struct e1000x *s, struct e1000_tx *t, const uint8_t *d, size_t len)
{
    gpa at = get64(d);

    if (len > E1000_MAX_PACKET - t->size) {
        device_guest_error(&s->nic.dev, "packet of %zu bytes: expected at most %u", t->size + len, E1000_MAX_PACKET);
        len = E1000_MAX_PACKET - t->size;
    }
    if (!device_dma_read(&s->nic.dev, at, t->data + t->size, len)) {
        device_guest_error(&s->nic.dev, "%zu bytes to send at 0x%" PRIx64 ": expected RAM", len, at);
        return;
    }
    t->size += len;
}

/* A descriptor. False: its packet waits for room. */
static bool take_descriptor(struct e1000x *s, struct e1000_tx *t, const uint8_t *d)
{
    uint32_t lower = get32(d + 8);
    uint8_t command = lower >> 24;

    if ((command & TX_EXTENDED) && (lower & TX_TYPE) == 0) {
        take_context(t, d);
        return true;
    }
    if (!t->whole) {
        if (t->size == 0 && (command & TX_EXTENDED))
            t->options = d[13];
        t->extended = command & TX_EXTENDED;
        t->segmented = t->extended && (command & TX_SEGMENT);
        gather(s, t, d, command & TX_EXTENDED ? lower & 0xfffff : lower & 0xffff);
        if (!(command & TX_END))
            return true;
        t->vlan = (command & TX_VLAN) && (*e1000_reg(s, R_CTRL) & CTRL_VLAN);
        t->tag = get16(d + 14);
        if (!t->extended && (command & TX_CHECKSUM))
            put_checksum(t->data, t->size, d[13], d[10], 0);
        if (t->extended && !is_cut(t))
            put_checksums(t, t->data, t->size);
        t->whole = true;
        t->segment = 0;
    }
    if (!send_packet(s, t))
        return false;
    t->whole = false;
    t->size = 0;
    t->options = 0;
    return true;
}

void e1000_transmit(struct e1000x *s, unsigned queue)
{
    struct e1000_tx *t = &s->tx[queue];
    const unsigned at_queue = queue * R_QUEUE;
    const uint32_t entries = e1000_ring_entries(s, R_TDLEN + at_queue, DESCRIPTOR);
    uint32_t *head = e1000_reg(s, R_TDH + at_queue), *tail = e1000_reg(s, R_TDT + at_queue), sent = 0;

    if (!(*e1000_reg(s, R_TCTL) & TCTL_ENABLE) || *head >= entries || *tail >= entries || *head == *tail)
        return;
    while (*head != *tail) {
        gpa at = e1000_ring_base(s, R_TDBAL + at_queue) + (uint64_t)*head * DESCRIPTOR;
        uint8_t d[DESCRIPTOR];
        if (!device_dma_read(&s->nic.dev, at, d, sizeof(d))) {
            device_guest_error(&s->nic.dev, "transmit ring at 0x%" PRIx64 ": expected RAM", at);
            break;
        }
        if (!take_descriptor(s, t, d))
            break; /* can_send() goes on */
        if (d[11] & TX_REPORT) {
            d[12] |= TX_DONE;
            device_dma_write(&s->nic.dev, at + 12, d + 12, 1);
            sent = s->model->sent(s, queue);
        }
        *head = (*head + 1) % entries;
    }
    s->model->raise(s, sent | (*head == *tail ? ICR_QUEUE_EMPTY : 0));
}

static const struct state_row tx_fields[] = {
    FIELD_KEEP(struct e1000_tx, size),
    FIELD_KEEP(struct e1000_tx, segment),
    FIELD_KEEP(struct e1000_tx, options),
    FIELD_KEEP(struct e1000_tx, extended),
    FIELD_KEEP(struct e1000_tx, segmented),
    FIELD_KEEP(struct e1000_tx, vlan),
    FIELD_KEEP(struct e1000_tx, whole),
    FIELD_KEEP(struct e1000_tx, tag),
    FIELD_KEEP(struct e1000_tx, ip_start),
    FIELD_KEEP(struct e1000_tx, ip_at),
    FIELD_KEEP(struct e1000_tx, start),
    FIELD_KEEP(struct e1000_tx, at),
    FIELD_KEEP(struct e1000_tx, header),
    FIELD_KEEP(struct e1000_tx, flags),
    FIELD_KEEP(struct e1000_tx, ip_end),
    FIELD_KEEP(struct e1000_tx, end),
    FIELD_KEEP(struct e1000_tx, mss),
    FIELD_KEEP_ARRAY(struct e1000_tx, data),
    FIELD_END,
};
const struct state_table e1000_tx_table = { STATE_OF(struct e1000_tx), .version = 1, .rows = tx_fields };
