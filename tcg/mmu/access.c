/* SPDX-License-Identifier: BSD-2-Clause */
/* Slow accesses: whatever translated code can't do by a table entry alone. */
#include "mmu-int.h"

#include <string.h>

#include "clock.h"
#include "cpus.h"
#include "tcg/gen/backend.h"
#include "vcpu.h"

/* -- Accesses that lie in one page -- */

void mmu_wrote(const struct mmu_slow *t, const uint8_t *host, unsigned size)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (cpus_parallel)
        __atomic_thread_fence(__ATOMIC_SEQ_CST); /* the bytes before the flag: a translator does it the other way round */
    if (is_code(t))
        cpus_code_written(host, size);
}

const struct mapping *mmu_on_bus(struct cpu *cpu, const struct mmu_slow *t, gpa pa)
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
static bool bus_load(struct cpu *cpu, const struct mmu_slow *t, gva va, unsigned size, uint64_t *v,
                     struct mmu_fault *fault)
{
    gpa pa = t->pa | (va & ~PAGE_MASK);
    unsigned step = size;

    *v = 0;
    while (pa & (step - 1))
        step /= 2;
    for (unsigned i = 0; i < size; i += step) {
        uint64_t part = 0;
        const struct mapping *m = mmu_on_bus(cpu, t, pa + i);
        uint32_t fp = begin_device(cpu);
        bool ok = m && bus_read_mapped(m, pa + i, step, &part) == BUS_OK;
        end_device(cpu, fp);
        if (!ok)
            return mmu_bus_error(fault, va, pa + i, MMU_READ);
        *v |= part << (8 * i);
    }
    return true;
}

static bool bus_store(struct cpu *cpu, const struct mmu_slow *t, gva va, unsigned size, uint64_t v,
                      struct mmu_fault *fault)
{
    gpa pa = t->pa | (va & ~PAGE_MASK);
    unsigned step = size;

    while (pa & (step - 1))
        step /= 2;
    for (unsigned i = 0; i < size; i += step) {
        uint64_t part = v >> (8 * i);
        if (step < 8)
            part &= (UINT64_C(1) << (8 * step)) - 1;
        const struct mapping *m = mmu_on_bus(cpu, t, pa + i);
        uint32_t fp = begin_device(cpu);
        bool ok = m && bus_write_mapped(m, pa + i, step, part) == BUS_OK;
        end_device(cpu, fp);
        if (!ok)
            return mmu_bus_error(fault, va, pa + i, MMU_WRITE);
    }
    return true;
}

static bool page_load(struct cpu *cpu, const struct mmu_slow *t, gva va, unsigned size, uint64_t *v,
                      struct mmu_fault *fault)
{
    if (unlikely(!t->host))
        return bus_load(cpu, t, va, size, v, fault);
    *v = host_load(t->host + (va & ~PAGE_MASK), size);
    return true;
}

static bool page_store(struct cpu *cpu, const struct mmu_slow *t, gva va, unsigned size, uint64_t v,
                       struct mmu_fault *fault)
{
    if (unlikely(!t->host || t->map->region->kind != REGION_RAM))
        return bus_store(cpu, t, va, size, v, fault);
    uint8_t *p = t->host + (va & ~PAGE_MASK);
    host_store(p, size, v);
    mmu_wrote(t, p, size);
    return true;
}

/* -- Any access -- */

unsigned mmu_first_part(gva va, unsigned size, enum mmu_access access, unsigned memop, struct mmu_fault *fault)
{
    if (likely(!(va & (size - 1))))
        return size;
    if (va & (ir_mem_align(memop) - 1)) {
        *fault = (struct mmu_fault){ .source = MMU_FAULT_ALIGN, .access = access, .va = va };
        return 0;
    }
    return (va & ~PAGE_MASK) + size > PAGE_SIZE ? PAGE_SIZE - (va & ~PAGE_MASK) : size;
}

/* The same for an access across pages: the addresses of its parts. False: one of them has none. */
static bool both_through_table(const struct cpu *cpu, const struct mmu_set *s, gva va, unsigned part, unsigned size,
                               bool store, uint8_t *parts[2])
{
    parts[0] = through_table(s, va, part, store);
    parts[1] = parts[0] ? through_table(s, (va + part) & cpu->va_mask, size - part, store) : NULL;
    return parts[1];
}

/* What of a load across pages is in each, by whole words at the end of the one and the begin of the other. */
static uint64_t join_parts(uint8_t *const parts[2], unsigned part, unsigned size)
{
    uint64_t low = host_load(parts[0] + part - 8, 8) >> (64 - 8 * part), high = host_load(parts[1], 8) << (8 * part);

    return (low | high) & UINT64_MAX >> (64 - 8 * size);
}

/* quiet: watchpoints are not asked, so that it comes back in any case. */
static inline bool try_load(struct cpu *cpu, struct mmu_set *s, gva va, uint32_t memop, bool quiet, uint64_t *value,
                            struct mmu_fault *fault)
{
    unsigned size = 1u << (memop & IR_MEM_SIZE);
    unsigned part = mmu_first_part(va, size, MMU_READ, memop, fault);
    uint8_t *host, *parts[2];
    struct mmu_slow t, t2;
    uint64_t v = 0;

    if (unlikely(!part))
        return false;
    cpu->mmu->stats.slow_loads++;
    host = through_table(s, va, size, false);
    if (host) {
        v = host_load(host, size);
    } else if (part < size && both_through_table(cpu, s, va, part, size, false, parts)) {
        v = join_parts(parts, part, size);
    } else {
        if (!mmu_try_resolve(cpu, s, va, part, MMU_READ, &t, fault))
            return false;
        if (unlikely(!quiet && cpu->vcpu->watchpoints->len))
            debug_check_watch(cpu, va, size, WATCH_READ);
        if (likely(part == size)) {
            if (!page_load(cpu, &t, va, size, &v, fault))
                return false;
        } else {
            if (!mmu_try_resolve(cpu, s, (va + part) & cpu->va_mask, size - part, MMU_READ, &t2, fault))
                return false;
            for (unsigned i = 0; i < size; i++) {
                uint64_t byte;
                if (!page_load(cpu, i < part ? &t : &t2, (va + i) & cpu->va_mask, 1, &byte, fault))
                    return false;
                v |= byte << (8 * i);
            }
        }
    }
    *value = extend(byte_order(v, memop), memop);
    return true;
}

/* The same. */
static inline bool try_store(struct cpu *cpu, struct mmu_set *s, gva va, uint64_t v, uint32_t memop, bool quiet,
                             struct mmu_fault *fault)
{
    unsigned size = 1u << (memop & IR_MEM_SIZE);
    unsigned part = mmu_first_part(va, size, MMU_WRITE, memop, fault);
    uint8_t *host, *parts[2];
    struct mmu_slow t, t2;

    if (unlikely(!part))
        return false;
    cpu->mmu->stats.slow_stores++;
    v = byte_order(v, memop);
    host = through_table(s, va, size, true);
    if (host) {
        host_store(host, size, v);
        return true;
    }
    if (part < size && both_through_table(cpu, s, va, part, size, true, parts)) {
        memcpy(parts[0], &v, part);
        memcpy(parts[1], (uint8_t *)&v + part, size - part);
        return true;
    }
    if (!mmu_try_resolve(cpu, s, va, part, MMU_WRITE, &t, fault))
        return false;
    if (unlikely(!quiet && cpu->vcpu->watchpoints->len))
        debug_check_watch(cpu, va, size, WATCH_WRITE);
    if (likely(part == size))
        return page_store(cpu, &t, va, size, v, fault);
    if (!mmu_try_resolve(cpu, s, (va + part) & cpu->va_mask, size - part, MMU_WRITE, &t2, fault))
        return false;
    unsigned first = t.host ? part : 0; /* a device may refuse its bytes: then none is in memory */
    for (unsigned n = 0; n < size; n++) {
        unsigned i = (first + n) % size;
        if (!page_store(cpu, i < part ? &t : &t2, (va + i) & cpu->va_mask, 1, v >> (8 * i), fault))
            return false;
    }
    return true;
}

static uint64_t load_from(struct cpu *cpu, struct mmu_set *s, gva va, uint32_t memop)
{
    struct mmu_fault fault;
    uint64_t v;

    if (unlikely(!try_load(cpu, s, va, memop, false, &v, &fault)))
        mmu_raise(cpu, &fault, memop);
    return v;
}

static void store_to(struct cpu *cpu, struct mmu_set *s, gva va, uint64_t v, uint32_t memop)
{
    struct mmu_fault fault;

    if (unlikely(!try_store(cpu, s, va, v, memop, false, &fault)))
        mmu_raise(cpu, &fault, memop);
    if (unlikely(cpu->vcpu->last_insn))
        cpu_end_insn(cpu);
}

bool mmu_try_load(struct cpu *cpu, const struct mmu_key *key, gva va, unsigned memop, uint64_t *v,
                  struct mmu_fault *fault)
{
    return try_load(cpu, mmu_set_for(cpu, key), va, memop, true, v, fault);
}

bool mmu_try_store(struct cpu *cpu, const struct mmu_key *key, gva va, uint64_t v, unsigned memop,
                   struct mmu_fault *fault)
{
    return try_store(cpu, mmu_set_for(cpu, key), va, v, memop, true, fault);
}

/* In a debug build: what is known of an address is true. */
static void check_alignment(gva va, uint32_t memop)
{
#ifdef MYNAH_DEBUG
    g_assert(!(memop & IR_MEM_ALIGNED) || !(va & ((1u << (memop & IR_MEM_SIZE)) - 1)));
#endif
}

/* One of so many places of misaligned accesses is shown to the engine: what is found often comes often. */
#define MISALIGNED_SAMPLE 64

/* The check of the access, which others share, crosses pages. */
static bool check_crosses(gva va, uint32_t memop)
{
    gva first = va - (memop >> SLOW_DISTANCE_SHIFT & 255);

    return (first ^ (first + (memop >> SLOW_LENGTH_SHIFT))) & PAGE_MASK;
}

/* An access that lies in one page took the slow path: is it since it is misaligned, or by its check? */
static void note_misaligned(struct cpu *cpu, gva va, uint32_t memop)
{
    unsigned size = 1u << (memop & IR_MEM_SIZE);
    bool crosses = check_crosses(va, memop), odd = (va & (size - 1)) && !(memop & IR_MEM_ATOMIC) &&
                                                   !(va & (ir_mem_align(memop) - 1));

    if (likely(!crosses && !odd) ||
        (va & ~PAGE_MASK) + size > PAGE_SIZE || !cpu->host_ra || ++cpu->mmu->misaligned % MISALIGNED_SAMPLE)
        return;
    uint32_t fp = begin_device(cpu); /* the engine's tables may compute with floating point */
    cpu_note_access(cpu, crosses ? ACCESS_CROSSING : ACCESS_MISALIGNED);
    end_device(cpu, fp);
}

/* A wrong guess costs a mispredicted branch: with one in that time, in ns, they cost more than right ones save. */
#define GUESS_NS_MIN 50

/* Guesses of entries have been wrong so often that they are to be looked at; this access had the last of them. */
static void note_guesses(struct cpu *cpu)
{
    uint32_t fp = begin_device(cpu);
    int64_t now = clock_host_ns();

    if (now - cpu->mmu->guesses_looked_at < GUESSES * GUESS_NS_MIN)
        cpu_note_access(cpu, ACCESS_SCATTERED);
    cpu->mmu->guesses_looked_at = now;
    cpu->guesses_left = GUESSES;
    end_device(cpu, fp);
}

uint64_t softmmu_load(struct cpu *cpu, gva va, uint32_t memop)
{
    check_alignment(va, memop);
    note_misaligned(cpu, va, memop);
    if (unlikely(cpu->guesses_left < 0))
        note_guesses(cpu);
    memop &= (1u << SLOW_DISTANCE_SHIFT) - 1;
    return load_from(cpu, set_of(cpu, memop), va, memop);
}

void softmmu_store(struct cpu *cpu, gva va, uint64_t v, uint32_t memop)
{
    check_alignment(va, memop);
    note_misaligned(cpu, va, memop);
    if (unlikely(cpu->guesses_left < 0))
        note_guesses(cpu);
    memop &= (1u << SLOW_DISTANCE_SHIFT) - 1;
    store_to(cpu, set_of(cpu, memop), va, v, memop);
}

uint64_t mmu_load(struct cpu *cpu, gva va, unsigned memop)
{
    return load_from(cpu, set_of(cpu, memop), va, memop);
}

void mmu_store(struct cpu *cpu, gva va, uint64_t v, unsigned memop)
{
    store_to(cpu, set_of(cpu, memop), va, v, memop);
}

uint64_t mmu_load_as(struct cpu *cpu, const struct mmu_key *key, gva va, unsigned memop)
{
    return load_from(cpu, mmu_private_set(cpu, key), va, memop);
}

void mmu_store_as(struct cpu *cpu, const struct mmu_key *key, gva va, uint64_t v, unsigned memop)
{
    store_to(cpu, mmu_private_set(cpu, key), va, v, memop);
}
