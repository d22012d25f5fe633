/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An OLED display of 128 x 64 pixels in 16 greys on SPI, with Solomon Systech's controller SSD0323. Manual: its data
 * sheet; binding: solomon,ssd0323 (ours), whose dc-gpios says whether a byte is data. Nothing else on the bus needs it
 * to be deselected. How REMAP turns the picture depends
 * on how the glass is mounted: it is always upright. Not modelled: the drawing commands, scrolling, contrast and
 * timing, which are taken and not looked at.
 */
#include <inttypes.h>

#include "display.h"
#include "spi.h"

#define COLUMNS 64 /* of two pixels each */
#define ROWS 80    /* of which 64 are shown */
#define SHOWN 64
#define MAGNIFY 4  /* as QEMU draws it */
enum { SET_COLUMN = 0x15, SET_ROW = 0x75, REMAP = 0xa0, START_LINE = 0xa1, OFFSET = 0xa2, NORMAL = 0xa4, ALL_ON = 0xa5,
       ALL_OFF = 0xa6, INVERSE = 0xa7, OFF = 0xae, ON = 0xaf };
enum { REMAP_VERTICAL = 4 };

struct ssd0323 {
    struct spi_device spi;
    bool data, on;               /* the pin; whether it is on */
    uint8_t mode;                /* NORMAL ... INVERSE */
    uint8_t remap, start_line;
    uint8_t column, column_start, column_end, row, row_start, row_end;
    uint8_t command, arg[8], nargs, wanted;
    uint8_t memory[COLUMNS * ROWS];
};

/* -- Commands -- */

/* How many bytes follow. */
static unsigned arguments(uint8_t command)
{
    switch (command) {
    case SET_COLUMN: case SET_ROW: return 2;
    case 0x81: case REMAP: case START_LINE: case OFFSET: case 0xa8: case 0xad: case 0xb0: case 0xb1: case 0xb2: case 0xb3:
    case 0xb4: case 0xbc: case 0xbe: case 0xbf: case 0x23: return 1;
    case 0xb8: return 8; /* the table of greys */
    case 0x24: return 5;
    case 0x25: return 6;
    default: return 0;
    }
}

static void carry_out(struct ssd0323 *s)
{
    switch (s->command) {
    case SET_COLUMN:
        s->column = s->column_start = s->arg[0] & (COLUMNS - 1);
        s->column_end = s->arg[1] & (COLUMNS - 1);
        break;
    case SET_ROW:
        s->row = s->row_start = MIN(s->arg[0] & 0x7f, ROWS - 1);
        s->row_end = MIN(s->arg[1] & 0x7f, ROWS - 1);
        break;
    case REMAP: s->remap = s->arg[0]; break;
    case START_LINE: s->start_line = s->arg[0] % ROWS; break;
    case NORMAL: case ALL_ON: case ALL_OFF: case INVERSE: s->mode = s->command; break;
    case OFF: s->on = false; break;
    case ON: s->on = true; break;
    case 0x24: case 0x25: log_to(LOG_UNIMP, "ssd0323: drawing commands are not modelled\n"); break;
    }
}

static void take_command(struct ssd0323 *s, uint8_t byte)
{
    if (s->nargs < s->wanted) {
        s->arg[s->nargs++] = byte;
    } else {
        s->command = byte;
        s->nargs = 0;
        s->wanted = arguments(byte);
    }
    if (s->nargs == s->wanted)
        carry_out(s);
}

/* -- Data: two pixels, then the next place -- */

static bool step(uint8_t *at, uint8_t start, uint8_t end)
{
    bool wraps = *at == end;

    *at = wraps ? start : *at + 1;
    return wraps;
}

static void take_data(struct ssd0323 *s, uint8_t byte)
{
    s->memory[s->row * COLUMNS + s->column] = byte;
    if (s->remap & REMAP_VERTICAL) {
        s->row %= ROWS;
        if (step(&s->row, s->row_start, s->row_end))
            step(&s->column, s->column_start, s->column_end);
    } else if (step(&s->column, s->column_start, s->column_end)) {
        step(&s->row, s->row_start, s->row_end);
    }
    s->row %= ROWS;
    s->column %= COLUMNS;
}

static uint8_t ssd0323_transfer(struct spi_device *d, uint8_t byte)
{
    struct ssd0323 *s = container_of(d, struct ssd0323, spi);

    if (s->data)
        take_data(s, byte);
    else
        take_command(s, byte);
    return 0;
}

static bool ssd0323_selected(const struct spi_device *d)
{
    return true;
}

/* The pin may be driven while nothing is exchanged: it takes the controller's lock. */
static void data_set(void *opaque, unsigned n, bool level)
{
    struct ssd0323 *s = opaque;
    GMutex *lock = &s->spi.dev.parent->lock;

    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(lock);
    s->data = level;
    g_mutex_unlock(lock);
    lock_order_leave(LOCK_CONTROLLER);
}

static void ssd0323_pin_in(struct device *d, unsigned n, struct irq *line)
{
    *line = (struct irq){ .set = n == 0 ? data_set : NULL, .opaque = container_of(d, struct ssd0323, spi.dev), .n = n };
}

/* -- The picture -- */

static bool ssd0323_size(void *opaque, unsigned *width, unsigned *height)
{
    *width = 2 * COLUMNS * MAGNIFY;
    *height = SHOWN * MAGNIFY;
    return true;
}

/* The grey of a pixel, 0 to 15. */
static unsigned grey(const struct ssd0323 *s, unsigned x, unsigned y)
{
    unsigned row = (y + s->start_line) % ROWS;

    if (!s->on || s->mode == ALL_OFF)
        return 0;
    if (s->mode == ALL_ON)
        return 15;
    unsigned v = s->memory[row * COLUMNS + x / 2] >> (x & 1 ? 0 : 4) & 15;
    return s->mode == INVERSE ? 15 - v : v;
}

static void ssd0323_draw(void *opaque, uint32_t *pixels, unsigned width, unsigned height)
{
    const struct ssd0323 *s = opaque;

    for (unsigned y = 0; y < height; y++)
        for (unsigned x = 0; x < width; x++)
            pixels[y * width + x] = grey(s, x / MAGNIFY, y / MAGNIFY) * 0x111111;
}

/* -- Life -- */

static bool ssd0323_realize(struct device *d, GError **err)
{
    struct ssd0323 *s = container_of(d, struct ssd0323, spi.dev);

    s->spi.transfer = ssd0323_transfer;
    s->spi.selected = ssd0323_selected;
    display_add(&(struct display_source){ .id = d->id, .size = ssd0323_size, .draw = ssd0323_draw, .opaque = s,
                                          .lock = &d->parent->lock });
    return true;
}

static void ssd0323_unrealize(struct device *d)
{
    display_remove(container_of(d, struct ssd0323, spi.dev));
}

static const struct state_row ssd0323_fields[] = {
    FIELD_NONE(struct ssd0323, spi, "the bus's"),
    FIELD_KEEP(struct ssd0323, data), /* others' to drive */
    FIELD(struct ssd0323, on, 0),
    FIELD(struct ssd0323, mode, NORMAL),
    FIELD(struct ssd0323, remap, 0),
    FIELD(struct ssd0323, start_line, 0),
    FIELD(struct ssd0323, column, 0),
    FIELD(struct ssd0323, column_start, 0),
    FIELD(struct ssd0323, column_end, COLUMNS - 1),
    FIELD(struct ssd0323, row, 0),
    FIELD(struct ssd0323, row_start, 0),
    FIELD(struct ssd0323, row_end, ROWS - 1),
    FIELD(struct ssd0323, command, 0),
    FIELD_ARRAY(struct ssd0323, arg, 0),
    FIELD(struct ssd0323, nargs, 0),
    FIELD(struct ssd0323, wanted, 0),
    FIELD_KEEP_ARRAY(struct ssd0323, memory),
    FIELD_END,
};

static bool ssd0323_loaded(void *obj, unsigned version, GError **err)
{
    const struct ssd0323 *s = obj;

    if (s->row < ROWS && s->row_end < ROWS && s->row_start < ROWS && s->column < COLUMNS && s->column_end < COLUMNS &&
        s->column_start < COLUMNS && s->start_line < ROWS && s->nargs <= s->wanted && s->wanted <= sizeof(s->arg))
        return true;
    fail(err, "a place is beyond the memory");
    return false;
}

static const struct state_table ssd0323_state = {
    STATE_OF(struct ssd0323),
    .version = 1,
    .rows = ssd0323_fields,
    .loaded = ssd0323_loaded,
};

static const char *const ssd0323_compatible[] = { "solomon,ssd0323", NULL };
static const char *const ssd0323_gpio_props[] = { "dc-gpios", NULL };

const struct device_type ssd0323_type = {
    .name = "ssd0323",
    .desc = "OLED display on SPI",
    .compatible = ssd0323_compatible,
    .bus = &spi_bus_type,
    .size = sizeof(struct ssd0323),
    .state = &ssd0323_state,
    .realize = ssd0323_realize,
    .unrealize = ssd0323_unrealize,
    .pin_in = ssd0323_pin_in,
    .gpio_props = ssd0323_gpio_props,
};
