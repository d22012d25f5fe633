/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address translation as an architecture and the engine share it: regimes and their keys, pages as a walk finds them,
 * flushes, and accesses by virtual address.
 */
#ifndef MYNAH_MMU_H
#define MYNAH_MMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "types.h"

struct cpu;
struct ir_unit;

enum mmu_access { MMU_READ, MMU_WRITE, MMU_FETCH };

/*
 * Which translation regime an access uses: soft page tables are kept per key, so that switching
 * between recent ones is one base change. The architecture chooses the meaning of the fields; equal
 * keys must mean equal translations and permissions until a flush. What does not fit (a second root, a second stage) an
 * architecture interns to a number of the mode: so keys are cheap to compare for all.
 */
struct mmu_key {
    uint64_t root; /* page table root with ASID (RISC-V: satp), 0 where it does not matter */
    uint32_t mode; /* privilege and modifiers (RISC-V: effective privilege, SUM, MXR, ...), MMU_GLOBAL */
};
/* Data contexts besides the current one that an architecture may have: accesses name them, see IR_MEM_CTX_SHIFT. */
#define MMU_CONTEXTS 3
#define MMU_GLOBAL (1u << 31)    /* of the mode: what such a regime maps is global as a rule, see mmu_page.global */
#define MMU_ANY_ROOT UINT64_MAX  /* the root where what is global is meant */

/* A successful translation of one page. */
struct mmu_page {
    gpa pa;       /* of the page that contains the address (page-aligned) */
    uint8_t prot; /* 1 << enum mmu_access for what is permitted now without any further side effect (A/D) */
    bool global;  /* every regime under MMU_GLOBAL of the same mode has it, whatever its root */
    bool split;   /* permissions differ within the page (PMP): never cached, every access asks again ... */
    /* ... and holds for these page offsets only: an access beyond raises as if the walk had failed. */
    uint16_t first, last;
    /* Bytes of the leaf mapping that the page is part of (a flush of any address in it forgets all); 0: one page. */
    uint64_t size;
};

/* Why an access is not possible. */
struct mmu_fault {
    enum mmu_fault_source {
        MMU_FAULT_WALK,  /* cpu_arch.walk() refused it, and wrote kind, level and pa */
        MMU_FAULT_ALIGN, /* the address is misaligned, and IR_MEM_ALIGN forbids that */
        MMU_FAULT_BUS,   /* nothing answers at pa */
    } source;
    enum mmu_access access;
    gva va;         /* of the access; of one across pages that whose page is refused */
    gpa pa;         /* of a walk: what the architecture wants to remember, as the page that a second stage refused */
    uint8_t kind;   /* the architecture's own */
    uint8_t level;  /* of the table entry that was the last one read */
};

/* -- Called by architectures, on the CPU's thread -- */

/*
 * Declare the regimes for data accesses and for fetches; selects (or makes) their soft page tables
 * and jump cache. Call whenever privilege, page table root or modifiers change.
 */
void mmu_switch(struct cpu *cpu, const struct mmu_key *data, const struct mmu_key *fetch);
/* The same where fetches stay as they are. */
void mmu_switch_data(struct cpu *cpu, const struct mmu_key *data);
/*
 * The regime of a further data context, 1 .. cpu_arch.ncontexts: a user's for LDTR, a supervisor's for x86's accesses
 * to its tables. Before the first call it is that of the key whose members are all 0.
 */
void mmu_switch_context(struct cpu *cpu, unsigned context, const struct mmu_key *key);
/*
 * Forget cached translations of this CPU. match(key, opaque) chooses the regimes; NULL chooses all. For global pages
 * under MMU_GLOBAL it is asked once, with MMU_ANY_ROOT.
 * A flush of one page also forgets a straddling instruction before it, and what differs in the top byte of the address
 * only.
 */
void mmu_flush(struct cpu *cpu, bool (*match)(const struct mmu_key *key, void *opaque), void *opaque);
void mmu_flush_page(struct cpu *cpu, gva va, bool (*match)(const struct mmu_key *key, void *opaque), void *opaque);
/* One access under another regime than the current (HLV, page walker updates). Raises like a normal one. */
uint64_t mmu_load_as(struct cpu *cpu, const struct mmu_key *key, gva va, unsigned memop);
void mmu_store_as(struct cpu *cpu, const struct mmu_key *key, gva va, uint64_t v, unsigned memop);
/* The same access as translated code's under the current data regime, for helpers (cbo.zero, amocas.q, ...). */
uint64_t mmu_load(struct cpu *cpu, gva va, unsigned memop);
void mmu_store(struct cpu *cpu, gva va, uint64_t v, unsigned memop);
/*
 * A load or store under a regime that raises nothing, for exception entry: false and *fault, as cpu_arch.raise_fault()
 * takes it, if it is not possible. A store then has written nothing, unless a device took a part of it. Watchpoints
 * don't see it.
 */
bool mmu_try_load(struct cpu *cpu, const struct mmu_key *key, gva va, unsigned memop, uint64_t *v,
                  struct mmu_fault *fault);
bool mmu_try_store(struct cpu *cpu, const struct mmu_key *key, gva va, uint64_t v, unsigned memop,
                   struct mmu_fault *fault);
/*
 * Make sure that [va, va + len) may be accessed and that something is mapped there, raising the fault if not; len must
 * not cross a page. Host pointer if it is RAM, else NULL: after writing through it call bus_ram_written().
 */
void *mmu_probe(struct cpu *cpu, gva va, unsigned len, enum mmu_access access, unsigned memop);
/* The same under another regime. */
void *mmu_probe_as(struct cpu *cpu, const struct mmu_key *key, gva va, unsigned len, enum mmu_access access,
                   unsigned memop);
/*
 * Host address of [va, va + len), which must not cross a page, if translated code could read (write) all of it now
 * without its slow path; else NULL. Never raises. Nothing is to be told of what is written there.
 */
void *mmu_lookup(struct cpu *cpu, gva va, unsigned len, enum mmu_access access);
/* Load and compare-exchange a page-table entry in guest memory (size 4 or 8). False: not memory (an access fault). */
bool mmu_pte_read(struct cpu *cpu, gpa addr, unsigned size, uint64_t *pte);
bool mmu_pte_cas(struct cpu *cpu, gpa addr, unsigned size, uint64_t old, uint64_t new, bool *swapped);

/* -- Guest code -- */

/*
 * The size (1 to 4) bytes of guest code at va, as a little-endian number, for cpu_arch.translate(). False if they are
 * not to be had: the unit ends before the instruction; if it is the first, with nothing built.
 */
bool tcg_fetch(struct ir_unit *u, gva va, unsigned size, uint32_t *code);
/* Read size (4 or 8) aligned bytes as code while running, for jump tables; raises fetch faults. */
uint64_t mmu_load_code(struct cpu *cpu, gva va, unsigned size);

#endif
