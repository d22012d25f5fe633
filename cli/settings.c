/* SPDX-License-Identifier: BSD-2-Clause */
/* Options that say how things shall be; nothing is opened or made yet. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "accel.h"
#include "block.h"
#include "chardev.h"
#include "clock.h"
#include "cmdline.h"
#include "cpu.h"
#include "cpus.h"
#include "input.h"
#include "loader.h"
#include "log.h"
#include "object.h"
#include "replay.h"
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
    if (watchdog && !watchdog_action_ok(watchdog, err)) {
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

/* -- After all of them -- */

/* Name the option where the message does not yet. */
static bool named(bool ok, const char *option, GError **err)
{
    if (!ok && !g_str_has_prefix((*err)->message, "-"))
        g_prefix_error(err, "%s: ", option);
    return ok;
}

void fail_accel(const char *option, const char *name, GError **err)
{
    static const char *const others[] = { "kvm", "hvf", "whpx", "xen", "nvmm", "qtest", "mshv", NULL };
    g_autofree const char **names = accel_names();
    const char *near = nearest_name(name, names);
    g_autofree char *all = g_strjoinv(", ", (char **)names);

    for (unsigned i = 0; others[i]; i++)
        if (!strcmp(name, others[i])) {
            fail(err, "%s %s: QEMU has this accelerator, mynah does not yet; expected one of: %s", option, name, all);
            return;
        }
    if (near)
        fail(err, "%s %s: there is no such accelerator; did you mean '%s'?", option, name, near);
    else
        fail(err, "%s %s: there is no such accelerator; expected one of: %s", option, name, all);
}

/* Use it, with its properties. */
static bool configure_accel(const struct accel *a, struct opts *o, GError **err)
{
    g_autofree char *option = g_strdup_printf("-accel %s", a->name);

    accel = a->configure(o, err);
    return named(accel, option, err);
}

/*
 * Use the accelerator that o asks for. False with a message in *err, which ends the program, or in *why: then another may
 * be tried.
 */
static bool try_accel(const char *option, struct opts *o, GError **err, GError **why)
{
    const char *name = opts_take(o, "accel");
    const struct accel *a = name ? accel_find(name) : NULL;

    if (!name)
        fail(err, "-accel: expected an accelerator first (see -accel help)");
    else if (!a)
        fail_accel(option, name, why);
    else if (configure_accel(a, o, err) && (!accel->usable || accel->usable(why)))
        return true;
    else if (*why)
        g_prefix_error(why, "%s %s: failed to initialize %s: ", option, name, name);
    return false;
}

/* The first of -accel, or of -machine accel=A:B, that we have and that can be is used; the others are fallen back from. */
static bool choose_accel(struct cmdline *c, GError **err)
{
    const char *list = opts_take(c->machine, "accel"), *option = list ? "-machine accel" : "-accel";

    if (list && c->accels->len) {
        fail(err, "-accel cannot be combined with -machine accel=");
        return false;
    }
    g_auto(GStrv) names = g_strsplit(list ? list : c->accels->len ? "" : accels[0]->name, ":", -1);
    for (char **n = names; *n; n++) {
        struct opts *o = opts_new();
        opts_set(o, "accel", *n);
        g_ptr_array_add(c->accels, o);
    }
    g_autoptr(GString) skipped = g_string_new(NULL);
    for (guint i = 0; i < c->accels->len; i++) {
        GError *why = NULL;
        if (try_accel(option, c->accels->pdata[i], err, &why)) {
            if (skipped->len)
                fprintf(stderr, "mynah: warning: %sfalling back to %s\n", skipped->str, accel->name);
            return true;
        }
        if (why && i + 1 < c->accels->len) {
            g_string_append_printf(skipped, "%s; ", why->message);
            g_error_free(why);
            continue;
        }
        if (why)
            g_propagate_error(err, why);
        return false;
    }
    fail(err, "%s: expected an accelerator (see -accel help)", option);
    return false;
}

static bool take_replay(struct cmdline *c, struct opts *o, GError **err)
{
    static const char *const modes[] = { [REPLAY_NONE] = "none", [REPLAY_RECORD] = "record", [REPLAY_PLAY] = "replay",
                                         NULL };
    if (!opts_take_enum(o, "rr", modes, &c->rr, err))
        return false;
    c->rrfile = opts_take(o, "rrfile");
    c->rrsnapshot = opts_take(o, "rrsnapshot");
    if (c->rr != REPLAY_NONE && !c->rrfile) {
        fail(err, "rr=%s: expected rrfile=FILE", modes[c->rr]);
        return false;
    }
    return true;
}

static bool take_icount(struct cmdline *c, GError **err)
{
    struct opts *o = c->icount;
    const char *shift = opts_take(o, "shift");
    uint64_t n = 0;
    bool align = false;
    icount.sleep = true;
    if (!take_replay(c, o, err) || !opts_take_bool(o, "align", &align, err) || !opts_take_bool(o, "sleep", &icount.sleep, err))
        return false;
    if (!shift) {
        if (opts_done(o, "-icount", err))
            fail(err, "expected shift=N, a number from 0 to %d or auto", ICOUNT_SHIFT_MAX);
        return false;
    }
    if (align && !icount.sleep) {
        fail(err, "align=on: an idle machine waits for real time too: sleep=off is not possible with it");
        return false;
    }
    icount.adapt = !strcmp(shift, "auto");
    if (icount.adapt)
        n = ICOUNT_SHIFT_AUTO;
    else if (!opts_take_uint(o, "shift", 0, ICOUNT_SHIFT_MAX, &n, err))
        return false;
    if (c->rr != REPLAY_NONE)
        icount.adapt = false; /* how fast the host is must not matter */
    icount.on = true;
    icount.align = align;
    icount.shift = (unsigned)n;
    return opts_done(o, "-icount", err);
}

/* -M memory-backend=ID says how large the memory is, and must not say otherwise than -m. */
static bool take_memory_backend(struct cmdline *c, GError **err)
{
    const char *id = opts_take(c->machine, "memory-backend");
    uint64_t size;
    if (!id)
        return true;
    if (!object_memory(id, &size, err)) {
        g_prefix_error(err, "-M memory-backend=%s: ", id);
        return false;
    }
    if (c->config.ram_size && c->config.ram_size != size) {
        fail(err, "-M memory-backend=%s: its size is not that of -m", id);
        return false;
    }
    c->config.ram_size = (size + PAGE_SIZE - 1) & PAGE_MASK;
    return true;
}

/* "smp.cores=2" and the like among the properties of -M are other ways to write options: they go to those. */
struct moving {
    struct cmdline *c;
    const char *prefix;
    struct opts **to;
};

static bool move_one(const char *key, const char *value, void *opaque)
{
    struct moving *m = opaque;
    if (g_str_has_prefix(key, m->prefix)) {
        if (!*m->to)
            *m->to = opts_new();
        opts_set(*m->to, key + strlen(m->prefix), value);
        opts_take(m->c->machine, key);
    }
    return true;
}

static bool take_dotted(struct cmdline *c, GError **err)
{
    struct opts *boot = NULL;
    const char *memory = opts_take(c->machine, "memory");
    opts_foreach(c->machine, move_one, &(struct moving){ c, "smp.", &c->smp });
    opts_foreach(c->machine, move_one, &(struct moving){ c, "memory.", &c->memory });
    opts_foreach(c->machine, move_one, &(struct moving){ c, "boot.", &boot });
    if (memory) {
        c->memory = c->memory ? c->memory : opts_new();
        opts_set(c->memory, "size", memory);
    }
    bool ok = !boot || named(boot_check(boot, err), "-boot", err);
    opts_free(boot);
    return ok;
}

static bool take_memory(struct cmdline *c, GError **err)
{
    const char *size = opts_take(c->memory, "size");
    uint64_t n;
    for (const char *const *p = (const char *const[]){ "slots", "maxmem", NULL }; *p; p++)
        if (opts_peek(c->memory, *p)) {
            fail(err, "%s: QEMU has memory hot-plug, mynah does not yet", *p);
            return false;
        }
    if (!opts_done(c->memory, "-m", err))
        return false;
    if (size && (!parse_size(size, 'M', &n) || n > UINT64_MAX - PAGE_SIZE)) { /* 0: the board's default */
        fail(err, "size=%s: expected a size such as 512M or 2G (a bare number is MiB)", size);
        return false;
    }
    if (size)
        c->config.ram_size = (n + PAGE_SIZE - 1) & PAGE_MASK;
    return true;
}

static bool take_name(struct cmdline *c, GError **err)
{
    bool threads = false;
    c->config.guest_name = opts_take(c->name, "guest");
    c->process_name = opts_take(c->name, "process");
    return opts_take_bool(c->name, "debug-threads", &threads, err) && opts_done(c->name, "-name", err);
}

/* Once all settings are sound: inputs wait for boundaries, and the log is opened. */
bool settings_inputs(struct cmdline *c, GError **err)
{
    if (icount.on)
        input_gate_close();
    if (c->rr == REPLAY_NONE)
        return true;
    block_set_snapshot(true); /* the image stays what it is, and so can be replayed against */
    return named(replay_open(c->rr, c->rrfile, err), "-icount", err);
}

bool settings_rtc(struct cmdline *c, GError **err)
{
    static const char *const fixes[] = { "none", "slew", NULL }; /* no board has a clock that drifts */
    unsigned fix = 0;
    if (!c->rtc)
        return true;
    const char *base = opts_take_or(c->rtc, "base", "utc"), *clock = opts_take_or(c->rtc, "clock", "host");
    bool ok = opts_take_enum(c->rtc, "driftfix", fixes, &fix, err) && opts_done(c->rtc, "-rtc", err) &&
              clock_set_rtc(base, clock, err);
    return named(ok, "-rtc", err);
}

bool settings_take(struct cmdline *c, option_fn *run, GError **err)
{
    if (run == opt_icount && c->icount)
        return named(take_icount(c, err), "-icount", err);
    if (run == opt_smp && c->smp)
        return named(smp_resolve(c->smp, &c->config, err), "-smp", err);
    if (run == opt_memory && c->memory)
        return named(take_memory(c, err), "-m", err);
    if (run == opt_name && c->name)
        return named(take_name(c, err), "-name", err);
    return run != opt_rtc || settings_rtc(c, err);
}

bool settings_finish(struct cmdline *c, GError **err)
{
    if (!take_dotted(c, err) || !settings_take(c, opt_icount, err) || !choose_accel(c, err) ||
        !settings_take(c, opt_smp, err) || !settings_take(c, opt_memory, err) || !take_memory_backend(c, err) ||
        !settings_take(c, opt_name, err))
        return false;
    c->config.type = opts_take(c->machine, "type");
    c->config.props = c->machine;
    if (!c->config.type && !opts_peek(c->machine, "dtb") && !c->system) {
        fail(err, "-M: no machine is given (see -M help)");
        return false;
    }
    if (c->no_defaults)
        c->default_serial = c->default_monitor = false;
    if (c->daemonize && c->nographic && (c->default_serial || c->default_monitor)) {
        fail(err, "-nographic cannot be used with -daemonize");
        return false;
    }
    return true;
}
