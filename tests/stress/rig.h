/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bare-metal guests that stress the engine, on riscv64-virt: console, end, barriers, traps, interrupts.
 * A guest ends with passed("...") or failed("...", value).
 */
#ifndef MYNAH_STRESS_RIG_H
#define MYNAH_STRESS_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UART ((volatile uint8_t *)0x10000000)
#define TEST_DEVICE (*(volatile uint32_t *)0x100000)
#define MSIP ((volatile uint32_t *)0x2000000)
#define MTIMECMP ((volatile uint64_t *)0x2004000)
#define MTIME ((volatile uint64_t *)0x200bff8)
#define FLASH 0x20000000
#define TICKS_PER_MS 10000

#define csrr(r)                                                                                                        \
    ({                                                                                                                 \
        uint64_t v_;                                                                                                   \
        __asm__ volatile("csrr %0, " #r : "=r"(v_) : : "memory");                                                      \
        v_;                                                                                                            \
    })
#define csrw(r, v) __asm__ volatile("csrw " #r ", %0" : : "r"((uint64_t)(v)) : "memory")
#define csrs(r, v) __asm__ volatile("csrs " #r ", %0" : : "r"((uint64_t)(v)) : "memory")
#define csrc(r, v) __asm__ volatile("csrc " #r ", %0" : : "r"((uint64_t)(v)) : "memory")
#define barrier_all() __asm__ volatile("" : : : "memory")
#define fence_i() __asm__ volatile("fence.i" : : : "memory")
#define sfence() __asm__ volatile("sfence.vma" : : : "memory")
#define sfence_page(va) __asm__ volatile("sfence.vma %0, zero" : : "r"(va) : "memory")
#define sfence_asid(asid) __asm__ volatile("sfence.vma zero, %0" : : "r"(asid) : "memory")
#define load(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define store(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define fence() __asm__ volatile("fence rw, rw" : : : "memory")

#define MSTATUS_MIE (1u << 3)
#define MSTATUS_MPP_S (1u << 11)
#define MSTATUS_MPP (3u << 11)
#define MSTATUS_MPRV (1u << 17)
#define MSTATUS_SUM (1u << 18)
#define MSTATUS_MXR (1u << 19)
#define MIE_MSI (1u << 3)
#define MIE_STI (1u << 5)
#define MIE_MTI (1u << 7)
#define INTERRUPT (1ull << 63)

/* What a trap saved; x[0] is mepc. */
struct frame {
    uint64_t x[34];
};

int main(uint64_t hart);

static inline uint64_t now(void)
{
    return csrr(time);
}

static inline uint64_t after_ms(unsigned ms)
{
    return now() + (uint64_t)ms * TICKS_PER_MS;
}

static void put_char(char c)
{
    while (!(UART[5] & 0x20))
        ;
    UART[0] = c;
}

static void print(const char *s)
{
    while (*s)
        put_char(*s++);
}

static __attribute__((unused)) void print_dec(uint64_t v)
{
    if (v >= 10)
        print_dec(v / 10);
    put_char('0' + v % 10);
}

static void print_hex(uint64_t v)
{
    print("0x");
    for (int i = 60; i >= 0; i -= 4)
        put_char("0123456789abcdef"[v >> i & 15]);
}

static uint32_t ending;

/* The first hart that comes here has the last word. */
static void __attribute__((noreturn)) end(const char *what, const char *text, uint64_t v, bool hex, uint32_t code)
{
    if (__atomic_exchange_n(&ending, 1, __ATOMIC_SEQ_CST))
        for (;;)
            __asm__ volatile("wfi");
    print(what);
    print(text);
    print(" ");
    if (hex)
        print_hex(v);
    else
        print_dec(v);
    print("\n");
    TEST_DEVICE = code;
    for (;;)
        ;
}

static __attribute__((unused, noreturn)) void passed(const char *text, uint64_t n)
{
    end("passed: ", text, n, false, 0x5555);
}

static __attribute__((unused, noreturn)) void failed(const char *text, uint64_t v)
{
    end("FAILED: ", text, v, true, 1 << 16 | 0x3333);
}

#define expect(cond, text, v)                                                                                          \
    do {                                                                                                               \
        if (!(cond))                                                                                                   \
            failed((text), (uint64_t)(v));                                                                             \
    } while (0)

/* Let other harts run: wrs.nto, which needs a reservation. */
static inline void relax(uint32_t *p)
{
    __asm__ volatile("lr.w zero, (%0)\n .word 0x00d00073" : : "r"(p) : "memory");
}

/* All n harts meet; *b is zero at first. */
static __attribute__((unused)) void meet(uint32_t *b, uint32_t n)
{
    uint32_t mine = __atomic_fetch_add(b, 1, __ATOMIC_SEQ_CST);
    uint32_t goal = (mine / n + 1) * n;

    while ((int32_t)(__atomic_load_n(b, __ATOMIC_SEQ_CST) - goal) < 0)
        relax(b);
}

static __attribute__((unused)) uint64_t random_next(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s;
}

/* For guests without traps of their own. */
static __attribute__((unused)) void unexpected(const struct frame *f)
{
    print("trap: mepc ");
    print_hex(f->x[0]);
    print(" mtval ");
    print_hex(csrr(mtval));
    failed(" mcause", csrr(mcause));
}

#endif
