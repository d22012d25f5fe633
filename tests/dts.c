/* SPDX-License-Identifier: BSD-2-Clause */
#include "dts.h"

#include <gio/gio.h>
#include <unistd.h>

void *dts_compile(const char *source, size_t *size)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(GSubprocess) dtc = g_subprocess_new(
        G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &err, "dtc", "-q", "-I", "dts", "-O", "dtb",
        NULL);
    g_autoptr(GBytes) in = g_bytes_new_static(source, strlen(source));
    GBytes *out = NULL;
    gsize unused;

    g_assert_no_error(err);
    g_subprocess_communicate(dtc, in, NULL, &out, NULL, &err);
    g_assert_no_error(err);
    g_assert_true(g_subprocess_get_successful(dtc));
    return g_bytes_unref_to_data(out, size ? size : &unused);
}

char *temp_file(const void *data, size_t size)
{
    char *path;
    int fd = g_file_open_tmp("mynah-test-XXXXXX", &path, NULL);

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    g_assert_true(g_file_set_contents(path, data, size, NULL));
    return path;
}

char *dts_file(const char *source)
{
    size_t size;
    g_autofree void *blob = dts_compile(source, &size);

    return temp_file(blob, size);
}
