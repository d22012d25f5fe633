/* SPDX-License-Identifier: BSD-2-Clause */
/* -netdev socket: the older form of stream (listen=, connect=, fd=) and dgram (mcast=, udp=, fd=). */
#include "socket.h"

#include <string.h>
#include <sys/socket.h>

struct socket {
    const struct net_backend *as;
    void *state;
};

bool net_socket_fd(const char *key, const char *text, int type, int *fd, GError **err)
{
    int is = 0;
    socklen_t len = sizeof(is);
    uint64_t n;

    if (text && parse_uint(text, &n) && n <= INT32_MAX && !getsockopt((int)n, SOL_SOCKET, SO_TYPE, &is, &len) &&
        is == type) {
        *fd = (int)n;
        return true;
    }
    fail(err, "%s=%s: expected the number of an open %s socket", key, text ? text : "",
         type == SOCK_STREAM ? "stream" : "datagram");
    return false;
}

/* listen= or connect=, "[HOST]:PORT". */
static void *open_stream(struct netdev *n, const char *key, const char *text, GError **err)
{
    const char *colon = strrchr(text, ':');

    if (!colon) {
        fail(err, "%s=%s: expected [HOST]:PORT", key, text);
        return NULL;
    }
    g_autofree char *host = g_strndup(text, colon - text);
    struct opts *o = opts_new();
    opts_set(o, "host", host);
    opts_set(o, "port", colon + 1);
    if (!strcmp(key, "listen"))
        opts_set(o, "server", "on");
    void *s = stream_open_chardev(n, o, err);
    opts_free(o);
    if (!s)
        g_prefix_error(err, "%s=: ", key);
    return s;
}

static void *open_fd(struct netdev *n, struct socket *s, const char *text, GError **err)
{
    int fd;

    if (net_socket_fd("fd", text, SOCK_DGRAM, &fd, NULL)) {
        s->as = &net_dgram;
        return dgram_open_fd(n, fd, err);
    }
    if (!net_socket_fd("fd", text, SOCK_STREAM, &fd, err))
        return NULL;
    struct opts *o = opts_new();
    opts_set(o, "fd", text);
    void *state = stream_open_chardev(n, o, err);
    opts_free(o);
    return state;
}

static void *socket_open(struct netdev *n, struct opts *o, GError **err)
{
    const char *fd = opts_take(o, "fd"), *listen = opts_take(o, "listen"), *connect = opts_take(o, "connect"),
               *mcast = opts_take(o, "mcast"), *udp = opts_take(o, "udp"), *localaddr = opts_take(o, "localaddr");

    if (!net_taken(n, o, err))
        return NULL;
    struct socket *s = g_new0(struct socket, 1);
    s->as = &net_stream;
    if (!!fd + !!listen + !!connect + !!mcast + !!udp != 1) {
        fail(err, "expected one of fd=, listen=, connect=, mcast=, udp=");
    } else if (localaddr && !mcast && !udp) {
        fail(err, "localaddr=%s: it is for mcast= and udp=", localaddr);
    } else if (mcast || udp) {
        s->as = &net_dgram;
        s->state = dgram_open_socket(n, mcast, udp, localaddr, err);
    } else if (fd) {
        s->state = open_fd(n, s, fd, err);
    } else {
        s->state = open_stream(n, listen ? "listen" : "connect", listen ? listen : connect, err);
    }
    if (s->state)
        return s;
    g_free(s);
    return NULL;
}

static void socket_send(void *state, const uint8_t *frame, size_t len)
{
    struct socket *s = state;
    s->as->send(s->state, frame, len);
}

static void socket_reopen(void *state)
{
    struct socket *s = state;
    s->as->reopen(s->state);
}

static void socket_info(void *state, GString *out)
{
    struct socket *s = state;
    s->as->info(s->state, out);
}

static void socket_close(void *state)
{
    struct socket *s = state;
    s->as->close(s->state);
    g_free(s);
}

const struct net_backend net_socket = {
    .name = "socket",
    .open = socket_open,
    .send = socket_send,
    .reopen = socket_reopen,
    .info = socket_info,
    .close = socket_close,
};
