/* SPDX-License-Identifier: BSD-2-Clause */
/* bootindex: in which order firmware is to try the machine's devices. */
#ifndef MYNAH_BOOT_ORDER_H
#define MYNAH_BOOT_ORDER_H

#include <glib.h>

#include "types.h"

struct machine;

/*
 * Offer firmware the paths of the devices that have a bootindex, lowest first, as file bootorder of fw_cfg. A machine
 * without fw_cfg has none. Once, when all devices are there. False with a message: two have the same.
 */
bool boot_order_offer(struct machine *m, GError **err);

#endif
