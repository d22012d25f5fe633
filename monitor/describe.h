/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine in words, for the monitor and the log. The machine exists; text is appended to out. */
#ifndef MYNAH_DESCRIBE_H
#define MYNAH_DESCRIBE_H

#include <glib.h>

#include "types.h"

/* The memory map: as declared, or flat, as CPUs see it. */
void describe_memory(GString *out, bool flat);
/* Devices with their properties, register regions and buses. */
void describe_devices(GString *out, bool brief);
/* The state of interrupt controllers. */
void describe_interrupts(GString *out);
/* "info pci" */
void describe_pci(GString *out);
/* What was loaded, and where. */
void describe_roms(GString *out);
/*
 * For a recording (replay.h): what the machine is, before its first instruction; and what is left of it behind its
 * last, as hashes of its memory and of each CPU's registers.
 */
void describe_identity(GString *out);
void describe_end(GString *out);

#endif
