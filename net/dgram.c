/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * -netdev dgram, and -netdev socket with mcast= or udp=: a frame is a datagram, of UDP or of a Unix socket. A multicast
 * group is a cable for all who are in it; each gets its own frames back, as in QEMU. IPv4.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "input.h"
#include "packets.h"
#include "socket.h"

struct dgram {
    struct packets io;
    union place {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_un un;
    } to;
    socklen_t to_len; /* 0: the socket is connected, or nobody is there */
    char *made;       /* the path that we made, to be removed; or NULL */
    char *info;
};

/* -- Places -- */

static bool inet_place(const char *what, const char *host, const char *port, union place *p, GError **err)
{
    struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_DGRAM, .ai_flags = AI_PASSIVE }, *list;
    uint64_t n;
    int e = parse_uint(port, &n) && n > 65535 ? EAI_SERVICE : getaddrinfo(*host ? host : NULL, port, &hints, &list);

    if (e) {
        fail(err, "%s%s:%s: %s", what, host, port, gai_strerror(e));
        return false;
    }
    memcpy(&p->in, list->ai_addr, sizeof(p->in));
    freeaddrinfo(list);
    return true;
}

/* "HOST:PORT" */
static bool parse_place(const char *key, const char *text, union place *p, GError **err)
{
    g_autofree char *what = g_strdup_printf("%s=", key);
    const char *colon = strrchr(text, ':');

    if (!colon || !colon[1]) {
        fail(err, "%s%s: expected HOST:PORT", what, text);
        return false;
    }
    g_autofree char *host = g_strndup(text, colon - text);
    return inet_place(what, host, colon + 1, p, err);
}

static bool unix_place(const char *key, const char *path, union place *p, GError **err)
{
    p->un.sun_family = AF_UNIX;
    if (strlen(path) < sizeof(p->un.sun_path)) {
        strcpy(p->un.sun_path, path);
        return true;
    }
    fail(err, "%s=%s: longer than the %zu bytes a socket's name can have", key, path, sizeof(p->un.sun_path) - 1);
    return false;
}

static bool is_group(const union place *p)
{
    return p->any.sa_family == AF_INET && IN_MULTICAST(ntohl(p->in.sin_addr.s_addr));
}

static socklen_t place_len(const union place *p)
{
    return p->any.sa_family == AF_UNIX ? sizeof(p->un) : sizeof(p->in);
}

static char *place_name(const union place *p)
{
    if (p->any.sa_family == AF_UNIX)
        return g_strdup(p->un.sun_path);
    return g_strdup_printf("%s:%u", inet_ntoa(p->in.sin_addr), ntohs(p->in.sin_port));
}

/* -- Sockets -- */

static int give_up(int fd, const char *what, const union place *p, GError **err)
{
    g_autofree char *name = place_name(p);

    fail(err, "cannot %s %s: %s", what, name, g_strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

/* A socket in the group, on the interface of address at (NULL: the system's choice). -1 with a message. */
static int join(const union place *group, const union place *at, GError **err)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;
    struct ip_mreq want = { .imr_multiaddr = group->in.sin_addr };

    if (at)
        want.imr_interface = at->in.sin_addr;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
        bind(fd, &group->any, sizeof(group->in)) ||
        setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &want, sizeof(want)) ||
        setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &on, sizeof(on)) ||
        (at && setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &want.imr_interface, sizeof(want.imr_interface))))
        return give_up(fd, "join", group, err);
    return fd;
}

/* A socket at a place of its own. -1 with a message. */
static int bind_at(struct dgram *d, const union place *at, GError **err)
{
    int fd = socket(at->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;
    bool path = at->any.sa_family == AF_UNIX;

    if (path)
        unlink(at->un.sun_path); /* left by an earlier run */
    if (fd < 0 || (!path && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on))) ||
        bind(fd, &at->any, place_len(at)))
        return give_up(fd, "bind to", at, err);
    if (path)
        d->made = g_canonicalize_filename(at->un.sun_path, NULL);
    return fd;
}

static void dgram_close(void *state)
{
    struct dgram *d = state;

    packets_stop(&d->io);
    if (d->made)
        unlink(d->made);
    g_free(d->made);
    g_free(d->info);
    g_free(d);
}

static struct dgram *dgram_new(void)
{
    struct dgram *d = g_new0(struct dgram, 1);

    d->io.fd = -1;
    return d;
}

/* With a socket (-1: there is an error already). NULL if there is none. */
static void *begin(struct dgram *d, struct netdev *n, int fd)
{
    if (fd < 0) {
        dgram_close(d);
        return NULL;
    }
    packets_start(&d->io, n, fd, 0);
    return d;
}

/* Between at (NULL: only where to is a group) and to. In a replay there is no socket. kind: for "info network". */
static void *dgram_start(struct netdev *n, const union place *at, const union place *to, const char *kind,
                         GError **err)
{
    struct dgram *d = dgram_new();
    g_autofree char *here = at ? place_name(at) : NULL, *there = place_name(to);

    d->to = *to;
    d->to_len = place_len(to);
    d->info = is_group(to) ? g_strdup_printf("%smcast=%s", kind, there)
              : *kind      ? g_strdup_printf("%sudp=%s", kind, there)
                           : g_strdup_printf("udp=%s:%s", here, there);
    if (input_replaying())
        return d;
    return begin(d, n, is_group(to) ? join(to, at, err) : bind_at(d, at, err));
}

void *dgram_open_fd(struct netdev *n, int fd, GError **err)
{
    union place peer;
    socklen_t len = sizeof(peer);

    if (getpeername(fd, &peer.any, &len)) {
        fail(err, "%d: expected a connected datagram socket", fd);
        return NULL;
    }
    struct dgram *d = dgram_new();
    d->info = g_strdup_printf("fd=%d", fd);
    return input_replaying() ? d : begin(d, n, fd);
}

/* -- Options -- */

void *dgram_open_socket(struct netdev *n, const char *mcast, const char *udp, const char *localaddr, GError **err)
{
    const char *key = mcast ? "mcast" : "udp";
    union place to = { 0 }, at = { 0 };

    if (!parse_place(key, mcast ? mcast : udp, &to, err))
        return NULL;
    if (mcast && !is_group(&to)) {
        fail(err, "mcast=%s: expected an IPv4 multicast address, such as 230.0.0.1:1234", mcast);
        return NULL;
    }
    if (udp && !localaddr) {
        fail(err, "udp=%s: expected localaddr=HOST:PORT too", udp);
        return NULL;
    }
    /* An interface's address, which has no port. */
    if (localaddr && !(mcast ? inet_place("localaddr=", localaddr, "0", &at, err)
                             : parse_place("localaddr", localaddr, &at, err)))
        return NULL;
    return dgram_start(n, localaddr ? &at : NULL, &to, "socket: ", err);
}

static const char *const place_types[] = { "inet", "unix", "fd", NULL };
enum { INET, UNIX, FD };

/* What local.* or remote.* say; NULL: not given. */
struct end {
    const char *type, *host, *port, *path, *str;
};

static void take_end(struct opts *o, bool local, struct end *e)
{
    e->type = opts_take(o, local ? "local.type" : "remote.type");
    e->host = opts_take(o, local ? "local.host" : "remote.host");
    e->port = opts_take(o, local ? "local.port" : "remote.port");
    e->path = opts_take(o, local ? "local.path" : "remote.path");
    e->str = opts_take(o, local ? "local.str" : "remote.str");
}

static bool end_place(const char *name, const struct end *e, bool port, union place *p, GError **err)
{
    g_autofree char *what = g_strdup_printf("%s.host, %s.port: ", name, name),
                    *key = g_strdup_printf("%s.path", name);

    if (!strcmp(e->type, place_types[UNIX])) {
        if (e->path)
            return unix_place(key, e->path, p, err);
        fail(err, "expected %s=FILE", key);
    } else if (strcmp(e->type, place_types[INET])) {
        fail(err, "%s.type=%s: expected inet or unix%s", name, e->type, strcmp(name, "local") ? "" : " or fd");
    } else if (!e->host || (port && !e->port)) {
        fail(err, "expected %s.host=HOST%s", name, port ? " and a port" : "");
    } else {
        return inet_place(what, e->host, e->port ? e->port : "0", p, err);
    }
    return false;
}

static void *dgram_open(struct netdev *n, struct opts *o, GError **err)
{
    struct end local, remote;
    union place at = { 0 }, to = { 0 };
    int fd;

    take_end(o, true, &local);
    take_end(o, false, &remote);
    if (!net_taken(n, o, err))
        return NULL;
    if (local.type && !strcmp(local.type, place_types[FD]) && !remote.type)
        return net_socket_fd("local.str", local.str, SOCK_DGRAM, &fd, err) ? dgram_open_fd(n, fd, err) : NULL;
    if (!remote.type) {
        fail(err, local.type ? "expected remote.type= too" : "expected local.type=, remote.type=");
        return NULL;
    }
    if (!end_place("remote", &remote, true, &to, err))
        return NULL;
    if (!local.type && !is_group(&to)) {
        fail(err, "expected local.type= too");
        return NULL;
    }
    if (local.type && !end_place("local", &local, !is_group(&to), &at, err))
        return NULL;
    if (local.type && at.any.sa_family != to.any.sa_family) {
        fail(err, "local.type=%s: expected %s, as remote.type", local.type, remote.type);
        return NULL;
    }
    return dgram_start(n, local.type ? &at : NULL, &to, "", err);
}

/* -- The back end -- */

static void dgram_send(void *state, const uint8_t *frame, size_t len)
{
    struct dgram *d = state;

    packets_send(&d->io, NULL, frame, len, d->to_len ? &d->to.any : NULL, d->to_len);
}

static void dgram_reopen(void *state)
{
    /* Datagrams know no connection. */
}

static void dgram_info(void *state, GString *out)
{
    g_string_append(out, ((struct dgram *)state)->info);
}

const struct net_backend net_dgram = {
    .name = "dgram",
    .open = dgram_open,
    .send = dgram_send,
    .reopen = dgram_reopen,
    .info = dgram_info,
    .close = dgram_close,
};
