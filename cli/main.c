/* SPDX-License-Identifier: BSD-2-Clause */
/* The program: from the command line to a running machine, and to its end. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "block.h"
#include "block-job.h"
#include "chardev.h"
#include "clock.h"
#include "cmdline.h"
#include "input.h"
#include "monitor/describe.h"
#include "cpus.h"
#include "net.h"
#include "ram-source.h"
#include "replay.h"
#include "runstate.h"
#include "signal-stack.h"

/*
 * Under a name that ends in -system-NAME, mynah's or QEMU's, the namespace of machines is NAME's. False for a NAME that
 * we know nothing of.
 */
static bool find_system(struct cmdline *c, const char *argv0)
{
    static const char *const systems[] = { "riscv64", "riscv32", "aarch64", "arm", NULL };
    const char *base = strrchr(argv0, '/'), *infix = "-system-";
    base = base ? base + 1 : argv0;
    const char *name = g_strrstr(base, infix);
    if (!name)
        return true;
    for (unsigned i = 0; systems[i]; i++)
        if (!strcmp(name + strlen(infix), systems[i]))
            c->system = systems[i];
    c->as_qemu = g_str_has_prefix(base, "qemu-");
    return c->system != NULL;
}

/* One line on standard error, and exit status 1. */
static _Noreturn void die(const struct cmdline *c, GError *err)
{
    chardev_close_all(); /* the terminal is itself again before the line is written */
    if (c->timestamps) {
        g_autoptr(GDateTime) now = g_date_time_new_now_utc();
        g_autofree char *text = g_date_time_format_iso8601(now);
        fprintf(stderr, "%s ", text);
    }
    g_strdelimit(err->message, "\n\r", ' ');
    fprintf(stderr, "mynah: %s\n", err->message);
    exit(EXIT_FAILURE);
}

static void quit_key(void)
{
    request_shutdown(SHUTDOWN_QUIT, 0);
}

static void commit_key(void)
{
    GError *err = NULL;
    if (!block_commit("all", &err)) {
        fprintf(stderr, "mynah: %s\n", err->message);
        g_error_free(err);
    }
}

static void print_and_exit(GString *text)
{
    fputs(text->str, stdout);
    exit(fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS);
}

/* The log of a recording says what the machine is, and what is left of it. */
static bool begin_replay(GError **err)
{
    g_autoptr(GString) text = g_string_new(NULL);
    if (input_ordered())
        describe_identity(text);
    return replay_begin(text->str, err);
}

static bool end_replay(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    if (input_ordered())
        describe_end(text);
    return replay_end(text->str);
}

/* -help, -version and lists: whoever asks for one gets it, and nothing else is done. */
static void answer(struct cmdline *c)
{
    g_autoptr(GString) text = g_string_new(NULL);

    if (cmdline_has(c, "h") || cmdline_has(c, "help"))
        help_options(c, text);
    else if (cmdline_has(c, "version"))
        help_version(c, text);
    else
        cmdline_wants_list(c, text);
    if (c->list_error)
        die(c, c->list_error);
    if (text->len)
        print_and_exit(text);
}

/* What comes before anything is opened: settings, the process, its clock, the gate for inputs. False with a message. */
static bool prepare(struct cmdline *c, GError **err)
{
    if (!cmdline_phase(c, PHASE_SETTINGS, err) || !settings_finish(c, err))
        return false;
    if (c->daemonize) {
        chardev_refuse_stdio();
        if (!daemon_fork(err))
            return false;
    }
    if (c->process_name)
        prctl(PR_SET_NAME, c->process_name);
    clock_init();
    chardev_on_quit = quit_key;
    chardev_on_commit = commit_key;
    if (!settings_inputs(c, err) || !settings_rtc(c, err))
        return false;
    if (!c->pidfile || pidfile_write(c->pidfile, err))
        return true;
    g_prefix_error(err, "-pidfile %s: ", c->pidfile);
    return false;
}

/* The machine's life, and what is left to do after it: the exit status. */
static int run(struct machine *m, bool held)
{
    int status = life_run(m, machine_reset, held);

    block_jobs_end();
    cpus_stop();
    if (!end_replay())
        status = EXIT_FAILURE;
    input_gate_open();
    machine_free(m);
    net_close_all();
    block_close_all();
    chardev_close_all();
    replay_close();
    return status;
}

int main(int argc, char **argv)
{
    GError *err = NULL;
    struct cmdline c;

    signal_stack_here();
    cmdline_init(&c);
    ram_source_add_kinds();
    net_add_object_kinds();
    signal(SIGPIPE, SIG_IGN);
    if (!find_system(&c, argv[0])) {
        fail(&err, "%s: there is no such system; expected a name that ends in -system-riscv64, -system-riscv32, "
                   "-system-aarch64 or -system-arm", argv[0]);
        die(&c, err);
    }
    if (!c.system && argc > 1 && !strcmp(argv[1], "run")) {
        c.words = g_ptr_array_new();
        argc--;
        argv++;
    }
    if (!cmdline_parse(&c, argc, argv, &err))
        die(&c, err);
    answer(&c);
    if (c.words && !run_complete(&c, &err))
        die(&c, err);
    struct machine *m = prepare(&c, &err) ? startup(&c, &err) : NULL;
    if (!m || !begin_replay(&err))
        die(&c, err);
    daemon_ready();
    int status = run(m, c.held);
    cmdline_free(&c);
    return status;
}
