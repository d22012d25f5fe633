/* SPDX-License-Identifier: BSD-2-Clause */
/* -semihosting and -semihosting-config: the console of the calls, the folder of their files, what they tell. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "chardev.h"
#include "clock.h"
#include "cmdline.h"
#include "loader.h"
#include "replay.h"
#include "semihost.h"

/* -- Console -- */

#define QUEUE_BYTES 256
#define WAIT_US 10000

static struct {
    GMutex lock; /* of what follows; a leaf */
    GCond some;
    struct chardev *chardev;
    uint8_t bytes[QUEUE_BYTES];
    size_t head, count;
} console;

static size_t can_read(void *opaque)
{
    return QUEUE_BYTES - console.count;
}

static void read_bytes(void *opaque, const uint8_t *buf, size_t len)
{
    for (; len && console.count < QUEUE_BYTES; len--)
        console.bytes[(console.head + console.count++) % QUEUE_BYTES] = *buf++;
    g_cond_signal(&console.some);
}

/* A CPU that waits for a key does not spin; where time is instructions it must. */
static size_t console_read(uint8_t *buf, size_t len)
{
    size_t n = 0;

    g_mutex_lock(&console.lock);
    if (!console.count && !icount.on)
        g_cond_wait_until(&console.some, &console.lock, g_get_monotonic_time() + WAIT_US);
    for (; n < len && console.count; n++, console.count--) {
        buf[n] = console.bytes[console.head];
        console.head = (console.head + 1) % QUEUE_BYTES;
    }
    g_mutex_unlock(&console.lock);
    if (n)
        chardev_accept_input(console.chardev);
    return n;
}

static void console_write(const uint8_t *buf, size_t len)
{
    chardev_write(console.chardev, buf, len);
}

const char *semihost_chardev(void)
{
    return console.chardev ? chardev_id(console.chardev) : NULL;
}

static bool open_console(const char *id, GError **err)
{
    const struct chardev_client client = { .can_read = can_read, .read = read_bytes, .lock = &console.lock,
                                           .opaque = &console, .guest = true };

    console.chardev = chardev_find(id);
    if (!console.chardev) {
        fail(err, "chardev=%s: there is no chardev with this id", id);
        return false;
    }
    if (!chardev_attach(console.chardev, &client, err))
        return false;
    semihost.console_read = console_read;
    semihost.console_write = console_write;
    return true;
}

/* -- Options -- */

static bool enable(struct cmdline *c, GError **err)
{
    if (c->rr == REPLAY_NONE)
        return semihost.on = true;
    fail(err, "what the calls read of the host is no part of a recording");
    return false;
}

bool opt_semihosting(struct cmdline *c, const char *arg, GError **err)
{
    return enable(c, err);
}

struct arguments {
    struct opts *o;
    GString *text;
};

/* arg= as often as there are arguments. */
static bool add_argument(const char *key, const char *value, void *opaque)
{
    struct arguments *a = opaque;

    if (!strcmp(key, "arg")) {
        g_string_append_printf(a->text, "%s%s", a->text->len ? " " : "", value);
        opts_take(a->o, key);
    }
    return true;
}

static bool set_folder(const char *path, GError **err)
{
    semihost.folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (semihost.folder >= 0)
        return true;
    fail(err, "folder=%s: %s", path, g_strerror(errno));
    return false;
}

bool opt_semihosting_config(struct cmdline *c, const char *arg, GError **err)
{
    static const char *const targets[] = { "native", "gdb", "auto", NULL };
    g_autoptr(GString) text = g_string_new(NULL);
    unsigned target = SEMIHOST_NATIVE; /* in the order of enum semihost_target */
    bool on = true;
    struct opts *o = opts_parse(arg, "enable", err);

    if (!o)
        return false;
    opts_foreach(o, add_argument, &(struct arguments){ o, text });
    opts_take(o, "arg");
    const char *chardev = opts_take(o, "chardev"), *folder = opts_take(o, "folder");
    bool ok = opts_take_bool(o, "enable", &on, err) && opts_take_enum(o, "target", targets, &target, err) &&
              opts_take_bool(o, "userspace", &semihost.userspace, err) && opts_done(o, "-semihosting-config", err);
    semihost.target = target;
    if (ok && text->len) {
        g_ptr_array_add(c->strings, g_string_free(g_steal_pointer(&text), FALSE));
        semihost.cmdline = g_ptr_array_index(c->strings, c->strings->len - 1);
    }
    ok = ok && (!chardev || open_console(chardev, err)) && (!folder || set_folder(folder, err)) &&
         (!on || enable(c, err));
    semihost.on &= on;
    opts_free(o);
    return ok;
}

/* -- What there is to tell -- */

/* The largest part of the memory where nothing was loaded. */
static void find_heap(const struct machine *m)
{
    gpa at = m->ram_base, end = m->ram_base + m->ram_size;

    for (const struct rom *r = roms;; r = r->next) { /* they are in order of their addresses */
        gpa stop = r ? MIN(MAX(r->addr, at), end) : end;
        if (stop > at && stop - at > semihost.heap_limit - semihost.heap_base) {
            semihost.heap_base = at;
            semihost.heap_limit = stop;
        }
        if (!r)
            return;
        at = MIN(MAX(at, r->addr + r->size), end);
    }
}

void semihost_describe(struct cmdline *c, struct machine *m)
{
    if (!semihost.on)
        return;
    find_heap(m);
    if (semihost.cmdline)
        return;
    const char *kernel = m->config.kernel ? m->config.kernel : "", *append = m->config.append;
    g_ptr_array_add(c->strings, g_strdup_printf("%s%s%s", kernel, append ? " " : "", append ? append : ""));
    semihost.cmdline = g_ptr_array_index(c->strings, c->strings->len - 1);
}
