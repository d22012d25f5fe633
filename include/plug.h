/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices that are asked for by name: what there is to plug in, and where it goes. */
#ifndef MYNAH_PLUG_H
#define MYNAH_PLUG_H

#include "device.h"

/* -device: driver=NAME (implied), id=, bus=, properties. Finds a bus with room. The device; NULL with a message. */
struct device *device_add(struct machine *m, struct opts *o, GError **err);
/* Append the text of -device help, and of -device NAME,help: false if there is no such device. */
void device_list(GString *out);
bool device_help(const char *name, GString *out);

#endif
