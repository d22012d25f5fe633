/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest code from fuzz inputs, run by the engine as the machine does it, for a bounded number of instructions counted
 * under -icount. Where there is a host back end a second process runs the same input in the interpreter, and both must
 * end in the same state: the CPU's table of state, memory and what the device got.
 *
 * The guest has RAM with its code in it and a device that remembers what was written to it.
 */
#ifndef MYNAH_FUZZ_ENGINES_H
#define MYNAH_FUZZ_ENGINES_H

#include "cpu.h"
#include "fuzz.h"

#define ENGINES_RAM_BASE UINT64_C(0x80000000)
#define ENGINES_RAM_SIZE (64 * KiB)
#define ENGINES_CODE 0x3f80u /* where the code is in RAM: longer code crosses into the next page */
#define ENGINES_DEVICE_BASE UINT64_C(0x10000000)
#define ENGINES_DATA 0x8000u /* 4 KiB that ENGINES_FILLED fills */

/* An architecture under test. */
struct engines_guest {
    const struct cpu_arch *arch;
    const char *const *models; /* -cpu arguments; an input's first byte chooses among them */
    unsigned nmodels;          /* at most ENGINES_MODELS */
    bool low_ram;              /* RAM is at address 0, too */
    /* The CPU's state for what is left of the input, behind a reset; memory is zero. Ends with engines_place(). */
    void (*prepare)(struct cpu *cpu, struct fuzz *f);
};
#define ENGINES_MODELS 16

/* Once: start both engines; they end with the process. */
void engines_start(const struct engines_guest *guest);
/* One input: run it, and compare. */
void engines_run(const uint8_t *data, size_t size);

/* -- For prepare() -- */

/* Words at an offset in RAM, little-endian, of 4 and of 8 bytes. */
void engines_put32(uint32_t offset, const uint32_t *words, unsigned n);
void engines_put64(uint32_t offset, uint64_t word);
/* Something to read at ENGINES_DATA. */
void engines_fill(void);
/* These bytes at ENGINES_CODE, and tell the engine of all that is in memory now. */
void engines_place(const uint8_t *code, size_t len);

#endif
