/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the pins of a BCM2835 lead: its two SD hosts share the card's. */
#ifndef MYNAH_BCM2835_GPIO_H
#define MYNAH_BCM2835_GPIO_H

#include "device.h"

enum bcm2835_sd_host { BCM2835_SDHCI, BCM2835_SDHOST };

/*
 * The SD card that a host of the machine reaches now, by its pins' functions; NULL: none. *gpio, NULL to begin with, is where
 * the pins were found. The host's lock is held.
 */
struct device *bcm2835_gpio_card(struct device *host, struct device **gpio, enum bcm2835_sd_host which);

#endif
