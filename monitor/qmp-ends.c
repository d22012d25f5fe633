/* SPDX-License-Identifier: BSD-2-Clause */
/* QMP's commands and events of what devices are connected to: network back ends, and objects. */
#include "net.h"
#include "object.h"
#include "opts.h"
#include "plug.h"
#include "qmp-int.h"

struct opts *qmp_opts(JsonObject *args, GError **err)
{
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);

    json_node_set_object(node, args);
    g_autofree char *text = json_to_string(node, FALSE);
    struct opts *o = opts_parse(text, NULL, err);
    if (!o || opts_id_ok(o, err))
        return o;
    opts_free(o);
    return NULL;
}

/* -- Networks -- */

JsonNode *qmp_netdev_add(JsonObject *args, GError **err)
{
    struct opts *o = qmp_opts(args, err);

    if (o && net_can_change(err))
        net_add_netdev(o, err);
    opts_free(o);
    return NULL;
}

JsonNode *qmp_netdev_del(JsonObject *args, GError **err)
{
    net_remove(json_object_get_string_member(args, "id"), err);
    return NULL;
}

JsonNode *qmp_announce_self(JsonObject *args, GError **err)
{
    net_announce_all();
    return NULL;
}

JsonNode *qmp_set_link(JsonObject *args, GError **err)
{
    const char *name = json_object_get_string_member(args, "name");

    if (!net_set_link(name, json_object_get_boolean_member(args, "up")))
        g_set_error(err, MYNAH_ERROR, DEVICE_NOT_FOUND, "Device '%s' not found", name);
    return NULL;
}

void qmp_net_peer(const struct net_peer *peer)
{
    JsonObject *data = json_object_new();

    json_object_set_string_member(data, "netdev-id", peer->id);
    if (peer->connected) {
        JsonObject *addr = json_object_new();
        if (peer->path) {
            json_object_set_string_member(addr, "path", peer->path);
        } else if (peer->host) {
            json_object_set_string_member(addr, "port", peer->port);
            json_object_set_boolean_member(addr, "ipv6", peer->ipv6);
            json_object_set_string_member(addr, "host", peer->host);
        }
        json_object_set_string_member(addr, "type", peer->path ? "unix" : peer->host ? "inet" : "fd");
        json_object_set_object_member(data, "addr", addr);
    }
    qmp_event(peer->connected ? "NETDEV_STREAM_CONNECTED" : "NETDEV_STREAM_DISCONNECTED", data);
}

/* -- Objects -- */

JsonNode *qmp_object_add(JsonObject *args, GError **err)
{
    struct opts *o = qmp_opts(args, err);

    if (o)
        object_add(o, err);
    opts_free(o);
    return NULL;
}

JsonNode *qmp_object_del(JsonObject *args, GError **err)
{
    object_remove(json_object_get_string_member(args, "id"), err);
    return NULL;
}
