/* SPDX-License-Identifier: BSD-2-Clause */
/* An assembly test's source: the lines "//: ..." at its head, each one build and run of it, and its compiler. */
#ifndef TEST_INSN_SOURCE_H
#define TEST_INSN_SOURCE_H

#include <glib.h>

#include "cpu.h"

/* An instruction set, the first word of a //: line. */
struct insn_isa {
    const char *name, *folder, *package, *flags[6]; /* flags[0]: the compiler */
    unsigned xlen;
    const struct cpu_arch *arch;
    const char *cpu; /* where none is said */
    const char *reference, *reference_package; /* the other implementation */
    bool a32;        /* AArch32, of a CPU with AArch64 at EL0 */
};

/* One //: line. */
struct insn_source {
    char *path, *name;
    const struct insn_isa *isa;
    bool el1; /* of ARM: begin as after a reset */
    char *cpu, *qemu_cpu; /* qemu_cpu: NULL: not there */
    GPtrArray *defines;
    char **modes; /* NULL: all */
};

/* Those of a file, each for insn_source_free(), in an array to unreference; without any, or of a wrong one, the
 * program ends. */
GPtrArray *insn_sources(const char *path);
void insn_source_free(struct insn_source *s);

/* Build the ELF file for our engine, or for the other implementation (with QEMU defined). False: it does not assemble.
 * The caller removes and frees *elf_path in any case. */
bool insn_source_build(const struct insn_source *s, bool other, char **elf_path);

/* tests/insn in the source folder; g_free() it. */
char *insn_tests_dir(void);

#endif
