/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * More code than a small cache holds, run by four harts at once: blocks are thrown away while others run, chain,
 * translate and take interrupts. Half of the functions are common to all harts, half are a hart's own; each is
 * rewritten now and then.
 */
#include "rig.h"

#define HARTS 4
#define SLOT 128
#define INSNS 28

static uint8_t common[FUNCTIONS * SLOT] __attribute__((aligned(4096)));
static uint8_t own[HARTS][FUNCTIONS * SLOT] __attribute__((aligned(4096)));
static uint32_t bar, ticks[HARTS];

static void write_function(uint8_t *p, unsigned value)
{
    uint32_t *w = (uint32_t *)p;

    for (unsigned i = 0; i < INSNS; i++)      /* value added, taken away, and a branch over nothing now and then */
        w[i] = i % 7 == 6        ? 0x00000463 /* beqz zero, 8 */
               : i % 7 == 0 && i ? 0x00150513
                                 : (i & 1 ? 0x00150513 : 0x00250513);
    w[INSNS - 1] = 0x00050513 | value << 20;
    w[INSNS] = 0x8067;
}

static uint64_t call(const uint8_t *p)
{
    register uint64_t a0 __asm__("a0") = 0;

    __asm__ volatile("jalr %1" : "+r"(a0) : "r"(p) : "ra", "memory");
    return a0;
}

void trap(struct frame *f)
{
    uint64_t hart = csrr(mhartid);

    if (csrr(mcause) != (INTERRUPT | 7))
        unexpected(f);
    ticks[hart]++;
    MTIMECMP[hart] = now() + TICKS_PER_MS / 4;
}

int main(uint64_t hart)
{
    uint64_t seed = hart * 77 + 5, base;
    unsigned n = 0;

    if (hart == 0)
        for (unsigned i = 0; i < FUNCTIONS; i++)
            write_function(common + i * SLOT, i % 1000);
    for (unsigned i = 0; i < FUNCTIONS; i++)
        write_function(own[hart] + i * SLOT, i % 1000);
    meet(&bar, HARTS);
    fence_i();
    base = call(common);
    MTIMECMP[hart] = now();
    csrw(mie, MIE_MTI);
    csrs(mstatus, MSTATUS_MIE);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < FUNCTIONS; i++) {
            unsigned k = round & 1 ? random_next(&seed) % FUNCTIONS : i;
            uint64_t a = call(common + k * SLOT), b = call(own[hart] + k * SLOT);
            expect(a == base + k % 1000, "common function", k);
            expect(b == base + k % 1000, "own function", k);
            if (i % 64 == 0) { /* the same again, written over what is there */
                write_function(own[hart] + k * SLOT, k % 1000);
                fence_i();
            }
            n += 2;
        }
    }
    meet(&bar, HARTS);
    if (hart == 0)
        passed("calls", n);
    return 0;
}
