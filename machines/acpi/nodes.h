/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tables tell of is what the machine's device tree has: finding it there. */
#ifndef MYNAH_ACPI_NODES_H
#define MYNAH_ACPI_NODES_H

#include <glib.h>

#include "table.h"

/* An enabled node that is not the secure state's alone. */
struct acpi_node {
    int node;      /* its offset in m->fdt */
    gpa base;      /* of its first reg */
    uint64_t size;
    unsigned gsi;  /* of its first interrupt; 0: it has none */
};

/* All with this binding, by address. g_array_unref() the result. */
GArray *acpi_nodes(const struct acpi *a, const char *compatible);
/* The first of them. False: there is none. */
bool acpi_node(const struct acpi *a, const char *compatible, struct acpi_node *n);
/* reg entry of the node; false if it has none. */
bool acpi_node_reg(const struct acpi *a, int node, unsigned index, gpa *base, uint64_t *size);
/* The number of interrupt index of the node, as ACPI counts them; 0: it has none. */
unsigned acpi_node_gsi(const struct acpi *a, int node, unsigned index);
/* The tree's node of CPU n; < 0: there is none. */
int acpi_cpu_node(const struct acpi *a, unsigned n);
/* The NUMA node of a tree's node, which says one. */
unsigned acpi_proximity(const struct acpi *a, int node);
/* The CPUs are ARM's. */
bool acpi_is_arm(const struct acpi *a);

#endif
