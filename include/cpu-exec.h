/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the helpers of an architecture ask of running guest code: where it is, to leave it, floating-point control,
 * time. On the CPU's thread.
 */
#ifndef MYNAH_CPU_EXEC_H
#define MYNAH_CPU_EXEC_H

#include <stdbool.h>
#include <stdint.h>

#include "types.h"

struct cpu;

/* In a helper with IR_H_TRAPS: make cpu->pc the PC of the guest instruction that called it. Idempotent. */
void cpu_sync_pc(struct cpu *cpu);
/* Leave the helper (and the unit) for the execution loop; cpu->pc and state are final. Does not return. */
void cpu_loop_exit(struct cpu *cpu) __attribute__((noreturn));
/* Fold the host's sticky FP flags into cpu->fp.flags: call before reading them. */
void fp_flags_sync(struct cpu *cpu);
/*
 * Set flags and rounding mode: host FP control follows. rm is enum ir_rm (RMM: the frontend's key must route FP ops to
 * softfp by using IR_RMM).
 */
void fp_flags_set(struct cpu *cpu, unsigned flags);
void fp_rounding_set(struct cpu *cpu, unsigned rm);
/* Instructions retired by this CPU (exact under icount, else an estimate from time at 1 GHz), for counters. */
uint64_t cpu_instret(struct cpu *cpu);
/*
 * Instruction fences (fence.i) need no call: a store to translated code invalidates it at once, so
 * ending the unit with ir_exit_jump() to the next instruction through ir_exit_state() is enough.
 */

/*
 * The guest waits in a loop for another CPU (a pause hint): where CPUs take turns on one thread, this turn is over,
 * which is true.
 */
bool cpu_yield(struct cpu *cpu);

/* -- Watchpoints of the guest's own -- */

struct debug_range {
    gva addr;
    uint64_t len; /* not 0 */
};
/*
 * Accesses to these ranges are told to cpu_arch.watch_hit(), instead of to those of the call before. On the CPU's
 * thread. True if that is another set: the caller flushes the soft page tables.
 */
bool cpu_guest_watchpoints(struct cpu *cpu, unsigned n, const struct debug_range *list);

#endif
