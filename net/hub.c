/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * -netdev hubport: the ports of hubs; what comes in at one goes out at all others. At a port is a guest's card or, with
 * netdev=, another back end, such as user.
 */
#include <stdio.h>
#include <string.h>

#include "backend.h"

struct port {
    struct netdev *n;
    struct netdev *peer; /* of netdev=; NULL: a card's port */
    uint32_t hub;
    char name[32]; /* "hub 0" */
};

static GPtrArray *ports; /* of struct port, of all hubs */

static void out_at(struct port *p, const uint8_t *frame, size_t len)
{
    if (p->peer)
        net_send(p->peer, &(struct iovec){ (void *)frame, len }, 1); /* a full one loses it */
    else
        net_deliver(p->n, frame, len);
}

static void in_at(void *state, const uint8_t *frame, size_t len)
{
    const struct port *from = state;

    for (guint i = 0; i < ports->len; i++) {
        struct port *p = g_ptr_array_index(ports, i);
        if (p != from && p->hub == from->hub)
            out_at(p, frame, len);
    }
}

static bool from_peer(void *opaque, const uint8_t *frame, size_t len)
{
    in_at(opaque, frame, len);
    return true;
}

static void port_close(void *state)
{
    struct port *p = state;

    if (p->peer) {
        net_detach(p->peer, p);
        net_detach(p->n, p);
    }
    g_ptr_array_remove(ports, p);
    g_free(p);
}

/* A port with netdev= stands at both: nothing else can be plugged in. */
static bool plug(struct port *p, GError **err)
{
    struct net_client c = { .receive = from_peer, .opaque = p };

    g_strlcpy(c.name, p->name, sizeof(c.name));
    snprintf(c.info, sizeof(c.info), "hubid=%u", p->hub);
    return net_attach(p->peer, &c, err) && net_attach(p->n, &c, err);
}

static void *port_open(struct netdev *n, struct opts *o, GError **err)
{
    const char *hubid = opts_take(o, "hubid"), *netdev = opts_take(o, "netdev");
    uint64_t hub;

    if (!net_taken(n, o, err))
        return NULL;
    if (!hubid || !parse_uint(hubid, &hub) || hub > INT32_MAX) {
        fail(err, "hubid=%s: expected a number", hubid ? hubid : "");
        return NULL;
    }
    struct netdev *peer = netdev ? net_find(netdev) : NULL;
    if (netdev && !peer) {
        fail(err, "netdev=%s: expected the id of a -netdev before this one", netdev);
        return NULL;
    }
    struct port *p = g_new0(struct port, 1);
    p->n = n;
    p->peer = peer;
    p->hub = hub;
    snprintf(p->name, sizeof(p->name), "hub %u", p->hub);
    if (!ports)
        ports = g_ptr_array_new();
    g_ptr_array_add(ports, p);
    if (!peer || plug(p, err))
        return p;
    port_close(p);
    return NULL;
}

static void port_reopen(void *state)
{
    /* The other ends do what they do. */
}

static void port_info(void *state, GString *out)
{
    const struct port *p = state;

    g_string_append_printf(out, "hubid=%u%s%s", p->hub, p->peer ? ",netdev=" : "", p->peer ? net_id(p->peer) : "");
}

const struct net_backend net_hubport = {
    .name = "hubport",
    .open = port_open,
    .send = in_at,
    .reopen = port_reopen,
    .info = port_info,
    .close = port_close,
};
