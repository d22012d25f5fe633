/* SPDX-License-Identifier: BSD-2-Clause */
/* FADT: no hardware of ACPI's own, where the DSDT is, how ARM's PSCI is called. */
#include <libfdt.h>
#include <string.h>

#include "dt.h"
#include "machine.h"
#include "nodes.h"
#include "parts.h"

#define BYTES 276
#define HARDWARE_REDUCED (1u << 20)
enum { FLAGS = 112, ARM_BOOT_FLAGS = 129, MINOR_REVISION = 131, X_DSDT = 140, HYPERVISOR_ID = 268 };
enum { PSCI_COMPLIANT = 1, PSCI_USE_HVC = 2 };

static unsigned psci_flags(const struct acpi *a)
{
    int node = fdt_path_offset(a->m->fdt, "/psci");
    const char *method = node < 0 || !dt_enabled(a->m->fdt, node) ? NULL : fdt_getprop(a->m->fdt, node, "method", NULL);

    if (!method)
        return 0;
    return PSCI_COMPLIANT | (strcmp(method, "hvc") ? 0 : PSCI_USE_HVC);
}

void acpi_fadt(struct acpi *a)
{
    uint32_t start;
    uint8_t *table;

    acpi_begin(a, "FACP", 6);
    start = a->start;
    acpi_zeros(a->tables, BYTES - (a->tables->len - start));
    acpi_patch32(a->tables, start + FLAGS, HARDWARE_REDUCED);
    acpi_patch16(a->tables, start + ARM_BOOT_FLAGS, psci_flags(a));
    acpi_patch32(a->tables, start + X_DSDT, a->dsdt);
    table = a->tables->data + start;
    table[MINOR_REVISION] = acpi_is_arm(a) ? 3 : 5;
    memcpy(table + HYPERVISOR_ID, "QEMU", 4); /* whose board it is, to drivers */
    acpi_load_pointer(a, ACPI_TABLES, start + X_DSDT, ACPI_TABLES);
    acpi_end(a, true);
}
