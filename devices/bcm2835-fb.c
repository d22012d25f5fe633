/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The framebuffer that a BCM2835's firmware makes. Manual: the Raspberry Pi firmware's wiki, "Mailbox property interface"
 * and "Mailbox framebuffer interface"; limits and what is there after a reset are QEMU's.
 * Not modelled: alpha, overscan, the cursor, more than one display.
 */
#include <inttypes.h>
#include <string.h>

#include "bcm2835-mbox.h"

#define MAX_WIDTH 3840
#define MAX_HEIGHT 2560
#define OFFSET 0x100000 /* of the pixels in the GPU's memory */

uint32_t bcm2835_fb_pitch(const struct bcm2835_fb_config *c)
{
    return c->virtual_width * (c->depth / 8);
}

uint32_t bcm2835_fb_bytes(const struct bcm2835_fb_config *c)
{
    return bcm2835_fb_pitch(c) * c->virtual_height;
}

void bcm2835_fb_adjust(const struct bcm2835_fb *fb, struct bcm2835_fb_config *c)
{
    uint32_t room = MIN(fb->vram_size, fb->memory - fb->vram) - OFFSET;

    if (c->depth != 8 && c->depth != 16 && c->depth != 24)
        c->depth = 32;
    c->width = CLAMP(c->width, 1, MAX_WIDTH);
    c->height = CLAMP(c->height, 1, MAX_HEIGHT);
    c->virtual_width = CLAMP(c->virtual_width, c->width, MAX_WIDTH);
    c->virtual_height = CLAMP(c->virtual_height, c->height, 2 * MAX_HEIGHT);
    c->virtual_height = MIN(c->virtual_height, room / bcm2835_fb_pitch(c));
    if (c->virtual_height < c->height) /* too large: as much as there is room for, and at least a line */
        c->height = c->virtual_height;
    c->x = MIN(c->x, c->virtual_width - c->width);
    c->y = MIN(c->y, c->virtual_height - c->height);
    c->rgb = c->rgb != 0;
    c->base = fb->vram + OFFSET;
}

bool bcm2835_fb_ok(const struct bcm2835_fb *fb)
{
    struct bcm2835_fb_config c = fb->config;

    bcm2835_fb_adjust(fb, &c);
    return !memcmp(&c, &fb->config, sizeof(c));
}

void bcm2835_fb_reset(struct bcm2835_fb *fb)
{
    fb->config = (struct bcm2835_fb_config){ .width = 640, .height = 480, .virtual_width = 640, .virtual_height = 480,
                                             .depth = 16, .rgb = 1 };
    bcm2835_fb_adjust(fb, &fb->config);
}

/* -- The picture -- */

/* Of red in the lowest byte. */
static uint32_t to_rgb(uint32_t bgr)
{
    return GUINT32_SWAP_LE_BE(bgr) >> 8;
}

/* As 0x00RRGGBB. */
static uint32_t pixel(const struct bcm2835_fb *fb, const uint8_t *p)
{
    uint32_t v;

    switch (fb->config.depth) {
    case 8: v = to_rgb(fb->palette[*p] & 0xffffff); break;
    case 16:
        v = p[0] | p[1] << 8;
        v = (v >> 11) << 19 | (v >> 5 & 0x3f) << 10 | (v & 0x1f) << 3;
        break;
    default: v = p[0] << 16 | p[1] << 8 | p[2]; break;
    }
    return fb->config.rgb ? v : (v & 0xff) << 16 | (v & 0xff00) | v >> 16;
}

bool bcm2835_fb_size(void *opaque, unsigned *width, unsigned *height)
{
    const struct bcm2835_mbox *s = opaque;

    *width = s->fb.config.width;
    *height = s->fb.config.height;
    return true;
}

void bcm2835_fb_draw(void *opaque, uint32_t *pixels, unsigned width, unsigned height)
{
    struct bcm2835_mbox *s = opaque;
    const struct bcm2835_fb_config *c = &s->fb.config;
    unsigned bytes = c->depth / 8;
    g_autofree uint8_t *row = g_malloc(width * bytes);

    for (unsigned y = 0; y < height && !s->fb.blank; y++, pixels += width) {
        gpa at = c->base + (c->y + y) * bcm2835_fb_pitch(c) + c->x * bytes;
        if (!device_dma_read(&s->dev, at, row, width * bytes))
            continue;
        for (unsigned x = 0; x < width; x++)
            pixels[x] = pixel(&s->fb, row + x * bytes);
    }
}

/* -- The mailbox's own channel, older than its properties -- */

/* The message, little-endian. */
enum { MSG_WIDTH, MSG_HEIGHT, MSG_VIRTUAL_WIDTH, MSG_VIRTUAL_HEIGHT, MSG_PITCH, MSG_DEPTH, MSG_X, MSG_Y, MSG_BASE, MSG_BYTES,
       MSG_WORDS };

void bcm2835_fb_message(struct bcm2835_mbox *s, uint32_t addr)
{
    gpa at = addr & BCM2835_BUS_MASK;
    struct bcm2835_fb_config c = s->fb.config;
    uint32_t msg[MSG_WORDS];

    if (!device_dma_read(&s->dev, at, msg, sizeof(msg))) {
        device_guest_error(&s->dev, "a framebuffer message at 0x%" PRIx32 ", where no memory is", addr);
        return;
    }
    c.width = GUINT32_FROM_LE(msg[MSG_WIDTH]);
    c.height = GUINT32_FROM_LE(msg[MSG_HEIGHT]);
    c.virtual_width = GUINT32_FROM_LE(msg[MSG_VIRTUAL_WIDTH]);
    c.virtual_height = GUINT32_FROM_LE(msg[MSG_VIRTUAL_HEIGHT]);
    c.depth = GUINT32_FROM_LE(msg[MSG_DEPTH]);
    c.x = GUINT32_FROM_LE(msg[MSG_X]);
    c.y = GUINT32_FROM_LE(msg[MSG_Y]);
    bcm2835_fb_adjust(&s->fb, &c);
    s->fb.config = c;
    msg[MSG_WIDTH] = GUINT32_TO_LE(c.width);
    msg[MSG_HEIGHT] = GUINT32_TO_LE(c.height);
    msg[MSG_VIRTUAL_WIDTH] = GUINT32_TO_LE(c.virtual_width);
    msg[MSG_VIRTUAL_HEIGHT] = GUINT32_TO_LE(c.virtual_height);
    msg[MSG_PITCH] = GUINT32_TO_LE(bcm2835_fb_pitch(&c));
    msg[MSG_DEPTH] = GUINT32_TO_LE(c.depth);
    msg[MSG_X] = GUINT32_TO_LE(c.x);
    msg[MSG_Y] = GUINT32_TO_LE(c.y);
    msg[MSG_BASE] = GUINT32_TO_LE(c.base);
    msg[MSG_BYTES] = GUINT32_TO_LE(bcm2835_fb_bytes(&c));
    device_dma_write(&s->dev, at, msg, sizeof(msg));
}

static const struct state_row config_fields[] = {
    FIELD(struct bcm2835_fb_config, width, 0),
    FIELD(struct bcm2835_fb_config, height, 0),
    FIELD(struct bcm2835_fb_config, virtual_width, 0),
    FIELD(struct bcm2835_fb_config, virtual_height, 0),
    FIELD(struct bcm2835_fb_config, x, 0),
    FIELD(struct bcm2835_fb_config, y, 0),
    FIELD(struct bcm2835_fb_config, depth, 0),
    FIELD(struct bcm2835_fb_config, rgb, 0),
    FIELD(struct bcm2835_fb_config, alpha, 0),
    FIELD(struct bcm2835_fb_config, base, 0),
    FIELD_END,
};

static const struct state_table config_state = {
    STATE_OF(struct bcm2835_fb_config), .version = 1, .rows = config_fields
};

static const struct state_row fb_fields[] = {
    FIELD_STRUCT(struct bcm2835_fb, config, &config_state), /* its reset: bcm2835_fb_reset() */
    FIELD(struct bcm2835_fb, blank, 0),
    FIELD_ARRAY(struct bcm2835_fb, palette, 0),
    FIELD_SAME(struct bcm2835_fb, vram),
    FIELD_SAME(struct bcm2835_fb, vram_size),
    FIELD_SAME(struct bcm2835_fb, memory),
    FIELD_END,
};

const struct state_table bcm2835_fb_state = { STATE_OF(struct bcm2835_fb), .version = 1, .rows = fb_fields };
