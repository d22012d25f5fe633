/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each row of A64's and AArch32's decode tables is in a test of tests/insn/arm. What a test has is read from its
 * images, which say by mapping symbols what is code of which instruction set. Of M-profile each row that a model of
 * Armv6-M, Armv7-M, Armv8-M decodes, whatever its other bits are, is in a test that runs on one of these.
 */
#include <elf.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <string.h>

#include "cpu-arm/decode.h"
#include "cpu-arm/m.h"
#include "cpu-arm/trans-a32.h"
#include "cpu-arm/trans-m.h"
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

/* -- M-profile: its own tables, then the others -- */

enum { M_T16M, M_T32M, M_T16, M_T32, M_VFP, M_FPV5, M_TABLES };
enum { ARMV6M, ARMV7M, ARMV8M, VERSIONS };
static const char *const version_names[VERSIONS] = {"armv6-m", "armv7-m", "armv8-m"};
static const char *const version_models[VERSIONS][4] = {
    {"cortex-m0", "cortex-m0plus"}, {"cortex-m3", "cortex-m4", "cortex-m7"}, {"cortex-m23", "cortex-m33", "cortex-m35p"},
};

static bool m_seen[VERSIONS][M_TABLES][ROWS_MAX], m_exists[VERSIONS][M_TABLES][ROWS_MAX];

static const struct a32_insn *m_table(unsigned table, unsigned *rows)
{
    static const struct a32_insn *const tables[M_FPV5] = {t16m_insns, t32m_insns, t16_insns, t32_insns, a32_insns};
    const unsigned counts[M_TABLES] = {t16m_insn_count, t32m_insn_count, t16_insn_count,
                                       t32_insn_count,  a32_insn_count,  neon_insn_count};
    *rows = counts[table];
    return table == M_FPV5 ? NULL : tables[table];
}

static struct row m_row(unsigned table, unsigned i)
{
    unsigned rows;
    const struct a32_insn *in = m_table(table, &rows);
    if (in)
        return (struct row){in[i].name, in[i].mask, in[i].match};
    return (struct row){neon_insns[i].name, neon_insns[i].mask, neon_insns[i].match};
}

/* As translate-a32.c. False: it is undefined. */
static bool m_find(const struct arm_config *c, bool narrow, uint32_t insn, unsigned *table, unsigned *row)
{
    static struct ir_unit unit; /* no division traps, FP may be used */
    struct translator t = {.u = &unit, .t32 = true, .insn = insn, .next = narrow ? 2 : 4, .config = c};
    struct a32_args a;
    struct a64_args v;
    const struct a32_insn *in = m_decode(&t, &a);
    for (*table = 0; in && *table < M_FPV5; ++*table) {
        unsigned rows;
        const struct a32_insn *first = m_table(*table, &rows);
        if (in >= first && in < first + rows) {
            *row = in - first;
            return true;
        }
    }
    const struct a64_insn *neon = !in && m_is_fpv5(&t) ? neon_decode(c->has, insn, &v) : NULL;
    *table = M_FPV5;
    *row = neon ? neon - neon_insns : 0;
    return neon;
}

/* What the version's models have of a table: found by trying the bits that a row leaves open. */
static void m_find_rows(const struct arm_config *c, unsigned version, unsigned table)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    bool narrow = table == M_T16M || table == M_T16;
    unsigned rows;
    m_table(table, &rows);
    for (unsigned i = 0; i < rows; i++) {
        struct row r = m_row(table, i);
        for (unsigned tries = 0; tries < 2000 && !m_exists[version][table][i]; tries++) {
            uint32_t open = ~r.mask, insn = r.match | (g_rand_int(rand) & open);
            unsigned found, row;
            if (table == M_VFP && !(r.mask >> 28))
                insn = (insn & 0x0fffffff) | 0xe0000000;
            if (narrow ? (insn & 0xffff) >> 11 >= 0x1d : insn >> 27 < 0x1d)
                continue;
            if (m_find(c, narrow, narrow ? insn & 0xffff : insn, &found, &row) && found == table && row == i)
                m_exists[version][table][i] = true;
        }
    }
}

static unsigned version_of(const char *cpu)
{
    for (unsigned v = 0; v < VERSIONS; v++)
        for (unsigned i = 0; version_models[v][i]; i++)
            if (!strcmp(version_models[v][i], cpu))
                return v;
    g_error("tests/insn/arm-rows.c: of which version of M-profile is %s?", cpu);
}

static struct arm_config *m_config_of(const char *cpu)
{
    g_autoptr(GError) err = NULL;
    struct armm_cpu *m = g_new0(struct armm_cpu, 1);
    struct opts *o = opts_parse(cpu, "model", &err);
    g_assert_no_error(err);
    armm_model_apply(m, o, &err);
    g_assert_no_error(err);
    opts_free(o);
    struct arm_config *c = g_memdup2(&m->arm.config, sizeof(m->arm.config));
    g_free(m);
    return c;
}

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

static int m_version = -1; /* of what is looked at; -1: it is A-profile's */

/* As translate-a32.c: 16 bits if narrow. */
static void see_a32(const struct arm_config *c, bool t32, bool narrow, uint32_t insn)
{
    struct translator t = {.t32 = t32, .insn = insn};
    struct a32_args a;
    struct a64_args v;
    uint32_t encoding;
    const struct a32_insn *in;
    const struct a64_insn *neon;
    unsigned table, row;

    if (m_version >= 0) {
        if (m_find(c, narrow, insn, &table, &row))
            m_seen[m_version][table][row] = true;
    } else if (narrow) {
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
    bool m = s->isa->arch == &armm_arch;
    g_autofree struct arm_config *c = m ? m_config_of(s->cpu) : config_of(s->cpu);
    g_autoptr(GError) err = NULL;

    g_assert_true(insn_source_build(s, false, &elf));
    g_file_get_contents(elf, &file, NULL, &err);
    g_assert_no_error(err);
    g_unlink(elf);
    m_version = m ? (int)version_of(s->cpu) : -1;
    if (s->isa->xlen == 64)
        see_image64(c, (const uint8_t *)file);
    else
        see_image32(c, (const uint8_t *)file);
}

/* -- The test -- */

/* False: a compiler is missing. */
static bool see_all(void)
{
    static const char *const compilers[] = {"aarch64-linux-gnu-gcc", "arm-linux-gnueabihf-gcc", "arm-none-eabi-gcc"};
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

static bool have_all(void)
{
    static int have = -1;
    if (have < 0)
        have = see_all();
    if (!have) {
        g_assert_null(g_getenv("CI"));
        g_test_skip("no compilers: install Debian packages gcc-aarch64-linux-gnu, gcc-arm-linux-gnueabihf and "
                    "gcc-arm-none-eabi");
    }
    return have;
}

static void test_m_rows(gconstpointer data)
{
    unsigned version = GPOINTER_TO_UINT(data), missing = 0, rows, there = 0;

    if (!have_all())
        return;
    for (unsigned i = 0; version_models[version][i]; i++) {
        g_autofree struct arm_config *c = m_config_of(version_models[version][i]);
        for (unsigned table = 0; table < M_TABLES; table++)
            m_find_rows(c, version, table);
    }
    for (unsigned table = 0; table < M_TABLES; table++) {
        m_table(table, &rows);
        g_assert_cmpuint(rows, <=, ROWS_MAX);
        for (unsigned i = 0; i < rows; i++) {
            struct row row = m_row(table, i);
            there += m_exists[version][table][i];
            if (!m_exists[version][table][i] || m_seen[version][table][i])
                continue;
            g_test_message("no test has %s, row %u of table %u, 0x%08x of 0x%08x", row.name, i, table, row.match,
                           row.mask);
            missing++;
        }
    }
    g_test_message("%s has %u rows", version_names[version], there);
    g_assert_cmpuint(there, >, 60);
    g_assert_cmpuint(missing, ==, 0);
}

static void test_rows(gconstpointer data)
{
    unsigned table = GPOINTER_TO_UINT(data), missing = 0;

    if (!have_all())
        return;
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
    for (unsigned i = 0; i < VERSIONS; i++) {
        g_autofree char *path = g_strdup_printf("/insn/arm-rows/%s", version_names[i]);
        g_test_add_data_func(path, GUINT_TO_POINTER(i), test_m_rows);
    }
    return g_test_run();
}
