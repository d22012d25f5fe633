/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How guest memory is accessed: the tables that translated code and the interpreter read, and the slow paths for what
 * is not in them.
 */
#ifndef MYNAH_TCG_MMU_LAYOUT_H
#define MYNAH_TCG_MMU_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "types.h"

struct cpu;
struct ir_vec;

/* -- The flat soft page table --
 *
 * One per mmu_set. Base pointer B (in GS while the set is current for data). An entry is the host
 * address minus the guest address of a page, 0 where the access needs the slow path (host page
 * offsets equal guest page offsets, so entries have zero low 12 bits, and no valid entry is 0).
 *   loads:  entry at B + ((va >> 12) * 8 mod 2^32)
 *   stores: entry at B + ((va >> 12) * 8 + 2^31 mod 2^32)
 * Both are one table of 4 GiB: a page's store entry is the load entry of the page 2^40 away. Pages a
 * multiple of 2^40 apart may so share an entry: entry + va is then an alias of guest memory at a
 * multiple of 2^40 from it, and every such alias in the host's address space is kept reserved with no
 * access, so that the access faults and the signal handler takes the slow path (backend.fault).
 * A store entry is valid only if loads from the page may be fast too: AMO and CAS check it alone, so
 * a page with a read watchpoint has neither.
 */
#define FLAT_BYTES (4 * GiB)
#define FLAT_STORE_BIAS 0x80000000u

static inline int64_t *flat_load_entry(const void *base, gva va)
{
    return (int64_t *)((char *)base + (uint32_t)((va >> PAGE_BITS) << 3));
}
static inline int64_t *flat_store_entry(const void *base, gva va)
{
    return (int64_t *)((char *)base + (uint32_t)(((va >> PAGE_BITS) << 3) + FLAT_STORE_BIAS));
}

/* -- The compact tagged TLB: direct-mapped, at cpu->tlb --
 *
 * A tag is the page address of va, with TLB_INVALID where the access needs the slow path. Hit:
 * (va & (PAGE_MASK | (size - 1))) == tag, which also sends misaligned accesses to the slow path.
 */
#define TLB_ENTRIES 1024
#define TLB_INVALID 0x800u /* or-ed into a tag: no masked address has this bit, so it never matches */
struct tlb_entry {
    gva load_tag, store_tag; /* ~0: empty */
    int64_t addend;          /* host minus guest */
    uint64_t unused;
};
static inline struct tlb_entry *tlb_entry(void *tlb, gva va)
{
    return (struct tlb_entry *)tlb + ((va >> PAGE_BITS) & (TLB_ENTRIES - 1));
}

/* True if this process uses flat tables; false: tagged TLBs. Decided once at start: see mmu_init(). */
extern bool flat_tables;

/* -- Slow paths. Called from translated code (as helpers with IR_H_TRAPS) and the interpreter -- */

/*
 * Beside memop, of an access under a check (PAGECHK): how many bytes it lies behind the check's first, and one less than
 * the check's length. Those whose check fails again and again since it crosses a page are shown to the engine.
 */
#define SLOW_DISTANCE_SHIFT 16 /* 8 bits */
#define SLOW_LENGTH_SHIFT 24   /* 8 bits */

/* Any load: the value extended to 64 bits as memop says. May raise. */
uint64_t softmmu_load(struct cpu *cpu, gva va, uint32_t memop);
void softmmu_store(struct cpu *cpu, gva va, uint64_t v, uint32_t memop);
/* The old value, extended as memop says. op = memop | kind << 16. */
uint64_t softmmu_amo(struct cpu *cpu, gva va, uint64_t v, uint32_t op);
uint64_t softmmu_cas(struct cpu *cpu, gva va, uint64_t expected, uint64_t desired, uint32_t memop);
/*
 * 16 or 32 bytes, with acquire and release. A store that raises has written nothing. The compare and swap is of 16 bytes,
 * atomic, and aligned or it raises: *expected becomes what was there.
 */
void softmmu_load_vector(struct cpu *cpu, gva va, uint32_t memop, struct ir_vec *v);
void softmmu_store_vector(struct cpu *cpu, gva va, uint32_t memop, const struct ir_vec *v);
void softmmu_cas_vector(struct cpu *cpu, gva va, uint32_t memop, struct ir_vec *expected, const struct ir_vec *desired);

#endif
