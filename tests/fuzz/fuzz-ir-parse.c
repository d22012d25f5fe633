/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text form of the IR: what parses and verifies prints as text that parses to the same, survives the optimiser, and
 * does the same before it and after.
 */
#include <setjmp.h>
#include <string.h>

#include "cpu-exec.h"
#include "fuzz.h"
#include "tests/toy-arch.h"

const char fuzz_name[] = "ir-parse";
const unsigned fuzz_runs = 10000;
const size_t fuzz_max_size = 4096;

static struct ir_unit *unit, *again;

void fuzz_init(void)
{
    unit = g_new0(struct ir_unit, 1);
    again = g_new0(struct ir_unit, 1);
}

void cpu_loop_exit(struct cpu *cpu)
{
    longjmp(cpu->loop_env, 1);
}

void cpu_sync_pc(struct cpu *cpu)
{
}

static char *printed(const struct ir_unit *u)
{
    GString *s = g_string_new(NULL);

    ir_print(u, s);
    return g_string_free(s, FALSE);
}

/* Run until the first branch back. */
static struct toy_cpu *run(const struct ir_unit *u, uint8_t *memory)
{
    struct toy_cpu *t = toy_new();
    struct ir_code *code = ir_code_new(u);

    for (unsigned i = 0; i < TOY_X; i++)
        t->x[i] = TOY_MEM_BASE + 0x123 * i;
    for (unsigned i = 0; i < TOY_D; i++)
        t->d[i] = UINT64_C(0x3ff0000000000000) * i;
    memset(toy_memory, 0xa5, TOY_MEM_SIZE);
    t->cpu.pc = u->pc;
    t->cpu.code_page = u->pc & PAGE_MASK;
    t->cpu.key = u->key;
    t->cpu.exit_request = 1;
    if (!setjmp(t->cpu.loop_env))
        ir_interpret(code, &t->cpu);
    memcpy(memory, toy_memory, TOY_MEM_SIZE);
    ir_code_free(code);
    return t;
}

static void compare_runs(void)
{
    static uint8_t before[TOY_MEM_SIZE], after[TOY_MEM_SIZE];
    struct toy_cpu *a = run(unit, before);

    ir_optimise(unit);
    g_assert(ir_verify(unit, NULL));
    struct toy_cpu *b = run(unit, after);
    g_assert(toy_equal(a, b) && !memcmp(before, after, TOY_MEM_SIZE) && a->cpu.pc == b->cpu.pc);
    g_free(a);
    g_free(b);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup(size ? (const char *)data : "", size);
    g_autoptr(GError) err = NULL;

    bool ok = ir_parse(unit, &toy_arch, text, &err);
    g_assert(ok == !err);
    if (!ok)
        return;
    if (!ir_verify(unit, &err)) {
        g_assert(err);
        return;
    }
    g_autofree char *once = printed(unit);
    if (!ir_parse(again, &toy_arch, once, &err))
        g_error("%s in:\n%s", err->message, once);
    g_autofree char *twice = printed(again);
    g_assert_cmpstr(once, ==, twice);
    compare_runs();
}
