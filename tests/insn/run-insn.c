/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs an assembly test: tests/insn/riscv/NAME.S, or tests/insn/made/NAME.S of the build folder, when called by a
 * link of that name, else the files given. Each line "//: rv64 -cpu MODEL ..." at the head of a test is one build and
 * run of it, in every mode of the engine; docs/testing.md has the format. REFERENCE=qemu in the environment: the same
 * images also run in qemu-system-riscv64, which must agree with what the tests expect.
 */
#include <elf.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cpu-riscv/riscv.h"
#include "rig.h"
#include "tests/command.h"

#define RAM_SIZE (4 * MiB)
#define CROSS_CC "riscv64-unknown-elf-gcc"
#define MARCH                                                                                                          \
    "imafdc_zicsr_zifencei_zba_zbb_zbc_zbs_zbkb_zbkx_zknd_zkne_zknh_zksed_zksh_zfh_zicbom_zicbop_zicboz_zawrs_zihintpause"

/* What a failing image leaves at the start of RAM: see macros.h. */
struct report {
    uint64_t jump;
    uint64_t line; /* of the check, where it has one */
    uint64_t name; /* address of a string: instruction or subject */
    uint64_t args[3];
    uint64_t expected, got, expected_flags, got_flags, variant;
};

/* One //: line. */
struct run {
    char *source, *name;
    unsigned xlen;
    char *cpu, *qemu_cpu; /* qemu_cpu: NULL: not there */
    GPtrArray *defines;
    char **modes; /* NULL: all */
    /* Made by the first mode. */
    bool tried, built;
    char *elf_path;
    struct rig_image image;
    struct rig_result *first;
};

struct job {
    struct run *run;
    const struct rig_mode *mode; /* NULL: the other implementation */
};

static char *riscv_dir; /* tests/insn/riscv in the source folder */

/* -- Building the image -- */

/* The ELF file for our engine, or for the other implementation (with QEMU defined). */
static bool build(const struct run *r, bool other, char **elf_path)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *dir = g_path_get_dirname(r->source);
    g_autoptr(GError) err = NULL;

    int fd = g_file_open_tmp("mynah-insn-XXXXXX", elf_path, &err);
    g_assert_no_error(err);
    g_close(fd, NULL);
    g_ptr_array_add(argv, g_strdup(CROSS_CC));
    g_ptr_array_add(argv, g_strdup_printf("-march=rv%u" MARCH, r->xlen));
    g_ptr_array_add(argv, g_strdup(r->xlen == 32 ? "-mabi=ilp32" : "-mabi=lp64"));
    g_ptr_array_add(argv, g_strdup_printf("-DXLEN=%u", r->xlen));
    if (other)
        g_ptr_array_add(argv, g_strdup("-DQEMU"));
    for (unsigned i = 0; i < r->defines->len; i++)
        g_ptr_array_add(argv, g_strdup(g_ptr_array_index(r->defines, i)));
    const char *const dirs[] = { dir, riscv_dir }; /* of headers and the linker's script */
    for (unsigned i = 0; i < G_N_ELEMENTS(dirs); i++) {
        g_ptr_array_add(argv, g_strdup_printf("-I%s", dirs[i]));
        g_ptr_array_add(argv, g_strdup_printf("-L%s", dirs[i]));
    }
    static const char *const fixed[] = {
        "-nostdlib", "-nostartfiles", "-static", "-mno-relax", "-Wl,--no-warn-rwx-segments", "-Wl,--build-id=none",
        "-Tlink.ld", "-o",
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(fixed); i++)
        g_ptr_array_add(argv, g_strdup(fixed[i]));
    g_ptr_array_add(argv, g_strdup(*elf_path));
    g_ptr_array_add(argv, g_strdup(r->source));
    g_ptr_array_add(argv, NULL);
    return command_run((char **)argv->pdata, NULL, NULL) == 0;
}

/* Put a loadable part into RAM. */
static void load_part(struct run *r, uint8_t *ram, const char *file, size_t file_size, gpa addr, uint64_t offset,
                      uint64_t filesz, uint64_t memsz)
{
    g_assert_cmpuint(addr, >=, RIG_RAM_BASE);
    g_assert_cmpuint(addr - RIG_RAM_BASE + memsz, <=, RAM_SIZE);
    g_assert_cmpuint(offset + filesz, <=, file_size);
    memcpy(ram + (addr - RIG_RAM_BASE), file + offset, filesz);
    r->image.ram_used = MAX(r->image.ram_used, addr - RIG_RAM_BASE + memsz);
}

#define LOAD(bits)                                                                                                     \
    static void load##bits(struct run *r, uint8_t *ram, const char *file, size_t size)                                 \
    {                                                                                                                  \
        const Elf##bits##_Ehdr *h = (const void *)file;                                                                \
        r->image.entry = h->e_entry;                                                                                   \
        for (unsigned i = 0; i < h->e_phnum; i++) {                                                                    \
            const Elf##bits##_Phdr *p = (const void *)(file + h->e_phoff + i * sizeof(*p));                            \
            if (p->p_type == PT_LOAD && p->p_memsz)                                                                    \
                load_part(r, ram, file, size, p->p_paddr, p->p_offset, p->p_filesz, p->p_memsz);                       \
        }                                                                                                              \
    }
LOAD(32)
LOAD(64)

static void load(struct run *r)
{
    g_autofree char *file = NULL;
    gsize size;
    g_autoptr(GError) err = NULL;

    g_file_get_contents(r->elf_path, &file, &size, &err);
    g_assert_no_error(err);
    g_assert_true(size > sizeof(Elf64_Ehdr) && !memcmp(file, ELFMAG, SELFMAG));
    uint8_t *ram = g_malloc0(RAM_SIZE);
    r->image.arch = &riscv_arch;
    r->image.cpu = r->cpu;
    r->image.ram = ram;
    r->image.ram_size = RAM_SIZE;
    if (r->xlen == 64)
        load64(r, ram, file, size);
    else
        load32(r, ram, file, size);
}

/* False: skipped or failed, and said so. */
static bool have_image(struct run *r)
{
    g_autofree char *cc = g_find_program_in_path(CROSS_CC);
    if (!cc) {
        g_assert_null(g_getenv("CI"));
        g_test_skip("no " CROSS_CC ": install Debian package gcc-riscv64-unknown-elf");
        return false;
    }
    if (!r->tried) {
        r->tried = true;
        r->built = build(r, false, &r->elf_path);
        if (r->built)
            load(r);
    }
    if (!r->built) {
        g_test_message("%s does not assemble", r->source);
        g_test_fail();
    }
    return r->built;
}

/* -- Reporting -- */

static void describe_failure(const struct run *r, const struct rig_result *res)
{
    struct report rep;
    if (res->status < 0) {
        g_test_message("%s", res->message);
        return;
    }
    memcpy(&rep, res->ram, sizeof(rep));
    gpa name = rep.name - RIG_RAM_BASE;
    const char *text = name < r->image.ram_used && memchr(res->ram + name, 0, r->image.ram_used - name)
                           ? (const char *)res->ram + name
                           : "?";
    if (rep.line)
        g_test_message("%s:%" PRIu64 ": status %d", r->source, rep.line, res->status);
    g_test_message("%s(0x%" PRIx64 ", 0x%" PRIx64 ", 0x%" PRIx64 "): expected 0x%" PRIx64 " flags 0x%" PRIx64
                   ", got 0x%" PRIx64 " flags 0x%" PRIx64 "; form %" PRIu64,
                   text, rep.args[0], rep.args[1], rep.args[2], rep.expected, rep.expected_flags, rep.got,
                   rep.got_flags, rep.variant);
    for (unsigned i = 0; i < 32; i += 4)
        g_test_message("x%-2u %016" PRIx64 " %016" PRIx64 " %016" PRIx64 " %016" PRIx64, i, res->reg[i][0],
                       res->reg[i + 1][0], res->reg[i + 2][0], res->reg[i + 3][0]);
}

/* -- A test case -- */

static void run_mode(struct run *r, const struct rig_mode *mode)
{
    struct rig_result *res = rig_run(mode, &r->image);

    if (res->status != RIG_PASS) {
        describe_failure(r, res);
        g_test_fail();
    }
    if (!r->first) {
        r->first = res;
        return;
    }
    g_autoptr(GString) diff = g_string_new(NULL);
    rig_compare(r->first, res, &r->image, true, diff);
    if (diff->len && r->first->status == RIG_PASS) {
        g_test_message("interpreter and %s end differently:\n%s", mode->name, diff->str);
        g_test_fail();
    }
    rig_result_free(res, &r->image);
}

/* The other implementation: its exit status is what the guest gave the finisher. */
static void run_reference(struct run *r)
{
    g_autofree char *program = g_strdup_printf("qemu-system-riscv%u", r->xlen);
    g_autofree char *path = g_find_program_in_path(program), *elf = NULL;
    if (!path) {
        g_test_skip("no qemu-system-riscv: install Debian package qemu-system-misc");
        return;
    }
    g_assert_true(build(r, true, &elf));
    char *argv[] = {"timeout", "60", path, "-M", "virt", "-cpu", r->qemu_cpu, "-m", "128", "-bios", elf,
                          "-display", "none", "-serial", "none", "-monitor", "none", NULL};
    int status = command_run(argv, NULL, NULL);
    if (status) {
        g_test_message("%s: status %d", program, status);
        g_test_fail();
    }
    g_unlink(elf);
}

static void run_job(gconstpointer data)
{
    const struct job *j = data;
    if (!have_image(j->run))
        return;
    if (j->mode)
        run_mode(j->run, j->mode);
    else
        run_reference(j->run);
}

/* -- The head of a test -- */

/* The other implementation's name for a model. Its maximum has H. */
static char *other_model(const char *cpu)
{
    if (!g_str_has_prefix(cpu, "max"))
        return g_strdup(cpu);
    const char *features = strchr(cpu, ',');
    return g_strdup_printf("max,h=off%s", features ? features : "");
}

static struct run *parse_line(const char *source, const char *name, const char *line)
{
    g_auto(GStrv) words = g_strsplit_set(g_strstrip((char *)line), " \t", -1);
    struct run *r = g_new0(struct run, 1);
    bool qemu = true;

    r->source = g_strdup(source);
    r->name = g_strdup(name);
    r->xlen = !strcmp(words[0], "rv32") ? 32 : 64;
    r->defines = g_ptr_array_new();
    for (unsigned i = 1; words[i]; i++) {
        if (!strcmp(words[i], "-cpu") && words[i + 1])
            r->cpu = g_strdup(words[++i]);
        else if (g_str_has_prefix(words[i], "-D"))
            g_ptr_array_add(r->defines, g_strdup(words[i]));
        else if (!strcmp(words[i], "noqemu"))
            qemu = false;
        else if (g_str_has_prefix(words[i], "qemu="))
            r->qemu_cpu = g_strdup(words[i] + 5);
        else if (g_str_has_prefix(words[i], "modes="))
            r->modes = g_strsplit(words[i] + 6, ",", -1);
        else if (*words[i])
            g_error("%s: //: line: unknown word '%s'", source, words[i]);
    }
    if (!r->cpu)
        r->cpu = g_strdup(r->xlen == 32 ? "max32" : "max");
    if (qemu && !r->qemu_cpu)
        r->qemu_cpu = other_model(r->cpu);
    return r;
}

static bool wants_mode(const struct run *r, const char *mode)
{
    return !r->modes || g_strv_contains((const char *const *)r->modes, mode);
}

static void add_job(struct run *r, unsigned index, const struct rig_mode *mode)
{
    struct job *j = g_new(struct job, 1);
    *j = (struct job){r, mode};
    g_autofree char *path = g_strdup_printf("/insn/riscv/%s/%u-rv%u-%s/%s", r->name, index, r->xlen, r->cpu,
                                            mode ? mode->name : "reference");
    g_test_add_data_func(path, j, run_job);
}

static GPtrArray *all_runs;

static void add_source(const char *source)
{
    g_autofree char *text = NULL, *base = g_path_get_basename(source);
    g_autoptr(GError) err = NULL;
    const char *reference = g_getenv("REFERENCE");
    unsigned n = 0;

    if (!g_file_get_contents(source, &text, NULL, &err))
        g_error("%s", err->message);
    base[strlen(base) - (g_str_has_suffix(base, ".S") ? 2 : 0)] = 0;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (unsigned i = 0; lines[i]; i++) {
        if (!g_str_has_prefix(lines[i], "//: "))
            continue;
        struct run *r = parse_line(source, base, lines[i] + 4);
        g_ptr_array_add(all_runs, r);
        for (const struct rig_mode *m = rig_modes; m->name; m++)
            if (rig_mode_available(m) && wants_mode(r, m->name))
                add_job(r, n, m);
        if (reference && *reference && r->qemu_cpu)
            add_job(r, n, NULL);
        n++;
    }
    if (!n)
        g_error("%s: no line //: at its head", source);
}

static void add_named(const char *name)
{
    const char *build_dir = g_getenv("BUILD") ? g_getenv("BUILD") : ".";
    g_autofree char *written = g_strdup_printf("%s/%s.S", riscv_dir, name);
    g_autofree char *made = g_strdup_printf("%s/tests/insn/made/%s.S", build_dir, name);

    if (g_file_test(written, G_FILE_TEST_EXISTS)) {
        add_source(written);
    } else if (g_file_test(made, G_FILE_TEST_EXISTS)) {
        add_source(made);
    } else if (g_getenv("CI")) {
        puts("Bail out! rows.py has not run: install Debian package python3");
        exit(EXIT_FAILURE);
    } else {
        puts("1..0 # SKIP rows.py has not run: install Debian package python3");
        exit(EXIT_SUCCESS);
    }
}

int main(int argc, char **argv)
{
    g_autofree char *name = g_path_get_basename(argv[0]);
    const char *srcdir = g_getenv("SRCDIR") ? g_getenv("SRCDIR") : ".";

    /* -k: the other modes are run after a failure too */
    g_autoptr(GPtrArray) args = g_ptr_array_new();
    for (int i = 0; i < argc; i++)
        g_ptr_array_add(args, argv[i]);
    g_ptr_array_insert(args, 1, "-k");
    g_ptr_array_add(args, NULL);
    argv = (char **)args->pdata;
    argc++;
    g_test_init(&argc, &argv, NULL);
    all_runs = g_ptr_array_new();
    riscv_dir = g_strdup_printf("%s/tests/insn/riscv", srcdir);
    if (strcmp(name, "run-insn"))
        add_named(name);
    for (int i = 1; i < argc; i++)
        add_source(argv[i]);
    int status = g_test_run();
    for (unsigned i = 0; i < all_runs->len; i++) {
        struct run *r = g_ptr_array_index(all_runs, i);
        if (r->elf_path)
            g_unlink(r->elf_path);
    }
    return status;
}
