/* SPDX-License-Identifier: BSD-2-Clause */
/* Other programs that tests run. */
#ifndef MYNAH_TESTS_COMMAND_H
#define MYNAH_TESTS_COMMAND_H

#include <stddef.h>

/*
 * Run another program to its end: its exit status, -1 if it had none; what it wrote to standard output, if out is not
 * NULL: *size bytes at *out, for g_free(). Not by GSubprocess, which makes a thread: that could hold a lock of GLib's
 * when the caller forks later, and the thread sanitizer does not know GLib's locks.
 */
int command_run(char **argv, char **out, size_t *size);

#endif
