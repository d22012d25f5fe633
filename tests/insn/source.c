/* SPDX-License-Identifier: BSD-2-Clause */
/* The head of an assembly test and the compilers. */
#include "source.h"

#include <glib/gstdio.h>
#include <string.h>

#include "cpu-arm/m.h"
#include "cpu-riscv/riscv.h"
#include "tests/command.h"

#define MARCH                                                                                                          \
    "imafdc_zicsr_zifencei_zba_zbb_zbc_zbs_zbkb_zbkx_zknd_zkne_zknh_zksed_zksh_zfh_zicbom_zicbop_zicboz_zawrs_zihintpause"

#define A64_MARCH "armv8.6-a+crypto+sha3+sm4+rng+fp16+fp16fml"
#define A32_MARCH "armv8.2-a+fp16"

static const struct insn_isa isas[] = {
    {.name = "rv64", .folder = "riscv", .package = "gcc-riscv64-unknown-elf", .xlen = 64, .arch = &riscv_arch,
     .cpu = "max", .reference = "qemu-system-riscv64", .reference_package = "qemu-system-misc",
     .flags = {"riscv64-unknown-elf-gcc", "-march=rv64" MARCH, "-mabi=lp64", "-mno-relax"}},
    {.name = "rv32", .folder = "riscv", .package = "gcc-riscv64-unknown-elf", .xlen = 32, .arch = &riscv_arch,
     .cpu = "max32", .reference = "qemu-system-riscv32", .reference_package = "qemu-system-misc",
     .flags = {"riscv64-unknown-elf-gcc", "-march=rv32" MARCH, "-mabi=ilp32", "-mno-relax"}},
    {.name = "a64", .folder = "arm", .package = "gcc-aarch64-linux-gnu", .xlen = 64, .arch = &arm_arch,
     .cpu = "max,has_el2=off,has_el3=off",
     .reference = "qemu-aarch64", .reference_package = "qemu-user",
     .flags = {"aarch64-linux-gnu-gcc", "-march=" A64_MARCH}},
    {.name = "a32", .folder = "arm", .package = "gcc-arm-linux-gnueabihf", .xlen = 32, .arch = &arm_arch,
     .cpu = "max,has_el2=off,has_el3=off",
     .reference = "qemu-arm", .reference_package = "qemu-user",
     .flags = {"arm-linux-gnueabihf-gcc", "-march=" A32_MARCH, "-marm"},
     .a32 = true},
    {.name = "t32", .folder = "arm", .package = "gcc-arm-linux-gnueabihf", .xlen = 32, .arch = &arm_arch,
     .cpu = "max,has_el2=off,has_el3=off",
     .reference = "qemu-arm", .reference_package = "qemu-user",
     .flags = {"arm-linux-gnueabihf-gcc", "-march=" A32_MARCH, "-mthumb"},
     .a32 = true},
    {.name = "m", .folder = "arm", .package = "gcc-arm-none-eabi", .xlen = 32, .arch = &armm_arch, .cpu = "cortex-m7",
     .reference = "qemu-arm", .reference_package = "qemu-user",
     .flags = {"arm-none-eabi-gcc", "-mthumb"},
     .a32 = true},
    {.name = NULL},
};

bool insn_source_build(const struct insn_source *r, bool other, char **elf_path)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *dir = g_path_get_dirname(r->path), *tests = insn_tests_dir(),
                    *own_dir = g_build_filename(tests, r->isa->folder, NULL);
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
    g_ptr_array_add(argv, g_strdup(r->path));
    g_ptr_array_add(argv, NULL);
    return command_run((char **)argv->pdata, NULL, NULL) == 0;
}

/* The other implementation's name for a model. Its maximum of RISC-V has H; a process of ARM has EL0 only. */
static char *other_model(const struct insn_isa *isa, const char *cpu)
{
    const char *features = strchr(cpu, ',');
    if (isa->arch == &arm_arch)
        return g_strndup(cpu, features ? (size_t)(features - cpu) : strlen(cpu));
    if (!g_str_has_prefix(cpu, "max"))
        return g_strdup(cpu);
    return g_strdup_printf("max,h=off%s", features ? features : "");
}

static struct insn_source *parse_line(const char *source, const char *name, const char *line)
{
    g_auto(GStrv) words = g_strsplit_set(g_strstrip((char *)line), " \t", -1);
    struct insn_source *r = g_new0(struct insn_source, 1);
    bool qemu = true;

    r->isa = isas;
    while (r->isa->name && strcmp(r->isa->name, words[0]))
        r->isa++;
    if (!r->isa->name)
        g_error("%s: //: line: unknown instruction set '%s'", source, words[0]);
    r->path = g_strdup(source);
    r->name = g_strdup(name);
    r->defines = g_ptr_array_new_with_free_func(g_free);
    for (unsigned i = 1; words[i]; i++) {
        if (!strcmp(words[i], "-cpu") && words[i + 1])
            r->cpu = g_strdup(words[++i]);
        else if (g_str_has_prefix(words[i], "-D") || g_str_has_prefix(words[i], "-m"))
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
    if (qemu && !r->qemu_cpu && !r->el1 && r->isa->arch != &armm_arch)
        r->qemu_cpu = other_model(r->isa, r->cpu);
    return r;
}

GPtrArray *insn_sources(const char *path)
{
    g_autofree char *text = NULL, *base = g_path_get_basename(path);
    g_autoptr(GError) err = NULL;
    GPtrArray *sources = g_ptr_array_new();

    if (!g_file_get_contents(path, &text, NULL, &err))
        g_error("%s", err->message);
    base[strlen(base) - (g_str_has_suffix(base, ".S") ? 2 : 0)] = 0;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (unsigned i = 0; lines[i]; i++) {
        if (g_str_has_prefix(lines[i], "//: "))
            g_ptr_array_add(sources, parse_line(path, base, lines[i] + 4));
    }
    if (!sources->len)
        g_error("%s: no line //: at its head", path);
    return sources;
}

void insn_source_free(struct insn_source *s)
{
    g_free(s->path);
    g_free(s->name);
    g_free(s->cpu);
    g_free(s->qemu_cpu);
    g_ptr_array_unref(s->defines);
    g_strfreev(s->modes);
    g_free(s);
}

char *insn_tests_dir(void)
{
    const char *srcdir = g_getenv("SRCDIR");
    return g_strdup_printf("%s/tests/insn", srcdir ? srcdir : ".");
}
