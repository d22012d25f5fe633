/* SPDX-License-Identifier: BSD-2-Clause */
/* The x86-64 back end against the IR's interpreter. */
#include <string.h>

#include "tcg/ir-internal.h"
#include "tests/ir-random.h"
#include "tests/x64-rig.h"

static struct ir_unit unit;

static const char *text_of(const struct ir_unit *u)
{
    static GString *text;

    if (!text) {
        text = g_string_new(NULL);
    }
    g_string_truncate(text, 0);
    ir_print(u, text);
    return text->str;
}

/* How the unit is run. */
struct how {
    bool flat, smp;
    unsigned features_off;
    uint32_t key;
    bool exit_request;
};

static void G_GNUC_NORETURN differ(const struct toy_cpu *i, const struct toy_cpu *j, const struct tb *tb, const char *what)
{
    GString *s = g_string_new(NULL);
    char *code = rig_disas(tb);

    toy_print_difference(i, j, s);
    g_printerr("%s%s%s (interpreter, translated: pc 0x%" G_GINT64_MODIFIER "x 0x%" G_GINT64_MODIFIER
               "x, flags 0x%x 0x%x)\n%s", text_of(&unit), code, what, i->cpu.pc, j->cpu.pc, i->cpu.fp.flags,
               j->cpu.fp.flags, s->str);
    exit(1);
}

/* Run the unit from the state of start both ways; results, memory, flags and exits must agree. */
static void compare(const struct toy_cpu *start, unsigned fill, const struct how *h)
{
    struct toy_cpu *i = toy_new(), *j = toy_new();
    uint8_t memory[TOY_MEM_SIZE];
    struct jit_exit out = {0};
    struct tb *tb;
    bool ok_i, ok_j;

    *i = *j = *start;
    unit.key = i->cpu.key = j->cpu.key = h->key;
    i->cpu.exit_request = j->cpu.exit_request = h->exit_request ? EXIT_REQUESTED : 0;
    i->cpu.budget = j->cpu.budget = 1 << 20;
    memset(toy_memory, fill, sizeof(toy_memory));
    ok_i = rig_interpret(&unit, &i->cpu);
    memcpy(memory, toy_memory, sizeof(memory));

    memset(toy_memory, fill, sizeof(toy_memory));
    tcg_config.host_features_off = h->features_off;
    tcg_smp = h->smp;
    rig_set_mmu(&j->cpu, h->flat);
    tb = rig_compile(&unit);
    ok_j = rig_run(tb, &j->cpu, &out);
    if (ok_i != ok_j) {
        differ(i, j, tb, ok_i ? "an exception" : "no exception");
    }
    if (!toy_equal(i, j)) {
        differ(i, j, tb, "registers");
    }
    if (i->cpu.fp.flags != j->cpu.fp.flags) {
        differ(i, j, tb, "FP flags");
    }
    if (ok_i && i->cpu.pc != j->cpu.pc) {
        differ(i, j, tb, "PC");
    }
    if (memcmp(memory, toy_memory, sizeof(memory))) {
        differ(i, j, tb, "memory");
    }
    if (ok_j && out.tb) {
        g_assert_true(out.tb == tb);
        g_assert_cmphex(tb->jump[out.slot].pc, ==, j->cpu.pc);
    }
    g_free(i);
    g_free(j);
}

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
        .state_size = sizeof(((struct toy_cpu *)0)->state),
        .fp_classes = 1 << IR_FP_RISCV | 1 << IR_FP_ARM | 1 << IR_FP_X86,
        .rounding = 1 << IR_RNE | 1 << IR_RTZ | 1 << IR_RDN | 1 << IR_RUP | 1 << IR_RMM | 1 << IR_RDYN,
        .helpers = toy_arch.helpers,
    };
}

static void random_units(uint64_t first, unsigned n, unsigned features, unsigned features_off)
{
    const char *only = g_getenv("SEED"), *more = g_getenv("MORE");

    if (more) { /* a long run: other seeds, that many times as many */
        first += UINT64_C(1000000) * n;
        n *= g_ascii_strtoull(more, NULL, 0);
    }

    for (uint64_t seed = first; seed < first + n; seed++) {
        struct ir_random r;
        struct toy_cpu *start;
        struct how h;

        if (only && g_ascii_strtoull(only, NULL, 0) != seed) {
            continue;
        }
        r = random_setup(seed, features);
        if (seed & 1) {
            r.fp_classes = 1 << IR_FP_RISCV;
            r.rounding = 1 << IR_RDYN | 1 << IR_RTZ;
        }
        start = toy_new();
        ir_random_registers(&r, &start->cpu);
        start->cpu.fp.rm = seed % 4;
        start->trap_armed = seed % 16 == 0;
        ir_random_unit(&r, &unit);
        if (seed % 2) {
            ir_optimise(&unit);
        }
        h = (struct how){.flat = seed % 8 > 1, .smp = seed >> 1 & 1, .features_off = features_off,
                         .key = seed % 32 == 7 ? KEY_NOCHAIN : seed % 32 == 9 ? KEY_ICOUNT : 0, .exit_request = seed % 32 == 11};
        if (g_test_verbose()) {
            g_test_message("seed %u", (unsigned)seed);
        }
        if (only) {
            g_printerr("%s", text_of(&unit));
        }
        compare(start, seed * 37, &h);
        g_free(start);
    }
}


static void test_random_int(void)
{
    random_units(1, 1000, IR_RANDOM_RAW | IR_RANDOM_STATE, 0);
}

static void test_random_flow(void)
{
    random_units(10000, 1000, IR_RANDOM_ALL & ~(IR_RANDOM_FP | IR_RANDOM_MEM | IR_RANDOM_ATOMIC | IR_RANDOM_CALL), 0);
}

static void test_random_memory(void)
{
    random_units(20000, 1500, IR_RANDOM_ALL & ~IR_RANDOM_FP, 0);
}

static void test_random_fp(void)
{
    random_units(30000, 2000, IR_RANDOM_ALL, 0);
}

/* Hosts with less. */
static void test_random_features(void)
{
    for (unsigned n = 0; n < 8; n++) {
        random_units(40000 + 1000 * n, 250, IR_RANDOM_ALL, n == 0 ? ~0u : 1u << n);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    rig_init();
    g_test_add_func("/x64/random/integer", test_random_int);
    g_test_add_func("/x64/random/flow", test_random_flow);
    g_test_add_func("/x64/random/memory", test_random_memory);
    g_test_add_func("/x64/random/fp", test_random_fp);
    g_test_add_func("/x64/random/features", test_random_features);
    return g_test_run();
}
