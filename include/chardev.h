/* SPDX-License-Identifier: BSD-2-Clause */
/* Character devices: the host end of serial ports, consoles, monitors and gdb (-chardev, -serial, -monitor). */
#ifndef MYNAH_CHARDEV_H
#define MYNAH_CHARDEV_H

#include <glib.h>

#include "types.h"

struct chardev;
struct opts;

enum chardev_event {
    CHARDEV_OPENED, /* a peer connected (also sent on attach if one is) */
    CHARDEV_CLOSED,
    CHARDEV_BREAK,    /* Ctrl-a b */
    CHARDEV_FOCUS_IN, /* this client of a multiplexer now gets the input */
    CHARDEV_FOCUS_OUT,
};

/* The device's end. Callbacks run on the main loop with lock held (if not NULL). */
struct chardev_client {
    size_t (*can_read)(void *opaque); /* bytes that read() would take now */
    void (*read)(void *opaque, const uint8_t *buf, size_t len);
    void (*event)(void *opaque, enum chardev_event e); /* may be NULL */
    void *opaque;
    GMutex *lock;
};

/* Create from -chardev syntax (backend=..., id=...): kept in the registry by id. NULL with a message. */
struct chardev *chardev_create(struct opts *o, GError **err);
/* Create from -serial/-monitor/-gdb syntax ("stdio", "mon:stdio", "pty", "tcp::4444,server,nowait", "unix:...", "file:...", "null", "none", "chardev:ID"). */
struct chardev *chardev_create_compat(const char *id, const char *spec, GError **err);
struct chardev *chardev_find(const char *id);
/* Connect a device's end; a multiplexer takes several. False if the other is busy. The struct is copied. */
bool chardev_attach(struct chardev *c, const struct chardev_client *client, GError **err);
void chardev_detach(struct chardev *c, void *opaque);
/* Queue bytes to the host. Never blocks the guest: beyond 1 MiB of backlog the oldest connection-less output is dropped. Any thread. */
void chardev_write(struct chardev *c, const uint8_t *buf, size_t len);
/* The client can read again (it drained its FIFO). Any thread. */
void chardev_accept_input(struct chardev *c);
/* A descriptor received with the last data (SCM_RIGHTS), or -1. The caller owns it. */
int chardev_take_fd(struct chardev *c);
/* Each registered chardev: label and "info chardev" description. */
void chardev_foreach(void (*fn)(const char *id, const char *filename, bool open, void *opaque), void *opaque);
/* Write what is queued, restore the terminal, remove sockets. At exit. */
void chardev_close_all(void);

#endif
