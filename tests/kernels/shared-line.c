/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two clocks on one level-triggered source (the board of shared-line.dts). A handler that serves one of them at a time
 * has to be called again for the other.
 */
#include "kernel.h"

#define RTC(n) (0x101000 + 0x1000 * (n))
#define RTC_IRQ 11
#define ROUNDS 200

static volatile unsigned served[2], turn;
static volatile bool armed[2];

static uint64_t now(unsigned n)
{
    uint64_t low = MMIO32(RTC(n));

    return (uint64_t)MMIO32(RTC(n) + 4) << 32 | low;
}

/* Alarm in so many nanoseconds; 0: it is due. */
static void arm(unsigned n, unsigned ns)
{
    uint64_t at = now(n) + ns;

    armed[n] = true;
    MMIO32(RTC(n) + 12) = at >> 32;
    MMIO32(RTC(n) + 8) = at;
}

word trap(word cause, word epc, word tval)
{
    check(cause == (INTERRUPT | IRQ_EXTERNAL));
    check(plic_claim() == RTC_IRQ);
    /* One that has rung: its alarm is not running any more. */
    unsigned n = armed[turn] && MMIO32(RTC(turn) + 0x18) == 0 ? turn : !turn;
    check(armed[n]);
    MMIO32(RTC(n) + 0x1c) = 1;
    armed[n] = false;
    served[n]++;
    plic_complete(RTC_IRQ);
    return epc;
}

void kmain(word hart)
{
    plic_enable(RTC_IRQ);
    MMIO32(RTC(0) + 16) = MMIO32(RTC(1) + 16) = 1;
    interrupts_on((word)1 << IRQ_EXTERNAL);
    for (unsigned i = 0; i < ROUNDS; i++) {
        unsigned late = i % 3; /* 0: both ring at once */
        turn = i & 1;
        interrupts_off();
        arm(0, late == 1 ? 50000 : 0);
        arm(1, late == 2 ? 50000 : 0);
        csr_set(status, STATUS_IE);
        while (served[0] != i + 1 || served[1] != i + 1)
            ;
    }
    check(plic_claim() == 0);
    passed("%u interrupts of each", (word)ROUNDS);
}
