/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is on a CPU's own bus: the private peripherals, from 0xe0000000 on, of which DWT and FPB are modelled
 * beside the system control space, and the bit-band regions. Manual: DDI 0403, B3.1, C1.8; the cores' reference
 * manuals.
 */
#include "m.h"

#include <inttypes.h>

#include "cpus.h"
#include "log.h"
#include "machine.h"

#define PPB_BASE 0xe0000000u
#define PPB_SIZE 0x100000u
#define SCS_BASE 0xe000e000u
#define SCS_NS_BASE 0xe002e000u
#define SCS_SIZE 0x1000u

struct armm_cpu *armm_first(struct armm_cpu *m)
{
    const struct machine *board = m->arm.cpu.machine;
    for (unsigned i = 0; board && i < board->ncpus; i++)
        if (board->cpus[i]->arch == &armm_arch)
            return armm_cpu(board->cpus[i]);
    return m;
}

/* The first CPU of a bus maps what each of them has there. */
struct armm_cpu *armm_accessing(struct armm_cpu *m)
{
    struct cpu *cpu = m->next ? cpu_current() : NULL;
    return cpu && cpu->arch == &armm_arch ? armm_cpu(cpu) : m;
}

/* -- DWT -- */

enum { DWT_CTRL = 0x1000, DWT_CYCCNT = 0x1004 };
#define DWT_CYCCNTENA 1u

static bool cycles_count(const struct armm_cpu *m)
{
    return (m->demcr & DEMCR_TRCENA) && (m->dwt_ctrl & DWT_CYCCNTENA);
}

static uint32_t cycles(const struct armm_cpu *m)
{
    return cycles_count(m) ? (uint32_t)clock_ticks(m->hz) + m->dwt_offset : m->dwt_held;
}

static uint64_t ppb_read(void *opaque, uint64_t offset, unsigned size)
{
    struct armm_cpu *m = armm_accessing(opaque);
    if (armm_is_v7(m) && offset == DWT_CTRL)
        return m->dwt_ctrl | 0x40000000; /* four comparators, as they say */
    if (armm_is_v7(m) && offset == DWT_CYCCNT)
        return cycles(m);
    uint32_t v;
    if (armm_is_v7(m) && size == 4 && armm_debug_read(m, offset, &v))
        return v;
    log_to(LOG_UNIMP, "cortex-m: read of 0x%08x, %u bytes\n", PPB_BASE + (unsigned)offset, size);
    return 0;
}

static void ppb_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct armm_cpu *m = armm_accessing(opaque);
    if (armm_is_v7(m) && offset == DWT_CTRL) {
        m->dwt_held = cycles(m);
        m->dwt_ctrl = value & DWT_CYCCNTENA;
        m->dwt_offset = m->dwt_held - (uint32_t)clock_ticks(m->hz);
    } else if (armm_is_v7(m) && offset == DWT_CYCCNT) {
        m->dwt_held = value;
        m->dwt_offset = m->dwt_held - (uint32_t)clock_ticks(m->hz);
    } else if (!armm_is_v7(m) || size != 4 || !armm_debug_write(m, offset, value)) {
        log_to(LOG_UNIMP, "cortex-m: write of 0x%" PRIx64 " to 0x%08x, %u bytes\n", value, PPB_BASE + (unsigned)offset,
               size);
    }
}

static const struct io_ops ppb_ops = { .read = ppb_read, .write = ppb_write, .min_size = 1, .max_size = 4 };

/* -- Bit-band: a word of the alias is a bit of the first MiB of SRAM or of the peripherals -- */

#define ALIAS_SIZE (32 * MiB)

static const gpa targets[2] = { 0x20000000, 0x40000000 };

static struct address_space *bus_of(void *opaque, const struct armm_cpu **m)
{
    *m = opaque;
    return (*m)->arm.cpu.as;
}

static uint64_t band_read(void *opaque, gpa base, uint64_t offset, unsigned size)
{
    const struct armm_cpu *m;
    struct address_space *as = bus_of(opaque, &m);
    uint64_t v = 0;
    gpa at = base + (offset >> 5 & ~(uint64_t)(size - 1));
    bus_read(as, at, size, &v);
    return v >> (offset >> 2 & (8 * size - 1)) & 1;
}

static void band_write(void *opaque, gpa base, uint64_t offset, uint64_t value, unsigned size)
{
    const struct armm_cpu *m;
    struct address_space *as = bus_of(opaque, &m);
    uint64_t v = 0;
    gpa at = base + (offset >> 5 & ~(uint64_t)(size - 1));
    bus_read(as, at, size, &v);
    bus_write(as, at, size, with_bits(v, offset >> 2 & (8 * size - 1), 1, value & 1));
}

static uint64_t sram_read(void *opaque, uint64_t offset, unsigned size)
{
    return band_read(opaque, targets[0], offset, size);
}

static void sram_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    band_write(opaque, targets[0], offset, value, size);
}

static uint64_t peripheral_read(void *opaque, uint64_t offset, unsigned size)
{
    return band_read(opaque, targets[1], offset, size);
}

static void peripheral_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    band_write(opaque, targets[1], offset, value, size);
}

static const struct io_ops band_ops[2] = {
    { .read = sram_read, .write = sram_write, .min_size = 1, .max_size = 4 },
    { .read = peripheral_read, .write = peripheral_write, .min_size = 1, .max_size = 4 },
};

/* -- Mapping. No lock: only the CPU gets here -- */

static void map(struct armm_cpu *m, struct region *r, const char *name, const struct io_ops *ops, gpa base,
                uint64_t size, int priority)
{
    *r = (struct region){ .name = name, .kind = REGION_IO, .size = size, .ops = ops, .opaque = m };
    if (m->arm.cpu.as)
        address_space_map(m->arm.cpu.as, r, base, priority);
}

void armm_ppb_init(struct armm_cpu *m)
{
    if (m->arm.cpu.index && (!m->arm.cpu.machine || armm_first(m) != m))
        return; /* the first one's are each one's: armm_accessing() */
    map(m, &m->ppb, "ppb", &ppb_ops, PPB_BASE, PPB_SIZE, -1); /* a board's ITM lies over it */
    map(m, &m->scs, "scs", &armm_scs_ops, SCS_BASE, SCS_SIZE, 2);
    if (armm_has_security(m))
        map(m, &m->scs_ns, "scs-ns", &armm_scs_ns_ops, SCS_NS_BASE, SCS_SIZE, 2);
    for (unsigned i = 0; m->model->bitband && i < 2; i++)
        map(m, &m->bitband[i], "bitband", &band_ops[i], targets[i] + 32 * MiB, ALIAS_SIZE, -1);
}

void armm_ppb_fini(struct armm_cpu *m)
{
    struct region *all[] = { &m->ppb, &m->scs, &m->scs_ns, &m->bitband[0], &m->bitband[1] };
    for (unsigned i = 0; i < ARRAY_SIZE(all); i++)
        if (all[i]->size && m->arm.cpu.as)
            address_space_unmap(m->arm.cpu.as, all[i]);
}
