/* SPDX-License-Identifier: BSD-2-Clause */
#include "still.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "accel.h"
#include "chardev.h"
#include "net.h"
#include "plug.h"
#include "wrap.h"

static char *folder;

static void leave_folder(void)
{
    g_autofree char *command = g_strdup_printf("rm -rf '%s'", folder);

    if (chdir("/") == 0 && system(command) != 0)
        fprintf(stderr, "can't remove %s\n", folder);
}

static void add_device(struct machine *m, const char *text)
{
    GError *err = NULL;
    struct opts *o = opts_parse(text, "driver", &err);

    if (!o || !device_add(m, o, &err))
        g_error("%s", err->message);
    opts_free(o);
}

void fuzz_machine_init(const char *type)
{
    struct machine_config c = { .type = type, .bios = "none", .ram_size = 16 * MiB, .cpus = 2 };
    const struct rlimit files = { 64 * MiB, 64 * MiB };
    GError *err = NULL;

    folder = g_dir_make_tmp("mynah-fuzz-XXXXXX", NULL);
    g_assert(folder && chdir(folder) == 0);
    atexit(leave_folder);
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &files);
    icount.on = true; /* time stands still */
    clock_init();
    accel = accels[0];
    struct machine *m = machine_new(&c, NULL, &err);
    if (!m)
        g_error("%s", err->message);
    add_device(m, "virtio-rng-device");
    add_device(m, "virtio-serial-device");
    machine_reset(m);
}

/* -- Lines -- */

void fuzz_line_init(struct fuzz_line *l, const char *id)
{
    GError *err = NULL;

    snprintf(l->path, sizeof(l->path), "%s/%s", folder, id);
    l->fd = -1;
    g_autofree char *spec = g_strdup_printf("socket,id=%s,path=%s,server=on,wait=off", id, l->path);
    struct opts *o = opts_parse(spec, "backend", &err);
    if (!o || !chardev_create(o, &err))
        g_error("%s", err->message);
    opts_free(o);
}

void fuzz_line_connect(struct fuzz_line *l)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };

    snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", l->path);
    l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    g_assert(l->fd >= 0 && connect(l->fd, (struct sockaddr *)&addr, sizeof(addr)) == 0);
    fuzz_main_loop(20);
}

static void read_answers(struct fuzz_line *l)
{
    char buf[16384];

    do
        fuzz_main_loop(10);
    while (read(l->fd, buf, sizeof(buf)) > 0);
}

void fuzz_line_send(struct fuzz_line *l, const uint8_t *p, size_t len)
{
    while (len > 0) {
        ssize_t n = send(l->fd, p, len, MSG_NOSIGNAL);
        if (n <= 0)
            break; /* it does not take any more, or hung up */
        p += n;
        len -= n;
        read_answers(l);
    }
    read_answers(l);
}

void fuzz_line_close(struct fuzz_line *l)
{
    close(l->fd);
    fuzz_main_loop(20);
}
