/* SPDX-License-Identifier: BSD-2-Clause */
/* A character device on a new pseudo-terminal; its name is printed, and path= makes a link to it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "chardev-int.h"

#define PTY_POLL_MS 100 /* a pseudo-terminal does not say when somebody opens it */

struct pty {
    int fd;
    char *link;
    guint timer;
};

static gboolean pty_look(gpointer opaque)
{
    struct chardev *c = opaque;
    struct pty *p = c->priv;
    struct pollfd pfd = { .fd = p->fd, .events = POLLIN };
    if (poll(&pfd, 1, 0) < 0 || (pfd.revents & POLLHUP))
        return G_SOURCE_CONTINUE;
    p->timer = 0;
    chardev_set_open(c, p->fd, p->fd);
    return G_SOURCE_REMOVE;
}

static void pty_hangup(struct chardev *c)
{
    struct pty *p = c->priv;
    chardev_set_closed(c);
    if (!p->timer)
        p->timer = g_timeout_add(PTY_POLL_MS, pty_look, c);
}

/* Closing the pair throws away what the other side has not read yet: give it a moment. */
static void pty_linger(struct pty *p)
{
    char name[64];
    int unread, slave = ptsname_r(p->fd, name, sizeof(name)) ? -1 : open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    for (int i = 0; slave >= 0 && i < 50 && !ioctl(slave, FIONREAD, &unread) && unread; i++)
        g_usleep(2000);
    if (slave >= 0)
        close(slave);
}

static void pty_close(struct chardev *c)
{
    struct pty *p = c->priv;
    if (!p->timer) /* somebody is there */
        pty_linger(p);
    chardev_set_closed(c);
    if (p->timer)
        g_source_remove(p->timer);
    close(p->fd);
    if (p->link)
        unlink(p->link);
    g_free(p->link);
    g_free(p);
    c->priv = NULL;
}

/* Make the pair; the slave is raw, so that nothing is echoed or translated until a terminal program sets it up. */
static int pty_make(char *name, size_t size)
{
    int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int slave = -1;
    if (grantpt(fd) || unlockpt(fd) || ptsname_r(fd, name, size) ||
        (slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0) {
        close(fd);
        return -1;
    }
    struct termios t;
    tcgetattr(slave, &t);
    cfmakeraw(&t);
    tcsetattr(slave, TCSAFLUSH, &t);
    close(slave);
    chardev_nonblock(fd);
    return fd;
}

static bool pty_open(struct chardev *c, struct opts *o, GError **err)
{
    const char *link = opts_take(o, "path");
    char name[64];
    if (!chardev_taken(c, o, err))
        return false;
    int fd = pty_make(name, sizeof(name));
    if (fd < 0) {
        fail(err, "pty: cannot make a pseudo-terminal: %s", g_strerror(errno));
        return false;
    }
    if (link && symlink(name, link)) {
        fail(err, "path=%s: %s", link, g_strerror(errno));
        close(fd);
        return false;
    }
    struct pty *p = c->priv = g_new0(struct pty, 1);
    p->fd = fd;
    p->link = link ? g_canonicalize_filename(link, NULL) : NULL;
    p->timer = g_timeout_add(PTY_POLL_MS, pty_look, c);
    chardev_set_filename(c, "pty:%s", name);
    printf("char device redirected to %s (label %s)\n", name, c->id);
    fflush(stdout);
    return true;
}

const struct chardev_backend chardev_pty = {
    .name = "pty",
    .help = "a new pseudo-terminal; its name is printed, path= links to it",
    .open = pty_open,
    .close = pty_close,
    .hangup = pty_hangup,
};
