/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The GICv2: levels and edges, priorities and preemption, active state, masks, groups, targets, SGIs. What is asked is
 * written in IHI 0048, chapters 3 and 4.
 */
#include "tests/device-rig.h"

enum { DIST, CPUIF }; /* regions */
enum { GICD_CTLR = 0x000, GICD_TYPER = 0x004, GICD_IGROUPR = 0x080, GICD_ISENABLER = 0x100, GICD_ICENABLER = 0x180,
       GICD_ISPENDR = 0x200, GICD_ICPENDR = 0x280, GICD_ISACTIVER = 0x300, GICD_ICACTIVER = 0x380, GICD_IPRIORITYR = 0x400,
       GICD_ITARGETSR = 0x800, GICD_ICFGR = 0xc00, GICD_SGIR = 0xf00, GICD_CPENDSGIR = 0xf10, GICD_SPENDSGIR = 0xf20 };
enum { GICC_CTLR = 0x00, GICC_PMR = 0x04, GICC_BPR = 0x08, GICC_IAR = 0x0c, GICC_EOIR = 0x10, GICC_RPR = 0x14,
       GICC_HPPIR = 0x18, GICC_ABPR = 0x1c, GICC_AIAR = 0x20, GICC_AEOIR = 0x24, GICC_AHPPIR = 0x28, GICC_APR = 0xd0,
       GICC_NSAPR = 0xe0, GICC_DIR = 0x1000 };
enum { CTLR_GROUP1 = 2, CTLR_ACK = 4, CTLR_FIQ = 8, CTLR_CBPR = 0x10, CTLR_EOIMODE = 0x200 };
#define NONE 1023
#define OTHER_GROUP 1022

static struct rig rig;
static struct device *gic;

static uint32_t dist(unsigned offset)
{
    return rig_read(&rig, DIST, offset, 4);
}

static void set_dist(unsigned offset, uint32_t v)
{
    rig_write(&rig, DIST, offset, 4, v);
}

static uint32_t cpu(unsigned offset)
{
    return rig_read(&rig, CPUIF, offset, 4);
}

static void set_cpu(unsigned offset, uint32_t v)
{
    rig_write(&rig, CPUIF, offset, 4, v);
}

static void spi(unsigned irq, bool level)
{
    const uint32_t cells[3] = { 0, irq - 32, 4 };
    struct irq line;

    g_assert_true(gic->type->irq_in(gic, cells, 3, &line));
    irq_set(&line, level);
}

static void ppi(unsigned of, unsigned irq, bool level)
{
    const uint32_t cells[3] = { 1, irq - 16, 4 };
    struct irq line;

    g_assert_true(gic->type->irq_in_cpu(gic, of, cells, 3, &line));
    irq_set(&line, level);
}

static bool irq(unsigned n)
{
    return rig.wire[4 * n];
}

static bool fiq(unsigned n)
{
    return rig.wire[4 * n + 1];
}

static void set_bit(unsigned base, unsigned irq)
{
    set_dist(base + irq / 32 * 4, 1u << irq % 32);
}

static bool get_bit(unsigned base, unsigned irq)
{
    return dist(base + irq / 32 * 4) >> irq % 32 & 1;
}

static void enable(unsigned irq, uint8_t priority, uint8_t targets)
{
    rig_write(&rig, DIST, GICD_IPRIORITYR + irq, 1, priority);
    rig_write(&rig, DIST, GICD_ITARGETSR + irq, 1, targets);
    set_bit(GICD_ISENABLER, irq);
}

static void make_edge(unsigned irq)
{
    unsigned reg = GICD_ICFGR + irq / 16 * 4;

    set_dist(reg, dist(reg) | 2u << irq % 16 * 2);
}

/* Everything on, no priority masked. */
static void setup(unsigned ncpus)
{
    gic = rig_new(&rig, "arm_gic", 4 * ncpus);
    rig_start(&rig, gic);
    set_dist(GICD_CTLR, 3);
    for (unsigned n = ncpus; n--;) {
        rig_cpu(n);
        set_cpu(GICC_CTLR, 1);
        set_cpu(GICC_PMR, 0xff);
    }
}

static void teardown(void)
{
    rig_remove(&rig, gic);
}

static void test_registers(void)
{
    static const uint8_t ids[] = { 0x04, 0, 0, 0, 0x90, 0xb4, 0x2b, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

    setup(4);
    g_assert_cmphex(dist(GICD_TYPER), ==, 0x68); /* 288 interrupts, 4 CPUs */
    for (unsigned i = 0; i < ARRAY_SIZE(ids); i++)
        g_assert_cmphex(dist(0xfd0 + 4 * i), ==, ids[i]);
    g_assert_cmphex(cpu(0xfc), ==, 0x2043b);
    g_assert_cmphex(dist(GICD_ISENABLER), ==, 0xffff);
    set_dist(GICD_ICENABLER, 0xffffffff); /* SGIs stay */
    g_assert_cmphex(dist(GICD_ISENABLER), ==, 0xffff);
    g_assert_cmphex(dist(GICD_ICFGR), ==, 0xaaaaaaaa);
    set_dist(GICD_ICFGR, 0);
    g_assert_cmphex(dist(GICD_ICFGR), ==, 0xaaaaaaaa);
    set_dist(GICD_ICFGR + 8, 0xffffffff);
    g_assert_cmphex(dist(GICD_ICFGR + 8), ==, 0xaaaaaaaa);
    set_dist(GICD_ISENABLER + 32, 0xffffffff);
    g_assert_cmphex(dist(GICD_ICENABLER + 32), ==, 0xffffffff);
    set_dist(GICD_ICENABLER + 32, 0xff);
    g_assert_cmphex(dist(GICD_ISENABLER + 32), ==, 0xffffff00);
    set_dist(GICD_ISENABLER + 36, 0xffffffff); /* beyond the last */
    g_assert_cmphex(dist(GICD_ISENABLER + 36), ==, 0);
    set_dist(GICD_IPRIORITYR + 40, 0x44332211);
    g_assert_cmphex(rig_read(&rig, DIST, GICD_IPRIORITYR + 41, 1), ==, 0x22);
    g_assert_cmphex(rig_read(&rig, DIST, GICD_IPRIORITYR + 42, 2), ==, 0x4433);
    set_dist(GICD_ITARGETSR + 40, 0xffffffff);
    g_assert_cmphex(dist(GICD_ITARGETSR + 40), ==, 0x0f0f0f0f);
    rig_cpu(2);
    g_assert_cmphex(dist(GICD_ITARGETSR), ==, 0x04040404);
    set_dist(GICD_ITARGETSR, 0);
    g_assert_cmphex(dist(GICD_ITARGETSR), ==, 0x04040404);
    set_dist(GICD_IPRIORITYR + 16, 0x80); /* each CPU has its own */
    set_bit(GICD_ISENABLER, 20);
    rig_cpu(0);
    g_assert_cmphex(dist(GICD_IPRIORITYR + 16), ==, 0);
    g_assert_cmphex(dist(GICD_ISENABLER), ==, 0xffff);
    set_cpu(GICC_ABPR, 0);
    g_assert_cmphex(cpu(GICC_ABPR), ==, 1);
    device_reset(gic);
    g_assert_cmphex(dist(GICD_CTLR), ==, 0);
    g_assert_cmphex(dist(GICD_IPRIORITYR + 40), ==, 0);
    g_assert_cmphex(cpu(GICC_PMR), ==, 0);
    teardown();
    /* One CPU alone has no targets: everything is its. */
    setup(1);
    enable(40, 0, 0);
    g_assert_cmphex(dist(GICD_ITARGETSR + 40), ==, 0);
    g_assert_cmphex(dist(GICD_ITARGETSR), ==, 0);
    spi(40, true);
    g_assert_true(irq(0));
    spi(40, false);
    teardown();
}

static void test_level(void)
{
    setup(2);
    enable(40, 0x80, 1);
    spi(40, true);
    g_assert_true(irq(0) && !fiq(0) && !irq(1));
    g_assert_true(get_bit(GICD_ISPENDR, 40));
    g_assert_cmpuint(cpu(GICC_HPPIR), ==, 40);
    g_assert_cmpuint(cpu(GICC_IAR), ==, 40);
    g_assert_false(irq(0));
    g_assert_true(get_bit(GICD_ISACTIVER, 40) && get_bit(GICD_ISPENDR, 40)); /* active and pending */
    g_assert_cmphex(cpu(GICC_RPR), ==, 0x80);
    g_assert_cmpuint(cpu(GICC_IAR), ==, NONE);
    set_cpu(GICC_EOIR, 40);
    g_assert_true(irq(0)); /* still high */
    g_assert_cmphex(cpu(GICC_RPR), ==, 0xff);
    g_assert_cmpuint(cpu(GICC_IAR), ==, 40);
    spi(40, false);
    set_cpu(GICC_EOIR, 40);
    g_assert_false(irq(0));
    g_assert_false(get_bit(GICD_ISACTIVER, 40));
    /* One that goes away before it is acknowledged. */
    spi(40, true);
    spi(40, false);
    g_assert_false(irq(0));
    g_assert_cmpuint(cpu(GICC_IAR), ==, NONE);
    /* Made pending by software, and taken back. */
    set_bit(GICD_ISPENDR, 40);
    g_assert_true(irq(0));
    set_bit(GICD_ICPENDR, 40);
    g_assert_false(irq(0));
    /* A level that is high can't be taken back. */
    spi(40, true);
    set_bit(GICD_ICPENDR, 40);
    g_assert_true(irq(0));
    teardown();
}

static void test_edge(void)
{
    setup(2);
    enable(41, 0, 2);
    make_edge(41);
    spi(41, true);
    spi(41, false);
    g_assert_true(irq(1) && !irq(0));
    rig_cpu(1);
    g_assert_cmpuint(cpu(GICC_IAR), ==, 41);
    g_assert_false(get_bit(GICD_ISPENDR, 41));
    spi(41, true); /* while active: afterwards again */
    g_assert_false(irq(1));
    set_cpu(GICC_EOIR, 41);
    g_assert_true(irq(1));
    g_assert_cmpuint(cpu(GICC_IAR), ==, 41);
    set_cpu(GICC_EOIR, 41);
    g_assert_false(irq(1)); /* high is not an edge */
    spi(41, false);
    teardown();
}

static void test_priorities(void)
{
    setup(1);
    enable(40, 0x50, 1);
    enable(42, 0x40, 1);
    enable(41, 0x40, 1);
    spi(40, true);
    spi(42, true);
    spi(41, true);
    g_assert_cmpuint(cpu(GICC_IAR), ==, 41); /* equals: the lowest number */
    g_assert_false(irq(0));                  /* the other of 0x40 does not preempt */
    set_cpu(GICC_EOIR, 41);
    spi(41, false);
    g_assert_cmpuint(cpu(GICC_IAR), ==, 42);
    set_cpu(GICC_EOIR, 42);
    spi(42, false);
    g_assert_cmpuint(cpu(GICC_HPPIR), ==, 40);
    /* GICC_PMR: higher than it, not equal. */
    set_cpu(GICC_PMR, 0x50);
    g_assert_false(irq(0));
    g_assert_cmpuint(cpu(GICC_IAR), ==, NONE);
    g_assert_cmpuint(cpu(GICC_HPPIR), ==, 40);
    set_cpu(GICC_PMR, 0x51);
    g_assert_true(irq(0));
    /* Whoever is off: interrupt, distributor, interface. */
    set_bit(GICD_ICENABLER, 40);
    g_assert_false(irq(0));
    set_bit(GICD_ISENABLER, 40);
    g_assert_true(irq(0));
    set_dist(GICD_CTLR, 2);
    g_assert_false(irq(0));
    set_dist(GICD_CTLR, 1);
    g_assert_true(irq(0));
    set_cpu(GICC_CTLR, 2);
    g_assert_false(irq(0));
    set_cpu(GICC_CTLR, 1);
    g_assert_true(irq(0));
    spi(40, false);
    teardown();
}

static void test_preemption(void)
{
    setup(1);
    enable(40, 0x80, 1);
    enable(41, 0x60, 1);
    enable(42, 0x40, 1);
    spi(40, true);
    g_assert_cmpuint(cpu(GICC_IAR), ==, 40);
    spi(41, true);
    g_assert_true(irq(0));
    g_assert_cmpuint(cpu(GICC_IAR), ==, 41);
    g_assert_cmphex(cpu(GICC_RPR), ==, 0x60);
    g_assert_cmphex(cpu(GICC_APR + 4), ==, 1u << 16); /* 0x60 / 2 = 48 */
    g_assert_cmphex(cpu(GICC_APR + 8), ==, 1u << 0);  /* 0x80 / 2 = 64 */
    spi(42, true);
    g_assert_cmpuint(cpu(GICC_IAR), ==, 42);
    spi(42, false);
    set_cpu(GICC_EOIR, 42);
    g_assert_cmphex(cpu(GICC_RPR), ==, 0x60);
    spi(41, false);
    set_cpu(GICC_EOIR, 41);
    g_assert_cmphex(cpu(GICC_RPR), ==, 0x80);
    /* With only the upper two bits deciding, 0x60 does not preempt 0x7f, and 0x3f does. */
    spi(40, false);
    set_cpu(GICC_EOIR, 40);
    set_cpu(GICC_BPR, 5);
    enable(40, 0x7f, 1);
    spi(40, true);
    g_assert_cmpuint(cpu(GICC_IAR), ==, 40);
    g_assert_cmphex(cpu(GICC_RPR), ==, 0x40);
    spi(41, true);
    g_assert_false(irq(0));
    enable(42, 0x3f, 1);
    spi(42, true);
    g_assert_true(irq(0));
    /* With none, nothing preempts. */
    set_cpu(GICC_BPR, 7);
    g_assert_true(irq(0)); /* the group priority of 0x3f is 0 now, and 0x40 is what runs */
    g_assert_cmpuint(cpu(GICC_IAR), ==, 42);
    enable(43, 0, 1);
    spi(43, true);
    g_assert_false(irq(0));
    for (unsigned n = 40; n < 44; n++)
        spi(n, false);
    teardown();
}

static void test_active(void)
{
    setup(1);
    set_cpu(GICC_CTLR, 1 | CTLR_EOIMODE);
    enable(40, 0x80, 1);
    spi(40, true);
    g_assert_cmpuint(cpu(GICC_IAR), ==, 40);
    set_cpu(GICC_EOIR, 40);
    g_assert_cmphex(cpu(GICC_RPR), ==, 0xff); /* the priority is dropped, ... */
    g_assert_true(get_bit(GICD_ISACTIVER, 40)); /* ... but it is active until */
    g_assert_false(irq(0));
    set_cpu(GICC_DIR, 40);
    g_assert_true(irq(0));
    /* By the distributor. */
    set_bit(GICD_ISACTIVER, 40);
    g_assert_false(irq(0));
    set_bit(GICD_ICACTIVER, 40);
    g_assert_true(irq(0));
    /* GICC_DIR does nothing where GICC_EOIR does all. */
    set_cpu(GICC_CTLR, 1);
    g_assert_cmpuint(cpu(GICC_IAR), ==, 40);
    set_cpu(GICC_DIR, 40);
    g_assert_true(get_bit(GICD_ISACTIVER, 40));
    set_cpu(GICC_EOIR, NONE); /* ignored */
    g_assert_cmphex(cpu(GICC_RPR), ==, 0x80);
    spi(40, false);
    teardown();
}

static void test_groups(void)
{
    setup(1);
    enable(40, 0x80, 1);
    enable(41, 0x70, 1);
    set_dist(GICD_IGROUPR + 4, 1u << 8);
    spi(40, true);
    g_assert_false(irq(0)); /* group 1 is off in the interface */
    set_cpu(GICC_CTLR, 3);
    g_assert_true(irq(0));
    g_assert_cmpuint(cpu(GICC_HPPIR), ==, 1022);
    g_assert_cmpuint(cpu(GICC_IAR), ==, 1022); /* without AckCtl */
    g_assert_cmpuint(cpu(GICC_AHPPIR), ==, 40);
    g_assert_cmpuint(cpu(GICC_AIAR), ==, 40);
    g_assert_cmphex(cpu(GICC_NSAPR + 8), ==, 1);
    g_assert_cmphex(cpu(GICC_APR + 8), ==, 0);
    spi(41, true); /* group 0 preempts; as FIQ if asked for */
    g_assert_true(irq(0) && !fiq(0));
    set_cpu(GICC_CTLR, 3 | CTLR_FIQ);
    g_assert_true(!irq(0) && fiq(0));
    g_assert_cmpuint(cpu(GICC_AIAR), ==, NONE); /* it is not group 1's */
    g_assert_cmpuint(cpu(GICC_IAR), ==, 41);
    set_cpu(GICC_AEOIR, 41); /* nor this */
    g_assert_cmphex(cpu(GICC_RPR), ==, 0x70);
    spi(41, false);
    set_cpu(GICC_EOIR, 41);
    set_cpu(GICC_AEOIR, 40);
    g_assert_true(irq(0) && !fiq(0));
    set_cpu(GICC_CTLR, 3 | CTLR_ACK);
    g_assert_cmpuint(cpu(GICC_IAR), ==, 40);
    set_cpu(GICC_EOIR, 40);
    /* Preemption in group 1 goes by ABPR, or with CBPR by BPR. */
    set_cpu(GICC_BPR, 0);
    set_cpu(GICC_ABPR, 7); /* bit 7 decides */
    enable(42, 0x90, 1);
    set_dist(GICD_IGROUPR + 4, 3u << 8 | 1u << 10);
    enable(40, 0xa0, 1);
    g_assert_cmpuint(cpu(GICC_IAR), ==, 40);
    spi(42, true);
    g_assert_false(irq(0));
    spi(42, false);
    set_cpu(GICC_EOIR, 40);
    set_cpu(GICC_CTLR, 3 | CTLR_ACK | CTLR_CBPR);
    g_assert_cmpuint(cpu(GICC_IAR), ==, 40);
    spi(42, true);
    g_assert_true(irq(0));
    spi(40, false);
    spi(42, false);
    teardown();
}

static void test_targets(void)
{
    setup(4);
    enable(40, 0, 0x0a);
    spi(40, true);
    g_assert_true(!irq(0) && irq(1) && !irq(2) && irq(3));
    rig_cpu(3);
    g_assert_cmpuint(cpu(GICC_IAR), ==, 40);
    g_assert_true(!irq(1) && !irq(3)); /* 1 of N */
    rig_cpu(1);
    g_assert_cmpuint(cpu(GICC_IAR), ==, NONE);
    rig_cpu(3);
    spi(40, false);
    set_cpu(GICC_EOIR, 40);
    /* PPIs are each CPU's own. */
    for (unsigned n = 0; n < 4; n += 2) {
        rig_cpu(n);
        set_bit(GICD_ISENABLER, 27);
    }
    ppi(0, 27, true);
    ppi(1, 27, true);
    g_assert_true(irq(0) && !irq(1) && !irq(2));
    ppi(2, 27, true);
    g_assert_true(irq(2));
    rig_cpu(2);
    g_assert_cmpuint(cpu(GICC_IAR), ==, 27);
    g_assert_true(irq(0) && !irq(2));
    for (unsigned n = 0; n < 3; n++)
        ppi(n, 27, false);
    teardown();
}

static void test_sgis(void)
{
    setup(4);
    rig_cpu(2);
    set_dist(GICD_SGIR, 0x000b0000 | 5); /* to CPUs 0, 1 and 3 */
    g_assert_true(irq(0) && irq(1) && !irq(2) && irq(3));
    rig_cpu(1);
    set_dist(GICD_SGIR, 0x00010000 | 5);
    rig_cpu(0);
    g_assert_cmphex(dist(GICD_SPENDSGIR + 4), ==, 0x0600);
    /* One for each sender; the lowest first. */
    g_assert_cmphex(cpu(GICC_HPPIR), ==, 1 << 10 | 5);
    g_assert_cmphex(cpu(GICC_IAR), ==, 1 << 10 | 5);
    g_assert_false(irq(0)); /* active */
    set_cpu(GICC_EOIR, 1 << 10 | 5);
    g_assert_true(irq(0));
    g_assert_cmphex(cpu(GICC_IAR), ==, 2 << 10 | 5);
    set_cpu(GICC_EOIR, 2 << 10 | 5);
    g_assert_false(irq(0));
    g_assert_cmphex(dist(GICD_SPENDSGIR + 4), ==, 0);
    /* All others; oneself. */
    set_dist(GICD_SGIR, 1u << 24 | 7);
    g_assert_true(!irq(0) && irq(1) && irq(2) && irq(3));
    rig_cpu(2);
    g_assert_cmphex(cpu(GICC_IAR), ==, 7);
    set_cpu(GICC_EOIR, 7);
    g_assert_false(irq(2));
    set_dist(GICD_SGIR, 2u << 24 | 0xff0000 | 3);
    g_assert_true(irq(2));
    g_assert_cmphex(cpu(GICC_IAR), ==, 2 << 10 | 3);
    set_cpu(GICC_EOIR, 2 << 10 | 3);
    set_dist(GICD_SGIR, 3u << 24 | 0xff0000 | 3); /* reserved */
    g_assert_false(irq(2));
    /* GICD_SPENDSGIR and CPENDSGIR; GICD_ISPENDR and ICPENDR can't. */
    rig_write(&rig, DIST, GICD_SPENDSGIR + 9, 1, 0xff);
    g_assert_cmphex(rig_read(&rig, DIST, GICD_CPENDSGIR + 9, 1), ==, 0x0f);
    g_assert_true(irq(2));
    set_dist(GICD_ICPENDR, 1u << 9);
    g_assert_true(irq(2));
    rig_write(&rig, DIST, GICD_CPENDSGIR + 9, 1, 0x0d);
    g_assert_cmphex(cpu(GICC_IAR), ==, 1 << 10 | 9);
    set_cpu(GICC_EOIR, 1 << 10 | 9);
    set_dist(GICD_ISPENDR, 1u << 9);
    g_assert_false(irq(2));
    teardown();
}

/* -- Virtual interrupts -- */

enum { HYP = 2, VCPU }; /* regions */
enum { GICH_HCR = 0x00, GICH_VTR = 0x04, GICH_VMCR = 0x08, GICH_MISR = 0x10, GICH_EISR = 0x20, GICH_ELRSR = 0x30,
       GICH_APR = 0xf0, GICH_LR = 0x100 };
#define LR(state, hw, group, priority, physical, id)                                                                   \
    ((uint32_t)(hw) << 31 | (uint32_t)(group) << 30 | (uint32_t)(state) << 28 | (uint32_t)(priority) >> 3 << 23 |      \
     (uint32_t)(physical) << 10 | (id))
enum { INVALID, PENDING, ACTIVE };

static uint32_t hyp(unsigned offset)
{
    return rig_read(&rig, HYP, offset, 4);
}

static void set_hyp(unsigned offset, uint32_t v)
{
    rig_write(&rig, HYP, offset, 4, v);
}

static uint32_t guest(unsigned offset)
{
    return rig_read(&rig, VCPU, offset, 4);
}

static void set_guest(unsigned offset, uint32_t v)
{
    rig_write(&rig, VCPU, offset, 4, v);
}

static bool virq(unsigned n)
{
    return rig.wire[4 * n + 2];
}

static bool vfiq(unsigned n)
{
    return rig.wire[4 * n + 3];
}

static void test_virtual(void)
{
    gic = rig_new(&rig, "arm_gic", 8);
    g_assert_true(device_set_prop(gic, "has-virtualization-extensions", "on", NULL));
    rig_start(&rig, gic);
    rig_cpu(1);
    set_dist(GICD_CTLR, 3);
    set_cpu(GICC_CTLR, 1 | CTLR_EOIMODE);
    set_cpu(GICC_PMR, 0xff);
    enable(40, 0x80, 2);

    g_assert_cmphex(hyp(GICH_VTR), ==, 0x90000003);
    g_assert_cmphex(hyp(GICH_ELRSR), ==, 0xf);
    set_hyp(GICH_HCR, 1);
    set_guest(GICC_CTLR, 3);
    set_guest(GICC_PMR, 0xff);
    g_assert_cmphex(hyp(GICH_VMCR), ==, 0xf84c0003);
    /* An SGI tells its sender. */
    set_hyp(GICH_LR, LR(PENDING, 0, 0, 0x80, 5, 7));
    g_assert_true(virq(1) && !vfiq(1) && !virq(0) && !irq(1));
    g_assert_cmphex(guest(GICC_HPPIR), ==, 5 << 10 | 7);
    g_assert_cmphex(guest(GICC_IAR), ==, 5 << 10 | 7);
    g_assert_false(virq(1));
    g_assert_cmphex(guest(GICC_RPR), ==, 0x80);
    g_assert_cmphex(hyp(GICH_APR), ==, 1u << 16);
    g_assert_cmphex(hyp(GICH_LR), ==, LR(ACTIVE, 0, 0, 0x80, 5, 7));
    set_guest(GICC_EOIR, NONE); /* ignored, as any special number */
    set_guest(GICC_EOIR, 1020);
    g_assert_cmphex(hyp(GICH_APR), ==, 1u << 16);
    g_assert_cmphex(hyp(GICH_HCR), ==, 1);
    set_guest(GICC_EOIR, 5 << 10 | 7);
    g_assert_cmphex(hyp(GICH_ELRSR), ==, 0xf);
    /* A physical interrupt ends with the virtual one. */
    spi(40, true);
    g_assert_cmpuint(cpu(GICC_IAR), ==, 40);
    set_cpu(GICC_EOIR, 40);
    spi(40, false);
    set_hyp(GICH_LR + 4, LR(PENDING, 1, 0, 0x40, 40, 33));
    g_assert_cmpuint(guest(GICC_IAR), ==, 33);
    g_assert_true(get_bit(GICD_ISACTIVER, 40));
    set_guest(GICC_EOIR, 33);
    g_assert_false(get_bit(GICD_ISACTIVER, 40));
    /* Groups: virtual FIQ, AIAR. */
    set_guest(GICC_CTLR, 3 | CTLR_FIQ);
    set_hyp(GICH_LR, LR(PENDING, 0, 0, 0x80, 0, 27));
    g_assert_true(!virq(1) && vfiq(1));
    set_hyp(GICH_LR, LR(PENDING, 0, 1, 0x80, 0, 27));
    g_assert_true(virq(1) && !vfiq(1));
    g_assert_cmpuint(guest(GICC_IAR), ==, 1022);
    g_assert_cmpuint(guest(GICC_AHPPIR), ==, 27);
    g_assert_cmpuint(guest(GICC_AIAR), ==, 27);
    set_guest(GICC_AEOIR, 27);
    g_assert_cmphex(guest(GICC_RPR), ==, 0xff);
    /* Maintenance: PPI 25. */
    set_bit(GICD_ISENABLER, 25);
    g_assert_false(irq(1));
    set_hyp(GICH_HCR, 1 | 2);
    g_assert_cmphex(hyp(GICH_MISR), ==, 2);
    g_assert_true(irq(1));
    g_assert_cmpuint(cpu(GICC_HPPIR), ==, 25);
    set_hyp(GICH_HCR, 1);
    set_hyp(GICH_LR, LR(PENDING, 0, 1, 0x80, 0x200, 28)); /* tell of its end */
    g_assert_cmpuint(guest(GICC_AIAR), ==, 28);
    set_guest(GICC_AEOIR, 28);
    g_assert_cmphex(hyp(GICH_EISR), ==, 1);
    g_assert_cmphex(hyp(GICH_MISR), ==, 1);
    g_assert_true(irq(1));
    rig_fuzz(&rig, gic, 100000);
    teardown();
}

static void test_specifiers(void)
{
    static const uint32_t wrong[][3] = { { 0, 256, 4 }, { 1, 0, 4 }, { 2, 0, 4 } }, beyond[3] = { 1, 16, 4 };
    struct irq line;

    setup(2);
    for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++)
        g_assert_false(gic->type->irq_in(gic, wrong[i], 3, &line));
    g_assert_false(gic->type->irq_in(gic, wrong[0], 1, &line));
    g_assert_false(gic->type->irq_in_cpu(gic, 0, beyond, 3, &line));
    g_assert_false(gic->type->irq_in_cpu(gic, 0, wrong[0], 3, &line));
    teardown();
}

/* -- Security extensions -- */

enum { GICC_CTLR_ACK = 4, GICC_CTLR_FIQ = 8, GICC_CTLR_CBPR = 0x10 };

static void set_flag(const char *name)
{
    g_assert_true(device_set_prop(gic, name, "on", NULL));
}

/* Interrupt 40 is the secure state's, of priority 0x40; 41 the other's, of 0xa0 as the secure state sees it. */
static void secure_setup(void)
{
    gic = rig_new(&rig, "arm_gic", 4);
    set_flag("has-security-extensions");
    rig_start(&rig, gic);
    rig_cpu(0);
    rig_secure(true);
    set_dist(GICD_CTLR, 3);
    set_dist(GICD_IGROUPR + 4, 1u << 9);
    set_dist(GICD_IPRIORITYR + 40, 0x0000a040);
    set_bit(GICD_ISENABLER, 40);
    set_bit(GICD_ISENABLER, 41);
    set_cpu(GICC_CTLR, 3 | GICC_CTLR_FIQ);
    set_cpu(GICC_PMR, 0xff);
}

static void secure_teardown(void)
{
    rig_secure(false);
    teardown();
}

static void test_secure_views(void)
{
    secure_setup();
    g_assert_cmphex(dist(GICD_TYPER) & 0x400, ==, 0x400);
    rig_secure(false);
    g_assert_cmphex(dist(GICD_CTLR), ==, 1); /* group 1 */
    g_assert_cmphex(dist(GICD_IGROUPR + 4), ==, 0);
    set_dist(GICD_IGROUPR + 4, 0xffffffff);
    g_assert_cmphex(dist(GICD_ISENABLER + 4), ==, 1u << 9);
    set_dist(GICD_ICENABLER + 4, 0xffffffff); /* only its own */
    set_dist(GICD_IPRIORITYR + 40, 0x0000ffff);
    g_assert_cmphex(dist(GICD_IPRIORITYR + 40), ==, 0xfe00);
    set_dist(GICD_ICFGR + 8, 0xffffffff);
    set_dist(GICD_CTLR, 0);
    g_assert_cmphex(cpu(GICC_CTLR), ==, 1);
    set_cpu(GICC_CTLR, 0x200); /* EOImodeNS */
    g_assert_cmphex(cpu(GICC_CTLR), ==, 0x200);
    g_assert_cmphex(cpu(GICC_PMR), ==, 0xfe);
    set_cpu(GICC_PMR, 0x20);
    g_assert_cmphex(cpu(GICC_PMR), ==, 0x20);
    set_cpu(GICC_BPR, 4);
    g_assert_cmphex(cpu(GICC_BPR), ==, 4);
    g_assert_cmphex(cpu(GICC_ABPR), ==, 0);

    rig_secure(true);
    g_assert_cmphex(dist(GICD_CTLR), ==, 1);
    g_assert_cmphex(dist(GICD_IGROUPR + 4), ==, 1u << 9);
    g_assert_cmphex(dist(GICD_ISENABLER + 4), ==, 1u << 8);
    g_assert_cmphex(dist(GICD_IPRIORITYR + 40), ==, 0xff40);
    g_assert_cmphex(dist(GICD_ICFGR + 8), ==, 2u << 18);
    g_assert_cmphex(cpu(GICC_CTLR), ==, 0x400 | GICC_CTLR_FIQ | 1);
    g_assert_cmphex(cpu(GICC_PMR), ==, 0x90);
    g_assert_cmphex(cpu(GICC_ABPR), ==, 4);
    set_cpu(GICC_PMR, 0x70); /* the other state may not lower it */
    set_cpu(GICC_BPR, 2);
    set_cpu(GICC_CTLR, 3 | GICC_CTLR_CBPR);
    rig_secure(false);
    g_assert_cmphex(cpu(GICC_PMR), ==, 0);
    set_cpu(GICC_PMR, 0xf0);
    g_assert_cmphex(cpu(GICC_PMR), ==, 0);
    g_assert_cmphex(cpu(GICC_BPR), ==, 3);
    secure_teardown();
}

static void test_secure_interrupts(void)
{
    secure_setup();
    spi(40, true);
    g_assert_true(fiq(0) && !irq(0));
    rig_secure(false);
    g_assert_cmphex(cpu(GICC_HPPIR), ==, NONE);
    g_assert_cmphex(cpu(GICC_IAR), ==, NONE);
    rig_secure(true);
    g_assert_cmphex(cpu(GICC_IAR), ==, 40);
    rig_secure(false);
    g_assert_cmphex(cpu(GICC_RPR), ==, 0);
    set_cpu(GICC_EOIR, 40); /* not for it to end */
    rig_secure(true);
    g_assert_cmphex(cpu(GICC_RPR), ==, 0x40);
    spi(40, false);
    set_cpu(GICC_EOIR, 40);
    g_assert_cmphex(cpu(GICC_RPR), ==, 0xff);

    spi(41, true);
    g_assert_true(irq(0) && !fiq(0));
    g_assert_cmphex(cpu(GICC_IAR), ==, OTHER_GROUP);
    rig_secure(false);
    g_assert_cmphex(cpu(GICC_IAR), ==, 41);
    g_assert_cmphex(cpu(GICC_RPR), ==, 0x40); /* 0xa0 without its highest bit */
    spi(41, false);
    set_cpu(GICC_EOIR, 41);
    g_assert_false(get_bit(GICD_ISACTIVER, 41));

    /* SGIs: the secure state says of which group, the other has its own only. */
    rig_secure(true);
    set_bit(GICD_IGROUPR, 3);
    rig_secure(false);
    set_dist(GICD_SGIR, 2 << 24 | 2); /* group 0 */
    g_assert_false(fiq(0));
    set_dist(GICD_SGIR, 2 << 24 | 3);
    g_assert_cmphex(cpu(GICC_IAR), ==, 3);
    secure_teardown();
}

/* As firmware would have left it. */
static void test_reset_nonsecure(void)
{
    gic = rig_new(&rig, "arm_gic", 4);
    set_flag("has-security-extensions");
    set_flag("reset-nonsecure");
    rig_start(&rig, gic);
    rig_cpu(0);
    set_dist(GICD_CTLR, 1);
    set_bit(GICD_ISENABLER, 40);
    set_dist(GICD_IPRIORITYR + 40, 0x20);
    set_dist(GICD_ITARGETSR + 40, 1);
    set_cpu(GICC_CTLR, 1);
    set_cpu(GICC_PMR, 0xf0);
    g_assert_cmphex(cpu(GICC_PMR), ==, 0xf0);
    spi(40, true);
    g_assert_true(irq(0));
    g_assert_cmphex(cpu(GICC_IAR), ==, 40);
    secure_teardown();
}

static void test_fuzz(void)
{
    setup(3);
    for (unsigned round = 0; round < 300; round++) {
        rig_cpu(round % 3);
        rig_fuzz(&rig, gic, 1000);
        spi(32 + round % 256, round & 1);
        ppi(round % 3, 16 + round % 16, round & 2);
    }
    teardown();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    rig_init(&rig);
    g_test_add_func("/gicv2/registers", test_registers);
    g_test_add_func("/gicv2/secure-views", test_secure_views);
    g_test_add_func("/gicv2/secure-interrupts", test_secure_interrupts);
    g_test_add_func("/gicv2/reset-nonsecure", test_reset_nonsecure);
    g_test_add_func("/gicv2/level", test_level);
    g_test_add_func("/gicv2/edge", test_edge);
    g_test_add_func("/gicv2/priorities", test_priorities);
    g_test_add_func("/gicv2/preemption", test_preemption);
    g_test_add_func("/gicv2/active", test_active);
    g_test_add_func("/gicv2/groups", test_groups);
    g_test_add_func("/gicv2/targets", test_targets);
    g_test_add_func("/gicv2/sgis", test_sgis);
    g_test_add_func("/gicv2/virtual", test_virtual);
    g_test_add_func("/gicv2/specifiers", test_specifiers);
    g_test_add_func("/gicv2/fuzz", test_fuzz);
    return g_test_run();
}
