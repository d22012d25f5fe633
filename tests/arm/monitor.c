/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Security states of AArch32 on virt,secure=on: Monitor mode and the ways to it, registers that each state has, what the
 * secure state keeps, the NS bit of table entries, where interrupts of the GIC's groups and external aborts go, the
 * secure timer; with virtualization=on the way to Hyp mode; vector catch. In QEMU it prints the same, but for SCR.EA and
 * vectors, which that does not look at.
 */
#include "board.h"

#define SECURE_RAM 0x0e000000ul
#define NS_ALIAS 0x80000000ul /* the first GiB once more, as the non-secure state sees it */
#define DIST 0x08000000ul
#define CPUIF 0x08010000ul
#define REDIST_SGI 0x080b0000ul
enum { SCR_NS = 1, SCR_IRQ = 2, SCR_FIQ = 4, SCR_EA = 8, SCR_FW = 16, SCR_AW = 32, SCR_HCE = 256 };
enum { UNDEFINED = 4, CALL = 8, PREFETCH = 12, DATA = 16, IRQ = 24, FIQ = 28 };
enum { EXTERNAL = 8 };
enum { SGI_GROUP0 = 3, SGI_NONSECURE = 4, SECURE_TIMER_PPI = 29 };

#define SCR "p15, 0, %0, c1, c1, 0"
#define SDER "p15, 0, %0, c1, c1, 1"
#define NSACR "p15, 0, %0, c1, c1, 2"
#define CPACR "p15, 0, %0, c1, c0, 2"
#define CPACR_FP 0xf00000ul
#define SCTLR "p15, 0, %0, c1, c0, 0"
#define MVBAR "p15, 0, %0, c12, c0, 1"
#define VBAR "p15, 0, %0, c12, c0, 0"
#define DFSR "p15, 0, %0, c5, c0, 0"
#define DFAR "p15, 0, %0, c6, c0, 0"
#define PAR "p15, 0, %0, c7, c4, 0"

static ulong tables[4096] __attribute__((aligned(16384)));
static char ns_stack[4096] __attribute__((aligned(16)));
static ulong back[11];
static volatile ulong result, ns_vector, scr_seen, dfsr_seen;
static volatile bool aborted;
static bool gic3, has_hyp, has_timer, v7;

static unsigned read32(ulong at)
{
    return *(volatile unsigned *)at;
}

static void write32(ulong at, unsigned v)
{
    *(volatile unsigned *)at = v;
}

/* As setjmp() and longjmp(); resume is from any mode of the secure state, with NS clear, to Supervisor mode. */
ulong mark(ulong *registers) __attribute__((returns_twice));
void resume(ulong *registers) __attribute__((noreturn));
__asm__(".text\n.arm\nmark: stm r0, {r4-r11, sp, lr}\n mov r0, #0\n bx lr\n"
        "resume: cpsid aif, #0x13\n ldm r0, {r4-r11}\n ldr sp, [r0, #32]\n ldr lr, [r0, #36]\n mov r0, #1\n bx lr\n");

/* To a state of SCR and CPSR at an address, by way of Monitor mode. */
void enter(ulong scr, ulong cpsr, void (*fn)(void), void *stack) __attribute__((noreturn));
__asm__(".text\n.arm\n.arch_extension sec\nenter: mov sp, r3\n cps #0x16\n mcr p15, 0, r0, c1, c1, 0\n isb\n mov lr, r2\n"
        " msr spsr_fsxc, r1\n movs pc, lr\n");

/* The non-secure state's vectors: which it was, and to Monitor mode. */
__asm__(".text\n.arm\n.balign 32\nns_vectors: b .\n b n4\n b n8\n b nc\n b n10\n b .\n b n18\n b n1c\n"
        "n4: mov r0, #4\n b 1f\nn8: mov r0, #8\n b 1f\nnc: mov r0, #12\n b 1f\nn10: mov r0, #16\n b 1f\n"
        "n18: mov r0, #24\n b 1f\nn1c: mov r0, #28\n1: ldr r1, =ns_vector\n str r0, [r1]\n smc #0\n b .\n.ltorg\n");
extern char ns_vectors[];

/* What leads to Monitor mode from the non-secure state ends it; what happens in the secure one is passed over. */
static ulong at_exception(void)
{
    aborted = true;
    scr_seen = CP_READ(SCR);
    if (seen.kind & MONITOR) {
        dfsr_seen = CP_READ(DFSR); /* the copy that NS selects */
        CP_WRITE(SCR, 0);
        if (scr_seen & SCR_NS)
            resume(back);
    }
    return seen.kind == CALL || seen.kind == (MONITOR | CALL) ? 0 : seen.kind == IRQ || seen.kind == FIQ ? 0 : 4;
}

static void at_ns(ulong scr, ulong cpsr, void (*fn)(void))
{
    seen.kind = ns_vector = 0;
    if (mark(back))
        return;
    enter(SCR_NS | scr, cpsr, fn, ns_stack + sizeof(ns_stack));
}

/* -- In the non-secure state -- */

#define LEAVE for (;;) __asm__ volatile(".arch_extension sec\n smc #0")

static void leave(void)
{
    LEAVE;
}

static void say_mode(void)
{
    __asm__ volatile("mrs %0, cpsr" : "=r"(result));
    LEAVE;
}

static void read_secure_ram(void)
{
    result = read32(SECURE_RAM);
    LEAVE;
}

#define ACCESS(name, code)                                                                                             \
    static void name(void)                                                                                             \
    {                                                                                                                  \
        code;                                                                                                          \
        LEAVE;                                                                                                         \
    }
ACCESS(read_scr, result = CP_READ(SCR))
ACCESS(write_scr, CP_WRITE(SCR, 0))
ACCESS(read_mvbar, result = CP_READ(MVBAR))
ACCESS(read_sder, result = CP_READ(SDER))
ACCESS(read_nsacr, result = CP_READ(NSACR))
ACCESS(write_nsacr, CP_WRITE(NSACR, 0))
ACCESS(read_cpacr, result = CP_READ(CPACR) & CPACR_FP)
ACCESS(write_cpacr, CP_WRITE(CPACR, CPACR_FP); result = CP_READ(CPACR) & CPACR_FP)
ACCESS(use_fp, __asm__ volatile(".fpu vfpv3\n vmrs r0, fpsid" ::: "r0"))
ACCESS(translate, CP_WRITE("p15, 0, %0, c7, c8, 4", 0))
/* Of a CPU without the Virtualization Extensions in any state. */
ACCESS(say_mon, __asm__ volatile(".arch_extension virt\n mrs %0, SP_mon" : "=r"(result)))
ACCESS(supervisor, __asm__ volatile("svc #0" ::: "lr"))
ACCESS(unmask, __asm__ volatile("cpsie af\n mrs %0, cpsr" : "=r"(result)))
ACCESS(read_dist, result = read32(DIST + 0x80) << 16 | (read32(DIST) & 0xff))

/* -- Ways to Monitor mode -- */

/* By name, which are instructions of the Virtualization Extensions. */
static void test_banked(void)
{
    ulong v;
    __asm__ volatile(".arch_extension virt\n mrs r2, SP_mon\n msr SP_mon, %1\n mrs %0, SP_mon\n msr SP_mon, r2"
                     : "=&r"(v) : "r"(0x5a5a5a58) : "r2");
    check("banked SP_mon", v, 0x5a5a5a58);
    __asm__ volatile(".arch_extension virt\n mrs r2, LR_mon\n msr LR_mon, %1\n mrs %0, LR_mon\n msr LR_mon, r2"
                     : "=&r"(v) : "r"(0xa5a5a5a5) : "r2");
    check("banked LR_mon", v, 0xa5a5a5a5);
    __asm__ volatile(".arch_extension virt\n msr SPSR_mon, %1\n mrs %0, SPSR_mon" : "=&r"(v) : "r"(0x1d3));
    check("banked SPSR_mon", v, 0x1d3);
}

static void test_modes(void)
{
    ulong v, spsr, lr;
    __asm__ volatile("mrs %0, cpsr" : "=r"(v));
    check("starts in Supervisor mode", v & 31, 0x13);
    check("... of the secure state", CP_READ(SCR), 0);
    check("ID_PFR1: Security Extensions", CP_READ("p15, 0, %0, c0, c1, 1") >> 4 & 15, 1);
    __asm__ volatile(".arch_extension sec\n smc #0" ::: "memory");
    check("SMC: its vector", seen.kind, MONITOR | CALL);
    check("... from the secure state", scr_seen & SCR_NS, 0);
    __asm__ volatile("cps #0x16\n mrs %0, spsr\n mov %1, lr\n cps #0x13" : "=&r"(spsr), "=&r"(lr)::"lr");
    check("... SPSR_mon", spsr & 0xff, v & 0xff);
    check("... LR_mon behind it", lr != 0, 1);
    if (has_hyp)
        test_banked();
    __asm__ volatile("cps #0x16\n mrs %0, cpsr\n cps #0x13" : "=r"(v)::"lr");
    check("CPS to Monitor mode", v & 31, 0x16);
    CP_WRITE(SCR, 0xffffffff & ~SCR_NS);
    check("SCR's bits", CP_READ(SCR) & 0xcdbf, 0x3e | (has_hyp ? 0x180 : 0)); /* without SIF, nET and Armv8's */
    CP_WRITE(SCR, 0);
    CP_WRITE(MVBAR, CP_READ(MVBAR) | 0x1f);
    check("MVBAR's low bits", CP_READ(MVBAR) & 31, 0);
}

/* -- Copies of registers -- */

/* In Monitor mode, with NS and without: what is written to the one is not seen in the other. */
#define COPIES(reg, mask)                                                                                              \
    {                                                                                                                  \
        ulong s_, n_, old_s_, old_n_;                                                                                  \
        __asm__ volatile(".arch_extension sec\n cps #0x16\n"                                                           \
                         " mrc " reg("%2") "\n mcr p15, 0, %4, c1, c1, 0\n isb\n mrc " reg("%3") "\n"                  \
                         " mcr " reg("%6") "\n mcr p15, 0, %5, c1, c1, 0\n isb\n mcr " reg("%7") "\n"                  \
                         " mcr p15, 0, %4, c1, c1, 0\n isb\n mrc " reg("%1") "\n mcr " reg("%3") "\n"                  \
                         " mcr p15, 0, %5, c1, c1, 0\n isb\n mrc " reg("%0") "\n mcr " reg("%2") "\n isb\n cps #0x13"  \
                         : "=&r"(s_), "=&r"(n_), "=&r"(old_s_), "=&r"(old_n_)                                          \
                         : "r"(SCR_NS), "r"(0), "r"(0x5a5a5a5a & (mask)), "r"(0xa5a5a5a5 & (mask)) : "lr");            \
        check(#reg ", of the secure state", s_, 0xa5a5a5a5 & (mask));                                                  \
        check("... of the other", n_, 0x5a5a5a5a & (mask));                                                            \
    }
#define TTBR0(r) "p15, 0, " r ", c2, c0, 0"
#define TTBR1(r) "p15, 0, " r ", c2, c0, 1"
#define TTBCR(r) "p15, 0, " r ", c2, c0, 2"
#define DACR_(r) "p15, 0, " r ", c3, c0, 0"
#define DFSR_(r) "p15, 0, " r ", c5, c0, 0"
#define IFSR_(r) "p15, 0, " r ", c5, c0, 1"
#define DFAR_(r) "p15, 0, " r ", c6, c0, 0"
#define IFAR_(r) "p15, 0, " r ", c6, c0, 2"
#define PAR_(r) "p15, 0, " r ", c7, c4, 0"
#define PRRR(r) "p15, 0, " r ", c10, c2, 0"
#define NMRR(r) "p15, 0, " r ", c10, c2, 1"
#define VBAR_(r) "p15, 0, " r ", c12, c0, 0"
#define CONTEXTIDR(r) "p15, 0, " r ", c13, c0, 1"
#define TPIDRURW(r) "p15, 0, " r ", c13, c0, 2"
#define TPIDRURO(r) "p15, 0, " r ", c13, c0, 3"
#define TPIDRPRW(r) "p15, 0, " r ", c13, c0, 4"
#define CSSELR(r) "p15, 2, " r ", c0, c0, 0"
#define CNTP_CTL(r) "p15, 0, " r ", c14, c2, 1"

/* One register for both states: the last write counts. */
#define COMMON(reg, mask)                                                                                              \
    {                                                                                                                  \
        ulong v_, old_;                                                                                                \
        __asm__ volatile(".arch_extension sec\n cps #0x16\n mrc " reg("%1") "\n mcr p15, 0, %2, c1, c1, 0\n isb\n"     \
                         " mcr " reg("%4") "\n mcr p15, 0, %3, c1, c1, 0\n isb\n mrc " reg("%0") "\n mcr " reg("%1")   \
                         "\n isb\n cps #0x13"                                                                          \
                         : "=&r"(v_), "=&r"(old_) : "r"(SCR_NS), "r"(0), "r"(0x5a5a5a5a & (mask)) : "lr");             \
        check(#reg " is both states'", v_, 0x5a5a5a5a & (mask));                                                       \
    }
#define CNTKCTL(r) "p15, 0, " r ", c14, c1, 0"
#define CNTV_CTL(r) "p15, 0, " r ", c14, c3, 1"
#define CPACR_(r) "p15, 0, " r ", c1, c0, 2"

static void test_copies(void)
{
    COPIES(TTBR0, 0xffffc000)
    COPIES(TTBR1, 0xffffc000)
    COPIES(TTBCR, 7)
    COPIES(DACR_, 0xffffffff)
    COPIES(DFSR_, 0x1f)
    COPIES(IFSR_, 0x1f)
    COPIES(DFAR_, 0xffffffff)
    COPIES(IFAR_, 0xffffffff)
    COPIES(PAR_, 0xfffff000)
    COPIES(PRRR, 0xffffffff)
    COPIES(NMRR, 0xffffffff)
    COPIES(VBAR_, 0xffffffe0)
    COPIES(CONTEXTIDR, 0xffffffff)
    COPIES(TPIDRURW, 0xffffffff)
    COPIES(TPIDRURO, 0xffffffff)
    COPIES(TPIDRPRW, 0xffffffff)
    if (v7)
        COPIES(CSSELR, 7)
    if (has_timer)
        COPIES(CNTP_CTL, 2)
    CP_WRITE(NSACR, 0xc00);
    COMMON(CPACR_, CPACR_FP)
    if (has_timer) {
        COMMON(CNTKCTL, 3)
        COMMON(CNTV_CTL, 2)
    }
    CP_WRITE(NSACR, 0);
}

/* -- What the secure state keeps -- */

static void test_rights(void)
{
    static const struct {
        const char *name;
        void (*fn)(void);
    } undefined[] = {
        { "SCR is not the other state's to read", read_scr },     { "... nor to write", write_scr },
        { "MVBAR is not the other state's", read_mvbar },         { "SDER is not the other state's", read_sder },
        { "NSACR is not the other state's to write", write_nsacr }, { "ATS12NSOPR is not the other state's", translate },
        { "SP_mon is not the other state's", say_mon },
    };
    /* In User mode a state's vectors are those that VBAR says there. */
    __asm__ volatile("cps #0x16\n mcr p15, 0, %0, c1, c1, 0\n isb\n mcr p15, 0, %2, c12, c0, 0\n"
                     " mcr p15, 0, %1, c1, c1, 0\n isb\n cps #0x13" ::"r"(SCR_NS), "r"(0), "r"(ns_vectors) : "lr");
    at_ns(0, 0x1d3, say_mode);
    check("Supervisor mode of the other state", result & 31, 0x13);
    check("... calls Monitor mode", seen.kind, MONITOR | CALL);
    check("... NS as it was", scr_seen & SCR_NS, SCR_NS);
    at_ns(0, 0x1d3, supervisor);
    check("SVC: by the other state's vectors", ns_vector, CALL);
    for (unsigned i = 0; i < sizeof(undefined) / sizeof(undefined[0]); i++) {
        at_ns(0, 0x1d3, undefined[i].fn);
        check(undefined[i].name, ns_vector, UNDEFINED);
    }
    CP_WRITE(NSACR, 0xc00);
    at_ns(0, 0x1d3, read_nsacr);
    check("NSACR is the other state's to read", result, 0xc00);
    CP_WRITE(CPACR, CPACR_FP);
    at_ns(0, 0x1d3, use_fp);
    check("FP in the other state, as NSACR lets it", ns_vector, 0);
    CP_WRITE(NSACR, 0);
    at_ns(0, 0x1d3, use_fp);
    check("... undefined otherwise", ns_vector, UNDEFINED);
    at_ns(0, 0x1d3, read_cpacr);
    check("... CPACR says so", result, 0);
    at_ns(0, 0x1d3, write_cpacr);
    check("... and keeps to it", result, 0);
    check("CPACR is what it was", CP_READ(CPACR) & CPACR_FP, CPACR_FP);
    __asm__ volatile(".fpu vfpv3\n vmrs r0, fpsid" ::: "r0");
    CP_WRITE(NSACR, 0xc00);
    at_ns(has_hyp ? SCR_FW | SCR_AW : 0, 0x1d3, unmask);
    check("SCR.AW and FW: masks", result & 0x140, has_hyp ? 0 : 0x140);
    at_ns(SCR_FW | SCR_AW, 0x1d3, unmask);
    check("... the other state may write", result & 0x140, 0);
}

/* An exception in Monitor mode is the secure state's. */
static void test_in_monitor(void)
{
    ulong scr, cpsr;
    seen.kind = 0;
    __asm__ volatile("cps #0x16\n mcr p15, 0, %2, c1, c1, 0\n isb\n .inst 0xe7f000f0\n mrc p15, 0, %0, c1, c1, 0\n mrs %1, cpsr\n"
                     " cps #0x13" : "=&r"(scr), "=&r"(cpsr) : "r"(SCR_NS) : "lr");
    check("undefined in Monitor mode: the secure vectors", seen.kind, UNDEFINED);
    check("... NS is cleared", scr & SCR_NS, 0);
    check("... back in Monitor mode", cpsr & 31, 0x16);
    write32(SECURE_RAM, 0x87654321);
    __asm__ volatile("cps #0x16\n mcr p15, 0, %2, c1, c1, 0\n isb\n ldr %1, [%3]\n mrc p15, 0, %0, c1, c1, 0\n"
                     " mcr p15, 0, %4, c1, c1, 0\n isb\n cps #0x13"
                     : "=&r"(scr), "=&r"(cpsr) : "r"(SCR_NS), "r"(SECURE_RAM), "r"(0) : "lr");
    check("... with NS it reads as the secure state", cpsr, 0x87654321);
    check("... NS stays", scr & SCR_NS, SCR_NS);
}

/* -- Memory -- */

static void test_memory(void)
{
    write32(SECURE_RAM, 0x12345678);
    check("secure memory", read32(SECURE_RAM), 0x12345678);
    for (ulong i = 0; i < 4096; i++)
        tables[i] = i < 2048 ? i << 20 | 0xc02 : 0;
    for (ulong i = 0; i < 1024; i++)
        tables[(NS_ALIAS >> 20) + i] = i << 20 | 1 << 19 | 0xc02; /* NS */
    CP_WRITE("p15, 0, %0, c2, c0, 0", tables);
    CP_WRITE("p15, 0, %0, c2, c0, 2", 0);
    CP_WRITE("p15, 0, %0, c3, c0, 0", 1);
    CP_WRITE(SCTLR, CP_READ(SCTLR) | 1 | 1 << 23); /* of Armv6 the tables that have NS */
    check("secure memory through tables", read32(SECURE_RAM), 0x12345678);
    static const struct {
        const char *name;
        ulong at;
        bool secure;
    } rows[] = {
        { "secure memory is not the other state's", SECURE_RAM, true },
        { "secure flash is not the other state's", 0, true },
        { "the other bank is both states'", 0x04000000, false },
        { "the secure UART is not the other state's", 0x09040018, true },
        { "the UART is both states'", 0x09000018, false },
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        aborted = false;
        read32(rows[i].at);
        check(rows[i].name, aborted, false);
        aborted = false;
        read32(NS_ALIAS + rows[i].at);
        check(rows[i].name, aborted, rows[i].secure);
        if (aborted)
            check("... an external abort", seen.syndrome & 0x40f, EXTERNAL);
        if (aborted)
            check("... DFAR", seen.fault_address, NS_ALIAS + rows[i].at);
    }
    ulong scr, v;
    __asm__ volatile("cps #0x16\n mcr p15, 0, %2, c1, c1, 0\n isb\n ldr %1, [%4]\n mov %0, #0\n mcr p15, 0, %3, c1, c1, 0\n"
                     " isb\n cps #0x13" : "=&r"(scr), "=&r"(v) : "r"(SCR_NS), "r"(0), "r"(SECURE_RAM) : "lr");
    check("Monitor mode with NS: secure memory, the secure tables", v, 0x12345678);
    result = 0;
    at_ns(0, 0x1d3, read_secure_ram);
    check("the other state, its MMU off: an abort there", ns_vector, DATA);
    check("... its DFSR", dfsr_seen & 0x40f, EXTERNAL);
    check("... nothing was read", result, 0);
    CP_WRITE(DFAR, 0);
    at_ns(SCR_EA, 0x1d3, read_secure_ram);
    check("... in Monitor mode with SCR.EA", seen.kind, MONITOR | DATA);
    check("... the secure state's DFAR", CP_READ(DFAR), SECURE_RAM);
    check("... and DFSR", CP_READ(DFSR) & 0x40f, EXTERNAL);
    /* Stage 1 of the other state, off: the address itself, and NS. */
    CP_WRITE("p15, 0, %0, c7, c8, 4", 0x40100000);
    check("ATS12NSOPR", CP_READ(PAR) & 0xfffff201, 0x40100200);
    CP_WRITE("p15, 0, %0, c7, c8, 0", SECURE_RAM);
    check("ATS1CPR: the secure state's", CP_READ(PAR) & 0xfffff201, SECURE_RAM);
    CP_WRITE("p15, 0, %0, c7, c8, 0", NS_ALIAS + SECURE_RAM);
    check("... and what leads out of it", CP_READ(PAR) & 0xfffff201, SECURE_RAM | 0x200);
    CP_WRITE(SCTLR, CP_READ(SCTLR) & ~1ul);
}

/* -- The GIC, of either version -- */

static void start_gic(void)
{
    if (gic3) {
        CP_WRITE("p15, 6, %0, c12, c12, 5", 0xf); /* ICC_MSRE */
        write32(DIST, 0x37);
        write32(REDIST_SGI - 0x10000 + 0x14, 0); /* GICR_WAKER */
        write32(REDIST_SGI + 0x80, 1u << SGI_NONSECURE);
        write32(REDIST_SGI + 0x100, 1u << SGI_GROUP0 | 1u << SGI_NONSECURE | 1u << SECURE_TIMER_PPI);
        write32(REDIST_SGI + 0x400, 0xa0 | 0x10000000u);
        write32(REDIST_SGI + 0x404, 0xa0);
        CP_WRITE("p15, 0, %0, c4, c6, 0", 0xf8);   /* ICC_PMR */
        CP_WRITE("p15, 0, %0, c12, c12, 6", 1);    /* ICC_IGRPEN0 */
        CP_WRITE("p15, 6, %0, c12, c12, 7", 3);    /* ICC_MGRPEN1 */
        return;
    }
    write32(DIST, 3);
    write32(DIST + 0x80, 1u << SGI_NONSECURE);
    write32(DIST + 0x100, 1u << SECURE_TIMER_PPI);
    write32(DIST + 0x400, 0x10000000u);
    write32(DIST + 0x404, 0xa0);
    write32(CPUIF + 4, 0xf8);
    write32(CPUIF, 0x0b); /* both groups, FIQEn */
}

static void send(unsigned sgi)
{
    if (!gic3)
        write32(DIST + 0xf00, 2u << 24 | (sgi == SGI_NONSECURE ? 0x8000u : 0) | sgi);
    else if (sgi == SGI_GROUP0)
        __asm__ volatile("mcrr p15, 2, %0, %1, c12" ::"r"((ulong)sgi << 24 | 1), "r"(0)); /* ICC_SGI0R */
    else
        __asm__ volatile("mcrr p15, 1, %0, %1, c12" ::"r"((ulong)sgi << 24 | 1), "r"(0)); /* ICC_ASGI1R */
    __asm__ volatile("dsb\n isb");
}

/* Acknowledge and end, as the secure state: group 0, or in the interface of both. */
static ulong acknowledge(void)
{
    ulong id = gic3 ? CP_READ("p15, 0, %0, c12, c8, 0") : read32(CPUIF + 0xc);
    if (gic3)
        CP_WRITE("p15, 0, %0, c12, c8, 1", id);
    else
        write32(CPUIF + 0x10, id);
    return id;
}

static void test_interrupts(void)
{
    start_gic();
    at_ns(0, 0x1d3, read_dist);
    check("non-secure view of GICD_CTLR", result & 0x33, gic3 ? 0x12 : 1);
    check("... of GICD_IGROUPR0", result >> 16, 0);
    send(SGI_GROUP0);
    at_ns(SCR_FIQ, 0x1d3, leave);
    check("group 0 is FIQ to Monitor mode, masked or not", seen.kind, MONITOR | FIQ);
    check("... from the other state", scr_seen & SCR_NS, SCR_NS);
    at_ns(SCR_FIQ | SCR_FW, 0x1d3, leave);
    check("... masked by F with SCR.FW", seen.kind, MONITOR | CALL);
    at_ns(SCR_FIQ | SCR_FW, 0x193, leave);
    check("... or not", seen.kind, MONITOR | FIQ);
    at_ns(0, 0x193, leave);
    check("... without SCR.FIQ to the other state", ns_vector, FIQ);
    check("... of this number", acknowledge(), SGI_GROUP0);
    at_ns(SCR_FIQ, 0x1d3, leave);
    check("... and over", seen.kind, MONITOR | CALL);
    send(SGI_NONSECURE);
    at_ns(0, 0x153, leave);
    check("group 1 is IRQ in its own state", ns_vector, IRQ);
    at_ns(SCR_IRQ, 0x153, leave);
    check("... to Monitor mode with SCR.IRQ", seen.kind, MONITOR | IRQ);
    at_ns(SCR_IRQ, 0x1d3, leave);
    check("... masked by I", seen.kind, MONITOR | CALL);
    if (gic3)
        write32(REDIST_SGI + 0x280, 0xffff);
    else
        write32(DIST + 0xf10 + SGI_NONSECURE, 0xff);
}

/* The secure state's CNTP is a timer of its own. */
static void test_timer(void)
{
    __asm__ volatile("mcrr p15, 2, %0, %0, c14" ::"r"(0)); /* CNTP_CVAL */
    CP_WRITE("p15, 0, %0, c14, c2, 1", 1);
    at_ns(SCR_FIQ, 0x1d3, leave);
    for (unsigned i = 0; seen.kind != (MONITOR | FIQ) && i < 1000000; i++)
        at_ns(SCR_FIQ, 0x1d3, leave);
    check("the secure timer interrupts", seen.kind, MONITOR | FIQ);
    check("... by its PPI", acknowledge(), SECURE_TIMER_PPI);
    CP_WRITE("p15, 0, %0, c14, c2, 1", 0);
}

/* -- Hyp mode -- */

static void test_hyp(void)
{
    ulong v;
    at_ns(SCR_HCE, 0x1da, say_mode);
    check("from Monitor mode to Hyp mode", result & 31, 0x1a);
    check("... which calls it", seen.kind, MONITOR | CALL);
    __asm__ volatile("cps #0x16\n mcr p15, 0, %1, c1, c1, 0\n isb\n mcr p15, 4, %3, c13, c0, 2\n mrc p15, 4, %0, c13, c0, 2\n"
                     " mcr p15, 0, %2, c1, c1, 0\n isb\n cps #0x13"
                     : "=&r"(v) : "r"(SCR_NS), "r"(0), "r"(0x5a5a5a5a) : "lr");
    check("HTPIDR from Monitor mode", v, 0x5a5a5a5a);
}

/* -- Vector catch -- */

#define VECTORS "p14, 0, %0, c0, c7, 0" /* DBGVCR */
#define MONITOR_VECTORS ((ulong)monitor_vectors)
extern char monitor_vectors[], vectors[];
static volatile ulong caught;
static volatile bool from_other;

static ulong at_catch(void)
{
    if (seen.kind != PREFETCH)
        return at_exception();
    caught = seen.pc;
    CP_WRITE(VECTORS, 0);
    if (from_other) /* NS is clear now, so that it could not go on */
        resume(back);
    return 0;
}

static void catch(const char *name, ulong which, void (*fn)(void), ulong expected)
{
    caught = 0;
    CP_WRITE(VECTORS, which);
    fn();
    CP_WRITE(VECTORS, 0);
    check(name, caught, expected);
}

static void call_monitor(void)
{
    __asm__ volatile(".arch_extension sec\n smc #0" ::: "lr");
}

static void call_supervisor(void)
{
    __asm__ volatile("mov r3, lr\n svc #0\n mov lr, r3" ::: "r3", "lr");
}

static void call_from_other(void)
{
    from_other = true;
    at_ns(0, 0x1d3, leave);
    from_other = false;
}

static void test_vectors(void)
{
    on_exception = at_catch;
    CP_WRITE("p14, 0, %0, c1, c0, 4", 0);          /* DBGOSLAR */
    CP_WRITE("p14, 0, %0, c0, c2, 2", 1ul << 15); /* DBGDSCR.MDbgen */
    catch("Monitor mode's vector of SMC", 1 << 10, call_monitor, MONITOR_VECTORS + 8);
    catch("... from the other state", 1 << 10, call_from_other, MONITOR_VECTORS + 8);
    catch("... not Supervisor mode's", 1 << 2, call_monitor, 0);
    catch("the secure state's of SVC", 1 << 2, call_supervisor, (ulong)vectors + 8);
    catch("... not the other state's", 1 << 26, call_supervisor, 0);
    CP_WRITE("p14, 0, %0, c0, c2, 2", 0);
    on_exception = at_exception;
}

void test(void)
{
    on_exception = at_exception;
    gic3 = CP_READ("p15, 0, %0, c0, c1, 1") >> 28;
    has_hyp = CP_READ("p15, 0, %0, c0, c1, 1") >> 12 & 15;
    has_timer = CP_READ("p15, 0, %0, c0, c1, 1") >> 16 & 15;
    v7 = (CP_READ("p15, 0, %0, c0, c0, 0") >> 4 & 0xf00) == 0xc00; /* Cortex; an ARM1176 otherwise */
    test_modes();
    test_copies();
    test_rights();
    test_in_monitor();
    if (v7)
        test_vectors();
    test_memory();
    test_interrupts();
    if (has_timer)
        test_timer();
    if (has_hyp)
        test_hyp();
}
