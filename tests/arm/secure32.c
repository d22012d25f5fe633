/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EL1 in AArch32 below an EL3 in AArch64, in both security states: what belongs to Monitor mode, which is not there, is
 * EL3's to hear of in the secure state and undefined in the other; secure memory; debug exceptions by MDCR_EL3.SPD32;
 * EL3's traps. In QEMU it prints the same, but that SDER is not there for secure EL1, and that what names Monitor mode's
 * registers does not come to EL3.
 */
#include "board.h"

#define SECURE_RAM 0x0e000000ul
enum { SCR_NS = 1, SCR_RES1 = 0x30, SCR_TWI = 1 << 12 };
enum { MDCR_TDA = 1 << 9, MDCR_TDOSA = 1 << 10, MDCR_SPD32_OFF = 2 << 14, MDCR_SPD32_ON = 3 << 14, MDCR_SDD = 1 << 16 };
#define MDSCR_MDE (1ul << 15)
enum { EC_UNKNOWN = 0, EC_WFX = 1, EC_CP15 = 3, EC_CP14 = 5, EC_SMC = 0x13 };
enum { UNDEFINED = 4, PREFETCH = 12, DATA = 16 };
enum { FROM_A32 = 0x600 };

/* A32: SMC at each vector, the one after it says which it was. */
static unsigned vectors32[8] __attribute__((aligned(32))) = {
    0xe1600070, 0xe1600070, 0xe1600070, 0xe1600070, 0xe1600070, 0xe1600070, 0xe1600070, 0xe1600070,
};
/* The instruction, str r1, [pc, #4], smc #0, b ., what r1 was. */
static volatile unsigned code[5] = { 0, 0xe58f1004, 0xe1600070, 0xeafffffe, 0 };
static ulong back[13];

/* As setjmp() and longjmp(). */
ulong mark(ulong *registers) __attribute__((returns_twice));
void resume(ulong *registers) __attribute__((noreturn));
__asm__("mark: stp x19, x20, [x0]\n stp x21, x22, [x0, #16]\n stp x23, x24, [x0, #32]\n stp x25, x26, [x0, #48]\n"
        " stp x27, x28, [x0, #64]\n stp x29, x30, [x0, #80]\n mov x1, sp\n str x1, [x0, #96]\n mov x0, #0\n ret\n"
        "resume: ldp x19, x20, [x0]\n ldp x21, x22, [x0, #16]\n ldp x23, x24, [x0, #32]\n ldp x25, x26, [x0, #48]\n"
        " ldp x27, x28, [x0, #64]\n ldp x29, x30, [x0, #80]\n ldr x1, [x0, #96]\n mov sp, x1\n mov x0, #1\n ret\n");

static ulong at_el3(void)
{
    resume(back);
}

/* Run the instruction in Supervisor mode, with r0 the address of secure memory. */
static void at_el1(ulong scr, unsigned insn)
{
    seen.kind = seen.syndrome = 0;
    code[0] = insn;
    code[4] = 0;
    __asm__ volatile("dc cvau, %0\n dsb ish\n ic ivau, %0\n dsb ish\n isb" ::"r"(code) : "memory");
    if (mark(back))
        return;
    WRITE(scr_el3, SCR_RES1 | scr);
    WRITE(vbar_el1, (ulong)vectors32);
    WRITE(elr_el3, (ulong)code);
    WRITE(spsr_el3, 0x1d3); /* Supervisor mode, all masked */
    __asm__ volatile("mov x0, %0\n eret" ::"r"(SECURE_RAM) : "x0");
    __builtin_unreachable();
}

/* The vector of EL1 that it came by, 0: none; -1: to EL3. */
static long vector(void)
{
    if (seen.kind != FROM_A32 || seen.syndrome >> 26 != EC_SMC)
        return -1;
    return seen.pc - 4 - (ulong)vectors32 < sizeof(vectors32) ? (long)(seen.pc - 4 - (ulong)vectors32) : 0;
}

/* MRC and MCR of r1, and what they are in a syndrome. */
#define CP(cp, op1, crn, crm, op2, read)                                                                               \
    (0xee000010u | (op1) << 21 | (read) << 20 | (crn) << 16 | 1 << 12 | (cp) << 8 | (op2) << 5 | (crm))
#define TRAP_(cp, op1, crn, crm, op2, read)                                                                            \
    ((ulong)((cp) == 15 ? EC_CP15 : EC_CP14) << 26 | 1 << 25 | 1 << 24 | 0xe << 20 | (op2) << 17 | (op1) << 14 |          \
     (crn) << 10 | 1 << 5 | (crm) << 1 | (read))
#define TRAP(...) TRAP_(__VA_ARGS__)
#define MRC(...) CP(__VA_ARGS__, 1)
#define MCR(...) CP(__VA_ARGS__, 0)
#define SCR 15, 0, 1, 1, 0
#define SDER 15, 0, 1, 1, 1
#define NSACR 15, 0, 1, 1, 2
#define MVBAR 15, 0, 12, 0, 1
#define SDCR 15, 0, 1, 3, 1
#define ATS12NSOPR 15, 0, 7, 8, 4
#define CNTFRQ 15, 0, 14, 0, 0
#define DBGDIDR 14, 0, 0, 0, 0
#define DBGOSLSR 14, 0, 1, 1, 4

enum { DONE, TRAPPED, AT_VECTOR }; /* goes on, to EL3 with a syndrome, to EL1 by a vector */
struct row {
    const char *name;
    ulong scr, mdcr;
    unsigned insn;
    unsigned how;
    ulong what;
};

#define SECURE(name, insn, how, what) { "secure: " name, 0, 0, insn, how, what }
#define OTHER(name, insn, how, what) { "non-secure: " name, SCR_NS, 0, insn, how, what }
static const struct row rows[] = {
    SECURE("reads SCR", MRC(SCR), TRAPPED, TRAP(SCR, 1)),
    SECURE("writes SCR", MCR(SCR), TRAPPED, TRAP(SCR, 0)),
    SECURE("reads NSACR", MRC(NSACR), TRAPPED, TRAP(NSACR, 1)),
    SECURE("writes NSACR", MCR(NSACR), TRAPPED, TRAP(NSACR, 0)),
    SECURE("reads MVBAR", MRC(MVBAR), TRAPPED, TRAP(MVBAR, 1)),
    SECURE("reads SDCR", MRC(SDCR), TRAPPED, TRAP(SDCR, 1)),
    SECURE("reads SDER", MRC(SDER), DONE, 0),
    SECURE("ATS12NSOPR", MCR(ATS12NSOPR), TRAPPED, TRAP(ATS12NSOPR, 0)),
    SECURE("mrs r1, SP_mon", 0xe10d1300, TRAPPED, 1 << 25),
    SECURE("mrs r1, SPSR_mon", 0xe14c1300, TRAPPED, 1 << 25),
    SECURE("msr LR_mon, r1", 0xe12cf301, TRAPPED, 1 << 25),
    SECURE("srsdb sp!, #mon", 0xf96d0516, TRAPPED, 1 << 25),
    SECURE("cps #mon", 0xf1020016, AT_VECTOR, UNDEFINED), /* an illegal state */
    SECURE("hvc", 0xe1400071, AT_VECTOR, UNDEFINED),
    SECURE("writes CNTFRQ", MCR(CNTFRQ), AT_VECTOR, UNDEFINED),
    SECURE("loads from secure memory", 0xe5901000, DONE, 0x12345678),
    SECURE("mrs r1, SP_irq", 0xe1011300, DONE, 0x44),

    OTHER("reads SCR", MRC(SCR), AT_VECTOR, UNDEFINED),
    OTHER("reads NSACR", MRC(NSACR), DONE, 0xc00),
    OTHER("writes NSACR", MCR(NSACR), AT_VECTOR, UNDEFINED),
    OTHER("reads MVBAR", MRC(MVBAR), AT_VECTOR, UNDEFINED),
    OTHER("reads SDER", MRC(SDER), AT_VECTOR, UNDEFINED),
    OTHER("reads SDCR", MRC(SDCR), AT_VECTOR, UNDEFINED),
    OTHER("ATS12NSOPR", MCR(ATS12NSOPR), AT_VECTOR, UNDEFINED),
    OTHER("mrs r1, SP_mon", 0xe10d1300, AT_VECTOR, UNDEFINED),
    OTHER("srsdb sp!, #mon", 0xf96d0516, AT_VECTOR, UNDEFINED),
    OTHER("writes CNTFRQ", MCR(CNTFRQ), AT_VECTOR, UNDEFINED),
    OTHER("loads from secure memory", 0xe5901000, AT_VECTOR, DATA),

    { "MDCR_EL3.TDA", SCR_NS, MDCR_TDA, MRC(DBGDIDR), TRAPPED, TRAP(DBGDIDR, 1) },
    { "... secure", 0, MDCR_TDA, MRC(DBGDIDR), TRAPPED, TRAP(DBGDIDR, 1) },
    { "... no other register", 0, MDCR_TDA, MRC(DBGOSLSR), DONE, 8 },
    { "MDCR_EL3.TDOSA", 0, MDCR_TDOSA, MRC(DBGOSLSR), TRAPPED, TRAP(DBGOSLSR, 1) },
    { "SCR_EL3.TWI", SCR_TWI, 0, 0xe320f003, TRAPPED, (ulong)EC_WFX << 26 | 1 << 25 | 1 << 24 | 0xe << 20 },
};

static void test_rows(void)
{
    *(volatile unsigned *)SECURE_RAM = 0x12345678;
    WRITE(oslar_el1, 0);
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *r = &rows[i];
        WRITE(mdcr_el3, r->mdcr);
        __asm__ volatile("mov x17, #0x44" ::: "x17"); /* SP_irq */
        at_el1(r->scr, r->insn);
        if (r->how == TRAPPED) {
            check(r->name, seen.syndrome, r->what);
            continue;
        }
        check(r->name, vector(), r->how == DONE ? 0 : r->what);
        if (r->how == DONE && r->what)
            check("... what it reads", code[4], r->what);
    }
    WRITE(mdcr_el3, 0);
}

static void test_debug(void)
{
    static const struct {
        const char *name;
        ulong scr, mdcr;
        bool hit;
    } cases[] = {
        { "a breakpoint, non-secure", SCR_NS, MDCR_SPD32_OFF, true },
        { "a breakpoint, secure: SPD32 = 0", 0, 0, true },
        { "... SPD32 = 2", 0, MDCR_SPD32_OFF, false },
        { "... SPD32 = 3", 0, MDCR_SPD32_ON, true },
        { "... SDD is for AArch64", 0, MDCR_SPD32_ON | MDCR_SDD, true },
    };
    WRITE(mdscr_el1, MDSCR_MDE);
    WRITE(dbgbvr0_el1, (ulong)code);
    WRITE(dbgbcr0_el1, 1 | 3 << 1 | 0xf << 5);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        WRITE(mdcr_el3, cases[i].mdcr);
        at_el1(cases[i].scr, 0xe320f000);
        check(cases[i].name, vector(), cases[i].hit ? PREFETCH : 0);
    }
    WRITE(mdscr_el1, 0);
    WRITE(mdcr_el3, 0);
}

void test(void)
{
    on_exception = at_el3;
    check("EL3", READ(currentel), 0xc);
    test_rows();
    test_debug();
}
