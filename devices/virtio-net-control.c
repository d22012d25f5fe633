/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio-net's control queue, VIRTIO 1.2, section 5.1.6.5: receive modes, MAC addresses, VLANs, announcements, pairs of
 * queues, hashes and RSS, offloads.
 */
#include <string.h>

#include "virtio-net.h"

/* Class, command, then data; the answer is one byte. */
enum control_class { CTRL_RX = 0, CTRL_MAC = 1, CTRL_VLAN = 2, CTRL_ANNOUNCE = 3, CTRL_MQ = 4, CTRL_OFFLOADS = 5 };
enum { MAC_TABLE_SET = 0, MAC_ADDR_SET = 1 };
enum { VLAN_ADD = 0, VLAN_DEL = 1 };
enum { MQ_PAIRS_SET = 0, MQ_RSS_CONFIG = 1, MQ_HASH_CONFIG = 2 };
enum { ANNOUNCE_ACK = 0, OFFLOADS_SET = 0 };
enum { CTRL_OK = 0, CTRL_ERR = 1 };
#define HEAD 2 /* bytes */

/* -- Filters -- */

static bool in_table(const struct mac_table *t, const uint8_t *mac)
{
    for (unsigned i = 0; i < t->n; i++)
        if (!memcmp(t->mac[i], mac, 6))
            return true;
    return t->overflow;
}

static bool in_vlans(const struct virtio_net *s, const uint8_t *frame, size_t len)
{
    unsigned id;

    if (!virtio_has(&s->v, NET_F_CTRL_VLAN) || len < 18 || frame[12] != 0x81 || frame[13] != 0)
        return true;
    id = (frame[14] << 8 | frame[15]) % NET_VLANS;
    return s->vlans[id / 8] >> (id % 8) & 1;
}

bool virtio_net_wanted(const struct virtio_net *s, const uint8_t *to, size_t len)
{
    static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

    if (s->mode[RX_PROMISC])
        return true;
    if (!in_vlans(s, to, len))
        return false;
    if (!memcmp(to, broadcast, 6))
        return !s->mode[RX_NOBCAST];
    if (to[0] & 1)
        return !s->mode[RX_NOMULTI] && (s->mode[RX_ALLMULTI] || in_table(&s->multicast, to));
    return !s->mode[RX_NOUNI] &&
           (s->mode[RX_ALLUNI] || !memcmp(to, s->current_mac, 6) || in_table(&s->unicast, to));
}

void virtio_net_reset_control(struct virtio_net *s)
{
    memset(s->mode, 0, sizeof(s->mode));
    s->mode[RX_PROMISC] = true; /* until a driver that can says otherwise */
    memset(&s->unicast, 0, sizeof(s->unicast));
    memset(&s->multicast, 0, sizeof(s->multicast));
    memset(s->vlans, 0, sizeof(s->vlans));
    memset(s->flows, 0, sizeof(s->flows));
    memset(&s->rss, 0, sizeof(s->rss));
    s->pairs = 1;
    s->offloads = 0;
}

/* -- Commands -- */

static uint64_t read_le(const struct virtq_elem *e, unsigned size)
{
    uint64_t v = 0;

    iov_read(e->out, e->nout, HEAD, &v, size);
    return GUINT64_FROM_LE(v);
}

static uint8_t set_mode(struct virtio_net *s, const struct virtq_elem *e, uint8_t command)
{
    if (command >= RX_MODES || e->out_len < HEAD + 1)
        return CTRL_ERR;
    s->mode[command] = read_le(e, 1) != 0;
    return CTRL_OK;
}

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
    t->overflow = n > NET_MAX_MACS;
    t->n = t->overflow ? 0 : n;
    iov_read(e->out, e->nout, *offset, t->mac, t->n * 6);
    *offset += (size_t)n * 6;
    return true;
}

static uint8_t set_macs(struct virtio_net *s, const struct virtq_elem *e, uint8_t command)
{
    size_t offset = HEAD;

    if (command == MAC_ADDR_SET) {
        if (e->out_len != HEAD + 6)
            return CTRL_ERR;
        iov_read(e->out, e->nout, HEAD, s->current_mac, 6);
        memcpy(s->v.config + NET_C_MAC, s->current_mac, 6);
        return CTRL_OK;
    }
    struct mac_table uni, multi;
    if (command != MAC_TABLE_SET || !read_table(e, &offset, &uni) || !read_table(e, &offset, &multi))
        return CTRL_ERR;
    s->unicast = uni;
    s->multicast = multi;
    return CTRL_OK;
}

static uint8_t set_vlan(struct virtio_net *s, const struct virtq_elem *e, uint8_t command)
{
    uint64_t id = read_le(e, 2);

    if (command > VLAN_DEL || e->out_len < HEAD + 2 || id >= NET_VLANS)
        return CTRL_ERR;
    s->vlans[id / 8] = with_bits(s->vlans[id / 8], id % 8, 1, command == VLAN_ADD);
    return CTRL_OK;
}

static uint8_t acknowledge(struct virtio_net *s, const struct virtq_elem *e, uint8_t command)
{
    if (command != ANNOUNCE_ACK || !(s->status_now & NET_S_ANNOUNCE))
        return CTRL_ERR;
    s->status_now &= ~NET_S_ANNOUNCE;
    virtio_net_put_status(s);
    return CTRL_OK;
}

static uint8_t set_pairs(struct virtio_net *s, const struct virtq_elem *e, uint8_t command)
{
    static const unsigned needs[] = { [MQ_PAIRS_SET] = NET_F_MQ, [MQ_RSS_CONFIG] = NET_F_RSS,
                                      [MQ_HASH_CONFIG] = NET_F_HASH_REPORT };
    uint64_t n = read_le(e, 2);

    if (command >= ARRAY_SIZE(needs) || !virtio_has(&s->v, needs[command]))
        return CTRL_ERR;
    if (command != MQ_PAIRS_SET)
        return virtio_net_configure_rss(s, e, HEAD, command == MQ_RSS_CONFIG) ? CTRL_OK : CTRL_ERR;
    if (e->out_len < HEAD + 2 || n < 1 || n > s->max_pairs)
        return CTRL_ERR;
    s->pairs = n;
    memset(&s->rss, 0, sizeof(s->rss)); /* it steers by flows again */
    return CTRL_OK;
}

static uint8_t set_offloads(struct virtio_net *s, const struct virtq_elem *e, uint8_t command)
{
    uint64_t wanted = read_le(e, 8);

    if (command != OFFLOADS_SET || e->out_len < HEAD + 8 || (wanted & ~s->v.features))
        return CTRL_ERR;
    s->offloads = wanted;
    virtio_net_tell_offloads(s);
    return CTRL_OK;
}

static uint8_t carry_out(struct virtio_net *s, const struct virtq_elem *e)
{
    static const struct {
        uint64_t needs; /* features */
        uint8_t (*run)(struct virtio_net *s, const struct virtq_elem *e, uint8_t command);
    } classes[] = {
        [CTRL_RX] = { 0, set_mode },
        [CTRL_MAC] = { 0, set_macs },
        [CTRL_VLAN] = { 0, set_vlan },
        [CTRL_ANNOUNCE] = { 0, acknowledge },
        [CTRL_MQ] = { 0, set_pairs },
        [CTRL_OFFLOADS] = { VIRTIO_BIT(NET_F_CTRL_GUEST_OFFLOADS), set_offloads },
    };
    uint8_t head[HEAD];

    iov_read(e->out, e->nout, 0, head, HEAD);
    if (head[0] >= ARRAY_SIZE(classes) || (classes[head[0]].needs & ~s->v.features))
        return CTRL_ERR;
    return classes[head[0]].run(s, e, head[1]);
}

void virtio_net_control(struct virtio_net *s, struct virtq *q)
{
    struct virtq_elem *e;

    while ((e = virtq_pop(q))) {
        if (e->out_len < HEAD || e->in_len < 1) {
            virtio_error(&s->v, "control message of %zu bytes with room for %zu", e->out_len, e->in_len);
            virtq_forget(e);
            return;
        }
        uint8_t answer = carry_out(s, e);
        iov_write(e->in, e->nin, 0, &answer, 1);
        virtq_push(q, e, 1);
        virtq_interrupt(q);
    }
}
