/* SPDX-License-Identifier: BSD-2-Clause */
/* 100,000 interrupts of SysTick, one each 10 us of the core's 25 MHz, with WFI between them. */
#include "bench.h"

#define REG(address) (*(volatile uint32_t *)(address))
enum { SYST_CSR = 0xe000e010, SYST_RVR = 0xe000e014, SYST_CVR = 0xe000e018, VTOR = 0xe000ed08 };
#define INTERRUPTS 100000

static volatile uint32_t count;

static void tick(void)
{
    count++;
}

static void (*const vectors[16])(void) __attribute__((aligned(128))) = { [15] = tick };

uint64_t bench(void)
{
    REG(VTOR) = (uint32_t)vectors;
    REG(SYST_RVR) = 25000000 / 100000 - 1;
    REG(SYST_CVR) = 0;
    REG(SYST_CSR) = 7;
    while (count < INTERRUPTS)
        __asm__ volatile("wfi");
    return 0;
}
