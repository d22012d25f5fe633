/* SPDX-License-Identifier: BSD-2-Clause */
/* What debuggers ask of a CPU, which is paused: breakpoints, watchpoints, why it stopped, its memory and its code. */
#ifndef MYNAH_DEBUG_H
#define MYNAH_DEBUG_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "types.h"

struct cpu;

/* -- Breakpoints and watchpoints -- */

enum watch_type { WATCH_WRITE = 1, WATCH_READ = 2, WATCH_ACCESS = 3 };
/* The CPU stops before the instruction at va. Insertions of the same address count. False on removal: there is none. */
bool cpu_breakpoint_insert(struct cpu *cpu, gva va);
bool cpu_breakpoint_remove(struct cpu *cpu, gva va);
/*
 * The CPU stops at an access of the type to [va, va + len). False: an empty or wrapping range; on removal, no such one.
 */
bool cpu_watchpoint_insert(struct cpu *cpu, gva va, uint64_t len, enum watch_type type);
bool cpu_watchpoint_remove(struct cpu *cpu, gva va, uint64_t len, enum watch_type type);

/* -- Stops -- */

/* Why the machine stopped in the debugger; called on the main loop after all CPUs have been paused. */
enum debug_event { DEBUG_BREAKPOINT, DEBUG_WATCHPOINT, DEBUG_STEP };
struct debug_stop {
    struct cpu *cpu;
    enum debug_event event;
    gva addr; /* watchpoints: the access */
    enum watch_type watch;
};
extern void (*cpu_debug_handler)(const struct debug_stop *stop);
/* What the CPU does once the machine runs again. */
enum debug_resume {
    DEBUG_RUN,
    DEBUG_STEP_ONE, /* one instruction, then a DEBUG_STEP stop. A hart that waits for an interrupt wakes */
    DEBUG_HOLD,     /* nothing: others are stepped */
};
/* Of a paused CPU. */
void cpu_debug_resume(struct cpu *cpu, enum debug_resume how);
/* Interrupts may be taken between single steps (off at first). */
extern bool cpu_step_interrupts;

/* -- Memory and code -- */

/*
 * Copy guest virtual memory as a debugger sees it; writes go to ROM and drop translations. False at the first unmapped
 * byte.
 */
bool cpu_memory_read(struct cpu *cpu, gva va, void *buf, size_t len);
bool cpu_memory_write(struct cpu *cpu, gva va, const void *buf, size_t len);
/* The same by physical address. */
bool cpu_physical_read(struct cpu *cpu, gpa pa, void *buf, size_t len);
bool cpu_physical_write(struct cpu *cpu, gpa pa, const void *buf, size_t len);
/* One page's translation as a debugger sees it. */
bool cpu_debug_translate(struct cpu *cpu, gva va, gpa *pa);
/* Disassemble n instructions at va (phys: a physical address) with addresses, one a line. */
void cpu_disas(struct cpu *cpu, gva va, unsigned n, bool phys, GString *out);

#endif
