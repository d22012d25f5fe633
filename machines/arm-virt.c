/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boards arm64-virt and arm-virt: what arm-virt.dts cannot say. The CPUs and what refers to them, the memory's
 * size, machine properties with the interrupt controller they choose.
 */
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "boot.h"
#include "cpu-arm/arm.h"
#include "dt.h"
#include "machine.h"
#include "opts.h"
#include "tree.h"

#define RAM_BASE UINT64_C(0x40000000)
#define PCIE "/pcie@10000000"
#define RAM_MAX_LOW (3 * GiB)         /* highmem=off: what lies below 4 GiB */
#define GIC2_MAX_CPUS 8
#define GIC2_CLUSTER 8                /* CPUs that differ in MPIDR_EL1.Aff0 only */
#define GIC3_CLUSTER 16
#define LOW_REDISTRIBUTORS 123        /* of GICv3, which fit below the UART; others are at */
#define HIGH_REDISTRIBUTORS UINT64_C(0x4000000000)
#define REDISTRIBUTOR_SIZE UINT64_C(0x20000)

#define GIC2 "/intc@8000000"
#define GIC3 "/intc3@8000000" /* gets the other's name, where it is the one */
#define ITS GIC3 "/its@8080000"
#define UART1 "/pl011@9040000"
#define PPI_CPUS_SHIFT 8 /* in the flags of a GICv2's PPI */

/* Machine property gic-version. */
enum gic_version { GIC_V2, GIC_V3, GIC_MAX };
static const char *const gic_names[] = { "2", "3", "max", NULL };

struct virt_props {
    unsigned gic;
    bool virtualization, highmem, secure, its;
};

extern const uint8_t dtb_arm_virt_start[], dtb_arm_virt_end[];

/* -- CPUs -- */

static uint32_t affinity(const struct virt_props *p, unsigned n)
{
    unsigned cluster = p->gic == GIC_V2 ? GIC2_CLUSTER : GIC3_CLUSTER;

    return n / cluster << 8 | n % cluster;
}

static void add_cpu(struct tree *t, const struct virt_props *p, bool alone, unsigned n, uint32_t phandle)
{
    int node;
    char name[24];

    snprintf(name, sizeof(name), "cpu@%u", n);
    node = tree_add(t, tree_node(t, "/cpus"), name);
    tree_string(t, node, "compatible", "arm,armv8"); /* until its model is known */
    tree_string(t, node, "device_type", "cpu");
    if (!alone)
        tree_string(t, node, "enable-method", "psci");
    tree_cell(t, node, "reg", affinity(p, n));
    tree_cell(t, node, "phandle", phandle);
}

/* The place of CPU n by -smp: names of the nodes from /cpus/cpu-map down. */
static void add_to_map(struct tree *t, const struct machine_config *c, unsigned ncpus, unsigned n, uint32_t phandle)
{
    unsigned threads = MAX(c->threads, 1), cores = c->cores ? c->cores : ncpus, clusters = MAX(c->clusters, 1);
    unsigned core = n / threads, cluster = core / cores, socket = cluster / clusters;
    g_autofree char *place =
        threads > 1 ? g_strdup_printf("socket%u/cluster%u/core%u/thread%u", socket, cluster % clusters, core % cores,
                                      n % threads)
                    : g_strdup_printf("socket%u/cluster%u/core%u", socket, cluster % clusters, core % cores);
    g_auto(GStrv) names = g_strsplit(place, "/", -1);
    int node = tree_node(t, "/cpus/cpu-map");

    for (unsigned i = 0; names[i] && !t->error; i++) {
        int sub = fdt_subnode_offset(t->fdt, node, names[i]);
        node = sub >= 0 ? sub : tree_add(t, node, names[i]);
    }
    tree_cell(t, node, "cpu", phandle);
}

static void add_cpus(struct tree *t, const struct virt_props *p, const struct machine_config *c, unsigned ncpus)
{
    uint32_t phandle = 0;

    fdt_find_max_phandle(t->fdt, &phandle);
    for (unsigned n = ncpus; n--;) /* new nodes go before the others */
        add_cpu(t, p, ncpus == 1, n, phandle + 1 + n);
    tree_add(t, tree_node(t, "/cpus"), "cpu-map");
    for (unsigned n = ncpus; n--;)
        add_to_map(t, c, ncpus, n, phandle + 1 + n);
}

/* -- The interrupt controller -- */

/* The tree says of a GICv2's PPIs which CPUs have them. */
static void set_ppi_cpus(struct tree *t, const char *path, unsigned ncpus)
{
    int node = tree_node(t, path), len = 0;
    const fdt32_t *p = t->error ? NULL : fdt_getprop(t->fdt, node, "interrupts", &len);
    uint32_t cells[12];

    for (int i = 0; i < len / 4 && i < 12; i++)
        cells[i] = fdt32_ld(&p[i]) | (i % 3 == 2 ? ((1u << ncpus) - 1) << PPI_CPUS_SHIFT : 0);
    tree_cells(t, node, "interrupts", len / 4, cells);
}

static void use_gic2(struct tree *t, const struct virt_props *p, unsigned ncpus)
{
    static const uint64_t reg[] = { 0x8000000, 0x10000, 0x8010000, 0x10000 };
    int node;

    tree_delete(t, GIC3);
    set_ppi_cpus(t, "/timer", ncpus);
    set_ppi_cpus(t, "/pmu", ncpus);
    if (p->virtualization)
        return;
    node = tree_node(t, GIC2);
    tree_reg(t, node, 2, reg);
    if (!t->error)
        fdt_delprop(t->fdt, node, "interrupts");
}

/* What takes the PCI devices' messages, or nothing does. */
static void use_its(struct tree *t, bool its)
{
    uint32_t map[] = { 0, 0, 0, 0x10000 };

    if (!its) {
        tree_delete(t, ITS);
        if (!t->error)
            fdt_delprop(t->fdt, tree_node(t, PCIE), "msi-map");
        return;
    }
    fdt_find_max_phandle(t->fdt, &map[1]);
    tree_cell(t, tree_node(t, ITS), "phandle", ++map[1]);
    tree_cells(t, tree_node(t, PCIE), "msi-map", ARRAY_SIZE(map), map);
}

/* The other controller takes the phandle by which the whole tree knows the first. */
static void use_gic3(struct tree *t, const struct virt_props *p, unsigned ncpus)
{
    static const char name[] = "intc@8000000";
    const uint64_t reg[] = { 0x8000000, 0x10000, 0x80a0000, LOW_REDISTRIBUTORS * REDISTRIBUTOR_SIZE,
                             HIGH_REDISTRIBUTORS, 512 * REDISTRIBUTOR_SIZE };
    bool more = ncpus > LOW_REDISTRIBUTORS;
    uint32_t phandle = t->error ? 0 : fdt_get_phandle(t->fdt, tree_node(t, GIC2));
    int node;

    tree_delete(t, GIC2);
    use_its(t, p->its);
    node = tree_node(t, GIC3);
    tree_cell(t, node, "phandle", phandle);
    tree_reg(t, node, more ? 3 : 2, reg);
    tree_cell(t, node, "#redistributor-regions", more ? 2 : 1);
    if (!p->virtualization && !t->error)
        fdt_delprop(t->fdt, node, "interrupts");
    if (!t->error)
        fdt_set_name(t->fdt, node, name);
}

/* -- Security states -- */

/* What the other kind of board has goes. Of what is the secure state's alone the tree says so. */
static void use_security(struct tree *t, const struct virt_props *p)
{
    static const char *const secure[] = { "/secram@e000000", "/gpio-restart", "/gpio-poweroff", "/pl061@90b0000",
                                          "/secflash@0", "/flash@4000000", "/secure-chosen" };

    if (p->secure) {
        tree_delete(t, "/flash@0");
        tree_string(t, tree_node(t, UART1), "status", "disabled");
        tree_string(t, tree_node(t, UART1), "secure-status", "okay");
        return;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(secure); i++)
        tree_delete(t, secure[i]);
}

/* -- Memory and properties -- */

static bool set_memory(struct machine *m, const struct virt_props *p, struct tree *t, GError **err)
{
    const uint64_t reg[] = { RAM_BASE, m->config.ram_size ? m->config.ram_size : m->board->default_ram };

    if (!p->highmem && reg[1] > RAM_MAX_LOW) {
        fail(err, "-m: machine %s with highmem=off has at most 3 GiB of memory", m->name);
        return false;
    }
    if (reg[1] > 255 * GiB) {
        fail(err, "-m: machine %s has at most 255 GiB of memory", m->name);
        return false;
    }
    tree_reg(t, tree_node(t, "/memory@40000000"), 1, reg);
    return true;
}

/* 32-bit firmware does not reach above 4 GiB. */
static bool low_firmware(const struct machine *m)
{
    bool firmware = boot_has_flash(m) || (m->config.bios && strcmp(m->config.bios, "none"));

    return firmware && arm_model_is_a32(m->config.cpu ? m->config.cpu : m->board->default_cpu);
}

/* The PCI host's configuration space below 4 GiB, for fewer buses; without highmem there is no window for big BARs either. */
static void lower_pcie(struct tree *t, bool highmem)
{
    static const uint64_t reg[] = { 0x3f000000, 0x1000000 };
    static const uint32_t buses[] = { 0, 15 };
    static const uint32_t ranges[] = { 0x1000000, 0, 0, 0, 0x3eff0000, 0, 0x10000,
                                       0x2000000, 0, 0x10000000, 0, 0x10000000, 0, 0x2eff0000 };

    tree_reg(t, tree_node(t, PCIE), 1, reg);
    tree_cells(t, tree_node(t, PCIE), "bus-range", ARRAY_SIZE(buses), buses);
    if (!highmem)
        tree_cells(t, tree_node(t, PCIE), "ranges", ARRAY_SIZE(ranges), ranges);
}

static bool take_props(struct machine *m, struct virt_props *p, GError **err)
{
    enum { ACPI_ON, ACPI_OFF, ACPI_AUTO };
    static const char *const on_off_auto[] = { "on", "off", "auto", NULL };
    static const char *const none[] = { "none", NULL };
    struct opts *o = m->config.props;
    unsigned ignored = 0, acpi = ACPI_AUTO;
    bool mte = false, ras = false;

    m->pflash[0] = g_strdup(opts_take(o, "pflash0"));
    m->pflash[1] = g_strdup(opts_take(o, "pflash1"));
    if (!opts_take_enum(o, "acpi", on_off_auto, &acpi, err) ||
        !opts_take_enum(o, "gic-version", gic_names, &p->gic, err) ||
        !opts_take_bool(o, "virtualization", &p->virtualization, err) ||
        !opts_take_bool(o, "highmem", &p->highmem, err) || !opts_take_bool(o, "secure", &p->secure, err) ||
        !opts_take_bool(o, "mte", &mte, err) || !opts_take_bool(o, "ras", &ras, err) ||
        !opts_take_bool(o, "its", &p->its, err) || !opts_take_enum(o, "iommu", none, &ignored, err)) {
        g_prefix_error(err, "-M: ");
        return false;
    }
    m->acpi = acpi != ACPI_OFF;
    if (p->gic == GIC_MAX)
        p->gic = GIC_V3;
    if (mte || ras)
        fail(err, "-M: %s=on: there is none yet", mte ? "mte" : "ras");
    return !mte && !ras;
}

/* The levels that the machine's CPUs have are the machine's to say; max is a 32-bit one on the 32-bit board. */
static bool set_levels(struct machine *m, const struct virt_props *p, GError **err)
{
    const char *cpu = m->config.cpu ? m->config.cpu : m->board->default_cpu;
    bool max = !strcmp(m->board->system, "arm") && (!strcmp(cpu, "max") || g_str_has_prefix(cpu, "max,"));
    g_autofree char *model = g_strdup_printf("%s%s", cpu, max ? ",aarch64=off" : "");

    m->cpu_model = g_strdup_printf("%s,has_el2=%s,has_el3=%s", model, p->virtualization ? "on" : "off",
                                   p->secure ? "on" : "off");
    m->config.cpu = m->cpu_model;
    return true;
}

static bool virt_fixup(struct machine *m, GError **err)
{
    struct virt_props p = { .gic = GIC_V2, .highmem = true, .its = true };
    struct tree t = { .fdt = m->fdt };
    unsigned ncpus = tree_cpu_count(&m->config), max;

    if (!take_props(m, &p, err))
        return false;
    max = p.gic == GIC_V2 ? GIC2_MAX_CPUS : !p.highmem ? LOW_REDISTRIBUTORS : m->board->max_cpus;
    if (ncpus > max) {
        fail(err, "-smp: machine %s with gic-version=%s has at most %u CPUs, %u were asked for", m->name,
             gic_names[p.gic], max, ncpus);
        return false;
    }
    if (!set_memory(m, &p, &t, err))
        return false;
    if (!set_levels(m, &p, err))
        return false;
    if (p.gic == GIC_V2)
        use_gic2(&t, &p, ncpus);
    else
        use_gic3(&t, &p, ncpus);
    if (!p.highmem || low_firmware(m))
        lower_pcie(&t, p.highmem);
    if (p.virtualization)
        tree_string(&t, tree_node(&t, "/psci"), "method", "smc");
    use_security(&t, &p);
    if (!p.secure && (m->config.nserial < 2 || !m->config.serial[1])) {
        tree_delete(&t, UART1);
        if (!t.error)
            fdt_delprop(t.fdt, tree_node(&t, "/aliases"), "serial1");
    }
    add_cpus(&t, &p, &m->config, ncpus);
    return tree_done(&t, m, err);
}

static const char *const virt_props[] = {
    "acpi=on|off|auto", "firmware gets ACPI tables for the guest (default: auto, on)",
    "gic-version=<str>", "interrupt controller: 2, 3, max (3) (default: 2)",
    "highmem=<bool>", "use addresses above 4 GiB, for memory and more than 123 CPUs (default: on)",
    "iommu=none", "there is none (default: none)",
    "its=<bool>", "with a GICv3, an ITS takes the messages of PCI devices (default: on)",
    "mte=off", "there is none (default: off)",
    "pflash0=<str>", "node-name of the -blockdev behind the first flash bank: firmware",
    "pflash1=<str>", "the same of the second: variables",
    "ras=off", "there is none (default: off)",
    "secure=<bool>", "the CPUs have EL3, and the secure state memory, a flash bank and a UART of its own (default: off)",
    "virtualization=<bool>", "the CPUs have EL2, and the interrupt controller virtual interrupts (default: off)",
    NULL,
};

const struct board arm64_virt = {
    .name = "arm64-virt",
    .desc = "ARM VirtIO board, 64 bits",
    .arch = "arm",
    .system = "aarch64",
    .short_name = "virt",
    .default_cpu = "cortex-a57", /* QEMU's is a 32-bit cortex-a15 */
    .default_ram = 128 * MiB,
    .max_cpus = MACHINE_MAX_CPUS,
    .dtb = dtb_arm_virt_start,
    .defaults = &virtio_pci_defaults,
    .props = virt_props,
    .fixup = virt_fixup,
    .load = arm_boot,
};

const struct board arm_virt = {
    .name = "arm-virt",
    .desc = "ARM VirtIO board, 32 bits",
    .arch = "arm",
    .system = "arm",
    .short_name = "virt",
    .default_cpu = "cortex-a15",
    .default_ram = 128 * MiB,
    .max_cpus = MACHINE_MAX_CPUS,
    .dtb = dtb_arm_virt_start,
    .defaults = &virtio_pci_defaults,
    .props = virt_props,
    .fixup = virt_fixup,
    .load = arm_boot,
};
