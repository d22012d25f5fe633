/* SPDX-License-Identifier: BSD-2-Clause */
/* MADT of RISC-V boards: the harts' interrupt controllers, IMSICs, APLIC or PLIC, as supervisor mode sees them. */
#include <libfdt.h>

#include "dt.h"
#include "machine.h"
#include "nodes.h"
#include "parts.h"

enum { RINTC = 0x18, IMSIC = 0x19, APLIC = 0x1a, PLIC = 0x1b };
#define RINTC_BYTES 36
#define RINTC_ENABLED 1
#define INT_SEI 9
#define GROUP_SHIFT 24 /* of the groups of IMSICs, of which there is one */

/* The supervisor's: machine mode's, if there is one, is at a lower address. */
static bool supervisor_node(const struct acpi *a, const char *compatible, struct acpi_node *n)
{
    g_autoptr(GArray) all = acpi_nodes(a, compatible);

    if (all->len)
        *n = g_array_index(all, struct acpi_node, all->len - 1);
    return all->len;
}

/* The place of hart n's line for supervisor interrupts among the lines that the controller drives; -1: none. */
static int context(const struct acpi *a, int controller, unsigned n)
{
    const void *fdt = a->m->fdt;
    int len = 0, hart = acpi_cpu_node(a, n), intc = fdt_subnode_offset(fdt, hart, "interrupt-controller");
    const fdt32_t *p = fdt_getprop(fdt, controller, "interrupts-extended", &len);

    for (int i = 0; i < len / 8; i++)
        if (fdt32_ld(&p[2 * i]) == fdt_get_phandle(fdt, intc) && fdt32_ld(&p[2 * i + 1]) == INT_SEI)
            return i;
    return -1;
}

void acpi_rintc(const struct acpi *a, GByteArray *b, unsigned n)
{
    struct acpi_node imsic, plic, aplic;
    bool has_imsic = supervisor_node(a, "riscv,imsics", &imsic);
    int line = 0;
    unsigned guests;

    if (acpi_node(a, "riscv,plic0", &plic))
        line = context(a, plic.node, n);
    else if (!has_imsic && supervisor_node(a, "riscv,aplic", &aplic))
        line = context(a, aplic.node, n);
    acpi_u8(b, RINTC);
    acpi_u8(b, RINTC_BYTES);
    acpi_u8(b, 1); /* version */
    acpi_u8(b, 0);
    acpi_u32(b, RINTC_ENABLED);
    acpi_u64(b, dt_prop_num(a->m->fdt, acpi_cpu_node(a, n), "reg", 0)); /* hart ID */
    acpi_u32(b, n); /* the processor's _UID */
    acpi_u32(b, MAX(line, 0)); /* at controller 0 */
    guests = has_imsic ? dt_prop_num(a->m->fdt, imsic.node, "riscv,guest-index-bits", 0) : 0;
    acpi_u64(b, has_imsic ? imsic.base + ((uint64_t)n << guests) * PAGE_SIZE : 0);
    acpi_u32(b, has_imsic ? PAGE_SIZE << guests : 0);
}

static unsigned bits_below(unsigned n)
{
    unsigned bits = 0;

    while (1u << bits < n)
        bits++;
    return bits;
}

static void imsic(const struct acpi *a, GByteArray *b)
{
    struct acpi_node n;
    unsigned ids;

    if (!supervisor_node(a, "riscv,imsics", &n))
        return;
    ids = dt_prop_num(a->m->fdt, n.node, "riscv,num-ids", 0);
    acpi_u8(b, IMSIC);
    acpi_u8(b, 16);
    acpi_u8(b, 1); /* version */
    acpi_u8(b, 0);
    acpi_u32(b, 0); /* flags */
    acpi_u16(b, ids);
    acpi_u16(b, ids); /* the guests' */
    acpi_u8(b, dt_prop_num(a->m->fdt, n.node, "riscv,guest-index-bits", 0));
    acpi_u8(b, bits_below(a->m->ncpus));
    acpi_u8(b, 0); /* bits of a group */
    acpi_u8(b, GROUP_SHIFT);
}

static void aplic(const struct acpi *a, GByteArray *b)
{
    struct acpi_node n, files;

    if (!supervisor_node(a, "riscv,aplic", &n))
        return;
    acpi_u8(b, APLIC);
    acpi_u8(b, 36);
    acpi_u8(b, 1); /* version */
    acpi_u8(b, 0); /* its number */
    acpi_u32(b, 0); /* flags */
    acpi_u64(b, 0); /* hardware ID */
    acpi_u16(b, supervisor_node(a, "riscv,imsics", &files) ? 0 : a->m->ncpus); /* lines that it drives itself */
    acpi_u16(b, dt_prop_num(a->m->fdt, n.node, "riscv,num-sources", 0));
    acpi_u32(b, 0); /* where its sources' numbers begin */
    acpi_u64(b, n.base);
    acpi_u32(b, n.size);
}

static void plic(const struct acpi *a, GByteArray *b)
{
    struct acpi_node n;

    if (!acpi_node(a, "riscv,plic0", &n))
        return;
    acpi_u8(b, PLIC);
    acpi_u8(b, 36);
    acpi_u8(b, 1); /* version */
    acpi_u8(b, 0); /* its number */
    acpi_u64(b, 0); /* hardware ID */
    acpi_u16(b, dt_prop_num(a->m->fdt, n.node, "riscv,ndev", 0));
    acpi_u16(b, 0); /* the highest priority */
    acpi_u32(b, 0); /* flags */
    acpi_u32(b, n.size);
    acpi_u64(b, n.base);
    acpi_u32(b, 0); /* where its sources' numbers begin */
}

void acpi_madt_riscv(struct acpi *a)
{
    acpi_begin(a, "APIC", 6);
    acpi_zeros(a->tables, 8); /* no local APIC, no PIC */
    for (unsigned n = 0; n < a->m->ncpus; n++)
        acpi_rintc(a, a->tables, n);
    imsic(a, a->tables);
    aplic(a, a->tables);
    plic(a, a->tables);
    acpi_end(a, true);
}
