/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ARM Generic Interrupt Controller, version 2: the distributor, the interface of each of up to eight CPUs, and, where
 * the node has four ranges, that of a hypervisor and its guests. Manual: ARM IHI 0048, "ARM Generic Interrupt
 * Controller Architecture Specification", version 2.0; bindings: arm,cortex-a15-gic, arm,gic-400. Outputs 4 n to 4 n +
 * 3 are IRQ, FIQ, virtual IRQ and virtual FIQ of CPU n. Priorities have 8 bits, as in QEMU; a PPI's configuration can
 * be written. With the security extensions, which boards whose CPUs have EL3 ask for, group 0 is the secure state's, and
 * non-secure accesses see of everything what is group 1's. Not modelled: bypass, GICD_NSACR, the windows by which a CPU
 * reaches another's GICH_* registers.
 */
#include <inttypes.h>
#include <libfdt.h>
#include <string.h>

#include "device.h"
#include "dt.h"
#include "gic-virt.h"

enum {
    GICD_CTLR = 0x000, GICD_TYPER = 0x004, GICD_IIDR = 0x008, GICD_IGROUPR = 0x080, GICD_ISENABLER = 0x100,
    GICD_ICENABLER = 0x180, GICD_ISPENDR = 0x200, GICD_ICPENDR = 0x280, GICD_ISACTIVER = 0x300, GICD_ICACTIVER = 0x380,
    GICD_IPRIORITYR = 0x400, GICD_ITARGETSR = 0x800, GICD_ICFGR = 0xc00, GICD_SGIR = 0xf00, GICD_CPENDSGIR = 0xf10,
    GICD_SPENDSGIR = 0xf20, GICD_ID = 0xfd0, GICD_BYTES = 0x1000,
};
enum {
    GICC_CTLR = 0x00, GICC_PMR = 0x04, GICC_BPR = 0x08, GICC_IAR = 0x0c, GICC_EOIR = 0x10, GICC_RPR = 0x14,
    GICC_HPPIR = 0x18, GICC_ABPR = 0x1c, GICC_AIAR = 0x20, GICC_AEOIR = 0x24, GICC_AHPPIR = 0x28, GICC_APR = 0xd0,
    GICC_NSAPR = 0xe0, GICC_IIDR = 0xfc, GICC_DIR = 0x1000, GICC_BYTES = 0x2000,
};
enum {
    GICH_HCR = 0x00, GICH_VTR = 0x04, GICH_VMCR = 0x08, GICH_MISR = 0x10, GICH_EISR0 = 0x20, GICH_EISR1 = 0x24,
    GICH_ELRSR0 = 0x30, GICH_ELRSR1 = 0x34, GICH_APR = 0xf0, GICH_LR = 0x100, GICH_BYTES = 0x200,
};
enum { CTLR_GROUP0 = 1, CTLR_GROUP1 = 2, CTLR_ACK = 4, CTLR_FIQ = 8, CTLR_CBPR = 0x10, CTLR_EOIMODE = 0x200,
       CTLR_EOIMODE_NS = 0x400, GICC_CTLR_MASK = 0x21f };
#define TYPER_SECURITY 0x400u
#define SGIR_NSATT 0x8000u
#define NS_PRIORITY 0x80u /* priorities of the non-secure state are from here on: it sees them without this bit */

/* 5 priority and preemption bits; list registers less one */
#define VTR (4u << 29 | 4u << 26 | (GIC_VIRT_LRS - 1))

/* Lines of a CPU. */
enum { LINE_IRQ, LINE_FIQ, LINE_VIRQ, LINE_VFIQ, LINES };

#define MAX_CPUS 8
#define MAX_IRQS 1020
#define WORDS 32
#define SGIS 16
#define PRIVATE 32
#define IDLE_PRIORITY 0x100 /* below any */
#define APRS 4              /* a bit for each of 128 group priorities */
enum { ID_NONE = 1023, ID_OTHER_GROUP = 1022 };

static const uint8_t ids[] = { 0x04, 0, 0, 0, 0x90, 0xb4, 0x2b, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

/* A bit for each interrupt; word 0 has those of each CPU of its own. */
struct bits {
    uint32_t own[MAX_CPUS], shared[WORDS - 1];
};

struct interface {
    uint32_t ctlr;
    uint8_t pmr, bpr, abpr;
    uint32_t apr[2 * APRS];   /* active group priorities: a bit for each of group 0, then of group 1 */
    uint8_t sgi_source[SGIS]; /* pending from these CPUs */
    struct gic_virt virt;
};

struct gicv2 {
    struct device dev;
    uint32_t nirqs;
    bool has_virt;
    bool security;        /* there are the security extensions ... */
    bool reset_nonsecure; /* ... and firmware, which there is none of, has given all to the non-secure state */
    uint32_t maintenance; /* the PPI of virtual interrupts' */

    uint32_t ctlr;
    struct bits group, enabled, pending, active, edge, level; /* pending: beside a level that is high */
    uint8_t priority[MAX_IRQS];                               /* PRIVATE and up */
    uint8_t own_priority[MAX_CPUS * PRIVATE];                 /* of each CPU */
    uint8_t targets[MAX_IRQS];
    struct interface cpu[MAX_CPUS];
};

static unsigned ncpus(const struct gicv2 *s)
{
    return s->dev.nirqs / LINES;
}

static uint32_t *word(struct bits *b, unsigned cpu, unsigned w)
{
    return w ? &b->shared[w - 1] : &b->own[cpu];
}

static uint32_t get(const struct bits *b, unsigned cpu, unsigned w)
{
    return w ? b->shared[w - 1] : b->own[cpu];
}

static bool test(const struct bits *b, unsigned cpu, unsigned irq)
{
    return get(b, cpu, irq / 32) >> irq % 32 & 1;
}

static void assign(struct bits *b, unsigned cpu, unsigned irq, bool v)
{
    uint32_t *p = word(b, cpu, irq / 32);

    *p = with_bits(*p, irq % 32, 1, v);
}

static uint8_t *priority_of(struct gicv2 *s, unsigned cpu, unsigned irq)
{
    return irq < PRIVATE ? &s->own_priority[cpu * PRIVATE + irq] : &s->priority[irq];
}

/* -- Security -- */

/* The access that is under way is a non-secure one, and that matters. */
static bool nonsecure(const struct gicv2 *s)
{
    return s->security && !device_access_is_secure(&s->dev);
}

/* The interrupts of a word that the access may see: group 1's, or all. */
static uint32_t accessible(const struct gicv2 *s, unsigned cpu, unsigned w)
{
    return nonsecure(s) ? get(&s->group, cpu, w) : UINT32_MAX;
}

static bool is_accessible(const struct gicv2 *s, unsigned cpu, unsigned irq)
{
    return accessible(s, cpu, irq / 32) >> irq % 32 & 1;
}

/* A priority as the non-secure state sees it: the secure state's are all above it. */
static unsigned ns_view(unsigned priority)
{
    return priority & NS_PRIORITY ? priority << 1 & 0xff : 0;
}

static unsigned from_ns(unsigned priority)
{
    return NS_PRIORITY | priority >> 1;
}

/* -- What a CPU is to be told -- */

static uint32_t pending_word(const struct gicv2 *s, unsigned cpu, unsigned w)
{
    return get(&s->pending, cpu, w) | (get(&s->level, cpu, w) & ~get(&s->edge, cpu, w));
}

/*
 * The interrupt of the highest priority that is pending, not active, enabled, and this CPU's; 0 to say none: *priority.
 */
static unsigned best(const struct gicv2 *s, unsigned cpu, unsigned *priority)
{
    unsigned found = ID_NONE;

    *priority = IDLE_PRIORITY;
    for (unsigned w = 0; w < s->nirqs / 32; w++) {
        uint32_t m = pending_word(s, cpu, w) & get(&s->enabled, cpu, w) & ~get(&s->active, cpu, w);
        uint32_t group1 = get(&s->group, cpu, w);
        m &= (s->ctlr & CTLR_GROUP0 ? ~group1 : 0) | (s->ctlr & CTLR_GROUP1 ? group1 : 0);
        for (; m; m &= m - 1) {
            unsigned n = w * 32 + __builtin_ctz(m), p = w ? s->priority[n] : s->own_priority[cpu * PRIVATE + n];
            if (p < *priority && (w == 0 || ncpus(s) == 1 || (s->targets[n] >> cpu & 1))) {
                *priority = p;
                found = n;
            }
        }
    }
    return found;
}

static unsigned running_priority(const struct interface *c)
{
    for (unsigned w = 0; w < APRS; w++) {
        uint32_t m = c->apr[w] | c->apr[APRS + w];
        if (m)
            return (w * 32 + __builtin_ctz(m)) * 2;
    }
    return IDLE_PRIORITY;
}

/* The part of a priority that decides about preemption. */
static unsigned group_mask(const struct interface *c, bool group1)
{
    return group1 && !(c->ctlr & CTLR_CBPR) ? 0xff << c->abpr : 0xfe << c->bpr;
}

static bool can_signal(const struct gicv2 *s, unsigned cpu, unsigned irq, unsigned priority)
{
    const struct interface *c = &s->cpu[cpu];
    bool group1;

    if (irq == ID_NONE || priority >= c->pmr)
        return false;
    group1 = test(&s->group, cpu, irq);
    if (!(c->ctlr & (group1 ? CTLR_GROUP1 : CTLR_GROUP0)))
        return false;
    return (priority & group_mask(c, group1)) < running_priority(c);
}

static void update_cpu(struct gicv2 *s, unsigned cpu)
{
    unsigned priority, irq, virt = gic_virt_signals(&s->cpu[cpu].virt);
    bool signal, fiq;

    if (s->has_virt)
        assign(&s->level, cpu, s->maintenance, gic_virt_misr(&s->cpu[cpu].virt) != 0);
    irq = best(s, cpu, &priority);
    signal = can_signal(s, cpu, irq, priority);
    fiq = signal && (s->cpu[cpu].ctlr & CTLR_FIQ) && !test(&s->group, cpu, irq);

    device_irq(&s->dev, cpu * LINES + LINE_IRQ, signal && !fiq);
    device_irq(&s->dev, cpu * LINES + LINE_FIQ, fiq);
    device_irq(&s->dev, cpu * LINES + LINE_VIRQ, virt == GIC_VIRT_IRQ);
    device_irq(&s->dev, cpu * LINES + LINE_VFIQ, virt == GIC_VIRT_FIQ);
}

static void update(struct gicv2 *s)
{
    for (unsigned cpu = 0; cpu < ncpus(s); cpu++)
        update_cpu(s, cpu);
}

/* -- Inputs -- */

static void set_level(struct gicv2 *s, unsigned cpu, unsigned irq, bool level)
{
    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&s->dev.lock);
    if (level && !test(&s->level, cpu, irq) && test(&s->edge, cpu, irq))
        assign(&s->pending, cpu, irq, true);
    assign(&s->level, cpu, irq, level);
    update(s);
    g_mutex_unlock(&s->dev.lock);
    lock_order_leave(LOCK_CONTROLLER);
}

static void shared_set(void *opaque, unsigned irq, bool level)
{
    set_level(opaque, 0, irq, level);
}

/* n: of a PPI, with its CPU. */
static void private_set(void *opaque, unsigned n, bool level)
{
    set_level(opaque, n / PRIVATE, n % PRIVATE, level);
}

/* -- SGIs -- */

static void raise_sgi(struct gicv2 *s, unsigned from, uint32_t sgir)
{
    unsigned id = sgir & 0xf, targets = 0;

    switch (sgir >> 24 & 3) {
    case 0: targets = sgir >> 16 & 0xff; break;
    case 1: targets = 0xff & ~(1u << from); break;
    case 2: targets = 1u << from; break;
    case 3: device_guest_error(&s->dev, "GICD_SGIR: reserved target filter"); break;
    }
    for (unsigned cpu = 0; cpu < ncpus(s); cpu++) {
        bool group1 = test(&s->group, cpu, id);
        bool permitted = !s->security || group1 == (nonsecure(s) || (sgir & SGIR_NSATT));
        if ((targets >> cpu & 1) && permitted) {
            s->cpu[cpu].sgi_source[id] |= 1u << from;
            assign(&s->pending, cpu, id, true);
        }
    }
    update(s);
}

static void set_sgi_sources(struct gicv2 *s, unsigned cpu, unsigned sgi, uint8_t sources)
{
    s->cpu[cpu].sgi_source[sgi] = sources;
    assign(&s->pending, cpu, sgi, sources);
}

/* -- The distributor -- */

/* The distributor's maps of bits; the register that sets, or has, them. */
static struct bits *bits_at(struct gicv2 *s, unsigned offset)
{
    switch (offset & ~0x7f) {
    case GICD_IGROUPR: return &s->group;
    case GICD_ISENABLER:
    case GICD_ICENABLER: return &s->enabled;
    case GICD_ISPENDR:
    case GICD_ICPENDR: return &s->pending;
    default: return &s->active;
    }
}

static bool is_private_target(unsigned offset)
{
    return offset < GICD_ITARGETSR + PRIVATE;
}

/* A byte of the registers that have one for each interrupt. */
static uint8_t read_byte(struct gicv2 *s, unsigned cpu, unsigned offset)
{
    unsigned irq = offset & 0x3ff, priority;

    if (offset >= GICD_CPENDSGIR && offset < GICD_SPENDSGIR + SGIS)
        return is_accessible(s, cpu, offset % SGIS) ? s->cpu[cpu].sgi_source[offset % SGIS] : 0;
    if (irq >= s->nirqs || !is_accessible(s, cpu, irq))
        return 0;
    priority = *priority_of(s, cpu, irq);
    if (offset < GICD_ITARGETSR)
        return nonsecure(s) ? priority << 1 : priority;
    if (ncpus(s) == 1)
        return 0;
    return is_private_target(offset) ? 1u << cpu : s->targets[irq];
}

static void write_byte(struct gicv2 *s, unsigned cpu, unsigned offset, uint8_t v)
{
    unsigned irq = offset & 0x3ff, sgi = offset % SGIS;

    if (!is_accessible(s, cpu, offset >= GICD_CPENDSGIR ? sgi : MIN(irq, s->nirqs - 1)))
        return;
    if (offset >= GICD_SPENDSGIR && offset < GICD_SPENDSGIR + SGIS)
        set_sgi_sources(s, cpu, sgi, s->cpu[cpu].sgi_source[sgi] | (v & ((1u << ncpus(s)) - 1)));
    else if (offset >= GICD_CPENDSGIR && offset < GICD_CPENDSGIR + SGIS)
        set_sgi_sources(s, cpu, sgi, s->cpu[cpu].sgi_source[sgi] & ~v);
    else if (irq >= s->nirqs)
        return;
    else if (offset < GICD_ITARGETSR)
        *priority_of(s, cpu, irq) = nonsecure(s) ? from_ns(v) : v;
    else if (ncpus(s) > 1 && !is_private_target(offset))
        s->targets[irq] = v & ((1u << ncpus(s)) - 1);
}

static bool in_bytes(unsigned offset)
{
    return (offset >= GICD_IPRIORITYR && offset < GICD_ICFGR) ||
           (offset >= GICD_CPENDSGIR && offset < GICD_SPENDSGIR + SGIS);
}

/* Every second bit of GICD_ICFGR says edge-triggered; SGIs are. */
static uint32_t read_icfgr(const struct gicv2 *s, unsigned cpu, unsigned n)
{
    uint32_t edge = (get(&s->edge, cpu, n / 2) & accessible(s, cpu, n / 2)) >> n % 2 * 16, v = 0;

    for (unsigned i = 0; i < 16; i++)
        v |= (edge >> i & 1) << (2 * i + 1);
    return v;
}

static void write_icfgr(struct gicv2 *s, unsigned cpu, unsigned n, uint32_t v)
{
    for (unsigned i = 0; i < 16 && n > 0; i++)
        if (is_accessible(s, cpu, n * 16 + i))
            assign(&s->edge, cpu, n * 16 + i, v >> (2 * i + 1) & 1);
}

static uint32_t read_dist(struct gicv2 *s, unsigned cpu, unsigned offset)
{
    unsigned w = offset / 4 % 32;

    switch (offset) {
    case GICD_CTLR: return nonsecure(s) ? s->ctlr >> 1 : s->ctlr;
    case GICD_TYPER: return (s->nirqs / 32 - 1) | (ncpus(s) - 1) << 5 | (s->security ? TYPER_SECURITY : 0);
    case GICD_IIDR: return 0x43b;
    }
    if (offset >= GICD_ID)
        return ids[(offset - GICD_ID) / 4];
    if (offset >= GICD_ICFGR && offset < GICD_ICFGR + 0x100)
        return (offset - GICD_ICFGR) / 4 * 16 < s->nirqs ? read_icfgr(s, cpu, (offset - GICD_ICFGR) / 4) : 0;
    if (offset >= GICD_IGROUPR && offset < GICD_IPRIORITYR) {
        if (w >= s->nirqs / 32)
            return 0;
        if (offset < GICD_ISENABLER && nonsecure(s))
            return 0;
        if (bits_at(s, offset) == &s->pending)
            return pending_word(s, cpu, w) & accessible(s, cpu, w);
        return get(bits_at(s, offset), cpu, w) & accessible(s, cpu, w);
    }
    device_guest_error(&s->dev, "distributor, offset 0x%x: read of no readable register", offset);
    return 0;
}

/* The bits of GICD_I{S,C}* that a write can change: SGIs are always enabled, and pending by their sources only. */
static uint32_t writable(unsigned offset, unsigned w)
{
    bool sgis_fixed = offset >= GICD_ISENABLER && offset < GICD_ISACTIVER;

    return w == 0 && sgis_fixed ? 0xffff0000 : 0xffffffff;
}

static void write_dist(struct gicv2 *s, unsigned cpu, unsigned offset, uint32_t v)
{
    unsigned w = offset / 4 % 32;
    uint32_t *p;

    if (offset == GICD_CTLR && nonsecure(s)) { /* group 1 is all it knows of */
        s->ctlr = with_bits(s->ctlr, 1, 1, v);
    } else if (offset == GICD_CTLR) {
        s->ctlr = v & (CTLR_GROUP0 | CTLR_GROUP1);
    } else if (offset == GICD_SGIR) {
        raise_sgi(s, cpu, v);
        return;
    } else if (offset >= GICD_ICFGR && offset < GICD_ICFGR + 0x100) {
        if ((offset - GICD_ICFGR) / 4 * 16 < s->nirqs)
            write_icfgr(s, cpu, (offset - GICD_ICFGR) / 4, v);
    } else if (offset >= GICD_IGROUPR && offset < GICD_IPRIORITYR) {
        if (w >= s->nirqs / 32 || (offset < GICD_ISENABLER && nonsecure(s)))
            return;
        p = word(bits_at(s, offset), cpu, w);
        v &= writable(offset, w) & accessible(s, cpu, w);
        if (offset < GICD_ISENABLER)
            *p = v;
        else
            *p = offset & 0x80 ? *p & ~v : *p | v;
    } else {
        device_guest_error(&s->dev, "distributor, offset 0x%x: write to no writable register", offset);
        return;
    }
    update(s);
}

static uint64_t gicd_read(void *opaque, uint64_t offset, unsigned size)
{
    struct gicv2 *s = opaque;
    unsigned cpu = device_cpu(&s->dev) % ncpus(s);
    uint32_t v = 0;

    if (in_bytes(offset)) {
        for (unsigned i = 0; i < size; i++)
            v |= (uint32_t)read_byte(s, cpu, offset + i) << 8 * i;
        return v;
    }
    return read_dist(s, cpu, offset & ~3) >> offset % 4 * 8;
}

static void gicd_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct gicv2 *s = opaque;
    unsigned cpu = device_cpu(&s->dev) % ncpus(s);

    if (in_bytes(offset)) {
        for (unsigned i = 0; i < size; i++)
            write_byte(s, cpu, offset + i, value >> 8 * i);
        update(s);
    } else if (size == 4) {
        write_dist(s, cpu, offset, value);
    } else {
        device_guest_error(&s->dev, "distributor, offset 0x%" PRIx64 ": write of %u bytes", offset, size);
    }
}

/* -- A CPU's interface -- */

/* What GICC_IAR and GICC_HPPIR tell: other: GICC_AIAR and GICC_AHPPIR, which are group 1's. */
static unsigned visible(const struct gicv2 *s, unsigned cpu, bool other, unsigned irq)
{
    bool group1;

    if (irq == ID_NONE)
        return irq;
    group1 = test(&s->group, cpu, irq);
    if (other || nonsecure(s))
        return group1 ? irq : ID_NONE;
    return group1 && !(s->cpu[cpu].ctlr & CTLR_ACK) ? ID_OTHER_GROUP : irq;
}

/* With the CPU that sent an SGI. */
static uint32_t with_source(const struct gicv2 *s, unsigned cpu, unsigned irq)
{
    uint8_t sources = irq < SGIS ? s->cpu[cpu].sgi_source[irq] : 0;

    return irq | (sources ? (uint32_t)__builtin_ctz(sources) << 10 : 0);
}

static uint32_t acknowledge(struct gicv2 *s, unsigned cpu, bool other)
{
    struct interface *c = &s->cpu[cpu];
    unsigned priority, irq = best(s, cpu, &priority), id, bit;
    bool group1;
    uint32_t iar;

    if (!can_signal(s, cpu, irq, priority))
        return ID_NONE;
    id = visible(s, cpu, other, irq);
    if (id != irq)
        return id;
    group1 = test(&s->group, cpu, irq);
    bit = (priority & group_mask(c, group1)) / 2;
    c->apr[group1 * APRS + bit / 32] |= 1u << bit % 32;
    assign(&s->active, cpu, irq, true);
    iar = with_source(s, cpu, irq);
    if (irq < SGIS && c->sgi_source[irq])
        set_sgi_sources(s, cpu, irq, c->sgi_source[irq] & (c->sgi_source[irq] - 1));
    else
        assign(&s->pending, cpu, irq, false);
    update(s);
    return iar;
}

/* The highest active priority of the group is none any more. */
static void drop_priority(struct interface *c, bool group1)
{
    uint32_t *apr = &c->apr[group1 * APRS];

    for (unsigned w = 0; w < APRS; w++) {
        if (apr[w]) {
            apr[w] &= apr[w] - 1;
            return;
        }
    }
}

/* The bit of GICC_CTLR that says whether an end of interrupt by this access deactivates too. */
static uint32_t eoimode(const struct gicv2 *s)
{
    return nonsecure(s) ? CTLR_EOIMODE_NS : CTLR_EOIMODE;
}

static void end_of_interrupt(struct gicv2 *s, unsigned cpu, uint32_t v, bool other)
{
    struct interface *c = &s->cpu[cpu];
    unsigned irq = v & 0x3ff;
    bool group1;

    if (irq >= s->nirqs)
        return;
    group1 = test(&s->group, cpu, irq);
    if (nonsecure(s) && !group1)
        return;
    if (other && !group1) {
        device_guest_error(&s->dev, "GICC_AEOIR: interrupt %u is of group 0", irq);
        return;
    }
    drop_priority(c, group1);
    if (!(c->ctlr & eoimode(s)))
        assign(&s->active, cpu, irq, false);
    update(s);
}

static void deactivate(struct gicv2 *s, unsigned cpu, uint32_t v)
{
    unsigned irq = v & 0x3ff;

    if (irq >= s->nirqs || !is_accessible(s, cpu, irq))
        return;
    if (!(s->cpu[cpu].ctlr & eoimode(s))) {
        device_guest_error(&s->dev, "GICC_DIR: while GICC_EOIR deactivates");
        return;
    }
    assign(&s->active, cpu, irq, false);
    update(s);
}

/* GICC_CTLR and GICC_BPR as the non-secure state has them: of group 1. */
static uint32_t read_ctlr(const struct gicv2 *s, const struct interface *c)
{
    if (!nonsecure(s))
        return c->ctlr;
    return (c->ctlr >> 1 & 1) | (c->ctlr & CTLR_EOIMODE_NS ? CTLR_EOIMODE : 0);
}

static void write_ctlr(const struct gicv2 *s, struct interface *c, uint32_t v)
{
    if (nonsecure(s)) {
        c->ctlr = with_bits(c->ctlr, 1, 1, v);
        c->ctlr = with_bits(c->ctlr, 10, 1, v >> 9 & 1);
    } else {
        c->ctlr = v & (GICC_CTLR_MASK | (s->security ? CTLR_EOIMODE_NS : 0));
    }
}

static uint32_t read_bpr(const struct gicv2 *s, const struct interface *c)
{
    if (!nonsecure(s))
        return c->bpr;
    return c->ctlr & CTLR_CBPR ? MIN(c->bpr + 1, 7) : c->abpr;
}

static void write_bpr(const struct gicv2 *s, struct interface *c, uint32_t v)
{
    if (!nonsecure(s))
        c->bpr = v & 7;
    else if (!(c->ctlr & CTLR_CBPR))
        c->abpr = MAX(v & 7, 1);
}

/* GICC_APR<n>, and behind it GICC_NSAPR<n>; NULL: nothing of the state's that accesses. */
static uint32_t *active_priorities(const struct gicv2 *s, struct interface *c, unsigned n)
{
    if (!nonsecure(s))
        return &c->apr[n];
    return n < APRS / 2 ? &c->apr[APRS + APRS / 2 + n] : NULL; /* the second half of group 1's */
}

/* Registers of group 1 for those who have group 0 as well. */
static bool is_alias(uint64_t offset)
{
    return offset >= GICC_ABPR && offset <= GICC_AHPPIR;
}

static uint64_t gicc_read(void *opaque, uint64_t offset, unsigned size)
{
    struct gicv2 *s = opaque;
    unsigned cpu = device_cpu(&s->dev) % ncpus(s), priority, irq;
    struct interface *c = &s->cpu[cpu];
    bool ns = nonsecure(s);
    const uint32_t *apr;

    if (ns && is_alias(offset))
        return 0;
    switch (offset) {
    case GICC_CTLR: return read_ctlr(s, c);
    case GICC_PMR: return ns ? ns_view(c->pmr) : c->pmr;
    case GICC_BPR: return read_bpr(s, c);
    case GICC_IAR: return acknowledge(s, cpu, false);
    case GICC_RPR:
        priority = running_priority(c);
        return priority == IDLE_PRIORITY ? 0xff : ns ? ns_view(priority) : priority;
    case GICC_HPPIR:
    case GICC_AHPPIR:
        irq = visible(s, cpu, offset == GICC_AHPPIR, best(s, cpu, &priority));
        return with_source(s, cpu, irq);
    case GICC_ABPR: return c->abpr;
    case GICC_AIAR: return acknowledge(s, cpu, true);
    case GICC_IIDR: return 0x2043b;
    }
    if (offset >= GICC_APR && offset < GICC_APR + 2 * 4 * APRS) {
        apr = active_priorities(s, c, (offset - GICC_APR) / 4);
        return apr ? *apr : 0;
    }
    device_guest_error(&s->dev, "CPU interface, offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void gicc_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct gicv2 *s = opaque;
    unsigned cpu = device_cpu(&s->dev) % ncpus(s);
    struct interface *c = &s->cpu[cpu];
    uint32_t *apr;

    if (nonsecure(s) && is_alias(offset))
        return;
    switch (offset) {
    case GICC_CTLR: write_ctlr(s, c, value); break;
    case GICC_PMR:
        if (!nonsecure(s))
            c->pmr = value;
        else if (c->pmr & NS_PRIORITY)
            c->pmr = from_ns(value & 0xff);
        break;
    case GICC_BPR: write_bpr(s, c, value); break;
    case GICC_ABPR: c->abpr = value & 7 ? value & 7 : 1; break;
    case GICC_EOIR: end_of_interrupt(s, cpu, value, false); return;
    case GICC_AEOIR: end_of_interrupt(s, cpu, value, true); return;
    case GICC_DIR: deactivate(s, cpu, value); return;
    default:
        if (offset >= GICC_APR && offset < GICC_APR + 2 * 4 * APRS) {
            apr = active_priorities(s, c, (offset - GICC_APR) / 4);
            if (apr)
                *apr = value;
        } else {
            device_guest_error(&s->dev, "CPU interface, offset 0x%" PRIx64 ": write to no writable register", offset);
        }
        break;
    }
    update_cpu(s, cpu);
}

/* -- The hypervisor's registers of a CPU -- */

/* GICH_LR<n> and the common format: both have the physical interrupt, or what stands there, in ten bits. */
static uint32_t lr_to_v2(uint64_t lr)
{
    return bits(lr, 0, 10) | bits(lr, LR_PINTID_SHIFT, 10) << 10 | bits(lr, LR_PRIORITY_SHIFT + 3, 5) << 23 |
           bits(lr, LR_STATE_SHIFT, 2) << 28 | bits(lr, LR_GROUP_SHIFT, 2) << 30;
}

static uint64_t lr_from_v2(uint32_t lr)
{
    return bits(lr, 0, 10) | bits(lr, 10, 10) << LR_PINTID_SHIFT | bits(lr, 23, 5) << (LR_PRIORITY_SHIFT + 3) |
           bits(lr, 28, 2) << LR_STATE_SHIFT | bits(lr, 30, 2) << LR_GROUP_SHIFT;
}

static bool is_lr(uint64_t offset)
{
    return offset >= GICH_LR && offset < GICH_LR + 4 * GIC_VIRT_LRS;
}

static uint64_t gich_read(void *opaque, uint64_t offset, unsigned size)
{
    struct gicv2 *s = opaque;
    const struct gic_virt *v = &s->cpu[device_cpu(&s->dev) % ncpus(s)].virt;

    if (is_lr(offset))
        return lr_to_v2(v->lr[(offset - GICH_LR) / 4]);
    switch (offset) {
    case GICH_HCR: return v->hcr;
    case GICH_VTR: return VTR;
    case GICH_VMCR: return v->vmcr;
    case GICH_MISR: return gic_virt_misr(v);
    case GICH_EISR0: return gic_virt_eisr(v);
    case GICH_ELRSR0: return gic_virt_elrsr(v);
    case GICH_EISR1:
    case GICH_ELRSR1: return 0;
    case GICH_APR: return v->apr[0] | v->apr[1];
    }
    device_guest_error(&s->dev, "hypervisor's registers, offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void gich_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct gicv2 *s = opaque;
    unsigned cpu = device_cpu(&s->dev) % ncpus(s);
    struct gic_virt *v = &s->cpu[cpu].virt;

    if (is_lr(offset))
        v->lr[(offset - GICH_LR) / 4] = lr_from_v2(value);
    else if (offset == GICH_HCR)
        v->hcr = value & 0xf80000ff;
    else if (offset == GICH_VMCR)
        gic_virt_set_vmcr(v, value);
    else if (offset == GICH_APR) /* one for both groups */
        v->apr[0] = value, v->apr[1] = 0;
    else
        device_guest_error(&s->dev, "hypervisor's registers, offset 0x%" PRIx64 ": write to no writable register",
                           offset);
    update_cpu(s, cpu);
}

/* -- What a guest of it sees in the place of the CPU's interface -- */

/* The list register that GICV_IAR or GICV_HPPIR tell of, as they tell it; other: GICV_AIAR and GICV_AHPPIR. */
static uint32_t virtual_id(struct gicv2 *s, unsigned cpu, bool other, bool acknowledge)
{
    struct gic_virt *v = &s->cpu[cpu].virt;
    int i = gic_virt_best(v);
    bool group1 = i >= 0 && (v->lr[i] >> LR_GROUP_SHIFT & 1);
    uint32_t id;

    if (i < 0 || (acknowledge && !gic_virt_signals(v)) || (other && !group1))
        return ID_NONE;
    if (!other && group1 && !(v->vmcr & VMCR_VACKCTL))
        return ID_OTHER_GROUP;
    id = bits(v->lr[i], 0, 10);
    if (id < SGIS && !(v->lr[i] & LR_HW))
        id |= bits(v->lr[i], LR_PINTID_SHIFT, 3) << 10; /* the virtual CPU that sent it */
    if (acknowledge) {
        gic_virt_acknowledge(v, group1);
        update_cpu(s, cpu);
    }
    return id;
}

static uint64_t gicv_read(void *opaque, uint64_t offset, unsigned size)
{
    struct gicv2 *s = opaque;
    unsigned cpu = device_cpu(&s->dev) % ncpus(s);
    const struct gic_virt *v = &s->cpu[cpu].virt;

    switch (offset) {
    case GICC_CTLR: return v->vmcr & GICC_CTLR_MASK;
    case GICC_PMR: return v->vmcr >> VMCR_VPMR_SHIFT;
    case GICC_BPR: return bits(v->vmcr, VMCR_VBPR0_SHIFT, 3);
    case GICC_ABPR: return bits(v->vmcr, VMCR_VBPR1_SHIFT, 3);
    case GICC_IAR:
    case GICC_AIAR: return virtual_id(s, cpu, offset == GICC_AIAR, true);
    case GICC_HPPIR:
    case GICC_AHPPIR: return virtual_id(s, cpu, offset == GICC_AHPPIR, false);
    case GICC_RPR: return gic_virt_running(v);
    case GICC_APR: return v->apr[0] | v->apr[1];
    case GICC_IIDR: return 0x2043b;
    }
    device_guest_error(&s->dev, "virtual CPU interface, offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void gicv_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct gicv2 *s = opaque;
    unsigned cpu = device_cpu(&s->dev) % ncpus(s), hw = GIC_VIRT_NONE;
    struct gic_virt *v = &s->cpu[cpu].virt;

    switch (offset) {
    case GICC_CTLR: gic_virt_set_vmcr(v, (v->vmcr & ~GICC_CTLR_MASK) | (value & GICC_CTLR_MASK)); break;
    case GICC_PMR: gic_virt_set_vmcr(v, with_bits(v->vmcr, VMCR_VPMR_SHIFT, 8, value)); break;
    case GICC_BPR: gic_virt_set_vmcr(v, with_bits(v->vmcr, VMCR_VBPR0_SHIFT, 3, value)); break;
    case GICC_ABPR: gic_virt_set_vmcr(v, with_bits(v->vmcr, VMCR_VBPR1_SHIFT, 3, value)); break;
    case GICC_EOIR:
    case GICC_AEOIR: hw = gic_virt_end(v, value & 0x3ff); break;
    case GICC_DIR: hw = gic_virt_deactivate(v, value & 0x3ff); break;
    case GICC_APR: v->apr[0] = value, v->apr[1] = 0; break;
    default:
        device_guest_error(&s->dev, "virtual CPU interface, offset 0x%" PRIx64 ": write to no writable register",
                           offset);
        break;
    }
    if (hw < s->nirqs) {
        assign(&s->active, cpu, hw, false);
        update(s);
    }
    update_cpu(s, cpu);
}

static const struct io_ops gicd_ops = { .read = gicd_read, .write = gicd_write, .min_size = 1, .max_size = 4 };
static const struct io_ops gicc_ops = { .read = gicc_read, .write = gicc_write, .min_size = 4, .max_size = 4 };
static const struct io_ops gich_ops = { .read = gich_read, .write = gich_write, .min_size = 4, .max_size = 4 };
static const struct io_ops gicv_ops = { .read = gicv_read, .write = gicv_write, .min_size = 4, .max_size = 4 };

/* -- Life -- */

static bool gicv2_irq_in(struct device *d, const uint32_t *cells, unsigned ncells, struct irq *line)
{
    struct gicv2 *s = container_of(d, struct gicv2, dev);

    if (ncells < 2 || cells[0] != 0 || cells[1] >= s->nirqs - PRIVATE)
        return false;
    *line = (struct irq){ .set = shared_set, .opaque = s, .n = PRIVATE + cells[1] };
    return true;
}

static bool gicv2_irq_in_cpu(struct device *d, unsigned cpu, const uint32_t *cells, unsigned ncells, struct irq *line)
{
    struct gicv2 *s = container_of(d, struct gicv2, dev);

    if (ncells < 2 || cells[0] != 1 || cells[1] >= PRIVATE - SGIS || cpu >= ncpus(s))
        return false;
    *line = (struct irq){ .set = private_set, .opaque = s, .n = cpu * PRIVATE + SGIS + cells[1] };
    return true;
}

/* The hypervisor's ranges, and its PPI. */
static bool gicv2_from_dt(struct device *d, const void *fdt, int node, GError **err)
{
    struct gicv2 *s = container_of(d, struct gicv2, dev);
    const fdt32_t *maintenance = fdt_getprop(fdt, node, "interrupts", NULL);
    uint64_t size;
    gpa addr;

    s->has_virt = dt_reg(fdt, node, 3, &addr, &size);
    if (maintenance && fdt32_ld(maintenance) == 1 && fdt32_ld(maintenance + 1) < PRIVATE - SGIS)
        s->maintenance = SGIS + fdt32_ld(maintenance + 1);
    return true;
}

static bool gicv2_realize(struct device *d, GError **err)
{
    struct gicv2 *s = container_of(d, struct gicv2, dev);

    if (s->nirqs < 64 || s->nirqs > MAX_IRQS / 32 * 32 || s->nirqs % 32) {
        fail(err, "%s: num-irq=%u: expected a multiple of 32 from 64 to %u", d->id, s->nirqs, MAX_IRQS / 32 * 32);
        return false;
    }
    if (s->maintenance < SGIS || s->maintenance >= PRIVATE) {
        fail(err, "%s: maintenance-irq=%u: expected 16 to 31", d->id, s->maintenance);
        return false;
    }
    if (ncpus(s) < 1 || ncpus(s) > MAX_CPUS) {
        fail(err, "%s: %u CPUs, a GICv2 has 1 to %u", d->id, ncpus(s), MAX_CPUS);
        return false;
    }
    device_add_io(d, "gic_dist", &gicd_ops, GICD_BYTES);
    device_add_io(d, "gic_cpu", &gicc_ops, GICC_BYTES);
    if (s->has_virt) {
        device_add_io(d, "gic_viface", &gich_ops, GICH_BYTES);
        device_add_io(d, "gic_vcpu", &gicv_ops, GICC_BYTES);
    }
    return true;
}

static void gicv2_reset(struct device *d)
{
    struct gicv2 *s = container_of(d, struct gicv2, dev);

    for (unsigned cpu = 0; cpu < ncpus(s); cpu++)
        s->enabled.own[cpu] = s->edge.own[cpu] = 0xffff; /* SGIs */
    if (s->security && s->reset_nonsecure) {
        memset(&s->group, 0xff, sizeof(s->group));
        memset(s->priority, NS_PRIORITY, sizeof(s->priority));
        memset(s->own_priority, NS_PRIORITY, sizeof(s->own_priority));
        for (unsigned cpu = 0; cpu < ncpus(s); cpu++)
            s->cpu[cpu].pmr = NS_PRIORITY;
    }
    update(s);
}

static const struct property gicv2_props[] = {
    PROP_NAMED("has-security-extensions", struct gicv2, security, BOOL, 0, NULL, "group 0 is the secure state's"),
    PROP_NAMED("reset-nonsecure", struct gicv2, reset_nonsecure, BOOL, 0, NULL,
               "with them, all interrupts begin as the non-secure state's"),
    PROP_NAMED("has-virtualization-extensions", struct gicv2, has_virt, BOOL, 0, NULL, "virtual interrupts"),
    PROP_NAMED("maintenance-irq", struct gicv2, maintenance, U32, 25, NULL, "their maintenance interrupt"),
    PROP_NAMED("num-irq", struct gicv2, nirqs, U32, 288, NULL, "interrupts, SGIs and PPIs included"),
    PROP_END,
};

static const struct state_row bits_fields[] = {
    FIELD_ARRAY(struct bits, own, 0),
    FIELD_ARRAY(struct bits, shared, 0),
    FIELD_END,
};
static const struct state_table bits_state = { STATE_OF(struct bits), .version = 1, .rows = bits_fields };

static const struct state_row level_fields[] = {
    FIELD_KEEP_ARRAY(struct bits, own),
    FIELD_KEEP_ARRAY(struct bits, shared),
    FIELD_END,
};
static const struct state_table level_state = { STATE_OF(struct bits), .version = 1, .rows = level_fields };

static const struct state_row interface_fields[] = {
    FIELD(struct interface, ctlr, 0),
    FIELD(struct interface, pmr, 0),
    FIELD(struct interface, bpr, 0),
    FIELD(struct interface, abpr, 1),
    FIELD_ARRAY(struct interface, apr, 0),
    FIELD_ARRAY(struct interface, sgi_source, 0),
    FIELD_STRUCT(struct interface, virt, &gic_virt_state),
    FIELD_END,
};
static const struct state_table interface_state = {
    STATE_OF(struct interface),
    .version = 1,
    .rows = interface_fields,
};

static const struct state_row gicv2_fields[] = {
    FIELD(struct gicv2, ctlr, 0),
    FIELD_STRUCT(struct gicv2, group, &bits_state),
    FIELD_STRUCT(struct gicv2, enabled, &bits_state),
    FIELD_STRUCT(struct gicv2, pending, &bits_state),
    FIELD_STRUCT(struct gicv2, active, &bits_state),
    FIELD_STRUCT(struct gicv2, edge, &bits_state),
    FIELD_STRUCT(struct gicv2, level, &level_state),
    FIELD_ARRAY(struct gicv2, priority, 0),
    FIELD_ARRAY(struct gicv2, own_priority, 0),
    FIELD_ARRAY(struct gicv2, targets, 0),
    FIELD_STRUCTS(struct gicv2, cpu, &interface_state),
    FIELD_END,
};

static bool gicv2_loaded(void *obj, unsigned version, GError **err)
{
    const struct gicv2 *s = obj;

    for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
        if (s->cpu[cpu].bpr > 7 || s->cpu[cpu].abpr > 7) {
            fail(err, "CPU %u has binary points %u and %u", cpu, s->cpu[cpu].bpr, s->cpu[cpu].abpr);
            return false;
        }
    }
    return true;
}

static const struct state_table gicv2_state = {
    STATE_OF(struct gicv2),
    .version = 1,
    .rows = gicv2_fields,
    .loaded = gicv2_loaded,
};

static const char *const gicv2_compatible[] = { "arm,cortex-a15-gic", "arm,gic-400", "arm,cortex-a7-gic", NULL };

const struct device_type gicv2_type = {
    .name = "arm_gic",
    .desc = "ARM interrupt controller, version 2",
    .compatible = gicv2_compatible,
    .size = sizeof(struct gicv2),
    .props = gicv2_props,
    .state = &gicv2_state,
    .from_dt = gicv2_from_dt,
    .realize = gicv2_realize,
    .reset = gicv2_reset,
    .cpu_lines = LINES,
    .irq_in = gicv2_irq_in,
    .irq_in_cpu = gicv2_irq_in_cpu,
};
