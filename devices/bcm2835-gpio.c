/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pins of a BCM2835: functions, outputs, inputs and their events. Manual: Broadcom, "BCM2835 ARM Peripherals",
 * chapter 6; binding: brcm,bcm2835-gpio. Its bus takes the SD card, which the host has to which pins 48 to 53 lead.
 * Outputs 0 to 2 are the interrupts of pins 0 to 27, 28 to 45, 46 to 53; 3 is that of all.
 * Not modelled: what alternate functions drive (such a pin reads as what was put on it), pulls.
 */
#include <inttypes.h>

#include "bcm2835-gpio.h"
#include "sd.h"

enum {
    GPFSEL0 = 0x00, GPSET0 = 0x1c, GPPUD = 0x94, GPPUDCLK0 = 0x98, GPPUDCLK1 = 0x9c, REGION_BYTES = 0xb4,
};
/* From GPSET0 to GPPUD: two registers with a bit a pin each, and a gap. */
enum { PAIR_SET, PAIR_CLR, PAIR_LEV, PAIR_EDS, PAIR_REN, PAIR_FEN, PAIR_HEN, PAIR_LEN, PAIR_AREN, PAIR_AFEN };
#define PAIR_BYTES 12

enum { OUTPUT = 1, ALT0 = 4, ALT3 = 7 }; /* of a pin's functions */

#define PINS 54
#define ALL_PINS ((UINT64_C(1) << PINS) - 1)
#define BANK0 ((UINT64_C(1) << 28) - 1)
#define BANK1 (((UINT64_C(1) << 46) - 1) & ~BANK0)
#define BANK2 (ALL_PINS & ~BANK0 & ~BANK1)
#define SD_FIRST 48
#define SD_LAST 53

struct bcm2835_gpio {
    struct device dev;
    uint8_t function[PINS];
    uint64_t out, in;  /* what the guest, what wires put on the pins */
    uint64_t seen;     /* levels when events were last looked for */
    uint64_t events;
    uint64_t rising, falling, high, low, async_rising, async_falling;
    uint8_t pull;
    uint64_t pull_clock;
    uint8_t sd_host;   /* enum bcm2835_sd_host. Atomic */
};

static uint64_t levels(const struct bcm2835_gpio *s)
{
    uint64_t outputs = 0;

    for (unsigned i = 0; i < PINS; i++)
        outputs |= (uint64_t)(s->function[i] == OUTPUT) << i;
    return (s->out & outputs) | (s->in & ~outputs);
}

static void update(struct bcm2835_gpio *s)
{
    uint64_t now = levels(s), rose = now & ~s->seen, fell = ~now & s->seen;

    s->events |= (rose & (s->rising | s->async_rising)) | (fell & (s->falling | s->async_falling)) | (now & s->high) |
                 (~now & s->low);
    s->seen = now;
    device_irq(&s->dev, 0, s->events & BANK0);
    device_irq(&s->dev, 1, s->events & BANK1);
    device_irq(&s->dev, 2, s->events & BANK2);
    device_irq(&s->dev, 3, s->events);
}

/* -- Pins as inputs -- */

static void pin_set(void *opaque, unsigned n, bool level)
{
    struct bcm2835_gpio *s = opaque;

    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&s->dev.lock);
    s->in = with_bits(s->in, n, 1, level);
    update(s);
    g_mutex_unlock(&s->dev.lock);
    lock_order_leave(LOCK_CONTROLLER);
}

static bool bcm2835_gpio_irq_in(struct device *d, const uint32_t *cells, unsigned ncells, struct irq *line)
{
    if (ncells < 1 || cells[0] >= PINS)
        return false;
    *line = (struct irq){ .set = pin_set, .opaque = container_of(d, struct bcm2835_gpio, dev), .n = cells[0] };
    return true;
}

/* -- The SD card's pins -- */

extern const struct device_type bcm2835_gpio_type;

/* All of them are one host's, or the card stays with the host that had it. */
static void route_sd(struct bcm2835_gpio *s)
{
    unsigned sdhost = 0;

    for (unsigned i = SD_FIRST; i <= SD_LAST; i++) {
        if (s->function[i] != ALT0 && s->function[i] != ALT3)
            return;
        sdhost += s->function[i] == ALT0;
    }
    if (sdhost == 0 || sdhost == SD_LAST - SD_FIRST + 1)
        __atomic_store_n(&s->sd_host, sdhost ? BCM2835_SDHOST : BCM2835_SDHCI, __ATOMIC_RELAXED);
}

static void look_at(struct device *d, void *opaque)
{
    if (d->type == &bcm2835_gpio_type)
        *(struct device **)opaque = d;
}

struct device *bcm2835_gpio_card(struct device *host, struct device **gpio, enum bcm2835_sd_host which)
{
    struct device *d = *gpio;

    if (!d) {
        device_foreach(host->machine, look_at, gpio);
        d = *gpio;
    }
    if (!d || !d->children->len)
        return NULL;
    if (__atomic_load_n(&container_of(d, struct bcm2835_gpio, dev)->sd_host, __ATOMIC_RELAXED) != which)
        return NULL;
    return g_ptr_array_index(d->children, 0);
}

/* -- Registers -- */

/* Where the events of a pair are enabled; NULL: it is another. */
static uint64_t *enables(struct bcm2835_gpio *s, unsigned pair)
{
    switch (pair) {
    case PAIR_REN: return &s->rising;
    case PAIR_FEN: return &s->falling;
    case PAIR_HEN: return &s->high;
    case PAIR_LEN: return &s->low;
    case PAIR_AREN: return &s->async_rising;
    case PAIR_AFEN: return &s->async_falling;
    }
    return NULL;
}

static uint32_t read_functions(const struct bcm2835_gpio *s, unsigned reg)
{
    uint32_t v = 0;

    for (unsigned i = 0; i < 10 && reg * 10 + i < PINS; i++)
        v |= (uint32_t)s->function[reg * 10 + i] << 3 * i;
    return v;
}

static void write_functions(struct bcm2835_gpio *s, unsigned reg, uint32_t v)
{
    for (unsigned i = 0; i < 10 && reg * 10 + i < PINS; i++)
        s->function[reg * 10 + i] = v >> 3 * i & 7;
    route_sd(s);
}

static uint32_t read_pair(struct bcm2835_gpio *s, unsigned pair, unsigned shift)
{
    if (pair == PAIR_SET || pair == PAIR_CLR)
        return 0;
    return (pair == PAIR_LEV ? levels(s) : pair == PAIR_EDS ? s->events : *enables(s, pair)) >> shift;
}

static void write_pair(struct bcm2835_gpio *s, unsigned pair, unsigned shift, uint32_t value)
{
    uint64_t v = (uint64_t)value << shift & ALL_PINS;
    uint64_t *e = enables(s, pair);

    switch (pair) {
    case PAIR_SET: s->out |= v; break;
    case PAIR_CLR: s->out &= ~v; break;
    case PAIR_LEV: device_guest_error(&s->dev, "levels are read-only"); break;
    case PAIR_EDS: s->events &= ~v; break;
    default: *e = with_bits(*e, shift, 32, v >> shift); break;
    }
}

static uint64_t bcm2835_gpio_read(void *opaque, uint64_t offset, unsigned size)
{
    struct bcm2835_gpio *s = opaque;
    unsigned pair = (offset - GPSET0) / PAIR_BYTES, word = (offset - GPSET0) % PAIR_BYTES / 4;

    if (offset < GPSET0 - 4)
        return read_functions(s, offset / 4);
    if (offset >= GPSET0 && offset < GPPUD && word < 2)
        return read_pair(s, pair, word * 32);
    switch (offset) {
    case GPPUD: return s->pull;
    case GPPUDCLK0: return (uint32_t)s->pull_clock;
    case GPPUDCLK1: return s->pull_clock >> 32;
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no register", offset);
    return 0;
}

static void bcm2835_gpio_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct bcm2835_gpio *s = opaque;
    unsigned pair = (offset - GPSET0) / PAIR_BYTES, word = (offset - GPSET0) % PAIR_BYTES / 4;

    if (offset < GPSET0 - 4)
        write_functions(s, offset / 4, value);
    else if (offset >= GPSET0 && offset < GPPUD && word < 2)
        write_pair(s, pair, word * 32, value);
    else if (offset == GPPUD)
        s->pull = value & 3;
    else if (offset == GPPUDCLK0 || offset == GPPUDCLK1)
        s->pull_clock = with_bits(s->pull_clock, offset == GPPUDCLK0 ? 0 : 32, 32, value) & ALL_PINS;
    else
        device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no register", offset);
    update(s);
}

static const struct io_ops bcm2835_gpio_ops = {
    .read = bcm2835_gpio_read, .write = bcm2835_gpio_write, .min_size = 4, .max_size = 4
};

/* -- Life -- */

static bool bcm2835_gpio_realize(struct device *d, GError **err)
{
    device_add_io(d, "bcm2835_gpio", &bcm2835_gpio_ops, REGION_BYTES);
    return true;
}

static void bcm2835_gpio_reset(struct device *d)
{
    struct bcm2835_gpio *s = container_of(d, struct bcm2835_gpio, dev);

    s->seen = levels(s);
    update(s);
}

static const struct state_row bcm2835_gpio_fields[] = {
    FIELD_ARRAY(struct bcm2835_gpio, function, 0),
    FIELD(struct bcm2835_gpio, out, 0),
    FIELD_KEEP(struct bcm2835_gpio, in), /* the wires' */
    FIELD(struct bcm2835_gpio, seen, 0),
    FIELD(struct bcm2835_gpio, events, 0),
    FIELD(struct bcm2835_gpio, rising, 0),
    FIELD(struct bcm2835_gpio, falling, 0),
    FIELD(struct bcm2835_gpio, high, 0),
    FIELD(struct bcm2835_gpio, low, 0),
    FIELD(struct bcm2835_gpio, async_rising, 0),
    FIELD(struct bcm2835_gpio, async_falling, 0),
    FIELD(struct bcm2835_gpio, pull, 0),
    FIELD(struct bcm2835_gpio, pull_clock, 0),
    FIELD(struct bcm2835_gpio, sd_host, BCM2835_SDHCI),
    FIELD_END,
};

static const struct state_table bcm2835_gpio_state = {
    STATE_OF(struct bcm2835_gpio),
    .version = 1,
    .rows = bcm2835_gpio_fields,
};

static const char *const bcm2835_gpio_compatible[] = { "brcm,bcm2835-gpio", NULL };

const struct device_type bcm2835_gpio_type = {
    .name = "bcm2835_gpio",
    .desc = "BCM2835 pins",
    .compatible = bcm2835_gpio_compatible,
    .provides_bus = &sd_bus,
    .size = sizeof(struct bcm2835_gpio),
    .state = &bcm2835_gpio_state,
    .realize = bcm2835_gpio_realize,
    .reset = bcm2835_gpio_reset,
    .irq_in = bcm2835_gpio_irq_in,
};
