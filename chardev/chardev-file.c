/* SPDX-License-Identifier: BSD-2-Clause */
/* Character devices on files and FIFOs, and the one that leads nowhere. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "chardev-int.h"

/* -- null -- */

static bool null_open(struct chardev *c, struct opts *o, GError **err)
{
    if (!chardev_taken(c, o, err))
        return false;
    chardev_set_open(c, -1, -1);
    return true;
}

const struct chardev_backend chardev_null = { .name = "null",
                                              .help = "output is dropped, there is no input",
                                              .open = null_open };

/* -- file, pipe -- */

static int open_path(const char *key, const char *path, int flags, GError **err)
{
    int fd = open(path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
    if (fd < 0)
        fail(err, "%s=%s: %s", key, path, g_strerror(errno));
    return fd;
}

static void close_fds(struct chardev *c)
{
    int in = c->in_fd, out = c->out_fd;
    chardev_set_closed(c);
    if (in >= 0)
        close(in);
    if (out >= 0 && out != in)
        close(out);
}

static bool file_open(struct chardev *c, struct opts *o, GError **err)
{
    const char *path = opts_take(o, "path"), *input = opts_take(o, "input-path");
    bool append = false;
    if (!opts_take_bool(o, "append", &append, err) || !chardev_taken(c, o, err))
        return false;
    if (!path || !*path) {
        fail(err, "file: expected path=FILE");
        return false;
    }
    int out = open_path("path", path, O_WRONLY | O_CREAT | (append ? O_APPEND : O_TRUNC), err);
    if (out < 0)
        return false;
    int in = -1;
    if (input && (in = open_path("input-path", input, O_RDONLY, err)) < 0) {
        close(out);
        return false;
    }
    chardev_set_open(c, in, out);
    return true;
}

const struct chardev_backend chardev_file = {
    .name = "file",
    .help = "output to path= (append=on), input from input-path=",
    .open = file_open,
    .close = close_fds,
};

/* FIFOs are opened for both directions, so that neither end waits for the other and none is ever at its end. */
static bool pipe_open(struct chardev *c, struct opts *o, GError **err)
{
    const char *path = opts_take(o, "path");
    if (!chardev_taken(c, o, err))
        return false;
    if (!path || !*path) {
        fail(err, "pipe: expected path=NAME of FIFOs NAME.in and NAME.out, or of one FIFO NAME");
        return false;
    }
    char *in_path = g_strdup_printf("%s.in", path), *out_path = g_strdup_printf("%s.out", path);
    int in = open(in_path, O_RDWR | O_CLOEXEC | O_NONBLOCK), out = open(out_path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    g_free(in_path);
    g_free(out_path);
    if (in < 0 || out < 0) {
        if (in >= 0)
            close(in);
        if (out >= 0)
            close(out);
        in = out = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
        if (in < 0) {
            fail(err, "path=%s: %s (make the FIFOs %s.in and %s.out first)", path, g_strerror(errno), path, path);
            return false;
        }
    }
    chardev_set_open(c, in, out);
    return true;
}

const struct chardev_backend chardev_pipe = {
    .name = "pipe",
    .help = "FIFOs path=NAME: NAME.in and NAME.out, or one NAME for both",
    .open = pipe_open,
    .close = close_fds,
};
