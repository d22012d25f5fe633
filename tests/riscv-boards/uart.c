/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SiFive's UART on sifive_e, after its clocks: says hello, echoes by interrupts of the PLIC what comes, in capitals,
 * until 'q'.
 */
#include <stdint.h>

#define REG(address) (*(volatile uint32_t *)(uintptr_t)(address))
enum { PRCI = 0x10008000, UART = 0x10013000, PLIC = 0xc000000, SOURCE = 3 };
enum { TXDATA = 0x00, RXDATA = 0x04, TXCTRL = 0x08, RXCTRL = 0x0c, IE = 0x10 };

static volatile unsigned quit;

static void put(char c)
{
    while (REG(UART + TXDATA) >> 31)
        ;
    REG(UART + TXDATA) = c;
}

__attribute__((interrupt, aligned(4))) void trap(void)
{
    uint32_t source = REG(PLIC + 0x200004), c;

    while (!((c = REG(UART + RXDATA)) >> 31)) {
        quit |= c == 'q';
        put(c >= 'a' && c <= 'z' ? c - 32 : c);
    }
    if (source != SOURCE)
        put('!');
    REG(PLIC + 0x200004) = source;
}

void begin(void)
{
    REG(PRCI) = 1u << 30 | 0x40004;      /* HFROSC */
    while (!(REG(PRCI) >> 31))
        ;
    REG(PRCI + 8) |= 1u << 18;           /* PLL: bypassed */
    while (!(REG(PRCI + 8) >> 31))
        ;
    REG(UART + TXCTRL) = 1;
    REG(UART + RXCTRL) = 1;
    REG(UART + IE) = 2;
    REG(PLIC + 4 * SOURCE) = 1;
    REG(PLIC + 0x2000) = 1u << SOURCE;
    for (const char *s = "hello\n"; *s; s++)
        put(*s);
    __asm__ volatile("csrw mtvec, %0; csrs mie, %1; csrsi mstatus, 8" :: "r"(trap), "r"(0x800));
    for (;;) { /* what comes between the look and wfi is pending then, and ends it */
        __asm__ volatile("csrci mstatus, 8" ::: "memory");
        if (quit)
            break;
        __asm__ volatile("wfi\n csrsi mstatus, 8" ::: "memory");
    }
    put('\n');
    for (const char *s = "end\n"; *s; s++)
        put(*s);
    for (;;)
        ;
}

void refused(void)
{
    put('?');
    for (;;)
        ;
}
