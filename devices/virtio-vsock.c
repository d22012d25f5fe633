/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio-vsock: byte streams between programs in the guest and programs of the host. VIRTIO 1.2, section 5.10. The
 * host's side is Unix sockets, by the same agreement that Firecracker and vhost-device-vsock have: what the guest sends
 * to port P of the host (CID 2) goes to the socket uds-path_P, where a program listens; a program that wants a port of
 * the guest's connects to uds-path, writes "CONNECT P\n" and is answered "OK Q\n", Q being its port, once the guest has
 * accepted. Not modelled: SEQPACKET, datagrams. The connections end with a load: the guest is told so.
 */
#include <errno.h>
#include <glib-unix.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "input.h"
#include "lock-order.h"
#include "virtio.h"

enum { Q_RX, Q_TX, Q_EVENT, QUEUES };
enum { TYPE_STREAM = 1 };
enum vsock_op { OP_REQUEST = 1, OP_RESPONSE, OP_RST, OP_SHUTDOWN, OP_RW, OP_CREDIT_UPDATE, OP_CREDIT_REQUEST };
enum { SHUTDOWN_RECEIVE = 1, SHUTDOWN_SEND = 2 };
enum { EVENT_TRANSPORT_RESET = 0 };

#define QUEUE_SIZE 128
#define HOST_CID 2
#define FIRST_PORT (UINT32_C(1) << 30) /* of the host's programs */
#define BUFFER (256 * KiB)             /* of the guest's bytes, for each connection: what it may send unasked */
#define MAX_CONNECTIONS 1024
#define MAX_REPLIES 4096   /* that wait for room; a guest that provokes more loses them */
#define MAX_LINE 24        /* "CONNECT 4294967295\n" */
#define MAX_PAYLOAD (64 * KiB)

struct header {
    uint64_t src_cid, dst_cid;
    uint32_t src_port, dst_port, len;
    uint16_t type, op;
    uint32_t flags, buf_alloc, fwd_cnt;
};
#define HEADER 44 /* bytes in a buffer */

/* What a source of the main loop knows: its connection may end while it waits for the lock. */
struct seat {
    struct virtio_vsock *s;
    struct connection *c; /* NULL: it has ended, or has another source; guarded by the lock */
};

/* A connection, or one that is to become one. */
struct connection {
    struct virtio_vsock *s;
    uint32_t guest_port, host_port;
    int fd;
    struct seat *seat;   /* of watch; NULL: nothing is waited for */
    GSource *watch;      /* wakes the main loop */
    GIOCondition waits;  /* for what */
    enum { GREETING /* its first line */, ASKED /* the guest */, OPEN } phase;
    char line[MAX_LINE];
    unsigned line_len;
    bool readable;       /* fd may have something */
    bool host_ended;     /* no more comes from fd */
    bool guest_ended;    /* no more comes from the guest */
    bool guest_deaf;     /* no more goes to it */
    uint32_t guest_alloc, guest_fwd; /* credit: the guest's last word */
    uint32_t sent;       /* to the guest */
    uint32_t forwarded;  /* from the guest to fd */
    uint32_t told;       /* forwarded, as the guest knows it */
    GByteArray *out;     /* the guest's bytes that fd did not take yet; up to BUFFER */
};

struct virtio_vsock {
    struct virtio v;
    uint64_t guest_cid;  /* property */
    char *uds_path;      /* property */
    int listener;
    GSource *listener_watch;
    GPtrArray *connections; /* of struct connection */
    GQueue replies;      /* of struct header, for the guest */
    uint32_t next_port;
    unsigned turn;       /* the connection that is asked for data first */
};

/* -- Packets -- */

static void encode(uint8_t *p, const struct header *h)
{
    const uint64_t cids[2] = { GUINT64_TO_LE(h->src_cid), GUINT64_TO_LE(h->dst_cid) };
    const uint32_t ports[3] = { GUINT32_TO_LE(h->src_port), GUINT32_TO_LE(h->dst_port), GUINT32_TO_LE(h->len) };
    const uint16_t kind[2] = { GUINT16_TO_LE(h->type), GUINT16_TO_LE(h->op) };
    const uint32_t rest[3] = { GUINT32_TO_LE(h->flags), GUINT32_TO_LE(h->buf_alloc), GUINT32_TO_LE(h->fwd_cnt) };

    memcpy(p, cids, 16);
    memcpy(p + 16, ports, 12);
    memcpy(p + 28, kind, 4);
    memcpy(p + 32, rest, 12);
}

static struct header decode(const uint8_t *p)
{
    uint64_t cids[2];
    uint32_t ports[3], rest[3];
    uint16_t kind[2];

    memcpy(cids, p, 16);
    memcpy(ports, p + 16, 12);
    memcpy(kind, p + 28, 4);
    memcpy(rest, p + 32, 12);
    return (struct header){
        .src_cid = GUINT64_FROM_LE(cids[0]), .dst_cid = GUINT64_FROM_LE(cids[1]),
        .src_port = GUINT32_FROM_LE(ports[0]), .dst_port = GUINT32_FROM_LE(ports[1]),
        .len = GUINT32_FROM_LE(ports[2]), .type = GUINT16_FROM_LE(kind[0]), .op = GUINT16_FROM_LE(kind[1]),
        .flags = GUINT32_FROM_LE(rest[0]), .buf_alloc = GUINT32_FROM_LE(rest[1]),
        .fwd_cnt = GUINT32_FROM_LE(rest[2]),
    };
}

/* A packet to the guest's port; c may be NULL. */
static struct header packet(struct virtio_vsock *s, struct connection *c, uint16_t op, uint32_t guest_port,
                            uint32_t host_port)
{
    if (c)
        c->told = c->forwarded;
    return (struct header){ .src_cid = HOST_CID, .dst_cid = s->guest_cid, .src_port = host_port,
                            .dst_port = guest_port, .type = TYPE_STREAM, .op = op, .buf_alloc = BUFFER,
                            .fwd_cnt = c ? c->forwarded : 0 };
}

static void reply(struct virtio_vsock *s, const struct header *h)
{
    if (s->replies.length < MAX_REPLIES)
        g_queue_push_tail(&s->replies, g_memdup2(h, sizeof(*h)));
}

static void tell(struct connection *c, uint16_t op, uint32_t flags)
{
    struct header h = packet(c->s, c, op, c->guest_port, c->host_port);

    h.flags = flags;
    reply(c->s, &h);
}

/* -- Connections; lock held -- */

static gboolean ready(gint fd, GIOCondition cond, gpointer opaque);

static void unwatch(struct connection *c)
{
    if (!c->watch)
        return;
    c->seat->c = NULL;
    g_source_destroy(c->watch);
    g_source_unref(c->watch);
    c->watch = NULL;
    c->seat = NULL; /* freed with the source */
}

/* Wait for what there is use for. */
static void watch(struct connection *c)
{
    GIOCondition want = (c->readable || c->host_ended || c->phase == ASKED ? 0 : G_IO_IN) |
                        (c->out->len ? G_IO_OUT : 0);

    if (c->watch && c->waits == want)
        return;
    unwatch(c);
    c->waits = want;
    if (!want)
        return;
    c->seat = g_new(struct seat, 1);
    *c->seat = (struct seat){ .s = c->s, .c = c };
    c->watch = g_unix_fd_source_new(c->fd, want);
    g_source_set_callback(c->watch, G_SOURCE_FUNC(ready), c->seat, g_free);
    g_source_attach(c->watch, NULL);
}

static void free_connection(gpointer opaque)
{
    struct connection *c = opaque;

    unwatch(c);
    close(c->fd);
    g_byte_array_unref(c->out);
    g_free(c);
}

static struct connection *add_connection(struct virtio_vsock *s, int fd)
{
    struct connection *c = g_new0(struct connection, 1);

    c->s = s;
    c->fd = fd;
    c->out = g_byte_array_new();
    g_ptr_array_add(s->connections, c);
    return c;
}

static void end(struct connection *c)
{
    g_ptr_array_remove_fast(c->s->connections, c);
}

static void reject(struct connection *c)
{
    if (c->phase != GREETING)
        tell(c, OP_RST, 0);
    end(c);
}

static struct connection *find(const struct virtio_vsock *s, uint32_t guest_port, uint32_t host_port)
{
    for (guint i = 0; i < s->connections->len; i++) {
        struct connection *c = g_ptr_array_index(s->connections, i);
        if (c->phase != GREETING && c->guest_port == guest_port && c->host_port == host_port)
            return c;
    }
    return NULL;
}

/* Bytes that the guest has room for. */
static uint32_t credit(const struct connection *c)
{
    uint32_t under_way = c->sent - c->guest_fwd;

    return under_way < c->guest_alloc ? c->guest_alloc - under_way : 0;
}

/* What was written has made room: tell the guest once it is worth it, or what it waits for. */
static void forward(struct connection *c, uint32_t n)
{
    c->forwarded += n;
    if (c->forwarded - c->told >= BUFFER / 4)
        tell(c, OP_CREDIT_UPDATE, 0);
}

/* Both sides have said all: false if the connection is over. */
static bool settle_end(struct connection *c)
{
    if (c->guest_ended && c->out->len == 0) {
        shutdown(c->fd, SHUT_WR);
        if (c->host_ended || c->guest_deaf) {
            reject(c); /* a guest that has shut down waits for it */
            return false;
        }
    }
    return true;
}

/* Write what waits. False if the connection is over. */
static bool flush(struct connection *c)
{
    while (c->out->len) {
        ssize_t n = send(c->fd, c->out->data, c->out->len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0) {
            reject(c);
            return false;
        }
        g_byte_array_remove_range(c->out, 0, n);
        if (c->phase == OPEN)
            forward(c, n);
    }
    return settle_end(c);
}

/* -- To the guest -- */

/* The next connection that has something for the guest, from the one whose turn it is. */
static struct connection *next_speaker(struct virtio_vsock *s)
{
    guint n = s->connections->len;

    for (guint i = 0; i < n; i++) {
        struct connection *c = g_ptr_array_index(s->connections, (s->turn + i) % n);
        if (c->phase == OPEN && c->readable && !c->host_ended && !c->guest_deaf && credit(c) > 0) {
            s->turn = (s->turn + i + 1) % n;
            return c;
        }
    }
    return NULL;
}

/* Read into the buffer behind the header. Bytes of the packet, or 0: there is none, the buffer is free. */
static size_t read_data(struct connection *c, const struct virtq_elem *e)
{
    g_autofree struct iovec *iov = g_new(struct iovec, e->nin);
    unsigned n = iov_window(iov, e->in, e->nin, HEADER, MIN(MIN(e->in_len - HEADER, credit(c)), MAX_PAYLOAD));
    struct msghdr m = { .msg_iov = iov, .msg_iovlen = n };
    struct header h = packet(c->s, c, OP_RW, c->guest_port, c->host_port);
    uint8_t bytes[HEADER];
    ssize_t got;

    while ((got = recvmsg(c->fd, &m, MSG_DONTWAIT)) < 0 && errno == EINTR)
        ;
    if (got > 0) {
        h.len = got;
        c->sent += got;
    } else if (got == 0) {
        c->host_ended = true;
        h.op = OP_SHUTDOWN;
        h.flags = SHUTDOWN_SEND;
    } else if (errno == EAGAIN) {
        c->readable = false;
        watch(c);
        return 0;
    } else {
        reject(c);
        return 0;
    }
    encode(bytes, &h);
    iov_write(e->in, e->nin, 0, bytes, HEADER);
    return HEADER + h.len;
}

/* Replies first, then data, as long as the guest has buffers. */
static void pump(struct virtio_vsock *s)
{
    struct virtq *q = virtio_queue(&s->v, Q_RX);
    struct connection *c = NULL;
    struct virtq_elem *e;
    bool any = false;

    while ((s->replies.length || (c = next_speaker(s))) && (e = virtq_pop(q))) {
        size_t n = HEADER;
        if (e->in_len < HEADER) {
            virtio_error(&s->v, "receive buffer of %zu bytes: no room for the header", e->in_len);
            virtq_forget(e);
            return;
        }
        if (s->replies.length) {
            g_autofree struct header *h = g_queue_pop_head(&s->replies);
            uint8_t bytes[HEADER];
            encode(bytes, h);
            iov_write(e->in, e->nin, 0, bytes, HEADER);
        } else {
            n = e->in_len > HEADER ? read_data(c, e) : 0;
            if (e->in_len == HEADER)
                c->readable = false; /* and for good: such a driver takes no data */
        }
        if (n == 0) {
            virtq_unpop(q, e);
            continue;
        }
        virtq_push(q, e, n);
        any = true;
    }
    if (any)
        virtq_interrupt(q);
}

/* -- From the guest -- */

static int connect_to(const char *path, uint32_t port)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    int fd;

    if ((size_t)snprintf(a.sun_path, sizeof(a.sun_path), "%s_%" PRIu32, path, port) >= sizeof(a.sun_path))
        return -1;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a))) {
        close(fd);
        return -1;
    }
    return fd;
}

static void take_credit(struct connection *c, const struct header *h)
{
    c->guest_alloc = h->buf_alloc;
    c->guest_fwd = h->fwd_cnt;
}

/* The guest wants a port of the host's. */
static void open_for_guest(struct virtio_vsock *s, const struct header *h)
{
    int fd = s->connections->len < MAX_CONNECTIONS ? connect_to(s->uds_path, h->dst_port) : -1;

    if (fd < 0) {
        const struct header no = packet(s, NULL, OP_RST, h->src_port, h->dst_port);
        reply(s, &no);
        return;
    }
    struct connection *c = add_connection(s, fd);
    c->guest_port = h->src_port;
    c->host_port = h->dst_port;
    c->phase = OPEN;
    take_credit(c, h);
    tell(c, OP_RESPONSE, 0);
    watch(c);
}

/* The guest has accepted. */
static void answered(struct connection *c)
{
    char text[32];
    int n = snprintf(text, sizeof(text), "OK %" PRIu32 "\n", c->host_port);

    if (send(c->fd, text, n, MSG_NOSIGNAL | MSG_DONTWAIT) != n) {
        reject(c);
        return;
    }
    c->phase = OPEN;
    watch(c);
}

static void take_data(struct connection *c, const struct header *h, const struct virtq_elem *e)
{
    size_t len = MIN(h->len, e->out_len - HEADER), at = c->out->len;

    if (c->guest_ended || at + len > BUFFER) { /* against its word, or without credit */
        reject(c);
        return;
    }
    if (!len) /* before the first data there is no memory either */
        return;
    g_byte_array_set_size(c->out, at + len);
    iov_read(e->out, e->nout, HEADER, c->out->data + at, len);
    if (flush(c))
        watch(c);
}

static void take_shutdown(struct connection *c, uint32_t flags)
{
    c->guest_deaf |= flags & SHUTDOWN_RECEIVE;
    c->guest_ended |= !!(flags & SHUTDOWN_SEND);
    settle_end(c);
}

static void take_packet(struct virtio_vsock *s, const struct header *h, const struct virtq_elem *e)
{
    struct connection *c = find(s, h->src_port, h->dst_port);

    if (h->src_cid != s->guest_cid || h->dst_cid != HOST_CID)
        return; /* nobody is there */
    if (h->type != TYPE_STREAM || (!c && h->op != OP_REQUEST)) {
        const struct header no = packet(s, NULL, OP_RST, h->src_port, h->dst_port);
        if (h->op != OP_RST)
            reply(s, &no);
        return;
    }
    if (c)
        take_credit(c, h);
    if (c && c->phase == ASKED && h->op != OP_RESPONSE && h->op != OP_RST) {
        reject(c);
        return;
    }
    switch (h->op) {
    case OP_REQUEST:
        if (c)
            reject(c);
        else
            open_for_guest(s, h);
        break;
    case OP_RESPONSE:
        if (c->phase == ASKED)
            answered(c);
        else
            reject(c);
        break;
    case OP_RST:
        end(c);
        break;
    case OP_SHUTDOWN:
        take_shutdown(c, h->flags);
        break;
    case OP_RW:
        take_data(c, h, e);
        break;
    case OP_CREDIT_UPDATE:
        break;
    case OP_CREDIT_REQUEST:
        tell(c, OP_CREDIT_UPDATE, 0);
        break;
    default:
        device_guest_error(&s->v.dev, "packet with operation %u", h->op);
        reject(c);
        break;
    }
}

static void transmitted(struct virtio_vsock *s, struct virtq *q)
{
    struct virtq_elem *e;
    bool any = false;

    while ((e = virtq_pop(q))) {
        uint8_t bytes[HEADER];
        if (iov_read(e->out, e->nout, 0, bytes, HEADER) != HEADER) {
            virtio_error(&s->v, "packet of %zu bytes: shorter than its header", e->out_len);
            virtq_forget(e);
            return;
        }
        const struct header h = decode(bytes);
        take_packet(s, &h, e);
        virtq_push(q, e, 0);
        any = true;
    }
    if (any)
        virtq_interrupt(q);
    pump(s);
}

static void notify(struct virtio *v, struct virtq *q)
{
    struct virtio_vsock *s = (struct virtio_vsock *)v;

    if (!virtio_running(v))
        return;
    if (q->index == Q_TX)
        transmitted(s, q);
    else if (q->index == Q_RX)
        pump(s);
}

static void drop_connections(struct virtio_vsock *s)
{
    g_ptr_array_set_size(s->connections, 0);
    g_queue_clear_full(&s->replies, g_free);
}

static void reset(struct virtio *v)
{
    drop_connections((struct virtio_vsock *)v);
}

static const struct virtio_ops ops = { .notify = notify, .reset = reset };

/* -- The host's programs; main loop -- */

/* "CONNECT P": ask the guest. */
static void greeted(struct connection *c)
{
    struct virtio_vsock *s = c->s;
    uint64_t port;

    c->line[c->line_len - 1] = 0;
    if (!g_str_has_prefix(c->line, "CONNECT ") || !parse_uint(c->line + 8, &port) || port > UINT32_MAX ||
        !virtio_running(&s->v)) {
        end(c);
        return;
    }
    c->guest_port = port;
    do {
        c->host_port = s->next_port++;
        s->next_port |= FIRST_PORT;
    } while (find(s, c->guest_port, c->host_port));
    c->phase = ASKED;
    tell(c, OP_REQUEST, 0);
    watch(c);
}

/* A line, byte by byte, since what follows is the guest's. */
static void read_greeting(struct connection *c)
{
    for (;;) {
        ssize_t n = recv(c->fd, c->line + c->line_len, 1, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0 || (c->line[c->line_len] != '\n' && c->line_len + 1 == MAX_LINE)) {
            end(c);
            return;
        }
        if (c->line[c->line_len++] == '\n') {
            greeted(c);
            return;
        }
    }
}

static void see_to(struct connection *c, GIOCondition cond)
{
    if (c->phase == GREETING) {
        read_greeting(c);
        return;
    }
    if (cond & (G_IO_IN | G_IO_HUP | G_IO_ERR))
        c->readable = true;
    if (flush(c))
        watch(c);
}

/* The lock is taken before it is looked whether the connection, of which this is the source, has ended meanwhile. */
static gboolean ready(gint fd, GIOCondition cond, gpointer opaque)
{
    struct seat *seat = opaque;
    struct virtio_vsock *s = seat->s;

    lock_order_enter(LOCK_DEVICE);
    g_mutex_lock(&s->v.dev.lock);
    if (seat->c) {
        see_to(seat->c, cond);
        pump(s);
    }
    g_mutex_unlock(&s->v.dev.lock);
    lock_order_leave(LOCK_DEVICE);
    return G_SOURCE_CONTINUE;
}

static gboolean accept_ready(gint fd, GIOCondition cond, gpointer opaque)
{
    struct virtio_vsock *s = opaque;
    int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (peer < 0)
        return G_SOURCE_CONTINUE;
    lock_order_enter(LOCK_DEVICE);
    g_mutex_lock(&s->v.dev.lock);
    if (virtio_running(&s->v) && s->connections->len < MAX_CONNECTIONS)
        watch(add_connection(s, peer));
    else
        close(peer); /* nobody would answer */
    g_mutex_unlock(&s->v.dev.lock);
    lock_order_leave(LOCK_DEVICE);
    return G_SOURCE_CONTINUE;
}

/* -- The device -- */

static int listen_at(const char *path, GError **err)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (g_strlcpy(a.sun_path, path, sizeof(a.sun_path)) >= sizeof(a.sun_path))
        errno = ENAMETOOLONG;
    else if (fd >= 0) {
        int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct stat st;
        if (!lstat(path, &st) && S_ISSOCK(st.st_mode) && connect(probe, (struct sockaddr *)&a, sizeof(a)) &&
            errno == ECONNREFUSED)
            unlink(path); /* left by one that is gone */
        close(probe);
        if (!bind(fd, (struct sockaddr *)&a, sizeof(a)) && !listen(fd, 64))
            return fd;
    }
    fail(err, "virtio-vsock-device: uds-path=%s: %s", path, g_strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool realize(struct device *d, GError **err)
{
    struct virtio_vsock *s = (struct virtio_vsock *)d;
    const uint64_t cid = GUINT64_TO_LE(s->guest_cid);

    if (s->guest_cid <= HOST_CID || s->guest_cid >= UINT32_MAX)
        fail(err, "virtio-vsock-device: guest-cid=%" PRIu64 ": expected 3 to 4294967294", s->guest_cid);
    else if (!s->uds_path || !*s->uds_path)
        fail(err, "virtio-vsock-device: uds-path: expected a path for the socket");
    else if (input_ordered())
        fail(err, "virtio-vsock-device: what programs of the host say can't be recorded");
    else if ((s->listener = listen_at(s->uds_path, err)) >= 0) {
        if (!virtio_init(&s->v, &ops, VIRTIO_ID_VSOCK, 0, sizeof(cid), err)) {
            close(s->listener);
            return false;
        }
        for (unsigned i = 0; i < QUEUES; i++)
            virtio_add_queue(&s->v, QUEUE_SIZE);
        memcpy(s->v.config, &cid, sizeof(cid));
        s->connections = g_ptr_array_new_with_free_func(free_connection);
        g_queue_init(&s->replies);
        s->next_port = FIRST_PORT;
        s->listener_watch = g_unix_fd_source_new(s->listener, G_IO_IN);
        g_source_set_callback(s->listener_watch, G_SOURCE_FUNC(accept_ready), s, NULL);
        g_source_attach(s->listener_watch, NULL);
        return true;
    }
    return false;
}

static void unrealize(struct device *d)
{
    struct virtio_vsock *s = (struct virtio_vsock *)d;

    g_source_destroy(s->listener_watch);
    g_source_unref(s->listener_watch);
    close(s->listener);
    unlink(s->uds_path);
    virtio_fini(&s->v);
    g_mutex_lock(&d->lock);
    drop_connections(s);
    g_mutex_unlock(&d->lock);
    g_ptr_array_unref(s->connections);
}

static const struct property props[] = {
    PROP_NAMED("guest-cid", struct virtio_vsock, guest_cid, U64, 0, NULL, "the guest's number: from 3 on"),
    PROP_NAMED("uds-path", struct virtio_vsock, uds_path, STRING, 0, NULL,
               "socket of the host for \"CONNECT PORT\"; with _PORT behind it, those that the guest reaches"),
    VIRTIO_PROPS,
    PROP_END,
};

static const struct state_row fields[] = {
    VIRTIO_FIELDS(struct virtio_vsock),
    FIELD_NONE(struct virtio_vsock, listener, "the host's"),
    FIELD_NONE(struct virtio_vsock, listener_watch, "wiring"),
    FIELD_NONE(struct virtio_vsock, connections, "they end with a load"),
    FIELD_NONE(struct virtio_vsock, replies, "they are connections'"),
    FIELD_NONE(struct virtio_vsock, next_port, "of no connection"),
    FIELD_NONE(struct virtio_vsock, turn, "of no connection"),
    FIELD_END,
};

/* The guest is as it was, but whom it spoke to is another: it hears that its connections have ended. */
static void resume(void *obj, bool loaded)
{
    struct virtio_vsock *s = obj;
    struct virtq *q = virtio_queue(&s->v, Q_EVENT);
    const uint32_t event = GUINT32_TO_LE(EVENT_TRANSPORT_RESET);
    struct virtq_elem *e;

    if (!loaded)
        return;
    drop_connections(s);
    if (!virtio_running(&s->v) || !(e = virtq_pop(q)))
        return;
    virtq_push(q, e, iov_write(e->in, e->nin, 0, &event, sizeof(event)));
    virtq_interrupt(q);
}

static const struct state_table state = {
    STATE_OF(struct virtio_vsock),
    .version = 1,
    .rows = fields,
    .settle = virtio_settle,
    .loaded = virtio_loaded,
    .resume = resume,
};

const struct device_type virtio_vsock_device_type = {
    .name = "virtio-vsock-device",
    .desc = "virtio sockets between the guest and the host's programs",
    .bus = &virtio_bus_type,
    .size = sizeof(struct virtio_vsock),
    .props = props,
    .state = &state,
    .realize = realize,
    .reset = virtio_device_reset,
    .unrealize = unrealize,
};
