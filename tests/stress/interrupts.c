/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts: out of every kind of endless loop, at once after the instruction that enables them, out of WFI whoever
 * sends them and however early; storms between all harts.
 */
#include "rig.h"

#ifndef HARTS
#define HARTS 1
#endif

static uint64_t taken[8], where[8];
static void *skip_to[8]; /* where a timer interrupt goes on, NULL: where it came */

void trap(struct frame *f)
{
    uint64_t hart = csrr(mhartid), cause = csrr(mcause);

    where[hart] = f->x[0];
    taken[hart]++;
    if (cause == (INTERRUPT | 7)) {
        MTIMECMP[hart] = ~0ull;
        if (skip_to[hart])
            f->x[0] = (uint64_t)skip_to[hart];
    } else if (cause == (INTERRUPT | 3)) {
        MSIP[hart] = 0;
    } else if (cause == (INTERRUPT | 1)) {
        csrc(mip, 2);
    } else {
        unexpected(f);
    }
}

/* -- Loops -- */

static uint8_t area[2 * 4096] __attribute__((aligned(4096)));

#define LOOP(h, text)                                                                                                  \
    for (unsigned n_ = 0; n_ < 5; n_++) {                                                                              \
        uint64_t before_ = taken[h];                                                                                   \
        skip_to[h] = &&CAT(out, __LINE__);                                                                             \
        csrw(mie, MIE_MTI);                                                                                            \
        MTIMECMP[h] = now() + n_ * 1000;                                                                               \
        csrs(mstatus, MSTATUS_MIE);                                                                                    \
        __asm__ goto(text : : "r"(area), "r"(area + 4096) : "t0", "t1", "t2", "ra", "memory" : CAT(out, __LINE__));    \
        CAT(out, __LINE__) : csrc(mstatus, MSTATUS_MIE);                                                               \
        expect(taken[h] == before_ + 1, "timer in a loop", __LINE__);                                                  \
    }
#define CAT_(a, b) a##b
#define CAT(a, b) CAT_(a, b)

static void loops(uint64_t h)
{
    uint32_t *a = (uint32_t *)(area + 4096 - 4), *b = (uint32_t *)(area + 4096);

    a[0] = 0x00128293; /* addi t0, t0, 1; then into the next page */
    b[0] = 0xffdff06f; /* j back */
    fence_i();
    LOOP(h, "1: j 1b");
    LOOP(h, "1: addi t0, t0, 1\n bnez sp, 1b");
    LOOP(h, "1: addi t0, t0, 1\n beqz sp, 2f\n addi t0, t0, 1\n j 1b\n 2:");
    LOOP(h, "la t1, 1f\n 1: jr t1");
    LOOP(h, "1: call 2f\n j 1b\n 2: ret");
    LOOP(h, "1: call 2f\n 2: la ra, 1b\n ret");
    LOOP(h, "1: csrr t0, mcycle\n j 1b");
    LOOP(h, "1: csrw mcause, t0\n csrr t0, mcause\n j 1b");
    LOOP(h, "1: fence.i\n j 1b");
    LOOP(h, "1: amoadd.w t0, zero, (%0)\n sw zero, 8(%0)\n lw t1, 8(%0)\n j 1b");
    LOOP(h, "addi t0, %1, -4\n jr t0");
    LOOP(h, "1: wfi\n j 1b");
    LOOP(h, "la t1, 2f\n 1: csrw mepc, t1\n li t2, 0x1800\n csrs mstatus, t2\n li t2, 0x80\n csrs mstatus, t2\n mret\n "
            "2: j 1b");
}

/* -- At once -- */

static void at_once(uint64_t h)
{
    uint64_t target;

    skip_to[h] = NULL;
    for (unsigned n = 0; n < 50; n++) {
        csrc(mstatus, MSTATUS_MIE);
        csrw(mie, MIE_MSI);
        MSIP[h] = 1;
        while (!(csrr(mip) & MIE_MSI))
            ;
        uint64_t before = taken[h];
        __asm__ volatile("wfi\n wfi\n wfi"); /* pending and enabled, but not taken: no wait */
        expect(taken[h] == before, "interrupt while disabled", n);
        switch (n % 5) {
        case 0:
            __asm__ volatile("la %0, 1f\n csrs mstatus, %1\n 1: nop\n nop"
                             : "=&r"(target)
                             : "r"(MSTATUS_MIE)
                             : "memory");
            break;
        case 1: __asm__ volatile("la %0, 1f\n csrsi mstatus, 8\n 1: nop\n nop" : "=&r"(target) : : "memory"); break;
        case 2:
            csrw(mie, 0);
            csrs(mstatus, MSTATUS_MIE);
            __asm__ volatile("la %0, 1f\n csrw mie, %1\n 1: nop\n nop" : "=&r"(target) : "r"(MIE_MSI) : "memory");
            break;
        case 3:
            __asm__ volatile("la %0, 1f\n csrw mepc, %0\n csrs mstatus, %1\n mret\n nop\n 1: nop\n nop"
                             : "=&r"(target)
                             : "r"(0x1880)
                             : "memory");
            break;
        case 4:
            MSIP[h] = 0;
            while (csrr(mip) & MIE_MSI)
                ;
            csrw(mie, 2);
            csrs(mstatus, MSTATUS_MIE);
            __asm__ volatile("la %0, 1f\n csrsi mip, 2\n 1: nop\n nop" : "=&r"(target) : : "memory");
            break;
        }
        expect(taken[h] == before + 1, "interrupt not taken", n);
        expect(where[h] == target, "taken late", where[h]);
        csrc(mstatus, MSTATUS_MIE);
    }
}

/* -- Waits -- */

static void sleeps(uint64_t h)
{
    skip_to[h] = NULL;
    csrw(mie, MIE_MTI);
    for (unsigned n = 0; n < 60; n++) {
        uint64_t until = now() + n * 40, before = taken[h];
        MTIMECMP[h] = until;
        if (n & 1) { /* taken after each wake-up; were it enabled during WFI, it could come just before */
            while (*(volatile uint64_t *)&taken[h] == before) {
                __asm__ volatile("wfi");
                csrs(mstatus, MSTATUS_MIE);
                csrc(mstatus, MSTATUS_MIE);
            }
        } else { /* woken only */
            while (!(csrr(mip) & MIE_MTI))
                __asm__ volatile("wfi");
            expect(taken[h] == before, "interrupt while disabled", n);
            MTIMECMP[h] = ~0ull;
            while (csrr(mip) & MIE_MTI)
                ;
        }
        expect(now() >= until, "timer too early", now());
    }
}

/* Who writes MTIME moves the time CSR, and stimecmp's interrupt, with it. */
static void clock_moves(void)
{
    uint64_t ahead = 1ull << 50, start = now();

    csrs(menvcfg, 1ull << 63);
    csrw(0x14d, ahead); /* stimecmp */
    *MTIME = ahead - TICKS_PER_MS;
    expect(now() - (ahead - TICKS_PER_MS) < 1ull << 40, "time behind MTIME", now());
    csrw(mie, MIE_STI);
    while (!(csrr(mip) & MIE_STI))
        __asm__ volatile("wfi");
    expect(now() >= ahead, "stimecmp too early", now());
    *MTIME = start;
    expect(!(csrr(mip) & MIE_STI), "stimecmp too late", csrr(mip));
    expect(now() - start < 1ull << 40, "time behind MTIME", now());
    csrw(mie, 0);
    csrw(0x14d, -1);
}

#if HARTS > 1
static uint32_t bar;

/* A token goes round; everyone else sleeps. A wake-up that is lost ends in a hang. */
static void token(uint64_t h)
{
    static uint32_t turn;

    csrc(mstatus, MSTATUS_MIE);
    csrw(mie, MIE_MSI);
    meet(&bar, HARTS);
    for (unsigned n = 0; n < ROUNDS; n++) {
        while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) % HARTS != h)
            __asm__ volatile("wfi");
        MSIP[h] = 0;
        __atomic_store_n(&turn, turn + 1, __ATOMIC_RELEASE);
        fence();
        MSIP[(h + 1) % HARTS] = 1;
    }
    meet(&bar, HARTS);
    MSIP[h] = 0;
    meet(&bar, HARTS);
}

/* Everybody interrupts everybody; each message must have been seen in the end. */
static void storm(uint64_t h)
{
    static uint64_t sent[HARTS][HARTS];
    uint64_t seed = h + 7;

    csrw(mie, MIE_MSI | MIE_MTI);
    csrs(mstatus, MSTATUS_MIE);
    skip_to[h] = NULL;
    for (unsigned n = 0; n < 4 * ROUNDS; n++) {
        unsigned to = random_next(&seed) % HARTS;
        store(&sent[h][to], sent[h][to] + 1);
        fence();
        MSIP[to] = 1;
        if (n % 100 == 0)
            MTIMECMP[h] = now() + 50;
    }
    meet(&bar, HARTS);
    uint64_t end = after_ms(10000);
    while (csrr(mip) & MIE_MSI)
        expect(now() < end, "interrupt that is never taken", csrr(mip));
    expect(taken[h] > 0, "interrupts in the storm", taken[h]);
    meet(&bar, HARTS);
}
#endif

int main(uint64_t hart)
{
    if (hart == 0) {
        clock_moves();
        loops(0);
        at_once(0);
        sleeps(0);
    }
#if HARTS > 1
    meet(&bar, HARTS);
    if (hart) {
        at_once(hart);
        sleeps(hart);
    }
    token(hart);
    storm(hart);
    if (hart == 0)
        passed("interrupts", taken[0] + taken[1] + taken[2] + taken[3]);
#else
    passed("interrupts", taken[0]);
#endif
    return 0;
}
