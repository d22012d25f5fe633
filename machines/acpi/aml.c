/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing AML. */
#include "aml.h"

#include <stdio.h>
#include <string.h>

#include "table.h"

enum { PREFIX_BYTE = 0x0a, PREFIX_WORD = 0x0b, PREFIX_DWORD = 0x0c, PREFIX_STRING = 0x0d, PREFIX_QWORD = 0x0e };
#define SEGMENT 4 /* characters of a name */

void aml_op(GByteArray *b, enum aml_op op)
{
    if (op > 0xff)
        acpi_u8(b, op >> 8);
    acpi_u8(b, op & 0xff);
}

void aml_int(GByteArray *b, uint64_t v)
{
    if (v <= 1) {
        acpi_u8(b, v ? AML_ONE : AML_ZERO);
    } else if (v <= 0xff) {
        acpi_u8(b, PREFIX_BYTE);
        acpi_u8(b, v);
    } else if (v <= 0xffff) {
        acpi_u8(b, PREFIX_WORD);
        acpi_u16(b, v);
    } else if (v <= UINT32_MAX) {
        acpi_u8(b, PREFIX_DWORD);
        acpi_u32(b, v);
    } else {
        acpi_u8(b, PREFIX_QWORD);
        acpi_u64(b, v);
    }
}

void aml_string(GByteArray *b, const char *s)
{
    acpi_u8(b, PREFIX_STRING);
    acpi_bytes(b, s, strlen(s) + 1);
}

void aml_ref(GByteArray *b, const char *name)
{
    if (*name == '\\') {
        acpi_u8(b, '\\');
        name++;
    }
    acpi_text(b, name, SEGMENT, '_');
}

/* -- What has a length -- */

unsigned aml_begin(GByteArray *b, enum aml_op op)
{
    aml_op(b, op);
    return b->len;
}

unsigned aml_begin_named(GByteArray *b, enum aml_op op, const char *name)
{
    unsigned begun = aml_begin(b, op);

    aml_ref(b, name);
    return begun;
}

unsigned aml_begin_method(GByteArray *b, const char *name, unsigned nargs)
{
    unsigned begun = aml_begin_named(b, AML_METHOD, name);

    acpi_u8(b, nargs);
    return begun;
}

unsigned aml_begin_package(GByteArray *b, unsigned n, bool many)
{
    unsigned begun = aml_begin(b, many ? AML_VAR_PACKAGE : AML_PACKAGE);

    if (many)
        aml_int(b, n);
    else
        acpi_u8(b, n);
    return begun;
}

/* PkgLength, in front of what it counts with itself: 6 bits, or 4 and up to three bytes more. */
static void insert_length(GByteArray *b, unsigned at)
{
    unsigned tail = b->len - at, bytes = 1;
    uint8_t code[4];
    uint32_t v;

    while (tail + bytes >= 1u << (bytes == 1 ? 6 : 8 * bytes - 4))
        bytes++;
    v = tail + bytes;
    code[0] = bytes == 1 ? v : (bytes - 1) << 6 | (v & 0xf);
    for (unsigned i = 1; i < bytes; i++)
        code[i] = v >> (8 * i - 4);
    acpi_zeros(b, bytes);
    memmove(b->data + at + bytes, b->data + at, tail);
    memcpy(b->data + at, code, bytes);
}

void aml_end(GByteArray *b, unsigned begun)
{
    insert_length(b, begun);
}

/* -- Whole terms -- */

void aml_name(GByteArray *b, const char *name)
{
    aml_op(b, AML_NAME);
    aml_ref(b, name);
}

void aml_name_int(GByteArray *b, const char *name, uint64_t v)
{
    aml_name(b, name);
    aml_int(b, v);
}

void aml_name_string(GByteArray *b, const char *name, const char *s)
{
    aml_name(b, name);
    aml_string(b, s);
}

void aml_buffer(GByteArray *b, const void *data, unsigned n)
{
    unsigned begun = aml_begin(b, AML_BUFFER);

    aml_int(b, n);
    acpi_bytes(b, data, n);
    aml_end(b, begun);
}

/* The first three groups of a UUID are numbers, least significant byte first. */
void aml_uuid(GByteArray *b, const char *uuid)
{
    unsigned d1, d2, d3, e[8];
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    int n = sscanf(uuid, "%8x-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x", &d1, &d2, &d3, &e[0], &e[1], &e[2], &e[3], &e[4],
                   &e[5], &e[6], &e[7]);

    g_assert(n == 11);
    acpi_u32(bytes, d1);
    acpi_u16(bytes, d2);
    acpi_u16(bytes, d3);
    for (unsigned i = 0; i < 8; i++)
        acpi_u8(bytes, e[i]);
    aml_buffer(b, bytes->data, bytes->len);
}

void aml_unicode(GByteArray *b, const char *ascii)
{
    g_autoptr(GByteArray) wide = g_byte_array_new();

    do
        acpi_u16(wide, (uint8_t)*ascii);
    while (*ascii++);
    aml_buffer(b, wide->data, wide->len);
}

/* -- Resources -- */

enum { RESOURCE_END = 0x79, RESOURCE_MEMORY32 = 0x86, RESOURCE_DWORD = 0x87, RESOURCE_WORD = 0x88,
       RESOURCE_INTERRUPT = 0x89, RESOURCE_QWORD = 0x8a, RESOURCE_GPIO = 0x8c };
enum { WINDOW_MEMORY = 0, WINDOW_IO = 1, WINDOW_BUS = 2 };
#define FIXED 0x0c          /* first and last address of a window can't change */
#define READ_WRITE 0x01     /* of memory */
#define ENTIRE_RANGE 0x03   /* of I/O */

/*
 * The buffer's length is known at its end only, as is the size inside it, whose code's length depends on it: the
 * content is taken out and appended whole.
 */
unsigned aml_begin_resources(GByteArray *b)
{
    return b->len;
}

void aml_end_resources(GByteArray *b, unsigned begun)
{
    g_autoptr(GByteArray) list = g_byte_array_new();

    acpi_bytes(list, b->data + begun, b->len - begun);
    acpi_u8(list, RESOURCE_END);
    acpi_u8(list, 0); /* no checksum */
    g_byte_array_set_size(b, begun);
    aml_buffer(b, list->data, list->len);
}

void aml_memory32(GByteArray *b, uint32_t base, uint32_t size)
{
    acpi_u8(b, RESOURCE_MEMORY32);
    acpi_u16(b, 9);
    acpi_u8(b, READ_WRITE);
    acpi_u32(b, base);
    acpi_u32(b, size);
}

void aml_interrupt(GByteArray *b, uint32_t gsi)
{
    acpi_u8(b, RESOURCE_INTERRUPT);
    acpi_u16(b, 6);
    acpi_u8(b, 0x01); /* consumer, level, active high, exclusive */
    acpi_u8(b, 1);
    acpi_u32(b, gsi);
}

static void begin_window(GByteArray *b, unsigned resource, unsigned length, unsigned kind, unsigned flags)
{
    acpi_u8(b, resource);
    acpi_u16(b, length);
    acpi_u8(b, kind);
    acpi_u8(b, FIXED);
    acpi_u8(b, flags);
}

void aml_bus_window(GByteArray *b, unsigned first, unsigned last)
{
    begin_window(b, RESOURCE_WORD, 13, WINDOW_BUS, 0);
    acpi_u16(b, 0); /* granularity */
    acpi_u16(b, first);
    acpi_u16(b, last);
    acpi_u16(b, 0); /* translation */
    acpi_u16(b, last - first + 1);
}

static void window32(GByteArray *b, unsigned kind, unsigned flags, uint32_t first, uint32_t size, uint32_t translation)
{
    begin_window(b, RESOURCE_DWORD, 23, kind, flags);
    acpi_u32(b, 0); /* granularity */
    acpi_u32(b, first);
    acpi_u32(b, first + size - 1);
    acpi_u32(b, translation);
    acpi_u32(b, size);
}

void aml_io_window(GByteArray *b, uint32_t first, uint32_t size, uint32_t translation)
{
    window32(b, WINDOW_IO, ENTIRE_RANGE, first, size, translation);
}

void aml_memory_window(GByteArray *b, uint32_t first, uint32_t size)
{
    window32(b, WINDOW_MEMORY, READ_WRITE, first, size, 0);
}

void aml_memory_window64(GByteArray *b, uint64_t first, uint64_t size)
{
    begin_window(b, RESOURCE_QWORD, 43, WINDOW_MEMORY, READ_WRITE);
    acpi_u64(b, 0); /* granularity */
    acpi_u64(b, first);
    acpi_u64(b, first + size - 1);
    acpi_u64(b, 0); /* translation */
    acpi_u64(b, size);
}

void aml_gpio_event(GByteArray *b, const char *controller, unsigned pin)
{
    unsigned name = strlen(controller) + 1;

    acpi_u8(b, RESOURCE_GPIO);
    acpi_u16(b, 22 + name);  /* bytes that follow */
    acpi_u8(b, 1);           /* revision */
    acpi_u8(b, 0);           /* an interrupt */
    acpi_u16(b, 1);          /* consumer */
    acpi_u16(b, 1);          /* edge, active high, exclusive */
    acpi_u8(b, 1);           /* pulled up */
    acpi_u16(b, 0);          /* drive strength: the default */
    acpi_u16(b, 0);          /* debounce time: none */
    acpi_u16(b, 23);         /* where the pins are, */
    acpi_u8(b, 0);
    acpi_u16(b, 25);         /* the controller's name, */
    acpi_u16(b, 25 + name);  /* a vendor's data, of which there are none: in bytes from the descriptor's start */
    acpi_u16(b, 0);
    acpi_u16(b, pin);
    acpi_bytes(b, controller, name);
}
