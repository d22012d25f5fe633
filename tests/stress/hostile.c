/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random code in S and U mode, with random registers, page tables, delegation and PMP, that may write to itself, to its
 * tables and to devices: whatever it does, M mode gets the hart back. One hart that counts instructions sees the same
 * in every engine: at its end it tells the sum of all that it saw. -DSEED=N.
 */
#include "rig.h"

#ifndef HARTS
#define HARTS 1
#endif
#ifndef SEED
#define SEED 1
#endif
#ifndef ROUNDS
#define ROUNDS 3000
#endif

#define AREA 0x80200000ull
#define CODE_PAGES 16
#define TABLES (AREA + CODE_PAGES * 4096)
#define TABLE_PAGES 8
#define AREA_SIZE (1ull << 20)

static uint64_t seed[8], rounds[8], sum[8];
static uint32_t bar;

static uint64_t any(uint64_t h)
{
    return random_next(&seed[h]);
}

static bool one_in(uint64_t h, unsigned n)
{
    return any(h) >> 8 & 0xffffffff ? any(h) % n == 0 : false;
}

static void mix(uint64_t h, uint64_t v)
{
    sum[h] = (sum[h] ^ v) * 0x9e3779b97f4a7c15;
    sum[h] ^= sum[h] >> 29;
}

/* Where accesses may be of interest. */
static uint64_t address(uint64_t h)
{
    static const uint64_t bases[] = {
        AREA, AREA, AREA, TABLES, 0x80000000, 0x84000000 - 4096, 0x10000000, 0x10001000, 0x10008000, 0x10100000,
        0x0c000000, 0x0c200000, 0x20000000, 0x22000000, 0x1000, 0x101000, 0, 0x8000000000, 0x10000000000 + AREA,
        0x20000000000 + AREA, 0xffffffffc0000000, 0x7ffffffff000, 1ull << 55, 1ull << 63, -4096ull,
    };
    uint64_t base = bases[any(h) % (sizeof(bases) / 8)], v = any(h);

    switch (v & 7) {
    case 0: return base;
    case 1: return base + (v >> 8 & 0xfffff);
    case 2: return base + 4096 - (v >> 8 & 15);
    default: return base + (v >> 8 & 0xffff);
    }
}

static uint32_t instruction(uint64_t h)
{
    static const uint32_t forms[] = {
        0x00000003, 0x00000023, 0x00000013, 0x00000033, 0x00000063, 0x0000006f, 0x00000067, 0x0000002f, 0x00000073,
        0x00000007, 0x00000027, 0x00000053, 0x0000000f, 0x0000001b, 0x0000003b, 0x00000017,
    };
    static const uint32_t whole[] = {
        0x12000073, 0x0000100f, 0x10200073, 0x10500073, 0x00000073, 0x00d00073, 0x18001073, 0x0ff0000f,
    };
    uint32_t v = any(h) >> 16, f;

    if (v % 8 == 0)
        return whole[v / 8 % 8];
    if (v % 8 == 1)
        return v >> 3; /* anything */
    f = forms[v / 8 % 16];
    v = any(h) >> 16;
    if (f == 0x63)
        v &= 0x01fff07f | 0xe0000f00; /* short */
    if (f == 0x6f)
        v = (v & 0xfff) | (v & 0x007fe000);
    if (f == 0x2f)
        v = (v & 0xfe0fffff & ~0x7000u) | (v & 1 ? 0x2000 : 0x3000);
    return (v & ~0x7fu) | f;
}

static void make_code(uint64_t h, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        *(volatile uint32_t *)(AREA + (any(h) % (CODE_PAGES * 2048 - 2)) * 2) = instruction(h);
}

static void make_tables(uint64_t h, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        uint64_t v = any(h), to = one_in(h, 4) ? address(h) : AREA + (v >> 20) % AREA_SIZE;
        uint64_t flags = v % 4 == 0 ? 1 : v % 4 == 1 ? (v >> 8 & 0xff) : (0xc1 | (v >> 8 & 0x1e));
        if (v % 4 == 0)
            to = TABLES + (v >> 20) % TABLE_PAGES * 4096;
        *(volatile uint64_t *)(TABLES + (any(h) >> 9) % (TABLE_PAGES * 512) * 8) =
            (to >> 12 << 10 & ~(0x3ffull << 54)) | flags | (one_in(h, 50) ? any(h) : 0);
    }
}

static void new_state(uint64_t h, struct frame *f)
{
    uint64_t v = any(h), mode = v % 4 ? 7 + v % 4 : 0;

    if (one_in(h, 4))
        make_code(h, 50);
    if (one_in(h, 4))
        make_tables(h, 50);
    csrw(satp, mode << 60 | (v >> 8 & 3) << 44 | ((TABLES >> 12) + (v >> 16) % TABLE_PAGES));
    if (one_in(h, 3))
        sfence();
    if (one_in(h, 3))
        sfence_page(address(h));
    if (one_in(h, 8))
        csrw(menvcfg, any(h));
    if (one_in(h, 8)) {
        csrw(medeleg, any(h));
        csrw(mideleg, any(h));
        csrw(mie, any(h) | MIE_MTI);
    }
    if (one_in(h, 4)) { /* a window in which S and U may do less; not in M: its edges count there too */
        csrw(pmpaddr4, AREA / 4 + any(h) % (AREA_SIZE / 4));
        csrw(pmpaddr5, AREA / 4 + any(h) % (AREA_SIZE / 4));
        csrs(pmpcfg0, (any(h) & 0x1f1f) << 32);
    }
    csrw(stvec, one_in(h, 2) ? AREA + any(h) % (CODE_PAGES * 4096) : address(h));
    csrw(sepc, AREA + any(h) % (CODE_PAGES * 4096));
    csrw(mcounteren, any(h));
    csrc(mstatus, 0x7e79a2);
    csrs(mstatus, (any(h) & 0x7c6122) | (v & 1ull << 40 ? MSTATUS_MPP_S : 0) | 0x80);
    for (unsigned i = 1; i < 32; i++)
        f->x[i] = one_in(h, 8) ? any(h) : address(h);
    f->x[0] = AREA + any(h) % (CODE_PAGES * 4096);
    if (one_in(h, 16))
        f->x[0] = address(h);
    MTIMECMP[h] = now() + any(h) % 500;
}

void trap(struct frame *f)
{
    uint64_t h = csrr(mhartid), cause = csrr(mcause);

    if ((csrr(mstatus) & MSTATUS_MPP) == MSTATUS_MPP && !(cause >> 63 && rounds[h] == 0))
        unexpected(f);
    for (unsigned i = 0; i < 32; i++)
        mix(h, f->x[i]);
    mix(h, cause);
    mix(h, csrr(mtval));
    mix(h, csrr(scause));
    mix(h, csrr(sepc));
    mix(h, csrr(stval));
    mix(h, csrr(mstatus));
    csrs(mstatus, 0x6000); /* FS */
    mix(h, csrr(fcsr));
    csrc(pmpcfg0, 0xffffull << 32);
    MSIP[h] = 0;
    if (++rounds[h] <= ROUNDS) {
        new_state(h, f);
        return;
    }
    meet(&bar, HARTS);
    if (h == 0) {
        for (uint64_t a = AREA; a < AREA + AREA_SIZE; a += 8)
            mix(0, *(uint64_t *)a);
        passed("sum of all that was seen", sum[0]);
    }
    for (;;)
        __asm__ volatile("wfi");
}

int main(uint64_t hart)
{
    if (hart >= HARTS)
        return 0;
    seed[hart] = 88172645463325252ull + hart * 7919 + SEED;
    csrw(pmpaddr0, 0x80000000 / 4 + (0x200000 / 8 - 1)); /* M's memory */
    csrw(pmpaddr1, 0x100000 / 4 + (0x1000 / 8 - 1));     /* the end */
    csrw(pmpaddr2, 0x2000000 / 4 + (0x10000 / 8 - 1));   /* timers */
    csrw(pmpaddr3, 0x10000000 / 4 + (0x1000 / 8 - 1));   /* the console */
    csrw(pmpaddr6, -1);
    csrw(pmpcfg0, 0x1full << 48 | 0x18181818);
    if (hart == 0) {
        make_code(0, CODE_PAGES * 2048);
        make_tables(0, TABLE_PAGES * 512);
    }
    meet(&bar, HARTS);
    csrw(mie, MIE_MTI);
    MTIMECMP[hart] = 0;
    csrs(mstatus, MSTATUS_MIE);
    for (;;)
        __asm__ volatile("wfi");
}
