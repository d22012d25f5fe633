/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Walks of AArch32's tables: the short format with its domains, permissions, access flag and supersections, those of
 * VMSAv6 and v5 with quarters of pages, and the long format's halves.
 */
#include "arm-core.h"
#include "cpu-arm/aarch32.h"

enum { PR = 1 << MMU_READ, PW = 1 << MMU_WRITE, PX = 1 << MMU_FETCH, ALL = PR | PW | PX };
/* Statuses as in ISS at level 1; one more at level 2. */
enum { TRANSLATION = 5, ACCESS_FLAG = 9, PERMISSION = 0xd, DOMAIN_FAULT = 0x3d, EXTERNAL = 0x15 };
enum { SCTLR_S = 1 << 8, SCTLR_R = 1 << 9, SCTLR_UWXN = 1 << 20, SCTLR_XP = 1 << 23, SCTLR_AFE = 1 << 29 };

#define TABLE1 RAM_BASE
#define TABLE2 (RAM_BASE + 0x8000)
#define PAGE_AT 0x00123000u
#define SECTION_AT 0x00200000u
/* Descriptors: AP[2:0] is where the kinds have it. */
#define SECTION(ap, more) (0x12300000u | 2 | ((ap) & 3) << 10 | (ap) >> 2 << 15 | (more))
#define SMALL(ap, more) (0x00456000u | 2 | ((ap) & 3) << 4 | (ap) >> 2 << 9 | (more))
#define LARGE(ap, more) (0x00450000u | 1 | ((ap) & 3) << 4 | (ap) >> 2 << 9 | (more))
#define DOMAIN(n) ((n) << 5)

static struct arm_cpu *a;
static struct mmu_page page;
static struct mmu_fault fault;

static void put32(gpa at, uint32_t v)
{
    memcpy(ram_at(at, 4), &v, 4);
}

/* Supervisor mode with the MMU on and the short format; domain 0 is checked. */
static void start(const char *model)
{
    a = core(model);
    arm_pstate_write(a, PSTATE_NRW | 0x1d3);
    a->ttbr0[1] = TABLE1;
    a->dacr32 = 1;
    a->sctlr[1] |= SCTLR_M | (arm_has(a, ARMF_v6) ? SCTLR_XP : 0);
    put32(TABLE1 + (PAGE_AT >> 20) * 4, TABLE2 | 1);
    arm_update_state(a);
}

static void set_page(uint32_t desc)
{
    put32(TABLE2 + (PAGE_AT >> 12 & 0xff) * 4, desc);
}

static void set_section(uint32_t desc)
{
    put32(TABLE1 + (SECTION_AT >> 20) * 4, desc);
}

static unsigned walk(gva va, enum mmu_access access, bool user)
{
    const struct mmu_key *key = user ? &seen.unpriv : access == MMU_FETCH ? &seen.fetch : &seen.data;
    memset(&fault, 0xee, sizeof(fault));
    return arm_walk(&a->cpu, key, va, access, false, &page, &fault) ? 0 : fault.kind;
}

/* What is granted; each refusal is a permission fault at that level. */
static unsigned granted(gva va, bool user, unsigned level)
{
    unsigned prot = 0;
    arm_update_state(a);
    for (unsigned access = 0; access < 3; access++) {
        unsigned status = walk(va, access, user);
        if (!status)
            prot |= 1 << access;
        else
            g_assert_cmphex(status, ==, PERMISSION + level - 1);
    }
    return prot;
}

/* -- Permissions -- */

struct permission {
    unsigned ap, el1, el0;
};

static void check_permissions(const struct permission *rows, unsigned n, uint64_t sctlr)
{
    for (unsigned i = 0; i < n; i++) {
        a->sctlr[1] |= sctlr;
        set_page(SMALL(rows[i].ap, 0));
        set_section(SECTION(rows[i].ap, 0));
        g_test_message("AP %u", rows[i].ap);
        g_assert_cmpuint(granted(PAGE_AT, false, 2), ==, rows[i].el1);
        g_assert_cmpuint(granted(PAGE_AT, true, 2), ==, rows[i].el0);
        g_assert_cmpuint(granted(SECTION_AT, false, 1), ==, rows[i].el1);
        g_assert_cmpuint(granted(SECTION_AT, true, 1), ==, rows[i].el0);
        set_page(SMALL(rows[i].ap, 1)); /* XN */
        set_section(SECTION(rows[i].ap, 1 << 4));
        g_assert_cmpuint(granted(PAGE_AT, false, 2), ==, rows[i].el1 & ~PX);
        g_assert_cmpuint(granted(SECTION_AT, true, 1), ==, rows[i].el0 & ~PX);
        a->sctlr[1] &= ~sctlr;
    }
}

static void test_permissions(void)
{
    static const struct permission rows[] = {
        { 0, 0, 0 }, { 1, ALL, 0 }, { 2, ALL, PR | PX }, { 3, ALL, ALL }, { 5, PR | PX, 0 }, { 6, PR | PX, PR | PX },
        { 7, PR | PX, PR | PX },
    };
    /* AFE: the lowest bit is the access flag. */
    static const struct permission simple[] = { { 1, ALL, 0 }, { 3, ALL, ALL }, { 5, PR | PX, 0 }, { 7, PR | PX, PR | PX } };
    static const struct permission wxn[] = { { 1, PR | PW, 0 }, { 2, PR | PW, PR | PX }, { 3, PR | PW, PR | PW }, { 5, PR | PX, 0 } };
    static const struct permission uwxn[] = { { 1, ALL, 0 }, { 2, ALL, PR | PX }, { 3, PR | PW, ALL } };
    static const char *const models[] = { "cortex-a8", "cortex-a9", "cortex-a15", "max,aarch64=off" };
    for (unsigned i = 0; i < G_N_ELEMENTS(models); i++) {
        start(models[i]);
        check_permissions(rows, G_N_ELEMENTS(rows), 0);
        check_permissions(simple, G_N_ELEMENTS(simple), SCTLR_AFE);
    }
    start("cortex-a15");
    check_permissions(wxn, G_N_ELEMENTS(wxn), SCTLR_WXN);
    check_permissions(uwxn, G_N_ELEMENTS(uwxn), SCTLR_UWXN);
}

/* PXN, where there is LPAE: of sections the lowest bit, of pages their table's. */
static void test_pxn(void)
{
    start("cortex-a15");
    set_section(SECTION(3, 1));
    g_assert_cmpuint(granted(SECTION_AT, false, 1), ==, PR | PW);
    g_assert_cmpuint(granted(SECTION_AT, true, 1), ==, ALL);
    put32(TABLE1 + (PAGE_AT >> 20) * 4, TABLE2 | 1 | 4);
    set_page(SMALL(3, 0));
    g_assert_cmpuint(granted(PAGE_AT, false, 2), ==, PR | PW);
    g_assert_cmpuint(granted(PAGE_AT, true, 2), ==, ALL);
    start("cortex-a8");
    set_section(SECTION(3, 1));
    g_assert_cmphex(walk(SECTION_AT, MMU_READ, false), ==, TRANSLATION);
}

static void test_pan(void)
{
    static const struct permission rows[] = { { 1, ALL, 0 }, { 2, PX, PR | PX }, { 3, PX, ALL }, { 7, PX, PR | PX } };
    start("max,aarch64=off");
    a->pstate |= PSTATE_PAN;
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        set_page(SMALL(rows[i].ap, 0));
        g_assert_cmpuint(granted(PAGE_AT, false, 2), ==, rows[i].el1);
        g_assert_cmpuint(granted(PAGE_AT, true, 2), ==, rows[i].el0);
    }
}

/* VMSAv6's, by SCTLR.S and R where AP is 0; no access flag and no PXN. */
static void test_v6(void)
{
    static const struct {
        unsigned sctlr, el1, el0;
    } rows[] = { { 0, 0, 0 }, { SCTLR_S, PR | PX, 0 }, { SCTLR_R, PR | PX, PR | PX } };
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        start("arm1176");
        a->sctlr[1] = (a->sctlr[1] & ~(uint64_t)(SCTLR_S | SCTLR_R)) | rows[i].sctlr;
        set_page(SMALL(0, 0));
        g_assert_cmpuint(granted(PAGE_AT, false, 2), ==, rows[i].el1);
        g_assert_cmpuint(granted(PAGE_AT, true, 2), ==, rows[i].el0);
    }
}

/* -- Domains and order of faults -- */

static void test_domains(void)
{
    start("cortex-a15");
    set_section(SECTION(0, DOMAIN(5))); /* nobody may */
    put32(TABLE1 + (PAGE_AT >> 20) * 4, TABLE2 | 1 | DOMAIN(9));
    set_page(SMALL(0, 1));
    for (unsigned access = 0; access < 4; access++) { /* none, client, reserved, manager */
        a->dacr32 = access << 10 | access << 18;
        arm_update_state(a);
        unsigned section = walk(SECTION_AT, MMU_FETCH, true), domain = fault.pa;
        g_assert_cmphex(section, ==, access == 3 ? 0 : access == 1 ? PERMISSION : DOMAIN_FAULT);
        if (section)
            g_assert_cmpuint(domain, ==, 5);
        unsigned small = walk(PAGE_AT, MMU_FETCH, true);
        g_assert_cmphex(small, ==, access == 3 ? 0 : (access == 1 ? PERMISSION : DOMAIN_FAULT) + 1);
        if (small)
            g_assert_cmpuint(fault.pa, ==, 9);
    }
    /* Translation before access flag before domain before permission. */
    a->sctlr[1] |= SCTLR_AFE;
    a->dacr32 = 0;
    arm_update_state(a);
    g_assert_cmphex(walk(SECTION_AT, MMU_READ, false), ==, ACCESS_FLAG);
    g_assert_cmphex(walk(PAGE_AT, MMU_READ, false), ==, ACCESS_FLAG + 1);
    set_section(0);
    set_page(0);
    g_assert_cmphex(walk(SECTION_AT, MMU_READ, false), ==, TRANSLATION);
    g_assert_cmphex(walk(PAGE_AT, MMU_READ, false), ==, TRANSLATION + 1);
    put32(TABLE1 + (PAGE_AT >> 20) * 4, 0x12340000 | 1); /* a table where nothing is */
    g_assert_cmphex(walk(PAGE_AT, MMU_READ, false), ==, EXTERNAL + 1);
    a->ttbr0[1] = 0x12340000;
    arm_update_state(a);
    g_assert_cmphex(walk(PAGE_AT, MMU_READ, false), ==, EXTERNAL);
}

/* -- Shapes -- */

static void test_sizes(void)
{
    start("cortex-a15");
    set_page(SMALL(3, 1 << 11));
    g_assert_cmphex(walk(PAGE_AT + 0x678, MMU_READ, false), ==, 0);
    g_assert_cmphex(page.pa, ==, 0x00456000);
    g_assert_cmphex(page.size, ==, 0);
    g_assert_false(page.global); /* nG */
    for (unsigned i = 0; i < 16; i++) /* repeated for each page of it */
        put32(TABLE2 + (0x20 + i) * 4, LARGE(3, 0));
    g_assert_cmphex(walk(0x0012a678, MMU_READ, false), ==, 0);
    g_assert_cmphex(page.pa, ==, 0x0045a000);
    g_assert_cmphex(page.size, ==, 0x10000);
    g_assert_true(page.global);
    put32(TABLE2 + 0x2a * 4, LARGE(3, 1 << 15)); /* XN's place in a large page */
    g_assert_cmpuint(granted(0x0012a678, false, 2), ==, PR | PW);
    set_section(SECTION(3, 1 << 17));
    g_assert_cmphex(walk(SECTION_AT + 0x45678, MMU_READ, false), ==, 0);
    g_assert_cmphex(page.pa, ==, 0x12345000);
    g_assert_cmphex(page.size, ==, 0x100000);
    g_assert_false(page.global);
    /* A supersection: bits 35 to 32 and 39 to 36 of its address; always in domain 0. */
    put32(TABLE1 + 0x105 * 4, 0x67000000 | 1 << 18 | 3 << 20 | 0xa << 5 | 2 | 3 << 10);
    g_assert_cmphex(walk(0x10545678, MMU_READ, false), ==, 0);
    g_assert_cmphex(page.pa, ==, UINT64_C(0xa367545000));
    g_assert_cmphex(page.size, ==, 0x1000000);
}

/* TTBCR.N: addresses whose upper bits are zero have TTBR0's table, which is smaller; PD0, PD1. */
static void test_halves(void)
{
    start("cortex-a15");
    a->ttbr1[1] = RAM_BASE + 0x10000;
    put32(RAM_BASE + 0x10000 + 0x800 * 4, 0x22200000 | 2 | 3 << 10);
    put32(RAM_BASE + 0x10000 + 0x402 * 4, 0x33300000 | 2 | 3 << 10);
    set_section(SECTION(3, 0));
    for (unsigned n = 0; n < 8; n++) {
        a->tcr[1] = n;
        a->ttbr0[1] = TABLE1 | 0x4a; /* bits below the table's size are others */
        arm_update_state(a);
        g_assert_cmphex(walk(SECTION_AT, MMU_READ, false), ==, 0);
        g_assert_cmphex(page.pa, ==, 0x12300000);
        g_assert_cmphex(walk(0x80000000, MMU_READ, false), ==, n ? 0 : TRANSLATION);
        g_assert_cmphex(walk(0x40200000, MMU_READ, false), ==, n >= 2 ? 0 : TRANSLATION);
        if (n >= 2)
            g_assert_cmphex(page.pa, ==, 0x33300000);
    }
    a->tcr[1] = 1 | 1 << 4; /* PD0 */
    arm_update_state(a);
    g_assert_cmphex(walk(SECTION_AT, MMU_READ, false), ==, TRANSLATION);
    g_assert_cmphex(walk(0x80000000, MMU_READ, false), ==, 0);
    a->tcr[1] = 1 | 1 << 5;
    arm_update_state(a);
    g_assert_cmphex(walk(SECTION_AT, MMU_READ, false), ==, 0);
    g_assert_cmphex(walk(0x80000000, MMU_READ, false), ==, TRANSLATION);
}

/* NS of sections, and of tables for all their pages. */
static void test_security(void)
{
    start("cortex-a15,has_el3=on");
    a->other = (struct arm_a32_copy){ 0 };
    a->scr = 0;
    arm_update_state(a);
    set_section(SECTION(3, 0));
    g_assert_cmphex(walk(SECTION_AT, MMU_FETCH, false), ==, 0);
    g_assert_cmphex(page.pa, ==, 0x12300000 | BUS_SECURE);
    g_assert_true(ram_secure);
    set_section(SECTION(3, 1 << 19));
    put32(TABLE1 + (PAGE_AT >> 20) * 4, TABLE2 | 1 | 8);
    set_page(SMALL(3, 0));
    g_assert_cmphex(walk(SECTION_AT, MMU_FETCH, false), ==, 0);
    g_assert_cmphex(page.pa, ==, 0x12300000);
    g_assert_cmphex(walk(PAGE_AT, MMU_FETCH, false), ==, 0);
    g_assert_cmphex(page.pa, ==, 0x00456000);
    a->scr |= SCR_SIF; /* what is outside is not executed */
    g_assert_cmpuint(granted(SECTION_AT, false, 1), ==, PR | PW);
    g_assert_cmpuint(granted(PAGE_AT, false, 2), ==, PR | PW);
    set_section(SECTION(3, 0));
    g_assert_cmpuint(granted(SECTION_AT, false, 1), ==, ALL);
}

/* -- v5's format: each quarter of a page has permissions -- */

static void check_quarters(void)
{
    set_page(0x00456000 | 2 | 3 << 4 | 1 << 6 | 2 << 8 | 3 << 10);
    static const unsigned el0[4] = { ALL, 0, PR | PX, ALL };
    for (unsigned i = 0; i < 4; i++) {
        g_assert_cmpuint(granted(PAGE_AT + i * 0x400 + 0x10, true, 2), ==, el0[i]);
        walk(PAGE_AT + i * 0x400 + 0x10, MMU_READ, false);
        g_assert_cmphex(page.pa, ==, 0x00456000);
        g_assert_true(page.split); /* no more than a quarter may be remembered */
        g_assert_cmphex(page.first, ==, i * 0x400);
        g_assert_cmphex(page.last, ==, i * 0x400 + 0x3ff);
    }
    set_page(0x00456000 | 2 | 0xff0); /* alike */
    g_assert_cmphex(walk(PAGE_AT, MMU_READ, true), ==, 0);
    g_assert_false(page.split);
    for (unsigned i = 0; i < 16; i++)
        put32(TABLE2 + (0x20 + i) * 4, 0x00450000 | 1 | 3 << 4 | 1 << 6 | 2 << 8 | 3 << 10);
    for (unsigned i = 0; i < 16; i++) {
        gva va = 0x00120000 + i * 0x1000;
        g_assert_cmpuint(granted(va, true, 2), ==, el0[i / 4]);
        walk(va, MMU_READ, false);
        g_assert_cmphex(page.pa, ==, 0x00450000 + i * 0x1000);
        g_assert_false(page.split);
    }
}

static void test_quarters(void)
{
    start("arm926");
    check_quarters();
    start("arm1136");
    a->sctlr[1] &= ~(uint64_t)SCTLR_XP;
    arm_update_state(a);
    check_quarters();
}

/* -- The long format -- */

/* The second of two tables begins where T1SZ and T0SZ say. */
static void test_long(void)
{
    static const struct {
        unsigned t0, t1;
        uint32_t low, high; /* the last address of TTBR0's, the first of TTBR1's; what is between is none's; 0: no second */
    } rows[] = {
        { 0, 0, 0xffffffff, 0 },          { 1, 0, 0x7fffffff, 0x80000000 }, { 2, 0, 0x3fffffff, 0x40000000 },
        { 0, 1, 0x7fffffff, 0x80000000 }, { 0, 3, 0xdfffffff, 0xe0000000 }, { 2, 2, 0x3fffffff, 0xc0000000 },
        { 7, 7, 0x01ffffff, 0xfe000000 }, { 1, 1, 0x7fffffff, 0x80000000 },
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        start("cortex-a15");
        a->tcr[1] = UINT32_C(1) << 31 | rows[i].t0 | rows[i].t1 << 16;
        a->ttbr0[1] = RAM_BASE;
        a->ttbr1[1] = RAM_BASE + 0x1000;
        for (unsigned k = 0; k < 512; k++) { /* blocks of either level */
            ram_write(RAM_BASE + 8 * k, UINT64_C(0x1000000000) | 1 << 10 | 1);
            ram_write(RAM_BASE + 0x1000 + 8 * k, UINT64_C(0x2000000000) | 1 << 10 | 1);
        }
        arm_update_state(a);
        g_test_message("T0SZ %u, T1SZ %u", rows[i].t0, rows[i].t1);
        g_assert_cmphex(walk(0, MMU_READ, false), ==, 0);
        g_assert_cmphex(walk(rows[i].low, MMU_READ, false), ==, 0);
        g_assert_cmphex(page.pa >> 36, ==, 1);
        if (!rows[i].high)
            continue;
        if (rows[i].high - 1 != rows[i].low) {
            g_assert_cmphex(walk(rows[i].low + 1, MMU_READ, false), ==, TRANSLATION);
            g_assert_cmphex(walk(rows[i].high - 1, MMU_READ, false), ==, TRANSLATION);
        }
        g_assert_cmphex(walk(rows[i].high, MMU_READ, false), ==, 0);
        g_assert_cmphex(page.pa >> 36, ==, 2);
        g_assert_cmphex(walk(0xffffffff, MMU_READ, false), ==, 0);
        g_assert_cmphex(page.pa >> 36, ==, 2);
        a->tcr[1] |= 1 << 23; /* EPD1 */
        arm_update_state(a);
        g_assert_cmphex(walk(rows[i].high, MMU_READ, false), ==, TRANSLATION);
        a->tcr[1] |= 1 << 7; /* EPD0 */
        arm_update_state(a);
        g_assert_cmphex(walk(0, MMU_READ, false), ==, TRANSLATION);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/arm-short/permissions", test_permissions);
    g_test_add_func("/arm-short/pxn", test_pxn);
    g_test_add_func("/arm-short/pan", test_pan);
    g_test_add_func("/arm-short/v6", test_v6);
    g_test_add_func("/arm-short/domains", test_domains);
    g_test_add_func("/arm-short/sizes", test_sizes);
    g_test_add_func("/arm-short/halves", test_halves);
    g_test_add_func("/arm-short/security", test_security);
    g_test_add_func("/arm-short/quarters", test_quarters);
    g_test_add_func("/arm-short/long", test_long);
    return g_test_run();
}
