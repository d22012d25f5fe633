/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the small kernels share: they drive the devices of the virt boards as course and tutorial kernels do, in few
 * lines, with the assumptions of such. A kernel defines kmain(), and trap() if it takes traps; it ends with
 * passed() or panic().
 */
#ifndef MYNAH_KERNELS_KERNEL_H
#define MYNAH_KERNELS_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef unsigned long word; /* what a register holds */

/* -- The board -- */

#define MMIO8(a) (*(volatile uint8_t *)(word)(a))
#define MMIO32(a) (*(volatile uint32_t *)(word)(a))
#define TEST_DEVICE 0x100000
#define CLINT 0x2000000
#define PLIC 0xc000000
#define UART 0x10000000
#define UART_IRQ 10
#define VIRTIO(n) (0x10001000 + 0x1000 * (n))
#define VIRTIO_IRQ(n) (1 + (n))

/* -- The hart -- */

#ifdef SMODE
#define CSR(name) "s" #name
#define IRQ_EXTERNAL 9
#define IRQ_TIMER 5
#define STATUS_IE (1u << 1)
#else
#define CSR(name) "m" #name
#define IRQ_EXTERNAL 11
#define IRQ_TIMER 7
#define STATUS_IE (1u << 3)
#endif
#define INTERRUPT ((word)1 << (sizeof(word) * 8 - 1)) /* in cause */

/* Of the mode that the kernel runs in, by the name without its letter: csr_read(cause). */
#define csr_read(name) ({ word v_; __asm__ volatile("csrr %0, " CSR(name) : "=r"(v_) : : "memory"); v_; })
#define csr_write(name, v) __asm__ volatile("csrw " CSR(name) ", %0" : : "r"((word)(v)) : "memory")
#define csr_set(name, v) __asm__ volatile("csrs " CSR(name) ", %0" : : "r"((word)(v)) : "memory")
#define csr_clear(name, v) __asm__ volatile("csrc " CSR(name) ", %0" : : "r"((word)(v)) : "memory")
#define fence() __asm__ volatile("fence iorw, iorw" : : : "memory")
#define wfi() __asm__ volatile("wfi" : : : "memory")

/* The number of this hart. */
static inline word hart(void)
{
    word v;

    __asm__ volatile("mv %0, tp" : "=r"(v));
    return v;
}

/* -- The kernel's -- */

/* Every hart. */
void kmain(word hart);
/* Returns where to go on. Without one of its own a kernel panics. */
word trap(word cause, word epc, word tval);

/* -- runtime.c -- */

/* By polling the UART. */
void put_char(char c);
/* %s, %c, %d (a long), %u, %x (words), %%. One line at a time from each hart. */
void print(const char *format, ...);
/* The end: the status of the emulator is 0. */
void passed(const char *format, ...) __attribute__((noreturn));
/* The end: the status is 1. */
void panic(const char *format, ...) __attribute__((noreturn));
#define check(cond) ((cond) ? (void)0 : panic("line %d: expected %s", (long)__LINE__, #cond))

/* Spin locks: a word that is 0 at first. */
void lock(uint32_t *l);
void unlock(uint32_t *l);
/* Wait until n harts have come here. *b is 0 at first. */
void meet(uint32_t *b, uint32_t n);

/* The PLIC of this hart, in the mode that the kernel runs in. */
void plic_enable(unsigned irq);
unsigned plic_claim(void);
void plic_complete(unsigned irq);
/* Interrupts of this hart: which in ie, and as a whole. */
void interrupts_on(word ie);
void interrupts_off(void);

void *memset(void *to, int c, size_t n);
void *memcpy(void *to, const void *from, size_t n);
int memcmp(const void *a, const void *b, size_t n);

#endif
