/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Displays: what a device shows, as those who look at it see it (screendump; windows and VNC later). A device says how
 * large its picture is and draws it when asked; nobody else knows its pixel formats.
 */
#ifndef MYNAH_DISPLAY_H
#define MYNAH_DISPLAY_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define DISPLAY_MAX 16384 /* pixels in each direction: more than that is no size */

/* A device's end. All of it runs on the main loop with lock held. */
struct display_source {
    const char *id; /* the device's, or NULL */
    /* The picture's size in pixels, 1 to DISPLAY_MAX each. False: nothing is shown now. */
    bool (*size)(void *opaque, unsigned *width, unsigned *height);
    /* Draw it as it is now: rows of width pixels, 0x00RRGGBB each. The size is what size() has just said. */
    void (*draw)(void *opaque, uint32_t *pixels, unsigned width, unsigned height);
    /* The same as lines of text, for a display that has so few pixels. May be NULL. */
    void (*text)(void *opaque, GString *out);
    void *opaque;
    GMutex *lock;
};

/* -- Devices; main loop only -- */

/* From now on it is there, behind those that are. The struct is copied; its id is the device's, which lives longer. */
void display_add(const struct display_source *s);
/* The source with that opaque goes; nothing if there is none. */
void display_remove(void *opaque);

/* -- Who looks; main loop only -- */

enum display_format { DISPLAY_PPM, DISPLAY_PNG };
extern const char *const display_formats[]; /* names by enum display_format, NULL-terminated */

/*
 * Write what the display of the device shows to a file; device NULL: the first one's. False with a message: there is no
 * such display (code DEVICE_NOT_FOUND of plug.h), it shows nothing, or the file can't be written (it is then removed).
 */
bool display_dump(const char *device, const char *path, enum display_format format, GError **err);
/* What there are, a line each, with their sizes; and as text those that can be. */
void display_list(GString *out);

#endif
