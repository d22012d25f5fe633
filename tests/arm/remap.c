/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One CPU changes the memory map, which is waited for until the other has seen it, while that one invalidates
 * translations, which is waited for until the first has done it: neither waits for ever. A flash's commands change the map:
 * its array is memory, its identification is not.
 */
#include "board.h"

#define FLASH (*(volatile unsigned *)0x04000000)
enum { READ_ID = 0x00900090, READ_ARRAY = 0x00ff00ff, CHANGES = 3000 };

#ifdef A32
#define INVALIDATE_ALL __asm__ volatile("mcr p15, 0, %0, c8, c3, 0\n dsb" ::"r"(0) : "memory") /* TLBIALLIS */
#else
#define INVALIDATE_ALL __asm__ volatile("tlbi vmalle1is\n dsb sy" ::: "memory")
#endif

static volatile unsigned invalidations;
char second_stack[1024] __attribute__((aligned(16)));
void second(void);

/* On the second CPU. */
void second_invalidates(void)
{
    for (;;) {
        INVALIDATE_ALL;
        invalidations++;
    }
}

#ifdef A32
__asm__(".text\n.arm\nsecond: ldr sp, =second_stack + 1024\n b second_invalidates\n.ltorg\n");
#else
__asm__(".text\nsecond: adrp x0, second_stack + 1024\n add sp, x0, :lo12:second_stack + 1024\n b second_invalidates\n");
#endif

static ulong start_second(void)
{
#ifdef A32
    register ulong r0 __asm__("r0") = 0x84000003, r1 __asm__("r1") = 1, r2 __asm__("r2") = (ulong)second;
    register ulong r3 __asm__("r3") = 0;
    __asm__ volatile(".arch_extension virt\n hvc #0" : "+r"(r0) : "r"(r1), "r"(r2), "r"(r3) : "memory");
#else
    register ulong r0 __asm__("x0") = 0xc4000003, r1 __asm__("x1") = 1, r2 __asm__("x2") = (ulong)second;
    register ulong r3 __asm__("x3") = 0;
    __asm__ volatile("hvc #0" : "+r"(r0) : "r"(r1), "r"(r2), "r"(r3) : "memory");
#endif
    return r0;
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
