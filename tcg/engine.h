/* SPDX-License-Identifier: BSD-2-Clause */
/* The engine's private part of a CPU, and what its files share: the loop, translations. */
#ifndef MYNAH_ENGINE_H
#define MYNAH_ENGINE_H

#include <glib.h>

#include "clock.h"
#include "tcg/mmu/softmmu.h"
#include "tcg.h"
#include "vcpu.h"

#define LOOP_TURNS 1024 /* a jump back is looked at after so many on a CPU, unless tcg_config.loop_turns says otherwise */

struct tcg_stats {
    uint64_t translations, translated_insns, translated_ns, host_bytes;
    uint64_t lookups;       /* returns to the loop that needed a block */
    uint64_t chained, invalidated, evictions;
    uint64_t exceptions, interrupts;
};

struct engine_cpu {
    unsigned isa; /* number of its architecture, in KEY_ISA_SHIFT */

    /* Translation: tb.c */
    struct ir_unit *unit;        /* where it builds */
    struct code_page *building[2]; /* pages that it holds as code, NULL: none */
    struct tb once;              /* the last block of tb_make_once() */
    struct code_buf once_buf;

    struct tcg_stats stats;
};

/* Blocks are host code, not the interpreter's. */
static inline bool host_code(void)
{
    return host_backend && !tcg_config.interp;
}

/* -- exec.c: see struct accel -- */

void engine_run(struct cpu *cpu);
void engine_sync_pc(struct cpu *cpu);
void engine_loop_exit(struct cpu *cpu) __attribute__((noreturn));
uint64_t engine_not_begun(struct cpu *cpu);

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
 * return (in the guest). May raise a fetch fault.
 */
struct tb *tb_make(struct cpu *cpu, bool as_loop);
/*
 * A jump back from one block to another is looked at, one of LOOP_TURNS. True if to has been found in this way so
 * often that it is to be made as a loop: then it is dropped.
 */
bool tb_turned(const struct tb *from, struct tb *to);
/* The same for a block of at most max_insns that is not kept: it is gone with the next such call for this CPU. */
struct tb *tb_make_once(struct cpu *cpu, unsigned max_insns);
/* Translation was left by an exception: drop what it held. */
void tb_abandon(struct cpu *cpu);
/* Empty the CPU's jump cache. */
void tb_forget_jumps(struct cpu *cpu);
/* Chain exit slot of from to to if that is allowed. */
void tb_chain(struct tb *from, unsigned slot, struct tb *to);
/* See struct accel. */
void tb_memory_written(const uint8_t *host, size_t len);
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

/* -- breakpoints.c -- */

/*
 * Blocks run wherever their page is mapped: under KEY_BREAK they end before every page offset that a breakpoint has.
 * The nearest such address above pc in its page, ~0 if there is none.
 */
gva breakpoint_stop_before(const struct cpu *cpu, gva pc);
/* True if a breakpoint of some CPU has that page offset. */
bool breakpoint_offset(unsigned offset);

#endif
