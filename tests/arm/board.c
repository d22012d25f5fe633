/* SPDX-License-Identifier: BSD-2-Clause */
#include "board.h"

volatile struct seen seen;
ulong (*volatile on_exception)(void);
static unsigned tests;

#ifdef EL3
#define EL "el3"
#define READ_EL(reg) READ(reg##_el3)
#elif defined(EL2)
#define EL "el2"
#define READ_EL(reg) READ(reg##_el2)
#else
#define EL "el1"
#define READ_EL(reg) READ(reg##_el1)
#endif

#ifndef UART_AT
#define UART_AT 0x09000000
#endif
#define UART ((volatile unsigned *)UART_AT)

void print(const char *text)
{
    for (; *text; text++)
        UART[0] = *text;
}

void print_hex(u64 v)
{
    print("0x");
    for (int i = 60; i >= 0; i -= 4)
        if (v >> i || i == 0)
            UART[0] = "0123456789abcdef"[v >> i & 15];
}

static void print_number(unsigned n)
{
    if (n > 9)
        print_number(n / 10);
    UART[0] = '0' + n % 10;
}

void check(const char *name, u64 got, u64 expected)
{
    print(got == expected ? "ok " : "not ok ");
    print_number(++tests);
    print(" - ");
    print(name);
    print("\n");
    if (got != expected) {
        print("# got ");
        print_hex(got);
        print(", expected ");
        print_hex(expected);
        print("\n");
    }
}

void finish(void)
{
    print("1..");
    print_number(tests);
    print("\n");
#if defined(V5)
    for (;;) { /* the last line ends it */
    }
#elif defined(HYP)
    register ulong r0 __asm__("r0") = 0x84000008;
    __asm__ volatile(".arch_extension sec\n smc #0" ::"r"(r0));
#elif defined(EL3) || defined(MON)
    ((volatile unsigned *)0x090b0000)[0x400 / 4] = 1; /* the secure GPIO: pin 0 is power-off */
    ((volatile unsigned *)0x090b0000)[1] = 1;
#elif defined(A32)
    register ulong r0 __asm__("r0") = 0x84000008;
    __asm__ volatile(".arch_extension virt\n hvc #0" ::"r"(r0));
#elif defined(EL2)
    register ulong x0 __asm__("x0") = 0x84000008;
    __asm__ volatile("smc #0" ::"r"(x0));
#else
    register ulong x0 __asm__("x0") = 0x84000008; /* PSCI SYSTEM_OFF */
    __asm__ volatile("hvc #0" ::"r"(x0));
#endif
    for (;;) {
    }
}

void test(void);

/* From the vectors: the address to return to. */
ulong handle(ulong kind, ulong pc)
{
    seen.kind = kind;
    seen.count++;
    seen.pc = pc;
#if defined(V5)
#elif defined(HYP)
    seen.syndrome = CP_READ("p15, 4, %0, c5, c2, 0");
    seen.fault_address = CP_READ("p15, 4, %0, c6, c0, 0");
#elif defined(A32)
    seen.syndrome = (kind & 0xff) == 0xc ? CP_READ("p15, 0, %0, c5, c0, 1") : CP_READ("p15, 0, %0, c5, c0, 0");
    seen.fault_address = CP_READ("p15, 0, %0, c6, c0, 0");
#else
    seen.syndrome = READ_EL(esr);
    seen.fault_address = READ_EL(far);
#endif
    return pc + on_exception();
}

#if defined(V5)
__asm__(".section .text.start, \"ax\"\n.arm\n.globl _start\n"
        "_start: ldr sp, =stack + 4096\n mrc p15, 0, r0, c0, c0, 0\n and r0, r0, #0xf0000\n cmp r0, #0x60000\n"
        " mov r0, #0xf00000\n mcrne p15, 0, r0, c1, c0, 2\n bl test\n b finish\n" /* Armv5TEJ has no CPACR */
        ".ltorg\n.bss\n.balign 16\nstack: .skip 4096\n.previous\n");
#elif defined(HYP)
#define VECTOR(offset) "v" #offset ": push {r0-r3, r12, lr}\n mov r0, #0x" #offset "\n b common\n"
__asm__(".section .text.start, \"ax\"\n.arm\n.arch_extension virt\n.globl _start\n"
        "_start: ldr sp, =stack + 4096\n ldr r0, =vectors\n mcr p15, 4, r0, c12, c0, 0\n isb\n bl test\n b finish\n"
        ".ltorg\n.balign 32\nvectors: b .\n b v4\n b v8\n b vc\n b v10\n b v14\n b v18\n b v1c\n"
        VECTOR(4) VECTOR(8) VECTOR(c) VECTOR(10) VECTOR(14) VECTOR(18) VECTOR(1c)
        "common: mrs r1, ELR_hyp\n bl handle\n msr ELR_hyp, r0\n pop {r0-r3, r12, lr}\n eret\n"
        ".bss\n.balign 16\nstack: .skip 4096\n.previous\n");
#elif defined(A32)
#ifdef MON
#define FIQ "fiq"
#else
#define FIQ "."
#endif
__asm__(".section .text.start, \"ax\"\n.arm\n.globl _start\n"
        "_start: ldr sp, =stacks + 4096\n"
#ifdef MON
        ".arch_extension sec\n cps #0x16\n ldr sp, =monitor_stack + 4096\n cps #0x11\n ldr sp, =fiq_stack + 1024\n cps #0x13\n"
        " ldr r0, =monitor_vectors\n mcr p15, 0, r0, c12, c0, 1\n"
#endif
        " cps #0x17\n ldr sp, =stacks + 8192\n cps #0x1b\n ldr sp, =stacks + 12288\n cps #0x12\n"
        " ldr sp, =stacks + 16384\n cps #0x13\n"
        " ldr r0, =vectors\n mcr p15, 0, r0, c12, c0, 0\n mov r0, #0xf00000\n mcr p15, 0, r0, c1, c0, 2\n isb\n"
        " cpsie a\n bl test\n b finish\n.ltorg\n"
        ".balign 32\n.globl vectors\nvectors: b .\n b undefined\n b supervisor\n b prefetch\n b data\n b .\n b irq\n b " FIQ "\n"
        "undefined: push {r0-r3, r12, lr}\n mov r0, #4\n sub r1, lr, #4\n b common\n"
        "supervisor: push {r0-r3, r12, lr}\n mov r0, #8\n mov r1, lr\n b common\n"
        "prefetch: push {r0-r3, r12, lr}\n mov r0, #12\n sub r1, lr, #4\n b common\n"
        "data: push {r0-r3, r12, lr}\n mov r0, #16\n sub r1, lr, #8\n b common\n"
        "irq: push {r0-r3, r12, lr}\n mov r0, #24\n sub r1, lr, #4\n b common\n"
#ifdef MON
        "fiq: push {r0-r3, r12, lr}\n mov r0, #28\n sub r1, lr, #4\n b common\n"
        ".balign 32\n.globl monitor_vectors\nmonitor_vectors: b .\n b m4\n b m8\n b mc\n b m10\n b .\n b m18\n b m1c\n"
        "m4: push {r0-r3, r12, lr}\n mov r0, #0x104\n sub r1, lr, #4\n b common\n"
        "m8: push {r0-r3, r12, lr}\n mov r0, #0x108\n mov r1, lr\n b common\n"
        "mc: push {r0-r3, r12, lr}\n mov r0, #0x10c\n sub r1, lr, #4\n b common\n"
        "m10: push {r0-r3, r12, lr}\n mov r0, #0x110\n sub r1, lr, #8\n b common\n"
        "m18: push {r0-r3, r12, lr}\n mov r0, #0x118\n sub r1, lr, #4\n b common\n"
        "m1c: push {r0-r3, r12, lr}\n mov r0, #0x11c\n sub r1, lr, #4\n b common\n"
        ".pushsection .bss\n.balign 16\nmonitor_stack: .skip 4096\nfiq_stack: .skip 1024\n.popsection\n"
#endif
        "common: bl handle\n str r0, [sp, #20]\n ldm sp!, {r0-r3, r12, pc}^\n"
        ".bss\n.balign 16\nstacks: .skip 16384\n.previous\n");
#else
#define VECTOR(offset)                                                                                                 \
    ".balign 128\n stp x0, x1, [sp, #-192]!\n mov x0, #" #offset "\n b common\n"
__asm__(".section .text.start, \"ax\"\n.globl _start\n"
        "_start: adrp x0, stack\n add sp, x0, :lo12:stack\n adrp x0, vectors\n add x0, x0, :lo12:vectors\n"
        " msr vbar_" EL ", x0\n mov x0, #3 << 20\n msr cpacr_el1, x0\n isb\n bl test\n b finish\n"
        ".balign 2048\nvectors:\n" VECTOR(0x000) VECTOR(0x080) VECTOR(0x100) VECTOR(0x180) VECTOR(0x200) VECTOR(0x280)
            VECTOR(0x300) VECTOR(0x380) VECTOR(0x400) VECTOR(0x480) VECTOR(0x500) VECTOR(0x580) VECTOR(0x600)
        VECTOR(0x680)
        "common: stp x2, x3, [sp, #16]\n stp x4, x5, [sp, #32]\n stp x6, x7, [sp, #48]\n stp x8, x9, [sp, #64]\n"
        " stp x10, x11, [sp, #80]\n stp x12, x13, [sp, #96]\n stp x14, x15, [sp, #112]\n stp x16, x17, [sp, #128]\n"
        " stp x18, x30, [sp, #144]\n mrs x1, elr_" EL "\n bl handle\n msr elr_" EL ", x0\n ldp x18, x30, [sp, #144]\n"
        " ldp x16, x17, [sp, #128]\n ldp x14, x15, [sp, #112]\n ldp x12, x13, [sp, #96]\n ldp x10, x11, [sp, #80]\n"
        " ldp x8, x9, [sp, #64]\n ldp x6, x7, [sp, #48]\n ldp x4, x5, [sp, #32]\n ldp x2, x3, [sp, #16]\n"
        " ldp x0, x1, [sp], #192\n eret\n"
        ".bss\n.balign 16\n.skip 16384\nstack:\n.previous\n");
#endif
