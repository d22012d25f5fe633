/* SPDX-License-Identifier: BSD-2-Clause */
/* What boards and options put into the firmware configuration device. */
#ifndef MYNAH_FW_CFG_H
#define MYNAH_FW_CFG_H

#include <glib.h>

#include "types.h"

struct device;
struct machine;

/* The machine's fw_cfg device, or NULL. */
struct device *fw_cfg_find(struct machine *m);
/* Add a file (-fw_cfg name=): data is copied. False if the name is too long, taken, or the directory is full. */
bool fw_cfg_add_file(struct device *d, const char *name, const void *data, uint32_t size, GError **err);
/* Offer a kernel with its initrd and command line (either may be NULL) to firmware. References are taken. */
void fw_cfg_set_kernel(struct device *d, GBytes *kernel, GBytes *initrd, const char *append);
/* What the machine has, once that is known. */
void fw_cfg_set_machine(struct device *d, uint64_t ram_size, unsigned ncpus);

#endif
