/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * usb-hub: a full-speed hub. Manual: "Universal Serial Bus Specification" 2.0, chapter 11. What is behind it is plugged
 * into the controller's bus, with the hub's port before its own in port=. Not modelled: power, suspended ports.
 */
#include <inttypes.h>
#include <string.h>

#include "usb.h"

enum { CLASS_FROM_HUB = 0xa0, CLASS_FROM_PORT = 0xa3, CLASS_TO_HUB = 0x20, CLASS_TO_PORT = 0x23 };
enum { GET_STATUS = 0, CLEAR_FEATURE = 1, SET_FEATURE = 3, GET_DESCRIPTOR = 6 };
enum { F_ENABLE = 1, F_SUSPEND = 2, F_RESET = 4, F_POWER = 8, F_CHANGES = 16 /* the first of five */ };
enum { PORT_CONNECTED = 1, PORT_ENABLED = 2, PORT_RESET = 0x10, PORT_POWER = 0x100 };
#define MAX_PORTS 8

struct usb_hub {
    struct usb_device u;
    uint16_t status[MAX_PORTS], change[MAX_PORTS];
    uint32_t ports; /* a property */
};

static const uint8_t config[] = {
    9, USB_CONFIG, 25, 0, 1, 1, 0, 0xe0, 0, 9, USB_INTERFACE, 0, 0, 1, 9, 0, 0, 0, 7, USB_ENDPOINT, 0x81, 3, 2, 0, 0xff,
};

static const struct usb_model model = {
    .vendor = 0x0409, .product = 0x55aa, .release = 0x0101, .device_class = 9, .max_packet = { 8 },
    .strings = { "QEMU", "QEMU USB Hub", "314159" }, .config = { config },
};

static struct usb_device *device_at(const struct usb_hub *s, unsigned port)
{
    uint8_t path[USB_MAX_DEPTH];
    unsigned depth = 0;

    memcpy(path, s->u.path, sizeof(path));
    while (depth < USB_MAX_DEPTH && path[depth])
        depth++;
    if (depth == USB_MAX_DEPTH)
        return NULL;
    path[depth] = port;
    return usb_find(s->u.bus, path);
}

static void port_changed(struct usb_device *d, unsigned port, bool there)
{
    struct usb_hub *s = container_of(d, struct usb_hub, u);
    uint16_t *status = &s->status[port - 1], was = *status;

    *status = (was & PORT_POWER) | (there ? PORT_CONNECTED : 0);
    s->change[port - 1] |= PORT_CONNECTED | (was & PORT_ENABLED);
    d->bus->wakeup(d->bus, d, 1, true);
}

/* A bit for each port where something has changed. */
static enum usb_result data(struct usb_device *d, unsigned ep, bool in, struct usb_packet *p)
{
    const struct usb_hub *s = container_of(d, struct usb_hub, u);
    uint16_t bits = 0;

    if (ep != 1 || !in)
        return USB_STALL;
    for (unsigned i = 0; i < s->ports; i++)
        bits |= (s->change[i] && (s->status[i] & PORT_POWER)) << (i + 1);
    if (!bits)
        return USB_NAK;
    uint8_t b[2] = { bits, bits >> 8 };
    usb_put(p, b, (s->ports + 1 + 7) / 8);
    return USB_OK;
}

/* -- Requests -- */

static enum usb_result answer(uint8_t *to, size_t *len, const struct usb_setup *setup, const uint8_t *from, size_t n)
{
    *len = MIN(n, setup->length);
    memcpy(to, from, *len);
    return USB_OK;
}

static enum usb_result set_port(struct usb_hub *s, unsigned port, uint16_t feature)
{
    uint16_t *status = &s->status[port - 1];
    struct usb_device *d = device_at(s, port);

    switch (feature) {
    case F_SUSPEND: /* it goes on */
        return USB_OK;
    case F_POWER:
        *status |= PORT_POWER;
        s->u.bus->wakeup(s->u.bus, &s->u, 1, true);
        return USB_OK;
    case F_RESET:
        if (d) {
            usb_reset(d);
            *status |= PORT_ENABLED;
            s->change[port - 1] |= PORT_RESET;
            s->u.bus->wakeup(s->u.bus, &s->u, 1, true);
        }
        return USB_OK;
    default:
        return USB_STALL;
    }
}

static enum usb_result clear_port(struct usb_hub *s, unsigned port, uint16_t feature)
{
    switch (feature) {
    case F_ENABLE:
        s->status[port - 1] &= ~PORT_ENABLED;
        return USB_OK;
    case F_SUSPEND:
        return USB_OK;
    case F_POWER:
        s->status[port - 1] &= ~(PORT_POWER | PORT_ENABLED);
        return USB_OK;
    default:
        if (feature < F_CHANGES || feature > F_CHANGES + 4)
            return USB_STALL;
        s->change[port - 1] &= ~(1 << (feature - F_CHANGES));
        return USB_OK;
    }
}

static enum usb_result control(struct usb_device *d, const struct usb_setup *setup, uint8_t *data, size_t *len)
{
    struct usb_hub *s = container_of(d, struct usb_hub, u);
    unsigned port = setup->index & 0xff;
    uint8_t b[12] = { 0 };

    switch (USB_REQUEST(setup->type, setup->request)) {
    case USB_REQUEST(CLASS_FROM_HUB, GET_DESCRIPTOR):
        b[0] = 11;
        b[1] = USB_HUB;
        b[2] = s->ports;
        b[3] = 0x09; /* power and overcurrent of each port by itself */
        b[5] = 1;    /* 2 ms until power is there */
        b[9] = b[10] = 0xff;
        return answer(data, len, setup, b, 11);
    case USB_REQUEST(CLASS_FROM_HUB, GET_STATUS):
        return answer(data, len, setup, b, 4);
    case USB_REQUEST(CLASS_TO_HUB, SET_FEATURE):
    case USB_REQUEST(CLASS_TO_HUB, CLEAR_FEATURE):
        return setup->value <= 1 ? USB_OK : USB_STALL;
    }
    if (port < 1 || port > s->ports)
        return USB_STALL;
    switch (USB_REQUEST(setup->type, setup->request)) {
    case USB_REQUEST(CLASS_FROM_PORT, GET_STATUS):
        b[0] = s->status[port - 1];
        b[1] = s->status[port - 1] >> 8;
        b[2] = s->change[port - 1];
        return answer(data, len, setup, b, 4);
    case USB_REQUEST(CLASS_TO_PORT, SET_FEATURE):
        return set_port(s, port, setup->value);
    case USB_REQUEST(CLASS_TO_PORT, CLEAR_FEATURE):
        return clear_port(s, port, setup->value);
    default:
        return USB_STALL;
    }
}

static void begin_anew(struct usb_device *d)
{
    struct usb_hub *s = container_of(d, struct usb_hub, u);

    for (unsigned i = 0; i < s->ports; i++) {
        bool there = d->bus && device_at(s, i + 1);
        s->status[i] = there ? PORT_CONNECTED : 0;
        s->change[i] = s->status[i];
    }
}

static const struct usb_ops ops = { .control = control, .data = data, .reset = begin_anew,
                                    .port_changed = port_changed };

/* -- The device -- */

static bool realize(struct device *d, GError **err)
{
    struct usb_hub *s = (struct usb_hub *)d;

    if (s->ports < 1 || s->ports > MAX_PORTS) {
        fail(err, "num_ports (%" PRIu32 ") out of range (1..%u)", s->ports, MAX_PORTS);
        return false;
    }
    usb_init(&s->u, &model, &ops);
    s->u.ports = s->ports;
    return true;
}

static const struct property props[] = {
    USB_PROPS(struct usb_hub, u),
    PROP(struct usb_hub, ports, U32, MAX_PORTS, NULL, "how many: 1 to 8"),
    PROP_END,
};

static const struct state_row fields[] = {
    USB_FIELDS(struct usb_hub, u),
    FIELD_KEEP_ARRAY(struct usb_hub, status), /* begin_anew() */
    FIELD_KEEP_ARRAY(struct usb_hub, change),
    FIELD_END,
};

static const struct state_table state = { STATE_OF(struct usb_hub), .version = 1, .rows = fields };

const struct device_type usb_hub_type = {
    .name = "usb-hub",
    .desc = "USB hub",
    .bus = &usb_bus_type,
    .size = sizeof(struct usb_hub),
    .props = props,
    .state = &state,
    .realize = realize,
   
};
