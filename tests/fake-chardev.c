/* SPDX-License-Identifier: BSD-2-Clause */
#include "fake-chardev.h"

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "chardev/chardev-int.h"
#include "tests/patience.h"

static void hang_up(struct chardev *c)
{
    int fd = c->in_fd;

    if (fd < 0)
        return;
    chardev_set_closed(c);
    close(fd);
}

static const struct chardev_backend fake = {
    .name = "fake", .open = chardev_taken, .close = hang_up, .hangup = hang_up,
};

struct chardev *fake_chardev(const char *id)
{
    g_autoptr(GError) err = NULL;
    struct opts *o = opts_parse(id, "id", &err);
    struct chardev *c = chardev_make(&fake, o, &err);
    g_assert_no_error(err);
    opts_free(o);
    return c;
}

void fake_chardev_free(struct chardev *c)
{
    g_assert_true(chardev_remove(c, NULL));
}

int fake_chardev_connect(struct chardev *c)
{
    int fds[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), ==, 0);
    chardev_set_open(c, fds[0], fds[0]);
    return fds[1];
}

size_t fake_chardev_room(struct chardev *c)
{
    const struct chardev_client *client = &((struct chardev_slot *)c->slots->pdata[0])->client;

    if (client->lock)
        g_mutex_lock(client->lock);
    size_t n = client->can_read(client->opaque);
    if (client->lock)
        g_mutex_unlock(client->lock);
    return n;
}

void fake_chardev_type(struct chardev *c, int host, const char *text, size_t len)
{
    gint64 end = patience_end(10);
    int left = len;

    g_assert_cmpuint(len, <=, fake_chardev_room(c));
    g_assert_cmpint(write(host, text, len), ==, len);
    while (left) {
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        g_main_context_iteration(NULL, FALSE);
        g_assert_cmpint(ioctl(c->in_fd, FIONREAD, &left), ==, 0);
    }
}

void fake_chardev_break(struct chardev *c)
{
    chardev_send_event(c, CHARDEV_BREAK);
}

static bool queued(struct chardev *c)
{
    g_mutex_lock(&c->lock);
    bool yes = c->out->len > c->out_head || c->want_room;
    g_mutex_unlock(&c->lock);
    return yes;
}

char *fake_chardev_heard(struct chardev *c, int host)
{
    gint64 end = patience_end(10);
    GString *s = g_string_new(NULL);
    char buf[4096];
    ssize_t n;

    do {
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        g_main_context_iteration(NULL, FALSE);
        while ((n = read(host, buf, sizeof(buf))) > 0)
            g_string_append_len(s, buf, n);
    } while (queued(c));
    return g_string_free(s, FALSE);
}

void fake_chardev_stuff(struct chardev *c)
{
    static const uint8_t zeroes[4096];
    size_t n;

    while ((n = chardev_room(c)))
        chardev_write(c, zeroes, MIN(n, sizeof(zeroes)));
}

/* Linked with --wrap: that the main loop is woken cannot be told from its own doings. */
void __wrap_chardev_accept_input(struct chardev *c);
void __real_chardev_accept_input(struct chardev *c);

unsigned fake_chardev_accepts;

void __wrap_chardev_accept_input(struct chardev *c)
{
    fake_chardev_accepts++;
    __real_chardev_accept_input(c);
}
