/* SPDX-License-Identifier: BSD-2-Clause */
/* Symbols of loaded ELF files. The files are hostile: every offset is checked, a name is cut and made printable. */
#include "symbols.h"

#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NAME 200 /* bytes of a name that are shown */

struct symbol {
    uint64_t start, end;
    uint32_t name; /* offset in the string table */
    bool is_func, is_global;
};

/* What is needed of a section's header and of a symbol, of either class. */
struct section {
    uint32_t type, link;
    uint64_t flags, addr, offset, size;
};

struct table {
    GBytes *elf;
    const uint8_t *p;
    uint64_t size;
    bool is64;
    gsize parsed; /* g_once_init */
    uint64_t shoff;
    unsigned shnum, shentsize;
    const char *names;
    uint64_t names_size;
    struct symbol *symbols; /* by address, apart from each other */
    size_t n;
    struct table *next;
};

static struct table *tables;

/* -- Reading -- */

static bool read_header(struct table *t)
{
    if (t->is64) {
        Elf64_Ehdr h;
        if (t->size < sizeof(h))
            return false;
        memcpy(&h, t->p, sizeof(h));
        t->shoff = h.e_shoff, t->shnum = h.e_shnum, t->shentsize = h.e_shentsize;
    } else {
        Elf32_Ehdr h;
        if (t->size < sizeof(h))
            return false;
        memcpy(&h, t->p, sizeof(h));
        t->shoff = h.e_shoff, t->shnum = h.e_shnum, t->shentsize = h.e_shentsize;
    }
    return t->shentsize >= (t->is64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr)) && t->shoff <= t->size &&
           (uint64_t)t->shnum * t->shentsize <= t->size - t->shoff;
}

/* False: there is no such section, or it is not within the file. */
static bool read_section(const struct table *t, uint32_t i, struct section *s)
{
    const uint8_t *p = t->p + t->shoff + (uint64_t)i * t->shentsize;

    if (i >= t->shnum)
        return false;
    if (t->is64) {
        Elf64_Shdr h;
        memcpy(&h, p, sizeof(h));
        *s = (struct section){ h.sh_type, h.sh_link, h.sh_flags, h.sh_addr, h.sh_offset, h.sh_size };
    } else {
        Elf32_Shdr h;
        memcpy(&h, p, sizeof(h));
        *s = (struct section){ h.sh_type, h.sh_link, h.sh_flags, h.sh_addr, h.sh_offset, h.sh_size };
    }
    return s->type == SHT_NOBITS || (s->offset <= t->size && s->size <= t->size - s->offset);
}

/* Whether it names code. */
static bool read_symbol(const struct table *t, const uint8_t *p, struct symbol *sym)
{
    Elf64_Sym e;
    struct section s;

    if (t->is64) {
        memcpy(&e, p, sizeof(e));
    } else {
        Elf32_Sym h;
        memcpy(&h, p, sizeof(h));
        e = (Elf64_Sym){ h.st_name, h.st_info, h.st_other, h.st_shndx, h.st_value, h.st_size };
    }
    unsigned type = ELF64_ST_TYPE(e.st_info);
    if ((type != STT_FUNC && type != STT_NOTYPE) || e.st_shndx == SHN_UNDEF || !read_section(t, e.st_shndx, &s) ||
        !(s.flags & SHF_EXECINSTR) || e.st_value < s.addr || e.st_value - s.addr >= s.size ||
        e.st_name >= t->names_size)
        return false;
    const char *name = t->names + e.st_name;
    if (!*name || *name == '$' || *name == '.') /* what compilers and assemblers call places for themselves */
        return false;
    /* Without a size to the section's end; the next symbol cuts it. */
    uint64_t most = s.size - (e.st_value - s.addr);
    *sym = (struct symbol){ .start = e.st_value, .end = e.st_value + (e.st_size ? MIN(e.st_size, most) : most),
                            .name = e.st_name, .is_func = type == STT_FUNC,
                            .is_global = ELF64_ST_BIND(e.st_info) == STB_GLOBAL };
    return sym->end > sym->start;
}

/* By address; of several at one, the best first. */
static int compare(const void *a, const void *b)
{
    const struct symbol *x = a, *y = b;

    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    if (x->is_func != y->is_func)
        return x->is_func ? -1 : 1;
    if (x->is_global != y->is_global)
        return x->is_global ? -1 : 1;
    return x->name < y->name ? -1 : x->name > y->name;
}

/* Drop second names and labels within functions; end each where the next begins. */
static size_t make_apart(struct symbol *s, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        struct symbol *last = kept ? &s[kept - 1] : NULL;
        if (last && (s[i].start == last->start || (!s[i].is_func && last->is_func && s[i].start < last->end)))
            continue;
        if (last)
            last->end = MIN(last->end, s[i].start);
        s[kept++] = s[i];
    }
    return kept;
}

static void parse(struct table *t)
{
    uint64_t entry = t->is64 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
    struct section symtab, strtab;
    uint32_t i = 0;

    if (!read_header(t))
        return;
    while (i < t->shnum && !(read_section(t, i, &symtab) && symtab.type == SHT_SYMTAB))
        i++;
    if (i == t->shnum || !read_section(t, symtab.link, &strtab) || strtab.type != SHT_STRTAB)
        return;
    t->names = (const char *)t->p + strtab.offset;
    t->names_size = strtab.size;
    g_autoptr(GArray) found = g_array_new(false, false, sizeof(struct symbol));
    for (uint64_t at = 0; symtab.size - at >= entry; at += entry) {
        struct symbol s;
        if (read_symbol(t, t->p + symtab.offset + at, &s))
            g_array_append_val(found, s);
    }
    if (!found->len)
        return;
    qsort(found->data, found->len, sizeof(struct symbol), compare);
    t->n = make_apart((struct symbol *)(void *)found->data, found->len);
    t->symbols = (struct symbol *)(void *)g_array_free(g_steal_pointer(&found), false);
}

/* -- Looking up -- */

void symbols_add(GBytes *elf)
{
    struct table *t = g_new0(struct table, 1);
    gsize size;

    t->elf = g_bytes_ref(elf);
    t->p = g_bytes_get_data(elf, &size);
    t->size = size;
    t->is64 = t->p[EI_CLASS] == ELFCLASS64;
    t->next = tables;
    tables = t;
}

void symbols_clear(void)
{
    while (tables) {
        struct table *t = tables;
        tables = t->next;
        g_bytes_unref(t->elf);
        g_free(t->symbols);
        g_free(t);
    }
}

static const struct symbol *find(struct table *t, uint64_t addr)
{
    if (g_once_init_enter(&t->parsed)) {
        parse(t);
        g_once_init_leave(&t->parsed, 1);
    }
    size_t low = 0, high = t->n; /* the last that begins at addr or before it */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (t->symbols[middle].start <= addr)
            low = middle + 1;
        else
            high = middle;
    }
    return low && addr < t->symbols[low - 1].end ? &t->symbols[low - 1] : NULL;
}

static void append_name(GString *out, const struct table *t, const struct symbol *s)
{
    for (unsigned i = 0; s->name + i < t->names_size && t->names[s->name + i]; i++) {
        if (i == MAX_NAME) {
            g_string_append(out, "...");
            return;
        }
        char c = t->names[s->name + i];
        g_string_append_c(out, g_ascii_isgraph(c) ? c : '?');
    }
}

/* In any file. */
static const struct symbol *find_any(uint64_t addr, struct table **in)
{
    for (struct table *t = tables; t; t = t->next) {
        const struct symbol *s = find(t, addr);
        if (s) {
            *in = t;
            return s;
        }
    }
    return NULL;
}

bool symbol_append(GString *out, const char *before, uint64_t addr, bool brackets)
{
    struct table *t;
    const struct symbol *s = find_any(addr, &t);

    if (!s)
        return false;
    g_string_append(out, before);
    g_string_append(out, brackets ? "<" : "");
    append_name(out, t, s);
    if (addr != s->start)
        g_string_append_printf(out, "+0x%" PRIx64, addr - s->start);
    g_string_append(out, brackets ? ">" : "");
    return true;
}

char *symbol_text(const char *before, uint64_t addr, bool brackets)
{
    struct table *t;

    if (!find_any(addr, &t))
        return NULL;
    GString *s = g_string_new(NULL);
    symbol_append(s, before, addr, brackets);
    return g_string_free(s, false);
}

bool symbol_begins(uint64_t addr)
{
    struct table *t;
    const struct symbol *s = find_any(addr, &t);

    return s && s->start == addr;
}
