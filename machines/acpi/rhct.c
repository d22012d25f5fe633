/* SPDX-License-Identifier: BSD-2-Clause */
/* RHCT: what RISC-V harts can do. All harts of a board are alike; each refers to the same nodes. */
#include <libfdt.h>
#include <string.h>

#include "dt.h"
#include "machine.h"
#include "nodes.h"
#include "parts.h"

enum { NODE_ISA = 0, NODE_CMO = 1, NODE_MMU = 2, NODE_HART = 0xffff };
#define FIRST_NODE 0x38
#define MAX_REFERENCES 3

struct rhct {
    struct acpi *a;
    int cpu;       /* the first hart's node */
    unsigned nodes;
    uint32_t references[MAX_REFERENCES]; /* offsets of the nodes that harts have */
    unsigned nreferences;
};

static void begin_node(struct rhct *r, unsigned type, unsigned length)
{
    GByteArray *b = r->a->tables;

    if (type != NODE_HART)
        r->references[r->nreferences++] = b->len - r->a->start;
    r->nodes++;
    acpi_u16(b, type);
    acpi_u16(b, length);
    acpi_u16(b, 1); /* revision */
}

static void isa_node(struct rhct *r)
{
    const char *isa = fdt_getprop(r->a->m->fdt, r->cpu, "riscv,isa", NULL);
    unsigned size = isa ? strlen(isa) + 1 : 0, length = 8 + size + (size & 1);

    if (!isa)
        return;
    begin_node(r, NODE_ISA, length);
    acpi_u16(r->a->tables, size);
    acpi_bytes(r->a->tables, isa, size);
    acpi_zeros(r->a->tables, size & 1);
}

/* The logarithm of a size of cache blocks; 0: there is no such operation. */
static unsigned block_bits(const struct rhct *r, const char *prop)
{
    uint64_t size = dt_prop_num(r->a->m->fdt, r->cpu, prop, 0);

    return size ? __builtin_ctzll(size) : 0;
}

static void cache_node(struct rhct *r)
{
    unsigned manage = block_bits(r, "riscv,cbom-block-size"), zero = block_bits(r, "riscv,cboz-block-size");
    GByteArray *b = r->a->tables;

    if (!manage && !zero)
        return;
    begin_node(r, NODE_CMO, 10);
    acpi_u8(b, 0);
    acpi_u8(b, manage);
    acpi_u8(b, 0); /* prefetch: hints have no size that counts */
    acpi_u8(b, zero);
}

static void mmu_node(struct rhct *r)
{
    static const char *const modes[] = { "riscv,sv39", "riscv,sv48", "riscv,sv57" };
    const char *mode = fdt_getprop(r->a->m->fdt, r->cpu, "mmu-type", NULL);

    for (unsigned i = 0; i < ARRAY_SIZE(modes); i++) {
        if (g_strcmp0(mode, modes[i]))
            continue;
        begin_node(r, NODE_MMU, 8);
        acpi_u8(r->a->tables, 0);
        acpi_u8(r->a->tables, i);
    }
}

static void hart_node(struct rhct *r, unsigned n)
{
    begin_node(r, NODE_HART, 12 + 4 * r->nreferences);
    acpi_u16(r->a->tables, r->nreferences);
    acpi_u32(r->a->tables, n); /* the processor's _UID */
    for (unsigned i = 0; i < r->nreferences; i++)
        acpi_u32(r->a->tables, r->references[i]);
}

void acpi_rhct(struct acpi *a)
{
    const void *fdt = a->m->fdt;
    struct rhct r = { .a = a, .cpu = acpi_cpu_node(a, 0) };
    uint64_t frequency = dt_prop_num(fdt, fdt_path_offset(fdt, "/cpus"), "timebase-frequency", 0);
    uint32_t count;

    acpi_begin(a, "RHCT", 1);
    acpi_u32(a->tables, 0); /* flags */
    acpi_u64(a->tables, frequency);
    count = a->tables->len;
    acpi_u32(a->tables, 0);
    acpi_u32(a->tables, FIRST_NODE);
    isa_node(&r);
    cache_node(&r);
    mmu_node(&r);
    for (unsigned n = 0; n < a->m->ncpus; n++)
        hart_node(&r, n);
    acpi_patch32(a->tables, count, r.nodes);
    acpi_end(a, true);
}
