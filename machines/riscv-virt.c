/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boards riscv64-virt and riscv32-virt: what riscv-virt.dts cannot say. The CPUs and what refers to
 * them, the memory's size, machine properties; the reset ROM.
 */
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "boot.h"
#include "dt.h"
#include "machine.h"
#include "opts.h"

#define ROM_BASE 0x1000
#define ROM_SIZE 0xf000
#define RAM_BASE UINT64_C(0x80000000)
#define RAM_MAX_32 (2 * GiB) /* what lies between RAM_BASE and the end of a 32-bit bus */

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

static unsigned cpu_count(const struct machine_config *c)
{
    unsigned n = 1;

    if (c->cpus)
        return c->cpus;
    n *= c->sockets ? c->sockets : 1;
    n *= c->dies ? c->dies : 1;
    n *= c->clusters ? c->clusters : 1;
    n *= c->cores ? c->cores : 1;
    return n * (c->threads ? c->threads : 1);
}

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

static int add_cpus(void *fdt, unsigned ncpus, bool aclint)
{
    static const unsigned plic_irqs[] = { INT_MEI, INT_SEI }, clint_irqs[] = { INT_MSI, INT_MTI };
    static const unsigned ssi[] = { INT_SSI }, msi[] = { INT_MSI }, mti[] = { INT_MTI };
    uint32_t phandle, intc;
    int e = fdt_find_max_phandle(fdt, &phandle);

    phandle++;
    intc = phandle + 1;
    if (!e)
        e = add_cpu_map(fdt, ncpus, phandle);
    for (unsigned i = ncpus; !e && i--;)
        e = add_cpu(fdt, i, phandle + 2 * i, intc + 2 * i);
    if (!e)
        e = wire_cpus(fdt, "/soc/plic@c000000", ncpus, intc, plic_irqs, 2);
    if (e)
        return e;
    if (aclint) {
        if ((e = delete_node(fdt, "/soc/clint@2000000")) ||
            (e = wire_cpus(fdt, "/soc/sswi@2f00000", ncpus, intc, ssi, 1)) ||
            (e = wire_cpus(fdt, "/soc/mtimer@2004000", ncpus, intc, mti, 1)))
            return e;
        return wire_cpus(fdt, "/soc/mswi@2000000", ncpus, intc, msi, 1);
    }
    if ((e = delete_node(fdt, "/soc/sswi@2f00000")) || (e = delete_node(fdt, "/soc/mtimer@2004000")) ||
        (e = delete_node(fdt, "/soc/mswi@2000000")))
        return e;
    return wire_cpus(fdt, "/soc/clint@2000000", ncpus, intc, clint_irqs, 2);
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

static bool take_props(struct machine *m, bool *aclint, GError **err)
{
    static const char *const on_off_auto[] = { "on", "off", "auto", NULL };
    static const char *const only_none[] = { "none", NULL }, *const only_off[] = { "off", "auto", NULL };
    struct opts *o = m->config.props;
    unsigned ignored;

    m->pflash[0] = g_strdup(opts_take(o, "pflash0"));
    m->pflash[1] = g_strdup(opts_take(o, "pflash1"));
    if (opts_take_bool(o, "aclint", aclint, err) && opts_take_enum(o, "acpi", on_off_auto, &ignored, err) &&
        opts_take_enum(o, "aia", only_none, &ignored, err) && opts_take_enum(o, "iommu-sys", only_off, &ignored, err))
        return true;
    g_prefix_error(err, "-M: ");
    return false;
}

static bool virt_fixup(struct machine *m, GError **err)
{
    unsigned ncpus = cpu_count(&m->config);
    bool aclint = false;

    if (ncpus > m->board->max_cpus) {
        fail(err, "-smp: machine %s has at most %u CPUs, %u were asked for", m->name, m->board->max_cpus, ncpus);
        return false;
    }
    return take_props(m, &aclint, err) && set_memory(m, err) && check(add_cpus(m->fdt, ncpus, aclint), err);
}

static bool virt_load(struct machine *m, GError **err)
{
    return riscv_boot(m, ROM_BASE, ROM_SIZE, err);
}

static const char *const virt_props[] = {
    "aclint", "on: ACLINT devices in place of the CLINT (default off)",
    "acpi", "accepted: there are no ACPI tables, guests use the device tree",
    "aia", "interrupt controller: none (the PLIC) only",
    "iommu-sys", "off only",
    "pflash0", "node-name of the -blockdev behind the first flash bank: firmware",
    "pflash1", "the same of the second: variables",
    NULL,
};

#define VIRT_BOARD(xlen)                                                                                               \
    const struct board riscv##xlen##_virt = {                                                                          \
        .name = "riscv" #xlen "-virt", .desc = "RISC-V VirtIO board, " #xlen " bits", .arch = "riscv",                 \
        .system = "riscv" #xlen, .short_name = "virt", .default_cpu = "rv" #xlen, .default_ram = 128 * MiB,            \
        .max_cpus = MACHINE_MAX_CPUS, .dtb = dtb_riscv_virt_start, .props = virt_props, .fixup = virt_fixup,           \
        .load = virt_load,                                                                                             \
    }
VIRT_BOARD(64);
VIRT_BOARD(32);
