/* SPDX-License-Identifier: BSD-2-Clause */
/* What network cards on PCI have in common: the function, cable, address; and fields of frames and descriptors. */
#ifndef MYNAH_PCI_NIC_H
#define MYNAH_PCI_NIC_H

#include "devices/pci/pci.h"
#include "net.h"

/* At the start of a card's struct. */
struct pci_nic {
    struct device dev;
    struct pci_function pci;
    struct netdev *netdev; /* NULL: no cable */
    uint8_t mac[6];
    uint32_t bootindex;
};

/* Rows of a card's properties; nic is the member's name. */
#define PCI_NIC_PROPS(type, nic)                                                                                       \
    PCI_PROPS(type, nic.pci),                                                                                          \
    PROP_NAMES("netdev", type, nic.netdev, net_prop, "the -netdev it is plugged to"),                                  \
    PROP_NAMED("mac", type, nic.mac, MAC, 0, NULL, "its address"),                                                     \
    PROP_NAMED("bootindex", type, nic.bootindex, U32, UINT32_MAX, NULL,                                                \
               "its place among what firmware boots from, 0 first (default: none)")
#define PCI_NIC_FIELDS(type, nic) FIELD_STRUCT(type, nic, &pci_nic_table)
extern const struct state_table pci_nic_table;

/*
 * In realize, after pci_init(): plug it in. The client's opaque and lock are the card's. False with a message, the
 * function gone.
 */
bool pci_nic_attach(struct pci_nic *n, const struct net_client *c, GError **err);
/* The unrealize of a card. */
void pci_nic_unrealize(struct device *d);

static inline bool pci_nic_link_up(const struct pci_nic *n)
{
    return !n->netdev || net_link_up(n->netdev);
}
/* There may be room for a frame again. */
static inline void pci_nic_accept_input(struct pci_nic *n)
{
    if (n->netdev)
        net_accept_input(n->netdev);
}

static inline uint16_t get16(const uint8_t *p)
{
    return p[0] | p[1] << 8;
}

static inline uint32_t get32(const uint8_t *p)
{
    return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static inline uint64_t get64(const uint8_t *p)
{
    return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static inline uint16_t get16_be(const uint8_t *p)
{
    return p[0] << 8 | p[1];
}

static inline void put16_be(uint8_t *p, uint16_t v)
{
    p[0] = v >> 8;
    p[1] = v;
}

#endif
