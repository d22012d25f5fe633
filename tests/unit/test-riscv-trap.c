/* SPDX-License-Identifier: BSD-2-Clause */
/* Traps: delegation, vectors, saved state and returns, the order of interrupts, and the system instructions' checks. */
#include "riscv-hart.h"

#define BIT(n) (UINT64_C(1) << (n))
#define IRQ_FLAG BIT(63)

/* -- Exceptions -- */

static const struct {
    unsigned priv, cause;
    bool delegated, to_s;
} delegation[] = {
    {PRV_U, EXC_ILLEGAL, false, false},   {PRV_U, EXC_ILLEGAL, true, true},
    {PRV_S, EXC_LOAD_PAGE, false, false}, {PRV_S, EXC_LOAD_PAGE, true, true},
    {PRV_M, EXC_LOAD_PAGE, true, false},  {PRV_M, EXC_BREAKPOINT, true, false},
};

static void test_delegation(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(delegation); i++) {
        struct riscv_cpu *r = hart("rv64");
        r->mtvec = 0x1001; /* vectored: exceptions still go to the base */
        r->stvec = 0x2001;
        r->medeleg = delegation[i].delegated ? BIT(delegation[i].cause) : 0;
        set_priv(r, delegation[i].priv);
        r->mstatus |= MSTATUS_MIE | MSTATUS_SIE;
        r->cpu.pc = 0x80001234;
        r->resv_addr = 0x80000000;
        riscv_trap(r, delegation[i].cause, 0xabcdef);
        g_assert_cmpuint(r->priv, ==, delegation[i].to_s ? PRV_S : PRV_M);
        g_assert_cmphex(r->cpu.pc, ==, delegation[i].to_s ? 0x2000 : 0x1000);
        g_assert_cmphex(delegation[i].to_s ? r->sepc : r->mepc, ==, 0x80001234);
        g_assert_cmphex(delegation[i].to_s ? r->stval : r->mtval, ==, 0xabcdef);
        g_assert_cmphex(delegation[i].to_s ? r->scause : r->mcause, ==, delegation[i].cause);
        g_assert_cmphex(r->resv_addr, ==, ~UINT64_C(0));
        g_assert_cmpuint(r->cpu.mode.word[0] & RVKEY_PRV, ==, r->priv);
        if (delegation[i].to_s) {
            g_assert_cmphex(r->mstatus & (MSTATUS_SIE | MSTATUS_SPIE | MSTATUS_MIE), ==, MSTATUS_SPIE | MSTATUS_MIE);
            g_assert_true(!(r->mstatus & MSTATUS_SPP) == (delegation[i].priv == PRV_U));
        } else {
            g_assert_cmphex(r->mstatus & (MSTATUS_MIE | MSTATUS_MPIE | MSTATUS_SIE), ==, MSTATUS_MPIE | MSTATUS_SIE);
            g_assert_cmpuint(bits(r->mstatus, 11, 2), ==, delegation[i].priv);
        }
    }
}

static void test_rv32_values(void)
{
    struct riscv_cpu *r = hart("rv32");
    r->mtvec = 0xfffffffd;
    r->mie = BIT(IRQ_MTI);
    r->mip_lines = BIT(IRQ_MTI);
    set_priv(r, PRV_S);
    g_assert_true(riscv_take_interrupt(&r->cpu));
    g_assert_cmphex(r->mcause, ==, 0x80000007);
    g_assert_cmphex(r->cpu.pc, ==, 0x18); /* wraps */
    riscv_trap(r, EXC_LOAD_ACCESS, UINT64_MAX);
    g_assert_cmphex(r->mtval, ==, 0xffffffff);
}

/* The cause of an engine's fault, by access; the load of an AMO is a store's. */
static void test_memory_faults(void)
{
    struct riscv_cpu *r = hart("rv64");
    static const struct {
        enum mmu_access access;
        unsigned memop, page, fault, misaligned;
    } rows[] = {
        {MMU_READ, IR_MEM_64, EXC_LOAD_PAGE, EXC_LOAD_ACCESS, EXC_LOAD_MISALIGNED},
        {MMU_READ, IR_MEM_64 | IR_MEM_LR, EXC_LOAD_PAGE, EXC_LOAD_ACCESS, EXC_LOAD_MISALIGNED},
        {MMU_READ, IR_MEM_64 | IR_MEM_STORE, EXC_STORE_PAGE, EXC_STORE_ACCESS, EXC_STORE_MISALIGNED},
        {MMU_WRITE, IR_MEM_8 | IR_MEM_STORE, EXC_STORE_PAGE, EXC_STORE_ACCESS, EXC_STORE_MISALIGNED},
        {MMU_FETCH, 0, EXC_INSN_PAGE, EXC_INSN_ACCESS, EXC_INSN_MISALIGNED},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct mmu_fault fault = {
            .source = MMU_FAULT_WALK, .access = rows[i].access, .va = 0x1238, .kind = RVFAULT_PAGE};
        riscv_raise_fault(&r->cpu, &fault, rows[i].memop);
        g_assert_cmpuint(r->mcause, ==, rows[i].page);
        g_assert_cmphex(r->mtval, ==, 0x1238);
        fault.kind = RVFAULT_ACCESS;
        riscv_raise_fault(&r->cpu, &fault, rows[i].memop);
        g_assert_cmpuint(r->mcause, ==, rows[i].fault);
        fault = (struct mmu_fault){.source = MMU_FAULT_BUS, .access = rows[i].access, .va = 9, .pa = 8};
        riscv_raise_fault(&r->cpu, &fault, rows[i].memop);
        g_assert_cmpuint(r->mcause, ==, rows[i].fault);
        fault.source = MMU_FAULT_ALIGN;
        riscv_raise_fault(&r->cpu, &fault, rows[i].memop);
        g_assert_cmpuint(r->mcause, ==, rows[i].misaligned);
        g_assert_cmphex(r->mtval, ==, 0x9);
    }
}

/* -- Interrupts -- */

/* All pending: the order in which they are taken, each one being disabled after it was. */
static void check_order(uint64_t mideleg, const int *order)
{
    struct riscv_cpu *r = hart("max");
    r->mideleg = mideleg;
    r->mtvec = 0x1001;
    r->stvec = 0x2001;
    r->mie = r->mip_soft = 0x2aaa;
    for (; *order >= 0; order++) {
        bool to_s = mideleg >> *order & 1;
        set_priv(r, PRV_U);
        g_assert_true(riscv_take_interrupt(&r->cpu));
        g_assert_cmphex(to_s ? r->scause : r->mcause, ==, IRQ_FLAG | *order);
        g_assert_cmphex(r->cpu.pc, ==, (to_s ? 0x2000 : 0x1000) + 4 * *order);
        g_assert_cmphex(to_s ? r->stval : r->mtval, ==, 0);
        g_assert_cmpuint(r->priv, ==, to_s ? PRV_S : PRV_M);
        r->mie &= ~BIT(*order);
    }
    set_priv(r, PRV_U);
    g_assert_false(riscv_take_interrupt(&r->cpu));
}

static void test_order(void)
{
    check_order(0, (const int[]){11, 3, 7, 9, 1, 5, 13, -1});
    check_order(0x2222, (const int[]){11, 3, 7, 9, 1, 5, 13, -1});
    check_order(0x0200, (const int[]){11, 3, 7, 1, 5, 13, 9, -1}); /* what M keeps comes first */
    check_order(0x0002, (const int[]){11, 3, 7, 9, 5, 13, 1, -1});
}

/* Which of an M interrupt and a delegated S interrupt is taken, by privilege and enables. */
static void test_enables(void)
{
    static const struct {
        unsigned priv;
        uint64_t status, pending;
        int cause; /* -1: none */
    } rows[] = {
        {PRV_M, 0, 0x82, -1},
        {PRV_M, MSTATUS_MIE, 0x82, IRQ_MTI},
        {PRV_M, MSTATUS_MIE | MSTATUS_SIE, 0x02, -1}, /* delegated: never in M */
        {PRV_S, 0, 0x80, IRQ_MTI},                    /* M's are always on below M */
        {PRV_S, 0, 0x02, -1},
        {PRV_S, MSTATUS_SIE, 0x02, IRQ_SSI},
        {PRV_S, MSTATUS_SIE, 0x82, IRQ_MTI},
        {PRV_U, 0, 0x02, IRQ_SSI},
        {PRV_U, 0, 0x82, IRQ_MTI},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct riscv_cpu *r = hart("rv64");
        r->mideleg = 0x222;
        r->mie = 0xaaa;
        r->mstatus |= rows[i].status;
        set_priv(r, rows[i].priv);
        r->mip_lines = rows[i].pending & 0x80;
        r->mip_soft = rows[i].pending & 0x02;
        g_assert_true(riscv_has_work(&r->cpu));
        g_assert_cmpint(riscv_take_interrupt(&r->cpu), ==, rows[i].cause >= 0);
        if (rows[i].cause == IRQ_SSI)
            g_assert_cmphex(r->scause, ==, IRQ_FLAG | IRQ_SSI);
        else if (rows[i].cause >= 0)
            g_assert_cmphex(r->mcause, ==, IRQ_FLAG | rows[i].cause);
    }
}

static void test_lines(void)
{
    struct riscv_cpu *r = hart("rv64");
    struct irq mei, ssi;
    riscv_irq_line(r, IRQ_MEI, &mei);
    riscv_irq_line(r, IRQ_SSI, &ssi);
    g_assert_false(riscv_has_work(&r->cpu));
    irq_set(&mei, true);
    g_assert_cmpuint(seen.kicks, ==, 1);
    irq_set(&mei, true); /* no edge */
    g_assert_cmpuint(seen.kicks, ==, 1);
    g_assert_false(riscv_has_work(&r->cpu)); /* not enabled */
    r->mie = BIT(IRQ_MEI);
    g_assert_true(riscv_has_work(&r->cpu)); /* also with mstatus.MIE clear */
    irq_set(&mei, false);
    g_assert_false(riscv_has_work(&r->cpu));
    irq_set(&ssi, true);
    irq_set(&ssi, false); /* SSIP stays until software clears it */
    g_assert_cmphex(riscv_mip(r), ==, BIT(IRQ_SSI));
}

/* STIP has a wire where a board says so, beside stimecmp and software: none undoes what another does. */
static void test_stip(void)
{
    struct riscv_cpu *r = hart("rv64");
    struct irq sti;
    riscv_irq_line(r, IRQ_STI, &sti);
    irq_set(&sti, true);
    riscv_time_changed(&r->cpu);
    g_assert_cmphex(riscv_mip(r), ==, BIT(IRQ_STI));
    csr_write(r, 0x30a, ENVCFG_STCE);
    g_assert_cmphex(riscv_mip(r), ==, BIT(IRQ_STI));
    csr_write(r, 0x14d, 0);
    irq_set(&sti, false);
    g_assert_cmphex(riscv_mip(r), ==, BIT(IRQ_STI));
    csr_write(r, 0x14d, UINT64_MAX);
    g_assert_cmphex(riscv_mip(r), ==, 0);
}

/* A write that lets a pending interrupt in asks the engine to look. */
static void test_kick_on_enable(void)
{
    struct riscv_cpu *r = hart("rv64");
    r->mip_lines = BIT(IRQ_MTI);
    csr_write(r, 0x304, BIT(IRQ_MTI));
    g_assert_cmpuint(seen.kicks, ==, 0);
    csr_write(r, 0x300, MSTATUS_MIE);
    g_assert_cmpuint(seen.kicks, ==, 1);
    csr_write(r, 0x300, 0);
    r->mepc = 0x100;
    r->mstatus |= MSTATUS_MPIE;
    g_assert_true(riscv_mret(r));
    g_assert_cmpuint(seen.kicks, ==, 2);
}

/* -- Returns -- */

static void test_mret(void)
{
    struct riscv_cpu *r = hart("rv64");
    r->mepc = 0x80000102;
    r->mstatus = (r->mstatus & ~MSTATUS_MPP) | (uint64_t)PRV_S << 11 | MSTATUS_MPIE | MSTATUS_MPRV;
    g_assert_true(riscv_mret(r));
    g_assert_cmpuint(r->priv, ==, PRV_S);
    g_assert_cmphex(r->cpu.pc, ==, 0x80000102);
    g_assert_cmphex(r->mstatus & (MSTATUS_MIE | MSTATUS_MPIE | MSTATUS_MPP | MSTATUS_MPRV), ==,
                    MSTATUS_MIE | MSTATUS_MPIE);
    g_assert_false(riscv_mret(r)); /* illegal in S */
    set_priv(r, PRV_M);
    r->mstatus = (r->mstatus | MSTATUS_MPP | MSTATUS_MPRV) & ~MSTATUS_MPIE;
    g_assert_true(riscv_mret(r)); /* to M: MPRV stays */
    g_assert_cmpuint(r->priv, ==, PRV_M);
    g_assert_cmphex(r->mstatus & (MSTATUS_MIE | MSTATUS_MPIE | MSTATUS_MPP | MSTATUS_MPRV), ==,
                    MSTATUS_MPIE | MSTATUS_MPRV);
    r = hart("rv64i,zicsr=on");
    g_assert_true(riscv_mret(r));
    g_assert_cmpuint(r->priv, ==, PRV_M);
    g_assert_cmphex(r->mstatus & MSTATUS_MPP, ==, MSTATUS_MPP); /* the least privilege there is */
}

static void test_sret(void)
{
    struct riscv_cpu *r = hart("rv64");
    set_priv(r, PRV_U);
    g_assert_false(riscv_sret(r));
    set_priv(r, PRV_S);
    r->mstatus |= MSTATUS_TSR;
    g_assert_false(riscv_sret(r));
    r->mstatus = (r->mstatus & ~MSTATUS_TSR) | MSTATUS_SPP | MSTATUS_SPIE;
    r->sepc = 0x4000;
    g_assert_true(riscv_sret(r));
    g_assert_cmpuint(r->priv, ==, PRV_S);
    g_assert_cmphex(r->cpu.pc, ==, 0x4000);
    g_assert_cmphex(r->mstatus & (MSTATUS_SIE | MSTATUS_SPIE | MSTATUS_SPP), ==, MSTATUS_SIE | MSTATUS_SPIE);
    set_priv(r, PRV_M);
    r->mstatus = (r->mstatus | MSTATUS_TSR | MSTATUS_MPRV) & ~MSTATUS_SPIE;
    g_assert_true(riscv_sret(r)); /* TSR is for S alone */
    g_assert_cmpuint(r->priv, ==, PRV_U);
    g_assert_cmphex(r->mstatus & (MSTATUS_SIE | MSTATUS_MPRV), ==, 0);
    r = hart("rv64,s=off");
    g_assert_false(riscv_sret(r));
}

static void test_epc_alignment(void)
{
    struct riscv_cpu *r = hart("rv64,c=off");
    r->mepc = 0x1002; /* as if C had been there */
    g_assert_true(riscv_mret(r));
    g_assert_cmphex(r->cpu.pc, ==, 0x1000);
}

/* -- System instructions -- */

typedef uint64_t helper1(struct cpu *cpu, uint64_t a);
typedef uint64_t helper3(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t c);
typedef uint64_t helper4(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d);

static void expect_illegal(struct riscv_cpu *r, bool illegal, uint64_t insn)
{
    g_assert_cmpint(seen.left, ==, illegal);
    if (!illegal)
        return;
    g_assert_cmphex(r->mcause, ==, EXC_ILLEGAL);
    g_assert_cmphex(r->mtval, ==, insn);
}

static void wfi(const char *model, unsigned priv, bool tw, bool illegal)
{
    struct riscv_cpu *r = hart(model);
    r->mstatus |= tw ? MSTATUS_TW : 0;
    set_priv(r, priv);
    MAY_LEAVE(r, ((helper1 *)riscv_helper_wfi.fn)(&r->cpu, 0x10500073));
    expect_illegal(r, illegal, 0x10500073);
    if (illegal)
        return;
    g_assert_true(r->cpu.halted);
    g_assert_cmphex(r->cpu.pc, ==, RAM_BASE + 4);
    r->mip_lines = r->mie = BIT(IRQ_MTI);
    ((helper1 *)riscv_helper_wfi.fn)(&r->cpu, 0x10500073);
    g_assert_false(r->cpu.halted);
}

static void test_wfi(void)
{
    wfi("rv64", PRV_M, true, false);
    wfi("rv64", PRV_S, false, false);
    wfi("rv64", PRV_S, true, true);
    wfi("rv64", PRV_U, false, true);
    wfi("rv64", PRV_U, true, true);
    wfi("rv64,s=off", PRV_U, false, false);
    wfi("rv64,s=off", PRV_U, true, true);
}

static void test_ecall(void)
{
    static const unsigned privs[] = {PRV_U, PRV_S, PRV_M}, causes[] = {EXC_ECALL_U, EXC_ECALL_S, EXC_ECALL_M};
    for (unsigned i = 0; i < 3; i++) {
        struct riscv_cpu *r = hart("rv64");
        r->mtvec = 0x500;
        r->mtval = 1;
        set_priv(r, privs[i]);
        ((helper1 *)riscv_helper_ecall.fn)(&r->cpu, 0);
        g_assert_cmpuint(r->mcause, ==, causes[i]);
        g_assert_cmphex(r->mepc, ==, RAM_BASE);
        g_assert_cmphex(r->mtval, ==, 0);
        g_assert_cmphex(r->cpu.pc, ==, 0x500);
    }
}

static void test_csr_helper(void)
{
    struct riscv_cpu *r = hart("rv64");
    helper4 *csr = (helper4 *)riscv_helper_csr.fn;
    g_assert_cmphex(csr(&r->cpu, 0x340, 0x77, UINT64_MAX, 1), ==, 0);
    g_assert_cmphex(csr(&r->cpu, 0x340, 0, 0, 0), ==, 0x77);
    set_priv(r, PRV_S);
    MAY_LEAVE(r, csr(&r->cpu, 0x340, 0, 0, UINT64_C(0x34002573) << 32));
    expect_illegal(r, true, 0x34002573);
    g_assert_cmphex(r->mepc, ==, RAM_BASE);
}

static void test_return_helpers(void)
{
    struct riscv_cpu *r = hart("rv64");
    set_priv(r, PRV_S);
    MAY_LEAVE(r, ((helper1 *)riscv_helper_mret.fn)(&r->cpu, 0x30200073));
    expect_illegal(r, true, 0x30200073);
    set_priv(r, PRV_U);
    MAY_LEAVE(r, ((helper1 *)riscv_helper_sret.fn)(&r->cpu, 0x10200073));
    expect_illegal(r, true, 0x10200073);
    set_priv(r, PRV_S);
    MAY_LEAVE(r, ((helper1 *)riscv_helper_sret.fn)(&r->cpu, 0x10200073));
    expect_illegal(r, false, 0);
}

/* -- Fences: who may, and which regimes are forgotten -- */

static void test_sfence(void)
{
    struct riscv_cpu *r = hart("rv64");
    helper3 *sfence = (helper3 *)riscv_helper_sfence.fn;
    uint64_t insn = UINT64_C(0x12000073) << 32;
    set_priv(r, PRV_U);
    MAY_LEAVE(r, sfence(&r->cpu, 0, 0, insn));
    expect_illegal(r, true, 0x12000073);
    set_priv(r, PRV_S);
    r->mstatus |= MSTATUS_TVM;
    MAY_LEAVE(r, sfence(&r->cpu, 0, 0, insn));
    expect_illegal(r, true, 0x12000073);
    set_priv(r, PRV_M); /* TVM is for S alone */

    struct mmu_key bare = {.root = 0, .mode = PRV_M};
    struct mmu_key asid5 = {.root = BIT(63) | UINT64_C(5) << 44 | 0x80000};
    struct mmu_key asid6 = {.root = BIT(63) | UINT64_C(6) << 44 | 0x80000};
    struct mmu_key global = {.root = MMU_ANY_ROOT};
    sfence(&r->cpu, 0, 0, 0);
    g_assert_cmpuint(seen.flushes, ==, 1);
    g_assert_true(seen.match(&global, seen.opaque));
    g_assert_false(seen.match(&bare, seen.opaque));
    g_assert_true(seen.match(&asid5, seen.opaque));
    g_assert_true(seen.match(&asid6, seen.opaque));
    sfence(&r->cpu, 0x1234, 5 | 0xabc0000, 2);
    g_assert_cmpuint(seen.flushes, ==, 2);
    g_assert_true(seen.match(&asid5, seen.opaque));
    g_assert_false(seen.match(&asid6, seen.opaque));
    g_assert_false(seen.match(&global, seen.opaque));
    sfence(&r->cpu, 0x1234, 6, 3);
    g_assert_cmpuint(seen.flushes, ==, 2);
    g_assert_cmpuint(seen.page_flushes, ==, 1);
    g_assert_cmphex(seen.flushed_page, ==, 0x1234);
    g_assert_true(seen.match(&global, seen.opaque));
    g_assert_false(seen.match(&asid5, seen.opaque));
    g_assert_true(seen.match(&asid6, seen.opaque));

    r = hart("rv32");
    struct mmu_key asid32 = {.root = 0x80000000 | 0x1ff << 22 | 1};
    ((helper3 *)riscv_helper_sfence.fn)(&r->cpu, 0, 0x1ff, 2);
    g_assert_true(seen.match(&asid32, seen.opaque));
    ((helper3 *)riscv_helper_sfence.fn)(&r->cpu, 0, 0xff, 2);
    g_assert_false(seen.match(&asid32, seen.opaque));
}

/* -- Cache blocks -- */

static void expect_cbo(struct riscv_cpu *r, unsigned priv, unsigned op, bool legal)
{
    set_priv(r, priv);
    MAY_LEAVE(r, ((helper3 *)riscv_helper_cbo.fn)(&r->cpu, 0x80000047, op, 0x0042200f));
    expect_illegal(r, !legal, 0x0042200f);
}

static void test_cbo_enables(void)
{
    static const struct {
        unsigned op;
        uint64_t bit;
    } ops[] = {{0, 1 << 4}, {0, 3 << 4}, {1, 1 << 6}, {2, 1 << 6}, {4, 1 << 7}};
    for (unsigned i = 0; i < G_N_ELEMENTS(ops); i++) {
        for (unsigned open = 0; open < 4; open++) {
            struct riscv_cpu *r = hart("rv64,pmp=off");
            csr_write(r, 0x30a, open & 1 ? ops[i].bit : 0);
            csr_write(r, 0x10a, open & 2 ? ops[i].bit : 0);
            expect_cbo(r, PRV_M, ops[i].op, true);
            expect_cbo(r, PRV_S, ops[i].op, open & 1);
            expect_cbo(r, PRV_U, ops[i].op, open == 3);
        }
    }
}

static void test_cbo_zero(void)
{
    struct riscv_cpu *r = hart("rv64");
    memset(ram, 0xff, 256);
    ((helper3 *)riscv_helper_cbo.fn)(&r->cpu, 0x80000047, 4, 0);
    for (unsigned i = 0; i < 256; i++)
        g_assert_cmpuint(ram[i], ==, i >= 64 && i < 128 ? 0 : 0xff);
}

/* Permission to load or to store is enough; the fault is a store's at the address given. */
static void test_cbo_fault(void)
{
    struct riscv_cpu *r = hart("rv64");
    helper3 *cbo = (helper3 *)riscv_helper_cbo.fn;
    csr_write(r, 0x30a, 0xf0);
    csr_write(r, 0x10a, 0xf0);
    set_priv(r, PRV_U); /* PMP without an entry: no access */
    MAY_LEAVE(r, cbo(&r->cpu, 0x80000047, 2, 0));
    g_assert_true(seen.left);
    g_assert_cmphex(r->mcause, ==, EXC_STORE_ACCESS);
    g_assert_cmphex(r->mtval, ==, 0x80000047);
    csr_write(r, 0x3b0, UINT64_MAX);
    csr_write(r, 0x3a0, 0x19); /* NAPOT, R */
    set_priv(r, PRV_U);
    MAY_LEAVE(r, cbo(&r->cpu, 0x80000047, 2, 0));
    g_assert_false(seen.left);
}

static void test_fs_dirty(void)
{
    struct riscv_cpu *r = hart("rv64");
    csr_write(r, 0x300, 1 << 13);
    uint32_t mode = r->cpu.mode.word[0];
    ((helper1 *)riscv_helper_fs_dirty.fn)(&r->cpu, 0);
    g_assert_cmphex(r->mstatus & MSTATUS_FS, ==, MSTATUS_FS);
    g_assert_cmphex(r->cpu.mode.word[0], ==, (mode & ~(3u << RVKEY_FS_SHIFT)) | RVFS_DIRTY << RVKEY_FS_SHIFT);
    mode = r->cpu.mode.word[0];
    riscv_update_state(r);
    g_assert_cmphex(r->cpu.mode.word[0], ==, mode);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/riscv/trap/delegation", test_delegation);
    g_test_add_func("/riscv/trap/rv32", test_rv32_values);
    g_test_add_func("/riscv/trap/memory-faults", test_memory_faults);
    g_test_add_func("/riscv/irq/order", test_order);
    g_test_add_func("/riscv/irq/enables", test_enables);
    g_test_add_func("/riscv/irq/lines", test_lines);
    g_test_add_func("/riscv/irq/stip", test_stip);
    g_test_add_func("/riscv/irq/kick", test_kick_on_enable);
    g_test_add_func("/riscv/ret/mret", test_mret);
    g_test_add_func("/riscv/ret/sret", test_sret);
    g_test_add_func("/riscv/ret/alignment", test_epc_alignment);
    g_test_add_func("/riscv/system/wfi", test_wfi);
    g_test_add_func("/riscv/system/ecall", test_ecall);
    g_test_add_func("/riscv/system/csr", test_csr_helper);
    g_test_add_func("/riscv/system/returns", test_return_helpers);
    g_test_add_func("/riscv/system/sfence", test_sfence);
    g_test_add_func("/riscv/system/cbo-enables", test_cbo_enables);
    g_test_add_func("/riscv/system/cbo-zero", test_cbo_zero);
    g_test_add_func("/riscv/system/cbo-fault", test_cbo_fault);
    g_test_add_func("/riscv/system/fs-dirty", test_fs_dirty);
    return g_test_run();
}
