/* SPDX-License-Identifier: BSD-2-Clause */
/* The server of gdb's remote protocol. */
#ifndef MYNAH_GDB_H
#define MYNAH_GDB_H

#include <glib.h>

#include "types.h"

/*
 * Serve gdb on spec as -gdb has it: "tcp::1234", "unix:PATH", "stdio", "chardev:ID", any of -serial's. "none" stops.
 * After machine_new(), or later by the monitor.
 */
bool gdb_start(const char *spec, GError **err);

#endif
