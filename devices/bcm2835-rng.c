/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The random number generator of a BCM2835. Manual: none is public; Linux's driver of brcm,bcm2835-rng. A word is always
 * there while it is enabled, of the host's generator; its interrupt is not modelled.
 */
#include <inttypes.h>
#include <errno.h>
#include <sys/random.h>

#include "device.h"
#include "input.h"

enum { RNG_CTRL = 0x00, RNG_STATUS = 0x04, RNG_DATA = 0x08, RNG_FF_THRES = 0x0c, REGION_BYTES = 0x10 };
enum { STATUS_ONE_WORD = 1 << 24 };

struct bcm2835_rng {
    struct device dev;
    uint32_t ctrl, status, threshold; /* as written */
    struct input_source input;
};

/* In a replay the recorded one. */
static uint32_t random_word(struct bcm2835_rng *s)
{
    uint32_t v = 0;

    while (!input_replaying() && getrandom(&v, sizeof(v), 0) < 0 && errno == EINTR)
        ;
    input_value(&s->input, &v, sizeof(v));
    return v;
}

static uint64_t bcm2835_rng_read(void *opaque, uint64_t offset, unsigned size)
{
    struct bcm2835_rng *s = opaque;

    switch (offset) {
    case RNG_CTRL: return s->ctrl;
    case RNG_STATUS: return s->status | STATUS_ONE_WORD;
    case RNG_DATA: return random_word(s);
    }
    return s->threshold;
}

static void bcm2835_rng_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct bcm2835_rng *s = opaque;

    switch (offset) {
    case RNG_CTRL: s->ctrl = value; break;
    case RNG_STATUS: s->status = value & 0xfffff; break; /* words to throw away at the start */
    case RNG_FF_THRES: s->threshold = value; break;
    default: device_guest_error(&s->dev, "the data are read-only"); break;
    }
}

static const struct io_ops bcm2835_rng_ops = {
    .read = bcm2835_rng_read, .write = bcm2835_rng_write, .min_size = 4, .max_size = 4
};

static bool bcm2835_rng_realize(struct device *d, GError **err)
{
    struct bcm2835_rng *s = container_of(d, struct bcm2835_rng, dev);

    device_add_io(d, "bcm2835-rng", &bcm2835_rng_ops, REGION_BYTES);
    input_source_add(&s->input, NULL, NULL, "random numbers of %s", d->id);
    return true;
}

static void bcm2835_rng_unrealize(struct device *d)
{
    input_source_remove(&container_of(d, struct bcm2835_rng, dev)->input);
}

static const struct state_row bcm2835_rng_fields[] = {
    FIELD(struct bcm2835_rng, ctrl, 0),
    FIELD(struct bcm2835_rng, status, 0),
    FIELD(struct bcm2835_rng, threshold, 0),
    FIELD_NONE(struct bcm2835_rng, input, "the host's"),
    FIELD_END,
};

static const struct state_table bcm2835_rng_state = {
    STATE_OF(struct bcm2835_rng),
    .version = 1,
    .rows = bcm2835_rng_fields,
};

static const char *const bcm2835_rng_compatible[] = { "brcm,bcm2835-rng", NULL };

const struct device_type bcm2835_rng_type = {
    .name = "bcm2835-rng",
    .desc = "BCM2835 random number generator",
    .compatible = bcm2835_rng_compatible,
    .size = sizeof(struct bcm2835_rng),
    .state = &bcm2835_rng_state,
    .realize = bcm2835_rng_realize,
    .unrealize = bcm2835_rng_unrealize,
};
