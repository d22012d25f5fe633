/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding in the device tree what ACPI tables tell of. */
#include "nodes.h"

#include <libfdt.h>
#include <string.h>

#include "cpu.h"
#include "dt.h"
#include "machine.h"

bool acpi_is_arm(const struct acpi *a)
{
    return !strcmp(a->m->cpus[0]->arch->name, "arm");
}

bool acpi_node_reg(const struct acpi *a, int node, unsigned index, gpa *base, uint64_t *size)
{
    return dt_reg(a->m->fdt, node, index, base, size);
}

/* ARM's cells are kind, number, trigger; shared interrupts follow a CPU's own 32, of which 16 are the CPUs' to send. */
unsigned acpi_node_gsi(const struct acpi *a, int node, unsigned index)
{
    const void *fdt = a->m->fdt;
    int len, cells = 1;
    const fdt32_t *p = fdt_getprop(fdt, node, "interrupts", &len);

    if (!acpi_is_arm(a)) {
        const fdt32_t *parent = fdt_getprop(fdt, node, "interrupt-parent", NULL);
        int controller = parent ? fdt_node_offset_by_phandle(fdt, fdt32_ld(parent)) : -1;
        if (controller >= 0)
            cells = dt_prop_num(fdt, controller, "#interrupt-cells", 1);
        return p && cells > 0 && len >= (int)(4 * (cells * index + 1)) ? fdt32_ld(&p[cells * index]) : 0;
    }
    if (!p || len < (int)(12 * (index + 1)))
        return 0;
    return fdt32_ld(&p[3 * index + 1]) + (fdt32_ld(&p[3 * index]) ? 16 : 32);
}

static gint by_address(gconstpointer a, gconstpointer b)
{
    const struct acpi_node *x = a, *y = b;

    return x->base < y->base ? -1 : x->base > y->base;
}

GArray *acpi_nodes(const struct acpi *a, const char *compatible)
{
    const void *fdt = a->m->fdt;
    GArray *all = g_array_new(FALSE, FALSE, sizeof(struct acpi_node));
    int node = -1;

    while ((node = fdt_node_offset_by_compatible(fdt, node, compatible)) >= 0) {
        struct acpi_node n = { .node = node, .gsi = acpi_node_gsi(a, node, 0) };
        if (dt_enabled(fdt, node) && !dt_secure_only(fdt, node) && dt_reg(fdt, node, 0, &n.base, &n.size))
            g_array_append_val(all, n);
    }
    g_array_sort(all, by_address);
    return all;
}

bool acpi_node(const struct acpi *a, const char *compatible, struct acpi_node *n)
{
    g_autoptr(GArray) all = acpi_nodes(a, compatible);

    if (all->len)
        *n = g_array_index(all, struct acpi_node, 0);
    return all->len;
}

int acpi_cpu_node(const struct acpi *a, unsigned n)
{
    const void *fdt = a->m->fdt;
    int node, cpus = fdt_path_offset(fdt, "/cpus");

    fdt_for_each_subnode(node, fdt, cpus) {
        const char *type = fdt_getprop(fdt, node, "device_type", NULL);
        if (type && !strcmp(type, "cpu") && dt_enabled(fdt, node) && n-- == 0)
            return node;
    }
    return -1;
}

unsigned acpi_proximity(const struct acpi *a, int node)
{
    return dt_prop_num(a->m->fdt, node, "numa-node-id", 0);
}
