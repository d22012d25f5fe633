/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An architecture without instructions: registers of every type and helpers of every kind, for tests of
 * the IR and of back ends. toy-memory.c gives it guest memory where the engine's is not linked.
 */
#ifndef TESTS_TOY_ARCH_H
#define TESTS_TOY_ARCH_H

#include "cpu.h"

#define TOY_X 24 /* I64 registers x0.. */
#define TOY_W 4  /* I32 registers w0.. */
#define TOY_D 16 /* F64 registers d0.. */
#define TOY_S 4  /* F32 registers s0.. */
#define TOY_V 6  /* V128 registers v0.. */
#define TOY_Y 5  /* V256 registers y0.. */
enum { TOY_REG_X = 0, TOY_REG_W = TOY_REG_X + TOY_X, TOY_REG_D = TOY_REG_W + TOY_W, TOY_REG_S = TOY_REG_D + TOY_D,
       TOY_REG_V = TOY_REG_S + TOY_S, TOY_REG_Y = TOY_REG_V + TOY_V, TOY_REGS = TOY_REG_Y + TOY_Y };

#define TOY_CONTEXTS 2 /* all lead to the same memory */

struct toy_cpu {
    struct cpu cpu;
    uint64_t x[TOY_X], w[TOY_W], d[TOY_D], s[TOY_S], v[TOY_V][2], y[TOY_Y][4];
    uint8_t state[64];   /* for LDS and STS */
    uint64_t calls;      /* a hash of what toy_state was called with */
    bool trap_armed;     /* toy_trap raises */
};

extern const struct cpu_arch toy_arch;

/* (a, b): a * 3 + b. PURE. */
extern const struct ir_helper toy_pure;
/* (): a hash of all registers. READS. */
extern const struct ir_helper toy_reads;
/* (a): x1 += a, d1's bits ^= a. READS, WRITES; no result. */
extern const struct ir_helper toy_writes;
/* (a, b, c, d): mixes them into calls; its new value. STATE. */
extern const struct ir_helper toy_state;
/* (a): if trap_armed, cpu->pc becomes ~pc and the unit is left by cpu_loop_exit(); else a + 1. TRAPS. */
extern const struct ir_helper toy_trap;

/* (a, b): a vector of 16 bytes with a's doublewords added to b. PURE; takes and gives vectors. */
extern const struct ir_helper toy_vector;

/* A hash of all guest registers. */
uint64_t toy_hash_registers(const struct toy_cpu *t);
/* Zeroed, with cpu->arch set. Free with g_free(). */
struct toy_cpu *toy_new(void);
/* Every slot of guest registers, the state area and calls are equal. */
bool toy_equal(const struct toy_cpu *a, const struct toy_cpu *b);
/* Differing registers, "x1: 0x1 0x2" a line, appended. */
void toy_print_difference(const struct toy_cpu *a, const struct toy_cpu *b, GString *out);

/*
 * -- toy-memory.c: softmmu_*() over one buffer. Accesses outside it, or misaligned where that is forbidden, leave by
 * cpu_loop_exit(). --
 */
#define TOY_MEM_BASE UINT64_C(0x80000000)
#define TOY_MEM_SIZE 0x4000u
extern uint8_t toy_memory[TOY_MEM_SIZE];
/* Accesses that came through softmmu_*(). */
extern unsigned toy_slow_accesses;
/* Called by each of them before anything else, if it is set. */
extern void (*toy_on_slow_access)(void);

#endif
