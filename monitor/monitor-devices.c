/* SPDX-License-Identifier: BSD-2-Clause */
/* The monitor's commands that add and remove devices and their host ends. Failures begin with "Error: ", as QEMU's. */
#include <string.h>

#include "chardev.h"
#include "machine.h"
#include "monitor-int.h"
#include "net.h"
#include "object.h"
#include "plug.h"

static void tell(struct hmp *h, const GError *err)
{
    if (err)
        g_string_append_printf(h->out, "Error: %s\n", err->message);
}

/* "help", "NAME,help": true if it was that. */
static bool list_devices(struct hmp *h, const char *args)
{
    if (!strcmp(args, "help") || !strcmp(args, "?")) {
        device_list(h->out);
        return true;
    }
    if (!g_str_has_suffix(args, ",help") && !g_str_has_suffix(args, ",?"))
        return false;
    g_autofree char *name = g_strndup(args, strcspn(args, ","));
    return device_help(name, h->out);
}

void hmp_device_add(struct hmp *h, char *args)
{
    g_autoptr(GError) err = NULL;

    if (list_devices(h, args))
        return;
    struct opts *o = opts_parse(args, "driver", &err);
    if (o && opts_id_ok(o, &err))
        device_plug(the_machine, o, &err);
    opts_free(o);
    tell(h, err);
}

void hmp_device_del(struct hmp *h, char *args)
{
    g_autoptr(GError) err = NULL;

    if (*args)
        device_unplug(the_machine, args, &err);
    else
        fail(&err, "expected the id of a device");
    tell(h, err);
}

void hmp_netdev_add(struct hmp *h, char *args)
{
    g_autoptr(GError) err = NULL;
    struct opts *o = opts_parse(args, "type", &err);

    if (o && opts_id_ok(o, &err) && net_can_change(&err))
        net_add_netdev(o, &err);
    opts_free(o);
    tell(h, err);
}

void hmp_netdev_del(struct hmp *h, char *args)
{
    g_autoptr(GError) err = NULL;

    net_remove(args, &err);
    tell(h, err);
}

void hmp_object_add(struct hmp *h, char *args)
{
    g_autoptr(GError) err = NULL;

    if (!strcmp(args, "help") || !strcmp(args, "?")) {
        object_list(h->out);
        return;
    }
    struct opts *o = opts_parse(args, "qom-type", &err);
    if (o && opts_id_ok(o, &err))
        object_add(o, &err);
    opts_free(o);
    tell(h, err);
}

void hmp_object_del(struct hmp *h, char *args)
{
    g_autoptr(GError) err = NULL;

    object_remove(args, &err);
    tell(h, err);
}

/* The machine runs: a server's socket does not stop it to wait for a client. */
static bool wait_off(struct opts *o, GError **err)
{
    bool server = false, wait = false;

    if (g_strcmp0(opts_peek(o, "backend"), "socket"))
        return true;
    if (!opts_take_bool(o, "server", &server, err) || !opts_take_bool(o, "wait", &wait, err))
        return false;
    if (wait)
        fail(err, "wait=on: the machine would stand still: expected wait=off");
    else if (server)
        opts_set(o, "wait", "off");
    return !wait;
}

void hmp_chardev_add(struct hmp *h, char *args)
{
    g_autoptr(GError) err = NULL;

    if (!strcmp(args, "help") || !strcmp(args, "?")) {
        chardev_list(h->out);
        return;
    }
    struct opts *o = opts_parse(args, "backend", &err);
    if (o && opts_id_ok(o, &err) && wait_off(o, &err))
        chardev_create(o, &err);
    opts_free(o);
    tell(h, err);
}

void hmp_chardev_remove(struct hmp *h, char *args)
{
    g_autoptr(GError) err = NULL;
    struct chardev *c = chardev_find(args);

    if (c)
        chardev_remove(c, &err);
    else
        fail(&err, "Chardev '%s' not found", args);
    tell(h, err);
}
