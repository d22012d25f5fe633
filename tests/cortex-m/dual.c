/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two CPUs of the MPS2's AN521: the second one waits until CPUWAIT says so and begins at INITSVTOR1; who each is;
 * messages both ways, whose interrupts are each CPU's own; timers' interrupts, which both get; private peripherals;
 * exclusives and events between them; what the first one's core lacks; what memory and peripherals refuse, quietly, as
 * interrupts and as bus errors. The same program runs on QEMU's mps2-an521, but for what PLAIN leaves out. All of it is
 * in the secure state.
 */
#include "host.h"

enum { CPUID = 0x5001f000, INITSVTOR1 = 0x50021114, CPUWAIT = 0x50021118, MHU0 = 0x50003000, MHU1 = 0x50004000,
       CPU0_STAT = 0, CPU0_SET = 4, CPU0_CLR = 8, CPU1_STAT = 0x10, CPU1_SET = 0x14, CPU1_CLR = 0x18,
       TIMER0 = 0x50000000, TIMER_CTRL = TIMER0, TIMER_RELOAD = TIMER0 + 8, TIMER_INTCLEAR = TIMER0 + 0xc,
       ISER = 0xe000e100, ICER = 0xe000e180, ISPR = 0xe000e200, VTOR = 0xe000ed08, SHCSR = 0xe000ed24,
       CFSR = 0xe000ed28, BFAR = 0xe000ed38, CPACR = 0xe000ed88, SYST_RVR = 0xe000e014, ISAR1 = 0xe000ed64,
       MVFR0 = 0xe000ef40,
       SECRESPCFG = 0x50080010, SECMPCINTSTATUS = 0x5008001c, SECPPCINTSTAT = 0x50080020, SECPPCINTCLR = 0x50080024,
       SECPPCINTEN = 0x50080028, APBNSPPC0 = 0x50080070, SRAM_MPC = 0x50084000, CODE_MPC = 0x58007000, MPC_CTRL = 0,
       BLK_IDX = 0x18, BLK_LUT = 0x1c, INT_STAT = 0x20, INT_CLEAR = 0x24, INT_EN = 0x28, INT_INFO1 = 0x2c,
       INT_INFO2 = 0x30 };
enum { IRQ_TIMER0 = 3, IRQ_MHU0 = 6, IRQ_MHU1 = 7, IRQ_MPC = 9, IRQ_PPC = 10 };

#define BARRIER() __asm__ volatile("dsb\n isb" ::: "memory")
#define WFE() __asm__ volatile("wfe" ::: "memory")
#define WFI() __asm__ volatile("wfi" ::: "memory")
#define SEV() __asm__ volatile("dsb\n sev" ::: "memory")

/* -- What both see -- */

static volatile struct {
    uint32_t phase;      /* of the first one: how far the second one may go */
    uint32_t done;       /* of the second one */
    uint32_t counter;    /* of both */
    uint32_t entered[2][16]; /* interrupts by CPU and number */
    uint32_t id, vtor, sp, isar1, mvfr0, pending_mhu, syst_rvr;
    uint32_t product; /* a float: the first one can't compare it */
    uint32_t cfsr[2], bfar[2], skip[2];
} both;

static uint32_t me(void)
{
    return REG(CPUID);
}

static void wait_for(volatile uint32_t *word, uint32_t value)
{
    while (*word != value)
        ;
}

static void add(volatile uint32_t *word)
{
    uint32_t v, failed;
    do
        __asm__ volatile("ldrex %0, [%2]\n adds %0, #1\n strex %1, %0, [%2]" : "=&r"(v), "=&r"(failed) : "r"(word)
                         : "memory", "cc");
    while (failed);
}

/* -- Handlers of both -- */

static void on_irq(void)
{
    uint32_t ipsr, cpu = me(), n;
    __asm__ volatile("mrs %0, ipsr" : "=r"(ipsr));
    n = ipsr - 16;
    both.entered[cpu][n & 15]++;
    if (n == IRQ_MHU0 || n == IRQ_MHU1)
        REG((n == IRQ_MHU0 ? MHU0 : MHU1) + (cpu ? CPU1_CLR : CPU0_CLR)) = 0xf;
    else if (n == IRQ_TIMER0 && cpu == 0)
        REG(TIMER_CTRL) = 0, REG(TIMER_INTCLEAR) = 1;
    else if (n == IRQ_TIMER0)
        REG(ICER) = 1 << IRQ_TIMER0;
    else if (n == IRQ_MPC)
        REG(SRAM_MPC + INT_CLEAR) = 1;
    else if (n == IRQ_PPC)
        REG(SECPPCINTCLR) = 0xffffffff;
}

/* A BusFault: over the instruction, of two halves. */
__attribute__((used)) static void on_fault(uint32_t *frame)
{
    uint32_t cpu = me();
    both.cfsr[cpu] = REG(CFSR);
    both.bfar[cpu] = REG(BFAR);
    REG(CFSR) = both.cfsr[cpu];
    frame[6] += 4;
}

__attribute__((naked)) static void fault(void)
{
    __asm__ volatile("mrs r0, msp\n b on_fault\n");
}

/* -- The second CPU -- */

__attribute__((noreturn)) static void second(void)
{
    both.id = me();
    both.vtor = REG(VTOR);
    __asm__ volatile("mov %0, sp" : "=r"(both.sp));
    both.isar1 = REG(ISAR1);
    both.mvfr0 = REG(MVFR0);
    both.syst_rvr = REG(SYST_RVR);
    REG(SYST_RVR) = 0x222222;
    REG(SHCSR) = 1 << 17;
    REG(CPACR) = 0xf << 20;
    BARRIER();
    __asm__ volatile("vmov.f32 s0, #2.5\n vmul.f32 s0, s0, s0\n vstr s0, [%0]\n" ::"r"(&both.product) : "s0", "memory");
    both.pending_mhu = REG(ISPR) >> IRQ_MHU0 & 3;
    REG(ISER) = 1 << IRQ_MHU0 | 1 << IRQ_MHU1 | 1 << IRQ_TIMER0;
    both.done = 1;
    wait_for(&both.phase, 1); /* the message has come meanwhile */
    while (both.entered[1][IRQ_MHU0] == 0)
        ;
    REG(MHU1 + CPU0_SET) = 2; /* an answer */
    both.done = 2;
    wait_for(&both.phase, 2);
    for (int i = 0; i < 2000; i++)
        add(&both.counter);
    both.done = 3;
    while (both.phase != 3)
        WFE();
    both.done = 4;
    while (both.entered[1][IRQ_TIMER0] == 0)
        WFI();
    both.done = 5;
    wait_for(&both.phase, 4);
    __asm__ volatile("ldr.w r0, [%0]" ::"r"(0x30008000) : "r0", "memory"); /* a bus error of its own */
    both.done = 6;
    for (;;)
        WFI();
}

__attribute__((aligned(128))) static const uint32_t vectors1[16 + 16] = {
    0x38100000, (uint32_t)second, [2] = (uint32_t)fault, (uint32_t)fault, (uint32_t)fault, (uint32_t)fault,
    (uint32_t)fault, (uint32_t)fault, [16] = (uint32_t)on_irq, (uint32_t)on_irq, (uint32_t)on_irq, (uint32_t)on_irq,
    (uint32_t)on_irq, (uint32_t)on_irq, (uint32_t)on_irq, (uint32_t)on_irq, (uint32_t)on_irq, (uint32_t)on_irq,
    (uint32_t)on_irq, (uint32_t)on_irq, (uint32_t)on_irq, (uint32_t)on_irq, (uint32_t)on_irq, (uint32_t)on_irq,
};

/* -- The first one -- */

static void two_cpus(void)
{
    expect(me(), 0);
    expect(REG(CPUID + 0xfe0), 0x58);
    expect(REG(CPUWAIT), 2);
    expect(REG(INITSVTOR1), 0x10000000);
    expect(REG(ISAR1), 0x02211000); /* no DSP instructions, no floating point */
    expect(REG(MVFR0), 0);
    REG(SYST_RVR) = 0x111111;
    REG(MHU0 + CPU1_SET) = 0x31; /* four bits there are; it will find it */
    expect(REG(MHU0 + CPU1_STAT), 1);
    expect(REG(MHU0 + 0xfe0), 0x56);
    expect(REG(ISPR) >> IRQ_MHU0 & 3, 0);
    expect(both.done, 0);
    REG(INITSVTOR1) = (uint32_t)vectors1;
    REG(CPUWAIT) = 0;
    expect(REG(CPUWAIT), 0);
    wait_for(&both.done, 1);
    expect(both.id, 1);
    expect(both.vtor, (uint32_t)vectors1);
    expect((both.sp + 0xff) & 0xffffff00, 0x38100000);
    expect(both.isar1, 0x02212000);
    expect(both.mvfr0, 0x10110021);
    expect(both.syst_rvr, 0);
    expect(REG(SYST_RVR), 0x111111);
    expect(both.product, 0x40c80000) /* 6.25 */;
    expect(both.pending_mhu, 1);
    REG(ISER) = 1 << IRQ_MHU0 | 1 << IRQ_MHU1;
    both.phase = 1;
    wait_for(&both.done, 2);
    while (both.entered[0][IRQ_MHU1] == 0)
        ;
    expect(both.entered[1][IRQ_MHU0], 1);
    expect(both.entered[0][IRQ_MHU0], 0);
    expect(both.entered[0][IRQ_MHU1], 1);
    expect(REG(MHU0 + CPU1_STAT) | REG(MHU1 + CPU0_STAT), 0);
    both.phase = 2;
    for (int i = 0; i < 2000; i++)
        add(&both.counter);
    wait_for(&both.done, 3);
    expect(both.counter, 4000);
    both.phase = 3;
    SEV();
    wait_for(&both.done, 4);
    REG(ISER) = 1 << IRQ_TIMER0; /* a common interrupt: level, until the first CPU clears it */
    REG(TIMER_RELOAD) = 200;
    REG(TIMER_CTRL) = 9;
    wait_for(&both.done, 5);
    while (both.entered[0][IRQ_TIMER0] == 0)
        ;
    expect(both.entered[0][IRQ_TIMER0] > 0, 1);
    expect(both.entered[1][IRQ_TIMER0], 1);
}

/* -- What is refused: the second SRAM bank is given to the non-secure state, as is a timer -- */

static uint32_t load(uint32_t address)
{
    uint32_t v;
    __asm__ volatile("ldr.w %0, [%1]" : "=r"(v) : "r"(address) : "memory");
    return v;
}

static void refused(void)
{
    REG(0x30008000) = 0x12345678;
    expect(load(0x30008000), 0x12345678);
    REG(SRAM_MPC + INT_EN) = 1;
    REG(ISER) = 1 << IRQ_MPC | 1 << IRQ_PPC;
    REG(SRAM_MPC + BLK_IDX) = 0;
    REG(SRAM_MPC + BLK_LUT) = 0xffffffff;
    BARRIER();
#ifndef PLAIN /* on QEMU a refused access is a bus error, and nothing says so */
    expect(load(0x30008000), 0); /* its interrupt comes at once */
    BARRIER();
    expect(both.entered[0][IRQ_MPC], 1);
    expect(REG(SRAM_MPC + INT_INFO1), 0x30008000);
    REG(ICER) = 1 << IRQ_MPC;
    REG(0x30008004) = 1;
    BARRIER();
    expect(REG(SRAM_MPC + INT_STAT), 1);
    expect(REG(SECMPCINTSTATUS), 2);
    expect(REG(SRAM_MPC + INT_INFO1), 0x30008004);
    expect(REG(SRAM_MPC + INT_INFO2) & 0x60000, 1 << 18);
    REG(SRAM_MPC + INT_CLEAR) = 1;
    expect(REG(SECMPCINTSTATUS), 0);
#endif
    REG(SHCSR) = 1 << 17;
    REG(SRAM_MPC + MPC_CTRL) = 0x110; /* bus errors */
    BARRIER();
    load(0x30008008);
    expect(both.cfsr[0], 0x8200);
    expect(both.bfar[0], 0x30008008);
    REG(SRAM_MPC + MPC_CTRL) = 0x100;
    REG(SRAM_MPC + BLK_IDX) = 0;
    REG(SRAM_MPC + BLK_LUT) = 0;
    expect(load(0x30008000), 0x12345678);

    REG(TIMER_RELOAD) = 77;
    REG(APBNSPPC0) = 1; /* the first timer */
#ifndef PLAIN /* on QEMU the interrupt can't be cleared */
    REG(SECPPCINTEN) = 1;
    BARRIER();
    expect(load(TIMER_RELOAD), 0);
    BARRIER();
    expect(both.entered[0][IRQ_PPC], 1);
    expect(REG(SECPPCINTSTAT), 0);
#endif
    both.cfsr[0] = 0;
    REG(SECRESPCFG) = 1;
    BARRIER();
    load(TIMER_RELOAD);
    expect(both.cfsr[0], 0x8200);
    expect(both.bfar[0], TIMER_RELOAD);
    REG(APBNSPPC0) = 0;
    BARRIER();
    expect(load(TIMER_RELOAD), 77);

    REG(SRAM_MPC + MPC_CTRL) = 0x110;
    REG(SRAM_MPC + BLK_IDX) = 0;
    REG(SRAM_MPC + BLK_LUT) = 0xffffffff;
    both.phase = 4; /* which fault of each CPU is its own */
    both.cfsr[0] = 0;
    wait_for(&both.done, 6);
    expect(both.cfsr[1], 0x8200);
    expect(both.bfar[1], 0x30008000);
    expect(both.cfsr[0], 0);
}

__attribute__((noreturn)) static void main_(void)
{
    two_cpus();
    refused();
    end_checks();
}

__asm__(".section .text.reset, \"ax\"\n.thumb_func\n.global reset\nreset: b first\n.text\n");
__attribute__((used, noreturn)) static void first(void)
{
    for (volatile uint32_t *p = (volatile uint32_t *)&both; p < (volatile uint32_t *)(&both + 1); p++)
        *p = 0;
    main_();
}

__attribute__((section(".vectors"), used)) static const uint32_t vectors0[16 + 16] = {
    0x38080000, (uint32_t)first, [2] = (uint32_t)fault, (uint32_t)fault, (uint32_t)fault, (uint32_t)fault,
    (uint32_t)fault, (uint32_t)fault, [16] = (uint32_t)on_irq, (uint32_t)on_irq, (uint32_t)on_irq, (uint32_t)on_irq,
    (uint32_t)on_irq, (uint32_t)on_irq, (uint32_t)on_irq, (uint32_t)on_irq, (uint32_t)on_irq, (uint32_t)on_irq,
    (uint32_t)on_irq, (uint32_t)on_irq, (uint32_t)on_irq, (uint32_t)on_irq, (uint32_t)on_irq, (uint32_t)on_irq,
};
