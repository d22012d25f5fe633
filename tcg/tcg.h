/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of the execution engine share: translation blocks, the soft page table's layout,
 * the jump cache, and the interface of a host back end. Frontends and devices never include this.
 */
#ifndef MYNAH_TCG_H
#define MYNAH_TCG_H

#include "cpu.h"
#include "ir.h"
#include "vcpu.h"

/* -- What -accel tcg,... set -- */

struct accel;

struct tcg_config {
    bool interp;            /* the IR interpreter instead of host code */
    unsigned tb_size_mib;   /* translation cache; 0: default */
    bool tagged_tlb;        /* use the compact tagged TLB even where the flat table works (mmu=tagged) */
    bool one_insn;          /* units of one instruction (one-insn-per-tb=on) */
    bool no_chain;          /* units are never chained (-d nochain) */
    uint8_t loop_turns;     /* of a block that jumps to itself before it is made as a loop; 0: default */
    unsigned host_features_off; /* bit set of host CPU features not to use (host-features=) */
};
extern struct tcg_config tcg_config;
extern const struct accel tcg_accel;

/* -- Translation blocks -- */

#define TB_JUMPS 4 /* direct exits a block can have; further EXIT_JUMPs go through the jump cache */

/* A block's number + 1, so that 0 is none; shifted by two, with an exit's slot below. Numbers are tb.c's. */
typedef uint32_t tb_ref;

/* One direct exit, to code in the same page. Chained: the jump at patch goes to to's code. */
struct tb_jump {
    tb_ref to;            /* what it is chained to */
    tb_ref next_in;       /* with slot: the next of the exits chained to the same block */
    uint32_t offset : 12; /* of the target in the page */
    uint32_t patch : 20;  /* offset from tb->code of the rel32 of the jump (within an aligned 8 bytes) */
    uint32_t stub;        /* offset of the stub it goes to while unchained */
};
#define TB_PATCH_LIMIT (1u << 20)

/*
 * A block is guest code in memory, translated under a key. It runs at every address that this memory is mapped at:
 * its code takes that from cpu->code_page.
 */
struct tb {
    const uint8_t *guest;   /* host address of the guest code, NULL if it is not RAM */
    const uint8_t *guest2;  /* of the second page, if the first instruction crosses; else NULL */
    union {
        const uint8_t *code;  /* entry in the executable mapping */
        struct ir_code *ir;   /* under the interpreter */
    };
    uint32_t key;           /* with KEY_ISA */
    tb_ref hash_next;       /* list in the table of blocks; TB_INVALID: found no more, it runs out where it is running */
    uint32_t code_size;     /* the side table is behind the code: see the back end's lookup_pc */
    tb_ref in;              /* with slot: exits chained to this block */
    tb_ref page_next[2], page_prev[2]; /* lists of the blocks of its pages: tb.c */
    uint32_t jumps;         /* its exits: the first one's index in tb_jumps */
    uint16_t guest_size : 12; /* to the end of its highest instruction */
    uint16_t njumps : 3;
    uint16_t once : 1;      /* made for one run: neither found, chained nor kept */
    uint8_t loops : 1;      /* it has branches back: once entered it may run on until exit_request is set */
    uint8_t ninsns : 7;     /* of what is counted and logged: a merged loop is not */
    uint8_t turns;          /* jumps back to it that were looked at: see tb_turned() */
} __attribute__((aligned(64)));
#define TB_INVALID UINT32_MAX
_Static_assert(sizeof(struct tb) == 64, "a look-up reads one cache line");

/* The exits of all blocks. */
extern struct tb_jump *tb_jumps;

static inline struct tb_jump *tb_jump(const struct tb *tb, unsigned slot)
{
    return &tb_jumps[tb->jumps + slot];
}

/* -- The jump cache: (pc, key, generation) -> code, two ways a line, one line 64 bytes -- */

struct jump_way {
    gva page;        /* that pc is in: the line has the rest. ~0: empty */
    uint64_t tag;    /* cpu->exec_gen << 32 | cpu->key */
    const uint8_t *code; /* entry of the host code */
    struct tb *tb;
};
struct jump_line {
    struct jump_way way[2];
} __attribute__((aligned(64)));

#define JUMP_LINES 16384
#define JUMP_BYTES (JUMP_LINES * sizeof(struct jump_line))
/* A CPU's lines lie in memory before it, so that translated code has their distance from its base register. */
#define JUMP_CACHE (-(int32_t)JUMP_BYTES)
/* The line of pc, which is even, by bits 1..14 of it. Translated code computes (pc * 4) & mask and scales that by 8. */
#define JUMP_LINE_MASK ((JUMP_LINES - 1) * 8u)
static inline struct jump_line *jump_line(struct cpu *cpu, gva pc)
{
    return (struct jump_line *)((char *)cpu + JUMP_CACHE + 8 * ((uint32_t)(pc * 4) & JUMP_LINE_MASK));
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

/* -- Slow paths, tcg/mmu/. Called from translated code (as helpers with IR_H_TRAPS) and the interpreter -- */

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
    const char *const *features; /* names for the bits of tcg_config.host_features_off, from bit 0 on; NULL-terminated */
    /*
     * Emit the prologue, epilogue and common stubs for an architecture's register table into buf (4 KiB
     * do); returns bytes used (a multiple of 16). Called once for each architecture that will run,
     * before anything else of it. 0: this host lacks something (*why says what).
     */
    size_t (*init)(const struct cpu_arch *arch, struct code_buf buf, const char **why);
    /*
     * Compile the unit to buf. Fills tb->code, code_size (the side table is placed in buf after the code), njumps,
     * loops, and its exits, for which there is room at tb->jumps. Returns the bytes used (a multiple of 16), or 0
     * if buf is too small.
     * Under KEY_ICOUNT the unit starts with budget -= ninsns; if that is negative it is undone and the unit
     * left with tb NULL and cpu->pc at its first instruction, for the loop to run a shorter unit (max_insns = budget) or
     * stop at 0. An exit before the last instruction gives back what was not executed; a helper that
     * leaves by cpu_loop_exit() does not: the engine adds ninsns - index for the index of lookup_pc.
     */
    size_t (*compile)(const struct ir_unit *u, struct tb *tb, struct code_buf buf);
    /* Run from code until an exit; cpu->code_page is where its page is mapped. */
    struct jit_exit (*enter)(struct cpu *cpu, const uint8_t *code);
    /* Chain exit slot of tb to code (an executable address), or back to its stub (NULL). Atomic against running CPUs. */
    void (*patch)(struct tb *tb, unsigned slot, const uint8_t *code);
    /* For a host return address inside tb's code the guest instruction: its offset in the page, its index in the block. */
    void (*lookup_pc)(const struct tb *tb, uintptr_t host_ra, unsigned *offset, unsigned *index);
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
    /* In a helper of translated code: the host's own FP control becomes the hardware's; what that was, for fp_guest(). */
    uint32_t (*fp_host)(void);
    void (*fp_guest)(uint32_t control);
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
