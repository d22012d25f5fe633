/* SPDX-License-Identifier: BSD-2-Clause */
/* IORT: that the messages of the PCI host's functions go to the ITS. Manual: Arm DEN0049, "IO Remapping Table". */
#include "machine.h"
#include "nodes.h"
#include "parts.h"

enum { ITS_GROUP = 0, ROOT_COMPLEX = 2 };
#define FIRST_NODE 48
#define COHERENT_ACCESS 3 /* as are the attributes of its memory */

static void its_group(GByteArray *b)
{
    acpi_u8(b, ITS_GROUP);
    acpi_u16(b, 24);
    acpi_u8(b, 1);  /* revision */
    acpi_u32(b, 0); /* its number */
    acpi_u32(b, 0); /* mappings, */
    acpi_u32(b, 0); /* and where they are */
    acpi_u32(b, 1);
    acpi_u32(b, 0); /* the MADT's ITS 0 */
}

static void root_complex(GByteArray *b)
{
    acpi_u8(b, ROOT_COMPLEX);
    acpi_u16(b, 56);
    acpi_u8(b, 3);   /* revision */
    acpi_u32(b, 1);  /* its number */
    acpi_u32(b, 1);  /* mappings, */
    acpi_u32(b, 36); /* and where they are */
    acpi_u32(b, 1);  /* coherent */
    acpi_u8(b, 0);   /* no hints */
    acpi_u16(b, 0);
    acpi_u8(b, COHERENT_ACCESS);
    acpi_u32(b, 0);  /* no translation by the devices (ATS) */
    acpi_u32(b, 0);  /* PCI segment */
    acpi_u8(b, 64);  /* bits of an address */
    acpi_zeros(b, 3);

    acpi_u32(b, 0);      /* from this requester's ID */
    acpi_u32(b, 0xffff); /* to the one so much higher */
    acpi_u32(b, 0);      /* they are the same to */
    acpi_u32(b, FIRST_NODE);
    acpi_u32(b, 0);
}

void acpi_iort(struct acpi *a)
{
    struct acpi_node its, host;

    if (!acpi_node(a, "arm,gic-v3-its", &its) || !acpi_node(a, "pci-host-ecam-generic", &host))
        return;
    acpi_begin(a, "IORT", 3);
    acpi_u32(a->tables, 2); /* nodes */
    acpi_u32(a->tables, FIRST_NODE);
    acpi_u32(a->tables, 0);
    its_group(a->tables);
    root_complex(a->tables);
    acpi_end(a, true);
}
