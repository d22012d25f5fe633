/* SPDX-License-Identifier: BSD-2-Clause */
/* Sections and symbols of an ELF file, which is hostile: whatever is not within the file is not there. */
#ifndef MYNAH_ELF_FILE_H
#define MYNAH_ELF_FILE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct elf_file {
    const uint8_t *p;  /* borrowed */
    uint64_t size;
    bool is64;
    uint16_t type, machine; /* ET_*, EM_* */
    uint64_t entry, phoff, shoff;
    unsigned phnum, phentsize, shnum, shentsize; /* 0 headers, if the table is not within the file */
};

struct elf_section {
    uint32_t type, link;
    uint64_t flags, addr, offset, size;
};

struct elf_segment {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz;
};

struct elf_symbol {
    uint64_t name; /* offset in the string table */
    uint8_t info;
    uint16_t shndx;
    uint64_t value, size;
};

/* False: it is no little-endian ELF file. */
bool elf_open(struct elf_file *f, GBytes *file);
/* False: there is none of that number, or it is not within the file. */
bool elf_section(const struct elf_file *f, uint32_t i, struct elf_section *s);
bool elf_segment(const struct elf_file *f, uint32_t i, struct elf_segment *s);

/* The symbols and their names; false: there are none. */
struct elf_symbols {
    const struct elf_file *file;
    struct elf_section table, names;
};
bool elf_symbols(const struct elf_file *f, struct elf_symbols *s);
/* Number i from 0 on; false: there are no more. */
bool elf_symbol(const struct elf_symbols *s, uint64_t i, struct elf_symbol *sym);
/* The value of the first defined symbol of that name; false: there is none. */
bool elf_symbol_value(const struct elf_file *f, const char *name, uint64_t *value);

#endif
