/* SPDX-License-Identifier: BSD-2-Clause */
/* A hot loop of five instructions for debuggers, on every hart, with timer interrupts; the loop is written anew by
 * them. */
#include "rig.h"

uint64_t counter[8], interrupts[8];
extern uint32_t hit[];

void trap(struct frame *f)
{
    uint64_t hart = csrr(mhartid);

    if (csrr(mcause) != (INTERRUPT | 7))
        unexpected(f);
    interrupts[hart]++;
    MTIMECMP[hart] = now() + 3 * TICKS_PER_MS;
    *(volatile uint32_t *)&hit[8] = 0; /* behind the loop, in its page of code */
    fence_i();
}

int main(uint64_t hart)
{
    MTIMECMP[hart] = now() + TICKS_PER_MS;
    csrw(mie, MIE_MTI);
    csrs(mstatus, MSTATUS_MIE);
    __asm__ volatile(".option norvc\n .balign 64\n"
                     "hit: addi t0, t0, 1\n ld t1, 0(%0)\n addi t1, t1, 1\n sd t1, 0(%0)\n j hit\n .space 64\n"
                     :
                     : "r"(&counter[hart])
                     : "t0", "t1", "memory");
    return 0;
}
