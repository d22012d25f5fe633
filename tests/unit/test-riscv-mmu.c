/* SPDX-License-Identifier: BSD-2-Clause */
/* Page walks: every mode and level, permissions, A and D, reserved encodings, PMP on what the walk reads and finds. */
#include "riscv-hart.h"

#define BIT(n) (UINT64_C(1) << (n))
enum { V = 1, R = 2, W = 4, X = 8, U = 16, A = 64, D = 128 };
#define N BIT(63)
#define PBMT(n) ((uint64_t)(n) << 61)
enum { PR = 1 << MMU_READ, PW = 1 << MMU_WRITE, PX = 1 << MMU_FETCH };

#define TABLES RAM_BASE /* one page a level from here, the root's first */

/* -- The shapes -- */

static const struct shape {
    const char *name, *model;
    uint64_t satp_mode; /* in place */
    unsigned levels, pte_size, index_bits;
} shapes[] = {
    {"sv32", "rv32", BIT(31), 2, 4, 10},
    {"sv39", "max", UINT64_C(8) << 60, 3, 8, 9},
    {"sv48", "max", UINT64_C(9) << 60, 4, 8, 9},
    {"sv57", "max", UINT64_C(10) << 60, 5, 8, 9},
};
#define SV39 (&shapes[1])

static struct riscv_cpu *r;
static struct mmu_key key;
static const struct shape *shape;
static gpa leaf_pte; /* address of the last map()'s leaf entry */

static gva top_address(const struct shape *s)
{
    unsigned bits_ = s->levels * s->index_bits + 12;
    return s->pte_size == 4 ? 0xfffff000 : (gva)-(INT64_C(1) << (bits_ - 1)); /* lowest of the upper half */
}

/* A hart that translates through an empty table, S-mode, all of memory open to it. */
static void start(const struct shape *s, const char *model)
{
    shape = s;
    r = hart(model ? model : s->model);
    if (r->config.pmp_count) {
        csr_write(r, 0x3b0, UINT64_MAX);
        csr_write(r, 0x3a0, 0x1f);
    }
    csr_write(r, 0x180, s->satp_mode | TABLES >> 12);
    key = (struct mmu_key){.root = r->satp, .mode = PRV_S};
    set_priv(r, PRV_S);
}

/* Make va lead, at the given level (0: 4 KiB), to an entry with these bits and this page number. */
static void map(gva va, unsigned level, uint64_t ppn, uint64_t flags)
{
    gpa table = TABLES;
    for (unsigned l = shape->levels - 1;; l--) {
        gpa entry = table + bits(va, 12 + l * shape->index_bits, shape->index_bits) * shape->pte_size;
        if (l == level) {
            leaf_pte = entry;
            ram_write(entry, shape->pte_size, ppn << 10 | flags);
            return;
        }
        table += PAGE_SIZE;
        ram_write(entry, shape->pte_size, table >> 12 << 10 | V);
    }
}

static void set_leaf_flags(uint64_t flags)
{
    uint64_t pte = ram_read(leaf_pte, shape->pte_size);
    uint64_t ppn_mask = shape->pte_size == 8 ? UINT64_C(0x3ffffffffffc00) : UINT64_C(0xfffffc00);
    ram_write(leaf_pte, shape->pte_size, (pte & ppn_mask) | flags);
}

enum outcome { OK, PAGE_FAULT, ACCESS_FAULT };

static struct mmu_page page;
static struct mmu_fault fault;

static enum outcome walk(gva va, enum mmu_access access)
{
    memset(&page, 0xee, sizeof(page));
    memset(&fault, 0xee, sizeof(fault));
    if (riscv_walk(&r->cpu, &key, va, access, false, &page, &fault))
        return OK;
    return fault.kind == RVFAULT_ACCESS ? ACCESS_FAULT : PAGE_FAULT;
}

/* -- Modes and levels -- */

static void test_levels(gconstpointer data)
{
    const struct shape *s = data;
    for (unsigned upper = 0; upper < 2; upper++) {
        for (unsigned level = 0; level < s->levels; level++) {
            start(s, NULL);
            unsigned size_bits = 12 + level * s->index_bits;
            gva va = upper ? top_address(s) : 0x1234567;
            uint64_t ppn = s->pte_size == 4 ? 0x300000 : UINT64_C(0x80000000000);
            if (size_bits > 12 + 43)
                ppn = 0;
            ppn &= ~(BIT(size_bits - 12) - 1);
            map(va, level, ppn, V | R | W | X | A | D);
            g_assert_cmpint(walk(va, MMU_READ), ==, OK);
            gpa expect = (ppn << 12 | (va & (BIT(size_bits) - 1))) & PAGE_MASK;
            g_assert_cmphex(page.pa, ==, expect);
            g_assert_cmpuint(page.prot, ==, PR | PW | PX);
            g_assert_cmphex(page.size, ==, level ? BIT(size_bits) : 0);
            g_assert_false(page.split);
            if (level) { /* a misaligned superpage */
                map(va, level, ppn | 1, V | R | W | X | A | D);
                g_assert_cmpint(walk(va, MMU_READ), ==, PAGE_FAULT);
                map(va, level, ppn | BIT(size_bits - 13), V | R | W | X | A | D);
                g_assert_cmpint(walk(va, MMU_READ), ==, PAGE_FAULT);
            }
        }
        start(s, NULL); /* a pointer where a leaf must be */
        map(upper ? top_address(s) : 0x1234567, 0, 0x90000, V | A | D);
        g_assert_cmpint(walk(upper ? top_address(s) : 0x1234567, MMU_READ), ==, PAGE_FAULT);
    }
}

static void test_canonical(gconstpointer data)
{
    const struct shape *s = data;
    start(s, NULL);
    if (s->pte_size == 4) {
        g_assert_cmpint(walk(BIT(32), MMU_READ), ==, PAGE_FAULT);
        return;
    }
    gva top = top_address(s);
    map(top, s->levels - 1, 0, V | R | A | D);
    g_assert_cmpint(walk(top, MMU_READ), ==, OK);
    g_assert_cmpint(walk(-top, MMU_READ), ==, PAGE_FAULT); /* the same index bits, sign bits clear */
    g_assert_cmpint(walk(top & ~BIT(63), MMU_READ), ==, PAGE_FAULT);
    g_assert_cmpint(walk(BIT(62), MMU_READ), ==, PAGE_FAULT);
}

static void test_bare(void)
{
    start(SV39, NULL);
    key = (struct mmu_key){.root = 0, .mode = PRV_M};
    g_assert_cmpint(walk(0x80001234, MMU_WRITE), ==, OK);
    g_assert_cmphex(page.pa, ==, 0x80001000);
    g_assert_cmpuint(page.prot, ==, 7);
}

/* -- Permissions: R, W, X, U against the privilege, SUM and MXR; all combinations -- */

/* The manual's rules, once more. */
static unsigned granted(unsigned flags, unsigned mode)
{
    bool user_page = flags & U, user = (mode & 3) == PRV_U;
    unsigned p = 0;
    if (!(flags & (R | X)) || (flags & (R | W)) == W)
        return 0; /* a pointer, or reserved */
    if (flags & R || ((flags & X) && (mode & RVMMU_MXR)))
        p |= PR;
    if (flags & W)
        p |= PW;
    if (flags & X)
        p |= PX;
    if (user && !user_page)
        return 0;
    if (!user && user_page)
        return mode & RVMMU_SUM ? p & ~PX : 0;
    return p;
}

static void test_permissions(void)
{
    static const unsigned modes[] = {PRV_U, PRV_U | RVMMU_MXR, PRV_S, PRV_S | RVMMU_MXR, PRV_S | RVMMU_SUM,
                                     PRV_S | RVMMU_SUM | RVMMU_MXR};
    start(SV39, NULL);
    map(0x5000, 0, 0x90000, V);
    for (unsigned flags = 0; flags < 32; flags += 2) {
        for (unsigned m = 0; m < G_N_ELEMENTS(modes); m++) {
            set_leaf_flags(flags | V | A | D);
            key.mode = modes[m];
            unsigned expect = granted(flags, modes[m]);
            for (unsigned access = 0; access < 3; access++) {
                enum outcome o = walk(0x5678, access);
                g_assert_cmpint(o, ==, expect >> access & 1 ? OK : PAGE_FAULT);
                if (o == OK)
                    g_assert_cmpuint(page.prot, ==, expect);
            }
        }
    }
    set_leaf_flags(R | W | X | A | D); /* not valid */
    g_assert_cmpint(walk(0x5678, MMU_READ), ==, PAGE_FAULT);
}

/* -- A and D -- */

static void test_ad(void)
{
    static const struct {
        const char *model;
        bool adue, hardware;
    } rows[] = {
        {"max", true, true}, {"max", false, false}, {"rv64,svadu=off,svade=on", false, false},
        {"rv64,svadu=on,svade=on", true, true}, {"rv64,svadu=on,svade=on", false, false},
        {"rv64,svadu=off", false, true},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        start(SV39, rows[i].model);
        r->menvcfg = rows[i].adue ? ENVCFG_ADUE : 0;
        map(0x5000, 0, 0x90000, V | R | W | X);
        for (unsigned access = 0; access < 3; access++) {
            set_leaf_flags(V | R | W | X);
            g_assert_cmpint(walk(0x5000, access), ==, rows[i].hardware ? OK : PAGE_FAULT);
            uint64_t expect = !rows[i].hardware ? 0 : access == MMU_WRITE ? A | D : A;
            g_assert_cmphex(ram_read(leaf_pte, 8) & (A | D), ==, expect);
            if (rows[i].hardware)
                g_assert_cmpuint(page.prot, ==, access == MMU_WRITE ? PR | PW | PX : PR | PX);
        }
        set_leaf_flags(V | R | W | A); /* clean: a load may, but not hand out stores */
        g_assert_cmpint(walk(0x5000, MMU_READ), ==, OK);
        g_assert_cmpuint(page.prot, ==, PR);
        g_assert_cmphex(ram_read(leaf_pte, 8) & (A | D), ==, A);
        g_assert_cmpint(walk(0x5000, MMU_WRITE), ==, rows[i].hardware ? OK : PAGE_FAULT);
        set_leaf_flags(V | R | W | D);
        g_assert_cmpint(walk(0x5000, MMU_READ), ==, rows[i].hardware ? OK : PAGE_FAULT);
        set_leaf_flags(V | R); /* not permitted: nothing is set */
        g_assert_cmpint(walk(0x5000, MMU_WRITE), ==, PAGE_FAULT);
        g_assert_cmphex(ram_read(leaf_pte, 8) & (A | D), ==, 0);
    }
}

static unsigned races;

/* Another hart revokes W between the walk's look and its update. */
static void revoke_write(gpa addr)
{
    if (!races++)
        ram_write(addr, 8, ram_read(addr, 8) & ~(uint64_t)W);
}

static void test_ad_race(void)
{
    start(SV39, NULL);
    r->menvcfg |= ENVCFG_ADUE;
    map(0x5000, 0, 0x90000, V | R | W);
    races = 0;
    before_cas = revoke_write;
    g_assert_cmpint(walk(0x5000, MMU_WRITE), ==, PAGE_FAULT);
    g_assert_cmphex(ram_read(leaf_pte, 8) & (A | D), ==, 0);
    races = 0;
    map(0x5000, 0, 0x90000, V | R | W);
    g_assert_cmpint(walk(0x5000, MMU_READ), ==, OK);
    g_assert_cmpuint(races, ==, 2);
    g_assert_cmphex(ram_read(leaf_pte, 8) & (A | D), ==, A);
}

/* Page tables where they cannot be read or updated. */
static void test_bad_tables(void)
{
    start(SV39, NULL);
    r->menvcfg |= ENVCFG_ADUE;
    key.root = SV39->satp_mode | 0x12345; /* no memory */
    g_assert_cmpint(walk(0x5000, MMU_READ), ==, ACCESS_FAULT);
    gpa rom = RAM_BASE + RAM_SIZE - PAGE_SIZE;
    key.root = SV39->satp_mode | rom >> 12;
    ram_write(rom, 8, V | R); /* a 1 GiB leaf without A, in read-only memory */
    g_assert_cmpint(walk(0x5000, MMU_READ), ==, ACCESS_FAULT);
    ram_write(rom, 8, V | R | A);
    g_assert_cmpint(walk(0x5000, MMU_READ), ==, OK);
}

static void test_debug(void)
{
    start(SV39, NULL);
    map(0x5000, 0, 0x90000, V | R);
    r->pmp_nranges = 0; /* nothing is open */
    key.mode = PRV_U;
    g_assert_true(riscv_walk(&r->cpu, &key, 0x5004, MMU_WRITE, true, &page, NULL));
    g_assert_cmphex(page.pa, ==, 0x90000000);
    g_assert_cmphex(ram_read(leaf_pte, 8) & (A | D), ==, 0);
    g_assert_false(riscv_walk(&r->cpu, &key, 0x6000, MMU_WRITE, true, &page, NULL));
}

/* -- Reserved encodings and extensions -- */

static void test_reserved(void)
{
    start(SV39, "rv64");
    for (unsigned bit = 54; bit < 64; bit++) { /* without Svpbmt and Svnapot all of them */
        map(0x5000, 0, 0x90000, V | R | A | D | BIT(bit));
        g_assert_cmpint(walk(0x5000, MMU_READ), ==, PAGE_FAULT);
    }
    for (unsigned bit = 6; bit < 8; bit++) { /* A and D in a pointer */
        map(0x5000, 0, 0x90000, V | R | A | D);
        ram_write(TABLES, 8, ram_read(TABLES, 8) | BIT(bit));
        g_assert_cmpint(walk(0x5000, MMU_READ), ==, PAGE_FAULT);
    }
    map(0x5000, 0, 0x90000, V | R | A | D);
    ram_write(TABLES, 8, ram_read(TABLES, 8) | U);
    g_assert_cmpint(walk(0x5000, MMU_READ), ==, PAGE_FAULT);
    map(0x5000, 0, 0x90000, V | R | A | D | 0x300 | 0x20); /* RSW and G are software's and a hint */
    g_assert_cmpint(walk(0x5000, MMU_READ), ==, OK);
}

static void test_svpbmt(void)
{
    start(SV39, "max");
    for (unsigned on = 0; on < 2; on++) {
        r->menvcfg = on ? ENVCFG_PBMTE : 0;
        for (unsigned type = 0; type < 4; type++) {
            map(0x5000, 0, 0x90000, V | R | A | D | PBMT(type));
            g_assert_cmpint(walk(0x5000, MMU_READ), ==, type == 0 || (on && type < 3) ? OK : PAGE_FAULT);
            if (!type)
                continue;
            map(0x5000, 0, 0x90000, V | R | A | D);
            ram_write(TABLES, 8, ram_read(TABLES, 8) | PBMT(type)); /* never in a pointer */
            g_assert_cmpint(walk(0x5000, MMU_READ), ==, PAGE_FAULT);
        }
    }
    r->menvcfg = ENVCFG_PBMTE;
    map(0x5000, 0, 0x90000, V | R | A | D | PBMT(2));
    g_assert_cmpint(walk(0x5000, MMU_READ), ==, OK);
    g_assert_cmphex(page.pa, ==, 0x90000000); /* the type is no part of the address */
}

static void test_svnapot(void)
{
    start(SV39, "max");
    for (gva va = 0x10000; va < 0x20000; va += PAGE_SIZE) {
        map(va, 0, 0x90008 | 0x30, V | R | W | A | D | N);
        g_assert_cmpint(walk(va + 4, MMU_READ), ==, OK);
        g_assert_cmphex(page.pa, ==, 0x90030000 + (va & 0xf000));
        g_assert_cmphex(page.size, ==, 64 * KiB);
    }
    for (unsigned low = 0; low < 16; low++) { /* only the encoding of 64 KiB */
        map(0x10000, 0, 0x90000 | low, V | R | A | D | N);
        g_assert_cmpint(walk(0x10000, MMU_READ), ==, low == 8 ? OK : PAGE_FAULT);
    }
    map(0x200000, 1, 0x90000, V | R | A | D | N); /* nor in superpages */
    g_assert_cmpint(walk(0x200000, MMU_READ), ==, PAGE_FAULT);
    map(0x10000, 0, 0x90008, V | R | A | D);
    ram_write(TABLES, 8, ram_read(TABLES, 8) | N);
    g_assert_cmpint(walk(0x10000, MMU_READ), ==, PAGE_FAULT);
}

/* -- PMP -- */

/* Entry 0 guards one range (NAPOT address and config), entry 1 opens everything. */
static void guard(uint64_t napot, uint8_t cfg)
{
    set_priv(r, PRV_M);
    csr_write(r, 0x3b0, napot);
    csr_write(r, 0x3b1, UINT64_MAX);
    csr_write(r, 0x3a0, 0x1f00 | cfg);
    set_priv(r, PRV_S);
}

static void test_pmp_on_walk(void)
{
    start(SV39, "max");
    r->menvcfg |= ENVCFG_ADUE;
    map(0x5000, 0, 0x90000, V | R | W);
    guard(TABLES >> 2 | 0x1ff, 0x18); /* the root: nothing */
    g_assert_cmpint(walk(0x5000, MMU_READ), ==, ACCESS_FAULT);
    guard((TABLES + 2 * PAGE_SIZE) >> 2 | 0x1ff, 0x19); /* the last table: read-only */
    g_assert_cmpint(walk(0x5000, MMU_READ), ==, ACCESS_FAULT); /* A must be set there */
    g_assert_cmphex(ram_read(leaf_pte, 8) & A, ==, 0);
    set_leaf_flags(V | R | W | A | D);
    g_assert_cmpint(walk(0x5000, MMU_WRITE), ==, OK);
    guard(leaf_pte >> 2 | 0, 0x18); /* just that entry: 8 bytes */
    g_assert_cmpint(walk(0x5000, MMU_READ), ==, ACCESS_FAULT);
    guard((leaf_pte + 8) >> 2 | 0, 0x18); /* the one beside it */
    g_assert_cmpint(walk(0x5000, MMU_READ), ==, OK);
}

static void test_pmp_on_page(void)
{
    start(SV39, "max");
    r->menvcfg |= ENVCFG_ADUE;
    map(0x5000, 0, 0x90000, V | R | W);
    guard(0x90000000 >> 2 | 0x1ff, 0x19); /* the page: read-only */
    g_assert_cmpint(walk(0x5000, MMU_WRITE), ==, ACCESS_FAULT);
    g_assert_cmphex(ram_read(leaf_pte, 8) & D, ==, 0); /* the store did not happen */
    g_assert_cmpint(walk(0x5000, MMU_READ), ==, OK);
    g_assert_cmpuint(page.prot, ==, PR);
    g_assert_false(page.split);
    set_leaf_flags(V | R | W | X | A | D);
    guard(0x90000800 >> 2 | 0x1f, 0x18); /* 256 bytes in it: nothing */
    g_assert_cmpint(walk(0x5000, MMU_READ), ==, OK);
    g_assert_true(page.split);
    g_assert_cmphex(page.first, ==, 0);
    g_assert_cmphex(page.last, ==, 0x7ff);
    g_assert_cmpuint(fault.kind, ==, RVFAULT_ACCESS); /* for an access that leaves that part */
    g_assert_cmpint(walk(0x5880, MMU_READ), ==, ACCESS_FAULT);
    g_assert_cmpint(walk(0x5900, MMU_READ), ==, OK);
    g_assert_cmphex(page.first, ==, 0x900);
    g_assert_cmphex(page.last, ==, 0xfff);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(shapes); i++) {
        char *path = g_strdup_printf("/riscv/mmu/levels/%s", shapes[i].name);
        g_test_add_data_func(path, &shapes[i], test_levels);
        g_free(path);
        path = g_strdup_printf("/riscv/mmu/canonical/%s", shapes[i].name);
        g_test_add_data_func(path, &shapes[i], test_canonical);
        g_free(path);
    }
    g_test_add_func("/riscv/mmu/bare", test_bare);
    g_test_add_func("/riscv/mmu/permissions", test_permissions);
    g_test_add_func("/riscv/mmu/ad", test_ad);
    g_test_add_func("/riscv/mmu/ad-race", test_ad_race);
    g_test_add_func("/riscv/mmu/bad-tables", test_bad_tables);
    g_test_add_func("/riscv/mmu/debug", test_debug);
    g_test_add_func("/riscv/mmu/reserved", test_reserved);
    g_test_add_func("/riscv/mmu/svpbmt", test_svpbmt);
    g_test_add_func("/riscv/mmu/svnapot", test_svnapot);
    g_test_add_func("/riscv/mmu/pmp-walk", test_pmp_on_walk);
    g_test_add_func("/riscv/mmu/pmp-page", test_pmp_on_page);
    return g_test_run();
}
