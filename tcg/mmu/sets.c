/* SPDX-License-Identifier: BSD-2-Clause */
/* The sets of soft page tables of a CPU: made, found by a regime's key, shared, and switched between. */
#include "mmu-int.h"

#include <string.h>
#include <sys/mman.h>

#include "cpus.h"
#include "tcg/gen/backend.h"
#include "vcpu.h"

bool flat_tables;
void (*mmu_no_generation_left)(struct cpu *cpu);

/* -- Making -- */

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
    mmu_forget_caches(s);
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

/* -- Finding -- */

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

static bool in_use(const struct cpu *cpu, const struct mmu_set *s)
{
    bool used = s == cpu->data_set || s == cpu->fetch_set;

    for (unsigned i = 0; i < cpu->arch->ncontexts; i++)
        used |= s == cpu->context_set[i];
    return used;
}

/* A set for the key: made, or the least recently used one given to it. */
static struct mmu_set *take_set(struct cpu *cpu, const struct mmu_key *key, bool shared)
{
    struct mmu_cpu *e = cpu->mmu;
    struct mmu_set *s, *oldest = NULL;

    for (unsigned i = 0; i < e->nsets; i++) {
        s = e->sets[i];
        if (!in_use(cpu, s) && (!oldest || s->last_use < oldest->last_use))
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
        mmu_flush_set(cpu, s);
        e->stats.set_evictions++;
    }
    s->key = *key;
    s->shared = shared;
    e->set_epoch++;
    return s;
}

struct mmu_set *mmu_private_set(struct cpu *cpu, const struct mmu_key *key)
{
    struct mmu_cpu *e = cpu->mmu;
    struct mmu_set *s = find_set(e, key, false);

    if (!s)
        s = take_set(cpu, key, false);
    s->last_use = ++e->use_clock;
    *set_hint(e, key) = s;
    return s;
}

struct mmu_set *mmu_set_for(struct cpu *cpu, const struct mmu_key *key)
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
    struct mmu_set *s = mmu_set_for(cpu, key);
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

static void use_for_context(struct cpu *cpu, unsigned i, struct mmu_set *s)
{
    cpu->context_set[i] = s;
    cpu->context_table[i] = s->flat ? s->flat : s->tlb;
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

void mmu_switch_context(struct cpu *cpu, unsigned context, const struct mmu_key *key)
{
    g_assert(context - 1 < cpu->arch->ncontexts);
    struct mmu_set *s = cpu->context_set[context - 1];
    if (!keys_equal(&s->key, key))
        use_for_context(cpu, context - 1, next_set(cpu, s, key));
}

struct mmu_set *mmu_leave_shared(struct cpu *cpu, struct mmu_set *s)
{
    struct mmu_set *own = mmu_private_set(cpu, &s->key);

    if (cpu->data_set == s)
        use_for_data(cpu, own);
    if (cpu->fetch_set == s)
        use_for_fetches(cpu, own);
    for (unsigned i = 0; i < cpu->arch->ncontexts; i++) {
        if (cpu->context_set[i] == s)
            use_for_context(cpu, i, own);
    }
    return own;
}

void mmu_activate(struct cpu *cpu)
{
    if (flat_tables)
        host_backend->set_base(cpu->data_set->flat);
}

void mmu_init(bool flat, void (*generations_end)(struct cpu *cpu))
{
    mmu_no_generation_left = generations_end;
    flat_tables = flat && ram_aliases_reserved();
    if (flat_tables)
        ram_require_aliases();
}

bool mmu_cpu_init(struct cpu *cpu)
{
    struct mmu_cpu *e = g_new0(struct mmu_cpu, 1);

    g_assert(cpu->arch->ncontexts <= MMU_CONTEXTS);
    cpu->mmu = e;
    for (unsigned i = 0; i < CPU_PAGE_GUESSES; i++)
        cpu->page_guess[i] = 1; /* no entry is that */
    cpu->guesses_left = GUESSES;
    for (; e->nsets < MMU_SETS_MIN + cpu->arch->ncontexts; e->nsets++) {
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
    for (unsigned i = 0; i < cpu->arch->ncontexts; i++)
        use_for_context(cpu, i, e->sets[0]);
    return true;
}

void mmu_cpu_fini(struct cpu *cpu)
{
    for (unsigned i = 0; i < cpu->mmu->nsets; i++)
        set_free(cpu->mmu->sets[i]);
    g_free(cpu->mmu);
}
