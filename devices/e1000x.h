/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Intel's 82540EM (e1000) and 82574L (e1000e) have in common: most registers, the PHY's interface, filters, rings
 * of both directions. Everything is called with the device's lock held.
 */
#ifndef MYNAH_E1000X_H
#define MYNAH_E1000X_H

#include "pci-nic.h"

enum e1000_register {
    R_CTRL = 0x0000, R_STATUS = 0x0008, R_EECD = 0x0010, R_EERD = 0x0014, R_MDIC = 0x0020, R_VET = 0x0038, R_ICR =
    0x00c0, R_ICS = 0x00c8, R_IMS = 0x00d0, R_IMC = 0x00d8, R_RCTL = 0x0100, R_TCTL = 0x0400, R_PSRCTL = 0x2170,
    R_RDBAL = 0x2800, R_RDBAH = 0x2804, R_RDLEN = 0x2808, R_RDH = 0x2810, R_RDT = 0x2818, R_TDBAL = 0x3800,
    R_TDBAH = 0x3804, R_TDLEN = 0x3808, R_TDH = 0x3810, R_TDT = 0x3818, R_STATISTICS = 0x4000,
    R_MPC = 0x4010, R_STATISTICS_END = 0x4128, R_RFCTL = 0x5008, R_MTA = 0x5200, R_RAL = 0x5400, R_VFTA = 0x5600,
    R_END = 0xc000,
};
enum { R_QUEUE = 0x100 }; /* from one ring's registers to those of the next */
enum { CTRL_MASTER_DISABLE = 1 << 2, CTRL_RESET = 1 << 26, CTRL_VLAN = 1 << 30 };
#define CTRL_PHY_RESET 0x80000000u
enum { STATUS_FULL_DUPLEX = 0x01, STATUS_LINK_UP = 0x02, STATUS_1000 = 0x80 };
enum { ICR_SENT = 0x01, ICR_QUEUE_EMPTY = 0x02, ICR_LINK = 0x04, ICR_OVERRUN = 0x40, ICR_RECEIVED = 0x80,
       ICR_MDIC = 0x200 };
enum { RCTL_ENABLE = 0x02 };
enum { PHY_REGISTERS = 32, PHY_CONTROL = 0, PHY_STATUS = 1, PHY_ID1 = 2, PHY_ID2 = 3, PHY_SPECIFIC_STATUS = 17 };
#define RAH_VALID 0x80000000u

#define E1000_QUEUES 2
#define EEPROM_WORDS 64
#define E1000_MAX_PACKET 65792 /* that is cut into segments */

/* A transmit ring: the packet that is being gathered from descriptors. */
struct e1000_tx {
    uint32_t size;      /* bytes gathered */
    uint32_t segment;   /* how many were sent */
    uint8_t options;
    bool extended, segmented, vlan;
    bool whole;         /* all is there; it waits for room */
    uint16_t tag;
    /* What the context descriptor before it says. */
    uint8_t ip_start, ip_at, start, at, header, flags;
    uint16_t ip_end, end, mss;
    uint8_t data[E1000_MAX_PACKET];
};

struct e1000x {
    struct pci_nic nic;
    const struct e1000_model *model;
    uint32_t regs[R_END / 4]; /* those that are not below */
    uint16_t phy[PHY_REGISTERS];
    uint32_t icr, ims;
    struct e1000_tx tx[E1000_QUEUES];
};

/* In what the two differ. */
struct e1000_model {
    const uint16_t *phy;    /* what its registers begin with: PHY_REGISTERS of them */
    const uint16_t *eeprom; /* EEPROM_WORDS, where address and sum are filled in */
    unsigned queues;        /* to transmit */
    bool formats;           /* RFCTL and RCTL choose among formats of receive descriptors */
    /* These causes of interrupts are there. */
    void (*raise)(struct e1000x *s, uint32_t causes);
    /* The causes that tell of sent and of received frames. */
    uint32_t (*sent)(struct e1000x *s, unsigned queue);
    uint32_t (*received)(struct e1000x *s);
};

#define E1000X_FIELDS(type, x) FIELD_STRUCT(type, x, &e1000x_table)
extern const struct state_table e1000x_table;
/* In loaded and resume of the card's table. */
bool e1000x_loaded(struct e1000x *s, GError **err);
void e1000x_resume(struct e1000x *s);

static inline uint32_t *e1000_reg(struct e1000x *s, unsigned offset)
{
    return &s->regs[offset / 4];
}

/* In realize, after pci_init(). As pci_nic_attach(). */
bool e1000x_attach(struct e1000x *s, const struct e1000_model *model, GError **err);
/* What is common of a reset: everything here but causes and masks. */
void e1000x_reset(struct e1000x *s);
/* Word n of the EEPROM. */
uint16_t e1000_eeprom_word(const struct e1000x *s, unsigned n);
/* The guest's access to a register that is common; those that nobody knows keep what is written. */
uint32_t e1000x_read(struct e1000x *s, unsigned offset);
void e1000x_write(struct e1000x *s, unsigned offset, uint32_t value);

/* A ring's entries, and where entry n is. */
static inline uint32_t e1000_ring_entries(struct e1000x *s, unsigned len_register, unsigned descriptor)
{
    return (*e1000_reg(s, len_register) & 0xfff80) / descriptor;
}
static inline gpa e1000_ring_base(struct e1000x *s, unsigned base_register)
{
    return (*e1000_reg(s, base_register) & ~0xfu) + ((uint64_t)*e1000_reg(s, base_register + 4) << 32);
}
/* Count a frame that came or went. */
void e1000_count(struct e1000x *s, bool sent, const uint8_t *frame, size_t len);

/* -- e1000x-tx.c -- */

/* Send what the driver has put into the ring. */
void e1000_transmit(struct e1000x *s, unsigned queue);
extern const struct state_table e1000_tx_table;

/* -- e1000x-rx.c -- */

/* From the back end. */
bool e1000_receive(void *opaque, const uint8_t *frame, size_t len);

#endif
