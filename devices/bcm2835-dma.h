/* SPDX-License-Identifier: BSD-2-Clause */
/* How a peripheral of a BCM2835 asks its DMA controller for data. */
#ifndef MYNAH_BCM2835_DMA_H
#define MYNAH_BCM2835_DMA_H

#include "device.h"

/* Peripherals that pace transfers, by PERMAP. Others always have data, or room. */
enum { BCM2835_DREQ_EMMC = 11, BCM2835_DREQ_SDHOST = 13 };

/*
 * The peripheral has data to be read or room for what is written (on), or not. *dma, NULL to begin with, is where the
 * controller was found. The peripheral's lock is held.
 */
void bcm2835_dma_request(struct device *peripheral, struct device **dma, unsigned dreq, bool on);

#endif
