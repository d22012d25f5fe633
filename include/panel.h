/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The outside of a board, as somebody's hands have it: pins that are held high or low, and what sensors measure (the
 * monitor's gpio and sensor). What is changed here is an input (input.h).
 */
#ifndef MYNAH_PANEL_H
#define MYNAH_PANEL_H

#include <glib.h>

#include "types.h"

enum panel_level { PANEL_LOW, PANEL_HIGH, PANEL_RELEASED };

/* What pins a device has. Its functions run with lock held. */
struct panel_pins {
    unsigned count;
    /* The pin's name, which no other pin has. */
    char *(*name)(void *opaque, unsigned n);
    /* Its level now; whether the guest drives it; whether somebody here holds it. */
    bool (*level)(void *opaque, unsigned n, bool *output, bool *held);
    void (*hold)(void *opaque, unsigned n, enum panel_level level);
    void *opaque;
    GMutex *lock;
};

/* A quantity from min to max in steps of 1. Its functions run with lock held. */
struct panel_sensor {
    const char *device, *what; /* together the name, DEVICE.WHAT; of the device a path's last node is enough */
    const char *unit;
    int64_t min, max;
    int64_t (*get)(void *opaque, unsigned n);
    void (*set)(void *opaque, unsigned n, int64_t value);
    void *opaque;
    unsigned n;                /* which of the device's, for its functions */
    GMutex *lock;
};

/* -- Devices; main loop only. The structs are copied, what they point to lives longer -- */

void panel_add_pins(const struct panel_pins *p);
void panel_add_sensor(const struct panel_sensor *s);
/* All with that opaque go. */
void panel_remove(void *opaque);

/* -- Who works it; main loop only -- */

/* Hold a pin, or let it go. False with a message: there is no such pin. */
bool panel_hold_pin(const char *name, enum panel_level level, GError **err);
/* False with a message: there is no such sensor, or it can't measure that. */
bool panel_set_sensor(const char *name, int64_t value, GError **err);
/* A line for each pin or sensor; name not NULL: of this alone. False with a message: there is none. */
bool panel_list_pins(const char *name, GString *out, GError **err);
bool panel_list_sensors(const char *name, GString *out, GError **err);

#endif
