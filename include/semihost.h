/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Semihosting: a guest program asks the host for files, a console, the time, and to end. Manual: "Semihosting for
 * AArch32 and AArch64" (Arm, 2.0), which RISC-V's specification refers to.
 */
#ifndef MYNAH_SEMIHOST_H
#define MYNAH_SEMIHOST_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cpu;

/* What -semihosting and -semihosting-config say; set before the machine runs. */
struct semihost_config {
    bool on;
    bool userspace;      /* unprivileged code may call, too */
    const char *cmdline; /* what SYS_GET_CMDLINE gives, or NULL */
    int folder;          /* files are opened below this one only; -1: there are none */
    /* The console. Bytes that were read, 0: none now; NULL: there never are any. Any CPU's thread. */
    size_t (*console_read)(uint8_t *buf, size_t len);
    void (*console_write)(const uint8_t *buf, size_t len); /* NULL: to standard error */
    uint64_t heap_base, heap_limit; /* memory for a heap and, from its end down, a stack; 0, 0: none is known */
};
extern struct semihost_config semihost;

/* True if the instruction is a call in this state: privileged or not. */
static inline bool semihost_enabled(bool privileged)
{
    return semihost.on && (privileged || semihost.userspace);
}

/* One call. */
struct semihost_call {
    struct cpu *cpu;
    unsigned width;    /* bytes of a field of the parameter block: 4, 8 */
    uint64_t op, arg;  /* its number, and its parameter */
    uint64_t result;   /* for the register */
    uint64_t field[4]; /* private: what was read of the parameter block */
};
/*
 * Carry it out. On the CPU's thread, in a helper, with the CPU's pc exact. True, and result: it is done; where it ends
 * the machine, nothing is executed any more once the helper has left for the loop. False: what it waits for is not
 * there yet, the instruction is to be executed again.
 */
bool semihost_call(struct semihost_call *c);
/* Close all that the guest has open (tests, the end). */
void semihost_close_all(void);

#endif
