/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two flash banks go between their arrays and their status under the eyes of other harts, and of each other's: once the
 * store that switches one has completed, nobody sees what was there before. The turns of those who look are long, with
 * no jump back in them.
 */
#include "rig.h"

#define HARTS 4
#define BANKS 2 /* each changed by a hart of its own, both at the same time */
#define STATUS 0x00800080u
#define BANK(n) ((volatile uint32_t *)(FLASH + 0x2000000ull * (1 - (n))))
#define CMD_READ_STATUS 0x70
#define CMD_READ_ARRAY 0xff

/* 4n + 1: the array has been there, 4n + 3: the status; even: it is changing. */
static struct {
    uint32_t seq, array;
    uint32_t pad[14];
} banks[BANKS];
static uint32_t bar;
static uint64_t seen[HARTS];

void trap(struct frame *f)
{
    unexpected(f);
}

/* Waits some microseconds, then looks: all in one page, and without a jump. */
static uint32_t look(unsigned bank, uint32_t *before, uint32_t *after)
{
    uint32_t v;

    __asm__ volatile("j 1f\n .balign 4096\n 1:\n .rept 900\n fsqrt.d ft0, ft0\n .endr\n"
                     "lw %0, (%3)\n fence\n lw %1, (%4)\n fence\n lw %2, (%3)"
                     : "=&r"(*before), "=&r"(v), "=&r"(*after)
                     : "r"(&banks[bank].seq), "r"(BANK(bank))
                     : "ft0", "memory");
    return v;
}

/* False: this bank changes no more. */
static bool check(uint64_t hart, unsigned bank)
{
    uint32_t before, after, v = look(bank, &before, &after);

    if (before == ~0u)
        return false;
    if ((before & 1) && before == after) {
        expect(v == (before & 2 ? STATUS : banks[bank].array), "what was there before", (uint64_t)before << 32 | v);
        seen[hart]++;
    }
    return true;
}

static void change(uint64_t hart, uint8_t command)
{
    uint32_t *seq = &banks[hart].seq;

    __atomic_store_n(seq, *seq + 1, __ATOMIC_SEQ_CST);
    *BANK(hart) = command;
    __atomic_store_n(seq, *seq + 1, __ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < 4; i++)
        check(hart, i % BANKS);
}

int main(uint64_t hart)
{
    if (hart < BANKS) {
        banks[hart].array = *BANK(hart);
        expect(banks[hart].array != STATUS, "the array", banks[hart].array);
        banks[hart].seq = 1;
    }
    meet(&bar, HARTS);
    if (hart < BANKS) {
        for (unsigned i = 0; i < CHANGES; i++) {
            change(hart, CMD_READ_STATUS);
            change(hart, CMD_READ_ARRAY);
        }
        __atomic_store_n(&banks[hart].seq, ~0u, __ATOMIC_SEQ_CST);
    } else {
        for (bool more = true; more;)
            more = check(hart, 0) | check(hart, 1);
    }
    meet(&bar, HARTS);
    if (hart == 0)
        passed("looks", seen[0] + seen[1] + seen[2] + seen[3]);
    for (;;)
        ;
}
