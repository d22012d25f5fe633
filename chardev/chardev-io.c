/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two queues between the clients of a character device and its back end's descriptors. Input is read only as far as
 * a client takes it, so that a slow guest slows the writer down; output is queued up to a bound, so that a slow reader
 * does not stop the guest.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "chardev-int.h"
#include "lock-order.h"

#define READ_SIZE 4096
#define MAX_BREAKS 256 /* pending, for a client that takes no input */

/* -- Output -- */

static size_t queued(const struct chardev *c)
{
    return c->out->len - c->out_head;
}

/* Write without blocking: bytes written, 0: no room now, -1: the peer has gone. */
static ssize_t write_some(struct chardev *c, const uint8_t *buf, size_t len)
{
    ssize_t n;
    do {
        n = write(c->out_fd, buf, len);
    } while (n < 0 && errno == EINTR);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return 0;
    return n;
}

/* Write what is queued, as far as it goes. */
static void flush_locked(struct chardev *c)
{
    while (queued(c) && c->out_fd >= 0) {
        ssize_t n = write_some(c, c->out->data + c->out_head, queued(c));
        if (n == 0)
            break;
        if (n < 0) {
            c->out_error = errno;
            c->out_fd = -1;
            break;
        }
        c->out_head += (size_t)n;
    }
    if (!queued(c) || c->out_fd < 0) {
        g_byte_array_set_size(c->out, 0);
        c->out_head = 0;
    } else if (c->out_head > c->out->len / 2) {
        g_byte_array_remove_range(c->out, 0, (guint)c->out_head);
        c->out_head = 0;
    }
}

/* Queue bytes after what is queued already; beyond the bound they are dropped. */
static void queue_locked(struct chardev *c, const uint8_t *buf, size_t len)
{
    size_t room = CHARDEV_BACKLOG - MIN(queued(c), CHARDEV_BACKLOG);
    g_byte_array_append(c->out, buf, (guint)MIN(len, room));
}

static void output_locked(struct chardev *c, const uint8_t *buf, size_t len)
{
    if (c->out_fd < 0)
        return;
    bool was_empty = !queued(c);
    if (was_empty) {
        ssize_t n = write_some(c, buf, len);
        if (n < 0) {
            c->out_error = errno;
            c->out_fd = -1;
            g_main_context_wakeup(NULL);
            return;
        }
        buf += n;
        len -= (size_t)n;
    }
    if (len) {
        queue_locked(c, buf, len);
        if (was_empty)
            g_main_context_wakeup(NULL); /* the main loop must wait for the descriptor now */
    }
}

/* A time at each start of a line (Ctrl-a t). */
static void output_stamped(struct chardev *c, const uint8_t *buf, size_t len)
{
    while (len) {
        if (c->line_start) {
            int64_t ms = (g_get_monotonic_time() - c->timestamps_from) / 1000;
            char stamp[48];
            int n = snprintf(stamp, sizeof(stamp), "[%02d:%02d:%02d.%03d] ", (int)(ms / 3600000),
                             (int)(ms / 60000 % 60), (int)(ms / 1000 % 60), (int)(ms % 1000));
            output_locked(c, (const uint8_t *)stamp, (size_t)n);
            c->line_start = false;
        }
        const uint8_t *nl = memchr(buf, '\n', len);
        size_t n = nl ? (size_t)(nl - buf) + 1 : len;
        c->line_start = nl != NULL;
        output_locked(c, buf, n);
        buf += n;
        len -= n;
    }
}

/* Telnet: a byte 0xff is sent twice. */
static void output_telnet(struct chardev *c, const uint8_t *buf, size_t len)
{
    while (len) {
        const uint8_t *ff = memchr(buf, 0xff, len);
        size_t n = ff ? (size_t)(ff - buf) + 1 : len;
        output_locked(c, buf, n);
        if (ff)
            output_locked(c, ff, 1);
        buf += n;
        len -= n;
    }
}

void (*chardev_on_output)(const char *id, const uint8_t *buf, size_t len);

void chardev_write(struct chardev *c, const uint8_t *buf, size_t len)
{
    if (!len)
        return;
    if (chardev_on_output)
        chardev_on_output(c->id, buf, len);
    g_mutex_lock(&c->lock);
    for (size_t done = 0; c->log_fd >= 0 && done < len;) {
        ssize_t n = write(c->log_fd, buf + done, len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) { /* a full disk costs the log, not the guest */
            if (!c->log_failed)
                fprintf(stderr, "mynah: chardev '%s': cannot write its log: %s\n", c->id, g_strerror(errno));
            c->log_failed = true;
            break;
        }
        done += (size_t)n;
    }
    if (c->open) {
        if (c->timestamps)
            output_stamped(c, buf, len);
        else if (c->telnet)
            output_telnet(c, buf, len);
        else
            output_locked(c, buf, len);
    }
    g_mutex_unlock(&c->lock);
}

size_t chardev_room(struct chardev *c)
{
    g_mutex_lock(&c->lock);
    size_t n = c->open && c->out_fd >= 0 ? queued(c) : 0;
    size_t room = n + CHARDEV_SLACK < CHARDEV_BACKLOG ? CHARDEV_BACKLOG - CHARDEV_SLACK - n : 0;
    c->want_room |= !room;
    g_mutex_unlock(&c->lock);
    if (input_ordered() && c->room.name) { /* only that there is none may be seen by the guest */
        bool full = input_rare(&c->room, !room);
        return full ? 0 : MAX(room, 1);
    }
    return room;
}

/* Give a slow reader a second for each step it makes; one that makes none loses the rest. */
void chardev_drain(struct chardev *c)
{
    g_mutex_lock(&c->lock);
    flush_locked(c);
    while (queued(c) && c->out_fd >= 0) {
        size_t before = queued(c);
        struct pollfd p = { .fd = c->out_fd, .events = POLLOUT };
        poll(&p, 1, 1000);
        flush_locked(c);
        if (queued(c) == before)
            break;
    }
    g_mutex_unlock(&c->lock);
}

/* -- Input -- */

static void lock_client(const struct chardev_client *cl)
{
    if (cl->lock) {
        lock_order_enter(LOCK_DEVICE);
        g_mutex_lock(cl->lock);
    }
}

static void unlock_client(const struct chardev_client *cl)
{
    if (cl->lock) {
        g_mutex_unlock(cl->lock);
        lock_order_leave(LOCK_DEVICE);
    }
}

static size_t slot_can_read(struct chardev_slot *s)
{
    const struct chardev_client *cl = &s->client;
    lock_client(cl);
    size_t n = cl->can_read(cl->opaque);
    unlock_client(cl);
    return n;
}

static void slot_read(struct chardev_slot *s, const uint8_t *buf, size_t len)
{
    const struct chardev_client *cl = &s->client;
    lock_client(cl);
    cl->read(cl->opaque, buf, len);
    unlock_client(cl);
}

static void give_event(struct chardev_slot *s, enum chardev_event e)
{
    const struct chardev_client *cl = &s->client;
    if (!cl->event)
        return;
    lock_client(cl);
    cl->event(cl->opaque, e);
    unlock_client(cl);
}

void chardev_slot_event(struct chardev_slot *s, enum chardev_event e)
{
    if (!s->gated)
        give_event(s, e);
    else if (s->client.event)
        input_post(&s->input, e, NULL, 0);
}

void chardev_send_event(struct chardev *c, enum chardev_event e)
{
    for (guint i = 0; i < c->slots->len; i++)
        chardev_slot_event(c->slots->pdata[i], e);
}

/* Bytes that can be taken from the host now. */
static size_t input_room(struct chardev *c)
{
    if (!c->slots->len)
        return 0;
    struct chardev_slot *first = c->slots->pdata[0];
    if (!c->mux && !first->gated)
        return slot_can_read(first);
    if (!c->mux && input_replaying())
        return 0;
    size_t room = CHARDEV_MUX_PENDING;
    g_mutex_lock(&c->lock);
    for (guint i = 0; i < c->slots->len; i++) {
        struct chardev_slot *s = c->slots->pdata[i];
        room = MIN(room, CHARDEV_MUX_PENDING - MIN(s->pending->len, CHARDEV_MUX_PENDING));
    }
    g_mutex_unlock(&c->lock);
    return room;
}

/* A multiplexer's client that has pending input and can take some now. (A break needs no room.) */
static struct chardev_slot *deliverable(struct chardev *c)
{
    for (guint i = 0; i < c->slots->len; i++) {
        struct chardev_slot *s = c->slots->pdata[i];
        if (s->gated)
            continue;
        if ((s->breaks->len && !g_array_index(s->breaks, guint, 0)) || (s->pending->len && slot_can_read(s)))
            return s;
    }
    return NULL;
}

/*
 * Take up to n bytes out of what is pending, or a break if that comes first. The bytes, or NULL for a break or nothing;
 * g_free() them. The chardev's lock is held if the slot is gated.
 */
static uint8_t *take_pending(struct chardev_slot *s, size_t *n, bool *brk)
{
    *n = MIN(*n, s->pending->len);
    *brk = s->breaks->len && !g_array_index(s->breaks, guint, 0);
    if (*brk)
        g_array_remove_index(s->breaks, 0);
    else if (s->breaks->len)
        *n = MIN(*n, g_array_index(s->breaks, guint, 0));
    if (*brk || !*n)
        return NULL;
    for (guint i = 0; i < s->breaks->len; i++)
        g_array_index(s->breaks, guint, i) -= (guint)*n;
    uint8_t *copy = g_memdup2(s->pending->data, *n);
    g_byte_array_remove_range(s->pending, 0, (guint)*n);
    return copy;
}

/* It is out of the queue before the client sees it: it may detach itself or change the focus. */
static void deliver(struct chardev_slot *s)
{
    bool brk;
    size_t n = slot_can_read(s);
    g_autofree uint8_t *copy = take_pending(s, &n, &brk);

    if (brk)
        chardev_slot_event(s, CHARDEV_BREAK);
    else if (copy)
        slot_read(s, copy, n);
}

/* -- Gated input: of guests, under -icount -- */

enum { CODE_READ = 100, CODE_BREAK }; /* beyond those of events */

/* Have the CPUs' thread look at what is pending. The lock is held, as the device's may be. */
static void post_locked(struct chardev_slot *s)
{
    if (s->posted || !(s->pending->len || s->breaks->len))
        return;
    s->posted = true;
    input_post(&s->input, CODE_READ, NULL, 0);
}

void chardev_slot_input(struct chardev_slot *s, const uint8_t *buf, size_t len)
{
    g_mutex_lock(&s->chardev->lock);
    if (!s->gated || !input_replaying())
        g_byte_array_append(s->pending, buf, (guint)len);
    if (s->gated)
        post_locked(s);
    g_mutex_unlock(&s->chardev->lock);
}

void chardev_slot_break(struct chardev_slot *s)
{
    g_mutex_lock(&s->chardev->lock);
    if (s->breaks->len < MAX_BREAKS && !(s->gated && input_replaying()))
        g_array_append_val(s->breaks, s->pending->len);
    if (s->gated)
        post_locked(s);
    g_mutex_unlock(&s->chardev->lock);
}

/*
 * What there is room for, or a break. Being asked for room may change a device: so what it said is an input even if 0.
 */
static void take_live(struct chardev_slot *s, struct input *in)
{
    static uint8_t *taken; /* the last one's, for the log */
    struct chardev *c = s->chardev;
    size_t n = slot_can_read(s);
    bool brk;

    g_free(taken);
    g_mutex_lock(&c->lock);
    taken = take_pending(s, &n, &brk);
    s->posted = false;
    if (taken || brk)
        post_locked(s); /* the rest; if there is no room for it, chardev_accept_input() comes */
    g_mutex_unlock(&c->lock);
    g_main_context_wakeup(NULL); /* there may be room for more */
    in->code = brk ? CODE_BREAK : CODE_READ;
    in->data = taken;
    in->len = taken ? n : 0;
    if (brk)
        give_event(s, CHARDEV_BREAK);
    else if (taken)
        slot_read(s, taken, n);
}

static void take_input(void *opaque, struct input *in)
{
    struct chardev_slot *s = opaque;

    if (in->code <= CHARDEV_ROOM) {
        give_event(s, in->code);
        return;
    }
    if (!in->replayed) {
        take_live(s, in);
        return;
    }
    size_t n = slot_can_read(s);
    if (in->code == CODE_BREAK)
        give_event(s, CHARDEV_BREAK);
    else if (n < in->len)
        input_departs(&s->input, "%zu characters were taken, and there is room for %zu", in->len, n);
    else if (in->len)
        slot_read(s, in->data, in->len);
}

void chardev_slot_gate(struct chardev *c, struct chardev_slot *s)
{
    s->gated = true;
    if (!c->nguests++)
        input_source_add(&c->room, NULL, NULL, "chardev %s, room", c->id);
    input_source_add(&s->input, take_input, s, "chardev %s.%u", c->id, c->nguests - 1);
}

/* -- Reading -- */

void chardev_hang_up(struct chardev *c)
{
    if (c->backend->hangup)
        c->backend->hangup(c);
    else
        c->in_eof = true;
}

static void read_input(struct chardev *c)
{
    uint8_t buf[READ_SIZE];
    size_t room = input_room(c);
    if (!room || c->in_fd < 0)
        return;
    size_t want = MIN(room, sizeof(buf));
    ssize_t n = c->backend->read ? c->backend->read(c, buf, want) : read(c->in_fd, buf, want);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    if (n <= 0) {
        chardev_hang_up(c);
        return;
    }
    size_t len = c->backend->filter ? c->backend->filter(c, buf, (size_t)n) : (size_t)n;
    if (len && c->mux) {
        chardev_mux_input(c, buf, len);
    } else if (len && c->slots->len) {
        struct chardev_slot *s = c->slots->pdata[0];
        if (s->gated)
            chardev_slot_input(s, buf, len);
        else
            slot_read(s, buf, len);
    }
}

/* -- The main loop's source: one a chardev -- */

struct chardev_source {
    GSource base;
    struct chardev *c;
    GPollFD in, out;
    bool in_added, out_added;
};

/* Poll for events on fd, or not at all: a hang-up that nobody can look at now would keep the loop spinning. */
static void set_poll(struct chardev_source *s, GPollFD *p, bool *added, int fd, gushort events)
{
    if (*added && (fd < 0 || p->fd != fd)) {
        g_source_remove_poll(&s->base, p);
        *added = false;
    }
    if (!*added && fd >= 0) {
        *p = (GPollFD){ .fd = fd, .events = events };
        g_source_add_poll(&s->base, p);
        *added = true;
    }
    if (!*added)
        p->revents = 0;
}

/* A peer that takes no more output may have sent something before it went: it is gone when nobody wants the rest. */
static bool left(struct chardev *c)
{
    return c->deaf && !input_room(c);
}

/* True if something is to be done without waiting for a descriptor. */
static bool due(struct chardev *c)
{
    g_mutex_lock(&c->lock);
    bool yes = c->out_error || (c->want_room && queued(c) <= CHARDEV_BACKLOG / 2);
    g_mutex_unlock(&c->lock);
    return yes || (c->mux && deliverable(c)) || left(c);
}

static gboolean source_prepare(GSource *source, gint *timeout)
{
    struct chardev_source *s = (struct chardev_source *)source;
    struct chardev *c = s->c;
    *timeout = -1;
    bool want_in = c->in_fd >= 0 && !c->in_eof && input_room(c) > 0;
    g_mutex_lock(&c->lock);
    int out = queued(c) ? c->out_fd : -1;
    g_mutex_unlock(&c->lock);
    set_poll(s, &s->in, &s->in_added, want_in ? c->in_fd : -1, G_IO_IN | G_IO_HUP | G_IO_ERR);
    set_poll(s, &s->out, &s->out_added, out, G_IO_OUT | G_IO_ERR);
    return due(c);
}

static gboolean source_check(GSource *source)
{
    struct chardev_source *s = (struct chardev_source *)source;
    return (s->in_added && s->in.revents) || (s->out_added && s->out.revents) || due(s->c);
}

static gboolean source_dispatch(GSource *source, GSourceFunc fn, gpointer opaque)
{
    struct chardev_source *s = (struct chardev_source *)source;
    struct chardev *c = s->c;
    g_mutex_lock(&c->lock);
    if (s->out_added && s->out.revents)
        flush_locked(c);
    bool room = c->want_room && queued(c) <= CHARDEV_BACKLOG / 2;
    c->want_room &= !room;
    int error = c->out_error;
    c->out_error = 0;
    g_mutex_unlock(&c->lock);
    if (room)
        chardev_send_event(c, CHARDEV_ROOM);
    if (error && c->backend->hangup)
        c->deaf = true;
    else if (error) /* no peer that may leave: a file, or what standard output is */
        fprintf(stderr, "mynah: chardev '%s': cannot write: %s; its output is dropped from now on\n", c->id,
                g_strerror(error));
    struct chardev_slot *slot;
    if (c->mux && (slot = deliverable(c)))
        deliver(slot);
    if (s->in_added && s->in.revents)
        read_input(c);
    if (left(c))
        c->backend->hangup(c);
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = { source_prepare, source_check, source_dispatch, NULL, NULL, NULL };

void chardev_source_add(struct chardev *c)
{
    struct chardev_source *s = (struct chardev_source *)g_source_new(&source_funcs, sizeof(*s));

    s->c = c;
    c->source = &s->base;
    g_source_attach(c->source, NULL);
}

void chardev_accept_input(struct chardev *c)
{
    if (input_gated()) {
        g_mutex_lock(&c->lock);
        for (guint i = 0; i < c->slots->len; i++) {
            struct chardev_slot *s = c->slots->pdata[i];
            if (s->gated)
                post_locked(s);
        }
        g_mutex_unlock(&c->lock);
    }
    g_main_context_wakeup(NULL); /* the source asks every client before it waits */
}

/* -- For back ends -- */

void chardev_nonblock(int fd)
{
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

void chardev_set_filename(struct chardev *c, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *name = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    g_mutex_lock(&c->lock);
    g_free(c->filename);
    c->filename = name;
    g_mutex_unlock(&c->lock);
}

void chardev_set_open(struct chardev *c, int in_fd, int out_fd)
{
    g_mutex_lock(&c->lock);
    c->in_fd = in_fd;
    c->out_fd = out_fd;
    c->in_eof = c->deaf = false;
    c->open = true;
    g_mutex_unlock(&c->lock);
    chardev_send_event(c, CHARDEV_OPENED);
}

void chardev_set_closed(struct chardev *c)
{
    g_mutex_lock(&c->lock);
    bool was_open = c->open;
    c->in_fd = c->out_fd = -1;
    c->open = c->deaf = false;
    c->out_error = 0;
    g_byte_array_set_size(c->out, 0);
    c->out_head = 0;
    g_mutex_unlock(&c->lock);
    /* The descriptors will be closed and their numbers used again: stop polling them now. */
    struct chardev_source *s = (struct chardev_source *)c->source;
    if (s) {
        set_poll(s, &s->in, &s->in_added, -1, 0);
        set_poll(s, &s->out, &s->out_added, -1, 0);
    }
    if (was_open)
        chardev_send_event(c, CHARDEV_CLOSED);
}

bool chardev_is_open(struct chardev *c)
{
    g_mutex_lock(&c->lock);
    bool open = c->open;
    g_mutex_unlock(&c->lock);
    return open;
}

int chardev_fd(const struct chardev *c)
{
    return c->in_fd;
}

int chardev_take_fd(struct chardev *c)
{
    int fd = c->passed_fd;
    c->passed_fd = -1;
    return fd;
}
