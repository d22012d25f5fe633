/* SPDX-License-Identifier: BSD-2-Clause */
/* The micro:bit's LEDs: a heart, one row after the other as a program has to light them; then button A, and the end. */
#include "host.h"

enum { OUT = 0x50000504, IN = 0x50000510, DIRSET = 0x50000518, PIN_CNF17 = 0x50000744, TIMER = 0x40008000 };

extern uint32_t bss_start[], bss_end[];
void reset(void);

__attribute__((section(".vectors"), used)) static void (*const vectors[2])(void) = { (void (*)(void))0x20001800, reset };

/* Of each row the columns that are lit. */
static const uint16_t heart[3] = { 0x170, 0x01f, 0x1f9 };

static void wait(uint32_t us)
{
    REG(TIMER + 0xc) = 1; /* CLEAR */
    do
        REG(TIMER + 0x40) = 1; /* CAPTURE[0] */
    while (REG(TIMER + 0x540) < us);
}

void reset(void)
{
    for (uint32_t *p = bss_start; p < bss_end; p++)
        *p = 0;
    REG(TIMER + 0x508) = 3; /* 32 bits, 1 MHz */
    REG(TIMER + 0x510) = 4;
    REG(TIMER) = 1;
    REG(DIRSET) = 0xfff0;
    REG(PIN_CNF17) = 0;
    for (unsigned round = 0; REG(IN) >> 17 & 1; round++) {
        for (unsigned row = 0; row < 3; row++) {
            REG(OUT) = 1u << (13 + row) | (~heart[row] & 0x1ffu) << 4;
            wait(6000);
        }
        if (round == 10)
            print("drawn\n");
    }
    print("button A\n");
    end(0);
}
