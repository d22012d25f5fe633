/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory of translated code: one memfd mapped twice, writable and executable, so that no page is
 * ever both. And the signal handler for guest accesses in it that hit the guard around guest memory.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "engine.h"

struct code_buf code_cache;

bool code_cache_init(size_t bytes, const char **why)
{
    int fd = memfd_create("mynah-code", MFD_CLOEXEC);

    if (fd < 0 || ftruncate(fd, bytes)) {
        *why = strerror(errno);
        return false;
    }
    code_cache.rw = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    code_cache.rx = mmap(NULL, bytes, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    close(fd);
    if (code_cache.rw == MAP_FAILED || code_cache.rx == MAP_FAILED) {
        *why = strerror(errno);
        return false;
    }
    code_cache.size = bytes;
    return true;
}

uint8_t *code_rw(const uint8_t *rx)
{
    return code_cache.rw + (rx - code_cache.rx);
}

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
    struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER };

    sigemptyset(&sa.sa_mask);
    sigaction(SIGSEGV, &sa, &old_segv);
    sigaction(SIGBUS, &sa, &old_bus);
}
