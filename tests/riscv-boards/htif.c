/* SPDX-License-Identifier: BSD-2-Clause */
/* HTIF on spike: characters, a system call, input "xy", status 5. A symbol's size is what QEMU wants. */
#include <stdint.h>

#ifdef QEMU /* it writes one character a call, and waits for input as long as nothing else happens */
#define AT_ONCE 1
#define GET() (*input++)
static const char *input = "xy";
#else
#define AT_ONCE 5
#define GET() get()
#endif

__attribute__((section(".tohost"), aligned(64))) volatile uint64_t tohost;
__attribute__((section(".tohost"), aligned(64))) volatile uint64_t fromhost;

static void request(uint64_t v)
{
#if __riscv_xlen == 64
    tohost = v;
#else
    ((volatile uint32_t *)&tohost)[0] = v;
    ((volatile uint32_t *)&tohost)[1] = v >> 32;
#endif
}

static uint64_t answer(void)
{
    while (!*(volatile uint32_t *)&fromhost) /* of RV32's two halves the one that is never 0 */
        ;
    uint64_t v = fromhost;
    fromhost = 0;
    return v;
}

static void put(char c)
{
    request((uint64_t)1 << 56 | (uint64_t)1 << 48 | (uint8_t)c);
    answer();
}

__attribute__((unused)) static char get(void)
{
    request((uint64_t)1 << 56);
    return answer();
}

static void print(const char *s)
{
    while (*s)
        put(*s++);
}

void refused(void)
{
    request(99 << 1 | 1);
    for (;;)
        ;
}

void begin(void)
{
    static volatile uint64_t call[8];
    static const char text[] = "by a call\n";

    print("by characters\n");
    for (unsigned i = 0; i < sizeof(text) - 1; i += AT_ONCE) {
        call[0] = 64;
        call[1] = 1;
        call[2] = (uintptr_t)text + i;
        call[3] = AT_ONCE;
        __asm__ volatile("fence" ::: "memory");
        request((uintptr_t)call);
        answer();
    }
    char a = GET(), b = GET();
    print("got ");
    put(a);
    put(b);
    print("\n");
    request(5 << 1 | 1);
    for (;;)
        ;
}
