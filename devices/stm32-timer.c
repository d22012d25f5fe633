/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * STM32's timers (F1, F2, F4): advanced, general and basic ones are the same here. Manual: RM0090, chapters 17 to 20;
 * binding: st,stm32-timers (32 bits wide where st,wide says so). Counts up or down, once or again and again; update and
 * compare events set flags and interrupt: by output 0, or where there are four as an advanced timer's (break, update,
 * trigger, compare). The counter is computed from the clock; a host timer waits for the next event that interrupts.
 * Not modelled: pins (captures, PWM as a signal), external clocks, slaves, DMA, repetition, and centre-aligned
 * counting, which counts up. The clock is the tree's clock-frequency, whatever RCC says.
 */
#include <inttypes.h>

#include "device.h"

enum { CR1 = 0x00, CR2 = 0x04, SMCR = 0x08, DIER = 0x0c, SR = 0x10, EGR = 0x14, CCMR1 = 0x18, CCMR2 = 0x1c, CCER = 0x20,
       CNT = 0x24, PSC = 0x28, ARR = 0x2c, RCR = 0x30, CCR1 = 0x34, CCR4 = 0x40, BDTR = 0x44, DCR = 0x48, DMAR = 0x4c,
       OR = 0x50, REGION_BYTES = 0x400 };
enum { CR1_CEN = 1, CR1_UDIS = 2, CR1_URS = 4, CR1_OPM = 8, CR1_DIR = 0x10, CR1_ARPE = 0x80, CR1_MASK = 0x3ff };
enum { FLAG_UIF = 1, FLAG_COMPARES = 0x1e, FLAG_TIF = 0x40, FLAG_BIF = 0x80, FLAGS = 0x1eff, ENABLES = 0x7fff };
#define CHANNELS 4
#define REGS (OR / 4 + 1)
enum { ADVANCED_UPDATE = 1, ADVANCED_COMPARE = 3, ADVANCED_OUTPUTS = 4 };

struct stm32_timer {
    struct device dev;
    uint32_t clock_frequency;
    bool wide;
    uint32_t reg[REGS];   /* as written; CNT's is of the time tick */
    uint32_t psc, arr;    /* in effect */
    uint64_t tick;        /* of the clock, when the counter was computed */
    struct timer timer;
};

static uint32_t *reg(struct stm32_timer *s, unsigned offset)
{
    return &s->reg[offset / 4];
}

static uint32_t mask(const struct stm32_timer *s)
{
    return s->wide ? UINT32_MAX : UINT16_MAX;
}

/* -- Counting: positions go from 0 to arr, whichever way the counter does -- */

static bool counts(struct stm32_timer *s)
{
    return (*reg(s, CR1) & CR1_CEN) && s->arr;
}

static uint64_t position(struct stm32_timer *s, uint32_t count)
{
    return *reg(s, CR1) & CR1_DIR ? (uint64_t)s->arr - MIN(count, s->arr) : count;
}

/* Steps until the counter begins anew. One that is beyond its end goes to the end of its bits first. */
static uint64_t until_update(struct stm32_timer *s)
{
    uint64_t at = position(s, *reg(s, CNT)), period = (uint64_t)s->arr + 1;

    return at < period ? period - at : (uint64_t)mask(s) + 1 - at + period;
}

/* Steps until channel n's register is met; UINT64_MAX: never. */
static uint64_t until_compare(struct stm32_timer *s, unsigned n)
{
    uint64_t at = position(s, *reg(s, CNT)), period = (uint64_t)s->arr + 1;
    uint32_t want = *reg(s, CCR1 + 4 * n), ccmr = *reg(s, n < 2 ? CCMR1 : CCMR2);
    bool input = ccmr >> (8 * (n & 1)) & 3;

    if (input || want > s->arr)
        return UINT64_MAX;
    if (at >= period)
        return until_update(s) - period + position(s, want);
    uint64_t d = (position(s, want) + period - at) % period;
    return d ? d : period;
}

/* The preloaded registers come into effect. */
static void load(struct stm32_timer *s)
{
    s->psc = *reg(s, PSC);
    s->arr = *reg(s, ARR);
}

/* So many steps, none of which goes beyond the next update. */
static void advance(struct stm32_timer *s, uint64_t steps)
{
    bool down = *reg(s, CR1) & CR1_DIR, end = steps == until_update(s);

    for (unsigned n = 0; n < CHANNELS; n++)
        if (until_compare(s, n) <= steps)
            *reg(s, SR) |= 2u << n;
    if (!end) {
        *reg(s, CNT) = (down ? *reg(s, CNT) - steps : *reg(s, CNT) + steps) & mask(s);
        return;
    }
    if (!(*reg(s, CR1) & CR1_UDIS)) {
        *reg(s, SR) |= FLAG_UIF;
        load(s);
    }
    if (*reg(s, CR1) & CR1_OPM)
        *reg(s, CR1) &= ~(uint32_t)CR1_CEN;
    *reg(s, CNT) = down ? s->arr : 0;
}

static void catch_up(struct stm32_timer *s)
{
    uint64_t now = clock_ticks(s->clock_frequency);

    for (unsigned i = 0; i < 3 && counts(s); i++) {
        uint64_t div = (uint64_t)s->psc + 1, steps = (now - s->tick) / div;
        if (i == 2) { /* whole periods by the same values: nothing new happens in them */
            uint64_t period = (uint64_t)s->arr + 1;
            s->tick += steps / period * period * div;
            steps %= period;
        }
        steps = MIN(steps, until_update(s));
        if (!steps)
            return;
        s->tick += steps * div;
        advance(s, steps);
    }
    if (counts(s)) /* what is left of the last period */
        return;
    s->tick = now;
}

/* -- Interrupts -- */

static void update(struct stm32_timer *s)
{
    uint32_t waiting = *reg(s, SR) & *reg(s, DIER);
    uint64_t next = UINT64_MAX;

    if (s->dev.nirqs == ADVANCED_OUTPUTS) {
        device_irq(&s->dev, 0, waiting & FLAG_BIF);
        device_irq(&s->dev, ADVANCED_UPDATE, waiting & FLAG_UIF);
        device_irq(&s->dev, 2, waiting & FLAG_TIF);
        device_irq(&s->dev, ADVANCED_COMPARE, waiting & FLAG_COMPARES);
    } else {
        device_irq(&s->dev, 0, waiting & FLAGS);
    }
    if (counts(s)) {
        uint32_t wanted = *reg(s, DIER) & ~*reg(s, SR);
        if ((wanted & FLAG_UIF) || s->psc != *reg(s, PSC) || s->arr != *reg(s, ARR))
            next = until_update(s);
        for (unsigned n = 0; n < CHANNELS; n++)
            if (wanted >> (n + 1) & 1)
                next = MIN(next, until_compare(s, n));
    }
    if (next == UINT64_MAX)
        timer_cancel(&s->timer);
    else
        timer_set(&s->timer, clock_ticks_to_ns(s->tick + next * ((uint64_t)s->psc + 1), s->clock_frequency));
}

static void fired(void *opaque)
{
    struct stm32_timer *s = opaque;

    catch_up(s);
    update(s);
}

/* -- Registers -- */

static uint64_t timer_read(void *opaque, uint64_t offset, unsigned size)
{
    struct stm32_timer *s = opaque;
    uint64_t word = offset & ~UINT64_C(3);

    if (word > OR) {
        device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
        return 0;
    }
    catch_up(s);
    update(s);
    return word == EGR ? 0 : bits(*reg(s, word), 8 * (offset & 3), 8 * size);
}

static void generate(struct stm32_timer *s, uint32_t events)
{
    if (events & 1) {
        if (!(*reg(s, CR1) & CR1_UDIS)) {
            load(s);
            if (!(*reg(s, CR1) & CR1_URS))
                *reg(s, SR) |= FLAG_UIF;
        }
        *reg(s, CNT) = *reg(s, CR1) & CR1_DIR ? s->arr : 0;
        s->tick = clock_ticks(s->clock_frequency);
    }
    *reg(s, SR) |= events & (FLAG_COMPARES | FLAG_TIF | FLAG_BIF);
}

static void write_register(struct stm32_timer *s, uint64_t offset, uint32_t value)
{
    switch (offset) {
    case CR1:
        if (value & ~*reg(s, CR1) & CR1_CEN)
            s->tick = clock_ticks(s->clock_frequency);
        *reg(s, CR1) = value & CR1_MASK;
        break;
    case DIER: *reg(s, DIER) = value & ENABLES; break;
    case SR: *reg(s, SR) &= value; break; /* a zero clears */
    case EGR: generate(s, value); break;
    case CNT: case CCR1: case CCR1 + 4: case CCR1 + 8: case CCR4: *reg(s, offset) = value & mask(s); break;
    case PSC: *reg(s, PSC) = value & 0xffff; break;
    case ARR:
        *reg(s, ARR) = value & mask(s);
        if (!(*reg(s, CR1) & CR1_ARPE))
            s->arr = *reg(s, ARR);
        break;
    default: *reg(s, offset) = value & 0xffff; break;
    }
}

static void timer_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct stm32_timer *s = opaque;
    uint64_t word = offset & ~UINT64_C(3);

    if (word > OR) {
        device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset);
        return;
    }
    catch_up(s);
    if (size < 4 && word != SR && word != EGR)
        value = with_bits(*reg(s, word), 8 * (offset & 3), 8 * size, value);
    else if (size < 4 && word == SR)
        value = with_bits(UINT32_MAX, 8 * (offset & 3), 8 * size, value);
    write_register(s, word, value);
    update(s);
}

static const struct io_ops timer_ops = { .read = timer_read, .write = timer_write, .min_size = 1, .max_size = 4 };

/* -- Life -- */

static bool timer_realize(struct device *d, GError **err)
{
    struct stm32_timer *s = container_of(d, struct stm32_timer, dev);

    if (s->clock_frequency == 0) {
        fail(err, "%s: clock-frequency=0: expected a frequency in Hz", d->id);
        return false;
    }
    timer_init(&s->timer, fired, s, &d->lock);
    device_add_io(d, "stm32-timer", &timer_ops, REGION_BYTES);
    return true;
}

static void timer_unrealize(struct device *d)
{
    timer_cancel(&container_of(d, struct stm32_timer, dev)->timer);
}

static void timer_reset(struct device *d)
{
    struct stm32_timer *s = container_of(d, struct stm32_timer, dev);

    *reg(s, ARR) = s->arr = mask(s);
    update(s);
}

static const struct property timer_props[] = {
    PROP_NAMED("clock-frequency", struct stm32_timer, clock_frequency, U32, 84000000, "clock-frequency", "Hz"),
    PROP_NAMED("wide", struct stm32_timer, wide, BOOL, false, "st,wide", "the counter has 32 bits"),
    PROP_END,
};

static const struct state_row timer_fields[] = {
    FIELD_ARRAY(struct stm32_timer, reg, 0),
    FIELD(struct stm32_timer, psc, 0),
    FIELD(struct stm32_timer, arr, 0),
    FIELD_KEEP(struct stm32_timer, tick), /* of the clock, which goes on */
    FIELD_TIMER(struct stm32_timer, timer),
    FIELD_END,
};

static const struct state_table timer_state = {
    STATE_OF(struct stm32_timer),
    .version = 1,
    .rows = timer_fields,
};

static const char *const timer_compatible[] = { "st,stm32-timers", NULL };

const struct device_type stm32_timer_type = {
    .name = "stm32f2xx-timer",
    .desc = "STM32 timer (F1, F2, F4)",
    .compatible = timer_compatible,
    .size = sizeof(struct stm32_timer),
    .props = timer_props,
    .state = &timer_state,
    .realize = timer_realize,
    .unrealize = timer_unrealize,
    .reset = timer_reset,
};
