/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Resets, by the guest itself or from outside, while four harts run, write code, take interrupts and sleep. The image
 * is loaded again at each; what it does not contain is cleared by hart 0.
 */
#include "paging.h"

#define HARTS 4

static uint8_t code[HARTS][PAGE] __attribute__((aligned(4096)));
static uint64_t *root;
static uint32_t bar;
/* Far from the image: survives resets. */
#define BOOTS ((volatile uint64_t *)0x83000000)

void trap(struct frame *f)
{
    uint64_t hart = csrr(mhartid), cause = csrr(mcause);

    if (cause == (INTERRUPT | 7))
        MTIMECMP[hart] = now() + 300;
    else if (cause == (INTERRUPT | 3))
        MSIP[hart] = 0;
    else if (!paging_trap(f))
        unexpected(f);
}

/* Is in .data: fresh after each reset. */
static uint32_t go_data __attribute__((section(".data"))) = 1;

int main(uint64_t hart)
{
    uint64_t seed = hart + 3, old_mie = csrr(mie), old_satp = csrr(satp);

    if (hart == 0) {
        /* everything but the stacks, which are in use */
        bar = 0;
        tables_used = 0;
        for (unsigned i = 0; i < TABLES; i++)
            for (unsigned k = 0; k < 512; k++)
                tables[i][k] = 0;
        __atomic_store_n(&ending, 0, __ATOMIC_SEQ_CST);
        root = new_root(SV39);
        if (BOOTS[0] != 0x5eedull) {
            BOOTS[0] = 0x5eed;
            BOOTS[1] = 0;
        }
        BOOTS[1]++;
        __atomic_store_n(&go_data, 2, __ATOMIC_SEQ_CST);
    } else {
        while (__atomic_load_n(&go_data, __ATOMIC_SEQ_CST) != 2)
            ;
    }
    expect(old_mie == 0, "mie after reset", old_mie);
    expect(old_satp == 0, "satp after reset", old_satp);
    expect(MSIP[hart] == 0, "msip after reset", MSIP[hart]);
    csrw(pmpaddr0, ~0ull);
    csrw(pmpcfg0, 0x1f);
    csrw(satp, satp_of(root, SV39, hart));
    meet(&bar, HARTS);
    if (hart == 0) {
        print("boot ");
        print_dec(BOOTS[1]);
        print("\n");
        if (BOOTS[1] >= RESETS)
            passed("boots", BOOTS[1]);
    }
    MTIMECMP[hart] = now();
    csrw(mie, MIE_MTI | MIE_MSI);
    supervisor();
    for (uint64_t n = 0;; n++) {
        uint64_t r = random_next(&seed);
        uint8_t *p = code[hart] + (r >> 8 & 0xf80);
        *(volatile uint32_t *)p = LI_A0(n & 0x3ff);
        *(volatile uint32_t *)(p + 4) = RET;
        fence_i();
        expect(call((uint64_t)p) == (n & 0x3ff), "code", n);
        if (r % 8 == 0)
            MSIP[r >> 32 & 3] = 1;
        if (r % 64 == 1)
            __asm__ volatile("wfi");
        if (r % 16 == 2)
            sfence();
#ifdef BY_GUEST
        if (BOOTS[1] < RESETS && n > 400 + (r & 255) && hart == (BOOTS[1] & 3))
            TEST_DEVICE = 0x7777;
#endif
    }
}
