/* SPDX-License-Identifier: BSD-2-Clause */
/* An interrupt line: a wire from a device's output to some controller's input. */
#ifndef MYNAH_IRQ_H
#define MYNAH_IRQ_H

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
};

/* Drive the line. An unconnected line (set == NULL) ignores it. Any thread. */
static inline void irq_set(const struct irq *irq, bool level)
{
    if (irq->set)
        irq->set(irq->opaque, irq->n, level);
}

#endif
