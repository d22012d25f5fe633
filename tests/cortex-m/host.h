/* SPDX-License-Identifier: BSD-2-Clause */
/* What programs of the Cortex-M tests share: semihosting, checks that print a line each, registers. */
#ifndef HOST_H
#define HOST_H

#include <stdint.h>

#define REG(address) (*(volatile uint32_t *)(address))
#define REG8(address) (*(volatile uint8_t *)(address))

static inline uint32_t host_call(uint32_t op, const volatile void *arg)
{
    register uint32_t r0 __asm__("r0") = op;
    register const volatile void *r1 __asm__("r1") = arg;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static inline void print(const char *s)
{
    host_call(4, s);
}

static inline void print_hex(uint32_t v)
{
    static char text[12] = " 0x";
    for (int i = 0; i < 8; i++)
        text[3 + i] = "0123456789abcdef"[v >> (28 - 4 * i) & 15];
    print(text);
}

static unsigned checks, wrong;

static inline void expect_(const char *what, uint32_t got, uint32_t want)
{
    checks++;
    if (got != want)
        wrong++;
    print(got == want ? "ok " : "not ok ");
    print(what);
    if (got != want) {
        print(": got");
        print_hex(got);
        print(", expected");
        print_hex(want);
    }
    print("\n");
}
#define expect(got, want) expect_(#got, (uint32_t)(got), (uint32_t)(want))

__attribute__((noreturn)) static inline void end(void)
{
    const uint32_t block[2] = { 0x20026, wrong != 0 };
    print(wrong ? "failed\n" : "passed\n");
    host_call(0x20, block);
    for (;;)
        ;
}

#endif
