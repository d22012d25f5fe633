/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvpanic-pci: a guest tells that it has panicked, or that it wants to be switched off. Manual: QEMU's "PVPANIC DEVICE"
 * (docs/specs/pvpanic). What is done then is the user's to say (-action). Not modelled: a crash kernel that takes over.
 */
#include <inttypes.h>

#include "devices/pci/pci.h"
#include "life.h"

enum { PANICKED = 1, SHUTDOWN = 4 };
#define EVENTS (PANICKED | SHUTDOWN)

struct pvpanic {
    struct device dev;
    struct pci_function pci;
    uint8_t events; /* a property */
};

static uint64_t bar_read(void *opaque, uint64_t offset, unsigned size)
{
    return offset == 0 ? ((const struct pvpanic *)opaque)->events : 0;
}

static void bar_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    const struct pvpanic *s = opaque;

    if (offset || (value & ~(uint64_t)s->events))
        device_guest_error(&s->dev, "event 0x%" PRIx64 ": expected some of 0x%x", value, s->events);
    else if (value & PANICKED)
        request_shutdown(SHUTDOWN_GUEST_PANIC, 0);
    else if (value & SHUTDOWN)
        request_shutdown(SHUTDOWN_GUEST, 0);
}

static const struct io_ops bar_ops = { .read = bar_read, .write = bar_write, .min_size = 1, .max_size = 1 };

static bool realize(struct device *d, GError **err)
{
    static const struct pci_id id = { .vendor = 0x1b36, .device = 0x0011, .subsystem_vendor = 0x1af4,
                                      .subsystem = 0x1100, .revision = 1, .class_code = 0x088000 };
    struct pvpanic *s = (struct pvpanic *)d;

    if (s->events & ~EVENTS) {
        fail(err, "pvpanic-pci: events=%u: expected a sum of 1 (panicked) and 4 (shutdown)", s->events);
        return false;
    }
    if (!pci_init(&s->pci, d, &id, NULL, err))
        return false;
    pci_add_bar(&s->pci, 0, 0, device_add_io(d, "pvpanic", &bar_ops, 16));
    return true;
}

static void unrealize(struct device *d)
{
    pci_fini(&((struct pvpanic *)d)->pci);
}

static void reset(struct device *d)
{
    pci_reset(&((struct pvpanic *)d)->pci);
}

static bool loaded(void *obj, unsigned version, GError **err)
{
    return pci_loaded(&((struct pvpanic *)obj)->pci, err);
}

static const struct property props[] = {
    PCI_PROPS(struct pvpanic, pci),
    PROP(struct pvpanic, events, U8, EVENTS, NULL, "what can be told: 1 (panicked), 4 (shutdown)"),
    PROP_END,
};

static const struct state_row fields[] = { PCI_FIELDS(struct pvpanic, pci), FIELD_END };

static const struct state_table state = {
    STATE_OF(struct pvpanic),
    .version = 1,
    .rows = fields,
    .loaded = loaded,
};

const struct device_type pvpanic_pci_type = {
    .name = "pvpanic-pci",
    .desc = "tells of a guest's panic",
    .bus = &pci_bus_type,
    .size = sizeof(struct pvpanic),
    .props = props,
    .state = &state,
    .realize = realize,
    .reset = reset,
    .unrealize = unrealize,
};
