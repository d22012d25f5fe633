/* SPDX-License-Identifier: BSD-2-Clause */
/* Character devices: the host end of serial ports, consoles, monitors and gdb (-chardev, -serial, -monitor). */
#ifndef MYNAH_CHARDEV_H
#define MYNAH_CHARDEV_H

#include <glib.h>

#include "types.h"

struct chardev;
struct opts;
struct prop_object;

enum chardev_event {
    CHARDEV_OPENED, /* a peer connected (also sent on attach if one is) */
    CHARDEV_CLOSED,
    CHARDEV_BREAK,    /* Ctrl-a b, or a telnet break */
    CHARDEV_FOCUS_IN, /* this client of a multiplexer now gets the input */
    CHARDEV_FOCUS_OUT,
    CHARDEV_ROOM,     /* chardev_room() was 0 and no longer is */
};

/*
 * The device's end. Callbacks run with lock held (if not NULL): on the main loop, but for a guest's under -icount,
 * whose input goes through the gate: input.h.
 */
struct chardev_client {
    size_t (*can_read)(void *opaque); /* bytes that read() would take now */
    void (*read)(void *opaque, const uint8_t *buf, size_t len);
    void (*event)(void *opaque, enum chardev_event e); /* may be NULL */
    void *opaque;
    GMutex *lock;
    bool guest; /* a device of the machine's: no monitor or the like */
};

/* Create from -chardev syntax (backend=, id=): kept in the registry by id. Takes all keys. NULL with a message. */
struct chardev *chardev_create(struct opts *o, GError **err);
/*
 * Create from -serial/-monitor/-gdb syntax ("stdio", "mon:stdio", "pty", "tcp::4444,server,nowait", "unix:...",
 * "file:...", "pipe:...", "null", "none" (as null)); "chardev:ID" finds an existing one.
 */
struct chardev *chardev_create_compat(const char *id, const char *spec, GError **err);
struct chardev *chardev_find(const char *id);
/* A property of devices that names one. */
extern const struct prop_object chardev_prop;
/* Its id, as "info chardev" names it. */
const char *chardev_id(const struct chardev *c);
/*
 * Connect a device's end; a multiplexer takes several, and the newest gets the input. False if the other is busy.
 * The struct is copied. The caller does not hold the client's lock, since events may be sent at once. Main loop only.
 */
bool chardev_attach(struct chardev *c, const struct chardev_client *client, GError **err);
void chardev_detach(struct chardev *c, void *opaque);
/*
 * Queue bytes to the host; any thread. Never blocks the guest: without a peer they are dropped, and so is what a peer
 * that does not read leaves beyond 1 MiB of backlog. A client that asks chardev_room() first loses nothing. Where there
 * is no peer that could leave, a file, a failure is told once on standard error, and what follows is dropped.
 */
void chardev_write(struct chardev *c, const uint8_t *buf, size_t len);
/* Bytes that chardev_write() would keep now, less 64 for a FIFO. After 0 CHARDEV_ROOM follows. Any thread. */
size_t chardev_room(struct chardev *c);
/* The client can read again (it drained its FIFO). Any thread. */
void chardev_accept_input(struct chardev *c);
/* A descriptor received with the last data (SCM_RIGHTS), or -1. The caller owns it. */
int chardev_take_fd(struct chardev *c);
/* What is read from while a peer is connected, else -1. Main loop only; it stays the character device's. */
int chardev_fd(const struct chardev *c);
/* End the connection to the peer, as if it had hung up. Main loop only. */
void chardev_hang_up(struct chardev *c);
/* True while a peer is connected (always, for files and terminals). */
bool chardev_is_open(struct chardev *c);
/* Each registered chardev: label and "info chardev" description. */
void chardev_foreach(void (*fn)(const char *id, const char *filename, bool open, void *opaque), void *opaque);
/* Disconnect and forget a chardev that no client is attached to. False with a message if one is. Main loop only. */
bool chardev_remove(struct chardev *c, GError **err);
/* Write what is queued, restore the terminal, remove sockets. At exit. */
void chardev_close_all(void);

/* Called with all that clients write to a character device, before it is queued; any thread. NULL: nobody looks. */
extern void (*chardev_on_output)(const char *id, const uint8_t *buf, size_t len);

/* Print the back ends with their meaning, for -chardev help. */
void chardev_list(GString *out);

/* -- Multiplexer -- */

/* The escape character (-echr), Ctrl-a by default; 0 turns the escapes off. */
extern uint8_t chardev_escape;
/* What Ctrl-a x and Ctrl-a s do; NULL: nothing. Set by main(). */
extern void (*chardev_on_quit)(void);
extern void (*chardev_on_commit)(void);

/* -daemonize: stdio is refused from now on. */
void chardev_refuse_stdio(void);

#endif
