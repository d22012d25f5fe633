/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PCI Express root port: a bridge from a host's own bus to a link with one device, which may come and go while the
 * machine runs. Manuals: "PCI-to-PCI Bridge Architecture Specification" 1.2, chapter 3; "PCI Express Base Specification"
 * 4.0, sections 6.7 (hotplug) and 7.5.3. Not modelled: error reporting, power management events, access control.
 *
 * A device that device_del is to remove goes in two steps, as a card does: the attention button is pressed; the driver
 * switches the slot's power off, with which the device falls silent; the main loop frees it.
 */
#include <string.h>

#include "input.h"
#include "pci.h"

struct root_port {
    struct device dev;
    struct pci_function pci;
    struct pci_bus bus;
    bool asked;   /* the button was pressed for device_del */
    guint removal; /* the source that frees what was switched off, or 0 */
    /* Properties. */
    uint8_t port, chassis;
    uint16_t slot;
    bool hotplug;
};

#define SUBSYSTEM_BYTES 8
#define MSIX_BAR 0
#define LINK_SPEED_16 4
#define LINK_WIDTH_32 (32 << 4)
#define LINK_SAVES_POWER 0x400
#define LINK_REPORTS 0x300000 /* of data link activity, of bandwidth */
#define LINK_ACTIVE 0x2011    /* 2.5 GT/s, one lane, as devices have it */
#define LINK_IDLE (LINK_WIDTH_32 | LINK_SPEED_16)

/* The slot's registers. */
#define SLOT_SHIFT 19
enum slot_capability {
    SLOT_HAS_BUTTON = 0x1,
    SLOT_HAS_POWER = 0x2,
    SLOT_HAS_INDICATORS = 0x18,
    SLOT_HAS_SURPRISE = 0x20,
    SLOT_HAS_HOTPLUG = 0x40,
    SLOT_HAS_LATCH = 0x20000,
};
enum slot_control {
    SLOT_EVENTS = 0x19, /* button, presence, command completed: enabled here, noted in the same bits of the status */
    SLOT_INTERRUPTS = 0x20,
    SLOT_ATTENTION = 0xc0,
    SLOT_ATTENTION_OFF = 0xc0,
    SLOT_POWER_LIGHT = 0x300,
    SLOT_POWER_LIGHT_ON = 0x100,
    SLOT_POWER_LIGHT_BLINKS = 0x200,
    SLOT_POWER_LIGHT_OFF = 0x300,
    SLOT_POWER_OFF = 0x400,
    SLOT_LATCH = 0x800,
};
enum slot_status {
    SLOT_BUTTON = 0x1,
    SLOT_PRESENCE = 0x8,
    SLOT_COMPLETED = 0x10,
    SLOT_PRESENT = 0x40,
    SLOT_LATCHED = 0x80,
};

static unsigned express(const struct root_port *s, unsigned reg)
{
    return s->pci.express + reg;
}

static uint16_t get(const struct root_port *s, unsigned reg)
{
    return pci_get16(&s->pci, express(s, reg));
}

static void put(struct root_port *s, unsigned reg, uint16_t v)
{
    pci_put16(s->pci.config + express(s, reg), v);
}

static bool is_populated(const struct root_port *s)
{
    return s->bus.function[0] != NULL;
}

/* -- Events; the port's lock is held -- */

/* Messages are sent for what is new, the pin shows what there is. */
static void tell_events(struct root_port *s, uint16_t raised)
{
    uint16_t control = get(s, PCIE_SLOT_CONTROL), on = control & SLOT_INTERRUPTS ? control & SLOT_EVENTS : 0;
    bool messages = pci_msix_enabled(&s->pci);

    pci_set_intx(&s->pci, !messages && (get(s, PCIE_SLOT_STATUS) & on));
    if (messages && (raised & on))
        pci_msix_notify(&s->pci, 0);
}

static void raise_event(struct root_port *s, uint16_t event)
{
    uint16_t old = get(s, PCIE_SLOT_STATUS);

    put(s, PCIE_SLOT_STATUS, old | event);
    tell_events(s, event & ~old);
}

static void show_presence(struct root_port *s)
{
    bool present = is_populated(s);

    put(s, PCIE_LINK_STATUS, present ? LINK_ACTIVE : LINK_IDLE);
    put(s, PCIE_SLOT_STATUS, (get(s, PCIE_SLOT_STATUS) & ~SLOT_PRESENT) | (present ? SLOT_PRESENT : 0));
}

static void lock(struct root_port *s)
{
    lock_order_enter(LOCK_DEVICE);
    g_mutex_lock(&s->dev.lock);
}

static void unlock(struct root_port *s)
{
    g_mutex_unlock(&s->dev.lock);
    lock_order_leave(LOCK_DEVICE);
}

/* -- Coming and going -- */

static bool can_hotplug(const struct pci_bus *bus)
{
    return container_of(bus, struct root_port, bus)->hotplug;
}

static void plugged(const struct pci_bus *bus)
{
    struct root_port *s = container_of(bus, struct root_port, bus);

    if (!is_populated(s)) /* function 0 comes last */
        return;
    lock(s);
    show_presence(s);
    raise_event(s, SLOT_PRESENCE | SLOT_BUTTON);
    unlock(s);
}

static void remove_all(struct root_port *s)
{
    for (unsigned i = 8; i--;)
        if (s->bus.function[i])
            device_remove(s->bus.function[i]->dev);
}

static gboolean remove_later(gpointer opaque)
{
    struct root_port *s = opaque;

    lock(s);
    s->removal = 0;
    unlock(s);
    remove_all(s);
    return G_SOURCE_REMOVE;
}

static enum unplug unplug_request(const struct pci_bus *bus, struct device *d, GError **err)
{
    struct root_port *s = container_of(bus, struct root_port, bus);
    enum unplug how = UNPLUG_LATER;

    lock(s);
    uint16_t control = get(s, PCIE_SLOT_CONTROL);
    if (s->asked) {
        fail(err, "Device %s is already in the process of unplug", d->id);
        how = UNPLUG_REFUSED;
    } else if ((control & SLOT_POWER_LIGHT) == SLOT_POWER_LIGHT_BLINKS) {
        fail(err, "Hot-unplug failed: guest is busy (power indicator blinking)");
        how = UNPLUG_REFUSED;
    } else if (!is_populated(s) ||
               ((control & SLOT_POWER_OFF) && (control & SLOT_POWER_LIGHT) == SLOT_POWER_LIGHT_OFF)) {
        how = UNPLUG_NOW;
    } else {
        s->asked = true;
        raise_event(s, SLOT_BUTTON);
    }
    unlock(s);
    return how;
}

/* Also of devices that go together with the port. */
static void unplug(const struct pci_bus *bus, struct device *d)
{
    struct root_port *s = container_of(bus, struct root_port, bus);
    struct pci_function *f = s->bus.function[0];

    if (f && f->dev != d)
        return;
    lock(s);
    s->asked = false;
    if (s->removal)
        g_source_remove(s->removal);
    s->removal = 0;
    put(s, PCIE_LINK_STATUS, LINK_IDLE);
    uint16_t old = get(s, PCIE_SLOT_STATUS);
    put(s, PCIE_SLOT_STATUS, old & ~SLOT_PRESENT);
    if (old & SLOT_PRESENT)
        raise_event(s, SLOT_PRESENCE);
    unlock(s);
}

static const struct pci_slot_ops slot_ops = { .can_hotplug = can_hotplug, .plugged = plugged,
                                              .unplug_request = unplug_request, .unplug = unplug };

/* -- What the driver does to the slot -- */

static void slot_written(struct root_port *s)
{
    uint16_t control = get(s, PCIE_SLOT_CONTROL);

    if (control & SLOT_LATCH) { /* it toggles, and reads as 0 */
        put(s, PCIE_SLOT_CONTROL, control & ~SLOT_LATCH);
        put(s, PCIE_SLOT_STATUS, get(s, PCIE_SLOT_STATUS) ^ SLOT_LATCHED);
    }
    raise_event(s, SLOT_COMPLETED);
}

static void config_written(struct pci_function *f, unsigned offset, unsigned size)
{
    struct root_port *s = container_of(f, struct root_port, pci);
    unsigned control = express(s, PCIE_SLOT_CONTROL);

    if (pci_overlaps(offset, size, control, control + 2))
        slot_written(s);
    else
        tell_events(s, 0); /* events may have been taken back, or messages switched on */
}

/* The card can be taken out: who is to, does that soon. In a recording it stays in its slot. */
static void power_is_off(struct root_port *s)
{
    lock(s);
    if ((get(s, PCIE_SLOT_CONTROL) & SLOT_POWER_LIGHT) == SLOT_POWER_LIGHT_OFF && is_populated(s) && !s->removal &&
        !input_ordered()) {
        put(s, PCIE_LINK_STATUS, LINK_IDLE);
        put(s, PCIE_SLOT_STATUS, get(s, PCIE_SLOT_STATUS) & ~SLOT_PRESENT);
        raise_event(s, SLOT_PRESENCE);
        s->removal = g_idle_add_full(G_PRIORITY_DEFAULT, remove_later, s, NULL);
    }
    unlock(s);
}

static void config_settled(struct pci_function *f, unsigned offset, unsigned size)
{
    struct root_port *s = container_of(f, struct root_port, pci);
    unsigned control = express(s, PCIE_SLOT_CONTROL);

    pci_bridge_settled(f, offset, size);
    if (!pci_overlaps(offset, size, control, control + 2) || !s->hotplug)
        return;
    bool off = get(s, PCIE_SLOT_CONTROL) & SLOT_POWER_OFF, was = s->bus.off;
    s->bus.off = off;
    if (off && !was) {
        for (unsigned i = 0; i < 8; i++)
            if (s->bus.function[i])
                device_reset_tree(s->bus.function[i]->dev);
    }
    if (off != was)
        pci_remap(f);
    if (off)
        power_is_off(s);
}

static const struct pci_ops ops = { .config_written = config_written, .config_settled = config_settled };

/* -- The device -- */

static void fill_express(struct root_port *s)
{
    struct pci_function *f = &s->pci;
    unsigned at = pci_add_express(f, PCIE_TYPE_ROOT_PORT, s->port);
    uint8_t *c = f->config + at, *w = f->writable + at;
    uint32_t slot = (uint32_t)s->slot << SLOT_SHIFT;

    pci_put32(c + PCIE_LINK_CAP, (uint32_t)s->port << 24 | LINK_REPORTS | LINK_SAVES_POWER | LINK_IDLE);
    if (s->hotplug) {
        slot |= SLOT_HAS_BUTTON | SLOT_HAS_POWER | SLOT_HAS_INDICATORS | SLOT_HAS_SURPRISE | SLOT_HAS_HOTPLUG |
                SLOT_HAS_LATCH;
        pci_put16(w + PCIE_SLOT_CONTROL, SLOT_EVENTS | SLOT_INTERRUPTS | SLOT_ATTENTION | SLOT_POWER_LIGHT |
                                             SLOT_POWER_OFF | SLOT_LATCH);
        pci_put16(f->clearable + at + PCIE_SLOT_STATUS, SLOT_EVENTS);
    }
    pci_put32(c + PCIE_SLOT_CAP, slot);
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
    if (!pci_init(&s->pci, d, &id, &ops, err))
        return false;
    s->bus = (struct pci_bus){ .one_device = true, .slot = &slot_ops };
    pci_bridge_init(&s->pci, &s->bus);
    unsigned at = pci_add_capability(&s->pci, PCI_CAP_SUBSYSTEM, SUBSYSTEM_BYTES);
    pci_put16(s->pci.config + at + 4, id.vendor);
    pci_msix_init(&s->pci, MSIX_BAR, 1);
    fill_express(s);
    return true;
}

static void unrealize(struct device *d)
{
    pci_fini(&((struct root_port *)d)->pci);
}

/* A card that is there has power. */
static void reset(struct device *d)
{
    struct root_port *s = (struct root_port *)d;

    pci_reset(&s->pci);
    pci_bridge_reset(&s->pci);
    s->bus.off = s->hotplug && !is_populated(s);
    unsigned power = s->bus.off ? SLOT_POWER_OFF | SLOT_POWER_LIGHT_OFF : SLOT_POWER_LIGHT_ON;
    if (s->hotplug)
        put(s, PCIE_SLOT_CONTROL, SLOT_ATTENTION_OFF | power);
    put(s, PCIE_SLOT_STATUS, 0);
    show_presence(s);
    s->asked = false;
}

static bool loaded(void *obj, unsigned version, GError **err)
{
    struct root_port *s = obj;

    s->bus.off = s->hotplug && (get(s, PCIE_SLOT_CONTROL) & SLOT_POWER_OFF);
    return pci_loaded(&s->pci, err);
}

static const struct property props[] = {
    PCI_PROPS(struct root_port, pci),
    PROP_NAMED("port", struct root_port, port, U8, 0, NULL, "its number, which the link's capabilities tell"),
    PROP_NAMED("chassis", struct root_port, chassis, U8, 0, NULL, "accepted: slots are told apart by number"),
    PROP_NAMED("slot", struct root_port, slot, U16, 0, NULL, "number of the slot behind it"),
    PROP_NAMED("hotplug", struct root_port, hotplug, BOOL, 1, NULL, "a device may come and go"),
    PROP_END,
};

static const struct state_row fields[] = {
    PCI_FIELDS(struct root_port, pci),
    FIELD_NONE(struct root_port, bus, "wiring; its power follows from the slot's control"),
    FIELD_KEEP(struct root_port, asked),
    FIELD_NONE(struct root_port, removal, "the host's affair"),
    FIELD_END,
};

static const struct state_table state = {
    STATE_OF(struct root_port),
    .version = 2,
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
