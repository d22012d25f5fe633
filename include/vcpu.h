/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What core/ keeps of a CPU beside struct cpu, as accelerators and their parts use it: safe points, stops for the
 * debugger, instruction counting. On the CPU's own thread unless said otherwise.
 */
#ifndef MYNAH_VCPU_H
#define MYNAH_VCPU_H

#include <glib.h>

#include "cpu.h"
#include "debug.h"

struct watchpoint {
    gva addr;
    uint64_t len;
    enum watch_type type;
    bool guest; /* the guest's own: cpu_arch.watch_hit() says what an access means */
};

struct vcpu {
    /* Safe points. */
    bool in_guest;       /* running guest code (or its helpers): may hold stale look-ups, pointers to translations */
    uint32_t safe_seq;   /* counts the times that it was not */
    uint32_t map_seen;   /* the change of the memory map since which everything was looked up anew ... */
    uint32_t map_left;   /* ... and since which no pointer to an older mapping is in use */

    /* Its thread. */
    struct vcpu_thread *thread; /* NULL before cpus_start() */
    GQueue work;         /* of struct cpu_work; guarded by thread->lock */
    bool power_request;  /* cpu_power_on() was called; atomic */
    bool last_insn;      /* the access under way asked to stop behind its instruction: cpus_hold() */

    /* -icount */
    int64_t slice;       /* what cpu->budget was set to */

    /* Debugging. Changed while the CPU is paused only, but for what a stop sets. */
    GArray *breakpoints; /* of gva */
    GArray *watchpoints; /* of struct watchpoint */
    bool watch_pass;     /* the access that hit is being redone: let it through and stop after it */
    bool step_over;      /* run one instruction whatever breakpoint is on it */
    bool held;           /* does not run: others are stepped */
    bool debug_stopped;  /* waiting for the main loop to pause the machine */
    struct debug_stop stop;
};

/* Every CPU made so far, in the order of their making. */
extern struct cpu **cpu_list;
extern unsigned cpu_count;
/* More than one thread runs guest code: atomics and fences must be real ones. Known before the first translation. */
extern bool cpus_parallel;

/* -- Safe points --
 *
 * Between cpu_enter_guest() and cpu_leave_guest() a CPU may hold what it looked up and pointers to translations.
 * Outside, at a safe point, it holds none, and its accesses to memory are complete: others may reuse what it had.
 */
static inline void cpu_enter_guest(struct cpu *cpu)
{
    __atomic_store_n(&cpu->vcpu->in_guest, true, __ATOMIC_SEQ_CST);
}

static inline void cpu_leave_guest(struct cpu *cpu)
{
    struct vcpu *v = cpu->vcpu;

    __atomic_store_n(&v->safe_seq, v->safe_seq + 1, __ATOMIC_RELEASE);
    __atomic_store_n(&v->in_guest, false, __ATOMIC_RELEASE);
}

/*
 * Wait until every other CPU has been at a safe point since the call. self: the caller's CPU, which is at one itself.
 * No lock is held that another CPU may wait for in the guest.
 */
void cpus_wait_safe(struct cpu *self);

/* Counts cpus_mapping_changed(). */
extern uint32_t cpus_map_changes;

/*
 * True if the CPU may still hold what it looked up before the last change of the memory map: not to be used. To be
 * asked behind cpu_enter_guest(), whose store a change looks for.
 */
static inline bool cpu_map_behind(const struct cpu *cpu)
{
    uint32_t seen = __atomic_load_n(&cpu->vcpu->map_seen, __ATOMIC_SEQ_CST);

    return seen != __atomic_load_n(&cpus_map_changes, __ATOMIC_SEQ_CST);
}

/* The access under way has been made and vcpu->last_insn is set: leave for the loop, with its instruction done. */
void cpu_end_insn(struct cpu *cpu) __attribute__((noreturn));

/* -- Debugging -- */

/*
 * An access to len bytes at va is about to be made: if a watchpoint is there, the CPU stops (and this does not return)
 * unless the access is let through.
 */
void debug_check_watch(struct cpu *cpu, gva va, unsigned len, enum watch_type type);
/* The machine is to stop in the debugger because of cpu, which runs no further. */
void debug_stop(struct cpu *cpu, enum debug_event event, gva addr, enum watch_type type);
/* True if a breakpoint is at va. */
bool debug_breakpoint_at(const struct cpu *cpu, gva va);

#endif
