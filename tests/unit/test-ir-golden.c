/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Golden files of the optimiser: tests/ir/NAME.ir holds a unit, a line "----", and what ir_optimise() makes
 * of it (tests/ir/turn-NAME.ir: and then ir_specialise_loop()), or the error if it is malformed. BLESS=1
 * rewrites the second part. Run from the source folder.
 */
#include <string.h>

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

/* The second part for the first. */
static char *optimised(const char *text, bool loops)
{
    GString *out = g_string_new(NULL);
    GError *err = NULL;

    if (ir_parse(&unit, &toy_arch, text, &err)) {
        ir_optimise(&unit);
        if (loops) {
            ir_specialise_loop(&unit);
            g_assert_true(ir_verify(&unit, NULL));
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
    char *result = optimised(input, strstr(path, "/turn-") != NULL);
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
    int status = g_test_run();
    g_ptr_array_free(paths, TRUE);
    return status;
}
