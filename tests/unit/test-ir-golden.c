/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Golden files of the optimiser: tests/ir/NAME.ir holds a unit, a line "----", and what ir_optimise() makes
 * of it, and then the pass that the name's beginning tells (see passes[]), or the error if it is malformed. BLESS=1
 * rewrites the second part.
 * docs/ir-ops.md is the table of ops as text, held to it likewise. Run from the source folder.
 */
#include <string.h>

#include "cpu-exec.h"
#include "tcg/ir/ir-internal.h"
#include "tcg/ir/ir-text.h"
#include "tests/toy-arch.h"

#define SEPARATOR "\n----\n"

void cpu_sync_pc(struct cpu *c)
{
}

void cpu_loop_exit(struct cpu *c)
{
    g_assert_not_reached();
}

static struct ir_unit unit;

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void chase(struct ir_unit *u)
{
    ir_find_chases(u);
    ir_merge_checks(u);
}

/* The pass that files whose names begin so are for, behind ir_optimise(). */
static const struct {
    const char *prefix;
    bool (*pass)(struct ir_unit *u);
    void (*void_pass)(struct ir_unit *u);
} passes[] = {
    {.prefix = "turn-", .pass = ir_specialise_loop},
    {.prefix = "strip-", .pass = ir_strip_loops},
    {.prefix = "sink-", .pass = ir_sink_puts},
    {.prefix = "if-", .pass = ir_convert_ifs},
    {.prefix = "check-", .void_pass = ir_merge_checks},
    {.prefix = "chase-", .void_pass = chase},
};

/* The second part for the first, of a file of that name. */
static char *optimised(const char *text, const char *name)
{
    GString *out = g_string_new(NULL);
    GError *err = NULL;

    if (ir_parse(&unit, &toy_arch, text, &err)) {
        ir_optimise(&unit);
        for (unsigned i = 0; i < G_N_ELEMENTS(passes); i++) {
            if (g_str_has_prefix(name, passes[i].prefix)) {
                if (passes[i].pass) {
                    passes[i].pass(&unit);
                } else {
                    passes[i].void_pass(&unit);
                }
                g_assert_true(ir_verify(&unit, NULL));
            }
        }
        ir_print(&unit, out);
    } else {
        g_string_append_printf(out, "error: %s\n", err->message);
        g_error_free(err);
    }
    return g_string_free(out, FALSE);
}

static void test_file(const void *data)
{
    const char *path = data;
    char *text = NULL;
    GError *err = NULL;

    g_file_get_contents(path, &text, NULL, &err);
    g_assert_no_error(err);
    char *end = strstr(text, SEPARATOR);
    char *input = end ? g_strndup(text, end - text) : g_strchomp(g_strdup(text));
    char *result = optimised(input, strrchr(path, '/') + 1);
    char *whole = g_strconcat(input, SEPARATOR, result, NULL);
    if (g_getenv("BLESS")) {
        g_file_set_contents(path, whole, -1, &err);
        g_assert_no_error(err);
    } else {
        g_assert_cmpstr(text, ==, whole);
    }
    g_free(whole);
    g_free(result);
    g_free(input);
    g_free(text);
}

/* -- The manual of the ops -- */

static void print_types(GString *out, unsigned types)
{
    const char *sep = "";

    for (unsigned t = 0; ir_type_words[t]; t++) {
        if (types >> t & 1) {
            g_string_append_printf(out, "%s%s", sep, t == IR_VOID ? "-" : ir_type_words[t]);
            sep = " ";
        }
    }
}

static void print_effects(GString *out, unsigned flags)
{
    static const char *const words[] = {"pure", "commutes", "may trap", "ends its block", "state", NULL /* DEF */, "late"};
    const char *sep = "";

    for (unsigned i = 0; i < G_N_ELEMENTS(words); i++) {
        if (words[i] && flags >> i & 1) {
            g_string_append_printf(out, "%s%s", sep, words[i]);
            sep = ", ";
        }
    }
}

/* Each row of ir-ops.h as one of a table. */
static void test_manual(void)
{
    static const char path[] = "docs/ir-ops.md";
    GString *out = g_string_new("# The ops of the IR\n\nMade from `include/ir-ops.h`, which says what the letters of "
                                "arguments and fields mean; `BLESS=1 make check\nT=unit/test-ir-golden` writes it.\n\n"
                                "| op | types | value | arguments | fields | effects | meaning |\n"
                                "| --- | --- | --- | --- | --- | --- | --- |\n");
    char *text = NULL;

    for (unsigned op = 0; op < IR_OPCODES; op++) {
        const struct ir_op_info *i = &ir_op_info[op];
        g_autofree char *name = g_ascii_strdown(i->name, -1);
        g_autoptr(GString) doc = g_string_new(i->doc);
        g_string_replace(doc, "|", "\\|", 0);
        g_string_append_printf(out, "| `%s` | ", name);
        print_types(out, i->types);
        g_string_append_printf(out, " | %s | %s | %s | ", i->flags & IR_DEF ? "d" : "", i->args, i->fields);
        print_effects(out, i->flags);
        g_string_append_printf(out, " | %s |\n", doc->str);
    }
    if (g_getenv("BLESS")) {
        g_assert_true(g_file_set_contents(path, out->str, -1, NULL));
    }
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    if (strcmp(text, out->str) != 0) {
        g_error("%s is not what include/ir-ops.h makes", path);
    }
    g_free(text);
    g_string_free(out, TRUE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    GDir *dir = g_dir_open("tests/ir", 0, NULL);
    if (!dir) {
        g_printerr("tests/ir not found: run this in the source folder\n");
        return 1;
    }
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    for (const char *name; (name = g_dir_read_name(dir));) {
        if (g_str_has_suffix(name, ".ir")) {
            g_ptr_array_add(paths, g_build_filename("tests/ir", name, NULL));
        }
    }
    g_dir_close(dir);
    g_ptr_array_sort(paths, compare_paths);
    for (unsigned i = 0; i < paths->len; i++) {
        char *test = g_strdup_printf("/ir/golden/%s", strrchr(paths->pdata[i], '/') + 1);
        g_test_add_data_func(test, paths->pdata[i], test_file);
        g_free(test);
    }
    g_test_add_func("/ir/manual", test_manual);
    int status = g_test_run();
    g_ptr_array_free(paths, TRUE);
    return status;
}
