/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Debug exceptions as Hyp mode of AArch32 has them: those of PL1 that it takes (HDCR.TDE), contexts and VMIDs of its
 * guests, none of its own but BKPT; what it traps of debug, performance and identification registers.
 */
#include "board.h"

enum { HCR_TID0 = 1 << 15, HCR_TID3 = 1 << 18 };
enum { HDCR_TPMCR = 1 << 5, HDCR_TPM = 1 << 6, HDCR_TDE = 1 << 8, HDCR_TDA = 1 << 9, HDCR_TDOSA = 1 << 10, HDCR_TDRA = 1 << 11 };
enum { EC_CP15 = 3, EC_CP14 = 5, EC_FP_ID = 8, EC_HVC = 0x12, EC_IABT_LOWER = 0x20, EC_IABT = 0x21, EC_DABT_LOWER = 0x24 };
enum { PREFETCH = 0xc, ENTRY = 0x14 };
enum { DEBUG_EVENT = 0x22, MOE_BREAKPOINT = 1, MOE_BKPT = 3, MOE_VECTOR = 5, MOE_WATCHPOINT = 10 };
#define MDE (1ul << 15)

#define HCR "p15, 4, %0, c1, c1, 0"
#define HDCR "p15, 4, %0, c1, c1, 1"
#define HSTR "p15, 4, %0, c1, c1, 3"
#define VBAR "p15, 0, %0, c12, c0, 0"
#define DSCR "p14, 0, %0, c0, c2, 2"
#define VCR "p14, 0, %0, c0, c7, 0"
#define BVR(n) "p14, 0, %0, c0, c" #n ", 4"
#define BCR(n) "p14, 0, %0, c0, c" #n ", 5"
#define BXVR(n) "p14, 0, %0, c1, c" #n ", 1"
#define WVR0 "p14, 0, %0, c0, c0, 6"
#define WCR0 "p14, 0, %0, c0, c0, 7"
#define CONTEXTIDR "p15, 0, %0, c13, c0, 1"

static char pl1_stack[1024] __attribute__((aligned(16)));
static ulong back[11], watched;

/* As setjmp() and longjmp(). */
ulong mark(ulong *registers) __attribute__((returns_twice));
void resume(ulong *registers) __attribute__((noreturn));
__asm__(".text\n.arm\nmark: stm r0, {r4-r11, sp, lr}\n mov r0, #0\n bx lr\n"
        "resume: ldm r0, {r4-r11}\n ldr sp, [r0, #32]\n ldr lr, [r0, #36]\n mov r0, #1\n bx lr\n");

/* What comes from below ends it; what happens in Hyp mode is passed over. */
static ulong at_hyp(void)
{
    if (seen.kind == ENTRY)
        resume(back);
    return 4;
}

/* Run fn in Supervisor mode until something leads here. */
static void at_pl1(void (*fn)(void))
{
    seen.kind = seen.syndrome = 0;
    if (mark(back))
        return;
    __asm__ volatile(".arch_extension virt\n msr SP_svc, %0\n msr SPSR_hyp, %1\n msr ELR_hyp, %2\n eret"
                     ::"r"(pl1_stack + sizeof(pl1_stack)), "r"(0x1d3), "r"(fn));
    __builtin_unreachable();
}

static unsigned moe(void)
{
    return CP_READ(DSCR) >> 2 & 15;
}

/* -- At PL1 -- */

#define PL1(name, code)                                                                                                \
    static void name(void)                                                                                             \
    {                                                                                                                  \
        __asm__ volatile(".arch_extension virt\n.fpu vfpv3\n" code "\n hvc #0\n b ." ::: "r3", "memory");             \
        __builtin_unreachable();                                                                                       \
    }
PL1(leave, "")
PL1(read_didr, "mrc p14, 0, r3, c0, c0, 0")
PL1(read_drar, "mrc p14, 0, r3, c1, c0, 0")
PL1(read_oslsr, "mrc p14, 0, r3, c1, c1, 4")
PL1(read_bvr0, "mrc p14, 0, r3, c0, c0, 4")
PL1(read_pmcr, "mrc p15, 0, r3, c9, c12, 0")
PL1(read_enabled, "mrc p15, 0, r3, c9, c12, 1")
PL1(read_fpsid, "vmrs r3, fpsid")
PL1(read_mvfr0, "vmrs r3, mvfr0")
PL1(read_jidr, "mrc p14, 7, r3, c0, c0, 0")
PL1(read_teecr, "mrc p14, 6, r3, c0, c0, 0")
PL1(break_here, "bkpt #7")
PL1(load, "ldr r3, =watched\n ldr r3, [r3]\n hvc #0\n b .\n .ltorg")
PL1(call, "svc #0")

/* -- The tests -- */

/* CV, the condition, opc2, opc1, CRn, r3, CRm, a read. */
static ulong trap(ulong ec, ulong op1, ulong crn, ulong crm, ulong op2)
{
    return ec << 26 | 1 << 25 | 1 << 24 | 0xe << 20 | op2 << 17 | op1 << 14 | crn << 10 | 3 << 5 | crm << 1 | 1;
}

static void test_traps(void)
{
    static const struct {
        const char *name;
        ulong hdcr, hcr, hstr;
        void (*fn)(void);
        ulong ec, op1, crn, crm, op2;
    } rows[] = {
        { "nothing traps", 0, 0, 0, read_didr, EC_HVC, 0, 0, 0, 0 },
        { "HDCR.TDA: DBGDIDR", HDCR_TDA, 0, 0, read_didr, EC_CP14, 0, 0, 0, 0 },
        { "... DBGBVR0", HDCR_TDA, 0, 0, read_bvr0, EC_CP14, 0, 0, 0, 4 },
        { "... not DBGOSLSR", HDCR_TDA, 0, 0, read_oslsr, EC_HVC, 0, 0, 0, 0 },
        { "HDCR.TDOSA: DBGOSLSR", HDCR_TDOSA, 0, 0, read_oslsr, EC_CP14, 0, 1, 1, 4 },
        { "HDCR.TDRA: DBGDRAR", HDCR_TDRA, 0, 0, read_drar, EC_CP14, 0, 1, 0, 0 },
        { "HDCR.TDE does all: DBGDIDR", HDCR_TDE, 0, 0, read_didr, EC_CP14, 0, 0, 0, 0 },
        { "... DBGOSLSR", HDCR_TDE, 0, 0, read_oslsr, EC_CP14, 0, 1, 1, 4 },
        { "... DBGDRAR", HDCR_TDE, 0, 0, read_drar, EC_CP14, 0, 1, 0, 0 },
        { "HDCR.TPMCR: PMCR", HDCR_TPMCR, 0, 0, read_pmcr, EC_CP15, 0, 9, 12, 0 },
        { "... not PMCNTENSET", HDCR_TPMCR, 0, 0, read_enabled, EC_HVC, 0, 0, 0, 0 },
        { "HDCR.TPM: PMCNTENSET", HDCR_TPM, 0, 0, read_enabled, EC_CP15, 0, 9, 12, 1 },
        { "HCR.TID0: FPSID", 0, HCR_TID0, 0, read_fpsid, EC_FP_ID, 7, 0, 0, 0 },
        { "... JIDR", 0, HCR_TID0, 0, read_jidr, EC_CP14, 7, 0, 0, 0 },
        { "... not MVFR0", 0, HCR_TID0, 0, read_mvfr0, EC_HVC, 0, 0, 0, 0 },
        { "HCR.TID3: MVFR0", 0, HCR_TID3, 0, read_mvfr0, EC_FP_ID, 7, 7, 0, 0 },
        { "HSTR.TTEE: TEECR", 0, 0, 1 << 16, read_teecr, EC_CP14, 6, 0, 0, 0 },
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ulong keep = CP_READ(HDCR) & 31; /* HPMN */
        CP_WRITE(HDCR, keep | rows[i].hdcr);
        CP_WRITE(HCR, rows[i].hcr);
        CP_WRITE(HSTR, rows[i].hstr);
        at_pl1(rows[i].fn);
        CP_WRITE(HDCR, keep);
        CP_WRITE(HCR, 0);
        CP_WRITE(HSTR, 0);
        if (rows[i].ec == EC_HVC)
            check(rows[i].name, seen.syndrome >> 26, EC_HVC);
        else
            check(rows[i].name, seen.syndrome, trap(rows[i].ec, rows[i].op1, rows[i].crn, rows[i].crm, rows[i].op2));
    }
}

/* HSR of a debug event that is a prefetch abort. */
#define IABT_EVENT ((ulong)EC_IABT_LOWER << 26 | 1 << 25 | DEBUG_EVENT)
/* Of DBGBCR: enabled, all bytes, at PL1; the type, what it is linked to. */
#define CONTROL(type, to) (1ul | 1 << 1 | 0xf << 5 | (type) << 20 | (to) << 16)

static void breakpoint(const char *name, ulong control, ulong value, ulong vmid, bool hit)
{
    CP_WRITE(BVR(5), value);
    CP_WRITE(BXVR(5), vmid);
    CP_WRITE(BCR(5), control);
    at_pl1(leave);
    CP_WRITE(BCR(5), 0);
    check(name, seen.syndrome >> 26, hit ? EC_IABT_LOWER : EC_HVC);
}

static void test_events(void)
{
    CP_WRITE(HDCR, CP_READ(HDCR) | HDCR_TDE);
    at_pl1(break_here);
    check("BKPT of PL1 with HDCR.TDE", seen.syndrome, IABT_EVENT);
    check("... its cause", moe(), MOE_BKPT);
    check("... at it", seen.pc, (ulong)break_here);
    CP_WRITE("p14, 0, %0, c1, c0, 4", 0); /* DBGOSLAR */
    CP_WRITE(DSCR, MDE);
    CP_WRITE(BVR(0), (ulong)leave);
    CP_WRITE(BCR(0), CONTROL(0, 0));
    at_pl1(leave);
    CP_WRITE(BCR(0), 0);
    check("a breakpoint", seen.syndrome, IABT_EVENT);
    check("... its cause", moe(), MOE_BREAKPOINT);
    CP_WRITE(WVR0, (ulong)&watched);
    CP_WRITE(WCR0, 1 | 1 << 1 | 3 << 3 | 0xf << 5);
    at_pl1(load);
    CP_WRITE(WCR0, 0);
    check("a watchpoint", seen.syndrome, (ulong)EC_DABT_LOWER << 26 | 1 << 25 | DEBUG_EVENT);
    check("... its cause", moe(), MOE_WATCHPOINT);
    check("... HDFAR", seen.fault_address, (ulong)&watched);
    CP_WRITE(VBAR, ((ulong)call & ~31ul)); /* the call's vector is somewhere in this code */
    CP_WRITE(VCR, 1 << 2);
    at_pl1(call);
    CP_WRITE(VCR, 0);
    check("a vector", seen.syndrome, IABT_EVENT);
    check("... its cause", moe(), MOE_VECTOR);
    check("... there", seen.pc, ((ulong)call & ~31ul) + 8);

    CP_WRITE(CONTEXTIDR, 0x4242);
    __asm__ volatile("mcrr p15, 6, %0, %1, c2\n isb" ::"r"(0), "r"(5 << 16)); /* VTTBR: the VMID */
    breakpoint("a context", CONTROL(2, 0), 0x4242, 0, true);
    breakpoint("another context", CONTROL(2, 0), 0x4243, 0, false);
    breakpoint("a VMID", CONTROL(8, 0), 0, 5, true);
    breakpoint("another VMID", CONTROL(8, 0), 0, 6, false);
    breakpoint("a VMID with a context", CONTROL(10, 0), 0x4242, 5, true);
    breakpoint("a VMID with another context", CONTROL(10, 0), 0x4243, 5, false);
    CP_WRITE(BVR(0), (ulong)leave);
    CP_WRITE(BCR(0), CONTROL(1, 5));
    breakpoint("an address, linked to a VMID", CONTROL(9, 0), 0, 5, true);
    breakpoint("... to another", CONTROL(9, 0), 0, 6, false);
    CP_WRITE(BCR(0), 0);
}

/* Hyp mode has no events by addresses and contexts, whatever the breakpoint asks for. */
static void test_hyp(void)
{
    static const ulong levels[] = { 1 << 1, 1 << 13 | 3 << 14, 3 << 14, 1 << 13 | 1 << 1 };
    for (unsigned i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        seen.kind = 0;
        CP_WRITE(BVR(5), 0x4242);
        CP_WRITE(BCR(5), 1 | 0xf << 5 | 2 << 20 | levels[i]);
        CP_WRITE(WCR0, 1 | 3 << 1 | 3 << 3 | 0xf << 5 | levels[i]);
        *(volatile ulong *)&watched = 1;
        __asm__ volatile("nop\n nop");
        CP_WRITE(BCR(5), 0);
        CP_WRITE(WCR0, 0);
        check("no event in Hyp mode", seen.kind, 0);
    }
    __asm__ volatile("bkpt #1");
    check("BKPT in Hyp mode: its vector", seen.kind, PREFETCH);
    check("... its syndrome", seen.syndrome, (ulong)EC_IABT << 26 | 1 << 25 | DEBUG_EVENT);
    CP_WRITE(HDCR, CP_READ(HDCR) & ~(ulong)HDCR_TDE);
}

void test(void)
{
    on_exception = at_hyp;
    CP_WRITE("p15, 0, %0, c1, c0, 2", 0xf00000);
    __asm__ volatile(".fpu vfpv3\n vmsr fpexc, %0" ::"r"(1 << 30));
    test_traps();
    test_events();
    test_hyp();
}
