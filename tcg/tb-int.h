/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the blocks share: their references, their pages, room for them. */
#ifndef MYNAH_TB_INT_H
#define MYNAH_TB_INT_H

#include "engine.h"

#define ONCE_BYTES (32 * KiB)    /* of host code for a CPU's block that is not kept */
#define MAX_INSNS 64             /* of a block */
#define LINE_BITS 6              /* a code page keeps one bit for 64 bytes */
#define SAMPLES 3                /* jumps back looked at, of those to a block, before it is made as a loop */
#define LOOP_TRIES 2             /* ... and once more, from what the loop has left for: so often in all */

struct code_page;
struct code_region;

/* -- References -- */

extern struct tb *tbs; /* of all regions */

static inline tb_ref ref_of(const struct tb *tb, unsigned low)
{
    return (uint32_t)(tb - tbs + 1) << 2 | low;
}

static inline struct tb *ref_tb(tb_ref ref)
{
    return ref ? &tbs[(ref >> 2) - 1] : NULL;
}

static inline unsigned ref_low(tb_ref ref)
{
    return ref & 3;
}

/* Bytes of its guest code before its first instruction. */
static inline unsigned tb_before(const struct tb *tb)
{
    return tb->guest2 ? 0 : tb->guest_before;
}

static inline unsigned page_offset(const struct tb *tb)
{
    return (uintptr_t)tb->guest & ~PAGE_MASK;
}

/* -- Blocks, tb.c. With tcg_lock held -- */

/* The block of that code under the key; any_second: whatever its second page is. NULL: there is none. */
struct tb *tb_find_locked(const uint8_t *guest, uint32_t key, const uint8_t *guest2, bool any_second);
/* The CPU may enter the block at pc, where its guest code is mapped now, without asking. */
void tb_jump_cache_insert(struct cpu *cpu, gva pc, struct tb *tb);
/* It can be found from now on. first is its page, second the other one or NULL. */
void tb_publish(struct tb *tb, const uint8_t *guest, const uint8_t *guest2, struct code_page *first,
                struct code_page *second);
/* It can't. The code stays until its region is evicted: a CPU may be running it. */
void tb_invalidate(struct tb *tb);
/*
 * Blocks under this key may be made as loops: their instructions are not counted, nothing asks to see each turn, and
 * blocks may have more than one instruction.
 */
bool tb_may_be_loop(uint32_t key);
/* Empty the table: no CPU runs any more. */
void tb_forget_table(void);
/* The address behind the page of va. */
static inline gva next_page(const struct cpu *cpu, gva va)
{
    return ((va & PAGE_MASK) + PAGE_SIZE) & cpu->va_mask;
}

/* -- Pages of guest memory with code, tb-pages.c -- */

/* A page of guest memory that has, or is getting, translated code. */
struct code_page {
    uint8_t *host;
    tb_ref first;         /* blocks, with which of its pages this is */
    uint64_t lines;       /* with translated bytes */
    uint64_t habit[ACCESS_HABITS]; /* lines whose accesses have it: see tb_note_access() */
    unsigned building;    /* translations under way */
    uint32_t writes;      /* counts writes */
    uint32_t written[PAGE_SIZE >> LINE_BITS]; /* the last one to a line: what was read before must be read again */
    unsigned beside;      /* writes since its blocks were last dropped ... */
    unsigned patience;    /* ... and how many it takes to drop them all */
    bool ready;           /* no CPU can write by its fast path any more */
};

void tb_pages_init(void);
void tb_pages_fini(void);
/*
 * Make the host page a code page and keep it one until tb_page_release(); *writes counts those of before. The caller is
 * at a safe point, without tcg_lock.
 */
struct code_page *tb_page_hold(struct cpu *cpu, uint8_t *host, uint32_t *writes);

/* With tcg_lock held: */
void tb_page_release(struct code_page *p);
/* The page as long as it has blocks or is held, or NULL. */
struct code_page *tb_page_find(const uint8_t *guest);
/* The block is on its page i, or no longer. */
void tb_page_add(struct code_page *p, struct tb *tb, unsigned i);
void tb_page_remove(struct code_page *p, struct tb *tb, unsigned i);
/* The bytes [from, to) of the page have not been written since that count of writes. */
bool tb_unwritten_since(const struct code_page *p, uint32_t writes, unsigned from, unsigned to);
unsigned tb_pages_count(void);

/* -- Room for blocks, tb-cache.c -- */

/* A block under way: nobody finds it, and its region is not given to others. */
struct tb_room {
    struct code_region *region;
    struct tb *tb;
    size_t start, end; /* offsets in the code cache */
};
/* With tcg_lock held: room for that many bytes or, where less is left in the region, that. False: there is none. */
bool tb_reserve(struct tb_room *room, size_t bytes);
/* With tcg_lock held: it has used that many, 0 to give it up. */
void tb_settle(const struct tb_room *room, size_t used);
/* True if there was no more room to be had. */
bool tb_room_is_last(const struct tb_room *room);
/* With tcg_lock held: the region is being emptied. */
bool tb_room_is_lost(const struct tb_room *room);
/* Empty the next region and make it current. The caller is at a safe point, without tcg_lock. */
void tb_evict_next(struct cpu *cpu);
/* The exits of the CPU's block that is not kept. */
uint32_t tb_once_jumps(const struct cpu *cpu);
/* Blocks that can be found; guarded by tcg_lock. */
extern uint64_t tb_nvalid;
/* How many jumps have been chained, and blocks invalidated, evicted ones too. With tcg_lock held. */
extern uint64_t tb_nchained, tb_ninvalidated;

#endif
