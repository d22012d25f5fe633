/* SPDX-License-Identifier: BSD-2-Clause */
/* The tables, each with what the manual calls it. All append a whole table; where there is nothing to tell, none. */
#ifndef MYNAH_ACPI_PARTS_H
#define MYNAH_ACPI_PARTS_H

#include "table.h"

void acpi_dsdt(struct acpi *a);       /* Differentiated System Description Table: devices */
void acpi_fadt(struct acpi *a);       /* Fixed ACPI Description Table */
void acpi_madt_gic(struct acpi *a);   /* Multiple APIC Description Table: interrupt controllers, ARM's */
void acpi_madt_riscv(struct acpi *a); /* the same of RISC-V */
void acpi_gtdt(struct acpi *a);       /* Generic Timer Description Table */
void acpi_rhct(struct acpi *a);       /* RISC-V Hart Capabilities Table */
void acpi_pptt(struct acpi *a);       /* Processor Properties Topology Table */
void acpi_iort(struct acpi *a);       /* I/O Remapping Table */
void acpi_mcfg(struct acpi *a);       /* PCI Express memory-mapped configuration */
void acpi_spcr(struct acpi *a);       /* Serial Port Console Redirection */
void acpi_dbg2(struct acpi *a);       /* Debug Port Table 2 */
void acpi_srat(struct acpi *a);       /* System Resource Affinity Table: -numa */
void acpi_slit(struct acpi *a);       /* System Locality Information Table: its distances */

/* -- Parts of others -- */

/* The PCI host and its interrupt links, for the DSDT. */
void acpi_pci_host(struct acpi *a, GByteArray *b);
/* The RINTC structure of a hart, of the MADT and of its device: 36 bytes. */
void acpi_rintc(const struct acpi *a, GByteArray *b, unsigned n);

#endif
