/* SPDX-License-Identifier: BSD-2-Clause */
/* What is asked of the machine's life, by its devices and from outside: reset, power-off, the power button. */
#ifndef MYNAH_LIFE_H
#define MYNAH_LIFE_H

enum shutdown_cause {
    SHUTDOWN_HOST, /* a signal */
    SHUTDOWN_HOST_RESET,
    SHUTDOWN_GUEST,
    SHUTDOWN_GUEST_RESET,
    SHUTDOWN_GUEST_PANIC,
    SHUTDOWN_QUIT,
};

/*
 * Ask the main loop to reset (honours -no-reboot), to power off (honours -no-shutdown; status is the exit status), to
 * press the power button. Any thread; locks may be held. Asked by the guest, nothing is executed behind the instruction
 * that does; from outside it is an input: input.h.
 */
void request_reset(enum shutdown_cause cause);
void request_shutdown(enum shutdown_cause cause, int status);
void request_powerdown(void);
/* A watchdog has run out: what the user said (-watchdog-action) is done. Any thread; locks may be held. */
void watchdog_expired(void);
/* The power-button listener: a device that can tell the guest. Called on the main loop. */
void powerdown_set_listener(void (*fn)(void *opaque), void *opaque);

#endif
