/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the guest's tree says of -numa: a memory node a NUMA node, whose numbers CPUs and memory have, and distances. The
 * devices stay what they are: one interrupt controller serves all nodes.
 */
#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "cpu.h"
#include "machine.h"
#include "opts.h"
#include "tree.h"

/* A CPU's node where the user has not said: QEMU's choice, by number on RISC-V, by socket on ARM. */
static unsigned default_node(const struct machine *m, unsigned cpu)
{
    const struct machine_config *c = &m->config;
    unsigned nodes = c->numa->nodes, sockets = MAX(c->sockets, 1);

    if (strcmp(m->cpus[0]->arch->name, "riscv"))
        return cpu / MAX(MAX(c->max_cpus, m->ncpus) / sockets, 1) % nodes;
    return MIN(cpu / MAX(m->ncpus / nodes, 1), nodes - 1);
}

static void set_cpus(const struct machine *m, struct tree *t)
{
    const int16_t *given = m->config.numa->cpu;
    int cpus = tree_node(t, "/cpus"), node;
    unsigned i = 0;

    if (t->error)
        return;
    fdt_for_each_subnode(node, t->fdt, cpus) { /* a property moves what is behind its node only */
        const char *type = fdt_getprop(t->fdt, node, "device_type", NULL);
        if (!type || strcmp(type, "cpu") || i >= m->ncpus)
            continue;
        tree_cell(t, node, "numa-node-id", given[i] >= 0 ? (unsigned)given[i] : default_node(m, i));
        i++;
    }
}

static char *memory_path(gpa addr)
{
    return g_strdup_printf("/memory@%" PRIx64, (uint64_t)addr);
}

static void set_memory(const struct machine *m, struct tree *t)
{
    const struct numa *n = m->config.numa;
    uint64_t start = m->ram_base + m->ram_size;

    for (unsigned i = n->nodes; i--;) { /* new nodes come before others */
        start -= n->size[i];
        if (!n->size[i])
            continue;
        g_autofree char *path = memory_path(start);
        int node = start == m->ram_base ? tree_node(t, path) : tree_add(t, tree_node(t, "/"), path + 1);
        tree_string(t, node, "device_type", "memory");
        tree_reg(t, node, 1, (const uint64_t[]){ start, n->size[i] });
        tree_cell(t, node, "numa-node-id", i);
    }
}

static void set_distances(const struct machine *m, struct tree *t)
{
    const struct numa *n = m->config.numa;
    g_autofree uint32_t *cells = g_new(uint32_t, 3 * n->nodes * n->nodes);
    uint32_t *c = cells;

    for (unsigned a = 0; a < n->nodes; a++)
        for (unsigned b = 0; b < n->nodes; b++) {
            *c++ = a;
            *c++ = b;
            *c++ = n->distance[a][b];
        }
    int node = tree_add(t, tree_node(t, "/"), "distance-map");
    tree_string(t, node, "compatible", "numa-distance-map-v1");
    tree_cells(t, node, "distance-matrix", c - cells, cells);
}

bool machine_describe_numa(struct machine *m, GError **err)
{
    struct tree t = { .fdt = m->fdt };
    g_autofree char *path = memory_path(m->ram_base);

    if (!m->config.numa)
        return true;
    if (fdt_path_offset(m->fdt, path) < 0 || fdt_address_cells(m->fdt, 0) != 2 || fdt_size_cells(m->fdt, 0) != 2) {
        fail(err, "-numa: machine %s has no memory that could be told of in parts", m->name);
        return false;
    }
    set_cpus(m, &t);
    set_memory(m, &t);
    if (m->config.numa->distances)
        set_distances(m, &t);
    return tree_done(&t, m, err);
}
