/* SPDX-License-Identifier: BSD-2-Clause */
/* A stack that overflows, of the main thread and of another one, ends the process and leaves the terminal as it was. */
#include "signal-stack.h"

#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "chardev.h"

static volatile unsigned depth_max = 1u << 30;

static unsigned __attribute__((noinline)) sink(unsigned depth)
{
    volatile char room[4096];

    room[depth % sizeof(room)] = (char)depth;
    return depth < depth_max ? sink(depth + 1) + (unsigned)room[0] : 0;
}

static gpointer overflow(gpointer unused)
{
    signal_stack_here();
    return GUINT_TO_POINTER(sink(0));
}

/* The child: its terminal is raw, and then its stack overflows. */
static _Noreturn void be_child(int terminal, bool thread)
{
    const struct rlimit stack = { 1 * MiB, 1 * MiB }, no_core = { 0, 0 };
    struct termios now;

    setrlimit(RLIMIT_STACK, &stack);
    setrlimit(RLIMIT_CORE, &no_core);
    dup2(terminal, STDIN_FILENO);
    dup2(terminal, STDOUT_FILENO);
    if (!chardev_create_compat("c", "stdio", NULL) || tcgetattr(terminal, &now) || (now.c_lflag & ICANON))
        _exit(2);
    if (thread)
        g_thread_join(g_thread_new("overflows", overflow, NULL));
    else
        overflow(NULL);
    _exit(3);
}

static void check(gconstpointer thread)
{
    struct termios before, after;
    int host, terminal, status;

    g_assert_cmpint(openpty(&host, &terminal, NULL, NULL, NULL), ==, 0);
    g_assert_cmpint(tcgetattr(terminal, &before), ==, 0);
    g_assert_true(before.c_lflag & ICANON);
    pid_t child = fork();
    if (child == 0)
        be_child(terminal, GPOINTER_TO_INT(thread));
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFSIGNALED(status));
    g_assert_cmpint(WTERMSIG(status), ==, SIGSEGV);
    g_assert_cmpint(tcgetattr(terminal, &after), ==, 0);
    g_assert_cmphex(after.c_iflag, ==, before.c_iflag);
    g_assert_cmphex(after.c_oflag, ==, before.c_oflag);
    g_assert_cmphex(after.c_lflag, ==, before.c_lflag);
    close(host);
    close(terminal);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#ifdef MYNAH_SANITIZE
    g_test_message("sanitizers have handlers of their own");
#else
    g_test_add_data_func("/signal-stack/main", GINT_TO_POINTER(false), check);
    g_test_add_data_func("/signal-stack/thread", GINT_TO_POINTER(true), check);
#endif
    return g_test_run();
}
