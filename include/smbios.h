/* SPDX-License-Identifier: BSD-2-Clause */
/* SMBIOS tables: what machine this is, for people and inventories in the guest (dmidecode). */
#ifndef MYNAH_SMBIOS_H
#define MYNAH_SMBIOS_H

#include <glib.h>

#include "types.h"

struct machine;
struct opts;

/* -smbios: fields of a type of structure, or a file with a whole one. False with a message. Before the machine is made. */
bool smbios_add(struct opts *o, GError **err);
/*
 * Make the tables of a machine whose devices are there and offer them to firmware: files etc/smbios/smbios-anchor and
 * etc/smbios/smbios-tables of fw_cfg. A machine without fw_cfg has none. Once. False with a message.
 */
bool smbios_offer(struct machine *m, GError **err);

#endif
