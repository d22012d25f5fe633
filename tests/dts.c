/* SPDX-License-Identifier: BSD-2-Clause */
#include "dts.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

char *temp_file(const void *data, size_t size)
{
    char *path;
    int fd = g_file_open_tmp("mynah-test-XXXXXX", &path, NULL);

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    g_assert_true(g_file_set_contents(path, data, size, NULL));
    return path;
}

void *dts_compile(const char *source, size_t *size)
{
    g_autofree char *path = temp_file(source, strlen(source));
    char *argv[] = { "dtc", "-q", "-I", "dts", "-O", "dtb", path, NULL }, *blob;

    g_assert_cmpint(command_run(argv, &blob, size), ==, 0);
    g_unlink(path);
    return blob;
}

char *dts_file(const char *source)
{
    size_t size;
    g_autofree void *blob = dts_compile(source, &size);

    return temp_file(blob, size);
}
