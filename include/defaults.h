/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the command line's general requests mean on a board: -drive if=TYPE and -nic model=NAME, as rows of the board's
 * description. How many there can be is the tree's to say: by its buses, and by the devices that take drives
 * themselves.
 */
#ifndef MYNAH_DEFAULTS_H
#define MYNAH_DEFAULTS_H

#include "block.h"

/* The drives of one interface. */
struct drive_default {
    enum block_if type;
    const char *driver; /* device that is made for each; NULL: the board has one that takes them, by block_drive() */
};

/* One name of a network card. */
struct nic_default {
    const char *model;
    const char *driver; /* device that it is; NULL: the board has one, which takes it by net_plug_board_card() */
};

struct defaults {
    const struct drive_default *drives; /* ended by BLOCK_IF_NONE; the first is what a -drive without if= is */
    const struct nic_default *nics;     /* ended by model == NULL; the first is what a -nic without model= is */
};

/* machines/defaults.c: the rows of boards whose slots are virtio-mmio's, and of those from outside (-M dtb=); of those with PCI. */
extern const struct defaults virtio_mmio_defaults, virtio_pci_defaults;
/* Of boards that have a LAN9118, a Stellaris' Ethernet. */
extern const struct defaults lan9118_defaults, stellaris_defaults;
/* Of boards that take neither. */
extern const struct defaults no_defaults;

#endif
