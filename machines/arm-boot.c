/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How ARM boards start: at the kernel, through a few instructions that set its registers, or at firmware. Manual:
 * Linux's Documentation/arch/arm64/booting.rst and arch/arm/booting.rst; where things go is QEMU's choice.
 */
#include <elf.h>
#include <libfdt.h>
#include <string.h>

#include "boot.h"
#include "cpu-arm/arm.h"
#include "dt.h"
#include "loader.h"

#define TREE_ALIGN (2 * MiB)
#define INITRD_DISTANCE (128 * MiB) /* from the start of the memory, or half of it */

struct arm_start {
    struct machine *m;
    struct load_target target;
    gpa entry;
    gpa tree;
    bool tree_first; /* firmware and programs without the boot protocol look for it at the start of the memory */
    struct loaded kernel, initrd;
};

/* The first CPU begins in AArch32. */
static bool starts_in_a32(const struct machine *m)
{
    return m->ncpus && arm_cpu(m->cpus[0])->config.a32_only;
}

struct load_target arm_load_target(const struct machine *m, struct cpu *cpu)
{
    if (arm_cpu(cpu)->config.a32_only)
        return (struct load_target){ .as = m->as, .elf_machine = EM_ARM, .elf_class = 32, .image = &arm_image,
                                     .arch = "32-bit ARM" };
    return (struct load_target){ .as = m->as, .elf_machine = EM_AARCH64, .elf_class = 64, .image = &arm64_image,
                                 .arch = "64-bit ARM" };
}

/* -- Firmware -- */

/* A file in its place. */
static bool load_bios(struct arm_start *s, const char *name, GError **err)
{
    g_autofree char *found = g_file_test(name, G_FILE_TEST_EXISTS) ? NULL : data_file_find(name);
    struct loaded l;

    if (load_raw(&s->target, found ? found : name, s->entry, &l, err))
        return true;
    g_prefix_error(err, "-bios ");
    return false;
}

/* -- Kernel, initrd and tree -- */

/* r0 is zero, r1 no machine's number, r2 the tree. */
static bool write_a32_boot_code(struct arm_start *s, GError **err)
{
    const uint32_t code[] = {
        GUINT32_TO_LE(0xe3a00000), /* mov r0, #0 */
        GUINT32_TO_LE(0xe3e01000), /* mvn r1, #0 */
        GUINT32_TO_LE(0xe59f2000), /* ldr r2, 16f */
        GUINT32_TO_LE(0xe59ff000), /* ldr pc, 20f */
        GUINT32_TO_LE((uint32_t)s->tree), GUINT32_TO_LE((uint32_t)s->kernel.entry),
    };

    s->entry = s->m->ram_base;
    return rom_add(s->m->as, "bootloader", s->entry, code, sizeof(code), false, err);
}

/* x0 is the tree, x1 to x3 are zero. */
static bool write_boot_code(struct arm_start *s, GError **err)
{
    if (starts_in_a32(s->m))
        return write_a32_boot_code(s, err);
    const uint32_t code[] = {
        GUINT32_TO_LE(0x580000c0), /* ldr x0, 24f */
        GUINT32_TO_LE(0xaa1f03e1), /* mov x1, xzr */
        GUINT32_TO_LE(0xaa1f03e2), /* mov x2, xzr */
        GUINT32_TO_LE(0xaa1f03e3), /* mov x3, xzr */
        GUINT32_TO_LE(0x58000084), /* ldr x4, 32f */
        GUINT32_TO_LE(0xd61f0080), /* br  x4 */
        GUINT32_TO_LE((uint32_t)s->tree), GUINT32_TO_LE(s->tree >> 32),
        GUINT32_TO_LE((uint32_t)s->kernel.entry), GUINT32_TO_LE(s->kernel.entry >> 32),
    };

    s->entry = s->m->ram_base;
    return rom_add(s->m->as, "bootloader", s->entry, code, sizeof(code), false, err);
}

static bool load_kernel_and_initrd(struct arm_start *s, GError **err)
{
    const struct machine_config *c = &s->m->config;
    gpa at;

    if (!load_kernel(&s->target, c->kernel, s->m->ram_base, &s->kernel, err)) {
        g_prefix_error(err, "-kernel ");
        return false;
    }
    s->entry = s->kernel.entry;
    if (!c->initrd)
        return true;
    at = s->m->ram_base + MIN(s->m->ram_size / 2, INITRD_DISTANCE);
    at = boot_align(MAX(at, s->kernel.end), PAGE_SIZE);
    if (load_raw(&s->target, c->initrd, at, &s->initrd, err))
        return true;
    g_prefix_error(err, "-initrd ");
    return false;
}

/* Behind the initrd, or where an initrd would be. */
static gpa tree_place(const struct arm_start *s, uint32_t size)
{
    gpa start = s->m->ram_base, end = start + s->m->ram_size, at;

    if (s->tree_first && !s->kernel.image && boot_is_free(start, size))
        return start;
    at = s->initrd.end ? s->initrd.end : start + MIN(s->m->ram_size / 2, INITRD_DISTANCE);
    at = boot_align(MAX(at, s->kernel.end), TREE_ALIGN);
    return at + size <= end ? at : (end - size) & ~UINT64_C(7); /* too little memory for the alignment */
}

static bool set_kaslr_seed(struct machine *m, GError **err)
{
    int chosen = fdt_path_offset(m->guest_fdt, "/chosen"), e = chosen;

    if (chosen >= 0)
        e = fdt_setprop_u64(m->guest_fdt, chosen, "kaslr-seed", 0);
    if (e < 0)
        fail(err, "device tree: /chosen: %s", fdt_strerror(e));
    else
        boot_random_seed(m, m->guest_fdt);
    return e >= 0;
}

static bool place_tree(struct arm_start *s, GError **err)
{
    g_autofree void *fdt = NULL;
    uint32_t size;

    if (!boot_chosen(s->m, s->initrd.start, s->initrd.end, err) || !set_kaslr_seed(s->m, err))
        return false;
    fdt = boot_packed_tree(s->m, &size);
    if (size > s->m->ram_size) {
        fail(err, "the device tree (%u bytes) does not fit in memory (see -m)", size);
        return false;
    }
    s->tree = tree_place(s, size);
    return rom_add(s->m->as, "fdt", s->tree, fdt, size, false, err);
}

/* -- Levels, PSCI, interrupts: what firmware leaves to a kernel that starts without one -- */

static unsigned start_level(const struct arm_start *s, const struct arm_cpu *a)
{
    if (arm_has(a, ARMF_el3) && !s->kernel.image) /* a kernel wants EL2 or EL1 */
        return 3;
    return arm_has(a, ARMF_el2) ? 2 : 1;
}

/* PSCI is ours where nobody at the level that its calls come to can be it. */
static enum arm_conduit psci_conduit(const struct machine *m, unsigned level)
{
    int node = fdt_path_offset(m->fdt, "/psci");
    const char *method = node < 0 || !dt_enabled(m->fdt, node) ? NULL : fdt_getprop(m->fdt, node, "method", NULL);

    if (!method || level == 3)
        return ARM_CONDUIT_NONE;
    return !strcmp(method, "smc") ? ARM_CONDUIT_SMC : ARM_CONDUIT_HVC;
}

/* The board's tree tells of none where firmware of the guest's has to be it. */
static bool tell_psci(const struct arm_start *s, GError **err)
{
    struct machine *m = s->m;
    int node = fdt_path_offset(m->fdt, "/psci"), e = 0;

    if (!m->ncpus || m->cpus[0]->arch != &arm_arch || m->guest_fdt != m->fdt || node < 0 ||
        arm_cpu(m->cpus[0])->psci_conduit != ARM_CONDUIT_NONE)
        return true;
    if ((e = fdt_del_node(m->fdt, node)) < 0)
        fail(err, "device tree: /psci: %s", fdt_strerror(e));
    return e >= 0;
}

static void set_flag(struct device *d, const char *name)
{
    if (device_has_prop(d->type, name))
        device_set_prop(d, name, "on", NULL);
}

/* The interrupt controllers of CPUs with EL3 tell security states apart. */
static void secure_interrupts(struct device *d, void *opaque)
{
    const struct arm_start *s = opaque;

    set_flag(d, "has-security-extensions");
    if (s->kernel.image) /* firmware would have given them to the kernel */
        set_flag(d, "reset-nonsecure");
}

/* -- All of it -- */

/* Before the node goes. */
static void set_conduits(const struct arm_start *s)
{
    const struct machine *m = s->m;

    for (unsigned i = 0; i < m->ncpus; i++)
        if (m->cpus[i]->arch == &arm_arch)
            arm_cpu(m->cpus[i])->psci_conduit = psci_conduit(m, start_level(s, arm_cpu(m->cpus[i])));
}

/* The CPUs' peripherals are where the interrupt controller is. */
static gpa peripherals(const struct machine *m)
{
    static const char *const gics[] = { "arm,cortex-a15-gic", "arm,gic-400", "arm,gic-v3" };
    uint64_t size;
    gpa addr;

    for (unsigned i = 0; i < ARRAY_SIZE(gics); i++) {
        int node = fdt_node_offset_by_compatible(m->fdt, -1, gics[i]);
        if (node >= 0 && dt_reg(m->fdt, node, 0, &addr, &size))
            return addr;
    }
    return 0;
}

static void set_starts(struct arm_start *s)
{
    struct machine *m = s->m;
    gpa cbar = peripherals(m);

    for (unsigned i = 0; i < m->ncpus; i++) {
        struct arm_cpu *a = arm_cpu(m->cpus[i]);
        if (m->cpus[i]->arch != &arm_arch)
            continue;
        a->below_el3 = s->kernel.image;
        a->config.cbar = cbar;
        m->cpus[i]->arch->set_reset_pc(m->cpus[i], m->entry);
        if (arm_has(a, ARMF_el3))
            device_foreach(m, secure_interrupts, s);
    }
}

static bool boot(struct arm_start *s, GError **err)
{
    struct machine *m = s->m;
    const char *bios = g_strcmp0(m->config.bios, "none") ? m->config.bios : NULL;
    bool firmware = bios || boot_has_flash(m);

    if (!m->ram) {
        fail(err, "machine %s has no memory", m->name);
        return false;
    }
    if (bios && !load_bios(s, bios, err))
        return false;
    if (firmware ? !boot_offer_kernel(m, err) : m->config.kernel && !load_kernel_and_initrd(s, err))
        return false;
    set_conduits(s);
    if (!tell_psci(s, err) || !place_tree(s, err) || (s->kernel.image && !write_boot_code(s, err)))
        return false;
    m->entry = s->entry & ~BUS_SECURE;
    set_starts(s);
    return true;
}

bool arm_boot_at(struct machine *m, gpa firmware, GError **err)
{
    struct arm_start s = { .m = m, .target = arm_load_target(m, m->cpus[0]), .entry = firmware };

    return boot(&s, err);
}

/* Firmware is what the first flash bank has or would have, or where there is no flash at the start of the memory. */
bool arm_boot(struct machine *m, GError **err)
{
    int flash = fdt_node_offset_by_compatible(m->fdt, -1, "cfi-flash");
    struct arm_start s = { .m = m, .target = arm_load_target(m, m->cpus[0]), .tree_first = true,
                           .entry = flash >= 0 ? boot_flash_base(m) : m->ram_base };

    return boot(&s, err);
}
