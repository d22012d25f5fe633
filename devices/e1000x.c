/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers that e1000 and e1000e have in common. Manuals: Intel's "PCI/PCI-X Family of Gigabit Ethernet Controllers
 * Software Developer's Manual" and "82574 GbE Controller Family Datasheet", with the PHY's registers as Marvell's
 * 88E1011 has them.
 */
#include <inttypes.h>
#include <string.h>

#include "e1000x.h"

#define EEPROM_SUM 0xbaba
#define CRC_BYTES 4
enum { MDIC_WRITE = 1 << 26, MDIC_READ = 2 << 26, MDIC_READY = 1 << 28, MDIC_INTERRUPT = 1 << 29,
       MDIC_ERROR = 1 << 30 };
enum { PHY_RESET = 0x8000, PHY_RESTART = 0x200, PHY_LINK = 0x04, PHY_SPECIFIC_LINK = 0x400 };

uint16_t e1000_eeprom_word(const struct e1000x *s, unsigned n)
{
    uint16_t sum = 0;

    if (n < 3)
        return get16(s->nic.mac + 2 * n);
    if (n < EEPROM_WORDS - 1)
        return s->model->eeprom[n];
    for (unsigned i = 0; i < EEPROM_WORDS - 1; i++)
        sum += e1000_eeprom_word(s, i);
    return EEPROM_SUM - sum;
}

/* -- PHY and link -- */

static void reset_phy(struct e1000x *s)
{
    memcpy(s->phy, s->model->phy, sizeof(s->phy));
}

static uint16_t read_phy(const struct e1000x *s, unsigned n)
{
    bool up = pci_nic_link_up(&s->nic);

    if (n == PHY_STATUS && up)
        return s->phy[n] | PHY_LINK | 0x20; /* and its speed is agreed on */
    return n == PHY_SPECIFIC_STATUS && up ? s->phy[n] | PHY_SPECIFIC_LINK : s->phy[n];
}

static void write_phy(struct e1000x *s, unsigned n, uint16_t value)
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
        s->model->raise(s, ICR_LINK);
}

static void write_mdic(struct e1000x *s, uint32_t value)
{
    unsigned n = value >> 16 & 0x1f;

    if ((value >> 21 & 0x1f) != 1) /* there is one PHY */
        value |= MDIC_ERROR;
    else if (value & MDIC_READ)
        value = (value & ~0xffff) | read_phy(s, n);
    else if (value & MDIC_WRITE)
        write_phy(s, n, value);
    *e1000_reg(s, R_MDIC) = value | MDIC_READY;
    if (value & MDIC_INTERRUPT)
        s->model->raise(s, ICR_MDIC);
}

static void link_changed(void *opaque, bool up)
{
    struct e1000x *s = opaque;

    s->model->raise(s, ICR_LINK);
}

/* -- Statistics: they stay at their largest, and a read clears them -- */

enum counter { /* registers: received, sent */
    C_SIZES_RX = 0x405c, C_GOOD_RX = 0x4074, C_BROADCAST_RX = 0x4078, C_MULTICAST_RX = 0x407c, C_GOOD_TX = 0x4080,
    C_GOOD_OCTETS_RX = 0x4088, C_GOOD_OCTETS_TX = 0x4090, C_OCTETS_RX = 0x40c0, C_OCTETS_TX = 0x40c8,
    C_TOTAL_RX = 0x40d0, C_TOTAL_TX = 0x40d4, C_SIZES_TX = 0x40d8, C_MULTICAST_TX = 0x40f0, C_BROADCAST_TX = 0x40f4,
};

static void count(struct e1000x *s, unsigned counter)
{
    if (*e1000_reg(s, counter) < UINT32_MAX)
        ++*e1000_reg(s, counter);
}

static bool is_wide(unsigned low)
{
    return low == C_GOOD_OCTETS_RX || low == C_GOOD_OCTETS_TX || low == C_OCTETS_RX || low == C_OCTETS_TX;
}

static void count_octets(struct e1000x *s, unsigned low, size_t len)
{
    uint64_t v = *e1000_reg(s, low) | (uint64_t)*e1000_reg(s, low + 4) << 32;

    v = len > UINT64_MAX - v ? UINT64_MAX : v + len;
    *e1000_reg(s, low) = v;
    *e1000_reg(s, low + 4) = v >> 32;
}

void e1000_count(struct e1000x *s, bool sent, const uint8_t *frame, size_t len)
{
    static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    static const uint16_t sizes[] = { 64, 127, 255, 511, 1023 };
    unsigned size = 0;

    len = MAX(len, 60) + CRC_BYTES;
    while (size < ARRAY_SIZE(sizes) && len > sizes[size])
        size++;
    count(s, (sent ? C_SIZES_TX : C_SIZES_RX) + 4 * size);
    count(s, sent ? C_GOOD_TX : C_GOOD_RX);
    count(s, sent ? C_TOTAL_TX : C_TOTAL_RX);
    count_octets(s, sent ? C_GOOD_OCTETS_TX : C_GOOD_OCTETS_RX, len);
    count_octets(s, sent ? C_OCTETS_TX : C_OCTETS_RX, len);
    if (!memcmp(frame, broadcast, 6))
        count(s, sent ? C_BROADCAST_TX : C_BROADCAST_RX);
    else if (frame[0] & 1)
        count(s, sent ? C_MULTICAST_TX : C_MULTICAST_RX);
}

/* Of wide ones the upper half is read last, and clears both. */
static uint32_t read_statistic(struct e1000x *s, unsigned offset)
{
    uint32_t v = *e1000_reg(s, offset);

    if (is_wide(offset))
        return v;
    if (is_wide(offset - 4))
        *e1000_reg(s, offset - 4) = 0;
    *e1000_reg(s, offset) = 0;
    return v;
}

/* -- Registers -- */

uint32_t e1000x_read(struct e1000x *s, unsigned offset)
{
    if (offset >= R_STATISTICS && offset < R_STATISTICS_END)
        return read_statistic(s, offset);
    return offset < R_END ? *e1000_reg(s, offset) : 0;
}

/* The queue to transmit of which this is a register. */
static bool is_tx_register(const struct e1000x *s, unsigned offset, unsigned reg, unsigned *queue)
{
    *queue = (offset - reg) / R_QUEUE;
    return offset >= reg && (offset - reg) % R_QUEUE == 0 && *queue < s->model->queues;
}

void e1000x_write(struct e1000x *s, unsigned offset, uint32_t value)
{
    unsigned queue;

    if (is_tx_register(s, offset, R_TDT, &queue)) {
        *e1000_reg(s, offset) = value & 0xffff;
        e1000_transmit(s, queue);
        return;
    }
    if (is_tx_register(s, offset, R_TDH, &queue)) {
        *e1000_reg(s, offset) = value & 0xffff;
        return;
    }
    switch (offset) {
    case R_STATUS:
        break;
    case R_MDIC:
        write_mdic(s, value);
        break;
    case R_RDH:
        *e1000_reg(s, R_RDH) = value & 0xffff;
        break;
    case R_RDT:
        *e1000_reg(s, R_RDT) = value & 0xffff;
        pci_nic_accept_input(&s->nic);
        break;
    case R_RCTL:
        *e1000_reg(s, R_RCTL) = value;
        if (value & RCTL_ENABLE)
            pci_nic_accept_input(&s->nic);
        break;
    case R_TCTL:
        *e1000_reg(s, R_TCTL) = value;
        for (queue = 0; queue < s->model->queues; queue++)
            e1000_transmit(s, queue);
        break;
    default:
        if (offset < R_END && !(offset >= R_STATISTICS && offset < R_STATISTICS_END))
            *e1000_reg(s, offset) = value;
        else
            device_guest_error(&s->nic.dev, "write of 0x%x: no register to write", offset);
        break;
    }
}

/* -- The device -- */

static void can_send(void *opaque)
{
    struct e1000x *s = opaque;

    for (unsigned queue = 0; queue < s->model->queues; queue++)
        e1000_transmit(s, queue);
}

bool e1000x_attach(struct e1000x *s, const struct e1000_model *model, GError **err)
{
    static const struct net_client c = { .receive = e1000_receive, .can_send = can_send, .link_changed = link_changed };

    s->model = model;
    return pci_nic_attach(&s->nic, &c, err);
}

void e1000x_reset(struct e1000x *s)
{
    memset(s->regs, 0, sizeof(s->regs));
    memset(s->tx, 0, sizeof(s->tx));
    reset_phy(s);
    *e1000_reg(s, R_VET) = 0x8100;
    *e1000_reg(s, R_RAL) = get32(s->nic.mac);
    *e1000_reg(s, R_RAL + 4) = get16(s->nic.mac + 4) | RAH_VALID;
}

static const struct state_row fields[] = {
    PCI_NIC_FIELDS(struct e1000x, nic),
    FIELD_NONE(struct e1000x, model, "wiring"),
    FIELD_KEEP_ARRAY(struct e1000x, regs), /* all: a reset of the card does it */
    FIELD_KEEP_ARRAY(struct e1000x, phy),
    FIELD_KEEP(struct e1000x, icr),
    FIELD_KEEP(struct e1000x, ims),
    FIELD_STRUCTS(struct e1000x, tx, &e1000_tx_table),
    FIELD_END,
};
const struct state_table e1000x_table = { STATE_OF(struct e1000x), .version = 1, .rows = fields };

bool e1000x_loaded(struct e1000x *s, GError **err)
{
    for (unsigned queue = 0; queue < E1000_QUEUES; queue++) {
        if (s->tx[queue].size > E1000_MAX_PACKET) {
            fail(err, "a packet of %" PRIu32 " bytes", s->tx[queue].size);
            return false;
        }
    }
    return pci_loaded(&s->nic.pci, err);
}

/* Frames that waited on the cable are gone after a load: the back end asks for room. */
void e1000x_resume(struct e1000x *s)
{
    for (unsigned queue = 0; queue < s->model->queues; queue++)
        if (s->tx[queue].whole)
            e1000_transmit(s, queue);
    pci_nic_accept_input(&s->nic);
}
