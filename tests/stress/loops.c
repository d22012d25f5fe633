/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loops of several blocks, which the engine makes one unit when they have turned often: one as long as its page, whose
 * blocks change; pages full of stores, which are more host code than a small cache holds; data between the blocks,
 * which the loop or another hart writes without end; an address that is a sum beyond all numbers, and comes round.
 */
#include "rig.h"

#ifndef HARTS
#define HARTS 1
#endif
#define PAGE 4096
#define TURNS 20000
#define LONG (HARTS > 1 ? 10000000 : TURNS) /* for the others to come along */
#define RET 0x8067u
#define LI_A4(v) (0x713u | (uint32_t)(v) << 20)
#define ADD_A0_A4 0x00e50533u
#define ADDI_A1_MINUS_1 0xfff58593u

static uint8_t area[8 * PAGE] __attribute__((aligned(PAGE)));
static uint8_t data[PAGE] __attribute__((aligned(PAGE)));
static uint32_t meeting, done;

void trap(struct frame *f)
{
    unexpected(f);
}

static uint32_t jal(int32_t by)
{
    return 0x6fu | (by >> 20 & 1u) << 31 | (by >> 1 & 0x3ffu) << 21 | (by >> 11 & 1u) << 20 | (by >> 12 & 0xffu) << 12;
}

/* bnez reg */
static uint32_t bnez(unsigned reg, int32_t by)
{
    return 0x1063u | reg << 15 | (by >> 12 & 1u) << 31 | (by >> 5 & 0x3fu) << 25 | (by >> 1 & 0xfu) << 8 |
           (by >> 11 & 1u) << 7;
}

static void put(uint8_t *page, unsigned at, uint32_t insn)
{
    *(volatile uint32_t *)(page + at) = insn;
}

/* a0 after the code has run with a1 = turns, a2 = p. */
static uint64_t run(const uint8_t *code, uint64_t turns, const void *p)
{
    register uint64_t a0 __asm__("a0") = 0, a1 __asm__("a1") = turns, a2 __asm__("a2") = (uintptr_t)p;

    __asm__ volatile("jalr %3" : "+r"(a0), "+r"(a1), "+r"(a2) : "r"(code) : "ra", "a4", "a5", "memory");
    return a0;
}

/* The blocks are at the page's begin, in its middle and at its end. */
static void page_long(uint8_t *page)
{
    for (unsigned n = 1; n < 6; n++) {
        put(page, 0, ADDI_A1_MINUS_1);
        put(page, 4, bnez(11, 2000 - 4));
        put(page, 8, RET);
        put(page, 2000, LI_A4(1));
        put(page, 2004, jal(PAGE - 12 - 2004));
        put(page, PAGE - 12, LI_A4(n));
        put(page, PAGE - 8, ADD_A0_A4);
        put(page, PAGE - 4, jal(4 - PAGE));
        fence_i();
        expect(run(page, TURNS + 1, page) == n * TURNS, "loop as long as its page", n);
        put(page, PAGE - 12, LI_A4(n + 1));
        fence_i();
        expect(run(page, TURNS + 1, page) == (n + 1) * TURNS, "its last block changed", n);
        put(page, 2000, LI_A4(7));
        put(page, PAGE - 12, 0x13); /* nop */
        fence_i();
        expect(run(page, TURNS + 1, page) == 7 * TURNS, "its middle changed", n);
    }
}

/* A loop of so many pairs of stores. */
static void stores(uint8_t *page, unsigned count)
{
    unsigned at = 4;

    put(page, 0, ADDI_A1_MINUS_1);
    for (unsigned n = 0; n < count; n++, at += 4)
        put(page, at, 0xc218c218u); /* c.sw a4, 0(a2) */
    put(page, at, 0x00150513u); /* addi a0, a0, 1 */
    put(page, at + 4, 0x00058463u); /* beqz a1, 8 */
    put(page, at + 8, jal(-(int32_t)at - 8));
    put(page, at + 12, RET);
    fence_i();
    expect(run(page, TURNS, data) == TURNS, "pairs of stores:", count);
}

/* A word between the two blocks is counted up by the loop itself. */
static void own_data(uint8_t *page)
{
    volatile uint64_t *word = (uint64_t *)(page + 1024);

    *word = 0;
    put(page, 512, 0x00063703u);     /* ld a4, 0(a2) */
    put(page, 516, 0x00170713u);     /* addi a4, a4, 1 */
    put(page, 520, jal(2048 - 520));
    put(page, 2048, 0x00e63023u);    /* sd a4, 0(a2) */
    put(page, 2052, 0x00150513u);    /* addi a0, a0, 1 */
    put(page, 2056, ADDI_A1_MINUS_1);
    put(page, 2060, bnez(11, 512 - 2060));
    put(page, 2064, RET);
    fence_i();
    expect(run(page + 512, TURNS, page + 1024) == TURNS, "loop around its data", 0);
    expect(*word == TURNS, "its data", *word);
}

/* The same word is written by the other harts all the time. */
static void foreign_data(uint8_t *page)
{
    put(page, 512, 0x00063703u);     /* ld a4, 0(a2) */
    put(page, 516, jal(2048 - 516));
    put(page, 2048, 0x00150513u);    /* addi a0, a0, 1 */
    put(page, 2052, ADDI_A1_MINUS_1);
    put(page, 2056, bnez(11, 512 - 2056));
    put(page, 2060, RET);
    fence_i();
    meet(&meeting, HARTS);
    expect(run(page + 512, LONG, page + 1024) == LONG, "loop around what others write", 0);
    store(&done, 1);
}

/* A walk whose address is made of a pointer and twice the largest number, in two blocks. */
static void round_sums(uint64_t *p)
{
    uint64_t *end = p + 400, sum = 0, want = 0, v, t;

    for (unsigned n = 0; p + n < end; n++)
        want += p[n] = n * 77;
    for (unsigned n = 0; n < 100; n++) {
        uint64_t *at = p;
        __asm__ volatile("1: li %3, -1\n srli %3, %3, 1\n add %2, %1, %3\n beqz %4, 2f\n li %3, -1\n srli %3, %3, 1\n"
                         " add %2, %2, %3\n addi %2, %2, 2\n ld %2, 0(%2)\n add %0, %0, %2\n addi %1, %1, 8\n"
                         " bne %1, %4, 1b\n 2:"
                         : "+r"(sum), "+r"(at), "=&r"(v), "=&r"(t) : "r"(end) : "memory");
    }
    expect(sum == 100 * want, "a sum that comes round", sum);
}

int main(uint64_t hart)
{
    if (hart) {
        meet(&meeting, HARTS);
        for (uint64_t n = 0; !load(&done); n++)
            *(volatile uint64_t *)(area + 5 * PAGE + 1024) = n;
        return 0;
    }
    page_long(area);
    for (unsigned n = 200; n <= 1000; n += 100)
        stores(area + PAGE, n);
    own_data(area + 4 * PAGE);
    foreign_data(area + 5 * PAGE);
    round_sums((uint64_t *)(area + 6 * PAGE));
    passed("loops of blocks, turns of each:", TURNS);
}
