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

/* gdb, when it is to carry out calls for files and the console. */
struct semihost_debugger {
    bool (*waits)(void); /* it is connected and lets the machine run. Any thread */
    /*
     * Have it carry out a request of its File-I/O ("close,3"): the machine stops, and goes on behind semihost_answer()
     * or semihost_ask_again(). On a CPU's thread.
     */
    void (*request)(const char *text);
};
enum semihost_target {
    SEMIHOST_NATIVE,
    SEMIHOST_GDB,
    SEMIHOST_AUTO, /* gdb's whenever it waits */
};

/* What -semihosting and -semihosting-config say; set before the machine runs. */
struct semihost_config {
    bool on;
    bool userspace;      /* unprivileged code may call, too */
    enum semihost_target target;
    const struct semihost_debugger *debugger; /* NULL: there is no server for one */
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
    uint64_t sp;       /* the stack's top: right below is room for gdb to write to */
    uint64_t result;   /* for the register */
    uint64_t field[4]; /* private: what was read of the parameter block */
};
/*
 * Carry it out. On the CPU's thread, in a helper, with the CPU's pc exact. True, and result: it is done; where it ends
 * the machine, nothing is executed any more once the helper has left for the loop. False: what it waits for is not
 * there yet, the instruction is to be executed again.
 */
bool semihost_call(struct semihost_call *c);
/*
 * What gdb says to a request: the result, and where that is negative the error, by its numbers. All CPUs are paused, as
 * for the other one: the request was not made, or nobody is there any more to answer.
 */
void semihost_answer(int64_t result, int error);
void semihost_ask_again(void);
/* Close all that the guest has open (tests, the end). */
void semihost_close_all(void);

#endif
