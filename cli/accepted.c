/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Options that QEMU's command lines carry and that have little to say to the machines here: they are checked, so that
 * mistakes show, and what asks for something that is not there yet is refused.
 */
#include <string.h>

#include "cmdline.h"
#include "runstate.h"

static bool not_yet(const char *what, GError **err)
{
    fail(err, "QEMU has this, mynah does not yet; expected %s", what);
    return false;
}

/* -- -boot -- */

/* The letters of drives, "a" to "p", each once. */
static bool check_order(const char *key, const char *order, GError **err)
{
    for (const char *c = order; c && *c; c++)
        if (*c < 'a' || *c > 'p' || strchr(c + 1, *c)) {
            fail(err, "%s=%s: expected letters from a to p, each once", key, order);
            return false;
        }
    return true;
}

bool boot_check(struct opts *o, GError **err)
{
    static const char *const later[] = { "splash", "splash-time", "reboot-timeout", NULL };
    bool menu = false, strict = false;

    for (const char *const *k = later; *k; k++)
        if (opts_peek(o, *k)) {
            fail(err, "%s: QEMU has this property, mynah does not yet", *k);
            return false;
        }
    return check_order("order", opts_take(o, "order"), err) && check_order("once", opts_take(o, "once"), err) &&
           opts_take_bool(o, "menu", &menu, err) && opts_take_bool(o, "strict", &strict, err) &&
           opts_done(o, "-boot", err);
}

bool opt_boot(struct cmdline *c, const char *arg, GError **err)
{
    struct opts *o = opts_parse(arg, "order", err);
    bool ok = o && boot_check(o, err);
    opts_free(o);
    return ok;
}

/* -- What can only be "none" -- */

bool opt_keyboard(struct cmdline *c, const char *arg, GError **err)
{
    return true; /* the layout of a keyboard on a display that is not there */
}

static bool only_none(const char *arg, const char *implied, bool has_id, const char *option, GError **err)
{
    struct opts *o = opts_parse(arg, implied, err);
    const char *driver = o ? opts_take(o, implied) : NULL;
    bool ok = o != NULL;

    if (ok && has_id && !opts_take(o, "id")) {
        fail(err, "expected id=NAME");
        ok = false;
    }
    if (ok && g_strcmp0(driver, "none"))
        ok = not_yet("none", err);
    else if (ok && !has_id)
        opts_take(o, "model"); /* the card that would play to nobody */
    ok = ok && opts_done(o, option, err);
    opts_free(o);
    return ok;
}

bool opt_audio(struct cmdline *c, const char *arg, GError **err)
{
    return only_none(arg, "driver", false, "-audio", err);
}

bool opt_audiodev(struct cmdline *c, const char *arg, GError **err)
{
    return only_none(arg, "driver", true, "-audiodev", err);
}

bool opt_vnc(struct cmdline *c, const char *arg, GError **err)
{
    return !strcmp(arg, "none") || not_yet("none", err);
}

bool opt_sandbox(struct cmdline *c, const char *arg, GError **err)
{
    struct opts *o = opts_parse(arg, "enable", err);
    bool on = true;
    bool ok = o && opts_take_bool(o, "enable", &on, err);

    ok = ok && opts_done(o, "-sandbox", err) && (!on || not_yet("off", err));
    opts_free(o);
    return ok;
}

/* -- The rest -- */

bool opt_run_with(struct cmdline *c, const char *arg, GError **err)
{
    struct opts *o = opts_parse(arg, NULL, err);
    bool ok = o != NULL, teardown = false; /* a matter of how memory is freed at exit */

    for (const char *const *k = (const char *const[]){ "chroot", "user", "exit-with-parent", NULL }; ok && *k; k++)
        if (opts_peek(o, *k)) {
            fail(err, "%s: QEMU has this property, mynah does not yet", *k);
            ok = false;
        }
    ok = ok && opts_take_bool(o, "async-teardown", &teardown, err) && opts_done(o, "-run-with", err);
    opts_free(o);
    return ok;
}

/* What a watchdog does when it runs out. */
bool watchdog_action_set(const char *action, GError **err)
{
    for (unsigned i = 0; watchdog_actions[i]; i++) {
        if (strcmp(action, watchdog_actions[i]))
            continue;
        life_actions.watchdog = i;
        return true;
    }
    g_autofree char *list = g_strjoinv(", ", (char **)watchdog_actions);
    fail(err, "expected one of: %s", list);
    return false;
}

bool opt_watchdog_action(struct cmdline *c, const char *arg, GError **err)
{
    return watchdog_action_set(arg, err);
}

bool opt_seed(struct cmdline *c, const char *arg, GError **err)
{
    uint64_t n;

    if (!parse_uint(arg, &n)) {
        fail(err, "expected a number");
        return false;
    }
    c->config.seed = n;
    return c->config.seeded = true;
}
