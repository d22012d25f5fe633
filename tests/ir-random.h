/* SPDX-License-Identifier: BSD-2-Clause */
/* Random well-formed units of IR, and interesting values to run them on. The same seed makes the same unit. */
#ifndef TESTS_IR_RANDOM_H
#define TESTS_IR_RANDOM_H

#include "cpu.h"

/* What units may contain beside integer ops, constants, registers and the final exit. */
enum {
    IR_RANDOM_LOCALS = 1,
    IR_RANDOM_STATE = 2,     /* LDS, STS in [state_offset, state_offset + state_size) */
    IR_RANDOM_MEM = 4,       /* LD, ST, FENCE, PAGECHK, LDH, STH */
    IR_RANDOM_BE = 8,        /* ... big-endian ones as well */
    IR_RANDOM_MISALIGNED = 16, /* ... misaligned ones, without IR_MEM_ALIGN */
    IR_RANDOM_ATOMIC = 32,   /* AMO, CAS: aligned */
    IR_RANDOM_FP = 64,       /* FP arithmetic and bit operations */
    IR_RANDOM_CALL = 128,    /* calls of helpers[] */
    IR_RANDOM_BRANCH = 256,  /* diamonds within an instruction, skipped instructions, side exits */
    IR_RANDOM_LOOP = 512,    /* loops of a few rounds */
    IR_RANDOM_RAW = 1024,    /* ops as no builder leaves them: foldable, constants on the left */
    IR_RANDOM_VECTOR = 2048, /* vectors */
    IR_RANDOM_CROSS = 4096, /* values of other blocks, parameters of blocks */
    IR_RANDOM_ALL = 8191,
};

struct ir_random {
    uint64_t seed;              /* state of the generator: not 0 */
    const struct cpu_arch *arch;
    unsigned features;          /* IR_RANDOM_* */
    unsigned insns;             /* guest instructions, 1..100 */
    gva pc;                     /* of the first one */
    gva mem_base;               /* all accesses are in [mem_base, mem_base + mem_size) ... */
    uint32_t mem_size;          /* ... a power of two, at least 256 */
    uint32_t state_offset, state_size; /* state_size >= 16 */
    unsigned fp_classes;        /* set of 1 << enum ir_fp_class */
    unsigned rounding;          /* set of 1 << enum ir_rm */
    const struct ir_helper *const *helpers; /* NULL-terminated */
};

/* Fill u (ir_begin() included) with one random unit that ends by any kind of exit. */
void ir_random_unit(struct ir_random *r, struct ir_unit *u);
/* Random bits. */
uint64_t ir_random_next(struct ir_random *r);
/* A number in [0, n). */
unsigned ir_random_below(struct ir_random *r, unsigned n);
/*
 * A value likely to be an edge case of some op on the type (FP: NaNs, infinities, denormals ...); 32-bit ones are
 * zero-extended.
 */
uint64_t ir_random_value(struct ir_random *r, enum ir_type t);
/* Fill the guest registers of cpu with such values. */
void ir_random_registers(struct ir_random *r, struct cpu *cpu);

#endif
