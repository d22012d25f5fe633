/* SPDX-License-Identifier: BSD-2-Clause */
/* The hart's program: it sends messages, checks the answers, and tells of them. Messages: how many. */
#include "two.h"

#ifndef MESSAGES
#define MESSAGES 20000
#endif

unsigned long messages; /* done, for debuggers */

static void print(const char *text)
{
    for (; *text; text++)
        *(volatile unsigned char *)0x10000000 = *text;
}

static void print_number(unsigned n)
{
    char digit[2] = { '0' + n % 10, 0 };
    if (n > 9)
        print_number(n / 10);
    print(digit);
}

__attribute__((noinline)) void hart_got(unsigned long n)
{
    messages = n;
}

/* Sleep until the other side has rung: MSIP is pending, and not enabled as an interrupt to be taken. */
static void wait_for(unsigned n)
{
    while (MAILBOX->answered != n) {
        __asm__ volatile("wfi");
        CLINT_MSIP = 0;
        __asm__ volatile("fence" ::: "memory");
    }
}

void run(void)
{
    unsigned wrong = 0;
    __asm__ volatile("csrw mie, %0" ::"r"(8ul));
    while (!MAILBOX->ready)
        __asm__ volatile("fence" ::: "memory");
    print("ready\n");
    for (unsigned n = 1; n <= MESSAGES; n++) {
        for (unsigned i = 0; i < 4; i++)
            MAILBOX->request[i] = n * 4 + i;
        __asm__ volatile("fence" ::: "memory");
        MAILBOX->sent = n;
        __asm__ volatile("fence" ::: "memory");
        GICD(0x200 + (32 + MAILBOX_SPI) / 32 * 4) = 1u << (32 + MAILBOX_SPI) % 32; /* GICD_ISPENDR */
        wait_for(n);
        for (unsigned i = 0; i < 4; i++)
            wrong += MAILBOX->answer[i] != mixed(n * 4 + i);
        hart_got(n);
    }
    print_number(messages);
    print(" messages, ");
    print_number(wrong);
    print(" wrong, ");
    print(MAILBOX->interrupts == MESSAGES ? "an interrupt each\n" : "not an interrupt each\n");
    REG(0x100000) = 0x5555;
    for (;;)
        __asm__ volatile("wfi");
}

__asm__(".section .text.start, \"ax\"\n.globl _start\n_start: la sp, stack\n j run\n"
        ".bss\n.balign 16\n.skip 4096\nstack:\n.previous\n");
