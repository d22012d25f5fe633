/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs an assembly test: tests/insn/FOLDER/NAME.S, FOLDER being riscv or arm, or tests/insn/made/NAME.S of the build
 * folder, when called by a link of that name, else the files given. Each line "//: rv64 -cpu MODEL ..." at the head of a
 * test is one build and run of it, in every mode of the engine; docs/testing.md has the format. REFERENCE=qemu in the
 * environment: the same source also runs in qemu-system-riscv64 or -riscv32, and if it is ARM's and stays at EL0 as a
 * process of qemu-aarch64 or qemu-arm, which must agree with what the tests expect.
 */
#include <elf.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cpu-riscv/riscv.h"
#include "rig.h"
#include "source.h"
#include "tests/command.h"

#define RAM_SIZE (4 * MiB)
/* What a failing image leaves at the start of RAM: see macros.h. */
struct report {
    uint64_t jump;
    uint64_t line; /* of the check, where it has one */
    uint64_t name; /* address of a string: instruction or subject */
    uint64_t args[3];
    uint64_t expected, got, expected_flags, got_flags, variant;
};

/* One //: line, and what the first mode makes of it. */
struct run {
    struct insn_source *source;
    bool tried, built;
    char *elf_path;
    struct rig_image image;
    struct rig_result *first;
};

struct job {
    struct run *run;
    const struct rig_mode *mode; /* NULL: the other implementation */
};

/* -- Building the image -- */

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
    r->image.arch = r->source->isa->arch;
    r->image.a32 = r->source->isa->a32;
    r->image.el1 = r->source->el1;
    r->image.cpu = r->source->cpu;
    r->image.ram = ram;
    r->image.ram_size = RAM_SIZE;
    if (r->source->isa->xlen == 64)
        load64(r, ram, file, size);
    else
        load32(r, ram, file, size);
}

/* False: skipped or failed, and said so. */
static bool have_image(struct run *r)
{
    g_autofree char *cc = g_find_program_in_path(r->source->isa->flags[0]);
    if (!cc) {
        g_autofree char *why = g_strdup_printf("no %s: install Debian package %s", r->source->isa->flags[0],
                                               r->source->isa->package);
        g_assert_null(g_getenv("CI"));
        g_test_skip(why);
        return false;
    }
    if (!r->tried) {
        r->tried = true;
        r->built = insn_source_build(r->source, false, &r->elf_path);
        if (r->built)
            load(r);
    }
    if (!r->built) {
        g_test_message("%s does not assemble", r->source->path);
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
        g_test_message("%s:%" PRIu64 ": status %d", r->source->path, rep.line, res->status);
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

/* The other implementation: its exit status is what the guest gave the finisher; ARM's also writes the report. */
static void run_reference(struct run *r)
{
    const struct insn_source *s = r->source;
    g_autofree char *path = g_find_program_in_path(s->isa->reference), *elf = NULL, *out = NULL;
    size_t size;
    if (!path) {
        g_autofree char *why = g_strdup_printf("no %s: install Debian package %s", s->isa->reference,
                                               s->isa->reference_package);
        g_test_skip(why);
        return;
    }
    g_assert_true(insn_source_build(s, true, &elf));
    char *machine[] = {"timeout", "60", path, "-M", "virt", "-cpu", s->qemu_cpu, "-m", "128", "-bios", elf,
                       "-display", "none", "-serial", "none", "-monitor", "none", NULL};
    char *process[] = {"timeout", "60", path, "-cpu", s->qemu_cpu, elf, NULL};
    int status = command_run(s->isa->arch == &riscv_arch ? machine : process, &out, &size);
    if (status) {
        struct report rep = {0};
        memcpy(&rep, out, MIN(size, sizeof(rep)));
        g_test_message("%s: status %d; line %" PRIu64 ": expected 0x%" PRIx64 ", got 0x%" PRIx64, s->isa->reference,
                       status, rep.line, rep.expected, rep.got);
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

/* -- The tests -- */

static bool wants_mode(const struct run *r, const char *mode)
{
    return !r->source->modes || g_strv_contains((const char *const *)r->source->modes, mode);
}

static void add_job(struct run *r, unsigned index, const struct rig_mode *mode)
{
    struct job *j = g_new(struct job, 1);
    *j = (struct job){r, mode};
    const struct insn_source *s = r->source;
    g_autofree char *path = g_strdup_printf("/insn/%s/%s/%u-%s-%s/%s", s->isa->folder, s->name, index, s->isa->name,
                                            s->cpu, mode ? mode->name : "reference");
    g_test_add_data_func(path, j, run_job);
}

static GPtrArray *all_runs;

static void add_source(const char *path)
{
    const char *reference = g_getenv("REFERENCE");
    GPtrArray *sources = insn_sources(path);

    for (unsigned n = 0; n < sources->len; n++) {
        struct run *r = g_new0(struct run, 1);
        r->source = g_ptr_array_index(sources, n);
        g_ptr_array_add(all_runs, r);
        for (const struct rig_mode *m = rig_modes; m->name; m++)
            if (rig_mode_available(m) && wants_mode(r, m->name))
                add_job(r, n, m);
        if (reference && *reference && r->source->qemu_cpu)
            add_job(r, n, NULL);
    }
    g_ptr_array_unref(sources);
}

static void add_named(const char *folder, const char *name)
{
    const char *build_dir = g_getenv("BUILD") ? g_getenv("BUILD") : ".";
    g_autofree char *tests_dir = insn_tests_dir();
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
    if (strcmp(name, "run-insn"))
        add_named(folder, name);
    for (int i = 1; i < argc; i++)
        add_source(argv[i]);
    int status = g_test_run();
    for (unsigned i = 0; i < all_runs->len; i++) {
        struct run *r = g_ptr_array_index(all_runs, i);
        if (r->elf_path)
            g_unlink(r->elf_path);
        insn_source_free(r->source);
    }
    return status;
}
