/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signal handlers that run where the stack is used up: they restore the terminal, too, when a thread's stack overflows.
 */
#ifndef MYNAH_SIGNAL_STACK_H
#define MYNAH_SIGNAL_STACK_H

/*
 * From now on the calling thread has a stack for handlers with SA_ONSTACK, to its end. Every thread that runs code of
 * ours calls it first; where it has not, an overflow ends the process without any handler.
 */
void signal_stack_here(void);

#endif
