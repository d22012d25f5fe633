/* SPDX-License-Identifier: BSD-2-Clause */
/* A stack for signal handlers, a thread's own. */
#include "signal-stack.h"

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#define BYTES 65536 /* with the largest vector registers a frame has some 11 KiB */

void signal_stack_here(void)
{
    static _Thread_local uint8_t memory[BYTES];
    stack_t there, stack = { .ss_sp = memory, .ss_size = sizeof(memory) };

    if (sigaltstack(NULL, &there) == 0 && (there.ss_flags & SS_DISABLE)) /* a sanitizer's is as good */
        sigaltstack(&stack, NULL);
}
