/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What machine a bare-metal program is for: the CPU by the ELF file's header and its attributes ("Addenda to, and
 * errata in, the ABI for the Arm architecture", chapter 3), the board by the addresses it is linked to. A program that fits no
 * board gets a generic one with memory where it wants some.
 */
#include "guess.h"

#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "elf-file.h"
#include "formats.h"
#include "loader.h"
#include "opts.h"

#define MAX_RANGES 16
#define MAX_FILE (1 * GiB)

/* -- What the file says -- */

struct range {
    uint64_t start, last;
};

struct program {
    const char *path;
    struct elf_file f;
    struct range ranges[MAX_RANGES]; /* in memory, and where their bytes are loaded */
    unsigned nranges, nsegments;     /* the first are the segments' */
    uint64_t lowest;                 /* where the lowest bytes are loaded; M-profile: the vector table */
    uint64_t stack;                  /* M-profile: the stack pointer's first value, 0: not known */
    unsigned arm_arch, arm_fp, arm_hard_fp; /* Tag_CPU_arch, Tag_FP_arch, Tag_ABI_HardFP_use */
    char arm_profile;                /* Tag_CPU_arch_profile, 0: none */
};

static void add_range(struct program *g, uint64_t start, uint64_t size)
{
    if (size && start + (size - 1) >= start && g->nranges < MAX_RANGES)
        g->ranges[g->nranges++] = (struct range){ start, start + (size - 1) };
}

/* The segments. False with a message. */
static bool read_segments(struct program *g, GError **err)
{
    struct elf_segment s;

    for (unsigned i = 0; elf_segment(&g->f, i, &s); i++) {
        if (s.type == PT_INTERP) {
            fail(err, "%s: is a program for an operating system, not for a machine", g->path);
            return false;
        }
        if (s.type != PT_LOAD || !s.memsz)
            continue;
        add_range(g, s.vaddr, s.memsz);
        if (s.paddr != s.vaddr)
            add_range(g, s.paddr, s.filesz);
        uint32_t word;
        if (s.filesz >= sizeof(word) && s.paddr < g->lowest) {
            memcpy(&word, g->f.p + s.offset, sizeof(word));
            g->lowest = s.paddr;
            g->stack = GUINT32_FROM_LE(word);
        }
    }
    if (!g->nranges)
        fail(err, "%s: the ELF file has nothing to load", g->path);
    return g->nranges;
}

/* RISC-V's start-up code sets the stack pointer to a symbol of the linker script's; these are usual names. */
static void add_stack(struct program *g)
{
    static const char *const names[] = { "__stack", "__stack_top", "_stack_top", "stack_top", "_sp", "__sp" };
    uint64_t top;

    for (unsigned i = 0; g->f.machine == EM_RISCV && i < ARRAY_SIZE(names); i++)
        if (elf_symbol_value(&g->f, names[i], &top) && top)
            add_range(g, top - 1, 1);
}

/* A number of seven bits each, the lowest first. */
static uint64_t uleb(const uint8_t **p, const uint8_t *end)
{
    uint64_t v = 0;

    for (unsigned shift = 0; *p < end; shift += 7) {
        uint8_t byte = *(*p)++;
        if (shift < 64)
            v |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            break;
    }
    return v;
}

static void skip_string(const uint8_t **p, const uint8_t *end)
{
    while (*p < end && *(*p)++)
        ;
}

enum { TAG_FILE = 1, TAG_CPU_RAW_NAME = 4, TAG_CPU_NAME = 5, TAG_CPU_ARCH = 6, TAG_CPU_ARCH_PROFILE = 7,
       TAG_FP_ARCH = 10, TAG_ABI_HARDFP_USE = 27, TAG_COMPATIBILITY = 32 };

/* The attributes of the whole file. */
static void read_tags(struct program *g, const uint8_t *p, const uint8_t *end)
{
    while (p < end) {
        uint64_t tag = uleb(&p, end);
        if (tag == TAG_CPU_RAW_NAME || tag == TAG_CPU_NAME || (tag > TAG_COMPATIBILITY && tag & 1)) {
            skip_string(&p, end);
            continue;
        }
        uint64_t v = uleb(&p, end);
        switch (tag) {
        case TAG_CPU_ARCH: g->arm_arch = v; break;
        case TAG_CPU_ARCH_PROFILE: g->arm_profile = v; break;
        case TAG_FP_ARCH: g->arm_fp = v; break;
        case TAG_ABI_HARDFP_USE: g->arm_hard_fp = v; break;
        case TAG_COMPATIBILITY: skip_string(&p, end); break;
        }
    }
}

/* 'A', then sections of a length, a vendor and attributes by what they are of; ours is "aeabi"'s, of the file. */
static void read_attributes(struct program *g)
{
    struct elf_section s;
    uint32_t i = 0, length;

    while (elf_section(&g->f, i, &s) && s.type != SHT_ARM_ATTRIBUTES)
        i++;
    if (i >= g->f.shnum || s.size < 16)
        return;
    const uint8_t *p = g->f.p + s.offset, *end = p + s.size;
    if (*p++ != 'A' || memcmp(p + 4, "aeabi", 6))
        return;
    p += 4 + 6;
    if (*p++ != TAG_FILE)
        return;
    memcpy(&length, p, 4); /* with the tag and itself */
    length = GUINT32_FROM_LE(length);
    if (length >= 5 && length - 1 <= (size_t)(end - p))
        read_tags(g, p + 4, p + length - 1);
}

/* -- Boards -- */

/* Classes of programs. */
enum class { M_BASE, M3, M4, M7, M23, M33, A_32, A_OLD, A_64, RV32, RV64, CLASSES };

static const char *const class_names[CLASSES] = {
    "Armv6-M", "Armv7-M", "Armv7E-M", "Armv7E-M with FP in double precision",
    "Armv8-M without its main extension", "Armv8-M", "32-bit ARM", "Armv6 or older", "64-bit ARM", "RV32", "RV64",
};
static const char *const class_cpus[CLASSES] = { "cortex-m0", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m23",
                                                   "cortex-m33" };

/* Values of Tag_CPU_arch. */
enum { ARCH_V6K = 9, ARCH_V7 = 10, ARCH_V6_M = 11, ARCH_V6S_M = 12, ARCH_V7E_M = 13, ARCH_V8_M_BASE = 16,
       ARCH_V8_M_MAIN = 17, ARCH_V8_1_M_MAIN = 21 };
enum { FP_ARCH_V8 = 7, FP_ARCH_V8_D16 = 8, HARDFP_SINGLE = 1 };

static bool find_class(const struct program *g, enum class *class, GError **err)
{
    unsigned arch = g->arm_arch;

    switch (g->f.machine) {
    case EM_RISCV: *class = g->f.is64 ? RV64 : RV32; return true;
    case EM_AARCH64: *class = A_64; return true;
    case EM_ARM: break;
    default: {
        g_autofree char *number = g_strdup_printf("machine %u", g->f.machine);
        const char *name = elf_machine_name(g->f.machine);
        fail(err, "%s: is an ELF file for %s; there are machines for ARM and RISC-V", g->path, name ? name : number);
        return false;
    }
    }
    if (arch == ARCH_V6_M || arch == ARCH_V6S_M) {
        *class = M_BASE;
    } else if (arch == ARCH_V7 && g->arm_profile == 'M') {
        *class = M3;
    } else if (arch == ARCH_V7E_M) {
        bool fp = g->arm_fp == FP_ARCH_V8 || g->arm_fp == FP_ARCH_V8_D16;
        *class = fp && g->arm_hard_fp != HARDFP_SINGLE ? M7 : M4;
    } else if (arch == ARCH_V8_M_BASE || arch == ARCH_V8_M_MAIN) {
        *class = arch == ARCH_V8_M_BASE ? M23 : M33;
    } else if (arch == ARCH_V8_1_M_MAIN) {
        fail(err, "%s: is for Armv8.1-M, of which there is no CPU yet", g->path);
        return false;
    } else if (arch == ARCH_V7 && g->arm_profile == 'R') {
        fail(err, "%s: is for Armv7-R, of which there is no CPU yet", g->path);
        return false;
    } else {
        *class = arch && arch <= ARCH_V6K ? A_OLD : A_32;
    }
    return true;
}

#define OF(class) (1u << (class))
#define M_CLASSES (OF(M_BASE) | OF(M3) | OF(M4) | OF(M7) | OF(M23) | OF(M33))
#define MEMORIES 3

/* Memory that programs for a board are linked to; of boards that fit, the first is taken. */
static const struct candidate {
    const char *board;
    unsigned classes;
    const char *bios;
    struct {
        uint64_t base, size;
    } memory[MEMORIES];
    uint64_t start; /* where programs begin, 0: anywhere there */
    bool htif;      /* they use it */
} candidates[] = {
    { .board = "microbit", .classes = OF(M_BASE), .memory = { { 0, 256 * KiB }, { 0x20000000, 16 * KiB } } },
    { .board = "mps2-an385", .classes = OF(M3), .memory = { { 0, 4 * MiB }, { 0x20000000, 4 * MiB } } },
    { .board = "netduino2", .classes = OF(M3), .memory = { { 0x8000000, 1 * MiB }, { 0x20000000, 128 * KiB } } },
    { .board = "mps2-an386", .classes = OF(M4), .memory = { { 0, 4 * MiB }, { 0x20000000, 4 * MiB } } },
    { .board = "netduinoplus2", .classes = OF(M4),
      .memory = { { 0x8000000, 1 * MiB }, { 0x20000000, 128 * KiB }, { 0x10000000, 64 * KiB } } },
    { .board = "mps2-an500", .classes = OF(M7),
      .memory = { { 0, 4 * MiB }, { 0x20000000, 4 * MiB }, { 0x60000000, 16 * MiB } } },
    { .board = "mps2-an505", .classes = OF(M33),
      .memory = { { 0x10000000, 4 * MiB }, { 0x30000000, 32 * KiB }, { 0x38000000, 4 * MiB } } },
    { .board = "arm-virt", .classes = OF(A_32), .memory = { { 0x40000000, 128 * MiB } } },
    { .board = "raspi1ap", .classes = OF(A_OLD), .memory = { { 0x8000, 448 * MiB } } },
    { .board = "raspi2b", .classes = OF(A_32), .memory = { { 0x8000, 448 * MiB } } },
    { .board = "arm64-virt", .classes = OF(A_64), .memory = { { 0x40000000, 128 * MiB } } },
    { .board = "raspi3b", .classes = OF(A_64), .memory = { { 0x80000, 448 * MiB } } },
    { .board = "riscv32-sifive_e", .classes = OF(RV32),
      .memory = { { 0x20000000, 256 * MiB }, { 0x80000000, 16 * KiB } } },
    { .board = "riscv64-sifive_e", .classes = OF(RV64),
      .memory = { { 0x20000000, 256 * MiB }, { 0x80000000, 16 * KiB } } },
    /* Behind the firmware a program is for supervisor mode, else it has the machine to itself. */
    { .board = "riscv64-virt", .classes = OF(RV64), .start = 0x80200000, .memory = { { 0x80200000, 126 * MiB } } },
    { .board = "riscv32-virt", .classes = OF(RV32), .start = 0x80400000, .memory = { { 0x80400000, 124 * MiB } } },
    { .board = "riscv64-spike", .classes = OF(RV64), .bios = "none", .htif = true,
      .memory = { { 0x80000000, 128 * MiB } } },
    { .board = "riscv32-spike", .classes = OF(RV32), .bios = "none", .htif = true,
      .memory = { { 0x80000000, 128 * MiB } } },
    { .board = "riscv64-virt", .classes = OF(RV64), .bios = "none", .memory = { { 0x80000000, 128 * MiB } } },
    { .board = "riscv32-virt", .classes = OF(RV32), .bios = "none", .memory = { { 0x80000000, 128 * MiB } } },
};

static bool fits(const struct program *g, const struct candidate *c)
{
    for (unsigned i = 0; i < g->nranges; i++) {
        const struct range *r = &g->ranges[i];
        bool inside = false;
        for (unsigned k = 0; k < MEMORIES; k++)
            inside |= c->memory[k].size && r->start >= c->memory[k].base &&
                      r->last - c->memory[k].base < c->memory[k].size;
        if (!inside)
            return false;
    }
    if (c->start && g->f.entry != c->start)
        return false;
    if (!(c->classes & M_CLASSES))
        return true;
    if (g->lowest != c->memory[0].base)
        return false;
    for (unsigned k = 0; k < MEMORIES; k++) /* the stack goes down from there */
        if (c->memory[k].size && g->stack > c->memory[k].base && g->stack - c->memory[k].base <= c->memory[k].size)
            return true;
    return false;
}

/* -- The answer -- */

static char *describe(const struct program *g, enum class class)
{
    GString *s = g_string_new(class_names[class]);

    for (unsigned i = 0; i < g->nsegments; i++)
        g_string_append_printf(s, "%s0x%" PRIx64 "-0x%" PRIx64, i ? ", " : " at ", g->ranges[i].start,
                               g->ranges[i].last);
    return g_string_free(s, FALSE);
}

#define FLASH_UNIT (1 * MiB)
#define RAM_UNIT (64 * KiB)
#define WINDOW (256 * MiB) /* code lies in one, data in another or the same */

static bool is_m_class(enum class class)
{
    return OF(class) & M_CLASSES;
}

static bool same_window(uint64_t a, uint64_t b)
{
    return a / WINDOW == b / WINDOW;
}

/* What of the program lies in the window of an address; false: nothing. */
static bool extent(const struct program *g, uint64_t of, struct range *out)
{
    *out = (struct range){ UINT64_MAX, 0 };
    for (unsigned i = 0; i < g->nranges; i++) {
        if (!same_window(g->ranges[i].start, of))
            continue;
        out->start = MIN(out->start, g->ranges[i].start);
        out->last = MAX(out->last, g->ranges[i].last);
    }
    return out->last >= out->start;
}

static char *place_text(struct range r, uint64_t unit)
{
    uint64_t base = r.start & ~(unit - 1), size = (r.last | (unit - 1)) + 1 - base;

    return size % MiB ? g_strdup_printf("0x%" PRIx64 "+%" PRIu64 "K", base, size / KiB)
                      : g_strdup_printf("0x%" PRIx64 "+%" PRIu64 "M", base, size / MiB);
}

/*
 * Memory where the program wants some: around what is loaded lowest, and in one other window for the rest, data and
 * stack.
 */
static char *generic_board(const struct program *g, enum class class)
{
    const char *name = is_m_class(class) ? "cortex-m-generic" : class == RV64 ? "riscv64-generic" : "riscv32-generic";
    uint64_t low = g->lowest, other = is_m_class(class) && g->stack ? g->stack - 1 : low;
    struct range code, data;

    for (unsigned i = 0; i < g->nranges; i++)
        if (!same_window(g->ranges[i].start, low))
            other = g->ranges[i].start;
    if ((!is_m_class(class) && class != RV32 && class != RV64) || MAX(low, other) > UINT32_MAX - WINDOW)
        return NULL;
    for (unsigned i = 0; i < g->nranges; i++)
        if (!same_window(g->ranges[i].start, g->ranges[i].last) ||
            (!same_window(g->ranges[i].start, low) && !same_window(g->ranges[i].start, other)))
            return NULL;
    if (!extent(g, low, &code))
        return NULL;
    if (!extent(g, other, &data))
        data = (struct range){ other & ~(WINDOW - 1), other };
    if (is_m_class(class) && g->stack && same_window(g->stack - 1, other))
        data.last = MAX(data.last, g->stack - 1);
    if (!is_m_class(class) && g->nsegments == g->nranges) /* its stack is not known, behind it as a rule */
        data.last += MiB;
    g_autofree char *ram = place_text(data, RAM_UNIT), *flash = place_text(code, FLASH_UNIT);
    GString *s = g_string_new(NULL);
    g_string_printf(s, "%s,flash=%s,ram=%s", name, same_window(low, other) ? "none" : flash, ram);
    if (is_m_class(class) && (low & (FLASH_UNIT - 1) || other < low))
        g_string_append_printf(s, ",vectors=0x%" PRIx64, low);
    return g_string_free(s, FALSE);
}

static bool answer(const struct program *g, struct guess *out, GError **err)
{
    enum class class;

    if (!find_class(g, &class, err))
        return false;
    out->why = describe(g, class);
    for (unsigned i = 0; i < ARRAY_SIZE(candidates); i++) {
        const struct candidate *c = &candidates[i];
        uint64_t value;
        if (c->htif && !elf_symbol_value(&g->f, "tohost", &value))
            continue;
        if (!(c->classes & OF(class)) || !fits(g, c))
            continue;
        out->board = g_strdup(c->board);
        out->bios = c->bios;
        return true;
    }
    out->board = generic_board(g, class);
    out->cpu = class_cpus[class];
    if (out->board)
        return true;
    fail(err, "%s: there is no board with memory for it (%s); -M names one", g->path, out->why);
    return false;
}

bool machine_guess(const char *path, struct guess *out, GError **err)
{
    struct program g = { .path = path, .lowest = UINT64_MAX };
    GBytes *file = load_file(path, MAX_FILE, err);

    *out = (struct guess){ 0 };
    if (!file)
        return false;
    bool ok = elf_open(&g.f, file);
    if (!ok)
        fail(err, "%s: is no little-endian ELF file, by which the machine could be told; -M names one", path);
    ok = ok && read_segments(&g, err);
    if (ok) {
        read_attributes(&g);
        g.nsegments = g.nranges;
        add_stack(&g);
    }
    ok = ok && answer(&g, out, err);
    g_bytes_unref(file);
    if (!ok)
        guess_free(out);
    return ok;
}

void guess_free(struct guess *g)
{
    g_free(g->board);
    g_free(g->why);
    *g = (struct guess){ 0 };
}
