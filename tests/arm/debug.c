/* SPDX-License-Identifier: BSD-2-Clause */
/* Breakpoints and watchpoints of the guest's own, at EL1: which match, what the syndrome says. */
#include "board.h"

/* Write register n of a kind. */
#ifdef A32
#define BVR(n, v) CP_WRITE("p14, 0, %0, c0, c" #n ", 4", v)
#define BCR(n, v) CP_WRITE("p14, 0, %0, c0, c" #n ", 5", v)
#define WVR(n, v) CP_WRITE("p14, 0, %0, c0, c" #n ", 6", v)
#define WCR(n, v) CP_WRITE("p14, 0, %0, c0, c" #n ", 7", v)
#define CONTEXT(v) CP_WRITE("p15, 0, %0, c13, c0, 1", v)
#define SYNDROME_BREAKPOINT 0x2
#define SYNDROME_WATCHPOINT(write) (0x2 | (write) << 11)
#define STATUS 0x80f
#define HERE 0 /* user, system, supervisor mode: not the handler, which a context would stop, too */
#define MOE() (CP_READ("p14, 0, %0, c0, c2, 2") >> 2 & 15)
#else
#define BVR(n, v) WRITE(dbgbvr##n##_el1, v)
#define BCR(n, v) WRITE(dbgbcr##n##_el1, v)
#define WVR(n, v) WRITE(dbgwvr##n##_el1, v)
#define WCR(n, v) WRITE(dbgwcr##n##_el1, v)
#define CONTEXT(v) WRITE(contextidr_el1, v)
#define SYNDROME_BREAKPOINT (0x31ul << 26 | 1 << 25 | 0x22)
#define SYNDROME_WATCHPOINT(write) (0x35ul << 26 | 1 << 25 | 0x22 | (write) << 6)
#define STATUS ~0ul
#define HERE EL1
#endif
#define EL1 (1 << 1)   /* PMC, PAC */
#define EL0 (2 << 1)
#define ALL (0xf << 5) /* BAS of a breakpoint */

#define TYPE(t) ((t) << 20)

static volatile unsigned char bytes[64] __attribute__((aligned(64)));
static ulong hits;

__attribute__((noinline)) static void target(void)
{
    __asm__ volatile("nop\n nop");
}

static ulong disarm(void)
{
    BCR(0, 0);
    WCR(0, 0);
    hits++;
    return 0;
}

static ulong disarm_context(void)
{
    BCR(5, 0);
    hits++;
    return 0;
}

#ifdef A32
static ulong expected_moe;

static ulong bkpt(void)
{
    hits++;
    return 4;
}
#endif

static void enable(int on)
{
#ifdef A32
    CP_WRITE("p14, 0, %0, c1, c0, 4", 0);              /* DBGOSLAR: unlocked */
    CP_WRITE("p14, 0, %0, c0, c2, 2", on ? 0x8000 : 0); /* DBGDSCRext.MDBGen */
#else
    WRITE(oslar_el1, 0);
    WRITE(mdscr_el1, on ? 1 << 15 | 1 << 13 : 0);
    __asm__ volatile("msr daifclr, #8");
#endif
}

static void breakpoint(const char *name, ulong control, ulong expected)
{
    hits = 0;
    BVR(0, (ulong)target);
    BCR(0, control);
    target();
    BCR(0, 0);
    check(name, hits, expected);
    if (expected) {
        check("its address", seen.pc, (ulong)target);
        check("its syndrome", seen.syndrome & STATUS, SYNDROME_BREAKPOINT);
    }
}

/* Context breakpoint 5 becomes this; what is enabled else is by contexts only. */
static void context(const char *name, ulong value, ulong control, ulong expected)
{
    hits = 0;
    on_exception = disarm_context;
    BVR(5, value);
    BCR(5, control);
    target();
    BCR(5, 0);
    on_exception = disarm;
    check(name, hits, expected);
    if (expected)
        check("its syndrome", seen.syndrome & STATUS, SYNDROME_BREAKPOINT);
}

#ifdef A32
/* Instructions that were stopped at, one after the other. */
static ulong step(void)
{
    hits++;
    BVR(0, seen.pc);
    if (hits == 3)
        BCR(0, 0);
    return 0;
}

/* A mismatch breakpoint of supervisor mode, not of the handler in abort mode: as debuggers step. */
static void mismatch(void)
{
    hits = 0;
    on_exception = step;
    BVR(0, 0);
    BCR(0, 1 | HERE | ALL | TYPE(4));
    target();
    BCR(0, 0);
    on_exception = disarm;
    check("a mismatch steps", hits, 3);
    check("its reason", MOE(), 1);
    breakpoint("a mismatch of EL0 only", 1 | EL0 | ALL | TYPE(4), 0);
}

static ulong caught_at;

static ulong uncatch(void)
{
    if (!hits++) {
        caught_at = seen.pc;
        check("the reason of what came first", MOE(), expected_moe);
        CP_WRITE("p14, 0, %0, c0, c7, 0", 0);
    }
    return 0;
}

static void vector_catch(void)
{
    ulong base = CP_READ("p15, 0, %0, c12, c0, 0");
    hits = 0;
    expected_moe = 5;
    on_exception = uncatch;
    CP_WRITE("p14, 0, %0, c0, c7, 0", 1 << 2);
    __asm__ volatile("svc #0" ::: "memory");
    check("a vector that is caught, and its exception", hits, 2);
    check("where", caught_at, base + 8);
    check("then the call's handler", seen.kind, 8);
    hits = 0;
    CP_WRITE("p14, 0, %0, c0, c7, 0", 1 << 6 | 1 << 10 | 1 << 26); /* IRQ's, Monitor mode's, Non-secure state's */
    expected_moe = 0xff;
    caught_at = 1;
    hits = 1;
    __asm__ volatile("svc #0" ::: "memory");
    check("others that are caught", hits, 2);
    check("nothing else came", caught_at, 1);
    CP_WRITE("p14, 0, %0, c0, c7, 0", 0);
    hits = 0;
    expected_moe = 3;
    on_exception = bkpt;
    __asm__ volatile("bkpt #0");
    check("BKPT", hits, 1);
    check("its reason", MOE(), 3);
    on_exception = disarm;
}
#endif

static void watchpoint(const char *name, ulong address, ulong control, int write, ulong expected)
{
    hits = 0;
    WVR(0, address);
    WCR(0, control);
    if (write)
        *(volatile unsigned *)(bytes + 4) = 0x12345678;
    else
        (void)*(volatile unsigned *)(bytes + 4);
    WCR(0, 0);
    check(name, hits, expected);
    if (expected) {
        check("its address", seen.fault_address, (ulong)(bytes + 4) > address ? (ulong)(bytes + 4) : address);
        check("its syndrome", seen.syndrome & STATUS, SYNDROME_WATCHPOINT(write));
    }
}

/* LDTR, STTR; LDRT, STRT, and one of the other form. */
static void unprivileged(const char *name, ulong control, int write, ulong expected)
{
    ulong v = 0;
    hits = 0;
    WVR(0, (ulong)bytes + 4);
    WCR(0, control | 1 | 3 << 3 | 0xf << 5);
#ifdef A32
    if (write)
        __asm__ volatile("strt %0, [%1]" ::"r"(v), "r"(bytes + 4) : "memory");
    else
        __asm__ volatile("ldrht %0, [%1]" : "=&r"(v) : "r"(bytes + 4) : "memory");
#else
    if (write)
        __asm__ volatile("sttr %w0, [%1]" ::"r"(v), "r"(bytes + 4) : "memory");
    else
        __asm__ volatile("ldtrsh %0, [%1]" : "=&r"(v) : "r"(bytes + 4) : "memory");
#endif
    WCR(0, 0);
    check(name, hits, expected);
}

void test(void)
{
    ulong at = (ulong)bytes;
    on_exception = disarm;
    enable(0);
    breakpoint("not while MDSCR.MDE is clear", 1 | EL1 | ALL, 0);
    enable(1);
    breakpoint("a breakpoint", 1 | EL1 | ALL, 1);
    breakpoint("disabled", EL1 | ALL, 0);
    breakpoint("of EL0 only", 1 | EL0 | ALL, 0);
    breakpoint("of both levels", 1 | EL0 | EL1 | ALL, 1);
    breakpoint("of no byte", 1 | EL1, 0);
    BVR(5, 0x4242);
    BCR(5, 1 | EL1 | ALL | 3 << 20);
    CONTEXT(0x4242);
    breakpoint("linked to this context", 1 | EL1 | ALL | 1 << 20 | 5 << 16, 1);
    CONTEXT(0x4243);
    breakpoint("linked to another one", 1 | EL1 | ALL | 1 << 20 | 5 << 16, 0);
    BCR(5, 0);
    breakpoint("linked to none", 1 | EL1 | ALL | 1 << 20 | 5 << 16, 0);
    context("a context", 0x4243, 1 | HERE | ALL | TYPE(2), 1);
    context("another context", 0x4242, 1 | HERE | ALL | TYPE(2), 0);
    context("a context at EL0", 0x4243, 1 | EL0 | ALL | TYPE(2), 0);
    context("one that others may be linked to", 0x4243, 1 | HERE | ALL | TYPE(3), 0);
    context("no VMID without EL2", 0, 1 | HERE | ALL | TYPE(8), 0);
#ifdef A32
    mismatch();
    vector_catch();
#else
    breakpoint("no mismatch in A64", 1 | EL1 | ALL | TYPE(4), 0);
#endif

    watchpoint("a store", at + 4, 1 | EL1 | 2 << 3 | 0xf << 5, 1, 1);
    check("which was done then", *(volatile unsigned *)(bytes + 4), 0x12345678);
    watchpoint("a load", at + 4, 1 | EL1 | 1 << 3 | 0xf << 5, 0, 1);
    watchpoint("loads are asked for", at + 4, 1 | EL1 | 1 << 3 | 0xf << 5, 1, 0);
    watchpoint("stores are asked for", at + 4, 1 | EL1 | 2 << 3 | 0xf << 5, 0, 0);
    watchpoint("EL0's", at + 4, 1 | EL0 | 3 << 3 | 0xf << 5, 1, 0);
    unprivileged("EL0's: an unprivileged load at EL1", EL0, 0, 1);
    unprivileged("... a store", EL0, 1, 1);
    unprivileged("EL1's: not an unprivileged load", EL1, 0, 0);
    unprivileged("... nor a store", EL1, 1, 0);
    watchpoint("beside it", at + 8, 1 | EL1 | 3 << 3 | 0xf << 5, 1, 0);
    watchpoint("other bytes of its doubleword", at, 1 | EL1 | 3 << 3 | 0xf << 5, 1, 0);
    watchpoint("a range", at, 1 | EL1 | 3 << 3 | 0xff << 5 | 6 << 24, 1, 1);
    watchpoint("another range", at + 64, 1 | EL1 | 3 << 3 | 0xff << 5 | 6 << 24, 1, 0);
    watchpoint("not enabled", at + 4, EL1 | 3 << 3 | 0xf << 5, 1, 0);
    enable(0);
    watchpoint("not while MDSCR.MDE is clear", at + 4, 1 | EL1 | 3 << 3 | 0xf << 5, 1, 0);
}
