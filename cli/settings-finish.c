/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the settings come to when all options have been read: they are merged, checked against each other, carried over.
 */
#include <stdio.h>
#include <string.h>

#include "accel.h"
#include "block.h"
#include "clock.h"
#include "cmdline.h"
#include "input.h"
#include "ram-source.h"
#include "replay.h"

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
 * Use the accelerator that o asks for. False with a message in *err, which ends the program, or in *why: then another
 * may be tried.
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

/*
 * The first of -accel, or of -machine accel=A:B, that we have and that can be is used; the others are fallen back from.
 */
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
    if (!take_replay(c, o, err) || !opts_take_bool(o, "align", &align, err) ||
        !opts_take_bool(o, "sleep", &icount.sleep, err))
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
    const struct ram_source *source;

    if (!id)
        return true;
    if (!(source = ram_source_find(id, err))) {
        g_prefix_error(err, "-M memory-backend=%s: ", id);
        return false;
    }
    if (c->config.ram_size && c->config.ram_size != source->size) {
        fail(err, "-M memory-backend=%s: its size is not that of -m", id);
        return false;
    }
    if (c->mem_path || c->mem_prealloc) {
        fail(err, "-M memory-backend=%s: it says itself what -mem-path and -mem-prealloc would", id);
        return false;
    }
    c->config.ram_size = source->size;
    c->config.ram[0] = source;
    c->config.nram = 1;
    return true;
}

/* -mem-path and -mem-prealloc, where no object says where the memory comes from. */
static bool take_mem_path(struct cmdline *c, GError **err)
{
    if ((!c->mem_path && !c->mem_prealloc) || c->config.nram)
        return true;
    c->config.ram[0] = ram_source_new(c->mem_path, c->mem_prealloc, err);
    c->config.nram = 1;
    return named(c->config.ram[0], "-mem-path", err);
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
    /* Room for memory that could be plugged in; there is no such memory yet. */
    uint64_t slots = 0, most = 0;
    if (!opts_take_uint(c->memory, "slots", 0, 256, &slots, err) ||
        !opts_take_size(c->memory, "maxmem", &most, err))
        return false;
    if (!opts_done(c->memory, "-m", err))
        return false;
    if (size && (!parse_size(size, 'M', &n) || n > UINT64_MAX - PAGE_SIZE)) { /* 0: the board's default */
        fail(err, "size=%s: expected a size such as 512M or 2G (a bare number is MiB)", size);
        return false;
    }
    if (size)
        c->config.ram_size = (n + PAGE_SIZE - 1) & PAGE_MASK;
    if (most && most < c->config.ram_size)
        fail(err, "maxmem=: expected at least the size, %" G_GUINT64_FORMAT " MiB",
             (guint64)(c->config.ram_size / MiB));
    else if (slots && !most)
        fail(err, "slots=%u: expected maxmem=SIZE too", (unsigned)slots);
    else
        return true;
    return false;
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
    if (run == opt_numa && c->numa)
        return named(numa_resolve(c, err), "-numa", err);
    if (run == opt_name && c->name)
        return named(take_name(c, err), "-name", err);
    return run != opt_rtc || settings_rtc(c, err);
}

bool settings_finish(struct cmdline *c, GError **err)
{
    if (!take_dotted(c, err) || !settings_take(c, opt_icount, err) || !choose_accel(c, err) ||
        !settings_take(c, opt_smp, err) || !settings_take(c, opt_memory, err) || !take_memory_backend(c, err) ||
        !settings_take(c, opt_numa, err) || !take_mem_path(c, err) ||
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
