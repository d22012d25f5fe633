/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each row of A64's and AArch32's decode tables is in a test of tests/insn/arm. What a test has is read from its
 * images, which say by mapping symbols what is code of which instruction set. M-profile's rows are tests/cortex-m's.
 */
#include <elf.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <string.h>

#include "cpu-arm/decode.h"
#include "cpu-arm/trans-a32.h"
#include "cpu-arm/trans-neon.h"
#include "opts.h"
#include "source.h"

#define ROWS_MAX 1024 /* of a table */

/* -- The tables -- */

enum { TABLE_A64, TABLE_A32, TABLE_T32, TABLE_T16, TABLE_NEON, TABLES };
static const char *const table_names[TABLES] = {"a64", "a32", "t32", "t16", "neon"};

static bool seen[TABLES][ROWS_MAX];

static unsigned table_rows(unsigned table)
{
    const unsigned counts[TABLES] = {a64_insn_count, a32_insn_count, t32_insn_count, t16_insn_count, neon_insn_count};
    return counts[table];
}

struct row {
    const char *name;
    uint32_t mask, match;
};

static struct row table_row(unsigned table, unsigned i)
{
    const struct a32_insn *const a32_tables[TABLES] = {[TABLE_A32] = a32_insns, [TABLE_T32] = t32_insns,
                                                       [TABLE_T16] = t16_insns};
    if (a32_tables[table]) {
        const struct a32_insn *in = &a32_tables[table][i];
        return (struct row){in->name, in->mask, in->match};
    }
    const struct a64_insn *in = table == TABLE_A64 ? &a64_insns[i] : &neon_insns[i];
    return (struct row){in->name, in->mask, in->match};
}

/* -- Code -- */

/* What -cpu MODEL,... has; g_free() it. */
static struct arm_config *config_of(const char *cpu)
{
    g_autoptr(GError) err = NULL;
    struct arm_cpu *a = g_new0(struct arm_cpu, 1);
    struct opts *o = opts_parse(cpu, "model", &err);
    g_assert_no_error(err);
    arm_model_apply(a, o, &err);
    g_assert_no_error(err);
    opts_free(o);
    struct arm_config *c = g_memdup2(&a->config, sizeof(a->config));
    g_free(a);
    return c;
}

/* As translate-a32.c: 16 bits if narrow. */
static void see_a32(const struct arm_config *c, bool t32, bool narrow, uint32_t insn)
{
    struct translator t = {.t32 = t32, .insn = insn};
    struct a32_args a;
    struct a64_args v;
    uint32_t encoding;
    const struct a32_insn *in;
    const struct a64_insn *neon;

    if (narrow) {
        if ((in = t16_decode(c->has, insn, &a)))
            seen[TABLE_T16][in - t16_insns] = true;
    } else if (t32 && (in = t32_decode(c->has, insn, &a))) {
        seen[TABLE_T32][in - t32_insns] = true;
    } else if ((!t32 || insn >> 28 == 14) && (in = a32_decode(c->has, insn, &a))) {
        seen[TABLE_A32][in - a32_insns] = true;
    } else if (neon_encoding(&t, &encoding) && (neon = neon_decode(c->has, encoding, &v))) {
        seen[TABLE_NEON][neon - neon_insns] = true;
    }
}

/* Code of a mapping symbol's kind: x is A64, a A32, t T32. */
static void see_code(const struct arm_config *c, char kind, const uint8_t *code, size_t size)
{
    for (size_t at = 0; at + 2 <= size;) {
        uint32_t low = code[at] | code[at + 1] << 8;
        bool narrow = kind == 't' && low >> 11 < 0x1d;
        if (at + (narrow ? 2 : 4) > size)
            return;
        uint32_t high = narrow ? 0 : code[at + 2] | code[at + 3] << 8;
        uint32_t insn = kind == 't' && !narrow ? low << 16 | high : high << 16 | low;
        if (kind == 'x') {
            struct a64_args a;
            const struct a64_insn *in = a64_decode(c->has, insn, &a);
            if (in)
                seen[TABLE_A64][in - a64_insns] = true;
        } else {
            see_a32(c, kind == 't', narrow, insn);
        }
        at += narrow ? 2 : 4;
    }
}

struct symbol {
    unsigned section;
    uint64_t addr;
    char kind;
};

static int by_place(const void *a, const void *b)
{
    const struct symbol *x = a, *y = b;
    if (x->section != y->section)
        return x->section < y->section ? -1 : 1;
    return x->addr < y->addr ? -1 : x->addr > y->addr;
}

#define SEE_IMAGE(bits)                                                                                                \
    static void see_image##bits(const struct arm_config *c, const uint8_t *file)                                       \
    {                                                                                                                  \
        const Elf##bits##_Ehdr *h = (const void *)file;                                                                \
        const Elf##bits##_Shdr *sh = (const void *)(file + h->e_shoff);                                                \
        g_autoptr(GArray) maps = g_array_new(false, false, sizeof(struct symbol));                                     \
        for (unsigned i = 0; i < h->e_shnum; i++) {                                                                    \
            const Elf##bits##_Sym *sym = (const void *)(file + sh[i].sh_offset);                                       \
            if (sh[i].sh_type != SHT_SYMTAB)                                                                           \
                continue;                                                                                              \
            for (unsigned n = 0; n < sh[i].sh_size / sizeof(*sym); n++) {                                              \
                const char *name = (const char *)file + sh[sh[i].sh_link].sh_offset + sym[n].st_name;                  \
                if (name[0] != '$' || !strchr("xatd", name[1]) || sym[n].st_shndx >= h->e_shnum)                       \
                    continue;                                                                                          \
                struct symbol m = {sym[n].st_shndx, sym[n].st_value, name[1]};                                         \
                g_array_append_val(maps, m);                                                                           \
            }                                                                                                          \
        }                                                                                                              \
        g_array_sort(maps, by_place);                                                                                  \
        for (unsigned i = 0; i < maps->len; i++) {                                                                     \
            const struct symbol *m = &g_array_index(maps, struct symbol, i);                                           \
            const Elf##bits##_Shdr *s = &sh[m->section];                                                               \
            bool last = i + 1 == maps->len || m[1].section != m->section;                                              \
            uint64_t end = last ? s->sh_addr + s->sh_size : m[1].addr;                                                 \
            if (m->kind != 'd' && s->sh_type == SHT_PROGBITS)                                                          \
                see_code(c, m->kind, file + s->sh_offset + (m->addr - s->sh_addr), end - m->addr);                     \
        }                                                                                                              \
    }
SEE_IMAGE(32)
SEE_IMAGE(64)

static void see_source(const struct insn_source *s)
{
    g_autofree char *elf = NULL, *file = NULL;
    g_autofree struct arm_config *c = config_of(s->cpu);
    g_autoptr(GError) err = NULL;

    g_assert_true(insn_source_build(s, false, &elf));
    g_file_get_contents(elf, &file, NULL, &err);
    g_assert_no_error(err);
    g_unlink(elf);
    if (s->isa->xlen == 64)
        see_image64(c, (const uint8_t *)file);
    else
        see_image32(c, (const uint8_t *)file);
}

/* -- The test -- */

/* False: a compiler is missing. */
static bool see_all(void)
{
    static const char *const compilers[] = {"aarch64-linux-gnu-gcc", "arm-linux-gnueabihf-gcc"};
    g_autofree char *tests = insn_tests_dir(), *folder = g_build_filename(tests, "arm", NULL);
    g_autoptr(GError) err = NULL;
    const char *name;

    for (unsigned i = 0; i < G_N_ELEMENTS(compilers); i++) {
        g_autofree char *cc = g_find_program_in_path(compilers[i]);
        if (!cc)
            return false;
    }
    g_autoptr(GDir) dir = g_dir_open(folder, 0, &err);
    g_assert_no_error(err);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (!g_str_has_suffix(name, ".S"))
            continue;
        GPtrArray *sources = insn_sources(path);
        for (unsigned i = 0; i < sources->len; i++) {
            see_source(g_ptr_array_index(sources, i));
            insn_source_free(g_ptr_array_index(sources, i));
        }
        g_ptr_array_unref(sources);
    }
    return true;
}

static void test_rows(gconstpointer data)
{
    static int have = -1;
    unsigned table = GPOINTER_TO_UINT(data), missing = 0;

    if (have < 0)
        have = see_all();
    if (!have) {
        g_assert_null(g_getenv("CI"));
        g_test_skip("no compilers: install Debian packages gcc-aarch64-linux-gnu and gcc-arm-linux-gnueabihf");
        return;
    }
    g_assert_cmpuint(table_rows(table), <=, ROWS_MAX);
    for (unsigned i = 0; i < table_rows(table); i++) {
        struct row row = table_row(table, i);
        if (seen[table][i])
            continue;
        g_test_message("no test has %s, row %u, 0x%08x of 0x%08x", row.name, i, row.match, row.mask);
        missing++;
    }
    g_assert_cmpuint(missing, ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions();
    for (unsigned i = 0; i < TABLES; i++) {
        g_autofree char *path = g_strdup_printf("/insn/arm-rows/%s", table_names[i]);
        g_test_add_data_func(path, GUINT_TO_POINTER(i), test_rows);
    }
    return g_test_run();
}
