/* SPDX-License-Identifier: BSD-2-Clause */
/* What UARTs share: the host's end of their line, a property of theirs that may be NULL. */
#ifndef DEVICES_UART_H
#define DEVICES_UART_H

#include "chardev.h"
#include "device.h"

/* In realize: these functions of the UART's (opaque is set) are called with its lock held. False with a message. */
bool uart_line_attach(struct device *d, struct chardev *line, struct chardev_client client, GError **err);
/* In unrealize. */
void uart_line_detach(struct chardev *line, void *opaque);
/*
 * In a state table's resume: the host's end may be another than the one that was there, with other ideas of who waits
 * for whom. event may be NULL.
 */
void uart_line_resume(struct chardev *line, void (*event)(void *opaque, enum chardev_event e), void *opaque);

#endif
