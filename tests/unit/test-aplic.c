/* SPDX-License-Identifier: BSD-2-Clause */
/* APLIC domains: source modes, delegation, direct delivery with its IDCs, and delivery by MSI. */
#include "tests/device-rig.h"

#define SOURCECFG(n) (4 * (n))
#define TARGET(n) (0x3000 + 4 * (n))
#define IDC(h, reg) (0x4000 + 32 * (h) + (reg))
enum {
    DOMAINCFG = 0, MMSIADDRCFG = 0x1bc0, MMSIADDRCFGH = 0x1bc4, SMSIADDRCFG = 0x1bc8, SMSIADDRCFGH = 0x1bcc,
    SETIP = 0x1c00, SETIPNUM = 0x1cdc, IN_CLRIP = 0x1d00, CLRIPNUM = 0x1ddc, SETIE = 0x1e00, SETIENUM = 0x1edc,
    CLRIE = 0x1f00, CLRIENUM = 0x1fdc, SETIPNUM_LE = 0x2000, SETIPNUM_BE = 0x2004, GENMSI = 0x3000,
};
enum { IDELIVERY = 0, IFORCE = 4, ITHRESHOLD = 8, TOPI = 0x18, CLAIMI = 0x1c };
enum { DETACHED = 1, EDGE1 = 4, EDGE0, LEVEL1, LEVEL0 };
#define DELEGATE 0x400
#define IE 0x100
#define DM 4
#define HART(n) ((uint32_t)(n) << 18)
#define TOP(n, prio) ((n) << 16 | (prio))

/* MSIs are written to RAM, where a page a hart tells what came; the supervisor's have pages of their own. */
#define M_PAGES RIG_RAM
#define S_PAGES (RIG_RAM + 0x10000)

static struct rig rig;
static struct device *root, *child;
#define CHILD_BASE 0x60000000

static uint32_t rd(uint64_t offset)
{
    return rig_read(&rig, 0, offset, 4);
}

static void wr(uint64_t offset, uint32_t v)
{
    rig_write(&rig, 0, offset, 4, v);
}

static uint32_t child_rd(uint64_t offset)
{
    uint64_t v = 0;

    g_assert_cmpint(bus_read(rig.m.as, CHILD_BASE + offset, 4, &v), ==, BUS_OK);
    return v;
}

static void child_wr(uint64_t offset, uint32_t v)
{
    g_assert_cmpint(bus_write(rig.m.as, CHILD_BASE + offset, 4, v), ==, BUS_OK);
}

static void source(struct device *d, unsigned n, bool level)
{
    uint32_t cells[2] = { n, 4 };
    struct irq line;

    g_assert_true(d->type->irq_in(d, cells, 2, &line));
    irq_set(&line, level);
}

static void setup(unsigned nirqs, bool msi)
{
    root = rig_new(&rig, "riscv.aplic", nirqs);
    g_assert_true(device_set_prop(root, "child", "77", NULL));
    g_assert_true(device_set_prop(root, "iprio-bits", "8", NULL));
    if (msi)
        g_assert_true(device_set_prop(root, "msi-parent", "1", NULL));
    rig_start(&rig, root);
    child = NULL;
}

/* The child's outputs are not the rig's wires. */
static void add_child(bool msi)
{
    g_autoptr(GError) err = NULL;

    child = device_new(device_type_find("riscv.aplic"), &rig.m, "child");
    g_assert_true(device_set_prop(child, "phandle", "77", NULL));
    if (msi)
        g_assert_true(device_set_prop(child, "msi-parent", "1", NULL));
    else
        child->nirqs = 1;
    child->irqs = g_new0(struct irq, 2);
    device_realize(child, &err);
    g_assert_no_error(err);
    address_space_map(rig.m.as, &child->regions[0], CHILD_BASE, 0);
    g_ptr_array_add(rig.m.devices, child);
    device_reset(child);
}

static void teardown(void)
{
    if (child) {
        address_space_unmap(rig.m.as, &child->regions[0]);
        g_ptr_array_remove(rig.m.devices, child);
        device_free(child);
    }
    rig_remove(&rig, root);
}

/* What was written to a page since the last time. */
static uint32_t message(gpa page)
{
    uint32_t v = 0, none = 0;

    g_assert_true(dma_read(rig.m.as, page, &v, 4));
    g_assert_true(dma_write(rig.m.as, page, &none, 4));
    return v;
}

/* -- Direct delivery -- */

static void direct_source(unsigned n, unsigned mode, unsigned hart, unsigned prio)
{
    wr(SOURCECFG(n), mode);
    wr(TARGET(n), HART(hart) | prio);
    wr(SETIENUM, n);
}

static void direct(void)
{
    setup(2, false);
    for (unsigned n = 1; n <= 96; n++)
        source(root, n, false);
    wr(DOMAINCFG, IE);
    wr(IDC(0, IDELIVERY), 1);
    wr(IDC(1, IDELIVERY), 1);
}

static void test_level(void)
{
    direct();
    direct_source(10, LEVEL1, 1, 3);
    source(root, 10, true);
    g_assert_true(rig.wire[1]);
    g_assert_false(rig.wire[0]);
    g_assert_cmphex(rd(SETIP), ==, 1 << 10);
    g_assert_cmphex(rd(IN_CLRIP), ==, 1 << 10);
    g_assert_cmphex(rd(IDC(1, TOPI)), ==, TOP(10, 3));
    g_assert_cmphex(rd(IDC(1, CLAIMI)), ==, TOP(10, 3));
    wr(CLRIPNUM, 10);
    g_assert_true(rig.wire[1]); /* pending as long as it is high */
    source(root, 10, false);
    g_assert_false(rig.wire[1]);
    g_assert_cmphex(rd(IDC(1, CLAIMI)), ==, 0);
    wr(SETIPNUM, 10);
    wr(SETIP, 1 << 10);
    g_assert_cmphex(rd(SETIP), ==, 0);
    direct_source(40, LEVEL0, 0, 1); /* low, so it is asserted */
    g_assert_true(rig.wire[0]);
    g_assert_cmphex(rd(IN_CLRIP + 4), ==, 1 << 8);
    source(root, 40, true);
    g_assert_false(rig.wire[0]);
    teardown();
}

static void test_edge(void)
{
    direct();
    direct_source(5, EDGE1, 0, 1);
    direct_source(6, EDGE0, 0, 1);
    direct_source(7, DETACHED, 0, 1);
    g_assert_false(rig.wire[0]);
    source(root, 5, true);
    g_assert_true(rig.wire[0]);
    source(root, 5, false); /* stays pending */
    g_assert_cmphex(rd(IDC(0, CLAIMI)), ==, TOP(5, 1));
    g_assert_false(rig.wire[0]);
    source(root, 6, true);
    g_assert_false(rig.wire[0]);
    source(root, 6, false);
    g_assert_cmphex(rd(IDC(0, CLAIMI)), ==, TOP(6, 1));
    source(root, 7, true);
    g_assert_false(rig.wire[0]);
    wr(SETIPNUM_LE, 7);
    g_assert_cmphex(rd(SETIP), ==, 1 << 7);
    wr(CLRIPNUM, 7);
    wr(SETIPNUM_BE, 7u << 24);
    wr(SETIP, 1 << 6);
    g_assert_cmphex(rd(SETIP), ==, 1 << 6 | 1 << 7);
    wr(IN_CLRIP, 1 << 6);
    g_assert_cmphex(rd(IDC(0, TOPI)), ==, TOP(7, 1));
    wr(CLRIE, 1 << 7);
    g_assert_cmphex(rd(SETIE), ==, 1 << 5 | 1 << 6);
    g_assert_cmphex(rd(IDC(0, TOPI)), ==, 0);
    wr(SETIE, 1 << 7);
    g_assert_true(rig.wire[0]);
    wr(CLRIENUM, 7);
    g_assert_false(rig.wire[0]);
    teardown();
}

static void test_priorities(void)
{
    direct();
    direct_source(20, DETACHED, 0, 9);
    direct_source(21, DETACHED, 0, 5);
    direct_source(22, DETACHED, 0, 5);
    direct_source(95, DETACHED, 0, 0); /* 0 becomes 1 */
    wr(SETIP, 7 << 20);
    g_assert_cmphex(rd(IDC(0, TOPI)), ==, TOP(21, 5));
    wr(IDC(0, ITHRESHOLD), 5);
    g_assert_cmphex(rd(IDC(0, TOPI)), ==, 0);
    g_assert_false(rig.wire[0]);
    wr(SETIPNUM, 95);
    g_assert_cmphex(rd(IDC(0, CLAIMI)), ==, TOP(95, 1));
    wr(IDC(0, ITHRESHOLD), 6);
    g_assert_cmphex(rd(IDC(0, CLAIMI)), ==, TOP(21, 5));
    g_assert_cmphex(rd(IDC(0, CLAIMI)), ==, TOP(22, 5));
    g_assert_cmphex(rd(IDC(0, CLAIMI)), ==, 0);
    wr(IDC(0, ITHRESHOLD), 0);
    g_assert_true(rig.wire[0]);
    wr(DOMAINCFG, 0);
    g_assert_false(rig.wire[0]);
    wr(DOMAINCFG, IE);
    wr(IDC(0, IDELIVERY), 0);
    g_assert_false(rig.wire[0]);
    wr(IDC(0, IDELIVERY), 1);
    wr(TARGET(20), HART(1) | 9); /* moves away */
    g_assert_true(rig.wire[1] && !rig.wire[0]);
    /* A spurious interrupt, until it is claimed. */
    wr(IDC(0, IFORCE), 1);
    g_assert_true(rig.wire[0]);
    g_assert_cmphex(rd(IDC(0, CLAIMI)), ==, 0);
    g_assert_false(rig.wire[0]);
    g_assert_cmphex(rd(IDC(0, IFORCE)), ==, 0);
    teardown();
}

/* What registers keep, and that an inactive source has nothing. */
static void test_warl(void)
{
    uint32_t bad;
    struct irq line;

    direct();
    wr(DOMAINCFG, UINT32_MAX);
    g_assert_cmphex(rd(DOMAINCFG), ==, 0x80000000 | IE);
    wr(TARGET(3), 0xffffffff);
    wr(SETIENUM, 3);
    wr(SETIPNUM, 3);
    g_assert_cmphex(rd(TARGET(3)) | rd(SETIE) | rd(SETIP), ==, 0);
    wr(SOURCECFG(3), 2);
    g_assert_cmphex(rd(SOURCECFG(3)), ==, 0);
    wr(SOURCECFG(3), DELEGATE); /* a domain without a child */
    g_assert_cmphex(rd(SOURCECFG(3)), ==, 0);
    wr(SOURCECFG(3), 0xfffffu << 12 | EDGE1);
    g_assert_cmphex(rd(SOURCECFG(3)), ==, EDGE1);
    wr(TARGET(3), UINT32_MAX);
    g_assert_cmphex(rd(TARGET(3)), ==, 0xfffc00ff);
    wr(SETIENUM, 3);
    wr(SETIPNUM, 3);
    wr(SOURCECFG(3), 0);
    g_assert_cmphex(rd(TARGET(3)) | rd(SETIE) | rd(SETIP), ==, 0);
    wr(SOURCECFG(97), EDGE1);
    g_assert_cmphex(rd(SOURCECFG(97)), ==, 0);
    wr(GENMSI, UINT32_MAX);
    wr(MMSIADDRCFG, UINT32_MAX);
    g_assert_cmphex(rd(GENMSI) | rd(MMSIADDRCFG), ==, 0); /* no MSIs here */
    g_assert_true(rig_refuses(&rig, 0, 4, 1));
    g_assert_true(rig_refuses(&rig, 0, 8, 8));
    bad = 0;
    g_assert_false(root->type->irq_in(root, &bad, 1, &line));
    bad = 97;
    g_assert_false(root->type->irq_in(root, &bad, 1, &line));
    teardown();
}

/* -- Delivery by MSI -- */

static void msi(bool with_child)
{
    setup(0, true);
    if (with_child)
        add_child(true);
    for (unsigned n = 1; n <= 96; n++)
        source(root, n, false);
    wr(MMSIADDRCFG, M_PAGES >> 12);
    wr(MMSIADDRCFGH, 3 << 12); /* LHXW: harts 0-7 */
    if (with_child) {
        wr(SMSIADDRCFG, S_PAGES >> 12);
        wr(SMSIADDRCFGH, 1 << 20); /* two pages a hart */
    }
    for (unsigned page = 0; page < 32; page++)
        message(M_PAGES + 0x1000 * page);
}

static void test_msi(void)
{
    msi(false);
    wr(DOMAINCFG, IE);
    g_assert_cmphex(rd(DOMAINCFG), ==, 0x80000000 | IE | DM);
    wr(SOURCECFG(9), EDGE1);
    wr(TARGET(9), HART(2) | 0x3f << 12 | 44);
    g_assert_cmphex(rd(TARGET(9)), ==, HART(2) | 44); /* no guests at machine level */
    source(root, 9, true);
    g_assert_cmphex(rd(SETIP), ==, 1 << 9); /* not enabled */
    g_assert_cmpuint(message(M_PAGES + 0x2000), ==, 0);
    wr(SETIENUM, 9);
    g_assert_cmpuint(message(M_PAGES + 0x2000), ==, 44);
    g_assert_cmphex(rd(SETIP), ==, 0);
    wr(SETIPNUM, 9);
    g_assert_cmpuint(message(M_PAGES + 0x2000), ==, 44);

    /* A level is sent once; setipnum sends it again if it is still there. */
    wr(SOURCECFG(10), LEVEL1);
    wr(TARGET(10), HART(0) | 45);
    wr(SETIENUM, 10);
    source(root, 10, true);
    g_assert_cmpuint(message(M_PAGES), ==, 45);
    wr(SETIPNUM, 10);
    g_assert_cmpuint(message(M_PAGES), ==, 45);
    source(root, 10, false);
    wr(SETIPNUM, 10);
    g_assert_cmpuint(message(M_PAGES), ==, 0);
    /* What came while the domain was off is sent when it is on again, but not what has gone. */
    wr(DOMAINCFG, 0);
    source(root, 10, true);
    source(root, 9, false);
    source(root, 9, true);
    source(root, 10, false);
    wr(DOMAINCFG, IE);
    g_assert_cmpuint(message(M_PAGES), ==, 0);
    g_assert_cmpuint(message(M_PAGES + 0x2000), ==, 44);

    wr(GENMSI, HART(3) | 99);
    g_assert_cmpuint(message(M_PAGES + 0x3000), ==, 99);
    g_assert_cmphex(rd(GENMSI), ==, HART(3) | 99); /* not busy */
    teardown();
}

static void test_msi_addresses(void)
{
    msi(false);
    wr(DOMAINCFG, IE);
    /* Two groups of two harts, groups 2^(12 + 24) bytes apart but for HHXS = 0: 2^24. There is nothing there. */
    wr(MMSIADDRCFGH, 1 << 20 | 1 << 16 | 1 << 12);
    wr(GENMSI, HART(1) | 7);
    g_assert_cmpuint(message(M_PAGES + 0x2000), ==, 7); /* LHXS = 1 */
    wr(GENMSI, HART(2) | 8);
    g_assert_cmpuint(message(M_PAGES), ==, 0);
    wr(MMSIADDRCFGH, UINT32_MAX);
    g_assert_cmphex(rd(MMSIADDRCFGH), ==, 0x9f77ffff);
    wr(MMSIADDRCFGH, 0); /* locked */
    wr(MMSIADDRCFG, 0);
    g_assert_cmphex(rd(MMSIADDRCFGH), ==, 0x9f77ffff);
    g_assert_cmphex(rd(MMSIADDRCFG), ==, M_PAGES >> 12);
    g_assert_cmphex(rd(SMSIADDRCFG), ==, 0); /* no supervisor domain */
    teardown();
}

/* An APLIC that is told to send MSIs to an APLIC, itself even, does not hang. */
static void test_msi_to_itself(void)
{
    msi(false);
    wr(DOMAINCFG, IE);
    wr(MMSIADDRCFG, 0x10002); /* setipnum_le of the root */
    wr(GENMSI, 5);
    teardown();
}

/* -- Domains -- */

static void test_delegation(void)
{
    msi(true);
    wr(DOMAINCFG, IE);
    child_wr(DOMAINCFG, IE);
    child_wr(SOURCECFG(8), LEVEL1);
    g_assert_cmphex(child_rd(SOURCECFG(8)), ==, 0); /* not yet its own */
    source(child, 8, true); /* arrives at the root */
    wr(SOURCECFG(8), DELEGATE | 5);
    g_assert_cmphex(rd(SOURCECFG(8)), ==, DELEGATE);
    g_assert_cmphex(rd(TARGET(8)), ==, 0);
    child_wr(SOURCECFG(8), LEVEL1);
    g_assert_cmphex(child_rd(IN_CLRIP), ==, 1 << 8);
    g_assert_cmphex(rd(IN_CLRIP), ==, 0);
    child_wr(TARGET(8), HART(1) | 1 << 12 | 60);
    child_wr(SETIENUM, 8);
    g_assert_cmpuint(message(S_PAGES + 0x3000), ==, 60); /* page 2 * 1 of the guest's file 1 */
    child_wr(TARGET(8), HART(1) | 61);
    source(child, 8, false);
    source(child, 8, true);
    g_assert_cmpuint(message(S_PAGES + 0x2000), ==, 61);
    child_wr(SOURCECFG(8), DELEGATE);
    g_assert_cmphex(child_rd(SOURCECFG(8)), ==, 0);
    child_wr(GENMSI, HART(2) | 62);
    g_assert_cmpuint(message(S_PAGES + 0x4000), ==, 62);
    child_wr(MMSIADDRCFG, 1); /* the root's only */
    g_assert_cmphex(child_rd(MMSIADDRCFG) | child_rd(SMSIADDRCFG), ==, 0);
    /* Taken back: nothing is left of it. */
    child_wr(SOURCECFG(8), EDGE1);
    wr(SOURCECFG(8), EDGE1);
    g_assert_cmphex(child_rd(SOURCECFG(8)), ==, 0);
    child_wr(SETIENUM, 8);
    g_assert_cmphex(child_rd(SETIE), ==, 0);
    /* The root's reset takes all back. */
    wr(SOURCECFG(8), DELEGATE);
    child_wr(SOURCECFG(8), EDGE1);
    device_reset(root);
    g_assert_cmphex(child_rd(SOURCECFG(8)), ==, 0);
    teardown();
}

/* The order in which domains are made or go does not matter, nor do trees that make no sense. */
static void test_families(void)
{
    static const char *const phandles[][4] = { { "1", "2", "2", "1" }, { "5", "5", "5", "5" }, { "1", "2", "3", "2" } };

    for (unsigned i = 0; i < G_N_ELEMENTS(phandles); i++) {
        struct device *d[2];
        for (unsigned k = 0; k < 2; k++) {
            d[k] = device_new(device_type_find("riscv.aplic"), &rig.m, "x");
            g_assert_true(device_set_prop(d[k], "phandle", phandles[i][2 * k], NULL));
            g_assert_true(device_set_prop(d[k], "child", phandles[i][2 * k + 1], NULL));
            g_assert_true(device_realize(d[k], NULL));
            g_ptr_array_add(rig.m.devices, d[k]);
        }
        device_reset(d[0]);
        device_reset(d[1]);
        source(d[0], 1, true);
        source(d[1], 1, true);
        for (unsigned k = 0; k < 2; k++) {
            g_ptr_array_remove(rig.m.devices, d[k]);
            device_free(d[k]);
        }
    }
}

static void test_reset(void)
{
    direct();
    direct_source(3, LEVEL1, 0, 1);
    source(root, 3, true);
    g_assert_true(rig.wire[0]);
    device_reset(root);
    g_assert_false(rig.wire[0]);
    g_assert_cmphex(rd(DOMAINCFG), ==, 0x80000000);
    g_assert_cmphex(rd(SOURCECFG(3)) | rd(SETIE) | rd(SETIP), ==, 0);
    wr(DOMAINCFG, IE);
    wr(IDC(0, IDELIVERY), 1);
    direct_source(3, LEVEL1, 0, 1); /* the wire is still high */
    g_assert_true(rig.wire[0]);
    source(root, 3, false);
    teardown();
}

static void test_fuzz(void)
{
    direct();
    rig_fuzz(&rig, root, 100000);
    teardown();
    msi(true);
    rig_fuzz(&rig, root, 100000);
    rig_fuzz(&rig, child, 1000);
    teardown();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    rig_init(&rig);
    g_test_add_func("/aplic/level", test_level);
    g_test_add_func("/aplic/edge", test_edge);
    g_test_add_func("/aplic/priorities", test_priorities);
    g_test_add_func("/aplic/warl", test_warl);
    g_test_add_func("/aplic/msi", test_msi);
    g_test_add_func("/aplic/msi-addresses", test_msi_addresses);
    g_test_add_func("/aplic/msi-to-itself", test_msi_to_itself);
    g_test_add_func("/aplic/delegation", test_delegation);
    g_test_add_func("/aplic/families", test_families);
    g_test_add_func("/aplic/reset", test_reset);
    g_test_add_func("/aplic/fuzz", test_fuzz);
    return g_test_run();
}
