/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine protocol: a monitor for programs. */
#ifndef MYNAH_QMP_H
#define MYNAH_QMP_H

#include <glib.h>

#include "types.h"

struct chardev;

/* Attach a QMP monitor; answers are indented if pretty. False if the character device is in use. */
bool qmp_new(struct chardev *c, bool pretty, GError **err);

#endif
