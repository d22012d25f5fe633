/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Four harts in S-mode share a page table. Hart 0 moves pages of data and code, takes away and gives back permissions,
 * and asks the others by interrupts to flush, as kernels do; after all have answered nobody may see the old page.
 */
#include "paging.h"

#define HARTS 4
#define VA 0x140000000ull
#define SLOTS 8

static uint8_t pages[2 * SLOTS][PAGE] __attribute__((aligned(4096)));
static uint64_t *root;
static uint32_t bar, acks;
/* What may be seen at slot i: the version before and after the change under way. */
static struct {
    uint64_t low, high;
} allowed[SLOTS] __attribute__((aligned(64)));
static bool over;
static uint64_t checks[HARTS][8];

void trap(struct frame *f)
{
    if (csrr(mcause) == (INTERRUPT | 3)) {
        uint64_t hart = csrr(mhartid);
        MSIP[hart] = 0;
        if (hart & 1)
            sfence();
        else
            for (unsigned i = 0; i <= SLOTS; i++)
                sfence_page(VA + PAGE * i);
        __atomic_fetch_add(&acks, 1, __ATOMIC_SEQ_CST);
        return;
    }
    if (!paging_trap(f))
        unexpected(f);
}

static void shoot(void)
{
    uint32_t goal = load(&acks) + HARTS - 1;

    fence();
    for (unsigned h = 1; h < HARTS; h++)
        MSIP[h] = 1;
    sfence();
    while (load(&acks) != goal)
        relax(&acks);
}

/* Slot i shows version v: even and odd versions are two pages. */
static void write_version(unsigned i, uint64_t v)
{
    uint8_t *p = pages[2 * i + (v & 1)];

    *(volatile uint64_t *)p = v;
    *(volatile uint32_t *)(p + 64) = LI_A0(v % 2000);
    *(volatile uint32_t *)(p + 68) = RET;
}

static void change(void)
{
    for (unsigned n = 1; n <= CHANGES; n++) {
        for (unsigned i = n % 3; i < SLOTS; i += 3) {
            uint64_t v = allowed[i].low + 1;
            write_version(i, v);
            store(&allowed[i].high, v);
            fence();
            map(root, SV39, VA + PAGE * i, pages[2 * i + (v & 1)], RWX);
        }
        shoot();
        for (unsigned i = n % 3; i < SLOTS; i += 3)
            store(&allowed[i].low, allowed[i].high);
    }
    store(&over, true);
}

static void look(uint64_t hart)
{
    uint64_t seed = hart * 1234567 + 1, low, high, v;

    while (!load(&over)) {
        unsigned i = random_next(&seed) % SLOTS;
        uint64_t va = VA + PAGE * i;
        low = load(&allowed[i].low);
        fence();
        if (seed >> 40 & 1) {
            v = ld(va);
            fence();
            high = load(&allowed[i].high);
            expect(v >= low && v <= high, "old or unwritten page", v);
        } else {
            fence_i();
            v = call(va + 64);
            fence();
            high = load(&allowed[i].high);
            expect(v >= low % 2000 || high % 2000 < low % 2000, "old code", v);
            expect(v <= high % 2000 || high % 2000 < low % 2000, "unwritten code", v);
        }
        amoadd(va + 8 + 8 * hart, 1); /* a store to a page that is code too */
        checks[hart][0]++;
    }
}

/* A page loses W while others write to it: after the answers no store may arrive. */
static void write_protect(uint64_t hart)
{
    static uint64_t counter[512] __attribute__((aligned(4096)));
    static bool ended;
    uint64_t va = VA + PAGE * SLOTS;

    if (hart == 0) {
        map(root, SV39, va, counter, RWX);
        sfence();
    }
    meet(&bar, HARTS);
    if (hart == 0) {
        for (unsigned n = 0; n < CHANGES / 2; n++) {
            map(root, SV39, va, counter, RWX & ~W);
            shoot();
            uint64_t before[HARTS];
            for (unsigned h = 0; h < HARTS; h++)
                before[h] = load(&counter[h]);
            for (unsigned k = 0; k < 2000; k++)
                for (unsigned h = 1; h < HARTS; h++)
                    expect(load(&counter[h]) == before[h], "store to a page without W", n);
            map(root, SV39, va, counter, RWX);
            sfence();
        }
        store(&ended, true);
    } else {
        uint64_t done = 0, faulted = 0;
        while (!load(&ended)) {
            uint64_t c = FAULT_OF(hart, sd(va + 8 * hart, done + 1));
            expect(c == 0 || c == FAULT_STORE, "kind of fault", c);
            done += !c;
            faulted += !!c;
            if (c)
                sfence_page(va);
            expect(ld(va + 8 * hart) == done, "stores that were done", done);
        }
        checks[hart][1] = faulted;
    }
    meet(&bar, HARTS);
}

int main(uint64_t hart)
{
    csrw(pmpaddr0, ~0ull);
    csrw(pmpcfg0, 0x1f);
    if (hart == 0) {
        root = new_root(SV39);
        for (unsigned i = 0; i < SLOTS; i++) {
            allowed[i].low = allowed[i].high = 2;
            write_version(i, 2);
            map(root, SV39, VA + PAGE * i, pages[2 * i], RWX);
        }
    }
    meet(&bar, HARTS);
    csrw(satp, satp_of(root, SV39, 0));
    sfence();
    csrw(mie, MIE_MSI);
    supervisor();
    meet(&bar, HARTS);
    if (hart == 0)
        change();
    else
        look(hart);
    meet(&bar, HARTS);
    write_protect(hart);
    machine();
    meet(&bar, HARTS);
    if (hart == 0)
        passed("checks, faults", checks[1][0] + checks[2][0] + checks[3][0] + checks[1][1]);
    return 0;
}
