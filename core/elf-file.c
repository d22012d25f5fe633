/* SPDX-License-Identifier: BSD-2-Clause */
/* Sections and symbols of ELF files. Manual: "System V ABI", chapter 4. Every offset is checked. */
#include "elf-file.h"

#include <elf.h>
#include <string.h>

/* A table of n entries is within the file; if not it has none. */
static void check_table(const struct elf_file *f, uint64_t at, unsigned *n, unsigned entry, unsigned least)
{
    if (entry < least || at > f->size || (uint64_t)*n * entry > f->size - at)
        *n = 0;
}

#define TAKE(f, h)                                                                                                     \
    ((f)->type = (h).e_type, (f)->machine = (h).e_machine, (f)->entry = (h).e_entry, (f)->phoff = (h).e_phoff,         \
     (f)->shoff = (h).e_shoff, (f)->phnum = (h).e_phnum, (f)->phentsize = (h).e_phentsize, (f)->shnum = (h).e_shnum,   \
     (f)->shentsize = (h).e_shentsize)

bool elf_open(struct elf_file *f, GBytes *file)
{
    gsize size;

    *f = (struct elf_file){ .p = g_bytes_get_data(file, &size) };
    f->size = size;
    if (size < sizeof(Elf32_Ehdr) || memcmp(f->p, ELFMAG, SELFMAG) || f->p[EI_DATA] != ELFDATA2LSB)
        return false;
    f->is64 = f->p[EI_CLASS] == ELFCLASS64;
    if (f->is64) {
        Elf64_Ehdr h;
        if (size < sizeof(h))
            return false;
        memcpy(&h, f->p, sizeof(h));
        TAKE(f, h);
    } else {
        Elf32_Ehdr h;
        memcpy(&h, f->p, sizeof(h));
        TAKE(f, h);
    }
    check_table(f, f->shoff, &f->shnum, f->shentsize, f->is64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr));
    check_table(f, f->phoff, &f->phnum, f->phentsize, f->is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr));
    return true;
}

static bool is_within(const struct elf_file *f, uint64_t offset, uint64_t size)
{
    return offset <= f->size && size <= f->size - offset;
}

bool elf_section(const struct elf_file *f, uint32_t i, struct elf_section *s)
{
    const uint8_t *p = f->p + f->shoff + (uint64_t)i * f->shentsize;

    if (i >= f->shnum)
        return false;
    if (f->is64) {
        Elf64_Shdr h;
        memcpy(&h, p, sizeof(h));
        *s = (struct elf_section){ h.sh_type, h.sh_link, h.sh_flags, h.sh_addr, h.sh_offset, h.sh_size };
    } else {
        Elf32_Shdr h;
        memcpy(&h, p, sizeof(h));
        *s = (struct elf_section){ h.sh_type, h.sh_link, h.sh_flags, h.sh_addr, h.sh_offset, h.sh_size };
    }
    return s->type == SHT_NOBITS || is_within(f, s->offset, s->size);
}

bool elf_segment(const struct elf_file *f, uint32_t i, struct elf_segment *s)
{
    const uint8_t *p = f->p + f->phoff + (uint64_t)i * f->phentsize;

    if (i >= f->phnum)
        return false;
    if (f->is64) {
        Elf64_Phdr h;
        memcpy(&h, p, sizeof(h));
        *s = (struct elf_segment){ h.p_type, h.p_flags, h.p_offset, h.p_vaddr, h.p_paddr, h.p_filesz, h.p_memsz };
    } else {
        Elf32_Phdr h;
        memcpy(&h, p, sizeof(h));
        *s = (struct elf_segment){ h.p_type, h.p_flags, h.p_offset, h.p_vaddr, h.p_paddr, h.p_filesz, h.p_memsz };
    }
    return is_within(f, s->offset, s->filesz);
}

bool elf_symbols(const struct elf_file *f, struct elf_symbols *s)
{
    uint32_t i = 0;

    s->file = f;
    while (i < f->shnum && !(elf_section(f, i, &s->table) && s->table.type == SHT_SYMTAB))
        i++;
    return i < f->shnum && elf_section(f, s->table.link, &s->names) && s->names.type == SHT_STRTAB;
}

bool elf_symbol(const struct elf_symbols *s, uint64_t i, struct elf_symbol *sym)
{
    const struct elf_file *f = s->file;
    uint64_t entry = f->is64 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
    const uint8_t *p = f->p + s->table.offset + i * entry;

    if (i >= s->table.size / entry)
        return false;
    if (f->is64) {
        Elf64_Sym h;
        memcpy(&h, p, sizeof(h));
        *sym = (struct elf_symbol){ h.st_name, h.st_info, h.st_shndx, h.st_value, h.st_size };
    } else {
        Elf32_Sym h;
        memcpy(&h, p, sizeof(h));
        *sym = (struct elf_symbol){ h.st_name, h.st_info, h.st_shndx, h.st_value, h.st_size };
    }
    return true;
}

bool elf_symbol_value(const struct elf_file *f, const char *name, uint64_t *value)
{
    struct elf_symbols s;
    struct elf_symbol sym;
    uint64_t len = strlen(name) + 1; /* with its zero byte */

    if (!elf_symbols(f, &s))
        return false;
    for (uint64_t i = 0; elf_symbol(&s, i, &sym); i++) {
        if (sym.shndx == SHN_UNDEF || sym.name > s.names.size || len > s.names.size - sym.name ||
            memcmp(f->p + s.names.offset + sym.name, name, len))
            continue;
        *value = sym.value;
        return true;
    }
    return false;
}
