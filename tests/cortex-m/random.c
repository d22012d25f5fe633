/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls each block of random instructions (make-random.py) with random registers, and prints a checksum of what it leaves
 * in them: the same on each implementation.
 */
#include "host.h"

#define ROUNDS 24
#ifdef __ARM_FEATURE_DSP
#define APSR_BITS 0xf80f0000
#else
#define APSR_BITS 0xf0000000
#endif

/* As blocks have it: R0 to R6, APSR, R8 to R11, ..., FPSCR at 52, memory at 64, S0 to S31 at 128. */
struct state {
    uint32_t r[7], apsr, high[4], unused, fpscr, pad[2], memory[16], s[32];
};

extern void (*const blocks[])(struct state *s), (*const blocks_end[])(struct state *s);
extern uint32_t bss_start[], bss_end[];
void reset(void);

static void fault(void)
{
    print("a fault\n");
    end(1);
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    (void (*)(void))STACK, reset, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault,
};

static uint32_t seed = 0x12345678;

static uint32_t next(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    return seed ^= seed << 5;
}

/* Often a number at an end of something: of integers, of floats, of doubles' upper halves. */
static uint32_t value(void)
{
    static const uint32_t ends[] = { 0, 1, 0xffffffff, 0x7fffffff, 0x80000000, 0x00800000, 0x3f800000, 0x7f800000,
                                     0x7fc00000, 0x7f800001, 0x80008000, 0x7fff7fff, 0x00000001, 0x33800000, 0x4f000000,
                                     0xcf000000, 0x7ff00000, 0x7ff80000, 0x7ff00001, 0xfff00000, 0x3ff00000, 0xbff00000,
                                     0x00100000, 0x000fffff, 0x41e00000, 0xc1e00000, 0x41f00000, 0x47efffff, 0x380fffff,
                                     0x3fe00000, 0x7fefffff, 0xffffff00 };
    uint32_t v = next();

    return v & 7 ? next() >> (v >> 27 & (v >> 8)) : ends[v >> 8 & 31];
}

static struct state s;

void reset(void)
{
    for (uint32_t *p = bss_start; p < bss_end; p++)
        *p = 0;
#if __ARM_FP
    REG(0xe000ed88) |= 0xfu << 20;
    __asm__ volatile("dsb\n isb");
#endif
    for (uint32_t n = 0; &blocks[n] < blocks_end; n++) {
        uint32_t sum = 0;
        for (unsigned round = 0; round < ROUNDS; round++) {
            for (uint32_t *p = (uint32_t *)&s; p < (uint32_t *)(&s + 1); p++)
                *p = value();
            s.apsr &= APSR_BITS;
            s.fpscr &= 0x07c00000; /* rounding, flushing, default NaNs, AHP */
            blocks[n](&s);
            for (uint32_t *p = (uint32_t *)&s; p < (uint32_t *)(&s + 1); p++)
                sum = (sum << 5 | sum >> 27) * 0x9e3779b1 + *p;
        }
        print("block");
        print_hex(n);
        print_hex(sum);
        print("\n");
    }
    print("passed\n");
    end(0);
}
