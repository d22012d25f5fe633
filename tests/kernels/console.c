/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A console as teaching kernels drive it. Output: -DDRIVER=0 by polling, 1 by THRE interrupts with a handler that reads
 * IIR as the 16550's manual says, 2 by THRE interrupts with one that never does and goes by LSR. Input by interrupts,
 * from the UART's own loop. The last hart gets the interrupts, hart 0 prints.
 */
#include "kernel.h"

enum { RHR = 0, THR = 0, IER = 1, IIR = 2, FCR = 2, LCR = 3, MCR = 4, LSR = 5 };
#define REG(n) MMIO8(UART + (n))
#define IER_RX 1
#define IER_TX 2
#define LSR_RX_READY 1
#define LSR_TX_IDLE 0x20
#define RING 32
#define LINES 40

static char ring[RING];
static volatile unsigned head, tail, got, interrupts;
static char input[64];
static uint32_t ring_lock;

/* Caller holds the lock. */
static void start(void)
{
    while (tail != head && (REG(LSR) & LSR_TX_IDLE))
        REG(THR) = ring[tail++ % RING];
}

static void receive(void)
{
    while (REG(LSR) & LSR_RX_READY) {
        char c = REG(RHR);
        if (got < sizeof(input))
            input[got] = c;
        got++;
    }
}

/* One claim, one completion. */
word trap(word cause, word epc, word tval)
{
    check(cause == (INTERRUPT | IRQ_EXTERNAL));
    unsigned irq = plic_claim();
    if (irq == UART_IRQ) {
        interrupts++;
        if (DRIVER == 2) {
            receive();
            lock(&ring_lock);
            start();
            unlock(&ring_lock);
        } else {
            for (unsigned id; !((id = REG(IIR)) & 1);) {
                receive();
                lock(&ring_lock);
                if ((id & 6) == 2)
                    start();
                unlock(&ring_lock);
            }
        }
    }
    if (irq)
        plic_complete(irq);
    check(interrupts < 100000);
    return epc;
}

static void put(char c)
{
    if (DRIVER == 0) {
        while (!(REG(LSR) & LSR_TX_IDLE))
            ;
        REG(THR) = c;
        return;
    }
    for (bool done = false; !done;) {
        interrupts_off();
        lock(&ring_lock);
        if (head - tail < RING) {
            ring[head++ % RING] = c;
            done = true;
        }
        start();
        unlock(&ring_lock);
        csr_set(status, STATUS_IE);
    }
}

/* Line settings as all of them do; then the FIFOs, cleared. */
static void init(void)
{
    REG(IER) = 0;
    REG(LCR) = 0x80;
    REG(0) = 3;
    REG(1) = 0;
    REG(LCR) = 3;
    REG(FCR) = 7;
    REG(IER) = DRIVER ? IER_RX | IER_TX : IER_RX;
}

static void loop_back(void)
{
    static const char text[] = "typed";

    while (!(REG(LSR) & 0x40))
        ;
    REG(MCR) = 0x18;
    for (unsigned i = 0; i < 5; i++) {
        REG(THR) = text[i];
        while (got < i + 1)
            ;
    }
    REG(MCR) = 8;
    check(got == 5 && memcmp(input, text, 5) == 0);
}

void kmain(word h)
{
    static uint32_t ready, done;

    if (h == 0)
        init();
    if (h == HARTS - 1) {
        plic_enable(UART_IRQ);
        interrupts_on((word)1 << IRQ_EXTERNAL);
    }
    meet(&ready, HARTS);
    if (h == 0) {
        for (unsigned i = 0; i < LINES; i++)
            for (const char *s = "line of the console\n"; *s; s++)
                put(*s);
        while (tail != head)
            ;
        loop_back();
        REG(IER) = 0;
        /* At most an interrupt a character, and a few. */
        check(interrupts <= LINES * 20 + 5 + 10);
        passed("driver %u", (word)DRIVER);
    }
    meet(&done, HARTS);
}
