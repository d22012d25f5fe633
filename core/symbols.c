/* SPDX-License-Identifier: BSD-2-Clause */
/* Symbols of loaded ELF files. The files are hostile: every offset is checked, a name is cut and made printable. */
#include "symbols.h"

#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "elf-file.h"

#define MAX_NAME 200 /* bytes of a name that are shown */

struct symbol {
    uint64_t start, end;
    uint32_t name; /* offset in the string table */
    bool is_func, is_global;
};

struct table {
    GBytes *elf;
    struct elf_file file;
    gsize parsed; /* g_once_init */
    const char *names;
    uint64_t names_size;
    struct symbol *symbols; /* by address, apart from each other */
    size_t n;
    struct table *next;
};

static struct table *tables;

/* -- Reading -- */

/* Whether it names code. */
static bool read_symbol(const struct table *t, const struct elf_symbol *e, struct symbol *sym)
{
    struct elf_section s;
    unsigned type = ELF64_ST_TYPE(e->info);
    if ((type != STT_FUNC && type != STT_NOTYPE) || e->shndx == SHN_UNDEF || !elf_section(&t->file, e->shndx, &s) ||
        !(s.flags & SHF_EXECINSTR) || e->value < s.addr || e->value - s.addr >= s.size ||
        e->name >= t->names_size)
        return false;
    const char *name = t->names + e->name;
    if (!*name || *name == '$' || *name == '.') /* what compilers and assemblers call places for themselves */
        return false;
    /* Without a size to the section's end; the next symbol cuts it. */
    uint64_t most = s.size - (e->value - s.addr);
    *sym = (struct symbol){ .start = e->value, .end = e->value + (e->size ? MIN(e->size, most) : most),
                            .name = e->name, .is_func = type == STT_FUNC,
                            .is_global = ELF64_ST_BIND(e->info) == STB_GLOBAL };
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
    struct elf_symbols all;
    struct elf_symbol e;

    if (!elf_symbols(&t->file, &all))
        return;
    t->names = (const char *)t->file.p + all.names.offset;
    t->names_size = all.names.size;
    g_autoptr(GArray) found = g_array_new(false, false, sizeof(struct symbol));
    for (uint64_t i = 0; elf_symbol(&all, i, &e); i++) {
        struct symbol s;
        if (read_symbol(t, &e, &s))
            g_array_append_val(found, s);
    }
    if (!found->len)
        return;
    qsort(found->data, found->len, sizeof(struct symbol), compare);
    t->n = make_apart((struct symbol *)(void *)found->data, found->len);
    t->symbols = (struct symbol *)(void *)g_array_free(g_steal_pointer(&found), false);
}

/* -- Looking up -- */

bool symbol_value(const char *name, uint64_t *value)
{
    for (const struct table *t = tables; t; t = t->next)
        if (elf_symbol_value(&t->file, name, value))
            return true;
    return false;
}

void symbols_add(GBytes *elf)
{
    struct table *t = g_new0(struct table, 1);

    t->elf = g_bytes_ref(elf);
    elf_open(&t->file, elf);
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
