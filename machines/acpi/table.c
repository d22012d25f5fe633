/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes of ACPI tables, and the commands of the table loader. */
#include "table.h"

#include <string.h>

#define HEADER_LENGTH 4   /* offsets in a table's header */
#define HEADER_CHECKSUM 9

/* -- Bytes -- */

static void put(GByteArray *b, uint64_t v, unsigned n)
{
    v = GUINT64_TO_LE(v);
    g_byte_array_append(b, (const uint8_t *)&v, n);
}

void acpi_u8(GByteArray *b, unsigned v)
{
    put(b, v, 1);
}

void acpi_u16(GByteArray *b, unsigned v)
{
    put(b, v, 2);
}

void acpi_u32(GByteArray *b, uint32_t v)
{
    put(b, v, 4);
}

void acpi_u64(GByteArray *b, uint64_t v)
{
    put(b, v, 8);
}

void acpi_bytes(GByteArray *b, const void *data, unsigned n)
{
    g_byte_array_append(b, data, n);
}

void acpi_zeros(GByteArray *b, unsigned n)
{
    unsigned at = b->len;

    g_byte_array_set_size(b, at + n);
    memset(b->data + at, 0, n);
}

void acpi_text(GByteArray *b, const char *s, unsigned n, char pad)
{
    for (unsigned i = 0, len = strlen(s); i < n; i++)
        acpi_u8(b, (uint8_t)(i < len ? s[i] : pad));
}

void acpi_patch16(GByteArray *b, unsigned at, unsigned v)
{
    uint16_t le = GUINT16_TO_LE(v);

    memcpy(b->data + at, &le, sizeof(le));
}

void acpi_patch32(GByteArray *b, unsigned at, uint32_t v)
{
    uint32_t le = GUINT32_TO_LE(v);

    memcpy(b->data + at, &le, sizeof(le));
}

void acpi_address(GByteArray *b, unsigned width, unsigned access, uint64_t addr)
{
    acpi_u8(b, 0); /* system memory */
    acpi_u8(b, width);
    acpi_u8(b, 0); /* bit offset */
    acpi_u8(b, access);
    acpi_u64(b, addr);
}

/* -- Tables -- */

/* Who made them: QEMU's names, by which drivers may know this kind of machine. */
void acpi_begin(struct acpi *a, const char *signature, unsigned revision)
{
    GByteArray *b = a->tables;

    a->start = b->len;
    acpi_text(b, signature, 4, ' ');
    acpi_u32(b, 0); /* length */
    acpi_u8(b, revision);
    acpi_u8(b, 0); /* checksum */
    acpi_text(b, "BOCHS", 6, ' ');
    acpi_text(b, "BXPC", 8, ' ');
    acpi_u32(b, 1);
    acpi_text(b, "BXPC", 4, ' ');
    acpi_u32(b, 1);
}

void acpi_end(struct acpi *a, bool listed)
{
    uint32_t size = a->tables->len - a->start;

    acpi_patch32(a->tables, a->start + HEADER_LENGTH, size);
    acpi_load_checksum(a, ACPI_TABLES, a->start + HEADER_CHECKSUM, a->start, size);
    if (listed)
        g_array_append_val(a->listed, a->start);
}

/* -- The loader's commands, each of 128 bytes -- */

enum { LOAD_ALLOCATE = 1, LOAD_POINTER = 2, LOAD_CHECKSUM = 3 };
enum { ZONE_HIGH = 1, ZONE_LOW = 2 };
#define COMMAND_BYTES 128
#define NAME_BYTES 56

static unsigned begin_command(struct acpi *a, unsigned command, const char *file)
{
    unsigned at = a->loader->len;

    acpi_u32(a->loader, command);
    acpi_text(a->loader, file, NAME_BYTES, 0);
    return at;
}

static void end_command(struct acpi *a, unsigned at)
{
    acpi_zeros(a->loader, at + COMMAND_BYTES - a->loader->len);
}

void acpi_load_allocate(struct acpi *a, const char *file, uint32_t align, bool low)
{
    unsigned at = begin_command(a, LOAD_ALLOCATE, file);

    acpi_u32(a->loader, align);
    acpi_u8(a->loader, low ? ZONE_LOW : ZONE_HIGH);
    end_command(a, at);
}

void acpi_load_pointer(struct acpi *a, const char *file, uint32_t offset, const char *target)
{
    unsigned at = begin_command(a, LOAD_POINTER, file);

    acpi_text(a->loader, target, NAME_BYTES, 0);
    acpi_u32(a->loader, offset);
    acpi_u8(a->loader, 8);
    end_command(a, at);
}

void acpi_load_checksum(struct acpi *a, const char *file, uint32_t offset, uint32_t start, uint32_t size)
{
    unsigned at = begin_command(a, LOAD_CHECKSUM, file);

    acpi_u32(a->loader, offset);
    acpi_u32(a->loader, start);
    acpi_u32(a->loader, size);
    end_command(a, at);
}
