/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices of the MPS2 boards: dual timer, watchdog, FPGAIO, GPIO, SSP. BASE and IO are where they are; with PLAIN, what
 * QEMU has of it.
 */
#include "host.h"

#if BOARD_TZ
enum { DUAL = 0x50002000, GPIO0 = 0x50100000, SSP = 0x50205000, FPGAIO = 0x50302000, SCC = 0x50300000,
       IRQ_DUAL = 5, IRQ_GPIO0 = 68 };
#else
enum { DUAL = 0x40002000, WATCHDOG = 0x40008000, GPIO0 = 0x40010000, SSP = 0x40020000, FPGAIO = 0x40028000,
       SCC = 0x4002f000, IRQ_DUAL = 10, IRQ_GPIO0 = 6 };
#endif
enum { ISER = 0xe000e100 };

extern uint32_t bss_start[], bss_end[];
void reset(void);

static volatile uint32_t count[128], nmi;

static void interrupt(void)
{
    uint32_t n;
    __asm__ volatile("mrs %0, ipsr" : "=r"(n));
    n -= 16;
    count[n]++;
    if (n == IRQ_DUAL) {
        REG(DUAL + 0xc) = 1;
        REG(DUAL + 0x2c) = 1;
    } else if (n == IRQ_GPIO0) {
        REG(GPIO0 + 0x38) = 0xffff;
    }
    __asm__ volatile("dsb" ::: "memory");
}

static void on_nmi(void)
{
    nmi++;
#if !BOARD_TZ
    REG(WATCHDOG + 0xc) = 1;
    __asm__ volatile("dsb" ::: "memory");
#endif
}

static void fault(void)
{
    expect(0, 1);
    end_checks();
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16 + 128])(void) = {
    (void (*)(void))STACK, reset, on_nmi, fault, fault, fault, fault, [16 ... 16 + 127] = interrupt,
};

static void enable(unsigned n)
{
    REG(ISER + n / 32 * 4) = 1u << n % 32;
}

static void test_dual_timer(void)
{
    enable(IRQ_DUAL);
    REG(DUAL) = 20000;
    REG(DUAL + 8) = 0xe2; /* on, periodic, interrupts, 32 bits */
    while (count[IRQ_DUAL] < 3)
        ;
    REG(DUAL + 8) = 0;
    expect(REG(DUAL + 4) <= 20000, 1);
    expect(REG(DUAL), 20000);
    /* The other one: once, with a prescaler of 16. */
    count[IRQ_DUAL] = 0;
    REG(DUAL + 0x20) = 1000;
    REG(DUAL + 0x28) = 0xa7;
    while (!count[IRQ_DUAL])
        ;
    expect(REG(DUAL + 0x24), 0);
    expect(REG(DUAL + 0x30), 0);
    REG(DUAL + 0x28) = 0;
    expect(REG(DUAL + 0xfe0), 0x23);
}

static void test_fpgaio(void)
{
    REG(FPGAIO) = 1;
    expect(REG(FPGAIO), 1);
    expect(REG(FPGAIO + 8), 0);
    REG(FPGAIO + 0x1c) = 24;
    uint32_t at = REG(FPGAIO + 0x18);
    while (REG(FPGAIO + 0x18) == at)
        ;
    REG(FPGAIO + 0x14) = 1000;
    at = REG(FPGAIO + 0x14);
    expect(at >= 1000 && at < 1100, 1);
    REG(FPGAIO + 0x4c) = 0x55;
    expect(REG(FPGAIO + 0x4c), 0x55);
}

static void test_ssp(void)
{
    REG(SSP + 0x10) = 2;
    REG(SSP) = 7;
    REG(SSP + 4) = 3;
    REG(SSP + 8) = 0x77;
    while (!(REG(SSP + 0xc) & 4))
        ;
    expect(REG(SSP + 8), 0x77);
    expect(REG(SSP + 0xfe0), 0x22);
}

static void test_scc(void)
{
    expect(REG(SCC + 0xffc), SCC_ID);
    expect(REG(SCC + 0x100), 0xffff0001); /* the DLLs are locked */
    REG(SCC + 0x4) = 0xa5;
    expect(REG(SCC + 0x4), 0xa5);
    REG(SCC + 0xa8) = 1u << 31 | 1 << 20; /* an access of the configuration's ends at once */
    expect(REG(SCC + 0xac) & 1, 1);
    expect(REG(SCC + 0xa8) >> 31, 0);
}

#if !BOARD_TZ
static void test_watchdog(void)
{
    expect(REG(WATCHDOG + 0xfe0), 0x24);
    REG(WATCHDOG) = 20000;
    REG(WATCHDOG + 8) = 1;
    while (nmi < 2)
        ;
    REG(WATCHDOG + 8) = 0;
    expect(nmi >= 2, 1);
    REG(WATCHDOG + 0xc00) = 0;
    REG(WATCHDOG) = 5;
    expect(REG(WATCHDOG), 20000);
    REG(WATCHDOG + 0xc00) = 0x1acce551;
}
#endif

#ifndef PLAIN
static void test_gpio(void)
{
    enable(IRQ_GPIO0);
    REG(GPIO0 + 4) = 0x0004;
    expect(REG(GPIO0) & 4, 0);
    REG(GPIO0 + 0x10) = 0x0c;
    expect(REG(GPIO0) & 0xc, 4);
    REG(GPIO0 + 0x400 + (8 << 2)) = 0xff;
    expect(REG(GPIO0 + 4), 0xc);
    REG(GPIO0 + 0x800 + (1 << 2)) = 0xffff;
    expect(REG(GPIO0 + 4), 0x10c);
    REG(GPIO0 + 0x28) = 4; /* edges, falling */
    REG(GPIO0 + 0x20) = 4;
    expect(count[IRQ_GPIO0], 0);
    REG(GPIO0 + 4) = 0;
    __asm__ volatile("dsb\n isb" ::: "memory");
    expect(count[IRQ_GPIO0], 1);
    REG(GPIO0 + 0x14) = 4;
    expect(REG(GPIO0 + 0x10), 8);
    expect(REG(GPIO0 + 0xfe0), 0x20);
}
#endif

void reset(void)
{
    for (uint32_t *p = bss_start; p < bss_end; p++)
        *p = 0;
    test_dual_timer();
    test_fpgaio();
    test_ssp();
    test_scc();
#if !BOARD_TZ
    test_watchdog();
#endif
#ifndef PLAIN
    test_gpio();
#endif
    end_checks();
}
