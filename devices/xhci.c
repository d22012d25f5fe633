/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An xHCI host controller: qemu-xhci, nec-usb-xhci. Manual: "eXtensible Host Controller Interface for Universal Serial
 * Bus" 1.0. Not modelled: SuperSpeed devices (those ports stay empty), streams, isochronous transfers, bandwidth and
 * intervals (a device is asked when it has something), moderated interrupts, saving the controller's state for sleep.
 */
#include <inttypes.h>
#include <string.h>

#include "xhci.h"

/* -- Numbers of the manual -- */

enum { OPERATIONAL = 0x40, PORTS = 0x440, RUNTIME = 0x1000, DOORBELLS = 0x2000, BAR_BYTES = 0x4000 };
#define PORT_BYTES 0x10
enum capability { C_LENGTH = 0x00, C_STRUCTURE_1 = 0x04, C_STRUCTURE_2 = 0x08, C_CAPABILITIES = 0x10,
                  C_DOORBELLS = 0x14, C_RUNTIME = 0x18, C_PROTOCOL_2 = 0x20, C_PROTOCOL_3 = 0x30 };
enum operational { O_COMMAND = 0x00, O_STATUS = 0x04, O_PAGE_SIZE = 0x08, O_NOTIFICATION = 0x14, O_RING = 0x18,
                   O_CONTEXTS = 0x30, O_CONFIG = 0x38 };
enum { COMMAND_RUN = 1, COMMAND_RESET = 2, COMMAND_INTERRUPT = 4 };
#define COMMAND_BITS 0xc0d /* run, interrupts, system errors, wrap events, U3 microframes */
enum { STATUS_HALTED = 1, STATUS_INTERRUPT = 8, STATUS_PORT = 0x10, STATUS_ERROR = 0x1000 };

enum { R_FRAME = RUNTIME, R_INTERRUPTERS = RUNTIME + 0x20, INTERRUPTER_BYTES = 0x20,
       R_INTERRUPTERS_END = R_INTERRUPTERS + INTERRUPTERS * INTERRUPTER_BYTES };
enum interrupter_register { I_MANAGEMENT = 0x00, I_MODERATION = 0x04, I_SEGMENTS = 0x08, I_TABLE = 0x10,
                            I_DEQUEUE = 0x18 };
enum { MANAGEMENT_PENDING = 1, MANAGEMENT_ENABLE = 2 };
#define DEQUEUE_BUSY 8u

enum { PORT_CONNECTED = 1, PORT_ENABLED = 2, PORT_RESET = 0x10, PORT_POWER = 0x200, PORT_LINK_WRITE = 0x10000,
       PORT_CONNECT_CHANGE = 1 << 17, PORT_ENABLE_CHANGE = 1 << 18, PORT_RESET_CHANGE = 1 << 21,
       PORT_LINK_CHANGE = 1 << 22 };
#define PORT_CHANGES 0x00fe0000u
#define PORT_WAKE 0x0e000000u
#define PORT_LINK(state) ((state) << 5)
#define PORT_LINK_MASK PORT_LINK(0xf)
#define PORT_SPEED_SHIFT 10
#define PORT_SPEED_MASK (0xf << PORT_SPEED_SHIFT)
enum { LINK_U0 = 0, LINK_U3 = 3, LINK_RX_DETECT = 5, LINK_POLLING = 7, LINK_RESUME = 15 };

bool xhci_running(const struct xhci *s)
{
    return !(s->status & STATUS_HALTED);
}

/* -- Interrupts -- */

void xhci_host_error(struct xhci *s, const char *what, gpa at)
{
    device_guest_error(&s->dev, "%s at 0x%" PRIx64 ": expected RAM", what, at);
    s->status |= STATUS_ERROR | STATUS_HALTED;
    s->command &= ~COMMAND_RUN;
}

static void update_pin(struct xhci *s)
{
    const uint32_t both = MANAGEMENT_PENDING | MANAGEMENT_ENABLE;

    pci_set_intx(&s->pci, (s->in[0].management & both) == both && (s->command & COMMAND_INTERRUPT) &&
                          !pci_msix_enabled(&s->pci));
}

static void raise_irq(struct xhci *s, unsigned n)
{
    struct interrupter *i = &s->in[n];
    bool was = i->management & MANAGEMENT_PENDING;

    i->management |= MANAGEMENT_PENDING;
    s->status |= STATUS_INTERRUPT;
    if (!was && (i->management & MANAGEMENT_ENABLE) && (s->command & COMMAND_INTERRUPT) && pci_msix_enabled(&s->pci)) {
        i->management &= ~MANAGEMENT_PENDING; /* the message is all there is */
        pci_msix_notify(&s->pci, n);
    }
    update_pin(s);
}

static void write_event(struct xhci *s, struct interrupter *i, const struct trb *e)
{
    uint8_t b[TRB_BYTES];
    gpa at = i->start + (uint64_t)i->enqueue * TRB_BYTES;

    xhci_put64(b, e->parameter);
    pci_put32(b + 8, e->status);
    pci_put32(b + 12, e->control | (i->cycle ? TRB_CYCLE : 0));
    /* The word with the cycle bit comes last: with it the driver believes the rest. */
    if (!device_dma_write(&s->dev, at, b, 12) || !device_dma_write(&s->dev, at + 12, b + 12, 4)) {
        xhci_host_error(s, "event ring", at);
        return;
    }
    if (++i->enqueue == i->size) {
        i->enqueue = 0;
        i->cycle = !i->cycle;
    }
}

void xhci_send_event(struct xhci *s, unsigned n, const struct trb *e)
{
    static const struct trb full = { .status = (uint32_t)CC_RING_FULL << 24, .control = T_HOST_EVENT << 10 };
    struct interrupter *i = &s->in[n < INTERRUPTERS ? n : 0];

    if (i->size == 0 || !xhci_running(s))
        return;
    uint64_t taken = (i->dequeue - i->start) / TRB_BYTES;
    if (i->dequeue < i->start || taken >= i->size) {
        device_guest_error(&s->dev, "event ring: 0x%" PRIx64 " is not in it", i->dequeue);
        return;
    }
    unsigned room = (taken + i->size - i->enqueue - 1) % i->size;
    if (i->full && room < 2) /* what comes now is lost */
        return;
    i->full = room < 2;
    write_event(s, i, room < 2 ? &full : e);
    i->dequeue |= DEQUEUE_BUSY;
    raise_irq(s, i - s->in);
}

/* -- Ports -- */

static void port_event(struct xhci *s, unsigned port, uint32_t changes)
{
    struct trb e = { .parameter = (uint64_t)(port + 1) << 24, .status = (uint32_t)CC_SUCCESS << 24,
                     .control = T_PORT_EVENT << 10 };
    bool was = s->port[port] & changes;

    s->port[port] |= changes;
    if (was)
        return;
    s->status |= STATUS_PORT;
    xhci_send_event(s, 0, &e);
}

static struct usb_device *device_at(const struct xhci *s, unsigned port)
{
    uint8_t path[USB_MAX_DEPTH] = { 0 };

    if (port < s->p3)
        return NULL;
    path[0] = port - s->p3 + 1;
    return usb_find(&s->bus, path);
}

/* As it is when power comes. */
static void port_init(struct xhci *s, unsigned port)
{
    s->port[port] = device_at(s, port) ? PORT_POWER | PORT_CONNECTED | PORT_CONNECT_CHANGE | PORT_LINK(LINK_POLLING)
                                       : PORT_POWER | PORT_LINK(LINK_RX_DETECT);
}

static void port_reset(struct xhci *s, unsigned port)
{
    struct usb_device *d = device_at(s, port);
    uint32_t *p = &s->port[port];

    if (!d)
        return;
    usb_reset(d);
    *p = (*p & ~(PORT_LINK_MASK | PORT_SPEED_MASK)) | PORT_LINK(LINK_U0) | PORT_ENABLED |
         (uint32_t)d->speed << PORT_SPEED_SHIFT;
    port_event(s, port, PORT_RESET_CHANGE);
}

static void port_changed(struct usb_bus *b, unsigned number, bool there)
{
    struct xhci *s = container_of(b, struct xhci, bus);
    unsigned port = s->p3 + number - 1;
    uint32_t keep = s->port[port] & (PORT_CHANGES | PORT_WAKE | PORT_POWER);

    s->port[port] = keep | (there ? PORT_CONNECTED | PORT_LINK(LINK_POLLING) : PORT_LINK(LINK_RX_DETECT));
    port_event(s, port, PORT_CONNECT_CHANGE);
}

static void set_link(struct xhci *s, unsigned port, unsigned to)
{
    uint32_t *p = &s->port[port];
    unsigned from = (*p & PORT_LINK_MASK) >> 5;

    if (!(*p & PORT_ENABLED) || (to != LINK_U0 && to != LINK_U3 && to != LINK_RESUME))
        return;
    *p = (*p & ~PORT_LINK_MASK) | PORT_LINK(to);
    if (to == LINK_U0 && from != LINK_U0)
        port_event(s, port, PORT_LINK_CHANGE);
}

static void write_port(struct xhci *s, unsigned port, uint32_t value)
{
    uint32_t *p = &s->port[port];

    *p &= ~(value & PORT_CHANGES); /* power can't be switched off */
    *p = (*p & ~PORT_WAKE) | (value & PORT_WAKE);
    if (value & PORT_ENABLED) /* a one disables it */
        *p = (*p & ~(PORT_ENABLED | PORT_LINK_MASK | PORT_SPEED_MASK)) |
             PORT_LINK(*p & PORT_CONNECTED ? LINK_POLLING : LINK_RX_DETECT);
    if (value & PORT_LINK_WRITE)
        set_link(s, port, (value & PORT_LINK_MASK) >> 5);
    if (value & PORT_RESET)
        port_reset(s, port);
}

/* -- Registers -- */

static unsigned nports(const struct xhci *s)
{
    return s->p2 + s->p3;
}

static uint32_t capability_read(const struct xhci *s, unsigned offset)
{
    switch (offset) {
    case C_LENGTH:
        return 0x01000000 | OPERATIONAL;
    case C_STRUCTURE_1:
        return nports(s) << 24 | INTERRUPTERS << 8 | SLOTS;
    case C_STRUCTURE_2:
        return 0xf; /* one segment an event ring */
    case C_CAPABILITIES:
        return C_PROTOCOL_2 / 4 << 16 | 1; /* addresses of 64 bits */
    case C_DOORBELLS:
        return DOORBELLS;
    case C_RUNTIME:
        return RUNTIME;
    case C_PROTOCOL_2:
        return 0x02000002 | (s->p3 ? (C_PROTOCOL_3 - C_PROTOCOL_2) / 4 << 8 : 0);
    case C_PROTOCOL_2 + 4:
    case C_PROTOCOL_3 + 4:
        return 0x20425355; /* "USB " */
    case C_PROTOCOL_2 + 8:
        return s->p2 << 8 | (s->p3 + 1);
    case C_PROTOCOL_3:
        return s->p3 ? 0x03000002 : 0;
    case C_PROTOCOL_3 + 8:
        return s->p3 << 8 | 1;
    default:
        return 0;
    }
}

static uint32_t operational_read(const struct xhci *s, unsigned offset)
{
    switch (offset) {
    case O_COMMAND:
        return s->command;
    case O_STATUS:
        return s->status;
    case O_PAGE_SIZE:
        return 1; /* 4 KiB */
    case O_NOTIFICATION:
        return s->notification;
    case O_RING:
        return s->ring_control & RING_RUNNING;
    case O_CONTEXTS:
    case O_CONTEXTS + 4:
        return s->contexts >> 8 * (offset & 4);
    case O_CONFIG:
        return s->config;
    default:
        return 0;
    }
}

static void reset_controller(struct xhci *s)
{
    s->command = s->notification = s->config = s->ring_control = 0;
    s->status = STATUS_HALTED;
    s->contexts = 0;
    s->ring = (struct ring){ 0 };
    memset(s->slot, 0, sizeof(s->slot));
    memset(s->in, 0, sizeof(s->in));
    for (unsigned i = 0; i < nports(s); i++)
        port_init(s, i);
    for (guint i = 0; i < s->bus.devices->len; i++)
        usb_reset(s->bus.devices->pdata[i]);
    update_pin(s);
}

static void write_command(struct xhci *s, uint32_t value)
{
    if (value & COMMAND_RESET) {
        reset_controller(s);
        return;
    }
    s->command = value & COMMAND_BITS;
    if (value & COMMAND_RUN) {
        s->status &= ~STATUS_HALTED;
    } else {
        s->status |= STATUS_HALTED;
        s->ring_control &= ~RING_RUNNING;
    }
    update_pin(s);
}

static void write_ring(struct xhci *s, unsigned half, uint32_t value)
{
    if (half) {
        s->ring.dequeue = with_bits(s->ring.dequeue, 32, 32, value);
    } else if (s->ring_control & RING_RUNNING) {
        if (value & (RING_STOP | RING_ABORT))
            xhci_stop_commands(s);
    } else {
        s->ring.dequeue = with_bits(s->ring.dequeue, 0, 32, value & ~0x3f);
        s->ring.cycle = value & RING_CYCLE;
    }
}

static void operational_write(struct xhci *s, unsigned offset, uint32_t value)
{
    switch (offset) {
    case O_COMMAND:
        write_command(s, value);
        break;
    case O_STATUS:
        s->status &= ~(value & (STATUS_INTERRUPT | STATUS_PORT | 0x404)); /* what ones clear */
        break;
    case O_NOTIFICATION:
        s->notification = value & 0xffff;
        break;
    case O_RING:
    case O_RING + 4:
        write_ring(s, offset & 4 ? 1 : 0, value);
        break;
    case O_CONTEXTS:
    case O_CONTEXTS + 4:
        s->contexts = with_bits(s->contexts, 8 * (offset & 4), 32, value) & ~UINT64_C(0x3f);
        break;
    case O_CONFIG:
        s->config = value & 0xff;
        break;
    default:
        device_guest_error(&s->dev, "write of 0x%x: no register to write", OPERATIONAL + offset);
        break;
    }
}

static uint32_t interrupter_read(const struct interrupter *i, unsigned offset)
{
    switch (offset) {
    case I_MANAGEMENT:
        return i->management;
    case I_MODERATION:
        return i->moderation;
    case I_SEGMENTS:
        return i->segments;
    case I_TABLE:
    case I_TABLE + 4:
        return i->table >> 8 * (offset & 4);
    case I_DEQUEUE:
    case I_DEQUEUE + 4:
        return i->dequeue >> 8 * (offset & 4);
    default:
        return 0;
    }
}

/* The table says where the segment is. */
static void take_segment(struct xhci *s, struct interrupter *i)
{
    uint8_t b[16];

    i->size = i->enqueue = 0;
    i->cycle = true;
    i->full = false;
    if (i->segments == 0)
        return;
    if (!device_dma_read(&s->dev, i->table, b, sizeof(b))) {
        xhci_host_error(s, "event ring's table", i->table);
        return;
    }
    uint32_t size = xhci_get32(b + 8) & 0xffff;
    if (size < 16 || size > 4096) {
        device_guest_error(&s->dev, "event ring of %" PRIu32 " TRBs: expected 16 to 4096", size);
        return;
    }
    i->start = xhci_get64(b) & ~UINT64_C(0x3f);
    i->size = size;
}

static void interrupter_write(struct xhci *s, unsigned n, unsigned offset, uint32_t value)
{
    struct interrupter *i = &s->in[n];

    switch (offset) {
    case I_MANAGEMENT:
        i->management = (i->management & ~value & MANAGEMENT_PENDING) | (value & MANAGEMENT_ENABLE);
        update_pin(s);
        break;
    case I_MODERATION:
        i->moderation = value;
        break;
    case I_SEGMENTS:
        i->segments = value & 0xffff;
        break;
    case I_TABLE:
        i->table = with_bits(i->table, 0, 32, value & ~0x3f);
        break;
    case I_TABLE + 4:
        i->table = with_bits(i->table, 32, 32, value);
        take_segment(s, i);
        break;
    case I_DEQUEUE: {
        uint32_t busy = i->dequeue & ~value & DEQUEUE_BUSY; /* a one clears it */
        i->dequeue = with_bits(i->dequeue, 0, 32, (value & ~0xf) | (value & 7) | busy);
        break;
    }
    case I_DEQUEUE + 4:
        i->dequeue = with_bits(i->dequeue, 32, 32, value);
        /* There is more than the driver has seen: it is told again. */
        if (!(i->dequeue & DEQUEUE_BUSY) && i->size &&
            (i->dequeue & ~UINT64_C(0xf)) != i->start + i->enqueue * TRB_BYTES)
            raise_irq(s, n);
        break;
    default:
        device_guest_error(&s->dev, "write of 0x%x of an interrupter: no register to write", offset);
        break;
    }
}

static uint64_t bar_read(void *opaque, uint64_t offset, unsigned size)
{
    const struct xhci *s = opaque;

    if (offset < OPERATIONAL)
        return capability_read(s, offset);
    if (offset >= PORTS && offset < PORTS + PORT_BYTES * nports(s))
        return offset % PORT_BYTES ? 0 : s->port[(offset - PORTS) / PORT_BYTES];
    if (offset < RUNTIME)
        return operational_read(s, offset - OPERATIONAL);
    if (offset == R_FRAME)
        return clock_ticks(8000) & 0x3fff;
    if (offset >= R_INTERRUPTERS && offset < R_INTERRUPTERS_END)
        return interrupter_read(&s->in[(offset - R_INTERRUPTERS) / INTERRUPTER_BYTES], offset % INTERRUPTER_BYTES);
    return 0;
}

static void ring_doorbell(struct xhci *s, unsigned slot, uint32_t value)
{
    unsigned ep = value & 0xff;

    if (slot == 0 && ep == 0)
        xhci_run_commands(s);
    else if (slot == 0 || slot > SLOTS || ep == 0 || ep >= ENDPOINTS || !s->slot[slot].enabled)
        device_guest_error(&s->dev, "doorbell %u, %u: there is no such endpoint", slot, ep);
    else
        xhci_start_endpoint(s, slot, ep);
}

static void bar_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct xhci *s = opaque;

    if (offset >= DOORBELLS)
        ring_doorbell(s, (offset - DOORBELLS) / 4, value);
    else if (offset >= R_INTERRUPTERS && offset < R_INTERRUPTERS_END)
        interrupter_write(s, (offset - R_INTERRUPTERS) / INTERRUPTER_BYTES, offset % INTERRUPTER_BYTES, value);
    else if (offset >= PORTS && offset < PORTS + PORT_BYTES * nports(s)) {
        if (offset % PORT_BYTES == 0)
            write_port(s, (offset - PORTS) / PORT_BYTES, value);
    } else if (offset >= OPERATIONAL && offset < RUNTIME)
        operational_write(s, offset - OPERATIONAL, value);
    else
        device_guest_error(&s->dev, "write of 0x%" PRIx64 ": no register to write", offset);
}

static const struct io_ops bar_ops = { .read = bar_read, .write = bar_write, .min_size = 4, .max_size = 4 };

static void config_written(struct pci_function *f, unsigned offset, unsigned size)
{
    update_pin(container_of(f, struct xhci, pci));
}

static const struct pci_ops pci_ops = { .config_written = config_written };

/* A device has something to say: on with the endpoints that wait for it. */
static void wakeup(struct usb_bus *b, struct usb_device *d, unsigned ep, bool in)
{
    struct xhci *s = container_of(b, struct xhci, bus);

    for (unsigned i = 1; i <= SLOTS; i++)
        if (s->slot[i].enabled && s->slot[i].path[0] && !memcmp(s->slot[i].path, d->path, USB_MAX_DEPTH))
            xhci_run_endpoint(s, i, 2 * ep + in);
}

/* -- The device -- */

static bool realize_id(struct device *d, uint16_t vendor, uint16_t product, uint8_t revision, GError **err)
{
    const struct pci_id id = { .vendor = vendor, .device = product, .subsystem_vendor = 0x1af4, .subsystem = 0x1100,
                               .revision = revision, .class_code = 0x0c0330, .pin = true };
    struct xhci *s = (struct xhci *)d;

    if (s->p2 < 1 || s->p2 > 15 || s->p3 > 15) {
        fail(err, "%s: p2=%" PRIu32 ", p3=%" PRIu32 ": expected 1 to 15, 0 to 15", d->type->name, s->p2, s->p3);
        return false;
    }
    if (!pci_init(&s->pci, d, &id, &pci_ops, err))
        return false;
    s->pci.config[0x60] = 0x30; /* USB 3.0 */
    pci_add_bar(&s->pci, 0, PCI_BAR_MEMORY_64, device_add_io(d, "xhci", &bar_ops, BAR_BYTES));
    s->pci.next_cap = 0x64;
    if (s->pci.bus->one_device)
        pci_add_express(&s->pci, PCIE_TYPE_ENDPOINT, 0);
    pci_msix_init(&s->pci, 2, INTERRUPTERS);
    usb_bus_init(&s->bus, d, s->p2);
    s->bus.changed = port_changed;
    s->bus.wakeup = wakeup;
    return true;
}

static bool realize_qemu(struct device *d, GError **err)
{
    return realize_id(d, 0x1b36, 0x000d, 1, err);
}

static bool realize_nec(struct device *d, GError **err)
{
    return realize_id(d, 0x1033, 0x0194, 3, err);
}

static void unrealize(struct device *d)
{
    struct xhci *s = (struct xhci *)d;

    pci_fini(&s->pci);
    usb_bus_fini(&s->bus);
}

static void reset(struct device *d)
{
    struct xhci *s = (struct xhci *)d;

    reset_controller(s);
    pci_reset(&s->pci);
}

static const struct property props[] = {
    PCI_PROPS(struct xhci, pci),
    PROP(struct xhci, p2, U32, 4, NULL, "ports for USB 2 devices, 1 to 15"),
    PROP(struct xhci, p3, U32, 4, NULL, "ports for USB 3 devices, which stay empty"),
    PROP_END,
};

static const struct state_row ring_fields[] = { FIELD_KEEP(struct ring, dequeue), FIELD_KEEP(struct ring, cycle),
                                                FIELD_END };
static const struct state_table ring_table = { STATE_OF(struct ring), .version = 1, .rows = ring_fields };

static const struct state_row interrupter_fields[] = {
    FIELD_KEEP(struct interrupter, management),
    FIELD_KEEP(struct interrupter, moderation),
    FIELD_KEEP(struct interrupter, segments),
    FIELD_KEEP(struct interrupter, table),
    FIELD_KEEP(struct interrupter, dequeue),
    FIELD_KEEP(struct interrupter, start),
    FIELD_KEEP(struct interrupter, size),
    FIELD_KEEP(struct interrupter, enqueue),
    FIELD_KEEP(struct interrupter, cycle),
    FIELD_KEEP(struct interrupter, full),
    FIELD_END,
};
static const struct state_table interrupter_table = { STATE_OF(struct interrupter), .version = 1,
                                                      .rows = interrupter_fields };

static const struct state_row endpoint_fields[] = {
    FIELD_KEEP(struct endpoint, state),
    FIELD_KEEP(struct endpoint, type),
    FIELD_STRUCT(struct endpoint, ring, &ring_table),
    FIELD_END,
};
static const struct state_table endpoint_table = { STATE_OF(struct endpoint), .version = 1, .rows = endpoint_fields };

static const struct state_row slot_fields[] = {
    FIELD_KEEP(struct slot, enabled),
    FIELD_KEEP(struct slot, addressed),
    FIELD_KEEP_ARRAY(struct slot, path),
    FIELD_KEEP(struct slot, interrupter),
    FIELD_KEEP(struct slot, context),
    FIELD_STRUCTS(struct slot, ep, &endpoint_table),
    FIELD_END,
};
static const struct state_table slot_table = { STATE_OF(struct slot), .version = 1, .rows = slot_fields };

static const struct state_row fields[] = {
    PCI_FIELDS(struct xhci, pci),
    FIELD_NONE(struct xhci, bus, "wiring"),
    FIELD_KEEP(struct xhci, command), /* all: reset_controller() */
    FIELD_KEEP(struct xhci, status),
    FIELD_KEEP(struct xhci, notification),
    FIELD_KEEP(struct xhci, config),
    FIELD_KEEP(struct xhci, contexts),
    FIELD_STRUCT(struct xhci, ring, &ring_table),
    FIELD_KEEP(struct xhci, ring_control),
    FIELD_KEEP_ARRAY(struct xhci, port),
    FIELD_STRUCTS(struct xhci, in, &interrupter_table),
    FIELD_STRUCTS(struct xhci, slot, &slot_table),
    FIELD_END,
};

static void settle(void *obj)
{
    usb_settle(&((struct xhci *)obj)->bus);
}

static bool loaded(void *obj, unsigned version, GError **err)
{
    struct xhci *s = obj;

    for (unsigned i = 0; i < INTERRUPTERS; i++) {
        if (s->in[i].size > 4096 || (s->in[i].size && s->in[i].enqueue >= s->in[i].size)) {
            fail(err, "event ring of %" PRIu32 " TRBs, at %" PRIu32, s->in[i].size, s->in[i].enqueue);
            return false;
        }
    }
    return pci_loaded(&s->pci, err);
}

static const struct state_table state = {
    STATE_OF(struct xhci),
    .version = 1,
    .rows = fields,
    .settle = settle,
    .loaded = loaded,
};

#define XHCI(ident, name_, desc_, realize_)                                                                            \
    const struct device_type ident = {                                                                                 \
        .name = name_, .desc = desc_, .bus = &pci_bus_type, .provides_bus = &usb_bus_type,                             \
        .bus_offset = offsetof(struct xhci, bus), .size = sizeof(struct xhci), .props = props, .state = &state,        \
        .realize = realize_, .reset = reset, .unrealize = unrealize,                                                   \
    }
XHCI(qemu_xhci_type, "qemu-xhci", "xHCI USB controller", realize_qemu);
XHCI(nec_usb_xhci_type, "nec-usb-xhci", "xHCI USB controller, NEC's uPD720200", realize_nec);
