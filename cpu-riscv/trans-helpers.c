/* SPDX-License-Identifier: BSD-2-Clause */
/* The translator's helpers: what instructions do that has no IR op. */
#include "cpu-exec.h"
#include "trans.h"

/* -- Carry-less multiplication, bit interleaving -- */

static uint64_t helper_clmul(struct cpu *cpu, uint64_t a, uint64_t b)
{
    uint64_t v = 0;
    for (; b; b >>= 1, a <<= 1)
        v ^= b & 1 ? a : 0;
    return v;
}

static uint64_t helper_clmulh(struct cpu *cpu, uint64_t a, uint64_t b)
{
    uint64_t v = 0;
    for (unsigned i = 1; i < 64; i++)
        v ^= b >> i & 1 ? a >> (64 - i) : 0;
    return v;
}

static uint64_t helper_zip(struct cpu *cpu, uint64_t a)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < 16; i++)
        v |= (a >> i & 1) << (2 * i) | (a >> (i + 16) & 1) << (2 * i + 1);
    return v;
}

static uint64_t helper_unzip(struct cpu *cpu, uint64_t a)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < 16; i++)
        v |= (a >> (2 * i) & 1) << i | (a >> (2 * i + 1) & 1) << (i + 16);
    return v;
}

TRANS_HELPER(clmul, 2, true, IR_H_PURE);
TRANS_HELPER(clmulh, 2, true, IR_H_PURE);
TRANS_HELPER(zip, 1, true, IR_H_PURE);
TRANS_HELPER(unzip, 1, true, IR_H_PURE);

/* -- Atomics -- */

static void check_aligned(struct riscv_cpu *r, gva va, unsigned size)
{
    if (va & (size - 1))
        riscv_raise(r, EXC_STORE_MISALIGNED, va);
}

static uint64_t helper_sc_fail(struct cpu *cpu, uint64_t va, uint64_t size)
{
    check_aligned(riscv_cpu(cpu), va, size);
    mmu_probe(cpu, va, size, MMU_WRITE, (size == 4 ? IR_MEM_32 : IR_MEM_64) | IR_MEM_STORE | IR_MEM_ATOMIC);
    return 0;
}

TRANS_HELPER(sc_fail, 2, false, IR_H_TRAPS | IR_H_STATE);

static uint64_t helper_pause(struct cpu *cpu)
{
    cpu_yield(cpu);
    return 0;
}

TRANS_HELPER(pause, 0, false, IR_H_STATE);

const struct ir_helper *const riscv_trans_helpers[] = {
    &riscv_helper_clmul, &riscv_helper_clmulh, &riscv_helper_zip, &riscv_helper_unzip, &riscv_helper_sc_fail,
    &riscv_helper_pause,
#define H(name) &riscv_helper_##name,
    RISCV_CRYPTO_HELPERS(H)
    RISCV_FP_HELPERS(H)
#undef H
    NULL,
};
