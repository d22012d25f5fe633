/* SPDX-License-Identifier: BSD-2-Clause */
/* GTDT: the interrupts of ARM's generic timer. */
#include <libfdt.h>

#include "machine.h"
#include "nodes.h"
#include "parts.h"

#define ALWAYS_ON 4
enum { SECURE_EL1, NONSECURE_EL1, VIRTUAL, EL2, TIMERS }; /* as in the tree */

void acpi_gtdt(struct acpi *a)
{
    int node = fdt_path_offset(a->m->fdt, "/timer");
    bool always_on = node >= 0 && fdt_getprop(a->m->fdt, node, "always-on", NULL);
    GByteArray *b = a->tables;

    if (node < 0)
        return;
    acpi_begin(a, "GTDT", 3);
    acpi_u64(b, UINT64_MAX); /* no counter in memory */
    acpi_u32(b, 0);
    for (unsigned i = 0; i < TIMERS; i++) {
        acpi_u32(b, acpi_node_gsi(a, node, i));
        acpi_u32(b, i == NONSECURE_EL1 && always_on ? ALWAYS_ON : 0); /* and level-triggered, active high */
    }
    acpi_u64(b, UINT64_MAX);
    acpi_u32(b, 0); /* no platform timers, */
    acpi_u32(b, 0); /* so nowhere */
    acpi_u32(b, 0); /* no virtual timer of EL2 */
    acpi_u32(b, 0);
    acpi_end(a, true);
}
