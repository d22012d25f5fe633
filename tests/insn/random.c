/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random instructions: the interpreter against every other way to run a guest, and against the other implementation's
 * user mode where installed; see random.h for a program. All of it runs three times, the second and third from the
 * state the one before left. What differs is reduced to the instructions that make it.
 *
 * SEED: of the first program (default 1). RANDOM_INSNS: random instructions made for each CPU, all kinds together
 * (default 40000); each runs three times in each mode. RANDOM_LENGTH: the most in a segment. RANDOM_FP=1: of ARM's,
 * instructions of FP and SIMD only. KEEP: the other implementation's programs are not deleted.
 */
#include <elf.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <string.h>

#include "random.h"
#include "tests/command.h"
#include "tests/patience.h"

#define SEGMENTS 160
#define PASSES 3
#define INSNS_MAX 100
#define WINDOW RANDOM_WINDOW
#define END_AT 0x80 /* where the program ends, by the environment's means */
#define CODE_AT 0x100
#define CODE_MAX (1024 * 1024)
#define STATE_AT (CODE_AT + CODE_MAX)
#define RAM_SIZE (16 * MiB)
#define ROWS_MAX 2048 /* of an instruction table */

struct segment {
    GByteArray *code;
    struct random_state initial;
};

struct program {
    const struct flavour *flavour;
    void *config;
    unsigned nsegments;
    struct segment segment[SEGMENTS];
    uint8_t *windows; /* nsegments * WINDOW bytes */
    /* Made of the above. */
    uint8_t *ram;
    struct rig_image image;
};

/* -- Assembly -- */

static unsigned state_at(unsigned i)
{
    return STATE_AT + i * sizeof(struct random_state);
}

static unsigned window_at(const struct program *p, unsigned i)
{
    return ((state_at(p->nsegments) + 4095) & ~4095u) + i * WINDOW;
}

static void put_environment(struct program *p, bool user)
{
    const struct flavour *f = p->flavour;
    struct assembler a = {p->ram, 0};
    f->put_start(&a, user, CODE_AT);
    g_assert_cmpuint(a.at, <=, END_AT);
    a.at = END_AT;
    f->put_end(&a, user, STATE_AT, p->image.ram_used);
    g_assert_cmpuint(a.at, <=, CODE_AT);
}

/* Lay the program out in RAM. */
static void assemble(struct program *p)
{
    const struct flavour *f = p->flavour;
    struct assembler a = {p->ram, CODE_AT};

    memset(p->ram, 0, RAM_SIZE);
    for (unsigned i = 0; i < p->nsegments; i++) {
        struct segment *s = &p->segment[i];
        for (unsigned k = 0; k < 32; k++) {
            if (f->window_registers >> k & 1)
                s->initial.x[k] = RIG_RAM_BASE + window_at(p, i) + WINDOW / 2;
        }
        memcpy(p->ram + state_at(i), &s->initial, sizeof(s->initial));
        f->put_load(&a, p->config, state_at(i));
        memcpy(p->ram + a.at, s->code->data, s->code->len);
        a.at += s->code->len;
        if (a.at & 2) {
            memcpy(p->ram + a.at, f->nop(2), 2);
            a.at += 2;
        }
        f->put_save(&a, p->config, state_at(i));
    }
    f->put_pass(&a, STATE_AT, CODE_AT, END_AT);
    g_assert_cmpuint(a.at, <=, STATE_AT);
    memcpy(p->ram + window_at(p, 0), p->windows, p->nsegments * WINDOW);
    p->image = (struct rig_image){.arch = f->arch, .cpu = f->cpu, .ram = p->ram, .ram_size = RAM_SIZE,
                                  .ram_used = window_at(p, p->nsegments), .entry = RIG_RAM_BASE, .a32 = f->a32};
    put_environment(p, false);
}

static unsigned environment(const char *name, unsigned otherwise)
{
    const char *v = g_getenv(name);
    return v && *v ? strtoul(v, NULL, 0) : otherwise;
}

bool random_fp_only(void)
{
    return environment("RANDOM_FP", 0);
}

/* -- Making programs -- */

static struct program *program_new(const struct flavour *f, unsigned nsegments)
{
    struct program *p = g_new0(struct program, 1);
    p->flavour = f;
    p->nsegments = nsegments;
    p->ram = g_malloc(RAM_SIZE);
    p->windows = g_malloc0(nsegments * WINDOW);
    p->config = f->config(f);
    return p;
}

static void program_free(struct program *p)
{
    for (unsigned i = 0; i < p->nsegments; i++)
        g_byte_array_unref(p->segment[i].code);
    g_free(p->config);
    g_free(p->windows);
    g_free(p->ram);
    g_free(p);
}

/* A program of the seed; *insns is how many random instructions it has. */
static struct program *random_program(const struct flavour *f, uint32_t seed, unsigned *insns)
{
    g_autoptr(GRand) rng = g_rand_new_with_seed(seed);
    struct program *p = program_new(f, SEGMENTS);
    int most = environment("RANDOM_LENGTH", INSNS_MAX);

    *insns = 0;
    for (unsigned i = 0; i < SEGMENTS; i++) {
        struct segment *s = &p->segment[i];
        unsigned n = MIN(g_rand_int_range(rng, 1, g_rand_boolean(rng) ? 12 : INSNS_MAX), most);
        s->code = g_byte_array_new();
        f->segment(rng, p->config, n, s->code, &s->initial);
        *insns += n;
        s->initial.pass = i ? 0 : PASSES;
        for (unsigned k = WINDOW / 4; k < WINDOW * 3 / 4; k += 8) {
            uint64_t value = f->value(rng);
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
        unsigned state = state_at(i), window = window_at(p, i);
        if (memcmp(a + state, b + state, sizeof(struct random_state)) || memcmp(a + window, b + window, WINDOW))
            return i;
    }
    return -1;
}

static void describe_code(const struct program *p, const struct segment *s, GString *out)
{
    const struct flavour *f = p->flavour;
    unsigned length;
    for (unsigned at = 0; at < s->code->len; at += length) {
        uint32_t insn = f->fetch(s->code->data + at, &length);
        if (f->is_nop(insn))
            continue;
        int row = f->row(p->config, insn);
        g_string_append_printf(out, "  +%-4x %0*x %s", at, (int)length * 2, insn, row < 0 ? "?" : f->row_name(row));
        f->describe(p->config, insn, &s->initial, out);
        g_string_append_c(out, '\n');
    }
}

static void describe_difference(const struct program *p, unsigned i, const uint8_t *a, const uint8_t *b, GString *out)
{
    const struct flavour *f = p->flavour;
    struct random_state sa, sb;
    memcpy(&sa, a + state_at(i), sizeof(sa));
    memcpy(&sb, b + state_at(i), sizeof(sb));
    g_string_append_printf(out, "segment %u, control 0x%" PRIx64 "; differences, interpreter first:\n", i,
                           p->segment[i].initial.control);
    for (unsigned k = 0; k < 32; k++) {
        if (sa.x[k] != sb.x[k])
            g_string_append_printf(out, "  %s%u 0x%" PRIx64 " 0x%" PRIx64 "\n", f->x_name, k, sa.x[k], sb.x[k]);
        if (memcmp(sa.v[k], sb.v[k], 16))
            g_string_append_printf(out, "  %s%u 0x%016" PRIx64 "%016" PRIx64 " 0x%016" PRIx64 "%016" PRIx64 "\n", f->v_name,
                                   k, sa.v[k][1], sa.v[k][0], sb.v[k][1], sb.v[k][0]);
    }
    if (sa.control != sb.control)
        g_string_append_printf(out, "  control 0x%" PRIx64 " 0x%" PRIx64 "\n", sa.control, sb.control);
    const uint8_t *wa = a + window_at(p, i), *wb = b + window_at(p, i);
    for (unsigned k = 0; k < WINDOW; k++) {
        if (wa[k] != wb[k])
            g_string_append_printf(out, "  memory at the window%+d 0x%02x 0x%02x\n", (int)k - WINDOW / 2, wa[k], wb[k]);
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

/*
 * Segment i of p alone, with instructions made nops as long as the difference stays, and as there is time: a guest that gets
 * stuck takes its limit each time. False: alone it makes none.
 */
static bool reduce(const struct program *p, unsigned i, const struct rig_mode *mode)
{
    const struct flavour *f = p->flavour;
    struct program *one = program_new(f, 1);
    g_autoptr(GString) out = g_string_new(NULL);
    unsigned length;

    one->segment[0] = p->segment[i];
    one->segment[0].initial.pass = PASSES;
    one->segment[0].code = g_byte_array_new();
    g_byte_array_append(one->segment[0].code, p->segment[i].code->data, p->segment[i].code->len);
    memcpy(one->windows, p->windows + i * WINDOW, WINDOW);
    GByteArray *code = one->segment[0].code;
    gint64 end = patience_end(60);
    if (!differs(one, mode, NULL)) {
        program_free(one);
        return false;
    }
    for (unsigned at = 0; at < code->len && g_get_monotonic_time() < end; at += length) {
        uint8_t saved[4];
        if (f->must_stay(f->fetch(code->data + at, &length)))
            continue;
        memcpy(saved, code->data + at, length);
        memcpy(code->data + at, f->nop(length), length);
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
                              .e_machine = p->flavour->elf_machine, .e_version = EV_CURRENT, .e_entry = RIG_RAM_BASE,                 \
                              .e_phoff = sizeof(h), .e_flags = p->flavour->elf_flags, .e_ehsize = sizeof(h),                               \
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

    if (p->flavour->xlen == 32)
        write_elf32(p, elf);
    else
        write_elf64(p, elf);
    g_byte_array_append(elf, zeros, 4096 - elf->len);
    put_environment(p, true);
    g_byte_array_append(elf, p->ram, p->image.ram_used);
    put_environment(p, false);
    int fd = g_file_open_tmp("mynah-random-XXXXXX", &path, NULL);
    g_assert_cmpint(fd, >=, 0);
    g_assert_true(g_close(fd, NULL) && g_file_set_contents(path, (const char *)elf->data, elf->len, NULL));
    g_chmod(path, 0700);
    char *argv[] = {"timeout", "60", emulator, "-cpu", (char *)p->flavour->other_cpu, "-one-insn-per-tb", path, NULL};
    int status = command_run(argv, &out, size);
    if (status)
        g_test_message("%s: status %d", emulator, status);
    if (g_getenv("KEEP"))
        g_test_message("kept as %s", path);
    else
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
        bool told = g_test_failed(); /* of another mode, most likely for the same reason */
        if (told) {
            g_test_message("%s differs, too", mode->name);
        } else if (!reduce(p, i, mode)) {
            g_autoptr(GString) text = g_string_new(NULL);
            describe_difference(p, i, first->ram, res->ram, text);
            g_test_message("%s differs, but not by one segment alone: %s", mode->name, text->str);
        }
        g_test_fail();
    }
    rig_result_free(res, &p->image);
}

static void test_random(gconstpointer data)
{
    const struct flavour *f = data;
    unsigned seed = environment("SEED", 1), total = 0, programs = 0;
    g_autofree char *emulator = g_find_program_in_path(f->emulator);

    for (; total < environment("RANDOM_INSNS", worth_trying(40000)) && !g_test_failed(); seed++, programs++) {
        unsigned insns;
        struct program *p = random_program(f, seed, &insns);
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
                   seed - programs, seed - 1, PASSES, emulator ? emulator : "our own modes only: no other implementation here");
}

/* Every instruction of the table that is not left out on purpose is in these programs. */
static void test_coverage(gconstpointer data)
{
    const struct flavour *f = data;
    unsigned total = 0;
    g_autofree bool *made = g_new0(bool, ROWS_MAX);

    for (unsigned seed = environment("SEED", 1); total < 60000; seed++) {
        unsigned insns, length;
        struct program *p = random_program(f, seed, &insns);
        for (unsigned i = 0; i < SEGMENTS; i++) {
            const GByteArray *code = p->segment[i].code;
            for (unsigned at = 0; at < code->len; at += length) {
                int row = f->row(p->config, f->fetch(code->data + at, &length));
                g_assert_cmpint(row, >=, 0);
                g_assert_cmpint(row, <, ROWS_MAX);
                made[row] = true;
            }
        }
        program_free(p);
        total += insns;
    }
    g_autofree void *config = f->config(f);
    for (unsigned i = 0; f->row_name(i); i++) {
        if (made[i] || !f->row_expected(config, i))
            continue;
        g_test_message("no %s in %u instructions", f->row_name(i), total);
        g_test_fail();
    }
}

static void add_flavours(const struct flavour *const *f)
{
    for (; *f; f++) {
        g_autofree char *coverage = g_strdup_printf("/insn/random/coverage/%s", (*f)->name);
        g_autofree char *random = g_strdup_printf("/insn/random/%s", (*f)->name);
        g_test_add_data_func(coverage, *f, test_coverage);
        g_test_add_data_func(random, *f, test_random);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions();
    add_flavours(riscv_flavours);
    add_flavours(a64_flavours);
    add_flavours(a32_flavours);
    return g_test_run();
}
