/* SPDX-License-Identifier: BSD-2-Clause */
/* pci-serial: a 16550 UART as a PCI function, which ns16550.c is. */
#include "devices/pci/pci.h"

extern const struct device_type ns16550_type;

struct pci_serial {
    struct device dev;
    struct pci_function pci;
};

static void drive_pin(void *opaque, unsigned n, bool level)
{
    pci_set_intx(&((struct pci_serial *)opaque)->pci, level);
}

/* -- The place of the UART on it -- */

static bool connect(struct device *bus, struct device *uart, GError **err)
{
    uart->nirqs = 1;
    uart->irqs = g_new(struct irq, 1);
    uart->irqs[0] = (struct irq){ .set = drive_pin, .opaque = bus };
    return true;
}

static void plug(struct device *bus, struct device *uart)
{
    pci_add_bar(&((struct pci_serial *)bus)->pci, 0, PCI_BAR_IO, &uart->regions[0]);
}

static void unplug(struct device *bus, struct device *uart)
{
    pci_remove_bar(&((struct pci_serial *)bus)->pci, 0);
}

static const struct bus_type uart_place = { .name = "uart", .slots = 1, .address = connect, .plug = plug,
                                            .unplug = unplug };

/* -- The function -- */

static bool realize(struct device *d, GError **err)
{
    static const struct pci_id id = { .vendor = 0x1b36, .device = 0x0002, .subsystem_vendor = 0x1af4, .subsystem = 0x1100,
                                      .revision = 1, .class_code = 0x070002, .pin = true };

    return pci_init(&((struct pci_serial *)d)->pci, d, &id, NULL, err);
}

static void unrealize(struct device *d)
{
    pci_fini(&((struct pci_serial *)d)->pci);
}

static void reset(struct device *d)
{
    pci_reset(&((struct pci_serial *)d)->pci);
}

static bool loaded(void *obj, unsigned version, GError **err)
{
    return pci_loaded(&((struct pci_serial *)obj)->pci, err);
}

static const struct property props[] = { PCI_PROPS(struct pci_serial, pci), PROP_END };

static const struct state_row fields[] = { PCI_FIELDS(struct pci_serial, pci), FIELD_END };

static const struct state_table state = {
    STATE_OF(struct pci_serial),
    .version = 1,
    .rows = fields,
    .loaded = loaded,
};

const struct device_type pci_serial_type = {
    .name = "pci-serial",
    .desc = "16550 UART on PCI",
    .bus = &pci_bus_type,
    .provides_bus = &uart_place,
    .inner = &ns16550_type,
    .size = sizeof(struct pci_serial),
    .props = props,
    .state = &state,
    .realize = realize,
    .reset = reset,
    .unrealize = unrealize,
};
