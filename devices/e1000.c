/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * e1000: Intel's 82540EM network card. Manual: "PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's
 * Manual", with the PHY's registers as Marvell's 88E1011 has them. Not modelled: delays of interrupts, flow control,
 * checksums of what is received (the driver is told to compute them), wake-up, statistics, writing the EEPROM.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "devices/pci/pci.h"
#include "net.h"

/* -- Numbers of the manual -- */

enum e1000_register {
    R_CTRL = 0x0000, R_STATUS = 0x0008, R_EECD = 0x0010, R_EERD = 0x0014, R_MDIC = 0x0020, R_VET = 0x0038, R_ICR =
    0x00c0, R_ICS = 0x00c8, R_IMS = 0x00d0, R_IMC = 0x00d8, R_RCTL = 0x0100, R_TCTL = 0x0400, R_RDBAL = 0x2800,
    R_RDBAH = 0x2804, R_RDLEN = 0x2808, R_RDH = 0x2810, R_RDT = 0x2818, R_TDBAL = 0x3800, R_TDBAH = 0x3804, R_TDLEN =
    0x3808, R_TDH = 0x3810, R_TDT = 0x3818, R_STATISTICS = 0x4000, R_STATISTICS_END = 0x4100, R_MTA = 0x5200, R_RAL =
    0x5400, R_VFTA = 0x5600, R_END = 0x6000,
};
enum { CTRL_RESET = 1 << 26, CTRL_VLAN = 1 << 30 };
enum { STATUS_FULL_DUPLEX = 0x01, STATUS_LINK_UP = 0x02, STATUS_1000 = 0x80 };
enum { EECD_CLOCK = 0x01, EECD_SELECT = 0x02, EECD_IN = 0x04, EECD_OUT = 0x08, EECD_REQUEST = 0x40, EECD_GRANT = 0x80,
       EECD_PRESENT = 0x100 };
enum { EERD_START = 0x01, EERD_DONE = 0x10 };
enum { MDIC_WRITE = 1 << 26, MDIC_READ = 2 << 26, MDIC_READY = 1 << 28, MDIC_INTERRUPT = 1 << 29,
       MDIC_ERROR = 1 << 30 };
enum { ICR_SENT = 0x01, ICR_QUEUE_EMPTY = 0x02, ICR_LINK = 0x04, ICR_OVERRUN = 0x40, ICR_RECEIVED = 0x80,
       ICR_MDIC = 0x200 };
#define ICR_BITS 0x1ffffu
enum { RCTL_ENABLE = 0x02, RCTL_ALL_UNICAST = 0x08, RCTL_ALL_MULTICAST = 0x10, RCTL_LONG = 0x20,
       RCTL_BROADCAST = 0x8000, RCTL_VLAN_FILTER = 0x40000, RCTL_SIZE_EXTENDED = 0x2000000,
       RCTL_STRIP_CRC = 0x4000000 };
enum { TCTL_ENABLE = 0x02 };
#define RAH_VALID 0x80000000u

#define DESCRIPTOR 16 /* bytes */
enum { RX_DONE = 0x01, RX_END = 0x02, RX_NO_CHECKSUM = 0x04, RX_VLAN = 0x08 };
enum { TX_END = 0x01, TX_CHECKSUM = 0x04 /* legacy */, TX_SEGMENT = 0x04, TX_REPORT = 0x08, TX_EXTENDED = 0x20,
       TX_VLAN = 0x40 };
enum { TX_DATA = 1 << 20, TX_TYPE = 0xf << 20 }; /* kinds of extended ones */
enum { CONTEXT_TCP = 0x01, CONTEXT_IPV4 = 0x02 };
enum { OPTION_IP = 0x01, OPTION_TRANSPORT = 0x02 }; /* checksums that are wanted */

enum phy { PHY_CONTROL = 0, PHY_STATUS = 1, PHY_ID1 = 2, PHY_ID2 = 3, PHY_SPECIFIC_STATUS = 17, PHY_REGISTERS = 32 };
enum { PHY_RESET = 0x8000, PHY_RESTART = 0x200, PHY_LINK = 0x04, PHY_SPECIFIC_LINK = 0x400 };

#define EEPROM_WORDS 64
#define EEPROM_SUM 0xbaba
#define MICROWIRE_READ 6 /* start bit and operation */
#define CRC_BYTES 4
#define MIN_FRAME 60
#define MAX_SHORT_FRAME 1522
#define MAX_FRAME 16384
#define MAX_PACKET 65792 /* that is cut into segments */

/* -- The card -- */

/* A packet that is being gathered from descriptors. */
struct tx_packet {
    uint32_t size;      /* bytes gathered */
    uint32_t segment;   /* how many were sent */
    uint8_t options;
    bool extended, segmented, vlan;
    bool whole;         /* all is there; it waits for room */
    uint16_t tag;
    uint8_t data[MAX_PACKET];
};

/* What the context descriptor before it says. */
struct tx_context {
    uint8_t ip_start, ip_at, start, at, header, flags;
    uint16_t ip_end, end, mss;
};

struct e1000 {
    struct device dev;
    struct pci_function pci;
    struct netdev *netdev;
    uint8_t mac[6];
    uint32_t bootindex;
    uint32_t regs[R_END / 4]; /* those that are not below */
    uint16_t phy[PHY_REGISTERS];
    uint32_t icr, ims, eecd;
    uint32_t io_address;
    /* The EEPROM's wire: bits that came in since it was selected, and the bit that goes out. */
    uint32_t wire_in, wire_nin, wire_out;
    bool wire_reading;
    struct tx_packet tx;
    struct tx_context context;
};

static uint32_t *reg(struct e1000 *s, unsigned offset)
{
    return &s->regs[offset / 4];
}

static uint16_t get16(const uint8_t *p)
{
    return p[0] | p[1] << 8;
}

static uint32_t get32(const uint8_t *p)
{
    return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static uint16_t get16_be(const uint8_t *p)
{
    return p[0] << 8 | p[1];
}

static void put16_be(uint8_t *p, uint16_t v)
{
    p[0] = v >> 8;
    p[1] = v;
}

/* -- Interrupts -- */

static void update_irq(struct e1000 *s)
{
    pci_set_intx(&s->pci, s->icr & s->ims);
}

static void raise_irq(struct e1000 *s, uint32_t bits)
{
    s->icr |= bits;
    update_irq(s);
}

/* -- EEPROM -- */

static uint16_t eeprom_word(const struct e1000 *s, unsigned n)
{
    uint16_t sum = 0;

    if (n < 3)
        return get16(s->mac + 2 * n);
    switch (n) {
    case 0x0b: /* subsystem and device */
    case 0x0d:
        return n == 0x0b ? 0x1100 : 0x100e;
    case 0x0c:
    case 0x0e:
        return n == 0x0c ? 0x1af4 : 0x8086;
    case EEPROM_WORDS - 1:
        for (unsigned i = 0; i < EEPROM_WORDS - 1; i++)
            sum += eeprom_word(s, i);
        return EEPROM_SUM - sum;
    default:
        return 0;
    }
}

/* Nine bits in: start, operation, address. Sixteen out, and on with the next word. */
static void write_eecd(struct e1000 *s, uint32_t value)
{
    uint32_t old = s->eecd;
    bool rises = !(old & EECD_CLOCK) && (value & EECD_CLOCK), falls = (old & EECD_CLOCK) && !(value & EECD_CLOCK);

    s->eecd = value & (EECD_CLOCK | EECD_SELECT | EECD_IN | EECD_REQUEST);
    if (!(value & EECD_SELECT)) {
        s->wire_nin = s->wire_in = 0;
        s->wire_reading = false;
        return;
    }
    if (rises && !s->wire_reading) {
        s->wire_in = s->wire_in << 1 | !!(value & EECD_IN);
        if (s->wire_nin == 0 && !s->wire_in) /* no start bit yet */
            return;
        if (++s->wire_nin == 9 && (s->wire_in >> 6 & 7) == MICROWIRE_READ) {
            s->wire_reading = true;
            s->wire_out = ((s->wire_in & 0x3f) << 4) - 1;
        }
    }
    if (falls && s->wire_reading)
        s->wire_out++;
}

static uint32_t read_eecd(const struct e1000 *s)
{
    uint16_t word = eeprom_word(s, s->wire_out >> 4 & (EEPROM_WORDS - 1));
    bool out = !s->wire_reading || (word >> (15 - (s->wire_out & 15)) & 1);

    return s->eecd | EECD_PRESENT | (s->eecd & EECD_REQUEST ? EECD_GRANT : 0) | (out ? EECD_OUT : 0);
}

/* -- PHY and link -- */

static void reset_phy(struct e1000 *s)
{
    static const uint16_t first[PHY_REGISTERS] = {
        [PHY_CONTROL] = 0x1140, [PHY_STATUS] = 0x7949, [PHY_ID1] = 0x0141, [PHY_ID2] = 0x0c20, [4] = 0x0de1,
        [5] = 0xc1e1, [6] = 0x000f, [9] = 0x0e00, [10] = 0x3c00, [15] = 0x3000, [16] = 0x0360,
        [PHY_SPECIFIC_STATUS] = 0xa800,
        [20] = 0x0d60,
    };

    memcpy(s->phy, first, sizeof(first));
}

static bool link_up(const struct e1000 *s)
{
    return !s->netdev || net_link_up(s->netdev);
}

static uint16_t read_phy(const struct e1000 *s, unsigned n)
{
    if (n == PHY_STATUS && link_up(s))
        return s->phy[n] | PHY_LINK | 0x20; /* and its speed is agreed on */
    return n == PHY_SPECIFIC_STATUS && link_up(s) ? s->phy[n] | PHY_SPECIFIC_LINK : s->phy[n];
}

static void write_phy(struct e1000 *s, unsigned n, uint16_t value)
{
    if (n == PHY_STATUS || n == PHY_ID1 || n == PHY_ID2 || n == PHY_SPECIFIC_STATUS)
        return;
    s->phy[n] = value;
    if (n != PHY_CONTROL)
        return;
    if (value & PHY_RESET)
        reset_phy(s);
    s->phy[PHY_CONTROL] &= ~(PHY_RESET | PHY_RESTART);
    if (value & PHY_RESTART)
        raise_irq(s, ICR_LINK);
}

static void write_mdic(struct e1000 *s, uint32_t value)
{
    unsigned n = value >> 16 & 0x1f;

    if ((value >> 21 & 0x1f) != 1) /* there is one PHY */
        value |= MDIC_ERROR;
    else if (value & MDIC_READ)
        value = (value & ~0xffff) | read_phy(s, n);
    else if (value & MDIC_WRITE)
        write_phy(s, n, value);
    *reg(s, R_MDIC) = value | MDIC_READY;
    if (value & MDIC_INTERRUPT)
        raise_irq(s, ICR_MDIC);
}

static void link_changed(void *opaque, bool up)
{
    raise_irq(opaque, ICR_LINK);
}

/* -- Receiving -- */

static uint32_t ring_entries(struct e1000 *s, unsigned len_register)
{
    return (*reg(s, len_register) & 0xfff80) / DESCRIPTOR;
}

static gpa descriptor_at(struct e1000 *s, unsigned base_register, uint32_t n)
{
    return (*reg(s, base_register) & ~0xfu) + ((uint64_t)*reg(s, base_register + 4) << 32) + (uint64_t)n * DESCRIPTOR;
}

static bool in_addresses(struct e1000 *s, const uint8_t *to)
{
    for (unsigned i = 0; i < 16; i++) {
        uint32_t low = *reg(s, R_RAL + 8 * i), high = *reg(s, R_RAL + 8 * i + 4);
        if ((high & RAH_VALID) && low == get32(to) && (high & 0xffff) == get16(to + 4))
            return true;
    }
    return false;
}

static bool in_multicast_table(struct e1000 *s, const uint8_t *to)
{
    static const uint8_t shifts[] = { 4, 3, 2, 0 };
    unsigned bit = get16(to + 4) >> shifts[*reg(s, R_RCTL) >> 12 & 3] & 0xfff;

    return *reg(s, R_MTA + bit / 32 * 4) >> (bit % 32) & 1;
}

static bool is_tagged(struct e1000 *s, const uint8_t *frame, size_t len)
{
    return len >= 18 && get16_be(frame + 12) == (*reg(s, R_VET) & 0xffff);
}

static bool wanted(struct e1000 *s, const uint8_t *frame, size_t len)
{
    static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    uint32_t rctl = *reg(s, R_RCTL);

    if ((rctl & RCTL_VLAN_FILTER) && is_tagged(s, frame, len)) {
        unsigned id = get16_be(frame + 14) & 0xfff;
        if (!(*reg(s, R_VFTA + id / 32 * 4) >> (id % 32) & 1))
            return false;
    }
    if (!memcmp(frame, broadcast, 6) && (rctl & RCTL_BROADCAST))
        return true;
    if (frame[0] & 1)
        return (rctl & RCTL_ALL_MULTICAST) || in_multicast_table(s, frame) || in_addresses(s, frame);
    return (rctl & RCTL_ALL_UNICAST) || in_addresses(s, frame);
}

static uint32_t buffer_bytes(uint32_t rctl)
{
    uint32_t size = 2048u >> (rctl >> 16 & 3);

    return rctl & RCTL_SIZE_EXTENDED && size < 2048 ? size * 16 : size;
}

/* Spread bytes over descriptors, which there are enough of. */
static void fill_ring(struct e1000 *s, const uint8_t *bytes, size_t len, uint8_t status, uint16_t tag)
{
    const uint32_t size = buffer_bytes(*reg(s, R_RCTL)), entries = ring_entries(s, R_RDLEN);
    size_t done = 0;

    do {
        uint8_t d[DESCRIPTOR];
        gpa at = descriptor_at(s, R_RDBAL, *reg(s, R_RDH));
        size_t n = MIN(len - done, size);
        if (!device_dma_read(&s->dev, at, d, sizeof(d))) {
            device_guest_error(&s->dev, "receive ring at 0x%" PRIx64 ": expected RAM", at);
            return;
        }
        gpa buffer = get32(d) | (uint64_t)get32(d + 4) << 32;
        if (!device_dma_write(&s->dev, buffer, bytes + done, n))
            device_guest_error(&s->dev, "receive buffer at 0x%" PRIx64 ": expected RAM", buffer);
        done += n;
        memset(d + 8, 0, 8);
        pci_put16(d + 8, n);
        d[12] = RX_DONE | (done == len ? RX_END | status : 0);
        pci_put16(d + 14, tag);
        /* The status comes last: with it the driver believes the rest. */
        if (!device_dma_write(&s->dev, at, d, 12) || !device_dma_write(&s->dev, at + 12, d + 12, 4))
            return;
        *reg(s, R_RDH) = (*reg(s, R_RDH) + 1) % entries;
    } while (done < len);
    raise_irq(s, ICR_RECEIVED);
}

/* From the back end, with the lock held. */
static bool receive(void *opaque, const uint8_t *frame, size_t len)
{
    struct e1000 *s = opaque;
    const uint32_t rctl = *reg(s, R_RCTL), entries = ring_entries(s, R_RDLEN);
    uint8_t bytes[MAX_FRAME + MIN_FRAME + CRC_BYTES], status = RX_NO_CHECKSUM;
    uint16_t tag = 0;

    if (!(rctl & RCTL_ENABLE) || !device_dma_enabled(&s->dev) || len < 14 || len > MAX_FRAME || entries == 0 ||
        (len > MAX_SHORT_FRAME && !(rctl & RCTL_LONG)) || !wanted(s, frame, len))
        return true; /* nobody is listening: gone */
    if (*reg(s, R_RDH) >= entries || *reg(s, R_RDT) >= entries) {
        device_guest_error(&s->dev, "receive ring of %" PRIu32 " descriptors: %" PRIu32 " to %" PRIu32 " are not in it",
                           entries, *reg(s, R_RDH), *reg(s, R_RDT));
        return true;
    }
    memcpy(bytes, frame, len);
    if ((*reg(s, R_CTRL) & CTRL_VLAN) && is_tagged(s, frame, len)) {
        tag = get16_be(frame + 14);
        status |= RX_VLAN;
        len -= 4;
        memcpy(bytes + 12, frame + 16, len - 12);
    }
    memset(bytes + len, 0, MIN_FRAME + CRC_BYTES);
    len = MAX(len, MIN_FRAME) + (rctl & RCTL_STRIP_CRC ? 0 : CRC_BYTES);
    uint32_t room = (*reg(s, R_RDT) + entries - *reg(s, R_RDH)) % entries, size = buffer_bytes(rctl);
    if (room < (len + size - 1) / size) {
        raise_irq(s, ICR_OVERRUN);
        return false;
    }
    fill_ring(s, bytes, len, status, tag);
    return true;
}

/* -- Sending -- */

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
static void adapt_headers(struct e1000 *s, uint8_t *p, size_t n, uint32_t sofar, bool last)
{
    const struct tx_context *c = &s->context;
    unsigned length_at = c->ip_start + (c->flags & CONTEXT_IPV4 ? 2 : 4);
    uint16_t len = n - c->start;

    if (c->ip_start + 8u > c->header || c->start + 8u > c->header ||
        (c->flags & CONTEXT_TCP && c->start + 14u > c->header))
        return; /* they are no headers */
    put16_be(p + length_at, n - c->ip_start - (c->flags & CONTEXT_IPV4 ? 0 : 40));
    if (c->flags & CONTEXT_IPV4)
        put16_be(p + c->ip_start + 4, get16_be(p + c->ip_start + 4) + s->tx.segment);
    if (c->flags & CONTEXT_TCP) {
        uint8_t *tcp = p + c->start;
        uint32_t sequence = ((uint32_t)get16_be(tcp + 4) << 16 | get16_be(tcp + 6)) + sofar;
        put16_be(tcp + 4, sequence >> 16);
        put16_be(tcp + 6, sequence);
        if (!last)
            tcp[13] &= ~9; /* PSH, FIN */
    } else {
        put16_be(p + c->start + 4, len);
    }
    if ((s->tx.options & OPTION_TRANSPORT) && c->at + 2u <= n) { /* the pseudo header lacks the length */
        uint32_t sum = get16_be(p + c->at) + len;
        put16_be(p + c->at, (sum & 0xffff) + (sum >> 16));
    }
}

/* False: the back end is full. */
static bool send_frame(struct e1000 *s, uint8_t *p, size_t len)
{
    const struct tx_packet *t = &s->tx;
    const struct tx_context *c = &s->context;
    uint8_t tag[4];
    struct iovec iov[3] = { { p, len } };
    unsigned n = 1;

    if (t->extended && (t->options & OPTION_TRANSPORT))
        put_checksum(p, len, c->start, c->at, c->end);
    if (t->extended && (t->options & OPTION_IP))
        put_checksum(p, len, c->ip_start, c->ip_at, c->ip_end);
    if (t->vlan && len >= 14) {
        put16_be(tag, *reg(s, R_VET));
        put16_be(tag + 2, t->tag);
        iov[0].iov_len = 12;
        iov[1] = (struct iovec){ tag, sizeof(tag) };
        iov[2] = (struct iovec){ p + 12, len - 12 };
        n = 3;
    }
    return !s->netdev || len < 14 || len > NET_MAX_FRAME - 4 || net_send(s->netdev, iov, n);
}

/* The packet is whole. False: it waits for room, and goes on from there. */
static bool send_packet(struct e1000 *s)
{
    struct tx_packet *t = &s->tx;
    const struct tx_context *c = &s->context;
    g_autofree uint8_t *frame = NULL;

    if (!t->segmented || c->mss == 0 || t->size <= c->header)
        return send_frame(s, t->data, t->size);
    frame = g_malloc(c->header + c->mss);
    for (uint32_t at = c->header + t->segment * c->mss; at < t->size; at = c->header + t->segment * c->mss) {
        size_t n = MIN(t->size - at, c->mss);
        memcpy(frame, t->data, c->header);
        memcpy(frame + c->header, t->data + at, n);
        adapt_headers(s, frame, c->header + n, at - c->header, at + n == t->size);
        if (!send_frame(s, frame, c->header + n))
            return false;
        t->segment++;
    }
    return true;
}

static void take_context(struct e1000 *s, const uint8_t *d)
{
    s->context = (struct tx_context){ .ip_start = d[0], .ip_at = d[1], .ip_end = get16(d + 2), .start = d[4],
                                      .at = d[5], .end = get16(d + 6), .flags = d[11], .header = d[13], .mss = get16(d + 14) };
}

static void gather(struct e1000 *s, const uint8_t *d, size_t len)
{
    struct tx_packet *t = &s->tx;
    gpa at = get32(d) | (uint64_t)get32(d + 4) << 32;

    if (len > MAX_PACKET - t->size) {
        device_guest_error(&s->dev, "packet of %zu bytes: expected at most %u", t->size + len, MAX_PACKET);
        len = MAX_PACKET - t->size;
    }
    if (!device_dma_read(&s->dev, at, t->data + t->size, len)) {
        device_guest_error(&s->dev, "%zu bytes to send at 0x%" PRIx64 ": expected RAM", len, at);
        return;
    }
    t->size += len;
}

/* A descriptor. False: its packet waits for room. */
static bool take_descriptor(struct e1000 *s, const uint8_t *d)
{
    struct tx_packet *t = &s->tx;
    uint32_t lower = get32(d + 8);
    uint8_t command = lower >> 24;

    if ((command & TX_EXTENDED) && (lower & TX_TYPE) == 0) {
        take_context(s, d);
        return true;
    }
    if (!t->whole) {
        if (t->size == 0 && (command & TX_EXTENDED))
            t->options = d[13];
        t->extended = command & TX_EXTENDED;
        t->segmented = t->extended && (command & TX_SEGMENT);
        gather(s, d, command & TX_EXTENDED ? lower & 0xfffff : lower & 0xffff);
        if (!(command & TX_END))
            return true;
        t->vlan = (command & TX_VLAN) && (*reg(s, R_CTRL) & CTRL_VLAN);
        t->tag = get16(d + 14);
        if (!t->extended && (command & TX_CHECKSUM))
            put_checksum(t->data, t->size, d[13], d[10], 0);
        t->whole = true;
        t->segment = 0;
    }
    if (!send_packet(s))
        return false;
    t->whole = false;
    t->size = 0;
    t->options = 0;
    return true;
}

static void transmit(struct e1000 *s)
{
    const uint32_t entries = ring_entries(s, R_TDLEN);
    uint32_t *head = reg(s, R_TDH), sent = 0;

    if (!(*reg(s, R_TCTL) & TCTL_ENABLE) || *head >= entries || *reg(s, R_TDT) >= entries ||
        *head == *reg(s, R_TDT))
        return;
    while (*head != *reg(s, R_TDT)) {
        gpa at = descriptor_at(s, R_TDBAL, *head);
        uint8_t d[DESCRIPTOR];
        if (!device_dma_read(&s->dev, at, d, sizeof(d))) {
            device_guest_error(&s->dev, "transmit ring at 0x%" PRIx64 ": expected RAM", at);
            break;
        }
        if (!take_descriptor(s, d))
            break; /* can_send() goes on */
        if (d[11] & TX_REPORT) {
            d[12] |= RX_DONE;
            device_dma_write(&s->dev, at + 12, d + 12, 1);
            sent = ICR_SENT;
        }
        *head = (*head + 1) % entries;
    }
    raise_irq(s, sent | (*head == *reg(s, R_TDT) ? ICR_QUEUE_EMPTY : 0));
}

static void can_send(void *opaque)
{
    transmit(opaque);
}

/* -- Registers -- */

static void reset_card(struct e1000 *s)
{
    memset(s->regs, 0, sizeof(s->regs));
    s->icr = s->ims = s->eecd = s->io_address = 0;
    s->wire_in = s->wire_nin = s->wire_out = 0;
    s->wire_reading = false;
    memset(&s->tx, 0, sizeof(s->tx));
    memset(&s->context, 0, sizeof(s->context));
    reset_phy(s);
    *reg(s, R_VET) = 0x8100;
    *reg(s, R_RAL) = get32(s->mac);
    *reg(s, R_RAL + 4) = get16(s->mac + 4) | RAH_VALID;
    update_irq(s);
}

static uint64_t card_read(void *opaque, uint64_t offset, unsigned size)
{
    struct e1000 *s = opaque;
    uint32_t v;

    switch (offset) {
    case R_STATUS:
        return STATUS_FULL_DUPLEX | STATUS_1000 | (link_up(s) ? STATUS_LINK_UP : 0);
    case R_EECD:
        return read_eecd(s);
    case R_ICR:
        v = s->icr;
        s->icr = 0;
        update_irq(s);
        return v;
    case R_IMS:
        return s->ims;
    case R_ICS:
    case R_IMC:
        return 0;
    default:
        return offset < R_END ? *reg(s, offset) : 0;
    }
}

static void write_interrupts(struct e1000 *s, unsigned offset, uint32_t value)
{
    value &= ICR_BITS;
    switch (offset) {
    case R_ICR:
        s->icr &= ~value;
        break;
    case R_ICS:
        s->icr |= value;
        break;
    case R_IMS:
        s->ims |= value;
        break;
    case R_IMC:
        s->ims &= ~value;
        break;
    }
    update_irq(s);
}

static void card_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct e1000 *s = opaque;

    switch (offset) {
    case R_CTRL:
        if (value & CTRL_RESET)
            reset_card(s);
        *reg(s, R_CTRL) = value & ~(CTRL_RESET | UINT64_C(0x80000000)); /* its own, the PHY's reset */
        break;
    case R_STATUS:
        break;
    case R_EECD:
        write_eecd(s, value);
        break;
    case R_EERD:
        if (value & EERD_START)
            value = EERD_DONE | (value & 0xff00) | (uint32_t)eeprom_word(s, value >> 8 & (EEPROM_WORDS - 1)) << 16;
        *reg(s, R_EERD) = value;
        break;
    case R_MDIC:
        write_mdic(s, value);
        break;
    case R_ICR:
    case R_ICS:
    case R_IMS:
    case R_IMC:
        write_interrupts(s, offset, value);
        break;
    case R_RDH:
    case R_TDH:
        *reg(s, offset) = value & 0xffff;
        break;
    case R_RDT:
        *reg(s, R_RDT) = value & 0xffff;
        if (s->netdev)
            net_accept_input(s->netdev);
        break;
    case R_RCTL:
        *reg(s, R_RCTL) = value;
        if (s->netdev && (value & RCTL_ENABLE))
            net_accept_input(s->netdev);
        break;
    case R_TDT:
        *reg(s, R_TDT) = value & 0xffff;
        transmit(s);
        break;
    case R_TCTL:
        *reg(s, R_TCTL) = value;
        transmit(s);
        break;
    default:
        if (offset < R_END && !(offset >= R_STATISTICS && offset < R_STATISTICS_END))
            *reg(s, offset) = value;
        else
            device_guest_error(&s->dev, "write of 0x%" PRIx64 ": no register to write", offset);
        break;
    }
}

static const struct io_ops card_ops = { .read = card_read, .write = card_write, .min_size = 4, .max_size = 4 };

/* The same in I/O space: an address, and the register there. */
static uint64_t io_read(void *opaque, uint64_t offset, unsigned size)
{
    struct e1000 *s = opaque;

    return offset == 0 ? s->io_address : offset == 4 ? card_read(s, s->io_address & 0x1fffc, 4) : 0;
}

static void io_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct e1000 *s = opaque;

    if (offset == 0)
        s->io_address = value;
    else if (offset == 4)
        card_write(s, s->io_address & 0x1fffc, value, 4);
}

static const struct io_ops io_ops = { .read = io_read, .write = io_write, .min_size = 4, .max_size = 4 };

/* -- The device -- */

static bool realize(struct device *d, GError **err)
{
    static const struct pci_id id = { .vendor = 0x8086, .device = 0x100e, .subsystem_vendor = 0x1af4,
                                      .subsystem = 0x1100, .revision = 3, .class_code = 0x020000, .pin = true };
    struct e1000 *s = (struct e1000 *)d;
    const struct net_client c = { .receive = receive, .can_send = can_send, .link_changed = link_changed, .opaque = s,
                                  .lock = &d->lock };

    if (!pci_init(&s->pci, d, &id, NULL, err))
        return false;
    pci_add_bar(&s->pci, 0, 0, device_add_io(d, "e1000-mmio", &card_ops, 0x20000));
    pci_add_bar(&s->pci, 1, PCI_BAR_IO, device_add_io(d, "e1000-io", &io_ops, 0x40));
    if (!net_attach_card(s->netdev, c, d->id, d->type->name, s->mac, err)) {
        pci_fini(&s->pci);
        return false;
    }
    return true;
}

static void unrealize(struct device *d)
{
    struct e1000 *s = (struct e1000 *)d;

    if (s->netdev)
        net_detach(s->netdev, s);
    pci_fini(&s->pci);
}

static void reset(struct device *d)
{
    struct e1000 *s = (struct e1000 *)d;

    reset_card(s);
    pci_reset(&s->pci);
}

static const struct property props[] = {
    PCI_PROPS(struct e1000, pci),
    PROP_NAMES("netdev", struct e1000, netdev, net_prop, "the -netdev it is plugged to"),
    PROP(struct e1000, mac, MAC, 0, NULL, "its address"),
    PROP(struct e1000, bootindex, U32, UINT32_MAX, NULL, "its place among what firmware boots from, 0 first (default: none)"),
    PROP_END,
};

static const struct state_row tx_fields[] = {
    FIELD_KEEP(struct tx_packet, size),
    FIELD_KEEP(struct tx_packet, segment),
    FIELD_KEEP(struct tx_packet, options),
    FIELD_KEEP(struct tx_packet, extended),
    FIELD_KEEP(struct tx_packet, segmented),
    FIELD_KEEP(struct tx_packet, vlan),
    FIELD_KEEP(struct tx_packet, whole),
    FIELD_KEEP(struct tx_packet, tag),
    FIELD_KEEP_ARRAY(struct tx_packet, data),
    FIELD_END,
};
static const struct state_table tx_table = { STATE_OF(struct tx_packet), .version = 1, .rows = tx_fields };

static const struct state_row context_fields[] = {
    FIELD_KEEP(struct tx_context, ip_start),
    FIELD_KEEP(struct tx_context, ip_at),
    FIELD_KEEP(struct tx_context, start),
    FIELD_KEEP(struct tx_context, at),
    FIELD_KEEP(struct tx_context, header),
    FIELD_KEEP(struct tx_context, flags),
    FIELD_KEEP(struct tx_context, ip_end),
    FIELD_KEEP(struct tx_context, end),
    FIELD_KEEP(struct tx_context, mss),
    FIELD_END,
};
static const struct state_table context_table = { STATE_OF(struct tx_context), .version = 1, .rows = context_fields };

static const struct state_row fields[] = {
    PCI_FIELDS(struct e1000, pci),
    FIELD_KEEP_ARRAY(struct e1000, regs), /* all: reset_card() */
    FIELD_KEEP_ARRAY(struct e1000, phy),
    FIELD_KEEP(struct e1000, icr),
    FIELD_KEEP(struct e1000, ims),
    FIELD_KEEP(struct e1000, eecd),
    FIELD_KEEP(struct e1000, io_address),
    FIELD_KEEP(struct e1000, wire_in),
    FIELD_KEEP(struct e1000, wire_nin),
    FIELD_KEEP(struct e1000, wire_out),
    FIELD_KEEP(struct e1000, wire_reading),
    FIELD_STRUCT(struct e1000, tx, &tx_table),
    FIELD_STRUCT(struct e1000, context, &context_table),
    FIELD_END,
};

static bool loaded(void *obj, unsigned version, GError **err)
{
    struct e1000 *s = obj;

    if (s->tx.size > MAX_PACKET) {
        fail(err, "a packet of %" PRIu32 " bytes", s->tx.size);
        return false;
    }
    return pci_loaded(&s->pci, err);
}

/* Frames that waited on the cable are gone after a load: the back end asks for room, the guest is told of the link. */
static void resume(void *obj, bool after_load)
{
    struct e1000 *s = obj;

    if (!after_load)
        return;
    if (s->tx.whole)
        transmit(s);
    if (s->netdev)
        net_accept_input(s->netdev);
}

static const struct state_table state = {
    STATE_OF(struct e1000),
    .version = 1,
    .rows = fields,
    .loaded = loaded,
    .resume = resume,
};

const struct device_type e1000_type = {
    .name = "e1000",
    .alias = "e1000-82540em",
    .desc = "Intel Gigabit Ethernet",
    .bus = &pci_bus_type,
    .size = sizeof(struct e1000),
    .props = props,
    .state = &state,
    .realize = realize,
    .reset = reset,
    .unrealize = unrealize,
};
