/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ticks from the CLINT on every hart, as kernels set them that know two 32-bit registers: -DORDER=0 the low half and
 * then the high one, 1 the other way round, 2 the low half alone (the high one is 0 from reset), 3 as the manual says,
 * with the low half out of the way first; 4 both at once (64 bits).
 */
#include "kernel.h"

#define TIMECMP_LOW(h) MMIO32(CLINT + 0x4000 + 8 * (h))
#define TIMECMP_HIGH(h) MMIO32(CLINT + 0x4004 + 8 * (h))
#define TIME_LOW MMIO32(CLINT + 0xbff8)
#define TIME_HIGH MMIO32(CLINT + 0xbffc)
#define INTERVAL 3000 /* of 100 ns */
#define TICKS 30

static volatile unsigned ticks[8];
static uint64_t next[8];

static uint64_t now(void)
{
    uint32_t high, low;

    do {
        high = TIME_HIGH;
        low = TIME_LOW;
    } while (TIME_HIGH != high);
    return (uint64_t)high << 32 | low;
}

static void set(word h, uint64_t at)
{
    switch (ORDER) {
    case 0: TIMECMP_LOW(h) = at; TIMECMP_HIGH(h) = at >> 32; break;
    case 1: TIMECMP_HIGH(h) = at >> 32; TIMECMP_LOW(h) = at; break;
    case 2: TIMECMP_LOW(h) = at; break;
    case 3: TIMECMP_LOW(h) = -1; TIMECMP_HIGH(h) = at >> 32; TIMECMP_LOW(h) = at; break;
    case 4: *(volatile uint64_t *)(CLINT + 0x4000 + 8 * h) = at; break;
    }
}

word trap(word cause, word epc, word tval)
{
    word h = hart();

    check(cause == (INTERRUPT | IRQ_TIMER));
    check(now() >= next[h]); /* never early */
    next[h] = now() + INTERVAL;
    set(h, next[h]);
    ticks[h]++;
    return epc;
}

void kmain(word h)
{
    static uint32_t started, ended;
    uint64_t begin = now();

    next[h] = begin + INTERVAL;
    set(h, next[h]);
    meet(&started, HARTS);
    interrupts_on((word)1 << IRQ_TIMER);
    while (ticks[h] < TICKS) {
        if (h & 1)
            wfi();
    }
    interrupts_off();
    check(now() - begin >= (uint64_t)TICKS * INTERVAL);
    meet(&ended, HARTS);
    if (h == 0)
        passed("%u ticks on each of %u harts", (word)TICKS, (word)HARTS);
    for (;;)
        wfi();
}
