/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the RISC-V translator needs from the engine and the system half, for tests that only translate:
 * guest code comes from a buffer, and helpers are never called. A test that defines riscv_helper_csr or
 * mmu_probe() and bus_ram_written() itself says so by TEST_HAS_CSR, TEST_HAS_MEMORY.
 */
#ifndef MYNAH_TESTS_RISCV_STUBS_H
#define MYNAH_TESTS_RISCV_STUBS_H

#include <glib.h>

#include "cpu-exec.h"
#include "cpu-riscv/riscv.h"
#include "semihost.h"

/* Code at test_code_pc, in test_code_size bytes. */
static const uint8_t *test_code;
static gva test_code_pc;
static size_t test_code_size;

bool tcg_fetch(struct ir_unit *u, gva va, unsigned size, uint32_t *code)
{
    *code = 0;
    g_assert_cmpuint(va - test_code_pc + size, <=, test_code_size);
    for (unsigned i = 0; i < size; i++)
        *code |= (uint32_t)test_code[va - test_code_pc + i] << (8 * i);
    return true;
}

#ifndef TEST_HAS_MEMORY
void *mmu_probe(struct cpu *cpu, gva va, unsigned len, enum mmu_access access, unsigned memop)
{
    g_assert_not_reached();
}

void bus_ram_written(const uint8_t *host, size_t len)
{
    g_assert_not_reached();
}
#endif

void riscv_raise(struct riscv_cpu *r, unsigned cause, uint64_t tval)
{
    g_assert_not_reached();
}

bool cpu_yield(struct cpu *cpu)
{
    return false;
}

const char *riscv_csr_name(unsigned csr)
{
    return NULL;
}

static uint64_t never_called(void)
{
    g_assert_not_reached();
}

struct semihost_config semihost;

#define STUB(name_, nargs_, result_, flags_)                                                                           \
    const struct ir_helper riscv_helper_##name_ = {                                                                    \
        .name = "riscv_" #name_, .fn = never_called, .nargs = nargs_, .result = result_, .flags = flags_}

STUB(raise, 2, false, IR_H_TRAPS | IR_H_STATE);
#ifndef TEST_HAS_CSR
STUB(csr, 4, true, IR_H_TRAPS | IR_H_STATE);
#endif
STUB(sum, 1, false, IR_H_STATE);
STUB(interrupts, 0, false, IR_H_STATE);
STUB(mret, 1, false, IR_H_TRAPS | IR_H_STATE);
STUB(sret, 1, false, IR_H_TRAPS | IR_H_STATE);
STUB(wfi, 1, false, IR_H_TRAPS | IR_H_STATE);
STUB(wrs, 1, false, IR_H_STATE);
STUB(ecall, 0, false, IR_H_TRAPS | IR_H_STATE);
STUB(ebreak, 0, false, IR_H_READS | IR_H_WRITES | IR_H_TRAPS | IR_H_STATE);
STUB(sfence, 3, false, IR_H_TRAPS | IR_H_STATE);
STUB(fs_dirty, 0, false, IR_H_STATE);
STUB(cbo, 3, false, IR_H_TRAPS | IR_H_STATE);
STUB(expect_pad, 0, false, IR_H_STATE);
STUB(landed, 0, false, IR_H_STATE);
STUB(sspush, 1, false, IR_H_TRAPS | IR_H_STATE);
STUB(sspopchk, 1, false, IR_H_TRAPS | IR_H_STATE);
STUB(ssamoswap, 4, true, IR_H_TRAPS | IR_H_STATE);
STUB(table_jump, 2, true, IR_H_TRAPS | IR_H_STATE);

static struct guest_reg test_regs[RVREG_COUNT];
static struct cpu_arch test_arch = {
    .name = "riscv", .cpu_size = sizeof(struct riscv_cpu), .regs = test_regs, .nregs = RVREG_COUNT};

/* The register table, as arch.c has it. */
static void test_arch_init(void)
{
    for (unsigned i = 0; i < 32; i++) {
        test_regs[RVREG_X(i)] = (struct guest_reg){
            .name = "x", .type = IR_I64, .offset = offsetof(struct riscv_cpu, x) + 8 * i};
        test_regs[RVREG_F(i)] = (struct guest_reg){
            .name = "f", .type = IR_F64, .offset = offsetof(struct riscv_cpu, f) + 8 * i};
    }
}

/* A hart with every feature but E. */
static void test_config_all(struct riscv_config *c, unsigned xlen)
{
    memset(c, 0, sizeof(*c));
    for (unsigned i = 0; i < RVF_COUNT; i++)
        c->has[i] = i != RVF_e;
    c->xlen = xlen;
    c->cbo_block = 64;
}

#endif
