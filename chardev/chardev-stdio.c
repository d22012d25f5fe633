/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The character device on standard input and output. A terminal is put into raw mode and restored
 * however the process ends. End of file on input only ends the input.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "chardev-int.h"

static bool refused, in_use;
static struct {
    volatile sig_atomic_t raw;   /* the terminal is ours and must be restored */
    struct termios before, ours;
    int in_fd, out_fd;           /* what we read and write: the standard ones or fresh openings of the same */
    int in_flags, out_flags;     /* of the standard ones, to be restored; -1: unchanged */
} term = { .in_fd = -1, .out_fd = -1, .in_flags = -1, .out_flags = -1 };

/* Async-signal-safe. */
static void restore(void)
{
    if (term.raw) {
        term.raw = 0;
        tcsetattr(STDIN_FILENO, TCSANOW, &term.before);
    }
    if (term.in_flags >= 0)
        fcntl(STDIN_FILENO, F_SETFL, term.in_flags);
    if (term.out_flags >= 0)
        fcntl(STDOUT_FILENO, F_SETFL, term.out_flags);
    term.in_flags = term.out_flags = -1;
}

/* A signal that ends the process before or beside the main loop. Async-signal-safe. */
static void restore_and_die(int sig)
{
    restore();
    signal(sig, SIG_DFL);
    raise(sig);
}

/* The shell has set the terminal its own way while we were suspended. */
static void continued(int sig)
{
    if (term.raw)
        tcsetattr(STDIN_FILENO, TCSANOW, &term.ours);
}

static void catch_signals(void)
{
    static const int deaths[] = { SIGINT,  SIGTERM, SIGHUP,  SIGQUIT, SIGABRT, SIGSEGV, SIGBUS,    SIGILL, SIGFPE,
                                  SIGTRAP, SIGSYS,  SIGXCPU, SIGXFSZ, SIGUSR1, SIGUSR2, SIGVTALRM, SIGPROF, SIGALRM };
    for (unsigned i = 0; i < ARRAY_SIZE(deaths); i++) {
        struct sigaction old;
        struct sigaction die = { .sa_handler = restore_and_die, .sa_flags = SA_ONSTACK };
        if (!sigaction(deaths[i], NULL, &old) && old.sa_handler == SIG_DFL)
            sigaction(deaths[i], &die, NULL);
    }
    struct sigaction sa = { .sa_handler = continued, .sa_flags = SA_RESTART };
    sigaction(SIGCONT, &sa, NULL);
}

/* Raw but for newline output; with signals, Ctrl-c still interrupts. */
static void make_raw(bool signals)
{
    if (tcgetattr(STDIN_FILENO, &term.before))
        return;
    term.ours = term.before;
    term.ours.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    term.ours.c_oflag |= OPOST;
    term.ours.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN | (signals ? 0 : ISIG));
    term.ours.c_cflag = (term.ours.c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
    term.ours.c_cc[VMIN] = 1;
    term.ours.c_cc[VTIME] = 0;
    term.raw = 1;
    catch_signals();
    tcsetattr(STDIN_FILENO, TCSANOW, &term.ours);
}

/*
 * A descriptor of the same file that does not block. Terminals and FIFOs are opened again, because
 * their flags are shared with the shell and with standard error; others have their flags changed until exit.
 */
static int open_again(int fd, int mode, int *saved_flags)
{
    struct stat st;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fstat(fd, &st))
        return -1;
    if (S_ISREG(st.st_mode)) /* never blocks, and its offset is to be kept */
        return fd;
    if (S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode)) {
        char path[32];
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        int again = open(path, mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (again >= 0)
            return again;
    }
    *saved_flags = flags;
    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    return fd;
}

static bool stdio_open(struct chardev *c, struct opts *o, GError **err)
{
    static bool at_exit;
    bool signals = true;
    if (!opts_take_bool(o, "signal", &signals, err) || !chardev_taken(c, o, err))
        return false;
    if (refused || in_use) {
        fail(err, refused ? "stdio cannot be used with -daemonize" : "stdio is in use by another character device");
        return false;
    }
    in_use = true;
    fflush(stdout);
    term.in_fd = open_again(STDIN_FILENO, O_RDONLY, &term.in_flags);
    term.out_fd = open_again(STDOUT_FILENO, O_WRONLY, &term.out_flags);
    if (!at_exit) {
        at_exit = true;
        atexit(restore);
    }
    make_raw(signals);
    chardev_set_open(c, term.in_fd, term.out_fd);
    return true;
}

static void stdio_close(struct chardev *c)
{
    chardev_set_closed(c);
    restore();
    if (term.in_fd > STDERR_FILENO)
        close(term.in_fd);
    if (term.out_fd > STDERR_FILENO)
        close(term.out_fd);
    in_use = false;
}

void chardev_refuse_stdio(void)
{
    refused = true;
}

const struct chardev_backend chardev_stdio = {
    .name = "stdio",
    .help = "standard input and output; signal=off gives Ctrl-c to the guest",
    .open = stdio_open,
    .close = stdio_close,
};
