/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The properties of a BCM2835's firmware: what a mailbox message asks about the board, clocks, power, the framebuffer.
 * Manual: the Raspberry Pi firmware's wiki, "Mailbox property interface"; binding: raspberrypi,bcm2835-firmware.
 * A tag that is not known has an empty response, as QEMU's. Rates and voltages are kept and have no effect.
 * Not modelled: memory of the GPU and code on it, displays' EDID, OTP beyond the customer's words.
 */
#include <inttypes.h>
#include <string.h>

#include "bcm2835-mbox.h"

#define MESSAGE_MAX (64 * KiB) /* a longer one is refused */
#define RESPONSE (1u << 31)
#define SUCCESS 0x80000000u
#define ERROR 0x80000001u
#define HEADER 8     /* bytes of a message: its size, request or response */
#define TAG_HEADER 12 /* of a tag: number, size of its value, request or length of the response */

#define FIRMWARE_REVISION 346337 /* QEMU's */
#define DMA_CHANNELS 0x3c        /* that the ARM may use: QEMU's */
#define TEMPERATURE 25000        /* thousandths of a degree */
#define MAX_TEMPERATURE 99000
#define VOLTAGE 1200000          /* microvolts */
#define FIRST_EXPANDER_GPIO 128

enum { CLOCK_EMMC = 1, CLOCK_UART, CLOCK_ARM, CLOCK_CORE };
#define CLOCKS_LISTED 10

/* One tag of a message. Words beyond its buffer read as zero, and are not written. */
struct tag {
    struct bcm2835_mbox *s;
    uint8_t *value;
    uint32_t size; /* of the value's buffer */
    struct bcm2835_fb_config *fb; /* what all tags of the message make of it */
};

static uint32_t get(const struct tag *t, unsigned word)
{
    uint32_t v;

    if (t->size < 4 * (word + 1))
        return 0;
    memcpy(&v, t->value + 4 * word, 4);
    return GUINT32_FROM_LE(v);
}

static void put(struct tag *t, unsigned word, uint32_t v)
{
    v = GUINT32_TO_LE(v);
    if (t->size >= 4 * (word + 1))
        memcpy(t->value + 4 * word, &v, 4);
}

static void put_bytes(struct tag *t, const void *bytes, unsigned len)
{
    memcpy(t->value, bytes, MIN(len, t->size));
}

/* -- Each gives the length of the response -- */

/* The board */

static uint32_t get_revision(struct tag *t)
{
    put(t, 0, FIRMWARE_REVISION);
    return 4;
}

static uint32_t get_model(struct tag *t)
{
    put(t, 0, 0);
    return 4;
}

static uint32_t get_board_rev(struct tag *t)
{
    put(t, 0, t->s->board_rev);
    return 4;
}

static uint32_t get_mac(struct tag *t)
{
    put_bytes(t, t->s->mac, 6);
    return 6;
}

static uint32_t get_serial(struct tag *t)
{
    put(t, 0, t->s->serial);
    put(t, 1, t->s->serial >> 32);
    return 8;
}

static uint32_t get_arm_memory(struct tag *t)
{
    put(t, 0, 0);
    put(t, 1, t->s->fb.vram);
    return 8;
}

static uint32_t get_vc_memory(struct tag *t)
{
    put(t, 0, t->s->fb.vram);
    put(t, 1, t->s->fb.vram_size);
    return 8;
}

static uint32_t get_command_line(struct tag *t)
{
    const char *line = t->s->command_line ? t->s->command_line : "";

    put_bytes(t, line, strlen(line) + 1);
    return strlen(line) + 1;
}

static uint32_t get_dma_channels(struct tag *t)
{
    put(t, 0, DMA_CHANNELS);
    return 4;
}

static uint32_t zero(struct tag *t) /* nothing is wrong, nothing more is said */
{
    put(t, 0, 0);
    return 4;
}

static uint32_t done(struct tag *t)
{
    return 0;
}

/* Clocks, by number: QEMU's rates */

static uint32_t clock_default(unsigned clock)
{
    switch (clock) {
    case CLOCK_EMMC: return 50000000;
    case CLOCK_UART: return 3000000;
    case CLOCK_CORE: return 350000000;
    }
    return 700000000;
}

static uint32_t get_clocks(struct tag *t)
{
    for (unsigned i = 0; i < CLOCKS_LISTED; i++) {
        put(t, 2 * i, 0); /* the parent */
        put(t, 2 * i + 1, i + 1);
    }
    return 8 * CLOCKS_LISTED;
}

static uint32_t get_clock_state(struct tag *t)
{
    uint32_t n = get(t, 0);

    put(t, 1, n && n < BCM2835_CLOCKS ? !(t->s->firmware.clock_off >> n & 1) : 2 /* there is none */);
    return 8;
}

static uint32_t set_clock_state(struct tag *t)
{
    uint32_t n = get(t, 0), on = get(t, 1) & 1;

    if (n && n < BCM2835_CLOCKS)
        t->s->firmware.clock_off = with_bits(t->s->firmware.clock_off, n, 1, !on);
    return get_clock_state(t);
}

static uint32_t get_clock_rate(struct tag *t)
{
    uint32_t n = get(t, 0), set = n < BCM2835_CLOCKS ? t->s->firmware.clock_rate[n] : 0;

    put(t, 1, n == 0 || n >= BCM2835_CLOCKS ? 0 : set ? set : clock_default(n));
    return 8;
}

static uint32_t set_clock_rate(struct tag *t)
{
    uint32_t n = get(t, 0), rate = get(t, 1);

    if (n && n < BCM2835_CLOCKS)
        t->s->firmware.clock_rate[n] = MIN(rate, clock_default(n));
    return get_clock_rate(t);
}

static uint32_t get_clock_limit(struct tag *t)
{
    uint32_t n = get(t, 0);

    put(t, 1, n && n < BCM2835_CLOCKS ? clock_default(n) : 0);
    return 8;
}

/* Power, voltage, temperature */

static uint32_t get_power(struct tag *t)
{
    uint32_t n = get(t, 0);

    put(t, 1, n < 32 ? t->s->firmware.power >> n & 1 : 2 /* there is none */);
    return 8;
}

static uint32_t set_power(struct tag *t)
{
    uint32_t n = get(t, 0), on = get(t, 1) & 1;

    if (n < 32)
        t->s->firmware.power = with_bits(t->s->firmware.power, n, 1, on);
    return get_power(t);
}

static uint32_t get_power_timing(struct tag *t) /* microseconds to wait */
{
    put(t, 1, 0);
    return 8;
}

static uint32_t get_domain(struct tag *t)
{
    uint32_t n = get(t, 0);

    put(t, 1, n < BCM2835_DOMAINS ? t->s->firmware.domains >> n & 1 : 0);
    return 8;
}

static uint32_t set_domain(struct tag *t)
{
    uint32_t n = get(t, 0), on = get(t, 1) & 1;

    if (n < BCM2835_DOMAINS)
        t->s->firmware.domains = with_bits(t->s->firmware.domains, n, 1, on);
    return get_domain(t);
}

static uint32_t get_voltage(struct tag *t)
{
    put(t, 1, VOLTAGE);
    return 8;
}

static uint32_t get_temperature(struct tag *t)
{
    put(t, 1, TEMPERATURE);
    return 8;
}

static uint32_t get_max_temperature(struct tag *t)
{
    put(t, 1, MAX_TEMPERATURE);
    return 8;
}

static uint32_t get_turbo(struct tag *t)
{
    put(t, 1, 0);
    return 8;
}

/* Lines of the expander: the first word is the line, and zero in the response */

static uint32_t get_gpio(struct tag *t)
{
    uint32_t n = get(t, 0) - FIRST_EXPANDER_GPIO;

    put(t, 0, n >= BCM2835_EXPANDER);
    put(t, 1, n < BCM2835_EXPANDER ? t->s->firmware.gpio_level[n] : 0);
    return 8;
}

static uint32_t set_gpio(struct tag *t)
{
    uint32_t n = get(t, 0) - FIRST_EXPANDER_GPIO;

    if (n < BCM2835_EXPANDER)
        t->s->firmware.gpio_level[n] = get(t, 1) & 1;
    put(t, 0, n >= BCM2835_EXPANDER);
    return 8;
}

static uint32_t get_gpio_config(struct tag *t)
{
    const struct bcm2835_firmware *f = &t->s->firmware;
    uint32_t n = get(t, 0) - FIRST_EXPANDER_GPIO;
    bool known = n < BCM2835_EXPANDER;

    put(t, 0, !known);
    put(t, 1, known ? f->gpio_direction[n] : 0);
    put(t, 2, known ? f->gpio_polarity[n] : 0);
    put(t, 3, 0); /* termination */
    put(t, 4, known ? f->gpio_pull[n] : 0);
    return 20;
}

static uint32_t set_gpio_config(struct tag *t)
{
    struct bcm2835_firmware *f = &t->s->firmware;
    uint32_t n = get(t, 0) - FIRST_EXPANDER_GPIO;

    if (n < BCM2835_EXPANDER) {
        f->gpio_direction[n] = get(t, 1) & 1;
        f->gpio_polarity[n] = get(t, 2) & 1;
        f->gpio_pull[n] = get(t, 4) & 3;
        f->gpio_level[n] = get(t, 5) & 1;
    }
    put(t, 0, n >= BCM2835_EXPANDER);
    return 24;
}

/* The customer's OTP words: first, number, words */

static uint32_t get_otp(struct tag *t)
{
    uint32_t first = get(t, 0), n = get(t, 1);

    if (n > BCM2835_OTP || first > BCM2835_OTP - n)
        return 8;
    for (unsigned i = 0; i < n; i++)
        put(t, 2 + i, t->s->firmware.otp[first + i]);
    return 8 + 4 * n;
}

static uint32_t set_otp(struct tag *t)
{
    uint32_t first = get(t, 0), n = get(t, 1);

    if (n > BCM2835_OTP || first > BCM2835_OTP - n)
        return 8;
    for (unsigned i = 0; i < n; i++)
        t->s->firmware.otp[first + i] |= get(t, 2 + i); /* fuses */
    return 8 + 4 * n;
}

/* The framebuffer: "test" asks what a setting would become */

static uint32_t allocate_buffer(struct tag *t)
{
    bcm2835_fb_adjust(&t->s->fb, t->fb);
    put(t, 0, t->fb->base);
    put(t, 1, bcm2835_fb_bytes(t->fb));
    return 8;
}

static uint32_t blank(struct tag *t)
{
    t->s->fb.blank = get(t, 0) & 1;
    put(t, 0, t->s->fb.blank);
    return 4;
}

static uint32_t tell_size(struct tag *t, const struct bcm2835_fb_config *c)
{
    put(t, 0, c->width);
    put(t, 1, c->height);
    return 8;
}

static uint32_t get_size(struct tag *t)
{
    return tell_size(t, t->fb);
}

static void set_size_in(const struct tag *t, struct bcm2835_fb_config *c)
{
    c->width = get(t, 0);
    c->height = get(t, 1);
    bcm2835_fb_adjust(&t->s->fb, c);
}

static uint32_t test_size(struct tag *t)
{
    struct bcm2835_fb_config c = *t->fb;

    set_size_in(t, &c);
    return tell_size(t, &c);
}

static uint32_t set_size(struct tag *t)
{
    set_size_in(t, t->fb);
    return get_size(t);
}

static uint32_t tell_virtual_size(struct tag *t, const struct bcm2835_fb_config *c)
{
    put(t, 0, c->virtual_width);
    put(t, 1, c->virtual_height);
    return 8;
}

static uint32_t get_virtual_size(struct tag *t)
{
    return tell_virtual_size(t, t->fb);
}

static void set_virtual_size_in(const struct tag *t, struct bcm2835_fb_config *c)
{
    c->virtual_width = get(t, 0);
    c->virtual_height = get(t, 1);
    bcm2835_fb_adjust(&t->s->fb, c);
}

static uint32_t test_virtual_size(struct tag *t)
{
    struct bcm2835_fb_config c = *t->fb;

    set_virtual_size_in(t, &c);
    return tell_virtual_size(t, &c);
}

static uint32_t set_virtual_size(struct tag *t)
{
    set_virtual_size_in(t, t->fb);
    return get_virtual_size(t);
}

static uint32_t get_depth(struct tag *t)
{
    put(t, 0, t->fb->depth);
    return 4;
}

static uint32_t test_depth(struct tag *t)
{
    struct bcm2835_fb_config c = *t->fb;

    c.depth = get(t, 0);
    bcm2835_fb_adjust(&t->s->fb, &c);
    put(t, 0, c.depth);
    return 4;
}

static uint32_t set_depth(struct tag *t)
{
    t->fb->depth = get(t, 0);
    bcm2835_fb_adjust(&t->s->fb, t->fb);
    return get_depth(t);
}

static uint32_t get_pixel_order(struct tag *t)
{
    put(t, 0, t->fb->rgb);
    return 4;
}

static uint32_t test_pixel_order(struct tag *t)
{
    put(t, 0, get(t, 0) & 1);
    return 4;
}

static uint32_t set_pixel_order(struct tag *t)
{
    t->fb->rgb = get(t, 0) & 1;
    return get_pixel_order(t);
}

static uint32_t get_alpha(struct tag *t)
{
    put(t, 0, t->fb->alpha);
    return 4;
}

static uint32_t test_alpha(struct tag *t)
{
    return 4;
}

static uint32_t set_alpha(struct tag *t)
{
    t->fb->alpha = get(t, 0);
    return 4;
}

static uint32_t get_pitch(struct tag *t)
{
    put(t, 0, bcm2835_fb_pitch(t->fb));
    return 4;
}

static uint32_t tell_offset(struct tag *t, const struct bcm2835_fb_config *c)
{
    put(t, 0, c->x);
    put(t, 1, c->y);
    return 8;
}

static uint32_t get_offset(struct tag *t)
{
    return tell_offset(t, t->fb);
}

static void set_offset_in(const struct tag *t, struct bcm2835_fb_config *c)
{
    c->x = get(t, 0);
    c->y = get(t, 1);
    bcm2835_fb_adjust(&t->s->fb, c);
}

static uint32_t test_offset(struct tag *t)
{
    struct bcm2835_fb_config c = *t->fb;

    set_offset_in(t, &c);
    return tell_offset(t, &c);
}

static uint32_t set_offset(struct tag *t)
{
    set_offset_in(t, t->fb);
    return get_offset(t);
}

static uint32_t overscan(struct tag *t) /* there is none */
{
    for (unsigned i = 0; i < 4; i++)
        put(t, i, 0);
    return 16;
}

static uint32_t get_palette(struct tag *t)
{
    for (unsigned i = 0; i < 256; i++)
        put(t, i, t->s->fb.palette[i]);
    return 1024;
}

/* First, number, colours. */
static uint32_t set_palette(struct tag *t)
{
    uint32_t first = get(t, 0), n = get(t, 1);
    bool ok = first < 256 && n >= 1 && n <= 256 - first && t->size >= 8 + 4 * n;

    for (unsigned i = 0; ok && i < n; i++)
        t->s->fb.palette[first + i] = get(t, 2 + i);
    put(t, 0, !ok);
    return 4;
}

static uint32_t get_num_displays(struct tag *t)
{
    put(t, 0, 1);
    return 4;
}

static const struct property_tag {
    uint32_t tag;
    uint32_t (*answer)(struct tag *t);
} tags[] = {
    { 0x00000001, get_revision },
    { 0x00010001, get_model },
    { 0x00010002, get_board_rev },
    { 0x00010003, get_mac },
    { 0x00010004, get_serial },
    { 0x00010005, get_arm_memory },
    { 0x00010006, get_vc_memory },
    { 0x00010007, get_clocks },
    { 0x00020001, get_power },
    { 0x00020002, get_power_timing },
    { 0x00028001, set_power },
    { 0x00030001, get_clock_state },
    { 0x00038001, set_clock_state },
    { 0x00030002, get_clock_rate },
    { 0x00038002, set_clock_rate },
    { 0x00030003, get_voltage },
    { 0x00038003, get_voltage }, /* it can't be set */
    { 0x00030004, get_clock_limit },
    { 0x00030005, get_voltage },
    { 0x00030006, get_temperature },
    { 0x00030007, get_clock_limit },
    { 0x00030008, get_voltage },
    { 0x00030009, get_turbo },
    { 0x00038009, get_turbo },
    { 0x0003000a, get_max_temperature },
    { 0x00030021, get_otp },
    { 0x00038021, set_otp },
    { 0x00030030, get_domain },
    { 0x00038030, set_domain },
    { 0x00030041, get_gpio },
    { 0x00038041, set_gpio },
    { 0x00030043, get_gpio_config },
    { 0x00038043, set_gpio_config },
    { 0x00030046, zero }, /* throttled */
    { 0x00030047, get_clock_rate }, /* measured */
    { 0x00030048, done }, /* there will be a reboot */
    { 0x00040001, allocate_buffer },
    { 0x00048001, done }, /* release it */
    { 0x00040002, blank },
    { 0x00040003, get_size },
    { 0x00044003, test_size },
    { 0x00048003, set_size },
    { 0x00040004, get_virtual_size },
    { 0x00044004, test_virtual_size },
    { 0x00048004, set_virtual_size },
    { 0x00040005, get_depth },
    { 0x00044005, test_depth },
    { 0x00048005, set_depth },
    { 0x00040006, get_pixel_order },
    { 0x00044006, test_pixel_order },
    { 0x00048006, set_pixel_order },
    { 0x00040007, get_alpha },
    { 0x00044007, test_alpha },
    { 0x00048007, set_alpha },
    { 0x00040008, get_pitch },
    { 0x00040009, get_offset },
    { 0x00044009, test_offset },
    { 0x00048009, set_offset },
    { 0x0004000a, overscan },
    { 0x0004400a, overscan },
    { 0x0004800a, overscan },
    { 0x0004000b, get_palette },
    { 0x0004800b, set_palette },
    { 0x0004800e, zero }, /* wait for the vertical blank */
    { 0x00040013, get_num_displays },
    { 0x00050001, get_command_line },
    { 0x00060001, get_dma_channels },
};

/* -- Messages -- */

static uint32_t load(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, 4);
    return GUINT32_FROM_LE(v);
}

static void store(uint8_t *p, uint32_t v)
{
    v = GUINT32_TO_LE(v);
    memcpy(p, &v, 4);
}

static const struct property_tag *find_tag(uint32_t tag)
{
    for (unsigned i = 0; i < ARRAY_SIZE(tags); i++)
        if (tags[i].tag == tag)
            return &tags[i];
    return NULL;
}

/* The tags of a message of so many bytes. False if they are malformed. */
static bool answer(struct bcm2835_mbox *s, uint8_t *msg, uint32_t len)
{
    struct bcm2835_fb_config fb = s->fb.config;

    for (uint32_t at = HEADER; len - at >= 4 && load(msg + at) != 0;) {
        const struct property_tag *p;
        struct tag t;
        if (len - at < TAG_HEADER || load(msg + at + 4) > len - at - TAG_HEADER)
            return false;
        t = (struct tag){ .s = s, .value = msg + at + TAG_HEADER, .size = load(msg + at + 4), .fb = &fb };
        p = find_tag(load(msg + at));
        store(msg + at + 8, RESPONSE | (p ? p->answer(&t) : 0));
        if (!p)
            log_to(LOG_UNIMP, "%s: property 0x%08" PRIx32 " is not modelled\n", s->dev.type->name, load(msg + at));
        at += TAG_HEADER + MIN((t.size + 3) & ~3u, len - at - TAG_HEADER);
    }
    bcm2835_fb_adjust(&s->fb, &fb);
    s->fb.config = fb;
    return true;
}

void bcm2835_property_message(struct bcm2835_mbox *s, uint32_t addr)
{
    gpa at = addr & BCM2835_BUS_MASK;
    uint8_t head[HEADER];
    uint32_t len = 0;
    g_autofree uint8_t *msg = NULL;

    if (device_dma_read(&s->dev, at, head, sizeof(head)))
        len = load(head);
    if (len < HEADER + 4 || len > MESSAGE_MAX) {
        device_guest_error(&s->dev, "a property message of %" PRIu32 " bytes at 0x%" PRIx32, len, addr);
        return;
    }
    msg = g_malloc(len);
    if (!device_dma_read(&s->dev, at, msg, len)) {
        device_guest_error(&s->dev, "a property message at 0x%" PRIx32 " that ends where no memory is", addr);
        return;
    }
    store(msg, len); /* what was checked is what is used */
    store(msg + 4, answer(s, msg, len) ? SUCCESS : ERROR);
    device_dma_write(&s->dev, at, msg, len);
}

static const struct state_row firmware_fields[] = {
    FIELD_ARRAY(struct bcm2835_firmware, clock_rate, 0),
    FIELD(struct bcm2835_firmware, clock_off, 0),
    FIELD(struct bcm2835_firmware, power, 0),
    FIELD(struct bcm2835_firmware, domains, 0),
    FIELD_ARRAY(struct bcm2835_firmware, gpio_direction, 0),
    FIELD_ARRAY(struct bcm2835_firmware, gpio_polarity, 0),
    FIELD_ARRAY(struct bcm2835_firmware, gpio_pull, 0),
    FIELD_ARRAY(struct bcm2835_firmware, gpio_level, 0),
    FIELD_KEEP_ARRAY(struct bcm2835_firmware, otp),
    FIELD_END,
};

const struct state_table bcm2835_firmware_state = {
    STATE_OF(struct bcm2835_firmware), .version = 1, .rows = firmware_fields
};
