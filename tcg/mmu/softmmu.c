/* SPDX-License-Identifier: BSD-2-Clause */
/* Soft page tables: regimes, fills, flushes, and the slow paths of guest memory accesses. */
#include "softmmu.h"

#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>

#include "atomic16.h"
#include "cpus.h"
#include "log.h"
#include "vcpu.h"

#define FILLS_MAX (256 * 1024)   /* entries of a set before it is flushed */
#define SPREAD_MAX (8 * 1024)    /* regions that a table has 8 KiB for each, when a flush gives its memory back ... */
#define SPREAD_CPU (32 * 1024)   /* ... and those of all tables when they are given back without a flush */

bool flat_tables;

static void (*no_generation_left)(struct cpu *cpu);

static void mmu_lock(struct mmu_cpu *e)
{
    while (__atomic_exchange_n(&e->lock, 1, __ATOMIC_ACQUIRE))
        g_thread_yield();
}

static void mmu_unlock(struct mmu_cpu *e)
{
    __atomic_store_n(&e->lock, 0, __ATOMIC_RELEASE);
}

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

/* -- Sets -- */

static bool keys_equal(const struct mmu_key *a, const struct mmu_key *b)
{
    return a->root == b->root && a->mode == b->mode;
}

static struct mmu_slow *slow_entry(struct mmu_set *s, gva va)
{
    return &s->slow[(va >> PAGE_BITS) % SLOW_ENTRIES];
}

static struct mmu_slow *fetch_entry(struct mmu_set *s, gva va)
{
    return &s->fetch[(va >> PAGE_BITS) % FETCH_ENTRIES];
}

static void forget_caches(struct mmu_set *s)
{
    for (unsigned i = 0; i < SLOW_ENTRIES; i++)
        s->slow[i].page = ~UINT64_C(0);
    for (unsigned i = 0; i < FETCH_ENTRIES; i++)
        s->fetch[i].page = ~UINT64_C(0);
}

/* NULL if the host has no address space for another table. */
static struct mmu_set *set_new(struct mmu_cpu *e)
{
    struct mmu_set *s = g_new0(struct mmu_set, 1);

    if (flat_tables) {
        s->flat = ram_map_table(FLAT_BYTES);
        if (!s->flat) {
            g_free(s);
            return NULL;
        }
        madvise(s->flat, FLAT_BYTES, MADV_NOHUGEPAGE);
        madvise(s->flat, FLAT_BYTES, MADV_DONTDUMP);
        s->fills_cap = 1024;
        s->fills = g_new(struct mmu_fill, s->fills_cap);
        s->spread = g_new0(uint64_t, SPREAD_BITS / 64);
    } else {
        s->tlb = g_new(struct tlb_entry, TLB_ENTRIES);
        memset(s->tlb, 0xff, TLB_ENTRIES * sizeof(struct tlb_entry));
    }
    s->gen = ++e->gen_clock;
    forget_caches(s);
    s->empty = true;
    return s;
}

static void set_free(struct mmu_set *s)
{
    if (s->flat)
        munmap(s->flat, FLAT_BYTES);
    g_free(s->tlb);
    g_free(s->fills);
    g_free(s->spread);
    g_free(s);
}

/* Mappings for execution changed: jump cache entries made under the old ones must not match any more. */
static void new_generation(struct cpu *cpu, struct mmu_set *s)
{
    struct mmu_cpu *e = cpu->mmu;

    if (!s->executed.any)
        return;
    e->stats.generations++;
    if (++e->gen_clock == 0) { /* all used up: empty the jump cache, and every set begins anew */
        no_generation_left(cpu);
        for (unsigned i = 0; i < e->nsets; i++)
            e->sets[i]->gen = ++e->gen_clock;
        e->gen_clock++;
    }
    s->gen = e->gen_clock;
    filter_empty(&s->executed);
    cpu->exec_gen = cpu->fetch_set->gen;
}

static unsigned spread_bit(gva page)
{
    return (page >> 21) % SPREAD_BITS;
}

/* The table has memory for the region of the page: else nothing was ever filled there. */
static bool has_region(const struct mmu_set *s, gva page)
{
    unsigned b = spread_bit(page);

    return s->spread[b / 64] >> (b % 64) & 1;
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
        if ((t->load_tag & PAGE_MASK) == page)
            t->load_tag = ~UINT64_C(0);
        if ((t->store_tag & PAGE_MASK) == page)
            t->store_tag = ~UINT64_C(0);
    }
}

static void clear_table(struct mmu_cpu *e, struct mmu_set *s, uint32_t spread_max)
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

static void note_large(struct mmu_set *s, gva page, uint64_t size)
{
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

static void flush_set(struct cpu *cpu, struct mmu_set *s)
{
    if (s->empty)
        return;
    s->empty = true;
    clear_table(cpu->mmu, s, SPREAD_MAX);
    forget_large(s);
    forget_caches(s);
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
        flush_set(cpu, s);
        return;
    }
    mmu_lock(cpu->mmu);
    clear_entries(s, page);
    mmu_unlock(cpu->mmu);
    if (slow->page == page)
        slow->page = ~UINT64_C(0);
    if (fetch->page == page)
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
            flush_set(cpu, e->sets[i]);
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

/* Where a key's set was found last: going between user, kernel and kernel with user memory is looked up here. */
static struct mmu_set **set_hint(struct mmu_cpu *e, const struct mmu_key *key)
{
    return &e->set_hints[((key->root ^ (uint64_t)key->mode << 56) * UINT64_C(0x9e3779b97f4a7c15)) >> 32 & (SET_HINTS - 1)];
}

static bool set_serves(const struct mmu_set *s, const struct mmu_key *key, bool shared)
{
    return s->shared == shared && s->key.mode == key->mode && (shared || s->key.root == key->root);
}

static struct mmu_set *find_set(const struct mmu_cpu *e, const struct mmu_key *key, bool shared)
{
    for (unsigned i = 0; i < e->nsets; i++) {
        if (set_serves(e->sets[i], key, shared))
            return e->sets[i];
    }
    return NULL;
}

/* A set for the key: made, or the least recently used one given to it. */
static struct mmu_set *take_set(struct cpu *cpu, const struct mmu_key *key, bool shared)
{
    struct mmu_cpu *e = cpu->mmu;
    struct mmu_set *s, *oldest = NULL;

    for (unsigned i = 0; i < e->nsets; i++) {
        s = e->sets[i];
        if (s != cpu->data_set && s != cpu->fetch_set && (!oldest || s->last_use < oldest->last_use))
            oldest = s;
    }
    s = e->nsets < MMU_SETS ? set_new(e) : NULL;
    if (s) {
        mmu_lock(e);
        e->sets[e->nsets] = s;
        __atomic_store_n(&e->nsets, e->nsets + 1, __ATOMIC_RELEASE);
        mmu_unlock(e);
    } else {
        s = oldest; /* there is one: MMU_SETS_MIN */
        flush_set(cpu, s);
        e->stats.set_evictions++;
    }
    s->key = *key;
    s->shared = shared;
    e->set_epoch++;
    return s;
}

/* The set of the key and no other. */
static struct mmu_set *private_set(struct cpu *cpu, const struct mmu_key *key)
{
    struct mmu_cpu *e = cpu->mmu;
    struct mmu_set *s = find_set(e, key, false);

    if (!s)
        s = take_set(cpu, key, false);
    s->last_use = ++e->use_clock;
    *set_hint(e, key) = s;
    return s;
}

/* The set to use for a key that becomes current: its own one, or the shared one as long as it needs none. */
static struct mmu_set *set_for(struct cpu *cpu, const struct mmu_key *key)
{
    struct mmu_cpu *e = cpu->mmu;
    struct mmu_set **hint = set_hint(e, key), *s = *hint;

    if (!s || !set_serves(s, key, s->shared)) {
        s = find_set(e, key, false);
        if (!s && (key->mode & MMU_GLOBAL))
            s = find_set(e, key, true);
        if (!s)
            s = take_set(cpu, key, key->mode & MMU_GLOBAL);
        *hint = s;
    }
    s->key.root = key->root;
    s->last_use = ++e->use_clock;
    return s;
}

/*
 * The same where from is current. A guest goes between few regimes, and from each to few others: user, kernel, kernel with
 * user memory. What was found for a key holds until any set is given to another one.
 */
static struct mmu_set *next_set(struct cpu *cpu, struct mmu_set *from, const struct mmu_key *key)
{
    struct mmu_cpu *e = cpu->mmu;
    struct mmu_next *n = &from->next[key->mode % NEXT_SETS];

    if (likely(n->epoch == e->set_epoch && keys_equal(&n->key, key))) {
        n->set->key.root = key->root;
        n->set->last_use = ++e->use_clock;
        return n->set;
    }
    struct mmu_set *s = set_for(cpu, key);
    *n = (struct mmu_next){ .key = *key, .epoch = e->set_epoch, .set = s };
    return s;
}

static void use_for_data(struct cpu *cpu, struct mmu_set *s)
{
    if (s == cpu->data_set)
        return;
    cpu->data_set = s;
    cpu->tlb = s->tlb;
    cpu->mmu->stats.set_switches++;
    if (flat_tables && cpu_current() == cpu)
        host_backend->set_base(s->flat);
}

static void use_for_fetches(struct cpu *cpu, struct mmu_set *s)
{
    cpu->fetch_set = s;
    cpu->exec_gen = s->gen;
}

void mmu_switch_data(struct cpu *cpu, const struct mmu_key *data)
{
    if (!keys_equal(&cpu->data_set->key, data))
        use_for_data(cpu, next_set(cpu, cpu->data_set, data));
}

void mmu_switch(struct cpu *cpu, const struct mmu_key *data, const struct mmu_key *fetch)
{
    mmu_switch_data(cpu, data);
    if (!keys_equal(&cpu->fetch_set->key, fetch)) {
        bool same = keys_equal(&cpu->data_set->key, fetch);
        use_for_fetches(cpu, same ? cpu->data_set : next_set(cpu, cpu->fetch_set, fetch));
    }
}

/*
 * The regimes under MMU_GLOBAL of one mode share a set: a kernel's, whose pages are the same in all of its address
 * spaces. One of them has a page that is not global: from now on it has a set of its own.
 */
static struct mmu_set *leave_shared(struct cpu *cpu, struct mmu_set *s)
{
    struct mmu_set *own = private_set(cpu, &s->key);

    if (cpu->data_set == s)
        use_for_data(cpu, own);
    if (cpu->fetch_set == s)
        use_for_fetches(cpu, own);
    return own;
}

void mmu_activate(struct cpu *cpu)
{
    if (flat_tables)
        host_backend->set_base(cpu->data_set->flat);
}

void mmu_init(bool flat, void (*generations_end)(struct cpu *cpu))
{
    no_generation_left = generations_end;
    flat_tables = flat && ram_aliases_reserved();
    if (flat_tables)
        ram_require_aliases();
}

bool mmu_cpu_init(struct cpu *cpu)
{
    struct mmu_cpu *e = g_new0(struct mmu_cpu, 1);

    cpu->mmu = e;
    for (; e->nsets < MMU_SETS_MIN; e->nsets++) {
        e->sets[e->nsets] = set_new(e);
        if (!e->sets[e->nsets]) {
            mmu_cpu_fini(cpu);
            return false;
        }
    }
    e->set_epoch = 1;
    cpu->data_set = cpu->fetch_set = e->sets[0];
    cpu->exec_gen = e->sets[0]->gen;
    cpu->tlb = e->sets[0]->tlb;
    return true;
}

void mmu_cpu_fini(struct cpu *cpu)
{
    for (unsigned i = 0; i < cpu->mmu->nsets; i++)
        set_free(cpu->mmu->sets[i]);
    g_free(cpu->mmu);
}

/* -- Fills -- */

static unsigned fill_bucket(const uint8_t *host)
{
    return ((uintptr_t)host >> PAGE_BITS) % FILL_BUCKETS;
}

static bool is_code(const struct mmu_slow *t)
{
    const struct ram_block *b = t->map->region->ram;

    return b && __atomic_load_n(&b->page_flags[(t->host - b->host) >> PAGE_BITS], __ATOMIC_ACQUIRE) & RAM_PAGE_CODE;
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
        clear_table(e, most, 0);
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
        clear_table(e, s, SPREAD_MAX);
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

static void __attribute__((noreturn)) raise_fault(struct cpu *cpu, gva va, enum mmu_access access, unsigned memop)
{
    cpu_sync_pc(cpu);
    cpu->arch->raise_mmu_fault(cpu, va, access, memop);
    cpu_loop_exit(cpu);
}

static void __attribute__((noreturn)) raise_bus_error(struct cpu *cpu, gva va, gpa pa, enum mmu_access access,
                                                      unsigned memop)
{
    cpu_sync_pc(cpu);
    cpu->arch->raise_bus_error(cpu, va, pa, access, memop);
    cpu_loop_exit(cpu);
}

/* What is at the page of va under the set's regime; raises if the access is not permitted. *s: then the set for it. */
static struct mmu_slow translate(struct cpu *cpu, struct mmu_set **s, gva va, unsigned len, enum mmu_access access,
                                 unsigned memop)
{
    struct mmu_page page = { 0 };
    struct mmu_slow t;

    if (!cpu->arch->walk(cpu, &(*s)->key, va, access, false, &page))
        raise_fault(cpu, va, access, memop);
    if ((*s)->shared && !page.global)
        *s = leave_shared(cpu, *s);
    (*s)->empty = false;
    t = (struct mmu_slow){ va & PAGE_MASK, page.pa & PAGE_MASK, NULL, NULL, page.prot, page.split, page.first, page.last };
    if (page.split && ((va & ~PAGE_MASK) < page.first || (va & ~PAGE_MASK) + len - 1 > page.last))
        raise_fault(cpu, va, access, memop);
    t.map = address_space_find(cpu->as, t.pa);
    if (t.map && t.map->size - (t.pa - t.map->base) >= PAGE_SIZE) { /* else look-ups at each access, see on_bus() */
        const struct region *r = t.map->region;
        if (r->kind != REGION_IO && !__atomic_load_n(&r->romd_off, __ATOMIC_ACQUIRE))
            t.host = r->host + (t.pa - t.map->base + t.map->region_offset);
        if ((uintptr_t)t.host & ~PAGE_MASK)
            t.host = NULL;
    }
    if (page.size > PAGE_SIZE)
        note_large(*s, t.page, page.size);
    log_to(LOG_MMU, "cpu%u: 0x%016" PRIx64 " -> 0x%" PRIx64 " prot %x%s root 0x%" PRIx64 " mode 0x%x\n", cpu->index,
           t.page, t.pa, t.prot, t.split ? " split" : "", (*s)->key.root, (*s)->key.mode);
    return t;
}

static struct mmu_slow resolve(struct cpu *cpu, struct mmu_set *s, gva va, unsigned len, enum mmu_access access,
                               unsigned memop)
{
    struct mmu_slow *cached = slow_entry(s, va);

    if (cached->page != (va & PAGE_MASK) || !(cached->prot & (1 << access))) {
        struct mmu_slow t = translate(cpu, &s, va, len, access, memop);
        if (t.split)
            return t;
        cached = slow_entry(s, va);
        *cached = t;
        fill(cpu, s, cached);
    } else if (access == MMU_READ || (cached->host && !is_code(cached))) {
        fill(cpu, s, cached);
    }
    return *cached;
}

struct mmu_slow mmu_fetch(struct cpu *cpu, gva va)
{
    struct mmu_set *s = cpu->fetch_set;
    struct mmu_slow *cached = fetch_entry(s, va);

    if (cached->page != (va & PAGE_MASK)) {
        struct mmu_slow t = translate(cpu, &s, va, 2, MMU_FETCH, 0);
        if (t.split)
            return t;
        cached = fetch_entry(s, va);
        *cached = t;
    }
    return *cached;
}

bool mmu_debug_translate(struct cpu *cpu, gva va, gpa *pa)
{
    struct mmu_page page = { 0 };

    if (!cpu->arch->walk(cpu, &cpu->data_set->key, va, MMU_READ, true, &page) &&
        !cpu->arch->walk(cpu, &cpu->fetch_set->key, va, MMU_FETCH, true, &page))
        return false;
    *pa = (page.pa & PAGE_MASK) | (va & ~PAGE_MASK);
    return true;
}

/* -- Accesses that lie in one page -- */

static uint64_t extend(uint64_t v, unsigned memop)
{
    unsigned bits = 8u << (memop & IR_MEM_SIZE);

    if (bits == 64)
        return v;
    return memop & IR_MEM_SIGNED ? (uint64_t)sign_extend(v, bits) : v & ((UINT64_C(1) << bits) - 1);
}

static uint64_t byte_order(uint64_t v, unsigned memop)
{
    return memop & IR_MEM_BE ? __builtin_bswap64(v) >> (64 - (8u << (memop & IR_MEM_SIZE))) : v;
}

static uint64_t host_load(const uint8_t *p, unsigned size)
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

static void host_store(uint8_t *p, unsigned size, uint64_t v)
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

/* After a write of memory: drop what was translated from it. */
static void wrote(const struct mmu_slow *t, const uint8_t *host, unsigned size)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (cpus_parallel)
        __atomic_thread_fence(__ATOMIC_SEQ_CST); /* the bytes before the flag: a translator does it the other way round */
    if (is_code(t))
        cpus_code_written(host, size);
}

/* What is at pa: the page's mapping, or another in the same page. */
static const struct mapping *on_bus(struct cpu *cpu, const struct mmu_slow *t, gpa pa)
{
    return t->map && pa - t->map->base < t->map->size ? t->map : address_space_find(cpu->as, pa);
}

/*
 * Device code computes with the host's own rounding, and leaves no flags to the guest: around it in a helper of translated
 * code, where the hardware's FP control is the guest's. host_ra says whether it is one.
 */
static uint32_t begin_device(const struct cpu *cpu)
{
    return cpu->host_ra ? host_backend->fp_host() : 0;
}

static void end_device(const struct cpu *cpu, uint32_t control)
{
    if (cpu->host_ra)
        host_backend->fp_guest(control);
}

/* A device's bytes, or those of memory that is no whole page; any alignment, size bytes in guest order. */
static uint64_t bus_load(struct cpu *cpu, const struct mmu_slow *t, gva va, unsigned size, unsigned memop)
{
    gpa pa = t->pa | (va & ~PAGE_MASK);
    unsigned step = size;
    uint64_t v = 0;

    while (pa & (step - 1))
        step /= 2;
    for (unsigned i = 0; i < size; i += step) {
        uint64_t part = 0;
        const struct mapping *m = on_bus(cpu, t, pa + i);
        uint32_t fp = begin_device(cpu);
        bool ok = m && bus_read_mapped(m, pa + i, step, &part) == BUS_OK;
        end_device(cpu, fp);
        if (!ok)
            raise_bus_error(cpu, va, pa + i, MMU_READ, memop);
        v |= part << (8 * i);
    }
    return v;
}

static void bus_store(struct cpu *cpu, const struct mmu_slow *t, gva va, unsigned size, uint64_t v, unsigned memop)
{
    gpa pa = t->pa | (va & ~PAGE_MASK);
    unsigned step = size;

    while (pa & (step - 1))
        step /= 2;
    for (unsigned i = 0; i < size; i += step) {
        uint64_t part = v >> (8 * i);
        if (step < 8)
            part &= (UINT64_C(1) << (8 * step)) - 1;
        const struct mapping *m = on_bus(cpu, t, pa + i);
        uint32_t fp = begin_device(cpu);
        bool ok = m && bus_write_mapped(m, pa + i, step, part) == BUS_OK;
        end_device(cpu, fp);
        if (!ok)
            raise_bus_error(cpu, va, pa + i, MMU_WRITE, memop);
    }
}

static uint64_t page_load(struct cpu *cpu, const struct mmu_slow *t, gva va, unsigned size, unsigned memop)
{
    if (likely(t->host != NULL))
        return host_load(t->host + (va & ~PAGE_MASK), size);
    return bus_load(cpu, t, va, size, memop);
}

static void page_store(struct cpu *cpu, const struct mmu_slow *t, gva va, unsigned size, uint64_t v, unsigned memop)
{
    if (likely(t->host && t->map->region->kind == REGION_RAM)) {
        uint8_t *p = t->host + (va & ~PAGE_MASK);
        host_store(p, size, v);
        wrote(t, p, size);
    } else {
        bus_store(cpu, t, va, size, v, memop);
    }
}

/* -- Any access -- */

/* The alignment rule of the access, and how many bytes lie in the first page. */
static unsigned first_part(struct cpu *cpu, gva va, unsigned size, enum mmu_access access, unsigned memop)
{
    if (va & (size - 1)) {
        if (memop & IR_MEM_ALIGN) {
            cpu_sync_pc(cpu);
            cpu->arch->raise_misaligned(cpu, va, access, memop);
            cpu_loop_exit(cpu);
        }
        if ((va & ~PAGE_MASK) + size > PAGE_SIZE)
            return PAGE_SIZE - (va & ~PAGE_MASK);
    }
    return size;
}

/*
 * The host address of an access that lies in a page with an entry: misaligned ones come here often.
 * NULL if there is none. Watched pages and those of code have no (store) entry.
 */
static uint8_t *through_table(const struct mmu_set *s, gva va, unsigned size, bool store)
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

/* The same for an access across pages: the addresses of its parts. False: one of them has none. */
static bool both_through_table(const struct cpu *cpu, const struct mmu_set *s, gva va, unsigned part, unsigned size,
                               bool store, uint8_t *parts[2])
{
    parts[0] = through_table(s, va, part, store);
    parts[1] = parts[0] ? through_table(s, (va + part) & cpu->va_mask, size - part, store) : NULL;
    return parts[1];
}

static uint64_t load_from(struct cpu *cpu, struct mmu_set *s, gva va, uint32_t memop)
{
    unsigned size = 1u << (memop & IR_MEM_SIZE);
    unsigned part = first_part(cpu, va, size, MMU_READ, memop);
    uint8_t *host = through_table(s, va, size, false), *parts[2];
    uint64_t v = 0;

    cpu->mmu->stats.slow_loads++;
    if (host)
        return extend(byte_order(host_load(host, size), memop), memop);
    if (part < size && both_through_table(cpu, s, va, part, size, false, parts)) {
        memcpy(&v, parts[0], part);
        memcpy((uint8_t *)&v + part, parts[1], size - part);
        return extend(byte_order(v, memop), memop);
    }
    struct mmu_slow t = resolve(cpu, s, va, part, MMU_READ, memop);
    if (unlikely(cpu->vcpu->watchpoints->len))
        debug_check_watch(cpu, va, size, WATCH_READ);
    if (likely(part == size)) {
        v = page_load(cpu, &t, va, size, memop);
    } else {
        struct mmu_slow t2 = resolve(cpu, s, (va + part) & cpu->va_mask, size - part, MMU_READ, memop);
        for (unsigned i = 0; i < size; i++)
            v |= page_load(cpu, i < part ? &t : &t2, (va + i) & cpu->va_mask, 1, memop) << (8 * i);
    }
    return extend(byte_order(v, memop), memop);
}

static void store_to(struct cpu *cpu, struct mmu_set *s, gva va, uint64_t v, uint32_t memop)
{
    unsigned size = 1u << (memop & IR_MEM_SIZE);
    unsigned part = first_part(cpu, va, size, MMU_WRITE, memop);
    uint8_t *host = through_table(s, va, size, true), *parts[2];

    cpu->mmu->stats.slow_stores++;
    v = byte_order(v, memop);
    if (host) {
        host_store(host, size, v);
        return;
    }
    if (part < size && both_through_table(cpu, s, va, part, size, true, parts)) {
        memcpy(parts[0], &v, part);
        memcpy(parts[1], (uint8_t *)&v + part, size - part);
        return;
    }
    struct mmu_slow t = resolve(cpu, s, va, part, MMU_WRITE, memop);
    if (unlikely(cpu->vcpu->watchpoints->len))
        debug_check_watch(cpu, va, size, WATCH_WRITE);
    if (likely(part == size)) {
        page_store(cpu, &t, va, size, v, memop);
    } else {
        struct mmu_slow t2 = resolve(cpu, s, (va + part) & cpu->va_mask, size - part, MMU_WRITE, memop);
        unsigned first = t.host ? part : 0; /* a device may refuse its bytes: then none is in memory */
        for (unsigned n = 0; n < size; n++) {
            unsigned i = (first + n) % size;
            page_store(cpu, i < part ? &t : &t2, (va + i) & cpu->va_mask, 1, v >> (8 * i), memop);
        }
    }
    if (unlikely(cpu->vcpu->last_insn))
        cpu_end_insn(cpu);
}

/* In a debug build: what is known of an address is true. */
static void check_alignment(gva va, uint32_t memop)
{
#ifdef MYNAH_DEBUG
    g_assert(!(memop & IR_MEM_ALIGNED) || !(va & ((1u << (memop & IR_MEM_SIZE)) - 1)));
#endif
}

uint64_t softmmu_load(struct cpu *cpu, gva va, uint32_t memop)
{
    check_alignment(va, memop);
    return load_from(cpu, cpu->data_set, va, memop);
}

void softmmu_store(struct cpu *cpu, gva va, uint64_t v, uint32_t memop)
{
    check_alignment(va, memop);
    store_to(cpu, cpu->data_set, va, v, memop);
}

uint64_t mmu_load(struct cpu *cpu, gva va, unsigned memop)
{
    return load_from(cpu, cpu->data_set, va, memop);
}

void mmu_store(struct cpu *cpu, gva va, uint64_t v, unsigned memop)
{
    store_to(cpu, cpu->data_set, va, v, memop);
}

uint64_t mmu_load_as(struct cpu *cpu, const struct mmu_key *key, gva va, unsigned memop)
{
    return load_from(cpu, private_set(cpu, key), va, memop);
}

void mmu_store_as(struct cpu *cpu, const struct mmu_key *key, gva va, uint64_t v, unsigned memop)
{
    store_to(cpu, private_set(cpu, key), va, v, memop);
}

void *mmu_lookup(struct cpu *cpu, gva va, unsigned len, enum mmu_access access)
{
    return through_table(cpu->data_set, va, len, access == MMU_WRITE);
}

static void *probe(struct cpu *cpu, struct mmu_set *s, gva va, unsigned len, enum mmu_access access, unsigned memop)
{
    void *host = access == MMU_WRITE ? through_table(s, va, len, true) : NULL;

    if (host)
        return host;
    struct mmu_slow t = resolve(cpu, s, va, len, access, memop);
    gpa pa = t.pa | (va & ~PAGE_MASK);

    if (!on_bus(cpu, &t, pa))
        raise_bus_error(cpu, va, pa, access, memop);
    if (unlikely(cpu->vcpu->watchpoints->len))
        debug_check_watch(cpu, va, len, access == MMU_WRITE ? WATCH_WRITE : WATCH_READ);
    return t.host && t.map->region->kind == REGION_RAM ? t.host + (va & ~PAGE_MASK) : NULL;
}

void *mmu_probe(struct cpu *cpu, gva va, unsigned len, enum mmu_access access, unsigned memop)
{
    return probe(cpu, cpu->data_set, va, len, access, memop);
}

void *mmu_probe_as(struct cpu *cpu, const struct mmu_key *key, gva va, unsigned len, enum mmu_access access, unsigned memop)
{
    return probe(cpu, set_for(cpu, key), va, len, access, memop);
}

/* -- Atomics -- */

/* True if the access lies in 16 aligned bytes. */
static bool within16(gva va, unsigned size)
{
    return (va & 15) + size <= 16;
}

/* The RAM that an atomic works on, within 16 aligned bytes; other addresses have no atomics: an access fault. */
static uint8_t *atomic_target(struct cpu *cpu, gva va, unsigned memop, struct mmu_slow *t)
{
    unsigned size = 1u << (memop & IR_MEM_SIZE);

    memop |= IR_MEM_STORE | (within16(va, size) ? 0 : IR_MEM_ALIGN);
    first_part(cpu, va, size, MMU_WRITE, memop);
    *t = resolve(cpu, cpu->data_set, va, size, MMU_WRITE, memop);
    cpu->mmu->stats.slow_stores++;
    if (unlikely(cpu->vcpu->watchpoints->len))
        debug_check_watch(cpu, va, size, WATCH_ACCESS);
    if (!t->host || t->map->region->kind != REGION_RAM)
        raise_bus_error(cpu, va, t->pa | (va & ~PAGE_MASK), MMU_WRITE, memop);
    return t->host + (va & ~PAGE_MASK);
}

static uint64_t amo_result(enum ir_amo kind, uint64_t old, uint64_t v, unsigned memop)
{
    uint64_t so = extend(old, memop | IR_MEM_SIGNED), sv = extend(v, memop | IR_MEM_SIGNED);
    uint64_t uo = extend(old, memop & ~IR_MEM_SIGNED), uv = extend(v, memop & ~IR_MEM_SIGNED);

    switch (kind) {
    case IR_AMO_SWAP: return v;
    case IR_AMO_ADD: return old + v;
    case IR_AMO_AND: return old & v;
    case IR_AMO_OR: return old | v;
    case IR_AMO_XOR: return old ^ v;
    case IR_AMO_MIN: return (int64_t)so < (int64_t)sv ? old : v;
    case IR_AMO_MAX: return (int64_t)so > (int64_t)sv ? old : v;
    case IR_AMO_MINU: return uo < uv ? old : v;
    case IR_AMO_MAXU: return uo > uv ? old : v;
    }
    return old;
}

/* Compare and exchange size aligned bytes in host order; *old becomes what was there. */
static bool host_cas(uint8_t *p, unsigned size, uint64_t *old, uint64_t new)
{
    bool done;

    switch (size) {
    case 1: {
        uint8_t o = *old;
        done = __atomic_compare_exchange_n(p, &o, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        *old = o;
        return done;
    }
    case 2: {
        uint16_t o = *old;
        done = __atomic_compare_exchange_n((uint16_t *)p, &o, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        *old = o;
        return done;
    }
    case 4: {
        uint32_t o = *old;
        done = __atomic_compare_exchange_n((uint32_t *)p, &o, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        *old = o;
        return done;
    }
    default:
        return __atomic_compare_exchange_n((uint64_t *)p, old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    }
}

/* The same for bytes that lie in 16 aligned ones, little-endian as all guest memory is here. */
static bool host_cas_within16(uint8_t *p, unsigned size, uint64_t *old, uint64_t new)
{
    unsigned at = (uintptr_t)p & 15, shift = 8 * at;
    unsigned __int128 mask = (~UINT64_C(0) >> (64 - 8 * size)), whole;

    memcpy(&whole, p - at, sizeof(whole)); /* a guess: the exchange tells */
    for (;;) {
        uint64_t now = whole >> shift & mask;
        bool equal = now == (*old & mask);
        unsigned __int128 next = equal ? (whole & ~(mask << shift)) | (new & mask) << shift : whole;
        if (atomic_cas16(p - at, &whole, next)) {
            *old = now;
            return equal;
        }
    }
}

uint64_t softmmu_amo(struct cpu *cpu, gva va, uint64_t v, uint32_t op)
{
    unsigned memop = op & 0xffff, size = 1u << (memop & IR_MEM_SIZE);
    struct mmu_slow t;
    uint8_t *p = atomic_target(cpu, va, memop, &t);
    bool (*cas)(uint8_t *, unsigned, uint64_t *, uint64_t) = va & (size - 1) ? host_cas_within16 : host_cas;
    uint64_t old = host_load(p, size);

    while (!cas(p, size, &old, byte_order(amo_result(op >> 16, byte_order(old, memop), v, memop), memop)))
        ;
    wrote(&t, p, size);
    return extend(byte_order(old, memop), memop);
}

uint64_t softmmu_cas(struct cpu *cpu, gva va, uint64_t expected, uint64_t desired, uint32_t memop)
{
    unsigned size = 1u << (memop & IR_MEM_SIZE);
    struct mmu_slow t;
    uint8_t *p = atomic_target(cpu, va, memop | IR_MEM_ALIGN, &t);
    uint64_t old = byte_order(extend(expected, memop & ~IR_MEM_SIGNED), memop);

    if (host_cas(p, size, &old, byte_order(extend(desired, memop & ~IR_MEM_SIGNED), memop)))
        wrote(&t, p, size);
    return extend(byte_order(old, memop), memop);
}

/* -- Page-table entries -- */

static uint8_t *pte_host(struct cpu *cpu, gpa addr, unsigned size, bool *writable)
{
    const struct mapping *m = cpu->mmu->pte_map;

    if (!m || addr - m->base >= m->size)
        m = address_space_find(cpu->as, addr);
    if (!m || (m->region->kind != REGION_RAM && m->region->kind != REGION_ROM) || m->size - (addr - m->base) < size)
        return NULL;
    cpu->mmu->pte_map = m;
    *writable = m->region->kind == REGION_RAM;
    return m->region->host + (addr - m->base + m->region_offset);
}

bool mmu_pte_read(struct cpu *cpu, gpa addr, unsigned size, uint64_t *pte)
{
    bool writable;
    uint8_t *p = pte_host(cpu, addr, size, &writable);

    if (!p)
        return false;
    *pte = host_load(p, size);
    return true;
}

bool mmu_pte_cas(struct cpu *cpu, gpa addr, unsigned size, uint64_t old, uint64_t new, bool *swapped)
{
    bool writable;
    uint8_t *p = pte_host(cpu, addr, size, &writable);

    if (!p || !writable)
        return false;
    *swapped = host_cas(p, size, &old, new);
    if (*swapped)
        bus_ram_written(p, size);
    return true;
}
