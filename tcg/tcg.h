/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of the execution engine share: translation blocks, the soft page table's layout,
 * the jump cache, and the interface of a host back end. Frontends and devices never include this.
 */
#ifndef MYNAH_TCG_H
#define MYNAH_TCG_H

#include "cpu.h"
#include "ir.h"

/* -- Translation blocks -- */

#define TB_JUMPS 4 /* direct exits a block can have; further EXIT_JUMPs go through the jump cache */

/* One direct exit. Chained: the jump at patch goes to to's code. */
struct tb_jump {
    gva pc;              /* target */
    uint32_t patch;      /* offset from tb->code of the rel32 of the jump (within an aligned 8 bytes); 0: not in use */
    uint32_t stub;       /* offset of the stub it goes to while unchained */
    struct tb *to;       /* what it is chained to, or NULL */
    struct tb *next_in;  /* list of the exits chained to the same block: next block ... */
    uint8_t next_slot;   /* ... and its slot */
};

struct tb {
    /* One cache line: what a look-up reads. */
    const uint8_t *guest;   /* host address of the guest code, NULL if it is not RAM */
    gva pc;
    uint32_t key;
    uint32_t hash;          /* of (guest, pc, key) */
    struct tb *hash_next;
    const uint8_t *guest2;  /* of the second page, if the first instruction crosses */
    const uint8_t *code;    /* entry in the executable mapping; NULL under the interpreter */
    struct ir_code *ir;     /* under the interpreter */
    uint32_t ninsns;
    bool invalid;           /* found no more by look-ups; runs out where it is running */
    bool once;              /* made for one run: neither found, chained nor kept */
    uint8_t in_slot;        /* see in */

    uint32_t guest_size;
    uint32_t code_size;
    uint32_t map_size;
    const uint8_t *map;     /* side table: host offset -> guest PC, see back end's *_lookup_pc */
    struct tb *in;          /* exits chained to this block: first block, its slot in in_slot */
    uintptr_t page_next[2];  /* lists of the blocks of its pages: tb.c */
    uintptr_t *page_link[2]; /* what points to this block there */
    struct tb *move_next;    /* list of the blocks that others are copied from: tb.c */
    uint16_t nfixups;        /* places that a copy must change; their list is behind the map */
    bool movable;            /* copies can be made */
    bool loops;              /* it has branches back: once entered it may run on until exit_request is set */
    uint8_t turns;           /* how often it was left for its own beginning by the loop of exec.c: see tb_turned() */
    struct tb_jump jump[TB_JUMPS];
} __attribute__((aligned(64)));

/* -- The jump cache: (pc, key, generation) -> code, two ways a line, one line 64 bytes -- */

struct jump_way {
    gva pc;          /* ~0: empty */
    uint64_t tag;    /* cpu->exec_gen << 32 | cpu->key */
    const uint8_t *code; /* host code, or the struct tb * under the interpreter */
    struct tb *tb;
};
struct jump_line {
    struct jump_way way[2];
} __attribute__((aligned(64)));

#define JUMP_LINES 16384
/* Byte offset of the line of pc, by bits 1..14 of it. Translated code computes (pc << 5) & mask. */
#define JUMP_LINE_MASK ((JUMP_LINES - 1) * 64u)
static inline uint32_t jump_line_offset(gva pc)
{
    return (uint32_t)(pc << 5) & JUMP_LINE_MASK;
}

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

/* True if this process uses flat tables; false: tagged TLBs. Decided once at start: false under the interpreter, which has fast paths for the TLB only. */
extern bool flat_tables;
/* True if more than one vCPU thread runs guest code: atomics and fences must be real ones. Decided before the first translation. */
extern bool tcg_smp;

/* -- Slow paths, tcg/softmmu.c. Called from translated code (as helpers with IR_H_TRAPS) and the interpreter -- */

/* Any load: the value extended to 64 bits as memop says. May raise. */
uint64_t softmmu_load(struct cpu *cpu, gva va, uint32_t memop);
void softmmu_store(struct cpu *cpu, gva va, uint64_t v, uint32_t memop);
/* The old value, extended as memop says. op = memop | kind << 16. */
uint64_t softmmu_amo(struct cpu *cpu, gva va, uint64_t v, uint32_t op);
uint64_t softmmu_cas(struct cpu *cpu, gva va, uint64_t expected, uint64_t desired, uint32_t memop);

/* -- A host back end (tcg/x64/): compiled for hosts that have one -- */

struct code_buf {
    uint8_t *rw;        /* where to write ... */
    const uint8_t *rx;  /* ... and where the same bytes execute */
    size_t size;
};

/* What translated code returned with. */
struct jit_exit {
    struct tb *tb; /* left by an unchained direct exit of this block ... */
    unsigned slot; /* ... this one; tb == NULL: any other way. cpu->pc is set in either case */
};

struct backend {
    const char *name; /* "x64" */
    /*
     * Emit the prologue, epilogue and common stubs for an architecture's register table into buf (4 KiB
     * do); returns bytes used (a multiple of 16). Called once for each architecture that will run,
     * before anything else of it. 0: this host lacks something (*why says what).
     */
    size_t (*init)(const struct cpu_arch *arch, struct code_buf buf, const char **why);
    /*
     * Compile the unit to buf. Fills tb->code, code_size, map, map_size (the map is placed in buf after
     * the code) and jump[], movable, loops. Returns the bytes used (a multiple of 16), or 0 if buf is too small.
     * Under KEY_ICOUNT the unit starts with budget -= ninsns; if that is negative it is undone and the unit
     * left with tb NULL and cpu->pc = tb->pc, for the loop to run a shorter unit (max_insns = budget) or
     * stop at 0. An exit before the last instruction gives back what was not executed; a helper that
     * leaves by cpu_loop_exit() does not: the engine adds ninsns - index for the index of lookup_pc.
     */
    size_t (*compile)(const struct ir_unit *u, struct tb *tb, struct code_buf buf);
    /*
     * Compile to buf what compile() would for the guest code of from at the address tb->pc, whole pages away,
     * by copying from (a movable block). Fills the same fields of tb. Bytes used, 0 if buf is too small or this
     * address won't do.
     */
    size_t (*copy)(const struct tb *from, struct tb *tb, struct code_buf buf);
    /* Run from code until an exit. */
    struct jit_exit (*enter)(struct cpu *cpu, const uint8_t *code);
    /* Chain exit slot of tb to code (an executable address), or back to its stub (NULL). Atomic against running CPUs. */
    void (*patch)(struct tb *tb, unsigned slot, const uint8_t *code);
    /* The guest PC and the index of its instruction in the block for a host return address inside tb's code. */
    void (*lookup_pc)(const struct tb *tb, uintptr_t host_ra, gva *pc, unsigned *index);
    /*
     * A host fault (SIGSEGV, SIGBUS) at rip inside tb's code: make the context go on in the slow path of
     * that access. False if rip is no guest memory access.
     */
    bool (*fault)(const struct tb *tb, void *ucontext);
    /* Log the host code of a block (-d out_asm) with capstone. */
    void (*disas)(const struct tb *tb, GString *out);
    /* Set the base of the data set for this thread (GS). */
    void (*set_base)(void *flat_base);
    /*
     * Sticky FP flags as FP_* bits since the last call, which clears them. live: called in a helper of translated
     * code, where the hardware register holds them; else they are in cpu->host_fpcr.
     */
    unsigned (*fp_take_flags)(struct cpu *cpu, bool live);
    /* Make rm (enum ir_rm, not RMM) the rounding mode and clear the flags, in cpu->host_fpcr and if live in the hardware too. */
    void (*fp_set_rounding)(struct cpu *cpu, unsigned rm, bool live);
    /* A helper leaves translated code for good (longjmp): save the guest's FP control in cpu->host_fpcr, load the host's; host_ra = 0. */
    void (*unwind)(struct cpu *cpu);
};

/* Host CPU features the x64 back end asks for: bits of tcg_config.host_features_off. SSE2 is always there. */
enum x64_feature {
    X64_SSE41 = 1 << 0,
    X64_POPCNT = 1 << 1,
    X64_LZCNT = 1 << 2,
    X64_BMI1 = 1 << 3, /* andn, tzcnt */
    X64_BMI2 = 1 << 4, /* shlx, shrx, sarx, rorx, mulx */
    X64_AVX = 1 << 5,
    X64_FMA = 1 << 6,  /* needs AVX */
    X64_MOVBE = 1 << 7,
};

/* The back end of this host, or NULL. */
extern const struct backend *const host_backend;
/* Executable address -> writable address of the code cache. */
uint8_t *code_rw(const uint8_t *rx);

#endif
