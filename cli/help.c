/* SPDX-License-Identifier: BSD-2-Clause */
/* What can be chosen: --help and the lists behind "help" as an argument. */
#include <stdio.h>
#include <string.h>

#include "accel.h"
#include "chardev.h"
#include "cmdline.h"
#include "cpu.h"
#include "loader.h"
#include "log.h"
#include "net.h"
#include "object.h"
#include "plug.h"
#include "qemu-version.h"

static bool is_help(const char *s, size_t len)
{
    return (len == 4 && !strncmp(s, "help", 4)) || (len == 1 && *s == '?');
}

/* "help" alone. */
static bool plain_help(const char *arg)
{
    return is_help(arg, strlen(arg));
}

/* The argument without a last ",help"; NULL if it has none. To be freed. */
static char *without_help(const char *arg)
{
    const char *last = strrchr(arg, ',');

    return last && is_help(last + 1, strlen(last + 1)) ? g_strndup(arg, (size_t)(last - arg)) : NULL;
}

/* "NAME,help" or "KEY=NAME,help": the name, to be freed; NULL if no help is asked for. */
static char *help_on(const char *arg)
{
    g_autofree char *given = without_help(arg);
    if (!given)
        return NULL;
    const char *end = strchr(arg, ','), *eq = memchr(arg, '=', (size_t)(end - arg));
    return g_strndup(eq ? eq + 1 : arg, (size_t)(end - (eq ? eq + 1 : arg)));
}

bool list_keys(struct cmdline *c, const struct option *o, const char *arg, GString *out)
{
    g_autofree char *rest = plain_help(arg) ? g_strdup("") : without_help(arg);
    GError *err = NULL;

    if (!rest)
        return false;
    opts_list_into(out);
    bool ok = o->run(c, rest, &err) && settings_take(c, o->run, &err);
    opts_list_into(NULL);
    if (!out->len && !ok) {
        g_prefix_error(&err, "-%s %s: ", o->name, arg);
        c->list_error = err;
    } else {
        g_clear_error(&err);
    }
    return true;
}

bool list_machines(struct cmdline *c, const struct option *o, const char *arg, GString *out)
{
    g_autofree char *name = help_on(arg);
    if (name && !machine_help(name, c->system, out))
        fail(&c->list_error, "-M %s: there is no such machine (see -M help)", name);
    if (name)
        return true;
    if (!plain_help(arg) && strcmp(arg, "type=help"))
        return false;
    machine_list(c->system, out);
    return true;
}

static bool has_model(const struct cpu_arch *arch, const char *name)
{
    const struct cpu_model *m = arch->models;

    while (m->name && strcmp(m->name, name))
        m++;
    return m->name;
}

/* Under a system's name the CPUs of its boards; else all. */
static bool of_system(const struct cpu_arch *arch, const char *system)
{
    if (!system)
        return true;
    for (unsigned i = 0; boards[i]; i++) {
        if (!g_strcmp0(boards[i]->system, system) && !strcmp(boards[i]->arch, arch->name))
            return true;
    }
    return false;
}

/* The system's architecture that has the model; of a name that none has the first complains. */
static const struct cpu_arch *arch_of_model(const char *system, const char *name)
{
    const struct cpu_arch *first = NULL;

    for (unsigned i = 0; cpu_archs[i]; i++) {
        if (!of_system(cpu_archs[i], system))
            continue;
        if (name && has_model(cpu_archs[i], name))
            return cpu_archs[i];
        if (!first)
            first = cpu_archs[i];
    }
    return first ? first : cpu_archs[0];
}

/* The system that the program's name or the machine says; NULL: neither does. */
static const char *system_of(const struct cmdline *c)
{
    const char *arg = cmdline_last(c, "M");
    struct opts *machine;
    const struct board *b;

    if (c->system || (!arg && !(arg = cmdline_last(c, "machine"))) || !(machine = opts_parse(arg, "type", NULL)))
        return c->system;
    b = opts_peek(machine, "type") ? board_find(opts_peek(machine, "type"), NULL) : NULL;
    opts_free(machine);
    return b ? b->system : NULL;
}

/* "MODEL,FEATURE=on,help" */
static bool describe_cpu(struct cmdline *c, const char *arg, GString *out)
{
    const char *system = system_of(c);
    g_autofree char *given = without_help(arg);
    struct opts *model = given ? opts_parse(given, "model", &c->list_error) : NULL;

    if (!model)
        return given;
    arch_of_model(system, opts_peek(model, "model"))->describe_model(model, system, out, &c->list_error);
    opts_free(model);
    return true;
}

bool list_cpus(struct cmdline *c, const struct option *o, const char *arg, GString *out)
{
    if (describe_cpu(c, arg, out))
        return true;
    if (!plain_help(arg))
        return false;
    const char *system = system_of(c);
    g_string_append(out, "Available CPUs:\n");
    for (unsigned i = 0; cpu_archs[i]; i++)
        for (const struct cpu_model *m = cpu_archs[i]->models; m->name && of_system(cpu_archs[i], system); m++)
            g_string_append_printf(out, "  %-14s %s\n", m->name, m->desc);
    return true;
}

bool list_devices(struct cmdline *c, const struct option *o, const char *arg, GString *out)
{
    g_autofree char *name = help_on(arg);
    if (name && !device_help(name, out))
        fail(&c->list_error, "-device %s: there is no such device (see -device help)", name);
    if (name)
        return true;
    if (!plain_help(arg) && strcmp(arg, "driver=help"))
        return false;
    device_list(out);
    return true;
}

bool list_chardevs(struct cmdline *c, const struct option *o, const char *arg, GString *out)
{
    if (!plain_help(arg) && strcmp(arg, "backend=help"))
        return list_keys(c, o, arg, out);
    g_string_append(out, "Available chardev backend types:\n");
    chardev_list(out);
    return true;
}

bool list_topics(struct cmdline *c, const struct option *o, const char *arg, GString *out)
{
    if (!plain_help(arg))
        return false;
    log_list(out);
    return true;
}

bool list_accels(struct cmdline *c, const struct option *o, const char *arg, GString *out)
{
    g_autofree char *name = help_on(arg);
    const struct accel *a = name ? accel_find(name) : NULL;
    if (name && !a)
        fail_accel("-accel", name, &c->list_error);
    if (a) {
        g_string_append_printf(out, "%s options:\n", a->name);
        a->help(out);
    }
    if (name)
        return true;
    if (!plain_help(arg))
        return false;
    g_string_append(out, "Accelerators supported in mynah:\n");
    for (unsigned i = 0; accels[i]; i++)
        g_string_append_printf(out, "%-7s %s%s\n", accels[i]->name, accels[i]->desc, i ? "" : " (default)");
    return true;
}

bool list_netdevs(struct cmdline *c, const struct option *o, const char *arg, GString *out)
{
    if (strstr(arg, "model=help") || strstr(arg, "model=?")) {
        const struct nic_default *row = machine_defaults(&c->config, c->system)->nics;
        g_string_append(out, "Available NIC models:\n");
        for (; row->model; row++)
            g_string_append_printf(out, "%s\n", row->model);
        return true;
    }
    if (!plain_help(arg) && strcmp(arg, "type=help"))
        return list_keys(c, o, arg, out);
    g_string_append(out, "Available netdev backend types:\n");
    net_list(out);
    return true;
}

bool list_drives(struct cmdline *c, const struct option *o, const char *arg, GString *out)
{
    if (strcmp(arg, "format=help") && strcmp(arg, "format=?"))
        return list_keys(c, o, arg, out);
    g_string_append(out, "Supported formats: raw\n");
    return true;
}

bool list_nodes(struct cmdline *c, const struct option *o, const char *arg, GString *out)
{
    if (!plain_help(arg) && strcmp(arg, "driver=help"))
        return list_keys(c, o, arg, out);
    g_string_append(out, "Available block drivers:\nfile\nraw\n");
    return true;
}

bool list_displays(struct cmdline *c, const struct option *o, const char *arg, GString *out)
{
    if (!plain_help(arg))
        return false;
    g_string_append(out, "Available display types:\nnone\n");
    return true;
}

bool list_none(struct cmdline *c, const struct option *o, const char *arg, GString *out)
{
    if (!plain_help(arg))
        return false;
    g_string_append(out, "none\n");
    return true;
}

bool list_ports(struct cmdline *c, const struct option *o, const char *arg, GString *out)
{
    if (!plain_help(arg))
        return false;
    g_string_append(out, "stdio                       standard input and output\n"
                         "mon:DEV                     DEV with a monitor beside it, Ctrl-a c changes\n"
                         "pty[:LINK]                  a pseudo-terminal\n"
                         "null, none                  nothing\n"
                         "file:FILE                   output only\n"
                         "pipe:NAME                   FIFOs NAME.in and NAME.out\n"
                         "unix:PATH[,server[,nowait]] a socket; tcp:HOST:PORT, telnet:HOST:PORT\n"
                         "chardev:ID                  a -chardev (-chardev help)\n");
    return true;
}

bool list_objects(struct cmdline *c, const struct option *o, const char *arg, GString *out)
{
    if (!plain_help(arg) && strcmp(arg, "qom-type=help"))
        return list_keys(c, o, arg, out);
    object_list(out);
    return true;
}

static void add_line(const char *dir, void *opaque)
{
    g_string_append_printf(opaque, "%s\n", dir);
}

bool list_data_dirs(struct cmdline *c, const struct option *o, const char *arg, GString *out)
{
    if (!plain_help(arg))
        return false;
    data_dir_foreach(add_line, out);
    return true;
}

/* -- --help, -version -- */

/* Scripts take the number behind QEMU's words for what they may ask: the release whose command line this is. */
void help_version(const struct cmdline *c, GString *out)
{
    if (c->as_qemu)
        g_string_append(out, "QEMU emulator version " QEMU_VERSION " (mynah-" VERSION ")\n");
    g_string_append(out, "Mynah machine emulator version " VERSION "\n");
}

void help_options(const struct cmdline *c, GString *out)
{
    static const char *const titles[G_COUNT] = {
        [G_MACHINE] = "Machine and CPUs", [G_BOOT] = "Firmware and kernel", [G_STORAGE] = "Disks",
        [G_NET] = "Networks",             [G_CHAR] = "Serial ports, consoles and monitors",
        [G_DISPLAY] = "Displays",         [G_DEBUG] = "Debugging and logs", [G_PROCESS] = "The process",
    };
    help_version(c, out);
    if (c->system)
        g_string_append_printf(out, "usage: %s-system-%s [options] [disk image]\n", c->as_qemu ? "qemu" : "mynah",
                               c->system);
    else
        g_string_append(out, "usage: mynah -M MACHINE [options] [disk image]\n"
                             "       mynah run FILE [options] [--] [arguments of the program]\n");
    g_string_append(
        out,
        "Options are QEMU's; \"help\" as the argument of -M, -cpu, -device, -chardev, -d ... lists the choices.\n");
    for (unsigned g = 0; g < G_COUNT; g++) {
        g_string_append_printf(out, "\n%s:\n", titles[g]);
        for (const struct option *o = option_table; o->name; o++) {
            if (!o->form || o->group != g)
                continue;
            g_autofree char *left = g_strconcat("-", o->form, NULL);
            if (strlen(left) < 30)
                g_string_append_printf(out, "%-30s %s\n", left, o->help);
            else
                g_string_append_printf(out, "%s\n%-30s %s\n", left, "", o->help);
        }
    }
}
