/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Security states on virt,secure=on, from EL3: the secure state's own memory, flash and UART, the NS bit of table
 * entries, EL1 in both states, where interrupts of the GIC's groups and external aborts go, the secure timer.
 */
#include "board.h"

#define SECURE_RAM 0x0e000000ul
#define NS_ALIAS 0x80000000ul /* the first GiB once more, as the non-secure state sees it */
#define DIST 0x08000000ul
#define CPUIF 0x08010000ul
#define REDIST_SGI 0x080b0000ul
enum { SCR_NS = 1, SCR_IRQ = 2, SCR_FIQ = 4, SCR_EA = 8, SCR_RW = 0x400, SCR_ST = 0x800, SCR_RES1 = 0x30 };
enum { EC_UNKNOWN = 0, EC_SMC = 0x17, EC_SYSREG = 0x18, EC_DABT_LOWER = 0x24, EC_DABT = 0x25 };
enum { EXTERNAL = 0x10 };
enum { SGI_GROUP0 = 3, SGI_NONSECURE = 4, TIMER_PPI = 29 };
enum { FIQ_LOWER = 0x500, FIQ_SAME = 0x300, IRQ_LOWER = 0x480 };

static u64 tables[512] __attribute__((aligned(4096)));
static char el1_stack[4096] __attribute__((aligned(16)));
static ulong back[13];
static volatile ulong result;
static volatile bool aborted;
static bool gic3;

static unsigned read32(ulong at)
{
    return *(volatile unsigned *)at;
}

static void write32(ulong at, unsigned v)
{
    *(volatile unsigned *)at = v;
}

/* As setjmp() and longjmp(). */
ulong mark(ulong *registers) __attribute__((returns_twice));
void resume(ulong *registers) __attribute__((noreturn));
__asm__("mark: stp x19, x20, [x0]\n stp x21, x22, [x0, #16]\n stp x23, x24, [x0, #32]\n stp x25, x26, [x0, #48]\n"
        " stp x27, x28, [x0, #64]\n stp x29, x30, [x0, #80]\n mov x1, sp\n str x1, [x0, #96]\n mov x0, #0\n ret\n"
        "resume: ldp x19, x20, [x0]\n ldp x21, x22, [x0, #16]\n ldp x23, x24, [x0, #32]\n ldp x25, x26, [x0, #48]\n"
        " ldp x27, x28, [x0, #64]\n ldp x29, x30, [x0, #80]\n ldr x1, [x0, #96]\n mov sp, x1\n mov x0, #1\n ret\n");

/* At EL3: what comes from below ends it; what happens here is passed over. */
static ulong at_el3(void)
{
    aborted = true;
    if (seen.kind >= 0x400)
        resume(back);
    return seen.kind == FIQ_SAME || seen.kind == 0x280 ? 0 : 4;
}

/* EL1's vectors: to EL3, which reads EL1's registers. */
__asm__(".balign 2048\nel1_vectors:\n.rept 16\n.balign 128\n smc #1\n b .\n.endr\n");
extern char el1_vectors[];

/* Run fn at EL1 until something leads to EL3. */
static void at_el1(ulong scr, void (*fn)(void))
{
    seen.kind = seen.syndrome = 0;
    WRITE(esr_el1, 0);
    if (mark(back))
        return;
    WRITE(scr_el3, SCR_RES1 | SCR_RW | scr);
    WRITE(vbar_el1, (ulong)el1_vectors);
    WRITE(sp_el1, (ulong)el1_stack + sizeof(el1_stack));
    WRITE(elr_el3, (ulong)fn);
    WRITE(spsr_el3, 0x3c5); /* EL1h, all masked */
    __asm__ volatile("eret");
    __builtin_unreachable();
}

static void __attribute__((noreturn)) leave(void)
{
    __asm__ volatile("smc #0");
    for (;;) {
    }
}

/* -- At EL1 -- */

static void read_secure_ram(void)
{
    result = read32(SECURE_RAM);
    leave();
}

static void read_dist(void)
{
    result = (ulong)read32(DIST + 0x80) << 32 | read32(DIST); /* GICD_IGROUPR0, GICD_CTLR */
    leave();
}

static void read_secure_timer(void)
{
    __asm__ volatile("mrs %0, S3_7_C14_C2_1" : "=r"(result));
    leave();
}

static void read_group0(void) /* ICC_IAR0_EL1 */
{
    __asm__ volatile("mrs %0, S3_0_C12_C8_0" : "=r"(result));
    leave();
}

/* -- The GIC, of either version -- */

#define ICC_PMR "S3_0_C4_C6_0"
#define GET(reg) ({ ulong v_; __asm__ volatile("mrs %0, " reg : "=r"(v_)); v_; })
#define SET(reg, v) __asm__ volatile("msr " reg ", %0\n isb" ::"r"((ulong)(v)))

static void start_gic(void)
{
    if (gic3) {
        SET("S3_6_C12_C12_5", 0xf); /* ICC_SRE_EL3 */
        write32(DIST, 0x37);
        write32(REDIST_SGI - 0x10000 + 0x14, 0); /* GICR_WAKER */
        write32(REDIST_SGI + 0x80, 1u << SGI_NONSECURE);
        write32(REDIST_SGI + 0x100, 1u << SGI_GROUP0 | 1u << SGI_NONSECURE | 1u << TIMER_PPI);
        write32(REDIST_SGI + 0x400, 0xa0 | 0x10000000u);
        write32(REDIST_SGI + 0x404, 0xa0);
        SET(ICC_PMR, 0xf8);
        SET("S3_0_C12_C12_6", 1); /* ICC_IGRPEN0_EL1 */
        SET("S3_6_C12_C12_7", 3); /* ICC_IGRPEN1_EL3 */
        return;
    }
    write32(DIST, 3);
    write32(DIST + 0x80, 1u << SGI_NONSECURE);
    write32(DIST + 0x100, 1u << TIMER_PPI);
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
        SET("S3_0_C12_C11_7", (u64)sgi << 24 | 1); /* ICC_SGI0R_EL1 */
    else
        SET("S3_0_C12_C11_6", (u64)sgi << 24 | 1); /* ICC_ASGI1R_EL1: the other state's */
    __asm__ volatile("dsb sy\n isb");
}

/* Acknowledge and end, as the secure state: group 0, or in the interface of both. */
static ulong acknowledge(void)
{
    ulong id = gic3 ? GET("S3_0_C12_C8_0") : read32(CPUIF + 0xc);
    if (gic3)
        SET("S3_0_C12_C8_1", id);
    else
        write32(CPUIF + 0x10, id);
    return id;
}

/* -- The tests -- */

static void test_memory(void)
{
    write32(SECURE_RAM, 0x12345678);
    check("secure memory", read32(SECURE_RAM), 0x12345678);
    tables[0] = 0x401;                  /* a block: AF, the secure state's */
    tables[1] = 0x40000000 | 0x401 | 1; /* memory */
    tables[2] = 0x421;                  /* the first one again, NS */
    WRITE(ttbr0_el3, (ulong)tables);
    WRITE(mair_el3, 0);
    WRITE(tcr_el3, 1u << 31 | 1u << 23 | 2u << 16 | 25);
    WRITE(sctlr_el3, READ(sctlr_el3) | 1);
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
            check("... an external abort", seen.syndrome & 0xfc00003f, (ulong)EC_DABT << 26 | EXTERNAL);
    }
}

static void test_el1(void)
{
    at_el1(0, read_secure_ram);
    check("secure EL1 calls EL3", seen.syndrome >> 26, EC_SMC);
    check("secure EL1 has secure memory", result, 0x12345678);
    result = 0;
    at_el1(SCR_NS, read_secure_ram);
    check("non-secure EL1 has not: an abort at EL1", READ(esr_el1) & 0xfc00003f, (ulong)EC_DABT << 26 | EXTERNAL);
    at_el1(SCR_NS | SCR_EA, read_secure_ram);
    check("... at EL3 with SCR_EL3.EA", seen.syndrome & 0xfc00003f, (ulong)EC_DABT_LOWER << 26 | EXTERNAL);
    check("... nothing was read", result, 0);
    at_el1(SCR_NS, read_secure_timer);
    check("the secure timer is undefined in the other state", READ(esr_el1) >> 26, EC_UNKNOWN);
    at_el1(0, read_secure_timer);
    check("... EL3's alone without SCR_EL3.ST", seen.syndrome >> 26, EC_SYSREG);
    at_el1(SCR_ST, read_secure_timer);
    check("... secure EL1's with it", seen.syndrome >> 26, EC_SMC);
}

static void test_interrupts(void)
{
    start_gic();
    at_el1(SCR_NS, read_dist);
    check("non-secure view of GICD_CTLR", result & 0x33, gic3 ? 0x12 : 1);
    check("... of GICD_IGROUPR0", result >> 32, 0);
    send(SGI_GROUP0);
    at_el1(SCR_NS | SCR_FIQ, leave);
    check("group 0 is FIQ to EL3, masked or not", seen.kind, FIQ_LOWER);
    check("... of this number", acknowledge(), SGI_GROUP0);
    at_el1(SCR_NS | SCR_FIQ, leave);
    check("... and over", seen.kind, 0x400);
    send(SGI_NONSECURE);
    at_el1(SCR_NS | SCR_IRQ, leave);
    check("group 1 is IRQ in its own state", seen.kind, IRQ_LOWER);
    at_el1(SCR_FIQ | SCR_IRQ, leave);
    check("... and in the other", seen.kind, gic3 ? FIQ_LOWER : IRQ_LOWER);
    if (gic3) {
        check("... which EL3 is told of", GET("S3_0_C12_C8_0"), 1021);
        at_el1(SCR_NS | SCR_FIQ, read_group0);
        check("group 0's registers trap to EL3", seen.syndrome >> 26, EC_SYSREG);
        write32(REDIST_SGI + 0x280, 0xffff);
    } else {
        check("... for the other state", read32(CPUIF + 0xc), 1022);
        write32(DIST + 0xf10 + SGI_NONSECURE, 0xff); /* GICD_CPENDSGIR; the bytes beside it are of idle ones */
    }
}

static void test_timer(void)
{
    WRITE(scr_el3, SCR_RES1 | SCR_RW | SCR_FIQ);
    __asm__ volatile("msr S3_7_C14_C2_2, xzr\n msr S3_7_C14_C2_1, %0\n isb" ::"r"(1ul)); /* CNTPS_CVAL, _CTL */
    at_el1(SCR_NS | SCR_FIQ, leave);
    for (unsigned i = 0; seen.kind != FIQ_LOWER && i < 1000000; i++)
        at_el1(SCR_NS | SCR_FIQ, leave);
    check("the secure timer interrupts EL3", seen.kind, FIQ_LOWER);
    check("... by its PPI", acknowledge(), TIMER_PPI);
    __asm__ volatile("msr S3_7_C14_C2_1, xzr\n isb");
}

void test(void)
{
    on_exception = at_el3;
    gic3 = READ(id_aa64pfr0_el1) >> 24 & 15;
    check("EL3", READ(currentel), 0xc);
    test_memory();
    test_el1();
    test_interrupts();
    test_timer();
}
