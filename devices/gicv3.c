/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ARM Generic Interrupt Controller, version 3: the distributor, a redistributor and a CPU interface for each CPU, that
 * one by system registers. Manual: ARM IHI 0069, "Arm Generic Interrupt Controller Architecture Specification", GICv3
 * and GICv4; binding: arm,gic-v3. Outputs 6 n to 6 n + 5 are IRQ, FIQ, virtual IRQ and virtual FIQ of CPU n, and what is
 * IRQ or FIQ by its security state: secure and non-secure group 1. Affinity routing is always on, priorities have 5 bits,
 * as in QEMU, and GICR_WAKER keeps no interrupt away. Boards whose CPUs have EL3 ask for the security states; without
 * GICD_CTLR.DS is set: group 0 is FIQ, group 1 IRQ. With has-lpi there are LPIs (gic-lpi.c), which an ITS makes pending.
 * Not modelled: GICD_NSACR, GICR_SETLPIR and GICR_CLRLPIR, 1 of N distribution, the memory-mapped CPU interface of GICv2.
 */
#include <inttypes.h>
#include <libfdt.h>

#include "device.h"
#include "dt.h"
#include "gic-cpu.h"
#include "gic-lpi.h"
#include "gic-virt.h"

enum {
    GICD_CTLR = 0x0000, GICD_TYPER = 0x0004, GICD_IIDR = 0x0008, GICD_TYPER2 = 0x000c, GICD_IGROUPR = 0x0080,
    GICD_ISENABLER = 0x0100, GICD_ICENABLER = 0x0180, GICD_ISPENDR = 0x0200, GICD_ICPENDR = 0x0280,
    GICD_ISACTIVER = 0x0300, GICD_ICACTIVER = 0x0380, GICD_IPRIORITYR = 0x0400, GICD_ITARGETSR = 0x0800,
    GICD_ICFGR = 0x0c00, GICD_IGRPMODR = 0x0d00, GICD_IROUTER = 0x6000, GICD_IROUTER_END = 0x8000, GICD_ID = 0xffd0,
    GICD_BYTES = 0x10000,
};
/* A redistributor has two frames; the second's registers are the distributor's for SGIs and PPIs. */
enum {
    GICR_CTLR = 0x0000, GICR_IIDR = 0x0004, GICR_TYPER = 0x0008, GICR_STATUSR = 0x0010, GICR_WAKER = 0x0014,
    GICR_PROPBASER = 0x0070, GICR_PENDBASER = 0x0078,
    GICR_ID = 0xffd0, GICR_SGI = 0x10000, GICR_BYTES = 0x20000,
};
enum { CTLR_GROUP0 = 1, CTLR_GROUP1 = 2, CTLR_GROUP1_S = 4, CTLR_ARE = 0x10, CTLR_ARE_NS = 0x20, CTLR_DS = 0x40 };
/* Groups; index of what each has, and of bits. Without security states group 1 is the non-secure one. */
enum { GROUP0, GROUP1_NS, GROUP1_S, GROUPS };
/* Banks of what each security state has. */
enum { BANK_NS, BANK_S, BANKS };
enum { TYPER_SECURITY = 1 << 10, TYPER_LPIS = 1 << 17, TYPER_IDBITS_SHIFT = 19, TYPER_A3V = 1 << 24, TYPER_NO1N = 1 << 25 };
enum { GICR_CTLR_ENABLE_LPIS = 1, GICR_CTLR_CES = 2, GICR_TYPER_PLPIS = 1 };
enum { WAKER_SLEEP = 2, WAKER_CHILDREN = 4 };
enum { ICC_CTLR_CBPR = 1, ICC_CTLR_EOIMODE = 2 };
enum { ICC_CTLR_EL3_CBPR_S = 1, ICC_CTLR_EL3_CBPR_NS = 2, ICC_CTLR_EL3_EOIMODE = 4, ICC_CTLR_EL3_EOIMODE_S = 8,
       ICC_CTLR_EL3_EOIMODE_NS = 16 };
#define ICC_CTLR_FIXED (1u << 15 | 1u << 11 | 4u << 8) /* A3V, 24 bits, 5 priority bits */

/* System registers: op0, op1, CRn, CRm, op2. */
#define SYSREG(op1, crn, crm, op2) (3 << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))
enum {
    ICC_PMR_EL1 = SYSREG(0, 4, 6, 0), ICC_IAR0_EL1 = SYSREG(0, 12, 8, 0), ICC_EOIR0_EL1, ICC_HPPIR0_EL1, ICC_BPR0_EL1,
    ICC_AP0R0_EL1, ICC_AP1R0_EL1 = SYSREG(0, 12, 9, 0), ICC_DIR_EL1 = SYSREG(0, 12, 11, 1),
    ICC_RPR_EL1 = SYSREG(0, 12, 11, 3), ICC_SGI1R_EL1 = SYSREG(0, 12, 11, 5), ICC_ASGI1R_EL1, ICC_SGI0R_EL1,
    ICC_IAR1_EL1 = SYSREG(0, 12, 12, 0), ICC_EOIR1_EL1, ICC_HPPIR1_EL1, ICC_BPR1_EL1, ICC_CTLR_EL1, ICC_SRE_EL1,
    ICC_IGRPEN0_EL1, ICC_IGRPEN1_EL1,
    ICC_SRE_EL2 = SYSREG(4, 12, 9, 5), ICC_CTLR_EL3 = SYSREG(6, 12, 12, 4), ICC_SRE_EL3,
    ICC_IGRPEN1_EL3 = SYSREG(6, 12, 12, 7),
    ICH_AP0R0_EL2 = SYSREG(4, 12, 8, 0), ICH_AP1R0_EL2 = SYSREG(4, 12, 9, 0), ICH_HCR_EL2 = SYSREG(4, 12, 11, 0),
    ICH_VTR_EL2, ICH_MISR_EL2, ICH_EISR_EL2, ICH_ELRSR_EL2 = SYSREG(4, 12, 11, 5), ICH_VMCR_EL2 = SYSREG(4, 12, 11, 7),
    ICH_LR0_EL2 = SYSREG(4, 12, 12, 0),
};
/* 5 priority and preemption bits, 24-bit INTIDs, A3V; list registers less one */
#define ICH_VTR (4u << 29 | 4u << 26 | 1u << 23 | 1u << 21 | (GIC_VIRT_LRS - 1))

/* Lines of a CPU. */
enum { LINE_IRQ, LINE_FIQ, LINE_VIRQ, LINE_VFIQ, LINE_GROUP1_S, LINE_GROUP1_NS, LINES };

#define MAX_CPUS 512
#define MAX_IRQS 1020
#define WORDS 32
#define SGIS 16
#define PRIVATE 32
#define PRIORITY_SHIFT 3
#define PRIORITY_MASK (0xff << PRIORITY_SHIFT & 0xff)
#define MIN_BPR0 2 /* and of secure group 1 */
#define MIN_BPR1 3
#define NS_PRIORITY 0x80u /* priorities of the non-secure state are from here on: it sees them without this bit */
#define IDLE 0x100 /* below any priority */
#define NONE 1023  /* no interrupt */
enum { ID_SECURE = 1020, ID_NONSECURE = 1021 }; /* to EL3: there is one of group 1 of that state */
#define NOWHERE UINT16_MAX
#define MAX_REDIST_REGIONS (DEVICE_MAX_REGIONS - 1)

static const uint8_t ids[] = { 0x44, 0, 0, 0, 0x92, 0xb4, 0x3b, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

/* What each interrupt has a bit of. */
struct bits {
    uint32_t group, modifier, enabled, pending, active, edge, level; /* pending: beside a level that is high */
};

struct gic_if {
    struct bits own; /* of SGIs and PPIs */
    uint8_t priority[PRIVATE];
    uint32_t waker;
    /* ICC_* */
    uint8_t pmr, bpr[GROUPS], igrpen, ctlr[BANKS]; /* igrpen: a bit for each group */
    bool eoimode_el3;
    uint32_t apr[GROUPS];
    struct gic_virt virt;
    struct gic_lpis lpis;
};

struct gicv3;

/* A region with redistributors. */
struct frame {
    struct gicv3 *s;
    unsigned first;
};

struct gicv3 {
    struct device dev;
    uint32_t nirqs;
    bool security;        /* there are security states ... */
    bool reset_nonsecure; /* ... and firmware, which there is none of, has given all to the non-secure one */
    uint32_t maintenance; /* the PPI of virtual interrupts' */
    bool has_lpi;
    unsigned ncpus;
    uint32_t *affinity;   /* of each CPU, as GICR_TYPER has it: wiring, not state */
    uint32_t redists[MAX_REDIST_REGIONS]; /* in each region: wiring, not state */
    struct frame frames[MAX_REDIST_REGIONS];

    uint32_t ctlr;
    struct bits spi[WORDS]; /* word 0 is each CPU's own */
    uint8_t priority[MAX_IRQS];
    uint64_t route[MAX_IRQS];
    uint16_t target[MAX_IRQS]; /* the CPU that route means, or NOWHERE */
    struct gic_if *cpu;
};

/* -- Security -- */

/* Security states are in effect: there are some, and the guest has not switched them off. */
static bool two_states(const struct gicv3 *s)
{
    return s->security && !(s->ctlr & CTLR_DS);
}

/* The register access that is under way is a non-secure one, and that matters. */
static bool nonsecure(const struct gicv3 *s)
{
    return two_states(s) && !device_access_is_secure(&s->dev);
}

/* The interrupts of a word that it may see: non-secure group 1's, or all. */
static uint32_t accessible(const struct gicv3 *s, const struct bits *b)
{
    return nonsecure(s) ? b->group : UINT32_MAX;
}

/* A priority as the non-secure state sees it: the secure state's are all above it. */
static unsigned ns_view(unsigned priority)
{
    return priority == 0xff ? priority : priority & NS_PRIORITY ? priority << 1 & 0xff : 0;
}

static unsigned from_ns(unsigned priority)
{
    return (NS_PRIORITY | priority >> 1) & PRIORITY_MASK;
}

/* -- What a CPU is to be told -- */

static uint32_t pending_word(const struct bits *b)
{
    return b->pending | (b->level & ~b->edge);
}

/* The bits that may be signalled to a CPU, by the distributor. */
static uint32_t ready_word(const struct gicv3 *s, const struct bits *b)
{
    uint32_t secure1 = two_states(s) ? ~b->group & b->modifier : 0;

    return pending_word(b) & b->enabled & ~b->active &
           ((s->ctlr & CTLR_GROUP0 ? ~b->group & ~secure1 : 0) | (s->ctlr & CTLR_GROUP1 ? b->group : 0) |
            (s->ctlr & CTLR_GROUP1_S ? secure1 : 0));
}

static struct bits *bits_of(struct gicv3 *s, unsigned cpu, unsigned irq)
{
    return irq < PRIVATE ? &s->cpu[cpu].own : &s->spi[irq / 32];
}

static bool is_lpi(unsigned irq)
{
    return irq >= GIC_LPI_FIRST;
}

static unsigned group_of(const struct gicv3 *s, unsigned cpu, unsigned irq)
{
    const struct bits *b = is_lpi(irq) ? NULL : bits_of((struct gicv3 *)s, cpu, irq);

    if (!b || b->group >> irq % 32 & 1)
        return GROUP1_NS;
    return two_states(s) && (b->modifier >> irq % 32 & 1) ? GROUP1_S : GROUP0;
}

/* A priority of the table of LPIs, which is the non-secure state's. */
static unsigned lpi_priority(const struct gicv3 *s, uint8_t priority)
{
    return two_states(s) ? NS_PRIORITY | priority >> 1 : priority;
}

/* The interrupt of the highest priority that is pending, not active, enabled, and routed to this CPU; NONE. */
static unsigned best(const struct gicv3 *s, unsigned cpu, unsigned *priority)
{
    const struct gic_if *c = &s->cpu[cpu];
    unsigned found = NONE;

    *priority = IDLE;
    for (uint32_t m = ready_word(s, &c->own); m; m &= m - 1) {
        unsigned n = __builtin_ctz(m);
        if (c->priority[n] < *priority) {
            *priority = c->priority[n];
            found = n;
        }
    }
    for (unsigned w = 1; w < s->nirqs / 32; w++) {
        for (uint32_t m = ready_word(s, &s->spi[w]); m; m &= m - 1) {
            unsigned n = w * 32 + __builtin_ctz(m);
            if (s->target[n] == cpu && s->priority[n] < *priority) {
                *priority = s->priority[n];
                found = n;
            }
        }
    }
    if (c->lpis.best && (s->ctlr & CTLR_GROUP1) && lpi_priority(s, c->lpis.best_priority) < *priority) {
        *priority = lpi_priority(s, c->lpis.best_priority);
        found = c->lpis.best;
    }
    return found;
}

static unsigned running(const struct gic_if *c)
{
    uint32_t apr = c->apr[GROUP0] | c->apr[GROUP1_NS] | c->apr[GROUP1_S];

    return apr ? (unsigned)__builtin_ctz(apr) << PRIORITY_SHIFT : IDLE;
}

static unsigned group_mask(const struct gic_if *c, unsigned group)
{
    if (group == GROUP0 || (c->ctlr[group == GROUP1_S ? BANK_S : BANK_NS] & ICC_CTLR_CBPR))
        return 0xfe << c->bpr[GROUP0];
    return group == GROUP1_S ? 0xfe << c->bpr[group] : 0xff << c->bpr[group];
}

static bool can_signal(const struct gicv3 *s, unsigned cpu, unsigned irq, unsigned priority)
{
    const struct gic_if *c = &s->cpu[cpu];
    unsigned group;

    if (irq == NONE || priority >= c->pmr)
        return false;
    group = group_of(s, cpu, irq);
    return (c->igrpen >> group & 1) && (priority & group_mask(c, group)) < running(c);
}

static void update_cpu(struct gicv3 *s, unsigned cpu)
{
    struct gic_if *c = &s->cpu[cpu];
    unsigned priority, irq, group, virt = gic_virt_signals(&c->virt);

    c->own.level = with_bits(c->own.level, s->maintenance, 1, gic_virt_misr(&c->virt) != 0);
    irq = best(s, cpu, &priority);
    group = can_signal(s, cpu, irq, priority) ? group_of(s, cpu, irq) : GROUPS;
    device_irq(&s->dev, cpu * LINES + LINE_IRQ, group == GROUP1_NS && !two_states(s));
    device_irq(&s->dev, cpu * LINES + LINE_FIQ, group == GROUP0);
    device_irq(&s->dev, cpu * LINES + LINE_GROUP1_S, group == GROUP1_S);
    device_irq(&s->dev, cpu * LINES + LINE_GROUP1_NS, group == GROUP1_NS && two_states(s));
    device_irq(&s->dev, cpu * LINES + LINE_VIRQ, virt == GIC_VIRT_IRQ);
    device_irq(&s->dev, cpu * LINES + LINE_VFIQ, virt == GIC_VIRT_FIQ);
}

static void update(struct gicv3 *s)
{
    for (unsigned cpu = 0; cpu < s->ncpus; cpu++)
        update_cpu(s, cpu);
}

/* After a change of one interrupt. */
static void update_irq(struct gicv3 *s, unsigned cpu, unsigned irq)
{
    if (irq < PRIVATE)
        update_cpu(s, cpu);
    else if (s->target[irq] != NOWHERE)
        update_cpu(s, s->target[irq]);
}

/* -- Inputs -- */

static void set_level(struct gicv3 *s, unsigned cpu, unsigned irq, bool level)
{
    struct bits *b = bits_of(s, cpu, irq);
    uint32_t bit = 1u << irq % 32;

    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&s->dev.lock);
    if (level && !(b->level & bit) && (b->edge & bit))
        b->pending |= bit;
    b->level = level ? b->level | bit : b->level & ~bit;
    update_irq(s, cpu, irq);
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

/* -- Registers that interrupts have bits and bytes of: word w of a CPU's or the shared ones -- */

/* A register of GICD_IGROUPR to GICD_ICACTIVER. */
static uint32_t read_bits(const struct gicv3 *s, const struct bits *b, unsigned reg)
{
    switch (reg & ~0x7f) {
    case GICD_IGROUPR: return nonsecure(s) ? 0 : b->group;
    case GICD_ISENABLER:
    case GICD_ICENABLER: return b->enabled & accessible(s, b);
    case GICD_ISPENDR:
    case GICD_ICPENDR: return pending_word(b) & accessible(s, b);
    default: return b->active & accessible(s, b);
    }
}

static void write_bits(const struct gicv3 *s, struct bits *b, unsigned reg, uint32_t v)
{
    uint32_t *p = (reg & ~0x7f) == GICD_IGROUPR ? &b->group : reg < GICD_ISPENDR ? &b->enabled
                  : reg < GICD_ISACTIVER ? &b->pending : &b->active;

    v &= accessible(s, b);
    if (reg < GICD_ISENABLER)
        *p = nonsecure(s) ? *p : v;
    else
        *p = reg & 0x80 ? *p & ~v : *p | v;
}

/* GICD_IGRPMODR<n>: the secure state's alone. */
static uint32_t read_modifier(const struct gicv3 *s, const struct bits *b)
{
    return two_states(s) && !nonsecure(s) ? b->modifier : 0;
}

static void write_modifier(const struct gicv3 *s, struct bits *b, uint32_t v)
{
    if (two_states(s) && !nonsecure(s))
        b->modifier = v;
}

/* GICD_ICFGR<n>: every second bit says edge-triggered. */
static uint32_t read_cfg(const struct gicv3 *s, const struct bits *b, unsigned n)
{
    uint32_t edge = (b->edge & accessible(s, b)) >> n % 2 * 16, v = 0;

    for (unsigned i = 0; i < 16; i++)
        v |= (edge >> i & 1) << (2 * i + 1);
    return v;
}

static void write_cfg(const struct gicv3 *s, struct bits *b, unsigned n, uint32_t v)
{
    uint32_t edge = 0, mask = accessible(s, b);

    for (unsigned i = 0; i < 16; i++)
        edge |= (v >> (2 * i + 1) & 1) << i;
    b->edge = (b->edge & ~mask) | (with_bits(b->edge, n % 2 * 16, 16, edge) & mask);
}

static bool is_bits(unsigned reg)
{
    return reg >= GICD_IGROUPR && reg < GICD_IPRIORITYR;
}

static bool is_cfg(unsigned reg)
{
    return reg >= GICD_ICFGR && reg < GICD_IGRPMODR;
}

/* -- The distributor -- */

static uint16_t cpu_of(const struct gicv3 *s, uint64_t route)
{
    uint32_t affinity = (route & 0xffffff) | (uint32_t)(route >> 32) << 24;

    for (unsigned i = 0; i < s->ncpus; i++)
        if (s->affinity[i] == affinity)
            return i;
    return NOWHERE;
}

static void set_route(struct gicv3 *s, unsigned irq, uint64_t route)
{
    s->route[irq] = route & UINT64_C(0xff00ffffff);
    s->target[irq] = cpu_of(s, s->route[irq]);
}

/* GICD_CTLR: the non-secure state has its group alone. */
static uint32_t read_ctlr(const struct gicv3 *s)
{
    if (nonsecure(s))
        return (s->ctlr & CTLR_GROUP1) | CTLR_ARE;
    return s->ctlr | CTLR_ARE | (two_states(s) ? CTLR_ARE_NS : CTLR_DS);
}

static void write_ctlr(struct gicv3 *s, uint32_t v)
{
    uint32_t mask = nonsecure(s) ? CTLR_GROUP1 : CTLR_GROUP0 | CTLR_GROUP1 | (two_states(s) ? CTLR_GROUP1_S | CTLR_DS : 0);

    s->ctlr = (s->ctlr & ~mask) | (v & mask);
    if (s->ctlr & CTLR_DS) /* there is no way back but a reset */
        s->ctlr &= ~CTLR_GROUP1_S;
}

/* The routing of an interrupt that the access may see. */
static bool can_route(struct gicv3 *s, unsigned irq)
{
    return irq < s->nirqs && (accessible(s, bits_of(s, 0, irq)) >> irq % 32 & 1);
}

static bool is_modifier(unsigned reg)
{
    return reg >= GICD_IGRPMODR && reg < GICD_IGRPMODR + 0x80;
}

static uint32_t read_dist(struct gicv3 *s, unsigned offset)
{
    unsigned irq;

    switch (offset) {
    case GICD_CTLR: return read_ctlr(s);
    case GICD_TYPER:
        return (s->nirqs / 32 - 1) | 0xf << TYPER_IDBITS_SHIFT | TYPER_A3V | TYPER_NO1N |
               (two_states(s) ? TYPER_SECURITY : 0) | (s->has_lpi ? TYPER_LPIS : 0);
    case GICD_IIDR: return 0x43b;
    case GICD_TYPER2: return 0;
    }
    if (offset >= GICD_ID)
        return ids[(offset - GICD_ID) / 4];
    if (offset >= GICD_IROUTER + 8 * PRIVATE && offset < GICD_IROUTER_END) {
        irq = (offset - GICD_IROUTER) / 8;
        return can_route(s, irq) ? s->route[irq] >> offset % 8 * 8 : 0;
    }
    if (is_bits(offset)) {
        unsigned w = offset / 4 % 32; /* word 0 is the redistributors' affair */
        return w > 0 && w < s->nirqs / 32 ? read_bits(s, &s->spi[w], offset) : 0;
    }
    if (is_cfg(offset)) {
        unsigned n = (offset - GICD_ICFGR) / 4;
        return n >= 2 && n < s->nirqs / 16 ? read_cfg(s, &s->spi[n / 2], n) : 0;
    }
    if (is_modifier(offset)) {
        unsigned w = offset / 4 % 32;
        return w > 0 && w < s->nirqs / 32 ? read_modifier(s, &s->spi[w]) : 0;
    }
    if (offset >= GICD_ITARGETSR && offset < 0x10c0)
        return 0; /* GICD_ITARGETSR, GICD_*SGIR: nothing with affinity routing; GICD_NSACR */
    device_guest_error(&s->dev, "distributor, offset 0x%x: read of no readable register", offset);
    return 0;
}

static void write_dist(struct gicv3 *s, unsigned offset, uint32_t v)
{
    unsigned irq;

    if (offset == GICD_CTLR) {
        write_ctlr(s, v);
    } else if (offset >= GICD_IROUTER + 8 * PRIVATE && offset < GICD_IROUTER_END) {
        irq = (offset - GICD_IROUTER) / 8;
        if (can_route(s, irq))
            set_route(s, irq, with_bits(s->route[irq], offset % 8 * 8, 32, v));
    } else if (is_bits(offset)) {
        unsigned w = offset / 4 % 32;
        if (w > 0 && w < s->nirqs / 32)
            write_bits(s, &s->spi[w], offset, v);
    } else if (is_cfg(offset)) {
        unsigned n = (offset - GICD_ICFGR) / 4;
        if (n >= 2 && n < s->nirqs / 16)
            write_cfg(s, &s->spi[n / 2], n, v);
    } else if (is_modifier(offset)) {
        unsigned w = offset / 4 % 32;
        if (w > 0 && w < s->nirqs / 32)
            write_modifier(s, &s->spi[w], v);
    } else if (offset < GICD_ITARGETSR || offset >= 0x10c0) {
        device_guest_error(&s->dev, "distributor, offset 0x%x: write to no writable register", offset);
        return;
    }
    update(s);
}

static bool is_priority(unsigned reg)
{
    return reg >= GICD_IPRIORITYR && reg < GICD_ITARGETSR;
}

/* size bytes of priorities; NULL: there are none there. */
static uint8_t *priorities(struct gicv3 *s, unsigned reg, unsigned size)
{
    unsigned irq = reg - GICD_IPRIORITYR;

    return irq >= PRIVATE && irq + size <= s->nirqs ? &s->priority[irq] : NULL;
}

/* size priorities, the first of interrupt irq; p: NULL if there are none. */
static uint64_t read_priorities(struct gicv3 *s, unsigned cpu, unsigned irq, const uint8_t *p, unsigned size)
{
    uint64_t v = 0;

    for (unsigned i = 0; p && i < size; i++) {
        bool seen = accessible(s, bits_of(s, cpu, irq + i)) >> (irq + i) % 32 & 1;
        unsigned priority = !seen ? 0 : nonsecure(s) ? p[i] << 1 & 0xff : p[i];
        v |= (uint64_t)priority << 8 * i;
    }
    return v;
}

static void write_priorities(struct gicv3 *s, unsigned cpu, unsigned irq, uint8_t *p, unsigned size, uint64_t v)
{
    for (unsigned i = 0; p && i < size; i++) {
        uint8_t priority = v >> 8 * i;
        if (accessible(s, bits_of(s, cpu, irq + i)) >> (irq + i) % 32 & 1)
            p[i] = nonsecure(s) ? from_ns(priority) : priority & PRIORITY_MASK;
    }
}

static uint64_t gicd_read(void *opaque, uint64_t offset, unsigned size)
{
    struct gicv3 *s = opaque;

    if (is_priority(offset))
        return read_priorities(s, 0, offset - GICD_IPRIORITYR, priorities(s, offset, size), size);
    if (size == 8)
        return read_dist(s, offset) | (uint64_t)read_dist(s, offset + 4) << 32;
    return read_dist(s, offset & ~3) >> offset % 4 * 8;
}

static void gicd_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct gicv3 *s = opaque;

    if (is_priority(offset)) {
        write_priorities(s, 0, offset - GICD_IPRIORITYR, priorities(s, offset, size), size, value);
        update(s);
    } else if (size < 4) {
        device_guest_error(&s->dev, "distributor, offset 0x%" PRIx64 ": write of %u bytes", offset, size);
    } else {
        write_dist(s, offset, value);
        if (size == 8)
            write_dist(s, offset + 4, value >> 32);
    }
}

/* -- Redistributors -- */

/* True if a CPU is the last of its region. */
static bool is_last(const struct gicv3 *s, unsigned cpu)
{
    unsigned end = 0;

    for (unsigned i = 0; i < MAX_REDIST_REGIONS; i++) {
        end += s->redists[i];
        if (cpu + 1 == end)
            return true;
    }
    return cpu + 1 == s->ncpus;
}

/* Registers of LPIs. False: the offset is another's. */
static bool read_lpis(const struct gic_if *c, unsigned offset, uint32_t *v)
{
    const struct gic_lpis *l = &c->lpis;

    switch (offset) {
    case GICR_CTLR: *v = GICR_CTLR_CES | (l->enabled ? GICR_CTLR_ENABLE_LPIS : 0); return true;
    case GICR_PROPBASER: *v = l->propbaser; return true;
    case GICR_PROPBASER + 4: *v = l->propbaser >> 32; return true;
    case GICR_PENDBASER: *v = l->pendbaser & ~GIC_LPIS_PTZ; return true;
    case GICR_PENDBASER + 4: *v = (l->pendbaser & ~GIC_LPIS_PTZ) >> 32; return true;
    }
    return false;
}

static bool write_lpis(struct gicv3 *s, struct gic_if *c, unsigned offset, uint32_t v)
{
    struct gic_lpis *l = &c->lpis;
    bool ok = true;

    switch (offset & ~4) {
    case GICR_CTLR:
        if (offset != GICR_CTLR)
            return false;
        gic_lpis_enable(l, &s->dev, v & GICR_CTLR_ENABLE_LPIS);
        break;
    case GICR_PROPBASER:
        ok = gic_lpis_set_propbaser(l, with_bits(l->propbaser, offset % 8 * 8, 32, v));
        break;
    case GICR_PENDBASER:
        ok = gic_lpis_set_pendbaser(l, with_bits(l->pendbaser, offset % 8 * 8, 32, v));
        break;
    default: return false;
    }
    if (!ok)
        device_guest_error(&s->dev, "redistributor, offset 0x%x: written while LPIs are enabled", offset);
    return true;
}

static uint32_t read_redist(struct gicv3 *s, unsigned cpu, unsigned offset)
{
    struct gic_if *c = &s->cpu[cpu];
    uint32_t v;

    if (s->has_lpi && read_lpis(c, offset, &v))
        return v;
    switch (offset) {
    case GICR_CTLR:
    case GICR_STATUSR: return 0;
    case GICR_IIDR: return 0x43b;
    case GICR_TYPER: return cpu << 8 | is_last(s, cpu) << 4 | (s->has_lpi ? GICR_TYPER_PLPIS : 0);
    case GICR_TYPER + 4: return s->affinity[cpu];
    case GICR_WAKER: return nonsecure(s) ? 0 : c->waker;
    }
    if (offset >= GICR_ID && offset < GICR_SGI)
        return ids[(offset - GICR_ID) / 4];
    if (offset >= GICR_SGI) {
        unsigned reg = offset - GICR_SGI;
        if (is_bits(reg))
            return reg % 0x80 ? 0 : read_bits(s, &c->own, reg);
        if (reg == GICD_ICFGR || reg == GICD_ICFGR + 4)
            return read_cfg(s, &c->own, (reg - GICD_ICFGR) / 4);
        if (reg == GICD_IGRPMODR)
            return read_modifier(s, &c->own);
        if (reg >= GICD_IGRPMODR)
            return 0;
    }
    device_guest_error(&s->dev, "redistributor %u, offset 0x%x: read of no readable register", cpu, offset);
    return 0;
}

static void write_redist(struct gicv3 *s, unsigned cpu, unsigned offset, uint32_t v)
{
    struct gic_if *c = &s->cpu[cpu];
    unsigned reg = offset - GICR_SGI;

    if (s->has_lpi && write_lpis(s, c, offset, v)) {
        update_cpu(s, cpu);
        return;
    }
    if (offset == GICR_WAKER && !nonsecure(s)) /* all sleeps or wakes at once */
        c->waker = v & WAKER_SLEEP ? WAKER_SLEEP | WAKER_CHILDREN : 0;
    else if (offset >= GICR_SGI && is_bits(reg) && reg % 0x80 == 0)
        write_bits(s, &c->own, reg, v);
    else if (offset >= GICR_SGI && reg == GICD_ICFGR + 4) /* SGIs stay edge-triggered */
        write_cfg(s, &c->own, 1, v);
    else if (offset >= GICR_SGI && reg == GICD_IGRPMODR)
        write_modifier(s, &c->own, v);
    else if (offset >= GICR_SGI || (offset != GICR_CTLR && offset != GICR_STATUSR && offset != GICR_WAKER))
        device_guest_error(&s->dev, "redistributor %u, offset 0x%x: write to no writable register", cpu, offset);
    update_cpu(s, cpu);
}

/* The priorities at the offset of a redistributor's; NULL: there are none there. */
static uint8_t *own_priorities(struct gicv3 *s, unsigned cpu, unsigned offset)
{
    unsigned irq = offset - (GICR_SGI + GICD_IPRIORITYR);

    return irq < PRIVATE ? &s->cpu[cpu].priority[irq] : NULL;
}

/* offset: from the region's start. */
static uint64_t redist_read(struct gicv3 *s, uint64_t cpu, unsigned offset, unsigned size)
{
    if (cpu >= s->ncpus)
        return 0;
    if (own_priorities(s, cpu, offset))
        return read_priorities(s, cpu, offset - (GICR_SGI + GICD_IPRIORITYR), own_priorities(s, cpu, offset), size);
    if (size == 8)
        return read_redist(s, cpu, offset) | (uint64_t)read_redist(s, cpu, offset + 4) << 32;
    return read_redist(s, cpu, offset & ~3) >> offset % 4 * 8;
}

static void redist_write(struct gicv3 *s, uint64_t cpu, unsigned offset, uint64_t value, unsigned size)
{
    if (cpu >= s->ncpus)
        return;
    if (own_priorities(s, cpu, offset)) {
        write_priorities(s, cpu, offset - (GICR_SGI + GICD_IPRIORITYR), own_priorities(s, cpu, offset), size, value);
        update_cpu(s, cpu);
    } else if (size >= 4) {
        write_redist(s, cpu, offset, value);
        if (size == 8)
            write_redist(s, cpu, offset + 4, value >> 32);
    }
}

static uint64_t gicr_read(void *opaque, uint64_t offset, unsigned size)
{
    const struct frame *f = opaque;

    return redist_read(f->s, f->first + offset / GICR_BYTES, offset % GICR_BYTES, size);
}

static void gicr_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    const struct frame *f = opaque;

    redist_write(f->s, f->first + offset / GICR_BYTES, offset % GICR_BYTES, value, size);
}

/* -- A CPU's interface: ICC_* -- */

static void deactivate(struct gicv3 *s, unsigned cpu, unsigned irq)
{
    if (irq >= s->nirqs)
        return;
    bits_of(s, cpu, irq)->active &= ~(1u << irq % 32);
    update_irq(s, cpu, irq);
}

/* The bank that an access means. */
static unsigned bank(struct gic_access by)
{
    return by.scr_ns ? BANK_NS : BANK_S;
}

/* The group 1 of the bank's state. */
static unsigned group1_of(const struct gicv3 *s, struct gic_access by)
{
    return two_states(s) && !by.scr_ns ? GROUP1_S : GROUP1_NS;
}

/*
 * What ICC_IAR<n> and ICC_HPPIR<n> tell of an interrupt, n being 0 for group 0: its number, NONE, or to EL3 that it is
 * the other group's.
 */
static unsigned shown(const struct gicv3 *s, unsigned cpu, unsigned irq, bool for_group0, struct gic_access by)
{
    unsigned group = irq == NONE ? GROUP0 : group_of(s, cpu, irq);
    bool states = two_states(s);

    if (irq == NONE)
        return NONE;
    if (!states)
        return (group == GROUP0) == for_group0 ? irq : NONE;
    if (group != GROUP1_NS && !by.secure)
        return NONE;
    if (!for_group0)
        return group == GROUP0 || (group == GROUP1_NS && by.secure && by.el != 3) ? NONE : irq;
    if (group == GROUP0)
        return irq;
    return by.el != 3 ? NONE : group == GROUP1_S ? ID_SECURE : ID_NONSECURE;
}

static unsigned acknowledge(struct gicv3 *s, unsigned cpu, bool for_group0, struct gic_access by)
{
    struct gic_if *c = &s->cpu[cpu];
    unsigned priority, irq = best(s, cpu, &priority), id, group;
    struct bits *b;

    if (!can_signal(s, cpu, irq, priority))
        return NONE;
    id = shown(s, cpu, irq, for_group0, by);
    if (id != irq)
        return id;
    group = group_of(s, cpu, irq);
    c->apr[group] |= 1u << ((priority & group_mask(c, group)) >> PRIORITY_SHIFT);
    if (is_lpi(irq)) { /* those are never active */
        gic_lpis_set(&c->lpis, &s->dev, irq, false);
    } else {
        b = bits_of(s, cpu, irq);
        b->active |= 1u << irq % 32;
        b->pending &= ~(1u << irq % 32);
    }
    update_cpu(s, cpu);
    return irq;
}

/* The group of the highest active priority, GROUPS: none is active. */
static unsigned running_group(const struct gic_if *c, uint32_t *bit)
{
    uint32_t m = c->apr[GROUP0] | c->apr[GROUP1_NS] | c->apr[GROUP1_S];

    *bit = m & -m;
    for (unsigned g = 0; g < GROUPS; g++)
        if (c->apr[g] & *bit)
            return g;
    return GROUPS;
}

/* An end of interrupt by this access deactivates too. */
static bool deactivates(const struct gic_if *c, struct gic_access by)
{
    return by.el == 3 ? !c->eoimode_el3 : !(c->ctlr[bank(by)] & ICC_CTLR_EOIMODE);
}

/* An access that may end, and deactivate, interrupts of a group. */
static bool may_end(const struct gicv3 *s, unsigned group, struct gic_access by)
{
    if (!two_states(s) || by.el == 3)
        return true;
    return by.secure ? group != GROUP1_NS : group == GROUP1_NS;
}

static void end_of_interrupt(struct gicv3 *s, unsigned cpu, bool of_group0, uint64_t id, struct gic_access by)
{
    struct gic_if *c = &s->cpu[cpu];
    uint32_t bit;
    unsigned group = running_group(c, &bit);

    if (id >= s->nirqs && !(s->has_lpi && is_lpi(id)))
        return;
    if (group == GROUPS || (group == GROUP0) != of_group0 || !may_end(s, group, by)) {
        device_guest_error(&s->dev, "ICC_EOIR%u_EL1: no interrupt of that group is the one that runs", !of_group0);
        return;
    }
    c->apr[group] &= ~bit;
    if (deactivates(c, by))
        deactivate(s, cpu, id);
    update_cpu(s, cpu);
}

static void deactivate_by(struct gicv3 *s, unsigned cpu, uint64_t id, struct gic_access by)
{
    if (deactivates(&s->cpu[cpu], by))
        device_guest_error(&s->dev, "ICC_DIR_EL1: while ICC_EOIR deactivates");
    else if (id < s->nirqs && may_end(s, group_of(s, cpu, id), by))
        deactivate(s, cpu, id);
}

static unsigned highest_pending(const struct gicv3 *s, unsigned cpu, bool for_group0, struct gic_access by)
{
    unsigned priority, irq = best(s, cpu, &priority);

    return shown(s, cpu, irq, for_group0, by);
}

/* ICC_SGI<n>R_EL1, ICC_ASGI1R_EL1: those of the group at the targets become pending. */
static void raise_sgi(struct gicv3 *s, unsigned from, unsigned group, uint64_t v, struct gic_access by)
{
    uint32_t cluster = bits(v, 48, 8) << 24 | bits(v, 32, 8) << 16 | bits(v, 16, 8) << 8 | bits(v, 44, 4) << 4;
    unsigned id = bits(v, 24, 4);
    bool others = v >> 40 & 1;

    for (unsigned cpu = 0; cpu < s->ncpus; cpu++) {
        uint32_t a = s->affinity[cpu];
        bool meant = others ? cpu != from : (a & ~0xfu) == cluster && (v >> (a & 0xf) & 1);
        unsigned is = group_of(s, cpu, id);
        /* Who may raise those of secure group 1 may raise those of group 0. */
        bool fits = is == group || (group == GROUP1_S && is == GROUP0);
        if (meant && fits && (is == GROUP1_NS || by.secure || !two_states(s))) {
            s->cpu[cpu].own.pending |= 1u << id;
            update_cpu(s, cpu);
        }
    }
}

/* The non-secure state has its own view of priorities, where group 0 is not for it. */
static bool has_ns_view(const struct gicv3 *s, struct gic_access by)
{
    return two_states(s) && !by.secure && by.scr_fiq;
}

static void write_pmr(struct gicv3 *s, struct gic_if *c, uint64_t v, struct gic_access by)
{
    if (!has_ns_view(s, by))
        c->pmr = v & PRIORITY_MASK;
    else if (c->pmr & NS_PRIORITY)
        c->pmr = from_ns(v & 0xff);
}

/* ICC_BPR1 means group 0's by CBPR; not to EL3 where there are states, which sees what is there. */
static bool bpr1_is_bpr0(const struct gicv3 *s, const struct gic_if *c, struct gic_access by)
{
    return (c->ctlr[bank(by)] & ICC_CTLR_CBPR) && !(by.el == 3 && two_states(s));
}

static unsigned read_bpr1(const struct gicv3 *s, const struct gic_if *c, struct gic_access by)
{
    if (!bpr1_is_bpr0(s, c, by))
        return c->bpr[group1_of(s, by)];
    return group1_of(s, by) == GROUP1_S ? c->bpr[GROUP0] : MIN(c->bpr[GROUP0] + 1, 7);
}

static void write_bpr1(const struct gicv3 *s, struct gic_if *c, uint64_t v, struct gic_access by)
{
    unsigned group = group1_of(s, by);

    if (!bpr1_is_bpr0(s, c, by))
        c->bpr[group] = MAX(v & 7, group == GROUP1_S ? MIN_BPR0 : MIN_BPR1);
    else if (group == GROUP1_S)
        c->bpr[GROUP0] = MAX(v & 7, MIN_BPR0);
}

/* With states CBPR is EL3's to set. */
static void write_ctlr_el1(const struct gicv3 *s, uint8_t *ctlr, uint64_t v)
{
    uint8_t mask = ICC_CTLR_EOIMODE | (two_states(s) ? 0 : ICC_CTLR_CBPR);
    *ctlr = (*ctlr & ~mask) | (v & mask);
}

static bool read_icc(struct gicv3 *s, unsigned cpu, unsigned reg, struct gic_access by, uint64_t *value)
{
    struct gic_if *c = &s->cpu[cpu];

    switch (reg) {
    case ICC_PMR_EL1: *value = has_ns_view(s, by) ? ns_view(c->pmr) : c->pmr; return true;
    case ICC_IAR0_EL1: *value = acknowledge(s, cpu, true, by); return true;
    case ICC_IAR1_EL1: *value = acknowledge(s, cpu, false, by); return true;
    case ICC_HPPIR0_EL1: *value = highest_pending(s, cpu, true, by); return true;
    case ICC_HPPIR1_EL1: *value = highest_pending(s, cpu, false, by); return true;
    case ICC_BPR0_EL1: *value = c->bpr[GROUP0]; return true;
    case ICC_BPR1_EL1: *value = read_bpr1(s, c, by); return true;
    case ICC_AP0R0_EL1: *value = c->apr[GROUP0]; return true;
    case ICC_AP1R0_EL1: *value = c->apr[group1_of(s, by)]; return true;
    case ICC_RPR_EL1:
        *value = MIN(running(c), 0xff);
        if (has_ns_view(s, by))
            *value = ns_view(*value);
        return true;
    case ICC_CTLR_EL1: *value = c->ctlr[bank(by)] | ICC_CTLR_FIXED; return true;
    case ICC_SRE_EL1: *value = 7; return true; /* there is no other way */
    case ICC_SRE_EL2: *value = 0xf; return true;
    case ICC_IGRPEN0_EL1: *value = c->igrpen & 1; return true;
    case ICC_IGRPEN1_EL1: *value = c->igrpen >> group1_of(s, by) & 1; return true;
    }
    return false;
}

static bool write_icc(struct gicv3 *s, unsigned cpu, unsigned reg, struct gic_access by, uint64_t v)
{
    struct gic_if *c = &s->cpu[cpu];

    switch (reg) {
    case ICC_PMR_EL1: write_pmr(s, c, v, by); break;
    case ICC_EOIR0_EL1: end_of_interrupt(s, cpu, true, v & 0xffffff, by); return true;
    case ICC_EOIR1_EL1: end_of_interrupt(s, cpu, false, v & 0xffffff, by); return true;
    case ICC_BPR0_EL1: c->bpr[GROUP0] = MAX(v & 7, MIN_BPR0); break;
    case ICC_BPR1_EL1: write_bpr1(s, c, v, by); break;
    case ICC_AP0R0_EL1: c->apr[GROUP0] = v; break;
    case ICC_AP1R0_EL1: c->apr[group1_of(s, by)] = v; break;
    case ICC_DIR_EL1: deactivate_by(s, cpu, v & 0xffffff, by); return true;
    case ICC_SGI0R_EL1: raise_sgi(s, cpu, GROUP0, v, by); return true;
    case ICC_SGI1R_EL1: raise_sgi(s, cpu, by.secure && two_states(s) ? GROUP1_S : GROUP1_NS, v, by); return true;
    case ICC_ASGI1R_EL1: /* of the other security state */
        if (two_states(s))
            raise_sgi(s, cpu, by.secure ? GROUP1_NS : GROUP1_S, v, by);
        return true;
    case ICC_CTLR_EL1: write_ctlr_el1(s, &c->ctlr[bank(by)], v); break;
    case ICC_SRE_EL1:
    case ICC_SRE_EL2: return true;
    case ICC_IGRPEN0_EL1: c->igrpen = with_bits(c->igrpen, GROUP0, 1, v & 1); break;
    case ICC_IGRPEN1_EL1: c->igrpen = with_bits(c->igrpen, group1_of(s, by), 1, v & 1); break;
    default: return false;
    }
    update_cpu(s, cpu);
    return true;
}

/* EL3's own: both states' bits beside each other. */
static bool read_el3(const struct gicv3 *s, unsigned cpu, unsigned reg, uint64_t *value)
{
    const struct gic_if *c = &s->cpu[cpu];

    switch (reg) {
    case ICC_SRE_EL3: *value = 0xf; return true;
    case ICC_IGRPEN1_EL3: *value = (c->igrpen >> GROUP1_NS & 1) | (c->igrpen >> GROUP1_S & 1) << 1; return true;
    case ICC_CTLR_EL3:
        *value = ICC_CTLR_FIXED | (c->ctlr[BANK_S] & ICC_CTLR_CBPR ? ICC_CTLR_EL3_CBPR_S : 0) |
                 (c->ctlr[BANK_NS] & ICC_CTLR_CBPR ? ICC_CTLR_EL3_CBPR_NS : 0) |
                 (c->eoimode_el3 ? ICC_CTLR_EL3_EOIMODE : 0) |
                 (c->ctlr[BANK_S] & ICC_CTLR_EOIMODE ? ICC_CTLR_EL3_EOIMODE_S : 0) |
                 (c->ctlr[BANK_NS] & ICC_CTLR_EOIMODE ? ICC_CTLR_EL3_EOIMODE_NS : 0);
        return true;
    }
    return false;
}

static bool write_el3(struct gicv3 *s, unsigned cpu, unsigned reg, uint64_t v)
{
    struct gic_if *c = &s->cpu[cpu];

    switch (reg) {
    case ICC_SRE_EL3: return true;
    case ICC_IGRPEN1_EL3:
        c->igrpen = with_bits(c->igrpen, GROUP1_NS, 1, v & 1);
        c->igrpen = with_bits(c->igrpen, GROUP1_S, 1, v >> 1 & 1);
        break;
    case ICC_CTLR_EL3:
        c->ctlr[BANK_S] = (v & ICC_CTLR_EL3_CBPR_S ? ICC_CTLR_CBPR : 0) |
                          (v & ICC_CTLR_EL3_EOIMODE_S ? ICC_CTLR_EOIMODE : 0);
        c->ctlr[BANK_NS] = (v & ICC_CTLR_EL3_CBPR_NS ? ICC_CTLR_CBPR : 0) |
                           (v & ICC_CTLR_EL3_EOIMODE_NS ? ICC_CTLR_EOIMODE : 0);
        c->eoimode_el3 = v & ICC_CTLR_EL3_EOIMODE;
        break;
    default: return false;
    }
    update_cpu(s, cpu);
    return true;
}

/* -- The virtual interface: ICV_*, as a guest of a hypervisor sees ICC_* -- */

static uint32_t virtual_id(const struct gic_virt *v, int lr)
{
    return lr < 0 ? NONE : (uint32_t)v->lr[lr];
}

static uint64_t virtual_pending(const struct gic_virt *v, bool group1)
{
    int i = gic_virt_best(v);

    return virtual_id(v, i >= 0 && (v->lr[i] >> LR_GROUP_SHIFT & 1) == group1 ? i : -1);
}

static bool read_icv(struct gicv3 *s, unsigned cpu, unsigned reg, uint64_t *value)
{
    struct gic_virt *v = &s->cpu[cpu].virt;
    uint64_t bpr0 = bits(v->vmcr, VMCR_VBPR0_SHIFT, 3), bpr1 = bits(v->vmcr, VMCR_VBPR1_SHIFT, 3);

    switch (reg) {
    case ICC_PMR_EL1: *value = v->vmcr >> VMCR_VPMR_SHIFT; return true;
    case ICC_IAR0_EL1: *value = virtual_id(v, gic_virt_acknowledge(v, false)); break;
    case ICC_IAR1_EL1: *value = virtual_id(v, gic_virt_acknowledge(v, true)); break;
    case ICC_HPPIR0_EL1: *value = virtual_pending(v, false); return true;
    case ICC_HPPIR1_EL1: *value = virtual_pending(v, true); return true;
    case ICC_BPR0_EL1: *value = bpr0; return true;
    case ICC_BPR1_EL1: *value = v->vmcr & VMCR_VCBPR ? MIN(bpr0 + 1, 7) : bpr1; return true;
    case ICC_AP0R0_EL1: *value = v->apr[0]; return true;
    case ICC_AP1R0_EL1: *value = v->apr[1]; return true;
    case ICC_RPR_EL1: *value = gic_virt_running(v); return true;
    case ICC_CTLR_EL1:
        *value = ICC_CTLR_FIXED | (v->vmcr & VMCR_VCBPR ? ICC_CTLR_CBPR : 0) |
                 (v->vmcr & VMCR_VEOIM ? ICC_CTLR_EOIMODE : 0);
        return true;
    case ICC_SRE_EL1: *value = 7; return true;
    case ICC_IGRPEN0_EL1: *value = !!(v->vmcr & VMCR_VENG0); return true;
    case ICC_IGRPEN1_EL1: *value = !!(v->vmcr & VMCR_VENG1); return true;
    default: return false;
    }
    update_cpu(s, cpu);
    return true;
}

static uint32_t with_flag(uint32_t vmcr, uint32_t flag, bool on)
{
    return on ? vmcr | flag : vmcr & ~flag;
}

static bool write_icv(struct gicv3 *s, unsigned cpu, unsigned reg, uint64_t value)
{
    struct gic_virt *v = &s->cpu[cpu].virt;
    uint32_t vmcr = v->vmcr;
    unsigned hw = NONE;

    switch (reg) {
    case ICC_PMR_EL1: vmcr = with_bits(vmcr, VMCR_VPMR_SHIFT, 8, value); break;
    case ICC_EOIR0_EL1:
    case ICC_EOIR1_EL1: hw = gic_virt_end(v, value & 0xffffff); break;
    case ICC_DIR_EL1: hw = gic_virt_deactivate(v, value & 0xffffff); break;
    case ICC_BPR0_EL1: vmcr = with_bits(vmcr, VMCR_VBPR0_SHIFT, 3, value); break;
    case ICC_BPR1_EL1: vmcr = vmcr & VMCR_VCBPR ? vmcr : with_bits(vmcr, VMCR_VBPR1_SHIFT, 3, value); break;
    case ICC_AP0R0_EL1: v->apr[0] = value; break;
    case ICC_AP1R0_EL1: v->apr[1] = value; break;
    case ICC_CTLR_EL1:
        vmcr = with_flag(vmcr, VMCR_VCBPR, value & ICC_CTLR_CBPR);
        vmcr = with_flag(vmcr, VMCR_VEOIM, value & ICC_CTLR_EOIMODE);
        break;
    case ICC_SRE_EL1: return true;
    case ICC_IGRPEN0_EL1: vmcr = with_flag(vmcr, VMCR_VENG0, value & 1); break;
    case ICC_IGRPEN1_EL1: vmcr = with_flag(vmcr, VMCR_VENG1, value & 1); break;
    default: return false;
    }
    gic_virt_set_vmcr(v, vmcr | VMCR_VFIQEN);
    if (hw != NONE)
        deactivate(s, cpu, hw);
    update_cpu(s, cpu);
    return true;
}

/* -- What an ITS asks -- */

static void lock_for_its(struct gicv3 *s)
{
    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&s->dev.lock);
}

static void unlock_for_its(struct gicv3 *s)
{
    g_mutex_unlock(&s->dev.lock);
    lock_order_leave(LOCK_CONTROLLER);
}

unsigned gicv3_redistributors(const struct device *gic)
{
    return container_of(gic, const struct gicv3, dev)->ncpus;
}

/* The lock is held. */
static bool set_lpi(struct gicv3 *s, unsigned cpu, uint32_t irq, bool pending)
{
    struct gic_lpis *l = &s->cpu[cpu].lpis;
    bool was = gic_lpis_has(l, irq) && gic_lpis_set(l, &s->dev, irq, pending);

    update_cpu(s, cpu);
    return was;
}

void gicv3_lpi(struct device *gic, unsigned cpu, uint32_t irq, bool pending)
{
    struct gicv3 *s = container_of(gic, struct gicv3, dev);

    lock_for_its(s);
    set_lpi(s, cpu, irq, pending);
    unlock_for_its(s);
}

void gicv3_lpis_changed(struct device *gic, unsigned cpu)
{
    struct gicv3 *s = container_of(gic, struct gicv3, dev);

    lock_for_its(s);
    gic_lpis_update(&s->cpu[cpu].lpis, gic);
    update_cpu(s, cpu);
    unlock_for_its(s);
}

void gicv3_lpi_move(struct device *gic, unsigned from, unsigned to, uint32_t irq)
{
    struct gicv3 *s = container_of(gic, struct gicv3, dev);

    lock_for_its(s);
    if (set_lpi(s, from, irq, false))
        set_lpi(s, to, irq, true);
    unlock_for_its(s);
}

void gicv3_lpis_move_all(struct device *gic, unsigned from, unsigned to)
{
    struct gicv3 *s = container_of(gic, struct gicv3, dev);

    lock_for_its(s);
    gic_lpis_move_all(&s->cpu[from].lpis, &s->cpu[to].lpis, gic);
    update_cpu(s, from);
    update_cpu(s, to);
    unlock_for_its(s);
}

/* -- The hypervisor's registers: ICH_* -- */

static bool read_ich(struct gicv3 *s, unsigned cpu, unsigned reg, uint64_t *value)
{
    const struct gic_virt *v = &s->cpu[cpu].virt;

    if (reg >= ICH_LR0_EL2 && reg < ICH_LR0_EL2 + GIC_VIRT_LRS) {
        *value = v->lr[reg - ICH_LR0_EL2];
        return true;
    }
    switch (reg) {
    case ICH_AP0R0_EL2: *value = v->apr[0]; return true;
    case ICH_AP1R0_EL2: *value = v->apr[1]; return true;
    case ICH_HCR_EL2: *value = v->hcr; return true;
    case ICH_VTR_EL2: *value = ICH_VTR; return true;
    case ICH_MISR_EL2: *value = gic_virt_misr(v); return true;
    case ICH_EISR_EL2: *value = gic_virt_eisr(v); return true;
    case ICH_ELRSR_EL2: *value = gic_virt_elrsr(v); return true;
    case ICH_VMCR_EL2: *value = v->vmcr | VMCR_VFIQEN; return true;
    }
    return false;
}

#define HCR_MASK 0xf8007cff /* EOIcount, TDIR, TSEI, TALL1, TALL0, TC; the maintenance bits */
#define LR_MASK (~(UINT64_C(7) << 45 | UINT64_C(0xf) << 56))

static bool write_ich(struct gicv3 *s, unsigned cpu, unsigned reg, uint64_t value)
{
    struct gic_virt *v = &s->cpu[cpu].virt;

    if (reg >= ICH_LR0_EL2 && reg < ICH_LR0_EL2 + GIC_VIRT_LRS)
        v->lr[reg - ICH_LR0_EL2] = value & LR_MASK;
    else if (reg == ICH_AP0R0_EL2)
        v->apr[0] = value;
    else if (reg == ICH_AP1R0_EL2)
        v->apr[1] = value;
    else if (reg == ICH_HCR_EL2)
        v->hcr = value & HCR_MASK;
    else if (reg == ICH_VMCR_EL2)
        gic_virt_set_vmcr(v, value | VMCR_VFIQEN);
    else
        return false;
    update_cpu(s, cpu);
    return true;
}

static bool sysreg_read(void *opaque, unsigned cpu, uint16_t reg, struct gic_access by, uint64_t *value)
{
    struct gicv3 *s = opaque;
    bool ok;

    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&s->dev.lock);
    if (by.virtual)
        ok = read_icv(s, cpu, reg, value);
    else
        ok = read_icc(s, cpu, reg, by, value) || (by.el >= 2 && read_ich(s, cpu, reg, value)) ||
             (by.el == 3 && read_el3(s, cpu, reg, value));
    g_mutex_unlock(&s->dev.lock);
    lock_order_leave(LOCK_CONTROLLER);
    return ok;
}

static bool sysreg_write(void *opaque, unsigned cpu, uint16_t reg, struct gic_access by, uint64_t value)
{
    struct gicv3 *s = opaque;
    bool ok;

    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&s->dev.lock);
    if (by.virtual)
        ok = write_icv(s, cpu, reg, value);
    else
        ok = write_icc(s, cpu, reg, by, value) || (by.el >= 2 && write_ich(s, cpu, reg, value)) ||
             (by.el == 3 && write_el3(s, cpu, reg, value));
    g_mutex_unlock(&s->dev.lock);
    lock_order_leave(LOCK_CONTROLLER);
    return ok;
}

static uint32_t sysreg_traps(void *opaque, unsigned cpu)
{
    const struct gicv3 *s = opaque;

    return s->cpu[cpu].virt.hcr;
}

static const struct gic_cpu_ops sysreg_ops = { .read = sysreg_read, .write = sysreg_write, .traps = sysreg_traps };

static void gicv3_gic_cpu(struct device *d, unsigned cpu, struct gic_cpu *gic)
{
    *gic = (struct gic_cpu){ .ops = &sysreg_ops, .opaque = container_of(d, struct gicv3, dev), .n = cpu };
}

/* -- Life -- */

static const struct io_ops gicd_ops = { .read = gicd_read, .write = gicd_write, .min_size = 1, .max_size = 8 };
static const struct io_ops gicr_ops = { .read = gicr_read, .write = gicr_write, .min_size = 1, .max_size = 8 };

static bool gicv3_irq_in(struct device *d, const uint32_t *cells, unsigned ncells, struct irq *line)
{
    struct gicv3 *s = container_of(d, struct gicv3, dev);

    if (ncells < 2 || cells[0] != 0 || cells[1] >= s->nirqs - PRIVATE)
        return false;
    *line = (struct irq){ .set = shared_set, .opaque = s, .n = PRIVATE + cells[1] };
    return true;
}

static bool gicv3_irq_in_cpu(struct device *d, unsigned cpu, const uint32_t *cells, unsigned ncells, struct irq *line)
{
    struct gicv3 *s = container_of(d, struct gicv3, dev);

    if (ncells < 2 || cells[0] != 1 || cells[1] >= PRIVATE - SGIS || cpu >= s->ncpus)
        return false;
    *line = (struct irq){ .set = private_set, .opaque = s, .n = cpu * PRIVATE + SGIS + cells[1] };
    return true;
}

/* The CPUs' numbers are their nodes'; the regions of redistributors, the node's reg behind the distributor. */
static bool gicv3_from_dt(struct device *d, const void *fdt, int node, GError **err)
{
    struct gicv3 *s = container_of(d, struct gicv3, dev);
    uint64_t regions = dt_prop_num(fdt, node, "#redistributor-regions", 1), size;
    const fdt32_t *maintenance = fdt_getprop(fdt, node, "interrupts", NULL);
    unsigned n = 0, room = 0;
    gpa addr;
    int cpu, its;

    s->affinity = g_new0(uint32_t, d->nirqs / LINES);
    fdt_for_each_subnode(cpu, fdt, fdt_path_offset(fdt, "/cpus")) {
        const char *type = fdt_getprop(fdt, cpu, "device_type", NULL);
        if (type && !strcmp(type, "cpu") && dt_enabled(fdt, cpu) && n < d->nirqs / LINES) {
            uint64_t mpidr = dt_prop_num(fdt, cpu, "reg", 0);
            s->affinity[n++] = (mpidr & 0xffffff) | mpidr >> 32 << 24;
        }
    }
    for (unsigned i = 0; i < regions && i < MAX_REDIST_REGIONS && dt_reg(fdt, node, i + 1, &addr, &size); i++) {
        s->redists[i] = MIN(size / GICR_BYTES, MAX_CPUS);
        room += s->redists[i];
    }
    fdt_for_each_subnode(its, fdt, node)
        s->has_lpi |= dt_enabled(fdt, its) && dt_compatible(fdt, its, "arm,gic-v3-its");
    if (maintenance && fdt32_ld(maintenance) == 1 && fdt32_ld(maintenance + 1) < PRIVATE - SGIS)
        s->maintenance = SGIS + fdt32_ld(maintenance + 1);
    if (room < d->nirqs / LINES)
        fail(err, "%s: there is room for %u redistributors, and %u CPUs", d->id, room, d->nirqs / LINES);
    return room >= d->nirqs / LINES;
}

static bool gicv3_realize(struct device *d, GError **err)
{
    struct gicv3 *s = container_of(d, struct gicv3, dev);

    s->ncpus = d->nirqs / LINES;
    if (s->nirqs < 64 || s->nirqs > MAX_IRQS / 32 * 32 || s->nirqs % 32) {
        fail(err, "%s: num-irq=%u: expected a multiple of 32 from 64 to %u", d->id, s->nirqs, MAX_IRQS / 32 * 32);
        return false;
    }
    if (s->maintenance < SGIS || s->maintenance >= PRIVATE) {
        fail(err, "%s: maintenance-irq=%u: expected 16 to 31", d->id, s->maintenance);
        return false;
    }
    if (s->ncpus < 1 || s->ncpus > MAX_CPUS) {
        fail(err, "%s: %u CPUs, expected 1 to %u", d->id, s->ncpus, MAX_CPUS);
        return false;
    }
    if (!s->affinity) { /* no tree says */
        s->affinity = g_new0(uint32_t, s->ncpus);
        for (unsigned i = 0; i < s->ncpus; i++)
            s->affinity[i] = i / 16 << 8 | i % 16;
        s->redists[0] = s->ncpus;
    }
    s->cpu = g_new0(struct gic_if, s->ncpus);
    device_add_io(d, "gicv3_dist", &gicd_ops, GICD_BYTES);
    for (unsigned i = 0, first = 0; i < MAX_REDIST_REGIONS && s->redists[i]; first += s->redists[i], i++) {
        s->frames[i] = (struct frame){ s, first };
        device_add_io(d, "gicv3_redist", &gicr_ops, s->redists[i] * (uint64_t)GICR_BYTES)->opaque = &s->frames[i];
    }
    return true;
}

static void gicv3_unrealize(struct device *d)
{
    struct gicv3 *s = container_of(d, struct gicv3, dev);

    g_free(s->cpu);
    g_free(s->affinity);
}

static void set_targets(struct gicv3 *s)
{
    for (unsigned irq = PRIVATE; irq < s->nirqs; irq++)
        s->target[irq] = cpu_of(s, s->route[irq]);
}

static void gicv3_reset(struct device *d)
{
    struct gicv3 *s = container_of(d, struct gicv3, dev);

    for (unsigned cpu = 0; cpu < s->ncpus; cpu++) {
        s->cpu[cpu].bpr[GROUP0] = s->cpu[cpu].bpr[GROUP1_S] = MIN_BPR0;
        if (s->security && s->reset_nonsecure)
            s->cpu[cpu].own.group = UINT32_MAX;
    }
    for (unsigned w = 1; w < WORDS && s->security && s->reset_nonsecure; w++)
        s->spi[w].group = UINT32_MAX;
    set_targets(s);
    update(s);
}

static bool gicv3_loaded(void *obj, unsigned version, GError **err)
{
    struct gicv3 *s = obj;

    for (unsigned cpu = 0; cpu < s->ncpus; cpu++) {
        const uint8_t *bpr = s->cpu[cpu].bpr;
        if (bpr[GROUP0] > 7 || bpr[GROUP1_NS] > 7 || bpr[GROUP1_S] > 7) {
            fail(err, "CPU %u has binary points %u, %u and %u", cpu, bpr[GROUP0], bpr[GROUP1_NS], bpr[GROUP1_S]);
            return false;
        }
        if (!gic_lpis_loaded(&s->cpu[cpu].lpis, err))
            return false;
    }
    set_targets(s);
    return true;
}

static const struct property gicv3_props[] = {
    PROP_NAMED("has-security-extensions", struct gicv3, security, BOOL, 0, NULL, "there are security states"),
    PROP_NAMED("reset-nonsecure", struct gicv3, reset_nonsecure, BOOL, 0, NULL,
               "with them, all interrupts begin as the non-secure one's"),
    PROP_NAMED("has-lpi", struct gicv3, has_lpi, BOOL, 0, NULL, "there are LPIs, for an ITS"),
    PROP_NAMED("maintenance-irq", struct gicv3, maintenance, U32, 25, NULL, "maintenance interrupt of virtual ones"),
    PROP_NAMED("num-irq", struct gicv3, nirqs, U32, 288, NULL, "interrupts, SGIs and PPIs included"),
    PROP_END,
};

#define BITS_FIELDS(edge_)                                                                                             \
    {                                                                                                                  \
        FIELD(struct bits, group, 0), FIELD(struct bits, modifier, 0), FIELD(struct bits, enabled, 0), FIELD(struct bits, pending, 0),                  \
            FIELD(struct bits, active, 0), FIELD(struct bits, edge, edge_), FIELD_KEEP(struct bits, level), FIELD_END  \
    }
static const struct state_row spi_fields[] = BITS_FIELDS(0), own_fields[] = BITS_FIELDS(0xffff); /* SGIs */
static const struct state_table spi_state = { STATE_OF(struct bits), .version = 1, .rows = spi_fields };
static const struct state_table own_state = { STATE_OF(struct bits), .version = 1, .rows = own_fields };

static const struct state_row gic_if_fields[] = {
    FIELD_STRUCT(struct gic_if, own, &own_state),
    FIELD_ARRAY(struct gic_if, priority, 0),
    FIELD(struct gic_if, waker, WAKER_SLEEP | WAKER_CHILDREN),
    FIELD(struct gic_if, pmr, 0),
    FIELD_ARRAY(struct gic_if, bpr, MIN_BPR1),
    FIELD(struct gic_if, igrpen, 0),
    FIELD_ARRAY(struct gic_if, ctlr, 0),
    FIELD(struct gic_if, eoimode_el3, false),
    FIELD_ARRAY(struct gic_if, apr, 0),
    FIELD_STRUCT(struct gic_if, virt, &gic_virt_state),
    FIELD_STRUCT(struct gic_if, lpis, &gic_lpis_state),
    FIELD_END,
};
static const struct state_table gic_if_state = { STATE_OF(struct gic_if), .version = 2, .rows = gic_if_fields };

static const struct state_row gicv3_fields[] = {
    FIELD_SAME(struct gicv3, ncpus),
    FIELD_NONE(struct gicv3, affinity, "wiring: the CPUs' numbers"),
    FIELD_SAME_ARRAY(struct gicv3, redists),
    FIELD_NONE(struct gicv3, frames, "wiring: which redistributors a region has"),
    FIELD(struct gicv3, ctlr, 0),
    FIELD_STRUCTS(struct gicv3, spi, &spi_state),
    FIELD_ARRAY(struct gicv3, priority, 0),
    FIELD_ARRAY(struct gicv3, route, 0),
    FIELD_NONE(struct gicv3, target, "follows from route"),
    FIELD_STRUCT_LIST(struct gicv3, cpu, ncpus, &gic_if_state),
    FIELD_END,
};

static const struct state_table gicv3_state = {
    STATE_OF(struct gicv3),
    .version = 1,
    .rows = gicv3_fields,
    .loaded = gicv3_loaded,
};

static const char *const gicv3_compatible[] = { "arm,gic-v3", NULL };

const struct device_type gicv3_type = {
    .name = "arm-gicv3",
    .desc = "ARM interrupt controller, version 3",
    .compatible = gicv3_compatible,
    .size = sizeof(struct gicv3),
    .props = gicv3_props,
    .state = &gicv3_state,
    .from_dt = gicv3_from_dt,
    .realize = gicv3_realize,
    .unrealize = gicv3_unrealize,
    .reset = gicv3_reset,
    .cpu_lines = LINES,
    .irq_in = gicv3_irq_in,
    .irq_in_cpu = gicv3_irq_in_cpu,
    .gic_cpu = gicv3_gic_cpu,
};
