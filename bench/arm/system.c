/* SPDX-License-Identifier: BSD-2-Clause */
/* What system operations cost on A64: time of each in ns, measured by the guest itself over many. */
#include "bench.h"

#define TOUCHED 16

static uint64_t frequency;

static uint64_t now(void)
{
    uint64_t t;
    __asm__ volatile("isb\n mrs %0, cntvct_el0" : "=r"(t));
    return t;
}

static void report(const char *name, uint64_t ticks, uint64_t n)
{
    uint64_t tenths = ticks * (10000000000ul / frequency) / n;
    print(name);
    print(" ");
    print_number(tenths / 10);
    print(".");
    print_number(tenths % 10);
    print("\n");
}

/* Repeat the statement in between n times. */
#define MEASURE(name, n, ...)                                                                                          \
    do {                                                                                                               \
        uint64_t start = now();                                                                                        \
        for (uint64_t i = 0; i < (n); i++) {                                                                           \
            __VA_ARGS__;                                                                                               \
        }                                                                                                              \
        report(name, now() - start, n);                                                                                \
    } while (0)

static uint64_t word;
static uint8_t pages[TOUCHED + 1][4096] __attribute__((aligned(4096)));
static uint32_t code[1024] __attribute__((aligned(4096)));

uint64_t bench(void)
{
    uint64_t ttbr0, t;
    uint32_t failed;
    volatile uint32_t *uart_fr = (volatile uint32_t *)0x9000018;

    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
    __asm__ volatile("mrs %0, ttbr0_el1" : "=r"(ttbr0));
    MEASURE("svc-eret", 2000000, __asm__ volatile("svc #0" ::: "memory"));
    MEASURE("mmio-read", 3000000, (void)*uart_fr);
    MEASURE("sysreg-read", 10000000, __asm__ volatile("mrs %0, vbar_el1" : "=r"(t)));
    MEASURE("sysreg-write", 10000000, __asm__ volatile("msr tpidr_el0, %0" ::"r"(i)));
    MEASURE("daif-set-clear", 3000000, __asm__ volatile("msr daifset, #2\n msr daifclr, #2" ::: "memory"));
    MEASURE("cntvct", 5000000, __asm__ volatile("mrs %0, cntvct_el0" : "=r"(t)));
    MEASURE("fpcr-write", 5000000, __asm__ volatile("msr fpcr, xzr"));
    MEASURE("tlbi-and-16-pages", 300000, {
        __asm__ volatile("tlbi vmalle1\n dsb nsh\n isb" ::: "memory");
        for (int p = 0; p < TOUCHED; p++)
            *(volatile uint8_t *)pages[p];
    });
    MEASURE("tlbi-page-refill", 2000000, {
        __asm__ volatile("tlbi vae1, %0\n dsb nsh\n isb" ::"r"((uintptr_t)pages[0] >> 12) : "memory");
        *(volatile uint8_t *)pages[0];
    });
    MEASURE("asid-switch-and-16-pages", 300000, {
        __asm__ volatile("msr ttbr0_el1, %0\n isb" ::"r"(ttbr0 | (1 + (i & 1)) << 48) : "memory");
        for (int p = 0; p < TOUCHED; p++)
            *(volatile uint8_t *)pages[p];
    });
    __asm__ volatile("msr ttbr0_el1, %0\n isb\n tlbi vmalle1\n dsb nsh\n isb" ::"r"(ttbr0) : "memory");
    MEASURE("ldxr-stxr", 50000000,
            __asm__ volatile("1: ldxr %0, [%2]\n stxr %w1, %0, [%2]\n cbnz %w1, 1b"
                             : "=&r"(t), "=&r"(failed) : "r"(&word) : "memory"));
    MEASURE("ldaxr-stlxr", 50000000,
            __asm__ volatile("1: ldaxr %0, [%2]\n stlxr %w1, %0, [%2]\n cbnz %w1, 1b"
                             : "=&r"(t), "=&r"(failed) : "r"(&word) : "memory"));
    __asm__ volatile("mrs %0, id_aa64isar0_el1" : "=r"(t));
    if (t >> 20 & 15) {
        MEASURE("ldadd", 50000000,
                __asm__ volatile(".arch_extension lse\n ldadd %0, xzr, [%1]" ::"r"(i), "r"(&word) : "memory"));
        MEASURE("casal", 50000000, {
            t = i;
            __asm__ volatile(".arch_extension lse\n casal %0, %1, [%2]" : "+r"(t) : "r"(i), "r"(&word) : "memory");
        });
    }
    MEASURE("dc-zva-page", 300000, {
        for (uint8_t *b = pages[0]; b < pages[1]; b += 64)
            __asm__ volatile("dc zva, %0" ::"r"(b) : "memory");
    });
    MEASURE("misaligned-load", 10000000, __asm__ volatile("ldur %0, [%1, #1]" : "=r"(t) : "r"(pages[0])));
    MEASURE("misaligned-store", 10000000, __asm__ volatile("stur %0, [%1, #1]" ::"r"(t), "r"(pages[0]) : "memory"));
    MEASURE("straddling-load", 3000000, __asm__ volatile("ldur %0, [%1, #-4]" : "=r"(t) : "r"(pages[1])));
    code[1] = 0xd65f03c0; /* ret */
    MEASURE("patch-ic-call", 100000, {
        code[0] = 0xd2800000 | (uint32_t)(i & 0x3ff) << 5; /* mov x0, #i */
        __asm__ volatile("dc cvau, %0\n dsb ish\n ic ivau, %0\n dsb ish\n isb" ::"r"(code) : "memory");
        if (((uint64_t(*)(void))code)() != (i & 0x3ff))
            print("stale code was executed\n");
    });
    return word & 1;
}
