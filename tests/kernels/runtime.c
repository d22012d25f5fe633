/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>

#include "kernel.h"

/* -- Console -- */

static uint32_t console;

void put_char(char c)
{
    while (!(MMIO8(UART + 5) & 0x20))
        ;
    MMIO8(UART) = c;
}

static void put_string(const char *s)
{
    while (*s)
        put_char(*s++);
}

static void put_number(word v, unsigned base)
{
    if (v >= base)
        put_number(v / base, base);
    put_char("0123456789abcdef"[v % base]);
}

static void print_args(const char *f, va_list args)
{
    for (; *f; f++) {
        if (*f != '%') {
            put_char(*f);
            continue;
        }
        switch (*++f) {
        case 's': put_string(va_arg(args, const char *)); break;
        case 'c': put_char(va_arg(args, int)); break;
        case 'u': put_number(va_arg(args, word), 10); break;
        case 'x': put_number(va_arg(args, word), 16); break;
        case 'd': {
            long v = va_arg(args, long);
            if (v < 0)
                put_char('-');
            put_number(v < 0 ? -(word)v : (word)v, 10);
            break;
        }
        default: put_char(*f); break;
        }
    }
}

void print(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    lock(&console);
    print_args(format, args);
    unlock(&console);
    va_end(args);
}

/* The first hart that comes here has the last word. */
static void __attribute__((noreturn)) end(const char *what, const char *format, va_list args, uint32_t code)
{
    static uint32_t ended;

    interrupts_off();
    if (!__atomic_exchange_n(&ended, 1, __ATOMIC_SEQ_CST)) {
        put_string(what);
        print_args(format, args);
        put_char('\n');
        MMIO32(TEST_DEVICE) = code;
    }
    for (;;)
        wfi();
}

void passed(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    end("passed: ", format, args, 0x5555);
}

void panic(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    end("panic: ", format, args, 1 << 16 | 0x3333);
}

/* -- Harts -- */

void lock(uint32_t *l)
{
    while (__atomic_exchange_n(l, 1, __ATOMIC_ACQUIRE))
        ;
}

void unlock(uint32_t *l)
{
    __atomic_store_n(l, 0, __ATOMIC_RELEASE);
}

void meet(uint32_t *b, uint32_t n)
{
    uint32_t goal = (__atomic_fetch_add(b, 1, __ATOMIC_SEQ_CST) / n + 1) * n;

    while ((int32_t)(__atomic_load_n(b, __ATOMIC_SEQ_CST) - goal) < 0)
        ;
}

/* -- Interrupts -- */

static unsigned plic_context(void)
{
#ifdef SMODE
    return 2 * hart() + 1;
#else
    return 2 * hart();
#endif
}

void plic_enable(unsigned irq)
{
    MMIO32(PLIC + 4 * irq) = 1;
    MMIO32(PLIC + 0x2000 + 0x80 * plic_context() + irq / 32 * 4) |= 1u << irq % 32;
    MMIO32(PLIC + 0x200000 + 0x1000 * plic_context()) = 0;
}

unsigned plic_claim(void)
{
    return MMIO32(PLIC + 0x200004 + 0x1000 * plic_context());
}

void plic_complete(unsigned irq)
{
    MMIO32(PLIC + 0x200004 + 0x1000 * plic_context()) = irq;
}

void interrupts_on(word ie)
{
    csr_set(ie, ie);
    csr_set(status, STATUS_IE);
}

void interrupts_off(void)
{
    csr_clear(status, STATUS_IE);
}

__attribute__((weak)) word trap(word cause, word epc, word tval)
{
    panic("trap: cause %x epc %x tval %x", cause, epc, tval);
}

/* -- Memory: what the compiler calls -- */

void *memset(void *to, int c, size_t n)
{
    for (char *p = to; n--;)
        *p++ = c;
    return to;
}

void *memcpy(void *to, const void *from, size_t n)
{
    const char *q = from;

    for (char *p = to; n--;)
        *p++ = *q++;
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *p = a, *q = b;

    for (; n--; p++, q++)
        if (*p != *q)
            return *p - *q;
    return 0;
}
