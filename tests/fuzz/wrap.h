/* SPDX-License-Identifier: BSD-2-Clause */
/* A request to reset or power off, and a watchdog's, has no running machine to act on. Linked with --wrap; included once. */
#ifndef MYNAH_FUZZ_WRAP_H
#define MYNAH_FUZZ_WRAP_H

#include "machine.h"

void __wrap_request_reset(enum shutdown_cause cause);
void __wrap_request_shutdown(enum shutdown_cause cause, int status);
void __wrap_watchdog_expired(void);

void __wrap_request_reset(enum shutdown_cause cause)
{
}

void __wrap_request_shutdown(enum shutdown_cause cause, int status)
{
}

void __wrap_watchdog_expired(void)
{
}

#endif
