/* SPDX-License-Identifier: BSD-2-Clause */
/* Editing a board's device tree, over libfdt. */
#include <libfdt.h>
#include <string.h>

#include "machine.h"
#include "tree.h"

static int note(struct tree *t, int result)
{
    if (result < 0 && !t->error)
        t->error = result;
    return result;
}

int tree_node(struct tree *t, const char *path)
{
    return t->error ? t->error : note(t, fdt_path_offset(t->fdt, path));
}

int tree_add(struct tree *t, int parent, const char *name)
{
    return t->error ? t->error : note(t, fdt_add_subnode(t->fdt, parent, name));
}

void tree_delete(struct tree *t, const char *path)
{
    int node = tree_node(t, path);

    if (!t->error)
        note(t, fdt_del_node(t->fdt, node));
}

void tree_string(struct tree *t, int node, const char *prop, const char *value)
{
    if (!t->error)
        note(t, fdt_setprop_string(t->fdt, node, prop, value));
}

void tree_strings(struct tree *t, int node, const char *prop, unsigned n, const char *const *values)
{
    g_autoptr(GString) list = g_string_new(NULL);

    for (unsigned i = 0; i < n; i++)
        g_string_append_len(list, values[i], strlen(values[i]) + 1);
    if (!t->error)
        note(t, fdt_setprop(t->fdt, node, prop, list->str, list->len));
}

void tree_empty(struct tree *t, int node, const char *prop)
{
    if (!t->error)
        note(t, fdt_setprop_empty(t->fdt, node, prop));
}

void tree_cells(struct tree *t, int node, const char *prop, unsigned n, const uint32_t *cells)
{
    g_autofree fdt32_t *be = g_new(fdt32_t, n);

    for (unsigned i = 0; i < n; i++)
        be[i] = cpu_to_fdt32(cells[i]);
    if (!t->error)
        note(t, fdt_setprop(t->fdt, node, prop, be, 4 * n));
}

void tree_cell(struct tree *t, int node, const char *prop, uint32_t cell)
{
    tree_cells(t, node, prop, 1, &cell);
}

void tree_reg(struct tree *t, int node, unsigned n, const uint64_t *pairs)
{
    g_autofree uint32_t *cells = g_new(uint32_t, 4 * n);

    for (unsigned i = 0; i < 2 * n; i++) {
        cells[2 * i] = pairs[i] >> 32;
        cells[2 * i + 1] = pairs[i];
    }
    tree_cells(t, node, "reg", 4 * n, cells);
}

unsigned tree_cpu_count(const struct machine_config *c)
{
    unsigned n = 1;

    if (c->cpus)
        return c->cpus;
    n *= c->sockets ? c->sockets : 1;
    n *= c->dies ? c->dies : 1;
    n *= c->clusters ? c->clusters : 1;
    n *= c->cores ? c->cores : 1;
    return n * (c->threads ? c->threads : 1);
}

bool tree_done(const struct tree *t, const struct machine *m, GError **err)
{
    if (t->error)
        fail(err, "device tree of %s: %s", m->name, fdt_strerror(t->error));
    return !t->error;
}
