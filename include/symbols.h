/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of places in the guest: functions and code labels of the ELF files that were loaded. For logs and monitors;
 * nothing is read of a file's symbol table before the first address is asked for.
 */
#ifndef MYNAH_SYMBOLS_H
#define MYNAH_SYMBOLS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* A well-formed ELF file, little-endian, was loaded: keep a reference to it. Before CPUs run. */
void symbols_add(GBytes *elf);
/* Forget all: no CPU runs. */
void symbols_clear(void);

/*
 * Append " <name+0x10>", with before for the blank, if the address is within a symbol; brackets = false: "name+0x10".
 * False, and nothing appended, if not. Any thread.
 */
bool symbol_append(GString *out, const char *before, uint64_t addr, bool brackets);
/* The same as text, g_free() it; NULL if the address is in no symbol. */
char *symbol_text(const char *before, uint64_t addr, bool brackets);
/* The value of a symbol of any kind; false: no file that was loaded has one of that name. */
bool symbol_value(const char *name, uint64_t *value);
/* Whether a symbol begins here. */
bool symbol_begins(uint64_t addr);

#endif
