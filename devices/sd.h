/* SPDX-License-Identifier: BSD-2-Clause */
/* Between an SD host and its card: commands with their responses, and the data of those that have some. */
#ifndef MYNAH_SD_H
#define MYNAH_SD_H

#include "device.h"

extern const struct bus_type sd_bus;
extern const struct device_type sd_card_type;

/* What a response is like. R1b, whose card is busy for a while, never waits here. */
enum sd_response { SD_NONE, SD_R1, SD_R2, SD_R3, SD_R6, SD_R7 };

/*
 * A command of 0 to 63 with its argument. Its response's 32 bits are in word[0]; of R2 bits 127 to 96 are in word[0], 31 to
 * 0 in word[3] (its CRC is zero). SD_NONE: the card does not answer (or is none: card is NULL).
 * These functions take the card's lock; the host's may be held.
 */
enum sd_response sd_command(struct device *card, uint8_t command, uint32_t arg, uint32_t word[4]);
/* The next so many bytes that the card sends; zeros where it sends none. True if it has sent them. */
bool sd_read_data(struct device *card, uint8_t *buf, size_t len);
/* The next bytes of what it is sent; nothing where it waits for none. True if it took them. */
bool sd_write_data(struct device *card, const uint8_t *buf, size_t len);
/* Whether it has data to send, or waits for some. */
bool sd_sends(struct device *card);
bool sd_receives(struct device *card);

#endif
