/* SPDX-License-Identifier: BSD-2-Clause */
/* Smaia and Ssaia: virtual interrupts, priorities, the window of xiselect and xireg, and the hart's interrupt files. */
#include "riscv-hart.h"

enum {
    SIE = 0x104, SIEH = 0x114, SIP = 0x144, SISELECT = 0x150, SIREG = 0x151, SIPH = 0x154, STOPEI = 0x15c,
    MIDELEG = 0x303, MIE = 0x304, MVIEN = 0x308, MVIP = 0x309, MENVCFG = 0x30a, MSTATEEN0 = 0x30c, MVIENH = 0x318,
    MVIPH = 0x319, MIP = 0x344, MISELECT = 0x350, MIREG = 0x351, MIPH = 0x354, MTOPEI = 0x35c, STOPI = 0xdb0,
    MTOPI = 0xfb0,
};

#define BIT(n) (UINT64_C(1) << (n))
#define TOPI(irq, number) ((irq) << 16 | (number))

/* -- An interrupt file that records what is asked of it -- */

static struct {
    unsigned reg, width, n, claimed, top;
    uint64_t value, mask;
} file;

static uint64_t file_read(void *opaque, unsigned n, unsigned reg, unsigned width)
{
    file.n = n;
    file.reg = reg;
    file.width = width;
    return 0x1122334455667788;
}

static void file_write(void *opaque, unsigned n, unsigned reg, unsigned width, uint64_t value, uint64_t mask)
{
    file.n = n;
    file.reg = reg;
    file.width = width;
    file.value = value;
    file.mask = mask;
}

static unsigned file_top(void *opaque, unsigned n)
{
    file.n = n;
    return file.top;
}

static void file_claim(void *opaque, unsigned n, unsigned identity)
{
    file.n = n;
    file.claimed = identity;
}

static const struct msi_file_ops file_ops = {file_read, file_write, file_top, file_claim};

static struct riscv_cpu *hart_with_files(const char *model)
{
    struct riscv_cpu *r = hart(model);
    memset(&file, 0, sizeof(file));
    r->mfile = (struct msi_file){&file_ops, &file, 1};
    r->sfile = (struct msi_file){&file_ops, &file, 2};
    return r;
}

/* -- Virtual interrupts -- */

/* The table of what mideleg and mvien make of a bit in sip and sie; bit 13 is LCOFI, 40 exists nowhere but in mvip. */
static void test_filtering(void)
{
    struct riscv_cpu *r = hart("max");
    csr_write(r, MVIP, UINT64_MAX);
    g_assert_cmphex(csr_read(r, MVIP), ==, ~UINT64_C(0x1fff) | BIT(9) | BIT(5) | BIT(1));
    g_assert_cmphex(csr_read(r, MIP), ==, BIT(9) | BIT(5) | BIT(1)); /* aliases */
    g_assert_cmphex(csr_read(r, SIP), ==, 0);
    csr_write(r, SIE, UINT64_MAX);
    g_assert_cmphex(csr_read(r, SIE), ==, 0);

    csr_write(r, MVIEN, UINT64_MAX);
    g_assert_cmphex(csr_read(r, MVIEN), ==, ~UINT64_C(0x1fff) | BIT(9) | BIT(1));
    csr_write(r, MVIEN, BIT(40) | BIT(13));
    g_assert_cmphex(csr_read(r, SIP), ==, BIT(40) | BIT(13));
    csr_write(r, SIE, UINT64_MAX);
    g_assert_cmphex(csr_read(r, SIE), ==, BIT(40) | BIT(13));
    g_assert_cmphex(csr_read(r, MIE), ==, 0);
    csr_write(r, SIP, BIT(13)); /* what is virtual there S-mode may clear */
    g_assert_cmphex(csr_read(r, MVIP) & (BIT(40) | BIT(13)), ==, BIT(13));

    csr_write(r, MIDELEG, BIT(13)); /* now mip's and mie's */
    g_assert_cmphex(csr_read(r, SIP), ==, 0);
    csr_write(r, SIE, BIT(13));
    g_assert_cmphex(csr_read(r, MIE), ==, BIT(13));
}

static void test_high_halves(void)
{
    struct riscv_cpu *r = hart("max32");
    csr_write(r, MVIENH, 0x80000001);
    csr_write(r, MVIEN, 0xffffffff);
    g_assert_cmphex(csr_read(r, MVIENH), ==, 0x80000001);
    g_assert_cmphex(csr_read(r, MVIEN), ==, 0xffffe202);
    csr_write(r, MVIPH, 0xffffffff);
    csr_write(r, MVIP, 0x00004000);
    g_assert_cmphex(csr_read(r, MVIPH), ==, 0xffffffff);
    g_assert_cmphex(csr_read(r, SIPH), ==, 0x80000001);
    g_assert_cmphex(csr_read(r, SIP), ==, 0x4000);
    csr_write(r, SIEH, 0xffffffff);
    g_assert_cmphex(csr_read(r, SIEH), ==, 0x80000001);
    g_assert_cmphex(csr_read(r, SIE), ==, 0);
    csr_write(r, SIPH, 1);
    g_assert_cmphex(csr_read(r, MVIPH), ==, 0x7fffffff);
    g_assert_cmphex(csr_read(r, MIPH), ==, 0);
}

/* mvien bit 1 makes mvip's SSIP a register of its own. */
static void test_ssip(void)
{
    struct riscv_cpu *r = hart("max");
    csr_write(r, MVIP, BIT(1));
    g_assert_cmphex(csr_read(r, MIP), ==, BIT(1));
    csr_write(r, MVIEN, BIT(1));
    csr_write(r, MVIP, 0);
    g_assert_cmphex(csr_read(r, MIP), ==, BIT(1));
    csr_write(r, MIP, 0);
    csr_write(r, MVIP, BIT(1));
    g_assert_cmphex(csr_read(r, MIP), ==, 0);
    g_assert_cmphex(csr_read(r, SIP), ==, BIT(1));
    csr_write(r, SIP, 0);
    g_assert_cmphex(csr_read(r, MVIP), ==, 0);
}

/* mvien bit 9 takes the software's SEIP out of mip; mip's is then the wire alone. */
static void test_seip(void)
{
    struct riscv_cpu *r = hart("max");
    struct irq line;
    riscv_irq_line(r, IRQ_SEI, &line);
    csr_write(r, MIP, BIT(9));
    g_assert_cmphex(csr_read(r, MVIP), ==, BIT(9));
    csr_write(r, MVIEN, BIT(9));
    g_assert_cmphex(csr_read(r, MIP), ==, 0);
    g_assert_cmphex(csr_read(r, MVIP), ==, BIT(9));
    g_assert_cmphex(csr_read(r, SIP), ==, BIT(9));
    csr_write(r, SIP, 0); /* read-only */
    csr_write(r, MIP, 0); /* not there any more */
    g_assert_cmphex(csr_read(r, MVIP), ==, BIT(9));
    csr_write(r, MVIP, 0);
    irq_set(&line, true);
    g_assert_cmphex(csr_read(r, MIP), ==, BIT(9));
    g_assert_cmphex(csr_read(r, SIP), ==, 0);
}

static void test_stip(void)
{
    struct riscv_cpu *r = hart("max");
    csr_write(r, MVIP, BIT(5));
    g_assert_cmphex(csr_read(r, MIP), ==, BIT(5));
    csr_write(r, MENVCFG, ENVCFG_STCE); /* STIP is stimecmp's */
    g_assert_cmphex(csr_read(r, MVIP), ==, 0);
    csr_write(r, MVIP, BIT(5));
    g_assert_cmphex(csr_read(r, MIP), ==, 0);
}

/* A virtual interrupt traps to S-mode and ends wfi. */
static void test_virtual_trap(void)
{
    struct riscv_cpu *r = hart("max");
    r->stvec = 0x2001;
    csr_write(r, MVIEN, BIT(40));
    csr_write(r, SIE, BIT(40));
    g_assert_false(riscv_has_work(&r->cpu));
    csr_write(r, MVIP, BIT(40));
    g_assert_true(riscv_has_work(&r->cpu));
    g_assert_cmphex(csr_read(r, STOPI), ==, TOPI(40, 0)); /* above external interrupts by default */
    g_assert_cmphex(csr_read(r, MTOPI), ==, 0);
    g_assert_false(riscv_take_interrupt(&r->cpu));
    set_priv(r, PRV_S);
    g_assert_false(riscv_take_interrupt(&r->cpu));
    set_priv(r, PRV_U);
    g_assert_true(riscv_take_interrupt(&r->cpu));
    g_assert_cmphex(r->scause, ==, BIT(63) | 40);
    g_assert_cmphex(r->cpu.pc, ==, 0x2000 + 4 * 40);
    set_priv(r, PRV_M);
    csr_write(r, MVIEN, 0);
    g_assert_false(riscv_has_work(&r->cpu));
}

/* -- Priorities -- */

static void set_number(struct riscv_cpu *r, unsigned iselect, unsigned irq, unsigned number)
{
    unsigned shift = irq % 8 * 8;
    uint64_t old;
    csr_write(r, iselect, 0x30 + irq / 8 * 2);
    g_assert_cmpint(riscv_csr_rw(r, iselect + 1, &old, (uint64_t)number << shift, UINT64_C(0xff) << shift, true), ==,
                    CSR_OK);
}

static void test_topi_m(void)
{
    struct riscv_cpu *r = hart("max");
    csr_write(r, MIE, UINT64_MAX);
    g_assert_cmphex(csr_read(r, MTOPI), ==, 0);
    r->mip_lines = BIT(7);
    g_assert_cmphex(csr_read(r, MTOPI), ==, TOPI(7, 255));
    r->mip_lines = BIT(7) | BIT(3);
    g_assert_cmphex(csr_read(r, MTOPI), ==, TOPI(3, 255));
    set_number(r, MISELECT, 7, 200);
    g_assert_cmphex(csr_read(r, MTOPI), ==, TOPI(7, 200));
    set_number(r, MISELECT, 3, 200); /* equal numbers: the default order */
    g_assert_cmphex(csr_read(r, MTOPI), ==, TOPI(3, 200));
    r->mip_lines |= BIT(11); /* a wire without a number comes first */
    g_assert_cmphex(csr_read(r, MTOPI), ==, TOPI(11, 1));
    csr_write(r, MIDELEG, UINT64_MAX);
    r->mip_lines = BIT(9);
    g_assert_cmphex(csr_read(r, MTOPI), ==, 0);
    g_assert_cmphex(csr_read(r, STOPI), ==, TOPI(9, 1));
}

/* The number of an external interrupt is its identity in the file. */
static void test_topi_file(void)
{
    struct riscv_cpu *r = hart_with_files("max");
    csr_write(r, MIE, UINT64_MAX);
    csr_write(r, MIDELEG, UINT64_MAX);
    r->mip_lines = BIT(9) | BIT(5);
    file.top = 40;
    g_assert_cmphex(csr_read(r, STOPI), ==, TOPI(9, 40));
    g_assert_cmpuint(file.n, ==, 2);
    set_number(r, SISELECT, 5, 41);
    g_assert_cmphex(csr_read(r, STOPI), ==, TOPI(9, 40));
    set_number(r, SISELECT, 5, 39);
    g_assert_cmphex(csr_read(r, STOPI), ==, TOPI(5, 39));
    set_priv(r, PRV_U);
    g_assert_true(riscv_take_interrupt(&r->cpu));
    g_assert_cmphex(r->scause, ==, BIT(63) | 5);
    set_priv(r, PRV_M);
    file.top = 1000;
    set_number(r, SISELECT, 5, 255);
    g_assert_cmphex(csr_read(r, STOPI), ==, TOPI(5, 255));
    /* Without the file's wire a virtual SEI has the number 256. */
    r->mip_lines = BIT(5);
    csr_write(r, MIP, BIT(9));
    file.top = 1;
    g_assert_cmphex(csr_read(r, STOPI), ==, TOPI(5, 255));
    set_number(r, SISELECT, 5, 0);
    g_assert_cmphex(csr_read(r, STOPI), ==, TOPI(9, 255));
}

/* Numbers exist where the interrupt can be enabled at that level, but not for its external interrupt. */
static void test_iprio_bits(void)
{
    struct riscv_cpu *r = hart("max");
    csr_write(r, MISELECT, 0x30);
    csr_write(r, MIREG, UINT64_MAX);
    g_assert_cmphex(csr_read(r, MIREG), ==, UINT64_C(0xff00ff00ff00ff00));
    csr_write(r, MISELECT, 0x32);
    csr_write(r, MIREG, UINT64_MAX);
    g_assert_cmphex(csr_read(r, MIREG), ==, UINT64_C(0x0000ff000000ff00));
    csr_write(r, SISELECT, 0x32);
    csr_write(r, SIREG, UINT64_MAX);
    g_assert_cmphex(csr_read(r, SIREG), ==, 0);
    csr_write(r, MVIEN, BIT(13) | BIT(15));
    csr_write(r, SIREG, UINT64_MAX);
    g_assert_cmphex(csr_read(r, SIREG), ==, UINT64_C(0xff00ff0000000000));
    csr_write(r, MVIEN, 0);
    g_assert_cmphex(csr_read(r, SIREG), ==, 0);

    r = hart("max32");
    csr_write(r, MISELECT, 0x31);
    csr_write(r, MIREG, 0x11223344);
    g_assert_cmphex(csr_read(r, MIREG), ==, 0x11003300);
    g_assert_cmphex(r->miprio[7], ==, 0x11);
}

/* -- The window -- */

static void test_window(void)
{
    static const struct {
        const char *model;
        unsigned first, last;
        bool even_only, needs_file;
    } ranges[] = {
        {"max", 0x30, 0x3f, true, false},   {"max32", 0x30, 0x3f, false, false}, {"max", 0x70, 0x7f, false, true},
        {"max32", 0x70, 0x7f, false, true}, {"max", 0x80, 0xff, true, true},     {"max32", 0x80, 0xff, false, true},
    };
    for (unsigned m = 0; m < 4; m++) {
        const char *model = m & 1 ? "max32" : "max";
        bool with_file = m & 2;
        struct riscv_cpu *r = with_file ? hart_with_files(model) : hart(model);
        for (unsigned sel = 0; sel < 0x200; sel++) {
            bool expected = false;
            for (unsigned i = 0; i < G_N_ELEMENTS(ranges); i++)
                if (strcmp(ranges[i].model, model) == 0 && sel >= ranges[i].first && sel <= ranges[i].last)
                    expected = !(ranges[i].even_only && sel & 1) && (with_file || !ranges[i].needs_file);
            csr_write(r, MISELECT, sel);
            csr_write(r, SISELECT, sel);
            g_assert_cmphex(csr_read(r, SISELECT), ==, sel);
            g_assert_true(csr_allowed(r, MIREG, false) == expected);
            g_assert_true(csr_allowed(r, SIREG, true) == expected);
            uint64_t v;
            g_assert_true(riscv_csr_debug_read(r, SIREG, &v)); /* whatever is selected */
            g_assert_true(riscv_csr_debug_write(r, SIREG, 0));
        }
    }
}

static void test_file_access(void)
{
    struct riscv_cpu *r = hart_with_files("max");
    uint64_t old;
    csr_write(r, MISELECT, 0x82);
    g_assert_cmphex(csr_read(r, MIREG), ==, 0x1122334455667788);
    g_assert_cmpuint(file.n, ==, 1);
    g_assert_cmphex(file.reg, ==, 0x82);
    g_assert_cmpuint(file.width, ==, 64);
    csr_write(r, SISELECT, 0xc0);
    riscv_csr_rw(r, SIREG, &old, BIT(63), BIT(63), true); /* csrrs: only that bit */
    g_assert_cmpuint(file.n, ==, 2);
    g_assert_cmphex(file.reg, ==, 0xc0);
    g_assert_cmphex(file.value & file.mask, ==, BIT(63));
    g_assert_cmphex(file.mask, ==, BIT(63));
    r = hart_with_files("max32");
    csr_write(r, SISELECT, 0xc1);
    csr_write(r, SIREG, 0x80000000);
    g_assert_cmpuint(file.width, ==, 32);
    g_assert_cmphex(file.mask, ==, 0xffffffff);
}

/* A write claims what the same instruction read. */
static void test_topei(void)
{
    struct riscv_cpu *r = hart("max");
    uint64_t old;
    g_assert_false(csr_allowed(r, MTOPEI, false));
    g_assert_false(csr_allowed(r, STOPEI, false));
    r = hart_with_files("max");
    g_assert_cmphex(csr_read(r, MTOPEI), ==, 0);
    csr_write(r, MTOPEI, 0);
    g_assert_cmpuint(file.claimed, ==, 0);
    file.top = 77;
    g_assert_cmphex(csr_read(r, STOPEI), ==, TOPI(77, 77));
    g_assert_cmpuint(file.claimed, ==, 0);
    riscv_csr_rw(r, STOPEI, &old, 0, UINT64_MAX, true);
    g_assert_cmphex(old, ==, TOPI(77, 77));
    g_assert_cmpuint(file.claimed, ==, 77);
    g_assert_cmpuint(file.n, ==, 2);
}

/* -- Locks -- */

static void test_locks(void)
{
    struct riscv_cpu *r = hart_with_files("max");
    static const struct {
        unsigned csr, iselect;
        uint64_t needs; /* bits of mstateen0 */
    } rows[] = {
        {SISELECT, 0, BIT(60)},         {SIREG, 0x30, BIT(60) | BIT(59)}, {SIREG, 0x80, BIT(60) | BIT(58)},
        {STOPI, 0, BIT(59)},            {STOPEI, 0, BIT(58)},             {SIE, 0, 0},
    };
    csr_write(r, MSTATEEN0, UINT64_MAX);
    g_assert_cmphex(csr_read(r, MSTATEEN0), ==, BIT(63) | BIT(62) | BIT(60) | BIT(59) | BIT(58));
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        r->siselect = rows[i].iselect;
        for (unsigned bits = 0; bits < 8; bits++) {
            r->mstateen[0] = (uint64_t)bits << 58;
            r->priv = PRV_S;
            g_assert_true(csr_allowed(r, rows[i].csr, false) == ((rows[i].needs & ~r->mstateen[0]) == 0));
            r->priv = PRV_M;
            g_assert_true(csr_allowed(r, rows[i].csr, false));
        }
    }
    /* The file of interrupts that M-mode keeps is not S-mode's to see. */
    r->mstateen[0] = UINT64_MAX;
    csr_write(r, MVIEN, BIT(9));
    r->siselect = 0x80;
    g_assert_true(csr_allowed(r, STOPEI, false) && csr_allowed(r, SIREG, false));
    r->priv = PRV_S;
    g_assert_false(csr_allowed(r, STOPEI, false));
    g_assert_false(csr_allowed(r, SIREG, false));
    r->siselect = 0x30;
    g_assert_true(csr_allowed(r, SIREG, false));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/riscv/aia/filtering", test_filtering);
    g_test_add_func("/riscv/aia/high-halves", test_high_halves);
    g_test_add_func("/riscv/aia/ssip", test_ssip);
    g_test_add_func("/riscv/aia/seip", test_seip);
    g_test_add_func("/riscv/aia/stip", test_stip);
    g_test_add_func("/riscv/aia/virtual-trap", test_virtual_trap);
    g_test_add_func("/riscv/aia/topi-m", test_topi_m);
    g_test_add_func("/riscv/aia/topi-file", test_topi_file);
    g_test_add_func("/riscv/aia/iprio-bits", test_iprio_bits);
    g_test_add_func("/riscv/aia/window", test_window);
    g_test_add_func("/riscv/aia/file-access", test_file_access);
    g_test_add_func("/riscv/aia/topei", test_topei);
    g_test_add_func("/riscv/aia/locks", test_locks);
    return g_test_run();
}
