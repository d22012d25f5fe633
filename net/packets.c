/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors of which each read is a frame. */
#include "packets.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <unistd.h>

#include "offload.h"

#define AT_ONCE 64 /* frames before the main loop sees to others */

static gboolean readable(gint fd, GIOCondition cond, gpointer opaque)
{
    static uint8_t buf[PACKETS_HEADER_MAX + NET_MAX_FRAME + 1];
    struct packets *p = opaque;

    for (unsigned i = 0; i < AT_ONCE; i++) {
        ssize_t n = read(fd, buf, sizeof(buf));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN && (cond & (G_IO_HUP | G_IO_ERR)) && errno != ECONNREFUSED) {
            p->watch = 0; /* the device has gone */
            return G_SOURCE_REMOVE;
        }
        if (n < 0)
            break;
        if ((size_t)n <= p->header)
            continue;
        const struct net_offload o = p->header ? offload_get(buf) : (struct net_offload){ 0 };
        net_deliver_offload(p->n, &o, buf + p->header, n - p->header);
    }
    return G_SOURCE_CONTINUE;
}

void packets_start(struct packets *p, struct netdev *n, int fd, size_t header)
{
    p->n = n;
    p->fd = fd;
    p->header = header;
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    p->watch = g_unix_fd_add(fd, G_IO_IN, readable, p);
}

void packets_send(struct packets *p, const struct net_offload *o, const uint8_t *frame, size_t len,
                  const struct sockaddr *to, socklen_t to_len)
{
    uint8_t head[PACKETS_HEADER_MAX] = { 0 };
    struct iovec iov[2] = { { head, p->header }, { (void *)frame, len } };
    struct msghdr msg = { .msg_name = (void *)to, .msg_namelen = to_len, .msg_iov = iov, .msg_iovlen = 2 };

    if (p->fd < 0)
        return;
    if (o && p->header)
        offload_put(head, o);
    while ((to ? sendmsg(p->fd, &msg, 0) : writev(p->fd, iov, 2)) < 0 && errno == EINTR)
        ;
}

void packets_stop(struct packets *p)
{
    if (p->watch)
        g_source_remove(p->watch);
    if (p->fd >= 0)
        close(p->fd);
    p->watch = 0;
    p->fd = -1;
}
