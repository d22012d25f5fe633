/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Global pages of code, small and large, beside others that differ between two address spaces: called in turn while
 * mappings change, with the flushes that each change needs and no more.
 */
#include "paging.h"

#define ROUNDS 20000
#define VA_G 0x1440000000ull /* global */
#define VA_N 0x1440001000ull /* another page in each space, and so in the same places of all tables as VA_G's */
#define VA_L 0x1480000000ull /* a global leaf of 2 MiB ... */
#define VA_P 0x14c0000000ull /* ... and a page below a global pointer */
#define LARGE_PAGES ((uint8_t *)0x82000000)
#define LARGE 0x200000

static uint8_t pages[8][PAGE] __attribute__((aligned(4096)));
static uint64_t *root[2];

void trap(struct frame *f)
{
    if (!paging_trap(f))
        unexpected(f);
}

/* A function at p that returns v. */
static void put_code(uint8_t *p, unsigned v)
{
    *(volatile uint32_t *)p = LI_A0(v);
    *(volatile uint32_t *)(p + 4) = RET;
}

static void map_large(uint64_t *r, unsigned which)
{
    *(volatile uint64_t *)entry(r, SV39, VA_L, 1) = pte((uint64_t)LARGE_PAGES + which * LARGE, RWX | G);
}

int main(uint64_t hart)
{
    uint64_t seed = 88172645463325252ull;
    unsigned g = 0, n[2] = { 2, 3 }, large = 0, p = 6, space = 0;

    csrw(pmpaddr0, -1ull);
    csrw(pmpcfg0, 0x1f);
    for (unsigned i = 0; i < 8; i++)
        put_code(pages[i], i);
    for (unsigned i = 0; i < 2 * LARGE; i += PAGE)
        put_code(LARGE_PAGES + i, 100 + i / LARGE);
    for (unsigned s = 0; s < 2; s++) {
        root[s] = new_root(SV39);
        for (uint64_t i = 0; i < 4; i++) /* this program too */
            *entry(root[s], SV39, i << 30, 2) |= G;
        map(root[s], SV39, VA_G, pages[g], RWX | G);
        map(root[s], SV39, VA_N, pages[n[s]], RWX);
        map_large(root[s], large);
        map(root[s], SV39, VA_P, pages[p], RWX);
        *(volatile uint64_t *)entry(root[s], SV39, VA_P, 2) |= G;
    }
    csrw(satp, satp_of(root[0], SV39, 1));
    sfence();
    supervisor();
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t r = random_next(&seed), at = (r >> 32) % 512 * PAGE;
        switch (r % 16) {
        case 0: /* the global page, flushed alone or with all */
            g ^= 1;
            for (unsigned s = 0; s < 2; s++)
                map(root[s], SV39, VA_G, pages[g], RWX | G);
            if (r & 16)
                sfence_page(VA_G);
            else
                sfence();
            break;
        case 1: /* a global leaf goes by any of its addresses */
            large ^= 1;
            for (unsigned s = 0; s < 2; s++)
                map_large(root[s], large);
            sfence_page(VA_L + at);
            break;
        case 2: /* the other page of this space */
            n[space] = 2 + (n[space] + 1) % 4;
            map(root[space], SV39, VA_N, pages[n[space]], RWX);
            if (r & 16)
                sfence_asid((uint64_t)space + 1);
            else
                __asm__ volatile("sfence.vma %0, %1" : : "r"(VA_N), "r"((uint64_t)space + 1) : "memory");
            break;
        case 3:
            p ^= 1;
            for (unsigned s = 0; s < 2; s++)
                map(root[s], SV39, VA_P, pages[p], RWX);
            sfence_page(VA_P);
            break;
        case 4: /* with flushes that it would not need, of what was executed */
            sfence_asid((uint64_t)space + 1);
            break;
        case 5:
        case 6:
        case 7:
        case 8:
            space ^= 1;
            csrw(satp, satp_of(root[space], SV39, space + 1));
            break;
        }
        if (r & 32)
            expect(call(VA_G) == g, "global page", g);
        if ((r & 0x1e00) == 0) /* seldom: after that a space has nothing in common with the other for a while */
            expect(call(VA_N) == n[space], "page of the space", n[space]);
        if (r & 64)
            expect(call(VA_L + at) == 100 + large, "large global page", large);
        if (r & 128)
            expect(call(VA_P) == p, "page below a global pointer", p);
    }
    machine();
    passed("global pages", ROUNDS);
}
