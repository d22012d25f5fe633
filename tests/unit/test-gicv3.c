/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The GICv3: distributor, redistributors, the CPU interface by system registers, and the virtual one. What is asked is
 * written in IHI 0069.
 */
#include "gic-cpu.h"
#include "tests/device-rig.h"

enum { DIST, REDIST }; /* regions */
enum { GICD_CTLR = 0x000, GICD_TYPER = 0x004, GICD_IGROUPR = 0x080, GICD_ISENABLER = 0x100, GICD_ICENABLER = 0x180,
       GICD_ISPENDR = 0x200, GICD_ICPENDR = 0x280, GICD_ISACTIVER = 0x300, GICD_ICACTIVER = 0x380, GICD_IPRIORITYR = 0x400,
       GICD_ITARGETSR = 0x800, GICD_ICFGR = 0xc00, GICD_IROUTER = 0x6000 };
enum { GICR_TYPER = 0x8, GICR_WAKER = 0x14, SGI = 0x10000, FRAME = 0x20000 };

#define SYSREG(op1, crn, crm, op2) (3 << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))
enum { PMR = SYSREG(0, 4, 6, 0), IAR0 = SYSREG(0, 12, 8, 0), EOIR0, HPPIR0, BPR0, AP0R0, AP0R1, AP1R0 = SYSREG(0, 12, 9, 0),
       DIR_ = SYSREG(0, 12, 11, 1), RPR = SYSREG(0, 12, 11, 3), SGI1R = SYSREG(0, 12, 11, 5), ASGI1R, SGI0R,
       IAR1 = SYSREG(0, 12, 12, 0), EOIR1, HPPIR1, BPR1, CTLR, SRE, IGRPEN0, IGRPEN1,
       H_AP0R0 = SYSREG(4, 12, 8, 0), H_AP1R0 = SYSREG(4, 12, 9, 0), H_HCR = SYSREG(4, 12, 11, 0), H_VTR, H_MISR, H_EISR,
       H_ELRSR = SYSREG(4, 12, 11, 5), H_VMCR = SYSREG(4, 12, 11, 7), H_LR0 = SYSREG(4, 12, 12, 0) };
enum { CBPR = 1, EOIMODE = 2 };
#define NONE 1023

static struct rig rig;
static struct device *gic;
static unsigned now; /* the CPU whose registers are meant */

static struct gic_cpu interface(void)
{
    struct gic_cpu g;

    gic->type->gic_cpu(gic, now, &g);
    return g;
}

static bool access_ok(unsigned reg, struct gic_access by, bool write)
{
    struct gic_cpu g = interface();
    uint64_t v;

    return write ? g.ops->write(g.opaque, g.n, reg, by, 0) : g.ops->read(g.opaque, g.n, reg, by, &v);
}

static uint64_t get(unsigned reg, struct gic_access by)
{
    struct gic_cpu g = interface();
    uint64_t v = 0;

    g_assert_true(g.ops->read(g.opaque, g.n, reg, by, &v));
    return v;
}

static void set(unsigned reg, struct gic_access by, uint64_t v)
{
    struct gic_cpu g = interface();

    g_assert_true(g.ops->write(g.opaque, g.n, reg, by, v));
}

static const struct gic_access el1 = { .el = 1 }, el2 = { .el = 2 }, guest = { .el = 1, .virtual = true };

static uint64_t icc(unsigned reg)
{
    return get(reg, el1);
}

static void set_icc(unsigned reg, uint64_t v)
{
    set(reg, el1, v);
}

static uint32_t dist(unsigned offset)
{
    return rig_read(&rig, DIST, offset, 4);
}

static void set_dist(unsigned offset, uint32_t v)
{
    rig_write(&rig, DIST, offset, 4, v);
}

static uint32_t redist(unsigned cpu, unsigned offset)
{
    return rig_read(&rig, REDIST, cpu * FRAME + offset, 4);
}

static void set_redist(unsigned cpu, unsigned offset, uint32_t v)
{
    rig_write(&rig, REDIST, cpu * FRAME + offset, 4, v);
}

static void spi(unsigned irq, bool level)
{
    const uint32_t cells[3] = { 0, irq - 32, 4 };
    struct irq line;

    g_assert_true(gic->type->irq_in(gic, cells, 3, &line));
    irq_set(&line, level);
}

static void ppi(unsigned cpu, unsigned irq, bool level)
{
    const uint32_t cells[3] = { 1, irq - 16, 4 };
    struct irq line;

    g_assert_true(gic->type->irq_in_cpu(gic, cpu, cells, 3, &line));
    irq_set(&line, level);
}

enum line { IRQ, FIQ, VIRQ, VFIQ, LINE_G1S, LINE_G1NS };

static bool line(unsigned cpu, enum line k)
{
    return rig.wire[6 * cpu + k];
}

/* Group 1, of that priority, to that CPU. */
static void enable(unsigned irq, uint8_t priority, uint64_t route)
{
    unsigned w = irq / 32 * 4, bit = 1u << irq % 32;

    rig_write(&rig, DIST, GICD_IPRIORITYR + irq, 1, priority);
    rig_write(&rig, DIST, GICD_IROUTER + 8 * irq, 8, route);
    set_dist(GICD_IGROUPR + w, dist(GICD_IGROUPR + w) | bit);
    set_dist(GICD_ISENABLER + w, bit);
}

/* All on, all SGIs and PPIs in group 1. */
static void setup(unsigned ncpus)
{
    gic = rig_new(&rig, "arm-gicv3", 6 * ncpus);
    rig_start(&rig, gic);
    set_dist(GICD_CTLR, 3);
    for (unsigned n = ncpus; n--;) {
        now = n;
        set_redist(n, SGI + GICD_IGROUPR, 0xffffffff);
        set_icc(PMR, 0xff);
        set_icc(IGRPEN0, 1);
        set_icc(IGRPEN1, 1);
    }
}

static void teardown(void)
{
    rig_remove(&rig, gic);
}

static void test_registers(void)
{
    static const uint8_t ids[] = { 0x44, 0, 0, 0, 0x92, 0xb4, 0x3b, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

    setup(3);
    g_assert_cmphex(dist(GICD_CTLR), ==, 0x53); /* ARE and DS stay */
    g_assert_cmphex(dist(GICD_TYPER), ==, 0x03780008);
    for (unsigned i = 0; i < ARRAY_SIZE(ids); i++) {
        g_assert_cmphex(dist(0xffd0 + 4 * i), ==, ids[i]);
        g_assert_cmphex(redist(1, 0xffd0 + 4 * i), ==, ids[i]);
    }
    g_assert_cmphex(rig_read(&rig, REDIST, GICR_TYPER, 8), ==, 0);
    g_assert_cmphex(rig_read(&rig, REDIST, FRAME + GICR_TYPER, 8), ==, UINT64_C(1) << 32 | 1 << 8);
    g_assert_cmphex(rig_read(&rig, REDIST, 2 * FRAME + GICR_TYPER, 8), ==, UINT64_C(2) << 32 | 2 << 8 | 1 << 4);
    g_assert_cmphex(redist(0, GICR_WAKER), ==, 6);
    set_redist(0, GICR_WAKER, 0);
    g_assert_cmphex(redist(0, GICR_WAKER), ==, 0);
    /* What is the redistributors', and what affinity routing takes away, reads as zero. */
    set_dist(GICD_ISENABLER, 0xffffffff);
    set_dist(GICD_ITARGETSR + 32, 0xffffffff);
    rig_write(&rig, DIST, GICD_IPRIORITYR + 8, 4, 0xffffffff);
    g_assert_cmphex(dist(GICD_ISENABLER), ==, 0);
    g_assert_cmphex(dist(GICD_ITARGETSR + 32), ==, 0);
    g_assert_cmphex(dist(GICD_IPRIORITYR + 8), ==, 0);
    /* 5 bits of priority. */
    set_dist(GICD_IPRIORITYR + 40, 0xffffffff);
    g_assert_cmphex(dist(GICD_IPRIORITYR + 40), ==, 0xf8f8f8f8);
    set_redist(1, SGI + GICD_IPRIORITYR + 28, 0x44332211);
    g_assert_cmphex(redist(1, SGI + GICD_IPRIORITYR + 28), ==, 0x40302010);
    g_assert_cmphex(redist(0, SGI + GICD_IPRIORITYR + 28), ==, 0);
    set_icc(PMR, 0xff);
    g_assert_cmphex(icc(PMR), ==, 0xf8);
    rig_write(&rig, DIST, GICD_IROUTER + 8 * 40, 8, UINT64_MAX);
    g_assert_cmphex(rig_read(&rig, DIST, GICD_IROUTER + 8 * 40, 8), ==, UINT64_C(0xff00ffffff)); /* no 1 of N */
    set_dist(GICD_IROUTER + 8 * 40 + 4, 2);
    g_assert_cmphex(rig_read(&rig, DIST, GICD_IROUTER + 8 * 40, 8), ==, UINT64_C(0x200ffffff));
    set_redist(0, SGI + GICD_ICFGR, 0);
    g_assert_cmphex(redist(0, SGI + GICD_ICFGR), ==, 0xaaaaaaaa);
    set_redist(0, SGI + GICD_ICFGR + 4, 0xffffffff);
    g_assert_cmphex(redist(0, SGI + GICD_ICFGR + 4), ==, 0xaaaaaaaa);
    /* System registers. */
    g_assert_cmphex(icc(CTLR), ==, 0x8c00);
    set_icc(CTLR, UINT64_MAX);
    g_assert_cmphex(icc(CTLR), ==, 0x8c03);
    set_icc(CTLR, 0);
    g_assert_cmphex(icc(SRE), ==, 7);
    set_icc(BPR0, 0);
    set_icc(BPR1, 0);
    g_assert_cmphex(icc(BPR0), ==, 2);
    g_assert_cmphex(icc(BPR1), ==, 3);
    set_icc(CTLR, CBPR);
    set_icc(BPR0, 4);
    set_icc(BPR1, 7); /* ignored */
    g_assert_cmphex(icc(BPR1), ==, 5);
    set_icc(CTLR, 0);
    g_assert_cmphex(icc(BPR1), ==, 3);
    g_assert_false(access_ok(AP0R1, el1, false)); /* there is one for 32 priorities */
    g_assert_false(access_ok(DIR_, el1, false));
    g_assert_false(access_ok(IAR0, el1, true));
    g_assert_false(access_ok(H_HCR, el1, false));
    g_assert_true(access_ok(H_HCR, el2, false));
    teardown();
}

static void test_level_and_edge(void)
{
    setup(2);
    now = 1;
    enable(40, 0x80, 1);
    spi(40, true);
    g_assert_true(line(1, IRQ) && !line(1, FIQ) && !line(0, IRQ));
    g_assert_cmpuint(icc(HPPIR1), ==, 40);
    g_assert_cmpuint(icc(HPPIR0), ==, NONE);
    g_assert_cmpuint(icc(IAR0), ==, NONE);
    g_assert_cmpuint(icc(IAR1), ==, 40);
    g_assert_false(line(1, IRQ));
    g_assert_cmphex(icc(RPR), ==, 0x80);
    g_assert_cmphex(dist(GICD_ISACTIVER + 4), ==, 1u << 8);
    g_assert_cmphex(dist(GICD_ISPENDR + 4), ==, 1u << 8);
    set_icc(EOIR1, 40);
    g_assert_true(line(1, IRQ)); /* still high */
    spi(40, false);
    g_assert_false(line(1, IRQ));
    g_assert_cmpuint(icc(IAR1), ==, NONE);
    g_assert_cmphex(icc(RPR), ==, 0xff);
    /* Edges are remembered, also while it is active. */
    set_dist(GICD_ICFGR + 8, 2u << 16);
    spi(40, true);
    spi(40, false);
    g_assert_cmpuint(icc(IAR1), ==, 40);
    spi(40, true);
    spi(40, false);
    set_icc(EOIR1, 40);
    g_assert_cmpuint(icc(IAR1), ==, 40);
    set_icc(EOIR1, 40);
    g_assert_false(line(1, IRQ));
    /* Pending by software. */
    set_dist(GICD_ISPENDR + 4, 1u << 8);
    g_assert_true(line(1, IRQ));
    set_dist(GICD_ICPENDR + 4, 1u << 8);
    g_assert_false(line(1, IRQ));
    teardown();
}

static void test_routing(void)
{
    setup(3);
    enable(40, 0, 2);
    spi(40, true);
    g_assert_true(line(2, IRQ));
    rig_write(&rig, DIST, GICD_IROUTER + 8 * 40, 8, 0);
    g_assert_true(line(0, IRQ) && !line(2, IRQ));
    rig_write(&rig, DIST, GICD_IROUTER + 8 * 40, 8, 0x100); /* nobody */
    g_assert_false(line(0, IRQ) || line(1, IRQ) || line(2, IRQ));
    spi(40, false);
    /* PPIs. */
    set_redist(1, SGI + GICD_ISENABLER, 1u << 27);
    ppi(0, 27, true);
    ppi(1, 27, true);
    g_assert_true(!line(0, IRQ) && line(1, IRQ));
    now = 1;
    g_assert_cmpuint(icc(IAR1), ==, 27);
    ppi(1, 27, false);
    ppi(0, 27, false);
    set_icc(EOIR1, 27);
    teardown();
}

static void test_priorities(void)
{
    setup(1);
    enable(40, 0x80, 0);
    enable(41, 0x60, 0);
    enable(42, 0x60, 0);
    spi(40, true);
    g_assert_cmpuint(icc(IAR1), ==, 40);
    spi(42, true);
    spi(41, true);
    g_assert_true(line(0, IRQ));
    g_assert_cmpuint(icc(IAR1), ==, 41);
    g_assert_false(line(0, IRQ)); /* equal ones don't preempt */
    g_assert_cmphex(icc(AP1R0), ==, 1u << 12 | 1u << 16);
    spi(41, false);
    set_icc(EOIR1, 41);
    g_assert_cmpuint(icc(IAR1), ==, 42);
    spi(42, false);
    set_icc(EOIR1, 42);
    spi(40, false);
    set_icc(EOIR1, 40);
    g_assert_cmphex(icc(AP1R0), ==, 0);
    /* The mask. */
    spi(40, true);
    set_icc(PMR, 0x80);
    g_assert_false(line(0, IRQ));
    g_assert_cmpuint(icc(IAR1), ==, NONE);
    g_assert_cmpuint(icc(HPPIR1), ==, 40);
    set_icc(PMR, 0x88);
    g_assert_true(line(0, IRQ));
    set_icc(IGRPEN1, 0);
    g_assert_false(line(0, IRQ));
    set_icc(IGRPEN1, 1);
    set_dist(GICD_CTLR, 1);
    g_assert_false(line(0, IRQ));
    set_dist(GICD_CTLR, 3);
    set_dist(GICD_ICENABLER + 4, 1u << 8);
    g_assert_false(line(0, IRQ));
    set_dist(GICD_ISENABLER + 4, 1u << 8);
    /* The binary point: only bit 7 decides. */
    set_icc(BPR1, 7);
    enable(40, 0xa0, 0);
    set_icc(PMR, 0xff);
    g_assert_cmpuint(icc(IAR1), ==, 40);
    g_assert_cmphex(icc(RPR), ==, 0x80);
    enable(41, 0x90, 0);
    spi(41, true);
    g_assert_false(line(0, IRQ));
    enable(41, 0x78, 0);
    g_assert_true(line(0, IRQ));
    spi(40, false);
    spi(41, false);
    teardown();
}

static void test_eoi_mode(void)
{
    setup(1);
    set_icc(CTLR, EOIMODE);
    enable(40, 0x80, 0);
    spi(40, true);
    g_assert_cmpuint(icc(IAR1), ==, 40);
    set_icc(EOIR1, 40);
    g_assert_cmphex(icc(RPR), ==, 0xff);
    g_assert_false(line(0, IRQ)); /* active */
    set_icc(DIR_, 40);
    g_assert_true(line(0, IRQ));
    set_icc(CTLR, 0);
    g_assert_cmpuint(icc(IAR1), ==, 40);
    set_icc(DIR_, 40); /* does nothing now */
    g_assert_cmphex(dist(GICD_ISACTIVER + 4), ==, 1u << 8);
    set_icc(EOIR0, 40); /* of the other group */
    g_assert_cmphex(icc(RPR), ==, 0x80);
    set_icc(EOIR1, NONE);
    g_assert_cmphex(icc(RPR), ==, 0x80);
    spi(40, false);
    set_icc(EOIR1, 40);
    g_assert_cmphex(dist(GICD_ISACTIVER + 4), ==, 0);
    teardown();
}

static void test_groups(void)
{
    setup(1);
    enable(40, 0x80, 0);
    enable(41, 0x70, 0);
    set_dist(GICD_IGROUPR + 4, 1u << 8);
    spi(40, true);
    spi(41, true); /* group 0 is FIQ */
    g_assert_true(!line(0, IRQ) && line(0, FIQ));
    g_assert_cmpuint(icc(IAR1), ==, NONE);
    g_assert_cmpuint(icc(HPPIR1), ==, NONE);
    g_assert_cmpuint(icc(HPPIR0), ==, 41);
    g_assert_cmpuint(icc(IAR0), ==, 41);
    g_assert_cmphex(icc(AP0R0), ==, 1u << 14);
    spi(41, false);
    set_icc(EOIR0, 41);
    g_assert_true(line(0, IRQ) && !line(0, FIQ));
    g_assert_cmpuint(icc(IAR1), ==, 40);
    spi(40, false);
    set_icc(EOIR1, 40);
    teardown();
}

static void test_sgis(void)
{
    setup(4);
    for (unsigned n = 0; n < 4; n++)
        set_redist(n, SGI + GICD_ISENABLER, 0xffff);
    now = 2;
    set_icc(SGI1R, UINT64_C(5) << 24 | 0xb);
    g_assert_true(line(0, IRQ) && line(1, IRQ) && !line(2, IRQ) && line(3, IRQ));
    for (unsigned n = 0; n < 4; n++) {
        now = n;
        g_assert_cmpuint(icc(IAR1), ==, n == 2 ? NONE : 5);
        set_icc(EOIR1, n == 2 ? NONE : 5);
    }
    set_icc(SGI1R, UINT64_C(1) << 40 | UINT64_C(15) << 24); /* all others, from 3 */
    g_assert_true(line(0, IRQ) && line(1, IRQ) && line(2, IRQ) && !line(3, IRQ));
    for (unsigned n = 0; n < 3; n++)
        set_redist(n, SGI + GICD_ICPENDR, 0xffff);
    g_assert_false(line(0, IRQ));
    set_icc(SGI1R, UINT64_C(1) << 16 | UINT64_C(3) << 24 | 1); /* another cluster */
    set_icc(SGI1R, UINT64_C(1) << 44 | UINT64_C(3) << 24 | 1); /* another range */
    set_icc(SGI0R, UINT64_C(3) << 24 | 1);                     /* another group */
    set_icc(ASGI1R, UINT64_C(3) << 24 | 1);                    /* another security state */
    g_assert_false(line(0, IRQ) || line(0, FIQ));
    set_redist(0, SGI + GICD_IGROUPR, 0);
    set_icc(SGI0R, UINT64_C(3) << 24 | 1);
    g_assert_true(!line(0, IRQ) && line(0, FIQ));
    teardown();
    /* Affinity: 16 CPUs a cluster. */
    setup(16);
    teardown();
}

/* -- Virtual interrupts -- */

static uint64_t ich(unsigned reg)
{
    return get(reg, el2);
}

static void set_ich(unsigned reg, uint64_t v)
{
    set(reg, el2, v);
}

static uint64_t icv(unsigned reg)
{
    return get(reg, guest);
}

static void set_icv(unsigned reg, uint64_t v)
{
    set(reg, guest, v);
}

#define LR(state, hw, group, priority, pintid, vintid)                                                                 \
    ((uint64_t)(state) << 62 | (uint64_t)(hw) << 61 | (uint64_t)(group) << 60 | (uint64_t)(priority) << 48 |           \
     (uint64_t)(pintid) << 32 | (vintid))
enum { INVALID, PENDING, ACTIVE };
#define EOI 0x200 /* in pintid, without hw */

static void setup_virtual(void)
{
    setup(2);
    now = 1;
    set_ich(H_HCR, 1);
    set_icv(PMR, 0xff);
    set_icv(IGRPEN0, 1);
    set_icv(IGRPEN1, 1);
}

static void test_virtual(void)
{
    setup_virtual();
    g_assert_cmphex(ich(H_VTR), ==, 0x90a00003);
    g_assert_cmphex(ich(H_VMCR), ==, 0xf84c000b);
    g_assert_cmphex(icv(CTLR), ==, 0x8c00);
    g_assert_cmphex(ich(H_ELRSR), ==, 0xf);
    set_ich(H_LR0, LR(PENDING, 0, 1, 0x80, 0, 27));
    g_assert_true(line(1, VIRQ) && !line(1, VFIQ) && !line(1, IRQ) && !line(0, VIRQ));
    g_assert_cmphex(ich(H_ELRSR), ==, 0xe);
    g_assert_cmpuint(icv(HPPIR1), ==, 27);
    g_assert_cmpuint(icv(IAR0), ==, NONE);
    g_assert_cmpuint(icv(IAR1), ==, 27);
    g_assert_false(line(1, VIRQ));
    g_assert_cmphex(ich(H_LR0), ==, LR(ACTIVE, 0, 1, 0x80, 0, 27));
    g_assert_cmphex(icv(RPR), ==, 0x80);
    g_assert_cmphex(ich(H_AP1R0), ==, 1u << 16);
    /* Group 0 is a virtual FIQ; higher priorities preempt. */
    set_ich(H_LR0 + 1, LR(PENDING, 0, 0, 0x40, 0, 28));
    g_assert_true(line(1, VFIQ) && !line(1, VIRQ));
    g_assert_cmpuint(icv(IAR0), ==, 28);
    set_icv(EOIR0, 28);
    g_assert_cmphex(ich(H_LR0 + 1), ==, LR(INVALID, 0, 0, 0x40, 0, 28));
    g_assert_cmphex(icv(RPR), ==, 0x80);
    set_icv(EOIR1, 27);
    g_assert_cmphex(icv(RPR), ==, 0xff);
    /* Masks. */
    set_ich(H_LR0, LR(PENDING, 0, 1, 0x80, 0, 27));
    set_icv(PMR, 0x80);
    g_assert_false(line(1, VIRQ));
    set_icv(PMR, 0xff);
    set_icv(IGRPEN1, 0);
    g_assert_false(line(1, VIRQ));
    set_icv(IGRPEN1, 1);
    set_ich(H_HCR, 0);
    g_assert_false(line(1, VIRQ));
    set_ich(H_HCR, 1);
    g_assert_true(line(1, VIRQ));
    /* The guest's registers and ICH_VMCR_EL2 are the same. */
    set_icv(BPR0, 5);
    set_icv(BPR1, 6);
    set_icv(CTLR, EOIMODE);
    g_assert_cmphex(ich(H_VMCR), ==, 0xf8000000 | 5 << 21 | 6 << 18 | 1 << 9 | 0xb);
    set_ich(H_VMCR, 0);
    g_assert_cmphex(icv(BPR0), ==, 2);
    g_assert_cmphex(icv(BPR1), ==, 3);
    g_assert_cmphex(icv(PMR), ==, 0);
    teardown();
}

/* A list register for a physical interrupt: the guest's end is the physical one's. */
static void test_virtual_hw(void)
{
    setup_virtual();
    set_icc(CTLR, EOIMODE); /* the hypervisor drops the priority, its guest deactivates */
    enable(40, 0x80, 1);
    spi(40, true);
    g_assert_cmpuint(icc(IAR1), ==, 40);
    set_icc(EOIR1, 40);
    set_ich(H_LR0, LR(PENDING, 1, 1, 0x80, 40, 33));
    g_assert_cmpuint(icv(IAR1), ==, 33);
    spi(40, false);
    g_assert_cmphex(dist(GICD_ISACTIVER + 4), ==, 1u << 8);
    set_icv(EOIR1, 33);
    g_assert_cmphex(dist(GICD_ISACTIVER + 4), ==, 0);
    /* In two steps. */
    set_dist(GICD_ISACTIVER + 4, 1u << 8);
    set_icv(CTLR, EOIMODE);
    set_ich(H_LR0, LR(PENDING, 1, 1, 0x80, 40, 33));
    g_assert_cmpuint(icv(IAR1), ==, 33);
    set_icv(EOIR1, 33);
    g_assert_cmphex(dist(GICD_ISACTIVER + 4), ==, 1u << 8);
    set_icv(DIR_, 33);
    g_assert_cmphex(dist(GICD_ISACTIVER + 4), ==, 0);
    teardown();
}

static void test_maintenance(void)
{
    setup_virtual();
    set_redist(1, SGI + GICD_ISENABLER, 1u << 25);
    g_assert_false(line(1, IRQ));
    /* Underflow: none or one list register is in use. */
    set_ich(H_HCR, 1 | 2);
    g_assert_cmphex(ich(H_MISR), ==, 2);
    g_assert_true(line(1, IRQ));
    g_assert_cmpuint(icc(HPPIR1), ==, 25);
    set_ich(H_LR0, LR(ACTIVE, 0, 1, 0x80, 0, 27));
    g_assert_cmphex(ich(H_MISR), ==, 2);
    set_ich(H_LR0 + 1, LR(ACTIVE, 0, 1, 0x80, 0, 28));
    g_assert_cmphex(ich(H_MISR), ==, 0);
    g_assert_false(line(1, IRQ));
    /* Nothing pending. */
    set_ich(H_HCR, 1 | 8);
    g_assert_cmphex(ich(H_MISR), ==, 8);
    set_ich(H_LR0 + 2, LR(PENDING, 0, 1, 0x80, EOI, 29));
    g_assert_cmphex(ich(H_MISR), ==, 0);
    /* The end of one that asks for it. */
    g_assert_cmpuint(icv(IAR1), ==, 29);
    g_assert_cmphex(ich(H_EISR), ==, 0);
    set_icv(EOIR1, 29);
    g_assert_cmphex(ich(H_EISR), ==, 4);
    g_assert_cmphex(ich(H_MISR), ==, 1 | 8);
    g_assert_cmphex(ich(H_ELRSR), ==, 8); /* not empty yet */
    set_ich(H_LR0 + 2, 0);
    /* The end of one that is in no list register is counted. */
    set_ich(H_HCR, 1 | 4);
    set_ich(H_AP1R0, 1u << 16);
    set_icv(EOIR1, 77);
    g_assert_cmphex(ich(H_HCR), ==, 1u << 27 | 1 | 4);
    g_assert_cmphex(ich(H_MISR), ==, 4);
    /* Groups that the guest turns on and off. */
    set_ich(H_HCR, 1 | 0xf0);
    g_assert_cmphex(ich(H_MISR), ==, 0x50);
    set_icv(IGRPEN0, 0);
    set_icv(IGRPEN1, 0);
    g_assert_cmphex(ich(H_MISR), ==, 0xa0);
    set_ich(H_HCR, 0xf0); /* not while it is off */
    g_assert_cmphex(ich(H_MISR), ==, 0);
    teardown();
}

/* -- Security states -- */

static const struct gic_access s1 = { .el = 1, .secure = true, .scr_fiq = true },
                               ns1 = { .el = 1, .scr_ns = true, .scr_fiq = true },
                               el3 = { .el = 3, .secure = true, .scr_ns = true, .scr_fiq = true },
                               el3s = { .el = 3, .secure = true, .scr_fiq = true };
enum { IGRPEN1_EL3 = SYSREG(6, 12, 12, 7), CTLR_EL3 = SYSREG(6, 12, 12, 4), SRE_EL3 = SYSREG(6, 12, 12, 5) };
enum { GICD_IGRPMODR = 0xd00 };

/* 40 is of group 0, 41 of secure group 1, 42 of non-secure group 1; of priorities 0x40, 0x50, 0xa0. */
static void secure_setup(void)
{
    gic = rig_new(&rig, "arm-gicv3", 6);
    g_assert_true(device_set_prop(gic, "has-security-extensions", "on", NULL));
    rig_start(&rig, gic);
    now = 0;
    rig_secure(true);
    set_dist(GICD_CTLR, 7);
    set_dist(GICD_IGROUPR + 4, 1u << 10);
    set_dist(GICD_IGRPMODR + 4, 1u << 9);
    set_dist(GICD_IPRIORITYR + 40, 0x00a05040);
    set_dist(GICD_ISENABLER + 4, 7u << 8);
    set(PMR, el3, 0xf8);
    set(IGRPEN0, el3, 1);
    set(IGRPEN1_EL3, el3, 3);
}

static void secure_teardown(void)
{
    rig_secure(false);
    teardown();
}

static void test_secure_views(void)
{
    secure_setup();
    g_assert_cmphex(dist(GICD_CTLR), ==, 0x37);
    g_assert_cmphex(dist(GICD_TYPER) & 0x400, ==, 0x400);
    g_assert_cmphex(get(SRE_EL3, el3), ==, 0xf);
    rig_secure(false);
    g_assert_cmphex(dist(GICD_CTLR), ==, 0x12);
    set_dist(GICD_CTLR, 0xff);
    g_assert_cmphex(dist(GICD_IGROUPR + 4), ==, 0);
    g_assert_cmphex(dist(GICD_IGRPMODR + 4), ==, 0);
    set_dist(GICD_IGROUPR + 4, 0xffffffff);
    set_dist(GICD_IGRPMODR + 4, 0xffffffff);
    g_assert_cmphex(dist(GICD_ISENABLER + 4), ==, 1u << 10);
    set_dist(GICD_ICENABLER + 4, 0xffffffff);
    set_dist(GICD_IPRIORITYR + 40, 0x00202020);
    g_assert_cmphex(dist(GICD_IPRIORITYR + 40), ==, 0x200000);
    rig_write(&rig, DIST, GICD_IROUTER + 8 * 40, 8, 1);
    g_assert_cmphex(redist(0, GICR_WAKER), ==, 0);
    set_redist(0, SGI + GICD_IGROUPR, 0xffffffff);
    rig_secure(true);
    g_assert_cmphex(dist(GICD_CTLR), ==, 0x37);
    g_assert_cmphex(dist(GICD_IGROUPR + 4), ==, 1u << 10);
    g_assert_cmphex(dist(GICD_IGRPMODR + 4), ==, 1u << 9);
    g_assert_cmphex(dist(GICD_ISENABLER + 4), ==, 3u << 8);
    g_assert_cmphex(dist(GICD_IPRIORITYR + 40), ==, 0x905040);
    g_assert_cmphex(rig_read(&rig, DIST, GICD_IROUTER + 8 * 40, 8), ==, 0);
    g_assert_cmphex(redist(0, SGI + GICD_IGROUPR), ==, 0);
    g_assert_cmphex(redist(0, GICR_WAKER), ==, 6);

    /* Banks, and EL3's registers of both. */
    set(CTLR, s1, EOIMODE);
    set(CTLR, ns1, CBPR); /* EL3's alone */
    g_assert_cmphex(get(CTLR, s1) & 3, ==, EOIMODE);
    g_assert_cmphex(get(CTLR, ns1) & 3, ==, 0);
    g_assert_cmphex(get(CTLR_EL3, el3) & 0x1f, ==, 0x08);
    set(CTLR_EL3, el3, 0x15);
    g_assert_cmphex(get(CTLR, s1) & 3, ==, CBPR);
    g_assert_cmphex(get(CTLR, ns1) & 3, ==, EOIMODE);
    set(CTLR, s1, 0);
    g_assert_cmphex(get(CTLR, s1) & 3, ==, CBPR);
    set(CTLR_EL3, el3, 0);
    set(BPR1, s1, 2);
    set(BPR1, ns1, 2);
    g_assert_cmphex(get(BPR1, s1), ==, 2);
    g_assert_cmphex(get(BPR1, ns1), ==, 3);
    /* CBPR for both: group 0's, but to EL3. */
    set(BPR0, s1, 5);
    set(CTLR_EL3, el3, 3);
    g_assert_cmphex(get(BPR1, s1), ==, 5);
    g_assert_cmphex(get(BPR1, ns1), ==, 6);
    g_assert_cmphex(get(BPR1, el3s), ==, 2);
    g_assert_cmphex(get(BPR1, el3), ==, 3);
    set(BPR1, s1, 4);
    set(BPR1, ns1, 7);
    set(BPR1, el3, 6);
    g_assert_cmphex(get(BPR0, s1), ==, 4);
    g_assert_cmphex(get(BPR1, ns1), ==, 5);
    set(CTLR_EL3, el3, 0);
    g_assert_cmphex(get(BPR1, s1), ==, 2);
    g_assert_cmphex(get(BPR1, ns1), ==, 6);
    set(BPR0, s1, 2);
    set(BPR1, ns1, 3);
    set(IGRPEN1, ns1, 0);
    g_assert_cmphex(get(IGRPEN1_EL3, el3), ==, 2);
    g_assert_cmphex(get(IGRPEN1, el3s), ==, 1);
    g_assert_false(access_ok(IGRPEN1_EL3, s1, false));
    /* Priorities as the non-secure state sees them. */
    g_assert_cmphex(get(PMR, ns1), ==, 0xf0);
    set(PMR, ns1, 0x40);
    g_assert_cmphex(get(PMR, el3), ==, 0xa0);
    set(PMR, el3, 0x78);
    g_assert_cmphex(get(PMR, ns1), ==, 0);
    set(PMR, ns1, 0xff);
    g_assert_cmphex(get(PMR, el3), ==, 0x78);
    set_dist(GICD_CTLR, 0x40); /* DS: one state from now on */
    g_assert_cmphex(dist(GICD_CTLR), ==, 0x50);
    set_dist(GICD_CTLR, 0);
    g_assert_cmphex(dist(GICD_CTLR), ==, 0x50);
    rig_secure(false);
    set_dist(GICD_IGROUPR + 4, 0xffffffff);
    g_assert_cmphex(dist(GICD_IGROUPR + 4), ==, 0xffffffff);
    secure_teardown();
}

static void test_secure_interrupts(void)
{
    secure_setup();
    spi(40, true);
    g_assert_true(line(0, FIQ) && !line(0, LINE_G1S) && !line(0, LINE_G1NS) && !line(0, IRQ));
    g_assert_cmphex(get(IAR0, ns1), ==, NONE);
    g_assert_cmphex(get(IAR1, s1), ==, NONE);
    g_assert_cmphex(get(IAR0, el3), ==, 40);
    g_assert_cmphex(get(RPR, ns1), ==, 0);
    spi(40, false);
    set(EOIR0, ns1, 40);
    g_assert_cmphex(get(RPR, el3), ==, 0x40);
    set(EOIR0, el3, 40);
    g_assert_cmphex(get(RPR, el3), ==, 0xff);

    spi(41, true);
    g_assert_true(line(0, LINE_G1S) && !line(0, FIQ));
    g_assert_cmphex(get(HPPIR1, ns1), ==, NONE);
    g_assert_cmphex(get(HPPIR0, s1), ==, NONE);
    g_assert_cmphex(get(HPPIR0, el3), ==, 1020);
    g_assert_cmphex(get(IAR1, s1), ==, 41);
    spi(41, false);
    set(EOIR1, ns1, 41);
    g_assert_cmphex(get(RPR, s1), ==, 0x50);
    set(EOIR1, s1, 41);

    spi(42, true);
    g_assert_true(line(0, LINE_G1NS) && !line(0, IRQ));
    g_assert_cmphex(get(IAR1, s1), ==, NONE);
    g_assert_cmphex(get(IAR0, el3), ==, 1021);
    g_assert_cmphex(get(IAR1, ns1), ==, 42);
    g_assert_cmphex(get(RPR, ns1), ==, 0x40);
    spi(42, false);
    set(EOIR1, ns1, 42);
    g_assert_cmphex(get(RPR, ns1), ==, 0xff);
    secure_teardown();
}

static uint32_t sgis_pending(void)
{
    uint32_t v = redist(0, SGI + GICD_ISPENDR) & 0xffff;

    set_redist(0, SGI + GICD_ICPENDR, 0xffff);
    return v;
}

static void test_secure_sgis(void)
{
    secure_setup();
    set_redist(0, SGI + GICD_IGROUPR, 1u << 2);
    set_redist(0, SGI + GICD_IGRPMODR, 1u << 1); /* SGI 0: group 0, 1: secure group 1, 2: non-secure */
    for (unsigned id = 0; id < 3; id++) {
        uint64_t v = (uint64_t)id << 24 | 1;
        set(SGI0R, s1, v);
        g_assert_cmphex(sgis_pending(), ==, id == 0 ? 1 : 0);
        set(SGI1R, s1, v);
        g_assert_cmphex(sgis_pending(), ==, id == 0 ? 1 : id == 1 ? 2 : 0);
        set(ASGI1R, s1, v);
        g_assert_cmphex(sgis_pending(), ==, id == 2 ? 4 : 0);
        set(SGI0R, ns1, v);
        set(ASGI1R, ns1, v);
        g_assert_cmphex(sgis_pending(), ==, 0);
        set(SGI1R, ns1, v);
        g_assert_cmphex(sgis_pending(), ==, id == 2 ? 4 : 0);
    }
    secure_teardown();
}

static void test_fuzz(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);

    setup(3);
    for (unsigned round = 0; round < 300; round++) {
        if (round == 150)
            g_assert_true(device_set_prop(gic, "has-security-extensions", "on", NULL));
        rig_secure(round & 4);
        rig_fuzz(&rig, gic, 500);
        spi(32 + round % 256, round & 1);
        ppi(round % 3, 16 + round % 16, round & 2);
        for (unsigned i = 0; i < 300; i++) {
            struct gic_cpu g = interface();
            static const unsigned op1s[] = { 0, 4, 6 };
            struct gic_access by = { .el = g_rand_int_range(rand, 1, 4), .virtual = g_rand_boolean(rand),
                                     .secure = g_rand_boolean(rand), .scr_ns = g_rand_boolean(rand),
                                     .scr_fiq = g_rand_boolean(rand) };
            unsigned reg = SYSREG(op1s[g_rand_int_range(rand, 0, 3)], 12, g_rand_int_range(rand, 8, 14), g_rand_int_range(rand, 0, 8));
            uint64_t v = (uint64_t)g_rand_int(rand) << 32 | g_rand_int(rand);
            now = g_rand_int_range(rand, 0, 3);
            if (g_rand_boolean(rand))
                g.ops->write(g.opaque, g.n, reg, by, v);
            else
                g.ops->read(g.opaque, g.n, reg, by, &v);
        }
    }
    secure_teardown();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    rig_init(&rig);
    g_test_add_func("/gicv3/registers", test_registers);
    g_test_add_func("/gicv3/level-and-edge", test_level_and_edge);
    g_test_add_func("/gicv3/routing", test_routing);
    g_test_add_func("/gicv3/priorities", test_priorities);
    g_test_add_func("/gicv3/eoi-mode", test_eoi_mode);
    g_test_add_func("/gicv3/groups", test_groups);
    g_test_add_func("/gicv3/sgis", test_sgis);
    g_test_add_func("/gicv3/secure-views", test_secure_views);
    g_test_add_func("/gicv3/secure-interrupts", test_secure_interrupts);
    g_test_add_func("/gicv3/secure-sgis", test_secure_sgis);
    g_test_add_func("/gicv3/virtual", test_virtual);
    g_test_add_func("/gicv3/virtual-hw", test_virtual_hw);
    g_test_add_func("/gicv3/maintenance", test_maintenance);
    g_test_add_func("/gicv3/fuzz", test_fuzz);
    return g_test_run();
}
