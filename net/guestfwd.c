/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * -netdev user,guestfwd=[tcp]:ADDRESS:PORT-DEV: a port of the guest's network leads to a character device of the host,
 * or (cmd:COMMAND) each connection to a program of its own.
 */
#include "guestfwd.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "chardev.h"
#include "opts.h"

struct guestfwd {
    Slirp *slirp;
    struct in_addr addr;
    int port;
    struct chardev *dev;
    bool made; /* by us */
    char *command; /* where it is no chardev */
};

static ssize_t to_host(const void *buf, size_t len, void *opaque)
{
    struct guestfwd *g = opaque;

    chardev_write(g->dev, buf, len);
    return len;
}

static size_t can_read(void *opaque)
{
    struct guestfwd *g = opaque;
    return slirp_socket_can_recv(g->slirp, g->addr, g->port);
}

static void to_guest(void *opaque, const uint8_t *buf, size_t len)
{
    struct guestfwd *g = opaque;
    slirp_socket_recv(g->slirp, g->addr, g->port, buf, len);
}

/* "[tcp]:ADDRESS:PORT-DEV"; *dev is what is behind the dash. */
static bool parse(struct guestfwd *g, const char *spec, const char **dev)
{
    const char *dash = strchr(spec, '-');
    g_autofree char *front = dash ? g_strndup(spec, dash - spec) : g_strdup("");
    g_auto(GStrv) part = g_strsplit(front, ":", 3);
    uint64_t port;

    if (g_strv_length(part) != 3 || (*part[0] && strcmp(part[0], "tcp")) || !inet_aton(part[1], &g->addr) ||
        !parse_uint(part[2], &port) || port < 1 || port > 65535 || !dash[1])
        return false;
    g->port = port;
    *dev = dash + 1;
    return true;
}

static bool start(struct guestfwd *g, const char *dev, const char *spec, GError **err)
{
    const struct chardev_client client = { .can_read = can_read, .read = to_guest, .opaque = g };
    int r;

    if (g_str_has_prefix(dev, "cmd:")) {
        g->command = g_strdup(dev + 4);
        r = slirp_add_exec(g->slirp, g->command, &g->addr, g->port);
    } else {
        g_autofree char *id = g_strdup_printf("guestfwd.tcp.%d", g->port);
        g->dev = chardev_create_compat(id, dev, err);
        g->made = g->dev && !strcmp(chardev_id(g->dev), id);
        if (!g->dev || !chardev_attach(g->dev, &client, err)) {
            g_prefix_error(err, "guestfwd=%s: ", spec);
            return false;
        }
        r = slirp_add_guestfwd(g->slirp, to_host, g, &g->addr, g->port);
    }
    if (r < 0)
        fail(err, "guestfwd=%s: expected an address in the network (net=) that is neither the host's nor the DNS'",
             spec);
    return r >= 0;
}

struct guestfwd *guestfwd_new(Slirp *slirp, const char *spec, GError **err)
{
    struct guestfwd *g = g_new0(struct guestfwd, 1);
    const char *dev;

    g->slirp = slirp;
    if (!parse(g, spec, &dev))
        fail(err, "guestfwd=%s: expected [tcp]:ADDRESS:PORT-DEV, with DEV as for -serial or cmd:COMMAND", spec);
    else if (start(g, dev, spec, err))
        return g;
    struct chardev *made = g->made ? g->dev : NULL;
    guestfwd_free(g);
    if (made)
        chardev_remove(made, NULL);
    return NULL;
}

void guestfwd_free(void *opaque)
{
    struct guestfwd *g = opaque;

    if (g->dev)
        chardev_detach(g->dev, g);
    g_free(g->command);
    g_free(g);
}

void guestfwd_renew(struct guestfwd *g, Slirp *slirp)
{
    g->slirp = slirp;
    if (g->command)
        slirp_add_exec(slirp, g->command, &g->addr, g->port);
    else
        slirp_add_guestfwd(slirp, to_host, g, &g->addr, g->port);
}

void guestfwd_ready(struct guestfwd *g)
{
    if (g->dev)
        chardev_accept_input(g->dev);
}
