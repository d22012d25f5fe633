/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Character devices on sockets: TCP and Unix, as server (one peer at a time) or client (with
 * reconnect), with telnet's negotiation where asked for. Descriptors sent along a Unix socket are kept.
 * Who reaches a server has it, so one without a host is for this machine alone.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib-unix.h>

#include "chardev-socket.h"

/* -- Connections -- */

static void disconnected_name(struct chardev *c)
{
    chardev_set_filename(c, "disconnected:%s", ((struct socket *)c->priv)->address);
}

static void telnet_greet(struct chardev *c)
{
    /* IAC WILL ECHO, WILL SUPPRESS-GO-AHEAD, WILL BINARY, DO BINARY: character at a time, eight bits */
    static const uint8_t hello[] = { 255, 251, 1, 255, 251, 3, 255, 251, 0, 255, 253, 0 };
    g_mutex_lock(&c->lock);
    c->telnet = false; /* these are not to be doubled */
    g_mutex_unlock(&c->lock);
    chardev_write(c, hello, sizeof(hello));
    g_mutex_lock(&c->lock);
    c->telnet = true;
    g_mutex_unlock(&c->lock);
}

static void connected(struct chardev *c, int fd)
{
    struct socket *s = c->priv;
    char peer[NI_MAXHOST + 32];
    s->fd = fd;
    chardev_nonblock(fd);
    int on = s->nodelay;
    if (!s->path && on)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    socket_end_name(fd, true, peer, sizeof(peer));
    chardev_set_filename(c, *peer ? "%s <-> %s" : "%s", s->address, peer);
    s->telnet_state = TN_DATA;
    if (s->telnet) {
        /* Before OPENED, so that no client's greeting comes first. */
        g_mutex_lock(&c->lock);
        c->open = true;
        c->out_fd = fd;
        g_mutex_unlock(&c->lock);
        telnet_greet(c);
    }
    chardev_set_open(c, fd, fd);
}

static gboolean accept_ready(gint listen_fd, GIOCondition cond, gpointer opaque)
{
    struct chardev *c = opaque;
    int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return G_SOURCE_CONTINUE;
    socket_stop_watching(c->priv); /* the next peer waits until this one has gone */
    connected(c, fd);
    return G_SOURCE_REMOVE;
}

/* The connection of a client; -1 with a message. */
static int connect_address(struct socket *s, GError **err)
{
    return s->path ? socket_open_unix(s, err) : socket_connect_tcp(s, err);
}

static bool listen_address(struct socket *s, GError **err)
{
    if (!s->path)
        return socket_listen_tcp(s, err);
    int fd = socket_open_unix(s, err);
    if (fd >= 0)
        socket_add_listener(s, fd);
    return fd >= 0;
}

static gboolean reconnect(gpointer opaque)
{
    struct chardev *c = opaque;
    struct socket *s = c->priv;
    int fd = connect_address(s, NULL);
    if (fd < 0)
        return G_SOURCE_CONTINUE;
    s->timer = 0;
    connected(c, fd);
    return G_SOURCE_REMOVE;
}

/* Get ready for the next peer. */
static void await_peer(struct chardev *c)
{
    struct socket *s = c->priv;
    for (unsigned i = 0; i < s->nlisteners; i++)
        if (!s->listeners[i].watch)
            s->listeners[i].watch = g_unix_fd_add(s->listeners[i].fd, G_IO_IN, accept_ready, c);
    if (!s->server && s->reconnect_ms && !s->timer)
        s->timer = g_timeout_add((guint)s->reconnect_ms, reconnect, c);
}

static void socket_hangup(struct chardev *c)
{
    struct socket *s = c->priv;
    int fd = s->fd;
    if (fd < 0)
        return;
    s->fd = -1;
    disconnected_name(c);
    chardev_set_closed(c);
    close(fd);
    if (c->passed_fd >= 0) {
        close(c->passed_fd);
        c->passed_fd = -1;
    }
    await_peer(c);
}

static void socket_free(struct socket *s)
{
    socket_close_listeners(s);
    if (s->timer)
        g_source_remove(s->timer);
    if (s->fd >= 0)
        close(s->fd);
    if (s->made)
        unlink(s->made);
    g_free(s->made);
    g_free(s->path);
    g_free(s->host);
    g_free(s->port);
    g_free(s->address);
    g_free(s);
}

static void socket_close(struct chardev *c)
{
    chardev_set_closed(c);
    socket_free(c->priv);
    c->priv = NULL;
}

/* Read data and at most one descriptor. */
static ssize_t socket_read(struct chardev *c, uint8_t *buf, size_t len)
{
    union {
        struct cmsghdr hdr;
        char space[CMSG_SPACE(16 * sizeof(int))];
    } control;
    struct iovec iov = { buf, len };
    struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
                          .msg_controllen = sizeof(control) };
    ssize_t n = recvmsg(c->in_fd, &msg, MSG_CMSG_CLOEXEC);
    if (n < 0)
        return n;
    for (struct cmsghdr *h = CMSG_FIRSTHDR(&msg); h; h = CMSG_NXTHDR(&msg, h)) {
        if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(h) + i * sizeof(fd), sizeof(fd));
            if (c->passed_fd >= 0)
                close(c->passed_fd);
            c->passed_fd = fd;
        }
    }
    return n;
}

/* Take telnet's commands out of the stream. */
static size_t socket_filter(struct chardev *c, uint8_t *buf, size_t len)
{
    enum { SE = 240, BRK = 243, SB = 250, WILL = 251, DONT = 254, IAC = 255 };
    struct socket *s = c->priv;
    if (!s->telnet)
        return len;
    size_t out = 0;
    for (size_t i = 0; i < len; i++) {
        uint8_t b = buf[i];
        switch (s->telnet_state) {
        case TN_DATA:
            if (b == IAC)
                s->telnet_state = TN_IAC;
            else
                buf[out++] = b;
            break;
        case TN_IAC:
            s->telnet_state = b >= WILL && b <= DONT ? TN_OPTION : b == SB ? TN_SB : TN_DATA;
            if (b == IAC)
                buf[out++] = b;
            else if (b == BRK)
                chardev_send_event(c, CHARDEV_BREAK);
            break;
        case TN_OPTION: /* whatever the other end wants, we have said what we do */
            s->telnet_state = TN_DATA;
            break;
        case TN_SB:
            if (b == IAC)
                s->telnet_state = TN_SB_IAC;
            break;
        case TN_SB_IAC:
            s->telnet_state = b == SE ? TN_DATA : TN_SB;
            break;
        }
    }
    return out;
}

/* -- Opening -- */

static bool take_inet(struct socket *s, struct opts *o, GError **err)
{
    bool v4 = true, v6 = true;
    uint64_t to = 0;
    s->host = g_strdup(opts_take(o, "host"));
    s->port = g_strdup(opts_take(o, "port"));
    if (!opts_take_uint(o, "to", 1, 65535, &to, err) || !opts_take_bool(o, "ipv4", &v4, err) ||
        !opts_take_bool(o, "ipv6", &v6, err))
        return false;
    if (!v4 && !v6) {
        fail(err, "ipv4=off,ipv6=off leaves no address family");
        return false;
    }
    s->family = v4 && v6 ? AF_UNSPEC : v4 ? AF_INET : AF_INET6;
    s->to = (unsigned)to;
    return true;
}

static bool take_seconds(struct socket *s, struct opts *o, GError **err)
{
    uint64_t sec = 0;
    if (!opts_take_uint(o, "reconnect", 0, 3600, &sec, err) ||
        !opts_take_uint(o, "reconnect-ms", 0, 3600000, &s->reconnect_ms, err))
        return false;
    if (sec)
        s->reconnect_ms = sec * 1000;
    return true;
}

/* fd=: a socket we inherited, listening for server=on. */
static bool take_fd(struct socket *s, const char *text, GError **err)
{
    uint64_t n;
    int type = 0;
    socklen_t len = sizeof(type);
    if (!parse_uint(text, &n) || n > INT32_MAX || getsockopt((int)n, SOL_SOCKET, SO_TYPE, &type, &len) ||
        type != SOCK_STREAM) {
        fail(err, "fd=%s: expected the number of an open stream socket", text);
        return false;
    }
    if (s->server)
        socket_add_listener(s, (int)n);
    else
        s->fd = (int)n;
    return true;
}

/* Properties of QEMU's that are still to come. */
static const char *const later[] = { "websocket", "tls-creds", "tls-authz", "tn3270", NULL };

static bool take_all(struct socket *s, struct opts *o, const char **fd, bool *wait, GError **err)
{
    bool delay = true, tight = true;
    s->path = g_strdup(opts_take(o, "path"));
    *fd = opts_take(o, "fd");
    if (!take_inet(s, o, err) || !opts_take_bool(o, "server", &s->server, err) ||
        !opts_take_bool(o, "wait", wait, err) || !opts_take_bool(o, "telnet", &s->telnet, err) ||
        !opts_take_bool(o, "nodelay", &s->nodelay, err) || !opts_take_bool(o, "delay", &delay, err) ||
        !take_seconds(s, o, err) || !opts_take_bool(o, "abstract", &s->abstract, err) ||
        !opts_take_bool(o, "tight", &tight, err))
        return false;
    s->nodelay |= !delay;
    for (const char *const *p = later; *p; p++)
        if (opts_peek(o, *p)) {
            fail(err, "%s: QEMU has this property, mynah does not yet", *p);
            return false;
        }
    return true;
}

/* One of path=, fd=, and host= and port=. */
static bool check_place(struct socket *s, const char *fd, GError **err)
{
    uint64_t n;

    if ((s->path != NULL) + (fd != NULL) + (s->host || s->port) != 1) {
        fail(err, "socket: expected %spath=FILE, host=HOST and port=PORT, or fd=N",
             s->path || fd || s->host || s->port ? "only one of " : "");
        return false;
    }
    if (s->path || fd)
        return true;
    if (!s->port || !*s->port || (parse_uint(s->port, &n) && n > 65535)) {
        fail(err, "port=%s: expected a port from 0 to 65535", s->port ? s->port : "");
        return false;
    }
    s->host = s->host ? s->host : g_strdup("");
    return true;
}

static bool check_all(struct socket *s, const struct opts *o, const char *fd, bool wait, GError **err)
{
    if (s->reconnect_ms && s->server)
        fail(err, "reconnect is for clients, this is a server");
    else if (wait && !s->server && opts_peek(o, "wait"))
        fail(err, "wait=on is for servers: give server=on too");
    else
        return check_place(s, fd, err) && (!fd || take_fd(s, fd, err));
    return false;
}

static void set_address(struct socket *s)
{
    char end[NI_MAXHOST + 32];
    const char *suffix = s->server ? ",server=on" : "", *scheme = s->telnet ? "telnet" : "tcp";
    if (s->nlisteners) {
        socket_end_name(s->listeners[0].fd, false, end, sizeof(end)); /* the port that was chosen */
        if (*end) {
            s->address = g_strdup_printf("%s:%s%s", scheme, end, suffix);
            return;
        }
    }
    if (s->path)
        s->address = g_strdup_printf("unix:%s%s", s->path, suffix);
    else if (s->host)
        s->address = g_strdup_printf("%s:%s:%s%s", scheme, s->host, s->port, suffix);
    else
        s->address = g_strdup_printf("unix:%s", suffix);
}

static bool wait_peer(struct chardev *c, struct socket *s, GError **err)
{
    struct pollfd p[SOCKET_LISTENERS];
    int fd = -1;

    fprintf(stderr, "mynah: waiting for a connection on %s\n", s->address);
    for (unsigned i = 0; i < s->nlisteners; i++)
        p[i] = (struct pollfd){ .fd = s->listeners[i].fd, .events = POLLIN };
    while (fd < 0) {
        int n = poll(p, s->nlisteners, -1);
        for (unsigned i = 0; n > 0 && fd < 0 && i < s->nlisteners; i++)
            if (p[i].revents)
                fd = accept4(p[i].fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0 && errno != EINTR) {
            fail(err, "%s: %s", s->address, g_strerror(errno));
            return false;
        }
    }
    connected(c, fd);
    return true;
}

static bool socket_open(struct chardev *c, struct opts *o, GError **err)
{
    struct socket *s = c->priv = g_new0(struct socket, 1);
    const char *inherited;
    bool wait = true;
    s->fd = -1;
    if (!take_all(s, o, &inherited, &wait, err) || !chardev_taken(c, o, err) ||
        !check_all(s, o, inherited, wait, err))
        goto failed;
    int fd = s->fd;
    if (s->server && !s->nlisteners && !listen_address(s, err))
        goto failed;
    if (!s->server && fd < 0) {
        GError *e = NULL;
        fd = connect_address(s, &e);
        if (fd < 0 && !s->reconnect_ms) {
            g_propagate_error(err, e);
            goto failed;
        }
        g_clear_error(&e);
    }
    set_address(s);
    socket_tell_reach(c, s);
    disconnected_name(c);
    if (s->server && wait) {
        if (!wait_peer(c, s, err))
            goto failed;
    } else if (!s->server && fd >= 0) {
        connected(c, fd);
    } else {
        await_peer(c);
    }
    return true;

failed:
    socket_free(s);
    c->priv = NULL;
    return false;
}

const struct chardev_backend chardev_socket = {
    .name = "socket",
    .help = "TCP (host=, port=) or Unix (path=) socket; server=on, wait=off, telnet=on, reconnect-ms=",
    .open = socket_open,
    .close = socket_close,
    .hangup = socket_hangup,
    .filter = socket_filter,
    .read = socket_read,
};
