/* SPDX-License-Identifier: BSD-2-Clause */
/* A monitor on a character device: commands for people (HMP) or for programs (QMP). */
#ifndef MYNAH_MONITOR_H
#define MYNAH_MONITOR_H

#include <glib.h>

#include "types.h"

struct chardev;

enum monitor_mode { MONITOR_HMP, MONITOR_QMP };

/*
 * Attach a monitor. Before machine_new(): the_machine is looked at when a command runs. pretty: QMP answers are
 * indented. False if the character device is in use.
 */
bool monitor_new(struct chardev *c, enum monitor_mode mode, bool pretty, GError **err);

/* What the command gdbserver calls to serve gdb on spec; NULL: there is no server. Set before a command runs. */
extern bool (*monitor_gdbserver)(const char *spec, GError **err);

#endif
