/* SPDX-License-Identifier: BSD-2-Clause */
/* CSRs: which exist for whom, what writes leave (WARL), and who is locked out by what. */
#include "riscv-hart.h"

enum {
    FFLAGS = 0x001, FRM = 0x002, FCSR = 0x003, SSTATUS = 0x100, SIE = 0x104, STVEC = 0x105, SCOUNTEREN = 0x106,
    SENVCFG = 0x10a, SSTATEEN0 = 0x10c, SEPC = 0x141, SIP = 0x144, STIMECMP = 0x14d, STIMECMPH = 0x15d, SATP = 0x180,
    MSTATUS = 0x300, MISA = 0x301, MEDELEG = 0x302, MIDELEG = 0x303, MIE = 0x304, MTVEC = 0x305, MCOUNTEREN = 0x306,
    MENVCFG = 0x30a, MSTATEEN0 = 0x30c, MSTATUSH = 0x310, MENVCFGH = 0x31a, MSTATEEN0H = 0x31c, MCOUNTINHIBIT = 0x320,
    MEPC = 0x341, MIP = 0x344, PMPCFG0 = 0x3a0, PMPADDR0 = 0x3b0, MSECCFG = 0x747, MCYCLE = 0xb00, MINSTRET = 0xb02,
    MCYCLEH = 0xb80, CYCLE = 0xc00, TIME = 0xc01, INSTRET = 0xc02, TIMEH = 0xc81, TINFO = 0x7a4,
};

#define BIT(n) (UINT64_C(1) << (n))

/* -- Existence, privilege, read-only: every number -- */

/* The numbers each hart must have, as ranges. Nothing else may exist. */
static const struct {
    const char *model, *csrs;
} existing[] = {
    {"rv64i,zicsr=on", "300-301 304-305 320 323-33f 340-344 7a0-7a4 b00 b02-b1f f11-f15"},
    {"rv32i,zicsr=on,u=on,zicntr=on",
     "300-301 304-306 30a 310 31a 320 323-33f 340-344 7a0-7a4 b00 b02-b1f b80 b82-b9f c00-c02 c80-c82 f11-f15"},
    {"rv64", "001-003 100 104-106 10a 140-144 14d 180 300-306 30a 320 323-33f 340-344 3a0 3a2 3b0-3bf 7a0-7a4 b00 "
             "b02-b1f c00-c1f f11-f15"},
    {"rv64,num-pmp-regions=64", "001-003 100 104-106 10a 140-144 14d 180 300-306 30a 320 323-33f 340-344 3a0 3a2 3a4 "
                                "3a6 3a8 3aa 3ac 3ae 3b0-3ef 7a0-7a4 b00 b02-b1f c00-c1f f11-f15"},
    {"rv32", "001-003 100 104-106 10a 140-144 14d 15d 180 300-306 30a 310 312 31a 320 323-33f 340-344 3a0-3a3 3b0-3bf "
             "7a0-7a4 b00 b02-b1f b80 b82-b9f c00-c1f c80-c9f f11-f15"},
    {"max", "001-003 011 015 100 104-106 10a 10c-10f 140-144 14d 150-151 180 300-306 308-30a 30c-30f 320 323-33f "
            "340-344 350-351 3a0 3a2 3b0-3bf 747 7a0-7a4 b00 b02-b1f c00-c1f da0 db0 f11-f15 fb0"},
    {"max32", "001-003 011 015 100 104-106 10a 10c-10f 114 140-144 14d 150-151 154 15d 180 300-306 308-30a 30c-30f "
              "310 312-314 318-31a 31c-31f 320 323-33f 340-344 350-351 354 3a0-3a3 3b0-3bf 723-73f 747 757 7a0-7a4 "
              "b00 b02-b1f b80 b82-b9f c00-c1f c80-c9f da0 db0 f11-f15 fb0"},
    {"max,smaia=off", "001-003 011 015 100 104-106 10a 10c-10f 140-144 14d 150-151 180 300-306 30a 30c-30f 320 "
                      "323-33f 340-344 3a0 3a2 3b0-3bf 747 7a0-7a4 b00 b02-b1f c00-c1f da0 db0 f11-f15"},
    {"max32,ssaia=off", "001-003 011 015 100 104-106 10a 10c-10f 140-144 14d 15d 180 300-306 308-30a 30c-30f 310 "
                        "312-314 318-31a 31c-31f 320 323-33f 340-344 350-351 354 3a0-3a3 3b0-3bf 723-73f 747 757 "
                        "7a0-7a4 b00 b02-b1f b80 b82-b9f c00-c1f c80-c9f da0 f11-f15 fb0"},
    /* privileged architecture 1.10: no environment configuration, mcountinhibit, mconfigptr */
    {"sifive-u54", "001-003 100 104-106 140-144 180 300-306 323-33f 340-344 3a0 3a2 3b0-3bf 7a0-7a4 b00 b02-b1f "
                   "c00-c1f f11-f14"},
    {"sifive-e31", "300-301 304-306 310 323-33f 340-344 3a0-3a3 3b0-3bf 7a0-7a4 b00 b02-b1f b80 b82-b9f c00-c1f "
                   "c80-c9f f11-f14"},
    {"rva22u64", "001-003 300-301 304-306 30a 320 323-33f 340-344 7a0-7a4 b00 b02-b1f c00-c1f f11-f15"},
    {"rv64i,zcmt=on", "017 300-301 304-305 320 323-33f 340-344 7a0-7a4 b00 b02-b1f f11-f15"},
    {"rv64i,smaia=on", "300-301 304-305 320 323-33f 340-344 350-351 7a0-7a4 b00 b02-b1f f11-f15 fb0"},
};

static bool listed(const char *ranges, unsigned csr)
{
    char **items = g_strsplit(ranges, " ", -1);
    bool found = false;
    for (unsigned i = 0; items[i]; i++) {
        unsigned first, last;
        if (sscanf(items[i], "%x-%x", &first, &last) == 1)
            last = first;
        found |= csr >= first && csr <= last;
    }
    g_strfreev(items);
    return found;
}

/* Open everything that firmware can open to lower privileges. */
static void open_all(struct riscv_cpu *r)
{
    r->mcounteren = r->scounteren = 0xffffffff;
    r->menvcfg |= ENVCFG_STCE | ENVCFG_SSE;
    r->senvcfg |= ENVCFG_SSE;
    r->mseccfg |= MSECCFG_SSEED | MSECCFG_USEED;
    r->mstatus |= r->mstatus_mask & MSTATUS_FS;
    for (unsigned i = 0; i < 4; i++)
        r->mstateen[i] = BIT(63) | BIT(62) | BIT(60) | BIT(59) | BIT(58);
    r->miselect = r->siselect = 0x30; /* something that mireg and sireg lead to */
}

static void test_matrix(gconstpointer data)
{
    static const unsigned privs[] = {PRV_U, PRV_S, PRV_M};
    unsigned row = GPOINTER_TO_UINT(data);
    struct riscv_cpu *r = hart(existing[row].model);
    for (unsigned csr = 0; csr < 4096; csr++) {
        bool exists = listed(existing[row].csrs, csr);
        for (unsigned p = 0; p < 3; p++) {
            for (unsigned write = 0; write < 2; write++) {
                hart_reset(r);
                open_all(r);
                r->priv = privs[p];
                bool expected = exists && privs[p] >= (csr >> 8 & 3) && !(write && csr >> 10 == 3) &&
                                !(!write && csr == 0x015); /* seed */
                if (csr_allowed(r, csr, write) != expected)
                    g_error("CSR 0x%03x of %s, privilege %u, %s: %s", csr, existing[row].model, privs[p],
                            write ? "write" : "read", expected ? "refused" : "allowed");
            }
        }
        uint64_t v;
        g_assert_true(riscv_csr_debug_read(r, csr, &v) == exists);
        g_assert_true(!exists || riscv_csr_name(csr) != NULL);
    }
}

static void test_names(void)
{
    g_assert_cmpstr(riscv_csr_name(0x300), ==, "mstatus");
    g_assert_cmpstr(riscv_csr_name(0xc03), ==, "hpmcounter3");
    g_assert_cmpstr(riscv_csr_name(0xb9f), ==, "mhpmcounter31h");
    g_assert_cmpstr(riscv_csr_name(0x3ef), ==, "pmpaddr63");
    g_assert_cmpstr(riscv_csr_name(0x31e), ==, "mstateen2h");
    g_assert_null(riscv_csr_name(0x7ff));
    g_assert_null(riscv_csr_name(4096));
}

/* -- WARL: what a write in M-mode of a fresh hart leaves -- */

static const struct {
    const char *model;
    unsigned csr;
    uint64_t write, expect;
} warl[] = {
    /* mstatus: no MPP of 2 (stays 0), UXL and SXL fixed, SD from FS, no endianness, no VS or XS */
    {"rv64", MSTATUS, UINT64_MAX, BIT(63) | UINT64_C(0xa00000000) | 0x7e79aa},
    {"rv64", MSTATUS, 0, UINT64_C(0xa00000000)},
    {"rv64", MSTATUS, 2 << 11, UINT64_C(0xa00000000)},
    {"rv64", MSTATUS, 1 << 13, UINT64_C(0xa00000000) | 1 << 13},
    {"rv64,f=off", MSTATUS, 3 << 13, UINT64_C(0xa00000000)},
    {"rv32", MSTATUS, UINT64_MAX, 0x807e79aa},
    {"rv64i,zicsr=on", MSTATUS, UINT64_MAX, 0x1888},
    {"rv64i,zicsr=on", MSTATUS, 0, 0x1800},
    {"rv64i,u=on", MSTATUS, UINT64_MAX, UINT64_C(0x200000000) | 0x221888},
    {"rv64i,u=on", MSTATUS, 1 << 11, UINT64_C(0x200000000)},
    {"rv64,mmu=off", MSTATUS, UINT64_C(0xc0000), UINT64_C(0xa00000000) | 0x80000}, /* no SUM */
    {"rv64,mmu=off", SSTATUS, UINT64_C(0xc0000), UINT64_C(0x200000000) | 0x80000},
    {"rv32", MSTATUSH, UINT64_MAX, 0},
    {"rv64", SSTATUS, UINT64_MAX, BIT(63) | UINT64_C(0x200000000) | 0xc6122},
    {"rv32", SSTATUS, UINT64_MAX, 0x800c6122},
    {"rv64", MISA, 0, BIT(63) | 0x14112d},
    {"rv32", MISA, 0, BIT(30) | 0x14112d},
    {"rv64i,zicsr=on", MISA, UINT64_MAX, BIT(63) | 0x100},
    {"rv32e,zicsr=on", MISA, UINT64_MAX, BIT(30) | 0x10},
    {"rv64", MEDELEG, UINT64_MAX, 0x4b3ff},
    {"rv64", MIDELEG, UINT64_MAX, 0x222},
    {"max", MIDELEG, UINT64_MAX, 0x2222},
    {"rv64", MIE, UINT64_MAX, 0xaaa},
    {"max", MIE, UINT64_MAX, 0x2aaa},
    {"rv64i,zicsr=on", MIE, UINT64_MAX, 0x888},
    {"rv64", MIP, UINT64_MAX, 0x222},
    {"max", MIP, UINT64_MAX, 0x2222},
    {"rv64i,zicsr=on", MIP, UINT64_MAX, 0},
    {"rv64", MTVEC, UINT64_MAX, UINT64_MAX & ~UINT64_C(2)},
    {"rv64", STVEC, 0x1002, 0x1000},
    {"rv64", MEPC, 0x1003, 0x1002},
    {"rv64,c=off", MEPC, 0x1003, 0x1000},
    {"rv64,c=off", SEPC, 0x1007, 0x1004},
    {"rv32", MEPC, UINT64_MAX, 0xfffffffe},
    {"rv64", MCOUNTEREN, UINT64_MAX, 0xffffffff},
    {"rv64,zihpm=off", MCOUNTEREN, UINT64_MAX, 7},
    {"rv64,zihpm=off,zicntr=off", SCOUNTEREN, UINT64_MAX, 0},
    {"rv64", MCOUNTINHIBIT, UINT64_MAX, 5},
    {"rv64", MENVCFG, UINT64_MAX, BIT(63) | BIT(61) | 0xf1},
    {"max", MENVCFG, UINT64_MAX, BIT(63) | BIT(62) | BIT(61) | 0xfd},
    {"rv64", MENVCFG, 2 << 4, 0},
    {"rv64", MENVCFG, 3 << 4, 3 << 4},
    {"rv64i,u=on", MENVCFG, UINT64_MAX, 1},
    {"max32", MENVCFG, UINT64_MAX, 0xfd},
    {"max", SENVCFG, UINT64_MAX, 0xf5}, /* without menvcfg.SSE */
    {"max", MSTATUS, UINT64_MAX, BIT(63) | BIT(41) | BIT(23) | UINT64_C(0xa00000000) | 0x7e79aa},
    {"max32", MSTATUS, UINT64_MAX, BIT(23) | 0x807e79aa},
    {"max32", 0x310, UINT64_MAX, BIT(41 - 32)}, /* mstatush */
    {"rv32", 0x310, UINT64_MAX, 0},
    {"rv32", MENVCFG, UINT64_MAX, 0xf1},
    {"rv32", MENVCFGH, UINT64_MAX, 0xa0000000},
    {"rv64", SENVCFG, UINT64_MAX, 0xf1},
    {"max", MSTATEEN0, UINT64_MAX, BIT(63) | BIT(62) | BIT(60) | BIT(59)},
    {"max,ssaia=off", MSTATEEN0, UINT64_MAX, BIT(63) | BIT(62)},
    {"max", MSTATEEN0 + 2, UINT64_MAX, BIT(63)},
    {"max32", MSTATEEN0, UINT64_MAX, 0},
    {"max32", MSTATEEN0H, UINT64_MAX, 0xd8000000},
    {"max", SSTATEEN0, UINT64_MAX, 0},
    {"rv64", SATP, UINT64_MAX, 0},
    {"rv64", SATP, BIT(63) | 0x123456789abcdef, BIT(63) | 0x123456789abcdef},
    {"rv64", SATP, UINT64_C(0xa) << 60 | 1, UINT64_C(0xa) << 60 | 1},
    {"rv64,sv57=off", SATP, UINT64_C(0xa) << 60 | 1, 0},
    {"rv64,sv39=on", SATP, UINT64_C(9) << 60 | 1, 0},
    {"rv64", SATP, UINT64_C(1) << 60 | 1, 0},
    {"rv64,mmu=off", SATP, BIT(63) | 1, 0},
    {"rv32", SATP, 0xffffffff, 0xffffffff},
    {"rv32,sv32=off", SATP, 0xffffffff, 0},
    {"rv64", PMPADDR0, UINT64_MAX, (BIT(54) - 1)},
    {"rv32", PMPADDR0, UINT64_MAX, 0xffffffff},
    {"rv64", PMPCFG0, UINT64_C(0x7f7f7f7f7f7f7f7f), UINT64_C(0x1f1f1f1f1f1f1f1f)},
    {"rv64", PMPCFG0, 0x1e, 0x1c}, /* W without R */
    {"rv32", PMPCFG0, 0x9f0f9f0f, 0x9f0f9f0f},
    {"max", MSECCFG, UINT64_MAX, 0x707},
    {"rv64", FCSR, UINT64_MAX, 0xff},
    {"rv64", FRM, UINT64_MAX, 7},
    {"rv64", FFLAGS, UINT64_MAX, 0x1f},
    {"rv64", MCYCLE, 0x123456789, 0x123456789},
    {"rv32", MCYCLEH, 0xfffffffff, 0xffffffff},
    {"rv64", TINFO, UINT64_MAX, 1},
    {"rv64", 0x7a0, UINT64_MAX, 0},
    {"rv64", 0x323, UINT64_MAX, 0},
    {"rv64", 0xb03, UINT64_MAX, 0},
    {"rv64", STIMECMP, UINT64_MAX, UINT64_MAX},
    {"rv32", STIMECMPH, 0x1, 0x1},
};

static void test_warl(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(warl); i++) {
        struct riscv_cpu *r = hart(warl[i].model);
        if (warl[i].csr <= FCSR)
            csr_write(r, MSTATUS, MSTATUS_FS);
        csr_write(r, warl[i].csr, warl[i].write);
        uint64_t got = csr_read(r, warl[i].csr);
        if (got != warl[i].expect)
            g_error("%s, CSR 0x%03x: wrote 0x%" G_GINT64_MODIFIER "x, read 0x%" G_GINT64_MODIFIER
                    "x, expected 0x%" G_GINT64_MODIFIER "x",
                    warl[i].model, warl[i].csr, warl[i].write, got, warl[i].expect);
    }
}

/* csrrs and csrrc change only the bits of the mask. */
static void test_set_clear(void)
{
    struct riscv_cpu *r = hart("rv64");
    uint64_t old;
    csr_write(r, 0x340, 0xff00);
    g_assert_cmpint(riscv_csr_rw(r, 0x340, &old, 0x0f, 0x0f, true), ==, CSR_OK); /* csrrs */
    g_assert_cmphex(old, ==, 0xff00);
    g_assert_cmpint(riscv_csr_rw(r, 0x340, &old, 0, 0xf000, true), ==, CSR_OK); /* csrrc */
    g_assert_cmphex(old, ==, 0xff0f);
    g_assert_cmphex(csr_read(r, 0x340), ==, 0x0f0f);
}

/* -- Locks -- */

static void test_tvm(void)
{
    struct riscv_cpu *r = hart("rv64");
    set_priv(r, PRV_S);
    g_assert_true(csr_allowed(r, SATP, true));
    r->mstatus |= MSTATUS_TVM;
    g_assert_false(csr_allowed(r, SATP, false));
    g_assert_false(csr_allowed(r, SATP, true));
    g_assert_true(csr_allowed(r, SSTATUS, true));
    set_priv(r, PRV_M);
    g_assert_true(csr_allowed(r, SATP, true));
}

static void test_counteren(void)
{
    struct riscv_cpu *r = hart("rv64");
    static const struct {
        unsigned csr, bit;
    } counters[] = {{CYCLE, 0}, {TIME, 1}, {INSTRET, 2}, {0xc1f, 31}};
    for (unsigned i = 0; i < G_N_ELEMENTS(counters); i++) {
        for (unsigned open = 0; open < 4; open++) {
            hart_reset(r);
            r->mcounteren = open & 1 ? BIT(counters[i].bit) : ~BIT(counters[i].bit);
            r->scounteren = open & 2 ? BIT(counters[i].bit) : ~BIT(counters[i].bit);
            r->priv = PRV_M;
            g_assert_true(csr_allowed(r, counters[i].csr, false));
            r->priv = PRV_S;
            g_assert_true(csr_allowed(r, counters[i].csr, false) == ((open & 1) != 0));
            r->priv = PRV_U;
            g_assert_true(csr_allowed(r, counters[i].csr, false) == (open == 3));
        }
    }
    r = hart("rv64,s=off");
    r->priv = PRV_U;
    g_assert_false(csr_allowed(r, CYCLE, false));
    r->mcounteren = 1;
    g_assert_true(csr_allowed(r, CYCLE, false));
}

static void test_stimecmp_access(void)
{
    struct riscv_cpu *r = hart("rv64");
    for (unsigned open = 0; open < 4; open++) {
        r->mcounteren = open & 1 ? 2 : 0;
        r->menvcfg = open & 2 ? ENVCFG_STCE : 0;
        r->priv = PRV_S;
        g_assert_true(csr_allowed(r, STIMECMP, false) == (open == 3));
        r->priv = PRV_M;
        g_assert_true(csr_allowed(r, STIMECMP, false));
    }
}

static void test_stateen(void)
{
    struct riscv_cpu *r = hart("max");
    set_priv(r, PRV_S);
    g_assert_false(csr_allowed(r, SENVCFG, false));
    for (unsigned i = 0; i < 4; i++)
        g_assert_false(csr_allowed(r, SSTATEEN0 + i, false));
    r->mstateen[0] = BIT(62);
    g_assert_true(csr_allowed(r, SENVCFG, true));
    g_assert_false(csr_allowed(r, SSTATEEN0, false));
    r->mstateen[0] = 0;
    r->mstateen[2] = BIT(63);
    g_assert_true(csr_allowed(r, SSTATEEN0 + 2, true));
    g_assert_false(csr_allowed(r, SSTATEEN0 + 1, false));
    set_priv(r, PRV_M);
    g_assert_true(csr_allowed(r, SSTATEEN0, true));
}

static void test_fs_off(void)
{
    struct riscv_cpu *r = hart("rv64");
    for (unsigned csr = FFLAGS; csr <= FCSR; csr++) {
        g_assert_false(csr_allowed(r, csr, false));
        g_assert_false(csr_allowed(r, csr, true));
    }
    csr_write(r, MSTATUS, 1 << 13);
    g_assert_true(csr_allowed(r, FCSR, false));
    g_assert_cmphex(r->mstatus & MSTATUS_FS, ==, 1 << 13);
    csr_write(r, FFLAGS, 1);
    g_assert_cmphex(csr_read(r, MSTATUS) & (BIT(63) | MSTATUS_FS), ==, BIT(63) | MSTATUS_FS);
}

/* -- Floating point and the key -- */

static void test_fcsr(void)
{
    struct riscv_cpu *r = hart("rv64");
    csr_write(r, MSTATUS, 2 << 13);
    g_assert_cmpuint(r->cpu.mode.word[0] >> RVKEY_FS_SHIFT & 3, ==, RVFS_CLEAN);
    csr_write(r, FCSR, 0x75);
    g_assert_cmpuint(r->cpu.mode.word[0] >> RVKEY_FS_SHIFT & 3, ==, RVFS_DIRTY);
    g_assert_cmpuint(r->cpu.fp.flags, ==, 0x15);
    g_assert_cmpuint(r->cpu.fp.rm, ==, 3);
    g_assert_cmpuint(csr_read(r, FFLAGS), ==, 0x15);
    g_assert_cmpuint(csr_read(r, FRM), ==, 3);
    static const unsigned keys[8] = {0, 0, 0, 0, RVFRM_RMM, RVFRM_INVALID, RVFRM_INVALID, RVFRM_INVALID};
    for (unsigned rm = 0; rm < 8; rm++) {
        csr_write(r, FRM, rm);
        g_assert_cmpuint(r->cpu.mode.word[0] >> RVKEY_FRM_SHIFT & 3, ==, keys[rm]);
        g_assert_cmpuint(csr_read(r, FCSR), ==, rm << 5 | 0x15);
    }
    g_assert_cmpuint(seen.switches, ==, 0);
    csr_write(r, MSTATUS, 0);
    g_assert_cmpuint(r->cpu.mode.word[0] >> RVKEY_FS_SHIFT & 3, ==, RVFS_OFF);
}

static void test_key(void)
{
    struct riscv_cpu *r = hart("rv32,c=off");
    r->cpu.key |= KEY_STEP;
    set_priv(r, PRV_S);
    g_assert_cmpuint(r->cpu.mode.word[0] & (RVKEY_PRV | RVKEY_XL32 | RVKEY_NOC), ==, PRV_S | RVKEY_XL32 | RVKEY_NOC);
    g_assert_cmpuint(r->cpu.key & ~KEY_MODE_MASK, ==, KEY_STEP);
    r = hart("rv64");
    g_assert_cmpuint(r->cpu.mode.word[0] & (RVKEY_PRV | RVKEY_XL32 | RVKEY_NOC), ==, PRV_M);
}

/* -- Views of one register -- */

static void test_sie_sip(void)
{
    struct riscv_cpu *r = hart("rv64");
    csr_write(r, MIE, 0xaaa);
    g_assert_cmphex(csr_read(r, SIE), ==, 0);
    csr_write(r, MIDELEG, 0x22);
    g_assert_cmphex(csr_read(r, SIE), ==, 0x22);
    csr_write(r, SIE, 0xf0);
    g_assert_cmphex(csr_read(r, MIE), ==, 0xaa8);
    csr_write(r, MIP, 0x222);
    g_assert_cmphex(csr_read(r, SIP), ==, 0x22);
    csr_write(r, SIP, 0); /* only SSIP is S's to write */
    g_assert_cmphex(csr_read(r, MIP), ==, 0x220);
    csr_write(r, MIDELEG, 0);
    csr_write(r, SIP, 0x2);
    g_assert_cmphex(csr_read(r, MIP), ==, 0x220);
}

/* A read-modify-write of mip must not make the controller's SEIP stick. */
static void test_seip(void)
{
    struct riscv_cpu *r = hart("rv64");
    struct irq line;
    uint64_t old;
    riscv_irq_line(r, IRQ_SEI, &line);
    irq_set(&line, true);
    g_assert_cmphex(csr_read(r, MIP), ==, 0x200);
    riscv_csr_rw(r, MIP, &old, 2, 2, true);
    g_assert_cmphex(old, ==, 0x200);
    irq_set(&line, false);
    g_assert_cmphex(csr_read(r, MIP), ==, 2);
    csr_write(r, MIP, 0x200);
    irq_set(&line, true);
    irq_set(&line, false);
    g_assert_cmphex(csr_read(r, MIP), ==, 0x200);
}

/* -- Counters -- */

static void test_counters(void)
{
    struct riscv_cpu *r = hart("rv64");
    seen.instret = 1000;
    csr_write(r, MCYCLE, 50);
    csr_write(r, MINSTRET, UINT64_MAX);
    seen.instret = 1010;
    g_assert_cmpuint(csr_read(r, CYCLE), ==, 60);
    g_assert_cmpuint(csr_read(r, INSTRET), ==, 9);
    csr_write(r, MCOUNTINHIBIT, 1);
    seen.instret = 1110;
    g_assert_cmpuint(csr_read(r, MCYCLE), ==, 60);
    g_assert_cmpuint(csr_read(r, MINSTRET), ==, 109);
    csr_write(r, MCYCLE, 5);
    g_assert_cmpuint(csr_read(r, MCYCLE), ==, 5);
    csr_write(r, MCOUNTINHIBIT, 0);
    seen.instret = 1111;
    g_assert_cmpuint(csr_read(r, MCYCLE), ==, 6);

    r = hart("rv32");
    csr_write(r, MCYCLE, 0xfffffffe);
    csr_write(r, MCYCLEH, 7);
    seen.instret = 4;
    g_assert_cmphex(csr_read(r, MCYCLE), ==, 2);
    g_assert_cmphex(csr_read(r, MCYCLEH), ==, 8);
    seen.now = INT64_C(500000000000) * 1000;
    g_assert_cmphex(csr_read(r, TIME), ==, (uint32_t)UINT64_C(5000000000000));
    g_assert_cmphex(csr_read(r, TIMEH), ==, UINT64_C(5000000000000) >> 32);
}

/* Where counts are exact, a written counter reads back as written by the next instruction. */
static void test_counter_write_exact(void)
{
    struct riscv_cpu *r = hart("rv64");
    icount.on = true;
    seen.instret = 100;
    csr_write(r, MINSTRET, 7);
    seen.instret = 101;
    g_assert_cmpuint(csr_read(r, MINSTRET), ==, 7);
    icount.on = false;
}

/* -- Sstc -- */

static void test_sstc(void)
{
    struct riscv_cpu *r = hart("rv64");
    csr_write(r, MIP, 1 << IRQ_STI);
    g_assert_cmphex(csr_read(r, MIP), ==, 1 << IRQ_STI);
    csr_write(r, MENVCFG, ENVCFG_STCE); /* STIP now follows stimecmp, once that is written */
    g_assert_cmphex(csr_read(r, STIMECMP), ==, 0);
    g_assert_cmphex(csr_read(r, MIP), ==, 0);
    csr_write(r, STIMECMP, 0);
    g_assert_cmphex(riscv_mip(r), ==, 1 << IRQ_STI);
    csr_write(r, STIMECMP, 50);
    g_assert_cmpint(r->stimer.deadline, ==, 5000);
    time_to(r, 4999);
    g_assert_cmphex(riscv_mip(r), ==, 0);
    time_to(r, 5000);
    g_assert_cmphex(riscv_mip(r), ==, 1 << IRQ_STI);
    csr_write(r, MIP, 0); /* read-only now */
    g_assert_cmphex(csr_read(r, MIP), ==, 1 << IRQ_STI);
    csr_write(r, STIMECMP, 60);
    g_assert_cmphex(riscv_mip(r), ==, 0);
    seen.now = 6000; /* reached, though the timer has not fired yet */
    g_assert_cmphex(csr_read(r, MIP), ==, 1 << IRQ_STI);
    csr_write(r, STIMECMP, 59);
    g_assert_cmphex(riscv_mip(r), ==, 1 << IRQ_STI);
    g_assert_cmpint(r->stimer.deadline, ==, INT64_MAX);
    csr_write(r, MENVCFG, 0);
    g_assert_cmphex(csr_read(r, MIP), ==, 1 << IRQ_STI); /* the bit software set before */
    csr_write(r, MIP, 0);
    g_assert_cmphex(csr_read(r, MIP), ==, 0);
}

/* -- What writes do to the MMU -- */

static void test_mmu_effects(void)
{
    struct riscv_cpu *r = hart("max");
    csr_write(r, MENVCFG, r->menvcfg ^ ENVCFG_ADUE);
    g_assert_cmpuint(seen.flushes, ==, 1);
    csr_write(r, MENVCFG, r->menvcfg);
    csr_write(r, PMPADDR0, 0);
    g_assert_cmpuint(seen.flushes, ==, 1);
    csr_write(r, PMPADDR0, 1);
    g_assert_cmpuint(seen.flushes, ==, 2);
    csr_write(r, PMPCFG0, 0x18);
    g_assert_cmpuint(seen.flushes, ==, 3);
    csr_write(r, MSECCFG, 4);
    g_assert_cmpuint(seen.flushes, ==, 4);
    csr_write(r, SATP, BIT(63) | 5); /* M-mode does not translate */
    g_assert_cmpuint(seen.switches, ==, 0);
    set_priv(r, PRV_S);
    g_assert_cmpuint(seen.switches, ==, 1);
    g_assert_cmphex(seen.data.root, ==, BIT(63) | 5);
    g_assert_cmphex(seen.fetch.root, ==, BIT(63) | 5);
    g_assert_cmphex(seen.data.mode, ==, PRV_S | MMU_GLOBAL | 8 << RVMMU_PAGING_SHIFT);
    csr_write(r, SSTATUS, MSTATUS_SUM);
    g_assert_cmpuint(seen.data.mode, ==, PRV_S | RVMMU_SUM);
    g_assert_cmphex(seen.fetch.mode, ==, PRV_S | MMU_GLOBAL | 8 << RVMMU_PAGING_SHIFT);
    csr_write(r, SSTATUS, MSTATUS_SUM | MSTATUS_SIE);
    g_assert_cmpuint(seen.switches, ==, 2);
    set_priv(r, PRV_U); /* SUM means nothing there */
    g_assert_cmpuint(seen.data.mode, ==, PRV_U);
}

static void test_mprv(void)
{
    struct riscv_cpu *r = hart("rv64");
    csr_write(r, SATP, BIT(63) | 7);
    csr_write(r, MSTATUS, MSTATUS_MPRV | 1 << 11 | MSTATUS_MXR);
    g_assert_cmphex(seen.data.root, ==, BIT(63) | 7);
    g_assert_cmpuint(seen.data.mode, ==, PRV_S | RVMMU_MXR);
    g_assert_cmphex(r->fetch_key.root, ==, 0);
    g_assert_cmpuint(r->fetch_key.mode, ==, PRV_M);
    csr_write(r, MSTATUS, MSTATUS_MPRV | 3 << 11);
    g_assert_cmphex(seen.data.root, ==, 0);
    g_assert_cmpuint(seen.data.mode, ==, PRV_M);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(existing); i++) {
        char *path = g_strdup_printf("/riscv/csr/matrix/%s", existing[i].model);
        g_test_add_data_func(path, GUINT_TO_POINTER(i), test_matrix);
        g_free(path);
    }
    g_test_add_func("/riscv/csr/names", test_names);
    g_test_add_func("/riscv/csr/warl", test_warl);
    g_test_add_func("/riscv/csr/set-clear", test_set_clear);
    g_test_add_func("/riscv/csr/tvm", test_tvm);
    g_test_add_func("/riscv/csr/counteren", test_counteren);
    g_test_add_func("/riscv/csr/stimecmp", test_stimecmp_access);
    g_test_add_func("/riscv/csr/stateen", test_stateen);
    g_test_add_func("/riscv/csr/fs-off", test_fs_off);
    g_test_add_func("/riscv/csr/fcsr", test_fcsr);
    g_test_add_func("/riscv/csr/key", test_key);
    g_test_add_func("/riscv/csr/sie-sip", test_sie_sip);
    g_test_add_func("/riscv/csr/seip", test_seip);
    g_test_add_func("/riscv/csr/counters", test_counters);
    g_test_add_func("/riscv/csr/counter-write-exact", test_counter_write_exact);
    g_test_add_func("/riscv/csr/sstc", test_sstc);
    g_test_add_func("/riscv/csr/mmu-effects", test_mmu_effects);
    g_test_add_func("/riscv/csr/mprv", test_mprv);
    return g_test_run();
}
