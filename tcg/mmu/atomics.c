/* SPDX-License-Identifier: BSD-2-Clause */
/* Slow atomics. */
#include "mmu-int.h"

#include <string.h>

#include "atomic16.h"
#include "vcpu.h"

/* True if the access lies in 16 aligned bytes. */
static bool within16(gva va, unsigned size)
{
    return (va & 15) + size <= 16;
}

/* The RAM that an atomic works on, within 16 aligned bytes; other addresses have no atomics: an access fault. */
static uint8_t *atomic_target(struct cpu *cpu, gva va, unsigned memop, struct mmu_slow *t)
{
    unsigned size = 1u << (memop & IR_MEM_SIZE);
    struct mmu_fault fault;

    memop |= IR_MEM_STORE | (within16(va, size) ? 0 : IR_MEM_ALIGN);
    if (!mmu_first_part(va, size, MMU_WRITE, memop, &fault) ||
        !mmu_try_resolve(cpu, set_of(cpu, memop), va, size, MMU_WRITE, t, &fault))
        mmu_raise(cpu, &fault, memop);
    cpu->mmu->stats.slow_stores++;
    if (unlikely(cpu->vcpu->watchpoints->len))
        debug_check_watch(cpu, va, size, WATCH_ACCESS);
    if (!t->host || t->map->region->kind != REGION_RAM) {
        mmu_bus_error(&fault, va, t->pa | (va & ~PAGE_MASK), MMU_WRITE);
        mmu_raise(cpu, &fault, memop);
    }
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

bool mmu_host_cas(uint8_t *p, unsigned size, uint64_t *old, uint64_t new)
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
    bool (*cas)(uint8_t *, unsigned, uint64_t *, uint64_t) = va & (size - 1) ? host_cas_within16 : mmu_host_cas;
    uint64_t old = host_load(p, size);

    while (!cas(p, size, &old, byte_order(amo_result(op >> 16, byte_order(old, memop), v, memop), memop)))
        ;
    mmu_wrote(&t, p, size);
    return extend(byte_order(old, memop), memop);
}

uint64_t softmmu_cas(struct cpu *cpu, gva va, uint64_t expected, uint64_t desired, uint32_t memop)
{
    unsigned size = 1u << (memop & IR_MEM_SIZE);
    struct mmu_slow t;
    uint8_t *p = atomic_target(cpu, va, memop | IR_MEM_ALIGN, &t);
    uint64_t old = byte_order(extend(expected, memop & ~IR_MEM_SIGNED), memop);

    if (mmu_host_cas(p, size, &old, byte_order(extend(desired, memop & ~IR_MEM_SIGNED), memop)))
        mmu_wrote(&t, p, size);
    return extend(byte_order(old, memop), memop);
}
