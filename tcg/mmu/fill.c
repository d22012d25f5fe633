/* SPDX-License-Identifier: BSD-2-Clause */
/* Filling the soft page tables: what is at a page, as walks and the memory map say, and who may go there directly. */
#include "cpu-exec.h"
#include "mmu-int.h"

#include <inttypes.h>

#include "cpus.h"
#include "log.h"
#include "vcpu.h"

#define FILLS_MAX (256 * 1024)   /* entries of a set before it is flushed */
#define SPREAD_CPU (32 * 1024)   /* regions that all tables of a CPU have 8 KiB for each, when they give some back */

/* -- Fills -- */

static unsigned fill_bucket(const uint8_t *host)
{
    return ((uintptr_t)host >> PAGE_BITS) % FILL_BUCKETS;
}

static bool page_watched(const struct cpu *cpu, gva page)
{
    const GArray *list = cpu->vcpu->watchpoints;

    for (unsigned i = 0; i < list->len; i++) {
        const struct watchpoint *w = &g_array_index(list, struct watchpoint, i);
        if (page <= w->addr + w->len - 1 && page + PAGE_SIZE - 1 >= w->addr)
            return true;
    }
    return false;
}

/* The fill is in the log, near the front of its bucket: then it needs no further entry. */
static bool logged(const struct mmu_set *s, const struct mmu_slow *t)
{
    uint32_t i = s->bucket[fill_bucket(t->host)];

    for (unsigned tries = 0; i && tries < 8; tries++, i = s->fills[i - 1].next) {
        if (s->fills[i - 1].page == t->page && s->fills[i - 1].host == t->host)
            return true;
    }
    return false;
}

static void log_fill(struct mmu_set *s, const struct mmu_slow *t)
{
    unsigned b = fill_bucket(t->host);

    if (s->nfills == s->fills_cap) {
        s->fills_cap *= 2;
        s->fills = g_renew(struct mmu_fill, s->fills, s->fills_cap);
    }
    s->fills[s->nfills] = (struct mmu_fill){ t->page, t->host, s->bucket[b] };
    s->bucket[b] = ++s->nfills;
}

/*
 * A fill touches two pages of the table, for loads and for stores. A guest that goes from region to region, in all its
 * address spaces, must not have more and more of the host's memory.
 */
static void note_spread(struct mmu_cpu *e, struct mmu_set *s, gva page)
{
    unsigned b = spread_bit(page);

    if (has_region(s, page))
        return;
    while (e->spread >= SPREAD_CPU) {
        struct mmu_set *most = s;
        for (unsigned i = 0; i < e->nsets; i++) {
            if (e->sets[i]->nspread > most->nspread)
                most = e->sets[i];
        }
        mmu_clear_table(e, most, 0);
    }
    s->spread[b / 64] |= UINT64_C(1) << (b % 64);
    s->nspread++;
    e->spread++;
}

/* Let translated code access the page itself, as far as that is right. */
static void fill(struct cpu *cpu, struct mmu_set *s, const struct mmu_slow *t)
{
    struct mmu_cpu *e = cpu->mmu;
    bool load = t->prot & (1 << MMU_READ), store = t->prot & (1 << MMU_WRITE);

    if (!t->host || t->split || page_watched(cpu, t->page))
        return;
    if (s->flat && s->nfills == FILLS_MAX)
        mmu_clear_table(e, s, SPREAD_MAX);
    if (s->flat)
        note_spread(e, s, t->page);
    e->stats.fills++;
    mmu_lock(e);
    store = store && t->map->region->kind == REGION_RAM && !is_code(t);
    int64_t entry = (int64_t)((uintptr_t)t->host - t->page);
    if (s->flat) {
        if (!logged(s, t))
            log_fill(s, t);
        __atomic_store_n(flat_load_entry(s->flat, t->page), load ? entry : 0, __ATOMIC_RELAXED);
        __atomic_store_n(flat_store_entry(s->flat, t->page), store ? entry : 0, __ATOMIC_RELAXED);
    } else {
        struct tlb_entry *l = tlb_entry(s->tlb, t->page);
        l->addend = entry;
        __atomic_store_n(&l->load_tag, load ? t->page : t->page | TLB_INVALID, __ATOMIC_RELAXED);
        __atomic_store_n(&l->store_tag, store ? t->page : t->page | TLB_INVALID, __ATOMIC_RELAXED);
    }
    mmu_unlock(e);
}

static bool protect_in_set(struct mmu_set *s, uint8_t *host_page)
{
    bool found = false;

    if (s->flat) {
        for (uint32_t i = s->bucket[fill_bucket(host_page)]; i; i = s->fills[i - 1].next) {
            const struct mmu_fill *f = &s->fills[i - 1];
            int64_t *entry = flat_store_entry(s->flat, f->page);
            if (f->host == host_page && *entry == (int64_t)((uintptr_t)host_page - f->page)) {
                __atomic_store_n(entry, 0, __ATOMIC_RELAXED);
                found = true;
            }
        }
        return found;
    }
    for (unsigned i = 0; i < TLB_ENTRIES; i++) {
        struct tlb_entry *t = &s->tlb[i];
        if (!(t->store_tag & TLB_INVALID) && t->store_tag + t->addend == (uintptr_t)host_page) {
            __atomic_store_n(&t->store_tag, t->store_tag | TLB_INVALID, __ATOMIC_RELAXED);
            found = true;
        }
    }
    return found;
}

bool mmu_protect(uint8_t *host_page, struct cpu *self)
{
    bool others = false;

    for (unsigned c = 0; c < cpu_count; c++) {
        struct mmu_cpu *e = cpu_list[c]->mmu;
        bool found = false;
        mmu_lock(e);
        for (unsigned i = 0; i < e->nsets; i++)
            found |= protect_in_set(e->sets[i], host_page);
        mmu_unlock(e);
        others |= found && cpu_list[c] != self;
    }
    return others;
}

/* -- Translation for the slow paths -- */

void mmu_raise(struct cpu *cpu, const struct mmu_fault *fault, unsigned memop)
{
    cpu_sync_pc(cpu);
    cpu->arch->raise_fault(cpu, fault, memop);
    cpu_loop_exit(cpu);
}

bool mmu_bus_error(struct mmu_fault *fault, gva va, gpa pa, enum mmu_access access)
{
    *fault = (struct mmu_fault){ .source = MMU_FAULT_BUS, .access = access, .va = va, .pa = pa };
    return false;
}

/* What memory is at the page: all of it in one mapping, for reading. Else look-ups at each access, see mmu_on_bus(). */
static void find_memory(struct cpu *cpu, struct mmu_slow *t)
{
    t->map = address_space_find(cpu->as, t->pa);
    if (!t->map || t->map->size - (t->pa - t->map->base) < PAGE_SIZE)
        return;
    const struct region *r = t->map->region;
    if (r->kind != REGION_IO && !__atomic_load_n(&r->romd_off, __ATOMIC_ACQUIRE))
        t->host = r->host + (t->pa - t->map->base + t->map->region_offset);
    if ((uintptr_t)t->host & ~PAGE_MASK)
        t->host = NULL;
}

/* What is at the page of va under the set's regime; false and *fault if the access is not permitted. *s: then the set for it. */
static bool translate(struct cpu *cpu, struct mmu_set **s, gva va, unsigned len, enum mmu_access access,
                      struct mmu_slow *t, struct mmu_fault *fault)
{
    struct mmu_page page = { 0 };
    unsigned first = va & ~PAGE_MASK;

    *fault = (struct mmu_fault){ .source = MMU_FAULT_WALK, .access = access, .va = va };
    if (!cpu->arch->walk(cpu, &(*s)->key, va, access, false, &page, fault))
        return false;
    if ((*s)->shared && !page.global)
        *s = mmu_leave_shared(cpu, *s);
    (*s)->empty = false;
    if (page.split && (first < page.first || first + len - 1 > page.last))
        return false;
    *t = (struct mmu_slow){ .page = va & PAGE_MASK, .pa = page.pa & PAGE_MASK, .prot = page.prot, .split = page.split,
                            .first = page.first, .last = page.last };
    find_memory(cpu, t);
    if (page.size > PAGE_SIZE)
        mmu_note_large(*s, t->page, page.size);
    log_to(LOG_MMU, "cpu%u: 0x%016" PRIx64 " -> 0x%" PRIx64 " prot %x%s root 0x%" PRIx64 " mode 0x%x\n", cpu->index,
           t->page, t->pa, t->prot, t->split ? " split" : "", (*s)->key.root, (*s)->key.mode);
    return true;
}

bool mmu_try_resolve(struct cpu *cpu, struct mmu_set *s, gva va, unsigned len, enum mmu_access access,
                     struct mmu_slow *t, struct mmu_fault *fault)
{
    struct mmu_slow *cached = slow_entry(s, va);

    if (cached->page != (va & PAGE_MASK) || !(cached->prot & (1 << access))) {
        if (!translate(cpu, &s, va, len, access, t, fault))
            return false;
        if (t->split)
            return true;
        cached = slow_entry(s, va);
        *cached = *t;
        fill(cpu, s, cached);
    } else if (access == MMU_READ || (cached->host && !is_code(cached))) {
        fill(cpu, s, cached);
    }
    *t = *cached;
    return true;
}

struct mmu_slow mmu_resolve(struct cpu *cpu, struct mmu_set *s, gva va, unsigned len, enum mmu_access access,
                            unsigned memop)
{
    struct mmu_slow t;
    struct mmu_fault fault;

    if (!mmu_try_resolve(cpu, s, va, len, access, &t, &fault))
        mmu_raise(cpu, &fault, memop);
    return t;
}

bool mmu_try_fetch(struct cpu *cpu, gva va, struct mmu_slow *t, struct mmu_fault *fault)
{
    struct mmu_set *s = cpu->fetch_set;
    struct mmu_slow *cached = fetch_entry(s, va);

    if (cached->page != (va & PAGE_MASK)) {
        if (!translate(cpu, &s, va, 1, MMU_FETCH, t, fault))
            return false;
        if (t->split)
            return true;
        cached = fetch_entry(s, va);
        *cached = *t;
    }
    *t = *cached;
    return true;
}

struct mmu_slow mmu_fetch(struct cpu *cpu, gva va)
{
    struct mmu_slow t;
    struct mmu_fault fault;

    if (!mmu_try_fetch(cpu, va, &t, &fault))
        mmu_raise(cpu, &fault, 0);
    return t;
}

bool mmu_debug_translate(struct cpu *cpu, gva va, gpa *pa)
{
    struct mmu_page page = { 0 };

    if (!cpu->arch->walk(cpu, &cpu->data_set->key, va, MMU_READ, true, &page, NULL) &&
        !cpu->arch->walk(cpu, &cpu->fetch_set->key, va, MMU_FETCH, true, &page, NULL))
        return false;
    *pa = (page.pa & PAGE_MASK) | (va & ~PAGE_MASK);
    return true;
}
