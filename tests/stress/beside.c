/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One hart runs code for the first time that lies beside data which the others write without end. The writes don't
 * touch the code: its translation must not begin anew for each of them, or there may be no end of that. LIMIT_MS is for
 * that.
 */
#include "rig.h"

#define HARTS 4
#define PAGES 8
#define FUNCTIONS 48 /* of a page, 64 bytes each; behind them is its data */

static uint32_t meeting, page, done;
static uint64_t took, calls;
extern uint8_t page_code[];
__asm__(".text\n .balign 4096\n .globl page_code\n page_code:\n"
        ".rept 8\n .rept 48\n addi a0, a0, 1\n ret\n .balign 64\n .endr\n .balign 4096\n .endr\n");

void trap(struct frame *f)
{
    unexpected(f);
}

static void run_all(void)
{
    uint64_t start = now();

    for (unsigned i = 0; i < PAGES * FUNCTIONS; i++) {
        store(&page, i / FUNCTIONS);
        calls = ((uint64_t(*)(uint64_t))(page_code + i / FUNCTIONS * 4096 + i % FUNCTIONS * 64))(calls);
    }
    took = now() - start;
    fence();
    store(&done, 1);
}

int main(uint64_t hart)
{
    uint64_t n = 0;

    meet(&meeting, HARTS);
    if (hart == 1) {
        run_all();
        return 0;
    }
    while (!load(&done)) {
        volatile uint64_t *data = (uint64_t *)(page_code + load(&page) * 4096 + FUNCTIONS * 64);
        for (unsigned i = 0; i < 1000; i++)
            *data = n++;
    }
    if (hart)
        return 0;
    expect(calls == PAGES * FUNCTIONS, "functions called", calls);
    expect(took < LIMIT_MS * TICKS_PER_MS, "ms that they took:", took / TICKS_PER_MS);
    passed("us that functions beside data took:", took / 10);
}
