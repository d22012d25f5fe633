/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hyp mode of AArch32: its vectors, HVC and ERET, banked registers, traps and their syndromes, both of its translations.
 */
#include "board.h"

enum { HCR_VM = 1, HCR_TWI = 1 << 13, HCR_TVM = 1 << 26, HCR_TGE = 1 << 27 };
enum { EC_WFX = 1, EC_CP15 = 3, EC_FP = 7, EC_SVC = 0x11, EC_HVC = 0x12, EC_DABT_LOWER = 0x24, EC_DABT = 0x25 };
enum { UNDEFINED = 4, CALL = 8, DATA = 0x10, ENTRY = 0x14 };

static u64 hyp_table[4] __attribute__((aligned(4096))), stage2_table[4] __attribute__((aligned(4096)));
static char pl1_stack[1024] __attribute__((aligned(16)));
static ulong back[11];
static volatile ulong result;

/* As setjmp() and longjmp(). */
ulong mark(ulong *registers) __attribute__((returns_twice));
void resume(ulong *registers) __attribute__((noreturn));
__asm__(".text\n.arm\nmark: stm r0, {r4-r11, sp, lr}\n mov r0, #0\n bx lr\n"
        "resume: ldm r0, {r4-r11}\n ldr sp, [r0, #32]\n ldr lr, [r0, #36]\n mov r0, #1\n bx lr\n");

#define HCR "p15, 4, %0, c1, c1, 0"
#define HCPTR "p15, 4, %0, c1, c1, 2"
#define HSTR "p15, 4, %0, c1, c1, 3"
#define HSCTLR "p15, 4, %0, c1, c0, 0"

/* What comes from below ends it; what happens in Hyp mode is passed over, but for calls. */
static ulong at_hyp(void)
{
    if (seen.kind == ENTRY)
        resume(back);
    return seen.kind == CALL ? 0 : 4;
}

/* Run fn in the mode of cpsr until something leads here. */
static void at_pl1(ulong cpsr, void (*fn)(void))
{
    seen.kind = seen.syndrome = 0;
    if (mark(back))
        return;
    __asm__ volatile(".arch_extension virt\n msr SP_svc, %0\n msr SP_usr, %0\n msr SPSR_hyp, %1\n msr ELR_hyp, %2\n eret"
                     ::"r"(pl1_stack + sizeof(pl1_stack)), "r"(cpsr), "r"(fn));
    __builtin_unreachable();
}

/* -- At PL1 and PL0 -- */

#define LEAVE(imm) for (;;) __asm__ volatile(".arch_extension virt\n hvc #" #imm)

static void say_mode(void)
{
    __asm__ volatile("mrs %0, cpsr" : "=r"(result));
    LEAVE(5);
}

static void say_sp(void)
{
    __asm__ volatile("mov %0, sp" : "=r"(result));
    LEAVE(1);
}

static void write_sctlr(void)
{
    CP_WRITE("p15, 0, %0, c1, c0, 0", 0x00c50078);
    LEAVE(1);
}

static void read_tpidrprw(void)
{
    CP_READ("p15, 0, %0, c13, c0, 4");
    LEAVE(1);
}

static void use_fp(void)
{
    __asm__ volatile(".fpu vfpv3\n vmrs r0, fpscr" ::: "r0");
    LEAVE(1);
}

static void wait(void)
{
    __asm__ volatile("wfi");
    LEAVE(1);
}

static void call_supervisor(void)
{
    __asm__ volatile("svc #0x17");
    for (;;) {
    }
}

static void read_device(void)
{
    register ulong v __asm__("r3");
    __asm__ volatile("ldr %0, [%1]" : "=r"(v) : "r"(0x09000018));
    result = v;
    LEAVE(1);
}

/* -- The tests -- */

static void test_calls(void)
{
    ulong v;
    __asm__ volatile("mrs %0, cpsr" : "=r"(v));
    check("starts in Hyp mode", v & 31, 0x1a);
    __asm__ volatile(".inst 0xe7f000f0");
    check("undefined: its vector", seen.kind, UNDEFINED);
    check("... no syndrome", seen.syndrome >> 26, 0);
    __asm__ volatile("svc #3" ::: "lr");
    check("SVC in Hyp mode: its vector", seen.kind, CALL);
    check("... its syndrome", seen.syndrome, EC_SVC << 26 | 1 << 25 | 3);
    __asm__ volatile(".arch_extension virt\n hvc #0x123" ::: "lr");
    check("HVC in Hyp mode: its vector", seen.kind, CALL);
    check("... its syndrome", seen.syndrome, EC_HVC << 26 | 1 << 25 | 0x123);
    at_pl1(0x1d3, say_mode);
    check("ERET to Supervisor mode", result & 31, 0x13);
    check("HVC from there: its vector", seen.kind, ENTRY);
    check("... its syndrome", seen.syndrome, EC_HVC << 26 | 1 << 25 | 5);
    __asm__ volatile(".arch_extension virt\n mrs %0, SPSR_hyp" : "=r"(v));
    check("... SPSR_hyp", v & 0x1ff, 0x1d3);
    at_pl1(0x1d3, say_sp);
    check("banked SP_svc", result, (ulong)pl1_stack + sizeof(pl1_stack));
    __asm__ volatile(".arch_extension virt\n msr LR_irq, %1\n mrs %0, LR_irq" : "=r"(v) : "r"(0x5a5a5a5a));
    check("banked LR_irq", v, 0x5a5a5a5a);
}

static void test_traps(void)
{
    CP_WRITE(HCR, HCR_TVM);
    at_pl1(0x1d3, write_sctlr);
    /* MCR p15, 0, Rt, c1, c0, 0 */
    check("HCR.TVM: a write of SCTLR", seen.syndrome & ~0x1e0ul, (ulong)EC_CP15 << 26 | 1 << 25 | 1 << 24 | 0xe << 20 | 1 << 10);
    CP_WRITE(HCR, 0);
    at_pl1(0x1d3, write_sctlr);
    check("... not without", seen.syndrome >> 26, EC_HVC);
    CP_WRITE(HSTR, 1 << 13);
    at_pl1(0x1d3, read_tpidrprw);
    check("HSTR.T13", seen.syndrome & ~0x1e0ul,
          (ulong)EC_CP15 << 26 | 1 << 25 | 1 << 24 | 0xe << 20 | 4 << 17 | 13 << 10 | 1);
    CP_WRITE(HSTR, 0);
    CP_WRITE("p15, 0, %0, c1, c0, 2", 0xf00000);
    __asm__ volatile(".fpu vfpv3\n vmsr fpexc, %0" ::"r"(1 << 30));
    CP_WRITE(HCPTR, CP_READ(HCPTR) | 3 << 10);
    at_pl1(0x1d3, use_fp);
    check("HCPTR.TCP10", seen.syndrome >> 26, EC_FP);
    CP_WRITE(HCPTR, CP_READ(HCPTR) & ~(3ul << 10));
    CP_WRITE(HCR, HCR_TWI);
    at_pl1(0x1d3, wait);
    check("HCR.TWI", seen.syndrome >> 26, EC_WFX);
    CP_WRITE(HCR, HCR_TGE);
    at_pl1(0x1d0, call_supervisor);
    check("HCR.TGE: SVC of User mode", seen.syndrome, EC_SVC << 26 | 1 << 25 | 0x17);
    CP_WRITE(HCR, 0);
}

static void test_translation(void)
{
    hyp_table[0] = 0x00000000 | 0x40000000000701ull | 4; /* the devices: XN */
    hyp_table[1] = 0x40000000 | 0x701;
    CP_WRITE("p15, 4, %0, c10, c2, 0", 0x000000ff); /* HMAIR0: Normal, Device */
    CP_WRITE("p15, 4, %0, c2, c0, 2", 0x80800000);  /* HTCR */
    __asm__ volatile("mcrr p15, 4, %0, %1, c2\n isb" ::"r"((ulong)hyp_table), "r"(0)); /* HTTBR */
    CP_WRITE(HSCTLR, CP_READ(HSCTLR) | 1);
    *(volatile ulong *)0x80000000;
    check("Hyp mode's translation fault: its vector", seen.kind, DATA);
    check("... its syndrome", seen.syndrome & 0xfc00007f, (ulong)EC_DABT << 26 | 5);
    check("... HDFAR", seen.fault_address, 0x80000000);

    stage2_table[1] = 0x40000000 | 0x7fd;
    CP_WRITE("p15, 4, %0, c2, c1, 2", 0x80000040); /* VTCR: level 1, 32 bits */
    __asm__ volatile("mcrr p15, 6, %0, %1, c2\n isb" ::"r"((ulong)stage2_table), "r"(0)); /* VTTBR */
    CP_WRITE(HCR, HCR_VM);
    at_pl1(0x1d3, say_mode);
    check("stage 2: what is mapped", seen.syndrome >> 26, EC_HVC);
    at_pl1(0x1d3, read_device);
    check("stage 2: what is not: ISV, SAS, SRT, the level", seen.syndrome, (ulong)EC_DABT_LOWER << 26 | 1 << 25 | 1 << 24 |
          2 << 22 | 3 << 16 | 5);
    check("... HDFAR", seen.fault_address, 0x09000018);
    check("... HPFAR", CP_READ("p15, 4, %0, c6, c0, 4"), 0x90000);
    CP_WRITE(HCR, 0);
}

void test(void)
{
    on_exception = at_hyp;
    test_calls();
    test_traps();
    test_translation();
}
