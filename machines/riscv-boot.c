/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How RISC-V boards start: a reset ROM enters the firmware (or a flash bank, or a bare kernel) as OpenSBI's
 * fw_dynamic wants it. Manuals: OpenSBI's docs/firmware/fw_dynamic.md, Linux's Documentation/arch/riscv/boot.rst.
 */
#include <elf.h>
#include <inttypes.h>
#include <libfdt.h>
#include <string.h>

#include "boot.h"
#include "cpu-riscv/riscv.h"
#include "dt.h"
#include "loader.h"

/* Struct fw_dynamic_info: words of XLEN bits. */
#define FW_MAGIC 0x4942534f
#define FW_VERSION 2
#define FW_NEXT_S_MODE 1

/* A 32-bit hart reaches no device tree above this on the way through S mode. */
#define TREE_LIMIT_32 (3 * GiB)
#define TREE_ALIGN (2 * MiB)
#define INITRD_DISTANCE (512 * MiB) /* from the kernel, or half of the memory */

struct riscv_start {
    struct machine *m;
    struct load_target target;
    bool rv32;
    bool alone;       /* a program with neither firmware nor tree */
    gpa entry;        /* in machine mode */
    gpa next;         /* what the firmware goes on to, 0: nothing */
    gpa firmware_end; /* and where a kernel may follow; the start of RAM without firmware */
    gpa tree;
    struct loaded kernel, initrd;
};

/* -- The reset ROM -- */

static bool make_rom_region(struct machine *m, gpa base, uint64_t size, GError **err)
{
    struct ram_block *block = ram_block_new("mrom", size, err);

    if (!block)
        return false;
    machine_map_memory(m, block, REGION_ROM, base, size);
    return true;
}

/* The lowest free page in the first 2 GiB, for boards whose tree leaves no hint. 0: there is none. */
static gpa find_free_page(const struct machine *m)
{
    for (gpa at = PAGE_SIZE; at < 2 * GiB; at += PAGE_SIZE)
        if (!address_space_find(m->as, at) && !address_space_find(m->as, at + PAGE_SIZE - 1))
            return at;
    return 0;
}

/*
 * The code. Everything it needs follows at fixed distances from its start:
 *   +24 entry, +32 device tree (64 bits each), +40 the dynamic information
 */
static bool write_reset_rom(const struct riscv_start *s, gpa base, GError **err)
{
    struct address_space *as = s->m->as;
    const uint32_t load_a1 = s->rv32 ? 0x0202a583 : 0x0202b583; /* lw or ld a1, 32(t0) */
    const uint32_t load_t0 = s->rv32 ? 0x0182a283 : 0x0182b283; /* lw or ld t0, 24(t0) */
    const bool csrs = riscv_cpu(s->m->cpus[0])->config.has[RVF_zicsr];
    const uint32_t hartid = csrs ? 0xf1402573 : 0x00000513; /* csrr a0, mhartid, or li a0, 0 */
    const uint32_t code[10] = {
        GUINT32_TO_LE(0x00000297),  /* auipc t0, 0 */
        GUINT32_TO_LE(0x02828613),  /* addi  a2, t0, 40 */
        GUINT32_TO_LE(hartid),      /* a0 = hart */
        GUINT32_TO_LE(load_a1),
        GUINT32_TO_LE(load_t0),
        GUINT32_TO_LE(0x00028067),  /* jr    t0 */
        GUINT32_TO_LE((uint32_t)s->entry), GUINT32_TO_LE(s->entry >> 32),
        GUINT32_TO_LE((uint32_t)s->tree), GUINT32_TO_LE(s->tree >> 32),
    };
    /* magic, version, next_addr, next_mode, options, boot_hart */
    const uint64_t info[6] = { FW_MAGIC, FW_VERSION, s->next, FW_NEXT_S_MODE, 0,
                               riscv_cpu(s->m->cpus[0])->hartid };
    uint64_t info64[6];
    uint32_t info32[6];

    for (unsigned i = 0; i < 6; i++) {
        info64[i] = GUINT64_TO_LE(info[i]);
        info32[i] = GUINT32_TO_LE((uint32_t)info[i]);
    }
    return rom_add(as, "mrom.reset", base, code, sizeof(code), false, err) &&
           rom_add(as, "mrom.finfo", base + sizeof(code), s->rv32 ? (void *)info32 : (void *)info64,
                   s->rv32 ? sizeof(info32) : sizeof(info64), false, err);
}

/* -- Firmware -- */

/* The path of what -bios asks for; NULL with a message. */
static char *firmware_path(const struct riscv_start *s, const char *bios, GError **err)
{
    const char *name = s->rv32 ? "opensbi-riscv32-generic-fw_dynamic.bin" : "opensbi-riscv64-generic-fw_dynamic.bin";
    char *path;

    if (strcmp(bios, "default")) {
        path = g_file_test(bios, G_FILE_TEST_EXISTS) ? NULL : data_file_find(bios);
        return path ? path : g_strdup(bios);
    }
    path = data_file_find(name);
    if (!path && !s->rv32)
        path = data_file_find("generic/fw_dynamic.bin");
    if (!path)
        fail(err, "-bios default: can't find OpenSBI (%s): install Debian package %s, or give its folder "
                  "with -L, or use -bios FILE",
             name, s->rv32 ? "qemu-system-data" : "opensbi");
    return path;
}

static bool load_bios(struct riscv_start *s, GError **err)
{
    const struct machine_config *c = &s->m->config;
    const char *bios = c->bios ? c->bios : s->m->board ? "default" : "none";
    g_autofree char *path = NULL;
    struct loaded l;

    s->entry = s->firmware_end = s->m->ram_base;
    if (!strcmp(bios, "none"))
        return true;
    path = firmware_path(s, bios, err);
    if (!path && c->dumpdtb) { /* the tree does not depend on the firmware */
        g_clear_error(err);
        return true;
    }
    if (!path)
        return false;
    if (!load_firmware(&s->target, path, s->m->ram_base, &l, err)) {
        g_prefix_error(err, "-bios ");
        return false;
    }
    s->entry = l.entry;
    s->firmware_end = l.end;
    return true;
}

/* -- Kernel, initrd and tree -- */

/* A kernel that is linked to where the firmware is was meant to run without one. */
static void suggest_no_firmware(GError **err)
{
    g_autofree char *message = NULL;

    if (!err || !g_error_matches(*err, MYNAH_ERROR, LOAD_OVERLAPS))
        return;
    message = g_strdup((*err)->message);
    g_clear_error(err);
    g_set_error(err, MYNAH_ERROR, LOAD_OVERLAPS, "%s; use -bios none to run it without firmware", message);
}

static bool load_kernel_and_initrd(struct riscv_start *s, GError **err)
{
    const struct machine_config *c = &s->m->config;
    bool bare = s->firmware_end == s->m->ram_base;
    gpa base = boot_align(s->firmware_end, s->rv32 ? 4 * MiB : 2 * MiB), at;

    if (!c->kernel)
        return true;
    if (!load_kernel(&s->target, c->kernel, base, &s->kernel, err)) {
        if (!bare)
            suggest_no_firmware(err);
        g_prefix_error(err, "-kernel ");
        return false;
    }
    s->next = s->kernel.entry;
    if (s->alone || (bare && boot_is_free(s->m->ram_base, 2))) /* else QEMU starts at what is there, not at a file's entry */
        s->entry = s->kernel.entry;
    if (!c->initrd)
        return true;
    at = s->kernel.start + MIN(s->m->ram_size / 2, INITRD_DISTANCE);
    if (at < s->kernel.end)
        at = boot_align(s->kernel.end, PAGE_SIZE);
    if (load_raw(&s->target, c->initrd, at, &s->initrd, err))
        return true;
    g_prefix_error(err, "-initrd ");
    return false;
}

static bool place_tree(struct riscv_start *s, GError **err)
{
    gpa end = s->m->ram_base + s->m->ram_size;
    g_autofree void *fdt = NULL;
    uint32_t size;

    if (!boot_chosen(s->m, s->initrd.start, s->initrd.end, err))
        return false;
    fdt = boot_packed_tree(s->m, &size);
    if (s->rv32 && s->m->ram_base < TREE_LIMIT_32)
        end = MIN(end, TREE_LIMIT_32);
    if (size > s->m->ram_size) {
        fail(err, "the device tree (%u bytes) does not fit in memory (see -m)", size);
        return false;
    }
    s->tree = (end - size) & ~(TREE_ALIGN - 1);
    if (s->tree < s->m->ram_base || !boot_is_free(s->tree, size))
        s->tree = (end - size) & ~UINT64_C(7); /* too little memory for the alignment */
    return rom_add(s->m->as, "fdt", s->tree, fdt, size, false, err);
}

/* -- All of it -- */

struct load_target riscv_load_target(const struct machine *m, struct cpu *cpu)
{
    unsigned xlen = riscv_cpu(cpu)->config.xlen;

    return (struct load_target){ .as = m->as, .elf_machine = EM_RISCV, .elf_class = xlen, .image = &riscv_image,
                                 .arch = xlen == 32 ? "32-bit RISC-V" : "64-bit RISC-V" };
}

static bool boot(struct machine *m, gpa rom_base, uint64_t rom_size, bool alone, GError **err)
{
    unsigned xlen = riscv_cpu(m->cpus[0])->config.xlen;
    struct riscv_start s = {
        .m = m,
        .target = riscv_load_target(m, m->cpus[0]),
        .rv32 = xlen == 32,
        .alone = alone,
    };
    gpa flash = boot_has_flash(m) ? boot_flash_base(m) : 0;

    if (!m->ram) {
        fail(err, "machine %s has no memory", m->name);
        return false;
    }
    if (rom_base == 0 && (rom_base = find_free_page(m)) == 0) {
        fail(err, "machine %s has no room for a reset ROM below 2 GiB", m->name);
        return false;
    }
    if (!make_rom_region(m, rom_base, rom_size, err) || !load_bios(&s, err))
        return false;
    if (flash) {
        s.next = flash;
        if (!g_strcmp0(m->config.bios, "none"))
            s.entry = flash;
        if (!boot_offer_kernel(m, err))
            return false;
    } else if (!load_kernel_and_initrd(&s, err)) {
        return false;
    }
    if ((!alone && !place_tree(&s, err)) || !write_reset_rom(&s, rom_base, err))
        return false;
    m->entry = s.entry;
    for (unsigned i = 0; i < m->ncpus; i++)
        if (m->cpus[i]->arch == m->cpus[0]->arch)
            m->cpus[i]->arch->set_reset_pc(m->cpus[i], rom_base);
    return true;
}

bool riscv_boot(struct machine *m, gpa rom_base, uint64_t rom_size, GError **err)
{
    return boot(m, rom_base, rom_size, false, err);
}

bool riscv_boot_bare(struct machine *m, gpa rom_base, uint64_t rom_size, GError **err)
{
    if (m->config.initrd || m->config.append) {
        fail(err, "%s: machine %s takes a program by -kernel or -bios only", m->config.initrd ? "-initrd" : "-append",
             m->name);
        return false;
    }
    if (!m->config.bios)
        m->config.bios = "none";
    return boot(m, rom_base, rom_size, true, err);
}
