/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boards riscv64-virt and riscv32-virt: what riscv-virt.dts cannot say. The CPUs and what refers to
 * them, the memory's size, machine properties with the interrupt controllers they choose; the reset ROM.
 */
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "boot.h"
#include "dt.h"
#include "machine.h"
#include "opts.h"
#include "tree.h"

#define ROM_BASE 0x1000
#define ROM_SIZE 0xf000
#define RAM_BASE UINT64_C(0x80000000)
#define RAM_MAX_32 (2 * GiB) /* what lies between RAM_BASE and the end of a 32-bit bus */

#define SOURCE_LEVEL_HIGH 4 /* second cell of an APLIC's interrupt specifier */
#define MAX_AIA_GUESTS 7

/* Machine property aia. */
enum aia { AIA_NONE, AIA_APLIC, AIA_APLIC_IMSIC };
static const char *const aia_names[] = { "none", "aplic", "aplic-imsic", NULL };

struct virt_props {
    bool aclint;
    unsigned aia;
    uint64_t aia_guests;
};

/* Interrupts of a hart's controller. */
enum { INT_SSI = 1, INT_MSI = 3, INT_MTI = 7, INT_SEI = 9, INT_MEI = 11 };

extern const uint8_t dtb_riscv_virt_start[], dtb_riscv_virt_end[];

/* libfdt's errors all mean that TREE_ROOM was too small or that the .dts was changed without this file. */
static bool check(int e, GError **err)
{
    if (e < 0)
        fail(err, "device tree of the virt board: %s", fdt_strerror(e));
    return e >= 0;
}

/* -- CPUs -- */

/* One CPU node with its interrupt controller. cpu-map and the controllers name them by these phandles. */
static int add_cpu(void *fdt, unsigned n, uint32_t cpu_phandle, uint32_t intc_phandle)
{
    int cpus = fdt_path_offset(fdt, "/cpus"), node, intc, e;
    char name[24];

    snprintf(name, sizeof(name), "cpu@%x", n);
    node = fdt_add_subnode(fdt, cpus, name);
    if (node < 0)
        return node;
    intc = fdt_add_subnode(fdt, node, "interrupt-controller");
    if (intc < 0)
        return intc;
    if ((e = fdt_setprop_u32(fdt, intc, "phandle", intc_phandle)) ||
        (e = fdt_setprop_string(fdt, intc, "compatible", "riscv,cpu-intc")) ||
        (e = fdt_setprop_empty(fdt, intc, "interrupt-controller")) ||
        (e = fdt_setprop_u32(fdt, intc, "#interrupt-cells", 1)))
        return e;
    /* The CPU's own properties go in front of its child: node's offset stays. */
    if ((e = fdt_setprop_string(fdt, node, "compatible", "riscv")) ||
        (e = fdt_setprop_string(fdt, node, "status", "okay")) || (e = fdt_setprop_u32(fdt, node, "reg", n)) ||
        (e = fdt_setprop_string(fdt, node, "device_type", "cpu")))
        return e;
    return fdt_setprop_u32(fdt, node, "phandle", cpu_phandle);
}

static int add_cpu_map(void *fdt, unsigned ncpus, uint32_t phandle)
{
    int map = fdt_add_subnode(fdt, fdt_path_offset(fdt, "/cpus"), "cpu-map"), cluster, core, e;

    if (map < 0 || (cluster = fdt_add_subnode(fdt, map, "cluster0")) < 0)
        return map < 0 ? map : cluster;
    for (unsigned i = ncpus; i--;) {
        char name[24];
        snprintf(name, sizeof(name), "core%u", i);
        core = fdt_add_subnode(fdt, cluster, name);
        if (core < 0 || (e = fdt_setprop_u32(fdt, core, "cpu", phandle + 2 * i)) < 0)
            return core < 0 ? core : e;
    }
    return 0;
}

/* The node's interrupts-extended: for each CPU its controller with each of the interrupts. */
static int wire_cpus(void *fdt, const char *path, unsigned ncpus, uint32_t intc, const unsigned *irqs, unsigned nirqs)
{
    g_autofree fdt32_t *cells = g_new(fdt32_t, ncpus * nirqs * 2);
    int node = fdt_path_offset(fdt, path);
    unsigned n = 0;

    for (unsigned i = 0; i < ncpus; i++) {
        for (unsigned k = 0; k < nirqs; k++) {
            cells[n++] = cpu_to_fdt32(intc + 2 * i);
            cells[n++] = cpu_to_fdt32(irqs[k]);
        }
    }
    return node < 0 ? node : fdt_setprop(fdt, node, "interrupts-extended", cells, 4 * n);
}

static int delete_node(void *fdt, const char *path)
{
    int node = fdt_path_offset(fdt, path);

    return node < 0 ? node : fdt_del_node(fdt, node);
}

static int add_cpus(void *fdt, unsigned ncpus, uint32_t *intc)
{
    uint32_t phandle;
    int e = fdt_find_max_phandle(fdt, &phandle);

    phandle++;
    *intc = phandle + 1;
    if (!e)
        e = add_cpu_map(fdt, ncpus, phandle);
    for (unsigned i = ncpus; !e && i--;)
        e = add_cpu(fdt, i, phandle + 2 * i, *intc + 2 * i);
    return e;
}

/* -- Timers and software interrupts -- */

#define CLINT "/soc/clint@2000000"
#define SSWI "/soc/sswi@2f00000"
#define MTIMER "/soc/mtimer@2004000"
#define MSWI "/soc/mswi@2000000"

/* MTIMER alone has its two registers' pages at the start of the CLINT's range. */
static int move_mtimer(void *fdt)
{
    const fdt32_t reg[8] = { 0, cpu_to_fdt32(0x2007ff8), 0, cpu_to_fdt32(8), 0, cpu_to_fdt32(0x2000000), 0,
                             cpu_to_fdt32(0x7ff8) };
    int node = fdt_path_offset(fdt, MTIMER), e;

    if (node < 0 || (e = fdt_setprop(fdt, node, "reg", reg, sizeof(reg))) < 0)
        return node < 0 ? node : e;
    return fdt_set_name(fdt, node, "mtimer@2000000");
}

static int choose_clint(void *fdt, const struct virt_props *p, unsigned ncpus, uint32_t intc)
{
    static const unsigned clint_irqs[] = { INT_MSI, INT_MTI }, ssi[] = { INT_SSI }, msi[] = { INT_MSI };
    static const unsigned mti[] = { INT_MTI };
    bool with_swi = p->aclint && p->aia != AIA_APLIC_IMSIC; /* IMSICs bring software interrupts too */
    int e;

    if (!with_swi && ((e = delete_node(fdt, SSWI)) || (e = delete_node(fdt, MSWI))))
        return e;
    if (!p->aclint)
        return (e = delete_node(fdt, MTIMER)) ? e : wire_cpus(fdt, CLINT, ncpus, intc, clint_irqs, 2);
    if ((e = delete_node(fdt, CLINT)) || (e = wire_cpus(fdt, MTIMER, ncpus, intc, mti, 1)))
        return e;
    if (!with_swi)
        return move_mtimer(fdt);
    return (e = wire_cpus(fdt, SSWI, ncpus, intc, ssi, 1)) ? e : wire_cpus(fdt, MSWI, ncpus, intc, msi, 1);
}

/* -- External interrupts -- */

#define PLIC "/soc/plic@c000000"
#define APLIC_M "/soc/interrupt-controller@c000000"
#define APLIC_S "/soc/interrupt-controller@d000000"
#define IMSIC_M "/soc/interrupt-controller@24000000"
#define IMSIC_S "/soc/interrupt-controller@28000000"

#define PCI "/soc/pci@30000000"
#define PCI_SOURCE 0x20 /* of pin A of device 0 */

static const unsigned mei[] = { INT_MEI }, sei[] = { INT_SEI };

static int use_plic(void *fdt, unsigned ncpus, uint32_t intc)
{
    static const unsigned irqs[] = { INT_MEI, INT_SEI };
    int e;

    if ((e = delete_node(fdt, APLIC_S)) || (e = delete_node(fdt, APLIC_M)))
        return e;
    return wire_cpus(fdt, PLIC, ncpus, intc, irqs, 2);
}

/* Whatever the tree says about the PLIC it now says about the supervisor's APLIC domain. */
static int change_parent(void *fdt, uint32_t plic, uint32_t aplic)
{
    int e = 0, len;

    for (int node = fdt_next_node(fdt, -1, NULL); node >= 0 && !e; node = fdt_next_node(fdt, node, NULL)) {
        const fdt32_t *p = fdt_getprop(fdt, node, "interrupt-parent", &len);
        if (!p || len != 4 || fdt32_ld(p) != plic)
            continue;
        e = fdt_setprop_u32(fdt, node, "interrupt-parent", aplic);
        p = fdt_getprop(fdt, node, "interrupts", &len);
        if (e || !p)
            continue;
        const fdt32_t cells[2] = { *p, cpu_to_fdt32(SOURCE_LEVEL_HIGH) };
        e = fdt_setprop(fdt, node, "interrupts", cells, sizeof(cells));
    }
    return e;
}

/* A file a hart, each with room for the guests' files. */
static int set_imsic(void *fdt, const char *path, uint64_t base, unsigned ncpus, unsigned guest_bits)
{
    uint64_t size = (uint64_t)ncpus << (12 + guest_bits);
    const fdt32_t reg[4] = { 0, cpu_to_fdt32(base), 0, cpu_to_fdt32(size) };
    int node = fdt_path_offset(fdt, path), e;

    if (node < 0 || (e = fdt_setprop(fdt, node, "reg", reg, sizeof(reg))) < 0)
        return node < 0 ? node : e;
    return guest_bits ? fdt_setprop_u32(fdt, node, "riscv,guest-index-bits", guest_bits) : 0;
}

static unsigned bits_for(uint64_t n)
{
    unsigned b = 0;

    while (n >> b)
        b++;
    return b;
}

static int use_imsics(void *fdt, const struct virt_props *p, unsigned ncpus, uint32_t intc)
{
    int e;

    if ((e = set_imsic(fdt, IMSIC_M, 0x24000000, ncpus, 0)) ||
        (e = set_imsic(fdt, IMSIC_S, 0x28000000, ncpus, bits_for(p->aia_guests))) ||
        (e = wire_cpus(fdt, IMSIC_M, ncpus, intc, mei, 1)))
        return e;
    return wire_cpus(fdt, IMSIC_S, ncpus, intc, sei, 1);
}

/* Without IMSICs the APLIC's domains drive the harts' lines themselves. */
static int use_direct_delivery(void *fdt, unsigned ncpus, uint32_t intc)
{
    int e;

    if ((e = fdt_delprop(fdt, fdt_path_offset(fdt, APLIC_S), "msi-parent")) ||
        (e = fdt_delprop(fdt, fdt_path_offset(fdt, APLIC_M), "msi-parent")) ||
        (e = wire_cpus(fdt, APLIC_M, ncpus, intc, mei, 1)))
        return e;
    return wire_cpus(fdt, APLIC_S, ncpus, intc, sei, 1);
}

static int set_interrupt_map(void *fdt, uint32_t aplic)
{
    fdt32_t cells[16 * 7], *c = cells;

    for (unsigned device = 0; device < 4; device++) {
        for (unsigned pin = 0; pin < 4; pin++) {
            const uint32_t row[7] = { device << 11, 0, 0, pin + 1, aplic, PCI_SOURCE + (device + pin) % 4,
                                      SOURCE_LEVEL_HIGH };
            for (unsigned i = 0; i < 7; i++)
                *c++ = cpu_to_fdt32(row[i]);
        }
    }
    return fdt_setprop(fdt, fdt_path_offset(fdt, PCI), "interrupt-map", cells, sizeof(cells));
}

/* What the PCI host has instead of the PLIC. */
static int change_pci(void *fdt, const struct virt_props *p, uint32_t aplic)
{
    uint32_t imsic = fdt_get_phandle(fdt, fdt_path_offset(fdt, IMSIC_S));
    int e = set_interrupt_map(fdt, aplic);

    if (e || p->aia != AIA_APLIC_IMSIC)
        return e;
    return fdt_setprop_u32(fdt, fdt_path_offset(fdt, PCI), "msi-parent", imsic);
}

static int choose_controller(void *fdt, const struct virt_props *p, unsigned ncpus, uint32_t intc)
{
    uint32_t plic = fdt_get_phandle(fdt, fdt_path_offset(fdt, PLIC));
    uint32_t aplic = fdt_get_phandle(fdt, fdt_path_offset(fdt, APLIC_S));
    int e;

    if (p->aia != AIA_APLIC_IMSIC && ((e = delete_node(fdt, IMSIC_S)) || (e = delete_node(fdt, IMSIC_M))))
        return e;
    if (p->aia == AIA_NONE)
        return use_plic(fdt, ncpus, intc);
    if ((e = change_parent(fdt, plic, aplic)) || (e = change_pci(fdt, p, aplic)) || (e = delete_node(fdt, PLIC)))
        return e;
    return p->aia == AIA_APLIC ? use_direct_delivery(fdt, ncpus, intc) : use_imsics(fdt, p, ncpus, intc);
}

/* -- Memory and properties -- */

static bool set_memory(struct machine *m, GError **err)
{
    uint64_t size = m->config.ram_size ? m->config.ram_size : m->board->default_ram;
    fdt32_t reg[4] = { cpu_to_fdt32(RAM_BASE >> 32), cpu_to_fdt32(RAM_BASE), cpu_to_fdt32(size >> 32),
                       cpu_to_fdt32(size) };

    if (!strcmp(m->board->system, "riscv32") && size > RAM_MAX_32) {
        fail(err, "-m: machine %s has at most %u MiB", m->name, (unsigned)(RAM_MAX_32 / MiB));
        return false;
    }
    return check(fdt_setprop(m->fdt, fdt_path_offset(m->fdt, "/memory@80000000"), "reg", reg, sizeof(reg)), err);
}

/* The windows of the PCI host: I/O, 32-bit memory, and memory behind the RAM (on 32 bits: behind what a CPU reaches). */
static bool set_pci_windows(struct machine *m, GError **err)
{
    bool is_32 = !strcmp(m->board->system, "riscv32");
    uint64_t ram = m->config.ram_size ? m->config.ram_size : m->board->default_ram;
    uint64_t high_size = is_32 ? 4 * GiB : 16 * GiB;
    uint64_t high = is_32 ? 12 * GiB : (RAM_BASE + ram + high_size - 1) / high_size * high_size;
    const struct { uint32_t kind; uint64_t pci, cpu, size; } window[] = {
        { 0x1000000, 0, 0x3000000, 0x10000 },
        { 0x2000000, 0x40000000, 0x40000000, 0x40000000 },
        { 0x3000000, high, high, high_size },
    };
    fdt32_t cells[ARRAY_SIZE(window) * 7], *c = cells;

    for (unsigned i = 0; i < ARRAY_SIZE(window); i++) {
        *c++ = cpu_to_fdt32(window[i].kind);
        for (const uint64_t *v = &window[i].pci; v <= &window[i].size; v++) {
            *c++ = cpu_to_fdt32(*v >> 32);
            *c++ = cpu_to_fdt32(*v);
        }
    }
    return check(fdt_setprop(m->fdt, fdt_path_offset(m->fdt, PCI), "ranges", cells, sizeof(cells)), err);
}

static bool take_props(struct machine *m, struct virt_props *p, GError **err)
{
    enum { ACPI_ON, ACPI_OFF, ACPI_AUTO };
    static const char *const on_off_auto[] = { "on", "off", "auto", NULL };
    static const char *const only_off[] = { "off", "auto", NULL };
    struct opts *o = m->config.props;
    unsigned ignored = 0, acpi = ACPI_AUTO;

    m->pflash[0] = g_strdup(opts_take(o, "pflash0"));
    m->pflash[1] = g_strdup(opts_take(o, "pflash1"));
    if (opts_take_bool(o, "aclint", &p->aclint, err) && opts_take_enum(o, "acpi", on_off_auto, &acpi, err) &&
        opts_take_enum(o, "aia", aia_names, &p->aia, err) &&
        opts_take_uint(o, "aia-guests", 0, MAX_AIA_GUESTS, &p->aia_guests, err) &&
        opts_take_enum(o, "iommu-sys", only_off, &ignored, err)) {
        m->acpi = acpi != ACPI_OFF;
        return true;
    }
    g_prefix_error(err, "-M: ");
    return false;
}

/* A hart with an IMSIC has the CSRs to reach it, whatever -cpu says. */
static void add_aia_features(struct machine *m)
{
    m->cpu_model = g_strdup_printf("%s,smaia=on,ssaia=on", m->config.cpu ? m->config.cpu : m->board->default_cpu);
    m->config.cpu = m->cpu_model;
}

static bool virt_fixup(struct machine *m, GError **err)
{
    unsigned ncpus = tree_cpu_count(&m->config);
    struct virt_props p = { .aia = AIA_NONE };
    uint32_t intc;

    if (ncpus > m->board->max_cpus) {
        fail(err, "-smp: machine %s has at most %u CPUs, %u were asked for", m->name, m->board->max_cpus, ncpus);
        return false;
    }
    if (!take_props(m, &p, err) || !set_memory(m, err) || !set_pci_windows(m, err))
        return false;
    if (p.aia == AIA_APLIC_IMSIC)
        add_aia_features(m);
    return check(add_cpus(m->fdt, ncpus, &intc), err) && check(choose_controller(m->fdt, &p, ncpus, intc), err) &&
           check(choose_clint(m->fdt, &p, ncpus, intc), err);
}

static bool virt_load(struct machine *m, GError **err)
{
    return riscv_boot(m, ROM_BASE, ROM_SIZE, err);
}

static const char *const virt_props[] = {
    "aclint=<bool>", "ACLINT devices in place of the CLINT (default: off)",
    "acpi=on|off|auto", "firmware gets ACPI tables for the guest (default: auto, on)",
    "aia=<str>", "interrupt controller: none (a PLIC), aplic, aplic-imsic (default: none)",
    "aia-guests=<num>", "pages for guests' interrupt files behind each IMSIC's, 0 to 7 (default: 0)",
    "iommu-sys=off|auto", "there is none (default: off)",
    "pflash0=<str>", "node-name of the -blockdev behind the first flash bank: firmware",
    "pflash1=<str>", "the same of the second: variables",
    NULL,
};

#define VIRT_BOARD(xlen)                                                                                               \
    const struct board riscv##xlen##_virt = {                                                                          \
        .name = "riscv" #xlen "-virt", .desc = "RISC-V VirtIO board, " #xlen " bits", .arch = "riscv",                 \
        .system = "riscv" #xlen, .short_name = "virt", .default_cpu = "rv" #xlen, .default_ram = 128 * MiB,            \
        .max_cpus = MACHINE_MAX_CPUS, .dtb = dtb_riscv_virt_start, .defaults = &virtio_pci_defaults,                   \
        .props = virt_props, .fixup = virt_fixup, .load = virt_load,                                                   \
    }
VIRT_BOARD(64);
VIRT_BOARD(32);
