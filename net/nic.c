/* SPDX-License-Identifier: BSD-2-Clause */
/* -nic and -net: network devices that are asked for together with their back ends. */
#include <string.h>

#include "backend.h"
#include "defaults.h"
#include "plug.h"

/* A device to be made. */
struct nic {
    const char *option; /* "-nic" or "-net nic" */
    const char *driver; /* by the board's rows; NULL: it is a card of the board's */
    char *mac, *id; /* NULL: not given */
    char *netdev; /* -net nic,netdev=: the id of its back end, or NULL */
    struct netdev *peer; /* NULL: none */
    bool made;
};

static GPtrArray *nics;          /* of struct nic */
static GPtrArray *legacy_nics;   /* those of -net nic */
static GPtrArray *legacy_peers;  /* struct netdev of -net user */

static void add_to(GPtrArray **list, gpointer item)
{
    if (!*list)
        *list = g_ptr_array_new();
    g_ptr_array_add(*list, item);
}

/* The board's row of a model; NULL with a message. */
static const struct nic_default *row_of(const char *option, const char *model, const struct nic_default *models,
                                        GError **err)
{
    for (const struct nic_default *row = models; row->model; row++)
        if (!model || !strcmp(model, row->model))
            return row;
    if (!models->model)
        fail(err, "%s: the machine has no place for a network card", option);
    else
        fail(err, "%s: model=%s: mynah does not yet have this; expected %s", option, model, models->model);
    return NULL;
}

/* The device's own options. NULL with a message. */
static struct nic *take_nic(const char *option, struct opts *o, bool bare, const struct nic_default *models,
                            GError **err)
{
    const struct nic_default *row = row_of(option, opts_take(o, "model"), models, err);
    const char *mac = opts_take(o, bare ? "macaddr" : "mac");
    const char *id = bare ? opts_take(o, "name") : NULL;

    if (!row)
        return NULL;
    struct nic *nic = g_new0(struct nic, 1);
    nic->option = option;
    nic->driver = row->driver;
    nic->mac = g_strdup(mac);
    nic->id = g_strdup(id);
    nic->netdev = g_strdup(bare ? opts_take(o, "netdev") : NULL);
    return nic;
}

static void nic_free(struct nic *nic)
{
    g_free(nic->mac);
    g_free(nic->id);
    g_free(nic->netdev);
    g_free(nic);
}

bool net_add_nic(struct opts *o, const struct nic_default *models, GError **err)
{
    const char *type = opts_take(o, "type"), *id;

    if (!type)
        type = "user";
    if (!strcmp(type, "none"))
        return opts_done(o, "-nic none", err);
    struct nic *nic = take_nic("-nic", o, false, models, err);
    if (!nic)
        return false;
    id = opts_take(o, "id");
    nic->peer = net_open_for_nic("-nic", type, id, o, err);
    if (!nic->peer) {
        nic_free(nic);
        return false;
    }
    add_to(&nics, nic);
    return true;
}

bool net_add_legacy(struct opts *o, const struct nic_default *models, GError **err)
{
    const char *type = opts_take(o, "type");

    if (type && !strcmp(type, "none"))
        return opts_done(o, "-net none", err);
    if (type && !strcmp(type, "nic")) {
        struct nic *nic = take_nic("-net nic", o, true, models, err);
        if (!nic || !opts_done(o, "-net nic", err)) {
            if (nic)
                nic_free(nic);
            return false;
        }
        add_to(&nics, nic);
        if (!nic->netdev)
            add_to(&legacy_nics, nic);
        return true;
    }
    const char *id = opts_take(o, "id");
    struct netdev *n = net_open_for_nic("-net", type, id ? id : opts_take(o, "name"), o, err);
    if (n)
        add_to(&legacy_peers, n);
    return n != NULL;
}

/* The nth -net nic without netdev= is plugged to the nth of -net's back ends. */
static void pair_legacy(void)
{
    for (guint i = 0; legacy_nics && legacy_peers && i < MIN(legacy_nics->len, legacy_peers->len); i++)
        ((struct nic *)g_ptr_array_index(legacy_nics, i))->peer = g_ptr_array_index(legacy_peers, i);
}

static bool find_peer(struct nic *nic, GError **err)
{
    if (nic->netdev && !(nic->peer = net_find(nic->netdev))) {
        fail(err, "%s: netdev=%s: expected the id of a -netdev", nic->option, nic->netdev);
        return false;
    }
    return true;
}

bool net_plug_board_card(struct device *d, GError **err)
{
    pair_legacy();
    for (guint i = 0; nics && i < nics->len; i++) {
        struct nic *nic = g_ptr_array_index(nics, i);
        if (nic->made || nic->driver)
            continue;
        nic->made = true;
        return find_peer(nic, err) && (!nic->mac || device_set_prop(d, "mac", nic->mac, err)) &&
               (!nic->peer || device_set_prop(d, "netdev", net_id(nic->peer), err));
    }
    return true;
}

static bool make_device(struct machine *m, struct nic *nic, GError **err)
{
    if (!nic->driver) {
        fail(err, "%s: the board's own network cards are taken", nic->option);
        return false;
    }
    if (!find_peer(nic, err))
        return false;
    struct opts *o = opts_new();
    opts_set(o, "driver", nic->driver);
    if (nic->id)
        opts_set(o, "id", nic->id);
    if (nic->mac)
        opts_set(o, "mac", nic->mac);
    if (nic->peer)
        opts_set(o, "netdev", net_id(nic->peer));
    nic->made = device_add(m, o, err) != NULL;
    opts_free(o);
    if (!nic->made)
        g_prefix_error(err, "%s: ", nic->option);
    return nic->made;
}

bool net_make_devices(struct machine *m, GError **err)
{
    pair_legacy();
    for (guint i = 0; nics && i < nics->len; i++) {
        struct nic *nic = g_ptr_array_index(nics, i);
        if (!nic->made && !make_device(m, nic, err))
            return false;
    }
    return true;
}
