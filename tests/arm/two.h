/* SPDX-License-Identifier: BSD-2-Clause */
/* What the two programs of the board of two architectures agree on. */
#ifndef TEST_ARM_TWO_H
#define TEST_ARM_TWO_H

#define MAILBOX_SPI 40 /* GIC: interrupt 72 */

/* Shared memory. The sequence numbers say whose turn it is. */
struct mailbox {
    volatile unsigned sent, answered; /* of messages: the hart's last, the core's last */
    volatile unsigned request[4], answer[4];
    volatile unsigned ready;          /* the core listens */
    volatile unsigned interrupts;     /* that it has had */
};
#define MAILBOX ((struct mailbox *)0x80800000)

#define REG(addr) (*(volatile unsigned *)(unsigned long)(addr))
#define CLINT_MSIP REG(0x2000000)
#define GICD(offset) REG(0x8000000 + (offset))
#define GICC(offset) REG(0x8010000 + (offset))
#define CORE 1 /* its number at the GIC */

static inline unsigned mixed(unsigned v)
{
    return (v ^ v >> 15) * 0x2c1b3c6du + 1;
}

#endif
