/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What e1000 and e1000e receive: filters; the ring, with legacy, extended and packet split descriptors. Checksums of
 * received frames are not modelled: the driver is told to compute them.
 */
#include <inttypes.h>
#include <string.h>

#include "e1000x.h"

#define CRC_BYTES 4
#define MIN_FRAME 60
#define MAX_SHORT_FRAME 1522
#define MAX_FRAME 16384

enum { RCTL_ALL_UNICAST = 0x08, RCTL_ALL_MULTICAST = 0x10, RCTL_LONG = 0x20, RCTL_SPLIT = 0x400,
       RCTL_BROADCAST = 0x8000, RCTL_VLAN_FILTER = 0x40000, RCTL_SIZE_EXTENDED = 0x2000000, RCTL_STRIP_CRC = 0x4000000 };
enum { RFCTL_EXTENDED = 0x8000 };
enum { RX_DONE = 0x01, RX_END = 0x02, RX_NO_CHECKSUM = 0x04, RX_VLAN = 0x08 };
#define HEADER_SPLIT 0x8000 /* in the length of the header */
#define MAX_DESCRIPTOR 32   /* bytes */
#define BUFFERS 4           /* of a descriptor for split packets */

/* How the driver wants frames. */
struct format {
    unsigned descriptor;   /* bytes */
    bool extended, split;
    uint32_t size[BUFFERS]; /* of buffers */
    uint32_t all;           /* the sum of them */
};

/* A frame on its way into the ring. */
struct received {
    const uint8_t *bytes;
    size_t len, done;
    size_t header;  /* what goes to the first buffer alone, or 0 */
    uint8_t status; /* of its last descriptor */
    uint16_t tag;
};

static bool in_addresses(struct e1000x *s, const uint8_t *to)
{
    for (unsigned i = 0; i < 16; i++) {
        uint32_t low = *e1000_reg(s, R_RAL + 8 * i), high = *e1000_reg(s, R_RAL + 8 * i + 4);
        if ((high & RAH_VALID) && low == get32(to) && (high & 0xffff) == get16(to + 4))
            return true;
    }
    return false;
}

static bool in_multicast_table(struct e1000x *s, const uint8_t *to)
{
    static const uint8_t shifts[] = { 4, 3, 2, 0 };
    unsigned bit = get16(to + 4) >> shifts[*e1000_reg(s, R_RCTL) >> 12 & 3] & 0xfff;

    return *e1000_reg(s, R_MTA + bit / 32 * 4) >> (bit % 32) & 1;
}

static bool is_tagged(struct e1000x *s, const uint8_t *frame, size_t len)
{
    return len >= 18 && get16_be(frame + 12) == (*e1000_reg(s, R_VET) & 0xffff);
}

static bool wanted(struct e1000x *s, const uint8_t *frame, size_t len)
{
    static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    uint32_t rctl = *e1000_reg(s, R_RCTL);

    if ((rctl & RCTL_VLAN_FILTER) && is_tagged(s, frame, len)) {
        unsigned id = get16_be(frame + 14) & 0xfff;
        if (!(*e1000_reg(s, R_VFTA + id / 32 * 4) >> (id % 32) & 1))
            return false;
    }
    if (!memcmp(frame, broadcast, 6) && (rctl & RCTL_BROADCAST))
        return true;
    if (frame[0] & 1)
        return (rctl & RCTL_ALL_MULTICAST) || in_multicast_table(s, frame) || in_addresses(s, frame);
    return (rctl & RCTL_ALL_UNICAST) || in_addresses(s, frame);
}

static struct format format_now(struct e1000x *s)
{
    const uint32_t rctl = *e1000_reg(s, R_RCTL), sizes = *e1000_reg(s, R_PSRCTL);
    const bool extended = s->model->formats && (*e1000_reg(s, R_RFCTL) & RFCTL_EXTENDED);
    struct format f = { .descriptor = 16, .extended = extended };

    if (s->model->formats && (rctl & RCTL_SPLIT)) {
        f = (struct format){ .descriptor = 32, .extended = true, .split = true,
                             .size = { (sizes & 0x7f) * 128, (sizes >> 8 & 0x3f) * 1024, (sizes >> 16 & 0x3f) * 1024,
                                       (sizes >> 24 & 0x3f) * 1024 } };
    } else {
        f.size[0] = 2048u >> (rctl >> 16 & 3);
        if ((rctl & RCTL_SIZE_EXTENDED) && f.size[0] < 2048)
            f.size[0] *= 16;
    }
    for (unsigned i = 0; i < BUFFERS; i++)
        f.all += f.size[i];
    return f;
}

/* Bytes of the headers of TCP or UDP over IP, or 0. */
static size_t headers_of(const uint8_t *p, size_t len)
{
    size_t at = len >= 18 && get16_be(p + 12) == 0x8100 ? 18 : 14, ip;
    uint8_t protocol;

    if (at + 40 > len)
        return 0;
    switch (get16_be(p + at - 2)) {
    case 0x0800:
        ip = (p[at] & 15) * 4u;
        protocol = p[at + 9];
        if (ip < 20 || (get16_be(p + at + 6) & 0x3fff)) /* a fragment */
            return 0;
        break;
    case 0x86dd:
        ip = 40;
        protocol = p[at + 6];
        break;
    default:
        return 0;
    }
    at += ip;
    if (protocol == 17)
        return at + 8 <= len ? at + 8 : 0;
    if (protocol != 6 || at + 20 > len)
        return 0;
    at += (p[at + 12] >> 4) * 4u;
    return at <= len ? at : 0;
}

static void put_buffer(struct e1000x *s, gpa buffer, const uint8_t *p, size_t n)
{
    if (n > 0 && !device_dma_write(&s->nic.dev, buffer, p, n))
        device_guest_error(&s->nic.dev, "receive buffer at 0x%" PRIx64 ": expected RAM", buffer);
}

/* Bytes into a descriptor's buffers; lengths: what each has got. */
static void fill_buffers(struct e1000x *s, const struct format *f, struct received *r, const uint8_t *d,
                         uint16_t *lengths)
{
    for (unsigned i = 0; i < (f->split ? BUFFERS : 1); i++) {
        size_t n = MIN(r->len - r->done, f->size[i]);
        if (i == 0 && r->header)
            n = r->done == 0 ? r->header : 0;
        put_buffer(s, get64(d + 8 * i), r->bytes + r->done, n);
        r->done += n;
        lengths[i] = n;
    }
}

/* What is written back. The part that the driver looks at first is at *last. */
static void describe(const struct format *f, const struct received *r, const uint16_t *lengths, uint8_t *d,
                     unsigned *last)
{
    uint8_t status = RX_DONE | (r->done == r->len ? RX_END | r->status : 0);

    if (!f->extended) { /* the address stays */
        memset(d + 8, 0, 8);
        pci_put16(d + 8, lengths[0]);
        d[12] = status;
        pci_put16(d + 14, r->tag);
        *last = 12;
        return;
    }
    memset(d, 0, f->descriptor);
    pci_put32(d + 8, status);
    pci_put16(d + 12, lengths[0]);
    pci_put16(d + 14, r->tag);
    if (f->split) {
        pci_put16(d + 16, r->header ? HEADER_SPLIT | r->header : 0);
        for (unsigned i = 1; i < BUFFERS; i++)
            pci_put16(d + 16 + 2 * i, lengths[i]);
    }
    *last = 8;
}

/* Spread a frame over descriptors, which there are enough of. */
static void fill_ring(struct e1000x *s, const struct format *f, struct received *r)
{
    const uint32_t entries = e1000_ring_entries(s, R_RDLEN, f->descriptor);
    uint32_t *head = e1000_reg(s, R_RDH);

    do {
        uint8_t d[MAX_DESCRIPTOR];
        uint16_t lengths[BUFFERS] = { 0 };
        gpa at = e1000_ring_base(s, R_RDBAL) + (uint64_t)*head * f->descriptor;
        unsigned last;
        if (!device_dma_read(&s->nic.dev, at, d, f->descriptor)) {
            device_guest_error(&s->nic.dev, "receive ring at 0x%" PRIx64 ": expected RAM", at);
            return;
        }
        fill_buffers(s, f, r, d, lengths);
        describe(f, r, lengths, d, &last);
        /* The status comes last: with it the driver believes the rest. */
        if (!device_dma_write(&s->nic.dev, at, d, last) ||
            (f->descriptor > last + 4 && !device_dma_write(&s->nic.dev, at + last + 4, d + last + 4,
                                                           f->descriptor - last - 4)) ||
            !device_dma_write(&s->nic.dev, at + last, d + last, 4))
            return;
        *head = (*head + 1) % entries;
    } while (r->done < r->len);
    s->model->raise(s, s->model->received(s));
}

/* How many descriptors it takes. */
static uint32_t descriptors_for(const struct format *f, const struct received *r)
{
    size_t others = f->all - f->size[0], first = others + (r->header ? r->header : f->size[0]);

    if (r->len <= first)
        return 1;
    if (r->header)
        return others ? 1 + (r->len - first + others - 1) / others : UINT32_MAX;
    return (r->len + f->all - 1) / f->all;
}

bool e1000_receive(void *opaque, const uint8_t *frame, size_t len)
{
    struct e1000x *s = opaque;
    const uint32_t rctl = *e1000_reg(s, R_RCTL), head = *e1000_reg(s, R_RDH), tail = *e1000_reg(s, R_RDT);
    const struct format f = format_now(s);
    const uint32_t entries = e1000_ring_entries(s, R_RDLEN, f.descriptor);
    uint8_t bytes[MAX_FRAME + MIN_FRAME + CRC_BYTES];
    struct received r = { .bytes = bytes, .len = len, .status = RX_NO_CHECKSUM };

    if (!(rctl & RCTL_ENABLE) || !device_dma_enabled(&s->nic.dev) || len < 14 || len > MAX_FRAME || entries == 0 ||
        f.all == 0 || (len > MAX_SHORT_FRAME && !(rctl & RCTL_LONG)) || !wanted(s, frame, len))
        return true; /* nobody is listening: gone */
    if (head >= entries || tail >= entries) {
        device_guest_error(&s->nic.dev,
                           "receive ring of %" PRIu32 " descriptors: %" PRIu32 " to %" PRIu32 " are not in it", entries,
                           head, tail);
        return true;
    }
    memcpy(bytes, frame, len);
    if ((*e1000_reg(s, R_CTRL) & CTRL_VLAN) && is_tagged(s, frame, len)) {
        r.tag = get16_be(frame + 14);
        r.status |= RX_VLAN;
        r.len -= 4;
        memcpy(bytes + 12, frame + 16, r.len - 12);
    }
    memset(bytes + r.len, 0, MIN_FRAME + CRC_BYTES);
    if (f.split) {
        r.header = headers_of(bytes, r.len);
        if (r.header > f.size[0] || r.header > 0x3ff)
            r.header = 0;
    }
    r.len = MAX(r.len, MIN_FRAME) + (rctl & RCTL_STRIP_CRC ? 0 : CRC_BYTES);
    const uint32_t needed = descriptors_for(&f, &r);
    if (needed >= entries) { /* it will never fit */
        ++*e1000_reg(s, R_MPC);
        return true;
    }
    if ((tail + entries - head) % entries < needed) {
        s->model->raise(s, ICR_OVERRUN);
        return false;
    }
    e1000_count(s, false, frame, len);
    fill_ring(s, &f, &r);
    return true;
}
