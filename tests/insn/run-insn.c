/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs an assembly test: tests/insn/FOLDER/NAME.S, FOLDER being riscv or arm, or tests/insn/made/NAME.S of the build
 * folder, when called by a link of that name, else the files given. Each line "//: rv64 -cpu MODEL ..." at the head of a
 * test is one build and run of it, in every mode of the engine; docs/testing.md has the format. REFERENCE=qemu in the environment: the same
 * images also run in qemu-system-riscv64, which must agree with what the tests expect.
 */
#include <elf.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cpu-arm/arm.h"
#include "cpu-riscv/riscv.h"
#include "rig.h"
#include "tests/command.h"

#define RAM_SIZE (4 * MiB)
#define MARCH                                                                                                          \
    "imafdc_zicsr_zifencei_zba_zbb_zbc_zbs_zbkb_zbkx_zknd_zkne_zknh_zksed_zksh_zfh_zicbom_zicbop_zicboz_zawrs_zihintpause"

#define A64_MARCH "armv8.6-a+crypto+sha3+sm4+rng+fp16+fp16fml"
#define A32_MARCH "armv8.2-a+fp16"

/* What a failing image leaves at the start of RAM: see macros.h. */
struct report {
    uint64_t jump;
    uint64_t line; /* of the check, where it has one */
    uint64_t name; /* address of a string: instruction or subject */
    uint64_t args[3];
    uint64_t expected, got, expected_flags, got_flags, variant;
};

/* Instruction sets, by the first word of a //: line. */
static const struct isa {
    const char *name, *folder, *package, *flags[6]; /* flags[0]: the compiler */
    unsigned xlen;
    const struct cpu_arch *arch;
    const char *cpu; /* where none is said */
    bool a32;        /* AArch32, of a CPU with AArch64 at EL0 */
} isas[] = {
    {.name = "rv64", .folder = "riscv", .package = "gcc-riscv64-unknown-elf", .xlen = 64, .arch = &riscv_arch, .cpu = "max",
     .flags = {"riscv64-unknown-elf-gcc", "-march=rv64" MARCH, "-mabi=lp64", "-mno-relax"}},
    {.name = "rv32", .folder = "riscv", .package = "gcc-riscv64-unknown-elf", .xlen = 32, .arch = &riscv_arch,
     .cpu = "max32", .flags = {"riscv64-unknown-elf-gcc", "-march=rv32" MARCH, "-mabi=ilp32", "-mno-relax"}},
    {.name = "a64", .folder = "arm", .package = "gcc-aarch64-linux-gnu", .xlen = 64, .arch = &arm_arch,
     .cpu = "max,has_el2=off,has_el3=off", .flags = {"aarch64-linux-gnu-gcc", "-march=" A64_MARCH}},
    {.name = "a32", .folder = "arm", .package = "gcc-arm-linux-gnueabihf", .xlen = 32, .arch = &arm_arch,
     .cpu = "max,has_el2=off,has_el3=off", .flags = {"arm-linux-gnueabihf-gcc", "-march=" A32_MARCH, "-marm"}, .a32 = true},
    {.name = "t32", .folder = "arm", .package = "gcc-arm-linux-gnueabihf", .xlen = 32, .arch = &arm_arch,
     .cpu = "max,has_el2=off,has_el3=off", .flags = {"arm-linux-gnueabihf-gcc", "-march=" A32_MARCH, "-mthumb"},
     .a32 = true},
    {.name = NULL},
};

/* One //: line. */
struct run {
    char *source, *name;
    const struct isa *isa;
    bool el1; /* of ARM: begin as after a reset */
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

static char *tests_dir; /* tests/insn in the source folder */

/* -- Building the image -- */

/* The ELF file for our engine, or for the other implementation (with QEMU defined). */
static bool build(const struct run *r, bool other, char **elf_path)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *dir = g_path_get_dirname(r->source), *own_dir = g_build_filename(tests_dir, r->isa->folder, NULL);
    g_autoptr(GError) err = NULL;

    int fd = g_file_open_tmp("mynah-insn-XXXXXX", elf_path, &err);
    g_assert_no_error(err);
    g_close(fd, NULL);
    for (unsigned i = 0; r->isa->flags[i]; i++)
        g_ptr_array_add(argv, g_strdup(r->isa->flags[i]));
    g_ptr_array_add(argv, g_strdup_printf("-DXLEN=%u", r->isa->xlen));
    if (other)
        g_ptr_array_add(argv, g_strdup("-DQEMU"));
    for (unsigned i = 0; i < r->defines->len; i++)
        g_ptr_array_add(argv, g_strdup(g_ptr_array_index(r->defines, i)));
    const char *const dirs[] = { dir, own_dir }; /* of headers and the linker's script */
    for (unsigned i = 0; i < G_N_ELEMENTS(dirs); i++) {
        g_ptr_array_add(argv, g_strdup_printf("-I%s", dirs[i]));
        g_ptr_array_add(argv, g_strdup_printf("-L%s", dirs[i]));
    }
    static const char *const fixed[] = {
        "-nostdlib", "-nostartfiles", "-static", "-Wl,--no-warn-rwx-segments", "-Wl,--build-id=none",
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
    r->image.arch = r->isa->arch;
    r->image.a32 = r->isa->a32;
    r->image.el1 = r->el1;
    r->image.cpu = r->cpu;
    r->image.ram = ram;
    r->image.ram_size = RAM_SIZE;
    if (r->isa->xlen == 64)
        load64(r, ram, file, size);
    else
        load32(r, ram, file, size);
}

/* False: skipped or failed, and said so. */
static bool have_image(struct run *r)
{
    g_autofree char *cc = g_find_program_in_path(r->isa->flags[0]);
    if (!cc) {
        g_autofree char *why = g_strdup_printf("no %s: install Debian package %s", r->isa->flags[0], r->isa->package);
        g_assert_null(g_getenv("CI"));
        g_test_skip(why);
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
    g_autofree char *program = g_strdup_printf("qemu-system-riscv%u", r->isa->xlen);
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

    r->isa = isas;
    while (r->isa->name && strcmp(r->isa->name, words[0]))
        r->isa++;
    if (!r->isa->name)
        g_error("%s: //: line: unknown instruction set '%s'", source, words[0]);
    r->source = g_strdup(source);
    r->name = g_strdup(name);
    r->defines = g_ptr_array_new();
    for (unsigned i = 1; words[i]; i++) {
        if (!strcmp(words[i], "-cpu") && words[i + 1])
            r->cpu = g_strdup(words[++i]);
        else if (g_str_has_prefix(words[i], "-D"))
            g_ptr_array_add(r->defines, g_strdup(words[i]));
        else if (!strcmp(words[i], "el1"))
            r->el1 = true;
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
        r->cpu = g_strdup(r->isa->cpu);
    if (qemu && !r->qemu_cpu && r->isa->arch == &riscv_arch)
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
    g_autofree char *path = g_strdup_printf("/insn/%s/%s/%u-%s-%s/%s", r->isa->folder, r->name, index, r->isa->name,
                                            r->cpu, mode ? mode->name : "reference");
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

static void add_named(const char *folder, const char *name)
{
    const char *build_dir = g_getenv("BUILD") ? g_getenv("BUILD") : ".";
    g_autofree char *written = g_strdup_printf("%s/%s/%s.S", tests_dir, folder, name);
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
    g_autofree char *name = g_path_get_basename(argv[0]), *path = g_path_get_dirname(argv[0]);
    g_autofree char *folder = g_path_get_basename(path);
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
    tests_dir = g_strdup_printf("%s/tests/insn", srcdir);
    if (strcmp(name, "run-insn"))
        add_named(folder, name);
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
