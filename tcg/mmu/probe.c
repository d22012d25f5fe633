/* SPDX-License-Identifier: BSD-2-Clause */
/* Accesses of helpers and walks that want the memory itself: look-ups, probes, page-table entries. */
#include "mmu-int.h"

#include "vcpu.h"

/* -- Look-ups and probes -- */

void *mmu_lookup(struct cpu *cpu, gva va, unsigned len, enum mmu_access access)
{
    return through_table(cpu->data_set, va, len, access == MMU_WRITE);
}

static void *probe(struct cpu *cpu, struct mmu_set *s, gva va, unsigned len, enum mmu_access access, unsigned memop)
{
    void *host = access == MMU_WRITE ? through_table(s, va, len, true) : NULL;

    if (host)
        return host;
    struct mmu_slow t = mmu_resolve(cpu, s, va, len, access, memop);
    gpa pa = t.pa | (va & ~PAGE_MASK);

    if (!mmu_on_bus(cpu, &t, pa)) {
        struct mmu_fault fault;
        mmu_bus_error(&fault, va, pa, access);
        mmu_raise(cpu, &fault, memop);
    }
    if (unlikely(cpu->vcpu->watchpoints->len))
        debug_check_watch(cpu, va, len, access == MMU_WRITE ? WATCH_WRITE : WATCH_READ);
    return t.host && t.map->region->kind == REGION_RAM ? t.host + (va & ~PAGE_MASK) : NULL;
}

void *mmu_probe(struct cpu *cpu, gva va, unsigned len, enum mmu_access access, unsigned memop)
{
    return probe(cpu, set_of(cpu, memop), va, len, access, memop);
}

void *mmu_probe_as(struct cpu *cpu, const struct mmu_key *key, gva va, unsigned len, enum mmu_access access, unsigned memop)
{
    return probe(cpu, mmu_set_for(cpu, key), va, len, access, memop);
}

/* -- Code -- */

uint32_t mmu_read_code(struct cpu *cpu, gva va, unsigned size)
{
    uint32_t v = 0;
    unsigned step;

    for (unsigned i = 0; i < size; i += step) {
        gva at = (va + i) & cpu->va_mask;
        struct mmu_slow t = mmu_fetch(cpu, at);
        gpa pa = t.pa | (at & ~PAGE_MASK);
        uint64_t part;
        step = i + 2 <= size && !(at & 1) ? 2 : 1; /* from a device, or a region smaller than a page, two at once if it can be */
        if (t.host) {
            part = host_load(t.host + (at & ~PAGE_MASK), step);
        } else if (bus_read(cpu->as, pa, step, &part) != BUS_OK) {
            struct mmu_fault fault;
            mmu_bus_error(&fault, at, pa, MMU_FETCH);
            mmu_raise(cpu, &fault, 0);
        }
        v |= (uint32_t)part << (8 * i);
    }
    return v;
}

/* PMP may divide a page at multiples of four. */
uint64_t mmu_load_code(struct cpu *cpu, gva va, unsigned size)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < size; i += 4)
        v |= (uint64_t)mmu_read_code(cpu, va + i, 4) << (8 * i);
    return v;
}

/* -- Page-table entries -- */

static uint8_t *pte_host(struct cpu *cpu, gpa addr, unsigned size, bool *writable)
{
    const struct mapping *m = cpu->mmu->pte_map;

    if (!m || addr - m->base >= m->size)
        m = address_space_find(cpu->as, addr);
    if (!m || m->region->kind == REGION_IO || m->size - (addr - m->base) < size)
        return NULL;
    if (__atomic_load_n(&m->region->romd_off, __ATOMIC_ACQUIRE)) /* a flash chip that does not show its array */
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
    *swapped = mmu_host_cas(p, size, &old, new);
    if (*swapped)
        bus_ram_written(p, size);
    return true;
}
