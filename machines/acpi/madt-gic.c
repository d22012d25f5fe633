/* SPDX-License-Identifier: BSD-2-Clause */
/* MADT of ARM boards: the GIC's distributor, CPU interfaces, redistributors, and who takes messages. */
#include <libfdt.h>

#include "dt.h"
#include "machine.h"
#include "nodes.h"
#include "parts.h"

enum { GICC = 0x0b, GICD = 0x0c, GIC_MSI_FRAME = 0x0d, GICR = 0x0e, GIC_ITS = 0x0f };
#define GICC_ENABLED 1
#define MSI_FRAME_NUMBERS_GIVEN 1
#define MSI_FRAME_FIRST 80 /* interrupt of a frame whose node names none, */
#define MSI_FRAME_SPIS 64  /* and how many there are */

/* The controller of the tree. */
struct gic {
    struct acpi_node node;
    unsigned version;
    gpa cpu, hypervisor, guest; /* registers of a GICv2's CPU interfaces: 0 where there are none */
    unsigned maintenance, pmu;  /* interrupts; 0: none */
};

static void begin(GByteArray *b, unsigned type, unsigned length)
{
    acpi_u8(b, type);
    acpi_u8(b, length);
    acpi_u16(b, 0);
}

static void distributor(GByteArray *b, const struct gic *g)
{
    begin(b, GICD, 24);
    acpi_u32(b, 0); /* its number */
    acpi_u64(b, g->node.base);
    acpi_u32(b, 0); /* where its interrupts' numbers begin */
    acpi_u8(b, g->version);
    acpi_zeros(b, 3);
}

static void cpu_interface(const struct acpi *a, GByteArray *b, const struct gic *g, unsigned n)
{
    begin(b, GICC, 80);
    acpi_u32(b, n); /* its number, */
    acpi_u32(b, n); /* and the processor's _UID */
    acpi_u32(b, GICC_ENABLED);
    acpi_u32(b, 0); /* no parking protocol */
    acpi_u32(b, g->pmu);
    acpi_u64(b, 0); /* where a parked one would look */
    acpi_u64(b, g->cpu);
    acpi_u64(b, g->guest);
    acpi_u64(b, g->hypervisor);
    acpi_u32(b, g->maintenance);
    acpi_u64(b, 0); /* redistributors have structures of their own */
    acpi_u64(b, dt_prop_num(a->m->fdt, acpi_cpu_node(a, n), "reg", 0)); /* MPIDR */
    acpi_u8(b, 0); /* efficiency class */
    acpi_u8(b, 0);
    acpi_u16(b, 0); /* statistical profiling's interrupt */
}

static void message_frame(const struct acpi *a, GByteArray *b)
{
    struct acpi_node frame;

    if (!acpi_node(a, "arm,gic-v2m-frame", &frame))
        return;
    begin(b, GIC_MSI_FRAME, 24);
    acpi_u32(b, 0); /* its number */
    acpi_u64(b, frame.base);
    acpi_u32(b, MSI_FRAME_NUMBERS_GIVEN);
    acpi_u16(b, dt_prop_num(a->m->fdt, frame.node, "arm,msi-num-spis", MSI_FRAME_SPIS));
    acpi_u16(b, dt_prop_num(a->m->fdt, frame.node, "arm,msi-base-spi", MSI_FRAME_FIRST));
}

static void redistributors(const struct acpi *a, GByteArray *b, const struct gic *g)
{
    unsigned regions = dt_prop_num(a->m->fdt, g->node.node, "#redistributor-regions", 1);
    uint64_t size;
    gpa base;

    for (unsigned i = 0; i < regions && acpi_node_reg(a, g->node.node, 1 + i, &base, &size); i++) {
        begin(b, GICR, 16);
        acpi_u64(b, base);
        acpi_u32(b, size);
    }
}

static void translator(const struct acpi *a, GByteArray *b)
{
    struct acpi_node its;

    if (!acpi_node(a, "arm,gic-v3-its", &its))
        return;
    begin(b, GIC_ITS, 20);
    acpi_u32(b, 0); /* its number, to the IORT */
    acpi_u64(b, its.base);
    acpi_u32(b, 0);
}

static bool find_gic(const struct acpi *a, struct gic *g)
{
    int pmu = fdt_path_offset(a->m->fdt, "/pmu");
    uint64_t size;

    g->version = acpi_node(a, "arm,gic-v3", &g->node) ? 3 : 2;
    if (g->version == 2) {
        if (!acpi_node(a, "arm,cortex-a15-gic", &g->node))
            return false;
        acpi_node_reg(a, g->node.node, 1, &g->cpu, &size);
        acpi_node_reg(a, g->node.node, 2, &g->hypervisor, &size);
        acpi_node_reg(a, g->node.node, 3, &g->guest, &size);
    }
    g->maintenance = acpi_node_gsi(a, g->node.node, 0);
    g->pmu = pmu >= 0 ? acpi_node_gsi(a, pmu, 0) : 0;
    return true;
}

void acpi_madt_gic(struct acpi *a)
{
    struct gic g = { 0 };

    if (!find_gic(a, &g))
        return;
    acpi_begin(a, "APIC", 4);
    acpi_zeros(a->tables, 8); /* no local APIC, no PIC */
    distributor(a->tables, &g);
    for (unsigned n = 0; n < a->m->ncpus; n++)
        cpu_interface(a, a->tables, &g, n);
    if (g.version == 3) {
        redistributors(a, a->tables, &g);
        translator(a, a->tables);
    } else {
        message_frame(a, a->tables);
    }
    acpi_end(a, true);
}
