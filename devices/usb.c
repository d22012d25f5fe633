/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * USB: where devices are, standard requests. Manual: "Universal Serial Bus Specification" 2.0, chapter 9. Not modelled:
 * low speed, SuperSpeed, isochronous transfers, suspended devices.
 */
#include "usb.h"

#include <stdio.h>
#include <string.h>

#include "iov.h"

enum request { GET_STATUS = 0, CLEAR_FEATURE = 1, SET_FEATURE = 3, SET_ADDRESS = 5, GET_DESCRIPTOR = 6,
               GET_CONFIGURATION = 8, SET_CONFIGURATION = 9, GET_INTERFACE = 10, SET_INTERFACE = 11 };
enum { TO_DEVICE = 0x00, TO_INTERFACE = 0x01, TO_ENDPOINT = 0x02, FROM_DEVICE = 0x80, FROM_INTERFACE = 0x81,
       FROM_ENDPOINT = 0x82 };
enum { FEATURE_HALT = 0, FEATURE_REMOTE_WAKEUP = 1 };
enum { SERIAL_STRING = 3 };

size_t usb_get(struct usb_packet *p, void *buf, size_t len)
{
    size_t n = iov_read(p->iov, p->niov, p->done, buf, MIN(len, p->len - p->done));

    p->done += n;
    return n;
}

size_t usb_put(struct usb_packet *p, const void *buf, size_t len)
{
    size_t n = iov_write(p->iov, p->niov, p->done, buf, MIN(len, p->len - p->done));

    p->done += n;
    return n;
}

/* -- Descriptors -- */

static unsigned speed_index(const struct usb_device *d)
{
    return d->speed == USB_HIGH_SPEED;
}

static uint16_t total_bytes(const uint8_t *config)
{
    return config[2] | config[3] << 8;
}

static size_t device_descriptor(const struct usb_device *d, uint8_t *b)
{
    const struct usb_model *m = d->model;
    const uint8_t bytes[] = { 18, USB_DEVICE, 0x00, 0x02, m->device_class, 0, 0, m->max_packet[speed_index(d)],
                              m->vendor, m->vendor >> 8, m->product, m->product >> 8, m->release, m->release >> 8, 1, 2,
                              d->serial || m->strings[2] ? SERIAL_STRING : 0, 1 };

    memcpy(b, bytes, sizeof(bytes));
    return sizeof(bytes);
}

/* What it would be at the other speed. */
static size_t qualifier(const struct usb_device *d, uint8_t *b)
{
    const struct usb_model *m = d->model;
    const uint8_t bytes[] = { 10, USB_QUALIFIER, 0x00, 0x02, m->device_class, 0, 0, m->max_packet[!speed_index(d)], 1,
                              0 };

    if (!m->config[0] || !m->config[1])
        return 0;
    memcpy(b, bytes, sizeof(bytes));
    return sizeof(bytes);
}

static size_t config_descriptor(const uint8_t *config, uint8_t kind, uint8_t *b)
{
    if (!config)
        return 0;
    memcpy(b, config, total_bytes(config));
    b[1] = kind;
    return total_bytes(config);
}

static size_t string_descriptor(const struct usb_device *d, unsigned n, uint8_t *b)
{
    const char *text = NULL;
    size_t at = 2;

    if (n == 0) { /* languages */
        static const uint8_t english[] = { 4, USB_STRING, 0x09, 0x04 };
        memcpy(b, english, sizeof(english));
        return sizeof(english);
    }
    if (n <= ARRAY_SIZE(d->model->strings))
        text = n == SERIAL_STRING && d->serial ? d->serial : d->model->strings[n - 1];
    if (!text)
        return 0;
    for (; *text && at < 254; at += 2) {
        b[at] = *text++;
        b[at + 1] = 0;
    }
    b[0] = at;
    b[1] = USB_STRING;
    return at;
}

/* 0: there is none. */
static size_t get_descriptor(const struct usb_device *d, uint16_t which, uint8_t *b)
{
    switch (which >> 8) {
    case USB_DEVICE:
        return device_descriptor(d, b);
    case USB_CONFIG:
        return which & 0xff ? 0 : config_descriptor(d->model->config[speed_index(d)], USB_CONFIG, b);
    case USB_OTHER_SPEED:
        return which & 0xff ? 0 : config_descriptor(d->model->config[!speed_index(d)], USB_OTHER_SPEED, b);
    case USB_QUALIFIER:
        return qualifier(d, b);
    case USB_STRING:
        return string_descriptor(d, which & 0xff, b);
    default:
        return 0;
    }
}

/* -- Standard requests -- */

static void begin_anew(struct usb_device *d, uint8_t configuration)
{
    d->configuration = configuration;
    d->halted[0] = d->halted[1] = 0;
    if (d->ops->reset)
        d->ops->reset(d);
}

static enum usb_result answer(struct usb_device *d, const struct usb_setup *s, uint8_t *data, size_t *len,
                              const uint8_t *bytes, size_t n)
{
    *len = MIN(n, s->length);
    memcpy(data, bytes, *len);
    return n ? USB_OK : USB_STALL;
}

static enum usb_result endpoint_feature(struct usb_device *d, const struct usb_setup *s)
{
    uint16_t *halted = &d->halted[s->index >> 7 & 1], bit = 1 << (s->index & 0xf);

    if (s->value != FEATURE_HALT)
        return USB_STALL;
    if (s->request == SET_FEATURE)
        *halted |= bit;
    else
        *halted &= ~bit;
    return USB_OK;
}

static enum usb_result device_feature(struct usb_device *d, const struct usb_setup *s)
{
    if (s->value != FEATURE_REMOTE_WAKEUP)
        return USB_STALL;
    d->remote_wakeup = s->request == SET_FEATURE;
    return USB_OK;
}

static enum usb_result set_configuration(struct usb_device *d, const struct usb_setup *s)
{
    if (s->value > 1)
        return USB_STALL;
    begin_anew(d, s->value);
    return USB_OK;
}

enum usb_result usb_control(struct usb_device *d, const struct usb_setup *s, uint8_t *data, size_t *len)
{
    uint8_t bytes[USB_MAX_CONTROL] = { 0 };

    *len = s->type & USB_IN ? 0 : s->length;
    switch (USB_REQUEST(s->type, s->request)) {
    case USB_REQUEST(FROM_DEVICE, GET_DESCRIPTOR):
        return answer(d, s, data, len, bytes, get_descriptor(d, s->value, bytes));
    case USB_REQUEST(FROM_DEVICE, GET_STATUS):
        bytes[0] = d->remote_wakeup << 1 | (d->model->config[speed_index(d)][7] >> 6 & 1);
        return answer(d, s, data, len, bytes, 2);
    case USB_REQUEST(FROM_DEVICE, GET_CONFIGURATION):
        return answer(d, s, data, len, &d->configuration, 1);
    case USB_REQUEST(FROM_INTERFACE, GET_STATUS):
        return answer(d, s, data, len, bytes, 2);
    case USB_REQUEST(FROM_INTERFACE, GET_INTERFACE): /* there are no alternatives */
        return answer(d, s, data, len, bytes, 1);
    case USB_REQUEST(FROM_ENDPOINT, GET_STATUS):
        bytes[0] = d->halted[s->index >> 7 & 1] >> (s->index & 0xf) & 1;
        return answer(d, s, data, len, bytes, 2);
    case USB_REQUEST(TO_DEVICE, SET_ADDRESS): /* the controller's affair */
        return USB_OK;
    case USB_REQUEST(TO_DEVICE, SET_CONFIGURATION):
        return set_configuration(d, s);
    case USB_REQUEST(TO_DEVICE, SET_FEATURE):
    case USB_REQUEST(TO_DEVICE, CLEAR_FEATURE):
        return device_feature(d, s);
    case USB_REQUEST(TO_ENDPOINT, SET_FEATURE):
    case USB_REQUEST(TO_ENDPOINT, CLEAR_FEATURE):
        return endpoint_feature(d, s);
    case USB_REQUEST(TO_INTERFACE, SET_INTERFACE):
        return s->value ? USB_STALL : USB_OK;
    default:
        return d->ops->control(d, s, data, len);
    }
}

enum usb_result usb_data(struct usb_device *d, unsigned ep, bool in, struct usb_packet *p)
{
    if (!d->configuration || (d->halted[in] >> ep & 1))
        return USB_STALL;
    enum usb_result r = d->ops->data(d, ep, in, p);
    if (r == USB_STALL)
        d->halted[in] |= 1 << ep;
    return r;
}

void usb_reset(struct usb_device *d)
{
    d->remote_wakeup = false;
    begin_anew(d, 0);
}

/* -- The bus -- */

void usb_bus_init(struct usb_bus *b, struct device *hc, unsigned ports)
{
    b->hc = hc;
    b->ports = ports;
    b->devices = g_ptr_array_new();
}

void usb_bus_fini(struct usb_bus *b)
{
    g_ptr_array_free(b->devices, TRUE);
}

void usb_settle(struct usb_bus *b)
{
    for (guint i = 0; i < b->devices->len; i++) {
        struct usb_device *d = b->devices->pdata[i];
        if (d->ops->settle)
            d->ops->settle(d);
    }
}

struct usb_device *usb_find(const struct usb_bus *b, const uint8_t path[USB_MAX_DEPTH])
{
    for (guint i = 0; i < b->devices->len; i++) {
        struct usb_device *d = b->devices->pdata[i];
        if (!memcmp(d->path, path, USB_MAX_DEPTH))
            return d;
    }
    return NULL;
}

static struct usb_bus *bus_of(const struct device *hc)
{
    return (struct usb_bus *)((char *)hc + hc->type->bus_offset);
}

static bool at_root(const struct usb_device *d)
{
    return d->path[1] == 0;
}

/* The hub that leads to it, and its port there; NULL: it is gone, or never was. */
static struct usb_device *hub_of(const struct usb_device *d, unsigned *port)
{
    uint8_t path[USB_MAX_DEPTH];
    unsigned depth = 0;

    while (depth < USB_MAX_DEPTH && d->path[depth])
        depth++;
    memcpy(path, d->path, sizeof(path));
    *port = path[depth - 1];
    path[depth - 1] = 0;
    return usb_find(d->bus, path);
}

/* "1.3.2": ports. False if it is none. */
static bool parse_path(const char *text, uint8_t path[USB_MAX_DEPTH])
{
    g_auto(GStrv) parts = g_strsplit(text, ".", -1);
    guint64 n;

    memset(path, 0, USB_MAX_DEPTH);
    if (g_strv_length(parts) < 1 || g_strv_length(parts) > USB_MAX_DEPTH)
        return false;
    for (unsigned i = 0; parts[i]; i++) {
        if (!g_ascii_string_to_unsigned(parts[i], 10, 1, i ? 15 : 255, &n, NULL))
            return false;
        path[i] = n;
    }
    return true;
}

static bool port_exists(const struct usb_bus *b, const struct usb_device *d)
{
    unsigned port;
    const struct usb_device *hub = at_root(d) ? NULL : hub_of(d, &port);

    return at_root(d) ? d->path[0] <= b->ports : hub && port <= hub->ports;
}

static bool choose_port(const struct usb_bus *b, struct usb_device *d, GError **err)
{
    if (!d->port || !*d->port) {
        for (d->path[0] = 1; d->path[0] <= b->ports && usb_find(b, d->path); d->path[0]++)
            ;
        if (d->path[0] <= b->ports)
            return true;
        fail(err, "tried to attach usb device %s to a bus with no free ports", d->dev.type->name);
        return false;
    }
    if (!parse_path(d->port, d->path) || usb_find(b, d->path) || !port_exists(b, d)) {
        fail(err, "usb port %s (bus %s) not found (in use?)", d->port, b->hc->bus_name ? b->hc->bus_name : "");
        return false;
    }
    return true;
}

static bool address(struct device *hc, struct device *dev, GError **err)
{
    struct usb_bus *b = bus_of(hc);
    struct usb_device *d = (struct usb_device *)dev;

    d->bus = b;
    return choose_port(b, d, err);
}

/* It was plugged in, or is being pulled out. */
static void tell(struct usb_device *d, bool there)
{
    unsigned port;
    struct usb_device *hub;

    if (at_root(d))
        d->bus->changed(d->bus, d->path[0], there);
    else if ((hub = hub_of(d, &port)))
        hub->ops->port_changed(hub, port, there);
}

static void plug(struct device *hc, struct device *dev)
{
    struct usb_device *d = (struct usb_device *)dev;

    usb_lock(d);
    d->speed = d->model->config[1] && at_root(d) ? USB_HIGH_SPEED : USB_FULL_SPEED; /* hubs are slow */
    g_ptr_array_add(d->bus->devices, d);
    usb_reset(d);
    tell(d, true);
    usb_unlock(d);
}

static void unplug(struct device *hc, struct device *dev)
{
    struct usb_device *d = (struct usb_device *)dev;

    usb_lock(d);
    g_ptr_array_remove(d->bus->devices, d);
    tell(d, false);
    usb_unlock(d);
}

/* What is behind a hub goes first. */
static enum unplug unplug_request(struct device *hc, struct device *dev, GError **err)
{
    const struct usb_device *hub = (struct usb_device *)dev;

    for (guint i = 0; i < hub->bus->devices->len; i++) {
        const struct usb_device *d = hub->bus->devices->pdata[i];
        unsigned port;
        if (!at_root(d) && hub_of(d, &port) == hub) {
            fail(err, "device '%s' is plugged into it", d->dev.id ? d->dev.id : d->dev.type->name);
            return UNPLUG_REFUSED;
        }
    }
    return UNPLUG_NOW;
}

const struct bus_type usb_bus_type = {
    .name = "usb-bus",
    .plain_name = "usb-bus",
    .slots = 128,
    .hotplug = true,
    .address = address,
    .plug = plug,
    .unplug_request = unplug_request,
    .unplug = unplug,
};

/* -- Devices -- */

void usb_init(struct usb_device *d, const struct usb_model *model, const struct usb_ops *ops)
{
    d->model = model;
    d->ops = ops;
}

void usb_lock(struct usb_device *d)
{
    lock_order_enter(LOCK_DEVICE);
    g_mutex_lock(&d->bus->hc->lock);
}

void usb_unlock(struct usb_device *d)
{
    g_mutex_unlock(&d->bus->hc->lock);
    lock_order_leave(LOCK_DEVICE);
}

static const struct state_row fields[] = {
    FIELD_NONE(struct usb_device, dev, "the framework's"),
    FIELD_NONE(struct usb_device, ops, "constant"),
    FIELD_NONE(struct usb_device, model, "constant"),
    FIELD_NONE(struct usb_device, bus, "wiring"),
    FIELD_SAME_ARRAY(struct usb_device, path),
    FIELD_SAME(struct usb_device, speed),
    FIELD_NONE(struct usb_device, ports, "constant"),
    FIELD(struct usb_device, configuration, 0),
    FIELD(struct usb_device, remote_wakeup, 0),
    FIELD_ARRAY(struct usb_device, halted, 0),
    FIELD_NONE(struct usb_device, port, "a property"),
    FIELD_NONE(struct usb_device, serial, "a property"),
    FIELD_END,
};

const struct state_table usb_device_table = {
    STATE_OF(struct usb_device),
    .version = 1,
    .rows = fields,
};
