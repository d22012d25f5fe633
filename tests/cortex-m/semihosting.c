/* SPDX-License-Identifier: BSD-2-Clause */
/* The calls of semihosting, each; ends with status 3. Arguments: "program a b"; console input: "xyz". */
#include "host.h"

extern uint32_t bss_start[], bss_end[];
void reset(void);
__attribute__((section(".vectors"), used)) static void (*const vectors[4])(void) = { (void (*)(void))0x20003000, reset,
                                                                                    reset, reset };

static uint32_t length(const char *s)
{
    uint32_t n = 0;
    while (s[n])
        n++;
    return n;
}

static uint32_t call(uint32_t op, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    const volatile uint32_t block[4] = { a, b, c, d };
    return host_call(op, block);
}

static uint32_t open(const char *path, uint32_t mode)
{
    return call(1, (uint32_t)path, mode, length(path), 0);
}

static uint32_t same(const char *a, const char *b, uint32_t n)
{
    while (n && *a == *b)
        a++, b++, n--;
    return n == 0;
}

static void test_files(void)
{
    static char buf[32];
    uint32_t h = open("a.txt", 6), error; /* w+ */
    expect(h != 0 && h != ~0u, 1);
    expect(call(5, h, (uint32_t)"hello, world", 12, 0), 0);
    expect(call(0xc, h, 0, 0, 0), 12);
    expect(call(0xa, h, 7, 0, 0), 0);
    expect(call(6, h, (uint32_t)buf, 32, 0), 27); /* 5 were read */
    expect(same(buf, "world", 5), 1);
    expect(call(9, h, 0, 0, 0), 0);
    expect(call(2, h, 0, 0, 0), 0);
    expect(call(2, h, 0, 0, 0), ~0u);
    h = open("a.txt", 8); /* a */
    expect(call(5, h, (uint32_t)"!", 1, 0), 0);
    expect(call(0xc, h, 0, 0, 0), 13);
    call(2, h, 0, 0, 0);
    expect(call(0xf, (uint32_t)"a.txt", 5, (uint32_t)"b.txt", 5), 0);
    expect(open("a.txt", 0), ~0u);
    error = host_call(0x13, 0);
    expect(error, 2); /* ENOENT */
    expect(call(0xe, (uint32_t)"b.txt", 5, 0, 0), 0);
    expect(call(0xe, (uint32_t)"b.txt", 5, 0, 0) != 0, 1);
    h = open("kept.txt", 4);
    call(5, h, (uint32_t)"kept", 4, 0);
    call(2, h, 0, 0, 0);
}

static void test_confinement(void)
{
    expect(open("/etc/passwd", 0), ~0u);
    expect(open("../outside", 0), ~0u);
    expect(open("link", 0), ~0u); /* leads out */
    expect(open("pipe", 0), ~0u);
    expect(open(".", 0), ~0u);
    expect(call(0xe, (uint32_t)"../outside", 10, 0, 0) != 0, 1);
    expect(call(0xf, (uint32_t)"kept.txt", 8, (uint32_t)"../moved", 8) != 0, 1);
    expect(call(1, 0x30000000, 0, 5, 0), ~0u); /* no memory */
    expect(call(5, 77, 0, 1, 0), ~0u);
}

static void test_machine(void)
{
    static char text[32];
    volatile uint32_t block[4] = { (uint32_t)text, sizeof(text), 0, 0 }, heap[4];
    uint32_t h, t;
    expect(host_call(0x15, block), 0);
    expect(same(text, "program a b", 12), 1);
    expect(block[1], 11);
    h = open(":semihosting-features", 0);
    expect(call(0xc, h, 0, 0, 0) >= 5, 1);
    call(6, h, (uint32_t)text, 5, 0);
    expect(same(text, "SHFB", 4), 1);
    expect(text[4] & 3, 3);
    call(2, h, 0, 0, 0);
    h = open(":tt", 0);
    expect(call(9, h, 0, 0, 0), 1);
    text[0] = 0;
    expect(host_call(7, 0), 'x');
    for (uint32_t n = 0; n < 2; n++) /* as much as there is */
        if (call(6, h, (uint32_t)text + n, 1, 0))
            n--;
    expect(same(text, "yz", 2), 1);
    t = host_call(0x10, 0);
    expect(host_call(0x10, 0) - t < 1000, 1);
    expect(host_call(0x11, 0) > 1600000000, 1);
    expect(host_call(0x31, 0) != 0, 1);
    expect(host_call(0x30, block), 0);
    block[0] = (uint32_t)heap;
    expect(host_call(0x16, block), 0);
    expect(heap[0] < heap[1], 1);
    block[0] = ~0u;
    expect(host_call(8, block), 1);
    block[0] = 0;
    expect(host_call(8, block), 0);
    expect(host_call(0x99, 0), ~0u);
    static char c = '\n';
    print("by characters");
    host_call(3, &c);
}

void reset(void)
{
    static const uint32_t block[2] = { 0x20026, 3 };
    for (uint32_t *p = bss_start; p < bss_end; p++)
        *p = 0;
    test_files();
    test_confinement();
    test_machine();
    if (wrong)
        end();
    host_call(0x20, block);
    for (;;)
        ;
}
