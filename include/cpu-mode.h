/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What translations depend on besides the PC: an architecture's mode, in words of its own, interned to a number.
 * Translated code, jump caches and the table of blocks see only that.
 */
#ifndef MYNAH_CPU_MODE_H
#define MYNAH_CPU_MODE_H

#include <stdint.h>

struct cpu;
struct cpu_arch;

#define CPU_MODE_WORDS 2
#define CPU_MODE_BITS 24 /* of a number */

/* Privilege, sizes, state of the FP unit ...: equal words on CPUs of equal features mean equal translations. */
struct cpu_mode {
    uint64_t word[CPU_MODE_WORDS];
};

#define CPU_MODE_MEMO 64
/* The modes that a CPU was in last: a guest goes between few. */
struct cpu_mode_memo {
    struct cpu_mode mode;
    uint32_t number; /* 0: none */
};

/*
 * The CPU is in the mode of these words from now on: cpu->mode and the number in cpu->key. On its thread, or while it
 * is paused. Cheap where the mode is one of the last few: the words come in registers, as a struct that was just put
 * together would have to be waited for.
 */
void cpu_set_mode(struct cpu *cpu, uint64_t word0, uint64_t word1);
/*
 * The number of a mode for CPUs of an architecture and feature set (cpu->feature_set), for translations that change
 * cpu->mode and cpu->key themselves. On any thread.
 */
uint32_t cpu_mode_number(const struct cpu_arch *arch, unsigned feature_set, struct cpu_mode mode);

#endif
