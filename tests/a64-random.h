/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random A64 programs, from the instruction table: straight-line code with short forward branches and loops of a few
 * turns, whose loads, stores and atomics stay in a window of memory. For comparing engines with each other.
 *
 * What a program needs to run, and keeps:
 *   x28, sp  point to the window, at least A64_RANDOM_WINDOW / 2 bytes from both its ends, 16-byte aligned
 *   x27      is never touched: for the harness
 * It makes no exception and no system call, and ends by running off its end. Its exclusives are of one size: what a
 * store of another size than the load's does is free.
 */
#ifndef TESTS_A64_RANDOM_H
#define TESTS_A64_RANDOM_H

#include <glib.h>

#include "cpu-arm/decode.h"

#define A64_RANDOM_WINDOW 7168u

/* What a program may have. */
enum {
    A64_RANDOM_INT = 1,    /* instructions on general registers */
    A64_RANDOM_FP = 2,     /* on vector registers */
    A64_RANDOM_MEMORY = 4, /* loads, stores, atomics */
    A64_RANDOM_BRANCH = 8, /* all forward */
    A64_RANDOM_LOOP = 16,  /* loops that step x28, and use x25 and x26 */
    A64_RANDOM_ALL = 31,
};

/* Append to code a program of n instructions. The same rng state gives the same program. */
void a64_random_program(GRand *rng, const struct arm_config *config, unsigned kinds, unsigned n, GByteArray *code);

/* What the instruction counts as, all of which a program must be allowed to have; 0: it is in no program. */
unsigned a64_random_kind(const struct a64_insn *insn);

/* True if the gate of the table's row lets the CPU have the instruction. */
bool a64_insn_exists(const struct a64_insn *insn, const struct arm_config *config);

/* A register value that makes trouble more often than a random one. */
uint64_t a64_random_value(GRand *rng);

#endif
