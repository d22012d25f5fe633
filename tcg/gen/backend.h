/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the engine and a back end share: translation blocks, the jump cache, code memory, and the back end's functions.
 */
#ifndef MYNAH_TCG_GEN_BACKEND_H
#define MYNAH_TCG_GEN_BACKEND_H

#include "cpu.h"
#include "ir.h"

/* -- Translation blocks -- */

#define TB_JUMPS 4 /* direct exits a block can have; further EXIT_JUMPs go through the jump cache */

/* A block's number + 1, so that 0 is none; shifted by two, with an exit's slot below. Numbers are tb-cache.c's. */
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
    const uint8_t *code;    /* entry in the executable mapping, or what enter() of the back end takes for it */
    uint32_t key;           /* cpu->key */
    /* list in the table of blocks; TB_INVALID: found no more, it runs out where it is running */
    tb_ref hash_next;
    uint32_t code_size;     /* the side table is behind the code: see the back end's lookup_pc */
    tb_ref in;              /* with slot: exits chained to this block */
    tb_ref page_next[2]; /* lists of the blocks of its pages: tb-pages.c */
    union {
        tb_ref page_prev[2];
        struct {
            tb_ref first_prev;
            uint32_t guest_before; /* bytes before its first instruction that it has code of, if guest2 is NULL */
        };
    };
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

/* -- Code memory -- */

struct code_buf {
    uint8_t *rw;        /* where to write ... */
    const uint8_t *rx;  /* ... and where the same bytes execute */
    size_t size;
};

/* All of it. */
extern struct code_buf code_cache;
/* True if the host lets this process have so many bytes; else *why says why not. */
bool code_cache_usable(size_t bytes, const char **why);
/* Reserve it. False: not to be had; *why says why. */
bool code_cache_init(size_t bytes, const char **why);
/* Executable address -> writable address. */
uint8_t *code_rw(const uint8_t *rx);

/* -- A back end: what blocks are made into. A host's makes code of it; the interpreter is one without -- */

/* What translated code returned with. */
struct jit_exit {
    struct tb *tb; /* left by an unchained direct exit of this block ... */
    unsigned slot; /* ... this one; tb == NULL: any other way. cpu->pc is set in either case */
};

/*
 * Without code memory, as the interpreter's is, there are only name, room, compile, release and enter; the others are NULL.
 */
struct backend {
    const char *name; /* "x64" */
    const char *const *features; /* of host CPUs that it asks for, from bit 0 on; NULL-terminated */
    bool checks;                 /* merged checks of pages save it something: ir_merge_checks() */
    unsigned *features_off;      /* bit set of those not to use; set before init() */
    /*
     * Emit the prologue, epilogue and common stubs for an architecture's register table into buf (4 KiB
     * do); returns bytes used (a multiple of 16). Called once for each register table of each architecture that
     * will run, before anything else of it. 0: this host lacks something (*why says what).
     */
    size_t (*init)(const struct cpu_arch *arch, const struct guest_reg *regs, struct code_buf buf, const char **why);
    /* Bytes in which compile() nearly always succeeds: more than it uses of them. */
    size_t (*room)(const struct ir_unit *u);
    /*
     * Compile the unit to buf. Fills tb->code, code_size (the side table is placed in buf after the code), njumps,
     * loops, and its exits, for which there is room at tb->jumps. Returns the bytes used (a multiple of 16), or 0 if
     * buf is too small. Without code memory: tb->code is what enter() takes, and of buf only the size counts. Under
     * KEY_ICOUNT the unit starts with budget -= ninsns; if that is negative it is undone and the unit left with tb NULL
     * and cpu->pc at its first instruction, for the loop to run a shorter unit (max_insns = budget) or stop at 0. An
     * exit before the last instruction gives back what was not executed; a helper that
     * leaves by cpu_loop_exit() does not: the engine adds ninsns - index for the index of lookup_pc.
     */
    size_t (*compile)(const struct ir_unit *u, struct tb *tb, struct code_buf buf);
    /* The block is run no more: free what compile() allocated for it. NULL: nothing. */
    void (*release)(struct tb *tb);
    /* Run from code until an exit; cpu->code_page is where its page is mapped. */
    struct jit_exit (*enter)(struct cpu *cpu, const uint8_t *code);
    /*
     * Chain exit slot of tb to code (an executable address), or back to its stub (NULL). Atomic against running CPUs.
     */
    void (*patch)(struct tb *tb, unsigned slot, const uint8_t *code);
    /*
     * For a host return address inside tb's code the guest instruction: its offset in the page, its index in the block.
     */
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
    /*
     * Make rm (enum ir_rm, not RMM) the rounding mode and clear the flags, in cpu->host_fpcr and if live in the
     * hardware too.
     */
    void (*fp_set_rounding)(struct cpu *cpu, unsigned rm, bool live);
    /*
     * In a helper of translated code: the host's own FP control becomes the hardware's; what that was, for fp_guest().
     */
    uint32_t (*fp_host)(void);
    void (*fp_guest)(uint32_t control);
    /*
     * A helper leaves translated code for good (longjmp): save the guest's FP control in cpu->host_fpcr, load the
     * host's; host_ra = 0.
     */
    void (*unwind)(struct cpu *cpu);
};

/* Host CPU features the x64 back end asks for: bits of *features_off. SSE2 is always there. */
enum x64_feature {
    X64_SSE41 = 1 << 0,
    X64_POPCNT = 1 << 1,
    X64_LZCNT = 1 << 2,
    X64_BMI1 = 1 << 3, /* andn, tzcnt */
    X64_BMI2 = 1 << 4, /* shlx, shrx, sarx, rorx, mulx */
    X64_AVX = 1 << 5,
    X64_FMA = 1 << 6,  /* needs AVX */
    X64_MOVBE = 1 << 7,
    X64_AVX2 = 1 << 8, /* needs AVX */
    X64_AES = 1 << 9,
};

/* The back end of this host, or NULL. */
extern const struct backend *const host_backend;

#endif
