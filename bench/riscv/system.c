/* SPDX-License-Identifier: BSD-2-Clause */
/* What system operations cost: time of each in ns, measured by the guest itself over many. */
#include "bench.h"

#define TIMEBASE_HZ 10000000ul
#define TOUCHED 16

static uint64_t now(void)
{
    uint64_t t;
    __asm__ volatile("rdtime %0" : "=r"(t));
    return t;
}

static void report(const char *name, uint64_t ticks, uint64_t n)
{
    uint64_t tenths = ticks * (10000000000ul / TIMEBASE_HZ) / n;
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
static uint32_t code[4] __attribute__((aligned(4096)));

uint64_t bench(void)
{
    uint64_t satp, t;
    volatile uint8_t *uart = (volatile uint8_t *)0x10000000;

    __asm__ volatile("csrr %0, satp" : "=r"(satp));
    MEASURE("ecall", 2000000, __asm__ volatile("ecall" ::: "memory"));
    MEASURE("mmio-read", 3000000, (void)uart[5]);
    MEASURE("csr-read", 10000000, __asm__ volatile("csrr %0, sie" : "=r"(t)));
    MEASURE("csr-write", 10000000, __asm__ volatile("csrw sscratch, %0" ::"r"(i)));
    MEASURE("sstatus-toggle", 3000000,
            __asm__ volatile("csrs sstatus, %0\n csrc sstatus, %0" ::"r"(1ul << 18) : "memory"));
    MEASURE("rdtime", 5000000, __asm__ volatile("rdtime %0" : "=r"(t)));
    MEASURE("sfence-and-16-pages", 300000, {
        __asm__ volatile("sfence.vma" ::: "memory");
        for (int p = 0; p < TOUCHED; p++)
            *(volatile uint8_t *)pages[p];
    });
    MEASURE("sfence-page-refill", 2000000, {
        __asm__ volatile("sfence.vma %0" ::"r"(pages[0]) : "memory");
        *(volatile uint8_t *)pages[0];
    });
    MEASURE("asid-switch-and-16-pages", 300000, {
        __asm__ volatile("csrw satp, %0" ::"r"(satp | (1 + (i & 1)) << 44) : "memory");
        for (int p = 0; p < TOUCHED; p++)
            *(volatile uint8_t *)pages[p];
    });
    __asm__ volatile("csrw satp, %0\n sfence.vma" ::"r"(satp) : "memory");
    MEASURE("amoadd", 50000000, __asm__ volatile("amoadd.d zero, %0, (%1)" ::"r"(i), "r"(&word) : "memory"));
    MEASURE("lr-sc", 50000000,
            __asm__ volatile("1: lr.d %0, (%1)\n sc.d %0, %0, (%1)\n bnez %0, 1b" : "=&r"(t) : "r"(&word) : "memory"));
    MEASURE("cbo.zero-page", 300000, {
        for (uint8_t *b = pages[0]; b < pages[1]; b += 64)
            __asm__ volatile(".insn i 0x0f, 2, x0, %0, 4" ::"r"(b) : "memory");
    });
    MEASURE("aligned-load", 10000000, __asm__ volatile("ld %0, 8(%1)" : "=r"(t) : "r"(pages[0])));
    MEASURE("aligned-store", 10000000, __asm__ volatile("sd %0, 8(%1)" ::"r"(t), "r"(pages[0]) : "memory"));
    MEASURE("misaligned-load", 10000000, __asm__ volatile("ld %0, 1(%1)" : "=r"(t) : "r"(pages[0])));
    MEASURE("misaligned-store", 10000000, __asm__ volatile("sd %0, 1(%1)" ::"r"(t), "r"(pages[0]) : "memory"));
    MEASURE("straddling-load", 3000000, __asm__ volatile("ld %0, -4(%1)" : "=r"(t) : "r"(pages[1])));
    MEASURE("straddling-store", 3000000, __asm__ volatile("sd %0, -4(%1)" ::"r"(t), "r"(pages[1]) : "memory"));
    code[1] = 0x00008067; /* ret */
    MEASURE("patch-fence-call", 100000, {
        code[0] = 0x00000513 | (uint32_t)(i & 0x3ff) << 20; /* li a0, i */
        __asm__ volatile("fence.i" ::: "memory");
        if (((uint64_t(*)(void))code)() != (i & 0x3ff))
            print("stale code was executed\n");
    });
    return word & 1;
}
