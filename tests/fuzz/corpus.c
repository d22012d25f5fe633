/* SPDX-License-Identifier: BSD-2-Clause */
#include "corpus.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static const char *decode_string(const char *s, GByteArray *out)
{
    for (; *s && *s != '"'; s++) {
        if (*s == '\\' && s[1])
            s++;
        g_byte_array_append(out, (const guint8 *)s, 1);
    }
    return *s ? s + 1 : s;
}

static const char *decode_repeat(const char *s, GByteArray *out)
{
    char *end;
    guint to = strtoul(s, &end, 0), from = out->len;

    if (from && to > from) {
        g_byte_array_set_size(out, to);
        memset(out->data + from, out->data[from - 1], to - from);
    }
    return end;
}

static GByteArray *decode(const char *path, const char *s)
{
    GByteArray *out = g_byte_array_new();

    while (*s) {
        if (*s == '#') {
            s += strcspn(s, "\n");
        } else if (g_ascii_isspace(*s)) {
            s++;
        } else if (*s == '"') {
            s = decode_string(s + 1, out);
        } else if (*s == '@') {
            s = decode_repeat(s + 1, out);
        } else if (g_ascii_isxdigit(*s) && g_ascii_isxdigit(s[1])) {
            guint8 b = g_ascii_xdigit_value(*s) << 4 | g_ascii_xdigit_value(s[1]);
            g_byte_array_append(out, &b, 1);
            s += 2;
        } else {
            g_error("%s: expected hexadecimal bytes or a string at '%.10s'", path, s);
        }
    }
    return out;
}

GByteArray *corpus_read(const char *path, bool binary)
{
    g_autoptr(GError) err = NULL;
    char *text;
    gsize len;

    if (!g_file_get_contents(path, &text, &len, &err))
        g_error("%s", err->message);
    if (binary)
        return g_byte_array_new_take((guint8 *)text, len);
    GByteArray *a = decode(path, text);
    g_free(text);
    return a;
}

void corpus_print(FILE *to, const GByteArray *a)
{
    for (guint i = 0; i < a->len; i++)
        fprintf(to, "%02x%c", a->data[i], i % 32 == 31 || i + 1 == a->len ? '\n' : ' ');
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *corpus_list(void)
{
    const char *src = g_getenv("SRCDIR");
    g_autofree char *dir = g_build_filename(src ? src : ".", "tests/fuzz/corpus", fuzz_name, NULL);
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    GDir *d = g_dir_open(dir, 0, NULL);

    for (const char *name; d && (name = g_dir_read_name(d));)
        g_ptr_array_add(list, g_build_filename(dir, name, NULL));
    if (d)
        g_dir_close(d);
    g_ptr_array_sort(list, compare_names);
    return list;
}

static bool export(const char *folder)
{
    g_autoptr(GPtrArray) list = corpus_list();

    for (guint i = 0; i < list->len; i++) {
        const char *path = g_ptr_array_index(list, i);
        GByteArray *a = corpus_read(path, false);
        g_autofree char *base = g_path_get_basename(path), *to = g_build_filename(folder, base, NULL);
        if (!g_file_set_contents(to, (char *)a->data, a->len, NULL))
            return false;
        g_byte_array_unref(a);
    }
    return true;
}

void corpus_command(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "--export"))
        exit(export(argv[2]) ? EXIT_SUCCESS : EXIT_FAILURE);
    if (argc == 3 && !strcmp(argv[1], "--hex")) {
        corpus_print(stdout, corpus_read(argv[2], true));
        exit(EXIT_SUCCESS);
    }
}
