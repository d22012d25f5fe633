/* SPDX-License-Identifier: BSD-2-Clause */
#include "pci-nic.h"

bool pci_nic_attach(struct pci_nic *n, const struct net_client *client, GError **err)
{
    struct net_client c = *client;

    c.opaque = n;
    c.lock = &n->dev.lock;
    if (net_attach_card(n->netdev, c, n->dev.id, n->dev.type->name, n->mac, err))
        return true;
    pci_fini(&n->pci);
    return false;
}

void pci_nic_unrealize(struct device *d)
{
    struct pci_nic *n = (struct pci_nic *)d;

    if (n->netdev)
        net_detach(n->netdev, n);
    pci_fini(&n->pci);
}

static const struct state_row fields[] = {
    PCI_FIELDS(struct pci_nic, pci),
    FIELD_NONE(struct pci_nic, netdev, "a property"),
    FIELD_NONE(struct pci_nic, mac, "a property"),
    FIELD_NONE(struct pci_nic, bootindex, "a property"),
    FIELD_END,
};

const struct state_table pci_nic_table = { STATE_OF(struct pci_nic), .version = 1, .rows = fields };
