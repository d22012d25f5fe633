/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's life beyond machine.h: what main() and the monitors need of it. */
#ifndef MYNAH_RUNSTATE_H
#define MYNAH_RUNSTATE_H

#include "machine.h"

/* -watchdog-action, by the names of QEMU. */
enum watchdog_action {
    WATCHDOG_RESET, WATCHDOG_SHUTDOWN, WATCHDOG_POWEROFF, WATCHDOG_NMI, WATCHDOG_PAUSE, WATCHDOG_DEBUG, WATCHDOG_NONE,
};
extern const char *const watchdog_actions[]; /* names by that, NULL-terminated */

/* -no-reboot, -no-shutdown, -action. */
struct life_actions {
    bool reboot_is_shutdown;
    bool shutdown_is_pause;
    enum { PANIC_SHUTDOWN, PANIC_PAUSE, PANIC_EXIT_FAILURE, PANIC_NONE } panic;
    enum watchdog_action watchdog;
};
extern struct life_actions life_actions;

enum life_event { LIFE_STOP, LIFE_RESUME, LIFE_RESET, LIFE_SHUTDOWN, LIFE_POWERDOWN, LIFE_WATCHDOG };
/* Tell fn of each event, on the main loop; cause for LIFE_RESET and LIFE_SHUTDOWN. For QMP's events. */
void life_listen(void (*fn)(enum life_event e, enum shutdown_cause cause, void *opaque), void *opaque);

/* The status that the program ends with, from LIFE_SHUTDOWN on. */
int vm_exit_status(void);

/* True if the guest itself asked. */
bool shutdown_by_guest(enum shutdown_cause cause);

/* True if a shutdown for this cause leaves the machine there, stopped (-no-shutdown). */
bool shutdown_is_pause(enum shutdown_cause cause);

/* Carry out now what was asked for by request_reset() and its like, instead of soon. Main loop only. */
void life_settle(void);

/* The machine, which is stopped, is so for another reason. Main loop only. */
void vm_set_state(const char *state);

/* True if the machine is to be reset before vm_start() makes sense (it was powered off, or a load failed half-way). */
bool vm_needs_reset(void);

/*
 * Run the machine, made but for its threads, from "prelaunch" (started unless held) to its end: the exit status. reset
 * is called for each reset, on the main loop, with every CPU paused.
 */
int life_run(struct machine *m, void (*reset)(struct machine *m), bool held);

#endif
