/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PCI Express root port: a bridge from a host's own bus to a link with one device. Manuals: "PCI-to-PCI Bridge
 * Architecture Specification" 1.2, chapter 3; "PCI Express Base Specification" 4.0, section 7.5.3. Not modelled: hotplug,
 * messages of the port's own, error reporting, reset of the secondary bus, power management events.
 */
#include "pci.h"

struct root_port {
    struct device dev;
    struct pci_function pci;
    struct pci_bus bus;
    /* Properties. */
    uint8_t port, chassis;
    uint16_t slot;
};

#define SUBSYSTEM_BYTES 8
#define LINK_SPEED_16 4
#define LINK_WIDTH_32 (32 << 4)
#define LINK_REPORTS 0x300000 /* of data link activity, of bandwidth */
#define LINK_ACTIVE 0x2011    /* 2.5 GT/s, one lane, as devices have it */
#define SLOT_SHIFT 19
#define SLOT_PRESENT 0x40

/* What a guest may change of a bridge's header; the windows are closed until it does. */
static void fill_bridge(struct pci_function *f)
{
    uint8_t *c = f->config, *w = f->writable;

    w[PCI_PRIMARY_BUS] = w[PCI_SECONDARY_BUS] = w[PCI_SUBORDINATE_BUS] = 0xff;
    w[PCI_IO_BASE] = w[PCI_IO_LIMIT] = 0xf0;
    for (unsigned r = PCI_MEMORY_BASE; r <= PCI_PREF_MEMORY_LIMIT; r += 2)
        pci_put16(w + r, 0xfff0);
    pci_put32(w + PCI_PREF_BASE_UPPER32, UINT32_MAX);
    pci_put32(w + PCI_PREF_LIMIT_UPPER32, UINT32_MAX);
    c[PCI_PREF_MEMORY_BASE] = c[PCI_PREF_MEMORY_LIMIT] = 1; /* 64 bits */
    pci_put16(w + PCI_BRIDGE_CONTROL, 0x3f);
}

static void close_windows(struct pci_function *f)
{
    uint8_t *c = f->config;

    c[PCI_IO_BASE] |= 0xf0;
    pci_put16(c + PCI_MEMORY_BASE, 0xfff0);
    pci_put16(c + PCI_PREF_MEMORY_BASE, 0xfff1);
}

static void fill_express(struct root_port *s)
{
    struct pci_function *f = &s->pci;
    unsigned at = pci_add_express(f, PCIE_TYPE_ROOT_PORT, s->port);

    pci_put32(f->config + at + PCIE_LINK_CAP, (uint32_t)s->port << 24 | LINK_REPORTS | LINK_WIDTH_32 | LINK_SPEED_16);
    pci_put32(f->config + at + PCIE_SLOT_CAP, (uint32_t)s->slot << SLOT_SHIFT);
}

static bool realize(struct device *d, GError **err)
{
    static const struct pci_id id = { .vendor = 0x1b36, .device = 0x000c, .class_code = 0x060400, .pin = true,
                                      .bridge = true };
    struct root_port *s = (struct root_port *)d;
    const struct pci_bus *up = pci_bus_of(d, err);

    if (!up)
        return false;
    if (up->bridge) {
        fail(err, "device %s: expected a place on the host's own bus", d->type->name);
        return false;
    }
    if (!pci_init(&s->pci, d, &id, NULL, err))
        return false;
    fill_bridge(&s->pci);
    unsigned at = pci_add_capability(&s->pci, PCI_CAP_SUBSYSTEM, SUBSYSTEM_BYTES);
    pci_put16(s->pci.config + at + 4, id.vendor);
    fill_express(s);
    s->bus = (struct pci_bus){ .host = up->host, .bridge = &s->pci, .one_device = true };
    s->pci.secondary = &s->bus;
    return true;
}

static void unrealize(struct device *d)
{
    pci_fini(&((struct root_port *)d)->pci);
}

/* The link and slot show whether something is there: whoever is, was when the machine was made. */
static void reset(struct device *d)
{
    struct root_port *s = (struct root_port *)d;
    uint8_t *express = s->pci.config + s->pci.express;
    bool present = s->bus.function[0] != NULL;

    pci_reset(&s->pci);
    close_windows(&s->pci);
    pci_put16(express + PCIE_LINK_STATUS, present ? LINK_ACTIVE : LINK_WIDTH_32 | LINK_SPEED_16);
    pci_put16(express + PCIE_SLOT_STATUS, present ? SLOT_PRESENT : 0);
}

static bool loaded(void *obj, unsigned version, GError **err)
{
    return pci_loaded(&((struct root_port *)obj)->pci, err);
}

static const struct property props[] = {
    PCI_PROPS(struct root_port, pci),
    PROP_NAMED("port", struct root_port, port, U8, 0, NULL, "its number, which the link's capabilities tell"),
    PROP_NAMED("chassis", struct root_port, chassis, U8, 0, NULL, "accepted: slots are told apart by number"),
    PROP_NAMED("slot", struct root_port, slot, U16, 0, NULL, "number of the slot behind it"),
    PROP_END,
};

static const struct state_row fields[] = {
    PCI_FIELDS(struct root_port, pci),
    FIELD_NONE(struct root_port, bus, "wiring"),
    FIELD_END,
};

static const struct state_table state = {
    STATE_OF(struct root_port),
    .version = 1,
    .rows = fields,
    .loaded = loaded,
};

const struct device_type pcie_root_port_type = {
    .name = "pcie-root-port",
    .desc = "PCI Express root port, with a slot for a device",
    .bus = &pci_bus_type,
    .provides_bus = &pci_bus_type,
    .bus_offset = offsetof(struct root_port, bus),
    .size = sizeof(struct root_port),
    .props = props,
    .state = &state,
    .realize = realize,
    .reset = reset,
    .unrealize = unrealize,
};
