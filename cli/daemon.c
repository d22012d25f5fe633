/* SPDX-License-Identifier: BSD-2-Clause */
/* -daemonize and -pidfile. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmdline.h"

static int ready_fd = -1; /* the parent reads a byte from its other end */

static void parent_wait(int fd)
{
    char byte;
    ssize_t n;
    do {
        n = read(fd, &byte, 1);
    } while (n < 0 && errno == EINTR);
    _exit(n == 1 ? EXIT_SUCCESS : EXIT_FAILURE);
}

bool daemon_fork(GError **err)
{
    int p[2];
    if (pipe2(p, O_CLOEXEC)) {
        fail(err, "-daemonize: %s", g_strerror(errno));
        return false;
    }
    fflush(NULL);
    pid_t pid = fork();
    if (pid > 0) {
        close(p[1]);
        parent_wait(p[0]);
    }
    /* A second child is no session leader: it never gets a terminal by opening one. */
    if (pid == 0) {
        close(p[0]);
        ready_fd = p[1];
        setsid();
        pid = fork();
        if (pid > 0)
            _exit(EXIT_SUCCESS);
    }
    if (pid < 0) {
        fail(err, "-daemonize: %s", g_strerror(errno));
        return false;
    }
    umask(027);
    signal(SIGTSTP, SIG_IGN);
    signal(SIGTTOU, SIG_IGN);
    signal(SIGTTIN, SIG_IGN);
    return true;
}

void daemon_ready(void)
{
    if (ready_fd < 0)
        return;
    if (chdir("/")) {
        /* then it keeps the folder it has */
    }
    int null = open("/dev/null", O_RDWR);
    fflush(NULL);
    for (int fd = 0; fd <= 2; fd++)
        dup2(null, fd);
    if (null > 2)
        close(null);
    while (write(ready_fd, "", 1) < 0 && errno == EINTR)
        ;
    close(ready_fd);
    ready_fd = -1;
}

/* -- Pid file -- */

static char *pidfile_path;
static pid_t pidfile_owner;

static void pidfile_remove(void)
{
    if (getpid() == pidfile_owner)
        unlink(pidfile_path);
}

bool pidfile_write(const char *path, GError **err)
{
    char text[24];
    int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        fail(err, "%s", g_strerror(errno));
        return false;
    }
    /* The lock stays for the life of the process: a second one with the same file is refused. */
    if (fcntl(fd, F_SETLK, &whole)) {
        fail(err, "another process holds it");
        close(fd);
        return false;
    }
    if (ftruncate(fd, 0) || write(fd, text, (size_t)n) != n) {
        fail(err, "%s", g_strerror(errno));
        close(fd);
        return false;
    }
    /* An absolute path, since -daemonize leaves the folder. */
    pidfile_path = g_canonicalize_filename(path, NULL);
    pidfile_owner = getpid();
    atexit(pidfile_remove);
    return true;
}
