/* SPDX-License-Identifier: BSD-2-Clause */
/* Exceptions and returns, interrupts and their routing, system registers and what traps them, timers, PSCI. */
#include "arm-core.h"
#include "cpu-arm/aarch32.h"
#include "cpu-arm/trans.h"

static struct arm_cpu *a;

/* -- Exceptions -- */

static void test_entry(void)
{
    static const struct {
        unsigned from, to, spsel, offset;
    } rows[] = {
        { 0, 1, 0, 0x400 }, { 1, 1, 1, 0x200 }, { 1, 1, 0, 0 }, { 1, 2, 1, 0x400 }, { 2, 2, 1, 0x200 },
        { 2, 3, 1, 0x400 }, { 3, 3, 1, 0x200 }, { 0, 2, 0, 0x400 },
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        for (unsigned v = 0; v < 4; v++) {
            a = core("cortex-a57");
            a->scr |= SCR_NS | SCR_RW;
            a->hcr |= HCR_RW;
            a->vbar[rows[i].to] = 0x80000;
            arm_set_el(a, rows[i].from, rows[i].spsel);
            arm_update_state(a);
            a->pstate &= ~PSTATE_DAIF;
            a->nzcv = 0xa0000000;
            a->cpu.pc = 0x1234;
            a->excl_addr = 0x1000;
            uint64_t before = arm_pstate_read(a);
            arm_take_exception(a, v, rows[i].to, 0x12345);
            g_assert_cmphex(a->cpu.pc, ==, 0x80000 + rows[i].offset + v * 0x80);
            g_assert_cmphex(a->elr[rows[i].to], ==, 0x1234);
            g_assert_cmphex(a->spsr[rows[i].to], ==, before);
            g_assert_cmpuint(a->el, ==, rows[i].to);
            g_assert_cmphex(a->pstate & (PSTATE_DAIF | PSTATE_SP), ==, PSTATE_DAIF | PSTATE_SP);
            g_assert_cmphex(a->excl_addr, ==, ~UINT64_C(0));
            g_assert_cmphex(a->esr[rows[i].to], ==, v == ARM_VECTOR_SYNC || v == ARM_VECTOR_SERROR ? 0x12345 : 0);
            arm_eret(a, a->elr[a->el]);
            g_assert_cmphex(a->cpu.pc, ==, 0x1234);
            g_assert_cmphex(arm_pstate_read(a), ==, before);
        }
    }
}

/* Each level has its stack pointer, and EL0's is anybody's without SPSel. */
static void test_stack_pointers(void)
{
    a = core("cortex-a57");
    for (unsigned el = 1; el < 4; el++) {
        arm_set_el(a, el, true);
        a->sp = 0x1000 * el;
    }
    arm_set_el(a, 2, false);
    a->sp = 0x500;
    for (unsigned el = 1; el < 4; el++) {
        arm_set_el(a, el, true);
        g_assert_cmphex(a->sp, ==, 0x1000 * el);
        arm_set_el(a, el, false);
        g_assert_cmphex(a->sp, ==, 0x500);
    }
    arm_set_el(a, 0, false);
    g_assert_cmphex(a->sp, ==, 0x500);
}

static void test_illegal_return(void)
{
    static const struct {
        unsigned from;
        uint64_t spsr;
    } rows[] = {
        { 1, 0x9 },        /* EL2h: higher */
        { 1, 0x1 },        /* EL0 with SPSel */
        { 1, 0x6 },        /* bit 1 */
        { 1, PSTATE_NRW | 3 }, /* AArch32, which EL0 alone may be */
        { 2, 0xd },        /* EL3h */
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        a = core("cortex-a57");
        a->scr |= SCR_NS;
        set_level(a, rows[i].from);
        a->elr[rows[i].from] = 0x4444;
        a->spsr[rows[i].from] = rows[i].spsr | PSTATE_I | 0x60000000;
        arm_eret(a, a->elr[a->el]);
        g_assert_cmphex(a->cpu.pc, ==, 0x4444);
        g_assert_cmpuint(a->el, ==, rows[i].from);
        g_assert_cmphex(a->pstate & (PSTATE_IL | PSTATE_DAIF), ==, PSTATE_IL | PSTATE_I);
        g_assert_cmphex(a->nzcv, ==, 0x60000000);
        g_assert_true(a->cpu.mode.word[0] & ARMKEY_ILLEGAL);
        arm_take_exception(a, ARM_VECTOR_SYNC, rows[i].from, 0);
        g_assert_false(a->pstate & PSTATE_IL);
        g_assert_true(a->spsr[rows[i].from] & PSTATE_IL);
    }
    a = core("cortex-a57"); /* EL1 is AArch32's */
    a->scr |= SCR_NS;
    set_level(a, 2);
    a->spsr[2] = 5;
    arm_eret(a, 0x4444);
    g_assert_true(a->pstate & PSTATE_IL);
    a = core("cortex-a57,has_el2=off"); /* a level that there is not */
    a->scr |= SCR_NS;
    a->spsr[3] = 0x9;
    arm_eret(a, a->elr[a->el]);
    g_assert_true(a->pstate & PSTATE_IL);
}

static void test_levels(void)
{
    a = core("cortex-a57");
    a->scr |= SCR_NS;
    set_level(a, 0);
    g_assert_cmpuint(arm_exception_level(a, 1), ==, 1);
    a->hcr |= HCR_TGE;
    g_assert_cmpuint(arm_exception_level(a, 1), ==, 2);
    a->scr &= ~(uint64_t)SCR_NS; /* there is no EL2 in Secure state */
    g_assert_cmpuint(arm_exception_level(a, 1), ==, 1);
    set_level(a, 2);
    g_assert_cmpuint(arm_exception_level(a, 1), ==, 2);
    a = core("cortex-a57,has_el3=off,has_el2=off");
    g_assert_cmpuint(a->el, ==, 1);
    a = core("cortex-a57,has_el3=off");
    g_assert_cmpuint(a->el, ==, 2);
}

static void test_aborts(void)
{
    static const struct {
        unsigned from, access, memop, source, kind;
        uint32_t esr;
    } rows[] = {
        { 0, MMU_READ, IR_MEM_64, MMU_FAULT_WALK, 7, EC_DABT_LOWER << 26 | ESR_IL | 7 },
        { 1, MMU_READ, IR_MEM_64, MMU_FAULT_WALK, 7, EC_DABT << 26 | ESR_IL | 7u },
        { 1, MMU_WRITE, IR_MEM_64 | IR_MEM_STORE, MMU_FAULT_WALK, 15, EC_DABT << 26 | ESR_IL | 1 << 6 | 15u },
        { 1, MMU_READ, IR_MEM_64 | IR_MEM_STORE, MMU_FAULT_WALK, 7, EC_DABT << 26 | ESR_IL | 1 << 6 | 7u },
        { 1, MMU_READ, IR_MEM_64, MMU_FAULT_ALIGN, 0, EC_DABT << 26 | ESR_IL | 0x21u },
        { 1, MMU_READ, IR_MEM_64, MMU_FAULT_BUS, 0, EC_DABT << 26 | ESR_IL | 0x10u },
        { 0, MMU_FETCH, 0, MMU_FAULT_WALK, 7, EC_IABT_LOWER << 26 | ESR_IL | 7u },
        { 1, MMU_FETCH, 0, MMU_FAULT_WALK, 7, EC_IABT << 26 | ESR_IL | 7u },
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        a = core("cortex-a57,has_el3=off,has_el2=off");
        set_level(a, rows[i].from);
        struct mmu_fault f = { .source = rows[i].source, .access = rows[i].access, .va = 0x1235, .kind = rows[i].kind };
        arm_raise_fault(&a->cpu, &f, rows[i].memop);
        g_assert_cmphex(a->esr[1], ==, rows[i].esr);
        g_assert_cmphex(a->far[1], ==, 0x1235);
        g_assert_cmpuint(a->el, ==, 1);
    }
}

/* -- Interrupts -- */

static void test_interrupts(void)
{
    static const struct {
        unsigned el;
        uint64_t scr, hcr;
        uint32_t masks, line;
        int to; /* 0: not taken */
    } rows[] = {
        { 1, 0, 0, 0, ARM_IRQ, 1 },
        { 1, 0, 0, PSTATE_I, ARM_IRQ, 0 },
        { 1, 0, 0, PSTATE_I, ARM_FIQ, 1 },
        { 1, 0, 0, PSTATE_F, ARM_FIQ, 0 },
        { 0, 0, 0, 0, ARM_IRQ, 1 },
        { 1, SCR_IRQ, 0, PSTATE_I, ARM_IRQ, 3 }, /* a higher level masks nothing */
        { 1, 0, HCR_IMO, PSTATE_I, ARM_IRQ, 2 },
        { 2, 0, HCR_IMO, PSTATE_I, ARM_IRQ, 0 },
        { 2, 0, HCR_IMO, 0, ARM_IRQ, 2 },
        { 2, 0, 0, 0, ARM_IRQ, 0 }, /* of a lower level */
        { 2, SCR_FIQ, 0, PSTATE_F, ARM_FIQ, 3 },
        { 1, 0, HCR_IMO, 0, ARM_VIRQ, 1 },
        { 1, 0, 0, 0, ARM_VIRQ, 0 },
        { 1, 0, HCR_IMO, PSTATE_I, ARM_VIRQ, 0 },
        { 1, 0, HCR_FMO, 0, ARM_VFIQ, 1 },
        { 2, 0, HCR_FMO, 0, ARM_VFIQ, 0 },
        { 1, 0, 0, 0, ARM_SERROR, 1 },
        { 1, 0, 0, PSTATE_A, ARM_SERROR, 0 },
        { 0, 0, HCR_TGE, 0, ARM_IRQ, 2 },
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct irq line;
        a = core("cortex-a57");
        a->scr |= SCR_NS | rows[i].scr;
        a->hcr |= rows[i].hcr;
        set_level(a, rows[i].el);
        a->pstate = (a->pstate & ~PSTATE_DAIF) | rows[i].masks;
        arm_irq_line(a, rows[i].line, &line);
        irq_set(&line, true);
        g_assert_cmpuint(seen.kicks, ==, 1);
        bool taken = arm_take_interrupt(&a->cpu);
        g_assert_cmpint(taken ? a->el : 0, ==, rows[i].to);
        irq_set(&line, false);
        g_assert_cmpuint(a->lines, ==, 0);
    }
}

/* GICv3's groups of interrupts: FIQ where they are not the current state's. */
static void test_groups(void)
{
    static const struct {
        unsigned el, line;
        bool secure, fiq;
    } rows[] = {
        { 1, ARM_GROUP1_NS, false, false }, { 1, ARM_GROUP1_NS, true, true }, { 3, ARM_GROUP1_NS, true, true },
        { 2, ARM_GROUP1_NS, false, false }, { 1, ARM_GROUP1_S, true, false }, { 1, ARM_GROUP1_S, false, true },
        { 2, ARM_GROUP1_S, false, true },   { 3, ARM_GROUP1_S, true, true },
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        a = core("cortex-a57");
        a->scr |= rows[i].secure ? 0 : SCR_NS;
        set_level(a, rows[i].el);
        a->lines = 1u << rows[i].line;
        g_assert_cmphex(arm_lines(a) & 3, ==, rows[i].fiq ? 1u << ARM_FIQ : 1u << ARM_IRQ);
        g_assert_true(arm_has_work(&a->cpu));
        a->scr |= SCR_FIQ;
        a->pstate |= PSTATE_DAIF;
        g_assert_cmpint(arm_take_interrupt(&a->cpu), ==, rows[i].fiq && rows[i].el != 3);
        if (rows[i].fiq && rows[i].el != 3)
            g_assert_cmphex(a->cpu.pc & 0x7ff, ==, 0x500); /* FIQ from a lower level */
    }
}

/* SCR_EL3.EA: external aborts, on walks too, are EL3's. */
static void test_external_aborts(void)
{
    static const struct {
        unsigned source, kind, to;
    } rows[] = { { MMU_FAULT_BUS, 0, 3 }, { MMU_FAULT_WALK, 0x15, 3 }, { MMU_FAULT_WALK, 7, 1 }, { MMU_FAULT_ALIGN, 0, 1 } };
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        a = core("cortex-a57");
        a->scr |= SCR_NS | SCR_EA;
        set_level(a, 1);
        struct mmu_fault f = { .source = rows[i].source, .access = MMU_READ, .va = 0x1235, .kind = rows[i].kind };
        arm_raise_fault(&a->cpu, &f, IR_MEM_64);
        g_assert_cmpuint(a->el, ==, rows[i].to);
        g_assert_cmphex(a->far[rows[i].to], ==, 0x1235);
    }
}

/* Masked ones wake; virtual ones where they are on. */
static void test_wake(void)
{
    a = core("cortex-a57");
    g_assert_false(arm_has_work(&a->cpu));
    a->lines = 1 << ARM_IRQ;
    g_assert_true(arm_has_work(&a->cpu));
    a->scr |= SCR_NS;
    set_level(a, 1);
    a->lines = 1 << ARM_VIRQ;
    g_assert_false(arm_has_work(&a->cpu));
    a->hcr |= HCR_IMO;
    g_assert_true(arm_has_work(&a->cpu));
}

/* -- System registers -- */

static uint64_t call(const struct ir_helper *h, uint64_t x, uint64_t y, uint64_t z)
{
    uint64_t (*fn)(struct cpu *cpu, uint64_t x, uint64_t y, uint64_t z) = h->fn;
    return fn(&a->cpu, x, y, z);
}

/* As MRS and MSR of x3 do it, without the level's check, which is the translator's. */
static uint64_t mrs(uint16_t enc)
{
    const struct arm_sysreg *r = arm_sysreg_find(&a->config, arm_sysreg_redirect(a->cpu.mode.word[0], enc));
    uint64_t v = 0;
    g_assert_nonnull(r);
    MAY_LEAVE(a, v = call(&arm_helper_mrs, (uintptr_t)r, 0xd5200003 | enc << 5, 0));
    return v;
}

static void msr(uint16_t enc, uint64_t value)
{
    const struct arm_sysreg *r = arm_sysreg_find(&a->config, arm_sysreg_redirect(a->cpu.mode.word[0], enc));
    g_assert_nonnull(r);
    MAY_LEAVE(a, call(&arm_helper_msr, (uintptr_t)r, value, 0xd5000003 | enc << 5));
}

#define CTR ARM_SYSREG(3, 3, 0, 0, 1)
#define TCR1 ARM_SYSREG(3, 0, 2, 0, 2)
#define SCTLR1 ARM_SYSREG(3, 0, 1, 0, 0)
#define CNTVCT ARM_SYSREG(3, 3, 14, 0, 2)
#define CNTPCT ARM_SYSREG(3, 3, 14, 0, 1)
#define CNTV(op2) ARM_SYSREG(3, 3, 14, 3, op2)
#define CNTP(op2) ARM_SYSREG(3, 3, 14, 2, op2)

static void test_rows(void)
{
    a = core("max");
    for (unsigned enc = 0; enc < 1 << 16; enc++) {
        const struct arm_sysreg *r = arm_sysreg_find(&a->config, enc);
        if (!r)
            continue;
        g_assert_cmpuint(r->enc, ==, enc);
        g_assert_true(r->el_read != NO_LEVEL || r->el_write != NO_LEVEL);
        unsigned op1 = bits(enc, 11, 3), least = op1 == 3 ? 0 : op1 == 4 ? 2 : op1 == 6 ? 3 : 1;
        if (enc >> 14 == 3 && r->el_read != NO_LEVEL)
            g_assert_cmpuint(r->el_read, >=, least);
        if (r->offset >= 0)
            g_assert_cmpuint(r->offset + 8, <=, sizeof(struct arm_cpu));
    }
    g_assert_null(arm_sysreg_find(&core("cortex-a57")->config, ARM_SYSREG(3, 0, 4, 2, 3))); /* PAN */
}

static void test_identification(void)
{
    a = core("cortex-a53,has_el3=off");
    g_assert_cmphex(mrs(ARM_SYSREG(3, 0, 0, 0, 0)), ==, 0x410fd034);
    g_assert_cmphex(bits(mrs(ARM_SYSREG(3, 0, 0, 4, 0)), 12, 4), ==, 0); /* EL3 */
    g_assert_cmphex(bits(mrs(ARM_SYSREG(3, 0, 0, 4, 0)), 8, 4), ==, 2);
    msr(ARM_SYSREG(3, 4, 0, 0, 0), 0x12345678); /* VPIDR_EL2 */
    g_assert_cmphex(mrs(ARM_SYSREG(3, 0, 0, 0, 0)), ==, 0x410fd034);
    set_level(a, 1);
    g_assert_cmphex(mrs(ARM_SYSREG(3, 0, 0, 0, 0)), ==, 0x12345678);
    g_assert_cmphex(mrs(ARM_SYSREG(3, 0, 0, 7, 7)), ==, 0); /* unallocated ones are zero */
}

/* The syndrome of a trap of MRS x3. */
static uint32_t trapped(uint16_t enc, bool read)
{
    return arm_syndrome(EC_SYSREG, bits(enc, 14, 2) << 20 | bits(enc, 0, 3) << 17 | bits(enc, 11, 3) << 14 |
                                       bits(enc, 7, 4) << 10 | 3 << 5 | bits(enc, 3, 4) << 1 | read);
}

static void test_traps(void)
{
    a = core("cortex-a57");
    a->scr |= SCR_NS;
    set_level(a, 0);
    mrs(CTR); /* SCTLR_EL1.UCT is clear */
    g_assert_true(seen.left);
    g_assert_cmpuint(a->el, ==, 1);
    g_assert_cmphex(a->esr[1], ==, trapped(CTR, true));
    a->sctlr[1] |= SCTLR_UCT;
    set_level(a, 0);
    g_assert_cmphex(mrs(CTR), ==, a->config.ctr);
    g_assert_false(seen.left);
    a->hcr |= HCR_TID2;
    mrs(CTR);
    g_assert_cmpuint(a->el, ==, 2);
    g_assert_cmphex(a->esr[2], ==, trapped(CTR, true));
    set_level(a, 1);
    a->hcr |= HCR_TVM;
    arm_update_state(a);
    g_assert_true(a->cpu.mode.word[0] & ARMKEY_HCR_TRAPS);
    mrs(TCR1);
    g_assert_false(seen.left);
    msr(TCR1, 1);
    g_assert_true(seen.left);
    g_assert_cmphex(a->esr[2], ==, trapped(TCR1, false));
    g_assert_cmphex(a->tcr[1], ==, 0);
    set_level(a, 2);
    msr(TCR1, 1); /* not from there */
    g_assert_false(seen.left);
    g_assert_cmphex(a->tcr[1], ==, 1);
    set_level(a, 0);
    mrs(CNTVCT);
    g_assert_true(seen.left);
    a->cntkctl |= 2;
    set_level(a, 0);
    mrs(CNTVCT);
    g_assert_false(seen.left);
    mrs(CNTPCT);
    g_assert_true(seen.left);
}

#define PMU(crm, op2) ARM_SYSREG(3, 3, 9, crm, op2)
#define PMEVCNTR2 ARM_SYSREG(3, 3, 14, 8, 2)
#define PMEVTYPER2 ARM_SYSREG(3, 3, 14, 12, 2)

/* PMUSERENR_EL0: what each bit opens to EL0; MDCR_EL2.TPM and TPMCR. */
static void test_pmu_rights(void)
{
    enum { EN = 1, SW = 2, CR = 4, ER = 8, READ = 1, WRITE = 2 };
    static const struct {
        uint16_t enc;
        unsigned read, write; /* the bits that open it */
        unsigned ways;
    } rows[] = {
        { PMU(12, 0), EN, EN, READ | WRITE },           /* PMCR */
        { PMU(12, 1), EN, EN, READ | WRITE },           /* PMCNTENSET */
        { PMU(12, 4), 0, EN | SW, WRITE },              /* PMSWINC */
        { PMU(12, 5), EN | ER, EN | ER, READ | WRITE }, /* PMSELR */
        { PMU(13, 0), EN | CR, EN, READ | WRITE },      /* PMCCNTR */
        { PMU(13, 1), EN, EN, READ | WRITE },           /* PMXEVTYPER */
        { PMU(13, 2), EN | ER, EN, READ | WRITE },      /* PMXEVCNTR */
        { PMEVCNTR2, EN | ER, EN, READ | WRITE },
        { PMEVTYPER2, EN, EN, READ | WRITE },
        { PMU(14, 0), 15, 0, READ },                    /* PMUSERENR itself */
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        for (unsigned bit = 0; bit < 4; bit++) {
            g_test_message("row %u, bit %u", i, bit);
            a = core("cortex-a57,has_el3=off");
            a->pmuserenr = 1 << bit;
            set_level(a, 0);
            if (rows[i].ways & READ) {
                mrs(rows[i].enc);
                g_assert_cmpuint(seen.left, ==, !(rows[i].read >> bit & 1));
            }
            set_level(a, 0);
            if (rows[i].ways & WRITE) {
                msr(rows[i].enc, 0);
                g_assert_cmpuint(seen.left, ==, !(rows[i].write >> bit & 1));
                g_assert_cmpuint(a->el, ==, seen.left);
            }
        }
        for (unsigned trap = 5; trap < 7; trap++) { /* TPMCR, TPM */
            a = core("cortex-a57,has_el3=off");
            a->mdcr[2] |= 1 << trap;
            set_level(a, 1);
            if (rows[i].ways & READ)
                mrs(rows[i].enc);
            else
                msr(rows[i].enc, 0);
            g_assert_cmpuint(seen.left, ==, trap == 6 || rows[i].enc == PMU(12, 0));
            g_assert_cmpuint(a->el, ==, seen.left ? 2 : 1);
        }
    }
}

/* A coprocessor access of AArch32's user mode: MRRC or MRC of r3. */
static void from_user(uint16_t enc)
{
    const struct arm_sysreg *r = arm_cp_find(&a->config, enc);
    bool wide = enc >> 14 == CP15_64;
    g_assert_nonnull(r);
    arm_pstate_write(a, PSTATE_NRW | MODE_USR);
    arm_update_state(a);
    uint32_t insn = wide ? 0xec500f00 | bits(enc, 11, 3) << 4 : 0xee100f10 | bits(enc, 7, 4) << 16 | (enc & 7) << 5;
    insn |= 3 << 12 | bits(enc, 3, 4);
    MAY_LEAVE(a, arm_cp_read(a, r, insn));
}

#define CNTVCT32 ARM_SYSREG(CP15_64, 1, 0, 14, 0)
#define CNTPCT32 ARM_SYSREG(CP15_64, 0, 0, 14, 0)
#define PMCCNTR32 ARM_SYSREG(CP15, 0, 9, 13, 0)

/* What is closed to AArch32's EL0 is reported by what it was, or is undefined to an EL1 in AArch32. */
static void test_closed_to_user(void)
{
    a = core("cortex-a57,has_el2=off,has_el3=off");
    from_user(CNTVCT32);
    g_assert_true(seen.left);
    g_assert_cmpuint(a->el, ==, 1);
    g_assert_cmphex(a->esr[1], ==, arm_syndrome(EC_CP15_RRT, 1u << 24 | 0xe << 20 | 1 << 16 | 3 << 5 | 14 << 1 | 1));
    a->cntkctl = 2;
    from_user(CNTVCT32);
    g_assert_false(seen.left);
    from_user(PMCCNTR32);
    g_assert_cmphex(a->esr[1] >> 26, ==, EC_CP15_RT);
    a = core("cortex-a15");
    from_user(CNTVCT32);
    g_assert_true(seen.left);
    g_assert_cmpuint(a->pstate & A32_M, ==, MODE_UND);

    /* Below a host: its own bits, to EL2. */
    a = core("max,has_el3=off");
    a->hcr = HCR_RW | HCR_E2H | HCR_TGE;
    a->cntkctl = 3;
    a->cnthctl = 0;
    from_user(CNTVCT32);
    g_assert_cmpuint(a->el, ==, 2);
    g_assert_cmphex(a->esr[2] >> 26, ==, EC_CP15_RRT);
    a->cntkctl = 0;
    a->cnthctl = 3;
    from_user(CNTVCT32);
    g_assert_false(seen.left);
    from_user(CNTPCT32);
    g_assert_false(seen.left);
    /* A host's guest: EL1PCTEN is another bit with E2H. */
    a->hcr = HCR_E2H;
    a->cntkctl = 3;
    a->cnthctl = 3;
    from_user(CNTPCT32);
    g_assert_cmpuint(a->el, ==, 2);
    a->cnthctl = 1 << 10;
    from_user(CNTPCT32);
    g_assert_false(seen.left);
}

/* To a level in AArch64 a trap tells of AArch32's registers as of its own: Supervisor mode's R13 and R14 are X19, X18. */
static void check_trapped_registers(const char *model, uint64_t mode, unsigned rt, unsigned told)
{
    a = core(model);
    a->hcr = HCR_TID3 | HCR_TVM;
    const struct arm_sysreg *mmfr0 = arm_cp_find(&a->config, ARM_SYSREG(CP15, 0, 0, 1, 4));
    const struct arm_sysreg *ttbr0 = arm_cp_find(&a->config, ARM_SYSREG(CP15_64, 0, 0, 2, 0));
    arm_pstate_write(a, PSTATE_NRW | mode);
    arm_update_state(a);
    MAY_LEAVE(a, arm_cp_read(a, mmfr0, 0xee100f91 | rt << 12));
    g_assert_true(seen.left);
    uint32_t syndrome = 1u << 24 | 0xe << 20 | told << 5;
    g_assert_cmphex(a->esr[2], ==, arm_syndrome(EC_CP15_RT, syndrome | 4 << 17 | 1 << 1 | 1));
    arm_pstate_write(a, PSTATE_NRW | mode);
    arm_update_state(a);
    MAY_LEAVE(a, arm_cp_write(a, ttbr0, 0, 0xec400f02 | rt << 12 | rt << 16));
    g_assert_cmphex(a->esr[2], ==, arm_syndrome(EC_CP15_RRT, syndrome | told << 10 | 2 << 1));
}

static void test_trapped_registers(void)
{
    check_trapped_registers("cortex-a57,has_el3=off", MODE_SVC, 3, 3);
    check_trapped_registers("cortex-a57,has_el3=off", MODE_SVC, 14, 18);
    check_trapped_registers("cortex-a57,has_el3=off", MODE_SVC, 13, 19);
    check_trapped_registers("cortex-a57,has_el3=off", MODE_IRQ, 14, 16);
    check_trapped_registers("cortex-a57,has_el3=off", MODE_FIQ, 8, 24);
    check_trapped_registers("cortex-a57,has_el3=off", MODE_FIQ, 14, 30);
    check_trapped_registers("cortex-a57,has_el3=off", MODE_SYS, 14, 14);
    check_trapped_registers("cortex-a15,has_el2=on", MODE_SVC, 14, 14);
}

/* CNTFRQ is the highest level's to set. */
static void test_frequency(void)
{
    static const char *const models[] = { "max,has_el2=off,has_el3=off", "max,has_el3=off", "max" };
    for (unsigned i = 0; i < G_N_ELEMENTS(models); i++) {
        for (unsigned el = 1; el <= i + 1; el++) {
            a = core(models[i]);
            a->scr |= SCR_NS;
            set_level(a, el);
            msr(ARM_SYSREG(3, 3, 14, 0, 0), 12345);
            g_assert_cmpuint(seen.left, ==, el <= i);
            g_assert_cmpuint(a->cntfrq == 12345, ==, el == i + 1);
        }
    }
}

static void test_fp_trap(void)
{
    a = core("cortex-a57");
    a->scr |= SCR_NS;
    set_level(a, 0);
    g_assert_cmpuint(bits(a->cpu.mode.word[0], ARMKEY_FP_SHIFT, 2), ==, 1);
    a->cpacr = 1 << 20; /* EL0 traps */
    arm_update_key(a);
    g_assert_cmpuint(bits(a->cpu.mode.word[0], ARMKEY_FP_SHIFT, 2), ==, 1);
    a->cpacr = 3 << 20;
    a->cptr[2] |= 1 << 10;
    arm_update_key(a);
    g_assert_cmpuint(bits(a->cpu.mode.word[0], ARMKEY_FP_SHIFT, 2), ==, 2);
    a->cptr[2] &= ~(UINT64_C(1) << 10);
    a->cptr[3] |= 1 << 10;
    arm_update_key(a);
    g_assert_cmpuint(bits(a->cpu.mode.word[0], ARMKEY_FP_SHIFT, 2), ==, 3);
    a->cptr[3] = 0;
    arm_update_key(a);
    g_assert_cmpuint(bits(a->cpu.mode.word[0], ARMKEY_FP_SHIFT, 2), ==, 0);
}

/* CPTR_EL2.FPEN of a host: 1 traps its EL0, not that of a guest. */
static void test_fp_trap_host(void)
{
    a = core("max");
    a->scr |= SCR_NS;
    a->cpacr = 3 << 20;
    a->hcr = HCR_E2H | HCR_RW;
    for (unsigned fpen = 0; fpen < 4; fpen++) {
        a->cptr[2] = fpen << 20;
        for (unsigned el = 0; el <= 2; el++) {
            a->hcr &= ~(uint64_t)HCR_TGE;
            set_level(a, el);
            g_assert_cmpuint(bits(a->cpu.mode.word[0], ARMKEY_FP_SHIFT, 2), ==, fpen & 1 ? 0 : 2);
            a->hcr |= HCR_TGE;
            set_level(a, el);
            bool traps = fpen == 1 ? el == 0 : !(fpen & 1);
            if (el != 1)
                g_assert_cmpuint(bits(a->cpu.mode.word[0], ARMKEY_FP_SHIFT, 2), ==, traps ? 2 : 0);
        }
    }
}

/* A host's registers at EL2, and the guest's by other names. */
static void test_e2h(void)
{
    a = core("max");
    a->scr |= SCR_NS;
    set_level(a, 2);
    msr(ARM_SYSREG(3, 4, 1, 1, 0), HCR_E2H | HCR_TGE | HCR_RW);
    msr(SCTLR1, 0x30c50830);
    g_assert_cmphex(a->sctlr[2], ==, 0x30c50830);
    msr(ARM_SYSREG(3, 5, 1, 0, 0), 0x30d00800);
    g_assert_cmphex(a->sctlr[1], ==, 0x30d00800);
    msr(CNTV(2), 1234);
    g_assert_cmpuint(a->timers[ARM_TIMER_HYPVIRT].cval, ==, 1234);
    msr(ARM_SYSREG(3, 5, 14, 3, 2), 99);
    g_assert_cmpuint(a->timers[ARM_TIMER_VIRT].cval, ==, 99);
    a = core("cortex-a57"); /* no VHE: the bit stays zero */
    a->scr |= SCR_NS;
    set_level(a, 2);
    msr(ARM_SYSREG(3, 4, 1, 1, 0), HCR_E2H | HCR_RW);
    g_assert_cmphex(a->hcr, ==, HCR_RW);
}

static void test_fpcr(void)
{
    a = core("cortex-a57");
    arm_fpcr_write(a, 0xffffffff);
    g_assert_cmphex(a->fpcr, ==, 0x07c00000);
    g_assert_cmpuint(a->cpu.fp.rm, ==, IR_RTZ);
    g_assert_true(a->cpu.fp.default_nan && a->cpu.fp.flush_in && a->cpu.fp.flush_out);
    arm_fpcr_write(a, 1 << 22);
    g_assert_cmpuint(a->cpu.fp.rm, ==, IR_RUP);
    arm_fpsr_write(a, 0xffffffff);
    g_assert_cmphex(arm_fpsr_read(a), ==, 0x0800009f);
    arm_fpsr_write(a, 0x10);
    g_assert_cmpuint(a->cpu.fp.flags, ==, FP_NX);
}

/* -- Software step -- */

static void test_step(void)
{
    a = core("cortex-a57,has_el3=off,has_el2=off");
    a->oslock = 0;
    a->mdscr = 1;
    a->spsr[1] = PSTATE_SS; /* to EL0 */
    arm_eret(a, a->elr[a->el]);
    g_assert_cmpuint(a->el, ==, 0);
    g_assert_true(a->cpu.mode.word[0] & ARMKEY_SS);
    call(&arm_helper_stepped, 0, 0, 0);
    g_assert_true(a->cpu.mode.word[0] & ARMKEY_SS_PENDING);
    MAY_LEAVE(a, call(&arm_helper_step, 0, 0, 0));
    g_assert_cmpuint(a->el, ==, 1);
    g_assert_cmphex(a->esr[1], ==, arm_syndrome(EC_STEP_LOWER, 0x22));
    g_assert_false(a->cpu.mode.word[0] & (ARMKEY_SS | ARMKEY_SS_PENDING)); /* KDE is clear */
    a->oslock = 1;
    arm_eret(a, a->elr[a->el]);
    g_assert_false(a->cpu.mode.word[0] & (ARMKEY_SS | ARMKEY_SS_PENDING));
    a = core("cortex-a15"); /* no AArch64 that could take the exception: the bit means something else there */
    a->oslock = 0;
    a->mdscr = 1 | 1 << 13;
    a->pstate &= ~PSTATE_D;
    arm_update_key(a);
    g_assert_false(a->cpu.mode.word[0] & (ARMKEY_SS | ARMKEY_SS_PENDING));
}

/* -- Timers -- */

static unsigned levels;

static void output(void *opaque, unsigned n, bool level)
{
    levels = level ? levels | 1u << n : levels & ~(1u << n);
}

static void test_timers(void)
{
    a = core("cortex-a57");
    levels = 0;
    for (unsigned n = 0; n < ARM_OUTS; n++)
        a->out[n] = (struct irq){ .set = output, .n = n };
    seen.now = 1600; /* 100 ticks of 16 ns */
    a->scr |= SCR_NS;
    set_level(a, 1);
    a->cnthctl = 3;
    g_assert_cmpuint(mrs(CNTPCT), ==, 100);
    msr(CNTP(0), 50); /* TVAL */
    g_assert_cmpuint(mrs(CNTP(2)), ==, 150);
    msr(CNTP(1), 1);
    g_assert_cmpuint(mrs(CNTP(1)), ==, 1);
    g_assert_cmpint(a->timers[ARM_TIMER_PHYS].timer.deadline, ==, 2400);
    time_to(a, 2399);
    g_assert_cmphex(levels, ==, 0);
    time_to(a, 2400);
    g_assert_cmphex(levels, ==, 1 << ARM_TIMER_PHYS);
    g_assert_cmpuint(mrs(CNTP(1)), ==, 5); /* ISTATUS */
    g_assert_cmpuint(mrs(CNTP(0)), ==, 0);
    msr(CNTP(1), 3); /* masked */
    g_assert_cmphex(levels, ==, 0);
    g_assert_cmpuint(mrs(CNTP(1)), ==, 7);
    msr(CNTP(1), 1);
    msr(CNTP(2), 1000); /* later again */
    g_assert_cmphex(levels, ==, 0);
    /* The virtual timer counts from CNTVOFF_EL2. */
    set_level(a, 2);
    msr(ARM_SYSREG(3, 4, 14, 0, 3), 100);
    set_level(a, 1);
    g_assert_cmpuint(mrs(CNTVCT), ==, 50);
    msr(CNTV(2), 60);
    msr(CNTV(1), 1);
    g_assert_cmpint(a->timers[ARM_TIMER_VIRT].timer.deadline, ==, 160 * 16);
    time_to(a, 160 * 16);
    g_assert_cmphex(levels, ==, 1 << ARM_TIMER_VIRT);
    arm_sysregs_reset(a);
    g_assert_cmphex(levels, ==, 0);
    /* A compare value in the past fires at once, one behind the end of time never. */
    msr(ARM_SYSREG(3, 4, 14, 2, 2), 0);
    msr(ARM_SYSREG(3, 4, 14, 2, 1), 1);
    g_assert_cmphex(levels, ==, 1 << ARM_TIMER_HYP);
    msr(ARM_SYSREG(3, 4, 14, 2, 2), INT64_MAX);
    g_assert_cmphex(levels, ==, 0);
    g_assert_cmpint(a->timers[ARM_TIMER_HYP].timer.deadline, ==, INT64_MAX);
}

static void test_secure_timer(void)
{
    a = core("cortex-a57");
    a->scr &= ~(uint64_t)SCR_NS;
    set_level(a, 1);
    mrs(ARM_SYSREG(3, 7, 14, 2, 1));
    g_assert_cmpuint(a->el, ==, 3); /* without SCR_EL3.ST */
    a->scr |= SCR_ST;
    set_level(a, 1);
    mrs(ARM_SYSREG(3, 7, 14, 2, 1));
    g_assert_false(seen.left);
    a->scr |= SCR_NS;
    set_level(a, 1);
    mrs(ARM_SYSREG(3, 7, 14, 2, 1));
    g_assert_true(seen.left);
    g_assert_cmpuint(a->esr[1] >> 26, ==, EC_UNKNOWN);
}

/* -- PSCI -- */

static int64_t psci(uint32_t fn, uint64_t x1, uint64_t x2, uint64_t x3)
{
    a->x[0] = fn;
    a->x[1] = x1;
    a->x[2] = x2;
    a->x[3] = x3;
    g_assert_true(arm_psci_call(a));
    return a->x[0];
}

static void test_psci(void)
{
    a = core("cortex-a57,has_el3=off,has_el2=off");
    a->psci_conduit = ARM_CONDUIT_HVC;
    g_assert_cmpint(psci(0x84000000, 0, 0, 0), ==, 0x10001);
    g_assert_cmpint(psci(0x80000000, 0, 0, 0), ==, 0x10001);
    g_assert_cmpint(psci(0x80000001, 0x80000000, 0, 0), ==, 0);
    g_assert_cmpint(psci(0x80000001, 0x80008000, 0, 0), ==, -1);
    g_assert_cmpint(psci(0x8400000a, 0xc4000003, 0, 0), ==, 0);  /* FEATURES of CPU_ON */
    g_assert_cmpint(psci(0x8400000a, 0xc4000005, 0, 0), ==, -1); /* MIGRATE */
    g_assert_cmpint(psci(0xc4000003, 0, 0x40000000, 0), ==, -4); /* itself: on */
    g_assert_cmpint(psci(0xc4000003, 5, 0x40000000, 0), ==, -2); /* nobody */
    g_assert_cmpint(psci(0xc4000004, 0, 0, 0), ==, 0);           /* AFFINITY_INFO */
    g_assert_cmpint(psci(0xc4000004, 5, 0, 0), ==, -2);
    g_assert_cmpint(psci(0x84000006, 0, 0, 0), ==, 2);
    g_assert_cmpint(psci(0x12345678, 0, 0, 0), ==, -1);
    psci(0x84000008, 0, 0, 0);
    g_assert_cmpuint(seen.shutdowns, ==, 1);
    psci(0x84000009, 0, 0, 0);
    g_assert_cmpuint(seen.resets, ==, 1);
    psci(0x84000002, 0, 0, 0); /* CPU_OFF */
    g_assert_true(a->cpu.powered_off && a->cpu.halted);
    g_assert_cmpint(psci(0xc4000004, 0, 0, 0), ==, 1);
    g_assert_cmpint(psci(0xc4000003, 0, 0x40000002, 0), ==, -9);
    g_assert_cmpint(psci(0xc4000003, 0, 0x40000100, 77), ==, 0);
    g_assert_false(a->cpu.powered_off);
    g_assert_true(arm_has_work(&a->cpu)); /* it was halted when it went off */
    g_assert_cmpint(psci(0xc4000003, 0, 0x40000100, 77), ==, -5); /* it is on its way */
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/arm-system/entry", test_entry);
    g_test_add_func("/arm-system/stack-pointers", test_stack_pointers);
    g_test_add_func("/arm-system/illegal-return", test_illegal_return);
    g_test_add_func("/arm-system/levels", test_levels);
    g_test_add_func("/arm-system/aborts", test_aborts);
    g_test_add_func("/arm-system/interrupts", test_interrupts);
    g_test_add_func("/arm-system/groups", test_groups);
    g_test_add_func("/arm-system/external-aborts", test_external_aborts);
    g_test_add_func("/arm-system/wake", test_wake);
    g_test_add_func("/arm-system/rows", test_rows);
    g_test_add_func("/arm-system/identification", test_identification);
    g_test_add_func("/arm-system/traps", test_traps);
    g_test_add_func("/arm-system/pmu-rights", test_pmu_rights);
    g_test_add_func("/arm-system/closed-to-user", test_closed_to_user);
    g_test_add_func("/arm-system/trapped-registers", test_trapped_registers);
    g_test_add_func("/arm-system/frequency", test_frequency);
    g_test_add_func("/arm-system/fp-trap", test_fp_trap);
    g_test_add_func("/arm-system/fp-trap-host", test_fp_trap_host);
    g_test_add_func("/arm-system/e2h", test_e2h);
    g_test_add_func("/arm-system/fpcr", test_fpcr);
    g_test_add_func("/arm-system/step", test_step);
    g_test_add_func("/arm-system/timers", test_timers);
    g_test_add_func("/arm-system/secure-timer", test_secure_timer);
    g_test_add_func("/arm-system/psci", test_psci);
    return g_test_run();
}
