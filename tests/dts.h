/* SPDX-License-Identifier: BSD-2-Clause */
/* Device trees for tests, from source. */
#ifndef MYNAH_TESTS_DTS_H
#define MYNAH_TESTS_DTS_H

#include <stddef.h>

/* Compile with dtc; the test fails if that does. g_free() it. */
void *dts_compile(const char *source, size_t *size);
/* The same into a temporary file: its path, to be unlinked and g_free()d. */
char *dts_file(const char *source);
/* A temporary file with those bytes: its path, to be unlinked and g_free()d. */
char *temp_file(const void *data, size_t size);

#endif
