/* SPDX-License-Identifier: BSD-2-Clause */
/* Character devices: the back ends, the registry, and who is connected to whom. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "chardev-int.h"
#include "device.h"

static const struct chardev_backend *const backends[] = {
    &chardev_file, &chardev_null, &chardev_pipe, &chardev_pty, &chardev_socket, &chardev_stdio,
};
/* Back ends of QEMU's that are still to come. */
static const char *const later[] = { "braille",      "dbus",    "hub",    "msmouse",   "parallel",
                                     "qemu-vdagent", "ringbuf", "serial", "spiceport", "spicevmc",
                                     "testdev",      "udp",     "vc",     "wctablet",  "websocket",
                                     NULL };

static GPtrArray *registry; /* struct chardev *, in order of creation; main loop only */

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
    chardev_source_add(c);
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
        chardev_slot_gate(c, s);
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

void chardev_close_all(void)
{
    for (guint i = 0; registry && i < registry->len; i++) {
        struct chardev *c = registry->pdata[i];
        chardev_drain(c);
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
