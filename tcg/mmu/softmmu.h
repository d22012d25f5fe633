/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The soft page tables of a CPU: one set per translation regime, several kept, the least recently
 * used given up. A set has the flat table (or tagged TLB) that translated code reads, the log of what
 * was filled, and small caches for what translated code can't do itself (devices, fetches).
 */
#ifndef MYNAH_SOFTMMU_H
#define MYNAH_SOFTMMU_H

#include "cpu.h"
#include "layout.h"

#define MMU_SETS 16
/* Made at once, and one more for each further context: the current ones and the next. Others where the host has room. */
#define MMU_SETS_MIN 3
#define SET_HINTS 32
#define SLOW_ENTRIES 64
#define FETCH_ENTRIES 256
#define FILL_BUCKETS 1024
#define LARGE_LEAVES 16
#define SPREAD_BITS (1u << 19) /* regions of 2 MiB in 2^40 bytes: further up the same pages of the table serve again */
#define FILTER_TAGS 4096

/* A set of page or region numbers by their low bits. It may know numbers that were never added: see filter_add(). */
struct mmu_filter {
    bool any;
    uint32_t tag[FILTER_TAGS]; /* 0: empty */
};

/* One fill of the flat table, chained by host page to find the entries that must go when it gets code. */
struct mmu_fill {
    gva page;
    uint8_t *host;
    uint32_t next; /* index + 1 of the next in the bucket; 0: none */
};

/* One page's translation as the slow paths keep it. */
struct mmu_slow {
    gva page;                 /* ~0: empty */
    gpa pa;                   /* of the page */
    const struct mapping *map; /* what is there, NULL: nothing */
    uint8_t *host;            /* of the page, if all of it is memory for reading; else NULL */
    uint8_t prot;             /* 1 << enum mmu_access */
    bool split;               /* not kept: see struct mmu_page */
    uint16_t first, last;
};

/* The set that was switched to last from another, for a key. */
struct mmu_next {
    struct mmu_key key;
    uint32_t epoch;          /* mmu_cpu.set_epoch then: another epoch may have another set for the key */
    struct mmu_set *set;
};
#define NEXT_SETS 8

struct mmu_set {
    struct mmu_key key;
    struct mmu_next next[NEXT_SETS]; /* by the key's mode, see next_set() */
    bool shared;             /* has global pages only, for every root: key.root is the current one. See leave_shared() */
    bool empty;              /* nothing was translated since it was flushed */
    uint64_t last_use;
    void *flat;              /* base B of layout.h, NULL with tagged TLBs */
    struct tlb_entry *tlb;   /* NULL with flat tables */
    struct mmu_fill *fills;
    uint32_t nfills, fills_cap;
    uint32_t bucket[FILL_BUCKETS]; /* index + 1 into fills */
    uint64_t *spread;        /* bit map of 2 MiB regions: the table's pages for them are in use, see note_spread() */
    uint32_t nspread;        /* bits in it */
    /* Large leaves seen: a flush of any address in one must forget all of it. See note_large(). */
    struct mmu_filter medium;          /* the 4 MiB regions with leaves of up to 4 MiB */
    struct mmu_leaf {
        gva base;
        uint64_t size;
    } large[LARGE_LEAVES];             /* larger ones */
    unsigned nlarge;
    uint32_t gen;            /* cpu->exec_gen while this is the fetch set */
    struct mmu_filter executed; /* pages whose code ran through this set since gen changed */
    struct mmu_slow slow[SLOW_ENTRIES];
    struct mmu_slow fetch[FETCH_ENTRIES];
};

struct mmu_stats {
    uint64_t generations; /* changes of mappings that blocks had been executed by */
    uint64_t fills, flushes, page_flushes, large_flushes, set_switches, set_evictions;
    uint64_t slow_loads, slow_stores;
};

/* A CPU's soft page tables. */
struct mmu_cpu {
    unsigned lock; /* a spin lock: held by the owner to fill and flush, by others to take write permission away */
    struct mmu_set *sets[MMU_SETS];
    unsigned nsets;
    struct mmu_set *set_hints[SET_HINTS]; /* by hash of the key; NULL: none yet */
    uint32_t set_epoch; /* counts the times that a set was given to a key; from 1 */
    uint64_t use_clock;
    uint32_t gen_clock;
    uint32_t spread;               /* mmu_set.nspread of all sets */
    const struct mapping *pte_map; /* where the last page-table entry was */
    uint32_t misaligned;           /* counts misaligned accesses of translated code that took the slow path */
    int64_t guesses_looked_at;    /* the host's time when wrong guesses were looked at last, in ns */
    struct mmu_stats stats;
};

/* Wrong guesses of entries until they are looked at. */
#define GUESSES 1024

/*
 * Decide between flat tables and tagged TLBs for this process: flat ones if they are wanted and can be had. generations_end
 * is called when a CPU has used up all values of cpu->exec_gen: no jump cache entry of it may match any more.
 */
void mmu_init(bool flat, void (*generations_end)(struct cpu *cpu));
/*
 * Make and free a CPU's sets. After mmu_cpu_init() a set for key {0, 0} is current. False: no address space for the
 * tables.
 */
bool mmu_cpu_init(struct cpu *cpu);
void mmu_cpu_fini(struct cpu *cpu);
/* This thread is going to run cpu: make its data table the one that translated code sees. */
void mmu_activate(struct cpu *cpu);

/*
 * Translate for a fetch at va by the fetch set: what is there, valid until the next flush. Raises the
 * fetch's fault (leaving through cpu_loop_exit) if it is not permitted; cpu->pc is exact.
 */
struct mmu_slow mmu_fetch(struct cpu *cpu, gva va);
/* The same without raising: false and *fault. */
bool mmu_try_fetch(struct cpu *cpu, gva va, struct mmu_slow *t, struct mmu_fault *fault);
/* Read size (1 to 4) bytes of code, wherever they are: little-endian. Raises fetch faults, at the byte that is not there. */
uint32_t mmu_read_code(struct cpu *cpu, gva va, unsigned size);
/* Code at va is about to be entered through the jump cache: a flush of its page must change exec_gen. */
void mmu_note_executed(struct cpu *cpu, gva va);
/*
 * The host page gets translated code: no CPU may write to it by the fast path. True if another CPU
 * than self could until now and may still be in the middle of a store.
 */
bool mmu_protect(uint8_t *host_page, struct cpu *self);
/* Forget everything: the memory map changed, or watchpoints, of whose pages the slow paths are to see each access. */
void mmu_forget_all(struct cpu *cpu);
/* See struct accel. */
bool mmu_debug_translate(struct cpu *cpu, gva va, gpa *pa);

#endif
