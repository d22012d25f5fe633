/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the soft MMU share among themselves. */
#ifndef MYNAH_MMU_INT_H
#define MYNAH_MMU_INT_H

#include <string.h>

#include "softmmu.h"

#define SPREAD_MAX (8 * 1024)    /* regions that a table has 8 KiB for each, when a flush gives its memory back */

static inline void mmu_lock(struct mmu_cpu *e)
{
    while (__atomic_exchange_n(&e->lock, 1, __ATOMIC_ACQUIRE))
        g_thread_yield();
}

static inline void mmu_unlock(struct mmu_cpu *e)
{
    __atomic_store_n(&e->lock, 0, __ATOMIC_RELEASE);
}

/* -- Sets, sets.c -- */

static inline bool keys_equal(const struct mmu_key *a, const struct mmu_key *b)
{
    return a->root == b->root && a->mode == b->mode;
}

static inline struct mmu_slow *slow_entry(struct mmu_set *s, gva va)
{
    return &s->slow[(va >> PAGE_BITS) % SLOW_ENTRIES];
}

static inline struct mmu_slow *fetch_entry(struct mmu_set *s, gva va)
{
    return &s->fetch[(va >> PAGE_BITS) % FETCH_ENTRIES];
}

/* The set that an access uses. */
static inline struct mmu_set *set_of(const struct cpu *cpu, unsigned memop)
{
    unsigned context = memop >> IR_MEM_CTX_SHIFT & 7;

    return likely(!context) ? cpu->data_set : cpu->context_set[context - 1];
}

/* The set of the key and no other. */
struct mmu_set *mmu_private_set(struct cpu *cpu, const struct mmu_key *key);
/* The set to use for a key that becomes current: its own one, or the shared one as long as it needs none. */
struct mmu_set *mmu_set_for(struct cpu *cpu, const struct mmu_key *key);
/*
 * The regimes under MMU_GLOBAL of one mode share a set: a kernel's, whose pages are the same in all of its address
 * spaces. One of them has a page that is not global: from now on it has a set of its own.
 */
struct mmu_set *mmu_leave_shared(struct cpu *cpu, struct mmu_set *s);

/* -- Forgetting, flush.c -- */

/* What mmu_init() was given. */
extern void (*mmu_no_generation_left)(struct cpu *cpu);

void mmu_forget_caches(struct mmu_set *s);
/* Empty the table, with its memory given back if it has more than so many regions. */
void mmu_clear_table(struct mmu_cpu *e, struct mmu_set *s, uint32_t spread_max);
/* Forget all that was translated by the set. */
void mmu_flush_set(struct cpu *cpu, struct mmu_set *s);
/* The page is part of a leaf of that size: a flush of any address in it must forget all of it. */
void mmu_note_large(struct mmu_set *s, gva page, uint64_t size);

static inline unsigned spread_bit(gva page)
{
    return (page >> 21) % SPREAD_BITS;
}

/* The table has memory for the region of the page: else nothing was ever filled there. */
static inline bool has_region(const struct mmu_set *s, gva page)
{
    unsigned b = spread_bit(page);

    return s->spread[b / 64] >> (b % 64) & 1;
}

/* -- Filling, fill.c -- */

static inline bool is_code(const struct mmu_slow *t)
{
    const struct ram_block *b = t->map->region->ram;

    return b && __atomic_load_n(&b->page_flags[(t->host - b->host) >> PAGE_BITS], __ATOMIC_ACQUIRE) & RAM_PAGE_CODE;
}

/*
 * What is at the page of va, of which [va, va + len) is accessed; entered in the table as far as that is right. False
 * and *fault if the access is not permitted.
 */
bool mmu_try_resolve(struct cpu *cpu, struct mmu_set *s, gva va, unsigned len, enum mmu_access access,
                     struct mmu_slow *t, struct mmu_fault *fault);
/* The same, raising the fault. */
struct mmu_slow mmu_resolve(struct cpu *cpu, struct mmu_set *s, gva va, unsigned len, enum mmu_access access,
                            unsigned memop);
/* Raise it at the current instruction; leaves for the loop. */
void mmu_raise(struct cpu *cpu, const struct mmu_fault *fault, unsigned memop) __attribute__((noreturn));
/* Nothing answers at pa. False, for returning it. */
bool mmu_bus_error(struct mmu_fault *fault, gva va, gpa pa, enum mmu_access access);

/* -- Accesses, access.c -- */

static inline uint64_t extend(uint64_t v, unsigned memop)
{
    unsigned bits = 8u << (memop & IR_MEM_SIZE);

    if (bits == 64)
        return v;
    return memop & IR_MEM_SIGNED ? (uint64_t)sign_extend(v, bits) : v & ((UINT64_C(1) << bits) - 1);
}

static inline uint64_t byte_order(uint64_t v, unsigned memop)
{
    return memop & IR_MEM_BE ? __builtin_bswap64(v) >> (64 - (8u << (memop & IR_MEM_SIZE))) : v;
}

static inline uint64_t host_load(const uint8_t *p, unsigned size)
{
    if (likely(((uintptr_t)p & (size - 1)) == 0)) {
        switch (size) {
        case 1: return __atomic_load_n(p, __ATOMIC_RELAXED);
        case 2: return __atomic_load_n((const uint16_t *)p, __ATOMIC_RELAXED);
        case 4: return __atomic_load_n((const uint32_t *)p, __ATOMIC_RELAXED);
        case 8: return __atomic_load_n((const uint64_t *)p, __ATOMIC_RELAXED);
        }
    }
    switch (size) { /* of a known size each: one host access */
    case 2: {
        uint16_t v;
        memcpy(&v, p, sizeof(v));
        return v;
    }
    case 4: {
        uint32_t v;
        memcpy(&v, p, sizeof(v));
        return v;
    }
    default: {
        uint64_t v;
        memcpy(&v, p, sizeof(v));
        return v;
    }
    }
}

static inline void host_store(uint8_t *p, unsigned size, uint64_t v)
{
    if (likely(((uintptr_t)p & (size - 1)) == 0)) {
        switch (size) {
        case 1: __atomic_store_n(p, v, __ATOMIC_RELAXED); return;
        case 2: __atomic_store_n((uint16_t *)p, v, __ATOMIC_RELAXED); return;
        case 4: __atomic_store_n((uint32_t *)p, v, __ATOMIC_RELAXED); return;
        case 8: __atomic_store_n((uint64_t *)p, v, __ATOMIC_RELAXED); return;
        }
    }
    switch (size) { /* of a known size each: one host access */
    case 2: memcpy(p, &v, 2); return;
    case 4: memcpy(p, &v, 4); return;
    default: memcpy(p, &v, 8); return;
    }
}

/*
 * The host address of an access that lies in a page with an entry: misaligned ones come here often.
 * NULL if there is none. Watched pages and those of code have no (store) entry.
 */
static inline uint8_t *through_table(const struct mmu_set *s, gva va, unsigned size, bool store)
{
    if ((va & ~PAGE_MASK) + size > PAGE_SIZE)
        return NULL;
    if (s->flat) {
        int64_t entry = __atomic_load_n(store ? flat_store_entry(s->flat, va) : flat_load_entry(s->flat, va),
                                        __ATOMIC_RELAXED);
        return entry && ram_in_window(entry + va) ? (uint8_t *)(entry + va) : NULL;
    }
    const struct tlb_entry *t = tlb_entry(s->tlb, va);
    gva tag = __atomic_load_n(store ? &t->store_tag : &t->load_tag, __ATOMIC_RELAXED); /* others may take it away */
    return tag == (va & PAGE_MASK) ? (uint8_t *)(t->addend + va) : NULL;
}

/* After a write of memory: drop what was translated from it. */
void mmu_wrote(const struct mmu_slow *t, const uint8_t *host, unsigned size);
/* What is at pa: the page's mapping, or another in the same page. */
const struct mapping *mmu_on_bus(struct cpu *cpu, const struct mmu_slow *t, gpa pa);
/* How many bytes of the access lie in the first page. 0 and *fault: its alignment is forbidden. */
unsigned mmu_first_part(gva va, unsigned size, enum mmu_access access, unsigned memop, struct mmu_fault *fault);
/* Compare and exchange size aligned bytes in host order; *old becomes what was there. */
bool mmu_host_cas(uint8_t *p, unsigned size, uint64_t *old, uint64_t new);

#endif
