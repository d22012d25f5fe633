/* SPDX-License-Identifier: BSD-2-Clause */
/* What boards with a BCM2835 or one of its successors ask of its firmware. */
#ifndef MYNAH_BCM2835_H
#define MYNAH_BCM2835_H

#include "types.h"

struct machine;

/* Bytes of memory, from address 0, that the ARM has: the rest is the GPU's. 0: the machine has no such firmware. */
uint32_t bcm2835_arm_memory(struct machine *m);

#endif
