/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices of lm3s6965evb: timers, GPIO, SSI with the display, I2C, watchdog. With PLAIN, what QEMU has of it. It ends
 * with a picture on the display, and says so.
 */
#include "host.h"

enum { ISER = 0xe000e100, GPIOA = 0x40004000, GPIOC = 0x40006000, GPIOD = 0x40007000, SSI = 0x40008000,
       I2C = 0x40020000, TIMER0 = 0x40030000, TIMER1 = 0x40031000, WATCHDOG = 0x40000000 };
enum { CFG = 0, TAMR = 4, TBMR = 8, CTL = 0xc, IMR = 0x18, RIS = 0x1c, ICR = 0x24, TAILR = 0x28, TBILR = 0x2c,
       TBPR = 0x3c, TAR = 0x48 };
enum { DIR = 0x400, IS = 0x404, IBE = 0x408, IEV = 0x40c, IM = 0x410, GPIO_RIS = 0x414, GPIO_ICR = 0x41c, PUR = 0x510,
       DEN = 0x51c, LOCK = 0x520 };

extern uint32_t bss_start[], bss_end[];
void reset(void);

static volatile uint32_t count[64];

static void interrupt(void)
{
    uint32_t n;
    __asm__ volatile("mrs %0, ipsr" : "=r"(n));
    n -= 16;
    count[n]++;
    switch (n) {
    case 18: REG(WATCHDOG + 0xc) = 1; break;
    case 19: REG(TIMER0 + ICR) = 1; break;
    case 21: case 22: REG(TIMER1 + ICR) = 0x101; break;
    case 8: REG(I2C + 0x1c) = 1; break;
    default: break;
    }
    __asm__ volatile("dsb" ::: "memory");
}

static void fault(void)
{
    expect(0, 1);
    end_checks();
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16 + 64])(void) = {
    (void (*)(void))0x20001800, reset, fault, fault, fault, fault, fault, [16 ... 16 + 63] = interrupt,
};

static void enable(unsigned n)
{
    REG(ISER + n / 32 * 4) = 1u << n % 32;
}

static void test_timers(void)
{
    enable(19);
    REG(TIMER0 + CTL) = 0;
    REG(TIMER0 + CFG) = 0;
    REG(TIMER0 + TAMR) = 1; /* once */
    REG(TIMER0 + TAILR) = 20000;
    REG(TIMER0 + IMR) = 1;
    REG(TIMER0 + CTL) = 1;
    while (!count[19])
        ;
    expect(REG(TIMER0 + CTL) & 1, 0);
    REG(TIMER0 + TAMR) = 2;
    REG(TIMER0 + TAILR) = 10000;
    REG(TIMER0 + CTL) = 1;
    while (count[19] < 4)
        ;
    REG(TIMER0 + CTL) = 0;
    while (REG(TIMER0 + RIS) & 1) /* it may have fired once more just before */
        ;
    expect(REG(TIMER0 + RIS) & 1, 0);
#ifndef PLAIN /* QEMU has the 32-bit modes */
    expect(REG(TIMER0 + TAR) <= 10000, 1);
    enable(21);
    enable(22);
    REG(TIMER1 + CFG) = 4;
    REG(TIMER1 + TAMR) = 2;
    REG(TIMER1 + TBMR) = 2;
    REG(TIMER1 + TAILR) = 0xffff;
    REG(TIMER1 + TBILR) = 1000;
    REG(TIMER1 + TBPR) = 9;
    REG(TIMER1 + IMR) = 0x101;
    REG(TIMER1 + CTL) = 0x101;
    while (!count[21])
        ;
    expect(count[22] >= 1, 1);
    REG(TIMER1 + CTL) = 0;
#endif
}

static void test_gpio(void)
{
    REG(GPIOA + DEN) = 0xff;
    expect(REG(GPIOA + DEN), 0xff);
    REG(GPIOA + DIR) = 0x0f;
    REG(GPIOA + (0xff << 2)) = 0xa5;
    expect(REG(GPIOA + (0x0f << 2)), 5);
    REG(GPIOA + (0x06 << 2)) = 0xff; /* these two only */
    expect(REG(GPIOA + (0x0f << 2)), 7);
    REG(GPIOA + PUR) = 0xf0;
    expect(REG(GPIOA + PUR), 0xf0);
#ifndef PLAIN
    expect(REG(GPIOA + (0xff << 2)), 0xf7);
    enable(0);
    REG(GPIOA + IS) = 0;
    REG(GPIOA + IBE) = 0;
    REG(GPIOA + IEV) = 0x10;
    REG(GPIOA + PUR) = 0;
    REG(GPIOA + GPIO_ICR) = 0xff;
    expect(REG(GPIOA + GPIO_RIS), 0);
    REG(GPIOA + PUR) = 0x10; /* a rising edge */
    expect(REG(GPIOA + GPIO_RIS), 0x10);
    REG(GPIOA + GPIO_ICR) = 0x10;
    expect(REG(GPIOA + GPIO_RIS), 0);
#endif
    expect(REG(GPIOA + 0xfe0), 0x61);
}

/* -- The display -- */

static uint32_t exchange(uint32_t byte)
{
    while (!(REG(SSI + 0xc) & 2))
        ;
    REG(SSI + 8) = byte;
    while (!(REG(SSI + 0xc) & 4))
        ;
    return REG(SSI + 8);
}

static void send(int data, const uint8_t *bytes, unsigned n)
{
    REG(GPIOC + (0x80 << 2)) = data ? 0x80 : 0;
    while (n--)
        exchange(*bytes++);
}

static void test_ssi(void)
{
    REG(SSI + 4) = 0;
    REG(SSI + 0x10) = 2;
    REG(SSI) = 7;
    REG(SSI + 4) = 2 | 1; /* what is sent comes back */
    expect(exchange(0x5a), 0x5a);
    for (unsigned i = 0; i < 8; i++)
        REG(SSI + 8) = i;
    expect(REG(SSI + 0xc) & 0xc, 0xc);
    expect(REG(SSI + 0x18) & 4, 4);
    for (unsigned i = 0; i < 8; i++)
        expect(REG(SSI + 8), i);
    expect(REG(SSI + 0xc), 3);
    REG(SSI) = 15;
    expect(exchange(0x1234), 0x1234);
    REG(SSI) = 7;
    REG(SSI + 4) = 2;
}

static const uint8_t smile[8] = { 0x3c, 0x42, 0xa5, 0x81, 0xa5, 0x99, 0x42, 0x3c };

/* A frame, a ramp of greys in it, and a face of 8 x 8 points of 4 x 4 pixels. */
static unsigned picture(unsigned x, unsigned y)
{
    if (x == 0 || y == 0 || x == 127 || y == 63)
        return 15;
    if (y < 20)
        return x / 8;
    if (x >= 48 && x < 80 && y >= 26 && y < 58)
        return smile[(y - 26) / 4] >> (7 - (x - 48) / 4) & 1 ? 12 : 2;
    return 0;
}

static void draw(void)
{
    static const uint8_t set_up[] = { 0xa0, 0x52, 0xa1, 0, 0xa4, 0x15, 0, 63, 0x75, 0, 63, 0xaf };
    REG(GPIOC + DIR) = 0x80;
    REG(GPIOD + DIR) = 1;
    REG(GPIOD + (1 << 2)) = 1;
    send(0, set_up, sizeof(set_up));
    for (unsigned y = 0; y < 64; y++) {
        for (unsigned x = 0; x < 128; x += 2) {
            uint8_t two = picture(x, y) << 4 | picture(x + 1, y);
            send(1, &two, 1);
        }
    }
}

#ifndef PLAIN
enum { MSA = I2C, MCS = I2C + 4, MDR = I2C + 8, MIMR = I2C + 0x10, MCR = I2C + 0x20 };

/* A TMP105 at 0x48: its upper limit after a reset. */
static void test_i2c(void)
{
    REG(MCR) = 0x10;
    expect(REG(MCS), 0x20);
    REG(MSA) = 0x21 << 1;
    REG(MDR) = 0;
    REG(MCS) = 7;
    expect(REG(MCS) & 7, 6); /* nobody */
    REG(MSA) = 0x48 << 1;
    REG(MDR) = 3;
    REG(MCS) = 3;
    expect(REG(MCS), 0x40);
    REG(MSA) = 0x48 << 1 | 1;
    REG(MCS) = 0xb;
    expect(REG(MDR), 0x50);
    enable(8);
    REG(MIMR) = 1;
    REG(MCS) = 5;
    expect(REG(MDR), 0);
    expect(REG(MCS), 0x20);
    expect(count[8] >= 1, 1);
}

static void test_watchdog(void)
{
    enable(18);
    REG(WATCHDOG + 0xc00) = 0x1acce551;
    expect(REG(WATCHDOG + 0xc00), 0);
    REG(WATCHDOG) = 5000;
    REG(WATCHDOG + 8) = 1;
    while (!count[18])
        ;
    REG(WATCHDOG) = 0xffffffff;
    REG(WATCHDOG + 0xc00) = 0;
    expect(REG(WATCHDOG + 0xc00), 1);
}
#endif

void reset(void)
{
    for (uint32_t *p = bss_start; p < bss_end; p++)
        *p = 0;
    test_timers();
    test_gpio();
    test_ssi();
#ifndef PLAIN
    test_i2c();
    test_watchdog();
#endif
    draw();
    print(wrong ? "failed\n" : "passed and drawn\n");
#ifdef END
    end(wrong != 0);
#endif
    for (;;)
        ;
}
