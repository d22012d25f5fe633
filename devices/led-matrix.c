/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A matrix of LEDs on pins of a GPIO controller, as a display. Binding: nordic,nrf-led-matrix (Zephyr's): row-gpios,
 * col-gpios, width, height, and pixel-mapping, a byte for each LED with its row and column. LEDs are as bright as they
 * were lit in the last while, as eyes see them when a program lights one row after the other.
 */
#include <libfdt.h>
#include <string.h>

#include "device.h"
#include "display.h"
#include "dt.h"

#define MAX_LEDS 256
#define MAX_LINES 16        /* rows, and columns */
#define WHILE_NS 36000000   /* two rounds of three rows, as the micro:bit's programs have them */
#define CELL 32             /* pixels of an LED and what is around it */
#define LINE_NONE 0xff

struct led_matrix {
    struct device dev;
    uint32_t width, height;
    uint8_t rows, cols;
    uint8_t map[MAX_LEDS];       /* row << 4 | column of each LED */
    uint16_t row_on, col_on;     /* lines that are active */
    int64_t begin, counted;      /* the while that is under way, and up to where lit has it */
    uint32_t lit[MAX_LEDS];      /* ns in it */
    uint32_t before[MAX_LEDS];   /* ns in the one before */
};

static unsigned leds(const struct led_matrix *s)
{
    return s->width * s->height;
}

static bool is_lit(const struct led_matrix *s, unsigned n)
{
    return (s->row_on >> (s->map[n] >> 4) & 1) && (s->col_on >> (s->map[n] & 15) & 1);
}

/* So many ns with the lines as they are. */
static void add(struct led_matrix *s, uint32_t ns)
{
    for (unsigned n = 0; n < leds(s) && s->row_on && s->col_on; n++)
        s->lit[n] += is_lit(s, n) ? ns : 0;
}

/* Up to now. */
static void count(struct led_matrix *s)
{
    int64_t now = clock_now();

    for (unsigned i = 0; i < 2 && now - s->begin >= WHILE_NS; i++) {
        if (now - s->begin >= 3 * (int64_t)WHILE_NS) { /* nothing has changed for long: the last ones are alike */
            s->begin += ((now - s->begin) / WHILE_NS - 1) * (int64_t)WHILE_NS;
            s->counted = s->begin;
            memset(s->lit, 0, sizeof(s->lit));
        }
        add(s, s->begin + WHILE_NS - s->counted);
        memcpy(s->before, s->lit, sizeof(s->before));
        memset(s->lit, 0, sizeof(s->lit));
        s->begin += WHILE_NS;
        s->counted = s->begin;
    }
    add(s, now - s->counted);
    s->counted = now;
}

/* 0 to 255; an LED can be lit in its row's turn only. */
static unsigned brightness(const struct led_matrix *s, unsigned n)
{
    uint64_t v = (uint64_t)s->before[n] * MAX(s->rows, 1) * 255 / WHILE_NS;

    return MIN(v, 255);
}

static void line_set(void *opaque, unsigned n, bool level)
{
    struct led_matrix *s = opaque;
    uint16_t *lines = n < s->rows ? &s->row_on : &s->col_on;
    unsigned bit = n < s->rows ? n : n - s->rows;

    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&s->dev.lock);
    if ((*lines >> bit & 1) != level) {
        count(s);
        *lines ^= 1u << bit;
    }
    g_mutex_unlock(&s->dev.lock);
    lock_order_leave(LOCK_CONTROLLER);
}

static void matrix_pin_in(struct device *d, unsigned n, struct irq *line)
{
    struct led_matrix *s = container_of(d, struct led_matrix, dev);

    *line = (struct irq){ .set = n < (unsigned)s->rows + s->cols ? line_set : NULL, .opaque = s, .n = n };
}

/* -- As a display -- */

static bool matrix_size(void *opaque, unsigned *width, unsigned *height)
{
    struct led_matrix *s = opaque;

    count(s);
    *width = s->width * CELL;
    *height = s->height * CELL;
    return true;
}

/* A red LED in the middle of its cell; dark ones can be seen, too. */
static void matrix_draw(void *opaque, uint32_t *pixels, unsigned width, unsigned height)
{
    const struct led_matrix *s = opaque;

    for (unsigned y = 0; y < height; y++) {
        for (unsigned x = 0; x < width; x++) {
            unsigned n = y / CELL * s->width + x / CELL, cx = x % CELL, cy = y % CELL, b = brightness(s, n);
            bool led = cx >= CELL / 4 && cx < CELL * 3 / 4 && cy >= CELL / 8 && cy < CELL * 7 / 8;
            pixels[y * width + x] = led ? (0x30 + b * 0xcf / 255) << 16 | (0x10 + b / 16) << 8 | 0x10 : 0x101010;
        }
    }
}

/* A digit for each, as MicroPython's images have them. */
static void matrix_text(void *opaque, GString *out)
{
    struct led_matrix *s = opaque;

    count(s);
    for (unsigned n = 0; n < leds(s); n++) {
        g_string_append_c(out, '0' + (brightness(s, n) * 9 + 127) / 255);
        if (n % s->width == s->width - 1)
            g_string_append_c(out, '\n');
    }
}

/* -- Life -- */

static unsigned specifiers(const void *fdt, int node, const char *name)
{
    int len = 0;

    fdt_getprop(fdt, node, name, &len);
    return len > 0 ? len / 12 : 0; /* a phandle and two cells each */
}

static bool matrix_from_dt(struct device *d, const void *fdt, int node, GError **err)
{
    struct led_matrix *s = container_of(d, struct led_matrix, dev);
    int len = 0;
    const uint8_t *map = fdt_getprop(fdt, node, "pixel-mapping", &len);
    unsigned rows = specifiers(fdt, node, "row-gpios"), cols = specifiers(fdt, node, "col-gpios");

    if (!s->width || !s->height || s->width > MAX_LEDS || s->height > MAX_LEDS || leds(s) > MAX_LEDS ||
        rows > MAX_LINES || cols > MAX_LINES || !map || (unsigned)len < leds(s)) {
        fail(err, "device tree: %s: expected at most %u LEDs with their pixel-mapping, on at most %u rows and columns",
             d->id, MAX_LEDS, MAX_LINES);
        return false;
    }
    s->rows = rows;
    s->cols = cols;
    memcpy(s->map, map, leds(s));
    return true;
}

static bool matrix_realize(struct device *d, GError **err)
{
    struct led_matrix *s = container_of(d, struct led_matrix, dev);

    display_add(&(struct display_source){ .id = d->id, .size = matrix_size, .draw = matrix_draw, .text = matrix_text,
                                          .opaque = s, .lock = &d->lock });
    return true;
}

static void matrix_unrealize(struct device *d)
{
    display_remove(container_of(d, struct led_matrix, dev));
}

static const struct property matrix_props[] = {
    PROP_NAMED("width", struct led_matrix, width, U32, 0, "width", "LEDs"),
    PROP_NAMED("height", struct led_matrix, height, U32, 0, "height", "LEDs"),
    PROP_END,
};

static const struct state_row matrix_fields[] = {
    FIELD_SAME(struct led_matrix, rows),
    FIELD_SAME(struct led_matrix, cols),
    FIELD_SAME_ARRAY(struct led_matrix, map),
    FIELD_KEEP(struct led_matrix, row_on), /* others' to drive */
    FIELD_KEEP(struct led_matrix, col_on),
    FIELD_KEEP(struct led_matrix, begin),
    FIELD_KEEP(struct led_matrix, counted),
    FIELD_KEEP_ARRAY(struct led_matrix, lit),
    FIELD_KEEP_ARRAY(struct led_matrix, before),
    FIELD_END,
};

static bool matrix_loaded(void *obj, unsigned version, GError **err)
{
    const struct led_matrix *s = obj;

    if (s->begin <= s->counted && s->counted <= clock_now() && s->begin >= 0)
        return true;
    fail(err, "the time is out of range");
    return false;
}

static const struct state_table matrix_state = {
    STATE_OF(struct led_matrix),
    .version = 1,
    .rows = matrix_fields,
    .loaded = matrix_loaded,
};

static const char *const matrix_compatible[] = { "nordic,nrf-led-matrix", NULL };
static const char *const matrix_gpio_props[] = { "row-gpios", "col-gpios", NULL };

const struct device_type led_matrix_type = {
    .name = "led-matrix",
    .desc = "matrix of LEDs on pins",
    .compatible = matrix_compatible,
    .size = sizeof(struct led_matrix),
    .props = matrix_props,
    .state = &matrix_state,
    .realize = matrix_realize,
    .unrealize = matrix_unrealize,
    .from_dt = matrix_from_dt,
    .pin_in = matrix_pin_in,
    .gpio_props = matrix_gpio_props,
};
