/* SPDX-License-Identifier: BSD-2-Clause */
/* The core's program: it answers each message from the handler of its interrupt. */
#include "two.h"

__attribute__((noinline)) void core_got(unsigned n)
{
    for (unsigned i = 0; i < 4; i++)
        MAILBOX->answer[i] = mixed(MAILBOX->request[i]);
    __asm__ volatile("dmb sy" ::: "memory");
    MAILBOX->answered = n;
}

void interrupt(void)
{
    unsigned id = GICC(0x0c);
    if (id == 32 + MAILBOX_SPI) {
        MAILBOX->interrupts++;
        core_got(MAILBOX->sent);
    }
    GICC(0x10) = id;
    CLINT_MSIP = 1;
    __asm__ volatile("dsb sy" ::: "memory");
}

void run(void)
{
    unsigned word = (32 + MAILBOX_SPI) / 32 * 4;
    GICD(0x100 + word) = 1u << (32 + MAILBOX_SPI) % 32;                                     /* GICD_ISENABLER */
    *(volatile unsigned char *)(0x8000800ul + 32 + MAILBOX_SPI) = 1 << CORE;               /* GICD_ITARGETSR */
    GICD(0xc00 + (32 + MAILBOX_SPI) / 16 * 4) = 2u << (32 + MAILBOX_SPI) % 16 * 2;         /* GICD_ICFGR: edge */
    GICD(0) = 1;
    GICC(4) = 0xff;
    GICC(0) = 1;
    MAILBOX->ready = 1;
    __asm__ volatile("msr daifclr, #2");
    for (;;)
        __asm__ volatile("wfi");
}

/* It begins at the highest level, and stays at EL3: interrupts come there. */
__asm__(".section .text.start, \"ax\"\n.globl _start\n"
        "_start: adr x0, vectors\n msr vbar_el3, x0\n mov x0, #0x401\n orr x0, x0, #6\n msr scr_el3, x0\n"
        " ldr x0, =0x80700000\n mov sp, x0\n isb\n b run\n"
        ".balign 2048\nvectors: .skip 0x280\n"
        " stp x0, x1, [sp, #-176]!\n stp x2, x3, [sp, #16]\n stp x4, x5, [sp, #32]\n stp x6, x7, [sp, #48]\n"
        " stp x8, x9, [sp, #64]\n stp x10, x11, [sp, #80]\n stp x12, x13, [sp, #96]\n stp x14, x15, [sp, #112]\n"
        " stp x16, x17, [sp, #128]\n stp x18, x30, [sp, #144]\n bl interrupt\n ldp x18, x30, [sp, #144]\n"
        " ldp x16, x17, [sp, #128]\n ldp x14, x15, [sp, #112]\n ldp x12, x13, [sp, #96]\n ldp x10, x11, [sp, #80]\n"
        " ldp x8, x9, [sp, #64]\n ldp x6, x7, [sp, #48]\n ldp x4, x5, [sp, #32]\n ldp x2, x3, [sp, #16]\n"
        " ldp x0, x1, [sp], #176\n eret\n .balign 128\n .skip 0x480\n.ltorg\n.previous\n");
