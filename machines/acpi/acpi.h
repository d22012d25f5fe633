/* SPDX-License-Identifier: BSD-2-Clause */
/* ACPI tables of boards that are device trees, for the guest's firmware to find in fw_cfg. */
#ifndef MYNAH_ACPI_H
#define MYNAH_ACPI_H

#include <glib.h>

#include "types.h"

struct machine;

/*
 * Make the tables of what the machine's tree has now and offer them: files etc/acpi/rsdp, etc/acpi/tables and
 * etc/table-loader. A machine without fw_cfg has none. Once, behind the boot protocol, which may change the tree. False
 * with a message.
 */
bool acpi_offer(struct machine *m, GError **err);

#endif
