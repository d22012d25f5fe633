/* SPDX-License-Identifier: BSD-2-Clause */
/* Hyp mode's side of a GICv3: list registers in halves, interrupts that PL1 takes from them, what ICH_HCR traps. */
#include "board.h"

enum { HCR_FMO = 1 << 3, HCR_IMO = 1 << 4, EC_CP15 = 3, EC_HVC = 0x12, ENTRY = 0x14 };
enum { LR_GROUP1 = 1 << 28, LR_PENDING = 1 << 30, TALL1 = 1 << 12, TC = 1 << 10 };
#define LR_ACTIVE (1ul << 31)
#define HCR "p15, 4, %0, c1, c1, 0"
#define ICC_HSRE "p15, 4, %0, c12, c9, 5"
#define ICH_AP1R0 "p15, 4, %0, c12, c9, 0"
#define ICH_HCR "p15, 4, %0, c12, c11, 0"
#define ICH_VTR "p15, 4, %0, c12, c11, 1"
#define ICH_ELRSR "p15, 4, %0, c12, c11, 5"
#define ICH_VMCR "p15, 4, %0, c12, c11, 7"
#define ICH_LR0 "p15, 4, %0, c12, c12, 0"
#define ICH_LR3 "p15, 4, %0, c12, c12, 3"
#define ICH_LRC0 "p15, 4, %0, c12, c14, 0"
#define ICH_LRC3 "p15, 4, %0, c12, c14, 3"
#define ICC_IAR1 "p15, 0, %0, c12, c12, 0"
#define ICC_EOIR1 "p15, 0, %0, c12, c12, 1"
#define ICC_PMR "p15, 0, %0, c4, c6, 0"

static char pl1_stack[1024] __attribute__((aligned(16)));
static ulong back[11];
static volatile ulong result;

ulong mark(ulong *registers) __attribute__((returns_twice));
void resume(ulong *registers) __attribute__((noreturn));
__asm__(".text\n.arm\nmark: stm r0, {r4-r11, sp, lr}\n mov r0, #0\n bx lr\n"
        "resume: ldm r0, {r4-r11}\n ldr sp, [r0, #32]\n ldr lr, [r0, #36]\n mov r0, #1\n bx lr\n");

static ulong at_hyp(void)
{
    if (seen.kind == ENTRY)
        resume(back);
    return 4;
}

static void at_pl1(void (*fn)(void))
{
    seen.kind = seen.syndrome = 0;
    if (mark(back))
        return;
    __asm__ volatile(".arch_extension virt\n msr SP_svc, %0\n msr SPSR_hyp, %1\n msr ELR_hyp, %2\n eret"
                     ::"r"(pl1_stack + sizeof(pl1_stack)), "r"(0x1d3), "r"(fn));
    __builtin_unreachable();
}

#define LEAVE for (;;) __asm__ volatile(".arch_extension virt\n hvc #0")

static void acknowledge(void)
{
    result = CP_READ(ICC_IAR1);
    LEAVE;
}

static void complete(void)
{
    CP_WRITE(ICC_EOIR1, result);
    LEAVE;
}

static void read_priority_mask(void)
{
    result = CP_READ(ICC_PMR);
    LEAVE;
}

static void send(void)
{
    __asm__ volatile("mcrr p15, 0, %0, %1, c12\n isb" ::"r"(1), "r"(0)); /* ICC_SGI1R */
    LEAVE;
}

void test(void)
{
    on_exception = at_hyp;
    CP_WRITE(ICC_HSRE, 9); /* Enable, SRE */
    check("ICC_HSRE", CP_READ(ICC_HSRE) & 9, 9);
    CP_WRITE("p15, 0, %0, c12, c12, 5", 1); /* ICC_SRE */
    check("ICH_VTR: list registers", CP_READ(ICH_VTR) & 31, 3);
    CP_WRITE(ICH_LR3, 0x12345);
    CP_WRITE(ICH_LRC3, LR_GROUP1 | 0x30 << 16 | 0x17);
    check("a list register's low half", CP_READ(ICH_LR3), 0x12345);
    check("... its high half", CP_READ(ICH_LRC3), LR_GROUP1 | 0x30 << 16 | 0x17);
    CP_WRITE(ICH_LR3, 0x54321);
    check("... which stays", CP_READ(ICH_LRC3), LR_GROUP1 | 0x30 << 16 | 0x17);
    CP_WRITE(ICH_LRC3, 0);

    CP_WRITE(ICH_VMCR, 0xf0u << 24 | 2); /* VPMR, VENG1 */
    CP_WRITE(ICH_HCR, 1);
    CP_WRITE(HCR, HCR_IMO | HCR_FMO);
    CP_WRITE(ICH_LR0, 35);
    CP_WRITE(ICH_LRC0, LR_PENDING | LR_GROUP1 | 0x80 << 16);
    check("ICH_ELRSR: it is in use", CP_READ(ICH_ELRSR) & 1, 0);
    at_pl1(acknowledge);
    check("PL1 takes it", result, 35);
    check("... it is active", CP_READ(ICH_LRC0), LR_ACTIVE | LR_GROUP1 | 0x80 << 16);
    check("... at its priority", CP_READ(ICH_AP1R0), 1 << 16);
    at_pl1(complete);
    check("... and completes it", CP_READ(ICH_LRC0) >> 30, 0);
    check("ICH_ELRSR: it is free", CP_READ(ICH_ELRSR) & 1, 1);
    at_pl1(read_priority_mask);
    check("PL1's priority mask is the virtual one", result, 0xf0);

    CP_WRITE(ICH_HCR, 1 | TALL1);
    at_pl1(acknowledge);
    check("ICH_HCR.TALL1 traps ICC_IAR1", seen.syndrome & ~0x1e0ul,
          (ulong)EC_CP15 << 26 | 1 << 25 | 1 << 24 | 0xe << 20 | 12 << 10 | 12 << 1 | 1);
    at_pl1(read_priority_mask);
    check("... not ICC_PMR", seen.syndrome >> 26, EC_HVC);
    CP_WRITE(ICH_HCR, 1 | TC);
    at_pl1(read_priority_mask);
    check("ICH_HCR.TC does", seen.syndrome >> 26, EC_CP15);
    CP_WRITE(ICH_HCR, 1);
    at_pl1(send);
    check("SGIs are trapped by HCR.IMO", seen.syndrome >> 26, 4);
    CP_WRITE(HCR, 0);
}
