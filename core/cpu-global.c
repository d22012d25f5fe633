/* SPDX-License-Identifier: BSD-2-Clause */
/* -global for CPUs: what it says comes between a model and the features that -cpu gives it, which win. */
#include <glib.h>
#include <string.h>

#include "cpu.h"
#include "cpus.h"

struct cpu_global {
    char *driver, *name, *value;
};

static GArray *globals; /* struct cpu_global */

/* True if the driver is the type of all CPUs of an architecture ("riscv-cpu") or of a model ("rv64-riscv-cpu"). */
static bool names(const char *driver, const struct cpu_arch *arch, const char *model)
{
    g_autofree char *all = g_strdup_printf("%s-cpu", arch->name);
    g_autofree char *one = g_strdup_printf("%s-%s", model, all);

    return !strcmp(driver, all) || !strcmp(driver, one);
}

bool cpu_add_global(const char *driver, const char *name, const char *value)
{
    bool known = false;

    for (unsigned i = 0; cpu_archs[i]; i++)
        for (const struct cpu_model *m = cpu_archs[i]->models; m->name; m++)
            known |= names(driver, cpu_archs[i], m->name);
    if (!known)
        return false;
    struct cpu_global g = { .driver = g_strdup(driver), .name = g_strdup(name), .value = g_strdup(value) };
    if (!globals)
        globals = g_array_new(FALSE, FALSE, sizeof(g));
    g_array_append_val(globals, g);
    return true;
}

char *cpu_with_globals(const struct cpu_arch *arch, const char *model)
{
    size_t len = strcspn(model, ",");
    g_autofree char *name = g_strndup(model, len);
    GString *s = g_string_new(name);

    for (guint i = 0; globals && i < globals->len; i++) {
        const struct cpu_global *g = &g_array_index(globals, struct cpu_global, i);
        if (!names(g->driver, arch, name))
            continue;
        g_auto(GStrv) parts = g_strsplit(g->value, ",", -1);
        g_autofree char *value = g_strjoinv(",,", parts);
        g_string_append_printf(s, ",%s=%s", g->name, value);
    }
    g_string_append(s, model + len);
    return g_string_free(s, FALSE);
}
