/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RISC-V boards beside virt: spike, whose HTIF is where the program's symbols say; sifive_e, a microcontroller;
 * sifive_u. What their trees can't say: the harts and what refers to them, the memory's size.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "boot.h"
#include "machine.h"
#include "opts.h"
#include "symbols.h"
#include "tree.h"

#define RAM_BASE UINT64_C(0x80000000)
#define ROM_BASE 0x1000
#define ROM_SIZE 0xf000
#define SPIKE_MAX_CPUS 8
#define SIFIVE_U_CPUS 2
#define SIFIVE_U_MAX_CPUS 5

/* Interrupts of a hart's controller. */
enum { INT_MSI = 3, INT_MTI = 7, INT_SEI = 9, INT_MEI = 11 };

#define FIRST_INTC 0x100 /* phandles of the harts' controllers; dtc's own are lower */

/* -- Harts -- */

/* One CPU node; the tree has the last one first. */
static int add_hart(struct tree *t, unsigned n)
{
    char name[16];

    snprintf(name, sizeof(name), "cpu@%u", n);
    int node = tree_add(t, tree_node(t, "/cpus"), name), intc = tree_add(t, node, "interrupt-controller");
    tree_cell(t, intc, "phandle", FIRST_INTC + n);
    tree_cell(t, intc, "#interrupt-cells", 1);
    tree_empty(t, intc, "interrupt-controller");
    tree_string(t, intc, "compatible", "riscv,cpu-intc");
    tree_string(t, node, "status", "okay");
    tree_string(t, node, "compatible", "riscv");
    tree_cell(t, node, "reg", n);
    tree_string(t, node, "device_type", "cpu");
    return node;
}

static void add_harts(struct tree *t, unsigned n)
{
    while (n--)
        add_hart(t, n);
}

/* The controller's outputs: of each hart these interrupts. */
static void wire(struct tree *t, const char *path, unsigned nharts, unsigned nirqs, const uint32_t *irqs)
{
    uint32_t cells[4 * MAX(SPIKE_MAX_CPUS, SIFIVE_U_MAX_CPUS)];
    unsigned n = 0;

    for (unsigned hart = 0; hart < nharts; hart++) {
        for (unsigned i = 0; i < nirqs; i++) {
            cells[n++] = FIRST_INTC + hart;
            cells[n++] = irqs[i];
        }
    }
    tree_cells(t, tree_node(t, path), "interrupts-extended", n, cells);
}

static const uint32_t clint_irqs[] = { INT_MSI, INT_MTI };

static bool set_memory(struct tree *t, struct machine *m, GError **err)
{
    uint64_t size = m->config.ram_size ? m->config.ram_size : m->board->default_ram;

    if (!strcmp(m->board->system, "riscv32") && size > 2 * GiB) {
        fail(err, "-m %" PRIu64 "M: a 32-bit machine has at most 2 GiB", size / MiB);
        return false;
    }
    tree_reg(t, tree_node(t, "/memory@80000000"), 1, (uint64_t[]){ RAM_BASE, size });
    return true;
}

/* -- spike -- */

static bool spike_fixup(struct machine *m, GError **err)
{
    struct tree t = { .fdt = m->fdt };
    unsigned n = tree_cpu_count(&m->config);

    add_harts(&t, n);
    wire(&t, "/soc/clint@2000000", n, ARRAY_SIZE(clint_irqs), clint_irqs);
    return set_memory(&t, m, err) && tree_done(&t, m, err);
}

struct places {
    struct address_space *as;
    gpa tohost, fromhost;
};

static void place_htif(struct device *d, void *opaque)
{
    const struct places *p = opaque;

    if (d->type != device_type_find("riscv.htif"))
        return;
    address_space_map(p->as, &d->regions[1], p->fromhost, 1);
    address_space_map(p->as, &d->regions[2], p->tohost, 1);
}

static bool spike_load(struct machine *m, GError **err)
{
    struct places p = { .as = m->as };

    if (!riscv_boot(m, ROM_BASE, ROM_SIZE, err))
        return false;
    if (symbol_value("tohost", &p.tohost) && symbol_value("fromhost", &p.fromhost))
        device_foreach(m, place_htif, &p);
    return true;
}

/* -- sifive_e: as its tree says -- */

static bool sifive_e_load(struct machine *m, GError **err)
{
    if (m->config.ram_size && m->config.ram_size != m->ram_size) {
        fail(err, "-m: machine %s has %" PRIu64 " KiB of memory", m->name, m->ram_size / KiB);
        return false;
    }
    return riscv_boot_bare(m, ROM_BASE, ROM_SIZE, err);
}

/* -- sifive_u: a hart without supervisor mode, the monitor, and others with it -- */

static bool sifive_u_fixup(struct machine *m, GError **err)
{
    static const char *const core[] = { "i", "m", "a", "f", "d", "c", "zicntr", "zicsr", "zifencei", "zihpm" };
    static const char *const monitor[] = { "i", "m", "a", "c", "zicntr", "zicsr", "zifencei", "zihpm" };
    static const uint32_t mei[] = { INT_MEI }, external[] = { INT_MEI, INT_SEI };
    struct tree t = { .fdt = m->fdt };
    unsigned n = m->config.cpus ? m->config.cpus : SIFIVE_U_CPUS;
    uint32_t cells[4 * SIFIVE_U_MAX_CPUS];
    unsigned at = 0;

    if (n < SIFIVE_U_CPUS) {
        fail(err, "-smp %u: machine %s has at least %u CPUs", n, m->name, SIFIVE_U_CPUS);
        return false;
    }
    for (unsigned i = n; i--;) {
        int node = add_hart(&t, i);
        tree_strings(&t, node, "riscv,isa-extensions", i ? ARRAY_SIZE(core) : ARRAY_SIZE(monitor), i ? core : monitor);
        tree_string(&t, node, "riscv,isa-base", "rv64i");
        tree_string(&t, node, "riscv,isa", i ? "rv64imafdc_zicntr_zicsr_zifencei_zihpm"
                                             : "rv64imac_zicntr_zicsr_zifencei_zihpm");
        if (i)
            tree_string(&t, node, "mmu-type", "riscv,sv39");
    }
    wire(&t, "/soc/clint@2000000", n, ARRAY_SIZE(clint_irqs), clint_irqs);
    for (unsigned i = 0; i < n; i++) {
        const uint32_t *irqs = i ? external : mei;
        for (unsigned k = 0; k < (i ? ARRAY_SIZE(external) : ARRAY_SIZE(mei)); k++) {
            cells[at++] = FIRST_INTC + i;
            cells[at++] = irqs[k];
        }
    }
    tree_cells(&t, tree_node(&t, "/soc/interrupt-controller@c000000"), "interrupts-extended", at, cells);
    return set_memory(&t, m, err) && tree_done(&t, m, err);
}

static bool sifive_u_load(struct machine *m, GError **err)
{
    return riscv_boot(m, ROM_BASE, ROM_SIZE, err);
}

/* -- The boards -- */

extern const uint8_t dtb_spike_start[], dtb_sifive_e_start[], dtb_sifive_u_start[];

#define SPIKE(id, xlen, name_)                                                                                         \
    const struct board id = {                                                                                          \
        .name = name_, .desc = "Spike's machine with HTIF, RV" #xlen, .arch = "riscv", .system = "riscv" #xlen,        \
        .short_name = "spike", .default_cpu = "rv" #xlen, .default_ram = 128 * MiB, .max_cpus = SPIKE_MAX_CPUS,        \
        .dtb = dtb_spike_start, .defaults = &no_defaults, .fixup = spike_fixup, .load = spike_load,                    \
    }
SPIKE(spike, 64, "riscv64-spike");
SPIKE(spike32, 32, "riscv32-spike");

#define SIFIVE_E(id, xlen, name_, cpu_)                                                                                \
    const struct board id = {                                                                                          \
        .name = name_, .desc = "SiFive Freedom E, RV" #xlen, .arch = "riscv", .system = "riscv" #xlen,                 \
        .short_name = "sifive_e",                                                                                      \
        .default_cpu = cpu_, .max_cpus = 1,                                                                            \
        .dtb = dtb_sifive_e_start, .defaults = &no_defaults, .load = sifive_e_load,                                    \
    }
SIFIVE_E(sifive_e, 32, "riscv32-sifive_e", "sifive-e31");
SIFIVE_E(sifive_e64, 64, "riscv64-sifive_e", "sifive-e51");

const struct board sifive_u = {
    .name = "sifive_u", .desc = "SiFive HiFive Unleashed", .arch = "riscv", .system = "riscv64",
    .short_name = "sifive_u",
    .default_ram = 128 * MiB, .max_cpus = SIFIVE_U_MAX_CPUS, .dtb = dtb_sifive_u_start, .defaults = &no_defaults,
    .fixup = sifive_u_fixup, .load = sifive_u_load,
};
