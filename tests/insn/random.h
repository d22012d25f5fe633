/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What random.c asks of an architecture: how the frame of a program is assembled, what random instructions are. A
 * program is a row of segments; each loads every register from its state, runs random instructions on a window of
 * memory of its own, and stores every register there.
 */
#ifndef TEST_INSN_RANDOM_H
#define TEST_INSN_RANDOM_H

#include <glib.h>

#include "rig.h"

#define RANDOM_WINDOW 8192 /* from segment to segment */

/* Registers of a segment, before and after. */
struct random_state {
    uint64_t x[32];
    uint64_t v[32][2];
    uint64_t control; /* flags, FP status */
    uint64_t pass;    /* of the first segment: passes left */
};

struct assembler {
    uint8_t *ram;
    unsigned at; /* offset in RAM */
};

static inline void put(struct assembler *a, uint32_t insn)
{
    guint32 le = GUINT32_TO_LE(insn);
    memcpy(a->ram + a->at, &le, 4);
    a->at += 4;
}

/* A CPU, ours and the other implementation's, and how programs for it are made. */
struct flavour {
    const char *name, *cpu;
    const struct cpu_arch *arch;
    const char *emulator, *other_cpu; /* of the other implementation */
    unsigned xlen, elf_machine, elf_flags;
    unsigned window_registers;    /* mask of x: they point to the middle of the window */
    bool a32;                     /* of a 64-bit CPU: AArch32 at EL0 */
    const char *x_name, *v_name;  /* of registers in messages */

    /* What the CPU has; g_free() it. */
    void *(*config)(const struct flavour *f);
    /* The first instructions; user: of a process, else of the bare CPU. Then to the offset to. */
    void (*put_start)(struct assembler *a, bool user, unsigned to);
    /* The end: of a process, after it wrote the bytes from offset from to offset to; or of the bare CPU. */
    void (*put_end)(struct assembler *a, bool user, unsigned from, unsigned to);
    /* All registers from, or to, the state at an offset in RAM. */
    void (*put_load)(struct assembler *a, const void *config, unsigned state);
    void (*put_save)(struct assembler *a, const void *config, unsigned state);
    /* Count the pass in the state at that offset down; if it was not the last to again, else to end. */
    void (*put_pass)(struct assembler *a, unsigned state, unsigned again, unsigned end);
    /* Append n random instructions to code; initial becomes the registers before them. */
    void (*segment)(GRand *rng, const void *config, unsigned n, GByteArray *code, struct random_state *initial);
    /* A random value for memory. */
    uint64_t (*value)(GRand *rng);

    /* The instruction at code and its length. */
    uint32_t (*fetch)(const uint8_t *code, unsigned *length);
    /* Bytes of no effect of that length. */
    const uint8_t *(*nop)(unsigned length);
    bool (*is_nop)(uint32_t insn);
    /* Without the instruction a loop may have no end. */
    bool (*must_stay)(uint32_t insn);
    /* The row of the instruction table, -1: none; its name, NULL: there are no more; whether it should be met. */
    int (*row)(const void *config, uint32_t insn);
    const char *(*row_name)(unsigned row);
    bool (*row_expected)(const void *config, unsigned row);
    /* Operands, appended. */
    void (*describe)(const void *config, uint32_t insn, const struct random_state *initial, GString *out);
};

/* True if segments are to be of FP and SIMD instructions only, with their loads and stores, branches and loops. */
bool random_fp_only(void);

extern const struct flavour *const riscv_flavours[]; /* NULL ends */
extern const struct flavour *const a64_flavours[];
extern const struct flavour *const a32_flavours[];

/* flavour.config of ARM CPUs, in random-a64.c. */
void *random_arm_config(const struct flavour *f);

#endif
