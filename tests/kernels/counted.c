/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Work that takes a while and shows on the console how far it is: arithmetic of both kinds, memory, atomics, timer
 * interrupts, harts that sleep; what comes out depends on every instruction and on the time it was executed at. For
 * snapshots under -icount.
 */
#include "kernel.h"

#define TIMECMP(h) (*(volatile uint64_t *)(CLINT + 0x4000 + 8 * (h)))
#define TIME (*(volatile uint64_t *)(CLINT + 0xbff8))
#define INTERVAL 20000 /* of 100 ns */
#define TICKS 200
#define WORDS 4096

static volatile unsigned ticks[8];
static uint64_t sums[8], table[8][WORDS], shared;
static double halves[8];

word trap(word cause, word epc, word tval)
{
    word h = hart();

    check(cause == (INTERRUPT | IRQ_TIMER));
    sums[h] = sums[h] * 31 + TIME;
    TIMECMP(h) += INTERVAL;
    ticks[h]++;
    if (h == 0)
        MMIO8(UART) = 'a' + sums[h] % 26;
    return epc;
}

void kmain(word h)
{
    static uint32_t started, ended;
    uint64_t x = h;

    meet(&started, HARTS);
    csr_set(status, 0x6000); /* floating point */
    TIMECMP(h) = TIME + INTERVAL;
    interrupts_on((word)1 << IRQ_TIMER);
    while (ticks[h] < TICKS) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        table[h][x % WORDS] ^= x >> 7;
        halves[h] = halves[h] / 2 + (double)(x >> 40);
        if (x % 1024 == 0)
            __atomic_fetch_add(&shared, x, __ATOMIC_SEQ_CST);
        if ((h & 1) && x % 4096 == 0)
            wfi();
    }
    interrupts_off();
    __atomic_fetch_add(&shared, sums[h] + (uint64_t)halves[h], __ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < WORDS; i++)
        __atomic_fetch_add(&shared, table[h][i], __ATOMIC_SEQ_CST);
    meet(&ended, HARTS);
    if (h == 0)
        passed(" sum %x", (word)shared);
    for (;;)
        wfi();
}
