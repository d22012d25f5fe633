/* SPDX-License-Identifier: BSD-2-Clause */
/* The short form of character devices: -serial, -monitor, -qmp and -gdb. */
#include <string.h>

#include "chardev-int.h"

/* HOST:PORT, with an IPv6 host in brackets; what follows the first comma is options. */
static bool compat_inet(struct opts *o, const char *addr, GError **err)
{
    const char *end = strchrnul(addr, ',');
    const char *colon = end;
    while (colon > addr && *colon != ':')
        colon--;
    if (*colon != ':' || colon + 1 == end) {
        fail(err, "expected HOST:PORT, not '%.*s'", (int)(end - addr), addr);
        return false;
    }
    const char *host = addr, *host_end = colon;
    if (*host == '[' && host_end > host + 1 && host_end[-1] == ']') {
        host++;
        host_end--;
    }
    char *h = g_strndup(host, (size_t)(host_end - host)), *p = g_strndup(colon + 1, (size_t)(end - colon - 1));
    opts_set(o, "host", h);
    opts_set(o, "port", p);
    g_free(h);
    g_free(p);
    return true;
}

static bool copy_opt(const char *key, const char *value, void *opaque)
{
    opts_set(opaque, key, value);
    return true;
}

/* ",server,wait=off" after an address. */
static bool compat_rest(struct opts *o, const char *rest, GError **err)
{
    if (!*rest)
        return true;
    struct opts *more = opts_parse(rest + 1, NULL, err);
    if (!more)
        return false;
    opts_foreach(more, copy_opt, o);
    opts_free(more);
    return true;
}

static bool compat_parse(struct opts *o, const char *spec, GError **err)
{
    const char *p = spec;
    if (g_str_has_prefix(p, "mon:")) {
        p += 4;
        opts_set(o, "mux", "on");
        if (!strcmp(p, "stdio"))
            opts_set(o, "signal", "off"); /* Ctrl-c is the guest's, Ctrl-a x leaves */
    }
    static const struct {
        const char *prefix, *backend, *key;
    } paths[] = { { "file:", "file", "path" }, { "pipe:", "pipe", "path" }, { "pty:", "pty", "path" } };
    for (unsigned i = 0; i < ARRAY_SIZE(paths); i++)
        if (g_str_has_prefix(p, paths[i].prefix)) {
            opts_set(o, "backend", paths[i].backend);
            opts_set(o, paths[i].key, p + strlen(paths[i].prefix));
            return true;
        }
    if (g_str_has_prefix(p, "tcp:") || g_str_has_prefix(p, "telnet:")) {
        opts_set(o, "backend", "socket");
        if (*p == 't' && p[1] == 'e')
            opts_set(o, "telnet", "on");
        p = strchr(p, ':') + 1;
        return compat_inet(o, p, err) && compat_rest(o, strchrnul(p, ','), err);
    }
    if (g_str_has_prefix(p, "unix:")) {
        const char *end = strchrnul(p, ',');
        char *path = g_strndup(p + 5, (size_t)(end - p) - 5);
        opts_set(o, "backend", "socket");
        opts_set(o, "path", path);
        g_free(path);
        return compat_rest(o, end, err);
    }
    if (!strcmp(p, "none"))
        p = "null";
    if (!strcmp(p, "vc") || g_str_has_prefix(p, "vc:"))
        p = "vc";
    if (g_str_has_prefix(p, "udp:"))
        p = "udp";
    if (g_str_has_prefix(p, "websocket:"))
        p = "websocket";
    if (g_str_has_prefix(p, "/dev/"))
        p = "serial";
    opts_set(o, "backend", p);
    return true;
}

struct chardev *chardev_create_compat(const char *id, const char *spec, GError **err)
{
    if (g_str_has_prefix(spec, "chardev:")) {
        struct chardev *c = chardev_find(spec + 8);
        if (!c)
            fail(err, "there is no chardev with id '%s'", spec + 8);
        return c;
    }
    struct opts *o = opts_new();
    opts_set(o, "id", id);
    struct chardev *c = compat_parse(o, spec, err) ? chardev_create(o, err) : NULL;
    opts_free(o);
    return c;
}
