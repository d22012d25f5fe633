/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loops made of several units (tcg/ir/merge.c): programs of a guest with four instructions, as units one after another
 * and as one unit, end in the same state. On the toy architecture.
 */
#include <string.h>

#include "cpu-exec.h"
#include "tcg/ir/ir-internal.h"
#include "tcg/mmu/layout.h"
#include "tests/toy-arch.h"

#define BASE UINT64_C(0x80001000)
#define INSNS 24
#define STEPS_MAX 100

void cpu_sync_pc(struct cpu *c)
{
}

void cpu_loop_exit(struct cpu *c)
{
    longjmp(c->loop_env, 1);
}

/* -- The guest: an instruction is four bytes -- */

enum kind { ADD, LOCAL, BRANCH, JUMP };
struct insn {
    enum kind kind;
    unsigned reg, imm; /* ADD: x[reg] += imm; LOCAL: the same by way of a local; BRANCH: to insn imm if bit 0 of x[reg] is set */
};
struct guest {
    struct insn insn[INSNS];
    bool executed[INSNS + 1];
};

static gva pc_of(unsigned i)
{
    return BASE + 4 * i;
}

static void translate(void *opaque, struct ir_unit *u, gva pc, gva stop_before)
{
    const struct guest *g = opaque;

    ir_begin(u, &toy_arch);
    u->pc = pc;
    for (unsigned i = (pc - BASE) / 4;; i++) {
        const struct insn *in = &g->insn[i];
        if (i == INSNS || (pc_of(i) >= stop_before && pc_of(i) != pc)) {
            ir_exit_jump(u, pc_of(i));
            return;
        }
        ir_insn(u, pc_of(i), 4);
        ir_val x = ir_get(u, in->reg, IR_I64);
        if (in->kind == ADD) {
            ir_put(u, in->reg, ir_op2(u, IR_ADD, x, ir_const(u, IR_I64, in->imm)));
        } else if (in->kind == LOCAL) {
            unsigned l = ir_new_local(u, IR_I64), next = ir_new_block(u, false);
            ir_put_local(u, l, ir_op2(u, IR_ADD, x, ir_const(u, IR_I64, in->imm)));
            ir_br(u, next);
            ir_place_block(u, next);
            ir_put(u, in->reg, ir_get_local(u, l));
        } else if (in->kind == JUMP) {
            ir_exit_jump(u, pc_of(in->imm));
            return;
        } else {
            unsigned taken = ir_new_block(u, false), next = ir_new_block(u, false);
            ir_val bit = ir_op2(u, IR_AND, x, ir_const(u, IR_I64, 1));
            ir_brcc(u, IR_NE, bit, ir_const(u, IR_I64, 0), taken, next);
            ir_place_block(u, taken);
            ir_exit_jump(u, pc_of(in->imm));
            ir_place_block(u, next);
        }
    }
}

static bool executed(void *opaque, gva pc)
{
    return ((struct guest *)opaque)->executed[(pc - BASE) / 4];
}

/* One unit, which is left for cpu->pc. */
static void run(struct ir_unit *u, struct toy_cpu *t)
{
    g_autoptr(GError) err = NULL;

    ir_optimise(u);
    if (!ir_verify(u, &err)) {
        g_autoptr(GString) text = g_string_new(NULL);
        ir_print(u, text);
        g_error("%s\n%s", err->message, text->str);
    }
    struct ir_code *code = ir_code_new(u);
    t->cpu.code_page = BASE;
    if (setjmp(t->cpu.loop_env) == 0) {
        ir_interpret(code, &t->cpu);
    }
    ir_code_free(code);
}

/* Units one after another from pc on until the program's end. False: it has none soon. Marks what is executed. */
static bool run_units(struct guest *g, struct ir_unit *u, struct toy_cpu *t, gva pc)
{
    unsigned n = 0;

    for (t->cpu.pc = pc; t->cpu.pc != pc_of(INSNS); n++) {
        if (n == STEPS_MAX) {
            return false;
        }
        g->executed[(t->cpu.pc - BASE) / 4] = true;
        translate(g, u, t->cpu.pc, ~(gva)0);
        run(u, t);
    }
    return true;
}

static void random_guest(GRand *rng, struct guest *g)
{
    memset(g, 0, sizeof(*g));
    for (unsigned i = 0; i < INSNS; i++) {
        struct insn *in = &g->insn[i];
        unsigned kind = g_rand_int_range(rng, 0, 10);
        in->kind = kind < 4 ? ADD : kind < 6 ? LOCAL : kind < 9 ? BRANCH : JUMP;
        in->reg = g_rand_int_range(rng, 0, 6);
        in->imm = in->kind < BRANCH ? g_rand_int_range(rng, 1, 8) : g_rand_int_range(rng, MAX((int)i - 8, 0), INSNS + 1);
    }
}

static void random_registers(GRand *rng, struct toy_cpu *t)
{
    for (unsigned i = 0; i < 6; i++) {
        t->x[i] = g_rand_int(rng);
    }
}

static void test_random(void)
{
    GRand *rng = g_rand_new_with_seed(g_test_rand_int());
    struct toy_cpu *a = toy_new(), *b = toy_new();
    struct ir_unit u = {0};
    unsigned merged = 0;

    for (unsigned round = 0; round < 4000; round++) {
        struct guest g;
        const struct ir_source src = {.translate = translate, .executed = executed, .opaque = &g};
        random_guest(rng, &g);
        random_registers(rng, a);
        memcpy(b->x, a->x, sizeof(a->x));
        if (!run_units(&g, &u, a, BASE)) {
            continue;
        }
        /* The loop at any of its places, in the middle of the run. */
        for (b->cpu.pc = BASE; b->cpu.pc != pc_of(INSNS);) {
            gva pc = b->cpu.pc;
            if (ir_merge_loop(&u, pc, &src)) {
                g_assert_cmpuint(u.guest_size, <=, 4 * INSNS);
                merged++;
            } else {
                translate(&g, &u, pc, ~(gva)0);
            }
            run(&u, b);
        }
        for (unsigned i = 0; i < 6; i++) {
            g_assert_cmphex(a->x[i], ==, b->x[i]);
        }
    }
    g_test_message("%u loops", merged);
    g_assert_cmpuint(merged, >, 30);
    ir_unit_free(&u);
    g_free(a);
    g_free(b);
    g_rand_free(rng);
}

/* 0: add; 1: branch to 4; 2: add; 3: jump to 0; 4: branch to 0; 5: jump to the end */
static const struct insn two_ways[INSNS] = {
    {ADD, 0, 1}, {BRANCH, 1, 4}, {ADD, 1, 1}, {JUMP, 0, 0}, {BRANCH, 0, 0}, {JUMP, 0, INSNS},
};

static struct guest two_ways_guest(void)
{
    struct guest g = {0};

    memcpy(g.insn, two_ways, sizeof(two_ways));
    return g;
}

static unsigned count_ops(const struct ir_unit *u, unsigned op)
{
    unsigned n = 0;

    for (unsigned i = 1; i < u->nops; i++) {
        n += u->ops[i].op == op;
    }
    return n;
}

/* What has not been executed is left for, and so is what does not lead back. */
static void test_shape(void)
{
    struct guest g = two_ways_guest();
    const struct ir_source src = {.translate = translate, .executed = executed, .opaque = &g};
    struct ir_unit u = {0};

    g_assert_false(ir_merge_loop(&u, pc_of(0), &src)); /* a unit that jumps to itself, which ir_specialise_loop() does */
    g.executed[4] = true;
    g_assert_true(ir_merge_loop(&u, pc_of(0), &src));
    ir_optimise(&u);
    g_assert_cmpuint(count_ops(&u, IR_EXIT_JUMP), ==, 1);
    g_assert_cmpuint(count_ops(&u, IR_INSN), ==, 6);
    g_assert_cmpuint(u.guest_size, ==, 4 * 6);
    g.executed[INSNS] = true; /* behind the loop */
    g_assert_true(ir_merge_loop(&u, pc_of(0), &src));
    ir_optimise(&u);
    g_assert_cmpuint(count_ops(&u, IR_EXIT_JUMP), ==, 1);
    g_assert_false(ir_merge_loop(&u, pc_of(5), &src)); /* no loop at all */
    ir_unit_free(&u);
}

/* A jump to what lies before the head leaves, even if it comes back. */
static void test_lowest(void)
{
    struct guest g = two_ways_guest();
    const struct ir_source src = {.translate = translate, .executed = executed, .opaque = &g};
    struct ir_unit u = {0};

    memset(g.executed, true, sizeof(g.executed));
    g_assert_false(ir_merge_loop(&u, pc_of(1), &src));
    ir_unit_free(&u);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ir/merge/random", test_random);
    g_test_add_func("/ir/merge/shape", test_shape);
    g_test_add_func("/ir/merge/lowest", test_lowest);
    return g_test_run();
}
