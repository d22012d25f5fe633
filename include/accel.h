/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What runs guest code. core/ has CPUs, their threads and when they run; an accelerator runs one of them until
 * something is to be looked at. One is in use in a process: accel, chosen before the first CPU is made.
 */
#ifndef MYNAH_ACCEL_H
#define MYNAH_ACCEL_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpus.h"
#include "types.h"

struct cpu;
struct opts;

/* Members that may be NULL say so. On the CPU's own thread where nothing else is said. */
struct accel {
    const char *name; /* "tcg" */
    const char *desc; /* one line, for -accel help */

    /* -- Options; nothing is made yet -- */

    /*
     * Take its properties from the options of -accel NAME,... and keep them. The accelerator that is meant by them,
     * which is this one as a rule; NULL with a message that names the property.
     */
    const struct accel *(*configure)(struct opts *o, GError **err);
    /* Append a line for each property. */
    void (*help)(GString *out);

    /* -- Life; the main thread -- */

    /* False with a message if it can't be on this host, as configured: another may be tried. NULL: it always can. */
    bool (*usable)(GError **err);

    size_t before_cpu; /* bytes that it wants in memory before each struct cpu: a multiple of 64 */
    /* The first CPU is going to be made. */
    void (*init)(void);
    /*
     * Make cpu->engine and cpu->mmu; what core/ sets in struct cpu is set. False with a message: then not its
     * cpu_fini().
     */
    bool (*cpu_init)(struct cpu *cpu, GError **err);
    void (*cpu_fini)(struct cpu *cpu);
    /* All CPUs are made and cpus_parallel is known; their threads start next. False with a message. */
    bool (*start)(GError **err);
    /* Every CPU is gone. start() may not have been called. */
    void (*fini)(void);

    /* -- Running -- */

    /* This thread goes on to run cpu, which another may have been running on it. */
    void (*activate)(struct cpu *cpu);
    /*
     * Run until cpu->exit_request or cpu->halted is set, the debugger is to stop the machine (vcpu->debug_stopped) or,
     * under -icount, cpu->budget is used up; looking for interrupts by cpu->arch->take_interrupt(). Guest code runs
     * between cpu_enter_guest() and cpu_leave_guest(), and not while cpu_map_behind(). On return vcpu->last_insn is
     * false if it was seen, and cpu->pc is exact.
     */
    void (*run)(struct cpu *cpu);
    /* In a helper: cpu->pc becomes the PC of the guest instruction that called it. */
    void (*sync_pc)(struct cpu *cpu);
    /* Leave the helper and the guest for run()'s loop; cpu->pc and state are final. Does not return. */
    void (*loop_exit)(struct cpu *cpu);
    /* Of the instructions that have been taken off cpu->budget, those that are not begun. NULL: it can't count any. */
    uint64_t (*not_begun)(struct cpu *cpu);

    /* -- Memory -- */

    /* Forget what was looked up by address: the memory map or watchpoints changed. Or the CPU is paused. */
    void (*flush)(struct cpu *cpu);
    /* Guest RAM was written by other means than a store of the guest's: drop what was made of it. Any thread. */
    void (*memory_written)(const uint8_t *host, size_t len);
    /* In a helper for an access of translated code: those of this place have the habit. NULL: that is no matter. */
    void (*note_access)(struct cpu *cpu, enum access_habit habit);

    /* -- The debugger; the CPU is paused -- */

    /* A breakpoint is new at va, for some CPU. */
    void (*breakpoint_added)(gva va);
    /* The address of va as a load would see it, else as a fetch would, without a trace. False: nothing is mapped. */
    bool (*translate)(struct cpu *cpu, gva va, gpa *pa);

    /* What "info jit" prints. No CPU runs. */
    void (*info)(GString *out);
};

/* The one in use. NULL before it is chosen. */
extern const struct accel *accel;
/* The one of this name, or NULL. */
const struct accel *accel_find(const char *name);
/* The names of all, NULL-terminated; g_free() the array. */
const char **accel_names(void);
/* All CPUs are to take turns on one thread, as under -icount (thread=single). Set before cpus_start(). */
extern bool cpus_one_thread;
/* Every accelerator of this program, NULL-terminated: core/accels.c. */
extern const struct accel *const accels[];

/* What "info jit" prints, and -d stats at the end. Not from a CPU's thread. */
void accel_info(GString *out);

#endif
