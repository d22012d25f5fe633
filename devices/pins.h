/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What GPIO controllers share: up to 32 pins, with the wires of the device tree that drive them or listen to them, the
 * hands that hold them (panel.h), pull resistors, and their names: those of gpio-line-names, else a prefix and the
 * number. A gpio specifier is a pin's number and flags. What the guest drives is the controller's to say.
 */
#ifndef DEVICES_PINS_H
#define DEVICES_PINS_H

#include "device.h"

#define PINS_MAX 32

struct pins {
    struct device *dev;
    void (*changed)(struct device *d);
    char *prefix;
    char *names[PINS_MAX];
    unsigned count;
    uint32_t wires, driven, inverted; /* what drives pins in the tree */
    uint32_t held, held_high;         /* hands */
    uint32_t board_pull_up;           /* resistors beside the chip: the tree's mynah,pull-ups */
    uint32_t levels, outputs, pull_up; /* the controller's: pins_drive() */
    struct irq lines[PINS_MAX];       /* who listens */
    uint32_t lines_inverted;
};

extern const struct state_table pins_table;

/*
 * In realize, and in unrealize. changed() is called with the device's lock held when a pin's level may be another;
 * prefix is copied.
 */
void pins_init(struct pins *p, struct device *d, unsigned count, const char *prefix, void (*changed)(struct device *d));
void pins_fini(struct pins *p);
/* The last part of the device's id and a dot, a prefix that is nobody else's. To be freed. */
char *pins_prefix(const struct device *d);
/* The type's from_dt, irq_in and pin_out. count: pins, as pins_init() will be told. */
void pins_from_dt(struct pins *p, const void *fdt, int node);
bool pins_irq_in(struct pins *p, struct device *d, unsigned count, const uint32_t *cells, unsigned ncells,
                 struct irq *line);
bool pins_pin_out(struct pins *p, unsigned count, const uint32_t *cells, unsigned ncells, const struct irq *line);
/*
 * From now on the guest drives outputs to levels; pull_up: others float upwards. Who listens to a pin that is not driven
 * finds it at rest. Lock held.
 */
void pins_drive(struct pins *p, uint32_t levels, uint32_t outputs, uint32_t pull_up);
/* The level of each pin. */
uint32_t pins_levels(const struct pins *p);

#endif
