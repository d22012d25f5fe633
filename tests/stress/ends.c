/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The instruction that asks for a reset is the last one of its hart. Under -icount other harts stop there too, at the
 * same point in every run: what they have done by then is printed. With PANIC the machine goes on behind the
 * instruction.
 */
#include "rig.h"

#ifndef HARTS
#define HARTS 1
#endif
#define RESETS 6

/* Far from the image: survives resets. */
#define FAR ((volatile uint64_t *)0x83000000)
#define MAGIC 0x1a57
enum { SEEN, BOOTS, RAN_ON, SUM, TURNS };

static uint32_t go __attribute__((section(".data"))) = 1; /* fresh after each reset */

void trap(struct frame *f)
{
    unexpected(f);
}

/*
 * Store code, and with the next instruction a mark: within a block, at its beginning, at a page's end, across two
 * pages.
 */
#define ASK(before)                                                                                                    \
    __asm__ volatile(".option push\n" before "\n sw %0, 0(%1)\n sd %2, 0(%3)\n .option pop"                            \
                     :                                                                                                 \
                     : "r"(code), "r"(&TEST_DEVICE), "r"(1ull), "r"(&FAR[RAN_ON])                                      \
                     : "memory")

static void ask(uint64_t way, uint32_t code)
{
    switch (way % 4) {
    case 0: ASK(""); break;
    case 1: ASK("nop\n nop\n j 1f\n 1:"); break;
    case 2: ASK(".balign 4096\n .option norvc\n .rept 1023\n nop\n .endr"); break;
    case 3: ASK(".balign 4096\n c.nop\n .option norvc\n .rept 1023\n nop\n .endr"); break;
    }
}

static __attribute__((unused)) void say(const char *what, uint64_t v)
{
    print(what);
    print_dec(v);
}

int main(uint64_t hart)
{
    if (hart) {
        while (load(&go) != 2)
            ;
        for (;;)
            FAR[TURNS + hart]++;
    }
#ifdef PANIC
    ask(0, 7 << 16 | 0x3333);
    expect(FAR[RAN_ON] == 1, "the next instruction", FAR[RAN_ON]);
    passed("goes on", 1);
#endif
    if (FAR[SEEN] != MAGIC) {
        FAR[SEEN] = MAGIC;
        FAR[BOOTS] = 0;
    } else {
        expect(!FAR[RAN_ON], "the hart ran on after it asked for a reset", FAR[BOOTS]);
#ifdef COUNTED
        say("time ", now());
        for (unsigned i = 1; i < HARTS; i++)
            say(" turns ", FAR[TURNS + i]);
        print("\n");
#endif
    }
    if (FAR[BOOTS] == RESETS)
        passed("resets", RESETS);
    FAR[BOOTS]++;
    store(&go, 2);
    for (unsigned i = 0; i < 50000; i++)
        FAR[SUM] += i;
    FAR[RAN_ON] = 0;
    ask(FAR[BOOTS], 0x7777);
    for (;;)
        FAR[RAN_ON]++;
}
