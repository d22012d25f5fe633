/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writing AML, the code of ACPI's definition blocks: each function appends a term. Manual: "ACPI Specification" 6.5,
 * chapters 20 (AML) and 6.4 (resources). What has a length is begun and ended; it is moved to make room for that.
 */
#ifndef MYNAH_ACPI_AML_H
#define MYNAH_ACPI_AML_H

#include <glib.h>

#include "types.h"

/* One-byte codes, and 0x5b in front of the second as the high byte. */
enum aml_op {
    AML_ZERO = 0x00, AML_ONE = 0x01, AML_NAME = 0x08, AML_SCOPE = 0x10, AML_BUFFER = 0x11, AML_VAR_PACKAGE = 0x13,
    AML_PACKAGE = 0x12, AML_METHOD = 0x14, AML_ARG0 = 0x68, AML_ARG1 = 0x69, AML_ARG2 = 0x6a, AML_ARG3 = 0x6b,
    AML_STORE = 0x70, AML_AND = 0x7b, AML_OR = 0x7d, AML_NOTIFY = 0x86, AML_CREATE_DWORD_FIELD = 0x8a, AML_NOT = 0x92,
    AML_EQUAL = 0x93, AML_IF = 0xa0, AML_ELSE = 0xa1, AML_RETURN = 0xa4, AML_DEVICE = 0x5b82,
};

void aml_op(GByteArray *b, enum aml_op op);
void aml_int(GByteArray *b, uint64_t v);
void aml_string(GByteArray *b, const char *s);
/* A name as a reference: one segment of up to 4 characters, or "\\_SB" . */
void aml_ref(GByteArray *b, const char *name);

/* -- What has a length: the result is for aml_end() -- */

/* op by itself: AML_IF, AML_ELSE. */
unsigned aml_begin(GByteArray *b, enum aml_op op);
/* With a name: AML_SCOPE, AML_DEVICE. */
unsigned aml_begin_named(GByteArray *b, enum aml_op op, const char *name);
/* A method of so many arguments, which doesn't block others. */
unsigned aml_begin_method(GByteArray *b, const char *name, unsigned nargs);
/* A package of n elements that follow; many: the number is a term of its own, as above 255 it has to be. */
unsigned aml_begin_package(GByteArray *b, unsigned n, bool many);
void aml_end(GByteArray *b, unsigned begun);

/* -- Whole terms -- */

/* Name (NAME, what follows). */
void aml_name(GByteArray *b, const char *name);
void aml_name_int(GByteArray *b, const char *name, uint64_t v);
void aml_name_string(GByteArray *b, const char *name, const char *s);
void aml_buffer(GByteArray *b, const void *data, unsigned n);
/* A UUID in text as the buffer that ToUUID () makes. */
void aml_uuid(GByteArray *b, const char *uuid);
/* A buffer of UTF-16, as Unicode () makes. */
void aml_unicode(GByteArray *b, const char *ascii);

/* -- Resources: begun, some of them, ended -- */

unsigned aml_begin_resources(GByteArray *b);
void aml_end_resources(GByteArray *b, unsigned begun);
void aml_memory32(GByteArray *b, uint32_t base, uint32_t size);
/* A level-triggered, active-high interrupt. */
void aml_interrupt(GByteArray *b, uint32_t gsi);
/* Windows of a bridge: bus numbers; I/O at CPU addresses higher by translation; memory, of 32 or 64 bits. */
void aml_bus_window(GByteArray *b, unsigned first, unsigned last);
void aml_io_window(GByteArray *b, uint32_t first, uint32_t size, uint32_t translation);
void aml_memory_window(GByteArray *b, uint32_t first, uint32_t size);
void aml_memory_window64(GByteArray *b, uint64_t first, uint64_t size);
/* An edge-triggered, active-high event of the controller's pin. */
void aml_gpio_event(GByteArray *b, const char *controller, unsigned pin);

#endif
