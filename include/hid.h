/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys and pointers: from those who have some (the monitor; windows and VNC later) to the device that the guest reads
 * them by. Of each kind the device that came last gets them. Codes of keys and buttons are Linux' (linux/input.h).
 */
#ifndef MYNAH_HID_H
#define MYNAH_HID_H

#include <glib.h>
#include <stdbool.h>

enum hid_kind {
    HID_KEYBOARD, /* HID_KEY */
    HID_MOUSE,    /* HID_MOVE_X, _Y, HID_WHEEL, HID_BUTTON */
    HID_TABLET,   /* HID_AT_X, _Y, HID_WHEEL, HID_BUTTON */
    HID_KINDS
};

enum hid_type {
    HID_KEY,    /* code: of a key; value: 1 down, 0 up */
    HID_BUTTON, /* likewise of a button: BTN_LEFT and so on */
    HID_MOVE_X, /* value: dots */
    HID_MOVE_Y,
    HID_WHEEL,  /* value: notches, away from the user */
    HID_AT_X,   /* value: 0 to HID_AT_MAX over the whole width */
    HID_AT_Y,
    HID_SYNC,   /* what came since the last belongs together */
};
#define HID_AT_MAX 0x7fff

struct hid_event {
    enum hid_type type;
    unsigned code;
    int value;
};

/* -- Devices; main loop only -- */

struct hid_sink {
    const char *name; /* for "info mice" */
    enum hid_kind kind;
    /* Where inputs are taken (input.h). No lock is held. */
    void (*event)(void *opaque, const struct hid_event *e);
    void *opaque;
};
/* It gets the events of its kind from now on. The struct is copied. */
void hid_add(const struct hid_sink *s);
/* The sink with that opaque goes; nothing if there is none. */
void hid_remove(void *opaque);

/* -- Who has keys and pointers; main loop only -- */

/*
 * Send an event to the kind of device that takes such; false: there is none. A button goes to whom the last movement
 * went.
 */
bool hid_send(enum hid_type type, unsigned code, int value);
/* The name of a key, QEMU's ("ctrl", "a", "f1"): its code, or 0. Names by number: NULL at the end. */
unsigned hid_key_code(const char *name);
const char *hid_key_name(unsigned n);
/* Press the keys one after the other, and release them in the other order when ms have passed. */
bool hid_type_keys(const unsigned *codes, unsigned n, unsigned ms);
/* Pointers, as "info mice" numbers them: the text, and which one is to get events. False if there is none. */
void hid_list_mice(GString *out);
bool hid_choose_mouse(unsigned n);

#endif
