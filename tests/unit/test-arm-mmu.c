/* SPDX-License-Identifier: BSD-2-Clause */
/* Page walks: granules, levels and halves, permissions, access flag and dirty state, both stages; TLB maintenance. */
#include "arm-core.h"

enum { PR = 1 << MMU_READ, PW = 1 << MMU_WRITE, PX = 1 << MMU_FETCH };
enum { TRANSLATION = 4, ACCESS_FLAG = 8, PERMISSION = 12, EXTERNAL = 0x14 };

#define VALID 1u
#define TABLE 3u
#define PAGE 3u
#define BLOCK 1u
#define AP1 BIT(6)
#define AP2 BIT(7)
#define AF BIT(10)
#define NG BIT(11)
#define DBM BIT(51)
#define PXN BIT(53)
#define UXN BIT(54)

#define TABLES RAM_BASE           /* 64 KiB a level from here, the root's first */
#define TABLE_SIZE UINT64_C(0x10000)
#define STAGE2 (RAM_BASE + BIT(20)) /* the same of stage 2 */

static struct arm_cpu *a;
static struct mmu_page page;
static struct mmu_fault fault;
static gpa leaf_entry; /* address of the last map()'s leaf */

static unsigned levels_of(unsigned va_bits, unsigned granule)
{
    return (va_bits - granule + granule - 4) / (granule - 3);
}

/* A leaf at a level, tables above it from base on. */
static void map_at(gpa base, unsigned va_bits, unsigned granule, gva va, unsigned level, uint64_t leaf)
{
    unsigned first = 4 - levels_of(va_bits, granule), width = granule - 3;
    gpa table = base;
    for (unsigned l = first;; l++) {
        unsigned shift = granule + (3 - l) * width;
        gpa entry = table + bits(va, shift, l == first ? va_bits - shift : width) * 8;
        if (l == level) {
            ram_write(entry, leaf);
            leaf_entry = entry;
            return;
        }
        table += TABLE_SIZE;
        ram_write(entry, table | TABLE);
    }
}

static void map(gva va, unsigned level, uint64_t leaf)
{
    map_at(TABLES, 48, 12, va, level, leaf);
}

/* EL1 with the MMU on: 48 bits in both halves, 4 KiB, one table for both. */
static void start(const char *model)
{
    a = core(model);
    a->tcr[1] = 16 | 16 << 16 | UINT64_C(2) << 30 | UINT64_C(5) << 32;
    a->ttbr0[1] = a->ttbr1[1] = TABLES;
    a->sctlr[1] |= SCTLR_M;
    a->scr |= SCR_NS;
    set_level(a, 1);
}

/* 0 or the status of the fault. */
static unsigned walk_as(const struct mmu_key *key, gva va, enum mmu_access access)
{
    memset(&page, 0xee, sizeof(page));
    memset(&fault, 0xee, sizeof(fault));
    return arm_walk(&a->cpu, key, va, access, false, &page, &fault) ? 0 : fault.kind;
}

static unsigned walk(gva va, enum mmu_access access)
{
    return walk_as(access == MMU_FETCH ? &seen.fetch : &seen.data, va, access);
}

/* -- Shapes -- */

static void test_levels(void)
{
    static const struct {
        unsigned granule, tg0, tg1;
    } granules[] = { { 12, 0, 2 }, { 14, 2, 1 }, { 16, 1, 3 } };
    static const unsigned va_bits[] = { 48, 47, 42, 39, 36, 33, 25 };
    for (unsigned g = 0; g < G_N_ELEMENTS(granules); g++) {
        for (unsigned v = 0; v < G_N_ELEMENTS(va_bits); v++) {
            for (unsigned high = 0; high < 2; high++) {
                unsigned granule = granules[g].granule, n = va_bits[v], first = 4 - levels_of(n, granule);
                for (unsigned level = first; level < 4; level++) {
                    start("max");
                    if (!arm_has(a, ARMF_tgran16) && granule == 14)
                        continue;
                    a->tcr[1] = (64 - n) | (64 - n) << 16 | granules[g].tg0 << 14 | (uint64_t)granules[g].tg1 << 30 |
                                UINT64_C(5) << 32;
                    arm_update_state(a);
                    unsigned size_bits = granule + (3 - level) * (granule - 3);
                    gva va = (UINT64_C(0x1234567) & (BIT(n) - 1)) | (high ? ~(BIT(n) - 1) : 0);
                    uint64_t pa = UINT64_C(0x8000000000) & ~(BIT(size_bits) - 1);
                    bool may = level == 3 || level == 2 || (level == 1 && granule == 12);
                    map_at(TABLES, n, granule, va, level, pa | AF | (level == 3 ? PAGE : BLOCK));
                    unsigned status = walk(va, MMU_READ);
                    g_assert_cmphex(status, ==, may ? 0 : TRANSLATION + level);
                    if (!may)
                        continue;
                    g_assert_cmphex(page.pa, ==, (pa | (va & (BIT(size_bits) - 1))) & PAGE_MASK);
                    g_assert_cmphex(page.size, ==, size_bits == 12 ? 0 : BIT(size_bits));
                    g_assert_true(page.global);
                    ram_write(leaf_entry, 0);
                    g_assert_cmphex(walk(va, MMU_READ), ==, TRANSLATION + level);
                    if (level == 3) { /* reserved */
                        ram_write(leaf_entry, pa | AF | BLOCK);
                        g_assert_cmphex(walk(va, MMU_READ), ==, TRANSLATION + level);
                    }
                }
            }
        }
    }
}

static void test_ranges(void)
{
    start("cortex-a57");
    map(0x1000, 3, RAM_BASE | AF | PAGE);
    g_assert_cmphex(walk(0x1000, MMU_READ), ==, 0);
    g_assert_cmphex(walk(BIT(48) | 0x1000, MMU_READ), ==, TRANSLATION); /* in no half */
    g_assert_cmphex(walk(BIT(63) | 0x1000, MMU_READ), ==, TRANSLATION);
    g_assert_cmphex(walk(UINT64_C(0xffff) << 48 | 0x1000, MMU_READ), ==, 0); /* the same table */
    g_assert_cmphex(walk(UINT64_C(0x55) << 56 | 0x1000, MMU_READ), ==, TRANSLATION);
    a->tcr[1] |= BIT(37); /* TBI0 */
    arm_update_state(a);
    g_assert_cmphex(walk(UINT64_C(0x55) << 56 | 0x1000, MMU_READ), ==, 0);
    g_assert_cmphex(walk(UINT64_C(0x55ff) << 48 | 0x1000, MMU_READ), ==, TRANSLATION);
    a->tcr[1] |= BIT(7); /* EPD0 */
    arm_update_state(a);
    g_assert_cmphex(walk(0x1000, MMU_READ), ==, TRANSLATION);
    g_assert_cmphex(walk(UINT64_C(0xffff) << 48 | 0x1000, MMU_READ), ==, 0);
    a->tcr[1] |= BIT(23); /* EPD1 */
    arm_update_state(a);
    g_assert_cmphex(walk(UINT64_C(0xffff) << 48 | 0x1000, MMU_READ), ==, TRANSLATION);
}

static void test_off(void)
{
    a = core("cortex-a57");
    g_assert_cmphex(walk(0x12345678, MMU_FETCH), ==, 0);
    g_assert_cmphex(page.pa, ==, 0x12345000 | BUS_SECURE); /* EL3's */
    a = core("cortex-a57,has_el3=off");
    g_assert_cmphex(walk(0x12345678, MMU_FETCH), ==, 0);
    g_assert_cmphex(page.pa, ==, 0x12345000);
    g_assert_cmpuint(page.prot, ==, PR | PW | PX);
    g_assert_cmphex(walk(BIT(44), MMU_READ), ==, 0); /* an address size fault at level 0: its status is 0 */
    g_assert_false(arm_walk(&a->cpu, &seen.data, BIT(44), MMU_READ, false, &page, &fault));
}

static void test_bad_addresses(void)
{
    start("cortex-a57");
    map(0x1000, 3, UINT64_C(1) << 45 | AF | PAGE); /* 44 bits are implemented */
    g_assert_cmphex(walk(0x1000, MMU_READ), ==, 3);
    map(0x1000, 3, RAM_BASE | AF | PAGE);
    ram_write(TABLES + TABLE_SIZE, UINT64_C(0x12340000) | TABLE); /* level 1 leads to where nothing is */
    g_assert_cmphex(walk(0x1000, MMU_READ), ==, EXTERNAL + 2);
    a->ttbr0[1] = BIT(45); /* an address size fault at level 0 */
    arm_update_state(a);
    g_assert_false(arm_walk(&a->cpu, &seen.data, 0x1000, MMU_READ, false, &page, &fault));
    g_assert_cmphex(fault.kind, ==, 0);
}

/* -- Security states: NS of leaves and of tables -- */

#define NS BIT(5)
#define NSTABLE BIT(63)

static void test_secure(void)
{
    start("cortex-a57"); /* non-secure: nothing leads into the other's memory */
    map(0x1000, 3, RAM_BASE | AF | PAGE);
    g_assert_cmphex(walk(0x1000, MMU_READ), ==, 0);
    g_assert_cmphex(page.pa, ==, RAM_BASE);
    g_assert_false(ram_secure);

    a->scr &= ~(uint64_t)SCR_NS;
    arm_update_state(a);
    g_assert_cmphex(walk(0x1000, MMU_READ), ==, 0);
    g_assert_cmphex(page.pa, ==, RAM_BASE | BUS_SECURE);
    g_assert_true(ram_secure);
    map(0x1000, 3, RAM_BASE | AF | PAGE | NS);
    g_assert_cmphex(walk(0x1000, MMU_READ), ==, 0);
    g_assert_cmphex(page.pa, ==, RAM_BASE);
    g_assert_true(ram_secure);

    map(0x1000, 3, RAM_BASE | AF | PAGE); /* below NSTable all is non-secure, tables too */
    ram_write(TABLES + TABLE_SIZE, (TABLES + 2 * TABLE_SIZE) | TABLE | NSTABLE);
    g_assert_cmphex(walk(0x1000, MMU_READ), ==, 0);
    g_assert_cmphex(page.pa, ==, RAM_BASE);
    g_assert_false(ram_secure);

    g_assert_cmphex(walk(0x1000, MMU_FETCH), ==, 0);
    a->scr |= SCR_SIF; /* it is not executed */
    arm_update_state(a);
    g_assert_cmphex(walk(0x1000, MMU_FETCH), ==, PERMISSION + 3);
    g_assert_cmphex(walk(0x1000, MMU_READ), ==, 0);
    g_assert_cmpuint(page.prot & PX, ==, 0);
    a->scr |= SCR_NS; /* the other state's is */
    arm_update_state(a);
    g_assert_cmphex(walk(0x1000, MMU_FETCH), ==, 0);
    a->scr &= ~(uint64_t)(SCR_NS | SCR_SIF);
    arm_update_state(a);

    arm_at(a, ARM_SYSREG(1, 0, 7, 8, 0), 0x1000); /* S1E1R: PAR_EL1.NS */
    g_assert_cmphex(a->par & (1 | BIT(9)), ==, BIT(9));
    map(0x1000, 3, RAM_BASE | AF | PAGE);
    arm_at(a, ARM_SYSREG(1, 0, 7, 8, 0), 0x1000);
    g_assert_cmphex(a->par & UINT64_C(0xfffffffff201), ==, RAM_BASE);
}

/* -- Permissions -- */

static unsigned granted(const struct mmu_key *data, const struct mmu_key *fetch, gva va)
{
    unsigned prot = 0;
    for (unsigned access = 0; access < 3; access++) {
        unsigned status = walk_as(access == MMU_FETCH ? fetch : data, va, access);
        if (!status)
            prot |= 1 << access;
        else
            g_assert_cmphex(status, ==, PERMISSION + 3);
    }
    return prot;
}

static void test_permissions(void)
{
    static const struct {
        uint64_t attributes;
        unsigned el1, pan, el0;
    } rows[] = {
        { 0, PR | PW | PX, PR | PW | PX, PX },
        { AP2, PR | PX, PR | PX, PX },
        { AP1, PR | PW, 0, PR | PW | PX },
        { AP1 | AP2, PR | PX, PX, PR | PX },
        { PXN, PR | PW, PR | PW, PX },
        { UXN, PR | PW | PX, PR | PW | PX, 0 },
        { AP1 | UXN, PR | PW, 0, PR | PW },
        { AP1 | AP2 | PXN | UXN, PR, 0, PR },
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        start("max");
        map(0x1000, 3, RAM_BASE | AF | PAGE | rows[i].attributes);
        g_assert_cmpuint(granted(&seen.data, &seen.fetch, 0x1000), ==, rows[i].el1);
        g_assert_cmpuint(granted(&seen.unpriv, &seen.unpriv, 0x1000), ==, rows[i].el0);
        a->pstate |= PSTATE_PAN;
        arm_update_state(a);
        g_assert_cmpuint(granted(&seen.data, &seen.fetch, 0x1000), ==, rows[i].pan);
        set_level(a, 0);
        g_assert_cmpuint(granted(&seen.data, &seen.fetch, 0x1000), ==, rows[i].el0);
        set_level(a, 1);
        a->pstate &= ~PSTATE_PAN;
        a->sctlr[1] |= SCTLR_WXN;
        arm_update_state(a);
        unsigned wxn = rows[i].el1 & PW ? rows[i].el1 & ~PX : rows[i].el1;
        g_assert_cmpuint(granted(&seen.data, &seen.fetch, 0x1000), ==, wxn);
    }
}

static void test_table_attributes(void)
{
    static const struct {
        uint64_t bits;
        unsigned el1, el0;
    } rows[] = {
        { 0, PR | PW, PR | PW | PX },         { BIT(61), PR | PW | PX, PX }, { BIT(62), PR | PX, PR | PX },
        { BIT(61) | BIT(62), PR | PX, PX },   { BIT(60), PR | PW, PR | PW }, { BIT(59), PR | PW, PR | PW | PX },
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        start("max");
        map(0x1000, 3, RAM_BASE | AF | PAGE | AP1);
        ram_write(TABLES, (TABLES + TABLE_SIZE) | TABLE | rows[i].bits);
        g_assert_cmpuint(granted(&seen.data, &seen.fetch, 0x1000), ==, rows[i].el1);
        g_assert_cmpuint(granted(&seen.unpriv, &seen.unpriv, 0x1000), ==, rows[i].el0);
        a->tcr[1] |= BIT(41); /* HPD0 */
        arm_update_state(a);
        g_assert_cmpuint(granted(&seen.data, &seen.fetch, 0x1000), ==, rows[0].el1);
    }
}

/* -- Access flag and dirty state -- */

static void other_cpu_unmaps(gpa addr)
{
    before_cas = NULL;
    ram_write(addr, 0);
}

static void test_access_flag(void)
{
    start("cortex-a57");
    map(0x1000, 3, RAM_BASE | PAGE);
    g_assert_cmphex(walk(0x1000, MMU_READ), ==, ACCESS_FLAG + 3);
    a->tcr[1] |= BIT(39); /* HA, which this CPU has not */
    arm_update_state(a);
    g_assert_cmphex(walk(0x1000, MMU_READ), ==, ACCESS_FLAG + 3);
    start("max");
    map(0x1000, 3, RAM_BASE | PAGE);
    g_assert_cmphex(walk(0x1000, MMU_READ), ==, ACCESS_FLAG + 3);
    a->tcr[1] |= BIT(39);
    arm_update_state(a);
    g_assert_true(arm_walk(&a->cpu, &seen.data, 0x1000, MMU_READ, true, &page, NULL)); /* a debugger changes nothing */
    g_assert_cmphex(ram_read(leaf_entry) & AF, ==, 0);
    g_assert_cmphex(walk(0x1000, MMU_READ), ==, 0);
    g_assert_cmphex(ram_read(leaf_entry) & AF, ==, AF);
    map(0x1000, 3, RAM_BASE | PAGE);
    before_cas = other_cpu_unmaps;
    g_assert_cmphex(walk(0x1000, MMU_READ), ==, TRANSLATION + 3);
}

static void test_dirty(void)
{
    start("max");
    a->tcr[1] |= BIT(39) | BIT(40);
    arm_update_state(a);
    map(0x1000, 3, RAM_BASE | PAGE | AF | AP2 | DBM);
    g_assert_cmphex(walk(0x1000, MMU_READ), ==, 0);
    g_assert_cmpuint(page.prot, ==, PR | PX);
    g_assert_cmphex(ram_read(leaf_entry) & AP2, ==, AP2);
    g_assert_cmphex(walk(0x1000, MMU_WRITE), ==, 0);
    g_assert_cmpuint(page.prot & PW, ==, PW);
    g_assert_cmphex(ram_read(leaf_entry) & AP2, ==, 0);
    map(0x1000, 3, RAM_BASE | PAGE | AF | AP2);
    g_assert_cmphex(walk(0x1000, MMU_WRITE), ==, PERMISSION + 3);
}

/* APTable takes EL0's rights away, but the entry is not changed but for its access flag and dirty state. */
static void test_dirty_below_no_el0(void)
{
    start("max");
    a->tcr[1] |= BIT(39) | BIT(40);
    arm_update_state(a);
    map(0x1000, 3, RAM_BASE | PAGE | AP1 | AP2 | DBM);
    ram_write(TABLES, (TABLES + TABLE_SIZE) | TABLE | BIT(61));
    g_assert_cmphex(walk(0x1000, MMU_READ), ==, 0);
    g_assert_cmphex(ram_read(leaf_entry), ==, RAM_BASE | PAGE | AP1 | AP2 | DBM | AF);
    g_assert_cmphex(walk(0x1000, MMU_WRITE), ==, 0);
    g_assert_cmphex(ram_read(leaf_entry), ==, RAM_BASE | PAGE | AP1 | DBM | AF);
    g_assert_cmphex(walk_as(&seen.unpriv, 0x1000, MMU_READ), ==, PERMISSION + 3);
}

/* -- Keys -- */

/* What says how tables are read, and whose they are, makes another key; the same again the same. */
static void test_keys(void)
{
    start("cortex-a57");
    struct mmu_key first = seen.data;
    g_assert_cmphex(seen.unpriv.root, ==, first.root);
    a->ttbr1[1] += TABLE_SIZE;
    arm_update_state(a);
    g_assert_cmpuint(seen.data.mode, !=, first.mode);
    a->ttbr1[1] -= TABLE_SIZE;
    arm_update_state(a);
    g_assert_cmpuint(seen.data.mode, ==, first.mode);
    a->tcr[1] |= BIT(22) | BIT(36); /* A1, AS: the ASID is TTBR1's, 16 bits */
    a->ttbr1[1] |= UINT64_C(0x1234) << 48;
    arm_update_state(a);
    g_assert_cmphex(seen.data.root >> 48, ==, 0x1234);
    struct mmu_key asid = seen.data;
    a->ttbr1[1] ^= UINT64_C(1) << 48; /* another address space of the same kernel: its global pages are shared */
    arm_update_state(a);
    g_assert_cmphex(seen.data.root, !=, asid.root);
    g_assert_cmpuint(seen.data.mode, ==, asid.mode);
    g_assert_true(seen.data.mode & MMU_GLOBAL);
    set_level(a, 0);
    g_assert_false(seen.data.mode & MMU_GLOBAL);
}

static void test_many_regimes(void)
{
    start("cortex-a57");
    for (unsigned i = 0; i < 2000; i++) {
        a->ttbr1[1] = TABLES + i * TABLE_SIZE;
        arm_update_state(a);
        g_assert_nonnull(arm_regime_of(a, &seen.data));
        g_assert_cmphex(arm_regime_of(a, &seen.data)->ttbr1, ==, a->ttbr1[1]);
    }
    g_assert_cmpuint(seen.flushes, >, 0);
}

/* -- Stage 2 -- */

/* Stage 2 of 40 bits from level 1, and an identity block for the tables. */
static void start_stage2(void)
{
    start("cortex-a57");
    a->hcr = HCR_VM | HCR_RW;
    a->vttbr = STAGE2 | UINT64_C(7) << 48;
    a->vtcr = (64 - 39) | 1 << 6 | UINT64_C(5) << 16;
    map_at(STAGE2, 39, 12, RAM_BASE, 2, RAM_BASE | AF | 3 << 6 | BLOCK);
    arm_update_state(a);
}

static void test_stage2(void)
{
    start_stage2();
    map(0x1000, 3, UINT64_C(0x80200000) | AF | PAGE);
    g_assert_cmphex(walk(0x1234, MMU_READ), ==, (TRANSLATION + 1) | ARM_FAULT_STAGE2);
    g_assert_cmphex(fault.pa, ==, 0x80200234);
    map_at(STAGE2, 39, 12, 0x80200000, 3, (RAM_BASE + 0x5000) | AF | 1 << 6 | PAGE); /* read-only */
    g_assert_cmphex(walk(0x1234, MMU_READ), ==, 0);
    g_assert_cmphex(page.pa, ==, RAM_BASE + 0x5000);
    g_assert_cmpuint(page.prot, ==, PR | PX);
    g_assert_cmphex(walk(0x1234, MMU_WRITE), ==, (PERMISSION + 3) | ARM_FAULT_STAGE2);
    ram_write(leaf_entry, ram_read(leaf_entry) | BIT(54)); /* not to be executed */
    g_assert_cmphex(walk(0x1234, MMU_FETCH), ==, (PERMISSION + 3) | ARM_FAULT_STAGE2);
    ram_write(leaf_entry, (RAM_BASE + 0x5000) | AF | PAGE); /* to be executed only */
    g_assert_cmphex(walk(0x1234, MMU_READ), ==, (PERMISSION + 3) | ARM_FAULT_STAGE2);
    g_assert_cmphex(walk(0x1234, MMU_FETCH), ==, 0);
    g_assert_cmpuint(page.prot, ==, PX);
    ram_write(leaf_entry, (RAM_BASE + 0x5000) | AF | 1 << 6 | PAGE);
    /* A table of stage 1 that stage 2 does not map. */
    ram_write(TABLES, UINT64_C(0x40000000000) | TABLE);
    g_assert_cmphex(walk(0x1234, MMU_READ), ==, TRANSLATION | ARM_FAULT_STAGE2 | ARM_FAULT_S1PTW);
    /* Without stage 1 there is still the second. */
    a->sctlr[1] &= ~(uint64_t)SCTLR_M;
    arm_update_state(a);
    g_assert_cmphex(walk(0x80200234, MMU_READ), ==, 0);
    g_assert_cmphex(page.pa, ==, RAM_BASE + 0x5000);
    g_assert_cmphex(walk(0x90000000, MMU_READ), ==, (TRANSLATION + 2) | ARM_FAULT_STAGE2);
    set_level(a, 2); /* none of its own */
    g_assert_cmphex(walk(0x90000000, MMU_READ), ==, 0);
}

/* Hardware sets the access flag and the dirty state where stage 2 lets tables be written. */
static void test_stage2_updates(void)
{
    start("max");
    a->hcr = HCR_VM | HCR_RW;
    a->vttbr = STAGE2;
    a->vtcr = (64 - 39) | 1 << 6 | UINT64_C(5) << 16;
    a->tcr[1] |= BIT(39) | BIT(40); /* HA, HD */
    map_at(STAGE2, 39, 12, RAM_BASE, 2, RAM_BASE | AF | 1 << 6 | BLOCK); /* read-only */
    arm_update_state(a);
    map(0x1000, 3, (RAM_BASE + 0x5000) | AF | PAGE);
    g_assert_cmphex(walk(0x1234, MMU_READ), ==, 0);
    map(0x1000, 3, (RAM_BASE + 0x5000) | PAGE);
    g_assert_cmphex(walk(0x1234, MMU_READ), ==, (PERMISSION + 2) | ARM_FAULT_STAGE2 | ARM_FAULT_S1PTW);
    g_assert_cmphex(fault.pa, ==, leaf_entry);
    g_assert_cmphex(ram_read(leaf_entry), ==, (RAM_BASE + 0x5000) | PAGE);
    gpa entry = leaf_entry;
    map_at(STAGE2, 39, 12, RAM_BASE, 2, RAM_BASE | AF | 3 << 6 | BLOCK);
    g_assert_cmphex(walk(0x1234, MMU_READ), ==, 0);
    g_assert_cmphex(ram_read(entry), ==, (RAM_BASE + 0x5000) | AF | PAGE);
}

/* AArch32's levels begin with 1, and what can't be read there can't be executed. */
static void test_stage2_hyp(void)
{
    a = core("cortex-a15,has_el2=on");
    arm_pstate_write(a, PSTATE_NRW | 0x1d3);
    a->hcr = HCR_VM;
    a->vttbr = STAGE2;
    a->vtcr = 0x80000040 | 1 | 1 << 4; /* 31 bits, from level 1 */
    arm_update_state(a);
    g_assert_cmphex(walk(0x80001234, MMU_READ), ==, (TRANSLATION + 1) | ARM_FAULT_STAGE2);
    ram_write(STAGE2 + 8, 0x40000000 | AF | 1 << 6 | BLOCK);
    g_assert_cmphex(walk(0x40001234, MMU_FETCH), ==, 0);
    ram_write(STAGE2 + 8, 0x40000000 | AF | BLOCK);
    g_assert_cmphex(walk(0x40001234, MMU_FETCH), ==, (PERMISSION + 1) | ARM_FAULT_STAGE2);
}

/* HCR_EL2.DC: stage 1 is off, and there is a stage 2 as if VM were set. */
static void test_default_cacheable(void)
{
    start_stage2();
    a->hcr = HCR_DC | HCR_RW;
    arm_update_state(a);
    g_assert_cmphex(walk(0x80200234, MMU_READ), ==, (TRANSLATION + 1) | ARM_FAULT_STAGE2);
    map_at(STAGE2, 39, 12, 0x80200000, 3, (RAM_BASE + 0x5000) | AF | 3 << 6 | PAGE);
    g_assert_cmphex(walk(0x80200234, MMU_READ), ==, 0);
    g_assert_cmphex(page.pa, ==, RAM_BASE + 0x5000);
}

/* Bits of VTTBR_EL2 below the table's size are not part of its address. */
static void test_stage2_root(void)
{
    start_stage2();
    map_at(STAGE2, 39, 12, 0x80200000, 3, (RAM_BASE + 0x5000) | AF | 3 << 6 | PAGE);
    a->sctlr[1] &= ~(uint64_t)SCTLR_M;
    a->vttbr |= 0xffe;
    arm_update_state(a);
    g_assert_cmphex(walk(0x80200234, MMU_READ), ==, 0);
    g_assert_cmphex(page.pa, ==, RAM_BASE + 0x5000);
}

/* Sizes and first levels that VTCR_EL2 may ask for: of the CPU's 44, 40 or 48 bits, and of what a first level resolves. */
static void test_stage2_start(void)
{
    static const struct {
        const char *model;
        unsigned bits, sl0, tg0;
        bool may;
    } rows[] = {
        { "cortex-a57", 44, 2, 0, true },  { "cortex-a57", 45, 2, 0, false }, { "cortex-a57", 40, 1, 0, true },
        { "cortex-a53", 40, 1, 0, true },  { "cortex-a53", 41, 1, 0, false }, { "cortex-a53", 40, 2, 0, false },
        { "cortex-a57", 43, 1, 0, true },  { "cortex-a57", 44, 1, 0, false }, /* 16 tables beside each other */
        { "cortex-a57", 31, 1, 0, true },  { "cortex-a57", 30, 1, 0, false }, /* less than an entry of the first level */
        { "cortex-a57", 34, 0, 0, true },  { "cortex-a57", 35, 0, 0, false }, { "cortex-a57", 25, 0, 0, true },
        { "cortex-a57", 24, 0, 0, false }, { "cortex-a57", 40, 3, 0, false },
        { "cortex-a57", 44, 2, 1, true },  { "cortex-a53", 40, 2, 1, false }, { "cortex-a57", 42, 1, 1, true },
        { "cortex-a57", 29, 1, 1, false }, { "max", 48, 2, 0, true },         { "max", 48, 2, 1, true },
        { "max", 48, 2, 2, true },         { "max", 36, 2, 2, false },        { "max", 39, 1, 2, true },
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        start(rows[i].model);
        a->sctlr[1] &= ~(uint64_t)SCTLR_M;
        a->hcr = HCR_VM | HCR_RW;
        a->vttbr = STAGE2;
        a->vtcr = (64 - rows[i].bits) | rows[i].sl0 << 6 | rows[i].tg0 << 14 | UINT64_C(5) << 16;
        arm_update_state(a);
        for (unsigned n = 0; n < 16; n++) /* whatever level: blocks, or pages */
            ram_write(STAGE2 + 8 * n, 0);
        unsigned status = walk(0x1234, MMU_READ);
        g_test_message("row %u: status 0x%x", i, status);
        bool refused = status == (TRANSLATION | ARM_FAULT_STAGE2), level0 = rows[i].sl0 == 2 && !rows[i].tg0;
        g_assert_true(status & ARM_FAULT_STAGE2);
        if (!rows[i].may || !level0)
            g_assert_cmpuint(refused, ==, !rows[i].may);
    }
    /* AArch32 at EL1 has 40 bits whatever the CPU's. */
    start("cortex-a35");
    a->hcr = HCR_VM;
    a->scr |= SCR_RW;
    a->vttbr = STAGE2;
    a->vtcr = (64 - 40) | 1 << 6 | UINT64_C(5) << 16;
    arm_pstate_write(a, PSTATE_NRW | 0x13);
    a->sctlr[1] &= ~(uint64_t)SCTLR_M;
    arm_update_state(a);
    g_assert_cmphex(walk(0x1234, MMU_READ), ==, (TRANSLATION + 1) | ARM_FAULT_STAGE2);
}

/* HCR_EL2.PTW: tables of stage 1 are not in what stage 2 calls device memory. */
static void test_ptw(void)
{
    start_stage2();
    map(0x1000, 3, RAM_BASE | 0x7000 | AF | PAGE);
    g_assert_cmphex(walk(0x1234, MMU_READ), ==, 0);
    a->hcr |= HCR_PTW;
    arm_update_state(a);
    g_assert_cmphex(walk(0x1234, MMU_READ), ==, (PERMISSION + 2) | ARM_FAULT_STAGE2 | ARM_FAULT_S1PTW);
    g_assert_cmphex(fault.pa, ==, TABLES);
    map_at(STAGE2, 39, 12, RAM_BASE, 2, RAM_BASE | AF | 3 << 6 | 0xf << 2 | BLOCK);
    g_assert_cmphex(walk(0x1234, MMU_READ), ==, 0);
    map_at(STAGE2, 39, 12, RAM_BASE, 2, RAM_BASE | AF | 3 << 6 | 3 << 2 | BLOCK);
    g_assert_cmphex(walk(0x1234, MMU_READ), ==, (PERMISSION + 2) | ARM_FAULT_STAGE2 | ARM_FAULT_S1PTW);
}

static void test_stage2_fault_entry(void)
{
    start_stage2();
    struct mmu_fault f = { .source = MMU_FAULT_WALK, .access = MMU_WRITE, .va = 0x1234, .pa = 0x80001234,
                           .kind = (PERMISSION + 3) | ARM_FAULT_STAGE2 };
    arm_raise_fault(&a->cpu, &f, IR_MEM_64 | IR_MEM_STORE);
    g_assert_cmpuint(a->el, ==, 2);
    g_assert_cmphex(a->esr[2], ==, arm_syndrome(EC_DABT_LOWER, 1 << 6 | 15));
    g_assert_cmphex(a->far[2], ==, 0x1234);
    g_assert_cmphex(a->hpfar, ==, 0x80001 << 4);
}

/* -- AT -- */

/* What ESR_EL2 tells of the instruction of a data abort by stage 2: bits 24 to 14, and IL. */
static uint32_t iss(unsigned sas, bool sse, unsigned srt, bool sf, bool ar)
{
    return ESR_IL | 1u << 24 | sas << 22 | sse << 21 | srt << 16 | sf << 15 | ar << 14;
}

static void check_iss(uint64_t insn, uint32_t expected)
{
    ram_write(RAM_BASE, insn);
    a->cpu.pc = RAM_BASE;
    struct mmu_fault f = { .source = MMU_FAULT_WALK, .access = MMU_READ, .va = 0x1234, .pa = 0x7654321000,
                           .kind = 6 | ARM_FAULT_STAGE2 };
    arm_raise_fault(&a->cpu, &f, IR_MEM_32);
    g_assert_cmpuint(a->el, ==, 2);
    g_assert_cmphex(a->esr[2], ==, (uint64_t)EC_DABT_LOWER << 26 | 6 | (expected ? expected : ESR_IL));
    g_assert_cmphex(a->far[2], ==, 0x1234);
    g_assert_cmphex(a->hpfar, ==, 0x7654321000 >> 12 << 4);
}

static void test_isv(void)
{
    const struct {
        uint32_t insn, iss;
    } a64[] = {
        { 0xb9400041, iss(2, 0, 1, 0, 0) },  /* ldr w1, [x2] */
        { 0xf9400441, iss(3, 0, 1, 1, 0) },  /* ldr x1, [x2, #8] */
        { 0x39000083, iss(0, 0, 3, 0, 0) },  /* strb w3, [x4] */
        { 0x798004c5, iss(1, 1, 5, 1, 0) },  /* ldrsh x5, [x6, #2] */
        { 0x39c00107, iss(0, 1, 7, 0, 0) },  /* ldrsb w7, [x8] */
        { 0xb8ab6949, iss(2, 1, 9, 1, 0) },  /* ldrsw x9, [x10, x11] */
        { 0xf82e79ac, iss(3, 0, 12, 1, 0) }, /* str x12, [x13, x14, lsl #3] */
        { 0xb8400883, iss(2, 0, 3, 0, 0) },  /* ldtr w3, [x4] */
        { 0x78001083, iss(1, 0, 3, 0, 0) },  /* sturh w3, [x4, #1] */
        { 0xc8dffcc5, iss(3, 0, 5, 1, 1) },  /* ldar x5, [x6] */
        { 0x089ffd07, iss(0, 0, 7, 0, 1) },  /* stlrb w7, [x8] */
        { 0xb8bfc083, iss(2, 0, 3, 0, 1) },  /* ldapr w3, [x4] */
        { 0xd90010c5, iss(3, 0, 5, 1, 1) },  /* stlur x5, [x6, #1] */
        { 0x18000001, iss(2, 0, 1, 0, 0) },  /* ldr w1, . */
        { 0x58000042, iss(3, 0, 2, 1, 0) },  /* ldr x2, . + 8 */
        { 0x98000003, iss(2, 1, 3, 1, 0) },  /* ldrsw x3, . */
        { 0xf8408441, 0 },                   /* ldr x1, [x2], #8 */
        { 0xf8408c41, 0 },                   /* ldr x1, [x2, #8]! */
        { 0x7c400020, 0 },                   /* ldur h0, [x1] */
        { 0xa9400440, 0 },                   /* ldp x0, x1, [x2] */
        { 0x885f7c20, 0 },                   /* ldxr w0, [x1] */
        { 0xb8200041, 0 },                   /* ldadd w0, w1, [x2] */
        { 0x3d800020, 0 },                   /* str q0, [x1] */
    }, a32[] = {
        { 0xe5921000, iss(2, 0, 1, 0, 0) },  /* ldr r1, [r2] */
        { 0xe7c43005, iss(0, 0, 3, 0, 0) },  /* strb r3, [r4, r5] */
        { 0xe1d760f2, iss(1, 1, 6, 0, 0) },  /* ldrsh r6, [r7, #2] */
        { 0xe1c980b0, iss(1, 0, 8, 0, 0) },  /* strh r8, [r9] */
        { 0xe15ba0d1, iss(0, 1, 10, 0, 0) }, /* ldrsb r10, [r11, #-1] */
        { 0xe1921c9f, iss(2, 0, 1, 0, 1) },  /* lda r1, [r2] */
        { 0xe1c4fc93, iss(0, 0, 3, 0, 1) },  /* stlb r3, [r4] */
        { 0xe590e000, iss(2, 0, 18, 0, 0) }, /* ldr r14, [r0]: X18 is LR of Supervisor mode */
        { 0xe4921004, 0 },                   /* ldr r1, [r2], #4 */
        { 0xe5b21004, 0 },                   /* ldr r1, [r2, #4]! */
        { 0xe1c200f0, 0 },                   /* strd r0, r1, [r2] */
        { 0xe8900006, 0 },                   /* ldm r0, {r1, r2} */
    }, t32[] = { /* halfwords as they are in memory; those of 16 bits have IL clear */
        { 0x6811, iss(2, 0, 1, 0, 0) & ~ESR_IL }, /* ldr r1, [r2] */
        { 0x56d1, iss(0, 1, 1, 0, 0) & ~ESR_IL }, /* ldrsb r1, [r2, r3] */
        { 0x8023, iss(1, 0, 3, 0, 0) & ~ESR_IL }, /* strh r3, [r4] */
        { 0x9502, iss(2, 0, 5, 0, 0) & ~ESR_IL }, /* str r5, [sp, #8] */
        { 0x6014f897, iss(0, 0, 6, 0, 0) },  /* ldrb.w r6, [r7, #20] */
        { 0xac04f93b, iss(1, 1, 10, 0, 0) }, /* ldrsh.w r10, [r11, #-4] */
        { 0x1013f842, iss(2, 0, 1, 0, 0) },  /* str.w r1, [r2, r3, lsl #1] */
        { 0x1fafe8c2, iss(2, 0, 1, 0, 1) },  /* stl r1, [r2] */
        { 0x1e00f852, iss(2, 0, 1, 0, 0) },  /* ldrt r1, [r2] */
        { 0x8b04f859, 0 },                   /* ldr.w r8, [r9], #4 */
        { 0x1200e9c3, 0 },                   /* strd r1, r2, [r3] */
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(a64); i++) {
        start("cortex-a57,has_el3=off");
        set_level(a, 1);
        check_iss(a64[i].insn, a64[i].iss);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(a32) + G_N_ELEMENTS(t32); i++) {
        bool thumb = i >= G_N_ELEMENTS(a32);
        unsigned n = thumb ? i - G_N_ELEMENTS(a32) : i;
        start("cortex-a57,has_el3=off");
        a->hcr = 0; /* EL1 is AArch32 */
        arm_pstate_write(a, PSTATE_NRW | 0x13 | (thumb ? 0x20 : 0));
        arm_update_state(a);
        check_iss(thumb ? t32[n].insn : a32[n].insn, thumb ? t32[n].iss : a32[n].iss);
    }
}

static void test_at(void)
{
    start("max");
    map(0x1000, 3, RAM_BASE | 0x7000 | AF | PAGE | AP2);
    arm_at(a, ARM_SYSREG(1, 0, 7, 8, 0), 0x1abc); /* S1E1R */
    g_assert_cmphex(a->par & UINT64_C(0xfffffffff001), ==, RAM_BASE | 0x7000);
    arm_at(a, ARM_SYSREG(1, 0, 7, 8, 1), 0x1abc); /* S1E1W */
    g_assert_cmphex(a->par & 0x7f, ==, 1 | (PERMISSION + 3) << 1);
    arm_at(a, ARM_SYSREG(1, 0, 7, 8, 2), 0x1abc); /* S1E0R */
    g_assert_cmphex(a->par & 0x7f, ==, 1 | (PERMISSION + 3) << 1);
    arm_at(a, ARM_SYSREG(1, 0, 7, 8, 0), 0x5000);
    g_assert_cmphex(a->par & 0x7f, ==, 1 | (TRANSLATION + 3) << 1);
}

/* Stage 1's: PAR_EL1 has the intermediate address, tables are read through stage 2, from EL1 as from EL2. */
static void test_at_stage1(void)
{
    start_stage2();
    gpa ipa = RAM_BASE + 4 * BIT(21); /* where stage 2 has the tables for the guest */
    map_at(STAGE2, 39, 12, ipa, 2, RAM_BASE | AF | 3 << 6 | BLOCK);
    a->ttbr0[1] = ipa;
    map(0x1000, 3, UINT64_C(0x80200000) | AF | PAGE);
    for (unsigned el = 1; el <= 2; el++) {
        set_level(a, el);
        a->par = ~UINT64_C(0);
        arm_at(a, ARM_SYSREG(1, 0, 7, 8, 0), 0x1abc); /* S1E1R */
        g_assert_cmphex(a->par & UINT64_C(0xfffffffff001), ==, 0x80200000);
    }
    arm_at(a, ARM_SYSREG(1, 4, 7, 8, 4), 0x1abc); /* S12E1R */
    g_assert_cmphex(a->par & 0x27f, ==, 1 | (TRANSLATION + 1) << 1 | BIT(9));
    map_at(STAGE2, 39, 12, 0x80200000, 3, (RAM_BASE + 0x5000) | AF | 3 << 6 | PAGE);
    arm_at(a, ARM_SYSREG(1, 4, 7, 8, 4), 0x1abc);
    g_assert_cmphex(a->par & UINT64_C(0xfffffffff001), ==, RAM_BASE + 0x5000);
}

/* Tables that stage 2 hides are EL2's to know of, external aborts whoever gets those. */
static void test_at_faults(void)
{
    start_stage2();
    ram_write(TABLES, UINT64_C(0x80201000) | TABLE);
    a->par = 0x1234;
    MAY_LEAVE(a, arm_at(a, ARM_SYSREG(1, 0, 7, 8, 0), 0x1abc)); /* S1E1R */
    g_assert_true(seen.left);
    g_assert_cmphex(a->par, ==, 0x1234);
    g_assert_cmpuint(a->el, ==, 2);
    g_assert_cmphex(a->esr[2], ==, arm_syndrome(EC_DABT_LOWER, BIT(8) | BIT(7) | BIT(6) | (TRANSLATION + 1)));
    g_assert_cmphex(a->far[2], ==, 0x1abc);
    g_assert_cmphex(a->hpfar, ==, 0x80201 << 4);
    MAY_LEAVE(a, arm_at(a, ARM_SYSREG(1, 0, 7, 8, 0), 0x1abc)); /* from EL2 it is a result */
    g_assert_false(seen.left);
    g_assert_cmphex(a->par & 0x37f, ==, 1 | (TRANSLATION + 1) << 1 | BIT(8) | BIT(9));
    start("cortex-a57");
    ram_write(TABLES, UINT64_C(0x1000) | TABLE); /* where there is no memory */
    MAY_LEAVE(a, arm_at(a, ARM_SYSREG(1, 0, 7, 8, 0), 0x1abc));
    g_assert_true(seen.left);
    g_assert_cmpuint(a->el, ==, 1);
    g_assert_cmphex(a->esr[1], ==, arm_syndrome(EC_DABT, BIT(8) | BIT(6) | (EXTERNAL + 1)));
}

/* AT of many regimes: what the current keys stand for stays. */
static void test_at_many_regimes(void)
{
    start("cortex-a57");
    set_level(a, 2);
    for (unsigned i = 0; i < 1000; i++) {
        a->ttbr1[1] = TABLES + i * TABLE_SIZE;
        arm_at(a, ARM_SYSREG(1, 0, 7, 8, 0), 0x1000);
        g_assert_nonnull(arm_regime_of(a, &seen.data));
        g_assert_cmpuint(arm_regime_of(a, &seen.data)->kind, ==, ARM_REGIME_EL2);
    }
}

/* TCR_ELx.TBID, which comes with pointer authentication: the top byte is ignored of data's addresses only. */
static void test_data_only(void)
{
    static const char *const models[] = { "max", "cortex-a76" };
    for (unsigned i = 0; i < G_N_ELEMENTS(models); i++) {
        start(models[i]);
        gva tagged = UINT64_C(0x5a) << 56 | 0x1000;
        map(0x1000, 3, RAM_BASE | AF | PAGE);
        a->tcr[1] |= BIT(37);
        arm_update_state(a);
        g_assert_cmphex(bits(a->cpu.mode.word[0], ARMKEY_TBI_SHIFT, 2), ==, 1);
        g_assert_cmphex(walk(tagged, MMU_FETCH), ==, 0);
        a->tcr[1] |= BIT(51);
        arm_update_state(a);
        g_assert_cmphex(bits(a->cpu.mode.word[0], ARMKEY_TBI_SHIFT, 2), ==, i);
        g_assert_cmphex(walk(tagged, MMU_FETCH), ==, i ? 0 : TRANSLATION);
        g_assert_cmphex(walk(tagged, MMU_READ), ==, 0);
        set_level(a, 3);
        a->tcr[3] = BIT(20);
        arm_update_state(a);
        g_assert_cmphex(bits(a->cpu.mode.word[0], ARMKEY_TBI_SHIFT, 2), ==, 3);
        a->tcr[3] |= BIT(29);
        arm_update_state(a);
        g_assert_cmphex(bits(a->cpu.mode.word[0], ARMKEY_TBI_SHIFT, 2), ==, i ? 3 : 0);
    }
}

/* -- Off -- */

/* Where the top byte is ignored it is without translation, too. */
static void test_off_top_byte(void)
{
    start("cortex-a57");
    a->sctlr[1] &= ~(uint64_t)SCTLR_M;
    arm_update_state(a);
    gva tagged = UINT64_C(0x5a) << 56 | RAM_BASE;
    g_assert_false(arm_walk(&a->cpu, &seen.data, tagged, MMU_READ, false, &page, &fault));
    a->tcr[1] |= BIT(37);
    arm_update_state(a);
    g_assert_true(arm_walk(&a->cpu, &seen.data, tagged, MMU_READ, false, &page, &fault));
    g_assert_cmphex(page.pa, ==, RAM_BASE);
    g_assert_false(arm_walk(&a->cpu, &seen.data, tagged | BIT(55), MMU_READ, false, &page, &fault));
    a->tcr[2] |= BIT(20);
    set_level(a, 2);
    g_assert_true(arm_walk(&a->cpu, &seen.data, tagged, MMU_READ, false, &page, &fault));
    g_assert_cmphex(page.pa, ==, RAM_BASE);
}

/* -- TLBI -- */

#define TLBI(op1, crm, op2) ARM_SYSREG(1, op1, 8, crm, op2)

static void tlbi(uint16_t enc, uint64_t value)
{
    seen.flushes = seen.page_flushes = 0;
    seen.answer = false;
    arm_tlbi(a, enc, value);
}

static void test_tlbi(void)
{
    start("cortex-a57");
    a->ttbr0[1] |= UINT64_C(5) << 48;
    arm_update_state(a);
    struct mmu_key user = seen.unpriv, kernel = { .root = MMU_ANY_ROOT, .mode = seen.data.mode };
    asked = user;
    tlbi(TLBI(0, 7, 0), 0); /* VMALLE1 */
    g_assert_true(seen.flushes == 1 && seen.answer);
    tlbi(TLBI(0, 7, 2), UINT64_C(5) << 48); /* ASIDE1 */
    g_assert_true(seen.flushes == 1 && seen.answer);
    tlbi(TLBI(0, 7, 2), UINT64_C(6) << 48);
    g_assert_true(seen.flushes == 1 && !seen.answer);
    tlbi(TLBI(0, 7, 1), UINT64_C(5) << 48 | 0x12345); /* VAE1 */
    g_assert_true(seen.page_flushes == 1 && seen.answer);
    g_assert_cmphex(seen.flushed_page, ==, 0x12345000);
    tlbi(TLBI(0, 7, 5), UINT64_C(6) << 48 | 0x12345); /* VALE1 */
    g_assert_true(seen.page_flushes == 1 && !seen.answer);
    tlbi(TLBI(0, 7, 3), UINT64_C(0xfffffff8000)); /* VAAE1, an address of the upper half */
    g_assert_true(seen.page_flushes == 1 && seen.answer);
    g_assert_cmphex(seen.flushed_page, ==, UINT64_C(0xfffffffffff8000) << 12);
    asked = kernel;
    tlbi(TLBI(0, 7, 2), UINT64_C(5) << 48); /* global pages stay */
    g_assert_false(seen.answer);
    tlbi(TLBI(0, 7, 1), UINT64_C(6) << 48 | 0x12345); /* of one address they go */
    g_assert_true(seen.answer);
    set_level(a, 2);
    asked = seen.data;
    tlbi(TLBI(0, 7, 0), 0);
    g_assert_false(seen.answer);
    tlbi(TLBI(4, 7, 0), 0); /* ALLE2 */
    g_assert_true(seen.answer);
    g_assert_false(arm_tlbi_exists(&a->config, TLBI(0, 7, 4)));
    g_assert_true(arm_tlbi_exists(&a->config, TLBI(4, 3, 4)));
    g_assert_false(arm_tlbi_exists(&a->config, TLBI(0, 5, 0)));
}

/* Which reach other CPUs: those by name, and with HCR_EL2.FB all of EL1's. */
static void test_tlbi_others(void)
{
    static struct arm_cpu other = { .cpu.arch = &test_arch };
    struct cpu *both[2] = { NULL, &other.cpu };
    static const struct {
        unsigned el;
        bool fb;
        uint16_t enc;
        bool posted;
    } rows[] = {
        { 1, false, TLBI(0, 7, 0), false }, { 1, false, TLBI(0, 3, 0), true }, { 1, true, TLBI(0, 7, 0), true },
        { 1, true, TLBI(0, 7, 1), true },   { 2, true, TLBI(0, 7, 0), false }, { 2, true, TLBI(4, 7, 4), false },
        { 2, true, TLBI(4, 3, 4), true },
    };
    arm_tlbi_init(&other);
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        start("cortex-a57");
        both[0] = &a->cpu;
        cpu_list = both;
        cpu_count = 2;
        a->hcr = HCR_RW | (rows[i].fb ? HCR_FB : 0);
        set_level(a, rows[i].el);
        tlbi(rows[i].enc, 0);
        g_assert_cmpuint(a->tlbi_posted, ==, rows[i].posted);
    }
    arm_tlbi_fini(&other);
    core("cortex-a57");
}

static void test_tlbi_vmid(void)
{
    start_stage2();
    asked = seen.data;
    tlbi(TLBI(0, 7, 0), 0);
    g_assert_true(seen.answer);
    a->vttbr ^= UINT64_C(1) << 48;
    tlbi(TLBI(0, 7, 0), 0);
    g_assert_false(seen.answer);
    tlbi(TLBI(4, 7, 4), 0); /* ALLE1 */
    g_assert_true(seen.answer);
}

/* A host's TLBI by EL1's names is of its own regime. */
static void test_tlbi_host(void)
{
    a = core("max");
    a->scr |= SCR_NS;
    a->hcr = HCR_E2H | HCR_TGE | HCR_RW;
    a->tcr[2] = 16 | 16 << 16 | UINT64_C(2) << 30 | UINT64_C(5) << 32;
    a->ttbr0[2] = TABLES | UINT64_C(5) << 48;
    a->ttbr1[2] = TABLES;
    a->sctlr[2] |= SCTLR_M;
    set_level(a, 2);
    map(0x1000, 3, RAM_BASE | AF | PAGE);
    g_assert_cmphex(walk(~UINT64_C(0) << 48 | 0x1000, MMU_READ), ==, 0);
    asked = seen.unpriv;
    tlbi(TLBI(0, 7, 0), 0);
    g_assert_true(seen.answer);
    tlbi(TLBI(0, 7, 2), UINT64_C(5) << 48);
    g_assert_true(seen.answer);
    tlbi(TLBI(0, 7, 2), UINT64_C(6) << 48);
    g_assert_false(seen.answer);
    a->hcr &= ~(uint64_t)HCR_TGE; /* a guest's now */
    tlbi(TLBI(0, 7, 0), 0);
    g_assert_false(seen.answer);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/arm-mmu/levels", test_levels);
    g_test_add_func("/arm-mmu/ranges", test_ranges);
    g_test_add_func("/arm-mmu/off", test_off);
    g_test_add_func("/arm-mmu/bad-addresses", test_bad_addresses);
    g_test_add_func("/arm-mmu/secure", test_secure);
    g_test_add_func("/arm-mmu/permissions", test_permissions);
    g_test_add_func("/arm-mmu/table-attributes", test_table_attributes);
    g_test_add_func("/arm-mmu/access-flag", test_access_flag);
    g_test_add_func("/arm-mmu/dirty", test_dirty);
    g_test_add_func("/arm-mmu/dirty-below-no-el0", test_dirty_below_no_el0);
    g_test_add_func("/arm-mmu/keys", test_keys);
    g_test_add_func("/arm-mmu/many-regimes", test_many_regimes);
    g_test_add_func("/arm-mmu/stage2", test_stage2);
    g_test_add_func("/arm-mmu/stage2-updates", test_stage2_updates);
    g_test_add_func("/arm-mmu/stage2-hyp", test_stage2_hyp);
    g_test_add_func("/arm-mmu/default-cacheable", test_default_cacheable);
    g_test_add_func("/arm-mmu/stage2-root", test_stage2_root);
    g_test_add_func("/arm-mmu/stage2-fault-entry", test_stage2_fault_entry);
    g_test_add_func("/arm-mmu/isv", test_isv);
    g_test_add_func("/arm-mmu/at", test_at);
    g_test_add_func("/arm-mmu/at-stage1", test_at_stage1);
    g_test_add_func("/arm-mmu/at-faults", test_at_faults);
    g_test_add_func("/arm-mmu/data-only", test_data_only);
    g_test_add_func("/arm-mmu/stage2-start", test_stage2_start);
    g_test_add_func("/arm-mmu/ptw", test_ptw);
    g_test_add_func("/arm-mmu/at-many-regimes", test_at_many_regimes);
    g_test_add_func("/arm-mmu/off-top-byte", test_off_top_byte);
    g_test_add_func("/arm-mmu/tlbi", test_tlbi);
    g_test_add_func("/arm-mmu/tlbi-others", test_tlbi_others);
    g_test_add_func("/arm-mmu/tlbi-vmid", test_tlbi_vmid);
    g_test_add_func("/arm-mmu/tlbi-host", test_tlbi_host);
    return g_test_run();
}
