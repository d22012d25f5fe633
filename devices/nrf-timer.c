/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nRF51's timer/counter. Manual: "nRF51 Series Reference Manual" v3.0.1, chapter 18; binding: nordic,nrf-timer.
 * In timer mode the counter is computed from the clock; a host timer waits for the next compare only. Unlike there, a compare
 * that a program moves on counts if the counter has passed it meanwhile: see set_compare().
 */
#include <inttypes.h>

#include "nrf.h"

enum {
    START = 0x000, STOP = 0x004, COUNT = 0x008, CLEAR = 0x00c, SHUTDOWN = 0x010, CAPTURE = 0x040, COMPARE = 0x140,
    MODE = 0x504, BITMODE = 0x508, PRESCALER = 0x510, CC = 0x540,
};
#define CHANNELS 4
#define EVENTS (0xfu << (COMPARE - NRF_EVENTS) / 4)
#define EVENT_COMPARE(n) (NRF_EVENT(COMPARE) << (n))
#define CLOCK_HZ 16000000

struct nrf_timer {
    struct device dev;
    uint32_t bits;              /* the widest counter: 16, 24 or 32 */

    struct nrf_events events;
    uint32_t shorts, cc[CHANNELS];
    uint8_t passed;             /* a bit for each cc at which the counter has been since it was written */
    uint8_t mode, bitmode, prescaler;
    bool running;
    uint32_t count;             /* at that tick, or while it does not run */
    uint64_t tick;
    struct timer timer;
};

static uint64_t hz(const struct nrf_timer *s)
{
    return CLOCK_HZ >> s->prescaler;
}

static bool is_timer(const struct nrf_timer *s)
{
    return !(s->mode & 1);
}

/* The counter's values are 0 to this. */
static uint32_t mask(const struct nrf_timer *s)
{
    static const uint8_t widths[4] = { 16, 8, 24, 32 };
    unsigned n = MIN(widths[s->bitmode], s->bits);

    return n == 32 ? UINT32_MAX : (1u << n) - 1;
}

/* Steps of the counter from v on until it is at cc. */
static uint64_t distance(const struct nrf_timer *s, uint32_t v, unsigned n)
{
    uint64_t d = (s->cc[n] - v) & mask(s);

    return d ? d : (uint64_t)mask(s) + 1;
}

static void clear(struct nrf_timer *s)
{
    s->count = 0;
    s->passed = 0;
}

static void compare_event(struct nrf_timer *s, unsigned n)
{
    s->events.set |= EVENT_COMPARE(n);
    s->passed |= 1u << n;
    if (s->shorts >> n & 1)
        clear(s);
    if (s->shorts >> (8 + n) & 1)
        s->running = false;
}

/* Let so many steps be done, stopping at each compare. With a short to CLEAR the whole periods need no steps. */
static void count_up(struct nrf_timer *s, uint64_t steps)
{
    for (unsigned turns = 0; steps && s->running; turns++) {
        uint64_t next = steps;
        for (unsigned n = 0; n < CHANNELS; n++)
            next = MIN(next, distance(s, s->count, n));
        if (turns > 4 * CHANNELS) { /* all that can happen has: what is left are whole rounds */
            s->count = (s->count + steps) & mask(s);
            for (unsigned n = 0; n < CHANNELS; n++)
                if (s->shorts >> n & 1)
                    s->count %= (s->cc[n] & mask(s)) ? s->cc[n] & mask(s) : 1;
            return;
        }
        s->count = (s->count + next) & mask(s);
        steps -= next;
        uint32_t at = s->count;
        for (unsigned n = 0; n < CHANNELS; n++)
            if ((s->cc[n] & mask(s)) == at)
                compare_event(s, n);
    }
}

static void catch_up(struct nrf_timer *s)
{
    uint64_t now = clock_ticks(hz(s)), steps = now - s->tick;

    s->tick = now;
    if (s->running && is_timer(s) && steps)
        count_up(s, steps);
}

static void update(struct nrf_timer *s)
{
    uint64_t next = UINT64_MAX;

    device_irq(&s->dev, 0, nrf_events_irq(&s->events));
    /* What has happened and interrupts nobody needs no timer; a short may stop or clear. */
    for (unsigned n = 0; n < CHANNELS; n++)
        if ((s->events.inten & EVENT_COMPARE(n)) && !(s->events.set & EVENT_COMPARE(n)))
            next = MIN(next, distance(s, s->count, n));
    if (s->running && is_timer(s) && next != UINT64_MAX)
        timer_set(&s->timer, clock_ticks_to_ns(s->tick + next, hz(s)));
    else
        timer_cancel(&s->timer);
}

static void fired(void *opaque)
{
    struct nrf_timer *s = opaque;

    catch_up(s);
    update(s);
}

/* -- Registers -- */

static uint64_t timer_read(void *opaque, uint64_t offset, unsigned size)
{
    struct nrf_timer *s = opaque;
    uint64_t v;

    catch_up(s);
    update(s);
    if (nrf_events_read(&s->events, offset, EVENTS, &v))
        return v;
    if (offset >= CC && offset < CC + 4 * CHANNELS)
        return s->cc[(offset - CC) / 4];
    switch (offset) {
    case NRF_SHORTS: return s->shorts;
    case MODE: return s->mode;
    case BITMODE: return s->bitmode;
    case PRESCALER: return s->prescaler;
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void start_task(struct nrf_timer *s, uint64_t offset)
{
    switch (offset) {
    case START: s->running = true; break;
    case STOP: s->running = false; break;
    case COUNT:
        if (!is_timer(s) && s->running)
            count_up(s, 1);
        break;
    case CLEAR: clear(s); break;
    case SHUTDOWN:
        s->running = false;
        clear(s);
        break;
    default:
        s->cc[(offset - CAPTURE) / 4] = s->count;
        s->passed |= 1u << (offset - CAPTURE) / 4;
    }
}

/*
 * Programs capture the counter, or take the compare that has just matched, add to it and write the sum: the host may hold
 * them back meanwhile, and the part's CPU is never that late. A sum that lies between that value and the counter has gone by
 * and counts at once, else there were no event before the counter is round: 17 seconds at 24 bits and 1 MHz.
 */
static void set_compare(struct nrf_timer *s, unsigned n, uint32_t value)
{
    uint32_t on = (value - s->cc[n]) & mask(s), gone = (s->count - s->cc[n]) & mask(s);
    bool late = s->running && is_timer(s) && s->passed >> n & 1 && on && on <= gone;

    s->cc[n] = value;
    s->passed &= ~(1u << n);
    if (late)
        compare_event(s, n);
}

static void timer_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct nrf_timer *s = opaque;

    catch_up(s);
    if (offset >= CC && offset < CC + 4 * CHANNELS) {
        set_compare(s, (offset - CC) / 4, value);
    } else if (!nrf_events_write(&s->events, offset, EVENTS, value)) {
        switch (offset) {
        case START: case STOP: case COUNT: case CLEAR: case SHUTDOWN:
        case CAPTURE: case CAPTURE + 4: case CAPTURE + 8: case CAPTURE + 12:
            if (value & 1)
                start_task(s, offset);
            break;
        case NRF_SHORTS: s->shorts = value & 0xf0f; break;
        case MODE: s->mode = value & 1; break;
        case BITMODE:
            s->bitmode = value & 3;
            s->passed = 0;
            break;
        case PRESCALER:
            s->prescaler = MIN(value & 0xf, 9);
            s->tick = clock_ticks(hz(s));
            break;
        default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
        }
    }
    update(s);
}

static const struct io_ops timer_ops = { .read = timer_read, .write = timer_write, .min_size = 4, .max_size = 4 };

/* -- Life -- */

static bool timer_realize(struct device *d, GError **err)
{
    struct nrf_timer *s = container_of(d, struct nrf_timer, dev);

    if (s->bits != 16 && s->bits != 24 && s->bits != 32) {
        fail(err, "%s: bits=%u: expected 16, 24 or 32", d->id, s->bits);
        return false;
    }
    timer_init(&s->timer, fired, s, &d->lock);
    device_add_io(d, "nrf-timer", &timer_ops, NRF_REGION_BYTES);
    return true;
}

static void timer_unrealize(struct device *d)
{
    timer_cancel(&container_of(d, struct nrf_timer, dev)->timer);
}

static void timer_reset(struct device *d)
{
    device_irq(d, 0, false);
}

static const struct property timer_props[] = {
    PROP_NAMED("bits", struct nrf_timer, bits, U32, 16, "bits", "width of the counter"),
    PROP_END,
};

static const struct state_row timer_fields[] = {
    FIELD_STRUCT(struct nrf_timer, events, &nrf_events_table),
    FIELD(struct nrf_timer, shorts, 0),
    FIELD_ARRAY(struct nrf_timer, cc, 0),
    { STATE_ONE(struct nrf_timer, passed), .since = 2 },
    FIELD(struct nrf_timer, mode, 0),
    FIELD(struct nrf_timer, bitmode, 0),
    FIELD(struct nrf_timer, prescaler, 4),
    FIELD(struct nrf_timer, running, 0),
    FIELD(struct nrf_timer, count, 0),
    FIELD_KEEP(struct nrf_timer, tick), /* of the clock, which goes on */
    FIELD_TIMER(struct nrf_timer, timer),
    FIELD_END,
};

static bool timer_loaded(void *obj, unsigned version, GError **err)
{
    const struct nrf_timer *s = obj;

    if (s->prescaler <= 9 && s->bitmode <= 3)
        return true;
    fail(err, "the timer has prescaler %u and bit mode %u", s->prescaler, s->bitmode);
    return false;
}

static const struct state_table timer_state = {
    STATE_OF(struct nrf_timer),
    .version = 2,
    .oldest = 1,
    .rows = timer_fields,
    .loaded = timer_loaded,
};

static const char *const timer_compatible[] = { "nordic,nrf-timer", NULL };

const struct device_type nrf_timer_type = {
    .name = "nrf51_soc.timer",
    .desc = "nRF51 timer/counter",
    .compatible = timer_compatible,
    .size = sizeof(struct nrf_timer),
    .props = timer_props,
    .state = &timer_state,
    .realize = timer_realize,
    .unrealize = timer_unrealize,
    .reset = timer_reset,
};
