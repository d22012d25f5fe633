/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's life: running and stopped, reset, power off, exit. Requests come from any thread and
 * are carried out by the main loop, with every CPU paused.
 */
#include "runstate.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "cpu.h"
#include "cpus.h"
#include "input.h"
#include "replay.h"

struct life_actions life_actions;

const char *const watchdog_actions[] = {
    [WATCHDOG_RESET] = "reset", [WATCHDOG_SHUTDOWN] = "shutdown", [WATCHDOG_POWEROFF] = "poweroff",
    [WATCHDOG_NMI] = "inject-nmi", [WATCHDOG_PAUSE] = "pause", [WATCHDOG_DEBUG] = "debug", [WATCHDOG_NONE] = "none", NULL,
};

static struct {
    GMainLoop *loop;
    struct machine *machine;
    void (*reset_machine)(struct machine *m);
    const char *state;
    bool running;
    int status;
    GMutex lock; /* guards the requests. A device's comes before it; under it those of pauses and CPUs' threads */
    bool reset, shutdown, powerdown, panic, pause, watchdog;
    unsigned holds; /* of cpus_hold(), for requests that are to be carried out before the guest goes on */
    enum shutdown_cause reset_cause, shutdown_cause;
    int shutdown_status;
} life = { .state = "prelaunch" };

static struct listener {
    void (*fn)(enum life_event e, enum shutdown_cause cause, void *opaque);
    void *opaque;
} listeners[8];
static unsigned nlisteners;

static void (*power_button)(void *opaque);
static void *power_button_opaque;

void life_listen(void (*fn)(enum life_event e, enum shutdown_cause cause, void *opaque), void *opaque)
{
    g_assert(nlisteners < ARRAY_SIZE(listeners));
    listeners[nlisteners++] = (struct listener){ fn, opaque };
}

static void tell(enum life_event e, enum shutdown_cause cause)
{
    for (unsigned i = 0; i < nlisteners; i++)
        listeners[i].fn(e, cause, listeners[i].opaque);
}

/* -- Causes -- */

bool shutdown_by_guest(enum shutdown_cause cause)
{
    return cause == SHUTDOWN_GUEST || cause == SHUTDOWN_GUEST_RESET || cause == SHUTDOWN_GUEST_PANIC;
}

/* Whoever runs the program says so, and -no-shutdown does not stand in his way. */
static bool ends_anyway(enum shutdown_cause cause)
{
    return cause == SHUTDOWN_QUIT || cause == SHUTDOWN_HOST;
}

bool shutdown_is_pause(enum shutdown_cause cause)
{
    return life_actions.shutdown_is_pause && !ends_anyway(cause);
}

/* -- Running and stopped -- */

bool vm_running(void)
{
    return life.running;
}

const char *vm_state(void)
{
    return life.state;
}

void vm_set_state(const char *state)
{
    g_assert(!life.running);
    life.state = state;
}

int vm_exit_status(void)
{
    return life.status;
}

bool vm_needs_reset(void)
{
    return !strcmp(life.state, "shutdown") || !strcmp(life.state, "internal-error");
}

static void hold(const char *state)
{
    cpus_pause();
    clock_stop();
    life.running = false;
    life.state = state;
}

void vm_stop(const char *state)
{
    if (!life.running)
        return;
    hold(state);
    tell(LIFE_STOP, SHUTDOWN_HOST);
}

void vm_start(void)
{
    if (life.running)
        return;
    life.running = true;
    life.state = "running";
    tell(LIFE_RESUME, SHUTDOWN_HOST);
    clock_start();
    cpus_resume();
}

/* -- Requests, any thread -- */

static gboolean carry_out(gpointer opaque);

static void wake(void)
{
    g_idle_add_full(G_PRIORITY_HIGH, carry_out, NULL, NULL);
}

/* With life.lock held: the instruction that asks is the guest's last until that is carried out. */
static void hold_guest(void)
{
    if (!cpu_current())
        return;
    life.holds++;
    cpus_hold();
}

/* The causes that lie outside: such requests are inputs. */
static struct input_source life_input;
enum life_code { INPUT_RESET, INPUT_SHUTDOWN, INPUT_POWERDOWN };

static void ask_reset(enum shutdown_cause cause)
{
    g_mutex_lock(&life.lock);
    life.reset = true;
    life.reset_cause = cause;
    hold_guest();
    g_mutex_unlock(&life.lock);
    wake();
}

static void ask_shutdown(enum shutdown_cause cause, int status)
{
    g_mutex_lock(&life.lock);
    if (cause == SHUTDOWN_GUEST_PANIC && life_actions.panic != PANIC_SHUTDOWN &&
        life_actions.panic != PANIC_EXIT_FAILURE) {
        life.panic = true;
    } else if (!life.shutdown || ends_anyway(cause)) {
        life.shutdown = true;
        life.shutdown_cause = cause;
        life.shutdown_status =
            cause == SHUTDOWN_GUEST_PANIC && life_actions.panic == PANIC_EXIT_FAILURE ? 1 : status;
    }
    hold_guest();
    g_mutex_unlock(&life.lock);
    wake();
}

static void ask_powerdown(void)
{
    g_mutex_lock(&life.lock);
    life.powerdown = true;
    hold_guest();
    g_mutex_unlock(&life.lock);
    wake();
}

/* Where the guest is when it is taken, it stays until that is carried out. */
static void take_life(void *opaque, struct input *in)
{
    uint8_t cause = in->len ? *(const uint8_t *)in->data : SHUTDOWN_HOST;

    if (cause > SHUTDOWN_QUIT) /* these come from a log, which says anything */
        input_departs(&life_input, "there is no reason %u for a reset or the end", cause);
    else if (in->code > INPUT_POWERDOWN)
        input_departs(&life_input, "there is no request %u to a machine", in->code);
    else if (in->code == INPUT_RESET)
        ask_reset(cause);
    else if (in->code == INPUT_SHUTDOWN)
        ask_shutdown(cause, 0);
    else
        ask_powerdown();
}

/*
 * From outside: true if it goes through the gate. Then a stopped machine takes it at once, for it won't come to a
 * boundary. A replay goes on as recorded, until its user has had enough.
 */
static bool post_life(enum life_code code, uint8_t cause)
{
    if (!input_gated() || !life_input.name || cpu_current())
        return false;
    if (input_replaying() && code == INPUT_SHUTDOWN && ends_anyway(cause))
        return false;
    if (input_replaying())
        fprintf(stderr, "mynah: this is a replay: a request to reset or to power off is not taken\n");
    input_post(&life_input, code, &cause, 1);
    while (!life.running && input_take())
        ;
    return true;
}

void request_reset(enum shutdown_cause cause)
{
    if (life_actions.reboot_is_shutdown)
        request_shutdown(cause, 0);
    else if (!post_life(INPUT_RESET, cause))
        ask_reset(cause);
}

void request_shutdown(enum shutdown_cause cause, int status)
{
    if (status || !post_life(INPUT_SHUTDOWN, cause))
        ask_shutdown(cause, status);
}

void request_powerdown(void)
{
    if (!post_life(INPUT_POWERDOWN, SHUTDOWN_HOST))
        ask_powerdown();
}

/* A timer of the guest's: no input. */
void watchdog_expired(void)
{
    g_mutex_lock(&life.lock);
    life.watchdog = true;
    hold_guest();
    g_mutex_unlock(&life.lock);
    wake();
    if (life_actions.watchdog == WATCHDOG_RESET)
        request_reset(SHUTDOWN_GUEST_RESET);
    else if (life_actions.watchdog == WATCHDOG_POWEROFF)
        request_shutdown(SHUTDOWN_GUEST, 0);
    else if (life_actions.watchdog == WATCHDOG_SHUTDOWN)
        request_powerdown();
}

void powerdown_set_listener(void (*fn)(void *opaque), void *opaque)
{
    power_button = fn;
    power_button_opaque = opaque;
}

/* -- Carrying them out, main loop -- */

static void do_reset(enum shutdown_cause cause)
{
    bool running = life.running;
    cpus_pause();
    life.reset_machine(life.machine);
    tell(LIFE_RESET, cause);
    if (!running)
        life.state = "prelaunch";
    cpus_resume();
}

/* False: the machine ends. */
static bool do_shutdown(enum shutdown_cause cause, int status)
{
    if (!g_main_loop_is_running(life.loop)) /* it ends already */
        return false;
    life.status = status;
    tell(LIFE_SHUTDOWN, cause);
    if (shutdown_is_pause(cause)) {
        life.status = 0;
        vm_stop("shutdown");
        return true;
    }
    g_main_loop_quit(life.loop);
    return false;
}

static void release_guest(unsigned holds)
{
    while (holds--)
        cpus_resume();
}

/* What watchdog_expired() did not ask for yet: on the main loop, the guest held behind the instruction. */
static void act_for_watchdog(void)
{
    struct cpu *cpu = life.machine->ncpus ? life.machine->cpus[0] : NULL;

    tell(LIFE_WATCHDOG, SHUTDOWN_GUEST);
    if (life_actions.watchdog == WATCHDOG_NMI && cpu && cpu->arch->nmi)
        cpu->arch->nmi(cpu);
    else if (life_actions.watchdog == WATCHDOG_PAUSE)
        vm_stop("watchdog");
    else if (life_actions.watchdog == WATCHDOG_DEBUG)
        fprintf(stderr, "mynah: watchdog: timer fired\n");
}

static gboolean carry_out(gpointer opaque)
{
    g_mutex_lock(&life.lock);
    bool reset = life.reset, shutdown = life.shutdown, powerdown = life.powerdown, panic = life.panic,
         pause = life.pause, watchdog = life.watchdog;
    enum shutdown_cause reset_cause = life.reset_cause, cause = life.shutdown_cause;
    int status = life.shutdown_status;
    unsigned holds = life.holds;
    life.holds = 0;
    life.reset = life.shutdown = life.powerdown = life.panic = life.pause = life.watchdog = false;
    g_mutex_unlock(&life.lock);

    if (watchdog)
        act_for_watchdog();
    if (shutdown) {
        if (do_shutdown(cause, status))
            release_guest(holds);
        return G_SOURCE_REMOVE;
    }
    if (panic && life_actions.panic == PANIC_PAUSE)
        vm_stop("guest-panicked");
    if (pause)
        vm_stop("paused");
    if (reset)
        do_reset(reset_cause);
    if (powerdown) {
        tell(LIFE_POWERDOWN, SHUTDOWN_HOST);
        if (power_button)
            power_button(power_button_opaque);
    }
    release_guest(holds);
    return G_SOURCE_REMOVE;
}

void life_settle(void)
{
    carry_out(NULL);
}

static gboolean host_signal(gpointer opaque)
{
    request_shutdown(SHUTDOWN_HOST, 0);
    return G_SOURCE_CONTINUE;
}

/* On the CPUs' thread, which stays where it is. */
static void replay_stops(void)
{
    g_mutex_lock(&life.lock);
    life.pause = true;
    hold_guest();
    g_mutex_unlock(&life.lock);
    wake();
}

static void replay_ends(void)
{
    request_shutdown(SHUTDOWN_HOST, 1);
}

int life_run(struct machine *m, void (*reset)(struct machine *m), bool held)
{
    GError *err = NULL;
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

    life.machine = m;
    life.reset_machine = reset;
    replay_break_reached = replay_stops;
    replay_departed = replay_ends;
    if (input_gated())
        input_source_add(&life_input, take_life, NULL, "machine");
    life.loop = g_main_loop_new(NULL, FALSE);
    for (unsigned i = 0; i < ARRAY_SIZE(signals); i++)
        g_unix_signal_add(signals[i], host_signal, NULL);
    if (!cpus_start(&err)) {
        fprintf(stderr, "mynah: %s\n", err->message);
        g_error_free(err);
        return 1;
    }
    if (!held)
        vm_start();
    g_main_loop_run(life.loop);
    if (life.running)
        hold("shutdown"); /* the last that was told is why it ends */
    return life.status;
}
