/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counts under -icount: instructions retired by short pieces of code whose count is known, whatever leaves blocks in
 * the middle: branches, faults, interrupts, CSRs. Then timers, waits and turns of all harts, whose whole course is
 * printed as numbers: two runs must print the same.
 */
#include "paging.h"

#ifndef HARTS
#define HARTS 1
#endif

static uint64_t log_[8][64];
static unsigned logged[8];
static uint64_t ticks[8];
static uint32_t bar;

void trap(struct frame *f)
{
    uint64_t h = csrr(mhartid);

    if (csrr(mcause) == (INTERRUPT | 7)) {
        if (ticks[h]++ < 64)
            log_[h][logged[h]++] = csrr(minstret) << 32 | (uint32_t)f->x[0] << 12 | (now() & 0xfff);
        MTIMECMP[h] = now() + 777 + 100 * h;
        return;
    }
    if (!paging_trap(f))
        unexpected(f);
}

/* Instructions of text, and of the csrr that begins the count. */
#define COUNT(text, ...)                                                                                               \
    ({                                                                                                                 \
        uint64_t a_, b_;                                                                                               \
        __asm__ volatile("csrr %0, minstret\n" text "\n csrr %1, minstret"                                             \
                         : "=&r"(a_), "=&r"(b_)                                                                        \
                         : __VA_ARGS__                                                                                 \
                         : "t0", "t1", "t2", "ra", "memory");                                                          \
        b_ - a_;                                                                                                       \
    })
#define CHECK(n, text, ...)                                                                                            \
    do {                                                                                                               \
        for (unsigned k_ = 0; k_ < 4; k_++) {                                                                          \
            uint64_t c_ = COUNT(text, __VA_ARGS__);                                                                    \
            expect(c_ == (n) + 1, #text, c_ - 1);                                                                      \
        }                                                                                                              \
    } while (0)

static void exact(void)
{
    static uint64_t word;

    CHECK(0, "", "r"(0));
    CHECK(3, "nop\n nop\n nop", "r"(0));
    CHECK(2, "beqz zero, 1f\n nop\n nop\n nop\n 1: nop", "r"(0));
    CHECK(3, "nop\n bnez sp, 1f\n nop\n nop\n nop\n 1: nop", "r"(0));
    CHECK(6, "bnez zero, 1f\n nop\n bnez zero, 1f\n nop\n bnez sp, 1f\n nop\n nop\n 1: nop", "r"(0));
    CHECK(1 + 2 * 100, "li t0, 100\n 1: addi t0, t0, -1\n bnez t0, 1b", "r"(0));
    CHECK(1 + 4 * 100 + 50, "li t0, 100\n 1: addi t0, t0, -1\n andi t1, t0, 1\n beqz t1, 2f\n nop\n 2: bnez t0, 1b",
          "r"(0));
    CHECK(3, "call 1f\n j 2f\n 1: ret\n 2:", "r"(0)); /* jal, since the target is near: relaxed */
    CHECK(2, "csrr t0, mscratch\n csrr t0, mstatus", "r"(0));
    CHECK(2, "fence.i\n fence", "r"(0));
    CHECK(3, "li t0, 1\n amoadd.d t1, t0, (%2)\n ld t0, 0(%2)", "r"(&word));
    CHECK(2, "lr.d t0, (%2)\n sc.d t0, t0, (%2)", "r"(&word));
    CHECK(4, "lb t0, 5(%2)\n lb t0, 0(%2)\n beqz zero, 1f\n nop\n 1: nop", "r"(UART));
    CHECK(1, "j 1f\n .rept 100\n nop\n .endr\n 1:", "r"(0));
    CHECK(150, ".rept 150\n nop\n .endr", "r"(0));
}

/* Each trap ends in the handler, whose count is always the same. */
static void with_traps(void)
{
    uint64_t first = 0;

    for (unsigned n = 0; n < 6; n++) {
        faults[0].expected = true;
        uint64_t c =
            COUNT("nop\n nop\n .option push\n .option norvc\n ld t0, 0(%2)\n .option pop\n nop", "r"(0x7000000000ull));
        expect(faults[0].seen, "fault", c);
        if (!n)
            first = c;
        expect(c == first, "instructions of a fault", c - first);
    }
}

int main(uint64_t hart)
{
    if (hart == 0) {
        exact();
        with_traps();
    }
    meet(&bar, HARTS);
    MTIMECMP[hart] = now() + 500;
    csrw(mie, MIE_MTI);
    csrs(mstatus, MSTATUS_MIE);
    uint64_t seed = hart + 1;
    while (*(volatile uint64_t *)&ticks[hart] < 20) {
        random_next(&seed);
        if ((seed & 0xfff) == 7)
            __asm__ volatile("wfi");
    }
    csrc(mstatus, MSTATUS_MIE);
    meet(&bar, HARTS);
    if (hart)
        return 0;
    for (unsigned h = 0; h < HARTS; h++) {
        for (unsigned i = 0; i < logged[h]; i++) {
            print_hex(log_[h][i]);
            print("\n");
        }
    }
    print_dec(csrr(minstret));
    print(" instructions, time ");
    print_dec(now());
    print("\n");
    passed("instructions", csrr(minstret));
}
