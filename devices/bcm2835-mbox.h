/* SPDX-License-Identifier: BSD-2-Clause */
/* The firmware of a BCM2835 as the ARM sees it: mailboxes, and behind them properties and the framebuffer. */
#ifndef MYNAH_BCM2835_MBOX_H
#define MYNAH_BCM2835_MBOX_H

#include "device.h"

/* Bus addresses of the peripherals and the GPU are of 1 GiB, four times: the caches differ. */
#define BCM2835_BUS_MASK 0x3fffffffu

/* -- Framebuffer -- */

struct bcm2835_fb_config {
    uint32_t width, height;                 /* what is shown */
    uint32_t virtual_width, virtual_height; /* what is in memory */
    uint32_t x, y;                          /* of it the part that is shown begins here */
    uint32_t depth;                         /* bits a pixel: 8 (with a palette), 16, 24, 32 */
    uint32_t rgb;                           /* order of the components: 1: red first, 0: blue first */
    uint32_t alpha;                         /* mode: kept, and without effect */
    uint32_t base;                          /* physical address */
};

struct bcm2835_fb {
    struct bcm2835_fb_config config;
    bool blank;
    uint32_t palette[256]; /* 0x00BBGGRR */
    uint32_t vram, vram_size; /* the GPU's part of the memory: where it is, how large */
    uint32_t memory;          /* where the memory ends for all but the GPU */
};
extern const struct state_table bcm2835_fb_state;

/* The nearest configuration that can be: sizes within bounds, the part within the whole, all of it in the GPU's memory. */
void bcm2835_fb_adjust(const struct bcm2835_fb *fb, struct bcm2835_fb_config *c);
uint32_t bcm2835_fb_pitch(const struct bcm2835_fb_config *c);
/* Bytes of the whole. */
uint32_t bcm2835_fb_bytes(const struct bcm2835_fb_config *c);
/* As after a reset. */
void bcm2835_fb_reset(struct bcm2835_fb *fb);
/* True if the configuration is one that bcm2835_fb_adjust() leaves as it is. */
bool bcm2835_fb_ok(const struct bcm2835_fb *fb);
/* For struct display_source; opaque is a struct bcm2835_mbox. */
bool bcm2835_fb_size(void *opaque, unsigned *width, unsigned *height);
void bcm2835_fb_draw(void *opaque, uint32_t *pixels, unsigned width, unsigned height);
/* A message of the mailbox's framebuffer channel: a structure at this bus address. */
struct bcm2835_mbox;
void bcm2835_fb_message(struct bcm2835_mbox *s, uint32_t addr);

/* -- Properties -- */

#define BCM2835_CLOCKS 16  /* numbers 1 to 15 */
#define BCM2835_DOMAINS 32 /* of power: numbers 1 to 31 */
#define BCM2835_EXPANDER 8 /* lines of the GPIO expander behind the firmware: numbers 128 to 135 */
#define BCM2835_OTP 8      /* words of the customer's */

struct bcm2835_firmware {
    uint32_t clock_rate[BCM2835_CLOCKS]; /* Hz; 0: as it is after a reset */
    uint32_t clock_off;                  /* a bit each */
    uint32_t power, domains;             /* a bit each: on */
    uint8_t gpio_direction[BCM2835_EXPANDER], gpio_polarity[BCM2835_EXPANDER], gpio_pull[BCM2835_EXPANDER];
    uint8_t gpio_level[BCM2835_EXPANDER];
    uint32_t otp[BCM2835_OTP];
};
extern const struct state_table bcm2835_firmware_state;

/* A message of the mailbox's property channel: a buffer at this bus address. */
void bcm2835_property_message(struct bcm2835_mbox *s, uint32_t addr);

/* -- The device -- */

#define BCM2835_MBOX_FIFO 8

struct bcm2835_mbox {
    struct device dev;
    uint32_t board_rev;  /* as the firmware names boards */
    uint64_t serial;
    uint64_t vcram_size; /* of the GPU's part */
    uint64_t ram_size;   /* all of it, from address 0 */
    uint8_t mac[6];
    char *command_line;

    uint32_t fifo[BCM2835_MBOX_FIFO]; /* to the ARM */
    uint8_t head, count;
    uint32_t config;
    struct bcm2835_fb fb;
    struct bcm2835_firmware firmware;
};

#endif
