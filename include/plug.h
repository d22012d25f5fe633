/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices that are asked for by name: what there is to plug in, and where it goes. */
#ifndef MYNAH_PLUG_H
#define MYNAH_PLUG_H

#include "device.h"

/*
 * -device: driver=NAME (implied), id=, bus=, properties. Finds a bus with room, makes the device, and plugs it in. NULL
 * with a message. Before the machine runs.
 */
struct device *device_add(struct machine *m, struct opts *o, GError **err);
/*
 * device_add: the same while the machine is there, running or stopped: refused where the bus has no hotplug. Main loop.
 */
struct device *device_plug(struct machine *m, struct opts *o, GError **err);
/*
 * device_del: unplug and free a device, and first what is on its own bus. It is gone when this returns, or, on a bus
 * whose driver is asked first, once the guest has let go of it: device_unplugged() tells. False with a message, of code
 * DEVICE_NOT_FOUND where there is none of this id. Main loop.
 */
bool device_unplug(struct machine *m, const char *id, GError **err);
#define DEVICE_NOT_FOUND 1
/* Called, on the main loop, with the id of each device that was unplugged; it is freed. One listener. */
extern void (*device_unplugged)(const char *id);
/* Append the text of -device help, and of -device NAME,help: false if there is no such device. */
void device_list(GString *out);
bool device_help(const char *name, GString *out);

#endif
