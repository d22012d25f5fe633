/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rtl8139: Realtek's RTL8139C+ network card. Manuals: Realtek's "RTL8139C(L)+" and "RTL8139C(L)" data sheets. Both ways
 * of working: four transmit registers with a ring of bytes to receive into, and the C+ mode's rings of descriptors,
 * with checksums, VLAN tags and segments of what is sent. Not modelled: the timer, checksums of what is received (drivers
 * are told to compute them), the transmit ring of high priority, counters, power management, writing the EEPROM.
 */
#include <inttypes.h>
#include <string.h>

#include "pci-nic.h"

enum rtl8139_register {
    R_IDR = 0x00, R_MAR = 0x08, R_TSD = 0x10, R_TSAD = 0x20, R_RBSTART = 0x30, R_CR = 0x37, R_CAPR = 0x38, R_CBR = 0x3a,
    R_IMR = 0x3c, R_ISR = 0x3e, R_TCR = 0x40, R_RCR = 0x44, R_TCTR = 0x48, R_9346CR = 0x50, R_CONFIG1 = 0x52,
    R_MSR = 0x58, R_RERID = 0x5e, R_TSAD_ALL = 0x60, R_BMCR = 0x62, R_BMSR = 0x64, R_ANAR = 0x66, R_ANLPAR = 0x68,
    R_ANER = 0x6a, R_TPPOLL = 0xd9, R_CPCR = 0xe0, R_RDSAR = 0xe4, R_BYTES = 0x100,
};
#define R_TNPDS R_TSAD /* in C+ mode: where the transmit ring is, 64 bits */
enum { CR_EMPTY = 0x01, CR_TE = 0x04, CR_RE = 0x08, CR_RESET = 0x10 };
enum { I_RECEIVED = 0x01, I_SENT = 0x04, I_NO_BUFFER = 0x10, I_LINK = 0x20, I_NO_DESCRIPTOR = 0x80 };
enum { TSD_SIZE = 0x1fff, TSD_OWN = 1 << 13, TSD_OK = 1 << 15 };
enum { RCR_ALL = 0x01, RCR_MATCH = 0x02, RCR_MULTICAST = 0x04, RCR_BROADCAST = 0x08, RCR_NO_WRAP = 0x80 };
enum { RX_OK = 0x0001, RX_BROADCAST = 0x2000, RX_MATCH = 0x4000, RX_MULTICAST = 0x8000 };
enum { EE_OUT = 0x01, EE_IN = 0x02, EE_CLOCK = 0x04, EE_SELECT = 0x08, EE_MODE = 0xc0, EE_PROGRAM = 0x80 };
enum { MSR_NO_LINK = 0x04 };
enum { CPCR_TX = 0x01, CPCR_RX = 0x02, CPCR_UNTAG = 0x40 };
enum { POLL_NORMAL = 0x40 };
#define HARDWARE_VERSION 0x74800000u /* in TCR: RTL8139C+ */
#define HARDWARE_BITS 0x7cc00000u

/* Descriptors of C+ mode: two words, an address. */
#define DESCRIPTOR 16
enum { D_FIRST = 1 << 29, D_LAST = 1 << 28, D_LARGE = 1 << 27, D_IP = 1 << 18, D_UDP = 1 << 17, D_TCP = 1 << 16 };
#define D_OWN 0x80000000u
#define D_END 0x40000000u /* of the ring */
enum { D_RX_TAGGED = 1 << 16, D_TX_TAG = 1 << 17 };
#define RING 64           /* descriptors at most */

#define EEPROM_WORDS 64
#define CRC_BYTES 4
#define MIN_FRAME 60
#define MAX_FRAME 4096    /* that a driver gets */

struct rtl8139 {
    struct pci_nic nic;
    uint8_t regs[R_BYTES]; /* little-endian, those that are not below */
    uint16_t isr;
    uint16_t written;      /* CBR: where the next received byte goes */
    uint8_t next_tsd;      /* of the four */
    uint8_t rx_index, tx_index; /* in C+ mode's rings */
    /* The EEPROM's wire: bits that came in since it was selected, and the place of the bit that goes out. */
    uint16_t wire_in, wire_nin, wire_out;
    bool wire_reading;
};

static uint32_t reg32(const struct rtl8139 *s, unsigned offset)
{
    return get32(s->regs + offset);
}

static void update_irq(struct rtl8139 *s)
{
    pci_set_intx(&s->nic.pci, s->isr & get16(s->regs + R_IMR));
}

static void raise_irq(struct rtl8139 *s, uint16_t bits)
{
    s->isr |= bits;
    update_irq(s);
}

/* -- EEPROM: a 93C46 -- */

static uint16_t eeprom_word(const struct rtl8139 *s, unsigned n)
{
    static const uint16_t first[] = { 0x8129, 0x10ec, 0x8139 };

    if (n < ARRAY_SIZE(first))
        return first[n];
    return n >= 7 && n < 10 ? get16(s->nic.mac + 2 * (n - 7)) : 0;
}

/* Nine bits in: start, operation, address. Sixteen out, and on with the next word. */
static void write_eeprom(struct rtl8139 *s, uint8_t old, uint8_t value)
{
    if ((value & EE_MODE) != EE_PROGRAM || !(value & EE_SELECT)) {
        s->wire_nin = s->wire_in = 0;
        s->wire_reading = false;
        return;
    }
    if ((old & EE_CLOCK) || !(value & EE_CLOCK))
        return;
    if (s->wire_reading) {
        s->wire_out++;
        return;
    }
    s->wire_in = s->wire_in << 1 | !!(value & EE_IN);
    if (s->wire_nin == 0 && !(s->wire_in & 1)) /* no start bit yet */
        return;
    if (++s->wire_nin == 9 && (s->wire_in >> 6 & 3) == 2) {
        s->wire_reading = true;
        s->wire_out = (s->wire_in & 0x3f) * 16 - 1;
    }
}

static uint8_t read_eeprom(const struct rtl8139 *s)
{
    uint16_t word = eeprom_word(s, s->wire_out / 16 % EEPROM_WORDS);
    bool out = s->wire_reading && (word >> (15 - s->wire_out % 16) & 1);

    return (s->regs[R_9346CR] & ~EE_OUT) | (out ? EE_OUT : 0);
}

/* -- Receiving -- */

/* CRC-32 of Ethernet, most significant bit first. */
static uint32_t crc(const uint8_t *p, size_t n)
{
    uint32_t c = UINT32_MAX;

    for (; n > 0; p++, n--)
        for (unsigned bit = 0; bit < 8; bit++)
            c = c << 1 ^ (((c >> 31) ^ (*p >> bit & 1)) ? 0x04c11db7 : 0);
    return c;
}

/* What the status says of a frame that the filters let pass; 0: they don't. */
static uint16_t wanted(const struct rtl8139 *s, const uint8_t *to)
{
    static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    uint32_t rcr = reg32(s, R_RCR);
    unsigned hash;

    if (!memcmp(to, broadcast, 6))
        return rcr & (RCR_BROADCAST | RCR_ALL) ? RX_OK | RX_BROADCAST : 0;
    if (to[0] & 1) {
        hash = crc(to, 6) >> 26;
        return (rcr & RCR_ALL) || ((rcr & RCR_MULTICAST) && (s->regs[R_MAR + hash / 8] >> (hash % 8) & 1))
                   ? RX_OK | RX_MULTICAST
                   : 0;
    }
    if ((rcr & RCR_MATCH) && !memcmp(to, s->regs + R_IDR, 6))
        return RX_OK | RX_MATCH;
    return rcr & RCR_ALL ? RX_OK : 0;
}

static uint32_t ring_bytes(const struct rtl8139 *s)
{
    return 8192u << (reg32(s, R_RCR) >> 11 & 3);
}

/* Where the driver will read on. */
static uint32_t read_place(const struct rtl8139 *s)
{
    return (get16(s->regs + R_CAPR) + 16u) % ring_bytes(s);
}

/* Write into the ring of bytes, beyond its end where the driver has memory for it. */
static void put_ring(struct rtl8139 *s, const uint8_t *p, size_t n, bool wrap)
{
    const uint32_t size = ring_bytes(s);
    const gpa base = reg32(s, R_RBSTART);
    size_t first = wrap ? MIN(n, size - s->written % size) : n;
    bool ok = device_dma_write(&s->nic.dev, base + s->written % size, p, first);

    if (first < n)
        ok = device_dma_write(&s->nic.dev, base, p + first, n - first) && ok;
    if (!ok)
        device_guest_error(&s->nic.dev, "receive ring at 0x%" PRIx64 ": expected RAM", base);
}

static bool receive_bytes(struct rtl8139 *s, uint8_t *frame, size_t len, uint16_t status)
{
    const uint32_t size = ring_bytes(s), whole = (len + 4 + 3) & ~3u;
    uint32_t room = (read_place(s) + size - s->written % size) % size;

    if (room == 0)
        room = size;
    if (whole >= room) {
        raise_irq(s, I_NO_BUFFER);
        return false;
    }
    pci_put16(frame - 4, status);
    pci_put16(frame - 2, len);
    put_ring(s, frame - 4, len + 4, size == 65536 || !(reg32(s, R_RCR) & RCR_NO_WRAP));
    s->written = (s->written % size + whole) % size;
    return true;
}

static bool receive_descriptor(struct rtl8139 *s, uint8_t *frame, size_t len, uint16_t status)
{
    const gpa at = (reg32(s, R_RDSAR) | (uint64_t)reg32(s, R_RDSAR + 4) << 32) + s->rx_index * DESCRIPTOR;
    uint32_t word, tag = 0;
    uint8_t d[DESCRIPTOR];

    if (!device_dma_read(&s->nic.dev, at, d, sizeof(d))) {
        device_guest_error(&s->nic.dev, "receive ring at 0x%" PRIx64 ": expected RAM", at);
        return true;
    }
    word = get32(d);
    if (!(word & D_OWN)) {
        raise_irq(s, I_NO_BUFFER);
        return false;
    }
    if ((get16(s->regs + R_CPCR) & CPCR_UNTAG) && get16_be(frame + 12) == 0x8100) {
        tag = D_RX_TAGGED | get16(frame + 14);
        memmove(frame + 4, frame, 12);
        frame += 4;
        len -= 4;
    }
    if (len > (word & 0x1fff)) {
        device_guest_error(&s->nic.dev, "frame of %zu bytes dropped: a buffer has %" PRIu32, len, word & 0x1fff);
        return true;
    }
    if (!device_dma_write(&s->nic.dev, get64(d + 8), frame, len))
        device_guest_error(&s->nic.dev, "receive buffer: expected RAM");
    pci_put32(d, (word & D_END) | D_FIRST | D_LAST | (status & RX_MULTICAST ? 1u << 26 : 0) |
                     (status & RX_MATCH ? 1u << 25 : 0) | (status & RX_BROADCAST ? 1u << 24 : 0) | len);
    pci_put32(d + 4, tag);
    /* The first word comes last: with it the driver believes the rest. */
    if (device_dma_write(&s->nic.dev, at + 4, d + 4, 4))
        device_dma_write(&s->nic.dev, at, d, 4);
    s->rx_index = word & D_END ? 0 : (s->rx_index + 1) % RING;
    return true;
}

/* From the back end, with the lock held. */
static bool receive(void *opaque, const uint8_t *frame, size_t len)
{
    struct rtl8139 *s = opaque;
    uint8_t bytes[4 + MAX_FRAME + CRC_BYTES] = { 0 }, *at = bytes + 4;
    uint16_t status;
    bool taken;

    if (!(s->regs[R_CR] & CR_RE) || !device_dma_enabled(&s->nic.dev) || len < 14 || len > MAX_FRAME ||
        !(status = wanted(s, frame)))
        return true; /* nobody is listening: gone */
    memcpy(at, frame, len);
    len = MAX(len, MIN_FRAME);
    pci_put32(at + len, GUINT32_SWAP_LE_BE(crc(at, len)));
    len += CRC_BYTES;
    taken = get16(s->regs + R_CPCR) & CPCR_RX ? receive_descriptor(s, at, len, status)
                                              : receive_bytes(s, at, len, status);
    if (taken)
        raise_irq(s, I_RECEIVED);
    return taken;
}

/* -- Sending -- */

static uint16_t sum(uint32_t v, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        v += i & 1 ? p[i] : p[i] << 8;
    while (v >> 16)
        v = (v & 0xffff) + (v >> 16);
    return v;
}

/* IPv4's checksum, and what is left to do of TCP's or UDP's and of segments, as the descriptor wants it. */
static struct net_offload prepare(uint8_t *f, size_t len, uint32_t word)
{
    struct net_offload o = { 0 };
    size_t head = len >= 34 && get16_be(f + 12) == 0x0800 ? (f[14] & 15) * 4u : 0;
    bool large = word & D_LARGE, tcp;

    if (!(word & (large ? D_LARGE : D_IP | D_UDP | D_TCP)) || head < 20 || 14 + head + 8 > len)
        return o;
    if (large || (word & D_IP)) {
        put16_be(f + 24, 0);
        put16_be(f + 24, ~sum(0, f + 14, head));
    }
    tcp = f[23] == 6;
    if ((large && !tcp) || (!large && !(word & (tcp ? D_TCP : D_UDP))) || (f[23] != 6 && f[23] != 17) ||
        (tcp && 14 + head + 20 > len))
        return o;
    o = (struct net_offload){ .flags = NET_SUM_NEEDED, .headers = 14 + head + 20, .start = 14 + head,
                              .at = tcp ? 16 : 6 };
    put16_be(f + o.start + o.at, sum(f[23] + len - o.start, f + 26, 8));
    if (large) {
        o.gso = NET_GSO_TCP4;
        o.size = word >> 16 & 0x7ff;
    }
    return o;
}

/* False: the back end is full. */
static bool send_frame(struct rtl8139 *s, const struct net_offload *o, uint8_t *f, size_t len, uint32_t tag)
{
    uint8_t vlan[4] = { 0x81, 0x00, tag, tag >> 8 };
    struct iovec iov[3] = { { f, len } };
    struct net_offload left = *o;
    unsigned n = 1;

    if ((tag & D_TX_TAG) && len >= 14) {
        iov[0].iov_len = 12;
        iov[1] = (struct iovec){ vlan, sizeof(vlan) };
        iov[2] = (struct iovec){ f + 12, len - 12 };
        left.headers += left.flags ? 4 : 0;
        left.start += left.flags ? 4 : 0;
        n = 3;
    }
    return !s->nic.netdev || len < 14 || len > NET_MAX_FRAME - 4 || net_send_offload(s->nic.netdev, &left, iov, n);
}

/* The four registers, in their order. */
static void transmit_four(struct rtl8139 *s)
{
    uint8_t f[TSD_SIZE + 1];

    while (!(reg32(s, R_TSD + 4 * s->next_tsd) & TSD_OWN)) {
        uint8_t *tsd = s->regs + R_TSD + 4 * s->next_tsd;
        size_t len = get32(tsd) & TSD_SIZE;
        gpa at = reg32(s, R_TSAD + 4 * s->next_tsd);
        if (!device_dma_read(&s->nic.dev, at, f, len))
            device_guest_error(&s->nic.dev, "%zu bytes to send at 0x%" PRIx64 ": expected RAM", len, at);
        else if (!send_frame(s, &(struct net_offload){ 0 }, f, len, 0))
            return; /* can_send() goes on */
        pci_put32(tsd, get32(tsd) | TSD_OWN | TSD_OK);
        s->next_tsd = (s->next_tsd + 1) % 4;
        raise_irq(s, I_SENT);
    }
}

static gpa tx_descriptor(const struct rtl8139 *s, unsigned n)
{
    return (reg32(s, R_TNPDS) | (uint64_t)reg32(s, R_TNPDS + 4) << 32) + n * DESCRIPTOR;
}

/*
 * The packet from the ring's place on; *first, *tag: the words of its first descriptor. Its descriptors, or 0: it is
 * not all there.
 */
static unsigned gather(struct rtl8139 *s, uint8_t *packet, size_t *len, uint32_t *first, uint32_t *tag)
{
    unsigned at = s->tx_index;

    *len = 0;
    for (unsigned n = 1; n <= RING; n++) {
        uint8_t d[DESCRIPTOR];
        if (!device_dma_read(&s->nic.dev, tx_descriptor(s, at), d, sizeof(d)))
            return 0;
        uint32_t word = get32(d), bytes = word & 0xffff;
        if (!(word & D_OWN))
            return 0;
        if (n == 1) {
            *first = word;
            *tag = get32(d + 4);
        }
        bytes = MIN(bytes, NET_MAX_FRAME - *len);
        if (!device_dma_read(&s->nic.dev, get64(d + 8), packet + *len, bytes))
            device_guest_error(&s->nic.dev, "%" PRIu32 " bytes to send: expected RAM", bytes);
        *len += bytes;
        if (word & D_LAST)
            return n;
        at = word & D_END ? 0 : (at + 1) % RING;
    }
    return 0;
}

static void transmit_ring(struct rtl8139 *s)
{
    g_autofree uint8_t *packet = g_malloc(NET_MAX_FRAME);
    uint32_t first = 0, tag = 0;
    size_t len;
    unsigned n;
    bool any = false;

    while ((n = gather(s, packet, &len, &first, &tag))) {
        const struct net_offload o = prepare(packet, len, first);
        if (!send_frame(s, &o, packet, len, tag))
            return; /* can_send() goes on */
        while (n-- > 0) { /* they are the driver's again */
            uint8_t d[4];
            if (!device_dma_read(&s->nic.dev, tx_descriptor(s, s->tx_index), d, 4))
                return;
            uint32_t word = get32(d);
            pci_put32(d, word & ~D_OWN);
            device_dma_write(&s->nic.dev, tx_descriptor(s, s->tx_index), d, 4);
            s->tx_index = word & D_END ? 0 : (s->tx_index + 1) % RING;
        }
        any = true;
    }
    raise_irq(s, I_NO_DESCRIPTOR | (any ? I_SENT : 0));
}

static void transmit(struct rtl8139 *s)
{
    if (!(s->regs[R_CR] & CR_TE) || !device_dma_enabled(&s->nic.dev))
        return;
    if (get16(s->regs + R_CPCR) & CPCR_TX)
        transmit_ring(s);
    else
        transmit_four(s);
}

static void can_send(void *opaque)
{
    transmit(opaque);
}

static void link_changed(void *opaque, bool up)
{
    raise_irq(opaque, I_LINK);
}

/* -- Registers -- */

static void reset_card(struct rtl8139 *s)
{
    memset(s->regs, 0, sizeof(s->regs));
    memcpy(s->regs + R_IDR, s->nic.mac, 6);
    for (unsigned i = 0; i < 4; i++)
        pci_put32(s->regs + R_TSD + 4 * i, TSD_OWN);
    s->regs[R_CONFIG1] = 0x0c; /* both BARs */
    pci_put16(s->regs + R_CAPR, 0xfff0);
    pci_put16(s->regs + R_BMCR, 0x1000);
    pci_put16(s->regs + R_ANAR, 0x05e1);
    pci_put16(s->regs + R_ANLPAR, 0x05e1);
    pci_put16(s->regs + R_ANER, 0x0001);
    s->isr = s->written = s->next_tsd = s->rx_index = s->tx_index = 0;
    s->wire_in = s->wire_nin = s->wire_out = 0;
    s->wire_reading = false;
    update_irq(s);
}

/* Bring the registers up to date that are computed. */
static void refresh(struct rtl8139 *s)
{
    uint16_t owners = 0;

    s->regs[R_CR] = (s->regs[R_CR] & ~CR_EMPTY) | (s->written % ring_bytes(s) == read_place(s) ? CR_EMPTY : 0);
    pci_put16(s->regs + R_CBR, s->written);
    pci_put16(s->regs + R_ISR, s->isr);
    pci_put32(s->regs + R_TCR, (reg32(s, R_TCR) & ~HARDWARE_BITS) | HARDWARE_VERSION);
    s->regs[R_9346CR] = read_eeprom(s);
    s->regs[R_MSR] = pci_nic_link_up(&s->nic) ? 0 : MSR_NO_LINK;
    pci_put16(s->regs + R_BMSR, pci_nic_link_up(&s->nic) ? 0x782d : 0x7809);
    for (unsigned i = 0; i < 4; i++)
        if (reg32(s, R_TSD + 4 * i) & TSD_OWN)
            owners |= (reg32(s, R_TSD + 4 * i) & TSD_OK ? 0x1000 : 0) << i | 1 << i;
    pci_put16(s->regs + R_TSAD_ALL, owners);
}

static uint64_t card_read(void *opaque, uint64_t offset, unsigned size)
{
    struct rtl8139 *s = opaque;
    uint64_t v = 0;

    refresh(s);
    memcpy(&v, s->regs + offset, MIN(size, R_BYTES - offset));
    return GUINT64_FROM_LE(v);
}

static bool touches(uint64_t offset, unsigned size, unsigned from, unsigned bytes)
{
    return offset < from + bytes && offset + size > from;
}

static void write_command(struct rtl8139 *s, uint8_t old, uint8_t value)
{
    if (value & CR_RESET) {
        reset_card(s);
        return;
    }
    s->regs[R_CR] = value & (CR_TE | CR_RE);
    if (!(old & CR_RE) && (value & CR_RE)) {
        s->written = 0;
        pci_nic_accept_input(&s->nic);
    }
    if (!(old & CR_TE) && (value & CR_TE))
        s->next_tsd = s->tx_index = 0;
}

/* Byte by byte; what only the card writes is left alone. */
static void store(struct rtl8139 *s, uint64_t offset, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++, value >>= 8) {
        unsigned at = offset + i;
        if (at == R_CBR || at == R_CBR + 1 || at == R_MSR || at == R_BMSR || at == R_BMSR + 1 || at == R_CR ||
            at == R_TSAD_ALL || at == R_TSAD_ALL + 1 || at == R_RERID || (at & ~3u) == R_TCTR || (at & ~1u) == R_ISR)
            continue;
        s->regs[at] = value;
    }
}

static void card_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct rtl8139 *s = opaque;
    const uint8_t eeprom = s->regs[R_9346CR];

    if (offset + size > R_BYTES)
        return;
    if (touches(offset, size, R_ISR, 2)) {
        unsigned shift = offset < R_ISR ? (R_ISR - offset) * 8 : 0, up = offset > R_ISR ? 8 : 0;
        s->isr &= ~(uint16_t)(value >> shift << up);
        update_irq(s);
        pci_nic_accept_input(&s->nic); /* the driver may have given descriptors back, which nothing tells */
    }
    store(s, offset, value, size);
    if (touches(offset, size, R_CR, 1))
        write_command(s, s->regs[R_CR], value >> (R_CR - offset) * 8);
    if (touches(offset, size, R_TSD, 16) && (s->regs[R_CR] & CR_TE))
        transmit(s);
    if (touches(offset, size, R_RDSAR, 8))
        s->rx_index = 0;
    if (touches(offset, size, R_TNPDS, 8) && (get16(s->regs + R_CPCR) & CPCR_TX))
        s->tx_index = 0;
    if (touches(offset, size, R_9346CR, 1))
        write_eeprom(s, eeprom, s->regs[R_9346CR]);
    if (touches(offset, size, R_BMCR, 2))
        pci_put16(s->regs + R_BMCR, get16(s->regs + R_BMCR) & ~0x8200); /* reset and negotiation are done */
    if (touches(offset, size, R_TPPOLL, 1)) {
        if (s->regs[R_TPPOLL] & POLL_NORMAL)
            transmit(s);
        s->regs[R_TPPOLL] = 0;
    }
    if (touches(offset, size, R_IMR, 2))
        update_irq(s);
    if ((touches(offset, size, R_IMR, 2) || touches(offset, size, R_CAPR, 2) || touches(offset, size, R_RCR, 4)))
        pci_nic_accept_input(&s->nic);
}

static const struct io_ops card_ops = { .read = card_read, .write = card_write, .min_size = 1, .max_size = 4 };

/* -- The device -- */

static bool realize(struct device *d, GError **err)
{
    static const struct pci_id id = { .vendor = 0x10ec, .device = 0x8139, .subsystem_vendor = 0x1af4,
                                      .subsystem = 0x1100, .revision = 0x20, .class_code = 0x020000, .pin = true };
    struct rtl8139 *s = (struct rtl8139 *)d;
    static const struct net_client c = { .receive = receive, .can_send = can_send, .link_changed = link_changed };

    if (!pci_init(&s->nic.pci, d, &id, NULL, err))
        return false;
    pci_add_bar(&s->nic.pci, 0, PCI_BAR_IO, device_add_io(d, "rtl8139-io", &card_ops, R_BYTES));
    pci_add_bar(&s->nic.pci, 1, 0, device_add_io(d, "rtl8139-mmio", &card_ops, R_BYTES));
    return pci_nic_attach(&s->nic, &c, err);
}

static void reset(struct device *d)
{
    struct rtl8139 *s = (struct rtl8139 *)d;

    reset_card(s);
    pci_reset(&s->nic.pci);
}

static const struct property props[] = {
    PCI_NIC_PROPS(struct rtl8139, nic),
    PROP_END,
};

static const struct state_row fields[] = {
    PCI_NIC_FIELDS(struct rtl8139, nic),
    FIELD_KEEP_ARRAY(struct rtl8139, regs), /* all: reset_card() */
    FIELD_KEEP(struct rtl8139, isr),
    FIELD_KEEP(struct rtl8139, written),
    FIELD_KEEP(struct rtl8139, next_tsd),
    FIELD_KEEP(struct rtl8139, rx_index),
    FIELD_KEEP(struct rtl8139, tx_index),
    FIELD_KEEP(struct rtl8139, wire_in),
    FIELD_KEEP(struct rtl8139, wire_nin),
    FIELD_KEEP(struct rtl8139, wire_out),
    FIELD_KEEP(struct rtl8139, wire_reading),
    FIELD_END,
};

static bool loaded(void *obj, unsigned version, GError **err)
{
    struct rtl8139 *s = obj;

    if (s->next_tsd < 4 && s->rx_index < RING && s->tx_index < RING)
        return pci_loaded(&s->nic.pci, err);
    fail(err, "a ring's index lies outside");
    return false;
}

/* Frames that waited on the cable are gone after a load: the back end asks for room. */
static void resume(void *obj, bool after_load)
{
    struct rtl8139 *s = obj;

    if (!after_load)
        return;
    transmit(s);
    pci_nic_accept_input(&s->nic);
}

static const struct state_table state = {
    STATE_OF(struct rtl8139),
    .version = 2,
    .rows = fields,
    .loaded = loaded,
    .resume = resume,
};

const struct device_type rtl8139_type = {
    .name = "rtl8139",
    .desc = "Realtek RTL8139C+ Ethernet",
    .bus = &pci_bus_type,
    .size = sizeof(struct rtl8139),
    .props = props,
    .state = &state,
    .realize = realize,
    .reset = reset,
    .unrealize = pci_nic_unrealize,
};
