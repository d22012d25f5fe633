/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Locality-specific interrupts (LPIs) of a GICv3: what a redistributor keeps of them, and what an ITS asks of it. Their
 * enables and priorities are a table in the guest's memory; which of them are pending is kept here while they are
 * enabled, and is another such table else. Manual: ARM IHI 0069, chapter 5.
 */
#ifndef MYNAH_GIC_LPI_H
#define MYNAH_GIC_LPI_H

#include "device.h"

#define GIC_LPI_FIRST 8192u
#define GIC_LPI_END 65536u /* interrupt numbers have 16 bits */
#define GIC_LPI_WORDS ((GIC_LPI_END - GIC_LPI_FIRST) / 64)

/* GICR_PENDBASER: the table is all zero; reads as 0. */
#define GIC_LPIS_PTZ (UINT64_C(1) << 62)

/* A redistributor's. The controller's lock is held around the functions of these. */
struct gic_lpis {
    bool enabled; /* GICR_CTLR.EnableLPIs */
    uint64_t propbaser, pendbaser;
    uint64_t pending[GIC_LPI_WORDS]; /* bit 0: GIC_LPI_FIRST */
    uint32_t best;         /* the pending and enabled one of the highest priority; 0: there is none */
    uint8_t best_priority; /* as the table has it */
};
extern const struct state_table gic_lpis_state;
/* In loaded of the controller's table: check what came. False with a message. */
bool gic_lpis_loaded(const struct gic_lpis *l, GError **err);

/* GICR_PROPBASER, GICR_PENDBASER; they stay as they are while LPIs are enabled. False: so it was. */
bool gic_lpis_set_propbaser(struct gic_lpis *l, uint64_t value);
bool gic_lpis_set_pendbaser(struct gic_lpis *l, uint64_t value);
/* GICR_CTLR.EnableLPIs: fetch what is pending from memory, or write it back. dev, here and below: the controller. */
void gic_lpis_enable(struct gic_lpis *l, struct device *dev, bool on);
/* A number that there is, and while LPIs are enabled. */
bool gic_lpis_has(const struct gic_lpis *l, uint32_t irq);
/* One that there is becomes pending, or is so no more; true if it was. */
bool gic_lpis_set(struct gic_lpis *l, struct device *dev, uint32_t irq, bool pending);
/* The table in memory may have changed: look again which one is best. */
void gic_lpis_update(struct gic_lpis *l, struct device *dev);
/* All that are pending at from become so at to. */
void gic_lpis_move_all(struct gic_lpis *from, struct gic_lpis *to, struct device *dev);

/* -- What an ITS asks of the controller gic; it takes that one's lock -- */

extern const struct device_type gicv3_type;

/* Redistributors, by GICR_TYPER.Processor_Number. */
unsigned gicv3_redistributors(const struct device *gic);
/* An LPI of that redistributor's becomes pending, or is so no more. */
void gicv3_lpi(struct device *gic, unsigned cpu, uint32_t irq, bool pending);
/* The configuration of its LPIs has changed. */
void gicv3_lpis_changed(struct device *gic, unsigned cpu);
/* An LPI, or all of them, that are pending at one redistributor are so at another from now on. */
void gicv3_lpi_move(struct device *gic, unsigned from, unsigned to, uint32_t irq);
void gicv3_lpis_move_all(struct device *gic, unsigned from, unsigned to);

#endif
