/* SPDX-License-Identifier: BSD-2-Clause */
/* What programs of the Cortex-M tests share: semihosting, checks that print a line each, registers. */
#ifndef HOST_H
#define HOST_H

#include <stdint.h>

#define REG(address) (*(volatile uint32_t *)(address))
#define REG8(address) (*(volatile uint8_t *)(address))

typedef unsigned long word;

#if defined(__riscv)
#define R0 "a0"
#define R1 "a1"
#define CALL ".balign 16\n.option push\n.option norvc\nslli zero, zero, 31\nebreak\nsrai zero, zero, 7\n.option pop"
#elif defined(__aarch64__)
#define R0 "x0"
#define R1 "x1"
#define CALL "hlt 0xf000"
#else
#define R0 "r0"
#define R1 "r1"
#if !defined(__ARM_ARCH_PROFILE) || __ARM_ARCH_PROFILE == 'M'
#define CALL "bkpt 0xab"
#elif defined(__thumb__)
#define CALL_SVC "svc 0xab"
#define CALL_HLT ".inst.n 0xbabc"
#else
#define CALL_SVC "svc 0x123456"
#define CALL_HLT ".inst 0xe10f0070"
#endif
#ifdef HALT
#define CALL CALL_HLT
#elif !defined(CALL)
#define CALL CALL_SVC
#endif
#endif

static inline word host_call(word op, const volatile void *arg)
{
    register word r0 __asm__(R0) = op;
    register const volatile void *r1 __asm__(R1) = arg;
    __asm__ volatile(CALL : "+r"(r0) : "r"(r1) : "memory");
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

__attribute__((noreturn)) static inline void end(word status)
{
    const word block[2] = { 0x20026, status };
    host_call(0x20, block);
    for (;;)
        ;
}

__attribute__((noreturn)) static inline void end_checks(void)
{
    print(wrong ? "failed\n" : "passed\n");
    end(wrong != 0);
}

#endif
