/* SPDX-License-Identifier: BSD-2-Clause */
/* Forgetting what was translated: entries of tables, one page, all of a regime; and which mappings code ran by. */
#include "mmu-int.h"

#include <string.h>
#include <sys/mman.h>

#include "vcpu.h"

/* -- Filters -- */

#define TAG_MANY UINT32_MAX

static uint32_t tag_of(uint64_t number)
{
    return (uint32_t)number | 1u << 31;
}

/* Two numbers that share a place are kept as all that do. */
static void filter_add(struct mmu_filter *f, uint64_t number)
{
    uint32_t *tag = &f->tag[number % FILTER_TAGS];

    *tag = *tag && *tag != tag_of(number) ? TAG_MANY : tag_of(number);
    f->any = true;
}

static bool filter_has(const struct mmu_filter *f, uint64_t number)
{
    uint32_t tag = f->tag[number % FILTER_TAGS];

    return tag == TAG_MANY || tag == tag_of(number);
}

static void filter_empty(struct mmu_filter *f)
{
    if (f->any)
        memset(f, 0, sizeof(*f));
}

/* -- Generations -- */

void mmu_forget_caches(struct mmu_set *s)
{
    for (unsigned i = 0; i < SLOW_ENTRIES; i++)
        s->slow[i].page = ~UINT64_C(0);
    for (unsigned i = 0; i < FETCH_ENTRIES; i++)
        s->fetch[i].page = ~UINT64_C(0);
}

/* Mappings for execution changed: jump cache entries made under the old ones must not match any more. */
static void new_generation(struct cpu *cpu, struct mmu_set *s)
{
    struct mmu_cpu *e = cpu->mmu;

    if (!s->executed.any)
        return;
    e->stats.generations++;
    if (++e->gen_clock == 0) { /* all used up: empty the jump cache, and every set begins anew */
        mmu_no_generation_left(cpu);
        for (unsigned i = 0; i < e->nsets; i++)
            e->sets[i]->gen = ++e->gen_clock;
        e->gen_clock++;
    }
    s->gen = e->gen_clock;
    filter_empty(&s->executed);
    cpu->exec_gen = cpu->fetch_set->gen;
}

/* -- Tables -- */

/*
 * A flush of a page takes all addresses that differ from it in the top byte only, which an architecture may ignore: what
 * was filled by such an address has it in its tag.
 */
static bool same_page(gva tag, gva page)
{
    return ((tag ^ page) & PAGE_MASK) << 8 == 0;
}

static gva without_top(gva page)
{
    return bits(page, 0, 56);
}

static void clear_entries(struct mmu_set *s, gva page)
{
    if (s->flat) {
        if (!has_region(s, page))
            return;
        __atomic_store_n(flat_load_entry(s->flat, page), 0, __ATOMIC_RELAXED);
        __atomic_store_n(flat_store_entry(s->flat, page), 0, __ATOMIC_RELAXED);
    } else {
        struct tlb_entry *t = tlb_entry(s->tlb, page);
        if (same_page(t->load_tag, page))
            t->load_tag = ~UINT64_C(0);
        if (same_page(t->store_tag, page))
            t->store_tag = ~UINT64_C(0);
    }
}

void mmu_clear_table(struct mmu_cpu *e, struct mmu_set *s, uint32_t spread_max)
{
    mmu_lock(e);
    if (s->flat && s->nspread > spread_max) {
        madvise(s->flat, FLAT_BYTES, MADV_DONTNEED);
        memset(s->bucket, 0, sizeof(s->bucket));
        memset(s->spread, 0, SPREAD_BITS / 8);
        e->spread -= s->nspread;
        s->nspread = 0;
    } else if (s->flat) {
        for (uint32_t i = 0; i < s->nfills; i++)
            clear_entries(s, s->fills[i].page);
        if (s->nfills)
            memset(s->bucket, 0, sizeof(s->bucket));
    } else {
        memset(s->tlb, 0xff, TLB_ENTRIES * sizeof(struct tlb_entry));
    }
    s->nfills = 0;
    mmu_unlock(e);
}

/* -- Large leaves: which flushes of a page must take everything -- */

#define MEDIUM_SHIFT 22

void mmu_note_large(struct mmu_set *s, gva page, uint64_t size)
{
    page = without_top(page);
    gva base = page & ~(size - 1);

    if (size <= (UINT64_C(1) << MEDIUM_SHIFT)) {
        filter_add(&s->medium, page >> MEDIUM_SHIFT);
        return;
    }
    for (unsigned i = 0; i < s->nlarge; i++) {
        if (page - s->large[i].base < s->large[i].size)
            return;
    }
    if (s->nlarge < LARGE_LEAVES)
        s->large[s->nlarge++] = (struct mmu_leaf){ base, size };
    else
        s->large[0] = (struct mmu_leaf){ 0, ~UINT64_C(0) }; /* no room: everything counts as one leaf */
}

static bool in_large(const struct mmu_set *s, gva page)
{
    page = without_top(page);
    if (filter_has(&s->medium, page >> MEDIUM_SHIFT))
        return true;
    for (unsigned i = 0; i < s->nlarge; i++) {
        if (page - s->large[i].base < s->large[i].size)
            return true;
    }
    return false;
}

static void forget_large(struct mmu_set *s)
{
    filter_empty(&s->medium);
    s->nlarge = 0;
}

void mmu_flush_set(struct cpu *cpu, struct mmu_set *s)
{
    if (s->empty)
        return;
    s->empty = true;
    mmu_clear_table(cpu->mmu, s, SPREAD_MAX);
    forget_large(s);
    mmu_forget_caches(s);
    new_generation(cpu, s);
}

void mmu_note_executed(struct cpu *cpu, gva va)
{
    filter_add(&cpu->fetch_set->executed, va >> PAGE_BITS);
}

static void flush_set_page(struct cpu *cpu, struct mmu_set *s, gva page)
{
    struct mmu_slow *slow = slow_entry(s, page), *fetch = fetch_entry(s, page);

    if (in_large(s, page)) {
        cpu->mmu->stats.large_flushes++;
        mmu_flush_set(cpu, s);
        return;
    }
    mmu_lock(cpu->mmu);
    clear_entries(s, page);
    mmu_unlock(cpu->mmu);
    if (same_page(slow->page, page))
        slow->page = ~UINT64_C(0);
    if (same_page(fetch->page, page))
        fetch->page = ~UINT64_C(0);
    if (filter_has(&s->executed, page >> PAGE_BITS))
        new_generation(cpu, s);
}

/* What a flush may see of the set's key. */
static struct mmu_key flush_key(const struct mmu_set *s)
{
    return (struct mmu_key){ s->shared ? MMU_ANY_ROOT : s->key.root, s->key.mode };
}

void mmu_flush(struct cpu *cpu, bool (*match)(const struct mmu_key *key, void *opaque), void *opaque)
{
    struct mmu_cpu *e = cpu->mmu;

    e->stats.flushes++;
    e->pte_map = NULL;
    for (unsigned i = 0; i < e->nsets; i++) {
        struct mmu_key key = flush_key(e->sets[i]);
        if (!match || match(&key, opaque))
            mmu_flush_set(cpu, e->sets[i]);
    }
}

void mmu_flush_page(struct cpu *cpu, gva va, bool (*match)(const struct mmu_key *key, void *opaque), void *opaque)
{
    struct mmu_cpu *e = cpu->mmu;

    e->stats.page_flushes++;
    for (unsigned i = 0; i < e->nsets; i++) {
        struct mmu_key key = flush_key(e->sets[i]);
        if (!match || match(&key, opaque))
            flush_set_page(cpu, e->sets[i], va & PAGE_MASK);
    }
}

void mmu_forget_all(struct cpu *cpu)
{
    mmu_flush(cpu, NULL, NULL);
}
