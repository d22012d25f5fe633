/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calls of semihosting, each; ends with status 3, or 7 if they are refused. Arguments: "program a b"; console input:
 * "xyz".
 */
#include "../cortex-m/host.h"

#define FAILED (~(word)0)

extern word bss_start[], bss_end[];

static word length(const char *s)
{
    word n = 0;
    while (s[n])
        n++;
    return n;
}

static word call(word op, word a, word b, word c, word d)
{
    volatile word block[4];
    block[0] = a;
    block[1] = b;
    block[2] = c;
    block[3] = d;
    return host_call(op, block);
}

static word open(const char *path, word mode)
{
    return call(1, (word)path, mode, length(path), 0);
}

static word same(const char *a, const char *b, word n)
{
    while (n && *a == *b)
        a++, b++, n--;
    return n == 0;
}

static void test_files(void)
{
    static char buf[32];
    word h = open("a.txt", 6), error; /* w+ */
    expect(h != 0 && h != FAILED, 1);
    expect(call(5, h, (word)"hello, world", 12, 0), 0);
    expect(call(0xc, h, 0, 0, 0), 12);
    expect(call(0xa, h, 7, 0, 0), 0);
    expect(call(6, h, (word)buf, 32, 0), 27); /* 5 were read */
    expect(same(buf, "world", 5), 1);
    expect(call(9, h, 0, 0, 0), 0);
    expect(call(2, h, 0, 0, 0), 0);
    expect(call(2, h, 0, 0, 0), FAILED);
    h = open("a.txt", 8); /* a */
    expect(call(5, h, (word)"!", 1, 0), 0);
    expect(call(0xc, h, 0, 0, 0), 13);
    call(2, h, 0, 0, 0);
    expect(call(0xf, (word)"a.txt", 5, (word)"b.txt", 5), 0);
    expect(open("a.txt", 0), FAILED);
    error = host_call(0x13, 0);
    expect(error, 2); /* ENOENT */
    expect(call(0xe, (word)"b.txt", 5, 0, 0), 0);
    expect(call(0xe, (word)"b.txt", 5, 0, 0) != 0, 1);
    h = open("kept.txt", 4);
    call(5, h, (word)"kept", 4, 0);
    call(2, h, 0, 0, 0);
}

static void test_confinement(void)
{
    expect(open("/etc/passwd", 0), FAILED);
    expect(open("../outside", 0), FAILED);
    expect(open("link", 0), FAILED); /* leads out */
    expect(open("pipe", 0), FAILED);
    expect(open(".", 0), FAILED);
    expect(call(0xe, (word)"../outside", 10, 0, 0) != 0, 1);
    expect(call(0xf, (word)"kept.txt", 8, (word)"../moved", 8) != 0, 1);
    expect(call(1, NOWHERE, 0, 5, 0), FAILED);
    expect(call(5, 77, 0, 1, 0), FAILED);
}

static void test_machine(void)
{
    static char text[32];
    volatile word block[4], heap[4];
    word h, t;
    block[0] = (word)text;
    block[1] = sizeof(text);
    expect(host_call(0x15, block), 0);
    expect(same(text, "program a b", 12), 1);
    expect(block[1], 11);
    h = open(":semihosting-features", 0);
    expect(call(0xc, h, 0, 0, 0) >= 5, 1);
    call(6, h, (word)text, 5, 0);
    expect(same(text, "SHFB", 4), 1);
    expect(text[4] & 3, 3);
    call(2, h, 0, 0, 0);
    h = open(":tt", 0);
    expect(call(9, h, 0, 0, 0), 1);
    text[0] = 0;
    expect(host_call(7, 0), 'x');
    for (word n = 0; n < 2; n++) /* as much as there is */
        if (call(6, h, (word)text + n, 1, 0))
            n--;
    expect(same(text, "yz", 2), 1);
    t = host_call(0x10, 0);
    expect(host_call(0x10, 0) - t < 1000, 1);
    expect(host_call(0x11, 0) > 1600000000, 1);
    expect(host_call(0x31, 0) != 0, 1);
    expect(host_call(0x30, block), 0);
    block[0] = (word)heap;
    expect(host_call(0x16, block), 0);
    expect(heap[0] < heap[1], 1);
    block[0] = FAILED;
    expect(host_call(8, block), 1);
    block[0] = 0;
    expect(host_call(8, block), 0);
    expect(host_call(0x99, 0), FAILED);
    static char c = '\n';
    print("by characters");
    host_call(3, &c);
}

/* An exception: unprivileged code's calls are refused. */
void refused(void)
{
    end(7);
}

void begin(void)
{
    for (word *p = bss_start; p < bss_end; p++)
        *p = 0;
    test_files();
    test_confinement();
    test_machine();
    end(wrong ? 1 : 3);
}
