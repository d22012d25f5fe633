/* SPDX-License-Identifier: BSD-2-Clause */
/* The IR: what ops compute, folding, the verifier, the optimiser, the text form; on the toy architecture. */
#include <string.h>

#include "tcg/ir-internal.h"
#include "tcg/tcg.h"
#include "tests/ir-random.h"
#include "tests/toy-arch.h"

static struct ir_unit unit;
static struct toy_cpu *cpu;

/* -- What the engine would provide -- */

void cpu_sync_pc(struct cpu *c)
{
}

void cpu_loop_exit(struct cpu *c)
{
    longjmp(c->loop_env, 1);
}

/* How a run ended: the terminator, or IR_NOP for an exception. */
static enum ir_opcode run(const struct ir_unit *u, struct toy_cpu *t)
{
    struct ir_code *code = ir_code_new(u);
    volatile enum ir_opcode how = IR_NOP;

    if (setjmp(t->cpu.loop_env) == 0) {
        how = ir_interpret(code, &t->cpu);
    }
    ir_code_free(code);
    return how;
}

static void assert_verified(const struct ir_unit *u)
{
    GError *err = NULL;

    if (!ir_verify(u, &err)) {
        GString *text = g_string_new(NULL);
        ir_print(u, text);
        g_error("%s\n%s", err->message, text->str);
    }
}

/* -- Random units -- */

static struct ir_random random_setup(uint64_t seed, unsigned features)
{
    return (struct ir_random){
        .seed = seed * UINT64_C(0x9e3779b97f4a7c15) | 1,
        .arch = &toy_arch,
        .features = features,
        .insns = 1 + seed % 40,
        .pc = 0x1000,
        .mem_base = TOY_MEM_BASE,
        .mem_size = TOY_MEM_SIZE,
        .state_offset = offsetof(struct toy_cpu, state),
        .state_size = sizeof(cpu->state),
        .fp_classes = 1 << IR_FP_RISCV,
        .rounding = 1 << IR_RNE | 1 << IR_RTZ | 1 << IR_RDN | 1 << IR_RUP | 1 << IR_RMM | 1 << IR_RDYN,
        .helpers = toy_arch.helpers,
    };
}

static void test_random_optimised(void)
{
    for (unsigned seed = 1; seed <= 1000; seed++) {
        struct ir_random r = random_setup(seed, seed % 4 ? IR_RANDOM_ALL : (unsigned)ir_random_next(&(struct ir_random){.seed = seed}) & IR_RANDOM_ALL);
        struct toy_cpu *a = toy_new(), *b = toy_new();
        uint8_t memory[TOY_MEM_SIZE];

        ir_random_registers(&r, &a->cpu);
        a->cpu.fp.rm = seed % 5;
        *b = *a;
        ir_random_unit(&r, &unit);
        assert_verified(&unit);
        memset(toy_memory, seed, sizeof(toy_memory));
        enum ir_opcode how = run(&unit, a);
        memcpy(memory, toy_memory, sizeof(memory));
        ir_optimise(&unit);
        assert_verified(&unit);
        memset(toy_memory, seed, sizeof(toy_memory));
        g_assert_cmpint(run(&unit, b), ==, how);
        g_assert_cmpint(a->cpu.unit_insns, ==, b->cpu.unit_insns);
        g_assert_cmphex(a->cpu.pc, ==, b->cpu.pc);
        g_assert_true(toy_equal(a, b));
        g_assert_cmpmem(memory, sizeof(memory), toy_memory, sizeof(toy_memory));
        g_free(a);
        g_free(b);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ir/random/optimised", test_random_optimised);
    return g_test_run();
}
