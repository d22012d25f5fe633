/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * General-purpose timer of a Stellaris: one of 32 bits, or two of 16 with a prescaler each, or seconds. Manual:
 * "Stellaris LM3S6965 Microcontroller Data Sheet", chapter 9; binding: ti,stellaris-timer. Outputs 0 and 1 are the
 * interrupts of A and B. Counters are computed from the clock; a host timer waits for the next interrupt. Not
 * modelled: captures, PWM, triggers of the ADC.
 */
#include <inttypes.h>

#include "device.h"

enum { CFG = 0x00, TAMR = 0x04, TBMR = 0x08, CTL = 0x0c, IMR = 0x18, RIS = 0x1c, MIS = 0x20, ICR = 0x24, TAILR = 0x28,
       TBILR = 0x2c, TAMATCHR = 0x30, TBMATCHR = 0x34, TAPR = 0x38, TBPR = 0x3c, TAPMR = 0x40, TBPMR = 0x44, TAR = 0x48,
       TBR = 0x4c, REGION_BYTES = 0x1000 };
enum { CFG_32, CFG_RTC, CFG_16 = 4 };
enum { MODE_ONCE = 1, MODE_PERIODIC = 2 };
enum { INT_TATO = 0x001, INT_RTC = 0x008, INT_TBTO = 0x100, INT_MASK = 0x70f };
enum { CTL_EN = 1, CTL_MASK = 0x6f7f };

struct half {
    uint32_t mode, load, match, prescale, prescale_match;
    uint32_t count;    /* at that tick, or while it stands */
    uint64_t tick;
    struct timer timer;
};

struct gptm {
    struct device dev;
    uint32_t clock_frequency;
    struct half half[2];
    uint32_t cfg, ctl, imr, ris;
};

/* -- Counting: down from load, the RTC up -- */

static bool is_on(const struct gptm *s, unsigned n)
{
    return (s->ctl >> (8 * n) & CTL_EN) && (n == 0 || s->cfg >= CFG_16);
}

static uint64_t frequency(const struct gptm *s)
{
    return s->cfg == CFG_RTC ? 1 : s->clock_frequency;
}

/* Ticks of the clock for a step of a counter. */
static uint64_t divider(const struct gptm *s, unsigned n)
{
    return s->cfg >= CFG_16 ? (uint64_t)s->half[n].prescale + 1 : 1;
}

static uint32_t load(const struct gptm *s, unsigned n)
{
    return s->cfg >= CFG_16 ? s->half[n].load & 0xffff : s->half[n].load;
}

static void catch_up(struct gptm *s, unsigned n)
{
    struct half *h = &s->half[n];
    uint64_t now = clock_ticks(frequency(s)), div = divider(s, n), steps = (now - h->tick) / div;
    uint64_t period = (uint64_t)load(s, n) + 1;

    if (!is_on(s, n)) {
        h->tick = now;
        return;
    }
    h->tick += steps * div;
    if (s->cfg == CFG_RTC) {
        if (steps && (uint32_t)(h->match - h->count - 1) < steps)
            s->ris |= INT_RTC;
        h->count += steps;
        return;
    }
    if (steps <= h->count) { /* it is at 0 for a step before it begins again */
        h->count -= steps;
        return;
    }
    s->ris |= n ? INT_TBTO : INT_TATO;
    if ((h->mode & 3) != MODE_PERIODIC) {
        s->ctl &= ~(uint32_t)(CTL_EN << (8 * n));
        h->count = load(s, n);
        return;
    }
    h->count = load(s, n) - (steps - h->count - 1) % period;
}

static void update(struct gptm *s)
{
    device_irq(&s->dev, 0, s->ris & s->imr & 0xff);
    device_irq(&s->dev, 1, s->ris & s->imr & ~0xffu);
    for (unsigned n = 0; n < 2; n++) {
        struct half *h = &s->half[n];
        uint32_t bit = s->cfg == CFG_RTC ? INT_RTC : n ? INT_TBTO : INT_TATO;
        uint64_t steps = s->cfg == CFG_RTC ? (uint64_t)(uint32_t)(h->match - h->count - 1) + 1 : (uint64_t)h->count + 1;
        if (is_on(s, n) && (s->imr & ~s->ris & bit))
            timer_set(&h->timer, clock_ticks_to_ns(h->tick + steps * divider(s, n), frequency(s)));
        else
            timer_cancel(&h->timer);
    }
}

static void look(struct gptm *s)
{
    catch_up(s, 0);
    catch_up(s, 1);
}

static void fired(void *opaque)
{
    look(opaque);
    update(opaque);
}

/* -- Registers -- */

static uint64_t gptm_read(void *opaque, uint64_t offset, unsigned size)
{
    struct gptm *s = opaque;
    const struct half *h = &s->half[offset >> 2 & 1]; /* A's and B's take turns from TAILR on */

    look(s);
    update(s);
    switch (offset) {
    case CFG: return s->cfg;
    case TAMR: return s->half[0].mode;
    case TBMR: return s->half[1].mode;
    case CTL: return s->ctl;
    case IMR: return s->imr;
    case RIS: return s->ris;
    case MIS: return s->ris & s->imr;
    case ICR: return 0;
    case TAILR: case TBILR: return h->load;
    case TAMATCHR: case TBMATCHR: return h->match;
    case TAPR: case TBPR: return h->prescale;
    case TAPMR: case TBPMR: return h->prescale_match;
    case TAR: case TBR: return h->count;
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void write_ctl(struct gptm *s, uint32_t value)
{
    uint32_t begins = value & ~s->ctl;

    s->ctl = value & CTL_MASK;
    for (unsigned n = 0; n < 2; n++) {
        if (!(begins >> (8 * n) & CTL_EN))
            continue;
        if (s->cfg != CFG_RTC)
            s->half[n].count = load(s, n);
        s->half[n].tick = clock_ticks(frequency(s));
    }
}

static void write_register(struct gptm *s, uint64_t offset, uint32_t value)
{
    struct half *h = &s->half[offset >> 2 & 1];

    switch (offset) {
    case CFG:
        s->cfg = value & 7;
        s->half[0].tick = s->half[1].tick = clock_ticks(frequency(s));
        break;
    case TAMR: s->half[0].mode = value & 15; break;
    case TBMR: s->half[1].mode = value & 15; break;
    case CTL: write_ctl(s, value); break;
    case IMR: s->imr = value & INT_MASK; break;
    case ICR: s->ris &= ~value; break;
    case TAILR: case TBILR:
        h->load = value;
        h->count = s->cfg >= CFG_16 ? value & 0xffff : value;
        break;
    case TAMATCHR: case TBMATCHR: h->match = value; break;
    case TAPR: case TBPR: h->prescale = value & 0xff; break;
    case TAPMR: case TBPMR: h->prescale_match = value & 0xff; break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
    }
}

static void gptm_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct gptm *s = opaque;

    look(s);
    write_register(s, offset, value);
    update(s);
}

static const struct io_ops gptm_ops = { .read = gptm_read, .write = gptm_write, .min_size = 4, .max_size = 4 };

/* -- Life -- */

static bool gptm_realize(struct device *d, GError **err)
{
    struct gptm *s = container_of(d, struct gptm, dev);

    if (s->clock_frequency == 0) {
        fail(err, "%s: clock-frequency=0: expected a frequency in Hz", d->id);
        return false;
    }
    for (unsigned n = 0; n < 2; n++)
        timer_init(&s->half[n].timer, fired, s, &d->lock);
    device_add_io(d, "stellaris-gptm", &gptm_ops, REGION_BYTES);
    return true;
}

static void gptm_unrealize(struct device *d)
{
    struct gptm *s = container_of(d, struct gptm, dev);

    for (unsigned n = 0; n < 2; n++)
        timer_cancel(&s->half[n].timer);
}

static void gptm_reset(struct device *d)
{
    update(container_of(d, struct gptm, dev));
}

static const struct property gptm_props[] = {
    PROP_NAMED("clock-frequency", struct gptm, clock_frequency, U32, 12500000, "clock-frequency", "Hz"),
    PROP_END,
};

static const struct state_row half_fields[] = {
    FIELD(struct half, mode, 0),
    FIELD(struct half, load, UINT32_MAX),
    FIELD(struct half, match, UINT32_MAX),
    FIELD(struct half, prescale, 0),
    FIELD(struct half, prescale_match, 0),
    FIELD(struct half, count, UINT32_MAX),
    FIELD_KEEP(struct half, tick), /* of the clock, which goes on */
    FIELD_TIMER(struct half, timer),
    FIELD_END,
};

static const struct state_table half_state = { STATE_OF(struct half), .version = 1, .rows = half_fields };

static const struct state_row gptm_fields[] = {
    FIELD_STRUCTS(struct gptm, half, &half_state),
    FIELD(struct gptm, cfg, 0),
    FIELD(struct gptm, ctl, 0),
    FIELD(struct gptm, imr, 0),
    FIELD(struct gptm, ris, 0),
    FIELD_END,
};

static const struct state_table gptm_state = { STATE_OF(struct gptm), .version = 1, .rows = gptm_fields };

static const char *const gptm_compatible[] = { "ti,stellaris-timer", NULL };

const struct device_type stellaris_gptm_type = {
    .name = "stellaris-gptm",
    .desc = "Stellaris general-purpose timer",
    .compatible = gptm_compatible,
    .size = sizeof(struct gptm),
    .props = gptm_props,
    .state = &gptm_state,
    .realize = gptm_realize,
    .unrealize = gptm_unrealize,
    .reset = gptm_reset,
};
