/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first UART of a board: says hello, echoes what comes by interrupts in capitals, ends at 'q'. Which kind of UART
 * it is, its address and interrupt, and where clocks are to be set up, the compiler's command line says.
 */
#include "host.h"

#ifndef STACK
#define STACK 0x20001800
#endif

extern uint32_t bss_start[], bss_end[];
void reset(void);
static void received(void);
static void fault(void);

__attribute__((section(".vectors"), used)) static void (*const vectors[16 + 64])(void) = {
    (void (*)(void))STACK, reset, fault, fault, fault, fault, fault, [16 + IRQ] = received,
};

#if defined(CMSDK)
enum { DATA = UART, STATE = UART + 4, CTRL = UART + 8, INT = UART + 12, BAUD = UART + 16 };
static void start(void) { REG(BAUD) = 16; REG(CTRL) = 1 | 2 | 8; }
static int room(void) { return !(REG(STATE) & 1); }
static int some(void) { return REG(STATE) & 2; }
static void acknowledge(void) { REG(INT) = 2; }
#elif defined(STM32)
enum { STATE = UART, DATA = UART + 4, BAUD = UART + 8, CTRL = UART + 12 };
static void start(void) { REG(BAUD) = 0x8b; REG(CTRL) = 0x2000 | 8 | 4 | 0x20; }
static int room(void) { return REG(STATE) & 0x80; }
static int some(void) { return REG(STATE) & 0x20; }
static void acknowledge(void) { }
#elif defined(PL011)
enum { DATA = UART, FLAGS = UART + 0x18, LCR = UART + 0x2c, CTRL = UART + 0x30, MASK = UART + 0x38, CLEAR = UART + 0x44 };
static void start(void) { REG(CTRL) = 0x301; REG(MASK) = 0x50; }
static int room(void) { return !(REG(FLAGS) & 0x20); }
static int some(void) { return !(REG(FLAGS) & 0x10); }
static void acknowledge(void) { REG(CLEAR) = 0x50; }
#elif defined(NRF)
enum { STARTRX = UART, STARTTX = UART + 8, RXDRDY = UART + 0x108, TXDRDY = UART + 0x11c, INTENSET = UART + 0x304,
       ENABLE = UART + 0x500, PSELTXD = UART + 0x50c, PSELRXD = UART + 0x514, RXD = UART + 0x518, DATA = UART + 0x51c };
static int sent;
static void start(void)
{
    REG(PSELTXD) = 24;
    REG(PSELRXD) = 25;
    REG(ENABLE) = 4;
    REG(STARTRX) = REG(STARTTX) = 1;
    REG(INTENSET) = 4;
}
static int room(void) /* an event says that the last one is gone; there is none before the first */
{
    int free = !sent || REG(TXDRDY);
    if (free) {
        REG(TXDRDY) = 0;
        sent = 1;
    }
    return free;
}
static int some(void) { return REG(RXDRDY); }
static void acknowledge(void) { }
#endif
#if defined(KINETIS) /* whose registers are bytes */
enum { C2 = UART + 3, S1 = UART + 4, DATA = UART + 7 };
static void start(void) { REG8(C2) = 0x2c; }
static int room(void) { return REG8(S1) & 0x80; }
static int some(void) { return REG8(S1) & 0x20; }
static void acknowledge(void) { }
#elif defined(LPUART)
enum { GLOBAL = UART + 8, BAUD = UART + 0x10, STATE = UART + 0x14, CTRL = UART + 0x18, DATA = UART + 0x1c };
static void start(void)
{
    REG(GLOBAL) = 2;
    REG(GLOBAL) = 0;
    REG(BAUD) = 0x0f000004;
    REG(CTRL) = 0x2c0000;
}
static int room(void) { return REG(STATE) & 0x800000; }
static int some(void) { return REG(STATE) & 0x200000; }
static void acknowledge(void) { }
#endif
#if defined(KINETIS)
#define PUT(c) (REG8(DATA) = (c))
#else
#define PUT(c) (REG(DATA) = (c))
#endif
#ifdef KINETIS
#define TAKE() REG8(DATA)
#elif defined(NRF) /* what comes has an event, which is cleared before it is read */
#define TAKE() (REG(RXDRDY) = 0, REG(RXD))
#else
#define TAKE() REG(DATA)
#endif

static volatile uint32_t quit;

static void put(char c)
{
    while (!room())
        ;
    PUT(c);
}

static void received(void)
{
    acknowledge();
    while (some()) {
        char c = TAKE();
        if (c == 'q')
            quit = 1;
        put(c >= 'a' && c <= 'z' ? c - 32 : c);
    }
}

static void fault(void)
{
    expect(0, 1);
    end_checks();
}

__attribute__((unused)) static void poll(uint32_t address, uint32_t set, uint32_t wait)
{
    REG(address) |= set;
    while ((REG(address) & wait) != wait)
        ;
}

void reset(void)
{
    for (uint32_t *p = bss_start; p < bss_end; p++)
        *p = 0;
#ifdef PLAIN /* QEMU has no clocks on these boards */
#elif defined(STM32) /* as start-up code does: the clock, the flash's wait states, the PLL, and that it is used */
    poll(RCC, 1u << 16, 1u << 17);
    poll(RCC, 1u << 24, 1u << 25);
    REG(FLASH) = 5;
    expect(REG(FLASH) & 7, 5);
    REG(CFGR) = 2;
    poll(CFGR, 0, 2 << 2);
#elif defined(KINETIS) /* the oscillator, that it is used, the PLL's lock */
    REG8(0x40064001) = 0x24;
    while ((REG8(0x40064006) & 0x4e) != 0x4a)
        ;
#elif defined(LPUART) /* a PLL is powered, and locks; what is written stays */
    poll(0x400d8000, 1u << 13, 1u << 31 | 1u << 13);
#elif defined(PL011) /* the PLL's lock */
    poll(0x400fe050, 0, 0x40);
#endif
#if defined(WAKES) && CPU == 0 /* of two the second one, whose vector table is there */
    REG(0x50021114) = WAKES;
    REG(0x50021118) = 0;
#endif
    start();
    REG(0xe000e100 + IRQ / 32 * 4) = 1u << IRQ % 32;
    for (const char *s = "hello\n"; *s; s++)
        put(*s);
    for (;;) { /* what comes between the look and wfi is pending then, and ends it */
        __asm__ volatile("cpsid i" ::: "memory");
        if (quit)
            end_checks();
        __asm__ volatile("wfi\n cpsie i\n isb" ::: "memory");
    }
}
