/* SPDX-License-Identifier: BSD-2-Clause */
/* The engine's private part of a CPU, and what its files share: threads, safe points, translations. */
#ifndef MYNAH_ENGINE_H
#define MYNAH_ENGINE_H

#include <glib.h>

#include "clock.h"
#include "debug.h"
#include "tcg/mmu/softmmu.h"
#include "tcg.h"

#define MMU_SETS 16
#define SET_HINTS 32
#define MMU_SETS_MIN 3 /* made at once: the current ones and the next; others where the host has room */

struct watchpoint {
    gva addr;
    uint64_t len;
    enum watch_type type;
};

struct tcg_stats {
    uint64_t translations, translated_insns, translated_ns, host_bytes;
    uint64_t lookups;       /* returns to the loop that needed a block */
    uint64_t chained, invalidated, evictions;
    uint64_t generations;   /* changes of mappings that blocks had been executed by */
    uint64_t fills, flushes, page_flushes, large_flushes, set_switches, set_evictions;
    uint64_t slow_loads, slow_stores, exceptions, interrupts;
};

struct engine_cpu {
    struct cpu *cpu;
    unsigned isa; /* number of its architecture, in KEY_ISA_SHIFT */

    /* Soft page tables. lock: a spin lock, held by the owner to fill and flush, by others to take write permission away. */
    unsigned mmu_lock;
    struct mmu_set *sets[MMU_SETS];
    unsigned nsets;
    struct mmu_set *set_hints[SET_HINTS]; /* by hash of the key; NULL: none yet */
    uint32_t set_epoch; /* counts the times that a set was given to a key; from 1 */
    uint64_t use_clock;
    uint32_t gen_clock;
    uint32_t spread;               /* mmu_set.nspread of all sets */
    const struct mapping *pte_map; /* where the last page-table entry was */
    uint32_t map_flushed;          /* the change of the memory map since which everything was looked up anew ... */
    uint32_t map_left;             /* ... and since which no pointer to an older mapping is in use. See exec.c */

    /* Safe points: see exec.c. */
    bool in_code;      /* running translated code (or its helpers): may hold stale entries and pointers */
    uint32_t safe_seq; /* counts the times that it was not */

    struct vcpu_thread *thread;
    GQueue work;         /* of struct cpu_work; guarded by thread->lock */
    bool power_request;  /* cpu_power_on() was called */
    bool last_insn;      /* the access under way asked to stop behind its instruction: cpus_hold() */

    /* Translation: tb.c */
    struct ir_unit *unit;        /* where it builds */
    struct code_page *building[2]; /* pages that it holds as code, NULL: none */
    struct tb once;              /* the last block of tb_make_once() */
    struct code_buf once_buf;

    /* icount */
    int64_t slice; /* what budget was set to */

    /* Debugging. Changed while the CPU is paused only. */
    GArray *breakpoints; /* of gva, sorted */
    GArray *watchpoints;
    bool watch_pass;     /* the access that hit is being redone: let it through and stop after it */
    bool step_over;      /* run one instruction whatever breakpoint is on it */
    bool held;           /* does not run: others are stepped */
    bool debug_stopped;  /* waiting for the main loop to pause the machine */
    struct debug_stop stop;

    struct tcg_stats stats;
};

/* Blocks are host code, not the interpreter's. */
static inline bool host_code(void)
{
    return host_backend && !tcg_config.interp;
}

static inline void mmu_lock(struct engine_cpu *e)
{
    while (__atomic_exchange_n(&e->mmu_lock, 1, __ATOMIC_ACQUIRE))
        g_thread_yield();
}

static inline void mmu_unlock(struct engine_cpu *e)
{
    __atomic_store_n(&e->mmu_lock, 0, __ATOMIC_RELEASE);
}

/* -- exec.c -- */
/* The thread that runs a CPU, or all of them in turns (thread=single, -icount). */
struct vcpu_thread {
    GThread *handle;
    int id; /* the system's; 0 before it runs; atomic */
    GMutex lock; /* guards sleeping, the CPUs' work, and the wait on wake */
    GCond wake;
    bool sleeping;
    bool work_posted;    /* by cpu_run_on(), for when it is parked; guarded by exec_lock */
    struct cpu *running; /* whose turn it is */
    struct cpu **cpus;
    unsigned ncpus;
};

extern struct cpu **engine_cpus; /* every CPU made so far */
extern unsigned engine_ncpus;
/*
 * Wait until every other CPU has been outside translated code once since the call. Not with tcg_lock
 * held; the caller must be outside translated code itself.
 */
void cpus_wait_safe(struct cpu *self);
/* The access under way has been made and engine->last_insn is set: leave for the loop, with its instruction done. */
void cpu_end_insn(struct cpu *cpu) __attribute__((noreturn));

/* -- tb.c: the blocks -- */

/* Guards the table of blocks, page lists, chains and jump caches. Never held while waiting for a CPU. */
extern GMutex tcg_lock;
/* Set up for the CPUs made so far. False: the code cache can't be had; *why says why. */
bool tb_init(const char **why);
/* Forget every block; no CPU runs any more. */
void tb_fini(void);
/* The block for cpu->pc under cpu->key if there is one, now in the jump cache; else NULL. May raise a fetch fault. */
struct tb *tb_find(struct cpu *cpu);
/*
 * Translate at cpu->pc, as a loop if it is one and that is asked for. The caller is at a safe point, and no more on
 * return (in_code is set). May raise a fetch fault.
 */
struct tb *tb_make(struct cpu *cpu, bool as_loop);
/*
 * The block was left for its own beginning by an exit that is not chained. True if it has turned so often that it is to
 * be made as a loop: then it is dropped.
 */
bool tb_turned(struct tb *tb);
/* The same for a block of at most max_insns that is not kept: it is gone with the next such call for this CPU. */
struct tb *tb_make_once(struct cpu *cpu, unsigned max_insns);
/* Translation was left by an exception: drop what it held. */
void tb_abandon(struct cpu *cpu);
/* Chain exit slot of from to to if that is allowed. */
void tb_chain(struct tb *from, unsigned slot, struct tb *to);
/* Drop every block translated under KEY_BREAK with a byte of guest code that may be at va, whatever the regime. */
void tb_invalidate_breakable(gva va);
/* The block whose host code contains the address, or NULL. Async-signal-safe, lock-free. */
struct tb *tb_of_code(uintptr_t rx);
/* How full the tables are, for tcg_info(). */
void tb_info(GString *out);

/* -- code-cache.c -- */

/* The whole cache of host code; .rw writes, .rx executes. */
extern struct code_buf code_cache;
/* Reserve it. False: not to be had; *why says why. */
bool code_cache_init(size_t bytes, const char **why);
/* Send host faults in translated code to the back end. */
void code_faults_init(void);

/* -- debug.c -- */
/* True if the access hits a watchpoint (len bytes at va). Stops the CPU (does not return) unless the access is let through. */
void debug_check_watch(struct cpu *cpu, gva va, unsigned len, enum watch_type type);
/* The machine is to stop in the debugger because of cpu, which runs no further. On its thread. */
void debug_stop(struct cpu *cpu, enum debug_event event, gva addr, enum watch_type type);
/* True if a breakpoint is at va. */
bool debug_breakpoint_at(const struct engine_cpu *e, gva va);
/*
 * Blocks run wherever their page is mapped: under KEY_BREAK they end before every page offset that a breakpoint has.
 * The nearest such address above pc in its page, ~0 if there is none.
 */
gva debug_stop_before(const struct engine_cpu *e, gva pc);
/* True if a breakpoint of some CPU has that page offset. */
bool debug_breakpoint_offset(unsigned offset);

#endif
