/* SPDX-License-Identifier: BSD-2-Clause */
/* The signal handler for guest accesses in translated code that hit the guard around guest memory. */
#include <signal.h>
#include <ucontext.h>

#include "engine.h"

static struct sigaction old_segv, old_bus;

static void on_fault(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
#if defined(__x86_64__)
    uintptr_t pc = uc->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    uintptr_t pc = uc->uc_mcontext.pc;
#else
    uintptr_t pc = 0;
#endif
    struct tb *tb = host_backend ? tb_of_code(pc) : NULL;

    if (info->si_code > 0 && tb && host_backend->fault(tb, uc))
        return;
    sigaction(sig, sig == SIGSEGV ? &old_segv : &old_bus, NULL); /* the fault repeats, and is our bug */
    if (info->si_code <= 0) /* none: sent by kill() */
        raise(sig);
}

void code_faults_init(void)
{
    struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK };

    sigemptyset(&sa.sa_mask);
    sigaction(SIGSEGV, &sa, &old_segv);
    sigaction(SIGBUS, &sa, &old_bus);
}
