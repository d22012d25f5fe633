/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Raspberry Pi boards: what the trees of their chips cannot say. Model, revision and memory; the memory that the GPU
 * keeps; where firmware goes and the cores that are not the first wait.
 */
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "bcm2835.h"
#include "boot.h"
#include "cpu.h"
#include "device.h"
#include "dt.h"
#include "tree.h"

#define WAIT_ADDR 0x300      /* where the other cores wait, as QEMU's do */
#define SPIN_TABLE 0xd8      /* of 64-bit cores: cpu-release-addr in the trees */
#define MAILBOX3 0x400000cc  /* what 32-bit ones look at: read, and clear */
#define FIRMWARE_32 0x8000   /* where -bios goes: kernel.img's, */
#define FIRMWARE_64 0x80000  /* kernel8.img's place */
#define PRIORITY_UNIMP (-1000) /* below what is modelled */
#define INTC "/soc/interrupt-controller@7e00b200"

/* A board, beyond its struct board. */
struct raspi {
    const struct board *board;
    const char *compatible[2]; /* its own, and its chip's */
    const char *model;
    uint32_t revision;         /* the firmware's code for it */
    uint32_t peripherals;      /* where they are: they hide what memory is there */
    bool a64;
};
static const struct raspi raspis[5];

extern const uint8_t dtb_bcm2835_start[], dtb_bcm2836_start[], dtb_bcm2837_start[];

static const struct raspi *raspi_of(const struct machine *m)
{
    const struct raspi *r = raspis;

    while (r->board != m->board)
        r++;
    return r;
}

/* -- The tree -- */

static bool check_size(const struct machine *m, GError **err)
{
    const struct board *b = m->board;
    unsigned ncpus = tree_cpu_count(&m->config);
    bool given = m->config.cpus || m->config.max_cpus || m->config.cores;

    if (given && ncpus < b->max_cpus) {
        fail(err, "-smp: Invalid SMP CPUs %u. The min CPUs supported by machine '%s' is %u", ncpus, b->name, b->max_cpus);
        return false;
    }
    if (m->config.ram_size && m->config.ram_size != b->default_ram) {
        fail(err, "-m: Invalid RAM size, should be %s", b->default_ram == GiB ? "1 GiB" : "512 MiB");
        return false;
    }
    return true;
}

static bool raspi_fixup(struct machine *m, GError **err)
{
    const struct raspi *r = raspi_of(m);
    struct tree t = { .fdt = m->fdt };
    uint32_t reg[2] = { 0, MIN(m->board->default_ram, r->peripherals) };

    if (!check_size(m, err))
        return false;
    tree_strings(&t, 0, "compatible", ARRAY_SIZE(r->compatible), r->compatible);
    tree_string(&t, 0, "model", r->model);
    tree_cell(&t, tree_node(&t, "/system"), "linux,revision", r->revision);
    tree_cells(&t, tree_node(&t, "/memory@0"), "reg", ARRAY_SIZE(reg), reg);
    return tree_done(&t, m, err);
}

/* The guest's tree: memory without the GPU's part, which starts where the mailbox says; no FIQ between controllers. */
static bool finish_guest_tree(struct machine *m, GError **err)
{
    struct tree t = { .fdt = m->guest_fdt };
    int memory = fdt_node_offset_by_prop_value(t.fdt, -1, "device_type", "memory", sizeof("memory"));
    int cells = fdt_address_cells(t.fdt, 0) + fdt_size_cells(t.fdt, 0), intc, len;
    uint32_t reg[4] = { 0 };

    if (memory < 0)
        memory = tree_add(&t, 0, "memory@0");
    if (cells < 2 || cells > 4)
        t.error = -FDT_ERR_BADNCELLS;
    else
        reg[cells - 1] = bcm2835_arm_memory(m);
    tree_string(&t, memory, "device_type", "memory");
    tree_cells(&t, memory, "reg", cells, reg);
    intc = fdt_path_offset(t.fdt, INTC);
    if (m->guest_fdt == m->fdt && intc >= 0 && fdt_getprop(t.fdt, intc, "interrupts", &len) && len == 16)
        tree_cells(&t, intc, "interrupts", 2, (const uint32_t[]){ 8, 4 });
    return tree_done(&t, m, err);
}

/* -- Start -- */

/* They read their word of a table that the kernel's method of starting them knows, and go where it says. */
static const uint32_t wait_a64[] = {
    0xd2800005 | SPIN_TABLE << 5, /*    mov  x5, #SPIN_TABLE */
    0xd53800a6,                   /*    mrs  x6, mpidr_el1 */
    0x924004c6,                   /*    and  x6, x6, #3 */
    0xd503205f,                   /* 1: wfe */
    0xf86678a4,                   /*    ldr  x4, [x5, x6, lsl #3] */
    0xb4ffffc4,                   /*    cbz  x4, 1b */
    0xd2800000,                   /*    mov  x0, #0 */
    0xd2800001,                   /*    mov  x1, #0 */
    0xd2800002,                   /*    mov  x2, #0 */
    0xd2800003,                   /*    mov  x3, #0 */
    0xd61f0080,                   /*    br   x4 */
};
static const uint32_t wait_a32[] = {
    0xee100fb0, /*    mrc p15, 0, r0, c0, c0, 5 */
    0xe2000003, /*    and r0, r0, #3 */
    0xe59f5014, /*    ldr r5, 2f */
    0xe320f002, /* 1: wfe */
    0xe7953200, /*    ldr r3, [r5, r0, lsl #4] */
    0xe3530000, /*    cmp r3, #0 */
    0x0afffffb, /*    beq 1b */
    0xe7853200, /*    str r3, [r5, r0, lsl #4] */
    0xe12fff13, /*    bx  r3 */
    MAILBOX3,   /* 2: */
};

static bool place_waiting_code(struct machine *m, GError **err)
{
    const struct raspi *r = raspi_of(m);
    const uint32_t *from = r->a64 ? wait_a64 : wait_a32;
    unsigned n = r->a64 ? ARRAY_SIZE(wait_a64) : ARRAY_SIZE(wait_a32);
    uint32_t code[MAX(ARRAY_SIZE(wait_a64), ARRAY_SIZE(wait_a32))];

    for (unsigned i = 0; i < n; i++)
        code[i] = GUINT32_TO_LE(from[i]);
    if (!rom_add(m->as, "smpboot", WAIT_ADDR, code, 4 * n, false, err))
        return false;
    for (unsigned i = 1; i < m->ncpus; i++)
        m->cpus[i]->arch->set_reset_pc(m->cpus[i], WAIT_ADDR);
    return true;
}

/* What is not in the tree is there all the same, and reads as zero: nothing is said to be between the peripherals. */
static bool stand_in(struct machine *m, GError **err)
{
    struct device *d = device_new(device_type_find("unimplemented-device"), m, "peripherals");

    if (!device_set_prop(d, "size", "16M", err) || !device_realize(d, err)) {
        device_free(d);
        return false;
    }
    address_space_map(m->as, &d->regions[0], raspi_of(m)->peripherals, PRIORITY_UNIMP);
    g_ptr_array_add(m->devices, d);
    return true;
}

static bool raspi_load(struct machine *m, GError **err)
{
    bool firmware = m->config.bios && strcmp(m->config.bios, "none");

    if (!stand_in(m, err) || !finish_guest_tree(m, err) || !arm_boot_at(m, raspi_of(m)->a64 ? FIRMWARE_64 : FIRMWARE_32, err))
        return false;
    return m->ncpus == 1 || firmware || place_waiting_code(m, err); /* firmware gets all of them */
}

/* -- Boards -- */

static const struct drive_default raspi_drives[] = {
    { .type = BLOCK_IF_SD, .driver = "sd-card" },
    { .type = BLOCK_IF_NONE },
};
static const struct nic_default raspi_nics[] = { { .model = NULL } };
static const struct defaults raspi_defaults = { .drives = raspi_drives, .nics = raspi_nics };

#define RASPI(symbol, name_, desc_, chip, cpu, system_, ram, cores)                                                     \
    const struct board symbol = {                                                                                      \
        .name = name_, .short_name = name_, .desc = desc_, .arch = "arm", .system = system_, .default_cpu = cpu,       \
        .default_ram = ram, .max_cpus = cores, .dtb = dtb_##chip##_start, .defaults = &raspi_defaults,                 \
        .fixup = raspi_fixup, .load = raspi_load,                                                                      \
    };
RASPI(raspi0, "raspi0", "Raspberry Pi Zero (revision 1.2)", bcm2835, "arm1176", "arm", 512 * MiB, 1)
RASPI(raspi1ap, "raspi1ap", "Raspberry Pi A+ (revision 1.1)", bcm2835, "arm1176", "arm", 512 * MiB, 1)
RASPI(raspi2b, "raspi2b", "Raspberry Pi 2B (revision 1.1)", bcm2836, "cortex-a7", "arm", GiB, 4)
RASPI(raspi3ap, "raspi3ap", "Raspberry Pi 3A+ (revision 1.0)", bcm2837, "cortex-a53", "aarch64", 512 * MiB, 4)
RASPI(raspi3b, "raspi3b", "Raspberry Pi 3B (revision 1.2)", bcm2837, "cortex-a53", "aarch64", GiB, 4)
#undef RASPI

static const struct raspi raspis[] = {
    { .board = &raspi0, .compatible = { "raspberrypi,model-zero", "brcm,bcm2835" }, .model = "Raspberry Pi Zero",
      .revision = 0x920092, .peripherals = 0x20000000 },
    { .board = &raspi1ap, .compatible = { "raspberrypi,model-a-plus", "brcm,bcm2835" }, .model = "Raspberry Pi Model A+",
      .revision = 0x900021, .peripherals = 0x20000000 },
    { .board = &raspi2b, .compatible = { "raspberrypi,2-model-b", "brcm,bcm2836" }, .model = "Raspberry Pi 2 Model B",
      .revision = 0xa21041, .peripherals = 0x3f000000 },
    { .board = &raspi3ap, .compatible = { "raspberrypi,3-model-a-plus", "brcm,bcm2837" },
      .model = "Raspberry Pi 3 Model A+", .revision = 0x9020e0, .peripherals = 0x3f000000, .a64 = true },
    { .board = &raspi3b, .compatible = { "raspberrypi,3-model-b", "brcm,bcm2837" }, .model = "Raspberry Pi 3 Model B",
      .revision = 0xa02082, .peripherals = 0x3f000000, .a64 = true },
};
