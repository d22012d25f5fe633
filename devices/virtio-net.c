/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio-net: a network card. VIRTIO 1.2, section 5.1: pairs of queues, merged receive buffers, checksums and segments
 * left to the other side in both directions, link status, announcements; virtio-net-control.c has the control queue,
 * virtio-net-rss.c hashes. Not modelled: receive coalescing of its own (the user network does it), failover.
 */
#include "virtio-net.h"

#include <stdio.h>
#include <string.h>

#define CONTROL_SLOTS 64
#define MAX_MERGED 64    /* receive buffers that one frame may take */
#define MAX_HEADER 20
#define HEADER_HASH 12   /* where a hash is */
#define HEADER_OFFLOAD 10 /* bytes of a header in which a struct net_offload is; the number of buffers may follow */

static unsigned header_bytes(const struct virtio_net *s)
{
    if (virtio_has(&s->v, NET_F_HASH_REPORT))
        return MAX_HEADER;
    return virtio_has(&s->v, VIRTIO_F_VERSION_1) || virtio_has(&s->v, NET_F_MRG_RXBUF) ? 12 : 10;
}

/* -- To the guest -- */

static void encode(uint8_t *h, const struct net_offload *o)
{
    const uint16_t words[4] = { GUINT16_TO_LE(o->headers), GUINT16_TO_LE(o->size), GUINT16_TO_LE(o->start),
                                GUINT16_TO_LE(o->at) };

    h[0] = o->flags;
    h[1] = o->gso;
    memcpy(h + 2, words, sizeof(words));
}

static void encode_hash(uint8_t *h, const struct net_hash *hash)
{
    const uint32_t value = GUINT32_TO_LE(hash->value);
    const uint16_t report = GUINT16_TO_LE(hash->report);

    memcpy(h, &value, 4);
    memcpy(h + 4, &report, 2);
}

static struct net_offload decode(const uint8_t *h)
{
    uint16_t words[4];

    memcpy(words, h + 2, sizeof(words));
    return (struct net_offload){ .flags = h[0], .gso = h[1], .headers = GUINT16_FROM_LE(words[0]),
                                 .size = GUINT16_FROM_LE(words[1]), .start = GUINT16_FROM_LE(words[2]),
                                 .at = GUINT16_FROM_LE(words[3]) };
}

/* The flow a frame is of, either way: of IP addresses and TCP's or UDP's ports. */
static unsigned flow_of(const uint8_t *frame, size_t len)
{
    uint32_t sum = 0;
    size_t at = 14, n = 0, ports = 0;

    if (len >= 38 && frame[12] == 0x08 && frame[13] == 0x00) {
        ports = 14 + (frame[14] & 15) * 4;
        if (frame[23] != 6 && frame[23] != 17)
            ports = len;
        at = 26;
        n = 8;
    } else if (len >= 58 && frame[12] == 0x86 && frame[13] == 0xdd) {
        ports = frame[20] == 6 || frame[20] == 17 ? 54 : len;
        at = 22;
        n = 32;
    }
    for (size_t i = at; i < at + n; i += 2) /* a sum: it is the same in both directions */
        sum += frame[i] << 8 | frame[i + 1];
    if (n && ports + 4 <= len)
        sum += (frame[ports] << 8 | frame[ports + 1]) + (frame[ports + 2] << 8 | frame[ports + 3]);
    return (sum * 2654435761u) >> 24; /* Knuth's multiplier */
}

/* -- Queues -- */

static struct virtq *queue_of(struct virtio_net *s, unsigned pair, bool transmit)
{
    return &s->v.queues[2 * pair + transmit];
}

static bool is_control(const struct virtio_net *s, const struct virtq *q)
{
    bool pairs = virtio_has(&s->v, NET_F_MQ) || virtio_has(&s->v, NET_F_RSS);

    return s->ctrl_vq && q->index == 2 * (pairs ? s->max_pairs : 1);
}

/* Spread header and frame over buffers. False if there are not enough: they are left in the ring. */
static bool deliver(struct virtio_net *s, struct virtq *q, const struct net_offload *o, const struct net_hash *hash,
                    const uint8_t *frame, size_t len)
{
    struct virtq_elem *elems[MAX_MERGED];
    uint32_t written[MAX_MERGED];
    uint8_t header[MAX_HEADER] = "";
    unsigned head = header_bytes(s), n = 0;
    size_t done = 0; /* of the frame */

    do {
        struct virtq_elem *e = n < MAX_MERGED && (n == 0 || virtio_has(&s->v, NET_F_MRG_RXBUF)) ? virtq_pop(q) : NULL;
        size_t skip = n == 0 ? head : 0;
        if (e && (e->in_len <= skip)) {
            virtio_error(&s->v, "receive buffer of %zu bytes: no room for the header", e->in_len);
            virtq_forget(e);
            e = NULL;
        }
        if (!e) {
            bool too_long = n > 0 && (n == MAX_MERGED || !virtio_has(&s->v, NET_F_MRG_RXBUF));
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
    encode(header, o);
    header[HEADER_OFFLOAD] = n;
    encode_hash(header + HEADER_HASH, hash);
    iov_write(elems[0]->in, elems[0]->nin, 0, header, head);
    virtq_push_many(q, elems, written, n);
    virtq_interrupt(q);
    return true;
}

/* From the back end, with the lock held. */
static bool receive(void *opaque, const struct net_offload *o, const uint8_t *frame, size_t len)
{
    struct virtio_net *s = opaque;
    struct net_offload left = *o;
    struct virtq *q = queue_of(s, 0, false);
    bool taken;

    if (!virtio_running(&s->v) || len < 14 || !virtio_net_wanted(s, frame, len))
        return true; /* nobody is listening: gone */
    const struct net_hash hash = virtio_net_hash(&s->rss, frame, len);
    if (s->rss.steers || s->pairs > 1) {
        unsigned pair = s->rss.steers ? virtio_net_rss_pair(s, &hash) : s->flows[flow_of(frame, len)];
        if (pair < s->pairs && queue_of(s, pair, false)->ready)
            q = queue_of(s, pair, false);
    }
    if (!q->ready)
        return true;
    if (!(s->offloads & VIRTIO_BIT(NET_F_GUEST_CSUM)))
        left.flags = 0; /* a hint that it does not know */
    if (virtq_empty(q)) {
        virtq_want_notify(q, true);
        if (virtq_empty(q))
            return false;
    }
    virtq_want_notify(q, false);
    taken = deliver(s, q, &left, &hash, frame, len);
    if (!taken)
        virtq_want_notify(q, true);
    return taken;
}

/* -- From the guest -- */

/* What the driver leaves to be done, as far as it said that it would. */
static struct net_offload left_undone(const struct virtio_net *s, const uint8_t *header)
{
    static const uint64_t needs[] = {
        [NET_GSO_TCP4] = VIRTIO_BIT(NET_F_HOST_TSO4), [NET_GSO_UDP] = VIRTIO_BIT(NET_F_HOST_UFO),
        [NET_GSO_TCP6] = VIRTIO_BIT(NET_F_HOST_TSO6), [NET_GSO_UDP_L4] = VIRTIO_BIT(NET_F_HOST_USO),
    };
    struct net_offload o = decode(header);
    unsigned kind = o.gso & ~NET_GSO_ECN;

    o.flags &= virtio_has(&s->v, NET_F_CSUM) ? NET_SUM_NEEDED : 0;
    if (kind >= ARRAY_SIZE(needs) || (!(s->v.features & needs[kind]) && !virtio_has(&s->v, NET_F_GSO)))
        o.gso = NET_GSO_NONE;
    return o;
}

/* False if the back end is full. */
static bool transmit(struct virtio_net *s, struct virtq *q, struct virtq_elem *e)
{
    unsigned head = header_bytes(s), n;
    g_autofree struct iovec *iov = g_new(struct iovec, e->nout + 1);
    uint8_t start[HEADER_OFFLOAD] = { 0 }, frame[96];

    if (e->out_len < head) {
        virtio_error(&s->v, "frame to send of %zu bytes: shorter than its header", e->out_len);
        virtq_forget(e);
        return true;
    }
    iov_read(e->out, e->nout, 0, start, sizeof(start));
    const struct net_offload o = left_undone(s, start);
    n = iov_window(iov, e->out, e->nout, head, e->out_len - head);
    if (s->netdev && e->out_len - head <= NET_MAX_FRAME && !net_send_offload(s->netdev, &o, iov, n)) {
        virtq_unpop(q, e);
        return false;
    }
    if (s->pairs > 1)
        s->flows[flow_of(frame, iov_read(e->out, e->nout, head, frame, sizeof(frame)))] = q->index / 2;
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

    for (unsigned i = 0; i < s->max_pairs; i++)
        if (virtio_running(&s->v) && queue_of(s, i, true)->ready && !is_control(s, queue_of(s, i, true)))
            transmit_all(s, queue_of(s, i, true));
}

static void notify(struct virtio *v, struct virtq *q)
{
    struct virtio_net *s = (struct virtio_net *)v;

    if (is_control(s, q))
        virtio_net_control(s, q);
    else if ((q->index & 1) && virtio_running(v))
        transmit_all(s, q);
    else if (!(q->index & 1) && s->netdev)
        net_accept_input(s->netdev);
}

/* -- Configuration -- */

void virtio_net_put_status(struct virtio_net *s)
{
    const uint16_t status = GUINT16_TO_LE(s->status_now);

    memcpy(s->v.config + NET_C_STATUS, &status, 2);
}

static void change_status(struct virtio_net *s, uint16_t bit, bool on)
{
    s->status_now = (s->status_now & ~bit) | (on ? bit : 0);
    virtio_net_put_status(s);
    virtio_config_changed(&s->v);
}

static void link_changed(void *opaque, bool up)
{
    change_status(opaque, NET_S_LINK_UP, up);
}

static void announce(void *opaque)
{
    struct virtio_net *s = opaque;

    if (virtio_has(&s->v, NET_F_GUEST_ANNOUNCE) && virtio_has(&s->v, NET_F_CTRL_VQ))
        change_status(s, NET_S_ANNOUNCE, true);
}

static bool has_speed(const struct virtio_net *s)
{
    return s->duplex || s->speed != UINT32_MAX;
}

static bool has_hashes(const struct virtio_net *s)
{
    return s->ctrl_vq && (s->rss_offered || s->hash_offered);
}

static void put_constants(struct virtio_net *s)
{
    const uint16_t pairs = GUINT16_TO_LE(s->max_pairs), mtu = GUINT16_TO_LE(s->host_mtu);
    const uint32_t speed = GUINT32_TO_LE(s->speed);

    memcpy(s->v.config + NET_C_MAX_PAIRS, &pairs, 2);
    memcpy(s->v.config + NET_C_MTU, &mtu, 2);
    if (has_hashes(s)) {
        const uint16_t rows = GUINT16_TO_LE(NET_RSS_TABLE);
        const uint32_t types = GUINT32_TO_LE(NET_HASH_TYPES);
        s->v.config[NET_C_RSS_KEY] = NET_RSS_KEY;
        memcpy(s->v.config + NET_C_RSS_TABLE, &rows, 2);
        memcpy(s->v.config + NET_C_HASH_TYPES, &types, 4);
    }
    if (!has_speed(s) && !has_hashes(s))
        return;
    memcpy(s->v.config + NET_C_SPEED, &speed, 4);
    s->v.config[NET_C_DUPLEX] = !s->duplex ? 0xff : !strcmp(s->duplex, "full");
}

/* Legacy drivers write the MAC address here; with the control queue's command nothing is to be written. */
static void config_written(struct virtio *v, unsigned offset, unsigned size)
{
    struct virtio_net *s = (struct virtio_net *)v;

    if (!virtio_has(v, VIRTIO_F_VERSION_1) && !virtio_has(v, NET_F_CTRL_MAC_ADDR))
        memcpy(s->current_mac, v->config + NET_C_MAC, 6);
    memcpy(v->config + NET_C_MAC, s->current_mac, 6);
    virtio_net_put_status(s);
    put_constants(s);
}

void virtio_net_tell_offloads(struct virtio_net *s)
{
    static const struct { unsigned feature, takes; } rows[] = {
        { NET_F_GUEST_CSUM, NET_TAKES_SUM }, { NET_F_GUEST_TSO4, NET_TAKES_TCP4 }, { NET_F_GUEST_TSO6, NET_TAKES_TCP6 },
        { NET_F_GUEST_ECN, NET_TAKES_ECN },  { NET_F_GUEST_UFO, NET_TAKES_UDP },
    };
    unsigned takes = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
        if (s->offloads & s->v.features & VIRTIO_BIT(rows[i].feature))
            takes |= rows[i].takes;
    if (s->netdev)
        net_take_offloads(s->netdev, takes & NET_TAKES_SUM ? takes & net_gives(s->netdev) : 0);
}

static void reset_filters(struct virtio *v)
{
    struct virtio_net *s = (struct virtio_net *)v;

    virtio_net_reset_control(s);
    memcpy(s->current_mac, s->mac, 6);
    memcpy(v->config + NET_C_MAC, s->mac, 6);
    s->status_now &= ~NET_S_ANNOUNCE;
    virtio_net_put_status(s);
    if (s->netdev)
        net_take_offloads(s->netdev, 0);
}

static void started(struct virtio *v)
{
    struct virtio_net *s = (struct virtio_net *)v;

    s->offloads = v->features;
    virtio_net_tell_offloads(s);
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
    const unsigned gives = net_gives(s->netdev);
    const struct { bool on; unsigned feature; } rows[] = {
        { true, NET_F_MAC },
        { s->mrg_rxbuf, NET_F_MRG_RXBUF },
        { s->status, NET_F_STATUS },
        { s->host_mtu, NET_F_MTU },
        { has_speed(s), NET_F_SPEED_DUPLEX },
        { s->mq && s->ctrl_vq, NET_F_MQ },
        { s->rss_offered && s->ctrl_vq, NET_F_RSS },
        { s->hash_offered && s->ctrl_vq, NET_F_HASH_REPORT },
        /* From the driver: what the back end can't do is done for it. */
        { s->csum, NET_F_CSUM },
        { s->csum && s->gso, NET_F_GSO },
        { s->csum && s->host_tso4, NET_F_HOST_TSO4 },
        { s->csum && s->host_tso6, NET_F_HOST_TSO6 },
        { s->csum && s->host_ecn, NET_F_HOST_ECN },
        { s->csum && s->host_ufo, NET_F_HOST_UFO },
        { s->csum && s->host_uso, NET_F_HOST_USO },
        /* To the driver. */
        { s->guest_csum && (gives & NET_TAKES_SUM), NET_F_GUEST_CSUM },
        { s->guest_tso4 && (gives & NET_TAKES_TCP4), NET_F_GUEST_TSO4 },
        { s->guest_tso6 && (gives & NET_TAKES_TCP6), NET_F_GUEST_TSO6 },
        { s->guest_ecn && (gives & NET_TAKES_ECN), NET_F_GUEST_ECN },
        { s->guest_ufo && (gives & NET_TAKES_UDP), NET_F_GUEST_UFO },
        { s->ctrl_vq && s->ctrl_guest_offloads && gives, NET_F_CTRL_GUEST_OFFLOADS },
        /* The control queue. */
        { s->ctrl_vq, NET_F_CTRL_VQ },
        { s->ctrl_vq && s->ctrl_rx, NET_F_CTRL_RX },
        { s->ctrl_vq && s->ctrl_rx_extra, NET_F_CTRL_RX_EXTRA },
        { s->ctrl_vq && s->ctrl_mac_addr, NET_F_CTRL_MAC_ADDR },
        { s->ctrl_vq && s->ctrl_vlan, NET_F_CTRL_VLAN },
        { s->ctrl_vq && s->status && s->guest_announce, NET_F_GUEST_ANNOUNCE },
    };
    uint64_t f = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
        if (rows[i].on)
            f |= VIRTIO_BIT(rows[i].feature);
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
    const struct net_client c = { .receive_offload = receive, .can_send = can_send, .link_changed = link_changed,
                                  .announce = announce, .opaque = s, .lock = &d->lock };

    if (!queue_size_ok("rx_queue_size", s->rx_queue_size, err) ||
        !queue_size_ok("tx_queue_size", s->tx_queue_size, err))
        return false;
    if (s->duplex && strcmp(s->duplex, "half") && strcmp(s->duplex, "full")) {
        fail(err, "virtio-net-device: duplex=%s: expected half or full", s->duplex);
        return false;
    }
    const unsigned config = has_hashes(s) ? NET_C_BYTES : has_speed(s) ? NET_C_RSS_KEY : NET_C_SPEED;
    if (!virtio_init(&s->v, &ops, VIRTIO_ID_NET, features(s), config, err))
        return false;
    s->max_pairs = (s->mq || s->rss_offered) && s->ctrl_vq ? net_queues(s->netdev) : 1;
    for (unsigned i = 0; i < s->max_pairs; i++) {
        virtio_add_queue(&s->v, s->rx_queue_size);
        virtio_add_queue(&s->v, s->tx_queue_size);
    }
    if (s->ctrl_vq)
        virtio_add_queue(&s->v, CONTROL_SLOTS);
    s->status_now = !s->netdev || net_link_up(s->netdev) ? NET_S_LINK_UP : 0;
    reset_filters(&s->v);
    put_constants(s);
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
    NET("ctrl_vlan", ctrl_vlan, BOOL, 1, "offer its filter of VLANs"),
    NET("ctrl_guest_offloads", ctrl_guest_offloads, BOOL, 1, "offer to change the guest_* at any time"),
    NET("guest_announce", guest_announce, BOOL, 1, "ask the guest to tell others where it is (announce_self)"),
    NET("mq", mq, BOOL, 0, "offer as many pairs of queues as the -netdev has (queues=)"),
    NET("rss", rss_offered, BOOL, 0, "offer to steer frames to these by their hashes, as the guest says"),
    NET("hash", hash_offered, BOOL, 0, "offer to tell the guest of them"),
    NET("csum", csum, BOOL, 1, "offer to compute checksums"),
    NET("gso", gso, BOOL, 1, "offer all kinds of segmentation by one old feature"),
    NET("host_tso4", host_tso4, BOOL, 1, "offer to cut TCP over IPv4 into segments"),
    NET("host_tso6", host_tso6, BOOL, 1, "the same over IPv6"),
    NET("host_ecn", host_ecn, BOOL, 1, "the same with ECN"),
    NET("host_ufo", host_ufo, BOOL, 1, "offer to cut UDP into fragments"),
    NET("host_uso", host_uso, BOOL, 1, "offer to cut UDP into datagrams"),
    NET("guest_csum", guest_csum, BOOL, 1, "offer frames whose checksums the guest need not see to"),
    NET("guest_tso4", guest_tso4, BOOL, 1, "offer frames of several TCP segments over IPv4"),
    NET("guest_tso6", guest_tso6, BOOL, 1, "the same over IPv6"),
    NET("guest_ecn", guest_ecn, BOOL, 1, "the same with ECN"),
    NET("guest_ufo", guest_ufo, BOOL, 1, "offer whole UDP datagrams"),
    NET("speed", speed, U32, UINT32_MAX, "tell the guest a speed in Mbit/s"),
    NET("duplex", duplex, STRING, 0, "tell the guest half or full"),
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

static const struct state_row rss_fields[] = {
    FIELD_KEEP(struct net_rss, enabled),
    FIELD_KEEP(struct net_rss, steers),
    FIELD_KEEP(struct net_rss, types),
    FIELD_KEEP(struct net_rss, mask),
    FIELD_KEEP(struct net_rss, unclassified),
    FIELD_KEEP_ARRAY(struct net_rss, table),
    FIELD_KEEP_ARRAY(struct net_rss, key),
    FIELD_END,
};

static const struct state_table rss_state = {
    STATE_OF(struct net_rss),
    .version = 1,
    .rows = rss_fields,
};

/* Filters are reset by reset_filters(). */
static const struct state_row fields[] = {
    VIRTIO_FIELDS(struct virtio_net),
    FIELD_KEEP_ARRAY(struct virtio_net, current_mac),
    FIELD_SAME(struct virtio_net, max_pairs),
    FIELD_KEEP(struct virtio_net, pairs),
    FIELD_KEEP(struct virtio_net, status_now),
    FIELD_KEEP(struct virtio_net, offloads),
    FIELD_KEEP_ARRAY(struct virtio_net, mode),
    FIELD_KEEP_ARRAY(struct virtio_net, vlans),
    FIELD_KEEP_ARRAY(struct virtio_net, flows),
    FIELD_STRUCT(struct virtio_net, unicast, &mac_table_state),
    FIELD_STRUCT(struct virtio_net, multicast, &mac_table_state),
    FIELD_STRUCT(struct virtio_net, rss, &rss_state),
    FIELD_END,
};

static bool loaded(void *obj, unsigned version, GError **err)
{
    struct virtio_net *s = obj;

    if (s->unicast.n > NET_MAX_MACS || s->multicast.n > NET_MAX_MACS) {
        fail(err, "more than %u addresses in a filter", NET_MAX_MACS);
        return false;
    }
    if (s->pairs < 1 || s->pairs > s->max_pairs) {
        fail(err, "%u pairs of queues are in use: there are %u", s->pairs, s->max_pairs);
        return false;
    }
    if (s->rss.mask >= NET_RSS_TABLE) {
        fail(err, "a table of %u rows for RSS: there is room for %u", s->rss.mask + 1, NET_RSS_TABLE);
        return false;
    }
    return virtio_loaded(obj, version, err);
}

/* Frames that waited on the cable are gone after a load: the back end asks for room, the guest is told of the link. */
static void resume(void *obj, bool loaded)
{
    struct virtio_net *s = obj;
    bool up = !s->netdev || net_link_up(s->netdev);

    if (up != !!(s->status_now & NET_S_LINK_UP))
        link_changed(s, up);
    if (loaded)
        virtio_net_tell_offloads(s);
    if (s->netdev)
        net_accept_input(s->netdev);
}

static const struct state_table state = {
    STATE_OF(struct virtio_net),
    .version = 3,
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
