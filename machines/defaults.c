/* SPDX-License-Identifier: BSD-2-Clause */
/* What -drive and -nic mean on boards, where several mean the same. */
#include "defaults.h"

#define DRIVES(blk)                                                                                                    \
    {                                                                                                                  \
        { .type = BLOCK_IF_VIRTIO, .driver = blk }, { .type = BLOCK_IF_PFLASH }, { .type = BLOCK_IF_NONE },            \
    }

static const struct drive_default mmio_drives[] = DRIVES("virtio-blk-device");
static const struct drive_default pci_drives[] = DRIVES("virtio-blk-pci");

static const struct nic_default mmio_nics[] = {
    { .model = "virtio-net-device", .driver = "virtio-net-device" },
    { .model = "virtio-net", .driver = "virtio-net-device" },
    { .model = "virtio", .driver = "virtio-net-device" },
    { .model = NULL },
};

static const struct nic_default pci_nics[] = {
    { .model = "virtio-net-pci", .driver = "virtio-net-pci" },
    { .model = "virtio-net", .driver = "virtio-net-pci" },
    { .model = "virtio", .driver = "virtio-net-pci" },
    { .model = "virtio-net-device", .driver = "virtio-net-device" },
    { .model = "e1000", .driver = "e1000" },
    { .model = "e1000e", .driver = "e1000e" },
    { .model = "rtl8139", .driver = "rtl8139" },
    { .model = NULL },
};

const struct defaults virtio_mmio_defaults = { .drives = mmio_drives, .nics = mmio_nics };
const struct defaults virtio_pci_defaults = { .drives = pci_drives, .nics = pci_nics };

static const struct nic_default no_nics[] = { { .model = NULL } };
static const struct drive_default no_drives[] = { { .type = BLOCK_IF_NONE } };
const struct defaults no_defaults = { .drives = no_drives, .nics = no_nics };

static const struct nic_default lan9118_nics[] = { { .model = "lan9118" }, { .model = NULL } };
static const struct nic_default stellaris_nics[] = { { .model = "stellaris" }, { .model = "stellaris_enet" }, { .model = NULL } };
const struct defaults lan9118_defaults = { .drives = no_drives, .nics = lan9118_nics };
const struct defaults stellaris_defaults = { .drives = no_drives, .nics = stellaris_nics };
