/* SPDX-License-Identifier: BSD-2-Clause */
/* The engine's private part of a CPU, and what its files share: the loop, translations. */
#ifndef MYNAH_ENGINE_H
#define MYNAH_ENGINE_H

#include <glib.h>

#include "clock.h"
#include "cpus.h"
#include "tcg/gen/backend.h"
#include "tcg/mmu/softmmu.h"
#include "vcpu.h"

/* A jump back is looked at after so many on a CPU, unless tcg_config.loop_turns says otherwise. */
#define LOOP_TURNS 1024

struct accel;
struct opts;

/* What the properties of -accel set. */
struct tcg_config {
    unsigned tb_size_mib;   /* translation cache; 0: default */
    bool tagged_tlb;        /* use the compact tagged TLB even where the flat table works (mmu=tagged) */
    bool one_insn;          /* units of one instruction (one-insn-per-tb=on) */
    bool no_chain;          /* units are never chained (-d nochain) */
    uint8_t loop_turns;     /* of a block that jumps to itself before it is made as a loop; 0: default */
};
extern struct tcg_config tcg_config;
extern const struct accel tcg_accel, interp_accel;

struct tcg_stats {
    uint64_t translations, translated_insns, translated_ns, host_bytes;
    uint64_t lookups;       /* returns to the loop that needed a block */
    uint64_t evictions;
    uint64_t exceptions, interrupts;
};

struct engine_cpu {
    /* Translation: tb-make.c */
    struct ir_unit *unit;        /* where it builds */
    struct tb once;              /* the last block of tb_make_once() */
    struct code_buf once_buf;

    struct tcg_stats stats;
};

/* What blocks are made into and how they run, of the accelerator in use. */
extern const struct backend *code_backend;

/* -- engine.c: for struct accel of the accelerators that run IR; see there -- */

/* Take the properties that they share. False with a message. */
bool engine_configure(struct opts *o, GError **err);
void engine_help(GString *out);
/* Use b; with flat page tables where that is asked for and they can be had. */
void engine_init(const struct backend *b, bool flat);
bool engine_cpu_init(struct cpu *cpu, GError **err);
void engine_cpu_fini(struct cpu *cpu);
bool engine_start(GError **err);
void engine_info(GString *out);

/* -- exec.c -- */

void engine_run(struct cpu *cpu); /* see struct accel */
/*
 * A helper leaves for the loop; what the accelerator has of the running block is undone, cpu->pc and state are final.
 */
void engine_leave(struct cpu *cpu) __attribute__((noreturn));

/* -- tb*.c: the blocks -- */

/* Guards the table of blocks, page lists, chains and jump caches. Never held while waiting for a CPU. */
extern GMutex tcg_lock;
/* The length of the code cache, as configured. */
size_t tb_cache_bytes(void);
/* Set up for the CPUs made so far. False: the code cache can't be had; *why says why. */
bool tb_init(const char **why);
/* Forget every block; no CPU runs any more. */
void tb_fini(void);
/* The block for cpu->pc under cpu->key if there is one, now in the jump cache; else NULL. May raise a fetch fault. */
struct tb *tb_find(struct cpu *cpu);
/*
 * Translate at cpu->pc, as a loop if it is one and that is asked for. The caller is at a safe point, and no more on
 * return (in the guest). May raise a fetch fault.
 */
struct tb *tb_make(struct cpu *cpu, unsigned as_loop);
/*
 * A jump back from one block to another is looked at, one of LOOP_TURNS. If to has been found in this way so often that
 * it is to be made as a loop, it is dropped, and the result is for which time; else 0.
 */
unsigned tb_turned(const struct tb *from, struct tb *to);
/* The same for a block of at most max_insns that is not kept: it is gone with the next such call for this CPU. */
struct tb *tb_make_once(struct cpu *cpu, unsigned max_insns);
/* Empty the CPU's jump cache. */
void tb_forget_jumps(struct cpu *cpu);
/*
 * A block is complete before a chain to it is made, so it is for a CPU that comes to it by the chain. The thread sanitizer
 * sees nothing of translated code: it is told by these.
 */
#ifdef MYNAH_TSAN
static inline void tb_made(struct tb *tb)
{
    __tsan_release(tb);
}

static inline void tb_reached(struct tb *tb)
{
    __tsan_acquire(tb);
}
#else
static inline void tb_made(struct tb *tb)
{
}

static inline void tb_reached(struct tb *tb)
{
}
#endif
/* Chain exit slot of from to to if that is allowed. */
void tb_chain(struct tb *from, unsigned slot, struct tb *to);
/* See struct accel. */
void tb_memory_written(const uint8_t *host, size_t len);
/*
 * The instruction of the block at that offset in its page has accesses of the habit: the block is dropped, and what is
 * made there from now on tests for the page's end instead of the alignment, or guesses no entries.
 */
void tb_note_access(struct tb *tb, unsigned offset, enum access_habit habit);
/* Drop every block translated under KEY_BREAK with a byte of guest code that may be at va, whatever the regime. */
void tb_invalidate_breakable(gva va);
/* The block whose host code contains the address, or NULL. Async-signal-safe, lock-free. */
struct tb *tb_of_code(uintptr_t rx);
/* How full the tables are, for engine_info(). */
void tb_info(GString *out);

/* -- The rows of struct accel that are the engine's, whatever executes its blocks -- */

#define ENGINE_ROWS                                                                                                    \
    .before_cpu = JUMP_BYTES, .cpu_init = engine_cpu_init, .cpu_fini = engine_cpu_fini, .start = engine_start,         \
    .fini = tb_fini, .activate = mmu_activate, .run = engine_run, .flush = mmu_forget_all,                             \
    .memory_written = tb_memory_written, .breakpoint_added = tb_invalidate_breakable,                                  \
    .translate = mmu_debug_translate, .info = engine_info

/* -- faults.c -- */

/* Send host faults in translated code to the back end. */
void code_faults_init(void);

/* -- breakpoints.c -- */

/*
 * Blocks run wherever their page is mapped: under KEY_BREAK they end before every page offset that a breakpoint has.
 * The nearest such address above pc in its page, ~0 if there is none.
 */
gva breakpoint_stop_before(const struct cpu *cpu, gva pc);
/* True if a breakpoint of some CPU has that page offset. */
bool breakpoint_offset(unsigned offset);

#endif
