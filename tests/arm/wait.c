/* SPDX-License-Identifier: BSD-2-Clause */
/* WFE and what ends it: SEVL, a return from an exception, an interrupt, and SEV by another CPU. */
#include "second.h"

#define GICD(offset) (*(volatile unsigned *)(0x08000000 + (offset)))
#define GICC(offset) (*(volatile unsigned *)(0x08010000 + (offset)))
#define TIMER_PPI 27
enum { MOST_WAITS = 4 }; /* an event that ends a wait lets the next one pass, too */

#ifdef A32
#define IRQ_ON __asm__ volatile("cpsie i" ::: "memory")
#define IRQ_OFF __asm__ volatile("cpsid i" ::: "memory")
#define LINK "lr"
#define TIMER_TVAL(v) CP_WRITE("p15, 0, %0, c14, c3, 0", v)
#define TIMER_CTL(v) CP_WRITE("p15, 0, %0, c14, c3, 1", v)
#define TIMER_IS_DUE() (CP_READ("p15, 0, %0, c14, c3, 1") >> 2 & 1)
#else
#define IRQ_ON __asm__ volatile("msr daifclr, #2" ::: "memory")
#define IRQ_OFF __asm__ volatile("msr daifset, #2" ::: "memory")
#define LINK "x30"
#define TIMER_TVAL(v) WRITE(cntv_tval_el0, v)
#define TIMER_CTL(v) WRITE(cntv_ctl_el0, v)
#define TIMER_IS_DUE() (READ(cntv_ctl_el0) >> 2 & 1)
#endif
#define WFE __asm__ volatile("wfe" ::: "memory")
#define SEV __asm__ volatile("dsb sy\n sev" ::: "memory")

static volatile unsigned interrupts, ready, go, done, second_waits;

static ulong interrupt(void)
{
    unsigned id = GICC(0xc);
    TIMER_CTL(0);
    interrupts++;
    GICC(0x10) = id;
    return 0;
}

static ulong pass(void)
{
    return 0;
}

static void start_timer(ulong ticks)
{
    interrupts = 0;
    TIMER_TVAL(ticks);
    TIMER_CTL(1);
}

/* The event register is clear, whatever it was. */
static void clear_event(void)
{
    SEV;
    WFE;
}

static void test_interrupt(void)
{
    unsigned waits = 0;
    on_exception = interrupt;
    GICD(0) = 1;
    GICD(0x100) = 1u << TIMER_PPI;
    GICC(4) = 0xff;
    GICC(0) = 1;
    clear_event();
    start_timer(1000000);
    IRQ_ON;
    while (!interrupts) {
        WFE;
        waits++;
    }
    IRQ_OFF;
    check("WFE waits until there is an interrupt", waits <= MOST_WAITS, 1);
}

/* Were there no event each of these would wait for the timer: half a minute, for hosts that are slow without waiting. */
static void test_events(void)
{
    clear_event();
    start_timer(30 * 62500000u);
    SEV;
    WFE;
    check("after one's own SEV it does not wait", TIMER_IS_DUE(), 0);
#ifndef A32
    __asm__ volatile("sevl\n wfe" ::: "memory");
    check("nor after SEVL", TIMER_IS_DUE(), 0);
#endif
    on_exception = pass;
    __asm__ volatile("svc #0" ::: "memory", LINK);
    WFE;
    check("nor after a return from an exception", TIMER_IS_DUE(), 0);
    TIMER_CTL(0);
}

/* It waits for the first CPU. */
void second(void)
{
    clear_event();
    ready = 1;
    while (!go) {
        WFE;
        second_waits++;
    }
    done = 1;
    SEV;
    for (;;)
        WFE;
}

static void test_second(void)
{
    unsigned waits = 0;
    check("the second CPU starts", start_second(), 0);
    while (!ready)
        __asm__ volatile("yield");
    clear_event();
    go = 1;
    SEV;
    WFE;
    while (!done) {
        WFE;
        waits++;
    }
    check("which SEV wakes", go, 1);
    check("after few waits", second_waits <= MOST_WAITS, 1);
    check("as its SEV did here", waits <= MOST_WAITS, 1);
}

void test(void)
{
    test_interrupt();
    test_events();
    test_second();
}
