/* SPDX-License-Identifier: BSD-2-Clause */
/* Which guest registers go to host registers, by a table of the host's that no host has. */
#include "cpu.h"
#include "ir.h"
#include "tcg/gen/pins.h"
#include "tests/toy-arch.h"

static const struct gen_regs host = {.ints = {9, 3, 5}, .nints = 3, .fps = {20}, .nfps = 1};
static struct ir_unit unit;

/* A register of each host register, each of its kind and the heaviest. */
static void test_weight(void)
{
    struct gen_pins pins;
    unsigned least[2] = {UINT32_MAX, UINT32_MAX};

    gen_pins_by_weight(&pins, toy_arch.regs, toy_arch.nregs, &host);
    g_assert_cmphex(pins.pinned, ==, 1u << 9 | 1u << 3 | 1u << 5 | 1u << 20);
    for (unsigned r = 0; r < GEN_HOST_REGS; r++) {
        if (pins.pinned >> r & 1) {
            const struct guest_reg *g = &toy_arch.regs[pins.home_of[r]];
            g_assert_cmpuint(pins.host_of[pins.home_of[r]], ==, r);
            g_assert_cmpuint(g->type == IR_F64, ==, r == 20);
            least[r == 20] = MIN(least[r == 20], g->weight);
        } else {
            g_assert_cmpint(pins.home_of[r], ==, -1);
        }
    }
    for (unsigned i = 0; i < toy_arch.nregs; i++) {
        const struct guest_reg *g = &toy_arch.regs[i];
        if (pins.host_of[i] == GEN_NOREG && (g->type == IR_I64 || g->type == IR_F64)) {
            g_assert_cmpuint(g->weight, <=, least[g->type == IR_F64]);
        }
    }
}

/* A block that uses register reg n times; then back to block 1 while it is not 0, or out. */
static void make_loop(unsigned reg, unsigned n, bool flags, bool back)
{
    unsigned loop, out;
    ir_val v = 0;

    ir_begin(&unit, &toy_arch);
    loop = ir_new_block(&unit, false);
    out = ir_new_block(&unit, false);
    ir_br(&unit, loop);
    ir_place_block(&unit, loop);
    ir_insn(&unit, 0x1000, 4);
    for (unsigned i = 0; i < n; i++) {
        v = ir_get(&unit, reg, IR_I64);
        ir_put(&unit, reg, v = ir_op2(&unit, IR_ADD, v, ir_const(&unit, IR_I64, 3)));
    }
    if (!back) {
        ir_br(&unit, out);
    } else if (flags) {
        ir_val f = ir_flags(&unit, IR_FLAG_SUB, 3, v, ir_get(&unit, 0, IR_I64), ir_const(&unit, IR_I64, 0));
        ir_brflag(&unit, IR_FLAG_P, f, loop, out);
    } else {
        ir_brcc(&unit, IR_NE, v, ir_const(&unit, IR_I64, 0), loop, out);
    }
    ir_place_block(&unit, out);
    ir_exit_jump(&unit, 0x1004);
}

/* A register that a loop uses takes the place of one that it does not; flags end a loop as comparisons do. */
static void test_loop(void)
{
    struct gen_pins all, pins;
    uint8_t depth[8];
    unsigned reg = 0;

    gen_pins_by_weight(&all, toy_arch.regs, toy_arch.nregs, &host);
    while (all.host_of[reg] != GEN_NOREG) {
        reg++;
    }
    for (unsigned flags = 0; flags < 2; flags++) {
        make_loop(reg, 1, flags, true);
        g_assert_true(gen_find_loops(&unit, depth));
        g_assert_cmpuint(depth[0], ==, 0);
        g_assert_cmpuint(depth[1], ==, 1);
        g_assert_cmpuint(depth[2], ==, 0);
        pins = all;
        uint32_t set = gen_pins_for_loop(&pins, &unit, &host, depth);
        g_assert_cmphex(set, ==, 1u << pins.host_of[reg]);
        g_assert_cmpuint(pins.home_of[pins.host_of[reg]], ==, reg);
        g_assert_cmpuint(pins.host_of[all.home_of[pins.host_of[reg]]], ==, GEN_NOREG);
        g_assert_cmphex(pins.pinned, ==, all.pinned);
    }
    make_loop(all.home_of[9], 1, false, true); /* it is where it shall be */
    g_assert_true(gen_find_loops(&unit, depth));
    pins = all;
    g_assert_cmphex(gen_pins_for_loop(&pins, &unit, &host, depth), ==, 0);
    make_loop(reg, 1, false, false);
    g_assert_false(gen_find_loops(&unit, depth));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pins/weight", test_weight);
    g_test_add_func("/pins/loop", test_loop);
    return g_test_run();
}
