/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Character devices: the registry, the clients, and the two queues between them and a back end's
 * descriptors. Input is read only as far as a client takes it, so that a slow guest slows the
 * writer down; output is queued up to a bound, so that a slow reader does not stop the guest.
 */
#include "chardev.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "chardev-int.h"
#include "device.h"
#include "lock-order.h"

#define READ_SIZE 4096
#define MAX_BREAKS 256 /* pending, for a client that takes no input */

static const struct chardev_backend *const backends[] = {
    &chardev_file, &chardev_null, &chardev_pipe, &chardev_pty, &chardev_socket, &chardev_stdio,
};
/* Back ends of QEMU's that are still to come. */
static const char *const later[] = { "braille",      "dbus",    "hub",    "msmouse",   "parallel",
                                     "qemu-vdagent", "ringbuf", "serial", "spiceport", "spicevmc",
                                     "testdev",      "udp",     "vc",     "wctablet",  "websocket",
                                     NULL };

static GPtrArray *registry; /* struct chardev *, in order of creation; main loop only */

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
            int n = snprintf(stamp, sizeof stamp, "[%02d:%02d:%02d.%03d] ", (int)(ms / 3600000), (int)(ms / 60000 % 60),
                             (int)(ms / 1000 % 60), (int)(ms % 1000));
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

void chardev_write(struct chardev *c, const uint8_t *buf, size_t len)
{
    if (!len)
        return;
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

/* What there is room for, or a break. Being asked for room may change a device: so what it said is an input even if 0. */
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

static void make_gated(struct chardev *c, struct chardev_slot *s)
{
    s->gated = true;
    if (!c->nguests++)
        input_source_add(&c->room, NULL, NULL, "chardev %s, room", c->id);
    input_source_add(&s->input, take_input, s, "chardev %s.%u", c->id, c->nguests - 1);
}

/* -- Reading -- */

static void hang_up(struct chardev *c)
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
    size_t want = MIN(room, sizeof buf);
    ssize_t n = c->backend->read ? c->backend->read(c, buf, want) : read(c->in_fd, buf, want);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    if (n <= 0) {
        hang_up(c);
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

/* True if something is to be done without waiting for a descriptor. */
static bool due(struct chardev *c)
{
    g_mutex_lock(&c->lock);
    bool yes = c->out_error || (c->want_room && queued(c) <= CHARDEV_BACKLOG / 2);
    g_mutex_unlock(&c->lock);
    return yes || (c->mux && deliverable(c));
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
        c->backend->hangup(c);
    else if (error) /* no peer that may leave: a file, or what standard output is */
        fprintf(stderr, "mynah: chardev '%s': cannot write: %s; its output is dropped from now on\n", c->id,
                g_strerror(error));
    struct chardev_slot *slot;
    if (c->mux && (slot = deliverable(c)))
        deliver(slot);
    if (s->in_added && s->in.revents)
        read_input(c);
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = { source_prepare, source_check, source_dispatch, NULL, NULL, NULL };

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
    c->in_eof = false;
    c->open = true;
    g_mutex_unlock(&c->lock);
    chardev_send_event(c, CHARDEV_OPENED);
}

void chardev_set_closed(struct chardev *c)
{
    g_mutex_lock(&c->lock);
    bool was_open = c->open;
    c->in_fd = c->out_fd = -1;
    c->open = false;
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

int chardev_take_fd(struct chardev *c)
{
    int fd = c->passed_fd;
    c->passed_fd = -1;
    return fd;
}

/* -- Registry -- */

struct chardev *chardev_find(const char *id)
{
    for (guint i = 0; registry && i < registry->len; i++) {
        struct chardev *c = registry->pdata[i];
        if (!strcmp(c->id, id))
            return c;
    }
    return NULL;
}

const char *chardev_id(const struct chardev *c)
{
    return c->id;
}

static void *find_for_prop(const char *id)
{
    return chardev_find(id);
}

static const char *name_for_prop(const void *c)
{
    return chardev_id(c);
}

const struct prop_object chardev_prop = {
    .kind = "chardev",
    .expected = "the id of a -chardev",
    .find = find_for_prop,
    .name = name_for_prop,
};

static void slot_free(gpointer p)
{
    struct chardev_slot *s = p;
    if (s->gated)
        input_source_remove(&s->input);
    g_byte_array_free(s->pending, TRUE);
    g_array_free(s->breaks, TRUE);
    g_free(s);
}

/* Free one that is not (or no longer) registered; its back end is closed. */
static void chardev_free(struct chardev *c)
{
    if (c->source) {
        g_source_destroy(c->source);
        g_source_unref(c->source);
    }
    if (c->passed_fd >= 0)
        close(c->passed_fd);
    if (c->log_fd >= 0)
        close(c->log_fd);
    if (c->room.name)
        input_source_remove(&c->room);
    g_ptr_array_free(c->slots, TRUE);
    g_byte_array_free(c->out, TRUE);
    g_mutex_clear(&c->lock);
    g_free(c->filename);
    g_free(c->id);
    g_free(c);
}

static const struct chardev_backend *backend_find(const char *name, GError **err)
{
    const char *names[ARRAY_SIZE(backends) + 1];
    for (unsigned i = 0; i < ARRAY_SIZE(backends); i++) {
        names[i] = backends[i]->name;
        if (!strcmp(name, names[i]))
            return backends[i];
    }
    names[ARRAY_SIZE(backends)] = NULL;
    for (unsigned i = 0; later[i]; i++)
        if (!strcmp(name, later[i])) {
            if (!strcmp(name, "vc"))
                fail(err, "vc: there is no display to show a virtual console on");
            else
                fail(err, "%s: QEMU has this back end, mynah does not yet", name);
            return NULL;
        }
    const char *near = nearest_name(name, names);
    if (near)
        fail(err, "'%s': there is no such back end; did you mean '%s'?", name, near);
    else
        fail(err, "'%s': there is no such back end (see -chardev help)", name);
    return NULL;
}

/* The properties every back end has. */
static bool take_common(struct chardev *c, struct opts *o, GError **err)
{
    c->log_path = opts_take(o, "logfile");
    return opts_take_bool(o, "mux", &c->mux, err) && opts_take_bool(o, "logappend", &c->log_append, err);
}

bool chardev_taken(struct chardev *c, struct opts *o, GError **err)
{
    if (!opts_done(o, c->backend->name, err))
        return false;
    if (!c->id || !*c->id) {
        fail(err, "expected id=NAME");
        return false;
    }
    if (chardev_find(c->id)) {
        fail(err, "id=%s: another character device has this id", c->id);
        return false;
    }
    if (!c->log_path)
        return true;
    c->log_fd = open(c->log_path, O_WRONLY | O_CREAT | O_CLOEXEC | (c->log_append ? O_APPEND : O_TRUNC), 0666);
    if (c->log_fd < 0)
        fail(err, "logfile=%s: %s", c->log_path, g_strerror(errno));
    return c->log_fd >= 0;
}

struct chardev *chardev_make(const struct chardev_backend *backend, struct opts *o, GError **err)
{
    signal(SIGPIPE, SIG_IGN); /* a peer that has gone is an error of write(2) */
    struct chardev *c = g_new0(struct chardev, 1);
    c->id = g_strdup(opts_take(o, "id"));
    c->filename = g_strdup(backend->name);
    c->backend = backend;
    c->in_fd = c->out_fd = c->passed_fd = c->log_fd = -1;
    c->slots = g_ptr_array_new_with_free_func(slot_free);
    c->out = g_byte_array_new();
    g_mutex_init(&c->lock);
    if (!take_common(c, o, err) || !backend->open(c, o, err)) {
        chardev_free(c);
        return NULL;
    }
    c->log_path = NULL; /* the option's */
    struct chardev_source *s = (struct chardev_source *)g_source_new(&source_funcs, sizeof *s);
    s->c = c;
    c->source = &s->base;
    g_source_attach(c->source, NULL);
    if (!registry)
        registry = g_ptr_array_new();
    g_ptr_array_add(registry, c);
    return c;
}

struct chardev *chardev_create(struct opts *o, GError **err)
{
    const char *name = opts_take(o, "backend");
    if (!name) {
        fail(err, "expected a back end (see -chardev help)");
        return NULL;
    }
    const struct chardev_backend *backend = backend_find(name, err);
    return backend ? chardev_make(backend, o, err) : NULL;
}

bool chardev_attach(struct chardev *c, const struct chardev_client *client, GError **err)
{
    if (c->slots->len && !c->mux) {
        fail(err, "chardev '%s' is in use (mux=on lets several share it)", c->id);
        return false;
    }
    struct chardev_slot *s = g_new0(struct chardev_slot, 1);
    s->client = *client;
    s->chardev = c;
    s->pending = g_byte_array_new();
    s->breaks = g_array_new(FALSE, FALSE, sizeof(guint));
    if (client->guest && input_gated())
        make_gated(c, s);
    g_mutex_lock(&c->lock);
    g_ptr_array_add(c->slots, s);
    g_mutex_unlock(&c->lock);
    if (chardev_is_open(c))
        chardev_slot_event(s, CHARDEV_OPENED);
    if (c->mux)
        chardev_mux_focus(c, s);
    g_main_context_wakeup(NULL);
    return true;
}

void chardev_detach(struct chardev *c, void *opaque)
{
    for (guint i = 0; i < c->slots->len; i++) {
        struct chardev_slot *s = c->slots->pdata[i];
        if (s->client.opaque != opaque)
            continue;
        if (c->focus == s)
            c->focus = NULL;
        g_mutex_lock(&c->lock);
        g_ptr_array_steal_index(c->slots, i);
        g_mutex_unlock(&c->lock);
        slot_free(s);
        if (c->mux && !c->focus && c->slots->len)
            chardev_mux_focus(c, c->slots->pdata[c->slots->len - 1]);
        return;
    }
}

bool chardev_remove(struct chardev *c, GError **err)
{
    if (c->slots->len) {
        fail(err, "chardev '%s' is in use", c->id);
        return false;
    }
    if (c->backend->close)
        c->backend->close(c);
    g_ptr_array_remove(registry, c);
    chardev_free(c);
    return true;
}

void chardev_foreach(void (*fn)(const char *id, const char *filename, bool open, void *opaque), void *opaque)
{
    for (guint i = 0; registry && i < registry->len; i++) {
        struct chardev *c = registry->pdata[i];
        g_mutex_lock(&c->lock);
        char *name = g_strdup(c->filename);
        bool open = c->open;
        g_mutex_unlock(&c->lock);
        fn(c->id, name, open, opaque);
        g_free(name);
    }
}

/* Give a slow reader a second for each step it makes; one that makes none loses the rest. */
static void drain(struct chardev *c)
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

void chardev_close_all(void)
{
    for (guint i = 0; registry && i < registry->len; i++) {
        struct chardev *c = registry->pdata[i];
        drain(c);
        /* Devices may still write until the process is gone: the struct stays. */
        g_mutex_lock(&c->lock);
        c->open = false;
        g_mutex_unlock(&c->lock);
        if (c->backend->close)
            c->backend->close(c);
    }
}

void chardev_list(GString *out)
{
    for (unsigned i = 0; i < ARRAY_SIZE(backends); i++)
        g_string_append_printf(out, "%-10s %s\n", backends[i]->name, backends[i]->help);
}

/* -- The short form of -serial, -monitor, -qmp and -gdb -- */

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
