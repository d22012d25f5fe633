/* SPDX-License-Identifier: BSD-2-Clause */
/* A character device for tests of its clients: a real one, whose host is the test. */
#ifndef MYNAH_FAKE_CHARDEV_H
#define MYNAH_FAKE_CHARDEV_H

#include "chardev.h"

/* In the registry under that id. Nobody is at the host's end yet. */
struct chardev *fake_chardev(const char *id);
/* The client has been freed: forget it. */
void fake_chardev_free(struct chardev *c);
/* The host's end: a socket that does not block; close() hangs up. */
int fake_chardev_connect(struct chardev *c);

/* Bytes that the client would take now. */
size_t fake_chardev_room(struct chardev *c);
/* The host writes what the client has room for, and it has come when this returns. */
void fake_chardev_type(struct chardev *c, int host, const char *text, size_t len);
/* The host sends a break. */
void fake_chardev_break(struct chardev *c);
/* What the client wrote and the host has not read yet; nothing stays queued. For g_free(). */
char *fake_chardev_heard(struct chardev *c, int host);
/* The host reads nothing until the client is told that there is no room. */
void fake_chardev_stuff(struct chardev *c);
/* How often clients have said that they can take more (chardev_accept_input). */
extern unsigned fake_chardev_accepts;

#endif
