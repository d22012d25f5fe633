/* SPDX-License-Identifier: BSD-2-Clause */
/* An interrupt line: a wire from a device's output to some controller's input. */
#ifndef MYNAH_IRQ_H
#define MYNAH_IRQ_H

#include <glib.h>

#include "types.h"

/*
 * The receiving end. set() is called with the driving device's lock held and may take the
 * controller's own lock: the order is device, then controller, then CPU. It must not call
 * back into the driving device.
 */
struct irq {
    void (*set)(void *opaque, unsigned n, bool level);
    void *opaque; /* the controller */
    unsigned n;   /* its input number */
    /* Request one interrupt without driving the line. NULL where the controller has nothing that remembers it. */
    void (*pulse)(void *opaque, unsigned n);
};

/* Drive the line. An unconnected line (set == NULL) ignores it. Any thread. */
static inline void irq_set(const struct irq *irq, bool level)
{
    if (irq->set)
        irq->set(irq->opaque, irq->n, level);
}

/* Request one interrupt, which is delivered even if an earlier one is still being handled; the level stays as it is. */
static inline void irq_pulse(const struct irq *irq)
{
    irq->pulse(irq->opaque, irq->n);
}

/* A line that several outputs drive: high while any of them is. Its lock comes before that of the line's controller. */
struct wired_or;
struct wired_or *wired_or_new(const struct irq *line);
/* One more output drives it: what that output is to be connected to. Before any is driven. */
struct irq wired_or_add(struct wired_or *o);
void wired_or_free(void *wired_or);

#endif
