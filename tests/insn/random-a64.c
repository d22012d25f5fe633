/* SPDX-License-Identifier: BSD-2-Clause */
/* A64 for random.c, at EL0. x27 points to the segment's state; x[31] of that is SP, control has NZCV and FPSR. */
#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "cpu-arm/trans-a64.h"
#include "opts.h"
#include "random.h"
#include "tests/a64-random.h"

#define STATE 27

/* -- Assembly of the frame -- */

static void put_constant(struct assembler *a, unsigned rd, uint32_t v)
{
    put(a, 0xd2800000 | (v & 0xffff) << 5 | rd);
    put(a, 0xf2a00000 | (v >> 16) << 5 | rd);
}

/* adrp and add for an offset in RAM */
static void put_address(struct assembler *a, unsigned rd, unsigned offset)
{
    uint32_t pages = (offset >> 12) - (a->at >> 12);
    put(a, 0x90000000 | (pages & 3) << 29 | (pages >> 2 & 0x7ffff) << 5 | rd);
    put(a, 0x91000000 | (offset & 4095) << 10 | rd << 5 | rd);
}

static void put_jump(struct assembler *a, unsigned offset)
{
    put(a, 0x14000000 | ((offset - a->at) >> 2 & 0x3ffffff));
}

static void put_start(struct assembler *a, bool user, unsigned to)
{
    put_jump(a, to);
}

static void put_end(struct assembler *a, bool user, unsigned from, unsigned to)
{
    if (!user) {
        put_constant(a, 0, RIG_FINISHER);
        put_constant(a, 1, 0x5555);
        put(a, 0xb9000001); /* str w1, [x0] */
        put_jump(a, a->at);
        return;
    }
    put_constant(a, 0, 1); /* write(1, states, ...) */
    put_address(a, 1, from);
    put_constant(a, 2, to - from);
    put_constant(a, 8, 64);
    put(a, 0xd4000001);
    put_constant(a, 0, 0); /* exit(0) */
    put_constant(a, 8, 93);
    put(a, 0xd4000001);
}

/* str or ldr of x or q, at x27 */
static void put_x(struct assembler *a, bool save, unsigned n, unsigned offset)
{
    put(a, (save ? 0xf9000000 : 0xf9400000) | offset / 8 << 10 | STATE << 5 | n);
}

static void put_q(struct assembler *a, bool save, unsigned n, unsigned offset)
{
    put(a, (save ? 0x3d800000 : 0x3dc00000) | offset / 16 << 10 | STATE << 5 | n);
}

static unsigned x_offset(unsigned n)
{
    return offsetof(struct random_state, x) + 8 * n;
}

static void put_moves(struct assembler *a, bool save)
{
    for (unsigned i = 0; i < 32; i++)
        put_q(a, save, i, offsetof(struct random_state, v) + 16 * i);
    for (unsigned i = 0; i < 31; i++) {
        if (i != STATE)
            put_x(a, save, i, x_offset(i));
    }
}

/* control: NZCV in its top bits, FPCR and FPSR in its low half; x0 to x2 are used. */
static void put_load(struct assembler *a, const void *config, unsigned state)
{
    put_address(a, STATE, state);
    put_x(a, false, 0, x_offset(31));
    put(a, 0x9100001f); /* mov sp, x0 */
    put_x(a, false, 0, offsetof(struct random_state, control));
    put(a, 0x926a1001); /* and x1, x0, #0x7c00000 */
    put(a, 0x926d0002); /* and x2, x0, #0x80000 */
    put(a, 0xaa020021); /* orr x1, x1, x2 */
    put(a, 0xd51b4401); /* msr fpcr, x1 */
    put(a, 0xd51b443f); /* msr fpsr, xzr */
    put(a, 0xd360fc00); /* lsr x0, x0, #32 */
    put(a, 0xd51b4200); /* msr nzcv, x0 */
    put_moves(a, false);
}

static void put_save(struct assembler *a, const void *config, unsigned state)
{
    put_moves(a, true);
    put(a, 0x91000000 | 31 << 5); /* mov x0, sp */
    put_x(a, true, 0, x_offset(31));
    put(a, 0xd53b4200); /* mrs x0, nzcv */
    put(a, 0xd53b4421); /* mrs x1, fpsr */
    put(a, 0xd53b4402); /* mrs x2, fpcr */
    put(a, 0xaa008020); /* orr x0, x1, x0, lsl #32 */
    put(a, 0xaa020000); /* orr x0, x0, x2 */
    put_x(a, true, 0, offsetof(struct random_state, control));
}

static void put_pass(struct assembler *a, unsigned state, unsigned again, unsigned end)
{
    put_address(a, STATE, state);
    put_x(a, false, 0, offsetof(struct random_state, pass));
    put(a, 0xd1000400); /* sub x0, x0, #1 */
    put_x(a, true, 0, offsetof(struct random_state, pass));
    put(a, 0xb5000040); /* cbnz x0, . + 8 */
    put_jump(a, end);
    put_jump(a, again);
}

/* -- Programs -- */

void *random_arm_config(const struct flavour *f)
{
    g_autoptr(GError) err = NULL;
    struct arm_cpu *a = g_new0(struct arm_cpu, 1);
    struct opts *o = opts_parse(f->cpu, "model", &err);
    g_assert_true(o);
    arm_model_apply(a, o, &err);
    g_assert_no_error(err);
    opts_free(o);
    void *c = g_memdup2(&a->config, sizeof(a->config));
    g_free(a);
    return c;
}

static void segment(GRand *rng, const void *config, unsigned n, GByteArray *code, struct random_state *initial)
{
    static const unsigned kinds[] = {A64_RANDOM_INT, A64_RANDOM_INT | A64_RANDOM_BRANCH,
                                     A64_RANDOM_INT | A64_RANDOM_MEMORY,
                                     A64_RANDOM_MEMORY | A64_RANDOM_FP,
                                     A64_RANDOM_FP, A64_RANDOM_FP,
                                     A64_RANDOM_INT | A64_RANDOM_MEMORY | A64_RANDOM_LOOP,
                                     A64_RANDOM_ALL};
    static const unsigned fp[] = {A64_RANDOM_FP, A64_RANDOM_FP | A64_RANDOM_MEMORY, A64_RANDOM_FP | A64_RANDOM_BRANCH,
                                  A64_RANDOM_FP | A64_RANDOM_MEMORY | A64_RANDOM_LOOP};
    unsigned kind = random_fp_only() ? fp[g_rand_int_range(rng, 0, G_N_ELEMENTS(fp))]
                                     : kinds[g_rand_int_range(rng, 0, G_N_ELEMENTS(kinds))];

    a64_random_program(rng, config, kind, n, code);
    for (unsigned k = 0; k < 31; k++)
        initial->x[k] = a64_random_value(rng);
    for (unsigned k = 0; k < 32; k++) {
        initial->v[k][0] = a64_random_value(rng);
        initial->v[k][1] = a64_random_value(rng);
    }
    initial->x[STATE] = 0;
    initial->control = (uint64_t)g_rand_int_range(rng, 0, 16) << 60;
    if (g_rand_boolean(rng)) {
        bool fz16 = ((const struct arm_config *)config)->has[ARMF_fp16] && g_rand_boolean(rng);
        initial->control |= g_rand_int_range(rng, 0, 32) << 22 | fz16 << 19;
    }
}

static uint32_t fetch(const uint8_t *code, unsigned *length)
{
    *length = 4;
    return code[0] | code[1] << 8 | code[2] << 16 | (uint32_t)code[3] << 24;
}

static const uint8_t *nop(unsigned length)
{
    static const uint8_t word[4] = {0x1f, 0x20, 0x03, 0xd5};
    return word;
}

static bool is_nop(uint32_t insn)
{
    return insn == 0xd503201f;
}

/* sub w26 or w25, and what moves pointers */
static bool must_stay(uint32_t insn)
{
    unsigned rd = insn & 31;
    return (insn & 0x1f000000) == 0x11000000 && rd >= 23 && rd <= 28;
}

static int row(const void *config, uint32_t insn)
{
    const struct arm_config *c = config;
    struct a64_args a;
    const struct a64_insn *in = a64_decode(c->has, insn, &a);
    return in ? in - a64_insns : -1;
}

static const char *row_name(unsigned i)
{
    return i < a64_insn_count ? a64_insns[i].name : NULL;
}

static bool row_expected(const void *config, unsigned i)
{
    return a64_insn_exists(&a64_insns[i], config) && a64_random_kind(&a64_insns[i]);
}

static void describe(const void *config, uint32_t insn, const struct random_state *initial, GString *out)
{
    struct cpu cpu = {0};
    uint8_t code[4] = {insn, insn >> 8, insn >> 16, insn >> 24};
    g_string_append(out, "  ");
    arm_disas(&cpu, 0, code, 4, out);
}

#define FLAVOUR(name_, cpu_, other)                                                                                    \
    static const struct flavour name_ = {                                                                              \
        .name = #name_, .arch = &arm_arch, .cpu = cpu_, .emulator = "qemu-aarch64", .other_cpu = other, .xlen = 64,    \
        .elf_machine = EM_AARCH64, .window_registers = 1u << 28 | 1u << 31, .x_name = "x", .v_name = "v",              \
        .config = random_arm_config, .put_start = put_start, .put_end = put_end, .put_load = put_load,                 \
        .put_save = put_save,                                                                                          \
        .put_pass = put_pass, .segment = segment, .value = a64_random_value, .fetch = fetch, .nop = nop,               \
        .is_nop = is_nop, .must_stay = must_stay, .row = row, .row_name = row_name, .row_expected = row_expected,      \
        .describe = describe}

FLAVOUR(a64, "max,has_el2=off,has_el3=off", "max");
FLAVOUR(a64_a53, "cortex-a53,has_el2=off,has_el3=off", "cortex-a53");

const struct flavour *const a64_flavours[] = {&a64, &a64_a53, NULL};
