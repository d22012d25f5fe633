/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the peripherals of Nordic's nRF51 share: tasks are registers of which a write of 1 starts something, events are
 * registers that become 1, and may interrupt. Manual: "nRF51 Series Reference Manual" v3.0.1, chapter 10.
 */
#ifndef MYNAH_DEVICES_NRF_H
#define MYNAH_DEVICES_NRF_H

#include "device.h"

enum { NRF_EVENTS = 0x100, NRF_SHORTS = 0x200, NRF_INTENSET = 0x304, NRF_INTENCLR = 0x308, NRF_POWER = 0xffc,
       NRF_REGION_BYTES = 0x1000 };

/* Bit n is the event at 0x100 + 4 * n. */
struct nrf_events {
    uint32_t set;      /* those that are 1 */
    uint32_t inten;    /* those that interrupt */
};

#define NRF_EVENT(offset) (1u << (((offset) - NRF_EVENTS) / 4))

/* The register at offset is an event, or says which interrupt: *value is what it reads. there: events that exist. */
static inline bool nrf_events_read(const struct nrf_events *e, uint64_t offset, uint32_t there, uint64_t *value)
{
    if (offset >= NRF_EVENTS && offset < NRF_EVENTS + 0x80 && !(offset & 3) && (there & NRF_EVENT(offset)))
        *value = !!(e->set & NRF_EVENT(offset));
    else if (offset == NRF_INTENSET || offset == NRF_INTENCLR)
        *value = e->inten;
    else if (offset == NRF_POWER)
        *value = 1;
    else
        return false;
    return true;
}

/* The same of a write. An event can be cleared, or set. */
static inline bool nrf_events_write(struct nrf_events *e, uint64_t offset, uint32_t there, uint32_t value)
{
    if (offset >= NRF_EVENTS && offset < NRF_EVENTS + 0x80 && !(offset & 3) && (there & NRF_EVENT(offset)))
        e->set = value & 1 ? e->set | NRF_EVENT(offset) : e->set & ~NRF_EVENT(offset);
    else if (offset == NRF_INTENSET)
        e->inten |= value & there;
    else if (offset == NRF_INTENCLR)
        e->inten &= ~value;
    else
        return offset == NRF_POWER; /* it stays powered */
    return true;
}

static inline bool nrf_events_irq(const struct nrf_events *e)
{
    return e->set & e->inten;
}

extern const struct state_table nrf_events_table; /* nrf-clock.c */

#endif
