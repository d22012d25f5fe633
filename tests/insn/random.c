/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random instructions: the interpreter against every other way to run a guest, and against qemu-riscv64 or
 * qemu-riscv32 where installed. A program is a row of segments; each loads every register from memory, runs random
 * instructions on a window of memory of its own, and stores every register. All of it runs three times, the second
 * and third from the state the one before left. What differs is reduced to the instructions that make it.
 *
 * SEED: of the first program (default 1). RANDOM_INSNS: random instructions made for each hart, all kinds together
 * (default 60000); each runs three times in each mode.
 */
#include <elf.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <string.h>

#include "cpu-riscv/insns.h"
#include "opts.h"
#include "rig.h"
#include "tests/command.h"
#include "tests/riscv-random.h"

#define SEGMENTS 160
#define PASSES 3
#define INSNS_MAX 100
#define WINDOW 8192 /* from segment to segment; programs reach RISCV_RANDOM_WINDOW around the middle */
#define END_AT 0x40 /* where the program ends, by the environment's means */
#define CODE_AT 0x100
#define CODE_MAX (1024 * 1024)
#define STATE_AT (CODE_AT + CODE_MAX)
#define RAM_SIZE (16 * MiB)

/* Registers of a segment, before and after. */
struct state {
    uint64_t x[32], f[32];
    uint64_t fcsr;
    uint64_t pass; /* of the first segment: passes left */
};

struct segment {
    GByteArray *code;
    struct state initial;
    unsigned start; /* offset in RAM */
};

/* A hart, ours and the other implementation's. */
struct variant {
    const char *name;
    unsigned xlen;
    const char *cpu, *other_cpu;
};

static const struct variant variants[] = {
    {"rv64", 64, "max", "max"},
    {"rv32", 32, "max32", "max"},
    {"rv64-zce", 64, "rv64,d=off,zce=on", "rv64,d=off,zce=on"}, /* what excludes a part of max */
    {"rv32-zce", 32, "rv32,d=off,zce=on", "rv32,d=off,zce=on"},
};

struct program {
    const struct variant *variant;
    unsigned xlen;
    struct riscv_config config;
    unsigned nsegments;
    struct segment segment[SEGMENTS];
    uint8_t *windows; /* nsegments * WINDOW bytes */
    /* Made of the above. */
    uint8_t *ram;
    struct rig_image image;
};

/* -- Assembly of the frame -- */

static uint32_t i_type(uint32_t op, unsigned f3, unsigned rd, unsigned rs1, int imm)
{
    return op | rd << 7 | f3 << 12 | rs1 << 15 | (uint32_t)imm << 20;
}

static uint32_t s_type(uint32_t op, unsigned f3, unsigned rs2, unsigned rs1, int imm)
{
    return op | (imm & 31) << 7 | f3 << 12 | rs1 << 15 | rs2 << 20 | (uint32_t)(imm >> 5) << 25;
}

struct assembler {
    uint8_t *ram;
    unsigned at;
};

static void put(struct assembler *a, uint32_t insn)
{
    guint32 le = GUINT32_TO_LE(insn);
    memcpy(a->ram + a->at, &le, 4);
    a->at += 4;
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
static void put_moves(struct assembler *a, const struct program *p, bool save)
{
    unsigned f3 = p->xlen == 64 ? 3 : 2, f_width = p->config.has[RVF_d] ? 3 : 2;
    for (unsigned i = 0; i < 32; i++) {
        int at = offsetof(struct state, f) + 8 * i;
        put(a, save ? s_type(0x27, f_width, i, 3, at) : i_type(0x07, f_width, i, 3, at));
    }
    if (!save) {
        put(a, i_type(0x03, 2, 1, 3, offsetof(struct state, fcsr)));
        put(a, i_type(0x73, 1, 0, 1, 3)); /* csrw fcsr, x1 */
    }
    for (unsigned i = 1; i < 32; i++) {
        int at = offsetof(struct state, x) + 8 * i;
        if (i != 3)
            put(a, save ? s_type(0x23, f3, i, 3, at) : i_type(0x03, f3, i, 3, at));
    }
    if (save) {
        put(a, i_type(0x73, 2, 1, 0, 3)); /* csrr x1, fcsr */
        put(a, s_type(0x23, 2, 1, 3, offsetof(struct state, fcsr)));
    }
}

/* user: for a process, else for the bare hart. */
static void put_environment(struct program *p, bool user, unsigned used)
{
    struct assembler a = {p->ram, 0};
    if (!user) {
        put_constant(&a, 5, 0x2000); /* mstatus.FS */
        put(&a, i_type(0x73, 2, 0, 5, 0x300));
    }
    put_jump(&a, CODE_AT);
    a.at = END_AT;
    if (!user) {
        put_constant(&a, 5, RIG_FINISHER);
        put_constant(&a, 6, 0x5555);
        put(&a, s_type(0x23, 2, 6, 5, 0));
        put_jump(&a, a.at);
        return;
    }
    put(&a, i_type(0x13, 0, 10, 0, 1)); /* write(1, states, ...) */
    put_address(&a, 11, STATE_AT);
    put_constant(&a, 12, used - STATE_AT);
    put(&a, i_type(0x13, 0, 17, 0, 64));
    put(&a, 0x73);
    put(&a, i_type(0x13, 0, 10, 0, 0)); /* exit(0) */
    put(&a, i_type(0x13, 0, 17, 0, 93));
    put(&a, 0x73);
}

static unsigned window_at(const struct program *p, unsigned i)
{
    unsigned states = STATE_AT + p->nsegments * sizeof(struct state);
    return ((states + 4095) & ~4095u) + i * WINDOW;
}

/* Lay the program out in RAM. */
static void assemble(struct program *p)
{
    struct assembler a = {p->ram, CODE_AT};

    memset(p->ram, 0, RAM_SIZE);
    for (unsigned i = 0; i < p->nsegments; i++) {
        struct segment *s = &p->segment[i];
        unsigned state = STATE_AT + i * sizeof(struct state);
        s->initial.x[2] = s->initial.x[8] = RIG_RAM_BASE + window_at(p, i) + WINDOW / 2;
        memcpy(p->ram + state, &s->initial, sizeof(s->initial));
        put_address(&a, 3, state);
        put_moves(&a, p, false);
        s->start = a.at;
        memcpy(p->ram + a.at, s->code->data, s->code->len);
        a.at += s->code->len;
        if (a.at & 2) {
            memcpy(p->ram + a.at, "\x01\x00", 2); /* c.nop */
            a.at += 2;
        }
        put_moves(&a, p, true);
    }
    put_address(&a, 3, STATE_AT);
    put(&a, i_type(0x03, 2, 1, 3, offsetof(struct state, pass)));
    put(&a, i_type(0x13, 0, 1, 1, -1));
    put(&a, s_type(0x23, 2, 1, 3, offsetof(struct state, pass)));
    put(&a, 0x63 | 8 << 7 | 1 << 12 | 1 << 15); /* bnez x1, . + 8 */
    put_jump(&a, END_AT);
    put_jump(&a, CODE_AT);
    g_assert_cmpuint(a.at, <=, STATE_AT);
    memcpy(p->ram + window_at(p, 0), p->windows, p->nsegments * WINDOW);
    p->image = (struct rig_image){.cpu = p->variant->cpu, .ram = p->ram, .ram_size = RAM_SIZE,
                                  .ram_used = window_at(p, p->nsegments), .entry = RIG_RAM_BASE};
    put_environment(p, false, p->image.ram_used);
}

/* -- Making programs -- */

static void read_config(struct riscv_config *c, const struct variant *v)
{
    g_autoptr(GError) err = NULL;
    struct opts *o = opts_parse(v->cpu, "model", &err);
    g_assert_true(o && riscv_model_apply(c, o, v->xlen == 32, &err));
    opts_free(o);
}

static struct program *program_new(const struct variant *v, unsigned nsegments)
{
    struct program *p = g_new0(struct program, 1);
    p->variant = v;
    p->xlen = v->xlen;
    p->nsegments = nsegments;
    p->ram = g_malloc(RAM_SIZE);
    p->windows = g_malloc0(nsegments * WINDOW);
    read_config(&p->config, v);
    return p;
}

static void program_free(struct program *p)
{
    for (unsigned i = 0; i < p->nsegments; i++)
        g_byte_array_unref(p->segment[i].code);
    g_free(p->windows);
    g_free(p->ram);
    g_free(p);
}

/* A program of the seed; *insns is how many random instructions it has. */
static struct program *random_program(const struct variant *v, uint32_t seed, unsigned *insns)
{
    static const unsigned kinds[] = {RISCV_RANDOM_INT, RISCV_RANDOM_INT | RISCV_RANDOM_BRANCH, RISCV_RANDOM_FP,
                                     RISCV_RANDOM_INT | RISCV_RANDOM_MEMORY, RISCV_RANDOM_MEMORY | RISCV_RANDOM_FP,
                                     RISCV_RANDOM_INT | RISCV_RANDOM_MEMORY | RISCV_RANDOM_LOOP,
                                     RISCV_RANDOM_MEMORY | RISCV_RANDOM_FP | RISCV_RANDOM_LOOP,
                                     RISCV_RANDOM_ALL | RISCV_RANDOM_CACHE};
    g_autoptr(GRand) rng = g_rand_new_with_seed(seed);
    struct program *p = program_new(v, SEGMENTS);

    *insns = 0;
    for (unsigned i = 0; i < SEGMENTS; i++) {
        struct segment *s = &p->segment[i];
        unsigned n = g_rand_int_range(rng, 1, g_rand_boolean(rng) ? 12 : INSNS_MAX);
        s->code = g_byte_array_new();
        riscv_random_program(rng, &p->config, kinds[g_rand_int_range(rng, 0, G_N_ELEMENTS(kinds))], n, s->code);
        *insns += n;
        for (unsigned k = 1; k < 32; k++)
            s->initial.x[k] = v->xlen == 32 ? (uint32_t)riscv_random_value(rng) : riscv_random_value(rng);
        for (unsigned k = 0; k < 32; k++)
            s->initial.f[k] = riscv_random_value(rng);
        s->initial.x[3] = 0;
        s->initial.fcsr = g_rand_int_range(rng, 0, 32) | g_rand_int_range(rng, 0, 5) << 5;
        s->initial.pass = i ? 0 : PASSES;
        for (unsigned k = WINDOW / 4; k < WINDOW * 3 / 4; k += 8) {
            uint64_t value = riscv_random_value(rng);
            memcpy(p->windows + i * WINDOW + k, &value, 8);
        }
    }
    assemble(p);
    return p;
}

/* -- Comparing -- */

/* The first segment from which on the two memories differ; -1: none. */
static int first_difference(const struct program *p, const uint8_t *a, const uint8_t *b)
{
    for (unsigned i = 0; i < p->nsegments; i++) {
        unsigned state = STATE_AT + i * sizeof(struct state), window = window_at(p, i);
        if (memcmp(a + state, b + state, sizeof(struct state)) || memcmp(a + window, b + window, WINDOW))
            return i;
    }
    return -1;
}

static uint32_t fetch(const GByteArray *code, unsigned at, unsigned *length)
{
    uint32_t insn = code->data[at] | code->data[at + 1] << 8;
    *length = (insn & 3) == 3 ? 4 : 2;
    return *length == 4 ? insn | (uint32_t)code->data[at + 2] << 16 | (uint32_t)code->data[at + 3] << 24 : insn;
}

static bool is_nop(uint32_t insn)
{
    return insn == 0x13 || insn == 1;
}

/* addi x9, .. or addi x12, ..: without it a loop has no end. */
static bool counts_turns(uint32_t insn)
{
    return (insn & 0xfff) == (0x13 | 9 << 7) || (insn & 0xfff) == (0x13 | 12 << 7);
}

static void describe_code(const struct program *p, const struct segment *s, GString *out)
{
    static const char *const names[] = {[RVA_rd] = "rd", [RVA_rs1] = "rs1", [RVA_rs2] = "rs2", [RVA_fd] = "fd",
                                        [RVA_fs1] = "fs1", [RVA_fs2] = "fs2", [RVA_fs3] = "fs3", [RVA_imm] = "imm",
                                        [RVA_uimm] = "uimm", [RVA_rm] = "rm", [RVA_aq] = "aq", [RVA_rl] = "rl",
                                        [RVA_pred] = "pred", [RVA_succ] = "succ", [RVA_fm] = "fm"};
    unsigned length;
    for (unsigned at = 0; at < s->code->len; at += length) {
        struct riscv_args a;
        uint32_t insn = fetch(s->code, at, &length);
        const struct riscv_insn *in = riscv_decode(&p->config, p->xlen == 32, insn, &a);
        if (is_nop(insn))
            continue;
        g_string_append_printf(out, "  +%-4x %0*x %s", at, (int)length * 2, insn, in ? in->name : "?");
        for (unsigned i = 0; in && i < in->noperands; i++) {
            unsigned arg = in->operands[i].arg;
            const int64_t v = arg == RVA_rd || arg == RVA_fd ? a.rd : arg == RVA_rs1 || arg == RVA_fs1 ? a.rs1
                              : arg == RVA_rs2 || arg == RVA_fs2 ? a.rs2 : arg == RVA_fs3 ? a.rs3 : arg == RVA_imm ? a.imm
                              : arg == RVA_uimm ? a.uimm : arg == RVA_rm ? a.rm : 0;
            if (arg < G_N_ELEMENTS(names) && names[arg])
                g_string_append_printf(out, " %s=%" PRId64, names[arg], v);
            if (arg == RVA_fs1 || arg == RVA_fs2 || arg == RVA_fs3)
                g_string_append_printf(out, " (0x%" PRIx64 ")", s->initial.f[v]);
            if (arg == RVA_rs1 || arg == RVA_rs2)
                g_string_append_printf(out, " (0x%" PRIx64 ")", s->initial.x[v]);
        }
        g_string_append_c(out, '\n');
    }
}

static void describe_difference(const struct program *p, unsigned i, const uint8_t *a, const uint8_t *b, GString *out)
{
    struct state sa, sb;
    memcpy(&sa, a + STATE_AT + i * sizeof(sa), sizeof(sa));
    memcpy(&sb, b + STATE_AT + i * sizeof(sb), sizeof(sb));
    g_string_append_printf(out, "segment %u, fcsr 0x%" PRIx64 "; differences, interpreter first:\n", i,
                           p->segment[i].initial.fcsr);
    for (unsigned k = 0; k < 32; k++) {
        if (sa.x[k] != sb.x[k])
            g_string_append_printf(out, "  x%u 0x%" PRIx64 " 0x%" PRIx64 "\n", k, sa.x[k], sb.x[k]);
        if (sa.f[k] != sb.f[k])
            g_string_append_printf(out, "  f%u 0x%" PRIx64 " 0x%" PRIx64 "\n", k, sa.f[k], sb.f[k]);
    }
    if (sa.fcsr != sb.fcsr)
        g_string_append_printf(out, "  fcsr 0x%" PRIx64 " 0x%" PRIx64 "\n", sa.fcsr, sb.fcsr);
    const uint8_t *wa = a + window_at(p, i), *wb = b + window_at(p, i);
    for (unsigned k = 0; k < WINDOW; k++) {
        if (wa[k] != wb[k])
            g_string_append_printf(out, "  memory at x8%+d 0x%02x 0x%02x\n", (int)k - WINDOW / 2, wa[k], wb[k]);
    }
    describe_code(p, &p->segment[i], out);
}

/* -- Reduction -- */

/* Runs p in both modes: a difference? Its text goes to out. */
static bool differs(struct program *p, const struct rig_mode *mode, GString *out)
{
    assemble(p);
    struct rig_result *a = rig_run(&rig_modes[0], &p->image), *b = rig_run(mode, &p->image);
    bool differ = a->status == RIG_PASS && (b->status != RIG_PASS || first_difference(p, a->ram, b->ram) >= 0);
    if (differ && out && b->status == RIG_PASS)
        describe_difference(p, 0, a->ram, b->ram, out);
    else if (differ && out)
        g_string_append_printf(out, "%s\n", b->message);
    rig_result_free(a, &p->image);
    rig_result_free(b, &p->image);
    return differ;
}

/* Segment i of p alone, with instructions made nops as long as the difference stays. False: alone it makes none. */
static bool reduce(const struct program *p, unsigned i, const struct rig_mode *mode)
{
    struct program *one = program_new(p->variant, 1);
    g_autoptr(GString) out = g_string_new(NULL);
    unsigned length;

    one->segment[0] = p->segment[i];
    one->segment[0].initial.pass = PASSES;
    one->segment[0].code = g_byte_array_new();
    g_byte_array_append(one->segment[0].code, p->segment[i].code->data, p->segment[i].code->len);
    memcpy(one->windows, p->windows + i * WINDOW, WINDOW);
    GByteArray *code = one->segment[0].code;
    if (!differs(one, mode, NULL)) {
        program_free(one);
        return false;
    }
    for (unsigned at = 0; at < code->len; at += length) {
        uint8_t saved[4];
        if (counts_turns(fetch(code, at, &length)))
            continue;
        memcpy(saved, code->data + at, length);
        memcpy(code->data + at, length == 4 ? "\x13\0\0\0" : "\x01\0", length);
        if (!differs(one, mode, NULL))
            memcpy(code->data + at, saved, length);
    }
    differs(one, mode, out);
    g_test_message("%s: reduced to %s", mode->name, out->str);
    program_free(one);
    return true;
}

/* -- The other implementation -- */

#define ELF_WRITER(bits)                                                                                               \
    static void write_elf##bits(const struct program *p, GByteArray *out)                                              \
    {                                                                                                                  \
        Elf##bits##_Ehdr h = {.e_ident = {0x7f, 'E', 'L', 'F', bits / 32, ELFDATA2LSB, EV_CURRENT}, .e_type = ET_EXEC, \
                              .e_machine = EM_RISCV, .e_version = EV_CURRENT, .e_entry = RIG_RAM_BASE,                 \
                              .e_phoff = sizeof(h), .e_flags = 5, .e_ehsize = sizeof(h),                               \
                              .e_phentsize = sizeof(Elf##bits##_Phdr), .e_phnum = 1};                                  \
        Elf##bits##_Phdr ph = {.p_type = PT_LOAD, .p_flags = PF_R | PF_W | PF_X, .p_offset = 4096,                     \
                               .p_vaddr = RIG_RAM_BASE, .p_paddr = RIG_RAM_BASE, .p_filesz = p->image.ram_used,        \
                               .p_memsz = p->image.ram_used, .p_align = 4096};                                         \
        g_byte_array_append(out, (const guint8 *)&h, sizeof(h));                                                       \
        g_byte_array_append(out, (const guint8 *)&ph, sizeof(ph));                                                     \
    }
ELF_WRITER(32)
ELF_WRITER(64)

/*
 * What the program leaves in memory from STATE_AT on there, or NULL. One instruction a block: QEMU 10.0 forgets the
 * inexact flag of a froundnx whose result is overwritten in the same block.
 */
static char *run_other(struct program *p, char *emulator, size_t *size)
{
    static const uint8_t zeros[4096];
    g_autoptr(GByteArray) elf = g_byte_array_new();
    g_autofree char *path = NULL;
    char *out = NULL;

    if (p->xlen == 32)
        write_elf32(p, elf);
    else
        write_elf64(p, elf);
    g_byte_array_append(elf, zeros, 4096 - elf->len);
    put_environment(p, true, p->image.ram_used);
    g_byte_array_append(elf, p->ram, p->image.ram_used);
    put_environment(p, false, p->image.ram_used);
    int fd = g_file_open_tmp("mynah-random-XXXXXX", &path, NULL);
    g_assert_cmpint(fd, >=, 0);
    g_assert_true(g_close(fd, NULL) && g_file_set_contents(path, (const char *)elf->data, elf->len, NULL));
    g_chmod(path, 0700);
    char *argv[] = {"timeout", "60", emulator, "-cpu", (char *)p->variant->other_cpu, "-one-insn-per-tb", path, NULL};
    int status = command_run(argv, &out, size);
    if (status)
        g_test_message("%s: status %d", emulator, status);
    g_remove(path);
    return out;
}

static void compare_other(struct program *p, const struct rig_result *ours, char *emulator)
{
    size_t size, expected = p->image.ram_used - STATE_AT;
    g_autofree char *out = run_other(p, emulator, &size);

    if (size != expected) {
        g_test_message("%s wrote %zu bytes instead of %zu", emulator, size, expected);
        g_test_fail();
        return;
    }
    g_autofree uint8_t *theirs = g_malloc0(p->image.ram_used);
    memcpy(theirs + STATE_AT, out, expected);
    int i = first_difference(p, ours->ram, theirs);
    if (i >= 0) {
        g_autoptr(GString) text = g_string_new(NULL);
        describe_difference(p, i, ours->ram, theirs, text);
        g_test_message("the other implementation differs in %s", text->str);
        g_test_fail();
    }
}

/* -- Test cases -- */

static void compare_mode(const struct program *p, const struct rig_result *first, const struct rig_mode *mode)
{
    struct rig_result *res = rig_run(mode, &p->image);
    int i = res->status == RIG_PASS ? first_difference(p, first->ram, res->ram) : -1;

    if (res->status != RIG_PASS) {
        g_test_message("%s: status %d: %s", mode->name, res->status, res->message);
        g_test_fail();
    } else if (i >= 0) {
        if (!reduce(p, i, mode)) {
            g_autoptr(GString) text = g_string_new(NULL);
            describe_difference(p, i, first->ram, res->ram, text);
            g_test_message("%s differs, but not by one segment alone: %s", mode->name, text->str);
        }
        g_test_fail();
    }
    rig_result_free(res, &p->image);
}

static unsigned environment(const char *name, unsigned otherwise)
{
    const char *v = g_getenv(name);
    return v && *v ? strtoul(v, NULL, 0) : otherwise;
}

static void test_random(gconstpointer data)
{
    const struct variant *v = data;
    unsigned seed = environment("SEED", 1), total = 0, programs = 0;
    g_autofree char *emulator = g_find_program_in_path(v->xlen == 32 ? "qemu-riscv32" : "qemu-riscv64");

    for (; total < environment("RANDOM_INSNS", 60000) && !g_test_failed(); seed++, programs++) {
        unsigned insns;
        struct program *p = random_program(v, seed, &insns);
        struct rig_result *first = rig_run(&rig_modes[0], &p->image);
        if (first->status != RIG_PASS) {
            g_test_message("interpreter: status %d: %s", first->status, first->message);
            g_test_fail();
        } else {
            for (const struct rig_mode *m = rig_modes + 1; m->name; m++)
                if (rig_mode_available(m))
                    compare_mode(p, first, m);
            if (emulator)
                compare_other(p, first, emulator);
        }
        if (g_test_failed())
            g_test_message("that was SEED=%u", seed);
        rig_result_free(first, &p->image);
        program_free(p);
        total += insns;
    }
    g_test_message("%u instructions in %u programs, SEED=%u to %u, %u times; against %s", total, programs,
                   seed - programs, seed - 1, PASSES, emulator ? emulator : "our own modes only: no qemu-riscv here");
}

/* Every instruction of the table that is not left out on purpose is in these programs. */
static void test_coverage(gconstpointer data)
{
    const struct variant *v = data;
    unsigned total = 0;
    g_autofree bool *made = g_new0(bool, riscv_insn_count);
    struct riscv_config config;

    read_config(&config, v);
    for (unsigned seed = environment("SEED", 1); total < 60000; seed++) {
        unsigned insns, length;
        struct program *p = random_program(v, seed, &insns);
        for (unsigned i = 0; i < SEGMENTS; i++) {
            const GByteArray *code = p->segment[i].code;
            for (unsigned at = 0; at < code->len; at += length) {
                struct riscv_args a;
                const struct riscv_insn *in = riscv_decode(&config, v->xlen == 32, fetch(code, at, &length), &a);
                g_assert_nonnull(in);
                if (in)
                    made[in - riscv_insns] = true;
            }
        }
        program_free(p);
        total += insns;
    }
    for (unsigned i = 0; i < riscv_insn_count; i++) {
        if (!riscv_insn_exists(&riscv_insns[i], &config) || !riscv_random_kind(&riscv_insns[i]) || made[i])
            continue;
        g_test_message("no %s in %u instructions", riscv_insns[i].name, total);
        g_test_fail();
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions();
    for (unsigned i = 0; i < G_N_ELEMENTS(variants); i++) {
        g_autofree char *coverage = g_strdup_printf("/insn/random/coverage/%s", variants[i].name);
        g_autofree char *random = g_strdup_printf("/insn/random/%s", variants[i].name);
        g_test_add_data_func(coverage, &variants[i], test_coverage);
        g_test_add_data_func(random, &variants[i], test_random);
    }
    return g_test_run();
}
