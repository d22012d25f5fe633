/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A flash bank goes between its array and its status under the eyes of other harts: once the store that switches it has
 * completed, nobody sees what was there before. The readers' turns are long, with no jump back in them.
 */
#include "rig.h"

#define HARTS 4
#define STATUS 0x00800080u
#define BANK ((volatile uint32_t *)(FLASH + 0x2000000)) /* the second one */
#define CMD_READ_STATUS 0x70
#define CMD_READ_ARRAY 0xff

/* 4n + 1: the array has been there, 4n + 3: the status; even: it is changing. */
static uint32_t seq;
static uint32_t bar;
static uint64_t seen[HARTS];

void trap(struct frame *f)
{
    unexpected(f);
}

/* Waits some microseconds, then looks: all in one page, and without a jump. */
static uint32_t look(uint32_t *before, uint32_t *after)
{
    uint32_t v;

    __asm__ volatile("j 1f\n .balign 4096\n 1:\n .rept 900\n fsqrt.d ft0, ft0\n .endr\n"
                     "lw %0, (%3)\n fence\n lw %1, (%4)\n fence\n lw %2, (%3)"
                     : "=&r"(*before), "=&r"(v), "=&r"(*after)
                     : "r"(&seq), "r"(BANK)
                     : "ft0", "memory");
    return v;
}

static void change(uint8_t command)
{
    uint32_t before, after;

    __atomic_store_n(&seq, seq + 1, __ATOMIC_SEQ_CST);
    *BANK = command;
    __atomic_store_n(&seq, seq + 1, __ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < 4; i++)
        look(&before, &after);
}

int main(uint64_t hart)
{
    uint32_t array = *BANK;

    expect(array != STATUS, "the array", array);
    seq = 1;
    meet(&bar, HARTS);
    if (hart == 0) {
        for (unsigned i = 0; i < CHANGES; i++) {
            change(CMD_READ_STATUS);
            change(CMD_READ_ARRAY);
        }
        __atomic_store_n(&seq, ~0u, __ATOMIC_SEQ_CST);
        meet(&bar, HARTS);
        passed("looks", seen[1] + seen[2] + seen[3]);
    }
    for (uint32_t before = 0; before != ~0u;) {
        uint32_t after, v = look(&before, &after);
        if ((before & 1) && before == after && before != ~0u) {
            expect(v == (before & 2 ? STATUS : array), "what was there before", (uint64_t)before << 32 | v);
            seen[hart]++;
        }
    }
    meet(&bar, HARTS);
    for (;;)
        ;
}
