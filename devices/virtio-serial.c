/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio-serial: consoles (virtconsole) and byte channels (virtserialport) of one virtio device. VIRTIO 1.2, section
 * 5.3: several ports, their control queue, and emergency writes. Window sizes are not modelled.
 */
#include <inttypes.h>
#include <string.h>

#include "chardev.h"
#include "virtio.h"

enum { F_MULTIPORT = 1, F_EMERG_WRITE = 2 };
enum { C_MAX_PORTS = 4, C_EMERG_WRITE = 8, C_BYTES = 12 };
enum { DEVICE_READY, PORT_ADD, PORT_REMOVE, PORT_READY, CONSOLE_PORT, RESIZE, PORT_OPEN, PORT_NAME };
enum { Q_CONTROL_IN = 2, Q_CONTROL_OUT = 3 };
#define MAX_PORTS 31
#define QUEUE_SIZE 128
#define NR_NONE UINT32_MAX
#define PENDING_MAX 256 /* control messages kept while the guest has no buffer */

struct port;
extern const struct device_type virtconsole_type;
static const struct bus_type virtio_serial_bus_type;

struct virtio_serial {
    struct virtio v;
    uint32_t max_ports;
    bool emergency_write;
    struct port *ports[MAX_PORTS];
    GQueue pending; /* of GBytes: control messages */
};

/* Either kind of port: a device on virtio-serial's bus. Guarded by the lock of the latter. */
struct port {
    struct device dev;
    struct chardev *chardev;
    char *name;
    uint32_t nr;
    struct virtio_serial *s;
    bool console;
    bool guest_open, host_open;
    struct virtq_elem *out; /* a buffer of the guest's that the host has no room for yet, or NULL */
    size_t out_done;        /* bytes of it already written */
    bool out_held;          /* it went back to the ring for a snapshot to be made */
};

struct control {
    uint32_t id;
    uint16_t event, value;
};

static struct virtq *in_queue(struct port *p)
{
    return &p->s->v.queues[p->nr ? 2 * p->nr + 2 : 0];
}

static struct virtq *out_queue(struct port *p)
{
    return in_queue(p) + 1;
}

static bool multiport(const struct virtio_serial *s)
{
    return virtio_has(&s->v, F_MULTIPORT);
}

/* -- Control messages to the guest -- */

static void flush_control(struct virtio_serial *s)
{
    struct virtq *q = &s->v.queues[Q_CONTROL_IN];
    struct virtq_elem *e;

    while (!g_queue_is_empty(&s->pending) && (e = virtq_pop(q))) {
        GBytes *message = g_queue_pop_head(&s->pending);
        size_t len;
        const void *data = g_bytes_get_data(message, &len);
        virtq_push(q, e, iov_write(e->in, e->nin, 0, data, len));
        virtq_interrupt(q);
        g_bytes_unref(message);
    }
}

/* text: what follows the message (a port's name), or NULL. */
static void send_control(struct virtio_serial *s, uint32_t id, uint16_t event, uint16_t value, const char *text)
{
    struct control c = { GUINT32_TO_LE(id), GUINT16_TO_LE(event), GUINT16_TO_LE(value) };
    g_autoptr(GByteArray) message = g_byte_array_new();

    if (!virtio_running(&s->v) || !multiport(s))
        return;
    if (g_queue_get_length(&s->pending) >= PENDING_MAX) {
        device_guest_error(&s->v.dev, "control message %u for port %" PRIu32 " dropped: no buffers for earlier ones",
                           event, id);
        return;
    }
    g_byte_array_append(message, (const guint8 *)&c, sizeof(c));
    if (text)
        g_byte_array_append(message, (const guint8 *)text, strlen(text));
    g_queue_push_tail(&s->pending, g_bytes_new(message->data, message->len));
    flush_control(s);
}

/* -- Control messages from the guest -- */

static void port_ready(struct virtio_serial *s, struct port *p)
{
    if (p->console)
        send_control(s, p->nr, CONSOLE_PORT, 1, NULL);
    if (p->name)
        send_control(s, p->nr, PORT_NAME, 1, p->name);
    if (p->host_open)
        send_control(s, p->nr, PORT_OPEN, 1, NULL);
}

static void handle_control(struct virtio_serial *s, uint32_t id, uint16_t event, uint16_t value)
{
    struct port *p = id < MAX_PORTS ? s->ports[id] : NULL;

    if (event == DEVICE_READY) {
        for (unsigned i = 0; value && i < MAX_PORTS; i++)
            if (s->ports[i])
                send_control(s, i, PORT_ADD, 1, NULL);
        return;
    }
    if (!p) {
        device_guest_error(&s->v.dev, "control message %u for port %" PRIu32 ", which does not exist", event, id);
        return;
    }
    switch (event) {
    case PORT_READY:
        if (value)
            port_ready(s, p);
        break;
    case PORT_OPEN:
        p->guest_open = value;
        if (value && p->chardev)
            chardev_accept_input(p->chardev);
        break;
    default:
        device_guest_error(&s->v.dev, "control message %u for port %" PRIu32 " is not the driver's to send", event, id);
        break;
    }
}

static void control_from_guest(struct virtio_serial *s, struct virtq *q)
{
    struct virtq_elem *e;

    while ((e = virtq_pop(q))) {
        struct control c;
        bool whole = iov_read(e->out, e->nout, 0, &c, sizeof(c)) == sizeof(c);
        virtq_push(q, e, 0);
        if (whole)
            handle_control(s, GUINT32_FROM_LE(c.id), GUINT16_FROM_LE(c.event), GUINT16_FROM_LE(c.value));
        else
            device_guest_error(&s->v.dev, "control message shorter than 8 bytes");
    }
    virtq_interrupt(q);
}

/* -- Data -- */

/* Write what of a buffer the host's end has room for. True if that was the rest. */
static bool write_some(struct port *p, const struct virtq_elem *e)
{
    size_t skip = p->out_done, room;

    for (unsigned i = 0; p->chardev && i < e->nout; i++) {
        if (skip >= e->out[i].iov_len) {
            skip -= e->out[i].iov_len;
            continue;
        }
        while (skip < e->out[i].iov_len) {
            if ((room = chardev_room(p->chardev)) == 0)
                return false; /* CHARDEV_ROOM goes on */
            size_t n = MIN(room, e->out[i].iov_len - skip);
            chardev_write(p->chardev, (const uint8_t *)e->out[i].iov_base + skip, n);
            skip += n;
            p->out_done += n;
        }
        skip = 0;
    }
    return true;
}

/* From the guest: to the host's end, or nowhere. */
static void output(struct port *p, struct virtq *q)
{
    struct virtq_elem *e;

    while ((e = p && p->out ? p->out : virtq_pop(q))) {
        if (p) {
            p->out = e;
            if (!write_some(p, e))
                break;
            p->out = NULL;
            p->out_done = 0;
        }
        virtq_push(q, e, 0);
    }
    virtq_interrupt(q);
}

/* From the host: what the next buffer takes. */
static size_t can_read(void *opaque)
{
    struct port *p = opaque;
    struct virtq *q = in_queue(p);
    struct virtq_elem *e;
    size_t room;

    if (!virtio_running(&p->s->v) || (multiport(p->s) && !p->guest_open) || !(e = virtq_pop(q)))
        return 0;
    room = e->in_len;
    if (room > 0) {
        virtq_unpop(q, e);
    } else {
        virtq_push(q, e, 0);
        virtq_interrupt(q);
    }
    return room;
}

static void input(void *opaque, const uint8_t *buf, size_t len)
{
    struct port *p = opaque;
    struct virtq *q = in_queue(p);
    struct virtq_elem *e;
    size_t done = 0;

    while (done < len && virtio_running(&p->s->v) && (e = virtq_pop(q))) {
        uint32_t n = iov_write(e->in, e->nin, 0, buf + done, len - done);
        virtq_push(q, e, n);
        done += n;
    }
    virtq_interrupt(q);
}

static void chardev_changed(void *opaque, enum chardev_event event)
{
    struct port *p = opaque;

    if (event == CHARDEV_ROOM)
        output(p, out_queue(p));
    if (p->console || (event != CHARDEV_OPENED && event != CHARDEV_CLOSED))
        return; /* a console is always open */
    if (p->host_open == (event == CHARDEV_OPENED))
        return;
    p->host_open = event == CHARDEV_OPENED;
    if (p->s->ports[p->nr] == p) /* the guest knows it; a new one's driver asks */
        send_control(p->s, p->nr, PORT_OPEN, p->host_open, NULL);
}

static void notify(struct virtio *v, struct virtq *q)
{
    struct virtio_serial *s = (struct virtio_serial *)v;
    unsigned nr = q->index < 2 ? 0 : q->index / 2 - 1;

    if (q->index == Q_CONTROL_IN)
        flush_control(s);
    else if (q->index == Q_CONTROL_OUT)
        control_from_guest(s, q);
    else if (q->index & 1)
        output(s->ports[nr], q);
    else if (s->ports[nr] && s->ports[nr]->chardev)
        chardev_accept_input(s->ports[nr]->chardev);
}

/* -- virtio-serial-device -- */

static void fill_config(struct virtio_serial *s)
{
    uint32_t max = GUINT32_TO_LE(s->max_ports);

    memset(s->v.config, 0, C_BYTES);
    memcpy(s->v.config + C_MAX_PORTS, &max, 4);
}

static void config_written(struct virtio *v, unsigned offset, unsigned size)
{
    struct virtio_serial *s = (struct virtio_serial *)v;
    struct port *p = s->ports[0];

    if (offset == C_EMERG_WRITE && s->emergency_write && p && p->chardev)
        chardev_write(p->chardev, v->config + C_EMERG_WRITE, 1);
    fill_config(s);
}

static void queue_stopped(struct virtio *v, struct virtq *q)
{
    struct virtio_serial *s = (struct virtio_serial *)v;

    for (unsigned i = 0; i < MAX_PORTS; i++) {
        struct port *p = s->ports[i];
        if (p && p->out && p->out->q == q) {
            g_clear_pointer(&p->out, virtq_forget);
            p->out_done = 0;
        }
    }
}

static void reset(struct virtio *v)
{
    struct virtio_serial *s = (struct virtio_serial *)v;

    g_queue_clear_full(&s->pending, (GDestroyNotify)g_bytes_unref);
    for (unsigned i = 0; i < MAX_PORTS; i++)
        if (s->ports[i])
            s->ports[i]->guest_open = false;
}

static const struct virtio_ops ops = {
    .notify = notify,
    .config_written = config_written,
    .queue_stopped = queue_stopped,
    .reset = reset,
};

static bool serial_realize(struct device *d, GError **err)
{
    struct virtio_serial *s = (struct virtio_serial *)d;
    uint64_t f = (s->max_ports > 1 ? VIRTIO_BIT(F_MULTIPORT) : 0) |
                 (s->emergency_write ? VIRTIO_BIT(F_EMERG_WRITE) : 0);

    if (s->max_ports < 1 || s->max_ports > MAX_PORTS) {
        fail(err, "virtio-serial-device: max_ports=%" PRIu32 ": expected 1 to %u", s->max_ports, MAX_PORTS);
        return false;
    }
    if (!virtio_init(&s->v, &ops, VIRTIO_ID_CONSOLE, f, C_BYTES, err))
        return false;
    for (unsigned i = 0; i < (s->max_ports > 1 ? 2 * s->max_ports + 2 : 2); i++)
        virtio_add_queue(&s->v, QUEUE_SIZE);
    g_queue_init(&s->pending);
    fill_config(s);
    return true;
}

static void serial_unrealize(struct device *d)
{
    struct virtio_serial *s = (struct virtio_serial *)d;

    virtio_fini(&s->v);
    g_queue_clear_full(&s->pending, (GDestroyNotify)g_bytes_unref);
}

static const struct property serial_props[] = {
    PROP_NAMED("max_ports", struct virtio_serial, max_ports, U32, MAX_PORTS, NULL, "ports there can be, 1 to 31"),
    PROP_NAMED("emergency-write", struct virtio_serial, emergency_write, BOOL, 1, NULL, "offer emergency writes"),
    VIRTIO_PROPS,
    PROP_END,
};

static const struct state_row serial_fields[] = {
    VIRTIO_FIELDS(struct virtio_serial),
    FIELD_NONE(struct virtio_serial, ports, "wiring: they have tables of their own"),
    FIELD_QUEUE(struct virtio_serial, pending, PENDING_MAX),
    FIELD_END,
};

/* Buffers that the host has had no room for go back; out_done says how far they got. */
static void serial_settle(void *obj)
{
    struct virtio_serial *s = obj;

    for (unsigned i = 0; i < MAX_PORTS; i++) {
        struct port *p = s->ports[i];
        if (p && p->out) {
            virtq_unpop(out_queue(p), g_steal_pointer(&p->out));
            p->out_held = true;
        }
    }
    virtio_settle(&s->v);
}

/* Ports may be connected to other ends than when the state was saved. */
static void serial_resume(void *obj, bool loaded)
{
    struct virtio_serial *s = obj;

    for (unsigned i = 0; i < MAX_PORTS; i++) {
        struct port *p = s->ports[i];
        if (!p || !p->chardev)
            continue;
        bool open = p->console || chardev_is_open(p->chardev);
        if (open != p->host_open) {
            p->host_open = open;
            send_control(s, p->nr, PORT_OPEN, open, NULL);
        }
        if (p->out_held && out_queue(p)->ready)
            output(p, out_queue(p));
        p->out_held = false;
        chardev_accept_input(p->chardev);
    }
}

static const struct state_table serial_state = {
    STATE_OF(struct virtio_serial),
    .version = 1,
    .rows = serial_fields,
    .settle = serial_settle,
    .loaded = virtio_loaded,
    .resume = serial_resume,
};

const struct device_type virtio_serial_device_type = {
    .name = "virtio-serial-device",
    .desc = "virtio consoles and byte channels (a bus of ports)",
    .bus = &virtio_bus_type,
    .provides_bus = &virtio_serial_bus_type,
    .size = sizeof(struct virtio_serial),
    .props = serial_props,
    .state = &serial_state,
    .realize = serial_realize,
    .reset = virtio_device_reset,
    .unrealize = serial_unrealize,
};

/* -- Ports, and the bus that they are on -- */

/* Choose or check p->nr. Port 0 is a console's: drivers without several ports know only that one. */
static bool port_address(struct device *bus, struct device *d, GError **err)
{
    struct virtio_serial *s = (struct virtio_serial *)bus;
    struct port *p = (struct port *)d;

    p->console = d->type == &virtconsole_type;
    uint32_t first = p->console ? 0 : 1;
    if (p->nr == NR_NONE)
        for (p->nr = first; p->nr < s->max_ports && s->ports[p->nr];)
            p->nr++;
    else if (p->nr < first || p->nr >= s->max_ports || s->ports[p->nr]) {
        fail(err, "%s: nr=%" PRIu32 ": expected a free port from %" PRIu32 " to %" PRIu32, d->type->name, p->nr, first,
             s->max_ports - 1);
        return false;
    }
    if (p->nr >= s->max_ports)
        fail(err, "%s: all %" PRIu32 " ports are in use (max_ports of virtio-serial-device)", d->type->name,
             s->max_ports);
    return p->nr < s->max_ports;
}

static void port_plug(struct device *bus, struct device *d)
{
    struct virtio_serial *s = (struct virtio_serial *)bus;
    struct port *p = (struct port *)d;

    g_mutex_lock(&bus->lock);
    s->ports[p->nr] = p;
    send_control(s, p->nr, PORT_ADD, 1, NULL);
    g_mutex_unlock(&bus->lock);
}

static void port_unplug(struct device *bus, struct device *d)
{
    struct virtio_serial *s = (struct virtio_serial *)bus;
    struct port *p = (struct port *)d;

    g_mutex_lock(&bus->lock);
    s->ports[p->nr] = NULL;
    if (p->out) {
        virtq_push(out_queue(p), g_steal_pointer(&p->out), 0);
        virtq_interrupt(out_queue(p));
    }
    send_control(s, p->nr, PORT_REMOVE, 1, NULL);
    g_mutex_unlock(&bus->lock);
}

static const struct bus_type virtio_serial_bus_type = {
    .name = "virtio-serial-bus",
    .slots = MAX_PORTS,
    .hotplug = true,
    .address = port_address,
    .plug = port_plug,
    .unplug = port_unplug,
};

static bool port_realize(struct device *d, GError **err)
{
    struct port *p = (struct port *)d;

    p->s = (struct virtio_serial *)d->parent;
    p->host_open = p->console;
    struct chardev_client c = { .can_read = can_read, .read = input, .event = chardev_changed, .opaque = p,
                                .lock = &p->s->v.dev.lock, .guest = true };
    return !p->chardev || chardev_attach(p->chardev, &c, err);
}

static void port_unrealize(struct device *d)
{
    struct port *p = (struct port *)d;

    if (p->chardev)
        chardev_detach(p->chardev, p);
}

static const struct property port_props[] = {
    PROP_NAMES("chardev", struct port, chardev, chardev_prop, "the host's end"),
    PROP_NAMED("name", struct port, name, STRING, 0, NULL, "what the guest knows it by"),
    PROP_NAMED("nr", struct port, nr, U32, NR_NONE, NULL, "port number (default: the next)"),
    PROP_END,
};

/* What virtio-serial resets, settles and checks, with its lock. */
static const struct state_row port_fields[] = {
    FIELD_NONE(struct port, s, "wiring"),
    FIELD_SAME(struct port, console),
    FIELD_KEEP(struct port, guest_open),
    FIELD_KEEP(struct port, host_open),
    FIELD_NONE(struct port, out, "given back before the rows are read"),
    FIELD_KEEP(struct port, out_done),
    FIELD_KEEP(struct port, out_held),
    FIELD_END,
};

static const struct state_table port_state = {
    STATE_OF(struct port),
    .version = 1,
    .rows = port_fields,
};

const struct device_type virtconsole_type = {
    .name = "virtconsole",
    .desc = "console on a virtio-serial-device",
    .bus = &virtio_serial_bus_type,
    .size = sizeof(struct port),
    .props = port_props,
    .state = &port_state,
    .realize = port_realize,
    .unrealize = port_unrealize,
};

const struct device_type virtserialport_type = {
    .name = "virtserialport",
    .desc = "byte channel on a virtio-serial-device",
    .bus = &virtio_serial_bus_type,
    .size = sizeof(struct port),
    .props = port_props,
    .state = &port_state,
    .realize = port_realize,
    .unrealize = port_unrealize,
};
