/* SPDX-License-Identifier: BSD-2-Clause */
/* SRAT and SLIT: which memory and CPUs are near each other by -numa, and how near. */
#include <libfdt.h>

#include "dt.h"
#include "machine.h"
#include "nodes.h"
#include "parts.h"

enum { AFFINITY_MEMORY = 1, AFFINITY_GICC = 3, AFFINITY_RINTC = 7 };
#define ENABLED 1

static void cpu_affinity(struct acpi *a, unsigned n)
{
    unsigned node = acpi_proximity(a, acpi_cpu_node(a, n));
    GByteArray *b = a->tables;
    bool arm = acpi_is_arm(a);

    acpi_u8(b, arm ? AFFINITY_GICC : AFFINITY_RINTC);
    acpi_u8(b, arm ? 18 : 20);
    if (!arm)
        acpi_u16(b, 0);
    acpi_u32(b, node);
    acpi_u32(b, n); /* the processor's _UID */
    acpi_u32(b, ENABLED);
    acpi_u32(b, 0); /* clock domain */
}

static void memory_affinity(GByteArray *b, unsigned node, gpa base, uint64_t size)
{
    acpi_u8(b, AFFINITY_MEMORY);
    acpi_u8(b, 40);
    acpi_u32(b, node);
    acpi_u16(b, 0);
    acpi_u64(b, base);
    acpi_u64(b, size);
    acpi_u32(b, 0);
    acpi_u32(b, ENABLED);
    acpi_u64(b, 0);
}

void acpi_srat(struct acpi *a)
{
    const struct numa *numa = a->m->config.numa;
    gpa base = a->m->ram_base;

    if (!numa)
        return;
    acpi_begin(a, "SRAT", 3);
    acpi_u32(a->tables, 1);
    acpi_u64(a->tables, 0);
    for (unsigned n = 0; n < a->m->ncpus; n++)
        cpu_affinity(a, n);
    for (unsigned i = 0; i < numa->nodes; i++) {
        if (numa->size[i])
            memory_affinity(a->tables, i, base, numa->size[i]);
        base += numa->size[i];
    }
    acpi_end(a, true);
}

void acpi_slit(struct acpi *a)
{
    const struct numa *numa = a->m->config.numa;

    if (!numa || !numa->distances)
        return;
    acpi_begin(a, "SLIT", 1);
    acpi_u64(a->tables, numa->nodes);
    for (unsigned from = 0; from < numa->nodes; from++)
        for (unsigned to = 0; to < numa->nodes; to++)
            acpi_u8(a->tables, numa->distance[from][to]);
    acpi_end(a, true);
}
