/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Debug exceptions and performance monitors as EL2 has them: contexts of a host (VHE) and of its guests, VMIDs, counters
 * that EL2 keeps for itself.
 */
#include "board.h"

enum { EC_BREAKPOINT_LOWER = 0x30, EC_BREAKPOINT = 0x31, EC_HVC = 0x16 };
#define HCR_RW (1ul << 31)
#define HCR_TGE (1ul << 27)
#define HCR_E2H (1ul << 34)
#define MDCR_TDE (1ul << 8)
#define MDCR_HPME (1ul << 7)
#define MDSCR_MDE (1ul << 15)
#define MDSCR_KDE (1ul << 13)
/* Of DBGBCR: enabled, all bytes; the type, and the level. */
#define CONTROL(type, level) (1 | 0xful << 5 | (type) << 20 | (level))
enum { AT_EL1 = 1 << 1, AT_EL2 = 1 << 13 | 3 << 14 };
#define FROM_EL1(kind) ((kind) >= 0x400)

static char el1_stack[1024] __attribute__((aligned(16)));
static ulong back[13];
static volatile ulong hits, result;

/* As setjmp() and longjmp(). */
ulong mark(ulong *registers) __attribute__((returns_twice));
void resume(ulong *registers) __attribute__((noreturn));
__asm__("mark: stp x19, x20, [x0]\n stp x21, x22, [x0, #16]\n stp x23, x24, [x0, #32]\n stp x25, x26, [x0, #48]\n"
        " stp x27, x28, [x0, #64]\n stp x29, x30, [x0, #80]\n mov x1, sp\n str x1, [x0, #96]\n mov x0, #0\n ret\n"
        "resume: ldp x19, x20, [x0]\n ldp x21, x22, [x0, #16]\n ldp x23, x24, [x0, #32]\n ldp x25, x26, [x0, #48]\n"
        " ldp x27, x28, [x0, #64]\n ldp x29, x30, [x0, #80]\n ldr x1, [x0, #96]\n mov sp, x1\n mov x0, #1\n ret\n");

/* What comes from EL1 ends it; a breakpoint at EL2 is disabled. */
static ulong at_el2(void)
{
    if (FROM_EL1(seen.kind)) {
        WRITE(dbgbcr5_el1, 0);
        resume(back);
    }
    hits++;
    WRITE(dbgbcr5_el1, 0);
    return 0;
}

static void at_el1(void (*fn)(void))
{
    seen.syndrome = 0;
    if (mark(back))
        return;
    WRITE(sp_el1, (ulong)el1_stack + sizeof(el1_stack));
    WRITE(elr_el2, (ulong)fn);
    WRITE(spsr_el2, 0x3c5); /* EL1h, all masked */
    __asm__ volatile("eret");
    __builtin_unreachable();
}

static void leave(void)
{
    for (;;)
        __asm__ volatile("hvc #0");
}

/* -- Breakpoints -- */

static void in_guest(const char *name, ulong control, ulong value, ulong ec)
{
    WRITE(dbgbvr5_el1, value);
    WRITE(dbgbcr5_el1, control);
    at_el1(leave);
    WRITE(dbgbcr5_el1, 0);
    check(name, seen.syndrome >> 26, ec);
}

static void in_host(const char *name, ulong control, ulong value, ulong expected)
{
    hits = 0;
    WRITE(dbgbvr5_el1, value);
    WRITE(dbgbcr5_el1, control);
    __asm__ volatile("msr daifclr, #8\n nop\n nop\n msr daifset, #8" ::: "memory");
    WRITE(dbgbcr5_el1, 0);
    check(name, hits, expected);
}

static void test_breakpoints(void)
{
    WRITE(oslar_el1, 0);
    WRITE(mdscr_el1, MDSCR_MDE | MDSCR_KDE);
    WRITE(mdcr_el2, READ(mdcr_el2) | MDCR_TDE);
    WRITE(vttbr_el2, 5ul << 48);
    WRITE(contextidr_el1, 0x4242);
    WRITE(S3_4_C13_C0_1, 0x1234); /* CONTEXTIDR_EL2 */;
    WRITE(hcr_el2, HCR_RW);
    in_guest("no breakpoint: a call", 0, 0, EC_HVC);
    in_guest("a VMID", CONTROL(8, AT_EL1), 5ul << 32, EC_BREAKPOINT_LOWER);
    in_guest("another VMID", CONTROL(8, AT_EL1), 6ul << 32, EC_HVC);
    in_guest("a VMID with a context", CONTROL(10, AT_EL1), 5ul << 32 | 0x4242, EC_BREAKPOINT_LOWER);
    in_guest("a VMID with another context", CONTROL(10, AT_EL1), 5ul << 32 | 0x4243, EC_HVC);
    in_guest("EL1's context", CONTROL(6, AT_EL1), 0x4242, EC_BREAKPOINT_LOWER);
    in_guest("another one of EL1's", CONTROL(6, AT_EL1), 0x1234, EC_HVC);
    in_guest("EL2's context", CONTROL(12, AT_EL1), 0x1234ul << 32, EC_BREAKPOINT_LOWER);
    in_guest("another one of EL2's", CONTROL(12, AT_EL1), 0x4242ul << 32, EC_HVC);
    in_guest("contexts of both", CONTROL(14, AT_EL1), 0x1234ul << 32 | 0x4242, EC_BREAKPOINT_LOWER);
    in_guest("one of both is another", CONTROL(14, AT_EL1), 0x1234ul << 32 | 0x4243, EC_HVC);
    in_guest("a context: EL1's in a guest", CONTROL(2, AT_EL1), 0x4242, EC_BREAKPOINT_LOWER);

    in_host("without E2H EL2 has no context of its own", CONTROL(2, AT_EL2), 0x1234, 0);
    WRITE(hcr_el2, HCR_RW | HCR_E2H | HCR_TGE);
    in_host("a host's context is EL2's", CONTROL(2, AT_EL2), 0x1234, 1);
    check("... a breakpoint exception", seen.syndrome >> 26, EC_BREAKPOINT);
    in_host("not EL1's", CONTROL(2, AT_EL2), 0x4242, 0);
    in_host("EL2's by name", CONTROL(12, AT_EL2), 0x1234ul << 32, 1);
    in_host("no EL1's by name", CONTROL(6, AT_EL2), 0x4242, 0);
    in_host("no VMID", CONTROL(8, AT_EL2), 5ul << 32, 0);
    WRITE(hcr_el2, HCR_RW);
    WRITE(mdcr_el2, READ(mdcr_el2) & ~MDCR_TDE);
}

/* -- Performance monitors -- */

static void say_pmcr(void)
{
    result = READ(pmcr_el0);
    leave();
}

static void enable_all(void)
{
    WRITE(pmcntenset_el0, ~0u);
    result = READ(pmcntenset_el0);
    leave();
}

static void write_third(void)
{
    WRITE(pmselr_el0, 2);
    WRITE(pmxevcntr_el0, 7);
    result = READ(pmxevcntr_el0);
    leave();
}

static void reset_counters(void)
{
    WRITE(pmcr_el0, 2); /* P, and not E */
    leave();
}

static ulong third(void)
{
    WRITE(pmselr_el0, 2);
    return READ(pmxevcntr_el0);
}

static void test_counters(void)
{
    check("HPMN after a reset: all counters", READ(mdcr_el2) & 31, READ(pmcr_el0) >> 11 & 31);
    WRITE(mdcr_el2, 2);
    check("PMCR.N at EL2 is what there is", READ(pmcr_el0) >> 11 & 31, 6);
    at_el1(say_pmcr);
    check("PMCR.N at EL1 is HPMN", result >> 11 & 31, 2);
    WRITE(pmcntenclr_el0, ~0u);
    at_el1(enable_all);
    check("EL1 enables its own", result, 0x80000003);
    check("... and no more", READ(pmcntenset_el0), 0x80000003);
    third();
    WRITE(pmxevtyper_el0, 0x08000000); /* SW_INCR, at EL2 */
    WRITE(pmxevcntr_el0, 5);
    at_el1(write_third);
    check("EL2's counter is zero at EL1", result, 0);
    check("... and stays", third(), 5);
    WRITE(pmcntenset_el0, 4);
    WRITE(pmcr_el0, 1);
    WRITE(pmswinc_el0, 4);
    check("PMCR.E is not for EL2's counters", third(), 5);
    WRITE(mdcr_el2, MDCR_HPME | 2);
    WRITE(pmcr_el0, 0);
    WRITE(pmswinc_el0, 4);
    check("MDCR_EL2.HPME is", third(), 6);
    at_el1(reset_counters);
    check("PMCR.P at EL1 leaves it", third(), 6);
    WRITE(pmcr_el0, 2);
    check("... at EL2 does not", third(), 0);
}

void test(void)
{
    on_exception = at_el2;
    WRITE(hcr_el2, HCR_RW);
    test_counters();
    test_breakpoints();
}
