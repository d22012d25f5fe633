/* SPDX-License-Identifier: BSD-2-Clause */
/* Performance monitors: what counts, overflow, filters, the interrupt; and that the generic timer counts. */
#include "board.h"

#ifdef A32
#define REG(crn, crm, op2) "p15, 0, %0, c" #crn ", c" #crm ", " #op2
#define R(name) CP_READ(name)
#define W(name, v) CP_WRITE(name, v)
#define PMCR REG(9, 12, 0)
#define CNTENSET REG(9, 12, 1)
#define CNTENCLR REG(9, 12, 2)
#define OVSCLR REG(9, 12, 3)
#define SWINC REG(9, 12, 4)
#define SELR REG(9, 12, 5)
#define CEID0 REG(9, 12, 6)
#define CCNTR REG(9, 13, 0)
#define XEVTYPER REG(9, 13, 1)
#define XEVCNTR REG(9, 13, 2)
#define INTENSET REG(9, 14, 1)
#define INTENCLR REG(9, 14, 2)
#define IRQ_ON __asm__ volatile("cpsie i" ::: "memory")
#define IRQ_OFF __asm__ volatile("cpsid i" ::: "memory")
#define VECTOR_IRQ 24
#else
#define R(name) READ(name)
#define W(name, v) WRITE(name, v)
#define PMCR pmcr_el0
#define CNTENSET pmcntenset_el0
#define CNTENCLR pmcntenclr_el0
#define OVSCLR pmovsclr_el0
#define SWINC pmswinc_el0
#define SELR pmselr_el0
#define CEID0 pmceid0_el0
#define CCNTR pmccntr_el0
#define XEVTYPER pmxevtyper_el0
#define XEVCNTR pmxevcntr_el0
#define INTENSET pmintenset_el1
#define INTENCLR pmintenclr_el1
#define IRQ_ON __asm__ volatile("msr daifclr, #2" ::: "memory")
#define IRQ_OFF __asm__ volatile("msr daifset, #2" ::: "memory")
#define VECTOR_IRQ 0x280
#endif
#define GICD(offset) (*(volatile unsigned *)(0x08000000 + (offset)))
#define GICC(offset) (*(volatile unsigned *)(0x08010000 + (offset)))
enum { E = 1, P = 2, C = 4, SW_INCR = 0, CYCLES = 0x11 };

static volatile unsigned interrupts, last;

static ulong interrupt(void)
{
    unsigned id = GICC(0xc);
    last = id;
    interrupts++;
    W(INTENCLR, ~0u);
    GICC(0x10) = id;
    return 0;
}

static void select(unsigned n, unsigned type)
{
    W(SELR, n);
    W(XEVTYPER, type);
}

static u64 physical_count(void)
{
#ifdef A32
    u64 v;
    __asm__ volatile("mrrc p15, 0, %Q0, %R0, c14" : "=r"(v));
    return v;
#else
    return READ(cntpct_el0);
#endif
}

static void software(void)
{
    select(0, SW_INCR);
    W(XEVCNTR, 0);
    W(SWINC, 1);
    check("SW_INCR of a counter that is not enabled", R(XEVCNTR), 0);
    W(CNTENSET, 1);
    W(SWINC, 1);
    W(SWINC, 3);
    check("SW_INCR twice", R(XEVCNTR), 2);
    W(XEVCNTR, 0xffffffff);
    W(OVSCLR, ~0u);
    W(SWINC, 1);
    check("wraps", R(XEVCNTR), 0);
    check("its overflow bit", R(OVSCLR), 1);
    W(OVSCLR, 1);
    check("which a write clears", R(OVSCLR), 0);
    select(0, 0x80000000u | SW_INCR);
    W(SWINC, 1);
    check("not at EL1 with the filter P", R(XEVCNTR), 0);
    select(0, 0x40000000u | SW_INCR);
    W(SWINC, 1);
    check("at EL1 with the filter U", R(XEVCNTR), 1);
    W(CNTENCLR, 1);
}

static void cycles(void)
{
    ulong a, b;
    W(CNTENSET, 1u << 31);
    a = R(CCNTR);
    for (volatile int i = 0; i < 100; i++) {
    }
    b = R(CCNTR);
    check("the cycle counter counts", b > a, 1);
    W(PMCR, 0);
    a = R(CCNTR);
    b = R(CCNTR);
    check("not while PMCR.E is clear", b - a, 0);
    W(PMCR, C);
    check("PMCR.C", R(CCNTR), 0);
    W(PMCR, E);
    select(31, 0x80000000u);
    a = R(CCNTR);
    check("not at EL1 with the filter P", R(CCNTR) - a, 0);
    select(31, 0);
    W(CNTENCLR, 1u << 31);
    check("CPU_CYCLES and SW_INCR are there", R(CEID0) >> CYCLES & R(CEID0) & 1, 1);
    select(1, CYCLES);
    W(XEVCNTR, 5);
    W(CNTENSET, 2);
    check("an event counter of cycles", R(XEVCNTR) > 5, 1);
    W(PMCR, E | P);
    W(CNTENCLR, 2);
    W(PMCR, P);
    check("PMCR.P", R(XEVCNTR), 0);
    W(PMCR, E);
}

static void overflow(void)
{
    GICD(0) = 1;
    GICD(0x100) = 1u << 23;
    GICC(4) = 0xff;
    GICC(0) = 1;
    on_exception = interrupt;
    select(1, CYCLES);
    W(XEVCNTR, 0xffffffff - 200000);
    W(OVSCLR, ~0u);
    W(INTENSET, 2);
    W(CNTENSET, 2);
    check("no interrupt yet", interrupts, 0);
    while (!interrupts) { /* what comes between the look and wfi is pending then, and ends it */
        __asm__ volatile("wfi");
        IRQ_ON;
        __asm__ volatile("isb");
        IRQ_OFF;
    }
    check("an interrupt", interrupts, 1);
    check("PPI 23", last, 23);
    check("by the vector", seen.kind, VECTOR_IRQ);
    check("its overflow bit", R(OVSCLR) & 2, 2);
    W(CNTENCLR, 2);
}

void test(void)
{
    u64 before = physical_count();
    for (volatile int i = 0; i < 1000; i++) {
    }
    check("the physical counter of the timer counts", physical_count() > before, 1);
    check("six event counters", R(PMCR) >> 11 & 31, 6);
    W(PMCR, E | P | C);
    software();
    cycles();
    overflow();
}
