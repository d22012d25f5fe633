/* SPDX-License-Identifier: BSD-2-Clause */
/* Options that say how things shall be; nothing is opened or made yet. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "block.h"
#include "chardev.h"
#include "cmdline.h"
#include "cpus.h"
#include "fsdev.h"
#include "loader.h"
#include "log.h"
#include "object.h"
#include "runstate.h"
#include "snapshot.h"

/* -- Merging: a later occurrence adds keys and overrides -- */

static bool copy_one(const char *key, const char *value, void *opaque)
{
    opts_set(opaque, key, value);
    return true;
}

static bool merge(struct opts **into, const char *arg, const char *implied, GError **err)
{
    struct opts *o = opts_parse(arg, implied, err);
    if (!o)
        return false;
    if (!*into)
        *into = opts_new();
    opts_foreach(o, copy_one, *into);
    opts_free(o);
    return true;
}

/* -- Machine -- */

bool opt_machine(struct cmdline *c, const char *arg, GError **err)
{
    return merge(&c->machine, arg, "type", err);
}

/* Options that are another way to write a property of the machine. */
static bool set_machine(struct cmdline *c, const char *key, const char *arg)
{
    opts_set(c->machine, key, arg);
    return true;
}

bool opt_bios(struct cmdline *c, const char *arg, GError **err) { return set_machine(c, "firmware", arg); }
bool opt_kernel(struct cmdline *c, const char *arg, GError **err) { return set_machine(c, "kernel", arg); }
bool opt_initrd(struct cmdline *c, const char *arg, GError **err) { return set_machine(c, "initrd", arg); }
bool opt_append(struct cmdline *c, const char *arg, GError **err) { return set_machine(c, "append", arg); }
bool opt_dtb(struct cmdline *c, const char *arg, GError **err) { return set_machine(c, "dtb", arg); }

bool opt_cpu(struct cmdline *c, const char *arg, GError **err)
{
    c->config.cpu = arg;
    return true;
}

bool opt_smp(struct cmdline *c, const char *arg, GError **err) { return merge(&c->smp, arg, "cpus", err); }
bool opt_memory(struct cmdline *c, const char *arg, GError **err) { return merge(&c->memory, arg, "size", err); }
bool opt_icount(struct cmdline *c, const char *arg, GError **err) { return merge(&c->icount, arg, "shift", err); }
bool opt_rtc(struct cmdline *c, const char *arg, GError **err) { return merge(&c->rtc, arg, NULL, err); }
bool opt_name(struct cmdline *c, const char *arg, GError **err) { return merge(&c->name, arg, "guest", err); }

bool opt_accel(struct cmdline *c, const char *arg, GError **err)
{
    struct opts *o = opts_parse(arg, "accel", err);
    if (o)
        g_ptr_array_add(c->accels, o);
    return o != NULL;
}

/* 8-4-4-4-12 hexadecimal digits. */
bool opt_uuid(struct cmdline *c, const char *arg, GError **err)
{
    if (!g_uuid_string_is_valid(arg)) {
        fail(err, "expected a UUID such as 6e9b2d6c-8f0e-4f43-9a05-1c1d4b9a3c5e");
        return false;
    }
    c->config.uuid = arg;
    return true;
}

bool opt_hold(struct cmdline *c, const char *arg, GError **err) { return c->held = true; }
bool opt_no_reboot(struct cmdline *c, const char *arg, GError **err) { return life_actions.reboot_is_shutdown = true; }
bool opt_no_shutdown(struct cmdline *c, const char *arg, GError **err) { return life_actions.shutdown_is_pause = true; }

bool opt_action(struct cmdline *c, const char *arg, GError **err)
{
    static const char *const reboot[] = { "reset", "shutdown", NULL },
                             *const shutdown[] = { "poweroff", "pause", NULL },
                             *const panic[] = { "shutdown", "pause", "exit-failure", "none", NULL };
    struct opts *o = opts_parse(arg, NULL, err);
    unsigned r = life_actions.reboot_is_shutdown, s = life_actions.shutdown_is_pause, p = life_actions.panic;
    bool ok = o && opts_take_enum(o, "reboot", reboot, &r, err) && opts_take_enum(o, "shutdown", shutdown, &s, err) &&
              opts_take_enum(o, "panic", panic, &p, err);
    const char *watchdog = ok ? opts_take(o, "watchdog") : NULL;
    if (watchdog && !watchdog_action_set(watchdog, err)) {
        g_prefix_error(err, "watchdog=%s: ", watchdog);
        ok = false;
    }
    ok = ok && opts_done(o, "-action", err);
    life_actions.reboot_is_shutdown = r;
    life_actions.shutdown_is_pause = s;
    life_actions.panic = p;
    opts_free(o);
    return ok;
}

/* As with QEMU, what is not there needs no default; but it is told. */
static bool add_global(const char *driver, const char *name, const char *value, GError **err)
{
    if (cpu_add_global(driver, name, value))
        return true;
    if (!strcmp(driver, "unimp"))
        return unimp_add_global(name, value, err);
    if (device_type_find(driver))
        return device_add_global(driver, name, value, err);
    fprintf(stderr, "mynah: warning: -global %s.%s=%s: there is no device '%s'\n", driver, name, value, driver);
    return true;
}

/* driver.property=value, or driver=,property=,value=. */
bool opt_global(struct cmdline *c, const char *arg, GError **err)
{
    const char *dot = strchr(arg, '.'), *eq = strchr(arg, '=');
    if (dot && eq && dot < eq) {
        g_autofree char *driver = g_strndup(arg, (size_t)(dot - arg)),
                        *name = g_strndup(dot + 1, (size_t)(eq - dot) - 1);
        return add_global(driver, name, eq + 1, err);
    }
    if (!eq && !opts_listing()) {
        fail(err, "expected DRIVER.PROPERTY=VALUE");
        return false;
    }
    struct opts *o = opts_parse(arg, NULL, err);
    if (!o)
        return false;
    const char *driver = opts_take(o, "driver"), *name = opts_take(o, "property"), *value = opts_take(o, "value");
    bool ok = opts_done(o, "-global", err);
    if (ok && !(driver && name && value)) {
        fail(err, "expected DRIVER.PROPERTY=VALUE");
        ok = false;
    }
    ok = ok && add_global(driver, name, value, err);
    opts_free(o);
    return ok;
}

bool opt_object(struct cmdline *c, const char *arg, GError **err)
{
    struct opts *o = opts_parse(arg, "qom-type", err);
    bool ok = o && object_add(o, err);
    opts_free(o);
    return ok;
}

bool opt_fsdev(struct cmdline *c, const char *arg, GError **err)
{
    struct opts *o = opts_parse(arg, "type", err);
    bool ok = o && fsdev_add(o, err);
    opts_free(o);
    return ok;
}

bool opt_virtfs(struct cmdline *c, const char *arg, GError **err)
{
    struct opts *o = opts_parse(arg, "type", err);
    bool ok = o && fsdev_add_virtfs(o, err);
    opts_free(o);
    return ok;
}

/* -- Data, storage -- */

bool opt_data_dir(struct cmdline *c, const char *arg, GError **err)
{
    if (!g_file_test(arg, G_FILE_TEST_IS_DIR)) /* QEMU's own folder, say, which command lines name */
        fprintf(stderr, "mynah: warning: -L %s: there is no such folder\n", arg);
    data_dir_add(arg);
    return true;
}

bool opt_snapshot(struct cmdline *c, const char *arg, GError **err)
{
    block_set_snapshot(true);
    return true;
}

bool opt_snapshot_dir(struct cmdline *c, const char *arg, GError **err) { return snapshot_set_dir(arg, err); }
bool opt_incoming(struct cmdline *c, const char *arg, GError **err) { return migration_set_incoming(arg, err); }

bool opt_loadvm(struct cmdline *c, const char *arg, GError **err)
{
    c->loadvm = arg;
    return true;
}

/* -- Ports and displays -- */

bool opt_nographic(struct cmdline *c, const char *arg, GError **err)
{
    return c->nographic = true;
}

static bool no_display(const char *arg, GError **err)
{
    fail(err, "mynah has no displays yet; expected none");
    return false;
}

bool opt_display(struct cmdline *c, const char *arg, GError **err)
{
    static const char *const names[] = { "none", "gtk", "sdl", "vnc", "curses", "spice-app", "egl-headless", "dbus",
                                         "cocoa", NULL };
    size_t len = strcspn(arg, ",=");
    g_autofree char *name = g_strndup(arg, len);
    c->display_none = !strcmp(arg, "none");
    if (c->display_none)
        return true;
    for (unsigned i = 0; names[i]; i++)
        if (!strcmp(name, names[i]))
            return no_display(arg, err);
    const char *near = nearest_name(name, names);
    if (near)
        fail(err, "there is no such display; did you mean '%s'?", near);
    else
        fail(err, "there is no such display; expected none");
    return false;
}

bool opt_vga(struct cmdline *c, const char *arg, GError **err)
{
    static const char *const cards[] = { "std", "cirrus", "vmware", "qxl", "xenfb", "tcx", "cg3", "virtio", NULL };

    if (!strcmp(arg, "none"))
        return true;
    for (unsigned i = 0; cards[i]; i++)
        if (!strcmp(arg, cards[i])) {
            fprintf(stderr, "mynah: warning: -vga %s: no machine here has a place for it\n", arg);
            return true;
        }
    fail(err, "there is no such graphics card; expected none");
    return false;
}

bool opt_parallel(struct cmdline *c, const char *arg, GError **err)
{
    if (!strcmp(arg, "none") || !strcmp(arg, "null"))
        return true;
    fail(err, "no machine here has a parallel port; expected none");
    return false;
}

/* Here only what the option says about the default ports; the ports are made later. */
bool opt_count_serial(struct cmdline *c, const char *arg, GError **err)
{
    c->default_serial = false;
    if (g_str_has_prefix(arg, "mon:"))
        c->default_monitor = false;
    return true;
}

bool opt_count_monitor(struct cmdline *c, const char *arg, GError **err)
{
    c->default_monitor = false;
    return true;
}

bool opt_echr(struct cmdline *c, const char *arg, GError **err)
{
    uint64_t n;
    if (!parse_uint(arg, &n) || n > 255) {
        fail(err, "expected the code of a character, 0 to 255");
        return false;
    }
    chardev_escape = (uint8_t)n;
    return true;
}

/* -- Process -- */

bool opt_daemonize(struct cmdline *c, const char *arg, GError **err) { return c->daemonize = true; }
bool opt_nodefaults(struct cmdline *c, const char *arg, GError **err) { return c->no_defaults = true; }
bool opt_ignored(struct cmdline *c, const char *arg, GError **err) { return true; }

bool opt_pidfile(struct cmdline *c, const char *arg, GError **err)
{
    c->pidfile = arg;
    return true;
}

bool opt_msg(struct cmdline *c, const char *arg, GError **err)
{
    struct opts *o = opts_parse(arg, "timestamp", err);
    bool guest_name = false;
    bool ok = o && opts_take_bool(o, "timestamp", &c->timestamps, err) &&
              opts_take_bool(o, "guest-name", &guest_name, err) && opts_done(o, "-msg", err);
    opts_free(o);
    return ok;
}

bool opt_mem_path(struct cmdline *c, const char *arg, GError **err)
{
    c->mem_path = arg;
    return true;
}

bool opt_mem_prealloc(struct cmdline *c, const char *arg, GError **err) { return c->mem_prealloc = true; }

bool opt_overcommit(struct cmdline *c, const char *arg, GError **err)
{
    struct opts *o = opts_parse(arg, NULL, err);
    bool lock = false, cpu_pm = false;
    bool ok = o && opts_take_bool(o, "mem-lock", &lock, err) && opts_take_bool(o, "cpu-pm", &cpu_pm, err) &&
              opts_done(o, "-overcommit", err);
    opts_free(o);
    if (ok && lock && mlockall(MCL_CURRENT | MCL_FUTURE)) {
        fail(err, "mem-lock=on: %s", g_strerror(errno));
        ok = false;
    }
    return ok;
}

/* -- Logs -- */

bool opt_log(struct cmdline *c, const char *arg, GError **err)
{
    unsigned mask;
    g_autoptr(GString) notes = g_string_new(NULL);
    if (!log_parse(arg, &mask, notes, err))
        return false;
    g_auto(GStrv) lines = g_strsplit(notes->str, "\n", -1);
    for (char **l = lines; *l && **l; l++)
        fprintf(stderr, "mynah: warning: -d %s\n", *l);
    log_set(mask);
    return true;
}

bool opt_log_file(struct cmdline *c, const char *arg, GError **err)
{
    if (log_open(arg))
        return true;
    fail(err, "%s", g_strerror(errno));
    return false;
}

bool opt_log_filter(struct cmdline *c, const char *arg, GError **err)
{
    if (log_set_filter(arg))
        return true;
    fail(err, "expected addresses such as 0x8000..0x8fff,0x1000+0x200,0x7000-0x100");
    return false;
}
