/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mynah run FILE [OPTION...] [--] [ARGUMENT...]: a program for a microcontroller or a bare machine. What machine it is
 * for is guessed and said, and options are added that let it talk: its serial port and its semihosting.
 */
#include <stdio.h>
#include <string.h>

#include "cmdline.h"
#include "guess.h"

static void add(struct cmdline *c, const char *option, char *arg)
{
    if (arg)
        g_ptr_array_add(c->strings, arg);
    cmdline_add(c, option, arg);
}

/* The whole command, for who wants to change it. */
static void say(const struct cmdline *c)
{
    g_autoptr(GString) s = g_string_new("mynah");

    for (guint i = 0; i < c->list->len; i++) {
        const struct occurrence *o = &g_array_index(c->list, struct occurrence, i);
        bool plain = o->arg && *o->arg && !strpbrk(o->arg, " \t\n\"'\\$`*?[]{}()<>|&;#~!");
        g_autofree char *quoted = !o->arg || plain ? NULL : g_shell_quote(o->arg);
        g_string_append_printf(s, " -%s%s%s", o->option->name, o->arg ? " " : "",
                               quoted ? quoted : o->arg ? o->arg : "");
    }
    fprintf(stderr, "mynah: %s\n", s->str);
}

static bool has_any(const struct cmdline *c, const char *const *names)
{
    for (; *names; names++)
        if (cmdline_has(c, *names))
            return true;
    return false;
}

/* The arguments as semihosting has them: the file, then those behind it. */
static char *semihosting_arguments(const struct cmdline *c)
{
    GString *s = g_string_new("enable=on");

    for (guint i = 0; i < c->words->len; i++) {
        g_string_append(s, ",arg=");
        for (const char *p = g_ptr_array_index(c->words, i); *p; p++)
            g_string_append_printf(s, *p == ',' ? ",," : "%c", *p);
    }
    return g_string_free(s, FALSE);
}

/* The machine, unless the user names it. */
static bool add_machine(struct cmdline *c, const char *file, GError **err)
{
    static const char *const machine[] = { "M", "machine", NULL };
    struct guess g;

    if (has_any(c, machine))
        return true;
    if (!machine_guess(file, &g, err))
        return false;
    fprintf(stderr, "mynah: %s: %s\n", file, g.why);
    add(c, "M", g_strdup(g.board));
    if (g.cpu && !cmdline_has(c, "cpu"))
        add(c, "cpu", g_strdup(g.cpu));
    if (g.bios && !cmdline_has(c, "bios"))
        add(c, "bios", g_strdup(g.bios));
    guess_free(&g);
    return true;
}

bool run_complete(struct cmdline *c, GError **err)
{
    static const char *const talks[] = { "serial", "nographic", NULL }, *const semihosting[] = {
        "semihosting", "semihosting-config", NULL };

    if (!c->words->len) {
        fail(err, "run: expected a program: mynah run FILE [OPTION...] [--] [ARGUMENT...]");
        return false;
    }
    const char *file = g_ptr_array_index(c->words, 0);
    if (!add_machine(c, file, err))
        return false;
    if (!has_any(c, talks)) {
        if (!cmdline_has(c, "display"))
            add(c, "display", g_strdup("none"));
        if (!cmdline_has(c, "monitor"))
            add(c, "monitor", g_strdup("none"));
        add(c, "serial", g_strdup("stdio"));
    }
    if (!has_any(c, semihosting) && c->words->len > 1)
        add(c, "semihosting-config", semihosting_arguments(c));
    else if (!has_any(c, semihosting))
        add(c, "semihosting", NULL);
    add(c, "kernel", g_strdup(file));
    say(c);
    return true;
}
