/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * -netdev stream, and -netdev socket with listen= or connect=: frames on a connection of TCP or of a Unix socket, each
 * after its length in four bytes, the highest first. The connection is a character device's.
 */
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

#include "chardev.h"
#include "input.h"
#include "socket.h"

#define HEAD 4

struct stream {
    struct netdev *n;
    struct chardev *dev; /* NULL: in a replay */
    char *path;          /* of a Unix socket, or NULL */
    /* What has come of the next frame, its length first. */
    uint8_t frame[HEAD + NET_MAX_FRAME];
    size_t got;
};

/* -- The peer -- */

void (*net_on_peer)(const struct net_peer *peer);

static void tell_peer(struct stream *s, bool connected)
{
    struct net_peer peer = { .id = net_id(s->n), .connected = connected, .path = s->path };
    struct sockaddr_storage ss;
    socklen_t len = sizeof(ss);
    char host[NI_MAXHOST] = "", port[NI_MAXSERV] = "";

    if (connected && !s->path && !getpeername(chardev_fd(s->dev), (struct sockaddr *)&ss, &len) &&
        ss.ss_family != AF_UNIX &&
        !getnameinfo((struct sockaddr *)&ss, len, host, sizeof(host), port, sizeof(port),
                     NI_NUMERICHOST | NI_NUMERICSERV)) {
        peer.host = host;
        peer.port = port;
        peer.ipv6 = ss.ss_family == AF_INET6;
    }
    if (net_on_peer)
        net_on_peer(&peer);
}

static void on_event(void *opaque, enum chardev_event e)
{
    struct stream *s = opaque;

    if (e == CHARDEV_OPENED || e == CHARDEV_CLOSED) {
        s->got = 0; /* half a frame is lost with its connection */
        tell_peer(s, e == CHARDEV_OPENED);
    }
}

/* -- Frames -- */

static uint32_t announced(const struct stream *s)
{
    return (uint32_t)s->frame[0] << 24 | s->frame[1] << 16 | s->frame[2] << 8 | s->frame[3];
}

/* All that belongs to the next frame; what comes is given in pieces anyway. */
static size_t can_read(void *opaque)
{
    return sizeof(((struct stream *)opaque)->frame);
}

static void take(void *opaque, const uint8_t *buf, size_t len)
{
    struct stream *s = opaque;

    while (len) {
        size_t want = s->got < HEAD ? HEAD : HEAD + announced(s), n = MIN(len, want - s->got);
        memcpy(s->frame + s->got, buf, n);
        s->got += n;
        buf += n;
        len -= n;
        if (s->got == HEAD && announced(s) > NET_MAX_FRAME) {
            g_printerr("mynah: netdev '%s': the peer announces a frame of %u bytes; its connection ends\n",
                       net_id(s->n), announced(s));
            chardev_hang_up(s->dev);
            return;
        }
        if (s->got >= HEAD && s->got == HEAD + announced(s)) {
            size_t size = announced(s);
            s->got = 0;
            if (size)
                net_deliver(s->n, s->frame + HEAD, size);
        }
    }
}

/* Whole frames or nothing: the other end could not find its way again. */
static void stream_send(void *state, const uint8_t *frame, size_t len)
{
    struct stream *s = state;
    static uint8_t buf[HEAD + NET_MAX_FRAME];

    if (!s->dev || chardev_room(s->dev) < HEAD + len)
        return;
    for (unsigned i = 0; i < HEAD; i++)
        buf[i] = len >> 8 * (HEAD - 1 - i);
    memcpy(buf + HEAD, frame, len);
    chardev_write(s->dev, buf, HEAD + len);
}

/* -- The back end -- */

static void stream_close(void *state)
{
    struct stream *s = state;

    if (s->dev) {
        chardev_detach(s->dev, s);
        chardev_remove(s->dev, NULL);
    }
    g_free(s->path);
    g_free(s);
}

void *stream_open_chardev(struct netdev *n, struct opts *o, GError **err)
{
    struct stream *s = g_new0(struct stream, 1);
    const struct chardev_client client = { .can_read = can_read, .read = take, .event = on_event, .opaque = s };
    g_autofree char *id = g_strdup_printf("netdev.%s", net_id(n));
    bool server = false;

    s->n = n;
    s->path = g_strdup(opts_peek(o, "path"));
    if (opts_take_bool(o, "server", &server, err) && input_replaying())
        return s;
    opts_set(o, "backend", "socket");
    opts_set(o, "id", id);
    if (server)
        opts_set(o, "wait", "off");
    s->dev = chardev_create(o, err);
    if (s->dev && chardev_attach(s->dev, &client, err))
        return s;
    stream_close(s);
    return NULL;
}

static void *stream_open(struct netdev *n, struct opts *o, GError **err)
{
    /* What is the socket's, and its name as a character device's. */
    static const struct { const char *key, *name; } keys[] = {
        { "addr.host", "host" }, { "addr.port", "port" }, { "addr.to", "to" },     { "addr.ipv4", "ipv4" },
        { "addr.ipv6", "ipv6" }, { "addr.path", "path" }, { "addr.str", "fd" },    { "addr.abstract", "abstract" },
        { "addr.tight", "tight" }, { "server", "server" }, { "reconnect", "reconnect" },
        { "reconnect-ms", "reconnect-ms" },
    };
    static const struct { const char *type, *wanted; } types[] = {
        { "inet", "addr.port" }, { "unix", "addr.path" }, { "fd", "addr.str" },
    };
    const char *type = opts_take(o, "addr.type"), *wanted = NULL;
    struct opts *c = opts_new();

    for (unsigned i = 0; i < ARRAY_SIZE(keys); i++) {
        const char *value = opts_take(o, keys[i].key);
        if (value)
            opts_set(c, keys[i].name, value);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(types); i++)
        if (type && !strcmp(type, types[i].type))
            wanted = types[i].wanted;
    void *s = NULL;
    if (!net_taken(n, o, err))
        ;
    else if (!wanted)
        fail(err, "addr.type=%s: expected inet, unix or fd", type ? type : "");
    else if (!opts_peek(o, wanted))
        fail(err, "expected %s=", wanted);
    else
        s = stream_open_chardev(n, c, err);
    opts_free(c);
    return s;
}

static void stream_reopen(void *state)
{
    /* The peer is another machine, which is not loaded with this one. */
}

static void name_chardev(const char *id, const char *filename, bool open, void *opaque)
{
    const struct { const char *id; GString *out; } *want = opaque;

    if (!strcmp(id, want->id))
        g_string_append(want->out, filename);
}

static void stream_info(void *state, GString *out)
{
    const struct stream *s = state;
    struct { const char *id; GString *out; } want = { s->dev ? chardev_id(s->dev) : "", out };

    chardev_foreach(name_chardev, &want);
}

const struct net_backend net_stream = {
    .name = "stream",
    .open = stream_open,
    .send = stream_send,
    .reopen = stream_reopen,
    .info = stream_info,
    .close = stream_close,
};
