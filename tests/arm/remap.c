/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One CPU changes the memory map, which is waited for until the other has seen it, while that one invalidates
 * translations, which is waited for until the first has done it: neither waits for ever. A flash's commands change the map:
 * its array is memory, its identification is not.
 */
#include "second.h"

#define FLASH (*(volatile unsigned *)0x04000000)
enum { READ_ID = 0x00900090, READ_ARRAY = 0x00ff00ff, CHANGES = 3000 };

#ifdef A32
#define INVALIDATE_ALL __asm__ volatile("mcr p15, 0, %0, c8, c3, 0\n dsb" ::"r"(0) : "memory") /* TLBIALLIS */
#else
#define INVALIDATE_ALL __asm__ volatile("tlbi vmalle1is\n dsb sy" ::: "memory")
#endif

static volatile unsigned invalidations;

void second(void)
{
    for (;;) {
        INVALIDATE_ALL;
        invalidations++;
    }
}

void test(void)
{
    unsigned wrong = 0;
    FLASH = READ_ARRAY;
    unsigned array = FLASH;
    FLASH = READ_ID;
    check("the flash changes what is read", FLASH != array, 1);
    check("the second CPU starts", start_second(), 0);
    while (!invalidations)
        __asm__ volatile("yield");
    for (unsigned i = 0; i < CHANGES; i++) {
        FLASH = READ_ARRAY;
        wrong += FLASH != array;
        FLASH = READ_ID;
        wrong += FLASH == array;
        INVALIDATE_ALL;
    }
    check("each change was seen", wrong, 0);
}
