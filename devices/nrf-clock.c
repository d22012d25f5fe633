/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nRF51's clock and power management. Manual: "nRF51 Series Reference Manual" v3.0.1, chapters 12 and 13; binding:
 * nordic,nrf-clock. Clocks start at once. Not modelled: power failures, RAM blocks that are off, system off,
 * calibration's time.
 */
#include <inttypes.h>

#include "nrf.h"

enum {
    HFCLKSTART = 0x000, HFCLKSTOP = 0x004, LFCLKSTART = 0x008, LFCLKSTOP = 0x00c, CAL = 0x010, CTSTART = 0x014,
    CTSTOP = 0x018, CONSTLAT = 0x078, LOWPWR = 0x07c,
    HFCLKSTARTED = 0x100, LFCLKSTARTED = 0x104, DONE = 0x10c, CTTO = 0x110,
    RESETREAS = 0x400, HFCLKRUN = 0x408, HFCLKSTAT = 0x40c, LFCLKRUN = 0x414, LFCLKSTAT = 0x418, LFCLKSRCCOPY = 0x41c,
    RAMSTATUS = 0x428, SYSTEMOFF = 0x500, POFCON = 0x510, GPREGRET = 0x51c, LFCLKSRC = 0x518, RAMON = 0x524,
    RESET = 0x544, RAMONB = 0x554, XTALFREQ = 0x550, DCDCEN = 0x578,
};
#define EVENTS (NRF_EVENT(HFCLKSTARTED) | NRF_EVENT(LFCLKSTARTED) | NRF_EVENT(DONE) | NRF_EVENT(CTTO))
#define RUNNING (1u << 16)

struct nrf_clock {
    struct device dev;
    struct nrf_events events;
    bool hf, lf;             /* the crystal's clock, the slow one: they were started */
    uint8_t lfclksrc, gpregret;
    uint32_t resetreas, pofcon, ramon, ramonb, dcdcen, xtalfreq;
};

static const struct state_row events_fields[] = {
    FIELD(struct nrf_events, set, 0),
    FIELD(struct nrf_events, inten, 0),
    FIELD_END,
};

const struct state_table nrf_events_table = {
    STATE_OF(struct nrf_events),
    .version = 1,
    .rows = events_fields,
};

static uint64_t clock_read(void *opaque, uint64_t offset, unsigned size)
{
    struct nrf_clock *s = opaque;
    uint64_t v;

    if (nrf_events_read(&s->events, offset, EVENTS, &v))
        return v;
    switch (offset) {
    case HFCLKRUN: return s->hf;
    case HFCLKSTAT: return RUNNING | s->hf; /* without the crystal it is the RC oscillator's */
    case LFCLKRUN: return s->lf;
    case LFCLKSTAT: return s->lf ? RUNNING | s->lfclksrc : 0;
    case LFCLKSRCCOPY: case LFCLKSRC: return s->lfclksrc;
    case RESETREAS: return s->resetreas;
    case RAMSTATUS: return 0xf;
    case POFCON: return s->pofcon;
    case GPREGRET: return s->gpregret;
    case RAMON: return s->ramon;
    case RAMONB: return s->ramonb;
    case DCDCEN: return s->dcdcen;
    case XTALFREQ: return s->xtalfreq;
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void start_task(struct nrf_clock *s, uint64_t offset)
{
    switch (offset) {
    case HFCLKSTART:
        s->hf = true;
        s->events.set |= NRF_EVENT(HFCLKSTARTED);
        break;
    case HFCLKSTOP: s->hf = false; break;
    case LFCLKSTART:
        s->lf = true;
        s->events.set |= NRF_EVENT(LFCLKSTARTED);
        break;
    case LFCLKSTOP: s->lf = false; break;
    case CAL: s->events.set |= NRF_EVENT(DONE); break;
    }
}

static void clock_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct nrf_clock *s = opaque;

    if (!nrf_events_write(&s->events, offset, EVENTS, value)) {
        switch (offset) {
        case HFCLKSTART: case HFCLKSTOP: case LFCLKSTART: case LFCLKSTOP: case CAL: case CTSTART: case CTSTOP:
        case CONSTLAT: case LOWPWR:
            if (value & 1)
                start_task(s, offset);
            break;
        case RESETREAS: s->resetreas &= ~value; break;
        case LFCLKSRC: s->lfclksrc = value & 3; break;
        case POFCON: s->pofcon = value & 7; break;
        case GPREGRET: s->gpregret = value; break;
        case RAMON: s->ramon = value & 0x30003; break;
        case RAMONB: s->ramonb = value & 0x30003; break;
        case DCDCEN: s->dcdcen = value & 1; break;
        case XTALFREQ: s->xtalfreq = value & 0xff; break;
        case SYSTEMOFF: case RESET:
            log_to(LOG_UNIMP, "%s: offset 0x%" PRIx64 " is not modelled\n", s->dev.type->name, offset);
            break;
        default:
            device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset);
        }
    }
    device_irq(&s->dev, 0, nrf_events_irq(&s->events));
}

static const struct io_ops clock_ops = { .read = clock_read, .write = clock_write, .min_size = 4, .max_size = 4 };

static bool clock_realize(struct device *d, GError **err)
{
    device_add_io(d, "nrf-clock", &clock_ops, NRF_REGION_BYTES);
    return true;
}

static void clock_reset(struct device *d)
{
    device_irq(d, 0, false);
}

static const struct state_row clock_fields[] = {
    FIELD_STRUCT(struct nrf_clock, events, &nrf_events_table),
    FIELD(struct nrf_clock, hf, 0),
    FIELD(struct nrf_clock, lf, 0),
    FIELD(struct nrf_clock, lfclksrc, 0),
    FIELD_KEEP(struct nrf_clock, gpregret),
    FIELD(struct nrf_clock, resetreas, 0),
    FIELD(struct nrf_clock, pofcon, 0),
    FIELD(struct nrf_clock, ramon, 3),
    FIELD(struct nrf_clock, ramonb, 3),
    FIELD(struct nrf_clock, dcdcen, 0),
    FIELD(struct nrf_clock, xtalfreq, 0xff),
    FIELD_END,
};

static const struct state_table clock_state = {
    STATE_OF(struct nrf_clock),
    .version = 1,
    .rows = clock_fields,
};

static const char *const clock_compatible[] = { "nordic,nrf-clock", NULL };

const struct device_type nrf_clock_type = {
    .name = "nrf51_soc.clock",
    .desc = "nRF51 clock and power management",
    .compatible = clock_compatible,
    .size = sizeof(struct nrf_clock),
    .state = &clock_state,
    .realize = clock_realize,
    .reset = clock_reset,
};
