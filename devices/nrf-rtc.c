/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nRF51's real-time counter: 24 bits at 32,768 Hz or a part of it. Manual: "nRF51 Series Reference Manual" v3.0.1,
 * chapter 19; binding: nordic,nrf-rtc. It runs whether the slow clock was started or not. Not modelled: events that are
 * routed (EVTEN) have nowhere to go.
 */
#include <inttypes.h>

#include "nrf.h"

enum {
    START = 0x000, STOP = 0x004, CLEAR = 0x008, TRIGOVRFLW = 0x00c, TICK = 0x100, OVRFLW = 0x104, COMPARE = 0x140,
    EVTEN = 0x340, EVTENSET = 0x344, EVTENCLR = 0x348, COUNTER = 0x504, PRESCALER = 0x508, CC = 0x540,
};
#define CHANNELS 4
#define EVENTS (NRF_EVENT(TICK) | NRF_EVENT(OVRFLW) | 0xfu << (COMPARE - NRF_EVENTS) / 4)
#define EVENT_COMPARE(n) (NRF_EVENT(COMPARE) << (n))
#define CLOCK_HZ 32768
#define COUNTER_MASK 0xffffffu
#define OVERFLOW_NEAR 0xfffff0u /* what TRIGOVRFLW sets */

struct nrf_rtc {
    struct device dev;
    uint32_t channels;          /* compare registers: 3 or 4 */

    struct nrf_events events;
    uint32_t evten, cc[CHANNELS];
    uint16_t prescaler;
    bool running;
    uint32_t count;             /* at the slow clock's tick, or while it does not run */
    uint64_t tick;
    struct timer timer;
};

/* Steps until the counter is at v again. */
static uint32_t distance(const struct nrf_rtc *s, uint32_t v)
{
    uint32_t d = (v - s->count) & COUNTER_MASK;

    return d ? d : COUNTER_MASK + 1;
}

/* An event shows where it interrupts or is routed. */
static uint32_t shown(const struct nrf_rtc *s)
{
    return s->events.inten | s->evten;
}

static void catch_up(struct nrf_rtc *s)
{
    uint64_t step = s->prescaler + UINT64_C(1), steps = (clock_ticks(CLOCK_HZ) - s->tick) / step;
    uint32_t happened = NRF_EVENT(TICK);

    if (!s->running || !steps)
        return;
    for (unsigned n = 0; n < s->channels; n++)
        happened |= steps >= distance(s, s->cc[n]) ? EVENT_COMPARE(n) : 0;
    happened |= steps >= distance(s, 0) ? NRF_EVENT(OVRFLW) : 0;
    s->events.set |= happened & shown(s);
    s->tick += steps * step;
    s->count = (s->count + steps) & COUNTER_MASK;
}

static void update(struct nrf_rtc *s)
{
    uint32_t waited = s->events.inten & ~s->events.set, next = UINT32_MAX;

    device_irq(&s->dev, 0, nrf_events_irq(&s->events));
    for (unsigned n = 0; n < s->channels; n++)
        if (waited & EVENT_COMPARE(n))
            next = MIN(next, distance(s, s->cc[n]));
    if (waited & NRF_EVENT(OVRFLW))
        next = MIN(next, distance(s, 0));
    if (waited & NRF_EVENT(TICK))
        next = 1;
    if (s->running && next != UINT32_MAX)
        timer_set(&s->timer, clock_ticks_to_ns(s->tick + next * (s->prescaler + UINT64_C(1)), CLOCK_HZ));
    else
        timer_cancel(&s->timer);
}

static void fired(void *opaque)
{
    struct nrf_rtc *s = opaque;

    catch_up(s);
    update(s);
}

/* -- Registers -- */

static uint64_t rtc_read(void *opaque, uint64_t offset, unsigned size)
{
    struct nrf_rtc *s = opaque;
    uint64_t v;

    catch_up(s);
    update(s);
    if (nrf_events_read(&s->events, offset, EVENTS, &v))
        return v;
    if (offset >= CC && offset < CC + 4 * s->channels)
        return s->cc[(offset - CC) / 4];
    switch (offset) {
    case EVTEN: case EVTENSET: case EVTENCLR: return s->evten;
    case COUNTER: return s->count;
    case PRESCALER: return s->prescaler;
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void start_task(struct nrf_rtc *s, uint64_t offset)
{
    switch (offset) {
    case START:
        s->tick = s->running ? s->tick : clock_ticks(CLOCK_HZ);
        s->running = true;
        break;
    case STOP: s->running = false; break;
    case CLEAR: s->count = 0; break;
    case TRIGOVRFLW: s->count = OVERFLOW_NEAR; break;
    }
}

static void write_register(struct nrf_rtc *s, uint64_t offset, uint32_t value)
{
    switch (offset) {
    case START: case STOP: case CLEAR: case TRIGOVRFLW:
        if (value & 1)
            start_task(s, offset);
        break;
    case EVTEN: s->evten = value & EVENTS; break;
    case EVTENSET: s->evten |= value & EVENTS; break;
    case EVTENCLR: s->evten &= ~value; break;
    case PRESCALER:
        if (s->running)
            device_guest_error(&s->dev, "the prescaler is written while the counter runs");
        else
            s->prescaler = value & 0xfff;
        break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
    }
}

static void rtc_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct nrf_rtc *s = opaque;

    catch_up(s);
    if (offset >= CC && offset < CC + 4 * s->channels)
        s->cc[(offset - CC) / 4] = value & COUNTER_MASK;
    else if (!nrf_events_write(&s->events, offset, EVENTS, value))
        write_register(s, offset, value);
    update(s);
}

static const struct io_ops rtc_ops = { .read = rtc_read, .write = rtc_write, .min_size = 4, .max_size = 4 };

/* -- Life -- */

static bool rtc_realize(struct device *d, GError **err)
{
    struct nrf_rtc *s = container_of(d, struct nrf_rtc, dev);

    if (!s->channels || s->channels > CHANNELS) {
        fail(err, "%s: cc-num=%u: expected 1 to %u", d->id, s->channels, CHANNELS);
        return false;
    }
    timer_init(&s->timer, fired, s, &d->lock);
    device_add_io(d, "nrf-rtc", &rtc_ops, NRF_REGION_BYTES);
    return true;
}

static void rtc_unrealize(struct device *d)
{
    timer_cancel(&container_of(d, struct nrf_rtc, dev)->timer);
}

static void rtc_reset(struct device *d)
{
    device_irq(d, 0, false);
}

static const struct property rtc_props[] = {
    PROP_NAMED("cc-num", struct nrf_rtc, channels, U32, 4, "cc-num", "compare registers"),
    PROP_END,
};

static const struct state_row rtc_fields[] = {
    FIELD_STRUCT(struct nrf_rtc, events, &nrf_events_table),
    FIELD(struct nrf_rtc, evten, 0),
    FIELD_ARRAY(struct nrf_rtc, cc, 0),
    FIELD(struct nrf_rtc, prescaler, 0),
    FIELD(struct nrf_rtc, running, 0),
    FIELD(struct nrf_rtc, count, 0),
    FIELD_KEEP(struct nrf_rtc, tick), /* of the clock, which goes on */
    FIELD_TIMER(struct nrf_rtc, timer),
    FIELD_END,
};

static const struct state_table rtc_state = {
    STATE_OF(struct nrf_rtc),
    .version = 1,
    .rows = rtc_fields,
};

static const char *const rtc_compatible[] = { "nordic,nrf-rtc", NULL };

const struct device_type nrf_rtc_type = {
    .name = "nrf51_soc.rtc",
    .desc = "nRF51 real-time counter",
    .compatible = rtc_compatible,
    .size = sizeof(struct nrf_rtc),
    .props = rtc_props,
    .state = &rtc_state,
    .realize = rtc_realize,
    .unrealize = rtc_unrealize,
    .reset = rtc_reset,
};
