/* SPDX-License-Identifier: BSD-2-Clause */
/* Accesses of 16 and 32 bytes: doublewords one after another, behind a look at all of what a store needs. */
#include "mmu-int.h"

#include "atomic16.h"

static unsigned doublewords(uint32_t memop)
{
    return 1u << ((memop & IR_MEM_SIZE) - IR_MEM_64);
}

static void check_aligned(struct cpu *cpu, gva va, uint32_t memop)
{
    struct mmu_fault fault;

    if (!mmu_first_part(va, 8 * doublewords(memop), memop & IR_MEM_STORE ? MMU_WRITE : MMU_READ, memop, &fault)) {
        mmu_raise(cpu, &fault, memop);
    }
}

/* The memop of one doubleword. */
static uint32_t part_memop(uint32_t memop)
{
    return (memop & ~(uint32_t)(IR_MEM_SIZE | IR_MEM_ALIGN | IR_MEM_ACQUIRE | IR_MEM_RELEASE)) | IR_MEM_64;
}

/* Where doubleword i of the value is: big-endian ones begin with the last. */
static gva part_va(const struct cpu *cpu, gva va, uint32_t memop, unsigned i)
{
    unsigned n = doublewords(memop);

    return (va + 8 * (memop & IR_MEM_BE ? n - 1 - i : i)) & cpu->va_mask;
}

void softmmu_load_vector(struct cpu *cpu, gva va, uint32_t memop, struct ir_vec *v)
{
    struct ir_vec r = {{0}};

    check_aligned(cpu, va, memop);
    for (unsigned i = 0; i < doublewords(memop); i++) {
        r.q[i] = softmmu_load(cpu, part_va(cpu, va, memop, i), part_memop(memop));
    }
    *v = r;
    if (memop & IR_MEM_ACQUIRE) {
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
    }
}

void softmmu_store_vector(struct cpu *cpu, gva va, uint32_t memop, const struct ir_vec *v)
{
    unsigned size = 8 * doublewords(memop), first = MIN(size, PAGE_SIZE - (va & ~PAGE_MASK));

    check_aligned(cpu, va, memop);
    mmu_probe(cpu, va, first, MMU_WRITE, memop);
    if (first < size) {
        mmu_probe(cpu, (va + first) & cpu->va_mask, size - first, MMU_WRITE, memop);
    }
    if (memop & IR_MEM_RELEASE) {
        __atomic_thread_fence(__ATOMIC_RELEASE);
    }
    for (unsigned i = 0; i < doublewords(memop); i++) {
        softmmu_store(cpu, part_va(cpu, va, memop, i), v->q[i], part_memop(memop));
    }
    if ((memop & IR_MEM_RELEASE) && (memop & IR_MEM_ACQUIRE)) {
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
    }
}

/* 16 bytes as memory holds them. */
static unsigned __int128 in_memory(const struct ir_vec *v, uint32_t memop)
{
    union {
        uint64_t q[2];
        unsigned __int128 whole;
    } m;

    m.q[0] = memop & IR_MEM_BE ? GUINT64_TO_BE(v->q[1]) : GUINT64_TO_LE(v->q[0]);
    m.q[1] = memop & IR_MEM_BE ? GUINT64_TO_BE(v->q[0]) : GUINT64_TO_LE(v->q[1]);
    return m.whole;
}

void softmmu_cas_vector(struct cpu *cpu, gva va, uint32_t memop, struct ir_vec *expected, const struct ir_vec *desired)
{
    unsigned __int128 seen = in_memory(expected, memop);
    union {
        unsigned __int128 whole;
        struct ir_vec v;
    } old = {.v = {{0}}};

    check_aligned(cpu, va, memop | IR_MEM_ALIGN);
    void *host = mmu_probe(cpu, va, 16, MMU_WRITE, memop);
    if (!host) { /* a device, or ROM */
        struct mmu_fault fault;
        mmu_bus_error(&fault, va, 0, MMU_WRITE);
        mmu_raise(cpu, &fault, memop);
    }
    if (atomic_cas16(host, &seen, in_memory(desired, memop))) {
        bus_ram_written(host, 16);
    }
    old.whole = seen;
    old.whole = in_memory(&old.v, memop); /* the same exchange of bytes again */
    *expected = old.v;
}
