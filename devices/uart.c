/* SPDX-License-Identifier: BSD-2-Clause */
/* What UARTs share: the host's end of their line. */
#include "uart.h"

bool uart_line_attach(struct device *d, struct chardev *line, struct chardev_client client, GError **err)
{
    client.lock = &d->lock;
    client.guest = true;
    if (!line || chardev_attach(line, &client, err))
        return true;
    g_prefix_error(err, "-serial: ");
    return false;
}

void uart_line_detach(struct chardev *line, void *opaque)
{
    if (line)
        chardev_detach(line, opaque);
}

void uart_line_resume(struct chardev *line, void (*event)(void *opaque, enum chardev_event e), void *opaque)
{
    if (!line)
        return;
    if (event && chardev_room(line))
        event(opaque, CHARDEV_ROOM);
    chardev_accept_input(line);
}
