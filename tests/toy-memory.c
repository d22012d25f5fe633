/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest memory of the toy architecture: see toy-arch.h. */
#include "cpu-exec.h"
#include "cpu.h"
#include "tcg/mmu/layout.h"
#include "toy-arch.h"

#include <string.h>

uint8_t toy_memory[TOY_MEM_SIZE] __attribute__((aligned(PAGE_SIZE)));
unsigned toy_slow_accesses;
void (*toy_on_slow_access)(void);

/* Where the access is, or out of the unit if it may not be. */
static uint8_t *at(struct cpu *cpu, gva va, uint32_t memop)
{
    unsigned size = 1u << (memop & IR_MEM_SIZE);

    toy_slow_accesses++;
    if (toy_on_slow_access) {
        toy_on_slow_access();
    }
    if (va < TOY_MEM_BASE || va - TOY_MEM_BASE > TOY_MEM_SIZE - size || (va & (ir_mem_align(memop) - 1))) {
        cpu_loop_exit(cpu);
    }
    return toy_memory + (va - TOY_MEM_BASE);
}

static uint64_t extend(uint64_t v, uint32_t memop)
{
    unsigned bits = 8u << (memop & IR_MEM_SIZE);
    return memop & IR_MEM_SIGNED ? (uint64_t)sign_extend(v, bits) : v << (64 - bits) >> (64 - bits);
}

static uint64_t get(const uint8_t *p, uint32_t memop)
{
    unsigned size = 1u << (memop & IR_MEM_SIZE);
    uint64_t v = 0;

    for (unsigned i = 0; i < size; i++) {
        v |= (uint64_t)p[memop & IR_MEM_BE ? size - 1 - i : i] << (8 * i);
    }
    return extend(v, memop);
}

static void set(uint8_t *p, uint64_t v, uint32_t memop)
{
    unsigned size = 1u << (memop & IR_MEM_SIZE);

    for (unsigned i = 0; i < size; i++) {
        p[memop & IR_MEM_BE ? size - 1 - i : i] = v >> (8 * i);
    }
}

uint64_t softmmu_load(struct cpu *cpu, gva va, uint32_t memop)
{
    return get(at(cpu, va, memop), memop);
}

void softmmu_store(struct cpu *cpu, gva va, uint64_t v, uint32_t memop)
{
    set(at(cpu, va, memop), v, memop);
}

void softmmu_load_vector(struct cpu *cpu, gva va, uint32_t memop, struct ir_vec *v)
{
    unsigned n = 1u << ((memop & IR_MEM_SIZE) - IR_MEM_64);
    uint8_t *p = at(cpu, va, memop);
    struct ir_vec r = {{0}};

    for (unsigned i = 0; i < n; i++) {
        r.q[i] = get(p + 8 * (memop & IR_MEM_BE ? n - 1 - i : i), (memop & IR_MEM_BE) | IR_MEM_64);
    }
    *v = r;
}

void softmmu_store_vector(struct cpu *cpu, gva va, uint32_t memop, const struct ir_vec *v)
{
    unsigned n = 1u << ((memop & IR_MEM_SIZE) - IR_MEM_64);
    uint8_t *p = at(cpu, va, memop);

    for (unsigned i = 0; i < n; i++) {
        set(p + 8 * (memop & IR_MEM_BE ? n - 1 - i : i), v->q[i], (memop & IR_MEM_BE) | IR_MEM_64);
    }
}

void softmmu_cas_vector(struct cpu *cpu, gva va, uint32_t memop, struct ir_vec *expected, const struct ir_vec *desired)
{
    struct ir_vec old;

    softmmu_load_vector(cpu, va, memop | IR_MEM_ALIGN, &old);
    if (old.q[0] == expected->q[0] && old.q[1] == expected->q[1]) {
        softmmu_store_vector(cpu, va, memop, desired);
    }
    *expected = old;
}

uint64_t softmmu_amo(struct cpu *cpu, gva va, uint64_t v, uint32_t op)
{
    uint8_t *p = at(cpu, va, op & 0xffff);
    uint64_t old = get(p, op & 0xffff), s = extend(v, op | IR_MEM_SIGNED), u = extend(v, op & ~IR_MEM_SIGNED);
    uint64_t olds = extend(old, op | IR_MEM_SIGNED), oldu = extend(old, op & ~IR_MEM_SIGNED);

    switch (op >> 16) {
    case IR_AMO_SWAP:
        break;
    case IR_AMO_ADD:
        v = old + v;
        break;
    case IR_AMO_AND:
        v = old & v;
        break;
    case IR_AMO_OR:
        v = old | v;
        break;
    case IR_AMO_XOR:
        v = old ^ v;
        break;
    case IR_AMO_MIN:
        v = (int64_t)olds < (int64_t)s ? old : v;
        break;
    case IR_AMO_MAX:
        v = (int64_t)olds > (int64_t)s ? old : v;
        break;
    case IR_AMO_MINU:
        v = oldu < u ? old : v;
        break;
    default:
        v = oldu > u ? old : v;
        break;
    }
    set(p, v, op & 0xffff);
    return old;
}

uint64_t softmmu_cas(struct cpu *cpu, gva va, uint64_t expected, uint64_t desired, uint32_t memop)
{
    uint8_t *p = at(cpu, va, memop);
    uint64_t old = get(p, memop);

    if (old == extend(expected, memop)) {
        set(p, desired, memop);
    }
    return old;
}
