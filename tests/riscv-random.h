/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random RISC-V programs, from the instruction table: straight-line code with short forward branches and
 * loops of a few turns, whose loads, stores and atomics stay in a window of memory. For comparing engines
 * with each other.
 *
 * What a program needs to run, and keeps:
 *   x8, x2   point to the window, at least RISCV_RANDOM_WINDOW / 2 bytes from both its ends, 16-byte aligned
 *   x3       is never touched: for the harness
 *   frm      holds a valid rounding mode; mstatus.FS is not Off if the program may have FP instructions
 * It makes no trap and no system call, reads no counter, and ends by running off its end. Its lr and sc are of one
 * size: what an sc of another does is free.
 */
#ifndef TESTS_RISCV_RANDOM_H
#define TESTS_RISCV_RANDOM_H

#include <glib.h>

#include "cpu-riscv/decode.h"

#define RISCV_RANDOM_WINDOW 4992u /* bytes: 12-bit displacements from the middle, steps of loops, and the access */

/* What a program may have. */
enum {
    RISCV_RANDOM_INT = 1,    /* instructions on x registers */
    RISCV_RANDOM_FP = 2,     /* on FP registers, and of fcsr */
    RISCV_RANDOM_MEMORY = 4, /* loads, stores, atomics, fences, prefetches */
    RISCV_RANDOM_BRANCH = 8, /* branches and jumps, all forward */
    RISCV_RANDOM_LOOP = 16,  /* loops that step x8 and x2 and use x9, x10 and x12: aligned, misaligned, mixed; with branches, two deep */
    RISCV_RANDOM_ALL = 31,   /* what needs only a translator and memory */
    RISCV_RANDOM_CACHE = 32, /* with MEMORY: cache-block operations */
};

/*
 * Append to code a program of n instructions of the configured hart (fewer bytes than 4 * n). The same
 * rng state gives the same program. Nothing here depends on where the code runs, but auipc and jal make
 * results that do.
 */
void riscv_random_program(GRand *rng, const struct riscv_config *config, unsigned kinds, unsigned n, GByteArray *code);

/* What the instruction counts as, all of which a program must be allowed to have; 0: it is in no program. */
unsigned riscv_random_kind(const struct riscv_insn *insn);

/* One random encoding of an instruction of the table, its fixed bits and conditions respected. */
uint32_t riscv_random_encoding(GRand *rng, const struct riscv_insn *insn);

/* True if the gate and XLEN of the table's row let the configured hart have the instruction. */
bool riscv_insn_exists(const struct riscv_insn *insn, const struct riscv_config *config);

/* A register value that makes trouble more often than a random one: near 0 and the extremes, short, FP specials. */
uint64_t riscv_random_value(GRand *rng);

#endif
