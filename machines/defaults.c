/* SPDX-License-Identifier: BSD-2-Clause */
/* What -drive and -nic mean on boards, where several mean the same. */
#include "defaults.h"

static const struct drive_default drives[] = {
    { .type = BLOCK_IF_VIRTIO, .driver = "virtio-blk-device" },
    { .type = BLOCK_IF_PFLASH },
    { .type = BLOCK_IF_NONE },
};

static const struct nic_default nics[] = {
    { .model = "virtio-net-device", .driver = "virtio-net-device" },
    { .model = "virtio-net", .driver = "virtio-net-device" },
    { .model = "virtio", .driver = "virtio-net-device" },
    { .model = NULL },
};

const struct defaults virtio_mmio_defaults = { .drives = drives, .nics = nics };
