/* SPDX-License-Identifier: BSD-2-Clause */
/* RISC-V for random.c. x3 points to the segment's state all the time. */
#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "cpu-riscv/insns.h"
#include "opts.h"
#include "random.h"
#include "tests/riscv-random.h"

/* -- Assembly of the frame -- */

static uint32_t i_type(uint32_t op, unsigned f3, unsigned rd, unsigned rs1, int imm)
{
    return op | rd << 7 | f3 << 12 | rs1 << 15 | (uint32_t)imm << 20;
}

static uint32_t s_type(uint32_t op, unsigned f3, unsigned rs2, unsigned rs1, int imm)
{
    return op | (imm & 31) << 7 | f3 << 12 | rs1 << 15 | rs2 << 20 | (uint32_t)(imm >> 5) << 25;
}

/* auipc and addi for an offset in RAM */
static void put_address(struct assembler *a, unsigned rd, unsigned offset)
{
    uint32_t distance = offset - a->at, high = (distance + 0x800) & 0xfffff000;
    put(a, 0x17 | rd << 7 | high);
    put(a, i_type(0x13, 0, rd, rd, (int)(distance - high)));
}

/* jal x0, offset */
static void put_jump(struct assembler *a, unsigned offset)
{
    uint32_t d = offset - a->at;
    put(a, 0x6f | (d >> 20 & 1) << 31 | (d >> 1 & 0x3ff) << 21 | (d >> 11 & 1) << 20 | (d >> 12 & 0xff) << 12);
}

static void put_constant(struct assembler *a, unsigned rd, uint32_t v)
{
    put(a, 0x37 | rd << 7 | ((v + 0x800) & 0xfffff000));
    put(a, i_type(0x13, 0, rd, rd, (int)(v << 20) >> 20));
}

/* To or from the state at x3. x1 is free before and after. Without D, half of f is what it was. */
static void put_moves(struct assembler *a, const struct riscv_config *c, bool save)
{
    unsigned f3 = c->xlen == 64 ? 3 : 2, f_width = c->has[RVF_d] ? 3 : 2;
    for (unsigned i = 0; i < 32; i++) {
        int at = offsetof(struct random_state, v) + 16 * i;
        put(a, save ? s_type(0x27, f_width, i, 3, at) : i_type(0x07, f_width, i, 3, at));
    }
    if (!save) {
        put(a, i_type(0x03, 2, 1, 3, offsetof(struct random_state, control)));
        put(a, i_type(0x73, 1, 0, 1, 3)); /* csrw fcsr, x1 */
    }
    for (unsigned i = 1; i < 32; i++) {
        int at = offsetof(struct random_state, x) + 8 * i;
        if (i != 3)
            put(a, save ? s_type(0x23, f3, i, 3, at) : i_type(0x03, f3, i, 3, at));
    }
    if (save) {
        put(a, i_type(0x73, 2, 1, 0, 3)); /* csrr x1, fcsr */
        put(a, s_type(0x23, 2, 1, 3, offsetof(struct random_state, control)));
    }
}

static void put_start(struct assembler *a, bool user, unsigned to)
{
    if (!user) {
        put_constant(a, 5, 0x2000); /* mstatus.FS */
        put(a, i_type(0x73, 2, 0, 5, 0x300));
    }
    put_jump(a, to);
}

static void put_end(struct assembler *a, bool user, unsigned from, unsigned to)
{
    if (!user) {
        put_constant(a, 5, RIG_FINISHER);
        put_constant(a, 6, 0x5555);
        put(a, s_type(0x23, 2, 6, 5, 0));
        put_jump(a, a->at);
        return;
    }
    put(a, i_type(0x13, 0, 10, 0, 1)); /* write(1, states, ...) */
    put_address(a, 11, from);
    put_constant(a, 12, to - from);
    put(a, i_type(0x13, 0, 17, 0, 64));
    put(a, 0x73);
    put(a, i_type(0x13, 0, 10, 0, 0)); /* exit(0) */
    put(a, i_type(0x13, 0, 17, 0, 93));
    put(a, 0x73);
}

static void put_load(struct assembler *a, const void *config, unsigned state)
{
    put_address(a, 3, state);
    put_moves(a, config, false);
}

static void put_save(struct assembler *a, const void *config, unsigned state)
{
    put_moves(a, config, true);
}

static void put_pass(struct assembler *a, unsigned state, unsigned again, unsigned end)
{
    put_address(a, 3, state);
    put(a, i_type(0x03, 2, 1, 3, offsetof(struct random_state, pass)));
    put(a, i_type(0x13, 0, 1, 1, -1));
    put(a, s_type(0x23, 2, 1, 3, offsetof(struct random_state, pass)));
    put(a, 0x63 | 8 << 7 | 1 << 12 | 1 << 15); /* bnez x1, . + 8 */
    put_jump(a, end);
    put_jump(a, again);
}

/* -- Programs -- */

static void *read_config(const struct flavour *f)
{
    struct riscv_config *c = g_new0(struct riscv_config, 1);
    g_autoptr(GError) err = NULL;
    struct opts *o = opts_parse(f->cpu, "model", &err);
    g_assert_true(o && riscv_model_apply(c, o, f->xlen == 32, &err));
    opts_free(o);
    return c;
}

static void segment(GRand *rng, const void *config, unsigned n, GByteArray *code, struct random_state *initial)
{
    static const unsigned kinds[] = {RISCV_RANDOM_INT, RISCV_RANDOM_INT | RISCV_RANDOM_BRANCH, RISCV_RANDOM_FP,
                                     RISCV_RANDOM_INT | RISCV_RANDOM_MEMORY, RISCV_RANDOM_MEMORY | RISCV_RANDOM_FP,
                                     RISCV_RANDOM_INT | RISCV_RANDOM_MEMORY | RISCV_RANDOM_LOOP,
                                     RISCV_RANDOM_MEMORY | RISCV_RANDOM_FP | RISCV_RANDOM_LOOP,
                                     RISCV_RANDOM_ALL | RISCV_RANDOM_CACHE};
    const struct riscv_config *c = config;

    riscv_random_program(rng, c, kinds[g_rand_int_range(rng, 0, G_N_ELEMENTS(kinds))], n, code);
    for (unsigned k = 1; k < 32; k++)
        initial->x[k] = c->xlen == 32 ? (uint32_t)riscv_random_value(rng) : riscv_random_value(rng);
    for (unsigned k = 0; k < 32; k++)
        initial->v[k][0] = riscv_random_value(rng);
    initial->x[3] = 0;
    initial->control = g_rand_int_range(rng, 0, 32) | g_rand_int_range(rng, 0, 5) << 5;
}

static uint32_t fetch(const uint8_t *code, unsigned *length)
{
    uint32_t insn = code[0] | code[1] << 8;
    *length = (insn & 3) == 3 ? 4 : 2;
    return *length == 4 ? insn | (uint32_t)code[2] << 16 | (uint32_t)code[3] << 24 : insn;
}

static const uint8_t *nop(unsigned length)
{
    static const uint8_t word[4] = {0x13}, half[2] = {1};
    return length == 4 ? word : half;
}

static bool is_nop(uint32_t insn)
{
    return insn == 0x13 || insn == 1;
}

/* addi x9, .. or addi x12, ..: they count turns */
static bool must_stay(uint32_t insn)
{
    return (insn & 0xfff) == (0x13 | 9 << 7) || (insn & 0xfff) == (0x13 | 12 << 7);
}

static int row(const void *config, uint32_t insn)
{
    const struct riscv_config *c = config;
    struct riscv_args a;
    const struct riscv_insn *in = riscv_decode(c, c->xlen == 32, insn, &a);
    return in ? in - riscv_insns : -1;
}

static const char *row_name(unsigned i)
{
    return i < riscv_insn_count ? riscv_insns[i].name : NULL;
}

static bool row_expected(const void *config, unsigned i)
{
    return riscv_insn_exists(&riscv_insns[i], config) && riscv_random_kind(&riscv_insns[i]);
}

static void describe(const void *config, uint32_t insn, const struct random_state *initial, GString *out)
{
    static const char *const names[] = {[RVA_rd] = "rd", [RVA_rs1] = "rs1", [RVA_rs2] = "rs2", [RVA_fd] = "fd",
                                        [RVA_fs1] = "fs1", [RVA_fs2] = "fs2", [RVA_fs3] = "fs3", [RVA_imm] = "imm",
                                        [RVA_uimm] = "uimm", [RVA_rm] = "rm", [RVA_aq] = "aq", [RVA_rl] = "rl",
                                        [RVA_pred] = "pred", [RVA_succ] = "succ", [RVA_fm] = "fm"};
    const struct riscv_config *c = config;
    struct riscv_args a;
    const struct riscv_insn *in = riscv_decode(c, c->xlen == 32, insn, &a);
    for (unsigned i = 0; in && i < in->noperands; i++) {
        unsigned arg = in->operands[i].arg;
        const int64_t v = arg == RVA_rd || arg == RVA_fd ? a.rd : arg == RVA_rs1 || arg == RVA_fs1 ? a.rs1
                          : arg == RVA_rs2 || arg == RVA_fs2 ? a.rs2 : arg == RVA_fs3 ? a.rs3 : arg == RVA_imm ? a.imm
                          : arg == RVA_uimm ? a.uimm : arg == RVA_rm ? a.rm : 0;
        if (arg < G_N_ELEMENTS(names) && names[arg])
            g_string_append_printf(out, " %s=%" PRId64, names[arg], v);
        if (arg == RVA_fs1 || arg == RVA_fs2 || arg == RVA_fs3)
            g_string_append_printf(out, " (0x%" PRIx64 ")", initial->v[v][0]);
        if (arg == RVA_rs1 || arg == RVA_rs2)
            g_string_append_printf(out, " (0x%" PRIx64 ")", initial->x[v]);
    }
}

#define FLAVOUR(name_, bits, cpu_, other)                                                                              \
    static const struct flavour name_ = {                                                                              \
        .name = #name_, .arch = &riscv_arch, .cpu = cpu_, .emulator = "qemu-riscv" #bits, .other_cpu = other,          \
        .xlen = bits, .elf_machine = EM_RISCV, .elf_flags = 5, .window_registers = 1 << 2 | 1 << 8, .x_name = "x",     \
        .v_name = "f", .config = read_config, .put_start = put_start, .put_end = put_end, .put_load = put_load,        \
        .put_save = put_save, .put_pass = put_pass, .segment = segment, .value = riscv_random_value, .fetch = fetch,   \
        .nop = nop, .is_nop = is_nop, .must_stay = must_stay, .row = row, .row_name = row_name,                        \
        .row_expected = row_expected, .describe = describe}

FLAVOUR(rv64, 64, "max", "max");
FLAVOUR(rv32, 32, "max32", "max");
/* What excludes a part of max. */
FLAVOUR(rv64_zce, 64, "rv64,d=off,zce=on", "rv64,d=off,zce=on");
FLAVOUR(rv32_zce, 32, "rv32,d=off,zce=on", "rv32,d=off,zce=on");

const struct flavour *const riscv_flavours[] = {&rv64, &rv32, &rv64_zce, &rv32_zce, NULL};
