/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nRF51's random number generator. Manual: "nRF51 Series Reference Manual" v3.0.1, chapter 21; binding: nordic,nrf-rng.
 * The numbers are a sequence that is the same in each run, so that runs can be repeated.
 */
#include <inttypes.h>

#include "nrf.h"

enum { START = 0x000, STOP = 0x004, VALRDY = 0x100, CONFIG = 0x504, VALUE = 0x508 };
#define EVENTS NRF_EVENT(VALRDY)
#define SHORT_STOP 1u
#define CONFIG_DERCEN 1u
#define SEED UINT64_C(0x9e3779b97f4a7c15)

/* How long a byte takes: with correction of its bias, without. */
#define CORRECTED_NS 677000
#define RAW_NS 167000

struct nrf_rng {
    struct device dev;
    struct nrf_events events;
    uint8_t shorts, config, value;
    bool running;
    uint64_t sequence;
    struct timer timer;
};

static void update(struct nrf_rng *s)
{
    device_irq(&s->dev, 0, nrf_events_irq(&s->events));
    if (!s->running)
        timer_cancel(&s->timer);
    else if (!timer_pending(&s->timer))
        timer_set(&s->timer, clock_now() + (s->config & CONFIG_DERCEN ? CORRECTED_NS : RAW_NS));
}

/* Marsaglia's xorshift64*. */
static uint8_t next_byte(struct nrf_rng *s)
{
    uint64_t x = s->sequence;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    s->sequence = x;
    return x * UINT64_C(0x2545f4914f6cdd1d) >> 56;
}

static void fired(void *opaque)
{
    struct nrf_rng *s = opaque;

    s->value = next_byte(s);
    s->events.set |= NRF_EVENT(VALRDY);
    if (s->shorts & SHORT_STOP)
        s->running = false;
    update(s);
}

static uint64_t rng_read(void *opaque, uint64_t offset, unsigned size)
{
    struct nrf_rng *s = opaque;
    uint64_t v;

    if (nrf_events_read(&s->events, offset, EVENTS, &v))
        return v;
    switch (offset) {
    case NRF_SHORTS: return s->shorts;
    case CONFIG: return s->config;
    case VALUE: return s->value;
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void rng_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct nrf_rng *s = opaque;

    if (!nrf_events_write(&s->events, offset, EVENTS, value)) {
        switch (offset) {
        case START: s->running |= value & 1; break;
        case STOP: s->running &= !(value & 1); break;
        case NRF_SHORTS: s->shorts = value & SHORT_STOP; break;
        case CONFIG: s->config = value & CONFIG_DERCEN; break;
        default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
        }
    }
    update(s);
}

static const struct io_ops rng_ops = { .read = rng_read, .write = rng_write, .min_size = 4, .max_size = 4 };

static bool rng_realize(struct device *d, GError **err)
{
    struct nrf_rng *s = container_of(d, struct nrf_rng, dev);

    timer_init(&s->timer, fired, s, &d->lock);
    device_add_io(d, "nrf-rng", &rng_ops, NRF_REGION_BYTES);
    return true;
}

static void rng_unrealize(struct device *d)
{
    timer_cancel(&container_of(d, struct nrf_rng, dev)->timer);
}

static void rng_reset(struct device *d)
{
    device_irq(d, 0, false);
}

static const struct state_row rng_fields[] = {
    FIELD_STRUCT(struct nrf_rng, events, &nrf_events_table),
    FIELD(struct nrf_rng, shorts, 0),
    FIELD(struct nrf_rng, config, 0),
    FIELD(struct nrf_rng, value, 0),
    FIELD(struct nrf_rng, running, 0),
    FIELD(struct nrf_rng, sequence, SEED),
    FIELD_TIMER(struct nrf_rng, timer),
    FIELD_END,
};

static const struct state_table rng_state = {
    STATE_OF(struct nrf_rng),
    .version = 1,
    .rows = rng_fields,
};

static const char *const rng_compatible[] = { "nordic,nrf-rng", NULL };

const struct device_type nrf_rng_type = {
    .name = "nrf51_soc.rng",
    .desc = "nRF51 random number generator",
    .compatible = rng_compatible,
    .size = sizeof(struct nrf_rng),
    .state = &rng_state,
    .realize = rng_realize,
    .unrealize = rng_unrealize,
    .reset = rng_reset,
};
