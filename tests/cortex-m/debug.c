/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Debugging by the program itself: breakpoints of the FPB, watchpoints of the DWT, which are DebugMonitor exceptions,
 * and the ITM's stimulus port 0.
 */
#include "host.h"

enum { ITM = 0xe0000000, ITM_TER = ITM + 0xe00, ITM_TCR = ITM + 0xe80, DWT_COMP1 = 0xe0001030, DWT_MASK1 = 0xe0001034,
       DWT_FUNCTION1 = 0xe0001038, FP_CTRL = 0xe0002000, FP_COMP0 = 0xe0002008, DFSR = 0xe000ed30, DEMCR = 0xe000edfc,
       HFSR = 0xe000ed2c, SHPR3 = 0xe000ed20 };
#define TRCENA (1u << 24)
#if __ARM_ARCH_8M_MAIN__
#define MON_EN (1u << 16 | 1u << 20) /* SDME: for the secure state */
#define FUNCTION_WRITE (0x5 | 1 << 4 | 2 << 10) /* a debug event, of a word */
#define FUNCTION_READ (0x6 | 1 << 4 | 2 << 10)
#else
#define MON_EN (1u << 16)
#define FUNCTION_WRITE 6
#define FUNCTION_READ 5
#endif

static volatile uint32_t entered, ipsr, pc, dfsr, hfsr, result;
static volatile uint32_t watched[4];

__attribute__((used)) static void on_exception(uint32_t *frame)
{
    __asm__ volatile("mrs %0, ipsr" : "=r"(result));
    entered++;
    ipsr = result;
    pc = frame[6];
    dfsr = REG(DFSR);
    hfsr = REG(HFSR);
    REG(DFSR) = dfsr;
    REG(HFSR) = hfsr;
    REG(FP_CTRL) = 2; /* that one is done */
}

__attribute__((naked)) static void handler(void)
{
    __asm__ volatile("mov r0, sp\n push {r3, lr}\n bl on_exception\n pop {r3, pc}\n");
}

void reset(void);
extern uint32_t bss_start[], bss_end[];
__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    (void (*)(void))STACK, reset, handler, handler, handler, handler, handler, handler, handler, handler, handler,
    handler, handler, handler, handler, handler,
};

__attribute__((noinline, aligned(4))) static uint32_t twice(uint32_t v)
{
    __asm__ volatile("nop\n nop" ::: "memory");
    return 2 * v;
}

/* A comparator for an address: which half of the word, or all of the address. */
static void set_breakpoint(uint32_t at)
{
    if (REG(FP_CTRL) >> 28)
        REG(FP_COMP0) = at | 1;
    else
        REG(FP_COMP0) = (at & ~3u) | (at & 2 ? 2u : 1u) << 30 | 1;
    REG(FP_CTRL) = 3;
    __asm__ volatile("dsb\n isb");
}

static void test_breakpoints(void)
{
    uint32_t first = (uint32_t)twice & ~1u;
    expect(REG(FP_CTRL) >> 4 & 15, 6);
    REG(DEMCR) = MON_EN | TRCENA;
    for (unsigned offset = 0; offset <= 2; offset += 2) { /* either half of a word */
        entered = 0;
        set_breakpoint(first + offset);
        expect(twice(21), 42);
        expect(entered, 1);
        expect(ipsr, 12);
        expect(pc, first + offset);
        expect(dfsr, 2);
        expect(hfsr, 0);
    }
    entered = 0; /* without a monitor it is a HardFault */
    REG(DEMCR) = TRCENA;
    set_breakpoint(first);
    expect(twice(4), 8);
    expect(ipsr, 3);
    expect(hfsr, 0x80000000);
    entered = 0;
    REG(FP_CTRL) = 3;
    REG(FP_COMP0) = 0;
    expect(twice(5), 10);
    expect(entered, 0);
    REG(FP_CTRL) = 2;
    REG(DEMCR) = MON_EN | TRCENA;
}

static void test_watchpoints(void)
{
    REG(DWT_COMP1) = (uint32_t)&watched[1];
    REG(DWT_MASK1) = 2;
    REG(DWT_FUNCTION1) = FUNCTION_WRITE;
    entered = 0;
    watched[0] = 1;
    watched[2] = watched[1];
    expect(entered, 0);
    watched[1] = 7;
    __asm__ volatile("isb");
    expect(entered, 1);
    expect(ipsr, 12);
    expect(dfsr, 4);
    expect(watched[1], 7);
    expect(REG(DWT_FUNCTION1) >> 24 & 1, 1);
    expect(REG(DWT_FUNCTION1) >> 24 & 1, 0);
    REG(DWT_FUNCTION1) = FUNCTION_READ;
    watched[1] = 8;
    expect(entered, 1);
    uint32_t v = watched[1];
    __asm__ volatile("isb");
    expect(v, 8);
    expect(entered, 2);
    REG(DEMCR) = TRCENA; /* without a monitor nothing happens */
    v = watched[1];
    expect(entered, 2);
    REG(DWT_FUNCTION1) = 0;
}

static void test_itm(void)
{
    REG(ITM_TCR) = 1;
    REG(ITM_TER) = 1;
    for (const char *s = "traced\n"; *s; s++) {
        while (!REG(ITM))
            ;
        REG8(ITM) = *s;
    }
    REG8(ITM + 4) = '?'; /* another port */
    REG(ITM) = 'e' | 'n' << 8 | 'd' << 16 | '\n' << 24;
    REG(ITM_TER) = 0;
    REG8(ITM) = '?';
    expect(REG(ITM), 1);
}

void reset(void)
{
    for (uint32_t *p = bss_start; p < bss_end; p++)
        *p = 0;
    test_breakpoints();
    test_watchpoints();
    test_itm();
    end_checks();
}
