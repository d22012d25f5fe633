/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the back ends of character devices share. A back end gives one or two descriptors and says
 * when a peer is there; reading, queueing, writing and the clients are chardev.c's.
 */
#ifndef MYNAH_CHARDEV_INT_H
#define MYNAH_CHARDEV_INT_H

#include "chardev.h"
#include "input.h"
#include "opts.h"

#define CHARDEV_BACKLOG MiB          /* bytes queued to a peer that does not read */
#define CHARDEV_SLACK 64             /* kept back for what a UART's FIFO holds when it is told that there is no room */
#define CHARDEV_MUX_PENDING (64 * KiB) /* input kept for a multiplexer's client that does not read */

struct chardev_backend {
    const char *name;
    const char *help;
    /*
     * Take the back end's properties, see by chardev_taken() that none is left, and open. False with a message, nothing
     * kept open.
     */
    bool (*open)(struct chardev *c, struct opts *o, GError **err);
    void (*close)(struct chardev *c); /* may be NULL */
    /* The peer hung up (end of file, error). Main loop. NULL: input ends, output goes on. */
    void (*hangup)(struct chardev *c);
    /* Turn what was read into what the client gets, in place; the new length. NULL: nothing to do. */
    size_t (*filter)(struct chardev *c, uint8_t *buf, size_t len);
    /* Read as read(2) does. NULL: read(2) itself. */
    ssize_t (*read)(struct chardev *c, uint8_t *buf, size_t len);
};

extern const struct chardev_backend chardev_null, chardev_file, chardev_pipe, chardev_stdio, chardev_pty,
    chardev_socket;

/*
 * A client's place. A guest's input goes through the gate (input.h), if that is closed: then its pending and breaks are
 * filled by the main loop, emptied by the CPUs' thread and guarded by the chardev's lock; posted says that the latter
 * will look at them.
 */
struct chardev_slot {
    struct chardev_client client;
    struct chardev *chardev;
    GByteArray *pending; /* input of a multiplexer's client, or a gated one's, that it has not taken yet ... */
    GArray *breaks;      /* ... and the offsets in it at which breaks come, guint, ascending */
    bool gated, posted;
    struct input_source input; /* gated: named after the chardev and the slot's number */
};

struct chardev {
    char *id;
    const struct chardev_backend *backend;
    void *priv; /* the back end's */
    GPtrArray *slots; /* struct chardev_slot *; changed on the main loop with lock held */
    unsigned nguests; /* gated slots so far */
    struct input_source room; /* gated: whether the guest is told that there is none */

    bool mux;
    struct chardev_slot *focus; /* who gets the input */
    bool escaped;               /* the last byte was the escape character */

    int in_fd, out_fd; /* -1: none. Closed by the back end */
    bool in_eof;
    bool deaf; /* the peer takes no more output: it is hung up at the end of its input, or when nobody takes that */
    GSource *source;
    int passed_fd;
    const char *log_path; /* logfile=, while it is being created; or NULL */
    bool log_append;
    int log_fd; /* of logfile=; -1: none */

    GMutex lock; /* guards what follows, and in_fd/out_fd against writers; the innermost lock */
    char *filename; /* "info chardev" */
    bool open;
    bool telnet;
    int out_error;   /* errno of a write that failed, which the main loop is to see. 0: none */
    bool log_failed; /* told */
    bool want_room;  /* CHARDEV_ROOM is due */
    GByteArray *out;
    size_t out_head; /* bytes of out already written */
    bool timestamps, line_start;
    int64_t timestamps_from;
};

/* -- For back ends, main loop only -- */

/* Make one of that back end from its properties, in the registry by id. NULL with a message. */
struct chardev *chardev_make(const struct chardev_backend *backend, struct opts *o, GError **err);
/* A back end has taken its properties: what all have in common is carried out. False with a message. */
bool chardev_taken(struct chardev *c, struct opts *o, GError **err);
/* Descriptors of the peer that is there now; OPENED goes to the clients. */
void chardev_set_open(struct chardev *c, int in_fd, int out_fd);
/* The peer has gone: forget descriptors and queue; CLOSED goes to the clients. */
void chardev_set_closed(struct chardev *c);
void chardev_set_filename(struct chardev *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void chardev_send_event(struct chardev *c, enum chardev_event e);
/* Event for one client. */
void chardev_slot_event(struct chardev_slot *s, enum chardev_event e);
/* Input for a client that can have it pending: a multiplexer's, or a gated one. A break comes after what is pending. */
void chardev_slot_input(struct chardev_slot *s, const uint8_t *buf, size_t len);
void chardev_slot_break(struct chardev_slot *s);
/* Set O_NONBLOCK. */
void chardev_nonblock(int fd);

/* -- chardev-io.c, main loop only -- */

/* The main loop looks after c's descriptors from now on, until c->source is destroyed. */
void chardev_source_add(struct chardev *c);
/* A guest's client, before it is one of c->slots: its input goes through the gate. */
void chardev_slot_gate(struct chardev *c, struct chardev_slot *s);
/* Write what is queued: a slow reader gets a second for each step it makes; one that makes none loses the rest. */
void chardev_drain(struct chardev *c);

/* -- Multiplexer, chardev-mux.c -- */

/* Distribute input, obeying escapes. No client's pending input grows by more than len. */
void chardev_mux_input(struct chardev *c, const uint8_t *buf, size_t len);
void chardev_mux_focus(struct chardev *c, struct chardev_slot *s);

#endif
