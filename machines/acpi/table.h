/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Making ACPI tables: bytes in their order, and what firmware is to do with them once it knows where they are. Manuals:
 * "ACPI Specification" 6.5; QEMU's linker/loader protocol of fw_cfg (etc/table-loader), as EDK II takes it.
 */
#ifndef MYNAH_ACPI_TABLE_H
#define MYNAH_ACPI_TABLE_H

#include <glib.h>

#include "types.h"

struct machine;

/* The tables under construction, one behind the other. */
struct acpi {
    const struct machine *m;
    GByteArray *tables;  /* etc/acpi/tables */
    GByteArray *loader;  /* etc/table-loader */
    GArray *listed;      /* of uint32_t: where the tables are that the XSDT lists */
    uint32_t start;      /* of the table begun last */
    uint32_t dsdt;       /* where that is */
};

/* Append a number of so many bytes, least significant first; bytes; zeros. */
void acpi_u8(GByteArray *b, unsigned v);
void acpi_u16(GByteArray *b, unsigned v);
void acpi_u32(GByteArray *b, uint32_t v);
void acpi_u64(GByteArray *b, uint64_t v);
void acpi_bytes(GByteArray *b, const void *data, unsigned n);
void acpi_zeros(GByteArray *b, unsigned n);
/* A fixed field of n bytes: the text, and pad behind it. */
void acpi_text(GByteArray *b, const char *s, unsigned n, char pad);
/* Overwrite two or four bytes that are there. */
void acpi_patch16(GByteArray *b, unsigned at, unsigned v);
void acpi_patch32(GByteArray *b, unsigned at, uint32_t v);
/* A Generic Address Structure in memory: width in bits, access as the manual's number of its size. */
void acpi_address(GByteArray *b, unsigned width, unsigned access, uint64_t addr);

/* Begin a table by its header; end it: its length, and its checksum by the firmware. listed: the XSDT has it. */
void acpi_begin(struct acpi *a, const char *signature, unsigned revision);
void acpi_end(struct acpi *a, bool listed);

/* -- For the firmware, in this order -- */

#define ACPI_TABLES "etc/acpi/tables"
#define ACPI_RSDP "etc/acpi/rsdp"

/* Put the file into memory that the system keeps, at a multiple of align; low: where the RSDP may be on a PC. */
void acpi_load_allocate(struct acpi *a, const char *file, uint32_t align, bool low);
/* The 8 bytes at offset of file, an offset into target, become an address. */
void acpi_load_pointer(struct acpi *a, const char *file, uint32_t offset, const char *target);
/* The byte at offset makes the sum of size bytes from start zero. */
void acpi_load_checksum(struct acpi *a, const char *file, uint32_t offset, uint32_t start, uint32_t size);

#endif
