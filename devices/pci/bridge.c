/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What bridges share, and pcie-pci-bridge and pci-bridge: 32 slots of a conventional bus behind one of either kind.
 * Manual: "PCI-to-PCI Bridge Architecture Specification" 1.2, chapter 3. Not modelled: VGA and ISA windows, errors of the
 * secondary bus, the standard hotplug controller and messages of the bridge's own.
 */
#include "pci.h"

/* -- Header type 1 -- */

void pci_bridge_init(struct pci_function *f, struct pci_bus *secondary)
{
    uint8_t *c = f->config, *w = f->writable;

    w[PCI_PRIMARY_BUS] = w[PCI_SECONDARY_BUS] = w[PCI_SUBORDINATE_BUS] = 0xff;
    w[PCI_IO_BASE] = w[PCI_IO_LIMIT] = 0xf0;
    for (unsigned r = PCI_MEMORY_BASE; r <= PCI_PREF_MEMORY_LIMIT; r += 2)
        pci_put16(w + r, 0xfff0);
    pci_put32(w + PCI_PREF_BASE_UPPER32, UINT32_MAX);
    pci_put32(w + PCI_PREF_LIMIT_UPPER32, UINT32_MAX);
    c[PCI_PREF_MEMORY_BASE] = c[PCI_PREF_MEMORY_LIMIT] = 1; /* 64 bits */
    pci_put16(w + PCI_BRIDGE_CONTROL, 0x7f);
    secondary->host = f->bus->host;
    secondary->bridge = f;
    f->secondary = secondary;
}

void pci_bridge_reset(struct pci_function *f)
{
    uint8_t *c = f->config;

    c[PCI_IO_BASE] |= 0xf0;
    pci_put16(c + PCI_MEMORY_BASE, 0xfff0);
    pci_put16(c + PCI_PREF_MEMORY_BASE, 0xfff1);
}

/* While the bit is set, each write of it resets: nobody can tell. */
void pci_bridge_settled(struct pci_function *f, unsigned offset, unsigned size)
{
    if (!pci_overlaps(offset, size, PCI_BRIDGE_CONTROL, PCI_BRIDGE_CONTROL + 1) ||
        !(f->config[PCI_BRIDGE_CONTROL] & PCI_BRIDGE_RESET))
        return;
    for (unsigned i = 0; i < PCI_FUNCTIONS; i++)
        if (f->secondary->function[i])
            device_reset_tree(f->secondary->function[i]->dev);
}

/* -- Bridges to conventional buses -- */

struct bridge {
    struct device dev;
    struct pci_function pci;
    struct pci_bus bus;
    uint8_t chassis_nr; /* a property */
};

#define SLOT_CAP 0x40

static const struct pci_ops ops = { .config_settled = pci_bridge_settled };

static bool realize_as(struct device *d, const struct pci_id *id, GError **err)
{
    struct bridge *s = (struct bridge *)d;

    if (!pci_init(&s->pci, d, id, &ops, err))
        return false;
    pci_bridge_init(&s->pci, &s->bus);
    s->pci.config[PCI_STATUS] |= PCI_STATUS_66MHZ | PCI_STATUS_FAST_BACK;
    s->pci.config[PCI_SECONDARY_STATUS] |= PCI_STATUS_66MHZ | PCI_STATUS_FAST_BACK;
    return true;
}

static bool realize_pci(struct device *d, GError **err)
{
    static const struct pci_id id = { .vendor = 0x1b36, .device = 0x0001, .class_code = 0x060400, .pin = true,
                                      .bridge = true };

    if (((struct bridge *)d)->chassis_nr)
        return realize_as(d, &id, err);
    fail(err, "Bridge chassis not specified. Each bridge is required to be assigned a unique chassis id > 0.");
    return false;
}

static bool realize_pcie(struct device *d, GError **err)
{
    static const struct pci_id id = { .vendor = 0x1b36, .device = 0x000e, .class_code = 0x060400, .pin = true,
                                      .bridge = true };
    struct bridge *s = (struct bridge *)d;

    if (!realize_as(d, &id, err))
        return false;
    pci_add_express(&s->pci, PCIE_TYPE_PCI_BRIDGE, 0);
    pci_add_power(&s->pci);
    return true;
}

static void unrealize(struct device *d)
{
    pci_fini(&((struct bridge *)d)->pci);
}

static void reset(struct device *d)
{
    struct bridge *s = (struct bridge *)d;

    pci_reset(&s->pci);
    pci_bridge_reset(&s->pci);
}

static bool loaded(void *obj, unsigned version, GError **err)
{
    return pci_loaded(&((struct bridge *)obj)->pci, err);
}

static const struct property pci_props[] = {
    PCI_PROPS(struct bridge, pci),
    PROP(struct bridge, chassis_nr, U8, 0, NULL, "tells bridges apart: from 1"),
    PROP_END,
};
static const struct property pcie_props[] = { PCI_PROPS(struct bridge, pci), PROP_END };

static const struct state_row fields[] = {
    PCI_FIELDS(struct bridge, pci),
    FIELD_NONE(struct bridge, bus, "wiring"),
    FIELD_END,
};

static const struct state_table state = {
    STATE_OF(struct bridge),
    .version = 1,
    .rows = fields,
    .loaded = loaded,
};

#define BRIDGE(ident, name_, desc_, props_, realize_)                                                                  \
    const struct device_type ident = {                                                                                 \
        .name = name_, .desc = desc_, .bus = &pci_bus_type, .provides_bus = &pci_bus_type,                             \
        .bus_offset = offsetof(struct bridge, bus), .size = sizeof(struct bridge), .props = props_, .state = &state,   \
        .realize = realize_, .reset = reset, .unrealize = unrealize,                                                   \
    }
BRIDGE(pci_bridge_type, "pci-bridge", "bridge to a conventional PCI bus", pci_props, realize_pci);
BRIDGE(pcie_pci_bridge_type, "pcie-pci-bridge", "bridge from PCI Express to a conventional PCI bus", pcie_props,
       realize_pcie);
