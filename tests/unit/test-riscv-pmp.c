/* SPDX-License-Identifier: BSD-2-Clause */
/* PMP: address matching, priority, locks, the truth tables with and without Smepmp. */
#include "riscv-hart.h"

enum { PR = 1 << MMU_READ, PW = 1 << MMU_WRITE, PX = 1 << MMU_FETCH };
enum { TOR = 1 << 3, NA4 = 2 << 3, NAPOT = 3 << 3 };
enum { MSECCFG = 0x747 };

/* Permissions as letters: "rw-". */
static unsigned letters(const char *s)
{
    return (s[0] == 'r' ? PR : 0) | (s[1] == 'w' ? PW : 0) | (s[2] == 'x' ? PX : 0);
}

static unsigned cfg_of(struct riscv_cpu *r, unsigned entry)
{
    return r->pmpcfg[entry];
}

static unsigned prot(struct riscv_cpu *r, gpa pa, unsigned priv)
{
    return riscv_pmp_lookup(r, pa, priv).prot;
}

/* -- Truth tables: pmpcfg's L, R, W, X (bits 3 to 0 of the index) -> M, S/U -- */

static const char *const plain[16][2] = {
    {"rwx", "---"}, {"rwx", "--x"}, {NULL, NULL},   {NULL, NULL}, {"rwx", "r--"}, {"rwx", "r-x"},
    {"rwx", "rw-"}, {"rwx", "rwx"}, {"---", "---"}, {"--x", "--x"}, {NULL, NULL},   {NULL, NULL},
    {"r--", "r--"}, {"r-x", "r-x"}, {"rw-", "rw-"}, {"rwx", "rwx"},
};
static const char *const with_mml[16][2] = {
    {"---", "---"}, {"---", "--x"}, {"rw-", "r--"}, {"rw-", "rw-"}, {"---", "r--"}, {"---", "r-x"},
    {"---", "rw-"}, {"---", "rwx"}, {"---", "---"}, {"--x", "---"}, {"--x", "--x"}, {"r-x", "--x"},
    {"r--", "---"}, {"r-x", "---"}, {"rw-", "---"}, {"r--", "r--"},
};

static uint8_t cfg_from_index(unsigned i)
{
    return (i & 8 ? PMP_L : 0) | (i & 4 ? PMP_R : 0) | (i & 2 ? PMP_W : 0) | (i & 1 ? PMP_X : 0);
}

static void check_table(const char *const table[16][2], unsigned mseccfg)
{
    for (unsigned i = 0; i < 16; i++) {
        if (!table[i][0])
            continue;
        struct riscv_cpu *r = hart("max");
        csr_write(r, MSECCFG, mseccfg | MSECCFG_RLB);
        csr_write(r, 0x3b0, 0x80000000 >> 2 | 0x1ff);
        csr_write(r, 0x3a0, NAPOT | cfg_from_index(i));
        g_assert_cmphex(cfg_of(r, 0), ==, NAPOT | cfg_from_index(i));
        g_assert_cmpuint(prot(r, 0x80000100, PRV_M), ==, letters(table[i][0]));
        g_assert_cmpuint(prot(r, 0x80000100, PRV_S), ==, letters(table[i][1]));
        g_assert_cmpuint(prot(r, 0x80000100, PRV_U), ==, letters(table[i][1]));
    }
}

static void test_plain_table(void)
{
    check_table(plain, 0);
}

static void test_mml_table(void)
{
    check_table(with_mml, MSECCFG_MML);
}

/* Where no entry matches. */
static void test_default(void)
{
    static const struct {
        unsigned mseccfg;
        const char *m;
    } rows[] = {{0, "rwx"}, {MSECCFG_MML, "rw-"}, {MSECCFG_MMWP, "---"}, {MSECCFG_MML | MSECCFG_MMWP, "---"}};
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct riscv_cpu *r = hart("max");
        csr_write(r, MSECCFG, rows[i].mseccfg);
        g_assert_cmpuint(prot(r, 0x1000, PRV_M), ==, letters(rows[i].m));
        g_assert_cmpuint(prot(r, 0x1000, PRV_S), ==, 0);
        g_assert_cmpuint(prot(r, 0x1000, PRV_U), ==, 0);
    }
    struct riscv_cpu *r = hart("rv64,pmp=off");
    g_assert_cmpuint(prot(r, 0x1000, PRV_U), ==, PR | PW | PX);
}

/* -- Addresses -- */

static void check_range(struct riscv_cpu *r, gpa lo, gpa hi)
{
    g_assert_cmpuint(prot(r, lo, PRV_S), ==, PR);
    g_assert_cmpuint(prot(r, hi, PRV_S), ==, PR);
    if (lo)
        g_assert_cmpuint(prot(r, lo - 1, PRV_S), ==, 0);
    g_assert_cmpuint(prot(r, hi + 1, PRV_S), ==, 0);
}

static void test_napot(void)
{
    struct riscv_cpu *r = hart("rv64");
    csr_write(r, 0x3a0, NAPOT | PMP_R);
    for (unsigned ones = 0; ones < 50; ones++) {
        gpa size = UINT64_C(8) << ones, base = size * 2;
        csr_write(r, 0x3b0, base >> 2 | ((UINT64_C(1) << ones) - 1));
        check_range(r, base, base + size - 1);
    }
    csr_write(r, 0x3b0, UINT64_MAX); /* all of memory */
    g_assert_cmpuint(prot(r, 0, PRV_S), ==, PR);
    g_assert_cmpuint(prot(r, (UINT64_C(1) << 56) - 1, PRV_S), ==, PR);
}

static void test_na4(void)
{
    struct riscv_cpu *r = hart("rv32");
    csr_write(r, 0x3a0, NA4 | PMP_R);
    csr_write(r, 0x3b0, 0x20000001);
    check_range(r, 0x80000004, 0x80000007);
    csr_write(r, 0x3b0, 0xffffffff); /* RV32: 34 bits of address */
    check_range(r, UINT64_C(0x3fffffffc), UINT64_C(0x3ffffffff));
}

static void test_tor(void)
{
    struct riscv_cpu *r = hart("rv64");
    csr_write(r, 0x3a0, TOR | PMP_R);
    csr_write(r, 0x3b0, 0x1004 >> 2);
    check_range(r, 0, 0x1003);
    csr_write(r, 0x3a0, (uint64_t)(TOR | PMP_R) << 8); /* entry 1, from pmpaddr0 */
    csr_write(r, 0x3b1, 0x2000 >> 2);
    check_range(r, 0x1004, 0x1fff);
    csr_write(r, 0x3b1, 0x1004 >> 2); /* empty */
    g_assert_cmpuint(prot(r, 0x1003, PRV_S), ==, 0);
    g_assert_cmpuint(prot(r, 0x1004, PRV_S), ==, 0);
    csr_write(r, 0x3b1, 0x800 >> 2); /* upside down */
    g_assert_cmpuint(prot(r, 0x900, PRV_S), ==, 0);
}

static void test_off(void)
{
    struct riscv_cpu *r = hart("rv64");
    csr_write(r, 0x3b0, UINT64_MAX);
    csr_write(r, 0x3a0, PMP_R);
    g_assert_cmpuint(prot(r, 0x1000, PRV_S), ==, 0);
}

/* The lowest-numbered entry that matches any byte decides; an access must lie in it whole. */
static void test_priority(void)
{
    struct riscv_cpu *r = hart("rv64");
    csr_write(r, 0x3b0, 0x80000010 >> 2);
    csr_write(r, 0x3b1, 0x80000000 >> 2 | 0x1ff);
    csr_write(r, 0x3a0, (NAPOT | PMP_R | PMP_W) << 8 | NA4 | PMP_X);
    struct riscv_pmp_result in = riscv_pmp_lookup(r, 0x80000012, PRV_S);
    g_assert_cmpuint(in.prot, ==, PX);
    g_assert_cmphex(in.lo, ==, 0x80000010);
    g_assert_cmphex(in.hi, ==, 0x80000013);
    struct riscv_pmp_result before = riscv_pmp_lookup(r, 0x80000008, PRV_S);
    g_assert_cmpuint(before.prot, ==, PR | PW);
    g_assert_cmphex(before.lo, ==, 0x80000000);
    g_assert_cmphex(before.hi, ==, 0x8000000f);
    struct riscv_pmp_result after = riscv_pmp_lookup(r, 0x80000014, PRV_S);
    g_assert_cmphex(after.lo, ==, 0x80000014);
    g_assert_cmphex(after.hi, ==, 0x80000fff);
    g_assert_true(riscv_pmp_allows(r, 0x80000008, 8, PRV_S, MMU_READ));
    g_assert_false(riscv_pmp_allows(r, 0x8000000c, 8, PRV_S, MMU_READ));  /* runs into entry 0 */
    g_assert_false(riscv_pmp_allows(r, 0x80000010, 8, PRV_S, MMU_FETCH)); /* runs out of entry 0 */
    g_assert_true(riscv_pmp_allows(r, 0x80000010, 4, PRV_S, MMU_FETCH));
    g_assert_false(riscv_pmp_allows(r, 0x80000010, 4, PRV_S, MMU_READ)); /* entry 1 would have allowed it */
    g_assert_cmpuint(prot(r, 0x80001000, PRV_S), ==, 0);
    csr_write(r, 0x3a0, NAPOT | PMP_R | (NAPOT | PMP_R | PMP_W) << 8); /* wider first entry: 8 bytes */
    g_assert_cmpuint(prot(r, 0x80000017, PRV_S), ==, PR);
}

/* A page where nothing changes is whole, also beside entries. */
static void test_whole(void)
{
    struct riscv_cpu *r = hart("rv64");
    csr_write(r, 0x3b0, 0x80000000 >> 2 | 0x1ff);
    csr_write(r, 0x3b1, 0x80001000 >> 2 | 0x1ff);
    csr_write(r, 0x3a0, (NAPOT | PMP_R) << 8 | NAPOT | PMP_X);
    for (gpa pa = 0x7ffff000; pa < 0x80003000; pa += PAGE_SIZE) {
        struct riscv_pmp_result res = riscv_pmp_lookup(r, pa + 0x123, PRV_S);
        g_assert_cmphex(res.lo, ==, pa);
        g_assert_cmphex(res.hi, ==, pa + 0xfff);
    }
}

static void test_last_entry(void)
{
    struct riscv_cpu *r = hart("rv64,num-pmp-regions=64");
    csr_write(r, 0x3ef, 0x80000000 >> 2 | 0x1ff);
    csr_write(r, 0x3ae, (uint64_t)(NAPOT | PMP_R) << 56);
    g_assert_cmphex(csr_read(r, 0x3ae), ==, (uint64_t)(NAPOT | PMP_R) << 56);
    check_range(r, 0x80000000, 0x80000fff);
}

/* -- Locks -- */

static void test_lock(void)
{
    struct riscv_cpu *r = hart("rv64");
    csr_write(r, 0x3b0, 0x100);
    csr_write(r, 0x3b1, 0x200);
    csr_write(r, 0x3a0, (PMP_L | TOR | PMP_R) << 8 | NA4 | PMP_R);
    csr_write(r, 0x3b1, 0x300); /* locked */
    g_assert_cmphex(csr_read(r, 0x3b1), ==, 0x200);
    csr_write(r, 0x3b0, 0x80); /* the bottom of a locked TOR entry */
    g_assert_cmphex(csr_read(r, 0x3b0), ==, 0x100);
    csr_write(r, 0x3a0, 0); /* entry 0 gives way, entry 1 stays */
    g_assert_cmphex(csr_read(r, 0x3a0), ==, (PMP_L | TOR | PMP_R) << 8);
    hart_reset(r);
    g_assert_cmphex(csr_read(r, 0x3a0), ==, 0);
}

static void test_lock_napot_neighbour(void)
{
    struct riscv_cpu *r = hart("rv64");
    csr_write(r, 0x3a0, (PMP_L | NAPOT | PMP_R) << 8);
    csr_write(r, 0x3b0, 0x80); /* only a TOR entry has its bottom there */
    g_assert_cmphex(csr_read(r, 0x3b0), ==, 0x80);
}

/* RLB lets locked entries change; once one is locked without it, it can't come back. */
static void test_rlb(void)
{
    struct riscv_cpu *r = hart("max");
    csr_write(r, MSECCFG, MSECCFG_RLB);
    csr_write(r, 0x3a0, PMP_L | NAPOT | PMP_R);
    csr_write(r, 0x3b0, 0x777);
    g_assert_cmphex(csr_read(r, 0x3b0), ==, 0x777);
    csr_write(r, 0x3a0, PMP_L | NAPOT | PMP_R | PMP_X);
    g_assert_cmphex(cfg_of(r, 0), ==, PMP_L | NAPOT | PMP_R | PMP_X);
    csr_write(r, MSECCFG, 0);
    csr_write(r, 0x3a0, 0);
    g_assert_cmphex(cfg_of(r, 0), ==, PMP_L | NAPOT | PMP_R | PMP_X);
    csr_write(r, MSECCFG, MSECCFG_RLB);
    g_assert_cmphex(csr_read(r, MSECCFG), ==, 0);
}

static void test_rlb_locked_but_off(void)
{
    struct riscv_cpu *r = hart("max");
    csr_write(r, 0x3a0, PMP_L); /* no address matches, but it is locked */
    csr_write(r, MSECCFG, MSECCFG_RLB);
    g_assert_cmphex(csr_read(r, MSECCFG), ==, 0);
}

static void test_sticky(void)
{
    struct riscv_cpu *r = hart("max");
    csr_write(r, MSECCFG, MSECCFG_MML | MSECCFG_MMWP | MSECCFG_RLB);
    csr_write(r, MSECCFG, 0);
    g_assert_cmphex(csr_read(r, MSECCFG), ==, MSECCFG_MML | MSECCFG_MMWP);
}

/* Under MML, rules that M-mode could execute can only be added with RLB. */
static void test_mml_executable(void)
{
    for (unsigned i = 0; i < 16; i++) {
        struct riscv_cpu *r = hart("max");
        csr_write(r, MSECCFG, MSECCFG_MML);
        csr_write(r, 0x3a0, NAPOT | cfg_from_index(i));
        bool refused = i == 9 || i == 10 || i == 11 || i == 13;
        g_assert_cmphex(cfg_of(r, 0), ==, refused ? 0 : NAPOT | cfg_from_index(i));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/riscv/pmp/table/plain", test_plain_table);
    g_test_add_func("/riscv/pmp/table/mml", test_mml_table);
    g_test_add_func("/riscv/pmp/default", test_default);
    g_test_add_func("/riscv/pmp/napot", test_napot);
    g_test_add_func("/riscv/pmp/na4", test_na4);
    g_test_add_func("/riscv/pmp/tor", test_tor);
    g_test_add_func("/riscv/pmp/off", test_off);
    g_test_add_func("/riscv/pmp/priority", test_priority);
    g_test_add_func("/riscv/pmp/whole", test_whole);
    g_test_add_func("/riscv/pmp/last-entry", test_last_entry);
    g_test_add_func("/riscv/pmp/lock", test_lock);
    g_test_add_func("/riscv/pmp/lock-neighbour", test_lock_napot_neighbour);
    g_test_add_func("/riscv/pmp/rlb", test_rlb);
    g_test_add_func("/riscv/pmp/rlb-off-entry", test_rlb_locked_but_off);
    g_test_add_func("/riscv/pmp/sticky", test_sticky);
    g_test_add_func("/riscv/pmp/mml-executable", test_mml_executable);
    return g_test_run();
}
