/* SPDX-License-Identifier: BSD-2-Clause */
/* Other programs that tests run. */
#include "command.h"

#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int command_run(char **argv, char **out, size_t *size)
{
    GString *text = g_string_new(NULL);
    static char part[65536];
    int fds[2], status;
    ssize_t n;

    fflush(NULL);
    g_assert_cmpint(pipe2(fds, O_CLOEXEC), ==, 0);
    pid_t pid = fork();
    g_assert_cmpint(pid, >=, 0);
    if (pid == 0) {
        if (out)
            dup2(fds[1], STDOUT_FILENO);
        execvp(argv[0], argv);
        _exit(127);
    }
    close(fds[1]);
    while ((n = read(fds[0], part, sizeof(part))) > 0)
        g_string_append_len(text, part, n);
    close(fds[0]);
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    if (size)
        *size = text->len;
    if (out)
        *out = g_string_free(text, FALSE);
    else
        g_string_free(text, TRUE);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
