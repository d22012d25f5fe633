/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio-net: a network card. VIRTIO 1.2, section 5.1: one pair of queues, merged receive buffers, link status, and
 * the control queue's receive modes and MAC address. Offloads, several pairs, VLAN filters and announcements are not
 * modelled.
 */
#include <stdio.h>
#include <string.h>

#include "net.h"
#include "virtio.h"

enum {
    F_MTU = 3,
    F_MAC = 5,
    F_MRG_RXBUF = 15,
    F_STATUS = 16,
    F_CTRL_VQ = 17,
    F_CTRL_RX = 18,
    F_CTRL_RX_EXTRA = 20,
    F_CTRL_MAC_ADDR = 23,
};
enum { Q_RX, Q_TX, Q_CTRL };
enum { C_MAC = 0, C_STATUS = 6, C_MAX_PAIRS = 8, C_MTU = 10, C_BYTES = 12 };
enum { LINK_UP = 1 };

/* Control queue: class, command, then data; the answer is one byte. */
enum { CTRL_RX = 0, CTRL_MAC = 1 };
enum { RX_PROMISC, RX_ALLMULTI, RX_ALLUNI, RX_NOMULTI, RX_NOUNI, RX_NOBCAST, RX_MODES };
enum { MAC_TABLE_SET = 0, MAC_ADDR_SET = 1 };
enum { CTRL_OK = 0, CTRL_ERR = 1 };

#define MAX_MACS 64      /* in a filter table; a longer one lets everything of its kind pass */
#define MAX_MERGED 64    /* receive buffers that one frame may take */

struct mac_table {
    unsigned n;
    bool overflow;
    uint8_t mac[MAX_MACS][6];
};

struct virtio_net {
    struct virtio v;
    struct netdev *netdev;
    uint8_t mac[6];      /* property */
    uint8_t current_mac[6];
    uint16_t rx_queue_size, tx_queue_size, host_mtu;
    uint32_t bootindex;
    bool mrg_rxbuf, status, ctrl_vq, ctrl_rx, ctrl_rx_extra, ctrl_mac_addr;
    bool mode[RX_MODES];
    struct mac_table unicast, multicast;
};

static unsigned header_bytes(const struct virtio_net *s)
{
    return virtio_has(&s->v, VIRTIO_F_VERSION_1) || virtio_has(&s->v, F_MRG_RXBUF) ? 12 : 10;
}

/* -- To the guest -- */

static bool in_table(const struct mac_table *t, const uint8_t *mac)
{
    for (unsigned i = 0; i < t->n; i++)
        if (!memcmp(t->mac[i], mac, 6))
            return true;
    return t->overflow;
}

/* Whether the receive modes let a frame to this address pass. */
static bool wanted(const struct virtio_net *s, const uint8_t *to)
{
    static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

    if (s->mode[RX_PROMISC])
        return true;
    if (!memcmp(to, broadcast, 6))
        return !s->mode[RX_NOBCAST];
    if (to[0] & 1)
        return !s->mode[RX_NOMULTI] && (s->mode[RX_ALLMULTI] || in_table(&s->multicast, to));
    return !s->mode[RX_NOUNI] &&
           (s->mode[RX_ALLUNI] || !memcmp(to, s->current_mac, 6) || in_table(&s->unicast, to));
}

/* Spread header and frame over buffers. False if there are not enough: they are left in the ring. */
static bool deliver(struct virtio_net *s, struct virtq *q, const uint8_t *frame, size_t len)
{
    struct virtq_elem *elems[MAX_MERGED];
    uint32_t written[MAX_MERGED];
    uint8_t header[12] = "";
    unsigned head = header_bytes(s), n = 0;
    size_t done = 0; /* of the frame */

    do {
        struct virtq_elem *e = n < MAX_MERGED && (n == 0 || virtio_has(&s->v, F_MRG_RXBUF)) ? virtq_pop(q) : NULL;
        size_t skip = n == 0 ? head : 0;
        if (e && (e->in_len <= skip)) {
            virtio_error(&s->v, "receive buffer of %zu bytes: no room for the header", e->in_len);
            virtq_forget(e);
            e = NULL;
        }
        if (!e) {
            bool too_long = n > 0 && (n == MAX_MERGED || !virtio_has(&s->v, F_MRG_RXBUF));
            if (s->v.broken)
                while (n > 0)
                    virtq_forget(elems[--n]);
            while (n > 0)
                virtq_unpop(q, elems[--n]);
            if (too_long)
                device_guest_error(&s->v.dev, "frame of %zu bytes dropped: it does not fit a receive buffer", len);
            return too_long || s->v.broken;
        }
        written[n] = skip + iov_write(e->in, e->nin, skip, frame + done, len - done);
        done += written[n] - skip;
        elems[n++] = e;
    } while (done < len);
    header[10] = n;
    iov_write(elems[0]->in, elems[0]->nin, 0, header, head);
    virtq_push_many(q, elems, written, n);
    virtq_interrupt(q);
    return true;
}

/* From the back end, with the lock held. */
static bool receive(void *opaque, const uint8_t *frame, size_t len)
{
    struct virtio_net *s = opaque;
    struct virtq *q = &s->v.queues[Q_RX];
    bool taken;

    if (!virtio_running(&s->v) || !q->ready || len < 14 || !wanted(s, frame))
        return true; /* nobody is listening: gone */
    if (virtq_empty(q)) {
        virtq_want_notify(q, true);
        if (virtq_empty(q))
            return false;
    }
    virtq_want_notify(q, false);
    taken = deliver(s, q, frame, len);
    if (!taken)
        virtq_want_notify(q, true);
    return taken;
}

/* -- From the guest -- */

/* False if the back end is full. */
static bool transmit(struct virtio_net *s, struct virtq *q, struct virtq_elem *e)
{
    unsigned head = header_bytes(s), n;
    g_autofree struct iovec *iov = g_new(struct iovec, e->nout + 1);

    if (e->out_len < head) {
        virtio_error(&s->v, "frame to send of %zu bytes: shorter than its header", e->out_len);
        virtq_forget(e);
        return true;
    }
    n = iov_window(iov, e->out, e->nout, head, e->out_len - head);
    if (s->netdev && e->out_len - head <= NET_MAX_FRAME && !net_send(s->netdev, iov, n)) {
        virtq_unpop(q, e);
        return false;
    }
    virtq_push(q, e, 0);
    return true;
}

static void transmit_all(struct virtio_net *s, struct virtq *q)
{
    struct virtq_elem *e;

    do {
        virtq_want_notify(q, false);
        while ((e = virtq_pop(q)))
            if (!transmit(s, q, e)) {
                virtq_interrupt(q);
                return; /* can_send() goes on */
            }
        virtq_interrupt(q);
        virtq_want_notify(q, true);
    } while (!virtq_empty(q));
}

static void can_send(void *opaque)
{
    struct virtio_net *s = opaque;

    if (virtio_running(&s->v) && s->v.queues[Q_TX].ready)
        transmit_all(s, &s->v.queues[Q_TX]);
}

/* -- Control queue -- */

/* A table at *offset: a count, then addresses. False if the message is too short for it. */
static bool read_table(const struct virtq_elem *e, size_t *offset, struct mac_table *t)
{
    uint32_t n;

    memset(t, 0, sizeof(*t));
    if (iov_read(e->out, e->nout, *offset, &n, 4) != 4)
        return false;
    n = GUINT32_FROM_LE(n);
    *offset += 4;
    if (n > (e->out_len - *offset) / 6)
        return false;
    t->overflow = n > MAX_MACS;
    t->n = t->overflow ? 0 : n;
    iov_read(e->out, e->nout, *offset, t->mac, t->n * 6);
    *offset += (size_t)n * 6;
    return true;
}

static uint8_t control_mac(struct virtio_net *s, const struct virtq_elem *e, uint8_t command)
{
    size_t offset = 2;

    if (command == MAC_ADDR_SET) {
        if (e->out_len != 8)
            return CTRL_ERR;
        iov_read(e->out, e->nout, 2, s->current_mac, 6);
        memcpy(s->v.config + C_MAC, s->current_mac, 6);
        return CTRL_OK;
    }
    struct mac_table uni, multi;
    if (command != MAC_TABLE_SET || !read_table(e, &offset, &uni) || !read_table(e, &offset, &multi))
        return CTRL_ERR;
    s->unicast = uni;
    s->multicast = multi;
    return CTRL_OK;
}

static uint8_t control(struct virtio_net *s, const struct virtq_elem *e)
{
    uint8_t m[3];
    size_t n = iov_read(e->out, e->nout, 0, m, 3);

    if (n == 3 && m[0] == CTRL_RX && m[1] < RX_MODES) {
        s->mode[m[1]] = m[2] != 0;
        return CTRL_OK;
    }
    return n == 3 && m[0] == CTRL_MAC ? control_mac(s, e, m[1]) : CTRL_ERR;
}

static void control_all(struct virtio_net *s, struct virtq *q)
{
    struct virtq_elem *e;

    while ((e = virtq_pop(q))) {
        if (e->out_len < 2 || e->in_len < 1) {
            virtio_error(&s->v, "control message of %zu bytes with room for %zu", e->out_len, e->in_len);
            virtq_forget(e);
            return;
        }
        uint8_t answer = control(s, e);
        iov_write(e->in, e->nin, 0, &answer, 1);
        virtq_push(q, e, 1);
        virtq_interrupt(q);
    }
}

static void notify(struct virtio *v, struct virtq *q)
{
    struct virtio_net *s = (struct virtio_net *)v;

    if (q->index == Q_RX && s->netdev)
        net_accept_input(s->netdev);
    else if (q->index == Q_TX && virtio_running(v))
        transmit_all(s, q);
    else if (q->index == Q_CTRL)
        control_all(s, q);
}

/* -- Configuration -- */

static void put_status(struct virtio_net *s, bool up)
{
    uint16_t status = GUINT16_TO_LE(up ? LINK_UP : 0);

    memcpy(s->v.config + C_STATUS, &status, 2);
}

static void link_changed(void *opaque, bool up)
{
    struct virtio_net *s = opaque;

    put_status(s, up);
    virtio_config_changed(&s->v);
}

/* Legacy drivers write the MAC address here; with the control queue's command nothing is to be written. */
static void config_written(struct virtio *v, unsigned offset, unsigned size)
{
    struct virtio_net *s = (struct virtio_net *)v;

    if (!virtio_has(v, VIRTIO_F_VERSION_1) && !virtio_has(v, F_CTRL_MAC_ADDR))
        memcpy(s->current_mac, v->config + C_MAC, 6);
    memcpy(v->config + C_MAC, s->current_mac, 6);
    uint16_t rest[3] = { GUINT16_TO_LE(!s->netdev || net_link_up(s->netdev)), GUINT16_TO_LE(1),
                         GUINT16_TO_LE(s->host_mtu) };
    memcpy(v->config + C_STATUS, rest, sizeof(rest));
}

static void reset_filters(struct virtio *v)
{
    struct virtio_net *s = (struct virtio_net *)v;

    memset(s->mode, 0, sizeof(s->mode));
    s->mode[RX_PROMISC] = true; /* until a driver that can says otherwise */
    memset(&s->unicast, 0, sizeof(s->unicast));
    memset(&s->multicast, 0, sizeof(s->multicast));
    memcpy(s->current_mac, s->mac, 6);
    memcpy(v->config + C_MAC, s->mac, 6);
}

static void started(struct virtio *v)
{
    struct virtio_net *s = (struct virtio_net *)v;

    if (s->netdev)
        net_accept_input(s->netdev);
}

static const struct virtio_ops ops = {
    .notify = notify,
    .config_written = config_written,
    .started = started,
    .reset = reset_filters,
};

/* -- The device -- */

static uint64_t features(const struct virtio_net *s)
{
    uint64_t f = VIRTIO_BIT(F_MAC);

    if (s->mrg_rxbuf)
        f |= VIRTIO_BIT(F_MRG_RXBUF);
    if (s->status)
        f |= VIRTIO_BIT(F_STATUS);
    if (s->host_mtu)
        f |= VIRTIO_BIT(F_MTU);
    if (!s->ctrl_vq)
        return f;
    f |= VIRTIO_BIT(F_CTRL_VQ);
    if (s->ctrl_rx)
        f |= VIRTIO_BIT(F_CTRL_RX);
    if (s->ctrl_rx_extra)
        f |= VIRTIO_BIT(F_CTRL_RX_EXTRA);
    if (s->ctrl_mac_addr)
        f |= VIRTIO_BIT(F_CTRL_MAC_ADDR);
    return f;
}

static bool queue_size_ok(const char *name, uint16_t n, GError **err)
{
    if (n >= 256 && n <= VIRTQ_MAX_SIZE && (n & (n - 1)) == 0)
        return true;
    fail(err, "virtio-net-device: %s=%u: expected a power of two from 256 to %u", name, n, VIRTQ_MAX_SIZE);
    return false;
}

static bool realize(struct device *d, GError **err)
{
    struct virtio_net *s = (struct virtio_net *)d;
    const struct net_client c = { .receive = receive, .can_send = can_send, .link_changed = link_changed, .opaque = s,
                                  .lock = &d->lock };

    if (!queue_size_ok("rx_queue_size", s->rx_queue_size, err) ||
        !queue_size_ok("tx_queue_size", s->tx_queue_size, err))
        return false;
    if (!virtio_init(&s->v, &ops, VIRTIO_ID_NET, features(s), C_BYTES, err))
        return false;
    virtio_add_queue(&s->v, s->rx_queue_size);
    virtio_add_queue(&s->v, s->tx_queue_size);
    if (s->ctrl_vq)
        virtio_add_queue(&s->v, 64);
    reset_filters(&s->v);
    config_written(&s->v, 0, 0);
    if (!net_attach_card(s->netdev, c, d->id, d->type->name, s->mac, err)) {
        g_clear_pointer(&s->v.queues, g_free);
        return false;
    }
    return true;
}

static void unrealize(struct device *d)
{
    struct virtio_net *s = (struct virtio_net *)d;

    if (s->netdev)
        net_detach(s->netdev, s);
    virtio_fini(&s->v);
}

#define NET(n, member, kind, d, help) PROP_NAMED(n, struct virtio_net, member, kind, d, NULL, help)
static const struct property props[] = {
    PROP_NAMES("netdev", struct virtio_net, netdev, net_prop, "the -netdev it is plugged to"),
    NET("mac", mac, MAC, 0, "its address"),
    NET("rx_queue_size", rx_queue_size, U16, 256, "slots of the receive queue"),
    NET("tx_queue_size", tx_queue_size, U16, 256, "slots of the transmit queue"),
    NET("host_mtu", host_mtu, U16, 0, "tell the guest an MTU (0: none)"),
    NET("bootindex", bootindex, U32, UINT32_MAX, "its place among what firmware boots from, 0 first (default: none)"),
    NET("mrg_rxbuf", mrg_rxbuf, BOOL, 1, "offer merged receive buffers"),
    NET("status", status, BOOL, 1, "offer the link status"),
    NET("ctrl_vq", ctrl_vq, BOOL, 1, "offer the control queue"),
    NET("ctrl_rx", ctrl_rx, BOOL, 1, "offer its receive modes"),
    NET("ctrl_rx_extra", ctrl_rx_extra, BOOL, 1, "offer more of them"),
    NET("ctrl_mac_addr", ctrl_mac_addr, BOOL, 1, "offer its address command"),
    VIRTIO_PROPS,
    PROP_END,
};

static const struct state_row table_fields[] = {
    FIELD_KEEP(struct mac_table, n),
    FIELD_KEEP(struct mac_table, overflow),
    FIELD_KEEP_BYTES(struct mac_table, mac),
    FIELD_END,
};

static const struct state_table mac_table_state = {
    STATE_OF(struct mac_table),
    .version = 1,
    .rows = table_fields,
};

/* Filters are reset by reset_filters(). */
static const struct state_row fields[] = {
    VIRTIO_FIELDS(struct virtio_net),
    FIELD_KEEP_ARRAY(struct virtio_net, current_mac),
    FIELD_KEEP_ARRAY(struct virtio_net, mode),
    FIELD_STRUCT(struct virtio_net, unicast, &mac_table_state),
    FIELD_STRUCT(struct virtio_net, multicast, &mac_table_state),
    FIELD_END,
};

static bool loaded(void *obj, unsigned version, GError **err)
{
    struct virtio_net *s = obj;

    if (s->unicast.n > MAX_MACS || s->multicast.n > MAX_MACS) {
        fail(err, "more than %u addresses in a filter", MAX_MACS);
        return false;
    }
    return virtio_loaded(obj, version, err);
}

/* Frames that waited on the cable are gone after a load: the back end asks for room, the guest is told of the link. */
static void resume(void *obj, bool loaded)
{
    struct virtio_net *s = obj;
    uint16_t status;

    memcpy(&status, s->v.config + C_STATUS, 2);
    bool up = !s->netdev || net_link_up(s->netdev);
    if (up != !!(GUINT16_FROM_LE(status) & LINK_UP))
        link_changed(s, up);
    if (s->netdev)
        net_accept_input(s->netdev);
}

static const struct state_table state = {
    STATE_OF(struct virtio_net),
    .version = 1,
    .rows = fields,
    .settle = virtio_settle,
    .loaded = loaded,
    .resume = resume,
};

const struct device_type virtio_net_device_type = {
    .name = "virtio-net-device",
    .desc = "virtio network card",
    .bus = &virtio_bus_type,
    .size = sizeof(struct virtio_net),
    .props = props,
    .state = &state,
    .realize = realize,
    .reset = virtio_device_reset,
    .unrealize = unrealize,
};
